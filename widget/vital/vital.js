// The vital part: what Web Vitals were of that are worse than good: which element, and which part of the time. It comes once one is,
// and reads what the browser has kept. Its rules are those of web-vitals' attribution build.

/** The largest values that are good: milliseconds, and shift times 10,000. */
const GOOD = { lcp: 2_500, inp: 200, cls: 1_000 };
/** Most interactions that are remembered, and of how many one is left out. */
const KEPT = 10;
const PER_OUTLIER = 50;
/** Events that are painted so close to each other are painted by one frame, in milliseconds. */
const FRAME_MS = 8;
/** Longest gap between two shifts of a window, and longest window, in milliseconds. */
const GAP_MS = 1_000;
const WINDOW_MS = 5_000;

/** @typedef {PerformanceEntry & { element: Element | null, url: string }} Paint */
/** @typedef {PerformanceEntry & { value: number, hadRecentInput: boolean, sources: { node: Node | null }[] }} Shift */
/** @typedef {PerformanceEventTiming & { interactionId: number }} Timing */
/** A frame with the listeners that were called before it. @typedef {{ painted_ms: number, from_ms: number, to_ms: number }} Painting */
/** An interaction: its longest event, what it was on and the frame that painted it. @typedef {{ event: Timing, on: Node | null, frame: Painting }} Interaction */

/** @type {Paint[]} */
const paints = [];
/** Of the view that is going on. @type {Map<number, Interaction>} */
let interactions = new Map();
/** @type {Painting[]} */
let frames = [];
let interactionsBefore = 0;
/** A window of shifts, with the largest of them and what moved. @typedef {{ value: number, first_ms: number, last_ms: number, worst: number, on: Node | null }} Shifts */

/** @type {Shifts} */
let current = { value: 0, first_ms: 0, last_ms: 0, worst: 0, on: null };
let largest = current;
/** What was told of each vital. @type {Record<string, number>} */
let told = {};
/** @type {string | undefined} */
let path;

const counted = () => /** @type {any} */ (performance).interactionCount || 0;

function forget() {
  interactions = new Map();
  interactionsBefore = counted();
  largest = current = { value: 0, first_ms: 0, last_ms: 0, worst: 0, on: null };
  told = {};
}

/** @param {Timing} entry */
function noteEvent(entry) {
  const { startTime, duration, processingStart, processingEnd, interactionId } = entry;
  const painted_ms = startTime + duration;
  let frame = frames.findLast((known) => Math.abs(known.painted_ms - painted_ms) <= FRAME_MS);
  if (!frame) {
    frame = { painted_ms, from_ms: processingStart, to_ms: processingEnd };
    frames = [...frames.slice(-KEPT), frame];
  }
  frame.from_ms = Math.min(frame.from_ms, processingStart);
  frame.to_ms = Math.max(frame.to_ms, processingEnd);
  if (!interactionId) return;
  const known = interactions.get(interactionId);
  const on = entry.target || known?.on || null;
  if (!known || duration > known.event.duration) interactions.set(interactionId, { event: entry, on, frame });
  else known.on = on;
}

/** @param {Shift} entry */
function noteShift({ value, startTime, hadRecentInput, sources }) {
  if (hadRecentInput) return;
  const goesOn = current.value && startTime - current.last_ms < GAP_MS && startTime - current.first_ms < WINDOW_MS;
  if (!goesOn) current = { value: 0, first_ms: startTime, last_ms: 0, worst: 0, on: null };
  current.value += value;
  current.last_ms = startTime;
  if (value > current.worst) {
    current.worst = value;
    // What moved most comes first.
    current.on = sources[0]?.node || null;
  }
  if (current.value > largest.value) largest = current;
}

