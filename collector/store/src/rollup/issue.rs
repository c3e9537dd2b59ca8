//! The rollup of issues: on each page, in how many views each element fails, each error happens, each task fails and each vital is poor,
//! by device, browser and campaign; and how many of those who answered in such a view complained.

use super::Grain;
use super::came::{Came, Sources};
use super::hour::{Hour, RawRow, Select, Span, path};
use super::narrow::Narrow;
use super::page::{View, is_failed_step, is_poor};
use super::range::BucketRange;
use super::registry::Rollup;
use super::row::{RollupRow, rollup_row};
use super::signal::{SignalSeen, label};
use super::words::{SharedWords, Word};
use crate::device::{Device, rollup_name};
use crate::engine::value::{placeholders, read_all};
use crate::response::{COUNTED, WORDS, standing};
use crate::site::directory::SiteContext;
use crate::{Row, Statement, Store, StoreError, Value, params};
use rapport_figures::sketch::UniqueSketch;
use rapport_figures::standing::Standing;
use rapport_figures::vital::Vital;
use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_shared::signal::SignalKind;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The kind of the rows that count every view of a page.
pub const VIEWS: &str = "view";
/// Stands for every browser, and for every campaign.
pub const ANY: &str = "*";
/// Most labels of one kind that are kept of a page in an hour; the rest count as [`limit::OTHER_PAGES`].
const LABELS: usize = 50;
/// A response is given in the same hour as what it complains of, or in the one after: so much later, in milliseconds.
const BEFORE_MS: i64 = super::range::HOUR_MS;
/// The kinds of signals that an issue can be of ([`is_failure`]), as SQL lists them.
const FAILURES: &str = "'rage_click', 'dead_click', 'slow_click', 'failed_click', 'error', 'task', 'quick_back', 'broken_image', \
                        'failed_request'";

rollup_row! {
    /// A row of `rollup_issue`: what one kind of failure came to on a page. With an empty label it is of all of its kind, and of kind
    /// [`VIEWS`] it counts every view. Where browser and campaign are [`ANY`] it is of each of them, and with an empty device then of each
    /// device, too; only these know how many visitors there were.
    IssueRollup = "rollup_issue"
    by { path, kind, label, device, browser, campaign }
    count { signals, views, visits, view_squares, products, answered, low, comments, complaints }
    uniques { visitors_sketch }
}

impl IssueRollup {
    /// Whether it is of every browser and campaign.
    pub fn is_total(&self) -> bool {
        self.browser == ANY
    }
}

/// What an issue can be of: what fails a view. Of a task that are the steps by which it fails.
fn is_failure(signal: &SignalSeen) -> bool {
    match SignalKind::parse(&signal.kind) {
        Some(SignalKind::Task) => is_failed_step(&signal.text),
        Some(SignalKind::Error | SignalKind::QuickBack | SignalKind::BrokenImage | SignalKind::FailedRequest) => true,
        Some(kind) => kind.is_judged(),
        None => false,
    }
}

/// Whether an issue of this kind is of the page itself, and so has an empty label.
pub fn is_of_page(kind: &str) -> bool {
    kind == SignalKind::QuickBack.as_str() || POOR.iter().any(|(_, poor)| *poor == kind)
}

/// The kinds of poor vitals, in the order of [`Vital::ALL`].
pub const POOR: [(Vital, &str); 3] = [(Vital::Lcp, "poor_lcp"), (Vital::Inp, "poor_inp"), (Vital::Cls, "poor_cls")];

/// A response that says something of its view, and one thing that the view had met; of each response one without any, too.
#[derive(Clone, Debug)]
pub struct Voice {
    item_id: Id,
    session_id: Option<Id>,
    path: String,
    device: String,
    browser: String,
    /// What its view had met; `None` in the one without any.
    met: Option<SignalSeen>,
    /// Which vitals of its view were poor, in the order of [`POOR`].
    poor: [bool; POOR.len()],
    scored: bool,
    low: bool,
    words: bool,
}

/// Whether `response r` has a score, a low one, and words; each as a column.
fn said() -> String {
    let column = |condition: &str, name: &str| {
        format!(
            "CASE WHEN EXISTS (SELECT 1 FROM answer a
               WHERE a.site_id = r.site_id AND a.item_id = r.item_id AND {condition}) THEN 1 ELSE 0 END AS {name}"
        )
    };
    let low = standing::condition(Standing::Low);
    let scored = [Standing::Low, Standing::Middle, Standing::High].map(standing::condition).join(" OR ");
    [column(&format!("({scored})"), "scored"), column(&low, "low"), column(WORDS, "words")].join(", ")
}

