//! Errors, those that are one together: where they are thrown, since when, how often, and in whose views; and one group of them.

use crate::page::CauseReport;
use crate::period::Period;
use crate::response::Time;
use jiff::tz::TimeZone;
use rapport_figures::sketch::{SketchError, UniqueSketch};
use rapport_shared::limit;
use rapport_store::error_key::{ErrorKey, ErrorMet};
use rapport_store::rollup::ErrorRollup;
use rapport_store::rollup::row::RollupRow;
use serde::Serialize;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// Groups on one page of the list.
pub const LISTED: usize = 50;
/// Longest text that is searched for, in characters.
pub const SEARCH_CHARACTERS: usize = 200;
/// Values that are listed of a group's releases, browsers, pages, places and messages.
const VALUES: usize = 10;

/// What a list of groups is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorSort {
    /// Views that met it.
    #[default]
    Views,
    /// How often.
    Errors,
    /// Visitors who met it.
    Visitors,
    /// The newest first.
    FirstSeen,
    /// The last seen first.
    LastSeen,
}

impl ErrorSort {
    /// Every order, with its name in addresses.
    pub const EACH: [(Self, &'static str); 5] = [
        (Self::Views, "views"),
        (Self::Errors, "errors"),
        (Self::Visitors, "visitors"),
        (Self::FirstSeen, "first_seen"),
        (Self::LastSeen, "last_seen"),
    ];

    /// The name in addresses.
    pub fn as_str(self) -> &'static str {
        Self::EACH.into_iter().find(|(sort, _)| *sort == self).map_or("", |(_, name)| name)
    }

    /// The order of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|(_, known)| *known == name).map(|(sort, _)| sort)
    }
}

/// Which part of the list is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorsListed {
    /// By what it is sorted.
    pub sort: ErrorSort,
    /// Only what has this in its type, message, file or function; empty for all.
    pub search: String,
    /// Which part, from 1.
    pub part: usize,
}

/// Errors that are one.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ErrorGroup {
    /// By what it is asked for: the version of the rule and a hash; `(other)` for what was too rare to be told apart.
    pub key: String,
    /// Type, such as `TypeError`.
    pub name: String,
    /// The newest message; empty where every row was erased.
    pub message: String,
    /// File without origin, query and build hash; empty where there was no stack.
    pub file: String,
    /// Function; empty for one without a name.
    pub function: String,
    /// The newest line, 0 when unknown. It is no part of the key.
    pub line: u32,
    /// When it was first seen, on whatever days.
    pub first_seen: Option<Time>,
    /// When it was last seen.
    pub last_seen: Option<Time>,
    /// Whether it was first seen within these days.
    pub is_new: bool,
    /// How often.
    pub errors: u64,
    /// Page views that met it.
    pub views: u64,
    /// Visitors who met it, to about 1 %; of those whose id does not last, a visitor is one for a day.
    pub visitors: u64,
    /// Views that met it, by day, or by the hour where there are few days.
    pub trend: Vec<u64>,
    /// How many groups were merged into it by hand.
    pub merged: usize,
}

/// The list of groups.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ErrorGroups {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// How many groups there are on these days.
    pub in_all: usize,
    /// How many of them have what is searched for.
    pub found: usize,
    /// How many parts of the list these are.
    pub parts: usize,
    /// The days, or hours, of each trend.
    pub steps: Vec<String>,
    /// The groups of the part.
    pub groups: Vec<ErrorGroup>,
}

/// How often a value occurs among the newest errors of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Occurs {
    /// The value.
    pub value: String,
    /// Views with it.
    pub views: u64,
}

/// A key that belongs to a group.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MemberKey {
    /// The key.
    pub key: String,
    /// Type.
    pub name: String,
    /// File.
    pub file: String,
    /// Function.
    pub function: String,
}

/// One group of errors.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ErrorReport {
    /// The group.
    pub group: ErrorGroup,
    /// The days, or hours, of the trend.
    pub steps: Vec<String>,
    /// How many of its newest errors the following lists look at.
    pub looked_at: usize,
    /// Releases that had it.
    pub releases: Vec<Occurs>,
    /// Browsers.
    pub browsers: Vec<Occurs>,
    /// Pages.
    pub pages: Vec<Occurs>,
    /// Files as they were served, with line and column: no part of the key.
    pub places: Vec<Occurs>,
    /// Messages.
    pub messages: Vec<Occurs>,
    /// What was merged into it by hand; it itself is not among it.
    pub merged: Vec<MemberKey>,
    /// The people who met it; absent without the right to read answers.
    pub people: Option<CauseReport>,
}

/// Which key stands for which group.
pub struct Groups<'a> {
    keys: HashMap<&'a str, &'a ErrorKey>,
}

impl<'a> Groups<'a> {
    /// Those of a site's keys.
    pub fn of(keys: &'a [ErrorKey]) -> Self {
        Self { keys: keys.iter().map(|key| (key.error_key.as_str(), key)).collect() }
    }

