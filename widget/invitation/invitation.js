// The invitation: shows surveys, one at a time over the page and any number within it, keeps what is answered until the
// collector has it, and lets surveys appear of their own accord when their trigger fires and their target agrees. The
// loader brings it when a survey may be wanted. What is rare (why surveys appear or not, a signed customer's other devices,
// what is stored of the visitor) is in parts of their own. It has no rules of its own: those of a target are in
// `shared/src/targeting`, which comes as WebAssembly when there is something to decide.

let boot;
let config;

/** Starts with what the loader and the agent gathered, and adds `ask`, which runs a call of the host. */
export function start(gathered) {
  boot = gathered;
  config = boot.config;
  boot.ask = run;
  startOutbox();
  startTriggers();
}

function run(call) {
  const [command, first, second] = call;
  if (command === "intent") prepare();
  else if (command === "consent") consent(first);
  else if (command === "identify") identify(first, second, call[3]);
  else if (command === "reset") reset();
  else if (command === "theme") theme(first);
  else if (command === "data" || command === "erase") rare("own_data", (part) => part[command](boot, first));
  else if (command === "survey" || command === "open") {
    const survey = surveyOf(first);
    // The button that was clicked, or what has the focus while the host calls.
    const byHand = second && second.nodeType;
    const opener = byHand ? second : document.activeElement;
    if (survey) show(survey, { opener, byHand, facts: byHand ? undefined : second });
  } else if (command === "close") {
    if (over) close(over);
  } else if (command === "debug") rare("debug", (part) => part.explain(boot, refusal, first));
}

// ---- Who the visitor is: see `boot.remember` in the loader.

function visitorKey() {
  return "rapport.visitor." + boot.site;
}

function consent(state) {
  settle(state, state === "granted" || (state !== "refused" && boot.customer));
}

/**
 * A visitor whom the host knows has an id of their own as well, unless they have refused. Who they are is told only with
 * the signature of the host's server.
 */
function identify(customer, traits, signature) {
  boot.customer = String(customer);
  boot.traits = traits;
  boot.signature = signature;
  if (boot.sender.consent !== "refused") settle(boot.sender.consent, true);
}

function reset() {
  boot.customer = boot.traits = boot.signature = boot.visitor_since = 0;
  boot.sender = { consent: boot.sender.consent, proof: boot.sender.proof };
  settle(boot.sender.consent, boot.sender.consent === "granted");
}

/** Writes down what the visitor or the host has said; nothing when there is nothing to be recognised by. */
function settle(consent, recognised) {
  const { visitor, proof } = boot.sender;
  const since = boot.visitor_since || Date.now();
  const stored = recognised ? `${visitor || newId()} ${since} ${consent}` : consent === "refused" ? consent : "";
  write(visitorKey(), stored);
  boot.remember(stored);
  boot.sender.proof = proof;
  if (boot.signature && !boot.withheld) Object.assign(boot.sender, { customer: boot.customer, customer_signature: boot.signature });
  if (!boot.withheld) boot.measure();
  else if (boot.facts) boot.call(["refused"]);
  else boot.calls.length = 0;
}

/** What is rarely wanted is brought then. */
function rare(part, act) {
  return boot.load(part).then(act).catch((reason) => console.warn("rapport: could not be shown:", reason));
}

/** The survey of the launcher: the first that asks for one. */
function launched() {
  return config.surveys.find((survey) => survey.placement === "launcher");
}

function surveyOf(id) {
  return config.surveys.find((survey) => survey.id === id);
}

/** What the agent knows of the visit; nothing where nothing is measured. */
function facts() {
  return (!boot.withheld && boot.facts && boot.facts()) || {};
}

function path() {
  return facts().path || location.pathname;
}

// ---- The theme, as far as the page may change it: the collector checks what it asks for and writes the style sheets.

