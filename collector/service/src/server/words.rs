//! What people wrote, for servers with a key: found by words, and told as themes.

use super::key::ApiAccess;
use super::reports::{Fields, SliceFields, slice_of};
use crate::app::Reports;
use crate::http::problem::Problem;
use crate::http::query::{value, word};
use axum::Json;
use axum::extract::State;
use rapport_report::word::list::WordList;
use rapport_report::word::theme::ThemesReport;
use rapport_store::account::scope::Scope;
use utoipa::IntoParams;

/// Which texts are asked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only documents the fields, which are read by http::query::word")]
struct WordFields {
    /// Words that must all be in a text, in any of their forms; the last one may go on. At most 200 characters and twelve words.
    search: Option<String>,
    /// Only answers to this survey.
    survey: Option<String>,
    /// `answer`, `ticket` or `interaction`: only texts from there.
    kind: Option<String>,
    /// Only texts beside a score that is `low`, `middle` or `high`.
    score: Option<String>,
    /// Only texts of the theme with this key.
    theme: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Texts that people wrote, the newest first, 20 at a time, each in pieces that say what was searched for. Languages are guesses. Texts from other
/// sources than answers are on no page and no device: a slice that is narrowed leaves them out. Scope: `responses:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/words", tag = "reports", security(("api_key" = [])),
    operation_id = "words",
    params(("site" = String, Path, description = "Public key of the site"), WordFields, SliceFields),
    responses(
        (status = 200, body = WordList),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(super) async fn list(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<WordList>, Problem> {
    access.require(Scope::ReadResponses)?;
    let asked = word::asked(&fields).map_err(|fault| Problem::of_faults([fault]))?;
    Ok(Json(reports.of(&access.site).words(&slice_of(&fields)?, &asked).await?))
}

/// What people write about, made of the newest 10,000 texts of the slice: themes with count, share, mean score, trend and examples; what fits none; what
/// several said alike; languages and what a machine can tell of praise and complaint, as guesses. Scopes: `reports:read` and, since it has single
/// texts, `responses:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/themes", tag = "reports", security(("api_key" = [])),
    operation_id = "themes_of_words",
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("survey" = Option<String>, Query, description = "Only answers to this survey"),
        SliceFields
    ),
    responses(
        (status = 200, body = ThemesReport),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(super) async fn themes(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<ThemesReport>, Problem> {
    access.require(Scope::ReadReports)?;
    access.require(Scope::ReadResponses)?;
    let survey = value(&fields, "survey").unwrap_or_default();
    Ok(Json(reports.of(&access.site).themes(&slice_of(&fields)?, survey).await?))
}
