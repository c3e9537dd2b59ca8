// panel.js: draws a survey over the page or within it, tells what becomes of it, and saves its run.

import { OUTCOMES, askedKey, elsewhere, today } from "./asked.js";
import { newId, read, write } from "./device.js";
import { boot, config, path, rare, run, surveyOf } from "./invitation.js";
import { arrivals, keep, remember } from "./outbox.js";
import { keepWithin } from "./border.js";
import { stepAside } from "./corner.js";
import { leave, raise, reach } from "./layer.js";
import { dress, dressOver } from "./theme.js";
import { launched, watch } from "./trigger.js";

/** The survey over the page, if there is one. */
export let over;
/** The launcher's survey, mounted but unseen, so that a click only has to reveal it. */
let prepared;
/** What was begun and closed before it was finished, by survey: it goes on when it is opened again. */
const begun = {};
/** What is drawn within the page. */
let within = [];
/** The promise of the survey module, once it has been asked for. */
let module;

/** Asks for the survey module, once; a failure is forgotten, so that the next intent tries again. */
export function bring() {
  if (!module) {
    module = boot.load("survey");
    module.catch(() => (module = 0));
  }
  return module;
}

export function prepare() {
  const survey = launched();
  if (prepared && prepared.survey.id !== survey.id) remove(prepared);
  if (survey && !over && !prepared && !begun[survey.id]) {
    prepared = place(survey, boot.root, true);
    prepared.target.hidden = true;
    mount(prepared);
  }
}

/** Shows a survey over the page, or within `root`; one that is over the page already is only given the focus. */
export function show(survey, { root, opener, byHand, facts, byItself }) {
  if (root) {
    dress(root);
    keepWithin(root);
    const shown = place(survey, root);
    within.push(shown);
    return mount(shown);
  }
  if (over && over.survey.id === survey.id) return over.handle && over.handle.focus();
  // What is wanted now goes before what is there, whether that came by itself or was answered already.
  if (over) close(over);
  // Words belong to the page that they were written on, and to what it said of it.
  const about = boot.stringify([path(), boot.language, facts]);
  let ready = begun[survey.id];
  if (ready && (ready.finished || ready.about !== about)) ready = forget(ready);
  else if (!ready && prepared && prepared.survey === survey) ready = prepared;
  delete begun[survey.id];
  over = ready || place(survey, boot.root, true);
  if (over === prepared) prepared = 0;
  over.about = about;
  over.opener = opener;
  over.byHand = byHand;
  over.facts = facts || over.facts;
  over.byItself = byItself;
  reach(opener);
  dressOver();
  if (boot.launcher && !byItself) boot.launcher.ariaBusy = true;
  if (!ready) mount(over);
  else if (over.handle) reveal(over);
}

/** An element for a survey, and one run through it. */
function place(survey, root, isOver) {
  const target = root.appendChild(document.createElement("div"));
  // Browsers open a file chooser only right after a click: the part that does has to be there by then.
  for (const intent of ["pointerover", "focusin"]) {
    target.addEventListener(intent, ({ target }) => target.closest(".picture") && boot.load("picture").catch(() => {}));
  }
  // A field for programs that fill in whatever they find: nobody sees it, and no browser fills in what is not shown.
  const trap = root.appendChild(document.createElement("input"));
  Object.assign(trap, { name: "website", autocomplete: "off", tabIndex: -1 }).style.display = "none";
  const shown = { survey, target, trap, isOver, hidden_ms: 0, unseen_ms: 0, revision: 0, finished: false };
  target.addEventListener("input", () => (shown.touched = true), true);
  return shown;
}

/** Renders the survey once its module has come. */
function mount(shown) {
  bring()
    .then(async (part) => {
      await translate(shown);
      // What a review is of, the page says.
      if (/thing/.test(shown.survey.facts)) await rare("reviews", (part) => part.about(shown));
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
        load: (script) => import(`${boot.base}/${script}`),
        open: (id) => run(["survey", id, boot.launcher]),
        save: (answers) => save(shown, answers),
        // The newest first; what is sent of them, and when, the answers say.
        attach: (made) => (shown.pictures = [{ id: newId(), ...made }, ...(shown.pictures || [])]),
        started: () => {
          shown.started = true;
          deliver(shown, "started");
        },
        closed: (finished) => close(shown, finished),
      });
      if (!shown.isOver) watch(shown.target, "0px", () => seen(shown));
      else if (shown === over) reveal(shown);
    })
    .catch((reason) => {
      const wanted = shown === over && shown.byHand;
      remove(shown);
      console.warn("rapport: could not be shown:", reason);
      if (wanted) {
        // The launcher is a link from now on, unless it was the network.
        boot.broken = navigator.onLine;
        boot.lead(shown.survey.id);
      }
    });
}

/** Surveys come in one language; when the page has changed its own, they are fetched anew. Failing that they stay as they are. */
async function translate(shown) {
  const { language } = boot;
  if (language === config.spoken) return;
  try {
    const reply = await boot.fetch(`${boot.base}/v1/config/${boot.site}?language=${language}`, { credentials: "omit" });
    config.surveys = (await reply.json()).surveys;
    config.spoken = language;
    shown.survey = surveyOf(shown.survey.id) || shown.survey;
  } catch (_) {}
}

