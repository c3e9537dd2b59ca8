// The form part: how forms are filled in, field by field, and where they are given up. It comes when something in a form gets the focus.
// It knows fields by their names, and looks at nothing that is entered.

import { native } from "../click/native.js";
import { near } from "../measured/place.js";
import { hearTold, send, whenLeft } from "../measured/send.js";

/** What can be filled in. */
const FIELD =
  "input:not([type=hidden],[type=submit],[type=button],[type=reset],[type=image]),textarea,select,[contenteditable]:not([contenteditable=false])";
/** What fields belong to that are of no form. */
const FORM = "form,[role=form],[data-rapport-task]";
/** What is the widget's own, or not to be counted. */
const LEFT_OUT = "rapport-widget,[data-rapport-survey],[data-rapport-ignore='']";
/** A stay counts no longer, in milliseconds (`STAY_MS` in shared/src/measure/form.rs). */
const STAY_MS = 60_000;
/** So long after it was sent a form may still show an error, in milliseconds. */
const ANSWER_MS = 1_500;
/** An error belongs to an attempt to send within this time, in milliseconds: scripts check fields at any time, which shows nothing. */
const ATTEMPT_MS = 1_000;
/** Most fields of a form, and most uses of forms on a page, that are counted. */
const FIELDS = 60;
const USES = 20;
/** Longest names, in characters (shared/src/limit.rs). */
const NAME = 120;
/** A name of so many digits is counted up by a framework, or somebody's. */
const COUNTED = /\d{4}/;

/** What was done in a field since it was last told. @typedef {{ time_ms: number, stays: number, changes: number, errors: number, autofilled: boolean, position: number, faulty: boolean, dirty: boolean }} Field */
/** A form that is being filled in; `told` is the step that was told last. @typedef {{ form: Element, name: string, began_ms: number, facts: Facts, fields: Map<string, Field>, last: string, told: string, sent_ms: number, changed: boolean }} Use */

/** @type {Boot} */
let boot;
/** @type {Map<Element, Use>} */
const uses = new Map();
let began = 0;
/** The field that has the focus, and since when. @type {{ field: Element, since_ms: number } | undefined} */
let stay;
/** Stays before the first change, which begins the use. @type {Map<Element, Map<string, Field>>} */
const before = new Map();
let attempt_ms = -Infinity;
/** The form that was sent last and not touched since. @type {Element | undefined} */
let sentForm;
/** @type {MutationObserver} */
let observer;

/** The field of an event; nothing for what is not to be counted. @param {Event} event */
function fieldOf(event) {
  const field = /** @type {Element} */ (event.composedPath()[0]);
  return field.matches?.(FIELD) && !near(field, LEFT_OUT) ? field : undefined;
}

/** @param {Element} field @returns {Element | null} */
const formOf = (field) => /** @type {HTMLInputElement} */ (field).form || near(field, FORM);

/** @param {Element} form */
function fieldsOf(form) {
  const own = /** @type {HTMLFormElement} */ (form).elements;
  return Array.from(own || form.querySelectorAll(FIELD)).filter((field) => field.matches(FIELD));
}

/** @param {Element} element @param {string[]} attributes */
function named(element, attributes) {
  const names = attributes.map((attribute) => element.getAttribute(attribute) || "");
  return (names.find((name) => name && !COUNTED.test(name)) || "").slice(0, NAME);
}

