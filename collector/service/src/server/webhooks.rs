//! Webhooks as JSON: set up, tried, changed and removed by servers as on the page, with what each was told.

use crate::http::problem::Problem;
use crate::http::query::list;
use crate::server::key::ApiAccess;
use crate::server::reports::Fields;
use crate::server::reviews::{Repaired, body};
use crate::webhook::{Again, Draft, Webhooks};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use rapport_report::response::Time;
use rapport_shared::id::Id;
use rapport_store::account::scope::Scope;
use rapport_store::response::Cursor;
use rapport_store::site::directory::SiteContext;
use rapport_store::webhook::Webhook;
use rapport_store::webhook::delivery::{Delivery, DeliveryAttempt};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Deliveries of one list.
const LISTED: i64 = 100;

/// A webhook: an address that is told what happens.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookLine {
    /// Its id, a UUID.
    id: String,
    /// What people call it.
    name: String,
    /// Where it is.
    url: String,
    /// What it is told of.
    events: Vec<&'static str>,
    /// How much of people it is told: `nothing`, `words` or `all`.
    personal: &'static str,
    /// Since when it is told nothing.
    disabled_at: Option<Time>,
    /// Why.
    disabled_because: Option<String>,
    /// Who set it up.
    actor: String,
    /// When.
    created_at: Time,
}

/// A webhook with its secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookWithSecret {
    /// The webhook.
    webhook: WebhookLine,
    /// The key of its signatures: `whsec_` and base64 of 32 bytes.
    secret: String,
}

/// A webhook to be set up, or what is to be said of one from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWebhook {
    /// 1 to 80 characters in one line.
    name: String,
    /// `https://…`, at most 2,000 bytes; it may not lead into a private network that the settings do not allow.
    url: String,
    /// What it is told of, such as `ticket.opened`.
    events: Vec<String>,
    /// How much of people it is told: `nothing` (default), `words` (what they wrote) or `all` (and who they are).
    #[serde(default)]
    personal: String,
}

/// Whether a webhook is told news.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookState {
    /// False to pause it.
    active: bool,
}

/// From when on a webhook is told everything again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RedeliverSince {
    /// An instant (`2026-03-31T14:05:00Z`), or a time or a day by the site's clocks, of the last 30 days.
    since: String,
    /// Whether what was taken is sent again as well; only what was not when absent.
    #[serde(default)]
    all: bool,
}

/// How many deliveries are made again.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Redelivered {
    /// So many.
    deliveries: usize,
}

/// What a webhook is told of one thing that happened.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookDelivery {
    /// Its id, a UUID.
    id: String,
    /// The `webhook-id` under which it is sent, each time.
    message_id: String,
    /// What happened, such as `ticket.opened`.
    event: String,
    /// `waiting`, `delivered` or `failed`.
    state: &'static str,
    /// How often it was tried.
    attempts: i64,
    /// When it was written.
    created_at: Time,
    /// When it is tried next; absent unless it waits.
    next_at: Option<Time>,
}

/// Deliveries of a webhook, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookDeliveries {
    /// At most 100.
    deliveries: Vec<WebhookDelivery>,
    /// Where the list goes on, as `after`; absent on its last part.
    next: Option<String>,
}

/// One delivery with each attempt at it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookDeliveryDetail {
    /// The delivery.
    delivery: WebhookDelivery,
    /// What is sent, as JSON.
    body: String,
    /// The attempts, in order.
    tried: Vec<WebhookAttempt>,
}

/// One attempt at a delivery.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookAttempt {
    /// When it began.
    at: Time,
    /// How long it took, in milliseconds.
    took_ms: i64,
    /// The status of the answer, if there was one.
    status: Option<i64>,
    /// Why it was not enough; empty where it was.
    error: String,
    /// The beginning of the answer, at most 300 characters.
    answer: String,
}

fn line(webhook: &Webhook, site: &SiteContext) -> WebhookLine {
    let time = |at_ms| Time::new(at_ms, &site.site.time_zone);
    let (disabled_at_ms, because) = webhook.disabled.clone().unzip();
    WebhookLine {
        id: webhook.webhook_id.to_text(),
        name: webhook.name.clone(),
        url: webhook.url.clone(),
        events: webhook.kinds.iter().map(|kind| kind.as_str()).collect(),
        personal: webhook.personal.as_str(),
        disabled_at: disabled_at_ms.map(time),
        disabled_because: because,
        actor: webhook.actor.clone(),
        created_at: time(webhook.created_at_ms),
    }
}

