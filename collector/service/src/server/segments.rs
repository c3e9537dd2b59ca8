//! Segments as JSON: filters by a name, made and changed by servers as on the pages.

use crate::app::feature_state;
use crate::http::problem::Problem;
use crate::http::query::segment;
use crate::server::key::ApiAccess;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::Store;
use rapport_store::account::scope::Scope;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::segment::{Kept, Segment};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

feature_state! {
    /// What segments need.
    pub(super) struct Needs {
        store: Store,
        clock: Clock,
    }
}

/// A filter by a name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NamedSegment {
    /// Its id, a UUID.
    id: String,
    /// What people call it; no two of a site are called alike.
    name: String,
    /// What it narrows to, by the names of the fields of a report.
    fields: BTreeMap<String, String>,
    /// The same as a query string, to be put behind the address of a report.
    query: String,
}

impl From<Segment> for NamedSegment {
    fn from(segment: Segment) -> Self {
        Self {
            id: segment.segment_id.to_text(),
            name: segment.name,
            fields: segment::pairs(&segment.fields).into_iter().collect(),
            query: segment.fields,
        }
    }
}

/// A filter to be given a name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSegment {
    /// 1 to 80 characters in one line.
    name: String,
    /// What it narrows to, by the names of the fields of a report: `{"device": "mobile", "source": "newsletter"}`. Days are no part of
    /// it.
    fields: BTreeMap<String, String>,
}

/// Another name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SegmentName {
    /// 1 to 80 characters in one line.
    name: String,
}

fn note(needs: &Needs, access: &ApiAccess, action: &str, name: &str) -> AuditEntry {
    access.note(&needs.clock, action, format!("segment {name}"))
}

fn body<T>(sent: Result<Json<T>, JsonRejection>) -> Result<T, Problem> {
    let Json(body) = sent.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    Ok(body)
}

fn at_fault(fault: Fault) -> Problem {
    Problem::of_faults([fault])
}

fn none() -> Problem {
    Problem::not_found("this site has no such segment")
}

/// The reply to a change, where it was made.
fn after<T>(kept: Kept, done: T) -> Result<T, Problem> {
    match kept {
        Kept::Done => Ok(done),
        Kept::NameTaken => Err(at_fault(segment::name_taken())),
        Kept::TooMany => Err(at_fault(segment::too_many())),
        Kept::Unknown => Err(none()),
    }
}

/// The filters that have a name, by name. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/segments", tag = "segments", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    responses((status = 200, body = Vec<NamedSegment>)),
    operation_id = "list_segments",
)]
pub(super) async fn list(State(needs): State<Needs>, access: ApiAccess) -> Result<Json<Vec<NamedSegment>>, Problem> {
    access.require(Scope::ReadReports)?;
    let segments = needs.store.segments(access.site.site.site_id).await?;
    Ok(Json(segments.into_iter().map(NamedSegment::from).collect()))
}

/// Gives a filter a name. Scope: `segments:write`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/segments", tag = "segments", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    request_body(
        content = NewSegment,
        example = json!({ "name": "Phones of the newsletter", "fields": { "device": "mobile", "source": "newsletter" } }),
    ),
    responses(
        (status = 201, body = NamedSegment),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 422, description = "Fields at fault, each named"),
    ),
    operation_id = "add_segment",
)]
pub(super) async fn add(
    State(needs): State<Needs>,
    access: ApiAccess,
    sent: Result<Json<NewSegment>, JsonRejection>,
) -> Result<(StatusCode, Json<NamedSegment>), Problem> {
    access.require(Scope::WriteSegments)?;
    let new = body(sent)?;
    let pairs: Vec<_> = new.fields.into_iter().collect();
    let segment = Segment {
        segment_id: needs.clock.new_id(),
        name: segment::name(&new.name).map_err(at_fault)?,
        fields: segment::fields(&pairs).map_err(Problem::of_faults)?,
        created_at_ms: needs.clock.now_ms(),
    };
    let entry = note(&needs, &access, "segment.add", &segment.name);
    let kept = needs.store.add_segment(access.site.site.site_id, &segment, &entry).await?;
    after(kept, (StatusCode::CREATED, Json(segment.into())))
}

/// The segment that a path names.
async fn known(needs: &Needs, access: &ApiAccess, id: &str) -> Result<Segment, Problem> {
    let id = Id::parse(id).ok_or_else(none)?;
    let segments = needs.store.segments(access.site.site.site_id).await?;
    segments.into_iter().find(|segment| segment.segment_id == id).ok_or_else(none)
}

