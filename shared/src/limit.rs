//! Every limit on what a browser may send or a survey may ask, named once, with its unit.

/// Largest body of `POST /v1/batch`, in bytes. Browsers cap queued `keepalive` and beacon bodies at 64 KiB.
pub const BATCH_BYTES: usize = 65_536;
/// Most items in one batch.
pub const BATCH_ITEMS: usize = 100;
/// Longest page path, in characters; the agent cuts, the collector cuts again.
pub const PATH_CHARACTERS: usize = 512;
/// Longest page path that is stored, in bytes of UTF-8: twice what browsers send of [`PATH_CHARACTERS`], which is ASCII.
pub const PATH_BYTES: usize = 1_024;
/// Longest label that signals are counted under (an element, an event, "name: message" of an error), in bytes of UTF-8.
pub const LABEL_BYTES: usize = 1_280;
/// Longest row of an index, in bytes (a third of a page of PostgreSQL, `BTMaxItemSize`): the texts of a key together stay
/// below it, with 300 bytes to spare for ids, counts and lengths. A longer row fails to be written.
pub const INDEX_ROW_BYTES: usize = 2_704;
/// Longest referrer, in characters (origin and path only).
pub const REFERRER_CHARACTERS: usize = 512;
/// Longest description of an element, in characters.
pub const ELEMENT_CHARACTERS: usize = 200;
/// Longest name of a task, custom event or release, in characters.
pub const NAME_CHARACTERS: usize = 120;
/// Longest machine-written text (an error message), in characters.
pub const MESSAGE_CHARACTERS: usize = 500;
/// Longest line of a stack that is read, in characters (a function, its file and place).
pub const FRAME_CHARACTERS: usize = 600;
/// Longest beginning of a stack, in bytes.
pub const STACK_BYTES: usize = 8_192;
/// Most properties of a custom event.
pub const EVENT_PROPERTIES: usize = 20;
/// Longest properties of a custom event as JSON, in bytes; of an event with longer ones the agent sends the name alone.
pub const EVENT_BYTES: usize = 4_096;
/// Longest value of a property of a custom event, in characters.
pub const PROPERTY_CHARACTERS: usize = 200;
/// Most numbers of what a Web Vital was of.
pub const VITAL_PARTS: usize = 5;
/// Longest free text of an answer, in characters. A longer one is refused by name, never cut.
pub const ANSWER_CHARACTERS: usize = 10_000;
/// Most answers in one response.
pub const RESPONSE_ANSWERS: usize = 50;
/// Most choices picked in one answer.
pub const ANSWER_CHOICES: usize = 50;
/// Most parts of one answer: the rows of a matrix.
pub const ANSWER_PARTS: usize = 50;
/// Most finished responses that a survey may ask for, its largest quota.
pub const QUOTA_RESPONSES: u64 = 1_000_000_000;
/// Most facts of the page kept with a response.
pub const RESPONSE_FACTS: usize = 20;
/// Longest value of a fact, in characters.
pub const FACT_CHARACTERS: usize = 500;
/// Longest language tag, in characters (RFC 5646, 4.4.1).
pub const LANGUAGE_CHARACTERS: usize = 35;
/// Longest name of a customer in the host's own systems, in characters.
pub const CUSTOMER_CHARACTERS: usize = 200;
/// Longest question or choice id, in characters.
pub const KEY_CHARACTERS: usize = 64;
/// Most events in a response's trail.
pub const TRAIL_EVENTS: usize = 50;
/// Largest trail, in bytes of JSON.
pub const TRAIL_BYTES: usize = 8_192;
/// Largest picture that is taken, in bytes; the widget sends at most [`PICTURE_STORED_BYTES`].
pub const PICTURE_BYTES: usize = 600_000;
/// Largest picture that is stored, in bytes.
pub const PICTURE_STORED_BYTES: usize = 500_000;
/// Longest side of a picture that is stored, in pixels; a larger one is scaled down.
pub const PICTURE_SIDE_PX: u32 = 1_600;
/// Most pixels of a picture that is taken.
pub const PICTURE_PIXELS: u64 = 25_000_000;
/// Most pictures of one response.
pub const RESPONSE_PICTURES: usize = 5;
/// Oldest age an item may claim, in milliseconds (30 days); an older one is clamped and flagged.
pub const AGE_MS: u64 = 30 * 24 * 60 * 60 * 1000;
/// Longest duration a page view may claim, in milliseconds (7 days).
pub const DURATION_MS: u32 = 7 * 24 * 60 * 60 * 1000;
/// A session ends after this much inactivity, in milliseconds (30 minutes).
pub const SESSION_IDLE_MS: u64 = 30 * 60 * 1000;
/// A session never lasts longer than this, in milliseconds (24 hours).
pub const SESSION_LENGTH_MS: u64 = 24 * 60 * 60 * 1000;
/// Most pages a site may report in a day that it did not have before; the rest count as [`OTHER_PAGES`].
pub const PAGES_PER_DAY: usize = 2_000;
/// Most pages known from earlier days that keep their place whatever a day brings; those with views on most days.
pub const KNOWN_PAGES: usize = 2_000;
/// The page that stands for all pages over [`PAGES_PER_DAY`].
pub const OTHER_PAGES: &str = "(other)";
