// The invitation: shows surveys, one at a time over the page and any number within it, keeps what is answered until the
// collector has it, and lets surveys appear of their own accord. The loader brings it when a survey may be wanted. Its parts
// are one file to the browser. What is rare (why surveys appear or not, a signed customer's other devices, what is stored of
// the visitor) is brought when it is wanted.

import { boot, hold, rare, surveyOf, unknown } from "./boot.js";
import { startBorder } from "./border.js";
import { all } from "./everywhere.js";
import { startOutbox } from "./outbox.js";
import { consent, identify, reset } from "./visitor.js";
import { dressOver, theme } from "./theme.js";
import { absence, launched } from "./launcher.js";
import { judgePlaces } from "./places.js";
import { startTriggers } from "./trigger.js";
import { close, forgetBegun, over, prepare, show, showAgain } from "./panel.js";

/** Starts with what the loader and the agent gathered, and adds `ask`, which runs a call of the host. @param {Boot} gathered */
function start(gathered) {
  hold(gathered);
  const { stringify } = boot;
  // What stands there, and not what a `toJSON` says that the page gave to lists or texts.
  boot.stringify = (/** @type {unknown} */ value) =>
    stringify(
      value,
      /** @this {any} @param {string} key */ function (key) {
        return this[key];
      },
    );
  boot.ask = run;
  boot.returned = showAgain;
  boot.forgetBegun = () => {
    forgetBegun();
    judgePlaces();
  };
  startBorder();
  startOutbox();
  startTriggers();
}

/** @param {Call} call */
function run([command, first, second, third]) {
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
    if (!survey) return unknown("survey", first);
    // The button that was clicked, or what has the focus while the host calls.
    const byHand = second?.nodeType;
    const opener = byHand ? second : focused();
    show(survey, { opener, byHand, facts: byHand ? undefined : second });
  } else if (command === "close") {
    if (over) close(over);
  } else if (command === "debug") rare("debug", (part) => part.explain(boot, absence, first, all));
  // For a page whose opener cannot reach it: the code is typed into its console.
  else if (command === "heatmap") rare("heatmap", (part) => part.start(boot, { data: { heatmap: first } }));
  else unknown("command", command);
}

/** What has the focus, in whichever open shadow root it is. */
function focused() {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return /** @type {HTMLElement} */ (at);
}

export { start };
