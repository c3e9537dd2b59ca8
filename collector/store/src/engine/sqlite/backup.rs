//! Backup and restore of the database file, each verified before anything takes its place.
//!
//! A backup is one snapshot of a file that may be written meanwhile. It is written anew from that snapshot, so it holds
//! rows and nothing else: no free pages, no log, no salt.

use super::file::{self, DatabaseFile, INDEX, LOG, beside, create_private, length, real_path};
use super::lock::CollectorLock;
use super::{Location, OVERWRITTEN, applied};
use crate::StoreError;
use crate::engine::backup::Copied;
use crate::engine::migrate::{self, MIGRATIONS};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use rustix::fs::FlockOperation;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

/// Most faults that are told of a damaged file.
const FAULTS: i64 = 3;

/// A file under a name of its own until it is whole; taken away again if it does not come to that.
struct Part(PathBuf);

impl Part {
    /// An empty one beside `target`, owned as `like` is.
    fn new(target: &Path, like: &Path) -> Result<Self, StoreError> {
        let path = beside(target, &format!(".{:08x}.part", crate::random::fresh::<u32>()));
        create_private(&path, Some(like)).map_err(|error| cannot_write(&path, &error))?;
        Ok(Self(path))
    }

    /// Copies the bytes of a file, and none of its permissions.
    fn fill(&self, from: &Path) -> Result<(), StoreError> {
        let mut from = File::open(from)
            .map_err(|error| StoreError::Setup(format!("{} cannot be read: {error}", from.display())))?;
        let into = OpenOptions::new().write(true).open(&self.0);
        let copied = into.and_then(|mut into| std::io::copy(&mut from, &mut into));
        copied.map(|_| ()).map_err(|error| cannot_write(&self.0, &error))
    }

    fn open(&self) -> Result<Connection, StoreError> {
        Ok(Connection::open_with_flags(&self.0, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?)
    }

    /// Makes it durable under the name of `target`, in the place of what was there.
    fn take_place_of(&self, target: &Path) -> Result<(), StoreError> {
        let moved = File::open(&self.0)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&self.0, target))
            .and_then(|()| file::sync_folder(target));
        moved.map_err(|error| cannot_write(target, &error))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        for suffix in ["", "-journal", LOG, INDEX] {
            let _ = fs::remove_file(beside(&self.0, suffix));
        }
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Setup(format!("{} cannot be written: {error}", path.display()))
}

/// Name and number of rows of every table.
type Rows = Vec<(String, u64)>;

fn rows(connection: &Connection) -> rusqlite::Result<Rows> {
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let tables = connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    let count = |table: String| {
        let count =
            connection.query_row(&format!("SELECT COUNT(*) FROM \"{table}\""), [], |row| row.get::<_, i64>(0))?;
        Ok((table, count as u64))
    };
    tables.into_iter().map(count).collect()
}

/// The migrations that ran; the file must be one of ours, and not newer than this program.
fn known_history(connection: &Connection, path: &Path) -> Result<Vec<(i64, String)>, StoreError> {
    let is_ours: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_migration')",
        [],
        |row| row.get(0),
    )?;
    if !is_ours {
        return Err(StoreError::Setup(format!("{} is no database of rapport", path.display())));
    }
    let history = applied(connection)?;
    migrate::pending(MIGRATIONS, &history)
        .map_err(|reason| StoreError::Setup(format!("{} cannot be used: {reason}", path.display())))?;
    Ok(history)
}

/// # Errors
/// When a page, an index or a constraint is damaged.
fn check_whole(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let faults = connection
        .prepare(&format!("PRAGMA integrity_check({FAULTS})"))?
        .query_map([], |row| row.get(0))?
        .collect::<Result<Vec<String>, _>>()?;
    if faults == ["ok"] {
        return Ok(());
    }
    Err(StoreError::Setup(format!("{} is damaged: {}", path.display(), faults.join("; "))))
}

/// Writes a backup of the database to `target`, which with `replace` may exist.
pub(crate) fn back_up(database: &Path, target: &Path, replace: bool) -> Result<Copied, StoreError> {
    if !database.is_file() {
        return Err(StoreError::Setup(format!("there is no database {}", database.display())));
    }
    let database = DatabaseFile::prepare(database)?;
    let target = usable_target(database.path(), target, replace)?;
    let source = Location::File(database.path().to_owned()).connect(false)?;
    let snapshot = Part::new(&target, database.path())?;
    // One transaction: what is counted is what is copied.
    source.execute_batch("BEGIN")?;
    let history = known_history(&source, database.path())?;
    let expected = rows(&source)?;
    let mut copy = snapshot.open()?;
    if Backup::new(&source, &mut copy)?.step(-1)? != StepResult::Done {
        return Err(StoreError::Unavailable(format!("{} is busy: try again", database.path().display())));
    }
    source.execute_batch("COMMIT")?;
    database.check()?;
    let part = Part::new(&target, database.path())?;
    let bare = rewrite(&copy, &part.0);
    drop(copy);
    drop(snapshot);
    bare?;
    let written = part.open()?;
    check_whole(&written, &part.0)?;
    let found = rows(&written)?;
    if applied(&written)? != history || without_salts(&found) != without_salts(&expected) {
        return Err(StoreError::Inconsistent("the backup does not hold what the database holds".into()));
    }
    drop(written);
    part.take_place_of(&target)?;
    Ok(Copied { bytes: length(&target), rows: found, replaced: None })
}

