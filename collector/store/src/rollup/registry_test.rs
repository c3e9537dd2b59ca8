//! A rollup that only tests have, in one file as any other would be: it goes through everything that rollups go through.

use super::hour::{Hour, RawRow, Select, Span, path};
use super::narrow::{Narrow, narrowed};
use super::registry::{Registry, rollup};
use super::row::rollup_row;
use super::total::with_totals;
use super::words::{SharedWords, Word};
use super::{Grain, PageRollup, Rollup, SignalRollup, buckets, fresh, rebuild, until};
use crate::clock::Clock;
use crate::device::Device;
use crate::record::{PageViewRow, Record, SignalRow, Submission};
use crate::site::directory::SiteDirectory;
use crate::test_store::{a_site, each_engine};
use crate::visitor::Traces;
use crate::{Row, Statement, Store, StoreError, params};
use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_shared::signal::SignalKind;
use std::collections::BTreeMap;

rollup_row! {
    /// A row of `rollup_trial`. With an empty path it is of all pages, with an empty device of all devices.
    TrialRollup = "rollup_trial"
    by { path, device, name }
    count { events }
}

/// An event, as far as it is counted.
#[derive(Clone, Debug)]
pub struct EventSeen {
    path: String,
    device: String,
    name: String,
}

impl RawRow for EventSeen {
    fn selects(hour: &Hour) -> Vec<Select> {
        let sql = "SELECT path, device, name FROM signal
             WHERE site_id = $1 AND hour_ms = $2 AND occurred_at_ms < $3 AND kind = 'event' AND bot = 0 AND clamped = 0";
        vec![Select::of_items("signal", "item_id", sql, params![hour.site_id, hour.hour_ms, hour.until_ms])]
    }

    fn narrowed(span: &Span<'_>) -> Vec<Statement> {
        let mut params = span.params();
        let sql = format!(
            "SELECT s.path, s.device, s.name, s.hour_ms
             FROM signal s LEFT JOIN page_view v ON v.site_id = s.site_id AND v.item_id = s.view_id
             WHERE s.site_id = $1 AND s.hour_ms >= $2 AND s.hour_ms < $3 AND s.occurred_at_ms < $3
               AND s.kind = 'event' AND s.bot = 0 AND s.clamped = 0{}",
            span.narrow.on_signals(span.ends(), &mut params)
        );
        vec![Statement::new(sql, params)]
    }

    fn read(row: &mut Row) -> Result<Self, StoreError> {
        Ok(Self { path: path(row)?, device: row.take_text("device")?, name: row.take_text("name")? })
    }

    fn words(&self) -> Vec<Word> {
        vec![Word::path(&self.path), Word { of: "event name".into(), text: self.name.clone() }]
    }
}

impl Rollup for TrialRollup {
    type Raw = EventSeen;

    fn of_hour(hour_ms: i64, seen: &[EventSeen]) -> Vec<Self> {
        let mut sums: BTreeMap<(&str, &str, &str), i64> = BTreeMap::new();
        for event in seen {
            for (path, device) in with_totals(&event.path, &event.device) {
                *sums.entry((path, device, &event.name)).or_default() += 1;
            }
        }
        let row = |((path, device, name), events): ((&str, &str, &str), i64)| Self {
            bucket_ms: hour_ms,
            path: path.into(),
            device: device.into(),
            name: name.into(),
            events,
        };
        sums.into_iter().map(row).collect()
    }

    fn forget(&mut self, shared: &SharedWords) {
        shared.keep_path(&mut self.path);
        shared.keep("event name", &mut self.name);
    }
}

const TABLE: &str = "CREATE TABLE rollup_trial (
    site_id BYTEA NOT NULL, grain TEXT NOT NULL, bucket_ms BIGINT NOT NULL,
    path TEXT NOT NULL, device TEXT NOT NULL, name TEXT NOT NULL, events BIGINT NOT NULL,
    CONSTRAINT rollup_trial_pk PRIMARY KEY (site_id, grain, bucket_ms, path, device, name)
)";

const WITH_EVENTS: Registry = Registry(&[rollup::<PageRollup>(), rollup::<TrialRollup>(), rollup::<SignalRollup>()]);

const HOUR_MS: i64 = 3_600_000;
/// 2026-11-22T10:00:00Z.
const NOW_MS: i64 = 1_795_341_600_000;

/// A view with one event, of a visitor known by a number.
async fn happened(store: &Store, site_id: Id, number: u8, at_ms: i64, (path, name): (&str, &str)) {
    let hour_ms = at_ms - at_ms % HOUR_MS;
    let view = PageViewRow {
        site_id,
        item_id: Id([number; 16]),
        session_id: Some(Id([number; 16])),
        occurred_at_ms: at_ms,
        received_at_ms: at_ms,
        hour_ms,
        path: path.into(),
        device: Device::Mobile.into(),
        view_index: 1,
        ..PageViewRow::default()
    };
    let event = SignalRow {
        site_id,
        item_id: Id([100 + number; 16]),
        view_id: view.item_id,
        occurred_at_ms: at_ms,
        received_at_ms: at_ms,
        hour_ms,
        kind: SignalKind::Event,
        path: path.into(),
        device: Device::Mobile.into(),
        name: name.into(),
        count: 1,
        rule: None,
        measured: None,
        error_key: None,
        detail: None,
        session_id: None,
        known_visitor_key: None,
        clamped: false,
        bot: false,
        element: String::new(),
        text: String::new(),
    };
    let records = vec![Record::PageView(Box::new(view)), Record::Signal(Box::new(event))];
    let submission = Submission { site_id, received_at_ms: at_ms, day_ms: hour_ms, records, ..Submission::default() };
    store.submit(submission).await.unwrap();
}

