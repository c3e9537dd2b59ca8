//! The rollup of scores by what their visitors had met: what answers which facts of a page go with low scores.
//!
//! What somebody had met is what their answer carries: the figures of its page at that time, and its trail. What came after it is
//! no reason for it.

use super::came::{Came, Sources};
use super::hour::{Hour, RawRow, Select, Span, path};
use super::narrow::Narrow;
use super::page::{is_failed_step, is_poor};
use super::range::BucketRange;
use super::registry::Rollup;
use super::row::{RollupRow, rollup_row};
use super::words::{SharedWords, Word};
use crate::device::{Device, rollup_name};
use crate::engine::value::read_all;
use crate::response::COUNTED;
use crate::{Row, Statement, Store, StoreError, params};
use rapport_figures::standing::{Ends, Standing, WEIGHED_KINDS};
use rapport_figures::vital::Vital;
use rapport_shared::id::Id;
use rapport_shared::signal::SignalKind;
use rapport_shared::wire::{PageView, TrailEvent};
use std::collections::BTreeMap;

/// Something that a visitor may have met before they answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// An error on the page.
    Error,
    /// A rage click on it.
    RageClick,
    /// A dead click on it.
    DeadClick,
    /// A click on it whose first effect came late.
    SlowClick,
    /// A click on it during which a script or a request failed.
    FailedClick,
    /// A task that failed on it, or was given up.
    FailedTask,
    /// A poor Largest Contentful Paint.
    SlowPaint,
    /// A poor Interaction to Next Paint.
    SlowReaction,
    /// A poor Cumulative Layout Shift.
    Shift,
    /// Any failure of the first six kinds on an earlier page of the visit.
    Earlier,
}

impl Fact {
    /// Every fact.
    pub const EACH: [Self; 10] = [
        Self::Error,
        Self::RageClick,
        Self::DeadClick,
        Self::SlowClick,
        Self::FailedClick,
        Self::FailedTask,
        Self::SlowPaint,
        Self::SlowReaction,
        Self::Shift,
        Self::Earlier,
    ];

    /// The name in rollups, in URLs and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::RageClick => "rage_click",
            Self::DeadClick => "dead_click",
            Self::SlowClick => "slow_click",
            Self::FailedClick => "failed_click",
            Self::FailedTask => "failed_task",
            Self::SlowPaint => "poor_lcp",
            Self::SlowReaction => "poor_inp",
            Self::Shift => "poor_cls",
            Self::Earlier => "earlier_failure",
        }
    }

    /// The fact of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|fact| fact.as_str() == name)
    }

    /// What a moment of a trail is.
    fn of_moment(moment: &TrailEvent<'_>) -> Option<Self> {
        match SignalKind::parse(&moment.kind)? {
            SignalKind::Error => Some(Self::Error),
            SignalKind::RageClick => Some(Self::RageClick),
            SignalKind::DeadClick => Some(Self::DeadClick),
            SignalKind::SlowClick => Some(Self::SlowClick),
            SignalKind::FailedClick => Some(Self::FailedClick),
            SignalKind::Task => is_failed_step(&moment.text).then_some(Self::FailedTask),
            // Of the page before, which is no page of the answer.
            SignalKind::QuickBack => Some(Self::Earlier),
            SignalKind::Event
            | SignalKind::Point
            | SignalKind::Form
            | SignalKind::Field
            | SignalKind::ExcessiveScroll
            | SignalKind::BrokenImage
            | SignalKind::FailedRequest
            | SignalKind::Lcp
            | SignalKind::Inp
            | SignalKind::Cls => None,
        }
    }
}

/// Begins the name of a fact that nobody knows of.
const UNKNOWN: char = '?';

