//! `/f/{site}/{survey}`: a survey as a plain page, without script or WebAssembly. The launcher links here, so that a
//! visitor whose browser runs neither can still answer. What is sent goes through ingest like every other answer.

mod form;

use crate::app::App;
use crate::client_address;
use crate::ingest::sites::SiteContext;
use crate::ingest::{BatchRefusal, BatchRequest, Client};
use crate::problem::Problem;
use askama::Template;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use form::{Field, Run};
use http_body_util::BodyExt;
use rapport_shared::survey::Survey;
use std::net::IpAddr;
use std::sync::Arc;

/// Largest form that is read, in bytes: the limit of a batch, since every character may be written as three.
const BYTES: usize = rapport_shared::limit::BATCH_BYTES;
/// Address of the style sheet.
const STYLE: &str = "/form.css";

/// The pages.
pub fn routes() -> Router<App> {
    let style = || async {
        let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=3600")];
        (headers, include_str!("../../static/form.css"))
    };
    Router::new().route("/f/{site}/{survey}", get(show).post(take)).route(STYLE, get(style))
}

#[derive(Template)]
#[template(path = "hosted_form.html")]
struct FormPage<'a> {
    style: &'static str,
    survey: &'a Survey,
    run: &'a Run,
    fields: Vec<Field<'a>>,
    error: &'a str,
}

#[derive(Template)]
#[template(path = "hosted_thanks.html")]
struct ThanksPage<'a> {
    style: &'static str,
    survey: &'a Survey,
}

/// The site and the current version of one of its active surveys.
async fn find(app: &App, site: &str, survey: &str) -> Result<(Arc<SiteContext>, Survey), Problem> {
    let site = app.sites.by_key(site).await?.ok_or_else(|| Problem::not_found("no site has this key"))?;
    let surveys = app.store.active_surveys(site.site.site_id).await?;
    match surveys.into_iter().find(|known| known.id == survey) {
        Some(survey) => Ok((site, survey)),
        None => Err(Problem::not_found("this site does not ask that")),
    }
}

async fn show(State(app): State<App>, Path((site, survey)): Path<(String, String)>) -> Result<Response, Problem> {
    let (_, survey) = find(&app, &site, &survey).await?;
    let run = Run::new(app.clock.new_id(), app.clock.now_ms());
    Ok(form_page(StatusCode::OK, &survey, &run, ""))
}

async fn take(
    State(app): State<App>,
    Path((site, survey)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let address = client_address::of_request(&request, &app.config.trusted_proxies);
    let (parts, body) = request.into_parts();
    let body = http_body_util::Limited::new(body, BYTES).collect().await.map_err(|_| Problem::too_large(BYTES))?;
    let (site, survey) = find(&app, &site, &survey).await?;
    let run = Run::read(&survey, &body.to_bytes(), app.clock.new_id(), app.clock.now_ms());
    if run.fields(&survey).iter().any(|field| !field.error.is_empty()) {
        let error = "Please look at the marked questions once more.";
        return Ok(form_page(StatusCode::UNPROCESSABLE_ENTITY, &survey, &run, error));
    }
    let batch = run.batch(&site.site.key, &survey, app.clock.now_ms());
    match send(&app, &parts.headers, &batch, address, run.trapped).await {
        Ok(None) => Ok(page(StatusCode::OK, &ThanksPage { style: STYLE, survey: &survey })),
        Ok(Some(reason)) => Ok(form_page(StatusCode::UNPROCESSABLE_ENTITY, &survey, &run, &reason)),
        Err(BatchRefusal::TooMany(_) | BatchRefusal::Unavailable(_)) => {
            let error =
                "Your answers could not be kept just now. They are still here: please press Send again in a moment.";
            Ok(form_page(StatusCode::SERVICE_UNAVAILABLE, &survey, &run, error))
        }
        Err(refusal) => Err(Problem::from(refusal)),
    }
}

/// Hands the batch to ingest; the reason when its one item was rejected.
async fn send(
    app: &App,
    headers: &HeaderMap,
    batch: &str,
    address: IpAddr,
    trapped: bool,
) -> Result<Option<String>, BatchRefusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let client = Client::new(text("user-agent"), text("accept-language"), text("sec-gpc"), text("dnt"));
    // The form is ours: it was sent from our own page, which `account::same_origin` saw to.
    let request = BatchRequest { body: batch.as_bytes(), origin: None, address, client, trapped };
    let reply = app.ingest.accept(request).await?;
    Ok(reply.rejected.first().map(|rejection| format!("{}: {}", rejection.field, rejection.reason)))
}

fn form_page(status: StatusCode, survey: &Survey, run: &Run, error: &str) -> Response {
    page(status, &FormPage { style: STYLE, survey, run, fields: run.fields(survey), error })
}

fn page(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
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

    fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
        let start = page.find(&format!("name=\"{name}\" value=\"")).expect("the field is there") + name.len() + 15;
        &page[start..start + page[start..].find('"').expect("it ends")]
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
        assert!(page.contains("&#60;/textarea&#62;&#60;script&#62;") && !page.contains("<script"), "{page}");
        assert_eq!(count(&app, "response").await, 0);
        assert_eq!(app.get("/f/shop/nothing", &[]).await.status, 404);
        assert_eq!(app.get("/f/nobody/feedback", &[]).await.status, 404);
    }
}
