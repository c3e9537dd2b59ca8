//! What is to be destroyed: the salt of the day's visitor keys, and words that were erased.
//!
//! Neither engine keeps the salt where its log or its backups would: SQLite in a small file beside the database, PostgreSQL
//! in an unlogged table.

use crate::{Store, StoreError};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Pause before a log that readers still need is wiped again, and how often that is tried.
const WIPE_PAUSE: Duration = Duration::from_millis(500);
const WIPES: u32 = 1_200;

impl Store {
    /// The salt of a day (days since 1970, in the zone of the sites that ask): `fresh` when there is none yet. Salts of days
    /// before `oldest_day`, which no site needs any more, are destroyed.
    pub async fn daily_salt(&self, day: i64, oldest_day: i64, fresh: [u8; 16]) -> Result<[u8; 16], StoreError> {
        self.engine.daily_salt(day, oldest_day, fresh).await
    }

    /// Destroys the salts of days before this: nobody may send a batch for days.
    pub async fn destroy_salts_before(&self, day: i64) -> Result<(), StoreError> {
        self.engine.destroy_salts_before(day).await
    }

    /// Takes what was deleted or changed out of the write-ahead log of an embedded file: at once if no reader needs it,
    /// else as soon as none does.
    pub async fn wipe_log(&self) {
        if self.has_wiped_log().await || self.wipes_log.swap(true, Ordering::AcqRel) {
            return;
        }
        let store = self.clone();
        tokio::spawn(async move {
            for _ in 0..WIPES {
                tokio::time::sleep(WIPE_PAUSE).await;
                if store.has_wiped_log().await {
                    break;
                }
            }
            store.wipes_log.store(false, Ordering::Release);
        });
    }

    async fn has_wiped_log(&self) -> bool {
        self.writer.wipe_log().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "what was erased may still be in the log; trying again");
            false
        })
    }
}
