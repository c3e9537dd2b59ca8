//! In which part of the views an issue lies: phones, one browser, one campaign, or several of these together.

use super::Of;
use rapport_figures::score::{Exposure, LEVEL, relative_risk};
use rapport_shared::limit::OTHER_PAGES;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// A part holds an issue only if it has so much of the views that met it.
const LEAST_SHARE: f64 = 0.8;
/// And only if it is met there at least so many times as often as elsewhere, by the lower end of the interval.
const LEAST_TIMES: f64 = 2.0;
/// Fewer views that met it tell of no part.
const LEAST: u64 = 10;

/// What a part is, and how it is found.
pub const DEFINITION: &str = "The part of a page's views in which an issue lies: a device, a browser or a campaign, or several together. It \
    has at least 80 % of the views that met it, and is met there at least twice as often as on the other views of the page, by the \
    lower end of the 95 % interval (Miettinen and Nurminen), corrected for the parts that were tried (Bonferroni). The part that \
    stands out most is taken first, then others within it.";

/// What a part of the views is told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The kind of device.
    Device,
    /// The browser.
    Browser,
    /// The campaign of the visit.
    Campaign,
}

impl By {
    /// Every one.
    const EACH: [Self; 3] = [Self::Device, Self::Browser, Self::Campaign];

    /// The name in addresses and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Browser => "browser",
            Self::Campaign => "campaign",
        }
    }
}

/// One thing that tells a part of the views.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartOf {
    /// `device`, `browser` or `campaign`: the name of the field by which every report is narrowed to it.
    pub by: By,
    /// Which: the value of that field.
    pub value: String,
}

/// The part of the views in which an issue lies.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Segment {
    /// All of it holds of each view of the part.
    pub told: Vec<PartOf>,
    /// Views of the part that met it.
    pub met: u64,
    /// Views of the part.
    pub views: u64,
    /// How many times as often it is met there as on the other views of the page; absent where it is met nowhere else.
    pub times: Option<f64>,
    /// Lower end of its 95 % interval.
    pub times_low: f64,
}

/// Device, browser, campaign of some views.
pub(super) type Cell = [String; By::EACH.len()];

/// Views that met something, of how many, in each cell.
pub(super) type Cells = BTreeMap<Cell, Of>;

fn value(cell: &Cell, by: By) -> &str {
    &cell[by as usize]
}

/// Whether a cell is in a part.
pub(super) fn is_in(cell: &Cell, told: &[PartOf]) -> bool {
    told.iter().all(|one| value(cell, one.by) == one.value)
}

/// The part of the views in which an issue lies; `None` where it lies in no part more than in the others.
pub(super) fn segment(cells: &Cells) -> Option<Segment> {
    let all: u64 = cells.values().map(|of| of.met).sum();
    if all < LEAST {
        return None;
    }
    let mut found: Option<Segment> = None;
    loop {
        let told = found.as_ref().map_or_else(Vec::new, |found| found.told.clone());
        let within: Vec<_> = cells.iter().filter(|(cell, _)| is_in(cell, &told)).collect();
        let Some(one) = narrower(&within, &told, all) else { return found.map(|found| beside_all(cells, found)) };
        found = Some(one);
    }
}

