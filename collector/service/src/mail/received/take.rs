//! What is done with a mail that came in: whose it is and to which ticket it belongs is looked up, the rules say what becomes of it, and
//! one transaction does it. Taking it again comes to the same.

use super::classify::{self, Known, Nature, Verdict, Who};
use super::{Received, Report, parse};
use crate::config::Config;
use crate::mail::reply;
use crate::mail::thread::{Claim, Thread, untagged};
use rapport_shared::id::Id;
use rapport_store::clock::Clock;
use rapport_store::conversation::received::{self, Bounce, BouncedAddress, NewFile, Outcome, ReceivedMail};
use rapport_store::conversation::{
    AUTOMATIC_REPLY, Choice, Direction, PARTICIPANT, PARTICIPANTS, Part, Participant, Standing, TicketMail,
};
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use rapport_store::site::secrets::Purpose;
use rapport_store::ticket::{
    EventKind, NewTicket, Priority, SUBJECT_CHARACTERS, State, Ticket, TicketEvent, TicketKind,
};
use rapport_store::{Store, StoreError, text};
use std::sync::Arc;

/// Most of what a mail refers to that is looked up.
const CLAIMS: usize = 40;
/// Longest text that is kept of a mail that was set aside, in bytes.
const ASIDE_BYTES: usize = 10_000;
const DAY_MS: i64 = 86_400_000;
/// Who opens a ticket of a mail, as the actor of its event.
const OPENER: &str = "robot:mail";
/// Who tells that a mail could not be delivered.
const MAIL_SERVER: &str = "robot:mail-server";

/// What became of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was taken now.
    Now {
        /// Key of its site.
        site: String,
        /// What became of it.
        outcome: Outcome,
        /// Why; may be empty.
        reason: String,
        /// The code of its ticket; empty for none.
        code: String,
    },
    /// It was taken before.
    Before,
    /// It is to no site of this collector.
    NoSite,
}

crate::app::feature_state! {
    /// Takes mails. Cheap to clone.
    pub struct Receiver {
        /// Where they go.
        store: Store,
        /// The time.
        clock: Clock,
        /// How the operator wants it.
        config: Arc<Config>,
        /// Whose they may be.
        sites: SiteDirectory,
    }
}

/// Where a mail belongs.
struct Place {
    site: Arc<SiteContext>,
    ticket: Option<Ticket>,
}

/// A mail with what is known of it.
struct Case<'a> {
    mail: &'a Received,
    nature: &'a Nature,
    place: &'a Place,
    ours: &'a [String],
    now_ms: i64,
}

impl Receiver {
    /// Takes the bytes of a mail.
    ///
    /// # Errors
    /// When the store cannot be read or written; then nothing was done.
    pub async fn receive(&self, bytes: &[u8]) -> Result<Taken, StoreError> {
        self.take(&parse(bytes, &self.config.mail_in_authority)).await
    }

    /// Takes a mail that was read.
    ///
    /// # Errors
    /// As [`Self::receive`].
    pub async fn take(&self, mail: &Received) -> Result<Taken, StoreError> {
        let addresses = self.addresses().await?;
        let ours: Vec<String> = addresses.iter().map(|(_, address)| address.clone()).collect();
        let nature = classify::nature(mail, &ours);
        let Some(place) = self.place(mail, &nature, &addresses).await? else { return Ok(Taken::NoSite) };
        let site_id = place.site.site.site_id;
        if self.store.has_taken(site_id, mail.key).await? {
            return Ok(Taken::Before);
        }
        let case = Case { mail, nature: &nature, place: &place, ours: &ours, now_ms: self.clock.now_ms() };
        let taken = self.decided(&case).await?;
        let code = taken.received.ticket_id.map(rapport_store::ticket::code_of).unwrap_or_default();
        let (outcome, reason) = (taken.received.outcome, taken.received.reason.clone());
        if !self.store.take_mail(site_id, &taken, &self.clock).await? {
            return Ok(Taken::Before);
        }
        Ok(Taken::Now { site: place.site.site.key.clone(), outcome, reason, code })
    }

