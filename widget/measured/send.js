// send.js: what a part has counted leaves in a beacon of its own, beside the one in which the agent sends the view.

import { newId } from "../invitation/device.js";

/** Of what the batch says of its sender; see browser/src/session.rs. */
const SENDER = ["consent", "visitor", "proof", "customer", "customer_signature"];

/**
 * Sends signals of a view, which `facts` told of; each has its age in milliseconds. `leaving` when the page is being left: where its
 * tab is closed, Gecko loses some of what is sent at `pagehide` and some at the `visibilitychange` after it, but never both, so there it
 * is sent at both, and what arrives twice counts once.
 * @param {Boot} boot @param {Facts} facts @param {Measured[]} signals @param {boolean} leaving
 */
export function send(boot, { session, view, path }, signals, leaving) {
  if (boot.withheld || !view || !signals.length) return;
  /** @type {Record<string, unknown>} */
  const batch = { site: boot.site };
  for (const field of SENDER) {
    const value = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (boot.sender))[field];
    if (value) batch[field] = value;
  }
  if (session) batch.session = session;
  batch.items = signals.map((signal) => ({ type: "signal", id: newId(), view, path, ...signal }));
  const [url, body] = [`${boot.base}/v1/batch`, boot.stringify(batch)];
  const beacon = () => navigator.sendBeacon(url, body) || boot.fetch(url, { method: "POST", body, keepalive: true }).catch(() => {});
  beacon();
  if (leaving && "oscpu" in navigator) addEventListener("visibilitychange", beacon, { once: true, capture: true });
}

/**
 * Runs `flush` when what was counted has to leave: the page is hidden or left, or another view begins in it. The agent, which
 * listens since before, has judged the clicks of the view by then.
 * @param {Boot} boot @param {(leaving: boolean, ended: boolean) => void} flush
 */
export function whenLeft(boot, flush) {
  const heard = { capture: true, passive: true };
  addEventListener("visibilitychange", () => document.hidden && flush(false, false), heard);
  addEventListener("pagehide", () => flush(true, false), heard);
  hearTold(boot, (event) => event === "page_view" && flush(false, true));
}

/**
 * Hears at once what the page's listeners are told later.
 * @param {Boot} boot @param {(event: string, detail: string, more: unknown) => unknown} heard
 */
export function hearTold(boot, heard) {
  const { tell } = boot;
  boot.tell = (event, detail, more) => {
    heard(event, detail, more);
    tell(event, detail, more);
  };
}
