// state.js: what of a page changes without telling anybody: values set by script, style rules, drawings, films of animation.

/** Most fields and most drawings that are looked at. */
const FIELDS = 1_000;
const CANVASES = 4;
/** Style sheets with at most so many rules are compared by their words, others by their number of rules. */
const RULES = 40;
/** A drawing that is smaller than one part of the window in so many is small. */
const SMALL = 16;
/** Side of the small copy that drawings are compared by, in pixels. */
const SIDE_PX = 16;

/** What is looked into: the document or a shadow root. @typedef {Document | ShadowRoot} Root */

/** A number for each object, in the order in which they were first met. @type {WeakMap<object, number>} */
const numbers = new WeakMap();
let count = 0;

/** @param {object} object */
export function numberOf(object) {
  if (!numbers.has(object)) numbers.set(object, ++count);
  return numbers.get(object);
}

/** @param {Element} field */
function fieldState(field) {
  const { type, checked, indeterminate, value, selectedIndex, selectionStart, selectionEnd, disabled } =
    /** Each kind has some of it. @type {Partial<HTMLInputElement> & { selectedIndex?: number }} */ (field);
  // Of a secret only how long it is.
  const said = type === "password" ? value?.length : value;
  return [numberOf(field), said, checked, indeterminate, selectedIndex, (selectionEnd || 0) - (selectionStart || 0), disabled].join();
}

/** @param {CSSStyleSheet} sheet */
function sheetState(sheet) {
  /** @type {CSSRuleList | CSSRule[]} */
  let rules = [];
  try {
    rules = sheet.cssRules;
  } catch (_) {
    // Of another origin.
  }
  const words = rules.length <= RULES ? [...rules].map((rule) => rule.cssText).join() : "";
  return [numberOf(sheet), sheet.disabled, rules.length, words].join();
}

/** All of it as one text; `roots` are the document and the shadow roots that are known. @param {Root[]} roots */
export function stateOf(roots) {
  const state = [location.href.replace(/#$/, ""), document.designMode];
  for (const root of roots) {
    for (const field of [...root.querySelectorAll("input,select,textarea,progress,meter")].slice(0, FIELDS)) state.push(fieldState(field));
    for (const sheet of [...root.styleSheets, ...(root.adoptedStyleSheets || [])]) state.push(sheetState(sheet));
  }
  return state.join("\n");
}

/** What is being animated by script in the page; animations of style follow from a change that is seen itself. @param {Root[]} roots */
export function animationsOf(roots) {
  /** @type {Set<Animation>} */
  const all = new Set();
  for (const root of roots) {
    for (const animation of root.getAnimations ? root.getAnimations() : []) {
      if (animation.constructor.name === "Animation") all.add(animation);
    }
  }
  return all;
}

/** Whether an animation is no ripple under the pointer. @param {Animation} animation @param {Element} control */
export function isShown({ effect }, control) {
  const { target, pseudoElement } = /** @type {Partial<KeyframeEffect>} */ (effect || {});
  return !!target && !(control.contains(target) && (pseudoElement || (target !== control && !target.childNodes.length)));
}

/** Small copies of the drawings in the window, as texts; one that shows nothing of itself is empty, since of some kinds
 * nothing can be read. Nothing where there is no drawing. @param {Root[]} roots */
export function drawingsOf(roots) {
  /** @type {HTMLCanvasElement[]} */
  const seen = [];
  for (const root of roots) {
    for (const canvas of root.querySelectorAll("canvas")) {
      const { top, left, bottom, right, width, height } = canvas.getBoundingClientRect();
      const within = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
      if (within && width > SIDE_PX && height > SIDE_PX && seen.length < CANVASES) seen.push(canvas);
    }
  }
  return seen.length ? Promise.all(seen.map(copy)) : undefined;
}

/** @param {HTMLCanvasElement} canvas @returns {Promise<string>} */
async function copy(canvas) {
  try {
    const size = { resizeWidth: SIDE_PX, resizeHeight: SIDE_PX };
    const bitmap = await createImageBitmap(canvas, size);
    const made = new OffscreenCanvas(SIDE_PX, SIDE_PX).getContext("2d", { willReadFrequently: true });
    // Without one nothing can be read either.
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (made);
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, SIDE_PX, SIDE_PX);
    // Nothing can be read of some kinds; a small one that is empty is likely to be just that.
    const { width, height } = canvas.getBoundingClientRect();
    const small = width * height * SMALL < innerWidth * innerHeight;
    return small || data.some((byte) => byte) ? data.join() : "";
  } catch (_) {
    return "";
  }
}
