//! "What do you know about me" and "erase me", for the visitor: `POST /v1/me` and `POST /v1/me/erase`.
//!
//! Who asks proves it by what only their browser knows: the persistent visitor id (there after consent or identification),
//! sessions of the tab, responses it sent. These are random and never shown to anybody else: of a visitor id and of a response's
//! id only hashes are stored, and no page or report names a session or a view. A customer is proven by the
//! signature of the company's server. Without any of them nothing can be proven: the day's key of an address would be shared
//! with everyone behind the same address, so it opens nothing. Steps of delivery carry no id of a visitor. The ids come in the
//! body, so that no log of addresses keeps them, and as text, so that browsers ask no leave.
//!
//! [`asked`] tells a signed customer's device what they were asked on their others.

pub(crate) mod asked;
#[cfg(test)]
mod erasure_test;
#[cfg(test)]
mod http_test;
#[cfg(test)]
mod shown_test;

use crate::app::{App, feature_state};
use crate::config::Config;
use crate::http::problem::{FieldError, Problem};
use crate::http::{client_address, page_request};
use crate::public::visitor_rate::VisitorRate;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rapport_ingest::Ingest;
use rapport_ingest::customer::{self, Signed};
use rapport_ingest::fault::explained;
use rapport_ingest::public_id;
use rapport_report::response::Time;
use rapport_shared::id::Id;
use rapport_store::Store;
use rapport_store::clock::Clock;
use rapport_store::record::Consent;
use rapport_store::record::Submission;
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use rapport_store::visitor::{Known, Traces};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::sync::Arc;
use utoipa::{IntoResponses, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Most ids of one kind in a request.
const IDS: usize = 200;
/// Largest body, in bytes.
const BYTES: usize = 32_768;

feature_state! {
    /// What these routes need.
    pub(crate) struct Needs {
        config: Arc<Config>,
        clock: Clock,
        store: Store,
        sites: SiteDirectory,
        ingest: Arc<Ingest>,
        rate: VisitorRate,
    }
}

/// The routes.
pub fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(see)).routes(routes!(erase)).routes(routes!(asked::asked))
}

/// Who asks.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Claim {
    /// Public site key.
    site: String,
    /// The persistent visitor id.
    #[schema(value_type = Option<String>, format = "uuid")]
    visitor: Option<Id>,
    /// Sessions, at most 200.
    #[schema(value_type = Vec<String>)]
    sessions: Vec<Id>,
    /// Responses, by the ids that the browser gave them, at most 200.
    #[schema(value_type = Vec<String>)]
    responses: Vec<Id>,
    /// What the company's own systems call the visitor.
    customer: String,
    /// The signature of `customer` by the company's server.
    customer_signature: String,
}

/// One answer of the visitor.
#[derive(Debug, Serialize, ToSchema)]
struct OwnAnswer {
    /// Id of the question.
    question: String,
    /// The score, if it has one.
    score: Option<i64>,
    /// Ids of the choices picked.
    choices: Vec<String>,
    /// The words.
    text: String,
    /// The picture, if this is one and it has arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<OwnPicture>,
}

/// A picture of the visitor.
#[derive(Debug, Serialize, ToSchema)]
struct OwnPicture {
    /// Its media type.
    content_type: String,
    /// Its length, in bytes.
    size_bytes: i64,
    /// Its width, in pixels.
    width_px: i64,
    /// Its height, in pixels.
    height_px: i64,
}

/// One response of the visitor.
#[derive(Debug, Serialize, ToSchema)]
struct OwnResponse {
    /// The id by which the company knows it; it proves nothing.
    id: String,
    /// Slug of the survey.
    survey: String,
    /// When.
    at: Time,
    /// Page it was given on.
    path: String,
    /// What was said about being measured, when it was given.
    consent: Option<&'static str>,
    /// The answers.
    answers: Vec<OwnAnswer>,
}

/// What is stored of the visitor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnData {
    /// Page views.
    page_views: u64,
    /// Clicks, errors, task steps and events.
    signals: u64,
    /// Reviews that came with the responses.
    reviews: u64,
    /// Pictures of the responses.
    pictures: u64,
    /// The responses, at most 200 of them.
    responses: Vec<OwnResponse>,
    /// What the company calls the customer who asked; absent when none was signed, or nothing is stored of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<String>,
    /// How many surveys the customer was asked, on any of their devices.
    asked: u64,
}

