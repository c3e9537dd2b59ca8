//! The inbox, and one ticket.

use super::Source;
use crate::ReportError;
use crate::slice::Slice;
use crate::target::TargetView;
use crate::ticket::{Asked, CustomerFigures, Inbox, LISTED, Named, ReviewSaid, StateCount, TicketLine, TicketReport};
use rapport_shared::id::Id;
use rapport_store::response::Cursor;
use rapport_store::rollup::narrow::Narrow;
use rapport_store::ticket::list::TicketFilter;
use rapport_store::ticket::{State, Ticket};

/// Tickets that are read at a time for a table of all.
const EXPORTED: i64 = 500;
/// Responses whose words one ticket shows: those of the tickets merged into it among them.
const ANSWERS: usize = 20;

/// What a slice and an address ask for. Open tickets wait whatever day they came on, so only what a slice says beside its days
/// narrows them.
fn filter_of<'a>(asked: &'a Asked, slice: &'a Slice, narrow: &'a Narrow, times: ((i64, i64), i64)) -> TicketFilter<'a> {
    TicketFilter {
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
        overdue: asked.overdue,
        path: slice.path(),
        device: slice.device.stored(),
        narrow,
        span_ms: times.0,
        now_ms: times.1,
    }
}

impl Source<'_> {
    /// A part of the inbox: open tickets, whatever day they came on, and those resolved that came on the days of the slice.
    ///
    /// # Errors
    /// Where the slice cannot be told.
    pub async fn inbox(&self, slice: &Slice, asked: &Asked) -> Result<Inbox, ReportError> {
        let site_id = self.site_id();
        let (now, _) = slice.periods(&self.site.site.time_zone, self.now_ms);
        let span_ms = (now.from_ms, now.to_ms);
        let narrow = self.narrow(slice, span_ms).await?;
        let filter = filter_of(asked, slice, &narrow, (span_ms, self.now_ms));
        let offset = (asked.part.max(1) - 1).saturating_mul(LISTED);
        let (tickets, counts) = tokio::try_join!(
            self.store.tickets(site_id, &filter, (offset as i64, LISTED as i64)),
            self.store.ticket_counts(site_id, &filter),
        )?;
        let of = |state: State| counts.get(&state).copied().unwrap_or(0);
        let shown: u64 = State::EACH.iter().filter(|state| asked.show.shows(**state)).map(|state| of(*state)).sum();
        Ok(Inbox {
            tickets: self.ticket_lines(&tickets).await?,
            counts: State::EACH.iter().map(|state| StateCount { state: state.as_str(), tickets: of(*state) }).collect(),
            parts: usize::try_from(shown).unwrap_or(usize::MAX).div_ceil(LISTED),
        })
    }

    /// Tickets that pass slice and address, the newest first, some at a time: those after a place, and the place of the last of them. None
    /// are left where the place is absent.
    ///
    /// # Errors
    /// Where the slice cannot be told.
    pub async fn tickets_after(
        &self,
        slice: &Slice,
        asked: &Asked,
        after: Option<Cursor>,
    ) -> Result<(Vec<TicketLine>, Option<Cursor>), ReportError> {
        let (now, _) = slice.periods(&self.site.site.time_zone, self.now_ms);
        let span_ms = (now.from_ms, now.to_ms);
        let narrow = self.narrow(slice, span_ms).await?;
        let filter = filter_of(asked, slice, &narrow, (span_ms, self.now_ms));
        let tickets = self.store.tickets_after(self.site_id(), &filter, (after, EXPORTED)).await?;
        let last = tickets.last();
        let last = last.map(|last| Cursor { occurred_at_ms: last.opened_at_ms, item_id: last.ticket_id });
        Ok((self.ticket_lines(&tickets).await?, last))
    }

    /// Tickets as they are listed, with their tags and what is promised of them next.
    async fn ticket_lines(&self, tickets: &[Ticket]) -> Result<Vec<TicketLine>, ReportError> {
        let site_id = self.site_id();
        let ids: Vec<_> = tickets.iter().map(|ticket| ticket.ticket_id).collect();
        let (mut tags, mut targets, members, causes, clocks) = tokio::try_join!(
            self.store.tags_of_tickets(site_id, &ids),
            self.store.targets_of(site_id, &ids),
            self.store.members(site_id),
            self.store.causes(site_id),
            self.clocks(),
        )?;
        let named = Named { members: &members, causes: &causes, zone: &self.site.site.time_zone };
        let mut line = |ticket: &Ticket| {
            let of = targets.remove(&ticket.ticket_id).filter(|_| ticket.state != State::Resolved).unwrap_or_default();
            let next = TargetView::next(of.into_iter().map(|of| TargetView::of(of, &clocks, self.now_ms)).collect());
            let tags = tags.remove(&ticket.ticket_id).unwrap_or_default();
            TicketLine { next_target: next, ..named.line(ticket, tags) }
        };
        Ok(tickets.iter().map(&mut line).collect())
    }

    /// One ticket with everything that happened to it; `None` where the site has none of that code.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn ticket(&self, code: &str) -> Result<Option<TicketReport>, ReportError> {
        let site_id = self.site_id();
        let Some(ticket) = self.store.ticket_by_code(site_id, code).await? else { return Ok(None) };
        let (events, merged, members, causes, mut lines) = tokio::try_join!(
            async { Ok::<_, ReportError>(self.store.ticket_events(site_id, ticket.ticket_id).await?) },
            async { Ok(self.store.merged_into(site_id, ticket.ticket_id).await?) },
            async { Ok(self.store.members(site_id).await?) },
            async { Ok(self.store.causes(site_id).await?) },
            self.ticket_lines(std::slice::from_ref(&ticket)),
        )?;
        let merged_into = match ticket.merged_into {
            Some(into) => self.store.ticket(site_id, into).await?.map(|into| into.code),
            None => None,
        };
        let all: Vec<_> = [&ticket].into_iter().chain(&merged).collect();
        let (answers, reviews, customer, promised) = tokio::try_join!(
            self.answers_of_tickets(&all),
            self.reviews_of_tickets(&all),
            self.customer_of(&ticket),
            self.targets_of_ticket(ticket.ticket_id),
        )?;
        let named = Named { members: &members, causes: &causes, zone: &self.site.site.time_zone };
        let code_of = |id| merged.iter().find(|one| one.ticket_id == id).map_or("", |one| one.code.as_str());
        let Some(line) = lines.pop() else { return Ok(None) };
        Ok(Some(TicketReport {
            ticket: line,
            events: events.iter().map(|event| named.event(event, code_of(event.ticket_id))).collect(),
            merged: merged.iter().map(|one| one.code.clone()).collect(),
            merged_into,
            answers,
            reviews,
            customer,
            targets: promised.0,
            moved: promised.1,
        }))
    }

    /// What was answered in the responses of some tickets.
    async fn answers_of_tickets(
        &self,
        tickets: &[&Ticket],
    ) -> Result<Vec<crate::response::ResponseSummary>, ReportError> {
        let mut ids: Vec<Id> = tickets.iter().filter_map(|ticket| ticket.response_id).collect();
        ids.truncate(ANSWERS);
        let mut records = self.store.responses_by_id(self.site_id(), &ids).await?;
        records.sort_by_key(|record| (record.occurred_at_ms, record.item_id.0));
        self.summaries(&records).await
    }

    /// What was written in the reviews of some tickets that came without a response.
    async fn reviews_of_tickets(&self, tickets: &[&Ticket]) -> Result<Vec<ReviewSaid>, ReportError> {
        let mut reviews = Vec::new();
        for ticket in tickets.iter().filter(|ticket| ticket.response_id.is_none()).take(ANSWERS) {
            let Some(review_id) = ticket.review_id else { continue };
            let review = self.store.review(self.site_id(), review_id).await?;
            reviews.extend(review.map(|review| ReviewSaid {
                id: review_id.to_text(),
                stars: review.written.stars,
                title: review.written.title,
                text: review.written.text,
            }));
        }
        Ok(reviews)
    }

    async fn customer_of(&self, ticket: &Ticket) -> Result<Option<CustomerFigures>, ReportError> {
        let Some(customer_id) = ticket.customer_id else { return Ok(None) };
        let (name, (tickets, open_tickets)) = tokio::try_join!(
            self.store.customer(self.site_id(), customer_id),
            self.store.count_tickets_of_customer(self.site_id(), customer_id),
        )?;
        Ok(name.map(|name| CustomerFigures { id: customer_id.to_text(), name, tickets, open_tickets }))
    }
}
