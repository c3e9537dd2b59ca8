// What a device writes down of having asked: see invitation/cooldown.js.

import assert from "node:assert/strict";
import { test } from "node:test";
import { counted, dayOf, noted } from "../invitation/cooldown.js";

test("a day is one of 86,400 seconds since 1970", () => {
  assert.deepEqual([0, 86_399_999, 86_400_000, 1_767_225_600_000].map(dayOf), [0, 0, 1, 20_454]);
});

test("how far it got is kept when it is shown again", () => {
  for (const [before, event, after] of [
    ["", "shown", "9 shown"],
    ["8 shown", "closed", "9 closed"],
    ["8 answered", "shown", "9 answered"],
    ["8 closed", "shown", "9 closed"],
    ["8 answered", "closed", "9 answered"],
    ["8 nonsense", "shown", "9 shown"],
  ]) {
    assert.equal(noted(String(before), 9, String(event)), after);
  }
});

test("what waits to be opened is held back by its own answer alone, and the launcher by nothing", () => {
  for (const [written, placement, expected] of [
    ["8 shown", "popover", "8 shown"],
    ["8 shown", "inline", ""],
    ["8 answered", "inline", "8 answered"],
    ["8 answered", "launcher", ""],
    ["", "banner", ""],
  ]) {
    assert.equal(counted(String(written), String(placement)), expected);
  }
});