/// What somebody had met: the names of facts, each with [`UNKNOWN`] before it where nobody knows.
fn met(page: &str, trail: &str) -> String {
    let Some(view) = Some(page).filter(|page| !page.is_empty()).and_then(|page| serde_json::from_str(page).ok()) else {
        return UNKNOWN.to_string();
    };
    let view: PageView<'_> = view;
    let trail: Vec<TrailEvent<'_>> = serde_json::from_str(trail).unwrap_or_default();
    let began = trail.iter().rposition(|moment| moment.kind == "page_view");
    let (earlier, here) = trail.split_at(began.unwrap_or(0));
    let here: Vec<_> = here.iter().filter_map(Fact::of_moment).collect();
    let vital = |of: Vital, value: Option<u32>| value.map(|value| is_poor(of, Some(value.into())));
    let told = |fact: Fact| match fact {
        Fact::Error => Some(view.errors > 0),
        Fact::RageClick => Some(view.rage_clicks > 0),
        Fact::DeadClick => Some(view.dead_clicks > 0),
        Fact::SlowPaint => vital(Vital::Lcp, view.lcp_ms),
        Fact::SlowReaction => vital(Vital::Inp, view.inp_ms),
        Fact::Shift => vital(Vital::Cls, view.cls_e4),
        // A trail that begins after the page did says nothing of those before.
        Fact::Earlier => began.map(|_| earlier.iter().any(|moment| Fact::of_moment(moment).is_some())),
        Fact::SlowClick | Fact::FailedClick | Fact::FailedTask => Some(false),
    };
    let names = Fact::EACH.into_iter().filter_map(|fact| match told(fact).map(|told| told || here.contains(&fact)) {
        Some(true) => Some(fact.as_str().to_owned()),
        Some(false) => None,
        None => Some(format!("{UNKNOWN}{}", fact.as_str())),
    });
    names.collect::<Vec<_>>().join(" ")
}

rollup_row! {
    /// A row of `rollup_fact`: scores of one question, given on one page and device by visitors of one source who had met the same.
    FactRollup = "rollup_fact"
    by { survey_id, question_id, kind, path, device, source, failure, met }
    count { answers, low, high, score_sum, score_squares }
}

impl FactRollup {
    /// Whether these visitors had met a fact; `None` where nobody knows.
    pub fn has_met(&self, fact: Fact) -> Option<bool> {
        let name = fact.as_str();
        let mut names = self.met.split(' ');
        match names.find(|found| found.trim_start_matches(UNKNOWN) == name || *found == UNKNOWN.to_string()) {
            Some(found) if found.starts_with(UNKNOWN) => None,
            found => Some(found.is_some()),
        }
    }

    /// Whether they had met nothing that is known.
    pub fn has_met_nothing(&self) -> bool {
        self.is_told() && self.met.split(' ').all(|name| name.is_empty() || name.starts_with(UNKNOWN))
    }

    /// Whether anything is known of what they had met: not where the visitor asks not to be tracked.
    pub fn is_told(&self) -> bool {
        self.met != UNKNOWN.to_string()
    }
}

/// A score with what its visitor had met.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the migrations describe the columns")]
pub struct ScoreGiven {
    pub item_id: Id,
    pub survey_id: String,
    pub question_id: String,
    pub kind: String,
    pub score: i64,
    pub path: String,
    pub device: String,
    pub session_id: Option<Id>,
    /// See [`met`].
    pub met: String,
    /// Its view as it ended; `None` where there is none, or not yet.
    pub view: Option<AnsweredView>,
}

/// The end of a view in which a score was given.
#[derive(Clone, Copy, Debug)]
pub struct AnsweredView {
    /// Whether it failed by what it says itself.
    pub failed: bool,
    /// Time in the foreground, in milliseconds.
    pub seen_ms: i64,
}

/// Columns and tables of a score; conditions follow.
fn scores() -> String {
    // CROSS, so that SQLite begins with the hour's responses and not with all answers of the site.
    format!(
        "SELECT r.item_id, r.survey_id, answer.question_id, answer.kind, answer.score, r.path, r.device, r.session_id, r.page,
            r.trail, r.hour_ms, v.duration_ms - v.hidden_ms AS seen_ms, v.rage_clicks + v.dead_clicks + v.errors AS failures,
            v.lcp_ms, v.inp_ms, v.cls_e4
         FROM response r CROSS JOIN answer LEFT JOIN page_view v ON v.site_id = r.site_id AND v.item_id = r.view_id
         WHERE answer.site_id = r.site_id AND answer.item_id = r.item_id AND answer.score IS NOT NULL
           AND answer.kind IN ('{}') AND r.site_id = $1 AND r.clamped = 0 AND {COUNTED}",
        WEIGHED_KINDS.join("', '")
    )
}

