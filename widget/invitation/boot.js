// boot.js: what the loader and the agent gathered, the site's configuration, and what every part asks of them.

/** @type {Boot} */
export let boot;
/** @type {Config} */
export let config;

/** Holds on to what was gathered, before any other part begins. @param {Boot} gathered */
export function hold(gathered) {
  boot = gathered;
  config = boot.config;
  config.spoken = boot.language;
}

/** Names that were told to mean nothing. @type {Set<string>} */
const meaningless = new Set();

/** Tells whoever made the page, once, of a name that means nothing. @param {string} kind @param {unknown} name */
export function unknown(kind, name) {
  const words = `rapport: there is no ${kind} "${name}" here`;
  if (!meaningless.has(words)) console.warn(words);
  meaningless.add(words);
}

/** What is rarely wanted is brought then. @param {string} part @param {(part: any) => void} act */
export function rare(part, act) {
  return boot
    .load(part)
    .then(act)
    .catch((reason) => console.warn("rapport: could not be shown:", reason));
}

/** @param {string} id */
export function surveyOf(id) {
  return config.surveys.find((survey) => survey.id === id);
}

/** What the agent knows of the visit; nothing where nothing is measured. @returns {Facts} */
export function facts() {
  return (!boot.withheld && boot.facts && boot.facts()) || {};
}

export function path() {
  return facts().path || location.pathname;
}
