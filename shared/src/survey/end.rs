//! What is said at the end, and where it leads.

use super::condition::Condition;
#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// The thank-you where no end screen fits.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default, deny_unknown_fields))]
pub struct Thanks {
    /// Heading; a built-in one when empty.
    pub title: String,
    /// Text below it.
    pub text: String,
}

/// An end of its own for some visitors; the first whose conditions hold is shown.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default, deny_unknown_fields))]
pub struct EndScreen {
    /// Unique within the survey.
    pub id: String,
    /// All must hold.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub when: Vec<Condition>,
    /// Heading; a built-in one when empty.
    pub title: String,
    /// Text below it.
    pub text: String,
    /// Where it leads, if anywhere.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub button: Option<Button>,
}

/// A button of an end screen: it opens another survey (an invitation to review, a contact form) or follows a link.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default, deny_unknown_fields))]
pub struct Button {
    /// What is on it.
    pub label: String,
    /// Id of the survey it opens.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "String::is_empty"))]
    pub survey: String,
    /// The link it follows: see [`is_link`].
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "String::is_empty"))]
    pub url: String,
}

/// Whether `url` may be followed: `https:`, `http:`, `mailto:` or `tel:`, or a path of the page's own site (one slash,
/// since two begin another host). Nothing else runs, whatever a browser would make of it.
pub fn is_link(url: &str) -> bool {
    let plain = !url.bytes().any(|byte| byte <= b' ' || byte == b'\\' || byte == b'"' || byte == b'<' || byte == 0x7f);
    let scheme = ["https://", "http://", "mailto:", "tel:"].iter().any(|scheme| {
        url.len() > scheme.len() && url.as_bytes()[..scheme.len()].eq_ignore_ascii_case(scheme.as_bytes())
    });
    plain && (scheme || (url.starts_with('/') && !url.starts_with("//")))
}
