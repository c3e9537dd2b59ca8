// theme.js: the theme, as far as the page may change it; the collector checks what it asks for and writes the style sheets.

import { boot, config } from "./invitation.js";

/** What the page has asked for and got. */
let wished = {};
/** The last wish, on its way: each is seen before the next. */
let wishing = Promise.resolve();
/** The style sheet of places within the page, once there is one; that over the page is `boot.sheet`. */
let placeSheet;

/** Changes fields of the theme, and without any takes back what was changed. Whatever cannot be read changes nothing. */
export function theme(fields) {
  wishing = wishing.then(async () => {
    try {
      const asked = fields ? { ...wished, ...fields } : {};
      const reply = await boot.fetch(`${boot.base}/v1/theme/${boot.site}?${new URLSearchParams(asked)}`, { credentials: "omit" });
      const said = await reply.json();
      if (!reply.ok) throw (said.errors || []).map(({ field, reason }) => field + " " + reason).join("; ") || said.detail;
      wished = asked;
      Object.assign(config, said);
      boot.sheet.replaceSync(said.launcher_css + said.panel_css);
      if (placeSheet) placeSheet.replaceSync(said.panel_css);
    } catch (reason) {
      console.warn("rapport: the theme stays as it was:", reason);
    }
  });
}

/** Gives a place within the page the theme. */
export function dress(root) {
  if (!placeSheet) {
    placeSheet = new CSSStyleSheet();
    placeSheet.replaceSync(config.panel_css);
  }
  root.adoptedStyleSheets = [...root.adoptedStyleSheets.filter((sheet) => sheet !== placeSheet), placeSheet];
}
