//! The rollup of answers: how often each value was given, by survey, question, page and device.

use super::hour::{Hour, RawRow, Select, Span, path};
use super::range::BucketRange;
use super::registry::Rollup;
use super::row::{RollupRow, rollup_row};
use super::total::with_totals;
use super::words::{SharedWords, Word};
use crate::device::Device;
use crate::response::COUNTED;
use crate::{Row, Statement, Store, StoreError, params};
use rapport_figures::standing::WEIGHED_KINDS;
use rapport_shared::id::Id;
use rapport_shared::survey::AnswerKind;
use std::collections::BTreeMap;

rollup_row! {
    /// A row of `rollup_answer`. With an empty path it is of all pages, with an empty device of all devices.
    AnswerRollup = "rollup_answer"
    by { survey_id, question_id, kind, value, path, device }
    count { answers }
}

/// An answer with the page and device of its response.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the migrations describe the columns")]
pub struct AnswerGiven {
    pub survey_id: String,
    pub question_id: String,
    /// The name of an [`AnswerKind`]: what a newer collector beside this one names otherwise is counted, too.
    pub kind: String,
    pub score: Option<i64>,
    pub choices: Vec<String>,
    pub path: String,
    pub device: String,
}

impl RawRow for AnswerGiven {
    fn selects(hour: &Hour) -> Vec<Select> {
        // CROSS, so that SQLite begins with the hour's responses and not with all answers of the site.
        let sql = format!(
            "SELECT r.survey_id, answer.question_id, answer.kind, answer.score, answer.choices, r.path, r.device
             FROM response r CROSS JOIN answer
             WHERE answer.site_id = r.site_id AND answer.item_id = r.item_id
               AND r.site_id = $1 AND r.hour_ms = $2 AND r.occurred_at_ms < $3 AND r.clamped = 0 AND {COUNTED}"
        );
        vec![Select::of_items("response", "r.item_id", sql, params![hour.site_id, hour.hour_ms, hour.until_ms])]
    }

    fn narrowed(span: &Span<'_>) -> Vec<Statement> {
        let mut params = span.params();
        let sql = format!(
            "SELECT r.survey_id, answer.question_id, answer.kind, answer.score, answer.choices, r.path, r.device, r.hour_ms
             FROM response r CROSS JOIN answer
             WHERE answer.site_id = r.site_id AND answer.item_id = r.item_id
               AND r.site_id = $1 AND r.hour_ms >= $2 AND r.hour_ms < $3 AND r.occurred_at_ms < $3 AND r.clamped = 0
               AND {COUNTED}{}",
            span.narrow.on_responses(span.ends(), &mut params)
        );
        vec![Statement::new(sql, params)]
    }

    fn read(row: &mut Row) -> Result<Self, StoreError> {
        let choices = serde_json::from_str(row.text("choices")?)
            .map_err(|error| StoreError::Inconsistent(format!("choices of an answer: {error}")))?;
        Ok(AnswerGiven {
            survey_id: row.take_text("survey_id")?,
            question_id: row.take_text("question_id")?,
            kind: row.take_text("kind")?,
            score: row.int_or_null("score")?,
            choices,
            path: path(row)?,
            device: row.take_text("device")?,
        })
    }

    fn words(&self) -> Vec<Word> {
        vec![Word::path(&self.path)]
    }
}

impl Rollup for AnswerRollup {
    type Raw = AnswerGiven;

    fn of_hour(hour_ms: i64, given: &[AnswerGiven]) -> Vec<Self> {
        let mut sums: BTreeMap<[String; 6], i64> = BTreeMap::new();
        // A fact may be different in each response: it is kept, not counted.
        for answer in given.iter().filter(|answer| answer.kind != AnswerKind::Fact.as_str()) {
            let mut count = |value: &str| {
                for (path, device) in with_totals(&answer.path, &answer.device) {
                    let key = [&answer.survey_id, &answer.question_id, &answer.kind, value, path, device];
                    *sums.entry(key.map(str::to_owned)).or_default() += 1;
                }
            };
            match answer.score {
                Some(score) => count(&score.to_string()),
                None if answer.choices.is_empty() => count("text"),
                None => {
                    // The empty value counts who answered: with several choices each their sum says something else.
                    count("");
                    for (rank, choice) in (1..).zip(&answer.choices) {
                        match AnswerKind::parse(&answer.kind) {
                            Some(AnswerKind::Ranking) => count(&format!("{choice}:{rank}")),
                            _ => count(choice),
                        }
                    }
                }
            }
        }
        sums.into_iter()
            .map(|([survey_id, question_id, kind, value, path, device], answers)| AnswerRollup {
                bucket_ms: hour_ms,
                survey_id,
                question_id,
                kind,
                value,
                path,
                device,
                answers,
            })
            .collect()
    }

    fn forget(&mut self, shared: &SharedWords) {
        shared.keep_path(&mut self.path);
    }

    fn path_mut(&mut self) -> Option<&mut String> {
        Some(&mut self.path)
    }
}

/// How often one score was given on one page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathAnswer {
    /// The page.
    pub path: String,
    /// Kind of question: one of [`WEIGHED_KINDS`].
    pub kind: String,
    /// The score.
    pub value: String,
    /// How often.
    pub answers: i64,
}

impl Store {
    /// Answers by bucket and value. An empty survey is each, an empty path or device all together.
    pub async fn answer_rollups(
        &self,
        site_id: Id,
        range: BucketRange,
        survey_id: &str,
        path: &str,
        device: Option<Device>,
    ) -> Result<Vec<AnswerRollup>, StoreError> {
        self.rollups_of_survey(site_id, range, survey_id, (path, device)).await
    }

    /// Scores of [`WEIGHED_KINDS`] given on each page over a range. An empty device is all together.
    pub async fn path_answers(
        &self,
        site_id: Id,
        range: BucketRange,
        device: Option<Device>,
    ) -> Result<Vec<PathAnswer>, StoreError> {
        let sql = format!(
            "SELECT path, kind, value, CAST(SUM(answers) AS BIGINT) AS answers
             FROM rollup_answer
             WHERE site_id = $1 AND grain = $2 AND bucket_ms >= $3 AND bucket_ms <= $4
               AND kind IN ('{}') AND device = $5 AND path <> ''
             GROUP BY path, kind, value",
            WEIGHED_KINDS.join("', '")
        );
        self.read(sql, params![site_id, range.grain.as_str(), range.first_ms, range.last_ms, device])
            .await?
            .iter()
            .map(|row| {
                Ok(PathAnswer {
                    path: row.text("path")?.to_owned(),
                    kind: row.text("kind")?.to_owned(),
                    value: row.text("value")?.to_owned(),
                    answers: row.int("answers")?,
                })
            })
            .collect()
    }

    /// Rows of a rollup by survey.
    pub(super) async fn rollups_of_survey<R: RollupRow>(
        &self,
        site_id: Id,
        range: BucketRange,
        survey_id: &str,
        (path, device): (&str, Option<Device>),
    ) -> Result<Vec<R>, StoreError> {
        let sql = format!(
            "SELECT {} FROM {}
             WHERE site_id = $1 AND grain = $2 AND bucket_ms >= $3 AND bucket_ms <= $4
               AND ($5 = '' OR survey_id = $5) AND path = $6 AND device = $7",
            R::COLUMNS.join(", "),
            R::TABLE
        );
        let params = params![site_id, range.grain.as_str(), range.first_ms, range.last_ms, survey_id, path, device];
        self.read(sql, params).await?.iter().map(R::read).collect()
    }
}