/// Where a backup may go: a file that is none of the database's own.
fn usable_target(database: &Path, target: &Path, replace: bool) -> Result<PathBuf, StoreError> {
    let is_named = !target.as_os_str().as_encoded_bytes().ends_with(b"/");
    let target = real_path(target)?;
    let shown = target.display();
    if target.is_dir() || !is_named {
        return Err(StoreError::Setup(format!("{shown} is a folder: name a file in it")));
    }
    if target.parent() == database.parent() && target.to_string_lossy().starts_with(&*database.to_string_lossy()) {
        let rest = &target.to_string_lossy()[database.to_string_lossy().len()..];
        if rest.is_empty() || rest.starts_with('-') {
            return Err(StoreError::Setup(format!("{shown} belongs to the database itself: name another file")));
        }
    }
    if target.exists() && !replace {
        return Err(StoreError::Setup(format!(
            "{shown} exists already: name another file, or say --force to replace it"
        )));
    }
    Ok(target)
}

/// Writes the rows of `copy`, which is changed, to the empty file `into`.
fn rewrite(copy: &Connection, into: &Path) -> Result<(), StoreError> {
    copy.execute_batch("PRAGMA synchronous=OFF; PRAGMA journal_mode=DELETE;")?;
    // Where it still is before the first start of a version that keeps it elsewhere.
    if copy.prepare("SELECT day FROM daily_salt").is_ok() {
        copy.execute("DELETE FROM daily_salt", [])?;
    }
    copy.pragma_update(None, "user_version", OVERWRITTEN)?;
    file::set_mark(copy, file::new_mark())?;
    copy.execute("VACUUM INTO ?1", [into.to_string_lossy()])?;
    Ok(())
}

fn without_salts(rows: &Rows) -> Vec<&(String, u64)> {
    rows.iter().filter(|(table, _)| table != "daily_salt").collect()
}

/// Puts a backup in the place of the database, which is kept under another name.
pub(crate) fn restore(database: &Path, backup: &Path, now: &str) -> Result<Copied, StoreError> {
    let shown = backup.display();
    if !backup.is_file() {
        return Err(StoreError::Setup(format!("there is no backup {shown}")));
    }
    let (backup, database) = (real_path(backup)?, real_path(database)?);
    if backup == database {
        return Err(StoreError::Setup(format!("{shown} is the database itself")));
    }
    if length(&beside(&backup, LOG)) > 0 {
        return Err(StoreError::Setup(format!(
            "{shown} has a log beside it, so it is no backup but a database in use, and not complete without it"
        )));
    }
    let lock = CollectorLock::take(&database)?;
    let _held = hold_alone(&database)?;
    refuse_left_over_log(&database)?;
    let part = Part::new(&database, if database.exists() { &database } else { &backup })?;
    part.fill(&backup)?;
    let mark = file::new_mark();
    let rows = verified(&part, &backup, mark)?;
    let replaced = keep_aside(&database, now)?;
    // Empty, or of nobody who still lives.
    for suffix in [LOG, INDEX] {
        let _ = fs::remove_file(beside(&database, suffix));
    }
    part.take_place_of(&database)?;
    lock.note(&[mark], false);
    Ok(Copied { bytes: length(&database), rows, replaced })
}

/// Checks the copy of a backup and makes it a database of its own; its rows.
fn verified(part: &Part, backup: &Path, mark: u32) -> Result<Rows, StoreError> {
    let damaged = |error: StoreError| match error {
        StoreError::Setup(reason) => StoreError::Setup(reason),
        error => StoreError::Setup(format!("{} cannot be read as a database: {error}", backup.display())),
    };
    let check = || {
        let copy = part.open()?;
        copy.execute_batch("PRAGMA journal_mode=DELETE;")?;
        known_history(&copy, backup)?;
        check_whole(&copy, backup)?;
        file::set_mark(&copy, mark)?;
        Ok(rows(&copy)?)
    };
    check().map_err(damaged)
}

/// Keeps every other process from using the file as long as this lives: SQLite's own locks are of this kind.
fn hold_alone(database: &Path) -> Result<Option<File>, StoreError> {
    if !database.exists() {
        return Ok(None);
    }
    let file = OpenOptions::new().read(true).write(true).open(database);
    let file = file.map_err(|error| cannot_write(database, &error))?;
    rustix::fs::fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive)
        .map_err(|_| StoreError::Setup(format!("another program has {} open: end it first", database.display())))?;
    Ok(Some(file))
}

/// A log that stays beside a restored file would be copied into it, and undo it.
fn refuse_left_over_log(database: &Path) -> Result<(), StoreError> {
    let log = beside(database, LOG);
    if length(&log) == 0 {
        return Ok(());
    }
    Err(StoreError::Setup(format!(
        "the log {} holds what is not yet in {}: its collector did not end properly. Start and stop it once, or move both \
         away if they are to be given up",
        log.display(),
        database.display()
    )))
}

/// The name under which the replaced file is kept, if there is one.
fn keep_aside(database: &Path, now: &str) -> Result<Option<PathBuf>, StoreError> {
    if !database.exists() {
        return Ok(None);
    }
    let aside = beside(database, &format!(".replaced-{now}"));
    // A second name first, so that there is a database at every moment; not every file system can do that.
    fs::hard_link(database, &aside)
        .or_else(|_| {
            if aside.exists() { Err(std::io::ErrorKind::AlreadyExists.into()) } else { fs::rename(database, &aside) }
        })
        .map_err(|error| cannot_write(&aside, &error))?;
    Ok(Some(aside))
}
