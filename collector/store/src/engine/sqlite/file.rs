//! The database file and what lies beside it: private to its owner, and watched while it is used.
//!
//! A file that is deleted, replaced or cut short under a running program goes on taking writes that nobody will ever read
//! again. So before anything is acknowledged the file at the path is compared with the one that was opened: a few system
//! calls of about a microsecond, beside a commit of milliseconds.
//!
//! Every collector writes a mark of its own into the file's header (`application_id`) when it starts, and backups carry
//! another one. So a copy that took the file's place is told from it, even one that was written over it; and a log that a
//! killed collector left is told from that of a file which lay there before ([`DatabaseFile::prepare`]).

use super::lock::{self, CollectorLock};
use crate::{StoreError, random};
use rusqlite::Connection;
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// What only the owner may read and write: the file holds secrets, and so does its log.
const PRIVATE: u32 = 0o600;
/// Bits of everybody else.
const OTHERS: u32 = 0o077;
/// Where `application_id` stands in a database file, in bytes.
const MARK_AT: u64 = 68;
/// The header of the log, and what it holds besides each page, in bytes.
const LOG_HEADER_BYTES: u64 = 32;
const FRAME_HEADER_BYTES: u64 = 24;
/// What lies beside the file: log, index of the log, lock, salt.
const BESIDE: [&str; 4] = [LOG, "-shm", lock::SUFFIX, super::salt::SUFFIX];
/// Ending of the log.
pub(super) const LOG: &str = "-wal";

/// An open database file.
pub(super) struct DatabaseFile {
    path: PathBuf,
    log: PathBuf,
    identity: Identity,
    log_identity: OnceLock<Identity>,
    /// Kept open until the last connection is closed: closing it would take SQLite's own locks away.
    header: File,
    /// Marks that may stand in the header: that of this collector, or the one before it.
    marks: OnceLock<[u32; 2]>,
    seen_bytes: AtomicU64,
    /// What nothing but a new start can mend.
    fault: OnceLock<String>,
}

/// A file, whatever it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    fn of(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}

/// The path with an ending put to it.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The path without symbolic links, as SQLite has it: what lies beside the file lies beside what a link points to.
pub(super) fn real_path(path: &Path) -> Result<PathBuf, StoreError> {
    if let Ok(real) = path.canonicalize() {
        return Ok(real);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().ok_or_else(|| StoreError::Setup(format!("{} names no file", path.display())))?;
    let folder = folder
        .canonicalize()
        .map_err(|error| StoreError::Setup(format!("the folder {} cannot be used: {error}", folder.display())))?;
    Ok(folder.join(name))
}

/// Makes a file that is nobody else's from its first moment, whatever the umask, and gives it to the owner of `like`.
pub(super) fn create_private(path: &Path, like: Option<&Path>) -> std::io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(PRIVATE).open(path)?;
    file.set_permissions(Permissions::from_mode(PRIVATE))?;
    if let Some(owner) = like.and_then(|like| fs::metadata(like).ok()).filter(|owner| owner.uid() != file_owner(&file))
    {
        // The administrator's commands must not leave files that the collector's user cannot open.
        fchown(&file, Some(owner.uid()), Some(owner.gid()))?;
    }
    Ok(file)
}

fn file_owner(file: &File) -> u32 {
    file.metadata().map_or(u32::MAX, |metadata| metadata.uid())
}

/// Opens a private file beside the database, or makes it.
pub(super) fn open_or_create_private(path: &Path, like: &Path) -> std::io::Result<File> {
    loop {
        match OpenOptions::new().read(true).write(true).open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => match create_private(path, Some(like)) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                created => return created,
            },
            opened => return opened,
        }
    }
}

/// Which of the database's files others than their owner may read or write now.
pub(crate) fn exposed(path: &Path) -> Vec<PathBuf> {
    let all = std::iter::once("").chain(BESIDE).map(|suffix| beside(path, suffix));
    all.filter(|path| fs::metadata(path).is_ok_and(|found| found.mode() & OTHERS != 0)).collect()
}

/// Makes durable what a folder lists.
pub(super) fn sync_folder(of: &Path) -> std::io::Result<()> {
    of.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Length of a file in bytes, 0 when there is none.
pub(super) fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.len())
}

