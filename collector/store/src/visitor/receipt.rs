//! Taking along and erasing a customer whole: what is found where, and the receipt that stays of it, which says nothing of whom.

use super::place::{PLACES, Place, Taken};
use super::{Known, Traces};
use crate::audit::AuditEntry;
use crate::clock::Clock;
use crate::engine::stream::RowStream;
use crate::response::Cursor;
use crate::{Row, Statement, Store, StoreError, params};
use jiff::tz::TimeZone;
use rapport_shared::id::Id;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What stands in place of a customer's name where it is noted what staff did.
pub const ERASED_CUSTOMER: &str = "customer (erased)";

/// How many rows of a person a table has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The table.
    pub table: String,
    /// The rows.
    pub rows: u64,
}

/// What stays of an erasure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its id.
    pub erasure_id: Id,
    /// Who erased.
    pub actor: String,
    /// When, in epoch milliseconds.
    pub erased_at_ms: i64,
    /// What was found where, by the table; tables with nothing are left out.
    pub found: Vec<Found>,
}

fn read(row: &Row) -> Result<Receipt, StoreError> {
    let found: BTreeMap<String, u64> = serde_json::from_str(row.text("found")?)
        .map_err(|error| StoreError::Inconsistent(format!("erasure.found: {error}")))?;
    Ok(Receipt {
        erasure_id: row.id("erasure_id")?,
        actor: row.text("actor")?.to_owned(),
        erased_at_ms: row.int("erased_at_ms")?,
        found: found.into_iter().map(|(table, rows)| Found { table, rows }).collect(),
    })
}

fn noting(site_id: Id, receipt: &Receipt) -> Result<Statement, StoreError> {
    let found: BTreeMap<&str, u64> = receipt.found.iter().map(|found| (found.table.as_str(), found.rows)).collect();
    let found = serde_json::to_string(&found).map_err(|error| StoreError::Inconsistent(error.to_string()))?;
    let sql = "INSERT INTO erasure (site_id, erasure_id, actor, found, erased_at_ms) VALUES ($1, $2, $3, $4, $5)";
    Ok(Statement::new(sql, params![site_id, receipt.erasure_id, &receipt.actor, found, receipt.erased_at_ms]))
}

/// Rows of a person on their way out, each piece of one table.
pub struct Taking {
    /// The table of each statement.
    tables: Vec<&'static str>,
    rows: RowStream,
}

impl Taking {
    /// The next rows, and their table; `None` when everything was read. Rows of a table stand together.
    ///
    /// # Errors
    /// When the database fails, or nothing was taken for a minute: then what was given is not all there is.
    pub async fn next(&mut self) -> Option<Result<(&'static str, Vec<Row>), StoreError>> {
        let piece = self.rows.next().await?;
        Some(piece.map(|piece| (self.tables[piece.statement], piece.rows)))
    }
}

impl Store {
    /// How many rows of a person each table has, in the order of [`PLACES`]; tables with none are left out.
    pub async fn found(&self, site_id: Id, traces: &Traces) -> Result<Vec<Found>, StoreError> {
        let mut found: Vec<Found> = Vec::new();
        for place in PLACES.iter().filter(|place| place.taken != Taken::Again) {
            let mut rows = 0;
            for count in place.statements(site_id, traces, &format!("SELECT COUNT(*) AS found FROM {}", place.table)) {
                rows += self.read(count.sql, count.params).await?[0].count("found")?;
            }
            match found.iter_mut().find(|found| found.table == place.table) {
                Some(found) => found.rows += rows,
                None if rows > 0 => found.push(Found { table: place.table.to_owned(), rows }),
                None => {}
            }
        }
        Ok(found)
    }

    /// Everything that is stored of a customer and whoever turned out to be them.
    pub async fn traces_of_customer(&self, site_id: Id, customer_id: Id) -> Result<Traces, StoreError> {
        self.traces(site_id, &Known { customer_id: Some(customer_id), ..Known::default() }).await
    }

