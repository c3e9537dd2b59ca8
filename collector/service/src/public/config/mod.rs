//! `GET /v1/config/{site}`: what loader, agent and survey need to know of a site.

#[cfg(test)]
mod http_test;
mod seen;
pub(crate) mod theme;
pub(crate) mod unserved;

pub use seen::{TagSeen, TagsSeen};

use crate::app::App;
use crate::config::Config;
use crate::http::page_request::{NotOfSite, SitePath, for_page_of_site};
use crate::public::asset::{Files, is_unchanged, weak_etag};
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rapport_shared::client_config::{ClientConfig, Looks, ServedSurvey};
use rapport_shared::language::tidy;
use rapport_shared::survey::{Survey, is_language};
use rapport_store::clock::{Clock, is_fresh};
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use rapport_store::{Store, StoreError};
use rapport_words::Language;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};
use tower_http::compression::CompressionLayer;
use unserved::UnservedSurvey;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A page may go on with what it knows for half a minute, and for as long again while it asks: a change shows within a
/// minute, [`FRESH_MS`] and the directory of sites included.
const CACHE: &str = "public, max-age=25, stale-while-revalidate=25";
/// How long a document is taken as true here, in milliseconds.
const FRESH_MS: i64 = 2_000;

/// Most languages that are kept ready for a site: whoever asks for others waits a little longer.
const KEPT_LANGUAGES: usize = 64;

/// Configurations made lately, by site key. Cheap to clone.
#[derive(Clone)]
pub struct ClientConfigs {
    store: Store,
    clock: Clock,
    files: Arc<Files>,
    /// Origin of the dashboards.
    dashboard: String,
    known: Arc<RwLock<HashMap<String, Known>>>,
}

/// A configuration in every language, and the documents that were made of it, by the language that was asked for.
struct Known {
    made_at_ms: i64,
    made: Arc<Made>,
    documents: HashMap<String, Document>,
}

/// A configuration whose surveys are still in every language, and what it leaves out.
struct Made {
    config: ClientConfig,
    surveys: Vec<Survey>,
    unserved: Vec<UnservedSurvey>,
}

#[derive(Clone)]
struct Document {
    body: Bytes,
    etag: HeaderValue,
    /// What it leaves out.
    unserved: Vec<UnservedSurvey>,
}

impl Document {
    /// The configuration with its surveys in the language nearest to the wanted one, or in all when none is wanted.
    fn of(made: &Made, language: &str) -> Result<Self, StoreError> {
        let mut config = made.config.clone();
        config.surveys = made.surveys.iter().map(|survey| served(survey.clone(), language)).collect();
        if !language.is_empty() {
            // What is drawn in no other language needs no other words.
            let drawn: HashSet<&str> = config.surveys.iter().map(|survey| survey.shown.words.as_str()).collect();
            config.assets.words.retain(|tag, _| drawn.contains(tag.as_str()));
            config.assets.survey_more = config.assets.words.values().next().cloned().unwrap_or_default();
        }
        // Serializing strings and numbers to memory cannot fail.
        let body = Bytes::from(serde_json::to_vec(&config).unwrap_or_default());
        let etag =
            HeaderValue::from_str(&weak_etag(&body)).map_err(|error| StoreError::Inconsistent(error.to_string()))?;
        Ok(Self { body, etag, unserved: made.unserved.clone() })
    }
}

/// A survey with the words that go with the language in which it is shown.
fn served(survey: Survey, language: &str) -> ServedSurvey {
    let mut served = ServedSurvey::of(survey, language);
    served.shown.words = Language::spoken(&served.shown.language).tag.to_owned();
    served
}

/// The routes.
pub fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(config))
        .routes(routes!(unserved::unserved))
        .merge(theme::documented())
        .layer(CompressionLayer::new())
}