impl DatabaseFile {
    /// Makes the file if there is none, and sees to it that it can be used and is nobody else's.
    ///
    /// # Errors
    /// [`StoreError::Setup`] when it cannot be read and written, or when the log beside it is not its own: to write that
    /// into it would undo and destroy what it holds.
    pub fn prepare(path: &Path) -> Result<Self, StoreError> {
        let path = real_path(path)?;
        let log = beside(&path, LOG);
        let cannot = |error: std::io::Error| StoreError::Setup(format!("{} cannot be used: {error}", path.display()));
        let log_bytes = length(&log);
        if log_bytes > 0 && length(&path) == 0 {
            return Err(StoreError::Setup(format!(
                "{} is missing or empty, but its log is there: put the file back that belongs to it, or move {} away \
                 to begin anew",
                path.display(),
                log.display()
            )));
        }
        match create_private(&path, None) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(cannot(error)),
            _ => {}
        }
        if !path.is_file() {
            return Err(StoreError::Setup(format!("{} is no file", path.display())));
        }
        exposed(&path).iter().for_each(|path| make_private(path));
        // To write as well where that is allowed: on layered file systems that decides which file it is.
        let header = OpenOptions::new().read(true).write(true).open(&path).or_else(|_| File::open(&path));
        let header = header.map_err(cannot)?;
        let found = header.metadata().map_err(cannot)?;
        let mark = mark_in(&header).unwrap_or(0);
        if log_bytes > 0 {
            refuse_foreign_log(&path, &log, mark)?;
        } else {
            lock::note_mark(&path, mark);
        }
        Ok(Self {
            identity: Identity::of(&found),
            path,
            log,
            log_identity: OnceLock::new(),
            header,
            marks: OnceLock::new(),
            seen_bytes: AtomicU64::new(0),
            fault: OnceLock::new(),
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes that this user may still write to the file's disk; `None` where that is not told.
    pub fn free_bytes(&self) -> Option<u64> {
        let space = rustix::fs::statvfs(&self.path).ok()?;
        Some(space.f_bavail.saturating_mul(space.f_frsize))
    }

    /// Writes a mark of this collector into the file, so that no copy can be taken for it.
    pub fn mark(&self, writer: &Connection, lock: &CollectorLock) -> Result<(), StoreError> {
        let mut marks = [mark_in(&self.header).unwrap_or(0), new_mark()];
        lock.note(&marks);
        set_mark(writer, marks[1])?;
        // Into the file itself. A reader can put it off: then the mark before it stands there.
        super::checkpoint::truncate(writer)?;
        if mark_in(&self.header).is_ok_and(|mark| mark == marks[1]) {
            marks[0] = marks[1];
            lock.note(&marks[1..]);
        }
        let _ = self.marks.set(marks);
        self.seen_bytes.store(length(&self.path), Ordering::Relaxed);
        Ok(())
    }

    /// Whether the file at the path is the one that was opened, and whole.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] that says what happened to it.
    pub fn check(&self) -> Result<(), StoreError> {
        let bytes = self.look()?;
        if bytes < self.seen_bytes.load(Ordering::Relaxed) {
            return Err(self.gone(&format!("{} is shorter than it was", self.path.display())));
        }
        self.seen_bytes.fetch_max(bytes, Ordering::Relaxed);
        Ok(())
    }

    /// [`Self::check`] for the writer, who can ask how long the file should be: compacting it makes it shorter, too.
    pub fn check_with(&self, writer: &Connection) -> Result<(), StoreError> {
        let bytes = self.look()?;
        let seen_bytes = self.seen_bytes.load(Ordering::Relaxed);
        if bytes < seen_bytes {
            let known =
                writer.query_row("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", [], |row| {
                    row.get::<_, i64>(0)
                });
            if bytes == 0 || known.map_or(true, |known_bytes| known_bytes as u64 >= seen_bytes) {
                return Err(self.broken(format!(
                    "{} was cut short under the running collector, from {seen_bytes} to {bytes} bytes",
                    self.path.display()
                )));
            }
        }
        self.seen_bytes.store(bytes, Ordering::Relaxed);
        Ok(())
    }

    /// After a commit that made the log `log_pages` long, or 0 when that is not known: whether it went into the log that
    /// the next start will read.
    pub fn check_log(&self, writer: &Connection, log_pages: u32, page_bytes: u64) -> Result<(), StoreError> {
        let found = match self.log_identity.get() {
            Some(log) => self.look_at_log(*log)?,
            None => {
                let found = fs::metadata(&self.log).map_err(|error| self.log_gone(&error))?;
                let _ = self.log_identity.set(Identity::of(&found));
                found
            }
        };
        let expected = |pages: u64| LOG_HEADER_BYTES + pages * (FRAME_HEADER_BYTES + page_bytes);
        if log_pages == 0 || found.len() >= expected(log_pages.into()) {
            return Ok(());
        }
        // Another program may have copied the whole log into the file since, and emptied it.
        let known_pages: i64 = writer.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get(1))?;
        if known_pages > 0 && length(&self.log) < expected(known_pages as u64) {
            return Err(self.broken(format!("the log {} was cut short", self.log.display())));
        }
        Ok(())
    }

    /// The log, if it is the one that was written first.
    fn look_at_log(&self, log: Identity) -> Result<Metadata, StoreError> {
        let found = fs::metadata(&self.log).map_err(|error| self.log_gone(&error))?;
        if Identity::of(&found) == log {
            return Ok(found);
        }
        Err(self.gone(&format!("the log {} was replaced by another file", self.log.display())))
    }

    fn log_gone(&self, error: &std::io::Error) -> StoreError {
        self.gone(&format!("the log {} cannot be found: {error}", self.log.display()))
    }

    /// The file's length in bytes, if it is the one that was opened.
    fn look(&self) -> Result<u64, StoreError> {
        if let Some(fault) = self.fault.get() {
            return Err(StoreError::Unavailable(fault.clone()));
        }
        let found = fs::metadata(&self.path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                self.gone(&format!("{} was deleted or moved away under the running collector", self.path.display()))
            }
            _ => self.gone(&format!("{} cannot be found: {error}", self.path.display())),
        })?;
        if Identity::of(&found) != self.identity {
            return Err(
                self.gone(&format!("{} was replaced by another file under the running collector", self.path.display()))
            );
        }
        if let Some(log) = self.log_identity.get() {
            self.look_at_log(*log)?;
        }
        if let Some(marks) = self.marks.get()
            && !mark_in(&self.header).is_ok_and(|mark| marks.contains(&mark))
        {
            return Err(self.broken(format!(
                "{} was cut short or overwritten with another database under the running collector",
                self.path.display()
            )));
        }
        Ok(found.len())
    }

    /// A fault that ends when the file is back.
    fn gone(&self, what: &str) -> StoreError {
        StoreError::Unavailable(format!("{what}: nothing is stored until it is back, or the collector started again"))
    }

    /// A fault for good: to write on would hide it and make it worse.
    fn broken(&self, what: String) -> StoreError {
        let fault = format!("{what}: nothing is stored until the collector is started again");
        tracing::error!("{fault}");
        let _ = self.fault.set(fault.clone());
        StoreError::Unavailable(fault)
    }
}

