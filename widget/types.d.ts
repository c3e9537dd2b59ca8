// What the parts of the widget hand each other, for the type checker alone: nothing of this reaches a page. What the host's
// page sees is typed in package/rapport.d.ts, and what the collector sends in shared/src/client_config.rs.

type Consent = import("./package/rapport.js").Consent;
type Theme = import("./package/rapport.js").Theme;
type Value = import("./package/rapport.js").Value;
type Erased = import("./package/rapport.js").Erased;
type Explanation = import("./package/rapport.js").Explanation;
type OwnData = import("./package/rapport.js").OwnData;

/** A call of the host's, such as `["track", "name"]`: whatever a page may write. */
type Call = any[];

/** What is told to listeners: name, detail and what else there is. */
type Told = [name: string, detail: string, more?: unknown];

/** A survey's trigger, as far as script reads it (shared/src/targeting/trigger.rs). */
type Trigger =
  | { on: "manual" | "exit_intent" | "form_refilled" }
  | { on: "delay"; delay_ms: number }
  | { on: "scroll"; percent: number }
  | { on: "seen"; selector: string }
  | { on: "event"; name: string; properties?: object[]; delay_ms?: number; cancelled_by?: string[] }
  | { on: "task"; task?: string; end: string }
  | { on: "signal"; signal: string }
  | { on: "slow_page"; over_ms: number };

/** A survey with one kind of trigger. */
type Waiting<On> = Survey & { trigger: Extract<Trigger, { on: On }> };

/** One question, as far as script reads it. */
interface Question {
  id: string;
  kind: string;
  text: string;
  choices?: { id: string; label: string }[];
}

/** One survey of the configuration. */
interface Survey {
  id: string;
  version: number;
  title: string;
  placement: "launcher" | "popover" | "banner" | "modal" | "inline" | "hosted";
  trigger?: Trigger;
  target?: { schedule?: object };
  cooldown_days?: number;
  /** Names of the facts that it keeps. */
  facts?: string[];
  questions: Question[];
  /** Which of its languages it is shown in, and which of the widget's words go with it. */
  shown: { language: string; words: string };
}

/** What `/v1/config/{site}` says. */
interface Config {
  site: string;
  /** Path of a part's files, as `survey_js` and `survey_wasm`. */
  assets: Record<string, string> & { words: Record<string, string>; own_data_words: Record<string, string> };
  proof: string;
  /** Origin of the dashboards, whose heat maps may be shown over the page. */
  dashboard?: string;
  /** Of how many views in a hundred clicks are kept for heat maps; none when absent. */
  heat_percent?: number;
  /** Whether surveys or reviews may appear by themselves, within the page or over it. */
  asks: boolean;
  launcher_css: string;
  panel_css: string;
  /** Whether the launcher goes aside while a phone scrolls. */
  launcher_yields?: boolean;
  logo?: string;
  logo_text?: string;
  time_zone: string;
  cooldown_days?: number;
  /** What is watched besides: `images`, `requests`. */
  watches?: string;
  surveys: Survey[];
  /** Why there is none, where it was refused. */
  detail?: string;
  /** The language that its surveys are in, once the invitation has begun. */
  spoken?: string;
}

/** What each batch says of its sender. */
interface Sender {
  consent: string;
  visitor?: string | undefined;
  proof?: string | undefined;
  customer?: string | undefined;
  customer_signature?: string | undefined;
}

/** What the agent knows of the visit. */
interface Facts {
  /** The view that is going on. */
  view?: string;
  path?: string;
  session?: string;
  session_began_ms?: number;
  lcp_ms?: number;
  views?: number;
  source?: string;
  referrer?: string;
}

/** A click as the agent tells of it: with where it went, the description of its element, and which judgement of it is not wanted. */
interface ToldClick {
  event: PointerEvent;
  path: EventTarget[];
  element: string;
  ignored: string;
  at_ms: number;
}

/** What happened before the click part was there: of an event the path as well, which it loses. */
type Early = [at_ms: number, what: Event | ToldClick | MutationRecord[], path?: EventTarget[]];

/** A signal that is only counted, as shared/src/wire.rs has it, without its view. */
interface Measured {
  age_ms: number;
  kind: "point" | "form" | "field";
  name?: string;
  text?: string;
  element?: string;
  measured: number[];
}

