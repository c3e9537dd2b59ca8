// change.js: what is known of each change of the page: what changed and how, whether the visitor had done something before,
// and whether it can be seen. The rules that judge it are in `shared/src/measure`.

import { hostOf } from "./control.js";

/** How long a change is told of, in milliseconds; of what is older only that it was. */
const KEPT_MS = 60_000;
/** Most changes that are told of. */
const KEPT = 1_500;
/** Most changes that one verdict is told. */
const TOLD = 400;
/** Presses whose times are known. */
const PRESSES = 100;
/** Changes of one thing so close together are one, in milliseconds. */
const GRAIN_MS = 50;
/** How long after the visitor did something changes may still be judged, in milliseconds. */
const JUDGED_MS = 8_000;
/** How long what the visitor does may be the reason of a change, in milliseconds. */
const REASON_MS = 1_000;
/** What comes and goes within this time under the pointer is a ripple, in milliseconds. */
const PASSING_MS = 1_500;
/** So soon a pressed look is gone again, in milliseconds. */
const RELEASED_MS = 700;
/** How a look is called that says no more than where the pointer is, or that it has been there. */
const LOOK = /hover|focus|ripple|wave|\bink\b|touched|user-valid/i;
/** What of an element nobody sees. */
const BLIND = /^(auto(complete|capitalize|correct)|spellcheck|inputmode|enterkeyhint|name|tabindex|nonce|rel|loading|fetchpriority)$/;
/** What nobody sees. */
const UNSEEN = /^(script|meta|noscript|template|base|title)$/;

/**
 * What is known of a change; what it was of only while that matters: the element of an attribute with its name and what it
 * was before, what was put into the control that is pressed, and what was added and may be seen.
 * @typedef {{
 *   at_ms: number, key: number, caused: boolean, slot: number, passing?: boolean, unseen?: boolean, request?: boolean,
 *   node?: Node | undefined, name?: string, before?: string | null, nodes?: AnyNode[] | undefined, added?: AnyNode[] | undefined,
 * }} Change
 */
/** A node of whatever kind. @typedef {Node & Partial<Element & CharacterData & ShadowRoot> & { type?: string, rel?: string }} AnyNode */
/** A record of what was put in and taken out. @typedef {MutationRecord & Record<"addedNodes" | "removedNodes", Iterable<AnyNode>>} ChildrenRecord */
/** A record of an attribute. @typedef {MutationRecord & { target: Element, attributeName: string }} AttributeRecord */

/** Oldest first. @type {Change[]} */
export const changes = [];
/** Keys of what may change, by node and name. @type {WeakMap<Node, Map<string, number>>} */
const keys = new WeakMap();
/** The last change under each key. @type {Map<number, Change>} */
const lastOf = new Map();
let keyCount = 0;
let acted_ms = -Infinity;
/** Counts presses: what happens between two of them is the first one's. */
let slot = 0;
/** When each of the last presses was made, by its number. @type {Map<number, number>} */
const pressed_ms = new Map();
/** The control that is pressed, and the time until which it is being pressed. @type {Element | undefined} */
let pressed;
let pressing_ms = 0;

/** The visitor did something. @param {number} at_ms */
export function noteAct(at_ms) {
  acted_ms = at_ms;
}

/** What the focus was taken from by the press that is going on, with all around it that the control is no part of. @type {Node | undefined} */
let left;

/** The press takes the focus from a field: what changes around that until the click is no more than that. @param {Node} field */
export function noteLeft(field) {
  if (!pressed || pressed.contains(field)) return;
  left = field;
  while (left.parentElement && !left.parentElement.contains(pressed)) left = left.parentElement;
}

/** The visitor presses a control. @param {Element} control @param {number} at_ms */
export function notePress(control, at_ms) {
  for (const change of changes) if (at_ms - change.at_ms > 2 * PASSING_MS) change.node = change.nodes = change.added = undefined;
  acted_ms = at_ms;
  pressed = control;
  left = undefined;
  pressing_ms = at_ms;
  pressed_ms.set(++slot, at_ms);
  pressed_ms.delete(slot - PRESSES);
}

/** The press has become a click; for a moment more what happens is its doing. @param {number} at_ms */
export function noteClick(at_ms) {
  left = undefined;
  acted_ms = at_ms;
  pressing_ms = at_ms;
}

