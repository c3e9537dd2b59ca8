//! What may be said of a customer: how they are called and reached, and their traits.

use super::profile::Change;
use crate::mail::ADDRESS_BYTES;
use crate::text;
use jiff::tz::TimeZone;
use rapport_shared::id::Id;
use rapport_shared::limit::CUSTOMER_CHARACTERS;
use rapport_shared::survey::{Fault, LANGUAGE_TAG, is_language};

/// What ids begin with that the collector gives to customers who have none of the company; nobody else may give such an id.
pub const OWN_ID: &str = "rapport:";
/// Most characters of a name.
pub const NAME_CHARACTERS: usize = 200;
/// Most characters of a telephone number.
pub const PHONE_CHARACTERS: usize = 40;
/// Most characters of a trait's name.
pub const TRAIT_NAME_CHARACTERS: usize = 64;
/// Most characters of a trait's value.
pub const TRAIT_CHARACTERS: usize = 256;
/// Most traits of a customer.
pub const TRAITS: usize = 50;

/// The id of a customer who has none of the company.
pub fn own_external_id(customer_id: Id) -> String {
    format!("{OWN_ID}{}", customer_id.to_text())
}

/// Whether the company knows a customer under no id of its own.
pub fn is_own(external_id: &str) -> bool {
    external_id.starts_with(OWN_ID)
}

/// What the company calls a customer.
///
/// # Errors
/// The field, with its limit.
pub fn external_id(field: &str, typed: &str) -> Result<String, Fault> {
    let length = typed.chars().count();
    if !(1..=CUSTOMER_CHARACTERS).contains(&length) || typed.chars().any(char::is_control) {
        let reason = format!("must be 1 to {CUSTOMER_CHARACTERS} characters, without control characters");
        return Err(Fault::new(field, reason));
    }
    if is_own(typed) {
        return Err(Fault::new(
            field,
            format!("must not begin with {OWN_ID}, which is for customers without an id of yours"),
        ));
    }
    Ok(typed.to_owned())
}

/// A mail address in the one form in which it is kept and compared.
///
/// # Errors
/// The field, with what it has to be.
pub fn mail(field: &str, typed: &str) -> Result<String, Fault> {
    let address = typed.trim().to_lowercase();
    let parts = address.split_once('@');
    let fits = parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
        && address.len() <= ADDRESS_BYTES
        && !address.contains(|letter: char| {
            letter.is_whitespace() || letter.is_control() || matches!(letter, ',' | ';' | '<' | '>' | '"')
        });
    match fits {
        true => Ok(address),
        false => Err(Fault::new(field, format!("must be one mail address of at most {ADDRESS_BYTES} bytes"))),
    }
}

fn line(field: &str, typed: &str, most: usize) -> Result<String, Fault> {
    let line = text::words(typed);
    let length = line.chars().count();
    match length <= most && !line.contains(['\n', '\t']) {
        true => Ok(line),
        false => Err(Fault::new(field, format!("must be one line of at most {most} characters, has {length}"))),
    }
}

fn phone(typed: &str) -> Result<String, Fault> {
    let phone = line("phone", typed, PHONE_CHARACTERS)?;
    let fits = phone.chars().all(|letter| letter.is_ascii_digit() || " +-./()#*,;extEXT".contains(letter))
        && phone.chars().any(|letter| letter.is_ascii_digit());
    match fits {
        true => Ok(phone),
        false => Err(Fault::new("phone", format!("must be a number of at most {PHONE_CHARACTERS} characters"))),
    }
}

fn trait_fault(name: &str, value: Option<&str>) -> Option<Fault> {
    let field = format!("traits.{}", text::bounded(name, TRAIT_NAME_CHARACTERS));
    let length = name.chars().count();
    if !(1..=TRAIT_NAME_CHARACTERS).contains(&length)
        || name.chars().any(char::is_control)
        || name.trim() != name
        || name.contains('=')
    {
        let reason =
            format!("must have a name of 1 to {TRAIT_NAME_CHARACTERS} characters, without control characters and =");
        return Some(Fault::new(field, reason));
    }
    let value = value?;
    let length = value.chars().count();
    let bad = length > TRAIT_CHARACTERS || value.chars().any(char::is_control);
    bad.then(|| {
        Fault::new(
            field,
            format!("must be at most {TRAIT_CHARACTERS} characters, without control characters, has {length}"),
        )
    })
}

