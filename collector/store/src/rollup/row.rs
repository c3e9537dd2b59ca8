//! The rows of the rollup tables: what identifies them, what they count, and how two of them become one.

use super::Grain;
use crate::engine::value::placeholders;
use crate::{Row, Statement, StoreError, Value};
pub use rapport_figures::sketch::SketchError;
use rapport_figures::sketch::{CellCounts, QuantileSketch, UniqueSketch};
use rapport_shared::id::Id;
use std::collections::BTreeSet;

/// Encoded bytes of a sketch, empty when it is.
pub type SketchBytes = Vec<u8>;

/// Merges encoded quantile sketches.
pub fn merge_quantiles(into: &mut SketchBytes, other: &[u8]) -> Result<(), SketchError> {
    merge_bytes(into, other, |sum| {
        let mut sketch = QuantileSketch::decode(sum)?;
        sketch.merge_encoded(other)?;
        Ok(sketch.encode())
    })
}

/// Merges encoded sketches of unique things.
pub fn merge_uniques(into: &mut SketchBytes, other: &[u8]) -> Result<(), SketchError> {
    merge_bytes(into, other, |sum| {
        let mut sketch = UniqueSketch::decode(sum)?;
        sketch.merge_encoded(other)?;
        Ok(sketch.encode())
    })
}

/// Merges encoded counts of cells.
pub fn merge_cells(into: &mut SketchBytes, other: &[u8]) -> Result<(), SketchError> {
    merge_bytes(into, other, |sum| {
        let mut counts = CellCounts::decode(sum, u32::MAX)?;
        counts.merge(&CellCounts::decode(other, u32::MAX)?);
        Ok(counts.encode())
    })
}

fn merge_bytes(
    into: &mut SketchBytes,
    other: &[u8],
    merge: impl FnOnce(&[u8]) -> Result<Vec<u8>, SketchError>,
) -> Result<(), SketchError> {
    if into.is_empty() {
        *into = other.to_vec();
    } else if !other.is_empty() {
        *into = merge(into)?;
    }
    Ok(())
}

/// The value of a sketch or a set: NULL when it is empty.
pub fn bytes_or_null(bytes: &[u8]) -> Value {
    Value::from(Some(bytes.to_vec()).filter(|bytes| !bytes.is_empty()))
}

/// Bytes of one view in a set.
const VIEW_BYTES: usize = 8;

/// The bytes of a set of views, each known by its hash.
pub fn view_set(hashes: impl IntoIterator<Item = u64>) -> Vec<u8> {
    let hashes: BTreeSet<u64> = hashes.into_iter().collect();
    hashes.iter().flat_map(|hash| hash.to_be_bytes()).collect()
}

/// Adds a set of views to another; how many were in both.
pub fn merge_views(into: &mut Vec<u8>, other: &[u8]) -> Result<i64, SketchError> {
    if !into.len().is_multiple_of(VIEW_BYTES) || !other.len().is_multiple_of(VIEW_BYTES) {
        return Err(SketchError::Truncated);
    }
    if into.is_empty() || other.is_empty() {
        into.extend_from_slice(other);
        return Ok(0);
    }
    let before = (into.len() + other.len()) / VIEW_BYTES;
    let mut views: Vec<&[u8]> = into.chunks_exact(VIEW_BYTES).chain(other.chunks_exact(VIEW_BYTES)).collect();
    views.sort_unstable();
    views.dedup();
    let both = before - views.len();
    *into = views.concat();
    Ok(both as i64)
}

/// A row of a rollup table, without site and grain.
pub trait RollupRow: Sized + Clone {
    /// Name of the table.
    const TABLE: &'static str;
    /// Columns after site_id and grain, in the order of [`RollupRow::values`].
    const COLUMNS: &'static [&'static str];
    /// What tells the row from others of its bucket.
    type Key: Ord;
    /// What tells the row from others of its bucket.
    fn key(&self) -> Self::Key;
    /// Values in column order.
    fn values(&self) -> Vec<Value>;
    /// Reads a row of [`RollupRow::COLUMNS`].
    fn read(row: &Row) -> Result<Self, StoreError>;
    /// Adds another row of the same key.
    fn merge(&mut self, other: &Self) -> Result<(), SketchError>;
    /// Moves the row to another bucket.
    fn set_bucket_ms(&mut self, bucket_ms: i64);

    /// The statement that inserts the row.
    fn insert(&self, site_id: Id, grain: Grain) -> Statement {
        let mut params = crate::params![site_id, grain.as_str()];
        params.extend(self.values());
        let sql = format!(
            "INSERT INTO {} (site_id, grain, {}) VALUES ({})",
            Self::TABLE,
            Self::COLUMNS.join(", "),
            placeholders(1, params.len())
        );
        Statement::new(sql, params)
    }
}

