// theme.js: the theme, as far as the page may change it; the collector checks what it asks for and writes the style sheets.

import { boot, config } from "./boot.js";
import { makeYield } from "./launcher.js";

/** What the page has asked for and got. @type {Theme} */
let wished = {};
/** The last wish, on its way: each is seen before the next. */
let wishing = Promise.resolve();
/** The style sheets of places within the page, once there are any: on light ground and on dark. That over the page is
 * `boot.sheet`. @type {CSSStyleSheet[]} */
const placeSheets = [];

/** Changes fields of the theme, and without any takes back what was changed. Whatever cannot be read changes nothing. @param {Theme} [fields] */
export function theme(fields) {
  wishing = wishing.then(async () => {
    try {
      // As JSON, in which a field that is undefined is left out.
      const asked = fields ? { ...wished, ...boot.parse(boot.stringify(fields)) } : {};
      const reply = await boot.fetch(
        `${boot.base}/v1/theme/${boot.site}?${new URLSearchParams(/** @type {Record<string, string>} */ (asked))}`,
        {
          credentials: "omit",
        },
      );
      const said = await reply.json();
      /** @type {{ field: string, reason: string }[]} */
      const errors = said.errors || [];
      if (!reply.ok) throw errors.map(({ field, reason }) => field + " " + reason).join("; ") || said.detail;
      wished = asked;
      Object.assign(config, said);
      dressOver();
      if (config.launcher_yields) makeYield();
      placeSheets.forEach((sheet, dark) => {
        paint(sheet, !!dark);
      });
    } catch (reason) {
      console.warn("rapport: the theme stays as it was:", reason);
    }
  });
}

/** Gives a place within the page the theme, as light or dark as the page is there: many pages stay light whatever the
 * visitor's system prefers. @param {ShadowRoot} root */
export function dress(root) {
  const dark = isDark(root.host);
  let sheet = placeSheets[+dark];
  if (!sheet) paint((placeSheets[+dark] = sheet = new CSSStyleSheet()), dark);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets.filter((other) => !placeSheets.includes(other)), sheet];
}

/** The same for what stands over the page. */
export function dressOver() {
  const { parentElement } = boot.root.host;
  const ground = parentElement === document.documentElement ? document.body : parentElement;
  if (boot.sheet) paint(boot.sheet, isDark(ground), config.launcher_css);
}

/** @param {CSSStyleSheet} sheet @param {boolean} dark */
function paint(sheet, dark, before = "") {
  sheet.replaceSync(before + config.panel_css.replace(/\(prefers-color-scheme: ?dark\)/g, dark ? "all" : "not all"));
}

/** Whether the ground below an element is dark: the nearest colour of a background, else what the page says of itself. @param {Element | null} element */
function isDark(element) {
  let at = element;
  while (at) {
    const written = /^rgba?\((.*)\)/.exec(getComputedStyle(at).backgroundColor);
    const [red = 0, green = 0, blue = 0, alpha = 1] = written ? String(written[1]).split(",").map(Number) : [0, 0, 0, 0];
    // What is half seen through is not the ground. The weights are those of the brightness of colours (ITU-R BT.601).
    if (alpha >= 0.5) return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
    at = at.parentElement || /** @type {Partial<ShadowRoot>} */ (at.getRootNode()).host || null;
  }
  const own = getComputedStyle(document.documentElement).colorScheme;
  /** @type {HTMLMetaElement | null} */
  const said = document.querySelector("meta[name=color-scheme]");
  const scheme = own === "normal" && said ? said.content : own;
  return /dark/.test(scheme) && (!/light/.test(scheme) || matchMedia("(prefers-color-scheme:dark)").matches);
}
