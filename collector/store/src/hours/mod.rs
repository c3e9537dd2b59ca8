//! When a site's staff is there to answer, what it promises, and since when: business hours, and the targets of tickets.
//!
//! Hours are versions: each change is a new one, and whatever was counted by an old one says by which.

pub mod calendar;
pub mod holiday;
mod version;

pub use calendar::{Calendar, Why};
pub use version::Version;

use calendar::DAY_MINUTES;
use jiff::ToSpan;
use jiff::civil::Date;
use rapport_shared::survey::Fault;
use serde::{Deserialize, Serialize};

/// Most openings of a day.
pub const OPENINGS: usize = 8;
/// Most days that a site says something of.
pub const DAYS: usize = 1_000;
/// Longest name of such a day, in characters.
pub const NAME_CHARACTERS: usize = 80;
/// Longest promise, in minutes, hours or business days.
pub const MOST: u32 = 1_000;
/// The days of a week, Monday first: their names in the API and in forms.
pub const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
/// What is open where nobody said anything: from Monday to Friday.
const USUAL: Opening = Opening { from: 9 * 60, until: 17 * 60 };

/// From one minute of a day until another by the clock on the wall; one that ends after 24:00 goes on into the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Its first minute, below 1440.
    pub from: u16,
    /// The first minute after it, at most a day later.
    pub until: u16,
}

/// A date that is not as its day of the week: closed, or with openings of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnDay {
    /// Which.
    pub date: Date,
    /// Its openings; none where it is closed.
    pub openings: Vec<Opening>,
    /// What it is called; may be empty.
    pub name: String,
}

/// What a promise counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Minutes inside the hours.
    Minutes,
    /// Hours inside the hours.
    Hours,
    /// Days, each as long as the longest day of the usual week.
    BusinessDays,
}

impl Unit {
    /// Each of them.
    pub const EACH: [Self; 3] = [Self::Minutes, Self::Hours, Self::BusinessDays];

    /// The name in the API and in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minutes => "minutes",
            Self::Hours => "hours",
            Self::BusinessDays => "business_days",
        }
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Minutes => "minutes",
            Self::Hours => "hours",
            Self::BusinessDays => "business days",
        }
    }
}

/// What is promised of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// From when it was opened until a person first wrote to the customer.
    FirstResponse,
    /// From the first message of the customer that nobody answered until a person did.
    NextResponse,
    /// From when it was opened until it was resolved for the first time.
    Resolution,
}

impl TargetKind {
    /// Each of them.
    pub const EACH: [Self; 3] = [Self::FirstResponse, Self::NextResponse, Self::Resolution];

    /// The name in the database, in the API and in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstResponse => "first_response",
            Self::NextResponse => "next_response",
            Self::Resolution => "resolution",
        }
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::FirstResponse => "First response",
            Self::NextResponse => "Next response",
            Self::Resolution => "Resolution",
        }
    }

    /// That of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// States of a ticket in which a clock can wait: it is over in the last, `resolved`.
pub const WAITING_STATES: [&str; 4] = ["new", "acknowledged", "in_progress", "waiting"];

/// How soon something is promised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// Which of them.
    pub kind: TargetKind,
    /// How many.
    pub amount: u32,
    /// Of what.
    pub unit: Unit,
    /// The states of a ticket in which its clock waits, some of [`WAITING_STATES`].
    pub paused_in: Vec<String>,
}

/// The hours of a site, and what it promises by them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// IANA name of the zone whose clocks count.
    pub zone: String,
    /// The openings of each day of the week, Monday first.
    pub week: [Vec<Opening>; 7],
    /// The country whose holidays are no business days (ISO 3166-1); empty for none.
    pub country: String,
    /// The part of it; empty for days of the whole country alone.
    pub part: String,
    /// The minute at which half days of that country end; `None` where they are days like others.
    pub half_day_until: Option<u16>,
    /// Days that are not as their day of the week. They win over holidays.
    #[serde(with = "own_days")]
    pub days: Vec<OwnDay>,
    /// What is promised: at most one of a kind.
    pub promises: Vec<Promise>,
}

