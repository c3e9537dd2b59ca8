// corner.js: where a panel stands over the page: in the corner that the theme names, unless it would cover what a visitor
// works the page with there, and another corner is free.

import { boot } from "./invitation.js";

/** What a page is worked with. */
const CONTROLS = "a[href],button,input,select,textarea,summary,[role=button],[role=link],[role=tab],[role=slider],[contenteditable]";
/** How far from the edges it stands, as in the theme. */
const EDGE = "1em";

/** Moves a panel that covers controls of the page to a free corner; once it is there. */
export function stepAside(target) {
  const panel = target.firstElementChild;
  // Drawn after its words have come, or taken away before that.
  if (!panel) return target.isConnected && requestAnimationFrame(() => stepAside(target));
  if (!panel.popover || panel.dataset.mode || panel.style.inset) return;
  const { left, right, top, bottom } = panel.getBoundingClientRect();
  const [width, height] = [document.documentElement.clientWidth, innerHeight];
  // A panel in the middle of an edge covers no corner, and a wide one leaves none.
  if ((top + bottom) / 2 === height / 2 || !covers(left, top, right, bottom)) return;
  const mirrored = { x: [width - right, width - left], y: [height - bottom, height - top] };
  const [fromRight, fromBottom] = [left + right > width, top + bottom > height];
  for (const [aside, over] of [[true, false], [false, true], [true, true]]) {
    const [from, to] = aside ? mirrored.x : [left, right];
    const [above, below] = over ? mirrored.y : [top, bottom];
    if (covers(from, above, to, below)) continue;
    const [atRight, atBottom] = [fromRight !== aside, fromBottom !== over];
    panel.style.inset = [!atBottom, atRight, atBottom, !atRight].map((there) => (there ? EDGE : "auto")).join(" ");
    return;
  }
}

/** Whether a control lies there that no scrolling brings out from below. */
function covers(left, top, right, bottom) {
  for (let column = 0; column < 5; column++) {
    for (let row = 0; row < 7; row++) {
      const x = left + ((column + 0.5) / 5) * (right - left);
      const y = top + ((row + 0.5) / 7) * (bottom - top);
      const under = document.elementsFromPoint(x, y).find((element) => element !== boot.root.host);
      const control = under && under.closest(CONTROLS);
      if (control && stays(control)) return true;
    }
  }
}

/** Whether an element stays where it is in the window. */
function stays(element) {
  for (let at = element; at; at = at.parentElement) {
    const { position, overflowY } = getComputedStyle(at);
    if (position === "fixed" || position === "sticky") return true;
    if (/auto|scroll/.test(overflowY) && at.scrollHeight > at.clientHeight) return false;
  }
  return document.documentElement.scrollHeight <= innerHeight;
}
