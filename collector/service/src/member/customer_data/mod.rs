//! The Customer data page: customers from a file, those who may be one person, merges, and all that is stored of one: to be taken along
//! or erased, with the receipts that stay.

mod import;
#[cfg(test)]
mod page_test;
mod person;

use super::frame::{Fields, Frame, Frames, Page, carried};
use super::{PageError, render};
use crate::app::{App, feature_state};
use crate::http::query::value;
use crate::member::account::{Access, Submitted};
use crate::member::reading::*;
use crate::merging::{LISTED, Merging};
use crate::privacy::Privacy;
use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State as Needed};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use rapport_report::response::Time;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::account::role::Role;
use rapport_store::clock::Clock;
use rapport_store::customer::Customer;
use rapport_store::merge::Cause;
use rapport_store::{Store, StoreError};
use std::collections::{BTreeMap, HashMap};

/// Receipts of one list.
const RECEIPTS: u32 = 50;

/// Routes of the page, and of what is stored of one customer.
pub(super) fn routes() -> Router<App> {
    let import = Router::new()
        .route("/sites/{site}/customer-data/import", post(import::import))
        .layer(DefaultBodyLimit::max(import::FILE_BYTES));
    Router::new()
        .route("/sites/{site}/customer-data", get(page))
        .route("/sites/{site}/customer-data/find", get(find))
        .route("/sites/{site}/customer-data/look", post(look))
        .route("/sites/{site}/customer-data/merge", post(merge))
        .route("/sites/{site}/customer-data/answer", post(answer))
        .route("/sites/{site}/customer-data/merges/{id}/undo", post(undo))
        .route("/sites/{site}/customer-data/erasures/{id}", get(person::receipt))
        .route("/sites/{site}/customers/{id}/data", get(person::page))
        .route("/sites/{site}/customers/{id}/data/take", post(person::take))
        .route("/sites/{site}/customers/{id}/data/erase", post(person::erase))
        .merge(import)
}

feature_state! {
    /// What the page needs.
    pub(super) struct Needs {
        store: Store,
        clock: Clock,
        frames: Frames,
        merging: Merging,
        privacy: Privacy,
    }
}

/// A customer as they are listed.
struct Who {
    id: Id,
    called: String,
    /// What tells them from others: their id, address and number, as far as they are known.
    known: String,
}

impl Who {
    fn of(id: Id, customer: Option<&Customer>) -> Self {
        let Some(customer) = customer else {
            return Self { id, called: "a customer who is no longer there".to_owned(), known: String::new() };
        };
        let known = [&customer.external_id, &customer.mail, &customer.phone].map(String::as_str);
        let known: Vec<_> = known.into_iter().filter(|text| !text.is_empty() && *text != customer.called()).collect();
        Self { id, called: customer.called().to_owned(), known: known.join(" · ") }
    }
}

/// Two customers who may be one person.
struct ProposalLine {
    one: Who,
    other: Who,
    why: &'static str,
    since: Time,
}

/// A merge as it is listed.
struct MergeLine {
    id: Id,
    loser: Who,
    winner: Who,
    why: &'static str,
    actor: String,
    at: Time,
}

/// A receipt as it is listed.
struct ReceiptLine {
    id: Id,
    actor: String,
    at: Time,
    rows: u64,
}

#[derive(Template)]
#[template(path = "member/customer_data/page.html")]
struct DataPage {
    frame: Frame,
    proposals: Vec<ProposalLine>,
    merges: Vec<MergeLine>,
    receipts: Vec<ReceiptLine>,
    may_merge: bool,
    may_erase: bool,
    query: String,
}

/// The frame of a page that belongs here.
async fn frame(
    needs: &Needs,
    access: &Access,
    (title, path): (&str, &str),
    fields: &Fields,
) -> Result<Frame, StoreError> {
    let is_below = path != "customer-data";
    let place = Page {
        title,
        part: "customer-data",
        path,
        back: is_below.then_some(("Customer data", "customer-data")),
        compares: false,
        dimensions: &[],
    };
    Frame::plain(&needs.frames, access, &place, &carried(fields)).await
}