/// Days in a document as people write them.
mod own_days {
    use super::OwnDay;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(days: &[OwnDay], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&OwnDay::text(days))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<OwnDay>, D::Error> {
        OwnDay::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// `H` or `H:MM`, up to `24:00`, as minutes.
fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':').unwrap_or((text, "00"));
    let is_number = |text: &str, longest| {
        !text.is_empty() && text.len() <= longest && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_number(hours, 2) || minutes.len() != 2 || !is_number(minutes, 2) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (minutes < 60).then_some(hours * 60 + minutes).filter(|minute| *minute <= DAY_MINUTES)
}

/// `9:00`, or `24:00`.
pub fn minute_text(minute: u16) -> String {
    format!("{}:{:02}", minute / 60, minute % 60)
}

impl Opening {
    fn one(text: &str) -> Option<Self> {
        let (from, until) = text.split_once(['-', '–'])?;
        let (from, until) = (minute(from.trim())?, minute(until.trim())?);
        if from == until || from == DAY_MINUTES {
            return None;
        }
        Some(Self { from, until: if until < from { until + DAY_MINUTES } else { until } })
    }

    /// The openings of a day: `9:00-12:00, 13:00-17:00`; `22:00-6:00` goes on into the next day; empty or `closed` for none.
    ///
    /// # Errors
    /// Why it cannot be.
    pub fn parse(text: &str) -> Result<Vec<Self>, String> {
        let text = text.trim();
        if text.is_empty() || text.eq_ignore_ascii_case("closed") {
            return Ok(Vec::new());
        }
        let mut openings = Vec::new();
        for part in text.split(',').map(str::trim) {
            let opening = Self::one(part);
            openings.push(opening.ok_or_else(|| {
                format!("must be times such as 9:00-12:00, 13:00-17:00, from 0:00 to 24:00: \"{part}\" is none")
            })?);
        }
        openings.sort_by_key(|opening| opening.from);
        if openings.windows(2).any(|two| two[0].until > two[1].from) {
            return Err("must not overlap one another".to_owned());
        }
        if openings.len() > OPENINGS {
            return Err(format!("must be at most {OPENINGS} openings"));
        }
        Ok(openings)
    }

