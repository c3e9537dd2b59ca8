//! Whom a cause touched: what was answered in visits that met an error, an element that fails or a task on some pages, and the views that did.

use super::{RESPONSE, ResponseRecord, Suspicious, response};
use crate::device::Device;
use crate::engine::stream::RowStream;
use crate::raw::{listed, view_columns};
use crate::rollup::narrow::Narrow;
use crate::{Row, Statement, Store, StoreError, Value, params};
use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_shared::signal::SignalKind;

/// Something that happens to visitors on some pages.
#[derive(Clone, Copy, Debug)]
pub struct Cause<'a> {
    /// Of what kind.
    pub kind: SignalKind,
    /// What it is counted under: an element, an error, or a task with its step.
    pub label: &'a str,
    /// Of errors the keys of a group, in place of the label; none for any other cause.
    pub error_keys: &'a [String],
    /// The page; empty for all of the slice.
    pub path: &'a str,
    /// The kind of device; `None` for all.
    pub device: Option<Device>,
    /// What else must hold.
    pub narrow: &'a Narrow,
}

/// A view that met it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the columns of page_view")]
pub struct TouchedView {
    pub item_id: Id,
    pub occurred_at_ms: i64,
    pub path: String,
    pub device: String,
    /// Empty where it was not kept yet.
    pub browser: String,
    /// Empty where it is not known.
    pub country: String,
    pub language: String,
    pub release: String,
    pub duration_ms: i64,
}

fn touched(row: &Row) -> Result<TouchedView, StoreError> {
    Ok(TouchedView {
        item_id: row.id("item_id")?,
        occurred_at_ms: row.int("occurred_at_ms")?,
        path: row.text("path")?.to_owned(),
        device: row.text("device")?.to_owned(),
        browser: row.text("browser")?.to_owned(),
        country: row.text("country")?.to_owned(),
        language: row.text("language")?.to_owned(),
        release: row.text("release")?.to_owned(),
        duration_ms: row.int("duration_ms")?,
    })
}

/// Longest character, in bytes: of a label that may have been cut only the beginning is known.
const CHARACTER_BYTES: usize = 4;

/// What `signal s` of a kind is counted under.
pub(crate) fn counted(kind: &str) -> &'static str {
    match SignalKind::parse(kind) {
        Some(SignalKind::Error) => "CASE WHEN s.name = '' THEN s.text ELSE s.name || ': ' || s.text END",
        Some(SignalKind::Task) => "s.name || ' ' || s.text",
        Some(SignalKind::Event) => "s.name",
        _ => "s.element",
    }
}

/// That something is counted under this label, whose place among the values of the statement is `place`.
pub(crate) fn is_counted(counted: &str, label: &str, place: &str) -> String {
    if label.len() + CHARACTER_BYTES > limit::LABEL_BYTES {
        format!("SUBSTR({counted}, 1, {}) = {place}", label.chars().count())
    } else {
        format!("{counted} = {place}")
    }
}

impl Cause<'_> {
    /// That `signal s` with its `page_view v`, of the hours from `$2` to `$3`, is of it.
    fn condition(&self, span_ms: (i64, i64), params: &mut Vec<Value>) -> String {
        let mut bind = |value: Value| {
            params.push(value);
            format!("${}", params.len())
        };
        let (kind, label) = (bind(self.kind.as_str().into()), bind(self.label.into()));
        let (path, device) = (bind(self.path.into()), bind(self.device.into()));
        let is_counted = if !self.error_keys.is_empty() {
            let places: Vec<_> = self.error_keys.iter().map(|key| bind(key.into())).collect();
            format!("s.error_key IN ({})", places.join(", "))
        } else {
            is_counted(counted(self.kind.as_str()), self.label, &label)
        };
        format!(
            "s.site_id = $1 AND s.hour_ms >= $2 AND s.hour_ms < $3 AND s.bot = 0 AND s.clamped = 0 AND s.kind = {kind}
               AND ({path} = '' OR s.path = {path}) AND ({device} = '' OR s.device = {device}) AND {is_counted}{}",
            self.narrow.on_signals(span_ms, params)
        )
    }
}

impl Store {
    /// The newest responses of visits that met a cause in the hours of a span, whatever page they were given on. Suspicious ones are left
    /// out.
    pub async fn responses_touched(
        &self,
        site_id: Id,
        (from_ms, to_ms): (i64, i64),
        cause: &Cause<'_>,
        limit: i64,
    ) -> Result<Vec<ResponseRecord>, StoreError> {
        let mut params = params![site_id, from_ms, to_ms, limit];
        let condition = cause.condition((from_ms, to_ms), &mut params);
        let sql = format!(
            "SELECT {RESPONSE} FROM response r
             WHERE r.site_id = $1 AND r.hour_ms >= $2 AND r.hour_ms < $3 AND {}
               AND r.session_id IN (
                 SELECT s.session_id FROM signal s LEFT JOIN page_view v ON v.site_id = s.site_id AND v.item_id = s.view_id
                 WHERE s.session_id IS NOT NULL AND {condition})
             ORDER BY r.occurred_at_ms DESC, r.item_id DESC LIMIT $4",
            Suspicious::LeftOut.condition()
        );
        self.read(sql, params).await?.iter().map(response).collect()
    }

