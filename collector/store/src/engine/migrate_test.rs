//! Migrations in every order that can occur: whatever of them a database lacks, it comes to the same tables.

use crate::engine::catalog_test::sorted;
use crate::test_store::each_database;
use crate::{MIGRATIONS, Migration, Statement, Store, StoreError, params};
use futures_util::future::join_all;
use sqlx::{Connection, PgConnection};

/// The migrations but those of these versions.
fn without(versions: &[i64]) -> Vec<Migration> {
    MIGRATIONS.iter().filter(|known| !versions.contains(&known.version)).copied().collect()
}

/// Takes everything out of the database, so that it can be migrated anew.
async fn empty(url: &str) {
    if let Some(path) = crate::database_file(url) {
        std::fs::remove_dir_all(path.parent().expect("a folder")).expect("the folder is removed");
        std::fs::create_dir(path.parent().expect("a folder")).expect("a folder");
        return;
    }
    let mut connection = PgConnection::connect(url).await.expect("the test server answers");
    sqlx::raw_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        .execute(&mut connection)
        .await
        .expect("is emptied");
}

/// Whether all others run without this one, so that it can land after them.
async fn is_independent(url: &str, version: i64) -> bool {
    empty(url).await;
    match Store::open_knowing(url, &without(&[version])).await {
        Ok(store) => {
            store.shut_down().await;
            true
        }
        // A higher one needs it, so it cannot land after that.
        Err(StoreError::Refused(_)) => false,
        Err(error) => panic!("without {version}: {error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_lands_late_comes_to_the_same_tables() {
    each_database(async |url| {
        let store = Store::open_knowing(&url, MIGRATIONS).await.expect("the store opens");
        let expected = sorted(&store).await;
        store.shut_down().await;
        let mut independent = Vec::new();
        for version in MIGRATIONS.iter().map(|migration| migration.version) {
            if is_independent(&url, version).await {
                let late = Store::open_knowing(&url, MIGRATIONS).await;
                let late = late.unwrap_or_else(|error| panic!("{version} after all the others: {error}"));
                assert_eq!(sorted(&late).await, expected, "{version} after all the others");
                assert_eq!(late.missing_migrations().await, Ok(vec![]));
                late.shut_down().await;
                independent.push(version);
            }
        }
        assert!(independent.len() >= 15, "hardly any could land late: {independent:?}");
        empty(&url).await;
        let early = Store::open_knowing(&url, &without(&independent)).await.expect("the others stand alone");
        early.shut_down().await;
        let late = Store::open_knowing(&url, MIGRATIONS).await.expect("all of them run late");
        assert_eq!(sorted(&late).await, expected, "all of {independent:?} after the others");
        late.shut_down().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_with_a_gap_kept_its_rows_and_could_not_be_opened() {
    each_database(async |url| {
        let gap = [20, 21, 61, 75];
        let old = Store::open_knowing(&url, &without(&gap)).await.expect("the store opens");
        let site = crate::test_store::a_site("shop");
        let columns = "site_id, site_key, name, origins, time_zone, accent_color, created_at_ms";
        let sql = format!("INSERT INTO site ({columns}) VALUES ($1, 'shop', 'Shop', '[]', 'UTC', '#000000', 1)");
        old.write(vec![Statement::new(sql, params![site.site_id])]).await.expect("a site");
        assert_eq!(old.missing_migrations().await, Ok(gap.to_vec()));
        old.shut_down().await;
        let new = Store::open(&url, crate::clock::Clock::System).await.expect("the gap is filled");
        assert_eq!(new.missing_migrations().await, Ok(vec![]));
        assert_eq!(new.site_by_key("shop").await.expect("reads").map(|site| site.site_id), Some(site.site_id));
        new.shut_down().await;
        let older = Store::open_knowing(&url, &without(&[21])).await;
        let reason = older.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(reason.contains("the database is newer than this program: it has migration 21"), "{reason}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn collectors_that_start_together_fill_a_gap_once() {
    each_database(async |url| {
        for known in [without(&[20, 61, 75]), MIGRATIONS.to_vec()] {
            let opened = join_all((0..4).map(|_| Store::open_knowing(&url, &known))).await;
            for store in opened {
                store.expect("each opens").shut_down().await;
            }
        }
        let store = Store::open(&url, crate::clock::Clock::System).await.expect("the store opens");
        let ran = crate::test_store::number(&store, "SELECT COUNT(*) FROM schema_migration").await;
        assert_eq!(ran, MIGRATIONS.len() as i64);
        store.shut_down().await;
    })
    .await;
}
