//! The page about retention of use: of those who came first in a week, how many came again.

use super::course::tabs;
use super::frame::{Choice, EVERY_DIMENSION, Fields, Frame, Frames, Page, field};
use super::{PageError, export, format, render};
use crate::app::Reports;
use crate::http::export::csv;
use crate::member::account::Access;
use crate::member::reading::*;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rapport_report::retention::{Retention, Returned};
use rapport_report::slice::Slice;

#[derive(Template)]
#[template(path = "member/retention/page.html")]
struct RetentionPage {
    frame: Frame,
    tabs: Vec<Choice>,
    report: Retention,
}

impl RetentionPage {
    /// Which shade a cell has, and whether it is hatched.
    fn class(&self, cell: &Returned) -> String {
        let percent = cell.share.value.unwrap_or(0.0);
        let shade = [0.0, 10.0, 20.0, 35.0].iter().filter(|least| percent > **least).count();
        let hatched = if cell.unfinished { " unfinished" } else { "" };
        let small = if cell.share.small { " small" } else { "" };
        format!("heat-{shade}{hatched}{small}")
    }

    /// Weeks after the first that the table has.
    fn weeks(&self) -> std::ops::Range<usize> {
        1..self.report.cohorts.len().max(1)
    }

    fn is_empty(&self) -> bool {
        self.report.cohorts.iter().all(|cohort| cohort.visitors == 0)
    }
}

pub(super) async fn page(
    State(reports): State<Reports>,
    State(frames): State<Frames>,
    access: Access,
    fields: Fields,
) -> Result<Response, PageError> {
    let slice = Slice::parse(&fields)?;
    let report = reports.of(&access.site).retention(&slice).await?;
    if let Some(csv) = csv::wanted(&fields)? {
        return Ok(export::retention(csv, field(&fields, "table"), &report)?);
    }
    let place = Page {
        title: "Retention of use",
        part: "tasks",
        path: "retention",
        back: None,
        compares: false,
        dimensions: EVERY_DIMENSION,
    };
    let mut frame = Frame::filtered(&frames, &access, &place, &slice, &[]).await?;
    let (first, last) = (format::day(&report.from), format::day(&report.to));
    frame.scope = format!("Weeks from {first} to {last}, whole days of {}", access.site.site.time_zone_name());
    render(&RetentionPage { tabs: tabs(&access.site.site.key, &slice, "retention"), frame, report })
}

#[cfg(test)]
mod tests {
    use crate::test_app::TestApp;
    use rapport_shared::id::Id;
    use rapport_store::account::role::Role;
    use rapport_store::clock::Clock;
    use rapport_store::device::Device;
    use rapport_store::record::{PageViewRow, Record, Submission};
    use rapport_store::story_test::NOW_MS;

    const DAY_MS: i64 = 86_400_000;

    #[tokio::test]
    async fn who_came_again_is_told_by_week_and_nobody_who_is_unknown() {
        let test = TestApp::at(Clock::manual(NOW_MS)).await;
        let site = test.site().await;
        let context = test.app.sites.by_id(site.site_id).await.unwrap().unwrap();
        // A Wednesday; visitor 1 came first two weeks ago and again a week ago, 2 a week ago, 3 long before.
        let seen =
            [(1, Some(1), 14), (2, Some(1), 7), (3, Some(2), 7), (4, Some(3), 100), (5, Some(3), 14), (6, None, 14)];
        let records = seen.map(|(number, visitor, days_ago): (u8, Option<u8>, i64)| {
            let at_ms = NOW_MS - days_ago * DAY_MS;
            Record::PageView(Box::new(PageViewRow {
                site_id: site.site_id,
                item_id: Id([number; 16]),
                session_id: Some(Id([number; 16])),
                visitor_key: Id([visitor.unwrap_or(99); 16]),
                known_visitor_key: visitor.map(|visitor| Id([visitor; 16])),
                occurred_at_ms: at_ms,
                received_at_ms: at_ms,
                hour_ms: context.hour_start_ms(at_ms),
                path: "/".into(),
                device: if number == 2 { Device::Mobile } else { Device::Desktop }.into(),
                view_index: 1,
                ..PageViewRow::default()
            }))
        });
        let submission = Submission { site_id: site.site_id, records: records.into(), ..Submission::default() };
        test.app.store.submit(submission).await.unwrap();
        let cookie = test.cookie(&site, "ada@example.com", Role::Viewer).await;
        let read = async |query: &str| {
            let reply = test.get(&format!("/sites/shop/retention?{query}"), &[("cookie", &cookie)]).await;
            assert_eq!(reply.status, 200, "{}", reply.text());
            reply.text()
        };
        let table = read("format=csv").await;
        assert!(
            table.starts_with("week,visitors,weeks_later,came_again,percent,low,high,n,is_unfinished\r\n"),
            "{table}"
        );
        for line in ["2026-04-20,1,1,1,100.0000,", "2026-04-27,1,1,0,0.0000,"] {
            assert!(table.lines().any(|told| told.starts_with(line)), "{line}: {table}");
        }
        assert!(table.lines().any(|line| line.starts_with("2026-04-27,") && line.ends_with(",yes")), "{table}");
        let page = read("").await;
        assert!(page.contains("unfinished") && page.contains("Views by known visitors"), "{page}");
        // On another device nobody came again.
        let desktop = read("device=desktop&format=csv").await;
        assert!(desktop.lines().any(|line| line.starts_with("2026-04-20,1,1,0,")), "{desktop}");
        for query in ["page=%2F", "page_glob=%2F%2A", "language=en"] {
            read(query).await;
        }
    }
}
