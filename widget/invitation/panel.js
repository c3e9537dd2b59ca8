// panel.js: draws a survey over the page or within it, tells what becomes of it, and saves its run.

import { askedKey, elsewhere, today } from "./asked.js";
import { boot, config, path, rare, surveyOf } from "./boot.js";
import { keepWithin } from "./border.js";
import { noted } from "./cooldown.js";
import { stepAside } from "./corner.js";
import { newId, read, write } from "./device.js";
import { all } from "./everywhere.js";
import { coverLauncher, launched } from "./launcher.js";
import { raise, reach, stepOut } from "./layer.js";
import { arrivals, keep, remember } from "./outbox.js";
import { watch } from "./sight.js";
import { fit } from "./text.js";
import { dress, dressOver } from "./theme.js";

/** How long a panel waits for what it can be drawn without, in milliseconds. */
const PANEL_PATIENCE_MS = 5_000;
/** How long it waits for what draws it, in milliseconds: over a slow line that takes some seconds. */
const LOST_MS = 30_000;

/** The survey over the page, if there is one. @type {Shown | undefined} */
export let over;
/** The launcher's survey, mounted but unseen, so that a click only has to reveal it. @type {Shown | undefined} */
let prepared;
/** What was begun and closed before it was finished, by survey: it goes on when it is opened again. @type {Record<string, Shown>} */
const begun = {};
/** Longest value of a fact, in characters (`shared/src/limit.rs`). */
const FACT_CHARACTERS = 500;
/** What is drawn within the page. @type {Shown[]} */
let within = [];

/** Brings the survey module, once; a failure is forgotten, so that the next intent tries again. */
export function bring() {
  const module = (boot.survey ||= boot.load("survey"));
  module.catch(() => (boot.survey = 0));
  return module;
}

export function prepare() {
  const survey = launched();
  if (!survey) return;
  if (prepared && prepared.survey.id !== survey.id) remove(prepared);
  if (!over && !prepared && !begun[survey.id]) {
    prepared = place(survey, boot.root, true);
    prepared.target.hidden = true;
    mount(prepared);
  }
}

/**
 * Shows a survey over the page, or within `root`; one that is over the page already is only given the focus.
 * @param {Survey} survey
 * @param {{ root?: ShadowRoot, opener?: HTMLElement, byHand?: boolean, facts?: Record<string, unknown>, byItself?: boolean }} how
 * @returns {Shown}
 */
export function show(survey, { root, opener, byHand, facts, byItself }) {
  if (root) {
    dress(root);
    keepWithin(root);
    const shown = place(survey, root, false);
    within = within.filter((other) => other.target.isConnected || other.started || other.touched);
    within.push(shown);
    mount(shown);
    return shown;
  }
  if (over && over.survey.id === survey.id) {
    if (over.handle) over.handle.focus();
    boot.opened?.();
    return over;
  }
  // What is wanted now goes before what is there, whether that came by itself or was answered already.
  if (over) close(over);
  // Words belong to the page that they were written on, and to what it said of it.
  const about = boot.stringify([path(), boot.language, factsOf({ survey, facts })]);
  /** @type {Shown | undefined} */
  let ready = begun[survey.id];
  if (ready && (ready.finished || ready.about !== about)) {
    forget(ready);
    ready = undefined;
  } else if (!ready && prepared && prepared.survey === survey) ready = prepared;
  delete begun[survey.id];
  const shown = (over = ready || place(survey, boot.root, true));
  if (shown === prepared) prepared = undefined;
  Object.assign(shown, { about, opener, byHand, facts: facts || shown.facts, byItself });
  reach(opener);
  dressOver();
  if (boot.launcher && !byItself) boot.launcher.ariaBusy = "true";
  if (!ready) mount(shown);
  else if (shown.handle) reveal(shown);
  return shown;
}

/** An element for a survey, and one run through it. @param {Survey} survey @param {ShadowRoot} root @param {boolean} isOver */
function place(survey, root, isOver) {
  const target = root.appendChild(document.createElement("div"));
  // Browsers open a file chooser only right after a click: the part that does has to be there by then.
  for (const intent of ["pointerover", "focusin"]) {
    target.addEventListener(intent, (event) => {
      if (/** @type {Element} */ (event.target).closest(".picture")) boot.load("picture").catch(() => {});
    });
  }
  // A field for programs that fill in whatever they find: nobody sees it, and no browser fills in what is not shown.
  const trap = root.appendChild(document.createElement("input"));
  Object.assign(trap, { name: "website", autocomplete: "off", tabIndex: -1 }).style.display = "none";
  /** @type {Shown} */
  const shown = { survey, target, trap, isOver, hidden_ms: 0, unseen_ms: 0, revision: 0, finished: false };
  target.addEventListener("input", () => (shown.touched = true), true);
  return shown;
}

