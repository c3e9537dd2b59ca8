// "What do you know about me" and "erase me": `rapport('data')`, `rapport('erase')` and `data-rapport-data`. Brought when a
// visitor wants to know. They are known by what only their browser holds: the visitor id (there after consent or
// identification), the tab's session and the answers given in it, and the signature of a customer.

import { nearest } from "../language/nearest.js";

/** How long to wait for the collector, in milliseconds. */
const PATIENCE_MS = 20_000;

/** Put in when the widget is built. */
const ENGLISH = {};

// Colours, corners and fonts are the theme's: custom properties that the collector's style sheet sets on the dialog.
const STYLE = `
.own-data{box-sizing:border-box;width:min(35rem,calc(100vw - 2rem));max-height:calc(100vh - 2rem);margin:auto;overflow:auto;
  padding:var(--pad);border:1px solid var(--line);border-radius:var(--radius);background:var(--surface);color:var(--text);
  box-shadow:var(--shadow);font:16px/1.5 var(--font);text-align:start;overflow-wrap:anywhere}
.own-data::backdrop{background:#10141e80}
.own-data h2{margin:0 0 1rem;font-size:1.25rem;font-weight:600;line-height:1.3}
.own-data p,.own-data ul,.own-data dl{margin:0 0 1rem}
.own-data ul{padding-inline-start:1.25rem}
.own-data dl{border-inline-start:3px solid var(--edge);padding-inline-start:.75rem}
.own-data dt{font-weight:600}
.own-data dd{margin:0 0 .5rem}
.own-data .buttons{display:flex;flex-wrap:wrap;gap:var(--gap);justify-content:flex-end}
.own-data button{min-height:var(--target);padding:.5em 1.25em;border:1px solid var(--control);border-radius:calc(var(--radius)*.75);
  background:none;color:inherit;font:inherit;font-weight:600;cursor:pointer}
.own-data button:hover{background:var(--sunken)}
.own-data button.first{border-color:var(--edge);background:var(--accent);color:var(--on-accent)}
.own-data button.first:hover{background:var(--accent-hover)}
.own-data :focus-visible{outline:3px solid var(--edge);outline-offset:2px}
.own-data h2:focus{outline:none}`;

/**
 * Hands the data to the host's listener, `null` when they cannot be had; without a listener shows them.
 * @param {Boot} boot
 * @param {any} listener
 */
async function data(boot, listener) {
  if (typeof listener === "function") listener(await see(boot).catch(() => null));
  else show(boot, await wordsOf(boot));
}

/**
 * Erases without asking: the host has asked. Its listener gets what was erased, `null` when it did not work.
 * @param {Boot} boot
 * @param {any} listener
 */
async function erase(boot, listener) {
  const erased = await eraseAll(boot).catch(() => null);
  if (typeof listener === "function") listener(erased);
}

// ---- What is known here.

/** @param {"localStorage" | "sessionStorage"} storage @param {string} key */
function read(storage, key) {
  try {
    return window[storage].getItem(key) || "";
  } catch (_) {
    return "";
  }
}

/** @param {"localStorage" | "sessionStorage"} storage */
function keys(storage) {
  try {
    return Object.keys(window[storage]);
  } catch (_) {
    return [];
  }
}

/** What is held of the visitor before, who has left, is not theirs: it is still to be sent. */
const isHeld = (/** @type {Boot} */ boot, /** @type {string} */ key) => key.startsWith(`rapport.held.${boot.site}.`);
const isLeft = (/** @type {Boot} */ boot, /** @type {string} */ key) =>
  isHeld(boot, key) && boot.parse(read("localStorage", key) || "{}").left;
const heldKeys = (/** @type {Boot} */ boot) => keys("localStorage").filter((key) => isHeld(boot, key) && !isLeft(boot, key));

/** By what the collector finds the visitor's data. @param {Boot} boot */
function claim(boot) {
  const of_tab = read("sessionStorage", "rapport.responses." + boot.site).split(" ");
  const responses = [...of_tab, ...heldKeys(boot).map((key) => key.split(".").pop() || "")].filter((id) => id.length === 36);
  const session = read("sessionStorage", "rapport.session").split(" ")[0];
  return {
    site: boot.site,
    visitor: boot.sender.visitor || undefined,
    sessions: session ? [session] : [],
    responses: [...new Set(responses)],
    customer: boot.signature && boot.customer,
    customer_signature: boot.signature,
  };
}

