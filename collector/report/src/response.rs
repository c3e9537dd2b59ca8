//! One response: its answers as they were asked, the page's figures, and the trail that led there.

use super::feedback::named;
use super::figure::scale::Scale;
use super::input;
use super::timeline::Moment;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rapport_figures::spam::Reason;
use rapport_figures::vital::Vital;
use rapport_shared::id::Id;
use rapport_shared::signal::SignalKind;
use rapport_shared::survey::{AnswerKind, Survey};
use rapport_shared::wire::{PageView, TrailEvent};
use rapport_store::attachment::Attachment;
use rapport_store::record::Consent;
use rapport_store::response::{AnswerRecord, ResponseRecord};
use rapport_store::review::rule::AUTHOR;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// An instant, also as the clocks of the site show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Time {
    /// Epoch milliseconds.
    pub epoch_ms: i64,
    /// RFC 3339 in the site's zone, to the second.
    pub local: String,
}

impl Time {
    /// The instant in a zone.
    pub fn new(epoch_ms: i64, zone: &TimeZone) -> Self {
        let instant = Timestamp::from_millisecond(epoch_ms).unwrap_or_default().to_zoned(zone.clone());
        Self { epoch_ms, local: instant.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string() }
    }
}

/// What an answer is to those who read responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnswerRole {
    /// What the visitor thinks.
    Answer,
    /// The title of the words that come with it.
    Title,
    /// The name that the visitor wants to be seen beside their words.
    Author,
    /// Who they are, or how to reach them.
    Contact,
    /// What the page knew.
    Fact,
}

impl AnswerRole {
    /// Whether it is what the visitor thinks.
    pub fn is_answer(&self) -> bool {
        *self == Self::Answer
    }

    /// The role of the answer to a question, or to a part of it.
    fn of(record: &AnswerRecord, records: &[AnswerRecord]) -> Self {
        let with_review = || {
            records.iter().any(|other| {
                other.item_id == record.item_id && AnswerKind::parse(&other.kind) == Some(AnswerKind::Review)
            })
        };
        match (AnswerKind::parse(&record.kind), record.question_id.split_once('.')) {
            (Some(AnswerKind::Fact), _) => Self::Fact,
            (Some(AnswerKind::Email), _) | (Some(AnswerKind::ShortText), Some((_, "name"))) => Self::Contact,
            (Some(AnswerKind::ShortText), Some((_, "title"))) => Self::Title,
            (Some(AnswerKind::ShortText), None) if record.question_id == AUTHOR && with_review() => Self::Author,
            _ => Self::Answer,
        }
    }
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AnswerView {
    /// Id of the question.
    pub question: String,
    /// The question as it was asked; its id when that version is not known.
    pub asked: String,
    /// Kind of question, such as `nps`.
    pub kind: String,
    /// What it is among the others.
    pub role: AnswerRole,
    /// The score, for the scored kinds.
    pub score: Option<i64>,
    /// The highest score there is.
    pub of: Option<i8>,
    /// `low`, `middle` or `high` for scores, empty for others.
    pub standing: &'static str,
    /// Labels of the choices picked.
    pub choices: Vec<String>,
    /// The words.
    pub words: String,
    /// The picture, if this is one and it has arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<PictureView>,
}

/// A picture that came with a response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PictureView {
    /// Path of the picture itself on the collector.
    pub address: String,
    /// Its media type.
    pub content_type: String,
    /// Its length, in bytes.
    pub size_bytes: i64,
    /// Its width, in pixels.
    pub width_px: i64,
    /// Its height, in pixels.
    pub height_px: i64,
}

impl PictureView {
    /// A picture that is to be had at `address`.
    pub fn new(address: String, picture: &Attachment) -> Self {
        Self {
            address,
            content_type: picture.content_type.clone(),
            size_bytes: picture.size_bytes,
            width_px: picture.width_px,
            height_px: picture.height_px,
        }
    }
}

/// A response in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ResponseSummary {
    /// Its id.
    pub id: String,
    /// Slug of the survey.
    pub survey: String,
    /// When the first answer was given.
    pub at: Time,
    /// Page it was given on.
    pub path: String,
    /// Kind of device.
    pub device: String,
    /// Language the survey was shown in.
    pub language: String,
    /// Whether the last question was passed.
    pub finished: bool,
    /// Its answers.
    pub answers: Vec<AnswerView>,
    /// Rage clicks in its trail.
    pub rage_clicks: u64,
    /// Dead clicks in its trail.
    pub dead_clicks: u64,
    /// Errors in its trail.
    pub errors: u64,
    /// Whether the trail is withheld: by Global Privacy Control or Do Not Track, or since the visitor refused.
    pub trail_withheld: bool,
    /// Why it is suspicious; none for most.
    pub suspicions: Vec<Suspicion>,
    /// Whether somebody said that it counts after all.
    pub suspicion_cleared: bool,
}

