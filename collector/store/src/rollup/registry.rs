//! The rollups there are. One more is a file that implements [`Rollup`], a migration with its table, and a line in
//! [`ROLLUPS`]: everything below is done for each of them.

use super::bucket::{BucketRows, HourRollup};
use super::hour::{HourRows, RawSet, RawTable};
use super::row::RollupRow;
use super::words::SharedWords;
use super::{
    AnswerRollup, CrowdRollup, ErrorRollup, EventRollup, FactRollup, FormRollup, Grain, HeatRollup, IssueRollup,
    PageRollup, ReleaseRollup, ScrollRollup, SignalRollup, SurveyRollup, VitalRollup,
};
use crate::{Row, Statement, Store, StoreError, params};
use rapport_shared::id::Id;
use std::fmt::Debug;
use std::marker::PhantomData;

/// Every rollup.
pub const ROLLUPS: Registry = Registry(&[
    rollup::<PageRollup>(),
    rollup::<SignalRollup>(),
    rollup::<AnswerRollup>(),
    rollup::<SurveyRollup>(),
    rollup::<FactRollup>(),
    rollup::<CrowdRollup>(),
    rollup::<ReleaseRollup>(),
    rollup::<FormRollup>(),
    rollup::<HeatRollup>(),
    rollup::<ScrollRollup>(),
    rollup::<IssueRollup>(),
    rollup::<ErrorRollup>(),
    rollup::<EventRollup>(),
    rollup::<VitalRollup>(),
]);

/// Rows that are made of the raw rows of an hour, and are added up to days. What identifies a row, what it counts and how two
/// become one is said by [`rollup_row!`](super::row::rollup_row).
pub trait Rollup: RollupRow + Debug + Send + Sync + 'static {
    /// The raw rows that it is made of: a [`RawRow`](super::hour::RawRow), or a tuple of such.
    type Raw: RawSet;

    /// The rows of the hour that begins at `hour_ms`, one per key.
    fn of_hour(hour_ms: i64, raw: <Self::Raw as RawSet>::Rows<'_>) -> Vec<Self>;

    /// Forgets the words that nobody shares whose rows are not erased; see [`SharedWords`].
    fn forget(&mut self, shared: &SharedWords);

    /// The page of the row, where it is of one.
    fn path_mut(&mut self) -> Option<&mut String> {
        None
    }
}

/// A rollup, whatever its rows are.
pub trait AnyRollup: Sync {
    /// Name of the table.
    fn table(&self) -> &'static str;
    /// Columns of a row, without site and grain.
    fn columns(&self) -> &'static [&'static str];
    /// The raw tables that it is made of.
    fn raw_tables(&self) -> Vec<&'static dyn RawTable>;
    /// The rows of an hour.
    fn of_hour(&self, rows: &HourRows) -> Box<dyn BucketRows>;
    /// Stored rows.
    fn read(&self, rows: &[Row]) -> Result<Box<dyn BucketRows>, StoreError>;
}

struct Of<R>(PhantomData<fn() -> R>);

/// The rollup of these rows, for a [`Registry`].
pub const fn rollup<R: Rollup>() -> &'static dyn AnyRollup {
    &Of::<R>(PhantomData)
}

impl<R: Rollup> AnyRollup for Of<R> {
    fn table(&self) -> &'static str {
        R::TABLE
    }

    fn columns(&self) -> &'static [&'static str] {
        R::COLUMNS
    }

    fn raw_tables(&self) -> Vec<&'static dyn RawTable> {
        R::Raw::tables()
    }

    fn of_hour(&self, rows: &HourRows) -> Box<dyn BucketRows> {
        Box::new(R::of_hour(rows.hour_ms, R::Raw::of(rows)))
    }

    fn read(&self, rows: &[Row]) -> Result<Box<dyn BucketRows>, StoreError> {
        Ok(Box::new(rows.iter().map(R::read).collect::<Result<Vec<R>, StoreError>>()?))
    }
}