    /// The addresses of the sites, in lower case. That of the settings is the only site's that has none of its own.
    async fn addresses(&self) -> Result<Vec<(Id, String)>, StoreError> {
        let all = self.store.site_ids().await?;
        let mut addresses = self.store.addresses_of_sites(&all).await?;
        if let Some(usual) = reply::usual_address(&self.config) {
            let without: Vec<_> = all.iter().filter(|id| addresses.iter().all(|(own, _)| own != *id)).collect();
            match without.as_slice() {
                [one] => addresses.push((**one, usual)),
                // Nobody's, and still ours.
                _ => addresses.push((Id::default(), usual)),
            }
        }
        Ok(addresses)
    }

    /// Where a mail belongs: to a ticket that we said it belongs to, else to the site that it was sent to.
    async fn place(
        &self,
        mail: &Received,
        nature: &Nature,
        addresses: &[(Id, String)],
    ) -> Result<Option<Place>, StoreError> {
        let of_report = match nature {
            Nature::Bounce(report) => Claim::of_message_id(&report.message_id),
            _ => None,
        };
        let tags = mail.addresses().filter_map(|address| Claim::of_address(address).map(|(_, claim)| claim));
        let references = mail.references.iter().filter_map(|id| Claim::of_message_id(id));
        for claim in of_report.into_iter().chain(tags).chain(references).take(CLAIMS) {
            if let Some(place) = self.of_claim(&claim).await? {
                return Ok(Some(place));
            }
        }
        if let Nature::Bounce(report) = nature
            && let Some(site) = self.site_of_mail(&report.message_id).await?
        {
            return Ok(Some(Place { site, ticket: None }));
        }
        for address in mail.addresses().map(untagged) {
            let known = addresses.iter().find(|(site_id, own)| *own == address && *site_id != Id::default());
            if let Some((site_id, _)) = known
                && let Some(site) = self.sites.by_id(*site_id).await?
            {
                return Ok(Some(Place { site, ticket: None }));
            }
        }
        Ok(None)
    }

    /// The ticket that a claim is of, if we made it.
    async fn of_claim(&self, claim: &Claim) -> Result<Option<Place>, StoreError> {
        let sites = self.store.site_ids().await?;
        for (site_id, ticket) in self.store.tickets_of_code(&sites, &claim.code).await? {
            let secret = self.secret(site_id).await?;
            if claim.holds(&secret, ticket.ticket_id)
                && let Some(site) = self.sites.by_id(site_id).await?
            {
                let ticket = self.store.standing_ticket(site_id, ticket).await?;
                return Ok(Some(Place { site, ticket: Some(ticket) }));
            }
        }
        Ok(None)
    }

    async fn secret(&self, site_id: Id) -> Result<Vec<u8>, StoreError> {
        let fresh = rapport_store::random::fresh();
        self.store.site_secret(site_id, Purpose::Mail, fresh, self.clock.now_ms()).await
    }

    /// The site that sent a mail outside of any conversation.
    async fn site_of_mail(&self, message_id: &str) -> Result<Option<Arc<SiteContext>>, StoreError> {
        if message_id.is_empty() {
            return Ok(None);
        }
        for site_id in self.store.site_ids().await? {
            if !self.store.mails_of_messages(site_id, &[message_id.to_owned()]).await?.is_empty() {
                return self.sites.by_id(site_id).await;
            }
        }
        Ok(None)
    }

    /// What is known of a mail beside what it says.
    async fn known(&self, case: &Case<'_>) -> Result<(Known, Vec<Participant>), StoreError> {
        let (site_id, since_ms) = (case.place.site.site.site_id, case.now_ms - DAY_MS);
        let sender = case.mail.from.address.as_str();
        let ticket_id = case.place.ticket.as_ref().map(|ticket| ticket.ticket_id);
        let (opened_today, mails_today) = self.store.mails_since(site_id, (sender, ticket_id), since_ms).await?;
        let mut known = Known { opened_today, mails_today, ..Known::default() };
        let Some(ticket) = &case.place.ticket else { return Ok((known, Vec::new())) };
        let participants = self.store.participants(site_id, ticket.ticket_id).await?;
        let own = match ticket.customer_id {
            Some(customer_id) => self.store.reach(site_id, customer_id).await?,
            None => None,
        };
        known.in_ticket = true;
        known.is_resolved = ticket.state == State::Resolved;
        known.is_customer = own.is_some_and(|own| !own.mail.is_empty() && own.mail.trim().to_lowercase() == sender);
        known.part = participants.iter().find(|one| one.address == sender).map(|one| (one.part, one.standing));
        Ok((known, participants))
    }

