//! `POST /v1/attachment/{site}`: takes one picture of a response, and answers once it is durable.

use super::picture::{self, Picture};
use super::{Form, KEPT_MS};
use crate::app::feature_state;
use crate::config::Config;
use crate::http::client_address;
use crate::http::page_request::{SitePath, site_of_page};
use crate::http::problem::Problem;
use crate::public::batch::allow_origin;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use rapport_ingest::{RateLimit, public_id};
use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_shared::survey::{Fault, Input};
use rapport_store::attachment::{AnswerKey, NewAttachment};
use rapport_store::clock::Clock;
use rapport_store::engine::outcome::{CounterKey, count};
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use rapport_store::site::outcome::{ItemKind, ItemOutcome};
use rapport_store::{Store, StoreError};
use serde::Serialize;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use tokio::sync::Semaphore;
use utoipa::ToSchema;

/// Pictures of one client a minute, and at once.
const PER_MINUTE: NonZeroU32 = NonZeroU32::new(20).unwrap();
/// Pictures that are read and drawn at a time: each takes some hundred megabytes at worst.
const AT_A_TIME: usize = 3;
/// Most pictures of a site that wait for a response: a flood of pictures without answers ends here.
pub(super) const UNCLAIMED: u64 = 200;
/// Longest texts beside a picture, in bytes.
const TEXT_BYTES: usize = 4_096;

/// Takes in the pictures of a collector, and bounds them. Cheap to clone.
#[derive(Clone)]
pub struct Uploads {
    store: Store,
    clock: Clock,
    rate: Arc<RateLimit>,
    permits: Arc<Semaphore>,
}

impl Uploads {
    /// None yet.
    pub fn new(store: Store, clock: Clock) -> Self {
        let rate = RateLimit::new(Some(PER_MINUTE), PER_MINUTE);
        Self { store, clock, rate: Arc::new(rate), permits: Arc::new(Semaphore::new(AT_A_TIME)) }
    }

    /// Counts one upload of a client.
    ///
    /// # Errors
    /// 429 for one too many.
    pub(crate) fn admit(&self, address: IpAddr) -> Result<(), Problem> {
        let wait =
            |seconds| Problem::too_many("this client sent too many pictures", u32::try_from(seconds).unwrap_or(60));
        self.rate.check(address).map_err(wait)
    }

    /// Checks, cleans and stores a picture.
    ///
    /// # Errors
    /// 422 with the field at fault, 503 when nothing could be stored just now.
    pub(crate) async fn take(&self, site: &SiteContext, incoming: Incoming) -> Result<Receipt, Problem> {
        match self.keep(site, incoming).await {
            Ok(accepted) => {
                let outcome = if accepted { ItemOutcome::Accepted } else { ItemOutcome::Duplicate };
                self.note(site, outcome, None).await?;
                Ok(Receipt { outcome: outcome.as_str() })
            }
            Err(Refusal::Fault(fault)) => {
                self.note(site, ItemOutcome::Rejected, Some(&fault)).await?;
                Err(Problem::of_faults([fault]))
            }
            Err(Refusal::Problem(problem)) => Err(problem),
        }
    }

    /// Whether it is new.
    async fn keep(&self, site: &SiteContext, incoming: Incoming) -> Result<bool, Refusal> {
        let Incoming { attachment_id, answer, content } = incoming;
        let (site_id, now_ms) = (site.site.site_id, self.clock.now_ms());
        if !asks_for(site, &answer) {
            return Err(Refusal::Fault(Fault::new("question", "asks for no picture with this part")));
        }
        let there = self.store.waiting_for_pictures(site_id, answer.response_id).await?;
        let mut here = there
            .pictures
            .iter()
            .filter(|(question, part, _)| (question, part) == (&answer.question_id, &answer.part_id));
        match here.next() {
            Some((.., known)) if *known >= attachment_id => return Ok(false),
            Some(_) => {}
            None if there.pictures.len() >= limit::RESPONSE_PICTURES => {
                let reason = format!("must have at most {} pictures", limit::RESPONSE_PICTURES);
                return Err(Refusal::Fault(Fault::new("response", reason)));
            }
            None => {}
        }
        if !there.has_response && self.store.unclaimed_attachments(site_id, now_ms - KEPT_MS).await? >= UNCLAIMED {
            let detail = format!("{UNCLAIMED} pictures of this site wait for their responses: send the response first");
            return Err(Refusal::Problem(Problem::unavailable(detail, 600)));
        }
        let busy = || Refusal::Problem(Problem::unavailable("too many pictures are being stored", 2));
        let permit = self.permits.clone().try_acquire_owned().map_err(|_| busy())?;
        let read = tokio::task::spawn_blocking(move || {
            let picture = Picture::read(&content);
            drop(permit);
            picture
        });
        let read = read.await.map_err(|error| {
            tracing::error!(%error, "a picture could not be read");
            Refusal::Problem(Problem::internal())
        })?;
        let Picture { content, width_px, height_px } = read.map_err(Refusal::Fault)?;
        let new = NewAttachment {
            site_id,
            attachment_id,
            answer,
            content_type: picture::CONTENT_TYPE,
            width_px,
            height_px,
            received_at_ms: now_ms,
            content,
        };
        Ok(self.store.add_attachment(&new).await?)
    }

