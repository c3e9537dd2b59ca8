//! Mail with customers: the site's address, what is written without anybody's doing, what came in and what became of it, and addresses
//! where mails come back.

use super::frame::{Fields, Frame, Frames, Page, carried, field};
use super::{PageError, export, render};
use crate::app::{App, feature_state};
use crate::config::Config;
use crate::http::export::csv;
use crate::http::problem::Problem;
use crate::mail::received::Receiver;
use crate::mail::reply::usual_address;
use crate::mail::thread::TAGGED_BYTES;
use crate::mail::write::{Correspondence, address};
use crate::member::account::{Access, Submitted};
use crate::member::reading::*;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use rapport_report::response::Time;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::account::role::Role;
use rapport_store::clock::Clock;
use rapport_store::conversation::received::{Bounce, Outcome};
use rapport_store::conversation::site_mail::{NAME_CHARACTERS, SiteMail};
use rapport_store::{Store, text};
use serde::Deserialize;
use std::sync::Arc;

/// Mails and addresses that are listed.
const LISTED: u32 = 100;

/// Routes of the page.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/sites/{site}/mail", get(page).post(save))
        .route("/sites/{site}/mail/{key}/open", post(open))
        .route("/sites/{site}/mail/addresses", post(again))
}

feature_state! {
    /// What the page needs.
    pub(super) struct Needs {
        clock: Clock,
        store: Store,
        config: Arc<Config>,
        frames: Frames,
        receiver: Receiver,
        correspondence: Correspondence,
    }
}

/// A mail that came in.
struct Came {
    key: Id,
    at: Time,
    sender: String,
    subject: String,
    outcome: &'static str,
    class: &'static str,
    reason: String,
    code: String,
    /// Whether a ticket can be made of it.
    opens: bool,
}

/// An address where mails come back.
struct Bounced {
    address: String,
    is_hard: bool,
    reason: String,
    bounces: i64,
    at: Time,
}

#[derive(Template)]
#[template(path = "member/mail/page.html")]
struct MailPage {
    frame: Frame,
    settings: SiteMail,
    usual: String,
    lack: Option<&'static str>,
    mailbox: Option<String>,
    may_change: bool,
    may_act: bool,
    came: Vec<Came>,
    bounced: Vec<Bounced>,
}

async fn page(State(needs): State<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    let (site, zone) = (&access.site.site, &access.site.site.time_zone);
    if let Some(csv) = csv::wanted(&fields)? {
        access.require(super::ticket::MAY_ACT)?;
        let mails = needs.store.received_mails(site.site_id, u32::MAX).await?;
        return Ok(export::received_mails(csv, field(&fields, "table"), &mails, &access.site)?);
    }
    let slice = carried(&fields);
    let place =
        Page { title: "Mail with customers", part: "mail", path: "mail", back: None, compares: false, dimensions: &[] };
    let frame = Frame::plain(&needs.frames, &access, &place, &slice).await?;
    let may_act = access.role >= super::ticket::MAY_ACT;
    let mails = if may_act { needs.store.received_mails(site.site_id, LISTED).await? } else { Vec::new() };
    let bounced = if may_act { needs.store.bounced_addresses(site.site_id, LISTED).await? } else { Vec::new() };
    let came = mails.into_iter().map(|mail| Came {
        key: mail.mail_key,
        at: Time::new(mail.received_at_ms, zone),
        opens: mail.outcome == Outcome::SetAside && mail.ticket_id.is_none() && !mail.text.is_empty(),
        sender: mail.sender,
        subject: mail.subject,
        outcome: match mail.outcome {
            Outcome::Appended => "in a ticket",
            Outcome::Opened => "opened a ticket",
            Outcome::Bounced => "could not be delivered",
            Outcome::SetAside => "set aside",
        },
        class: match mail.outcome {
            Outcome::Appended | Outcome::Opened => "tag good",
            Outcome::Bounced => "tag bad",
            Outcome::SetAside => "tag",
        },
        reason: mail.reason,
        code: mail.ticket_id.map(rapport_store::ticket::code_of).unwrap_or_default(),
    });
    let bounced = bounced.into_iter().map(|of| Bounced {
        is_hard: of.kind == Bounce::Hard,
        at: Time::new(of.last_at_ms, zone),
        address: of.address,
        reason: of.reason,
        bounces: of.bounces,
    });
    render(&MailPage {
        settings: needs.store.site_mail(site.site_id).await?,
        usual: usual_address(&needs.config).unwrap_or_default(),
        lack: needs.correspondence.lack(site).await?,
        mailbox: needs.config.mailbox().ok().flatten().map(|mailbox| mailbox.name()),
        may_change: access.role >= Role::Editor,
        may_act,
        came: came.collect(),
        bounced: bounced.collect(),
        frame,
    })
}

