// places.js: the places in the page for surveys and reviews, and the elements that surveys wait for. They are looked for
// whenever the page has changed, in open shadow roots as well: a tab, a route without a path of its own or a frame that is
// drawn anew brings them at any time.

import { boot, rare, surveyOf, unknown } from "./boot.js";
import { all } from "./everywhere.js";
import { forget, show } from "./panel.js";
import { watch } from "./sight.js";
import { refusal } from "./target.js";
import { dress } from "./theme.js";

/** How far below or above the window a place is when its survey is brought. */
const NEAR = "300px";

/**
 * What is known of a place: the survey that it names, the judgement it was last looked at under, whether it is watched, and
 * what is drawn in it.
 * @typedef {{ id: string, judgement: number, watched?: boolean, shown?: Shown }} Place
 */

/** @type {Map<HTMLElement, Place>} */
const places = new Map();
/** Places of reviews that are watched. @type {WeakSet<HTMLElement>} */
const listed = new WeakSet();
/** Elements that surveys wait for, by survey. @type {Record<string, Element>} */
const awaited = {};
/** Counts what can change whether a survey may ask: a view, a visitor. */
let judgement = 0;

/** Judges every place anew. */
export function judgePlaces() {
  judgement++;
  lookForPlaces();
}

/** Looks for places that are new, name another survey, or were not judged yet, and forgets those that are gone. */
export function lookForPlaces() {
  for (const [at, place] of places) if (!at.isConnected) leave(at, place);
  for (const at of all("[data-rapport-survey],[data-rapport-reviews]")) {
    const { rapportSurvey: id, rapportReviews } = at.dataset;
    if (rapportReviews != null && !listed.has(at)) {
      listed.add(at);
      watch(at, NEAR, () => rare("reviews", (part) => part.show(at, boot, watch, boot.ask, dress, all)));
    }
    if (id == null) continue;
    let place = places.get(at);
    if (place && place.id !== id) {
      leave(at, place);
      place = undefined;
    }
    if (!place) places.set(at, (place = { id, judgement: -1 }));
    if (place.judgement !== judgement) judge(at, place);
  }
}

/** What the visitor has begun stays as it is, for an element that is taken out may come back. @param {HTMLElement} at @param {Place} place */
function leave(at, { id, shown }) {
  if (shown && (shown.started || shown.touched) && id === at.dataset.rapportSurvey) return;
  places.delete(at);
  if (shown) forget(shown);
}

/** @param {HTMLElement} at @param {Place} place */
async function judge(at, place) {
  place.judgement = judgement;
  // What was drawn here may be gone: it was another visitor's.
  if (place.shown && !place.shown.target.isConnected) place.watched = false;
  const survey = surveyOf(place.id);
  if (!survey) return unknown("survey", place.id);
  if (place.watched || (await refusal(survey)) || place.watched) return;
  place.watched = true;
  watch(at, NEAR, () => {
    const root = at.shadowRoot || at.attachShadow({ mode: "open" });
    // It may name another by now.
    if (places.get(at) === place && !root.childElementCount) place.shown = show(survey, { root });
  });
}

/** Calls back once for each of the surveys whose element has come into sight. @param {Waiting<"seen">[]} surveys @param {(survey: Survey) => void} callback */
export function awaitElements(surveys, callback) {
  for (const survey of surveys) {
    const element = find(survey.trigger.selector);
    if (!element || awaited[survey.id] === element) continue;
    awaited[survey.id] = element;
    watch(element, "0px", () => callback(survey));
  }
}

/** The element that a selector of the survey's owner finds; a selector that is none finds nothing. @param {string} selector */
function find(selector) {
  try {
    return all(selector)[0];
  } catch (_) {
    return undefined;
  }
}
