// nearest.js: which of several languages stands for the page's. What it knows of languages is made of
// `rapport_shared::language` when the widget is built, so that all parts mean the same.

/** Names of languages, in small letters, with the language that stands for each: those that cutting a tag does not lead to.
 * @type {Record<string, string>} */
const NEAREST = {};

/** The one of `files`, by language, that stands for `wanted`, any text; English needs no file. Empty when none does.
 * @param {Record<string, string>} files @param {string} wanted */
export function nearest(files, wanted) {
  /** @type {Record<string, string>} */
  const known = { en: "", ...files };
  let tag = `${wanted}`.trim().toLowerCase().replace(/_/g, "-");
  while (tag && typeof known[NEAREST[tag] || tag] !== "string") tag = tag.replace(/-?[^-]*$/, "");
  return NEAREST[tag] || tag;
}

/** `language` in the region of whoever reads `wanted`, for numbers and days. @param {string} language @param {string} wanted */
export function inRegion(language, wanted) {
  const region = /^\s*[a-z]+(?:[-_][a-z]{4})?[-_]([a-z]{2}|\d{3})(?![a-z\d])/i.exec(wanted);
  return region ? `${language}-${region[1]}` : language;
}
