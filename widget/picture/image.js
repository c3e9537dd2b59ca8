// image.js: copies images, backgrounds and vector pictures, as far as their pixels may be read.

/** Images that are drawn, and the longest side at which each is; the rest stay grey. */
const IMAGES = 60;
const IMAGE_SIDE_PX = 800;
/** The place of what is not drawn. */
export const GREY = "#ccc";

/** A vector picture with what the page's style sheets say of it. @param {any} element */
export function copyVector(element) {
  const copy = element.cloneNode(true);
  const from = [element, ...element.querySelectorAll("*")];
  const to = [copy, ...copy.querySelectorAll("*")];
  from.forEach((one, index) => {
    const other = to[index];
    const computed = getComputedStyle(one);
    for (const name of other.getAttributeNames())
      if (/^on|^(xlink:)?href$/i.test(name) && !/^#/.test(other.getAttribute(name))) other.removeAttribute(name);
    if (!/^(script|style|foreignObject|image|animate.*|set)$/.test(one.localName)) {
      for (const name of [
        "fill",
        "stroke",
        "stroke-width",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-dasharray",
        "fill-rule",
        "opacity",
        "fill-opacity",
        "stroke-opacity",
        "color",
        "display",
        "visibility",
        "font-size",
        "font-family",
        "font-weight",
        "text-anchor",
        "stop-color",
        "stop-opacity",
        "transform",
      ]) {
        other.style.setProperty(name, computed.getPropertyValue(name));
      }
    } else other.remove();
    // A symbol of the page that this picture only refers to.
    const used = one.localName === "use" && (one.getAttribute("href") || one.getAttribute("xlink:href") || "");
    const symbol = used && used[0] === "#" && !element.querySelector(used) && document.getElementById(used.slice(1));
    if (symbol) copy.appendChild(copy.ownerDocument.createElementNS(element.namespaceURI, "defs")).appendChild(symbol.cloneNode(true));
  });
  const computed = getComputedStyle(element);
  for (const name of [
    "position",
    "left",
    "top",
    "right",
    "bottom",
    "margin",
    "padding",
    "vertical-align",
    "flex",
    "align-self",
    "justify-self",
    "overflow",
    "width",
    "height",
    "box-sizing",
    "float",
    "z-index",
    "background-color",
    "border-radius",
  ]) {
    copy.style.setProperty(name, computed.getPropertyValue(name));
  }
  return copy;
}

/**
 * The pixels of an image or a canvas as an address that needs no network; empty where they may not be read.
 * @param {CanvasImageSource} image
 * @param {number} width
 * @param {number} height
 */
function pixelsOf(image, width, height) {
  const scale = Math.min(1, IMAGE_SIDE_PX / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  try {
    /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).drawImage(image, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL("image/webp", 0.85);
  } catch (_) {
    return "";
  }
}

/** Loads an image so that its pixels may be read, if its server lets this page. @param {string} address */
async function readable(address) {
  const image = new Image();
  image.crossOrigin = "anonymous";
  image.src = address;
  await image.decode();
  return image;
}

/** @param {Drawing} drawing @param {any} element @param {any} copy @param {(name: string, value: string) => void} set @param {DOMRect} rect */
export function copyImage(drawing, element, copy, set, rect) {
  const isCanvas = element.localName === "canvas";
  const width = (isCanvas ? element.width : element.naturalWidth) || rect.width;
  const height = (isCanvas ? element.height : element.naturalHeight) || rect.height;
  const show = (/** @type {string} */ address) => (address ? copy.setAttribute("src", address) : set("background", GREY));
  // An image without an address draws its border otherwise.
  if (!isCanvas && !element.complete) return show("");
  if (drawing.images++ >= IMAGES || !width || !height) return show("");
  const pixels = pixelsOf(element, width, height);
  if (pixels || isCanvas) return show(pixels);
  drawing.waiting.push(
    readable(element.currentSrc).then(
      (image) => show(pixelsOf(image, width, height)),
      () => show(""),
    ),
  );
}

/**
 * Puts the pixels of background images into the copy; what cannot be read is left out.
 * @param {Drawing} drawing
 * @param {Styles} all
 * @param {(name: string, value: string) => void} set
 */
export function drawBackground(drawing, all, set) {
  const layers = all["background-image"];
  if (all["mask-image"] && /url\(/.test(all["mask-image"])) set("mask-image", "none");
  for (const name of ["border-image-source", "list-style-image", "filter", "clip-path"])
    if (/url\(/.test(all[name] || "")) set(name, "none");
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
