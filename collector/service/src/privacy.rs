//! Taking along and erasing all that is stored of a customer, for pages, servers and the command line alike.

use crate::app::feature_state;
use crate::http::export::person::{Head, answer, document};
use crate::http::problem::Problem;
use axum::response::Response;
use futures_util::Stream;
use rapport_ingest::customer::named;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::customer::Customer;
use rapport_store::customer::rule::OWN_ID;
use rapport_store::site::directory::SiteContext;
use rapport_store::visitor::audited;
use rapport_store::visitor::receipt::{Found, Receipt};
use rapport_store::{Store, StoreError};

feature_state! {
    /// What it needs.
    pub(crate) struct Privacy {
        store: Store,
        clock: Clock,
    }
}

/// What an erasure here does not reach, and who has to see to it.
pub(crate) const ELSEWHERE: [&str; 5] = [
    "Mails that were sent, or fetched and left there, stay on the mail server and with whoever received them: delete them there.",
    "Backups of the database made before stay as they are until you delete them: restore none of them without erasing again.",
    "What was told to other systems by webhooks and messages, or taken along as a file, is theirs to delete.",
    "On PostgreSQL, deleted rows leave the files with the next VACUUM, which runs by itself, and the write-ahead log as it is \
     recycled or archived; on SQLite they are overwritten at once.",
    "An address that unsubscribed, or was refused by a mail server, stays as a keyed hash, so that nobody writes to it again.",
];

/// A place in which something was found.
pub(crate) struct Line {
    /// What is there, in words.
    pub label: &'static str,
    /// The table.
    pub table: String,
    /// How much.
    pub rows: u64,
}

/// What a table has, in words.
fn label(table: &str) -> &'static str {
    match table {
        "answer" => "Answers",
        "arrival" => "Responses that wait to be looked at",
        "attachment" => "Pictures",
        "bounced_address" => "Addresses at which mails came back",
        "customer" => "Customer records",
        "customer_asked" => "Surveys they were asked",
        "customer_merge" => "Merges of their records",
        "customer_proposal" => "Proposals to merge their records",
        "customer_trait" => "Traits",
        "customer_word" => "Words in the search of customers",
        "follow_up" => "Follow-ups",
        "identity" => "Browsers and addresses that are theirs",
        "interaction" => "Contacts",
        "issue_told" => "That they were told of a fix",
        "mail_attachment" => "Files that came with mails",
        "news" => "What waits to be told",
        "news_told" => "What was told of their responses",
        "notice" => "What waits for staff",
        "outgoing_mail" => "Mails to them",
        "page_view" => "Page views",
        "persona_due" => "What waits to be looked up of personas",
        "persona_member" => "Personas that they are of",
        "persona_visitor" => "Personas that their browsers are of",
        "received_mail" => "Mails that came in",
        "response" => "Responses",
        "review" => "Reviews",
        "review_vote" => "Votes on their reviews",
        "session_hour" => "Hours of their visits",
        "signal" => "Clicks, errors, task steps and events",
        "ticket" => "Tickets",
        "ticket_event" => "What was said and done in tickets",
        "ticket_mail" => "Mails of tickets",
        "ticket_mention" => "Mentions in tickets",
        "ticket_participant" => "Who took part in tickets",
        "ticket_question" => "What they were asked about tickets",
        "ticket_tag" => "Tags of tickets",
        "ticket_target" => "Promises, which are counted on without them",
        "ticket_target_change" => "Changes of promises",
        "visit_further" => "Visits that went on",
        "webhook_attempt" => "Attempts to tell other systems",
        "webhook_delivery" => "What other systems were told, as it was sent",
        "word_text" => "Texts in the search of words",
        _ => "Further rows",
    }
}

/// The lines of what was found.
pub(crate) fn lines(found: Vec<Found>) -> Vec<Line> {
    found.into_iter().map(|found| Line { label: label(&found.table), table: found.table, rows: found.rows }).collect()
}

impl Privacy {
    /// One customer by their id here.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn by_id(&self, site: &SiteContext, id: Id) -> Result<Option<Customer>, StoreError> {
        Ok(self.store.customers_by_id(site.site.site_id, &[id]).await?.remove(&id))
    }

    /// The customer who is called so by the company's own systems, or has that id here.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn whose(&self, site: &SiteContext, called: &str) -> Result<Option<Customer>, StoreError> {
        let by_name = self.by_id(site, named(site, called).id).await?;
        let here = called.strip_prefix(OWN_ID).unwrap_or(called);
        match (by_name, Id::parse(here)) {
            (None, Some(id)) => self.by_id(site, id).await,
            (found, _) => Ok(found),
        }
    }

    /// What is stored of a customer, and of whoever turned out to be them.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn found(&self, site: &SiteContext, customer_id: Id) -> Result<Vec<Found>, StoreError> {
        let site_id = site.site.site_id;
        let traces = self.store.traces_of_customer(site_id, customer_id).await?;
        self.store.found(site_id, &traces).await
    }

    /// Everything that is stored of a customer, as a document in pieces. That it was taken is noted.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when as many exports are being read as may be.
    pub async fn document(
        &self,
        site: &SiteContext,
        actor: &str,
        customer: &Customer,
    ) -> Result<impl Stream<Item = Result<String, StoreError>> + Send + use<>, StoreError> {
        let site_id = site.site.site_id;
        let traces = self.store.traces_of_customer(site_id, customer.customer_id).await?;
        let entry = AuditEntry::now(&self.clock, actor, "customer.export", audited(&customer.external_id));
        self.store.note(site_id, &entry).await?;
        let rows = self.store.take_along(site_id, &traces).await?;
        let head = Head { customer: &customer.external_id, at_ms: self.clock.now_ms(), elsewhere: &ELSEWHERE };
        Ok(document(site_id, &head, rows))
    }

    /// The same as an answer.
    ///
    /// # Errors
    /// 503 when as many exports are being read as may be.
    pub async fn export(&self, site: &SiteContext, actor: &str, customer: &Customer) -> Result<Response, Problem> {
        Ok(answer(self.document(site, actor, customer).await?))
    }

    /// Erases a customer, and whoever turned out to be them, once one of the names by which they are known was typed; the receipt.
    ///
    /// # Errors
    /// 422 where something else was typed, 503 when another erasure takes too long.
    pub async fn erase(
        &self,
        site: &SiteContext,
        actor: &str,
        (customer, typed): (&Customer, &str),
    ) -> Result<Receipt, Problem> {
        let (site_id, id, typed) = (site.site.site_id, customer.customer_id, typed.trim());
        if typed != customer.external_id && typed != customer.called() && typed != id.to_text() {
            let reason = format!("must be {}, who is erased for good", customer.called());
            return Err(Problem::of_faults([Fault::new("confirm", reason)]));
        }
        let traces = self.store.traces_of_customer(site_id, id).await?;
        Ok(self.store.erase_customer(site_id, &site.site.time_zone, &traces, actor, &self.clock).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_named_a_table_and_not_what_was_in_it() {
        for table in rapport_store::visitor::place::tables() {
            assert_ne!(label(table), "Further rows", "{table}");
        }
    }
}
