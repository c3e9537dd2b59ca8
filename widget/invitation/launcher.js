// launcher.js: whose the launcher is on this page, and whether it is seen.

import { isControlled } from "../launcher/control.js";
import { boot, config, surveyOf } from "./boot.js";
import { UNDECIDED, refusal } from "./target.js";

/** The survey of the launcher, once its place has been settled. @type {string | undefined} */
let standing;
/** How often the launcher has been looked at; only the last look counts. */
let looks = 0;
/** Whether none is meant here. */
let unwanted = false;
/** Whether a survey stands over the page. */
let covered = false;

/** The survey of the launcher: until it is settled, the first that asks for one, as the loader has drawn it. */
export function launched() {
  return (standing && surveyOf(standing)) || config.surveys.find((survey) => survey.placement === "launcher");
}

/** The first launcher survey whose target agrees, or cannot be asked; none where none is meant. */
async function agreeing() {
  for (const survey of config.surveys) {
    if (survey.placement !== "launcher") continue;
    const rule = await refusal(survey);
    if (!rule || rule === UNDECIDED) return survey;
  }
  return undefined;
}

/** As `refusal`; a launcher survey whose target agrees may find that an earlier one has the place. @param {Survey} survey */
export async function absence(survey) {
  const rule = await refusal(survey);
  if (rule || survey.placement !== "launcher") return rule;
  const first = await agreeing();
  return first && first.id !== survey.id ? "launcher" : "";
}

/** Where the launcher covers a control of the page it is made to give way. */
function mindControls() {
  const { launcher, root } = boot;
  if (!launcher || launcher.hidden) return;
  const { x, y, width, height } = launcher.getBoundingClientRect();
  if (isControlled(root.host, x + width / 2, y + height / 2)) makeYield();
}

export function makeYield() {
  boot
    .load("launcher")
    .then((part) => part.start(boot))
    .catch(() => {});
}

function settleSight() {
  if (boot.launcher) boot.launcher.hidden = unwanted || covered;
}

/** Takes the launcher away while a survey stands over the page, and brings it back. @param {boolean} isCovered */
export function coverLauncher(isCovered) {
  covered = isCovered;
  settleSight();
}

/** Gives the launcher to the survey that it is of here, and hides it where there is none. */
export async function settleLauncher() {
  if (!boot.launcher) return;
  const look = ++looks;
  const survey = await agreeing();
  if (look !== looks) return;
  unwanted = !survey;
  settleSight();
  mindControls();
  const before = launched();
  if (!survey || (before && survey.id === before.id)) return;
  standing = survey.id;
  boot.launcher.href = `${boot.base}/f/${boot.site}/${standing}`;
  boot.launcher.textContent = survey.title;
}
