//! Mail between the shop and its customers, taken and written as everywhere else, each at its time in the simulated month. No mail server is
//! there: what is written counts as sent.

use super::super::{Failure, Session};
use super::month::DAY_MS;
use crate::config::Config;
use crate::mail::Mailer;
use crate::mail::received::{Receiver, Taken};
use crate::mail::thread::Thread;
use crate::mail::write::{Correspondence, Draft};
use jiff::Timestamp;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::conversation::site_mail::SiteMail;
use rapport_store::mail::MailState;
use rapport_store::site::Site;
use rapport_store::site::directory::SiteDirectory;
use rapport_store::site::secrets::Purpose;
use rapport_store::ticket::Ticket;
use std::sync::Arc;

const ADDRESS: &str = "help@fernhill.example";
const STAFF: &str = "you@example.com";
const HOUR_MS: i64 = 3_600_000;
/// Most mails that one reply makes.
const NEWEST: i64 = 20;

/// A customer's mail, what is answered, and what they or others write then: sender, more headers, words.
struct Letter {
    days_ago: i64,
    from: &'static str,
    subject: &'static str,
    says: &'static str,
    reply: &'static str,
    then: &'static [(&'static str, &'static str, &'static str)],
}

const LETTERS: [Letter; 4] = [
    Letter {
        days_ago: 19,
        from: "Nora Lind <nora.lind@example.org>",
        subject: "A bowl with a crack",
        says: "Hello,\r\n\r\nmy moss bowl arrived with a hairline crack on its rim. Can I have another?\r\n\r\nNora",
        reply: "Dear Nora,\n\nwe are sorry. A new bowl is on its way; please keep the other.\n\nFernhill Pottery",
        then: &[("Nora Lind <nora.lind@example.org>", "", "That is kind, thank you. It came today, and it is whole.")],
    },
    Letter {
        days_ago: 9,
        from: "Jonas Weber <jonas.weber@example.org>",
        subject: "Lieferung",
        says: "Guten Tag,\r\n\r\nich warte seit zwei Wochen auf meine Tasse. Wo ist sie denn?\r\n\r\nJonas Weber",
        reply: "Guten Tag Herr Weber,\n\ndie Tasse liegt seit gestern bei der Post. Die Nummer der Sendung kam mit einer eigenen Mail.\n\nFernhill Pottery",
        then: &[
            (
                "Jonas Weber <jonas.weber@example.org>",
                "Auto-Submitted: auto-replied\r\n",
                "Ich bin bis Freitag nicht im Büro.",
            ),
            ("Petra Weber <petra@example.org>", "", "Wir haben sie jetzt, danke."),
        ],
    },
    Letter {
        days_ago: 2,
        from: "Amélie Roux <amelie.roux@example.org>",
        subject: "Une question sur les tasses",
        says: "Bonjour,\r\n\r\nest-ce que vos tasses vont au lave-vaisselle ?\r\n\r\nMerci",
        reply: "",
        then: &[],
    },
    Letter {
        days_ago: 5,
        from: "Clay News <noreply@claynews.example>",
        subject: "This month in clay",
        says: "Glazes, kilns and fairs.",
        reply: "",
        then: &[],
    },
];

/// The bytes of a mail.
fn bytes(
    (number, at_ms): (i64, i64),
    (from, to): (&str, &str),
    (subject, headers, says): (&str, &str, &str),
) -> String {
    let date = Timestamp::from_millisecond(at_ms).unwrap_or_default().strftime("%a, %d %b %Y %H:%M:%S +0000");
    format!(
        "From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: {date}\r\nMessage-ID: <demo-{number}@mail.example>\r\n\
         Content-Type: text/plain; charset=utf-8\r\n{headers}\r\n{says}\r\n"
    )
}

/// The shop's mails.
struct Shop<'a> {
    session: &'a Session,
    site: &'a Site,
    config: Arc<Config>,
    secret: Vec<u8>,
}

impl Shop<'_> {
    async fn take(&self, at_ms: i64, mail: &str) -> Result<Option<Ticket>, Failure> {
        let (store, clock) = (self.session.store.clone(), Clock::manual(at_ms));
        let sites = SiteDirectory::new(store.clone(), clock.clone());
        let receiver = Receiver { store, clock, config: self.config.clone(), sites };
        match receiver.receive(mail.as_bytes()).await? {
            Taken::Now { code, .. } if !code.is_empty() => {
                Ok(self.session.store.ticket_by_code(self.site.site_id, &code).await?)
            }
            _ => Ok(None),
        }
    }

    async fn reply(&self, at_ms: i64, ticket: &Ticket, text: &str) -> Result<(), Failure> {
        let (store, clock, site_id) = (&self.session.store, Clock::manual(at_ms), self.site.site_id);
        let mailer = Mailer::new(&self.config)?;
        let write = Correspondence { store: store.clone(), clock: clock.clone(), config: self.config.clone(), mailer };
        let to = write.recipients(site_id, ticket).await?.into_iter().filter(|one| one.is_usual);
        let to = to.map(|one| one.participant.address).collect();
        let entry = AuditEntry::now(&clock, STAFF, "ticket.reply", format!("ticket {}", ticket.code));
        let draft = Draft { reply_id: None, text: text.to_owned(), to, state: None };
        let faults = write.send(self.site, ticket, &draft, &entry).await?;
        if !faults.is_empty() {
            return Err(Failure(format!("the demo: {faults:?}")));
        }
        for mail in store.mails(site_id, NEWEST).await?.iter().filter(|mail| mail.state == MailState::Waiting) {
            store.note_mail(site_id, mail.mail_id, MailState::Sent, None, at_ms + 1_000).await?;
        }
        Ok(())
    }

    async fn exchange(&self, place: i64, letter: &Letter) -> Result<(), Failure> {
        let mut at_ms = self.session.clock.now_ms() - letter.days_ago * DAY_MS;
        let first = bytes((place * 10, at_ms), (letter.from, ADDRESS), (letter.subject, "", letter.says));
        let Some(ticket) = self.take(at_ms, &first).await? else { return Ok(()) };
        if letter.reply.is_empty() {
            return Ok(());
        }
        at_ms += 3 * HOUR_MS;
        self.reply(at_ms, &ticket, letter.reply).await?;
        let thread = Thread { secret: &self.secret, ticket_id: ticket.ticket_id, code: &ticket.code };
        let (to, subject) = (thread.tagged(ADDRESS), format!("Re: {}", letter.subject));
        for (number, (from, headers, says)) in (1..).zip(letter.then) {
            at_ms += 20 * HOUR_MS;
            let mail = bytes((place * 10 + number, at_ms), (from, &to), (&subject, headers, says));
            self.take(at_ms, &mail).await?;
        }
        Ok(())
    }
}

/// Writes and takes them.
pub async fn fill(session: &Session, site: &Site) -> Result<(), Failure> {
    let settings =
        SiteMail { address: ADDRESS.to_owned(), sender_name: String::new(), acknowledges: false, asks: true };
    session.store.set_site_mail(site.site_id, &settings, &session.note("mail.settings", "mail with customers")).await?;
    let config = Config { mail_url: "smtp://127.0.0.1:25".into(), mail_from: ADDRESS.into(), ..session.config.clone() };
    let fresh = rapport_store::random::fresh();
    let secret = session.store.site_secret(site.site_id, Purpose::Mail, fresh, session.clock.now_ms()).await?;
    let shop = Shop { session, site, config: Arc::new(config), secret };
    for (place, letter) in (1..).zip(&LETTERS) {
        shop.exchange(place, letter).await?;
    }
    Ok(())
}
