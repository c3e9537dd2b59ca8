// One document, three views, and the three ways in which routers change the address: ?router=history (usual),
// ?router=hash and ?router=navigation. Nothing here knows of Rapport but one line for the hash, which is no path.
const views = {
  plots: ["Plots", "Forty plots between the railway and the brook. Six are free."],
  tools: ["Tools", "The wheelbarrow is in the shed; the key hangs at number four."],
  rules: ["Rules", "No fires on Sundays, and nobody waters what is not theirs."],
};
const parameters = new URLSearchParams(location.search);
const router = parameters.get("router") || "history";
const root = new URL(".", location.href).pathname;

function render(name) {
  const [title, text] = views[name] || views.plots;
  const heading = Object.assign(document.createElement("h1"), { textContent: title });
  const paragraph = Object.assign(document.createElement("p"), { textContent: text });
  document.getElementById("view").replaceChildren(heading, paragraph);
  document.title = `${title}: Allotments`;
  for (const link of document.querySelectorAll("[data-route]")) {
    if (link.dataset.route === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

const inAddress = () =>
  router === "hash" ? location.hash.slice(2) || "plots" : location.pathname.slice(root.length) || "plots";
const show = () => {
  render(inAddress());
  document.getElementById("view").focus();
};

if (router === "navigation") {
  navigation.addEventListener("navigate", (event) => {
    const { pathname, origin } = new URL(event.destination.url);
    const known = origin === location.origin && pathname.slice(root.length) in views;
    if (event.canIntercept && known) event.intercept({ handler: async () => show() });
  });
} else if (router === "hash") {
  for (const link of document.querySelectorAll("[data-route]")) link.href = `#/${link.dataset.route}`;
  addEventListener("hashchange", () => {
    // The path is the same for every view, so the view is named by hand.
    rapport("page", root + inAddress());
    show();
  });
} else {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-route]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.pushState(null, "", link.href);
    show();
  });
  addEventListener("popstate", show);
}
render(inAddress() in views ? inAddress() : "plots");
