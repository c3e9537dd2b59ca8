// outbox.js: keeps pictures on the device until the collector has them. The bytes wait in IndexedDB, which holds half a
// megabyte well; a key of `localStorage` for each (`rapport.held.{site}+{id}`) tells the next page, which has to look for
// unsent answers anyway. A picture is sent once its response is acknowledged, and forgotten when it is acknowledged itself.

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
/** @type {Record<string, Promise<Outcome>>} */
const underWay = {};

/**
 * Runs one request on the store of pictures; rejects where a browser keeps nothing.
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest} ask
 */
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

/** @param {Boot} boot @param {string} id */
function keyOf(boot, id) {
  return "rapport.held." + boot.site + "+" + id;
}

/** Writes a picture to the device; whether it is there. @param {Boot} boot @param {HeldPicture} entry @param {Blob} picture */
async function hold(boot, entry, picture) {
  try {
    // Bytes, not a blob: older browsers keep those only with a file behind them.
    const bytes = await picture.arrayBuffer();
    await inStore("readwrite", (/** @type {IDBObjectStore} */ store) => store.put(bytes, entry.id));
    localStorage.setItem(keyOf(boot, entry.id), boot.stringify(entry));
    return true;
  } catch (_) {
    return false;
  }
}

/** @param {Boot} boot @param {string} id */
async function forget(boot, id) {
  try {
    localStorage.removeItem(keyOf(boot, id));
    await inStore("readwrite", (/** @type {IDBObjectStore} */ store) => store.delete(id));
  } catch (_) {}
}

/**
 * Sends one picture, and forgets it when it has arrived or never will: `stored`, `held` or `rejected: field: reason`.
 * @param {Boot} boot
 * @param {HeldPicture} entry
 * @param {Blob} picture
 */
function send(boot, entry, picture) {
  const { id } = entry;
  return (underWay[id] =
    underWay[id] ||
    (async () => {
      let said = "held";
      let wished_ms = 0;
      try {
        const body = new FormData();
        for (const name of /** @type {const} */ (["id", "response", "question", "part"])) body.append(name, entry[name]);
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
        wished_ms = 1000 * Number(reply.headers.get("retry-after"));
      } catch (_) {}
      if (said === "held") boot.retry?.(wished_ms);
      else await forget(boot, id);
      delete underWay[id];
      return said;
    })());
}

/** Keeps and sends the pictures that the answers of a run speak of, after the run itself, whose outcome `kept` promises;
 * what the visitor took back is forgotten. Resolves as a save does.
 * @param {Boot} boot @param {Shown} shown @param {GivenAnswer[]} answers @param {Promise<Outcome>} kept */
export async function follow(boot, { id: response = "", pictures = [] }, answers, kept) {
  /** @type {{ made: MadePicture, entry: HeldPicture }[]} */
  const wanted = [];
  for (const made of pictures) {
    const { question, picture } = made;
    const answer = answers.find((/** @type {GivenAnswer} */ answer) => answer.question === question);
    const isPicture = (/** @type {{ part: string }} */ { part }) => part === "photo" || part === "screenshot";
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
  const worst = (/** @type {string} */ begin) => outcomes.find((said) => said.startsWith(begin));
  return worst("rejected") || worst("held") || of;
}

/** Sends what earlier pages could not. @param {Boot} boot */
export async function sendHeld(boot) {
  const begins = keyOf(boot, "");
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(begins));
  for (const key of keys) {
    const entry = boot.parse(String(localStorage.getItem(key)));
    const old = Date.now() - entry.at_ms > KEPT_MS;
    // Its response is not acknowledged yet.
    if (!old && localStorage.getItem("rapport.held." + boot.site + "." + entry.response)) continue;
    const bytes = !old && (await inStore("readonly", (/** @type {IDBObjectStore} */ store) => store.get(entry.id)));
    if (bytes) await send(boot, entry, new Blob([bytes], { type: "image/jpeg" }));
    else await forget(boot, entry.id);
  }
  // An id begins with the milliseconds at which it was made.
  for (const id of await inStore("readonly", (/** @type {IDBObjectStore} */ store) => store.getAllKeys())) {
    const age_ms = Date.now() - parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
    const known = Object.keys(localStorage).some((key) => key.endsWith("+" + id));
    if (age_ms > STRAY_MS && !known) await forget(boot, id);
  }
}
