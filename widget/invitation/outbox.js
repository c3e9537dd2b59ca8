// outbox.js: answers are written to the device before they are sent, and removed when they are acknowledged. One key of
// `localStorage` per response, so that two tabs never overwrite each other's; a response that is sent twice is one to the
// collector.

import { KEPT_MS, batchOf, pause_ms, repaired } from "./batch.js";
import { boot, facts } from "./boot.js";
import { read, write } from "./device.js";

/** Longest body that browsers send after the page is gone, in bytes, with room for what else is under way. */
const KEEPALIVE_BYTES = 60_000;
/** Longest body that is taken, in bytes (`shared/src/limit.rs`). */
const BATCH_BYTES = 65_536;
/** So much of the list of a tab's answers is kept: the last 20. */
const RESPONSES_CHARACTERS = 740;
/** How long to wait for the acknowledgement before saying that the answer is held, in milliseconds. */
const PATIENCE_MS = 10_000;

/** What is done when the collector has said after all what becomes of a response of this page, by its id. @type {Record<string, (said: Outcome) => void>} */
export const arrivals = {};

let failures = 0;
/** @type {number | undefined} */
let planned;

export function startOutbox() {
  boot.retry = retry;
  sendHeld();
  addEventListener("online", sendHeld);
}

function responsesKey() {
  return "rapport.responses." + boot.site;
}

/** Forgets by what the tab knows its visitor. What is held goes out as theirs who gave it, and is nobody else's to see. @param {unknown} withSession */
export function forgetTab(withSession) {
  try {
    sessionStorage.removeItem(responsesKey());
    if (withSession) sessionStorage.removeItem("rapport.session");
  } catch (_) {}
  for (const key of held(".")) write(key, boot.stringify({ ...boot.parse(read(key)), left: true }));
}

/** Notes in the tab which answers are the visitor's, so that they can ask for them: `rapport('data')`. @param {string} id */
export function remember(id) {
  const key = responsesKey();
  try {
    sessionStorage.setItem(key, ((sessionStorage.getItem(key) || "") + " " + id).slice(-RESPONSES_CHARACTERS));
  } catch (_) {}
}

/** Keeps and sends an answer. @param {Shown} shown @param {import("./batch.js").Entry["response"]} response */
export function keep({ began_ms: at_ms, consent }, response) {
  const { session } = facts();
  const { visitor, customer, customer_signature } = boot.sender;
  const sender = { consent, visitor, customer, customer_signature };
  const key = "rapport.held." + boot.site + "." + response.id;
  const entry = repaired(boot.stringify({ at_ms, session, sender, response }));
  const kept = write(key, entry);
  return send(key, entry).then((said) =>
    // Without storage nothing may be promised.
    said !== "held" || kept ? said : "rejected: connection: it could not be sent, and this browser keeps nothing for later",
  );
}

/** The keys of what is held: answers (`.`) or pictures (`+`). @param {string} sign */
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
  if (held("+")[0])
    boot
      .load("picture")
      .then((part) => part.sendHeld(boot))
      .catch(() => retry());
}

/** Plans to send again what is held, unless that is planned; not before `wished_ms` are over, if that is a number. @param {number} [wished_ms] */
function retry(wished_ms) {
  if (!planned) planned = setTimeout(sendHeld, pause_ms(failures++, wished_ms, Math.random()));
}

/** Tells whoever was told that it is held. @param {string} id @param {Outcome} said */
function settled(id, said) {
  const arrived = arrivals[id];
  delete arrivals[id];
  arrived?.(said);
  return said;
}

/**
 * Sends one entry: only an acknowledgement ends the wait, and only a fault of the item itself the item.
 * @param {string} key @param {string} entry @returns {Promise<Outcome>}
 */
async function send(key, entry) {
  /** @type {import("./batch.js").Entry} */
  const held = boot.parse(entry);
  const { response } = held;
  const body = boot.stringify(batchOf(boot, held, Date.now()));
  const { size } = new Blob([body]);
  if (size > BATCH_BYTES) {
    write(key, "");
    return settled(response.id, "rejected: answers: must be shorter in all");
  }
  let wished_ms = 0;
  try {
    const reply = await boot.fetch(boot.base + "/v1/batch", {
      method: "POST",
      credentials: "omit",
      keepalive: size < KEEPALIVE_BYTES,
      signal: AbortSignal.timeout(PATIENCE_MS),
      body,
    });
    if (reply.status === 202) {
      const { rejected } = await reply.json();
      failures = 0;
      // A later revision may have been written meanwhile; it is on its way itself.
      const now = read(key);
      if (now && boot.parse(now).response.revision === response.revision) write(key, "");
      return settled(response.id, rejected[0] ? `rejected: ${rejected[0].field}: ${rejected[0].reason}` : "stored");
    }
    // Its other form, a date, is not understood and means no wish.
    wished_ms = 1000 * Number(reply.headers.get("retry-after")) || 0;
  } catch (_) {}
  retry(wished_ms);
  return "held";
}
