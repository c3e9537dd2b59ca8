//! What stays of rows that are erased: what they were counted as, and that they must not come again.
//!
//! Counts tell nothing of anybody and stay, whatever is rebuilt later: the part of an hour's rollup that the erased rows made
//! up is kept as rollup rows of their own ([`Grain::Erased`]), which every rebuild of the hour adds. A path or a label of a
//! signal may be somebody's words, so what no other row of the hour has is counted as [`limit::OTHER_PAGES`] from then on. No
//! ids are kept but, as in all rollups, hashes of views with clicks or errors, so that each counts once. An item that is sent
//! again (a late revision, a retry) is known by a hash of its id, for as long as items may be late.

use crate::calendar::{day_of_instant, day_start_ms, hour_start_ms, next_hour_start_ms};
use crate::clock::Clock;
use crate::engine::outcome::UPSERT_DIRTY;
use crate::engine::value::placeholders;
use crate::record::{Record, Submission};
use crate::rollup::hour::{Hour, HourItems};
use crate::rollup::words::SharedWords;
use crate::rollup::{Grain, HourRollup};
use crate::visitor::{IDS, Traces, values};
use crate::{Statement, Store, StoreError, Value, params};
use jiff::tz::TimeZone;
use rapport_shared::id::Id;
use rapport_shared::limit;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

/// For how long an erased item is known, in milliseconds: longer than an answer waits in a browser.
const KNOWN_MS: i64 = limit::AGE_MS as i64 + 86_400_000;
/// How long one erasure of a site may keep the next waiting, in milliseconds.
const LEASE_MS: i64 = 300_000;
/// Pause between two tries to begin, and how many there are.
const PAUSE: Duration = Duration::from_millis(100);
const TRIES: u32 = 50;
/// In place of the id of a response that arrived and was erased.
pub(crate) const ERASED_RESPONSE: Id = Id([0; 16]);

/// What an erased item is known by: 16 bytes of the SHA-256 of its site and id.
pub(crate) fn item_hash(site_id: Id, item_id: Id) -> Id {
    let digest = Sha256::new().chain_update(site_id.0).chain_update(item_id.0).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Id(bytes)
}

/// The condition that an item was not erased, whose hash is a parameter.
pub(crate) fn not_erased(hash: &str) -> String {
    format!("NOT EXISTS (SELECT 1 FROM erased_item WHERE site_id = $1 AND item_hash = {hash})")
}

/// The ids that are asked for, of one submission: its items, and the responses that its steps speak of.
fn asked_for(submission: &Submission) -> impl Iterator<Item = Id> {
    submission.records.iter().flat_map(|record| {
        let response_id = if let Record::Delivery(row) = record { row.response_id } else { None };
        [Some(record.item_id()), response_id].into_iter().flatten()
    })
}

/// Notes which items of a submission were erased, and takes from it what would bring them back.
pub(crate) fn forget_erased(submission: &mut Submission, is_erased: impl Fn(Id) -> bool) {
    submission.erased = asked_for(submission).filter(|id| is_erased(*id)).collect();
    if submission.erased.is_empty() {
        return;
    }
    for record in &mut submission.records {
        if let Record::Delivery(row) = record {
            let erased = row.response_id.filter(|id| submission.erased.contains(id));
            row.response_id = erased.map(|_| ERASED_RESPONSE).or(row.response_id);
        }
    }
    if submission.records.iter().all(|record| submission.erased.contains(&record.item_id())) {
        submission.also.clear();
    }
}

/// The statements that ask which items of these submissions were erased; none when there are no items.
pub(crate) fn select_erased(submissions: &[&Submission]) -> Vec<Statement> {
    let mut by_site: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
    for submission in submissions {
        let hashes = asked_for(submission).map(|id| item_hash(submission.site_id, id));
        by_site.entry(submission.site_id).or_default().extend(hashes);
    }
    let of_site = |(site_id, hashes): (Id, Vec<Id>)| {
        let statement = |hashes: &[Id]| {
            let sql = format!(
                "SELECT item_hash FROM erased_item WHERE site_id = $1 AND item_hash IN ({})",
                placeholders(2, hashes.len())
            );
            let mut params = params![site_id];
            params.extend(values(hashes));
            Statement::new(sql, params)
        };
        hashes.chunks(IDS).map(statement).collect::<Vec<_>>()
    };
    by_site.into_iter().flat_map(of_site).collect()
}

