//! Personas: kinds of people whom a site is made for, each bound by a rule to the customers and visitors who are of it.

mod member;
pub mod rule;

pub(crate) use member::note_due;
pub use member::{Size, VIEW_DAYS};

use crate::audit::AuditEntry;
use crate::engine::value::read_all;
use crate::{Row, Statement, Store, StoreError, params, text};
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rule::Rule;

/// Most personas of a site.
pub const PERSONAS: usize = 20;
/// Longest name, and longest name of an owner, in characters.
pub const NAME_CHARACTERS: usize = 80;
/// Longest key, in bytes.
pub const KEY_BYTES: usize = 64;
/// Most lines of a list.
pub const LINES: usize = 20;
/// Longest line of a list, in characters.
pub const LINE_CHARACTERS: usize = 200;

/// A kind of people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Persona {
    /// What it is called in addresses: lower-case letters, digits and hyphens. It never changes.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// Who looks after it; empty for nobody.
    pub owner: String,
    /// Age, place, work and the like, a line each.
    pub demographics: Vec<String>,
    /// By what one knows them, a line each.
    pub identifiers: Vec<String>,
    /// What they want, a line each.
    pub goals: Vec<String>,
    /// What is in their way, a line each.
    pub problems: Vec<String>,
    /// What is done about it, a line each.
    pub solutions: Vec<String>,
    /// Who is one of them.
    pub rule: Rule,
    /// When everybody was last held against the rule, in epoch milliseconds; 0 before the first time.
    pub built_at_ms: i64,
}

/// What is said of a persona, as it was typed: lists a line each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// See [`Persona::name`].
    pub name: String,
    /// See [`Persona::owner`].
    pub owner: String,
    /// See [`Persona::demographics`].
    pub demographics: String,
    /// See [`Persona::identifiers`].
    pub identifiers: String,
    /// See [`Persona::goals`].
    pub goals: String,
    /// See [`Persona::problems`].
    pub problems: String,
    /// See [`Persona::solutions`].
    pub solutions: String,
    /// See [`Persona::rule`].
    pub rule: String,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is stored.
    Done,
    /// Another persona of the site has this key.
    Taken,
    /// The site has [`PERSONAS`] already.
    TooMany,
    /// The site has no such persona.
    Unknown,
}

/// The key that a name gives: its letters and digits of ASCII in lower case, with hyphens between; `persona` where it has none.
pub fn key_of(name: &str) -> String {
    let mut key = String::new();
    for letter in name.chars().map(|letter| letter.to_ascii_lowercase()) {
        match letter {
            'a'..='z' | '0'..='9' => key.push(letter),
            _ if key.ends_with('-') || key.is_empty() => {}
            _ => key.push('-'),
        }
    }
    key.truncate(KEY_BYTES);
    let key = key.trim_end_matches('-');
    if key.is_empty() { "persona".to_owned() } else { key.to_owned() }
}

/// Whether a text can be the key of a persona.
pub fn is_key(text: &str) -> bool {
    (1..=KEY_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
}

/// The lines of a list, without empty ones.
fn lines(field: &str, typed: &str) -> Result<Vec<String>, Fault> {
    let lines: Vec<String> =
        typed.lines().map(|line| text::words(line.trim())).filter(|line| !line.is_empty()).collect();
    if lines.len() > LINES {
        return Err(Fault::new(field, format!("must be at most {LINES} lines")));
    }
    match lines.iter().find(|line| line.chars().count() > LINE_CHARACTERS) {
        Some(_) => Err(Fault::new(field, format!("must be lines of at most {LINE_CHARACTERS} characters"))),
        None => Ok(lines),
    }
}

/// A name in one line.
fn name(field: &str, typed: &str, may_be_empty: bool) -> Result<String, Fault> {
    let typed = typed.trim();
    let least = usize::from(!may_be_empty);
    if !(least..=NAME_CHARACTERS).contains(&typed.chars().count()) || typed.chars().any(char::is_control) {
        return Err(Fault::new(field, format!("must be {least} to {NAME_CHARACTERS} characters in one line")));
    }
    Ok(typed.to_owned())
}

impl Draft {
    /// The persona of that key that it describes.
    ///
    /// # Errors
    /// Every field at fault, with its limit.
    pub fn check(&self, key: &str) -> Result<Persona, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut persona = Persona { key: key.to_owned(), ..Persona::default() };
        if !is_key(key) {
            let reason = format!("must be 1 to {KEY_BYTES} lower-case letters, digits and hyphens");
            faults.push(Fault::new("key", reason));
        }
        for (field, typed, may_be_empty, kept) in
            [("name", &self.name, false, &mut persona.name), ("owner", &self.owner, true, &mut persona.owner)]
        {
            name(field, typed, may_be_empty).map_or_else(|fault| faults.push(fault), |name| *kept = name);
        }
        for (field, typed, kept) in [
            ("demographics", &self.demographics, &mut persona.demographics),
            ("identifiers", &self.identifiers, &mut persona.identifiers),
            ("goals", &self.goals, &mut persona.goals),
            ("problems", &self.problems, &mut persona.problems),
            ("solutions", &self.solutions, &mut persona.solutions),
        ] {
            lines(field, typed).map_or_else(|fault| faults.push(fault), |lines| *kept = lines);
        }
        Rule::parse(&self.rule).map_or_else(|wrong| faults.extend(wrong), |rule| persona.rule = rule);
        if faults.is_empty() { Ok(persona) } else { Err(faults) }
    }
}