/** What the page has asked for and got. */
let wished = {};
/** The last wish, on its way: each is seen before the next. */
let wishing = Promise.resolve();
/** The style sheet of places within the page, once there is one; that over the page is `boot.sheet`. */
let placeSheet;

/** Changes fields of the theme, and without any takes back what was changed. Whatever cannot be read changes nothing. */
function theme(fields) {
  wishing = wishing.then(async () => {
    try {
      const asked = fields ? { ...wished, ...fields } : {};
      const reply = await boot.fetch(`${boot.base}/v1/theme/${boot.site}?${new URLSearchParams(asked)}`, { credentials: "omit" });
      const said = await reply.json();
      if (!reply.ok) throw (said.errors || []).map(({ field, reason }) => field + " " + reason).join("; ") || said.detail;
      wished = asked;
      Object.assign(config, said);
      boot.sheet.replaceSync(said.launcher_css + said.panel_css);
      if (placeSheet) placeSheet.replaceSync(said.panel_css);
    } catch (reason) {
      console.warn("rapport: the theme stays as it was:", reason);
    }
  });
}

/** Gives a place within the page the theme. */
function dress(root) {
  if (!placeSheet) {
    placeSheet = new CSSStyleSheet();
    placeSheet.replaceSync(config.panel_css);
  }
  root.adoptedStyleSheets = [...root.adoptedStyleSheets.filter((sheet) => sheet !== placeSheet), placeSheet];
}

// ---- On the device: every access to its storage may be forbidden.

function read(key) {
  try {
    return localStorage.getItem(key) || "";
  } catch (_) {
    return "";
  }
}

/** Writes a value, or forgets the key when there is none; whether it can be read back. */
function write(key, value) {
  try {
    if (value) localStorage.setItem(key, value);
    else localStorage.removeItem(key);
  } catch (_) {}
  return read(key) === value;
}

// ---- What the device was asked: a day and the furthest outcome for each survey, and the day for the site.

function askedKey(survey) {
  return "rapport.asked." + boot.site + "." + survey;
}

const OUTCOMES = ["shown", "closed", "answered"];

/** What a signed customer was asked on their other devices; nothing of anybody else, and where it cannot be known. */
async function elsewhere(told) {
  if (!boot.sender.customer) return {};
  return boot.load("customer").then((part) => part.asked(boot, told)).catch(() => ({}));
}

function today() {
  return Math.floor(Date.now() / 86_400_000);
}

// ---- Shown.

/** The survey over the page, if there is one. */
let over;
/** The launcher's survey, mounted but unseen, so that a click only has to reveal it. */
let prepared;
/** The promise of the survey module, once it has been asked for. */
let module;

/** Asks for the survey module, once; a failure is forgotten, so that the next intent tries again. */
function bring() {
  if (!module) {
    module = boot.load("survey");
    module.catch(() => (module = 0));
  }
  return module;
}

function prepare() {
  const survey = launched();
  if (survey && !over && !prepared) {
    prepared = place(survey, boot.root, true);
    prepared.target.hidden = true;
    mount(prepared);
  }
}

/** Shows a survey over the page, or within `root`; one that is over the page already is only given the focus. */
function show(survey, { root, opener, byHand, facts, byItself }) {
  if (root) {
    dress(root);
    return mount(place(survey, root));
  }
  if (over) return over.handle && over.handle.focus();
  const ready = prepared && prepared.survey === survey;
  over = ready ? prepared : place(survey, boot.root, true);
  if (ready) prepared = 0;
  over.opener = opener;
  over.byHand = byHand;
  over.facts = facts || over.facts;
  over.byItself = byItself;
  if (boot.launcher) boot.launcher.hidden = true;
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
  return { survey, target, trap, isOver, mountedAt: 0, unseen_ms: 0, revision: 0, finished: false };
}

