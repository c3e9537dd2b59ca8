//! The time zone of a site, changed after things were counted in another.
//!
//! Rows and rollups are kept by the hour, and days are added up of hours. So a change that leaves every hour where it is has the
//! days counted anew, and loses nothing; one to a zone whose hours begin at other instants (India's half hours) would tear the hours
//! that are counted, and is refused once there are any.

use crate::audit::AuditEntry;
use crate::calendar::{day_of_instant, day_start_ms, hour_start_ms, next_hour_start_ms};
use crate::clock::Clock;
use crate::job::NewJob;
use crate::rollup::Grain;
use crate::rollup::table::marking;
use crate::site::Site;
use crate::{Statement, Store, StoreError, params};
use jiff::ToSpan;
use jiff::tz::TimeZone;
use rapport_shared::id::Id;

/// How many days are counted anew; why the zone cannot be changed.
pub type Recounted = Result<usize, String>;

impl Store {
    /// Cuts a site's days in another zone from now on, has those that were counted counted anew, notes who did, and asks for `later`, a
    /// job that does the latter once more ([`Store::recount_days`]): until a collector hears of the new zone it counts by the old one.
    ///
    /// # Errors
    /// When the store is away; the reason why it cannot be changed is in the result.
    pub async fn set_site_time_zone(
        &self,
        site: &Site,
        zone: &TimeZone,
        (later, entry): (&NewJob, &AuditEntry),
        clock: &Clock,
    ) -> Result<Recounted, StoreError> {
        let span_ms = self.counted_hours(site.site_id).await?;
        if let Some((first_ms, last_ms)) = span_ms {
            // What arrives until everybody knows is counted by the old zone.
            let until_ms = last_ms.max(clock.now_ms()) + 1;
            if let Some(hour_ms) = torn_hour(&site.time_zone, zone, (first_ms, until_ms)) {
                return Ok(Err(refusal(site, zone, hour_ms)));
            }
        }
        let sql = "UPDATE site SET time_zone = $2 WHERE site_id = $1";
        let mut statements = vec![
            Statement::new(sql, params![site.site_id, zone.iana_name().unwrap_or("UTC")]),
            entry.statement(site.site_id),
            later.statement(clock)?,
        ];
        let days = self.recounting(site.site_id, zone, span_ms, clock);
        let count = days.len();
        statements.extend(self.without_days(site.site_id));
        statements.extend(days);
        self.write(statements).await?;
        Ok(Ok(count))
    }

    /// Has every day of a site counted anew, of its hours; until then reports add up the hours themselves.
    pub async fn recount_days(&self, site_id: Id, zone: &TimeZone, clock: &Clock) -> Result<(), StoreError> {
        let mut statements = self.without_days(site_id);
        statements.extend(self.recounting(site_id, zone, self.counted_hours(site_id).await?, clock));
        self.write(statements).await.map(|_| ())
    }

    /// Starts of the first and of the last hour that is counted, or is to be.
    async fn counted_hours(&self, site_id: Id) -> Result<Option<(i64, i64)>, StoreError> {
        let mut span_ms = self.hours_with_rows(site_id).await?;
        for rollup in self.rollups().0 {
            let sql = format!(
                "SELECT MIN(bucket_ms) AS first_ms, MAX(bucket_ms) AS last_ms FROM {} WHERE site_id = $1 AND grain = $2",
                rollup.table()
            );
            for row in self.read(sql, params![site_id, Grain::Hour.as_str()]).await? {
                let found = row.int_or_null("first_ms")?.zip(row.int_or_null("last_ms")?);
                let widest = |(first, last): (i64, i64), (a, b): (i64, i64)| (first.min(a), last.max(b));
                span_ms = match (span_ms, found) {
                    (Some(one), Some(other)) => Some(widest(one, other)),
                    (one, other) => one.or(other),
                };
            }
        }
        Ok(span_ms)
    }

