// watch.js: watches all that may answer a click, in the document and in every open shadow root.

import { note, noteAct, noteOf, observe } from "./change.js";
import { contained, hear, later, native } from "./native.js";

/** What happens only because somebody or something makes it happen, and is seen. */
const SHOWN = [
  "beforetoggle",
  "toggle",
  "close",
  "cancel",
  "input",
  "change",
  "reset",
  "invalid",
  "play",
  "pause",
  "playing",
  "seeking",
  "volumechange",
  "ratechange",
  "enterpictureinpicture",
  "leavepictureinpicture",
  "fullscreenchange",
  "webkitfullscreenchange",
  "pointerlockchange",
  "contextmenu",
  "dragstart",
  "dragend",
];
/** What leads to something that nobody has seen yet. */
const BEGUN = ["submit", "copy", "cut", "paste"];
/** What the window alone is told, and is seen. */
const OF_WINDOW = ["visibilitychange", "beforeprint", "blur"];
/** Most often the observer may tell before the page's own tasks get their turn, and in a second. */
const TURNS = 40;
const TURNS_A_SECOND = 400;
/** Most elements that are looked at for shadow roots at a time. */
const ELEMENTS = 20_000;

/** An event of what moves by its style. @typedef {Event & { animationName?: string, propertyName?: string }} MoveEvent */
/** An event as far as it is heard, for what happened earlier is no more than that. @typedef {Pick<Event, "timeStamp" | "composedPath">} Past */
/**
 * What hears of scrolls, selections, moves of the focus, what is animated, requests that failed, whatever the visitor does, of a pause
 * in watching and of an idle moment after something was added, and says whether something happened soon after a click, or in time for
 * one to have done it.
 * @typedef {{
 *   scrolled(event: Event): void, selected(): void, focused(event: Past): void, moved(event: MoveEvent, element: Element): void,
 *   failed(began_ms: number, at_ms: number): void, isSoon(at_ms: number): boolean, isDone(at_ms: number): boolean, acted(event: Event): void, lost(): void,
 *   scanned(): void,
 * }} Teller
 */

/** The document and the shadow roots that are known. @type {(Document | ShadowRoot)[]} */
export const roots = [];
/** @type {MutationObserver} */
let observer;
let turns = 0;
let turnsOfSecond = 0;
let second = 0;
let halted = false;
let scanning = false;
let takeRequests = () => {};
/** @type {Teller} */
let tell;

/** @param {Document | ShadowRoot} root */
function observeRoot(root) {
  observer.observe(root, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeOldValue: true,
    characterData: true,
    characterDataOldValue: true,
  });
}

/** Watches a root from now on. @param {Document | ShadowRoot} root */
export function watchRoot(root) {
  const { host } = /** @type {Partial<ShadowRoot>} */ (root);
  if (roots.includes(root) || host?.localName === "rapport-widget") return;
  roots.push(root);
  observeRoot(root);
  // What is not composed ends at its shadow root, and what does not bubble is heard on its way down.
  const at = root === document ? window : root;
  hear(at, SHOWN, () => note(performance.now()));
  hear(at, BEGUN, () => note(performance.now(), { request: true }));
  hear(at, ["animationstart", "transitionrun"], (/** @type {MoveEvent} */ event) => {
    tell.moved(event, /** @type {Element} */ (event.composedPath()[0]));
  });
}

/** Finds shadow roots that were attached meanwhile; in an idle moment, since there may be many elements. */
function scan() {
  if (scanning) return;
  scanning = true;
  const look = () => {
    scanning = false;
    for (const root of [...roots]) {
      if (!root.isConnected) continue;
      const all = root.querySelectorAll("*");
      for (let index = 0; index < all.length && index < ELEMENTS; index++) {
        const { shadowRoot } = all[index];
        if (shadowRoot) watchRoot(shadowRoot);
      }
    }
    tell.scanned();
  };
  const idle = native(window, "requestIdleCallback");
  if (idle) idle.call(window, contained(look), { timeout: 500 });
  else later(look, 100);
}

