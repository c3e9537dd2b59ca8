//! Webhooks: who is told what happens, and of one what it was told, with each attempt.

use super::frame::{Fields, Frame, Frames, Page, carried};
use super::{PageError, render};
use crate::app::{App, feature_state};
use crate::http::problem::Problem;
use crate::http::query::slice::SliceQuery;
use crate::http::query::{list, suffix_of};
use crate::member::account::{Access, Submitted};
use crate::member::reading::*;
use crate::webhook::{Again, Draft, Webhooks};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use rapport_report::response::Time;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::StoreError;
use rapport_store::account::role::Role;
use rapport_store::news::NewsKind;
use rapport_store::response::Cursor;
use rapport_store::webhook::delivery::{Delivery, DeliveryAttempt, DeliveryState};
use rapport_store::webhook::{NAME_CHARACTERS, Personal, URL_BYTES, Webhook};
use std::collections::BTreeMap;

/// Who may see and change webhooks: what they are told, and where, is not for everybody.
const LEAST: Role = Role::Editor;
/// Deliveries of a page.
const LISTED: i64 = 25;
/// What the boxes of events are called in forms, before the event.
const EVENT: &str = "event-";

const NONE: PageError = PageError::NotFound("This site has no such webhook.");
const NO_DELIVERY: PageError = PageError::NotFound(
    "This webhook has no such delivery. They are kept for 30 days, and erased with whom they are about.",
);

/// Routes of the pages.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sites/{site}/webhooks", get(page).post(add))
        .route("/sites/{site}/webhooks/{id}", get(one).post(change))
        .route("/sites/{site}/webhooks/{id}/state", post(set))
        .route("/sites/{site}/webhooks/{id}/secret", post(rotate))
        .route("/sites/{site}/webhooks/{id}/test", post(test))
        .route("/sites/{site}/webhooks/{id}/remove", post(remove))
        .route("/sites/{site}/webhooks/{id}/redeliver", post(redeliver_since))
        .route("/sites/{site}/webhooks/{id}/deliveries/{delivery}/redeliver", post(redeliver))
}

feature_state! {
    /// What the pages need.
    pub(super) struct Needs {
        webhooks: Webhooks,
        frames: Frames,
    }
}

/// A webhook as it is listed.
struct Line {
    id: Id,
    name: String,
    host: String,
    events: Vec<&'static str>,
    personal: &'static str,
    disabled: Option<(Time, String)>,
    actor: String,
    /// How many deliveries wait, were taken, and failed.
    counts: [u64; 3],
}

#[derive(Template)]
#[template(path = "member/webhook/page.html")]
struct WebhooksPage {
    frame: Frame,
    lines: Vec<Line>,
    /// What stands in the form of a new one.
    form: Form,
    query: String,
}

/// What stands in a form.
#[derive(Default)]
struct Form {
    name: String,
    url: String,
    kinds: Vec<NewsKind>,
    personal: Personal,
}

/// A delivery with each attempt at it.
struct Told {
    id: Id,
    event: String,
    state: &'static str,
    class: &'static str,
    at: Time,
    next: Option<Time>,
    attempts: Vec<Tried>,
    body: String,
}

/// An attempt.
struct Tried {
    at: Time,
    took_ms: i64,
    status: String,
    error: String,
    answer: String,
}

#[derive(Template)]
#[template(path = "member/webhook/one.html")]
struct WebhookPage {
    frame: Frame,
    webhook: Line,
    form: Form,
    told: Vec<Told>,
    /// A secret that was made just now.
    secret: Option<String>,
    next: Option<String>,
    query: String,
}

impl WebhookPage {
    /// Its own address, to which those of its forms are added.
    fn at(&self) -> String {
        format!("/sites/{}/webhooks/{}", self.frame.site_key, self.webhook.id)
    }
}

