// Makes the launcher give way: it looks for a corner where it covers no control of the page, fades aside where there is none,
// and goes while a phone scrolls. Brought where the theme asks for it, or where the invitation sees that it covers something.

import { isControlled } from "./control.js";

/** How long after the last movement scrolling has ended, in milliseconds. */
const STILL_MS = 600;
/** How long the page may change before it is looked at, in milliseconds. */
const CHANGED_MS = 500;
/** So much of a launcher that has gone aside is still there to be found, in CSS pixels. */
const LEFT_PX = 20;

/** Whether it has begun. */
let begun = false;

/** @param {Boot} boot */
function start(boot) {
  const { launcher } = boot;
  if (begun || !launcher) return;
  begun = true;
  const settle = () => launcher.hidden || giveWay(/** @type {HTMLElement} */ (boot.root.host), launcher);
  settle();
  addEventListener("resize", settle);
  /** @type {number | undefined} */
  let planned;
  const later = () => {
    if (planned) return;
    // A page that changes at each callback that it sees is not told of without end.
    changes.disconnect();
    planned = setTimeout(() => {
      planned = 0;
      settle();
      watch();
    }, CHANGED_MS);
  };
  const changes = new MutationObserver(later);
  const watch = () => changes.observe(document, { childList: true, subtree: true });
  watch();
  if (boot.config.launcher_yields && matchMedia("(pointer:coarse)").matches) goWhileScrolling(launcher);
}

/** @param {HTMLElement} launcher */
function goWhileScrolling(launcher) {
  /** @type {number | undefined} */
  let still;
  const scrolled = () => {
    launcher.classList.add("away");
    clearTimeout(still);
    still = setTimeout(() => launcher.classList.remove("away"), STILL_MS);
  };
  addEventListener("scroll", scrolled, { capture: true, passive: true });
}

/** Puts the launcher where it covers nothing: where it is meant to be, else into another corner. @param {HTMLElement} host @param {HTMLElement} launcher */
function giveWay(host, launcher) {
  launcher.style.inset = "";
  launcher.classList.remove("aside");
  host.style.removeProperty("--rapport-panel");
  const box = launcher.getBoundingClientRect();
  const { width, height } = box;
  const isLeft = box.left + box.right < innerWidth;
  const isUpper = box.top + box.bottom < innerHeight;
  const across = isLeft ? box.left : innerWidth - box.right;
  const down = isUpper ? box.top : innerHeight - box.bottom;
  if (isFree(host, box.left, box.top, width, height)) return;
  // The other side first: what is at the upper edge is looked for less. In the middle of an edge there is no other.
  const isAtEdge = getComputedStyle(launcher).writingMode !== "horizontal-tb";
  const others = isAtEdge
    ? []
    : [
        [!isLeft, isUpper],
        [isLeft, !isUpper],
        [!isLeft, !isUpper],
      ];
  const free = others.find(([left, upper]) => {
    const x = left ? across : innerWidth - across - width;
    return isFree(host, x, upper ? down : innerHeight - down - height, width, height);
  });
  if (free) {
    const [left, upper] = free;
    const inset = `${upper ? `${down}px` : "auto"} ${left ? "auto" : `${across}px`} ${upper ? "auto" : `${down}px`} ${left ? `${across}px` : "auto"}`;
    launcher.style.inset = inset;
    // What it opens comes where it stands.
    host.style.setProperty("--rapport-panel", inset);
  } else {
    const away = Math.max(0, width + across - LEFT_PX);
    launcher.style.setProperty("--aside", `${isLeft ? -away : away}px`);
    launcher.classList.add("aside");
  }
}

/** Whether no control stands below a place in the window. @param {Element} host @param {number} left @param {number} top @param {number} width @param {number} height */
function isFree(host, left, top, width, height) {
  for (const x of [0.02, 0.25, 0.5, 0.75, 0.98]) {
    for (const y of [0.05, 0.5, 0.95]) if (isControlled(host, left + width * x, top + height * y)) return false;
  }
  return true;
}

export { start };
