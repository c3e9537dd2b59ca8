//! The Feedback pages: every survey, and one of them with its answers.

use super::chart::{self, Chart};
use super::format::noun;
use super::frame::{Choice, EVERY_DIMENSION, Fields, Frame, Frames, Page, field};
use super::{PageError, export, mark, render};
use crate::app::Reports;
use crate::definition::difference::{between, breaks};
use crate::http::export::answers::AnswerTable;
use crate::http::export::csv;
use crate::http::query::list;
use crate::http::query::query_of;
use crate::member::account::Access;
use crate::member::reading::*;
use askama::Template;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use rapport_figures::standing::Standing;
use rapport_report::Listing;
use rapport_report::annotation::{Mark, Marks};
use rapport_report::feedback::{Delivery, Feedback};
use rapport_report::response::{ResponseSummary, Time};
use rapport_report::slice::Slice;
use rapport_report::survey::{QuestionReport, SurveyReport};
use rapport_shared::survey::Survey;
use rapport_store::Store;
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
    fn new(report: &QuestionReport, marks: &Marks, frame: &Frame) -> Self {
        let scored = report.score.as_ref();
        let trend = scored.and_then(|figure| chart::score_trend(&report.trend, frame.edges(), &figure.label));
        Self {
            kind: rapport_report::input::what_is_asked(report.kind),
            // Choices have names of any length, which an axis has no room for.
            distribution: scored.and_then(|_| chart::distribution(&report.distribution)),
            trend: mark::on_points(trend, marks, &report.trend, frame),
            report: report.clone(),
        }
    }

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
    /// What people wrote in this survey, to be searched, and its themes.
    fn words_href(&self) -> String {
        let mut fields = self.frame.slice.fields();
        fields.push(("survey", self.report.survey.clone()));
        format!("/sites/{}/words?{}", self.frame.site_key, query_of(&fields))
    }

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

/// The marks of a question's trend: those of all charts, and the versions of the survey that asked it otherwise.
fn marks_of(question: &str, marks: &Marks, versions: &[(Survey, i64)], zone: &TimeZone) -> Marks {
    let broken = versions.windows(2).filter_map(|pair| {
        let changes = between(&pair[0].0, &pair[1].0);
        let of_it: Vec<_> = breaks(&changes).filter(|change| change.question == question).collect();
        let told: Vec<_> = of_it.iter().map(|change| change.what.as_str()).collect();
        let at = Time::new(pair[1].1, zone);
        (!told.is_empty()).then(|| Mark {
            id: String::new(),
            kind: "version",
            text: format!("Version {}: {}", pair[1].0.version, told.join("; ")),
            day: at.local[..10].to_owned(),
            at,
            is_of_tag: false,
        })
    });
    let mut marks = marks.clone();
    marks.marks.extend(broken);
    marks.marks.sort_by_key(|mark| mark.at.epoch_ms);
    marks
}

pub(super) async fn survey(
    State(store): State<Store>,
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
        access.require_words()?;
        let table = AnswerTable::open(&source, &slice, &survey, listing).await?.ok_or(NONE)?;
        if csv.json {
            let body = Body::from_stream(table.json());
            return Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response());
        }
        return Ok(csv.lines(&format!("{survey}-answers"), table.header(), table.lines()));
    }
    let report = source.survey(&slice, &survey, listing).await?.ok_or(NONE)?;
    if let Some(csv) = csv {
        return Ok(export::survey(csv, field(&fields, "table"), &report)?);
    }
    let marks = source.marks(&slice).await?;
    let path = format!("feedback/{survey}");
    let page = Page {
        title: &report.name,
        part: "feedback",
        path: &path,
        back: Some(("Feedback", "feedback")),
        compares: true,
        dimensions: EVERY_DIMENSION,
    };
    let listed = Listed::new(&access.site.site.key, &path, &slice, listing);
    let mut frame = Frame::filtered(&frames, &access, &page, &slice, &listed.own()).await?;
    let site = &access.site.site;
    let versions = store.versions_of_survey(site.site_id, &survey).await?;
    let drawn = |question: &QuestionReport| {
        // A part of a question is named by it.
        let asked = question.id.split('.').next().unwrap_or_default();
        DrawnQuestion::new(question, &marks_of(asked, &marks, &versions, &site.time_zone), &frame)
    };
    let questions = report.questions.iter().map(drawn).collect();
    if let Some(after) = field(&fields, "after").split_whitespace().next() {
        let and = if frame.here.contains('?') { "&" } else { "?" };
        frame.here += &format!("{and}{}", query_of(&[("after", after.to_owned())]));
    }
    render(&SurveyPage {
        frame,
        questions,
        steps: steps(&report.delivery),
        listings: listed.choices(),
        unlisted: (!listed.own().is_empty()).then(|| listed.address(["", "", ""], "")),
        first: listing.after.map(|_| listed.address(listed.chosen, "")),
        with_suspicious: listing.suspicious == Suspicious::Included,
        older: report.next.as_deref().map(|after| listed.address(listed.chosen, after)),
        report,
    })
}

