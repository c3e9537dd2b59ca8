//! The salts of the visitor keys, in a small file beside the database: what is to be destroyed must be neither in its log nor
//! in its backups.
//!
//! The file has a fixed number of records of fixed length, which later salts overwrite in place.

use super::file::{beside, open_or_create_private};
use crate::StoreError;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Ending of the file.
pub(super) const SUFFIX: &str = "-salt";

/// Length of a salt, in bytes.
const SALT_BYTES: usize = 16;
/// A day as eight hexadecimal digits, a blank, the salt as 32 digits, a line feed.
const RECORD_BYTES: usize = 8 + 1 + 2 * SALT_BYTES + 1;
/// Most salts at a time: three days can be today on some site, and one more for a clock that is a moment behind.
const RECORDS: usize = 4;

/// Days (since 1970, in the zones of sites) and their salts.
type Known = BTreeMap<i64, [u8; SALT_BYTES]>;

/// Where the salts are.
pub(super) enum Salts {
    /// In a file beside this database.
    Beside(PathBuf),
    /// As long as the process, like the database itself.
    Memory(Mutex<Known>),
}

impl Salts {
    /// The salt of a day: `fresh` when there is none yet. Those of days before `oldest_day` are overwritten.
    pub fn of_day(&self, day: i64, oldest_day: i64, fresh: [u8; SALT_BYTES]) -> Result<[u8; SALT_BYTES], StoreError> {
        self.change(|known| {
            let salt = *known.entry(day).or_insert(fresh);
            known.retain(|known_day, _| *known_day >= oldest_day || *known_day == day);
            while known.len() > RECORDS
                && let Some(first) = known.keys().copied().find(|known_day| *known_day != day)
            {
                known.remove(&first);
            }
            salt
        })
    }

    /// Destroys the salts of days before this.
    pub fn destroy_before(&self, day: i64) -> Result<(), StoreError> {
        self.change(|known| known.retain(|known_day, _| *known_day >= day))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Known) -> T) -> Result<T, StoreError> {
        match self {
            Self::Memory(salts) => Ok(change(&mut salts.lock().unwrap_or_else(PoisonError::into_inner))),
            Self::Beside(database) => change_file(database, change).map_err(|error| {
                let path = beside(database, SUFFIX);
                StoreError::Unavailable(format!("the salts in {} cannot be used: {error}", path.display()))
            }),
        }
    }
}

fn change_file<T>(database: &Path, change: impl FnOnce(&mut Known) -> T) -> std::io::Result<T> {
    let mut file = open_or_create_private(&beside(database, SUFFIX), database)?;
    // Another process may be at it.
    file.lock()?;
    let before = read(&mut file)?;
    let mut known = before.clone();
    let result = change(&mut known);
    if known != before {
        let records = records(&known);
        file.write_all_at(&records, 0)?;
        file.set_len(records.len() as u64)?;
        file.sync_all()?;
    }
    Ok(result)
}

/// The salts in the file; without those that are torn because the machine stopped while they were written.
fn read(file: &mut File) -> std::io::Result<Known> {
    let mut bytes = Vec::new();
    file.take((RECORDS * RECORD_BYTES) as u64).read_to_end(&mut bytes)?;
    Ok(bytes.chunks(RECORD_BYTES).filter_map(parse).collect())
}

fn parse(record: &[u8]) -> Option<(i64, [u8; SALT_BYTES])> {
    let text = std::str::from_utf8(record).ok()?.strip_suffix('\n')?;
    let (day, digits) = text.split_once(' ')?;
    if day.len() != 8 || digits.len() != 2 * SALT_BYTES || !digits.is_ascii() {
        return None;
    }
    let mut salt = [0; SALT_BYTES];
    for (byte, at) in salt.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&digits[at..at + 2], 16).ok()?;
    }
    Some((i64::from_str_radix(day, 16).ok()?, salt))
}

/// All records of the file, those of no salt blank.
fn records(known: &Known) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(RECORDS * RECORD_BYTES);
    for (day, salt) in known {
        let digits: String = salt.iter().map(|byte| format!("{byte:02x}")).collect();
        bytes.extend_from_slice(format!("{:08x} {digits}\n", day & 0xffff_ffff).as_bytes());
    }
    while bytes.len() < RECORDS * RECORD_BYTES {
        bytes.extend(std::iter::repeat_n(b'-', RECORD_BYTES - 1));
        bytes.push(b'\n');
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yesterdays_salt_was_still_on_disk_days_later() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("rapport.db");
        let salts = Salts::Beside(database.clone());
        let digits = || std::fs::read_to_string(beside(&database, SUFFIX)).expect("the file is there");
        assert_eq!(salts.of_day(20_000, 20_000, [0xab; 16]), Ok([0xab; 16]));
        assert_eq!(salts.of_day(20_000, 20_000, [0xcd; 16]), Ok([0xab; 16]), "a day has one salt");
        assert!(digits().contains("abab"));
        assert_eq!(salts.of_day(20_001, 20_000, [0xcd; 16]), Ok([0xcd; 16]));
        assert_eq!(salts.of_day(20_000, 20_000, [0xef; 16]), Ok([0xab; 16]), "it is that day still on some site");
        assert_eq!(salts.of_day(20_001, 20_001, [0xef; 16]), Ok([0xcd; 16]));
        assert!(!digits().contains("abab"), "{}", digits());
        assert_eq!(salts.destroy_before(20_001), Ok(()));
        assert!(digits().contains("cdcd"));
        assert_eq!(salts.destroy_before(20_002), Ok(()));
        assert!(!digits().contains("cdcd") && digits().len() == RECORDS * RECORD_BYTES, "{}", digits());
        assert_eq!(salts.of_day(20_004, 20_003, [1; 16]), Ok([1; 16]));
    }

    #[test]
    fn a_clock_that_runs_wild_fills_no_file() {
        let salts = Salts::Memory(Mutex::default());
        for day in 0..100 {
            assert_eq!(salts.of_day(day, 0, [day as u8; 16]), Ok([day as u8; 16]));
        }
        let Salts::Memory(known) = &salts else { unreachable!("it was made so") };
        assert_eq!(known.lock().expect("nobody panicked").len(), RECORDS);
    }

    #[test]
    fn a_torn_record_is_no_salt() {
        let known = Known::from([(20_000, [7; 16]), (20_001, [8; 16])]);
        let whole = records(&known);
        assert_eq!(whole.chunks(RECORD_BYTES).filter_map(parse).collect::<Known>(), known);
        for torn in [&b""[..], b"00004e20 07", &[b'-'; RECORD_BYTES], &whole[1..RECORD_BYTES]] {
            assert_eq!(parse(torn), None);
        }
    }
}