fn delivery_line(delivery: &Delivery, site: &SiteContext) -> WebhookDelivery {
    use rapport_store::webhook::delivery::DeliveryState;
    let time = |at_ms| Time::new(at_ms, &site.site.time_zone);
    let waits = delivery.state == DeliveryState::Waiting;
    WebhookDelivery {
        id: delivery.delivery_id.to_text(),
        message_id: crate::webhook::scheme::message_id(delivery.news_id),
        event: delivery.kind.clone(),
        state: delivery.state.as_str(),
        attempts: delivery.attempts,
        created_at: time(delivery.created_at_ms),
        next_at: waits.then(|| time(delivery.next_at_ms)),
    }
}

fn attempt_line(attempt: DeliveryAttempt, site: &SiteContext) -> WebhookAttempt {
    let DeliveryAttempt { at_ms, took_ms, status, error, answer } = attempt;
    WebhookAttempt { at: Time::new(at_ms, &site.site.time_zone), took_ms, status, error, answer }
}

fn draft(new: NewWebhook) -> Draft {
    let NewWebhook { name, url, events, personal } = new;
    Draft { name, url, events, personal }
}

fn none() -> Problem {
    Problem::not_found("this site has no such webhook")
}

fn no_delivery() -> Problem {
    Problem::not_found("this webhook has no such delivery; they are kept for 30 days")
}

fn actor(access: &ApiAccess) -> String {
    format!("key:{}", access.key_id)
}

async fn found(webhooks: &Webhooks, access: &ApiAccess, id: &str) -> Result<Webhook, Problem> {
    access.require(Scope::WriteWebhooks)?;
    webhooks.one(&access.site, id).await?.ok_or_else(none)
}

/// The webhooks of a site, by name. Scope: `webhooks:write`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/webhooks", tag = "webhooks", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    responses((status = 200, body = Vec<WebhookLine>), (status = 403, description = "The key lacks the scope")),
    operation_id = "list_webhooks",
)]
pub(super) async fn list(
    State(webhooks): State<Webhooks>,
    access: ApiAccess,
) -> Result<Json<Vec<WebhookLine>>, Problem> {
    access.require(Scope::WriteWebhooks)?;
    let found = webhooks.of(&access.site).await?;
    Ok(Json(found.iter().map(|webhook| line(webhook, &access.site)).collect()))
}

/// Sets a webhook up, which is told of what happens from now on. Its secret is in the answer, and nowhere else. Scope: `webhooks:write`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/webhooks", tag = "webhooks", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    request_body(content = NewWebhook, example = json!({
        "name": "Ticket system", "url": "https://example.com/hook", "events": ["ticket.opened", "ticket.resolved"], "personal": "words",
    })),
    responses(
        (status = 201, body = WebhookWithSecret),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 422, description = "Fields at fault, each named"),
    ),
    operation_id = "add_webhook",
)]
pub(super) async fn add(
    State(webhooks): State<Webhooks>,
    access: ApiAccess,
    sent: Result<Repaired<NewWebhook>, JsonRejection>,
) -> Result<(StatusCode, Json<WebhookWithSecret>), Problem> {
    access.require(Scope::WriteWebhooks)?;
    let webhook = webhooks.add(&access.site, &actor(&access), &draft(body(sent)?)).await?;
    let shown = WebhookWithSecret { webhook: line(&webhook, &access.site), secret: webhook.secret };
    Ok((StatusCode::CREATED, Json(shown)))
}

/// Puts this in place of what was said of a webhook; it is told news again if it was told none. Scope: `webhooks:write`.
#[utoipa::path(
    put, path = "/api/v1/sites/{site}/webhooks/{id}", tag = "webhooks", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the webhook, a UUID"),
    ),
    request_body(content = NewWebhook, example = json!({
        "name": "Ticket system", "url": "https://example.com/hook", "events": ["ticket.opened"],
    })),
    responses(
        (status = 200, body = WebhookLine),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such webhook"),
        (status = 422, description = "Fields at fault, each named"),
    ),
    operation_id = "change_webhook",
)]
pub(super) async fn change(
    State(webhooks): State<Webhooks>,
    access: ApiAccess,
    path: Path<(String, String)>,
    sent: Result<Repaired<NewWebhook>, JsonRejection>,
) -> Result<Json<WebhookLine>, Problem> {
    let Path((_, id)) = path;
    let webhook = found(&webhooks, &access, &id).await?;
    let draft = draft(body(sent)?);
    let changed = webhooks.change(&access.site, &actor(&access), (webhook, &draft)).await?;
    changed.map(|webhook| Json(line(&webhook, &access.site))).ok_or_else(none)
}

