// The reviews list: published reviews of a thing, or of the whole site, in a place of the host's page. The invitation
// brings it when such a place comes near the window. It draws with elements and text nodes only, inside the place's own
// shadow root; outside of it stands at most one script element of JSON-LD, and only where the host asks for it.

import { inRegion, nearest } from "../language/nearest.js";

// These are put in when the widget is built: the style sheet, the words in English, and the file of each other language's.
const STYLE = "";
/** @type {Record<string, string>} */
const ENGLISH = {};
/** @type {Record<string, string>} */
const LANGUAGES = {};
/** What the list can be sorted by, with its phrase; the first is the collector's own order. */
const SORTS = { top: "top", newest: "newest", highest: "highest", lowest: "lowest", helpful: "most_helpful" };

/** How far below or above the window a place is when its reviews are asked for. */
const NEAR = "300px";
/** @type {Boot} */
let boot;
/** @type {(element: Element, margin: string, callback: () => void) => void} */
let watch;
/** @type {(call: Call) => void} */
let run;
/** @type {(root: ShadowRoot) => void} */
let dress;
/** @type {(selector: string) => HTMLElement[]} */
let all;
/** The promise that the words are there. @type {Promise<void> | undefined} */
let begun;
let words = ENGLISH;
let locale = "en";
/** @type {CSSStyleSheet | undefined} */
let sheet;
/** What is known of each place. @type {Map<HTMLElement, ReviewPlace>} */
const places = new Map();

/**
 * Shows the list in a place, once. Further: what the loader gathered, and what the invitation watches places, runs calls,
 * gives the theme and finds elements with.
 * @param {HTMLElement} place
 * @param {[Boot, typeof watch, typeof run, typeof dress, typeof all]} given
 */
async function show(place, ...given) {
  [boot, watch, run, dress, all] = given;
  await (begun = begun || begin());
  if (places.has(place)) return;
  draw(place);
}

/**
 * Adds to the facts of a survey that is about to be shown what the page says of the thing it is about: its list of reviews,
 * or the nearest `data-rapport-thing` around its opener or its place, or else one anywhere, which `find` finds.
 * @param {Shown} shown
 * @param {(selector: string) => HTMLElement[]} find
 */
function about(shown, find) {
  const mark = "[data-rapport-thing]";
  /** @type {any} */
  let at;
  /** @type {any} */
  let list;
  /** @type {Element | undefined} */
  let from = shown.opener || shown.target;
  while (from) {
    list = list || from.closest("[data-rapport-reviews]");
    at = at || from.closest(mark);
    from = /** @type {Partial<ShadowRoot>} */ (from.getRootNode()).host;
  }
  at = at || find(mark)[0];
  const {
    rapportThing: thing,
    rapportOrder: order,
    rapportOrderSignature: order_signature,
  } = at ? at.dataset : /** @type {DOMStringMap} */ ({});
  const said = shown.facts?.thing || list?.dataset.rapportReviews;
  // An order is of the thing that it stands beside.
  const facts = said && said !== thing ? { thing: said } : { thing, order, order_signature };
  shown.facts = { ...facts, ...shown.facts };
}

async function begin() {
  const language = nearest(LANGUAGES, boot.language);
  if (LANGUAGES[language]) {
    try {
      words = (await import(`${boot.base}/assets/${LANGUAGES[language]}`)).words;
    } catch (_) {
      // In English then.
    }
  }
  locale = language === words.tag ? inRegion(language, boot.language) : words.tag;
  // Routes come and go without loading a page, and a place may be given another thing.
  const others = boot.look;
  boot.look = () => {
    others?.();
    look();
  };
}

function look() {
  for (const [place, state] of places) {
    if (!place.isConnected) forget(place, state);
    else if (state.thing !== place.dataset.rapportReviews) {
      forget(place, state);
      draw(place);
    } else tell(place, state);
  }
  for (const place of all("[data-rapport-reviews]")) {
    if (places.has(place)) continue;
    places.set(place, unasked(place));
    watch(place, NEAR, () => place.isConnected && draw(place));
  }
}

/** @param {HTMLElement} place @param {ReviewPlace} state */
function forget(place, state) {
  if (state.script) state.script.remove();
  places.delete(place);
}

// ---- Elements. Whatever people wrote becomes a text node.

/** @param {string} key @param {string[]} values */
function phrase(key, ...values) {
  let at = 0;
  return String(words[key]).replace(/\{\}/g, () => String(values[at++]));
}

/** Formats by what they write: each takes longer to make than everything that it then writes. @type {{ numbers: Intl.NumberFormat[], day?: Intl.DateTimeFormat }} */
const formats = { numbers: [] };

