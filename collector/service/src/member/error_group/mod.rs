//! The Errors pages: errors in groups, one of them with the people who met it, and merging by hand.

use super::frame::{Choice, EVERY_DIMENSION, Fields, Frame, Frames, Page, carried, field};
use super::{PageError, render};
use crate::app::{Reports, feature_state};
use crate::http::export::csv;
use crate::http::problem::Problem;
use crate::http::query::slice::SliceQuery;
use crate::http::query::{errors as query, query_of, suffix_of};
use crate::member::account::{Access, Submitted};
use crate::member::reading::*;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use rapport_report::error_group::{ErrorGroup, ErrorGroups, ErrorReport, ErrorSort, ErrorsListed};
use rapport_report::slice::Slice;
use rapport_shared::limit::OTHER_PAGES;
use rapport_shared::survey::Fault;
use rapport_store::Store;
use rapport_store::account::role::Role;
use rapport_store::clock::Clock;

feature_state! {
    /// What errors need.
    pub(super) struct Needs {
        store: Store,
        clock: Clock,
        frames: Frames,
        reports: Reports,
    }
}

/// Groups that one can be merged into: those of most views.
const OTHERS: usize = 50;
/// Longest name of one of them, in characters.
const OTHER_CHARACTERS: usize = 90;

/// A bar of a trend, in a drawing of 100 by 20.
pub(super) struct Bar {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) width: String,
    pub(super) height: String,
}

/// The bars of a trend.
pub(super) fn bars(trend: &[u64]) -> Vec<Bar> {
    let most = trend.iter().max().copied().unwrap_or(0).max(1) as f64;
    let width = 100.0 / trend.len().max(1) as f64;
    let bar = |(place, count): (usize, &u64)| {
        let height = *count as f64 / most * 20.0;
        Bar {
            x: format!("{:.2}", place as f64 * width),
            y: format!("{:.2}", 20.0 - height),
            width: format!("{:.2}", width * 0.8),
            height: format!("{height:.2}"),
        }
    };
    trend.iter().enumerate().filter(|(_, count)| **count > 0).map(bar).collect()
}

/// What a trend shows, in a sentence.
pub(super) fn trend_text(trend: &[u64], steps: &[String]) -> String {
    let total: u64 = trend.iter().sum();
    match trend.iter().zip(steps).max_by_key(|(count, _)| **count) {
        Some((most, step)) if total > 0 => {
            format!("{} in all; most, {most}, on {}", super::format::counted(total, "views"), super::format::day(step))
        }
        _ => "None".to_owned(),
    }
}

/// Where a group is thrown, in words.
fn place(group: &ErrorGroup) -> String {
    let function = if group.function.is_empty() { String::new() } else { format!("{} in ", group.function) };
    match (group.file.is_empty(), group.line) {
        (true, _) => "without a stack".to_owned(),
        (_, 0) => format!("{function}{}", group.file),
        (_, line) => format!("{function}{}, line {line}", group.file),
    }
}

struct Column {
    label: &'static str,
    href: String,
    number: bool,
    sorted: bool,
}

#[derive(Template)]
#[template(path = "member/error_group/page.html")]
struct ErrorsPage {
    frame: Frame,
    report: ErrorGroups,
    columns: Vec<Column>,
    search: String,
    beside_search: Vec<(&'static str, String)>,
    unsearched: String,
    part: usize,
    previous: Option<String>,
    next: Option<String>,
}

impl ErrorsPage {
    fn is_rest(&self, group: &ErrorGroup) -> bool {
        group.key == OTHER_PAGES
    }

    fn href(&self, group: &ErrorGroup) -> String {
        href(&self.frame.site_key, &self.frame.slice, &group.key)
    }