    /// The group that a key belongs to.
    pub fn group_of<'k>(&'k self, key: &'k str) -> &'k str {
        self.keys.get(key).and_then(|known| known.merged_into.as_deref()).unwrap_or(key)
    }

    /// Every key of a group, its own first.
    pub fn keys_of(&self, group: &str) -> Vec<String> {
        let mut merged: Vec<_> = self.merged_into(group).map(|key| key.error_key.clone()).collect();
        merged.sort();
        let mut keys = vec![group.to_owned()];
        keys.extend(merged);
        keys.truncate(rapport_store::error_key::GROUP_KEYS);
        keys
    }

    fn merged_into(&self, group: &str) -> impl Iterator<Item = &'a ErrorKey> {
        self.keys.values().copied().filter(move |key| key.merged_into.as_deref() == Some(group))
    }

    /// What was merged into a group by hand.
    pub fn merged(&self, group: &str) -> Vec<MemberKey> {
        let member = |key: &ErrorKey| MemberKey {
            key: key.error_key.clone(),
            name: key.name.clone(),
            file: key.file.clone(),
            function: key.function.clone(),
        };
        let mut merged: Vec<_> = self.merged_into(group).map(member).collect();
        merged.sort_by(|one, other| one.key.cmp(&other.key));
        merged
    }
}

/// Every group of the rows, without messages; views of several rows count once, visitors are merged.
///
/// # Errors
/// When a sketch cannot be read.
pub fn groups(
    period: &Period,
    rows: &[ErrorRollup],
    keys: &[ErrorKey],
    zone: &TimeZone,
) -> Result<Vec<ErrorGroup>, SketchError> {
    let known = Groups::of(keys);
    let mut sums: BTreeMap<&str, (ErrorRollup, Vec<u64>)> = BTreeMap::new();
    for row in rows {
        let group = known.group_of(&row.error_key);
        let (sum, trend) = sums.entry(group).or_insert_with(|| (ErrorRollup::default(), vec![0; period.steps.len()]));
        sum.merge(row)?;
        if let Some(step) = period.step_of(row.bucket_ms) {
            trend[step] += row.views.max(0) as u64;
        }
    }
    let mut groups = Vec::with_capacity(sums.len());
    for (group, (sum, trend)) in sums {
        let members: Vec<_> = known.keys.get(group).copied().into_iter().chain(known.merged_into(group)).collect();
        let first_ms = members.iter().map(|key| key.first_seen_ms).min();
        let last_ms = members.iter().map(|key| key.last_seen_ms).max();
        let own = known.keys.get(group);
        let visitors = if sum.visitors_sketch.is_empty() {
            UniqueSketch::default()
        } else {
            UniqueSketch::decode(&sum.visitors_sketch)?
        };
        groups.push(ErrorGroup {
            key: group.to_owned(),
            name: own.map_or_else(|| group.to_owned(), |key| key.name.clone()),
            message: String::new(),
            file: own.map_or_else(String::new, |key| key.file.clone()),
            function: own.map_or_else(String::new, |key| key.function.clone()),
            line: 0,
            first_seen: first_ms.map(|ms| Time::new(ms, zone)),
            last_seen: last_ms.map(|ms| Time::new(ms, zone)),
            is_new: first_ms.is_some_and(|ms| (period.from_ms..period.to_ms).contains(&ms)),
            errors: sum.errors.max(0) as u64,
            views: sum.views.max(0) as u64,
            visitors: visitors.estimate().min(sum.views.max(0) as u64),
            trend,
            merged: members.len().saturating_sub(1),
        });
    }
    Ok(groups)
}

/// A group that nobody met on these days.
pub fn none_of(group: &str, keys: &[ErrorKey], period: &Period, zone: &TimeZone) -> ErrorGroup {
    let known = Groups::of(keys);
    let own = known.keys.get(group);
    let time = |ms: fn(&ErrorKey) -> i64| own.map(|key| Time::new(ms(key), zone));
    ErrorGroup {
        key: group.to_owned(),
        name: own.map_or_else(String::new, |key| key.name.clone()),
        message: String::new(),
        file: own.map_or_else(String::new, |key| key.file.clone()),
        function: own.map_or_else(String::new, |key| key.function.clone()),
        line: 0,
        first_seen: time(|key| key.first_seen_ms),
        last_seen: time(|key| key.last_seen_ms),
        is_new: false,
        errors: 0,
        views: 0,
        visitors: 0,
        trend: vec![0; period.steps.len()],
        merged: known.merged(group).len(),
    }
}

/// Says of groups what their newest errors were.
pub fn describe(groups: &mut [ErrorGroup], newest: &[ErrorMet]) {
    let newest: HashMap<&str, &ErrorMet> = newest.iter().map(|met| (met.error_key.as_str(), met)).collect();
    for group in groups {
        if let Some(met) = newest.get(group.key.as_str()) {
            group.message.clone_from(&met.text);
            group.line = met.detail.line;
        }
    }
}

