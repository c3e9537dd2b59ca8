//! Public holidays, half days and working weekends by country, from the table that `holiday_table.py` writes.

use jiff::civil::Date;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const TABLE: &str = include_str!("holidays.txt");
/// In the table: the whole country and every part, and the country itself as one of several.
const EVERYWHERE: &str = "*";
const NO_PART: &str = "-";

/// What a date is besides a day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Nobody works.
    Off,
    /// It ends earlier than others.
    Half,
    /// It lies on a weekend, and is worked.
    Worked,
}

/// A date that is something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holiday {
    /// What it is.
    pub kind: Kind,
    /// What it is called, in English; says where the source only expects it.
    pub name: &'static str,
}

/// A country of the table.
#[derive(Debug)]
pub struct Country {
    /// ISO 3166-1, two letters.
    pub code: &'static str,
    /// What it is called, in English.
    pub name: &'static str,
    /// Its parts with days of their own: code (ISO 3166-2 without the country, where it has one) and name, which may be empty.
    pub parts: Vec<(&'static str, &'static str)>,
    /// What kind, where, and the rest of the line.
    lines: Vec<(Kind, &'static str, &'static str)>,
}

struct Table {
    first_year: i16,
    last_year: i16,
    countries: Vec<Country>,
}

static TABLE_READ: LazyLock<Table> = LazyLock::new(|| read(TABLE));

fn read(text: &'static str) -> Table {
    let mut table = Table { first_year: i16::MAX, last_year: i16::MIN, countries: Vec::new() };
    for line in text.lines() {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (first, more) = rest.split_once(' ').unwrap_or((rest, ""));
        let kind = match word {
            "years" => {
                table.first_year = first.parse().unwrap_or(i16::MAX);
                table.last_year = more.parse().unwrap_or(i16::MIN);
                continue;
            }
            "country" => {
                table.countries.push(Country { code: first, name: more, parts: Vec::new(), lines: Vec::new() });
                continue;
            }
            "off" => Some(Kind::Off),
            "half" => Some(Kind::Half),
            "work" => Some(Kind::Worked),
            _ => None,
        };
        match (table.countries.last_mut(), kind) {
            (Some(country), Some(kind)) => country.lines.push((kind, first, more)),
            (Some(country), None) if word == "part" => country.parts.push((first, more)),
            _ => {}
        }
    }
    table.countries.sort_by_key(|country| country.name);
    table
}

/// Every country, by name.
pub fn countries() -> &'static [Country] {
    &TABLE_READ.countries
}

/// The country of a code.
pub fn country(code: &str) -> Option<&'static Country> {
    countries().iter().find(|country| country.code == code)
}

/// The last year of which the table knows the holidays.
pub fn last_year() -> i16 {
    TABLE_READ.last_year
}

impl Country {
    /// Whether it has a part of that code.
    pub fn has_part(&self, code: &str) -> bool {
        self.parts.iter().any(|(known, _)| *known == code)
    }

    /// Every date that is something in a part, or in the country itself where that is empty. A day off is no half day.
    pub fn days(&self, part: &str) -> BTreeMap<Date, Holiday> {
        let place = if part.is_empty() { NO_PART } else { part };
        let mut days = BTreeMap::new();
        for (kind, places, rest) in &self.lines {
            if *places != EVERYWHERE && !places.split(',').any(|known| known == place) {
                continue;
            }
            let Some((name, dates)) = rest.rsplit_once('|') else { continue };
            for date in dates.split(' ').flat_map(dates_of) {
                let holiday = Holiday { kind: *kind, name };
                days.entry(date)
                    .and_modify(|known: &mut Holiday| {
                        if *kind < known.kind {
                            *known = holiday.clone();
                        }
                    })
                    .or_insert(holiday);
            }
        }
        days
    }
}

/// `MMDD`, a day of every year of the table, or `YYMMDD`.
fn dates_of(text: &'static str) -> Vec<Date> {
    let number = |at: std::ops::Range<usize>| text.get(at).and_then(|digits| digits.parse::<i8>().ok());
    let date = |year, month: Option<i8>, day: Option<i8>| Date::new(year, month?, day?).ok();
    match text.len() {
        4 => {
            let years = TABLE_READ.first_year..=TABLE_READ.last_year;
            years.filter_map(|year| date(year, number(0..2), number(2..4))).collect()
        }
        6 => number(0..2)
            .and_then(|year| date(2_000 + i16::from(year), number(2..4), number(4..6)))
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(code: &str, part: &str, date: &str) -> Option<(Kind, &'static str)> {
        let days = country(code).expect(code).days(part);
        days.get(&date.parse().expect("a date")).map(|holiday| (holiday.kind, holiday.name))
    }

    #[test]
    fn a_holiday_of_a_region_is_none_elsewhere_and_half_days_and_working_weekends_are_told_apart() {
        for (code, part, date, expected) in [
            ("DE", "", "2026-10-03", Some((Kind::Off, "German Unity Day"))),
            ("DE", "BY", "2026-01-06", Some((Kind::Off, "Epiphany"))),
            ("DE", "BE", "2026-01-06", None),
            ("DE", "", "2026-01-06", None),
            ("DE", "SN", "2026-11-18", Some((Kind::Off, "Repentance and Prayer Day"))),
            ("GB", "SCT", "2026-04-06", None),
            ("GB", "ENG", "2026-04-06", Some((Kind::Off, "Easter Monday"))),
            ("US", "", "2026-07-03", Some((Kind::Off, "Independence Day (observed)"))),
            ("US", "", "2026-11-26", Some((Kind::Off, "Thanksgiving Day"))),
            ("CN", "", "2026-02-14", Some((Kind::Worked, "Working weekend"))),
            ("JP", "", "2026-09-22", Some((Kind::Off, "National Holiday"))),
            ("DE", "", "2026-05-04", None),
        ] {
            assert_eq!(on(code, part, date), expected, "{code} {part} {date}");
        }
        assert_eq!(on("EE", "", "2026-12-23").map(|(kind, _)| kind), Some(Kind::Half));
    }

    #[test]
    fn the_table_is_whole() {
        assert!(countries().len() >= 200, "{}", countries().len());
        assert!(last_year() >= 2034);
        for country in countries() {
            assert!(country.code.len() == 2 && !country.name.is_empty(), "{country:?}");
            for (kind, places, rest) in &country.lines {
                let (name, dates) = rest.rsplit_once('|').unwrap_or_else(|| panic!("{}: {rest}", country.code));
                assert!(!name.is_empty() && !dates.is_empty(), "{}: {kind:?} {rest}", country.code);
                assert!(dates.split(' ').all(|date| !dates_of(date).is_empty()), "{}: {rest}", country.code);
                let known = |place: &str| place == EVERYWHERE || place == NO_PART || country.has_part(place);
                assert!(places.split(',').all(known), "{}: {places}", country.code);
            }
        }
    }
}
