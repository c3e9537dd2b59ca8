//! Releases and notes: the page where they are added, changed and removed, and the figures before and after one of them.

mod change;
mod form;

use super::frame::{Choice, Fields, Frame, Frames, Page, carried, field};
use super::{PageError, render};
use crate::app::{App, Reports, feature_state};
use crate::http::export::csv::{self, Csv};
use crate::http::query::query_of;
use crate::http::query::slice::SliceQuery;
use crate::member::account::Access;
use crate::member::reading::*;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use form::Form;
use rapport_report::annotation::{AnnotationView, Marks};
use rapport_report::slice::{Range, Slice};
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::Store;
use rapport_store::account::role::Role;
use rapport_store::annotation::{Annotation, AnnotationKind, TEXT_BYTES};
use rapport_store::clock::Clock;
use rapport_store::response::Cursor;
use std::fmt::Display;

/// Releases and notes on one page.
const LISTED: usize = 50;
/// Releases and notes that are read at a time for a table of all.
const EXPORTED: i64 = 500;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sites/{site}/annotations", get(page).post(form::add))
        .route("/sites/{site}/annotations/{id}", post(form::change))
        .route("/sites/{site}/annotations/{id}/remove", post(form::remove))
        .route("/sites/{site}/change", get(change::page))
}

feature_state! {
    /// What the page and its forms need.
    pub(super) struct Needs {
        clock: Clock,
        store: Store,
        reports: Reports,
        frames: Frames,
    }
}

#[derive(Template)]
#[template(path = "member/annotation/page.html")]
struct AnnotationPage {
    frame: Frame,
    lines: Vec<AnnotationView>,
    older: Option<String>,
    marks: Marks,
    ranges: Vec<Choice>,
    form: Option<Form>,
    may_change: bool,
}

impl AnnotationPage {
    /// Where one is changed.
    fn edit_href(&self, id: &str) -> String {
        let mut fields = self.frame.slice.fields();
        fields.push(("edit", id.to_owned()));
        format!("?{}#form", query_of(&fields))
    }

    /// The address to which a form is sent, below that of the page.
    fn action(&self, path: impl Display) -> String {
        format!("/sites/{}/annotations{path}{}", self.frame.site_key, self.frame.slice.suffix())
    }
}

/// What was read of the query: the latest first, before a place.
fn before_of(fields: &Fields) -> Result<Option<Cursor>, Vec<Fault>> {
    match field(fields, "before") {
        "" => Ok(None),
        text => match Cursor::parse(text) {
            Some(before) => Ok(Some(before)),
            None => Err(vec![Fault::new("before", "must be the place of a release or note")]),
        },
    }
}

async fn page(State(needs): State<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    let slice = carried(&fields);
    if let Some(csv) = csv::wanted(&fields)? {
        return table(&needs, &access, &slice, (csv, field(&fields, "table"))).await;
    }
    let edited = match field(&fields, "edit") {
        "" => None,
        id => Some(form::one(&needs, &access, id).await?),
    };
    let form = Form::of(&access, edited.as_ref());
    show(&needs, &access, &slice, (before_of(&fields)?, form)).await
}

/// The page with a form in a state.
async fn show(
    needs: &Needs,
    access: &Access,
    slice: &Slice,
    (before, form): (Option<Cursor>, Form),
) -> Result<Response, PageError> {
    let site = &access.site.site;
    let mut found = needs.store.annotations(site.site_id, before, LISTED as i64 + 1).await?;
    let more = found.len() > LISTED;
    found.truncate(LISTED);
    let page = Page {
        title: "Releases and notes",
        part: "annotations",
        path: "annotations",
        back: None,
        compares: false,
        dimensions: &[],
    };
    let mut frame = Frame::plain(&needs.frames, access, &page, slice).await?;
    frame.scope = format!("Marked on every chart; times in {}", site.time_zone_name());
    let may_change = access.role >= Role::Editor;
    let status = if form.is_refused() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let older = found.last().filter(|_| more).map(|last: &Annotation| {
        let place = Cursor { occurred_at_ms: last.at_ms, item_id: last.annotation_id };
        let mut fields = slice.fields();
        fields.push(("before", place.to_string()));
        format!("?{}", query_of(&fields))
    });
    let ranges = [7, 30, 90].map(|days| {
        let ranged = Slice { range: Range::Last(days), ..slice.clone() };
        let current = ranged.range == slice.range;
        let href = format!("/sites/{}/annotations{}#releases", site.key, ranged.suffix());
        Choice { label: format!("{days} days"), href, current }
    });
    let mut response = render(&AnnotationPage {
        lines: found.iter().map(|one| AnnotationView::of(one, &site.time_zone)).collect(),
        older,
        marks: needs.reports.of(&access.site).marks(slice).await?,
        ranges: ranges.to_vec(),
        form: may_change.then_some(form),
        may_change,
        frame,
    })?;
    *response.status_mut() = status;
    Ok(response)
}