/// Columns and tables of [`Voice`]: of each response, and of each with what its view had met; conditions on `r` follow. `of_signals` is
/// what else must hold of the latter, of signals `s` and their views `v`.
fn voices(of_signals: &str) -> [String; 2] {
    let said = said();
    let of = "r.item_id, r.session_id, r.path, r.device, r.hour_ms, COALESCE(v.browser, '') AS browser";
    let view = "LEFT JOIN page_view v ON v.site_id = r.site_id AND v.item_id = r.view_id";
    let own = format!(
        "SELECT {of}, {said}, v.lcp_ms, v.inp_ms, v.cls_e4, '' AS kind, '' AS element, '' AS name, '' AS text
         FROM response r {view} WHERE r.site_id = $1"
    );
    // CROSS, so that SQLite begins with the hour's responses and not with the signals of the site.
    let with_signals = format!(
        "SELECT {of}, {said}, CAST(NULL AS BIGINT) AS lcp_ms, CAST(NULL AS BIGINT) AS inp_ms, CAST(NULL AS BIGINT) AS cls_e4,
            s.kind, s.element, s.name, s.text
         FROM response r CROSS JOIN signal s {view}
         WHERE s.site_id = r.site_id AND s.hour_ms IN (r.hour_ms, r.hour_ms - {BEFORE_MS}) AND s.kind IN ({FAILURES})
           AND s.session_id = r.session_id AND s.view_id = r.view_id AND s.path = r.path AND s.bot = 0 AND s.clamped = 0{of_signals}
           AND r.site_id = $1"
    );
    [own, with_signals]
}

/// That `response r` says something that a team would act on: it has a low score, or words.
pub(crate) fn complains() -> String {
    let low = standing::condition(Standing::Low);
    format!(
        "EXISTS (SELECT 1 FROM answer a WHERE a.site_id = r.site_id AND a.item_id = r.item_id AND ({low} OR {WORDS}))"
    )
}

/// That the view in which `response r` was given met an issue of this kind and label, in what else must hold of signals of the hours from
/// `span_ms`. The values are added to `params`.
pub(crate) fn was_met(
    (kind, of_label): (&str, &str),
    (narrow, span_ms): (&Narrow, (i64, i64)),
    params: &mut Vec<Value>,
) -> String {
    let mut bind = |value: &str| {
        params.push(value.into());
        format!("${}", params.len())
    };
    if let Some((vital, _)) = POOR.iter().find(|(_, name)| *name == kind) {
        let (_, above) = vital.thresholds();
        let column = match vital {
            Vital::Inp => "inp_ms",
            Vital::Cls => "cls_e4",
            _ => "lcp_ms",
        };
        return format!(
            "EXISTS (SELECT 1 FROM page_view v WHERE v.site_id = r.site_id AND v.item_id = r.view_id AND v.{column} > {above})"
        );
    }
    let (name, text) = (bind(kind), bind(of_label));
    let (from_ms, to_ms) = span_ms;
    params.extend(params![from_ms - BEFORE_MS, to_ms]);
    let (from, to) = (params.len() - 1, params.len());
    let is_counted = crate::response::cause::is_counted(crate::response::cause::counted(kind), of_label, &text);
    // Of the hours together: what one view met is looked up in all that was met, and not in the rows of its hour.
    format!(
        "(r.view_id, r.session_id, r.path, r.hour_ms) IN (
           SELECT s.view_id, s.session_id, s.path, s.hour_ms + later.by_ms
           FROM signal s CROSS JOIN (SELECT 0 AS by_ms UNION ALL SELECT {BEFORE_MS} AS by_ms) AS later
             LEFT JOIN page_view v ON v.site_id = s.site_id AND v.item_id = s.view_id
           WHERE s.site_id = $1 AND s.kind = {name} AND s.hour_ms >= ${from} AND s.hour_ms < ${to}
             AND s.bot = 0 AND s.clamped = 0 AND {is_counted}{})",
        narrow.on_signals(span_ms, params)
    )
}

