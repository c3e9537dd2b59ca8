//! Where a page was clicked, element by element and within each, and how far it was scrolled.

use crate::figure::{Better, Figure, FigureKind, Unit};
use rapport_figures::sketch::SketchError;
use rapport_store::rollup::row::RollupRow;
use rapport_store::rollup::{HeatRollup, ScrollRollup};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Most elements that the page of the dashboard shows; exports have all.
pub const SHOWN: usize = 100;

/// The kinds of figure of clicks and of scrolling.
pub mod kinds {
    use super::{Better, FigureKind, Unit};

    /// An element's part of the clicks.
    pub const SHARE: FigureKind = FigureKind {
        name: "click_share",
        label: "Share of clicks",
        unit: Unit::Percent,
        of: "clicks",
        better: Better::Higher,
        definition: "Share of the clicks on the page that hit this element, of the views that were sampled. Interval: Wilson.",
    };
    /// Rage clicks of an element.
    pub const RAGE: FigureKind = FigureKind {
        name: "click_rage",
        label: "Rage",
        unit: Unit::Percent,
        of: "clicks",
        better: Better::Lower,
        definition: "Share of the clicks on this element that were part of a burst which it did not answer. Interval: Wilson.",
    };
    /// Dead clicks of an element.
    pub const DEAD: FigureKind = FigureKind {
        name: "click_dead",
        label: "Dead",
        unit: Unit::Percent,
        of: "clicks",
        better: Better::Lower,
        definition: "Share of the clicks on this element that nothing came of. Interval: Wilson.",
    };
    /// Views that reached a part of the page.
    pub const REACH: FigureKind = FigureKind {
        name: "scroll_reach",
        label: "Reached",
        unit: Unit::Percent,
        of: "views",
        better: Better::Higher,
        definition: "Share of views that saw at least so much of the page: its lower edge was scrolled into the window. Interval: Wilson.",
    };
}

/// An element of a page.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct HeatLine {
    /// What it is called.
    pub element: String,
    /// Where it is, as a path from the top of the page; empty where it is not kept.
    pub place: String,
    /// Clicks on it.
    pub clicks: u64,
    /// Rage clicks among them.
    pub rage_clicks: u64,
    /// Dead clicks among them.
    pub dead_clicks: u64,
    /// Its part of the clicks.
    pub share: Figure,
    /// Share of its clicks that were rage clicks.
    pub rage: Figure,
    /// Share of its clicks that were dead.
    pub dead: Figure,
}

/// How far views saw of a page.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Reach {
    /// `desktop`, `mobile` or `tablet`; empty for all together.
    pub device: String,
    /// Views.
    pub views: u64,
    /// Share that reached 10 %, 20 % and so on to 100 %.
    pub parts: Vec<Figure>,
}

/// Where a page was clicked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Heat {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// The page; empty for several.
    pub path: String,
    /// Of how many views in a hundred clicks are kept now.
    pub sample_percent: u32,
    /// Clicks that were kept.
    pub clicks: u64,
    /// Elements, those with most clicks first.
    pub elements: Vec<HeatLine>,
    /// How many elements there are in all.
    pub distinct: usize,
    /// How far it was scrolled: over all devices, and on each.
    pub reach: Vec<Reach>,
}

/// The clicks on one element from one kind of device and width of window, for the map over the page.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct HeatElement {
    /// What it is called.
    pub element: String,
    /// Where it is.
    pub place: String,
    /// `desktop`, `mobile` or `tablet`.
    pub device: String,
    /// Width of the window: `narrow`, `medium` or `wide`.
    pub size: String,
    /// Clicks.
    pub clicks: u64,
    /// Rage clicks among them.
    pub rage: u64,
    /// Dead clicks among them.
    pub dead: u64,
    /// Level (0 the element, 1 its parent, 2 the parent of that), kind (0 every click, 1 rage, 2 dead), column and row of 64, count.
    #[schema(value_type = Vec<Vec<u64>>)]
    pub cells: Vec<(u32, u32, u32, u32, u64)>,
}

/// How far views on one kind of device saw, for the map over the page.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MapReach {
    /// `desktop`, `mobile` or `tablet`; empty for all together.
    pub device: String,
    /// Views.
    pub views: u64,
    /// Share that reached 10 %, 20 % and so on to 100 %, in percent.
    pub shares: Vec<f64>,
}

/// What is shown over a live page.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct HeatMap {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// The clicks, element by element.
    pub elements: Vec<HeatElement>,
    /// How far it was scrolled.
    pub reach: Vec<MapReach>,
}

fn count(value: i64) -> u64 {
    value.max(0) as u64
}

