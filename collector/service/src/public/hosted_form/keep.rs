//! Keeps the answers so far: they go through ingest like every other answer.

use super::Needs;
use super::form::{self, Run};
use super::phrases::{self, phrase};
use crate::http::problem::Problem;
use crate::mail_link::Addressed;
use axum::http::{HeaderMap, StatusCode};
use rapport_ingest::{BatchRefusal, BatchRequest, Client};
use rapport_shared::survey::Survey;
use rapport_store::site::directory::SiteContext;
use std::net::IpAddr;

/// What became of the answers of a page.
pub(super) enum Kept {
    /// They are durable.
    Stored,
    /// There were none.
    Nothing,
    /// They are not stored, for this reason.
    Refused(StatusCode, String),
}

/// What answers are kept with.
pub(super) struct Keeping<'a> {
    pub(super) needs: &'a Needs,
    pub(super) site: &'a SiteContext,
    pub(super) survey: &'a Survey,
    pub(super) language: &'a str,
    pub(super) addressed: &'a Addressed,
}

impl Keeping<'_> {
    /// Keeps the answers so far. A recipient has one response, which another click changes.
    pub(super) async fn keep(
        &self,
        run: &mut Run,
        passed_last: bool,
        headers: &HeaderMap,
        address: IpAddr,
    ) -> Result<Kept, Problem> {
        let Self { needs, site, survey, language, .. } = self;
        let (mut after, mut finished, mut recipient) = (0, passed_last, None);
        if let Addressed::To(known) = self.addressed {
            let id = run.response_id;
            if let Some((revision, was_finished)) = needs.store.response_state(site.site.site_id, id).await? {
                let answers = needs.store.answers_of(site.site.site_id, &[id]).await?;
                run.remember(survey, form::fields_of(survey, &answers));
                after = u32::try_from(revision).unwrap_or(u32::MAX - 1);
                finished |= was_finished;
            }
            recipient = Some(known.id.as_str());
        }
        let state = (after, finished);
        let Some(batch) = run.batch(&site.site.key, survey, language, needs.clock.now_ms(), state) else {
            return Ok(Kept::Nothing);
        };
        match send(needs, headers, &batch, address, (run.trapped, recipient)).await {
            Ok(None) => Ok(Kept::Stored),
            Ok(Some(reason)) => Ok(Kept::Refused(StatusCode::UNPROCESSABLE_ENTITY, reason)),
            Err(BatchRefusal::TooMany(_) | BatchRefusal::Unavailable(_)) => {
                Ok(Kept::Refused(StatusCode::SERVICE_UNAVAILABLE, phrase(language, phrases::UNKEPT, &[])))
            }
            Err(refusal) => Err(Problem::from(refusal)),
        }
    }
}

/// Hands the batch to ingest; the reason when its one item was rejected.
async fn send(
    needs: &Needs,
    headers: &HeaderMap,
    batch: &str,
    address: IpAddr,
    (trapped, recipient): (bool, Option<&str>),
) -> Result<Option<String>, BatchRefusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let client = Client::new(text("user-agent"), text("accept-language"), text("sec-gpc"), text("dnt"));
    // The form is ours: it was sent from our own page, which `account::same_origin` saw to.
    let request = BatchRequest { body: batch.as_bytes(), origin: None, address, client, trapped, recipient };
    let reply = needs.ingest.accept(request).await?;
    Ok(reply.rejected.first().map(|rejection| format!("{}: {}", rejection.field, rejection.reason)))
}
