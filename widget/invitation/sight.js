// sight.js: waits until something comes into sight.

/** Calls back once, when an element comes within `margin` of the window. @param {Element} element @param {string} margin @param {() => void} callback */
export function watch(element, margin, callback) {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      callback();
    },
    { rootMargin: margin },
  );
  observer.observe(element);
}