    /// Everything that a mail comes to.
    async fn decided(&self, case: &Case<'_>) -> Result<received::Taken, StoreError> {
        let (known, participants) = self.known(case).await?;
        match (classify::verdict(case.mail, case.nature, &known), &case.place.ticket) {
            (Verdict::SetAside(reason), _) => Ok(case.aside(reason)),
            (Verdict::Bounced, _) => self.bounced(case).await,
            (Verdict::Append { who, asks }, Some(ticket)) => {
                Ok(case.appended(ticket, (who, asks), (known.is_customer, &participants)))
            }
            (Verdict::Append { .. }, None) => Ok(case.aside("it belongs to no ticket")),
            (Verdict::Open, _) => self.opened(case).await,
        }
    }

    /// Marks the addresses of a report to which one of our mails went; of others nobody knows whether it is true.
    async fn bounced(&self, case: &Case<'_>) -> Result<received::Taken, StoreError> {
        let Nature::Bounce(report) = case.nature else { return Ok(case.aside("it is no report")) };
        let site_id = case.place.site.site.site_id;
        let sent = match report.message_id.as_str() {
            "" => Vec::new(),
            id => self.store.mails_of_messages(site_id, &[id.to_owned()]).await?,
        };
        let failed = report
            .failed
            .iter()
            .filter(|failed| sent.iter().any(|mail| mail.recipient.to_lowercase() == failed.address));
        let bounced: Vec<_> = failed
            .map(|failed| BouncedAddress {
                address: failed.address.clone(),
                kind: if failed.is_hard { Bounce::Hard } else { Bounce::Soft },
                reason: failed.reason.clone(),
                bounces: 1,
                last_at_ms: case.now_ms,
            })
            .collect();
        if bounced.is_empty() {
            return Ok(case.aside("it reports on no mail that was sent from here"));
        }
        Ok(case.marked(report, bounced))
    }

    /// A ticket of its own.
    async fn opened(&self, case: &Case<'_>) -> Result<received::Taken, StoreError> {
        let site = &case.place.site.site;
        let mut taken = case.opening();
        let settings = self.store.site_mail(site.site_id).await?;
        let ticket_id = taken.received.ticket_id.unwrap_or_default();
        let sender = &case.mail.from.address;
        let is_answered = settings.acknowledges
            && classify::may_be_answered(case.mail, case.nature)
            && self.store.stopped(site.site_id, Id::default(), sender).await?.is_none();
        if is_answered && let Some(from) = reply::From::of(&self.config, site, &settings) {
            let secret = self.secret(site.site_id).await?;
            let code = rapport_store::ticket::code_of(ticket_id);
            let thread = Thread { secret: &secret, ticket_id, code: &code };
            let language = rapport_language::detect::guess(&case.mail.text, "en");
            let answers = (case.mail.message_id.as_str(), sender.as_str());
            let by = (&*self.config, &self.clock);
            taken.answers.push(reply::acknowledgement(by, site, (&from, &thread), answers, language.0)?);
        }
        Ok(taken)
    }
}

