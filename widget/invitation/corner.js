// corner.js: where a panel stands over the page: in the corner that the theme names, unless it would cover what a visitor
// works the page with there, and another corner is free.

import { boot } from "./boot.js";

/** What a page is worked with. */
export const CONTROLS = "a[href],button,input,select,textarea,summary,[role=button],[role=link],[role=tab],[role=slider],[contenteditable]";
/** How far from the edges it stands, as in the theme. */
const EDGE = "1em";

/** Moves a panel that covers controls of the page to a free corner; once it is there. @param {HTMLElement} target */
export function stepAside(target) {
  const panel = /** @type {HTMLElement | null} */ (target.firstElementChild);
  // Drawn after its words have come, or taken away before that.
  if (!panel) {
    if (target.isConnected) requestAnimationFrame(() => stepAside(target));
    return;
  }
  if (!panel.popover || panel.dataset.mode || panel.style.inset) return;
  const { left, right, top, bottom } = panel.getBoundingClientRect();
  const [width, height] = [document.documentElement.clientWidth, innerHeight];
  // A panel in the middle of an edge covers no corner, and a wide one leaves none.
  if ((top + bottom) / 2 === height / 2 || !covers(left, top, right, bottom)) return;
  const [fromRight, fromBottom] = [left + right > width, top + bottom > height];
  for (const [aside, over] of [
    [true, false],
    [false, true],
    [true, true],
  ]) {
    const [from, to] = aside ? [width - right, width - left] : [left, right];
    const [above, below] = over ? [height - bottom, height - top] : [top, bottom];
    if (covers(from, above, to, below)) continue;
    const [atRight, atBottom] = [fromRight !== aside, fromBottom !== over];
    panel.style.inset = [!atBottom, atRight, atBottom, !atRight].map((there) => (there ? EDGE : "auto")).join(" ");
    return;
  }
}

/** Whether a control lies there that no scrolling brings out from below. @param {number} left @param {number} top @param {number} right @param {number} bottom */
function covers(left, top, right, bottom) {
  for (let column = 0; column < 5; column++) {
    for (let row = 0; row < 7; row++) {
      const x = left + ((column + 0.5) / 5) * (right - left);
      const y = top + ((row + 0.5) / 7) * (bottom - top);
      const under = document.elementsFromPoint(x, y).find((element) => element !== boot.root.host);
      const control = under?.closest(CONTROLS);
      if (control && stays(control)) return true;
    }
  }
  return false;
}

/** Whether an element stays where it is in the window. @param {Element} element */
function stays(element) {
  /** @type {Element | null} */
  let at = element;
  while (at) {
    const { position, overflowY } = getComputedStyle(at);
    if (position === "fixed" || position === "sticky") return true;
    if (/auto|scroll/.test(overflowY) && at.scrollHeight > at.clientHeight) return false;
    at = at.parentElement;
  }
  return document.documentElement.scrollHeight <= innerHeight;
}