/** What a form is called. @param {Element} form */
function nameOfForm(form) {
  const path = (/^[^?#]*/.exec(form.getAttribute("action") || "") || [""])[0];
  const place = Array.from(document.querySelectorAll(FORM)).indexOf(form) + 1;
  return (
    named(form, ["data-rapport-name", "data-rapport-task", "name", "id"]) ||
    (path && !COUNTED.test(path) ? path.slice(0, NAME) : `form:${place}`)
  );
}

/** What a field is called; one that is masked by its tag alone. @param {Element} field @param {number} position */
function nameOfField(field, position) {
  const name = near(field, "[data-rapport-mask]") ? "" : named(field, ["data-rapport-name", "name", "id"]);
  return name || `${field.localName}:${position}`;
}

/** What is known of a field: fields of one name are one. @param {Map<string, Field>} fields @param {Element} form @param {Element} field */
function known(fields, form, field) {
  const position = fieldsOf(form).indexOf(field) + 1;
  const name = nameOfField(field, position);
  let of = fields.get(name);
  if (!of && fields.size < FIELDS) {
    of = { time_ms: 0, stays: 0, changes: 0, errors: 0, autofilled: false, position, faulty: isFaulty(field), dirty: false };
    fields.set(name, of);
  }
  return { name, of };
}

/** @param {Element} field @param {string} selector */
function fits(field, selector) {
  try {
    return field.matches(selector);
  } catch (_) {
    return false;
  }
}

/** Whether an error is shown at a field. @param {Element} field */
function isFaulty(field) {
  return !/^(|false)$/.test(field.getAttribute("aria-invalid") || "") || fits(field, ":user-invalid");
}

/** The fields of a form, whether it was begun or not. @param {Element} form */
function fieldsKnown(form) {
  const use = uses.get(form);
  if (use) return use.fields;
  if (!before.has(form)) before.set(form, new Map());
  return /** @type {Map<string, Field>} */ (before.get(form));
}

/** Something is done in a field: what is known of it. @param {Element} field */
function touched(field) {
  const form = formOf(field);
  if (!form) return {};
  const { name, of } = known(fieldsKnown(form), form, field);
  const use = uses.get(form);
  if (use) {
    use.last = name;
    use.changed = true;
  }
  return { form, name, of, use };
}

/** @param {Element} field */
function entered(field) {
  left();
  stay = { field, since_ms: performance.now() };
  const { of } = touched(field);
  if (of) of.stays++;
}

/** Counts the time of the stay so far. */
function count() {
  if (!stay) return;
  const { field, since_ms } = stay;
  stay.since_ms = performance.now();
  const form = formOf(field);
  const { of } = form ? known(fieldsKnown(form), form, field) : { of: undefined };
  if (!of) return;
  of.time_ms += Math.min(STAY_MS, stay.since_ms - since_ms);
  if (of.dirty) of.changes++;
  of.dirty = false;
}

/** The field is left. */
function left() {
  count();
  if (stay) check(stay.field);
  stay = undefined;
}

/** Counts an error that was not shown before. @param {Element} field @param {boolean} [shown] whether the browser shows it now */
function check(field, shown) {
  const form = formOf(field);
  const use = form && uses.get(form);
  if (!form || !use) return;
  const { of } = known(use.fields, form, field);
  if (!of) return;
  const faulty = shown || isFaulty(field);
  if (faulty && !of.faulty) {
    of.errors++;
    use.changed = true;
  }
  of.faulty = faulty;
}

/** Something is another in a field: with the first the form is begun. @param {Event} event */
function changed(event) {
  const field = event.isTrusted && fieldOf(event);
  const form = field && formOf(field);
  if (!form) return;
  const autofilled = fits(field, ":autofill") || fits(field, ":-webkit-autofill");
  if (!uses.has(form)) {
    const facts = boot.facts?.();
    // What the browser fills in of its own accord nobody has begun.
    if (!facts || began >= USES || (autofilled && (!stay || formOf(stay.field) !== form))) return;
    began++;
    const fields = before.get(form) || new Map();
    before.delete(form);
    const name = nameOfForm(form);
    uses.set(form, { form, name, began_ms: performance.now(), facts, fields, last: "", told: "", sent_ms: 0, changed: true });
    observer.observe(form, { attributes: true, attributeFilter: ["aria-invalid"], subtree: true });
  }
  const { of } = touched(field);
  if (!of) return;
  of.autofilled ||= autofilled;
  if (event.type === "change") of.changes++;
  of.dirty = event.type !== "change";
}

/** A field of the form that was sent is changed: what was entered did not arrive, or was refused. @param {Event} event */
function again(event) {
  const { form } = /** @type {HTMLInputElement} */ (event.composedPath()[0]);
  if (!form || form !== sentForm) return;
  sentForm = undefined;
  boot.tell("form_refilled", "");
}

/** A form was sent; whether it is complete is known once it could have shown an error. @param {Use | undefined} use */
function sent(use) {
  if (!use || use.sent_ms) return;
  use.sent_ms = performance.now();
  native(window, "setTimeout").call(window, () => settle(use, false), ANSWER_MS);
}

/** What became of a form that was sent. @param {Use} use @param {boolean} leaving */
function settle(use, leaving) {
  if (!use.sent_ms || uses.get(use.form) !== use) return;
  if (fieldsOf(use.form).some(isFaulty)) {
    use.sent_ms = 0;
    return;
  }
  tell(use, "complete", leaving);
  uses.delete(use.form);
}

/** Tells what was done in a form since it was last told. @param {Use} use @param {string} step @param {boolean} leaving */
function tell(use, step, leaving) {
  if (stay && formOf(stay.field) === use.form) count();
  if (!use.changed && use.told === step) return;
  const now_ms = performance.now();
  // All of one age: a use counts in the hour in which it began.
  const at = { age_ms: Math.round(now_ms - use.began_ms), name: use.name };
  const ended_ms = step === "complete" ? use.sent_ms : now_ms;
  /** @type {Measured[]} */
  const signals = use.told ? [] : [{ ...at, kind: "form", text: "start", measured: [0] }];
  for (const [element, of] of use.fields) {
    const numbers = [Math.round(of.time_ms), of.stays, of.changes, of.errors, +of.autofilled];
    if (numbers.some(Boolean)) signals.push({ ...at, kind: "field", element, measured: [...numbers, of.position] });
    Object.assign(of, { time_ms: 0, stays: 0, changes: 0, errors: 0, autofilled: false });
  }
  signals.push({ ...at, kind: "form", text: step, element: use.last, measured: [Math.round(ended_ms - use.began_ms)] });
  send(boot, use.facts, signals, leaving);
  use.told = step;
  use.changed = false;
}

/** The page is hidden or left, or a view `ended`. @param {boolean} leaving @param {boolean} ended */
function flush(leaving, ended) {
  for (const use of uses.values()) {
    settle(use, leaving);
    if (uses.has(use.form)) tell(use, "left", leaving);
  }
  if (!ended) return;
  uses.clear();
  before.clear();
}

/** Starts with what the loader and the agent gathered, when something in a form has got the focus. @param {Boot} gathered */
function start(gathered) {
  boot = gathered;
  /** @param {string} name @param {(event: Event) => void} act */
  const hear = (name, act) => {
    const heard = (/** @type {Event} */ event) => {
      try {
        act(event);
      } catch (_) {
        // It costs a figure, and is no error of the page.
      }
    };
    native(window, "addEventListener").call(window, name, heard, { capture: true, passive: true });
  };
  observer = new (native(window, "MutationObserver"))((records) => {
    for (const { target } of records) if (fits(/** @type {Element} */ (target), FIELD)) check(/** @type {Element} */ (target));
  });
  hear("focusin", (event) => {
    const field = fieldOf(event);
    if (field) entered(field);
  });
  hear("focusout", left);
  hear("input", changed);
  hear("change", (event) => {
    changed(event);
    again(event);
  });
  hear("click", (event) => (attempt_ms = event.timeStamp));
  hear("keydown", (event) => (attempt_ms = /** @type {KeyboardEvent} */ (event).key === "Enter" ? event.timeStamp : attempt_ms));
  hear("invalid", (event) => {
    const field = fieldOf(event);
    if (field && event.timeStamp - attempt_ms < ATTEMPT_MS) check(field, true);
  });
  hear("submit", (event) => {
    sentForm = /** @type {Element} */ (event.composedPath()[0]);
    sent(uses.get(sentForm));
  });
  // A form that no `submit` tells of is sent when its task has succeeded.
  hearTold(boot, (event, detail, more) => {
    if (event !== "task" || more !== "success") return;
    for (const use of uses.values()) if (use.form.getAttribute("data-rapport-task") === detail) sent(use);
  });
  whenLeft(boot, flush);
  let focus = document.activeElement;
  while (focus?.shadowRoot?.activeElement) focus = focus.shadowRoot.activeElement;
  if (focus?.matches(FIELD) && !near(focus, LEFT_OUT)) entered(focus);
}

export { start };
