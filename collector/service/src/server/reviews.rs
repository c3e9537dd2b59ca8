//! Reviews for servers with a key: bring in those collected elsewhere, read all of them, and describe the things.

use crate::app::App;
use crate::http::problem::Problem;
use crate::http::query::review::ReviewFields;
use crate::http::query::value;
use crate::server::key::ApiAccess;
use crate::server::pictures::COMPANY;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Path, Query, Request, State};
use axum::http::StatusCode;
use rapport_ingest::review::Incoming;
use rapport_ingest::{fault, repaired};
use rapport_report::reviews::{self, ReviewList, ReviewQuery, ThingView};
use rapport_shared::id::Id;
use rapport_shared::survey::{Fault, LANGUAGE_TAG, is_language};
use rapport_store::Store;
use rapport_store::account::scope::Scope;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::review::rule::{self, Draft, Moderation};
use rapport_store::review::{Sort, Thing, WrittenReview};
use rapport_store::site::secrets::Purpose;
use rapport_store::text;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use std::error::Error;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(read, add)).routes(routes!(thing, describe))
}

/// A review that a server brings in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReview {
    /// A UUID of the caller's choice, so that sending it twice keeps it once, and another review under it is refused; a
    /// fresh one when absent.
    #[schema(value_type = Option<String>, format = "uuid")]
    id: Option<Id>,
    /// Key of the thing, 1 to 200 characters.
    #[serde(default)]
    #[schema(required = true)]
    thing: String,
    /// 1 to 5.
    #[serde(default, deserialize_with = "stars")]
    #[schema(required = true, minimum = 1, maximum = 5)]
    stars: u8,
    /// At most 200 characters.
    #[serde(default)]
    title: String,
    /// At most 10,000 characters.
    #[serde(default)]
    text: String,
    /// How the author wants to be called, at most 80 characters.
    #[serde(default)]
    author: String,
    /// A BCP 47 tag of a language that there is, such as `en` or `pt-br`; empty when unknown.
    #[serde(default)]
    language: String,
    /// Id of the order the thing was bought with, at most 120 characters.
    #[serde(default)]
    order: String,
    /// HMAC-SHA-256 of `ORDER`, a line feed and `THING` with the secret that `rapport site secret SITE order` prints, as 64
    /// hexadecimal digits. Needed with `order`.
    #[serde(default)]
    order_signature: String,
    /// When it was written, in epoch milliseconds; now when absent.
    written_at_ms: Option<i64>,
}

/// Stars as a whole number; which ones there are is said with everything else that is wrong.
fn stars<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    u8::deserialize(deserializer).map_err(|_| D::Error::custom("must be a whole number from 1 to 5"))
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AddedReview {
    /// Its id.
    id: String,
    /// Whether it is stored now; false when it was there already.
    added: bool,
    /// `pending`: it is not shown before it was looked at.
    state: &'static str,
    /// Whether the order proved the purchase.
    verified_purchase: bool,
}

/// How a thing is described.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Description {
    /// Its name, 1 to 200 characters.
    name: String,
    /// Its type of schema.org, such as `Product`; one that Google shows reviews of, or empty for no structured data.
    #[serde(default)]
    r#type: String,
    /// Address of its page (`https://…`), at most 1,000 characters, or empty.
    #[serde(default)]
    url: String,
}

impl Description {
    /// Everything that is wrong with it, by field.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if text::words(&self.name).is_empty() {
            faults.push(Fault::new("name", "must be 1 to 200 characters"));
        }
        faults.extend(rule::too_long("name", &self.name, rule::THING_NAME_CHARACTERS));
        if !self.r#type.is_empty() && !rule::MARKED_TYPES.contains(&self.r#type.as_str()) {
            let types = rule::MARKED_TYPES.join(", ");
            faults.push(Fault::new("type", format!("must be empty or one of {types}")));
        }
        if !self.url.is_empty() && !self.url.starts_with("https://") && !self.url.starts_with("http://") {
            faults.push(Fault::new("url", "must begin with https:// or http://"));
        }
        if self.url.chars().any(char::is_control) {
            faults.push(Fault::new("url", "must have no control characters"));
        }
        faults.extend(rule::too_long("url", &self.url, rule::THING_URL_CHARACTERS));
        faults
    }
}