impl RawRow for Voice {
    fn selects(hour: &Hour) -> Vec<Select> {
        let of = |sql: String| {
            let sql = format!("{sql} AND r.hour_ms = $2 AND r.occurred_at_ms < $3 AND r.clamped = 0 AND {COUNTED}");
            Select::of_items("response", "r.item_id", sql, params![hour.site_id, hour.hour_ms, hour.until_ms])
        };
        voices("").map(of).into()
    }

    fn narrowed(span: &Span<'_>) -> Vec<Statement> {
        let of = |with_signals: bool| {
            let mut params = span.params();
            let narrow = span.narrow.on_responses(span.ends(), &mut params);
            // Who answered is of the slice, and so must be what they met.
            let met = if with_signals { span.narrow.on_signals(span.ends(), &mut params) } else { String::new() };
            let [own, met] = voices(&met);
            let sql = format!(
                "{} AND r.hour_ms >= $2 AND r.hour_ms < $3 AND r.occurred_at_ms < $3 AND r.clamped = 0 AND {COUNTED}{narrow}",
                if with_signals { met } else { own }
            );
            Statement::new(sql, params)
        };
        vec![of(false), of(true)]
    }

    fn read(row: &mut Row) -> Result<Self, StoreError> {
        let kind = row.take_text("kind")?;
        let (path, device) = (path(row)?, row.take_text("device")?);
        let met = SignalSeen {
            path: path.clone(),
            device: device.clone(),
            kind,
            element: row.take_text("element")?,
            name: row.take_text("name")?,
            text: row.take_text("text")?,
            ..SignalSeen::default()
        };
        let poor = |vital, column| Ok::<_, StoreError>(is_poor(vital, row.int_or_null(column)?));
        Ok(Self {
            poor: [poor(Vital::Lcp, "lcp_ms")?, poor(Vital::Inp, "inp_ms")?, poor(Vital::Cls, "cls_e4")?],
            item_id: row.id("item_id")?,
            session_id: row.id_or_null("session_id")?,
            path,
            device,
            browser: row.take_text("browser")?,
            met: Some(met).filter(|met| !met.kind.is_empty()),
            scored: row.flag("scored")?,
            low: row.flag("low")?,
            words: row.flag("words")?,
        })
    }

    fn read_of_span(row: &mut Row, _site: &SiteContext) -> Result<(i64, Self), StoreError> {
        Ok((row.int("hour_ms")?, Self::read(row)?))
    }

    fn words(&self) -> Vec<Word> {
        vec![Word::path(&self.path)]
    }
}

/// Where something counts: page, device, browser, campaign.
type Place<'a> = (&'a str, &'a str, &'a str, &'a str);

/// The rows that something counts in: of all devices, of its device, and of its device, browser and campaign.
fn cells((_, device, browser, campaign): Place<'_>) -> [(&str, &str, &str); 3] {
    [("", ANY, ANY), (device, ANY, ANY), (device, browser, campaign)]
}

/// What one row comes to.
#[derive(Default)]
struct Sum {
    signals: i64,
    /// Views that met it, by visit.
    visits: HashMap<Id, HashSet<Id>>,
    visitors: UniqueSketch,
    responses: HashSet<Id>,
    answered: i64,
    low: i64,
    comments: i64,
    complaints: i64,
}

/// Page, kind, label, device, browser, campaign.
type Key<'a> = (&'a str, &'a str, String, &'a str, &'a str, &'a str);

#[derive(Default)]
struct Sums<'a>(BTreeMap<Key<'a>, Sum>);

impl<'a> Sums<'a> {
    fn each(&mut self, place: Place<'a>, kind: &'a str, label: &str, mut add: impl FnMut(&mut Sum, bool)) {
        for (device, browser, campaign) in cells(place) {
            let key = (place.0, kind, label.to_owned(), device, browser, campaign);
            add(self.0.entry(key).or_default(), browser == ANY);
        }
    }

    /// Counts a view that met something, `signals` times.
    fn met(&mut self, place: Place<'a>, (kind, label): (&'a str, &str), of: (Id, Id, Id), signals: i64) {
        let (view, visit, visitor) = of;
        self.each(place, kind, label, |sum, is_total| {
            sum.signals += signals;
            sum.visits.entry(visit).or_default().insert(view);
            if is_total {
                sum.visitors.insert(&visitor.0);
            }
        });
    }

    /// Counts what was said in a view that met something.
    fn said(&mut self, place: Place<'a>, (kind, label): (&'a str, &str), voice: &Voice) {
        self.each(place, kind, label, |sum, _| {
            if sum.responses.insert(voice.item_id) {
                sum.answered += i64::from(voice.scored);
                sum.low += i64::from(voice.low);
                sum.comments += i64::from(voice.words);
                sum.complaints += i64::from(voice.low || voice.words);
            }
        });
    }
}

