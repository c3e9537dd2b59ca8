//! The envelope of a batch: who sends it, and its items as they came.

use super::{BatchRefusal, fault};
use rapport_shared::limit;
use rapport_shared::wire::Batch;
use rapport_store::record::Consent;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A batch whose items are not yet looked at.
pub type Envelope<'a> = Batch<'a, &'a RawValue>;

/// What the visitor has said about being measured.
pub fn consent(envelope: &Envelope<'_>) -> Consent {
    Consent::of_name(&envelope.consent)
}

/// Parses the envelope.
pub fn parse(body: &[u8]) -> Result<Envelope<'_>, BatchRefusal> {
    let malformed = |field: &str, reason: String| BatchRefusal::Malformed { field: field.into(), reason };
    let text = std::str::from_utf8(body)
        .map_err(|error| malformed("", format!("must be UTF-8; byte {} is not", error.valid_up_to())))?;
    let shape = |detail: &str| malformed("", format!("must be a JSON object with site and items{detail}"));
    if !is_object(text) {
        return Err(shape(""));
    }
    let envelope: Envelope<'_> =
        serde_json::from_str(text).map_err(|error| match fault::explained::<Envelope<'_>>(text) {
            Err(fault) if error.is_data() => malformed(&fault.field, fault.reason),
            _ => shape(&format!(": {error}")),
        })?;
    if envelope.site.is_empty() {
        return Err(BatchRefusal::NoSiteKey);
    }
    match envelope.items.len() {
        0 => Err(malformed("items", "must have at least 1 item".into())),
        items if items > limit::BATCH_ITEMS => {
            Err(malformed("items", format!("must have at most {} items, has {items}", limit::BATCH_ITEMS)))
        }
        _ => Ok(envelope),
    }
}

/// The body with U+FFFD for every half of a surrogate pair that stands alone in an escape: a text that was cut in the middle of
/// a pair is one, and no parser takes it.
pub fn repaired(body: &[u8]) -> Cow<'_, [u8]> {
    let (mut result, mut kept, mut at) = (Vec::new(), 0, 0);
    while let Some(next) = body[at..].iter().position(|byte| *byte == b'\\') {
        at += next;
        let Some(code) = code_unit(&body[at..]) else {
            // The character behind it is escaped, a backslash as well.
            at = body.len().min(at + 2);
            continue;
        };
        let is_pair = (0xd800..0xdc00).contains(&code)
            && code_unit(&body[at + ESCAPE_BYTES..]).is_some_and(|second| (0xdc00..0xe000).contains(&second));
        if is_pair {
            at += 2 * ESCAPE_BYTES;
            continue;
        }
        if (0xd800..0xe000).contains(&code) {
            result.extend_from_slice(&body[kept..at]);
            result.extend_from_slice(b"\\ufffd");
            kept = at + ESCAPE_BYTES;
        }
        at += ESCAPE_BYTES;
    }
    if kept == 0 {
        return Cow::Borrowed(body);
    }
    result.extend_from_slice(&body[kept..]);
    Cow::Owned(result)
}

/// Bytes of an escape such as `\u00e9`.
const ESCAPE_BYTES: usize = 6;

/// The code unit of UTF-16 that an escape at the beginning stands for.
fn code_unit(json: &[u8]) -> Option<u16> {
    let code = json.strip_prefix(b"\\u")?.get(..ESCAPE_BYTES - 2)?;
    let code = str::from_utf8(code).ok().filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u16::from_str_radix(code, 16).ok()
}

/// Whether the JSON begins an object: serde would take a list of the fields' values just as well.
pub fn is_object(json: &str) -> bool {
    json.trim_ascii_start().starts_with('{')
}

#[cfg(test)]
mod tests {
    use super::repaired;

    #[test]
    fn half_a_surrogate_pair_cost_the_whole_answer() {
        for (sent, read) in [
            (r"a\ud83d", "a\u{fffd}"),
            (r"\ud83dx", "\u{fffd}x"),
            (r"\uDE00\ud83d\ude00", "\u{fffd}😀"),
            (r"\ud83d\ud83d\ude00", "\u{fffd}😀"),
            (r"\ud83d\n\u00e9", "\u{fffd}\né"),
            (r"\\ud83d \\\ud83d", "\\ud83d \\\u{fffd}"),
            (r"\u00e9 plain 😀", "é plain 😀"),
        ] {
            let json = format!("\"{sent}\"");
            let text: String = serde_json::from_slice(&repaired(json.as_bytes())).expect("JSON");
            assert_eq!(text, read, "{sent}");
        }
        for broken in ["", "\\", "\\u", "\\ud83", "\\uzzzz", "x\\ud83d\\"] {
            repaired(broken.as_bytes());
        }
    }
}
