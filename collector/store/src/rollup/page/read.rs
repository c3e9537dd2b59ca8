//! Reading the rollup of page views.

use super::{Column, PageRollup, SHARE_COLUMNS};
use crate::device::Device;
use crate::engine::value::{placeholders, read_all};
use crate::rollup::range::BucketRange;
use crate::rollup::row::RollupRow;
use crate::{Row, Store, StoreError, Value, params};
use rapport_shared::id::Id;
use rapport_shared::limit;

/// The counts that lists of pages show, beside [`SHARE_COLUMNS`].
const COUNTS: &[Column] = &[
    ("views", |row| &mut row.views),
    ("visits", |row| &mut row.visits),
    ("bounced_visits", |row| &mut row.bounced_visits),
    ("engaged_ms", |row| &mut row.engaged_ms),
    ("failed_views", |row| &mut row.failed_views),
    ("grouped_visits", |row| &mut row.grouped_visits),
    ("grouped_views", |row| &mut row.grouped_views),
    ("view_squares", |row| &mut row.view_squares),
    ("failed_squares", |row| &mut row.failed_squares),
    ("failed_products", |row| &mut row.failed_products),
    ("poor_lcp_views", |row| &mut row.poor_lcp_views),
    ("poor_inp_views", |row| &mut row.poor_inp_views),
    ("poor_cls_views", |row| &mut row.poor_cls_views),
    ("poor_views", |row| &mut row.poor_views),
    ("failed_task_views", |row| &mut row.failed_task_views),
    ("quick_back_views", |row| &mut row.quick_back_views),
];

fn listed() -> impl Iterator<Item = &'static Column> {
    COUNTS.iter().chain(SHARE_COLUMNS)
}

/// Rows of the device in the sixth parameter, or of each when that is empty; not those of all devices together.
const EACH_DEVICE: &str = "device <> '' AND ($6 = '' OR device = $6)";

/// Bucket and path, and the counts that are [`listed`].
fn counted(row: &mut Row) -> Result<PageRollup, StoreError> {
    let bucket_ms = row.int("bucket_ms")?;
    let mut page = PageRollup { bucket_ms, path: row.take_text("path")?, ..PageRollup::default() };
    for (name, place) in listed() {
        // A count that a later migration added is NULL in the rows from before.
        *place(&mut page) = row.int_or_null(name)?.unwrap_or(0);
    }
    Ok(page)
}

impl Store {
    /// The rows of one path (empty for the whole site) and device (empty for all together), with their sketches.
    pub async fn page_rollups(
        &self,
        site_id: Id,
        range: BucketRange,
        path: &str,
        device: Option<Device>,
    ) -> Result<Vec<PageRollup>, StoreError> {
        self.rows_of_path(site_id, range, path, device, "device = $6").await
    }

    /// The rows of one path by device, with their sketches: of one device, or of each when it is empty.
    pub async fn page_rollups_by_device(
        &self,
        site_id: Id,
        range: BucketRange,
        path: &str,
        device: Option<Device>,
    ) -> Result<Vec<PageRollup>, StoreError> {
        self.rows_of_path(site_id, range, path, device, EACH_DEVICE).await
    }

    async fn rows_of_path(
        &self,
        site_id: Id,
        range: BucketRange,
        path: &str,
        device: Option<Device>,
        of_device: &str,
    ) -> Result<Vec<PageRollup>, StoreError> {
        let sql = format!(
            "SELECT {} FROM rollup_page
             WHERE site_id = $1 AND path = $2 AND grain = $3 AND bucket_ms >= $4 AND bucket_ms <= $5 AND {of_device}",
            PageRollup::COLUMNS.join(", ")
        );
        let params = params![site_id, path, range.grain.as_str(), range.first_ms, range.last_ms, device];
        self.read(sql, params).await?.iter().map(PageRollup::read).collect()
    }

