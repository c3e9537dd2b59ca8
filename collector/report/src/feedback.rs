//! Every survey of a site with its scores and how well it is answered.

use super::figure::{Better, Family, Figure, FigureKind, Unit, correct};
use super::overview::SurveyScore;
use super::scale::Scale;
use rapport_shared::survey::{Input, Part, Question, Survey};
use rapport_store::rollup::{AnswerRollup, SurveyRollup};
use serde::Serialize;
use utoipa::ToSchema;

/// How a survey was delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Delivery {
    /// Times it was on screen.
    pub shown: u64,
    /// Times a first answer was given.
    pub started: u64,
    /// Times the last question was passed.
    pub answered: u64,
    /// Times it was closed without finishing.
    pub closed: u64,
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

impl Delivery {
    /// The delivery of one survey.
    pub fn of(rows: &[SurveyRollup], survey_id: &str) -> Self {
        let mut sum = Self::default();
        let count = |value: i64| value.max(0) as u64;
        for row in rows.iter().filter(|row| row.survey_id == survey_id) {
            sum.shown += count(row.shown);
            sum.started += count(row.started);
            sum.answered += count(row.answered);
            sum.closed += count(row.closed);
            sum.stored += count(row.responses);
            sum.finished += count(row.finished);
        }
        sum
    }

    /// Times a first answer was given, of those it was shown: both are told by the same pages.
    pub fn response_rate(&self, before: Option<&Self>) -> Figure {
        let part = |delivery: &Self| (delivery.started.min(delivery.shown), delivery.shown);
        Figure::rate(RESPONSE_RATE, part(self), before.map(part))
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
    let kind = parts.iter().find(|part| part.id == part_id)?.kind(question);
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
    let label = part_label(part);
    if part.id.is_empty() {
        return (question.id.clone(), question.text.clone());
    }
    (format!("{}.{}", question.id, part.id), format!("{} {label}", question.text))
}

/// What people read beside a part; empty for the question's own value.
fn part_label<'a>(part: &Part<'a>) -> &'a str {
    match part.input {
        _ if part.id.is_empty() => "",
        Input::Picture { of_page: true } => "Picture of the page",
        Input::Picture { of_page: false } => "Photo",
        _ if part.label.is_empty() => crate::label::built_in(part.id),
        _ => part.label,
    }
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
                    part: part_label(&part).to_owned(),
                    figure: scale.figure(before.as_ref()),
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
    (now, before): (&[SurveyRollup], Option<&[SurveyRollup]>),
    name: &'static str,
    share: fn(&Delivery, Option<&Delivery>) -> Figure,
) -> Vec<Figure> {
    let of = |(survey, _): &(Survey, bool)| {
        let before = before.map(|rows| Delivery::of(rows, &survey.id));
        share(&Delivery::of(now, &survey.id), before.as_ref())
    };
    let mut figures: Vec<_> = surveys.iter().map(of).collect();
    correct(Family { name, looks }, &mut figures);
    figures
}

/// The response rate of every survey, judged as one list.
pub fn response_rates(
    surveys: (&[(Survey, bool)], f64),
    delivery: (&[SurveyRollup], Option<&[SurveyRollup]>),
) -> Vec<Figure> {
    shares(surveys, delivery, "response rates of all surveys", Delivery::response_rate)
}

/// The completion of every survey, judged as one list.
pub fn completions(
    surveys: (&[(Survey, bool)], f64),
    delivery: (&[SurveyRollup], Option<&[SurveyRollup]>),
) -> Vec<Figure> {
    shares(surveys, delivery, "completion of all surveys", Delivery::completion)
}

/// The lines of the report: `surveys` with whether each is active.
pub fn lines(
    surveys: &[(Survey, bool)],
    answers: (&[AnswerRollup], Option<&[AnswerRollup]>),
    delivery: (&[SurveyRollup], Option<&[SurveyRollup]>),
    looks: f64,
) -> Vec<SurveyLine> {
    let all = scores(surveys, answers.0, answers.1, looks);
    surveys
        .iter()
        .zip(response_rates((surveys, looks), delivery))
        .map(|((survey, active), response_rate)| SurveyLine {
            survey: survey.id.clone(),
            name: survey.name.clone(),
            active: *active,
            scores: all.iter().filter(|score| score.survey == survey.id).cloned().collect(),
            response_rate,
            delivery: Delivery::of(delivery.0, &survey.id),
        })
        .collect()
}
