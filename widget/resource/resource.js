// The resource part: pictures that do not load and requests that fail, for sites that ask for it. It tells each once a view, by its
// address without origin of the page, query and hash, and with what looks like an id replaced.

/** What was told in this view. @type {Set<string>} */
let told = new Set();
let path = location.pathname;

/** An address as it is told. @param {string} address */
function nameOf(address) {
  const { origin, protocol, host, pathname } = new URL(address, location.href);
  if (!/^http/.test(protocol)) return "";
  const plain = pathname.replace(/[^/]*\d[^/]{0,2}\d[^/]*\d[^/.]*/g, ":id");
  return origin === location.origin ? plain : host + plain;
}

/** @param {Boot} boot */
function start(boot) {
  const { judged, base, config } = boot;
  /** @param {string} kind @param {string} address @param {string} name @param {number} at_ms */
  const tell = (kind, address, name, at_ms) => {
    if (path !== location.pathname) {
      path = location.pathname;
      told = new Set();
    }
    const element = nameOf(address);
    const key = kind + element + name;
    if (!element || address.startsWith(base + "/") || told.has(key) || told.size > 20) return;
    told.add(key);
    judged({ kind, element, name, at_ms, count: 1, rule: 0 });
  };
  const watches = config.watches || "";
  if (/images/.test(watches)) {
    const broken = (/** @type {HTMLImageElement} */ image) => {
      const address = image.currentSrc || image.src;
      if (address) tell("broken_image", address, "", performance.now());
    };
    addEventListener("error", ({ target }) => target instanceof HTMLImageElement && broken(target), true);
    for (const image of document.images) if (image.complete && !image.naturalWidth && image.getAttribute("src")) isBroken(image, broken);
  }
  if (/requests/.test(watches)) {
    new PerformanceObserver((list) => {
      for (const entry of /** @type {PerformanceResourceTiming[]} */ (list.getEntries())) {
        const { initiatorType, responseStatus, name, responseEnd } = entry;
        if (/^(fetch|xmlhttprequest)$/.test(initiatorType) && responseStatus >= 400)
          tell("failed_request", name, `${responseStatus}`, responseEnd);
      }
    }).observe({ type: "resource", buffered: true });
  }
}

/**
 * A picture that has no size is broken where it cannot be decoded: a vector may have none.
 * @param {HTMLImageElement} image @param {(image: HTMLImageElement) => void} broken
 */
function isBroken(image, broken) {
  image.decode().catch(() => image.naturalWidth || broken(image));
}

export { start };
