//! What travels from a page to `POST /v1/batch`, and what comes back.
//!
//! Integers only: `*_ms` are milliseconds, `*_px` CSS pixels, `cls_e4` is CLS times 10,000. A field that is absent is
//! zero or unknown. Unknown fields are ignored, so an older collector takes a newer page's batch.

use crate::id::Id;
use crate::signal::SignalKind;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What is sent at a time: who sends it, and its items.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Batch<'a, I> {
    /// Public site key.
    #[serde(borrow, default)]
    pub site: Cow<'a, str>,
    /// The tab's session; absent when telemetry is withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Id>,
    /// Persistent visitor id; only after consent or identification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visitor: Option<Id>,
    /// What the visitor said about being measured: `unknown`, `refused` or `granted`. Anything else is unknown.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub consent: Cow<'a, str>,
    /// What the company's own systems call the visitor; only with its server's signature.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub customer: Cow<'a, str>,
    /// The signature of `customer`.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub customer_signature: Cow<'a, str>,
    /// The `proof` of the config that the page loaded.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub proof: Cow<'a, str>,
    /// The items, each an object with its type ([`ItemType`]) as `type`, and the fields of that type.
    #[serde(default = "Vec::new")]
    pub items: Vec<I>,
}

impl<'a, I> Batch<'a, I> {
    /// One without items, of a sender of whom nothing is known.
    pub fn of(site: &'a str) -> Self {
        let [consent, customer, customer_signature, proof] = [const { Cow::Borrowed("") }; 4];
        Self {
            site: site.into(),
            session: None,
            visitor: None,
            consent,
            customer,
            customer_signature,
            proof,
            items: Vec::new(),
        }
    }
}

/// One kind of item; the value of its `type` field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemType {
    /// [`PageView`].
    PageView,
    /// [`Signal`].
    Signal,
    /// [`Response`].
    Response,
    /// [`Delivery`].
    Delivery,
}

macro_rules! page_view {
    (
        counts { $($count:ident: $most:literal, $label:literal, $what:literal
            $(, share($views:ident, $squares:ident, $products:ident))?;)* }
        vitals { $($vital:ident: $most_of_vital:literal, $what_vital:literal, $sketch:ident;)* }
    ) => {
        /// One view of one page, sent when it is hidden, and again with a higher revision when it changed after that.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct PageView<'a> {
            /// Idempotency key of the view; signals and responses name it as `view`.
            pub id: Id,
            /// Milliseconds since the view began, when this is sent.
            pub age_ms: u64,
            /// Counts up each time the view is sent; the highest wins.
            pub revision: u32,
            /// Path without query and hash.
            #[serde(borrow)]
            pub path: Cow<'a, str>,
            /// Origin and path of the referrer, empty for none or the same site.
            #[serde(borrow)]
            pub referrer: Cow<'a, str>,
            /// `utm_source` or its like, empty for none.
            #[serde(borrow)]
            pub source: Cow<'a, str>,
            /// `utm_campaign`, empty for none.
            #[serde(borrow)]
            pub campaign: Cow<'a, str>,
            /// The host's name for its release (`data-release`), empty when unknown.
            #[serde(borrow)]
            pub release: Cow<'a, str>,
            /// 1 for the first view of the session, 2 for the second, and so on.
            pub view_index: u32,
            /// 1 when an SPA route change began the view, 2 for a back/forward-cache restore, 3 for a prerender, 0 for a load.
            pub navigation: u8,
            /// From beginning to last hide or leave.
            pub duration_ms: u32,
            /// The part of the duration that the page was hidden for; zero for a page left at its first hide.
            pub hidden_ms: u32,
            /// Time visible and focused within 5 s of an action.
            pub engaged_ms: u32,
            /// Deepest part of the page seen, 0 to 100.
            pub scroll_percent: u8,
            $(#[doc = $what] pub $count: u32,)*
            /// Key events (success of a task, purchase): they make a visit engaged.
            pub key_events: u32,
            $(#[doc = $what_vital] pub $vital: Option<u32>,)*
            /// Width of the viewport.
            pub viewport_width_px: u32,
            /// Height of the viewport.
            pub viewport_height_px: u32,
        }

        impl PageView<'_> {
            /// What stands in the list of measures: name, value (0 when unknown) and the most that one view may tell.
            pub fn measures(&self) -> impl Iterator<Item = (&'static str, u32, u32)> {
                let counts = [$((stringify!($count), self.$count, $most),)*];
                let vitals = [$((stringify!($vital), self.$vital.unwrap_or(0), $most_of_vital),)*];
                counts.into_iter().chain(vitals)
            }
        }
    };
}
crate::view_measures!(page_view);