const isKnown = (/** @type {ReturnType<typeof claim>} */ { visitor, sessions, responses, customer }) =>
  visitor || sessions.length || responses.length || customer;

/** @param {Boot} boot @param {string} path @param {any} body */
async function post(boot, path, body) {
  const reply = await boot.fetch(boot.base + path, {
    method: "POST",
    credentials: "omit",
    signal: AbortSignal.timeout(PATIENCE_MS),
    body: boot.stringify(body),
  });
  // A signature that is not right takes nothing from what the browser itself is known by.
  if (reply.status === 403 && body.customer) return post(boot, path, { ...body, customer: undefined, customer_signature: undefined });
  const said = await reply.json();
  if (!reply.ok) throw new Error(said.detail);
  return said;
}

/** @param {Boot} boot */
async function see(boot) {
  const known = claim(boot);
  const nothing = { page_views: 0, signals: 0, reviews: 0, pictures: 0, responses: [], asked: 0 };
  const stored = isKnown(known) ? await post(boot, "/v1/me", known) : nothing;
  return { ...stored, held: heldKeys(boot).length };
}

/** @param {Boot} boot */
async function eraseAll(boot) {
  const known = claim(boot);
  const nothing = { page_views: 0, signals: 0, responses: 0, reviews: 0, pictures: 0 };
  const erased = isKnown(known) ? await post(boot, "/v1/me/erase", known) : nothing;
  forget(boot);
  return erased;
}

/** The device forgets too; only a refusal stays, since it is the visitor's wish. @param {Boot} boot */
function forget(boot) {
  const refused = boot.sender.consent === "refused" ? "refused" : "";
  const ours = (/** @type {string} */ key) => key.startsWith("rapport.") && (key.includes("." + boot.site) || /\.(session|lot)$/.test(key));
  for (const storage of /** @type {const} */ (["localStorage", "sessionStorage"])) {
    for (const key of keys(storage).filter((key) => ours(key) && !isLeft(boot, key))) window[storage].removeItem(key);
  }
  try {
    indexedDB.deleteDatabase("rapport");
  } catch (_) {}
  if (refused) localStorage.setItem("rapport.visitor." + boot.site, refused);
  const { proof } = boot.sender;
  boot.customer = boot.traits = boot.signature = undefined;
  // What this page measured so far would bring it all back: it is not even sent.
  boot.withheld = true;
  if (boot.facts) boot.call(["forget"]);
  boot.remember(refused);
  boot.sender.proof = proof;
  // What was begun would bring back what is stored of it.
  boot.forgetBegun?.();
}

// ---- Shown.

/** The words of the visitor's language, else English. @param {Boot} boot */
async function wordsOf(boot) {
  const files = boot.config.assets.own_data_words;
  const file = files[nearest(files, boot.language)];
  const part = file && (await import(`${boot.base}/${file}`).catch(() => 0));
  return part ? part.words : ENGLISH;
}

/** What is on screen. @type {HTMLDialogElement | undefined} */
let shown;