function reveal(shown) {
  shown.target.hidden = false;
  if (!shown.target.isConnected) {
    raise(boot.root.appendChild(shown.target).firstElementChild);
  }
  requestAnimationFrame(() => stepAside(shown.target));
  if (boot.launcher) boot.launcher.hidden = true;
  shown.unseen_ms += performance.now() - shown.hidden_ms;
  seen(shown);
  if (shown.opener) shown.handle.focus();
}

function seen(shown) {
  if (!shown.finished) note(shown, "shown");
}

/** Tells a step of the delivery to the page's listeners and, unless that is withheld, to the collector. */
function deliver(shown, event) {
  const survey = shown.survey;
  boot.tell(event, survey.id);
  if (boot.withheld || !boot.deliver) return;
  // By the response's id the collector knows whether what was answered has arrived.
  const response = event === "answered" ? shown.id : undefined;
  const step = { survey: survey.id, survey_version: survey.version, event, response };
  boot.deliver({ fields: boot.stringify(step).slice(1, -1) });
}

/** Tells a step of the delivery, and writes it down for the cooldown. */
function note(shown, event) {
  deliver(shown, event);
  // One within the page interrupts nobody: only an answer is written down.
  if (!shown.isOver && event !== "answered") return;
  const key = askedKey(shown.survey.id);
  const before = read(key).split(" ")[1];
  write(key, today() + " " + (OUTCOMES.indexOf(before) > OUTCOMES.indexOf(event) ? before : event));
  elsewhere({ survey: shown.survey.id, event, unasked: !!shown.byItself });
}

/** The visitor closed it, or the host did. */
export function close(shown, finished) {
  const goesOn = !finished && !shown.finished;
  if (goesOn) note(shown, "closed");
  remove(shown, goesOn && shown.started);
}

/** Takes a survey from the page; answers nothing. */
function forget(shown) {
  if (shown.handle) shown.handle.close();
  shown.target.remove();
  shown.trap.remove();
}

/** Forgets what was begun or answered here: whoever goes on is somebody else, or it was to be erased. */
export function forgetBegun() {
  const isBegun = (shown) => shown.started || shown.touched;
  if (over && isBegun(over)) remove(over);
  within.filter(isBegun).forEach(forget);
  within = within.filter((shown) => shown.target.isConnected);
  for (const survey in begun) {
    forget(begun[survey]);
    delete begun[survey];
  }
}

/** Takes a survey from the screen and gives the focus back, unless the visitor has moved on. */
function remove(shown, goesOn) {
  const heldFocus = shown.target.contains(shown.target.getRootNode().activeElement);
  if (goesOn) {
    begun[shown.survey.id] = shown;
    shown.hidden_ms = performance.now();
    // Only hidden, a modal would keep the page inert, and names that are looked up by id could be found in it.
    const panel = shown.target.firstElementChild;
    if (panel.close) panel.close();
    shown.target.remove();
  } else forget(shown);
  if (shown === prepared) prepared = 0;
  if (shown !== over) return;
  over = 0;
  leave();
  if (boot.launcher) Object.assign(boot.launcher, { hidden: boot.unwanted, ariaBusy: null });
  if (heldFocus && shown.opener && shown.opener.focus) shown.opener.focus();
}

/** Keeps and sends the run as it stands; resolves to `stored`, `held` or `rejected: field: reason`. */
function save(shown, answers) {
  if (!shown.revision) {
    shown.id = newId();
    shown.began_ms = Date.now();
    // On what basis it was given stays as it is, whatever the visitor says later.
    shown.consent = boot.sender.consent;
    remember(shown.id);
    shown.snapshot = boot.withheld ? { trail_withheld: true } : boot.parse(`{${(boot.snapshot && boot.snapshot()) || ""}}`);
  }
  const outcome = keep(shown, {
    id: shown.id,
    revision: ++shown.revision,
    survey: shown.survey.id,
    survey_version: shown.survey.version,
    path: path(),
    language: boot.language,
    duration_ms: Math.max(0, Math.round(answers.duration_ms - shown.unseen_ms)),
    finished: answers.finished,
    answers: answers.answers,
    facts: factsOf(shown),
    trapped: !!shown.trap.value,
    ...shown.snapshot,
  });
  if (answers.finished) {
    outcome.then((said) => {
      if (said.startsWith("rejected") || shown.finished) return;
      shown.finished = true;
      note(shown, "answered");
    });
  }
  // What was held is said to be so until it has arrived.
  arrivals[shown.id] = () => {
    const held = shown.target.querySelector(".held");
    if (held) held.hidden = true;
  };
  return shown.pictures ? boot.load("picture").then((part) => part.follow(boot, shown, answers.answers, outcome)) : outcome;
}

/** The facts that the survey names, each as text: what it does not name is not sent. */
function factsOf({ survey, facts }) {
  const named = (survey.facts || []).filter((name) => facts && facts[name] != null);
  return Object.fromEntries(named.map((name) => [name, String(facts[name])]));
}
