//! The write-ahead log and its index, as SQLite documents both (<https://sqlite.org/walformat.html>): whether what was
//! committed is still there for the next start to read.
//!
//! SQLite writes on at the offset that it remembers, in files that it holds open. So a log that is cut short, emptied,
//! deleted or replaced under it grows on as if nothing had happened, and the next start finds a hole where commits were. The
//! index (`-shm`) says how long the log is and what its last frame looks like; every program that uses the database shares
//! it, so what others do in the proper way is in it as well.

use super::file::{INDEX, Identity, LOG, beside, length};
use std::fs::{self, File, Metadata, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The header of the log, and what it holds besides each page, in bytes.
const LOG_HEADER_BYTES: u64 = 32;
const FRAME_HEADER_BYTES: u64 = 24;
/// The header of the index stands there twice, and while it is written the two differ.
const INDEX_HEADER_BYTES: usize = 48;
/// How often what others change at the same time is looked at again.
const LOOKS: u32 = 8;

/// What the logs that follow each other in one file differ in.
pub(super) type Salt = [u8; 8];

/// Whether the log with salt `next` is the one after that with salt `salt`: the first half counts them.
pub(super) fn follows(salt: Salt, next: Salt) -> bool {
    let count = |salt: Salt| u32::from_be_bytes([salt[0], salt[1], salt[2], salt[3]]);
    salt != Salt::default() && count(next) == count(salt).wrapping_add(1)
}

/// What befell the log, in words.
pub(super) enum Harm {
    /// It ends when the log is back.
    Gone(String),
    /// For good.
    Broken(String),
}

/// The log and its index, open. Closing them would take SQLite's own locks away: they are kept until the last connection
/// is closed.
pub(super) struct Log {
    log: Watched,
    index: Watched,
    /// The index never becomes shorter while somebody uses it.
    index_bytes: AtomicU64,
}

struct Watched {
    path: PathBuf,
    file: File,
    identity: Identity,
}

impl Watched {
    fn open(path: PathBuf) -> std::io::Result<Self> {
        let file = File::open(&path)?;
        Ok(Self { identity: Identity::of(&file.metadata()?), path, file })
    }

    /// What lies at the path, if it is this file.
    fn look(&self) -> Option<Metadata> {
        fs::metadata(&self.path).ok().filter(|found| Identity::of(found) == self.identity)
    }
}

/// What the index says of the log.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Header {
    page_bytes: u64,
    /// Frames of the log, committed.
    frames: u64,
    /// Both numbers of the last frame's checksum, which is over all before it, too.
    checksum: [u8; 8],
    salt: Salt,
}

impl Header {
    fn parse(bytes: &[u8; INDEX_HEADER_BYTES]) -> Option<Self> {
        let number = |at: usize| u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let is_made = bytes[12] != 0;
        let page_bytes = u64::from(u16::from_ne_bytes([bytes[14], bytes[15]]));
        let mut checksum = [0; 8];
        checksum[..4].copy_from_slice(&number(24).to_be_bytes());
        checksum[4..].copy_from_slice(&number(28).to_be_bytes());
        is_made.then(|| Self {
            // 65536 does not fit.
            page_bytes: if page_bytes == 1 { 1 << 16 } else { page_bytes },
            frames: number(16).into(),
            checksum,
            salt: bytes[32..40].try_into().unwrap_or_default(),
        })
    }

    fn log_bytes(&self) -> u64 {
        LOG_HEADER_BYTES + self.frames * (FRAME_HEADER_BYTES + self.page_bytes)
    }
}

impl Log {
    /// Of a database that somebody of this process uses.
    pub fn open(database: &Path) -> std::io::Result<Self> {
        let (log, index) = (Watched::open(beside(database, LOG))?, Watched::open(beside(database, INDEX))?);
        Ok(Self { log, index, index_bytes: AtomicU64::new(0) })
    }

    /// None while the log is empty.
    pub fn salt(&self) -> Option<Salt> {
        self.header().filter(|header| header.frames > 0).map(|header| header.salt)
    }

