//! Business hours, promises and how many were kept, as JSON.

use crate::app::{Reports, feature_state};
use crate::http::problem::Problem;
use crate::server::key::ApiAccess;
use crate::server::reports::{Fields, SliceFields, slice_of};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use rapport_report::response::Time;
use rapport_report::target::Targets;
use rapport_shared::survey::Fault;
use rapport_store::Store;
use rapport_store::account::scope::Scope;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::hours::{Calendar, Draft, PromiseDraft, TargetKind, Version, WEEKDAYS};
use rapport_store::site::directory::SiteContext;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

feature_state! {
    /// What hours need.
    pub(super) struct Needs {
        store: Store,
        clock: Clock,
    }
}

/// How soon something is promised, in business time.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PromisedIn {
    /// 1 to 1,000.
    amount: u32,
    /// `minutes`, `hours` or `business_days`; the latter when absent.
    #[serde(default)]
    unit: String,
    /// The states of a ticket in which its clock waits: some of `new`, `acknowledged`, `in_progress`, `waiting`.
    #[serde(default)]
    paused_in: Vec<String>,
}

/// The hours of a site.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SiteHours {
    /// The openings of each day of the week by its English name: `9:00-12:00, 13:00-17:00`. Days that are left out are closed.
    #[serde(default)]
    week: BTreeMap<String, String>,
    /// The country whose holidays are left out (ISO 3166-1); empty for none.
    #[serde(default)]
    country: String,
    /// A part of it with days of its own; empty for none.
    #[serde(default)]
    part: String,
    /// The time at which half days end, such as `12:00`; empty where they are days like others.
    #[serde(default)]
    half_day_until: String,
    /// Days of your own, one a line: `2026-12-24 9:00-12:00 Christmas Eve`, `2026-12-27..2026-12-31 closed`.
    #[serde(default)]
    days: String,
    /// What is promised, by `first_response`, `next_response` and `resolution`.
    #[serde(default)]
    promises: BTreeMap<String, PromisedIn>,
}

/// A version of the hours of a site.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HoursVersion {
    /// Its number; 0 for the usual hours of a site that never said anything.
    version: i64,
    /// IANA name of the zone whose clocks count.
    zone: String,
    /// How long one business day is, in milliseconds: the longest day of the usual week.
    business_day_ms: i64,
    /// Who made it.
    actor: String,
    /// When.
    created_at: Time,
    /// The hours.
    hours: SiteHours,
}

impl SiteHours {
    fn of(draft: Draft) -> Self {
        let promise = |(kind, draft): (TargetKind, PromiseDraft)| {
            let amount = draft.amount.parse().ok()?;
            Some((kind.as_str().to_owned(), PromisedIn { amount, unit: draft.unit, paused_in: draft.paused_in }))
        };
        Self {
            week: WEEKDAYS.into_iter().map(str::to_owned).zip(draft.week).collect(),
            country: draft.country,
            part: draft.part,
            half_day_until: draft.half_day_until,
            days: draft.days,
            promises: TargetKind::EACH.into_iter().zip(draft.promises).filter_map(promise).collect(),
        }
    }

    fn draft(mut self) -> Result<Draft, Vec<Fault>> {
        let unknown_day = self.week.keys().find(|day| !WEEKDAYS.contains(&day.as_str()));
        let unknown_kind = self.promises.keys().find(|kind| TargetKind::named(kind).is_none());
        match (unknown_day, unknown_kind) {
            (Some(day), _) => {
                return Err(vec![Fault::new("week", format!("has no day {day}: {}", WEEKDAYS.join(", ")))]);
            }
            (None, Some(kind)) => {
                let kinds = TargetKind::EACH.map(TargetKind::as_str).join(", ");
                return Err(vec![Fault::new("promises", format!("has no {kind}: {kinds}"))]);
            }
            (None, None) => {}
        }
        let promises = TargetKind::EACH.map(|kind| match self.promises.remove(kind.as_str()) {
            None => PromiseDraft::default(),
            Some(promised) => {
                PromiseDraft { amount: promised.amount.to_string(), unit: promised.unit, paused_in: promised.paused_in }
            }
        });
        Ok(Draft {
            week: WEEKDAYS.map(|day| self.week.remove(day).unwrap_or_default()),
            country: self.country,
            part: self.part,
            half_day_until: self.half_day_until,
            days: self.days,
            promises,
        })
    }
}

fn shown(version: &Version, site: &SiteContext) -> HoursVersion {
    HoursVersion {
        version: version.version,
        zone: version.hours.zone.clone(),
        business_day_ms: Calendar::of(&version.hours).business_day_ms(),
        actor: version.actor.clone(),
        created_at: Time::new(version.created_at_ms, &site.site.time_zone),
        hours: SiteHours::of(Draft::of(&version.hours)),
    }
}

/// The business hours of a site, and what it promises by them. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/hours", tag = "hours", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    responses((status = 200, body = HoursVersion), (status = 403, description = "The key lacks the scope")),
    operation_id = "hours",
)]
pub(super) async fn read(State(needs): State<Needs>, access: ApiAccess) -> Result<Json<HoursVersion>, Problem> {
    access.require(Scope::ReadReports)?;
    Ok(Json(shown(&needs.store.hours(&access.site.site).await?, &access.site)))
}

