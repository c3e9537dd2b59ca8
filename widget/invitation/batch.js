// batch.js: an answer as it is held on the device, and as it is sent. Pure: who sends, and when, is handed in.

/** Answers are kept so long, in milliseconds (30 days). */
export const KEPT_MS = 30 * 86_400_000;
/** Pauses before trying again double from the first to the longest, in milliseconds; a random half of each keeps many
 * pages from coming back at once. A `Retry-After` is a lower bound, up to an hour. */
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 300_000;
const LONGEST_ASKED_MS = 3_600_000;

/**
 * What is written to the device of one answer.
 * @typedef {object} Entry
 * @property {number} at_ms when it was given, by the visitor's clock
 * @property {string} [session]
 * @property {Partial<Sender>} sender who gave it, and on what basis
 * @property {{ id: string, revision: number } & Record<string, unknown>} response
 * @property {boolean} [left] whether its visitor has left the tab
 */

/**
 * How long to wait before trying again, in milliseconds.
 * @param {number} failures how often it failed in a row before
 * @param {number | undefined} wished_ms what the collector asked for
 * @param {number} chance 0 to 1
 */
export function pause_ms(failures, wished_ms, chance) {
  const longest_ms = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures, 8), LONGEST_PAUSE_MS);
  return Math.max(longest_ms * (0.5 + chance / 2), Math.min(wished_ms || 0, LONGEST_ASKED_MS));
}

/**
 * The batch that carries one answer. Who gave it, and on what basis, is as it was then; whoever refused since is not told
 * apart by anything old either.
 * @param {{ site: string, sender: Sender, withheld: boolean }} boot
 * @param {Entry} entry
 * @param {number} now_ms
 */
export function batchOf({ site, sender: { consent, proof }, withheld }, { at_ms, session, sender, response }, now_ms) {
  /** @type {Record<string, unknown>} */
  const item = { type: "response", age_ms: Math.max(0, now_ms - at_ms), ...response };
  const from = { ...sender, proof };
  if (withheld) {
    Object.assign(from, { visitor: "", customer: "", customer_signature: "" }, consent === "refused" && { consent });
    Object.assign(item, { trail: [], page: null, view: null, trail_withheld: true });
  }
  // What is empty is unknown, and left out.
  const told = Object.entries(from).filter(([, value]) => value);
  /** @type {Record<string, unknown>} */
  const batch = { site, ...Object.fromEntries(told), items: [item] };
  if (session && !withheld) batch.session = session;
  return batch;
}

/**
 * Puts the sign for an unreadable character where half of one stands, as what a page cut within an emoji leaves: halves are
 * no text, and whoever reads strictly refuses all of it. JSON writes a half as `\ud83d`, and nothing else so.
 * @param {string} json
 */
export function repaired(json) {
  return json.replace(/\\(?:u(d[89a-f]..)|.)/g, (written, half) => (half ? "\\ufffd" : written));
}
