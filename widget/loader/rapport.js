// rapport.js: the only script a host page names. It queues calls, keeps early errors, knows who may be measured, and when
// the page is idle draws the launcher and brings the agent, which measures; what asks comes when a survey may appear. It
// is a classic script because it reads its own tag; it patches nothing and throws nothing into the page.
(() => {
  const warn = console.warn.bind(console, "rapport:");
  const script = document.currentScript;
  if (!script || !script.src || !script.dataset.site) return warn("data-site?");
  const { site, release, language } = script.dataset;
  const base = script.src.replace(/\/[^/]*$/, "");
  const earlier = window.rapport;
  if (earlier && earlier.site) {
    if (earlier.site !== site) warn("this page is of", earlier.site);
    return;
  }

  // Calls wait in `q`, which is looked up for each call, so a reference to a function taken early stays good.
  const api = (window.rapport = (...call) => {
    api.q.push(call);
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
    // A page may change its own while it is open.
    get language() {
      return language || document.documentElement.lang || navigator.language;
    },
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
  // Reading it may be forbidden.
  let storage = {};
  try {
    storage = localStorage || storage;
  } catch (_) {}
  boot.remember(storage["rapport.visitor." + site] || "");

  // Brings one part; its files have hashed names and stay in the cache.
  const load = (boot.load = async (part) => {
    const at = (kind) => boot.config.assets[part + kind];
    const compiled = at("_wasm") && WebAssembly.compileStreaming(boot.fetch(base + "/" + at("_wasm")));
    // Awaited together, so that a failure of either is never the page's.
    const [glue, module] = await Promise.all([import(base + "/" + at("_js")), compiled]);
    if (module) glue.default(module);
    return glue;
  });

  let measuring;
  // Whoever does not want to be measured does not load what measures; nothing else waits for it to succeed.
  const measure = (boot.measure = async () => {
    if (!boot.withheld)
      await (measuring =
        measuring || load("agent").then((agent) => agent.start(boot)).catch((reason) => warn("not measured:", reason)));
  });

  let asking;
  // Brings what asks and hands it a call. After a failure, of which it answers true, the next call tries again.
  const ask = async (call) => {
    await (asking =
      asking ||
      measure().then(() => load("invitation")).then((invitation) => invitation.start(boot)).catch((reason) => (asking = warn("cannot ask:", reason))));
    if (!boot.ask) return true;
    if (call) boot.ask(call);
  };

  const formOf = (survey) => `${base}/f/${site}/${survey}`;
  // Leads to the form that needs no script: beside the page, if the browser lets it. Its headers cut what ties it to the page.
  const lead = (boot.lead = (survey) => {
    if (boot.launcher) boot.launcher.ariaBusy = null;
    open(formOf(survey)) || (location = formOf(survey));
  });
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
        launcher.ariaBusy = true;
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
    const held = Object.keys(storage).some((key) => key.startsWith("rapport.held." + site));
    const may = boot.config.surveys.some((survey) => survey.target || (survey.trigger && survey.trigger.on !== "manual"));
    if (held || may || document.querySelector("[data-rapport-survey],[data-rapport-reviews]")) ask();
  };

  const begin = async () => {
    try {
      const reply = await boot.fetch(`${base}/v1/config/${site}?language=${boot.language}`, { credentials: "omit" });
      boot.config = await reply.json();
      // What it says of itself, such as the origin that was refused.
      if (!reply.ok) throw boot.config.detail;
      boot.sender.proof = boot.config.proof;
      draw();
      document.addEventListener(
        "click",
        ({ target }) => {
          const opener = target.closest?.("[data-rapport-open],[data-rapport-data]");
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
      // A tag of another site may try.
      api.site = warn("not started:", reason);
    }
  };

  const whenIdle = () => (window.requestIdleCallback || setTimeout)(begin, { timeout: 2000 });
  const whenLoaded = () => {
    if (document.readyState === "complete") whenIdle();
    else addEventListener("load", whenIdle);
  };
  // A prerendered page has no visitor yet.
  if (document.prerendering) document.addEventListener("prerenderingchange", whenLoaded);
  else whenLoaded();
})();
