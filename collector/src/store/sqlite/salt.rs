//! The salt of the day's visitor keys, in a small file beside the database: what is to be destroyed must be neither in its
//! log nor in its backups.
//!
//! The file has one record of fixed length that the next day's salt overwrites in place.

use super::file::{beside, open_or_create_private};
use crate::store::StoreError;
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

/// A UTC day (days since the epoch) and its salt.
type Salt = (i64, [u8; SALT_BYTES]);

/// Where the salt is.
pub(super) enum Salts {
    /// In a file beside this database.
    Beside(PathBuf),
    /// As long as the process, like the database itself.
    Memory(Mutex<Option<Salt>>),
}

impl Salts {
    /// The salt of a day: `fresh` when there is none yet, and then that of an earlier day is overwritten. A clock that is
    /// a little behind gets the salt of the day that others began.
    pub fn of_day(&self, day: i64, fresh: [u8; SALT_BYTES]) -> Result<[u8; SALT_BYTES], StoreError> {
        self.change(|known| match known {
            Some((known_day, salt)) if known_day == day || known_day == day + 1 => (known, salt),
            _ => (Some((day, fresh)), fresh),
        })
    }

    /// Destroys the salt of an earlier day than this.
    pub fn destroy_before(&self, day: i64) -> Result<(), StoreError> {
        self.change(|known| (known.filter(|(known_day, _)| *known_day >= day), ()))
    }

    fn change<T>(&self, change: impl FnOnce(Option<Salt>) -> (Option<Salt>, T)) -> Result<T, StoreError> {
        match self {
            Self::Memory(salt) => {
                let mut salt = salt.lock().unwrap_or_else(PoisonError::into_inner);
                let (new, result) = change(*salt);
                *salt = new;
                Ok(result)
            }
            Self::Beside(database) => change_file(database, change).map_err(|error| {
                let path = beside(database, SUFFIX);
                StoreError::Unavailable(format!("the day's salt in {} cannot be used: {error}", path.display()))
            }),
        }
    }
}

fn change_file<T>(database: &Path, change: impl FnOnce(Option<Salt>) -> (Option<Salt>, T)) -> std::io::Result<T> {
    let mut file = open_or_create_private(&beside(database, SUFFIX), database)?;
    // Another process may be at it.
    file.lock()?;
    let known = read(&mut file)?;
    let (new, result) = change(known);
    if new != known {
        file.write_all_at(&record(new), 0)?;
        file.set_len(RECORD_BYTES as u64)?;
        file.sync_all()?;
    }
    Ok(result)
}

/// The salt in the file; none when it is empty, or torn because the machine stopped while it was written.
fn read(file: &mut File) -> std::io::Result<Option<Salt>> {
    let mut bytes = Vec::new();
    file.take(RECORD_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(parse(&bytes))
}

fn parse(record: &[u8]) -> Option<Salt> {
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

fn record(salt: Option<Salt>) -> Vec<u8> {
    let Some((day, salt)) = salt else {
        let mut blank = vec![b'-'; RECORD_BYTES];
        blank[RECORD_BYTES - 1] = b'\n';
        return blank;
    };
    let digits: String = salt.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{:08x} {digits}\n", day & 0xffff_ffff).into_bytes()
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
        assert_eq!(salts.of_day(20_000, [0xab; 16]), Ok([0xab; 16]));
        assert_eq!(salts.of_day(20_000, [0xcd; 16]), Ok([0xab; 16]), "a day has one salt");
        assert!(digits().contains("abab"));
        assert_eq!(salts.of_day(20_001, [0xcd; 16]), Ok([0xcd; 16]));
        assert!(!digits().contains("abab"), "{}", digits());
        assert_eq!(salts.of_day(20_000, [0xef; 16]), Ok([0xcd; 16]), "a clock a moment behind");
        assert_eq!(salts.destroy_before(20_001), Ok(()));
        assert!(digits().contains("cdcd"));
        assert_eq!(salts.destroy_before(20_002), Ok(()));
        assert!(!digits().contains("cdcd") && digits().len() == RECORD_BYTES, "{}", digits());
        assert_eq!(salts.of_day(20_004, [1; 16]), Ok([1; 16]));
    }

    #[test]
    fn a_torn_record_is_no_salt() {
        assert_eq!(parse(&record(Some((20_000, [7; 16])))), Some((20_000, [7; 16])));
        for torn in [&b""[..], b"00004e20 07", &[b'-'; RECORD_BYTES], &record(Some((1, [1; 16])))[1..]] {
            assert_eq!(parse(torn), None);
        }
    }
}
