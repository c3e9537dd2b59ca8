//! The Feedback pages: every survey, and one of them with its answers.

use super::chart::{self, Chart};
use super::export;
use super::frame::{Choice, Fields, Frame, Place, field};
use super::{PageError, render};
use crate::account::Access;
use crate::app::App;
use crate::report::feedback::Feedback;
use crate::report::filter::{Filter, query_of};
use crate::report::response::ResponseSummary;
use crate::report::survey::{QuestionReport, SurveyReport};
use crate::store::reports::Suspicious;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

#[derive(Template)]
#[template(path = "feedback.html")]
struct FeedbackPage {
    frame: Frame,
    report: Feedback,
    responses: Vec<ResponseSummary>,
    query: String,
}

struct DrawnQuestion {
    report: QuestionReport,
    kind: &'static str,
    distribution: Option<Chart>,
    trend: Option<Chart>,
}

#[derive(Template)]
#[template(path = "survey.html")]
struct SurveyPage {
    frame: Frame,
    report: SurveyReport,
    questions: Vec<DrawnQuestion>,
    steps: Vec<(&'static str, u64, &'static str)>,
    listings: Vec<Choice>,
    filtered: bool,
    with_suspicious: bool,
    csv: String,
    first: Option<String>,
    older: Option<String>,
}

impl SurveyPage {
    /// A number of a trend's table.
    fn number(&self, value: &Option<f64>) -> String {
        value.map_or_else(|| "–".to_owned(), |value| super::format::plain(value, 1))
    }
}

pub(super) async fn list(State(app): State<App>, access: Access, fields: Fields) -> Result<Response, PageError> {
    let filter = Filter::parse(&fields)?;
    let source = app.reports(&access.site);
    let report = source.feedback(&filter).await?;
    let place =
        Place { title: "Feedback", part: "feedback", path: "feedback", back: None, compares: true, by_page: true };
    render(&FeedbackPage {
        frame: Frame::filtered(&app, &access, &place, &filter, &[]).await?,
        responses: source.newest_words(&filter).await?,
        query: filter.suffix(),
        report,
    })
}

fn kind_text(kind: &str) -> &'static str {
    match kind {
        "nps" => "Net Promoter Score, 0 to 10",
        "csat" => "Satisfaction, 1 to 5",
        "ces" => "Effort, 1 to 7",
        "multiple-choice-single" => "Pick one",
        "multiple-choice-multi" => "Pick any",
        "ranking" => "Put in order; bars count the first places",
        "yes-no" => "Yes or no",
        "expectation-gap" => "Compared with what was expected, −2 to 2",
        "ladder" => "Agreement with a level of the loyalty ladder, 1 to 5",
        "review" => "Stars, 1 to 5",
        "email" => "E-mail address",
        "consent" => "Consent",
        "picture" => "Picture",
        kind if kind.starts_with("rating-") => "Rating",
        _ => "Words",
    }
}

pub(super) async fn survey(
    State(app): State<App>,
    access: Access,
    Path((_, survey)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    let filter = Filter::parse(&fields)?;
    let listing = crate::report::listing(&fields)?;
    let source = app.reports(&access.site);
    let report = source.survey(&filter, &survey, listing).await?;
    let report = report.ok_or(PageError::NotFound("This site has no such survey."))?;
    if field(&fields, "format") == "csv" {
        return Ok(export::responses(&report));
    }
    let path = format!("feedback/{survey}");
    let place = Place {
        title: &report.name,
        part: "feedback",
        path: &path,
        back: Some(("Feedback", "feedback")),
        compares: true,
        by_page: true,
    };
    let address = |own: &[(&'static str, &str)]| {
        let mut fields = filter.fields();
        fields.extend(
            own.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (*name, (*value).to_owned())),
        );
        let query = query_of(&fields);
        if query.is_empty() { format!("/sites/{}/{path}", access.site.site.key) } else { format!("?{query}") }
    };
    let words = if listing.words { "words" } else { "" };
    let suspicious = match listing.suspicious {
        Suspicious::LeftOut => "",
        Suspicious::Included => "included",
        Suspicious::Only => "only",
    };
    let own: Vec<_> = [("score", listing.standing), ("with", words), ("suspicious", suspicious)]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let listings = [
        ("All", "", "", ""),
        ("With words", "", "words", ""),
        ("Low", "low", "", ""),
        ("Middle", "middle", "", ""),
        ("High", "high", "", ""),
        ("With suspicious", "", "", "included"),
        ("Suspicious", "", "", "only"),
    ]
    .into_iter()
    .map(|(label, score, with, of)| Choice {
        label: label.to_owned(),
        href: format!("{}#answers", address(&[("score", score), ("with", with), ("suspicious", of)])),
        current: (score, with, of) == (listing.standing, words, suspicious),
    })
    .collect();
    let questions = report
        .questions
        .iter()
        .map(|question| DrawnQuestion {
            kind: kind_text(question.kind),
            distribution: chart::distribution(&question.distribution),
            trend: question.score.as_ref().and_then(|figure| chart::score_trend(&question.trend, &figure.label)),
            report: question.clone(),
        })
        .collect();
    let delivery = &report.delivery;
    let steps = vec![
        ("Shown", delivery.shown, "times on screen"),
        ("Started", delivery.started, "gave a first answer"),
        ("Answered", delivery.answered, "passed the last question"),
        ("Closed", delivery.closed, "without finishing"),
        ("Counted", delivery.stored, "responses, unfinished too"),
    ];
    let page_of = |after: &str| {
        let fields = [("score", listing.standing), ("with", words), ("suspicious", suspicious), ("after", after)];
        format!("{}#answers", address(&fields))
    };
    render(&SurveyPage {
        frame: Frame::filtered(&app, &access, &place, &filter, &own).await?,
        questions,
        steps,
        listings,
        filtered: !own.is_empty(),
        csv: address(&[("score", listing.standing), ("with", words), ("suspicious", suspicious), ("format", "csv")]),
        first: listing.after.map(|_| page_of("")),
        with_suspicious: listing.suspicious == Suspicious::Included,
        older: report.next.as_deref().map(page_of),
        report,
    })
}
