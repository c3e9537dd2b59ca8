//! The rollup of clicks for heat maps: how often each element of a page was clicked, and where within it.

use super::measured::MeasuredSignal;
use super::range::BucketRange;
use super::registry::Rollup;
use super::row::rollup_row;
use super::words::SharedWords;
use crate::device::Device;
use crate::{Store, StoreError, params};
use rapport_figures::sketch::{CellCounts, SketchError};
use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_shared::measure::point::{Point, STEPS};
use rapport_shared::signal::SignalKind;
use std::collections::BTreeMap;

/// Most elements kept of one page, device and width of window in an hour; the rest count as [`limit::OTHER_PAGES`], without a place.
const ELEMENTS: usize = 300;
/// So many rows of a range are read, those with most clicks.
const ROWS: i64 = 20_000;
/// An element has so many columns and rows of cells.
pub const CELLS: u32 = 64;
/// Cells of one box.
const BOX: u32 = CELLS * CELLS;
/// Kinds that are counted apart: every click, rage clicks, dead clicks.
const KINDS: u32 = 3;
/// The boxes of an element: its own, its parent's and that one's.
const LEVELS: u32 = 3;

rollup_row! {
    /// A row of `rollup_heat`.
    HeatRollup = "rollup_heat"
    by { path, device, size, element, place }
    count { clicks, rage, dead }
    cells { cells }
}

/// Width classes of windows: where style sheets usually change a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Narrower than 768 px.
    Narrow,
    /// 768 to 1,279 px.
    Medium,
    /// 1,280 px and wider.
    Wide,
}

impl Size {
    /// The class of a window.
    pub fn of(window_px: u32) -> Self {
        match window_px {
            0..768 => Self::Narrow,
            768..1_280 => Self::Medium,
            _ => Self::Wide,
        }
    }

    /// Its name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Narrow => "narrow",
            Self::Medium => "medium",
            Self::Wide => "wide",
        }
    }
}

/// How often one cell of an element was clicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// 0 of the element, 1 of its parent, 2 of the parent of that.
    pub level: u32,
    /// 0 every click, 1 rage clicks, 2 dead clicks.
    pub kind: u32,
    /// Column, from 0.
    pub x: u32,
    /// Row, from 0.
    pub y: u32,
    /// How often.
    pub count: u64,
}

impl HeatRollup {
    /// Where within the element it was clicked.
    ///
    /// # Errors
    /// When what is stored is no counts of cells.
    pub fn cells(&self) -> Result<Vec<Cell>, SketchError> {
        let counts = CellCounts::decode(&self.cells, LEVELS * KINDS * BOX)?;
        let cell = |(number, count)| {
            let (of_box, at) = (number / BOX, number % BOX);
            Cell { level: of_box / KINDS, kind: of_box % KINDS, x: at % CELLS, y: at / CELLS, count }
        };
        Ok(counts.each().map(cell).collect())
    }
}

/// The column or row of an offset.
fn cell_of(steps: u32) -> u32 {
    (steps * CELLS / (STEPS + 1)).min(CELLS - 1)
}

#[derive(Default)]
struct Sum {
    clicks: i64,
    rage: i64,
    dead: i64,
    cells: CellCounts,
}

impl Sum {
    fn count(&mut self, point: &Point) {
        self.clicks += 1;
        self.rage += i64::from(point.rage);
        self.dead += i64::from(point.dead);
        for (level, (x, y)) in (0..).zip(point.places) {
            for (kind, happened) in (0..).zip([true, point.rage, point.dead]) {
                let number = (level * KINDS + kind) * BOX + cell_of(y) * CELLS + cell_of(x);
                self.cells.add(number, happened.into());
            }
        }
    }

    fn add(&mut self, other: &Self) {
        self.clicks += other.clicks;
        self.rage += other.rage;
        self.dead += other.dead;
    }

    fn row(self, hour_ms: i64, (path, device, size): Place<'_>, (element, place): (&str, &str)) -> HeatRollup {
        HeatRollup {
            bucket_ms: hour_ms,
            path: path.to_owned(),
            device: device.to_owned(),
            size: size.to_owned(),
            element: element.to_owned(),
            place: place.to_owned(),
            clicks: self.clicks,
            rage: self.rage,
            dead: self.dead,
            // Where nothing is known of the element, no cell says anything.
            cells: if self.cells.is_empty() { Vec::new() } else { self.cells.encode() },
        }
    }
}

/// Page, device and width of the window.
type Place<'a> = (&'a str, &'a str, &'a str);

impl Rollup for HeatRollup {
    type Raw = MeasuredSignal;

