//! The country that an address is in, as far as a database of the operator's tells (MMDB, as MaxMind, DB-IP and others publish them).
//! Two letters are kept; the address stops here.

pub mod sample;

use maxminddb::{PathElement, Reader};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

/// Where such databases say it: MaxMind's and DB-IP's records, and those of others who give the two letters alone.
const PLACES: [&[PathElement<'static>]; 3] = [
    &[PathElement::Key("country"), PathElement::Key("iso_code")],
    &[PathElement::Key("country_code")],
    &[PathElement::Key("country")],
];

/// A database of countries, which is read anew when its file changes. Cheap to clone; without a file it knows none.
#[derive(Clone, Default)]
pub struct Countries {
    file: Option<Arc<File>>,
}

struct File {
    path: PathBuf,
    read: RwLock<Option<Read>>,
}

struct Read {
    reader: Arc<Reader<Vec<u8>>>,
    /// When the file was written, and how long it was.
    stamp: (SystemTime, u64),
}

impl Countries {
    /// Those of a file, which is not read before [`Self::refresh`].
    pub fn of_file(path: impl Into<PathBuf>) -> Self {
        Self { file: Some(Arc::new(File { path: path.into(), read: RwLock::default() })) }
    }

    /// Reads the file if it is another than was read: whether it is. It blocks. A file that cannot be read leaves what was read before.
    ///
    /// # Errors
    /// Why the file cannot be read, with its path.
    pub fn refresh(&self) -> Result<bool, String> {
        let Some(file) = &self.file else { return Ok(false) };
        let told = |error: &dyn std::fmt::Display| format!("{}: {error}", file.path.display());
        let metadata = std::fs::metadata(&file.path).map_err(|error| told(&error))?;
        let stamp = (metadata.modified().map_err(|error| told(&error))?, metadata.len());
        if file.stamp() == Some(stamp) {
            return Ok(false);
        }
        let reader = Arc::new(Reader::open_readfile(&file.path).map_err(|error| told(&error))?);
        *file.read.write().unwrap_or_else(PoisonError::into_inner) = Some(Read { reader, stamp });
        Ok(true)
    }

    /// The country of an address, as two capital letters (ISO 3166-1); empty where it is not known.
    pub fn of(&self, address: IpAddr) -> String {
        let Some(reader) = self.file.as_ref().and_then(|file| file.reader()) else { return String::new() };
        let Ok(found) = reader.lookup(address.to_canonical()) else { return String::new() };
        let codes = PLACES.into_iter().filter_map(|place| found.decode_path::<String>(place).ok().flatten());
        codes.filter_map(|code| normalized(&code)).next().unwrap_or_default()
    }
}

impl File {
    fn reader(&self) -> Option<Arc<Reader<Vec<u8>>>> {
        let read = self.read.read().unwrap_or_else(PoisonError::into_inner);
        read.as_ref().map(|read| read.reader.clone())
    }

    fn stamp(&self) -> Option<(SystemTime, u64)> {
        self.read.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|read| read.stamp)
    }
}

/// A code as it is kept; none of what is no code.
fn normalized(code: &str) -> Option<String> {
    (code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_alphabetic())).then(|| code.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("rapport-country-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn an_address_has_the_country_of_its_network_and_others_have_none() {
        let folder = folder("lookup");
        let path = folder.join("countries.mmdb");
        let networks =
            [("192.0.2.0/24", "DE"), ("198.51.100.0/25", "fr"), ("2001:db8:1::/48", "AT"), ("203.0.113.7/32", "1!")];
        std::fs::write(&path, sample::database(&networks.map(|(network, code)| (network.parse().unwrap(), code))))
            .unwrap();
        let countries = Countries::of_file(&path);
        let of = |address: &str| countries.of(address.parse().unwrap());
        assert_eq!(of("192.0.2.1"), "", "it is not read yet");
        assert_eq!((countries.refresh(), countries.refresh()), (Ok(true), Ok(false)));
        for (address, code) in [
            ("192.0.2.1", "DE"),
            ("192.0.2.255", "DE"),
            ("::ffff:192.0.2.1", "DE"),
            ("192.0.3.1", ""),
            ("198.51.100.127", "FR"),
            ("198.51.100.128", ""),
            ("2001:db8:1::7", "AT"),
            ("2001:db8:2::7", ""),
            ("203.0.113.7", ""),
            ("127.0.0.1", ""),
        ] {
            assert_eq!(of(address), code, "{address}");
        }
        assert_eq!(Countries::default().of("192.0.2.1".parse().unwrap()), "");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_new_file_is_read_when_it_changes_and_a_broken_one_leaves_the_last() {
        let folder = folder("reload");
        let path = folder.join("countries.mmdb");
        let countries = Countries::of_file(&path);
        assert!(countries.refresh().is_err_and(|error| error.contains("countries.mmdb")));
        let address = "192.0.2.1".parse().unwrap();
        let write = |codes: &[(&str, &str)]| {
            let networks: Vec<_> = codes.iter().map(|(network, code)| (network.parse().unwrap(), *code)).collect();
            std::fs::write(&path, sample::database(&networks)).unwrap();
        };
        write(&[("192.0.2.0/24", "DE")]);
        countries.refresh().unwrap();
        assert_eq!(countries.of(address), "DE");
        write(&[("192.0.2.0/24", "CH"), ("198.51.100.0/24", "FR")]);
        assert_eq!((countries.refresh(), countries.of(address).as_str()), (Ok(true), "CH"));
        std::fs::write(&path, "no database").unwrap();
        assert!(countries.refresh().is_err());
        assert_eq!(countries.of(address), "CH");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
