//! SQL of visits: which went on after the hour they began in, what was seen in those of some days, and who came back.

use crate::device::Device;
use crate::engine::value::read_all;
use crate::rollup::narrow::Narrow;
use crate::{Row, Statement, Store, StoreError, params};
use rapport_shared::id::Id;
use rapport_shared::signal::SignalKind;

/// Which visits of some days are followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sample {
    /// Every one.
    #[default]
    Every,
    /// One in 128, by the last byte of its id, which is random. A visit is in it with all its rows or with none.
    OneIn128,
}

impl Sample {
    /// Of how many visits one is followed.
    pub fn one_in(self) -> u64 {
        match self {
            Self::Every => 1,
            Self::OneIn128 => 128,
        }
    }

    /// The condition on rows called `alias`, as the index of the sample has it: an engine takes that only if it reads the same there.
    fn on(self, alias: &str, engine: &str) -> String {
        let byte = if engine == "sqlite" { "x'02'" } else { "'\\x02'::bytea" };
        match self {
            Self::Every => String::new(),
            Self::OneIn128 => format!(" AND substr({alias}.session_id, 16) < {byte}"),
        }
    }
}

/// The statement that notes a further view of a visit that began in an hour, whose start `hour_ms` is.
pub fn note_further_view(site_id: Id, hour_ms: i64, session_id: Id) -> Statement {
    let sql = "INSERT INTO visit_further (site_id, hour_ms, session_id) VALUES ($1, $2, $3)
         ON CONFLICT (site_id, hour_ms, session_id) DO NOTHING";
    Statement::new(sql, params![site_id, hour_ms, session_id])
}

/// A page view, as far as a way through the site is told by it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the columns of page_view")]
pub struct SeenView {
    pub session_id: Id,
    pub item_id: Id,
    pub occurred_at_ms: i64,
    pub received_at_ms: i64,
    pub view_index: i64,
    pub duration_ms: i64,
    /// The visitor, known from one day to the next where they consented; else known for a day.
    pub visitor: Id,
    pub path: String,
    pub device: String,
}

/// A step of a task, a custom event or a click on an element, as far as a way through the site is told by it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the columns of signal")]
pub struct SeenSignal {
    pub session_id: Id,
    pub item_id: Id,
    pub occurred_at_ms: i64,
    pub received_at_ms: i64,
    pub kind: SignalKind,
    pub element: String,
    pub name: String,
    pub text: String,
}

fn seen_view(row: &mut Row) -> Result<SeenView, StoreError> {
    Ok(SeenView {
        session_id: row.id("session_id")?,
        item_id: row.id("item_id")?,
        occurred_at_ms: row.int("occurred_at_ms")?,
        received_at_ms: row.int("received_at_ms")?,
        view_index: row.int("view_index")?,
        duration_ms: row.int("duration_ms")?,
        visitor: row.id("visitor")?,
        path: row.take_text("path")?,
        device: row.take_text("device")?,
    })
}

/// `None` for a kind of signal that is not known here.
fn seen_signal(row: &mut Row) -> Result<Option<SeenSignal>, StoreError> {
    let Some(kind) = row.named_if_known("kind", SignalKind::parse)? else { return Ok(None) };
    Ok(Some(SeenSignal {
        session_id: row.id("session_id")?,
        item_id: row.id("item_id")?,
        occurred_at_ms: row.int("occurred_at_ms")?,
        received_at_ms: row.int("received_at_ms")?,
        kind,
        element: row.take_text("element")?,
        name: row.take_text("name")?,
        text: row.take_text("text")?,
    }))
}