    /// Whether log and index are those that were opened, and whole: a few system calls.
    pub fn check(&self) -> Result<(), Harm> {
        // What others saw is asked for first: they may see it grow after this look at it.
        let seen_bytes = self.index_bytes.load(Ordering::SeqCst);
        let index_bytes = self.index.look().map(|found| found.len());
        let Some(index_bytes) = index_bytes else {
            // Whoever finds none makes another, and writes where this process does.
            return Err(Harm::Broken(format!(
                "{} was deleted or replaced under the running collector",
                self.index.path.display()
            )));
        };
        self.index_bytes.fetch_max(index_bytes, Ordering::SeqCst);
        if index_bytes < seen_bytes {
            return Err(Harm::Broken(format!(
                "{} was cut short under the running collector",
                self.index.path.display()
            )));
        }
        if self.log.look().is_none() {
            let what = if self.log.path.exists() { "was replaced by another file" } else { "cannot be found" };
            return Err(Harm::Gone(format!("the log {} {what}", self.log.path.display())));
        }
        if self.is_whole() {
            return Ok(());
        }
        Err(Harm::Broken(format!("the log {} was cut short or overwritten", self.log.path.display())))
    }

    /// Whether the log holds what the index says, wherever it lies.
    pub fn is_whole(&self) -> bool {
        for _ in 0..LOOKS {
            let Some(header) = self.header() else { continue };
            if self.holds(&header) {
                return true;
            }
            // Another program may have copied it into the file meanwhile, and emptied it.
            if self.header() == Some(header) {
                return false;
            }
        }
        true
    }

    /// None while it is written.
    fn header(&self) -> Option<Header> {
        let mut both = [0; 2 * INDEX_HEADER_BYTES];
        self.index.file.read_exact_at(&mut both, 0).ok()?;
        let (first, second) = both.split_at(INDEX_HEADER_BYTES);
        (first == second).then(|| first.try_into().ok()).flatten().and_then(Header::parse)
    }

    fn holds(&self, header: &Header) -> bool {
        if header.frames == 0 {
            return true;
        }
        let end = header.log_bytes();
        let last =
            read::<{ FRAME_HEADER_BYTES as usize }>(&self.log.file, end - header.page_bytes - FRAME_HEADER_BYTES);
        let first = read::<{ LOG_HEADER_BYTES as usize }>(&self.log.file, 0);
        self.log.file.metadata().is_ok_and(|found| found.len() >= end)
            && last.is_some_and(|last| last[8..16] == header.salt && last[16..] == header.checksum)
            && first.is_some_and(|first| first[16..24] == header.salt)
    }
}

fn read<const BYTES: usize>(file: &File, at: u64) -> Option<[u8; BYTES]> {
    let mut bytes = [0; BYTES];
    file.read_exact_at(&mut bytes, at).ok()?;
    Some(bytes)
}