/** What a heat map shows, as the collector tells it: see collector/report/src/heat. */
interface HeatMap {
  from: string;
  to: string;
  elements: HeatElement[];
  reach: { device: string; views: number; shares: number[] }[];
}

/** The clicks on one element; `cells` has level, kind, column, row and count of each. */
interface HeatElement {
  element: string;
  place: string;
  device: string;
  size: string;
  clicks: number;
  rage: number;
  dead: number;
  cells: [level: number, kind: number, x: number, y: number, count: number][];
}

/** What became of a click, or of a row of so many, by which version of the rules. */
interface JudgedClick {
  kind: string;
  /** Its description, or itself. */
  element: string | Element | null;
  name?: string;
  /** What else is sent, as fields of JSON. */
  also?: string;
  at_ms: number;
  count: number;
  rule: number;
}

/** What every part gets, and where each adds what the others may ask of it. */
interface Boot {
  site: string;
  base: string;
  release: string | undefined;
  /** Address of the loader. */
  script: string;
  readonly language: string;
  errors: Event[];
  calls: Call[];
  /** What was told; the invitation hears each from then on. */
  told: { push(told: Told): void; length: number };
  fetch: typeof fetch;
  stringify: typeof JSON.stringify;
  parse: typeof JSON.parse;
  config: Config;
  sender: Sender;
  visitor_since: number;
  /** Whether the visitor asks not to be measured. */
  withheld: boolean;
  root: ShadowRoot;
  /** The style sheet over the page. */
  sheet: CSSStyleSheet;
  launcher?: HTMLAnchorElement;
  /** The survey module, on its way or there; nothing after a failure. */
  survey?: Promise<any> | 0;
  /** Whether this browser cannot run the panel. */
  broken?: boolean;
  customer?: string | undefined;
  traits?: Record<string, Value | string[]> | undefined;
  signature?: string | undefined;
  call(call: Call): void;
  tell(name: string, detail: string, more?: unknown): void;
  remember(stored: string): void;
  /** Brings a part, once. */
  load(part: string): Promise<any>;
  measure(): Promise<void>;
  /** Looks at the page again soon after what it observes has changed. */
  changes: MutationObserver;
  /** Leads to the form that needs no script. */
  lead(survey: string): void;

  /** The agent: an error of the page. */
  failed?(event: Event): void;
  /** The agent: where the visitor is. */
  facts?(): Facts;
  /** The agent: what preceded an answer, as the fields of an object of JSON. */
  snapshot?(): string;
  /** The agent: a step of a delivery. */
  deliver?(step: { fields: string }): void;

  /** The agent: what happened before the click part was there, and what observes the page until then. */
  early?: Early[] | undefined;
  observer?: MutationObserver | undefined;
  /** The agent: the parts that it has asked for. */
  parts?: Record<string, true>;
  /** The agent: takes what became of a click, or what else a part tells. It is there before that part starts. */
  judged(click: JudgedClick): void;

  /** The click part: a click. */
  clicked?(click: ToldClick): void;
  /** The click and the vital part: the view ends, or is hidden. */
  settle?(): void;
  /** The click part: a script of the page failed. */
  failing?(at_ms: number): void;
  /** What the visitor asked for is seen over the page: it answers the click before it. */
  opened?(): void;

  /** The invitation: runs a call. */
  ask?(call: Call): void;
  /** The invitation: the page has changed. */
  look?(): void;
  /** The invitation: the widget stands in the page again. */
  returned?(): void;
  /** The invitation: the outbox tries again, not before so many milliseconds. */
  retry?(wished_ms?: number): void;
  /** The invitation: what was begun here is nobody's any more. */
  forgetBegun?(): void;
}

/** One answer of a run, as `shared/src/wire.rs` reads it. */
interface GivenAnswer {
  question: string;
  score?: number;
  text?: string;
  choices?: string[];
  parts?: { part: string }[];
}

/** A run as it stands, as the panel hands it over. */
interface GivenAnswers {
  answers: GivenAnswer[];
  finished: boolean;
  duration_ms: number;
  /** Is told how it ended what was held. */
  told(said: Outcome): void;
}

