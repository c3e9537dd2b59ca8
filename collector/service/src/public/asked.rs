//! The page where a customer says how it went: whether an answer was true, and whether their problem and its cause are fixed. Opening it
//! changes nothing, since programs that look into mails open links; a button does. Who has the link can change what they said.

use crate::app::{App, feature_state};
use crate::config::Config;
use crate::http::client_address::of_parts;
use crate::http::form_body::with_plain_line_breaks;
use crate::http::problem::Problem;
use crate::language::{fill, spoken};
use crate::mail::reply::question_of;
use crate::public::visitor_rate::VisitorRate;
use crate::router::FORM_BYTES;
use askama::Template;
use axum::body::to_bytes;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use rapport_shared::id::Id;
use rapport_store::clock::Clock;
use rapport_store::conversation::question::{Question, Said, WORDS_BYTES};
use rapport_store::site::directory::SiteDirectory;
use rapport_store::site::secrets::Purpose;
use rapport_store::{Store, text};
use rapport_words::{ENGLISH, Language};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Longest words, in characters: what has more is more bytes than are kept.
const WORDS_CHARACTERS: usize = 1_250;
/// What can be answered, with the text that asks it.
const ASKED: [(&str, &str); 3] =
    [("was_true", "was_true"), ("problem_fixed", "problem_fixed"), ("cause_fixed", "cause_fixed")];

feature_state! {
    /// What the page needs.
    pub(super) struct Needs {
        store: Store,
        clock: Clock,
        config: Arc<Config>,
        sites: SiteDirectory,
        rate: VisitorRate,
    }
}

/// Its route. It takes forms from everywhere: no cookie is read.
pub fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(ask, answer))
}

/// One of the questions, with what was said before.
struct Asked {
    name: &'static str,
    label: &'static str,
    said: &'static str,
}

#[derive(Template)]
#[template(path = "public/asked.html")]
struct AskedPage {
    language: &'static str,
    direction: &'static str,
    site: String,
    title: &'static str,
    notice: String,
    is_fault: bool,
    asked: Vec<Asked>,
    words: String,
    most: usize,
    texts: [&'static str; 5],
}

fn say(language: &Language, key: &str) -> &'static str {
    language.conversation.get(key).unwrap_or_default()
}

/// What a link is of.
struct Found {
    site_id: Id,
    site_name: String,
    question: Question,
}

async fn found(needs: &Needs, (site, token): (&str, &str), parts: &Parts) -> Result<Option<Found>, Problem> {
    needs.rate.check(of_parts(&parts.headers, &parts.extensions, &needs.config.trusted_proxies))?;
    let Some(site) = needs.sites.by_key(site).await? else { return Ok(None) };
    let site_id = site.site.site_id;
    let fresh = rapport_store::random::fresh();
    let secret = needs.store.site_secret(site_id, Purpose::Mail, fresh, needs.clock.now_ms()).await?;
    let Some(question_id) = question_of(&secret, token) else { return Ok(None) };
    let question = needs.store.question(site_id, question_id).await?;
    Ok(question.map(|question| Found { site_id, site_name: site.site.name.clone(), question }))
}

/// The language of whoever was asked where it is known, else what their browser says.
fn language(headers: &HeaderMap, known: &str) -> &'static Language {
    let of_browser = || spoken(headers, rapport_words::tags()).map_or(ENGLISH, Language::spoken);
    Language::nearest(known).unwrap_or_else(of_browser)
}

fn name_of(said: Option<bool>) -> &'static str {
    match said {
        Some(true) => "yes",
        Some(false) => "no",
        None => "",
    }
}

