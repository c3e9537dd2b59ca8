//! Keys of servers: one site, some scopes, a bearer token.

use crate::app::feature_state;
use crate::http::page_request::SitePath;
use crate::http::problem::Problem;
use crate::member::account::token;
use axum::extract::{FromRef, FromRequestParts, Path};
use axum::http::header;
use axum::http::request::Parts;
use rapport_shared::id::Id;
use rapport_store::Store;
use rapport_store::account::scope::Scope;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use std::sync::Arc;

/// A fresh key as it is shown once. The prefix lets people and secret scanners recognise it.
pub fn random_key() -> String {
    format!("rapport_{}", token::random())
}

feature_state! {
    /// By what keys are known.
    pub(crate) struct Keys {
        store: Store,
        sites: SiteDirectory,
        clock: Clock,
    }
}

/// A server with a key of the site that the path names (`{site}`, its public key).
#[derive(Clone, Debug)]
pub struct ApiAccess {
    /// The site.
    pub site: Arc<SiteContext>,
    /// The key.
    pub key_id: Id,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

impl<S: Send + Sync> FromRequestParts<S> for ApiAccess
where
    Keys: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        // The same answer for a wrong key and for a site that does not exist.
        let refused = || Problem::unauthorized("the key is not one of this site, was revoked, or its time is over");
        let authorization = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let secret_hash = authorization
            .and_then(|text| text.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, secret)| token::hash(secret.trim()))
            .ok_or_else(|| Problem::unauthorized("send a key: Authorization: Bearer rapport_..."))?;
        let Path(path) = Path::<SitePath>::from_request_parts(parts, state).await.map_err(|_| refused())?;
        let Keys { store, sites, clock } = Keys::from_ref(state);
        let site = sites.by_key(&path.site).await?.ok_or_else(refused)?;
        let key = store.api_key_by_hash(site.site.site_id, secret_hash, clock.now_ms()).await?.ok_or_else(refused)?;
        Ok(Self { site, key_id: key.key_id, scopes: key.scopes })
    }
}

impl ApiAccess {
    /// Who does what this key does, as [`AuditEntry::actor`].
    pub fn actor(&self) -> String {
        format!("key:{}", self.key_id)
    }

    /// The note of what it does now.
    pub fn note(&self, clock: &Clock, action: &str, subject: impl Into<String>) -> AuditEntry {
        AuditEntry::now(clock, self.actor(), action, subject)
    }

    /// Refuses keys without `scope`.
    ///
    /// # Errors
    /// 403, naming the scope that is needed.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        self.require_each(&[scope])
    }

    /// Refuses keys that lack one of these scopes.
    ///
    /// # Errors
    /// 403, naming every scope that is needed, those that the key has too.
    pub fn require_each(&self, scopes: &[Scope]) -> Result<(), Problem> {
        if scopes.iter().all(|scope| self.scopes.contains(scope)) {
            return Ok(());
        }
        let names: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
        let scopes = if names.len() == 1 { "scope" } else { "scopes" };
        Err(Problem::forbidden(format!("this needs a key with the {scopes} {}", names.join(" and "))))
    }
}
