//! What Web Vitals worse than good were of: which element, and which part of the time.

use rapport_shared::limit;
use rapport_store::rollup::VitalRollup;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Elements that are listed of each vital.
pub const ELEMENTS: usize = 5;

/// A part of a vital.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct VitalPart {
    /// What people read, such as `Load delay`.
    pub label: &'static str,
    /// Its mean over the views, in milliseconds; of a shift its score.
    pub mean: f64,
    /// Its share of the vital, in percent.
    pub percent: f64,
}

/// An element that a vital was of.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct VitalCause {
    /// `lcp`, `inp` or `cls`.
    pub vital: String,
    /// The element; empty where it was gone, `(other)` for what was too rare to be told apart.
    pub element: String,
    /// Of an LCP where its picture came from: `own`, `other` (another origin) or `data`; empty for text.
    pub source: String,
    /// Views in which the vital was of it, and worse than good.
    pub views: u64,
    /// The mean of the vital over these views, in milliseconds; of CLS its score.
    pub mean: f64,
    /// What it is made of: of LCP time to first byte, load delay, load time and render delay, of INP input delay, processing and
    /// presentation, which add up to it; of CLS the largest shift.
    pub parts: Vec<VitalPart>,
    /// The part that takes longest; empty for CLS.
    pub longest: &'static str,
}

/// What the parts of a vital are called.
fn labels(vital: &str) -> &'static [&'static str] {
    match vital {
        "lcp" => &["Server (TTFB)", "Load delay", "Load time", "Render delay"],
        "inp" => &["Input delay", "Processing", "Presentation"],
        _ => &["Largest shift"],
    }
}

/// The elements of each vital, those of most views first; of each vital at most `most`.
pub fn causes(rows: &[VitalRollup], most: usize) -> Vec<VitalCause> {
    let mut sums: BTreeMap<(&str, &str, &str), VitalRollup> = BTreeMap::new();
    for row in rows {
        sums.entry((&row.vital, &row.element, &row.source)).or_default().add_counts(row);
    }
    let mut causes: Vec<_> = sums.into_iter().map(|(key, sum)| cause(key, &sum)).collect();
    let place = |vital: &str| ["lcp", "inp", "cls"].iter().position(|known| *known == vital);
    let rest = |cause: &VitalCause| cause.element == limit::OTHER_PAGES;
    causes.sort_by(|one, other| {
        (place(&one.vital), rest(one), other.views).cmp(&(place(&other.vital), rest(other), one.views))
    });
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    causes.retain(|cause| {
        let taken = taken.entry(cause.vital.clone()).or_default();
        *taken += 1;
        *taken <= most
    });
    causes
}

fn cause((vital, element, source): (&str, &str, &str), sum: &VitalRollup) -> VitalCause {
    let scale = if vital == "cls" { 10_000.0 } else { 1.0 };
    let mean = |of: i64| if sum.views > 0 { of as f64 / sum.views as f64 / scale } else { 0.0 };
    let whole = sum.whole.max(1) as f64;
    let sums = [sum.part_1, sum.part_2, sum.part_3, sum.part_4];
    let parts: Vec<_> = labels(vital)
        .iter()
        .zip(sums)
        .map(|(label, of)| VitalPart { label, mean: mean(of), percent: of as f64 / whole * 100.0 })
        .collect();
    let longest = parts.iter().max_by(|one, other| one.mean.total_cmp(&other.mean)).filter(|_| vital != "cls");
    VitalCause {
        vital: vital.to_owned(),
        element: element.to_owned(),
        source: source.to_owned(),
        views: sum.views.max(0) as u64,
        mean: mean(sum.whole),
        longest: longest.map_or("", |part| part.label),
        parts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_that_takes_longest_is_named_and_parts_add_up() {
        let row = |vital: &str, element: &str, views, sums: [i64; 5]| VitalRollup {
            vital: vital.into(),
            element: element.into(),
            views,
            whole: sums[0],
            part_1: sums[1],
            part_2: sums[2],
            part_3: sums[3],
            part_4: sums[4],
            ..VitalRollup::default()
        };
        let rows = [
            row("inp", "button#pay", 2, [1_000, 100, 800, 100, 0]),
            row("lcp", "img.hero", 2, [8_000, 400, 5_000, 2_000, 600]),
            row("lcp", "img.hero", 2, [4_000, 400, 1_600, 1_500, 500]),
            row("cls", "div.banner", 4, [8_000, 6_000, 0, 0, 0]),
            row("lcp", "(other)", 90, [1, 0, 0, 0, 1]),
        ];
        let causes = causes(&rows, 5);
        let told: Vec<_> = causes.iter().map(|of| (of.element.as_str(), of.views, of.mean, of.longest)).collect();
        assert_eq!(
            told,
            [
                ("img.hero", 4, 3_000.0, "Load delay"),
                ("(other)", 90, 1.0 / 90.0, "Render delay"),
                ("button#pay", 2, 500.0, "Processing"),
                ("div.banner", 4, 0.2, "")
            ]
        );
        assert_eq!(causes[0].parts.iter().map(|part| part.mean).sum::<f64>(), causes[0].mean);
        assert_eq!(super::causes(&rows, 1).len(), 3);
    }
}
