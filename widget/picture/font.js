// font.js: the page's own fonts, as rules that a drawing can hold.

/** Fonts of the page that are brought, and the largest of them, in bytes; the rest fall back to the next of their family. */
const FONTS = 8;
const FONT_BYTES = 300_000;

/** The rules of every style sheet that may be read, or fetched anew to be read. @param {CSSStyleSheet} sheet */
async function rulesOf(sheet) {
  try {
    return sheet.cssRules;
  } catch (_) {
    const made = new CSSStyleSheet();
    made.replaceSync(await (await fetch(String(sheet.href))).text());
    return made.cssRules;
  }
}

/** The page's own fonts, as far as they are in use and small enough, as rules that need no network. @param {Drawing} drawing */
export async function fontsOf(drawing) {
  const used = [...drawing.families].join().toLowerCase();
  const loaded = [...document.fonts].filter((font) => font.status === "loaded");
  const plain = (/** @type {string} */ family) => family.replace(/["']/g, "").toLowerCase();
  /** @type {[rule: CSSFontFaceRule, address: string][]} */
  const wanted = [];
  const look = async (/** @type {CSSRuleList} */ rules, /** @type {string} */ base) => {
    for (const rule of /** @type {any} */ (rules)) {
      if (rule.cssRules) await look(rule.cssRules, base);
      else if (rule.styleSheet) await look(await rulesOf(rule.styleSheet), rule.styleSheet.href).catch(() => {});
      const get = (/** @type {string} */ name) => rule.style.getPropertyValue(name);
      if (!/^@font-face/.test(rule.cssText) || !used.includes(plain(get("font-family")))) continue;
      const same = (/** @type {FontFace} */ font) =>
        plain(font.family) === plain(get("font-family")) &&
        font.weight === (get("font-weight") || "normal") &&
        font.style === (get("font-style") || "normal") &&
        (!get("unicode-range") || font.unicodeRange.toLowerCase() === get("unicode-range").toLowerCase());
      const address = /url\(["']?([^"')]+)/.exec(get("src"));
      if (address && loaded.some(same)) wanted.push([rule, new URL(address[1], base).href]);
    }
  };
  for (const sheet of document.styleSheets)
    await rulesOf(sheet)
      .then((rules) => look(rules, sheet.href || location.href))
      .catch(() => {});
  const texts = wanted.slice(0, FONTS).map(async ([rule, address]) => {
    const blob = await (await fetch(address, { cache: "force-cache" })).blob();
    if (blob.size > FONT_BYTES) return "";
    const reader = new FileReader();
    await new Promise((resolve) => {
      reader.onload = resolve;
      reader.readAsDataURL(blob);
    });
    return rule.cssText.replace(/src:[^;}]*/, `src:url(${reader.result})`);
  });
  return (await Promise.all(texts.map((text) => text.catch(() => "")))).join("").replace(/[<&]/g, "");
}
