//! The inbox, and one ticket.

use super::Source;
use crate::ReportError;
use crate::slice::Slice;
use crate::ticket::{Asked, Inbox, LISTED, Named, StateCount, TicketReport};
use rapport_store::ticket::State;
use rapport_store::ticket::list::TicketFilter;

impl Source<'_> {
    /// A part of the inbox: open tickets, whatever day they came on, and those resolved that came on the days of the slice.
    ///
    /// # Errors
    /// Where the slice cannot be told.
    pub async fn inbox(&self, slice: &Slice, asked: &Asked) -> Result<Inbox, ReportError> {
        let (site_id, zone) = (self.site_id(), &self.site.site.time_zone);
        let (now, _) = slice.periods(zone, self.now_ms);
        let span_ms = (now.from_ms, now.to_ms);
        let narrow = self.narrow(slice, span_ms).await?;
        let filter = TicketFilter {
            show: asked.show,
            owner: asked.owner,
            mentions: asked.mentions.map(|account_id| (account_id, true)),
            tag: &asked.tag,
            kind: asked.kind,
            priority: asked.priority,
            cause_id: asked.cause_id,
            customer_id: asked.customer_id,
            low: asked.low,
            words: asked.words,
            path: slice.path(),
            device: slice.device.stored(),
            narrow: &narrow,
            span_ms,
        };
        let offset = (asked.part.max(1) - 1).saturating_mul(LISTED);
        let (tickets, counts, members, causes) = tokio::try_join!(
            self.store.tickets(site_id, &filter, (offset as i64, LISTED as i64)),
            self.store.ticket_counts(site_id, &filter),
            self.store.members(site_id),
            self.store.causes(site_id),
        )?;
        let ids: Vec<_> = tickets.iter().map(|ticket| ticket.ticket_id).collect();
        let mut tags = self.store.tags_of_tickets(site_id, &ids).await?;
        let named = Named { members: &members, causes: &causes, zone };
        let of = |state: State| counts.get(&state).copied().unwrap_or(0);
        let shown: u64 = State::EACH.iter().filter(|state| asked.show.shows(**state)).map(|state| of(*state)).sum();
        Ok(Inbox {
            tickets: tickets
                .iter()
                .map(|ticket| named.line(ticket, tags.remove(&ticket.ticket_id).unwrap_or_default()))
                .collect(),
            counts: State::EACH.iter().map(|state| StateCount { state: state.as_str(), tickets: of(*state) }).collect(),
            parts: usize::try_from(shown).unwrap_or(usize::MAX).div_ceil(LISTED),
        })
    }

    /// One ticket with everything that happened to it; `None` where the site has none of that code.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn ticket(&self, code: &str) -> Result<Option<TicketReport>, ReportError> {
        let site_id = self.site_id();
        let Some(ticket) = self.store.ticket_by_code(site_id, code).await? else { return Ok(None) };
        let (tags, events, merged, members, causes) = tokio::try_join!(
            self.store.ticket_tags(site_id, ticket.ticket_id),
            self.store.ticket_events(site_id, ticket.ticket_id),
            self.store.merged_into(site_id, ticket.ticket_id),
            self.store.members(site_id),
            self.store.causes(site_id),
        )?;
        let merged_into = match ticket.merged_into {
            Some(into) => self.store.ticket(site_id, into).await?.map(|into| into.code),
            None => None,
        };
        let named = Named { members: &members, causes: &causes, zone: &self.site.site.time_zone };
        let code_of = |id| merged.iter().find(|one| one.ticket_id == id).map_or("", |one| one.code.as_str());
        Ok(Some(TicketReport {
            ticket: named.line(&ticket, tags),
            events: events.iter().map(|event| named.event(event, code_of(event.ticket_id))).collect(),
            merged: merged.iter().map(|one| one.code.clone()).collect(),
            merged_into,
        }))
    }
}