fn page(
    (status, language): (StatusCode, &'static Language),
    found: &Found,
    said: &Said,
    (notice, is_fault): (String, bool),
) -> Result<Response, Problem> {
    let values = [said.was_true, said.problem_fixed, said.cause_fixed];
    let asked = ASKED.iter().zip(values).map(|((name, key), value)| Asked {
        name,
        label: say(language, key),
        said: name_of(value),
    });
    let page = AskedPage {
        language: language.tag,
        direction: language.direction(),
        site: found.site_name.clone(),
        title: say(language, "title"),
        notice,
        is_fault,
        asked: asked.collect(),
        words: said.words.clone(),
        most: WORDS_CHARACTERS,
        texts: ["yes", "no", "unknown", "words", "send"].map(|key| say(language, key)),
    };
    Ok((status, Html(page.render()?)).into_response())
}

fn nothing(headers: &HeaderMap) -> Result<Response, Problem> {
    let language = language(headers, "");
    let page = AskedPage {
        language: language.tag,
        direction: language.direction(),
        site: String::new(),
        title: say(language, "nothing"),
        notice: say(language, "cut").to_owned(),
        is_fault: false,
        asked: Vec::new(),
        words: String::new(),
        most: 0,
        texts: [""; 5],
    };
    Ok((StatusCode::NOT_FOUND, Html(page.render()?)).into_response())
}

/// Shows what a customer is asked about an answer or a resolved ticket. It changes nothing.
#[utoipa::path(
    get, path = "/asked/{site}/{token}", tag = "pages",
    params(
        ("site" = String, Path, description = "Public site key"),
        ("token" = String, Path, description = "What the link in the mail says"),
    ),
    responses(
        (status = 200, description = "The questions, as a page", content_type = "text/html"),
        (status = 404, description = "No such link", content_type = "text/html"),
        (status = 429, description = "Too often"),
    ),
    operation_id = "ask_afterwards",
)]
pub(super) async fn ask(
    State(needs): State<Needs>,
    path: Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let (Path((site, token)), parts) = (path, request.into_parts().0);
    let Some(found) = found(&needs, (&site, &token), &parts).await? else { return nothing(&parts.headers) };
    let language = language(&parts.headers, &found.question.language);
    page((StatusCode::OK, language), &found, &found.question.said, (String::new(), false))
}

fn half(value: Option<&str>) -> Option<bool> {
    match value {
        Some("yes") => Some(true),
        Some("no") => Some(false),
        _ => None,
    }
}

/// Keeps what a customer says; sent again, the last counts. It changes nothing of the ticket.
#[utoipa::path(
    post, path = "/asked/{site}/{token}", tag = "pages",
    params(
        ("site" = String, Path, description = "Public site key"),
        ("token" = String, Path, description = "What the link in the mail says"),
    ),
    responses(
        (status = 200, description = "It is kept, as a page", content_type = "text/html"),
        (status = 404, description = "No such link", content_type = "text/html"),
        (status = 422, description = "Nothing was said, or too much, as a page", content_type = "text/html"),
        (status = 429, description = "Too often"),
    ),
    operation_id = "answer_afterwards",
)]
pub(super) async fn answer(
    State(needs): State<Needs>,
    path: Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let (Path((site, token)), (parts, body)) = (path, request.into_parts());
    let body = to_bytes(body, FORM_BYTES).await.map_err(|_| Problem::too_large(FORM_BYTES))?;
    let Some(found) = found(&needs, (&site, &token), &parts).await? else { return nothing(&parts.headers) };
    let language = language(&parts.headers, &found.question.language);
    let plain = with_plain_line_breaks(&body);
    let fields: Vec<(String, String)> = form_urlencoded::parse(&plain).into_owned().collect();
    let value = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let said = Said {
        was_true: half(value("was_true")),
        problem_fixed: half(value("problem_fixed")),
        cause_fixed: half(value("cause_fixed")),
        words: text::words(value("words").unwrap_or_default()),
    };
    let refused = |notice: String| page((StatusCode::UNPROCESSABLE_ENTITY, language), &found, &said, (notice, true));
    if said.words.chars().count() > WORDS_CHARACTERS || said.words.len() > WORDS_BYTES {
        return refused(fill(say(language, "too_long"), &[&WORDS_CHARACTERS.to_string()]));
    }
    let is_something = ASKED.iter().any(|(name, _)| value(name).is_some_and(|value| !value.is_empty()));
    if !is_something && said.words.is_empty() {
        return refused(say(language, "none").to_owned());
    }
    if said != found.question.said || found.question.answered_at_ms.is_none() {
        let now = (needs.clock.new_id(), needs.clock.now_ms());
        needs.store.answer_question(found.site_id, &found.question, &said, now).await?;
    }
    page((StatusCode::OK, language), &found, &said, (say(language, "kept").to_owned(), false))
}