/// The labels of each page and kind that have rows of their own: those of most signals.
fn kept_labels(signals: &[SignalSeen]) -> BTreeSet<(&str, &str, String)> {
    let mut counts: BTreeMap<(&str, &str), HashMap<String, i64>> = BTreeMap::new();
    for signal in signals {
        *counts.entry((&signal.path, &signal.kind)).or_default().entry(label(signal)).or_default() += 1;
    }
    let most = |((path, kind), labels): ((_, _), HashMap<String, i64>)| {
        let mut labels: Vec<_> = labels.into_iter().collect();
        labels.sort_by(|(one, many), (other, few)| few.cmp(many).then(one.cmp(other)));
        labels.truncate(LABELS);
        labels.into_iter().map(move |(label, _)| (path, kind, label))
    };
    counts.into_iter().flat_map(most).collect()
}

fn issues(
    hour_ms: i64,
    (signals, views): (&[SignalSeen], &[View]),
    (voices, came): (&[Voice], &[Came]),
) -> Vec<IssueRollup> {
    let campaigns = Sources::campaigns(came);
    let kept = kept_labels(signals);
    let name = |path: &str, kind: &str, label: String| {
        // A label that is empty is of all of its kind.
        let is_kept = !label.is_empty() && kept.contains(&(path, kind, label.clone()));
        if is_kept { label } else { limit::OTHER_PAGES.to_owned() }
    };
    let mut sums = Sums::default();
    let mut of_visit: HashMap<(&str, Id), i64> = HashMap::new();
    for view in views {
        let visit = view.session_id.unwrap_or(view.visitor_key);
        let place =
            (view.path.as_str(), view.device.as_str(), view.browser.as_str(), campaigns.of_visit(view.session_id));
        let of = (view.item_id, visit, view.visitor_key);
        *of_visit.entry((&view.path, visit)).or_default() += 1;
        sums.met(place, (VIEWS, ""), of, 0);
        for ((_, kind), _) in POOR.into_iter().zip(view.poor_vitals()).filter(|(_, is_poor)| *is_poor) {
            sums.met(place, (kind, ""), of, 1);
        }
    }
    for signal in signals.iter().filter(|signal| is_failure(signal)) {
        let visitor = signal.visitor_key.unwrap_or(signal.view_id);
        let of = (signal.view_id, signal.session_id.unwrap_or(visitor), visitor);
        let campaign = campaigns.of_visit(signal.session_id);
        let place = (signal.path.as_str(), signal.device.as_str(), signal.browser.as_str(), campaign);
        // The count of a rage click is its clicks; only an error's count is repeats of the same thing.
        let count = if signal.kind == SignalKind::Error.as_str() { signal.count } else { 1 };
        sums.met(place, (&signal.kind, ""), of, count);
        if !is_of_page(&signal.kind) {
            sums.met(place, (&signal.kind, &name(&signal.path, &signal.kind, label(signal))), of, count);
        }
    }
    for voice in voices {
        let campaign = campaigns.of_visit(voice.session_id);
        let place = (voice.path.as_str(), voice.device.as_str(), voice.browser.as_str(), campaign);
        match &voice.met {
            None => {
                sums.said(place, (VIEWS, ""), voice);
                for ((_, kind), _) in POOR.into_iter().zip(voice.poor).filter(|(_, is_poor)| *is_poor) {
                    sums.said(place, (kind, ""), voice);
                }
            }
            Some(met) if is_failure(met) => {
                sums.said(place, (&met.kind, ""), voice);
                if !is_of_page(&met.kind) {
                    sums.said(place, (&met.kind, &name(&met.path, &met.kind, label(met))), voice);
                }
            }
            Some(_) => {}
        }
    }
    let row = |((path, kind, label, device, browser, campaign), sum): (Key<'_>, Sum)| {
        let mut row = IssueRollup {
            bucket_ms: hour_ms,
            path: path.to_owned(),
            kind: kind.to_owned(),
            label,
            device: device.to_owned(),
            browser: browser.to_owned(),
            campaign: campaign.to_owned(),
            signals: sum.signals,
            visits: sum.visits.len() as i64,
            answered: sum.answered,
            low: sum.low,
            comments: sum.comments,
            complaints: sum.complaints,
            visitors_sketch: if browser == ANY { sum.visitors.encode() } else { Vec::new() },
            ..IssueRollup::default()
        };
        for (visit, views) in &sum.visits {
            let met = views.len() as i64;
            // A view that began in the hour before is not among those of this one.
            let all = of_visit.get(&(path, *visit)).copied().unwrap_or(0).max(met);
            row.views += met;
            row.view_squares += met * met;
            row.products += met * all;
        }
        row
    };
    sums.0.into_iter().filter(|(key, _)| !key.0.is_empty()).map(row).collect()
}

