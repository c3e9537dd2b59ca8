//! `/f/{site}/{survey}`: a survey as a plain page, without script or WebAssembly. The launcher links here, so that a
//! visitor whose browser runs neither can still answer. The questions are drawn by the widget's own components, on the
//! server; what is sent goes through ingest like every other answer.
//!
//! `found` says what stands at an address, `sent` reads what came, `form` is the run through the survey, `keep` stores it,
//! `page` draws what is shown.

#[cfg(test)]
mod answer_test;
mod form;
mod found;
mod keep;
#[cfg(test)]
mod kept_test;
#[cfg(test)]
mod language_test;
#[cfg(test)]
mod link_test;
mod page;
mod phrases;
mod sent;

use crate::app::{App, feature_state};
use crate::config::{Config, Names};
use crate::http::client_address;
use crate::http::problem::Problem;
use crate::mail_link::Addressed;
use crate::public::attachment::Uploads;
use crate::public::config::theme;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use form::{FormRun, Next};
use found::{Found, find, in_language};
use keep::{Keeping, Kept};
use page::{View, form_page, nothing, notices, thanks};
use phrases::phrase;
use rapport_ingest::{Ingest, public_id};
use rapport_store::Store;
use rapport_store::clock::Clock;
use rapport_store::site::directory::SiteDirectory;
use sent::{read, take_picture};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Path of a form, as deep as any other name of it.
const FORM: &str = "/f/{site}/{survey}";
/// Path of the style sheet.
const STYLE: &str = "/form.css";

feature_state! {
    /// What the pages of the form need.
    struct Needs {
        config: Arc<Config>,
        clock: Clock,
        names: Arc<Names>,
        store: Store,
        sites: SiteDirectory,
        ingest: Arc<Ingest>,
        uploads: Uploads,
    }
}

/// The pages.
pub fn documented() -> OpenApiRouter<App> {
    // A form may bring pictures; how much of it is read, `read` says.
    let form = OpenApiRouter::new().routes(routes!(show, take)).layer(DefaultBodyLimit::disable());
    form.merge(OpenApiRouter::new().routes(routes!(style)))
}

/// The style sheet of forms.
#[utoipa::path(
    get, path = "/form.css", tag = "pages", operation_id = "read_form_style",
    responses((status = 200, body = String, content_type = "text/css")),
)]
async fn style() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=3600")];
    (headers, [rapport_survey::STYLE, include_str!("form.css")].concat())
}

/// The fields of an address.
fn pairs(query: Option<String>) -> Vec<(String, String)> {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect()
}

/// Where the answers of a page go: its own address, and yet another one. To post to the address of a page makes browsers
/// forget that page, and their own Back would bring it anew, with a run of its own.
fn action(link: &[(String, String)], step: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(link.iter().filter(|(name, _)| name != step)).append_key_only(step);
    ["?", &query.finish()].concat()
}

/// A survey as a page.
///
/// Fields of the query are facts and, by the id of a question, its answer; with `recipient`, `until` and `signature` the
/// answers are that recipient's.
#[utoipa::path(
    get, path = "/f/{site}/{survey}", tag = "pages", operation_id = "open_form",
    params(
        ("site" = String, Path, description = "Public site key"),
        ("survey" = String, Path, description = "Slug of the survey"),
        ("recipient" = Option<String>, Query, description = "What you call the person the link was made for"),
        ("until" = Option<String>, Query, description = "The link's last day, as `2026-03-31`"),
        ("signature" = Option<String>, Query, description = "HMAC-SHA-256 of survey, line feed, recipient, line feed and \
            `until`, with the site's recipient secret, in hexadecimal digits"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "The page"),
        (status = 404, body = String, content_type = "text/html", description = "No such site or survey"),
        (status = 410, body = String, content_type = "text/html", description = "The survey has ended"),
    ),
)]
async fn show(
    State(needs): State<Needs>,
    path: Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Path((site, survey)) = path;
    let (found, open) = find(&needs.sites, &needs.store, &site, &survey).await?;
    let (site, survey) = match found {
        Found::Open(site, survey) => (site, survey),
        Found::Over(site, survey, reason) => return nothing(&needs, &headers, &site, Some((survey, reason))).await,
        Found::Nothing(site) => return nothing(&needs, &headers, &site, None).await,
    };
    let theme = theme::page(&needs.store, &needs.names, &site.site).await?;
    let (survey, language) = in_language(survey.without_dead_ends(&open), &headers);
    let (link, now_ms) = (pairs(query), needs.clock.now_ms());
    let addressed = Addressed::read(&site, &survey.id, &link, now_ms);
    let run = FormRun::new(&survey, &link, needs.clock.new_id(), now_ms);
    let notices = notices(&addressed, &run, &language);
    // Opening stores nothing, however long the page is looked at: programs that look into mails open links in whole browsers.
    match run.next(&survey, &language) {
        Next::Page(page) if !page.asked.is_empty() => {
            let view = View {
                notices,
                waits: run.is_ready(&survey),
                action: action(&link, needs.names.step()),
                ..View::default()
            };
            form_page(StatusCode::OK, &theme, *page, &view).await
        }
        _ => thanks(&theme, &survey, &language, &run),
    }
}

