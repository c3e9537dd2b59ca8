//! The preview of the Theme page: the real panel in a frame, wearing what was typed and not yet saved. Nothing is sent from
//! it. Without script it is the hosted form in the same clothes.

use super::super::files::PREVIEW;
use super::super::format::in_script;
use super::super::{PageError, render};
use super::{Contrast, Sent, Typed, contrast_of, read, value};
use crate::member::account::{Access, Submitted};
use crate::public::asset::Files;
use crate::public::config::theme::of_site;
use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rapport_shared::client_config::Looks;
use rapport_shared::survey::Survey;
use rapport_shared::theme::{Scheme, Theme, sheet};
use rapport_store::Store;
use rapport_survey::form::Page;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "member/theme/preview.html")]
struct PreviewPage {
    script: &'static str,
    style: &'static str,
    scheme: &'static str,
    /// Style sheet of the page, for browsers without script.
    css: String,
    /// What the script needs, as JSON.
    preview: String,
    form: String,
}

/// What changes while somebody types.
#[derive(Serialize)]
struct Typing {
    looks: Looks,
    /// The table of contrasts, as HTML.
    contrast: String,
    /// What is wrong, by field.
    wrong: BTreeMap<String, String>,
}

/// The theme as it is drawn: in the mode that was asked for, without what is wrong with it.
fn drawable(typed: &Typed) -> Theme {
    let mut theme = typed.theme.clone();
    for fault in &typed.faults {
        // Fails only for what is no field of a theme.
        let _ = theme.set(&fault.field, &Theme::default().get(&fault.field));
    }
    if theme.scheme == Scheme::Auto {
        theme.scheme = if value(&typed.fields, "shown") == Some("dark") { Scheme::Dark } else { Scheme::Light };
    }
    theme
}

/// The frame.
pub(in super::super) async fn frame(
    State(store): State<Store>,
    State(files): State<Arc<Files>>,
    access: Access,
    method: Method,
    sent: Sent,
) -> Result<Response, PageError> {
    let site = &access.site.site;
    let typed = if method == Method::POST {
        read(sent)?
    } else {
        let fields = sent.map(|Submitted(fields)| fields).unwrap_or_default();
        let theme = of_site(&store, site).await?;
        Typed { fields, faults: theme.faults(), theme }
    };
    let theme = drawable(&typed);
    // A test reads it.
    let survey: Survey = serde_json::from_str(include_str!("sample.json")).unwrap_or_default();
    of_survey((&theme, &site.name), &files, survey, "en").await
}

/// The real panel with a survey, in a frame from which nothing is sent.
pub(in super::super) async fn of_survey(
    (theme, site_name): (&Theme, &str),
    files: &Files,
    survey: Survey,
    language: &str,
) -> Result<Response, PageError> {
    let looks = Looks::of(theme, site_name);
    let preview = json!({ "looks": looks, "assets": files.paths(), "survey": &survey, "language": language });
    let css = sheet::page(theme);
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'sha256-{}'; img-src 'self' data: https:; \
         connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'",
        STANDARD.encode(Sha256::digest(css.as_bytes()))
    );
    let form = rapport_survey::form::render(sample_page(survey, language)).await;
    let [script, style] = PREVIEW;
    let page = PreviewPage { script, style, scheme: theme.scheme.as_str(), css, preview: in_script(&preview), form };
    let mut response = render(&page)?;
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response.headers_mut().insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    Ok(response)
}

/// The looks of what has been typed so far, with the contrast of each pair.
pub(in super::super) async fn looks(access: Access, sent: Sent) -> Result<Response, PageError> {
    let typed = read(sent)?;
    let mut wrong = BTreeMap::<String, String>::new();
    for fault in &typed.faults {
        let reasons = wrong.entry(fault.field.clone()).or_default();
        if !reasons.is_empty() {
            reasons.push_str("; ");
        }
        reasons.push_str(&fault.reason);
    }
    let contrast = Contrast { contrast: contrast_of(&typed.theme) }.render()?;
    let looks = Looks::of(&drawable(&typed), &access.site.site.name);
    Ok(Json(Typing { looks, contrast, wrong }).into_response())
}

/// The first questions, as the form without script asks them.
fn sample_page(survey: Survey, language: &str) -> Page {
    let script = rapport_survey::form::script(&survey, 0, &BTreeMap::new());
    Page {
        given: script.questions.iter().map(rapport_shared::flow::Given::none).collect(),
        asked: (0..script.questions.len()).collect(),
        survey,
        language: language.to_owned(),
        seed: 0,
        facts: BTreeMap::new(),
        before: Vec::new(),
        problems: Vec::new(),
        picture_faults: Vec::new(),
        hidden: Vec::new(),
        last: true,
        action: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::test_app::TestApp;
    use rapport_shared::survey::Survey;
    use rapport_store::account::role::Role;

    const FORM: &str = "accent=%23005500&accent_text=&background=%23fff8f0&text=&dark_background=&dark_text=&radius_px=8&font=\
        &density=compact&position=left&scheme=auto&launcher=stays&logo=&logo_text=&css=.survey%7Bopacity%3A.9%7D";

    #[test]
    fn the_sample_can_be_asked() {
        let survey: Survey = serde_json::from_str(include_str!("sample.json")).unwrap();
        assert_eq!((survey.faults(), survey.questions.len()), (vec![], 4));
    }

    #[tokio::test]
    async fn the_preview_wears_what_was_typed_and_saves_nothing() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let editor = test.cookie(&site, "eve@example.com", Role::Editor).await;
        let cookie = [("cookie", editor.as_str())];
        let saved = test.get("/sites/shop/theme/preview", &cookie).await;
        assert_eq!((saved.status.as_u16(), saved.header("x-frame-options")), (200, "SAMEORIGIN"));
        assert!(saved.text().contains("How likely are you to recommend us?"), "the form for browsers without script");

        let frame = test.submit("/sites/shop/theme/preview", &format!("{FORM}&shown=dark"), &cookie).await;
        let policy = frame.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'self'") && policy.contains("style-src 'self' 'sha256-"), "{policy}");
        assert!(!policy.contains("unsafe-inline"), "{policy}");
        let text = frame.text();
        assert!(text.contains("--accent:#005500") && text.contains("--surface:#1c1e24"), "{text}");
        assert!(!text.contains("--surface:#fff8f0"), "{text}");

        let wrong = FORM.replace("accent=%23005500", "accent=%3Cb%3E").replace("text=&d", "text=%23eeeeee&d");
        let looks = test.submit("/sites/shop/theme/looks", &wrong, &cookie).await.json();
        assert!(looks["wrong"]["text"].as_str().unwrap().contains("needs 4.5"), "{looks}");
        assert!(looks["wrong"]["accent"].as_str().unwrap().contains("#3457d5"), "{looks}");
        assert!(looks["contrast"].as_str().unwrap().contains("accent-hover"), "{looks}");
        // What is wrong is not drawn, the rest is.
        let panel = looks["looks"]["panel_css"].as_str().unwrap();
        assert!(panel.contains("--surface:#fff8f0") && panel.contains("--text:#1b1e25"), "{panel}");
        assert!(panel.ends_with(".survey{opacity:.9}"), "{panel}");
        assert_eq!(test.app.store.theme(site.site_id).await, Ok(None));
        assert_ne!(test.submit("/sites/shop/theme/preview", FORM, &[]).await.status, 200, "only for members");
    }
}
