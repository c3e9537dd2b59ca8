//! Stored pictures: the photo of a published review for everybody, and what members and servers with a key are given.

use super::picture;
use crate::http::page_request::for_everybody;
use crate::http::problem::Problem;
use crate::public::reviews::ReviewPath;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use rapport_report::reviews::Reader;
use rapport_shared::id::Id;
use rapport_store::Store;
use rapport_store::attachment::{AnswerKey, Attachment};
use rapport_store::site::directory::{SiteContext, SiteDirectory};

/// Opened as a page of its own a picture runs nothing and loads nothing; browsers style such a page themselves.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
/// As long as the list of published reviews may be kept.
const PUBLIC_CACHE: &str = "public, max-age=60";

fn none() -> Problem {
    Problem::not_found("there is no such picture")
}

/// `question.part`, as the answer is called.
fn answer_key(response: &str, answer: &str) -> Option<AnswerKey> {
    let (question_id, part_id) = answer.split_once('.')?;
    Some(AnswerKey {
        response_id: Id::parse(response)?,
        question_id: question_id.to_owned(),
        part_id: part_id.to_owned(),
    })
}

fn picture((attachment, content): (Attachment, Vec<u8>)) -> Result<Response, Problem> {
    // Nothing else is ever stored; a browser is not asked to find out.
    if attachment.content_type != picture::CONTENT_TYPE {
        tracing::error!(kind = attachment.content_type, "a stored picture is of a kind that is not served");
        return Err(Problem::internal());
    }
    let name = format!("inline; filename=\"{}-{}.jpg\"", attachment.answer.part_id, attachment.answer.response_id);
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
pub(crate) async fn answered(
    store: &Store,
    site: &SiteContext,
    response: &str,
    answer: &str,
) -> Result<Response, Problem> {
    let answer = answer_key(response, answer).ok_or_else(none)?;
    picture(store.attachment(site.site.site_id, &answer).await?.ok_or_else(none)?)
}

/// The photo of a review: of any, or only of a published one.
pub(crate) async fn photo(
    store: &Store,
    site: &SiteContext,
    review: &str,
    published: bool,
) -> Result<Response, Problem> {
    let id = Id::parse(review).ok_or_else(none)?;
    picture(store.review_photo(site.site.site_id, id, published).await?.ok_or_else(none)?)
}

/// Everybody, as they read published reviews.
pub(crate) const EVERYBODY: Reader = Reader {
    of_company: false,
    photo_address: |site_key, review_id| format!("/v1/reviews/{site_key}/{review_id}/photo"),
};

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
