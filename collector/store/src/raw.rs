//! Page views and signals as they are stored, for whoever takes them along: every column, however many rows there are.

use crate::device::Device;
use crate::engine::stream::RowStream;
use crate::engine::value::TableRow;
use crate::record::{PageViewRow, SignalRow};
use crate::rollup::narrow::Narrow;
use crate::{Statement, Store, StoreError, Value, params};
use rapport_shared::id::Id;

/// The site is the same in every row.
const SITE: &str = "site_id";

/// The columns of page views, by name.
pub fn view_columns() -> impl Iterator<Item = &'static str> {
    columns::<PageViewRow>()
}

/// The columns of signals, by name.
pub fn signal_columns() -> impl Iterator<Item = &'static str> {
    columns::<SignalRow>()
}

fn columns<T: TableRow>() -> impl Iterator<Item = &'static str> {
    T::COLUMNS.iter().map(|(name, _)| *name).filter(|name| *name != SITE)
}

/// The columns of a row as a statement asks for them.
pub(crate) fn listed(columns: impl Iterator<Item = &'static str>, alias: &str) -> String {
    columns.map(|name| format!("{alias}.{name}")).collect::<Vec<_>>().join(", ")
}

/// The conditions of page and device on a row, with their `AND`.
fn placed(alias: &str, path: &str, device: Option<Device>, params: &mut Vec<Value>) -> String {
    let mut sql = String::new();
    let wanted = [("path", path), ("device", device.map_or("", Device::as_str))];
    for (column, value) in wanted.into_iter().filter(|(_, value)| !value.is_empty()) {
        params.push(value.into());
        sql += &format!(" AND {alias}.{column} = ${}", params.len());
    }
    sql
}

impl Store {
    /// The page views that happened in `[from_ms, to_ms)`, oldest first, those of bots and those whose time was cut among them.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when as many long results are being read as may be.
    pub async fn stream_views(
        &self,
        site_id: Id,
        (from_ms, to_ms): (i64, i64),
        (path, device, narrow): (&str, Option<Device>, &Narrow),
    ) -> Result<RowStream, StoreError> {
        let mut params = params![site_id, from_ms, to_ms];
        let mut condition = placed("v", path, device, &mut params);
        condition += &narrow.on_views((from_ms, to_ms), &mut params);
        let sql = format!(
            "SELECT {} FROM page_view v
             WHERE v.site_id = $1 AND v.occurred_at_ms >= $2 AND v.occurred_at_ms < $3{condition}
             ORDER BY v.hour_ms, v.occurred_at_ms, v.item_id",
            listed(view_columns(), "v")
        );
        self.stream(vec![Statement::new(sql, params)]).await
    }

    /// The signals that happened in `[from_ms, to_ms)`, oldest first, as [`Store::stream_views`].
    ///
    /// # Errors
    /// [`StoreError::Busy`] when as many long results are being read as may be.
    pub async fn stream_signals(
        &self,
        site_id: Id,
        (from_ms, to_ms): (i64, i64),
        (path, device, narrow): (&str, Option<Device>, &Narrow),
    ) -> Result<RowStream, StoreError> {
        let mut params = params![site_id, from_ms, to_ms];
        let mut condition = placed("s", path, device, &mut params);
        condition += &narrow.on_signals((from_ms, to_ms), &mut params);
        let sql = format!(
            "SELECT {} FROM signal s LEFT JOIN page_view v ON v.site_id = s.site_id AND v.item_id = s.view_id
             WHERE s.site_id = $1 AND s.occurred_at_ms >= $2 AND s.occurred_at_ms < $3{condition}
             ORDER BY s.hour_ms, s.occurred_at_ms, s.item_id",
            listed(signal_columns(), "s")
        );
        self.stream(vec![Statement::new(sql, params)]).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::site::directory::SiteDirectory;
    use crate::story_test::{BROKEN, NOW_MS, tell};
    use crate::test_store::{a_site, each_engine};

    async fn count(stream: Result<RowStream, StoreError>) -> usize {
        let (mut stream, mut rows) = (stream.unwrap(), 0);
        while let Some(piece) = stream.next().await {
            rows += piece.unwrap().rows.len();
        }
        rows
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn every_raw_row_of_a_slice_comes_with_every_column() {
        each_engine(async |store| {
            let site = a_site("shop");
            store.add_site(&site).await.unwrap();
            tell(&store, &SiteDirectory::new(store.clone(), Clock::System), &site).await;
            let (site_id, span_ms) = (site.site_id, (0, NOW_MS + 1));
            let whole = Narrow::default();
            let broken = Narrow { below: Some(BROKEN.into()), ..whole.clone() };
            for (path, device, narrow, some) in [
                ("", None, &whole, true),
                (BROKEN, Some(Device::Desktop), &whole, true),
                ("", None, &broken, true),
                ("/none", None, &whole, false),
                ("", Some(Device::Tablet), &whole, false),
            ] {
                let within = (path, device, narrow);
                let views = count(store.stream_views(site_id, span_ms, within).await).await;
                let signals = count(store.stream_signals(site_id, span_ms, within).await).await;
                assert_eq!((views > 0, signals > 0), (some, some), "{path} {device:?} {narrow:?}");
            }
            assert!(count(store.stream_views(site_id, span_ms, ("", None, &whole)).await).await >= 115);
            let mut first = store.stream_views(site_id, span_ms, ("", None, &whole)).await.unwrap();
            let piece = first.next().await.unwrap().unwrap();
            let names: Vec<_> = piece.rows[0].columns().map(|(name, _)| name.to_owned()).collect();
            assert_eq!(names, view_columns().collect::<Vec<_>>());
            assert!(!names.iter().any(|name| name == SITE) && names.iter().any(|name| name == "country"));
            drop(first);
            assert_eq!(count(store.stream_views(Id([9; 16]), span_ms, ("", None, &whole)).await).await, 0);
            assert_eq!(count(store.stream_views(site_id, (0, 1), ("", None, &whole)).await).await, 0);
        })
        .await;
    }
}
