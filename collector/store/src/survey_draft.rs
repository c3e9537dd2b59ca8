//! Drafts: surveys that are being written, faults and all.

use crate::audit::AuditEntry;
use crate::{Row, Statement, Store, StoreError, params};
use rapport_shared::id::Id;

/// Most drafts of a site.
pub const DRAFTS: usize = 100;
/// Longest definition of a draft, in bytes.
pub const DRAFT_BYTES: usize = 262_144;

/// A survey that is being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyDraft {
    /// Its id.
    pub draft_id: Id,
    /// The survey of which it is to become another version; empty for a new one.
    pub survey_id: String,
    /// The definition as JSON, of at most [`DRAFT_BYTES`].
    pub definition: String,
    /// How often it was changed.
    pub revision: i64,
    /// When it was begun, in epoch milliseconds.
    pub created_at_ms: i64,
    /// When it was last changed.
    pub changed_at_ms: i64,
    /// Who changed it last.
    pub changed_by: String,
}

/// What became of a change of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drafted {
    /// It is stored.
    Done,
    /// The site has [`DRAFTS`] already.
    TooMany,
    /// Somebody changed it meanwhile: as it stands now.
    Stale(Box<SurveyDraft>),
    /// The site has no such draft.
    Unknown,
}

const COLUMNS: &str = "draft_id, survey_id, definition, revision, created_at_ms, changed_at_ms, changed_by";

fn read_draft(row: &Row) -> Result<SurveyDraft, StoreError> {
    Ok(SurveyDraft {
        draft_id: row.id("draft_id")?,
        survey_id: row.text("survey_id")?.to_owned(),
        definition: row.text("definition")?.to_owned(),
        revision: row.int("revision")?,
        created_at_ms: row.int("created_at_ms")?,
        changed_at_ms: row.int("changed_at_ms")?,
        changed_by: row.text("changed_by")?.to_owned(),
    })
}

impl Store {
    /// The drafts of a site, the one that was changed last first.
    pub async fn survey_drafts(&self, site_id: Id) -> Result<Vec<SurveyDraft>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM survey_draft WHERE site_id = $1 ORDER BY changed_at_ms DESC, draft_id");
        self.read(sql, params![site_id]).await?.iter().map(read_draft).collect()
    }

    /// A draft of a site.
    pub async fn survey_draft(&self, site_id: Id, draft_id: Id) -> Result<Option<SurveyDraft>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM survey_draft WHERE site_id = $1 AND draft_id = $2");
        self.read(sql, params![site_id, draft_id]).await?.first().map(read_draft).transpose()
    }

    /// Begins a draft, and notes who did.
    pub async fn add_survey_draft(
        &self,
        site_id: Id,
        draft: &SurveyDraft,
        entry: &AuditEntry,
    ) -> Result<Drafted, StoreError> {
        if self.survey_drafts(site_id).await?.len() >= DRAFTS {
            return Ok(Drafted::TooMany);
        }
        let sql = format!("INSERT INTO survey_draft (site_id, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
        let insert = Statement::new(
            sql,
            params![
                site_id,
                draft.draft_id,
                &draft.survey_id,
                &draft.definition,
                draft.revision,
                draft.created_at_ms,
                draft.changed_at_ms,
                &draft.changed_by
            ],
        );
        self.write(vec![insert, entry.statement(site_id)]).await?;
        Ok(Drafted::Done)
    }

    /// Changes the definition of a draft that is still at this revision.
    pub async fn change_survey_draft(
        &self,
        site_id: Id,
        (draft_id, revision): (Id, i64),
        definition: &str,
        (now_ms, by): (i64, &str),
    ) -> Result<Drafted, StoreError> {
        let sql =
            "UPDATE survey_draft SET definition = $4, revision = revision + 1, changed_at_ms = $5, changed_by = $6
             WHERE site_id = $1 AND draft_id = $2 AND revision = $3 RETURNING revision";
        let change = Statement::new(sql, params![site_id, draft_id, revision, definition, now_ms, by]);
        if !self.write(vec![change]).await?[0].is_empty() {
            return Ok(Drafted::Done);
        }
        let now = self.survey_draft(site_id, draft_id).await?;
        Ok(now.map_or(Drafted::Unknown, |draft| Drafted::Stale(Box::new(draft))))
    }

    /// Forgets a draft, and notes who did where there was one.
    pub async fn remove_survey_draft(
        &self,
        site_id: Id,
        draft_id: Id,
        entry: Option<&AuditEntry>,
    ) -> Result<Drafted, StoreError> {
        let of_draft = "survey_draft WHERE site_id = $1 AND draft_id = $7";
        let note = entry.map(|entry| entry.statement_where(site_id, of_draft, params![draft_id]));
        let sql = "DELETE FROM survey_draft WHERE site_id = $1 AND draft_id = $2 RETURNING draft_id";
        let remove = Statement::new(sql, params![site_id, draft_id]);
        let rows = self.write(note.into_iter().chain([remove]).collect()).await?;
        let removed = rows.last().is_some_and(|rows| !rows.is_empty());
        Ok(if removed { Drafted::Done } else { Drafted::Unknown })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::test_store::{a_site, each_engine};

    #[tokio::test]
    async fn what_somebody_else_wrote_meanwhile_was_written_over() {
        each_engine(async |store| {
            let (shop, other) = (a_site("shop").site_id, Id([9; 16]));
            let draft = SurveyDraft {
                draft_id: Id([1; 16]),
                survey_id: String::new(),
                definition: "{}".into(),
                revision: 0,
                created_at_ms: 1,
                changed_at_ms: 1,
                changed_by: "eve@example.com".into(),
            };
            let note = |action: &str| AuditEntry::now(&Clock::System, "eve@example.com", action, "survey");
            assert_eq!(store.add_survey_draft(shop, &draft, &note("survey.draft")).await, Ok(Drafted::Done));
            let change = async |site, revision, text: &str| {
                store.change_survey_draft(site, (draft.draft_id, revision), text, (7, "ada@example.com")).await.unwrap()
            };
            assert_eq!(change(other, 0, "{}").await, Drafted::Unknown);
            assert_eq!(change(shop, 0, "{\"id\":\"a\"}").await, Drafted::Done);
            let Drafted::Stale(now) = change(shop, 0, "{\"id\":\"b\"}").await else { panic!("it was changed") };
            assert_eq!(
                (now.definition.as_str(), now.revision, now.changed_by.as_str()),
                ("{\"id\":\"a\"}", 1, "ada@example.com")
            );
            assert_eq!(store.survey_drafts(shop).await.unwrap(), [*now]);
            assert_eq!(store.remove_survey_draft(other, draft.draft_id, Some(&note("x"))).await, Ok(Drafted::Unknown));
            assert_eq!(
                store.remove_survey_draft(shop, draft.draft_id, Some(&note("survey.discard"))).await,
                Ok(Drafted::Done)
            );
            assert_eq!(store.remove_survey_draft(shop, draft.draft_id, None).await, Ok(Drafted::Unknown));
            let noted = store.audit_entries(shop, None, 10).await.unwrap();
            let mut actions: Vec<_> = noted.iter().map(|entry| entry.action.as_str()).collect();
            actions.sort_unstable();
            assert_eq!(actions, ["survey.discard", "survey.draft"]);
        })
        .await;
    }
}
