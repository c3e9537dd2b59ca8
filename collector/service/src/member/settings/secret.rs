//! The secrets of a site: what each is for, how old it is, and another in its place, shown once.

use super::{Besides, Needs, show};
use crate::http::problem::Problem;
use crate::member::PageError;
use crate::member::account::{Access, Submitted};
use crate::member::frame::Fields;
use crate::member::reading::*;
use axum::extract::State;
use axum::response::Response;
use rapport_ingest::signature;
use rapport_report::response::Time;
use rapport_shared::survey::Fault;
use rapport_store::StoreError;
use rapport_store::account::role::Role;
use rapport_store::site::Site;
use rapport_store::site::secrets::{MOST_OVERLAP_DAYS, Purpose};
use serde::Deserialize;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// A secret as it is listed.
pub(super) struct Line {
    pub purpose: &'static str,
    /// What it signs.
    pub what: &'static str,
    pub made: Option<Time>,
    /// Until when those of before are believed.
    pub until: Vec<String>,
}

/// What a secret signs.
fn what(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Order => "Orders, so that their reviews are verified purchases",
        Purpose::Recipient => "Links in mails, so that a second click changes the answer of the first",
        Purpose::Identity => "Customers, so that nobody can speak for another",
        Purpose::Config | Purpose::Mail | Purpose::Address => "Nothing of yours",
    }
}

/// Each secret that people may change.
pub(super) async fn lines(needs: &Needs, site: &Site) -> Result<Vec<Line>, StoreError> {
    let (made, retired) = needs.store.secret_ages(site.site_id, needs.clock.now_ms()).await?;
    let time = |at_ms| Time::new(at_ms, &site.time_zone);
    let line = |purpose: Purpose| Line {
        purpose: purpose.as_str(),
        what: what(purpose),
        made: made.get(purpose.as_str()).copied().map(time),
        until: retired.iter().filter(|of| of.purpose == purpose).map(|of| time(of.until_ms).text()).collect(),
    };
    Ok(Purpose::SHOWN.into_iter().map(line).collect())
}

#[derive(Deserialize)]
pub(super) struct Rotated {
    purpose: String,
    days: String,
}

/// Puts another in the place of a secret, and shows it, once.
pub(super) async fn rotate(
    State(needs): State<Needs>,
    access: Access,
    fields: Fields,
    Submitted(form): Submitted<Rotated>,
) -> Result<Response, PageError> {
    access.require(Role::Owner)?;
    let purpose = Purpose::named(&form.purpose).filter(|purpose| Purpose::SHOWN.contains(purpose));
    let names = Purpose::SHOWN.map(Purpose::as_str).join(", ");
    let no_purpose = || Fault::new("purpose", format!("must be one of {names}"));
    let purpose = purpose.ok_or_else(|| Problem::of_faults([no_purpose()]))?;
    let days = form.days.trim().parse().ok().filter(|days| (0..=MOST_OVERLAP_DAYS).contains(days));
    let no_days = || Fault::new("days", format!("must be a whole number from 0 to {MOST_OVERLAP_DAYS}"));
    let days: i64 = days.ok_or_else(|| Problem::of_faults([no_days()]))?;
    let site_id = access.site.site.site_id;
    let fresh: [u8; 32] = rapport_store::random::fresh();
    let entry = access.note(&needs.clock, "secret.rotate", format!("secret {}", purpose.as_str()));
    let until_ms = needs.clock.now_ms() + days * DAY_MS;
    needs.store.rotate_secret(site_id, (purpose, fresh), until_ms, &entry).await?;
    needs.sites.forget();
    let made = Some((purpose.as_str(), signature::readable(&fresh)));
    show(&needs, &access, &fields, Besides { made, ..Besides::default() }).await
}