    /// The rows of a person, all of one snapshot.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when as many long results are being read as may be.
    pub async fn take_along(&self, site_id: Id, traces: &Traces) -> Result<Taking, StoreError> {
        let (mut tables, mut statements) = (Vec::new(), Vec::new());
        let whole = |place: &&Place| place.taken == Taken::Whole;
        for place in PLACES.iter().rev().filter(whole) {
            for statement in place.statements(site_id, traces, &format!("SELECT * FROM {}", place.table)) {
                tables.push(place.table);
                statements.push(statement);
            }
        }
        Ok(Taking { tables, rows: self.stream(statements).await? })
    }

    /// Erases a customer, whoever turned out to be them, and all that is stored of them; the receipt. `zone` is the site's.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when another erasure of the site takes too long; then nothing was erased.
    pub async fn erase_customer(
        &self,
        site_id: Id,
        zone: &TimeZone,
        traces: &Traces,
        actor: &str,
        clock: &Clock,
    ) -> Result<Receipt, StoreError> {
        let receipt = |found: &[Found]| Receipt {
            erasure_id: clock.new_id(),
            actor: actor.to_owned(),
            erased_at_ms: clock.now_ms(),
            found: found.to_vec(),
        };
        let mut made = None;
        self.erase_with(site_id, zone, traces, clock, |found| {
            let receipt = made.insert(receipt(found));
            let entry = AuditEntry::now(clock, actor, "customer.erase", ERASED_CUSTOMER);
            // Counts by their names always are JSON.
            noting(site_id, receipt).into_iter().chain([entry.statement(site_id)]).collect()
        })
        .await?;
        made.ok_or_else(|| StoreError::Inconsistent("an erasure left no receipt".into()))
    }

    /// The newest receipts of a site, those before a place if one is given.
    pub async fn receipts(&self, site_id: Id, before: Option<Cursor>, limit: u32) -> Result<Vec<Receipt>, StoreError> {
        let before = before.unwrap_or(Cursor { occurred_at_ms: i64::MAX, item_id: Id::default() });
        let sql = "SELECT erasure_id, actor, found, erased_at_ms FROM erasure
             WHERE site_id = $1 AND erased_at_ms <= $2 AND (erased_at_ms < $2 OR erasure_id < $3)
             ORDER BY erased_at_ms DESC, erasure_id DESC LIMIT $4";
        let params = params![site_id, before.occurred_at_ms, before.item_id, i64::from(limit)];
        self.read(sql, params).await?.iter().map(read).collect()
    }

    /// One receipt.
    pub async fn receipt(&self, site_id: Id, erasure_id: Id) -> Result<Option<Receipt>, StoreError> {
        let sql = "SELECT erasure_id, actor, found, erased_at_ms FROM erasure WHERE site_id = $1 AND erasure_id = $2";
        self.read(sql, params![site_id, erasure_id]).await?.first().map(read).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::catalog_test::{self, Column};
    use crate::engine::value::{ColumnType, Value, placeholders};
    use crate::test_store::{each_database, number};

    const SITE: Id = Id([1; 16]);
    /// A word that nothing else contains.
    const WORD: &str = "xylographically";
    const AT_MS: i64 = 1_790_000_000_000;

    fn id(number: u8) -> Id {
        Id([number; 16])
    }

    /// The id that a column of a person's rows has.
    fn id_of(table: &str, column: &str) -> Option<Id> {
        Some(match (table, column) {
            (_, "site_id") => SITE,
            (_, "customer_id" | "one_id" | "loser_id") => id(2),
            ("page_view", "item_id") | (_, "view_id") => id(3),
            ("signal", "item_id") => id(4),
            ("response" | "answer" | "arrival" | "word_text", "item_id") | (_, "response_id") => id(5),
            (_, "review_id") => id(6),
            (_, "ticket_id") => id(7),
            (_, "interaction_id") => id(8),
            (_, "session_id") => id(9),
            (_, "visitor_key" | "known_visitor_key") => id(10),
            _ => return None,
        })
    }

    /// What a column has that only certain words may have.
    fn named(table: &str, column: &str) -> Option<&'static str> {
        Some(match (table, column) {
            (_, "device") => "desktop",
            ("signal", "kind") => "error",
            ("answer", "kind") => "open_text",
            ("identity", "kind") => "visitor",
            // What staff called them, and a digest.
            (_, "survey_id" | "question_id" | "part_id" | "error_key") => "feedback",
            (_, "choices" | "trail") => "[]",
            ("response", "page") => "{}",
            (_, "source") if table == "word_text" => "answer",
            (_, "consent" | "navigation" | "suspicion" | "standing" | "browser") => "",
            (_, "mail" | "recipient" | "address") => "xylographically@example.com",
            _ => return None,
        })
    }

