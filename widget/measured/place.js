// place.js: where an element is in its page, as a path from the root downwards that says nothing of a person, and the way back.
// A step is `#id`, `@name` (of `data-rapport-name`), a tag, or `tag:3` for the third of that tag; `>>>` leads into a shadow root.

/** Names that no framework counted up. */
const PLAIN = /^[A-Za-z_-]+$/;
/** Longest path, in characters (`MESSAGE_CHARACTERS` in shared/src/limit.rs). */
const LONGEST = 500;
/** An offset counts so many steps across an element (shared/src/measure/point.rs). */
export const STEPS = 32_767;

const SHADOW_ROOT = 11;

/** The shadow root that an element is at the top of. A link has a `host`, too. @param {Element} element */
function shadowOf(element) {
  const parent = element.parentNode;
  return parent?.nodeType === SHADOW_ROOT ? /** @type {ShadowRoot} */ (parent) : undefined;
}

/** The element that another is in, be it as its shadow root. @param {Element} element @returns {Element | null} */
export function parentOf(element) {
  return shadowOf(element)?.host || element.parentElement;
}

/** The nearest element up from one that fits a selector, across the borders of shadow roots. @param {Element | null} element @param {string} selector */
export function near(element, selector) {
  for (let at = element; at; at = parentOf(at)) if (at.matches(selector)) return at;
  return null;
}

/** @param {Element} element @param {boolean} masked */
function stepOf(element, masked) {
  const root = /** @type {ParentNode} */ (/** @type {unknown} */ (element.getRootNode()));
  const named = [
    ["#", element.id, "#"],
    ["@", element.getAttribute("data-rapport-name") || "", "[data-rapport-name="],
  ];
  for (const [mark, name, selector] of masked ? [] : named) {
    if (PLAIN.test(name) && root.querySelectorAll(selectorOf(selector, name)).length === 1) return mark + name;
  }
  const tag = element.localName;
  const alike = Array.from(element.parentNode ? element.parentNode.children : []).filter((other) => other.localName === tag);
  return alike.length > 1 ? `${tag}:${alike.indexOf(element) + 1}` : tag;
}

/** @param {string} begins @param {string} name */
const selectorOf = (begins, name) => begins + name + (begins === "#" ? "" : "]");

/** The path of an element; of what is masked tags and places alone. @param {Element} element */
export function placeOf(element) {
  const mask = near(element, "[data-rapport-mask]");
  let masked = !!mask;
  let place = "";
  for (let at = /** @type {Element | null} */ (element); at && at !== document.documentElement; at = parentOf(at)) {
    const longer = stepOf(at, masked) + place;
    if (at === mask) masked = false;
    // What lies so deep is found by its nearest name, or not at all.
    if (longer.length > LONGEST) break;
    place = (shadowOf(at) ? ">>>" : ">") + longer;
  }
  return place.replace(/^>+/, "");
}

/** One step down; nothing where it leads nowhere. @param {ParentNode} from @param {string} step @param {ParentNode} root */
function down(from, step, root) {
  if (step[0] === "#") return root.querySelector(step);
  if (step[0] === "@") return root.querySelector(`[data-rapport-name=${step.slice(1)}]`);
  const [tag, place] = step.split(":");
  return Array.from(from.children).filter((child) => child.localName === tag)[place ? Number(place) - 1 : 0] || null;
}

/** The element at a path; nothing where there is none. @param {string} place @returns {Element | null} */
export function find(place) {
  /** @type {ParentNode | null} */
  let root = document;
  /** @type {Element | null} */
  let found = null;
  for (const part of place.split(">>>")) {
    root = found ? found.shadowRoot : root;
    if (!root) return null;
    const steps = part.split(">");
    // The nearest name leads there, whatever became of what is around it.
    const named = Math.max(0, steps.map((step) => /^[#@]/.test(step)).lastIndexOf(true));
    /** @type {ParentNode} */
    let at = root === document ? document.documentElement : root;
    for (const step of steps.slice(named)) {
      found = down(at, step, root);
      if (!found) return null;
      at = found;
    }
  }
  return found;
}

/** The path of what an element is in; empty at the top. @param {string} place */
export const above = (place) => place.replace(/(^|>>>|>)[^>]*$/, "");

/** How far along something is, in steps. @param {number} at @param {number} begins @param {number} size */
export function offset(at, begins, size) {
  return size > 0 ? Math.min(STEPS, Math.max(0, Math.floor(((at - begins) / size) * STEPS))) : STEPS >> 1;
}
