// Sends an answer that was given elsewhere, by telephone or at the counter, and tells what was counted: a score to the first
// question of the kind csat, ces or nps, and words to the first open-text. It goes through the door for servers, with a key of
// the scope responses:write. Node 18 or newer:
//
//   export RAPPORT_API_KEY=…       # printed by: rapport key add SITE --name counter --scope responses:write
//   node send.mjs http://127.0.0.1:8080 site_key feedback 4 "The parcel was early" call-4711
//
// The last is what you call the answer, such as the number of a call: sent twice it counts once. Without it each run is
// an answer of its own.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

const [base, site, survey, score, words, name] = process.argv.slice(2);
const key = process.env.RAPPORT_API_KEY;
if (!base || !site || !survey || !score || !key) {
  console.error("usage: RAPPORT_API_KEY=… node send.mjs BASE SITE SURVEY SCORE [WORDS [ID]]");
  process.exit(2);
}

// The questions are those of the survey's newest version.
const reply = await fetch(`${base}/v1/config/${encodeURIComponent(site)}`).catch((error) => {
  console.error(`no collector answers at ${base}: ${error.cause?.message || error.cause?.code || error.message}`);
  process.exit(1);
});
if (!reply.ok) {
  console.error(`no configuration: ${reply.status} ${await reply.text()}`);
  process.exit(1);
}
const { surveys } = await reply.json().catch(() => ({}));
if (!Array.isArray(surveys)) {
  console.error(`what answers at ${base} is no collector`);
  process.exit(1);
}
const asked = surveys.find(({ id }) => id === survey);
if (!asked) {
  console.error(`the site does not ask ${survey}, but: ${surveys.map(({ id }) => id).join(", ")}`);
  process.exit(1);
}
const scale = asked.questions.find(({ kind }) => kind === "csat" || kind === "ces" || kind === "nps");
const text = asked.questions.find(({ kind }) => kind === "open-text");
const kinds = asked.questions.map(({ id, kind }) => `${id} (${kind})`).join(", ");
if (!scale) {
  console.error(`SCORE needs a question of the kind csat, ces or nps, and ${survey} asks: ${kinds}`);
  process.exit(1);
}
if (words && !text) {
  console.error(`WORDS need a question of the kind open-text, and ${survey} asks: ${kinds}`);
  process.exit(1);
}
const answers = [{ question: scale.id, score: Number(score) }];
if (words) answers.push({ question: text.id, text: words });

const address = `${base}/api/v1/sites/${encodeURIComponent(site)}/surveys/${encodeURIComponent(survey)}/responses`;
const response = { id: name || randomUUID(), survey_version: asked.version, occurred_at_ms: Date.now(), answers };

// The collector answers once the answer is on disk; when it cannot take it now, it says when to come back. Its id makes
// sending it again harmless.
for (let attempt = 1; ; attempt += 1) {
  const sent = await fetch(address, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ responses: [response] }),
  }).catch((reason) => ({ status: 0, headers: new Headers(), text: async () => String(reason) }));
  const said = await sent.text();
  if (sent.status === 202) {
    const { accepted, duplicate, rejected, stored } = JSON.parse(said);
    for (const { field, reason } of rejected) console.error(`not counted: ${field} ${reason}`);
    if (accepted) console.log(`counted: ${scale.id} ${score} on ${survey}, as response ${stored[0].response}`);
    if (duplicate) console.log(`counted before: ${response.id} on ${survey} is response ${stored[0].response}`);
    process.exit(rejected.length ? 1 : 0);
  }
  const mayComeBack = sent.status === 0 || sent.status === 429 || sent.status === 503;
  if (!mayComeBack || attempt === 5) {
    console.error(`not taken: ${sent.status} ${said}`);
    process.exit(1);
  }
  await sleep(1000 * Number(sent.headers.get("retry-after") || 2 ** attempt));
}
