//! The rollup of signals: how often, and in how many views, by page, device, kind and what they are counted under.

use super::hour::{Hour, RawRow, Select, Span, path};
use super::range::BucketRange;
use super::registry::Rollup;
use super::row::{RollupRow, rollup_row, view_set};
use super::words::{SharedWords, Word};
use crate::device::Device;
use crate::signal_detail::SignalDetail;
use crate::site::directory::SiteContext;
use crate::{Row, Statement, Store, StoreError, params, text};
use rapport_figures::sketch::stable_hash;
use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_shared::signal::SignalKind;
use std::collections::{BTreeMap, HashMap};

/// Most labels kept of one kind of signal on one page and device in an hour; the rest count as [`limit::OTHER_PAGES`].
const LABELS: usize = 50;
/// So many views of a label are listed whatever is known of them; of more, only those that may be in another hour, too.
const LISTED_VIEWS: usize = 32;
/// Most views of a label that are listed at all: more than these were a flood.
const MOST_LISTED_VIEWS: usize = 1_024;
/// A signal may seem to come so much later than the end of its view, since the ages of both were taken at different times.
const LATE_SIGNAL_MS: i64 = 60_000;
/// So many rows of a range are read, those with most views: a page has fewer unless somebody makes them up.
const ROWS: i64 = 20_000;

rollup_row! {
    /// A row of `rollup_signal`. Of the views that may be in another bucket, too, it holds hashes, so that the sum of several
    /// rows counts each view once.
    SignalRollup = "rollup_signal"
    by { path, device, kind, label }
    count { signals, views }
    views { listed_views of views }
}

/// A signal, as far as rollups count it.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "the migrations describe the columns")]
pub struct SignalSeen {
    pub path: String,
    pub device: String,
    pub view_id: Id,
    pub session_id: Option<Id>,
    /// The browser and the visitor of its view, as far as the view arrived.
    pub browser: String,
    pub visitor_key: Option<Id>,
    /// The name of a [`SignalKind`]: what a newer collector beside this one names otherwise is counted, too.
    pub kind: String,
    pub element: String,
    pub name: String,
    pub text: String,
    pub count: i64,
    /// Of an error which others are the same; empty where that is not known.
    pub error_key: String,
    /// What it says besides.
    pub detail: SignalDetail,
    /// Whether the view is known to have begun and ended within the hour.
    pub within_hour: bool,
}

impl RawRow for SignalSeen {
    fn selects(hour: &Hour) -> Vec<Select> {
        let sql = "SELECT s.path, s.device, s.view_id, s.session_id, COALESCE(v.browser, '') AS browser, v.visitor_key, s.kind, s.element, s.name, s.text, s.count,
                 s.error_key, s.detail,
                CASE WHEN v.occurred_at_ms >= $2 AND v.occurred_at_ms + v.duration_ms < $4 THEN 1 ELSE 0 END AS within_hour
             FROM signal s LEFT JOIN page_view v ON v.site_id = s.site_id AND v.item_id = s.view_id
             WHERE s.site_id = $1 AND s.hour_ms = $2 AND s.occurred_at_ms < $3 AND s.bot = 0 AND s.clamped = 0
               AND s.kind NOT IN ('point', 'form', 'field')";
        let params = params![hour.site_id, hour.hour_ms, hour.until_ms, hour.next_hour_ms - LATE_SIGNAL_MS];
        vec![Select::of_items("signal", "s.item_id", sql, params)]
    }

    fn narrowed(span: &Span<'_>) -> Vec<Statement> {
        let mut params = span.params();
        let sql = format!(
            "SELECT s.path, s.device, s.view_id, s.session_id, COALESCE(v.browser, '') AS browser, v.visitor_key, s.kind, s.element, s.name, s.text, s.count,
                 s.error_key, s.detail, 0 AS within_hour, s.hour_ms,
                v.occurred_at_ms AS began_ms, v.occurred_at_ms + v.duration_ms AS ended_ms
             FROM signal s LEFT JOIN page_view v ON v.site_id = s.site_id AND v.item_id = s.view_id
             WHERE s.site_id = $1 AND s.hour_ms >= $2 AND s.hour_ms < $3 AND s.occurred_at_ms < $3
               AND s.bot = 0 AND s.clamped = 0 AND s.kind NOT IN ('point', 'form', 'field'){}",
            span.narrow.on_signals(span.ends(), &mut params)
        );
        vec![Statement::new(sql, params)]
    }

    fn read(row: &mut Row) -> Result<Self, StoreError> {
        Ok(SignalSeen {
            path: path(row)?,
            device: row.take_text("device")?,
            view_id: row.id("view_id")?,
            session_id: row.id_or_null("session_id")?,
            browser: row.take_text("browser")?,
            visitor_key: row.id_or_null("visitor_key")?,
            kind: row.take_text("kind")?,
            element: row.take_text("element")?,
            name: row.take_text("name")?,
            text: row.take_text("text")?,
            count: row.int("count")?,
            error_key: row.text_or_null("error_key")?.unwrap_or_default().to_owned(),
            detail: SignalDetail::read(row)?,
            within_hour: row.flag("within_hour")?,
        })
    }

