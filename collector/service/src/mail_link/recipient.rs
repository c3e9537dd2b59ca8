//! For whom a link was made, signed so that nobody can answer in the name of somebody else.

use jiff::Span;
use jiff::civil::Date;
use rapport_ingest::signature;
use rapport_shared::id::Id;
use rapport_shared::limit::CUSTOMER_CHARACTERS;
use rapport_store::site::directory::SiteContext;
use rapport_store::site::secrets::{Purpose, SiteSecrets};

/// Somebody who was written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// What the company's own systems call them: the customer's id.
    pub id: String,
    /// The last day, in the site's zone, on which their link is good.
    pub until: Date,
    /// By which of the recipient secrets that the site believes their link was signed.
    pub signed_by: usize,
}

/// What a link says of its recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Addressed {
    /// Nothing: it was made for nobody in particular.
    Nobody,
    /// It was made for them, and is good.
    To(Recipient),
    /// It was good until that day.
    Expired(Date),
    /// It is not as it was signed.
    Forged,
}

/// Why nobody can be written to under this id; `None` when they can. Line feeds stand between what is signed, so nothing of it
/// may have one: the id of a survey and a day have none.
pub fn fault(recipient: &str) -> Option<String> {
    let length = recipient.chars().count();
    if !(1..=CUSTOMER_CHARACTERS).contains(&length) {
        Some(format!("must be 1 to {CUSTOMER_CHARACTERS} characters, has {length}"))
    } else if recipient.chars().any(char::is_control) {
        Some("must have no control characters such as line feeds: it is signed".into())
    } else {
        None
    }
}

fn message(survey_id: &str, recipient: &str, until: Date) -> String {
    format!("{survey_id}\n{recipient}\n{until}")
}

/// The signature of a link: HMAC-SHA-256 of survey, line feed, recipient, line feed and day (`2026-03-31`) with the site's
/// recipient secret as it is shown to people, in hexadecimal.
pub fn sign(secret: &[u8], survey_id: &str, recipient: &str, until: Date) -> String {
    signature::sign(signature::readable(secret).as_bytes(), &message(survey_id, recipient, until))
}

impl Addressed {
    /// Reads the fields `recipient`, `until` and `signature` of a link.
    pub fn read(site: &SiteContext, survey_id: &str, fields: &[(String, String)], now_ms: i64) -> Self {
        let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let Some(id) = field("recipient") else { return Self::Nobody };
        let Some(until) = field("until").and_then(|until| until.parse::<Date>().ok()) else { return Self::Forged };
        let (signed, said) = (field("signature").unwrap_or_default(), message(survey_id, id, until));
        let is_signed = |secret: &[u8]| signature::is_valid(signature::readable(secret).as_bytes(), &said, signed);
        let signed_by = site.secrets.believed(Purpose::Recipient).position(is_signed);
        let Some(signed_by) = signed_by.filter(|_| fault(id).is_none()) else { return Self::Forged };
        let end = until.checked_add(Span::new().days(1)).and_then(|next| next.to_zoned(site.site.time_zone.clone()));
        match end {
            Ok(end) if now_ms < end.timestamp().as_millisecond() => {
                Self::To(Recipient { id: id.to_owned(), until, signed_by })
            }
            _ => Self::Expired(until),
        }
    }
}

impl Recipient {
    /// The id under which the one response that they give to a survey is stored, however often they click. Nobody can tell who
    /// it is without the secret by which the link was signed, and nothing leads to it but the link: a browser's ids are turned into others.
    pub fn response_id(&self, secrets: &SiteSecrets, survey_id: &str) -> Id {
        let secret = secrets.believed(Purpose::Recipient).nth(self.signed_by).unwrap_or_default();
        rapport_ingest::derived::derived(&[b"recipient", secret, survey_id.as_bytes(), self.id.as_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapport_store::site::secrets::SiteSecrets;
    use rapport_store::test_store::a_site;

    #[test]
    fn only_the_recipient_that_was_signed_counts_and_only_until_its_day_ends_in_the_sites_zone() {
        let secrets = SiteSecrets { recipient: vec![7; 32], ..SiteSecrets::default() };
        let site = SiteContext::new(a_site("shop"), Vec::new(), secrets);
        let until: Date = "2026-03-31".parse().unwrap();
        // Berlin is two hours ahead of UTC then.
        let end_ms = "2026-03-31T22:00:00Z".parse::<jiff::Timestamp>().unwrap().as_millisecond();
        let good = sign(&[7; 32], "nps", "C-17", until);
        let read = |id: &str, until: &str, signature: &str, survey: &str, now_ms| {
            let fields = [("recipient", id), ("until", until), ("signature", signature)];
            let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            Addressed::read(&site, survey, &fields, now_ms)
        };
        let to = Addressed::To(Recipient { id: "C-17".into(), until, signed_by: 0 });
        let other = sign(&[8; 32], "nps", "C-17", until);
        for (id, day, signature, survey, now_ms, expected) in [
            ("C-17", "2026-03-31", good.as_str(), "nps", end_ms - 1, to),
            ("C-17", "2026-03-31", &good, "nps", end_ms, Addressed::Expired(until)),
            ("C-18", "2026-03-31", &good, "nps", 0, Addressed::Forged),
            ("C-17", "2027-03-31", &good, "nps", 0, Addressed::Forged),
            ("C-17", "tomorrow", &good, "nps", 0, Addressed::Forged),
            ("C-17", "2026-03-31", &other, "nps", 0, Addressed::Forged),
            ("C-17", "2026-03-31", "", "nps", 0, Addressed::Forged),
            ("C-17", "2026-03-31", &good, "csat", 0, Addressed::Forged),
            ("", "2026-03-31", &good, "nps", 0, Addressed::Forged),
        ] {
            assert_eq!(read(id, day, signature, survey, now_ms), expected, "{id} {day} {survey} {now_ms}");
        }
        assert_eq!(Addressed::read(&site, "nps", &[], 0), Addressed::Nobody);
        let long = "x".repeat(CUSTOMER_CHARACTERS + 1);
        for id in [long.as_str(), "C-17\n", "C\n17", "C-17\u{0}", ""] {
            assert!(fault(id).is_some(), "{id:?}");
            let signed = sign(&[7; 32], "nps", id, until);
            assert_eq!(read(id, "2026-03-31", &signed, "nps", 0), Addressed::Forged, "{id:?}");
        }
    }

    #[test]
    fn a_recipient_has_one_response_to_a_survey_and_no_other_has_it() {
        let of = |id: &str, secret: u8, survey: &str| {
            Recipient { id: id.into(), until: Date::MAX, signed_by: 0 }
                .response_id(&SiteSecrets { recipient: vec![secret; 32], ..SiteSecrets::default() }, survey)
        };
        assert_eq!(of("a", 1, "nps"), of("a", 1, "nps"));
        for other in [of("b", 1, "nps"), of("a", 2, "nps"), of("a", 1, "csat")] {
            assert_ne!(of("a", 1, "nps"), other);
        }
    }
}