fn host(webhook: &Webhook) -> String {
    let rest = webhook.url.split_once("://").map_or(webhook.url.as_str(), |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default().to_owned()
}

async fn line(needs: &Needs, access: &Access, webhook: &Webhook) -> Result<Line, StoreError> {
    let site = &access.site.site;
    let counted = needs.webhooks.store.deliveries_by_state(site.site_id, webhook.webhook_id).await?;
    let count = |state| counted.iter().find(|(of, _)| *of == state).map_or(0, |(_, deliveries)| *deliveries);
    Ok(Line {
        id: webhook.webhook_id,
        name: webhook.name.clone(),
        host: host(webhook),
        events: webhook.kinds.iter().map(|kind| kind.as_str()).collect(),
        personal: webhook.personal.label(),
        disabled: webhook.disabled.clone().map(|(at_ms, because)| (Time::new(at_ms, &site.time_zone), because)),
        actor: webhook.actor.clone(),
        counts: [DeliveryState::Waiting, DeliveryState::Delivered, DeliveryState::Failed].map(count),
    })
}

async fn page(State(needs): State<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    access.require(LEAST)?;
    let slice = carried(&fields);
    let place =
        Page { title: "Webhooks", part: "webhooks", path: "webhooks", back: None, compares: false, dimensions: &[] };
    let mut frame = Frame::plain(&needs.frames, &access, &place, &slice).await?;
    frame.scope = "Your other systems are told what happens, signed, and again until they take it".to_owned();
    let mut lines = Vec::new();
    for webhook in needs.webhooks.of(&access.site).await? {
        lines.push(line(&needs, &access, &webhook).await?);
    }
    render(&WebhooksPage { frame, lines, form: Form::default(), query: slice.suffix() })
}

fn told(delivery: Delivery, attempts: Vec<DeliveryAttempt>, access: &Access) -> Told {
    let time = |at_ms| Time::new(at_ms, &access.site.site.time_zone);
    let (state, class) = match delivery.state {
        DeliveryState::Waiting if delivery.attempts > 0 => ("tried again", "tag warn"),
        DeliveryState::Waiting => ("waiting", "tag"),
        DeliveryState::Delivered => ("taken", "tag good"),
        DeliveryState::Failed => ("given up", "tag bad"),
    };
    let tried = |attempt: DeliveryAttempt| Tried {
        at: time(attempt.at_ms),
        took_ms: attempt.took_ms,
        status: attempt.status.map_or_else(|| "–".to_owned(), |status| status.to_string()),
        error: attempt.error,
        answer: attempt.answer,
    };
    let body: Option<serde_json::Value> = serde_json::from_str(&delivery.body).ok();
    Told {
        id: delivery.delivery_id,
        state,
        class,
        at: time(delivery.created_at_ms),
        next: (delivery.state == DeliveryState::Waiting).then(|| time(delivery.next_at_ms)),
        attempts: attempts.into_iter().map(tried).collect(),
        body: body.and_then(|body| serde_json::to_string_pretty(&body).ok()).unwrap_or(delivery.body),
        event: delivery.kind,
    }
}

async fn shown(
    needs: &Needs,
    access: &Access,
    (webhook, secret): (&Webhook, Option<String>),
    fields: &Fields,
) -> Result<Response, PageError> {
    let (slice, site) = (carried(fields), &access.site.site);
    let place = Page {
        title: &webhook.name,
        part: "webhooks",
        path: &format!("webhooks/{}", webhook.webhook_id),
        back: Some(("Webhooks", "webhooks")),
        compares: false,
        dimensions: &[],
    };
    let mut frame = Frame::plain(&needs.frames, access, &place, &slice).await?;
    frame.scope = format!("What it is told stands here for 30 days; times in {}", site.time_zone_name());
    let (store, after) = (&needs.webhooks.store, list::place(fields, "after")?);
    let found = store.deliveries(site.site_id, webhook.webhook_id, after, LISTED).await?;
    let last = found.last().filter(|_| found.len() as i64 == LISTED);
    let next = last.map(|last| {
        let place = Cursor { occurred_at_ms: last.created_at_ms, item_id: last.delivery_id };
        let mut fields = slice.fields();
        fields.push(("after", place.to_string()));
        format!("/sites/{}/webhooks/{}{}", site.key, webhook.webhook_id, suffix_of(&fields))
    });
    let mut deliveries = Vec::new();
    for delivery in found {
        let attempts = store.delivery_attempts(site.site_id, delivery.delivery_id).await?;
        deliveries.push(told(delivery, attempts, access));
    }
    render(&WebhookPage {
        webhook: line(needs, access, webhook).await?,
        form: Form {
            name: webhook.name.clone(),
            url: webhook.url.clone(),
            kinds: webhook.kinds.clone(),
            personal: webhook.personal,
        },
        told: deliveries,
        secret,
        next,
        query: slice.suffix(),
        frame,
    })
}

async fn found(needs: &Needs, access: &Access, id: &str) -> Result<Webhook, PageError> {
    access.require(LEAST)?;
    needs.webhooks.one(&access.site, id).await?.ok_or(NONE)
}

async fn one(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    let webhook = found(&needs, &access, &id).await?;
    shown(&needs, &access, (&webhook, None), &fields).await
}

type Typed = Submitted<BTreeMap<String, String>>;

fn draft(form: &BTreeMap<String, String>) -> Draft {
    let text = |name: &str| form.get(name).cloned().unwrap_or_default();
    Draft {
        name: text("name"),
        url: text("url"),
        events: form.keys().filter_map(|name| name.strip_prefix(EVENT)).map(str::to_owned).collect(),
        personal: text("personal"),
    }
}

/// Sets one up and shows its secret, once.
async fn add(
    State(needs): State<Needs>,
    access: Access,
    fields: Fields,
    Submitted(form): Typed,
) -> Result<Response, PageError> {
    access.require(LEAST)?;
    let webhook = needs.webhooks.add(&access.site, &access.member.email, &draft(&form)).await?;
    shown(&needs, &access, (&webhook, Some(webhook.secret.clone())), &fields).await
}

fn to(access: &Access, id: Id, fields: &Fields) -> Response {
    Redirect::to(&format!("/sites/{}/webhooks/{id}{}", access.site.site.key, carried(fields).suffix())).into_response()
}

async fn change(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
    Submitted(form): Typed,
) -> Result<Response, PageError> {
    let webhook = found(&needs, &access, &id).await?;
    let of = (webhook, &draft(&form));
    let changed = needs.webhooks.change(&access.site, &access.member.email, of).await?.ok_or(NONE)?;
    Ok(to(&access, changed.webhook_id, &fields))
}

async fn set(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
    Submitted(form): Typed,
) -> Result<Response, PageError> {
    let webhook = found(&needs, &access, &id).await?;
    let tells = match form.get("active").map(String::as_str) {
        Some("yes") => true,
        Some("no") => false,
        _ => return Err(Problem::of_faults([Fault::new("active", "must be yes or no")]).into()),
    };
    let webhook_id = webhook.webhook_id;
    match needs.webhooks.set(&access.site, &access.member.email, webhook, tells).await? {
        true => Ok(to(&access, webhook_id, &fields)),
        false => Err(NONE),
    }
}

async fn rotate(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    let webhook = found(&needs, &access, &id).await?;
    let webhook = needs.webhooks.rotate(&access.site, &access.member.email, webhook).await?.ok_or(NONE)?;
    shown(&needs, &access, (&webhook, Some(webhook.secret.clone())), &fields).await
}

async fn test(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    let webhook = found(&needs, &access, &id).await?;
    needs.webhooks.test(&access.site, &access.member.email, &webhook).await?;
    Ok(to(&access, webhook.webhook_id, &fields))
}

async fn remove(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    let webhook = found(&needs, &access, &id).await?;
    if !needs.webhooks.remove(&access.site, &access.member.email, &webhook).await? {
        return Err(NONE);
    }
    let suffix = carried(&fields).suffix();
    Ok(Redirect::to(&format!("/sites/{}/webhooks{suffix}", access.site.site.key)).into_response())
}

async fn redeliver_since(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
    Submitted(form): Typed,
) -> Result<Response, PageError> {
    let webhook = found(&needs, &access, &id).await?;
    let since = form.get("since").map_or("", String::as_str);
    let which = if form.contains_key("all") { Again::All } else { Again::Failed };
    needs.webhooks.redeliver_since(&access.site, &access.member.email, (&webhook, since, which)).await?;
    Ok(to(&access, webhook.webhook_id, &fields))
}

async fn redeliver(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id, delivery)): Path<(String, String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    let webhook = found(&needs, &access, &id).await?;
    let delivery_id = Id::parse(&delivery).ok_or(NO_DELIVERY)?;
    match needs.webhooks.redeliver(&access.site, &access.member.email, (&webhook, delivery_id)).await? {
        true => Ok(to(&access, webhook.webhook_id, &fields)),
        false => Err(NO_DELIVERY),
    }
}

