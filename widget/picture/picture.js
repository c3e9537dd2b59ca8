// picture.js: draws the visible part of the page into a picture, or reads a photo, and lets the visitor cover what should
// not be seen; then keeps it on the device until the collector has it. It is brought only when a visitor asks for a picture,
// or one waits to be sent; nothing is taken before.

/** Longest side of a picture, in px, and largest file, in bytes: what the collector keeps. */
const SIDE_PX = 1_600;
const BYTES = 500_000;

/** The loader's way to bring a part calls its default export. */
function ready() {
  return Promise.resolve();
}

// ---- Drawing the page: every element that is in view is copied with the styles that the browser computed for it, into an
// SVG picture, which loads and runs nothing. Typed text, masked elements and other people's frames are never copied.

/** Images that are drawn, and the longest side at which each is; the rest stay grey. */
const IMAGES = 60;
const IMAGE_SIDE_PX = 800;
/** Fonts of the page that are brought, and the largest of them, in bytes; the rest fall back to the next of their family. */
const FONTS = 8;
const FONT_BYTES = 300_000;

/** How long images and fonts may take, in milliseconds. */
const DRAWING_MS = 4_000;

/** What is never part of a picture. */
const LEFT_OUT = "head,script,style,link,template,noscript,rapport-widget";
/** What other people draw; its place stays grey. */
const FOREIGN = "iframe,object,embed,video,audio,frame,portal,fencedframe";
/** Elements whose tag does more than their styles say; all others are drawn by their styles alone. */
const SPECIAL = /^(ol|ul|li|table|thead|tbody|tfoot|tr|td|th|caption|colgroup|col|button|br|wbr|fieldset|legend)$/;
/** Styles that a still picture has no use of, or that say again what others say. */
const IDLE_STYLE = /^(animation|transition|will-change|cursor|pointer-events)|(^|-)(inline|block)-(size|start|end)|^(margin|padding|border|inset|overflow)-(inline|block)/;
/** Characters that a page may hold and XML may not: control characters, and halves of others. */
const UNWRITABLE = /[\0-\x08\x0b\f\x0e-\x1f\ufffe\uffff\ud800-\udfff]/gu;
const GREY = "#ccc";
const XHTML = "http://www.w3.org/1999/xhtml";

async function drawPage(root) {
  const width = document.documentElement.clientWidth;
  const height = document.documentElement.clientHeight || innerHeight;
  const drawing = {
    width,
    height,
    // Elements made here belong to a document that runs nothing.
    made: document.implementation.createHTMLDocument(""),
    initial: {},
    names: [],
    waiting: [],
    images: 0,
    // Families that are used, in lower case.
    families: new Set(),
    // What stands fixed over the page, and what stands over everything.
    fixed: [],
    top: [],
  };
  const probe = root.appendChild(document.createElement("span"));
  style(probe, "all:initial;direction:ltr;unicode-bidi:normal");
  const initial = getComputedStyle(probe);
  for (const name of initial) {
    if (IDLE_STYLE.test(name)) continue;
    drawing.names.push(name);
    drawing.initial[name] = initial.getPropertyValue(name);
  }
  probe.remove();
  const page = box(drawing, { position: "absolute", left: -scrollX + "px", top: -scrollY + "px", width: document.documentElement.scrollWidth + "px" });
  append(page, copyElement(drawing, document.documentElement, drawing.initial));
  const whole = box(drawing, { position: "relative", width: width + "px", height: height + "px", overflow: "hidden", background: ground() });
  for (const part of [page, ...drawing.fixed, ...drawing.top]) append(whole, part);
  // What does not come in time is left out.
  const patience = new Promise((resolve) => setTimeout(resolve, DRAWING_MS, ""));
  const fonts = await Promise.race([fontsOf(drawing).catch(() => ""), patience]);
  await Promise.race([Promise.all(drawing.waiting), patience]);
  const markup =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    "<style>foreignObject *:not(foreignObject svg,foreignObject svg *){all:unset}" +
    `${fonts}</style>` +
    `<foreignObject width="${width}" height="${height}">${new XMLSerializer().serializeToString(whole)}</foreignObject></svg>`;
  const image = new Image();
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(markup.replace(UNWRITABLE, ""));
  await image.decode();
  return { image, width, height };
}

