//! `GET /v1/theme/{site}`: the looks that a page asks for while it runs, checked as a saved theme is; and
//! `/v1/theme/{site}/page.css`, the saved theme for our own pages.

use super::CACHE;
use crate::app::App;
use crate::config::Names;
use crate::http::page_request::{self, NotOfSite, SitePath, for_page_of_site};
use crate::http::problem::Problem;
use crate::public::asset::{is_unchanged, weak_etag};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rapport_shared::client_config::Looks;
use rapport_shared::theme::{Theme, sheet};
use rapport_store::site::Site;
use rapport_store::site::directory::SiteDirectory;
use rapport_store::{Store, StoreError};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The same fields give the same looks until the saved theme changes, which shows within a minute.
const ASKED_CACHE: &str = "public, max-age=50";

pub(super) fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(asked)).routes(routes!(sheet_of_page))
}

/// The theme of a site: the one that was chosen, or the usual one in the site's accent.
pub(crate) async fn of_site(store: &Store, site: &Site) -> Result<Theme, StoreError> {
    let chosen = store.theme(site.site_id).await?;
    Ok(chosen.unwrap_or_else(|| Theme { accent: site.accent_color.clone(), ..Theme::default() }))
}

/// The looks that a page asks for.
///
/// The saved theme with what the query changes: `accent`, `accent_text`, `background`, `text`, `dark_background`,
/// `dark_text`, `radius_px`, `font`, `density`, `position`, `scheme`, `launcher`.
#[utoipa::path(
    get,
    path = "/v1/theme/{site}",
    tag = "public",
    operation_id = "read_looks",
    params(SitePath),
    responses(
        (status = 200, body = serde_json::Value, description = "Two style sheets, `launcher_css` and `panel_css`"),
        NotOfSite,
        (status = 422, description = "Fields that cannot be used, or colours that people could not read"),
    ),
)]
pub(crate) async fn asked(
    State(sites): State<SiteDirectory>,
    State(store): State<Store>,
    Path(path): Path<SitePath>,
    Query(fields): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    for_page_of_site(&sites, &path.site, &headers, async |site| {
        let fields = fields.iter().map(|(field, text)| (field.as_str(), text.as_str()));
        let theme = of_site(&store, &site.site).await?.with_fields_of_page(fields).map_err(Problem::of_faults)?;
        Ok(([(header::CACHE_CONTROL, ASKED_CACHE)], Json(Looks::of(&theme, &site.site.name))).into_response())
    })
    .await
}

/// What our own pages know of a theme.
#[derive(Clone, Debug)]
pub(crate) struct PageTheme {
    /// Path of its style sheet, from the top of what everybody may open.
    pub style: String,
    /// Address of the logo; empty for none.
    pub logo: String,
    /// What the logo says.
    pub logo_text: String,
    /// Value of the attribute `color-scheme` of the page.
    pub scheme: &'static str,
    /// The page's content security policy, with the logo's origin among the sources of pictures.
    pub policy: String,
    /// What the page calls us.
    pub names: Arc<Names>,
}

/// The theme of a page of ours that everybody may see.
pub(crate) async fn page(store: &Store, names: &Arc<Names>, site: &Site) -> Result<PageTheme, StoreError> {
    let theme = of_site(store, site).await?;
    let looks = Looks::of(&theme, &site.name);
    Ok(PageTheme {
        style: names.path(&format!("/v1/theme/{}/page.css", site.key)).into_owned(),
        policy: crate::http::protection::page_policy_with_pictures_of(&looks.logo),
        logo: looks.logo,
        logo_text: looks.logo_text,
        names: names.clone(),
        scheme: match theme.scheme {
            rapport_shared::theme::Scheme::Auto => "light dark",
            scheme => scheme.as_str(),
        },
    })
}

/// The style sheet of the saved theme, for our own pages.
#[utoipa::path(
    get,
    path = "/v1/theme/{site}/page.css",
    tag = "public",
    operation_id = "read_style_sheet",
    params(SitePath),
    responses(
        (status = 200, body = String, content_type = "text/css", description = "The style sheet, with an ETag"),
        (status = 304, description = "Unchanged"),
        (status = 404, description = "No site has this key"),
    ),
)]
async fn sheet_of_page(
    State(sites): State<SiteDirectory>,
    State(store): State<Store>,
    Path(path): Path<SitePath>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let site = page_request::site(&sites, &path.site).await?;
    let css = sheet::page(&of_site(&store, &site.site).await?);
    let etag = weak_etag(css.as_bytes());
    let common = [(header::ETAG, etag.clone()), (header::CACHE_CONTROL, CACHE.to_owned())];
    if is_unchanged(&headers, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, common).into_response());
    }
    Ok((common, [(header::CONTENT_TYPE, "text/css; charset=utf-8")], css).into_response())
}
