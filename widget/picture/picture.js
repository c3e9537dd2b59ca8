// picture.js: draws the visible part of the page into a picture, or reads a photo, and lets the visitor cover what should
// not be seen; then keeps it on the device until the collector has it. It is brought only when a visitor asks for a picture,
// or one waits to be sent; nothing is taken before. Its parts are one file to the browser.

import { follow, sendHeld } from "./outbox.js";
import { drawPage } from "./page.js";
import { choosePhoto } from "./photo.js";
import { edit } from "./cover.js";

/** Longest side of a picture, in px, and largest file, in bytes: what the collector keeps. */
const SIDE_PX = 1_600;
const BYTES = 500_000;

/** The loader's way to bring a part calls its default export. */
function ready() {
  return Promise.resolve();
}

/** The button of the panel is out of use while a picture is made, and loses the focus by that. @param {Element} host */
function giveFocusBack(host) {
  const button = /** @type {HTMLButtonElement | null} */ (host.querySelector(".picture button:disabled"));
  if (!button) return;
  new MutationObserver((_, observer) => {
    if (button.disabled) return;
    observer.disconnect();
    button.focus();
  }).observe(button, { attributes: true });
}

/** Resolves to a JPEG of at most BYTES, or to null for a visitor who changed their mind. `words` holds what is said, `host`,
 * the element of the panel, and `page`, whether the page is drawn or a photo chosen.
 * @param {PictureWords} words */
async function take(words) {
  const tree = words.host.getRootNode();
  const root = tree instanceof ShadowRoot ? tree : document.body;
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

export { ready as default, take, follow, sendHeld };
