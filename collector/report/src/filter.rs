//! What a report is about: range, comparison, device and page, all of it in the URL.

use super::period::Period;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rapport_shared::limit::PATH_CHARACTERS;
use rapport_shared::survey::Fault;
use std::fmt::Write as _;

/// The longest custom range, in days.
pub const RANGE_DAYS: i32 = 366;

/// The days a report covers; today is included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// So many days up to today: 7, 30 or 90.
    Last(i32),
    /// From one day to another, both included.
    Custom(Date, Date),
}

/// Which devices a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// Every device.
    All,
    /// Desktop and laptop computers.
    Desktop,
    /// Phones.
    Mobile,
    /// Tablets.
    Tablet,
}

impl Device {
    /// Every value, in the order it is offered.
    pub const EACH: [Self; 4] = [Self::All, Self::Desktop, Self::Mobile, Self::Tablet];

    /// The name in the URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Desktop => "desktop",
            Self::Mobile => "mobile",
            Self::Tablet => "tablet",
        }
    }

    /// The name in the database, empty for every device.
    pub fn stored(self) -> &'static str {
        if self == Self::All { "" } else { self.as_str() }
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::All => "All devices",
            Self::Desktop => "Desktop",
            Self::Mobile => "Mobile",
            Self::Tablet => "Tablet",
        }
    }
}

/// The filter of a report: the whole state of a page is its URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// The days covered.
    pub range: Range,
    /// Whether the previous period is looked at too.
    pub compare: bool,
    /// Which devices.
    pub device: Device,
    /// Only this page.
    pub page: Option<String>,
}

impl Default for Filter {
    fn default() -> Self {
        Self { range: Range::Last(30), compare: true, device: Device::All, page: None }
    }
}

/// The pairs of a query string, in order; of a repeated name the last one counts.
pub type Pairs = [(String, String)];

/// The value of `name` among the pairs; an empty one is none.
pub fn value<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .rev()
        .find(|(other, _)| other == name)
        .map(|(_, value)| value.as_str())
        .filter(|value| !value.is_empty())
}

impl Filter {
    /// Reads a query string; names it does not know are left to others.
    ///
    /// # Errors
    /// Every field at fault, with what it may be.
    pub fn parse(pairs: &Pairs) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut filter = Self::default();
        let mut day = |name: &str| {
            let text = value(pairs, name)?;
            let day = text.parse::<Date>().ok().filter(|day| (2000..=2200).contains(&day.year()));
            if day.is_none() {
                faults.push(Fault::new(name, "must be a day such as 2026-03-31"));
            }
            day
        };
        let (from, to) = (day("from"), day("to"));
        match value(pairs, "range") {
            None if from.is_none() && to.is_none() => {}
            Some("7d") => filter.range = Range::Last(7),
            Some("30d") => filter.range = Range::Last(30),
            Some("90d") => filter.range = Range::Last(90),
            None | Some("custom") => match (from, to) {
                (Some(from), Some(to)) if from > to => faults.push(Fault::new("from", "must not be after `to`")),
                (Some(from), Some(to)) => match from.until(to) {
                    Ok(span) if span.get_days() < RANGE_DAYS => filter.range = Range::Custom(from, to),
                    _ => faults.push(Fault::new("to", "must be within 366 days of `from`")),
                },
                (None, _) => faults.push(Fault::new("from", "must be a day when range is custom")),
                (_, None) => faults.push(Fault::new("to", "must be a day when range is custom")),
            },
            Some(_) => faults.push(Fault::new("range", "must be 7d, 30d, 90d or custom")),
        }
        match value(pairs, "compare") {
            None | Some("previous") => {}
            Some("none") => filter.compare = false,
            Some(_) => faults.push(Fault::new("compare", "must be previous or none")),
        }
        if let Some(name) = value(pairs, "device") {
            match Device::EACH.into_iter().find(|device| device.as_str() == name) {
                Some(device) => filter.device = device,
                None => faults.push(Fault::new("device", "must be all, desktop, mobile or tablet")),
            }
        }
        if let Some(page) = value(pairs, "page") {
            if page.chars().count() <= PATH_CHARACTERS {
                filter.page = Some(page.to_owned());
            } else {
                faults.push(Fault::new("page", format!("must be at most {PATH_CHARACTERS} characters")));
            }
        }
        // The same field can be found wanting twice: as a day, and as a part of the range.
        faults.dedup_by(|later, earlier| later.field == earlier.field);
        if faults.is_empty() { Ok(filter) } else { Err(faults) }
    }

    /// The fields of the URL that give this filter; none for the default one.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = Vec::new();
        match self.range {
            Range::Last(30) => {}
            Range::Last(days) => fields.push(("range", format!("{days}d"))),
            Range::Custom(from, to) => {
                fields.extend([("range", "custom".to_owned()), ("from", from.to_string()), ("to", to.to_string())])
            }
        }
        if !self.compare {
            fields.push(("compare", "none".to_owned()));
        }
        if self.device != Device::All {
            fields.push(("device", self.device.as_str().to_owned()));
        }
        if let Some(page) = &self.page {
            fields.push(("page", page.clone()));
        }
        fields
    }

    /// The query string that gives this filter; empty for the default one.
    pub fn query(&self) -> String {
        query_of(&self.fields())
    }

    /// The query string with its `?`, or nothing.
    pub fn suffix(&self) -> String {
        let query = self.query();
        if query.is_empty() { query } else { format!("?{query}") }
    }

    /// The page as rollups name it: empty for the whole site.
    pub fn path(&self) -> &str {
        self.page.as_deref().unwrap_or("")
    }

    /// By how much p of a change is multiplied, because the days of the filter move on and so are looked at every day:
    /// with it, who looks for a month at what does not change meets a false one in at most 5 of 100 months. 1 for days
    /// that stay the same. Found by simulation: see the test of this function.
    pub fn looks(&self) -> f64 {
        match self.range {
            Range::Custom(..) => 1.0,
            Range::Last(..7) => 30.0,
            Range::Last(7..14) => 22.0,
            Range::Last(14..30) => 16.0,
            Range::Last(30..90) => 8.0,
            Range::Last(_) => 5.0,
        }
    }

    /// The period of the report, and the previous one when compared.
    ///
    /// The previous period is as many days, moved back by whole weeks, so that the same days of the week are compared:
    /// 7 days with the 7 before, 30 with those of five weeks ago. Where the period is not over, it ends at the same
    /// time of its day, so that a day that is not over is compared with as much of another.
    pub fn periods(&self, zone: &TimeZone, now_ms: i64) -> (Period, Option<Period>) {
        let today = Timestamp::from_millisecond(now_ms).unwrap_or_default().to_zoned(zone.clone()).date();
        let (first, last) = match self.range {
            Range::Last(days) => (today.saturating_sub((days - 1).days()), today),
            Range::Custom(from, to) => (from, to),
        };
        let now = Period::new(zone, first, last, now_ms);
        let before = self.compare.then(|| {
            let shift = (now.days.len().div_ceil(7) * 7) as i32;
            let back = |date: Date| date.saturating_sub(shift.days());
            let is_over = now.days.last().is_none_or(|last| last.end_ms <= now.to_ms);
            let before = Period::new(zone, back(first), back(last), i64::MAX);
            if is_over {
                return before;
            }
            let until = Timestamp::from_millisecond(now_ms).unwrap_or_default().to_zoned(zone.clone()).datetime();
            let until = back(until.date()).to_datetime(until.time()).to_zoned(zone.clone());
            before.ending_at(until.map_or(i64::MAX, |until| until.timestamp().as_millisecond()))
        });
        (now, before)
    }
}

