import type { Rapport } from "./rapport.js";

export type {
  Consent,
  Erased,
  Explanation,
  OwnData,
  Position,
  Rapport,
  RapportEvents,
  TaskStep,
  Theme,
  Value,
} from "./rapport.js";

export interface Options {
  /** Where the collector is reached, with its path prefix if it has one: `https://feedback.example.com`. */
  host: string;
  /** The site's public key. */
  site: string;
  /** Name of the script, where the collector was told another one; else `rapport.js`. */
  script?: string | undefined;
  /** The application's release, told with every view. */
  release?: string | undefined;
  /** Language of the interface, a BCP 47 tag; else the page's `lang`. */
  language?: string | undefined;
  /** The nonce of the page's content security policy. */
  nonce?: string | undefined;
  /** The script's Subresource Integrity value. */
  integrity?: string | undefined;
}

/**
 * Puts the script tag into the page, once, and gives the function to call. Calls wait until the widget is there. Where
 * there is no document, as in server-side rendering, it does nothing.
 *
 * @throws TypeError when `host` or `site` is missing.
 */
export function install(options: Options): Rapport;
