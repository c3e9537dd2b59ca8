// A bundled application: the package is imported like any other, and no script tag stands in the page.
import { install } from "rapport-widget";

const setting = (name) => document.querySelector(`meta[name="feedback-${name}"]`).content;
const rapport = install({ host: setting("host"), site: setting("site"), release: "2.4.0" });

rapport("on", "event", () => {
  document.getElementById("events").textContent = "Noted.";
});
document.getElementById("book").addEventListener("click", () => rapport("track", "slot-booked"));
