//! Making and revoking links, for pages, servers and the command line alike.

use crate::config::Config;
use crate::http::problem::Problem;
use crate::http::query::share::{Checked, too_many};
use crate::member::account::{password, token};
use rapport_shared::id::Id;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::share::Share;
use rapport_store::{Store, StoreError};

/// What of a link is not looked through.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Made<'a> {
    /// The report: its path below the site.
    pub path: &'a str,
    /// Its password; empty for none.
    pub password: &'a str,
    /// Whether what people wrote is shown.
    pub shows_words: bool,
}

/// Makes a link to a report of a site, in the name of `actor`: it, and its secret, which is kept nowhere.
///
/// # Errors
/// 422 where the site has as many as it may.
pub(crate) async fn make(
    store: &Store,
    clock: &Clock,
    site_id: Id,
    actor: &str,
    checked: Checked,
    made: Made<'_>,
) -> Result<(Share, String), Problem> {
    let (now_ms, secret) = (clock.now_ms(), token::random());
    let password_hash = match made.password {
        "" => String::new(),
        // One that could not be hashed opens nothing, which is better than everything.
        text => {
            Some(password::hash(text.to_owned()).await).filter(|hash| !hash.is_empty()).ok_or_else(Problem::internal)?
        }
    };
    let share = Share {
        share_id: clock.new_id(),
        name: checked.name,
        path: made.path.to_owned(),
        fields: checked.fields,
        locked: checked.locked.query(),
        shows_words: made.shows_words,
        password_hash,
        actor: actor.to_owned(),
        created_at_ms: now_ms,
        expires_at_ms: now_ms.saturating_add(checked.lasts_ms),
        revoked_at_ms: None,
        used_at_ms: None,
    };
    let entry = AuditEntry::now(clock, actor, "share.add", format!("share {}", share.name));
    if !store.add_share(site_id, &share, token::hash(&secret), &entry).await? {
        return Err(Problem::of_faults([too_many()]));
    }
    Ok((share, secret))
}

/// Ends a link, in the name of `actor`; false where the site has no such link that is open.
///
/// # Errors
/// When the store is away.
pub(crate) async fn revoke(
    store: &Store,
    clock: &Clock,
    site_id: Id,
    actor: &str,
    share_id: Id,
) -> Result<bool, StoreError> {
    let known = store.shares(site_id, clock.now_ms()).await?.into_iter().find(|share| share.share_id == share_id);
    let Some(share) = known else { return Ok(false) };
    let entry = AuditEntry::now(clock, actor, "share.revoke", format!("share {}", share.name));
    store.revoke_share(site_id, share_id, &entry).await
}

/// The address of a link, as it is handed out: with the filters that its report had when it was made.
pub(crate) fn address(config: &Config, site_key: &str, secret: &str, share: &Share) -> String {
    let query = if share.fields.is_empty() { String::new() } else { format!("?{}", share.fields) };
    format!("{}/shared/{site_key}/{secret}{query}", config.base_url())
}