/// Declares the rows of a rollup: its table, the texts that identify a row within a bucket, its counts, and the sketches that
/// two rows of the same key merge: of quantiles, of unique things, of counts by cell, and sets of the views that a count counts.
macro_rules! rollup_row {
    (
        $(#[$meta:meta])* $name:ident = $table:literal
        by { $($key:ident),* $(,)? }
        count { $($count:ident),* $(,)? }
        $(quantiles { $($quantile:ident),* $(,)? })?
        $(uniques { $($unique:ident),* $(,)? })?
        $(cells { $($cells:ident),* $(,)? })?
        $(views { $($set:ident of $counted:ident),* $(,)? })?
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq)]
        #[allow(missing_docs, reason = "the migrations describe the columns")]
        pub struct $name {
            pub bucket_ms: i64,
            $(pub $key: String,)*
            $(pub $count: i64,)*
            $($(pub $quantile: $crate::rollup::row::SketchBytes,)*)?
            $($(pub $unique: $crate::rollup::row::SketchBytes,)*)?
            $($(pub $cells: $crate::rollup::row::SketchBytes,)*)?
            $($(pub $set: Vec<u8>,)*)?
        }

        impl $name {
            /// Adds the counts of another row, not its sketches.
            pub fn add_counts(&mut self, other: &Self) {
                $(self.$count += other.$count;)*
            }
        }

        impl $crate::rollup::row::RollupRow for $name {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static [&'static str] = &[
                "bucket_ms",
                $(stringify!($key),)*
                $(stringify!($count),)*
                $($(stringify!($quantile),)*)?
                $($(stringify!($unique),)*)?
                $($(stringify!($cells),)*)?
                $($(stringify!($set),)*)?
            ];
            type Key = Vec<String>;

            fn key(&self) -> Vec<String> {
                vec![$(self.$key.clone()),*]
            }

            fn values(&self) -> Vec<$crate::Value> {
                vec![
                    self.bucket_ms.into(),
                    $($crate::Value::from(&self.$key),)*
                    $(self.$count.into(),)*
                    $($($crate::rollup::row::bytes_or_null(&self.$quantile),)*)?
                    $($($crate::rollup::row::bytes_or_null(&self.$unique),)*)?
                    $($($crate::rollup::row::bytes_or_null(&self.$cells),)*)?
                    $($($crate::rollup::row::bytes_or_null(&self.$set),)*)?
                ]
            }

            fn read(row: &$crate::Row) -> Result<Self, $crate::StoreError> {
                Ok(Self {
                    bucket_ms: row.int("bucket_ms")?,
                    $($key: row.text(stringify!($key))?.to_owned(),)*
                    // A count that a later migration added is NULL in the rows from before.
                    $($count: row.int_or_null(stringify!($count))?.unwrap_or(0),)*
                    $($($quantile: row.blob(stringify!($quantile))?.to_vec(),)*)?
                    $($($unique: row.blob(stringify!($unique))?.to_vec(),)*)?
                    $($($cells: row.blob(stringify!($cells))?.to_vec(),)*)?
                    $($($set: row.blob(stringify!($set))?.to_vec(),)*)?
                })
            }

            fn merge(&mut self, other: &Self) -> Result<(), $crate::rollup::row::SketchError> {
                self.add_counts(other);
                $($($crate::rollup::row::merge_quantiles(&mut self.$quantile, &other.$quantile)?;)*)?
                $($($crate::rollup::row::merge_uniques(&mut self.$unique, &other.$unique)?;)*)?
                $($($crate::rollup::row::merge_cells(&mut self.$cells, &other.$cells)?;)*)?
                $($(self.$counted -= $crate::rollup::row::merge_views(&mut self.$set, &other.$set)?;)*)?
                Ok(())
            }

            fn set_bucket_ms(&mut self, bucket_ms: i64) {
                self.bucket_ms = bucket_ms;
            }
        }
    };
}
pub(super) use rollup_row;

/// Rows of several buckets as rows of the one that begins at `bucket_ms`, one per key.
pub fn merged<R: RollupRow>(rows: impl IntoIterator<Item = R>, bucket_ms: i64) -> Result<Vec<R>, SketchError> {
    let mut by_key = std::collections::BTreeMap::new();
    for mut row in rows {
        row.set_bucket_ms(bucket_ms);
        match by_key.entry(row.key()) {
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(row);
            }
            std::collections::btree_map::Entry::Occupied(mut sum) => sum.get_mut().merge(&row)?,
        }
    }
    Ok(by_key.into_values().collect())
}
