//! Before and after a mark: so many whole days of each, figure by figure, judged together. It says what changed with a release,
//! never because of it: whatever else happened on these days is in the figures, too.

use super::Mark;
use crate::experience::Devices;
use crate::feedback::scores;
use crate::figure::sums::PageSums;
use crate::figure::{Family, Figure, Total, VitalPart, correct};
use crate::overview::{SurveyScore, kinds, rates};
use crate::period::Period;
use crate::rule_change::RuleChange;
use jiff::ToSpan;
use jiff::civil::Date;
use rapport_figures::sketch::SketchError;
use rapport_figures::vital::Vital;
use rapport_shared::survey::Survey;
use rapport_store::rollup::{AnswerRollup, PageRollup};
use serde::Serialize;
use utoipa::ToSchema;

/// How many days before and after can be compared: whole weeks, so that both have the same days of the week.
pub const LENGTHS: [i32; 3] = [7, 14, 28];

/// By how much p is multiplied, because one mark is looked at after 7, after 14 and after 28 days: with it, who looks at all
/// three meets a false change in at most 5 of 100 marks. Found by simulation: see the test.
pub(crate) const LOOKS: f64 = 2.5;

/// What the comparison is, for those who read it.
pub const MEANING: &str = "What changed with this day, not because of it: whatever else was different on these days is in the \
                           figures, too. Days are those of the site, and only whole ones count.";

/// On which side the day of the mark counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// On neither: it is partly before and partly after.
    #[default]
    Neither,
    /// It is the last day before.
    Before,
    /// It is the first day after.
    After,
}

impl Side {
    /// Every side, in the order they are offered.
    pub const EACH: [Self; 3] = [Self::Neither, Self::Before, Self::After];

    /// The name by which it is asked for.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Neither => "neither",
            Self::Before => "before",
            Self::After => "after",
        }
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Neither => "Day left out",
            Self::Before => "Day counts before",
            Self::After => "Day counts after",
        }
    }

    /// The side of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|side| side.as_str() == name)
    }
}

/// First and last day of the days before, and of those after.
pub fn spans(day: Date, days: i32, side: Side) -> [(Date, Date); 2] {
    let (last_before, first_after) = match side {
        Side::Neither => (day.saturating_sub(1.day()), day.saturating_add(1.day())),
        Side::Before => (day, day.saturating_add(1.day())),
        Side::After => (day.saturating_sub(1.day()), day),
    };
    let rest = (days - 1).days();
    [(last_before.saturating_sub(rest), last_before), (first_after, first_after.saturating_add(rest))]
}

/// Some days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Days {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// How many of them are over; only these count.
    pub over: u64,
}

/// A figure before and after.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FigureLine {
    /// The figure of the days before.
    pub before: Figure,
    /// The figure of the days after; its `change` is the one between both, and absent while that cannot be judged.
    pub after: Figure,
}

/// A score before and after.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ScoreLine {
    /// The score of the days before.
    pub before: SurveyScore,
    /// The score of the days after; the `change` of its figure is the one between both, and absent while that cannot be judged.
    pub after: SurveyScore,
}

/// The figures before and after a mark.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct BeforeAfter {
    /// The mark.
    pub mark: Mark,
    /// How many days before and after are asked for.
    pub length_days: i32,
    /// On which side the day of the mark counts.
    pub side: Side,
    /// The days before.
    pub before: Days,
    /// The days after.
    pub after: Days,
    /// Why no change is judged; absent when all are.
    pub unjudged: Option<String>,
    /// Views and visits; `before` is of the days before.
    pub totals: Vec<Total>,
    /// Shares of views and p75 of the Core Web Vitals.
    pub figures: Vec<FigureLine>,
    /// Scores that were given before or after.
    pub scores: Vec<ScoreLine>,
    /// Other marks on these days.
    pub beside: Vec<Mark>,
    /// Where clicks were judged by another rule meanwhile.
    pub rule_change: Option<RuleChange>,
    /// What it tells, and what not.
    pub meaning: &'static str,
}

/// What one side is made of: the whole days of it that are over.
#[derive(Debug, Default)]
pub struct Input {
    /// Rows of the whole site, or of the page of the slice.
    pub pages: Vec<PageRollup>,
    /// The same rows by device.
    pub by_device: Vec<PageRollup>,
    /// Answers.
    pub answers: Vec<AnswerRollup>,
}

