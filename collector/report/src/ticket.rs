//! Tickets as they are listed, and one of them with everything that happened to it.

use crate::response::{ResponseSummary, Time};
use crate::target::{MovedTarget, TargetView};
use jiff::tz::TimeZone;
use rapport_shared::id::Id;
use rapport_store::account::Member;
use rapport_store::ticket::cause::Cause;
use rapport_store::ticket::list::{Owner, Show};
use rapport_store::ticket::{EventKind, Priority, State, Ticket, TicketEvent, TicketKind};
use serde::Serialize;
use utoipa::ToSchema;

/// Tickets of one part of a list.
pub const LISTED: usize = 50;

/// Which tickets are listed, beside what the slice says of where they came from.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// By their state.
    pub show: Show,
    /// By their owner.
    pub owner: Owner,
    /// Those that mention a member who has yet to look at them.
    pub mentions: Option<Id>,
    /// With a tag; empty for all.
    pub tag: String,
    /// Of one kind.
    pub kind: Option<TicketKind>,
    /// Of one priority.
    pub priority: Option<Priority>,
    /// Of one cause.
    pub cause_id: Option<Id>,
    /// Of one customer.
    pub customer_id: Option<Id>,
    /// Only those with a low score.
    pub low: bool,
    /// Only those with words.
    pub words: bool,
    /// Only those where something that was promised fell due and is not done.
    pub overdue: bool,
    /// Which part, from 1.
    pub part: usize,
}

/// A ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TicketLine {
    /// What people call it.
    pub code: String,
    /// `rating`, `problem`, `review`, `idea`, `message` or `other`.
    pub kind: &'static str,
    /// What it is about.
    pub subject: String,
    /// The page it came from; empty for none.
    pub path: String,
    /// `low` where a score of its response stands there, else empty.
    pub standing: String,
    /// Whether something was said.
    pub words: bool,
    /// `new`, `acknowledged`, `in_progress`, `waiting` or `resolved`.
    pub state: &'static str,
    /// `low`, `normal`, `high` or `urgent`.
    pub priority: &'static str,
    /// The mail address of the member whose it is.
    pub owner: Option<String>,
    /// What staff calls it, in order.
    pub tags: Vec<String>,
    /// Why people complain so.
    pub cause: Option<String>,
    /// Whether the customer's problem is fixed; absent while nobody said.
    pub problem_fixed: Option<bool>,
    /// Whether its cause is fixed; absent while nobody said.
    pub cause_fixed: Option<bool>,
    /// The response that it came with.
    pub response: Option<String>,
    /// The review that it came with, where there is no response.
    pub review: Option<String>,
    /// The issue found that it was opened from.
    pub issue: Option<String>,
    /// How often it was opened again.
    pub reopened: i64,
    /// Counts its changes: to be sent with the next one, so that nobody's is overwritten.
    pub version: i64,
    /// When it was opened.
    pub opened_at: Time,
    /// When something last happened to it.
    pub changed_at: Time,
    /// When it was resolved, where it is.
    pub resolved_at: Option<Time>,
    /// What is promised of it and falls due next; absent where nothing is, and once it is resolved.
    pub next_target: Option<TargetView>,
}

/// Tickets of one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StateCount {
    /// The state.
    pub state: &'static str,
    /// How many.
    pub tickets: u64,
}

/// A part of the inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Inbox {
    /// Its tickets, the most urgent first.
    pub tickets: Vec<TicketLine>,
    /// How many there are by state, whichever is shown.
    pub counts: Vec<StateCount>,
    /// How many parts of 50 there are.
    pub parts: usize,
}

/// Something that happened to a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TicketEventLine {
    /// `opened`, `note`, `reply`, `received`, `acknowledged`, `state`, `owner`, `priority`, `tag`, `cause`, `problem_fixed`,
    /// `cause_fixed`, `merged`, `unmerged`, `asked`, `confirmed` or `reopened`.
    pub kind: &'static str,
    /// Who did it: a mail address, `key:` with the id of a key, or `rule`.
    pub actor: String,
    /// What was done, in words.
    pub what: String,
    /// What was said; empty where nothing was.
    pub text: String,
    /// The code of the merged ticket that it happened to; empty for this one.
    pub of: String,
    /// When.
    pub at: Time,
}

/// One ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TicketReport {
    /// The ticket.
    pub ticket: TicketLine,
    /// What happened to it and to those merged into it, oldest first.
    pub events: Vec<TicketEventLine>,
    /// The codes of those merged into it.
    pub merged: Vec<String>,
    /// The code of the one that it was merged into.
    pub merged_into: Option<String>,
    /// What was answered in the responses that it, and those merged into it, came with, the oldest first.
    pub answers: Vec<ResponseSummary>,
    /// The reviews that came without a response.
    pub reviews: Vec<ReviewSaid>,
    /// The customer whose it is, where it is known.
    pub customer: Option<CustomerFigures>,
    /// What is promised of it, by when it began.
    pub targets: Vec<TargetView>,
    /// Due times that changed hours moved, the last first.
    pub moved: Vec<MovedTarget>,
}