    fn value((table, column): (&str, &str), (kind, required): (&str, bool)) -> Value {
        let null = |kind| Value::Null(kind);
        match kind {
            "BYTEA" => match id_of(table, column) {
                Some(id) => id.into(),
                None if required => id(77).into(),
                None => null(ColumnType::Blob),
            },
            "TEXT" if (table, column) == ("identity", "value") => id(10).to_text().into(),
            // A promise stays, and says nothing of anybody.
            "TEXT" if table == "ticket_target" => "first_response".into(),
            "TEXT" => match named(table, column) {
                Some("") if !required => null(ColumnType::Text),
                Some(named) => named.into(),
                None => format!("{WORD} {column}").into(),
            },
            "DOUBLE PRECISION" => 1.0.into(),
            // A promise that was not kept.
            _ if (table, column) == ("ticket_target", "due_at_ms") => 5_i64.into(),
            _ if column == "hour_ms" => (AT_MS - AT_MS % 3_600_000).into(),
            _ if column.ends_with("_ms") && required => AT_MS.into(),
            _ if required => i64::from(matches!(column, "revision" | "view_index" | "count" | "round")).into(),
            _ => null(ColumnType::Int),
        }
    }

    /// A row of the person in every place where one can stand.
    async fn fill(store: &Store) -> BTreeMap<String, Vec<Column>> {
        let catalog = catalog_test::read(store).await;
        let mut tables: Vec<_> = PLACES.iter().map(|place| place.table).collect();
        tables.dedup();
        for table in tables {
            let columns = &catalog.columns[table];
            let names: Vec<_> = columns.iter().map(|(name, ..)| name.as_str()).collect();
            let values = columns.iter().map(|(name, kind, required, _)| value((table, name), (kind, *required)));
            let sql = format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), placeholders(1, names.len()));
            store.write(vec![Statement::new(sql, values.collect())]).await.expect(table);
        }
        if store.engine_name() == "sqlite" {
            let sql = "INSERT INTO word_index (rowid, tokens) SELECT number, tokens FROM word_text";
            store.write(vec![Statement::new(sql, vec![])]).await.unwrap();
        }
        catalog.columns
    }

    /// Tables and columns in which the word stands.
    async fn where_it_stands(store: &Store, columns: &BTreeMap<String, Vec<Column>>) -> Vec<String> {
        let mut stands = Vec::new();
        for (table, columns) in columns {
            for (name, ..) in columns.iter().filter(|(_, kind, ..)| kind == "TEXT") {
                let sql = format!("SELECT COUNT(*) AS found FROM {table} WHERE LOWER({name}) LIKE '%{WORD}%'");
                if number(store, sql).await > 0 {
                    stands.push(format!("{table}.{name}"));
                }
            }
        }
        stands
    }

    /// The files of a database in which the word stands.
    fn files(url: &str) -> Vec<String> {
        let Some(file) = crate::database_file(url) else { return Vec::new() };
        let holds = |path: &std::path::PathBuf| {
            let bytes = std::fs::read(path).unwrap_or_default().to_ascii_lowercase();
            bytes.windows(WORD.len()).any(|window| window == WORD.as_bytes())
        };
        let files = std::fs::read_dir(file.parent().expect("a folder")).expect("is read");
        files.map(|entry| entry.unwrap().path()).filter(holds).map(|path| path.display().to_string()).collect()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_erased_customer_left_a_trace_in_a_table_an_index_or_a_file_and_totals_moved() {
        each_database(async |url| {
            let store = Store::open(&url, Clock::System).await.unwrap();
            let columns = fill(&store).await;
            let noted = AuditEntry::now(&Clock::System, "eve@example.com", "customer.change", {
                crate::visitor::audited(&format!("{WORD} external_id"))
            });
            store.note(SITE, &noted).await.unwrap();
            let by_id = crate::visitor::audited(&id(2).to_text());
            let noted = AuditEntry::now(&Clock::System, "eve@example.com", "customer.change", by_id.as_str());
            store.note(SITE, &noted).await.unwrap();
            assert!(where_it_stands(&store, &columns).await.len() > 40);
            assert_eq!(files(&url).is_empty(), crate::database_file(&url).is_none());

            let traces = store.traces_of_customer(SITE, id(2)).await.unwrap();
            assert_eq!(
                (&traces.customers, &traces.responses, &traces.tickets),
                (&vec![id(2)], &vec![id(5)], &vec![id(7)])
            );
            let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
            let mut taking = store.take_along(SITE, &traces).await.unwrap();
            while let Some(piece) = taking.next().await {
                let (table, rows) = piece.unwrap();
                *taken.entry(table).or_default() += rows.len();
            }
            let found = store.found(SITE, &traces).await.unwrap();
            let places: std::collections::BTreeSet<_> = PLACES.iter().map(|place| place.table).collect();
            assert_eq!(found.len(), places.len(), "something stood everywhere: {found:?}");
            assert!(found.iter().all(|found| found.rows == 1), "{found:?}");
            let derived = PLACES.iter().filter(|place| place.taken == Taken::Derived).map(|place| place.table);
            let derived: std::collections::BTreeSet<_> = derived.collect();
            assert_eq!(taken.len() + derived.len(), places.len());
            assert!(taken.values().all(|rows| *rows == 1), "{taken:?}");

            let receipt =
                store.erase_customer(SITE, &TimeZone::UTC, &traces, "eve@example.com", &Clock::System).await.unwrap();
            assert_eq!(receipt.found.len(), found.len());
            let kept = store.receipt(SITE, receipt.erasure_id).await.unwrap().unwrap();
            assert_eq!((kept.actor.as_str(), kept.found.len()), ("eve@example.com", found.len()));
            assert_eq!(store.receipts(SITE, None, 9).await, Ok(vec![kept]));
            assert_eq!(where_it_stands(&store, &columns).await, [""; 0]);
            assert_eq!(
                store.traces_of_customer(SITE, id(2)).await.unwrap(),
                Traces { customers: vec![id(2)], ..Traces::default() }
            );
            let left = store.audit_entries(SITE, None, 9).await.unwrap();
            assert!(left.iter().all(|entry| entry.subject == ERASED_CUSTOMER), "{left:?}");
            let left = store.found(SITE, &traces).await.unwrap();
            assert_eq!(left, []);
            // What was promised, and not kept, is counted as before; of views and answers, their rollups.
            assert_eq!(number(&store, "SELECT COUNT(*) AS n FROM ticket_target").await, 1);
            assert_eq!(
                number(
                    &store,
                    "SELECT CAST(SUM(views) AS BIGINT) AS n FROM rollup_page WHERE grain = 'erased' AND path = '' AND device = ''"
                )
                .await,
                1
            );
            store.shut_down().await;
            assert_eq!(files(&url), [""; 0]);
        })
        .await;
    }

    #[tokio::test]
    async fn whoever_unsubscribed_and_was_erased_was_written_to_by_the_next_import() {
        each_database(async |url| {
            let store = Store::open(&url, Clock::System).await.unwrap();
            fill(&store).await;
            let sql = "UPDATE follow_up SET unsubscribed_at_ms = 5";
            store.write(vec![Statement::new(sql, vec![])]).await.unwrap();
            let traces = store.traces_of_customer(SITE, id(2)).await.unwrap();
            store.erase_customer(SITE, &TimeZone::UTC, &traces, "eve@example.com", &Clock::System).await.unwrap();
            let stopped = store.stopped(SITE, id(90), "Xylographically@example.com").await;
            assert_eq!(stopped, Ok(Some("unsubscribed")));
        })
        .await;
    }
}