    /// Openings as [`Opening::parse`] reads them; `closed` for none.
    pub fn text(openings: &[Self]) -> String {
        if openings.is_empty() {
            return "closed".to_owned();
        }
        let until = |minute: u16| if minute > DAY_MINUTES { minute - DAY_MINUTES } else { minute };
        let one = |opening: &Self| format!("{}-{}", minute_text(opening.from), minute_text(until(opening.until)));
        openings.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

impl OwnDay {
    /// Days, one a line: `2026-12-24 9:00-12:00 Christmas Eve`, `2026-12-27..2026-12-31 closed`.
    ///
    /// # Errors
    /// What is wrong, with the number of the line.
    pub fn parse(text: &str) -> Result<Vec<Self>, String> {
        let mut days: Vec<Self> = Vec::new();
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            days.extend(Self::line(line).map_err(|reason| format!("line {number}: {reason}"))?);
            if days.len() > DAYS {
                return Err(format!("must be at most {DAYS} days"));
            }
        }
        days.sort_by_key(|day| day.date);
        match days.windows(2).find(|two| two[0].date == two[1].date) {
            Some(two) => Err(format!("names {} twice", two[0].date)),
            None => Ok(days),
        }
    }

    fn line(line: &str) -> Result<Vec<Self>, String> {
        let mut words = line.split_whitespace().peekable();
        let dates = words.next().unwrap_or_default();
        let (first, last) = dates.split_once("..").unwrap_or((dates, dates));
        let date = |text: &str| {
            text.parse::<Date>().map_err(|_| format!("must begin with a date such as 2026-12-24: \"{text}\" is none"))
        };
        let (first, last) = (date(first)?, date(last)?);
        if last < first {
            return Err(format!("{last} is before {first}"));
        }
        let mut openings = Vec::new();
        let is_time =
            |word: &str| word.starts_with(|letter: char| letter.is_ascii_digit()) && word.contains(['-', '–']);
        while let Some(word) = words.next_if(|word| is_time(word)) {
            openings.push(word.trim_end_matches(','));
        }
        if openings.is_empty() && words.next_if(|word| word.eq_ignore_ascii_case("closed")).is_none() {
            return Err("must say closed or times such as 9:00-12:00 after the date".to_owned());
        }
        let openings = Opening::parse(&openings.join(","))?;
        let name = words.collect::<Vec<_>>().join(" ");
        if name.chars().count() > NAME_CHARACTERS {
            return Err(format!("its name must be at most {NAME_CHARACTERS} characters"));
        }
        let dates = first.series(1.days()).take_while(|date| *date <= last).take(DAYS + 1);
        Ok(dates.map(|date| Self { date, openings: openings.clone(), name: name.clone() }).collect())
    }

    /// Days as [`OwnDay::parse`] reads them.
    pub fn text(days: &[Self]) -> String {
        let line =
            |day: &Self| format!("{} {} {}", day.date, Opening::text(&day.openings), day.name).trim_end().to_owned();
        days.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

impl Promise {
    /// How much business time it is, in milliseconds.
    pub fn length_ms(&self, calendar: &Calendar) -> i64 {
        let unit_ms = match self.unit {
            Unit::Minutes => 60_000,
            Unit::Hours => 3_600_000,
            Unit::BusinessDays => calendar.business_day_ms(),
        };
        i64::from(self.amount) * unit_ms
    }

    /// `1 business day`.
    pub fn text(&self) -> String {
        let unit = self.unit.label();
        let unit = if self.amount == 1 { unit.trim_end_matches('s') } else { unit };
        format!("{} {unit}", self.amount)
    }
}

impl Hours {
    /// Those of a site where nobody said anything: Monday to Friday from 9 to 17, and an answer within one business day.
    pub fn usual(zone: &str) -> Self {
        let first =
            Promise { kind: TargetKind::FirstResponse, amount: 1, unit: Unit::BusinessDays, paused_in: Vec::new() };
        Self {
            zone: zone.to_owned(),
            week: std::array::from_fn(|day| if day < 5 { vec![USUAL] } else { Vec::new() }),
            country: String::new(),
            part: String::new(),
            half_day_until: None,
            days: Vec::new(),
            promises: vec![first],
        }
    }

    /// What is promised of a kind.
    pub fn promise(&self, kind: TargetKind) -> Option<&Promise> {
        self.promises.iter().find(|promise| promise.kind == kind)
    }
}

/// What is to be promised, as it was typed or sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PromiseDraft {
    /// How many; empty for no promise of that kind.
    pub amount: String,
    /// A name of [`Unit`]; empty for business days.
    pub unit: String,
    /// Some of [`WAITING_STATES`].
    pub paused_in: Vec<String>,
}

/// Hours as they were typed or sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The openings of each day of the week, see [`Opening::parse`].
    pub week: [String; 7],
    /// A country of [`holiday::countries`]; empty for none.
    pub country: String,
    /// A part of it; empty for none.
    pub part: String,
    /// The time at which half days end; empty where they are like others.
    pub half_day_until: String,
    /// See [`OwnDay::parse`].
    pub days: String,
    /// What is promised, in the order of [`TargetKind::EACH`].
    pub promises: [PromiseDraft; 3],
}

impl Draft {
    /// Hours as they would be typed.
    pub fn of(hours: &Hours) -> Self {
        let promise = |kind: TargetKind| match hours.promise(kind) {
            None => PromiseDraft::default(),
            Some(promise) => PromiseDraft {
                amount: promise.amount.to_string(),
                unit: promise.unit.as_str().to_owned(),
                paused_in: promise.paused_in.clone(),
            },
        };
        Self {
            week: std::array::from_fn(|day| Opening::text(&hours.week[day])),
            country: hours.country.clone(),
            part: hours.part.clone(),
            half_day_until: hours.half_day_until.map_or_else(String::new, minute_text),
            days: OwnDay::text(&hours.days),
            promises: TargetKind::EACH.map(promise),
        }
    }

