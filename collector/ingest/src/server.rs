//! Responses that a company's own server sends with a key: given by telephone, at the counter, on paper, or elsewhere before.
//!
//! They are checked and stored as those of pages are. Whoever holds the key vouches for them, so nothing of them is suspected
//! and each says itself when it was given. They have no visitor, no page view and no device: they stand under [`Sender::Server`](rapport_store::device::Sender::Server).

use super::item::Enrichment;
use super::page_cap::PagesOfDay;
use super::suspicion::Recent;
use super::{Client, Ingest, erased, fault, repeat};
use crate::customer;
use crate::derived::derived;
use crate::rejection::RejectedItem;
use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_shared::survey::{Fault, LANGUAGE_TAG, is_language};
use rapport_shared::targeting::Device;
use rapport_shared::wire::{self, Rejection};
use rapport_store::StoreError;
use rapport_store::customer::rule::{OWN_ID, is_own};
use rapport_store::record::Consent;
use rapport_store::record::{Outcome, Record, Refusal, Submission};
use rapport_store::site::directory::SiteContext;
use rapport_store::site::outcome::ItemKind;
use rapport_store::text;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use utoipa::ToSchema;

/// Longest name that a sender may give to a response or a request, in characters.
pub const NAME_CHARACTERS: usize = 200;
/// Oldest response, in days: ten years.
const AGE_DAYS: i64 = 3_650;
/// How far the sender's clock may be ahead, in milliseconds.
const AHEAD_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

/// A response as a server tells it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewResponse)]
pub struct NewResponse<'a> {
    /// What the sender calls it, 1 to 200 characters: the same id again is a duplicate, and with other answers it is
    /// refused. Needed unless the request has an
    /// `Idempotency-Key`.
    #[serde(borrow, default)]
    #[schema(example = "call-4711")]
    id: Option<Cow<'a, str>>,
    /// A higher revision replaces the response with all its answers; 1 when absent.
    #[serde(default = "first")]
    revision: u32,
    /// The version of the survey that was answered; the newest when absent.
    #[serde(default)]
    survey_version: Option<u32>,
    /// When it was given, in epoch milliseconds: at most 3,650 days ago and not in the future; now when absent.
    #[serde(default)]
    occurred_at_ms: Option<i64>,
    /// One for each question that was answered.
    answers: Vec<NewAnswer<'a>>,
    /// Whether the last question was passed; true when absent.
    #[serde(default = "yes")]
    finished: bool,
    /// How long it took, in milliseconds; 0 when unknown.
    #[serde(default)]
    duration_ms: u32,
    /// Language it was asked in, a BCP 47 tag of a language that there is; empty when unknown.
    #[serde(borrow, default)]
    language: Cow<'a, str>,
    /// Path of the page it is about, as `/checkout`, at most 512 characters; empty for none.
    #[serde(borrow, default)]
    path: Cow<'a, str>,
    /// What your own systems call the customer who answered, at most 200 characters; empty for nobody known.
    #[serde(borrow, default)]
    customer: Cow<'a, str>,
    /// The survey's facts by name, each at most 500 characters; a name that is none of them is refused.
    #[serde(borrow, default)]
    #[schema(value_type = BTreeMap<String, String>)]
    facts: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
}

fn first() -> u32 {
    1
}

fn yes() -> bool {
    true
}

/// An answer: a score, choices or words, as its kind of question takes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAnswer)]
pub struct NewAnswer<'a> {
    /// Id of the question.
    #[serde(borrow)]
    #[schema(example = "rating")]
    question: Cow<'a, str>,
    /// NPS 0 to 10, CSAT and the stars of a review 1 to 5, CES 1 to 7, expectation gap −2 to 2.
    #[serde(default)]
    #[schema(example = 4)]
    score: Option<i8>,
    /// Ids of the choices picked; of a ranking the first one first.
    #[serde(borrow, default)]
    choices: Vec<Cow<'a, str>>,
    /// The words.
    #[serde(borrow, default)]
    text: Cow<'a, str>,
    /// The values of a question's other inputs: rows of a matrix, fields of a contact.
    #[serde(borrow, default)]
    parts: Vec<NewPart<'a>>,
}

