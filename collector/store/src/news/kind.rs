//! What news is of, by the names that everybody else knows it by.

use crate::engine::named::named;

named! {
    /// What news is of, in the order in which people choose.
    NewsKind {
        /// Somebody answered a survey.
        ResponseCreated: "response.created", "An answer arrived";
        /// A run through a survey grew.
        ResponseUpdated: "response.updated", "An answer grew";
        /// A low score came with words.
        ResponseLow: "response.low", "A low score with words";
        /// Somebody wrote a review.
        ReviewCreated: "review.created", "A review arrived";
        /// A ticket was opened.
        TicketOpened: "ticket.opened", "A ticket was opened";
        /// A ticket was changed.
        TicketChanged: "ticket.changed", "A ticket was changed";
        /// A ticket was resolved.
        TicketResolved: "ticket.resolved", "A ticket was resolved";
        /// Somebody was mentioned in a note.
        TicketMentioned: "ticket.mentioned", "Somebody was mentioned";
        /// What is known of a customer changed.
        CustomerChanged: "customer.changed", "A customer changed";
        /// An issue was found.
        IssueFound: "issue.found", "An issue was found";
        /// An issue was fixed.
        IssueFixed: "issue.fixed", "An issue was fixed";
        /// A promise will be missed soon.
        TargetSoon: "target.soon", "A promise is about to be missed";
        /// A promise was missed.
        TargetMissed: "target.missed", "A promise was missed";
        /// A score fell.
        ScoreFell: "score.fell", "A score fell";
        /// Somebody tries out a webhook.
        Test: "webhook.test", "A test";
        /// A message to a chat.
        Message: "message", "A message";
    }
}

impl NewsKind {
    /// Those that webhooks can ask for.
    pub fn for_webhooks() -> impl Iterator<Item = Self> {
        Self::EACH.iter().copied().filter(|kind| !matches!(kind, Self::Test | Self::Message))
    }

    /// Those that people can be notified of: what they would act on.
    pub fn for_people() -> impl Iterator<Item = Self> {
        Self::for_webhooks()
            .filter(|kind| !matches!(kind, Self::ResponseUpdated | Self::TicketChanged | Self::CustomerChanged))
    }

    /// What people read for a name, which may be one that a newer collector wrote.
    pub fn label_of(name: &str) -> &str {
        match Self::parse(name) {
            Some(kind) => kind.label(),
            None => name,
        }
    }

    /// A list of them as it is kept.
    pub(crate) fn list(kinds: &[Self]) -> String {
        kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// What was kept by [`Self::list`]; what only a newer collector knows is left out.
    pub(crate) fn listed(names: &str) -> Vec<Self> {
        names.split(' ').filter_map(Self::parse).collect()
    }
}