/// Removes a webhook with what it was told. Scope: `webhooks:write`.
#[utoipa::path(
    delete, path = "/api/v1/sites/{site}/webhooks/{id}", tag = "webhooks", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the webhook, a UUID"),
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such webhook"),
    ),
    operation_id = "remove_webhook",
)]
pub(super) async fn remove(
    State(webhooks): State<Webhooks>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let Path((_, id)) = path;
    let webhook = found(&webhooks, &access, &id).await?;
    match webhooks.remove(&access.site, &actor(&access), &webhook).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(none()),
    }
}

/// Pauses a webhook or has it told news again. What happens while it is paused it is never told. Scope: `webhooks:write`.
#[utoipa::path(
    put, path = "/api/v1/sites/{site}/webhooks/{id}/state", tag = "webhooks", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the webhook, a UUID"),
    ),
    request_body(content = WebhookState, example = json!({ "active": false })),
    responses(
        (status = 204, description = "It is so"),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such webhook"),
        (status = 422, description = "A field is at fault"),
    ),
    operation_id = "set_webhook",
)]
pub(super) async fn set(
    State(webhooks): State<Webhooks>,
    access: ApiAccess,
    path: Path<(String, String)>,
    sent: Result<Repaired<WebhookState>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Path((_, id)) = path;
    let webhook = found(&webhooks, &access, &id).await?;
    let state = body(sent)?;
    match webhooks.set(&access.site, &actor(&access), webhook, state.active).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(none()),
    }
}

/// Gives a webhook another secret, which is in the answer and nowhere else. For a day what is sent is signed with both. Scope:
/// `webhooks:write`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/webhooks/{id}/secret", tag = "webhooks", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the webhook, a UUID"),
    ),
    responses(
        (status = 200, body = WebhookWithSecret),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such webhook"),
    ),
    operation_id = "rotate_webhook_secret",
)]
pub(super) async fn rotate(
    State(webhooks): State<Webhooks>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<Json<WebhookWithSecret>, Problem> {
    let Path((_, id)) = path;
    let webhook = found(&webhooks, &access, &id).await?;
    let webhook = webhooks.rotate(&access.site, &actor(&access), webhook).await?.ok_or_else(none)?;
    Ok(Json(WebhookWithSecret { webhook: line(&webhook, &access.site), secret: webhook.secret }))
}

/// Sends a webhook a test, `webhook.test`; what came of it stands among its deliveries. Scope: `webhooks:write`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/webhooks/{id}/test", tag = "webhooks", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the webhook, a UUID"),
    ),
    responses(
        (status = 202, body = WebhookDeliveryDetail, description = "It is on its way"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such webhook"),
    ),
    operation_id = "test_webhook",
)]
pub(super) async fn test(
    State(webhooks): State<Webhooks>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<(StatusCode, Json<WebhookDeliveryDetail>), Problem> {
    let Path((_, id)) = path;
    let webhook = found(&webhooks, &access, &id).await?;
    let delivery_id = webhooks.test(&access.site, &actor(&access), &webhook).await?;
    Ok((StatusCode::ACCEPTED, Json(detail(&webhooks, &access, (&webhook, delivery_id)).await?)))
}

async fn detail(
    webhooks: &Webhooks,
    access: &ApiAccess,
    (webhook, delivery_id): (&Webhook, Id),
) -> Result<WebhookDeliveryDetail, Problem> {
    let site_id = access.site.site.site_id;
    let delivery = webhooks.store.delivery(site_id, delivery_id).await?;
    let delivery = delivery.filter(|delivery| delivery.webhook_id == webhook.webhook_id).ok_or_else(no_delivery)?;
    let attempts = webhooks.store.delivery_attempts(site_id, delivery_id).await?;
    Ok(WebhookDeliveryDetail {
        delivery: delivery_line(&delivery, &access.site),
        tried: attempts.into_iter().map(|attempt| attempt_line(attempt, &access.site)).collect(),
        body: delivery.body,
    })
}

/// What a webhook was told in the last 30 days, the newest first, 100 at a time. Scope: `webhooks:write`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/webhooks/{id}/deliveries", tag = "webhooks", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the webhook, a UUID"),
        ("after" = Option<String>, Query, description = "The `next` of the part before"),
    ),
    responses(
        (status = 200, body = WebhookDeliveries),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such webhook"),
        (status = 422, description = "No such place"),
    ),
    operation_id = "list_webhook_deliveries",
)]
pub(super) async fn deliveries(
    State(webhooks): State<Webhooks>,
    access: ApiAccess,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<Json<WebhookDeliveries>, Problem> {
    let Path((_, id)) = path;
    let webhook = found(&webhooks, &access, &id).await?;
    let after = list::place(&fields, "after").map_err(|fault| Problem::of_faults([fault]))?;
    let site_id = access.site.site.site_id;
    let found = webhooks.store.deliveries(site_id, webhook.webhook_id, after, LISTED).await?;
    let last = found.last().filter(|_| found.len() as i64 == LISTED);
    let next = last.map(|last| Cursor { occurred_at_ms: last.created_at_ms, item_id: last.delivery_id }.to_string());
    let deliveries = found.iter().map(|delivery| delivery_line(delivery, &access.site)).collect();
    Ok(Json(WebhookDeliveries { deliveries, next }))
}

/// One delivery: what is sent, and each attempt with the beginning of what was answered. Scope: `webhooks:write`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/webhooks/{id}/deliveries/{delivery}", tag = "webhooks", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the webhook, a UUID"),
        ("delivery" = String, Path, description = "Id of the delivery, a UUID"),
    ),
    responses(
        (status = 200, body = WebhookDeliveryDetail),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such webhook or delivery"),
    ),
    operation_id = "webhook_delivery",
)]
pub(super) async fn delivery(
    State(webhooks): State<Webhooks>,
    access: ApiAccess,
    path: Path<(String, String, String)>,
) -> Result<Json<WebhookDeliveryDetail>, Problem> {
    let Path((_, id, delivery)) = path;
    let webhook = found(&webhooks, &access, &id).await?;
    let delivery_id = Id::parse(&delivery).ok_or_else(no_delivery)?;
    Ok(Json(detail(&webhooks, &access, (&webhook, delivery_id)).await?))
}

