//! Accepting an invitation to a site: with the link, by whoever signs in with the address that was asked, or chooses a password for it.
//!
//! Whoever made an invitation may have its link as well. So the link makes a password only for an account that opens nothing yet, and a membership only
//! for the account of the address: nobody gets at another site of somebody by asking them to their own.

use super::access::SignedIn;
use super::form::Submitted;
use super::sign_in::{Needs, begin_session, html};
use super::{browser, password, token};
use crate::app::App;
use crate::http::problem::Problem;
use crate::member::PageError;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use rapport_shared::id::Id;
use rapport_store::account::invitation::Invitation;
use rapport_store::account::{Account, role::Role};
use rapport_store::audit::AuditEntry;
use rapport_store::site::directory::SiteContext;
use serde::Deserialize;
use std::sync::Arc;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/invitations/{site}/{token}", get(page).post(accept))
}

/// The address of an invitation below `base_url`.
pub(crate) fn address(base_url: &str, site_key: &str, secret: &str) -> String {
    format!("{base_url}/invitations/{site_key}/{secret}")
}

/// What whoever opened the link can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Accept it: they are signed in with the address.
    Accept,
    /// Choose a password: nobody signs in with the address yet.
    Choose,
    /// Sign in first: somebody does.
    SignIn,
    /// Sign out first: they are signed in with another address.
    Other,
    /// Ask for a link first: the account has no password, and opens something already.
    Known,
    /// Nothing: the invitation is over.
    Over,
}

#[derive(Template)]
#[template(path = "member/account/invitation.html")]
struct InvitationPage<'a> {
    way: Way,
    site_name: &'a str,
    email: &'a str,
    role: &'a str,
    actor: &'a str,
    here: String,
    characters: usize,
    error: &'a str,
}

/// An invitation that was opened.
struct Opened {
    site: Arc<SiteContext>,
    invitation: Invitation,
    account: Option<Account>,
    way: Way,
}

async fn opened(
    needs: &Needs,
    (site_key, secret): (&str, &str),
    member: Option<&SignedIn>,
) -> Result<Option<Opened>, PageError> {
    let Some(site) = needs.sites.by_key(site_key).await? else { return Ok(None) };
    let (site_id, now_ms) = (site.site.site_id, needs.clock.now_ms());
    let found = needs.store.invitation_by_token(site_id, token::hash(secret), now_ms).await?;
    let Some(invitation) = found else { return Ok(None) };
    let account = needs.store.account_by_email(&invitation.email).await?;
    let way = match (member, &account) {
        (Some(member), _) if member.email == invitation.email => Way::Accept,
        (Some(_), _) => Way::Other,
        (None, Some(account)) if !account.password_hash.is_empty() => Way::SignIn,
        (None, Some(account)) if !needs.store.memberships(account.account_id).await?.is_empty() => Way::Known,
        (None, _) => Way::Choose,
    };
    Ok(Some(Opened { site, invitation, account, way }))
}

fn show(
    opened: Option<&Opened>,
    (site_key, secret): (&str, &str),
    (status, error): (StatusCode, &str),
) -> Result<Response, PageError> {
    let over = |way| InvitationPage {
        way,
        site_name: "",
        email: "",
        role: "",
        actor: "",
        here: address("", site_key, secret),
        characters: password::CHARACTERS,
        error,
    };
    let Some(opened) = opened else { return html(StatusCode::GONE, &over(Way::Over)) };
    html(
        status,
        &InvitationPage {
            site_name: &opened.site.site.name,
            email: &opened.invitation.email,
            role: opened.invitation.role.as_str(),
            actor: &opened.invitation.actor,
            ..over(opened.way)
        },
    )
}

/// Opening the link uses nothing up: programs that look at links in mails do so too.
async fn page(
    State(needs): State<Needs>,
    Path((site_key, secret)): Path<(String, String)>,
    member: Result<SignedIn, PageError>,
) -> Result<Response, PageError> {
    let link = (site_key.as_str(), secret.as_str());
    let opened = opened(&needs, link, member.as_ref().ok()).await?;
    show(opened.as_ref(), link, (StatusCode::OK, ""))
}

#[derive(Deserialize)]
struct Chosen {
    #[serde(default)]
    new: String,
}

async fn accept(
    State(needs): State<Needs>,
    Path((site_key, secret)): Path<(String, String)>,
    member: Result<SignedIn, PageError>,
    headers: HeaderMap,
    Submitted(form): Submitted<Chosen>,
) -> Result<Response, PageError> {
    let link = (site_key.as_str(), secret.as_str());
    let Some(opened) = opened(&needs, link, member.as_ref().ok()).await? else {
        return show(None, link, (StatusCode::GONE, ""));
    };
    let next = format!("/sites/{}/overview", opened.site.site.key);
    match (opened.way, member) {
        (Way::Accept, Ok(member)) => match take(&needs, &opened, member.account_id).await? {
            true => Ok(Redirect::to(&next).into_response()),
            false => show(None, link, (StatusCode::GONE, "")),
        },
        (Way::Choose, _) => {
            let names = [opened.site.site.name.clone()];
            if let Some(fault) = password::fault(form.new.clone(), &opened.invitation.email, &names).await {
                return show(Some(&opened), link, (StatusCode::UNPROCESSABLE_ENTITY, &fault));
            }
            let hash = password::hash(form.new).await;
            if hash.is_empty() {
                return Err(Problem::internal().into());
            }
            let account_id = match &opened.account {
                Some(account) => account.account_id,
                None => {
                    let (id, now_ms) = (needs.clock.new_id(), needs.clock.now_ms());
                    needs.store.account_for_email(id, &opened.invitation.email, now_ms).await?.account_id
                }
            };
            if !take(&needs, &opened, account_id).await? {
                return show(None, link, (StatusCode::GONE, ""));
            }
            needs.store.set_password(account_id, &hash).await?;
            begin_session(&needs, account_id, &next, (false, &browser::name(&headers))).await
        }
        _ => show(Some(&opened), link, (StatusCode::CONFLICT, "")),
    }
}

/// Makes the account a member; false where somebody was faster. Who is more already stays it.
async fn take(needs: &Needs, opened: &Opened, account_id: Id) -> Result<bool, PageError> {
    let (site_id, email) = (opened.site.site.site_id, &opened.invitation.email);
    let before: Option<Role> = needs.store.role(site_id, account_id).await?;
    let role = before.map_or(opened.invitation.role, |before| before.max(opened.invitation.role));
    let invitation = Invitation { role, ..opened.invitation.clone() };
    let entry = AuditEntry::now(&needs.clock, email, "invitation.accept", format!("member {email} as {role}"));
    Ok(needs.store.accept_invitation(site_id, (&invitation, account_id), &entry).await?)
}
