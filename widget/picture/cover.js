// cover.js: shows the picture and lets the visitor cover what should not be seen, by pointer or by keys.

import { add, style } from "./element.js";

// Colours, corners and fonts are the theme's: custom properties that its style sheet sets on the dialog.
const DIALOG =
  "box-sizing:border-box;width:fit-content;max-width:96vw;max-height:96vh;margin:auto;padding:var(--pad);border:1px solid var(--line);" +
  "border-radius:var(--radius);background:var(--surface);color:var(--text);font:16px/1.5 var(--font);overflow:auto";
const BUTTON =
  "min-height:var(--target);min-width:44px;padding:8px 16px;border:1px solid var(--control);border-radius:calc(var(--radius)*.75);" +
  "font:inherit;cursor:pointer;background:none;color:inherit";
const PRESSED_FIRST = ";border-color:var(--edge);background:var(--accent);color:var(--on-accent)";
/** Share of the picture that a key moves a box by. */
const STEP = 1 / 50;
/** Where the arrow keys lead, across and down. @type {Record<string, [number, number]>} */
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @param {HTMLCanvasElement} canvas @param {Source} source @param {Box[]} boxes @param {Box | undefined} chosen */
function paint(canvas, source, boxes, chosen) {
  const brush = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
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

/**
 * Shows the picture and lets the visitor cover parts of it, by pointer or by keys; whether it may be used.
 * @param {Node} root
 * @param {PictureWords} words
 * @param {HTMLCanvasElement} canvas
 * @param {Source} source
 */
export function edit(root, words, canvas, source) {
  /** @type {Box[]} */
  const boxes = [];
  /** The box that keys move. @type {Box | undefined} */
  let chosen;
  const dialog = document.createElement("dialog");
  const panel = /** @type {HTMLElement | null} */ (words.host.querySelector("[lang]"));
  if (panel) Object.assign(dialog, { lang: panel.lang, dir: panel.dir });
  dialog.setAttribute("aria-label", words.page ? words.screenshot : words.photo);
  dialog.className = "cover";
  style(dialog, DIALOG);
  const hint = add(dialog, "p", words.cover_hint, "margin:0 0 12px;max-width:60ch");
  hint.id = "cover-hint";
  dialog.appendChild(canvas);
  style(canvas, "display:block;max-width:100%;max-height:60vh;margin:0 auto 12px;border:1px solid;touch-action:none;cursor:crosshair");
  canvas.tabIndex = 0;
  for (const [name, value] of Object.entries({ role: "application", "aria-label": words.cover, "aria-describedby": hint.id }))
    canvas.setAttribute(name, value);
  // Said after a key: the number of the box, its place and its size, in hundredths of the picture.
  const said = add(dialog, "p", "", "position:absolute;width:1px;height:1px;margin:0;overflow:hidden;clip-path:inset(50%)");
  said.setAttribute("role", "status");
  const redraw = () => paint(canvas, source, boxes, chosen);
  const say = () => {
    const share = (/** @type {number} */ part, /** @type {number} */ whole) => Math.round((100 * part) / whole) + " %";
    said.textContent = chosen
      ? `${boxes.length}: ${share(chosen.x, canvas.width)}, ${share(chosen.y, canvas.height)}; ${share(chosen.width, canvas.width)} × ${share(chosen.height, canvas.height)}`
      : boxes.length + "";
  };

  const at = (/** @type {any} */ event) => {
    const seen = canvas.getBoundingClientRect();
    return [((event.clientX - seen.left) / seen.width) * canvas.width, ((event.clientY - seen.top) / seen.height) * canvas.height];
  };
  /** @type {number[] | undefined} */
  let start;
  canvas.onpointerdown = (/** @type {any} */ event) => {
    // A second finger draws nothing.
    if (start || event.button) return;
    start = at(event);
    chosen = undefined;
    boxes.push({ x: start[0], y: start[1], width: 0, height: 0 });
    canvas.setPointerCapture(event.pointerId);
  };
  canvas.onpointermove = (/** @type {any} */ event) => {
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
    start = undefined;
    const { width, height } = boxes[boxes.length - 1];
    if (width < 4 || height < 4) boxes.pop();
    redraw();
  };
  canvas.onkeydown = (/** @type {any} */ event) => {
    const way = WAYS[event.key];
    const box = (chosen = boxes[boxes.length - 1]);
    if (/^(Delete|Backspace)$/.test(event.key)) return uncover();
    if (!way || !box) return;
    event.preventDefault();
    // With Shift the box grows or shrinks instead.
    /** @type {[place: "x" | "y", size: "width" | "height", most: number][]} */
    const sides = [
      ["x", "width", canvas.width],
      ["y", "height", canvas.height],
    ];
    for (const [index, [place, size, most]] of sides.entries()) {
      const step = Number(way[index]) * most * STEP;
      if (event.shiftKey) box[size] = Math.max(most * STEP, Math.min(most - box[place], box[size] + step));
      else box[place] = Math.max(0, Math.min(most - box[size], box[place] + step));
    }
    redraw();
    say();
  };
  canvas.onblur = () => {
    chosen = undefined;
    redraw();
  };
  const uncover = () => {
    boxes.pop();
    chosen = undefined;
    redraw();
    say();
  };

  const row = add(dialog, "div", "", "display:flex;flex-wrap:wrap;gap:var(--gap)");
  const press = (/** @type {string} */ text, /** @type {() => void} */ action, looks = "") => {
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
    const finish = (/** @type {boolean} */ use) => {
      chosen = undefined;
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
