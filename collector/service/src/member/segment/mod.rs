//! The Segments page: filters that were given a name, to be used on every report, renamed and removed.

use super::frame::{CameFrom, Fields, Frame, Frames, Page, carried};
use super::{PageError, format, render};
use crate::app::feature_state;
use crate::http::problem::Problem;
use crate::http::query::segment;
use crate::http::query::slice::SliceQuery;
use crate::member::account::{Access, Submitted};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use rapport_report::slice::Slice;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::Store;
use rapport_store::account::role::Role;
use rapport_store::clock::Clock;
use rapport_store::segment::{Kept, NAME_CHARACTERS, Segment};

feature_state! {
    /// What segments need.
    pub(super) struct Needs {
        store: Store,
        clock: Clock,
        frames: Frames,
    }
}

/// A segment as it is listed.
struct Line {
    id: Id,
    name: String,
    /// What it narrows to, in words.
    meaning: Vec<String>,
    /// The Overview, narrowed to it.
    href: String,
}

#[derive(Template)]
#[template(path = "member/segment/page.html")]
struct SegmentPage {
    frame: Frame,
    lines: Vec<Line>,
    may_change: bool,
    query: String,
}

/// What a segment narrows to, in words.
fn meaning(segment: &Segment) -> Vec<String> {
    let Some(slice) = segment::over_days_of(&Slice::default(), segment) else {
        return vec![format!("something that this version does not know: {}", segment.fields)];
    };
    slice.narrowed().map(|(dimension, value)| dimension.narrowed_to(&format::of_dimension(dimension, value))).collect()
}

pub(super) async fn page(State(needs): State<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    let slice = carried(&fields);
    let site = &access.site.site;
    let place =
        Page { title: "Segments", part: "segments", path: "segments", back: None, compares: false, dimensions: &[] };
    let mut frame = Frame::plain(&needs.frames, &access, &place, &slice).await?;
    frame.scope = "Filters by a name, for every report".to_owned();
    let line = |segment: Segment| {
        let narrowed = segment::over_days_of(&slice, &segment);
        Line {
            id: segment.segment_id,
            meaning: meaning(&segment),
            href: narrowed.map_or_else(String::new, |slice| format!("/sites/{}/overview{}", site.key, slice.suffix())),
            name: segment.name,
        }
    };
    let segments = needs.store.segments(site.site_id).await?;
    render(&SegmentPage {
        lines: segments.into_iter().map(line).collect(),
        may_change: access.role >= Role::Editor,
        query: slice.suffix(),
        frame,
    })
}

/// Fields of a form that cannot be used, as they are.
fn at_fault(faults: impl IntoIterator<Item = Fault>) -> PageError {
    Problem::of_faults(faults).into()
}

/// What becomes of a change: the way back, or why it was not made.
fn after(access: &Access, slice: &Slice, kept: Kept) -> Result<Response, PageError> {
    match kept {
        Kept::Done => {
            Ok(Redirect::to(&format!("/sites/{}/segments{}", access.site.site.key, slice.suffix())).into_response())
        }
        Kept::NameTaken => Err(at_fault([segment::name_taken()])),
        Kept::TooMany => Err(at_fault([segment::too_many()])),
        Kept::Unknown => Err(PageError::NotFound("This site has no such segment.")),
    }
}

/// The form that keeps a filter.
#[derive(serde::Deserialize)]
pub(super) struct New {
    name: String,
    /// The query string of the page that it was chosen on.
    fields: String,
    /// The page itself, below the site.
    #[serde(default)]
    back: String,
}

pub(super) async fn add(
    State(needs): State<Needs>,
    access: Access,
    Submitted(new): Submitted<New>,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let segment = Segment {
        segment_id: needs.clock.new_id(),
        name: segment::name(&new.name).map_err(|fault| at_fault([fault]))?,
        fields: segment::fields(&segment::pairs(&new.fields)).map_err(at_fault)?,
        created_at_ms: needs.clock.now_ms(),
    };
    let entry = access.note(&needs.clock, "segment.add", format!("segment {}", segment.name));
    let kept = needs.store.add_segment(access.site.site.site_id, &segment, &entry).await?;
    // Where one chose it, it is now called by its name.
    match CameFrom::of(&[("back".to_owned(), new.back)]).filter(|_| kept == Kept::Done) {
        Some(from) => Ok(Redirect::to(&from.choice(&access.site.site.key).href).into_response()),
        None => after(&access, &Slice::default(), kept),
    }
}

/// The form that gives another name.
#[derive(serde::Deserialize)]
pub(super) struct Renamed {
    name: String,
}

/// The segment that a path names.
fn id_of(text: &str) -> Result<Id, PageError> {
    Id::parse(text).ok_or(PageError::NotFound("This site has no such segment."))
}

