//! A site that goes, with everything of it: at once for whoever looks or sends, then table by table, a few rows at a time, so that nothing else
//! waits.

use crate::audit::COMMAND_LINE;
use crate::clock::Clock;
use crate::job::NewJob;
use crate::{Statement, Store, StoreError, params};
use rapport_shared::id::Id;

/// Most rows that one transaction removes.
const ROWS: i64 = 2_000;
/// Most rows of a kind that are counted before somebody decides.
pub const COUNTED: i64 = 100_000;
/// What lets anybody in, and goes first.
const FIRST: [&str; 6] = ["site", "member", "invitation", "api_key", "share", "site_secret"];
/// Tables that name a site and outlive it: background work, which finds that its site is gone.
const KEPT: [&str; 1] = ["job"];

/// How much of each kind goes with a site: what it is called, and how many; more than [`COUNTED`] are not counted on.
pub type Going = Vec<(&'static str, i64)>;

/// What people would miss, and what they call it.
const KINDS: [(&str, &str); 7] = [
    ("page_view", "page views"),
    ("response", "answers"),
    ("review", "reviews"),
    ("customer", "customers"),
    ("interaction", "contacts"),
    ("ticket", "tickets"),
    ("member", "members"),
];

impl Store {
    /// What goes with a site.
    pub async fn going_with_site(&self, site_id: Id) -> Result<Going, StoreError> {
        let mut going = Vec::new();
        for (table, name) in KINDS {
            let sql = format!(
                "SELECT COUNT(*) AS rows_found FROM (SELECT 1 AS one FROM {table} WHERE site_id = $1 LIMIT {}) found",
                COUNTED + 1
            );
            let rows = self.read(sql, params![site_id]).await?;
            going.push((name, rows.first().map_or(Ok(0), |row| row.int("rows_found"))?));
        }
        Ok(going)
    }

    /// Takes a site from everybody's sight, and asks for `rest`, the job that removes what is left of it ([`Store::remove_rest_of_site`]).
    /// False where there is no such site.
    pub async fn remove_site(&self, site_id: Id, rest: &NewJob, clock: &Clock) -> Result<bool, StoreError> {
        let gone = Statement::new("DELETE FROM site WHERE site_id = $1 RETURNING site_id", params![site_id]);
        let others = FIRST.iter().filter(|table| **table != "site");
        let others =
            others.map(|table| Statement::new(format!("DELETE FROM {table} WHERE site_id = $1"), params![site_id]));
        let mut statements = vec![gone];
        statements.extend(others);
        statements.push(rest.statement(clock)?);
        Ok(!self.write(statements).await?[0].is_empty())
    }

    /// Removes a few thousand rows of a site that is gone; whether there may be more. To be called until there are none.
    pub async fn remove_rest_of_site(&self, site_id: Id) -> Result<bool, StoreError> {
        let known = self.read("SELECT 1 AS one FROM site WHERE site_id = $1", params![site_id]).await?;
        if !known.is_empty() {
            return Err(StoreError::Refused(format!("the site {site_id} is still there ({COMMAND_LINE})")));
        }
        if self.remove_words(site_id).await? > 0 {
            return Ok(true);
        }
        for table in self.tables_of_sites().await? {
            if self.remove_rows(&table, site_id).await? > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Every table with rows of sites, by name: those that a later version added too.
    pub async fn tables_of_sites(&self) -> Result<Vec<String>, StoreError> {
        let sql = match self.engine_name() {
            "sqlite" => {
                "SELECT m.name AS of_table FROM sqlite_master m JOIN pragma_table_info(m.name) c
                 WHERE m.type = 'table' AND c.name = 'site_id' ORDER BY m.name"
            }
            _ => {
                "SELECT table_name::TEXT AS of_table FROM information_schema.columns
                 WHERE table_schema = CURRENT_SCHEMA() AND column_name = 'site_id' ORDER BY table_name"
            }
        };
        let rows = self.read(sql, params![]).await?;
        let tables = rows.iter().map(|row| row.text("of_table").map(str::to_owned));
        let is_of_sites =
            |table: &Result<String, StoreError>| table.as_ref().is_ok_and(|name| !KEPT.contains(&name.as_str()));
        tables.filter(is_of_sites).collect()
    }

    /// Removes some rows of a table; how many.
    async fn remove_rows(&self, table: &str, site_id: Id) -> Result<usize, StoreError> {
        let row = if self.engine_name() == "sqlite" { "rowid" } else { "ctid" };
        let sql = format!(
            "DELETE FROM {table} WHERE site_id = $1 AND {row} IN (SELECT {row} FROM {table} WHERE site_id = $1 LIMIT {ROWS})
             RETURNING site_id"
        );
        Ok(self.write(vec![Statement::new(sql, params![site_id])]).await?[0].len())
    }

    /// Removes some of the words of a site, and what they are found by; how many.
    async fn remove_words(&self, site_id: Id) -> Result<usize, StoreError> {
        let some = format!(
            "site_id = $1 AND number IN (SELECT number FROM word_text WHERE site_id = $1 ORDER BY number LIMIT {ROWS})"
        );
        let mut statements = Vec::new();
        if self.engine_name() == "sqlite" {
            let sql = format!(
                "INSERT INTO word_index (word_index, rowid, tokens) SELECT 'delete', number, tokens FROM word_text WHERE {some}"
            );
            statements.push(Statement::new(sql, params![site_id]));
        }
        let sql = format!("DELETE FROM word_text WHERE {some} RETURNING site_id");
        statements.push(Statement::new(sql, params![site_id]));
        Ok(self.write(statements).await?.last().map_or(0, Vec::len))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;
    use crate::engine::catalog_test::{GLOBAL, read};
    use crate::job::IfKnown;
    use crate::test_store::{a_site, each_engine};

    fn rest(site_id: Id) -> NewJob {
        NewJob {
            kind: "remove_site".into(),
            key: site_id.to_text(),
            site_id: None,
            payload: "null".into(),
            due_at_ms: 1,
            if_known: IfKnown::Keep,
        }
    }

    /// A row of a table with something in each column.
    async fn fill(store: &Store, table: &str, site_id: Id) {
        let catalog = read(store).await;
        let columns = &catalog.columns[table];
        let value = |(name, kind, ..): &(String, String, bool, Option<String>)| match kind.as_str() {
            _ if name == "site_id" => Value::from(site_id),
            "BYTEA" => Value::from(Id([7; 16])),
            "TEXT" => Value::from("text"),
            "BIGINT" => Value::from(1_i64),
            _ => Value::from(1.0),
        };
        let names: Vec<_> = columns.iter().map(|(name, ..)| name.as_str()).collect();
        let sql = format!(
            "INSERT INTO {table} ({}) VALUES ({})",
            names.join(", "),
            crate::engine::value::placeholders(1, names.len())
        );
        store.write(vec![Statement::new(sql, columns.iter().map(value).collect())]).await.expect(table);
    }

    #[tokio::test]
    async fn a_site_that_was_deleted_left_rows_in_a_table_that_was_added_later() {
        each_engine(async |store| {
            let (site, other) = (a_site("shop"), a_site("blog"));
            let catalog = read(&store).await;
            let of_sites: Vec<_> = catalog.columns.keys().filter(|table| !GLOBAL.contains(&table.as_str())).collect();
            let found = store.tables_of_sites().await.unwrap();
            assert!(of_sites.iter().all(|table| found.contains(table)), "{found:?}");
            for site in [&site, &other] {
                store.add_site(site).await.unwrap();
                for table in of_sites.iter().filter(|table| table.as_str() != "site") {
                    // What is found by its words has a number that no two texts share.
                    if table.as_str() != "word_text" {
                        fill(&store, table, site.site_id).await;
                    }
                }
            }
            let going = store.going_with_site(site.site_id).await.unwrap();
            assert!(going.iter().all(|(_, count)| *count == 1), "{going:?}");
            assert!(store.remove_rest_of_site(site.site_id).await.is_err(), "it is still there");
            assert_eq!(store.remove_site(site.site_id, &rest(site.site_id), &Clock::System).await, Ok(true));
            assert_eq!(store.remove_site(site.site_id, &rest(site.site_id), &Clock::System).await, Ok(false));
            assert_eq!(store.site_by_key("shop").await, Ok(None));
            let mut turns = 0;
            while store.remove_rest_of_site(site.site_id).await.unwrap() {
                turns += 1;
                assert!(turns < 200, "it ends");
            }
            for table in of_sites {
                let sql = format!("SELECT site_id FROM {table}");
                let rows = store.read(sql, params![]).await.unwrap();
                assert!(rows.iter().all(|row| row.id("site_id") == Ok(other.site_id)), "{table}");
                assert!(table == "word_text" || !rows.is_empty(), "{table} of another site");
            }
        })
        .await;
    }
}
