//! A draft as visitors would see it: the real panel, in the site's theme, in a frame from which nothing is sent.

use super::super::theme::preview_of_survey;
use super::{NO_DRAFT, Needs};
use crate::definition;
use crate::member::PageError;
use crate::member::account::Access;
use crate::member::frame::{Fields, field};
use crate::public::config::theme::of_site;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use rapport_shared::id::Id;
use rapport_shared::theme::Scheme;
use rapport_store::account::role::Role;

pub(super) async fn frame(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let site = &access.site.site;
    let draft = needs.store.survey_draft(site.site_id, Id::parse(&id).ok_or(NO_DRAFT)?).await?.ok_or(NO_DRAFT)?;
    let Ok(survey) = definition::survey(&draft.definition) else {
        // The page around it says what is wrong, and where.
        return Ok("Once nothing is wrong any more, the survey can be tried here.".into_response());
    };
    let language = match field(&fields, "language") {
        "" if survey.language.is_empty() => "en",
        "" => survey.language.as_str(),
        wanted => wanted,
    };
    let language = language.to_owned();
    let mut theme = of_site(&needs.store, site).await?;
    if theme.scheme == Scheme::Auto {
        theme.scheme = if field(&fields, "shown") == "dark" { Scheme::Dark } else { Scheme::Light };
    }
    preview_of_survey((&theme, &site.name), &needs.files, survey.in_language(&language), &language).await
}
