// What an application may not write. Each mark is a fault itself where the line below it compiles, as all of them do where
// the types are not found and everything is `any`.
import { install, type Options, type Position, type Theme } from "rapport-widget";

// @ts-expect-error: the site's key is missing
install({ host: "https://feedback.example.com" });
// @ts-expect-error: there is no such option
const options: Options = { host: "https://feedback.example.com", site: "site_key", realease: "v42" };
const rapport = install(options);
// @ts-expect-error: there is no such command
rapport("trak", "filter-used");
// @ts-expect-error: a step is start, success, fail or abandon
rapport("task", "checkout", "done");
// @ts-expect-error: consent is granted, refused or unknown
rapport("consent", "yes");
// @ts-expect-error: a property is a string, a number or a boolean
rapport("track", "filter-used", { colours: ["blue"] });
// @ts-expect-error: there is no such event
rapport("on", "opened", () => {});
// @ts-expect-error: there is no such place
const position: Position = "middle";
// @ts-expect-error: a roundness is a number
const theme: Theme = { radius_px: "4px" };
// @ts-expect-error: there is no such command on the page's function either
window.rapport("opn", "page-rating");
rapport("theme", theme);
rapport("theme", { position });