impl Case<'_> {
    fn received(&self, outcome: Outcome, reason: &str, ticket_id: Option<Id>) -> ReceivedMail {
        ReceivedMail {
            mail_key: self.mail.key,
            outcome,
            reason: text::beginning(reason.to_owned(), received::REASON_CHARACTERS),
            sender: self.mail.from.address.clone(),
            subject: self.mail.subject.clone(),
            text: String::new(),
            ticket_id,
            received_at_ms: self.now_ms,
        }
    }

    fn taken(&self, received: ReceivedMail) -> received::Taken {
        received::Taken {
            received,
            opens: None,
            said: None,
            participants: Vec::new(),
            files: Vec::new(),
            is_of_customer: false,
            bounces: Vec::new(),
            answers: Vec::new(),
        }
    }

    fn aside(&self, reason: &str) -> received::Taken {
        let mut received = self.received(Outcome::SetAside, reason, self.place.ticket.as_ref().map(|of| of.ticket_id));
        if *self.nature != Nature::Own {
            received.text = text::cut(self.mail.text.clone(), ASIDE_BYTES);
        }
        self.taken(received)
    }

    /// What is said in a ticket.
    fn said(
        &self,
        (ticket_id, at_ms): (Id, i64),
        (kind, actor): (EventKind, String),
        (said, choice): (&str, Choice),
    ) -> (TicketEvent, TicketMail) {
        let event = TicketEvent {
            event_id: received::id_of(self.mail.key, 1),
            ticket_id,
            kind,
            actor,
            text: said.to_owned(),
            detail: serde_json::json!({ "left_out": self.mail.left_out }).to_string(),
            occurred_at_ms: at_ms,
        };
        let mail = TicketMail {
            event_id: event.event_id,
            ticket_id,
            direction: Direction::In,
            message_id: self.mail.message_id.clone(),
            sender: self.mail.from.address.clone(),
            recipients: self.mail.to.iter().map(|person| untagged(&person.address)).collect(),
            subject: self.mail.subject.clone(),
            choice,
            occurred_at_ms: at_ms,
        };
        (event, mail)
    }

    fn files(&self) -> Vec<NewFile> {
        let file = |file: &super::File| NewFile {
            name: file.name.clone(),
            content_type: file.content_type.clone(),
            content: file.content.clone(),
        };
        self.mail.files.iter().map(file).collect()
    }

    /// Its sender, and whom they gave a copy, as far as there is room: all of them wait until staff agrees.
    fn participants(&self, part: Part, with_copies: bool, known: usize) -> Vec<Participant> {
        let person = |person: &super::Person, part| Participant {
            address: person.address.clone(),
            name: person.name.clone(),
            part,
            standing: Standing::Unverified,
        };
        let sender = &self.mail.from;
        let is_other =
            |other: &&super::Person| other.address != sender.address && !self.ours.contains(&untagged(&other.address));
        let copies = self.mail.to.iter().filter(is_other).filter(|_| with_copies).map(|copy| person(copy, Part::Copy));
        let room = PARTICIPANTS.saturating_sub(known);
        std::iter::once(person(sender, part)).chain(copies).take(room).collect()
    }

    fn appended(
        &self,
        ticket: &Ticket,
        (who, asks): (Who, bool),
        (is_customer, participants): (bool, &[Participant]),
    ) -> received::Taken {
        let sender = &self.mail.from.address;
        let actor = match who {
            Who::Participant => format!("{PARTICIPANT}{sender}"),
            Who::Unverified => format!("unverified:{sender}"),
            Who::Robot => AUTOMATIC_REPLY.to_owned(),
        };
        let choice = if asks { Choice::Asked } else { Choice::None };
        let mut taken = self.taken(self.received(Outcome::Appended, "", Some(ticket.ticket_id)));
        taken.said =
            Some(self.said((ticket.ticket_id, self.now_ms), (EventKind::Received, actor), (&self.mail.text, choice)));
        taken.files = self.files();
        if who != Who::Robot {
            let part = if is_customer { Part::Customer } else { Part::Sender };
            // Whoever is a stranger brings no others.
            taken.participants = self.participants(part, who == Who::Participant, participants.len());
        }
        if is_customer && who == Who::Participant {
            taken
                .participants
                .iter_mut()
                .filter(|one| one.part == Part::Customer)
                .for_each(|one| one.standing = Standing::Agreed);
        }
        taken.is_of_customer = who == Who::Participant;
        taken
    }

    fn opening(&self) -> received::Taken {
        let site_id = self.place.site.site.site_id;
        let ticket_id = rapport_store::ticket::id_of(site_id, self.mail.key);
        let first = self.mail.text.lines().find(|line| !line.trim().is_empty()).unwrap_or("A mail without words");
        let subject = if self.mail.subject.is_empty() { first } else { &self.mail.subject };
        let mut taken = self.taken(self.received(Outcome::Opened, "", Some(ticket_id)));
        taken.opens = Some(NewTicket {
            ticket_id,
            kind: TicketKind::Message,
            subject: text::bounded(subject, SUBJECT_CHARACTERS),
            path: String::new(),
            standing: String::new(),
            words: true,
            response_id: None,
            review_id: None,
            // Anybody can write any address: staff says whose it is.
            customer_id: None,
            issue_id: None,
            priority: Priority::Normal,
            owner_id: None,
            actor: OPENER.to_owned(),
            opened_at_ms: self.now_ms,
        });
        let actor = format!("{PARTICIPANT}{}", self.mail.from.address);
        // It is opened, and then something is said in it.
        let at = (ticket_id, self.now_ms + 1);
        taken.said = Some(self.said(at, (EventKind::Received, actor), (&self.mail.text, Choice::None)));
        taken.files = self.files();
        taken.participants = self.participants(Part::Opener, true, 0);
        taken
    }

    fn marked(&self, report: &Report, bounced: Vec<BouncedAddress>) -> received::Taken {
        let ticket_id = self.place.ticket.as_ref().map(|ticket| ticket.ticket_id);
        let told: Vec<_> = bounced.iter().map(|of| format!("{}: {}", of.address, of.reason)).collect();
        let told = told.join("\n");
        let mut taken = self.taken(self.received(Outcome::Bounced, &told, ticket_id));
        taken.said = ticket_id.map(|id| {
            let said = format!("A mail could not be delivered.\n{told}");
            self.said((id, self.now_ms), (EventKind::Note, MAIL_SERVER.to_owned()), (&said, Choice::None))
        });
        taken.bounces = bounced.into_iter().map(|bounced| (bounced, report.message_id.clone())).collect();
        taken
    }
}