impl Store {
    /// How many page views and signals of a sample there are in the hours of `[from_ms, to_ms)`; of each no more than `most` are counted.
    pub async fn rows_of_sample(
        &self,
        site_id: Id,
        (from_ms, to_ms): (i64, i64),
        (sample, most): (Sample, i64),
    ) -> Result<u64, StoreError> {
        let of = |table: &str| {
            format!(
                "(SELECT COUNT(*) FROM (SELECT 1 FROM {table} r
                  WHERE r.site_id = $1 AND r.hour_ms >= $2 AND r.hour_ms < $3{} LIMIT $4) AS of_{table})",
                sample.on("r", self.engine_name())
            )
        };
        let sql = format!("SELECT {} + {} AS rows_in_all", of("page_view"), of("signal"));
        let rows = self.read(sql, params![site_id, from_ms, to_ms, most]).await?;
        rows.first().map_or(Ok(0), |row| row.count("rows_in_all"))
    }

    /// The page views of visits in the hours of `[from_ms, to_ms)` that meet a condition, in no order. Robots, and what is older than its
    /// sender could tell, are left out.
    pub async fn seen_views(
        &self,
        site_id: Id,
        (from_ms, to_ms): (i64, i64),
        (device, narrow): (Option<Device>, &Narrow),
        sample: Sample,
    ) -> Result<Vec<SeenView>, StoreError> {
        let mut params = params![site_id, from_ms, to_ms, device];
        let sql = format!(
            "SELECT v.session_id, v.item_id, v.occurred_at_ms, v.received_at_ms, v.view_index, v.duration_ms,
               COALESCE(v.known_visitor_key, v.visitor_key) AS visitor, v.path, v.device
             FROM page_view v
             WHERE v.site_id = $1 AND v.hour_ms >= $2 AND v.hour_ms < $3 AND v.occurred_at_ms < $3
               AND v.session_id IS NOT NULL AND v.bot = 0 AND v.clamped = 0 AND ($4 = '' OR v.device = $4){}{}",
            sample.on("v", self.engine_name()),
            narrow.on_views((from_ms, to_ms), &mut params)
        );
        read_all(self.read(sql, params).await?, seen_view)
    }

    /// The same of steps of tasks, custom events and clicks on elements.
    pub async fn seen_signals(
        &self,
        site_id: Id,
        (from_ms, to_ms): (i64, i64),
        (device, narrow): (Option<Device>, &Narrow),
        sample: Sample,
    ) -> Result<Vec<SeenSignal>, StoreError> {
        let mut params = params![site_id, from_ms, to_ms, device];
        let condition = narrow.on_signals((from_ms, to_ms), &mut params);
        // Only what narrows asks for the view.
        let view = if condition.is_empty() {
            ""
        } else {
            "LEFT JOIN page_view v ON v.site_id = s.site_id AND v.item_id = s.view_id"
        };
        let sql = format!(
            "SELECT s.session_id, s.item_id, s.occurred_at_ms, s.received_at_ms, s.kind, s.element, s.name, s.text
             FROM signal s {view}
             WHERE s.site_id = $1 AND s.hour_ms >= $2 AND s.hour_ms < $3 AND s.occurred_at_ms < $3
               AND s.session_id IS NOT NULL AND s.bot = 0 AND s.clamped = 0 AND s.kind NOT IN ('error', 'form', 'field')
               AND ($4 = '' OR s.device = $4){}{condition}",
            sample.on("s", self.engine_name())
        );
        let seen = read_all(self.read(sql, params).await?, seen_signal)?;
        Ok(seen.into_iter().flatten().collect())
    }

    /// The known visitors with a view in the hours of `[from_ms, to_ms)` that meets a condition, each once, at most `most`.
    pub async fn known_visitors(
        &self,
        site_id: Id,
        (from_ms, to_ms): (i64, i64),
        (device, narrow): (Option<Device>, &Narrow),
        most: i64,
    ) -> Result<Vec<Id>, StoreError> {
        let mut params = params![site_id, from_ms, to_ms, device, most];
        let sql = format!(
            "SELECT DISTINCT v.known_visitor_key AS visitor FROM page_view v
             WHERE v.site_id = $1 AND v.hour_ms >= $2 AND v.hour_ms < $3 AND v.occurred_at_ms < $3
               AND v.known_visitor_key IS NOT NULL AND v.bot = 0 AND v.clamped = 0 AND ($4 = '' OR v.device = $4){}
             LIMIT $5",
            narrow.on_views((from_ms, to_ms), &mut params)
        );
        self.read(sql, params).await?.iter().map(|row| row.id("visitor")).collect()
    }

    /// How many views of known visitors there are in the hours of `[from_ms, to_ms)` that meet a condition.
    pub async fn views_of_known(
        &self,
        site_id: Id,
        (from_ms, to_ms): (i64, i64),
        (device, narrow): (Option<Device>, &Narrow),
    ) -> Result<u64, StoreError> {
        let mut params = params![site_id, from_ms, to_ms, device];
        let sql = format!(
            "SELECT COUNT(*) AS views FROM page_view v
             WHERE v.site_id = $1 AND v.hour_ms >= $2 AND v.hour_ms < $3 AND v.occurred_at_ms < $3
               AND v.known_visitor_key IS NOT NULL AND v.bot = 0 AND v.clamped = 0 AND ($4 = '' OR v.device = $4){}",
            narrow.on_views((from_ms, to_ms), &mut params)
        );
        self.read(sql, params).await?.first().map_or(Ok(0), |row| row.count("views"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::record::{PageViewRow, Record, Submission};
    use crate::site::directory::SiteDirectory;
    use crate::story_test::{NOW_MS, tell};
    use crate::test_store::{a_site, each_engine};

    const HOUR_MS: i64 = 3_600_000;

    #[tokio::test]
    async fn what_was_seen_in_visits_is_read_whole_and_narrowed() {
        each_engine(async |store| {
            let site = a_site("shop");
            store.add_site(&site).await.unwrap();
            let sites = SiteDirectory::new(store.clone(), Clock::System);
            tell(&store, &sites, &site).await;
            let (site_id, span_ms) = (site.site_id, (NOW_MS - 7 * 24 * HOUR_MS, NOW_MS));
            let none = Narrow { release: Some("9".into()), campaign: Some("none".into()), ..Narrow::default() };
            let whole = Narrow::default();
            let views = store.seen_views(site_id, span_ms, (None, &whole), Sample::Every).await.unwrap();
            assert_eq!(views.len(), 115, "the story has as many");
            let sampled = store.seen_views(site_id, span_ms, (None, &whole), Sample::OneIn128).await.unwrap();
            let expected: Vec<_> = views.iter().filter(|view| view.session_id.0[15] < 2).cloned().collect();
            assert_eq!(sampled.len(), expected.len());
            assert!(sampled.iter().all(|view| expected.contains(view)), "{sampled:?}");
            let rows = store.rows_of_sample(site_id, span_ms, (Sample::OneIn128, 1_000)).await.unwrap();
            assert!(rows >= expected.len() as u64 && rows < store.rows_within(site_id, span_ms, 1_000).await.unwrap());
            assert_eq!(
                store.seen_views(site_id, span_ms, (Some(Device::Tablet), &whole), Sample::Every).await,
                Ok(vec![])
            );
            assert_eq!(store.seen_views(site_id, span_ms, (None, &none), Sample::Every).await, Ok(vec![]));
            let signals = store.seen_signals(site_id, span_ms, (None, &whole), Sample::Every).await.unwrap();
            assert!(
                !signals.is_empty() && signals.iter().all(|signal| signal.kind != SignalKind::Error),
                "{signals:?}"
            );
            let english = Narrow { language: Some("en".into()), ..Narrow::default() };
            let narrowed =
                store.seen_signals(site_id, span_ms, (Some(Device::Desktop), &english), Sample::Every).await.unwrap();
            assert_eq!(narrowed.len(), signals.len());
            assert_eq!(store.seen_signals(site_id, span_ms, (None, &none), Sample::Every).await, Ok(vec![]));
        })
        .await;
    }

    #[tokio::test]
    async fn a_sample_is_found_by_its_own_index() {
        let store = crate::test_store::in_memory().await;
        for (table, condition) in
            [("page_view", Sample::OneIn128.on("r", "sqlite")), ("signal", Sample::OneIn128.on("r", "sqlite"))]
        {
            let sql = format!(
                "EXPLAIN QUERY PLAN SELECT * FROM {table} r WHERE r.site_id = $1 AND r.hour_ms >= $2 AND r.hour_ms < $3{condition}"
            );
            let plan = store.read(sql, params![Id([1; 16]), 0, 1]).await.unwrap();
            let index = format!("{table}_sample");
            assert!(plan.iter().any(|row| row.text("detail").unwrap().contains(&index)), "{plan:?}");
        }
    }

    #[tokio::test]
    async fn a_known_visitor_of_some_hours_is_told_once_and_nobody_else() {
        each_engine(async |store| {
            let site = a_site("shop");
            store.add_site(&site).await.unwrap();
            let view = |number: u8, visitor: Option<u8>, hour: i64, bot: bool| {
                Record::PageView(Box::new(PageViewRow {
                    site_id: site.site_id,
                    item_id: Id([number; 16]),
                    visitor_key: Id([visitor.unwrap_or(99); 16]),
                    known_visitor_key: visitor.map(|visitor| Id([visitor; 16])),
                    occurred_at_ms: hour * HOUR_MS,
                    hour_ms: hour * HOUR_MS,
                    path: "/a".into(),
                    device: Device::Desktop.into(),
                    bot,
                    view_index: 1,
                    ..PageViewRow::default()
                }))
            };
            let records = vec![
                view(1, Some(1), 2, false),
                view(2, Some(1), 3, false),
                view(3, Some(2), 9, false),
                view(4, None, 2, false),
                view(5, Some(3), 2, true),
            ];
            let submission = Submission { site_id: site.site_id, records, ..Submission::default() };
            store.submit(submission).await.unwrap();
            let of = async |hours: (i64, i64), device, narrow: &Narrow| {
                let span_ms = (hours.0 * HOUR_MS, hours.1 * HOUR_MS);
                let mut found = store.known_visitors(site.site_id, span_ms, (device, narrow), 10).await.unwrap();
                found.sort();
                found.iter().map(|visitor| visitor.0[0]).collect::<Vec<_>>()
            };
            let whole = Narrow::default();
            assert_eq!(of((0, 5), None, &whole).await, [1]);
            assert_eq!(of((0, 10), None, &whole).await, [1, 2]);
            let views = async |hours: i64| {
                store.views_of_known(site.site_id, (0, hours * HOUR_MS), (None, &whole)).await.unwrap()
            };
            assert_eq!((views(3).await, views(10).await), (1, 3));
            assert_eq!(of((0, 10), Some(Device::Mobile), &whole).await, [0u8; 0]);
            assert_eq!(of((0, 10), None, &Narrow { release: Some("9".into()), ..whole }).await, [0u8; 0]);
        })
        .await;
    }
}
