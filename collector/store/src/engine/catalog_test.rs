//! Reads the catalogs of both engines and fails when a table breaks the rules that let the same tables run on one file
//! and on many nodes.

use crate::engine::value::placeholders;
use crate::review::rule;
use crate::rollup::came::{CAMPAIGN_BYTES, SOURCE_BYTES};
use crate::rollup::fact::Fact;
use crate::rollup::measured::{NAME_BYTES, PLACE_BYTES};
use crate::rollup::release::RELEASE_BYTES;
use crate::test_store::each_engine;
use crate::{Row, Store, params};
use rapport_shared::id::Id;
use rapport_shared::limit;
use std::collections::{BTreeMap, BTreeSet};

/// Tables that are not per site, each for a reason: people, their sign-ins with what they prove themselves by, settings, salts, jobs and their leases, schema
/// history.
pub(crate) const GLOBAL: [&str; 9] = [
    "account",
    "daily_salt",
    "job",
    "lease",
    "recovery_code",
    "schema_migration",
    "second_factor",
    "setting",
    "sign_in",
];

/// SQLite's own tables of the index of words, which no statement names: they hold tokens that begin with their site, and numbers of rows of `word_text`, which
/// has `site_id` in its keys. The rules of tables are about the tables that we make.
const NOT_OF_THE_WORD_INDEX: &str = "m.name NOT LIKE 'word!_index%' ESCAPE '!'";

/// Name, type in capitals, NOT NULL, default.
pub(crate) type Column = (String, String, bool, Option<String>);

/// What a catalog says of the tables, in one form for both engines.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Catalog {
    pub(crate) columns: BTreeMap<String, Vec<Column>>,
    /// Columns of primary keys and unique indexes: table, name of the constraint or index, columns.
    unique: Vec<(String, String, Vec<String>)>,
    /// Foreign keys: table, columns, table referred to.
    foreign: Vec<(String, Vec<String>, String)>,
    /// Triggers, sequences and identity columns.
    forbidden: Vec<String>,
    /// Constraints whose names the engine made up.
    unnamed: Vec<String>,
}

async fn texts(store: &Store, sql: &str) -> Vec<Vec<String>> {
    let rows = store.read(sql.to_owned(), params![]).await.expect(sql);
    let texts = |row: &Row| row.columns().map(|(name, _)| row.text(name).expect(sql).to_owned()).collect();
    rows.iter().map(texts).collect()
}

fn split(list: &str) -> Vec<String> {
    list.split(',').map(|name| name.trim().to_owned()).collect()
}

async fn sqlite(store: &Store) -> Catalog {
    let mut catalog = Catalog::default();
    for row in texts(
        store,
        &format!(
            "SELECT m.name AS of_table, c.name, c.type, CAST(c.\"notnull\" AS TEXT) AS is_set, COALESCE(c.dflt_value, '') AS given
             FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'
               AND {NOT_OF_THE_WORD_INDEX} ORDER BY m.name, c.cid"
        ),
    )
    .await
    {
        let default = Some(row[4].clone()).filter(|text| !text.is_empty());
        catalog.columns.entry(row[0].clone()).or_default().push((
            row[1].clone(),
            row[2].clone(),
            row[3] == "1",
            default,
        ));
    }
    catalog.unique = texts(
        store,
        &format!(
            "SELECT m.name AS of_table, i.name, (SELECT GROUP_CONCAT(x.name) FROM pragma_index_info(i.name) x) AS names
             FROM sqlite_master m JOIN pragma_index_list(m.name) i WHERE m.type = 'table' AND i.\"unique\" = 1
               AND {NOT_OF_THE_WORD_INDEX}"
        ),
    )
    .await
    .into_iter()
    .map(|row| (row[0].clone(), row[1].clone(), split(&row[2])))
    .collect();
    catalog.foreign = texts(
        store,
        "SELECT m.name AS of_table, GROUP_CONCAT(f.\"from\") AS names, f.\"table\" AS refers_to FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f
         WHERE m.type = 'table' GROUP BY m.name, f.id, f.\"table\"",
    )
    .await
    .into_iter()
    .map(|row| (row[0].clone(), split(&row[1]), row[2].clone()))
    .collect();
    let made = format!("SELECT type, name, sql FROM sqlite_master m WHERE sql IS NOT NULL AND {NOT_OF_THE_WORD_INDEX}");
    for row in texts(store, &made).await {
        let sql = row[2].to_uppercase();
        if row[0] == "trigger" || sql.contains("AUTOINCREMENT") {
            catalog.forbidden.push(row[1].clone());
        }
        // SQLite forgets the names of constraints: what remains of them is the text.
        for clause in ["PRIMARY KEY", "UNIQUE (", "FOREIGN KEY", "CHECK ("] {
            if row[0] == "table" && sql.matches(clause).count() != named_clauses(&sql, clause) {
                catalog.unnamed.push(format!("{}: {clause}", row[1]));
            }
        }
    }
    catalog
}