/// Makes a delivery again, from its first attempt on, under the same `webhook-id`. Scope: `webhooks:write`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/webhooks/{id}/deliveries/{delivery}/redeliver", tag = "webhooks", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the webhook, a UUID"),
        ("delivery" = String, Path, description = "Id of the delivery, a UUID"),
    ),
    responses(
        (status = 202, description = "It is on its way"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such webhook or delivery"),
    ),
    operation_id = "redeliver_webhook_delivery",
)]
pub(super) async fn redeliver(
    State(webhooks): State<Webhooks>,
    access: ApiAccess,
    path: Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    let Path((_, id, delivery)) = path;
    let webhook = found(&webhooks, &access, &id).await?;
    let delivery_id = Id::parse(&delivery).ok_or_else(no_delivery)?;
    match webhooks.redeliver(&access.site, &actor(&access), (&webhook, delivery_id)).await? {
        true => Ok(StatusCode::ACCEPTED),
        false => Err(no_delivery()),
    }
}

/// Makes all deliveries since an instant again that were not taken, or all. Scope: `webhooks:write`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/webhooks/{id}/redeliver", tag = "webhooks", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the webhook, a UUID"),
    ),
    request_body(content = RedeliverSince, example = json!({ "since": "2026-03-31T14:05:00Z" })),
    responses(
        (status = 202, body = Redelivered, description = "They are on their way"),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such webhook"),
        (status = 422, description = "A field is at fault"),
    ),
    operation_id = "redeliver_webhook",
)]
pub(super) async fn redeliver_since(
    State(webhooks): State<Webhooks>,
    access: ApiAccess,
    path: Path<(String, String)>,
    sent: Result<Repaired<RedeliverSince>, JsonRejection>,
) -> Result<(StatusCode, Json<Redelivered>), Problem> {
    let Path((_, id)) = path;
    let webhook = found(&webhooks, &access, &id).await?;
    let sent = body(sent)?;
    let which = if sent.all { Again::All } else { Again::Failed };
    let of = (&webhook, sent.since.as_str(), which);
    let deliveries = webhooks.redeliver_since(&access.site, &actor(&access), of).await?;
    Ok((StatusCode::ACCEPTED, Json(Redelivered { deliveries })))
}

#[cfg(test)]
mod tests {
    use crate::test_app::TestApp;
    use axum::body::Body;
    use axum::http::Request;
    use rapport_store::account::scope::Scope;
    use serde_json::{Value, json};

