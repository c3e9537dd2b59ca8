//! What must be true of the database after the crashes.

use crate::load::{ItemKind, Ledger};
use rapport_ingest::public_id;
use rapport_shared::id::Id;
use rapport_store::clock::Clock;
use rapport_store::site::directory::SiteDirectory;
use rapport_store::{Row, Store, params};
use std::collections::HashMap;

pub struct Database {
    pub store: Store,
    pub runtime: tokio::runtime::Runtime,
}

impl Database {
    pub fn open(url: &str) -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let store = runtime.block_on(Store::open(url, Clock::System)).expect("the store opens");
        Self { store, runtime }
    }

    fn rows(&self, sql: &'static str) -> Vec<Row> {
        self.runtime.block_on(self.store.read(sql, params![])).expect("the store reads")
    }

    pub fn number(&self, sql: &'static str) -> i64 {
        self.runtime.block_on(rapport_store::test_store::number(&self.store, sql))
    }
}

/// Checks the ledger against the database while the collector still runs.
pub fn check(url: &str, ledger: &Ledger) {
    let database = Database::open(url);
    let stored = stored_items(&database);
    let site_id = database.rows("SELECT site_id FROM site")[0].id("site_id").expect("an id");
    let stored_as = |id: &Id, kind: &ItemKind| match kind {
        ItemKind::Response(_) => public_id::of_response(site_id, *id),
        _ => *id,
    };
    for (id, kind) in &ledger.acknowledged {
        let found = stored.get(&stored_as(id, kind));
        let kept = match (kind, found) {
            (ItemKind::Response(acknowledged), Some(ItemKind::Response(found))) => found >= acknowledged,
            (kind, found) => Some(kind) == found,
        };
        assert!(kept, "{id} was acknowledged as {kind:?} and is {found:?}");
    }
    let mut whole = 0;
    for batch in &ledger.given_up {
        let there = batch.iter().filter(|(id, kind)| stored.get(&stored_as(id, kind)) == Some(kind)).count();
        assert!(there == 0 || there == batch.len(), "{there} of {} items of a batch are there", batch.len());
        whole += usize::from(there > 0);
    }
    println!("of {} batches given up {whole} had been stored, each as a whole", ledger.given_up.len());
    let known: usize = ledger.given_up.iter().flatten().filter(|(id, _)| !ledger.acknowledged.contains_key(id)).count();
    assert!(stored.len() <= ledger.acknowledged.len() + known, "something is there that nobody sent");
    check_answers(&database);
    check_counts(&database, ledger);
    check_rollups(&database);
}

/// Every id in the item tables; none may be there twice.
fn stored_items(database: &Database) -> HashMap<Id, ItemKind> {
    let mut stored = HashMap::new();
    let mut add = |rows: Vec<Row>, kind: fn(&Row) -> ItemKind| {
        for row in rows {
            let earlier = stored.insert(row.id("item_id").expect("an id"), kind(&row));
            assert_eq!(earlier, None, "an item is there twice");
        }
    };
    add(database.rows("SELECT item_id FROM page_view"), |_| ItemKind::View);
    add(database.rows("SELECT item_id FROM signal"), |_| ItemKind::Signal);
    add(database.rows("SELECT item_id, revision FROM response"), |row| {
        ItemKind::Response(row.int("revision").expect("a revision") as u32)
    });
    stored
}

/// A response of revision `n` has `n` answers, and they are those of this revision.
fn check_answers(database: &Database) {
    let torn = database.number(
        "SELECT COUNT(*) FROM response r WHERE r.revision <>
         (SELECT COUNT(*) FROM answer a WHERE a.site_id = r.site_id AND a.item_id = r.item_id)",
    );
    assert_eq!(torn, 0, "responses without all their answers");
    let mixed = database.number(
        "SELECT COUNT(*) FROM answer a LEFT JOIN response r ON r.site_id = a.site_id AND r.item_id = a.item_id
         WHERE r.item_id IS NULL OR (a.score IS NOT NULL AND a.score <> r.revision)",
    );
    assert_eq!(mixed, 0, "answers without their response, or of another revision");
    assert!(database.number("SELECT COUNT(*) FROM response WHERE revision = 2") > 0, "no response was revised");
}

/// The counters are written with the rows, so they agree with them exactly.
fn check_counts(database: &Database, ledger: &Ledger) {
    let counted = |item_type: &str| {
        let sql = "SELECT item_type, CAST(SUM(items) AS BIGINT) AS items FROM outcome WHERE outcome = 'accepted' GROUP BY item_type";
        let rows = database.rows(sql);
        let row = rows.iter().find(|row| row.text("item_type") == Ok(item_type));
        row.map_or(0, |row| row.int("items").expect("a sum"))
    };
    assert_eq!(counted("page_view"), database.number("SELECT COUNT(*) FROM page_view"));
    assert_eq!(counted("signal"), database.number("SELECT COUNT(*) FROM signal"));
    // Each revision of a response was accepted once.
    let revisions = database.number("SELECT CAST(SUM(revision) AS BIGINT) FROM response");
    assert_eq!(counted("response"), revisions);
    let all = counted("page_view") + counted("signal") + counted("response");
    assert!(all as u64 >= ledger.accepted, "{all} counted, {} told", ledger.accepted);
}

/// The marks of dirty hours survive too: in the end the rollups count every view.
fn check_rollups(database: &Database) {
    // The last collector may have to wait until the lease of a killed one runs out, so this is not left to it.
    let sites = SiteDirectory::new(database.store.clone(), Clock::System);
    let rebuilt =
        database.runtime.block_on(rapport_store::rollup::rebuild::run_once(&database.store, &Clock::System, &sites));
    assert_eq!(rebuilt, Ok(()));
    assert_eq!(database.number("SELECT COUNT(*) FROM rollup_dirty"), 0, "hours that are still dirty");
    let sql = "SELECT CAST(SUM(views) AS BIGINT) FROM rollup_page WHERE grain = 'hour' AND path = '' AND device = ''";
    assert_eq!(database.number(sql), database.number("SELECT COUNT(*) FROM page_view"), "views in the rollups");
}

/// The file itself is sound.
pub fn sqlite_file(url: &str) {
    let database = Database::open(url);
    assert_eq!(database.rows("PRAGMA integrity_check")[0].text("integrity_check"), Ok("ok"));
}
