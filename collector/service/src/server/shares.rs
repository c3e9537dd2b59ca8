//! Links to reports as JSON: made, listed and revoked by servers as on the pages.

use crate::app::feature_state;
use crate::config::Config;
use crate::http::problem::Problem;
use crate::http::query::segment;
use crate::http::query::share::Draft;
use crate::member::share::{Made, address, make, revoke as end};
use crate::server::key::ApiAccess;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use rapport_report::response::Time;
use rapport_shared::id::Id;
use rapport_store::Store;
use rapport_store::account::scope::Scope;
use rapport_store::clock::Clock;
use rapport_store::share::Share;
use rapport_store::site::directory::SiteContext;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

feature_state! {
    /// What links need.
    pub(super) struct Needs {
        store: Store,
        clock: Clock,
        config: Arc<Config>,
    }
}

/// A link under which a report is read without an account.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SharedReport {
    /// Its id, a UUID.
    id: String,
    /// What people call it.
    name: String,
    /// The report: its path below the site.
    path: String,
    /// The fields that the report's address had when the link was made.
    fields: BTreeMap<String, String>,
    /// Those that nobody can change under the link.
    locked: BTreeMap<String, String>,
    /// Whether what people wrote is shown.
    words: bool,
    /// Whether it asks for a password.
    has_password: bool,
    /// Who made it.
    actor: String,
    /// When it was made.
    created_at: Time,
    /// From when on it opens nothing.
    expires_at: Time,
    /// When it was revoked.
    revoked_at: Option<Time>,
    /// When it was last used, to the minute.
    used_at: Option<Time>,
    /// Whether it opens its report now.
    is_open: bool,
    /// The link. It is told once, when it is made: only its hash is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

impl SharedReport {
    fn of(share: Share, site: &SiteContext, now_ms: i64, url: Option<String>) -> Self {
        let time = |at_ms| Time::new(at_ms, &site.site.time_zone);
        let map = |query: &str| segment::pairs(query).into_iter().collect();
        Self {
            id: share.share_id.to_text(),
            fields: map(&share.fields),
            locked: map(&share.locked),
            words: share.shows_words,
            has_password: !share.password_hash.is_empty(),
            created_at: time(share.created_at_ms),
            expires_at: time(share.expires_at_ms),
            revoked_at: share.revoked_at_ms.map(time),
            used_at: share.used_at_ms.map(time),
            is_open: share.is_open(now_ms),
            name: share.name,
            path: share.path,
            actor: share.actor,
            url,
        }
    }
}

/// A link to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewShare {
    /// 1 to 80 characters in one line.
    name: String,
    /// The report: `overview`, `feedback`, `feedback/SURVEY`, `experience`, `experience/page`, `drivers`, `delivery`, `forms`, `journeys` or
    /// `retention`.
    path: String,
    /// What the report is narrowed to, by the names of the fields of a report, days included.
    #[serde(default)]
    fields: BTreeMap<String, String>,
    /// Names of those fields that nobody can change under the link; `range` for the days. All that narrow when absent.
    #[serde(default)]
    locked: Option<Vec<String>>,
    /// How long it lasts, in days: 1 to 366.
    #[serde(default)]
    days: Option<i64>,
    /// The password that it asks for: at least 8 characters and at most 200 bytes.
    #[serde(default)]
    password: String,
    /// Whether what people wrote is shown.
    #[serde(default)]
    words: bool,
}

/// The links of a site, newest first; those that ended are listed for 90 days. Scope: `shares:write`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/shares", tag = "shares", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    responses((status = 200, body = Vec<SharedReport>), (status = 403, description = "The key lacks the scope")),
    operation_id = "list_shares",
)]
pub(super) async fn list(State(needs): State<Needs>, access: ApiAccess) -> Result<Json<Vec<SharedReport>>, Problem> {
    access.require(Scope::WriteShares)?;
    let now_ms = needs.clock.now_ms();
    let shares = needs.store.shares(access.site.site.site_id, now_ms).await?;
    Ok(Json(shares.into_iter().map(|share| SharedReport::of(share, &access.site, now_ms, None)).collect()))
}

/// Makes a link. Its address is told in this reply alone. Scope: `shares:write`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/shares", tag = "shares", security(("api_key" = [])),
    params(("site" = String, Path, description = "Public key of the site")),
    request_body(
        content = NewShare,
        example = json!({
            "name": "The agency", "path": "overview", "fields": { "range": "7d", "campaign": "spring" },
            "locked": ["campaign"], "days": 90, "words": false
        }),
    ),
    responses(
        (status = 201, body = SharedReport),
        (status = 400, description = "Not such a document"),
        (status = 403, description = "The key lacks the scope"),
        (status = 422, description = "Fields at fault, each named"),
    ),
    operation_id = "add_share",
)]
pub(super) async fn add(
    State(needs): State<Needs>,
    access: ApiAccess,
    sent: Result<Json<NewShare>, JsonRejection>,
) -> Result<(StatusCode, Json<SharedReport>), Problem> {
    access.require(Scope::WriteShares)?;
    let Json(new) = sent.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let pairs: Vec<_> = new.fields.into_iter().collect();
    let draft = Draft {
        name: &new.name,
        path: &new.path,
        fields: &pairs,
        locked: new.locked.as_ref().map(|names| names.iter().map(String::as_str).collect()),
        days: new.days,
        password: &new.password,
    };
    let checked = draft.check().map_err(Problem::of_faults)?;
    let wanted = Made { path: &new.path, password: &new.password, shows_words: new.words };
    let (site, actor) = (&access.site.site, access.actor());
    let (share, secret) = make(&needs.store, &needs.clock, site.site_id, &actor, checked, wanted).await?;
    let url = address(&needs.config, &site.key, &secret, &share);
    Ok((StatusCode::CREATED, Json(SharedReport::of(share, &access.site, needs.clock.now_ms(), Some(url)))))
}

/// Ends a link at once. Scope: `shares:write`.
#[utoipa::path(
    delete, path = "/api/v1/sites/{site}/shares/{id}", tag = "shares", security(("api_key" = [])),
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("id" = String, Path, description = "Id of the link, a UUID"),
    ),
    responses(
        (status = 204, description = "It opens nothing any more"),
        (status = 403, description = "The key lacks the scope"),
        (status = 404, description = "No such link that is open"),
    ),
    operation_id = "revoke_share",
)]
pub(super) async fn revoke(
    State(needs): State<Needs>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    access.require(Scope::WriteShares)?;
    let Path((_, id)) = path;
    let none = || Problem::not_found("this site has no such link that is open");
    let id = Id::parse(&id).ok_or_else(none)?;
    let actor = access.actor();
    let ended = end(&needs.store, &needs.clock, access.site.site.site_id, &actor, id).await?;
    if ended { Ok(StatusCode::NO_CONTENT) } else { Err(none()) }
}
