//! The Drivers page: what goes with low scores, and how those who answer differ from those who do not.

use super::frame::{EVERY_DIMENSION, Fields, Frame, Frames, Page, field};
use super::{PageError, export, format, render};
use crate::app::Reports;
use crate::http::export::csv;
use crate::member::account::Access;
use crate::member::reading::*;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rapport_report::driver::bias::{BiasLevel, WeightedScore};
use rapport_report::driver::{ComparedWith, Difference, Driver, DriverVerdict, Drivers, Risk};
use rapport_report::slice::{Dimension, Slice};

/// So many findings are said in words above the tables.
const IN_WORDS: usize = 5;

#[derive(Template)]
#[template(path = "member/driver/page.html")]
struct DriversPage {
    frame: Frame,
    report: Drivers,
    /// How many lines stand above those of pages.
    scope: String,
}

/// How many times as often, in words.
pub(super) fn times(risk: &Risk) -> String {
    risk.value.map_or_else(|| format!("at least {:.1} times", risk.low), |value| format!("{value:.1} times"))
}

/// Its interval.
pub(super) fn times_interval(risk: &Risk) -> String {
    match risk.high {
        Some(high) => format!("{:.1}–{high:.1}", risk.low),
        None => format!("{:.1} or more", risk.low),
    }
}

/// Where on a page's own report a fact is shown.
pub(super) fn anchor(fact: &str) -> &'static str {
    match fact {
        "error" => "#error",
        "rage_click" => "#rage_click",
        "dead_click" => "#dead_click",
        "poor_lcp" | "poor_inp" | "poor_cls" => "#vitals",
        _ => "#culprits",
    }
}

/// A number of one decimal with its sign.
fn signed(value: f64) -> String {
    let text = format!("{value:+.1}").replace('-', "−");
    if text == "−0.0" { "+0.0".to_owned() } else { text }
}

impl DriversPage {
    /// What is real, in sentences: of pages first, since there one can do something.
    fn in_words(&self) -> Vec<&str> {
        let all = self.report.by_page.iter().chain(&self.report.over_all);
        let low = all.filter(|driver| driver.verdict == DriverVerdict::Low);
        low.take(IN_WORDS).map(|driver| driver.sentence.as_str()).collect()
    }

    /// What answers carry, in a sentence.
    fn answers_text(&self) -> String {
        let (answers, withheld) = (self.report.answers, self.report.withheld);
        let of_them = match withheld {
            0 => String::new(),
            withheld => format!(
                "; {} of them tell nothing of their page, and are compared by device and source alone",
                format::count(withheld)
            ),
        };
        format!("{}{of_them}.", format::counted(answers, "scores"))
    }

    /// Where the fact of a page is shown.
    fn href(&self, driver: &Driver) -> String {
        driver.path.as_ref().map_or_else(String::new, |path| self.frame.page_href(path) + anchor(driver.fact))
    }

    fn is_beside_others(&self, driver: &Driver) -> bool {
        driver.compared_with == ComparedWith::UnharmedElsewhere
    }

    fn path(&self, driver: &Driver) -> String {
        driver.path.as_deref().map_or_else(String::new, format::path)
    }

    fn times(&self, risk: &Risk) -> String {
        times(risk)
    }

    fn times_interval(&self, risk: &Risk) -> String {
        times_interval(risk)
    }

    fn points(&self, difference: &Difference) -> String {
        signed(difference.points)
    }

    fn points_interval(&self, difference: &Difference) -> String {
        format!("{} to {}", signed(difference.low), signed(difference.high))
    }

    fn verdict(&self, driver: &Driver) -> &'static str {
        match driver.verdict {
            DriverVerdict::Low => "Goes with low scores",
            DriverVerdict::High => "Goes with better scores",
            DriverVerdict::Noise => "May be noise",
            DriverVerdict::TooFew => "Too few answers",
        }
    }

    fn verdict_class(&self, driver: &Driver) -> &'static str {
        match driver.verdict {
            DriverVerdict::Low => "tag bad",
            DriverVerdict::High => "tag good",
            DriverVerdict::Noise | DriverVerdict::TooFew => "tag",
        }
    }

    /// The difference of a line of bias, in percentage points.
    fn bias_points(&self, level: &BiasLevel) -> String {
        level.difference.map_or_else(|| "–".to_owned(), signed)
    }

    fn bias_interval(&self, level: &BiasLevel) -> String {
        level.low.zip(level.high).map_or_else(String::new, |(low, high)| format!("{} to {}", signed(low), signed(high)))
    }

    fn bias_verdict(&self, level: &BiasLevel) -> &'static str {
        match (level.is_real, level.difference) {
            (true, Some(difference)) if difference > 0.0 => "Answer more",
            (true, _) => "Answer less",
            _ => "May be noise",
        }
    }

    /// By what a score was weighted, in words.
    fn weighed_by(&self, score: &WeightedScore) -> String {
        let word = |name: &&'static str| if *name == "failure" { "failures met" } else { *name };
        score.weighed_by.iter().map(word).collect::<Vec<_>>().join(", ")
    }

    fn effective(&self, score: &WeightedScore) -> String {
        format::count(score.effective_n.round() as u64)
    }
}

pub(super) async fn page(
    State(reports): State<Reports>,
    State(frames): State<Frames>,
    access: Access,
    fields: Fields,
) -> Result<Response, PageError> {
    let slice = Slice::parse(&fields)?;
    let source = reports.of(&access.site);
    if let Some(csv) = csv::wanted(&fields)? {
        let report = source.whole_drivers(&slice).await?;
        return Ok(export::drivers(csv, field(&fields, "table"), &report)?);
    }
    let report = source.drivers(&slice).await?;
    let page = Page {
        title: "Drivers",
        part: "drivers",
        path: "drivers",
        back: None,
        compares: false,
        dimensions: EVERY_DIMENSION,
    };
    let frame = Frame::filtered(&frames, &access, &page, &slice, &[]).await?;
    let scope = match slice.value(Dimension::Page) {
        Some(page) => format!("On {}", format::path(page)),
        None => "Over all pages".to_owned(),
    };
    render(&DriversPage { frame, report, scope })
}