impl RawRow for ScoreGiven {
    fn selects(hour: &Hour) -> Vec<Select> {
        let sql = format!("{} AND r.hour_ms = $2 AND r.occurred_at_ms < $3", scores());
        vec![Select::of_items("response", "r.item_id", sql, params![hour.site_id, hour.hour_ms, hour.until_ms])]
    }

    fn narrowed(span: &Span<'_>) -> Vec<Statement> {
        let mut params = span.params();
        let sql = format!(
            "{} AND r.hour_ms >= $2 AND r.hour_ms < $3 AND r.occurred_at_ms < $3{}",
            scores(),
            span.narrow.on_responses(span.ends(), &mut params)
        );
        vec![Statement::new(sql, params)]
    }

    fn read(row: &mut Row) -> Result<Self, StoreError> {
        let vitals = [(Vital::Lcp, "lcp_ms"), (Vital::Inp, "inp_ms"), (Vital::Cls, "cls_e4")];
        let view = match row.int_or_null("seen_ms")? {
            Some(seen_ms) => {
                let mut failed = row.int("failures")? > 0;
                for (of, column) in vitals {
                    failed |= is_poor(of, row.int_or_null(column)?);
                }
                Some(AnsweredView { failed, seen_ms })
            }
            None => None,
        };
        Ok(Self {
            item_id: row.id("item_id")?,
            survey_id: row.take_text("survey_id")?,
            question_id: row.take_text("question_id")?,
            kind: row.take_text("kind")?,
            score: row.int("score")?,
            met: met(row.text("page")?, row.text("trail")?),
            path: path(row)?,
            device: row.take_text("device")?,
            session_id: row.id_or_null("session_id")?,
            view,
        })
    }

    fn words(&self) -> Vec<Word> {
        vec![Word::path(&self.path)]
    }
}

/// The name of whether a view failed: empty where nobody knows.
pub(super) fn failure_name(failed: Option<bool>) -> &'static str {
    match failed {
        Some(true) => MET,
        Some(false) => SPARED,
        None => "",
    }
}

/// Views that met a failure.
pub const MET: &str = "met";
/// Views that met none.
pub const SPARED: &str = "spared";

impl Rollup for FactRollup {
    type Raw = (ScoreGiven, Came);

    fn of_hour(hour_ms: i64, (given, came): (&[ScoreGiven], &[Came])) -> Vec<Self> {
        let sources = Sources::of(came);
        let mut sums: BTreeMap<Vec<String>, Self> = BTreeMap::new();
        for one in given {
            let Some(ends) = Ends::of_kind(&one.kind) else { continue };
            let standing = ends.standing(one.score);
            let row = Self {
                bucket_ms: hour_ms,
                survey_id: one.survey_id.clone(),
                question_id: one.question_id.clone(),
                kind: one.kind.clone(),
                path: one.path.clone(),
                device: one.device.clone(),
                source: sources.of_visit(one.session_id).to_owned(),
                failure: failure_name(one.view.map(|view| view.failed)).to_owned(),
                met: one.met.clone(),
                answers: 1,
                low: i64::from(standing == Standing::Low),
                high: i64::from(standing == Standing::High),
                score_sum: one.score,
                score_squares: one.score * one.score,
            };
            match sums.entry(row.key()) {
                std::collections::btree_map::Entry::Vacant(place) => {
                    place.insert(row);
                }
                std::collections::btree_map::Entry::Occupied(mut sum) => sum.get_mut().add_counts(&row),
            }
        }
        sums.into_values().collect()
    }

    fn forget(&mut self, shared: &SharedWords) {
        // An answer by a link is on no page.
        shared.keep_path(&mut self.path);
        self.source.clear();
    }

    fn path_mut(&mut self) -> Option<&mut String> {
        Some(&mut self.path)
    }
}

/// Most answers of which it is told whether their visitors were new: what each had met is read from its row.
const TOLD_OF_VISITORS: i64 = 20_000;

