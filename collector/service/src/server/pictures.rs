//! Pictures of responses and reviews, for servers with a key.

use super::key::ApiAccess;
use crate::http::problem::Problem;
use crate::public::attachment::serve;
use axum::extract::{Path, State};
use axum::response::Response;
use rapport_report::reviews::Reader;
use rapport_shared::id::Id;
use rapport_store::Store;
use rapport_store::account::scope::Scope;

/// Where servers have the picture of an answer.
pub(crate) fn address_of_answer(site_key: &str, response_id: Id, answer: &str) -> String {
    format!("/api/v1/sites/{site_key}/reports/responses/{response_id}/pictures/{answer}")
}

/// The company's people and servers, as they read reviews.
pub(crate) const COMPANY: Reader = Reader {
    of_company: true,
    photo_address: |site_key, review_id| format!("/api/v1/sites/{site_key}/reviews/{review_id}/photo"),
};

/// A picture of a response. Scope: `responses:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/responses/{id}/pictures/{answer}", tag = "reports", operation_id = "response_picture",
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
pub(super) async fn of_response(
    State(store): State<Store>,
    access: ApiAccess,
    path: Path<(String, String, String)>,
) -> Result<Response, Problem> {
    access.require(Scope::ReadResponses)?;
    let Path((_, id, answer)) = path;
    serve::answered(&store, &access.site, &id, &answer).await
}

/// The photo of a review, published or not. Scope: `reviews:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reviews/{id}/photo", tag = "reviews", operation_id = "review_photo", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the review, a UUID"),
    ),
    responses(
        (status = 200, description = "The photo", content_type = "image/jpeg"),
        (status = 404, description = "No such photo"),
    )
)]
pub(super) async fn of_review(
    State(store): State<Store>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<Response, Problem> {
    access.require(Scope::ReadReviews)?;
    let Path((_, id)) = path;
    serve::photo(&store, &access.site, &id, false).await
}
