//! Surveys and their immutable versions: answers stay bound to the version they answered.

use super::audit::AuditEntry;
use super::{Row, Statement, Store, StoreError, Value};
use crate::engine::value::placeholders;
use crate::params;
use crate::response::Suspicious;
use crate::site;
use rapport_shared::id::Id;
use rapport_shared::survey::Survey;
use std::collections::HashMap;

/// A survey as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedSurvey {
    /// Its current version.
    pub survey: Survey,
    /// Whether pages get it.
    pub active: bool,
    /// When its first version was made, in epoch milliseconds.
    pub created_at_ms: i64,
}

/// Why pages do not get a survey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unserved {
    /// It was deactivated.
    Inactive,
    /// Its quota of finished responses is reached; suspicious ones fill none, those of one network no more than its
    /// share a day.
    QuotaReached,
}

/// What applying a definition came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// A new survey, version 1.
    Created,
    /// A new version of a survey that was there.
    Versioned(u32),
    /// The current version says the same already.
    Unchanged(u32),
}

/// A definition with its version.
fn read_version(row: &Row) -> Result<Survey, StoreError> {
    let mut survey: Survey = serde_json::from_str(row.text("definition")?)
        .map_err(|error| StoreError::Inconsistent(format!("survey_version.definition: {error}")))?;
    survey.version =
        row.int("version")?.try_into().map_err(|_| StoreError::Inconsistent("survey_version.version".into()))?;
    Ok(survey)
}

fn definition(survey: &Survey) -> String {
    // Serializing a struct of strings and numbers to memory cannot fail.
    serde_json::to_string(&Survey { version: 0, ..survey.clone() }).unwrap_or_default()
}

impl Store {
    /// Every version of every survey of the site, oldest first.
    pub async fn survey_versions(&self, site_id: Id) -> Result<Vec<Survey>, StoreError> {
        const SQL: &str =
            "SELECT definition, version FROM survey_version WHERE site_id = $1 ORDER BY survey_id, version";
        self.read(SQL, params![site_id]).await?.iter().map(read_version).collect()
    }

    /// The definition of the version of a survey that an answer is bound to; `None` when there is no such version.
    pub async fn survey_version(
        &self,
        site_id: Id,
        survey_id: &str,
        version: i64,
    ) -> Result<Option<Survey>, StoreError> {
        let sql = "SELECT definition FROM survey_version WHERE site_id = $1 AND survey_id = $2 AND version = $3";
        let rows = self.read(sql, params![site_id, survey_id, version]).await?;
        rows.first()
            .map(|row| {
                serde_json::from_str(row.text("definition")?).map_err(|error| {
                    StoreError::Inconsistent(format!("survey_version.definition of {survey_id} {version}: {error}"))
                })
            })
            .transpose()
    }

    /// Every version of one survey with when it was made, in epoch milliseconds; oldest first, none where there is no such survey.
    pub async fn versions_of_survey(&self, site_id: Id, survey_id: &str) -> Result<Vec<(Survey, i64)>, StoreError> {
        const SQL: &str = "SELECT definition, version, created_at_ms FROM survey_version
             WHERE site_id = $1 AND survey_id = $2 ORDER BY version";
        let rows = self.read(SQL, params![site_id, survey_id]).await?;
        rows.iter().map(|row| Ok((read_version(row)?, row.int("created_at_ms")?))).collect()
    }

    /// How many versions of surveys each site has that has any.
    pub async fn survey_version_counts(&self) -> Result<HashMap<Id, u64>, StoreError> {
        let rows =
            self.read("SELECT site_id, COUNT(*) AS versions FROM survey_version GROUP BY site_id", params![]).await?;
        rows.iter().map(|row| Ok((row.id("site_id")?, row.count("versions")?))).collect()
    }

    /// Every version of every survey of some sites, oldest first, by the site.
    pub async fn survey_versions_of(&self, site_ids: &[Id]) -> Result<HashMap<Id, Vec<Survey>>, StoreError> {
        let (condition, params) = site::among(site_ids);
        let sql = format!(
            "SELECT definition, version, site_id FROM survey_version {condition} ORDER BY site_id, survey_id, version"
        );
        let mut of_sites: HashMap<Id, Vec<Survey>> = HashMap::new();
        for row in self.read(sql, params).await? {
            of_sites.entry(row.id("site_id")?).or_default().push(read_version(&row)?);
        }
        Ok(of_sites)
    }

