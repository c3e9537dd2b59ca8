//! Who changed what: every change of staff is noted in the transaction that makes it.

use super::{Row, Statement, Store, StoreError, Value};
use crate::clock::Clock;
use crate::engine::value::placeholders;
use crate::params;
use crate::response::Cursor;
use rapport_shared::id::Id;
use std::collections::HashMap;

/// Whoever has the database has the command line: it knows nobody by name.
pub const COMMAND_LINE: &str = "command line";

/// How many things a change is about, as its subject says it.
pub fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its id, of the instant it was made.
    pub entry_id: Id,
    /// Who: a mail address, a key (`key:` and its id), or [`COMMAND_LINE`].
    pub actor: String,
    /// What, such as `review.publish`.
    pub action: String,
    /// To what, such as `review 01890a5d-…`.
    pub subject: String,
    /// When, in epoch milliseconds.
    pub occurred_at_ms: i64,
}

/// Which changes are meant; what is empty leaves all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Who made them.
    pub actor: String,
    /// What their action begins with, before its dot: `review`, `member`.
    pub kind: String,
    /// From when on, in epoch milliseconds.
    pub from_ms: Option<i64>,
    /// Until before when, in epoch milliseconds.
    pub until_ms: Option<i64>,
}

fn read_entry(row: &Row) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
        entry_id: row.id("entry_id")?,
        actor: row.text("actor")?.to_owned(),
        action: row.text("action")?.to_owned(),
        subject: row.text("subject")?.to_owned(),
        occurred_at_ms: row.int("occurred_at_ms")?,
    })
}

impl AuditEntry {
    /// What `actor` does now.
    pub fn now(clock: &Clock, actor: impl Into<String>, action: &str, subject: impl Into<String>) -> Self {
        Self {
            entry_id: clock.new_id(),
            actor: actor.into(),
            action: action.to_owned(),
            subject: subject.into(),
            occurred_at_ms: clock.now_ms(),
        }
    }

    /// The statement that notes it; it belongs into the transaction of the change.
    pub(crate) fn statement(&self, site_id: Id) -> Statement {
        let sql = "INSERT INTO audit_entry (site_id, entry_id, actor, action, subject, occurred_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6)";
        let params = params![site_id, self.entry_id, &self.actor, &self.action, &self.subject, self.occurred_at_ms];
        Statement::new(sql, params)
    }

    /// The same where there is such a row: `such` goes on after `FROM`, with the site as `$1` and its own values from `$7` on.
    pub(crate) fn statement_where(&self, site_id: Id, such: &str, values: Vec<Value>) -> Statement {
        let sql = format!(
            "INSERT INTO audit_entry (site_id, entry_id, actor, action, subject, occurred_at_ms)
             SELECT $1, $2, $3, $4, $5, $6 WHERE EXISTS (SELECT 1 FROM {such})"
        );
        let mut params = params![site_id, self.entry_id, &self.actor, &self.action, &self.subject, self.occurred_at_ms];
        params.extend(values);
        Statement::new(sql, params)
    }
}

impl Store {
    /// Notes what changes nothing that is stored, such as the showing of a secret.
    pub async fn note(&self, site_id: Id, entry: &AuditEntry) -> Result<(), StoreError> {
        self.write(vec![entry.statement(site_id)]).await.map(|_| ())
    }

    /// The newest changes of a site by when they were made, those before a place if one is given.
    pub async fn audit_entries(
        &self,
        site_id: Id,
        before: Option<Cursor>,
        limit: i64,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        self.audit_entries_of(site_id, &AuditFilter::default(), before, limit).await
    }