/// How often `clause` directly follows `CONSTRAINT name`.
fn named_clauses(sql: &str, clause: &str) -> usize {
    sql.match_indices(clause)
        .filter(|(at, _)| {
            let mut words = sql[..*at].split_whitespace().rev();
            words.next().is_some() && words.next() == Some("CONSTRAINT")
        })
        .count()
}

async fn postgres(store: &Store) -> Catalog {
    let mut catalog = Catalog::default();
    for row in texts(
        store,
        "SELECT table_name::TEXT, column_name::TEXT, UPPER(data_type::TEXT) AS type, is_nullable::TEXT,
                COALESCE(column_default::TEXT, '') AS given, is_identity::TEXT
         FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, ordinal_position",
    )
    .await
    {
        let default = Some(row[4].clone()).filter(|text| !text.is_empty());
        let column = (row[1].clone(), row[2].clone(), row[3] == "NO", default);
        catalog.columns.entry(row[0].clone()).or_default().push(column);
        if row[5] == "YES" {
            catalog.forbidden.push(format!("{}.{} is an identity", row[0], row[1]));
        }
    }
    catalog.unique = texts(
        store,
        "SELECT t.relname::TEXT AS of_table, c.relname::TEXT, STRING_AGG(a.attname::TEXT, ',' ORDER BY a.attnum) AS names
         FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_class c ON c.oid = i.indexrelid
         JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public'
         JOIN pg_attribute a ON a.attrelid = i.indexrelid WHERE i.indisunique GROUP BY t.relname, c.relname",
    )
    .await
    .into_iter()
    .map(|row| (row[0].clone(), row[1].clone(), split(&row[2])))
    .collect();
    catalog.foreign = texts(
        store,
        "SELECT t.relname::TEXT AS of_table, STRING_AGG(a.attname::TEXT, ',') AS names, f.relname::TEXT AS refers_to
         FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid
         JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY(k.conkey)
         WHERE k.contype = 'f' GROUP BY t.relname, k.oid, f.relname",
    )
    .await
    .into_iter()
    .map(|row| (row[0].clone(), split(&row[1]), row[2].clone()))
    .collect();
    for row in texts(
        store,
        "SELECT tgname::TEXT FROM pg_trigger WHERE NOT tgisinternal
         UNION ALL SELECT c.relname::TEXT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind = 'S' AND n.nspname = 'public'",
    )
    .await
    {
        catalog.forbidden.push(row[0].clone());
    }
    // Names that PostgreSQL makes up end so; ours end in _pk, _unique, _fk and _check after a word of their own.
    for row in texts(
        store,
        "SELECT t.relname::TEXT, k.conname::TEXT FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid
         JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public'",
    )
    .await
    {
        if ["_pkey", "_key", "_fkey"].iter().any(|suffix| row[1].ends_with(suffix)) {
            catalog.unnamed.push(row[1].clone());
        }
    }
    catalog
}

