// Types of window.rapport, the function that rapport.js defines. Calls made before the widget is there wait in a queue.

/** A step of a task. A success counts as a key event of the visit. */
export type TaskStep = "start" | "success" | "fail" | "abandon";

/** What the visitor has said about being recognised: see docs/data.md. */
export type Consent = "granted" | "refused" | "unknown";

/** Where the launcher and what it opens are: a corner, or the middle of an edge. */
export type Position = "bottom-right" | "bottom-left" | "top-right" | "top-left" | "right" | "left";

/**
 * What a page may change of the widget's looks; what is left out stays as it is. Colours are `#rrggbb`; an empty one is
 * found by the widget. Colours that people could not read (WCAG 2.2 AA) are refused with a warning in the console.
 */
export interface Theme {
  /** Launcher, main button and what is picked. */
  accent?: string | undefined;
  /** Text on the accent; found anew when only the accent is set. */
  accent_text?: string | undefined;
  /** Behind everything, in the light. */
  background?: string | undefined;
  /** Text, in the light; found anew when only the background is set. */
  text?: string | undefined;
  /** Behind everything, in the dark. */
  dark_background?: string | undefined;
  /** Text, in the dark; found anew when only the background is set. */
  dark_text?: string | undefined;
  /** Roundness of corners, in CSS pixels: 0 to 28. */
  radius_px?: number | undefined;
  /** CSS list of fonts, of at most 160 characters; empty for those of the visitor's system. */
  font?: string | undefined;
  /** How close things stand. */
  density?: "compact" | "comfortable" | "spacious" | undefined;
  /** Where the launcher and what it opens are. */
  position?: Position | undefined;
  /** As the page is where it stands, or always one of the two. */
  scheme?: "auto" | "light" | "dark" | undefined;
  /** Whether the launcher looks for a corner where it covers no control of yours, and goes while a phone scrolls. */
  launcher?: "stays" | "yields" | undefined;
}

/** A value of a trait or property; `segments` alone is a list. */
export type Value = string | number | boolean;

/** What `rapport('debug')` says of one survey. */
export interface Explanation {
  /** Its id. */
  survey: string;
  /** Whether it would appear by itself now, if its trigger fired. */
  shows: boolean;
  /**
   * Path of the field that says no first, such as `target.pages`, `cooldown_days` or `active`; empty when none does.
   * `launcher` when an earlier survey has the launcher; `rules that could not be loaded` when nothing could be decided.
   */
  rule: string;
}

/** What is stored of a visitor, as far as their browser can be recognised. */
export interface OwnData {
  /** Page views. */
  page_views: number;
  /** Clicks, errors, task steps and events. */
  signals: number;
  /** Reviews that came with answers. */
  reviews: number;
  /** Pictures that came with answers. */
  pictures: number;
  /** Their answers, at most 200. */
  responses: {
    id: string;
    survey: string;
    at: { epoch_ms: number; local: string };
    path: string;
    /** What they had said about being measured when they gave it. */
    consent: Consent | null;
    answers: {
      question: string;
      score: number | null;
      choices: string[];
      text: string;
      picture?: { content_type: string; size_bytes: number; width_px: number; height_px: number };
    }[];
  }[];
  /** The id of a signed customer. */
  customer?: string;
  /** How many surveys a signed customer was asked, on any of their devices. */
  asked: number;
  /** Answers on this device that are not sent yet. */
  held: number;
}

/** What was erased of a visitor. */
export interface Erased {
  page_views: number;
  signals: number;
  responses: number;
  reviews: number;
  pictures: number;
}

