//! Every survey of a site with its scores and how well it is answered.

use super::figure::scale::Scale;
use super::figure::{Better, Family, Figure, FigureKind, Unit, correct};
use super::input;
use super::overview::SurveyScore;
use rapport_shared::survey::{Part, Question, Survey};
use rapport_store::rollup::{AnswerRollup, SurveyRollup};
use serde::Serialize;
use utoipa::ToSchema;

/// How a survey was delivered. Times that pages tell are absent where their steps do not tell the slice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Delivery {
    /// Times it was on screen.
    pub shown: Option<u64>,
    /// Times a first answer was given.
    pub started: Option<u64>,
    /// Times the last question was passed.
    pub answered: Option<u64>,
    /// Times it was closed without finishing.
    pub closed: Option<u64>,
    /// Responses that scores count: unfinished ones included, suspicious ones left out.
    pub stored: u64,
    /// Those of them that were finished.
    pub finished: u64,
}

/// Times a first answer was given, of those it was shown.
pub const RESPONSE_RATE: FigureKind = FigureKind {
    name: "response_rate",
    label: "Response rate",
    unit: Unit::Percent,
    of: "times shown",
    better: Better::Higher,
    definition: "Times a first answer was given, among the times the survey was on screen, both as pages say. Answers \
                 by a link were shown on no page, and are not in it. Interval: Wilson.",
};
/// Finished responses among the counted.
pub const COMPLETION: FigureKind = FigureKind {
    name: "completion",
    label: "Completion",
    unit: Unit::Percent,
    of: "responses",
    better: Better::Higher,
    definition: "Responses that passed the last question, among those counted. Interval: Wilson.",
};

/// Why the steps that pages tell are not known of a slice.
pub const UNTOLD_STEPS: &str = "Pages tell the steps of a survey with page and device alone, so it is not known by language, source or anything else.";

/// What surveys were delivered, now and before.
#[derive(Clone, Copy, Debug)]
pub struct Delivered<'a> {
    /// Rows of the period.
    pub now: &'a [SurveyRollup],
    /// The same of the previous one, when compared.
    pub before: Option<&'a [SurveyRollup]>,
    /// Whether steps tell the slice: if not, their counts are not those of it.
    pub steps_tell: bool,
}

impl Delivered<'_> {
    /// The delivery of one survey.
    pub fn of(&self, survey_id: &str) -> Delivery {
        Delivery::of(self.now, survey_id, self.steps_tell)
    }
}

impl Delivery {
    /// The delivery of one survey.
    fn of(rows: &[SurveyRollup], survey_id: &str, steps_tell: bool) -> Self {
        let own: Vec<_> = rows.iter().filter(|row| row.survey_id == survey_id).collect();
        let sum = |count: fn(&SurveyRollup) -> i64| own.iter().map(|row| count(row).max(0) as u64).sum::<u64>();
        let told = |count| steps_tell.then(|| sum(count));
        Self {
            shown: told(|row| row.shown),
            started: told(|row| row.started),
            answered: told(|row| row.answered),
            closed: told(|row| row.closed),
            stored: sum(|row| row.responses),
            finished: sum(|row| row.finished),
        }
    }

    /// Times a first answer was given, of those it was shown: both are told by the same pages.
    pub fn response_rate(&self, before: Option<&Self>) -> Figure {
        let part = |delivery: &Self| {
            let (started, shown) = delivery.started.zip(delivery.shown)?;
            Some((started.min(shown), shown))
        };
        match part(self) {
            Some(now) => Figure::rate(RESPONSE_RATE, now, before.and_then(part)),
            None => Figure::untold(RESPONSE_RATE, UNTOLD_STEPS),
        }
    }

    /// Finished responses among the counted.
    pub fn completion(&self, before: Option<&Self>) -> Figure {
        let part = |delivery: &Self| (delivery.finished, delivery.stored);
        Figure::rate(COMPLETION, part(self), before.map(part))
    }
}

/// One survey of the list.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SurveyLine {
    /// Slug.
    pub survey: String,
    /// Name.
    pub name: String,
    /// Whether pages get it.
    pub active: bool,
    /// Its scored questions.
    pub scores: Vec<SurveyScore>,
    /// How it was delivered.
    pub delivery: Delivery,
    /// Times a first answer was given, of those it was shown.
    pub response_rate: Figure,
}

impl SurveyLine {
    /// Whether a score was given.
    pub fn has_scores(&self) -> bool {
        self.scores.iter().any(|score| score.figure.n > 0)
    }
}