    fn place(&self, group: &ErrorGroup) -> String {
        place(group)
    }
}

/// The report of one group.
fn href(site_key: &str, slice: &Slice, key: &str) -> String {
    let mut fields = slice.fields();
    fields.push(("key", key.to_owned()));
    format!("/sites/{site_key}/errors/group?{}", query_of(&fields))
}

#[derive(Template)]
#[template(path = "member/error_group/detail.html")]
struct DetailPage {
    frame: Frame,
    report: ErrorReport,
    /// What it can be merged into: key and name.
    others: Vec<(String, String)>,
    may_change: bool,
    query: String,
}

impl DetailPage {
    fn place(&self) -> String {
        place(&self.report.group)
    }

    fn points(&self) -> Vec<(String, u64)> {
        self.report.steps.iter().cloned().zip(self.report.group.trend.iter().copied()).collect()
    }
}

/// The columns of the list as a table.
pub(super) const HEADER: [&str; 13] = [
    "key",
    "type",
    "message",
    "file",
    "function",
    "line",
    "views",
    "errors",
    "visitors",
    "first_seen",
    "last_seen",
    "is_new",
    "merged",
];

/// A line of it.
pub(super) fn cells(group: &ErrorGroup) -> Vec<String> {
    let time =
        |time: &Option<rapport_report::response::Time>| time.as_ref().map_or_else(String::new, |at| at.local.clone());
    vec![
        group.key.clone(),
        group.name.clone(),
        group.message.clone(),
        group.file.clone(),
        group.function.clone(),
        if group.line > 0 { group.line.to_string() } else { String::new() },
        group.views.to_string(),
        group.errors.to_string(),
        group.visitors.to_string(),
        time(&group.first_seen),
        time(&group.last_seen),
        group.is_new.to_string(),
        group.merged.to_string(),
    ]
}

pub(super) async fn list(State(needs): State<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    let slice = Slice::parse(&fields)?;
    let listed = query::listed(&fields)?;
    let source = needs.reports.of(&access.site);
    if let Some(csv) = csv::wanted(&fields)? {
        let report = source.every_error(&slice, &listed).await?;
        return Ok(csv.table("errors", &HEADER, report.groups.iter().map(cells)));
    }
    let report = source.errors(&slice, &listed).await?;
    let place = Page {
        title: "Errors",
        part: "errors",
        path: "errors",
        back: None,
        compares: false,
        dimensions: EVERY_DIMENSION,
    };
    let own = query::fields_of(&listed);
    let kept: Vec<_> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let frame = Frame::filtered(&needs.frames, &access, &place, &slice, &kept).await?;
    let address = |listed: &ErrorsListed| {
        let mut fields: Vec<_> = slice.fields().into_iter().chain(query::fields_of(listed)).collect();
        fields.extend((listed.part > 1).then(|| ("part", listed.part.to_string())));
        format!("/sites/{}/errors{}", access.site.site.key, suffix_of(&fields))
    };
    let columns = [
        (ErrorSort::Views, "Views", true),
        (ErrorSort::Errors, "Times", true),
        (ErrorSort::Visitors, "Visitors", true),
        (ErrorSort::FirstSeen, "First seen", false),
        (ErrorSort::LastSeen, "Last seen", false),
    ];
    let column = |(sort, label, number)| Column {
        label,
        number,
        sorted: sort == listed.sort,
        href: address(&ErrorsListed { sort, part: 1, ..listed.clone() }),
    };
    let none = ErrorsListed { search: String::new(), part: 1, ..listed.clone() };
    render(&ErrorsPage {
        columns: columns.into_iter().map(column).collect(),
        beside_search: slice.fields().into_iter().chain(query::fields_of(&none)).collect(),
        unsearched: address(&none),
        previous: (listed.part > 1).then(|| address(&ErrorsListed { part: listed.part - 1, ..listed.clone() })),
        next: (listed.part < report.parts).then(|| address(&ErrorsListed { part: listed.part + 1, ..listed.clone() })),
        part: listed.part,
        search: listed.search,
        frame,
        report,
    })
}

const UNKNOWN: PageError = PageError::NotFound("This site has no such group of errors.");

pub(super) async fn group(State(needs): State<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    let slice = Slice::parse(&fields)?;
    let key = field(&fields, "key");
    let source = needs.reports.of(&access.site);
    let report = source.error(&slice, key, true).await?.ok_or(UNKNOWN)?;
    if let Some(csv) = csv::wanted(&fields)? {
        return Ok(csv.table("error", &HEADER, [cells(&report.group)]));
    }
    let title = report.group.name.clone();
    let place = Page {
        title: if title.is_empty() { "Error" } else { &title },
        part: "errors",
        path: "errors/group",
        back: Some(("Errors", "errors")),
        compares: false,
        dimensions: EVERY_DIMENSION,
    };
    let mut frame = Frame::filtered(&needs.frames, &access, &place, &slice, &[("key", key)]).await?;
    frame.back = Some(Choice {
        label: "Errors".to_owned(),
        href: format!("/sites/{}/errors{}", access.site.site.key, slice.suffix()),
        current: false,
    });
    let may_change = access.role >= Role::Editor;
    let others = if may_change {
        source.errors(&slice, &ErrorsListed { part: 1, ..ErrorsListed::default() }).await?.groups
    } else {
        Vec::new()
    };
    let named = |group: &ErrorGroup| {
        let name: String = format!("{}: {}", group.name, group.message).chars().take(OTHER_CHARACTERS).collect();
        (group.key.clone(), format!("{name} ({})", self::place(group)))
    };
    let is_other = |group: &&ErrorGroup| group.key != report.group.key && group.key != OTHER_PAGES;
    render(&DetailPage {
        others: others.iter().filter(is_other).take(OTHERS).map(named).collect(),
        may_change,
        query: slice.suffix(),
        frame,
        report,
    })
}

/// The form that merges a group into another.
#[derive(serde::Deserialize)]
pub(super) struct Merge {
    key: String,
    into: String,
}

pub(super) async fn merge(
    State(needs): State<Needs>,
    access: Access,
    fields: Fields,
    Submitted(form): Submitted<Merge>,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let entry = access.note(&needs.clock, "error.merge", format!("errors {} into {}", form.key, form.into));
    if !needs.store.merge_errors(access.site.site.site_id, &form.key, &form.into, &entry).await? {
        let fault = Fault::new("into", "must be another group of errors of this site");
        return Err(PageError::from(Problem::of_faults([fault])));
    }
    Ok(Redirect::to(&href(&access.site.site.key, &carried(&fields), &form.into)).into_response())
}

/// The form that takes a key out of the group that it was merged into.
#[derive(serde::Deserialize)]
pub(super) struct Unmerge {
    key: String,
}

pub(super) async fn unmerge(
    State(needs): State<Needs>,
    access: Access,
    fields: Fields,
    Submitted(form): Submitted<Unmerge>,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let entry = access.note(&needs.clock, "error.unmerge", format!("errors {}", form.key));
    if !needs.store.unmerge_error(access.site.site.site_id, &form.key, &entry).await? {
        return Err(UNKNOWN);
    }
    Ok(Redirect::to(&href(&access.site.site.key, &carried(&fields), &form.key)).into_response())
}

#[cfg(test)]
mod tests {
    use crate::http::query::encode;
    use crate::test_app::TestApp;
    use rapport_store::account::role::Role;
    use rapport_store::account::scope::Scope;