/// The value of one input of a question that has several.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPart)]
pub struct NewPart<'a> {
    /// Id of the part: the row of a matrix, `email` of a contact.
    #[serde(borrow)]
    part: Cow<'a, str>,
    /// The score of a row; 1 for a consent that was given.
    #[serde(default)]
    score: Option<i8>,
    /// The words.
    #[serde(borrow, default)]
    text: Cow<'a, str>,
}

/// What became of a request: every response of it is in exactly one of the three counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ServerReply {
    /// How many were stored, and are durable.
    pub accepted: u32,
    /// How many were stored before: same id, and the same answers or a lower revision.
    pub duplicate: u32,
    /// Those that can never be stored as they are.
    #[schema(value_type = Vec<RejectedItem>)]
    pub rejected: Vec<Rejection>,
    /// Those that are stored, in the order in which they were sent.
    pub stored: Vec<Stored>,
}

/// A response that is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Stored {
    /// Position in the request, from 0.
    pub index: u32,
    /// Its id here, by which reports name it.
    #[schema(value_type = String, format = "uuid")]
    pub response: Id,
    /// Whether this request changed nothing.
    pub duplicate: bool,
}

/// Responses of one request.
pub struct ServerRequest<'a> {
    /// The site of the key.
    pub site: &'a SiteContext,
    /// A survey of the site.
    pub survey: &'a str,
    /// Names the request, so that sending it again stores nothing anew.
    pub idempotency_key: Option<&'a str>,
    /// The responses, unparsed.
    pub responses: &'a [&'a RawValue],
}

/// A response that can be stored, and what it brings along.
pub(crate) struct Read {
    pub record: Record,
    brought: Submission,
}

impl Ingest {
    /// Stores responses that a server vouches for, and tells once they are durable what became of each.
    ///
    /// # Errors
    /// When the store cannot take them now; then nothing was stored.
    pub async fn accept_of_server(&self, request: &ServerRequest<'_>) -> Result<ServerReply, StoreError> {
        let (site, now_ms) = (request.site, self.clock.now_ms());
        let day_ms = site.day_start_ms(now_ms);
        let pages = self.page_cap.of_site(&self.store, site.site.site_id, day_ms).await;
        let mut submission =
            Submission { site_id: site.site.site_id, received_at_ms: now_ms, day_ms, ..Submission::default() };
        let read = (0..)
            .zip(request.responses)
            .map(|(index, raw)| self.of_server(request, (index, raw.get()), &pages, now_ms));
        let mut read: Vec<_> = read.collect();
        repeat::refuse_others(&self.store, site.site.site_id, &mut read).await?;
        let (mut rejected, mut taken) = (Vec::new(), Vec::new());
        for (index, read) in (0..).zip(read) {
            match read {
                Ok(Read { record, brought }) => {
                    taken.push((index, record.item_id()));
                    submission.records.push(record);
                    submission.also.extend(brought.also);
                    submission.refusals.extend(brought.refusals);
                }
                Err(fault) => {
                    let (field, reason) = fault::kind(&fault);
                    submission.refusals.push(Refusal { item_kind: ItemKind::Response, field, reason });
                    rejected.push(Rejection { index, field: fault.field, reason: fault.reason });
                }
            }
        }
        let outcomes = self.store.submit(submission).await?;
        let accepted = outcomes.iter().filter(|outcome| **outcome == Outcome::Accepted).count() as u32;
        super::count_items(accepted, outcomes.len() as u32 - accepted, rejected.len() as u32);
        let (gone, stored): (Vec<_>, Vec<_>) =
            taken.into_iter().zip(outcomes).partition(|(_, outcome)| *outcome == Outcome::Erased);
        rejected.extend(gone.iter().map(|((index, _), _)| erased::rejection(*index)));
        rejected.sort_by_key(|rejection: &Rejection| rejection.index);
        let stored: Vec<Stored> = stored
            .into_iter()
            .map(|((index, response), outcome)| Stored { index, response, duplicate: outcome == Outcome::Duplicate })
            .collect();
        Ok(ServerReply { accepted, duplicate: stored.len() as u32 - accepted, rejected, stored })
    }

