// The click part: gathers what is known of around each click and has it judged: whether it is anger at something that does
// not answer, and whether anything came of it. It comes with the visitor's first move. It judges nothing itself: the rules
// are in `shared/src/measure`, and come as WebAssembly (`verdict`).

import { isAnswered, note, noteClick, noteLeft, notePress, observe, told } from "./change.js";
import { composedClosest, controlOf, hostOf, isRepeated, isSelecting, isStepper, selectedBy, shouldReact } from "./control.js";
import { contained, hear, later, native } from "./native.js";
import { animationsOf, drawingsOf, isShown, stateOf } from "./state.js";
import { noteMove, resume, roots, startWatching, takeRecords, watchRoot } from "./watch.js";

/** A press that moves so far is a drag, in pixels. */
const DRAG_PX = 10;
/** Clicks of one row lie at most so far apart, in milliseconds. */
const ROW_MS = 1_000;
/** So much longer a row may go on by clicks that are told late, in milliseconds. */
const LATE_MS = 100;
/** Most clicks of a row. */
const ROW = 30;
/** Until an effect must be seen, and how often a late one is looked for, in milliseconds. */
const EFFECT_MS = 2_500;
const AGAIN_MS = 500;
/** Another click on the same control within this time is not judged again, in milliseconds. */
const REPEAT_MS = 1_000;
/** A scroll, a selection or a move of the focus belongs to a press within this time, in milliseconds. */
const REACTION_MS = 100;
/** So many times the whole page went by, and so many windows' heights at least, is more than reading. */
const PASSES = 4;
const WINDOWS = 10;
/** A request that begins so soon after a click is the click's, in milliseconds. */
const SOON_MS = 500;
/** What begins to move so soon after the pointer or the focus went on shows where they are: in milliseconds, and in frames, which
 * are long while the page is busy. */
const CROSSING_MS = 300;
const CROSSING_FRAMES = 3;
/** When the page is looked at after a click that nothing was told of yet, for what is told by nothing, in milliseconds. */
const LOOKS_MS = [0, 150];

const SHADOW_ROOT = 11;
/** What the rules say of a click that nothing needs to be said of, that has to be asked about again, and of others. */
const VERDICTS = ["", "", "dead_click", "slow_click", "failed_click"];
const OPEN = 1;

/**
 * The rules (widget/verdict/src/lib.rs).
 * @typedef {{
 *   version(): number, rage(numbers: Float64Array, repeats: boolean): number,
 *   effect(numbers: Float64Array, now_ms: number, visible_ms: number, failed_ms: number, first: boolean, last: boolean): number,
 * }} Rules
 */
/**
 * A press, and what is known of it: where it was, whether nothing can be said of it (`void`) or only nothing of a row with it
 * (`moved`), what the page was like, and when it became a click.
 * @typedef {{
 *   control: Element, began_ms: number, x: number, y: number, void?: boolean, moved?: boolean, animations?: Set<Animation>,
 *   drawings?: Promise<string[]> | undefined, clicked?: boolean, at_ms?: number, failed_ms?: number,
 * }} Press
 */
/** A press that became a click. @typedef {Press & { at_ms: number }} Clicked */
/** A click whose effect is awaited, with the description of its element. @typedef {Clicked & { press: Clicked, element: string, isFirst: boolean }} Awaited */

/** @type {Boot} */
let boot;
/** The rules, once they are there. @type {Rules | undefined} */
let rules;
/** The press that is going on or became the last click. @type {Press | undefined} */
let press;
/** The clicks of the row that is going on, all of one control. @type {Clicked[]} */
let row = [];
/** What the row is of, `element` being its description. @type {{ control: Element, element: string, ignored: string, repeated?: boolean } | undefined} */
let rowOf;
/** Clicks whose effect is awaited. @type {Awaited[]} */
let awaited = [];
let visible_ms = 0;
/** What the page was like at the last look. @type {string | undefined} */
let state;
let canWatch = true;

/** Notes, as of `at_ms`, what changed since the last look without telling anybody; what is being animated. @param {number} at_ms */
function look(at_ms) {
  takeRecords();
  const before = state;
  state = stateOf(roots);
  if (before !== undefined && before !== state) note(at_ms);
  const animations = animationsOf(roots);
  if (!press?.animations) return animations;
  for (const animation of animations) {
    if (!press.animations.has(animation) && isShown(animation, press.control)) note(at_ms);
    press.animations.add(animation);
  }
  return animations;
}

