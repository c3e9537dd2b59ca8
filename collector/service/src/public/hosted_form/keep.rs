//! Keeps the answers so far: they go through ingest like every other answer.

use super::Needs;
use super::form::{self, FormRun};
use super::phrases::{self, phrase};
use crate::http::problem::Problem;
use crate::mail_link::Addressed;
use axum::http::{HeaderMap, StatusCode};
use rapport_ingest::{BatchRefusal, BatchRequest, Client};
use rapport_shared::id::Id;
use rapport_shared::survey::Survey;
use rapport_shared::wire::{BatchReply, Rejection};
use rapport_store::site::directory::SiteContext;
use std::net::IpAddr;

/// How often the answers are handed in: another sending of the same run may be stored in between, which makes these older.
const TRIES: u32 = 3;

/// What became of the answers of a page.
pub(super) enum Kept {
    /// They are durable.
    Stored,
    /// There were none.
    Nothing,
    /// They belong to a response that was erased meanwhile: they are stored as another one.
    Erased,
    /// They are not stored, for this reason.
    Refused(StatusCode, String),
}

/// What is stored of the response already.
pub(super) struct Earlier {
    revision: u32,
    finished: bool,
    /// Its answers, as the fields of the form.
    pub(super) fields: Vec<(String, String)>,
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
    /// What is stored under that id; `None` when nothing is.
    pub(super) async fn earlier(&self, stored_id: Id) -> Result<Option<Earlier>, Problem> {
        let Some((revision, finished)) = self.state(stored_id).await? else { return Ok(None) };
        let answers = self.needs.store.answers_of(self.site.site.site_id, &[stored_id]).await?;
        Ok(Some(Earlier { revision, finished, fields: form::fields_of(self.survey, &answers) }))
    }

    async fn state(&self, stored_id: Id) -> Result<Option<(u32, bool)>, Problem> {
        let state = self.needs.store.response_state(self.site.site.site_id, stored_id).await?;
        Ok(state.map(|(revision, finished)| (u32::try_from(revision).unwrap_or(u32::MAX - 1), finished)))
    }

    /// Keeps the answers so far, as what is said last: a run and a recipient have one response each, and what is told to be
    /// saved has taken the place of what was stored before.
    pub(super) async fn keep(
        &self,
        run: &FormRun,
        (stored_id, earlier): (Id, Option<&Earlier>),
        passed_last: bool,
        headers: &HeaderMap,
        address: IpAddr,
    ) -> Result<Kept, Problem> {
        let Self { needs, site, survey, language, addressed } = self;
        let recipient = match addressed {
            Addressed::To(known) => Some(known.id.as_str()),
            _ => None,
        };
        let mut state = earlier.map(|earlier| (earlier.revision, earlier.finished));
        for _ in 0..TRIES {
            let (after, was_finished) = state.unwrap_or_default();
            let says = (after, passed_last || was_finished);
            let Some(batch) = run.batch(&site.site.key, survey, language, needs.clock.now_ms(), says) else {
                return Ok(Kept::Nothing);
            };
            match send(needs, headers, &batch, address, (run.trapped, recipient)).await {
                Ok(BatchReply { accepted: 1.., .. }) => return Ok(Kept::Stored),
                Ok(BatchReply { rejected, .. }) => match rejected.first() {
                    Some(Rejection { field, .. }) if field == "id" => return Ok(Kept::Erased),
                    Some(Rejection { field, reason, .. }) => {
                        return Ok(Kept::Refused(StatusCode::UNPROCESSABLE_ENTITY, format!("{field}: {reason}")));
                    }
                    None => state = self.state(stored_id).await?,
                },
                Err(BatchRefusal::TooMany(_) | BatchRefusal::Unavailable(_)) => break,
                Err(refusal) => return Err(Problem::from(refusal)),
            }
        }
        Ok(Kept::Refused(StatusCode::SERVICE_UNAVAILABLE, phrase(language, phrases::UNKEPT, &[])))
    }
}

/// Hands the batch to ingest.
async fn send(
    needs: &Needs,
    headers: &HeaderMap,
    batch: &str,
    address: IpAddr,
    (trapped, recipient): (bool, Option<&str>),
) -> Result<BatchReply, BatchRefusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let client = Client::new(text("user-agent"), text("accept-language"), text("sec-gpc"), text("dnt"));
    // The form is ours: it was sent from our own page, which `account::same_origin` saw to.
    let request = BatchRequest { body: batch.as_bytes(), origin: None, address, client, trapped, recipient };
    needs.ingest.accept(request).await
}
