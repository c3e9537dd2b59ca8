// cooldown.js: what a device writes down of having asked: a day, and how far it got with a survey. Pure, and read by
// shared/src/targeting/history.rs.

const OUTCOMES = ["shown", "closed", "answered"];

/** Days since 1970 of an instant in milliseconds. @param {number} now_ms */
export function dayOf(now_ms) {
  return Math.floor(now_ms / 86_400_000);
}

/**
 * What is written after `event`: the day, and the furthest that was reached, for a survey that was answered once stays so.
 * @param {string} before what was written, empty for nothing
 * @param {number} day
 * @param {string} event
 */
export function noted(before, day, event) {
  const reached = before.split(" ")[1] || "";
  return day + " " + (OUTCOMES.indexOf(reached) > OUTCOMES.indexOf(event) ? reached : event);
}

/**
 * Which part of what was written counts for a survey: one that waits to be opened interrupts nobody, so only its answer does,
 * and only within the page.
 * @param {string} written
 * @param {string} placement
 */
export function counted(written, placement) {
  const waits = placement === "inline" || placement === "launcher";
  return waits && !(placement === "inline" && written.endsWith("answered")) ? "" : written;
}