/// Elements of some rows, which may be of several devices, widths and buckets, those with most clicks first; and the clicks in all.
pub fn lines(rows: &[HeatRollup]) -> (Vec<HeatLine>, u64) {
    let mut sums: BTreeMap<(&str, &str), (u64, u64, u64)> = BTreeMap::new();
    for row in rows {
        let sum = sums.entry((&row.element, &row.place)).or_default();
        *sum = (sum.0 + count(row.clicks), sum.1 + count(row.rage), sum.2 + count(row.dead));
    }
    let all = sums.values().map(|(clicks, ..)| clicks).sum();
    let line = |((element, place), (clicks, rage_clicks, dead_clicks)): ((&str, &str), (u64, u64, u64))| HeatLine {
        element: element.to_owned(),
        place: place.to_owned(),
        clicks,
        rage_clicks,
        dead_clicks,
        share: Figure::rate(kinds::SHARE, (clicks, all), None),
        rage: Figure::rate(kinds::RAGE, (rage_clicks, clicks), None),
        dead: Figure::rate(kinds::DEAD, (dead_clicks, clicks), None),
    };
    let mut lines: Vec<_> = sums.into_iter().map(line).collect();
    lines.sort_by(|one, other| other.clicks.cmp(&one.clicks).then_with(|| one.place.cmp(&other.place)));
    (lines, all)
}

/// How far views saw, over all devices and on each.
pub fn reach(rows: &[ScrollRollup]) -> Vec<Reach> {
    let mut devices: BTreeMap<&str, ScrollRollup> = BTreeMap::new();
    for row in rows {
        for device in ["", row.device.as_str()] {
            devices.entry(device).or_default().add_counts(row);
        }
    }
    let of_device = |(device, sum): (&str, ScrollRollup)| {
        let views = count(sum.views);
        let parts = sum.reached().map(|reached| Figure::rate(kinds::REACH, (count(reached), views), None));
        Reach { device: device.to_owned(), views, parts: parts.into() }
    };
    devices.into_iter().map(of_device).collect()
}

/// What is shown over the page.
///
/// # Errors
/// When cells cannot be read.
pub fn map(rows: &[HeatRollup], reach: &[Reach], (from, to): (String, String)) -> Result<HeatMap, SketchError> {
    type Key<'a> = (&'a str, &'a str, &'a str, &'a str);
    let mut sums: BTreeMap<Key<'_>, HeatRollup> = BTreeMap::new();
    for row in rows {
        let key = (row.place.as_str(), row.element.as_str(), row.device.as_str(), row.size.as_str());
        match sums.get_mut(&key) {
            Some(sum) => sum.merge(row)?,
            None => {
                sums.insert(key, row.clone());
            }
        }
    }
    let mut elements = Vec::with_capacity(sums.len());
    for row in sums.into_values() {
        let cells = row.cells()?.into_iter().map(|cell| (cell.level, cell.kind, cell.x, cell.y, cell.count)).collect();
        elements.push(HeatElement {
            clicks: count(row.clicks),
            rage: count(row.rage),
            dead: count(row.dead),
            element: row.element,
            place: row.place,
            device: row.device,
            size: row.size,
            cells,
        });
    }
    let shares = |of: &Reach| of.parts.iter().map(|figure| figure.value.unwrap_or_default()).collect();
    let reach =
        reach.iter().map(|of| MapReach { device: of.device.clone(), views: of.views, shares: shares(of) }).collect();
    Ok(HeatMap { from, to, elements, reach })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(device: &str, place: &str, clicks: i64, dead: i64) -> HeatRollup {
        HeatRollup {
            path: "/".into(),
            device: device.into(),
            size: "wide".into(),
            element: "button".into(),
            place: place.into(),
            clicks,
            dead,
            ..HeatRollup::default()
        }
    }

    #[test]
    fn clicks_on_one_element_from_two_devices_are_one_line_of_the_table_and_two_of_the_map() {
        let rows =
            [row("mobile", "body>#buy", 30, 3), row("desktop", "body>#buy", 10, 1), row("mobile", "body>#more", 60, 0)];
        let (table, all) = lines(&rows);
        assert_eq!(all, 100);
        let told: Vec<_> =
            table.iter().map(|line| (line.place.as_str(), line.clicks, line.share.value, line.dead.value)).collect();
        assert_eq!(told, [("body>#more", 60, Some(60.0), Some(0.0)), ("body>#buy", 40, Some(40.0), Some(10.0))]);
        let map = map(&rows, &[], (String::new(), String::new())).unwrap();
        assert_eq!(map.elements.iter().map(|of| of.clicks).collect::<Vec<_>>(), [10, 30, 60]);
    }

    #[test]
    fn reach_is_told_of_each_device_and_of_all() {
        let of = |device: &str, views, reached_10, reached_100| ScrollRollup {
            device: device.into(),
            views,
            reached_10,
            reached_100,
            ..ScrollRollup::default()
        };
        let told = reach(&[of("mobile", 60, 60, 6), of("desktop", 40, 40, 34), of("mobile", 0, 0, 0)]);
        let shares: Vec<_> = told
            .iter()
            .map(|of| (of.device.as_str(), of.views, of.parts[0].value, of.parts[9].value, of.parts[9].n))
            .collect();
        let expected = [
            ("", 100, Some(100.0), Some(40.0), 100),
            ("desktop", 40, Some(100.0), Some(85.0), 40),
            ("mobile", 60, Some(100.0), Some(10.0), 60),
        ];
        assert_eq!(shares, expected);
    }
}
