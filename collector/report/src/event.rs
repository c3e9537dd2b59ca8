//! Custom events: how often, in how many views, and by the values of their properties.

use crate::period::Period;
use rapport_figures::sketch::SketchError;
use rapport_shared::limit;
use rapport_store::rollup::EventRollup;
use rapport_store::rollup::row::RollupRow;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// An event of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EventLine {
    /// Its name; `(other)` for what was too rare to be told apart.
    pub name: String,
    /// How often.
    pub events: u64,
    /// Page views with it.
    pub views: u64,
    /// Views with it by day, or by the hour where there are few days.
    pub trend: Vec<u64>,
}

/// A value of a property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EventValue {
    /// The property.
    pub property: String,
    /// The value; `(other)` for what was too rare to be told apart.
    pub value: String,
    /// How often.
    pub events: u64,
    /// Page views with it.
    pub views: u64,
}

/// The custom events of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Events {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// The days, or hours, of each trend.
    pub steps: Vec<String>,
    /// Every event, or the one that is asked for; the most frequent first.
    pub events: Vec<EventLine>,
    /// Of one event the values of its properties, the most frequent of each first.
    pub values: Vec<EventValue>,
}

/// The report of some rows: values are told where they are of one event; `property` and `value` narrow them where they are not empty.
///
/// # Errors
/// When a set of views cannot be read.
pub fn report(period: &Period, rows: &[EventRollup], (property, value): (&str, &str)) -> Result<Events, SketchError> {
    let mut lines: BTreeMap<&str, (EventRollup, Vec<u64>)> = BTreeMap::new();
    let mut values: BTreeMap<(&str, &str), EventRollup> = BTreeMap::new();
    for row in rows {
        if row.property.is_empty() {
            let (sum, trend) =
                lines.entry(&row.name).or_insert_with(|| (EventRollup::default(), vec![0; period.steps.len()]));
            sum.merge(row)?;
            if let Some(step) = period.step_of(row.bucket_ms) {
                trend[step] += row.views.max(0) as u64;
            }
        } else if (property.is_empty() || property == row.property) && (value.is_empty() || value == row.value) {
            values.entry((&row.property, &row.value)).or_default().merge(row)?;
        }
    }
    let count = |number: i64| number.max(0) as u64;
    let rest = |name: &str| name == limit::OTHER_PAGES;
    let mut events: Vec<_> = lines
        .into_iter()
        .map(|(name, (sum, trend))| EventLine {
            name: name.to_owned(),
            events: count(sum.events),
            views: count(sum.views),
            trend,
        })
        .collect();
    events.sort_by(|one, other| (rest(&one.name), other.events).cmp(&(rest(&other.name), one.events)));
    let mut values: Vec<_> = values
        .into_iter()
        .map(|((property, value), sum)| EventValue {
            property: property.to_owned(),
            value: value.to_owned(),
            events: count(sum.events),
            views: count(sum.views),
        })
        .collect();
    values.sort_by(|one, other| {
        (&one.property, rest(&one.value), other.events).cmp(&(&other.property, rest(&other.value), one.events))
    });
    Ok(Events {
        from: period.first.to_string(),
        to: period.last.to_string(),
        steps: period.steps.iter().map(|step| step.label.clone()).collect(),
        events,
        values,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    #[test]
    fn values_of_properties_are_counted_and_narrowed() {
        let day = |text: &str| text.parse().expect("a day");
        let period = Period::new(&TimeZone::UTC, day("1970-01-01"), day("1970-01-03"), i64::MAX);
        let row = |day: i64, property: &str, value: &str, events| EventRollup {
            bucket_ms: day * 86_400_000,
            name: "signup".into(),
            property: property.into(),
            value: value.into(),
            events,
            views: events,
            ..EventRollup::default()
        };
        let rows = [
            row(0, "", "", 5),
            row(1, "", "", 3),
            row(0, "plan", "pro", 4),
            row(1, "plan", "pro", 1),
            row(1, "plan", "(other)", 9),
            row(1, "seats", "12", 2),
        ];
        let report = |property, value| super::report(&period, &rows, (property, value)).expect("rows are fine");
        let all = report("", "");
        assert_eq!((all.events[0].events, all.events[0].trend.clone()), (8, vec![5, 3, 0]));
        let told = |events: &Events| {
            events.values.iter().map(|of| format!("{}={} {}", of.property, of.value, of.events)).collect::<Vec<_>>()
        };
        assert_eq!(told(&all), ["plan=pro 5", "plan=(other) 9", "seats=12 2"]);
        assert_eq!(told(&report("plan", "pro")), ["plan=pro 5"]);
        assert_eq!(told(&report("seats", "")), ["seats=12 2"]);
    }
}