/// The part of some cells that stands out most among them.
fn narrower(within: &[(&Cell, &Of)], told: &[PartOf], all: u64) -> Option<Segment> {
    let is_open = |by: &By| told.iter().all(|one| one.by != *by);
    let tried: BTreeSet<(By, &str)> = By::EACH
        .into_iter()
        .filter(is_open)
        .flat_map(|by| within.iter().map(move |(cell, _)| (by, value(cell, by))))
        .filter(|(_, value)| !value.is_empty() && *value != OTHER_PAGES)
        .collect();
    let mut best: Option<Segment> = None;
    for (by, of) in &tried {
        let (mut met, mut spared) = ((0, 0), (0, 0));
        for (cell, counts) in within {
            let sum = if value(cell, *by) == *of { &mut met } else { &mut spared };
            *sum = (sum.0 + counts.met, sum.1 + counts.views);
        }
        let has_most = met.0 as f64 >= LEAST_SHARE * all as f64;
        let ratio = relative_risk(&[Exposure { met, spared }]).filter(|_| has_most);
        let Some(ratio) = ratio else { continue };
        let is_real = ratio.p * (tried.len() as f64) < LEVEL && ratio.low >= LEAST_TIMES;
        if is_real && best.as_ref().is_none_or(|best| ratio.low > best.times_low) {
            let mut told = told.to_vec();
            told.push(PartOf { by: *by, value: (*of).to_owned() });
            let times = Some(ratio.value).filter(|times| times.is_finite());
            best = Some(Segment { told, met: met.0, views: met.1, times, times_low: ratio.low });
        }
    }
    best
}

/// The same part, compared with all other views and not with those it was last parted from.
fn beside_all(cells: &Cells, mut found: Segment) -> Segment {
    found.told.sort_by_key(|one| one.by);
    let (mut met, mut spared) = ((0, 0), (0, 0));
    for (cell, counts) in cells {
        let sum = if is_in(cell, &found.told) { &mut met } else { &mut spared };
        *sum = (sum.0 + counts.met, sum.1 + counts.views);
    }
    if let Some(ratio) = relative_risk(&[Exposure { met, spared }]) {
        found.times = Some(ratio.value).filter(|times| times.is_finite());
        found.times_low = ratio.low;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(of: &[(&str, &str, &str, u64, u64)]) -> Cells {
        let cell = |(device, browser, campaign, met, views): &(&str, &str, &str, u64, u64)| {
            ([*device, *browser, *campaign].map(str::to_owned), Of { met: *met, views: *views })
        };
        of.iter().map(cell).collect()
    }

    fn told(cells: &Cells) -> Vec<(By, String)> {
        let found = segment(cells).map_or_else(Vec::new, |found| found.told);
        found.into_iter().map(|one| (one.by, one.value)).collect()
    }

    #[test]
    fn phones_of_one_campaign_are_named_together() {
        let found = cells(&[
            ("mobile", "safari", "spring", 40, 100),
            ("mobile", "chrome", "spring", 44, 100),
            ("mobile", "safari", "", 1, 400),
            ("desktop", "chrome", "spring", 1, 150),
            ("desktop", "chrome", "", 2, 900),
        ]);
        assert_eq!(told(&found), [(By::Device, "mobile".to_owned()), (By::Campaign, "spring".to_owned())]);
        let segment = segment(&found).expect("a part");
        assert_eq!((segment.met, segment.views), (84, 200));
        assert!(segment.times.is_some_and(|times| times > 100.0) && segment.times_low > 10.0, "{segment:?}");
    }

    #[test]
    fn what_everybody_meets_lies_in_no_part() {
        let everywhere = cells(&[
            ("mobile", "safari", "", 200, 1_000),
            ("desktop", "chrome", "", 90, 500),
            ("desktop", "firefox", "spring", 40, 200),
        ]);
        assert_eq!(segment(&everywhere), None);
        // Most views are of phones, and so are most that met it: that says nothing of phones.
        let mostly = cells(&[("mobile", "safari", "", 180, 900), ("desktop", "chrome", "", 20, 100)]);
        assert_eq!(segment(&mostly), None);
        assert_eq!(
            segment(&cells(&[("mobile", "safari", "", 5, 50), ("desktop", "chrome", "", 0, 500)])),
            None,
            "too few"
        );
    }

    #[test]
    fn what_is_not_known_is_no_part() {
        let unknown = cells(&[("mobile", "", OTHER_PAGES, 90, 100), ("desktop", "", "", 1, 900)]);
        assert_eq!(told(&unknown), [(By::Device, "mobile".to_owned())]);
    }
}
