//! Who fetched the tag's configuration last, of each site: kept in memory for whoever waits for a first view, and told nobody else.

use axum::http::{HeaderMap, header};
use rapport_ingest::Client;
use rapport_shared::id::Id;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A page that fetched it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagSeen {
    /// When, in epoch milliseconds.
    pub at_ms: i64,
    /// The origin of the page; empty where the browser did not say.
    pub origin: String,
    /// Whether its browser asks for privacy (`Sec-GPC` or `DNT`): nothing is measured then.
    pub asks_for_privacy: bool,
    /// Whether it was a robot: what it sends is counted nowhere.
    pub is_robot: bool,
}

/// The last of each site, since this collector started.
#[derive(Clone, Default)]
pub struct TagsSeen(Arc<Mutex<HashMap<Id, TagSeen>>>);

/// Longest origin that is kept, in bytes.
const ORIGIN_BYTES: usize = 300;

impl TagsSeen {
    /// Notes a request.
    pub fn note(&self, site_id: Id, headers: &HeaderMap, now_ms: i64) {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let client = Client::new(text("user-agent"), "", text("sec-gpc"), text("dnt"));
        let origin = text(header::ORIGIN.as_str());
        let origin = if origin.len() <= ORIGIN_BYTES { origin.to_owned() } else { String::new() };
        let seen = TagSeen { at_ms: now_ms, origin, asks_for_privacy: client.privacy_signal, is_robot: client.bot };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(site_id, seen);
    }

    /// The last one of a site.
    pub fn last(&self, site_id: Id) -> Option<TagSeen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&site_id).cloned()
    }
}