impl Rollup for IssueRollup {
    type Raw = ((SignalSeen, View), (Voice, Came));

    fn of_hour(hour_ms: i64, (met, said): ((&[SignalSeen], &[View]), (&[Voice], &[Came]))) -> Vec<Self> {
        issues(hour_ms, met, said)
    }

    fn forget(&mut self, shared: &SharedWords) {
        shared.keep_path(&mut self.path);
        if !self.label.is_empty() {
            shared.keep(&self.kind, &mut self.label);
        }
        if !self.is_total() {
            self.campaign.clear();
        }
    }

    fn path_mut(&mut self) -> Option<&mut String> {
        Some(&mut self.path)
    }
}

/// Buckets of which one statement sums up the views one by one: each is a column of its own.
const SUMMED: usize = 64;

/// What some buckets come to together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IssueSums {
    /// The counts of all of them; no bucket, no sketch.
    pub counts: IssueRollup,
    /// Views that met it in each of them, by the start of the bucket.
    pub views: Vec<(i64, i64)>,
}

impl From<&IssueRollup> for IssueSums {
    fn from(row: &IssueRollup) -> Self {
        Self { views: vec![(row.bucket_ms, row.views)], counts: row.clone() }
    }
}

/// The columns that count.
const COUNTS: [&str; 9] =
    ["signals", "views", "visits", "view_squares", "products", "answered", "low", "comments", "complaints"];

/// The columns without the sketch.
fn counted() -> String {
    let names: Vec<_> = IssueRollup::COLUMNS.iter().filter(|name| **name != "visitors_sketch").copied().collect();
    format!("{}, CAST(NULL AS BYTEA) AS visitors_sketch", names.join(", "))
}

impl Store {
    /// What failed on each page by bucket, of one device or (where that is `None`) of all together; without sketches.
    pub async fn issue_totals(
        &self,
        site_id: Id,
        range: BucketRange,
        device: Option<Device>,
    ) -> Result<Vec<IssueRollup>, StoreError> {
        let sql = format!(
            "SELECT {} FROM rollup_issue
             WHERE site_id = $1 AND grain = $2 AND bucket_ms >= $3 AND bucket_ms <= $4 AND device = $5 AND browser = '*'",
            counted()
        );
        let params = params![site_id, range.grain.as_str(), range.first_ms, range.last_ms, rollup_name(device)];
        read_all(self.read(sql, params).await?, |row| IssueRollup::read(row))
    }