/**
 * Compares the drawings at two times; where they cannot be read, nothing can be said of a press.
 * @param {Press} of @param {Press["drawings"]} before @param {Press["drawings"]} after @param {number} at_ms
 */
async function compare(of, before, after, at_ms) {
  if (!before && !after) return;
  const [one, other] = [await before, await after];
  if (!one || !other) return;
  const known = one.every((copy, index) => copy && other[index]);
  if (known && one.join() !== other.join()) note(at_ms);
  else if (!known) of.void = true;
}

/** What was hit, which may be no element. @param {EventTarget[]} path */
const hitOf = (path) => /** @type {Element | undefined} */ (path[0]);

/** @param {PointerEvent} event @param {EventTarget[]} path */
function pointerdown(event, path) {
  const hit = hitOf(path);
  if (!hit?.closest || event.button > 0) return;
  const at_ms = event.timeStamp;
  went(at_ms);
  const control = controlOf(hit);
  for (const root of /** @type {ShadowRoot[]} */ (path)) if (root.nodeType === SHADOW_ROOT) watchRoot(root);
  canWatch = resume();
  // Whatever there is to see of the page before it hears of the press.
  const animations = look(at_ms - 1);
  const before = press;
  notePress(control, at_ms);
  press = { control, began_ms: at_ms, x: event.clientX, y: event.clientY, void: isSelecting(control), animations };
  if (!composedClosest(hit, "canvas")) press.drawings = drawingsOf(roots);
  if (before && before.control === control) contained(compare)(press, before.drawings, press.drawings, at_ms - 1);
}

/** A press that was made before this part was there. @param {PointerEvent} event @param {EventTarget[]} path */
function earlyPress(event, path) {
  const hit = hitOf(path);
  if (!hit?.closest || event.button > 0) return;
  const control = controlOf(hit);
  notePress(control, event.timeStamp);
  press = { control, began_ms: event.timeStamp, x: event.clientX, y: event.clientY, animations: new Set() };
}

/** @param {PointerEvent} event */
function moved({ clientX, clientY, buttons }) {
  if (press && buttons && Math.hypot(clientX - press.x, clientY - press.y) >= DRAG_PX) press.void = true;
}

/** A click, as the agent tells of it. @param {ToldClick} click */
function clicked({ event, path, element, ignored, at_ms }) {
  const hit = hitOf(path);
  if (!hit?.closest) return;
  noteClick(at_ms);
  const control = controlOf(hit);
  // By keyboard or by script: nobody pressed here.
  const byHand = event.detail > 0 && event.pointerType !== "";
  const pressed = press?.clicked ? undefined : press;
  // What was pressed elsewhere was dragged here.
  const own = /** @type {Clicked} */ (
    pressed?.control === control ? pressed : { control, began_ms: at_ms, x: event.clientX, y: event.clientY, void: !!pressed && byHand }
  );
  own.clicked = true;
  own.at_ms = at_ms;
  if (Math.hypot(event.clientX - own.x, event.clientY - own.y) >= DRAG_PX || isSelecting(control)) own.void = true;
  for (const delay_ms of LOOKS_MS) later(() => isAnswered(own.began_ms) || look(performance.now()), delay_ms);
  const last = row[row.length - 1];
  const again = last && rowOf?.control === control && at_ms - last.at_ms < REPEAT_MS;
  if (last && (rowOf?.control !== control || at_ms - last.at_ms > ROW_MS)) settleRow();
  if (byHand && canWatch) {
    if (!row.length) rowOf = { control, element, ignored };
    row.push(own);
    // Asked while it has the focus that it gave; the visitor goes on before the row is judged.
    if (row.length === 3 && rowOf) rowOf.repeated = isRepeated(hit, control);
    if (row.length === ROW) settleRow();
    else later(() => rested(own), ROW_MS);
  }
  if (!again && ignored !== "dead" && canWatch && shouldReact(event, hit)) {
    /** @type {Awaited} */
    const click = { ...own, press: own, element, isFirst: true };
    awaited.push(click);
    later(() => judge(click), EFFECT_MS);
  }
}

/**
 * Clicks as numbers for the rules: of each the press, the click and whether it is void.
 * @param {Clicked[]} presses @param {(one: Clicked) => boolean | undefined} isVoid
 */
const flatten = (presses, isVoid) => presses.flatMap((one) => [one.began_ms, one.at_ms, +!!isVoid(one)]);

