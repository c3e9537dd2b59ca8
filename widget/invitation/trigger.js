// trigger.js: lets surveys appear of their own accord when their trigger fires and their target agrees. It has no rules of
// its own: those of a target are in `shared/src/targeting`, which comes as WebAssembly when there is something to decide.

import { askedKey, elsewhere, today } from "./asked.js";
import { read, write } from "./device.js";
import { boot, config, facts, path, rare, run, surveyOf, unknown } from "./invitation.js";
import { bring, over, show } from "./panel.js";
import { dress } from "./theme.js";

/** How far below or above the window a place is when its survey is brought. */
const NEAR = "300px";
/** How long before a planned survey its module is brought, in milliseconds. */
const AHEAD_MS = 2_000;
/** How long a new route has to draw its places, in milliseconds. */
const SETTLE_MS = 1_000;

/** When the view began, on the page's clock. */
let began_ms = 0;
/** Names of events with the time each was last heard of, on the page's clock. */
const heardAt = {};
/** Whether a survey has appeared of its own accord in this page. */
let appeared;
/** The promise of what evaluates targets; nothing after a failure, so that the next occasion tries again. */
let targeting;
/** Whether a failure of it has been told. */
let complained;
/** What is said to keep a survey where its target cannot be asked. */
const UNDECIDED = "rules that could not be loaded";
/** The survey of the launcher, once its place has been settled. */
let standing;
/** How often the launcher has been looked at; only the last look counts. */
let looks = 0;

/** What evaluates targets; nothing where it cannot be had, and never a failure of the page. */
function rules() {
  targeting =
    targeting ||
    boot.load("targeting").catch((reason) => {
      targeting = 0;
      if (!complained) console.warn("rapport: rules could not be loaded:", reason);
      complained = true;
    });
  return targeting;
}

/** The first rule that keeps a survey from appearing of its own accord now, as the path of its field; empty for none. Whatever
 * goes wrong in asking is ours: that survey does not appear, and the page hears of no error. */
export async function refusal(survey) {
  try {
    return await refusalOf(survey);
  } catch (reason) {
    if (!complained) console.warn("rapport: rules could not be asked:", reason);
    complained = true;
    return UNDECIDED;
  }
}

async function refusalOf(survey) {
  if (survey.placement === "launcher" && !survey.target) return "";
  const inline = survey.placement === "inline";
  // What waits to be opened interrupts nobody.
  const waits = inline || survey.placement === "launcher";
  if (appeared && !waits) return "site.cooldown_days";
  // A device that keeps nothing could not know later that it was asked.
  const probe = askedKey("probe");
  if (!waits && !(write(probe, "1") && write(probe, ""))) return "device.storage";
  const part = await rules();
  if (!part) return UNDECIDED;
  const { traits, language, visitor_since } = boot;
  const schedule = survey.target && survey.target.schedule;
  const now = schedule ? localTime() : "";
  // What is asked at certain hours is not asked where nobody knows the hour.
  if (schedule && !now) return "target.schedule";
  const lot = lotOfSession();
  const known = { ...facts(), path: path(), traits, language, visitor_since, now, lot, today: today() };
  Object.assign(known, { device: navigator.userAgent, site_cooldown_days: config.cooldown_days || 0 });
  // Only an answer ends one within the page, and nothing the launcher.
  const counts = (asked = "") => (waits && !(inline && asked.endsWith("answered")) ? "" : asked);
  const [asked, site] = [survey.id, ""].map((of) => read(askedKey(of)));
  const judge = (others) =>
    part.evaluate(survey, {
      ...known,
      asked: [asked, others[survey.id]].map(counts),
      site: waits ? [] : [site, others[""] || ""],
    });
  // Nobody is asked elsewhere about what this device refuses.
  return judge({}) || judge(await elsewhere());
}

/** The survey of the launcher: until it is settled, the first that asks for one, as the loader has drawn it. */
export function launched() {
  return (standing && surveyOf(standing)) || config.surveys.find((survey) => survey.placement === "launcher");
}

/** The first launcher survey whose target agrees, or cannot be asked; none where none is meant. */
async function agreeing() {
  for (const survey of config.surveys) {
    if (survey.placement !== "launcher") continue;
    const rule = await refusal(survey);
    if (!rule || rule === UNDECIDED) return survey;
  }
}

/** As `refusal`; a launcher survey whose target agrees may find that an earlier one has the place. */
export async function absence(survey) {
  const rule = await refusal(survey);
  return rule || (survey.placement === "launcher" && (await agreeing()).id !== survey.id ? "launcher" : "");
}

/** Gives the launcher to the survey that it is of here, and hides it where there is none. */
async function settleLauncher() {
  if (!boot.launcher) return;
  const look = ++looks;
  const survey = await agreeing();
  if (look !== looks) return;
  boot.unwanted = !survey;
  boot.launcher.hidden = boot.unwanted || Boolean(over);
  if (!survey || survey.id === launched().id) return;
  standing = survey.id;
  boot.launcher.href = `${boot.base}/f/${boot.site}/${standing}`;
  boot.launcher.textContent = survey.title;
}

/** The tab's lot, which decides about samples: one of some thousand, so it tells nobody apart. */
function lotOfSession() {
  const key = "rapport.lot";
  try {
    if (!sessionStorage.getItem(key)) sessionStorage.setItem(key, Math.floor(Math.random() * 65_536));
    return +sessionStorage.getItem(key);
  } catch (_) {
    return (lotOfSession.drawn = lotOfSession.drawn || Math.floor(Math.random() * 65_536));
  }
}