impl Receiver {
    /// What a mail that was set aside comes to when a person makes a ticket of it.
    pub fn opened_by_hand(&self, site_id: Id, kept: &ReceivedMail, actor: &str) -> received::Taken {
        let ticket_id = rapport_store::ticket::id_of(site_id, kept.mail_key);
        let now_ms = self.clock.now_ms();
        let event = TicketEvent {
            event_id: received::id_of(kept.mail_key, 1),
            ticket_id,
            kind: EventKind::Received,
            actor: AUTOMATIC_REPLY.to_owned(),
            text: kept.text.clone(),
            detail: "{}".to_owned(),
            occurred_at_ms: now_ms + 1,
        };
        let mail = TicketMail {
            event_id: event.event_id,
            ticket_id,
            direction: Direction::In,
            message_id: String::new(),
            sender: kept.sender.clone(),
            recipients: Vec::new(),
            subject: kept.subject.clone(),
            choice: Choice::None,
            occurred_at_ms: now_ms + 1,
        };
        let subject = if kept.subject.is_empty() { "A mail without a subject" } else { &kept.subject };
        let sender = Participant {
            address: kept.sender.clone(),
            name: String::new(),
            part: Part::Opener,
            standing: Standing::Unverified,
        };
        received::Taken {
            received: ReceivedMail { ticket_id: Some(ticket_id), ..kept.clone() },
            opens: Some(NewTicket {
                ticket_id,
                kind: TicketKind::Message,
                subject: text::bounded(subject, SUBJECT_CHARACTERS),
                path: String::new(),
                standing: String::new(),
                words: true,
                response_id: None,
                review_id: None,
                customer_id: None,
                issue_id: None,
                priority: Priority::Normal,
                owner_id: None,
                actor: actor.to_owned(),
                opened_at_ms: now_ms,
            }),
            said: Some((event, mail)),
            participants: if kept.sender.is_empty() { Vec::new() } else { vec![sender] },
            files: Vec::new(),
            is_of_customer: false,
            bounces: Vec::new(),
            answers: Vec::new(),
        }
    }
}