/** Nothing was clicked for as long as a row may rest; while the page was busy, clicks may wait to be told. @param {Clicked} last */
function rested(last) {
  const isOver = () => row[row.length - 1] === last;
  if (isOver()) later(() => isOver() && settleRow(), LATE_MS);
}

/** The row is over: it is judged once, with all its clicks. */
function settleRow() {
  const clicks = row;
  row = [];
  if (!rules || !rowOf || clicks.length < 3 || rowOf.ignored === "rage" || rowOf.repeated) return;
  takeRecords();
  if (isSelecting(rowOf.control)) clicks[2].moved = true;
  const numbers = [clicks.length, ...flatten(clicks, (one) => one.void || one.moved), ...told(clicks[0].began_ms)];
  const count = rules.rage(new Float64Array(numbers), isStepper(rowOf.control));
  if (count) boot.judged({ kind: "rage_click", element: rowOf.element, at_ms: clicks[0].at_ms, count, rule: rules.version() });
}

/** Judges a click whose effect is awaited; `last` when nothing more can come. */
const judge = contained(verdictOf);

/** @param {Awaited} click @param {boolean} [last] */
async function verdictOf(click, last) {
  if (!rules || !awaited.includes(click)) return;
  const { isFirst, press: own } = click;
  click.isFirst = false;
  // What is seen at the first verdict came in time.
  if (!isAnswered(own.began_ms)) look(isFirst ? Math.min(performance.now(), own.at_ms + EFFECT_MS) : performance.now());
  if (isFirst && own.drawings && !last) await compare(own, own.drawings, drawingsOf(roots), own.at_ms);
  const numbers = [1, ...flatten([own], (one) => one.void), ...told(own.began_ms)];
  const verdict = rules.effect(new Float64Array(numbers), performance.now(), visible_ms, own.failed_ms || 0, isFirst, !!last);
  if (verdict !== OPEN) {
    awaited = awaited.filter((other) => other !== click);
    const kind = VERDICTS[verdict];
    if (kind) boot.judged({ kind, element: click.element, at_ms: own.at_ms, count: 1, rule: rules.version() });
  } else if (isFirst) {
    later(() => wait(click), AGAIN_MS);
  }
}

/** Looks for a late effect from time to time: it is slow when it comes, and who acts meanwhile has given up. @param {Awaited} click */
function wait(click) {
  if (!awaited.includes(click)) return;
  judge(click);
  later(() => wait(click), AGAIN_MS);
}

/** The visitor goes on to something else: what was awaited for so long that it must have been seen is judged. @param {number} at_ms */
function went(at_ms) {
  for (const click of awaited) if (at_ms - click.at_ms > EFFECT_MS) judge(click, true);
}

/** How far the page was scrolled in this view, in pixels, where it is, and whether that was told as too much. */
let travelled_px = 0;
let top_px = scrollY;
let hasTravelled = false;

/** The visitor looks for something and does not find it: the whole page went by several times. @param {number} at_ms */
function travels(at_ms) {
  travelled_px += Math.abs(scrollY - top_px);
  top_px = scrollY;
  const whole_px = document.documentElement.scrollHeight - innerHeight;
  if (hasTravelled || travelled_px < Math.max(PASSES * whole_px, WINDOWS * innerHeight)) return;
  hasTravelled = true;
  boot.judged({ kind: "excessive_scroll", element: "html", at_ms, count: Math.round(travelled_px / innerHeight), rule: 0 });
}

/** The view ends: nothing more will be known. */
function settle() {
  travelled_px = 0;
  hasTravelled = false;
  settleRow();
  for (const click of awaited) judge(click, true);
  awaited = [];
}

/** The press and the clicks of the row that are going on. */
const recent = () => (press ? [...row, press] : row);

/** @param {Event} event */
function scrolled({ timeStamp }) {
  travels(timeStamp);
  if (press && timeStamp - press.began_ms < REACTION_MS) note(timeStamp);
  for (const click of recent()) if (timeStamp - click.began_ms < ROW_MS) click.moved = true;
}

/** What was selected when it last changed. */
let selection = "";
function selected() {
  const now = selectedBy(press?.control);
  if (now !== selection) {
    const at_ms = performance.now();
    if (press && at_ms - Math.max(press.began_ms, press.at_ms || 0) < REACTION_MS) note(at_ms);
    for (const click of recent()) if (now && at_ms - click.began_ms < ROW_MS) click.moved = true;
  }
  selection = now;
}

