//! `/f/{site}/{survey}`: a survey as a plain page, without script or WebAssembly. The launcher links here, so that a
//! visitor whose browser runs neither can still answer. The questions are drawn by the widget's own components, on the
//! server; what is sent goes through ingest like every other answer.

mod form;
#[cfg(test)]
mod link_test;
mod phrases;

use crate::app::App;
use crate::attachment::{Form, Incoming, upload};
use crate::client_address;
use crate::client_config::theme::{self, PageTheme};
use crate::ingest::sites::SiteContext;
use crate::ingest::{BatchRefusal, BatchRequest, Client};
use crate::language::{self, Locale};
use crate::mail_link::Addressed;
use crate::problem::Problem;
use crate::public_address::to_top;
use crate::store::attachments::Place;
use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use form::{Next, Run};
use http_body_util::BodyExt;
use phrases::phrase;
use rapport_shared::limit;
use rapport_shared::survey::{Fault, Survey, is_link};
use rapport_survey::form::{Page, words};
use std::net::IpAddr;
use std::sync::Arc;

/// Largest form that is read, in bytes: the limit of a batch, since every character may be written as three.
const BYTES: usize = rapport_shared::limit::BATCH_BYTES;
/// Path of a form.
const FORM: &str = "/f/{site}/{survey}";
/// Path of the style sheet.
const STYLE: &str = "/form.css";
/// Path of the script that confirms the answer of a link.
const SCRIPT: &str = "/form.js";

/// The pages.
pub fn routes() -> Router<App> {
    let style = || async {
        let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=3600")];
        (headers, [rapport_survey::STYLE, include_str!("../../static/form.css")].concat())
    };
    let script = || async {
        let headers =
            [(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "max-age=3600")];
        (headers, include_str!("../../static/form.js"))
    };
    // A form may bring pictures; how much of it is read, `read` says.
    let form = get(show).post(take).layer(DefaultBodyLimit::disable());
    let pages = Router::new().route(FORM, form);
    pages.route(STYLE, get(style)).route(SCRIPT, get(script))
}

#[derive(Template)]
#[template(path = "hosted_form.html")]
struct FormPage<'a> {
    /// The way to the top of what everybody may open.
    top: String,
    style: &'static str,
    theme: &'a PageTheme,
    language: &'a str,
    direction: &'static str,
    title: &'a str,
    view: &'a View,
    /// Said where no script can confirm the answer of the link.
    confirm: String,
    script: &'static str,
    form: String,
}

/// What stands around the questions.
#[derive(Default)]
struct View {
    /// What went wrong; empty for nothing.
    error: String,
    /// What became of the answers so far; empty for nothing.
    saved: String,
    /// What is to be known of the link.
    notices: Vec<String>,
    /// Whether the page confirms its answer by itself.
    confirms: bool,
}

#[derive(Template)]
#[template(path = "hosted_thanks.html")]
struct ThanksPage<'a> {
    /// The way to the top of what everybody may open.
    top: String,
    style: &'static str,
    theme: &'a PageTheme,
    language: String,
    direction: &'static str,
    title: String,
    heading: String,
    text: String,
    /// Label and address of the way on; empty without one.
    button: (String, String),
}