/// Some rollups.
#[derive(Clone, Copy)]
pub struct Registry(pub &'static [&'static dyn AnyRollup]);

impl Registry {
    /// The raw tables that they are made of; one that several are made of comes for each.
    pub(super) fn raw_tables(self) -> impl Iterator<Item = &'static dyn RawTable> {
        self.0.iter().flat_map(|rollup| rollup.raw_tables())
    }

    /// What the rows of an hour add up to: pure, so that the job, the reports and the tests share it.
    pub fn of_hour(self, rows: &HourRows) -> HourRollup {
        let mut all = HourRollup::default();
        self.0.iter().for_each(|rollup| all.put(rollup.table(), rollup.of_hour(rows)));
        all
    }

    /// The statements that put rows in place of those that a bucket had.
    pub(crate) fn replace(self, site_id: Id, grain: Grain, bucket_ms: i64, rollup: &HourRollup) -> Vec<Statement> {
        let delete = |table: &str| {
            let sql = format!("DELETE FROM {table} WHERE site_id = $1 AND grain = $2 AND bucket_ms = $3");
            Statement::new(sql, params![site_id, grain.as_str(), bucket_ms])
        };
        let mut statements: Vec<_> = self.0.iter().map(|rollup| delete(rollup.table())).collect();
        statements.push(delete("rollup_failure"));
        statements.extend(rollup.inserts(site_id, grain));
        statements
    }
}

impl Store {
    /// The rollups that it keeps.
    pub fn rollups(&self) -> Registry {
        self.rollups
    }

    /// The same store, with other rollups than [`ROLLUPS`].
    #[cfg(test)]
    pub(crate) fn with_rollups(&self, rollups: Registry) -> Self {
        self.altered(|store| store.rollups = rollups)
    }

    /// The rollup rows of one site and grain in `[from_ms, until_ms)` as rows of the bucket that begins at `bucket_ms`.
    pub(crate) async fn bucket_of(
        &self,
        (site_id, grain): (Id, Grain),
        (from_ms, until_ms): (i64, i64),
        bucket_ms: i64,
    ) -> Result<HourRollup, StoreError> {
        let mut all = HourRollup::default();
        for rollup in self.rollups().0 {
            let stored =
                self.stored_rows((rollup.table(), rollup.columns()), site_id, grain, (from_ms, until_ms)).await?;
            let mut rows = rollup.read(&stored)?;
            rows.fold(bucket_ms)?;
            all.put(rollup.table(), rows);
        }
        Ok(all)
    }

    /// The rollup rows of one bucket.
    pub(crate) async fn hour_rollup(&self, site_id: Id, grain: Grain, hour_ms: i64) -> Result<HourRollup, StoreError> {
        self.bucket_of((site_id, grain), (hour_ms, hour_ms + 1), hour_ms).await
    }

    /// All rollup rows of one kind of one site and grain in `[from_ms, until_ms)`.
    pub async fn rollup_rows<R: RollupRow>(
        &self,
        site_id: Id,
        grain: Grain,
        from_ms: i64,
        until_ms: i64,
    ) -> Result<Vec<R>, StoreError> {
        let stored = self.stored_rows((R::TABLE, R::COLUMNS), site_id, grain, (from_ms, until_ms)).await?;
        stored.iter().map(R::read).collect()
    }

    async fn stored_rows(
        &self,
        (table, columns): (&str, &[&str]),
        site_id: Id,
        grain: Grain,
        (from_ms, until_ms): (i64, i64),
    ) -> Result<Vec<Row>, StoreError> {
        let sql = format!(
            "SELECT {} FROM {table} WHERE site_id = $1 AND grain = $2 AND bucket_ms >= $3 AND bucket_ms < $4",
            columns.join(", ")
        );
        self.read(sql, params![site_id, grain.as_str(), from_ms, until_ms]).await
    }
}