/** @param {number} value */
function number(value, digits = 0) {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  const format = (formats.numbers[digits] ||= new Intl.NumberFormat(locale, options));
  return format.format(value);
}

/** @param {Moment} time */
function day(time) {
  const format = (formats.day ||= dayFormat());
  return format.format(time.epoch_ms);
}

function dayFormat() {
  /** @type {Intl.DateTimeFormatOptions} */
  const options = { dateStyle: "long" };
  try {
    return new Intl.DateTimeFormat(locale, { ...options, timeZone: boot.config.time_zone });
  } catch (_) {
    // A browser that does not know the site's zone shows the visitor's days.
    return new Intl.DateTimeFormat(locale, options);
  }
}

/** @typedef {Record<string, string | number | boolean | null | undefined>} Attributes */

/**
 * An element with attributes and children; what is no element becomes text, and nothing stays nothing.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {Attributes} attributes @param {(Node | string | undefined)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value != null) element.setAttribute(name, String(value));
  element.append(...children.flatMap((child) => child || []));
  return element;
}

/** @param {string | undefined} label @param {(event: MouseEvent) => void} action @param {Attributes} attributes */
function button(label, action, attributes = {}) {
  const element = make("button", { type: "button", ...attributes }, label);
  element.addEventListener("click", action);
  return element;
}

/** @param {number} value @param {number} [digits] */
function stars(value, digits) {
  const label = phrase("stars", number(value, digits), number(5));
  const element = make("span", { class: "stars", role: "img", "aria-label": label }, "★★★★★");
  element.style.setProperty("--share", value / 5 + "");
  return element;
}

/** @param {string | undefined} label @param {[value: string, text: string | undefined][]} options @param {string} picked @param {(value: string) => void} change */
function choice(label, options, picked, change) {
  const select = make("select", {});
  for (const [value, text] of options) select.append(make("option", { value }, text));
  select.value = picked;
  select.addEventListener("change", () => change(select.value));
  return make("label", {}, make("span", {}, label), select);
}

// ---- One place.

/** A place that nothing was asked for yet. @param {HTMLElement} place @returns {ReviewPlace} */
function unasked(place) {
  return { thing: place.dataset.rapportReviews, asked: 0, sort: "top", stars: 0, language: "", verified: false, page: 1 };
}

/** Begins a place anew: nothing is drawn before the first reviews are there. @param {HTMLElement} place */
function draw(place) {
  const state = unasked(place);
  places.set(place, state);
  const root = place.shadowRoot || place.attachShadow({ mode: "open" });
  const frame = (state.frame = make("section", { class: "reviews", lang: words.tag, dir: words.direction, "aria-label": words.reviews }));
  style(root, frame);
  root.replaceChildren(frame);
  load(place, state, false);
}

/** @param {ShadowRoot} root @param {HTMLElement} frame */
function style(root, frame) {
  try {
    if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    dress(root);
  } catch (_) {
    frame.append(make("style", {}, STYLE));
  }
}

/** Asks for the page of the list that the state says; `more` adds it to what is there. @param {HTMLElement} place @param {ReviewPlace} state @param {boolean} more */
async function load(place, state, more) {
  const asked = ++state.asked;
  const { thing, sort, language, verified } = state;
  const fields = { thing, sort, language, stars: state.stars || "", verified: verified ? 1 : "", page: more ? state.page + 1 : 1 };
  const query = Object.entries(fields).flatMap(([name, value]) => (value ? [[name, String(value)]] : []));
  const frame = /** @type {HTMLElement} */ (state.frame);
  frame.setAttribute("aria-busy", "true");
  /** @type {ReviewList | undefined} */
  let list;
  try {
    const address = `${boot.base}/v1/reviews/${boot.site}?${new URLSearchParams(query)}`;
    const reply = await boot.fetch(address, { credentials: "omit" });
    if (reply.ok) list = await reply.json();
  } catch (_) {
    // Said below.
  }
  // Another page was asked for meanwhile, or the place has gone.
  if (state.asked !== asked || places.get(place) !== state) return;
  frame.removeAttribute("aria-busy");
  if (state.failure) state.failure.remove();
  if (!list) {
    const again = button(words.again, () => load(place, state, more));
    state.failure = make("p", { class: "failure", role: "alert" }, words.failed, " ", again);
    return frame.append(state.failure);
  }
  state.page = list.page;
  if (!state.items) surround(place, state, list);
  add(state, list, more);
  tell(place, state);
}