    /// The same, summed up where they lie: on a large site a month has hundreds of thousands of such rows, and tens of thousands of sums.
    /// `starts` are those of the buckets.
    pub async fn issue_sums(
        &self,
        site_id: Id,
        (grain, starts): (Grain, &[i64]),
        device: Option<Device>,
    ) -> Result<Vec<IssueSums>, StoreError> {
        let mut sums = Vec::new();
        for some in starts.chunks(SUMMED) {
            let (first_ms, last_ms) = (some[0], some[some.len() - 1]);
            let each: Vec<_> = (0..some.len())
                .map(|at| format!("SUM(CASE WHEN bucket_ms = ${} THEN views ELSE 0 END)", at + 6))
                .zip(0..)
                .map(|(sum, at)| format!("CAST({sum} AS BIGINT) AS views_{at}"))
                .collect();
            let all = COUNTS.map(|name| format!("CAST(SUM({name}) AS BIGINT) AS {name}"));
            let sql = format!(
                "SELECT path, kind, label, {}, {} FROM rollup_issue
                 WHERE site_id = $1 AND grain = $2 AND bucket_ms >= $3 AND bucket_ms <= $4 AND device = $5 AND browser = '*'
                 GROUP BY path, kind, label",
                all.join(", "),
                each.join(", ")
            );
            let mut params = params![site_id, grain.as_str(), first_ms, last_ms, rollup_name(device)];
            params.extend(some.iter().map(|start_ms| Value::from(*start_ms)));
            let names: Vec<_> = (0..some.len()).map(|at| format!("views_{at}")).collect();
            sums.extend(read_all(self.read(sql, params).await?, |row| {
                let mut views = Vec::with_capacity(some.len());
                for (start_ms, name) in some.iter().zip(&names) {
                    match row.int(name)? {
                        0 => {}
                        met => views.push((*start_ms, met)),
                    }
                }
                let counts = IssueRollup {
                    path: row.take_text("path")?,
                    kind: row.take_text("kind")?,
                    label: row.take_text("label")?,
                    device: rollup_name(device).to_owned(),
                    browser: ANY.to_owned(),
                    campaign: ANY.to_owned(),
                    signals: row.int("signals")?,
                    views: row.int("views")?,
                    visits: row.int("visits")?,
                    view_squares: row.int("view_squares")?,
                    products: row.int("products")?,
                    answered: row.int("answered")?,
                    low: row.int("low")?,
                    comments: row.int("comments")?,
                    complaints: row.int("complaints")?,
                    ..IssueRollup::default()
                };
                Ok(IssueSums { counts, views })
            })?);
        }
        Ok(sums)
    }

