//! How staff change what is known of a customer, and write one down who has no id of the company.

use super::{MAY_SEE, NONE, Needs, PageError, Told, show};
use crate::member::account::{Access, Submitted};
use crate::member::frame::{Fields, carried};
use crate::member::reading::*;
use axum::extract::{Path, State as Part};
use axum::response::{IntoResponse, Redirect, Response};
use rapport_report::customer::CustomerLine;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::customer::rule::Told as ToldCustomer;
use serde::Deserialize;

/// What is typed. What is absent stays as it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Form {
    pub(super) name: Option<String>,
    pub(super) mail: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) language: Option<String>,
    pub(super) time_zone: Option<String>,
}

impl Form {
    /// That of a customer as they are.
    pub(super) fn of(customer: &CustomerLine) -> Self {
        Self {
            name: Some(customer.name.clone()),
            mail: Some(customer.mail.clone()),
            phone: Some(customer.phone.clone()),
            language: Some(customer.language.clone()),
            time_zone: Some(customer.time_zone.clone()),
        }
    }

    /// What stands in a field.
    pub(super) fn text<'a>(&self, field: &'a Option<String>) -> &'a str {
        field.as_deref().unwrap_or_default()
    }

    fn told(&self) -> ToldCustomer {
        let Self { name, mail, phone, language, time_zone } = self.clone();
        ToldCustomer { name, mail, phone, language, time_zone, traits: Vec::new() }
    }

    fn is_empty(&self) -> bool {
        [&self.name, &self.mail, &self.phone].into_iter().all(|field| self.text(field).trim().is_empty())
    }
}

pub(super) async fn add(
    Part(needs): Part<Needs>,
    access: Access,
    fields: Fields,
    Submitted(form): Submitted<Form>,
) -> Result<Response, PageError> {
    access.require(MAY_SEE)?;
    if form.is_empty() {
        return Err(Fault::new("name", "is missing: a customer has a name, a mail address or a number").into());
    }
    let change = form.told().check()?;
    let id = needs.customers.add(&access.site, &access.member.email, change).await?;
    let suffix = carried(&fields).suffix();
    Ok(Redirect::to(&format!("/sites/{}/customers/{id}{suffix}", access.site.site.key)).into_response())
}

pub(super) async fn change(
    Part(needs): Part<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
    Submitted(form): Submitted<Form>,
) -> Result<Response, PageError> {
    access.require(MAY_SEE)?;
    let site = &access.site.site;
    let customer = needs.store.customer_now(site.site_id, Id::parse(&id).ok_or(NONE)?).await?.ok_or(NONE)?;
    match form.told().check() {
        Ok(change) => needs.customers.change(&access.site, &access.member.email, &customer, change).await?,
        Err(faults) => {
            let told = Told { faults, change: Some(form), ..Told::default() };
            return show(&needs, &access, (&id, &fields), told).await;
        }
    }
    let suffix = carried(&fields).suffix();
    Ok(Redirect::to(&format!("/sites/{}/customers/{}{suffix}", site.key, customer.customer_id)).into_response())
}