/** @param {Node} node @param {string} name */
function keyOf(node, name) {
  let names = keys.get(node);
  if (!names) keys.set(node, (names = new Map()));
  let key = names.get(name);
  if (!key) names.set(name, (key = ++keyCount));
  return key;
}

/**
 * Takes note of a change that is told of under a key, or of one that never happens by itself.
 * @param {number} at_ms @param {Partial<Change>} [more]
 */
export function note(at_ms, more) {
  /** @type {Change} */
  const change = { at_ms, key: 0, caused: at_ms - acted_ms <= REASON_MS, slot, ...more };
  // What nobody will judge holds no piece of the page.
  if (at_ms - acted_ms > JUDGED_MS) change.node = change.nodes = change.added = undefined;
  // The frames of a film are one change a moment, unless the visitor has pressed something meanwhile.
  const last = change.key && lastOf.get(change.key);
  if (last && at_ms - last.at_ms < GRAIN_MS && last.slot === slot && !change.node && !change.nodes) return;
  if (change.key) lastOf.set(change.key, change);
  changes.push(change);
  while (changes[0] && (changes.length > KEPT || at_ms - changes[0].at_ms > KEPT_MS)) {
    const old = changes.shift();
    if (old && lastOf.get(old.key) === old) lastOf.delete(old.key);
  }
}

/**
 * Takes note of a change of some node that could happen by itself.
 * @param {number} at_ms @param {Node} node @param {string} name @param {Partial<Change>} [more]
 */
export function noteOf(at_ms, node, name, more) {
  note(at_ms, { ...more, passing: more?.passing || (!!left && left.contains(node)), key: keyOf(node, name) });
}

const tokens = (/** @type {string | null} */ text) => new Set((text || "").split(/\s+/).filter(Boolean));
const differing = (/** @type {Set<string>} */ one, /** @type {Set<string>} */ other) => [...one].filter((token) => !other.has(token));

/**
 * The words by which two texts of a class or style differ; counted-up numbers in them are the same word.
 * @param {string} name @param {string | null} before @param {string | null} after
 */
function difference(name, before, after) {
  if (name !== "class" && name !== "style") return name;
  const words = (/** @type {string | null} */ text) =>
    name === "class"
      ? tokens(text)
      : new Set(
          (text || "")
            .split(";")
            .map((rule) => rule.trim())
            .filter(Boolean),
        );
  const [old, now] = [words(before), words(after)];
  const changed = [...differing(old, now), ...differing(now, old)].map((word) =>
    name === "style" ? word.split(":")[0] : word.replace(/\d+/g, ""),
  );
  return name + ":" + [...new Set(changed)].sort();
}

/** Changes as an observer of the browser tells of them. @param {MutationRecord[]} records @param {number} at_ms */
export function observe(records, at_ms) {
  for (const record of records) {
    const { type } = record;
    const target = /** @type {AnyNode} */ (record.target);
    /** @type {AnyNode | undefined} */
    const element = target.nodeType === 1 ? target : target.parentElement || target.host;
    if (element && (element.localName === "rapport-widget" || UNSEEN.test(element.localName || "") || element.type === "hidden")) continue;
    if (type === "attributes") attribute(/** @type {AttributeRecord} */ (record), at_ms);
    else if (type === "childList") children(/** @type {ChildrenRecord} */ (record), at_ms);
    else if (record.oldValue !== target.data) noteOf(at_ms, element || target, "text");
  }
}

/**
 * Whether an element elsewhere only stops to look as if it had the focus, since something else is pressed.
 * @param {Element} element @param {string} what @param {string | null} before @param {string | null} after
 */
const isUnused = (element, what, before, after) =>
  /^class:[^,]*focus[^,]*$/i.test(what) && (before || "").length > (after || "").length && !!pressed && !element.contains(pressed);

/** @param {AttributeRecord} record @param {number} at_ms */
function attribute({ target, attributeName: name, oldValue: before }, at_ms) {
  const after = target.getAttribute(name);
  if (after === before || BLIND.test(name)) return;
  const under = !!pressed && (pressed.contains(target) || hostOf(pressed) === target);
  const what = difference(name, before, after);
  const look = under && (/^(class|style|data-.*)$/.test(name) || name === "focused");
  const passing = (look && LOOK.test(what)) || isUnused(target, what, before, after);
  const custom = name === "style" && under && /^style:(--[^,]*,?)+$/.test(what);
  // A pressed look is gone when the pointer is.
  if (look) {
    const earlier = changes.filter((change) => change.node === target && change.name === name && change.slot === slot);
    if (earlier[0] && earlier[0].before === after && at_ms - earlier[0].at_ms < RELEASED_MS) {
      for (const change of earlier) change.passing = true;
      noteOf(at_ms, target, what, { passing: true, node: target, name, before });
      return;
    }
  }
  noteOf(at_ms, target, what, { passing: passing || custom, ...(look && { node: target, name, before }) });
}