/// Something that happened within a view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signal<'a> {
    /// Idempotency key.
    pub id: Id,
    /// Milliseconds since it happened, when this is sent.
    #[serde(default)]
    pub age_ms: u64,
    /// The page view it happened in.
    pub view: Id,
    /// What happened.
    pub kind: SignalKind,
    /// Path of the page.
    #[serde(borrow, default)]
    pub path: Cow<'a, str>,
    /// The element, as a short selector (`button#buy`) or its `data-rapport-name`; of a field its name; empty when there is none.
    #[serde(borrow, default)]
    pub element: Cow<'a, str>,
    /// Task, event or form name; for an error its type (`TypeError`), for a failed request its status, for an LCP where its picture came from (`own`, `other`, `data`; empty for text).
    #[serde(borrow, default)]
    pub name: Cow<'a, str>,
    /// For an error its message, for a task its step (`start`, `success`, `fail`, `abandon`), for a form its step (`start`, `left`,
    /// `complete`), for a point where its element is; else empty.
    #[serde(borrow, default)]
    pub text: Cow<'a, str>,
    /// How often it repeated (an error seen again, the clicks of a rage click); 1 when absent.
    #[serde(default = "one")]
    pub count: u32,
    /// For a click that was judged, the version of the rules (`shared::measure::rage_click::VERSION`); 1 when absent.
    #[serde(default = "one")]
    pub rule: u32,
    /// Of a kind that is only counted the numbers that `shared::measure::point` or `shared::measure::form` describes; else none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measured: Vec<u32>,
    /// For an error the beginning of its stack, as the browser wrote it, without query and hash of its addresses.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub stack: Cow<'a, str>,
    /// For a custom event what the page says of it.
    #[serde(borrow, default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<Cow<'a, str>, Property<'a>>,
    /// What a vital is made of. `lcp`: the vital, time to first byte, load delay, load time, render delay; `inp`: the vital, input
    /// delay, processing, presentation, all in milliseconds; `cls`: the vital and its largest shift, both times 10,000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<u32>,
}

/// A property of a custom event: a text, a number or a truth; `null` is none.
#[derive(Clone, Debug, PartialEq)]
pub enum Property<'a> {
    /// Nothing: as if it were not there.
    None,
    /// True or false.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(Cow<'a, str>),
}

impl Serialize for Property<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_none(),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Property<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Plain;
        impl<'de> serde::de::Visitor<'de> for Plain {
            type Value = Property<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text, a number, true or false")
            }
            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Property::None)
            }
            fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
                Ok(Property::Flag(flag))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Property::Number(number as f64))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Property::Number(number as f64))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
                Ok(Property::Number(number))
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Property::Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Property::Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_any(Plain)
    }
}

fn one() -> u32 {
    1
}

/// One person's run through a survey; sent after every answer with a higher revision, so partial runs are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Response<'a> {
    /// Idempotency key of the run.
    pub id: Id,
    /// Milliseconds since the first answer, when this is sent.
    #[serde(default)]
    pub age_ms: u64,
    /// Counts up with every answer; the highest wins.
    #[serde(default)]
    pub revision: u32,
    /// The survey's id (its slug within the site).
    #[serde(borrow)]
    pub survey: Cow<'a, str>,
    /// The version of the survey that was answered.
    pub survey_version: u32,
    /// The page view it was given in; absent when telemetry is withheld.
    #[serde(default)]
    pub view: Option<Id>,
    /// Path of the page.
    #[serde(borrow, default)]
    pub path: Cow<'a, str>,
    /// Language the survey was shown in (BCP 47), empty when unknown.
    #[serde(borrow, default)]
    pub language: Cow<'a, str>,
    /// From first sight to this revision.
    #[serde(default)]
    pub duration_ms: u32,
    /// Whether the last question was passed.
    #[serde(default)]
    pub finished: bool,
    /// One entry per answered question.
    #[serde(borrow, default)]
    pub answers: Vec<Answer<'a>>,
    /// What the page told of itself: the survey's `facts` by name.
    #[serde(borrow, default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    /// What preceded the first answer, oldest first.
    #[serde(borrow, default)]
    pub trail: Vec<TrailEvent<'a>>,
    /// True under Global Privacy Control or Do Not Track: the trail is withheld, not empty by chance.
    #[serde(default)]
    pub trail_withheld: bool,
    /// The page's figures at the time of the response; absent when withheld.
    #[serde(borrow, default)]
    pub page: Option<PageView<'a>>,
    /// Whether a field that nobody sees was filled in.
    #[serde(default, skip_serializing_if = "is_false")]
    pub trapped: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// One answer. A question of one input has its value here; one of several inputs (a matrix, a contact, a review) has