/** The time in the site's zone; nothing where the browser does not know the zone. */
function localTime() {
  try {
    return new Date().toLocaleString("sv-SE", { timeZone: config.time_zone });
  } catch (_) {
    return "";
  }
}

function waiting(on) {
  return config.surveys.filter((survey) => survey.trigger && survey.trigger.on === on);
}

export function startTriggers() {
  planDelays();
  if (waiting("scroll").length) rare("depth", watchDepth);
  if (waiting("exit_intent").length) {
    addEventListener("mouseout", (event) => {
      if (!event.relatedTarget && event.clientY <= 0) waiting("exit_intent").forEach(appear);
    });
  }
  for (const survey of waiting("slow_page")) {
    const look = () => facts().lcp_ms > survey.trigger.over_ms && appear(survey);
    look();
    setTimeout(look, AHEAD_MS);
  }
  watchPlaces();
  settleLauncher();
  watchRoutes();
  // What was told before is heard now, except that the page began.
  boot.heard = heard;
  boot.told.filter(([event]) => event !== "page_view").forEach(heard);
}

/** Somebody else is asked from here on, or the same visitor under another name: what their moment has passed without is
 * judged anew. */
export function settleWhom() {
  settleLauncher();
  watchPlaces();
  planDelays();
}

/** Tells of routes where nothing is measured: elsewhere the agent does. */
function watchRoutes() {
  let { pathname } = location;
  if (window.navigation)
    navigation.addEventListener("currententrychange", () => {
      if (boot.withheld && pathname !== (pathname = location.pathname)) boot.tell("page_view", pathname);
    });
}

function planDelays() {
  for (const survey of waiting("delay")) {
    // Time in the view, of which some has passed.
    const delay_ms = survey.trigger.delay_ms - (performance.now() - began_ms);
    setTimeout(async () => {
      if (!(await refusal(survey))) bring();
    }, delay_ms - AHEAD_MS);
    setTimeout(appear, delay_ms, survey);
  }
}

/** Waits for the depths that surveys name. */
function watchDepth({ measure }) {
  const seen = measure(scrolled);
  function scrolled(event) {
    const percent = seen(event);
    waiting("scroll").forEach((survey) => percent >= survey.trigger.percent && appear(survey));
  }
  addEventListener("scroll", scrolled, { capture: true, passive: true });
  scrolled();
}

/** Watches the places of inline surveys and the elements that surveys wait for, again after a route change. */
export async function watchPlaces() {
  for (const survey of waiting("seen")) {
    const element = find(survey.trigger.selector);
    if (element) watch(element, "0px", () => appear(survey));
  }
  for (const at of document.querySelectorAll("[data-rapport-reviews]")) watch(at, NEAR, () => rare("reviews", (part) => part.show(at, boot, watch, run, dress)));
  for (const at of document.querySelectorAll("[data-rapport-survey]")) {
    const id = at.getAttribute("data-rapport-survey");
    const survey = surveyOf(id);
    if (!survey) unknown("survey", id);
    else if (!(await refusal(survey))) {
      watch(at, NEAR, () => {
        const root = at.shadowRoot || at.attachShadow({ mode: "open" });
        // A place that was watched twice is filled once.
        if (!root.childElementCount) show(survey, { root });
      });
    }
  }
}

/** The element that a selector of the survey's owner finds; a selector that is none finds nothing. */
function find(selector) {
  try {
    return document.querySelector(selector);
  } catch (_) {}
}

/** Calls back once, when an element comes within `margin` of the window. */
export function watch(element, margin, callback) {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      callback();
    },
    { rootMargin: margin },
  );
  observer.observe(element);
}

/** The page tells of something. */
function heard([event, detail, more]) {
  if (event === "page_view") {
    began_ms = performance.now();
    setTimeout(watchPlaces, SETTLE_MS);
    settleLauncher();
    planDelays();
  }
  if (event === "form_refilled") waiting(event).forEach(appear);
  else if (event === "task") {
    for (const survey of waiting("task")) {
      const { task, end } = survey.trigger;
      if ((!task || task === detail) && end === more) appear(survey);
    }
  } else if (event === "event") {
    const at = (heardAt[detail] = performance.now());
    for (const survey of waiting("event")) {
      const { name, properties, delay_ms, cancelled_by } = survey.trigger;
      if (name !== detail) continue;
      const cancelled = () => (cancelled_by || []).some((other) => heardAt[other] >= at);
      setTimeout(async () => {
        const part = await rules();
        if (part && !cancelled() && holds(part, properties, more)) appear(survey);
      }, delay_ms || 0);
    }
  } else if (event !== "page_view") waiting("signal").forEach((survey) => survey.trigger.signal === event && appear(survey));
}

/** Whether the page's properties are those that a trigger asks for; what cannot be read is none. */
function holds(part, properties, more) {
  try {
    return part.hold(properties || [], more || {});
  } catch (_) {}
}

/** A survey that may ask is shown, unless one is on screen already or the visitor is elsewhere. */
async function appear(survey) {
  if (!/^(popover|banner)$/.test(survey.placement) || (await refusal(survey))) return;
  alone(async () => {
    // Asked again, for another tab may have been here meanwhile.
    if ((await refusal(survey)) || over || appeared || document.hidden || !write(askedKey(""), today() + "")) return;
    // Written before anything is drawn, so that another tab knows.
    write(askedKey(survey.id), today() + " shown");
    appeared = true;
    show(survey, { byItself: true });
  });
}

/** Does something while no other tab of the site does; where browsers know no locks, at the risk of two at once. */
function alone(act) {
  return navigator.locks ? navigator.locks.request(askedKey(""), act).catch(act) : act();
}