const isBlank = (/** @type {AnyNode} */ node) => node.nodeType === 8 || (node.nodeType === 3 && !node.data?.trim());
const hasContent = (/** @type {AnyNode} */ node) =>
  !!node.textContent?.trim() || !!(node.matches?.("svg,img,video,canvas,input") || node.querySelector?.("svg,img,video,canvas,input"));

/** @param {ChildrenRecord} record @param {number} at_ms */
function children({ target, addedNodes, removedNodes }, at_ms) {
  const [added, removed] = [[...addedNodes], [...removedNodes]].map((nodes) =>
    nodes.filter((node) => !isBlank(node) && !UNSEEN.test(node.localName || "") && node.localName !== "rapport-widget"),
  );
  const all = [...added, ...removed];
  if (!all.length) return;
  const first = all[0];
  const name = first.nodeType === 3 ? "text" : `children:${first.localName}.${(first.getAttribute?.("class") || "").replace(/\d+/g, "")}`;
  const under = !!pressed && pressed.contains(target);
  let passing = under && first.nodeType === 1 && LOOK.test(name) && !hasContent(first);
  // What was put into the control, and is taken out again without another press, was a ripple.
  for (const node of removed) {
    const put = changes.find((change) => change.nodes?.includes(node));
    if (put && at_ms - put.at_ms < PASSING_MS && !added.length && (put.slot === slot || at_ms - pressing_ms > GRAIN_MS)) {
      passing = true;
      for (const change of changes) if (change.key === put.key) change.passing = true;
    }
  }
  // Only what is put in empty can be one; the rest is looked at when it is judged, since to look now would cost the page a layout.
  const empty = under && added.length && !removed.length && !added.some(hasContent);
  noteOf(at_ms, target, name, { passing, nodes: empty ? added : undefined, added: removed.length ? undefined : added });
}

/** Whether something that was added can be seen now, or was there only for a moment. @param {AnyNode} node */
function isSeen(node) {
  if (!node.isConnected) return true;
  /** @type {AnyNode | undefined} */
  const element = node.nodeType === 3 ? node.parentElement || hostOf(node) : node;
  if (!element?.getBoundingClientRect) return true;
  if (element.localName === "style" || element.localName === "link")
    return element.localName === "style" || /stylesheet/.test(element.rel || "");
  const { width, height } = element.getBoundingClientRect();
  // What has no box of its own may have children with one.
  return (width > 2 && height > 2) || [...(element.children || [])].some((child) => child.getBoundingClientRect().width > 2);
}

/**
 * When a change was. A press is told with the time at which it was made, a change with that at which it was seen: while the page is
 * busy presses wait, and what one of them did is seen when the next has been made long since.
 * @param {Change} change
 */
function wasAt({ at_ms, slot: of }) {
  const next_ms = pressed_ms.get(of + 1);
  return next_ms !== undefined && at_ms >= next_ms ? Math.max(pressed_ms.get(of) ?? 0, next_ms - 0.01) : at_ms;
}

/** What changed since `from_ms`, with what is known of the same before, as numbers for the rules: of each change the time, the
 * key and the facts as bits. @param {number} from_ms */
export function told(from_ms) {
  /** @type {number[]} */
  const flat = [];
  const meant = new Set(changes.filter((change) => change.key && change.at_ms >= from_ms).map((change) => change.key));
  const told = changes.filter((change) => (change.key ? meant.has(change.key) : change.at_ms >= from_ms));
  for (const change of told.slice(-TOLD)) {
    if (change.added && change.at_ms >= from_ms) {
      change.unseen = !change.added.some(isSeen);
      change.added = undefined;
    }
    const { key, passing, unseen, request, caused } = change;
    flat.push(wasAt(change), key, (passing ? 1 : 0) + (unseen ? 2 : 0) + (request ? 4 : 0) + (caused ? 8 : 0));
  }
  return flat;
}
