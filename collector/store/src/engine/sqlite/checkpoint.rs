//! Moves the write-ahead log into the database file beside the writer, so that no commit waits for it.
//!
//! SQLite's automatic checkpoint runs inside the commit that crosses its threshold, and everyone who waits for that
//! commit waits for the copying too. Here a thread with a connection of its own copies while the writer goes on. It never
//! quite catches up with a writer that does not pause, and only a log that is copied whole begins anew: once the log is
//! long, the writer copies the little that is left.

use super::file::DatabaseFile;
use rusqlite::Connection;
use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// When to copy, in pages.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// So many written since the last copying make the thread copy.
    pub step_pages: i32,
    /// A log of this length is to begin anew.
    pub long_pages: i32,
}

impl Default for Limits {
    /// 16 MB, and 64 MB.
    fn default() -> Self {
        Self { step_pages: 4_000, long_pages: 16_000 }
    }
}

/// The writer's side of the thread.
pub(super) struct Checkpointer {
    progress: Arc<Progress>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the thread and the writer tell each other.
#[derive(Default)]
struct Progress {
    /// Pages of the log that are copied.
    copied_pages: AtomicI32,
    /// The log is long and nearly copied: the writer should copy the rest.
    nearly_done: AtomicBool,
}

impl Checkpointer {
    /// Starts the thread with a connection of its own, to end when `writer` is closed, which must not checkpoint by
    /// itself. A `file` that is not whole is left as it is.
    pub fn start(
        writer: &mut Connection,
        own: Connection,
        file: Option<Arc<DatabaseFile>>,
        limits: Limits,
    ) -> rusqlite::Result<Self> {
        let progress = Arc::new(Progress::default());
        let (wake, woken) = sync_channel(1);
        let of_hook = progress.clone();
        writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages: c_int| {
            if of_hook.written(pages) >= limits.step_pages {
                // A wake that is already waiting serves for this one too.
                let _ = wake.try_send(());
            }
            Ok(())
        }))?;
        let of_thread = progress.clone();
        let thread = std::thread::Builder::new()
            .name("store-checkpoint".into())
            .spawn(move || {
                while woken.recv().is_ok() {
                    if file.as_ref().is_none_or(|file| file.check().is_ok()) {
                        copy_beside_the_writer(&own, &of_thread, limits);
                    }
                }
                // Before the file, for what is kept open of that keeps SQLite's locks.
                drop(own);
            })
            .expect("the operating system can start a thread");
        Ok(Self { progress, thread: Mutex::new(Some(thread)) })
    }

    /// The log has been emptied.
    pub fn begun_anew(&self) {
        self.progress.copied_pages.store(0, Ordering::Relaxed);
    }

    /// Ends the thread and closes its connection.
    pub fn stop(&self, writer: &mut Connection) {
        // The hook holds the other end of what wakes the thread.
        let none: Option<fn(&mut rusqlite::hooks::Wal, c_int) -> rusqlite::Result<()>> = None;
        if let Err(error) = writer.wal_hook(none) {
            tracing::warn!(%error, "the checkpoint thread could not be stopped");
            return;
        }
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = thread.join();
        }
    }

    /// To be called by the writer after a commit, outside of any transaction.
    pub fn committed(&self, writer: &Connection) {
        if self.progress.nearly_done.load(Ordering::Acquire) {
            if let Err(error) = copy(writer) {
                tracing::warn!(%error, "the write-ahead log could not be copied to its end; trying again later");
            }
            self.progress.nearly_done.store(false, Ordering::Release);
        }
    }
}

impl Progress {
    /// The log has so many pages now; returns how many of them are not copied.
    fn written(&self, pages: i32) -> i32 {
        // A log that is shorter than what was copied of it has begun anew.
        if pages < self.copied_pages.load(Ordering::Relaxed) {
            self.copied_pages.store(0, Ordering::Relaxed);
        }
        pages - self.copied_pages.load(Ordering::Relaxed)
    }
}

