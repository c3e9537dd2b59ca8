//! Issues for servers with a key: those that were found, one of them, and what is said of it.

use super::key::ApiAccess;
use super::reports::{Fields, SliceFields, slice_of};
use super::reviews::{Repaired, body};
use crate::app::{Reports, feature_state};
use crate::http::problem::Problem;
use crate::http::query::list;
use crate::member::issue::asked;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use rapport_report::issue::{IssueReport, Issues};
use rapport_shared::id::Id;
use rapport_store::Store;
use rapport_store::account::scope::Scope;
use rapport_store::clock::Clock;
use rapport_store::issue::{self, Draft};
use serde::Deserialize;
use utoipa::ToSchema;

feature_state! {
    /// What saying something of an issue needs.
    pub(super) struct Needs {
        clock: Clock,
        store: Store,
        reports: Reports,
    }
}

/// What is said of an issue from now on.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SaidOfIssue {
    /// `new`, `in_progress`, `fixed` or `ignored`.
    status: String,
    /// The mail address of a member of the site; nobody when absent.
    #[serde(default)]
    owner: String,
    /// When it was fixed: an instant (`2026-03-31T14:05:00Z`), or a time or a day by the site's clocks (`2026-03-31T14:05`,
    /// `2026-03-31`); now when absent. Only kept where it is fixed, and must not lie ahead.
    #[serde(default)]
    fixed_at: String,
    /// With which release, at most 120 characters. Only kept where it is fixed.
    #[serde(default)]
    release: String,
    /// What else is said of it: one line of at most 500 bytes of UTF-8.
    #[serde(default)]
    note: String,
}

fn none() -> Problem {
    Problem::not_found("nothing is said of such an issue, and it was not found on these days")
}

/// The id in a path.
fn id_in(Path((_, id)): &Path<(String, String)>) -> Result<Id, Problem> {
    Id::parse(id).ok_or_else(none)
}