/** What `rapport('on', …)` can tell of; the listener gets detail and, where there is more, a second argument. */
export interface RapportEvents {
  /** A view began; the detail is its path. */
  page_view: string;
  /** Several quick clicks on something that did not answer; the detail names the element. */
  rage_click: string;
  /** A click that nothing came of; the detail names the element. */
  dead_click: string;
  /** A click whose first effect came late; the detail names the element. */
  slow_click: string;
  /** A click of which nothing was seen while a script or a request failed; the detail names the element. */
  failed_click: string;
  /** An uncaught error or unhandled rejection that was not seen before in the view; the detail is empty. */
  error: string;
  /** A step of a task was recorded; the detail is its name, the second argument the step. */
  task: string;
  /** `track` was recorded; the detail is its name, the second argument the properties. */
  event: string;
  /** A form that was sent is filled in again; the detail is empty. */
  form_refilled: string;
  /** A survey is on screen; the detail is its id. */
  shown: string;
  /** Its first answer was given; the detail is its id. */
  started: string;
  /** It was finished, and its answers are stored or held on the device; the detail is its id. */
  answered: string;
  /** It was closed without finishing; the detail is its id. */
  closed: string;
}

export interface Rapport {
  /** Begins a view by hand, for routers that do not change the path. Query and hash are left out. */
  (command: "page", path?: string): void;
  /**
   * Records a custom event. Names are cut to 120 characters. Surveys can wait for it; the properties decide whether they
   * appear and are not sent.
   */
  (command: "track", name: string, properties?: Record<string, Value>): void;
  /** Records a step of a task. */
  (command: "task", name: string, step: TaskStep): void;
  /** Records a purchase, a key event of the visit. Surveys can wait for the event `purchase`. */
  (command: "purchase", properties?: Record<string, Value>): void;
  /**
   * Says that the visitor is known to you, so that they are recognised on this device. The traits decide which surveys
   * appear; they are not sent. Nor is the id, of 1 to 200 characters, unless your server signed it: HMAC-SHA-256 of the id,
   * in hexadecimal digits, with the secret that `rapport site secret SITE identity` prints. Then answers are those of this
   * customer, and nobody is asked again by what they were asked on another device. Another id than the one before means
   * another person, as after `reset`.
   */
  (command: "identify", id: string, traits?: Record<string, Value | string[]>, signature?: string): void;
  /**
   * Forgets who the visitor is, as after signing out: what was begun is closed, what the tab held of their answers is theirs
   * alone, and a new session begins. What is not sent yet still goes out as theirs.
   */
  (command: "reset"): void;
  /** Says what the visitor decided. Without it nothing is kept that would recognise them tomorrow. */
  (command: "consent", state: Consent): void;
  /** Changes the theme of this page, also of what is open; without fields it is the saved one again. */
  (command: "theme", theme?: Theme): void;
  /**
   * Opens a survey by its id, over the page; both names do the same. Facts are kept with the answers. A review is of the fact
   * `thing`, or of the nearest `data-rapport-thing`; `order` and `order_signature` prove the purchase.
   */
  (command: "survey" | "open", id: string, facts?: Record<string, Value>): void;
  /** Closes the survey over the page. */
  (command: "close"): void;
  /** Shows the visitor what is stored of them, with a way to erase it; with a listener hands that to it and shows nothing. */
  (command: "data", listener?: (data: OwnData | null) => void): void;
  /**
   * Erases what is stored of the visitor, here and on the device, without asking first: do that yourself. Calls back with
   * how much that was, or with `null` when it did not work.
   */
  (command: "erase", listener?: (erased: Erased | null) => void): void;
  /** Shows why each survey appears or not, and calls back with the same. */
  /** Shows a heat map over the page, by a code from the dashboard. */
  (command: "heatmap", code: string): void;
  (command: "debug", listener?: (explanations: Explanation[]) => void): void;
  /** Calls back on an event, each time in a task of its own. Telemetry's events stay silent under Global Privacy Control. */
  <Name extends keyof RapportEvents>(command: "on", event: Name, listener: (detail: RapportEvents[Name], more?: unknown) => void): void;
}

declare global {
  interface Window {
    rapport: Rapport;
  }
  const rapport: Rapport;
}
