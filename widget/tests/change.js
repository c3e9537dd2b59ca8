// What is known of changes, and when each was: see click/change.js.

import assert from "node:assert/strict";
import { test } from "node:test";
import { note, notePress, observe, told } from "../click/change.js";

const control = /** @type {Element} */ (/** @type {unknown} */ ({ contains: () => false, getRootNode: () => ({ nodeType: 9 }) }));
const times = (/** @type {number} */ from_ms) => told(from_ms).filter((_, place) => place % 3 === 0);

test("what answered a press while the page was busy does not come after the presses that waited", () => {
  notePress(control, 1_000);
  note(1_010);
  // The page was busy: the first press is answered when the second has been made long since.
  note(1_900);
  notePress(control, 1_200);
  notePress(control, 1_400);
  note(1_905);
  assert.deepEqual(times(1_000), [1_010, 1_199.99, 1_905]);
});

/** An element with a shadow root's host, as far as changes ask. @param {Record<string, string>} attributes @param {object} [more] */
const element = (attributes, more) =>
  /** @type {Element} */ (
    /** @type {unknown} */ ({
      nodeType: 1,
      localName: "div",
      contains: () => false,
      getAttribute: (/** @type {string} */ name) => attributes[name] ?? null,
      getRootNode: () => ({ nodeType: 9 }),
      ...more,
    })
  );
/** Of each change since `from_ms` whether it passes. @param {number} from_ms */
const passing = (from_ms) =>
  told(from_ms)
    .filter((_, place) => place % 3 === 2)
    .map((facts) => facts & 1);
/** @param {Element} target @param {string} attributeName @param {string | null} oldValue @param {number} at_ms */
const changed = (target, attributeName, oldValue, at_ms) =>
  observe([/** @type {MutationRecord} */ (/** @type {unknown} */ ({ type: "attributes", target, attributeName, oldValue }))], at_ms);

test("a slide show that stops to look focused, as something else is pressed, answers nothing", () => {
  notePress(control, 20_000);
  changed(element({ class: "reveal ready" }), "class", "reveal ready focused", 20_001);
  assert.deepEqual(passing(20_000), [1]);
  changed(element({ class: "menu focused" }), "class", "menu", 20_002);
  assert.deepEqual(passing(20_000), [1, 0]);
});

test("a component that notes on its host that it was touched answers nothing", () => {
  const host = element({ "data-user-valid": "", "data-open": "" });
  const inner = element({}, { getRootNode: () => ({ nodeType: 11, host }) });
  notePress(inner, 30_000);
  changed(host, "data-user-valid", null, 30_001);
  assert.deepEqual(passing(30_000), [1]);
  changed(host, "data-open", null, 30_002);
  assert.deepEqual(passing(30_000), [1, 0]);
});

test("an attribute that nobody sees, as a page sets when it is left, answers nothing", () => {
  notePress(control, 40_000);
  changed(element({}), "autocomplete", "off", 43_000);
  assert.deepEqual(passing(40_000), []);
});