    /// Counts what became of a picture, as every item of a batch is counted.
    async fn note(&self, site: &SiteContext, outcome: ItemOutcome, fault: Option<&Fault>) -> Result<(), Problem> {
        metrics::counter!("rapport_attachments_total", "outcome" => outcome.as_str()).increment(1);
        let now_ms = self.clock.now_ms();
        let (field, reason) = fault.map(rapport_ingest::fault_kind).unwrap_or_default();
        let key: CounterKey<'_> =
            (site.site.site_id, site.day_start_ms(now_ms), outcome, ItemKind::Attachment, &field, &reason);
        Ok(self.store.write(vec![count(&key, 1, now_ms)]).await.map(|_| ())?)
    }
}

feature_state! {
    /// What the route needs.
    pub(crate) struct Needs {
        config: Arc<Config>,
        sites: SiteDirectory,
        uploads: Uploads,
    }
}

/// A picture and the answer it belongs to, as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// Its id: sent again it is stored once, and of two of the same answer the higher one stays.
    pub attachment_id: Id,
    /// The answer that it belongs to.
    pub answer: AnswerKey,
    /// The file.
    pub content: Bytes,
}

/// What became of a picture.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Receipt {
    /// `accepted`, or `duplicate` for one that is there already.
    outcome: &'static str,
}

/// Fields of an upload.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only documents the fields, which are read as multipart/form-data")]
pub(crate) struct AttachmentForm {
    /// A UUIDv7 of the sender's: sent again it is stored once, and of two of the same answer the later one stays.
    #[schema(format = "uuid")]
    id: String,
    /// Id of the response, as its browser made it: the collector shows it to nobody.
    #[schema(format = "uuid")]
    response: String,
    /// Id of the question.
    question: String,
    /// Id of the part of the question: `photo` or `screenshot`.
    part: String,
    /// JPEG, PNG or WebP, at most 600,000 bytes and 25,000,000 pixels.
    #[schema(format = "binary")]
    picture: String,
}

/// Stores a picture of a response and answers once it is durable.
///
/// It may come before or after its response; without one it is removed after 7 days. What is stored is drawn anew: a JPEG
/// without metadata, at most 1,600 pixels wide and high. A response has at most 5 pictures.
#[utoipa::path(
    post,
    path = "/v1/attachment/{site}",
    tag = "public",
    params(SitePath),
    request_body(content = AttachmentForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, body = Receipt, description = "Durable"),
        (status = 400, description = "Not such a form, or it breaks off"),
        (status = 403, description = "A foreign origin"),
        (status = 404, description = "No site has this key"),
        (status = 413, description = "Too large"),
        (status = 422, description = "Fields at fault, each named"),
        (status = 429, description = "Too often; see Retry-After"),
        (status = 503, description = "Nothing was stored; see Retry-After"),
    ),
)]
pub(crate) async fn upload(State(needs): State<Needs>, Path(path): Path<SitePath>, request: Request) -> Response {
    let headers = request.headers().clone();
    let result = receive(&needs, &path.site, &headers, request).await;
    let mut response = match result {
        Ok(receipt) => Json(receipt).into_response(),
        Err(problem) => problem.into_response(),
    };
    allow_origin(&headers, response.headers_mut());
    response
}

/// The cheap checks first: nothing of the body is read for a stranger.
async fn receive(needs: &Needs, key: &str, headers: &HeaderMap, request: Request) -> Result<Receipt, Problem> {
    let address = client_address::of_request(&request, &needs.config.trusted_proxies);
    let site = site_of_page(&needs.sites, key, headers).await?;
    needs.uploads.admit(address)?;
    match read(&Form::read(request, TEXT_BYTES, 1).await?) {
        Ok(mut incoming) => {
            incoming.answer.response_id = public_id::of_response(site.site.site_id, incoming.answer.response_id);
            needs.uploads.take(&site, incoming).await
        }
        Err((status, faults)) => {
            needs.uploads.note(&site, ItemOutcome::Rejected, faults.first()).await?;
            Err(Problem { status, ..Problem::of_faults(faults) })
        }
    }
}

fn read(form: &Form) -> Result<Incoming, (StatusCode, Vec<Fault>)> {
    let mut faults = Vec::new();
    let mut id = |field: &str| {
        let id = Id::parse(form.text(field)).filter(|id| *id != Id::default());
        id.unwrap_or_else(|| {
            faults.push(Fault::new(field, "must be a UUID"));
            Id::default()
        })
    };
    let (attachment_id, response_id) = (id("id"), id("response"));
    let file = form.files.iter().find(|file| file.field == picture::FIELD);
    let content = match file.map(|file| &file.content) {
        Some(Ok(content)) => content.clone(),
        Some(Err(fault)) => return Err((StatusCode::PAYLOAD_TOO_LARGE, vec![fault.clone()])),
        None => {
            faults.push(Fault::new(picture::FIELD, "is missing: it must be a file"));
            Bytes::new()
        }
    };
    if !faults.is_empty() {
        return Err((StatusCode::UNPROCESSABLE_ENTITY, faults));
    }
    let (question_id, part_id) = (form.text("question").to_owned(), form.text("part").to_owned());
    Ok(Incoming { attachment_id, answer: AnswerKey { response_id, question_id, part_id }, content })
}

enum Refusal {
    /// It will never be taken as it is.
    Fault(Fault),
    /// It may be sent again.
    Problem(Problem),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Problem(error.into())
    }
}

/// Whether any version of a survey of the site asks for such a picture.
fn asks_for(site: &SiteContext, answer: &AnswerKey) -> bool {
    let of_question = site.questions().filter(|question| question.id == answer.question_id);
    let mut parts = of_question.flat_map(|question| question.parts());
    parts.any(|part| part.id == answer.part_id && matches!(part.input, Input::Picture { .. }))
}