/** Renders the survey once its module has come. */
function mount(shown) {
  bring()
    .then(async (part) => {
      // What a review is of, the page says.
      if (/thing/.test(shown.survey.facts)) await rare("reviews", (part) => part.about(shown));
      // Closed before it had come.
      if (!shown.target.isConnected) return;
      shown.mountedAt = performance.now();
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
        open: (id) => run(["open", id, boot.launcher]),
        save: (answers) => save(shown, answers),
        // The newest first; what is sent of them, and when, the answers say.
        attach: (made) => (shown.pictures = [{ id: newId(), ...made }, ...(shown.pictures || [])]),
        started: () => deliver(shown, "started"),
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
        // The launcher is a link from now on.
        boot.broken = true;
        boot.lead(shown.survey.id);
      }
    });
}

function reveal(shown) {
  shown.target.hidden = false;
  shown.unseen_ms = performance.now() - shown.mountedAt;
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
  if (!boot.withheld && boot.deliver) boot.deliver({ survey: survey.id, version: survey.version, event });
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
function close(shown, finished) {
  if (!finished && !shown.finished) note(shown, "closed");
  remove(shown);
}

/** Takes a survey from the screen and gives the focus back, unless the visitor has moved on. */
function remove(shown) {
  const heldFocus = shown.target.contains(shown.target.getRootNode().activeElement);
  if (shown.handle) shown.handle.close();
  shown.target.remove();
  shown.trap.remove();
  if (shown === prepared) prepared = 0;
  if (shown !== over) return;
  over = 0;
  if (boot.launcher) boot.launcher.hidden = boot.unwanted;
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
  return shown.pictures ? boot.load("picture").then((part) => part.follow(boot, shown, answers.answers, outcome)) : outcome;
}

/** The facts that the survey names, each as text: what it does not name is not sent. */
function factsOf({ survey, facts }) {
  const named = (survey.facts || []).filter((name) => facts && facts[name] != null);
  return Object.fromEntries(named.map((name) => [name, String(facts[name])]));
}

/** A UUIDv7 (RFC 9562 §5.7). */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let at = 0, ms = Date.now(); at < 6; at++) bytes[at] = Math.floor(ms / 256 ** (5 - at));
  bytes[6] = (bytes[6] & 15) | 0x70;
  bytes[8] = (bytes[8] & 63) | 0x80;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// ---- The outbox: written to the device before it is sent, removed when it is acknowledged. One key of `localStorage`
// per response, so that two tabs never overwrite each other's; a response that is sent twice is one to the collector.

/** Answers are kept so long, in milliseconds (30 days). */
const KEPT_MS = 30 * 86_400_000;
/** Longest body that browsers send after the page is gone, in bytes, with room for what else is under way. */
const KEEPALIVE_BYTES = 60_000;
/** So much of the list of a tab's answers is kept: the last 20. */
const RESPONSES_CHARACTERS = 740;
/** How long to wait for the acknowledgement before saying that the answer is held, in milliseconds. */
const PATIENCE_MS = 10_000;
/** Pauses before trying again double from the first to the longest, in milliseconds; a random half of each keeps many
 * pages from coming back at once. A `Retry-After` is a lower bound, up to an hour. */
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 300_000;
const LONGEST_ASKED_MS = 3_600_000;

let failures = 0;
let planned;

function startOutbox() {
  boot.retry = retry;
  sendHeld();
  addEventListener("online", sendHeld);
}

/** Notes in the tab which answers are the visitor's, so that they can ask for them: `rapport('data')`. */
function remember(id) {
  const key = "rapport.responses." + boot.site;
  try {
    sessionStorage.setItem(key, ((sessionStorage.getItem(key) || "") + " " + id).slice(-RESPONSES_CHARACTERS));
  } catch (_) {}
}

function keep({ began_ms: at_ms, consent }, response) {
  const { session, session_began_ms } = facts();
  const { visitor, customer, customer_signature } = boot.sender;
  const sender = { consent, visitor, customer, customer_signature };
  const key = "rapport.held." + boot.site + "." + response.id;
  const entry = boot.stringify({ at_ms, session, session_began_ms, sender, response });
  const kept = write(key, entry);
  return send(key, entry).then((said) =>
    // Without storage nothing may be promised.
    said !== "held" || kept ? said : "rejected: connection: it could not be sent, and this browser keeps nothing for later",
  );
}