/// The part of the list that is asked for.
pub fn listed(period: &Period, mut groups: Vec<ErrorGroup>, listed: &ErrorsListed) -> ErrorGroups {
    let in_all = groups.len();
    let wanted = listed.search.to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&wanted);
    groups.retain(|group| {
        wanted.is_empty()
            || [&group.name, &group.message, &group.file, &group.function].into_iter().any(|text| has(text))
    });
    let at = |time: &Option<Time>| time.as_ref().map_or(i64::MIN, |time| time.epoch_ms);
    groups.sort_by(|one, other| {
        // What is too rare to be told apart comes last.
        let rest = |group: &ErrorGroup| group.key == limit::OTHER_PAGES;
        let order: Ordering = match listed.sort {
            ErrorSort::Views => other.views.cmp(&one.views),
            ErrorSort::Errors => other.errors.cmp(&one.errors),
            ErrorSort::Visitors => other.visitors.cmp(&one.visitors),
            ErrorSort::FirstSeen => at(&other.first_seen).cmp(&at(&one.first_seen)),
            ErrorSort::LastSeen => at(&other.last_seen).cmp(&at(&one.last_seen)),
        };
        rest(one).cmp(&rest(other)).then(order).then(other.views.cmp(&one.views)).then_with(|| one.key.cmp(&other.key))
    });
    let found = groups.len();
    let first = listed.part.saturating_sub(1).saturating_mul(LISTED).min(found);
    ErrorGroups {
        from: period.first.to_string(),
        to: period.last.to_string(),
        in_all,
        found,
        parts: found.div_ceil(LISTED),
        steps: period.steps.iter().map(|step| step.label.clone()).collect(),
        groups: groups.drain(first..found.min(first + LISTED)).collect(),
    }
}

/// What occurs among some errors, by the views that had it.
pub fn occurring(met: &[ErrorMet], value: impl Fn(&ErrorMet) -> String) -> Vec<Occurs> {
    let mut views: BTreeMap<String, std::collections::HashSet<rapport_shared::id::Id>> = BTreeMap::new();
    for one in met {
        let value = value(one);
        if !value.is_empty() {
            views.entry(value).or_default().insert(one.view_id);
        }
    }
    let mut occurs: Vec<_> =
        views.into_iter().map(|(value, views)| Occurs { value, views: views.len() as u64 }).collect();
    occurs.sort_by_key(|occurs| std::cmp::Reverse(occurs.views));
    occurs.truncate(VALUES);
    occurs
}

/// Where an error was thrown, as it was served.
pub fn place(met: &ErrorMet) -> String {
    let detail = &met.detail;
    match (detail.file.is_empty(), detail.line, detail.column) {
        (true, ..) => String::new(),
        (_, 0, _) => detail.file.clone(),
        (_, line, 0) => format!("{}:{line}", detail.file),
        (_, line, column) => format!("{}:{line}:{column}", detail.file),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(day: i64, key: &str, views: i64, visitor: u8) -> ErrorRollup {
        let mut visitors = UniqueSketch::default();
        visitors.insert(&[visitor; 16]);
        ErrorRollup {
            bucket_ms: day * 86_400_000,
            error_key: key.into(),
            errors: views * 2,
            views,
            visitors_sketch: visitors.encode(),
            ..ErrorRollup::default()
        }
    }

    #[test]
    fn what_was_merged_by_hand_is_one_line_with_its_own_visitors_once() {
        let day = |text: &str| text.parse().expect("a day");
        let period = Period::new(&TimeZone::UTC, day("1970-01-01"), day("1970-01-04"), i64::MAX);
        let key = |key: &str, first_seen_ms, into: Option<&str>| ErrorKey {
            error_key: key.into(),
            name: "TypeError".into(),
            file: format!("/{key}.js"),
            first_seen_ms,
            last_seen_ms: 4_000,
            merged_into: into.map(str::to_owned),
            ..ErrorKey::default()
        };
        let keys = [key("1-a", -5, None), key("1-b", 100, Some("1-a")), key("1-c", 200, None)];
        let rows = [row(0, "1-a", 4, 7), row(1, "1-b", 6, 7), row(1, "1-c", 30, 8), row(2, "(other)", 90, 9)];
        let all = groups(&period, &rows, &keys, &TimeZone::UTC).expect("sketches are fine");
        let list = listed(&period, all.clone(), &ErrorsListed { part: 1, ..ErrorsListed::default() });
        let told: Vec<_> =
            list.groups.iter().map(|group| (group.key.as_str(), group.views, group.visitors, group.merged)).collect();
        assert_eq!(told, [("1-c", 30, 1, 0), ("1-a", 10, 1, 1), ("(other)", 90, 1, 0)]);
        assert_eq!(list.groups[1].trend, [4, 6, 0, 0]);
        assert_eq!(
            (list.groups[0].is_new, list.groups[1].is_new),
            (true, false),
            "the group is as old as its oldest key"
        );
        let found = listed(&period, all, &ErrorsListed { search: "1-C".into(), part: 1, ..ErrorsListed::default() });
        assert_eq!((found.in_all, found.found, found.groups[0].key.as_str()), (3, 1, "1-c"));
        assert_eq!(Groups::of(&keys).keys_of("1-a"), ["1-a", "1-b"]);
    }
}
