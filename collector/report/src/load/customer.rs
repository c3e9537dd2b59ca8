//! The list of customers, one of them, and a part of a timeline.

use super::Source;
use crate::ReportError;
use crate::customer::{
    AheadLine, Asked, ChannelLine, CustomerLine, CustomerList, CustomerReport, CustomerTimeline, EVENTS, Happened,
    LISTED, NewestScore, Piece, Shown, TimelinePlace, by_day, newest,
};
use crate::figure::scale::Scale;
use crate::response::Time;
use rapport_shared::id::Id;
use rapport_store::response::Cursor;
use std::collections::BTreeSet;

/// Scores of a customer that are looked at.
const SCORES: i64 = 200;
/// What will be asked of a customer, as far as it is shown.
const AHEAD: i64 = 5;
/// Browsers of a customer that are looked at.
const VISITORS: usize = 200;

impl Source<'_> {
    /// A part of the list of customers.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn customers(&self, asked: &Asked) -> Result<CustomerList, ReportError> {
        let (site_id, zone) = (self.site_id(), &self.site.site.time_zone);
        let page = self.store.customers(site_id, (&asked.filter, asked.order), asked.after.as_ref(), LISTED).await?;
        let ids: Vec<_> = page.customers.iter().map(|customer| customer.customer_id).collect();
        let mut traits = self.store.traits_of(site_id, &ids).await?;
        let line = |customer: &rapport_store::customer::Customer| {
            CustomerLine::of(
                customer,
                traits.remove(&customer.customer_id).unwrap_or_default().into_iter().collect(),
                zone,
            )
        };
        Ok(CustomerList {
            customers: page.customers.iter().map(line).collect(),
            next: page.next.map(|place| place.text()),
        })
    }

    /// One customer with figures; of one who turned out to be another, that one. `None` where the site has none of that id.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn customer(&self, customer_id: Id) -> Result<Option<CustomerReport>, ReportError> {
        let (site_id, zone) = (self.site_id(), &self.site.site.time_zone);
        let Some(customer) = self.store.customer_now(site_id, customer_id).await? else { return Ok(None) };
        let ids = self.store.ids_of_customer(site_id, customer.customer_id).await?;
        let own = [customer.customer_id];
        let (mut traits, mails, scores, open_tickets, paid, channels, ahead) = tokio::try_join!(
            self.store.traits_of(site_id, &own),
            self.store.mails_of_customer(site_id, &ids),
            self.store.scores_of_customer(site_id, &ids, SCORES),
            self.store.open_tickets_of(site_id, &ids),
            self.store.paid_by(site_id, &ids),
            self.store.contacts_of(site_id, &ids),
            self.store.ahead_of_customer(site_id, &ids, AHEAD),
        )?;
        let time = |at_ms| Time::new(at_ms, zone);
        let traits = traits.remove(&customer.customer_id).unwrap_or_default().into_iter().collect();
        Ok(Some(CustomerReport {
            customer: CustomerLine::of(&customer, traits, zone),
            mails,
            merged: ids[1..].iter().map(|id| id.to_text()).collect(),
            scores: newest_scores(&scores, time),
            open_tickets,
            paid: paid.into_iter().map(Into::into).collect(),
            channels: channels
                .iter()
                .map(|of| ChannelLine { channel: of.channel.as_str(), contacts: of.count, last: time(of.last_at_ms) })
                .collect(),
            ahead: ahead
                .into_iter()
                .map(|of| AheadLine { plan: of.plan, due: time(of.due_at_ms), is_call: of.is_call })
                .collect(),
        }))
    }

    /// A part of what happened with a customer, the newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn customer_timeline(
        &self,
        customer_id: Id,
        shown: Shown,
        place: Option<TimelinePlace>,
    ) -> Result<CustomerTimeline, ReportError> {
        let (site_id, zone) = (self.site_id(), &self.site.site.time_zone);
        let ids = self.store.ids_of_customer(site_id, customer_id).await?;
        let limit = (EVENTS + 1 + place.map_or(0, |place| place.skipped)) as i64;
        let after = place.map(TimelinePlace::cursor);
        let mut pieces = Vec::new();
        let at = |occurred_at_ms, item_id| Cursor { occurred_at_ms, item_id };
        if shown.shows(Shown::Pages) {
            let visitors = self.visitors_of_customer(&ids).await?;
            let views = self.store.views_of_visitors(site_id, &visitors, after, limit).await?;
            pieces.extend(views.into_iter().map(|view| (at(view.occurred_at_ms, view.item_id), Piece::View(view))));
        }
        if shown.shows(Shown::Answers) {
            let records = self.store.responses_of_customer(site_id, &ids, after, limit).await?;
            let of: Vec<_> = records.iter().map(|record| record.item_id).collect();
            let reviews = self.store.reviews_with(site_id, &of).await?;
            for (record, response) in records.iter().zip(self.summaries(&records).await?) {
                let with = reviews.iter().filter(|review| review.response_id == record.item_id);
                let reviews = with.map(|review| (review.thing.clone(), review.stars)).collect();
                let answers = Happened::Answers { at: response.at.clone(), response: Box::new(response), reviews };
                pieces.push((at(record.occurred_at_ms, record.item_id), Piece::Other(answers)));
            }
        }
        if shown.shows(Shown::Tickets) {
            let tickets = self.store.tickets_of_customer(site_id, &ids, after, limit).await?;
            pieces.extend(tickets.into_iter().map(|ticket| {
                (at(ticket.opened_at_ms, ticket.ticket_id), Piece::Other(Happened::ticket(ticket, zone)))
            }));
        }
        if let Some(channel) = match shown {
            Shown::All => Some(None),
            Shown::Channel(channel) => Some(Some(channel)),
            _ => None,
        } {
            let contacts = self.store.interactions_of(site_id, &ids, (channel, after), limit).await?;
            pieces.extend(contacts.into_iter().map(|contact| {
                (at(contact.occurred_at_ms, contact.interaction_id), Piece::Other(Happened::contact(contact, zone)))
            }));
        }
        let (pieces, next) = newest(pieces, place);
        Ok(CustomerTimeline { days: by_day(site_id, pieces, zone), next: next.map(TimelinePlace::text) })
    }

    /// The browsers that are a customer's, or those of somebody who turned out to be them, and nobody else's.
    async fn visitors_of_customer(&self, ids: &[Id]) -> Result<Vec<Id>, ReportError> {
        let mut visitors = BTreeSet::new();
        for id in ids {
            visitors.extend(self.store.visitors_of(self.site_id(), *id).await?);
        }
        Ok(visitors.into_iter().take(VISITORS).collect())
    }
}

/// The newest score of each kind; the scores come with the newest first.
fn newest_scores(scores: &[(i64, String, i64)], time: impl Fn(i64) -> Time) -> Vec<NewestScore> {
    let mut lines: Vec<NewestScore> = Vec::new();
    for (at_ms, kind, score) in scores {
        let Some(scale) = Scale::of_kind(kind) else { continue };
        match lines.iter_mut().find(|line| line.kind == *kind) {
            Some(line) => line.n += 1,
            None => lines.push(NewestScore {
                kind: kind.clone(),
                score: *score,
                standing: scale.standing(*score).as_str(),
                at: time(*at_ms),
                n: 1,
            }),
        }
    }
    lines
}
