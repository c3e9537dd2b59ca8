//! Answers that were given elsewhere, sent by a server.

use crate::http::problem::Problem;
use crate::server::key::ApiAccess;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use rapport_ingest::server::{NAME_CHARACTERS, NewResponse, ServerReply, ServerRequest};
use rapport_ingest::{Ingest, fault_in, is_json_object, repaired};
use rapport_shared::limit;
use rapport_shared::survey::Fault;
use rapport_store::account::scope::Scope;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::Arc;
use utoipa::ToSchema;

/// Header that names a request, so that sending it again stores nothing anew.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Responses to one survey.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only documents the fields, which are read one by one")]
pub(super) struct NewResponses {
    /// 1 to 100 responses.
    responses: Vec<NewResponse<'static>>,
}

/// The same, unparsed: what is wrong with one is told of that one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'a> {
    #[serde(borrow)]
    responses: Vec<&'a RawValue>,
}

/// Send responses that were given by telephone, at the counter or on paper. Scope: `responses:write`.
///
/// They are believed: none is suspected, however many come at once. Each is stored or rejected by itself; the reply comes
/// once they are durable. A response that was sent before, by its `id` or as part of a request with the same
/// `Idempotency-Key`, is a duplicate and counts once. In reports they stand under the device `server`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/surveys/{survey}/responses", tag = "responses", security(("api_key" = [])),
    operation_id = "add_responses",
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("survey" = String, Path, description = "Slug of the survey; it may be inactive"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request, 1 to 200 characters; needed where \
            a response has no `id`"),
    ),
    request_body(
        content = NewResponses,
        description = "At most 65,536 bytes",
        example = json!({ "responses": [
            { "id": "call-4711", "answers": [{ "question": "rating", "score": 4 }] },
        ] }),
    ),
    responses(
        (
            status = 202, body = ServerReply, description = "Durable. `rejected` names index, field and reason",
            example = json!({ "accepted": 1, "duplicate": 0, "stored": [
                { "index": 0, "response": "0b5e0f9c-4a1b-8f6e-a9d1-20b6b8f0e7aa", "duplicate": false },
            ], "rejected": [{ "index": 1, "field": "answers[0].score", "reason": "must be 1 to 5 for csat" }] }),
        ),
        (status = 400, description = "Not such a document"),
        (status = 404, description = "No such survey"),
        (status = 413, description = "Too large"),
        (status = 422, description = "Fields at fault, each named"),
        (status = 503, description = "Nothing was stored; see Retry-After"),
    )
)]
pub(super) async fn add(
    State(ingest): State<Arc<Ingest>>,
    access: ApiAccess,
    path: Path<(String, String)>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<ServerReply>), Problem> {
    access.require(Scope::WriteResponses)?;
    let Path((_, survey)) = path;
    let body = body.map_err(|_| Problem::too_large(limit::BATCH_BYTES))?;
    if !access.site.knows_survey(&survey) {
        return Err(Problem::not_found("the site has no such survey"));
    }
    let body = repaired(&body);
    let envelope = read(&body)?;
    let idempotency_key = key_of(&headers).map_err(|fault| Problem::of_faults([fault]))?;
    let request =
        ServerRequest { site: &access.site, survey: &survey, idempotency_key, responses: &envelope.responses };
    Ok((StatusCode::ACCEPTED, Json(ingest.accept_of_server(&request).await?)))
}

fn read(body: &[u8]) -> Result<Envelope<'_>, Problem> {
    let text = std::str::from_utf8(body)
        .map_err(|error| Problem::bad_request(format!("must be UTF-8; byte {} is not", error.valid_up_to())))?;
    if !is_json_object(text) {
        return Err(Problem::bad_request("must be a JSON object with responses"));
    }
    let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|error| match fault_in::<Envelope<'_>>(text) {
        Err(fault) if error.is_data() => Problem::of_faults([fault]),
        _ => Problem::bad_request(format!("must be JSON: {error}")),
    })?;
    match envelope.responses.len() {
        count if (1..=limit::BATCH_ITEMS).contains(&count) => Ok(envelope),
        count => {
            let reason = format!("must be 1 to {} responses, has {count}", limit::BATCH_ITEMS);
            Err(Problem::of_faults([Fault::new("responses", reason)]))
        }
    }
}

fn key_of(headers: &HeaderMap) -> Result<Option<&str>, Fault> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = value.to_str().unwrap_or_default().trim();
    if (1..=NAME_CHARACTERS).contains(&key.chars().count()) {
        return Ok(Some(key));
    }
    Err(Fault::new("Idempotency-Key", format!("must be 1 to {NAME_CHARACTERS} characters of ASCII")))
}
