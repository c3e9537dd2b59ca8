// asked.js: what the device was asked, a day and the furthest outcome for each survey and the day for the site; and what a
// signed customer was asked elsewhere.

import { boot } from "./boot.js";
import { dayOf } from "./cooldown.js";

/** @param {string} survey */
export function askedKey(survey) {
  return "rapport.asked." + boot.site + "." + survey;
}

/**
 * What a signed customer was asked on their other devices; nothing of anybody else, and where it cannot be known.
 * @param {object} [told] @returns {Promise<Record<string, string>>}
 */
export async function elsewhere(told) {
  if (!boot.sender.customer) return {};
  return boot
    .load("customer")
    .then((part) => part.asked(boot, told))
    .catch(() => ({}));
}

export function today() {
  return dayOf(Date.now());
}