/// The totals, figures and scores of two sides.
#[derive(Debug)]
pub struct Compared {
    totals: Vec<Total>,
    figures: Vec<FigureLine>,
    scores: Vec<ScoreLine>,
}

/// The figures of two sides and the changes between them, all of which are judged together. `surveys` are the definitions with
/// everything that was answered on either side.
///
/// # Errors
/// When a sketch cannot be read.
pub fn compared(before: &Input, after: &Input, surveys: &[(Survey, bool)]) -> Result<Compared, SketchError> {
    let (sums_before, sums) = (PageSums::of(&before.pages)?, PageSums::of(&after.pages)?);
    let (devices_before, devices) = (Devices::of(&before.by_device)?, Devices::of(&after.by_device)?);
    let mut figures = shares(&sums_before, &sums);
    figures.extend(vitals(&devices_before, &devices));
    let mut scores = score_lines(&before.answers, &after.answers, surveys);
    let of_scores = scores.iter_mut().map(|line| &mut line.after.figure);
    judge(figures.iter_mut().map(|line| &mut line.after).chain(of_scores).collect());
    let total = |name, label, definition, value, before| Total { name, label, value, before: Some(before), definition };
    let totals = vec![
        total("views", "Page views", kinds::VIEWS, sums.views, sums_before.views),
        total("visits", "Visits", kinds::VISITS, sums.visits, sums_before.visits),
    ];
    Ok(Compared { totals, figures, scores })
}

/// The shares of views of the Overview.
fn shares(before: &PageSums, after: &PageSums) -> Vec<FigureLine> {
    let both = rates(before, None).into_iter().zip(rates(after, Some(before)));
    both.map(|(before, after)| FigureLine { before, after }).collect()
}

/// p75 of each Core Web Vital over the devices.
fn vitals(before: &Devices, after: &Devices) -> Vec<FigureLine> {
    let line = |vital: Vital| {
        let parts_before: Vec<VitalPart<'_>> = before.parts(vital);
        FigureLine {
            before: Figure::vital(vital, &parts_before, None),
            after: Figure::vital(vital, &after.parts(vital), Some(&parts_before)),
        }
    };
    Vital::ALL.into_iter().filter(|vital| vital.is_core()).map(line).collect()
}

/// The scores that were given on either side.
fn score_lines(before: &[AnswerRollup], after: &[AnswerRollup], surveys: &[(Survey, bool)]) -> Vec<ScoreLine> {
    let alone = scores(surveys, before, None, 1.0);
    let both = scores(surveys, after, Some(before), 1.0);
    let line = |after: SurveyScore| {
        let is_same = |other: &&SurveyScore| (&other.survey, &other.value_id) == (&after.survey, &after.value_id);
        let before = alone.iter().find(is_same)?.clone();
        Some(ScoreLine { before, after })
    };
    let lines = both.into_iter().filter_map(line);
    lines.filter(|line| line.before.figure.n + line.after.figure.n > 0).collect()
}

/// Judges the changes of one comparison as one list.
fn judge(mut figures: Vec<&mut Figure>) {
    let mut size = 0;
    for figure in &mut figures {
        if let Some(change) = figure.change.as_mut() {
            // Of some it was corrected among others, which are not read here.
            change.p = change.p_alone;
            size += usize::from(change.p.is_some());
        }
    }
    correct(Family { name: "figures before and after", looks: LOOKS }, figures.iter_mut().map(|figure| &mut **figure));
    let judged = format!(
        "Judged among {size} changes, those of this comparison (Benjamini–Hochberg), and strictly enough that who looks after 7, 14 \
         and 28 days meets a false “real” in at most 5 of 100 comparisons."
    );
    for change in figures.iter_mut().filter_map(|figure| figure.change.as_mut()) {
        change.judged.clone_from(&judged);
    }
}

impl Compared {
    /// The same without a change of anything.
    fn unjudged(mut self) -> Self {
        self.figures.iter_mut().for_each(|line| line.after.change = None);
        self.scores.iter_mut().for_each(|line| line.after.figure.change = None);
        self
    }
}

/// A comparison, as far as its days tell.
#[derive(Debug)]
pub struct Sides {
    /// The mark.
    pub mark: Mark,
    /// How many days.
    pub length_days: i32,
    /// Where its day counts.
    pub side: Side,
    /// The days before.
    pub before: Period,
    /// The days after.
    pub after: Period,
}

