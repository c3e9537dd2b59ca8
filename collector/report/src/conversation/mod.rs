//! The conversation of a ticket by mail: what was said by whom, what is quoted in it, who takes part, and what the customer says afterwards.

pub mod quote;

use crate::response::Time;
use jiff::tz::TimeZone;
use quote::TextPart;
use rapport_store::conversation::question::Question;
use rapport_store::conversation::{Choice, Direction, MailAttachment, PARTICIPANT, Participant, TicketMail};
use rapport_store::mail::{MailState, OutgoingMail};
use rapport_store::ticket::{EventKind, TicketEvent};
use serde::Serialize;
use utoipa::ToSchema;

/// A file that was attached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FileLine {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The media type that its sender gave.
    pub content_type: String,
    /// Its length, in bytes.
    pub size_bytes: i64,
}

/// What became of a message that was sent, for one recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MessageDelivery {
    /// To whom.
    pub recipient: String,
    /// `waiting`, `sent`, `refused`, `failed` or `withdrawn`.
    pub state: &'static str,
    /// How often it was tried: more than once may have sent it more than once.
    pub attempts: i64,
    /// What a mail server said; empty for nothing.
    pub error: String,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MessageLine {
    /// Its id.
    pub id: String,
    /// `in` from outside, `out` to them.
    pub direction: &'static str,
    /// Who wrote it: a mail address.
    pub sender: String,
    /// `participant`, `unverified` (nobody has agreed that they take part), `robot`, or `member` of what was sent.
    pub from: &'static str,
    /// To whom it went, with copies.
    pub recipients: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// What it says, in pieces; what it quotes is marked, and nothing is left out.
    pub parts: Vec<TextPart>,
    /// What was attached.
    pub files: Vec<FileLine>,
    /// What was not kept of it, in words.
    pub left_out: Vec<String>,
    /// `asked` while nobody has said whether a message that came after the ticket was resolved is about the same, new or thanks; then
    /// `same`, `new` or `thanks`; else empty.
    pub choice: &'static str,
    /// What became of it, where it was sent.
    pub delivery: Vec<MessageDelivery>,
    /// When.
    pub at: Time,
}

/// Somebody who takes part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ParticipantLine {
    /// Their mail address.
    pub address: String,
    /// What they call themselves; may be empty.
    pub name: String,
    /// `opener`, `customer`, `copy` or `sender`.
    pub part: &'static str,
    /// `agreed`, `unverified` or `refused`: only those agreed on are written to.
    pub standing: &'static str,
    /// What a mail server said where mails to them come back; empty otherwise.
    pub bounced: String,
}

/// What a customer was asked afterwards, and what they said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct QuestionLine {
    /// `answer` or `resolved`: after what they were asked.
    pub after: &'static str,
    /// Whether the answer was true; absent where they did not say.
    pub was_true: Option<bool>,
    /// Whether their problem is fixed.
    pub problem_fixed: Option<bool>,
    /// Whether its cause is.
    pub cause_fixed: Option<bool>,
    /// In their words; may be empty.
    pub words: String,
    /// When they were asked.
    pub asked_at: Time,
    /// When they last answered; absent where they did not: silence is no answer.
    pub answered_at: Option<Time>,
}

/// The conversation of a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Conversation {
    /// What was said, oldest first.
    pub messages: Vec<MessageLine>,
    /// Who takes part, in the order in which they came.
    pub participants: Vec<ParticipantLine>,
    /// What was asked afterwards, oldest first.
    pub questions: Vec<QuestionLine>,
}

/// The rows of a conversation.
pub(crate) struct Rows {
    pub events: Vec<TicketEvent>,
    pub mails: Vec<TicketMail>,
    pub files: Vec<MailAttachment>,
    pub sent: Vec<OutgoingMail>,
    pub participants: Vec<(Participant, String)>,
    pub questions: Vec<Question>,
}

fn delivery(mail: &OutgoingMail) -> MessageDelivery {
    MessageDelivery {
        recipient: mail.recipient.clone(),
        state: mail.state.as_str(),
        attempts: mail.attempts,
        error: mail.last_error.clone().filter(|_| mail.state != MailState::Sent).unwrap_or_default(),
    }
}

