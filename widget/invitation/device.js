// device.js: what is kept on the device. Every access to its storage may be forbidden.

/** @param {string} key */
export function read(key) {
  try {
    return localStorage.getItem(key) || "";
  } catch (_) {
    return "";
  }
}

/** Writes a value, or forgets the key when there is none; whether it can be read back. @param {string} key @param {string} value */
export function write(key, value) {
  try {
    if (value) localStorage.setItem(key, value);
    else localStorage.removeItem(key);
  } catch (_) {}
  return read(key) === value;
}

/** A UUIDv7 (RFC 9562 §5.7). */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let at = 0, ms = Date.now(); at < 6; at++) bytes[at] = Math.floor(ms / 256 ** (5 - at));
  bytes[6] = /** @type {number} */ (bytes[6] & 15) | 0x70;
  bytes[8] = /** @type {number} */ (bytes[8] & 63) | 0x80;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
