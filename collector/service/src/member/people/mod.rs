//! The People page: who belongs to a site, with which role, and who was asked to.

use super::frame::{Fields, Frame, Frames, Page, carried};
use super::{PageError, render};
use crate::app::{App, feature_state};
use crate::config::Config;
use crate::http::problem::Problem;
use crate::http::query::slice::SliceQuery;
use crate::mail::{Mailer, account as account_mail};
use crate::member::account::{Access, Submitted, invitation_address, normalize_email, token};
use crate::member::reading::*;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use rapport_report::response::Time;
use rapport_report::slice::Slice;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::Store;
use rapport_store::account::invitation::{Invitation, LASTS_MS, MOST};
use rapport_store::account::role::Role;
use rapport_store::clock::Clock;
use serde::Deserialize;
use std::sync::Arc;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sites/{site}/people", get(page).post(invite))
        .route("/sites/{site}/people/{id}", post(change))
        .route("/sites/{site}/people/{id}/remove", post(remove))
        .route("/sites/{site}/people/invitations/{id}/revoke", post(revoke))
}

feature_state! {
    /// What the page needs.
    pub(super) struct Needs {
        store: Store,
        clock: Clock,
        config: Arc<Config>,
        mailer: Mailer,
        frames: Frames,
    }
}

/// A member as they are listed.
struct Line {
    id: String,
    email: String,
    role: Role,
    is_self: bool,
}

/// An invitation as it is listed.
struct Asked {
    id: Id,
    email: String,
    role: Role,
    actor: String,
    until: Time,
    is_over: bool,
}

/// An invitation that was made just now.
struct Made {
    email: String,
    /// The link, where it is to be handed over by hand; empty where a mail brings it.
    link: String,
}

#[derive(Template)]
#[template(path = "member/people/page.html")]
struct PeoplePage {
    frame: Frame,
    lines: Vec<Line>,
    asked: Vec<Asked>,
    may_change: bool,
    are_mails_sent: bool,
    made: Option<Made>,
    /// What was typed, and what is wrong with it.
    email: String,
    role: Role,
    error: String,
    query: String,
}

/// What a page says besides the lists.
#[derive(Default)]
struct Besides {
    made: Option<Made>,
    email: String,
    role: Option<Role>,
    error: String,
}