/// Issues that were found, by impact, 25 at a time: what fails people on a page, by the element or cause and the kind of failure, with the
/// low ratings and comments given in the views that met it, the part of the views in which it lies, since when it is so, owner and status.
/// Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/issues", tag = "reports", security(("api_key" = [])),
    operation_id = "issues",
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("show" = Option<String>, Query, description = "`open` (default: `new` and `in_progress`), `new`, `in_progress`, `fixed`, `ignored` or `all`"),
        ("part" = Option<String>, Query, description = "Which part of the list, from 1 (default) to `parts`"),
        SliceFields
    ),
    responses(
        (status = 200, body = Issues),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(super) async fn list(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<Issues>, Problem> {
    access.require(Scope::ReadReports)?;
    let (slice, asked) = (slice_of(&fields)?, asked(&fields).map_err(|fault| Problem::of_faults([fault]))?);
    Ok(Json(reports.of(&access.site).issues(&slice, asked).await?))
}

/// One issue: what it counts on the days of the slice, before and after its fix at 7, 14 and 28 days, and the newest of those who gave a low
/// rating or words in a view that met it, 20 at a time. Scopes: `reports:read` and, since it has single answers, `responses:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/issues/{issue}", tag = "reports", security(("api_key" = [])),
    operation_id = "issue",
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("issue" = String, Path, description = "Id of an issue: the same whenever it is found"),
        ("after" = Option<String>, Query, description = "The `next` of the part before"),
        SliceFields
    ),
    responses(
        (status = 200, body = IssueReport),
        (status = 404, description = "No such issue on these days, and nothing is said of one"),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(super) async fn one(
    State(reports): State<Reports>,
    access: ApiAccess,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<Json<IssueReport>, Problem> {
    access.require(Scope::ReadReports)?;
    access.require(Scope::ReadResponses)?;
    let after = list::place(&fields, "after").map_err(|fault| Problem::of_faults([fault]))?;
    let report = reports.of(&access.site).issue(&slice_of(&fields)?, id_in(&path)?, after).await?;
    report.map(Json).ok_or_else(none)
}

/// Say of an issue whose it is and how far; what is sent takes the place of what was said before. Once it is fixed, the days before and after
/// are compared. An issue of which nothing was said yet is looked for on the days of the slice. Scope: `issues:write`.
#[utoipa::path(
    put, path = "/api/v1/sites/{site}/reports/issues/{issue}", tag = "reports", security(("api_key" = [])),
    operation_id = "say_of_issue",
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("issue" = String, Path, description = "Id of an issue"),
        SliceFields
    ),
    request_body(content = SaidOfIssue, example = json!({ "status": "fixed", "owner": "ada@example.com", "release": "4.2.1" })),
    responses(
        (status = 204, description = "It is kept"),
        (status = 404, description = "No such issue on these days, and nothing is said of one"),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(super) async fn say(
    State(needs): State<Needs>,
    access: ApiAccess,
    path: Path<(String, String)>,
    fields: Fields,
    sent: Result<Repaired<SaidOfIssue>, JsonRejection>,
) -> Result<axum::http::StatusCode, Problem> {
    access.require(Scope::WriteIssues)?;
    let sent = body(sent)?;
    let site = &access.site.site;
    let key = needs.reports.of(&access.site).issue_key(&slice_of(&fields)?, id_in(&path)?).await?.ok_or_else(none)?;
    let members = needs.store.members(site.site_id).await?;
    let draft = Draft {
        status: &sent.status,
        owner: &sent.owner,
        fixed_at: &sent.fixed_at,
        release: &sent.release,
        note: &sent.note,
    };
    let actor = access.actor();
    let said = draft.read(key, (&members, &site.time_zone), (&actor, needs.clock.now_ms()));
    let said = said.map_err(Problem::of_faults)?;
    let entry = access.note(&needs.clock, "issue.say", said.subject());
    if !needs.store.say_of_issue(site.site_id, &said, &entry).await? {
        return Err(Problem::of_faults([issue::full()]));
    }
    Ok(axum::http::StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use crate::member::account::token;
    use crate::server::key;
    use crate::test_app::{Reply, TestApp};
    use axum::body::Body;
    use axum::http::Request;
    use rapport_store::account::api_key::ApiKey;
    use rapport_store::account::role::Role;
    use rapport_store::account::scope::Scope;
    use rapport_store::story_test::{RESPONSE, tell};
    use rapport_store::test_store::note;
    use serde_json::{Value, json};

    const BASE: &str = "/api/v1/sites/shop/reports/issues";
    const DAYS: &str = "range=custom&from=2026-04-20&to=2026-05-06";

    async fn send(test: &TestApp, key: &str, method: &str, path: &str, body: Option<Value>) -> Reply {
        let request = Request::builder().method(method).uri(path).header("authorization", key);
        let request = request.header("content-type", "application/json");
        test.send(request.body(body.map_or_else(Body::empty, |body| Body::from(body.to_string()))).unwrap()).await
    }

    #[tokio::test]
    async fn a_server_reads_issues_and_says_which_one_it_fixed() {
        let test = TestApp::new().await;
        let site = test.site().await;
        tell(&test.app.store, &test.app.sites, &site).await;
        test.cookie(&site, "ada@example.com", Role::Viewer).await;
        let secret = key::random_key();
        let scopes = vec![Scope::ReadReports, Scope::ReadResponses, Scope::WriteIssues];
        let key = ApiKey {
            key_id: test.app.clock.new_id(),
            name: "ci".into(),
            scopes,
            created_at_ms: 1,
            revoked_at_ms: None,
            expires_at_ms: None,
            used_at_ms: None,
        };
        test.app.store.add_api_key(site.site_id, &key, token::hash(&secret), &note(1)).await.unwrap();
        let key = format!("Bearer {secret}");
        let found = send(&test, &key, "GET", &format!("{BASE}?{DAYS}"), None).await.json();
        let issues = found["issues"].as_array().unwrap();
        let dead = issues.iter().find(|issue| issue["kind"] == "dead_click").expect("it was found");
        let told =
            ["signals", "views", "visits", "low_ratings", "comments", "complaints"].map(|name| dead[name].clone());
        assert_eq!(told, [35, 35, 35, 1, 1, 1].map(|count| json!(count)), "{dead}");
        assert_eq!((&dead["status"], &dead["owner"]), (&json!("new"), &Value::Null));
        let address = format!("{BASE}/{}?{DAYS}", dead["id"].as_str().unwrap());
        let said = json!({ "status": "fixed", "owner": "ada@example.com", "fixed_at": "2026-05-01", "release": "4.2" });
        let kept = send(&test, &key, "PUT", &address, Some(said)).await;
        assert_eq!(kept.status, 204, "{}", kept.text());
        let one = send(&test, &key, "GET", &address, None).await.json();
        assert_eq!(one["complaints"][0]["response"]["id"], RESPONSE.to_text(), "{one}");
        assert_eq!((&one["issue"]["status"], &one["fix"]["verdict"]), (&json!("fixed"), &json!("undecided")), "{one}");
        assert_eq!(one["fix"]["looks"].as_array().map(Vec::len), Some(3));
        for (body, field) in [
            (json!({ "status": "done" }), "status"),
            (json!({ "status": "new", "owner": "eve@example.com" }), "owner"),
            (json!({ "status": "fixed", "fixed_at": "soon" }), "fixed_at"),
        ] {
            let reply = send(&test, &key, "PUT", &address, Some(body)).await;
            assert_eq!((reply.status.as_u16(), &reply.json()["errors"][0]["field"]), (422, &json!(field)));
        }
        let unknown = format!("{BASE}/01890a5d-ac96-874b-bcce-b302099a8057?{DAYS}");
        for (method, body) in [("GET", None), ("PUT", Some(json!({ "status": "new" })))] {
            assert_eq!(send(&test, &key, method, &unknown, body).await.status, 404, "{method}");
        }
        let wrong = send(&test, &key, "GET", &format!("{BASE}?show=gone"), None).await;
        assert_eq!((wrong.status.as_u16(), &wrong.json()["errors"][0]["field"]), (422, &json!("show")));
    }
}
