//! What stands at the address of a survey, and in which language a visitor reads it.

use super::phrases;
use crate::app::App;
use crate::ingest::sites::SiteContext;
use crate::page_request;
use crate::problem::Problem;
use axum::http::{HeaderMap, header};
use rapport_shared::limit;
use rapport_shared::survey::{Survey, nearest_language};
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

pub(super) async fn find(app: &App, site: &str, survey: &str) -> Result<Found, Problem> {
    let site = page_request::site(app, site).await?;
    let site_id = site.site.site_id;
    let open = app.store.active_surveys(site_id).await?.into_iter().find(|known| known.id == survey);
    if let Some(survey) = open {
        return Ok(Found::Open(site, survey));
    }
    let known = app.store.surveys(site_id).await?.into_iter().find(|listed| listed.survey.id == survey);
    Ok(match known {
        Some(listed) => {
            let reason = if listed.active { phrases::FULL } else { phrases::CLOSED };
            Found::Over(site, listed.survey, reason)
        }
        None => Found::Nothing(site),
    })
}

/// The survey in the visitor's language, and that language.
pub(super) fn in_language(survey: Survey, headers: &HeaderMap) -> (Survey, String) {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut wanted = accepted.split(',').map(|range| range.split(';').next().unwrap_or_default().trim());
    let first = wanted.clone().next().unwrap_or_default().to_owned();
    let tags = || survey.translations.keys().map(String::as_str).chain([survey.language.as_str()]);
    let spoken = wanted.find(|range| nearest_language(tags(), range).is_some()).map(str::to_owned);
    let survey = survey.in_language(spoken.as_deref().unwrap_or_default());
    let language = if survey.language.is_empty() { first } else { survey.language.clone() };
    let plain = language.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (survey, if plain && language.len() <= limit::LANGUAGE_CHARACTERS { language } else { String::new() })
}