/// Gives a segment another name. Scope: `segments:write`.
#[utoipa::path(
    put, path = "/api/v1/sites/{site}/segments/{id}", tag = "segments", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the segment, a UUID"),
    ),
    request_body(content = SegmentName, example = json!({ "name": "Small screens" })),
    responses(
        (status = 200, body = NamedSegment),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such segment"),
        (status = 422, description = "Fields at fault, each named"),
    ),
    operation_id = "rename_segment",
)]
pub(super) async fn rename(
    State(needs): State<Needs>,
    access: ApiAccess,
    path: Path<(String, String)>,
    sent: Result<Json<SegmentName>, JsonRejection>,
) -> Result<Json<NamedSegment>, Problem> {
    access.require(Scope::WriteSegments)?;
    let Path((_, id)) = path;
    let name = segment::name(&body(sent)?.name).map_err(at_fault)?;
    let segment = known(&needs, &access, &id).await?;
    let entry = note(&needs, &access, "segment.rename", &name);
    let kept = needs.store.rename_segment(access.site.site.site_id, segment.segment_id, &name, &entry).await?;
    after(kept, Json(Segment { name, ..segment }.into()))
}

/// Forgets a segment. Scope: `segments:write`.
#[utoipa::path(
    delete, path = "/api/v1/sites/{site}/segments/{id}", tag = "segments", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the segment, a UUID"),
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such segment"),
    ),
    operation_id = "remove_segment",
)]
pub(super) async fn remove(
    State(needs): State<Needs>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    access.require(Scope::WriteSegments)?;
    let Path((_, id)) = path;
    let segment = known(&needs, &access, &id).await?;
    let entry = note(&needs, &access, "segment.remove", &segment.name);
    let kept = needs.store.remove_segment(access.site.site.site_id, segment.segment_id, &entry).await?;
    after(kept, StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use crate::member::account::token;
    use crate::server::key::random_key;
    use crate::test_app::TestApp;
    use axum::body::Body;
    use axum::http::Request;
    use rapport_store::account::api_key::ApiKey;
    use rapport_store::account::scope::Scope;
    use rapport_store::test_store::note;
    use serde_json::json;

    #[tokio::test]
    async fn a_server_names_a_filter_renames_and_removes_it_and_each_is_noted() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let key_of = async |scopes: &[Scope]| {
            let secret = random_key();
            let key = ApiKey {
                key_id: test.app.clock.new_id(),
                name: scopes.len().to_string(),
                scopes: scopes.to_vec(),
                created_at_ms: 1,
                revoked_at_ms: None,
                expires_at_ms: None,
                used_at_ms: None,
            };
            test.app.store.add_api_key(site.site_id, &key, token::hash(&secret), &note(1)).await.unwrap();
            secret
        };
        let key = key_of(&[Scope::ReadReports, Scope::WriteSegments]).await;
        let reader = key_of(&[Scope::ReadReports]).await;
        let send = async |method: &str, path: &str, key: &str, body: serde_json::Value| {
            let request = Request::builder().method(method).uri(format!("/api/v1/sites/shop/segments{path}"));
            let request = request.header("authorization", format!("Bearer {key}"));
            let request = request.header("content-type", "application/json");
            test.send(request.body(Body::from(body.to_string())).unwrap()).await
        };
        let new = json!({"name": "Phones", "fields": {"device": "mobile", "campaign": "spring", "range": "7d"}});
        assert_eq!(send("POST", "", &reader, new.clone()).await.status, 403);
        let made = send("POST", "", &key, new.clone()).await;
        assert_eq!(made.status, 201, "{}", made.text());
        assert_eq!(made.json()["query"], "device=mobile&campaign=spring");
        assert_eq!(made.json()["fields"], json!({"device": "mobile", "campaign": "spring"}));
        for (body, field) in [
            (new, "name"),
            (json!({"name": "x", "fields": {}}), "fields"),
            (json!({"name": "x", "fields": {"device": "fridge"}}), "device"),
            (json!({"name": "", "fields": {"device": "mobile"}}), "name"),
        ] {
            let refused = send("POST", "", &key, body).await;
            assert_eq!((refused.status.as_u16(), refused.json()["errors"][0]["field"].as_str()), (422, Some(field)));
        }
        let id = made.json()["id"].as_str().unwrap().to_owned();
        let renamed = send("PUT", &format!("/{id}"), &key, json!({"name": "Small screens"})).await;
        assert_eq!((renamed.status.as_u16(), renamed.json()["name"].as_str()), (200, Some("Small screens")));
        let list = send("GET", "", &reader, json!(null)).await.json();
        assert_eq!((list.as_array().unwrap().len(), list[0]["name"].as_str()), (1, Some("Small screens")));
        for status in [204, 404] {
            assert_eq!(send("DELETE", &format!("/{id}"), &key, json!(null)).await.status, status);
        }
        let noted = test.app.store.audit_entries(site.site_id, None, 10).await.unwrap();
        let noted: Vec<_> = noted.iter().rev().map(|entry| (entry.action.as_str(), entry.subject.as_str())).collect();
        assert_eq!(
            noted[noted.len() - 3..],
            [
                ("segment.add", "segment Phones"),
                ("segment.rename", "segment Small screens"),
                ("segment.remove", "segment Small screens")
            ]
        );
    }
}