/// what is beside it in `parts`, named by `shared::survey::Part::id`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Answer<'a> {
    /// Id of the question.
    #[serde(borrow)]
    pub question: Cow<'a, str>,
    /// NPS 0 to 10, CSAT and the stars of a review 1 to 5, CES 1 to 7, expectation gap −2 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<i8>,
    /// Ids of the choices picked; of a ranking the first one first.
    #[serde(borrow, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Cow<'a, str>>,
    /// The words; beside choices those of the "other" one.
    #[serde(borrow, skip_serializing_if = "str::is_empty")]
    pub text: Cow<'a, str>,
    /// The values of its other inputs.
    #[serde(borrow, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<AnswerPart<'a>>,
}

/// The value of one input of a question that has several: a score or words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AnswerPart<'a> {
    /// Id of the part: the row of a matrix, `email` of a contact.
    #[serde(borrow)]
    pub part: Cow<'a, str>,
    /// The score of a row; 1 for a consent that was given and for a picture that is on its way as an attachment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<i8>,
    /// The words.
    #[serde(borrow, skip_serializing_if = "str::is_empty")]
    pub text: Cow<'a, str>,
}

/// One event of a trail.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrailEvent<'a> {
    /// Milliseconds before the response's first answer.
    pub before_ms: u64,
    /// `page_view`, `click`, or the name of a [`SignalKind`].
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
    /// Path, for a page view.
    #[serde(borrow)]
    pub path: Cow<'a, str>,
    /// Element, where there is one.
    #[serde(borrow)]
    pub element: Cow<'a, str>,
    /// Task or event name; for an error its type.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// Error message or task step.
    #[serde(borrow)]
    pub text: Cow<'a, str>,
    /// Repeats; 0 and 1 both mean once.
    pub count: u32,
}

/// One step of a survey's delivery, for the delivery log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery<'a> {
    /// Idempotency key.
    pub id: Id,
    /// Milliseconds since it happened, when this is sent.
    #[serde(default)]
    pub age_ms: u64,
    /// The survey's id.
    #[serde(borrow)]
    pub survey: Cow<'a, str>,
    /// The version shown.
    pub survey_version: u32,
    /// What happened.
    pub event: DeliveryEvent,
    /// Once it was answered, the id of the response.
    #[serde(default)]
    pub response: Option<Id>,
    /// Path of the page.
    #[serde(borrow, default)]
    pub path: Cow<'a, str>,
}

/// The steps of a [`Delivery`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryEvent {
    /// The survey was on screen.
    Shown,
    /// A first answer was given.
    Started,
    /// The last question was passed.
    Answered,
    /// It was closed without finishing.
    Closed,
}

impl DeliveryEvent {
    /// The name on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Started => "started",
            Self::Answered => "answered",
            Self::Closed => "closed",
        }
    }
}

/// The reply to a batch: every item of it is in exactly one of the three.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchReply {
    /// Items stored, and durable.
    pub accepted: u32,
    /// Items already stored before (same id, same or lower revision).
    pub duplicate: u32,
    /// Items that can never be stored as they are; sending them again is useless.
    pub rejected: Vec<Rejection>,
}

/// Why one item was rejected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// Position of the item in the batch, from 0.
    pub index: u32,
    /// The field at fault, as a dotted path (`answers[0].score`); empty when the item itself is.
    pub field: String,
    /// What is wrong, naming the limit.
    pub reason: String,
}
