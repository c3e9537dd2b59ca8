//! SQL of the rollups: dirty marks, the raw rows of an hour, and the swap of old rollup rows for new ones.

use crate::engine::value::read_all;
use crate::response::COUNTED;
use crate::rollup::Grain;
use crate::rollup::aggregate::{AnswerGiven, HourRollup, HourRows, SignalSeen, SurveyStep, View};
use crate::rollup::row::{AnswerRollup, PageRollup, RollupRow, SignalRollup, SurveyRollup};
use crate::visitor::erasure::HourItems;
use crate::visitor::{IDS, places, values};
use crate::{Row, Statement, Store, StoreError, Value, params, text};
use rapport_shared::id::Id;
use rapport_shared::limit;
use std::collections::HashSet;

/// A signal may seem to come so much later than the end of its view, since the ages of both were taken at different times.
const LATE_SIGNAL_MS: i64 = 60_000;

/// A mark that an hour's rollups are behind, as it was when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirtyMark {
    /// The site.
    pub site_id: Id,
    /// Start of the hour.
    pub hour_ms: i64,
    /// Who marked it.
    pub collector_id: Id,
    /// Changes with every write.
    pub mark: Id,
}

/// An hour or a day that could not be rolled up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollupFailure {
    /// The site.
    pub site_id: Id,
    /// The length of the bucket.
    pub grain: Grain,
    /// Its start.
    pub bucket_ms: i64,
    /// How often it was tried in vain.
    pub attempts: i64,
    /// When it last failed.
    pub failed_at_ms: i64,
    /// When it is tried again.
    pub retry_at_ms: i64,
    /// Why it last failed.
    pub reason: String,
}

/// Whether a failed bucket waits for its next try, at the instant in `$1`. A failure of the future is of a clock that was
/// set back, and waits for nothing.
const WAITS: &str = "f.retry_at_ms > $1 AND f.failed_at_ms <= $1";

impl Store {
    /// Dirty hours of all sites after the place `after` (site and hour) whose turn it is at `now_ms`, in that order; at most
    /// `most` marks.
    pub async fn dirty_marks(&self, after: (Id, i64), now_ms: i64, most: i64) -> Result<Vec<DirtyMark>, StoreError> {
        let sql = format!(
            "SELECT d.site_id, d.hour_ms, d.collector_id, d.mark FROM rollup_dirty d
             WHERE (d.site_id, d.hour_ms) > ($2, $3)
               AND NOT EXISTS (SELECT 1 FROM rollup_failure f WHERE f.site_id = d.site_id AND f.grain = 'hour'
                   AND f.bucket_ms = d.hour_ms AND {WAITS})
             ORDER BY d.site_id, d.hour_ms LIMIT $4"
        );
        self.read(sql, params![now_ms, after.0, after.1, most]).await?.iter().map(dirty_mark).collect()
    }

    /// Notes that a bucket could not be rolled up; how often that happened in all.
    pub async fn rollup_failed(&self, failure: &RollupFailure) -> Result<(), StoreError> {
        let sql = "INSERT INTO rollup_failure (site_id, grain, bucket_ms, attempts, failed_at_ms, retry_at_ms, reason)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (site_id, grain, bucket_ms) DO UPDATE SET attempts = excluded.attempts,
                 failed_at_ms = excluded.failed_at_ms, retry_at_ms = excluded.retry_at_ms, reason = excluded.reason";
        let RollupFailure { site_id, grain, bucket_ms, attempts, failed_at_ms, retry_at_ms, reason } = failure;
        let params =
            params![*site_id, grain.as_str(), *bucket_ms, *attempts, *failed_at_ms, *retry_at_ms, reason.as_str()];
        self.write(vec![Statement::new(sql, params)]).await.map(|_| ())
    }

    /// How often a bucket was tried in vain; 0 for those that are well.
    pub async fn rollup_attempts(&self, site_id: Id, grain: Grain, bucket_ms: i64) -> Result<i64, StoreError> {
        let sql = "SELECT attempts FROM rollup_failure WHERE site_id = $1 AND grain = $2 AND bucket_ms = $3";
        let rows = self.read(sql, params![site_id, grain.as_str(), bucket_ms]).await?;
        rows.first().map_or(Ok(0), |row| row.int(0))
    }

