//! Rollups of answers and of the delivery of surveys, and the definitions that answers are bound to.

use crate::rollup::run::Run;
use crate::rollup::{AnswerRollup, SurveyRollup};
use crate::{Row, Store, StoreError, params};
use rapport_shared::id::Id;
use rapport_shared::survey::Survey;

impl Store {
    /// Answers by bucket and value. An empty survey is each, an empty path or device all together.
    pub async fn answer_rollups(
        &self,
        site_id: Id,
        run: Run,
        survey_id: &str,
        path: &str,
        device: &str,
    ) -> Result<Vec<AnswerRollup>, StoreError> {
        let what = "bucket_ms, survey_id, question_id, kind, value, answers
             FROM rollup_answer";
        self.rollups_of_survey(what, site_id, run, survey_id, (path, device))
            .await?
            .iter()
            .map(|row| {
                Ok(AnswerRollup {
                    bucket_ms: row.int(0)?,
                    survey_id: row.text(1)?.to_owned(),
                    question_id: row.text(2)?.to_owned(),
                    kind: row.text(3)?.to_owned(),
                    value: row.text(4)?.to_owned(),
                    path: path.to_owned(),
                    device: device.to_owned(),
                    answers: row.int(5)?,
                })
            })
            .collect()
    }

    /// Delivery by bucket and survey. An empty survey is each, an empty path or device all together.
    pub async fn survey_rollups(
        &self,
        site_id: Id,
        run: Run,
        survey_id: &str,
        path: &str,
        device: &str,
    ) -> Result<Vec<SurveyRollup>, StoreError> {
        let what = "bucket_ms, survey_id, shown, started, answered, closed, responses, finished
             FROM rollup_survey";
        self.rollups_of_survey(what, site_id, run, survey_id, (path, device))
            .await?
            .iter()
            .map(|row| {
                Ok(SurveyRollup {
                    bucket_ms: row.int(0)?,
                    survey_id: row.text(1)?.to_owned(),
                    path: path.to_owned(),
                    device: device.to_owned(),
                    shown: row.int(2)?,
                    started: row.int(3)?,
                    answered: row.int(4)?,
                    closed: row.int(5)?,
                    responses: row.int(6)?,
                    finished: row.int(7)?,
                })
            })
            .collect()
    }

    /// Rows of a rollup by survey; `what` names columns and table.
    async fn rollups_of_survey(
        &self,
        what: &str,
        site_id: Id,
        run: Run,
        survey_id: &str,
        (path, device): (&str, &str),
    ) -> Result<Vec<Row>, StoreError> {
        let sql = format!(
            "SELECT {what}
             WHERE site_id = $1 AND grain = $2 AND bucket_ms >= $3 AND bucket_ms <= $4
               AND ($5 = '' OR survey_id = $5) AND path = $6 AND device = $7"
        );
        let params = params![site_id, run.grain, run.first_ms, run.last_ms, survey_id, path, device];
        self.read(sql, params).await
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
                serde_json::from_str(row.text(0)?).map_err(|error| {
                    StoreError::Inconsistent(format!("survey_version.definition of {survey_id} {version}: {error}"))
                })
            })
            .transpose()
    }
}
