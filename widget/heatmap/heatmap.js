// The heat map part: shows over the live page where it was clicked and how far it was scrolled, for a dashboard that opened the page
// and hands over a code, which is good once and for minutes, and is kept nowhere. Nothing is measured on a page that shows one.

import { above, find } from "../measured/place.js";

/** An element has so many columns and rows of cells (collector/store/src/rollup/heat.rs). */
const CELLS = 64;
/** The places that a click is known by: its element, and the two that this is in. */
const LEVELS = 3;
/** Radius of what is drawn for a click, in pixels. */
const RADIUS_PX = 16;
/** How often the page is looked at for changes that no event tells of, in milliseconds. */
const AGAIN_MS = 400;
/** Elements with so many clicks are framed and numbered. */
const NUMBERED = 12;
const SVG = "http://www.w3.org/2000/svg";
/** Kinds as the cells have them, and what they are called. */
const KINDS = ["Clicks", "Rage clicks", "Dead clicks", "Scroll reach"];
const REACH = 3;
/** From few to many. */
const COLORS = ["#2563eb", "#0d9488", "#eab308", "#ea580c", "#dc2626"];
const COVER_STYLE =
  "position:fixed;inset:0;width:100vw;height:100vh;max-width:none;max-height:none;margin:0;padding:0;border:0;background:none;overflow:hidden;pointer-events:none";
const PANEL_STYLE =
  "position:absolute;left:8px;bottom:8px;max-width:calc(100vw - 16px);box-sizing:border-box;padding:10px 12px;display:flex;flex-wrap:wrap;gap:8px 12px;" +
  "align-items:center;background:#fff;color:#111;border:2px solid #111;border-radius:8px;font:14px/1.4 system-ui,sans-serif;pointer-events:auto";
const CONTROL_STYLE = "font:inherit;color:#111;background:#fff;border:1px solid #555;border-radius:4px;padding:3px 6px;min-height:28px";

/** Where clicks on an element are drawn now; nothing where it is not found. @typedef {{ element: Element, level: number } | undefined} Found */

let isTaken = false;

/** Where an element is, or what it was in. @param {string} place @returns {Found} */
function look(place) {
  for (let level = 0; level < LEVELS && place; level++, place = above(place)) {
    const element = find(place);
    if (element) return { element, level };
  }
  return undefined;
}

/** What can be seen of an element within what it scrolls or is cut off in. @param {Element} element */
function windowOf(element) {
  const seen = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
  const { position } = getComputedStyle(element);
  if (position === "fixed") return seen;
  let at = /** @type {Element | null | undefined} */ (element.assignedSlot || element.parentElement || hostOf(element));
  for (; at && at !== document.documentElement && at !== document.body; at = at.assignedSlot || at.parentElement || hostOf(at)) {
    const style = getComputedStyle(at);
    if (style.overflow !== "visible" && style.display !== "contents") {
      const box = at.getBoundingClientRect();
      seen.left = Math.max(seen.left, box.left);
      seen.top = Math.max(seen.top, box.top);
      seen.right = Math.min(seen.right, box.right);
      seen.bottom = Math.min(seen.bottom, box.bottom);
    }
    if (style.position === "fixed") break;
  }
  return seen;
}

/** @param {Element} element @returns {Element | undefined} */
const hostOf = (element) => /** @type {Partial<ShadowRoot>} */ (element.getRootNode()).host;

/** @param {string} tag @param {Record<string, string | number>} attributes @param {Node} [parent] @param {string} [words] */
function drawn(tag, attributes, parent, words) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  if (words) element.textContent = words;
  parent?.appendChild(element);
  return element;
}

/**
 * Shows the map that a dashboard asks for, once; `asked` is its message, and who calls `rapport("heatmap", code)` says no more than
 * the code.
 * @param {Boot} boot @param {{ data: { heatmap: string, page?: string }, origin?: string, source?: MessageEventSource | null }} asked
 */