/// The tables of the page: all that was added, and the releases that pages named on the days of a slice.
async fn table(needs: &Needs, access: &Access, slice: &Slice, (csv, name): (Csv, &str)) -> Result<Response, PageError> {
    match name {
        "" | "annotations" => {
            let rows = every(needs, access)
                .await?
                .into_iter()
                .map(|one| vec![one.at.local, one.kind.to_owned(), one.text, one.actor, one.created_at.local, one.id]);
            Ok(csv.table("annotations", &["at", "kind", "text", "added_by", "added_at", "id"], rows))
        }
        "releases" => {
            let marks = needs.reports.of(&access.site).marks(slice).await?;
            let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.4}"));
            let rows = marks.releases.into_iter().map(|line| {
                let came = if line.came { line.first.clone() } else { String::new() };
                let share = &line.share;
                let ends = [number(share.value), number(share.low), number(share.high), share.n.to_string()];
                [vec![line.release, line.first, line.last, came, line.views.to_string()], ends.to_vec()].concat()
            });
            let header =
                ["release", "first", "last", "came", "views", "views_percent", "views_low", "views_high", "views_n"];
            Ok(csv.table("annotations-releases", &header, rows))
        }
        _ => Err(vec![Fault::new("table", "must be annotations, releases")].into()),
    }
}

/// All releases and notes, the latest first: a site has a bounded number of them.
async fn every(needs: &Needs, access: &Access) -> Result<Vec<AnnotationView>, PageError> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let found = needs.store.annotations(access.site.site.site_id, before, EXPORTED).await?;
        let Some(last) = found.last() else { return Ok(all) };
        before = Some(Cursor { occurred_at_ms: last.at_ms, item_id: last.annotation_id });
        all.extend(found.iter().map(|one| AnnotationView::of(one, &access.site.site.time_zone)));
    }
}

/// The id that a path names.
fn id_in(text: &str) -> Result<Id, PageError> {
    Id::parse(text).ok_or(NONE)
}

const NONE: PageError = PageError::NotFound("This site has no such release or note.");

#[cfg(test)]
mod tests {
    use crate::http::query::encode;
    use crate::test_app::TestApp;
    use axum::body::Body;
    use axum::http::Request;
    use rapport_store::account::role::Role;
    use rapport_store::annotation::Annotation;
    use rapport_store::clock::Clock;
    use rapport_store::site::Site;
    use rapport_store::story_test::{BROKEN, NOW_MS, tell};

    const PAGE: &str = "/sites/shop/annotations";

    async fn story() -> (TestApp, Site, String) {
        let test = TestApp::at(Clock::manual(NOW_MS)).await;
        let site = test.site().await;
        tell(&test.app.store, &test.app.sites, &site).await;
        let editor = test.cookie(&site, "eve@example.com", Role::Editor).await;
        (test, site, editor)
    }

    async fn stored(test: &TestApp, site: &Site) -> Vec<Annotation> {
        test.app.store.annotations(site.site_id, None, 10).await.unwrap()
    }

