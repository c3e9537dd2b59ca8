//! Surveys as JSON: listed, read with their versions, applied and switched on or off by servers, as `rapport survey` does.

use crate::app::feature_state;
use crate::definition::{self, difference};
use crate::http::problem::Problem;
use crate::server::key::ApiAccess;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use rapport_report::response::Time;
use rapport_shared::survey::{Fault, Survey};
use rapport_store::Store;
use rapport_store::account::scope::Scope;
use rapport_store::clock::Clock;
use rapport_store::site::directory::SiteDirectory;
use rapport_store::survey::{Applied, ListedSurvey, Unserved};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

feature_state! {
    /// What surveys need.
    pub(super) struct Needs {
        store: Store,
        clock: Clock,
        sites: SiteDirectory,
    }
}

/// Most definitions of one request.
const DEFINITIONS: usize = 50;

/// A survey as it is listed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SiteSurvey {
    /// Its id.
    survey: String,
    /// What the dashboard calls it.
    name: String,
    /// Its newest version, from 1.
    version: u32,
    /// Whether it is switched on.
    active: bool,
    /// Whether its quota of finished responses is reached, so that it is asked no more.
    quota_reached: bool,
    /// Where it appears: `launcher`, `popover`, `banner`, `modal`, `inline` or `hosted`.
    placement: String,
    /// How many questions it has.
    questions: usize,
    /// When its first version was made.
    created_at: Time,
}

/// A survey with what it says.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SurveyDefinition {
    /// Its id.
    survey: String,
    /// Its newest version, from 1.
    version: u32,
    /// Whether it is switched on.
    active: bool,
    /// The definition, as `rapport survey apply` reads it.
    #[schema(value_type = Object)]
    definition: Value,
}

/// One version of a survey.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SurveyVersion {
    /// Its number, from 1.
    version: u32,
    /// When it was made.
    created_at: Time,
    /// What it says otherwise than the one before.
    changes: Vec<SurveyChange>,
}

/// One thing that a version says otherwise.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SurveyChange {
    /// What, in words.
    what: String,
    /// Id of the question it is about; empty for everything else.
    question: String,
    /// Why scores before and after it cannot be compared; empty where they can.
    breaks: String,
}

/// Surveys that are applied together.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SurveysToApply {
    /// 1 to 50 definitions, as `rapport survey apply` reads them.
    #[schema(value_type = Vec<Object>)]
    surveys: Vec<Value>,
}

/// What applying a definition came to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AppliedSurvey {
    /// Id of the survey.
    survey: String,
    /// Its version now.
    version: u32,
    /// `created`, `changed`, or `unchanged` where the newest version said it already.
    outcome: String,
}

/// Whether pages get a survey.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SurveyState {
    /// True shows it on pages; false keeps it from them, and its answers stay.
    active: bool,
}

fn unknown() -> Problem {
    Problem::not_found("this site has no such survey")
}

async fn listed(needs: &Needs, access: &ApiAccess, id: &str) -> Result<ListedSurvey, Problem> {
    let surveys = needs.store.surveys(access.site.site.site_id).await?;
    surveys.into_iter().find(|listed| listed.survey.id == id).ok_or_else(unknown)
}

/// The surveys of a site in order of precedence. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/surveys", tag = "surveys", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    responses((status = 200, body = Vec<SiteSurvey>), (status = 403, description = "The key lacks the scope")),
    operation_id = "list_surveys",
)]
pub(super) async fn list(State(needs): State<Needs>, access: ApiAccess) -> Result<Json<Vec<SiteSurvey>>, Problem> {
    access.require(Scope::ReadReports)?;
    let site = &access.site.site;
    let surveys = needs.store.surveys(site.site_id).await?;
    let served = needs.store.served_surveys(site.site_id).await?;
    let is_full =
        |id: &str| served.iter().any(|(survey, unserved)| survey.id == id && *unserved == Some(Unserved::QuotaReached));
    let line = |listed: ListedSurvey| SiteSurvey {
        quota_reached: is_full(&listed.survey.id),
        name: listed.survey.name,
        version: listed.survey.version,
        active: listed.active,
        placement: listed.survey.placement.as_str().to_owned(),
        questions: listed.survey.questions.len(),
        created_at: Time::new(listed.created_at_ms, &site.time_zone),
        survey: listed.survey.id,
    };
    Ok(Json(surveys.into_iter().map(line).collect()))
}

