//! The pages: a form with its questions, a thank-you, and what is said where nothing is asked.

use super::form::FormRun;
use super::found::in_language;
use super::phrases::{self, phrase};
use super::{FORM, Needs, STYLE};
use crate::http::problem::Problem;
use crate::http::public_address::to_top;
use crate::language::{self, Locale};
use crate::mail_link::Addressed;
use crate::public::config::theme::{self, PageTheme};
use askama::Template;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use rapport_shared::survey::{Button, Survey, is_link};
use rapport_store::site::directory::SiteContext;
use rapport_survey::form::{Page, words};
use rapport_survey::words::THANKS;
use rapport_words::{ENGLISH, Language};
use std::borrow::Cow;

/// A step of a form is the answer to a post: kept by nobody, the browser's own Back would lead to an error.
const CACHE: &str = "private, no-cache";

#[derive(Template)]
#[template(path = "public/hosted_form/form.html")]
struct FormPage<'a> {
    /// The way to the top of what everybody may open.
    top: String,
    style: Cow<'a, str>,
    theme: &'a PageTheme,
    language: &'a str,
    direction: &'static str,
    title: &'a str,
    view: &'a View,
    /// Asks to press the button.
    confirm: String,
    form: String,
}

/// What stands around the questions.
#[derive(Default)]
pub(super) struct View {
    /// What went wrong; empty for nothing.
    pub(super) error: String,
    /// What became of the answers so far; empty for nothing.
    pub(super) saved: String,
    /// What is to be known of the link.
    pub(super) notices: Vec<String>,
    /// Whether the link's answer only waits for the button.
    pub(super) waits: bool,
    /// Where the answers go.
    pub(super) action: String,
}

#[derive(Template)]
#[template(path = "public/hosted_form/thanks.html")]
struct ThanksPage<'a> {
    /// The way to the top of what everybody may open.
    top: String,
    style: Cow<'a, str>,
    theme: &'a PageTheme,
    language: String,
    direction: &'static str,
    title: String,
    heading: String,
    text: String,
    /// Label and address of the way on; empty without one.
    button: (String, String),
}

/// What a visitor should know of the link that they followed.
pub(super) fn notices(addressed: &Addressed, run: &FormRun, language: &str) -> Vec<String> {
    let mut notices = Vec::new();
    let day = |until: &jiff::civil::Date| Locale::new(language).day(&until.to_string());
    match addressed {
        Addressed::Nobody => {}
        Addressed::To(recipient) => {
            let values = [recipient.id.as_str(), &day(&recipient.until)];
            notices.push(phrase(language, phrases::PERSONAL, &values));
        }
        Addressed::Expired(until) => notices.push(phrase(language, phrases::EXPIRED, &[&day(until)])),
        Addressed::Forged => notices.push(phrase(language, phrases::FORGED, &[])),
    }
    if run.misfit {
        notices.push(phrase(language, phrases::MISFIT, &[]));
    }
    notices
}

pub(super) async fn form_page(
    status: StatusCode,
    theme: &PageTheme,
    mut form: Page,
    view: &View,
) -> Result<Response, Problem> {
    form.action.clone_from(&view.action);
    let (language, direction) = (form.language.clone(), form.direction());
    let title = rapport_survey::form::script(&form.survey, form.seed, &form.facts).fill(&form.survey.title, &[], &[]);
    let form = rapport_survey::form::render(form).await;
    let confirm = phrase(&language, phrases::CONFIRM, &[]);
    let (language, title) = (language.as_str(), title.as_str());
    let top = to_top(FORM);
    let form_page =
        FormPage { top, style: theme.names.path(STYLE), theme, language, direction, title, view, confirm, form };
    page(status, theme, &form_page)
}

/// The survey's thank-you, or the end screen that fits the answers.
pub(super) fn thanks(theme: &PageTheme, survey: &Survey, language: &str, run: &FormRun) -> Result<Response, Problem> {
    let (script, way, answers) = run.way(survey);
    let fill = |text: &str| script.fill(text, &way, &answers);
    let (heading, text, button) = match script.end(&way, &answers) {
        Some(end) => (&end.title, &end.text, end.button.as_ref()),
        None => (&survey.thanks.title, &survey.thanks.text, None),
    };
    // A survey's own address is a sibling of this page's.
    let address = |button: &Button| match button.survey.as_str() {
        "" => Some(fill(&button.url)).filter(|url| is_link(url)).unwrap_or_default(),
        survey => survey.to_owned(),
    };
    let words = words(language);
    let heading = if heading.is_empty() { words.get(&THANKS) } else { fill(heading) };
    let direction = language::direction(language);
    let button = button.map(|button| (fill(&button.label), address(button))).unwrap_or_default();
    let (language, title) = (language.to_owned(), fill(&survey.title));
    let (top, text) = (to_top(FORM), fill(text));
    page(
        StatusCode::OK,
        theme,
        &ThanksPage { top, style: theme.names.path(STYLE), theme, language, direction, title, heading, text, button },
    )
}

/// A page for an address at which nothing is asked.
pub(super) async fn nothing(
    needs: &Needs,
    headers: &HeaderMap,
    site: &SiteContext,
    survey: Option<(Survey, &str)>,
) -> Result<Response, Problem> {
    let theme = &theme::page(&needs.store, &needs.names, &site.site).await?;
    let (status, title, text, survey) = match survey {
        Some((survey, reason)) => (StatusCode::GONE, phrases::CLOSED_TITLE, reason, survey),
        None => (StatusCode::NOT_FOUND, phrases::UNKNOWN_TITLE, phrases::UNKNOWN, Survey::default()),
    };
    // All that is said is ours.
    let ours = language::spoken(headers, rapport_words::tags()).map_or(ENGLISH, Language::spoken);
    let (language, direction) = (ours.tag.to_owned(), ours.direction());
    let (survey, _) = in_language(survey, headers);
    let heading = phrase(&language, title, &[]);
    let title = if survey.title.contains("{{") || survey.title.is_empty() { heading.clone() } else { survey.title };
    let (top, text, button) = (to_top(FORM), phrase(&language, text, &[]), Default::default());
    page(
        status,
        theme,
        &ThanksPage { top, style: theme.names.path(STYLE), theme, direction, title, heading, text, button, language },
    )
}

fn page(status: StatusCode, theme: &PageTheme, page: &impl Template) -> Result<Response, Problem> {
    let headers = [(header::CONTENT_SECURITY_POLICY, theme.policy.as_str()), (header::CACHE_CONTROL, CACHE)];
    Ok((status, headers, Html(page.render()?)).into_response())
}
