//! Reports of what people do on pages: events, forms, and where they click.

use super::{Fields, SliceFields, slice_of};
use crate::app::Reports;
use crate::http::problem::Problem;
use crate::http::query::value;
use crate::server::key::ApiAccess;
use axum::Json;
use axum::extract::State;
use rapport_report::event::Events;
use rapport_report::form::Forms;
use rapport_report::heat::Heat;
use rapport_report::slice::Pages;
use rapport_shared::survey::Fault;
use rapport_store::account::scope::Scope;
use utoipa::IntoParams;

/// Which custom events.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only documents the fields, which are read by hand")]
struct EventsFields {
    /// Only this event, with the values of its properties.
    name: Option<String>,
    /// Only values of this property.
    property: Option<String>,
    /// Only this value.
    value: Option<String>,
}

/// Custom events that pages told by `rapport('track', …)`: how often, and by the values of their properties. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/events", tag = "reports", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), SliceFields, EventsFields),
    responses(
        (status = 200, body = Events),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(in crate::server) async fn events(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<Events>, Problem> {
    access.require(Scope::ReadReports)?;
    let slice = slice_of(&fields)?;
    let [name, property, of_property] =
        ["name", "property", "value"].map(|name| value(&fields, name).unwrap_or_default());
    Ok(Json(reports.of(&access.site).events(&slice, name, (property, of_property)).await?))
}

/// Forms, field by field: how many who begin complete them, how long it takes, where errors are shown, and where they are given up. Every
/// form of the days, or of `page`. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/forms", tag = "reports", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), SliceFields),
    responses(
        (status = 200, body = Forms),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(in crate::server) async fn forms(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<Forms>, Problem> {
    access.require(Scope::ReadReports)?;
    Ok(Json(reports.of(&access.site).every_form(&slice_of(&fields)?).await?))
}

/// Where a page was clicked, every element of it, and how far it was scrolled. `page`, or what stands for several that are one, is
/// required. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/heatmap", tag = "reports", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site"), SliceFields),
    responses(
        (status = 200, body = Heat),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
pub(in crate::server) async fn heat(
    State(reports): State<Reports>,
    access: ApiAccess,
    fields: Fields,
) -> Result<Json<Heat>, Problem> {
    access.require(Scope::ReadReports)?;
    let slice = slice_of(&fields)?;
    if slice.pages == Pages::Every {
        return Err(Problem::of_faults([Fault::new("page", "must name the page")]));
    }
    Ok(Json(reports.of(&access.site).whole_heat(&slice).await?))
}
