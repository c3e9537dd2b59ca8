//! One survey: scores, distributions, trend, drop-off, delivery, and the answers with their words.

pub mod former;

use crate::feedback::{Delivered, Delivery, completions, named, response_rates, scale_of, scores};
use crate::figure::scale::Scale;
use crate::figure::{Better, Figure, FigureKind, TrendPoint, Unit};
use crate::input;
use crate::overview::SurveyScore;
use crate::period::Period;
use crate::response::ResponseSummary;
use rapport_shared::signal::SignalKind;
use rapport_shared::survey::{AnswerKind, Part, Placement, Question, Survey};
use rapport_shared::targeting::Trigger;
use rapport_store::rollup::AnswerRollup;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// One bar of a distribution.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Bar {
    /// The score, or the id of the choice.
    pub value: String,
    /// What the visitor read.
    pub label: String,
    /// How often it was answered.
    pub answers: u64,
    /// Share of those who answered the question.
    pub share: Figure,
    /// `low`, `middle` or `high` for scores, empty for choices.
    pub standing: &'static str,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct QuestionReport {
    /// Its id.
    pub id: String,
    /// The question.
    pub text: String,
    /// FigureKind of question, such as `nps`.
    #[serde(serialize_with = "name")]
    #[schema(value_type = String)]
    pub kind: AnswerKind,
    /// How many answered it.
    pub answered: u64,
    /// The score, for the scored kinds.
    pub score: Option<Figure>,
    /// How often each score or choice was given; empty for words.
    pub distribution: Vec<Bar>,
    /// The score over time, for the scored kinds.
    pub trend: Vec<TrendPoint>,
}

/// The report of one survey.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SurveyReport {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Slug.
    pub survey: String,
    /// Name.
    pub name: String,
    /// Whether pages get it.
    pub active: bool,
    /// Its current version.
    pub version: u32,
    /// How a visitor comes to see it, in plain words.
    pub appearance: String,
    /// How it was delivered.
    pub delivery: Delivery,
    /// Times a first answer was given, of those it was shown.
    pub response_rate: Figure,
    /// Finished responses among the counted.
    pub completion: Figure,
    /// Its questions, as they stand now.
    pub questions: Vec<QuestionReport>,
    /// Responses, newest first.
    pub responses: Vec<ResponseSummary>,
    /// `after` of the next page; absent on the last one.
    pub next: Option<String>,
}

const SHARE: FigureKind = FigureKind {
    name: "share",
    label: "Share",
    unit: Unit::Percent,
    of: "answers",
    better: Better::Higher,
    definition: "Share of those who answered the question. Interval: Wilson.",
};

/// What the rollups say of the survey at `place` of all `surveys`, whose rows are all given: its changes are judged
/// among theirs, as in the list. `versions` are those there ever were: choices that are no longer offered have their labels
/// there. `None` when there is no such place; responses are added by the caller.
pub fn report(
    (surveys, place): (&[(Survey, bool)], usize),
    versions: &[Survey],
    period: &Period,
    answers: (&[AnswerRollup], Option<&[AnswerRollup]>),
    delivered: Delivered<'_>,
    looks: f64,
) -> Option<SurveyReport> {
    let (survey, active) = surveys.get(place)?;
    let scores = scores(surveys, answers.0, answers.1, looks);
    Some(SurveyReport {
        from: period.first.to_string(),
        to: period.last.to_string(),
        survey: survey.id.clone(),
        name: survey.name.clone(),
        active: *active,
        version: survey.version,
        appearance: appearance(survey, *active),
        response_rate: response_rates((surveys, looks), delivered).swap_remove(place),
        completion: completions((surveys, looks), delivered).swap_remove(place),
        delivery: delivered.of(&survey.id),
        questions: survey
            .questions
            .iter()
            .flat_map(|one| {
                let value = |part: &Part<'_>| value((survey, versions), (one, part), period, answers.0, &scores);
                one.parts().iter().map(value).collect::<Vec<_>>()
            })
            .collect(),
        responses: Vec::new(),
        next: None,
    })
}

