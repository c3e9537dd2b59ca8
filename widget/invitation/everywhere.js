// everywhere.js: finds what a page has, wherever it is: in the document, and in open shadow roots of any depth.

import { boot } from "./boot.js";

/** What changes a page in a way that matters here; what is observed already is observed once. */
const CHANGES = {
  childList: true,
  subtree: true,
  attributeFilter: ["data-rapport-survey", "data-rapport-reviews", "data-rapport-json-ld"],
};

/** Names of elements that are not defined yet. @type {Set<string>} */
const undefinedNames = new Set();

/** Every element that the selector finds. Each tree it was looked for in is looked at again once it has changed. @param {string} selector */
export function all(selector) {
  /** @type {HTMLElement[]} */
  const found = [];
  /** @param {Document | ShadowRoot} tree */
  const search = (tree) => {
    boot.changes.observe(tree, CHANGES);
    found.push(.../** @type {NodeListOf<HTMLElement>} */ (tree.querySelectorAll(selector)));
    for (const { shadowRoot } of tree.querySelectorAll("*")) if (shadowRoot && shadowRoot !== boot.root) search(shadowRoot);
    tree.querySelectorAll(":not(:defined)").forEach(awaitDefinition);
  };
  search(document);
  return found;
}

/** An element that is defined late gets its shadow root without a change of the document. @param {Element} element */
function awaitDefinition({ localName }) {
  if (undefinedNames.has(localName)) return;
  undefinedNames.add(localName);
  // A name that no element may have is never defined.
  if (window.customElements)
    customElements.whenDefined(localName).then(
      () => boot.look?.(),
      () => {},
    );
}