    /// The site's surveys at their current versions, in order of precedence.
    pub async fn surveys(&self, site_id: Id) -> Result<Vec<ListedSurvey>, StoreError> {
        const SQL: &str = "SELECT v.definition, v.version, s.active, s.created_at_ms
             FROM survey s JOIN survey_version v
               ON v.site_id = s.site_id AND v.survey_id = s.survey_id AND v.version = s.current_version
             WHERE s.site_id = $1 ORDER BY s.position, s.survey_id";
        let rows = self.read(SQL, params![site_id]).await?;
        rows.iter()
            .map(|row| {
                Ok(ListedSurvey {
                    survey: read_version(row)?,
                    active: row.flag("active")?,
                    created_at_ms: row.int("created_at_ms")?,
                })
            })
            .collect()
    }

    /// What pages get: the active surveys at their current versions, in order of precedence, without those whose quota
    /// of finished responses is reached.
    pub async fn active_surveys(&self, site_id: Id) -> Result<Vec<Survey>, StoreError> {
        let surveys = self.served_surveys(site_id).await?.into_iter();
        Ok(surveys.filter(|(_, unserved)| unserved.is_none()).map(|(survey, _)| survey).collect())
    }

    /// The site's surveys at their current versions, in order of precedence, with why pages do not get those they do not.
    pub async fn served_surveys(&self, site_id: Id) -> Result<Vec<(Survey, Option<Unserved>)>, StoreError> {
        // A quota counts what scores count, but of one network and day no more than its share, unless a person cleared it.
        let counted = Suspicious::LeftOut.condition();
        let surveys = self.surveys(site_id).await?;
        let bounded = surveys.iter().filter(|listed| listed.active && listed.survey.quota.is_some());
        let bounded: Vec<&str> = bounded.map(|listed| listed.survey.id.as_str()).collect();
        let mut finished = HashMap::new();
        if !bounded.is_empty() {
            let sql = format!(
                "SELECT r.survey_id, COUNT(*) AS finished FROM response r
                 WHERE r.site_id = $1 AND r.survey_id IN ({}) AND r.finished = 1 AND {counted}
                   AND (r.beyond_share IS NULL OR r.suspicion_cleared_at_ms IS NOT NULL) GROUP BY r.survey_id",
                placeholders(2, bounded.len())
            );
            let mut params = params![site_id];
            params.extend(bounded.into_iter().map(Value::from));
            for row in self.read(sql, params).await? {
                finished.insert(row.text("survey_id")?.to_owned(), row.count("finished")?);
            }
        }
        let unserved = |listed: &ListedSurvey| {
            let finished = finished.get(&listed.survey.id).copied().unwrap_or(0);
            let is_full = listed.survey.quota.is_some_and(|quota| finished >= quota);
            match listed.active {
                false => Some(Unserved::Inactive),
                true => is_full.then_some(Unserved::QuotaReached),
            }
        };
        Ok(surveys
            .into_iter()
            .map(|listed| (unserved(&listed), listed))
            .map(|(why, listed)| (listed.survey, why))
            .collect())
    }

    /// Creates the survey, or adds a version when its definition differs from the current one, and notes who did. The
    /// caller has checked [`Survey::faults`].
    ///
    /// # Errors
    /// [`StoreError::Refused`] when another one made the same version at the same time: apply again.
    pub async fn apply_survey(&self, site_id: Id, survey: &Survey, entry: &AuditEntry) -> Result<Applied, StoreError> {
        let now_ms = entry.occurred_at_ms;
        let surveys = self.surveys(site_id).await?;
        let current = surveys.iter().find(|listed| listed.survey.id == survey.id).map(|listed| &listed.survey);
        let text = definition(survey);
        if let Some(current) = current.filter(|current| definition(current) == text) {
            return Ok(Applied::Unchanged(current.version));
        }
        let version = current.map_or(1, |current| current.version + 1);
        let add_version = Statement::new(
            "INSERT INTO survey_version (site_id, survey_id, version, definition, created_at_ms)
             VALUES ($1, $2, $3, $4, $5)",
            params![site_id, &survey.id, version, text, now_ms],
        );
        let point_to_it = if current.is_some() {
            Statement::new(
                "UPDATE survey SET current_version = $3 WHERE site_id = $1 AND survey_id = $2",
                params![site_id, &survey.id, version],
            )
        } else {
            Statement::new(
                "INSERT INTO survey (site_id, survey_id, current_version, active, position, created_at_ms)
                 VALUES ($1, $2, $3, 1, $4, $5)",
                params![site_id, &survey.id, version, surveys.len() as i64, now_ms],
            )
        };
        self.write(vec![add_version, point_to_it, entry.statement(site_id)]).await?;
        Ok(if version == 1 { Applied::Created } else { Applied::Versioned(version) })
    }

