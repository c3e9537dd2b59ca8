// trigger.js: lets surveys appear of their own accord when their trigger fires and their target agrees.

import { askedKey, today } from "./asked.js";
import { boot, config, facts, rare } from "./boot.js";
import { write } from "./device.js";
import { settleLauncher } from "./launcher.js";
import { bring, over, show } from "./panel.js";
import { awaitElements, judgePlaces, lookForPlaces } from "./places.js";
import { appeared, noteAppearance, refusal, rules } from "./target.js";

/** How long before a planned survey its module is brought, in milliseconds. */
const AHEAD_MS = 2_000;

/** When the view began, on the page's clock. */
let began_ms = 0;
/** Names of events with the time each was last heard of, on the page's clock. @type {Record<string, number>} */
const heardAt = {};
/** The path that was looked at last. */
let pathname = location.pathname;

/** The surveys that wait for one kind of moment. @template {Trigger["on"]} On @param {On} on */
function waiting(on) {
  return /** @type {Waiting<On>[]} */ (config.surveys.filter((survey) => survey.trigger && survey.trigger.on === on));
}

export function startTriggers() {
  planDelays();
  if (waiting("scroll").length) rare("depth", watchDepth);
  if (waiting("exit_intent").length) {
    addEventListener("mouseout", (event) => {
      if (!event.relatedTarget && event.clientY <= 0) waiting("exit_intent").forEach(appear);
    });
  }
  for (const survey of waiting("slow_page")) {
    const look = () => (facts().lcp_ms || 0) > survey.trigger.over_ms && appear(survey);
    look();
    setTimeout(look, AHEAD_MS);
  }
  settleLauncher();
  look();
  boot.look = look;
  // What was told before is heard now, except that the page began.
  const told = /** @type {Told[]} */ (boot.told);
  boot.told = { push: heard, length: 0 };
  told.filter(([event]) => event !== "page_view").forEach(heard);
}

/** The page has changed. Where nothing is measured nobody else tells of routes. */
function look() {
  if (boot.withheld && pathname !== location.pathname) boot.tell("page_view", location.pathname);
  pathname = location.pathname;
  lookForPlaces();
  awaitElements(waiting("seen"), appear);
}

/** Somebody else is asked from here on, or the same visitor under another name: what their moment has passed without is
 * judged anew. */
export function settleWhom() {
  settleLauncher();
  judgePlaces();
  planDelays();
}

function planDelays() {
  for (const survey of waiting("delay")) {
    // Time in the view, of which some has passed.
    const delay_ms = survey.trigger.delay_ms - (performance.now() - began_ms);
    setTimeout(async () => {
      if (!(await refusal(survey))) bring();
    }, delay_ms - AHEAD_MS);
    setTimeout(appear, delay_ms, survey);
  }
}

/** Waits for the depths that surveys name. @param {{ measure: (moved: () => void) => (event?: Event) => number }} depth */
function watchDepth({ measure }) {
  const seen = measure(scrolled);
  /** @param {Event} [event] */
  function scrolled(event) {
    const percent = seen(event);
    for (const survey of waiting("scroll")) if (percent >= survey.trigger.percent) appear(survey);
  }
  addEventListener("scroll", scrolled, { capture: true, passive: true });
  scrolled();
}

/** The page tells of something. @param {Told} told */
function heard([event, detail, more]) {
  if (event === "page_view") {
    began_ms = performance.now();
    settleLauncher();
    judgePlaces();
    planDelays();
  } else if (event === "form_refilled") waiting(event).forEach(appear);
  else if (event === "task") {
    for (const survey of waiting("task")) {
      const { task, end } = survey.trigger;
      if ((!task || task === detail) && end === more) appear(survey);
    }
  } else if (event === "event") {
    const at = (heardAt[detail] = performance.now());
    for (const survey of waiting("event")) {
      const { name, properties, delay_ms, cancelled_by } = survey.trigger;
      if (name !== detail) continue;
      const cancelled = () => (cancelled_by || []).some((other) => (heardAt[other] || 0) >= at);
      setTimeout(async () => {
        const part = await rules();
        if (part && !cancelled() && holds(part, properties, more)) appear(survey);
      }, delay_ms || 0);
    }
  } else for (const survey of waiting("signal")) if (survey.trigger.signal === event) appear(survey);
}

/**
 * Whether the page's properties are those that a trigger asks for; what cannot be read is none.
 * @param {{ hold: (asked: object[], told: unknown) => boolean }} part @param {object[] | undefined} properties @param {unknown} more
 */
function holds(part, properties, more) {
  try {
    return part.hold(properties || [], more || {});
  } catch (_) {
    return false;
  }
}

/** A survey that may ask is shown, unless one is on screen already or the visitor is elsewhere. @param {Survey} survey */
async function appear(survey) {
  if (!/^(popover|banner)$/.test(survey.placement) || (await refusal(survey))) return;
  alone(async () => {
    // Asked again, for another tab may have been here meanwhile.
    if ((await refusal(survey)) || over || appeared || document.hidden || !write(askedKey(""), today() + "")) return;
    // Written before anything is drawn, so that another tab knows.
    write(askedKey(survey.id), today() + " shown");
    noteAppearance();
    show(survey, { byItself: true });
  });
}

/** Does something while no other tab of the site does; where browsers know no locks, at the risk of two at once. @param {() => Promise<void>} act */
function alone(act) {
  return navigator.locks ? navigator.locks.request(askedKey(""), act).catch(act) : act();
}