    /// The buckets of all sites that could not be rolled up, those tried most often first, at most `most`.
    pub async fn rollup_failures(&self, most: i64) -> Result<Vec<RollupFailure>, StoreError> {
        let sql = "SELECT site_id, grain, bucket_ms, attempts, failed_at_ms, retry_at_ms, reason FROM rollup_failure
             ORDER BY attempts DESC, site_id, grain, bucket_ms LIMIT $1";
        self.read(sql, params![most]).await?.iter().map(rollup_failure).collect()
    }

    /// Hours of one site in `[from_ms, until_ms)` whose rollups are behind.
    pub async fn dirty_hours(&self, site_id: Id, from_ms: i64, until_ms: i64) -> Result<Vec<i64>, StoreError> {
        let sql = "SELECT DISTINCT hour_ms FROM rollup_dirty
                   WHERE site_id = $1 AND hour_ms >= $2 AND hour_ms < $3 ORDER BY hour_ms";
        self.read(sql, params![site_id, from_ms, until_ms]).await?.iter().map(|row| row.int(0)).collect()
    }

    /// The marks that an hour has; none when its rollups are up to date.
    pub async fn marks_of_hour(&self, site_id: Id, hour_ms: i64) -> Result<Vec<Id>, StoreError> {
        let sql = "SELECT mark FROM rollup_dirty WHERE site_id = $1 AND hour_ms = $2 ORDER BY mark";
        self.read(sql, params![site_id, hour_ms]).await?.iter().map(|row| row.id(0)).collect()
    }

    /// Days of one site in `[from_ms, until_ms)` whose day rollups are not there yet or behind.
    pub async fn dirty_days(&self, site_id: Id, from_ms: i64, until_ms: i64) -> Result<Vec<i64>, StoreError> {
        let sql = "SELECT day_ms FROM rollup_dirty_day
                   WHERE site_id = $1 AND day_ms >= $2 AND day_ms < $3 ORDER BY day_ms";
        self.read(sql, params![site_id, from_ms, until_ms]).await?.iter().map(|row| row.int(0)).collect()
    }

    /// Dirty days of all sites after the place `after` (site and day) that began before `now_ms` and whose turn it is, in
    /// that order: site, day and mark.
    pub async fn dirty_day_marks(
        &self,
        after: (Id, i64),
        now_ms: i64,
        most: i64,
    ) -> Result<Vec<(Id, i64, Id)>, StoreError> {
        let sql = format!(
            "SELECT d.site_id, d.day_ms, d.mark FROM rollup_dirty_day d
             WHERE d.day_ms < $1 AND (d.site_id, d.day_ms) > ($2, $3)
               AND NOT EXISTS (SELECT 1 FROM rollup_failure f WHERE f.site_id = d.site_id AND f.grain = 'day'
                   AND f.bucket_ms = d.day_ms AND {WAITS})
             ORDER BY d.site_id, d.day_ms LIMIT $4"
        );
        let rows = self.read(sql, params![now_ms, after.0, after.1, most]).await?;
        rows.iter().map(|row| Ok((row.id(0)?, row.int(1)?, row.id(2)?))).collect()
    }

    /// The raw rows of one hour, bots, suspicious responses and what is older than its sender could tell (`clamped`) left
    /// out. `next_hour_ms` is the start of the hour after it.
    pub async fn hour_rows(&self, site_id: Id, hour_ms: i64, next_hour_ms: i64) -> Result<HourRows, StoreError> {
        self.rows_of_hour(site_id, (hour_ms, next_hour_ms), i64::MAX, None).await
    }

    /// The same, only of what happened before an instant within the hour.
    pub async fn hour_rows_until(&self, site_id: Id, hour: (i64, i64), until_ms: i64) -> Result<HourRows, StoreError> {
        self.rows_of_hour(site_id, hour, until_ms, None).await
    }