/** What the largest paint waited for. @param {number} lcp_ms @returns {[element: Node | null, name: string, parts: number[]] | undefined} */
function ofPaint(lcp_ms) {
  const [{ activationStart = 0, responseStart = 0 } = {}] = /** @type {any[]} */ (performance.getEntriesByType("navigation"));
  const entry = paints.findLast(({ startTime }) => Math.abs(startTime - activationStart - lcp_ms) < 1);
  if (!entry) return;
  const { url } = entry;
  const sent = (/** @type {PerformanceResourceTiming} */ { requestStart, startTime }) => requestStart || startTime;
  const resources = /** @type {PerformanceResourceTiming[]} */ (url ? performance.getEntriesByName(url, "resource") : []);
  const resource = resources.findLast((of) => sent(of) <= entry.startTime);
  const ttfb_ms = Math.max(0, responseStart - activationStart);
  const sent_ms = Math.max(ttfb_ms, resource ? sent(resource) - activationStart : 0);
  const loaded_ms = Math.min(lcp_ms, Math.max(sent_ms, resource ? resource.responseEnd - activationStart : 0));
  const name = !url ? "" : url.startsWith("data:") ? "data" : url.startsWith(location.origin) ? "own" : "other";
  return [entry.element, name, [lcp_ms, ttfb_ms, sent_ms - ttfb_ms, loaded_ms - sent_ms, lcp_ms - loaded_ms]];
}

/** What the interaction that counts waited for. @returns {[element: Node | null, name: string, parts: number[]] | undefined} */
function ofInteraction() {
  const longest = [...interactions.values()].sort((one, other) => other.event.duration - one.event.duration).slice(0, KEPT);
  const outliers = Math.floor((counted() - interactionsBefore) / PER_OUTLIER);
  const slowest = longest[Math.min(longest.length - 1, outliers)];
  if (!slowest) return;
  const { startTime, duration } = slowest.event;
  // A paint is told in steps of 8 ms, and listeners may go on after it.
  const from_ms = Math.max(slowest.frame.from_ms, startTime);
  const painted_ms = Math.max(startTime + duration, from_ms);
  const to_ms = Math.min(slowest.frame.to_ms, painted_ms);
  return [slowest.on, "", [duration, from_ms - startTime, to_ms - from_ms, painted_ms - to_ms]];
}

/** @param {Boot} boot */
function start(boot) {
  /** @param {PerformanceEntry[]} entries @param {(entry: any) => void} note */
  const noteAll = (entries, note) => {
    const now = boot.facts?.().path;
    if (path !== undefined && path !== now) forget();
    path = now;
    entries.forEach(note);
  };
  /** @type {[type: string, note: (entry: any) => void][]} */
  const observed = [
    ["largest-contentful-paint", (entry) => paints.push(entry)],
    ["event", noteEvent],
    ["layout-shift", noteShift],
  ];
  const observers = observed.map(([type, note]) => {
    const observer = new PerformanceObserver((list) => noteAll(list.getEntries(), note));
    observer.observe(/** @type {any} */ ({ type, buffered: true, durationThreshold: 40 }));
    return () => noteAll(observer.takeRecords(), note);
  });
  const others = boot.settle;
  boot.settle = () => {
    others?.();
    for (const take of observers) take();
    const shift = [largest.value, largest.worst].map((value) => value * 10_000);
    /** @type {[kind: "lcp" | "inp" | "cls", of: [Node | null, string, number[]] | undefined][]} */
    const vitals = [
      ["lcp", ofPaint(boot.facts?.().lcp_ms || 0)],
      ["inp", ofInteraction()],
      ["cls", [largest.on, "", shift]],
    ];
    for (const [kind, of] of vitals) {
      const [element, name, parts] = of || [null, "", [0]];
      const value = parts[0] || 0;
      if (value <= GOOD[kind] || value === told[kind]) continue;
      told[kind] = value;
      // A text is named by what it stands in.
      const named = element instanceof Element ? element : element?.parentElement || null;
      const also = `"parts":[${parts.map(Math.round)}]`;
      boot.judged({ kind, element: named, name, at_ms: performance.now(), count: 1, rule: 0, also });
    }
  };
  addEventListener("pageshow", ({ persisted }) => persisted && forget());
}

export { start };
