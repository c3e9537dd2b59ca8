//! Rollups of page views.

use super::Run;
use crate::params;
use crate::rollup::PageRollup;
use crate::rollup::row::RollupRow;
use crate::store::{Row, Store, StoreError, Value};
use rapport_shared::id::Id;

const COUNTS: [&str; 14] = [
    "views",
    "visits",
    "bounced_visits",
    "duration_ms",
    "engaged_ms",
    "scroll_percent",
    "clicks",
    "rage_clicks",
    "rage_views",
    "dead_clicks",
    "dead_views",
    "errors",
    "error_views",
    "failed_views",
];

/// Rows of the device in the sixth parameter, or of each when that is empty; not those of all devices together.
const EACH_DEVICE: &str = "device <> '' AND ($6 = '' OR device = $6)";

/// Bucket, path and device, then the counts, in the order of [`COUNTS`].
fn counted(row: &Row) -> Result<PageRollup, StoreError> {
    let mut rollup = PageRollup {
        bucket_ms: row.int(0)?,
        path: row.text(1)?.to_owned(),
        device: row.text(2)?.to_owned(),
        ..PageRollup::default()
    };
    let counts: [&mut i64; COUNTS.len()] = [
        &mut rollup.views,
        &mut rollup.visits,
        &mut rollup.bounced_visits,
        &mut rollup.duration_ms,
        &mut rollup.engaged_ms,
        &mut rollup.scroll_percent,
        &mut rollup.clicks,
        &mut rollup.rage_clicks,
        &mut rollup.rage_views,
        &mut rollup.dead_clicks,
        &mut rollup.dead_views,
        &mut rollup.errors,
        &mut rollup.error_views,
        &mut rollup.failed_views,
    ];
    for (place, count) in counts.into_iter().enumerate() {
        *count = row.int(3 + place)?;
    }
    Ok(rollup)
}

impl Store {
    /// The rows of one path (empty for the whole site) and device (empty for all together), with their sketches.
    pub async fn page_rollups(
        &self,
        site_id: Id,
        run: Run,
        path: &str,
        device: &str,
    ) -> Result<Vec<PageRollup>, StoreError> {
        self.rows_of_path(site_id, run, path, device, "device = $6").await
    }

    /// The rows of one path by device, with their sketches: of one device, or of each when it is empty.
    pub async fn page_rollups_by_device(
        &self,
        site_id: Id,
        run: Run,
        path: &str,
        device: &str,
    ) -> Result<Vec<PageRollup>, StoreError> {
        self.rows_of_path(site_id, run, path, device, EACH_DEVICE).await
    }

    async fn rows_of_path(
        &self,
        site_id: Id,
        run: Run,
        path: &str,
        device: &str,
        of_device: &str,
    ) -> Result<Vec<PageRollup>, StoreError> {
        let sql = format!(
            "SELECT {} FROM rollup_page
             WHERE site_id = $1 AND path = $2 AND grain = $3 AND bucket_ms >= $4 AND bucket_ms <= $5 AND {of_device}",
            PageRollup::COLUMNS.join(", ")
        );
        let params = params![site_id, path, run.grain, run.first_ms, run.last_ms, device];
        self.read(sql, params).await?.iter().map(PageRollup::read).collect()
    }

    /// The counts of every page, summed over the run, without sketches. An empty device is all together.
    pub async fn page_counts(&self, site_id: Id, run: Run, device: &str) -> Result<Vec<PageRollup>, StoreError> {
        let sums: Vec<_> = COUNTS.iter().map(|column| format!("CAST(SUM({column}) AS BIGINT)")).collect();
        let sql = format!(
            "SELECT MIN(bucket_ms), path, '', {}
             FROM rollup_page
             WHERE site_id = $1 AND grain = $2 AND device = $5 AND bucket_ms >= $3 AND bucket_ms <= $4 AND path <> ''
             GROUP BY path",
            sums.join(", ")
        );
        let params = params![site_id, run.grain, run.first_ms, run.last_ms, device];
        self.read(sql, params).await?.iter().map(counted).collect()
    }

    /// The sketches of some pages that a list of pages shows, without counts: of one device, or of each when it is
    /// empty.
    pub async fn page_sketches(
        &self,
        site_id: Id,
        run: Run,
        paths: &[&str],
        device: &str,
    ) -> Result<Vec<PageRollup>, StoreError> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let places: Vec<_> = (0..paths.len()).map(|place| format!("${}", place + 7)).collect();
        let sql = format!(
            "SELECT path, device, engaged_sketch, lcp_sketch, inp_sketch, cls_sketch
             FROM rollup_page
             WHERE site_id = $1 AND grain = $2 AND bucket_ms >= $3 AND bucket_ms <= $4
               AND {EACH_DEVICE} AND path IN ({})",
            places.join(", ")
        );
        let mut params = params![site_id, run.grain, run.first_ms, run.last_ms, "", device];
        params.extend(paths.iter().map(|path| Value::from(*path)));
        self.read(sql, params)
            .await?
            .iter()
            .map(|row| {
                Ok(PageRollup {
                    path: row.text(0)?.to_owned(),
                    device: row.text(1)?.to_owned(),
                    engaged_sketch: row.blob(2)?.to_vec(),
                    lcp_sketch: row.blob(3)?.to_vec(),
                    inp_sketch: row.blob(4)?.to_vec(),
                    cls_sketch: row.blob(5)?.to_vec(),
                    ..PageRollup::default()
                })
            })
            .collect()
    }
}