    /// The same, only of what happened before `until_ms`, and only of these items; steps of delivery are of nobody, and not
    /// among them.
    pub(crate) async fn rows_of_hour(
        &self,
        site_id: Id,
        (hour_ms, next_hour_ms): (i64, i64),
        until_ms: i64,
        only: Option<&HourItems>,
    ) -> Result<HourRows, StoreError> {
        let of_hour = || params![site_id, hour_ms, until_ms];
        let views = "SELECT path, device, session_id, visitor_key, view_index, duration_ms, hidden_ms, engaged_ms,
                scroll_percent, clicks, rage_clicks, dead_clicks, errors, key_events, lcp_ms, inp_ms, cls_e4, fcp_ms, ttfb_ms
             FROM page_view WHERE site_id = $1 AND hour_ms = $2 AND occurred_at_ms < $3 AND bot = 0 AND clamped = 0";
        // Neither DISTINCT nor IS NOT NULL: for either SQLite would walk the index of the whole site's sessions.
        let continued = "SELECT session_id FROM page_view
             WHERE site_id = $1 AND hour_ms = $2 AND bot = 0 AND view_index > 1";
        let further = "SELECT session_id FROM visit_further WHERE site_id = $1 AND hour_ms = $2";
        let signals = "SELECT s.path, s.device, s.view_id, s.kind, s.element, s.name, s.text, s.count,
                CASE WHEN v.occurred_at_ms >= $2 AND v.occurred_at_ms + v.duration_ms < $4 THEN 1 ELSE 0 END
             FROM signal s LEFT JOIN page_view v ON v.site_id = s.site_id AND v.item_id = s.view_id
             WHERE s.site_id = $1 AND s.hour_ms = $2 AND s.occurred_at_ms < $3 AND s.bot = 0 AND s.clamped = 0";
        // CROSS, so that SQLite begins with the hour's responses and not with all answers of the site.
        let answers = format!(
            "SELECT r.survey_id, answer.question_id, answer.kind, answer.score, answer.choices, r.path, r.device
             FROM response r CROSS JOIN answer
             WHERE answer.site_id = r.site_id AND answer.item_id = r.item_id
               AND r.site_id = $1 AND r.hour_ms = $2 AND r.occurred_at_ms < $3 AND r.clamped = 0 AND {COUNTED}"
        );
        let responses = format!(
            "SELECT r.survey_id, r.path, r.device, CASE WHEN r.finished = 1 THEN 'finished' ELSE 'response' END AS step
             FROM response r WHERE r.site_id = $1 AND r.hour_ms = $2 AND r.occurred_at_ms < $3 AND r.clamped = 0 AND {COUNTED}"
        );
        let steps = "SELECT survey_id, path, device, event AS step FROM delivery
             WHERE site_id = $1 AND hour_ms = $2 AND occurred_at_ms < $3 AND bot = 0 AND clamped = 0";
        let of_response = only.map(|items| ("r.item_id", items.responses.as_slice()));
        let of_view = only.map(|items| ("item_id", items.page_views.as_slice()));
        let of_signal = only.map(|items| ("s.item_id", items.signals.as_slice()));
        let mut steps: Vec<SurveyStep> = match only {
            Some(_) => Vec::new(),
            None => read_all(self.read(steps, of_hour()).await?, survey_step)?,
        };
        steps.extend(read_all(self.rows_among(&responses, of_hour(), of_response).await?, survey_step)?);
        let views: Vec<View> = read_all(self.rows_among(views, of_hour(), of_view).await?, view)?;
        let own = views.iter().filter(|view| view.view_index > 1).filter_map(|view| view.session_id);
        let mut continued_sessions: HashSet<Id> = own.collect();
        for (sql, hour_ms) in [(continued, next_hour_ms), (further, hour_ms)] {
            for row in self.read(sql, params![site_id, hour_ms]).await? {
                continued_sessions.extend(row.id_or_null(0)?);
            }
        }
        let of_hour_and_end = params![site_id, hour_ms, until_ms, next_hour_ms - LATE_SIGNAL_MS];
        Ok(HourRows {
            hour_ms,
            views,
            continued_sessions,
            signals: read_all(self.rows_among(signals, of_hour_and_end, of_signal).await?, signal_seen)?,
            answers: read_all(self.rows_among(&answers, of_hour(), of_response).await?, answer_given)?,
            steps,
        })
    }

