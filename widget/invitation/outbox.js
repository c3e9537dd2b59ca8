// outbox.js: answers are written to the device before they are sent, and removed when they are acknowledged. One key of
// `localStorage` per response, so that two tabs never overwrite each other's; a response that is sent twice is one to the
// collector.

import { read, write } from "./device.js";
import { boot, facts } from "./invitation.js";

/** Answers are kept so long, in milliseconds (30 days). */
const KEPT_MS = 30 * 86_400_000;
/** Longest body that browsers send after the page is gone, in bytes, with room for what else is under way. */
const KEEPALIVE_BYTES = 60_000;
/** So much of the list of a tab's answers is kept: the last 20. */
const RESPONSES_CHARACTERS = 740;
/** How long to wait for the acknowledgement before saying that the answer is held, in milliseconds. */
const PATIENCE_MS = 10_000;
/** Pauses before trying again double from the first to the longest, in milliseconds; a random half of each keeps many
 * pages from coming back at once. A `Retry-After` is a lower bound, up to an hour. */
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 300_000;
const LONGEST_ASKED_MS = 3_600_000;

/** What is done when a response of this page has arrived after all, by its id. */
export const arrivals = {};

let failures = 0;
let planned;

export function startOutbox() {
  boot.retry = retry;
  sendHeld();
  addEventListener("online", sendHeld);
}

function responsesKey() {
  return "rapport.responses." + boot.site;
}

/** Forgets by what the tab knows its visitor. What is held goes out as theirs who gave it, and is nobody else's to see. */
export function forgetTab(withSession) {
  try {
    sessionStorage.removeItem(responsesKey());
    if (withSession) sessionStorage.removeItem("rapport.session");
  } catch (_) {}
  for (const key of held(".")) write(key, boot.stringify({ ...boot.parse(read(key)), left: true }));
}

/** Notes in the tab which answers are the visitor's, so that they can ask for them: `rapport('data')`. */
export function remember(id) {
  const key = responsesKey();
  try {
    sessionStorage.setItem(key, ((sessionStorage.getItem(key) || "") + " " + id).slice(-RESPONSES_CHARACTERS));
  } catch (_) {}
}

export function keep({ began_ms: at_ms, consent }, response) {
  const { session } = facts();
  const { visitor, customer, customer_signature } = boot.sender;
  const sender = { consent, visitor, customer, customer_signature };
  const key = "rapport.held." + boot.site + "." + response.id;
  const entry = boot.stringify({ at_ms, session, sender, response });
  const kept = write(key, entry);
  return send(key, entry).then((said) =>
    // Without storage nothing may be promised.
    said !== "held" || kept ? said : "rejected: connection: it could not be sent, and this browser keeps nothing for later",
  );
}

/** The keys of what is held: answers (`.`) or pictures (`+`). */
function held(sign) {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith("rapport.held." + boot.site + sign));
  } catch (_) {
    return [];
  }
}

async function sendHeld() {
  planned = 0;
  await Promise.all(
    held(".").map((key) => {
      const entry = read(key);
      return Date.now() - boot.parse(entry).at_ms > KEPT_MS ? write(key, "") : send(key, entry);
    }),
  );
  // A picture follows its response; the part that keeps pictures sends them.
  if (held("+")[0]) boot.load("picture").then((part) => part.sendHeld(boot)).catch(() => retry());
}

/** Plans to send again what is held, unless that is planned; not before `wished_ms` are over, if that is a number. */
function retry(wished_ms) {
  if (planned) return;
  const pause_ms = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures++, 8), LONGEST_PAUSE_MS);
  const jittered_ms = pause_ms * (0.5 + Math.random() / 2);
  planned = setTimeout(sendHeld, Math.max(jittered_ms, Math.min(wished_ms || 0, LONGEST_ASKED_MS)));
}

/** Sends one entry: only an acknowledgement ends the wait, and only a fault of the item itself the item. */
async function send(key, entry) {
  const { at_ms, session, sender, response } = boot.parse(entry);
  const item = { type: "response", age_ms: Math.max(0, Date.now() - at_ms), ...response };
  // Who gave it, and on what basis, is as it was then. Whoever refused since is not told apart by anything old either.
  const { consent, proof } = boot.sender;
  const from = { ...sender, proof };
  if (boot.withheld) {
    Object.assign(from, { visitor: "", customer: "", customer_signature: "" }, consent === "refused" && { consent });
    Object.assign(item, { trail: [], page: null, view: null, trail_withheld: true });
  }
  // What is empty is unknown, and left out.
  const told = Object.entries(from).filter(([, value]) => value);
  const batch = { site: boot.site, ...Object.fromEntries(told), items: [item] };
  if (session && !boot.withheld) batch.session = session;
  const body = boot.stringify(batch);
  let wished_ms = 0;
  try {
    const reply = await boot.fetch(boot.base + "/v1/batch", {
      method: "POST",
      credentials: "omit",
      keepalive: body.length < KEEPALIVE_BYTES,
      signal: AbortSignal.timeout(PATIENCE_MS),
      body,
    });
    if (reply.status === 202) {
      const { rejected } = await reply.json();
      failures = 0;
      // A later revision may have been written meanwhile; it is on its way itself.
      const now = read(key);
      if (now && boot.parse(now).response.revision === response.revision) write(key, "");
      if (arrivals[response.id]) arrivals[response.id]();
      return rejected[0] ? `rejected: ${rejected[0].field}: ${rejected[0].reason}` : "stored";
    }
    // Its other form, a date, is not understood and means no wish.
    wished_ms = 1000 * reply.headers.get("retry-after") || 0;
  } catch (_) {}
  retry(wished_ms);
  return "held";
}
