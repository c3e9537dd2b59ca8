// target.js: whether a survey may ask. The rules are those of `shared/src/targeting`, which come as WebAssembly when there is
// something to decide; what they need to know is gathered here.

import { askedKey, elsewhere, today } from "./asked.js";
import { boot, config, facts, path } from "./boot.js";
import { counted } from "./cooldown.js";
import { read, write } from "./device.js";

/** How long the rules may take to come before nothing is decided, in milliseconds. */
const RULES_MS = 10_000;
/** What is said to keep a survey where its target cannot be asked. */
export const UNDECIDED = "rules that could not be loaded";

/** What evaluates targets, on its way or there; nothing after a failure, so that the next occasion tries again. @type {Promise<any> | undefined} */
let targeting;
/** Whether a failure of what evaluates targets has been told. */
let complained = false;
/** Whether a survey has appeared of its own accord in this page. */
export let appeared = false;
/** The tab's lot where nothing can be kept. @type {number | undefined} */
let drawn;

/** From now on none comes by itself any more. */
export function noteAppearance() {
  appeared = true;
}

/** What evaluates targets; nothing where it cannot be had, and never a failure of the page. */
export function rules() {
  targeting ||= boot.load("targeting").catch((reason) => {
    targeting = undefined;
    if (!complained) console.warn("rapport: rules could not be loaded:", reason);
    complained = true;
  });
  return Promise.race([targeting, new Promise((done) => setTimeout(done, RULES_MS))]);
}

/**
 * The first rule that keeps a survey from appearing of its own accord now, as the path of its field; empty for none. Whatever
 * goes wrong in asking is ours: that survey does not appear, and the page hears of no error.
 * @param {Survey} survey
 */
export async function refusal(survey) {
  try {
    return await refusalOf(survey);
  } catch (reason) {
    if (!complained) console.warn("rapport: rules could not be asked:", reason);
    complained = true;
    return UNDECIDED;
  }
}

/** @param {Survey} survey @returns {Promise<string>} */
async function refusalOf(survey) {
  if (survey.placement === "launcher" && !survey.target) return "";
  // What waits to be opened interrupts nobody.
  const waits = survey.placement === "inline" || survey.placement === "launcher";
  if (appeared && !waits) return "site.cooldown_days";
  // A device that keeps nothing could not know later that it was asked.
  const probe = askedKey("probe");
  if (!waits && !(write(probe, "1") && write(probe, ""))) return "device.storage";
  const part = await rules();
  if (!part) return UNDECIDED;
  const { traits, language, visitor_since } = boot;
  const schedule = survey.target?.schedule;
  const now = schedule ? localTime() : "";
  // What is asked at certain hours is not asked where nobody knows the hour.
  if (schedule && !now) return "target.schedule";
  const known = {
    ...facts(),
    path: path(),
    traits,
    language,
    visitor_since,
    now,
    lot: lotOfSession(),
    today: today(),
    device: navigator.userAgent,
    site_cooldown_days: config.cooldown_days || 0,
  };
  const [asked, site] = [survey.id, ""].map((of) => read(askedKey(of)));
  /** @param {Record<string, string>} others */
  const judge = (others) =>
    part.evaluate(survey, {
      ...known,
      asked: [asked, others[survey.id]].map((one) => counted(one || "", survey.placement)),
      site: waits ? [] : [site, others[""] || ""],
    });
  // Nobody is asked elsewhere about what this device refuses.
  return judge({}) || judge(await elsewhere());
}

/** The time in the site's zone; nothing where the browser does not know the zone. */
function localTime() {
  try {
    return new Date().toLocaleString("sv-SE", { timeZone: config.time_zone });
  } catch (_) {
    return "";
  }
}

/** The tab's lot, which decides about samples: one of some thousand, so it tells nobody apart. */
function lotOfSession() {
  const key = "rapport.lot";
  try {
    if (!sessionStorage.getItem(key)) sessionStorage.setItem(key, Math.floor(Math.random() * 65_536) + "");
    return Number(sessionStorage.getItem(key));
  } catch (_) {
    return (drawn = drawn || Math.floor(Math.random() * 65_536));
  }
}