/// A survey as it is written. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/surveys/{survey}", tag = "surveys", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("survey" = String, Path, description = "Id of the survey"),
    ),
    responses(
        (status = 200, body = SurveyDefinition),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such survey"),
    ),
    operation_id = "read_survey",
)]
pub(super) async fn read(
    State(needs): State<Needs>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<Json<SurveyDefinition>, Problem> {
    access.require(Scope::ReadReports)?;
    let ListedSurvey { survey, active, .. } = listed(&needs, &access, &path.0.1).await?;
    let definition = definition::written(&survey);
    Ok(Json(SurveyDefinition { version: survey.version, survey: survey.id, active, definition }))
}

/// The versions of a survey, newest first, with what each says otherwise. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/surveys/{survey}/versions", tag = "surveys", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("survey" = String, Path, description = "Id of the survey"),
    ),
    responses(
        (status = 200, body = Vec<SurveyVersion>),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such survey"),
    ),
    operation_id = "survey_versions",
)]
pub(super) async fn versions(
    State(needs): State<Needs>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<Json<Vec<SurveyVersion>>, Problem> {
    access.require(Scope::ReadReports)?;
    let Path((_, survey)) = path;
    let site = &access.site.site;
    let made = needs.store.versions_of_survey(site.site_id, &survey).await?;
    if made.is_empty() {
        return Err(unknown());
    }
    let change = |change: difference::Change| SurveyChange {
        what: change.what,
        question: change.question,
        breaks: change.breaks.to_owned(),
    };
    let changes = |at: usize| at.checked_sub(1).map(|before| difference::between(&made[before].0, &made[at].0));
    let version = |at: usize| SurveyVersion {
        version: made[at].0.version,
        created_at: Time::new(made[at].1, &site.time_zone),
        changes: changes(at).into_iter().flatten().map(change).collect(),
    };
    Ok(Json((0..made.len()).rev().map(version).collect()))
}

/// Every fault of definitions that come together, each by its place: `surveys[0].questions[1].text`.
fn checked(definitions: &[Value], known: &[ListedSurvey]) -> Result<Vec<Survey>, Vec<Fault>> {
    let at = |place: usize, fault: Fault| {
        let mark = if fault.field.is_empty() { "" } else { "." };
        let field = format!("surveys[{place}]{mark}{}", fault.field);
        Fault { field, ..fault }
    };
    if definitions.is_empty() || definitions.len() > DEFINITIONS {
        return Err(vec![Fault::new("surveys", format!("must be a list of 1 to {DEFINITIONS} definitions"))]);
    }
    let (mut surveys, mut faults) = (Vec::new(), Vec::new());
    for (place, definition) in definitions.iter().enumerate() {
        match definition::survey(&definition.to_string()) {
            Ok(survey) if surveys.iter().any(|other: &Survey| other.id == survey.id) => {
                faults.push(at(place, Fault::new("id", "is that of another definition of this list")));
            }
            Ok(survey) => surveys.push(survey),
            Err(found) => faults.extend(found.into_iter().map(|fault| at(place, fault))),
        }
    }
    if faults.is_empty() {
        // Those that come together may lead to each other.
        let ids: Vec<String> =
            known.iter().map(|listed| &listed.survey).chain(&surveys).map(|survey| survey.id.clone()).collect();
        for (place, survey) in surveys.iter().enumerate() {
            faults.extend(survey.faults_beside(&ids).into_iter().map(|fault| at(place, fault)));
        }
    }
    if faults.is_empty() { Ok(surveys) } else { Err(faults) }
}

/// Creates surveys, or adds a version of those that say something new; none is kept unless all can be, and those that are not
/// named stay as they are. Scope: `surveys:write`.
#[utoipa::path(
    put, path = "/api/v1/sites/{site}/surveys", tag = "surveys", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    request_body(content = SurveysToApply, example = json!({ "surveys": [{
        "id": "after-order", "name": "After an order", "title": "Your order", "placement": "popover",
        "trigger": { "on": "event", "name": "purchase", "delay_ms": 5000 },
        "questions": [{ "id": "likely", "kind": "nps", "text": "How likely are you to recommend us?" }],
    }] })),
    responses(
        (status = 200, body = Vec<AppliedSurvey>),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 422, description = "Fields at fault, each named by the place of its definition: `surveys[0].questions[1].text`"),
    ),
    operation_id = "apply_surveys",
)]
pub(super) async fn apply(
    State(needs): State<Needs>,
    access: ApiAccess,
    sent: Result<Json<SurveysToApply>, JsonRejection>,
) -> Result<Json<Vec<AppliedSurvey>>, Problem> {
    access.require(Scope::WriteSurveys)?;
    let Json(sent) = sent.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let site_id = access.site.site.site_id;
    let known = needs.store.surveys(site_id).await?;
    let surveys = checked(&sent.surveys, &known).map_err(Problem::of_faults)?;
    let mut all = Vec::new();
    for survey in surveys {
        let is_new = !known.iter().any(|listed| listed.survey.id == survey.id);
        let action = if is_new { "survey.create" } else { "survey.change" };
        let entry = access.note(&needs.clock, action, format!("survey {}", survey.id));
        let (outcome, version) = match needs.store.apply_survey(site_id, &survey, &entry).await? {
            Applied::Created => ("created", 1),
            Applied::Versioned(version) => ("changed", version),
            Applied::Unchanged(version) => ("unchanged", version),
        };
        all.push(AppliedSurvey { survey: survey.id, version, outcome: outcome.to_owned() });
    }
    needs.sites.forget();
    Ok(Json(all))
}

