// Types of window.rapport, the function that rapport.js defines. Calls made before the widget is there wait in a queue.

/** A step of a task. A success counts as a key event of the visit. */
export type TaskStep = "start" | "success" | "fail" | "abandon";

/** What `rapport('on', …)` can tell of. */
export interface RapportEvents {
  /** A view began; the detail is its path. */
  page_view: string;
  /** Several quick clicks in one place; the detail names the element. */
  rage_click: string;
  /** A click without effect; the detail names the element. */
  dead_click: string;
  /** An uncaught error or unhandled rejection that was not seen before in the view; the detail is empty. */
  error: string;
  /** A step of a task was recorded; the detail is empty. */
  task: string;
  /** `track` was recorded; the detail is empty. */
  event: string;
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
  /** Records a custom event. Names are cut to 120 characters. */
  (command: "track", name: string): void;
  /** Records a step of a task. */
  (command: "task", name: string, step: TaskStep): void;
  /** Opens a survey by its id, over the page; both names do the same. */
  (command: "survey" | "open", id: string): void;
  /** Closes the survey over the page. */
  (command: "close"): void;
  /** Calls back on an event, each time in a task of its own. Telemetry's events stay silent under Global Privacy Control. */
  <Name extends keyof RapportEvents>(
    command: "on",
    event: Name,
    listener: (detail: RapportEvents[Name]) => void,
  ): void;
}

declare global {
  interface Window {
    rapport: Rapport;
  }
  const rapport: Rapport;
}