async function sendHeld() {
  planned = 0;
  let keys = [];
  try {
    keys = Object.keys(localStorage);
  } catch (_) {}
  const held = (sign) => keys.filter((key) => key.startsWith("rapport.held." + boot.site + sign));
  await Promise.all(
    held(".").map((key) => {
      const entry = read(key);
      return Date.now() - boot.parse(entry).at_ms > KEPT_MS ? write(key, "") : send(key, entry);
    }),
  );
  // A picture follows its response; the part that keeps pictures sends them.
  if (held("+")[0]) boot.load("picture").then((part) => part.sendHeld(boot)).catch(() => retry());
}

/** Plans to send again what is held, unless that is planned; not before `wished_ms` are over, if that is a number. */
function retry(wished_ms) {
  if (planned) return;
  const pause_ms = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures++, 8), LONGEST_PAUSE_MS);
  const jittered_ms = pause_ms * (0.5 + Math.random() / 2);
  planned = setTimeout(sendHeld, Math.max(jittered_ms, Math.min(wished_ms || 0, LONGEST_ASKED_MS)));
}

/** Sends one entry: only an acknowledgement ends the wait, and only a fault of the item itself the item. */
async function send(key, entry) {
  const { at_ms, session, session_began_ms, sender, response } = boot.parse(entry);
  const item = { type: "response", age_ms: Math.max(0, Date.now() - at_ms), ...response };
  // Who gave it, and on what basis, is as it was then. Whoever refused since is not told apart by anything old either.
  const { consent, proof } = boot.sender;
  const from = { ...sender, proof };
  if (boot.withheld) {
    Object.assign(from, { visitor: "", customer: "", customer_signature: "" }, consent === "refused" && { consent });
    Object.assign(item, { trail: [], page: null, view: null, trail_withheld: true });
  }
  // What is empty is unknown, and left out.
  const told = Object.entries(from).filter(([, value]) => value);
  const batch = { site: boot.site, ...Object.fromEntries(told), items: [item] };
  if (session && !boot.withheld) {
    batch.session = session;
    batch.session_age_ms = Math.max(0, Date.now() - session_began_ms);
  }
  const body = boot.stringify(batch);
  let wished_ms = 0;
  try {
    const reply = await boot.fetch(boot.base + "/v1/batch", {
      method: "POST",
      credentials: "omit",
      keepalive: body.length < KEEPALIVE_BYTES,
      signal: AbortSignal.timeout(PATIENCE_MS),
      body,
    });
    if (reply.status === 202) {
      const { rejected } = await reply.json();
      failures = 0;
      // A later revision may have been written meanwhile; it is on its way itself.
      if (read(key) === entry) write(key, "");
      return rejected[0] ? `rejected: ${rejected[0].field}: ${rejected[0].reason}` : "stored";
    }
    // Its other form, a date, is not understood and means no wish.
    wished_ms = 1000 * reply.headers.get("retry-after") || 0;
  } catch (_) {}
  retry(wished_ms);
  return "held";
}

// ---- Triggers.

/** How far below or above the window a place is when its survey is brought. */
const NEAR = "300px";
/** How long before a planned survey its module is brought, in milliseconds. */
const AHEAD_MS = 2_000;
/** How long a new route has to draw its places, in milliseconds. */
const SETTLE_MS = 1_000;

/** Names of events with the time each was last heard of, on the page's clock. */
const heardAt = {};
/** Whether a survey has appeared of its own accord in this page. */
let appeared;
/** The promise of what evaluates targets. */
let targeting;