    /// The newest page views that met a cause in the hours of a span.
    pub async fn views_touched(
        &self,
        site_id: Id,
        (from_ms, to_ms): (i64, i64),
        cause: &Cause<'_>,
        limit: i64,
    ) -> Result<Vec<TouchedView>, StoreError> {
        let mut params = params![site_id, from_ms, to_ms, limit];
        let condition = cause.condition((from_ms, to_ms), &mut params);
        let sql = format!(
            "SELECT w.item_id, w.occurred_at_ms, w.path, w.device, COALESCE(w.browser, '') AS browser,
               COALESCE(w.country, '') AS country, w.language, w.release,
               w.duration_ms
             FROM page_view w
             WHERE w.site_id = $1 AND w.item_id IN (
               SELECT s.view_id FROM signal s LEFT JOIN page_view v ON v.site_id = s.site_id AND v.item_id = s.view_id
               WHERE {condition})
             ORDER BY w.occurred_at_ms DESC, w.item_id DESC LIMIT $4"
        );
        self.read(sql, params).await?.iter().map(touched).collect()
    }

    /// Every page view that met a cause in the hours of a span, oldest first, with every column.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when as many long results are being read as may be.
    pub async fn stream_views_touched(
        &self,
        site_id: Id,
        (from_ms, to_ms): (i64, i64),
        cause: &Cause<'_>,
    ) -> Result<RowStream, StoreError> {
        let mut params = params![site_id, from_ms, to_ms];
        let condition = cause.condition((from_ms, to_ms), &mut params);
        let sql = format!(
            "SELECT {} FROM page_view w
             WHERE w.site_id = $1 AND w.item_id IN (
               SELECT s.view_id FROM signal s LEFT JOIN page_view v ON v.site_id = s.site_id AND v.item_id = s.view_id
               WHERE {condition})
             ORDER BY w.occurred_at_ms, w.item_id",
            listed(view_columns(), "w")
        );
        self.stream(vec![Statement::new(sql, params)]).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::site::directory::SiteDirectory;
    use crate::story_test::{BROKEN, NOW_MS, RESPONSE as ANSWER, tell};
    use crate::test_store::{a_site, each_engine};

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_met_a_cause_is_found_with_what_they_answered_and_nobody_else() {
        each_engine(async |store| {
            let site = a_site("shop");
            store.add_site(&site).await.unwrap();
            let sites = SiteDirectory::new(store.clone(), Clock::System);
            tell(&store, &sites, &site).await;
            let (site_id, narrow) = (site.site_id, Narrow::default());
            let span_ms = (NOW_MS - 20 * 24 * 3_600_000, NOW_MS + 1);
            let rows = store.read("SELECT DISTINCT kind, element, name, text, path FROM signal", vec![]).await.unwrap();
            assert!(rows.len() >= 3, "the story has some of each");
            for row in &rows {
                let kind = row.named("signal.kind", SignalKind::parse).unwrap();
                let text = |column| row.text(column).unwrap().to_owned();
                let label = match kind {
                    SignalKind::Error => format!("{}: {}", text("name"), text("text")),
                    SignalKind::Task => format!("{} {}", text("name"), text("text")),
                    SignalKind::Event => text("name"),
                    _ => text("element"),
                };
                let path = text("path");
                let cause = Cause { kind, label: &label, error_keys: &[], path: &path, device: None, narrow: &narrow };
                let answers = store.responses_touched(site_id, span_ms, &cause, 5).await.unwrap();
                assert_eq!(answers.iter().map(|answer| answer.item_id).collect::<Vec<_>>(), [ANSWER], "{cause:?}");
                let views = store.views_touched(site_id, span_ms, &cause, 5).await.unwrap();
                assert!(!views.is_empty() && views.iter().all(|view| view.path == BROKEN), "{views:?}");
                let mut all = store.stream_views_touched(site_id, span_ms, &cause).await.unwrap();
                assert!(all.next().await.unwrap().unwrap().rows.len() >= views.len());
                for other in [
                    Cause { label: "another", ..cause },
                    Cause { path: "/none", ..cause },
                    Cause { device: Some(Device::Tablet), ..cause },
                    Cause { narrow: &Narrow { release: Some("9".into()), ..Narrow::default() }, ..cause },
                ] {
                    assert_eq!(store.responses_touched(site_id, span_ms, &other, 5).await, Ok(vec![]), "{other:?}");
                    assert_eq!(store.views_touched(site_id, span_ms, &other, 5).await, Ok(vec![]), "{other:?}");
                }
            }
        })
        .await;
    }
}