    fn read_of_span(row: &mut Row, site: &SiteContext) -> Result<(i64, Self), StoreError> {
        let hour_ms = row.int("hour_ms")?;
        let (began_ms, ended_ms) = (row.int_or_null("began_ms")?, row.int_or_null("ended_ms")?);
        let end_ms = site.next_hour_start_ms(hour_ms) - LATE_SIGNAL_MS;
        let within_hour =
            began_ms.is_some_and(|began_ms| began_ms >= hour_ms) && ended_ms.is_some_and(|ended_ms| ended_ms < end_ms);
        Ok((hour_ms, Self { within_hour, ..Self::read(row)? }))
    }

    fn words(&self) -> Vec<Word> {
        let mut words = vec![Word::path(&self.path), Word { of: self.kind.clone(), text: label(self) }];
        words.extend(self.detail.properties.iter().map(|(name, value)| super::event::word(&self.name, name, value)));
        words
    }
}

impl Rollup for SignalRollup {
    type Raw = SignalSeen;

    fn of_hour(hour_ms: i64, seen: &[SignalSeen]) -> Vec<Self> {
        signals(hour_ms, seen)
    }

    fn forget(&mut self, shared: &SharedWords) {
        shared.keep_path(&mut self.path);
        shared.keep(&self.kind, &mut self.label);
    }

    fn path_mut(&mut self) -> Option<&mut String> {
        Some(&mut self.path)
    }
}

/// What a signal is counted under: a key, so that it is bounded in bytes.
pub(super) fn label(signal: &SignalSeen) -> String {
    let label = match SignalKind::parse(&signal.kind) {
        Some(SignalKind::Error) if signal.name.is_empty() => signal.text.clone(),
        Some(SignalKind::Error) => format!("{}: {}", signal.name, signal.text),
        Some(SignalKind::Task) => format!("{} {}", signal.name, signal.text),
        Some(SignalKind::Event) => signal.name.clone(),
        _ => signal.element.clone(),
    };
    text::cut(label, limit::LABEL_BYTES)
}

/// Views, and of each whether it is within this hour.
pub(super) type Views = HashMap<Id, bool>;

/// The views that another hour can have, too, as a set.
pub(super) fn listed(views: &Views) -> Vec<u8> {
    let is_listed = |within_hour: bool| views.len() <= LISTED_VIEWS || !within_hour;
    let listed = views.iter().filter(|(_, within_hour)| is_listed(**within_hour)).map(|(view, _)| stable_hash(&view.0));
    let mut listed = view_set(listed);
    listed.truncate(MOST_LISTED_VIEWS * size_of::<u64>());
    listed
}

fn signals(hour_ms: i64, seen: &[SignalSeen]) -> Vec<SignalRollup> {
    type Key<'a> = (&'a str, &'a str, &'a str);
    let mut sums: BTreeMap<Key<'_>, HashMap<String, (i64, Views)>> = BTreeMap::new();
    for signal in seen {
        let key = (signal.path.as_str(), signal.device.as_str(), signal.kind.as_str());
        let (signals, views) = sums.entry(key).or_default().entry(label(signal)).or_default();
        // The count of a rage click is its clicks; only an error's count is repeats of the same thing.
        *signals += if signal.kind == SignalKind::Error.as_str() { signal.count } else { 1 };
        views.insert(signal.view_id, signal.within_hour);
    }
    let mut rollups = Vec::new();
    for ((path, device, kind), labels) in sums {
        let mut labels: Vec<_> = labels.into_iter().collect();
        labels.sort_by(|(a, (a_signals, _)), (b, (b_signals, _))| b_signals.cmp(a_signals).then(a.cmp(b)));
        if labels.len() > LABELS {
            let mut other = (0, Views::new());
            for (_, (signals, views)) in labels.drain(LABELS - 1..) {
                other.0 += signals;
                other.1.extend(views);
            }
            labels.push((limit::OTHER_PAGES.to_owned(), other));
        }
        rollups.extend(labels.into_iter().map(|(label, (signals, views))| SignalRollup {
            bucket_ms: hour_ms,
            path: path.to_owned(),
            device: device.to_owned(),
            kind: kind.to_owned(),
            label,
            signals,
            views: views.len() as i64,
            listed_views: listed(&views),
        }));
    }
    rollups
}

impl Store {
    /// Signals of one page by bucket, kind and label over a range. An empty device is every one.
    ///
    /// The rows are not summed here: a view that several of them count is one.
    pub async fn signal_rollups(
        &self,
        site_id: Id,
        range: BucketRange,
        path: &str,
        device: Option<Device>,
    ) -> Result<Vec<SignalRollup>, StoreError> {
        let sql = format!(
            "SELECT {} FROM rollup_signal
             WHERE site_id = $1 AND grain = $2 AND bucket_ms >= $3 AND bucket_ms <= $4
               AND path = $5 AND ($6 = '' OR device = $6)
             ORDER BY views DESC, bucket_ms, kind, label
             LIMIT $7",
            SignalRollup::COLUMNS.join(", ")
        );
        let params = params![site_id, range.grain.as_str(), range.first_ms, range.last_ms, path, device, ROWS];
        self.read(sql, params).await?.iter().map(SignalRollup::read).collect()
    }
}
