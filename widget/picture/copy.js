// copy.js: copies elements with what they look like, and without what must not be seen.

import { XHTML, append, box } from "./element.js";
import { GREY, copyImage, copyVector, drawBackground } from "./image.js";

/** What is never part of a picture. */
const LEFT_OUT = "head,script,style,link,template,noscript,rapport-widget";
/** What other people draw; its place stays grey. */
const FOREIGN = "iframe,object,embed,video,audio,frame,portal,fencedframe";
/** Elements whose tag does more than their styles say; all others are drawn by their styles alone. */
const SPECIAL = /^(ol|ul|li|table|thead|tbody|tfoot|tr|td|th|caption|colgroup|col|button|br|wbr|fieldset|legend)$/;

/**
 * The styles that differ from what an element without any would have: initial, or inherited.
 * @param {Drawing} drawing
 * @param {CSSStyleDeclaration} computed
 * @param {Styles} inherited
 */
function stylesOf(drawing, computed, inherited) {
  const { initial } = drawing;
  /** @type {Styles} */
  const all = {};
  let text = "";
  for (const name of drawing.names) {
    const value = (all[name] = computed.getPropertyValue(name));
    if (name === "font-family") drawing.families.add(value);
    if (value !== initial[name] || inherited[name] !== initial[name]) text += name + ":" + value + ";";
  }
  return { all, text };
}

/** A length that is not a hair too short for the text in it: browsers cut the digits that they tell. @param {string} value */
function ceiling(value) {
  const px = parseFloat(value);
  return /^[\d.]+px$/.test(value) ? Math.ceil(px * 64) / 64 + "px" : value;
}

/** @param {Drawing} drawing @param {any} element @param {Styles} inherited */
export function copyElement(drawing, element, inherited) {
  if (element.matches(LEFT_OUT)) return null;
  const computed = getComputedStyle(element);
  if (computed.display === "none") return null;
  const svg = element.namespaceURI === "http://www.w3.org/2000/svg";
  if (svg) return copyVector(element);
  const rect = element.getBoundingClientRect();
  const isRoot = element === document.documentElement;
  const unseen =
    !isRoot &&
    rect.width * rect.height > 0 &&
    (rect.bottom < 0 || rect.right < 0 || rect.top > drawing.height || rect.left > drawing.width);
  const tag = element.localName;
  const copy = drawing.made.createElementNS(XHTML, SPECIAL.test(tag) ? tag : tag === "img" || tag === "canvas" ? "img" : "div");
  for (const name of ["start", "reversed", "value", "colspan", "rowspan", "span"]) {
    if (SPECIAL.test(tag) && tag !== "button" && element.hasAttribute(name)) copy.setAttribute(name, element.getAttribute(name));
  }
  const { all, text } = stylesOf(drawing, computed, inherited);
  copy.style.cssText = text;
  const set = (/** @type {string} */ name, /** @type {string} */ value) => copy.style.setProperty(name, value);
  for (const name of ["width", "height"]) set(name, ceiling(all[name]));
  if (!isRoot && /auto|scroll/.test(all["overflow-y"] + all["overflow-x"])) {
    // Without a scroll bar, which would stand elsewhere; the room it took stays.
    const still = {
      overflow: "hidden",
      "box-sizing": "border-box",
      width: element.offsetWidth + "px",
      height: element.offsetHeight + "px",
    };
    for (const [name, value] of Object.entries(still)) set(name, value);
  }
  if (isRoot || element === document.body) set("background-color", "transparent");
  drawBackground(drawing, all, set);
  const standing = place(drawing, element, all, rect, copy, set);

  if (element.matches("[data-rapport-mask]")) cover(copy, set, rect, "#000");
  else if (element.matches(FOREIGN)) cover(copy, set, rect, GREY);
  // A survey within the page holds answers that may not be given yet.
  else if (element.matches("[data-rapport-survey]")) cover(copy, set, rect, "none");
  else if (element.matches("input,textarea,select,meter,progress") || (element.isContentEditable && !isRoot))
    copyField(drawing, element, copy, set, rect);
  else if (copy.localName === "img") copyImage(drawing, element, copy, set, rect);
  else if (!unseen || /^(inline|contents)/.test(all.display)) copyChildren(drawing, element, all, copy);
  return standing;
}

/**
 * Takes what does not scroll with the page out of it, to where it stands on the screen; gives what stays in its place.
 * @param {Drawing} drawing
 * @param {any} element
 * @param {Styles} all
 * @param {DOMRect} rect
 * @param {any} copy
 * @param {(name: string, value: string) => void} set
 */