async function start(boot, { data, origin, source }) {
  const say = (/** @type {string} */ said, /** @type {string} */ reason = "") => {
    const target = /** @type {Window | null | undefined} */ (source);
    target?.postMessage({ heatmap: said, page: location.pathname, reason }, origin || "/");
  };
  if (isTaken) return;
  if (data.page && data.page !== location.pathname) return say("elsewhere");
  isTaken = true;
  // From here on nothing that is done on the page is anybody's visit.
  boot.withheld = true;
  try {
    const reply = await boot.fetch(`${boot.base}/v1/heatmap/${boot.site}`, { method: "POST", body: data.heatmap, credentials: "omit" });
    const map = await reply.json();
    if (!reply.ok) throw map.detail;
    show(boot, map);
    say("shown");
  } catch (reason) {
    isTaken = false;
    say("refused", String(reason));
    if (!source) console.warn("rapport:", reason);
  }
}

/** @param {Boot} boot @param {HeatMap} map */
function show(boot, map) {
  const cover = boot.root.appendChild(document.createElement("section"));
  cover.setAttribute("aria-label", "Heat map");
  cover.style.cssText = COVER_STYLE;
  // In English and above the page, whatever the page is.
  cover.lang = "en";
  cover.dir = "ltr";
  cover.popover = "manual";
  const picture = drawn("svg", { width: "100%", height: "100%", "aria-hidden": "true" }, cover);
  const gradients = drawn("defs", {}, picture);
  COLORS.forEach((color, place) => {
    const gradient = drawn("radialGradient", { id: "heat" + place }, gradients);
    drawn("stop", { offset: 0, "stop-color": color, "stop-opacity": 0.85 }, gradient);
    drawn("stop", { offset: 1, "stop-color": color, "stop-opacity": 0 }, gradient);
  });
  const layer = drawn("g", {}, picture);
  const panel = cover.appendChild(document.createElement("div"));
  panel.style.cssText = PANEL_STYLE;
  const choice = (/** @type {string} */ label, /** @type {[value: string, text: string][]} */ options) => {
    const select = document.createElement("select");
    select.setAttribute("aria-label", label);
    select.style.cssText = CONTROL_STYLE;
    for (const [value, text] of options) select.add(new Option(text, value));
    select.onchange = draw;
    return panel.appendChild(select);
  };
  const devices = [...new Set(map.elements.map(({ device }) => device).concat(map.reach.map(({ device }) => device)))]
    .filter(Boolean)
    .sort();
  const kind = choice(
    "What is shown",
    KINDS.map((text, place) => [String(place), text]),
  );
  const device = choice("Device", [["", "Every device"], .../** @type {[string, string][]} */ (devices.map((name) => [name, name]))]);
  const size = choice("Window", [
    ["", "Windows of every width"],
    ["narrow", "Narrower than 768 px"],
    ["medium", "768 to 1,279 px"],
    ["wide", "1,280 px and wider"],
  ]);
  const told = panel.appendChild(document.createElement("span"));
  told.setAttribute("role", "status");
  const close = panel.appendChild(document.createElement("button"));
  close.textContent = "Close (Esc)";
  close.style.cssText = CONTROL_STYLE;

  /** @type {Map<string, Found>} */
  const known = new Map();
  const foundAt = (/** @type {string} */ place) => {
    const before = known.get(place);
    const found = before?.element.isConnected && !before.level ? before : look(place);
    known.set(place, found);
    return found;
  };

  function draw() {
    const shown = Number(kind.value);
    layer.replaceChildren();
    size.hidden = shown === REACH;
    if (shown === REACH) drawReach();
    else drawClicks(shown);
  }

  function drawClicks(/** @type {number} */ shown) {
    const chosen = map.elements.filter((of) => (!device.value || of.device === device.value) && (!size.value || of.size === size.value));
    /** @type {Map<Element, { count: number, name: string }>} */
    const totals = new Map();
    /** @type {{ x: number, y: number, count: number, place: string }[]} */
    const spots = [];
    let [all, lost, hidden] = [0, 0, 0];
    for (const of of chosen) {
      const count = [of.clicks, of.rage, of.dead][shown];
      if (!count) continue;
      all += count;
      const found = of.place ? foundAt(of.place) : undefined;
      if (!found) {
        lost += count;
        continue;
      }
      const box = found.element.getBoundingClientRect();
      if (!box.width || !box.height) {
        hidden += count;
        continue;
      }
      const total = totals.get(found.element);
      totals.set(found.element, { count: count + (total?.count || 0), name: of.element });
      const seen = windowOf(found.element);
      for (const [level, cell, column, row, times] of of.cells) {
        if (level !== found.level || cell !== shown) continue;
        const [x, y] = [box.left + ((column + 0.5) / CELLS) * box.width, box.top + ((row + 0.5) / CELLS) * box.height];
        if (x < seen.left || x > seen.right || y < seen.top || y > seen.bottom) continue;
        spots.push({ x, y, count: times, place: of.place });
      }
    }
    const most = Math.max(1, ...spots.map(({ count }) => count));
    for (const { x, y, count, place } of spots) {
      const heat = Math.min(COLORS.length - 1, Math.floor((Math.log(count) / Math.log(most + 1)) * COLORS.length));
      drawn("circle", { cx: x, cy: y, r: RADIUS_PX, fill: `url(#heat${heat})`, "data-place": place, "data-count": count }, layer);
    }
    const largest = [...totals].sort((one, other) => other[1].count - one[1].count).slice(0, NUMBERED);
    for (const [element, { count }] of largest) {
      const { left, top, width, height } = element.getBoundingClientRect();
      const seen = windowOf(element);
      if (left > seen.right || top > seen.bottom || left + width < seen.left || top + height < seen.top) continue;
      drawn("rect", { x: left, y: top, width, height, fill: "none", stroke: "#111", "stroke-dasharray": "3 2" }, layer);
      const text = { x: left + 3, y: top + 12, fill: "#111", stroke: "#fff", "stroke-width": 3, "paint-order": "stroke", "font-size": 12 };
      drawn("text", { ...text, "font-family": "system-ui,sans-serif", "font-weight": 700 }, layer, count.toLocaleString("en"));
    }
    const parts = [`${all.toLocaleString("en")} ${KINDS[shown].toLowerCase()}`];
    if (hidden) parts.push(`${hidden.toLocaleString("en")} on what is hidden now`);
    parts.push(`${lost.toLocaleString("en")} lost: their elements are not on this page`);
    told.textContent = parts.join(" · ");
  }

  function drawReach() {
    const of = map.reach.find((one) => one.device === device.value) || { views: 0, shares: [] };
    const { scrollHeight } = document.documentElement;
    of.shares.forEach((share, place) => {
      const y = ((place + 1) / 10) * scrollHeight - scrollY - 1;
      drawn("line", { x1: 0, x2: innerWidth, y1: y, y2: y, stroke: COLORS[4], "stroke-width": 2, "stroke-dasharray": "8 4" }, layer);
      const text = {
        x: innerWidth - 8,
        y: y - 6,
        "text-anchor": "end",
        fill: "#111",
        stroke: "#fff",
        "stroke-width": 4,
        "paint-order": "stroke",
      };
      const words = `${share.toLocaleString("en", { maximumFractionDigits: 1 })} % saw ${(place + 1) * 10} %`;
      drawn("text", { ...text, "font-size": 14, "font-family": "system-ui,sans-serif", "font-weight": 700 }, layer, words);
    });
    told.textContent = `${of.views.toLocaleString("en")} views`;
  }

  let planned = false;
  const again = () => {
    if (planned) return;
    planned = true;
    requestAnimationFrame(() => {
      planned = false;
      draw();
    });
  };
  const heard = { capture: true, passive: true };
  const timer = setInterval(again, AGAIN_MS);
  const escaped = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") end();
  };
  function end() {
    clearInterval(timer);
    removeEventListener("scroll", again, heard);
    removeEventListener("resize", again, heard);
    removeEventListener("keydown", escaped, true);
    cover.remove();
    isTaken = false;
  }
  close.onclick = end;
  addEventListener("scroll", again, heard);
  addEventListener("resize", again, heard);
  addEventListener("keydown", escaped, true);
  cover.showPopover?.();
  draw();
  close.focus({ preventScroll: true });
}

export { start };
