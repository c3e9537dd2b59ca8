//! One-time links: how a person gets in without a password, from the command line.

use super::token;
use crate::clock::Clock;
use crate::store::accounts::TokenKind;
use crate::store::audit::AuditEntry;
use crate::store::{Store, StoreError};
use rapport_shared::id::Id;

/// How long a link can be used, in milliseconds (one day).
pub const LINK_MS: i64 = 24 * 60 * 60 * 1_000;

/// Makes a link below `base_url` that signs the account in once, and notes it for the sites of `entries`. `?next=/path`
/// may be added.
///
/// # Errors
/// When the store is away.
pub async fn new_link(
    store: &Store,
    clock: &Clock,
    base_url: &str,
    account_id: Id,
    entries: &[(Id, AuditEntry)],
) -> Result<String, StoreError> {
    let secret = token::random();
    let now_ms = clock.now_ms();
    let lasts = (now_ms, now_ms + LINK_MS);
    store.add_noted_token(token::hash(&secret), account_id, TokenKind::Link, lasts, entries).await?;
    Ok(format!("{base_url}/sign-in/link/{secret}"))
}