/// Switches a survey on or off. Scope: `surveys:write`.
#[utoipa::path(
    put, path = "/api/v1/sites/{site}/surveys/{survey}/state", tag = "surveys", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("survey" = String, Path, description = "Id of the survey"),
    ),
    request_body(content = SurveyState, example = json!({ "active": false })),
    responses(
        (status = 204, description = "It is so now"),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such survey"),
    ),
    operation_id = "set_survey_state",
)]
pub(super) async fn set(
    State(needs): State<Needs>,
    access: ApiAccess,
    path: Path<(String, String)>,
    sent: Result<Json<SurveyState>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    access.require(Scope::WriteSurveys)?;
    let Path((_, survey)) = path;
    let Json(SurveyState { active }) = sent.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let action = if active { "survey.activate" } else { "survey.deactivate" };
    let entry = access.note(&needs.clock, action, format!("survey {survey}"));
    if !needs.store.activate_survey(access.site.site.site_id, &survey, active, &entry).await? {
        return Err(unknown());
    }
    needs.sites.forget();
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use crate::test_app::TestApp;
    use axum::body::Body;
    use axum::http::Request;
    use rapport_store::account::scope::Scope;
    use serde_json::{Value, json};

    fn survey(text: &str) -> Value {
        let questions = json!([{ "id": "likely", "kind": "nps", "text": text }]);
        json!({ "id": "own", "name": "Own", "title": "Ask", "questions": questions })
    }

    #[tokio::test]
    async fn surveys_are_kept_as_code_and_faults_are_named_by_their_place() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let writer = test.bearer(&site, &[Scope::ReadReports, Scope::WriteSurveys]).await;
        let reader = test.bearer(&site, &[Scope::ReadReports]).await;
        let send = async |method: &str, below: &str, key: &str, body: Value| {
            let request = Request::builder().method(method).uri(format!("/api/v1/sites/shop/surveys{below}"));
            let request = request.header("authorization", key).header("content-type", "application/json");
            test.send(request.body(Body::from(body.to_string())).unwrap()).await
        };
        let first = json!({ "surveys": [survey("How likely?")] });
        assert_eq!(send("PUT", "", &reader, first.clone()).await.status, 403);
        for outcome in ["created", "unchanged"] {
            let applied = send("PUT", "", &writer, first.clone()).await;
            assert_eq!(applied.json(), json!([{ "survey": "own", "version": 1, "outcome": outcome }]));
        }
        let changed = send("PUT", "", &writer, json!({ "surveys": [survey("How sure?")] })).await.json();
        assert_eq!(changed, json!([{ "survey": "own", "version": 2, "outcome": "changed" }]));
        let versions = send("GET", "/own/versions", &reader, json!(null)).await.json();
        assert_eq!((&versions[0]["version"], &versions[1]["changes"]), (&json!(2), &json!([])));
        assert_eq!(versions[0]["changes"][0]["question"], "likely");
        assert!(versions[0]["changes"][0]["breaks"].as_str().unwrap().contains("the words"), "{versions}");

        // What is read can be applied again.
        let read = send("GET", "/own", &reader, json!(null)).await.json();
        assert_eq!((&read["version"], &read["active"]), (&json!(2), &json!(true)));
        let again = send("PUT", "", &writer, json!({ "surveys": [read["definition"]] })).await.json();
        assert_eq!(again[0]["outcome"], "unchanged");

        // Two that lead to each other come together; none is kept where one has a fault.
        let leading = |id: &str, to: &str| {
            let mut survey = survey("How likely?");
            survey["id"] = json!(id);
            survey["ends"] = json!([{ "id": "more", "title": "Thanks", "button": { "label": "More", "survey": to } }]);
            survey
        };
        let refused = send("PUT", "", &writer, json!({ "surveys": [leading("one", "two")] })).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text().contains("surveys[0].ends[0].button.survey"), "{}", refused.text());
        let both = json!({ "surveys": [leading("one", "two"), leading("two", "one")] });
        assert_eq!(send("PUT", "", &writer, both).await.status, 200);
        let mut wrong = survey("");
        wrong["id"] = json!("wrong");
        for (definitions, field) in [
            (json!([survey("Fine?"), wrong]), "surveys[1].questions[0].text"),
            (json!([survey("Fine?"), survey("Twice?")]), "surveys[1].id"),
            (json!([7]), "surveys[0]"),
            (json!([]), "1 to 50 definitions"),
        ] {
            let refused = send("PUT", "", &writer, json!({ "surveys": definitions })).await;
            assert!(refused.status == 422 && refused.text().contains(field), "{field}: {}", refused.text());
        }
        assert_eq!(send("PUT", "", &writer, json!({})).await.status, 400);

        let state = json!({ "active": false });
        assert_eq!(send("PUT", "/own/state", &reader, state.clone()).await.status, 403);
        assert_eq!(send("PUT", "/own/state", &writer, state.clone()).await.status, 204);
        assert_eq!(send("PUT", "/none/state", &writer, state).await.status, 404);
        assert_eq!(send("GET", "/none", &reader, json!(null)).await.status, 404);
        assert_eq!(send("GET", "/none/versions", &reader, json!(null)).await.status, 404);
        let listed = send("GET", "", &reader, json!(null)).await.json();
        let own = listed.as_array().unwrap().iter().find(|line| line["survey"] == "own").unwrap();
        assert_eq!((&own["active"], &own["version"], &own["quota_reached"]), (&json!(false), &json!(2), &json!(false)));
        let config = test.get("/v1/config/shop", &[]).await.json();
        assert!(config["surveys"].as_array().unwrap().iter().all(|survey| survey["id"] != "own"), "at once");
        let noted = test.app.store.audit_entries(site.site_id, None, 20).await.unwrap();
        assert!(noted.iter().any(|entry| entry.action == "survey.deactivate" && entry.actor.starts_with("key:")));
    }
}