impl Sides {
    /// The days before and after a mark that lies in `day`, by the clocks of `zone`.
    pub fn of(mark: Mark, day: Date, (length_days, side): (i32, Side), zone: &jiff::tz::TimeZone) -> Self {
        let [before, after] = spans(day, length_days, side);
        let period = |(first, last): (Date, Date)| Period::new(zone, first, last, i64::MAX);
        Self { mark, length_days, side, before: period(before), after: period(after) }
    }

    /// The days of one side that are over.
    pub fn over(period: &Period, now_ms: i64) -> u64 {
        period.days.iter().filter(|day| day.end_ms <= now_ms).count() as u64
    }

    /// Why no change can be judged now; `data_began` is the first day with data.
    fn reason(&self, now_ms: i64, data_began: Option<Date>) -> Option<String> {
        let over = Self::over(&self.after, now_ms);
        if over < self.after.days.len() as u64 {
            let of = self.after.days.len();
            return Some(format!("{over} of {of} days so far: changes are judged once all of them are over."));
        }
        match data_began {
            None => Some("Nothing was measured on these days.".to_owned()),
            Some(began) if began > self.before.first => {
                Some(format!("The data begins on {began}, so the days before are not all there: nothing is compared."))
            }
            Some(_) => None,
        }
    }

    /// The report.
    pub fn report(
        self,
        compared: Compared,
        (now_ms, data_began): (i64, Option<Date>),
        beside: Vec<Mark>,
        rule_change: Option<RuleChange>,
    ) -> BeforeAfter {
        let unjudged = self.reason(now_ms, data_began);
        let Compared { totals, figures, scores } = if unjudged.is_some() { compared.unjudged() } else { compared };
        let days = |period: &Period| Days {
            from: period.first.to_string(),
            to: period.last.to_string(),
            over: Self::over(period, now_ms),
        };
        BeforeAfter {
            before: days(&self.before),
            after: days(&self.after),
            mark: self.mark,
            length_days: self.length_days,
            side: self.side,
            unjudged,
            totals,
            figures,
            scores,
            beside,
            rule_change,
            meaning: MEANING,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::Verdict;
    use jiff::tz::TimeZone;

    fn day(text: &str) -> Date {
        text.parse().expect("a day")
    }

    #[test]
    fn both_sides_have_whole_weeks_and_the_day_of_the_mark_is_on_the_side_that_is_said() {
        for (side, expected) in [
            (Side::Neither, ["2026-03-03", "2026-03-09", "2026-03-11", "2026-03-17"]),
            (Side::Before, ["2026-03-04", "2026-03-10", "2026-03-11", "2026-03-17"]),
            (Side::After, ["2026-03-03", "2026-03-09", "2026-03-10", "2026-03-16"]),
        ] {
            let [before, after] = spans(day("2026-03-10"), 7, side);
            let days = [before.0, before.1, after.0, after.1].map(|day| day.to_string());
            assert_eq!(days, expected, "{side:?}");
            assert_eq!(Side::parse(side.as_str()), Some(side));
        }
        for length in LENGTHS {
            let [before, after] = spans(day("2026-03-10"), length, Side::Neither);
            assert_eq!(before.0.until(before.1).expect("days").get_days() + 1, length);
            assert_eq!(after.0.until(after.1).expect("days").get_days() + 1, length);
        }
        assert_eq!(Side::parse("both"), None);
    }

    fn views(views: i64, error_views: i64) -> Input {
        let row = PageRollup { views, error_views, failed_views: error_views, visits: views, ..PageRollup::default() };
        Input { pages: vec![row.clone()], by_device: vec![row], answers: Vec::new() }
    }

    fn figure<'a>(compared: &'a Compared, name: &str) -> &'a FigureLine {
        compared.figures.iter().find(|line| line.after.name == name).expect("a figure")
    }