/// Sets the business hours of a site: a new version from now on. Targets that have not fallen due are counted by it. Scope: `hours:write`.
#[utoipa::path(
    put, path = "/api/v1/sites/{site}/hours", tag = "hours", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    request_body(content = SiteHours, example = json!({
        "week": { "monday": "9:00-12:00, 13:00-17:00", "tuesday": "9:00-17:00" }, "country": "DE", "part": "BY",
        "days": "2026-12-24 9:00-12:00 Christmas Eve", "promises": { "first_response": { "amount": 1, "unit": "business_days" } },
    })),
    responses(
        (status = 200, body = HoursVersion),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 422, description = "Fields at fault, each named"),
        (status = 503, description = "Somebody else changed them at the same time; see Retry-After"),
    ),
    operation_id = "set_hours",
)]
pub(super) async fn set(
    State(needs): State<Needs>,
    access: ApiAccess,
    sent: Result<Json<SiteHours>, JsonRejection>,
) -> Result<Json<HoursVersion>, Problem> {
    access.require(Scope::WriteHours)?;
    let Json(sent) = sent.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let site = &access.site.site;
    let draft = sent.draft().map_err(Problem::of_faults)?;
    let hours = draft.check(site.time_zone_name()).map_err(Problem::of_faults)?;
    let newest = needs.store.hours(site).await?;
    if newest.hours != hours {
        let actor = access.actor();
        let entry = AuditEntry::now(&needs.clock, actor, "hours.change", "hours");
        if !needs.store.add_hours(site.site_id, &hours, newest.version, &entry).await? {
            return Err(Problem::unavailable("somebody else changed the hours at the same time: send them again", 1));
        }
    }
    Ok(Json(shown(&needs.store.hours(site).await?, &access.site)))
}

/// How many promises were kept, of those that fell due on the days of the slice, and what is late now. Scope: `reports:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/reports/targets", tag = "reports", security(("api_key" = [])),
    operation_id = "targets",
    params(("site" = String, Path, description = "Public key of the site"), SliceFields),
    responses((status = 200, body = Targets), (status = 422, description = "Fields at fault, each named"))
)]
pub(super) async fn targets(
    State(reports): State<Reports>,
    access: ApiAccess,
    _: Path<String>,
    fields: Fields,
) -> Result<Json<Targets>, Problem> {
    access.require(Scope::ReadReports)?;
    Ok(Json(reports.of(&access.site).targets(&slice_of(&fields)?).await?))
}

#[cfg(test)]
mod tests {
    use crate::test_app::TestApp;
    use axum::body::Body;
    use axum::http::Request;
    use rapport_store::account::scope::Scope;
    use serde_json::{Value, json};

    #[tokio::test]
    async fn a_server_sets_hours_and_reads_how_they_are_counted_and_what_was_kept() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let key = test.bearer(&site, &[Scope::ReadReports, Scope::WriteHours]).await;
        let reads = test.bearer(&site, &[Scope::ReadReports]).await;
        let put = async |key: &str, body: &Value| {
            let request = Request::put("/api/v1/sites/shop/hours")
                .header("authorization", key)
                .header("content-type", "application/json");
            test.send(request.body(Body::from(body.to_string())).unwrap()).await
        };
        let body = json!({
            "week": { "monday": "9-12, 13-17", "friday": "9-13" }, "country": "DE", "part": "BY",
            "promises": { "first_response": { "amount": 1 }, "resolution": { "amount": 4, "unit": "hours", "paused_in": ["waiting"] } },
        });
        assert_eq!(put(&reads, &body).await.status, 403);
        for _ in 0..2 {
            let set = put(&key, &body).await;
            assert_eq!(set.status, 200, "{}", set.text());
            let set = set.json();
            assert_eq!((&set["version"], &set["business_day_ms"]), (&json!(1), &json!(7 * 3_600_000)));
            assert_eq!(set["hours"]["week"]["monday"], "9:00-12:00, 13:00-17:00");
            assert_eq!(set["hours"]["promises"]["first_response"]["unit"], "business_days");
        }
        for (field, body) in [
            ("week", json!({ "week": { "someday": "9-17" } })),
            ("promises", json!({ "promises": { "a_smile": { "amount": 1 } } })),
            ("monday", json!({ "week": { "monday": "all day" } })),
            ("country", json!({ "country": "Germany" })),
        ] {
            let refused = put(&key, &body).await;
            assert_eq!(refused.status, 422, "{field}");
            assert!(refused.text().contains(field), "{field}: {}", refused.text());
        }
        let read = async |path: &str| test.get(path, &[("authorization", &reads)]).await.json();
        assert_eq!(read("/api/v1/sites/shop/hours").await["zone"], "Europe/Berlin");
        let report = read("/api/v1/sites/shop/reports/targets?range=7d").await;
        assert_eq!((&report["met"][0]["name"], &report["late"]), (&json!("first_response_met"), &json!([])));
    }
}