/// A reason to suspect a response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Suspicion {
    /// `trapped`, `too_fast`, `repeated`, `burst`, `without_config` or `bot`; `other` for one that a newer collector gave.
    pub reason: &'static str,
    /// The reason in plain words.
    pub text: &'static str,
}

impl ResponseSummary {
    /// Whether scores leave it out.
    pub fn is_left_out(&self) -> bool {
        !self.suspicions.is_empty() && !self.suspicion_cleared
    }
}

macro_rules! page_facts {
    (
        counts { $($count:ident: $most:literal, $label:literal, $what:literal
            $(, share($views:ident, $squares:ident, $products:ident))?;)* }
        vitals { $($vital:ident: $most_of_vital:literal, $what_vital:literal, $sketch:ident;)* }
    ) => {
        /// The page's figures when the response was given.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
        pub struct PageFacts {
            /// Time on the page, in milliseconds.
            pub duration_ms: u32,
            /// Time engaged with it, in milliseconds.
            pub engaged_ms: u32,
            /// Deepest part seen, 0 to 100.
            pub scroll_percent: u8,
            $(#[doc = $what] pub $count: u32,)*
            /// Width of the viewport, in CSS pixels.
            pub viewport_width_px: u32,
            /// Height of the viewport, in CSS pixels.
            pub viewport_height_px: u32,
            /// The host's name for its release.
            pub release: String,
            /// Where the visitor came from: source or referrer.
            pub came_from: String,
            /// Web Vitals measured by then.
            pub vitals: Vec<Measured>,
        }

        impl PageFacts {
            /// The names of what is counted.
            pub const COUNTS: &[&str] = &[$(stringify!($count)),*];

            fn set_counts(&mut self, view: &PageView<'_>) {
                $(self.$count = view.$count;)*
            }

            /// What is counted: name, label and how often.
            pub fn counts(&self) -> impl Iterator<Item = (&'static str, &'static str, u32)> {
                [$((stringify!($count), $label, self.$count)),*].into_iter()
            }
        }

        /// The vitals of a view, in the order of [`Vital::ALL`].
        fn vitals_of(view: &PageView<'_>) -> [Option<u32>; Vital::ALL.len()] {
            [$(view.$vital),*]
        }
    };
}
rapport_shared::view_measures!(page_facts);

/// One Web Vital of one view.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Measured {
    /// Abbreviation.
    pub name: &'static str,
    /// Milliseconds; for CLS the shift.
    pub value: f64,
    /// `good`, `needs-improvement` or `poor`.
    pub rating: &'static str,
    /// What exactly it is.
    pub definition: &'static str,
}

/// The report of one response.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ResponseReport {
    /// What a list says of it.
    pub summary: ResponseSummary,
    /// Name of the survey, as answered.
    pub survey_name: String,
    /// Version of the survey that was answered.
    pub survey_version: i64,
    /// When it was received.
    pub received_at: Time,
    /// Whether it was more than 30 days old when it came: its instant is then 30 days before that, and no figure counts it.
    pub clamped: bool,
    /// What the visitor had said about being measured when they gave it: `unknown`, `refused` or `granted`; absent for old
    /// responses. What they say later changes nothing here.
    #[serde(serialize_with = "name_of_consent")]
    #[schema(value_type = Option<String>)]
    pub consent: Option<Consent>,
    /// What the company's own systems call the customer who gave it; absent unless the company's server signed them.
    pub customer: Option<String>,
    /// From first sight of the survey to the last answer, in milliseconds.
    pub duration_ms: i64,
    /// The page's figures; absent when withheld or not sent.
    pub page: Option<PageFacts>,
    /// What preceded it in the session, oldest first.
    pub timeline: Vec<Moment>,
}

fn name_of_consent<S: Serializer>(consent: &Option<Consent>, serializer: S) -> Result<S::Ok, S::Error> {
    consent.map(Consent::as_str).serialize(serializer)
}

/// Where the picture of an answer is to be had: of the site with that key, of that response.
pub type PictureAddress = fn(site_key: &str, response_id: Id, answer: &str) -> String;

/// For whoever shows no pictures.
pub fn nowhere(_site_key: &str, _response_id: Id, _answer: &str) -> String {
    String::new()
}

/// Pictures that arrived, and where they are to be had.
#[derive(Clone, Copy, Debug)]
pub struct Pictures<'a> {
    /// Some of them may be of other responses.
    pub arrived: &'a [Attachment],
    /// Key of the site.
    pub site_key: &'a str,
    /// Where each is to be had.
    pub address: PictureAddress,
}