    /// Shows a survey to pages or keeps it from them, and notes who did, unless it was so before; false when the site has
    /// no such survey.
    pub async fn activate_survey(
        &self,
        site_id: Id,
        survey_id: &str,
        active: bool,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE survey SET active = $3 WHERE site_id = $1 AND survey_id = $2";
        let surveys = self.surveys(site_id).await?;
        let Some(listed) = surveys.iter().find(|listed| listed.survey.id == survey_id) else { return Ok(false) };
        if listed.active != active {
            let set = Statement::new(SQL, params![site_id, survey_id, active]);
            self.write(vec![set, entry.statement(site_id)]).await?;
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::test_store::{each_engine, first_survey, note};

    #[tokio::test]
    async fn a_survey_gets_a_version_only_when_it_says_something_new() {
        each_engine(async |store| {
            let (site, other) = (Clock::System.new_id(), Clock::System.new_id());
            let first = Survey { version: 99, ..first_survey() };
            assert_eq!(store.apply_survey(site, &first, &note(1)).await, Ok(Applied::Created));
            assert_eq!(store.apply_survey(site, &first, &note(2)).await, Ok(Applied::Unchanged(1)));
            assert_eq!(store.apply_survey(other, &first, &note(2)).await, Ok(Applied::Created));
            let second = Survey { title: "Say it".into(), ..first.clone() };
            assert_eq!(store.apply_survey(site, &second, &note(3)).await, Ok(Applied::Versioned(2)));
            assert_eq!(store.apply_survey(site, &second, &note(4)).await, Ok(Applied::Unchanged(2)));

            let versions = store.survey_versions(site).await.unwrap();
            assert_eq!(versions, [Survey { version: 1, ..first.clone() }, Survey { version: 2, ..second.clone() }]);
            let made = store.versions_of_survey(site, &first.id).await.unwrap();
            assert_eq!(made.iter().map(|(survey, _)| survey.clone()).collect::<Vec<_>>(), versions);
            assert_eq!(
                made.iter().map(|(_, at_ms)| *at_ms).collect::<Vec<_>>(),
                [note(1), note(3)].map(|entry| entry.occurred_at_ms)
            );
            assert_eq!(store.versions_of_survey(site, "none").await, Ok(vec![]));
            assert_eq!(store.active_surveys(site).await.unwrap(), [Survey { version: 2, ..second }]);
            assert_eq!(store.active_surveys(other).await.unwrap(), [Survey { version: 1, ..first }]);
        })
        .await;
    }

    #[tokio::test]
    async fn surveys_keep_their_order_and_can_be_taken_off_the_pages() {
        each_engine(async |store| {
            let site = Clock::System.new_id();
            for id in ["z", "a", "m"] {
                store.apply_survey(site, &Survey { id: id.into(), ..first_survey() }, &note(1)).await.unwrap();
            }
            assert_eq!(store.activate_survey(site, "a", false, &note(2)).await, Ok(true));
            assert_eq!(store.activate_survey(site, "none", false, &note(3)).await, Ok(false));
            let ids = |surveys: Vec<Survey>| surveys.into_iter().map(|survey| survey.id).collect::<Vec<_>>();
            assert_eq!(ids(store.active_surveys(site).await.unwrap()), ["z", "m"]);
            for id in ["b", "c", "d"] {
                let survey = Survey { id: id.into(), quota: Some(1), ..first_survey() };
                store.apply_survey(site, &survey, &note(4)).await.unwrap();
            }
            let full = Survey { id: "e".into(), quota: Some(0), ..first_survey() };
            store.apply_survey(site, &full, &note(4)).await.unwrap();
            let applied = store.statements_run();
            assert_eq!(ids(store.active_surveys(site).await.unwrap()), ["z", "m", "b", "c", "d"]);
            assert_eq!(store.statements_run() - applied, 2, "however many have a quota");
            assert_eq!(store.surveys(site).await.unwrap().len(), 7);
        })
        .await;
    }
}
