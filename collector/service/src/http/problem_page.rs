//! A problem as a page in plain words, for people who came to one of our pages; programs get the problem document.

use crate::http::problem::{FieldError, Problem};
use askama::Template;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The page brings its few rules along: below a path of the company's own nothing else may be within reach.
const STYLE: &str = "body{margin:0;min-height:100vh;display:grid;place-items:center;font:1rem/1.6 system-ui,sans-serif;\
    background:Canvas;color:CanvasText}main{max-width:34rem;padding:2rem}h1{font-size:1.5rem;line-height:1.25}\
    p,li{overflow-wrap:anywhere}";

#[derive(Template)]
#[template(path = "http/problem.html")]
struct ProblemPage<'a> {
    title: &'a str,
    advice: &'a str,
    detail: String,
    errors: &'a [FieldError],
}

/// What happened, and what to do about it.
pub(crate) fn words(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            ("There is nothing here", "The address may be mistyped, or what stood here is no longer there.")
        }
        StatusCode::UNAUTHORIZED => ("Please sign in", "Then open the address again."),
        StatusCode::FORBIDDEN => ("This is not open to you", "Nothing was changed."),
        StatusCode::PAYLOAD_TOO_LARGE => ("That was too much at once", "Go back and send less of it."),
        StatusCode::TOO_MANY_REQUESTS => ("That was too often", "Wait a moment, and try again."),
        StatusCode::SERVICE_UNAVAILABLE => ("Not just now", "Try again in a moment."),
        status if status.is_client_error() => ("This cannot be read", "Go back, and try it another way."),
        _ => ("That went wrong", "Try again; if it stays so, tell whoever runs this site."),
    }
}

/// A reason as a sentence.
pub(crate) fn sentence(reason: &str) -> String {
    let mut letters = reason.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if reason.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// What whoever asks can read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// A person, with a browser.
    Person,
    /// A program that asks for JSON.
    Program,
    /// One that takes whatever comes.
    Any,
}

impl Reader {
    fn of(request: &HeaderMap) -> Self {
        let accepted = request.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        match (accepted.find("text/html"), accepted.find("json")) {
            (Some(page), Some(document)) if document < page => Self::Program,
            (Some(_), _) => Self::Person,
            (None, Some(_)) => Self::Program,
            (None, None) => Self::Any,
        }
    }
}

/// Whether whoever asks reads pages.
pub(crate) fn is_for_person(request: &HeaderMap) -> bool {
    Reader::of(request) == Reader::Person
}

/// Whether whoever asks reads documents.
pub(crate) fn is_for_program(request: &HeaderMap) -> bool {
    Reader::of(request) == Reader::Program
}

/// A problem for whoever sent the request: a page for people, the document for programs.
pub fn answer(request: &HeaderMap, problem: Problem) -> Response {
    for_reader(Reader::of(request), problem.into_response())
}

/// Turns problems into pages for people, and pages that say there is nothing into documents for programs.
pub async fn for_people(request: Request, next: Next) -> Response {
    let reader = Reader::of(request.headers());
    for_reader(reader, next.run(request).await)
}

fn for_reader(reader: Reader, mut response: Response) -> Response {
    let status = response.status();
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if reader == Reader::Program && matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE) => {
            response = Problem::new(status, "there is nothing at this address").into_response();
            return vary(response);
        }
        None => return response,
    };
    if reader == Reader::Person {
        let (title, advice) = words(problem.status);
        let page = ProblemPage { title, advice, detail: sentence(&problem.detail), errors: &problem.errors };
        if let Ok(text) = page.render() {
            let body = Html(text).into_response();
            let style = STANDARD.encode(Sha256::digest(STYLE));
            let policy =
                format!("default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; frame-ancestors 'none'");
            let headers = response.headers_mut();
            headers.extend(body.headers().clone());
            headers.extend(HeaderValue::from_str(&policy).ok().map(|policy| (header::CONTENT_SECURITY_POLICY, policy)));
            *response.body_mut() = body.into_body();
        }
    }
    vary(response)
}

/// Says that another reader gets another answer.
fn vary(mut response: Response) -> Response {
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_app::TestApp;

    const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    #[tokio::test]
    async fn a_person_reads_plain_words_where_nothing_is_and_a_program_the_document() {
        let test = TestApp::new().await;
        test.site().await;
        for address in ["/f/nosuchsite/all", "/r/nosuchsite", "/r/nosuchsite/mug", "/nothing/at/all"] {
            let page = test.get(address, &[("accept", BROWSER)]).await;
            assert_eq!(page.status, 404, "{address}");
            assert!(page.header("content-type").starts_with("text/html"), "{address}");
            assert!(page.text().contains("<h1>There is nothing here</h1>"), "{address}: {}", page.text());
            assert!(page.text().contains(&format!("<style>{STYLE}</style>")), "its policy allows exactly that");
            for accepted in ["application/json", "*/*", "application/json, text/html"] {
                let document = test.get(address, &[("accept", accepted)]).await;
                assert_eq!(document.status, 404, "{address}");
                assert_eq!(document.header("content-type"), "application/problem+json", "{address}, {accepted}");
                assert_eq!(document.json()["status"], 404, "{address}");
            }
        }
        // Where the site is known the page is in its colours and in the visitor's language.
        for address in ["/r/shop/nothing", "/f/shop/nothing"] {
            let page = test.get(address, &[("accept", BROWSER)]).await;
            assert_eq!(page.status, 404, "{address}");
            assert!(page.text().contains("/v1/theme/shop/page.css"), "{address}: {}", page.text());
            let document = test.get(address, &[("accept", "application/json")]).await;
            assert_eq!(document.status, 404, "{address}");
            assert_eq!(document.header("content-type"), "application/problem+json", "{address}");
        }
        // The interface of programs is theirs, whatever they accept.
        let document = test.get("/api/v1/sites/shop/reviews", &[("accept", BROWSER)]).await;
        assert_eq!(document.header("content-type"), "application/problem+json");
    }

    #[tokio::test]
    async fn a_page_that_needs_another_role_says_so_in_words() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let viewer = test.cookie(&site, "vera@example.com", rapport_store::account::role::Role::Viewer).await;
        let page = test.get("/sites/shop/audit", &[("cookie", &viewer), ("accept", BROWSER)]).await;
        assert_eq!(page.status, 403);
        assert!(page.text().contains("This needs the role editor."), "{}", page.text());
    }
}
