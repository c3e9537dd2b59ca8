// For applications with a bundler: puts the stub and the script tag into the page. The widget itself always comes from
// the collector, so that it and the collector are of one version.

"use strict";

/**
 * @param {import("./index.js").Options} options
 * @returns {import("./index.js").Rapport}
 */
exports.install = function install({ host, site, script = "rapport.js", release, language, nonce, integrity }) {
  if (!host || !site) throw new TypeError("rapport-widget: install needs host and site");
  // Rendered on a server there is no page yet; the browser runs this again.
  if (typeof document === "undefined") return function () {};
  const call = function () {
    window.rapport.apply(window, arguments);
  };
  if (window.rapport) return call;
  const stub = (window.rapport = function () {
    (stub.q = stub.q || []).push(arguments);
  });
  const tag = document.createElement("script");
  tag.async = true;
  tag.dataset.site = site;
  if (release) tag.dataset.release = release;
  if (language) tag.dataset.language = language;
  if (nonce) tag.nonce = nonce;
  if (integrity) {
    tag.integrity = integrity;
    tag.crossOrigin = "anonymous";
  }
  tag.src = host.replace(/\/+$/, "") + "/" + script;
  document.head.append(tag);
  return call;
};