#[cfg(test)]
mod tests {
    use crate::test_app::TestApp;
    use rapport_store::account::role::Role;

    #[tokio::test]
    async fn an_editor_sets_up_a_webhook_sees_its_secret_once_and_what_it_was_told() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let editor = test.cookie(&site, "eve@example.com", Role::Editor).await;
        let support = test.cookie(&site, "sam@example.com", Role::Support).await;
        let cookie = [("cookie", editor.as_str())];
        let form =
            "name=Tickets&url=https%3A%2F%2Fexample.com%2Fhook%3Fkey%3Ds3cret&event-ticket.opened=on&personal=words";
        for path in ["/sites/shop/webhooks", "/sites/shop/webhooks/01890a5d-ac96-774b-bcce-b302099a8057"] {
            let refused = test.get(path, &[("cookie", &support)]).await;
            assert_eq!(refused.status, 403, "{path}");
        }
        assert_eq!(test.submit("/sites/shop/webhooks", form, &[("cookie", &support)]).await.status, 403);
        let wrong = test.submit("/sites/shop/webhooks", "name=x&url=http%3A%2F%2F10.0.0.1%2F", &cookie).await;
        assert_eq!(wrong.status, 422, "{}", wrong.text());
        let made = test.submit("/sites/shop/webhooks", form, &cookie).await;
        assert!(made.status == 200 && made.text().contains("whsec_"), "{}", made.text());
        let listed = test.get("/sites/shop/webhooks", &cookie).await.text();
        assert!(listed.contains("Tickets") && listed.contains("example.com") && !listed.contains("s3cret"), "{listed}");
        let id = test.app.store.webhooks(site.site_id).await.unwrap()[0].webhook_id;
        let path = format!("/sites/shop/webhooks/{id}");
        assert_eq!(test.submit(&format!("{path}/test"), "", &cookie).await.status, 303);
        let shown = test.get(&path, &cookie).await.text();
        assert!(shown.contains("webhook.test") && shown.contains("waiting") && !shown.contains("whsec_"), "{shown}");
        assert!(test.submit(&format!("{path}/secret"), "", &cookie).await.text().contains("whsec_"));
        assert_eq!(test.submit(&format!("{path}/state"), "active=no", &cookie).await.status, 303);
        assert!(test.get(&path, &cookie).await.text().contains("paused by eve@example.com"));
        assert_eq!(test.submit(&format!("{path}/state"), "active=maybe", &cookie).await.status, 422);
        assert_eq!(test.submit(&path, form, &cookie).await.status, 303);
        assert_eq!(test.submit(&format!("{path}/redeliver"), "since=soon", &cookie).await.status, 422);
        assert_eq!(test.submit(&format!("{path}/deliveries/x/redeliver"), "", &cookie).await.status, 404);
        assert_eq!(test.submit(&format!("{path}/remove"), "", &cookie).await.status, 303);
        assert_eq!(test.get(&path, &cookie).await.status, 404);
    }
}
