// What is known of changes, and when each was: see click/change.js.

import assert from "node:assert/strict";
import { test } from "node:test";
import { note, notePress, told } from "../click/change.js";

const control = /** @type {Element} */ (/** @type {unknown} */ ({ contains: () => false }));
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
