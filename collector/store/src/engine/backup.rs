//! Backup and restore of an embedded database: one file to keep, taken while a collector runs, verified before it counts.

use super::sqlite;
use crate::{StoreError, database_file};
use std::path::{Path, PathBuf};

/// A backup that was written, or put in the database's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Length of the file, in bytes.
    pub bytes: u64,
    /// Every table and its number of rows, by name.
    pub rows: Vec<(String, u64)>,
    /// Where the database that it replaced was put.
    pub replaced: Option<PathBuf>,
}

impl Copied {
    /// Rows of a table, 0 when there is no such table.
    pub fn rows_of(&self, table: &str) -> u64 {
        self.rows.iter().find(|(name, _)| name == table).map_or(0, |(_, rows)| *rows)
    }
}

/// Writes a verified backup of the database at `url` to `file`; with `replace` in the place of a file that is there. It
/// needs room for the database twice beside `file` meanwhile. Blocks.
///
/// # Errors
/// [`StoreError::Setup`] in words for the operator; then `file` is as it was.
pub fn back_up(url: &str, file: &Path, replace: bool) -> Result<Copied, StoreError> {
    sqlite::back_up(embedded(url, "pg_dump --format=custom --no-unlogged-table-data")?, file, replace)
}

/// Verifies the backup `file` and puts it in the place of the database at `url`, which nobody may use meanwhile. What it
/// replaces is kept beside it, with `now` in its name. Blocks.
///
/// # Errors
/// [`StoreError::Setup`] in words for the operator; then the database is as it was.
pub fn restore(url: &str, file: &Path, now: &str) -> Result<Copied, StoreError> {
    sqlite::restore(embedded(url, "pg_restore")?, file, now)
}

fn embedded<'a>(url: &'a str, instead: &str) -> Result<&'a Path, StoreError> {
    database_file(url).ok_or_else(|| {
        StoreError::Setup(format!(
            "this is for a database file; a PostgreSQL database has tools of its own: {instead} (see docs/backup.md)"
        ))
    })
}
