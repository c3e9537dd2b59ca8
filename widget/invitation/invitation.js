// The invitation: shows surveys, one at a time over the page and any number within it, keeps what is answered until the
// collector has it, and lets surveys appear of their own accord. The loader brings it when a survey may be wanted. Its parts
// are one file to the browser. What is rare (why surveys appear or not, a signed customer's other devices, what is stored of
// the visitor) is brought when it is wanted.

import { startBorder } from "./border.js";
import { startOutbox } from "./outbox.js";
import { consent, identify, reset } from "./visitor.js";
import { dressOver, theme } from "./theme.js";
import { absence, launched, startTriggers, watchPlaces } from "./trigger.js";
import { close, forgetBegun, over, prepare, show } from "./panel.js";

export let boot;
export let config;

/** Starts with what the loader and the agent gathered, and adds `ask`, which runs a call of the host. */
function start(gathered) {
  boot = gathered;
  config = boot.config;
  config.spoken = boot.language;
  const { stringify } = boot;
  // What stands there, and not what a `toJSON` says that the page gave to lists or texts.
  boot.stringify = (value) =>
    stringify(value, function (key) {
      return this[key];
    });
  boot.ask = run;
  boot.forgetBegun = () => {
    forgetBegun();
    watchPlaces();
  };
  startBorder();
  startOutbox();
  startTriggers();
}

export function run([command, first, second, third]) {
  if (command === "intent") prepare();
  else if (command === "consent") consent(first);
  else if (command === "identify") identify(first, second, third);
  else if (command === "reset") reset();
  else if (command === "theme") theme(first);
  else if (command === "data" || command === "erase") {
    dressOver();
    rare("own_data", (part) => part[command](boot, first));
  } else if (command === "survey" || command === "open") {
    // The launcher may have been given to another survey than the loader drew.
    const survey = command === "open" && second && second === boot.launcher ? launched() : surveyOf(first);
    if (!survey) unknown("survey", first);
    // The button that was clicked, or what has the focus while the host calls.
    const byHand = second && second.nodeType;
    const opener = byHand ? second : document.activeElement;
    if (survey) show(survey, { opener, byHand, facts: byHand ? undefined : second });
  } else if (command === "close") {
    if (over) close(over);
  } else if (command === "debug") rare("debug", (part) => part.explain(boot, absence, first));
  else unknown("command", command);
}

/** Names that were told to mean nothing. */
const meaningless = new Set();

/** Tells whoever made the page, once, of a name that means nothing. */
export function unknown(kind, name) {
  const words = `rapport: there is no ${kind} "${name}" here`;
  if (!meaningless.has(words)) console.warn(words);
  meaningless.add(words);
}

/** What is rarely wanted is brought then. */
export function rare(part, act) {
  return boot.load(part).then(act).catch((reason) => console.warn("rapport: could not be shown:", reason));
}

export function surveyOf(id) {
  return config.surveys.find((survey) => survey.id === id);
}

/** What the agent knows of the visit; nothing where nothing is measured. */
export function facts() {
  return (!boot.withheld && boot.facts && boot.facts()) || {};
}

export function path() {
  return facts().path || location.pathname;
}

export { start };