    /// Views, visits, bounces, engaged time and views with failures of every page by bucket, without the other counts
    /// and without sketches. An empty device is all together.
    ///
    /// The rows are not summed here: SQLite would sort them first, which takes twice as long as reading them.
    pub async fn page_counts(
        &self,
        site_id: Id,
        range: BucketRange,
        device: Option<Device>,
    ) -> Result<Vec<PageRollup>, StoreError> {
        let sql = format!(
            "SELECT bucket_ms, path, {} FROM rollup_page
             WHERE site_id = $1 AND grain = $2 AND device = $5 AND bucket_ms >= $3 AND bucket_ms <= $4 AND path <> ''",
            listed().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
        );
        let params = params![site_id, range.grain.as_str(), range.first_ms, range.last_ms, device];
        read_all(self.read(sql, params).await?, counted)
    }

    /// The sketches of some pages that a list of pages shows, without counts but those of visits: of one device, or of
    /// each when it is empty.
    pub async fn page_sketches(
        &self,
        site_id: Id,
        range: BucketRange,
        paths: &[&str],
        device: Option<Device>,
    ) -> Result<Vec<PageRollup>, StoreError> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT path, device, engaged_sketch, lcp_sketch, inp_sketch, cls_sketch,
               grouped_visits, grouped_views, view_squares
             FROM rollup_page
             WHERE site_id = $1 AND grain = $2 AND bucket_ms >= $3 AND bucket_ms <= $4
               AND {EACH_DEVICE} AND path IN ({})",
            placeholders(7, paths.len())
        );
        let mut params = params![site_id, range.grain.as_str(), range.first_ms, range.last_ms, "", device];
        params.extend(paths.iter().map(|path| Value::from(*path)));
        read_all(self.read(sql, params).await?, |row| {
            Ok(PageRollup {
                path: row.take_text("path")?,
                device: row.take_text("device")?,
                engaged_sketch: row.take_blob("engaged_sketch")?,
                lcp_sketch: row.take_blob("lcp_sketch")?,
                inp_sketch: row.take_blob("inp_sketch")?,
                cls_sketch: row.take_blob("cls_sketch")?,
                grouped_visits: row.int_or_null("grouped_visits")?.unwrap_or(0),
                grouped_views: row.int_or_null("grouped_views")?.unwrap_or(0),
                view_squares: row.int_or_null("view_squares")?.unwrap_or(0),
                ..PageRollup::default()
            })
        })
    }
    /// Distinct paths of the day that begins at `day_ms`, at most `most`.
    pub async fn paths_of_day(&self, site_id: Id, day_ms: i64, most: usize) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT DISTINCT path FROM rollup_page
                   WHERE site_id = $1 AND grain = 'hour' AND bucket_ms >= $2 AND path <> '' LIMIT $3";
        let rows = self.read(sql, params![site_id, day_ms, most as i64]).await?;
        rows.iter().map(|row| row.text("path").map(str::to_owned)).collect()
    }

    /// Pages with views in the days before the one that begins at `day_ms`, from `from_ms` on: those of most days first,
    /// then those with most views, at most `most`. The day before has its hours at first, and its own row only later.
    pub async fn known_paths(
        &self,
        site_id: Id,
        (from_ms, yesterday_ms, day_ms): (i64, i64, i64),
        most: usize,
    ) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT path FROM (
                SELECT path, 1 AS days, views FROM rollup_page
                WHERE site_id = $1 AND grain = 'day' AND device = '' AND bucket_ms >= $2 AND bucket_ms < $4
                UNION ALL
                SELECT path, 0 AS days, views FROM rollup_page
                WHERE site_id = $1 AND grain = 'hour' AND device = '' AND bucket_ms >= $3 AND bucket_ms < $4
             ) AS seen
             WHERE path <> '' AND path <> $5
             GROUP BY path ORDER BY SUM(days) DESC, SUM(views) DESC, path LIMIT $6";
        let params = params![site_id, from_ms, yesterday_ms, day_ms, limit::OTHER_PAGES, most as i64];
        self.read(sql, params).await?.iter().map(|row| row.text("path").map(str::to_owned)).collect()
    }
}
