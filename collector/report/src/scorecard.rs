//! What a page, or pages that are one, does to people in six parts: happiness, engagement, adoption, return, task success, and what stands in
//! the way. The first five are those of HEART (Rodden, Hutchinson and Fu, "Measuring the User Experience on a Large Scale", CHI 2010).

use crate::figure::sums::PageSums;
use crate::figure::{Better, Family, Figure, FigureKind, Unit, correct};
use crate::overview::SurveyScore;
use crate::period::Period;
use rapport_figures::score::{Score, estimate_change};
use rapport_figures::sketch::{SketchError, Stratum, stratified_score};
use rapport_store::rollup::row::RollupRow;
use rapport_store::rollup::{PageRollup, SignalRollup};
use rapport_store::visitor::usage::Usage;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// One part.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Part {
    /// `happiness`, `engagement`, `adoption`, `return`, `task_success` or `hindrance`.
    pub name: &'static str,
    /// What people read.
    pub label: &'static str,
    /// Its figures; none where nothing is known of it.
    pub figures: Vec<Figure>,
    /// What is said where there are none.
    pub none: &'static str,
}

/// The kinds of figure that only a scorecard has.
pub mod kinds {
    use super::{Better, FigureKind, Unit};

    /// Median engaged time.
    pub const ENGAGED: FigureKind = FigureKind {
        name: "engaged_median",
        label: "Engaged time, median",
        unit: Unit::Milliseconds,
        of: "views",
        better: Better::Higher,
        definition: "Median time of a view that was visible, focused and within 5 s of an action. Interval: by the binomial \
                     distribution of ranks, views of one visit counted as one.",
    };
    /// Known visitors who are new to the page.
    pub const ADOPTION: FigureKind = FigureKind {
        name: "adoption",
        label: "New to it, of known visitors",
        unit: Unit::Percent,
        of: "known visitors",
        better: Better::Higher,
        definition: "Share of the known visitors of these days, who consented or were identified, of whom no earlier view of it is kept. \
                     Others are not recognised the day after, and in neither number. Interval: Wilson.",
    };
    /// Known visitors who came on several days.
    pub const RETURN: FigureKind = FigureKind {
        name: "return",
        label: "Came on two days or more, of known visitors",
        unit: Unit::Percent,
        of: "known visitors",
        better: Better::Higher,
        definition: "Share of the known visitors of these days, who consented or were identified, who were on it on at least two of them. \
                     Others are not recognised the day after, and in neither number. Interval: Wilson.",
    };
    /// Tasks that ended well.
    pub const TASK_SUCCESS: FigureKind = FigureKind {
        name: "task_success",
        label: "Tasks that ended well",
        unit: Unit::Percent,
        of: "views with a task that ended",
        better: Better::Higher,
        definition: "Of the views in which a task ended, the share in which it ended well; it ends by success, failure or being \
                     abandoned. Counted by task, and added up, but for tasks of which fewer than half as many end here as begin \
                     here. Interval: Wilson.",
    };
}

/// What a scorecard is made of, in one period.
#[derive(Clone, Copy, Debug)]
pub struct Measured<'a> {
    /// Its days.
    pub period: &'a Period,
    /// Rows of the page, or of all pages together.
    pub rows: &'a [PageRollup],
    /// Signals there.
    pub signals: &'a [SignalRollup],
    /// Known visitors.
    pub usage: &'a Usage,
}

/// Median engaged time over the devices.
fn engaged(sums: &PageSums) -> Option<Score> {
    let stratum =
        Stratum { sketch: &sums.engaged, weight: sums.engaged.n() as f64, effect: sums.groups.whole_effect() };
    stratified_score(&[stratum], 0.5)
}

/// Known visitors who are new to it, and those who came on several days, of how many.
fn known(measured: &Measured<'_>) -> [(u64, u64); 2] {
    let Usage { hours, before } = measured.usage;
    let days = |hours: &BTreeSet<i64>| {
        let days: BTreeSet<_> = hours.iter().filter_map(|hour_ms| measured.period.day_of(*hour_ms)).collect();
        days.len()
    };
    let new = hours.keys().filter(|visitor| !before.contains(visitor)).count() as u64;
    let several = hours.values().filter(|hours| days(hours) > 1).count() as u64;
    [(new, hours.len() as u64), (several, hours.len() as u64)]
}

/// Views in which a step of a task was told.
#[derive(Default)]
struct Steps {
    started: u64,
    success: u64,
    otherwise: u64,
}

impl Steps {
    /// Whether the ends that are seen here are those of the task: of one that mostly ends on other pages they are a chance part.
    fn ends_here(&self) -> bool {
        2 * (self.success + self.otherwise) >= self.started
    }
}

/// Views in which a task ended well, of those in which one ended; of the tasks that end here.
fn tasks(signals: &[SignalRollup]) -> Result<(u64, u64), SketchError> {
    let mut labels: BTreeMap<&str, SignalRollup> = BTreeMap::new();
    for row in signals.iter().filter(|row| row.kind == "task") {
        labels.entry(&row.label).or_default().merge(row)?;
    }
    let mut tasks: BTreeMap<&str, Steps> = BTreeMap::new();
    for (label, row) in labels {
        if let Some((task, step)) = label.rsplit_once(' ') {
            let (steps, views) = (tasks.entry(task).or_default(), row.views.max(0) as u64);
            match step {
                "start" => steps.started += views,
                "success" => steps.success += views,
                "fail" | "abandon" => steps.otherwise += views,
                _ => {}
            }
        }
    }
    let ended = tasks.values().filter(|steps| steps.ends_here());
    Ok(ended.fold((0, 0), |(success, all), steps| (success + steps.success, all + steps.success + steps.otherwise)))
}

