//! Mails that come in: from bytes ([`parse`]) to what kind of mail it is and what is to become of it ([`classify`]), which
//! [`Receiver`] does; a mailbox ([`imap`]) or a pipe brings them.

pub mod classify;
pub mod imap;
#[cfg(test)]
mod imap_server;
#[cfg(test)]
mod imap_test;
mod parse;
#[cfg(test)]
mod received_test;
mod report;
mod take;
#[cfg(test)]
mod weeks_test;

pub use parse::parse;
pub use take::{Receiver, Taken};

use rapport_shared::id::Id;

/// What is said of a mail of which only the headers were read.
fn too_large() -> String {
    format!("the mail, which is larger than {} MiB: only its headers were read", MAIL_BYTES >> 20)
}

/// Largest mail that is read, in bytes (25 MiB); of a larger one the headers are.
pub const MAIL_BYTES: usize = 25 << 20;
/// Most parts of a mail that is read; of one that has more the headers are.
pub const PARTS: usize = 500;
/// Largest header that is read, in bytes.
pub const HEADER_BYTES: usize = 256 << 10;
/// Largest file that is kept, in bytes (10 MiB).
pub const FILE_BYTES: usize = 10 << 20;
/// Most files that are kept of a mail.
pub const FILES: usize = 20;
/// Most addresses of a mail that are looked at.
pub const ADDRESSES: usize = 100;
/// Longest name of a person or a file, in characters.
const NAME_CHARACTERS: usize = 120;
/// Longest Message-ID that is kept, in bytes.
pub const MESSAGE_ID_BYTES: usize = 250;
/// Most Message-IDs that a mail may refer to.
const REFERENCES: usize = 100;

/// Somebody in a header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Their address, in lower case.
    pub address: String,
    /// Their name, in one line; may be empty.
    pub name: String,
}

/// A file that was attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name, in one line.
    pub name: String,
    /// The media type that its sender gave.
    pub content_type: String,
    /// Its content.
    pub content: Vec<u8>,
}

/// One address to which a mail of ours could not be delivered (RFC 3464).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The address, in lower case.
    pub address: String,
    /// Whether it never will be.
    pub is_hard: bool,
    /// The status and what the mail server said, in one line.
    pub reason: String,
}

/// A report of a mail server on a mail of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Each address that it names as failed or delayed.
    pub failed: Vec<Failed>,
    /// The Message-ID of the mail that it is about, with its brackets; empty where it does not say.
    pub message_id: String,
}

/// What matters of a mail that came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// By what it is known when it comes again.
    pub key: Id,
    /// Its Message-ID, with its brackets; empty where it has none.
    pub message_id: String,
    /// Who wrote it, as it says.
    pub from: Person,
    /// To whom, with copies, each once.
    pub to: Vec<Person>,
    /// Those of them who got a copy.
    pub copies: Vec<Person>,
    /// Addresses that mail servers noted as where it was delivered.
    pub delivered_to: Vec<String>,
    /// Where its envelope came from; `Some("")` for nobody (`<>`), `None` where no mail server noted it.
    pub return_path: Option<String>,
    /// The Message-IDs that it refers to, the nearest first.
    pub references: Vec<String>,
    /// Its subject, in one line.
    pub subject: String,
    /// What it says, as plain text.
    pub text: String,
    /// What was attached.
    pub files: Vec<File>,
    /// What was left out, for people.
    pub left_out: Vec<String>,
    /// Headers by which robots are known: name in lower case, value in lower case.
    pub marks: Vec<(String, String)>,
    /// What a mail server reports, where it is a report.
    pub report: Option<Report>,
    /// Whether it is a report of another kind, such as one that a mail was read.
    pub is_other_report: bool,
    /// What the operator's mail server found of its sender: false where they are not who they say.
    pub is_authentic: Option<bool>,
}

impl Received {
    /// The value of a header by which robots are known, in lower case.
    pub fn mark(&self, name: &str) -> Option<&str> {
        self.marks.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Every address that it was sent to, as far as it can be told.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        self.delivered_to.iter().map(String::as_str).chain(self.to.iter().map(|person| person.address.as_str()))
    }
}