/** What became of a save: `stored`, `held` or `rejected: field: reason`. */
type Outcome = string;

/** A picture that was made for a question. */
interface MadePicture {
  id: string;
  question: string;
  picture: Blob;
  held?: boolean;
  stored?: boolean;
  refused?: boolean;
}

/** A survey on the page, and one run through it. */
interface Shown {
  survey: Survey;
  /** The element that it is drawn in. */
  target: HTMLElement;
  /** A field that no person fills in. */
  trap: HTMLInputElement;
  /** Whether it stands over the page. */
  isOver: boolean;
  /** When it was taken from view, on the page's clock, and how long it was out of it. */
  hidden_ms: number;
  unseen_ms: number;
  revision: number;
  finished: boolean;
  handle?: { close(): void; focus(): void };
  started?: boolean;
  touched?: boolean;
  id?: string;
  began_ms?: number;
  consent?: string;
  snapshot?: object;
  /** What the page said of it, which its answers belong to. */
  about?: string;
  opener?: HTMLElement | undefined;
  byHand?: boolean | undefined;
  byItself?: boolean | undefined;
  facts?: Record<string, unknown> | undefined;
  pictures?: MadePicture[];
}

interface Window {
  navigation?: EventTarget;
  /** zone.js, where the page has it. */
  Zone?: { __symbol__?: (name: string) => string };
}

/** https://html.spec.whatwg.org/#navigateevent */
interface NavigateEvent extends Event {
  destination?: { sameDocument?: boolean; url?: string };
}

interface Navigator {
  /** https://privacycg.github.io/gpc-spec/ */
  globalPrivacyControl?: boolean;
}

interface Document {
  /** https://wicg.github.io/nav-speculation/prerendering.html */
  prerendering?: boolean;
}

/** Styles by their names. */
type Styles = Record<string, string>;

/** What is gathered while a page is drawn. */
interface Drawing {
  width: number;
  height: number;
  /** A document that runs nothing, which the copies belong to. */
  made: Document;
  /** The styles of an element without any. */
  initial: Styles;
  names: string[];
  waiting: Promise<unknown>[];
  images: number;
  /** Families that are used. */
  families: Set<string>;
  fixed: Node[];
  top: Node[];
}

/** What a picture is made of. */
interface Source {
  image: CanvasImageSource;
  width: number;
  height: number;
}

/** A part of a picture that is covered, in its pixels. */
interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What is said while a picture is made, `host`, the element of the panel, and `page`, whether the page is drawn. */
interface PictureWords {
  host: Element;
  page: boolean;
  [phrase: string]: any;
}

/** What is written to the device of one picture. */
interface HeldPicture {
  at_ms: number;
  id: string;
  response: string;
  question: string;
  part: string;
}

/** A time, and how the site's zone writes it. */
interface Moment {
  epoch_ms: number;
  local: string;
}

/** One published review, as `/v1/reviews/{site}` tells it. */
interface PublishedReview {
  id: string;
  stars: number;
  title: string;
  text: string;
  author: string;
  language: string;
  thing_name: string;
  at: Moment;
  verified_purchase: boolean;
  helpful: number;
  unhelpful: number;
  photo?: { address: string; width_px: number; height_px: number };
  reply?: { text: string; at: Moment };
}

/** A page of published reviews. */
interface ReviewList {
  thing?: string;
  site_name: string;
  page: number;
  pages: number;
  matching: number;
  languages: { language: string }[];
  summary: {
    reviews: number;
    verified: number;
    mean_stars: number;
    distribution: { stars: number; reviews: number; share_percent: number }[];
  };
  reviews: PublishedReview[];
  structured_data?: { review?: object[] };
}

/** What is known of a place for reviews: what was asked for, and what is drawn. */
interface ReviewPlace {
  thing: string | undefined;
  asked: number;
  sort: string;
  stars: number;
  language: string;
  verified: boolean;
  page: number;
  frame?: HTMLElement;
  failure?: HTMLElement;
  rows?: HTMLButtonElement[];
  status?: HTMLElement;
  items?: HTMLElement;
  more?: HTMLElement;
  reset?: () => void;
  data?: ReviewList["structured_data"];
  script?: HTMLElement | null;
}
