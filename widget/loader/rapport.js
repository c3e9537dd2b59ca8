// rapport.js: the only script a host page names. It queues calls, keeps early errors, and when the page is idle draws
// the launcher and brings the agent. It is a classic script because it reads its own tag; it patches nothing and
// throws nothing into the page.
(function () {
  "use strict";
  const script = document.currentScript;
  const loadedTwice = window.rapport && window.rapport.loaded;
  if (!script || !script.src || !script.dataset.site || loadedTwice) return;

  const base = script.src.replace(/\/[^/]*$/, "");
  const site = script.dataset.site;

  // Calls wait in `q`. The agent later replaces its `push`, so a reference to the function taken early stays good.
  const api = (window.rapport = window.rapport || function () {
    api.q.push(arguments);
  });
  const queue = (api.q = api.q || []);
  api.loaded = true;

  // The agent replaces this `push` as well; until then the first few errors wait.
  const errors = [];
  const keep = function (event) {
    if (errors.length < 20) errors.push(event);
  };
  addEventListener("error", keep);
  addEventListener("unhandledrejection", keep);

  const fetchConfig = function () {
    return fetch(base + "/v1/config/" + encodeURIComponent(site), { credentials: "omit" }).then(function (reply) {
      if (!reply.ok) throw reply.status;
      return reply.json();
    });
  };

  // Brings glue and module of one part; both files have hashed names and stay in the cache.
  const load = function (glue, module) {
    return import(base + "/" + glue).then(function (part) {
      return part.default({ module_or_path: base + "/" + module }).then(function () {
        return part;
      });
    });
  };

  const styles =
    ":host{all:initial!important;position:fixed!important;z-index:2147483647!important}" +
    ".launcher{position:fixed;right:20px;bottom:20px;max-width:calc(100vw - 40px);box-sizing:border-box;" +
    "padding:12px 20px;border-radius:24px;font:600 15px/1.4 system-ui,sans-serif;text-decoration:none;" +
    "background:BACK;color:FORE;border:1px solid #fff6;box-shadow:0 2px 12px #0004}" +
    ".launcher[hidden]{display:none}" +
    ".launcher:hover{filter:brightness(1.1)}" +
    ".launcher:focus-visible{outline:3px solid FORE;outline-offset:-6px}" +
    "@media print{:host{display:none!important}}";

  // Black or white, whichever stands out more on the accent (WCAG 2 relative luminance, where they meet at 0.179).
  const textOn = function (color) {
    const part = function (at) {
      return Math.pow(parseInt(color.slice(at, at + 2), 16) / 255, 2.2);
    };
    return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5) > 0.179 ? "#000" : "#fff";
  };

  const draw = function (config) {
    const host = document.createElement("rapport-widget");
    const root = host.attachShadow({ mode: "open" });
    const accent = config.accent_color;
    const css = styles.replace("BACK", accent).replace(/FORE/g, textOn(accent));
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      root.adoptedStyleSheets = [sheet];
    } catch (_) {
      root.appendChild(document.createElement("style")).textContent = css;
    }
    const survey = config.surveys.find(function (survey) {
      return survey.placement === "launcher";
    });
    let launcher;
    if (survey) {
      launcher = document.createElement("a");
      launcher.className = "launcher";
      launcher.href = base + "/f/" + encodeURIComponent(site) + "/" + encodeURIComponent(survey.id);
      launcher.target = "_blank";
      launcher.rel = "noopener";
      launcher.textContent = survey.title;
      root.appendChild(launcher);
    }
    document.documentElement.appendChild(host);
    // In the top layer neither a stacking order nor a transform of the page moves the launcher out of reach.
    if (host.showPopover) {
      host.popover = "manual";
      host.showPopover();
    }
    return { root: root, launcher: launcher };
  };

  const begin = function () {
    fetchConfig()
      .then(function (config) {
        const drawn = draw(config);
        return load(config.assets.agent_js, config.assets.agent_wasm).then(function (agent) {
          agent.start({
            site: site,
            base: base,
            config: config,
            queue: queue,
            errors: errors,
            root: drawn.root,
            launcher: drawn.launcher,
            load: load,
            release: script.dataset.release,
            language: script.dataset.language || document.documentElement.lang || navigator.language,
          });
        });
      })
      .catch(function (reason) {
        console.warn("rapport: not started:", reason);
      });
  };

  const whenIdle = function () {
    if (window.requestIdleCallback) requestIdleCallback(begin, { timeout: 3000 });
    else setTimeout(begin, 200);
  };
  const whenLoaded = function () {
    if (document.readyState === "complete") whenIdle();
    else addEventListener("load", whenIdle, { once: true });
  };
  // A prerendered page has no visitor yet.
  if (document.prerendering) document.addEventListener("prerenderingchange", whenLoaded, { once: true });
  else whenLoaded();
})();
