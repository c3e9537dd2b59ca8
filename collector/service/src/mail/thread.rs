//! By what an answer is known to belong to a ticket: a tag in the address that it goes to, or the Message-ID that it refers to. Both
//! carry an HMAC with a secret of the site, so that nobody gets into a conversation by guessing a code.

use rapport_ingest::signature::{SHORT_DIGITS, is_short_valid, sign_short};
use rapport_shared::id::Id;
use rapport_store::ticket::{CODE_CHARACTERS, code_in};

/// Longest local part of a mail address, in bytes (RFC 5321, 4.5.3.1.1).
const LOCAL_BYTES: usize = 64;
/// Longest local part of an address that still has room for a tag, in bytes.
pub const TAGGED_BYTES: usize = LOCAL_BYTES - 1 - CODE_CHARACTERS - 1 - SHORT_DIGITS;

/// A ticket in whose conversation something is said.
#[derive(Clone, Copy, Debug)]
pub struct Thread<'a> {
    /// The site's secret for mails.
    pub secret: &'a [u8],
    /// The ticket.
    pub ticket_id: Id,
    /// What people call it.
    pub code: &'a str,
}

fn of_tag(ticket_id: Id) -> String {
    format!("tag\n{ticket_id}")
}

fn of_message(ticket_id: Id, nonce: &str) -> String {
    format!("message\n{ticket_id}\n{nonce}")
}

impl Thread<'_> {
    /// The address to which answers go: `help+CODE-MAC@shop.example`; the address as it is where a tag has no room.
    pub fn tagged(&self, address: &str) -> String {
        match address.rsplit_once('@') {
            Some((local, domain)) if local.len() <= TAGGED_BYTES => {
                let mac = sign_short(self.secret, &of_tag(self.ticket_id));
                format!("{local}+{}-{mac}@{domain}", self.code.to_lowercase())
            }
            _ => address.to_owned(),
        }
    }

    /// The Message-ID of a mail of the conversation, with its brackets.
    pub fn message_id(&self, mail_id: Id, domain: &str) -> String {
        let nonce = mail_id.to_text();
        let mac = sign_short(self.secret, &of_message(self.ticket_id, &nonce));
        format!("<{}.{nonce}.{mac}@{domain}>", self.code.to_lowercase())
    }
}

/// What a mail says that it belongs to; whether it does, [`Claim::holds`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The code of the ticket.
    pub code: String,
    nonce: Option<String>,
    mac: String,
}

impl Claim {
    fn new(code: &str, nonce: Option<&str>, mac: &str) -> Option<Self> {
        let code = code_in(code);
        let is_code = code.len() == CODE_CHARACTERS && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_mac = mac.len() == SHORT_DIGITS && mac.bytes().all(|byte| byte.is_ascii_hexdigit());
        let nonce = nonce.map(str::to_lowercase);
        (is_code && is_mac).then(|| Self { code, nonce, mac: mac.to_lowercase() })
    }

    /// That of an address, with the address as it is without its tag.
    pub fn of_address(address: &str) -> Option<(String, Self)> {
        let (local, domain) = address.rsplit_once('@')?;
        let (plain, tag) = local.rsplit_once('+')?;
        let (code, mac) = tag.split_once('-')?;
        Some((format!("{plain}@{domain}").to_lowercase(), Self::new(code, None, mac)?))
    }

    /// That of a Message-ID.
    pub fn of_message_id(message_id: &str) -> Option<Self> {
        let (local, _) = message_id.trim_matches(['<', '>', ' ']).rsplit_once('@')?;
        let mut parts = local.split('.');
        let (code, nonce, mac) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        Self::new(code, Some(nonce), mac)
    }

    /// Whether we said so of that ticket.
    pub fn holds(&self, secret: &[u8], ticket_id: Id) -> bool {
        let message = match &self.nonce {
            None => of_tag(ticket_id),
            Some(nonce) => of_message(ticket_id, nonce),
        };
        is_short_valid(secret, &message, &self.mac)
    }
}

/// An address without a tag of ours.
pub fn untagged(address: &str) -> String {
    Claim::of_address(address).map_or_else(|| address.to_lowercase(), |(plain, _)| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICKET: Id = Id([5; 16]);

    fn thread() -> Thread<'static> {
        Thread { secret: &[7; 32], ticket_id: TICKET, code: "0123456789" }
    }

    #[test]
    fn whoever_guessed_a_code_got_into_the_conversation() {
        let address = thread().tagged("help@shop.example");
        let (plain, claim) = Claim::of_address(&address).unwrap();
        assert_eq!(plain, "help@shop.example");
        assert!(claim.holds(&[7; 32], TICKET));
        assert!(!claim.holds(&[8; 32], TICKET), "another site's");
        assert!(!claim.holds(&[7; 32], Id([6; 16])), "another ticket's");
        // Mail servers may write an address in capitals.
        let (_, claim) = Claim::of_address(&address.to_uppercase()).unwrap();
        assert!(claim.holds(&[7; 32], TICKET));

        let message_id = thread().message_id(Id([9; 16]), "shop.example");
        let claim = Claim::of_message_id(&message_id).unwrap();
        assert!(claim.holds(&[7; 32], TICKET) && !claim.holds(&[7; 32], Id([6; 16])));
        let other = message_id.replace(&Id([9; 16]).to_text(), &Id([8; 16]).to_text());
        assert!(!Claim::of_message_id(&other).unwrap().holds(&[7; 32], TICKET), "one that we never sent");
        // The signature of an address is none of a Message-ID.
        let mac = address.split_once('-').unwrap().1.split_once('@').unwrap().0;
        let mixed = format!("<0123456789.{}.{mac}@shop.example>", Id([9; 16]));
        assert!(!Claim::of_message_id(&mixed).unwrap().holds(&[7; 32], TICKET));
        for guessed in ["help+0123456789@shop.example", "help+0123456789-@shop.example", "help@shop.example", "@", ""] {
            assert_eq!(Claim::of_address(guessed), None, "{guessed}");
        }
        for foreign in ["<x@y>", "<a.b.c@d>", "", "<0123456789@shop.example>", "<a.b.c.d@e>"] {
            assert_eq!(Claim::of_message_id(foreign), None, "{foreign}");
        }
        assert!(
            Claim::of_address("help+0123456789-00000000000000000000@shop.example")
                .is_some_and(|(_, claim)| !claim.holds(&[7; 32], TICKET))
        );
    }

    #[test]
    fn an_address_that_is_too_long_for_a_tag_stays_as_it_is() {
        let longest = format!("{}@shop.example", "a".repeat(TAGGED_BYTES));
        assert_eq!(thread().tagged(&longest).rsplit_once('@').unwrap().0.len(), LOCAL_BYTES);
        let longer = format!("a{longest}");
        assert_eq!(thread().tagged(&longer), longer);
        assert_eq!(untagged(&thread().tagged("Help@Shop.example")), "help@shop.example");
        assert_eq!(untagged("a+b@c.d"), "a+b@c.d");
    }
}
