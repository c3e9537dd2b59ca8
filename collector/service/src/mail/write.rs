//! What a person writes to the participants of a ticket: to whom it may go, and how it is checked, kept and sent.

use super::Mailer;
use super::reply::{self, From, To};
use super::thread::Thread;
use crate::app::feature_state;
use crate::config::Config;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::conversation::question::{Kind, Question, Said};
use rapport_store::conversation::received::Bounce;
use rapport_store::conversation::{Choice, Direction, Part, Participant, Reply, Standing, TicketMail};
use rapport_store::mail::ADDRESS_BYTES;
use rapport_store::site::Site;
use rapport_store::site::secrets::Purpose;
use rapport_store::ticket::change::Change;
use rapport_store::ticket::{EventKind, State, Ticket, TicketEvent};
use rapport_store::{Store, StoreError, text};
use std::sync::Arc;

/// Longest reply, in bytes of UTF-8.
pub const REPLY_BYTES: usize = 20_000;
/// Most recipients of a reply.
pub const RECIPIENTS: usize = 20;
/// Longest name of somebody in headers, in characters.
const NAME_CHARACTERS: usize = 120;

feature_state! {
    /// What writing needs.
    pub(crate) struct Correspondence {
        store: Store,
        clock: Clock,
        config: Arc<Config>,
        mailer: Mailer,
    }
}

/// Somebody to whom a reply may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recipient {
    /// Who.
    pub participant: Participant,
    /// Whether it goes to them unless somebody says otherwise.
    pub is_usual: bool,
}

/// What is to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Draft {
    /// Its id: sending the same again sends nothing.
    pub reply_id: Option<Id>,
    /// What it says.
    pub text: String,
    /// The addresses that it goes to.
    pub to: Vec<String>,
    /// What becomes of the ticket, where something is asked for.
    pub(crate) state: Option<State>,
}

/// An address as it is kept.
pub(crate) fn address(typed: &str) -> Option<String> {
    let address = typed.trim().to_lowercase();
    (address.len() <= ADDRESS_BYTES && address.parse::<lettre::Address>().is_ok()).then_some(address)
}