/// How a visitor comes to see a survey, in plain words.
fn appearance(survey: &Survey, active: bool) -> String {
    let id = &survey.id;
    if !active {
        return format!("It is paused: no page shows it until `rapport survey activate SITE {id}`.");
    }
    let asked_for = format!("`rapport('survey', '{id}')` or a button with `data-rapport-open=\"{id}\"`");
    match survey.placement {
        Placement::Launcher => {
            "Paste the tag into your pages and open one: the launcher is there within seconds.".to_owned()
        }
        Placement::Modal => format!("It opens only where a page asks for it: {asked_for}."),
        Placement::Inline => format!("It stands where a page has `<div data-rapport-survey=\"{id}\"></div>`."),
        Placement::Hosted => {
            "No page shows it: it is answered at its own address, such as from a link in a mail.".to_owned()
        }
        Placement::Popover | Placement::Banner => match moment(&survey.trigger) {
            Some(moment) => format!("It appears by itself {moment}, to visitors whom its target fits."),
            None => format!("Its trigger is manual, so it appears only where a page asks for it: {asked_for}."),
        },
    }
}

/// When a trigger fires, in plain words; `None` for one that never does.
fn moment(trigger: &Trigger) -> Option<String> {
    Some(match trigger {
        Trigger::Manual => return None,
        Trigger::Delay { delay_ms } => format!("{} s after a page was opened", f64::from(*delay_ms) / 1_000.0),
        Trigger::Signal { signal: SignalKind::RageClick } => "after a rage click".to_owned(),
        Trigger::Signal { signal: SignalKind::DeadClick } => "after a dead click".to_owned(),
        Trigger::Signal { signal: SignalKind::SlowClick } => "after a slow click".to_owned(),
        Trigger::Signal { signal: SignalKind::FailedClick } => "after a click that failed".to_owned(),
        Trigger::Signal { signal: SignalKind::QuickBack } => {
            "after somebody went back from a page almost at once".to_owned()
        }
        Trigger::Signal { signal: SignalKind::ExcessiveScroll } => "after a page was scrolled up and down".to_owned(),
        Trigger::Signal { signal: SignalKind::BrokenImage } => "after a picture did not load".to_owned(),
        Trigger::Signal { signal: SignalKind::FailedRequest } => "after a request failed".to_owned(),
        Trigger::Signal { .. } => "after an error on the page".to_owned(),
        Trigger::Scroll { percent } => format!("once {percent} % of a page has been seen"),
        Trigger::ExitIntent => "when the pointer leaves a page by its upper edge".to_owned(),
        Trigger::Seen { selector } => format!("once `{selector}` comes into view"),
        Trigger::Event { name, .. } => format!("after the event `{name}`"),
        Trigger::Task { task, end } if task.is_empty() => format!("when a task ends with {}", end.as_str()),
        Trigger::Task { task, end } => format!("when the task `{task}` ends with {}", end.as_str()),
        Trigger::SlowPage { over_ms } => {
            format!("where the largest part of a page took longer than {} s", f64::from(*over_ms) / 1_000.0)
        }
        Trigger::FormRefilled => "when a form that was sent is filled in again".to_owned(),
    })
}

fn name<S: Serializer>(kind: &AnswerKind, serializer: S) -> Result<S::Ok, S::Error> {
    kind.as_str().serialize(serializer)
}

/// One value of a question: its own, or that of one of its parts.
fn value(
    (survey, versions): (&Survey, &[Survey]),
    (question, part): (&Question, &Part<'_>),
    period: &Period,
    now: &[AnswerRollup],
    scores: &[SurveyScore],
) -> QuestionReport {
    let kind = part.kind(question);
    let (id, text) = named(question, part);
    let mut report = QuestionReport {
        id: id.clone(),
        text,
        kind,
        answered: 0,
        score: None,
        distribution: Vec::new(),
        trend: Vec::new(),
    };
    if let Some(scale) = scale_of(survey, &id, now) {
        let is_this = |score: &&SurveyScore| score.survey == survey.id && score.value_id == id;
        report.answered = scale.n();
        report.score = scores.iter().find(is_this).map(|score| score.figure.clone());
        report.distribution = score_bars(&scale);
        report.trend = trend(survey, &id, period, now);
    } else {
        let given = Given::of(
            now.iter().filter(|row| row.survey_id == survey.id && row.question_id == id && row.kind == kind.as_str()),
        );
        let choices = choices((question, part), versions, &given);
        report.answered = given.count(input::answered_value(part, !choices.is_empty()));
        report.distribution = choice_bars(part, &choices, &given, report.answered);
    }
    report
}

fn share(answers: u64, n: u64) -> Figure {
    Figure::rate(SHARE, (answers, n), None)
}

/// A bar a score.
fn score_bars(scale: &Scale) -> Vec<Bar> {
    let bar = |(score, answers): (i64, &u64)| Bar {
        value: score.to_string(),
        label: crate::figure::label::signed(score, scale.first() < 0),
        answers: *answers,
        share: share(*answers, scale.n()),
        standing: scale.standing(score).as_str(),
    };
    (scale.first()..).zip(scale.counts()).map(bar).collect()
}

/// What was given of a value without a scale, and how often.
struct Given<'a>(BTreeMap<&'a str, u64>);