/// The query string of some fields.
pub fn query_of(fields: &[(&str, String)]) -> String {
    let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    pairs.join("&")
}

/// Percent-encodes a value of a query string, or a segment of a path.
pub fn encode(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(query: &[(&str, &str)]) -> Vec<(String, String)> {
        query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_url_is_the_whole_state() {
        for (query, canonical) in [
            (&[][..], ""),
            (&[("range", "30d"), ("device", "all"), ("compare", "previous"), ("page", "")][..], ""),
            (&[("range", "7d"), ("device", "mobile")][..], "range=7d&device=mobile"),
            (
                &[("from", "2026-01-01"), ("to", "2026-01-31"), ("compare", "none")][..],
                "range=custom&from=2026-01-01&to=2026-01-31&compare=none",
            ),
            (&[("page", "/a b/ü?&=<x>")][..], "page=%2Fa%20b%2F%C3%BC%3F%26%3D%3Cx%3E"),
            (&[("utm", "x")][..], ""),
        ] {
            assert_eq!(Filter::parse(&pairs(query)).expect("fine").query(), canonical);
        }
    }

    #[test]
    fn each_fault_names_its_field() {
        for (query, fields) in [
            (&[("range", "1y")][..], &["range"][..]),
            (&[("range", "custom")][..], &["from"][..]),
            (&[("range", "custom"), ("from", "2026-01-01")][..], &["to"][..]),
            (&[("from", "yesterday"), ("to", "2026-01-01")][..], &["from"][..]),
            (&[("from", "2026-02-01"), ("to", "2026-01-01")][..], &["from"][..]),
            (&[("from", "2024-01-01"), ("to", "2026-01-01")][..], &["to"][..]),
            (&[("device", "fridge"), ("compare", "maybe")][..], &["compare", "device"][..]),
            (&[("page", "x".repeat(513).as_str())][..], &["page"][..]),
        ] {
            let faults = Filter::parse(&pairs(query)).expect_err("at fault");
            assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), fields, "{query:?}");
        }
    }

    #[test]
    fn the_previous_period_ends_at_the_same_hour() {
        let zone = TimeZone::get("Europe/Berlin").expect("a known zone");
        // 2026-04-15 10:30 in Berlin; summer time began on 29 March.
        let now_ms = "2026-04-15T08:30:00Z".parse::<Timestamp>().expect("an instant").as_millisecond();
        let (now, before) = Filter { range: Range::Last(7), ..Filter::default() }.periods(&zone, now_ms);
        assert_eq!((now.first.to_string(), now.last.to_string()), ("2026-04-09".into(), "2026-04-15".into()));
        assert_eq!(now.days.len(), 7);
        let before = before.expect("compared by default");
        assert_eq!((before.first.to_string(), before.last.to_string()), ("2026-04-02".into(), "2026-04-08".into()));
        let end = Timestamp::from_millisecond(before.to_ms).expect("an instant").to_zoned(zone.clone());
        assert_eq!(end.datetime().to_string(), "2026-04-08T10:30:00");
        let range = Range::Custom("2026-03-28".parse().expect("a day"), "2026-03-30".parse().expect("a day"));
        let (custom, before) = Filter { range, ..Filter::default() }.periods(&zone, now_ms);
        assert_eq!(custom.to_ms - custom.from_ms, (3 * 24 - 1) * 3_600_000, "an hour is missing in March");
        let before = before.expect("compared");
        assert_eq!((before.first.to_string(), before.last.to_string()), ("2026-03-21".into(), "2026-03-23".into()));
        assert_eq!(Filter { compare: false, ..Filter::default() }.periods(&zone, now_ms).1, None);
    }

    #[test]
    fn a_running_day_is_cut_alike_when_the_clocks_change() {
        // Clocks went forward on Sunday 29 March: at 10:30 nine and a half hours had passed, a week before ten and a half.
        let zone = TimeZone::get("Europe/Berlin").expect("a known zone");
        let now_ms = "2026-03-29T08:30:00Z".parse::<Timestamp>().expect("an instant").as_millisecond();
        let day = |text: &str| text.parse().expect("a day");
        for range in [Range::Last(7), Range::Custom(day("2026-03-28"), day("2026-03-31"))] {
            let (now, before) = Filter { range, ..Filter::default() }.periods(&zone, now_ms);
            let clock = |ms: i64| {
                Timestamp::from_millisecond(ms).expect("an instant").to_zoned(zone.clone()).datetime().to_string()
            };
            assert_eq!(clock(now.to_ms), "2026-03-29T11:00:00");
            assert_eq!(clock(before.expect("compared").to_ms), "2026-03-22T10:30:00");
        }
    }

    #[test]
    fn the_previous_period_has_the_same_days_of_the_week() {
        let zone = TimeZone::UTC;
        let now_ms = "2026-05-06T12:00:00Z".parse::<Timestamp>().expect("an instant").as_millisecond();
        let last = "2026-05-05".parse::<Date>().expect("a day");
        for days in [1, 3, 7, 14, 28, 30, 90, 365, 366] {
            for range in [Range::Last(days), Range::Custom(last.saturating_sub((days - 1).days()), last)] {
                let (now, before) = Filter { range, ..Filter::default() }.periods(&zone, now_ms);
                let before = before.expect("compared");
                assert_eq!(before.days.len(), now.days.len(), "{range:?}");
                assert_eq!(before.first.weekday(), now.first.weekday(), "{range:?}");
                assert!(before.last < now.first, "{range:?}");
                assert!(before.last.saturating_add(7.days()) >= now.first, "{range:?}: no more than needed");
            }
        }
    }

    #[test]
    fn looking_every_day_for_a_month_finds_a_false_change_in_at_most_one_month_of_twenty() {
        // Days of independent, normally distributed figures that never change, looked at on 30 days: 1,000 months.
        let mut state = 9u64;
        let mut normal = || {
            let uniform = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 11) as f64 / (1u64 << 53) as f64
            };
            std::iter::repeat_with(uniform).take(12).sum::<f64>() - 6.0
        };
        for (days, alone) in [(7, 500), (14, 370), (30, 210), (90, 120)] {
            let looks = Filter { range: Range::Last(days), ..Filter::default() }.looks();
            let (length, shift) = (days as usize, (days as usize).div_ceil(7) * 7);
            let (mut found, mut found_alone) = (0, 0);
            for _ in 0..1_000 {
                let mut sums = vec![0.0];
                (0..length + shift + 30).for_each(|_| sums.push(sums[sums.len() - 1] + normal()));
                let least = (length + shift..sums.len() - 1)
                    .map(|end| {
                        let of = |end: usize| sums[end] - sums[end - length];
                        let z = (of(end) - of(end - shift)) / (2.0 * length as f64).sqrt();
                        2.0 * upper_tail(z.abs())
                    })
                    .fold(1.0, f64::min);
                found += usize::from(least * looks < 0.05);
                found_alone += usize::from(least < 0.05);
            }
            assert!(found <= 55, "{days} days: {found} of 1,000");
            assert!(found_alone >= alone, "{days} days, uncorrected: {found_alone} of 1,000");
        }
    }

    /// The upper tail of the normal distribution, within 1e-7 (Abramowitz and Stegun 26.2.17).
    fn upper_tail(z: f64) -> f64 {
        let t = 1.0 / (1.0 + 0.231_641_9 * z);
        let factors = [1.330_274_429, -1.821_255_978, 1.781_477_937, -0.356_563_782, 0.319_381_53];
        let series = factors.into_iter().fold(0.0, |sum, factor| (sum + factor) * t);
        series * (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
    }
}
