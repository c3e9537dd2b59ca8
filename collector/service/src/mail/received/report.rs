//! Reports of mail servers on mails that they could not deliver (RFC 3464).

use super::parse::message_id;
use super::{ADDRESSES, Failed, Report};
use mail_parser::{Message, MessageParser, MimeHeaders, PartType};
use rapport_store::text;
use std::borrow::Cow;

/// Longest reason that is kept, in characters.
const REASON_CHARACTERS: usize = 200;

/// The report that a mail is; `None` where it is none that names an address.
pub(super) fn report(message: &Message<'_>) -> Option<Report> {
    let kind_of = |part: &mail_parser::MessagePart<'_>| {
        part.content_type()
            .map(|kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()).to_lowercase())
    };
    let status = message.parts.iter().find(|part| {
        kind_of(part)
            .is_some_and(|kind| matches!(kind.as_str(), "message/delivery-status" | "message/global-delivery-status"))
    });
    let failed = match status {
        Some(part) => of_status(&String::from_utf8_lossy(part.contents())),
        // Exim's, which has no such part.
        None => of_header(message)?,
    };
    let about = message.parts.iter().skip(1).find_map(|part| match &part.body {
        PartType::Message(inner) if !inner.parts.is_empty() => inner.message_id().and_then(message_id),
        _ if kind_of(part).is_some_and(|kind| kind.ends_with("rfc822-headers")) => {
            let headers = MessageParser::default().parse(part.contents()).filter(|of| !of.parts.is_empty())?;
            headers.message_id().and_then(message_id)
        }
        _ => None,
    });
    (!failed.is_empty()).then(|| Report { failed, message_id: about.unwrap_or_default() })
}

fn of_header(message: &Message<'_>) -> Option<Vec<Failed>> {
    let value = message.header_raw("X-Failed-Recipients")?;
    let each = value.split(',').map(|address| Failed {
        address: address.trim().trim_matches(['<', '>']).to_lowercase(),
        is_hard: true,
        reason: "the mail server names it as failed".to_owned(),
    });
    Some(each.filter(|failed| failed.address.contains('@')).take(ADDRESSES).collect())
}

/// The addresses of a delivery status that failed or are delayed. Fields of a recipient stand in a paragraph of their own.
fn of_status(status: &str) -> Vec<Failed> {
    let status = status.replace("\r\n", "\n");
    // A line that begins with white space goes on with the one before.
    let unfolded = status.replace("\n ", " ").replace("\n\t", " ");
    let mut failed = Vec::new();
    for paragraph in unfolded.split("\n\n") {
        let field = |name: &str| {
            let of =
                |line: &&str| line.split_once(':').is_some_and(|(known, _)| known.trim().eq_ignore_ascii_case(name));
            paragraph.lines().find(of).and_then(|line| line.split_once(':')).map(|(_, value)| value.trim())
        };
        // The address that we wrote to comes before the one that it became on its way.
        let Some(address) = field("Original-Recipient").or(field("Final-Recipient")) else { continue };
        let address = address.rsplit_once(';').map_or(address, |(_, address)| address);
        let address = address.trim().trim_matches(['<', '>']).to_lowercase();
        let action = field("Action").unwrap_or_default().to_lowercase();
        let status = field("Status").unwrap_or_default();
        if !matches!(action.as_str(), "failed" | "delayed") || !address.contains('@') || failed.len() >= ADDRESSES {
            continue;
        }
        let said = field("Diagnostic-Code").map(|code| code.split_once(';').map_or(code, |(_, said)| said.trim()));
        let reason = format!("{status} {}", said.unwrap_or_default());
        failed.push(Failed {
            address,
            is_hard: action == "failed" && is_hard(status),
            reason: text::line(Cow::Borrowed(reason.trim()), REASON_CHARACTERS),
        });
    }
    failed
}

/// Whether a status says that an address will never take mails (RFC 3463): 5.1.x is about the address, 5.2.1 a mailbox that is closed.
/// A full mailbox, one mail that is too large or looks like spam, or a rule of the receiver says nothing of the address.
fn is_hard(status: &str) -> bool {
    let mut parts = status.split_whitespace().next().unwrap_or_default().split('.');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("5"), Some("1"), Some(detail)) => !matches!(detail, "5" | "7" | "8"),
        (Some("5"), Some("2"), Some("1")) => true,
        // What a mail server that knows no details says of an address that is not there.
        (Some("5"), Some("0"), Some("0")) => true,
        (Some("5"), Some("4"), Some("4")) => true,
        _ => false,
    }
}
