//! The Promises page: how many targets were met, of those that fell due, and which tickets are late.

use super::frame::{Fields, Frame, Frames, Page};
use super::{PageError, render};
use crate::app::Reports;
use crate::http::export::csv::{self, Csv, number};
use crate::http::query::slice::SliceQuery;
use crate::member::account::Access;
use crate::member::reading::*;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rapport_report::slice::Slice;
use rapport_report::target::Targets;

#[derive(Template)]
#[template(path = "member/target/page.html")]
struct TargetPage {
    frame: Frame,
    report: Targets,
}

pub(super) async fn page(
    State(reports): State<Reports>,
    State(frames): State<Frames>,
    access: Access,
    fields: Fields,
) -> Result<Response, PageError> {
    let slice = Slice::parse(&fields)?;
    let report = reports.of(&access.site).targets(&slice).await?;
    if let Some(csv) = csv::wanted(&fields)? {
        return Ok(table(csv, &report));
    }
    let place =
        Page { title: "Promises", part: "targets", path: "targets", back: None, compares: true, dimensions: &[] };
    let frame = Frame::filtered(&frames, &access, &place, &slice, &[]).await?;
    render(&TargetPage { frame, report })
}

fn table(csv: Csv, report: &Targets) -> Response {
    let rows = report.met.iter().map(|figure| {
        vec![
            figure.name.to_owned(),
            number(figure.value),
            number(figure.low),
            number(figure.high),
            figure.n.to_string(),
        ]
    });
    csv.table("targets", &["figure", "percent", "low", "high", "n"], rows)
}

#[cfg(test)]
mod tests {
    use crate::test_app::TestApp;
    use rapport_store::account::role::Role;

    #[tokio::test]
    async fn a_site_without_tickets_is_told_so_and_nothing_is_claimed() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let viewer = test.cookie(&site, "eve@example.com", Role::Viewer).await;
        let page = test.get("/sites/shop/targets", &[("cookie", &viewer)]).await;
        assert_eq!(page.status, 200, "{}", page.text());
        assert!(
            page.text().contains("First response in time") && page.text().contains("Nothing is late"),
            "{}",
            page.text()
        );
        let csv = test.get("/sites/shop/targets?format=csv", &[("cookie", &viewer)]).await.text();
        assert!(csv.contains("first_response_met,,,,0"), "{csv}");
    }
}