/// A JSON body in which half of a character that was cut is U+FFFD.
pub(super) struct Repaired<T>(Json<T>);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Repaired<T> {
    type Rejection = JsonRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, JsonRejection> {
        let (parts, body) = request.into_parts();
        let body = Bytes::from_request(Request::from_parts(parts.clone(), body), state).await?;
        let body = Body::from(repaired(&body).into_owned());
        Json::from_request(Request::from_parts(parts, body), state).await.map(Self)
    }
}

/// A JSON body, or what is wrong with it.
pub(super) fn body<T>(body: Result<Repaired<T>, JsonRejection>) -> Result<T, Problem> {
    body.map(|Repaired(Json(body))| body).map_err(|rejection| match (rejection.status(), field_at_fault(&rejection)) {
        (StatusCode::PAYLOAD_TOO_LARGE, _) => Problem::too_large(rapport_shared::limit::BATCH_BYTES),
        (StatusCode::UNPROCESSABLE_ENTITY, Some(fault)) => Problem::of_faults([fault]),
        (_, Some(fault)) => Problem::bad_request(fault.to_string()),
        (_, None) => Problem::bad_request(rejection.body_text()),
    })
}

/// What the parser says, somewhere behind the rejection.
fn field_at_fault(rejection: &JsonRejection) -> Option<Fault> {
    let mut cause = rejection.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref() {
            return Some(fault::of_parse(error));
        }
        cause = error.source();
    }
    None
}