/// Every breach of the rules, in words.
fn breaches(catalog: &Catalog) -> Vec<String> {
    let mut breaches: Vec<String> = Vec::new();
    let global: BTreeSet<&str> = GLOBAL.into();
    for (table, columns) in &catalog.columns {
        let per_site = !global.contains(table.as_str());
        let site_id = columns.iter().find(|(name, ..)| name == "site_id");
        if per_site && !site_id.is_some_and(|(.., not_null, _)| *not_null) {
            breaches.push(format!("{table}: site_id NOT NULL is missing, and the table is not listed as global"));
        }
        if !catalog.unique.iter().any(|(of, ..)| of == table) {
            breaches.push(format!("{table}: it has no primary key"));
        }
        for (name, kind, _, default) in columns {
            if !["BIGINT", "DOUBLE PRECISION", "TEXT", "BYTEA"].contains(&kind.as_str()) {
                breaches.push(format!("{table}.{name}: {kind} is not in the common dialect"));
            }
            if (name.ends_with("_ms") || name.ends_with("_at")) && (kind != "BIGINT" || name.ends_with("_at")) {
                breaches.push(format!("{table}.{name}: an instant is a BIGINT called …_ms"));
            }
            if let Some(default) = default {
                breaches.push(format!("{table}.{name}: the application binds every value, not DEFAULT {default}"));
            }
        }
    }
    for (table, name, columns) in &catalog.unique {
        if !global.contains(table.as_str()) && !columns.iter().any(|column| column == "site_id") {
            breaches.push(format!("{table}: the unique key {name} does not hold site_id"));
        }
    }
    for (table, columns, other) in &catalog.foreign {
        let within = !global.contains(other.as_str()) && columns.iter().any(|column| column == "site_id");
        if !global.contains(table.as_str()) && !within {
            breaches.push(format!("{table}: its foreign key to {other} leaves the site"));
        }
    }
    breaches.extend(catalog.forbidden.iter().map(|name| format!("{name}: no triggers, sequences or identities")));
    breaches.extend(catalog.unnamed.iter().map(|name| format!("{name}: a constraint has no name of its own")));
    breaches
}

pub(crate) async fn read(store: &Store) -> Catalog {
    if store.engine_name() == "sqlite" { sqlite(store).await } else { postgres(store).await }
}

/// What a database holds, whatever the order in which it got it: its catalog and its indexes, sorted.
pub(crate) async fn sorted(store: &Store) -> (Catalog, Vec<(String, String, Vec<String>)>) {
    let (mut catalog, mut indexes) = (read(store).await, indexes(store).await);
    catalog.columns.values_mut().for_each(|columns| columns.sort());
    // SQLite numbers the keys of a table, which have no names for it.
    catalog.unique.sort();
    catalog.foreign.iter_mut().for_each(|(_, columns, _)| columns.sort());
    catalog.foreign.sort();
    indexes.sort();
    (catalog, indexes)
}

