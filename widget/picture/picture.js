// picture.js: draws the visible part of the page into a picture, or reads a photo, and lets the visitor cover what should
// not be seen; then keeps it on the device until the collector has it. It is brought only when a visitor asks for a picture,
// or one waits to be sent; nothing is taken before.

// Widest and highest picture, in px; largest file, in bytes (the collector takes no larger one).
const SIDE = 1600;
const BYTES = 500000;
// Images of the page that are drawn: so many, each at most so large; the rest stay grey.
const IMAGES = 40;
const IMAGE_BYTES = 400000;

// Typed text, masked elements and other people's frames are never part of a picture.
const HIDDEN = "iframe,object,embed,video,audio,canvas,script,noscript,link,template,rapport-widget";

function ready() {
  return Promise.resolve();
}

function rules() {
  let css = "";
  for (const sheet of document.styleSheets) {
    try {
      for (const rule of sheet.cssRules) css += rule.cssText + "\n";
    } catch (_) {
      // Another origin's sheet cannot be read.
    }
  }
  return css.replace(/url\((?!["']?data:)[^)]*\)/g, "none");
}

function asDataUrl(blob) {
  return new Promise(function (resolve, reject) {
    const reader = new FileReader();
    reader.onload = function () {
      resolve(reader.result);
    };
    reader.onerror = reject;
    reader.readAsDataURL(blob);
  });
}

// Puts an image's bytes into the copy, where they may be read.
async function inlineImage(from, to) {
  try {
    const address = from.currentSrc || from.src;
    if (new URL(address, location.href).origin !== location.origin) throw 0;
    const blob = await (await fetch(address)).blob();
    if (blob.size > IMAGE_BYTES) throw 0;
    to.src = await asDataUrl(blob);
  } catch (_) {
    to.removeAttribute("src");
    to.style.background = "#ccc";
  }
  to.removeAttribute("srcset");
  to.removeAttribute("loading");
  to.style.width = from.clientWidth + "px";
  to.style.height = from.clientHeight + "px";
}

async function drawPage() {
  const width = document.documentElement.clientWidth;
  const height = innerHeight;
  const copy = document.documentElement.cloneNode(true);
  const from = document.querySelectorAll("img");
  const to = copy.querySelectorAll("img");
  const loads = [];
  to.forEach(function (image, index) {
    const box = from[index].getBoundingClientRect();
    const seen = box.bottom > 0 && box.top < height && loads.length < IMAGES;
    if (seen) loads.push(inlineImage(from[index], image));
    else image.removeAttribute("src");
    for (const source of image.parentNode.querySelectorAll(":scope > source")) source.remove();
  });
  copy.querySelectorAll("input,textarea,select").forEach(function (field) {
    field.removeAttribute("value");
    if (field.tagName !== "INPUT") field.textContent = "";
  });
  copy.querySelectorAll("[data-rapport-mask]").forEach(function (masked) {
    masked.textContent = "";
    masked.style.background = "#000";
  });
  copy.querySelectorAll(HIDDEN).forEach(function (element) {
    element.remove();
  });
  copy.querySelectorAll("style").forEach(function (element) {
    element.remove();
  });
  for (const element of [copy].concat(Array.from(copy.querySelectorAll("*")))) {
    for (const name of element.getAttributeNames()) if (/^on/i.test(name)) element.removeAttribute(name);
  }
  await Promise.all(loads);
  const style = document.createElement("style");
  style.textContent = rules();
  const head = copy.querySelector("head") || copy;
  head.appendChild(style);
  const whole = document.documentElement.scrollHeight;
  const markup =
    '<svg xmlns="http://www.w3.org/2000/svg" width="' + width + '" height="' + height + '">' +
    '<foreignObject x="' + -scrollX + '" y="' + -scrollY + '" width="' + document.documentElement.scrollWidth +
    '" height="' + whole + '">' +
    new XMLSerializer().serializeToString(copy) +
    "</foreignObject></svg>";
  const image = new Image();
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(markup);
  await image.decode();
  return { image: image, width: width, height: height };
}

function choosePhoto(root) {
  return new Promise(function (resolve) {
    const field = document.createElement("input");
    field.type = "file";
    field.accept = "image/*";
    field.hidden = true;
    field.onchange = function () {
      field.remove();
      resolve(field.files[0] || null);
    };
    field.oncancel = function () {
      field.remove();
      resolve(null);
    };
    root.appendChild(field);
    field.click();
  });
}

async function readPhoto(file) {
  const image = await createImageBitmap(file);
  return { image: image, width: image.width, height: image.height };
}

function paint(canvas, source, boxes) {
  const brush = canvas.getContext("2d");
  brush.fillStyle = "#fff";
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.drawImage(source.image, 0, 0, canvas.width, canvas.height);
  brush.fillStyle = "#000";
  for (const box of boxes) brush.fillRect(box.x, box.y, box.width, box.height);
}

function button(dialog, text, press) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.onclick = press;
  style(made, "min-height:44px;min-width:44px;margin-inline-end:8px;padding:8px 16px;font:inherit;cursor:pointer");
  dialog.appendChild(made);
  return made;
}

// By the object model, property by property: no content policy forbids that.
function style(element, text) {
  for (const pair of text.split(";")) {
    const at = pair.indexOf(":");
    element.style.setProperty(pair.slice(0, at), pair.slice(at + 1));
  }
}

// Shows the picture and lets the visitor cover parts of it, by pointer or by keys; tells whether it may be used.
function edit(root, words, canvas, source) {
  return new Promise(function (resolve) {
    const boxes = [];
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-label", words.screenshot);
    style(dialog, "box-sizing:border-box;max-width:96vw;max-height:96vh;padding:16px;border:1px solid;border-radius:12px;" +
      "background:Canvas;color:CanvasText;color-scheme:light dark;font:16px/1.5 system-ui,sans-serif;overflow:auto");
    const hint = document.createElement("p");
    hint.id = "cover-hint";
    hint.textContent = words.cover_hint;
    style(hint, "margin:0 0 12px;max-width:60ch");
    style(canvas, "display:block;max-width:100%;max-height:60vh;margin-bottom:12px;border:1px solid;touch-action:none;cursor:crosshair");
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-label", words.cover);
    canvas.setAttribute("aria-describedby", hint.id);
    dialog.appendChild(hint);
    dialog.appendChild(canvas);
    const redraw = function () {
      paint(canvas, source, boxes);
    };
    const finish = function (use) {
      dialog.close();
      dialog.remove();
      resolve(use);
    };
    const place = function (event) {
      const box = canvas.getBoundingClientRect();
      return {
        x: ((event.clientX - box.left) / box.width) * canvas.width,
        y: ((event.clientY - box.top) / box.height) * canvas.height,
      };
    };
    let start;
    canvas.onpointerdown = function (event) {
      start = place(event);
      boxes.push({ x: start.x, y: start.y, width: 0, height: 0 });
      canvas.setPointerCapture(event.pointerId);
    };
    canvas.onpointermove = function (event) {
      if (!start) return;
      const end = place(event);
      const box = boxes[boxes.length - 1];
      box.x = Math.min(start.x, end.x);
      box.y = Math.min(start.y, end.y);
      box.width = Math.abs(end.x - start.x);
      box.height = Math.abs(end.y - start.y);
      redraw();
    };
    canvas.onpointerup = function () {
      start = undefined;
      const box = boxes[boxes.length - 1];
      if (box.width < 4 || box.height < 4) boxes.pop();
      redraw();
    };
    canvas.onkeydown = function (event) {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      const box = boxes[boxes.length - 1];
      if (!way || !box) return;
      event.preventDefault();
      // With Shift the box grows or shrinks instead.
      const step = canvas.width / 50;
      const x = event.shiftKey ? "width" : "x";
      const y = event.shiftKey ? "height" : "y";
      box[x] = Math.max(event.shiftKey ? step : 0, Math.min(canvas.width, box[x] + way[0] * step));
      box[y] = Math.max(event.shiftKey ? step : 0, Math.min(canvas.height, box[y] + way[1] * step));
      redraw();
    };
    button(dialog, words.cover, function () {
      const width = canvas.width / 3;
      const height = canvas.height / 8;
      boxes.push({ x: width, y: (canvas.height - height) / 2, width: width, height: height });
      redraw();
      canvas.focus();
    });
    button(dialog, words.uncover, function () {
      boxes.pop();
      redraw();
    });
    button(dialog, words.cancel, function () {
      finish(false);
    });
    const use = button(dialog, words.use, function () {
      finish(true);
    });
    dialog.oncancel = function (event) {
      event.preventDefault();
      finish(false);
    };
    // The panel closes on Escape; here Escape only gives the picture up.
    dialog.onkeydown = function (event) {
      event.stopPropagation();
    };
    redraw();
    root.appendChild(dialog);
    dialog.showModal();
    use.focus();
  });
}

function toBlob(canvas, quality) {
  return new Promise(function (resolve) {
    canvas.toBlob(resolve, "image/jpeg", quality);
  });
}

// Resolves to a JPEG of at most BYTES, or to null for a visitor who changed their mind.
async function take(words) {
  const root = words.host.getRootNode().host ? words.host.getRootNode() : document.body;
  let source;
  if (words.page) {
    source = await drawPage();
  } else {
    const file = await choosePhoto(root);
    if (!file) return null;
    source = await readPhoto(file);
  }
  const canvas = document.createElement("canvas");
  const scale = Math.min(1, SIDE / Math.max(source.width, source.height));
  canvas.width = Math.round(source.width * scale);
  canvas.height = Math.round(source.height * scale);
  if (!(await edit(root, words, canvas, source))) return null;
  for (const quality of [0.85, 0.7, 0.5, 0.3]) {
    const blob = await toBlob(canvas, quality);
    if (blob && blob.size <= BYTES) return blob;
  }
  throw new Error("the picture is too large");
}

export { ready as default, take };

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
export async function follow(boot, { id: response, pictures }, answers, kept) {
  const wanted = [];
  for (const made of pictures) {
    const { question, picture } = made;
    const answer = answers.find((answer) => answer.question === question);
    const isPicture = ({ part }) => part === "photo" || part === "screenshot";
    const found = answer && (answer.parts || []).find(isPicture);
    const replaced = wanted.some((other) => other.entry.question === question);
    if (found && !replaced) {
      const entry = { at_ms: Date.now(), id: made.id, response, question, part: found.part };
      if (!made.stored) made.held = made.held || (await hold(boot, entry, picture));
      wanted.push({ made, entry });
    } else if (made.held) {
      made.held = false;
      await forget(boot, made.id);
    }
  }
  const of = await kept;
  const outcomes = await Promise.all(
    wanted.map(async ({ made, entry }) => {
      if (made.stored) return "stored";
      let said = of;
      if (of === "stored") {
        const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, "held"));
        said = await Promise.race([send(boot, entry, made.picture), patience]);
        made.stored = said === "stored";
      }
      // What is not taken as it is may be sent again, from this page.
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
export async function sendHeld(boot) {
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