/// The answers of a page of the form.
#[utoipa::path(
    post, path = "/f/{site}/{survey}", tag = "pages", operation_id = "answer_form",
    params(
        ("site" = String, Path, description = "Public site key"),
        ("survey" = String, Path, description = "Slug of the survey"),
    ),
    request_body(
        content((Object = "application/x-www-form-urlencoded"), (Object = "multipart/form-data")),
        description = "The fields of the page",
    ),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "The next page, or the thank-you"),
        (status = 403, body = String, content_type = "text/html", description = "The form was not sent from this site"),
        (status = 404, body = String, content_type = "text/html", description = "No such site or survey"),
        (status = 410, body = String, content_type = "text/html", description = "The survey has ended"),
        (status = 413, body = String, content_type = "text/html", description = "Too large"),
        (status = 422, body = String, content_type = "text/html", description = "The page again, with what is wrong"),
        (status = 503, body = String, content_type = "text/html", description = "The page again: nothing was stored"),
    ),
)]
async fn take(
    State(needs): State<Needs>,
    path: Path<(String, String)>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Response, Problem> {
    let address = client_address::of_request(&request, &needs.config.trusted_proxies);
    let headers = request.headers().clone();
    let sent = read(request).await?;
    let version = sent.texts.iter().find(|(name, _)| name == "version").and_then(|(_, value)| value.parse().ok());
    let Path((site, survey)) = path;
    let (found, open) = find(&needs.sites, &needs.store, &site, &survey).await?;
    let (site, survey) = match found {
        Found::Open(site, survey) => (site, survey),
        // Who has opened it may finish it.
        Found::Over(site, survey, _) if version.is_some() => (site, survey),
        Found::Over(site, survey, reason) => return nothing(&needs, &headers, &site, Some((survey, reason))).await,
        Found::Nothing(site) => return nothing(&needs, &headers, &site, None).await,
    };
    let theme = theme::page(&needs.store, &needs.names, &site.site).await?;
    // The questions are those that were seen, though there may be a newer version by now.
    let seen = version.and_then(|version| site.survey(&survey.id, version)).cloned();
    let (survey, language) = in_language(seen.unwrap_or(survey).without_dead_ends(&open), &headers);
    let (link, now_ms) = (pairs(query), needs.clock.now_ms());
    let addressed = Addressed::read(&site, &survey.id, &link, now_ms);
    let mut run = FormRun::read(&survey, sent.texts, needs.clock.new_id());
    run.follow(&survey, &link);
    let mut stored_id = public_id::of_response(site.site.site_id, run.response_id);
    if let Addressed::To(recipient) = &addressed {
        stored_id = recipient.response_id(&site.secrets, &survey.id);
        run.response_id = stored_id;
    }
    let keeping = Keeping { needs: &needs, site: &site, survey: &survey, language: &language, addressed: &addressed };
    let earlier = keeping.earlier(stored_id).await?;
    match (&addressed, &earlier) {
        (_, None) => {}
        (Addressed::To(_), Some(earlier)) => run.remember(&survey, earlier.fields.clone()),
        (_, Some(earlier)) => run.resume(&survey, earlier.fields.clone()),
    }
    for file in sent.files {
        let Some(answer) = run.picture_answer(&survey, &file.field, stored_id) else { continue };
        let taken = take_picture(&needs, &site, address, answer, file.content).await;
        run.picture(&survey, file.field, taken);
    }
    let notices = notices(&addressed, &run, &language);
    let mut view = View { notices, action: action(&link, needs.names.step()), ..View::default() };
    let next = match run.next(&survey, &language) {
        Next::Page(page) if !page.problems.is_empty() || !page.picture_faults.is_empty() => {
            view.error = phrase(&language, phrases::MARKED, &[]);
            return form_page(StatusCode::UNPROCESSABLE_ENTITY, &theme, *page, &view).await;
        }
        Next::Page(page) if run.goes_back() => return form_page(StatusCode::OK, &theme, *page, &view).await,
        Next::Page(page) => Some(page),
        Next::Done => None,
    };
    // Whoever stops halfway has said something all the same.
    match keeping.keep(&run, (stored_id, earlier.as_ref()), next.is_none(), &headers, address).await? {
        Kept::Stored => view.saved = phrase(&language, phrases::SAVED, &[]),
        Kept::Nothing => {
            // An answer may become another one, and not none: what stays stored is shown.
            if let Some(earlier) = earlier {
                run.restore(&survey, earlier.fields);
                view.saved = phrase(&language, phrases::SAVED, &[]);
                return form_page(StatusCode::OK, &theme, run.again(&survey, &language), &view).await;
            }
        }
        Kept::Erased => {
            run.id = needs.clock.new_id();
            view.error = phrase(&language, phrases::UNKEPT, &[]);
            return form_page(StatusCode::SERVICE_UNAVAILABLE, &theme, run.again(&survey, &language), &view).await;
        }
        Kept::Refused(status, reason) => {
            view.error = reason;
            return form_page(status, &theme, run.again(&survey, &language), &view).await;
        }
    }
    match next {
        Some(page) => form_page(StatusCode::OK, &theme, *page, &view).await,
        None => thanks(&theme, &survey, &language, &run),
    }
}
