//! Rollups that lists of pages and elements are made of.

use super::Run;
use crate::params;
use crate::rollup::SignalRollup;
use crate::store::{Store, StoreError};
use rapport_shared::id::Id;

/// How often one score was given on one page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathAnswer {
    /// The page.
    pub path: String,
    /// Kind of question: `nps`, `csat` or `ces`.
    pub kind: String,
    /// The score.
    pub value: String,
    /// How often.
    pub answers: i64,
}

/// So many labels of a page are read: a page shows the first few.
const LABELS: i64 = 400;

impl Store {
    /// Signals of one page by kind and label over a run, most views first. An empty path or device is every one.
    pub async fn signal_rollups(
        &self,
        site_id: Id,
        run: Run,
        path: &str,
        device: &str,
    ) -> Result<Vec<SignalRollup>, StoreError> {
        // Said outright, so that a page's signals are found by the index on the path.
        let on_page = if path.is_empty() { "$5 = ''" } else { "path = $5" };
        let sql = format!(
            "SELECT MIN(bucket_ms), kind, label, CAST(SUM(signals) AS BIGINT), CAST(SUM(views) AS BIGINT)
             FROM rollup_signal
             WHERE site_id = $1 AND grain = $2 AND bucket_ms >= $3 AND bucket_ms <= $4
               AND {on_page} AND ($6 = '' OR device = $6)
             GROUP BY kind, label
             ORDER BY SUM(views) DESC, kind, label
             LIMIT $7"
        );
        self.read(sql, params![site_id, run.grain, run.first_ms, run.last_ms, path, device, LABELS])
            .await?
            .iter()
            .map(|row| {
                Ok(SignalRollup {
                    bucket_ms: row.int(0)?,
                    path: path.to_owned(),
                    device: device.to_owned(),
                    kind: row.text(1)?.to_owned(),
                    label: row.text(2)?.to_owned(),
                    signals: row.int(3)?,
                    views: row.int(4)?,
                })
            })
            .collect()
    }

    /// Scores given on each page over a run. An empty device is all together.
    pub async fn path_answers(&self, site_id: Id, run: Run, device: &str) -> Result<Vec<PathAnswer>, StoreError> {
        let sql = "SELECT path, kind, value, CAST(SUM(answers) AS BIGINT)
             FROM rollup_answer
             WHERE site_id = $1 AND grain = $2 AND bucket_ms >= $3 AND bucket_ms <= $4
               AND kind IN ('nps', 'csat', 'ces') AND device = $5 AND path <> ''
             GROUP BY path, kind, value";
        self.read(sql, params![site_id, run.grain, run.first_ms, run.last_ms, device])
            .await?
            .iter()
            .map(|row| {
                Ok(PathAnswer {
                    path: row.text(0)?.to_owned(),
                    kind: row.text(1)?.to_owned(),
                    value: row.text(2)?.to_owned(),
                    answers: row.int(3)?,
                })
            })
            .collect()
    }
}
