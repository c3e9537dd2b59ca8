// control.js: what was clicked, what a visitor may expect of it, and where nobody can say.

/** What is made to be pressed. */
const CONTROL =
  "button,a[href],summary,label,select,input,[onclick],[role=button],[role=link],[role=tab],[role=menuitem],[role=menuitemcheckbox]," +
  "[role=menuitemradio],[role=switch],[role=checkbox],[role=radio],[role=option],[role=treeitem]";
/** Those of them that nobody selects the text of. */
const FIRM =
  "button,summary,input[type=button],input[type=submit],input[type=reset],input[type=image],[role=button],[role=tab],[role=menuitem],[role=switch]";
/** What a visitor expects to react; an element with a pointer cursor counts as well. */
const EXPECTED =
  "a[href],button,summary,[onclick],[role=button],[role=link],[role=tab],[role=menuitem],[role=switch],[role=option]," +
  "input[type=button],input[type=submit],input[type=image],input[type=reset]";
/** What reacts in ways a page cannot see: native controls, media, what leaves the window. */
const OPAQUE =
  "input:not([type=button],[type=submit],[type=image],[type=reset]),textarea,select,option,label,audio,video,canvas,iframe,embed,object," +
  "[contenteditable]:not([contenteditable=false]),a[download],a[target]:not([target=_self])";
/** Fields for text, and what else is pressed many times in one place. */
const TEXT =
  "textarea,select,input:not([type=button],[type=submit],[type=image],[type=reset],[type=checkbox],[type=radio],[type=file],[type=color])," +
  "[contenteditable]:not([contenteditable=false]),[role=textbox],[role=searchbox],[role=combobox]";
/** What is chosen already, and rightly does nothing. */
const CHOSEN = "[aria-selected=true],[role=radio][aria-checked=true],[aria-current]:not([aria-current=false])";
const REPEATED = TEXT + ",[role=spinbutton],[role=slider],[role=scrollbar],[ondblclick],audio,video,canvas,iframe,embed,object";
/** How steppers and the arrows of slide shows are labelled, or named by those who draw them. */
const STEPPER_LABEL = /^\s*([-+−–<>‹›«»←→↑↓▲▼◀▶▴▾]|next|previous|prev|more|less)\s*$/i;
const STEPPER_NAME = /next|prev|plus|minus|incr|decr|arrow|spin|step|\bup\b|\bdown\b/i;

/** How those who draw them name what is dragged, and need not answer a click. */
const HELD = /slider|handle|thumb|track|drag|resiz|scroll|knob|split/i;

/** The host of the shadow root that a node is in. A link that is out of the page is its own root, and its `host` is text. @param {Node} node */
export function hostOf(node) {
  const { nodeType, host } = /** @type {Node & Partial<ShadowRoot>} */ (node.getRootNode());
  return nodeType === 11 ? host : undefined;
}

/**
 * The nearest element up from one that a selector fits, across the borders of shadow roots; nothing without one.
 * @param {Element} element @param {string} selector
 */
export function composedClosest(element, selector) {
  /** @type {Element | undefined} */
  let at = element;
  while (at) {
    const found = at.closest(selector);
    if (found) return found;
    at = hostOf(at);
  }
  return undefined;
}

/** What a click is of: the nearest control within the root of what was hit, of a label its field, else what was hit itself. @param {Element} hit */
export function controlOf(hit) {
  const control = /** @type {Element & { control?: Element | null } | null} */ (hit.closest(CONTROL));
  return (control && control.localName === "label" && control.control) || control || hit;
}

/** Whether quick clicks there are how it is meant to be used, or nobody can say what they hit. @param {Element} hit @param {Element} control */
export function isRepeated(hit, control) {
  if (composedClosest(hit, REPEATED) || composedClosest(hit, CHOSEN) || control.matches(REPEATED)) return true;
  const page = hit === document.documentElement || hit === document.body;
  // A closed shadow root tells every click within as one on its host.
  const closed = hit.localName.includes("-") && !hit.shadowRoot && !hit.childNodes.length;
  if (page || closed || control.matches(CONTROL)) return page || closed;
  // A surface that hands the focus to a field is an editor, whatever it draws itself.
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  if (active?.matches(TEXT)) return true;
  const { width, height } = hit.getBoundingClientRect();
  return width * height > (innerWidth * innerHeight) / 2;
}

/** Whether it is made to be pressed again and again, by what it says or is called. @param {Element} control */
export function isStepper(control) {
  const { title } = /** @type {Partial<HTMLElement>} */ (control);
  const label = control.getAttribute("aria-label") || title || control.textContent.slice(0, 12);
  const within = control.firstElementChild;
  const name = control.getAttribute("class") + " " + control.id + " " + (within ? within.getAttribute("class") : "");
  return STEPPER_LABEL.test(label) || (!/\w{3}/.test(control.textContent.trim()) && STEPPER_NAME.test(name));
}

/** Whether a visitor would expect a click to do something, and the page could see it. @param {MouseEvent} event @param {Element} hit */
export function shouldReact(event, hit) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || composedClosest(hit, OPAQUE) || composedClosest(hit, CHOSEN))
    return false;
  if (hit.localName.includes("-") && !hit.shadowRoot && !hit.childNodes.length) return false;
  const link = composedClosest(hit, "a[href]");
  // Following a link may take longer than any threshold, and one to this very page loads it again or is taken for a stay.
  if (link && !/^\s*(#|javascript:)/i.test(link.getAttribute("href") || "") && !sameDocument(link)) return false;
  return (
    !!composedClosest(hit, EXPECTED) || (getComputedStyle(hit).cursor === "pointer" && !HELD.test(hit.getAttribute("class") + " " + hit.id))
  );
}

/** Whether a link stays on its page; that of a drawing has no text for an address. @param {Element & { href?: unknown }} link */
function sameDocument({ href }) {
  return typeof href === "string" && href.includes("#") && href.split("#")[0] === location.href.split("#")[0];
}

/** The text that is selected, other than a button's own by clicking it twice; empty for none. @param {Element | undefined} control */
export function selectedBy(control) {
  const selection = getSelection();
  const text = selection && !selection.isCollapsed ? selection + "" : "";
  if (!selection || !text || !control?.matches(FIRM)) return text;
  return control.textContent.includes(text.trim()) && selection.getRangeAt(0).intersectsNode(control) ? "" : text;
}

/** Whether what is selected is of the control; what was selected elsewhere and left so says nothing of a click. @param {Element} control */
export function isSelecting(control) {
  return !!selectedBy(control) && !!getSelection()?.getRangeAt(0).intersectsNode(control);
}