/** What never comes has failed. @param {Promise<any>} promise */
function timely(promise) {
  return Promise.race([promise, new Promise((_, fail) => setTimeout(fail, LOST_MS, new TypeError("no answer")))]);
}

/** What is not there in time is done without. @param {Promise<unknown>} promise */
function patiently(promise) {
  return Promise.race([promise, new Promise((done) => setTimeout(done, PANEL_PATIENCE_MS))]);
}

/** Renders the survey once its module has come; what else it needs comes beside that. @param {Shown} shown */
function mount(shown) {
  // What a review is of, the page says.
  const isAbout = /thing/.test(String(shown.survey.facts));
  Promise.all([timely(bring()), translate(shown), isAbout && patiently(rare("reviews", (part) => part.about(shown, all)))])
    .then(([part]) => {
      // Closed before it had come.
      if (!shown.target.isConnected) return;
      shown.hidden_ms = performance.now();
      shown.handle = part.mount({
        survey: shown.survey,
        target: shown.target,
        mode: shown.isOver ? "popover" : "inline",
        logo: config.logo,
        logo_text: config.logo_text,
        language: boot.language,
        traits: boot.traits,
        facts: shown.facts,
        assets: config.assets,
        load: (/** @type {string} */ script) => import(`${boot.base}/${script}`),
        open: (/** @type {string} */ id) => boot.ask?.(["survey", id, boot.launcher]),
        save: (/** @type {GivenAnswers} */ answers) => save(shown, answers),
        // The newest first; what is sent of them, and when, the answers say.
        attach: (/** @type {MadePicture} */ made) => (shown.pictures = [{ ...made, id: newId() }, ...(shown.pictures || [])]),
        started: () => {
          shown.started = true;
          deliver(shown, "started");
        },
        closed: (/** @type {boolean} */ finished) => close(shown, finished),
      });
      if (!shown.isOver) watch(shown.target, "0px", () => seen(shown));
      else if (shown === over) reveal(shown);
    })
    .catch((reason) => {
      const wanted = shown === over && shown.byHand;
      remove(shown);
      console.warn("rapport: could not be shown:", reason);
      if (wanted) {
        // The launcher is a link from now on, unless it was the network, which browsers call a fault of type.
        boot.broken = navigator.onLine && !(reason instanceof TypeError);
        boot.lead(shown.survey.id);
      }
    });
}

/** Surveys come in one language; when the page has changed its own, they are fetched anew. Failing that they stay as they are. @param {Shown} shown */
async function translate(shown) {
  const { language } = boot;
  if (language === config.spoken) return;
  try {
    const reply = await boot.fetch(`${boot.base}/v1/config/${boot.site}?language=${language}`, {
      credentials: "omit",
      signal: AbortSignal.timeout(PANEL_PATIENCE_MS),
    });
    const { surveys, assets } = await reply.json();
    Object.assign(config, { surveys, assets, spoken: language });
    shown.survey = surveyOf(shown.survey.id) || shown.survey;
  } catch (_) {}
}

/** The widget has come back into the page, and nothing of it is on top any more. */
export function showAgain() {
  if (!over?.handle) return;
  reach();
  raise(over.target.firstElementChild);
}

/** @param {Shown} shown */
function reveal(shown) {
  shown.target.hidden = false;
  if (!shown.target.isConnected) {
    boot.root.appendChild(shown.target);
    raise(shown.target.firstElementChild);
  }
  if (!shown.byItself) boot.opened?.();
  requestAnimationFrame(() => stepAside(shown.target));
  coverLauncher(true);
  shown.unseen_ms += performance.now() - shown.hidden_ms;
  seen(shown);
  if (shown.opener && shown.handle) shown.handle.focus();
}

/** @param {Shown} shown */
function seen(shown) {
  if (!shown.finished) note(shown, "shown");
}

/** Tells a step of the delivery to the page's listeners and, unless that is withheld, to the collector. @param {Shown} shown @param {string} event */
function deliver(shown, event) {
  const survey = shown.survey;
  boot.tell(event, survey.id);
  if (boot.withheld || !boot.deliver) return;
  // By the response's id the collector knows whether what was answered has arrived.
  const response = event === "answered" ? shown.id : undefined;
  const step = { survey: survey.id, survey_version: survey.version, event, response };
  boot.deliver({ fields: boot.stringify(step).slice(1, -1) });
}