    /// The statements that forget what a site's days add up to, whatever zone they were cut in.
    fn without_days(&self, site_id: Id) -> Vec<Statement> {
        let tables = self.rollups().0.iter().map(|rollup| rollup.table()).chain(["rollup_failure"]);
        let of_days = tables.map(|table| {
            let sql = format!("DELETE FROM {table} WHERE site_id = $1 AND grain = $2");
            Statement::new(sql, params![site_id, Grain::Day.as_str()])
        });
        let marks = Statement::new("DELETE FROM rollup_dirty_day WHERE site_id = $1", params![site_id]);
        of_days.chain([marks]).collect()
    }

    /// The statements that mark the days of these hours, one a day.
    fn recounting(&self, site_id: Id, zone: &TimeZone, span_ms: Option<(i64, i64)>, clock: &Clock) -> Vec<Statement> {
        let Some((first_ms, last_ms)) = span_ms else { return Vec::new() };
        let first = day_of_instant(zone, first_ms);
        let days = std::iter::successors(Some(first), |day| day.checked_add(1.day()).ok());
        let mut starts_ms: Vec<i64> =
            days.map(|day| day_start_ms(zone, day)).take_while(|start_ms| *start_ms <= last_ms).collect();
        // A day that the zone leaves out begins where the next one does.
        starts_ms.dedup();
        starts_ms.into_iter().map(|day_ms| marking(site_id, day_ms, clock.new_id())).collect()
    }
}

/// The first hour in `[from_ms, until_ms)` of the one zone that is none of the other.
fn torn_hour(old: &TimeZone, new: &TimeZone, (from_ms, until_ms): (i64, i64)) -> Option<i64> {
    crate::calendar::hours(old, from_ms, until_ms).find(|hour_ms| {
        hour_start_ms(new, *hour_ms) != *hour_ms
            || next_hour_start_ms(new, *hour_ms) != next_hour_start_ms(old, *hour_ms)
    })
}