/// Path, name and events of the rows of one device.
fn told(rows: &[TrialRollup]) -> Vec<(&str, &str, i64)> {
    let rows = rows.iter().filter(|row| row.device == "mobile");
    rows.map(|row| (row.path.as_str(), row.name.as_str(), row.events)).collect()
}

#[tokio::test]
async fn one_more_rollup_goes_through_every_step_that_the_others_go_through() {
    each_engine(async |store| {
        let site = a_site("shop");
        let site_id = site.site_id;
        store.add_site(&site).await.unwrap();
        store.write(vec![Statement::new(TABLE, params![])]).await.unwrap();
        let store = store.with_rollups(WITH_EVENTS);
        let clock = Clock::manual(NOW_MS);
        let sites = SiteDirectory::new(store.clone(), clock.clone());
        let context = sites.by_id(site_id).await.unwrap().unwrap();
        let noon_ms = NOW_MS - 48 * HOUR_MS;
        for (number, at_ms, of) in [
            (1, noon_ms, ("/cart", "coupon")),
            (2, noon_ms + 60_000, ("/cart", "coupon")),
            (3, noon_ms + 120_000, ("/ada", "ada's own")),
            (4, noon_ms + HOUR_MS, ("/cart", "coupon")),
        ] {
            happened(&store, site_id, number, at_ms, of).await;
        }
        let hour_of = async |hour_ms: i64| fresh(&store, &context, hour_ms).await.unwrap();

        // From rows, while the hours are dirty; and of a part of an hour.
        let noon = hour_of(noon_ms).await;
        let all = [("", "ada's own", 1), ("", "coupon", 2), ("/ada", "ada's own", 1), ("/cart", "coupon", 2)];
        assert_eq!(told(noon.rows()), all);
        assert_eq!(noon.rows::<PageRollup>().len(), 6, "the others are there, too");
        let part = until(&store, &context, noon_ms, noon_ms + 60_000).await.unwrap();
        assert_eq!(told(part.rows()), [("", "coupon", 1), ("/cart", "coupon", 1)]);

        // From rows that meet a condition.
        let below = Narrow { below: Some("/cart".into()), ..Narrow::default() };
        let hours = narrowed(&store, &context, (noon_ms, noon_ms + 2 * HOUR_MS), &below).await.unwrap();
        let of_hours: Vec<_> = hours.iter().map(|hour| told(hour.rows())).collect();
        let hour_of_cart = |events| vec![("", "coupon", events), ("/cart", "coupon", events)];
        assert_eq!(of_hours, [hour_of_cart(2), hour_of_cart(1)]);

        // From the rollups of hours and of the day, once the job made them.
        rebuild::run_once(&store, &clock, &sites).await.unwrap();
        assert_eq!(store.rollup_failures(10).await, Ok(vec![]));
        let day_ms = context.day_start_ms(noon_ms);
        let plan = buckets(&store, &context, &[day_ms], context.next_day_start_ms(noon_ms)).await.unwrap();
        assert_eq!(plan.days, [day_ms]);
        let stored = async |grain, bucket_ms: i64| {
            let rows = store.rollup_rows::<TrialRollup>(site_id, grain, bucket_ms, bucket_ms + 1).await.unwrap();
            super::row::merged(rows, bucket_ms).unwrap()
        };
        assert_eq!(told(&stored(Grain::Hour, noon_ms).await), all);
        let of_day = [("", "ada's own", 1), ("", "coupon", 3), ("/ada", "ada's own", 1), ("/cart", "coupon", 3)];
        assert_eq!(told(&stored(Grain::Day, day_ms).await), of_day);

        // Erased, they stay counted, without the words that nobody shared, whatever is rebuilt later.
        let ids = |first: u8| vec![Id([first + 2; 16]), Id([first + 3; 16])];
        let traces = Traces { page_views: ids(0), signals: ids(100), ..Traces::default() };
        store.erase(site_id, &site.time_zone, &traces, &clock).await.unwrap();
        assert_eq!(stored(Grain::Hour, noon_ms).await, [], "made of what is gone");
        let other = limit::OTHER_PAGES;
        let kept = [("", other, 1), ("", "coupon", 2), (other, other, 1), ("/cart", "coupon", 2)];
        assert_eq!(told(hour_of(noon_ms).await.rows()), kept);
        rebuild::run_once(&store, &clock, &sites).await.unwrap();
        assert_eq!(told(&stored(Grain::Hour, noon_ms).await), kept);
        let of_day = [("", other, 1), ("", "coupon", 3), (other, other, 1), ("/cart", "coupon", 3)];
        assert_eq!(told(&stored(Grain::Day, day_ms).await), of_day);
    })
    .await;
}