/** Tells a step of the delivery, and writes it down for the cooldown. @param {Shown} shown @param {string} event */
function note(shown, event) {
  deliver(shown, event);
  // One within the page interrupts nobody: only an answer is written down.
  if (!shown.isOver && event !== "answered") return;
  const key = askedKey(shown.survey.id);
  write(key, noted(read(key), today(), event));
  elsewhere({ survey: shown.survey.id, event, unasked: !!shown.byItself });
}

/** The visitor closed it, or the host did. @param {Shown} shown @param {boolean} [finished] */
export function close(shown, finished) {
  const goesOn = !finished && !shown.finished;
  if (goesOn) note(shown, "closed");
  remove(shown, goesOn && shown.started);
}

/** Takes a survey from the page. @param {Shown} shown */
export function forget(shown) {
  if (shown.handle) shown.handle.close();
  shown.target.remove();
  shown.trap.remove();
}

/** Forgets what was begun or answered here: whoever goes on is somebody else, or it was to be erased. */
export function forgetBegun() {
  const isBegun = (/** @type {Shown} */ shown) => shown.started || shown.touched;
  if (over && isBegun(over)) remove(over);
  within.filter(isBegun).forEach(forget);
  within = within.filter((shown) => shown.target.isConnected);
  for (const [survey, shown] of Object.entries(begun)) {
    forget(shown);
    delete begun[survey];
  }
}

/** Takes a survey from the screen and gives the focus back, unless the visitor has moved on. @param {Shown} shown @param {boolean} [goesOn] */
function remove(shown, goesOn) {
  const heldFocus = shown.target.contains(/** @type {ShadowRoot} */ (shown.target.getRootNode()).activeElement);
  if (goesOn) {
    begun[shown.survey.id] = shown;
    shown.hidden_ms = performance.now();
    // Only hidden, a modal would keep the page inert, and names that are looked up by id could be found in it.
    const panel = /** @type {Partial<HTMLDialogElement> | null} */ (shown.target.firstElementChild);
    if (panel?.close) panel.close();
    shown.target.remove();
  } else forget(shown);
  if (shown === prepared) prepared = undefined;
  if (shown !== over) return;
  over = undefined;
  stepOut();
  coverLauncher(false);
  if (boot.launcher) boot.launcher.ariaBusy = null;
  if (heldFocus && shown.opener?.focus) shown.opener.focus();
}

/** Keeps and sends the run as it stands. @param {Shown} shown @param {GivenAnswers} answers @returns {Promise<Outcome>} */
function save(shown, answers) {
  if (!shown.revision) {
    shown.id = newId();
    shown.began_ms = Date.now();
    // On what basis it was given stays as it is, whatever the visitor says later.
    shown.consent = boot.sender.consent;
    remember(shown.id);
    shown.snapshot = boot.withheld ? { trail_withheld: true } : boot.parse(`{${boot.snapshot?.() || ""}}`);
  }
  const id = shown.id || "";
  const outcome = keep(shown, {
    id,
    revision: ++shown.revision,
    survey: shown.survey.id,
    survey_version: shown.survey.version,
    path: path(),
    language: shown.survey.shown.language,
    duration_ms: Math.max(0, Math.round(answers.duration_ms - shown.unseen_ms)),
    finished: answers.finished,
    answers: answers.answers,
    facts: factsOf(shown),
    trapped: !!shown.trap.value,
    ...shown.snapshot,
  });
  const settle = (/** @type {Outcome} */ said) => {
    const isRefused = said.startsWith("rejected");
    // What was erased meanwhile, as in another tab, is another answer when it is sent again.
    if (isRefused && / id:/.test(said) && shown.id === id) shown.revision = 0;
    if (said === "held") {
      arrivals[id] = (late) => {
        settle(late);
        answers.told(late);
      };
    }
    if (isRefused || !answers.finished || shown.finished) return;
    shown.finished = true;
    note(shown, "answered");
  };
  outcome.then(settle);
  return shown.pictures ? boot.load("picture").then((part) => part.follow(boot, shown, answers.answers, outcome)) : outcome;
}

/** The facts that the survey names, each as text: what it does not name is not sent. @param {Pick<Shown, "survey" | "facts">} shown */
function factsOf({ survey, facts }) {
  const given = facts || {};
  const named = (survey.facts || []).filter((name) => given[name] != null);
  return Object.fromEntries(named.map((name) => [name, fit(String(given[name]), FACT_CHARACTERS)]));
}