/** The first rule that keeps a survey from appearing of its own accord now, as the path of its field; empty for none. */
async function refusal(survey) {
  const inline = survey.placement === "inline";
  // What waits to be opened interrupts nobody.
  const waits = inline || survey.placement === "launcher";
  if (appeared && !waits) return "site.cooldown_days";
  // A device that keeps nothing could not know later that it was asked.
  const probe = askedKey("probe");
  if (!waits && !(write(probe, "1") && write(probe, ""))) return "device.storage";
  const part = await (targeting = targeting || boot.load("targeting"));
  const { traits, language, visitor_since } = boot;
  const now = new Date().toLocaleString("sv-SE", { timeZone: config.time_zone });
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

/** Shows the launcher where its target agrees; where nothing can be decided it is there. */
async function settleLauncher() {
  const survey = launched();
  if (!survey || !survey.target) return;
  boot.unwanted = Boolean(await refusal(survey).catch(() => ""));
  boot.launcher.hidden = boot.unwanted || Boolean(over);
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

function waiting(on) {
  return config.surveys.filter((survey) => survey.trigger && survey.trigger.on === on);
}

function startTriggers() {
  // Time on the page, of which some has passed.
  planDelays(performance.now());
  if (waiting("scroll").length) {
    addEventListener("scroll", scrolled, { capture: true, passive: true });
    scrolled();
  }
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
  // What was told before is heard now, except that the page began.
  boot.heard = heard;
  boot.told.filter(([event]) => event !== "page_view").forEach(heard);
}

function planDelays(passed_ms) {
  for (const survey of waiting("delay")) {
    const delay_ms = survey.trigger.delay_ms - passed_ms;
    setTimeout(async () => (await refusal(survey)) || bring(), delay_ms - AHEAD_MS);
    setTimeout(appear, delay_ms, survey);
  }
}

function scrolled() {
  const page = document.documentElement.scrollHeight;
  const seen = page > innerHeight ? ((scrollY + innerHeight + 1) / page) * 100 : 100;
  waiting("scroll").forEach((survey) => seen >= survey.trigger.percent && appear(survey));
}

/** Watches the places of inline surveys and the elements that surveys wait for, again after a route change. */
async function watchPlaces() {
  for (const survey of waiting("seen")) {
    const element = document.querySelector(survey.trigger.selector);
    if (element) watch(element, "0px", () => appear(survey));
  }
  for (const at of document.querySelectorAll("[data-rapport-reviews]")) watch(at, NEAR, () => rare("reviews", (part) => part.show(at, boot, watch, run, dress)));
  for (const at of document.querySelectorAll("[data-rapport-survey]")) {
    const survey = surveyOf(at.getAttribute("data-rapport-survey"));
    if (survey && !(await refusal(survey))) {
      watch(at, NEAR, () => {
        const root = at.shadowRoot || at.attachShadow({ mode: "open" });
        // A place that was watched twice is filled once.
        if (!root.childElementCount) show(survey, { root });
      });
    }
  }
}

/** Calls back once, when an element comes within `margin` of the window. */
function watch(element, margin, callback) {
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
    setTimeout(watchPlaces, SETTLE_MS);
    settleLauncher();
    planDelays(0);
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
        const part = await (targeting = targeting || boot.load("targeting"));
        if (!cancelled() && part.hold(properties || [], more || {})) appear(survey);
      }, delay_ms || 0);
    }
  } else if (event !== "page_view") waiting("signal").forEach((survey) => survey.trigger.signal === event && appear(survey));
}

/** A survey that may ask is shown, unless one is on screen already or the visitor is elsewhere. */
async function appear(survey) {
  if (!/^(popover|banner)$/.test(survey.placement) || (await refusal(survey))) return;
  if (over || appeared || document.hidden || !write(askedKey(""), today() + "")) return;
  // Written before anything is drawn, so that another tab knows.
  write(askedKey(survey.id), today() + " shown");
  appeared = true;
  show(survey, { byItself: true });
}