    /// Everything that is kept of the views of some pages, and of what has one of these kinds and labels there: totals with their sketches,
    /// and by browser and campaign.
    pub async fn issue_rollups(
        &self,
        site_id: Id,
        range: BucketRange,
        (paths, kinds, labels): (&[String], &[&str], &[&str]),
    ) -> Result<Vec<IssueRollup>, StoreError> {
        if paths.is_empty() || kinds.is_empty() {
            return Ok(Vec::new());
        }
        let (kind, label) = (5 + paths.len(), 5 + paths.len() + kinds.len());
        let sql = format!(
            "SELECT {} FROM rollup_issue
             WHERE site_id = $1 AND grain = $2 AND bucket_ms >= $3 AND bucket_ms <= $4 AND path IN ({})
               AND (kind = '{VIEWS}' OR (kind IN ({}) AND label IN ({})))",
            IssueRollup::COLUMNS.join(", "),
            placeholders(5, paths.len()),
            placeholders(kind, kinds.len()),
            placeholders(label, labels.len())
        );
        let mut params = params![site_id, range.grain.as_str(), range.first_ms, range.last_ms];
        params.extend(paths.iter().map(|path| Value::from(path.as_str())));
        params.extend(kinds.iter().chain(labels).map(|word| Value::from(*word)));
        read_all(self.read(sql, params).await?, |row| IssueRollup::read(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(number: u8, session: u8, device: &str) -> View {
        View {
            item_id: Id([number; 16]),
            path: "/pay".into(),
            device: device.into(),
            browser: "safari".into(),
            session_id: Some(Id([session; 16])),
            visitor_key: Id([session; 16]),
            lcp_ms: Some(if number.is_multiple_of(2) { 9_000 } else { 900 }),
            ..View::default()
        }
    }

    fn dead(view: &View, element: &str) -> SignalSeen {
        SignalSeen {
            path: view.path.clone(),
            device: view.device.clone(),
            browser: view.browser.clone(),
            view_id: view.item_id,
            session_id: view.session_id,
            visitor_key: Some(view.visitor_key),
            kind: "dead_click".into(),
            element: element.into(),
            count: 1,
            ..SignalSeen::default()
        }
    }

    fn of<'a>(rows: &'a [IssueRollup], kind: &str, label: &str, cell: (&str, &str)) -> Option<&'a IssueRollup> {
        let is_so = |row: &&IssueRollup| {
            (row.kind.as_str(), row.label.as_str()) == (kind, label)
                && (row.device.as_str(), row.browser.as_str()) == cell
        };
        rows.iter().find(is_so)
    }

    #[test]
    fn a_page_that_is_left_at_once_and_a_request_that_fails_were_no_issues() {
        let view = view(1, 1, "desktop");
        let of_kind = |kind: &str, element: &str| SignalSeen { kind: kind.into(), ..dead(&view, element) };
        let signals = [
            of_kind("quick_back", ""),
            of_kind("failed_request", "/api/cart"),
            of_kind("broken_image", "/mug.jpg"),
            of_kind("excessive_scroll", ""),
        ];
        let rows = issues(0, (&signals, std::slice::from_ref(&view)), (&[], &[]));
        let all = ("", ANY);
        for (kind, label) in [("quick_back", ""), ("failed_request", "/api/cart"), ("broken_image", "/mug.jpg")] {
            assert_eq!(of(&rows, kind, label, all).map(|row| (row.signals, row.views)), Some((1, 1)), "{kind}");
        }
        assert!(rows.iter().all(|row| row.kind != "excessive_scroll" && row.label != limit::OTHER_PAGES), "{rows:?}");
        let listed: Vec<_> = FAILURES.split(", ").map(|kind| SignalKind::parse(kind.trim_matches('\''))).collect();
        let fails = |kind: &&SignalKind| {
            is_failure(&SignalSeen { kind: kind.as_str().into(), text: "fail".into(), ..dead(&view, "") })
        };
        assert!(SignalKind::EACH.iter().filter(fails).all(|kind| listed.contains(&Some(*kind))), "{listed:?}");
    }

    #[test]
    fn two_clicks_of_one_view_were_counted_as_two_views() {
        let views = [view(1, 7, "mobile"), view(2, 7, "mobile"), view(3, 8, "desktop")];
        let signals =
            [dead(&views[0], "#save"), dead(&views[0], "#save"), dead(&views[1], "#save"), dead(&views[2], "#other")];
        let rows = issues(0, (&signals, &views), (&[], &[]));
        let save = of(&rows, "dead_click", "#save", ("", ANY)).expect("a row");
        assert_eq!((save.signals, save.views, save.visits, save.view_squares, save.products), (3, 2, 1, 4, 4));
        let any = of(&rows, "dead_click", "", ("", ANY)).expect("a row");
        assert_eq!((any.signals, any.views, any.visits), (4, 3, 2));
        let all = of(&rows, VIEWS, "", ("mobile", ANY)).expect("a row");
        assert_eq!((all.views, all.visits, all.view_squares, all.products), (2, 1, 4, 4));
        assert_eq!(of(&rows, "poor_lcp", "", ("mobile", "safari")).map(|row| row.views), Some(1));
        assert!(of(&rows, "dead_click", "#save", ("desktop", ANY)).is_none());
    }

    #[test]
    fn who_complained_is_counted_once_however_often_they_clicked() {
        let views = [view(1, 7, "mobile")];
        let signals = [dead(&views[0], "#save")];
        let voice = |met: Option<SignalSeen>| Voice {
            item_id: Id([9; 16]),
            session_id: views[0].session_id,
            path: "/pay".into(),
            device: "mobile".into(),
            browser: "safari".into(),
            met,
            poor: [false; 3],
            scored: true,
            low: true,
            words: true,
        };
        let voices = [voice(None), voice(Some(signals[0].clone())), voice(Some(signals[0].clone()))];
        let rows = issues(0, (&signals, &views), (&voices, &[]));
        for (kind, label) in [("dead_click", "#save"), ("dead_click", ""), (VIEWS, "")] {
            let row = of(&rows, kind, label, ("", ANY)).expect("a row");
            assert_eq!((row.answered, row.low, row.comments, row.complaints), (1, 1, 1, 1), "{kind} {label}");
        }
    }

    #[test]
    fn a_flood_of_invented_elements_takes_no_place_of_a_real_one() {
        let mut signals: Vec<_> =
            (0..500).map(|number| dead(&view(1, 7, "mobile"), &format!("#made-up-{number}"))).collect();
        signals.extend((0..3).map(|_| dead(&view(1, 7, "mobile"), "#save")));
        let rows = issues(0, (&signals, &[view(1, 7, "mobile")]), (&[], &[]));
        let labels: BTreeSet<_> = rows.iter().filter(|row| row.kind == "dead_click").map(|row| &row.label).collect();
        assert_eq!(labels.len(), LABELS + 2, "those, the rest, and all together");
        assert!(of(&rows, "dead_click", "#save", ("", ANY)).is_some());
        assert_eq!(of(&rows, "dead_click", "", ("", ANY)).map(|row| row.signals), Some(503));
    }
}