    /// The rows of a statement that ends in a condition: all of them, or those whose column is one of some ids.
    async fn rows_among(
        &self,
        sql: &str,
        params: Vec<Value>,
        among: Option<(&str, &[Id])>,
    ) -> Result<Vec<Row>, StoreError> {
        let Some((column, ids)) = among else { return self.read(sql.to_owned(), params).await };
        let mut rows = Vec::new();
        for ids in ids.chunks(IDS) {
            let sql = format!("{sql} AND {column} IN ({})", places(params.len() + 1, ids));
            let mut params = params.clone();
            params.extend(values(ids));
            rows.extend(self.read(sql, params).await?);
        }
        Ok(rows)
    }

    /// All rollup rows of one bucket.
    pub async fn hour_rollup(&self, site_id: Id, grain: Grain, hour_ms: i64) -> Result<HourRollup, StoreError> {
        Ok(HourRollup {
            pages: self.rollup_rows(site_id, grain, hour_ms, hour_ms + 1).await?,
            signals: self.rollup_rows(site_id, grain, hour_ms, hour_ms + 1).await?,
            answers: self.rollup_rows(site_id, grain, hour_ms, hour_ms + 1).await?,
            surveys: self.rollup_rows(site_id, grain, hour_ms, hour_ms + 1).await?,
        })
    }

    /// All rollup rows of one site and grain in `[from_ms, until_ms)`.
    pub async fn rollup_rows<R: RollupRow>(
        &self,
        site_id: Id,
        grain: Grain,
        from_ms: i64,
        until_ms: i64,
    ) -> Result<Vec<R>, StoreError> {
        let sql = format!(
            "SELECT {} FROM {} WHERE site_id = $1 AND grain = $2 AND bucket_ms >= $3 AND bucket_ms < $4",
            R::COLUMNS.join(", "),
            R::TABLE
        );
        let rows = self.read(sql, params![site_id, grain.as_str(), from_ms, until_ms]).await?;
        rows.iter().map(R::read).collect()
    }

    /// Puts an hour's rollups in place of the old ones, marks its day, and takes away the marks that were seen.
    pub async fn replace_hour(
        &self,
        marks: &[DirtyMark],
        day_ms: i64,
        day_mark: Id,
        rollup: &HourRollup,
    ) -> Result<(), StoreError> {
        let Some(DirtyMark { site_id, hour_ms, .. }) = marks.first() else { return Ok(()) };
        let mut statements = replace(*site_id, Grain::Hour, *hour_ms, rollup);
        statements.push(Statement::new(
            "INSERT INTO rollup_dirty_day (site_id, day_ms, mark) VALUES ($1, $2, $3)
             ON CONFLICT (site_id, day_ms) DO UPDATE SET mark = excluded.mark",
            params![*site_id, day_ms, day_mark],
        ));
        statements.extend(marks.iter().map(|mark| {
            Statement::new(
                "DELETE FROM rollup_dirty WHERE site_id = $1 AND hour_ms = $2 AND collector_id = $3 AND mark = $4",
                params![mark.site_id, mark.hour_ms, mark.collector_id, mark.mark],
            )
        }));
        self.write(statements).await.map(|_| ())
    }

    /// Puts a day's rollups in place of the old ones and takes away the mark that was seen.
    pub async fn replace_day(&self, site_id: Id, day_ms: i64, mark: Id, rollup: &HourRollup) -> Result<(), StoreError> {
        let mut statements = replace(site_id, Grain::Day, day_ms, rollup);
        statements.push(Statement::new(
            "DELETE FROM rollup_dirty_day WHERE site_id = $1 AND day_ms = $2 AND mark = $3",
            params![site_id, day_ms, mark],
        ));
        self.write(statements).await.map(|_| ())
    }

    /// Distinct paths of the day that begins at `day_ms`, at most `most`.
    pub async fn paths_of_day(&self, site_id: Id, day_ms: i64, most: usize) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT DISTINCT path FROM rollup_page
                   WHERE site_id = $1 AND grain = 'hour' AND bucket_ms >= $2 AND path <> '' LIMIT $3";
        let rows = self.read(sql, params![site_id, day_ms, most as i64]).await?;
        rows.iter().map(|row| row.text(0).map(str::to_owned)).collect()
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
        self.read(sql, params).await?.iter().map(|row| row.text(0).map(str::to_owned)).collect()
    }
}