/// What was written in a review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReviewSaid {
    /// Id of the review.
    pub id: String,
    /// 1 to 5.
    pub stars: u8,
    /// Its title; may be empty.
    pub title: String,
    /// Its words; may be empty.
    pub text: String,
}

/// A customer with what waits of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CustomerFigures {
    /// Their id.
    pub id: String,
    /// What the company's own systems call them.
    pub name: String,
    /// How many tickets they have, this one among them; merged ones count once.
    pub tickets: u64,
    /// How many of these nobody has done with.
    pub open_tickets: u64,
}

/// What tickets are described by.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// The members of the site.
    pub members: &'a [Member],
    /// Its causes.
    pub causes: &'a [Cause],
    /// The zone of its clocks.
    pub zone: &'a TimeZone,
}

impl Named<'_> {
    fn member(&self, id: Id) -> String {
        let member = self.members.iter().find(|member| member.account_id == id);
        member.map_or_else(|| "a former member".to_owned(), |member| member.email.clone())
    }

    fn cause(&self, id: Id) -> Option<String> {
        self.causes.iter().find(|cause| cause.cause_id == id).map(|cause| cause.name.clone())
    }

    /// A ticket with its tags.
    pub fn line(&self, ticket: &Ticket, tags: Vec<String>) -> TicketLine {
        let time = |at_ms| Time::new(at_ms, self.zone);
        TicketLine {
            code: ticket.code.clone(),
            kind: ticket.kind.as_str(),
            subject: ticket.subject.clone(),
            path: ticket.path.clone(),
            standing: ticket.standing.clone(),
            words: ticket.words,
            state: ticket.state.as_str(),
            priority: ticket.priority.as_str(),
            owner: ticket.owner_id.map(|id| self.member(id)),
            tags,
            cause: ticket.cause_id.and_then(|id| self.cause(id)),
            problem_fixed: ticket.problem_fixed,
            cause_fixed: ticket.cause_fixed,
            response: ticket.response_id.map(Id::to_text),
            review: ticket.review_id.map(Id::to_text),
            issue: ticket.issue_id.map(Id::to_text),
            reopened: ticket.reopened,
            version: ticket.version,
            opened_at: time(ticket.opened_at_ms),
            changed_at: time(ticket.changed_at_ms),
            resolved_at: ticket.resolved_at_ms.map(time),
            next_target: None,
        }
    }

    /// An event of a ticket, or of the one with that code that was merged into it.
    pub fn event(&self, event: &TicketEvent, of: &str) -> TicketEventLine {
        TicketEventLine {
            kind: event.kind.as_str(),
            actor: event.actor.clone(),
            what: self.what(event),
            text: event.text.clone(),
            of: of.to_owned(),
            at: Time::new(event.occurred_at_ms, self.zone),
        }
    }

    /// What was done, in words.
    fn what(&self, event: &TicketEvent) -> String {
        let detail: serde_json::Value = serde_json::from_str(&event.detail).unwrap_or_default();
        let label = event.kind.label();
        let list = |name: &str| -> Vec<&str> {
            detail[name].as_array().into_iter().flatten().filter_map(serde_json::Value::as_str).collect()
        };
        let value = |name: &str| self.value(event.kind, &detail[name]);
        match event.kind {
            EventKind::State
            | EventKind::Priority
            | EventKind::Owner
            | EventKind::Cause
            | EventKind::ProblemFixed
            | EventKind::CauseFixed => format!("{label}: {} → {}", value("from"), value("to")),
            EventKind::Tag => {
                let added = list("added").into_iter().map(|tag| format!("+{tag}"));
                let removed = list("removed").into_iter().map(|tag| format!("−{tag}"));
                format!("{label}: {}", added.chain(removed).collect::<Vec<_>>().join(" "))
            }
            EventKind::Merged | EventKind::Unmerged => {
                let with = if detail["into"] == true { "into" } else { "with" };
                format!("{label} {with} {}", detail["ticket"].as_str().unwrap_or_default())
            }
            _ => label.to_owned(),
        }
    }

    fn value(&self, kind: EventKind, value: &serde_json::Value) -> String {
        let text = value.as_str();
        let id = || text.and_then(Id::parse);
        match (kind, text, value.as_bool()) {
            (EventKind::Owner, ..) => id().map_or_else(|| "nobody".to_owned(), |id| self.member(id)),
            (EventKind::Cause, ..) => id().and_then(|id| self.cause(id)).unwrap_or_else(|| "none".to_owned()),
            (EventKind::State, Some(name), _) => {
                State::parse(name).map_or_else(|| name.to_owned(), |known| known.label().to_owned())
            }
            (EventKind::Priority, Some(name), _) => {
                Priority::parse(name).map_or_else(|| name.to_owned(), |known| known.label().to_owned())
            }
            (_, _, Some(true)) => "yes".to_owned(),
            (_, _, Some(false)) => "no".to_owned(),
            _ => "not known".to_owned(),
        }
    }
}
