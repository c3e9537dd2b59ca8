//! Reports as mails: the Overview of a day, a week or a month, with the figures that the page shows, n and interval among them.

use super::{Said, written};
use crate::app::Reports;
use crate::config::Config;
use crate::http::query::segment;
use crate::http::query::slice::SliceQuery;
use crate::member::format;
use crate::member::reading::*;
use askama::Template;
use rapport_report::ReportError;
use rapport_report::figure::Figure;
use rapport_report::overview::Overview;
use rapport_report::slice::{Range, Slice};
use rapport_store::StoreError;
use rapport_store::calendar::day_of_instant;
use rapport_store::clock::Clock;
use rapport_store::job::NewJob;
use rapport_store::mail::{MailKind, OutgoingMail};
use rapport_store::mail_report::{Cadence, MailReport};
use rapport_store::site::directory::SiteContext;

/// Pages to fix that a mail names.
const FIXES: usize = 5;
/// Where the links of unsubscribing begin, below the collector.
pub const UNSUBSCRIBE: &str = "unsubscribe";

/// One figure in words.
struct Line {
    label: String,
    value: String,
    /// Its interval; empty where there is none.
    interval: String,
    n: String,
    /// Its change and whether that is real; empty where it is not compared.
    change: String,
    is_real: bool,
}

impl Line {
    fn of(label: String, figure: &Figure) -> Self {
        let change = figure.change.as_ref();
        Self {
            label,
            value: figure.text(),
            interval: if figure.value.is_some() { figure.interval() } else { String::new() },
            n: figure.untold.map_or_else(|| figure.n_of_text(), str::to_owned),
            change: change
                .map_or_else(String::new, |change| format!("{} ({})", figure.change_text(), change.verdict_text())),
            is_real: change.is_some_and(ComparisonText::is_real),
        }
    }
}

/// A page to fix in words.
struct Worst {
    path: String,
    href: String,
    text: String,
}

/// What all mails of a report say.
struct Composed {
    subject: String,
    site: String,
    name: String,
    days: String,
    narrowed: String,
    totals: Vec<(String, String, String)>,
    scores: Vec<Line>,
    figures: Vec<Line>,
    worst: Vec<Worst>,
    /// Why nothing is told; empty where something is.
    untold: String,
    href: String,
    settings: String,
}

#[derive(Template)]
#[template(path = "mail/report.txt")]
struct ReportText<'a> {
    report: &'a Composed,
    unsubscribe: &'a str,
}

#[derive(Template)]
#[template(path = "mail/report.html")]
struct ReportHtml<'a> {
    report: &'a Composed,
    unsubscribe: &'a str,
}

/// What a report is narrowed to, over days of its own.
fn slice_of(report: &MailReport, range: Range) -> Slice {
    let narrowed = Slice::parse(&segment::pairs(&report.fields)).unwrap_or_default();
    Slice { range, compare: true, ..narrowed }
}

/// What a slice leaves, in words; empty for everything.
fn narrowed_text(slice: &Slice) -> String {
    let parts =
        slice.narrowed().map(|(dimension, value)| dimension.narrowed_to(&format::of_dimension(dimension, value)));
    parts.collect::<Vec<_>>().join(", ")
}

/// The words for how often.
pub fn cadence_text(cadence: Cadence) -> &'static str {
    match cadence {
        Cadence::Day => "every day",
        Cadence::Week => "every Monday",
        Cadence::Month => "on the first of every month",
    }
}