fn message(mail: &TicketMail, event: &TicketEvent, rows: &Rows, (code, zone): (&str, &TimeZone)) -> MessageLine {
    let detail: serde_json::Value = serde_json::from_str(&event.detail).unwrap_or_default();
    let left_out = detail["left_out"].as_array().into_iter().flatten().filter_map(serde_json::Value::as_str);
    let from = match mail.direction {
        Direction::Out => "member",
        Direction::In if event.actor.starts_with(PARTICIPANT) || event.actor == "customer" => "participant",
        Direction::In if event.kind == EventKind::Note || event.actor.starts_with("robot") => "robot",
        Direction::In => "unverified",
    };
    let file = |file: &MailAttachment| FileLine {
        id: file.attachment_id.to_text(),
        name: file.name.clone(),
        content_type: file.content_type.clone(),
        size_bytes: file.size_bytes,
    };
    let sent = rows.sent.iter().filter(|sent| mail.direction == Direction::Out && sent.message_id == mail.message_id);
    MessageLine {
        id: mail.event_id.to_text(),
        direction: mail.direction.as_str(),
        sender: if mail.direction == Direction::Out { event.actor.clone() } else { mail.sender.clone() },
        from,
        recipients: mail.recipients.clone(),
        subject: mail.subject.clone(),
        parts: quote::parts(&event.text, code),
        files: rows.files.iter().filter(|file| file.event_id == mail.event_id).map(file).collect(),
        left_out: left_out.map(str::to_owned).collect(),
        choice: mail.choice.as_str(),
        delivery: sent.map(delivery).collect(),
        at: Time::new(mail.occurred_at_ms, zone),
    }
}

/// What was said without a mail, by a server or at a counter.
fn told(event: &TicketEvent, (code, zone): (&str, &TimeZone)) -> MessageLine {
    let is_reply = event.kind == EventKind::Reply;
    MessageLine {
        id: event.event_id.to_text(),
        direction: if is_reply { Direction::Out } else { Direction::In }.as_str(),
        sender: event.actor.clone(),
        from: if is_reply { "member" } else { "participant" },
        recipients: Vec::new(),
        subject: String::new(),
        parts: quote::parts(&event.text, code),
        files: Vec::new(),
        left_out: Vec::new(),
        choice: Choice::None.as_str(),
        delivery: Vec::new(),
        at: Time::new(event.occurred_at_ms, zone),
    }
}

/// What is shown of the rows of a conversation: events have the order, and say what was said; of most there is a mail.
pub(crate) fn conversation(rows: &Rows, (code, zone): (&str, &TimeZone)) -> Conversation {
    let messages =
        rows.events.iter().filter_map(|event| match rows.mails.iter().find(|mail| mail.event_id == event.event_id) {
            Some(mail) => Some(message(mail, event, rows, (code, zone))),
            None => matches!(event.kind, EventKind::Reply | EventKind::Received).then(|| told(event, (code, zone))),
        });
    let participant = |(one, bounced): &(Participant, String)| ParticipantLine {
        address: one.address.clone(),
        name: one.name.clone(),
        part: one.part.as_str(),
        standing: one.standing.as_str(),
        bounced: bounced.clone(),
    };
    let question = |one: &Question| QuestionLine {
        after: one.kind.as_str(),
        was_true: one.said.was_true,
        problem_fixed: one.said.problem_fixed,
        cause_fixed: one.said.cause_fixed,
        words: one.said.words.clone(),
        asked_at: Time::new(one.asked_at_ms, zone),
        answered_at: one.answered_at_ms.map(|at_ms| Time::new(at_ms, zone)),
    };
    Conversation {
        messages: messages.collect(),
        participants: rows.participants.iter().map(participant).collect(),
        questions: rows.questions.iter().map(question).collect(),
    }
}

impl Conversation {
    /// Messages of which nobody has said yet whether they are about the same, new or thanks.
    pub fn undecided(&self) -> usize {
        self.messages.iter().filter(|message| message.choice == Choice::Asked.as_str()).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapport_shared::id::Id;

    #[test]
    fn a_reply_that_went_by_no_mail_was_said_to_stand_in_a_conversation_that_was_empty() {
        let event = |number: u8, kind: EventKind, text: &str| TicketEvent {
            event_id: Id([number; 16]),
            ticket_id: Id([9; 16]),
            kind,
            actor: "tom@example.com".into(),
            text: text.into(),
            detail: "{}".into(),
            occurred_at_ms: i64::from(number),
        };
        let rows = Rows {
            events: vec![
                event(1, EventKind::Received, "Where is it?"),
                event(2, EventKind::Note, "Ask the carrier"),
                event(3, EventKind::Reply, "It left yesterday."),
            ],
            mails: Vec::new(),
            files: Vec::new(),
            sent: Vec::new(),
            participants: Vec::new(),
            questions: Vec::new(),
        };
        let said = conversation(&rows, ("CODE", &TimeZone::UTC)).messages;
        let said: Vec<_> = said.iter().map(|one| (one.direction, one.from, one.parts[0].text.as_str())).collect();
        assert_eq!(said, [("in", "participant", "Where is it?"), ("out", "member", "It left yesterday.")]);
    }
}
