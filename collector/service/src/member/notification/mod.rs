//! Notifications: who hears of what, where and how often.

use super::frame::{Fields, Frame, Frames, Page, carried};
use super::{PageError, render};
use crate::app::{App, feature_state};
use crate::http::query::slice::SliceQuery;
use crate::member::account::{Access, Submitted};
use crate::member::reading::*;
use crate::notification::Notifications;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use rapport_report::response::Time;
use rapport_shared::id::Id;
use rapport_store::Store;
use rapport_store::account::role::Role;
use rapport_store::news::NewsKind;
use rapport_store::notification::{Cadence, Channel, Draft, NAME_CHARACTERS, PATH_CHARACTERS, Rule, USUAL_HOUR};
use std::collections::BTreeMap;

/// Who may see and change rules: they have addresses of people and of chats.
const LEAST: Role = Role::Editor;
/// What the boxes of events are called in forms, before the event.
const EVENT: &str = "event-";

/// Routes of the page.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sites/{site}/notifications", get(page).post(add))
        .route("/sites/{site}/notifications/{id}/remove", post(remove))
}

feature_state! {
    /// What the page needs.
    pub(super) struct Needs {
        notifications: Notifications,
        store: Store,
        frames: Frames,
    }
}

/// A rule as it is listed.
struct Line {
    id: Id,
    name: String,
    events: Vec<&'static str>,
    path: String,
    channel: &'static str,
    /// A mail address, or the host of a chat.
    target: String,
    cadence: String,
    shows_words: bool,
    stopped: Option<Time>,
    actor: String,
}

#[derive(Template)]
#[template(path = "member/notification/page.html")]
struct NotificationsPage {
    frame: Frame,
    lines: Vec<Line>,
    /// Mail addresses of members.
    members: Vec<String>,
    own: String,
    are_sent: bool,
    query: String,
}

fn line(rule: Rule, access: &Access) -> Line {
    let target = match rule.channel {
        Channel::Mail => rule.target,
        Channel::Slack => rule.target.split('/').nth(2).unwrap_or_default().to_owned(),
    };
    let cadence = match rule.cadence.of_digest() {
        Some(_) => format!("{}, from {}:00 on", rule.cadence.label(), rule.hour),
        None => rule.cadence.label().to_owned(),
    };
    Line {
        id: rule.rule_id,
        name: rule.name,
        events: rule.kinds.iter().map(|kind| kind.label()).collect(),
        path: rule.path,
        channel: rule.channel.label(),
        target,
        cadence,
        shows_words: rule.shows_words,
        stopped: rule.unsubscribed_at_ms.map(|at_ms| Time::new(at_ms, &access.site.site.time_zone)),
        actor: rule.actor,
    }
}

async fn page(State(needs): State<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    access.require(LEAST)?;
    let slice = carried(&fields);
    let place = Page {
        title: "Notifications",
        part: "notifications",
        path: "notifications",
        back: None,
        compares: false,
        dimensions: &[],
    };
    let mut frame = Frame::plain(&needs.frames, &access, &place, &slice).await?;
    frame.scope = format!("Who hears of what; hours of {}", access.site.site.time_zone_name());
    let rules = needs.notifications.of(&access.site).await?;
    let members = needs.store.members(access.site.site.site_id).await?;
    render(&NotificationsPage {
        lines: rules.into_iter().map(|rule| line(rule, &access)).collect(),
        members: members.into_iter().map(|member| member.email).collect(),
        own: access.member.email.clone(),
        are_sent: needs.notifications.are_sent(),
        query: slice.suffix(),
        frame,
    })
}

fn back(access: &Access, fields: &Fields) -> Response {
    let suffix = carried(fields).suffix();
    Redirect::to(&format!("/sites/{}/notifications{suffix}", access.site.site.key)).into_response()
}

async fn add(
    State(needs): State<Needs>,
    access: Access,
    fields: Fields,
    Submitted(form): Submitted<BTreeMap<String, String>>,
) -> Result<Response, PageError> {
    access.require(LEAST)?;
    let text = |name: &str| form.get(name).cloned().unwrap_or_default();
    let draft = Draft {
        name: text("name"),
        kinds: form.keys().filter_map(|name| name.strip_prefix(EVENT)).map(str::to_owned).collect(),
        path: text("path"),
        channel: text("channel"),
        target: text("target"),
        cadence: text("cadence"),
        hour: text("hour"),
        shows_words: form.contains_key("shows_words"),
    };
    needs.notifications.add(&access.site, &access.member.email, &draft).await?;
    Ok(back(&access, &fields))
}

async fn remove(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    access.require(LEAST)?;
    const NONE: PageError = PageError::NotFound("This site has no such notification rule.");
    let rule = needs.notifications.one(&access.site, &id).await?.ok_or(NONE)?;
    if !needs.notifications.remove(&access.site, &access.member.email, &rule).await? {
        return Err(NONE);
    }
    Ok(back(&access, &fields))
}

#[cfg(test)]
mod tests {
    use crate::test_app::TestApp;
    use rapport_store::account::role::Role;

    #[tokio::test]
    async fn an_editor_sets_up_a_rule_and_the_address_of_a_chat_is_not_shown() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let editor = test.cookie(&site, "eve@example.com", Role::Editor).await;
        let support = test.cookie(&site, "sam@example.com", Role::Support).await;
        let cookie = [("cookie", editor.as_str())];
        assert_eq!(test.get("/sites/shop/notifications", &[("cookie", &support)]).await.status, 403);
        let form = "name=Chat&event-response.low=on&channel=slack&target=https%3A%2F%2Fhooks.example.com%2FT%2Fs3cret&cadence=now";
        assert_eq!(test.submit("/sites/shop/notifications", form, &[("cookie", &support)]).await.status, 403);
        assert_eq!(test.submit("/sites/shop/notifications", form, &cookie).await.status, 303);
        let wrong = test.submit("/sites/shop/notifications", "name=x&event-response.low=on&target=eve", &cookie).await;
        assert_eq!(wrong.status, 422);
        let shown = test.get("/sites/shop/notifications", &cookie).await.text();
        assert!(shown.contains("hooks.example.com") && !shown.contains("s3cret"), "{shown}");
        let id = test.app.store.notification_rules(site.site_id).await.unwrap()[0].rule_id;
        for status in [303, 404] {
            let removed = test.submit(&format!("/sites/shop/notifications/{id}/remove"), "", &cookie).await;
            assert_eq!(removed.status, status);
        }
    }
}
