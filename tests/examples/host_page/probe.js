// Runs before the page's own scripts and keeps what the benchmark asks for later, in `window.hostPage`.
{
  const kept = { tasks: [], frames: [], shift: 0, memories: [], panel_ms: null };
  window.hostPage = kept;

  const watch = (type, take) => {
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  };
  watch("longtask", (task) => kept.tasks.push({ begin_ms: task.startTime, duration_ms: task.duration }));
  watch("long-animation-frame", (frame) => {
    const scripts = frame.scripts.map((script) => ({
      url: script.sourceURL,
      invoker: script.invoker,
      name: script.sourceFunctionName,
      duration_ms: script.duration,
    }));
    kept.frames.push({ begin_ms: frame.startTime, duration_ms: frame.duration, scripts });
  });
  watch("layout-shift", (shift) => {
    if (!shift.hadRecentInput) kept.shift += shift.value;
  });

  // WASM memory is no part of the figures for the heap, so every module's memory is remembered.
  const remember = ({ exports }) => {
    kept.memories.push(...Object.values(exports).filter((value) => value instanceof WebAssembly.Memory));
  };
  for (const name of ["instantiate", "instantiateStreaming"]) {
    const original = WebAssembly[name];
    WebAssembly[name] = async (...given) => {
      const made = await original.apply(WebAssembly, given);
      remember(made.instance || made);
      return made;
    };
  }
  WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
    construct(instance, given) {
      const made = new instance(...given);
      remember(made);
      return made;
    },
  });

  const dialog = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.matches("[role=dialog]")) return element;
      const within = element.shadowRoot && dialog(element.shadowRoot);
      if (within) return within;
    }
    return null;
  };

  // From the tap until the first frame that shows the panel with its question has been made.
  const tapped = (event) => {
    const host = document.querySelector("rapport-widget");
    if (event.target !== host || kept.panel_ms !== null) return;
    const look = () => {
      const panel = dialog(host.shadowRoot);
      // It is faded in, so its very first frame shows nothing yet.
      if (!panel || !panel.querySelector("fieldset") || Number(getComputedStyle(panel).opacity) === 0) {
        requestAnimationFrame(look);
        return;
      }
      // A message posted before a frame is made is handled after it.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => (kept.panel_ms = performance.now() - event.timeStamp);
      port2.postMessage(null);
    };
    requestAnimationFrame(look);
  };
  addEventListener("click", tapped, true);
}
