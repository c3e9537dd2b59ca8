//! The conversation of a ticket.

use super::Source;
use crate::ReportError;
use crate::conversation::{Conversation, Rows, conversation};
use rapport_store::ticket::Ticket;

impl Source<'_> {
    /// The conversation of a ticket and of those merged into it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn conversation(&self, ticket: &Ticket) -> Result<Conversation, ReportError> {
        let (site_id, ticket_id) = (self.site_id(), ticket.ticket_id);
        let (events, mails, files, participants, questions) = tokio::try_join!(
            self.store.ticket_events(site_id, ticket_id),
            self.store.ticket_mails(site_id, ticket_id),
            self.store.ticket_attachments(site_id, ticket_id),
            self.store.participants(site_id, ticket_id),
            self.store.questions_of_ticket(site_id, ticket_id),
        )?;
        let ids: Vec<_> = mails.iter().map(|mail| mail.message_id.clone()).filter(|id| !id.is_empty()).collect();
        let sent = self.store.mails_of_messages(site_id, &ids).await?;
        let mut known = Vec::with_capacity(participants.len());
        for participant in participants {
            let bounced = self.store.bounced_address(site_id, &participant.address).await?;
            known.push((participant, bounced.map(|bounced| bounced.reason).unwrap_or_default()));
        }
        let rows = Rows { events, mails, files, sent, participants: known, questions };
        Ok(conversation(&rows, (&ticket.code, &self.site.site.time_zone)))
    }
}
