// What an application may write: it has to compile under every way in which TypeScript finds the package.
import {
  install,
  type Consent,
  type Erased,
  type Explanation,
  type Options,
  type OwnData,
  type Position,
  type Rapport,
  type RapportEvents,
  type TaskStep,
  type Theme,
  type Value,
} from "rapport-widget";

const release: string | undefined = undefined;
const options: Options = { host: "https://feedback.example.com", site: "site_key", release };
const rapport: Rapport = install(options);
const position: Position = "bottom-left";
const brand: { accent?: string; radius_px?: number } = {};
const theme: Theme = {
  accent: "#005500",
  position,
  scheme: "auto",
  // What an application may not know, as with the options.
  background: brand.accent,
  radius_px: brand.radius_px,
};
const consent: Consent = "granted";
const step: TaskStep = "success";
const value: Value = true;
const name: keyof RapportEvents = "answered";

rapport("page", "/checkout");
rapport("track", "filter-used", { colour: "blue", count: 2, sale: value });
rapport("task", "checkout", step);
rapport("purchase");
rapport("identify", "4711", { plan: "gold", segments: ["wholesale"] }, "signature");
rapport("consent", consent);
rapport("theme", theme);
rapport("survey", "page-rating", { order: "17" });
rapport("debug", (found: Explanation[]) => found.map(({ survey, shows, rule }) => `${survey} ${shows} ${rule}`));
rapport("data", (data: OwnData | null) => data?.responses.length);
rapport("erase", (erased: Erased | null) => erased?.responses);
rapport("on", name, (detail: string) => detail.length);
window.rapport("close");
