// Reports every value of the web-vitals package to the page's own server; the last of each metric is the final one.
'use strict';
const view = Math.random().toString(36).slice(2);
let order = 0;
for (const name of ['onCLS', 'onFCP', 'onINP', 'onLCP', 'onTTFB']) {
  webVitals[name]((metric) => {
    order += 1;
    navigator.sendBeacon('/note', JSON.stringify({ view, order, path: location.pathname, metric: metric.name, value: metric.value }));
  }, { reportAllChanges: true });
}
