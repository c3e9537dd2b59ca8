//! Where clicks were judged by another rule within the days of a report: a change that is the rule's, and no visitor's.

use jiff::tz::TimeZone;
use rapport_store::calendar::day_of_instant;
use rapport_store::click_rule::ClickRule;
use serde::Serialize;
use utoipa::ToSchema;

/// The last change of the rules for rage, dead, slow and failed clicks within the days that a report shows or compares with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RuleChange {
    /// The first day with clicks judged by the newer version, as `2026-03-31`.
    pub day: String,
    /// That version.
    pub version: i64,
}

impl RuleChange {
    /// The last change between two instants, in epoch milliseconds, on the days of `zone`.
    pub fn of(rules: &[ClickRule], (from_ms, to_ms): (i64, i64), zone: &TimeZone) -> Option<Self> {
        let is_change = |rule: &&ClickRule| {
            let before = rules.iter().any(|other| other.since_ms < rule.since_ms && other.version < rule.version);
            before && rule.since_ms > from_ms && rule.since_ms < to_ms
        };
        let last = rules.iter().filter(is_change).max_by_key(|rule| rule.since_ms)?;
        Some(Self { day: day_of_instant(zone, last.since_ms).to_string(), version: last.version })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trend_over_two_versions_of_the_rule_says_so() {
        let rule = |version, since_ms| ClickRule { version, since_ms };
        let day_ms = 86_400_000;
        let of = |rules: &[ClickRule], from_day: i64, to_day: i64| {
            RuleChange::of(rules, (from_day * day_ms, to_day * day_ms), &TimeZone::UTC).map(|change| change.day)
        };
        let both = [rule(1, 0), rule(2, 10 * day_ms + 3_600_000)];
        assert_eq!(of(&both, 7, 14).as_deref(), Some("1970-01-11"));
        for (rules, from, to) in [(&both[..], 0, 10), (&both, 11, 20), (&both[1..], 7, 14), (&[], 7, 14)] {
            assert_eq!(of(rules, from, to), None, "{rules:?} {from} {to}");
        }
    }
}
