//! Extractors of pages: who is signed in, and what they may see.

use super::{session, token};
use crate::app::feature_state;
use crate::config::Config;
use crate::http::page_request::SitePath;
use crate::http::problem::Problem;
use crate::member::PageError;
use crate::member::share::Guest;
use axum::extract::{FromRef, FromRequestParts, Path};
use axum::http::request::Parts;
use rapport_shared::id::Id;
use rapport_store::Store;
use rapport_store::account::role::Role;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use std::sync::Arc;

feature_state! {
    /// By what people are known, and what they belong to.
    pub struct Members {
        config: Arc<Config>,
        clock: Clock,
        store: Store,
        sites: SiteDirectory,
    }
}

/// A person who is signed in. Others are sent to the sign-in page.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The account.
    pub account_id: Id,
    /// Its mail address.
    pub email: String,
    /// Whether it has a password yet; without one a new link is needed next time.
    pub has_password: bool,
}

/// A member of the site that the path names (`{site}`, its key). For anybody else there is no such site.
#[derive(Clone, Debug)]
pub struct Access {
    /// The site.
    pub site: Arc<SiteContext>,
    /// What the member may do there.
    pub role: Role,
    /// Who it is.
    pub member: SignedIn,
    /// Whoever reads this one report under a link, and is no member.
    pub guest: Option<Arc<Guest>>,
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn
where
    Members: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let members = Members::from_ref(state);
        let account = match session::token(&members.config, &parts.headers) {
            Some(secret) => members.store.account_of_session(token::hash(&secret), members.clock.now_ms()).await?,
            None => None,
        };
        match account {
            Some(account) => Ok(Self {
                account_id: account.account_id,
                has_password: !account.password_hash.is_empty(),
                email: account.email,
            }),
            None if parts.method.is_safe() => Err(PageError::SignIn(sign_in_address(parts))),
            None => Err(Problem::unauthorized("sign in again: the session has ended").into()),
        }
    }
}

/// The sign-in page, with the way back to where the request wanted to go.
fn sign_in_address(parts: &Parts) -> String {
    let wanted = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let escaped: String = wanted
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => (byte as char).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    if wanted == "/" { "/sign-in".into() } else { format!("/sign-in?next={escaped}") }
}

impl<S: Send + Sync> FromRequestParts<S> for Access
where
    Members: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        if let Some(guest) = parts.extensions.get::<Arc<Guest>>() {
            return Ok(Self::of_guest(guest.clone()));
        }
        let members = Members::from_ref(state);
        let member = SignedIn::from_request_parts(parts, state).await?;
        let not_found = || Problem::not_found("there is no such site, or you are not a member of it");
        let Path(path) = Path::<SitePath>::from_request_parts(parts, state).await.map_err(|_| not_found())?;
        let site = members.sites.by_key(&path.site).await?.ok_or_else(not_found)?;
        let role = members.store.role(site.site.site_id, member.account_id).await?;
        Ok(Self { site, role: role.ok_or_else(not_found)?, member, guest: None })
    }
}

impl Access {
    /// Whoever reads a report under a link may read it, and nothing else.
    fn of_guest(guest: Arc<Guest>) -> Self {
        let member = SignedIn { account_id: Id::default(), email: String::new(), has_password: false };
        Self { site: guest.site.clone(), role: Role::Viewer, member, guest: Some(guest) }
    }

    /// Refuses whoever reads under a link that does not show what people wrote.
    ///
    /// # Errors
    /// 403.
    pub fn require_words(&self) -> Result<(), PageError> {
        match &self.guest {
            Some(guest) if !guest.shows_words => Err(Guest::refusal()),
            _ => Ok(()),
        }
    }

    /// A note of what the member does now, to be stored with the change itself.
    pub fn note(&self, clock: &Clock, action: &str, subject: String) -> AuditEntry {
        AuditEntry::now(clock, &self.member.email, action, subject)
    }

    /// Refuses whoever reads under a link: what tells single visits apart is for members.
    ///
    /// # Errors
    /// 403.
    pub fn require_member(&self) -> Result<(), PageError> {
        if self.guest.is_some() { Err(Guest::refusal()) } else { Ok(()) }
    }

    /// Refuses members with less than `role`.
    ///
    /// # Errors
    /// 403, naming the role that is needed.
    pub fn require(&self, role: Role) -> Result<(), PageError> {
        if self.role >= role {
            return Ok(());
        }
        let who = "An owner of the site gives roles, on its People page";
        Err(Problem::forbidden(format!("this needs the role {role}. {who}")).into())
    }
}