    fn of_server(
        &self,
        request: &ServerRequest<'_>,
        (index, raw): (u32, &str),
        pages: &PagesOfDay,
        now_ms: i64,
    ) -> Result<Read, Fault> {
        if !super::batch::is_object(raw) {
            return Err(Fault::new(format!("responses[{index}]"), "must be a JSON object"));
        }
        let told: NewResponse<'_> = fault::explained(raw).map_err(|fault| told_limit(fault, raw, request))?;
        told.check_place()?;
        let id = id_of(request, index, told.id.as_deref())?;
        let age_ms = age_ms(told.occurred_at_ms, now_ms)?;
        let customer = match &*told.customer {
            "" => None,
            name => {
                named("customer", name, limit::CUSTOMER_CHARACTERS)?;
                if is_own(name) {
                    return Err(Fault::new("customer", format!("must not begin with {OWN_ID}")));
                }
                Some(customer::named(request.site, name))
            }
        };
        let key = Id::default();
        let client = Client {
            user_agent: "",
            device: Device::Desktop,
            browser: crate::client::Browser::Other,
            bot: false,
            language: String::new(),
            privacy_signal: false,
        };
        let enrichment = Enrichment {
            site: request.site,
            client: &client,
            session_id: None,
            visitor_key: key,
            known_visitor_key: None,
            client_key: key,
            country: String::new(),
            network_keys: vec![(crate::visitor::Breadth::Customer, key)],
            customer: customer.as_ref(),
            withheld: None,
            received_at_ms: now_ms,
            pages,
            consent: Consent::Unknown,
            trapped: false,
            by_link: false,
            by_server: true,
            without_config: false,
            recent: &Recent::default(),
            duplicates: &HashSet::new(),
        };
        let mut brought = Submission::default();
        if let Some(customer) = &customer {
            // Before what the response brings: that speaks of the customer.
            let site_id = request.site.site.site_id;
            brought.also.push(rapport_store::customer::note_seen(site_id, customer.id, &customer.external_id, now_ms));
        }
        let record = enrichment.response(told.into_wire(request, id, age_ms), &mut brought)?;
        Ok(Read { record, brought })
    }
}

impl<'a> NewResponse<'a> {
    /// Refuses what pages may send and would be kept in part: a server hears of it.
    fn check_place(&self) -> Result<(), Fault> {
        if !self.language.is_empty() && !is_language(&self.language) {
            return Err(Fault::new("language", LANGUAGE_TAG));
        }
        let (length, most) = (text::path_characters(&self.path), limit::PATH_CHARACTERS);
        let reason =
            || format!("must be at most {most} characters as addresses write it (percent-encoded), has {length}");
        if length <= most { Ok(()) } else { Err(Fault::new("path", reason())) }
    }

    /// The response as a page would have sent it.
    fn into_wire(self, request: &ServerRequest<'a>, id: Id, age_ms: u64) -> wire::Response<'a> {
        let version = self.survey_version.or_else(|| request.site.newest_version(request.survey)).unwrap_or_default();
        wire::Response {
            id,
            age_ms,
            revision: self.revision,
            survey: request.survey.into(),
            survey_version: version,
            view: None,
            path: self.path,
            language: self.language,
            duration_ms: self.duration_ms,
            finished: self.finished,
            answers: self.answers.into_iter().map(NewAnswer::into_wire).collect(),
            facts: self.facts,
            trail: Vec::new(),
            trail_withheld: false,
            page: None,
            trapped: false,
        }
    }
}

impl<'a> NewAnswer<'a> {
    fn into_wire(self) -> wire::Answer<'a> {
        let parts = self.parts.into_iter();
        wire::Answer {
            question: self.question,
            score: self.score,
            choices: self.choices,
            text: self.text,
            parts: parts.map(|part| wire::AnswerPart { part: part.part, score: part.score, text: part.text }).collect(),
        }
    }
}