/** @param {Boot} boot @param {Record<string, string>} words */
function show(boot, words) {
  if (shown?.isConnected) return shown.querySelector("h2")?.focus();
  style(boot.root);
  const dialog = add(boot.root, "dialog", "", { className: "own-data", lang: words.tag });
  shown = dialog;
  dialog.dir = words.direction;
  dialog.setAttribute("aria-labelledby", "own-data-title");
  // The page's own shortcuts are not meant.
  for (const kind of ["keydown", "keyup", "keypress"]) dialog.addEventListener(kind, (event) => event.stopPropagation());
  dialog.addEventListener("close", () => dialog.remove());
  const heading = add(dialog, "h2", words.title, { id: "own-data-title", tabIndex: -1 });
  const body = add(dialog, "div", "");
  body.setAttribute("role", "status");
  add(body, "p", words.looking);
  const buttons = add(dialog, "div", "", { className: "buttons" });
  /** @typedef {[label: string | undefined, act: () => void, className?: string]} Offer */
  const offer = (/** @type {Offer[]} */ ...offered) => {
    buttons.replaceChildren();
    for (const [label, act, className] of offered)
      add(buttons, "button", label, { className: className || "", type: "button", onclick: act });
  };
  /** @type {Offer} */
  const close = [words.close, () => dialog.close(), "first"];
  const say = (/** @type {string | undefined} */ text, /** @type {Offer[]} */ ...offered) => {
    body.replaceChildren();
    add(body, "p", text);
    offer(...offered);
    heading.focus();
  };
  const failed = () => say(words.failed, close);
  const look = () => {
    offer(close);
    see(boot).then((own) => {
      body.replaceChildren();
      const found = describe(boot, words, own, body);
      if (found) offer([words.erase, confirm], close);
      else offer(close);
    }, failed);
  };
  const keep = () => {
    body.replaceChildren();
    look();
    heading.focus();
  };
  const eraseNow = () => {
    offer();
    eraseAll(boot).then(() => say(words.erased, close), failed);
  };
  const confirm = () => say(words.sure, [words.keep, keep], [words.confirm, eraseNow, "first"]);
  look();
  dialog.showModal();
  heading.focus();
  boot.opened?.();
}

/**
 * Lists what is stored; whether there is anything.
 * @param {Boot} boot
 * @param {Record<string, string>} words
 * @param {OwnData} own
 * @param {Element} body
 */
function describe(boot, words, own, body) {
  const number = (/** @type {number} */ value) => value.toLocaleString(words.tag);
  /** @type {[there: unknown, phrase: string | undefined, value: string | undefined][]} */
  const lines = [
    [own.customer, words.customer, own.customer],
    [own.page_views, words.page_views, number(own.page_views)],
    [own.signals, words.signals, number(own.signals)],
    [own.responses.length, words.answers, number(own.responses.length)],
    [own.reviews, words.reviews, number(own.reviews)],
    [own.pictures, words.pictures, number(own.pictures)],
    [own.asked, words.asked, number(own.asked)],
    [own.held, words.held, number(own.held)],
  ];
  const there = lines.filter(([there]) => there);
  add(body, "p", there.length ? words.found : words.nothing);
  if (!there.length) return false;
  const list = add(body, "ul", "");
  for (const [, phrase, value] of there) add(list, "li", String(phrase).replace("{}", String(value)));
  for (const response of own.responses) {
    const survey = boot.config.surveys.find((survey) => survey.id === response.survey) || { title: response.survey, questions: [] };
    const day = new Date(response.at.epoch_ms).toLocaleDateString(words.tag, { dateStyle: "long" });
    add(body, "p", survey.title + ", " + day).style.fontWeight = "600";
    const answers = add(body, "dl", "");
    for (const answer of response.answers) {
      const [id, part] = answer.question.split(".");
      const question = survey.questions.find((question) => question.id === id);
      const choices = Object.fromEntries((question?.choices || []).map(({ id, label }) => [id, label]));
      add(answers, "dt", [question?.text || id, part].filter(Boolean).join(", "));
      const picture = answer.picture;
      const score = picture ? `${picture.width_px} × ${picture.height_px}` : answer.score;
      const given = [score, ...answer.choices.map((id) => choices[id] || id), answer.text];
      add(answers, "dd", given.filter((value) => value != null && value !== "").join(", "));
    }
  }
  return true;
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Node} parent @param {Tag} tag @param {string | undefined} text @param {object} [properties]
 * @returns {HTMLElementTagNameMap[Tag]}
 */
function add(parent, tag, text, properties) {
  const element = parent.appendChild(document.createElement(tag));
  element.textContent = text || "";
  return Object.assign(element, properties);
}

/** @type {CSSStyleSheet | HTMLStyleElement | undefined} */
let sheet;

/** By the object model, which no content policy forbids; before the theme, whose own rules have the last word. @param {ShadowRoot} root */
function style(root) {
  if (sheet) return;
  try {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet, ...root.adoptedStyleSheets];
  } catch (_) {
    sheet = add(root, "style", STYLE);
  }
}

export { data, erase };
