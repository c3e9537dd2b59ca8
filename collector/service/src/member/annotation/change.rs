//! The figures before and after a release or note.

use crate::app::Reports;
use crate::http::export::csv::{self, Csv, number};
use crate::http::query::mark::{self as asked, Asked};
use crate::http::query::query_of;
use crate::member::account::Access;
use crate::member::frame::{CameFrom, Choice, EVERY_DIMENSION, Fields, Frame, Frames, Page};
use crate::member::reading::*;
use crate::member::{PageError, format, mark, render};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rapport_report::annotation::before_after::{BeforeAfter, LENGTHS, Side};
use rapport_report::figure::{Figure, Verdict};
use rapport_report::overview::SurveyScore;
use rapport_report::slice::Slice;

const NONE: PageError =
    PageError::NotFound("This site has no such release or note, or its pages named that release on another day first.");

#[derive(Template)]
#[template(path = "member/annotation/change.html")]
struct ChangePage {
    frame: Frame,
    report: BeforeAfter,
}

impl ChangePage {
    /// `this release` or `this day`.
    fn this(&self) -> &'static str {
        if self.report.mark.kind == "release" { "this release" } else { "this day" }
    }

    /// The figures that really changed so, with their changes.
    fn changed(&self, verdict: Verdict) -> String {
        let of_scores = self.report.scores.iter().map(|line| (score_name(&line.after), &line.after.figure));
        let of_views = self.report.figures.iter().map(|line| (line.after.label.clone(), &line.after));
        let is_so = |figure: &Figure| figure.change.as_ref().is_some_and(|change| change.verdict == verdict);
        let so = of_scores.chain(of_views).filter(|(_, figure)| is_so(figure));
        so.map(|(name, figure)| format!("{name} {}", figure.change_text())).collect::<Vec<_>>().join(", ")
    }

    fn better(&self) -> String {
        self.changed(Verdict::Better)
    }

    fn worse(&self) -> String {
        self.changed(Verdict::Worse)
    }

    /// The name of a score, with what of its question is scored.
    fn score_name(&self, score: &SurveyScore) -> String {
        score_name(score)
    }
}

fn score_name(score: &SurveyScore) -> String {
    let part = if score.part.is_empty() { String::new() } else { format!(", {}", score.part) };
    format!("{} ({}{part})", score.name, score.figure.label)
}

pub(super) async fn page(
    State(reports): State<Reports>,
    State(frames): State<Frames>,
    access: Access,
    fields: Fields,
) -> Result<Response, PageError> {
    let (slice, asked) = (Slice::parse(&fields)?, asked::asked(&fields)?);
    let of = (asked.length_days, asked.side);
    let report = reports.of(&access.site).before_after(&slice, &asked.mark, of).await?.ok_or(NONE)?;
    if let Some(csv) = csv::wanted(&fields)? {
        return Ok(table(csv, &report));
    }
    let title = format!("Before and after {}", mark::title(&report.mark));
    let page = Page {
        title: &title,
        part: "annotations",
        path: "change",
        back: Some(("Releases and notes", "annotations")),
        compares: false,
        dimensions: EVERY_DIMENSION,
    };
    let days = asked.length_days.to_string();
    let from = CameFrom::of(&fields);
    let mut own = vec![("mark", report.mark.id.as_str()), ("days", &days), ("side", asked.side.as_str())];
    own.extend(from.iter().map(|from| ("back", from.path.as_str())));
    let mut frame = Frame::filtered(&frames, &access, &page, &slice, &own).await?;
    if let Some(from) = &from {
        frame.back = Some(from.choice(&access.site.site.key));
    }
    frame.scope = scope(&report, &slice, access.site.site.time_zone_name());
    choose(&mut frame, &slice, (&own, &asked));
    render(&ChangePage { frame, report })
}

/// Which days are compared, and of what.
fn scope(report: &BeforeAfter, slice: &Slice, zone: &str) -> String {
    let days = |days: &rapport_report::annotation::before_after::Days| {
        format!("{} to {}", format::day(&days.from), format::day(&days.to))
    };
    let mut scope = format!("{}, compared with {}; days of {zone}", days(&report.after), days(&report.before));
    for (dimension, value) in slice.narrowed() {
        scope += &format!("; {} {}", dimension.label().to_lowercase(), format::of_dimension(dimension, value));
    }
    scope
}

/// Offers how many days, and where the day of the mark counts, in place of ranges and of the period before.
fn choose(frame: &mut Frame, slice: &Slice, (own, asked): (&[(&'static str, &str)], &Asked)) {
    let with = |name: &str, value: &str, label: String, current: bool| {
        let mut fields = slice.fields();
        let changed = own.iter().map(|(of, old)| (*of, if *of == name { value } else { old }.to_owned()));
        fields.extend(changed);
        Choice { label, href: format!("?{}", query_of(&fields)), current }
    };
    let Some(bar) = &mut frame.filters else { return };
    bar.ranges =
        LENGTHS.map(|days| with("days", &days.to_string(), format!("{days} days"), days == asked.length_days)).to_vec();
    bar.custom_label = String::new();
    bar.compares = true;
    bar.compare =
        Side::EACH.map(|side| with("side", side.as_str(), side.label().to_owned(), side == asked.side)).to_vec();
}

/// A figure on both sides.
fn row(before: &Figure, after: &Figure, of: [&str; 3]) -> Vec<String> {
    let unit = serde_json::to_value(after.unit).ok().and_then(|unit| unit.as_str().map(str::to_owned));
    let mut row = vec![after.name.to_owned()];
    row.extend(of.map(str::to_owned));
    row.push(unit.unwrap_or_default());
    for side in [before, after] {
        row.extend([number(side.value), number(side.low), number(side.high), side.n.to_string()]);
    }
    let change = after.change.as_ref();
    let of_change = |value: fn(&rapport_report::figure::Comparison) -> Option<f64>| number(change.and_then(value));
    row.extend([
        of_change(|change| Some(change.difference)),
        of_change(|change| change.low),
        of_change(|change| change.high),
        of_change(|change| change.p),
        change.map_or("", |change| change.verdict_text()).to_owned(),
    ]);
    row
}

/// The comparison as a table.
fn table(csv: Csv, report: &BeforeAfter) -> Response {
    let header = [
        "figure",
        "survey",
        "question",
        "part",
        "unit",
        "before",
        "before_low",
        "before_high",
        "before_n",
        "after",
        "after_low",
        "after_high",
        "after_n",
        "difference",
        "difference_low",
        "difference_high",
        "p",
        "verdict",
    ];
    let scores = report.scores.iter().map(|line| {
        let of = [line.after.survey.as_str(), &line.after.question_id, &line.after.part];
        row(&line.before.figure, &line.after.figure, of)
    });
    let figures = report.figures.iter().map(|line| row(&line.before, &line.after, [""; 3]));
    csv.table("change", &header, scores.chain(figures))
}