impl Store {
    /// The statements that keep what rows were counted as, and that they were erased. To be run with those that delete them.
    pub(crate) async fn remainder(
        &self,
        site_id: Id,
        zone: &TimeZone,
        traces: &Traces,
        clock: &Clock,
    ) -> Result<Vec<Statement>, StoreError> {
        let now_ms = clock.now_ms();
        let mut hours: BTreeMap<i64, HourItems> = BTreeMap::new();
        let tables: [(&str, &[Id]); 3] =
            [("page_view", &traces.page_views), ("signal", &traces.signals), ("response", &traces.responses)];
        let mut statements = Vec::new();
        for (table, ids) in tables {
            for row in self.rows_by(site_id, (table, "item_id, hour_ms", "item_id"), ids).await? {
                let items = hours.entry(row.int("hour_ms")?).or_default();
                items.entry(table).or_default().push(row.id("item_id")?);
            }
            statements.extend(ids.chunks(IDS).map(|ids| erased(site_id, ids, now_ms)));
        }
        statements.extend(traces.pictures.chunks(IDS).map(|ids| erased(site_id, ids, now_ms)));
        let rollups = self.rollups();
        for (hour_ms, items) in hours {
            let (previous_hour_ms, next_hour_ms) =
                (hour_start_ms(zone, hour_ms - 1), next_hour_start_ms(zone, hour_ms));
            let hour = Hour { site_id, hour_ms, previous_hour_ms, next_hour_ms, until_ms: i64::MAX };
            let rows = self.hour_rows(&hour, Some(&items)).await?;
            let shared = SharedWords::of_others(&self.hour_rows(&hour, None).await?, &rows);
            let before = self.hour_rollup(site_id, Grain::Erased, hour_ms).await?;
            let mut counted = before.and(rollups.of_hour(&rows), hour_ms)?;
            counted.forget(&shared, hour_ms)?;
            statements.extend(rollups.replace(site_id, Grain::Erased, hour_ms, &counted));
            // What was made of the rows goes with them; the mark below has it made anew, and nobody reads it until then.
            let day_ms = day_start_ms(zone, day_of_instant(zone, hour_ms));
            for (grain, bucket_ms) in [(Grain::Hour, hour_ms), (Grain::Day, day_ms)] {
                statements.extend(rollups.replace(site_id, grain, bucket_ms, &HourRollup::default()));
            }
            // Whoever read the hour's rows and its erased part while this was going on has to read them again.
            let mark = clock.new_id();
            statements.push(Statement::new(UPSERT_DIRTY, params![site_id, hour_ms, mark, mark]));
        }
        for row in self.rows_by(site_id, ("response", "item_id, finished", "item_id"), &traces.responses).await? {
            // What was not finished had not arrived, and is as missing as before.
            let instead = if row.flag("finished")? { ERASED_RESPONSE } else { clock.new_id() };
            let sql = "UPDATE delivery SET response_id = $2 WHERE site_id = $1 AND response_id = $3";
            statements.push(Statement::new(sql, params![site_id, instead, row.id("item_id")?]));
        }
        let forget = "DELETE FROM erased_item WHERE site_id = $1 AND erased_at_ms < $2";
        statements.push(Statement::new(forget, params![site_id, now_ms - KNOWN_MS]));
        Ok(statements)
    }

    /// Waits until no other erasure of the site is going on: two of the same rows would keep their counts twice.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when another takes too long.
    pub(crate) async fn begin_erasure(&self, site_id: Id, holder: Id, clock: &Clock) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let now_ms = clock.now_ms();
            if self.take_lease(&lease(site_id), holder, now_ms, now_ms + LEASE_MS).await? {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(StoreError::Busy)
    }

    /// Lets the next erasure of the site begin.
    pub(crate) async fn end_erasure(&self, site_id: Id, holder: Id) -> Result<(), StoreError> {
        let sql = "DELETE FROM lease WHERE name = $1 AND holder = $2";
        self.write(vec![Statement::new(sql, params![lease(site_id), holder.to_text()])]).await.map(|_| ())
    }

    /// Forgets, on these sites, which items were erased too long ago to be sent again; how many there were.
    pub async fn forget_long_erased(&self, site_ids: &[Id], now_ms: i64) -> Result<usize, StoreError> {
        let sql = format!(
            "DELETE FROM erased_item WHERE site_id IN ({}) AND erased_at_ms < $1 RETURNING erased_at_ms",
            placeholders(2, site_ids.len())
        );
        let mut params = params![now_ms - KNOWN_MS];
        params.extend(values(site_ids));
        Ok(self.write(vec![Statement::new(sql, params)]).await?[0].len())
    }

    /// Whether an item was erased lately.
    pub async fn is_erased(&self, site_id: Id, item_id: Id) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM erased_item WHERE site_id = $1 AND item_hash = $2";
        Ok(!self.read(sql, params![site_id, item_hash(site_id, item_id)]).await?.is_empty())
    }
}

fn lease(site_id: Id) -> String {
    format!("erase {site_id}")
}

/// The statement that notes that these items were erased. A picture is known by its response, which may be among them twice.
fn erased(site_id: Id, item_ids: &[Id], now_ms: i64) -> Statement {
    let hashes: BTreeSet<Id> = item_ids.iter().map(|id| item_hash(site_id, *id)).collect();
    let rows: Vec<_> = (0..hashes.len()).map(|row| format!("($1, ${}, $2)", row + 3)).collect();
    let sql = format!(
        "INSERT INTO erased_item (site_id, item_hash, erased_at_ms) VALUES {}
         ON CONFLICT (site_id, item_hash) DO UPDATE SET erased_at_ms = excluded.erased_at_ms",
        rows.join(", ")
    );
    let mut params = params![site_id, now_ms];
    params.extend(hashes.into_iter().map(Value::from));
    Statement::new(sql, params)
}

/// The hashes that [`select_erased`] found, as a question about ids.
pub(crate) fn hashes_of(rows: &[crate::Row]) -> Result<HashSet<Id>, StoreError> {
    rows.iter().map(|row| row.id("item_hash")).collect()
}