const COLUMNS: &str =
    "persona_key, name, owner, demographics, identifiers, goals, problems, solutions, rule, built_at_ms";

fn read(row: &mut Row) -> Result<Persona, StoreError> {
    let list = |text: String| text.lines().map(str::to_owned).collect();
    let rule = row.take_text("rule")?;
    Ok(Persona {
        key: row.take_text("persona_key")?,
        name: row.take_text("name")?,
        owner: row.take_text("owner")?,
        demographics: list(row.take_text("demographics")?),
        identifiers: list(row.take_text("identifiers")?),
        goals: list(row.take_text("goals")?),
        problems: list(row.take_text("problems")?),
        solutions: list(row.take_text("solutions")?),
        rule: Rule::parse(&rule).map_err(|_| StoreError::Inconsistent(format!("persona.rule: {rule}")))?,
        built_at_ms: row.int("built_at_ms")?,
    })
}

/// The row of a persona, for the note of a change to it.
const OF_PERSONA: &str = "persona WHERE site_id = $1 AND persona_key = $7";

impl Store {
    /// The personas of a site, by name.
    pub async fn personas(&self, site_id: Id) -> Result<Vec<Persona>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM persona WHERE site_id = $1 ORDER BY name, persona_key");
        read_all(self.read(sql, params![site_id]).await?, read)
    }

    /// Keeps a new persona, and notes who made it.
    pub async fn add_persona(&self, site_id: Id, persona: &Persona, entry: &AuditEntry) -> Result<Kept, StoreError> {
        if self.personas(site_id).await?.len() >= PERSONAS {
            return Ok(Kept::TooMany);
        }
        let sql = "INSERT INTO persona (site_id, persona_key, name, owner, demographics, identifiers, goals, problems, solutions, rule,
               version, built_at_ms, looked_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, 0, 0)
             ON CONFLICT (site_id, persona_key) DO NOTHING RETURNING persona_key";
        let note = entry.statement_where(site_id, OF_PERSONA, params![&persona.key]);
        let rows = self.write(vec![Statement::new(sql, values(site_id, persona)), note]).await?;
        Ok(if rows[0].is_empty() { Kept::Taken } else { Kept::Done })
    }

    /// Changes what is said of a persona, and notes who did. Where its rule is another, everybody is held against it anew.
    pub async fn change_persona(&self, site_id: Id, persona: &Persona, entry: &AuditEntry) -> Result<Kept, StoreError> {
        let sql = "UPDATE persona SET name = $3, owner = $4, demographics = $5, identifiers = $6, goals = $7, problems = $8,
               solutions = $9, version = version + 1, built_at_ms = CASE WHEN rule = $10 THEN built_at_ms ELSE 0 END, rule = $10
             WHERE site_id = $1 AND persona_key = $2 RETURNING persona_key";
        let note = entry.statement_where(site_id, OF_PERSONA, params![&persona.key]);
        let rows = self.write(vec![Statement::new(sql, values(site_id, persona)), note]).await?;
        Ok(if rows[0].is_empty() { Kept::Unknown } else { Kept::Done })
    }

    /// Forgets a persona with who is of it, and notes who did.
    pub async fn remove_persona(&self, site_id: Id, key: &str, entry: &AuditEntry) -> Result<Kept, StoreError> {
        let note = entry.statement_where(site_id, OF_PERSONA, params![key]);
        let remove = |table: &str| {
            let sql = format!("DELETE FROM {table} WHERE site_id = $1 AND persona_key = $2 RETURNING persona_key");
            Statement::new(sql, params![site_id, key])
        };
        let rows =
            self.write(vec![note, remove("persona"), remove("persona_member"), remove("persona_visitor")]).await?;
        Ok(if rows[1].is_empty() { Kept::Unknown } else { Kept::Done })
    }
}

/// The first ten values of a statement that writes a persona.
fn values(site_id: Id, persona: &Persona) -> Vec<crate::Value> {
    params![
        site_id,
        &persona.key,
        &persona.name,
        &persona.owner,
        persona.demographics.join("\n"),
        persona.identifiers.join("\n"),
        persona.goals.join("\n"),
        persona.problems.join("\n"),
        persona.solutions.join("\n"),
        persona.rule.text(),
    ]
}