/// What was erased.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Erased {
    /// Page views.
    page_views: u64,
    /// Clicks, errors, task steps and events.
    signals: u64,
    /// Responses with their answers.
    responses: u64,
    /// Reviews.
    reviews: u64,
    /// Pictures.
    pictures: u64,
}

/// What is stored of me.
#[utoipa::path(
    post, path = "/v1/me", tag = "public", operation_id = "read_own_data",
    request_body(
        content((Claim = "application/json"), (String = "text/plain")),
        description = "JSON, which browsers send as text so that they ask no leave",
    ),
    responses(
        (status = 200, body = OwnData, description = "Everything that the ids lead to"),
        (status = 400, description = "Not such a document, or no id in it"),
        Refused,
    ),
)]
pub(crate) async fn see(State(needs): State<Needs>, request: Request) -> Response {
    answer(&needs, request, async |needs, site, address, claim: Claim| {
        let site_id = site.site.site_id;
        let traces = find(needs, &site, address, claim).await?;
        let shown = &traces.responses[..traces.responses.len().min(IDS)];
        let answers = needs.store.answers_of(site_id, shown).await?;
        let pictures = needs.store.attachments_of(site_id, shown).await?;
        let mut responses = Vec::with_capacity(shown.len());
        for id in shown {
            let Some(record) = needs.store.response(site_id, *id).await? else { continue };
            let own = answers.iter().filter(|answer| answer.item_id == *id).map(|answer| OwnAnswer {
                question: answer.question_id.clone(),
                score: answer.score,
                choices: serde_json::from_str(&answer.choices).unwrap_or_default(),
                text: answer.text.clone(),
                picture: pictures.iter().find(|picture| picture.answer.is_of(answer)).map(|picture| OwnPicture {
                    content_type: picture.content_type.clone(),
                    size_bytes: picture.size_bytes,
                    width_px: picture.width_px,
                    height_px: picture.height_px,
                }),
            });
            responses.push(OwnResponse {
                id: id.to_text(),
                survey: record.survey_id,
                at: Time::new(record.occurred_at_ms, &site.site.time_zone),
                path: record.path,
                consent: record.consent.map(Consent::as_str),
                answers: own.collect(),
            });
        }
        let (mut customer, mut asked) = (None, 0);
        if let Some(customer_id) = traces.customers.first().copied() {
            customer = needs.store.customer(site_id, customer_id).await?;
            asked = needs.store.asked_of(site_id, customer_id).await?.surveys.len() as u64;
        }
        Ok(Json(OwnData {
            page_views: traces.page_views.len() as u64,
            signals: traces.signals.len() as u64,
            reviews: traces.reviews.len() as u64,
            pictures: traces.pictures.len() as u64,
            responses,
            customer,
            asked,
        })
        .into_response())
    })
    .await
}

/// Erase me.
///
/// Every row goes: page views, signals, responses with their answers and pictures, reviews. Counts that they went into stay.
#[utoipa::path(
    post, path = "/v1/me/erase", tag = "public", operation_id = "erase_own_data",
    request_body(
        content((Claim = "application/json"), (String = "text/plain")),
        description = "JSON, which browsers send as text so that they ask no leave",
    ),
    responses(
        (status = 200, body = Erased, description = "Erased for good"),
        (status = 400, description = "Not such a document, or no id in it"),
        Refused,
        (status = 503, description = "Nothing was erased; see Retry-After"),
    ),
)]
pub(crate) async fn erase(State(needs): State<Needs>, request: Request) -> Response {
    answer(&needs, request, async |needs, site, address, claim: Claim| {
        let traces = find(needs, &site, address, claim).await?;
        needs.store.erase(site.site.site_id, &site.site.time_zone, &traces, &needs.clock).await?;
        Ok(Json(Erased {
            page_views: traces.page_views.len() as u64,
            signals: traces.signals.len() as u64,
            responses: traces.responses.len() as u64,
            reviews: traces.reviews.len() as u64,
            pictures: traces.pictures.len() as u64,
        })
        .into_response())
    })
    .await
}

/// Why a document from a page is not answered.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only documents the replies")]
enum Refused {
    /// A foreign origin, or not the customer's signature
    #[response(status = 403)]
    Foreign,
    /// No site has this key
    #[response(status = 404)]
    NoSite,
    /// Too large
    #[response(status = 413)]
    TooLarge,
    /// Too often; see Retry-After
    #[response(status = 429)]
    TooOften,
}