impl<'a> Given<'a> {
    fn of(rows: impl Iterator<Item = &'a AnswerRollup>) -> Self {
        let mut counts = BTreeMap::new();
        for row in rows {
            *counts.entry(row.value.as_str()).or_default() += row.answers.max(0) as u64;
        }
        Self(counts)
    }

    fn values(&self) -> BTreeSet<&'a str> {
        self.0.keys().copied().collect()
    }

    fn count(&self, value: &str) -> u64 {
        self.0.get(value).copied().unwrap_or(0)
    }
}

/// The choices that are offered, and those that were and were picked, each with its label.
fn choices<'a>(
    (question, part): (&Question, &Part<'a>),
    versions: &[Survey],
    given: &Given<'a>,
) -> Vec<(&'a str, Cow<'a, str>)> {
    let mut choices = input::bars(part);
    for removed in input::choices_given(part, &given.values()) {
        if !choices.iter().any(|(id, _)| *id == removed) {
            let label = former_label(versions, &question.id, removed).unwrap_or_else(|| removed.to_owned());
            choices.push((removed, format!("{label} (no longer offered)").into()));
        }
    }
    choices
}

/// A bar a choice. Of a ranking the first places are counted; the mean of all places stands beside the choice.
fn choice_bars(part: &Part<'_>, choices: &[(&str, Cow<'_, str>)], given: &Given<'_>, answered: u64) -> Vec<Bar> {
    let last = given.0.keys().filter_map(|value| value.rsplit_once(':')?.1.parse::<usize>().ok()).max();
    let ranked = |id: &str, label: &str| {
        let ranks: Vec<u64> = (1..=last.unwrap_or(0)).map(|rank| given.count(&format!("{id}:{rank}"))).collect();
        let mean = rapport_figures::score::mean(&ranks, 1);
        let mean = mean.map_or(String::new(), |mean| format!(" (mean place {:.1})", mean.value));
        (ranks.first().copied().unwrap_or(0), format!("{label}{mean}"))
    };
    let bar = |(id, label): &(&str, Cow<'_, str>)| {
        let (answers, label) =
            if input::is_ranked(part) { ranked(id, label) } else { (given.count(id), label.clone().into_owned()) };
        Bar { value: (*id).to_owned(), label, answers, share: share(answers, answered), standing: "" }
    };
    choices.iter().map(bar).collect()
}

/// What the last version that offered a choice called it.
fn former_label(versions: &[Survey], question_id: &str, choice_id: &str) -> Option<String> {
    let mut versions: Vec<_> = versions.iter().collect();
    versions.sort_by_key(|version| std::cmp::Reverse(version.version));
    versions.into_iter().find_map(|version| {
        let version = version.clone().outlined();
        let question = version.questions.iter().find(|question| question.id == question_id)?;
        question.kind.choices().iter().find(|choice| choice.id == choice_id).map(|choice| choice.label.clone())
    })
}