    fn of_hour(hour_ms: i64, signals: &[MeasuredSignal]) -> Vec<Self> {
        let mut places: BTreeMap<Place<'_>, BTreeMap<(&str, &str), Sum>> = BTreeMap::new();
        for signal in signals.iter().filter(|signal| signal.kind == SignalKind::Point) {
            let Ok(point) = Point::read(&signal.measured) else { continue };
            let of_place = (signal.path.as_str(), signal.device.as_str(), Size::of(point.window_px).as_str());
            let of_element = (signal.element.as_str(), signal.text.as_str());
            places.entry(of_place).or_default().entry(of_element).or_default().count(&point);
        }
        let mut rows = Vec::new();
        for (of_place, elements) in places {
            let mut elements: Vec<_> = elements.into_iter().collect();
            elements
                .sort_by(|(one, of_one), (other, of_other)| of_other.clicks.cmp(&of_one.clicks).then(one.cmp(other)));
            if elements.len() > ELEMENTS {
                let mut rest = Sum::default();
                elements.drain(ELEMENTS - 1..).for_each(|(_, sum)| rest.add(&sum));
                elements.push(((limit::OTHER_PAGES, ""), rest));
            }
            rows.extend(elements.into_iter().map(|(of_element, sum)| sum.row(hour_ms, of_place, of_element)));
        }
        rows
    }

    fn forget(&mut self, shared: &SharedWords) {
        shared.keep_path(&mut self.path);
        shared.keep("element", &mut self.element);
        shared.keep("place", &mut self.place);
        if self.place == limit::OTHER_PAGES {
            self.place.clear();
            self.cells.clear();
        }
    }

    fn path_mut(&mut self) -> Option<&mut String> {
        Some(&mut self.path)
    }
}

impl Store {
    /// Clicks on the elements of one page by bucket over a range; an empty device is every one.
    pub async fn heat_rollups(
        &self,
        site_id: Id,
        range: BucketRange,
        path: &str,
        device: Option<Device>,
    ) -> Result<Vec<HeatRollup>, StoreError> {
        use super::row::RollupRow;
        let sql = format!(
            "SELECT {} FROM rollup_heat
             WHERE site_id = $1 AND grain = $2 AND bucket_ms >= $3 AND bucket_ms <= $4
               AND path = $5 AND ($6 = '' OR device = $6)
             ORDER BY clicks DESC, bucket_ms, element, place
             LIMIT $7",
            HeatRollup::COLUMNS.join(", ")
        );
        let params = params![site_id, range.grain.as_str(), range.first_ms, range.last_ms, path, device, ROWS];
        self.read(sql, params).await?.iter().map(HeatRollup::read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollup::row::merged;

    fn click(place: &str, point: Point) -> MeasuredSignal {
        MeasuredSignal {
            path: "/".into(),
            device: "desktop".into(),
            view_id: Id([1; 16]),
            kind: SignalKind::Point,
            element: "button#buy".into(),
            name: String::new(),
            text: place.into(),
            measured: point.numbers(),
        }
    }

    const POINT: Point =
        Point { places: [(0, STEPS), (16_383, 16_384), (511, 512)], window_px: 1_440, rage: false, dead: true };

    #[test]
    fn a_click_is_in_the_cell_where_it_was_in_its_element_and_in_those_around_it() {
        let rows =
            HeatRollup::of_hour(0, &[click("body>#buy", POINT), click("body>#buy", Point { dead: false, ..POINT })]);
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].clicks, rows[0].rage, rows[0].dead, rows[0].size.as_str()), (2, 0, 1, "wide"));
        let cells: Vec<_> =
            rows[0].cells().unwrap().iter().map(|cell| (cell.level, cell.kind, cell.x, cell.y, cell.count)).collect();
        let expected = [
            (0, 0, 0, 63, 2),
            (0, 2, 0, 63, 1),
            (1, 0, 31, 32, 2),
            (1, 2, 31, 32, 1),
            (2, 0, 0, 1, 2),
            (2, 2, 0, 1, 1),
        ];
        assert_eq!(cells, expected);
    }

    #[test]
    fn windows_are_told_apart_by_their_width() {
        for (window_px, size) in [(320, "narrow"), (767, "narrow"), (768, "medium"), (1_279, "medium"), (1_280, "wide")]
        {
            let rows = HeatRollup::of_hour(0, &[click("body", Point { window_px, ..POINT })]);
            assert_eq!(rows[0].size, size, "{window_px}");
        }
    }

    #[test]
    fn a_flood_of_invented_elements_takes_no_place_of_a_real_one() {
        let mut clicks: Vec<_> = (0..1_000).map(|number| click(&format!("made>up:{number}"), POINT)).collect();
        clicks.extend((0..3).map(|_| click("body>#buy", POINT)));
        let rows = HeatRollup::of_hour(0, &clicks);
        assert_eq!(rows.len(), ELEMENTS);
        assert_eq!((rows[0].place.as_str(), rows[0].clicks), ("body>#buy", 3));
        assert_eq!(rows.iter().map(|row| row.clicks).sum::<i64>(), 1_003, "none is lost");
        assert_eq!(rows[ELEMENTS - 1].place, "");
        let days = merged(rows.clone().into_iter().chain(rows), 0).unwrap();
        assert_eq!(days.iter().map(|row| row.clicks).sum::<i64>(), 2_006);
        let buy = days.iter().find(|row| row.place == "body>#buy").unwrap();
        assert!(buy.cells().unwrap().iter().all(|cell| cell.count == 6), "{buy:?}");
    }
}
