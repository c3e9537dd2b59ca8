//! Against requests that another site makes with a member's cookie: what changes something must come from our own pages.

use crate::config::Config;
use crate::http::problem::Problem;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Whether a request with this method and these headers may use the member's cookie.
///
/// Browsers say where a request comes from: `Sec-Fetch-Site` in secure contexts, else `Origin` with every POST. One that
/// says neither is not a browser, and has no business with a cookie.
///
/// `bases` are the origins under which our own pages are reached.
pub fn is_allowed(method: &Method, headers: &HeaderMap, bases: &[&str]) -> bool {
    if method.is_safe() {
        return true;
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin";
    }
    let Some(origin) = text(header::ORIGIN) else { return false };
    let host = origin.split_once("://").map(|(_, host)| host);
    bases.iter().any(|base| origin.eq_ignore_ascii_case(base)) || (host.is_some() && host == text(header::HOST))
}

/// Refuses what is not allowed.
pub(crate) async fn guard(State(config): State<Arc<Config>>, request: Request, next: Next) -> Response {
    let bases = [config.base_url(), config.script().origin];
    if is_allowed(request.method(), request.headers(), &bases.each_ref().map(String::as_str)) {
        next.run(request).await
    } else {
        Problem::forbidden("this form was not sent from this site").into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_change_something() {
        let base = "https://feedback.example.com";
        for (method, pairs, allowed) in [
            (Method::GET, vec![("sec-fetch-site", "cross-site")], true),
            (Method::POST, vec![("sec-fetch-site", "same-origin")], true),
            (Method::POST, vec![("sec-fetch-site", "same-site")], false),
            (Method::POST, vec![("sec-fetch-site", "cross-site"), ("origin", base)], false),
            (Method::POST, vec![("sec-fetch-site", "none")], false),
            (Method::POST, vec![("origin", base)], true),
            (Method::POST, vec![("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")], true),
            (Method::POST, vec![("origin", "https://evil.example"), ("host", "feedback.example.com")], false),
            (Method::POST, vec![("origin", "null"), ("host", "feedback.example.com")], false),
            (Method::POST, vec![("origin", "null")], false),
            (Method::POST, vec![], false),
            (Method::DELETE, vec![], false),
        ] {
            let headers = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            assert_eq!(
                is_allowed(&method, &headers, &["https://other.example.com", base]),
                allowed,
                "{method} {pairs:?}"
            );
        }
    }
}
