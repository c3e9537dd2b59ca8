//! How a save ended, as the agent tells it.

use crate::survey::cut;

/// How a save ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The collector acknowledged it.
    Stored,
    /// The device keeps it and will send it later.
    Held,
    /// It will never be taken as it is.
    Refused {
        /// Dotted path of the field, such as `answers[1].text`; empty when unknown.
        field: String,
        /// What is wrong.
        reason: String,
    },
}

impl Outcome {
    /// Reads `stored`, `held` or `rejected: <field>: <reason>`; anything else is a refusal with that text as reason.
    pub fn parse(text: &str) -> Self {
        match text {
            "stored" => Self::Stored,
            "held" => Self::Held,
            _ => {
                let rest = text.strip_prefix("rejected:").unwrap_or(text).trim();
                // The field is a path without space or colon.
                let (field, reason) =
                    cut(rest, b':').filter(|(field, _)| !field.bytes().any(|byte| byte == b' ')).unwrap_or(("", rest));
                Self::Refused { field: field.into(), reason: reason.trim_start().into() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_agents_reply_is_read() {
        for (reply, expected) in [
            ("stored", Outcome::Stored),
            ("held", Outcome::Held),
            (
                "rejected: answers[1].text: must be at most 10000 characters: cut it",
                Outcome::Refused {
                    field: "answers[1].text".into(),
                    reason: "must be at most 10000 characters: cut it".into(),
                },
            ),
            ("rejected: unknown", Outcome::Refused { field: String::new(), reason: "unknown".into() }),
            ("", Outcome::Refused { field: String::new(), reason: String::new() }),
        ] {
            assert_eq!(Outcome::parse(reply), expected, "{reply}");
        }
    }
}
