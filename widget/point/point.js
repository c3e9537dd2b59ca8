// The point part: keeps where clicks were, within their elements and within the two that these are in, for heat maps. It comes with
// the click part on as many views as the site samples, and sends what it has in a beacon of its own.

import { offset, parentOf, placeOf } from "../measured/place.js";
import { send, whenLeft } from "../measured/send.js";

/** So many clicks are sent without waiting for the page to be hidden. */
const EARLY = 40;
/** Most clicks of a page, whatever is done to it. */
const MOST = 400;

/** A click that waits to be sent. @typedef {{ at_ms: number, element: string, text: string, places: number[], rage: boolean, dead: boolean }} Kept */

/** @type {Boot} */
let boot;
/** @type {Kept[]} */
let kept = [];
/** What the agent said of the view that these are of. @type {Facts | undefined} */
let facts;
let counted = 0;

/** A click, as the agent tells of it. @param {ToldClick} click */
function clicked({ event, path, element, at_ms }) {
  const hit = /** @type {Element} */ (path[0]);
  if (!hit.closest || counted++ >= MOST) return;
  facts ||= boot.facts?.();
  // The keyboard clicks the middle of what has the focus.
  const byHand = event.detail > 0 && event.pointerType !== "";
  const own = hit.getBoundingClientRect();
  const [x, y] = byHand ? [event.clientX, event.clientY] : [own.left + own.width / 2, own.top + own.height / 2];
  /** @type {number[]} */
  const places = [];
  let at = /** @type {Element | null} */ (hit);
  for (let level = 0; level < 3; level++) {
    const { left, top, width, height } = (at || hit).getBoundingClientRect();
    places.push(offset(x, left, width), offset(y, top, height));
    at = at && parentOf(at);
  }
  kept.push({ at_ms, element, text: placeOf(hit), places, rage: false, dead: false });
  if (kept.length >= EARLY) flush(false);
}

/** What became of a click, or of a row of them. @param {JudgedClick} judged */
function judged({ kind, at_ms, count }) {
  const first = kept.findIndex((click) => click.at_ms === at_ms);
  if (first < 0) return;
  if (kind === "dead") kept[first].dead = true;
  else if (kind === "rage") for (const click of kept.slice(first, first + count)) click.rage = true;
}

/** Sends what is kept. @param {boolean} leaving */
function flush(leaving) {
  const now_ms = performance.now();
  const numbers = (/** @type {Kept} */ { places, rage, dead }) => [...places, innerWidth, +rage + 2 * +dead];
  /** @type {Measured[]} */
  const signals = kept.map((click) => ({
    age_ms: Math.max(0, Math.round(now_ms - click.at_ms)),
    kind: "point",
    element: click.element,
    text: click.text,
    measured: numbers(click),
  }));
  if (facts) send(boot, facts, signals, leaving);
  kept = [];
  facts = undefined;
}

/** Starts beside the click part; `before` are the clicks that it has heard of already. @param {Boot} gathered @param {ToldClick[]} before */
function start(gathered, before) {
  boot = gathered;
  const others = { clicked: boot.clicked, judged: boot.judged };
  boot.clicked = (click) => {
    contained(() => clicked(click));
    others.clicked?.(click);
  };
  boot.judged = (verdict) => {
    judged(verdict);
    others.judged(verdict);
  };
  for (const click of before) contained(() => clicked(click));
  whenLeft(boot, flush);
}

/** What goes wrong costs a point, and is no error of the page. @param {() => void} act */
function contained(act) {
  try {
    act();
  } catch (_) {
    // There is none then.
  }
}

export { start };
