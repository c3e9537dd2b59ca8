//! Opens a ticket by hand: of a response, a review, an issue found, a customer, or of nothing.

use super::{MAY_ACT, Needs};
use crate::member::PageError;
use crate::member::account::{Access, Submitted};
use axum::extract::State as Part;
use axum::response::{IntoResponse, Redirect, Response};
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::StoreError;
use rapport_store::ticket::rule::subject_of;
use rapport_store::ticket::{NewTicket, Priority, TicketKind, id_of};
use serde::Deserialize;

/// What a ticket is to be opened of.
#[derive(Default, Deserialize)]
pub(crate) struct Form {
    #[serde(default)]
    pub(crate) subject: String,
    #[serde(default)]
    pub(crate) response: String,
    #[serde(default)]
    pub(crate) review: String,
    #[serde(default)]
    pub(crate) issue: String,
    #[serde(default)]
    pub(crate) customer: String,
    #[serde(default)]
    pub(crate) path: String,
}

/// Whoever opens tickets: where, by which clock, and as whom.
pub(crate) struct Opener<'a> {
    pub(crate) store: &'a rapport_store::Store,
    pub(crate) clock: &'a rapport_store::clock::Clock,
    pub(crate) site_id: Id,
    pub(crate) actor: &'a str,
}

impl Opener<'_> {
    fn by_hand(&self, ticket_id: Id, subject: &str) -> NewTicket {
        NewTicket {
            ticket_id,
            kind: TicketKind::Other,
            subject: subject_of(subject),
            path: String::new(),
            standing: String::new(),
            words: false,
            response_id: None,
            review_id: None,
            customer_id: None,
            issue_id: None,
            priority: Priority::Normal,
            owner_id: None,
            actor: self.actor.to_owned(),
            opened_at_ms: self.clock.now_ms(),
        }
    }

    /// What a form asks for.
    ///
    /// # Errors
    /// The field at fault.
    pub(crate) async fn ticket(&self, form: &Form) -> Result<Result<NewTicket, Fault>, StoreError> {
        let none =
            |field: &str, what: &str| Ok(Err(Fault::new(field, format!("must be the id of {what} of this site"))));
        let id = |text: &str| Id::parse(text.trim());
        if !form.response.is_empty() {
            let Some(response_id) = id(&form.response) else { return none("response", "a response") };
            let by = (self.actor, self.clock.now_ms());
            let new = self.store.ticket_from_response(self.site_id, response_id, by).await?;
            return match new {
                Some(new) => Ok(Ok(new)),
                None => none("response", "a response"),
            };
        }
        if !form.review.is_empty() {
            let Some(review_id) = id(&form.review) else { return none("review", "a review") };
            let Some(review) = self.store.review(self.site_id, review_id).await? else {
                return none("review", "a review");
            };
            let written = &review.written;
            if let Some(response_id) = written.response_id {
                let by = (self.actor, self.clock.now_ms());
                if let Some(new) = self.store.ticket_from_response(self.site_id, response_id, by).await? {
                    return Ok(Ok(NewTicket { review_id: Some(review_id), ..new }));
                }
            }
            let said = [&written.title, &written.text].into_iter().find(|text| !text.is_empty());
            let subject = said.cloned().unwrap_or_else(|| format!("{} of 5 stars", written.stars));
            let new = self.by_hand(id_of(self.site_id, review_id), &subject);
            let low = if written.stars <= 2 { "low" } else { "" }.to_owned();
            let (kind, words) = (TicketKind::Review, said.is_some());
            return Ok(Ok(NewTicket { kind, words, standing: low, review_id: Some(review_id), ..new }));
        }
        let (issue_id, customer_id) = (id(&form.issue), id(&form.customer));
        if issue_id.is_none() && !form.issue.is_empty() {
            return none("issue", "an issue found");
        }
        if let (None, false) | (Some(_), _) = (customer_id, form.customer.is_empty()) {
            let known = match customer_id {
                Some(customer_id) => self.store.customer(self.site_id, customer_id).await?.is_some(),
                None => false,
            };
            if !known {
                return none("customer", "a customer");
            }
        }
        if subject_of(&form.subject).is_empty() {
            return Ok(Err(Fault::new("subject", "must say what it is about")));
        }
        let new = self.by_hand(self.clock.new_id(), &form.subject);
        Ok(Ok(NewTicket { issue_id, customer_id, path: subject_of(&form.path), ..new }))
    }
}

/// That a ticket cannot be opened of a response that does not count.
pub(crate) fn not_counted() -> Fault {
    Fault::new("response", "does not count: it is suspicious, or from a robot. Count it after all first")
}

pub(super) async fn open(
    Part(needs): Part<Needs>,
    access: Access,
    Submitted(form): Submitted<Form>,
) -> Result<Response, PageError> {
    access.require(MAY_ACT)?;
    let site = &access.site.site;
    let (store, clock) = (&needs.store, &needs.clock);
    let opener = Opener { store, clock, site_id: site.site_id, actor: &access.member.email };
    let refused = |fault| PageError::from(crate::http::problem::Problem::of_faults([fault]));
    let new = opener.ticket(&form).await?.map_err(refused)?;
    let code = rapport_store::ticket::code_of(new.ticket_id);
    let entry = access.note(&needs.clock, "ticket.open", format!("ticket {code}"));
    let ticket = needs.store.open_ticket(site.site_id, &new, &entry).await?;
    let ticket = ticket.ok_or_else(|| refused(not_counted()))?;
    Ok(Redirect::to(&format!("/sites/{}/inbox/{}", site.key, ticket.code)).into_response())
}