/// What is to be changed of a customer, as somebody tells it: what is `None` stays, what is empty goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Their name.
    pub name: Option<String>,
    /// Their mail address.
    pub mail: Option<String>,
    /// Their telephone number.
    pub phone: Option<String>,
    /// Their language, a BCP 47 tag.
    pub language: Option<String>,
    /// Their zone, by its IANA name.
    pub time_zone: Option<String>,
    /// Traits; of an empty value the trait goes.
    pub traits: Vec<(String, Option<String>)>,
}

/// What `check` makes of a text that is there and not empty.
fn checked(
    typed: Option<&String>,
    faults: &mut Vec<Fault>,
    check: impl FnOnce(&str) -> Result<String, Fault>,
) -> Option<String> {
    let typed = typed?.trim();
    if typed.is_empty() {
        return Some(String::new());
    }
    check(typed).map_err(|fault| faults.push(fault)).ok()
}

impl Told {
    /// What is kept of it.
    ///
    /// # Errors
    /// Every field at fault, with its limit.
    pub fn check(&self) -> Result<Change, Vec<Fault>> {
        let mut faults = Vec::new();
        let language = |tag: &str| match is_language(tag) {
            true => Ok(tag.to_owned()),
            false => Err(Fault::new("language", LANGUAGE_TAG)),
        };
        let zone = |name: &str| match TimeZone::get(name) {
            Ok(zone) => Ok(zone.iana_name().unwrap_or(name).to_owned()),
            Err(_) => Err(Fault::new("time_zone", "must be a zone of the IANA database, such as Europe/Berlin")),
        };
        let mut change = Change {
            name: checked(self.name.as_ref(), &mut faults, |typed| line("name", typed, NAME_CHARACTERS)),
            mail: checked(self.mail.as_ref(), &mut faults, |typed| mail("mail", typed)),
            phone: checked(self.phone.as_ref(), &mut faults, phone),
            language: checked(self.language.as_ref(), &mut faults, language),
            time_zone: checked(self.time_zone.as_ref(), &mut faults, zone),
            traits: Vec::new(),
        };
        if self.traits.len() > TRAITS {
            faults.push(Fault::new("traits", format!("must be at most {TRAITS}, are {}", self.traits.len())));
        }
        for (name, value) in &self.traits {
            let value = value.as_deref().map(str::trim).filter(|value| !value.is_empty());
            faults.extend(trait_fault(name, value));
            change.traits.push((name.clone(), value.map(str::to_owned)));
        }
        if faults.is_empty() { Ok(change) } else { Err(faults) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_who_cannot_be_kept_names_every_field_and_its_limit() {
        let good = Told {
            name: Some(" Ada  Lovelace ".into()),
            mail: Some(" Ada@Example.COM ".into()),
            phone: Some("+49 (30) 12-34".into()),
            language: Some("de".into()),
            time_zone: Some("Europe/Berlin".into()),
            traits: vec![
                ("plan".into(), Some("gold".into())),
                ("old".into(), None),
                ("empty".into(), Some(" ".into())),
            ],
        };
        let change = good.check().unwrap();
        assert_eq!(change.mail.as_deref(), Some("ada@example.com"));
        assert_eq!(change.traits[1..], [("old".into(), None), ("empty".into(), None)]);
        let cleared = Told { mail: Some(String::new()), ..Told::default() }.check().unwrap();
        assert_eq!((cleared.mail.as_deref(), cleared.name), (Some(""), None));
        let bad = Told {
            name: Some("x".repeat(NAME_CHARACTERS + 1)),
            mail: Some("ada@example.com, eve@example.com".into()),
            phone: Some("call me".into()),
            language: Some("klingon!".into()),
            time_zone: Some("Mars/Olympus".into()),
            traits: vec![(String::new(), None), ("plan".into(), Some("x".repeat(TRAIT_CHARACTERS + 1)))],
        };
        let fields: Vec<_> = bad.check().unwrap_err().into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["name", "mail", "phone", "language", "time_zone", "traits.", "traits.plan"]);
        let many = Told { traits: (0..=TRAITS).map(|n| (format!("t{n}"), None)).collect(), ..Told::default() };
        assert_eq!(many.check().unwrap_err()[0].field, "traits");
    }

    #[test]
    fn a_page_or_a_server_took_the_id_that_the_collector_gives() {
        let own = own_external_id(Id([7; 16]));
        assert!(is_own(&own) && external_id("id", &own).is_err_and(|fault| fault.reason.contains(OWN_ID)));
        for (typed, fits) in [("4711", true), ("北-1", true), ("", false), ("a\nb", false), (&"x".repeat(201), false)]
        {
            assert_eq!(external_id("id", typed).is_ok(), fits, "{typed}");
        }
    }
}
