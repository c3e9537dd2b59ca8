//! Pictures of responses and reviews, for members.

use super::account::Access;
use super::error::PageError;
use crate::public::attachment::serve;
use axum::extract::{Path, State};
use axum::response::Response;
use rapport_store::Store;

/// The picture that belongs to an answer of a response.
pub(super) async fn of_response(
    State(store): State<Store>,
    access: Access,
    Path((_, id, answer)): Path<(String, String, String)>,
) -> Result<Response, PageError> {
    Ok(serve::answered(&store, &access.site, &id, &answer).await?)
}

/// The photo of a review, published or not.
pub(super) async fn of_review(
    State(store): State<Store>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, PageError> {
    Ok(serve::photo(&store, &access.site, &id, false).await?)
}