/// The id to keep a response under. It follows from what the sender calls it, so no sender can name that of a visitor.
fn id_of(request: &ServerRequest<'_>, index: u32, id: Option<&str>) -> Result<Id, Fault> {
    let site_id = &request.site.site.site_id.0;
    let survey = request.survey.as_bytes();
    match (id, request.idempotency_key) {
        (Some(id), _) => {
            named("id", id, NAME_CHARACTERS)?;
            Ok(derived(&[site_id, b"response of a server", survey, id.as_bytes()]))
        }
        (None, Some(key)) => {
            Ok(derived(&[site_id, b"request of a server", survey, key.as_bytes(), &index.to_be_bytes()]))
        }
        (None, None) => {
            let reason = "is missing: give each response an id of yours, or the request an Idempotency-Key";
            Err(Fault::new("id", reason))
        }
    }
}

/// Refuses a name that is too long, or that no system would give.
fn named(field: &str, name: &str, most: usize) -> Result<(), Fault> {
    if (1..=most).contains(&name.chars().count()) && !name.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Fault::new(field, format!("must be 1 to {most} characters, without control characters")))
}

/// The fault of a number that its type alone could not take, with the limit that is its field's.
fn told_limit(fault: Fault, raw: &str, request: &ServerRequest<'_>) -> Fault {
    if !fault.reason.starts_with("must be a whole number from ") {
        return fault;
    }
    let reason = match fault.field.as_str() {
        "duration_ms" => format!("must be a whole number from 0 to {}", limit::DURATION_MS),
        "occurred_at_ms" => format!("must be in epoch milliseconds, at most {AGE_DAYS} days ago and not in the future"),
        field => match scale_at(field, raw, request) {
            Some((low, high, kind)) => format!("must be a whole number from {low} to {high} for {kind}"),
            None => return fault,
        },
    };
    Fault::new(fault.field, reason)
}

/// The scale of the score at `answers[2].score` or `answers[2].parts[0].score`: its least, its most, the kind of question.
fn scale_at(field: &str, raw: &str, request: &ServerRequest<'_>) -> Option<(i8, i8, &'static str)> {
    let place = |rest: &str| rest.split_once(']')?.0.parse::<usize>().ok();
    let told: serde_json::Value = serde_json::from_str(raw).ok()?;
    let version = told["survey_version"].as_u64().and_then(|version| u32::try_from(version).ok());
    let version = version.or_else(|| request.site.newest_version(request.survey))?;
    let below = field.strip_prefix("answers[")?.strip_suffix(".score")?;
    let answer = told["answers"].get(place(below)?)?;
    let survey = request.site.survey(request.survey, version)?;
    let question = survey.questions.iter().find(|question| answer["question"] == *question.id)?;
    let part = match below.split_once(".parts[") {
        Some((_, rest)) => answer["parts"].get(place(rest)?)?["part"].as_str()?,
        None => "",
    };
    let parts = question.parts();
    let (low, high) = parts.iter().find(|known| known.id == part)?.input.scores()?;
    Some((low, high, question.kind.as_str()))
}

/// How long ago it was given.
fn age_ms(occurred_at_ms: Option<i64>, now_ms: i64) -> Result<u64, Fault> {
    let age_ms = now_ms.saturating_sub(occurred_at_ms.unwrap_or(now_ms));
    if age_ms < -AHEAD_MS {
        return Err(Fault::new("occurred_at_ms", "must not be in the future; it is in epoch milliseconds"));
    }
    if age_ms > AGE_DAYS * DAY_MS {
        let reason = format!("must be at most {AGE_DAYS} days ago; it is in epoch milliseconds");
        return Err(Fault::new("occurred_at_ms", reason));
    }
    Ok(u64::try_from(age_ms).unwrap_or(0))
}
