// rapport.js: the only script a host page names. It queues calls, keeps early errors, knows who may be measured, and when
// the page is idle draws the launcher and brings the agent, which measures; what asks comes when a survey may appear. It
// is a classic script because it reads its own tag; it patches nothing and throws nothing into the page.
(() => {
  const warn = console.warn.bind(console, "rapport:");
  /** @type {any} */
  const script = document.currentScript || {};
  // Tag managers keep the address and nothing else.
  const [, base, asked] = /^([^?]*)\/[^?]*(?:.*[?&]site=([^&#]*))?/.exec(script.src) || [];
  const { site = asked, release, language } = script.dataset || {};
  if (!base || !site) return warn("data-site?");
  /** @type {any} */
  const earlier = window.rapport;
  if (earlier?.site) {
    if (earlier.site !== site) warn("another site:", earlier.site);
    return;
  }

  // Calls wait in `q`, which is looked up for each call, so a reference to a function taken early stays good.
  /** @type {any} */
  const api = (window.rapport = (/** @type {Call} */ ...call) => {
    api.q.push(call);
  });
  api.site = site;
  api.q = earlier?.q || [];

  const keep = (/** @type {Event} */ event) => {
    boot.failed ? boot.failed(event) : boot.errors.length > 50 || boot.errors.push(event);
  };
  addEventListener("error", keep);
  addEventListener("unhandledrejection", keep);

  /** @type {[event: string, listener: (detail: string, more: unknown) => void][]} */
  const listeners = [];
  /** What every part gets, and where each adds what the others may ask of it. @type {Boot} */
  const boot = /** @type {any} */ ({
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
    call: (/** @type {Call} */ call) => boot.calls.push(call),
    tell: (/** @type {string} */ name, /** @type {string} */ detail, /** @type {unknown} */ more) => {
      boot.told.length > 50 || boot.told.push([name, detail, more]);
      for (const [event, listener] of listeners) {
        // Each in a task of its own, so that an exception of theirs is theirs.
        if (event === name) setTimeout(listener, 0, detail, more);
      }
    },
    // "refused", or the visitor's id, when it was made, and on which consent: neither is written before the visitor or the host has spoken.
    remember: (/** @type {string} */ stored) => {
      /** @type {any[]} */
      const [visitor, since, consent] = stored === "refused" ? ["", 0, stored] : stored.split(" ");
      boot.sender = { consent: consent || "unknown", visitor };
      boot.visitor_since = +since || 0;
      boot.withheld = navigator.globalPrivacyControl || navigator.doNotTrack === "1" || stored === "refused";
    },
  });
  // Reading it may be forbidden.
  /** @type {Record<string, string>} */
  let storage = {};
  try {
    storage = localStorage || storage;
  } catch (_) {}
  boot.remember(storage["rapport.visitor." + site] || "");

  // Brings one part; its files have hashed names and stay in the cache.
  const load = (boot.load = async (part) => {
    const at = (/** @type {string} */ kind) => boot.config.assets[part + kind];
    const compiled = at("_wasm") && WebAssembly.compileStreaming(boot.fetch(`${base}/${at("_wasm")}`));
    // The words of a panel come beside it; without them it speaks English.
    at("_more") && import(`${base}/${at("_more")}`).catch(() => {});
    // Awaited together, so that a failure of either is never the page's.
    const [glue, module] = await Promise.all([import(`${base}/${at("_js")}`), compiled]);
    if (module) glue.default(module);
    return glue;
  });

  /** @param {string} part @param {MessageEvent} [asked] */
  const begun = (part, asked) =>
    load(part)
      .then((it) => it.start(boot, asked))
      .catch(warn);

  /** @type {Promise<unknown> | undefined} */
  let measuring;
  // Whoever does not want to be measured does not load what measures, and what that does for the launcher; nothing else waits for
  // it to succeed, or long.
  const measure = (boot.measure = async () => {
    if (boot.withheld) return boot.launcher && begun("launcher");
    measuring ||= begun("agent");
    await new Promise((done) => setTimeout(done, 5e3, /** @type {Promise<unknown>} */ (measuring).then(done)));
  });

  /** @type {Promise<unknown> | undefined | void} */
  let asking;
  // Brings what asks and hands it a call. After a failure, of which it answers true, the next call tries again.
  const ask = async (/** @type {Call} */ call = []) => {
    stand();
    // All that a panel needs comes at once, and its module once.
    if (/intent|open|survey/.test(call[0])) (boot.survey ||= load("survey")).catch(() => (boot.survey = 0));
    asking ||= Promise.all([load("invitation"), measure()])
      .then(([it]) => it.start(boot))
      .catch((reason) => (asking = warn(reason)));
    await asking;
    if (call[0]) boot.ask?.(call);
    return !boot.ask;
  };

  const formOf = (/** @type {string} */ survey) => `${base}/f/${site}/${survey}`;
  // Leads to the form that needs no script: beside the page, if the browser lets it. Its headers cut what ties it to the page.
  const lead = (boot.lead = (survey) => {
    if (boot.launcher) boot.launcher.ariaBusy = null;
    open(formOf(survey)) || (location.href = formOf(survey));
  });
  const openFor = async (/** @type {string} */ survey, /** @type {Element | undefined} */ opener) => {
    if (boot.broken || (await ask(["open", survey, opener]))) lead(survey);
  };

  const run = (/** @type {Call} */ call) => {
    const [command, first, second] = call;
    // Nothing more is gathered from here on.
    boot.withheld ||= command + first === "consentrefused";
    if (command === "on") listeners.push([first, second]);
    else if (/^(page|track|task|purchase)$/.test(command)) boot.withheld || boot.call(call);
    else ask(call);
  };
  const drain = () => {
    const calls = api.q;
    api.q = [];
    for (const call of calls) run(call);
  };

  const clicked = (/** @type {Event} */ event) => {
    /** @type {any} */
    const opener = event.composedPath().find((/** @type {any} */ at) => at.matches?.("[data-rapport-open],[data-rapport-data]"));
    if (!opener) return;
    const id = opener.dataset.rapportOpen;
    id == null ? ask(["data"]) : openFor(id, opener);
  };

  const host = document.createElement("rapport-widget");
  boot.root = host.attachShadow({ mode: "open" });
  // In the top layer neither a stacking order nor a transform of the page moves the launcher out of reach.
  host.popover = "manual";
  // Puts it into the page, again when the page has made itself anew.
  const stand = () => {
    if (host.isConnected) return;
    document.documentElement.appendChild(host);
    host.showPopover?.();
    document.addEventListener("click", clicked, true);
    boot.returned?.();
  };
  // Told once, it rests until the page has been looked at: some pages, as Angular's, change at each callback that they see.
  boot.changes = new MutationObserver(() => {
    boot.changes.disconnect();
    setTimeout(look, 500);
  });
  // The page has changed: it may have thrown out the widget, or brought the place of a survey.
  const look = () => {
    boot.changes.observe(document, { childList: true, subtree: true });
    stand();
    boot.look ? boot.look() : document.querySelector("[data-rapport-survey],[data-rapport-reviews]") && ask();
  };

  const begin = async () => {
    try {
      const reply = await boot.fetch(`${base}/v1/config/${site}?language=${boot.language}`, { credentials: "omit" });
      const config = (boot.config = await reply.json());
      // What it says of itself, such as the origin that was refused.
      if (!reply.ok) throw config.detail;
      boot.sender.proof = config.proof;
      const css = config.launcher_css + config.panel_css;
      try {
        (boot.sheet = new CSSStyleSheet()).replaceSync(css);
        boot.root.adoptedStyleSheets = [boot.sheet];
      } catch (_) {
        boot.root.appendChild(document.createElement("style")).textContent = css;
      }
      const survey = config.surveys.find((/** @type {Survey} */ survey) => survey.placement === "launcher");
      if (survey) {
        const intent = () => ask(["intent"]);
        boot.launcher = Object.assign(boot.root.appendChild(document.createElement("a")), {
          className: "launcher",
          href: formOf(survey.id),
          target: "_blank",
          textContent: survey.title,
          // Whether this page is meant is not known yet.
          hidden: /** @type {any} */ (survey.target),
          onpointerenter: intent,
          onfocus: intent,
          onclick: (/** @type {MouseEvent} */ event) => {
            // A key held: the link leads to the hosted form.
            if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
            event.preventDefault();
            /** @type {any} */ (boot.launcher).ariaBusy = "true";
            openFor(survey.id, boot.launcher);
          },
        });
      }
      stand();
      if (config.launcher_yields) begun("launcher");
      drain();
      await measure();
      drain();
      api.q = { push: run };
      // An answer that an earlier page could not send.
      if (config.asks || /rapport.held/.test(/** @type {any} */ (Object.keys(storage)))) ask();
      look();
    } catch (reason) {
      // A tag of another site may try.
      api.site = warn("not started:", reason);
    }
  };

  // A dashboard shows a heat map over the page that it opened; it says so until it is answered.
  addEventListener("message", (event) => {
    event.data?.heatmap && event.origin === boot.config?.dashboard && begun("heatmap", event);
  });

  /** @type {number | undefined} */
  let starting;
  const start = () => (starting ||= (window.requestIdleCallback || setTimeout)(begin, { timeout: 2000 }));
  const wait = () => {
    addEventListener("load", start);
    // A page is in use long before the last of what it names has come, which may be never.
    setTimeout(start, document.readyState === "complete" ? 0 : 5e3);
  };
  // A prerendered page has no visitor yet.
  document.prerendering ? document.addEventListener("prerenderingchange", wait) : wait();
})();