/// The site's reviews, in every state of moderation. Scope: `reviews:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reviews", tag = "reviews", security(("api_key" = [])),
    operation_id = "list_reviews",
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("state" = Option<String>, Query, description = "`pending`, `published` or `rejected`; all when absent"),
        crate::public::reviews::ListFields,
    ),
    responses(
        (status = 200, body = ReviewList),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
async fn read(
    State(store): State<Store>,
    access: ApiAccess,
    fields: Query<Vec<(String, String)>>,
) -> Result<Json<ReviewList>, Problem> {
    access.require(Scope::ReadReviews)?;
    let state = state_of(&fields).map_err(|fault| Problem::of_faults([fault]))?;
    let query = ReviewQuery { state, ..ReviewQuery::parse(&fields, Sort::Newest).map_err(Problem::of_faults)? };
    Ok(Json(reviews::list(&store, &access.site, &query, COMPANY).await?))
}

/// The field `state`.
pub(crate) fn state_of(fields: &[(String, String)]) -> Result<Option<Moderation>, Fault> {
    let text = value(fields, "state");
    let state = text.and_then(Moderation::parse);
    if text.is_some() && state.is_none() {
        return Err(state_fault());
    }
    Ok(state)
}

/// What is wrong with a state that there is not.
pub(crate) fn state_fault() -> Fault {
    Fault::new("state", "must be pending, published or rejected")
}

/// Bring in a review; it waits for moderation. Scope: `reviews:write`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/reviews", tag = "reviews", security(("api_key" = [])),
    operation_id = "add_review",
    params(("site" = String, Path, description = "Public key of the site")),
    request_body(
        content = NewReview,
        description = "At most 65,536 bytes",
        example = json!({
            "id": "0b5e0f9c-4a1b-7f6e-a9d1-20b6b8f0e7aa", "thing": "moss-mug", "stars": 4, "title": "Sturdy and warm",
            "text": "It survived the dishwasher.", "author": "Ada", "language": "en", "written_at_ms": 1_796_000_000_000_i64,
        }),
    ),
    responses(
        (status = 201, body = AddedReview, description = "Durable, now or before"),
        (status = 400, description = "Not such a document"),
        (status = 413, description = "Too large"),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
async fn add(
    State(store): State<Store>,
    State(clock): State<Clock>,
    access: ApiAccess,
    document: Result<Repaired<NewReview>, JsonRejection>,
) -> Result<(StatusCode, Json<AddedReview>), Problem> {
    access.require(Scope::WriteReviews)?;
    let document = body(document)?;
    let (site_id, now_ms) = (access.site.site.site_id, clock.now_ms());
    let believed: Vec<_> = access.site.secrets.believed(Purpose::Order).collect();
    let incoming = Incoming {
        site_id,
        id: document.id.unwrap_or_else(|| clock.new_id()),
        revision: 1,
        response_id: None,
        question_id: None,
        draft: Draft {
            thing: &document.thing,
            stars: document.stars,
            title: &document.title,
            text: &document.text,
            author: &document.author,
            order: &document.order,
        },
        signature: &document.order_signature,
        language: &document.language,
        created_at_ms: document.written_at_ms.unwrap_or(now_ms).min(now_ms),
    };
    // A visitor whose proof is wrong is not turned away; a server that signs wrongly wants to know.
    let mut faults = incoming.draft.faults();
    faults.extend(incoming.purchase_faults());
    if !document.language.is_empty() && !is_language(&document.language) {
        faults.push(Fault::new("language", LANGUAGE_TAG));
    }
    if !faults.is_empty() {
        return Err(Problem::of_faults(faults));
    }
    if !document.order.is_empty() && !incoming.is_verified(&believed) {
        let reason = "is not that of this order and thing with the site's order secret";
        return Err(Problem::of_faults([Fault::new("order_signature", reason)]));
    }
    let row = incoming.into_row(&believed).map_err(Problem::of_faults)?;
    let added = store.add_review(&row).await?;
    if !added && let Some(before) = store.review(site_id, row.review_id).await? {
        refuse_another(&row, &before.written).map_err(|fault| Problem::of_faults([fault]))?;
    }
    let reply = AddedReview {
        id: row.review_id.to_text(),
        added,
        state: store.review(site_id, row.review_id).await?.map_or("pending", |review| review.state.as_str()),
        verified_purchase: row.verified,
    };
    Ok((StatusCode::CREATED, Json(reply)))
}

/// Refuses a review that is not the one which is there: to take it for a repeat would lose it without a word.
fn refuse_another(sent: &WrittenReview, before: &WrittenReview) -> Result<(), Fault> {
    let said = |review: &WrittenReview| {
        let WrittenReview { thing, stars, title, text, author, .. } = review.clone();
        (thing, stars, title, text, author)
    };
    if said(sent) == said(before) {
        return Ok(());
    }
    match sent.verified {
        true => Err(Fault::new("order", "has another review of this thing already")),
        false => Err(Fault::new("id", "was sent before with another review")),
    }
}

/// How a thing is described. Scope: `reviews:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/things/{thing}", tag = "reviews", security(("api_key" = [])),
    operation_id = "read_thing",
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("thing" = String, Path, description = "Key of the thing"),
    ),
    responses(
        (status = 200, body = ThingView),
        (status = 404, description = "Nobody described it"),
    )
)]
async fn thing(
    State(store): State<Store>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<Json<ThingView>, Problem> {
    access.require(Scope::ReadReviews)?;
    let Path((_, key)) = path;
    let thing = store.thing(access.site.site.site_id, &key).await?;
    thing.map(|thing| Json(thing.into())).ok_or_else(|| Problem::not_found("nobody described this thing"))
}

/// Describe a thing, so that its reviews are shown under its name, and search engines may be told. Scope:
/// `reviews:write`.
#[utoipa::path(
    put, path = "/api/v1/sites/{site}/things/{thing}", tag = "reviews", security(("api_key" = [])),
    operation_id = "describe_thing",
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("thing" = String, Path, description = "Key of the thing, at most 200 characters"),
    ),
    request_body(
        content = Description,
        description = "At most 65,536 bytes",
        example = json!({ "name": "Moss mug", "type": "Product", "url": "https://www.example.com/tableware/moss-mug" }),
    ),
    responses(
        (status = 200, body = ThingView),
        (status = 400, description = "Not such a document"),
        (status = 413, description = "Too large"),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
async fn describe(
    State(store): State<Store>,
    State(clock): State<Clock>,
    access: ApiAccess,
    path: Path<(String, String)>,
    document: Result<Repaired<Description>, JsonRejection>,
) -> Result<Json<ThingView>, Problem> {
    access.require(Scope::WriteReviews)?;
    let Path((_, key)) = path;
    let description = body(document)?;
    let mut faults = description.faults();
    faults.extend(rule::too_long("thing", &key, rule::THING_CHARACTERS));
    faults.extend(rule::purchase_faults("", &key));
    if !faults.is_empty() {
        return Err(Problem::of_faults(faults));
    }
    let thing = Thing {
        thing: key,
        name: text::words(&description.name),
        thing_type: description.r#type,
        url: description.url,
    };
    let (actor, subject) = (access.actor(), format!("thing {}", thing.thing));
    let entry = AuditEntry::now(&clock, actor, "thing.describe", subject);
    store.describe_thing(access.site.site.site_id, &thing, &entry).await?;
    Ok(Json(thing.into()))
}