impl Pictures<'_> {
    /// None.
    pub const NONE: Pictures<'static> = Pictures { arrived: &[], site_key: "", address: nowhere };

    fn of(&self, answer: &AnswerRecord) -> Option<PictureView> {
        let picture = self.arrived.iter().find(|picture| picture.answer.is_of(answer))?;
        Some(PictureView::new((self.address)(self.site_key, answer.item_id, &answer.question_id), picture))
    }
}

/// The answers of a response as they were asked; `survey` is the version that was answered.
pub fn answers(pictures: Pictures<'_>, survey: Option<&Survey>, records: &[AnswerRecord]) -> Vec<AnswerView> {
    records
        .iter()
        .map(|record| {
            let (question_id, part_id) = record.question_id.split_once('.').unwrap_or((&record.question_id, ""));
            let question =
                survey.and_then(|survey| survey.questions.iter().find(|question| question.id == question_id));
            let parts = question.map(|question| question.parts()).unwrap_or_default();
            let part = parts.iter().find(|part| part.id == part_id);
            let scale = Scale::of_kind(&record.kind);
            let picked: Vec<String> = serde_json::from_str(&record.choices).unwrap_or_default();
            let label = |id: &String| input::choice_label(part, &record.kind, id);
            let asked = question.zip(part).map(|(question, part)| named(question, part).1);
            AnswerView {
                question: record.question_id.clone(),
                asked: asked.unwrap_or_else(|| record.question_id.clone()),
                kind: record.kind.clone(),
                role: AnswerRole::of(record, records),
                score: record.score,
                of: part.and_then(input::highest_score),
                standing: scale.zip(record.score).map_or("", |(scale, score)| scale.standing(score).as_str()),
                choices: picked.iter().map(label).collect(),
                words: record.text.clone(),
                picture: pictures.of(record),
            }
        })
        .collect()
}

/// The events of a stored trail; none when it cannot be read.
pub fn trail(record: &ResponseRecord) -> Vec<TrailEvent<'_>> {
    serde_json::from_str(&record.trail).unwrap_or_default()
}

/// What a list says of a response.
pub fn summary(record: &ResponseRecord, answers: Vec<AnswerView>, zone: &TimeZone) -> ResponseSummary {
    let trail = trail(record);
    let of = |kind: SignalKind| trail.iter().filter(move |event| event.kind == kind.as_str());
    let errors = of(SignalKind::Error).map(|event| u64::from(event.count.max(1))).sum();
    ResponseSummary {
        id: record.item_id.to_text(),
        survey: record.survey_id.clone(),
        at: Time::new(record.occurred_at_ms, zone),
        path: record.path.clone(),
        device: record.device.clone(),
        language: record.language.clone(),
        finished: record.finished,
        answers,
        rage_clicks: of(SignalKind::RageClick).count() as u64,
        dead_clicks: of(SignalKind::DeadClick).count() as u64,
        errors,
        trail_withheld: record.trail_withheld,
        suspicions: suspicions(&record.suspicion),
        suspicion_cleared: record.suspicion_cleared_at_ms.is_some(),
    }
}

/// The reasons to suspect a response.
pub fn suspicions(reasons: &[Reason]) -> Vec<Suspicion> {
    reasons.iter().map(|reason| Suspicion { reason: reason.as_str(), text: reason.text() }).collect()
}

/// The page's figures at the time of a response; absent when it carries none.
pub fn page_facts(record: &ResponseRecord) -> Option<PageFacts> {
    if record.page.is_empty() {
        return None;
    }
    let view: PageView<'_> = serde_json::from_str(&record.page).ok()?;
    let vitals = Vital::ALL.into_iter().zip(vitals_of(&view)).filter_map(|(vital, value)| {
        let value = f64::from(value?);
        Some(Measured {
            name: vital.abbreviation(),
            value: if vital == Vital::Cls { value / 10_000.0 } else { value },
            rating: vital.rating(value).as_str(),
            definition: vital.definition(),
        })
    });
    let mut facts = PageFacts {
        duration_ms: view.duration_ms,
        engaged_ms: view.engaged_ms,
        scroll_percent: view.scroll_percent,
        viewport_width_px: view.viewport_width_px,
        viewport_height_px: view.viewport_height_px,
        release: view.release.to_string(),
        came_from: if view.source.is_empty() { view.referrer.to_string() } else { view.source.to_string() },
        vitals: vitals.collect(),
        ..PageFacts::default()
    };
    facts.set_counts(&view);
    Some(facts)
}
