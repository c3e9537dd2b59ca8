//! Signals that are only counted, with their numbers: the clicks of heat maps, and how forms are filled in.

use super::hour::{Hour, RawRow, Select, Span, path};
use super::words::Word;
use crate::{Row, Statement, StoreError, params, text};
use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_shared::signal::SignalKind;

/// Longest name of an element, a form or a field in a rollup, in bytes: it is part of a key.
pub(crate) const NAME_BYTES: usize = 400;
/// Longest place of an element, in bytes.
pub(crate) const PLACE_BYTES: usize = 700;
// The texts of a key fit into a row of an index.
const _: () = assert!(limit::PATH_BYTES + NAME_BYTES + PLACE_BYTES + 300 < limit::INDEX_ROW_BYTES);
const _: () = assert!(limit::PATH_BYTES + 2 * NAME_BYTES + 300 < limit::INDEX_ROW_BYTES);

/// A signal that is only counted, as far as rollups count it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations describe the columns")]
pub struct MeasuredSignal {
    pub path: String,
    pub device: String,
    pub view_id: Id,
    pub kind: SignalKind,
    pub element: String,
    pub name: String,
    pub text: String,
    pub measured: Vec<u32>,
}

/// The columns, of `signal s`.
const COLUMNS: &str = "s.path, s.device, s.view_id, s.kind, s.element, s.name, s.text, s.measured";

impl RawRow for MeasuredSignal {
    fn selects(hour: &Hour) -> Vec<Select> {
        let sql = format!(
            "SELECT {COLUMNS} FROM signal s
             WHERE s.site_id = $1 AND s.hour_ms = $2 AND s.occurred_at_ms < $3 AND s.bot = 0 AND s.clamped = 0
               AND s.kind IN ('point', 'form', 'field')"
        );
        let params = params![hour.site_id, hour.hour_ms, hour.until_ms];
        vec![Select::of_items("signal", "s.item_id", sql, params)]
    }

    fn narrowed(span: &Span<'_>) -> Vec<Statement> {
        let mut params = span.params();
        let sql = format!(
            "SELECT {COLUMNS}, s.hour_ms
             FROM signal s LEFT JOIN page_view v ON v.site_id = s.site_id AND v.item_id = s.view_id
             WHERE s.site_id = $1 AND s.hour_ms >= $2 AND s.hour_ms < $3 AND s.occurred_at_ms < $3
               AND s.bot = 0 AND s.clamped = 0 AND s.kind IN ('point', 'form', 'field'){}",
            span.narrow.on_signals(span.ends(), &mut params)
        );
        vec![Statement::new(sql, params)]
    }

    fn read(row: &mut Row) -> Result<Self, StoreError> {
        Ok(Self {
            path: path(row)?,
            device: row.take_text("device")?,
            view_id: row.id("view_id")?,
            kind: row.named("signal.kind", SignalKind::parse)?,
            element: text::cut(row.take_text("element")?, NAME_BYTES),
            name: text::cut(row.take_text("name")?, NAME_BYTES),
            text: text::cut(row.take_text("text")?, PLACE_BYTES),
            // Of what cannot be read nothing is counted.
            measured: serde_json::from_str(row.text("measured")?).unwrap_or_default(),
        })
    }

