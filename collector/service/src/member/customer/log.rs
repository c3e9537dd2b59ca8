//! The box that logs a call, a letter, a mail or a visit.

use super::{MAY_SEE, NONE, Needs, PageError, Told, show};
use crate::customer::{Contact, Whom};
use crate::member::account::{Access, Submitted};
use crate::member::frame::{Fields, carried};
use crate::member::reading::*;
use axum::extract::{Path, State as Part};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::interaction::rule::{Told as ToldContact, amount};
use rapport_store::interaction::{Channel, Interaction, OWN_KEY};
use serde::Deserialize;

/// What is typed into the box.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Form {
    pub(super) key: String,
    pub(super) channel: String,
    pub(super) direction: String,
    pub(super) subject: String,
    pub(super) body: String,
    pub(super) at: String,
    pub(super) thing: String,
    pub(super) amount: String,
    pub(super) currency: String,
}

impl Form {
    /// What it tells; `zone` is that of its clocks.
    ///
    /// # Errors
    /// Every field that cannot be read.
    fn told(&self, zone: &TimeZone) -> Result<ToldContact, Vec<Fault>> {
        let mut faults = Vec::new();
        let occurred_at_ms = match self.at.trim() {
            "" => None,
            at => instant(at, zone).map_err(|fault| faults.push(fault)).ok(),
        };
        let currency = self.currency.trim().to_uppercase();
        let is_paid = Channel::parse(&self.channel).is_some_and(Channel::is_paid);
        let amount_minor = match self.amount.trim() {
            "" => None,
            typed => amount(typed, &currency).map_err(|fault| faults.push(fault)).ok(),
        };
        if is_paid && self.amount.trim().is_empty() {
            faults.push(Fault::new("amount", "is missing: a purchase or a refund has one"));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(ToldContact {
            sender_key: None,
            channel: self.channel.clone(),
            direction: self.direction.clone(),
            subject: self.subject.clone(),
            body: self.body.clone(),
            thing: self.thing.clone(),
            amount_minor,
            currency,
            occurred_at_ms,
        })
    }
}

/// The instant of a local time, as `2026-03-31T14:05`.
fn instant(typed: &str, zone: &TimeZone) -> Result<i64, Fault> {
    let local: Option<DateTime> = typed.parse().ok();
    let zoned = local.and_then(|local| local.to_zoned(zone.clone()).ok());
    zoned
        .map(|zoned| zoned.timestamp().as_millisecond())
        .ok_or_else(|| Fault::new("at", "must be a day and a time, as 2026-03-31T14:05"))
}

pub(super) async fn log(
    Part(needs): Part<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
    Submitted(form): Submitted<Form>,
) -> Result<Response, PageError> {
    access.require(MAY_SEE)?;
    let site = &access.site.site;
    let customer = needs.store.customer_now(site.site_id, Id::parse(&id).ok_or(NONE)?).await?.ok_or(NONE)?;
    let refused = |faults: Vec<Fault>| Told { faults, log: form.clone(), change: None };
    let told = match form.told(&site.time_zone) {
        Ok(told) => told,
        Err(faults) => return show(&needs, &access, (&id, &fields), refused(faults)).await,
    };
    let contact = Contact { whom: Whom::Known(customer.customer_id), told };
    // Of a form that is sent twice there is one contact.
    let key = Id::parse(&form.key).map(|key| format!("{OWN_KEY}page:{key}"));
    let name = |of: &mut Interaction| of.sender_key.clone_from(&key);
    let written = needs.customers.write_named(&access.site, &access.member.email, vec![Ok(contact)], name).await?;
    if let Some(Err(faults)) = written.into_iter().next() {
        return show(&needs, &access, (&id, &fields), refused(faults)).await;
    }
    let suffix = carried(&fields).suffix();
    Ok(Redirect::to(&format!("/sites/{}/customers/{}{suffix}#timeline", site.key, customer.customer_id))
        .into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_that_was_logged_by_local_time_stood_on_another_day() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(instant("2026-04-01T00:30", &zone), Ok(1_774_996_200_000));
        assert_eq!(instant("2026-04-01 00:30", &zone), Ok(1_774_996_200_000));
        for typed in ["yesterday", "2026-13-01T00:00", "00:30"] {
            assert_eq!(instant(typed, &zone).unwrap_err().field, "at", "{typed}");
        }
        let form =
            Form { channel: "purchase".into(), amount: "12,50".into(), currency: "eur".into(), ..Form::default() };
        let told = form.told(&zone).unwrap();
        assert_eq!((told.amount_minor, told.currency.as_str(), told.occurred_at_ms), (Some(1_250), "EUR", None));
        let bad = Form { at: "soon".into(), amount: String::new(), ..form };
        let fields: Vec<_> = bad.told(&zone).unwrap_err().into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["at", "amount"]);
    }
}