async fn page(Needed(needs): Needed<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    access.require(Role::Support)?;
    let (site_id, zone) = (access.site.site.site_id, &access.site.site.time_zone);
    let proposals = needs.store.merge_proposals(site_id, LISTED).await?;
    let merges = needs.store.merges(site_id, LISTED).await?;
    let mut ids: Vec<Id> = proposals.iter().flat_map(|of| [of.one_id, of.other_id]).collect();
    ids.extend(merges.iter().flat_map(|of| [of.loser_id, of.winner_id]));
    let customers: HashMap<Id, Customer> = needs.store.customers_by_id(site_id, &ids).await?;
    let who = |id: Id| Who::of(id, customers.get(&id));
    let frame = frame(&needs, &access, ("Customer data", "customer-data"), &fields).await?;
    render(&DataPage {
        proposals: proposals
            .into_iter()
            .map(|of| ProposalLine {
                one: who(of.one_id),
                other: who(of.other_id),
                why: of.cause.label(),
                since: Time::new(of.proposed_at_ms, zone),
            })
            .collect(),
        merges: merges
            .into_iter()
            .map(|of| MergeLine {
                id: of.merge_id,
                loser: who(of.loser_id),
                winner: who(of.winner_id),
                why: of.cause.label(),
                actor: of.actor,
                at: Time::new(of.merged_at_ms, zone),
            })
            .collect(),
        receipts: needs
            .store
            .receipts(site_id, None, RECEIPTS)
            .await?
            .into_iter()
            .map(|receipt| ReceiptLine {
                id: receipt.erasure_id,
                at: Time::new(receipt.erased_at_ms, zone),
                rows: receipt.found.iter().map(|found| found.rows).sum(),
                actor: receipt.actor,
            })
            .collect(),
        may_merge: access.role >= Role::Support,
        may_erase: access.role >= Role::Editor,
        query: carried(&fields).suffix(),
        frame,
    })
}

const NO_CUSTOMER: PageError = PageError::NotFound("This site has no such customer.");

/// To all that is stored of the customer who is called so.
async fn find(Needed(needs): Needed<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    access.require(Role::Support)?;
    let customer = value(&fields, "customer").unwrap_or_default().trim();
    let found = needs.privacy.whose(&access.site, customer).await?.ok_or(NO_CUSTOMER)?;
    let key = &access.site.site.key;
    Ok(Redirect::to(&format!("/sites/{key}/customers/{}/data{}", found.customer_id, carried(&fields).suffix()))
        .into_response())
}

fn back(access: &Access, fields: &Fields) -> Response {
    let suffix = carried(fields).suffix();
    Redirect::to(&format!("/sites/{}/customer-data{suffix}", access.site.site.key)).into_response()
}

type Form = Submitted<BTreeMap<String, String>>;

fn id_in(form: &BTreeMap<String, String>, name: &'static str) -> Result<Id, PageError> {
    form.get(name).and_then(|id| Id::parse(id)).ok_or_else(|| Fault::new(name, "must be the id of a customer").into())
}

/// Looks for customers who may be one person now, and not within the hour.
async fn look(Needed(needs): Needed<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    access.require(Role::Support)?;
    needs.store.propose_merges(access.site.site.site_id, needs.clock.now_ms()).await?;
    Ok(back(&access, &fields))
}

async fn merge(
    Needed(needs): Needed<Needs>,
    access: Access,
    fields: Fields,
    Submitted(form): Form,
) -> Result<Response, PageError> {
    access.require(Role::Support)?;
    let mut both = Vec::new();
    for name in ["customer", "into"] {
        let typed = form.get(name).map_or("", |typed| typed.trim());
        let found = needs.privacy.whose(&access.site, typed).await?;
        both.push(found.ok_or_else(|| Fault::new(name, "is no customer of this site"))?.customer_id);
    }
    needs.merging.merge(&access.site, &access.member.email, (both[0], both[1]), Cause::Said).await?;
    Ok(back(&access, &fields))
}

async fn answer(
    Needed(needs): Needed<Needs>,
    access: Access,
    fields: Fields,
    Submitted(form): Form,
) -> Result<Response, PageError> {
    access.require(Role::Support)?;
    let both = (id_in(&form, "one")?, id_in(&form, "other")?);
    let winner = match form.get("keep").map(String::as_str) {
        Some("one") => Some(both.0),
        Some("other") => Some(both.1),
        Some("both") => None,
        _ => return Err(Fault::new("keep", "must be one, other or both").into()),
    };
    if !needs.merging.answer(&access.site, &access.member.email, both, winner).await? {
        return Err(PageError::NotFound("These two are not proposed, or not any more."));
    }
    Ok(back(&access, &fields))
}

async fn undo(
    Needed(needs): Needed<Needs>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    access.require(Role::Support)?;
    let none = PageError::NotFound("This site has no such merge, or it was undone.");
    let Some(id) = Id::parse(&id) else { return Err(none) };
    if !needs.merging.undo(&access.site, &access.member.email, id).await? {
        return Err(none);
    }
    Ok(back(&access, &fields))
}
