//! Rollups that lists of pages and elements are made of.

use crate::rollup::SignalRollup;
use crate::rollup::row::RollupRow;
use crate::rollup::run::Run;
use crate::{Store, StoreError, params};
use rapport_figures::standing::WEIGHED_KINDS;
use rapport_shared::id::Id;

/// How often one score was given on one page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathAnswer {
    /// The page.
    pub path: String,
    /// Kind of question: one of [`WEIGHED_KINDS`].
    pub kind: String,
    /// The score.
    pub value: String,
    /// How often.
    pub answers: i64,
}

/// So many rows of a run are read, those with most views: a page has fewer unless somebody makes them up.
const ROWS: i64 = 20_000;

impl Store {
    /// Signals of one page by bucket, kind and label over a run. An empty device is every one.
    ///
    /// The rows are not summed here: a view that several of them count is one.
    pub async fn signal_rollups(
        &self,
        site_id: Id,
        run: Run,
        path: &str,
        device: &str,
    ) -> Result<Vec<SignalRollup>, StoreError> {
        let sql = format!(
            "SELECT {} FROM rollup_signal
             WHERE site_id = $1 AND grain = $2 AND bucket_ms >= $3 AND bucket_ms <= $4
               AND path = $5 AND ($6 = '' OR device = $6)
             ORDER BY views DESC, bucket_ms, kind, label
             LIMIT $7",
            SignalRollup::COLUMNS.join(", ")
        );
        let params = params![site_id, run.grain, run.first_ms, run.last_ms, path, device, ROWS];
        self.read(sql, params).await?.iter().map(SignalRollup::read).collect()
    }

    /// Scores of [`WEIGHED_KINDS`] given on each page over a run. An empty device is all together.
    pub async fn path_answers(&self, site_id: Id, run: Run, device: &str) -> Result<Vec<PathAnswer>, StoreError> {
        let sql = format!(
            "SELECT path, kind, value, CAST(SUM(answers) AS BIGINT)
             FROM rollup_answer
             WHERE site_id = $1 AND grain = $2 AND bucket_ms >= $3 AND bucket_ms <= $4
               AND kind IN ('{}') AND device = $5 AND path <> ''
             GROUP BY path, kind, value",
            WEIGHED_KINDS.join("', '")
        );
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
