//! All that is stored of one customer: shown by what and how much, taken along, erased; and the receipt of an erasure.

use super::{Form, NO_CUSTOMER, Needs, frame};
use crate::member::account::{Access, Submitted};
use crate::member::frame::{Fields, Frame, carried};
use crate::member::reading::*;
use crate::member::{PageError, render};
use crate::privacy::{ELSEWHERE, Line, lines};
use askama::Template;
use axum::extract::{Path, State as Needed};
use axum::response::{IntoResponse, Redirect, Response};
use rapport_report::response::Time;
use rapport_shared::id::Id;
use rapport_store::account::role::Role;
use rapport_store::customer::Customer;

#[derive(Template)]
#[template(path = "member/customer_data/person.html")]
struct PersonPage {
    frame: Frame,
    id: Id,
    called: String,
    found: Vec<Line>,
    /// Others who are one person with them.
    others: Vec<String>,
    may_erase: bool,
    query: String,
}

#[derive(Template)]
#[template(path = "member/customer_data/receipt.html")]
struct ReceiptPage {
    frame: Frame,
    actor: String,
    at: Time,
    found: Vec<Line>,
}

async fn customer(needs: &Needs, access: &Access, id: &str, least: Role) -> Result<Customer, PageError> {
    access.require(least)?;
    let id = Id::parse(id).ok_or(NO_CUSTOMER)?;
    needs.privacy.by_id(&access.site, id).await?.ok_or(NO_CUSTOMER)
}

pub(super) async fn page(
    Needed(needs): Needed<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    let customer = customer(&needs, &access, &id, Role::Support).await?;
    let (site_id, id) = (access.site.site.site_id, customer.customer_id);
    let together = needs.store.together(site_id, id).await?;
    let all = needs.store.customers_by_id(site_id, &together).await?;
    let others = together.iter().filter(|other| **other != id).filter_map(|other| all.get(other));
    let others = others.map(|other| other.called().to_owned()).collect();
    let called = customer.called().to_owned();
    let found = lines(needs.privacy.found(&access.site, id).await?);
    let path = format!("customers/{id}/data");
    let frame = frame(&needs, &access, (&called, &path), &fields).await?;
    let may_erase = access.role >= Role::Editor;
    render(&PersonPage { frame, id, called, found, others, may_erase, query: carried(&fields).suffix() })
}

pub(super) async fn take(
    Needed(needs): Needed<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let customer = customer(&needs, &access, &id, Role::Editor).await?;
    Ok(needs.privacy.export(&access.site, &access.member.email, &customer).await?)
}

pub(super) async fn erase(
    Needed(needs): Needed<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
    Submitted(form): Form,
) -> Result<Response, PageError> {
    let customer = customer(&needs, &access, &id, Role::Editor).await?;
    let typed = form.get("confirm").map_or("", String::as_str);
    let receipt = needs.privacy.erase(&access.site, &access.member.email, (&customer, typed)).await?;
    let (key, suffix) = (&access.site.site.key, carried(&fields).suffix());
    Ok(Redirect::to(&format!("/sites/{key}/customer-data/erasures/{}{suffix}", receipt.erasure_id)).into_response())
}

pub(super) async fn receipt(
    Needed(needs): Needed<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    access.require(Role::Support)?;
    const NONE: PageError = PageError::NotFound("This site has no such receipt.");
    let id = Id::parse(&id).ok_or(NONE)?;
    let receipt = needs.store.receipt(access.site.site.site_id, id).await?.ok_or(NONE)?;
    let path = format!("customer-data/erasures/{id}");
    let frame = frame(&needs, &access, ("A customer was erased", &path), &fields).await?;
    let at = Time::new(receipt.erased_at_ms, &access.site.site.time_zone);
    render(&ReceiptPage { frame, actor: receipt.actor, at, found: lines(receipt.found) })
}