    #[test]
    fn each_figure_has_both_values_their_difference_and_a_verdict() {
        let compared = compared(&views(1_000, 200), &views(1_000, 50), &[]).expect("no sketches");
        let names: Vec<_> = compared.figures.iter().map(|line| line.after.name).collect();
        assert_eq!(
            names,
            ["bounce_rate", "failed_views", "error_views", "rage_views", "dead_views", "lcp", "inp", "cls"]
        );
        let errors = figure(&compared, "error_views");
        assert_eq!((errors.before.value, errors.after.value), (Some(20.0), Some(5.0)));
        let change = errors.after.change.as_ref().expect("compared");
        assert!((change.difference + 15.0).abs() < 1e-9 && change.verdict == Verdict::Better, "{change:?}");
        assert!(change.low < Some(-10.0) && change.high > Some(-20.0), "{change:?}");
        assert!(
            change.judged.contains("7, 14 and 28 days") && !change.judged.contains("every day"),
            "{}",
            change.judged
        );
        let rage = figure(&compared, "rage_views").after.change.as_ref().expect("compared");
        assert_eq!(rage.verdict, Verdict::Noise);
        assert_eq!((compared.totals[0].value, compared.totals[0].before), (1_000, Some(1_000)));
    }

    #[test]
    fn one_change_among_many_needs_stronger_evidence_than_alone() {
        // Alone p is about 0.03; among five changes and looked at three times that is chance.
        let compared = compared(&views(1_000, 108), &views(1_000, 140), &[]).expect("no sketches");
        let change = figure(&compared, "error_views").after.change.clone().expect("compared");
        assert!(change.p_alone < Some(0.05) && change.p > Some(0.05), "{change:?}");
        assert_eq!(change.verdict, Verdict::Noise);
    }

    #[test]
    fn while_days_are_not_over_or_were_not_measured_nothing_is_judged() {
        let zone = TimeZone::get("Europe/Berlin").expect("a known zone");
        let mark = || Mark::of_tag("4.2", day("2026-03-10"), 0, &zone);
        let report = |now: &str, began: &str| {
            let now_ms = now.parse::<jiff::Timestamp>().expect("an instant").as_millisecond();
            let sides = Sides::of(mark(), day("2026-03-10"), (7, Side::Neither), &zone);
            let compared = compared(&views(1_000, 200), &views(1_000, 50), &[]).expect("no sketches");
            sides.report(compared, (now_ms, Some(day(began))), Vec::new(), None)
        };
        let changed = |report: &BeforeAfter| report.figures.iter().filter(|line| line.after.change.is_some()).count();
        // The 17th ends in Berlin an hour before midnight of Greenwich.
        for (now, over, judged) in [
            ("2026-03-10T12:00:00Z", 0, false),
            ("2026-03-16T22:59:00Z", 5, false),
            ("2026-03-16T23:00:00Z", 6, false),
            ("2026-03-17T23:00:00Z", 7, true),
        ] {
            let report = report(now, "2026-01-01");
            assert_eq!(
                (report.after.over, report.unjudged.is_none(), changed(&report) > 0),
                (over, judged, judged),
                "{now}"
            );
            if !judged {
                let told = report.unjudged.expect("a reason");
                assert!(told.starts_with(&format!("{over} of 7 days so far")), "{told}");
            }
        }
        let early = report("2026-04-01T00:00:00Z", "2026-03-05");
        assert!(early.unjudged.clone().is_some_and(|reason| reason.contains("begins on 2026-03-05")), "{early:?}");
        assert_eq!(changed(&early), 0);
        assert!(!early.meaning.contains("because of the release"), "{}", early.meaning);
    }

    #[test]
    fn looking_after_each_length_finds_a_false_change_in_at_most_one_mark_of_twenty() {
        // Days of independent, normally distributed figures that never change: 4,000 marks.
        let mut state = 11_u64;
        let mut normal = || {
            let uniform = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 11) as f64 / (1_u64 << 53) as f64
            };
            std::iter::repeat_with(uniform).take(12).sum::<f64>() - 6.0
        };
        let (mut found, mut found_alone) = (0, 0);
        for _ in 0..4_000 {
            let [before, after]: [Vec<f64>; 2] = [0, 1].map(|_| (0..28).map(|_| normal()).collect());
            let largest = LENGTHS.map(|length| {
                let sum = |days: &[f64]| days[..length as usize].iter().sum::<f64>();
                (sum(&after) - sum(&before)).abs() / (2.0 * f64::from(length)).sqrt()
            });
            let largest = largest.into_iter().fold(0.0, f64::max);
            // The two-sided quantiles of the normal distribution at 0.05 and at 0.05 by LOOKS.
            found_alone += usize::from(largest > 1.959_964);
            found += usize::from(largest > 2.326_348);
        }
        assert_eq!(0.05 / LOOKS, 0.02);
        assert!(found <= 220, "{found} of 4,000");
        assert!(found_alone >= 400, "uncorrected: {found_alone} of 4,000");
    }
}