/** The rules of every style sheet that may be read, or fetched anew to be read. */
async function rulesOf(sheet) {
  try {
    return sheet.cssRules;
  } catch (_) {
    const made = new CSSStyleSheet();
    made.replaceSync(await (await fetch(sheet.href)).text());
    return made.cssRules;
  }
}

/** The page's own fonts, as far as they are in use and small enough, as rules that need no network. */
async function fontsOf(drawing) {
  const used = [...drawing.families].join().toLowerCase();
  const loaded = [...document.fonts].filter((font) => font.status === "loaded");
  const plain = (family) => family.replace(/["']/g, "").toLowerCase();
  const wanted = [];
  const look = async (rules, base) => {
    for (const rule of rules) {
      if (rule.cssRules) await look(rule.cssRules, base);
      else if (rule.styleSheet) await look(await rulesOf(rule.styleSheet), rule.styleSheet.href).catch(() => {});
      const get = (name) => rule.style.getPropertyValue(name);
      if (!/^@font-face/.test(rule.cssText) || !used.includes(plain(get("font-family")))) continue;
      const same = (font) => plain(font.family) === plain(get("font-family")) && font.weight === (get("font-weight") || "normal") &&
        font.style === (get("font-style") || "normal") && (!get("unicode-range") || font.unicodeRange.toLowerCase() === get("unicode-range").toLowerCase());
      const address = /url\(["']?([^"')]+)/.exec(get("src"));
      if (address && loaded.some(same)) wanted.push([rule, new URL(address[1], base).href]);
    }
  };
  for (const sheet of document.styleSheets) await rulesOf(sheet).then((rules) => look(rules, sheet.href || location.href)).catch(() => {});
  const texts = wanted.slice(0, FONTS).map(async ([rule, address]) => {
    const blob = await (await fetch(address, { cache: "force-cache" })).blob();
    if (blob.size > FONT_BYTES) return "";
    const reader = new FileReader();
    await new Promise((resolve) => {
      reader.onload = resolve;
      reader.readAsDataURL(blob);
    });
    return rule.cssText.replace(/src:[^;}]*/, `src:url(${reader.result})`);
  });
  return (await Promise.all(texts.map((text) => text.catch(() => "")))).join("").replace(/[<&]/g, "");
}

/** The colour behind the page: that of its root, of its body, or of the browser. */
function ground() {
  for (const element of [document.documentElement, document.body]) {
    const { backgroundColor } = element ? getComputedStyle(element) : {};
    if (backgroundColor && !/^(transparent|rgba\(.*, 0\))$/.test(backgroundColor)) return backgroundColor;
  }
  const scheme = getComputedStyle(document.documentElement).colorScheme;
  return /dark/.test(scheme) && (!/light/.test(scheme) || matchMedia("(prefers-color-scheme: dark)").matches) ? "#121212" : "#fff";
}

/** An element with these styles and no others. */
function box(drawing, styles, tag = "div") {
  const made = drawing.made.createElementNS(XHTML, tag);
  made.style.cssText = tag === "div" ? "display:block" : "";
  for (const name in styles) made.style.setProperty(name, styles[name]);
  return made;
}

function append(parent, child) {
  if (child) parent.appendChild(child);
}

/** The styles that differ from what an element without any would have: initial, or inherited. */
function stylesOf(drawing, computed, inherited) {
  const { initial } = drawing;
  const all = {};
  let text = "";
  for (const name of drawing.names) {
    const value = (all[name] = computed.getPropertyValue(name));
    if (name === "font-family") drawing.families.add(value);
    if (value !== initial[name] || inherited[name] !== initial[name]) text += name + ":" + value + ";";
  }
  return [all, text];
}

/** A length that is not a hair too short for the text in it: browsers cut the digits that they tell. */
function ceiling(value) {
  const px = parseFloat(value);
  return /^[\d.]+px$/.test(value) ? Math.ceil(px * 64) / 64 + "px" : value;
}

function copyElement(drawing, element, inherited) {
  if (element.matches(LEFT_OUT)) return null;
  const computed = getComputedStyle(element);
  if (computed.display === "none") return null;
  const svg = element.namespaceURI === "http://www.w3.org/2000/svg";
  if (svg) return copyVector(element);
  const rect = element.getBoundingClientRect();
  const isRoot = element === document.documentElement;
  const unseen = !isRoot && rect.width * rect.height > 0 && (rect.bottom < 0 || rect.right < 0 || rect.top > drawing.height || rect.left > drawing.width);
  const tag = element.localName;
  const copy = drawing.made.createElementNS(XHTML, SPECIAL.test(tag) ? tag : tag === "img" || tag === "canvas" ? "img" : "div");
  for (const name of ["start", "reversed", "value", "colspan", "rowspan", "span"]) {
    if (SPECIAL.test(tag) && tag !== "button" && element.hasAttribute(name)) copy.setAttribute(name, element.getAttribute(name));
  }
  const [all, text] = stylesOf(drawing, computed, inherited);
  copy.style.cssText = text;
  const set = (name, value) => copy.style.setProperty(name, value);
  for (const name of ["width", "height"]) set(name, ceiling(all[name]));
  if (!isRoot && /auto|scroll/.test(all["overflow-y"] + all["overflow-x"])) {
    // Without a scroll bar, which would stand elsewhere; the room it took stays.
    const still = { overflow: "hidden", "box-sizing": "border-box", width: element.offsetWidth + "px", height: element.offsetHeight + "px" };
    for (const name in still) set(name, still[name]);
  }
  if (isRoot || element === document.body) set("background-color", "transparent");
  drawBackground(drawing, all, set);
  const standing = place(drawing, element, all, rect, copy, set);

  if (element.matches("[data-rapport-mask]")) cover(copy, set, rect, "#000");
  else if (element.matches(FOREIGN)) cover(copy, set, rect, GREY);
  // A survey within the page holds answers that may not be given yet.
  else if (element.matches("[data-rapport-survey]")) cover(copy, set, rect, "none");
  else if (element.matches("input,textarea,select,meter,progress") || (element.isContentEditable && !isRoot)) copyField(drawing, element, copy, set, rect);
  else if (copy.localName === "img") copyImage(drawing, element, copy, set, rect);
  else if (!unseen || /^(inline|contents)/.test(all.display)) copyChildren(drawing, element, computed, all, copy);
  return standing;
}

/** Takes what does not scroll with the page out of it, to where it stands on the screen; gives what stays in its place. */
function place(drawing, element, all, rect, copy, set) {
  const onTop = element.matches(":modal") || (element.popover && element.matches(":popover-open"));
  if (all.position !== "fixed" && all.position !== "sticky" && !onTop) return copy;
  const stays = all.position === "sticky" ? copy.cloneNode() : null;
  if (stays) stays.style.setProperty("visibility", "hidden");
  const at = { position: "absolute", inset: "auto", left: rect.left + "px", top: rect.top + "px", margin: "0", transform: "none", translate: "none" };
  for (const name in at) set(name, at[name]);
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

/** An element of which nothing but its place is shown. */
function cover(copy, set, rect, colour) {
  set("box-sizing", "border-box");
  if (copy.style.display === "inline" || !copy.style.display) set("display", "inline-block");
  set("width", rect.width + "px");
  set("height", rect.height + "px");
  set("background", colour);
}

/** A field without what was typed, chosen or ticked. */
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

function copyChildren(drawing, element, computed, all, copy) {
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
      if (shift && child && child.style) child.style.setProperty("translate", shift);
    }
    append(copy, child);
  }
  append(copy, pseudo(drawing, element, "::after", all));
}

/** What a style sheet adds before or after the content of an element. */
function pseudo(drawing, element, which, inherited) {
  const computed = getComputedStyle(element, which);
  const { content } = computed;
  if (content === "none" || content === "normal") return null;
  const words = /^"((?:[^"\\]|\\.)*)"/s.exec(content);
  const made = box(drawing, {});
  const [all, text] = stylesOf(drawing, computed, inherited);
  made.style.cssText = text;
  made.style.removeProperty("content");
  drawBackground(drawing, all, (name, value) => made.style.setProperty(name, value));
  if (words) made.textContent = words[1].replace(/\\(.)/gs, "$1");
  return made;
}

