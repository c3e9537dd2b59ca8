//! Customers from files, for pages, servers and the command line alike: how a file is to be read, and what is said of it.

use crate::http::problem::Problem;
use rapport_ingest::import::Ended;
use rapport_ingest::import::column::Field;
use rapport_ingest::import::table::Written;
pub(crate) use rapport_ingest::import::{Options, Report};
use rapport_shared::survey::Fault;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::site::directory::SiteContext;
use rapport_store::{Store, StoreError};

/// How a file is read, by the fields `trial`, `encoding`, `separator` and, any number of times, `column`.
///
/// # Errors
/// Every field at fault.
pub(crate) fn options_of(fields: &[(String, String)]) -> Result<Options, Vec<Fault>> {
    let (mut options, mut faults) = (Options::default(), Vec::new());
    for (name, value) in fields {
        match name.as_str() {
            "trial" => match value.as_str() {
                "yes" => options.is_trial = true,
                "no" => options.is_trial = false,
                _ => faults.push(Fault::new("trial", "must be yes or no")),
            },
            "encoding" => match Written::named(value) {
                Some(written) => options.written = written,
                None => faults.push(Fault::new("encoding", "must be auto, utf-8, utf-16 or windows-1252")),
            },
            "separator" => match separator(value) {
                Some(separator) => options.separator = separator,
                None => faults.push(Fault::new("separator", "must be auto, comma, semicolon, tab or bar")),
            },
            "column" => match column(value) {
                Some(column) => options.columns.push(column),
                None => faults.push(Fault::new(
                    "column",
                    "must be a header, = and id, name, mail, phone, language, time_zone, trait:NAME or nothing",
                )),
            },
            _ => faults.push(Fault::new(name.clone(), "is no field of an import")),
        }
    }
    if faults.is_empty() { Ok(options) } else { Err(faults) }
}

fn separator(name: &str) -> Option<Option<u8>> {
    match name {
        "" | "auto" => Some(None),
        "comma" => Some(Some(b',')),
        "semicolon" => Some(Some(b';')),
        "tab" => Some(Some(b'\t')),
        "bar" => Some(Some(b'|')),
        _ => None,
    }
}

/// What a column means, as `Header=field`. A header may have an equals sign, a field has none.
fn column(told: &str) -> Option<(String, Field)> {
    let (header, field) = told.rsplit_once('=')?;
    Some((header.trim().to_owned(), Field::named(field.trim())?))
}

/// Why a file was not read to its end, as it is answered.
pub(crate) fn problem(ended: Ended) -> Problem {
    match ended {
        Ended::Faults(faults) => Problem::of_faults(faults),
        Ended::Store(error) => error.into(),
    }
}

/// Notes that a file was taken, unless it was only tried or said nothing new.
///
/// # Errors
/// When the store is away.
pub(crate) async fn note(
    store: &Store,
    clock: &Clock,
    site: &SiteContext,
    actor: &str,
    (report, is_trial): (&Report, bool),
) -> Result<(), StoreError> {
    if is_trial || report.added + report.changed == 0 {
        return Ok(());
    }
    let subject = format!("customers: {} added, {} changed", report.added, report.changed);
    store.note(site.site.site_id, &AuditEntry::now(clock, actor, "customer.import", subject)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_file_is_to_be_read_is_told_or_refused_by_name() {
        let fields = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let told = fields(&[
            ("trial", "yes"),
            ("encoding", "windows-1252"),
            ("separator", "semicolon"),
            ("column", "No. = id"),
            ("column", "a=b=trait:plan"),
        ]);
        let options = options_of(&told).unwrap();
        assert!(options.is_trial && options.written == Written::Windows1252 && options.separator == Some(b';'));
        let columns = [("No.".to_owned(), Field::Id), ("a=b".to_owned(), Field::Trait("plan".into()))];
        assert_eq!(options.columns, columns);
        let bad = fields(&[("trial", "1"), ("encoding", "latin"), ("separator", "."), ("column", "x"), ("colour", "")]);
        let named: Vec<_> = options_of(&bad).unwrap_err().into_iter().map(|fault| fault.field).collect();
        assert_eq!(named, ["trial", "encoding", "separator", "column", "colour"]);
    }
}
