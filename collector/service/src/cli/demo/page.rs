//! A page or file of a host, as its server sends it: with the collector, the site and a nonce filled in.

use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use include_dir::Dir;

/// What the placeholders of pages become, but for the nonce, which is another in every answer.
pub struct Placeholders<'a> {
    /// Base URL of the collector.
    pub rapport: &'a str,
    /// Key of the site.
    pub site: &'a str,
}

/// What `folder` has at `path`, which ends in a slash or is empty for a page; `None` when there is nothing.
pub fn answer(folder: &'static Dir<'static>, path: &str, placeholders: &Placeholders<'_>) -> Option<Response> {
    let is_page = path.is_empty() || path.ends_with('/');
    let path = if is_page { format!("{path}index.html") } else { path.to_owned() };
    let Some(file) = folder.get_file(&path) else {
        // Links of the page are relative to its folder.
        let name = path.rsplit('/').next().unwrap_or_default();
        return folder
            .get_file(format!("{path}/index.html"))
            .map(|_| Redirect::to(&format!("./{name}/")).into_response());
    };
    let content_type = match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    };
    let headers = [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-cache")];
    Some(match file.contents_utf8().filter(|_| path.ends_with(".html")) {
        Some(html) => (headers, filled(html, placeholders)).into_response(),
        None => (headers, file.contents()).into_response(),
    })
}

/// A page with its placeholders filled in.
pub fn filled(html: &str, placeholders: &Placeholders<'_>) -> String {
    html.replace("{{rapport}}", placeholders.rapport)
        .replace("{{site}}", placeholders.site)
        .replace("{{nonce}}", &format!("{:032x}", rapport_store::random::fresh::<u128>()))
}