    /// The same, of those that a filter leaves.
    pub async fn audit_entries_of(
        &self,
        site_id: Id,
        filter: &AuditFilter,
        before: Option<Cursor>,
        limit: i64,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let before = before.unwrap_or(Cursor { occurred_at_ms: i64::MAX, item_id: Id::default() });
        let mut params = params![site_id, before.occurred_at_ms, before.item_id, limit];
        let mut such = String::new();
        let mut narrow = |condition: &str, value: Value| {
            params.push(value);
            such += &format!(" AND {}", condition.replace('?', &format!("${}", params.len())));
        };
        if !filter.actor.is_empty() {
            narrow("actor = ?", Value::from(filter.actor.as_str()));
        }
        if !filter.kind.is_empty() {
            // What begins so: a dot is the next character after those of a kind, and a slash the one after the dot.
            narrow("action >= ?", Value::from(format!("{}.", filter.kind)));
            narrow("action < ?", Value::from(format!("{}/", filter.kind)));
        }
        if let Some(from_ms) = filter.from_ms {
            narrow("occurred_at_ms >= ?", Value::from(from_ms));
        }
        if let Some(until_ms) = filter.until_ms {
            narrow("occurred_at_ms < ?", Value::from(until_ms));
        }
        let sql = format!(
            "SELECT entry_id, actor, action, subject, occurred_at_ms FROM audit_entry
             WHERE site_id = $1 AND occurred_at_ms <= $2 AND (occurred_at_ms < $2 OR entry_id < $3){such}
             ORDER BY occurred_at_ms DESC, entry_id DESC LIMIT $4"
        );
        self.read(sql, params).await?.iter().map(read_entry).collect()
    }