/** The focus goes where it was not pressed: a page's answer. @param {import("./watch.js").Past} event */
function focused(event) {
  const to = /** @type {Element} */ (event.composedPath()[0]);
  const at_ms = event.timeStamp;
  if (!press || at_ms - (press.at_ms || press.began_ms) > REACTION_MS || !to.contains) return;
  if (!to.contains(press.control) && !press.control.contains(to) && !(to.shadowRoot && hostOf(press.control) === to)) note(at_ms);
}

/**
 * Something begins to move by its style; what moves under the pointer, or around it, says no more than where it is.
 * @param {import("./watch.js").MoveEvent} event @param {Element} element
 */
function animated(event, element) {
  // Some browsers restyle what the pointer is over, and styles of pages do; and again when it leaves.
  if (element.matches?.(":hover,:active,:focus-within") || Object.values(crossings).some((crossing) => isLeft(element, crossing))) return;
  if (
    press &&
    (press.control.contains(element) || element.contains(press.control) || element.contains(hostOf(press.control) || press.control))
  )
    return;
  noteMove(performance.now(), element, event.animationName || event.propertyName);
}

/** Where the pointer or the focus went from one thing to another, and how many frames ago at most. @typedef {{ at_ms: number, frames: number, from?: Node | undefined, to?: Node | undefined }} Crossing */

/** The last of each. @type {Record<"pointer" | "focus", Crossing>} */
const crossings = { pointer: { at_ms: -Infinity, frames: CROSSING_FRAMES }, focus: { at_ms: -Infinity, frames: CROSSING_FRAMES } };
let countsFrames = false;

/** @param {"pointer" | "focus"} what @param {Pick<Crossing, "at_ms" | "from" | "to">} crossing */
function crosses(what, crossing) {
  crossings[what] = { ...crossing, frames: 0 };
  if (!countsFrames) countFrames();
}

function countFrames() {
  const after = native(window, "requestAnimationFrame");
  countsFrames = Object.values(crossings).some(({ frames }) => frames < CROSSING_FRAMES);
  const count = () => {
    for (const crossing of Object.values(crossings)) crossing.frames++;
    countFrames();
  };
  if (countsFrames) after.call(window, contained(count));
}

/** @param {PointerEvent} event @param {EventTarget[]} path */
function entered({ timeStamp, relatedTarget }, path) {
  // A finger comes from nowhere, and what it touched before looks as if it were there still.
  const from = /** @type {Node | null} */ (relatedTarget) || crossings.pointer.to;
  crosses("pointer", { at_ms: timeStamp, from, to: /** @type {Node} */ (path[0]) });
}

/** @param {FocusEvent} event @param {EventTarget[]} path */
function leftField({ timeStamp, relatedTarget }, path) {
  const to = /** @type {Node | null} */ (relatedTarget) || undefined;
  crosses("focus", { at_ms: timeStamp, from: /** @type {Node} */ (path[0]), to });
}

/** Whether a node is in another, or in a shadow root within. @param {Node} one @param {Node} other */
function holds(one, other) {
  /** @type {Node | undefined} */
  let at = other;
  while (at && !one.contains(at)) at = hostOf(at);
  return !!at;
}

/** Whether an element moves since the pointer or the focus has left it, or what it is in. @param {Element} element @param {Crossing} crossing */
function isLeft(element, { at_ms, frames, from, to }) {
  if (frames >= CROSSING_FRAMES && performance.now() - at_ms > CROSSING_MS) return false;
  // After the click that is no answer, whatever moves: a page that answers changes something.
  if (press?.at_ms && at_ms > press.at_ms) return true;
  /** @type {Node | undefined} */
  let top;
  /** @type {Node | undefined} */
  let at = from;
  while (at && !(to && holds(at, to))) {
    top = at;
    at = at.parentElement || hostOf(at);
  }
  return !!top && holds(top, element);
}

let givesWay = false;

/** Has the launcher give way where it covers what the visitor may press: until a panel is wanted, nothing else looks there. */
function mindLauncher() {
  const { launcher } = boot;
  if (!launcher || launcher.hidden || givesWay) return;
  const { x, y, width, height } = launcher.getBoundingClientRect();
  const below = [0.1, 0.5, 0.9].flatMap((part) => document.elementsFromPoint(x + width * part, y + height / 2));
  givesWay = below.some((at) => /** @type {HTMLElement} */ (at).tabIndex >= 0);
  if (givesWay)
    boot.load("launcher").then(
      (part) => part.start(boot),
      () => {},
    );
}

/** The page is not watched for a while: of what was clicked nothing can be said. */
function lost() {
  for (const click of [...recent(), ...awaited.map(({ press: own }) => own)]) click.void = true;
}