pub(crate) fn replace(site_id: Id, grain: Grain, bucket_ms: i64, rollup: &HourRollup) -> Vec<Statement> {
    let delete = |table: &str| {
        let sql = format!("DELETE FROM {table} WHERE site_id = $1 AND grain = $2 AND bucket_ms = $3");
        Statement::new(sql, params![site_id, grain.as_str(), bucket_ms])
    };
    let tables = [PageRollup::TABLE, SignalRollup::TABLE, AnswerRollup::TABLE, SurveyRollup::TABLE];
    let mut statements: Vec<Statement> = tables.into_iter().map(delete).collect();
    statements.push(Statement::new(
        "DELETE FROM rollup_failure WHERE site_id = $1 AND grain = $2 AND bucket_ms = $3",
        params![site_id, grain.as_str(), bucket_ms],
    ));
    statements.extend(rollup.pages.iter().map(|row| row.insert(site_id, grain)));
    statements.extend(rollup.signals.iter().map(|row| row.insert(site_id, grain)));
    statements.extend(rollup.answers.iter().map(|row| row.insert(site_id, grain)));
    statements.extend(rollup.surveys.iter().map(|row| row.insert(site_id, grain)));
    statements
}

fn dirty_mark(row: &Row) -> Result<DirtyMark, StoreError> {
    Ok(DirtyMark { site_id: row.id(0)?, hour_ms: row.int(1)?, collector_id: row.id(2)?, mark: row.id(3)? })
}

fn rollup_failure(row: &Row) -> Result<RollupFailure, StoreError> {
    Ok(RollupFailure {
        site_id: row.id(0)?,
        grain: if row.text(1)? == Grain::Day.as_str() { Grain::Day } else { Grain::Hour },
        bucket_ms: row.int(2)?,
        attempts: row.int(3)?,
        failed_at_ms: row.int(4)?,
        retry_at_ms: row.int(5)?,
        reason: row.text(6)?.to_owned(),
    })
}

/// The path of a row as rollups have it: rows from before paths were bounded in bytes may be too long for an index.
fn path(row: &mut Row) -> Result<String, StoreError> {
    Ok(text::cut(row.take_text("path")?, limit::PATH_BYTES))
}

fn view(row: &mut Row) -> Result<View, StoreError> {
    Ok(View {
        path: path(row)?,
        device: row.take_text(1)?,
        session_id: row.id_or_null(2)?,
        visitor_key: row.id(3)?,
        view_index: row.int(4)?,
        duration_ms: row.int(5)?,
        hidden_ms: row.int(6)?,
        engaged_ms: row.int(7)?,
        scroll_percent: row.int(8)?,
        clicks: row.int(9)?,
        rage_clicks: row.int(10)?,
        dead_clicks: row.int(11)?,
        errors: row.int(12)?,
        key_events: row.int(13)?,
        lcp_ms: row.int_or_null(14)?,
        inp_ms: row.int_or_null(15)?,
        cls_e4: row.int_or_null(16)?,
        fcp_ms: row.int_or_null(17)?,
        ttfb_ms: row.int_or_null(18)?,
    })
}

fn signal_seen(row: &mut Row) -> Result<SignalSeen, StoreError> {
    Ok(SignalSeen {
        path: path(row)?,
        device: row.take_text(1)?,
        view_id: row.id(2)?,
        kind: row.take_text(3)?,
        element: row.take_text(4)?,
        name: row.take_text(5)?,
        text: row.take_text(6)?,
        count: row.int(7)?,
        within_hour: row.int(8)? != 0,
    })
}

pub(crate) fn answer_given(row: &mut Row) -> Result<AnswerGiven, StoreError> {
    let choices = serde_json::from_str(row.text("choices")?)
        .map_err(|error| StoreError::Inconsistent(format!("choices of an answer: {error}")))?;
    Ok(AnswerGiven {
        survey_id: row.take_text("survey_id")?,
        question_id: row.take_text("question_id")?,
        kind: row.take_text("kind")?,
        score: row.int_or_null("score")?,
        choices,
        path: path(row)?,
        device: row.take_text("device")?,
    })
}

pub(crate) fn survey_step(row: &mut Row) -> Result<SurveyStep, StoreError> {
    Ok(SurveyStep {
        survey_id: row.take_text("survey_id")?,
        path: path(row)?,
        device: row.take_text("device")?,
        step: row.take_text("step")?,
    })
}
