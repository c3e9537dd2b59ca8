//! Notification rules as JSON: set up, listed and removed by servers as on the page.

use crate::http::problem::Problem;
use crate::notification::Notifications;
use crate::server::key::ApiAccess;
use crate::server::reviews::{Repaired, body};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use rapport_report::response::Time;
use rapport_store::account::scope::Scope;
use rapport_store::notification::{Draft, Rule};
use rapport_store::site::directory::SiteContext;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A rule by which somebody hears what happens.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NotificationRule {
    /// Its id, a UUID.
    id: String,
    /// What people call it.
    name: String,
    /// Of what, such as `response.low`.
    events: Vec<&'static str>,
    /// Only of pages whose paths begin so; empty for all.
    path: String,
    /// `mail` or `slack`.
    channel: &'static str,
    /// A mail address, or that of a chat's incoming webhook.
    target: String,
    /// `now`, `hours` (now, in business hours), `day` or `week`.
    cadence: &'static str,
    /// From which hour of the site's days on a digest is sent, 0 to 23.
    hour: i64,
    /// Whether a message to a chat has what people wrote.
    shows_words: bool,
    /// When whoever gets it stopped it.
    unsubscribed_at: Option<Time>,
    /// Who set it up.
    actor: String,
    /// When.
    created_at: Time,
}

/// A rule to be set up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewNotificationRule {
    /// 1 to 80 characters in one line.
    name: String,
    /// Of what, such as `response.low`.
    events: Vec<String>,
    /// Only of pages whose paths begin so, at most 200 characters; all when absent.
    #[serde(default)]
    path: String,
    /// `mail` (default), or `slack` for the incoming webhook of Slack, Mattermost, Rocket.Chat and others.
    #[serde(default)]
    channel: String,
    /// A mail address, or that of a chat's incoming webhook.
    target: String,
    /// `now` (default), `hours`, `day` or `week`.
    #[serde(default)]
    cadence: String,
    /// Of digests: 0 to 23; 8 when absent.
    #[serde(default)]
    hour: Option<u8>,
    /// Whether a message to a chat has what people wrote.
    #[serde(default)]
    shows_words: bool,
}

fn shown(rule: Rule, site: &SiteContext) -> NotificationRule {
    let time = |at_ms| Time::new(at_ms, &site.site.time_zone);
    NotificationRule {
        id: rule.rule_id.to_text(),
        events: rule.kinds.iter().map(|kind| kind.as_str()).collect(),
        channel: rule.channel.as_str(),
        cadence: rule.cadence.as_str(),
        hour: rule.hour,
        shows_words: rule.shows_words,
        unsubscribed_at: rule.unsubscribed_at_ms.map(time),
        created_at: time(rule.created_at_ms),
        name: rule.name,
        path: rule.path,
        target: rule.target,
        actor: rule.actor,
    }
}

/// The notification rules of a site, by name. Scope: `notifications:write`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/notifications", tag = "webhooks", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    responses((status = 200, body = Vec<NotificationRule>), (status = 403, description = "The key lacks the scope")),
    operation_id = "list_notification_rules",
)]
pub(super) async fn list(
    State(notifications): State<Notifications>,
    access: ApiAccess,
) -> Result<Json<Vec<NotificationRule>>, Problem> {
    access.require(Scope::WriteNotifications)?;
    let rules = notifications.of(&access.site).await?;
    Ok(Json(rules.into_iter().map(|rule| shown(rule, &access.site)).collect()))
}

/// Sets a rule up, which tells of what happens from now on. Scope: `notifications:write`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/notifications", tag = "webhooks", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    request_body(content = NewNotificationRule, example = json!({
        "name": "Checkout", "events": ["response.low"], "path": "/checkout", "target": "ada@example.com", "cadence": "hours",
    })),
    responses(
        (status = 201, body = NotificationRule),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 422, description = "Fields at fault, each named"),
    ),
    operation_id = "add_notification_rule",
)]
pub(super) async fn add(
    State(notifications): State<Notifications>,
    access: ApiAccess,
    sent: Result<Repaired<NewNotificationRule>, JsonRejection>,
) -> Result<(StatusCode, Json<NotificationRule>), Problem> {
    access.require(Scope::WriteNotifications)?;
    let new = body(sent)?;
    let draft = Draft {
        name: new.name,
        kinds: new.events,
        path: new.path,
        channel: new.channel,
        target: new.target,
        cadence: new.cadence,
        hour: new.hour.map_or_else(String::new, |hour| hour.to_string()),
        shows_words: new.shows_words,
    };
    let rule = notifications.add(&access.site, &format!("key:{}", access.key_id), &draft).await?;
    Ok((StatusCode::CREATED, Json(shown(rule, &access.site))))
}

/// Removes a rule with what it has yet to tell. Scope: `notifications:write`.
#[utoipa::path(
    delete, path = "/api/v1/sites/{site}/notifications/{id}", tag = "webhooks", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the rule, a UUID"),
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such rule"),
    ),
    operation_id = "remove_notification_rule",
)]
pub(super) async fn remove(
    State(notifications): State<Notifications>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    access.require(Scope::WriteNotifications)?;
    let none = || Problem::not_found("this site has no such notification rule");
    let Path((_, id)) = path;
    let rule = notifications.one(&access.site, &id).await?.ok_or_else(none)?;
    match notifications.remove(&access.site, &format!("key:{}", access.key_id), &rule).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(none()),
    }
}

#[cfg(test)]
mod tests {
    use crate::test_app::TestApp;
    use axum::body::Body;
    use axum::http::Request;
    use rapport_store::account::scope::Scope;
    use serde_json::{Value, json};

    #[tokio::test]
    async fn a_server_sets_up_a_rule_and_removes_it() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let key = test.bearer(&site, &[Scope::WriteNotifications]).await;
        let send = async |method: &str, path: &str, body: Value| {
            let request = Request::builder().method(method).uri(format!("/api/v1/sites/shop/notifications{path}"));
            let request = request.header("authorization", &key).header("content-type", "application/json");
            test.send(request.body(Body::from(body.to_string())).unwrap()).await
        };
        let new =
            json!({ "name": "Checkout", "events": ["response.low"], "path": "/checkout", "target": "Ada@example.com" });
        for (field, value) in [
            ("target", json!("ada")),
            ("events", json!(["customer.changed"])),
            ("path", json!("checkout")),
            ("cadence", json!("yearly")),
            ("hour", json!(24)),
        ] {
            let mut wrong = new.clone();
            wrong[field] = value;
            let refused = send("POST", "", wrong).await;
            assert_eq!((refused.status.as_u16(), &refused.json()["errors"][0]["field"]), (422, &json!(field)));
        }
        let chat =
            json!({ "name": "x", "events": ["response.low"], "channel": "slack", "target": "https://10.0.0.1/hook" });
        assert_eq!(send("POST", "", chat).await.json()["errors"][0]["field"], "target");
        let added = send("POST", "", new).await;
        assert_eq!(
            (added.status.as_u16(), &added.json()["target"]),
            (201, &json!("ada@example.com")),
            "{}",
            added.text()
        );
        let path = format!("/{}", added.json()["id"].as_str().unwrap());
        assert_eq!(send("GET", "", json!(null)).await.json()[0]["cadence"], "now");
        for status in [204, 404] {
            assert_eq!(send("DELETE", &path, json!(null)).await.status, status);
        }
    }
}
