// What is held of an answer, and how it is sent: see invitation/batch.js.

import assert from "node:assert/strict";
import { test } from "node:test";
import { batchOf, pause_ms, repaired } from "../invitation/batch.js";

const sender = { consent: "granted", visitor: "v", customer: "", customer_signature: undefined };
const entry = {
  at_ms: 1_000,
  session: "s",
  sender,
  response: { id: "r", revision: 2, trail: [1], page: {}, view: "w" },
};
const boot = (/** @type {object} */ changes) => ({
  site: "k",
  withheld: false,
  sender: { consent: "unknown", visitor: "other", proof: "p" },
  ...changes,
});

test("an answer goes out as theirs who gave it, whoever is here now", () => {
  const batch = batchOf(boot({}), entry, 4_000);
  assert.deepEqual(batch, {
    site: "k",
    consent: "granted",
    visitor: "v",
    proof: "p",
    session: "s",
    items: [{ type: "response", age_ms: 3_000, ...entry.response }],
  });
});

test("whoever refused since is not told apart by an old answer", () => {
  const batch = batchOf(boot({ withheld: true, sender: { consent: "refused", proof: "p" } }), entry, 4_000);
  const item = { type: "response", age_ms: 3_000, ...entry.response, trail: [], page: null, view: null, trail_withheld: true };
  assert.deepEqual(batch, { site: "k", consent: "refused", proof: "p", items: [item] });
});

test("a clock that was set back makes no answer younger than new", () => {
  const batch = batchOf(boot({}), entry, 0);
  assert.equal(/** @type {any} */ (batch.items)[0].age_ms, 0);
});

test("pauses double up to five minutes, and half of each is chance", () => {
  assert.deepEqual(
    [0, 1, 2].map((failures) => pause_ms(failures, 0, 1)),
    [2_000, 4_000, 8_000],
  );
  assert.equal(pause_ms(0, undefined, 0), 1_000);
  assert.equal(pause_ms(99, 0, 1), 300_000);
});

test("what the collector asks for is the least, and an hour the most of it", () => {
  assert.equal(pause_ms(0, 60_000, 0.5), 60_000);
  assert.equal(pause_ms(0, 86_400_000, 0.5), 3_600_000);
  assert.equal(pause_ms(9, 1, 1), 300_000);
});

test("a fact that was cut within an emoji made the answer impossible to give", () => {
  const cut = { product: "Winter jacket 🧥".slice(0, 15), other: "\udc00a\ud83d", whole: "🧥" };
  const read = JSON.parse(repaired(JSON.stringify(cut)));
  assert.deepEqual(read, { product: "Winter jacket \ufffd", other: "\ufffda\ufffd", whole: "🧥" });
});

test("what looks like half an emoji and is text stays as it was written", () => {
  for (const text of ["\\ud83d", "\\\\ud83d\\", 'a"\n\u0001\ue000']) assert.equal(JSON.parse(repaired(JSON.stringify(text))), text);
});
