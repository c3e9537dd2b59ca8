//! The Theme page: how the widget looks, tried before it is saved, and saved only when people can read it.

mod preview;

pub(super) use preview::{frame as preview_frame, looks as preview_looks, of_survey as preview_of_survey};

use super::frame::{Fields, Frame, Frames, Page, carried, field};
use super::{PageError, export, render};
use crate::app::feature_state;
use crate::http::export::csv;
use crate::http::problem::Problem;
use crate::http::protection::PAGE_POLICY;
use crate::http::query::slice::SliceQuery;
use crate::member::account::{Access, Submitted};
use crate::public::config::theme::of_site;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use rapport_report::slice::Slice;
use rapport_shared::survey::Fault;
use rapport_shared::theme::palette::Mode;
use rapport_shared::theme::{Density, FIELDS, Launcher, Pair, Position, RADIUS_PX, Scheme, TEXT_CONTRAST, Theme};
use rapport_store::Store;
use rapport_store::account::role::Role;
use rapport_store::clock::Clock;
use rapport_store::site::directory::SiteDirectory;

/// Largest form, in bytes: logo and style sheet may be long, and a character may be written as twelve.
pub(super) const FORM_BYTES: usize = 262_144;

/// What was typed into a field, or stands in it.
struct Field {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    value: String,
    error: String,
}

/// A field that offers its values.
struct Choices {
    field: Field,
    values: Vec<&'static str>,
}

/// The pairs of one mode, or those that were chosen.
pub(super) struct Pairs {
    /// Which they are.
    pub heading: &'static str,
    /// Each of them.
    pub pairs: Vec<Pair>,
}

#[derive(Template)]
#[template(path = "member/theme/page.html")]
struct ThemePage {
    frame: Frame,
    colors: Vec<Field>,
    choices: Vec<Choices>,
    lines: Vec<Field>,
    css: Field,
    radius: Field,
    contrast: Vec<Pairs>,
    refused: bool,
    may_change: bool,
}

/// The table of contrasts alone, for a page that is being typed into.
#[derive(Template)]
#[template(path = "member/theme/contrast.html")]
struct Contrast {
    contrast: Vec<Pairs>,
}

/// Every pair that a theme draws.
fn contrast_of(theme: &Theme) -> Vec<Pairs> {
    vec![
        Pairs { heading: "Chosen", pairs: theme.pairs() },
        Pairs { heading: "Drawn in the light", pairs: theme.palette(Mode::Light).pairs() },
        Pairs { heading: "Drawn in the dark", pairs: theme.palette(Mode::Dark).pairs() },
    ]
}

/// A form of this page, as it was sent.
type Sent = Result<Submitted<Vec<(String, String)>>, PageError>;

/// What was typed into each field, the theme of it, and what is wrong with it.
struct Typed {
    fields: Vec<(String, String)>,
    theme: Theme,
    faults: Vec<Fault>,
}

fn read(sent: Sent) -> Result<Typed, PageError> {
    let Submitted(fields) = sent.map_err(|error| match error {
        PageError::Problem(problem) if problem.status == StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::too_large(FORM_BYTES).into()
        }
        other => other,
    })?;
    let (mut theme, mut faults) = (Theme::default(), Vec::new());
    for field in FIELDS {
        match value(&fields, field) {
            Some(text) => faults.extend(theme.set(field, text).err()),
            None => faults.push(Fault::new(field, "is missing from the form")),
        }
    }
    faults.extend(theme.faults());
    Ok(Typed { fields, theme, faults })
}

fn value<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(field, _)| field == name).map(|(_, text)| text.as_str())
}

