//! Reports by mail as they are asked for: what may be said of one, and what is wrong with it.

use super::segment;
use super::{Pairs, query_of};
use crate::http::query::slice::SliceQuery;
use crate::member::account::normalize_email;
use rapport_report::slice::Slice;
use rapport_shared::survey::Fault;
use rapport_store::mail::ADDRESS_BYTES;
use rapport_store::mail_report::{Cadence, NAME_CHARACTERS, RECIPIENTS, REPORTS, USUAL_HOUR};
use std::collections::BTreeSet;

/// A report that is asked for.
#[derive(Clone, Debug, Default)]
pub struct Draft<'a> {
    /// What people call it.
    pub name: &'a str,
    /// What it is narrowed to, by the names of the fields of a report; days are no part of it.
    pub fields: &'a Pairs,
    /// `day`, `week` or `month`.
    pub cadence: &'a str,
    /// From which hour of the site's days on, as a number; empty for [`USUAL_HOUR`].
    pub hour: &'a str,
    /// Mail addresses with spaces, commas or line feeds between them.
    pub recipients: &'a str,
}

/// What of a [`Draft`] is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What people call it.
    pub name: String,
    /// What it is narrowed to, as a query string.
    pub fields: String,
    /// How often.
    pub cadence: Cadence,
    /// From which hour on.
    pub hour: i64,
    /// To whom.
    pub recipients: Vec<String>,
}

impl Draft<'_> {
    /// Looks through what was asked for.
    ///
    /// # Errors
    /// Every field at fault, with its limit.
    pub fn check(&self) -> Result<Checked, Vec<Fault>> {
        let mut faults = Vec::new();
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARACTERS || name.chars().any(char::is_control) {
            faults.push(Fault::new("name", format!("must be 1 to {NAME_CHARACTERS} characters in one line")));
        }
        let slice = Slice::parse(self.fields).unwrap_or_else(|found| {
            faults.extend(found);
            Slice::default()
        });
        let cadence = Cadence::named(self.cadence);
        if cadence.is_none() {
            faults.push(Fault::new("cadence", "must be day, week or month"));
        }
        let hour = if self.hour.is_empty() { Ok(USUAL_HOUR) } else { self.hour.parse() };
        let hour = hour.ok().filter(|hour| (0..24).contains(hour));
        if hour.is_none() {
            faults.push(Fault::new("hour", "must be 0 to 23"));
        }
        let mut recipients = BTreeSet::new();
        for text in self.recipients.split([',', ';', ' ', '\n', '\r', '\t']).filter(|text| !text.is_empty()) {
            match normalize_email(text) {
                Ok(address) if address.len() <= ADDRESS_BYTES && address.parse::<lettre::Address>().is_ok() => {
                    recipients.insert(address);
                }
                _ => faults.push(Fault::new("recipients", format!("must be mail addresses: \"{text}\" is none"))),
            }
        }
        if recipients.len() > RECIPIENTS || recipients.is_empty() && self.recipients.trim().is_empty() {
            faults.push(Fault::new("recipients", format!("must be 1 to {RECIPIENTS} mail addresses")));
        }
        match (cadence, hour) {
            (Some(cadence), Some(hour)) if faults.is_empty() => Ok(Checked {
                name: name.to_owned(),
                fields: query_of(&segment::without_days(&slice).fields()),
                cadence,
                hour,
                recipients: recipients.into_iter().collect(),
            }),
            _ => Err(faults),
        }
    }
}

/// That a site has as many as it may.
pub fn too_many() -> Fault {
    Fault::new("name", format!("is one too many: a site has at most {REPORTS} reports by mail"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_report_by_mail_is_named_with_its_limit() {
        let fields = segment::pairs("range=7d&device=mobile&compare=none");
        let good = Draft {
            name: " Phones ",
            fields: &fields,
            cadence: "week",
            hour: "",
            recipients: "Ada@example.com, bob@example.com\nada@example.com",
        };
        let checked = good.check().expect("fine");
        assert_eq!((checked.name.as_str(), checked.fields.as_str(), checked.hour), ("Phones", "device=mobile", 7));
        assert_eq!(checked.recipients, ["ada@example.com", "bob@example.com"]);
        let (many, faulty) =
            ((0..51).map(|number| format!("a{number}@b.c ")).collect::<String>(), segment::pairs("device=fridge"));
        for (draft, field) in [
            (Draft { name: "a\nb", ..good.clone() }, "name"),
            (Draft { fields: &faulty, ..good.clone() }, "device"),
            (Draft { cadence: "year", ..good.clone() }, "cadence"),
            (Draft { hour: "24", ..good.clone() }, "hour"),
            (Draft { hour: "noon", ..good.clone() }, "hour"),
            (Draft { recipients: " ", ..good.clone() }, "recipients"),
            (Draft { recipients: "ada", ..good.clone() }, "recipients"),
            (Draft { recipients: "a@b\u{7}.c", ..good.clone() }, "recipients"),
            (Draft { recipients: &many, ..good.clone() }, "recipients"),
        ] {
            assert_eq!(draft.check().expect_err(field)[0].field, field, "{draft:?}");
        }
    }
}