impl Correspondence {
    /// Why nothing can be written to the participants of a ticket; `None` where something can.
    pub(crate) async fn lack(&self, site: &Site) -> Result<Option<&'static str>, StoreError> {
        if !self.mailer.is_set() {
            return Ok(Some(
                "No mail server is set, so nothing can be sent: whoever runs the collector sets mail_url.",
            ));
        }
        let settings = self.store.site_mail(site.site_id).await?;
        let lacks = From::of(&self.config, site, &settings).is_none();
        Ok(lacks.then_some("The site has no mail address to write from."))
    }

    /// To whom a reply to a ticket may go: the customer by the address of their record, and whoever takes part and was not refused.
    pub(crate) async fn recipients(&self, site_id: Id, ticket: &Ticket) -> Result<Vec<Recipient>, StoreError> {
        let mut all: Vec<Recipient> = Vec::new();
        if let Some(customer_id) = ticket.customer_id
            && let Some(own) = self.store.reach(site_id, customer_id).await?
            && let Some(address) = address(&own.mail)
        {
            let name = text::bounded(&own.name, NAME_CHARACTERS);
            let participant = Participant { address, name, part: Part::Customer, standing: Standing::Agreed };
            all.push(Recipient { participant, is_usual: true });
        }
        for participant in self.store.participants(site_id, ticket.ticket_id).await? {
            let is_known = all.iter().any(|known| known.participant.address == participant.address);
            if !is_known && participant.standing != Standing::Refused {
                let is_usual = participant.standing == Standing::Agreed;
                all.push(Recipient { participant, is_usual });
            }
        }
        if all.iter().all(|one| !one.is_usual)
            && let Some(opener) = all.iter_mut().find(|one| one.participant.part == Part::Opener)
        {
            opener.is_usual = true;
        }
        Ok(all)
    }

    /// Whom a draft goes to.
    async fn chosen(
        &self,
        site_id: Id,
        ticket: &Ticket,
        draft: &Draft,
        faults: &mut Vec<Fault>,
    ) -> Result<Vec<Participant>, StoreError> {
        let known = self.recipients(site_id, ticket).await?;
        let mut chosen: Vec<Participant> = Vec::new();
        for typed in draft.to.iter().filter(|typed| !typed.trim().is_empty()) {
            let Some(address) = address(typed) else {
                faults.push(Fault::new("to", "must be mail addresses such as ada@example.com"));
                continue;
            };
            if chosen.iter().any(|one| one.address == address) {
                continue;
            }
            if let Some(bounced) =
                self.store.bounced_address(site_id, &address).await?.filter(|of| of.kind == Bounce::Hard)
            {
                let reason = format!("names {address}, where mails come back: {}", bounced.reason);
                faults.push(Fault::new("to", reason));
            }
            let of_known = known.iter().find(|one| one.participant.address == address);
            let part = of_known.map_or(Part::Sender, |one| one.participant.part);
            let name = of_known.map(|one| one.participant.name.clone()).unwrap_or_default();
            chosen.push(Participant { address, name, part, standing: Standing::Agreed });
        }
        if faults.is_empty() && !(1..=RECIPIENTS).contains(&chosen.len()) {
            faults.push(Fault::new("to", format!("must be 1 to {RECIPIENTS} addresses, are {}", chosen.len())));
        }
        Ok(chosen)
    }

    /// Checks, keeps and sends a reply; what is wrong with it where it is not sent. A ticket that was new has been seen by that.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub(crate) async fn send(
        &self,
        site: &Site,
        ticket: &Ticket,
        draft: &Draft,
        entry: &AuditEntry,
    ) -> Result<Vec<Fault>, StoreError> {
        let site_id = site.site_id;
        let (said, mut faults) = (text::words(&draft.text), Vec::new());
        if !(1..=REPLY_BYTES).contains(&said.len()) {
            let reason = format!("must be 1 to {REPLY_BYTES} bytes of UTF-8, has {}", said.len());
            faults.push(Fault::new("text", reason));
        }
        if let Some(reason) = self.lack(site).await? {
            faults.push(Fault::new("mail_url", reason));
        }
        if ticket.merged_into.is_some() {
            faults.push(Fault::new("ticket", "was merged into another, which is answered in its place"));
        }
        let chosen = self.chosen(site_id, ticket, draft, &mut faults).await?;
        let settings = self.store.site_mail(site_id).await?;
        let Some(from) = From::of(&self.config, site, &settings).filter(|_| faults.is_empty()) else {
            return Ok(faults);
        };
        let reply = self.written(site, ticket, (&from, settings.asks), (draft.reply_id, &said, chosen), entry).await?;
        self.store.send_reply(site_id, &reply, entry, &self.clock).await?;
        let state = ticket.state.after_reply(draft.state);
        if state != ticket.state {
            let entry = AuditEntry::now(&self.clock, entry.actor.clone(), "ticket.change", entry.subject.clone());
            let change = Change { state: Some(state), ..Change::default() };
            self.store.change_ticket(site_id, (ticket.ticket_id, ticket.version), &change, &entry).await?;
        }
        Ok(Vec::new())
    }

    async fn written(
        &self,
        site: &Site,
        ticket: &Ticket,
        (from, asks): (&From, bool),
        (reply_id, said, chosen): (Option<Id>, &str, Vec<Participant>),
        entry: &AuditEntry,
    ) -> Result<Reply, StoreError> {
        let (site_id, ticket_id) = (site.site_id, ticket.ticket_id);
        let fresh = rapport_store::random::fresh();
        let secret = self.store.site_secret(site_id, Purpose::Mail, fresh, entry.occurred_at_ms).await?;
        let thread = Thread { secret: &secret, ticket_id, code: &ticket.code };
        let before = self.store.ticket_mails(site_id, ticket_id).await?;
        let heard = before.iter().rev().find(|mail| mail.direction == Direction::In && !mail.subject.is_empty());
        let subject = heard.map_or(ticket.subject.as_str(), |mail| mail.subject.as_str());
        let event_id = reply_id.unwrap_or(entry.entry_id);
        let addresses = |copies: bool| {
            let of = chosen.iter().filter(|one| (one.part == Part::Copy) == copies);
            of.map(|one| one.address.clone()).collect::<Vec<_>>()
        };
        let mut to = To { to: addresses(false), copies: addresses(true) };
        if to.to.is_empty() {
            std::mem::swap(&mut to.to, &mut to.copies);
        }
        let language = self.language(site_id, ticket).await?;
        let question = asks.then(|| Question {
            question_id: self.clock.new_id(),
            ticket_id,
            kind: Kind::Answer,
            about: format!("answer:{event_id}"),
            language: language.clone(),
            asked_at_ms: entry.occurred_at_ms,
            answered_at_ms: None,
            said: Said::default(),
        });
        let base = self.config.base_url();
        let link = question.as_ref().map(|of| reply::question_address(&base, &site.key, (&secret, of.question_id)));
        let about = format!("reply:{event_id}");
        let what = (subject, said, about.as_str());
        let outgoing =
            reply::reply(&self.clock, site, (from, &thread), (&to, &before), what, (&language, link.as_deref()))?;
        let message_id = outgoing.first().map(|(mail, _)| mail.message_id.clone()).unwrap_or_default();
        let event = TicketEvent {
            event_id,
            ticket_id,
            kind: EventKind::Reply,
            actor: entry.actor.clone(),
            text: said.to_owned(),
            detail: "{}".to_owned(),
            occurred_at_ms: entry.occurred_at_ms,
        };
        let mail = TicketMail {
            event_id,
            ticket_id,
            direction: Direction::Out,
            message_id,
            sender: from.address.clone(),
            recipients: to.all().cloned().collect(),
            subject: reply::answering(subject),
            choice: Choice::None,
            occurred_at_ms: entry.occurred_at_ms,
        };
        Ok(Reply { event, mail, participants: chosen, outgoing, question })
    }

    /// In which language is written to the customer of a ticket: theirs where it is known, else that in which they wrote.
    async fn language(&self, site_id: Id, ticket: &Ticket) -> Result<String, StoreError> {
        if let Some(customer_id) = ticket.customer_id
            && let Some(own) = self.store.reach(site_id, customer_id).await?
            && !own.language.is_empty()
        {
            return Ok(own.language);
        }
        let events = self.store.ticket_events(site_id, ticket.ticket_id).await?;
        let heard = events.iter().rev().find(|event| event.kind == EventKind::Received && !event.text.is_empty());
        Ok(heard.map_or("en", |event| rapport_language::detect::guess(&event.text, "en").0).to_owned())
    }
}
