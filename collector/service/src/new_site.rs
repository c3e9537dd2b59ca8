//! A new website: its rules, and what it begins with, for the command line and pages alike.

use crate::definition::pool::translated;
use rapport_shared::id::Id;
use rapport_shared::survey::{CsatDisplay, Fault, Question, QuestionKind, Survey};
use rapport_store::account::role::Role;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::site::{Site, settings};
use rapport_store::{Store, StoreError};

/// Accent colour of a site that chose none: readable with white text on it (contrast 6.0).
const ACCENT_COLOR: &str = "#3457d5";

/// A site as somebody asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Draft {
    /// What people call it.
    pub name: String,
    /// Where its pages are.
    pub origins: Vec<String>,
    /// The zone its days are cut in.
    pub time_zone: String,
}

impl Draft {
    /// The site that it means, as of now.
    ///
    /// # Errors
    /// When the store is away; every field at fault is in the result.
    pub async fn check(&self, store: &Store, clock: &Clock) -> Result<Result<Site, Vec<Fault>>, StoreError> {
        let (name, origins) = (settings::name(&self.name), settings::origins(&self.origins));
        let zone = settings::time_zone(&self.time_zone);
        let mut faults = Vec::new();
        for (field, reason) in
            [("name", name.as_ref().err()), ("origins", origins.as_ref().err()), ("time_zone", zone.as_ref().err())]
        {
            faults.extend(reason.map(|reason| Fault::new(field, reason.clone())));
        }
        if let Ok(name) = &name
            && let Some(other) = store.other_site_called(name, None).await?
        {
            faults.push(Fault::new("name", settings::taken(&other)));
        }
        let (Ok(name), Ok(origins), Ok(time_zone), true) = (name, origins, zone, faults.is_empty()) else {
            return Ok(Err(faults));
        };
        Ok(Ok(Site {
            site_id: clock.new_id(),
            key: random_key(),
            name,
            origins,
            time_zone,
            accent_color: ACCENT_COLOR.into(),
            created_at_ms: clock.now_ms(),
        }))
    }
}

/// Adds a site with its first survey, in the name of `actor`; with an owner, where it is somebody's.
///
/// # Errors
/// When the store is away.
pub(crate) async fn add(
    (store, clock): (&Store, &Clock),
    site: &Site,
    actor: &str,
    owner: Option<(Id, &str)>,
) -> Result<(), StoreError> {
    store.add_site(site).await?;
    let survey = first_survey();
    let entry = AuditEntry::now(clock, actor, "survey.create", format!("survey {}", survey.id));
    store.apply_survey(site.site_id, &survey, &entry).await?;
    if let Some((account_id, email)) = owner {
        let subject = format!("member {email} as {}", Role::Owner);
        let entry = AuditEntry::now(clock, actor, "member.add", subject);
        store.set_member(site.site_id, account_id, Role::Owner, &entry).await?;
    }
    Ok(())
}

/// 80 random bits in Crockford's base 32: nobody guesses it, everybody can read it out.
fn random_key() -> String {
    readable_digits(rapport_store::random::fresh())
}

/// The lowest 80 bits as 16 digits of Crockford's base 32, in lower case.
pub(crate) fn readable_digits(bits: u128) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    (0..16).map(|place| ALPHABET[(bits >> (place * 5)) as usize & 31] as char).collect()
}

/// The survey that a new site begins with: a rating of the page, and its reason.
pub fn first_survey() -> Survey {
    let rating = QuestionKind::Csat {
        display: CsatDisplay::Smileys,
        low_label: "Very dissatisfied".into(),
        high_label: "Very satisfied".into(),
    };
    let reason = QuestionKind::OpenText { placeholder: String::new(), max_characters: 2_000 };
    translated(Survey {
        id: "feedback".into(),
        name: "Page feedback".into(),
        title: "Feedback".into(),
        language: "en".into(),
        questions: vec![
            Question { required: true, ..Question::new("rating", rating, "How satisfied are you with this page?") },
            Question::new("reason", reason, "What is the main reason for your rating?"),
        ],
        ..Survey::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_survey_has_no_fault() {
        assert_eq!(first_survey().faults(), []);
    }

    #[test]
    fn keys_are_readable_and_differ() {
        let key = random_key();
        assert_eq!(key.len(), 16);
        assert!(key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()));
        assert_ne!(key, random_key());
    }
}