fn refusal(site: &Site, zone: &TimeZone, hour_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(hour_ms).unwrap_or_default();
    format!(
        "hours in {} begin at other instants than those in {} (at {at}, for one), and hours of {} are counted already: what \
         is in them cannot be told apart any more. Choose a zone that is whole hours away, or add another site",
        zone.iana_name().unwrap_or("UTC"),
        site.time_zone_name(),
        site.name,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::IfKnown;
    use crate::record::{PageViewRow, Record, Submission};
    use crate::rollup::{PageRollup, buckets, rebuild};
    use crate::site::directory::SiteDirectory;
    use crate::test_store::{a_site, each_engine, note, number};

    const HOUR_MS: i64 = 3_600_000;
    /// 2026-11-22T10:00:00Z.
    const NOW_MS: i64 = 1_795_341_600_000;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn later() -> NewJob {
        NewJob {
            kind: "recount_days".into(),
            key: "shop".into(),
            site_id: None,
            payload: "null".into(),
            due_at_ms: NOW_MS,
            if_known: IfKnown::Postpone,
        }
    }

    async fn seen(store: &Store, site_id: Id, number: u8, hour_ms: i64) {
        let view = PageViewRow {
            site_id,
            item_id: Id([number; 16]),
            visitor_key: Id([number; 16]),
            occurred_at_ms: hour_ms,
            received_at_ms: hour_ms,
            hour_ms,
            path: "/cart".into(),
            device: "mobile",
            view_index: 1,
            ..PageViewRow::default()
        };
        let records = vec![Record::PageView(Box::new(view))];
        let submission =
            Submission { site_id, received_at_ms: hour_ms, day_ms: hour_ms, records, ..Submission::default() };
        store.submit(submission).await.unwrap();
    }

    /// Views of each day that has some, by its start.
    async fn days(store: &Store, site_id: Id) -> Vec<(i64, i64)> {
        let rows = store.rollup_rows::<PageRollup>(site_id, Grain::Day, 0, i64::MAX).await.unwrap();
        let rows = rows.into_iter().filter(|row| row.path.is_empty() && row.device.is_empty());
        let mut days: Vec<_> = rows.map(|row| (row.bucket_ms, row.views)).collect();
        days.sort_unstable();
        days
    }

    #[tokio::test]
    async fn days_that_were_counted_in_another_zone_are_counted_anew() {
        each_engine(async |store| {
            let site = a_site("shop");
            let site_id = site.site_id;
            store.add_site(&site).await.unwrap();
            let clock = Clock::manual(NOW_MS);
            let sites = SiteDirectory::new(store.clone(), clock.clone());
            // Midnight in Berlin, which is six in the evening of the day before in New York.
            let midnight_ms = day_start_ms(&site.time_zone, "2026-11-20".parse().unwrap());
            for (number, hours) in [(1, -1), (2, 0), (3, 5), (4, 6)] {
                seen(&store, site_id, number, midnight_ms + hours * HOUR_MS).await;
            }
            rebuild::run_once(&store, &clock, &sites).await.unwrap();
            assert_eq!(days(&store, site_id).await, [(midnight_ms - 24 * HOUR_MS, 1), (midnight_ms, 3)]);

            let new_york = zone("America/New_York");
            let recounted = store.set_site_time_zone(&site, &new_york, (&later(), &note(NOW_MS)), &clock).await;
            assert_eq!(recounted, Ok(Ok(2)));
            assert_eq!(store.sites().await.unwrap()[0].time_zone_name(), "America/New_York");
            assert_eq!(store.audit_entries(site_id, None, 10).await.unwrap().len(), 1);
            assert_eq!(number(&store, "SELECT COUNT(*) AS jobs FROM job WHERE kind = 'recount_days'").await, 1);
            // Nothing of the old days is read by anybody.
            assert_eq!(days(&store, site_id).await, []);
            sites.forget();
            let context = sites.by_id(site_id).await.unwrap().unwrap();
            let day_ms = midnight_ms + 6 * HOUR_MS - 24 * HOUR_MS;
            let plan = buckets(&store, &context, &[day_ms], day_ms + 24 * HOUR_MS).await.unwrap();
            assert_eq!((plan.days.len(), plan.hours.len()), (0, 24), "a report adds up the hours meanwhile");
            rebuild::run_once(&store, &clock, &sites).await.unwrap();
            let expected = [(day_ms, 3), (day_ms + 24 * HOUR_MS, 1)];
            assert_eq!(days(&store, site_id).await, expected);

            // A collector that has not heard of it counts an hour, and marks a day of the old zone.
            let mark = "INSERT INTO rollup_dirty_day (site_id, day_ms, mark) VALUES ($1, $2, $1)";
            store.write(vec![Statement::new(mark, params![site_id, midnight_ms])]).await.unwrap();
            rebuild::run_once(&store, &clock, &sites).await.unwrap();
            assert_eq!(days(&store, site_id).await, expected, "no day of another zone is counted");
            assert_eq!(store.dirty_days(site_id, 0, i64::MAX).await, Ok(vec![]));
            // And one that had begun a day wrote it.
            let stray = PageRollup { bucket_ms: midnight_ms, views: 9, ..PageRollup::default() };
            store.write(vec![crate::rollup::row::RollupRow::insert(&stray, site_id, Grain::Day)]).await.unwrap();
            store.recount_days(site_id, &new_york, &clock).await.unwrap();
            rebuild::run_once(&store, &clock, &sites).await.unwrap();
            assert_eq!(days(&store, site_id).await, expected);
        })
        .await;
    }

    #[tokio::test]
    async fn a_zone_that_would_tear_counted_hours_is_refused_with_its_reason() {
        each_engine(async |store| {
            let site = a_site("shop");
            store.add_site(&site).await.unwrap();
            let clock = Clock::manual(NOW_MS);
            let set = async |name: &str| {
                let site = store.sites().await.unwrap().remove(0);
                store.set_site_time_zone(&site, &zone(name), (&later(), &note(NOW_MS)), &clock).await.unwrap()
            };
            assert_eq!(set("Asia/Kolkata").await, Ok(0), "nothing is counted yet");
            assert_eq!(set("Europe/Berlin").await, Ok(0));
            seen(&store, site.site_id, 1, NOW_MS - 48 * HOUR_MS).await;
            for name in ["Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns"] {
                let reason = set(name).await.unwrap_err();
                assert!(reason.contains(name) && reason.contains("Europe/Berlin"), "{reason}");
            }
            assert_eq!(store.sites().await.unwrap()[0].time_zone_name(), "Europe/Berlin");
            assert_eq!(set("UTC").await, Ok(1));
        })
        .await;
    }
}