    /// Who changed something on a site, and kinds of what was changed, each once and in order.
    pub async fn audit_choices(&self, site_id: Id) -> Result<(Vec<String>, Vec<String>), StoreError> {
        let sql = "SELECT DISTINCT actor AS found FROM audit_entry WHERE site_id = $1 ORDER BY actor LIMIT 500";
        let actors: Vec<String> = self.named_in_log(sql, site_id).await?;
        let sql = "SELECT DISTINCT action AS found FROM audit_entry WHERE site_id = $1 ORDER BY action LIMIT 500";
        let actions = self.named_in_log(sql, site_id).await?;
        let mut kinds: Vec<String> =
            actions.iter().filter_map(|action| action.split_once('.')).map(|(kind, _)| kind.to_owned()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        Ok((actors, kinds))
    }

    async fn named_in_log(&self, sql: &'static str, site_id: Id) -> Result<Vec<String>, StoreError> {
        let rows = self.read(sql, params![site_id]).await?;
        rows.iter().map(|row| row.text("found").map(str::to_owned)).collect()
    }

    /// What reviews are called by those who read of them: title, author and name of the thing, each of which may be empty.
    pub async fn review_names(&self, site_id: Id, ids: &[Id]) -> Result<HashMap<Id, [String; 3]>, StoreError> {
        let sql = "SELECT r.review_id, r.title, r.author, COALESCE(NULLIF(t.name, ''), r.thing) AS thing
             FROM review r LEFT JOIN thing t ON t.site_id = r.site_id AND t.thing = r.thing
             WHERE r.site_id = $1 AND r.review_id IN";
        let rows = self.read_of(sql, site_id, ids.iter().flat_map(|id| params![*id]).collect()).await?;
        let text = |row: &Row, column| row.text(column).map(str::to_owned);
        rows.iter()
            .map(|row| Ok((row.id("review_id")?, [text(row, "title")?, text(row, "author")?, text(row, "thing")?])))
            .collect()
    }

    /// The surveys that responses are to.
    pub async fn surveys_of_responses(&self, site_id: Id, ids: &[Id]) -> Result<HashMap<Id, String>, StoreError> {
        let sql = "SELECT item_id, survey_id FROM response WHERE site_id = $1 AND item_id IN";
        let rows = self.read_of(sql, site_id, ids.iter().flat_map(|id| params![*id]).collect()).await?;
        rows.iter().map(|row| Ok((row.id("item_id")?, row.text("survey_id")?.to_owned()))).collect()
    }

    /// The names of things; those without one are left out.
    pub async fn thing_names(&self, site_id: Id, things: &[String]) -> Result<HashMap<String, String>, StoreError> {
        let sql = "SELECT thing, name FROM thing WHERE site_id = $1 AND name <> '' AND thing IN";
        let things = things.iter().flat_map(|thing| params![thing]).collect();
        let rows = self.read_of(sql, site_id, things).await?;
        rows.iter().map(|row| Ok((row.text("thing")?.to_owned(), row.text("name")?.to_owned()))).collect()
    }

    /// The rows of some keys; `sql` ends where their list begins.
    async fn read_of(&self, sql: &str, site_id: Id, keys: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!("{sql} ({})", placeholders(2, keys.len()));
        let mut params = params![site_id];
        params.extend(keys);
        self.read(sql, params).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::Thing;
    use crate::test_store::{a_site, each_engine};
    use rapport_shared::theme::Theme;

    #[tokio::test]
    async fn the_latest_change_comes_first_however_late_it_was_noted() {
        each_engine(async |store| {
            let site = a_site("shop");
            let site_id = site.site_id;
            store.add_site(&site).await.unwrap();
            let entry = |number: u8, occurred_at_ms: i64| AuditEntry {
                entry_id: Id([number; 16]),
                actor: "eve@example.com".into(),
                action: "theme.change".into(),
                subject: "theme".into(),
                occurred_at_ms,
            };
            for (number, at_ms) in [(1, 30), (2, 10), (3, 20), (4, 20)] {
                store.set_theme(site_id, &Theme::default(), &entry(number, at_ms)).await.unwrap();
            }
            let seen = async |before: Option<Cursor>, limit| -> Vec<u8> {
                let entries = store.audit_entries(site_id, before, limit).await.unwrap();
                entries.iter().map(|entry| entry.entry_id.0[0]).collect()
            };
            assert_eq!(seen(None, 10).await, [1, 4, 3, 2]);
            assert_eq!(seen(None, 2).await, [1, 4]);
            assert_eq!(seen(Some(Cursor { occurred_at_ms: 20, item_id: Id([4; 16]) }), 2).await, [3, 2]);

            let other = AuditEntry { actor: "ada@example.com".into(), action: "themes.change".into(), ..entry(7, 25) };
            store.note(site_id, &other).await.unwrap();
            let of = async |filter: AuditFilter| -> Vec<u8> {
                let entries = store.audit_entries_of(site_id, &filter, None, 10).await.unwrap();
                entries.iter().map(|entry| entry.entry_id.0[0]).collect()
            };
            let all = AuditFilter::default;
            assert_eq!(of(AuditFilter { actor: "ada@example.com".into(), ..all() }).await, [7]);
            assert_eq!(
                of(AuditFilter { kind: "theme".into(), ..all() }).await,
                [1, 4, 3, 2],
                "no other that begins so"
            );
            let days = AuditFilter { from_ms: Some(20), until_ms: Some(30), ..all() };
            assert_eq!(of(days.clone()).await, [7, 4, 3]);
            assert_eq!(of(AuditFilter { kind: "theme".into(), ..days }).await, [4, 3]);
            let (actors, kinds) = store.audit_choices(site_id).await.unwrap();
            assert_eq!((actors.len(), kinds), (2, vec!["theme".to_owned(), "themes".to_owned()]));

            let thing = |thing: &str, name: &str| Thing {
                thing: thing.into(),
                name: name.into(),
                thing_type: String::new(),
                url: String::new(),
            };
            store.describe_thing(site_id, &thing("mug", "Moss mug"), &entry(5, 40)).await.unwrap();
            store.describe_thing(site_id, &thing("bowl", ""), &entry(6, 40)).await.unwrap();
            let names = store.thing_names(site_id, &["mug".into(), "bowl".into(), "none".into()]).await.unwrap();
            assert_eq!(names, HashMap::from([("mug".into(), "Moss mug".into())]));
            assert_eq!(store.review_names(site_id, &[Id([7; 16])]).await, Ok(HashMap::new()));
            assert_eq!(store.surveys_of_responses(site_id, &[Id([7; 16])]).await, Ok(HashMap::new()));
        })
        .await;
    }
}
