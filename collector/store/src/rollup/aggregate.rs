//! One hour's rows as rollup rows: pure, so that the job, the reports and the tests share it.

use super::row::{AnswerRollup, PageRollup, SignalRollup, SurveyRollup, merged, view_set};
use super::visits::Visits;
use crate::text;
use rapport_figures::sketch::{QuantileSketch, SketchError, UniqueSketch, stable_hash};
use rapport_shared::id::Id;
use rapport_shared::limit;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A visit with more time in the foreground than this is engaged (Google Analytics 4's default), in milliseconds.
pub const ENGAGED_VISIT_MS: i64 = 10_000;
/// Most labels kept of one kind of signal on one page and device in an hour; the rest count as [`limit::OTHER_PAGES`].
const LABELS: usize = 50;
/// So many views of a label are listed whatever is known of them; of more, only those that may be in another hour, too.
const LISTED_VIEWS: usize = 32;
/// Most views of a label that are listed at all: more than these were a flood.
const MOST_LISTED_VIEWS: usize = 1_024;

/// A page view, as far as rollups count it.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "the migrations describe the columns")]
pub struct View {
    pub path: String,
    pub device: String,
    pub session_id: Option<Id>,
    pub visitor_key: Id,
    pub view_index: i64,
    pub duration_ms: i64,
    pub hidden_ms: i64,
    pub engaged_ms: i64,
    pub scroll_percent: i64,
    pub clicks: i64,
    pub rage_clicks: i64,
    pub dead_clicks: i64,
    pub errors: i64,
    pub key_events: i64,
    pub lcp_ms: Option<i64>,
    pub inp_ms: Option<i64>,
    pub cls_e4: Option<i64>,
    pub fcp_ms: Option<i64>,
    pub ttfb_ms: Option<i64>,
}

/// A signal, as far as rollups count it.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the migrations describe the columns")]
pub struct SignalSeen {
    pub path: String,
    pub device: String,
    pub view_id: Id,
    pub kind: String,
    pub element: String,
    pub name: String,
    pub text: String,
    pub count: i64,
    /// Whether the view is known to have begun and ended within the hour.
    pub within_hour: bool,
}

/// An answer with the page and device of its response.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the migrations describe the columns")]
pub struct AnswerGiven {
    pub survey_id: String,
    pub question_id: String,
    pub kind: String,
    pub score: Option<i64>,
    pub choices: Vec<String>,
    pub path: String,
    pub device: String,
}

/// A response or a step of delivery: survey, page, device, and what happened (`response`, `finished` or the step).
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the migrations describe the columns")]
pub struct SurveyStep {
    pub survey_id: String,
    pub path: String,
    pub device: String,
    pub step: String,
}

/// The raw rows of one hour, bots left out.
#[derive(Clone, Debug, Default)]
pub struct HourRows {
    /// Start of the hour in the site's zone.
    pub hour_ms: i64,
    /// Page views of the hour.
    pub views: Vec<View>,
    /// Sessions that have a further view in this hour or later: their visit did not bounce.
    pub continued_sessions: HashSet<Id>,
    /// Signals of the hour.
    pub signals: Vec<SignalSeen>,
    /// Answers of the hour.
    pub answers: Vec<AnswerGiven>,
    /// Responses and steps of delivery of the hour.
    pub steps: Vec<SurveyStep>,
}

/// The rollup rows of one bucket.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HourRollup {
    /// Pages; see [`PageRollup`] for the rows of every page and every device.
    pub pages: Vec<PageRollup>,
    /// Signals.
    pub signals: Vec<SignalRollup>,
    /// Answers.
    pub answers: Vec<AnswerRollup>,
    /// Surveys.
    pub surveys: Vec<SurveyRollup>,
}

impl HourRollup {
    /// This and another rollup of the same hour together.
    ///
    /// # Errors
    /// When a sketch cannot be read.
    pub fn and(self, other: Self, bucket_ms: i64) -> Result<Self, SketchError> {
        if other == Self::default() {
            return Ok(self);
        }
        Ok(Self {
            pages: merged(self.pages.into_iter().chain(other.pages), bucket_ms)?,
            signals: merged(self.signals.into_iter().chain(other.signals), bucket_ms)?,
            answers: merged(self.answers.into_iter().chain(other.answers), bucket_ms)?,
            surveys: merged(self.surveys.into_iter().chain(other.surveys), bucket_ms)?,
        })
    }
}

/// Aggregates the rows of one hour.
pub fn aggregate(rows: &HourRows) -> HourRollup {
    HourRollup { pages: pages(rows), signals: signals(rows), answers: answers(rows), surveys: surveys(rows) }
}