/// What stands at an address.
enum Found {
    /// A survey that is asked, at its current version.
    Open(Arc<SiteContext>, Survey),
    /// One that is not asked any more, and the key of the reason.
    Over(Arc<SiteContext>, Survey, &'static str),
    /// Nothing of this site.
    Nothing(Arc<SiteContext>),
}

async fn find(app: &App, site: &str, survey: &str) -> Result<Found, Problem> {
    let site = app.sites.by_key(site).await?.ok_or_else(|| Problem::not_found("no site has this key"))?;
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

/// A page for an address at which nothing is asked.
async fn nothing(
    app: &App,
    headers: &HeaderMap,
    site: &SiteContext,
    survey: Option<(Survey, &str)>,
) -> Result<Response, Problem> {
    let theme = &theme::page(app, &site.site).await?;
    let (status, title, text, survey) = match survey {
        Some((survey, reason)) => (StatusCode::GONE, phrases::CLOSED_TITLE, reason, survey),
        None => (StatusCode::NOT_FOUND, phrases::UNKNOWN_TITLE, phrases::UNKNOWN, Survey::default()),
    };
    let (survey, language) = in_language(survey, headers);
    let direction = language::direction(&language);
    let heading = phrase(&language, title, &[]);
    let title = if survey.title.contains("{{") || survey.title.is_empty() { heading.clone() } else { survey.title };
    let (top, text, button) = (to_top(FORM), phrase(&language, text, &[]), Default::default());
    Ok(page(status, theme, &ThanksPage { top, style: STYLE, theme, direction, title, heading, text, button, language }))
}

/// The fields of an address.
fn pairs(query: Option<String>) -> Vec<(String, String)> {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect()
}

/// What a visitor should know of the link that they followed.
fn notices(addressed: &Addressed, run: &Run, language: &str) -> Vec<String> {
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

/// The survey in the visitor's language, and that language.
fn in_language(survey: Survey, headers: &HeaderMap) -> (Survey, String) {
    let tags = survey.translations.keys().map(String::as_str).chain([survey.language.as_str()]);
    let spoken = language::spoken(headers, tags).unwrap_or_default();
    let survey = survey.in_language(spoken);
    let first = || language::accepted(headers).next().unwrap_or_default().to_owned();
    let language = if survey.language.is_empty() { first() } else { survey.language.clone() };
    (survey, if language::is_tag(&language) { language } else { String::new() })
}

async fn show(
    State(app): State<App>,
    Path((site, survey)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (site, survey) = match find(&app, &site, &survey).await? {
        Found::Open(site, survey) => (site, survey),
        Found::Over(site, survey, reason) => return nothing(&app, &headers, &site, Some((survey, reason))).await,
        Found::Nothing(site) => return nothing(&app, &headers, &site, None).await,
    };
    let theme = theme::page(&app, &site.site).await?;
    let (survey, language) = in_language(survey, &headers);
    let (link, now_ms) = (pairs(query), app.clock.now_ms());
    let addressed = Addressed::read(&site, &survey.id, &link, now_ms);
    let run = Run::new(&survey, &link, app.clock.new_id(), now_ms);
    let notices = notices(&addressed, &run, &language);
    // Opening stores nothing: programs that look into mails open links too.
    match run.next(&survey, &language) {
        Next::Page(page) if !page.asked.is_empty() => {
            let view = View { notices, confirms: run.is_ready(&survey), ..View::default() };
            Ok(form_page(StatusCode::OK, &theme, *page, &view).await)
        }
        _ => Ok(thanks(&theme, &survey, &language, &run)),
    }
}

async fn take(
    State(app): State<App>,
    Path((site, survey)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Response, Problem> {
    let address = client_address::of_request(&request, &app.config.trusted_proxies);
    let headers = request.headers().clone();
    let sent = read(request).await?;
    let version = sent.texts.iter().find(|(name, _)| name == "version").and_then(|(_, value)| value.parse().ok());
    let (site, survey) = match find(&app, &site, &survey).await? {
        Found::Open(site, survey) => (site, survey),
        // Who has opened it may finish it.
        Found::Over(site, survey, _) if version.is_some() => (site, survey),
        Found::Over(site, survey, reason) => return nothing(&app, &headers, &site, Some((survey, reason))).await,
        Found::Nothing(site) => return nothing(&app, &headers, &site, None).await,
    };
    let theme = theme::page(&app, &site.site).await?;
    // The questions are those that were seen, though there may be a newer version by now.
    let seen = version.and_then(|version| site.survey(&survey.id, version)).cloned();
    let (survey, language) = in_language(seen.unwrap_or(survey), &headers);
    let (link, now_ms) = (pairs(query), app.clock.now_ms());
    let addressed = Addressed::read(&site, &survey.id, &link, now_ms);
    let mut run = Run::read(&survey, sent.texts, app.clock.new_id(), now_ms);
    run.follow(&survey, &link);
    if let Addressed::To(recipient) = &addressed {
        run.response_id = recipient.response_id(&site.secrets.recipient, &survey.id);
    }
    for file in sent.files {
        let Some(place) = run.picture_place(&survey, &file.field) else { continue };
        let taken = take_picture(&app, &site, address, place, file.content).await;
        run.picture(&survey, file.field, taken);
    }
    let mut view = View { notices: notices(&addressed, &run, &language), ..View::default() };
    let next = match run.next(&survey, &language) {
        Next::Page(page) if !page.problems.is_empty() || !page.picture_faults.is_empty() => {
            view.error = phrase(&language, phrases::MARKED, &[]);
            return Ok(form_page(StatusCode::UNPROCESSABLE_ENTITY, &theme, *page, &view).await);
        }
        Next::Page(page) if run.goes_back() => return Ok(form_page(StatusCode::OK, &theme, *page, &view).await),
        Next::Page(page) => Some(page),
        Next::Done => None,
    };
    // Whoever stops halfway has said something all the same.
    let keeping = Keeping { app: &app, site: &site, survey: &survey, language: &language, addressed: &addressed };
    match keeping.keep(&mut run, next.is_none(), &headers, address).await? {
        Kept::Stored => view.saved = phrase(&language, phrases::SAVED, &[]),
        Kept::Nothing => {}
        Kept::Refused(status, reason) => {
            view.error = reason;
            return Ok(form_page(status, &theme, run.again(&survey, &language), &view).await);
        }
    }
    match next {
        Some(page) => Ok(form_page(StatusCode::OK, &theme, *page, &view).await),
        None => Ok(thanks(&theme, &survey, &language, &run)),
    }
}

/// What became of the answers of a page.
enum Kept {
    /// They are durable.
    Stored,
    /// There were none.
    Nothing,
    /// They are not stored, for this reason.
    Refused(StatusCode, String),
}

/// What answers are kept with.
struct Keeping<'a> {
    app: &'a App,
    site: &'a SiteContext,
    survey: &'a Survey,
    language: &'a str,
    addressed: &'a Addressed,
}

impl Keeping<'_> {
    /// Keeps the answers so far. A recipient has one response, which another click changes.
    async fn keep(
        &self,
        run: &mut Run,
        passed_last: bool,
        headers: &HeaderMap,
        address: IpAddr,
    ) -> Result<Kept, Problem> {
        let Self { app, site, survey, language, .. } = self;
        let (mut after, mut finished, mut recipient) = (0, passed_last, None);
        if let Addressed::To(known) = self.addressed {
            let id = run.response_id;
            if let Some((revision, was_finished)) = app.store.response_state(site.site.site_id, id).await? {
                let answers = app.store.answers_of(site.site.site_id, &[id]).await?;
                run.remember(survey, form::fields_of(survey, &answers));
                after = u32::try_from(revision).unwrap_or(u32::MAX - 1);
                finished |= was_finished;
            }
            recipient = Some(known.id.as_str());
        }
        let state = (after, finished);
        let Some(batch) = run.batch(&site.site.key, survey, language, app.clock.now_ms(), state) else {
            return Ok(Kept::Nothing);
        };
        match send(app, headers, &batch, address, (run.trapped, recipient)).await {
            Ok(None) => Ok(Kept::Stored),
            Ok(Some(reason)) => Ok(Kept::Refused(StatusCode::UNPROCESSABLE_ENTITY, reason)),
            Err(BatchRefusal::TooMany(_) | BatchRefusal::Unavailable(_)) => {
                Ok(Kept::Refused(StatusCode::SERVICE_UNAVAILABLE, phrase(language, phrases::UNKEPT, &[])))
            }
            Err(refusal) => Err(Problem::from(refusal)),
        }
    }
}

/// The fields of a form; one with files is sent in parts.
async fn read(request: Request) -> Result<Form, Problem> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if Form::is_multipart(content_type) {
        return Form::read(request, BYTES, limit::RESPONSE_PICTURES).await;
    }
    let body = http_body_util::Limited::new(request.into_body(), BYTES).collect().await;
    let body = body.map_err(|_| Problem::too_large(BYTES))?.to_bytes();
    let texts = form_urlencoded::parse(&body).into_owned().collect();
    Ok(Form { texts, files: Vec::new() })
}

/// Stores a picture before its response, which may be pages away; why it was not taken.
async fn take_picture(
    app: &App,
    site: &SiteContext,
    address: IpAddr,
    place: Place,
    content: Result<Bytes, Fault>,
) -> Result<(), String> {
    let why = |problem: Problem| problem.errors.first().map_or(problem.detail, |error| error.reason.clone());
    let content = content.map_err(|fault| fault.reason)?;
    upload::admit(app, address).map_err(why)?;
    let incoming = Incoming { attachment_id: app.clock.new_id(), place, content };
    upload::take(app, site, incoming).await.map(|_| ()).map_err(why)
}

/// Hands the batch to ingest; the reason when its one item was rejected.
async fn send(
    app: &App,
    headers: &HeaderMap,
    batch: &str,
    address: IpAddr,
    (trapped, recipient): (bool, Option<&str>),
) -> Result<Option<String>, BatchRefusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let client = Client::new(text("user-agent"), text("accept-language"), text("sec-gpc"), text("dnt"));
    // The form is ours: it was sent from our own page, which `account::same_origin` saw to.
    let request = BatchRequest { body: batch.as_bytes(), origin: None, address, client, trapped, recipient };
    let reply = app.ingest.accept(request).await?;
    Ok(reply.rejected.first().map(|rejection| format!("{}: {}", rejection.field, rejection.reason)))
}

async fn form_page(status: StatusCode, theme: &PageTheme, form: Page, view: &View) -> Response {
    let (language, direction) = (form.language.clone(), form.direction());
    let title = rapport_survey::form::script(&form.survey, form.seed, &form.facts).fill(&form.survey.title, &[], &[]);
    let form = rapport_survey::form::render(form).await;
    let confirm = phrase(&language, phrases::CONFIRM, &[]);
    let (language, title) = (language.as_str(), title.as_str());
    let top = to_top(FORM);
    let form_page =
        FormPage { top, style: STYLE, theme, script: SCRIPT, language, direction, title, view, confirm, form };
    page(status, theme, &form_page)
}

/// The survey's thank-you, or the end screen that fits the answers.
fn thanks(theme: &PageTheme, survey: &Survey, language: &str, run: &Run) -> Response {
    let (script, way, answers) = run.way(survey);
    let fill = |text: &str| script.fill(text, &way, &answers);
    let (heading, text, button) = match script.end(&way, &answers) {
        Some(end) => (&end.title, &end.text, end.button.as_ref()),
        None => (&survey.thanks.title, &survey.thanks.text, None),
    };
    // A survey's own address is a sibling of this page's.
    let address = |button: &rapport_shared::survey::Button| match button.survey.as_str() {
        "" => Some(fill(&button.url)).filter(|url| is_link(url)).unwrap_or_default(),
        survey => survey.to_owned(),
    };
    let words = words(language);
    let heading = if heading.is_empty() { words.get(&rapport_survey::words::THANKS) } else { fill(heading) };
    let direction = language::direction(language);
    let button = button.map(|button| (fill(&button.label), address(button))).unwrap_or_default();
    let (language, title) = (language.to_owned(), fill(&survey.title));
    let (top, text) = (to_top(FORM), fill(text));
    page(
        StatusCode::OK,
        theme,
        &ThanksPage { top, style: STYLE, theme, language, direction, title, heading, text, button },
    )
}

fn page(status: StatusCode, theme: &PageTheme, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, [(header::CONTENT_SECURITY_POLICY, theme.policy.as_str())], Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            Problem::internal().into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::test_app::TestApp;

    async fn count(app: &TestApp, table: &str) -> i64 {
        let rows = app.app.store.read(format!("SELECT COUNT(*) FROM {table}"), vec![]).await.expect("reads");
        rows[0].int(0).expect("a count")
    }

    /// A field that travels along, as it is drawn.
    fn travelling(name: &str, value: &str) -> String {
        format!(r#"value="{value}" type="hidden" name="{name}""#)
    }

    fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
        let field = travelling(name, "");
        let end = page.find(field.strip_prefix("value=\"").expect("a value")).expect("the field is there");
        let start = page[..end].rfind('"').expect("it begins") + 1;
        &page[start..end]
    }

    #[tokio::test]
    async fn a_survey_can_be_answered_without_script() {
        let app = TestApp::new().await;
        app.site().await;
        let page = app.get("/f/shop/feedback", &[]).await;
        assert_eq!(page.status, 200);
        let page = page.text();
        assert!(page.contains("How satisfied are you with this page?") && !page.contains("<script"));
        let run = hidden(&page, "run").to_owned();
        let form = format!("run={run}&opened_at_ms=0&q.rating=2&q.reason=Too+%3Cb%3Eslow%3C%2Fb%3E");
        let browser = [("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0")];
        for _ in 0..2 {
            let thanks = app.submit("/f/shop/feedback", &form, &browser).await;
            assert_eq!(thanks.status, 200, "{}", thanks.text());
            assert!(thanks.text().contains("role=\"status\""));
        }
        assert_eq!((count(&app, "response").await, count(&app, "answer").await), (1, 2), "sent twice, kept once");
        let rows =
            app.app.store.read("SELECT text FROM answer WHERE question_id = 'reason'", vec![]).await.expect("reads");
        assert_eq!(rows[0].text(0), Ok("Too <b>slow</b>"));
    }

    #[tokio::test]
    async fn a_missing_answer_is_asked_for_and_nothing_typed_is_lost() {
        let app = TestApp::new().await;
        app.site().await;
        let reply = app.submit("/f/shop/feedback", "q.reason=%3C%2Ftextarea%3E%3Cscript%3E", &[]).await;
        assert_eq!(reply.status, 422);
        let page = reply.text();
        assert!(page.contains("Please choose an answer."), "{page}");
        assert!(page.contains("&lt;/textarea&gt;&lt;script&gt;") && !page.contains("<script"), "{page}");
        assert_eq!(count(&app, "response").await, 0);
        assert_eq!(app.get("/f/shop/nothing", &[]).await.status, 404);
        assert_eq!(app.get("/f/nobody/feedback", &[]).await.status, 404);
    }

    async fn branching(app: &TestApp) {
        let site = app.site().await;
        let survey = serde_json::from_value(serde_json::json!({
            "id": "ways", "name": "Ways", "title": "Ways", "language": "en", "facts": ["order"],
            "questions": [
                {"id": "likely", "kind": "nps", "text": "Likely?", "required": true,
                 "branches": [{"when": [{"answer": "likely", "at_least": 9}], "end": true}]},
                {"id": "why", "kind": "open-text", "text": "You gave {{answer:likely}}. Why, order {{fact:order}}?"},
                {"id": "parts", "kind": "matrix", "text": "Rate", "rows": [{"id": "speed", "label": "Speed"}]},
                {"id": "rank", "kind": "ranking", "text": "Order",
                 "choices": [{"id": "a", "label": "A"}, {"id": "b", "label": "B"}]},
            ],
            "ends": [{"id": "glad", "when": [{"answer": "likely", "at_least": 9}], "title": "So glad",
                      "button": {"label": "Review", "survey": "feedback"}}],
            "translations": {"ar": {"questions.likely.text": "ما مدى احتمال؟"}},
        }))
        .expect("a survey");
        assert_eq!(rapport_shared::survey::Survey::faults(&survey), []);
        app.app.store.apply_survey(site.site_id, &survey, 1).await.expect("the survey is added");
    }

    #[tokio::test]
    async fn the_way_follows_the_answers_without_script() {
        let app = TestApp::new().await;
        branching(&app).await;
        let first = app.get("/f/shop/ways?order=17&other=1", &[]).await.text();
        assert!(first.contains("Likely?") && !first.contains("Rate"), "{first}");
        assert!(first.contains(&travelling("fact.order", "17")) && !first.contains("fact.other"), "{first}");
        let run = hidden(&first, "run").to_owned();
        let sent = |rest: &str| format!("run={run}&opened_at_ms=0&fact.order=17&{rest}");
        let second = app.submit("/f/shop/ways", &sent("page=0&q.likely=3"), &[]).await;
        assert_eq!(second.status, 200);
        let second = second.text();
        assert!(second.contains("You gave 3. Why, order 17?") && second.contains("Rate"), "{second}");
        assert!(second.contains(&travelling("q.likely", "3")), "the earlier answer travels along: {second}");
        let back = app.submit("/f/shop/ways", &sent("page=1&q.likely=3&q.why=slow&back=1"), &[]).await.text();
        assert!(back.contains("Likely?") && back.contains(&travelling("q.why", "slow")), "{back}");
        let rest = "page=1&q.likely=3&q.why=slow&q.parts.speed=2&q.rank.rank.a=2&q.rank.rank.b=1";
        let done = app.submit("/f/shop/ways", &sent(rest), &[]).await;
        assert_eq!(done.status, 200, "{}", done.text());
        assert!(done.text().contains("role=\"status\""));
        let sql =
            "SELECT question_id, kind, CAST(COALESCE(score, 0) AS BIGINT), choices FROM answer ORDER BY question_id";
        let rows = app.app.store.read(sql, vec![]).await.expect("reads");
        let rows: Vec<_> = rows
            .iter()
            .map(|row| (row.text(0).unwrap(), row.text(1).unwrap(), row.int(2).unwrap(), row.text(3).unwrap()))
            .collect();
        assert_eq!(
            rows,
            [
                ("fact.order", "fact", 0, r#"["17"]"#),
                ("likely", "nps", 3, "[]"),
                ("parts.speed", "rating-5", 2, "[]"),
                ("rank", "ranking", 0, r#"["b","a"]"#),
                ("why", "open-text", 0, "[]"),
            ]
        );
    }

    async fn post_parts(app: &TestApp, texts: &[(&str, &str)], files: &[(&str, &[u8])]) -> crate::test_app::Reply {
        let request = axum::http::Request::post("/f/shop/pages")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "multipart/form-data; boundary=edge");
        let body = crate::attachment::http_test::multipart(texts, files);
        app.send(request.body(body.into()).expect("a request")).await
    }

    #[tokio::test]
    async fn a_picture_waits_on_its_page_for_the_answers_of_the_next() {
        let app = TestApp::new().await;
        let site = app.site().await;
        let survey = serde_json::from_value(serde_json::json!({
            "id": "pages", "name": "Pages", "title": "Pages", "questions": [
                {"id": "mug", "kind": "review", "text": "How is it?", "thing": "mug", "photo": true, "required": true},
                {"id": "more", "kind": "problem-report", "text": "What else?", "when": [{"answer": "mug", "at_most": 3}]},
            ],
        }))
        .expect("a survey");
        app.app.store.apply_survey(site.site_id, &survey, 1).await.expect("the survey is added");
        let first = app.get("/f/shop/pages", &[]).await.text();
        assert!(first.contains("multipart/form-data") && first.contains("q.mug.photo"), "{first}");
        let run = hidden(&first, "run").to_owned();
        let own = |page: &'static str| [("run", run.clone()), ("opened_at_ms", "0".into()), ("page", page.into())];
        let fields = |page: &'static str, rest: &[(&'static str, &'static str)]| -> Vec<(String, String)> {
            let rest = rest.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            own(page).into_iter().map(|(name, value)| (name.to_owned(), value)).chain(rest).collect()
        };
        let send = async |fields: Vec<(String, String)>, files: &[(&str, &[u8])]| {
            let texts: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            post_parts(&app, &texts, files).await
        };
        let stars = [("q.mug", "2"), ("q.mug.title", "Typed title")];
        for (bad, reason) in [(vec![0xff; 3_000_000], "at most 600000 bytes, has 3000000"), (b"<svg/>".to_vec(), "PNG")]
        {
            let refused = send(fields("0", &stars), &[("q.mug.photo", &bad)]).await;
            let page = refused.text();
            assert_eq!(refused.status, 422, "{page}");
            assert!(page.contains(reason) && page.contains("Typed title"), "{page}");
        }
        let photo = crate::attachment::picture::tests::photo();
        let files: [(&str, &[u8]); 3] = [("q.mug.photo", &photo), ("q.mug.other", b"x"), ("q.more.photo", b"x")];
        let second = send(fields("0", &stars), &files).await;
        assert_eq!(second.status, 200, "{}", second.text());
        let page = second.text();
        assert!(page.contains(&travelling("q.mug.photo", "1")) && page.contains("q.more.screenshot"), "{page}");
        assert_eq!(
            (count(&app, "attachment").await, count(&app, "response").await),
            (1, 1),
            "whoever stops here has answered"
        );
        let back = send(fields("1", &[("q.mug", "2"), ("q.mug.photo", "1"), ("back", "1")]), &[]).await.text();
        assert!(back.contains("Use this picture"), "it can be taken back: {back}");
        let rest = [("q.mug", "2"), ("q.mug.photo", "1"), ("q.more", "Cracked")];
        for _ in 0..2 {
            let done = send(fields("1", &rest), &[("q.more.screenshot", &photo)]).await;
            assert_eq!(done.status, 200, "{}", done.text());
        }
        assert_eq!((count(&app, "attachment").await, count(&app, "response").await), (2, 1), "sent twice, kept once");
        let id = rapport_shared::id::Id::parse(&run).expect("an id");
        let shown = app.app.store.attachments_of(site.site_id, &[id]).await.expect("reads");
        assert_eq!(shown.len(), 2, "{shown:?}");
    }

    #[tokio::test]
    async fn a_survey_is_no_longer_asked_when_its_quota_is_reached() {
        let app = TestApp::new().await;
        let site = app.site().await;
        let first = crate::cli::first_survey();
        let survey = rapport_shared::survey::Survey { quota: Some(1), ..first };
        app.app.store.apply_survey(site.site_id, &survey, 1).await.expect("a version is added");
        assert_eq!(app.get("/f/shop/feedback", &[]).await.status, 200);
        let browser = [("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0")];
        assert_eq!(app.submit("/f/shop/feedback", "q.rating=4", &browser).await.status, 200);
        let over = app.get("/f/shop/feedback", &[("accept-language", "de")]).await;
        assert_eq!(over.status, 410);
        assert!(over.text().contains("Diese Umfrage ist beendet") && over.text().contains("Alle benötigten"));
    }

    #[tokio::test]
    async fn an_end_screen_leads_on_and_the_language_is_the_visitor_s() {
        let app = TestApp::new().await;
        branching(&app).await;
        let done = app.submit("/f/shop/ways", "page=0&q.likely=10&q.why=left+over", &[]).await.text();
        assert!(done.contains("So glad") && done.contains(r#"href="feedback""#), "{done}");
        let sql = "SELECT question_id FROM answer";
        let rows = app.app.store.read(sql, vec![]).await.expect("reads");
        assert_eq!(rows.len(), 1, "an answer that no way leads to is left out");
        let arabic = app.get("/f/shop/ways", &[("accept-language", "ar-EG,en;q=0.5")]).await.text();
        assert!(arabic.contains(r#"lang="ar" dir="rtl""#) && arabic.contains("ما مدى احتمال؟"), "{arabic}");
        assert!(arabic.contains("التالي"), "{arabic}");
    }
}
