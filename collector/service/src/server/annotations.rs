//! Releases and notes for servers with a key: a deployment adds its release, and asks later what changed with it.

use super::key::ApiAccess;
use super::reports::{Fields, SliceFields, slice_of};
use super::reviews::{Repaired, body};
use crate::app::{Reports, feature_state};
use crate::http::problem::Problem;
use crate::http::query::{mark, value};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use rapport_report::annotation::before_after::BeforeAfter;
use rapport_report::annotation::{AnnotationView, Marks};
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::Store;
use rapport_store::account::scope::Scope;
use rapport_store::annotation::{self, Added, Annotation, Draft};
use rapport_store::clock::Clock;
use rapport_store::response::Cursor;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

feature_state! {
    /// What adding, changing and removing needs.
    pub(super) struct Needs {
        clock: Clock,
        store: Store,
    }
}

/// Releases and notes in one reply.
const LISTED: usize = 100;

/// A release or note that a server adds.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAnnotation {
    /// A UUID of the caller's choice, so that sending it twice keeps it once, and another one under it is refused; a fresh one
    /// when absent.
    #[schema(value_type = Option<String>, format = "uuid")]
    id: Option<Id>,
    /// `release` or `note`.
    kind: String,
    /// The name of the release, or what is noted: one line of 1 to 500 bytes of UTF-8.
    text: String,
    /// When it was: an instant (`2026-03-31T14:05:00Z`), or a time or a day by the site's clocks (`2026-03-31T14:05`,
    /// `2026-03-31`); now when absent.
    at: Option<String>,
}

/// What a release or note says from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangedAnnotation {
    /// `release` or `note`.
    kind: String,
    /// The name of the release, or what is noted: one line of 1 to 500 bytes of UTF-8.
    text: String,
    /// When it was: an instant (`2026-03-31T14:05:00Z`), or a time or a day by the site's clocks (`2026-03-31T14:05`,
    /// `2026-03-31`); as it was when absent.
    at: Option<String>,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AddedAnnotation {
    /// Whether it is stored now; false when it was there already.
    added: bool,
    /// It, as it is stored.
    annotation: AnnotationView,
}

/// The releases and notes of a site.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AnnotationList {
    /// Those of this part, the latest first.
    annotations: Vec<AnnotationView>,
    /// Where the next part goes on, as `before`; absent on the last one.
    next: Option<String>,
}

fn none() -> Problem {
    Problem::not_found("this site has no such release or note")
}

impl ApiAccess {
    fn view(&self, annotation: &Annotation) -> AnnotationView {
        AnnotationView::of(annotation, &self.site.site.time_zone)
    }

    fn read(&self, clock: &Clock, id: Id, draft: &Draft<'_>) -> Result<Annotation, Problem> {
        let (zone, now_ms) = (&self.site.site.time_zone, clock.now_ms());
        draft.read(zone, (id, &self.actor(), now_ms)).map_err(Problem::of_faults)
    }
}

