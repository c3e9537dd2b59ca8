//! The Feedback pages: every survey, and one of them with its answers.

use super::chart::{self, Chart};
use super::format::noun;
use super::frame::{Choice, EVERY_DIMENSION, Fields, Frame, Frames, Page, field};
use super::{PageError, export, render};
use crate::app::Reports;
use crate::http::export::answers::AnswerTable;
use crate::http::export::csv;
use crate::http::query::list;
use crate::http::query::query_of;
use crate::member::account::Access;
use crate::member::reading::*;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use rapport_figures::standing::Standing;
use rapport_report::feedback::Feedback;
use rapport_report::response::ResponseSummary;
use rapport_report::slice::Slice;
use rapport_report::survey::{QuestionReport, SurveyReport};
use rapport_store::response::Suspicious;

#[derive(Template)]
#[template(path = "member/feedback/page.html")]
struct FeedbackPage {
    frame: Frame,
    report: Feedback,
    responses: Vec<ResponseSummary>,
    query: String,
    /// Why some figures are not known.
    untold: Option<&'static str>,
}

struct DrawnQuestion {
    report: QuestionReport,
    kind: &'static str,
    distribution: Option<Chart>,
    trend: Option<Chart>,
}

#[derive(Template)]
#[template(path = "member/feedback/survey.html")]
struct SurveyPage {
    frame: Frame,
    report: SurveyReport,
    questions: Vec<DrawnQuestion>,
    steps: Vec<(&'static str, Option<u64>, String)>,
    listings: Vec<(&'static str, Vec<Choice>)>,
    /// Every answer again; absent where no answers are left out.
    unlisted: Option<String>,
    with_suspicious: bool,
    first: Option<String>,
    older: Option<String>,
}

impl DrawnQuestion {
    /// Share of the answers of the choice that was picked most often, in percent.
    fn share_of_most(&self, answers: &u64) -> f64 {
        let most = self.report.distribution.iter().map(|bar| bar.answers).max().unwrap_or(0);
        if most > 0 { *answers as f64 / most as f64 * 100.0 } else { 0.0 }
    }

    /// Whether something of it was counted.
    fn has_answers(&self) -> bool {
        self.report.distribution.iter().any(|bar| bar.answers > 0)
    }
}

impl SurveyPage {
    /// A number of a trend's table.
    fn number(&self, value: &Option<f64>) -> String {
        value.map_or_else(|| "–".to_owned(), |value| super::format::plain(value, 1))
    }
}

pub(super) async fn list(
    State(reports): State<Reports>,
    State(frames): State<Frames>,
    access: Access,
    fields: Fields,
) -> Result<Response, PageError> {
    let slice = Slice::parse(&fields)?;
    let source = reports.of(&access.site);
    let report = source.feedback(&slice).await?;
    if let Some(csv) = csv::wanted(&fields)? {
        return Ok(export::feedback(csv, field(&fields, "table"), &report)?);
    }
    let page = Page {
        title: "Feedback",
        part: "feedback",
        path: "feedback",
        back: None,
        compares: true,
        dimensions: EVERY_DIMENSION,
    };
    render(&FeedbackPage {
        frame: Frame::filtered(&frames, &access, &page, &slice, &[]).await?,
        responses: source.newest_words(&slice).await?,
        query: slice.suffix(),
        untold: report.surveys.first().and_then(|line| line.response_rate.untold),
        report,
    })
}

pub(super) async fn survey(
    State(reports): State<Reports>,
    State(frames): State<Frames>,
    access: Access,
    Path((_, survey)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    let slice = Slice::parse(&fields)?;
    let listing = list::listing(&fields)?;
    let source = reports.of(&access.site);
    const NONE: PageError = PageError::NotFound("This site has no such survey.");
    let csv = csv::wanted(&fields)?;
    if let (Some(csv), "" | "answers") = (csv, field(&fields, "table")) {
        let table = AnswerTable::open(&source, &slice, &survey, listing).await?.ok_or(NONE)?;
        return Ok(csv.lines(&format!("{survey}-answers"), table.header(), table.lines()));
    }
    let report = source.survey(&slice, &survey, listing).await?.ok_or(NONE)?;
    if let Some(csv) = csv {
        return Ok(export::survey(csv, field(&fields, "table"), &report)?);
    }
    let path = format!("feedback/{survey}");
    let page = Page {
        title: &report.name,
        part: "feedback",
        path: &path,
        back: Some(("Feedback", "feedback")),
        compares: true,
        dimensions: EVERY_DIMENSION,
    };
    let address = |own: &[(&'static str, &str)]| {
        let mut fields = slice.fields();
        fields.extend(
            own.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (*name, (*value).to_owned())),
        );
        let query = query_of(&fields);
        if query.is_empty() { format!("/sites/{}/{path}", access.site.site.key) } else { format!("?{query}") }
    };
    let standing = listing.standing.map_or("", Standing::as_str);
    let words = if listing.words { "words" } else { "" };
    let suspicious = match listing.suspicious {
        Suspicious::LeftOut => "",
        Suspicious::Included => "included",
        Suspicious::Only => "only",
    };
    let own: Vec<_> = [("score", standing), ("with", words), ("suspicious", suspicious)]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
    // Each choice keeps what the others say, so that low scores with words can be asked for.
    let chosen = [standing, words, suspicious];
    let group = |name: &'static str, which: usize, values: &[(&str, &str)]| {
        let choices = values.iter().map(|(label, value)| {
            let mut all = chosen;
            all[which] = *value;
            let [score, with, of] = all;
            Choice {
                label: (*label).to_owned(),
                href: format!("{}#answers", address(&[("score", score), ("with", with), ("suspicious", of)])),
                current: chosen[which] == *value,
            }
        });
        (name, choices.collect::<Vec<_>>())
    };
    let listings = vec![
        group("Score", 0, &[("All scores", ""), ("Low", "low"), ("Middle", "middle"), ("High", "high")]),
        group("Words", 1, &[("With or without words", ""), ("With words", "words")]),
        group(
            "Suspicious answers",
            2,
            &[("Without suspicious", ""), ("With suspicious", "included"), ("Only suspicious", "only")],
        ),
    ];
    let mut frame = Frame::filtered(&frames, &access, &page, &slice, &own).await?;
    let questions = report
        .questions
        .iter()
        .map(|question| DrawnQuestion {
            kind: rapport_report::input::what_is_asked(question.kind),
            // Choices have names of any length, which an axis has no room for.
            distribution: question.score.as_ref().and_then(|_| chart::distribution(&question.distribution)),
            trend: question
                .score
                .as_ref()
                .and_then(|figure| chart::score_trend(&question.trend, frame.edges(), &figure.label)),
            report: question.clone(),
        })
        .collect();
    let delivery = &report.delivery;
    let steps = vec![
        ("Shown", delivery.shown, noun(delivery.shown.unwrap_or(0), "times on screen")),
        ("Started", delivery.started, "gave a first answer".to_owned()),
        ("Answered", delivery.answered, "passed the last question".to_owned()),
        ("Closed", delivery.closed, "without finishing".to_owned()),
        ("Counted", Some(delivery.stored), noun(delivery.stored, "responses") + ", unfinished too"),
    ];
    let page_of = |after: &str| {
        let fields = [("score", standing), ("with", words), ("suspicious", suspicious), ("after", after)];
        format!("{}#answers", address(&fields))
    };
    if let Some(after) = field(&fields, "after").split_whitespace().next() {
        let and = if frame.here.contains('?') { "&" } else { "?" };
        frame.here += &format!("{and}{}", query_of(&[("after", after.to_owned())]));
    }
    render(&SurveyPage {
        frame,
        questions,
        steps,
        listings,
        unlisted: (!own.is_empty()).then(|| format!("{}#answers", address(&[]))),
        first: listing.after.map(|_| page_of("")),
        with_suspicious: listing.suspicious == Suspicious::Included,
        older: report.next.as_deref().map(page_of),
        report,
    })
}
