//! SQL of the rollups: dirty marks, the raw rows of an hour, and the swap of old rollup rows for new ones.

use super::erasure::HourItems;
use super::reports::COUNTED;
use super::value::read_all;
use super::visitors::{IDS, places, values};
use super::{Row, Statement, Store, StoreError, Value};
use crate::params;
use crate::rollup::Grain;
use crate::rollup::aggregate::{AnswerGiven, HourRollup, HourRows, SignalSeen, SurveyStep, View};
use crate::rollup::row::{AnswerRollup, PageRollup, RollupRow, SignalRollup, SurveyRollup};
use rapport_shared::id::Id;
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

impl Store {
    /// Dirty hours of all sites, oldest first, at most `most`.
    pub async fn dirty_marks(&self, most: i64) -> Result<Vec<DirtyMark>, StoreError> {
        let sql = "SELECT site_id, hour_ms, collector_id, mark FROM rollup_dirty ORDER BY site_id, hour_ms LIMIT $1";
        self.read(sql, params![most]).await?.iter().map(dirty_mark).collect()
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

    /// Dirty days of all sites that began before `before_ms`: site, day and mark.
    pub async fn dirty_day_marks(&self, before_ms: i64, most: i64) -> Result<Vec<(Id, i64, Id)>, StoreError> {
        let sql =
            "SELECT site_id, day_ms, mark FROM rollup_dirty_day WHERE day_ms < $1 ORDER BY site_id, day_ms LIMIT $2";
        let rows = self.read(sql, params![before_ms, most]).await?;
        rows.iter().map(|row| Ok((row.id(0)?, row.int(1)?, row.id(2)?))).collect()
    }

    /// The raw rows of one hour, bots and suspicious responses left out. `next_hour_ms` is the start of the hour after it.
    pub async fn hour_rows(&self, site_id: Id, hour_ms: i64, next_hour_ms: i64) -> Result<HourRows, StoreError> {
        self.rows_of_hour(site_id, (hour_ms, next_hour_ms), None).await
    }

    /// The same, only of these items; steps of delivery are of nobody, and not among them.
    pub(super) async fn rows_of_hour(
        &self,
        site_id: Id,
        (hour_ms, next_hour_ms): (i64, i64),
        only: Option<&HourItems>,
    ) -> Result<HourRows, StoreError> {
        let of_hour = || params![site_id, hour_ms];
        let views = "SELECT path, device, session_id, visitor_key, view_index, duration_ms, hidden_ms, engaged_ms,
                scroll_percent, clicks, rage_clicks, dead_clicks, errors, key_events, lcp_ms, inp_ms, cls_e4, fcp_ms, ttfb_ms
             FROM page_view WHERE site_id = $1 AND hour_ms = $2 AND bot = 0";
        // Neither DISTINCT nor IS NOT NULL: for either SQLite would walk the index of the whole site's sessions.
        let continued = "SELECT session_id FROM page_view
             WHERE site_id = $1 AND hour_ms = $2 AND bot = 0 AND view_index > 1";
        let further = "SELECT session_id FROM visit_further WHERE site_id = $1 AND hour_ms = $2";
        let signals = "SELECT s.path, s.device, s.view_id, s.kind, s.element, s.name, s.text, s.count,
                CASE WHEN v.occurred_at_ms >= $2 AND v.occurred_at_ms + v.duration_ms < $3 THEN 1 ELSE 0 END
             FROM signal s LEFT JOIN page_view v ON v.site_id = s.site_id AND v.item_id = s.view_id
             WHERE s.site_id = $1 AND s.hour_ms = $2 AND s.bot = 0";
        // CROSS, so that SQLite begins with the hour's responses and not with all answers of the site.
        let answers = format!(
            "SELECT r.survey_id, answer.question_id, answer.kind, answer.score, answer.choices, r.path, r.device
             FROM response r CROSS JOIN answer
             WHERE answer.site_id = r.site_id AND answer.item_id = r.item_id
               AND r.site_id = $1 AND r.hour_ms = $2 AND {COUNTED}"
        );
        let responses = format!(
            "SELECT r.survey_id, r.path, r.device, CASE WHEN r.finished = 1 THEN 'finished' ELSE 'response' END
             FROM response r WHERE r.site_id = $1 AND r.hour_ms = $2 AND {COUNTED}"
        );
        let steps = "SELECT survey_id, path, device, event FROM delivery
             WHERE site_id = $1 AND hour_ms = $2 AND bot = 0";
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
        let of_hour_and_end = params![site_id, hour_ms, next_hour_ms - LATE_SIGNAL_MS];
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

    /// Takes the lease of a named background work until `until_ms` if nobody holds it at `now_ms`, or renews it.
    pub async fn take_lease(&self, name: &str, holder: Id, now_ms: i64, until_ms: i64) -> Result<bool, StoreError> {
        let holder = holder.to_text();
        let statements = vec![
            Statement::new(
                "INSERT INTO lease (name, holder, until_ms) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING",
                params![name, &holder, 0_i64],
            ),
            Statement::new(
                "UPDATE lease SET holder = $2, until_ms = $3 WHERE name = $1 AND (holder = $2 OR until_ms < $4)
                 RETURNING until_ms",
                params![name, &holder, until_ms, now_ms],
            ),
        ];
        Ok(self.write(statements).await?.last().is_some_and(|rows| !rows.is_empty()))
    }

    /// Distinct paths of the day that begins at `day_ms`, at most `most`.
    pub async fn paths_of_day(&self, site_id: Id, day_ms: i64, most: usize) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT DISTINCT path FROM rollup_page
                   WHERE site_id = $1 AND grain = 'hour' AND bucket_ms >= $2 AND path <> '' LIMIT $3";
        let rows = self.read(sql, params![site_id, day_ms, most as i64]).await?;
        rows.iter().map(|row| row.text(0).map(str::to_owned)).collect()
    }

    /// The salt of a day (days since 1970, in the zone of the sites that ask): `fresh` when there is none yet. Salts of days
    /// before `oldest_day`, which no site needs any more, are destroyed.
    pub async fn daily_salt(&self, day: i64, oldest_day: i64, fresh: [u8; 16]) -> Result<[u8; 16], StoreError> {
        let read = "SELECT day, salt FROM daily_salt WHERE day = $1 OR day < $2 ORDER BY day DESC";
        let days = params![day, oldest_day];
        let mut rows = self.read(read, days.clone()).await?;
        let is_of_day = |row: &Row| Ok::<_, StoreError>(row.int(0)? == day);
        if rows.len() != 1 || !is_of_day(&rows[0])? {
            let insert = "INSERT INTO daily_salt (day, salt) VALUES ($1, $2) ON CONFLICT (day) DO NOTHING";
            self.write(vec![
                Statement::new("DELETE FROM daily_salt WHERE day < $1 AND day <> $2", params![oldest_day, day]),
                Statement::new(insert, params![day, fresh.to_vec()]),
            ])
            .await?;
            rows = self.read(read, days).await?;
        }
        let row = rows.first().ok_or_else(|| StoreError::Inconsistent("the day's salt is gone".into()))?;
        row.blob(1)?.try_into().map_err(|_| StoreError::Inconsistent("a salt must have 16 bytes".into()))
    }
}

pub(super) fn replace(site_id: Id, grain: Grain, bucket_ms: i64, rollup: &HourRollup) -> Vec<Statement> {
    let delete = |table: &str| {
        let sql = format!("DELETE FROM {table} WHERE site_id = $1 AND grain = $2 AND bucket_ms = $3");
        Statement::new(sql, params![site_id, grain.as_str(), bucket_ms])
    };
    let tables = [PageRollup::TABLE, SignalRollup::TABLE, AnswerRollup::TABLE, SurveyRollup::TABLE];
    let mut statements: Vec<Statement> = tables.into_iter().map(delete).collect();
    statements.extend(rollup.pages.iter().map(|row| row.insert(site_id, grain)));
    statements.extend(rollup.signals.iter().map(|row| row.insert(site_id, grain)));
    statements.extend(rollup.answers.iter().map(|row| row.insert(site_id, grain)));
    statements.extend(rollup.surveys.iter().map(|row| row.insert(site_id, grain)));
    statements
}

fn dirty_mark(row: &Row) -> Result<DirtyMark, StoreError> {
    Ok(DirtyMark { site_id: row.id(0)?, hour_ms: row.int(1)?, collector_id: row.id(2)?, mark: row.id(3)? })
}

fn view(row: &mut Row) -> Result<View, StoreError> {
    Ok(View {
        path: row.take_text(0)?,
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
        path: row.take_text(0)?,
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

pub(super) fn answer_given(row: &mut Row) -> Result<AnswerGiven, StoreError> {
    let choices = serde_json::from_str(row.text(4)?)
        .map_err(|error| StoreError::Inconsistent(format!("choices of an answer: {error}")))?;
    Ok(AnswerGiven {
        survey_id: row.take_text(0)?,
        question_id: row.take_text(1)?,
        kind: row.take_text(2)?,
        score: row.int_or_null(3)?,
        choices,
        path: row.take_text(5)?,
        device: row.take_text(6)?,
    })
}

pub(super) fn survey_step(row: &mut Row) -> Result<SurveyStep, StoreError> {
    Ok(SurveyStep {
        survey_id: row.take_text(0)?,
        path: row.take_text(1)?,
        device: row.take_text(2)?,
        step: row.take_text(3)?,
    })
}
