//! What is marked on charts, and the figures before and after a mark.

use super::{Loaded, Source};
use crate::ReportError;
use crate::annotation::before_after::{BeforeAfter, Input, Side, Sides, compared};
use crate::annotation::release::{self, EARLIER_DAYS, Named, RULE, Release, ReleaseLine};
use crate::annotation::{MARKS, Mark, MarkId, Marks, marks};
use crate::period::Period;
use crate::slice::{Range, Slice};
use jiff::ToSpan;
use jiff::civil::Date;
use rapport_store::annotation::Annotation;
use rapport_store::calendar::{day_of_instant, day_start_ms};
use rapport_store::rollup::{Grain, ReleaseRollup};

impl Source<'_> {
    /// What is marked on the days of a slice. A mark is of the whole site, whatever else the slice is narrowed to.
    pub async fn marks(&self, slice: &Slice) -> Result<Marks, ReportError> {
        let (period, _) = slice.periods(&self.site.site.time_zone, self.now_ms);
        self.marks_of(&period).await
    }

    async fn marks_of(&self, period: &Period) -> Result<Marks, ReportError> {
        let zone = &self.site.site.time_zone;
        let added = async { self.added_within(period).await };
        let (added, (named, came)) = tokio::try_join!(added, self.releases(period.first, period.last))?;
        let (marks, more) = marks(period, zone, &added, &came);
        let mark_of = |release: &Release| {
            let at = came.iter().find(|(other, _)| other.name == release.name);
            at.and_then(|(release, at_ms)| Some(Mark::of_tag(&release.name, release.came?, *at_ms, zone).id))
        };
        let lines = named.releases.iter().filter_map(|of| ReleaseLine::of(of, mark_of(of), named.views));
        Ok(Marks {
            from: period.first.to_string(),
            to: period.last.to_string(),
            marks,
            more,
            releases: lines.collect(),
            rare_releases: named.rare,
            rare_views: named.rare_views,
            unnamed_views: named.unnamed_views,
            views: named.views,
            rule: RULE,
        })
    }

    /// The newest releases and notes that were added of the days of a period.
    async fn added_within(&self, period: &Period) -> Result<Vec<Annotation>, ReportError> {
        let end_ms = period.days.last().map_or(period.from_ms, |day| day.end_ms);
        let span_ms = (period.from_ms, end_ms);
        Ok(self.store.annotations_within(self.site.site.site_id, span_ms, MARKS as i64).await?)
    }

    /// What the views of some days named, and of each release that came on them when.
    async fn releases(&self, first: Date, last: Date) -> Result<(Named, Vec<(Release, i64)>), ReportError> {
        let (site, zone) = (self.site.site.site_id, &self.site.site.time_zone);
        let range = Range::Custom(first.saturating_sub(EARLIER_DAYS.days()), last);
        let whole = Slice { range, compare: false, ..Slice::default() };
        let (days, _) = whole.periods(zone, self.now_ms);
        let rows = Loaded::new(self, &whole, &days).await?.release_rows().await?;
        let named = release::named(&rows, &days, first, self.data_began().await?);
        let mut came = Vec::new();
        for release in &named.releases {
            let Some(day) = release.came else { continue };
            let span_ms = (day_start_ms(zone, day), day_start_ms(zone, day.saturating_add(1.day())));
            let first_hour = |rows: &[ReleaseRollup]| {
                let then = rows.iter().filter(|row| row.release == release.name && row.views > 0);
                then.map(|row| row.bucket_ms).filter(|hour_ms| (span_ms.0..span_ms.1).contains(hour_ms)).min()
            };
            let mut first_ms = first_hour(&rows);
            if first_ms == Some(span_ms.0) {
                // The row of a whole day begins with it, and tells no hour.
                let hours = self.store.rollup_rows(site, Grain::Hour, span_ms.0, span_ms.1).await?;
                first_ms = first_hour(&hours);
            }
            came.push((release.clone(), first_ms.unwrap_or(span_ms.0)));
        }
        Ok((named, came))
    }

    /// The first day with data.
    pub(super) async fn data_began(&self) -> Result<Option<Date>, ReportError> {
        let first_ms = self.store.first_hour_ms(self.site.site.site_id).await?;
        Ok(first_ms.map(|hour_ms| day_of_instant(&self.site.site.time_zone, hour_ms)))
    }

    /// A mark by its id; `None` where there is none.
    pub async fn mark(&self, id: &MarkId) -> Result<Option<Mark>, ReportError> {
        let zone = &self.site.site.time_zone;
        match id {
            MarkId::Added(id) => {
                let found = self.store.annotation(self.site.site.site_id, *id).await?;
                Ok(found.map(|annotation| Mark::added(&annotation, zone)))
            }
            MarkId::OfTag(day, name) => {
                let (_, came) = self.releases(*day, *day).await?;
                let found = came.iter().find(|(release, _)| release.name == *name);
                Ok(found.map(|(release, at_ms)| Mark::of_tag(&release.name, *day, *at_ms, zone)))
            }
        }
    }

    /// The figures of so many days before and after a mark, by what the slice is narrowed to besides its days; `None` where there
    /// is no such mark.
    pub async fn before_after(
        &self,
        slice: &Slice,
        id: &MarkId,
        (length_days, side): (i32, Side),
    ) -> Result<Option<BeforeAfter>, ReportError> {
        let Some(mark) = self.mark(id).await? else { return Ok(None) };
        let zone = &self.site.site.time_zone;
        let day = day_of_instant(zone, mark.at.epoch_ms);
        let sides = Sides::of(mark, day, (length_days, side), zone);
        let whole = Period::new(zone, sides.before.first, sides.after.last, i64::MAX);
        let (before, after, surveys, data_began, all) = tokio::try_join!(
            self.side(slice, &sides.before),
            self.side(slice, &sides.after),
            self.surveys(),
            self.data_began(),
            self.marks_of(&whole)
        )?;
        let answers: Vec<_> = before.answers.iter().chain(&after.answers).cloned().collect();
        let compared = compared(&before, &after, &self.as_answered(surveys, &answers))?;
        let beside = all.marks.into_iter().filter(|other| other.id != sides.mark.id).collect();
        let rule_change = self.rule_change(&sides.after, Some(&sides.before)).await?;
        Ok(Some(sides.report(compared, (self.now_ms, data_began), beside, rule_change)))
    }

    /// The rows of those days of a side that are over.
    async fn side(&self, slice: &Slice, side: &Period) -> Result<Input, ReportError> {
        let over = side.days.iter().take_while(|day| day.end_ms <= self.now_ms).last();
        let Some(last) = over.map(|day| day.date) else { return Ok(Input::default()) };
        let slice = Slice { range: Range::Custom(side.first, last), compare: false, ..slice.clone() };
        let days = Period::new(&self.site.site.time_zone, side.first, last, i64::MAX);
        let loaded = Loaded::new(self, &slice, &days).await?;
        let path = slice.path();
        let (pages, by_device, answers) =
            tokio::try_join!(loaded.pages(path), loaded.pages_by_device(path), loaded.answers(""))?;
        Ok(Input { pages, by_device, answers })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::Verdict;
    use rapport_shared::id::Id;
    use rapport_store::Store;
    use rapport_store::annotation::AnnotationKind;
    use rapport_store::clock::Clock;
    use rapport_store::record::{PageViewRow, Record, Submission};
    use rapport_store::rollup::rebuild;
    use rapport_store::site::directory::{SiteContext, SiteDirectory};
    use rapport_store::test_store::{a_site, each_engine, note};
    use rapport_store::visitor::Traces;

    const HOUR_MS: i64 = 3_600_000;
    /// 2026-11-22T10:00:00Z, 11:00 in Berlin.
    const NOW_MS: i64 = 1_795_341_600_000;

    fn day(text: &str) -> Date {
        text.parse().expect("a day")
    }

    fn id(kind: u8, number: u32) -> Id {
        let mut bytes = [kind; 16];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        Id(bytes)
    }

    /// 20 views of a page each day from 1 November on at ten in Berlin, with their release: a third of those of 4.2 fail.
    async fn live(store: &Store, site: &SiteContext) {
        let site_id = site.site.site_id;
        let began_ms = day_start_ms(&site.site.time_zone, day("2026-11-01"));
        for of_day in 0..21_u32 {
            let at_ms = began_ms + i64::from(of_day) * 24 * HOUR_MS + 10 * HOUR_MS;
            let view = |number: u32| {
                let release = if of_day < 8 { "4.1" } else { "4.2" };
                Record::PageView(Box::new(PageViewRow {
                    site_id,
                    item_id: id(1, of_day * 100 + number),
                    session_id: Some(id(2, of_day * 100 + number)),
                    visitor_key: id(3, number),
                    occurred_at_ms: at_ms,
                    received_at_ms: at_ms,
                    hour_ms: site.hour_start_ms(at_ms),
                    path: if number.is_multiple_of(2) { "/cart" } else { "/" }.into(),
                    device: rapport_store::device::Device::Desktop.into(),
                    release: release.into(),
                    view_index: 1,
                    duration_ms: 30_000,
                    errors: i64::from(of_day >= 8 && number.is_multiple_of(3)),
                    ..PageViewRow::default()
                }))
            };
            let records = (0..20).map(view).collect();
            store
                .submit(Submission { site_id, received_at_ms: at_ms, records, ..Submission::default() })
                .await
                .unwrap();
        }
    }

    #[tokio::test]
    async fn a_release_is_marked_and_compared_alike_from_rows_from_rollups_and_after_an_erasure() {
        each_engine(async |store| {
            let site = a_site("shop");
            store.add_site(&site).await.unwrap();
            let clock = Clock::manual(NOW_MS);
            let sites = SiteDirectory::new(store.clone(), clock.clone());
            let context = sites.by_id(site.site_id).await.unwrap().unwrap();
            live(&store, &context).await;
            let added = Annotation {
                annotation_id: id(9, 1),
                at_ms: day_start_ms(&site.time_zone, day("2026-11-15")),
                kind: AnnotationKind::Note,
                text: "Sale".into(),
                actor: "ada@example.com".into(),
                created_at_ms: NOW_MS,
            };
            store.add_annotation(site.site_id, &added, &note(1)).await.unwrap();
            let source =
                Source { store: &store, site: &context, now_ms: NOW_MS, picture_address: crate::response::nowhere };
            let month = Slice { range: Range::Custom(day("2026-11-01"), day("2026-11-22")), ..Slice::default() };
            let of_cart = month.of_page("/cart");
            let seven = (7, Side::Neither);
            let mut seen = Vec::new();
            for step in 0..3 {
                if step == 1 {
                    rebuild::run_once(&store, &clock, &sites).await.unwrap();
                }
                if step == 2 {
                    // One of twenty views on each of some days.
                    let page_views = (5..12).map(|of_day| id(1, of_day * 100 + 1)).collect();
                    let traces = Traces { page_views, ..Traces::default() };
                    store.erase(site.site_id, &site.time_zone, &traces, &clock).await.unwrap();
                }
                let marks = source.marks(&month).await.unwrap();
                let told: Vec<_> =
                    marks.marks.iter().map(|mark| (mark.at.local.as_str(), mark.text.as_str())).collect();
                assert_eq!(
                    told,
                    [("2026-11-09T10:00:00+01:00", "4.2"), ("2026-11-15T00:00:00+01:00", "Sale")],
                    "{step}"
                );
                let came: Vec<_> =
                    marks.releases.iter().map(|line| (line.release.as_str(), line.views, line.came)).collect();
                assert_eq!((came, marks.views), (vec![("4.2", 260, true), ("4.1", 160, false)], 420), "{step}");
                assert_eq!(marks.releases[0].mark.as_deref(), Some("release:2026-11-09:4.2"));

                let release = MarkId::parse(&marks.marks[0].id).unwrap();
                let found = source.before_after(&month, &release, seven).await.unwrap().unwrap();
                assert_eq!((found.before.from.as_str(), found.after.to.as_str()), ("2026-11-02", "2026-11-16"));
                assert_eq!((found.unjudged.as_deref(), found.beside.len()), (None, 1));
                let errors = found.figures.iter().find(|line| line.after.name == "error_views").unwrap();
                assert_eq!((errors.before.value, errors.after.value, errors.after.n), (Some(0.0), Some(35.0), 140));
                assert_eq!(errors.after.change.as_ref().map(|change| change.verdict), Some(Verdict::Worse));
                let page = source.before_after(&of_cart, &release, seven).await.unwrap().unwrap();
                assert_eq!(page.totals[0].value, 70, "the page alone");
                seen.push((marks, found, page));
            }
            assert!(seen.windows(2).all(|pair| pair[0] == pair[1]));

            // The week after the note has not been: five days of it are over, and the sixth is not.
            let found = source.before_after(&month, &MarkId::Added(added.annotation_id), seven).await.unwrap().unwrap();
            assert_eq!((found.after.over, found.after.to.as_str()), (6, "2026-11-22"));
            assert!(found.unjudged.is_some_and(|reason| reason.starts_with("6 of 7 days so far")));
            assert_eq!(found.totals.iter().map(|total| total.value).collect::<Vec<_>>(), [120, 120]);
            assert!(found.figures.iter().all(|line| line.after.change.is_none()));
            for none in [
                MarkId::Added(id(9, 2)),
                MarkId::OfTag(day("2026-11-10"), "4.2".into()),
                MarkId::OfTag(day("2026-11-09"), "4.1".into()),
            ] {
                assert_eq!(source.before_after(&month, &none, seven).await.unwrap(), None, "{none:?}");
            }
        })
        .await;
    }
}
