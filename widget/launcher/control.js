// control.js: where a page is worked with by what neither launcher nor panel may cover.

/** What people press or fill in. */
const CONTROLS = "a[href],button,input,select,textarea,summary,iframe,[role=button],[role=link],[role=tab],[role=slider],[contenteditable]";

/** Whether a control of the page is at a place in the window, in whichever open shadow root, that no scrolling brings out
 * from below `host`. @param {Element} host @param {number} x @param {number} y */
export function isControlled(host, x, y) {
  /** @type {Element | null | undefined} */
  let at = document.elementsFromPoint(x, y).find((element) => element !== host);
  while (at) {
    const control = at.closest(CONTROLS);
    // A frame across the window is the page itself.
    if (control) return (control.localName !== "iframe" || control.clientWidth < innerWidth / 2) && staysThere(control);
    /** @type {Element | null | undefined} */
    const inner = at.shadowRoot?.elementFromPoint(x, y);
    at = inner === at ? null : inner;
  }
  return false;
}

/** Whether an element keeps its place in the window, or nothing scrolls. @param {Element} control */
function staysThere(control) {
  /** @type {Element | null | undefined} */
  let at = control;
  while (at) {
    const { position, overflowY } = getComputedStyle(at);
    if (/fixed|sticky/.test(position)) return true;
    if ((at === document.documentElement || /auto|scroll/.test(overflowY)) && at.scrollHeight > at.clientHeight) return false;
    at = at.parentElement || /** @type {Partial<ShadowRoot>} */ (at.getRootNode()).host;
  }
  return true;
}
