// visitor.js: who the visitor is, and what they allowed; see `boot.remember` in the loader.

import { boot, unknown } from "./boot.js";
import { newId, write } from "./device.js";
import { forgetTab } from "./outbox.js";
import { forgetBegun } from "./panel.js";
import { settleWhom } from "./trigger.js";

function visitorKey() {
  return "rapport.visitor." + boot.site;
}

/** @param {string} state */
export function consent(state) {
  if (!/^(unknown|refused|granted)$/.test(state)) return unknown("consent", state);
  settle(state, state === "granted" || (state !== "refused" && boot.customer));
}

/**
 * A visitor whom the host knows has an id of their own as well, unless they have refused. Who they are is told only with
 * the signature of the host's server. One customer after another is somebody else, whether the host says so or not.
 * @param {unknown} customer @param {Record<string, Value | string[]>} [traits] @param {string} [signature]
 */
export function identify(customer, traits, signature) {
  if (boot.customer && boot.customer !== String(customer)) reset();
  boot.customer = String(customer);
  boot.traits = traits;
  boot.signature = signature;
  if (boot.sender.consent !== "refused") settle(boot.sender.consent, true);
}

/** Whoever comes next on this tab is not told, and cannot erase, what is stored of the one before. */
export function reset() {
  // Where nobody was known, the visit is still the same one.
  const known = boot.customer || boot.sender.visitor;
  forgetBegun();
  forgetTab(known);
  // What was measured so far leaves as it is still theirs.
  if (known && !boot.withheld) boot.call(["forget"]);
  boot.customer = boot.traits = boot.signature = undefined;
  boot.visitor_since = 0;
  boot.sender = { consent: boot.sender.consent, proof: boot.sender.proof };
  settle(boot.sender.consent, boot.sender.consent === "granted");
}

/** Writes down what the visitor or the host has said; nothing when there is nothing to be recognised by. @param {string} consent @param {unknown} recognised */
function settle(consent, recognised) {
  const { visitor, proof } = boot.sender;
  const since = boot.visitor_since || Date.now();
  // Whoever asks not to be followed is not, whatever else was said.
  const barred = navigator.globalPrivacyControl || navigator.doNotTrack === "1";
  const stored = recognised && !barred ? `${visitor || newId()} ${since} ${consent}` : consent === "refused" ? consent : "";
  write(visitorKey(), stored);
  boot.remember(stored);
  Object.assign(boot.sender, { consent, proof });
  if (boot.signature && !boot.withheld) Object.assign(boot.sender, { customer: boot.customer, customer_signature: boot.signature });
  if (!boot.withheld) boot.measure();
  else if (boot.facts) boot.call(["forget"]);
  else boot.calls.length = 0;
  settleWhom();
}
