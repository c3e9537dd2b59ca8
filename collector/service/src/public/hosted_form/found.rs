//! What stands at the address of a survey, and in which language a visitor reads it.

use super::phrases;
use crate::http::page_request;
use crate::http::problem::Problem;
use crate::language;
use axum::http::HeaderMap;
use rapport_shared::survey::Survey;
use rapport_store::Store;
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use std::sync::Arc;

/// What stands at an address.
pub(super) enum Found {
    /// A survey that is asked, at its current version.
    Open(Arc<SiteContext>, Survey),
    /// One that is not asked any more, and the key of the reason.
    Over(Arc<SiteContext>, Survey, &'static str),
    /// Nothing of this site.
    Nothing(Arc<SiteContext>),
}

/// What stands at the address, and the ids of all surveys that are asked: an end may lead to them only.
pub(super) async fn find(
    sites: &SiteDirectory,
    store: &Store,
    site: &str,
    survey: &str,
) -> Result<(Found, Vec<String>), Problem> {
    let site = page_request::site(sites, site).await?;
    let site_id = site.site.site_id;
    let open = store.active_surveys(site_id).await?;
    let ids = open.iter().map(|known| known.id.clone()).collect();
    if let Some(survey) = open.into_iter().find(|known| known.id == survey) {
        return Ok((Found::Open(site, survey), ids));
    }
    let known = store.surveys(site_id).await?.into_iter().find(|listed| listed.survey.id == survey);
    let found = match known {
        Some(listed) => {
            let reason = if listed.active { phrases::FULL } else { phrases::CLOSED };
            Found::Over(site, listed.survey, reason)
        }
        None => Found::Nothing(site),
    };
    Ok((found, ids))
}

/// The survey in the visitor's language, and the language in which it is shown.
pub(super) fn in_language(survey: Survey, headers: &HeaderMap) -> (Survey, String) {
    let tags = survey.translations.keys().map(String::as_str).chain([survey.language.as_str()]);
    let first = language::accepted(headers).first().copied().unwrap_or_default();
    let wanted = language::spoken(headers, tags).unwrap_or(first);
    let survey = survey.in_language(wanted);
    let language = survey.shown_language(wanted);
    (survey, language)
}
