//! One-time links: how a person gets in without a password, from the command line.

use super::token;
use rapport_shared::id::Id;
use rapport_store::account::TokenKind;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::{Store, StoreError};

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
    store.add_noted_token(token::hash(&secret), account_id, TokenKind::Link, lasts(clock), entries).await?;
    Ok(address(base_url, &secret))
}

/// Ends the account's password and everything it is signed in with, and makes a link below `base_url` by which the person
/// chooses another password, once; noted for the sites of `entries`.
///
/// # Errors
/// When the store is away.
pub async fn reset_link(
    store: &Store,
    clock: &Clock,
    base_url: &str,
    account_id: Id,
    entries: &[(Id, AuditEntry)],
) -> Result<String, StoreError> {
    let secret = token::random();
    store.reset_password(account_id, token::hash(&secret), lasts(clock), entries).await?;
    Ok(address(base_url, &secret))
}

/// From when until when a link made now can be used.
fn lasts(clock: &Clock) -> (i64, i64) {
    let now_ms = clock.now_ms();
    (now_ms, now_ms + LINK_MS)
}

fn address(base_url: &str, secret: &str) -> String {
    format!("{base_url}/sign-in/link/{secret}")
}
