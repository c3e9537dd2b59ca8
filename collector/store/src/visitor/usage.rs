//! How known visitors come back to some pages. Nobody else is recognised the day after.

use super::{IDS, values};
use crate::engine::value::placeholders;
use crate::response::Within;
use crate::rollup::narrow::Narrow;
use crate::{Store, StoreError, params};
use rapport_shared::id::Id;
use std::collections::{BTreeMap, BTreeSet};

/// Known visitors of some pages in some hours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The hours in which each was there, by their key.
    pub hours: BTreeMap<Id, BTreeSet<i64>>,
    /// Those who had been on these pages before.
    pub before: BTreeSet<Id>,
}

impl Store {
    /// The known visitors of a slice in the hours of `[from_ms, to_ms)`, from at most `most` hours of them in all, and who of them had been on
    /// the same pages before.
    pub async fn usage(
        &self,
        site_id: Id,
        (from_ms, to_ms): (i64, i64),
        (path, device, narrow): Within<'_>,
        most: i64,
    ) -> Result<Usage, StoreError> {
        let mut params = params![site_id, from_ms, to_ms, path, device, most];
        let sql = format!(
            "SELECT DISTINCT v.known_visitor_key AS visitor, v.hour_ms FROM page_view v
             WHERE v.site_id = $1 AND v.hour_ms >= $2 AND v.hour_ms < $3 AND v.occurred_at_ms < $3
               AND v.known_visitor_key IS NOT NULL AND v.bot = 0 AND v.clamped = 0
               AND ($4 = '' OR v.path = $4) AND ($5 = '' OR v.device = $5){}
             LIMIT $6",
            narrow.on_views((from_ms, to_ms), &mut params)
        );
        let mut usage = Usage::default();
        for row in self.read(sql, params).await? {
            usage.hours.entry(row.id("visitor")?).or_default().insert(row.int("hour_ms")?);
        }
        let pages = Narrow { below: narrow.below.clone(), paths: narrow.paths.clone(), ..Narrow::default() };
        let visitors: Vec<Id> = usage.hours.keys().copied().collect();
        for some in visitors.chunks(IDS) {
            let mut params = params![site_id, from_ms, path];
            let visitors = placeholders(params.len() + 1, some.len());
            params.extend(values(some));
            let sql = format!(
                "SELECT DISTINCT v.known_visitor_key AS visitor FROM page_view v
                 WHERE v.site_id = $1 AND v.hour_ms < $2 AND v.known_visitor_key IN ({visitors})
                   AND v.bot = 0 AND v.clamped = 0 AND ($3 = '' OR v.path = $3){}",
                pages.on_views((0, from_ms), &mut params)
            );
            for row in self.read(sql, params).await? {
                usage.before.insert(row.id("visitor")?);
            }
        }
        Ok(usage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Device;
    use crate::record::{PageViewRow, Record, Submission};
    use crate::test_store::{a_site, each_engine};

    const HOUR_MS: i64 = 3_600_000;

    #[tokio::test]
    async fn known_visitors_are_counted_on_their_pages_and_those_from_before_are_told() {
        each_engine(async |store| {
            let site = a_site("shop");
            store.add_site(&site).await.unwrap();
            let view = |number: u8, visitor: Option<u8>, path: &str, hour: i64, bot: bool| {
                Record::PageView(Box::new(PageViewRow {
                    site_id: site.site_id,
                    item_id: Id([number; 16]),
                    visitor_key: Id([visitor.unwrap_or(99); 16]),
                    known_visitor_key: visitor.map(|visitor| Id([visitor; 16])),
                    occurred_at_ms: hour * HOUR_MS,
                    hour_ms: hour * HOUR_MS,
                    path: path.into(),
                    device: Device::Desktop.into(),
                    bot,
                    view_index: 1,
                    ..PageViewRow::default()
                }))
            };
            let records = vec![
                view(1, Some(1), "/a", 2, false),
                view(2, Some(1), "/a", 50, false),
                view(3, Some(1), "/a", 51, false),
                view(4, Some(2), "/b", 3, false),
                view(5, Some(2), "/a", 50, false),
                view(6, None, "/a", 50, false),
                view(7, Some(3), "/a", 50, true),
                view(8, Some(4), "/b", 50, false),
            ];
            let submission = Submission { site_id: site.site_id, records, ..Submission::default() };
            store.submit(submission).await.unwrap();
            let of = async |path: &str, narrow: &Narrow| {
                store.usage(site.site_id, (40 * HOUR_MS, 60 * HOUR_MS), (path, None, narrow), 100).await.unwrap()
            };
            let usage = of("/a", &Narrow::default()).await;
            let hours: Vec<_> = usage.hours.iter().map(|(visitor, hours)| (visitor.0[0], hours.len())).collect();
            assert_eq!(hours, [(1, 2), (2, 1)]);
            // The second visitor had been on another page.
            assert_eq!(usage.before.iter().map(|visitor| visitor.0[0]).collect::<Vec<_>>(), [1]);
            let whole = of("", &Narrow::default()).await;
            assert_eq!((whole.hours.len(), whole.before.len()), (3, 2));
            let paths = Narrow { paths: Some(vec!["/b".into()]), ..Narrow::default() };
            assert_eq!(of("", &paths).await.hours.len(), 1);
            assert_eq!(of("", &Narrow { release: Some("9".into()), ..paths }).await, Usage::default());
        })
        .await;
    }
}