/** Everything around the reviews, drawn once. @param {HTMLElement} place @param {ReviewPlace} state @param {ReviewList} list */
function surround(place, state, list) {
  const { summary, languages } = list;
  /** @template {"sort" | "language" | "stars" | "verified"} Field @param {Field} field */
  const change = (field) => (/** @type {ReviewPlace[Field]} */ value) => {
    /** @type {ReviewPlace} */ (state)[field] = value;
    for (const row of rows) row.setAttribute("aria-pressed", String(+row.value === state.stars));
    load(place, state, false);
  };
  const rows = (state.rows = summary.distribution.map((entry) => {
    const bar = make("span", { class: "bar" });
    bar.style.setProperty("--share", entry.share_percent / 100 + "");
    const count = number(entry.reviews);
    const row = button("", () => change("stars")(state.stars === entry.stars ? 0 : entry.stars), {
      value: entry.stars,
      "aria-pressed": false,
    });
    const seen = (/** @type {string} */ name, /** @type {string[]} */ ...words) =>
      make("span", { class: name, "aria-hidden": true }, ...words);
    const said = `${phrase("with_stars", number(entry.stars))}, ${phrase("ratings", count)}`;
    row.append(make("span", { class: "unseen" }, said), seen("number", number(entry.stars), " ★"), bar, seen("count", count));
    return row;
  }));
  const header = make("header", {}, make("h2", {}, words.reviews));
  const some = summary.reviews > 0;
  if (some) {
    const mean = make("p", { class: "mean" }, make("b", {}, number(summary.mean_stars, 1)), stars(summary.mean_stars, 1));
    mean.append(make("span", { class: "quiet" }, phrase("ratings", number(summary.reviews))));
    header.append(
      mean,
      make("div", { class: "rows", role: "group", "aria-label": String(words.ratings).replace(/[\s:：{}]+$/, "") }, ...rows),
    );
  }
  const survey = place.dataset.rapportWrite || (state.thing && reviewSurvey());
  if (survey) {
    header.append(button(words.write, (event) => run(["open", survey, event.currentTarget]), { class: "write" }));
  }
  const tools = make("div", { class: "tools" });
  if (summary.reviews > 1) {
    /** @type {[string, string | undefined][]} */
    const sorts = Object.entries(SORTS).map(([id, key]) => [id, words[key]]);
    tools.append(choice(words.sort, sorts, state.sort, change("sort")));
    if (languages.length > 1) {
      /** @type {[string, string | undefined][]} */
      const names = languages.map(({ language }) => [language, languageName(language)]);
      tools.append(choice(words.language, [["", words.all], ...names], "", change("language")));
    }
    if (summary.verified > 0 && summary.verified < summary.reviews) {
      const box = make("input", { type: "checkbox" });
      box.addEventListener("change", () => change("verified")(box.checked));
      tools.append(make("label", {}, box, make("span", {}, words.verified_only)));
    }
  }
  state.status = make("p", { class: "status quiet", role: "status" });
  state.items = make("div", { class: "items" });
  state.more = button(words.more, () => load(place, state, true), { class: "more" });
  state.frame?.append(header, tools, state.status, state.items, state.more);
  state.reset = () => {
    for (const control of tools.querySelectorAll("input")) control.checked = false;
    for (const control of tools.querySelectorAll("select")) control.selectedIndex = 0;
    Object.assign(state, { sort: "top", language: "", verified: false });
    change("stars")(0);
    rows[0]?.focus();
  };
}

/** @param {string} tag */
function languageName(tag) {
  try {
    return new Intl.DisplayNames([locale], { type: "language" }).of(tag);
  } catch (_) {
    return tag;
  }
}

/** The first survey of the site that asks for a review. */
function reviewSurvey() {
  const asks = (/** @type {Survey} */ { questions }) => questions.some(({ kind }) => kind === "review");
  const survey = boot.config.surveys.find(asks);
  return survey?.id;
}

/** Shows one page of reviews, after those before it or in their place. @param {ReviewPlace} state @param {ReviewList} list @param {boolean} more */
function add(state, list, more) {
  const articles = list.reviews.map((review) => article(list, review));
  const items = /** @type {HTMLElement} */ (state.items);
  if (more) items.append(...articles);
  else items.replaceChildren(...articles);
  state.data = more && state.data && list.structured_data ? joined(state.data, list.structured_data) : list.structured_data;
  const shown = items.children.length;
  const said =
    list.matching > 0 ? phrase("shown", number(shown), number(list.matching)) : list.summary.reviews > 0 ? words.none : words.empty;
  /** @type {HTMLElement} */ (state.status).textContent = said || "";
  if (list.summary.reviews > 0 && !list.matching) items.append(button(words.show_all, () => state.reset?.()));
  /** @type {HTMLElement} */ (state.more).hidden = list.page >= list.pages;
  // Whoever asked for more goes on reading there.
  if (more && articles[0]) articles[0].focus();
}

