//! The files that pages load: one style sheet, one small script, one icon, and those of the theme's preview. Embedded, and revalidated by `ETag`.

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

/// Address of the style sheet.
pub const STYLE: &str = "/dashboard.css";
/// Address of the script.
pub const SCRIPT: &str = "/dashboard.js";
/// The same, without the slash: nothing else may have this name.
pub const SCRIPT_NAME: &str = "dashboard.js";
/// Address of the icon.
pub const ICON: &str = "/rapport.svg";

/// Addresses of the script and the style sheet of the theme's preview.
pub const PREVIEW: [&str; 2] = ["/theme-preview.js", "/theme-preview.css"];

/// Address of the script that shows a heat map over a live page.
pub const HEATMAP: &str = "/heatmap-page.js";

/// The style sheet: a file for each part of what pages share, then one a page, last what changes where there is little room. No
/// page has an inline style: the content security policy is strict.
const STYLE_TEXT: &str = concat!(
    include_str!("frame/style/tokens.css"),
    include_str!("frame/style/ground.css"),
    include_str!("frame/style/frame.css"),
    include_str!("frame/style/filters.css"),
    include_str!("frame/style/controls.css"),
    include_str!("frame/style/figures.css"),
    include_str!("frame/style/charts.css"),
    include_str!("frame/style/tables.css"),
    include_str!("frame/style/words.css"),
    include_str!("frame/style/notices.css"),
    include_str!("overview/page.css"),
    include_str!("feedback/page.css"),
    include_str!("response/page.css"),
    include_str!("word/page.css"),
    include_str!("experience/page.css"),
    include_str!("annotation/page.css"),
    include_str!("driver/page.css"),
    include_str!("course/page.css"),
    include_str!("heatmap/page.css"),
    include_str!("hours/page.css"),
    include_str!("issue/page.css"),
    include_str!("ticket/page.css"),
    include_str!("customer/page.css"),
    include_str!("persona/page.css"),
    include_str!("error_group/page.css"),
    include_str!("route/page.css"),
    include_str!("segment/page.css"),
    include_str!("settings/page.css"),
    include_str!("share/page.css"),
    include_str!("survey/page.css"),
    include_str!("theme/page.css"),
    include_str!("install/page.css"),
    include_str!("webhook/page.css"),
    include_str!("account/page.css"),
    include_str!("frame/style/narrow.css"),
);

const FILES: [(&str, &str, &str); 6] = [
    (HEATMAP, "text/javascript; charset=utf-8", include_str!("heatmap/page.js")),
    (PREVIEW[0], "text/javascript; charset=utf-8", include_str!("theme/preview.js")),
    (PREVIEW[1], "text/css; charset=utf-8", include_str!("theme/preview.css")),
    (STYLE, "text/css; charset=utf-8", STYLE_TEXT),
    (SCRIPT, "text/javascript; charset=utf-8", include_str!("frame/frame.js")),
    (ICON, "image/svg+xml", include_str!("frame/rapport.svg")),
];

/// Routes of the files.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    FILES.into_iter().fold(Router::new(), |router, (address, kind, text)| {
        router.route(address, get(move |headers: HeaderMap| async move { file(kind, text, &headers) }))
    })
}

fn file(kind: &'static str, text: &'static str, headers: &HeaderMap) -> Response {
    let digest = Sha256::digest(text.as_bytes());
    let tag = digest.iter().take(8).fold(String::from("\""), |tag, byte| format!("{tag}{byte:02x}")) + "\"";
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let common = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, "no-cache".to_owned())];
    if known.is_some_and(|known| known.contains(&tag)) {
        (StatusCode::NOT_MODIFIED, common).into_response()
    } else {
        (common, [(header::CONTENT_TYPE, kind)], text).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::STYLE_TEXT;

    #[test]
    fn a_judgement_that_is_a_colour_is_printed() {
        let print = STYLE_TEXT.split("@media print").nth(1).expect("rules for paper");
        let rule = print.split('}').find(|rule| rule.contains(" print-color-adjust: exact")).expect("exact colours");
        let kept: Vec<_> =
            rule.split('{').next().unwrap_or_default().split("*/").last().unwrap_or_default().split(',').collect();
        for judged in [".mark", ".legend i", ".legend i::after", ".rating", ".grade", ".tag", ".meter", ".track"] {
            assert!(kept.iter().any(|selector| selector.trim() == judged), "{judged}: {kept:?}");
        }
    }
}