fn back(access: &Access, fields: &Fields) -> Response {
    Redirect::to(&format!("/sites/{}/mail{}", access.site.site.key, carried(fields).suffix())).into_response()
}

#[derive(Deserialize)]
struct Form {
    #[serde(default)]
    address: String,
    #[serde(default)]
    sender_name: String,
    acknowledges: Option<String>,
    asks: Option<String>,
}

/// What a form comes to.
///
/// # Errors
/// Every field at fault.
pub(crate) fn checked(
    (typed, sender_name): (&str, &str),
    (acknowledges, asks): (bool, bool),
) -> Result<SiteMail, Vec<Fault>> {
    let mut faults = Vec::new();
    let own = match typed.trim() {
        "" => Some(String::new()),
        typed => address(typed),
    };
    match &own {
        None => faults.push(Fault::new("address", "must be a mail address such as help@shop.example, or empty")),
        Some(own)
            if own.rsplit_once('@').is_some_and(|(local, _)| local.len() > TAGGED_BYTES || local.contains('+')) =>
        {
            let reason = format!("must have at most {TAGGED_BYTES} bytes before its @, and no +: a tag goes there");
            faults.push(Fault::new("address", reason));
        }
        Some(_) => {}
    }
    let name = text::bounded(sender_name.trim(), usize::MAX);
    let has = name.chars().count();
    if has > NAME_CHARACTERS {
        faults.push(Fault::new("sender_name", format!("must be at most {NAME_CHARACTERS} characters, has {has}")));
    }
    match own {
        Some(address) if faults.is_empty() => Ok(SiteMail { address, sender_name: name, acknowledges, asks }),
        _ => Err(faults),
    }
}

async fn save(
    State(needs): State<Needs>,
    access: Access,
    fields: Fields,
    Submitted(form): Submitted<Form>,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let switches = (form.acknowledges.is_some(), form.asks.is_some());
    let site_id = access.site.site.site_id;
    let settings = checked((&form.address, &form.sender_name), switches).map_err(Problem::of_faults)?;
    if !settings.address.is_empty() {
        let all = needs.store.site_ids().await?;
        let others = needs.store.addresses_of_sites(&all).await?;
        if others.iter().any(|(other, address)| *other != site_id && *address == settings.address) {
            let fault = Fault::new("address", "is that of another site: nobody could say whose mails are whose");
            return Err(Problem::of_faults([fault]).into());
        }
    }
    let entry = access.note(&needs.clock, "mail.settings", "mail with customers".to_owned());
    needs.store.set_site_mail(site_id, &settings, &entry).await?;
    Ok(back(&access, &fields))
}

/// Makes a ticket of a mail that was set aside.
async fn open(
    State(needs): State<Needs>,
    access: Access,
    Path((_, key)): Path<(String, String)>,
) -> Result<Response, PageError> {
    const NONE: PageError = PageError::NotFound("No such mail was set aside.");
    access.require(super::ticket::MAY_ACT)?;
    let site = &access.site.site;
    let key = Id::parse(&key).ok_or(NONE)?;
    let kept = needs.store.received_mail(site.site_id, key).await?.ok_or(NONE)?;
    if kept.outcome == Outcome::SetAside && kept.ticket_id.is_none() {
        let opened = needs.receiver.opened_by_hand(site.site_id, &kept, &access.member.email);
        let code = opened.received.ticket_id.map(rapport_store::ticket::code_of).unwrap_or_default();
        let entry = access.note(&needs.clock, "ticket.open", format!("ticket {code}"));
        needs.store.open_set_aside(site.site_id, (key, &opened), &entry).await?;
    }
    let ticket = rapport_store::ticket::code_of(rapport_store::ticket::id_of(site.site_id, key));
    Ok(Redirect::to(&format!("/sites/{}/inbox/{ticket}", site.key)).into_response())
}

#[derive(Deserialize)]
struct Again {
    address: String,
}

/// Writes to an address again where mails came back.
async fn again(
    State(needs): State<Needs>,
    access: Access,
    fields: Fields,
    Submitted(form): Submitted<Again>,
) -> Result<Response, PageError> {
    access.require(super::ticket::MAY_ACT)?;
    let entry = access.note(&needs.clock, "mail.address", "an address is written to again".to_owned());
    needs.store.forget_bounce(access.site.site.site_id, &form.address.to_lowercase(), &entry).await?;
    Ok(back(&access, &fields))
}
