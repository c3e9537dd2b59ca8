//! The database file and what lies beside it: private to its owner, and watched while it is used.
//!
//! A file that is deleted, replaced or cut short under a running program goes on taking writes that nobody will ever read
//! again. So before anything is acknowledged the file at the path is compared with the one that was opened: a few system
//! calls of about a microsecond, beside a commit of milliseconds.
//!
//! Every collector writes a mark of its own into the file's header (`application_id`) when it starts, and the one after it
//! whenever its log begins anew; backups carry another one. So a copy that took the file's place is told from it, even one
//! that was written over it; and a log that a killed collector left is told from that of a file which lay there before, be
//! it of the same collector ([`DatabaseFile::prepare`]). The log itself holds the mark of its file, too.

use super::lock::{self, CollectorLock};
use super::log::{self, Log, Salt};
use crate::{StoreError, random};
use rusqlite::Connection;
use rustix::fs::{Access, access};
use std::fs::{self, File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// What only the owner may read and write: the file holds secrets, and so does its log.
const PRIVATE: u32 = 0o600;
/// Bits of everybody else.
const OTHERS: u32 = 0o077;
/// Where `application_id` stands in a database file, in bytes.
const MARK_AT: u64 = 68;
/// What lies beside the file: log, index of the log, lock, salt.
const BESIDE: [&str; 4] = [LOG, INDEX, lock::SUFFIX, super::salt::SUFFIX];
/// Ending of the log, and of its index.
pub(super) const LOG: &str = "-wal";
pub(super) const INDEX: &str = "-shm";

/// An open database file.
pub(super) struct DatabaseFile {
    path: PathBuf,
    identity: Identity,
    /// From the first commit on.
    log: OnceLock<Log>,
    /// Kept open until the last connection is closed: closing it would take SQLite's own locks away.
    header: File,
    /// Marks that may stand in the header; of a collector only.
    marks: Mutex<Option<Marks>>,
    /// What the log holds has been copied, since it lies at its path no more.
    rescued: AtomicBool,
    seen_bytes: AtomicU64,
    /// What nothing but a new start can mend.
    fault: OnceLock<String>,
}

/// What a collector wrote into the header.
#[derive(Clone, Copy)]
struct Marks {
    /// The one before, as long as a reader keeps the new one from the file; else the new one.
    before: u32,
    newest: u32,
    /// The log for which that was written.
    log_salt: Salt,
    /// Nothing has been written since log and mark were copied. The log that begins next needs no other mark, since what is
    /// copied from the file meanwhile lacks nothing.
    is_fresh: bool,
}

/// A file, whatever it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    pub fn of(metadata: &Metadata) -> Self {
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

/// Opens the file, which is made where there is none, for reading and writing, with those beside it.
fn writable(path: &Path, cannot: impl Fn(std::io::Error) -> StoreError) -> Result<File, StoreError> {
    match create_private(path, None) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(cannot(error)),
        _ => {}
    }
    if !path.is_file() {
        return Err(StoreError::Setup(format!("{} is no file", path.display())));
    }
    exposed(path).iter().for_each(|path| make_private(path));
    // Before SQLite makes files beside it that can be used no more than this one.
    let opened = OpenOptions::new().read(true).write(true).open(path);
    let header = opened.map_err(|error| if File::open(path).is_err() { cannot(error) } else { only_read(path) })?;
    for beside in BESIDE.map(|suffix| beside(path, suffix)) {
        if beside.exists() && access(&beside, Access::READ_OK | Access::WRITE_OK).is_err() {
            return Err(only_read(&beside));
        }
    }
    Ok(header)
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
        let header = writable(&path, cannot)?;
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
            log: OnceLock::new(),
            header,
            marks: Mutex::default(),
            rescued: AtomicBool::new(false),
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

    /// Has this process be the file's one collector, under whatever name others find it.
    ///
    /// # Errors
    /// [`StoreError::Setup`] when another one is.
    pub fn hold(&self) -> Result<(), StoreError> {
        // `flock`, which knows nothing of SQLite's locks, nor they of it.
        lock::patiently(|| self.header.try_lock())
            .map_err(|error| StoreError::Setup(format!("{} cannot be locked: {error}", self.path.display())))?
            .then_some(())
            .ok_or_else(|| StoreError::Setup(lock::in_use(&self.path)))
    }

    /// # Errors
    /// [`StoreError::Setup`] when a collector runs on the file, but not under this name: its log has another name, too.
    pub fn refuse_other_name(&self) -> Result<(), StoreError> {
        match self.header.try_lock_shared() {
            Err(TryLockError::WouldBlock) if !lock::is_held(&self.path) => Err(StoreError::Setup(format!(
                "a collector runs on {}, but under another name, or its lock {} was deleted: use the name that it uses, or \
                 stop it first",
                self.path.display(),
                beside(&self.path, lock::SUFFIX).display()
            ))),
            _ => {
                let _ = self.header.unlock();
                Ok(())
            }
        }
    }

    fn marks(&self) -> Option<Marks> {
        *self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a mark of this collector into the file, so that no copy can be taken for it.
    pub fn mark(&self, writer: &Connection, lock: &CollectorLock) -> Result<(), StoreError> {
        self.write_mark(writer, lock, new_mark(), Salt::default(), super::checkpoint::truncate)
    }

    /// To be called after a commit: another mark for a log that has begun anew. What was copied from the file before then
    /// lacks what the log held before then, and must not be taken for it.
    pub fn renew_mark(&self, writer: &Connection, lock: &CollectorLock) -> Result<(), StoreError> {
        let (Some(marks), Some(log_salt)) = (self.marks(), self.log.get().and_then(Log::salt)) else { return Ok(()) };
        if marks.is_fresh && log::follows(marks.log_salt, log_salt) {
            self.set_marks(Marks { log_salt, is_fresh: false, ..marks });
            // The same again, for the log to say whose it is.
            set_mark(writer, marks.newest)?;
        } else if marks.log_salt != log_salt {
            self.write_mark(writer, lock, following(marks.newest), log_salt, super::checkpoint::copy_whole)?;
        } else if marks.before != marks.newest {
            let is_fresh = super::checkpoint::copy_whole(writer)?;
            self.note_if_copied(Marks { is_fresh, ..marks }, lock);
        } else if marks.is_fresh {
            self.set_marks(Marks { is_fresh: false, ..marks });
        }
        Ok(())
    }

    /// `copy` copies the log into the file, and says whether it is whole there.
    fn write_mark(
        &self,
        writer: &Connection,
        lock: &CollectorLock,
        newest: u32,
        log_salt: Salt,
        copy: impl FnOnce(&Connection) -> rusqlite::Result<bool>,
    ) -> Result<(), StoreError> {
        let marks = Marks { before: mark_in(&self.header).unwrap_or(0), newest, log_salt, is_fresh: false };
        // First, since whoever stops in the midst of it leaves one of the two.
        lock.note(&[marks.before, newest], true);
        self.set_marks(marks);
        set_mark(writer, newest)?;
        // A reader can put it off: then the mark before it stands there.
        let is_fresh = copy(writer)?;
        self.note_if_copied(Marks { is_fresh, ..marks }, lock);
        self.seen_bytes.store(length(&self.path), Ordering::Relaxed);
        Ok(())
    }

    fn note_if_copied(&self, marks: Marks, lock: &CollectorLock) {
        if mark_in(&self.header).is_ok_and(|mark| mark == marks.newest) {
            lock.note(&[marks.newest], true);
            self.set_marks(Marks { before: marks.newest, ..marks });
        }
    }

    fn set_marks(&self, marks: Marks) {
        *self.marks.lock().unwrap_or_else(PoisonError::into_inner) = Some(marks);
    }

    /// Whether a log that is gone from its place has been copied into the file.
    pub fn is_rescued(&self) -> bool {
        self.rescued.load(Ordering::Relaxed)
    }

    /// Notes that the file alone is everything.
    pub fn note_complete(&self, lock: &CollectorLock) {
        if let Some(marks) = self.marks() {
            lock.note(&[marks.before, marks.newest], false);
        }
    }

    /// Whether the file at the path is the one that was opened, and whole.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] that says what happened to it.
    pub fn check(&self) -> Result<(), StoreError> {
        // What others saw is asked for first: they may see the file grow after this look at it.
        let seen_bytes = self.seen_bytes.load(Ordering::SeqCst);
        let bytes = self.look()?;
        self.look_at_log()?;
        if bytes < seen_bytes && self.seen_bytes.load(Ordering::SeqCst) >= seen_bytes {
            return Err(self.gone(&format!("{} is shorter than it was", self.path.display())));
        }
        self.seen_bytes.fetch_max(bytes, Ordering::Relaxed);
        Ok(())
    }

    /// [`Self::check`] for the writer, who can ask how long the file should be: compacting it makes it shorter, too.
    pub fn check_with(&self, writer: &Connection) -> Result<(), StoreError> {
        let seen_bytes = self.seen_bytes.load(Ordering::SeqCst);
        let bytes = self.look()?;
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
        let looked = self.look_at_log();
        match looked {
            Ok(()) => self.rescued.store(false, Ordering::Relaxed),
            Err(_) => self.rescue_log(writer),
        }
        looked
    }

    /// Watches the log from now on: there is one after a commit.
    pub fn watch_log(&self) -> Result<(), StoreError> {
        if self.log.get().is_some() {
            return Ok(());
        }
        let log = Log::open(&self.path).map_err(|error| {
            self.gone(&format!("the log of {} or its index cannot be found: {error}", self.path.display()))
        })?;
        let _ = self.log.set(log);
        self.look_at_log()
    }

    /// Whether log and index are those that were written first, and whole.
    fn look_at_log(&self) -> Result<(), StoreError> {
        let Some(log) = self.log.get() else { return Ok(()) };
        log.check().map_err(|harm| match harm {
            log::Harm::Gone(what) => self.gone(&what),
            log::Harm::Broken(what) => self.broken(what),
        })
    }

    /// A log that was deleted is still held open, and is copied into the file as long as it is; once.
    fn rescue_log(&self, writer: &Connection) {
        let is_whole =
            self.log.get().is_some_and(|log| matches!(log.check(), Err(log::Harm::Gone(_))) && log.is_whole());
        if !is_whole || self.fault.get().is_some() || self.rescued.load(Ordering::Relaxed) {
            return;
        }
        match super::checkpoint::copy_whole(writer) {
            Ok(true) => {
                self.rescued.store(true, Ordering::Relaxed);
                tracing::warn!(
                    "the log of {} is gone from its place; what it held is in the file now",
                    self.path.display()
                );
            }
            Ok(false) => {
                tracing::warn!("the log is gone from its place, and cannot be copied yet since somebody reads")
            }
            Err(error) => tracing::error!(%error, "the log is gone from its place, and cannot be copied into the file"),
        }
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
        // Whoever writes a new mark allows it before it is there.
        let is_ours = || {
            self.marks().is_none_or(|marks| {
                mark_in(&self.header).is_ok_and(|mark| mark == marks.before || mark == marks.newest)
            })
        };
        if !is_ours() && !is_ours() {
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

/// The mark after this one.
fn following(mark: u32) -> u32 {
    mark.wrapping_add(1).max(1)
}

fn only_read(path: &Path) -> StoreError {
    StoreError::Setup(format!("{} can only be read: nothing could be stored. Let this user write it", path.display()))
}

/// Writes the mark; [`super::checkpoint::truncate`] brings it into the file.
pub(super) fn set_mark(writer: &Connection, mark: u32) -> rusqlite::Result<()> {
    writer.pragma_update(None, "application_id", mark as i32)
}

/// A log that was written for another file than the one that lies there now would be copied into it.
fn refuse_foreign_log(path: &Path, log: &Path, mark: u32) -> Result<(), StoreError> {
    let mut marks = lock::noted_marks(path);
    if marks.is_empty() {
        // The lock was deleted, or both were moved here without it. The file has the log's mark or the one before it.
        marks = log::marks(log, MARK_AT).unwrap_or_default();
        if marks.is_empty() || marks.iter().any(|noted| following(mark) == *noted) {
            return Ok(());
        }
    }
    if marks.contains(&mark) {
        return Ok(());
    }
    Err(StoreError::Setup(format!(
        "the log {} is not of the file that lies beside it now: {} was replaced after a collector ended without a clean \
         stop. Put back the file that the log belongs to, or move the log away to use this file as it is. If both were \
         moved here together from elsewhere, delete {}",
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
    #[test]
    fn a_file_that_grew_between_two_looks_was_called_shorter() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = DatabaseFile::prepare(&folder.path().join("rapport.db")).expect("a new file");
        let writer = File::options().write(true).open(file.path()).expect("it opens");
        let is_growing = AtomicBool::new(true);
        std::thread::scope(|scope| {
            let looks = [(); 4].map(|()| {
                scope.spawn(|| {
                    let mut looks = 0;
                    while is_growing.load(Ordering::Relaxed) || looks == 0 {
                        file.check().expect("it never became shorter");
                        looks += 1;
                    }
                    looks
                })
            });
            for bytes in 1..20_000 {
                writer.set_len(bytes).expect("it grows");
            }
            is_growing.store(false, Ordering::Relaxed);
            assert!(looks.map(|look| look.join().expect("it looks")).iter().all(|looks| *looks > 0));
        });
        writer.set_len(10).expect("it is cut");
        assert!(file.check().is_err(), "and this is noticed");
    }
}
