// corner.js: where a panel stands over the page: in the corner that the theme names, unless it would cover what a visitor
// works the page with there, and another corner is free.

import { isControlled } from "../launcher/control.js";
import { boot } from "./boot.js";

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

/** Whether a control of the page lies there. @param {number} left @param {number} top @param {number} right @param {number} bottom */
function covers(left, top, right, bottom) {
  for (let column = 0; column < 5; column++) {
    for (let row = 0; row < 7; row++) {
      const [x, y] = [left + ((column + 0.5) / 5) * (right - left), top + ((row + 0.5) / 7) * (bottom - top)];
      const under = document.elementsFromPoint(x, y).find((element) => element !== boot.root.host);
      // What the widget itself has drawn within the page is no control of it.
      if (!under?.closest("[data-rapport-survey],[data-rapport-reviews]") && isControlled(boot.root.host, x, y)) return true;
    }
  }
  return false;
}
