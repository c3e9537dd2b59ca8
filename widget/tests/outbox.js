// The outbox without a browser: what it writes, sends and forgets. See invitation/outbox.js.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { hold } from "../invitation/boot.js";
import { keep, remember, startOutbox } from "../invitation/outbox.js";

/** A storage that holds texts, or refuses all of them. */
class Store {
  refuses = false;
  /** @param {string} key */
  getItem(key) {
    return /** @type {any} */ (this)[`.${key}`] ?? null;
  }
  /** @param {string} key @param {string} value */
  setItem(key, value) {
    if (this.refuses) throw new Error("full");
    Object.assign(this, { [`.${key}`]: value, [key]: value });
  }
  /** @param {string} key */
  removeItem(key) {
    delete (/** @type {any} */ (this)[`.${key}`]);
    delete (/** @type {any} */ (this)[key]);
  }
}

/** @type {{ body: any }[]} */
let sent = [];
/** @type {() => Promise<any>} */
let answer;
/** @type {any} */
const world = globalThis;

beforeEach(() => {
  sent = [];
  world.localStorage = new Store();
  world.sessionStorage = new Store();
  world.addEventListener = () => {};
  world.setTimeout = () => 1;
  world.window = world;
  hold(
    /** @type {any} */ ({
      site: "k",
      base: "",
      sender: { consent: "unknown" },
      config: {},
      stringify: JSON.stringify,
      parse: JSON.parse,
      fetch: (/** @type {string} */ _, /** @type {{ body: string }} */ { body }) => {
        sent.push({ body: JSON.parse(body) });
        return answer();
      },
    }),
  );
});

const reply = (/** @type {number} */ status, /** @type {object} */ said) => async () => ({
  status,
  json: async () => said,
  headers: { get: () => null },
});
const shown = /** @type {any} */ ({ began_ms: Date.now(), consent: "unknown" });
const held = () => Object.keys(world.localStorage).filter((key) => key.startsWith("rapport.held"));

test("an answer that arrived is forgotten, and one that did not is kept", async () => {
  answer = reply(202, { rejected: [] });
  assert.equal(await keep(shown, { id: "a", revision: 1 }), "stored");
  assert.deepEqual(held(), []);
  answer = reply(503, {});
  assert.equal(await keep(shown, { id: "b", revision: 1 }), "held");
  assert.deepEqual(held(), ["rapport.held.k.b"]);
});

test("a later revision that was written meanwhile is not forgotten with the one before", async () => {
  answer = async () => {
    const entry = JSON.parse(world.localStorage.getItem("rapport.held.k.a"));
    world.localStorage.setItem("rapport.held.k.a", JSON.stringify({ ...entry, response: { id: "a", revision: 2 } }));
    return reply(202, { rejected: [] })();
  };
  assert.equal(await keep(shown, { id: "a", revision: 1 }), "stored");
  assert.equal(held().length, 1);
});

test("a refusal of the item is told with its field, and ends the wait", async () => {
  answer = reply(202, { rejected: [{ field: "answers[0].score", reason: "must be 1 to 5" }] });
  assert.equal(await keep(shown, { id: "a", revision: 1 }), "rejected: answers[0].score: must be 1 to 5");
  assert.deepEqual(held(), []);
});

test("nothing is promised where the browser keeps nothing", async () => {
  world.localStorage.refuses = true;
  answer = () => Promise.reject(new Error("no network"));
  assert.match(await keep(shown, { id: "a", revision: 1 }), /^rejected: connection/);
});

test("what is older than thirty days is forgotten and not sent", () => {
  const at_ms = Date.now() - 31 * 86_400_000;
  world.localStorage.setItem("rapport.held.k.old", JSON.stringify({ at_ms, sender: {}, response: { id: "old", revision: 1 } }));
  answer = reply(202, { rejected: [] });
  startOutbox();
  assert.deepEqual([sent.length, held().length], [0, 0]);
});

test("a tab remembers its last twenty answers", () => {
  for (let at = 0; at < 30; at++) remember(String(at).padStart(36, "0"));
  const ids = world.sessionStorage.getItem("rapport.responses.k").trim().split(" ");
  assert.deepEqual([ids.length, Number(ids[0]), Number(ids[19])], [20, 10, 29]);
});