    #[tokio::test]
    async fn a_release_is_added_marked_on_every_chart_changed_and_removed() {
        let (test, site, editor) = story().await;
        let submit =
            async |path: &str, form: &str| test.submit(&format!("{PAGE}{path}"), form, &[("cookie", &editor)]).await;
        let read = async |address: &str| {
            let reply = test.get(&format!("/sites/shop/{address}"), &[("cookie", &editor)]).await;
            assert_eq!(reply.status, 200, "{address}: {}", reply.text());
            reply.text()
        };
        let saved = submit("?range=7d", "kind=release&text=4.2.0&at=2026-05-05T14%3A05").await;
        assert_eq!((saved.status.as_u16(), saved.header("location")), (303, "/sites/shop/annotations?range=7d"));
        let [one] = &stored(&test, &site).await[..] else { panic!("one is stored") };
        assert_eq!((one.text.as_str(), one.actor.as_str()), ("4.2.0", "eve@example.com"));
        let list = read("annotations").await;
        assert!(list.contains("4.2.0") && list.contains("5 May 2026, 14:05"), "{list}");

        let compare = format!("/sites/shop/change?range=7d&amp;mark={}", one.annotation_id);
        let detail = format!("experience/page?range=7d&page={}", encode(BROKEN));
        for (address, charts) in [("overview?range=7d", 1), ("feedback/feedback?range=7d", 1), (&*detail, 2)] {
            let page = read(address).await.replace("&#38;", "&amp;");
            // Each is drawn wide and narrow, with a list below both.
            assert_eq!(page.matches("class=\"chart-mark\"").count(), 2 * charts, "{address}: {page}");
            assert_eq!(page.matches("<ol class=\"marks\"").count(), charts, "{address}");
            assert!(page.contains("1: Release 4.2.0, 5 May 2026, 14:05"), "{address}");
            assert!(address == detail || page.contains(&compare), "{address}: {compare}: {page}");
        }

        let edit = read(&format!("annotations?edit={}", one.annotation_id)).await;
        assert!(edit.contains("value=\"4.2.0\"") && edit.contains("value=\"2026-05-05T14:05:00\""), "{edit}");
        let path = format!("/{}", one.annotation_id);
        assert_eq!(submit(&path, "kind=note&text=Sale&at=2026-05-04").await.status, 303);
        assert_eq!(stored(&test, &site).await[0].subject(), "note Sale");
        assert_eq!(submit(&format!("{path}/remove"), "").await.status, 303);
        assert_eq!(stored(&test, &site).await, []);
        assert_eq!(submit(&format!("{path}/remove"), "").await.status, 404);
        let noted = read("audit").await;
        for told in
            ["Added</td><td><a href=\"/sites/shop/annotations\">the release 4.2.0</a>", "Removed</td>", "the note Sale"]
        {
            assert!(noted.contains(told), "{told}: {noted}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_used_is_told_by_field_and_nothing_typed_is_lost() {
        let (test, site, editor) = story().await;
        let viewer = test.cookie(&site, "vera@example.com", Role::Support).await;
        let text = "ü".repeat(251);
        let form = format!("kind=note&text={}&at=2026-05-05", encode(&text));
        let refused = test.submit(PAGE, &form, &[("cookie", &editor)]).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text().contains("must be at most 500 bytes of UTF-8, has 502"), "{}", refused.text());
        assert!(refused.text().contains(&text) && refused.text().contains("value=\"2026-05-05\""));
        let refused = test.submit(PAGE, "kind=release&text=&at=soon", &[("cookie", &editor)]).await.text();
        assert!(
            refused.contains("must be 1 to 500 bytes") && refused.contains("must be an instant such as"),
            "{refused}"
        );
        assert_eq!(test.submit(PAGE, "kind=release&text=x&at=", &[("cookie", &viewer)]).await.status, 403);
        assert!(
            !test
                .get(PAGE, &[("cookie", &viewer)])
                .await
                .text()
                .contains("<form method=\"post\" action=\"/sites/shop/annotations")
        );
        let foreign = Request::post(PAGE).header("cookie", &editor).header("sec-fetch-site", "cross-site");
        let foreign = foreign.header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(test.send(foreign.body(Body::from("kind=release&text=x&at=")).unwrap()).await.status, 403);
        assert_eq!(stored(&test, &site).await, []);
        for address in ["annotations?before=x", "annotations?format=csv&table=none", "change?mark=x", "change?days=8"] {
            let reply = test.get(&format!("/sites/shop/{address}"), &[("cookie", &viewer)]).await;
            assert_eq!(reply.status, 400, "{address}");
        }
        for address in [format!("annotations?edit={}", site.site_id), format!("change?mark={}", site.site_id)] {
            let reply = test.get(&format!("/sites/shop/{address}"), &[("cookie", &viewer)]).await;
            assert_eq!(reply.status, 404, "{address}");
        }
    }

    #[tokio::test]
    async fn before_and_after_says_how_many_days_are_over_and_never_because() {
        let (test, site, editor) = story().await;
        let add = async |at: &str| {
            let form = format!("kind=release&text=%3Cscript%3E4.2&at={at}");
            test.submit(PAGE, &form, &[("cookie", &editor)]).await;
            stored(&test, &site).await.into_iter().find(|one| one.text.contains("4.2")).unwrap().annotation_id
        };
        let id = add("2026-05-03T12%3A00").await;
        let read = async |query: &str| {
            let reply = test.get(&format!("/sites/shop/change?mark={id}{query}"), &[("cookie", &editor)]).await;
            assert_eq!(reply.status, 200, "{}", reply.text());
            reply.text()
        };
        let page = read("").await;
        for told in [
            "Before and after Release &#60;script&#62;4.2",
            "2 of 7 days so far",
            "with this release, not because of it",
            "Views with errors",
            "26 Apr 2026 to 2 May 2026",
            "No score was given on these days",
        ] {
            assert!(page.contains(told), "{told}: {page}");
        }
        assert!(!page.contains("<script>4.2") && !page.contains("because of the"), "{page}");
        assert!(read("&days=28&side=after").await.contains("3 of 28 days so far"));
        let narrowed = read(&format!("&page={}&device=desktop", encode(BROKEN))).await;
        assert!(narrowed.contains("href=\"?") && narrowed.contains("side=before"), "{narrowed}");
        let table = read("&format=csv").await;
        let header = "figure,survey,question,part,unit,before,before_low,before_high,before_n,after,after_low,after_high,after_n,\
                      difference,difference_low,difference_high,p,verdict\r\n";
        assert!(table.starts_with(header), "{table}");
        assert!(table.lines().any(|line| line.starts_with("error_views,,,,percent,")), "{table}");
    }

    #[tokio::test]
    async fn what_pages_name_is_listed_with_the_rule_by_which_it_counts() {
        let (test, _, editor) = story().await;
        let page = test.get(&format!("{PAGE}?range=7d"), &[("cookie", &editor)]).await.text();
        assert!(page.contains("at least 1 % of the day") && page.contains("115 page views named none"), "{page}");
        let table =
            test.get(&format!("{PAGE}?range=7d&format=csv&table=releases"), &[("cookie", &editor)]).await.text();
        assert_eq!(table.lines().count(), 1, "{table}");
        assert!(table.starts_with("release,first,last,came,views,"), "{table}");
    }
}
