//! What a signed customer was asked on any of their devices: `POST /v1/asked`.
//!
//! A device asks before a survey appears of its own accord, and tells at once what became of it. What is told adds up
//! (`shared::targeting::Asked`), so it may come late, twice or in another order. Days are told as ages, since the clocks of
//! devices differ.

use super::{Needs, OfSite, Refused, answer, customer_of, fault};
use crate::public::visitor_rate::too_often;
use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use rapport_ingest::{customer as identity, day_of};
use rapport_shared::targeting::{Asked, Outcome};
use rapport_store::customer;
use rapport_store::site::directory::SiteContext;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Who asks, and what they have to tell.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    /// Public site key.
    site: String,
    /// What the company's own systems call the customer, at most 200 characters.
    customer: String,
    /// The signature of `customer` by the company's server.
    customer_signature: String,
    /// What just happened on this device.
    #[serde(default)]
    told: Option<Told>,
}

/// What became of a survey.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Told {
    /// Slug of the survey.
    survey: String,
    /// `shown`, `closed` or `answered`.
    event: String,
    /// Whether it appeared of its own accord.
    #[serde(default)]
    unasked: bool,
}

impl OfSite for Question {
    const SHAPE: &'static str = "site, customer and customer_signature";
    fn site(&self) -> &str {
        &self.site
    }
    fn is_known(&self, site: &SiteContext) -> bool {
        identity::signed(site, &self.customer, &self.customer_signature).is_ok()
            && self.told.as_ref().is_none_or(|told| site.knows_survey(&told.survey))
    }
}

/// What a customer was asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AskedBefore {
    /// Each survey that was on a screen of theirs, by its slug.
    surveys: BTreeMap<String, LastAsked>,
    /// Days since any survey appeared of its own accord; absent when none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    site_days_ago: Option<u64>,
}

/// The last time of one survey.
#[derive(Debug, Serialize, ToSchema)]
struct LastAsked {
    /// Days since then.
    days_ago: u64,
    /// How far it ever got: `shown`, `closed` or `answered`.
    outcome: &'static str,
}

/// What was I asked?
///
/// For a customer whom the company's server signed: what they were asked on any of their devices, after what this one has
/// to tell was added.
#[utoipa::path(
    post, path = "/v1/asked", tag = "public", operation_id = "tell_asked",
    request_body(
        content((Question = "application/json"), (String = "text/plain")),
        description = "JSON, which browsers send as text so that they ask no leave",
    ),
    responses(
        (status = 200, body = AskedBefore, description = "Stored, if something was told; this is the sum"),
        (status = 400, description = "Not such a document, or a field of it at fault"),
        Refused,
        (status = 503, description = "Nothing was stored; see Retry-After"),
    ),
)]
pub(crate) async fn asked(State(needs): State<Needs>, request: Request) -> Response {
    answer(&needs, request, async |needs, site, address, question: Question| {
        needs.ingest.check_rate(address).map_err(too_often)?;
        let signed = customer_of(needs, &site, &question.customer, &question.customer_signature).await?;
        let customer = signed.ok_or_else(|| fault("customer", "is missing".into()))?;
        let site_id = site.site.site_id;
        let now_ms = needs.clock.now_ms();
        let today = day_of(now_ms);
        if let Some(told) = question.told {
            if !site.knows_survey(&told.survey) {
                return Err(fault("told.survey", "is not a survey of this site".into()));
            }
            let outcome = Outcome::parse(&told.event)
                .ok_or_else(|| fault("told.event", "must be shown, closed or answered".into()))?;
            let mut statements = vec![
                customer::note_seen(site_id, customer.id, &customer.external_id, now_ms),
                customer::note_asked(site_id, customer.id, &told.survey, Asked { day: today, outcome }),
            ];
            if told.unasked {
                statements.push(customer::note_interruption(site_id, customer.id, today));
            }
            needs.store.write(statements).await?;
        }
        let known = needs.store.asked_of(site_id, customer.id).await?;
        let days_ago = |day: u64| today.saturating_sub(day);
        let surveys = known.surveys.into_iter().map(|(survey, asked)| {
            (survey, LastAsked { days_ago: days_ago(asked.day), outcome: asked.outcome.as_str() })
        });
        let site_days_ago = known.site_day.map(days_ago);
        Ok(Json(AskedBefore { surveys: surveys.collect(), site_days_ago }).into_response())
    })
    .await
}