async fn show(frames: &Frames, access: &Access, slice: &Slice, typed: Typed) -> Result<Response, PageError> {
    let page = Page { title: "Theme", part: "theme", path: "theme", back: None, compares: false, dimensions: &[] };
    let mut frame = Frame::plain(frames, access, &page, slice).await?;
    frame.scope = "How the widget looks on your pages".to_owned();
    let Typed { fields, theme, faults } = typed;
    let field = |name, label, hint| {
        let reasons = faults.iter().filter(|fault| fault.field == name).map(|fault| fault.reason.as_str());
        Field {
            name,
            label,
            hint,
            value: value(&fields, name).map_or_else(|| theme.get(name), str::to_owned),
            error: reasons.collect::<Vec<_>>().join("; "),
        }
    };
    let page = ThemePage {
        frame,
        colors: vec![
            field("accent", "Accent", "launcher, main button, what is picked"),
            field("accent_text", "Text on the accent", "empty: white or black"),
            field("background", "Background, light", "empty: white"),
            field("text", "Text, light", "empty: one that can be read"),
            field("dark_background", "Background, dark", "empty: near black"),
            field("dark_text", "Text, dark", "empty: one that can be read"),
        ],
        choices: vec![
            Choices {
                field: field("scheme", "Light or dark", "auto: as the page is; hosted, as the visitor's system is"),
                values: Scheme::EACH.map(Scheme::as_str).to_vec(),
            },
            Choices {
                field: field("density", "Density", "how close things stand"),
                values: Density::EACH.map(Density::as_str).to_vec(),
            },
            Choices {
                field: field("position", "Place", "of the launcher, and of what it opens"),
                values: Position::EACH.map(Position::as_str).to_vec(),
            },
            Choices {
                field: field(
                    "launcher",
                    "Launcher",
                    "yields: looks for a corner where it covers no control, and goes while a phone scrolls",
                ),
                values: Launcher::EACH.map(Launcher::as_str).to_vec(),
            },
        ],
        lines: vec![
            field("font", "Fonts", "a CSS list; empty: those of the visitor's system"),
            field("logo", "Logo", "https://… or data:image/…"),
            field("logo_text", "What the logo says", "empty: the name of the site"),
        ],
        css: field("css", "Style sheet of your own", "inside the widget only; it may load nothing"),
        radius: field("radius_px", "Roundness of corners, in pixels", "0 to 28"),
        contrast: contrast_of(&theme),
        refused: !faults.is_empty(),
        may_change: access.role >= Role::Editor,
    };
    let mut response = render(&page)?;
    // The preview is a page of ours.
    if let Ok(policy) = HeaderValue::from_str(&format!("{PAGE_POLICY}; frame-src 'self'")) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

pub(super) async fn page(
    State(store): State<Store>,
    State(frames): State<Frames>,
    access: Access,
    fields: Fields,
) -> Result<Response, PageError> {
    let theme = of_site(&store, &access.site.site).await?;
    if let Some(csv) = csv::wanted(&fields)? {
        return Ok(export::theme(csv, field(&fields, "table"), &contrast_of(&theme))?);
    }
    show(&frames, &access, &carried(&fields), Typed { fields: Vec::new(), theme, faults: Vec::new() }).await
}

feature_state! {
    /// What saving a theme needs.
    pub(super) struct Needs {
        clock: Clock,
        store: Store,
        sites: SiteDirectory,
        frames: Frames,
    }
}

pub(super) async fn save(
    State(needs): State<Needs>,
    access: Access,
    fields: Fields,
    sent: Sent,
) -> Result<Response, PageError> {
    let slice = carried(&fields);
    access.require(Role::Editor)?;
    let typed = read(sent)?;
    if !typed.faults.is_empty() {
        let mut response = show(&needs.frames, &access, &slice, typed).await?;
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(response);
    }
    let entry = access.note(&needs.clock, "theme.change", "theme".into());
    needs.store.set_theme(access.site.site.site_id, &typed.theme, &entry).await?;
    needs.sites.forget();
    Ok(Redirect::to(&format!("/sites/{}/theme{}", access.site.site.key, slice.suffix())).into_response())
}

#[cfg(test)]
mod tests {
    use crate::test_app::TestApp;
    use rapport_store::account::role::Role;

    const FORM: &str = "accent_text=&background=&dark_background=&dark_text=&radius_px=8&font=&density=compact\
        &position=left&scheme=auto&launcher=stays&logo=&logo_text=&css=";

    #[tokio::test]
    async fn a_theme_that_nobody_can_read_is_refused_and_nothing_typed_is_lost() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let editor = test.cookie(&site, "eve@example.com", Role::Editor).await;
        let save = async |form: &str, cookie: &str| test.submit("/sites/shop/theme", form, &[("cookie", cookie)]).await;
        let refused = save(&format!("accent=%23005500&text=%23777777&{FORM}"), &editor).await;
        assert_eq!(refused.status, 422);
        let text = refused.text();
        assert!(text.contains("with background (#777777 on #ffffff), needs 4.5"), "{text}");
        assert!(text.contains("value=\"#777777\""), "{text}");
        let refused = save(&format!("accent=%23005500&text=&{}", FORM.replace("px=8", "px=eight")), &editor).await;
        assert!(refused.text().contains("value=\"eight\"") && refused.text().contains("whole number from 0 to 28"));
        assert_eq!(test.app.store.theme(site.site_id).await, Ok(None));
        let viewer = test.cookie(&site, "vera@example.com", Role::Support).await;
        assert_eq!(save(&format!("accent=%23005500&text=&{FORM}"), &viewer).await.status, 403);
        assert!(!test.get("/sites/shop/theme", &[("cookie", &viewer)]).await.text().contains("Save the theme"));

        assert_eq!(save(&format!("accent=%23005500&text=&{FORM}"), &editor).await.status, 303);
        let page = test.get("/sites/shop/theme", &[("cookie", &editor)]).await.text();
        assert!(page.contains("value=\"#005500\"") && page.contains("Save the theme"));
        let config = test.get("/v1/config/shop", &[]).await.json();
        let panel = config["panel_css"].as_str().unwrap();
        assert!(panel.contains("--accent:#005500") && panel.contains("--radius:8px"), "{panel}");
        assert!(config["launcher_css"].as_str().unwrap().contains("vertical-rl"));
        let noted = test.get("/sites/shop/audit", &[("cookie", &editor)]).await.text();
        assert!(noted.contains("eve@example.com") && noted.contains("the theme</a>"), "{noted}");
    }

    #[tokio::test]
    async fn each_contrast_says_for_what_it_is_needed() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let editor = test.cookie(&site, "eve@example.com", Role::Editor).await;
        let page = test.get("/sites/shop/theme", &[("cookie", &editor)]).await.text();
        for (pair, needed) in [
            ("<code>text</code> on <code>surface</code>", "4.5 as text"),
            ("<code>edge</code> on <code>surface</code>", "4.5 as text"),
            ("<code>edge</code> on <code>wash</code>", "3 as an edge"),
            ("<code>control</code> on <code>sunken</code>", "3 as an edge"),
        ] {
            let rows: Vec<_> = page.split("<tr>").filter(|row| row.contains(pair)).collect();
            assert!(rows.len() == 2 && rows.iter().all(|row| row.contains(needed)), "{pair}: {rows:?}");
        }
        assert!(page.contains("text needs 4.5 (1.4.3), edges of controls and pictures need 3 (1.4.11)"));
    }

    #[tokio::test]
    async fn the_longest_logo_and_style_sheet_fit_into_the_form() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let editor = test.cookie(&site, "eve@example.com", Role::Editor).await;
        let logo = format!("data%3Aimage%2Fpng%3Bbase64%2C{}", "%2B".repeat(11_900));
        let css = "%2F*%E2%82%AC*%2F%0D%0A".repeat(1_600);
        let form = FORM.replace("logo=&", &format!("logo={logo}&")).replace("css=", &format!("css={css}"));
        let saved =
            test.submit("/sites/shop/theme", &format!("accent=%23005500&text=&{form}"), &[("cookie", &editor)]).await;
        assert_eq!(saved.status, 303, "{}", saved.text());
    }
}