/** A script or a request of the page failed. @param {number} began_ms @param {number} [at_ms] */
function failed(began_ms, at_ms) {
  if (!press || press.failed_ms || began_ms < press.began_ms) return;
  if (began_ms - (press.at_ms || press.began_ms) < EFFECT_MS) press.failed_ms = at_ms || performance.now();
}

const isSoon = (/** @type {number} */ at_ms, within_ms = SOON_MS) =>
  !!press && at_ms >= press.began_ms && at_ms - (press.at_ms || press.began_ms) < within_ms;

/** Starts with what the loader and the agent gathered; `boot.early` is what happened before this part was there. @param {Boot} gathered */
function start(gathered) {
  boot = gathered;
  const early = boot.early || [];
  const acted = (/** @type {Event} */ { timeStamp }) => went(timeStamp);
  const observer = boot.observer;
  if (observer) early.push([performance.now(), observer.takeRecords()]);
  // Who leaves the window later does so by themselves.
  const isDone = (/** @type {number} */ at_ms) => isSoon(at_ms, EFFECT_MS);
  startWatching(
    boot.base,
    { isDone, scrolled, selected, focused, moved: animated, failed, isSoon, acted, lost, scanned: mindLauncher },
    observer,
  );
  hear(window, ["pointerdown"], (/** @type {PointerEvent} */ event) => event.isTrusted && pointerdown(event, event.composedPath()));
  hear(window, ["pointermove"], moved);
  hear(window, ["pointerover"], (/** @type {PointerEvent} */ event) => entered(event, event.composedPath()));
  hear(window, ["focusout"], (/** @type {FocusEvent} */ event) => leftField(event, event.composedPath()));
  // Told before `focusout`, and before the page's own listeners change anything.
  hear(window, ["blur"], (event) => event.target !== window && noteLeft(/** @type {Node} */ (event.composedPath()[0])));
  // A page that clicks by script leads somewhere: a link, a choice of files.
  hear(window, ["click"], (event) => event.isTrusted || note(performance.now()));
  hear(window, ["visibilitychange"], () => document.hidden || (visible_ms = performance.now()));
  boot
    .load("verdict")
    .then((part) => (rules = part))
    .catch(() => {});
  // What failed before is found there, too.
  if (boot.config.watches)
    boot.load("resource").then(
      (part) => part.start(boot),
      () => {},
    );
  boot.clicked = clicked;
  const others = boot.settle;
  boot.settle = () => {
    others?.();
    settle();
  };
  boot.failing = failed;
  // What the widget shows no observer of the page sees, and its focus is kept from the page.
  boot.opened = () => note(performance.now());
  boot.early = boot.observer = undefined;
  contained(replay)(early);
  // Where clicks were is kept of as many views as the site samples.
  if (Math.random() * 100 < (boot.config.heat_percent || 0)) {
    const before = early.flatMap(([, what]) => ("element" in what ? [what] : []));
    boot.load("point").then(
      (part) => part.start(boot, before),
      () => {},
    );
  }
}

/** What happened before this part was there is gone through as if it had been. @param {Early[]} early */
function replay(early) {
  const hasClick = early.some(([, what]) => "element" in what);
  for (const [at_ms, what, path] of early) {
    if (Array.isArray(what)) observe(what, at_ms);
    else if ("element" in what) clicked(what);
    else if (what.type === "pointerdown") earlyPress(/** @type {PointerEvent} */ (what), path || []);
    else if (what.type === "scroll") scrolled(what);
    else if (what.type === "focusin") focused({ timeStamp: what.timeStamp, composedPath: () => path || [] });
    else note(at_ms);
  }
  if (hasClick && isUnclear()) {
    for (const click of row) click.void = true;
    for (const { press: own } of awaited) own.void = true;
  }
}

/** Whether something may have been done to the page before this part was there that leaves no trace: a value that was set, a
 * style sheet, a drawing, a shadow root elsewhere. */
function isUnclear() {
  for (const field of document.querySelectorAll("input,textarea,option")) {
    const { type, value, defaultValue, checked, defaultChecked, selected, defaultSelected } =
      /** @type {Partial<HTMLInputElement & HTMLOptionElement>} */ (field);
    if (defaultValue !== undefined && value !== defaultValue && type !== "range") return true;
    if (checked !== defaultChecked || (defaultSelected && !selected)) return true;
  }
  return !!(document.adoptedStyleSheets || [])[0] || !!document.querySelector("canvas");
}

export { start };
