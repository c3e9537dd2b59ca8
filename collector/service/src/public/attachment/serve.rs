//! Stored pictures, for those who may see them: members, servers with a key, and everybody for a published review.

use super::picture;
use crate::app::App;
use crate::http::page_request::for_everybody;
use crate::http::problem::Problem;
use crate::member::account::Access;
use crate::public::reviews::ReviewPath;
use crate::server::key::ApiAccess;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rapport_shared::id::Id;
use rapport_store::Store;
use rapport_store::account::scope::Scope;
use rapport_store::attachment::{Attachment, Place};
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Opened as a page of its own a picture runs nothing and loads nothing; browsers style such a page themselves.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
/// As long as the list of published reviews may be kept.
const PUBLIC_CACHE: &str = "public, max-age=60";

/// Pictures for members; they belong among the pages of people with a cookie.
pub fn page_routes() -> Router<App> {
    Router::new()
        .route("/sites/{site}/responses/{id}/pictures/{answer}", get(of_response))
        .route("/sites/{site}/reviews/{id}/photo", get(of_review))
}

/// Pictures for servers with a key.
pub fn api_documented() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(response_picture)).routes(routes!(review_photo))
}

fn none() -> Problem {
    Problem::not_found("there is no such picture")
}

/// `question.part`, as the answer is called.
fn place(response: &str, answer: &str) -> Option<Place> {
    let (question_id, part_id) = answer.split_once('.')?;
    Some(Place { response_id: Id::parse(response)?, question_id: question_id.to_owned(), part_id: part_id.to_owned() })
}

fn picture((attachment, content): (Attachment, Vec<u8>)) -> Result<Response, Problem> {
    // Nothing else is ever stored; a browser is not asked to find out.
    if attachment.content_type != picture::CONTENT_TYPE {
        tracing::error!(kind = attachment.content_type, "a stored picture is of a kind that is not served");
        return Err(Problem::internal());
    }
    let name = format!("inline; filename=\"{}-{}.jpg\"", attachment.place.part_id, attachment.place.response_id);
    let mut response = ([(header::CONTENT_TYPE, picture::CONTENT_TYPE)], content).into_response();
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_str(&name).map_err(|error| {
            tracing::error!(%error, "a stored picture belongs to a part whose name cannot be a file's");
            Problem::internal()
        })?,
    );
    Ok(response)
}

/// The picture that belongs to an answer of a response.
async fn answered(store: &Store, site: &SiteContext, response: &str, answer: &str) -> Result<Response, Problem> {
    let place = place(response, answer).ok_or_else(none)?;
    picture(store.attachment(site.site.site_id, &place).await?.ok_or_else(none)?)
}

/// The photo of a review: of any, or only of a published one.
async fn photo(store: &Store, site: &SiteContext, review: &str, published: bool) -> Result<Response, Problem> {
    let id = Id::parse(review).ok_or_else(none)?;
    picture(store.review_photo(site.site.site_id, id, published).await?.ok_or_else(none)?)
}

async fn of_response(
    State(store): State<Store>,
    access: Access,
    Path((_, id, answer)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    answered(&store, &access.site, &id, &answer).await
}

async fn of_review(
    State(store): State<Store>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    photo(&store, &access.site, &id, false).await
}

/// A picture of a response. Scope: `responses:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/responses/{id}/pictures/{answer}", tag = "reports",
    security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the response, a UUID"),
        ("answer" = String, Path, description = "The answer: question and part with a dot between"),
    ),
    responses(
        (status = 200, description = "The picture", content_type = "image/jpeg"),
        (status = 404, description = "No such picture"),
    )
)]
pub(super) async fn response_picture(
    State(store): State<Store>,
    access: ApiAccess,
    path: Path<(String, String, String)>,
) -> Result<Response, Problem> {
    access.require(Scope::ReadResponses)?;
    let Path((_, id, answer)) = path;
    answered(&store, &access.site, &id, &answer).await
}

/// The photo of a review, published or not. Scope: `reviews:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reviews/{id}/photo", tag = "reviews", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the review, a UUID"),
    ),
    responses(
        (status = 200, description = "The photo", content_type = "image/jpeg"),
        (status = 404, description = "No such photo"),
    )
)]
pub(super) async fn review_photo(
    State(store): State<Store>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<Response, Problem> {
    access.require(Scope::ReadReviews)?;
    let Path((_, id)) = path;
    photo(&store, &access.site, &id, false).await
}

/// The photo of a published review.
#[utoipa::path(
    get,
    path = "/v1/reviews/{site}/{review}/photo",
    tag = "public",
    params(ReviewPath),
    responses(
        (status = 200, description = "The photo; may be kept for a minute", content_type = "image/jpeg"),
        (status = 404, description = "No such site, or no published review with a photo"),
    ),
)]
pub(crate) async fn public_photo(
    State(sites): State<SiteDirectory>,
    State(store): State<Store>,
    Path(path): Path<ReviewPath>,
) -> Response {
    for_everybody(&sites, &path.site, async |site| {
        let mut response = photo(&store, site, &path.review, true).await?;
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(PUBLIC_CACHE));
        Ok(response)
    })
    .await
}