#[tokio::test]
async fn every_table_keeps_the_rules() {
    each_engine(async |store| {
        let catalog = read(&store).await;
        assert!(catalog.columns.len() >= 20, "the catalog was read: {:?}", catalog.columns.keys());
        assert!(GLOBAL.iter().all(|name| catalog.columns.contains_key(*name)), "every global table exists");
        assert_eq!(breaches(&catalog), [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn each_breach_is_found() {
    each_engine(async |store| {
        let postgres = store.engine_name() == "postgres";
        let mut bad = vec![
            (
                "CREATE TABLE bad_a (item_id BYTEA NOT NULL, CONSTRAINT bad_a_pk PRIMARY KEY (item_id))",
                "bad_a: site_id",
            ),
            ("CREATE TABLE bad_b (site_id BYTEA NOT NULL, item_id BYTEA PRIMARY KEY)", "no name of its own"),
            ("CREATE UNIQUE INDEX bad_b_item ON bad_b (item_id)", "bad_b_item does not hold site_id"),
            ("CREATE TABLE bad_c (site_id BYTEA, CONSTRAINT bad_c_pk UNIQUE (site_id))", "bad_c: site_id NOT NULL"),
            ("ALTER TABLE bad_c ADD COLUMN count INTEGER", "bad_c.count: INTEGER"),
            ("ALTER TABLE bad_c ADD COLUMN seen_at BIGINT", "bad_c.seen_at: an instant"),
            ("ALTER TABLE bad_c ADD COLUMN seen_ms TEXT", "bad_c.seen_ms: an instant"),
            ("ALTER TABLE bad_c ADD COLUMN made_ms BIGINT DEFAULT 7", "DEFAULT 7"),
            ("CREATE TABLE bad_d (site_id BYTEA NOT NULL)", "bad_d: it has no primary key"),
            (
                "CREATE TABLE bad_e (site_id BYTEA NOT NULL, account_id BYTEA NOT NULL, CONSTRAINT bad_e_pk PRIMARY KEY
                 (site_id), CONSTRAINT bad_e_fk FOREIGN KEY (account_id) REFERENCES account (account_id))",
                "bad_e: its foreign key to account leaves the site",
            ),
        ];
        bad.push(if postgres {
            ("CREATE SEQUENCE bad_sequence", "bad_sequence: no triggers")
        } else {
            (
                "CREATE TRIGGER bad_trigger AFTER INSERT ON bad_d BEGIN DELETE FROM bad_c; END",
                "bad_trigger: no triggers",
            )
        });
        for (sql, expected) in bad {
            store.write(vec![crate::Statement::new(sql, params![])]).await.expect(sql);
            let breaches = breaches(&read(&store).await);
            assert!(breaches.iter().any(|breach| breach.contains(expected)), "{expected}: {breaches:?}");
        }
    })
    .await;
}

/// Table, index, columns: of every index and key.
async fn indexes(store: &Store) -> Vec<(String, String, Vec<String>)> {
    let sql = if store.engine_name() == "sqlite" {
        &format!(
            "SELECT m.name AS of_table, i.name, (SELECT GROUP_CONCAT(x.name) FROM pragma_index_info(i.name) x) AS names
             FROM sqlite_master m JOIN pragma_index_list(m.name) i WHERE m.type = 'table' AND {NOT_OF_THE_WORD_INDEX}"
        )
    } else {
        "SELECT t.relname::TEXT AS of_table, c.relname::TEXT, STRING_AGG(a.attname::TEXT, ',' ORDER BY a.attnum) AS names
         FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_class c ON c.oid = i.indexrelid
         JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public'
         JOIN pg_attribute a ON a.attrelid = i.indexrelid GROUP BY t.relname, c.relname"
    };
    texts(store, sql).await.into_iter().map(|row| (row[0].clone(), row[1].clone(), split(&row[2]))).collect()
}

/// Longest text of a column that is part of an index, in bytes of UTF-8: characters have up to four. `None` for a column
/// that nobody bounded yet.
fn most_bytes(table: &str, column: &str) -> Option<usize> {
    const ID: usize = limit::KEY_CHARACTERS;
    Some(match (table, column) {
        (_, "path") => limit::PATH_BYTES,
        (_, "label") => limit::LABEL_BYTES,
        // "fact.", or the id of the question and a dot, and another id.
        ("answer" | "rollup_answer" | "rollup_fact", "question_id") => 2 * ID + 1,
        (_, "survey_id" | "question_id" | "part_id") => ID,
        // The id of a choice, a colon and its rank.
        ("rollup_answer", "value") => ID + 1 + 2,
        ("rollup_fact" | "rollup_crowd", "source") => SOURCE_BYTES,
        ("rollup_fact", "met") => Fact::EACH.iter().map(|fact| fact.as_str().len() + 2).sum(),
        ("rollup_fact", "failure") => 8,
        ("rollup_issue", "campaign") => CAMPAIGN_BYTES,
        ("rollup_issue", "browser") => 32,
        ("rollup_release", "release") => RELEASE_BYTES,
        ("rollup_form", "form" | "field") | ("rollup_heat", "element") => NAME_BYTES,
        ("rollup_heat", "place") => PLACE_BYTES,
        ("rollup_heat", "size") => 8,
        (_, "error_key") => crate::error_key::KEY_BYTES,
        ("rollup_vital", "element") => 4 * limit::ELEMENT_CHARACTERS,
        ("rollup_vital", "vital" | "source") => 32,
        ("rollup_event", "name") => crate::rollup::event::NAME_BYTES,
        ("rollup_event", "property") => crate::rollup::event::PROPERTY_BYTES,
        ("rollup_event", "value") => crate::rollup::event::VALUE_BYTES,
        ("identity", "value") => crate::mail::ADDRESS_BYTES,
        ("customer_trait", "name") => 4 * crate::customer::rule::TRAIT_NAME_CHARACTERS,
        ("course", "name") => 4 * crate::course::NAME_CHARACTERS,
        (_, "persona_key") => crate::persona::KEY_BYTES,
        ("segment", "name") => 4 * crate::segment::NAME_CHARACTERS,
        ("ticket", "code") => 16,
        ("word_text", "source") => 32,
        // As an answer's question.
        ("word_text", "part") => 2 * ID + 1,
        ("ticket_tag", "tag") => 4 * crate::ticket::change::TAG_CHARACTERS,
        ("ticket_cause", "name") => 4 * crate::ticket::cause::NAME_CHARACTERS,
        ("theme_choice", "theme_key") => 4 * crate::word::choice::KEY_CHARACTERS,
        ("ticket_view", "name") => 4 * crate::ticket::view::NAME_CHARACTERS,
        ("interaction", "channel") => 32,
        ("interaction", "sender_key") => 4 * limit::KEY_CHARACTERS,
        ("outgoing_mail", "about") => crate::mail::ABOUT_BYTES,
        ("outgoing_mail" | "mail_report_recipient", "recipient") => crate::mail::ADDRESS_BYTES,
        ("follow_up" | "site_mail" | "ticket_participant" | "bounced_address", "address")
        | ("received_mail", "sender") => crate::mail::ADDRESS_BYTES,
        ("outgoing_mail", "message_id") => crate::mail::MESSAGE_ID_BYTES,
        ("ticket_question", "about") => 64,
        ("route", "pattern") => crate::route::PATTERN_BYTES,
        (_, "thing") => 4 * rule::THING_CHARACTERS,
        (_, "external_id") => 4 * limit::CUSTOMER_CHARACTERS,
        ("outcome", "field") => 4 * crate::record::refusal::FIELD_CHARACTERS,
        ("outcome", "reason") => 4 * crate::record::refusal::REASON_CHARACTERS,
        ("account" | "invitation", "email") => 254,
        (_, "kind" | "grain" | "device" | "state" | "purpose" | "cause" | "outcome" | "item_type" | "role") => 32,
        ("site", "site_key") => 64,
        ("setting" | "lease", "name") => 64,
        ("job", "idempotency_key") => crate::job::KEY_BYTES,
        _ => return None,
    })
}

/// A text of so many bytes that cannot be compressed, of characters of four bytes as far as they fit.
fn worst_text(bytes: usize) -> String {
    let wide = (0..bytes / 4).filter_map(|_| char::from_u32(rand::random_range(0x2_0000..0x2_a000)));
    wide.chain(std::iter::repeat_n('x', bytes % 4)).collect()
}

#[tokio::test]
async fn the_longest_texts_of_every_key_fit_into_its_indexes() {
    each_engine(async |store| {
        let (catalog, indexes) = (read(&store).await, indexes(&store).await);
        let kind_of = |table: &str, column: &str| {
            let columns = catalog.columns.get(table).expect("the table is in the catalog");
            columns.iter().find(|(name, ..)| name == column).map_or("", |(_, kind, ..)| kind.as_str())
        };
        for (table, index, columns) in &indexes {
            // Eight bytes for the row and for NULLs each; numbers and lengths stand at multiples of eight at worst.
            let mut row_bytes = 16;
            for column in columns {
                row_bytes += match kind_of(table, column) {
                    "TEXT" if table == "schema_migration" => 0,
                    "TEXT" => {
                        let most = most_bytes(table, column);
                        most.unwrap_or_else(|| {
                            panic!("{table}.{column} is in {index}: bound its bytes, and say so here")
                        }) + 8
                    }
                    "BYTEA" => 32 + 8,
                    _ => 16,
                };
            }
            assert!(row_bytes <= limit::INDEX_ROW_BYTES, "{index}: {row_bytes} bytes");
        }
        for (table, columns) in &catalog.columns {
            let in_index =
                |column: &str| indexes.iter().any(|(of, _, names)| of == table && names.iter().any(|n| n == column));
            let params = columns
                .iter()
                .map(|(name, kind, ..)| match kind.as_str() {
                    "TEXT" if in_index(name) => worst_text(most_bytes(table, name).unwrap_or(8)).into(),
                    "TEXT" => "x".into(),
                    "BYTEA" => Id(crate::random::fresh()).into(),
                    _ => crate::Value::Int(i64::MAX),
                })
                .collect();
            let names: Vec<_> = columns.iter().map(|(name, ..)| name.as_str()).collect();
            let sql = format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), placeholders(1, names.len()));
            let result = store.write(vec![crate::Statement::new(sql, params)]).await;
            assert!(result.is_ok(), "{table}: {result:?}");
        }
    })
    .await;
}