    #[tokio::test]
    async fn a_server_sets_up_a_webhook_tries_rotates_pauses_and_removes_it() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let key = test.bearer(&site, &[Scope::WriteWebhooks]).await;
        let reader = test.bearer(&site, &[Scope::ReadReports]).await;
        let with = async |key: &str, method: &str, path: &str, body: Value| {
            let request = Request::builder().method(method).uri(format!("/api/v1/sites/shop/webhooks{path}"));
            let request = request.header("authorization", key).header("content-type", "application/json");
            test.send(request.body(Body::from(body.to_string())).unwrap()).await
        };
        let send = async |method: &str, path: &str, body: Value| with(&key, method, path, body).await;
        let new = json!({ "name": "Tickets", "url": "https://example.com/hook", "events": ["ticket.opened"] });
        assert_eq!(with(&reader, "POST", "", new.clone()).await.status, 403);
        for (field, value) in [
            ("name", json!("")),
            ("url", json!("http://127.0.0.1/")),
            ("url", json!("https://169.254.169.254/latest")),
            ("events", json!([])),
            ("events", json!(["ticket.closed"])),
            ("personal", json!("much")),
        ] {
            let mut wrong = new.clone();
            wrong[field] = value;
            let refused = send("POST", "", wrong).await;
            assert_eq!((refused.status.as_u16(), &refused.json()["errors"][0]["field"]), (422, &json!(field)));
        }
        let added = send("POST", "", new.clone()).await;
        assert_eq!(added.status, 201, "{}", added.text());
        let secret = added.json()["secret"].as_str().unwrap().to_owned();
        let path = format!("/{}", added.json()["webhook"]["id"].as_str().unwrap());
        assert!(secret.starts_with("whsec_"));
        let listed = send("GET", "", json!(null)).await;
        assert!(!listed.text().contains("whsec_"), "a secret is shown once");
        assert_eq!((&listed.json()[0]["name"], &listed.json()[0]["personal"]), (&json!("Tickets"), &json!("nothing")));
        let rotated = send("POST", &format!("{path}/secret"), json!(null)).await.json();
        assert_ne!(rotated["secret"].as_str(), Some(secret.as_str()));
        assert_eq!(send("PUT", &format!("{path}/state"), json!({ "active": false })).await.status, 204);
        assert!(send("GET", "", json!(null)).await.json()[0]["disabled_because"].as_str().unwrap().contains("paused"));
        let changed =
            send("PUT", &path, json!({ "name": "All", "url": "https://example.com/", "events": ["issue.found"] }));
        assert_eq!(changed.await.json()["disabled_at"], Value::Null);
        let tried = send("POST", &format!("{path}/test"), json!(null)).await;
        assert_eq!((tried.status.as_u16(), &tried.json()["delivery"]["event"]), (202, &json!("webhook.test")));
        let delivery = format!("{path}/deliveries/{}", tried.json()["delivery"]["id"].as_str().unwrap());
        let listed = send("GET", &format!("{path}/deliveries"), json!(null)).await.json();
        assert_eq!((&listed["deliveries"][0]["state"], &listed["next"]), (&json!("waiting"), &Value::Null));
        assert!(send("GET", &delivery, json!(null)).await.json()["body"].as_str().unwrap().contains("webhook.test"));
        assert_eq!(send("POST", &format!("{delivery}/redeliver"), json!(null)).await.status, 202);
        let unknown = format!("{path}/deliveries/01890a5d-ac96-774b-bcce-b302099a8057");
        assert_eq!(send("GET", &unknown, json!(null)).await.status, 404);
        assert_eq!(send("POST", &format!("{unknown}/redeliver"), json!(null)).await.status, 404);
        let since = |since: &str| json!({ "since": since, "all": true });
        for wrong in ["soon", "2001-01-01", "2199-01-01"] {
            assert_eq!(send("POST", &format!("{path}/redeliver"), since(wrong)).await.status, 422, "{wrong}");
        }
        for status in [204, 404] {
            assert_eq!(send("DELETE", &path, json!(null)).await.status, status);
        }
        let noted = test.app.store.audit_entries(site.site_id, None, 99).await.unwrap();
        // Several are of one millisecond.
        let noted: std::collections::BTreeSet<_> =
            noted.iter().map(|entry| entry.action.as_str()).filter(|name| name.starts_with("webhook.")).collect();
        assert_eq!(
            noted.into_iter().collect::<Vec<_>>(),
            [
                "webhook.add",
                "webhook.change",
                "webhook.pause",
                "webhook.redeliver",
                "webhook.remove",
                "webhook.rotate",
                "webhook.test"
            ]
        );
    }
}