fn make_private(path: &Path) {
    // Nobody else gets in; what the owner may not do stays so.
    let private = |found: Metadata| fs::set_permissions(path, Permissions::from_mode(found.mode() & PRIVATE));
    match fs::metadata(path).and_then(private) {
        Ok(()) => {
            tracing::warn!("{} could be read by other users of this machine; now only its owner can", path.display())
        }
        Err(error) => tracing::warn!(
            "{} can be read by other users of this machine, and that cannot be changed: {error}",
            path.display()
        ),
    }
}

fn mark_in(header: &File) -> std::io::Result<u32> {
    let mut bytes = [0; 4];
    header.read_exact_at(&mut bytes, MARK_AT)?;
    Ok(u32::from_be_bytes(bytes))
}

/// A mark that no other file has.
pub(super) fn new_mark() -> u32 {
    random::fresh::<u32>().max(1)
}

/// Writes the mark; [`super::checkpoint::truncate`] brings it into the file.
pub(super) fn set_mark(writer: &Connection, mark: u32) -> rusqlite::Result<()> {
    writer.pragma_update(None, "application_id", mark as i32)
}

/// A log that was written for another file than the one that lies there now would be copied into it.
fn refuse_foreign_log(path: &Path, log: &Path, mark: u32) -> Result<(), StoreError> {
    let noted = lock::noted_marks(path);
    if noted.is_empty() || noted.contains(&mark) {
        return Ok(());
    }
    Err(StoreError::Setup(format!(
        "the log {} is not of the file that lies beside it now: {} was replaced after a collector ended without a clean \
         stop. Put back the file that the log belongs to, or move the log away to use this file as it is. If both were \
         moved here together, delete {}",
        log.display(),
        path.display(),
        beside(path, lock::SUFFIX).display()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("it is there").mode() & 0o777
    }

    #[test]
    fn a_database_file_was_readable_by_all_though_it_holds_secrets() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rapport.db");
        let file = DatabaseFile::prepare(&path).expect("a new file");
        assert_eq!(mode(file.path()), PRIVATE);
        for suffix in ["", LOG] {
            fs::write(beside(&path, suffix), "").expect("written");
            fs::set_permissions(beside(&path, suffix), Permissions::from_mode(0o644)).expect("opened to all");
        }
        assert_eq!(exposed(&path).len(), 2);
        DatabaseFile::prepare(&path).expect("an old file");
        assert_eq!((exposed(&path).len(), mode(&path), mode(&beside(&path, LOG))), (0, PRIVATE, PRIVATE));
    }

    #[test]
    fn a_file_that_cannot_be_used_says_why() {
        let folder = tempfile::tempdir().expect("a folder");
        let refused = |path: PathBuf| match DatabaseFile::prepare(&path) {
            Err(StoreError::Setup(reason)) => reason,
            _ => panic!("{} was taken", path.display()),
        };
        assert!(refused(folder.path().join("none/rapport.db")).contains("none"));
        assert!(refused(folder.path().to_owned()).contains("is no file"));
        fs::write(folder.path().join("gone.db-wal"), "a log").expect("written");
        assert!(refused(folder.path().join("gone.db")).contains("its log is there"));
        assert!(!folder.path().join("gone.db").exists(), "nothing was made");
    }
}
