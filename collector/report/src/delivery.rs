//! The delivery log: what pages say of each survey, beside what is stored, so that a lost answer would be seen.

use super::feedback::{Delivered, Delivery, response_rates};
use super::figure::{Better, Figure, FigureKind, Unit};
use rapport_shared::survey::Survey;
use rapport_store::response::NamedResponses;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// Finished responses that did not arrive.
pub const MISSING: FigureKind = FigureKind {
    name: "missing",
    label: "Missing",
    unit: Unit::Percent,
    of: "answered",
    better: Better::Lower,
    definition: "Runs that pages say were answered to the end and that are not stored to their end: lost, or still \
                 waiting in a browser. Each is looked for by its id; suspicious responses are stored like all others, and what was \
                 erased had arrived. Interval: Wilson.",
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
    /// The responses answered to the end that are stored so, suspicious ones included, bots left out.
    pub arrived: u64,
    /// Those that are not: 0 when all is there.
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

/// What is stored of the responses of pages that report delivery, by slug.
#[derive(Clone, Debug, Default)]
pub struct Arrived {
    /// Answered steps that name their response.
    pub named: HashMap<String, NamedResponses>,
    /// Finished responses, whether a step names them or not.
    pub finished: HashMap<String, u64>,
}

impl Arrived {
    /// How many responses the `answered` steps of a survey speak of, and how many of these are not stored, finished.
    ///
    /// Steps of older pages name none: of those no more are missing than there are, less the responses that no step names. A
    /// response that is named twice is one.
    fn missing(&self, survey_id: &str, answered: u64) -> (u64, u64) {
        let named = self.named.get(survey_id).copied().unwrap_or_default();
        let finished = self.finished.get(survey_id).copied().unwrap_or(0);
        let unnamed = answered.saturating_sub(named.steps);
        let missing = named.responses - named.arrived.min(named.responses)
            + unnamed.saturating_sub(finished.saturating_sub(named.arrived));
        let spoken_of = (named.responses + unnamed).min(answered);
        (spoken_of, missing.min(spoken_of))
    }
}

/// The lines of the log: `surveys` with whether each is active.
pub fn lines(surveys: &[(Survey, bool)], delivered: Delivered<'_>, arrived: &Arrived, looks: f64) -> Vec<DeliveryLine> {
    surveys
        .iter()
        .zip(response_rates((surveys, looks), delivered))
        .map(|((survey, active), response_rate)| {
            let delivery = delivered.of(&survey.id);
            let (spoken_of, missing) = arrived.missing(&survey.id, delivery.answered.unwrap_or(0));
            DeliveryLine {
                survey: survey.id.clone(),
                name: survey.name.clone(),
                active: *active,
                arrived: spoken_of - missing,
                missing,
                missing_rate: Figure::rate(MISSING, (missing, spoken_of), None),
                response_rate,
                delivery,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapport_store::rollup::SurveyRollup;
    use rapport_store::test_store::first_survey;

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
        let of = |rows| Delivered { now: rows, before: None, steps_tell: true };
        let id = &surveys[0].0.id;
        let named =
            |responses, arrived| HashMap::from([(id.clone(), NamedResponses { responses, arrived, steps: responses })]);
        for (named, finished, missing) in [
            (HashMap::new(), 40, 0),
            (HashMap::new(), 37, 3),
            (HashMap::new(), 45, 0),
            (HashMap::new(), 0, 40),
            // Five steps were lost, and so were three answers: the one makes nothing of the other.
            (named(40, 37), 42, 3),
            (named(40, 40), 40, 0),
            (named(40, 0), 60, 40),
            // Ten of an older page: of their answers one is lost.
            (named(30, 28), 37, 3),
        ] {
            let arrived = Arrived { named, finished: HashMap::from([(id.clone(), finished)]) };
            let lines = lines(&surveys, of(&rows), &arrived, 1.0);
            assert_eq!((lines[0].missing, lines[0].arrived), (missing, 40 - missing));
            let rate = &lines[0].missing_rate;
            assert_eq!((rate.value, rate.n), (Some(missing as f64 * 2.5), 40));
            assert_eq!(lines[0].response_rate.value, Some(30.0));
        }
        // Told twice, it is one response.
        let twice = HashMap::from([(id.clone(), NamedResponses { responses: 20, arrived: 19, steps: 40 })]);
        let twice = Arrived { named: twice, finished: HashMap::from([(id.clone(), 19)]) };
        let twice = &lines(&surveys, of(&rows), &twice, 1.0)[0];
        assert_eq!((twice.missing, twice.arrived, twice.missing_rate.n), (1, 19, 20));
        let nothing = lines(&surveys, of(&[]), &Arrived::default(), 1.0);
        assert_eq!((nothing[0].missing, nothing[0].missing_rate.value), (0, None));
    }
}