/// The report of the period that was over last, as of now.
async fn composed(
    reports: &Reports,
    (config, clock): (&Config, &Clock),
    site: &SiteContext,
    report: &MailReport,
) -> Result<(Composed, String), ReportError> {
    let today = day_of_instant(&site.site.time_zone, clock.now_ms());
    let (first, last) = report.cadence.period(today);
    let slice = slice_of(report, Range::Custom(first, last));
    let (overview, untold) = match reports.of(site).overview(&slice).await {
        Ok(overview) => (Some(overview), String::new()),
        Err(ReportError::Untold(faults)) => {
            (None, faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        }
        Err(error) => return Err(error),
    };
    let day = |day: jiff::civil::Date| day.strftime("%-d %b %Y").to_string();
    let days = if first == last { day(first) } else { format!("{} to {}", day(first), day(last)) };
    let (base, key) = (config.base_url(), &site.site.key);
    let mut composed = Composed {
        subject: format!("{}: {}, {days}", site.site.name, report.name),
        site: site.site.name.clone(),
        name: report.name.clone(),
        narrowed: narrowed_text(&slice),
        totals: Vec::new(),
        scores: Vec::new(),
        figures: Vec::new(),
        worst: Vec::new(),
        untold,
        href: format!("{base}/sites/{key}/overview{}", slice.suffix()),
        settings: format!("{base}/sites/{key}/mail-reports"),
        days,
    };
    if let Some(overview) = overview {
        composed.tell(&overview, &format!("{base}/sites/{key}/experience/page"), &slice);
    }
    Ok((composed, format!("{first}.{last}")))
}

impl Composed {
    fn tell(&mut self, overview: &Overview, page: &str, slice: &Slice) {
        self.totals =
            overview.totals.iter().map(|total| (total.label.to_owned(), total.text(), total.change_text())).collect();
        let score = |score: &rapport_report::overview::SurveyScore| {
            let part = if score.part.is_empty() { String::new() } else { format!(", {}", score.part) };
            Line::of(format!("{}: {}{part}", score.name, score.figure.label), &score.figure)
        };
        self.scores = overview.scores.iter().map(score).collect();
        self.figures = overview.figures.iter().map(|figure| Line::of(figure.label.clone(), figure)).collect();
        self.worst = overview
            .fix_first
            .iter()
            .take(FIXES)
            .map(|fix| Worst {
                path: format::path(&fix.path).to_string(),
                href: format!("{page}{}", slice.of_page(fix.path.clone()).suffix()),
                text: format!(
                    "{} of {} failed ({}){}",
                    fix.failed.text(),
                    format::counted(fix.views, "views"),
                    fix.failed.interval(),
                    fix.reasons
                        .first()
                        .map_or_else(String::new, |reason| format!("; low scores go with: {}", reason.label)),
                ),
            })
            .collect();
    }

    fn said(&self, unsubscribe: String) -> Result<Said, ReportError> {
        let failed = |error: askama::Error| ReportError::Store(StoreError::Inconsistent(error.to_string()));
        Ok(Said {
            subject: self.subject.clone(),
            text: ReportText { report: self, unsubscribe: &unsubscribe }.render().map_err(failed)?,
            html: ReportHtml { report: self, unsubscribe: &unsubscribe }.render().map_err(failed)?,
            unsubscribe,
        })
    }
}

/// The mails of a report that is due, one for each recipient who has not unsubscribed; about a period there is one each.
///
/// # Errors
/// When the store is away.
pub async fn due(
    reports: &Reports,
    (config, clock): (&Config, &Clock),
    site: &SiteContext,
    report: &MailReport,
) -> Result<Vec<(OutgoingMail, NewJob)>, ReportError> {
    let recipients: Vec<_> = report.recipients.iter().filter(|to| to.unsubscribed_at_ms.is_none()).collect();
    if recipients.is_empty() {
        return Ok(Vec::new());
    }
    let (composed, period) = composed(reports, (config, clock), site, report).await?;
    let about = format!("report:{}:{period}", report.report_id);
    let mut mails = Vec::new();
    for recipient in recipients {
        let token: String = recipient.token.iter().map(|byte| format!("{byte:02x}")).collect();
        let said = composed.said(format!("{}/{UNSUBSCRIBE}/{}/{token}", config.base_url(), site.site.key))?;
        let to = (about.as_str(), recipient.address.as_str());
        mails.push(written((config, clock), site.site.site_id, MailKind::Report, to, said)?);
    }
    Ok(mails)
}

/// The same for somebody who asks for it now, whether or not they are among its recipients.
///
/// # Errors
/// When the store is away.
pub async fn now(
    reports: &Reports,
    (config, clock): (&Config, &Clock),
    site: &SiteContext,
    report: &MailReport,
    address: &str,
) -> Result<(OutgoingMail, NewJob), ReportError> {
    let (composed, period) = composed(reports, (config, clock), site, report).await?;
    let about = format!("report-now:{}:{period}:{}", report.report_id, clock.new_id());
    let said = composed.said(String::new())?;
    Ok(written((config, clock), site.site.site_id, MailKind::Report, (&about, address), said)?)
}

/// The token in a link of unsubscribing.
pub fn token_of(link: &str) -> Option<Vec<u8>> {
    let digits = link.rsplit_once('/')?.1.as_bytes();
    let pairs = digits.chunks_exact(2);
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