/** Takes what the observer has not told of yet. */
export function takeRecords() {
  observe(observer.takeRecords(), performance.now());
  takeRequests();
}

/** Changes, unless the page makes one of each that is told: then a pause lets it go on. @param {MutationRecord[]} records */
function changed(records) {
  const now_ms = performance.now();
  if (!turns++) later(() => (turns = 0), 0);
  if (now_ms - second > 1_000) {
    second = now_ms;
    turnsOfSecond = 0;
  }
  if (++turnsOfSecond > TURNS_A_SECOND || turns > TURNS) {
    observer.disconnect();
    halted = true;
    tell.lost();
  }
  observe(records, now_ms);
  if (records.some(({ addedNodes }) => addedNodes.length)) scan();
}

/** Goes on after a pause: called at each press, which is when it matters. False while nothing can be said. */
export function resume() {
  if (halted && turnsOfSecond <= TURNS_A_SECOND) {
    halted = false;
    roots.forEach(observeRoot);
  } else if (halted && performance.now() - second > 1_000) turnsOfSecond = 0;
  scan();
  return !halted;
}

/**
 * Requests of the page that came back. A pixel, a script and what is the widget's own are none.
 * @param {string} base @param {Teller["failed"]} failed @returns {(entries: PerformanceEntry[]) => void}
 */
function requested(base, failed) {
  /** @type {Map<string, number>} */
  const wasMade = new Map();
  return (entries) => {
    for (const { name, initiatorType, startTime, responseEnd, responseStatus } of /** @type {PerformanceResourceTiming[]} */ (entries)) {
      if (!/^(fetch|xmlhttprequest)$/.test(initiatorType) || name.startsWith(base + "/")) continue;
      const address = name.split(/[?#]/)[0];
      const foreign = !name.startsWith(location.origin + "/");
      // Without a status it is of another origin and nobody may read its answer; with 204 from there it only counted something.
      if (foreign && (!responseStatus || responseStatus === 204)) continue;
      const polled = startTime - (wasMade.get(address) ?? -Infinity) < 60_000 && !tell.isSoon(startTime);
      wasMade.set(address, startTime);
      if (responseStatus >= 400 || (!responseStatus && responseStatus === 0)) failed(startTime, responseEnd);
      else if (tell.isSoon(startTime) && !polled) note(responseEnd || performance.now(), { request: true });
    }
  };
}

/**
 * Begins to watch, instead of what did until now.
 * @param {string} base @param {Teller} teller @param {MutationObserver | undefined} early
 */
export function startWatching(base, teller, early) {
  tell = teller;
  observer = new (native(window, "MutationObserver"))(contained(changed));
  if (early) early.disconnect();
  watchRoot(document);
  scan();
  hear(window, OF_WINDOW, ({ type, target, timeStamp }) => {
    if ((type !== "blur" || target === window) && tell.isDone(timeStamp)) note(performance.now());
  });
  hear(window, ["scroll"], tell.scrolled);
  hear(document, ["selectionchange"], tell.selected);
  hear(window, ["focusin"], tell.focused);
  hear(window, ["keydown", "wheel"], (event) => {
    noteAct(event.timeStamp);
    tell.acted(event);
  });
  const { navigation } = window;
  if (navigation)
    hear(navigation, ["navigate"], (/** @type {NavigateEvent} */ { destination }) => {
      const { sameDocument, url } = destination || {};
      // A link to `#` leads nowhere.
      if (sameDocument && url?.replace(/#$/, "") === location.href.replace(/#$/, "")) return;
      note(performance.now(), { request: !sameDocument });
    });
  try {
    const told = requested(base, tell.failed);
    const requests = new (native(window, "PerformanceObserver"))(contained((list) => told(list.getEntries())));
    requests.observe({ type: "resource" });
    takeRequests = () => told(requests.takeRecords());
  } catch (_) {
    // An old browser: requests are not seen.
  }
}

/**
 * Takes note of an animation that begins elsewhere than under the pointer.
 * @param {number} at_ms @param {Element} element @param {string | undefined} name
 */
export function noteMove(at_ms, element, name) {
  noteOf(at_ms, element, "moves:" + name);
}
