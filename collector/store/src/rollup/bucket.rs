//! The rows of one bucket, of every rollup.

use super::Grain;
use super::registry::Rollup;
use super::row::merged;
use super::words::SharedWords;
use crate::{Statement, StoreError};
use rapport_figures::sketch::SketchError;
use rapport_shared::id::Id;
use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Debug;

/// The rollup rows of one bucket, by table.
#[derive(Debug, Default)]
pub struct HourRollup(BTreeMap<&'static str, Box<dyn BucketRows>>);

impl HourRollup {
    /// With these rows of a rollup.
    pub fn with<R: Rollup>(mut self, rows: Vec<R>) -> Self {
        self.put(R::TABLE, Box::new(rows));
        self
    }

    pub(super) fn put(&mut self, table: &'static str, rows: Box<dyn BucketRows>) {
        self.0.insert(table, rows);
    }

    /// The rows of a rollup.
    pub fn rows<R: Rollup>(&self) -> &[R] {
        let rows = self.0.get(R::TABLE).map(|rows| &**rows as &dyn Any);
        rows.and_then(|rows| rows.downcast_ref::<Vec<R>>()).map_or(&[], Vec::as_slice)
    }

    /// How many rows there are, of all rollups.
    pub fn len(&self) -> usize {
        self.0.values().map(|rows| rows.count()).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// This and another rollup of the same bucket together.
    ///
    /// # Errors
    /// When a sketch cannot be read.
    pub fn and(mut self, other: Self, bucket_ms: i64) -> Result<Self, StoreError> {
        if other.is_empty() {
            return Ok(self);
        }
        for (table, rows) in other.0 {
            match self.0.get_mut(table) {
                Some(own) => own.append(rows),
                None => self.put(table, rows),
            }
        }
        self.0.values_mut().try_for_each(|rows| rows.fold(bucket_ms))?;
        Ok(self)
    }

    /// The same without the words that nobody shares; rows that count the same then become one.
    pub(crate) fn forget(&mut self, shared: &SharedWords, bucket_ms: i64) -> Result<(), StoreError> {
        self.0.values_mut().try_for_each(|rows| {
            rows.forget(shared);
            rows.fold(bucket_ms)
        })
    }

    /// The same with other paths; rows that come to be of one page become one.
    pub(super) fn repath(&mut self, bucket_ms: i64, path: &dyn Fn(&str) -> String) -> Result<(), StoreError> {
        self.0.values_mut().try_for_each(|rows| {
            rows.repath(path);
            rows.fold(bucket_ms)
        })
    }

    /// The statements that insert the rows.
    pub(super) fn inserts(&self, site_id: Id, grain: Grain) -> impl Iterator<Item = Statement> {
        self.0.values().flat_map(move |rows| rows.inserts(site_id, grain))
    }
}

/// The rows of one rollup in a bucket, whatever they are.
pub trait BucketRows: Any + Debug + Send + Sync {
    /// How many.
    fn count(&self) -> usize;
    /// Adds rows of the same rollup.
    fn append(&mut self, other: Box<dyn BucketRows>);
    /// Makes them rows of the bucket that begins at `bucket_ms`, one per key.
    fn fold(&mut self, bucket_ms: i64) -> Result<(), StoreError>;
    /// See [`Rollup::forget`].
    fn forget(&mut self, shared: &SharedWords);
    /// Gives each row the path that comes of its own.
    fn repath(&mut self, path: &dyn Fn(&str) -> String);
    /// The statements that insert them.
    fn inserts(&self, site_id: Id, grain: Grain) -> Vec<Statement>;
}

impl<R: Rollup> BucketRows for Vec<R> {
    fn count(&self) -> usize {
        self.len()
    }

    fn append(&mut self, other: Box<dyn BucketRows>) {
        if let Ok(mut other) = (other as Box<dyn Any>).downcast::<Self>() {
            Vec::append(self, &mut other);
        }
    }

    fn fold(&mut self, bucket_ms: i64) -> Result<(), StoreError> {
        let failed = |error: SketchError| StoreError::Inconsistent(format!("a sketch of {}: {error}", R::TABLE));
        *self = merged(std::mem::take(self), bucket_ms).map_err(failed)?;
        Ok(())
    }

    fn forget(&mut self, shared: &SharedWords) {
        self.iter_mut().for_each(|row| R::forget(row, shared));
    }

    fn repath(&mut self, path: &dyn Fn(&str) -> String) {
        self.iter_mut().filter_map(R::path_mut).for_each(|own| *own = path(own));
    }

    fn inserts(&self, site_id: Id, grain: Grain) -> Vec<Statement> {
        self.iter().map(|row| row.insert(site_id, grain)).collect()
    }
}
