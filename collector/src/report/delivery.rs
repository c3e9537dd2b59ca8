//! The delivery log: what pages say of each survey, beside what is stored, so that a lost answer would be seen.

use super::feedback::{Delivery, response_rates};
use super::figure::{Better, Figure, Kind, Unit};
use crate::rollup::SurveyRollup;
use rapport_shared::survey::Survey;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// Finished responses that did not arrive.
pub const MISSING: Kind = Kind {
    name: "missing",
    label: "Missing",
    unit: Unit::Percent,
    of: "answered",
    better: Better::Lower,
    definition: "Runs that pages say were answered to the end and that are not stored: lost, or still waiting in a \
                 browser. Counted among pages that report delivery; suspicious responses are stored like all others. \
                 Interval: Wilson.",
};

/// One survey of the log.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DeliveryLine {
    /// Slug.
    pub survey: String,
    /// Name.
    pub name: String,
    /// Whether pages get it.
    pub active: bool,
    /// What pages say, and what scores count.
    pub delivery: Delivery,
    /// Finished responses stored of pages that report delivery, suspicious ones included, bots left out.
    pub arrived: u64,
    /// Answered less arrived: 0 when all is there.
    pub missing: u64,
    /// The missing among the answered.
    pub missing_rate: Figure,
    /// Times a first answer was given, of those it was shown.
    pub response_rate: Figure,
}

/// The delivery log of a site.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DeliveryLog {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Every survey, in order of precedence.
    pub surveys: Vec<DeliveryLine>,
}

/// The lines of the log: `surveys` with whether each is active, `arrived` by slug.
pub fn lines(
    surveys: &[(Survey, bool)],
    now: &[SurveyRollup],
    before: Option<&[SurveyRollup]>,
    arrived: &HashMap<String, u64>,
    looks: f64,
) -> Vec<DeliveryLine> {
    surveys
        .iter()
        .zip(response_rates((surveys, looks), (now, before)))
        .map(|((survey, active), response_rate)| {
            let delivery = Delivery::of(now, &survey.id);
            let arrived = arrived.get(&survey.id).copied().unwrap_or(0);
            let missing = delivery.answered.saturating_sub(arrived);
            DeliveryLine {
                survey: survey.id.clone(),
                name: survey.name.clone(),
                active: *active,
                arrived,
                missing,
                missing_rate: Figure::rate(MISSING, (missing, delivery.answered), None),
                response_rate,
                delivery,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::first_survey;

    #[test]
    fn what_was_answered_and_did_not_arrive_is_missing() {
        let surveys = [(first_survey(), true)];
        let rows = [SurveyRollup {
            survey_id: surveys[0].0.id.clone(),
            shown: 200,
            started: 60,
            answered: 40,
            // Others came by a link, and were shown on no page.
            responses: 260,
            ..SurveyRollup::default()
        }];
        for (arrived, missing) in [(40, 0), (37, 3), (45, 0), (0, 40)] {
            let arrived = HashMap::from([(surveys[0].0.id.clone(), arrived)]);
            let lines = lines(&surveys, &rows, None, &arrived, 1.0);
            assert_eq!(lines[0].missing, missing);
            let rate = &lines[0].missing_rate;
            assert_eq!((rate.value, rate.n), (Some(missing as f64 * 2.5), 40));
            assert_eq!(lines[0].response_rate.value, Some(30.0));
        }
        let nothing = lines(&surveys, &[], None, &HashMap::new(), 1.0);
        assert_eq!((nothing[0].missing, nothing[0].missing_rate.value), (0, None));
    }
}
