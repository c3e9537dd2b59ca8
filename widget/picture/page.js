// page.js: draws the visible part of the page. Every element that is in view is copied with the styles that the browser
// computed for it, into an SVG picture, which loads and runs nothing. Typed text, masked elements and other people's frames
// are never copied.

import { fontsOf } from "./font.js";
import { copyElement } from "./copy.js";
import { append, box, style } from "./element.js";

/** How long images and fonts may take, in milliseconds. */
const DRAWING_MS = 4_000;
/** Styles that a still picture has no use of, or that say again what others say. */
const IDLE_STYLE =
  /^(animation|transition|will-change|cursor|pointer-events)|(^|-)(inline|block)-(size|start|end)|^(margin|padding|border|inset|overflow)-(inline|block)/;
/** Characters that a page may hold and XML may not: control characters, and halves of others. */
const UNWRITABLE = /[\0-\x08\x0b\f\x0e-\x1f\ufffe\uffff\ud800-\udfff]/gu;

/** @param {Node} root */
export async function drawPage(root) {
  const width = document.documentElement.clientWidth;
  const height = document.documentElement.clientHeight || innerHeight;
  /** @type {Drawing} */
  const drawing = {
    width,
    height,
    // Elements made here belong to a document that runs nothing.
    made: document.implementation.createHTMLDocument(""),
    initial: {},
    names: [],
    waiting: [],
    images: 0,
    // Families that are used, in lower case.
    families: new Set(),
    // What stands fixed over the page, and what stands over everything.
    fixed: [],
    top: [],
  };
  const probe = root.appendChild(document.createElement("span"));
  style(probe, "all:initial;direction:ltr;unicode-bidi:normal");
  const initial = getComputedStyle(probe);
  for (const name of initial) {
    if (IDLE_STYLE.test(name)) continue;
    drawing.names.push(name);
    drawing.initial[name] = initial.getPropertyValue(name);
  }
  probe.remove();
  const page = box(drawing, {
    position: "absolute",
    left: -scrollX + "px",
    top: -scrollY + "px",
    width: document.documentElement.scrollWidth + "px",
  });
  append(page, copyElement(drawing, document.documentElement, drawing.initial));
  const whole = box(drawing, {
    position: "relative",
    width: width + "px",
    height: height + "px",
    overflow: "hidden",
    background: ground(),
  });
  for (const part of [page, ...drawing.fixed, ...drawing.top]) append(whole, part);
  // What does not come in time is left out.
  const patience = new Promise((resolve) => setTimeout(resolve, DRAWING_MS, ""));
  const fonts = await Promise.race([fontsOf(drawing).catch(() => ""), patience]);
  await Promise.race([Promise.all(drawing.waiting), patience]);
  const markup =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    "<style>foreignObject *:not(foreignObject svg,foreignObject svg *){all:unset}" +
    `${fonts}</style>` +
    `<foreignObject width="${width}" height="${height}">${new XMLSerializer().serializeToString(whole)}</foreignObject></svg>`;
  const image = new Image();
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(markup.replace(UNWRITABLE, ""));
  await image.decode();
  return { image, width, height };
}

/** The colour behind the page: that of its root, of its body, or of the browser. */
function ground() {
  for (const element of [document.documentElement, document.body]) {
    const { backgroundColor } = element ? getComputedStyle(element) : {};
    if (backgroundColor && !/^(transparent|rgba\(.*, 0\))$/.test(backgroundColor)) return backgroundColor;
  }
  const scheme = getComputedStyle(document.documentElement).colorScheme;
  return /dark/.test(scheme) && (!/light/.test(scheme) || matchMedia("(prefers-color-scheme: dark)").matches) ? "#121212" : "#fff";
}
