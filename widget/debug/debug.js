// `rapport('debug')`: why each survey appears or not.

const LIST_STYLE =
  "position:fixed;inset:auto auto 8px 8px;margin:0;max-width:calc(100vw - 16px);max-height:60vh;overflow:auto;box-sizing:border-box;" +
  "padding:12px 16px;background:#fff;color:#111;border:2px solid #111;border-radius:8px;font:14px/1.5 ui-monospace,monospace";

/** The list that is shown. @type {HTMLElement | undefined} */
let shown;

/**
 * Shows each survey and the first rule that says no, as `absence(survey)` gives it; hands the host's listener
 * `[{survey, shows, rule}]`. What the page has is found by `all(selector)`.
 * @param {Boot} boot
 * @param {(survey: Survey) => Promise<string>} absence
 * @param {unknown} listener
 * @param {(selector: string) => Element[]} all
 */
async function explain(boot, absence, listener, all) {
  /** @type {<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, parent: Node, words: string) => HTMLElementTagNameMap[Tag]} */
  const add = (tag, parent, words) => {
    const element = parent.appendChild(document.createElement(tag));
    element.textContent = words;
    return element;
  };
  if (shown) shown.remove();
  const list = (shown = add("section", boot.root, ""));
  list.setAttribute("aria-label", "Rapport: surveys");
  list.style.cssText = LIST_STYLE;
  // In English, whatever the page is in, and above every panel that is open.
  list.lang = "en";
  list.dir = "ltr";
  list.popover = "manual";
  if (list.showPopover) list.showPopover();
  add("strong", list, "Rapport: would each survey appear by itself now?");
  /** @type {Explanation[]} */
  const rows = [];
  const tell = (/** @type {string} */ survey, /** @type {string} */ rule, /** @type {string} */ waits) => {
    rows.push({ survey, shows: !rule, rule });
    add("div", list, survey + ": " + (rule ? "no, because of " + rule : "yes, on " + waits));
  };
  const unserved = left(boot);
  for (const survey of boot.config.surveys) {
    const rule = byHand(survey) || nowhere(survey, all) || (await absence(survey));
    const waits = { launcher: "the launcher", inline: "its place" }[/** @type {string} */ (survey.placement)];
    tell(survey.id, rule, waits || (survey.trigger ? survey.trigger.on : ""));
  }
  for (const { survey, rule } of await unserved) tell(survey, rule, "");
  const button = add("button", list, "Close");
  button.onclick = () => list.remove();
  button.focus();
  if (typeof listener === "function") listener(rows);
}

/** The surveys that the configuration leaves out, which no other part asks for; none when the collector is away. @param {Boot} boot @returns {Promise<{ survey: string, rule: string }[]>} */
async function left({ fetch, base, site }) {
  try {
    const reply = await fetch(base + "/v1/unserved/" + site);
    return reply.ok ? await reply.json() : [];
  } catch (_) {
    return [];
  }
}

/** The field that names a place which this page does not have. @param {Survey} survey @param {(selector: string) => Element[]} all */
function nowhere({ id, placement, trigger }, all) {
  const has = (/** @type {string} */ selector) => {
    try {
      return all(selector).length > 0;
    } catch (_) {
      return false;
    }
  };
  if (placement === "inline" && !has(`[data-rapport-survey="${CSS.escape(id)}"]`)) return "placement";
  return trigger && trigger.on === "seen" && !has(trigger.selector) ? "trigger.selector" : "";
}

/** The field that leaves a survey to be opened by hand; empty for those that appear, or wait in the page. @param {Survey} survey */
function byHand({ placement, trigger }) {
  if (/modal|hosted/.test(placement)) return "placement";
  return /popover|banner/.test(placement) && (!trigger || trigger.on === "manual") ? "trigger.on" : "";
}

export { explain };