/// The score over time, in points of several days so that each has answers enough to tell.
pub(crate) fn trend(survey: &Survey, question_id: &str, period: &Period, rows: &[AnswerRollup]) -> Vec<TrendPoint> {
    period
        .days
        .chunks(period.days_a_point())
        .filter_map(|days| {
            let (first, last) = (days.first()?, days.last()?);
            let within: Vec<_> = rows
                .iter()
                .filter(|row| row.survey_id == survey.id && row.question_id == question_id)
                .filter(|row| (first.start_ms..last.end_ms).contains(&row.bucket_ms))
                .cloned()
                .collect();
            let figure = scale_of(survey, question_id, &within)?.figure(None);
            TrendPoint::of(days, &figure)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::Verdict;
    use jiff::tz::TimeZone;
    use rapport_store::rollup::SurveyRollup;

    fn survey() -> Survey {
        serde_json::from_value(serde_json::json!({
            "id": "shop", "name": "Shop", "title": "Tell us", "version": 2,
            "questions": [
                {"id": "likely", "kind": "nps", "text": "How likely?"},
                {"id": "why", "kind": "multiple-choice-multi", "text": "Why?",
                 "choices": [{"id": "price", "label": "Price"}, {"id": "speed", "label": "Speed"}]},
                {"id": "words", "kind": "open-text", "text": "More?"},
            ],
        }))
        .expect("a survey")
    }

    fn delivered(now: &[SurveyRollup]) -> Delivered<'_> {
        Delivered { now, before: None, steps_tell: true }
    }

    fn answer(day: i64, question: &str, kind: &str, value: &str, answers: i64) -> AnswerRollup {
        AnswerRollup {
            bucket_ms: day * 86_400_000,
            survey_id: "shop".into(),
            question_id: question.into(),
            kind: kind.into(),
            value: value.into(),
            answers,
            ..AnswerRollup::default()
        }
    }

    #[test]
    fn a_survey_without_answers_says_how_it_appears() {
        let modal = Survey { placement: Placement::Modal, ..survey() };
        let popover = |trigger| Survey { placement: Placement::Popover, trigger, ..survey() };
        for (survey, active, told) in [
            (survey(), true, "launcher is there"),
            (survey(), false, "paused"),
            (modal.clone(), true, "only where a page asks for it: `rapport('survey', 'shop')`"),
            (modal, false, "rapport survey activate SITE shop"),
            (Survey { placement: Placement::Inline, ..survey() }, true, "data-rapport-survey=\"shop\""),
            (Survey { placement: Placement::Hosted, ..survey() }, true, "its own address"),
            (popover(Trigger::Manual), true, "manual"),
            (popover(Trigger::Delay { delay_ms: 1_500 }), true, "by itself 1.5 s after"),
        ] {
            let said = appearance(&survey, active);
            assert!(said.contains(told), "{said}");
            assert!(told.contains("launcher") || !said.contains("launcher"), "{said}");
        }
    }

    #[test]
    fn a_survey_is_read_from_its_rollups() {
        let day = |text: &str| text.parse().expect("a day");
        let period = Period::new(&TimeZone::UTC, day("1970-01-02"), day("1970-01-08"), i64::MAX);
        let answers = [
            answer(1, "likely", "nps", "10", 30),
            answer(1, "likely", "nps", "3", 10),
            answer(5, "likely", "nps", "7", 10),
            // An earlier version asked the same id as stars.
            answer(5, "likely", "csat", "5", 99),
            answer(5, "why", "multiple-choice-multi", "", 8),
            answer(5, "why", "multiple-choice-multi", "price", 6),
            answer(5, "why", "multiple-choice-multi", "speed", 5),
            answer(5, "words", "open-text", "text", 4),
        ];
        let delivery = SurveyRollup {
            survey_id: "shop".into(),
            shown: 200,
            started: 50,
            responses: 50,
            finished: 25,
            ..Default::default()
        };
        let surveys = [(survey(), true)];
        let report =
            report((&surveys, 0), &[], &period, (&answers, None), delivered(&[delivery]), 1.0).expect("the survey");
        assert_eq!(report.response_rate.value, Some(25.0));
        assert_eq!(report.completion.value, Some(50.0));
        let [likely, why, words] = &report.questions[..] else { panic!("three questions") };
        assert_eq!((likely.answered, likely.score.as_ref().and_then(|score| score.value)), (50, Some(40.0)));
        assert_eq!(likely.distribution.len(), 11);
        assert_eq!((likely.distribution[3].answers, likely.distribution[3].standing), (10, "low"));
        assert_eq!(likely.trend.len(), 7);
        assert_eq!((likely.trend[0].value, likely.trend[0].n), (Some(50.0), 40));
        assert_eq!((likely.trend[1].value, likely.trend[4].value), (None, Some(0.0)));
        assert_eq!(why.answered, 8);
        assert_eq!(why.distribution[0].share.value, Some(75.0));
        assert_eq!((words.answered, words.distribution.len()), (4, 0));
    }

    #[test]
    fn a_change_has_the_same_verdict_on_the_page_of_a_survey_and_in_the_list() {
        let day = |text: &str| text.parse().expect("a day");
        let period = Period::new(&TimeZone::UTC, day("1970-01-02"), day("1970-01-08"), i64::MAX);
        let surveys: Vec<_> =
            ["one", "two", "three", "four", "five"].map(|id| (Survey { id: id.into(), ..survey() }, true)).into();
        // The first moved, the others hardly.
        let rows = |before: bool| -> (Vec<AnswerRollup>, Vec<SurveyRollup>) {
            let of = |place: usize, id: &str| {
                let low = if before { 40 } else { [62, 42, 41, 40, 39][place] };
                let given = [("10", 120 - low), ("2", low)];
                let answers = given.map(|(value, answers)| AnswerRollup {
                    survey_id: id.into(),
                    ..answer(1, "likely", "nps", value, answers)
                });
                let delivery = SurveyRollup {
                    survey_id: id.into(),
                    shown: 400,
                    started: 100 + low,
                    responses: 120,
                    finished: 120 - low,
                    ..SurveyRollup::default()
                };
                (answers, delivery)
            };
            let all = surveys.iter().enumerate().map(|(place, (survey, _))| of(place, &survey.id));
            let (answers, delivery): (Vec<_>, Vec<_>) = all.unzip();
            (answers.into_iter().flatten().collect(), delivery)
        };
        let ((answers, delivery), (answers_before, delivery_before)) = (rows(false), rows(true));
        let answers = (&*answers, Some(&*answers_before));
        let delivery = Delivered { before: Some(&delivery_before), ..delivered(&delivery) };
        for looks in [1.0, 8.0] {
            let lines = crate::feedback::lines(&surveys, answers, delivery, looks);
            for (place, line) in lines.iter().enumerate() {
                let page = report((&surveys, place), &[], &period, answers, delivery, looks).expect("the survey");
                assert_eq!(page.questions[0].score.as_ref(), Some(&line.scores[0].figure));
                assert_eq!(page.response_rate, line.response_rate);
                let judged = &line.scores[0].figure.change.as_ref().expect("compared").judged;
                assert!(judged.starts_with("Judged among 5 changes, those of the scores of all surveys"), "{judged}");
            }
        }
        let verdict = |looks| {
            let lines = crate::feedback::lines(&surveys, answers, delivery, looks);
            lines[0].scores[0].figure.change.as_ref().map(|change| change.verdict)
        };
        assert_eq!((verdict(1.0), verdict(8.0)), (Some(Verdict::Worse), Some(Verdict::Noise)));
    }

    #[test]
    fn the_bars_of_a_question_add_up_to_its_answers_after_a_choice_was_removed() {
        let version = |version: u32, choices: serde_json::Value| -> Survey {
            serde_json::from_value(serde_json::json!({
                "id": "shop", "name": "Shop", "title": "Tell us", "version": version,
                "questions": [
                    {"id": "why", "kind": "multiple-choice-single", "text": "Why?", "choices": choices},
                    {"id": "order", "kind": "ranking", "text": "Which first?", "choices": choices},
                ],
            }))
            .expect("a survey")
        };
        let (price, speed) = (serde_json::json!({"id": "price", "label": "Price"}), "speed");
        let before = version(1, serde_json::json!([price, {"id": speed, "label": "Speed"}, {"id": "x", "label": "X"}]));
        let now = version(2, serde_json::json!([price, {"id": "x", "label": "X"}]));
        let single = |value: &str, answers| answer(0, "why", "multiple-choice-single", value, answers);
        let ranked = |value: &str, answers| answer(0, "order", "ranking", value, answers);
        let answers = [
            single("", 10),
            single("price", 6),
            single(speed, 3),
            single("lost", 1),
            ranked("", 4),
            ranked("speed:1", 3),
            ranked("price:1", 1),
            ranked("price:3", 3),
        ];
        let day = |text: &str| text.parse().expect("a day");
        let period = Period::new(&TimeZone::UTC, day("1970-01-01"), day("1970-01-02"), i64::MAX);
        let surveys = [(now.clone(), true)];
        let report =
            report((&surveys, 0), &[before, now], &period, (&answers, None), delivered(&[]), 1.0).expect("the survey");
        for question in &report.questions {
            let sum: u64 = question.distribution.iter().map(|bar| bar.answers).sum();
            assert_eq!(sum, question.answered, "{}", question.id);
        }
        let labels: Vec<_> = report.questions[0].distribution.iter().map(|bar| bar.label.as_str()).collect();
        assert_eq!(labels, ["Price", "X", "lost (no longer offered)", "Speed (no longer offered)"]);
        let order = &report.questions[1].distribution;
        assert_eq!((order[0].label.as_str(), order[0].answers), ("Price (mean place 2.5)", 1));
        assert_eq!(order[2].label, "Speed (no longer offered) (mean place 1.0)");
    }
}