    /// The reply's error groups as the API tells them.
    async fn groups(test: &TestApp, key: &str, query: &str) -> Vec<serde_json::Value> {
        let address = format!("/api/v1/sites/shop/reports/errors?{query}");
        let reply = test.get(&address, &[("authorization", key)]).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let report: serde_json::Value = serde_json::from_str(&reply.text()).expect("JSON");
        report["groups"].as_array().expect("groups").clone()
    }

    #[tokio::test]
    async fn errors_of_two_deploys_are_one_group_and_can_be_merged_and_taken_out_again() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let id = |number: u32| format!("018f8d3e-0000-7000-8000-{number:012}");
        let mut items = Vec::new();
        let frames = [
            "    at pay (https://shop.example/app.3f9a2b1c.js:1:200)",
            "pay@https://shop.example/app.77aa21de.js?v=2:1:98431",
            "    at refund (https://shop.example/app.77aa21de.js:1:5)",
        ];
        for (number, frame) in (1..).zip(frames) {
            let view = id(number);
            items.push(format!(
                r#"{{"type":"page_view","id":"{view}","age_ms":1,"revision":1,"path":"/pay","errors":1,"release":"v{number}","view_index":1}}"#
            ));
            items.push(format!(
                r#"{{"type":"signal","id":"{}","age_ms":1,"view":"{view}","kind":"error","path":"/pay","name":"TypeError","text":"order {number} failed","stack":"{frame}"}}"#,
                id(number + 100)
            ));
        }
        let body = format!(r#"{{"site":"shop","session":"{}","items":[{}]}}"#, id(900), items.join(","));
        let reply = test.batch(&body).await;
        assert_eq!(reply.status, 202, "{}", reply.text());
        let key = test.bearer(&site, &[Scope::ReadReports]).await;
        let all = groups(&test, &key, "").await;
        let told: Vec<_> =
            all.iter().map(|group| (group["function"].as_str().unwrap(), group["views"].as_u64().unwrap())).collect();
        assert_eq!(told, [("pay", 2), ("refund", 1)], "{all:?}");
        assert_eq!(all[0]["file"], "/app.*.js");
        let (pay, refund) = (all[0]["key"].as_str().unwrap(), all[1]["key"].as_str().unwrap());

        let editor = test.cookie(&site, "eve@example.com", Role::Editor).await;
        let read = async |address: &str| {
            let reply = test.get(address, &[("cookie", &editor), ("accept", "text/html")]).await;
            assert_eq!(reply.status, 200, "{address}: {}", reply.text());
            reply.text()
        };
        let list = read("/sites/shop/errors?search=PAY").await;
        assert!(list.contains("2 groups") || list.contains("1 group found among 2"), "{list}");
        let detail = read(&format!("/sites/shop/errors/group?key={pay}")).await;
        for part in
            ["/app.3f9a2b1c.js:1:200", "/app.77aa21de.js:1:98431", "v1", "v2", "Merge into that one", "order 2 failed"]
        {
            assert!(detail.contains(part), "{part}: {detail}");
        }
        assert_eq!(read("/sites/shop/errors?format=csv").await.lines().count(), 3);

        let submit = async |path: &str, form: &str, cookie: &str| {
            test.submit(&format!("/sites/shop/errors/{path}"), form, &[("cookie", cookie)]).await.status.as_u16()
        };
        let viewer = test.cookie(&site, "vic@example.com", Role::Viewer).await;
        let form = format!("key={}&into={}", encode(refund), encode(pay));
        assert_eq!(submit("merge", &form, &viewer).await, 403);
        assert_eq!((submit("merge", &form, &editor).await, submit("merge", &form, &editor).await), (303, 422));
        let merged = groups(&test, &key, "").await;
        assert_eq!((merged.len(), &merged[0]["views"], &merged[0]["merged"]), (1, &3.into(), &1.into()), "{merged:?}");
        assert!(read(&format!("/sites/shop/errors/group?key={pay}")).await.contains("Take out"));
        let form = format!("key={}", encode(refund));
        assert_eq!((submit("unmerge", &form, &editor).await, submit("unmerge", &form, &editor).await), (303, 404));
        assert_eq!(groups(&test, &key, "").await.len(), 2);
        let none = test.get("/sites/shop/errors?sort=price", &[("cookie", &editor), ("accept", "text/html")]).await;
        assert!(none.status == 400 && none.text().contains("<code>sort</code>"), "{}", none.text());
    }
}
