// The depth part: how much the visitor has seen of what they scroll: the page, or where that cannot be scrolled the element
// that can. The agent brings it where the page cannot, and the invitation for surveys that wait for a depth.

/** What clips without scrolling. */
const FIXED = /hidden|clip/;

/** @param {Element | null} element */
function overflowOf(element) {
  return element ? getComputedStyle(element).overflowY : "";
}

function pageScrolls() {
  const { documentElement, body } = document;
  // The body's overflow is the window's where the root has none of its own.
  const overflow = overflowOf(documentElement);
  return documentElement.scrollHeight > innerHeight + 1 && !FIXED.test(overflow === "visible" ? overflowOf(body) : overflow);
}

/** @param {Element} element */
function scrolls(element) {
  return element.scrollHeight > element.clientHeight + 1 && /auto|scroll|overlay/.test(overflowOf(element));
}

/** The element in the middle of the window that scrolls, through shadow roots; nothing without one. */
function inTheMiddle() {
  let at = document.elementFromPoint(innerWidth / 2, innerHeight / 2);
  while (at?.shadowRoot) {
    const within = at.shadowRoot.elementFromPoint(innerWidth / 2, innerHeight / 2);
    if (!within || within === at) break;
    at = within;
  }
  while (at && !scrolls(at)) at = at.parentElement || /** @type {Partial<ShadowRoot>} */ (at.getRootNode()).host || null;
  return at;
}

/** What the visitor scrolls; `target` is what a scroll was of. @param {Element | undefined} target */
function scrollerOf(target) {
  if (pageScrolls()) return document.documentElement;
  const wide = target && target.clientHeight * 2 >= innerHeight && target.clientWidth * 2 >= innerWidth;
  return wide ? target : inTheMiddle();
}

/**
 * A function that says how much the visitor has seen of what they scroll, 0 to 100; it may be given a scroll event. `scrolled`
 * hears of scrolls within shadow roots, which are told there alone.
 * @param {(event: Event) => void} scrolled @returns {(event?: Event) => number}
 */
function measure(scrolled) {
  /** @type {WeakSet<Node>} */
  const roots = new WeakSet();
  return (event) => {
    const path = event?.composedPath ? event.composedPath() : [];
    const scroller = scrollerOf(path[0] === document ? undefined : /** @type {Element | undefined} */ (path[0]));
    if (!scroller) return 100;
    const root = /** @type {Node & Partial<ShadowRoot>} */ (scroller.getRootNode());
    if (root.host && !roots.has(root)) {
      roots.add(root);
      root.addEventListener("scroll", scrolled, { capture: true, passive: true });
    }
    const page = scroller === document.documentElement;
    const [top, height] = page ? [scrollY, innerHeight] : [scroller.scrollTop, scroller.clientHeight];
    return Math.min(100, ((top + height + 1) / scroller.scrollHeight) * 100);
  };
}

export { measure };