/// The releases and notes that were added, the latest first, 100 at a time. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/annotations", tag = "annotations", security(("api_key" = [])),
    operation_id = "list_annotations",
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("before" = Option<String>, Query, description = "The `next` of the part before"),
    ),
    responses(
        (status = 200, body = AnnotationList),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(super) async fn list(
    State(needs): State<Needs>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<AnnotationList>, Problem> {
    access.require(Scope::ReadReports)?;
    let before = value(&fields, "before").map(|text| {
        Cursor::parse(text).ok_or_else(|| Problem::of_faults([Fault::new("before", "must be the `next` of a part")]))
    });
    let mut found = needs.store.annotations(access.site.site.site_id, before.transpose()?, LISTED as i64 + 1).await?;
    let more = found.len() > LISTED;
    found.truncate(LISTED);
    let last = found.last().filter(|_| more);
    let next = last.map(|last| Cursor { occurred_at_ms: last.at_ms, item_id: last.annotation_id }.to_string());
    Ok(Json(AnnotationList { annotations: found.iter().map(|one| access.view(one)).collect(), next }))
}

/// Add a release or note, which is marked on every chart. Scope: `annotations:write`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/annotations", tag = "annotations", security(("api_key" = [])),
    operation_id = "add_annotation",
    params(("site" = String, Path, description = "Public key of the site")),
    request_body(
        content = NewAnnotation,
        description = "At most 65,536 bytes",
        example = json!({
            "id": "0b5e0f9c-4a1b-7f6e-a9d1-20b6b8f0e7aa", "kind": "release", "text": "4.2.0", "at": "2026-03-31T14:05:00Z",
        }),
    ),
    responses(
        (status = 201, body = AddedAnnotation, description = "Durable, now or before"),
        (status = 400, description = "Not such a document"),
        (status = 413, description = "Too large"),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(super) async fn add(
    State(needs): State<Needs>,
    access: ApiAccess,
    document: Result<Repaired<NewAnnotation>, JsonRejection>,
) -> Result<(StatusCode, Json<AddedAnnotation>), Problem> {
    access.require(Scope::WriteAnnotations)?;
    let NewAnnotation { id, kind, text, at } = body(document)?;
    let draft = Draft { kind: &kind, text: &text, at: at.as_deref().unwrap_or_default() };
    let sent = access.read(&needs.clock, id.unwrap_or_else(|| needs.clock.new_id()), &draft)?;
    let entry = access.note(&needs.clock, "annotation.add", sent.subject());
    let reply = match needs.store.add_annotation(access.site.site.site_id, &sent, &entry).await? {
        Added::Added => AddedAnnotation { added: true, annotation: access.view(&sent) },
        Added::Known(before) => {
            // Sent again without a time it says another one.
            let again = if at.is_none() { Annotation { at_ms: before.at_ms, ..sent } } else { sent };
            if !again.says(&before) {
                let reason = "was sent before with another release or note: change that one with PUT";
                return Err(Problem::of_faults([Fault::new("id", reason)]));
            }
            AddedAnnotation { added: false, annotation: access.view(&before) }
        }
        Added::Full => return Err(Problem::of_faults([annotation::full()])),
    };
    Ok((StatusCode::CREATED, Json(reply)))
}

/// The id in a path.
fn id_of(path: &Path<(String, String)>) -> Result<Id, Problem> {
    Id::parse(&path.1).ok_or_else(none)
}

/// One release or note. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/annotations/{id}", tag = "annotations", security(("api_key" = [])),
    operation_id = "read_annotation",
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Its id, a UUID"),
    ),
    responses(
        (status = 200, body = AnnotationView),
        (status = 404, description = "No such release or note"),
    )
)]
pub(super) async fn one(
    State(needs): State<Needs>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<Json<AnnotationView>, Problem> {
    access.require(Scope::ReadReports)?;
    let found = needs.store.annotation(access.site.site.site_id, id_of(&path)?).await?.ok_or_else(none)?;
    Ok(Json(access.view(&found)))
}

/// Change a release or note: what is sent takes the place of its kind, text and time. Scope: `annotations:write`.
#[utoipa::path(
    put, path = "/api/v1/sites/{site}/annotations/{id}", tag = "annotations", security(("api_key" = [])),
    operation_id = "change_annotation",
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Its id, a UUID"),
    ),
    request_body(
        content = ChangedAnnotation,
        description = "At most 65,536 bytes. Without `at` its time stays",
        example = json!({ "kind": "release", "text": "4.2.0", "at": "2026-03-31T14:20:00Z" }),
    ),
    responses(
        (status = 200, body = AnnotationView),
        (status = 400, description = "Not such a document"),
        (status = 404, description = "No such release or note"),
        (status = 413, description = "Too large"),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(super) async fn change(
    State(needs): State<Needs>,
    access: ApiAccess,
    path: Path<(String, String)>,
    document: Result<Repaired<ChangedAnnotation>, JsonRejection>,
) -> Result<Json<AnnotationView>, Problem> {
    access.require(Scope::WriteAnnotations)?;
    let (site_id, id) = (access.site.site.site_id, id_of(&path)?);
    let ChangedAnnotation { kind, text, at } = body(document)?;
    let before = needs.store.annotation(site_id, id).await?.ok_or_else(none)?;
    let draft = Draft { kind: &kind, text: &text, at: at.as_deref().unwrap_or_default() };
    let sent = access.read(&needs.clock, id, &draft)?;
    let at_ms = if at.is_none() { before.at_ms } else { sent.at_ms };
    let changed = Annotation { at_ms, kind: sent.kind, text: sent.text, ..before };
    let entry = access.note(&needs.clock, "annotation.change", changed.subject());
    if !needs.store.change_annotation(site_id, &changed, &entry).await? {
        return Err(none());
    }
    Ok(Json(access.view(&changed)))
}

/// Remove a release or note. Scope: `annotations:write`.
#[utoipa::path(
    delete, path = "/api/v1/sites/{site}/annotations/{id}", tag = "annotations", security(("api_key" = [])),
    operation_id = "remove_annotation",
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Its id, a UUID"),
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "No such release or note"),
    )
)]
pub(super) async fn remove(
    State(needs): State<Needs>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    access.require(Scope::WriteAnnotations)?;
    let (site_id, id) = (access.site.site.site_id, id_of(&path)?);
    let before = needs.store.annotation(site_id, id).await?.ok_or_else(none)?;
    let entry = access.note(&needs.clock, "annotation.remove", before.subject());
    if !needs.store.remove_annotation(site_id, id, &entry).await? {
        return Err(none());
    }
    Ok(StatusCode::NO_CONTENT)
}

