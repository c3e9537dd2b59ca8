// Sends an answer that was given elsewhere, by phone or at the counter, and tells what became of it: a score to the first
// question of the kind csat, ces or nps, and words to the first open-text. Node 18 or newer:
//
//   node send.mjs http://127.0.0.1:8080 site_key feedback 4 "The parcel was early"
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

const [base, site, survey, score, words] = process.argv.slice(2);
if (!base || !site || !survey || !score) {
  console.error("usage: node send.mjs BASE SITE SURVEY SCORE [WORDS]");
  process.exit(2);
}

// The questions are those of the survey's current version; an answer is bound to the version that it answers.
const reply = await fetch(`${base}/v1/config/${encodeURIComponent(site)}`);
if (!reply.ok) {
  console.error(`no configuration: ${reply.status} ${await reply.text()}`);
  process.exit(1);
}
const { surveys } = await reply.json();
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
if (words && text) answers.push({ question: text.id, text: words });

// A UUIDv7 whose random part follows from what is told: who runs this twice on one day for one answer sends it once.
const dayMs = Math.floor(Date.now() / 86_400_000) * 86_400_000;
const digest = createHash("sha256").update(JSON.stringify([site, survey, answers])).digest("hex");
const time = dayMs.toString(16).padStart(12, "0");
const id = `${time.slice(0, 8)}-${time.slice(8)}-7${digest.slice(0, 3)}-8${digest.slice(3, 6)}-${digest.slice(6, 18)}`;

const batch = {
  site,
  items: [
    { type: "response", id, revision: 1, age_ms: 0, survey, survey_version: asked.version, language: "en", duration_ms: 0, finished: true, answers },
  ],
};

// The collector answers once the answer is on disk; when it cannot take it now, it says when to come back.
for (let attempt = 1; ; attempt += 1) {
  const sent = await fetch(`${base}/v1/batch`, {
    method: "POST",
    headers: { "content-type": "text/plain", "user-agent": "Fernhill counter/1.0" },
    body: JSON.stringify(batch),
  }).catch((reason) => ({ status: 0, headers: new Headers(), text: async () => String(reason) }));
  const said = await sent.text();
  if (sent.status === 202) {
    console.log(said);
    process.exit(JSON.parse(said).rejected.length ? 1 : 0);
  }
  const mayComeBack = sent.status === 0 || sent.status === 429 || sent.status === 503;
  if (!mayComeBack || attempt === 5) {
    console.error(`not taken: ${sent.status} ${said}`);
    process.exit(1);
  }
  await sleep(1000 * Number(sent.headers.get("retry-after") || 2 ** attempt));
}