/// What every document from a page names.
trait OfSite: DeserializeOwned {
    /// What it has to look like, for whoever sent something else.
    const SHAPE: &'static str;
    /// The site's public key.
    fn site(&self) -> &str;
    /// Whether what is remembered of the site is enough to answer it.
    fn is_known(&self, site: &SiteContext) -> bool;
}

impl OfSite for Claim {
    const SHAPE: &'static str = "site and visitor, sessions, responses or customer";
    fn site(&self) -> &str {
        &self.site
    }
    fn is_known(&self, site: &SiteContext) -> bool {
        customer::signed(site, &self.customer, &self.customer_signature).is_ok()
    }
}

/// Reads a document from a page of one of our sites and answers it, for that page alone.
async fn answer<D: OfSite>(
    needs: &Needs,
    request: Request,
    then: impl AsyncFnOnce(&Needs, Arc<SiteContext>, IpAddr, D) -> Result<Response, Problem>,
) -> Response {
    let address = client_address::of_request(&request, &needs.config.trusted_proxies);
    let (parts, body) = request.into_parts();
    let result = async {
        let body = page_request::body(body, BYTES).await?;
        let text = std::str::from_utf8(&body).map_err(|_| Problem::bad_request("must be UTF-8"))?;
        let document: D = explained(text).map_err(|fault| Problem {
            status: StatusCode::BAD_REQUEST,
            detail: format!("must be JSON with {}: {fault}", D::SHAPE),
            ..Problem::of_faults([fault])
        })?;
        let known = page_request::site_of_page(&needs.sites, document.site(), &parts.headers).await?;
        let site = needs.sites.by_key_with(document.site(), |site| document.is_known(site)).await?.unwrap_or(known);
        then(needs, site, address, document).await
    };
    let mut response = result.await.unwrap_or_else(IntoResponse::into_response);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    page_request::readable_by_page(response, &parts.headers)
}

/// The customer whom a document names. One who is not believed is counted, as those of batches are.
async fn customer_of(
    needs: &Needs,
    site: &SiteContext,
    customer: &str,
    signature: &str,
) -> Result<Option<Signed>, Problem> {
    let fault = match customer::signed(site, customer, signature) {
        Ok(signed) => return Ok(signed),
        Err(fault) => fault,
    };
    let now_ms = needs.clock.now_ms();
    let submission = Submission {
        site_id: site.site.site_id,
        received_at_ms: now_ms,
        day_ms: site.day_start_ms(now_ms),
        refusals: vec![customer::refusal(&fault)],
        ..Submission::default()
    };
    needs.store.submit(submission).await?;
    let errors = vec![FieldError { field: fault.field.clone(), reason: fault.reason.clone() }];
    Err(Problem { errors, ..Problem::forbidden(format!("{} {}", fault.field, fault.reason)) })
}

/// What the ids of a claim lead to.
async fn find(needs: &Needs, site: &SiteContext, address: IpAddr, claim: Claim) -> Result<Traces, Problem> {
    needs.rate.check(address)?;
    for (field, ids) in [("sessions", &claim.sessions), ("responses", &claim.responses)] {
        if ids.len() > IDS {
            return Err(fault(field, format!("must be at most {IDS} ids, has {}", ids.len())));
        }
    }
    let customer = customer_of(needs, site, &claim.customer, &claim.customer_signature).await?;
    if claim.visitor.is_none() && claim.sessions.is_empty() && claim.responses.is_empty() && customer.is_none() {
        return Err(fault(
            "visitor",
            "is missing, and so are sessions, responses and customer: nothing else proves who asks".into(),
        ));
    }
    let site_id = site.site.site_id;
    let visitor_key = match claim.visitor {
        Some(visitor) => Some(needs.ingest.visitor_key(site_id, Some(visitor), address, "").await?),
        None => None,
    };
    let known = Known {
        visitor_key,
        sessions: claim.sessions,
        responses: claim.responses.iter().map(|id| public_id::of_response(site_id, *id)).collect(),
        customer_id: customer.map(|customer| customer.id),
    };
    Ok(needs.store.traces(site_id, &known).await?)
}

fn fault(field: &str, reason: String) -> Problem {
    Problem {
        errors: vec![FieldError { field: field.to_owned(), reason: reason.clone() }],
        ..Problem::new(StatusCode::BAD_REQUEST, format!("{field} {reason}"))
    }
}
