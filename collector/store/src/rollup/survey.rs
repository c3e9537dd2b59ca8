//! The rollup of surveys: steps of their delivery and responses, by page and device.

use super::hour::{Hour, RawRow, Select, Span, path};
use super::range::BucketRange;
use super::registry::Rollup;
use super::row::rollup_row;
use super::total::with_totals;
use super::words::SharedWords;
use crate::device::Device;
use crate::response::COUNTED;
use crate::{Row, Statement, Store, StoreError, params};
use rapport_shared::id::Id;
use std::collections::BTreeMap;

rollup_row! {
    /// A row of `rollup_survey`. With an empty path it is of all pages, with an empty device of all devices.
    SurveyRollup = "rollup_survey"
    by { survey_id, path, device }
    count { shown, started, answered, closed, responses, finished }
}

/// A response or a step of delivery: survey, page, device, and what happened (`response`, `finished` or the step).
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the migrations describe the columns")]
pub struct SurveyStep {
    pub survey_id: String,
    pub path: String,
    pub device: String,
    pub step: String,
}

impl RawRow for SurveyStep {
    fn selects(hour: &Hour) -> Vec<Select> {
        let steps = "SELECT survey_id, path, device, event AS step FROM delivery
             WHERE site_id = $1 AND hour_ms = $2 AND occurred_at_ms < $3 AND bot = 0 AND clamped = 0";
        let responses = format!(
            "SELECT r.survey_id, r.path, r.device, CASE WHEN r.finished = 1 THEN 'finished' ELSE 'response' END AS step
             FROM response r WHERE r.site_id = $1 AND r.hour_ms = $2 AND r.occurred_at_ms < $3 AND r.clamped = 0 AND {COUNTED}"
        );
        let params = params![hour.site_id, hour.hour_ms, hour.until_ms];
        vec![Select::of_nobody(steps, params.clone()), Select::of_items("response", "r.item_id", responses, params)]
    }

    /// Steps of delivery are left out where they cannot tell.
    fn narrowed(span: &Span<'_>) -> Vec<Statement> {
        let mut params = span.params();
        let responses = format!(
            "SELECT r.survey_id, r.path, r.device, CASE WHEN r.finished = 1 THEN 'finished' ELSE 'response' END AS step, r.hour_ms
             FROM response r
             WHERE r.site_id = $1 AND r.hour_ms >= $2 AND r.hour_ms < $3 AND r.occurred_at_ms < $3 AND r.clamped = 0
               AND {COUNTED}{}",
            span.narrow.on_responses(span.ends(), &mut params)
        );
        let mut statements = vec![Statement::new(responses, params)];
        if span.narrow.is_told_by_steps() {
            let mut params = span.params();
            let steps = format!(
                "SELECT d.survey_id, d.path, d.device, d.event AS step, d.hour_ms FROM delivery d
                 WHERE d.site_id = $1 AND d.hour_ms >= $2 AND d.hour_ms < $3 AND d.occurred_at_ms < $3
                   AND d.bot = 0 AND d.clamped = 0{}",
                span.narrow.on_steps(&mut params)
            );
            statements.push(Statement::new(steps, params));
        }
        statements
    }

    fn read(row: &mut Row) -> Result<Self, StoreError> {
        Ok(SurveyStep {
            survey_id: row.take_text("survey_id")?,
            path: path(row)?,
            device: row.take_text("device")?,
            step: row.take_text("step")?,
        })
    }
}

impl Rollup for SurveyRollup {
    type Raw = SurveyStep;

    fn of_hour(hour_ms: i64, steps: &[SurveyStep]) -> Vec<Self> {
        let mut sums: BTreeMap<(&str, &str, &str), SurveyRollup> = BTreeMap::new();
        for step in steps {
            for (path, device) in with_totals(&step.path, &step.device) {
                let sum = sums.entry((&step.survey_id, path, device)).or_default();
                match step.step.as_str() {
                    "shown" => sum.shown += 1,
                    "started" => sum.started += 1,
                    "answered" => sum.answered += 1,
                    "closed" => sum.closed += 1,
                    "finished" => {
                        sum.responses += 1;
                        sum.finished += 1;
                    }
                    _ => sum.responses += 1,
                }
            }
        }
        sums.into_iter()
            .map(|((survey_id, path, device), sum)| SurveyRollup {
                bucket_ms: hour_ms,
                survey_id: survey_id.to_owned(),
                path: path.to_owned(),
                device: device.to_owned(),
                ..sum
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

impl Store {
    /// Delivery by bucket and survey. An empty survey is each, an empty path or device all together.
    pub async fn survey_rollups(
        &self,
        site_id: Id,
        range: BucketRange,
        survey_id: &str,
        path: &str,
        device: Option<Device>,
    ) -> Result<Vec<SurveyRollup>, StoreError> {
        self.rollups_of_survey(site_id, range, survey_id, (path, device)).await
    }
}
