//! One collector a file: a lock that its process holds until it ends, however it ends.
//!
//! It lies beside the database, since SQLite's own locks are those of single transactions. Commands need no lock: they
//! write between the collector's commits. The file says the collector's process id, the marks of the database that it
//! last served (see [`super::file`]), and whether that is complete without its log.

use super::file::{beside, open_or_create_private};
use crate::StoreError;
use std::fs::{File, TryLockError};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// Ending of the lock file.
pub(super) const SUFFIX: &str = "-lock";
/// How long a start waits for a collector that is just ending.
const PATIENCE: Duration = Duration::from_secs(1);
/// Third line of the file while the log may hold what the database does not.
const LOG_IS_NEEDED: &str = "the log is needed";

/// The right to be the collector of a file; given up when it is dropped.
pub(super) struct CollectorLock(File);

impl CollectorLock {
    /// # Errors
    /// [`StoreError::Setup`] when another process has it.
    pub fn take(database: &Path) -> Result<Self, StoreError> {
        let lock = beside(database, SUFFIX);
        let cannot = |error| StoreError::Setup(format!("{} cannot be used: {error}", lock.display()));
        let file = open_or_create_private(&lock, database).map_err(cannot)?;
        if patiently(|| file.try_lock()).map_err(cannot)? {
            return Ok(Self(file));
        }
        Err(StoreError::Setup(in_use(database)))
    }

    fn try_take(database: &Path) -> std::io::Result<Option<Self>> {
        let file = open_or_create_private(&beside(database, SUFFIX), database)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Notes this process, the marks that the database may carry from now on, and whether its log is needed.
    pub fn note(&self, marks: &[u32], needs_log: bool) {
        let marks: Vec<String> = marks.iter().map(|mark| format!("{mark:08x}")).collect();
        let log = if needs_log { LOG_IS_NEEDED } else { "" };
        let text = format!("{}\n{}\n{log}\n", std::process::id(), marks.join(" "));
        let written =
            self.0.set_len(0).and_then(|()| self.0.write_all_at(text.as_bytes(), 0)).and_then(|()| self.0.sync_all());
        if let Err(error) = written {
            tracing::warn!(%error, "the lock file could not be written: a foreign log would not be noticed");
        }
    }
}

/// Tries to lock until it succeeds, or for so long that a collector which is just ending has ended.
pub(super) fn patiently(try_lock: impl Fn() -> Result<(), TryLockError>) -> std::io::Result<bool> {
    let begin = Instant::now();
    loop {
        match try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) if begin.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Whether a collector runs on that file now.
pub(super) fn is_held(database: &Path) -> bool {
    beside(database, SUFFIX).exists() && matches!(CollectorLock::try_take(database), Ok(None))
}

/// Notes the mark of a database without a log, where it is another than was noted: the file was replaced in the proper
/// way, while nothing was waiting to go into it.
pub(super) fn note_mark(database: &Path, mark: u32) {
    let noted = noted_marks(database);
    if !noted.is_empty()
        && !noted.contains(&mark)
        && let Ok(Some(lock)) = CollectorLock::try_take(database)
    {
        lock.note(&[mark], needs_log(database));
    }
}

/// Whether the last collector did not come to the end at which the database is complete without its log.
pub(super) fn needs_log(database: &Path) -> bool {
    let text = std::fs::read_to_string(beside(database, SUFFIX)).unwrap_or_default();
    text.lines().nth(2) == Some(LOG_IS_NEEDED)
}

/// Notes that what a dead collector left in the log has been copied into the database.
pub(super) fn note_complete(database: &Path) {
    if needs_log(database)
        && let Ok(Some(lock)) = CollectorLock::try_take(database)
    {
        lock.note(&noted_marks(database), false);
    }
}

/// The marks that were noted last; none when there never was a collector.
pub(super) fn noted_marks(database: &Path) -> Vec<u32> {
    let text = std::fs::read_to_string(beside(database, SUFFIX)).unwrap_or_default();
    let marks = text.lines().nth(1).unwrap_or_default();
    marks.split_whitespace().filter_map(|mark| u32::from_str_radix(mark, 16).ok()).collect()
}

pub(super) fn in_use(database: &Path) -> String {
    let text = std::fs::read_to_string(beside(database, SUFFIX)).unwrap_or_default();
    let process = text.lines().next().filter(|id| !id.is_empty()).map(|id| format!(" (process {id})"));
    format!(
        "another collector{} runs on {}: one file has one collector. Stop that one first, or give this one a file of its \
         own; for several collectors on one database use PostgreSQL",
        process.unwrap_or_default(),
        database.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_collector_on_one_file_is_told_what_that_means() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("rapport.db");
        std::fs::write(&database, "").expect("written");
        let first = CollectorLock::take(&database).expect("nobody has it");
        first.note(&[1, 0xffff_ffff], true);
        note_complete(&database);
        assert!(is_held(&database) && needs_log(&database), "only a dead one's note is changed");
        let Err(StoreError::Setup(reason)) = CollectorLock::take(&database) else { panic!("two have it") };
        assert!(
            reason.contains(&format!("process {}", std::process::id())) && reason.contains("PostgreSQL"),
            "{reason}"
        );
        drop(first);
        assert!(!is_held(&database));
        assert_eq!(noted_marks(&database), [1, u32::MAX]);
        note_mark(&database, 7);
        assert!(noted_marks(&database) == [7] && needs_log(&database));
        note_complete(&database);
        assert!(noted_marks(&database) == [7] && !needs_log(&database));
    }
}
