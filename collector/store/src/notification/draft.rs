//! A rule as it was typed or sent, and what is wrong with it.

use super::{Cadence, Channel, NAME_CHARACTERS, PATH_CHARACTERS, USUAL_HOUR};
use crate::news::NewsKind;
use rapport_shared::survey::Fault;

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// See [`super::Rule::name`].
    pub name: String,
    /// Names of [`NewsKind`].
    pub kinds: Vec<String>,
    /// The beginning of the paths of pages; empty for all.
    pub path: String,
    /// A name of [`Channel`]; empty for a mail.
    pub channel: String,
    /// See [`super::Rule::target`]: whether it is an address is the caller's to say.
    pub target: String,
    /// A name of [`Cadence`]; empty for at once.
    pub cadence: String,
    /// An hour, 0 to 23; empty for [`USUAL_HOUR`].
    pub hour: String,
    /// See [`super::Rule::shows_words`].
    pub shows_words: bool,
}

/// What of a [`Draft`] is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// See [`super::Rule::name`].
    pub name: String,
    /// See [`super::Rule::kinds`].
    pub kinds: Vec<NewsKind>,
    /// See [`super::Rule::path`].
    pub path: String,
    /// See [`super::Rule::channel`].
    pub channel: Channel,
    /// See [`super::Rule::cadence`].
    pub cadence: Cadence,
    /// See [`super::Rule::hour`].
    pub hour: i64,
}

/// The kinds of these names, in order.
///
/// # Errors
/// The field `events`, with the names that there are.
pub fn kinds(names: &[String], allowed: &[NewsKind]) -> Result<Vec<NewsKind>, Fault> {
    let list = || allowed.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
    let known = |name: &String| allowed.iter().copied().find(|kind| kind.as_str() == name);
    let mut kinds = Vec::new();
    for name in names {
        kinds.push(known(name).ok_or_else(|| Fault::new("events", format!("must each be one of {}", list())))?);
    }
    kinds.sort();
    kinds.dedup();
    if kinds.is_empty() {
        return Err(Fault::new("events", format!("must be at least one of {}", list())));
    }
    Ok(kinds)
}

/// A name in one line, of at most so many characters.
///
/// # Errors
/// The field `name`, with its limit.
pub fn name(typed: &str, most_characters: usize) -> Result<String, Fault> {
    let name = typed.trim();
    if name.is_empty() || name.chars().count() > most_characters || name.chars().any(char::is_control) {
        return Err(Fault::new("name", format!("must be 1 to {most_characters} characters in one line")));
    }
    Ok(name.to_owned())
}

impl Draft {
    /// What was meant.
    ///
    /// # Errors
    /// Every field at fault, with its limit.
    pub fn check(&self) -> Result<Checked, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut keep = |result: Result<String, Fault>| {
            result.unwrap_or_else(|fault| {
                faults.push(fault);
                String::new()
            })
        };
        let name = keep(name(&self.name, NAME_CHARACTERS));
        let path = self.path.trim();
        let is_path = path.is_empty()
            || path.starts_with('/') && path.chars().count() <= PATH_CHARACTERS && !path.chars().any(char::is_control);
        if !is_path {
            faults.push(Fault::new("path", format!("must begin with / and have at most {PATH_CHARACTERS} characters")));
        }
        let kinds = kinds(&self.kinds, &NewsKind::for_people().collect::<Vec<_>>());
        let channel = if self.channel.is_empty() { Some(Channel::Mail) } else { Channel::named(&self.channel) };
        if channel.is_none() {
            faults.push(Fault::new("channel", "must be mail or slack"));
        }
        let cadence = if self.cadence.is_empty() { Some(Cadence::Now) } else { Cadence::named(&self.cadence) };
        if cadence.is_none() {
            faults.push(Fault::new("cadence", "must be now, hours, day or week"));
        }
        let hour = if self.hour.is_empty() { Ok(USUAL_HOUR) } else { self.hour.parse() };
        let hour = hour.ok().filter(|hour| (0..24).contains(hour));
        if hour.is_none() {
            faults.push(Fault::new("hour", "must be 0 to 23"));
        }
        match (kinds, channel, cadence, hour) {
            (Ok(kinds), Some(channel), Some(cadence), Some(hour)) if faults.is_empty() => {
                Ok(Checked { name, kinds, path: path.to_owned(), channel, cadence, hour })
            }
            (kinds, ..) => {
                faults.extend(kinds.err());
                Err(faults)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_rule_is_named_with_its_limit() {
        let good = Draft { name: " Low ".into(), kinds: vec!["response.low".into()], ..Draft::default() };
        let checked = good.check().expect("fine");
        assert_eq!((checked.name.as_str(), checked.cadence, checked.hour), ("Low", Cadence::Now, 8));
        for (draft, field) in [
            (Draft { name: "a\nb".into(), ..good.clone() }, "name"),
            (Draft { kinds: vec![], ..good.clone() }, "events"),
            (Draft { kinds: vec!["response.updated".into()], ..good.clone() }, "events"),
            (Draft { path: "checkout".into(), ..good.clone() }, "path"),
            (Draft { channel: "fax".into(), ..good.clone() }, "channel"),
            (Draft { cadence: "year".into(), ..good.clone() }, "cadence"),
            (Draft { hour: "24".into(), ..good.clone() }, "hour"),
        ] {
            assert_eq!(draft.check().expect_err(field)[0].field, field, "{draft:?}");
        }
    }
}
