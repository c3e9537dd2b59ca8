//! The background work of a collector: kinds of jobs, a file each, and the worker that does them.
//!
//! Jobs wait in the database (`rapport_store::job`), and each is done by one of the collectors on it. A new kind is a file here
//! that says its name, what it needs to know, what it does and how often it is tried, and a line in [`kinds`].

pub mod arrival;
pub mod attachment;
pub mod ended_job;
pub mod erased_item;
pub mod every_site;
pub mod finding;
pub mod follow_up;
#[cfg(test)]
mod follow_up_test;
pub mod kind;
pub mod log;
pub mod mail_report;
pub mod merge;
pub mod news;
pub mod notice;
#[cfg(test)]
mod notice_test;
pub mod page_path;
pub mod persona;
pub mod question;
pub mod receive_mail;
pub mod recount_days;
pub mod remove_site;
pub mod reset_mail;
pub mod response_news;
pub mod rollup;
#[cfg(test)]
mod rollup_test;
pub mod salt;
pub mod send_mail;
pub mod target;
pub mod ticket;
pub mod told;
pub mod webhook;
#[cfg(test)]
mod webhook_test;
pub mod words;
pub mod worker;
#[cfg(test)]
mod worker_test;

use crate::app::{App, Reports};
use crate::mail::received::Receiver;
use axum::extract::FromRef;
use kind::Registry;

/// Everything that makes something of responses that arrived.
fn takers(app: &App) -> Vec<Box<dyn arrival::Taker>> {
    vec![
        Box::new(ticket::OpenTickets { store: app.store.clone(), clock: app.clock.clone() }),
        Box::new(words::IndexWords { store: app.store.clone() }),
        Box::new(response_news::TellOfResponses { store: app.store.clone(), clock: app.clock.clone() }),
    ]
}

/// Every kind of job that this program knows.
pub fn kinds(app: &App) -> Registry {
    let (store, clock, sites) = (&app.store, &app.clock, &app.sites);
    Registry::default()
        .with(arrival::TakeArrivals { store: store.clone(), sites: sites.clone(), takers: takers(app) })
        .with(attachment::RemoveUnwanted { store: store.clone(), clock: clock.clone() })
        .with(ended_job::ForgetEnded { store: store.clone(), clock: clock.clone() })
        .with(erased_item::ForgetErased { store: store.clone(), clock: clock.clone() })
        .with(finding::FindTargets { store: store.clone(), clock: clock.clone() })
        .with(finding::FindIssues {
            store: store.clone(),
            clock: clock.clone(),
            sites: sites.clone(),
            reports: Reports::from_ref(app),
        })
        .with(follow_up::FollowUps {
            store: store.clone(),
            clock: clock.clone(),
            config: app.config.clone(),
            names: app.names.clone(),
            sites: sites.clone(),
            mailer: app.mailer.clone(),
        })
        .with(log::WipeLog { store: store.clone() })
        .with(mail_report::WriteReports {
            store: store.clone(),
            clock: clock.clone(),
            config: app.config.clone(),
            sites: sites.clone(),
            reports: Reports::from_ref(app),
        })
        .with(merge::ProposeMerges { store: store.clone(), clock: clock.clone() })
        .with(news::SpreadNews {
            store: store.clone(),
            clock: clock.clone(),
            config: app.config.clone(),
            sites: sites.clone(),
        })
        .with(notice::TellNotices {
            store: store.clone(),
            clock: clock.clone(),
            config: app.config.clone(),
            sites: sites.clone(),
        })
        .with(question::AskAfterwards {
            store: store.clone(),
            clock: clock.clone(),
            config: app.config.clone(),
            sites: sites.clone(),
            mailer: app.mailer.clone(),
        })
        .with(persona::KeepPersonas { store: store.clone(), clock: clock.clone() })
        .with(receive_mail::ForgetReceived { store: store.clone(), clock: clock.clone() })
        .with(receive_mail::ReceiveMail { receiver: Receiver::from_ref(app) })
        .with(page_path::Repath { store: store.clone(), clock: clock.clone() })
        .with(recount_days::RecountDays { store: store.clone(), clock: clock.clone() })
        .with(remove_site::RemoveSite { store: store.clone() })
        .with(reset_mail::WriteResetMail {
            store: store.clone(),
            clock: clock.clone(),
            config: app.config.clone(),
            mailer: app.mailer.clone(),
        })
        .with(rollup::RollUp { store: store.clone(), clock: clock.clone(), sites: sites.clone() })
        .with(salt::DestroySalts { store: store.clone(), clock: clock.clone(), sites: sites.clone() })
        .with(target::ReckonTargets { store: store.clone(), clock: clock.clone(), sites: sites.clone() })
        .with(send_mail::SendMail { store: store.clone(), clock: clock.clone(), mailer: app.mailer.clone() })
        .with(told::ForgetTold { store: store.clone(), clock: clock.clone() })
        .with(webhook::Deliver { store: store.clone(), clock: clock.clone(), courier: app.courier.clone() })
}
