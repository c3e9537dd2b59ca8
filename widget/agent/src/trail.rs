//! The trail: what happened in this page before an answer, kept in memory only.

use rapport_browser::json::{Json, array};
use rapport_browser::milliseconds;
use rapport_shared::limit;

/// One event.
struct Event {
    at_ms: f64,
    count: u32,
    /// Its fields as JSON, without time and count.
    fields: Json,
}

/// The last events, oldest first.
#[derive(Default)]
pub struct Trail(Vec<Event>);

impl Trail {
    /// Adds an event in its place; the oldest goes when there are too many.
    pub fn add(&mut self, at_ms: f64, count: u32, fields: Json) {
        let place = self.0.iter().rposition(|event| event.at_ms <= at_ms).map_or(0, |index| index + 1);
        self.0.insert(place, Event { at_ms, count, fields });
        if self.0.len() > limit::TRAIL_EVENTS {
            self.0.remove(0);
        }
    }

    /// Sets the count of the last event with those fields.
    pub fn recount(&mut self, fields: &Json, count: u32) {
        if let Some(event) = self.0.iter_mut().rev().find(|event| event.fields == *fields) {
            event.count = count;
        }
    }

    /// The trail up to `until_ms` as a JSON array, as much of its end as its limit in bytes allows.
    pub fn json(&self, until_ms: f64) -> String {
        let mut events = Vec::new();
        let mut bytes = 2;
        for event in self.0.iter().rev() {
            let mut json = Json::object();
            json.number("before_ms", milliseconds(until_ms - event.at_ms));
            json.rest(&event.fields);
            if event.count > 1 {
                json.number("count", event.count.into());
            }
            let json = json.close();
            bytes += json.len() + 1;
            if bytes > limit::TRAIL_BYTES {
                break;
            }
            events.push(json);
        }
        events.reverse();
        array(&events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fields(element: &str) -> Json {
        let mut json = Json::fields();
        json.text("element", element);
        json
    }

    #[test]
    fn events_are_in_order_and_counts_follow() {
        let mut trail = Trail::default();
        trail.add(100.0, 1, fields("a"));
        trail.add(300.0, 3, fields("b"));
        trail.add(200.0, 1, fields("c"));
        trail.recount(&fields("b"), 5);
        assert_eq!(
            trail.json(1000.0),
            r#"[{"before_ms":900,"element":"a"},{"before_ms":800,"element":"c"},{"before_ms":700,"element":"b","count":5}]"#
        );
    }

    proptest! {
        #[test]
        fn both_limits_hold_and_the_latest_event_stays(elements in proptest::collection::vec("[a-z\"]{1,300}", 1..120)) {
            let mut trail = Trail::default();
            for (index, element) in elements.iter().enumerate() {
                trail.add(index as f64, 1, fields(element));
            }
            let json = trail.json(1000.0);
            prop_assert!(json.len() <= limit::TRAIL_BYTES);
            let read: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
            prop_assert!(read.len() <= limit::TRAIL_EVENTS);
            prop_assert_eq!(read.last().and_then(|event| event["element"].as_str()), elements.last().map(String::as_str));
        }
    }
}
