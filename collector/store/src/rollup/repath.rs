//! Brings the paths of rows from before to the form in which they are kept ([`text::path`]), and has their hours counted anew.

use super::Grain;
use crate::clock::Clock;
use crate::engine::outcome::UPSERT_DIRTY;
use crate::{Statement, Store, StoreError, params, text};
use rapport_shared::id::Id;
use std::collections::{BTreeMap, BTreeSet};

/// The raw tables whose rows carry a page and an hour.
const RAW: [&str; 4] = ["page_view", "signal", "response", "delivery"];

/// The path as it is to be kept, if it is not kept so.
fn anew(path: &str) -> Option<String> {
    let kept = text::path(path);
    (kept != path).then_some(kept)
}

impl Store {
    /// Starts of the first and of the last hour in which a site has rows, erased ones included; `None` where it has none.
    pub async fn hours_with_rows(&self, site_id: Id) -> Result<Option<(i64, i64)>, StoreError> {
        let raw = RAW.map(|table| (table, "hour_ms", String::new()));
        let erased = self
            .rollups()
            .0
            .iter()
            .map(|rollup| (rollup.table(), "bucket_ms", format!(" AND grain = '{}'", Grain::Erased.as_str())));
        let mut hours_ms = BTreeSet::new();
        for (table, column, only) in raw.into_iter().chain(erased) {
            let sql = format!(
                "SELECT MIN({column}) AS first_ms, MAX({column}) AS last_ms FROM {table} WHERE site_id = $1{only}"
            );
            for row in self.read(sql, params![site_id]).await? {
                hours_ms.extend([row.int_or_null("first_ms")?, row.int_or_null("last_ms")?].into_iter().flatten());
            }
        }
        Ok(hours_ms.first().copied().zip(hours_ms.last().copied()))
    }

    /// Writes the paths of a site's rows in the hours of `[from_ms, until_ms)` as they are kept now; how many hours changed. It may be
    /// done again, and be cut off.
    ///
    /// # Errors
    /// [`StoreError::Busy`] while somebody's rows are being erased there.
    pub async fn repath(
        &self,
        site_id: Id,
        (from_ms, until_ms): (i64, i64),
        clock: &Clock,
    ) -> Result<usize, StoreError> {
        let holder = clock.new_id();
        // What stays of erased rows is read and written again.
        self.begin_erasure(site_id, holder, clock).await?;
        let changed = self.repath_alone(site_id, (from_ms, until_ms), clock).await;
        self.end_erasure(site_id, holder).await?;
        changed
    }

    async fn repath_alone(&self, site_id: Id, span_ms: (i64, i64), clock: &Clock) -> Result<usize, StoreError> {
        let mut by_hour: BTreeMap<i64, Vec<Statement>> = BTreeMap::new();
        for table in RAW {
            for (hour_ms, path, kept) in self.paths_of(site_id, (table, "hour_ms", ""), span_ms).await? {
                let sql = format!("UPDATE {table} SET path = $4 WHERE site_id = $1 AND hour_ms = $2 AND path = $3");
                let statement = Statement::new(sql, params![site_id, hour_ms, path, kept]);
                by_hour.entry(hour_ms).or_default().push(statement);
            }
        }
        for hour_ms in self.erased_hours(site_id, span_ms).await? {
            let mut erased = self.hour_rollup(site_id, Grain::Erased, hour_ms).await?;
            erased.repath(hour_ms, &text::path)?;
            by_hour.entry(hour_ms).or_default().extend(self.rollups().replace(
                site_id,
                Grain::Erased,
                hour_ms,
                &erased,
            ));
        }
        let changed = by_hour.len();
        for (hour_ms, mut statements) in by_hour {
            let mark = clock.new_id();
            statements.push(Statement::new(UPSERT_DIRTY, params![site_id, hour_ms, mark, mark]));
            self.write(statements).await?;
        }
        Ok(changed)
    }

    /// The hours whose erased part has a page that is not kept so.
    async fn erased_hours(&self, site_id: Id, span_ms: (i64, i64)) -> Result<BTreeSet<i64>, StoreError> {
        let only = format!(" AND grain = '{}'", Grain::Erased.as_str());
        let mut hours_ms = BTreeSet::new();
        for rollup in self.rollups().0.iter().filter(|rollup| rollup.columns().contains(&"path")) {
            let paths = self.paths_of(site_id, (rollup.table(), "bucket_ms", &only), span_ms).await?;
            hours_ms.extend(paths.into_iter().map(|(hour_ms, ..)| hour_ms));
        }
        Ok(hours_ms)
    }

    /// The hours and paths of a table that are to be kept otherwise, each with how.
    async fn paths_of(
        &self,
        site_id: Id,
        (table, hour, only): (&str, &str, &str),
        (from_ms, until_ms): (i64, i64),
    ) -> Result<Vec<(i64, String, String)>, StoreError> {
        let sql = format!(
            "SELECT DISTINCT {hour} AS hour_ms, path FROM {table}
             WHERE site_id = $1 AND {hour} >= $2 AND {hour} < $3{only}"
        );
        let mut paths = Vec::new();
        for mut row in self.read(sql, params![site_id, from_ms, until_ms]).await? {
            let (hour_ms, path) = (row.int("hour_ms")?, row.take_text("path")?);
            if let Some(kept) = anew(&path) {
                paths.push((hour_ms, path, kept));
            }
        }
        Ok(paths)
    }
}