fn copy_beside_the_writer(own: &Connection, progress: &Progress, limits: Limits) {
    // Of two that copy at once one is turned away, and now it is the writer's turn.
    if progress.nearly_done.load(Ordering::Acquire) {
        return;
    }
    // The second time finds only what was written during the first.
    let result = copy(own).and_then(|first| if first.log_pages < limits.long_pages { Ok(first) } else { copy(own) });
    match result {
        Ok(copied) => {
            progress.copied_pages.store(copied.copied_pages, Ordering::Relaxed);
            let readers_hold_it = copied.log_pages - copied.copied_pages > limits.step_pages;
            progress.nearly_done.store(copied.log_pages >= limits.long_pages && !readers_hold_it, Ordering::Release);
        }
        Err(error) => tracing::warn!(%error, "the write-ahead log could not be copied; trying again later"),
    }
}

/// Copies the whole log into the file and empties it: false when a reader kept it from that for as long as the connection
/// waits.
pub(super) fn truncate(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0).map(|is_busy: bool| !is_busy))
}

/// Copies the whole log into the file, without waiting: false when somebody kept it from that.
pub(super) fn copy_whole(connection: &Connection) -> rusqlite::Result<bool> {
    // Both are -1 where somebody else copies.
    copy(connection).map(|copied| copied.log_pages >= 0 && copied.copied_pages == copied.log_pages)
}

struct Copied {
    log_pages: i32,
    copied_pages: i32,
}

/// Copies as much as no reader still needs to be where it is; never waits for anyone.
fn copy(connection: &Connection) -> rusqlite::Result<Copied> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
        Ok(Copied { log_pages: row.get(1)?, copied_pages: row.get(2)? })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Commits `commits` times, then until the log has begun anew so often; returns how many commits there were.
    fn commit(commits: u32, times_anew: u32, limits: Limits) -> (u32, u64) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("log.db");
        let open = || {
            let connection = Connection::open(&file).expect("the file opens");
            let settings = "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; PRAGMA synchronous=NORMAL;";
            connection.execute_batch(settings).expect("the settings are known");
            connection
        };
        let mut writer = open();
        let checkpointer = Checkpointer::start(&mut writer, open(), None, limits).expect("it starts");
        writer.execute_batch("CREATE TABLE row (number INTEGER, filler TEXT)").expect("a table");
        let (mut done, mut anew, mut copied_before) = (0, 0, 0);
        while done < commits || anew < times_anew {
            writer.execute("INSERT INTO row VALUES (?1, ?2)", (done, "x".repeat(3_000))).expect("a row");
            // Only the hook, which runs within the commit, takes this back to 0.
            let copied = checkpointer.progress.copied_pages.load(Ordering::Relaxed);
            anew += u32::from(copied < copied_before);
            copied_before = copied;
            checkpointer.committed(&writer);
            done += 1;
            assert!(done < 1_000_000, "the log began anew {anew} times");
        }
        let sum: i64 = writer.query_row("SELECT SUM(number) FROM row", [], |row| row.get(0)).expect("a sum");
        assert_eq!(sum, i64::from(done) * i64::from(done - 1) / 2);
        (done, std::fs::metadata(folder.path().join("log.db-wal")).expect("a log").len())
    }

    #[test]
    fn the_log_grows_with_every_commit_when_nobody_copies_it() {
        let (commits, bytes) = commit(2_000, 0, Limits { step_pages: i32::MAX, long_pages: i32::MAX });
        assert!(bytes > u64::from(commits) * 4_096, "{bytes} bytes after {commits} commits");
    }

    #[test]
    fn the_log_begins_anew_under_a_writer_that_does_not_pause() {
        // However late the thread comes to it, in the end it does: this waits for that and compares no times.
        commit(0, 3, Limits { step_pages: 50, long_pages: 200 });
    }
}
