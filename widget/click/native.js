// native.js: functions of the browser as they were before zone.js wrapped them. Angular looks the whole page over after every
// callback of its zone; an observer of every change in it would make the page look itself over without end.

/**
 * What the browser itself has under a name, be it wrapped or not.
 * @template {object} Of @template {keyof Of} Name @param {Of} of @param {Name & string} name @returns {Of[Name]}
 */
export function native(of, name) {
  try {
    const { Zone } = window;
    return (Zone?.__symbol__ && of[/** @type {Name} */ (Zone.__symbol__(name))]) || of[name];
  } catch (_) {
    return of[name];
  }
}

/**
 * A function of ours as the browser may call it: what goes wrong in it costs a figure, and is no error of the page.
 * @template {unknown[]} Given @param {(...given: Given) => unknown} act @returns {(...given: Given) => void}
 */
export function contained(act) {
  return (...given) => {
    try {
      /** @type {any} */
      const done = act(...given);
      if (done?.catch) done.catch(() => {});
    } catch (_) {
      // Nothing is known then.
    }
  };
}

/** Does something later, in milliseconds. @param {() => unknown} act @param {number} delay_ms */
export function later(act, delay_ms) {
  return native(window, "setTimeout").call(window, contained(act), delay_ms);
}

/**
 * Hears every event of these names on its way down.
 * @template {Event} Heard @param {EventTarget} target @param {string[]} names @param {(event: Heard) => unknown} act
 */
export function hear(target, names, act) {
  const listen = native(target, "addEventListener");
  const heard = /** @type {EventListener} */ (contained(act));
  for (const name of names) listen.call(target, name, heard, { capture: true, passive: true });
}
