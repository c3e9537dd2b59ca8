//! The settings of a site, as JSON: so that what is set can be kept as code.

use crate::app::feature_state;
use crate::http::problem::Problem;
use crate::job::recount_days::RecountDays;
use crate::public::config::ClientConfigs;
use crate::server::key::ApiAccess;
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use rapport_store::Store;
use rapport_store::account::scope::Scope;
use rapport_store::clock::Clock;
use rapport_store::site::directory::SiteDirectory;
use rapport_store::site::settings::{Draft, Settings};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

feature_state! {
    /// What settings need.
    pub(super) struct Needs {
        store: Store,
        clock: Clock,
        sites: SiteDirectory,
        client_configs: ClientConfigs,
    }
}

/// What is set of a site.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SiteSettings {
    /// What people call it.
    name: String,
    /// Origins whose pages may send, as browsers write them.
    origins: Vec<String>,
    /// IANA name of the zone that its days are cut in.
    time_zone: String,
    /// Days between any two surveys that appear of their own accord; 0 for no limit.
    cooldown_days: u32,
    /// Of how many views in a hundred clicks are kept for heat maps.
    heat_percent: u32,
    /// What pages watch besides: `images` that do not load, `requests` that fail.
    watches: Vec<String>,
}

impl SiteSettings {
    fn of(settings: &Settings) -> Self {
        Self {
            name: settings.name.clone(),
            origins: settings.origins.clone(),
            time_zone: settings.time_zone.iana_name().unwrap_or("UTC").to_owned(),
            cooldown_days: settings.cooldown_days,
            heat_percent: settings.heat_percent,
            watches: settings.watches.iter().map(|name| (*name).to_owned()).collect(),
        }
    }
}

/// What is to be set of a site. What is left out stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ChangedSettings {
    /// 1 to 120 characters; no other site is called so.
    name: Option<String>,
    /// All of them, 1 to 100, such as `https://www.example.com`.
    origins: Option<Vec<String>>,
    /// Such as `Europe/Berlin`. Days that were counted are counted anew; one whose hours begin at other instants is refused once there are any.
    time_zone: Option<String>,
    /// 0 to 3,650.
    cooldown_days: Option<u32>,
    /// 0 to 100.
    heat_percent: Option<u32>,
    /// All of them: some of `images`, `requests`.
    watches: Option<Vec<String>>,
}

impl ChangedSettings {
    fn draft(self, before: &Settings) -> Draft {
        let before = Draft::of(before);
        Draft {
            name: self.name.unwrap_or(before.name),
            origins: self.origins.unwrap_or(before.origins),
            time_zone: self.time_zone.unwrap_or(before.time_zone),
            cooldown_days: self.cooldown_days.map_or(before.cooldown_days, |days| days.to_string()),
            heat_percent: self.heat_percent.map_or(before.heat_percent, |percent| percent.to_string()),
            watches: self.watches.unwrap_or(before.watches),
        }
    }
}

/// The settings as they are now, which the directory may not have heard of yet.
async fn now(needs: &Needs, access: &ApiAccess) -> Result<Settings, Problem> {
    let site = needs.store.site_by_key(&access.site.site.key).await?;
    let site = site.ok_or_else(|| Problem::not_found("there is no such site any more"))?;
    Ok(needs.store.site_settings(&site).await?)
}

/// The settings of a site. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/settings", tag = "settings", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    responses((status = 200, body = SiteSettings), (status = 403, description = "The key lacks the scope")),
    operation_id = "settings",
)]
pub(super) async fn read(State(needs): State<Needs>, access: ApiAccess) -> Result<Json<SiteSettings>, Problem> {
    access.require(Scope::ReadReports)?;
    Ok(Json(SiteSettings::of(&now(&needs, &access).await?)))
}

/// Changes settings of a site: those that are named. All of them or none. Scope: `settings:write`.
#[utoipa::path(
    patch, path = "/api/v1/sites/{site}/settings", tag = "settings", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    request_body(content = ChangedSettings, example = json!({
        "origins": ["https://www.example.com"], "time_zone": "Europe/Berlin", "cooldown_days": 7,
    })),
    responses(
        (status = 200, body = SiteSettings),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 422, description = "Fields at fault, each named"),
    ),
    operation_id = "change_settings",
)]
pub(super) async fn change(
    State(needs): State<Needs>,
    access: ApiAccess,
    sent: Result<Json<ChangedSettings>, JsonRejection>,
) -> Result<Json<SiteSettings>, Problem> {
    access.require(Scope::WriteSettings)?;
    let Json(sent) = sent.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let settings = sent.draft(&now(&needs, &access).await?).check().map_err(Problem::of_faults)?;
    let site = &access.site.site;
    let later = RecountDays::of(site, needs.clock.now_ms())?;
    let actor = format!("key:{}", access.key_id);
    let changed = needs.store.change_site_settings(site, &settings, &later, (&actor, &needs.clock)).await?;
    changed.map_err(Problem::of_faults)?;
    needs.sites.forget();
    needs.client_configs.forget(&site.key);
    Ok(Json(SiteSettings::of(&now(&needs, &access).await?)))
}

#[cfg(test)]
mod tests {
    use crate::test_app::TestApp;
    use axum::body::Body;
    use axum::http::Request;
    use rapport_store::account::scope::Scope;
    use serde_json::{Value, json};

    #[tokio::test]
    async fn settings_are_kept_as_code_and_every_field_at_fault_is_named() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let key = test.bearer(&site, &[Scope::ReadReports, Scope::WriteSettings]).await;
        let reads = test.bearer(&site, &[Scope::ReadReports]).await;
        let patch = async |key: &str, body: &Value| {
            let request = Request::patch("/api/v1/sites/shop/settings")
                .header("authorization", key)
                .header("content-type", "application/json");
            test.send(request.body(Body::from(body.to_string())).unwrap()).await
        };
        assert_eq!(patch(&reads, &json!({ "cooldown_days": 3 })).await.status, 403);
        let changed = patch(&key, &json!({ "cooldown_days": 3, "origins": ["https://WWW.shop.example/"] })).await;
        assert_eq!(changed.status, 200, "{}", changed.text());
        let read = test.get("/api/v1/sites/shop/settings", &[("authorization", &reads)]).await.json();
        assert_eq!(read, changed.json());
        assert_eq!((&read["cooldown_days"], &read["origins"]), (&json!(3), &json!(["https://www.shop.example"])));
        assert_eq!(read["time_zone"], "Europe/Berlin", "what is left out stays");
        let bad = json!({ "name": "", "origins": ["x"], "time_zone": "Mars/Olympus", "heat_percent": 101, "watches": ["all"] });
        let refused = patch(&key, &bad).await;
        assert_eq!(refused.status, 422);
        for field in ["name", "origins", "time_zone", "heat_percent", "watches"] {
            assert!(refused.text().contains(&format!("\"{field}\"")), "{field}: {}", refused.text());
        }
        assert_eq!(patch(&key, &json!({ "colour": "red" })).await.status, 400);
        assert_eq!(test.get("/api/v1/sites/shop/settings", &[("authorization", &reads)]).await.json(), read);
        let noted = test.app.store.audit_entries(site.site_id, None, 20).await.unwrap();
        assert_eq!(noted.iter().filter(|entry| entry.actor.starts_with("key:")).count(), 4, "{noted:?}");
    }
}