impl Store {
    /// Scores by what their visitors had met, of those whom `narrow` leaves, as one bucket; `None` where more answers than can be read
    /// were given in the hours of `[from_ms, to_ms)`.
    pub async fn facts_narrowed(
        &self,
        site_id: Id,
        (from_ms, to_ms): (i64, i64),
        narrow: &Narrow,
    ) -> Result<Option<Vec<FactRollup>>, StoreError> {
        let count = "SELECT COUNT(*) AS responses FROM (
               SELECT 1 FROM response WHERE site_id = $1 AND hour_ms >= $2 AND hour_ms < $3 LIMIT $4) AS first_ones";
        let rows = self.read(count, params![site_id, from_ms, to_ms, TOLD_OF_VISITORS + 1]).await?;
        if rows.first().map_or(Ok(0), |row| row.int("responses"))? > TOLD_OF_VISITORS {
            return Ok(None);
        }
        let span = Span { site_id, from_ms, to_ms, after_ms: to_ms, narrow };
        let mut given = Vec::new();
        for statement in ScoreGiven::narrowed(&span) {
            given.extend(read_all(self.read(statement.sql, statement.params).await?, ScoreGiven::read)?);
        }
        Ok(Some(FactRollup::of_hour(from_ms, (&given, &[]))))
    }

    /// Scores by what their visitors had met, over a range: of one page and one device, or of each where it is empty.
    pub async fn fact_rollups(
        &self,
        site_id: Id,
        range: BucketRange,
        path: &str,
        device: Option<Device>,
    ) -> Result<Vec<FactRollup>, StoreError> {
        let sql = format!(
            "SELECT {} FROM rollup_fact
             WHERE site_id = $1 AND grain = $2 AND bucket_ms >= $3 AND bucket_ms <= $4
               AND ($5 = '' OR path = $5) AND ($6 = '' OR device = $6)",
            FactRollup::COLUMNS.join(", ")
        );
        let params = params![site_id, range.grain.as_str(), range.first_ms, range.last_ms, path, rollup_name(device)];
        read_all(self.read(sql, params).await?, |row| FactRollup::read(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(page: &str, trail: &str) -> FactRollup {
        FactRollup { met: met(page, trail), ..FactRollup::default() }
    }

    fn known(row: &FactRollup) -> Vec<&'static str> {
        Fact::EACH.into_iter().filter(|fact| row.has_met(*fact) == Some(true)).map(Fact::as_str).collect()
    }

    const ID: &str = r#""id":"018f8d3e-0000-7000-8000-000000000001""#;

    #[test]
    fn what_happened_on_the_page_is_told_from_what_happened_before_it() {
        let page = format!(r#"{{{ID},"errors":2,"lcp_ms":4001,"cls_e4":2500}}"#);
        let trail = r#"[{"kind":"page_view","path":"/cart"},{"kind":"dead_click"},{"kind":"page_view","path":"/pay"},
            {"kind":"slow_click"},{"kind":"task","name":"pay","text":"abandon"},{"kind":"event","name":"x"}]"#;
        let row = row(&page, trail);
        assert_eq!(known(&row), ["error", "slow_click", "failed_task", "poor_lcp", "earlier_failure"]);
        assert_eq!(row.has_met(Fact::DeadClick), Some(false), "it was on another page");
        assert_eq!(row.has_met(Fact::Shift), Some(false), "2,500 is not yet poor");
        assert_eq!(row.has_met(Fact::SlowReaction), None, "nobody interacted");
    }

    #[test]
    fn an_answer_that_carries_no_page_tells_of_no_fact() {
        let withheld = row("", "[]");
        assert!(!withheld.is_told());
        assert!(Fact::EACH.into_iter().all(|fact| withheld.has_met(fact).is_none()));
        let quiet = row(&format!("{{{ID}}}"), "[]");
        assert!(quiet.is_told() && known(&quiet).is_empty());
        assert_eq!(quiet.has_met(Fact::Error), Some(false));
        assert_eq!(quiet.has_met(Fact::Earlier), None, "an empty trail says nothing of earlier pages");
    }
}