/** @param {{ review?: object[] }} before @param {{ review?: object[] }} after */
function joined(before, after) {
  return { ...before, review: [...(before.review || []), ...(after.review || [])] };
}

/** @param {ReviewList} list @param {PublishedReview} review */
function article(list, review) {
  const { title, text, author, reply, language } = review;
  // Their own language and direction, whatever those of the page are.
  const own = { dir: "auto", lang: language || null };
  const by = author || String(words.customer);
  const heading = make("h3", own, title || by);
  const facts = make("p", { class: "facts quiet" }, stars(review.stars));
  if (title) facts.append(make("bdi", {}, by));
  facts.append(make("time", { datetime: review.at.local }, day(review.at)));
  if (review.verified_purchase) facts.append(make("span", { class: "verified" }, "✓ ", words.verified));
  if (!list.thing) facts.append(make("span", {}, phrase("about", review.thing_name)));
  const element = make(
    "article",
    { tabindex: -1, "aria-label": `${title || by}, ${phrase("stars", review.stars + "", "5")}` },
    heading,
    facts,
  );
  if (text) element.append(make("p", { class: "words", ...own }, text));
  if (review.photo) element.append(photo(review.photo));
  if (reply) {
    const who = make(
      "p",
      { class: "quiet" },
      make("b", {}, phrase("reply", list.site_name)),
      " ",
      make("time", { datetime: reply.at.local }, day(reply.at)),
    );
    element.append(make("blockquote", {}, who, make("p", { class: "words", dir: "auto" }, reply.text)));
  }
  element.append(votes(review, title || by));
  return element;
}

/** @param {NonNullable<PublishedReview["photo"]>} photo */
function photo({ address, width_px, height_px }) {
  const source = boot.base + address;
  const image = make("img", { src: source, alt: words.photo, loading: "lazy", width: width_px, height: height_px });
  return make("p", { class: "photo" }, make("a", { href: source, target: "_blank", rel: "noopener" }, image));
}

/** @param {PublishedReview} review @param {string} about */
function votes(review, about) {
  const label = make("span", {}, words.helpful);
  const said = make("span", { role: "status" });
  const element = make("div", { class: "votes quiet", role: "group", "aria-label": `${words.helpful} ${about}` }, label);
  /** @type {["helpful" | "unhelpful", string | undefined][]} */
  const offered = [
    ["helpful", words.yes],
    ["unhelpful", words.no],
  ];
  /** @type {{ control: HTMLButtonElement, show: () => void }[]} */
  const ways = offered.map(([way, word]) => {
    const count = make("span", {});
    const show = () => (count.textContent = review[way] ? ` (${number(review[way])})` : "");
    show();
    const control = button(
      word,
      async () => {
        if (control.getAttribute("aria-pressed") === "true") return;
        let counted;
        try {
          const address = `${boot.base}/v1/reviews/${boot.site}/${review.id}/${way}`;
          const reply = await boot.fetch(address, { method: "POST", credentials: "omit" });
          if (reply.ok) counted = await reply.json();
        } catch (_) {
          // Said below.
        }
        said.textContent = String(counted ? words.counted : words.not_counted);
        if (!counted) return;
        Object.assign(review, counted);
        for (const other of ways) {
          other.show();
          other.control.setAttribute("aria-pressed", String(other.control === control));
        }
      },
      { "aria-pressed": false },
    );
    control.append(count);
    element.append(control);
    return { control, show };
  });
  element.append(said);
  return element;
}

// ---- JSON-LD: exactly what is shown, in the host's document, as long as it is shown.

/** @param {HTMLElement} place @param {ReviewPlace} state */
function tell(place, state) {
  const about = place.getAttribute("data-rapport-json-ld");
  const others = [...places.values()].filter((other) => other !== state && other.script && other.thing === state.thing);
  const data = about != null && !others.length && state.data;
  if (!data) {
    if (state.script) state.script.remove();
    state.script = null;
    return;
  }
  const id = about && { "@id": about };
  // Escaped for whoever writes the document down as text.
  const text = boot.stringify({ ...data, ...id }).replace(/</g, "\\u003c");
  if (!state.script) {
    state.script = make("script", { type: "application/ld+json" });
    document.head.append(state.script);
  }
  // A text node is no script to a policy of trusted types.
  if (state.script.textContent !== text) state.script.replaceChildren(text);
}

export { about, show };