/// The Feedback report.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Feedback {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Every survey, in order of precedence.
    pub surveys: Vec<SurveyLine>,
}

/// Distribution of one scored value, named by its question, or by `question.part`; `None` for other kinds.
pub fn scale_of(survey: &Survey, name: &str, rows: &[AnswerRollup]) -> Option<Scale> {
    let (question_id, part_id) = name.split_once('.').unwrap_or((name, ""));
    let question = survey.questions.iter().find(|question| question.id == question_id)?;
    let parts = question.parts();
    let kind = parts.iter().find(|part| part.id == part_id)?.kind(question).as_str();
    let mut scale = Scale::of_kind(kind)?;
    rows.iter()
        .filter(|row| row.survey_id == survey.id && row.question_id == name)
        // An earlier version may have asked the same id with another scale.
        .filter(|row| row.kind == kind)
        .for_each(|row| scale.add(&row.value, row.answers.max(0) as u64));
    Some(scale)
}

/// A value's name and its text: those of the question, and of the part where there are several.
pub fn named(question: &Question, part: &Part<'_>) -> (String, String) {
    let label = input::part_label(part);
    if part.id.is_empty() {
        return (question.id.clone(), question.text.clone());
    }
    (format!("{}.{}", question.id, part.id), format!("{} {label}", question.text))
}

/// The scores of every survey, of which `surveys` says whether it is active, judged as one list: a change is told the
/// same wherever a score is shown.
pub fn scores(
    surveys: &[(Survey, bool)],
    now: &[AnswerRollup],
    before: Option<&[AnswerRollup]>,
    looks: f64,
) -> Vec<SurveyScore> {
    let mut scores = Vec::new();
    for (survey, active) in surveys {
        for question in &survey.questions {
            for part in question.parts() {
                let (id, _) = named(question, &part);
                let Some(scale) = scale_of(survey, &id, now) else { continue };
                let before = before.and_then(|rows| scale_of(survey, &id, rows));
                scores.push(SurveyScore {
                    survey: survey.id.clone(),
                    name: survey.name.clone(),
                    active: *active,
                    value_id: id,
                    question_id: question.id.clone(),
                    question: question.text.clone(),
                    part: input::part_label(&part).to_owned(),
                    figure: scale.figure(before.as_ref()),
                    trend: Vec::new(),
                });
            }
        }
    }
    correct(Family { name: "scores of all surveys", looks }, scores.iter_mut().map(|score| &mut score.figure));
    scores
}

/// A share of each survey's delivery, in the order of `surveys`, judged as one list.
fn shares(
    (surveys, looks): (&[(Survey, bool)], f64),
    delivered: Delivered<'_>,
    name: &'static str,
    share: fn(&Delivery, Option<&Delivery>) -> Figure,
) -> Vec<Figure> {
    let of = |(survey, _): &(Survey, bool)| {
        let before = delivered.before.map(|rows| Delivery::of(rows, &survey.id, delivered.steps_tell));
        share(&delivered.of(&survey.id), before.as_ref())
    };
    let mut figures: Vec<_> = surveys.iter().map(of).collect();
    correct(Family { name, looks }, &mut figures);
    figures
}

/// The response rate of every survey, judged as one list.
pub fn response_rates(surveys: (&[(Survey, bool)], f64), delivered: Delivered<'_>) -> Vec<Figure> {
    shares(surveys, delivered, "response rates of all surveys", Delivery::response_rate)
}

/// The completion of every survey, judged as one list.
pub fn completions(surveys: (&[(Survey, bool)], f64), delivered: Delivered<'_>) -> Vec<Figure> {
    shares(surveys, delivered, "completion of all surveys", Delivery::completion)
}

/// The lines of the report: `surveys` with whether each is active.
pub fn lines(
    surveys: &[(Survey, bool)],
    answers: (&[AnswerRollup], Option<&[AnswerRollup]>),
    delivered: Delivered<'_>,
    looks: f64,
) -> Vec<SurveyLine> {
    let all = scores(surveys, answers.0, answers.1, looks);
    surveys
        .iter()
        .zip(response_rates((surveys, looks), delivered))
        .map(|((survey, active), response_rate)| SurveyLine {
            survey: survey.id.clone(),
            name: survey.name.clone(),
            active: *active,
            scores: all.iter().filter(|score| score.survey == survey.id).cloned().collect(),
            response_rate,
            delivery: delivered.of(&survey.id),
        })
        .collect()
}
