//! The Install page: the tag, and whether it works.

mod watch;

use super::frame::{Fields, Frame, Frames, Page, field};
use super::{PageError, export, render};
use crate::app::Reports;
use crate::config::{Address, Config, OnlyHere};
use crate::http::export::csv;
use crate::member::account::Access;
use crate::member::reading::*;
use crate::public::config::TagsSeen;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rapport_report::install::Install;
use rapport_report::response::Time;
use rapport_report::slice::Slice;
use rapport_store::site::directory::SiteDirectory;
use rapport_store::site::outcome::ItemKind;
use std::sync::Arc;
use watch::Finding;

#[derive(Template)]
#[template(path = "member/install/page.html")]
struct InstallPage {
    frame: Frame,
    report: Install,
    /// Why the tag is of no use to pages elsewhere, if it is not.
    only_here: Option<String>,
    /// Whether one looked at less before: what arrives is counted whole.
    is_whole: bool,
    /// What was seen instead of a view, as long as none arrived.
    findings: Vec<Finding>,
    /// Whether a view ever arrived.
    has_view: bool,
}

impl InstallPage {
    /// Name of a type of item.
    fn item_title(&self, kind: &ItemKind) -> &'static str {
        match kind {
            ItemKind::PageView => "Page views",
            ItemKind::Signal => "Signals",
            ItemKind::Response => "Responses",
            ItemKind::Attachment => "Pictures",
            ItemKind::Delivery => "Survey deliveries",
            ItemKind::Customer => "Signed customers",
            ItemKind::Review => "Reviews",
            ItemKind::Untyped => "Without a type",
        }
    }
}

pub(super) async fn page(
    State(reports): State<Reports>,
    State(frames): State<Frames>,
    State(config): State<Arc<Config>>,
    State(sites): State<SiteDirectory>,
    State(tags_seen): State<TagsSeen>,
    access: Access,
    fields: Fields,
) -> Result<Response, PageError> {
    let slice = Slice::parse(&fields)?;
    let source = reports.of(&access.site);
    let report = source.install(slice.range, &config.script().url(), sites.refused_origins(&access.site)).await?;
    if let Some(csv) = csv::wanted(&fields)? {
        return Ok(export::install(csv, field(&fields, "table"), &report)?);
    }
    let page =
        Page { title: "Install", part: "install", path: "install", back: None, compares: false, dimensions: &[] };
    let frame = Frame::plain(&frames, &access, &page, &slice).await?;
    let only_here = config.only_here(&[Address::Script]).first().map(OnlyHere::reason);
    let is_whole = slice.narrowed().next().is_some();
    let has_view = watch::has_view(&report);
    let site = &access.site.site;
    let seen = tags_seen.last(site.site_id);
    let seen = seen.as_ref().map(|seen| (seen, Time::new(seen.at_ms, &site.time_zone)));
    let findings = if has_view { Vec::new() } else { watch::findings(&report, seen) };
    render(&InstallPage { frame, report, only_here, is_whole, findings, has_view })
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::test_app::TestApp;
    use rapport_store::account::role::Role;

    #[tokio::test]
    async fn a_tag_that_leads_to_this_machine_alone_was_offered_to_copy_without_a_word() {
        for (public_url, script_url, named) in [
            ("", "", "public_url = "),
            ("http://feedback.example.com", "http://127.0.0.1:8080/v.js", "script_url = "),
            ("http://feedback.example.com", "", ""),
            ("", "https://www.example.com/v.js", ""),
        ] {
            let config = Config { public_url: public_url.into(), script_url: script_url.into(), ..Config::default() };
            let test = TestApp::with_config(config).await;
            let site = test.site().await;
            let cookie = test.cookie(&site, "ada@example.com", Role::Viewer).await;
            let page = test.get("/sites/shop/install", &[("cookie", &cookie)]).await.text();
            assert_eq!(page.contains("is reached from this machine alone"), !named.is_empty(), "{page}");
            assert!(page.contains(named), "{named}: {page}");
        }
    }
}
