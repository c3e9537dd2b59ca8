//! A draft as visitors would see it: the real panel, in the site's theme, in a frame from which nothing is sent.

use super::super::theme::preview_of_survey;
use super::draft::read;
use super::{NO_DRAFT, Needs};
use crate::definition;
use crate::member::PageError;
use crate::member::account::{Access, Submitted};
use crate::member::frame::{Fields, field};
use crate::public::config::theme::of_site;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use rapport_shared::id::Id;
use rapport_shared::theme::Scheme;
use rapport_store::account::role::Role;

/// The draft as it was saved.
pub(super) async fn frame(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let site_id = access.site.site.site_id;
    let draft = needs.store.survey_draft(site_id, Id::parse(&id).ok_or(NO_DRAFT)?).await?.ok_or(NO_DRAFT)?;
    shown(&needs, &access, &draft.definition, (field(&fields, "language"), field(&fields, "shown"))).await
}

/// What stands in the form of a draft, which stays unsaved.
pub(super) async fn typed(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    Submitted(form): Submitted<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let site_id = access.site.site.site_id;
    let draft = needs.store.survey_draft(site_id, Id::parse(&id).ok_or(NO_DRAFT)?).await?.ok_or(NO_DRAFT)?;
    let (value, _) = read(&serde_json::from_str(&draft.definition).unwrap_or_default(), &form)?;
    shown(&needs, &access, &value.to_string(), ("", "")).await
}

/// The frame with a definition, in a language and in the light or the `dark`.
async fn shown(
    needs: &Needs,
    access: &Access,
    definition: &str,
    (language, mode): (&str, &str),
) -> Result<Response, PageError> {
    let site = &access.site.site;
    let Ok(survey) = definition::survey(definition) else {
        // The page around it says what is wrong, and where.
        let mut response = "Once nothing is wrong any more, the survey can be tried here.".into_response();
        for (name, value) in [
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'self'"),
            (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
        ] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        return Ok(response);
    };
    let language = match language {
        "" if survey.language.is_empty() => "en",
        "" => survey.language.as_str(),
        wanted => wanted,
    };
    let language = language.to_owned();
    let mut theme = of_site(&needs.store, site).await?;
    if theme.scheme == Scheme::Auto {
        theme.scheme = if mode == "dark" { Scheme::Dark } else { Scheme::Light };
    }
    preview_of_survey((&theme, &site.name), &needs.files, survey.in_language(&language), &language).await
}
