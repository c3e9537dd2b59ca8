// layer.js: keeps what stands over the page where the visitor can reach it. While the page shows a modal dialog of its own,
// all that lies outside it is dead, so the widget goes into the topmost one, and out again when that closes.

import { boot } from "./boot.js";

/** Events by which dialogs of pages close, or think that the visitor left. */
const POINTED = ["pointerdown", "pointerup", "mousedown", "mouseup", "touchstart", "touchend", "click"];
/** Sees dialogs open and close while something is over the page. */
const dialogs = new MutationObserver(() => reach());

/** Nothing is over the page any more: the widget goes back to where it was put. */
export function stepOut() {
  dialogs.disconnect();
  stand(document.documentElement);
}

/** The modal dialogs around an element, across the borders of shadow trees. @param {Element | null | undefined} element */
function modalsAround(element) {
  const modals = [];
  /** @type {any} */
  let at = element;
  while (at) {
    if (isModal(at)) modals.push(at);
    at = at.assignedSlot || at.parentNode || at.host;
  }
  return modals;
}

/** @param {Element} element */
function isModal(element) {
  return element.localName === "dialog" && element.matches(":modal");
}

/** The modal dialog that the visitor has before them, if there is one. @param {Element} [opener] @returns {Element | undefined} */
function topmost(opener) {
  const { host } = boot.root;
  let focused = document.activeElement;
  while (focused && focused !== host && focused.shadowRoot) focused = focused.shadowRoot.activeElement;
  const modals = [...modalsAround(opener), ...modalsAround(focused), ...[...document.querySelectorAll("dialog")].filter(isModal)];
  // What another dialog has made dead is not hit.
  const isHit = (/** @type {Element} */ dialog) => {
    const { left, right, top, bottom } = dialog.getBoundingClientRect();
    const hit = /** @type {Document | ShadowRoot} */ (dialog.getRootNode()).elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return hit && dialog.contains(hit);
  };
  return modals.find(isHit) || modals.at(-1);
}

/** Puts the widget where it can be reached, and follows the dialogs of the page from here on; `opener` may lie in one that
 * no search of the document finds. @param {Element} [opener] */
export function reach(opener) {
  const dialog = topmost(opener);
  stand(dialog || document.documentElement);
  dialogs.disconnect();
  dialogs.observe(document, { subtree: true, attributes: true, attributeFilter: ["open"] });
  // In a tree that the document does not see into, and taken away without being closed.
  if (dialog) dialogs.observe(dialog.getRootNode(), { subtree: true, childList: true, attributes: true, attributeFilter: ["open"] });
}

/** Moves the widget; what was typed, and the place of the focus, stay. @param {Element} parent */
function stand(parent) {
  const { root } = boot;
  const { activeElement } = root;
  const host = /** @type {HTMLElement} */ (root.host);
  if (host.parentNode === parent) return;
  const panels = [...root.querySelectorAll(".survey")];
  const scrolled = panels.map((panel) => panel.scrollTop);
  parent.appendChild(host);
  const inDialog = parent !== document.documentElement;
  for (const type of POINTED) host[inDialog ? "addEventListener" : "removeEventListener"](type, stopHere);
  for (const element of [host, ...panels]) raise(element);
  panels.forEach((panel, at) => {
    panel.scrollTop = scrolled[at] || 0;
  });
  /** @type {HTMLElement | null} */ (activeElement)?.focus();
}

/** @param {Event} event */
function stopHere(event) {
  event.stopPropagation();
}

/** Brings an element that belongs there to the top of the page, above dialogs that were opened after it. @param {Element | null} element */
export function raise(element) {
  const panel = /** @type {Partial<HTMLDialogElement> & Element | null} */ (element);
  if (panel?.showModal) {
    panel.close?.();
    panel.showModal();
  } else if (panel?.popover) {
    if (panel.matches(":popover-open")) panel.hidePopover?.();
    panel.showPopover?.();
  }
}
