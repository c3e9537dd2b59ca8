// theme.js: the theme, as far as the page may change it; the collector checks what it asks for and writes the style sheets.

import { boot, config } from "./invitation.js";

/** What the page has asked for and got. */
let wished = {};
/** The last wish, on its way: each is seen before the next. */
let wishing = Promise.resolve();
/** The style sheets of places within the page, once there are any: on light ground and on dark. That over the page is
 * `boot.sheet`. */
const placeSheets = [];

/** Changes fields of the theme, and without any takes back what was changed. Whatever cannot be read changes nothing. */
export function theme(fields) {
  wishing = wishing.then(async () => {
    try {
      // As JSON, in which a field that is undefined is left out.
      const asked = fields ? { ...wished, ...boot.parse(boot.stringify(fields)) } : {};
      const reply = await boot.fetch(`${boot.base}/v1/theme/${boot.site}?${new URLSearchParams(asked)}`, { credentials: "omit" });
      const said = await reply.json();
      if (!reply.ok) throw (said.errors || []).map(({ field, reason }) => field + " " + reason).join("; ") || said.detail;
      wished = asked;
      Object.assign(config, said);
      dressOver();
      placeSheets.forEach((sheet, dark) => paint(sheet, dark));
    } catch (reason) {
      console.warn("rapport: the theme stays as it was:", reason);
    }
  });
}

/** Gives a place within the page the theme, as light or dark as the page is there: many pages stay light whatever the
 * visitor's system prefers. */
export function dress(root) {
  const dark = +isDark(root.host);
  if (!placeSheets[dark]) paint((placeSheets[dark] = new CSSStyleSheet()), dark);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets.filter((sheet) => !placeSheets.includes(sheet)), placeSheets[dark]];
}

/** The same for what stands over the page. */
export function dressOver() {
  const { parentNode } = boot.root.host;
  const ground = parentNode === document.documentElement ? document.body : parentNode;
  if (boot.sheet) paint(boot.sheet, isDark(ground), config.launcher_css);
}

function paint(sheet, dark, before = "") {
  sheet.replaceSync(before + config.panel_css.replace(/\(prefers-color-scheme: ?dark\)/g, dark ? "all" : "not all"));
}

/** Whether the ground below an element is dark: the nearest colour of a background, else what the page says of itself. */
function isDark(element) {
  for (let at = element; at; at = at.parentElement || at.getRootNode().host) {
    const [red, green, blue, alpha] = (/^rgba?\((.*)\)/.exec(getComputedStyle(at).backgroundColor) || ["", "0,0,0,0"])[1].split(",");
    // What is half seen through is not the ground. The weights are those of the brightness of colours (ITU-R BT.601).
    if (!(alpha < 0.5)) return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
  }
  const own = getComputedStyle(document.documentElement).colorScheme;
  const said = document.querySelector("meta[name=color-scheme]");
  const scheme = own === "normal" && said ? said.content : own;
  return /dark/.test(scheme) && (!/light/.test(scheme) || matchMedia("(prefers-color-scheme:dark)").matches);
}
