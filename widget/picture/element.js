// element.js: elements with their styles: those of a drawing, and those of the dialog.

export const XHTML = "http://www.w3.org/1999/xhtml";

/** An element with these styles and no others. @param {Drawing} drawing @param {Record<string, string>} styles */
export function box(drawing, styles, tag = "div") {
  const made = drawing.made.createElementNS(XHTML, tag);
  made.style.cssText = tag === "div" ? "display:block" : "";
  for (const name in styles) made.style.setProperty(name, styles[name]);
  return made;
}

/** @param {Node} parent @param {Node | null} child */
export function append(parent, child) {
  if (child) parent.appendChild(child);
}

// By the object model, property by property: no content policy forbids that.
/** @param {HTMLElement} element @param {string} text */
export function style(element, text) {
  for (const pair of text.split(";")) {
    const at = pair.indexOf(":");
    element.style.setProperty(pair.slice(0, at), pair.slice(at + 1));
  }
}

/** @param {Node} parent @param {any} tag @param {string} text @param {string} looks */
export function add(parent, tag, text, looks) {
  const made = parent.appendChild(document.createElement(tag));
  made.textContent = text;
  style(made, looks);
  return made;
}