/// What stands for a member in the addresses of a site: nothing that is known of them elsewhere.
fn shown_member(site_id: Id, account_id: Id) -> String {
    let both = [site_id.0, account_id.0].concat();
    let digits: String = both.iter().map(|byte| format!("{byte:02x}")).collect();
    token::hash(&digits).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

async fn show(needs: &Needs, access: &Access, slice: &Slice, besides: Besides) -> Result<Response, PageError> {
    let place = Page { title: "People", part: "people", path: "people", back: None, compares: false, dimensions: &[] };
    let mut frame = Frame::plain(&needs.frames, access, &place, slice).await?;
    frame.scope = "Who belongs to this site".to_owned();
    let site = &access.site.site;
    let may_change = access.role >= Role::Owner;
    let members = needs.store.members(site.site_id).await?;
    let invitations = if may_change { needs.store.invitations(site.site_id).await? } else { Vec::new() };
    let now_ms = needs.clock.now_ms();
    let status = if besides.error.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let line = |member: rapport_store::account::Member| Line {
        id: shown_member(site.site_id, member.account_id),
        is_self: member.account_id == access.member.account_id,
        email: member.email,
        role: member.role,
    };
    let asked = |invitation: Invitation| Asked {
        id: invitation.invitation_id,
        email: invitation.email,
        role: invitation.role,
        actor: invitation.actor,
        until: Time::new(invitation.expires_at_ms, &site.time_zone),
        is_over: invitation.expires_at_ms <= now_ms,
    };
    let mut response = render(&PeoplePage {
        lines: members.into_iter().map(line).collect(),
        asked: invitations.into_iter().map(asked).collect(),
        may_change,
        are_mails_sent: needs.mailer.is_set(),
        made: besides.made,
        email: besides.email,
        role: besides.role.unwrap_or(Role::Viewer),
        error: besides.error,
        query: slice.suffix(),
        frame,
    })?;
    *response.status_mut() = status;
    Ok(response)
}

async fn page(State(needs): State<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    show(&needs, &access, &carried(&fields), Besides::default()).await
}

fn role_of(text: &str) -> Result<Role, PageError> {
    text.parse().map_err(|reason: String| Problem::of_faults([Fault::new("role", reason)]).into())
}

#[derive(Deserialize)]
struct Invited {
    email: String,
    role: String,
    /// How the link gets there: `mail` or `link`.
    #[serde(default)]
    by: String,
}

async fn invite(
    State(needs): State<Needs>,
    access: Access,
    fields: Fields,
    Submitted(form): Submitted<Invited>,
) -> Result<Response, PageError> {
    access.require(Role::Owner)?;
    let slice = carried(&fields);
    let role = role_of(&form.role)?;
    let refused = |error: String| Besides { email: form.email.clone(), role: Some(role), error, made: None };
    let email = match normalize_email(&form.email) {
        Ok(email) => email,
        Err(reason) => return show(&needs, &access, &slice, refused(reason)).await,
    };
    let site = &access.site.site;
    if needs.store.members(site.site_id).await?.iter().any(|member| member.email == email) {
        let reason = format!("{email} is a member already: change the role in the list");
        return show(&needs, &access, &slice, refused(reason)).await;
    }
    if needs.store.invitations(site.site_id).await?.len() >= MOST {
        let reason = format!("{MOST} invitations wait already: take some back first");
        return show(&needs, &access, &slice, refused(reason)).await;
    }
    let by_mail = needs.mailer.is_set() && form.by != "link";
    let (secret, now_ms) = (token::random(), needs.clock.now_ms());
    let invitation = Invitation {
        invitation_id: needs.clock.new_id(),
        email: email.clone(),
        role,
        actor: access.member.email.clone(),
        created_at_ms: now_ms,
        expires_at_ms: now_ms + LASTS_MS,
    };
    let link = invitation_address(&needs.config.base_url(), &site.key, &secret);
    let about = format!("invitation:{}", invitation.invitation_id);
    let mail = match by_mail {
        true => Some(account_mail::invitation(
            (&needs.config, &needs.clock),
            site.site_id,
            (&about, &email),
            (&site.name, role.as_str(), &access.member.email),
            &link,
        )?),
        false => None,
    };
    let entry = access.note(&needs.clock, "invitation.add", format!("invitation {email} as {role}"));
    let asked = (&invitation, token::hash(&secret));
    needs.store.invite(site.site_id, asked, mail.as_ref(), &entry, &needs.clock).await?;
    let made = Some(Made { email, link: if by_mail { String::new() } else { link } });
    show(&needs, &access, &slice, Besides { made, ..Besides::default() }).await
}

fn back(access: &Access, fields: &Fields) -> Response {
    Redirect::to(&format!("/sites/{}/people{}", access.site.site.key, carried(fields).suffix())).into_response()
}

const NO_MEMBER: PageError = PageError::NotFound("This site has no such member.");

/// The account and the address of a member of the site.
async fn member(needs: &Needs, access: &Access, shown: &str) -> Result<(Id, String), PageError> {
    let site_id = access.site.site.site_id;
    let members = needs.store.members(site_id).await?;
    let found = members.into_iter().find(|member| shown_member(site_id, member.account_id) == shown);
    found.map(|member| (member.account_id, member.email)).ok_or(NO_MEMBER)
}

#[derive(Deserialize)]
struct Changed {
    role: String,
}

async fn change(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
    Submitted(form): Submitted<Changed>,
) -> Result<Response, PageError> {
    access.require(Role::Owner)?;
    let role = role_of(&form.role)?;
    let (account_id, email) = member(&needs, &access, &id).await?;
    let site = &access.site.site;
    let entry = access.note(&needs.clock, "member.change", format!("member {email} to {role}"));
    let changed = needs.store.change_role(site.site_id, account_id, role, &entry).await?;
    match changed.refusal(&email, &site.name) {
        Some(error) => show(&needs, &access, &carried(&fields), Besides { error, ..Besides::default() }).await,
        None => Ok(back(&access, &fields)),
    }
}

async fn remove(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    access.require(Role::Owner)?;
    let (account_id, email) = member(&needs, &access, &id).await?;
    let site = &access.site.site;
    let entry = access.note(&needs.clock, "member.remove", format!("member {email}"));
    let changed = needs.store.end_membership(site.site_id, account_id, &entry).await?;
    match changed.refusal(&email, &site.name) {
        Some(error) => show(&needs, &access, &carried(&fields), Besides { error, ..Besides::default() }).await,
        None if account_id == access.member.account_id => Ok(Redirect::to("/sites").into_response()),
        None => Ok(back(&access, &fields)),
    }
}

async fn revoke(
    State(needs): State<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    access.require(Role::Owner)?;
    const NONE: PageError = PageError::NotFound("This site has no such invitation that waits.");
    let id = Id::parse(&id).ok_or(NONE)?;
    let site_id = access.site.site.site_id;
    let found = needs.store.invitations(site_id).await?.into_iter().find(|asked| asked.invitation_id == id);
    let email = found.ok_or(NONE)?.email;
    let entry = access.note(&needs.clock, "invitation.revoke", format!("invitation {email}"));
    if !needs.store.revoke_invitation(site_id, id, &entry).await? {
        return Err(NONE);
    }
    Ok(back(&access, &fields))
}