    /// The hours that were meant, by the clocks of a zone.
    ///
    /// # Errors
    /// Every field at fault, with its limit.
    pub fn check(&self, zone: &str) -> Result<Hours, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut week: [Vec<Opening>; 7] = Default::default();
        for (day, text) in self.week.iter().enumerate() {
            match Opening::parse(text) {
                Ok(openings) => week[day] = openings,
                Err(reason) => faults.push(Fault::new(WEEKDAYS[day], reason)),
            }
        }
        let country = holiday::country(&self.country);
        if country.is_none() && !self.country.is_empty() {
            faults.push(Fault::new("country", "must be a country's code of ISO 3166-1, such as DE, or empty"));
        }
        if !self.part.is_empty() && country.is_some_and(|country| !country.has_part(&self.part)) {
            faults.push(Fault::new("part", format!("must be a part of {}, or empty", self.country)));
        }
        let half_day_until = match self.half_day_until.trim() {
            "" => None,
            text => minute(text).or_else(|| {
                faults.push(Fault::new("half_day_until", "must be a time such as 12:00, or empty"));
                None
            }),
        };
        let days = OwnDay::parse(&self.days).unwrap_or_else(|reason| {
            faults.push(Fault::new("days", reason));
            Vec::new()
        });
        let promises = TargetKind::EACH.into_iter().zip(&self.promises).filter_map(|(kind, draft)| {
            draft.check(kind).unwrap_or_else(|fault| {
                faults.push(fault);
                None
            })
        });
        let promises = promises.collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        let part = if country.is_some() { self.part.clone() } else { String::new() };
        Ok(Hours { zone: zone.to_owned(), week, country: self.country.clone(), part, half_day_until, days, promises })
    }
}

impl PromiseDraft {
    fn check(&self, kind: TargetKind) -> Result<Option<Promise>, Fault> {
        let amount = self.amount.trim();
        if amount.is_empty() {
            return Ok(None);
        }
        let at_fault = |reason: String| Fault::new(kind.as_str(), reason);
        let amount = amount.parse().ok().filter(|amount| (1..=MOST).contains(amount));
        let amount = amount.ok_or_else(|| at_fault(format!("must be a whole number from 1 to {MOST}, or empty")))?;
        let unit = match self.unit.as_str() {
            "" => Some(Unit::BusinessDays),
            name => Unit::EACH.into_iter().find(|unit| unit.as_str() == name),
        };
        let unit = unit.ok_or_else(|| at_fault("must count minutes, hours or business_days".to_owned()))?;
        if !self.paused_in.iter().all(|state| WAITING_STATES.contains(&state.as_str())) {
            return Err(at_fault(format!("can wait in the states {}", WAITING_STATES.join(", "))));
        }
        Ok(Some(Promise { kind, amount, unit, paused_in: self.paused_in.clone() }))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Hours that never open, and promise an answer within a business day.
    pub(crate) fn hours(zone: &str) -> Hours {
        Hours { week: Default::default(), ..Hours::usual(zone) }
    }

    pub(crate) fn nine_to_five(zone: &str) -> Hours {
        Hours::usual(zone)
    }

    #[test]
    fn openings_are_read_as_people_write_them() {
        for (text, expected) in [
            ("9-17", "9:00-17:00"),
            ("13:00-17:00, 9:00 - 12:30", "9:00-12:30, 13:00-17:00"),
            ("0-24", "0:00-24:00"),
            ("22–6:15", "22:00-6:15"),
            ("18:00-0:00", "18:00-24:00"),
            (" ", "closed"),
            ("Closed", "closed"),
        ] {
            assert_eq!(
                Opening::parse(text).map(|openings| Opening::text(&openings)),
                Ok(expected.to_owned()),
                "{text}"
            );
        }
        for text in
            ["9", "9-9", "9-25", "24-2", "9:60-10", "9-12, 11-13", "9-17 10-12", "nine-five", "-", "9-", "22-6,23-24"]
        {
            assert!(Opening::parse(text).is_err(), "{text}");
        }
        assert!(
            Opening::parse(&(0..9).map(|hour| format!("{hour}:00-{hour}:30")).collect::<Vec<_>>().join(",")).is_err()
        );
    }

    #[test]
    fn own_days_are_read_a_line_each_and_what_is_wrong_names_its_line() {
        let days = OwnDay::parse("2026-12-27..2026-12-29 closed\n\n2026-12-24 9-12, 13-14 Christmas Eve").unwrap();
        let text =
            "2026-12-24 9:00-12:00, 13:00-14:00 Christmas Eve\n2026-12-27 closed\n2026-12-28 closed\n2026-12-29 closed";
        assert_eq!(OwnDay::text(&days), text);
        assert_eq!(OwnDay::parse(text), Ok(days));
        for (text, reason) in [
            ("24.12.2026 closed", "line 1: must begin with a date"),
            ("2026-12-24", "line 1: must say closed"),
            ("2026-12-24 closed\n2026-12-25 at noon", "line 2: must say closed"),
            ("2026-12-24..2026-12-20 closed", "is before"),
            ("2026-12-24 closed\n2026-12-23..2026-12-25 9-12", "names 2026-12-24 twice"),
            ("2026-12-24 9-8-7", "line 1: must be times"),
            ("2020-01-01..2026-12-25 closed", "at most 1000 days"),
        ] {
            let error = OwnDay::parse(text).expect_err(text);
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_wrong_with_hours_is_named_field_by_field() {
        let good = Draft::of(&Hours::usual("Europe/Berlin"));
        assert_eq!(good.check("Europe/Berlin"), Ok(Hours::usual("Europe/Berlin")));
        let with = |change: fn(&mut Draft)| {
            let mut draft = good.clone();
            change(&mut draft);
            draft.check("UTC").map_err(|faults| faults.into_iter().map(|fault| fault.field).collect::<Vec<_>>())
        };
        for (change, field) in [
            ((|draft| draft.week[2] = "9".into()) as fn(&mut Draft), "wednesday"),
            (|draft| draft.country = "XX".into(), "country"),
            (|draft| (draft.country, draft.part) = ("DE".into(), "XX".into()), "part"),
            (|draft| draft.half_day_until = "noon".into(), "half_day_until"),
            (|draft| draft.days = "today closed".into(), "days"),
            (|draft| draft.promises[0].amount = "0".into(), "first_response"),
            (|draft| draft.promises[1].amount = "1001".into(), "next_response"),
            (|draft| (draft.promises[2].amount, draft.promises[2].unit) = ("1".into(), "weeks".into()), "resolution"),
            (|draft| draft.promises[0].paused_in = vec!["resolved".into()], "first_response"),
        ] {
            assert_eq!(with(change), Err(vec![field.to_owned()]));
        }
        assert!(with(|draft| draft.country = "DE".into()).is_ok());
    }

    #[test]
    fn a_business_day_is_as_long_as_the_longest_of_the_week() {
        let mut hours = Hours::usual("UTC");
        hours.week[4] = Opening::parse("9-13").unwrap();
        let calendar = Calendar::of(&hours);
        assert_eq!(hours.promises[0].length_ms(&calendar), 8 * 3_600_000);
        assert_eq!(
            (hours.promises[0].text(), Unit::EACH.map(Unit::as_str)),
            ("1 business day".into(), ["minutes", "hours", "business_days"])
        );
    }
}
