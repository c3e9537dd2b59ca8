// text.js: texts of the page, made fit to be sent.

/** Half of a surrogate pair that stands alone: of a text that was cut in the middle of a character. */
const HALF = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * A text as it can be sent: what was cut off in its last character is gone, and it is cut to so many characters between two
 * that people see as such.
 * @param {string} text @param {number} most
 */
export function fit(text, most) {
  const whole = text.replace(/[\ud800-\udbff]$/, "").replace(HALF, "\ufffd");
  if (whole.length <= most) return whole;
  const pieces = Intl.Segmenter ? [...new Intl.Segmenter().segment(whole)].map(({ segment }) => segment) : [...whole];
  let kept = "";
  let count = 0;
  for (const piece of pieces) {
    count += [...piece].length;
    if (count > most) break;
    kept += piece;
  }
  return kept;
}
