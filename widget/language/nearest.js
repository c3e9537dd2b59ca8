// nearest.js: which of several languages stands for the page's. What it knows of languages is made of
// `rapport_shared::language` when the widget is built, so that all parts mean the same.

/** Names of languages, in small letters, with the language that stands for each: those that cutting a tag does not lead to. */
const NEAREST = {};

/** The one of `files`, by language, that stands for `wanted`, any text; English needs no file. Empty when none does. */
export function nearest(files, wanted) {
  const known = { en: "", ...files };
  let tag = `${wanted}`.trim().toLowerCase().replace(/_/g, "-");
  while (tag && typeof known[NEAREST[tag] || tag] !== "string") tag = tag.replace(/-?[^-]*$/, "");
  return NEAREST[tag] || tag;
}

/** `language` in the region of whoever reads `wanted`, for numbers and days. */
export function inRegion(language, wanted) {
  const region = /^\s*[a-z]+(?:[-_][a-z]{4})?[-_]([a-z]{2}|\d{3})(?![a-z\d])/i.exec(wanted);
  return region ? `${language}-${region[1]}` : language;
}