/// The marks that stand `mark_at` bytes into each first page that the log holds, the last one last.
pub(super) fn marks(log: &Path, mark_at: u64) -> Option<Vec<u32>> {
    let file = OpenOptions::new().read(true).open(log).ok()?;
    let header = read::<{ LOG_HEADER_BYTES as usize }>(&file, 0)?;
    let page_bytes = u64::from(u32::from_be_bytes(header[8..12].try_into().ok()?));
    let frame_bytes = FRAME_HEADER_BYTES + page_bytes;
    let frames = length(log).saturating_sub(LOG_HEADER_BYTES) / frame_bytes;
    let mut marks = Vec::new();
    for at in (0..frames).map(|frame| LOG_HEADER_BYTES + frame * frame_bytes) {
        let frame = read::<{ FRAME_HEADER_BYTES as usize }>(&file, at)?;
        // What an older log left behind this one.
        if frame[8..16] != header[16..24] {
            break;
        }
        if frame[..4] == 1_u32.to_be_bytes() {
            let mark = u32::from_be_bytes(read(&file, at + FRAME_HEADER_BYTES + mark_at)?);
            if marks.last() != Some(&mark) {
                marks.push(mark);
            }
        }
    }
    Some(marks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    /// A database with a log of a few frames, its writer, and the log.
    fn written(folder: &Path) -> (Connection, Log) {
        let file = folder.join("rapport.db");
        let writer = Connection::open(&file).unwrap();
        writer.execute_batch("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE row (x)").unwrap();
        let log = Log::open(&file).unwrap();
        for _ in 0..20 {
            writer.execute("INSERT INTO row VALUES (zeroblob(3000))", []).unwrap();
        }
        assert!(log.check().is_ok() && log.salt().is_some());
        (writer, log)
    }

    fn is_broken(log: &Log) -> bool {
        matches!(log.check(), Err(Harm::Broken(_)))
    }

    #[test]
    fn a_log_that_was_cut_grew_on_with_a_hole_in_it() {
        for kept in [0, 1, 2] {
            let folder = tempfile::tempdir().unwrap();
            let (writer, log) = written(folder.path());
            let path = &log.log.path;
            let bytes = length(path);
            OpenOptions::new().write(true).open(path).unwrap().set_len(bytes * kept / 2 - kept / 2).unwrap();
            assert!(is_broken(&log), "{kept} halves are left");
            if kept == 0 {
                writer.execute("INSERT INTO row VALUES (1)", []).unwrap();
                assert!(length(path) > bytes && is_broken(&log), "it is as long as it should be");
            }
        }
    }

    #[test]
    fn an_index_that_was_deleted_or_emptied_was_not_missed() {
        let harms: [fn(&Path); 2] = [
            |index| fs::remove_file(index).unwrap(),
            |index| drop(File::options().write(true).truncate(true).open(index)),
        ];
        for harm in harms {
            let folder = tempfile::tempdir().unwrap();
            let (writer, log) = written(folder.path());
            harm(&log.index.path);
            assert!(is_broken(&log));
            // It would read what is no more there.
            std::mem::forget(writer);
        }
    }

    #[test]
    fn what_another_program_does_in_the_proper_way_is_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        let (writer, log) = written(folder.path());
        let other = Connection::open(folder.path().join("rapport.db")).unwrap();
        let before = log.salt().unwrap();
        for step in ["INSERT INTO row VALUES (2)", "PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint"]
        {
            other.execute_batch(step).unwrap();
            assert!(log.check().is_ok(), "{step}");
        }
        writer.execute("INSERT INTO row VALUES (3)", []).unwrap();
        let later = log.salt().unwrap();
        assert!(log.check().is_ok() && later != before);
        other.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); INSERT INTO row VALUES (4)").unwrap();
        let last = log.salt().unwrap();
        assert!(follows(later, last) && !follows(before, last) && !follows(Salt::default(), last));
    }

    #[test]
    fn a_log_tells_the_marks_that_were_written_into_it() {
        let folder = tempfile::tempdir().unwrap();
        let (writer, log) = written(folder.path());
        for mark in [7, 8] {
            writer.pragma_update(None, "application_id", mark).unwrap();
        }
        let found = marks(&log.log.path, 68).unwrap();
        assert!(found.ends_with(&[7, 8]), "{found:?}");
        assert_eq!(marks(&folder.path().join("none"), 68), None);
    }
    #[test]
    fn an_index_that_grew_between_two_looks_was_called_cut() {
        let folder = tempfile::tempdir().unwrap();
        let (_writer, log) = written(folder.path());
        let index = OpenOptions::new().write(true).open(&log.index.path).unwrap();
        let begin = length(&log.index.path);
        std::thread::scope(|scope| {
            let looks = [(); 4].map(|()| {
                scope.spawn(|| {
                    while length(&log.index.path) < begin + 40_000 {
                        assert!(log.check().is_ok(), "it never became shorter");
                    }
                })
            });
            for bytes in 1..=40_000 {
                index.set_len(begin + bytes).unwrap();
            }
            looks.into_iter().for_each(|look| look.join().unwrap());
        });
        index.set_len(begin).unwrap();
        assert!(is_broken(&log), "and a cut is noticed");
    }
}