/// The scorecard of a page, or of pages that are one; `beside` are its shares and vitals, judged where they are listed.
///
/// # Errors
/// When a sketch cannot be read.
pub fn scorecard(
    now: Measured<'_>,
    before: Option<Measured<'_>>,
    (scores, beside): (&[SurveyScore], &[Figure]),
    looks: f64,
) -> Result<Vec<Part>, SketchError> {
    let sums = PageSums::of(now.rows)?;
    let sums_before = before.map(|before| PageSums::of(before.rows)).transpose()?;
    let (median, median_before) = (engaged(&sums), sums_before.as_ref().and_then(engaged));
    let change = median.zip(median_before).and_then(|(now, before)| estimate_change(&before, &now));
    let known_before = before.as_ref().map(known);
    let of_known = |place: usize, kind| Figure::rate(kind, known(&now)[place], known_before.map(|known| known[place]));
    let tasks_before = before.map(|before| tasks(before.signals)).transpose()?;
    let mut own = [
        Figure::of_score(kinds::ENGAGED, median, median_before, change),
        of_known(0, kinds::ADOPTION),
        of_known(1, kinds::RETURN),
        Figure::rate(kinds::TASK_SUCCESS, tasks(now.signals)?, tasks_before),
    ];
    correct(Family { name: "scorecard of the page", looks }, &mut own);
    let [engaged, adoption, come_back, task] = own;
    let told = |figure: Figure| if figure.n > 0 { vec![figure] } else { Vec::new() };
    let shown = |figure: &&Figure| figure.value.is_some();
    let (bounce, hindrance) = beside.split_at(beside.len().min(1));
    let happiness = scores.iter().map(|score| {
        let part = if score.part.is_empty() { String::new() } else { format!(", {}", score.part) };
        score.figure.clone().labelled(format!("{} · {}{part}", score.figure.label, score.name))
    });
    let mut engagement = told(engaged);
    engagement.extend(bounce.iter().filter(shown).cloned());
    let part = |name, label, figures, none| Part { name, label, figures, none };
    Ok(vec![
        part("happiness", "Happiness", happiness.collect(), "No score was given here."),
        part("engagement", "Engagement", engagement, "Nothing was seen."),
        part(
            "adoption",
            "Adoption",
            told(adoption),
            "No known visitor was here: only who consented or was identified is recognised.",
        ),
        part(
            "return",
            "Return",
            told(come_back),
            "No known visitor was here: only who consented or was identified is recognised.",
        ),
        part(
            "task_success",
            "Task success",
            told(task),
            "No task ended here, or those that begin here end on other pages.",
        ),
        part(
            "hindrance",
            "What stands in the way",
            hindrance.iter().filter(shown).cloned().collect(),
            "Nothing was seen.",
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;
    use rapport_shared::id::Id;

    #[test]
    fn a_scorecard_tells_each_part_and_says_where_nothing_is_known() {
        let day = |text: &str| text.parse().expect("a day");
        let period = Period::new(&TimeZone::UTC, day("1970-01-01"), day("1970-01-03"), i64::MAX);
        let mut engaged = rapport_figures::sketch::QuantileSketch::new();
        engaged.extend([4_000_u32; 50]);
        let rows = [PageRollup { views: 50, engaged_sketch: engaged.encode(), ..PageRollup::default() }];
        let signal = |label: &str, views| SignalRollup {
            kind: "task".into(),
            label: label.into(),
            views,
            signals: views,
            ..SignalRollup::default()
        };
        let signals = [
            signal("buy start", 40),
            signal("buy success", 20),
            signal("buy now abandon", 7),
            signal("buy fail", 3),
            signal("buy now success", 10),
            // It ends well on another page: that none did here is no failure of this one.
            signal("order start", 3_193),
            signal("order abandon", 245),
        ];
        let hours = |days: &[i64]| days.iter().map(|day| day * 86_400_000).collect();
        let visitor = |number: u8| Id([number; 16]);
        let usage = Usage {
            hours: [
                (visitor(1), hours(&[0, 1])),
                (visitor(2), hours(&[0])),
                (visitor(3), hours(&[2])),
                (visitor(4), hours(&[1])),
            ]
            .into(),
            before: [visitor(1), visitor(2), visitor(3)].into(),
        };
        let of = |usage: &Usage, signals: &[SignalRollup]| {
            let measured = Measured { period: &period, rows: &rows, signals, usage };
            scorecard(measured, None, (&[], &[]), 1.0).expect("sketches are fine")
        };
        let card = of(&usage, &signals);
        let value = |name: &str| {
            let part = card.iter().find(|part| part.name == name).expect("it is a part");
            part.figures.first().and_then(|figure| Some((figure.value?.round(), figure.n)))
        };
        assert_eq!((value("adoption"), value("return")), (Some((25.0, 4)), Some((25.0, 4))));
        assert_eq!((value("task_success"), value("engagement").map(|(_, n)| n)), (Some((75.0, 40)), Some(50)));
        assert_eq!(value("happiness"), None);
        let empty = of(&Usage::default(), &[]);
        assert!(empty.iter().filter(|part| part.figures.is_empty()).count() == 5, "{empty:?}");
    }
}
