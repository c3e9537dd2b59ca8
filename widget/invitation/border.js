// border.js: keeps what happens within the widget from the page around it. A page that holds the focus in a dialog of its own
// takes a focus, a key or a click in the widget for one that left, and swallows it. The page is not asked about what it
// cannot see into anyway: an event is stopped at the window and told again within the widget.

import { boot } from "./boot.js";

/** What is told of the focus, of keys and of pointers. */
const HELD = "focusin focusout focus blur keydown keyup keypress pointerdown pointerup mousedown mouseup touchstart touchend click".split(
  " ",
);
/** What of an event is read within the widget. */
const READ =
  "key code isComposing repeat ctrlKey metaKey shiftKey altKey detail button buttons pointerId pointerType clientX clientY relatedTarget touches".split(
    " ",
  );
/** What a page holds the focus in. */
const TRAPS = "dialog,[aria-modal=true],[role=dialog],[role=alertdialog]";
/** The shadow roots that the widget has drawn in. @type {WeakSet<object>} */
const drawnIn = new WeakSet();

/** Keeps what happens in this shadow root within it. @param {ShadowRoot} root */
export function keepWithin(root) {
  drawnIn.add(root);
}

export function startBorder() {
  keepWithin(boot.root);
  // Passive, where the page would have to wait with its scrolling.
  for (const type of HELD) addEventListener(type, contain, { capture: true, passive: type === "touchstart" });
}

/** @param {Event} event */
function contain(event) {
  const { target, relatedTarget, type } = /** @type {Event & { target: Element, relatedTarget?: Element }} */ (event);
  const path = event.composedPath();
  // Not by the host: that may lie in a shadow root of the page, and a click beside the panel is the page's.
  const root = path.find((at) => drawnIn.has(at));
  if (root && path[0]) {
    event.stopImmediatePropagation();
    tellAgain(event, path[0], root);
  } else if (relatedTarget?.shadowRoot && drawnIn.has(relatedTarget.shadowRoot) && target.closest?.(TRAPS) && /out|blur/.test(type)) {
    // The focus comes here from a dialog of the page, which would call it back.
    event.stopImmediatePropagation();
  }
}

/** Tells of an event within the root alone. What it does of its own it has done or will do: told again, it does nothing. @param {Event} event @param {EventTarget} target @param {EventTarget} root */
function tellAgain(event, target, root) {
  const { type, bubbles, cancelable } = event;
  const again = new Event(type, { bubbles, cancelable });
  for (const field of READ) if (field in event) Object.defineProperty(again, field, { value: /** @type {any} */ (event)[field] });
  const atLast = () => {
    if (again.defaultPrevented) event.preventDefault();
    again.preventDefault();
  };
  root.addEventListener(type, atLast);
  target.dispatchEvent(again);
  root.removeEventListener(type, atLast);
}