    fn words(&self) -> Vec<Word> {
        let word = |of: &str, text: &str| Word { of: of.to_owned(), text: text.to_owned() };
        let own = match self.kind {
            SignalKind::Point => vec![word("element", &self.element), word("place", &self.text)],
            _ => vec![word("form", &self.name), word("field", &self.element)],
        };
        [vec![Word::path(&self.path)], own].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::device::Device;
    use crate::record::{PageViewRow, Record, SignalRow, Submission};
    use crate::rollup::narrow::{Narrow, narrowed};
    use crate::rollup::range::BucketRange;
    use crate::rollup::{FormRollup, Grain, HeatRollup, ScrollRollup, fresh, rebuild};
    use crate::site::directory::SiteDirectory;
    use crate::test_store::{a_site, each_engine};
    use crate::visitor::Traces;

    const HOUR_MS: i64 = 3_600_000;
    const NOW_MS: i64 = 1_795_341_600_000;
    const AT_MS: i64 = NOW_MS - 48 * HOUR_MS;

    fn view(site_id: Id, number: u8, scroll_percent: i64) -> Record {
        Record::PageView(Box::new(PageViewRow {
            site_id,
            item_id: Id([number; 16]),
            session_id: Some(Id([number; 16])),
            occurred_at_ms: AT_MS,
            received_at_ms: AT_MS,
            hour_ms: AT_MS,
            path: "/checkout".into(),
            device: Device::Mobile.into(),
            language: "de".into(),
            scroll_percent,
            view_index: 1,
            ..PageViewRow::default()
        }))
    }

    fn signal(site_id: Id, (view, number): (u8, u8), kind: SignalKind, texts: [&str; 3], measured: &str) -> Record {
        let [element, name, text] = texts;
        let mut item_id = [view; 16];
        item_id[0] = number;
        Record::Signal(Box::new(SignalRow {
            site_id,
            item_id: Id(item_id),
            view_id: Id([view; 16]),
            session_id: Some(Id([view; 16])),
            known_visitor_key: None,
            occurred_at_ms: AT_MS,
            received_at_ms: AT_MS,
            hour_ms: AT_MS,
            clamped: false,
            bot: false,
            kind,
            path: "/checkout".into(),
            device: Device::Mobile.into(),
            element: element.into(),
            name: name.into(),
            text: text.into(),
            count: 1,
            rule: None,
            measured: Some(measured.into()),
            error_key: None,
            detail: None,
        }))
    }

    /// A visit that fills in a field of a form of its own name, and clicks on something of its own.
    fn visit(site_id: Id, number: u8, own: &str, scroll_percent: i64) -> Vec<Record> {
        vec![
            view(site_id, number, scroll_percent),
            signal(site_id, (number, 101), SignalKind::Form, ["", own, "start"], "[0]"),
            signal(site_id, (number, 102), SignalKind::Field, ["town", own, ""], "[900, 1, 1, 0, 0, 1]"),
            signal(site_id, (number, 103), SignalKind::Form, ["town", own, "left"], "[900]"),
            signal(site_id, (number, 104), SignalKind::Point, [own, "", "body>p"], "[1, 2, 3, 4, 5, 6, 390, 2]"),
        ]
    }

    #[tokio::test]
    async fn what_is_counted_of_an_hour_is_the_same_from_rows_from_rollups_narrowed_and_after_an_erasure() {
        each_engine(async |store| {
            let site = a_site("shop");
            let site_id = site.site_id;
            store.add_site(&site).await.unwrap();
            let clock = Clock::manual(NOW_MS);
            let sites = SiteDirectory::new(store.clone(), clock.clone());
            let context = sites.by_id(site_id).await.unwrap().unwrap();
            let mut records = visit(site_id, 1, "address", 80);
            records.extend(visit(site_id, 2, "address", 20));
            records.extend(visit(site_id, 3, "of ada alone", 100));
            let all = Submission { site_id, received_at_ms: AT_MS, records, ..Submission::default() };
            store.submit(all).await.unwrap();
            let forms = |rows: &[FormRollup]| {
                let mut told: Vec<_> =
                    rows.iter().map(|row| (row.form.clone(), row.field.clone(), row.uses, row.given_up)).collect();
                told.sort();
                told
            };
            let row = |form: &str, field: &str, uses, given_up| (form.to_owned(), field.to_owned(), uses, given_up);
            let expected = vec![
                row("address", "", 2, 0),
                row("address", "town", 2, 2),
                row("of ada alone", "", 1, 0),
                row("of ada alone", "town", 1, 1),
            ];
            let hour = fresh(&store, &context, AT_MS).await.unwrap();
            assert_eq!(forms(hour.rows()), expected, "from rows");
            assert_eq!(hour.rows::<crate::rollup::SignalRollup>().len(), 0, "they are no signals that are told of");
            let german = Narrow { language: Some("de".into()), ..Narrow::default() };
            let french = Narrow { language: Some("fr".into()), ..Narrow::default() };
            let span_ms = (AT_MS, AT_MS + HOUR_MS);
            let hours = narrowed(&store, &context, span_ms, &german).await.unwrap();
            assert_eq!(forms(hours[0].rows()), expected, "narrowed");
            let none = narrowed(&store, &context, span_ms, &french).await.unwrap();
            assert!(none.iter().all(|hour| hour.rows::<FormRollup>().is_empty()));
            rebuild::run_once(&store, &clock, &sites).await.unwrap();
            let range = BucketRange { grain: Grain::Hour, first_ms: AT_MS, last_ms: AT_MS };
            let stored = async |path: &str, device| store.form_rollups(site_id, range, path, device).await.unwrap();
            assert_eq!(forms(&stored("", None).await), expected, "from rollups");
            assert_eq!(forms(&stored("/checkout", Some(Device::Mobile)).await), expected);
            assert!(stored("/cart", None).await.is_empty() && stored("", Some(Device::Desktop)).await.is_empty());
            let heat = async |path: &str| {
                let rows: Vec<HeatRollup> = store.heat_rollups(site_id, range, path, None).await.unwrap();
                rows.into_iter().map(|row| (row.element, row.place, row.clicks, row.dead)).collect::<Vec<_>>()
            };
            let clicked = |element: &str, clicks| (element.to_owned(), "body>p".to_owned(), clicks, clicks);
            assert_eq!(heat("/checkout").await, [clicked("address", 2), clicked("of ada alone", 1)]);
            assert!(heat("/cart").await.is_empty());
            let scroll = store.scroll_rollups(site_id, range, "/checkout", Some(Device::Mobile)).await.unwrap();
            let [scroll] = <[ScrollRollup; 1]>::try_from(scroll).unwrap();
            assert_eq!((scroll.views, scroll.reached_20, scroll.reached_80, scroll.reached_100), (3, 3, 2, 1));

            let of_site = store.scroll_rollups(site_id, range, "", None).await.unwrap();
            assert_eq!(of_site.iter().map(|row| row.views).sum::<i64>(), 3, "of every page");

            let erased: Vec<Id> = (101..=104)
                .map(|number| {
                    let mut id = [3; 16];
                    id[0] = number;
                    Id(id)
                })
                .collect();
            let traces = Traces { page_views: vec![Id([3; 16])], signals: erased, ..Traces::default() };
            store.erase(site_id, &site.time_zone, &traces, &clock).await.unwrap();
            rebuild::run_once(&store, &clock, &sites).await.unwrap();
            let other = limit::OTHER_PAGES;
            let kept = vec![
                row(other, "", 1, 0),
                row(other, "town", 1, 1),
                row("address", "", 2, 0),
                row("address", "town", 2, 2),
            ];
            assert_eq!(forms(&stored("", None).await), kept, "counts stay, words that nobody shares go");
            assert_eq!(heat("/checkout").await, [clicked("address", 2), clicked(other, 1)]);
            let scroll = store.scroll_rollups(site_id, range, "/checkout", None).await.unwrap();
            assert_eq!((scroll[0].views, scroll[0].reached_100), (3, 1));
        })
        .await;
    }
}
