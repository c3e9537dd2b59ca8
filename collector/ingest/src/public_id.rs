//! The id of a response, as everybody but its browser knows it.
//!
//! A browser names its response by a UUIDv7 with 74 random bits, and whoever knows that id may revise the answer, add pictures
//! to it, see it and erase it. So it is a secret of the browser: the door turns it into this id before anything is stored, and
//! nothing that the database holds, members see or servers read leads back.
//!
//! What was stored before that keeps the id that its browser had sent. Members have seen it, so it opens nothing any more:
//! such responses are found by their visitor, session or customer alone.

use rapport_shared::id::Id;
use rapport_store::site::directory::SiteContext;
use rapport_store::{Store, StoreError};
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::HashSet;
use tokio::sync::OnceCell;

/// The migration since which responses are stored under their public ids.
const SINCE: i64 = 60;

/// The public id of the response that its browser calls `secret`: the instant of that id, so that indexes grow at one end, and
/// 74 bits of SHA-256 over site and secret.
pub fn of_response(site_id: Id, secret: Id) -> Id {
    let mut hash = Sha256::new();
    hash.update(b"response");
    hash.update(site_id.0);
    hash.update(secret.0);
    let digest = hash.finalize();
    let mut random = [0; 10];
    random.copy_from_slice(&digest[..10]);
    Id::version_7(secret.unix_ms(), random)
}

/// Knows the responses that are stored under the ids that their browsers sent.
#[derive(Default)]
pub struct Earlier {
    until_ms: OnceCell<i64>,
}

/// What has to be known of an item to look for it.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow, rename = "type")]
    item_type: Cow<'a, str>,
    id: Id,
    #[serde(default)]
    revision: u32,
}

/// What is read of the items of type `response`.
fn responses<'a>(items: &[&'a RawValue]) -> impl Iterator<Item = Head<'a>> {
    let heads = items.iter().filter(|item| item.get().contains("\"response\""));
    let heads = heads.filter_map(|item| serde_json::from_str::<Head<'_>>(item.get()).ok());
    heads.filter(|head| head.item_type == "response")
}

/// What has to be known of an item to look for its survey.
#[derive(Deserialize)]
struct Asked<'a> {
    #[serde(borrow)]
    survey: Cow<'a, str>,
    survey_version: u32,
}

/// Whether a site knows every survey that the items name.
pub fn knows_surveys(site: &SiteContext, items: &[&RawValue]) -> bool {
    let named = items.iter().filter(|item| item.get().contains("\"survey\""));
    let mut asked = named.filter_map(|item| serde_json::from_str::<Asked<'_>>(item.get()).ok());
    asked.all(|asked| site.survey(&asked.survey, asked.survey_version).is_some())
}

/// Whether there is an answer among the items.
pub fn has_response(items: &[&RawValue]) -> bool {
    responses(items).next().is_some()
}

impl Earlier {
    /// Those of `items`, by id and revision, that are there already under the id that they carry: a browser that did not hear
    /// of their receipt before the collector was renewed sends them again. Later revisions are not among them: whoever saw
    /// the id could have made them.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn duplicates(
        &self,
        store: &Store,
        site_id: Id,
        items: &[&RawValue],
    ) -> Result<HashSet<(Id, u32)>, StoreError> {
        let mut sent: Vec<(Id, u32)> = responses(items).map(|head| (head.id, head.revision)).collect();
        if sent.is_empty() {
            return Ok(HashSet::new());
        }
        let until_ms = *self.until_ms.get_or_try_init(|| store.migrated_at_ms(SINCE)).await?;
        sent.retain(|(id, _)| i64::try_from(id.unix_ms()).is_ok_and(|at_ms| at_ms <= until_ms));
        if sent.is_empty() {
            return Ok(HashSet::new());
        }
        let ids: Vec<Id> = sent.iter().map(|(id, _)| *id).collect();
        let known = store.response_states(site_id, &ids).await?;
        let is_there =
            |(id, revision): &(Id, u32)| known.get(id).is_some_and(|(known, _)| i64::from(*revision) <= *known);
        Ok(sent.into_iter().filter(is_there).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_id_keeps_the_instant_and_nothing_else() {
        let secret = Id::version_7(1_790_000_000_123, [9; 10]);
        let public = of_response(Id([1; 16]), secret);
        assert_eq!(public.unix_ms(), 1_790_000_000_123);
        assert_eq!(Id::parse(&public.to_text()), Some(public));
        assert_eq!(public, of_response(Id([1; 16]), secret), "sent again it is the same");
        for other in [
            secret,
            of_response(Id([1; 16]), public),
            of_response(Id([2; 16]), secret),
            of_response(Id([1; 16]), Id::version_7(1_790_000_000_123, [8; 10])),
        ] {
            assert_ne!(public, other);
        }
    }
}
