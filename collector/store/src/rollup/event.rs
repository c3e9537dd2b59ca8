//! The rollup of custom events: how often, and in how many views, by page, device, name and the values of their properties.

use super::range::BucketRange;
use super::registry::Rollup;
use super::row::{RollupRow, rollup_row};
use super::signal::{SignalSeen, Views, listed};
use super::total::with_totals;
use super::words::{SharedWords, Word};
use crate::device::{Device, rollup_name};
use crate::engine::value::read_all;
use crate::{Store, StoreError, params, text};
use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_shared::signal::SignalKind;
use std::collections::BTreeMap;

/// Longest name of an event in a rollup, in bytes: it is a key.
pub const NAME_BYTES: usize = 240;
/// Longest name of a property, in bytes.
pub const PROPERTY_BYTES: usize = 128;
/// Longest value of a property, in bytes.
pub const VALUE_BYTES: usize = 256;
/// Most names kept of one page and device in an hour, and most values of one property; the rest count as [`limit::OTHER_PAGES`].
const NAMES: usize = 50;
const VALUES: usize = 20;

rollup_row! {
    /// A row of `rollup_event`. With an empty path it is of all pages, with an empty device of all devices, with an empty property of all
    /// events of the name.
    EventRollup = "rollup_event"
    by { path, device, name, property, value }
    count { events, views }
    views { listed_views of views }
}

#[derive(Default)]
struct Sum {
    events: i64,
    views: Views,
}

/// Counts by a text, of which the most counted are told apart.
type Counts = BTreeMap<String, Sum>;
/// Counts of values, by event and property.
type OfValues = BTreeMap<(String, String), Counts>;

fn bounded(counts: Counts, most: usize) -> Vec<(String, Sum)> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|(a, one), (b, other)| other.events.cmp(&one.events).then(a.cmp(b)));
    if counts.len() > most {
        let mut rest = Sum::default();
        for (_, sum) in counts.drain(most - 1..) {
            rest.events += sum.events;
            rest.views.extend(sum.views);
        }
        counts.push((limit::OTHER_PAGES.to_owned(), rest));
    }
    counts
}

impl Rollup for EventRollup {
    type Raw = SignalSeen;

    fn of_hour(hour_ms: i64, seen: &[SignalSeen]) -> Vec<Self> {
        let mut sums: BTreeMap<(&str, &str), (Counts, OfValues)> = BTreeMap::new();
        for event in seen.iter().filter(|signal| signal.kind == SignalKind::Event.as_str()) {
            let name = text::cut(event.name.clone(), NAME_BYTES);
            for place in with_totals(&event.path, &event.device) {
                let (names, properties) = sums.entry(place).or_default();
                let count = |sum: &mut Sum| {
                    sum.events += 1;
                    sum.views.insert(event.view_id, event.within_hour);
                };
                count(names.entry(name.clone()).or_default());
                for (property, value) in &event.detail.properties {
                    let key = (name.clone(), text::cut(property.clone(), PROPERTY_BYTES));
                    let values = properties.entry(key).or_default();
                    count(values.entry(text::cut(value.clone(), VALUE_BYTES)).or_default());
                }
            }
        }
        let mut rows = Vec::new();
        for ((path, device), (names, mut properties)) in sums {
            let mut push = |name: &str, property: &str, value: String, sum: Sum| {
                rows.push(Self {
                    bucket_ms: hour_ms,
                    path: path.to_owned(),
                    device: device.to_owned(),
                    name: name.to_owned(),
                    property: property.to_owned(),
                    value,
                    events: sum.events,
                    views: sum.views.len() as i64,
                    listed_views: listed(&sum.views),
                });
            };
            for (name, sum) in bounded(names, NAMES) {
                push(&name, "", String::new(), sum);
                let own: Vec<_> = properties.keys().filter(|(of, _)| *of == name).cloned().collect();
                for key in own {
                    let values = properties.remove(&key).unwrap_or_default();
                    for (value, sum) in bounded(values, VALUES) {
                        push(&name, &key.1, value, sum);
                    }
                }
            }
        }
        rows
    }

    fn forget(&mut self, shared: &SharedWords) {
        shared.keep_path(&mut self.path);
        let Word { of, text } = word(&self.name, &self.property, &self.value);
        if !self.property.is_empty() {
            self.value = text;
            shared.keep(&of, &mut self.value);
        }
        shared.keep(SignalKind::Event.as_str(), &mut self.name);
    }

    fn path_mut(&mut self) -> Option<&mut String> {
        Some(&mut self.path)
    }
}

/// What a property of an event may say of somebody.
pub(super) fn word(name: &str, property: &str, value: &str) -> Word {
    let name = text::cut(name.to_owned(), NAME_BYTES);
    let property = text::cut(property.to_owned(), PROPERTY_BYTES);
    Word { of: format!("{name} {property}"), text: text::cut(value.to_owned(), VALUE_BYTES) }
}

impl Store {
    /// Custom events by bucket, name and value over a range, on one page (empty for all together) and device: of one name, or of every
    /// where it is empty, then without properties.
    pub async fn event_rollups(
        &self,
        site_id: Id,
        range: BucketRange,
        (path, device): (&str, Option<Device>),
        name: &str,
    ) -> Result<Vec<EventRollup>, StoreError> {
        let sql = format!(
            "SELECT {} FROM rollup_event
             WHERE site_id = $1 AND path = $2 AND grain = $3 AND bucket_ms >= $4 AND bucket_ms <= $5 AND device = $6
               AND (name = $7 OR ($7 = '' AND property = ''))",
            EventRollup::COLUMNS.join(", ")
        );
        let params =
            params![site_id, path, range.grain.as_str(), range.first_ms, range.last_ms, rollup_name(device), name];
        read_all(self.read(sql, params).await?, |row| EventRollup::read(row))
    }
}