/** A vector picture with what the page's style sheets say of it. */
function copyVector(element) {
  const copy = element.cloneNode(true);
  const from = [element, ...element.querySelectorAll("*")];
  const to = [copy, ...copy.querySelectorAll("*")];
  from.forEach((one, index) => {
    const other = to[index];
    const computed = getComputedStyle(one);
    for (const name of other.getAttributeNames()) if (/^on|^(xlink:)?href$/i.test(name) && !/^#/.test(other.getAttribute(name))) other.removeAttribute(name);
    if (!/^(script|style|foreignObject|image|animate.*|set)$/.test(one.localName)) {
      for (const name of ["fill", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-dasharray", "fill-rule", "opacity", "fill-opacity", "stroke-opacity", "color", "display", "visibility", "font-size", "font-family", "font-weight", "text-anchor", "stop-color", "stop-opacity", "transform"]) {
        other.style.setProperty(name, computed.getPropertyValue(name));
      }
    } else other.remove();
    // A symbol of the page that this picture only refers to.
    const used = one.localName === "use" && (one.getAttribute("href") || one.getAttribute("xlink:href") || "");
    const symbol = used && used[0] === "#" && !element.querySelector(used) && document.getElementById(used.slice(1));
    if (symbol) copy.appendChild(copy.ownerDocument.createElementNS(element.namespaceURI, "defs")).appendChild(symbol.cloneNode(true));
  });
  const computed = getComputedStyle(element);
  for (const name of ["position", "left", "top", "right", "bottom", "margin", "padding", "vertical-align", "flex", "align-self", "justify-self", "overflow", "width", "height", "box-sizing", "float", "z-index", "background-color", "border-radius"]) {
    copy.style.setProperty(name, computed.getPropertyValue(name));
  }
  return copy;
}

/** The pixels of an image or a canvas as an address that needs no network; empty where they may not be read. */
function pixelsOf(image, width, height) {
  const scale = Math.min(1, IMAGE_SIDE_PX / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  try {
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL("image/webp", 0.85);
  } catch (_) {
    return "";
  }
}

/** Loads an image so that its pixels may be read, if its server lets this page. */
async function readable(address) {
  const image = new Image();
  image.crossOrigin = "anonymous";
  image.src = address;
  await image.decode();
  return image;
}

function copyImage(drawing, element, copy, set, rect) {
  const isCanvas = element.localName === "canvas";
  const width = (isCanvas ? element.width : element.naturalWidth) || rect.width;
  const height = (isCanvas ? element.height : element.naturalHeight) || rect.height;
  const show = (address) => (address ? copy.setAttribute("src", address) : set("background", GREY));
  // An image without an address draws its border otherwise.
  if (!isCanvas && !element.complete) return show("");
  if (drawing.images++ >= IMAGES || !width || !height) return show("");
  const pixels = pixelsOf(element, width, height);
  if (pixels || isCanvas) return show(pixels);
  drawing.waiting.push(readable(element.currentSrc).then((image) => show(pixelsOf(image, width, height)), () => show("")));
}

/** Puts the pixels of background images into the copy; what cannot be read is left out. */
function drawBackground(drawing, all, set) {
  const layers = all["background-image"];
  if (all["mask-image"] && /url\(/.test(all["mask-image"])) set("mask-image", "none");
  for (const name of ["border-image-source", "list-style-image", "filter", "clip-path"]) if (/url\(/.test(all[name] || "")) set(name, "none");
  if (!/url\("(?!data:)/.test(layers)) return;
  set("background-image", layers.replace(/url\("(?!data:)[^"]*"\)/g, "none"));
  const addresses = [...layers.matchAll(/url\("((?!data:)[^"]*)"\)/g)].map((found) => found[1]);
  drawing.images += addresses.length;
  if (drawing.images > IMAGES) return;
  const load = async () => {
    let text = layers;
    for (const address of addresses) {
      const image = await readable(address);
      text = text.replace(address, pixelsOf(image, image.naturalWidth || 300, image.naturalHeight || 300));
    }
    set("background-image", text);
  };
  drawing.waiting.push(load().catch(() => {}));
}

// ---- A photo.

async function choosePhoto(root) {
  // Browsers open the chooser only right after a click; it may have waited for this part to come.
  const { userActivation } = navigator;
  if (userActivation && !userActivation.isActive) throw new Error("the click is too long ago");
  const file = await new Promise((resolve) => {
    const field = document.createElement("input");
    field.type = "file";
    field.accept = "image/*";
    field.hidden = true;
    const settle = () => {
      field.remove();
      resolve(field.files[0]);
    };
    field.onchange = settle;
    field.oncancel = settle;
    root.appendChild(field);
    field.click();
  });
  if (!file) return null;
  const image = await createImageBitmap(file);
  return { image, width: image.width, height: image.height };
}

// ---- Covering.

function paint(canvas, source, boxes, chosen) {
  const brush = canvas.getContext("2d");
  brush.fillStyle = "#fff";
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.drawImage(source.image, 0, 0, canvas.width, canvas.height);
  brush.fillStyle = "#000";
  for (const box of boxes) brush.fillRect(box.x, box.y, box.width, box.height);
  if (!chosen) return;
  // Seen on dark and on light, while it is moved; never in the picture that is sent.
  brush.lineWidth = 2;
  brush.strokeStyle = "#fff";
  brush.strokeRect(chosen.x, chosen.y, chosen.width, chosen.height);
  brush.setLineDash([6, 6]);
  brush.strokeStyle = "#06c";
  brush.strokeRect(chosen.x, chosen.y, chosen.width, chosen.height);
  brush.setLineDash([]);
}

// By the object model, property by property: no content policy forbids that.
function style(element, text) {
  for (const pair of text.split(";")) {
    const at = pair.indexOf(":");
    element.style.setProperty(pair.slice(0, at), pair.slice(at + 1));
  }
}

function add(parent, tag, text, looks) {
  const made = parent.appendChild(document.createElement(tag));
  made.textContent = text;
  style(made, looks);
  return made;
}

const DIALOG =
  "box-sizing:border-box;width:fit-content;max-width:96vw;max-height:96vh;margin:auto;padding:16px;border:1px solid;border-radius:12px;" +
  "background:Canvas;color:CanvasText;color-scheme:light dark;font:16px/1.5 system-ui,sans-serif;overflow:auto";
const BUTTON =
  "min-height:44px;min-width:44px;padding:8px 16px;border:1px solid;border-radius:8px;font:inherit;cursor:pointer;" +
  "background:Canvas;color:CanvasText";
const PRESSED_FIRST = ";background:CanvasText;color:Canvas";
/** Share of the picture that a key moves a box by. */
const STEP = 1 / 50;

/** Shows the picture and lets the visitor cover parts of it, by pointer or by keys; whether it may be used. */
function edit(root, words, canvas, source) {
  const boxes = [];
  // The box that keys move.
  let chosen;
  const dialog = document.createElement("dialog");
  const panel = words.host.querySelector("[lang]");
  if (panel) Object.assign(dialog, { lang: panel.lang, dir: panel.dir });
  dialog.setAttribute("aria-label", words.page ? words.screenshot : words.photo);
  style(dialog, DIALOG);
  const hint = add(dialog, "p", words.cover_hint, "margin:0 0 12px;max-width:60ch");
  hint.id = "cover-hint";
  dialog.appendChild(canvas);
  style(canvas, "display:block;max-width:100%;max-height:60vh;margin:0 auto 12px;border:1px solid;touch-action:none;cursor:crosshair");
  canvas.tabIndex = 0;
  for (const [name, value] of [["role", "application"], ["aria-label", words.cover], ["aria-describedby", hint.id]]) canvas.setAttribute(name, value);
  // Said after a key: the number of the box, its place and its size, in hundredths of the picture.
  const said = add(dialog, "p", "", "position:absolute;width:1px;height:1px;margin:0;overflow:hidden;clip-path:inset(50%)");
  said.setAttribute("role", "status");
  const redraw = () => paint(canvas, source, boxes, chosen);
  const say = () => {
    const share = (part, whole) => Math.round((100 * part) / whole) + " %";
    said.textContent = chosen
      ? `${boxes.length}: ${share(chosen.x, canvas.width)}, ${share(chosen.y, canvas.height)}; ${share(chosen.width, canvas.width)} × ${share(chosen.height, canvas.height)}`
      : boxes.length + "";
  };

  const at = (event) => {
    const seen = canvas.getBoundingClientRect();
    return [((event.clientX - seen.left) / seen.width) * canvas.width, ((event.clientY - seen.top) / seen.height) * canvas.height];
  };
  let start;
  canvas.onpointerdown = (event) => {
    // A second finger draws nothing.
    if (start || event.button) return;
    start = at(event);
    chosen = 0;
    boxes.push({ x: start[0], y: start[1], width: 0, height: 0 });
    canvas.setPointerCapture(event.pointerId);
  };
  canvas.onpointermove = (event) => {
    if (!start) return;
    const [x, y] = at(event).map((place, way) => Math.max(0, Math.min(way ? canvas.height : canvas.width, place)));
    Object.assign(boxes[boxes.length - 1], {
      x: Math.min(start[0], x),
      y: Math.min(start[1], y),
      width: Math.abs(x - start[0]),
      height: Math.abs(y - start[1]),
    });
    redraw();
  };
  canvas.onpointerup = canvas.onpointercancel = () => {
    if (!start) return;
    start = 0;
    const { width, height } = boxes[boxes.length - 1];
    if (width < 4 || height < 4) boxes.pop();
    redraw();
  };
  canvas.onkeydown = (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    chosen = boxes[boxes.length - 1];
    if (/^(Delete|Backspace)$/.test(event.key)) return uncover();
    if (!way || !chosen) return;
    event.preventDefault();
    // With Shift the box grows or shrinks instead.
    [["x", "width", canvas.width], ["y", "height", canvas.height]].forEach(([place, size, most], index) => {
      const step = way[index] * most * STEP;
      if (event.shiftKey) chosen[size] = Math.max(most * STEP, Math.min(most - chosen[place], chosen[size] + step));
      else chosen[place] = Math.max(0, Math.min(most - chosen[size], chosen[place] + step));
    });
    redraw();
    say();
  };
  canvas.onblur = () => {
    chosen = 0;
    redraw();
  };
  const uncover = () => {
    boxes.pop();
    chosen = 0;
    redraw();
    say();
  };

  const row = add(dialog, "div", "", "display:flex;flex-wrap:wrap;gap:8px");
  const press = (text, action, looks = "") => {
    const made = add(row, "button", text, BUTTON + looks);
    made.type = "button";
    made.onclick = action;
    return made;
  };
  press(words.cover, () => {
    const [width, height] = [canvas.width / 3, canvas.height / 8];
    boxes.push((chosen = { x: width, y: (canvas.height - height) / 2, width, height }));
    canvas.focus();
    redraw();
    say();
  });
  press(words.uncover, uncover);
  return new Promise((resolve) => {
    const finish = (use) => {
      chosen = 0;
      redraw();
      // The focus goes back to the button that was pressed before.
      dialog.close();
      dialog.remove();
      resolve(use);
    };
    press(words.cancel, () => finish(false));
    const use = press(words.use, () => finish(true), PRESSED_FIRST);
    dialog.oncancel = (event) => {
      event.preventDefault();
      finish(false);
    };
    // Neither the panel, which closes on Escape, nor the page hears the keys.
    dialog.onkeydown = dialog.onkeyup = dialog.onkeypress = (event) => event.stopPropagation();
    redraw();
    root.appendChild(dialog);
    dialog.showModal();
    use.focus();
  });
}

/** The button of the panel is out of use while a picture is made, and loses the focus by that. */
function giveFocusBack(host) {
  const button = host.querySelector(".picture button:disabled");
  if (!button) return;
  new MutationObserver((_, observer) => {
    if (button.disabled) return;
    observer.disconnect();
    button.focus();
  }).observe(button, { attributes: true });
}

/** Resolves to a JPEG of at most BYTES, or to null for a visitor who changed their mind. `words` holds what is said, `host`,
 * the element of the panel, and `page`, whether the page is drawn or a photo chosen. */
async function take(words) {
  const root = words.host.getRootNode().host ? words.host.getRootNode() : document.body;
  giveFocusBack(words.host);
  const source = words.page ? await drawPage(root) : await choosePhoto(root);
  if (!source) return null;
  const canvas = document.createElement("canvas");
  const scale = Math.min(1, SIDE_PX / Math.max(source.width, source.height));
  canvas.width = Math.max(1, Math.round(source.width * scale));
  canvas.height = Math.max(1, Math.round(source.height * scale));
  if (!(await edit(root, words, canvas, source))) return null;
  for (const quality of [0.85, 0.7, 0.5, 0.3]) {
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
    if (blob && blob.size <= BYTES) return blob;
  }
  throw new Error("the picture is too large");
}

// ---- The outbox of pictures. The bytes wait in IndexedDB, which holds half a megabyte well; a key of `localStorage` for
// each (`rapport.held.{site}+{id}`) tells the next page, which has to look for unsent answers anyway. A picture is sent once
// its response is acknowledged, and forgotten when it is acknowledged itself.

/** Pictures are kept so long, in milliseconds (30 days), as answers are. */
const KEPT_MS = 30 * 86_400_000;
/** Bytes without a key are left from a tab that was closed between the two; after so long no tab is at work on them. */
const STRAY_MS = 86_400_000;
/** Half a megabyte over a slow line, in milliseconds. */
const UPLOAD_MS = 90_000;
/** How long the visitor waits before hearing that a picture is held, in milliseconds. */
const PATIENCE_MS = 10_000;

/** Without a place on the device nothing may be promised. */
const UNKEPT = "rejected: picture: the picture could not be sent, and this browser keeps none for later";

/** Pictures on their way from this page: the promise of what becomes of each, by id. */
const underWay = {};

/** Runs one request on the store of pictures; rejects where a browser keeps nothing. */
function inStore(mode, ask) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("rapport", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("picture");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const transaction = opening.result.transaction("picture", mode);
      const request = ask(transaction.objectStore("picture"));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    };
  });
}

function keyOf(boot, id) {
  return "rapport.held." + boot.site + "+" + id;
}

/** Writes a picture to the device; whether it is there. */
async function hold(boot, entry, picture) {
  try {
    // Bytes, not a blob: older browsers keep those only with a file behind them.
    const bytes = await picture.arrayBuffer();
    await inStore("readwrite", (store) => store.put(bytes, entry.id));
    localStorage.setItem(keyOf(boot, entry.id), boot.stringify(entry));
    return true;
  } catch (_) {
    return false;
  }
}

async function forget(boot, id) {
  try {
    localStorage.removeItem(keyOf(boot, id));
    await inStore("readwrite", (store) => store.delete(id));
  } catch (_) {}
}

/** Sends one picture, and forgets it when it has arrived or never will: `stored`, `held` or `rejected: field: reason`. */
function send(boot, entry, picture) {
  const { id } = entry;
  return (underWay[id] =
    underWay[id] ||
    (async () => {
      let said = "held";
      let wished_ms = 0;
      try {
        const body = new FormData();
        for (const name of ["id", "response", "question", "part"]) body.append(name, entry[name]);
        body.append("picture", picture);
        const reply = await boot.fetch(boot.base + "/v1/attachment/" + boot.site, {
          method: "POST",
          credentials: "omit",
          signal: AbortSignal.timeout(UPLOAD_MS),
          body,
        });
        if (reply.ok) said = "stored";
        else if (reply.status === 413 || reply.status === 422) {
          const { field, reason } = (await reply.json()).errors[0];
          said = `rejected: ${field}: ${field} ${reason}`;
          console.warn("rapport: a picture was not taken:", field, reason);
        }
        wished_ms = 1000 * reply.headers.get("retry-after");
      } catch (_) {}
      if (said === "held") boot.retry(wished_ms);
      else await forget(boot, id);
      delete underWay[id];
      return said;
    })());
}

/** Keeps and sends the pictures that the answers of a run speak of, after the run itself, whose outcome `kept` promises;
 * what the visitor took back is forgotten. Resolves as a save does. */
async function follow(boot, { id: response, pictures }, answers, kept) {
  const wanted = [];
  for (const made of pictures) {
    const { question, picture } = made;
    const answer = answers.find((answer) => answer.question === question);
    const isPicture = ({ part }) => part === "photo" || part === "screenshot";
    const found = answer && (answer.parts || []).find(isPicture);
    const replaced = wanted.some((other) => other.entry.question === question);
    if (found && !replaced) {
      const entry = { at_ms: Date.now(), id: made.id, response, question, part: found.part };
      if (!made.stored && !made.refused) made.held = made.held || (await hold(boot, entry, picture));
      wanted.push({ made, entry });
    } else if (made.held) {
      made.held = false;
      await forget(boot, made.id);
    }
  }
  const of = await kept;
  const outcomes = await Promise.all(
    wanted.map(async ({ made, entry }) => {
      // A refusal is told once: the answers go on without the picture.
      if (made.stored || made.refused) return of;
      let said = of;
      if (of === "stored") {
        const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, "held"));
        said = await Promise.race([send(boot, entry, made.picture), patience]);
        made.stored = said === "stored";
        made.refused = said.startsWith("rejected");
      }
      if (said.startsWith("rejected")) {
        made.held = false;
        await forget(boot, made.id);
      }
      return said !== "held" || made.held ? said : UNKEPT;
    }),
  );
  const worst = (begin) => outcomes.find((said) => said.startsWith(begin));
  return worst("rejected") || worst("held") || of;
}

/** Sends what earlier pages could not. */
async function sendHeld(boot) {
  const begins = keyOf(boot, "");
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(begins));
  for (const key of keys) {
    const entry = boot.parse(localStorage.getItem(key));
    const old = Date.now() - entry.at_ms > KEPT_MS;
    // Its response is not acknowledged yet.
    if (!old && localStorage.getItem("rapport.held." + boot.site + "." + entry.response)) continue;
    const bytes = !old && (await inStore("readonly", (store) => store.get(entry.id)));
    if (bytes) await send(boot, entry, new Blob([bytes], { type: "image/jpeg" }));
    else await forget(boot, entry.id);
  }
  // An id begins with the milliseconds at which it was made.
  for (const id of await inStore("readonly", (store) => store.getAllKeys())) {
    const age_ms = Date.now() - parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
    const known = Object.keys(localStorage).some((key) => key.endsWith("+" + id));
    if (age_ms > STRAY_MS && !known) await forget(boot, id);
  }
}

export { ready as default, take, follow, sendHeld };