#[derive(Clone, Default)]
struct PageSum {
    counts: PageRollup,
    visitors: UniqueSketch,
    engaged: QuantileSketch,
    vitals: [QuantileSketch; 5],
}

impl PageSum {
    fn add(&mut self, other: &Self) {
        self.counts.add_counts(&other.counts);
        self.visitors.merge(&other.visitors);
        self.engaged.merge(&other.engaged);
        for (sketch, other) in self.vitals.iter_mut().zip(&other.vitals) {
            sketch.merge(other);
        }
    }
}

/// The rows that something on a page and a device counts in: its own, and those of every page, of every device, and of
/// both, which have an empty name there. Whoever reads one kind of row reads nothing twice.
pub(super) fn places<'a>(path: &'a str, device: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    // What has no page of its own (a response to the hosted form) is in the totals, once.
    let own = [(path, ""), (path, device)].into_iter().filter(move |_| !path.is_empty());
    [("", ""), ("", device)].into_iter().chain(own)
}

/// Whether the visit that began with `view` bounced: not engaged by Google Analytics 4's rule (over 10 s in the
/// foreground, a key event, or a second view).
fn bounced(view: &View, continued: bool) -> bool {
    !continued && view.key_events == 0 && view.duration_ms - view.hidden_ms <= ENGAGED_VISIT_MS
}

fn pages(rows: &HourRows) -> Vec<PageRollup> {
    let mut sums: BTreeMap<(&str, &str), PageSum> = BTreeMap::new();
    for view in &rows.views {
        let sum = sums.entry((view.path.as_str(), view.device.as_str())).or_default();
        let counts = &mut sum.counts;
        counts.views += 1;
        if let Some(session) = view.session_id.filter(|_| view.view_index == 1) {
            counts.visits += 1;
            counts.bounced_visits += i64::from(bounced(view, rows.continued_sessions.contains(&session)));
        }
        counts.duration_ms += view.duration_ms;
        counts.engaged_ms += view.engaged_ms;
        counts.scroll_percent += view.scroll_percent;
        counts.clicks += view.clicks;
        counts.rage_clicks += view.rage_clicks;
        counts.rage_views += i64::from(view.rage_clicks > 0);
        counts.dead_clicks += view.dead_clicks;
        counts.dead_views += i64::from(view.dead_clicks > 0);
        counts.errors += view.errors;
        counts.error_views += i64::from(view.errors > 0);
        counts.failed_views += i64::from(view.rage_clicks + view.dead_clicks + view.errors > 0);
        sum.visitors.insert(&view.visitor_key.0);
        sum.engaged.insert(unsigned(view.engaged_ms));
        let vitals = [view.lcp_ms, view.inp_ms, view.cls_e4, view.fcp_ms, view.ttfb_ms];
        for (sketch, value) in sum.vitals.iter_mut().zip(vitals) {
            value.into_iter().for_each(|value| sketch.insert(unsigned(value)));
        }
    }
    let mut all: BTreeMap<(&str, &str), PageSum> = BTreeMap::new();
    for ((path, device), sum) in sums {
        for place in places(path, device) {
            all.entry(place).or_default().add(&sum);
        }
    }
    let visits = Visits::of(&rows.views);
    all.into_iter()
        .map(|((path, device), mut sum)| {
            visits.count_in((path, device), &mut sum.counts);
            let [lcp, inp, cls, fcp, ttfb] = sum.vitals.map(|sketch| bytes_of(&sketch));
            PageRollup {
                bucket_ms: rows.hour_ms,
                path: path.to_owned(),
                device: device.to_owned(),
                visitors_sketch: sum.visitors.encode(),
                engaged_sketch: bytes_of(&sum.engaged),
                lcp_sketch: lcp,
                inp_sketch: inp,
                cls_sketch: cls,
                fcp_sketch: fcp,
                ttfb_sketch: ttfb,
                ..sum.counts
            }
        })
        .collect()
}

fn unsigned(value: i64) -> u32 {
    value.clamp(0, u32::MAX.into()) as u32
}

fn bytes_of(sketch: &QuantileSketch) -> Vec<u8> {
    if sketch.is_empty() { Vec::new() } else { sketch.encode() }
}

/// What a signal is counted under: a key, so that it is bounded in bytes.
pub(crate) fn label(signal: &SignalSeen) -> String {
    let label = match signal.kind.as_str() {
        "error" if signal.name.is_empty() => signal.text.clone(),
        "error" => format!("{}: {}", signal.name, signal.text),
        "task" => format!("{} {}", signal.name, signal.text),
        "event" => signal.name.clone(),
        _ => signal.element.clone(),
    };
    text::cut(label, limit::LABEL_BYTES)
}