function place(drawing, element, all, rect, copy, set) {
  const onTop = element.matches(":modal") || (element.popover && element.matches(":popover-open"));
  if (all.position !== "fixed" && all.position !== "sticky" && !onTop) return copy;
  const stays = all.position === "sticky" ? copy.cloneNode() : null;
  if (stays) stays.style.setProperty("visibility", "hidden");
  const at = {
    position: "absolute",
    inset: "auto",
    left: rect.left + "px",
    top: rect.top + "px",
    margin: "0",
    transform: "none",
    translate: "none",
  };
  for (const [name, value] of Object.entries(at)) set(name, value);
  if (all["box-sizing"] !== "border-box") {
    set("box-sizing", "border-box");
  }
  set("width", rect.width + "px");
  set("height", rect.height + "px");
  if (onTop) {
    const { backgroundColor } = getComputedStyle(element, "::backdrop");
    if (element.matches(":modal")) drawing.top.push(box(drawing, { position: "absolute", inset: "0", background: backgroundColor }));
    drawing.top.push(copy);
  } else drawing.fixed.push(copy);
  return stays;
}

/**
 * An element of which nothing but its place is shown.
 * @param {any} copy
 * @param {(name: string, value: string) => void} set
 * @param {DOMRect} rect
 * @param {string} colour
 */
function cover(copy, set, rect, colour) {
  set("box-sizing", "border-box");
  if (copy.style.display === "inline" || !copy.style.display) set("display", "inline-block");
  set("width", rect.width + "px");
  set("height", rect.height + "px");
  set("background", colour);
}

/**
 * A field without what was typed, chosen or ticked.
 * @param {Drawing} drawing
 * @param {any} element
 * @param {any} copy
 * @param {(name: string, value: string) => void} set
 * @param {DOMRect} rect
 */
function copyField(drawing, element, copy, set, rect) {
  const { type } = element;
  const isButton = /^(button|submit|reset)$/.test(type) && element.localName === "input";
  set("box-sizing", "border-box");
  set("resize", "none");
  set("display", /^(block|grid|flex)$/.test(copy.style.display) ? "flex" : "inline-flex");
  set("width", rect.width + "px");
  set("height", rect.height + "px");
  if (isButton) {
    set("align-items", "center");
    set("justify-content", "center");
    copy.textContent = element.value;
  } else if (/^(checkbox|radio)$/.test(type) || /^(meter|progress)$/.test(element.localName)) {
    set("border", "1px solid #767676");
    if (type === "radio") set("border-radius", "50%");
  } else if (element.placeholder) {
    if (element.localName === "input") set("align-items", "center");
    copy.appendChild(box(drawing, { opacity: "0.6" })).textContent = element.placeholder;
  }
}

/** @param {Drawing} drawing @param {any} element @param {Styles} all @param {any} copy */
function copyChildren(drawing, element, all, copy) {
  let nodes = (element.shadowRoot || element).childNodes;
  if (element.localName === "slot" && element.assignedNodes({ flatten: true }).length) nodes = element.assignedNodes({ flatten: true });
  if (element.localName === "details" && !element.open) nodes = [...nodes].filter((node) => node.localName === "summary");
  const scroller = element !== document.scrollingElement && (element.scrollTop || element.scrollLeft);
  const shift = scroller && `${-element.scrollLeft}px ${-element.scrollTop}px`;
  append(copy, pseudo(drawing, element, "::before", all));
  for (const node of nodes) {
    let child = null;
    if (node.nodeType === Node.TEXT_NODE) {
      child = drawing.made.createTextNode(node.data);
      if (shift && node.data.trim()) {
        const line = box(drawing, { position: "relative", left: -element.scrollLeft + "px", top: -element.scrollTop + "px" }, "span");
        line.appendChild(child);
        child = line;
      }
    } else if (node.nodeType === Node.ELEMENT_NODE) {
      child = copyElement(drawing, node, all);
      if (shift && child?.style) child.style.setProperty("translate", shift);
    }
    append(copy, child);
  }
  append(copy, pseudo(drawing, element, "::after", all));
}

/**
 * What a style sheet adds before or after the content of an element.
 * @param {Drawing} drawing
 * @param {any} element
 * @param {string} which
 * @param {Styles} inherited
 */
function pseudo(drawing, element, which, inherited) {
  const computed = getComputedStyle(element, which);
  const { content } = computed;
  if (content === "none" || content === "normal") return null;
  const words = /^"((?:[^"\\]|\\.)*)"/s.exec(content);
  const made = box(drawing, {});
  const { all, text } = stylesOf(drawing, computed, inherited);
  made.style.cssText = text;
  made.style.removeProperty("content");
  drawBackground(drawing, all, (/** @type {string} */ name, /** @type {string} */ value) => made.style.setProperty(name, value));
  if (words) made.textContent = words[1].replace(/\\(.)/gs, "$1");
  return made;
}
