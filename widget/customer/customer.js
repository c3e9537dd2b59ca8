// What a signed customer was asked on their other devices: brought when the page has identified one with a signature, and
// asked when a survey would appear of its own accord. The collector adds up what devices tell (`POST /v1/asked`).

/** How long an answer is taken as true, in milliseconds: a survey is brought shortly before it appears, and asks twice. */
const FRESH_MS = 5_000;
/** How long to wait for the collector, in milliseconds; then the device decides by what it knows itself. */
const PATIENCE_MS = 3_000;

/** @type {Promise<Record<string, string>>} */
let known;
/** @type {string | undefined} */
let asked_of;
let asked_at_ms = 0;

/**
 * Resolves to a day and `shown`, `closed` or `answered` by survey, and under the empty name to the day of the last survey
 * that appeared of its own accord, as the device writes them down. `told` is what just happened here:
 * `{survey, event, unasked}`.
 * @param {Boot} boot @param {object} [told]
 */
function asked(boot, told) {
  const { customer } = boot.sender;
  if (told || customer !== asked_of || Date.now() - asked_at_ms > FRESH_MS) {
    asked_of = customer;
    asked_at_ms = Date.now();
    known = ask(boot, told);
  }
  return known;
}

/** @param {Boot} boot @param {object} [told] @returns {Promise<Record<string, string>>} */
async function ask(boot, told) {
  const { customer, customer_signature } = boot.sender;
  const body = boot.stringify({ site: boot.site, customer, customer_signature, told });
  const reply = await boot.fetch(boot.base + "/v1/asked", {
    method: "POST",
    credentials: "omit",
    keepalive: true,
    signal: AbortSignal.timeout(PATIENCE_MS),
    body,
  });
  const said = await reply.json();
  if (!reply.ok) {
    console.warn("rapport: " + said.detail);
    return {};
  }
  const day = (/** @type {number} */ days_ago) => Math.floor(Date.now() / 86_400_000) - days_ago + "";
  /** @type {{ site_days_ago?: number, surveys: Record<string, { days_ago: number, outcome: string }> }} */
  const { site_days_ago, surveys } = said;
  /** @type {Record<string, string>} */
  const days = site_days_ago == null ? {} : { "": day(site_days_ago) };
  for (const [survey, last] of Object.entries(surveys)) days[survey] = day(last.days_ago) + " " + last.outcome;
  return days;
}

export { asked };