/// The widget's configuration.
///
/// Surveys, colours and the names of the widget's files, for the pages of a site.
#[utoipa::path(
    get,
    path = "/v1/config/{site}",
    tag = "public",
    operation_id = "read_config",
    params(
        SitePath,
        ("language" = Option<String>, Query, description = "BCP 47 tag: surveys come in the nearest language they have, \
            and without the others; in all of them when absent"),
    ),
    responses(
        (status = 200, body = serde_json::Value, description = "The configuration, with an ETag"),
        (status = 304, description = "Unchanged"),
        NotOfSite,
    ),
)]
pub(crate) async fn config(
    State(sites): State<SiteDirectory>,
    State(configs): State<ClientConfigs>,
    State(seen): State<TagsSeen>,
    Path(path): Path<SitePath>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    for_page_of_site(&sites, &path.site, &headers, async |site| {
        seen.note(site.site.site_id, &headers, configs.clock.now_ms());
        // A page may say anything: what is no language is none.
        let query = query.unwrap_or_default();
        let asked = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "language").map(|(_, tag)| tag);
        let asked = asked.map(|tag| tidy(&tag)).filter(|tag| is_language(tag));
        let language = asked.unwrap_or_default().to_ascii_lowercase();
        Ok(respond(&configs.document(site, &language).await?, &headers))
    })
    .await
}

fn respond(document: &Document, request: &HeaderMap) -> Response {
    let mut response = if document.etag.to_str().is_ok_and(|etag| is_unchanged(request, etag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "application/json")], document.body.clone()).into_response()
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHE));
    response.headers_mut().insert(header::ETAG, document.etag.clone());
    response
}

impl ClientConfigs {
    /// None yet.
    pub fn new(store: Store, clock: Clock, files: Arc<Files>, config: &Config) -> Self {
        let dashboard = config.dashboard_origin();
        Self { store, clock, files, dashboard, known: Arc::default() }
    }

    /// Forgets what is remembered of a site, so that a change just made is told at once.
    pub fn forget(&self, site_key: &str) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(site_key);
    }

    async fn document(&self, site: &SiteContext, language: &str) -> Result<Document, StoreError> {
        let (key, now_ms) = (&site.site.key, self.clock.now_ms());
        let fresh = |known: &&Known| is_fresh(known.made_at_ms, now_ms, FRESH_MS.min(site.fresh_ms(now_ms)));
        let known = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            let known = known.get(key).filter(fresh);
            if let Some(document) = known.and_then(|known| known.documents.get(language)) {
                return Ok(document.clone());
            }
            known.map(|known| (known.made_at_ms, known.made.clone()))
        };
        let (made_at_ms, made) = match known {
            Some(known) => known,
            None => (now_ms, Arc::new(self.make(site, now_ms).await?)),
        };
        let document = Document::of(&made, language)?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        match known.get_mut(key) {
            Some(known) if known.made_at_ms == made_at_ms => {
                if known.documents.len() < KEPT_LANGUAGES {
                    known.documents.insert(language.to_owned(), document.clone());
                }
            }
            _ => {
                let documents = HashMap::from([(language.to_owned(), document.clone())]);
                known.insert(key.clone(), Known { made_at_ms, made, documents });
            }
        }
        Ok(document)
    }

    async fn make(&self, site: &SiteContext, now_ms: i64) -> Result<Made, StoreError> {
        let theme = theme::of_site(&self.store, &site.site).await?;
        let (mut surveys, mut unserved) = (Vec::new(), Vec::new());
        for (survey, reason) in self.store.served_surveys(site.site.site_id).await? {
            match reason {
                None => surveys.push(survey.with_review_facts()),
                Some(reason) => unserved.push(UnservedSurvey::new(survey.id, reason)),
            }
        }
        let asks = surveys.iter().any(Survey::appears);
        let open: Vec<String> = surveys.iter().map(|survey| survey.id.clone()).collect();
        let config = ClientConfig {
            site: site.site.key.clone(),
            assets: self.files.paths(),
            proof: rapport_ingest::proof::make(&site.secrets.config, now_ms),
            dashboard: self.dashboard.clone(),
            heat_percent: self.store.site_heat_percent(site.site.site_id).await?,
            looks: Looks::of(&theme, &site.site.name),
            time_zone: site.site.time_zone_name().to_owned(),
            cooldown_days: self.store.site_cooldown_days(site.site.site_id).await?,
            asks,
            watches: self.store.site_watches(site.site.site_id).await?,
            surveys: Vec::new(),
        };
        let surveys = surveys.into_iter().map(|survey| survey.without_dead_ends(&open)).collect();
        Ok(Made { config, surveys, unserved })
    }
}