pub(super) async fn rename(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
    Submitted(renamed): Submitted<Renamed>,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let name = segment::name(&renamed.name).map_err(|fault| at_fault([fault]))?;
    let entry = access.note(&needs.clock, "segment.rename", format!("segment {name}"));
    let kept = needs.store.rename_segment(access.site.site.site_id, id_of(&id)?, &name, &entry).await?;
    after(&access, &carried(&fields), kept)
}

pub(super) async fn remove(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let (site_id, id) = (access.site.site.site_id, id_of(&id)?);
    let known = needs.store.segments(site_id).await?.into_iter().find(|segment| segment.segment_id == id);
    let subject = known.map_or_else(|| id.to_string(), |segment| segment.name);
    let entry = access.note(&needs.clock, "segment.remove", format!("segment {subject}"));
    let kept = needs.store.remove_segment(site_id, id, &entry).await?;
    after(&access, &carried(&fields), kept)
}

#[cfg(test)]
mod tests {
    use crate::http::query::encode;
    use crate::test_app::TestApp;
    use rapport_store::account::role::Role;
    use rapport_store::story_test::tell;

    #[tokio::test]
    async fn a_filter_is_saved_by_a_name_chosen_on_another_page_renamed_and_removed() {
        let test = TestApp::new().await;
        let site = test.site().await;
        tell(&test.app.store, &test.app.sites, &site).await;
        let editor = test.cookie(&site, "eve@example.com", Role::Editor).await;
        let read = async |address: &str| {
            test.get(address, &[("cookie", &editor), ("accept", "text/html")]).await.text().replace("&#38;", "&")
        };
        let slice = "device=desktop&source=direct";
        let here = format!("experience?range=7d&{slice}");
        let page = read(&format!("/sites/shop/{here}")).await;
        assert!(
            page.contains("action=\"/sites/shop/segments\"") && page.contains(&format!("value=\"{slice}\"")),
            "{page}"
        );
        let form =
            format!("name=Desktop+of+nowhere&fields={}&back={}", encode(&format!("range=7d&{slice}")), encode(&here));
        let reply = test.submit("/sites/shop/segments", &form, &[("cookie", &editor)]).await;
        assert_eq!((reply.status.as_u16(), reply.header("location")), (303, format!("/sites/shop/{here}").as_str()));
        let again = test.submit("/sites/shop/segments", &form, &[("cookie", &editor), ("accept", "text/html")]).await;
        assert!(again.status == 422 && again.text().contains("is called so"), "{}", again.text());
        let empty = test.submit("/sites/shop/segments", "name=x&fields=range%3D7d", &[("cookie", &editor)]).await;
        assert_eq!(empty.status, 422);

        // On every other report of the same days, and it is known as the current one.
        let page = read("/sites/shop/overview?range=90d&compare=none").await;
        assert!(page.contains(&format!("?range=90d&compare=none&{slice}\">Desktop of nowhere</a>")), "{page}");
        let page = read(&format!("/sites/shop/overview?{slice}")).await;
        assert!(page.contains("aria-current=\"true\">Desktop of nowhere</a>"), "{page}");
        // Steps of delivery do not tell sources, so it is not offered there.
        assert!(!read("/sites/shop/delivery").await.contains("Desktop of nowhere"));

        let id = test.app.store.segments(site.site_id).await.unwrap()[0].segment_id;
        let address = format!("/sites/shop/segments/{id}");
        assert_eq!(test.submit(&address, "name=Ours", &[("cookie", &editor)]).await.status, 303);
        let list = read("/sites/shop/segments").await;
        assert!(
            list.contains("value=\"Ours\"") && list.contains("on desktop") && list.contains("from direct"),
            "{list}"
        );
        let support = test.cookie(&site, "sam@example.com", Role::Support).await;
        for (path, form) in
            [("", "name=x&fields=device%3Dmobile"), (&format!("/{id}"), "name=y"), (&format!("/{id}/remove"), "")]
        {
            let reply = test.submit(&format!("/sites/shop/segments{path}"), form, &[("cookie", &support)]).await;
            assert_eq!(reply.status, 403, "{path}");
        }
        assert_eq!(test.submit(&format!("{address}/remove"), "", &[("cookie", &editor)]).await.status, 303);
        assert_eq!(test.submit(&format!("{address}/remove"), "", &[("cookie", &editor)]).await.status, 404);
        let changes = read("/sites/shop/audit").await;
        for change in ["Added", "Renamed", "Removed"] {
            assert!(changes.contains(change), "{change}: {changes}");
        }
        assert!(changes.contains("the segment Ours"), "{changes}");
    }
}