/// What is marked on charts of these days: releases and notes that were added, and the releases that pages name, with the rule
/// by which those count. Marks are of the whole site: every field but the days is refused. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/marks", tag = "reports", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), SliceFields),
    responses(
        (status = 200, body = Marks),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(super) async fn marks(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<Marks>, Problem> {
    access.require(Scope::ReadReports)?;
    let slice = slice_of(&fields)?;
    slice.told_by("marks", &[]).map_err(Problem::of_faults)?;
    Ok(Json(reports.of(&access.site).marks(&slice).await?))
}

/// The figures of so many whole days before and after a release or note, each with its change, judged together. The days are those
/// of the mark: `range` says nothing here. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/change", tag = "reports", security(("api_key" = [])),
    operation_id = "change",
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("mark" = String, Query, description = "Id of a mark, as `reports/marks` tells it"),
        ("days" = Option<String>, Query, description = "`7` (default), `14` or `28`: so many days before and after"),
        ("side" = Option<String>, Query, description = "Where the day of the mark counts: `neither` (default), `before` or `after`"),
        SliceFields
    ),
    responses(
        (status = 200, body = BeforeAfter),
        (status = 404, description = "No such mark"),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(super) async fn before_after(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<BeforeAfter>, Problem> {
    access.require(Scope::ReadReports)?;
    let (slice, asked) = (slice_of(&fields)?, mark::asked(&fields).map_err(Problem::of_faults)?);
    let of = (asked.length_days, asked.side);
    let report = reports.of(&access.site).before_after(&slice, &asked.mark, of).await?;
    report.map(Json).ok_or_else(|| Problem::not_found("this site has no such mark"))
}

#[cfg(test)]
mod tests {
    use crate::member::account::token;
    use crate::server::key;
    use crate::test_app::{Reply, TestApp};
    use axum::body::Body;
    use axum::http::Request;
    use rapport_store::account::api_key::ApiKey;
    use rapport_store::account::scope::Scope;
    use rapport_store::site::Site;
    use rapport_store::test_store::note;
    use serde_json::{Value, json};

    const BASE: &str = "/api/v1/sites/shop/annotations";
    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    async fn key_for(test: &TestApp, site: &Site, scopes: &[Scope]) -> String {
        let secret = key::random_key();
        let key = ApiKey {
            key_id: test.app.clock.new_id(),
            name: "deployments".into(),
            scopes: scopes.to_vec(),
            created_at_ms: 1,
            revoked_at_ms: None,
            expires_at_ms: None,
            used_at_ms: None,
        };
        test.app.store.add_api_key(site.site_id, &key, token::hash(&secret), &note(1)).await.unwrap();
        format!("Bearer {secret}")
    }

    async fn send(test: &TestApp, key: &str, method: &str, path: &str, body: Option<Value>) -> Reply {
        let request = Request::builder().method(method).uri(path).header("authorization", key);
        let request = request.header("content-type", "application/json");
        test.send(request.body(body.map_or_else(Body::empty, |body| Body::from(body.to_string()))).unwrap()).await
    }

    #[tokio::test]
    async fn a_deployment_that_sends_its_release_twice_adds_it_once() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let key = key_for(&test, &site, &[Scope::WriteAnnotations, Scope::ReadReports]).await;
        let release = json!({ "id": ID, "kind": "release", "text": "4.2.0" });
        let timed = json!({ "id": ID, "kind": "release", "text": "4.2.0", "at": "2026-03-31" });
        for (body, status, added) in [(&release, 201, true), (&release, 201, false), (&timed, 422, false)] {
            let reply = send(&test, &key, "POST", BASE, Some(body.clone())).await;
            assert_eq!(reply.status.as_u16(), status, "{}", reply.text());
            match status {
                201 => {
                    assert_eq!((&reply.json()["added"], &reply.json()["annotation"]["id"]), (&json!(added), &json!(ID)))
                }
                _ => assert_eq!(reply.json()["errors"][0]["field"], "id", "{}", reply.text()),
            }
        }
        // Changed it says the day by the site's clocks; without a time, the one it had.
        let one = format!("{BASE}/{ID}");
        let change = json!({ "kind": "note", "text": "Sale", "at": "2026-03-31" });
        let changed = send(&test, &key, "PUT", &one, Some(change)).await;
        assert_eq!(changed.json()["at"]["local"], "2026-03-31T00:00:00+02:00", "{}", changed.text());
        let kept = send(&test, &key, "PUT", &one, Some(json!({ "kind": "note", "text": "Sale over" }))).await.json();
        assert_eq!((&kept["at"]["local"], &kept["text"]), (&json!("2026-03-31T00:00:00+02:00"), &json!("Sale over")));
        assert_eq!(send(&test, &key, "GET", &one, None).await.json(), kept);
        let listed = send(&test, &key, "GET", BASE, None).await.json();
        assert_eq!((&listed["annotations"], &listed["next"]), (&json!([kept]), &Value::Null));
        for status in [204, 404] {
            assert_eq!(send(&test, &key, "DELETE", &one, None).await.status.as_u16(), status);
        }
        for method in ["GET", "PUT"] {
            let body = (method == "PUT").then(|| json!({ "kind": "note", "text": "x" }));
            assert_eq!(send(&test, &key, method, &one, body).await.status, 404, "{method}");
        }
        let noted = test.app.store.audit_entries(site.site_id, None, 10).await.unwrap();
        let noted: Vec<_> = noted.iter().filter(|entry| entry.actor.starts_with("key:")).collect();
        let told: Vec<_> = noted.iter().map(|entry| (entry.action.as_str(), entry.subject.as_str())).collect();
        assert_eq!(told.len(), 4, "{told:?}");
        assert!(told.contains(&("annotation.remove", "note Sale over")), "{told:?}");
    }

    #[tokio::test]
    async fn what_is_wrong_is_told_by_field_and_each_scope_is_needed() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let writer = key_for(&test, &site, &[Scope::WriteAnnotations]).await;
        for (body, fields) in [
            (json!({ "kind": "event", "text": "", "at": "soon" }), vec!["kind", "text", "at"]),
            (json!({ "kind": "note", "text": "x".repeat(501) }), vec!["text"]),
            (json!({ "kind": "note", "text": "x", "at": "1999-12-31" }), vec!["at"]),
        ] {
            let reply = send(&test, &writer, "POST", BASE, Some(body)).await;
            assert_eq!(reply.status, 422, "{}", reply.text());
            let told = reply.json()["errors"].as_array().unwrap().clone();
            let told: Vec<_> = told.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect();
            assert_eq!(told, fields);
        }
        for body in [
            json!({ "kind": "note" }),
            json!({ "kind": 7, "text": "x" }),
            json!({ "id": "x", "kind": "note", "text": "x" }),
        ] {
            let reply = send(&test, &writer, "POST", BASE, Some(body.clone())).await;
            assert!(matches!(reply.status.as_u16(), 400 | 422), "{body}: {}", reply.text());
        }
        assert_eq!(send(&test, &writer, "GET", BASE, None).await.status, 403);
        let reader = key_for(&test, &site, &[Scope::ReadReports]).await;
        let refused = send(&test, &reader, "POST", BASE, Some(json!({ "kind": "note", "text": "x" }))).await;
        assert_eq!(refused.status, 403);
        assert!(refused.text().contains("annotations:write"), "{}", refused.text());
        for (address, field) in [
            ("annotations?before=x", "before"),
            ("reports/marks?device=mobile", "device"),
            ("reports/change", "mark"),
            ("reports/change?mark=x&days=9", "mark"),
        ] {
            let reply = send(&test, &reader, "GET", &format!("/api/v1/sites/shop/{address}"), None).await;
            assert_eq!((reply.status.as_u16(), &reply.json()["errors"][0]["field"]), (422, &json!(field)), "{address}");
        }
        let none = send(&test, &reader, "GET", &format!("/api/v1/sites/shop/reports/change?mark={ID}"), None).await;
        assert_eq!(none.status, 404);
    }

    #[tokio::test]
    async fn a_list_of_more_than_a_hundred_goes_on() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let key = key_for(&test, &site, &[Scope::WriteAnnotations, Scope::ReadReports]).await;
        for number in 0..103 {
            let body = json!({ "kind": "note", "text": number.to_string(), "at": "2026-03-31" });
            assert_eq!(send(&test, &key, "POST", BASE, Some(body)).await.status, 201);
        }
        let (mut seen, mut address) = (std::collections::BTreeSet::new(), BASE.to_owned());
        loop {
            let part = send(&test, &key, "GET", &address, None).await.json();
            let texts =
                part["annotations"].as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap().to_owned());
            seen.extend(texts);
            let Some(next) = part["next"].as_str() else { break };
            address = format!("{BASE}?before={next}");
        }
        assert_eq!(seen.len(), 103);
    }
}
