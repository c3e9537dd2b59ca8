//! The Theme page: how the widget looks, saved only when people can read it.

use super::frame::{Frame, Place};
use super::{PageError, render};
use crate::account::{Access, Role, Submitted};
use crate::app::App;
use crate::report::filter::Filter;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use rapport_shared::survey::Fault;
use rapport_shared::theme::{self, Density, Position, Theme};
use serde::Deserialize;

struct ColorField {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    value: String,
    error: String,
}

#[derive(Template)]
#[template(path = "theme.html")]
struct ThemePage {
    frame: Frame,
    theme: Theme,
    colors: Vec<ColorField>,
    faults: Vec<Fault>,
    may_change: bool,
}

impl ThemePage {
    fn error(&self, field: &str) -> String {
        fault_of(&self.faults, field)
    }

    fn contrast_text(&self, pair: &theme::Pair) -> String {
        // Cut, not rounded: 4.496 must not read as enough.
        format!("{:.2}", (pair.contrast * 100.0).floor() / 100.0)
    }
}

fn fault_of(faults: &[Fault], field: &str) -> String {
    let reasons = faults.iter().filter(|fault| fault.field == field).map(|fault| fault.reason.as_str());
    reasons.collect::<Vec<_>>().join("; ")
}

/// The form's fields; all of them are sent.
#[derive(Deserialize)]
pub(super) struct ThemeForm {
    accent: String,
    accent_text: String,
    background: String,
    text: String,
    dark_background: String,
    dark_text: String,
    radius_px: String,
    font: String,
    density: String,
    position: String,
    logo: String,
    css: String,
}

impl ThemeForm {
    /// The theme, and what is wrong with the fields that are not texts.
    fn read(self) -> (Theme, Vec<Fault>) {
        let mut faults = Vec::new();
        let radius_px = self.radius_px.trim().parse().unwrap_or_else(|_| {
            faults.push(Fault::new("radius_px", "must be a whole number"));
            Theme::default().radius_px
        });
        let density = Density::EACH.into_iter().find(|density| density.as_str() == self.density);
        let position = Position::EACH.into_iter().find(|position| position.as_str() == self.position);
        for (field, known) in [("density", density.is_some()), ("position", position.is_some())] {
            if !known {
                faults.push(Fault::new(field, "must be one of those offered"));
            }
        }
        let color = |text: String| text.trim().to_ascii_lowercase();
        let theme = Theme {
            accent: color(self.accent),
            accent_text: color(self.accent_text),
            background: color(self.background),
            text: color(self.text),
            dark_background: color(self.dark_background),
            dark_text: color(self.dark_text),
            radius_px,
            font: self.font.trim().to_owned(),
            density: density.unwrap_or_default(),
            position: position.unwrap_or_default(),
            logo: self.logo.trim().to_owned(),
            css: self.css,
        };
        faults.extend(theme.faults());
        (theme, faults)
    }
}

async fn show(app: &App, access: &Access, theme: Theme, faults: Vec<Fault>) -> Result<Response, PageError> {
    let place = Place { title: "Theme", part: "theme", path: "theme", back: None, compares: false, by_page: false };
    let mut frame = Frame::plain(app, access, &place, &Filter::default()).await?;
    frame.scope = "How the widget looks on your pages".to_owned();
    let field = |name, label, hint, value: &String| ColorField {
        name,
        label,
        hint,
        value: value.clone(),
        error: fault_of(&faults, name),
    };
    let colors = vec![
        field("accent", "Accent", "launcher, buttons, what is picked", &theme.accent),
        field("accent_text", "Text on the accent", "empty: black or white", &theme.accent_text),
        field("background", "Background, light", "empty: white", &theme.background),
        field("text", "Text, light", "empty: near black", &theme.text),
        field("dark_background", "Background, dark", "empty: near black", &theme.dark_background),
        field("dark_text", "Text, dark", "empty: near white", &theme.dark_text),
    ];
    render(&ThemePage { frame, theme, colors, may_change: access.role >= Role::Editor, faults })
}

pub(super) async fn page(State(app): State<App>, access: Access) -> Result<Response, PageError> {
    let site = &access.site.site;
    let chosen = app.store.theme(site.site_id).await?;
    let theme = chosen.unwrap_or_else(|| Theme { accent: site.accent_color.clone(), ..Theme::default() });
    show(&app, &access, theme, Vec::new()).await
}

pub(super) async fn save(
    State(app): State<App>,
    access: Access,
    Submitted(form): Submitted<ThemeForm>,
) -> Result<Response, PageError> {
    if let Err(problem) = access.require(Role::Editor) {
        return Ok(problem.into_response());
    }
    let (theme, faults) = form.read();
    if !faults.is_empty() {
        let mut response = show(&app, &access, theme, faults).await?;
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(response);
    }
    let entry = access.note(&app, "theme.change", "theme".into());
    app.store.set_theme(access.site.site.site_id, &theme, &entry).await?;
    app.sites.forget();
    Ok(Redirect::to(&format!("/sites/{}/theme", access.site.site.key)).into_response())
}

#[cfg(test)]
mod tests {
    use crate::account::Role;
    use crate::test_app::TestApp;

    const FORM: &str = "accent_text=&background=&text=&dark_background=&dark_text=&radius_px=8&font=&density=compact\
        &position=left&logo=&css=";

    #[tokio::test]
    async fn a_theme_that_nobody_can_read_is_refused_and_nothing_typed_is_lost() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let editor = test.cookie(&site, "eve@example.com", Role::Editor).await;
        let save = async |form: &str, cookie: &str| test.submit("/sites/shop/theme", form, &[("cookie", cookie)]).await;
        let refused = save(&format!("accent=%23ffe000&{FORM}"), &editor).await;
        assert_eq!(refused.status, 422);
        let text = refused.text();
        assert!(text.contains("with background, needs 3") && text.contains("value=\"#ffe000\""), "{text}");
        assert_eq!(test.app.store.theme(site.site_id).await, Ok(None));
        let viewer = test.cookie(&site, "vera@example.com", Role::Support).await;
        assert_eq!(save(&format!("accent=%23005500&{FORM}"), &viewer).await.status, 403);
        assert!(!test.get("/sites/shop/theme", &[("cookie", &viewer)]).await.text().contains("Save the theme"));

        assert_eq!(save(&format!("accent=%23005500&{FORM}"), &editor).await.status, 303);
        let page = test.get("/sites/shop/theme", &[("cookie", &editor)]).await.text();
        assert!(page.contains("value=\"#005500\"") && page.contains("Save the theme"));
        let config = test.get("/v1/config/shop", &[]).await.json();
        assert_eq!(config["accent_color"], "#005500");
        assert_eq!((&config["theme"]["radius_px"], &config["theme"]["position"]), (&8.into(), &"left".into()));
        let noted = test.get("/sites/shop/audit", &[("cookie", &editor)]).await.text();
        assert!(noted.contains("eve@example.com") && noted.contains("theme.change"), "{noted}");
    }
}
