//! Origins whose pages were refused lately, so that whoever forgot one finds it on the Install page. They are kept in
//! memory, a few for each site: what anybody may send must not fill anything.

use crate::site::origin;
use rapport_shared::id::Id;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Origins remembered of one site.
const ORIGINS: usize = 10;
/// How long one is remembered after its last request, in milliseconds: a week.
const KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// An origin whose pages are not the site's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedOrigin {
    /// As browsers write it; `null` for a page without one, `other` for one that no site can have.
    pub origin: String,
    /// Requests refused.
    pub requests: u64,
    /// When the last one came, in epoch milliseconds.
    pub last_at_ms: i64,
}

/// Those of all sites. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct RefusedOrigins {
    of_sites: Arc<Mutex<HashMap<Id, Vec<RefusedOrigin>>>>,
}

impl RefusedOrigins {
    /// Counts a refused request of a site that exists.
    pub fn note(&self, site_id: Id, origin: &str, now_ms: i64) {
        let mut of_sites = self.of_sites.lock().unwrap_or_else(PoisonError::into_inner);
        let known = of_sites.entry(site_id).or_default();
        known.retain(|refused| now_ms - refused.last_at_ms < KEPT_MS);
        let origin = name(origin);
        if let Some(refused) = known.iter_mut().find(|refused| refused.origin == origin) {
            refused.requests += 1;
            refused.last_at_ms = now_ms;
            return;
        }
        // The least asked for goes first: whoever makes up origins drives out only what they made up, while a page with
        // visitors stays.
        if known.len() >= ORIGINS
            && let Some(least) = (0..known.len()).min_by_key(|at| (known[*at].requests, known[*at].last_at_ms))
        {
            known.swap_remove(least);
        }
        known.push(RefusedOrigin { origin, requests: 1, last_at_ms: now_ms });
    }

    /// Those of a site, the most asked for first.
    pub fn of_site(&self, site_id: Id, now_ms: i64) -> Vec<RefusedOrigin> {
        let of_sites = self.of_sites.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = of_sites.get(&site_id).cloned().unwrap_or_default();
        known.retain(|refused| now_ms - refused.last_at_ms < KEPT_MS);
        known.sort_by(|a, b| (b.requests, b.last_at_ms, &a.origin).cmp(&(a.requests, a.last_at_ms, &b.origin)));
        known
    }
}

/// The form in which it is kept and shown: nothing that a request makes up, but for a host that could be one.
fn name(origin: &str) -> String {
    match origin::normalize(origin) {
        Ok(origin) => origin,
        Err(_) if origin == "null" => "null".to_owned(),
        Err(_) => "other".to_owned(),
    }
}

/// The command that lets pages of an origin send; `None` for one that no site can have.
pub fn command(site_key: &str, origin: &str) -> Option<String> {
    let origin = origin::normalize(origin).ok()?;
    Some(format!("rapport site origin add {site_key} {origin}"))
}

/// Why a page of that origin is refused, and what would help.
pub fn reason(site_key: &str, origin: &str) -> String {
    match command(site_key, origin) {
        Some(command) => format!("{} is not one of the site's origins: `{command}` makes it one", name(origin)),
        None if origin == "null" => {
            "a page without an origin, such as a file or a sandboxed frame, cannot be one of the site's".to_owned()
        }
        None => "the origin of this page cannot be one of the site's: it is neither of the web nor of an application"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: Id = Id([1; 16]);

    #[test]
    fn made_up_origins_fill_nothing_and_drive_out_no_page_with_visitors() {
        let refused = RefusedOrigins::default();
        for at_ms in 0..3 {
            refused.note(SITE, "https://Staging.example.com", at_ms);
        }
        for made_up in 0..1_000 {
            refused.note(SITE, &format!("https://{made_up}.example"), 10 + made_up);
        }
        let known = refused.of_site(SITE, 2_000);
        assert_eq!(known.len(), ORIGINS);
        let staging = RefusedOrigin { origin: "https://staging.example.com".into(), requests: 3, last_at_ms: 2 };
        assert_eq!(known[0], staging);
        assert_eq!(refused.of_site(Id([2; 16]), 2_000), []);
        refused.note(SITE, "https://late.example", KEPT_MS + 2_000);
        let origins: Vec<_> = refused.of_site(SITE, KEPT_MS + 2_000).into_iter().map(|known| known.origin).collect();
        assert_eq!(origins, ["https://late.example"]);
    }

    #[test]
    fn nothing_that_a_shell_would_read_otherwise_is_shown() {
        let refused = RefusedOrigins::default();
        for hostile in ["https://a.example;rm -rf ~", "https://$(id).example", "https://a'b.example", "<script>", ""] {
            refused.note(SITE, hostile, 1);
            assert_eq!(command("shop", hostile), None, "{hostile}");
        }
        refused.note(SITE, "null", 2);
        let known: Vec<_> = refused.of_site(SITE, 3).into_iter().map(|known| (known.origin, known.requests)).collect();
        assert_eq!(known, [("other".to_owned(), 5), ("null".to_owned(), 1)]);
        let said = reason("shop", "https://a.example");
        assert!(said.contains("`rapport site origin add shop https://a.example`"), "{said}");
    }
}