/// Views, and of each whether it is within this hour.
type Views = HashMap<Id, bool>;

/// The views that another hour can have, too, as a set.
fn listed(views: &Views) -> Vec<u8> {
    let is_listed = |within_hour: bool| views.len() <= LISTED_VIEWS || !within_hour;
    let listed = views.iter().filter(|(_, within_hour)| is_listed(**within_hour)).map(|(view, _)| stable_hash(&view.0));
    let mut listed = view_set(listed);
    listed.truncate(MOST_LISTED_VIEWS * size_of::<u64>());
    listed
}

fn signals(rows: &HourRows) -> Vec<SignalRollup> {
    type Place<'a> = (&'a str, &'a str, &'a str);
    let mut sums: BTreeMap<Place<'_>, HashMap<String, (i64, Views)>> = BTreeMap::new();
    for signal in &rows.signals {
        let place = (signal.path.as_str(), signal.device.as_str(), signal.kind.as_str());
        let (signals, views) = sums.entry(place).or_default().entry(label(signal)).or_default();
        // The count of a rage click is its clicks; only an error's count is repeats of the same thing.
        *signals += if signal.kind == "error" { signal.count } else { 1 };
        views.insert(signal.view_id, signal.within_hour);
    }
    let mut rollups = Vec::new();
    for ((path, device, kind), labels) in sums {
        let mut labels: Vec<_> = labels.into_iter().collect();
        labels.sort_by(|(a, (a_signals, _)), (b, (b_signals, _))| b_signals.cmp(a_signals).then(a.cmp(b)));
        if labels.len() > LABELS {
            let mut other = (0, Views::new());
            for (_, (signals, views)) in labels.drain(LABELS - 1..) {
                other.0 += signals;
                other.1.extend(views);
            }
            labels.push((limit::OTHER_PAGES.to_owned(), other));
        }
        rollups.extend(labels.into_iter().map(|(label, (signals, views))| SignalRollup {
            bucket_ms: rows.hour_ms,
            path: path.to_owned(),
            device: device.to_owned(),
            kind: kind.to_owned(),
            label,
            signals,
            views: views.len() as i64,
            listed_views: listed(&views),
        }));
    }
    rollups
}

/// The answers of one hour by value.
pub fn answers(rows: &HourRows) -> Vec<AnswerRollup> {
    let mut sums: BTreeMap<[String; 6], i64> = BTreeMap::new();
    // A fact may be different in each response: it is kept, not counted.
    for answer in rows.answers.iter().filter(|answer| answer.kind != "fact") {
        let mut count = |value: &str| {
            for (path, device) in places(&answer.path, &answer.device) {
                let key = [&answer.survey_id, &answer.question_id, &answer.kind, value, path, device];
                *sums.entry(key.map(str::to_owned)).or_default() += 1;
            }
        };
        match answer.score {
            Some(score) => count(&score.to_string()),
            None if answer.choices.is_empty() => count("text"),
            None => {
                // The empty value counts who answered: with several choices each their sum says something else.
                count("");
                for (rank, choice) in (1..).zip(&answer.choices) {
                    match answer.kind.as_str() {
                        "ranking" => count(&format!("{choice}:{rank}")),
                        _ => count(choice),
                    }
                }
            }
        }
    }
    sums.into_iter()
        .map(|([survey_id, question_id, kind, value, path, device], answers)| AnswerRollup {
            bucket_ms: rows.hour_ms,
            survey_id,
            question_id,
            kind,
            value,
            path,
            device,
            answers,
        })
        .collect()
}

/// Responses and steps of delivery of one hour by survey.
pub fn surveys(rows: &HourRows) -> Vec<SurveyRollup> {
    let mut sums: BTreeMap<(&str, &str, &str), SurveyRollup> = BTreeMap::new();
    for step in &rows.steps {
        for (path, device) in places(&step.path, &step.device) {
            let sum = sums.entry((&step.survey_id, path, device)).or_default();
            match step.step.as_str() {
                "shown" => sum.shown += 1,
                "started" => sum.started += 1,
                "answered" => sum.answered += 1,
                "closed" => sum.closed += 1,
                "finished" => {
                    sum.responses += 1;
                    sum.finished += 1;
                }
                _ => sum.responses += 1,
            }
        }
    }
    sums.into_iter()
        .map(|((survey_id, path, device), sum)| SurveyRollup {
            bucket_ms: rows.hour_ms,
            survey_id: survey_id.to_owned(),
            path: path.to_owned(),
            device: device.to_owned(),
            ..sum
        })
        .collect()
}
