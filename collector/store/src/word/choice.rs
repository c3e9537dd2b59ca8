//! What people decided of themes that a machine found: a name of their own, not to be shown, or to be a part of another. It is kept by the
//! theme's stems, so it holds whenever the theme is found again.

use crate::audit::AuditEntry;
use crate::{Row, Statement, Store, StoreError, params, text};
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use std::borrow::Cow;

/// Longest name, in characters.
pub const NAME_CHARACTERS: usize = 80;
/// Longest stems of a theme, in characters: three of at most 40, and the spaces between.
pub const KEY_CHARACTERS: usize = 3 * 40 + 2;
/// Most themes of a site that something was decided of.
pub const CHOICES: usize = 500;

/// What was decided of a theme.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThemeChoice {
    /// Its stems.
    pub key: String,
    /// What people call it; empty for what the machine says.
    pub name: String,
    /// How it was written when this was decided.
    pub label: String,
    /// Whether it is left out of the list.
    pub hidden: bool,
    /// The stems of the theme that it is a part of; empty where it is one of its own.
    pub into: String,
}

/// What became of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is stored.
    Done,
    /// The theme would be a part of itself.
    Circular,
    /// The site has decided of [`CHOICES`] already.
    TooMany,
}

impl ThemeChoice {
    /// One as it is kept.
    ///
    /// # Errors
    /// The field, with its limit.
    pub fn checked(self) -> Result<Self, Fault> {
        let line = |typed: &str| text::line(Cow::Borrowed(typed), usize::MAX).trim().to_owned();
        let choice = Self { name: line(&self.name), label: line(&self.label), ..self };
        for (field, value, most) in [
            ("key", &choice.key, KEY_CHARACTERS),
            ("into", &choice.into, KEY_CHARACTERS),
            ("name", &choice.name, NAME_CHARACTERS),
            ("label", &choice.label, KEY_CHARACTERS),
        ] {
            let has = value.chars().count();
            if has > most {
                return Err(Fault::new(field, format!("must be at most {most} characters, has {has}")));
            }
        }
        match choice.key.is_empty() {
            true => Err(Fault::new("key", "must be the stems of a theme")),
            false => Ok(choice),
        }
    }

    /// Whether it leaves the theme as the machine found it.
    fn says_nothing(&self) -> bool {
        self.name.is_empty() && !self.hidden && self.into.is_empty()
    }
}

/// The stems of the theme that one ended up in: its own where it was not merged.
pub fn root<'a>(choices: &'a [ThemeChoice], key: &'a str) -> &'a str {
    let into = choices.iter().find(|choice| choice.key == key).map_or("", |choice| choice.into.as_str());
    if into.is_empty() { key } else { into }
}

fn read(row: &Row) -> Result<ThemeChoice, StoreError> {
    Ok(ThemeChoice {
        key: row.text("theme_key")?.to_owned(),
        name: row.text("name")?.to_owned(),
        label: row.text("label")?.to_owned(),
        hidden: row.flag("hidden")?,
        into: row.text("merged_into")?.to_owned(),
    })
}

impl Store {
    /// Everything that a site decided of themes.
    pub async fn theme_choices(&self, site_id: Id) -> Result<Vec<ThemeChoice>, StoreError> {
        let sql = "SELECT theme_key, name, label, hidden, merged_into FROM theme_choice WHERE site_id = $1 ORDER BY theme_key";
        self.read(sql, params![site_id]).await?.iter().map(read).collect()
    }

    /// Keeps what was decided of a theme, and notes who did. One that was merged into it goes along where it is merged itself.
    pub async fn choose_theme(
        &self,
        site_id: Id,
        choice: &ThemeChoice,
        entry: &AuditEntry,
    ) -> Result<Kept, StoreError> {
        let known = self.theme_choices(site_id).await?;
        let into = if choice.into.is_empty() { "" } else { root(&known, &choice.into) };
        if into == choice.key {
            return Ok(Kept::Circular);
        }
        if known.len() >= CHOICES && known.iter().all(|other| other.key != choice.key) && !choice.says_nothing() {
            return Ok(Kept::TooMany);
        }
        let mut statements = Vec::new();
        if choice.says_nothing() {
            let sql = "DELETE FROM theme_choice WHERE site_id = $1 AND theme_key = $2";
            statements.push(Statement::new(sql, params![site_id, &choice.key]));
        } else {
            let sql = "INSERT INTO theme_choice (site_id, theme_key, name, label, hidden, merged_into, changed_at_ms)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)
                 ON CONFLICT (site_id, theme_key) DO UPDATE SET name = excluded.name, label = excluded.label,
                   hidden = excluded.hidden, merged_into = excluded.merged_into, changed_at_ms = excluded.changed_at_ms";
            let ThemeChoice { key, name, label, hidden, .. } = choice;
            let values = params![site_id, key, name, label, *hidden, into, entry.occurred_at_ms];
            statements.push(Statement::new(sql, values));
        }
        if !into.is_empty() {
            let sql = "UPDATE theme_choice SET merged_into = $3 WHERE site_id = $1 AND merged_into = $2";
            statements.push(Statement::new(sql, params![site_id, &choice.key, into]));
        }
        statements.push(entry.statement(site_id));
        self.write(statements).await.map(|_| Kept::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_store::{each_engine, note};

    const SITE: Id = Id([7; 16]);

    fn choice(key: &str, name: &str, into: &str) -> ThemeChoice {
        let text = str::to_owned;
        ThemeChoice { key: text(key), name: text(name), label: text(key), hidden: false, into: text(into) }
    }

    #[tokio::test]
    async fn a_theme_that_was_renamed_or_merged_was_the_machines_again_the_next_day() {
        each_engine(async |store| {
            let set = async |choice: &ThemeChoice| store.choose_theme(SITE, choice, &note(1)).await.unwrap();
            assert_eq!(set(&choice("late", "", "deliveri")).await, Kept::Done);
            assert_eq!(set(&choice("slow", "", "late")).await, Kept::Done);
            let known = store.theme_choices(SITE).await.unwrap();
            assert_eq!(known.iter().map(|one| root(&known, &one.key)).collect::<Vec<_>>(), ["deliveri", "deliveri"]);
            assert_eq!(set(&choice("deliveri", "", "slow")).await, Kept::Circular);
            assert_eq!(set(&choice("deliveri", "Delivery", "ship")).await, Kept::Done);
            let known = store.theme_choices(SITE).await.unwrap();
            assert!(known.iter().all(|one| root(&known, &one.key) == "ship"), "{known:?}");
            // Taken apart, and left as the machine found it.
            assert_eq!(set(&choice("slow", "", "")).await, Kept::Done);
            let keys: Vec<_> = store.theme_choices(SITE).await.unwrap().into_iter().map(|one| one.key).collect();
            assert_eq!(keys, ["deliveri", "late"]);
            assert_eq!(store.theme_choices(Id([8; 16])).await, Ok(vec![]));
        })
        .await;
    }

    #[test]
    fn a_name_that_is_too_long_is_refused_with_its_limit() {
        let fault = choice("late", &"x".repeat(81), "").checked().expect_err("it is too long");
        assert_eq!((fault.field.as_str(), fault.reason.as_str()), ("name", "must be at most 80 characters, has 81"));
        assert_eq!(choice("", "x", "").checked().expect_err("it has no key").field, "key");
        assert_eq!(choice("late", " Late \u{7} ", "").checked().map(|choice| choice.name), Ok("Late".to_owned()));
    }
}