/// Which answers are listed, and the ways to others.
struct Listed<'a> {
    site_key: &'a str,
    /// Path of the page below the site.
    path: &'a str,
    slice: &'a Slice,
    /// The values of [`LISTED`], empty for all.
    chosen: [&'static str; 3],
}

/// The fields that say which answers are listed.
const LISTED: [&str; 3] = ["score", "with", "suspicious"];

/// What can be chosen of each of [`LISTED`]: its name, and its values as people read them.
const LISTINGS: [(&str, &[(&str, &str)]); 3] = [
    ("Score", &[("All scores", ""), ("Low", "low"), ("Middle", "middle"), ("High", "high")]),
    ("Words", &[("With or without words", ""), ("With words", "words")]),
    ("Suspicious answers", &[("Without suspicious", ""), ("With suspicious", "included"), ("Only suspicious", "only")]),
];

impl<'a> Listed<'a> {
    fn new(site_key: &'a str, path: &'a str, slice: &'a Slice, listing: Listing) -> Self {
        let suspicious = match listing.suspicious {
            Suspicious::LeftOut => "",
            Suspicious::Included => "included",
            Suspicious::Only => "only",
        };
        let words = if listing.words { "words" } else { "" };
        let chosen = [listing.standing.map_or("", Standing::as_str), words, suspicious];
        Self { site_key, path, slice, chosen }
    }

    /// The fields of the page's own address.
    fn own(&self) -> Vec<(&'static str, &'static str)> {
        LISTED.into_iter().zip(self.chosen).filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The list of those answers, after that one unless it is empty.
    fn address(&self, chosen: [&str; 3], after: &str) -> String {
        let mut fields = self.slice.fields();
        let own = LISTED.into_iter().zip(chosen).chain([("after", after)]);
        fields.extend(own.filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.to_owned())));
        match query_of(&fields) {
            query if query.is_empty() => format!("/sites/{}/{}#answers", self.site_key, self.path),
            query => format!("?{query}#answers"),
        }
    }

    /// Each choice keeps what the others say, so that low scores with words can be asked for.
    fn choices(&self) -> Vec<(&'static str, Vec<Choice>)> {
        let group = |which: usize, (name, values): (&'static str, &[(&'static str, &'static str)])| {
            let choices = values.iter().map(|(label, value)| {
                let mut chosen = self.chosen;
                chosen[which] = *value;
                let current = self.chosen[which] == *value;
                Choice { label: (*label).to_owned(), href: self.address(chosen, ""), current }
            });
            (name, choices.collect::<Vec<_>>())
        };
        LISTINGS.into_iter().enumerate().map(|(which, listing)| group(which, listing)).collect()
    }
}

/// The steps from shown to counted: what each is called, how often, and what it means.
fn steps(delivery: &Delivery) -> Vec<(&'static str, Option<u64>, String)> {
    vec![
        ("Shown", delivery.shown, noun(delivery.shown.unwrap_or(0), "times on screen")),
        ("Started", delivery.started, "gave a first answer".to_owned()),
        ("Answered", delivery.answered, "passed the last question".to_owned()),
        ("Closed", delivery.closed, "without finishing".to_owned()),
        ("Counted", Some(delivery.stored), noun(delivery.stored, "responses") + ", unfinished too"),
    ]
}
