// rapport.js: the only script a host page names. It queues calls, keeps early errors, knows who may be measured, and when
// the page is idle draws the launcher and brings the agent, which measures; what asks comes when a survey may appear. It
// is a classic script because it reads its own tag; it patches nothing and throws nothing into the page.
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script || !script.src || !script.dataset.site) return;
  const { site, release, language } = script.dataset;
  const base = script.src.replace(/\/[^/]*$/, "");
  const earlier = window.rapport;
  if (earlier && earlier.site) {
    if (earlier.site !== site) console.warn("rapport: one site a page, and this one is " + earlier.site);
    return;
  }

  // Calls wait in `q`, which is looked up for each call, so a reference to a function taken early stays good.
  const api = (window.rapport = function () {
    api.q.push(arguments);
  });
  api.site = site;
  api.q = (earlier && earlier.q) || [];

  const keep = (event) => {
    if (boot.failed) boot.failed(event);
    else if (boot.errors.length < 20) boot.errors.push(event);
  };
  addEventListener("error", keep);
  addEventListener("unhandledrejection", keep);

  const listeners = [];
  // What every part gets, and where each adds what the others may ask of it.
  const boot = {
    site,
    base,
    release,
    script: script.src,
    language: language || document.documentElement.lang || navigator.language,
    errors: [],
    calls: [],
    told: [],
    // Taken now: the page may replace them later.
    fetch: fetch.bind(window),
    stringify: JSON.stringify,
    parse: JSON.parse,
    call: (call) => boot.calls.push(call),
    tell: (name, detail, more) => {
      if (boot.heard) boot.heard([name, detail, more]);
      else if (boot.told.length < 50) boot.told.push([name, detail, more]);
      for (const [event, listener] of listeners) {
        // Each in a task of its own, so that an exception of theirs is theirs.
        if (event === name) setTimeout(listener, 0, detail, more);
      }
    },
    // "refused", or the visitor's id, when it was made, and on which consent: neither is written before the visitor or the host has spoken.
    remember: (stored) => {
      const [visitor, since, consent] = stored === "refused" ? ["", 0, stored] : stored.split(" ");
      boot.sender = { consent: consent || "unknown", visitor };
      boot.visitor_since = +since || 0;
      boot.withheld = navigator.globalPrivacyControl || navigator.doNotTrack === "1" || stored === "refused";
    },
  };
  let stored;
  try {
    stored = localStorage.getItem("rapport.visitor." + site);
  } catch (_) {}
  boot.remember(stored || "");

  // Brings one part; its files have hashed names and stay in the cache.
  const load = (boot.load = async (part) => {
    const at = (kind) => base + "/" + boot.config.assets[part + kind];
    const compiled = boot.config.assets[part + "_wasm"] && WebAssembly.compileStreaming(boot.fetch(at("_wasm")));
    // Awaited together, so that a failure of either is never the page's.
    const [glue, module] = await Promise.all([import(at("_js")), compiled]);
    if (module) glue.default(module);
    return glue;
  });

  let measuring;
  // Whoever does not want to be measured does not load what measures; nothing else waits for it to succeed.
  const measure = (boot.measure = async () => {
    const bring = () => load("agent").then((agent) => agent.start(boot)).catch((reason) => console.warn("rapport: not measured:", reason));
    if (!boot.withheld) await (measuring = measuring || bring());
  });

  let asking;
  // Brings what asks and hands it a call. A failure is told once, and remembered; it answers true then.
  const ask = async (call) => {
    const bring = () => measure().then(() => load("invitation")).then((invitation) => invitation.start(boot));
    await (asking = asking || bring().catch((reason) => console.warn("rapport: cannot ask:", reason)));
    if (!boot.ask) return (boot.broken = true);
    if (call) boot.ask(call);
  };

  const formOf = (survey) => `${base}/f/${site}/${survey}`;
  // Leads to the form that needs no script: beside the page, if the browser lets it. Its headers cut what ties it to the page.
  const lead = (boot.lead = (survey) => open(formOf(survey)) || (location = formOf(survey)));
  const openFor = async (survey, opener) => {
    if (boot.broken || (await ask(["open", survey, opener]))) lead(survey);
  };

  const run = (call) => {
    const [command, first, second] = call;
    if (command === "on") listeners.push([first, second]);
    else if (/^(page|track|task|purchase)$/.test(command)) boot.withheld || boot.call(call);
    else {
      // Nothing more is gathered from here on.
      if (command + first === "consentrefused") boot.withheld = true;
      return ask(call);
    }
  };
  const drain = () => {
    const calls = api.q;
    api.q = [];
    for (const call of calls) run(call);
  };

  const host = document.createElement("rapport-widget");
  const root = (boot.root = host.attachShadow({ mode: "open" }));
  const draw = () => {
    const css = boot.config.launcher_css + boot.config.panel_css;
    try {
      boot.sheet = new CSSStyleSheet();
      boot.sheet.replaceSync(css);
      root.adoptedStyleSheets = [boot.sheet];
    } catch (_) {
      root.appendChild(document.createElement("style")).textContent = css;
    }
    const survey = boot.config.surveys.find((survey) => survey.placement === "launcher");
    if (survey) {
      const launcher = (boot.launcher = root.appendChild(document.createElement("a")));
      launcher.className = "launcher";
      launcher.href = formOf(survey.id);
      launcher.target = "_blank";
      launcher.textContent = survey.title;
      // Whether this page is meant is not known yet.
      launcher.hidden = survey.target;
      for (const intent of ["pointerenter", "focus", "touchstart"]) {
        launcher.addEventListener(intent, () => ask(["intent"]), { passive: true });
      }
      launcher.addEventListener("click", (event) => {
        // A key held, or a browser that cannot run the panel: the link leads to the hosted form.
        if (boot.broken || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        openFor(survey.id, launcher);
      });
    }
    document.documentElement.appendChild(host);
    // In the top layer neither a stacking order nor a transform of the page moves the launcher out of reach.
    if (host.showPopover) {
      host.popover = "manual";
      host.showPopover();
    }
  };

  const askIfNeeded = () => {
    // An answer that an earlier page could not send.
    let held;
    try {
      held = Object.keys(localStorage).some((key) => key.startsWith("rapport.held." + site));
    } catch (_) {}
    const may = boot.config.surveys.some(({ target, trigger }) => target || (trigger && trigger.on !== "manual"));
    if (held || may || document.querySelector("[data-rapport-survey],[data-rapport-reviews]")) ask();
  };

  const begin = async () => {
    try {
      const reply = await boot.fetch(base + "/v1/config/" + site, { credentials: "omit" });
      if (!reply.ok) throw reply.status;
      boot.config = await reply.json();
      boot.sender.proof = boot.config.proof;
      draw();
      document.addEventListener(
        "click",
        ({ target }) => {
          const opener = target.closest && target.closest("[data-rapport-open],[data-rapport-data]");
          if (!opener) return;
          const { rapportOpen } = opener.dataset;
          rapportOpen == null ? ask(["data"]) : openFor(rapportOpen, opener);
        },
        true,
      );
      drain();
      // A new route may bring the place of a survey, once it has been drawn.
      listeners.push(["page_view", () => setTimeout(askIfNeeded, 1000)]);
      await measure();
      drain();
      api.q = { push: run };
      askIfNeeded();
    } catch (reason) {
      console.warn("rapport: not started:", reason);
    }
  };

  const whenIdle = () => (window.requestIdleCallback || setTimeout)(begin, { timeout: 3000 });
  const whenLoaded = () => {
    if (document.readyState === "complete") whenIdle();
    else addEventListener("load", whenIdle, { once: true });
  };
  // A prerendered page has no visitor yet.
  if (document.prerendering) document.addEventListener("prerenderingchange", whenLoaded, { once: true });
  else whenLoaded();
})();
