//! Follow-ups: what a customer is asked some time after something happened, by plans; what became of each, and why not.
//!
//! A plan looks through what happened since it looked last and writes a follow-up a cause; of the same cause there is one, however
//! often it looks. Everybody is followed up alike: a plan knows no scores.

mod plan;

pub use plan::{Cause, Counts, Draft, NAME_CHARACTERS, PLANS, Plan, TEXT_CHARACTERS, Way};

use crate::audit::AuditEntry;
use crate::clock::Clock;
use crate::engine::value::{placeholders, read_all};
use crate::interaction::{self, OWN_KEY};
use crate::job::NewJob;
use crate::mail::{OutgoingMail, writing};
use crate::{Row, Statement, Store, StoreError, Value, params};
use rapport_shared::id::Id;

/// How far back a plan looks beyond what it has looked through, in milliseconds: what is written by several collectors does not arrive in
/// the order of its times.
const OVERLAP_MS: i64 = 600_000;
/// Aliases that are followed from a customer who turned out to be another.
const ALIASES: usize = 8;
/// Calls that nobody answers before it is given up.
pub const CALLS: i64 = 3;

/// Where a follow-up stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its time has not come.
    Waiting,
    /// It stands on the list of people to call.
    Calling,
    /// Its mail was written.
    Sent,
    /// They were called.
    Done,
    /// It was not done; the reason says why.
    Skipped,
}

impl State {
    /// Each of them.
    pub const EACH: [Self; 5] = [Self::Waiting, Self::Calling, Self::Sent, Self::Done, Self::Skipped];

    /// The name in the database and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Calling => "calling",
            Self::Sent => "sent",
            Self::Done => "done",
            Self::Skipped => "skipped",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|state| state.as_str() == name)
    }
}

/// One follow-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowUp {
    /// Its id.
    pub follow_up_id: Id,
    /// By which plan.
    pub plan_id: Id,
    /// The purchase, or the ticket.
    pub cause_id: Id,
    /// Who is asked.
    pub customer_id: Id,
    /// When it happened, in epoch milliseconds.
    pub caused_at_ms: i64,
    /// When it is to be done, in epoch milliseconds.
    pub due_at_ms: i64,
    /// Where it stands.
    pub state: State,
    /// Why it was not done, or what a call came to; may be empty.
    pub reason: String,
    /// How often they were called in vain.
    pub attempts: i64,
    /// What stands in the link by which they are asked no more.
    pub token: Vec<u8>,
    /// Where its mail went; empty before.
    pub address: String,
    /// The mail.
    pub mail_id: Option<Id>,
    /// When it last changed, in epoch milliseconds.
    pub changed_at_ms: i64,
}

/// Something after which a plan asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Happened {
    /// The purchase, or the ticket.
    pub cause_id: Id,
    /// Whose it is.
    pub customer_id: Id,
    /// When it happened, in epoch milliseconds.
    pub at_ms: i64,
}

/// How a customer is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// The customer, who is another where one turned out to be somebody else.
    pub customer_id: Id,
    /// What the company's systems call them.
    pub external_id: String,
    /// Their name; may be empty.
    pub name: String,
    /// Their mail address; may be empty.
    pub mail: String,
    /// Their number; may be empty.
    pub phone: String,
    /// Their language, a BCP 47 tag; may be empty.
    pub language: String,
    /// Their zone by its IANA name; may be empty.
    pub time_zone: String,
}

const COLUMNS: &str = "follow_up_id, plan_id, cause_id, customer_id, caused_at_ms, due_at_ms, state, reason, attempts, token, \
     address, mail_id, changed_at_ms";

fn read(row: &mut Row) -> Result<FollowUp, StoreError> {
    Ok(FollowUp {
        follow_up_id: row.id("follow_up_id")?,
        plan_id: row.id("plan_id")?,
        cause_id: row.id("cause_id")?,
        customer_id: row.id("customer_id")?,
        caused_at_ms: row.int("caused_at_ms")?,
        due_at_ms: row.int("due_at_ms")?,
        state: row.named("state", State::named)?,
        reason: row.take_text("reason")?,
        attempts: row.int("attempts")?,
        token: row.take_blob("token")?,
        address: row.take_text("address")?,
        mail_id: row.id_or_null("mail_id")?,
        changed_at_ms: row.int("changed_at_ms")?,
    })
}

fn adding(site_id: Id, follow_up: &FollowUp) -> Statement {
    let sql = format!(
        "INSERT INTO follow_up (site_id, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         ON CONFLICT (site_id, plan_id, cause_id) DO NOTHING"
    );
    let params = params![
        site_id,
        follow_up.follow_up_id,
        follow_up.plan_id,
        follow_up.cause_id,
        follow_up.customer_id,
        follow_up.caused_at_ms,
        follow_up.due_at_ms,
        follow_up.state.as_str(),
        &follow_up.reason,
        follow_up.attempts,
        follow_up.token.clone(),
        &follow_up.address,
        follow_up.mail_id,
        follow_up.changed_at_ms,
    ];
    Statement::new(sql, params)
}

/// The statements that leave a contact in a customer's history where the follow-up was changed at `now_ms`, in the same transaction: of the
/// same key there is one.
fn contact(
    site_id: Id,
    of: &FollowUp,
    (id, channel, key): (Id, &str, String),
    (subject, actor): (&str, &str),
    now_ms: i64,
) -> [Statement; 2] {
    let sql = "INSERT INTO interaction (site_id, interaction_id, customer_id, channel, direction, subject, body, thing, currency,
           sender_key, actor, occurred_at_ms, received_at_ms)
         SELECT $1, $2, $3, $4, 'out', $5, '', '', '', $6, $7, $8, $8
         WHERE EXISTS (SELECT 1 FROM follow_up WHERE site_id = $1 AND follow_up_id = $9 AND changed_at_ms = $8)
         ON CONFLICT (site_id, sender_key) WHERE sender_key IS NOT NULL DO NOTHING";
    let params = params![site_id, id, of.customer_id, channel, subject, key, actor, now_ms, of.follow_up_id];
    [Statement::new(sql, params), interaction::touching(site_id, id)]
}

/// What becomes of a follow-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome<'a> {
    /// Where it stands from now on.
    pub state: State,
    /// Why, or what came of it.
    pub reason: &'a str,
    /// When it is to be done, in epoch milliseconds.
    pub due_at_ms: i64,
    /// How often they were called in vain.
    pub attempts: i64,
}

/// Notes what became of a follow-up that still stands as it was read.
fn settling(site_id: Id, of: &FollowUp, outcome: &Outcome<'_>, now_ms: i64) -> Statement {
    let sql = "UPDATE follow_up SET state = $3, reason = $4, due_at_ms = $5, attempts = $6, changed_at_ms = $7
         WHERE site_id = $1 AND follow_up_id = $2 AND state = $8 AND due_at_ms = $9 RETURNING follow_up_id";
    let params = params![
        site_id,
        of.follow_up_id,
        outcome.state.as_str(),
        outcome.reason,
        outcome.due_at_ms,
        outcome.attempts,
        now_ms,
        of.state.as_str(),
        of.due_at_ms,
    ];
    Statement::new(sql, params)
}

impl Store {
    /// What happened after which a plan asks, since it looked last; at most `limit`. What happened before there was the plan is left out.
    pub async fn happened_for(&self, site_id: Id, plan: &Plan, limit: u32) -> Result<Vec<Happened>, StoreError> {
        let not_known =
            "NOT EXISTS (SELECT 1 FROM follow_up f WHERE f.site_id = $1 AND f.plan_id = $5 AND f.cause_id =";
        let sql = match plan.cause {
            Cause::Purchase => format!(
                "SELECT interaction_id AS cause_id, customer_id, occurred_at_ms AS at_ms FROM interaction
                 WHERE site_id = $1 AND channel = 'purchase' AND received_at_ms >= $2 AND occurred_at_ms >= $3
                   AND {not_known} interaction_id) ORDER BY received_at_ms, interaction_id LIMIT $4"
            ),
            Cause::Resolved => format!(
                "SELECT ticket_id AS cause_id, customer_id, resolved_at_ms AS at_ms FROM ticket
                 WHERE site_id = $1 AND state = 'resolved' AND changed_at_ms >= $2 AND resolved_at_ms >= $3
                   AND customer_id IS NOT NULL AND merged_into IS NULL
                   AND {not_known} ticket_id) ORDER BY changed_at_ms, ticket_id LIMIT $4"
            ),
        };
        let from_ms = plan.looked_until_ms.saturating_sub(OVERLAP_MS);
        let params = params![site_id, from_ms, plan.created_at_ms, i64::from(limit), plan.plan_id];
        let read = |row: &Row| {
            Ok(Happened {
                cause_id: row.id("cause_id")?,
                customer_id: row.id("customer_id")?,
                at_ms: row.int("at_ms")?,
            })
        };
        self.read(sql, params).await?.iter().map(read).collect()
    }

    /// Writes follow-ups of a plan, each cause once, and how far it has looked.
    pub async fn add_follow_ups(
        &self,
        site_id: Id,
        plan_id: Id,
        follow_ups: &[FollowUp],
        looked_until_ms: i64,
    ) -> Result<(), StoreError> {
        let mut statements: Vec<_> = follow_ups.iter().map(|follow_up| adding(site_id, follow_up)).collect();
        let sql = "UPDATE follow_up_plan SET looked_until_ms = $3
             WHERE site_id = $1 AND plan_id = $2 AND looked_until_ms < $3";
        statements.push(Statement::new(sql, params![site_id, plan_id, looked_until_ms]));
        self.write(statements).await.map(|_| ())
    }

    /// Those of some sites that have an active plan, or a follow-up that is due.
    pub async fn sites_to_follow_up(&self, sites: &[Id], now_ms: i64) -> Result<Vec<Id>, StoreError> {
        if sites.is_empty() {
            return Ok(Vec::new());
        }
        let of = placeholders(2, sites.len());
        let sql = format!(
            "SELECT site_id FROM follow_up_plan WHERE active = 1 AND site_id IN ({of})
             UNION SELECT site_id FROM follow_up WHERE state = 'waiting' AND due_at_ms <= $1 AND site_id IN ({of})
             ORDER BY site_id"
        );
        let mut params = params![now_ms];
        params.extend(sites.iter().map(|site_id| Value::from(*site_id)));
        self.read(sql, params).await?.iter().map(|row| row.id("site_id")).collect()
    }

    /// Follow-ups that wait and are due, those due first before others; at most `limit`.
    pub async fn due_follow_ups(&self, site_id: Id, now_ms: i64, limit: u32) -> Result<Vec<FollowUp>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM follow_up WHERE site_id = $1 AND state = 'waiting' AND due_at_ms <= $2
             ORDER BY due_at_ms, follow_up_id LIMIT $3"
        );
        read_all(self.read(sql, params![site_id, now_ms, i64::from(limit)]).await?, read)
    }

    /// Follow-ups in a state, the last changed first, or those that wait or are to be called by when they are due; at most `limit`.
    pub async fn follow_ups(&self, site_id: Id, state: State, limit: u32) -> Result<Vec<FollowUp>, StoreError> {
        let order = match state {
            State::Waiting | State::Calling => "due_at_ms, follow_up_id",
            _ => "changed_at_ms DESC, follow_up_id",
        };
        let sql =
            format!("SELECT {COLUMNS} FROM follow_up WHERE site_id = $1 AND state = $2 ORDER BY {order} LIMIT $3");
        read_all(self.read(sql, params![site_id, state.as_str(), i64::from(limit)]).await?, read)
    }

    /// One follow-up.
    pub async fn follow_up(&self, site_id: Id, follow_up_id: Id) -> Result<Option<FollowUp>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM follow_up WHERE site_id = $1 AND follow_up_id = $2");
        Ok(read_all(self.read(sql, params![site_id, follow_up_id]).await?, read)?.into_iter().next())
    }

    /// Notes what became of a follow-up; false where it stands otherwise by now.
    pub async fn settle_follow_up(
        &self,
        site_id: Id,
        of: &FollowUp,
        outcome: &Outcome<'_>,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let rows = self.write(vec![settling(site_id, of, outcome, now_ms)]).await?;
        Ok(!rows[0].is_empty())
    }

    /// Writes the mail of a follow-up, notes that it was sent and that its survey was asked, and leaves it in the customer's history, all
    /// in one transaction: whatever is done twice was done once.
    pub async fn send_follow_up(
        &self,
        site_id: Id,
        of: &FollowUp,
        (mail, job, asked): (&OutgoingMail, &NewJob, Statement),
        clock: &Clock,
    ) -> Result<(), StoreError> {
        let mut statements: Vec<Statement> = writing(site_id, mail, job, clock)?.into();
        let sql = "UPDATE follow_up SET state = 'sent', reason = '', address = $3, mail_id = $4, changed_at_ms = $5, customer_id = $6
             WHERE site_id = $1 AND follow_up_id = $2 AND state = 'waiting'";
        let now_ms = clock.now_ms();
        let params = params![site_id, of.follow_up_id, &mail.recipient, mail.mail_id, now_ms, of.customer_id];
        statements.push(Statement::new(sql, params));
        statements.push(asked);
        let key = (clock.new_id(), "follow_up", format!("{OWN_KEY}follow-up:{}", of.follow_up_id));
        statements.extend(contact(site_id, of, key, (&mail.subject, "robot"), now_ms));
        self.write(statements).await.map(|_| ())
    }

    /// Notes what a call came to, in the follow-up and in the customer's history; false where it stands otherwise by now.
    pub async fn note_call(
        &self,
        site_id: Id,
        of: &FollowUp,
        (outcome, subject): (&Outcome<'_>, &str),
        entry: &AuditEntry,
        contact_id: Id,
    ) -> Result<bool, StoreError> {
        let now_ms = entry.occurred_at_ms;
        let settled = settling(site_id, of, outcome, now_ms);
        let key = (contact_id, "call", format!("{OWN_KEY}follow-up:{}:{}", of.follow_up_id, of.due_at_ms));
        let [logged, touched] = contact(site_id, of, key, (subject, &entry.actor), now_ms);
        let such = "follow_up WHERE site_id = $1 AND follow_up_id = $7 AND changed_at_ms = $8";
        let noted = entry.statement_where(site_id, such, params![of.follow_up_id, now_ms]);
        let rows = self.write(vec![settled, logged, touched, noted]).await?;
        Ok(!rows[0].is_empty())
    }

    /// How a customer is reached; of one who turned out to be another, how that one is. `None` where there is none.
    pub async fn reach(&self, site_id: Id, customer_id: Id) -> Result<Option<Reach>, StoreError> {
        let sql = "SELECT customer_id, external_id, COALESCE(name, '') AS name, COALESCE(mail, '') AS mail, COALESCE(phone, '') AS phone,
               COALESCE(language, '') AS language, COALESCE(time_zone, '') AS time_zone, merged_into
             FROM customer WHERE site_id = $1 AND customer_id = $2";
        let mut of = customer_id;
        for _ in 0..ALIASES {
            let rows = self.read(sql, params![site_id, of]).await?;
            let Some(row) = rows.first() else { return Ok(None) };
            match row.id_or_null("merged_into")? {
                Some(other) => of = other,
                None => {
                    let text = |column| row.text(column).map(str::to_owned);
                    return Ok(Some(Reach {
                        customer_id: of,
                        external_id: text("external_id")?,
                        name: text("name")?,
                        mail: text("mail")?,
                        phone: text("phone")?,
                        language: text("language")?,
                        time_zone: text("time_zone")?,
                    }));
                }
            }
        }
        Ok(None)
    }

    /// Whether a ticket is resolved still.
    pub async fn is_resolved(&self, site_id: Id, ticket_id: Id) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM ticket WHERE site_id = $1 AND ticket_id = $2 AND state = 'resolved'";
        Ok(!self.read(sql, params![site_id, ticket_id]).await?.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::{note_asked, note_seen};
    use crate::mail::tests::{a_job, a_mail};
    use crate::test_store::{each_engine, note};
    use rapport_shared::targeting::{Asked, Outcome as AskedOutcome};

    const SITE: Id = Id([7; 16]);
    const NONE: Option<&str> = None;

    fn id(number: u8) -> Id {
        Id([number; 16])
    }

    fn plan(number: u8, cause: Cause) -> Plan {
        let draft = Draft {
            name: format!("Plan {number}"),
            cause: cause.as_str().into(),
            days: "5".into(),
            counts: "business".into(),
            way: "mail".into(),
            survey_id: "nps".into(),
            subject: "How was it?".into(),
            body: "Please tell us.".into(),
            ..Draft::default()
        };
        draft.check(&["nps".to_owned()], (id(number), "eve@example.com", 100)).expect("a plan")
    }

    fn follow_up(number: u8, cause: u8) -> FollowUp {
        FollowUp {
            follow_up_id: id(number),
            plan_id: id(1),
            cause_id: id(cause),
            customer_id: id(40),
            caused_at_ms: 150,
            due_at_ms: 500,
            state: State::Waiting,
            reason: String::new(),
            attempts: 0,
            token: vec![number; 32],
            address: String::new(),
            mail_id: None,
            changed_at_ms: 150,
        }
    }

    async fn purchase(store: &Store, number: u8, (at_ms, received_at_ms): (i64, i64)) {
        let sql = "INSERT INTO interaction (site_id, interaction_id, customer_id, channel, direction, subject, body, thing, currency, actor,
               occurred_at_ms, received_at_ms) VALUES ($1, $2, $3, 'purchase', 'in', '', '', '', 'EUR', 'key', $4, $5)";
        store.write(vec![Statement::new(sql, params![SITE, id(number), id(40), at_ms, received_at_ms])]).await.unwrap();
    }

    #[tokio::test]
    async fn a_purchase_is_followed_up_once_however_often_the_plan_looks_and_whenever_it_arrives() {
        each_engine(async |store| {
            let plan = plan(1, Cause::Purchase);
            assert_eq!(store.add_follow_up_plan(SITE, &plan, &note(100)).await, Ok(true));
            for (number, times) in [(30, (50, 200)), (31, (150, 200)), (32, (160, 300))] {
                purchase(&store, number, times).await;
            }
            let found = store.happened_for(SITE, &plan, 9).await.unwrap();
            let causes: Vec<_> = found.iter().map(|happened| happened.cause_id).collect();
            assert_eq!(causes, [id(31), id(32)], "what was bought before there was the plan is left out");
            for number in [20, 21] {
                store.add_follow_ups(SITE, id(1), &[follow_up(number, 31)], 1_000_000).await.unwrap();
            }
            let plan = store.follow_up_plans(SITE).await.unwrap().remove(0);
            assert_eq!(plan.looked_until_ms, 1_000_000);
            purchase(&store, 33, (170, 900_000)).await;
            let causes: Vec<_> = store.happened_for(SITE, &plan, 9).await.unwrap().iter().map(|one| one.cause_id).collect();
            assert_eq!(causes, [id(33)], "one that arrived late");
            let due = store.due_follow_ups(SITE, 500, 9).await.unwrap();
            assert_eq!(due, [follow_up(20, 31)]);
            assert_eq!(store.due_follow_ups(SITE, 499, 9).await, Ok(vec![]));
            assert_eq!(store.sites_to_follow_up(&[SITE, id(9)], 0).await, Ok(vec![SITE]));
            assert_eq!(store.sites_to_follow_up(&[], 0).await, Ok(vec![]));
            // A resolved ticket, and one that nobody can be asked about.
            let sql = "INSERT INTO ticket (site_id, ticket_id, code, kind, subject, path, standing, words, state, priority, reopened, version, change_id,
                   customer_id, opened_at_ms, changed_at_ms, resolved_at_ms)
                 VALUES ($1, $2, $3, 'problem', '', '', '', 0, 'resolved', 'normal', 0, 1, $2, $4, 5, 400, 300)";
            for (number, customer) in [(50, Some(id(40))), (51, None)] {
                let params = params![SITE, id(number), format!("T-{number}"), customer];
                store.write(vec![Statement::new(sql, params)]).await.unwrap();
            }
            let resolved = super::tests::plan(2, Cause::Resolved);
            let found = store.happened_for(SITE, &resolved, 9).await.unwrap();
            assert_eq!(found, [Happened { cause_id: id(50), customer_id: id(40), at_ms: 300 }]);
            assert_eq!(store.is_resolved(SITE, id(50)).await, Ok(true));
            assert_eq!(store.is_resolved(SITE, id(52)).await, Ok(false));
        })
        .await;
    }

    #[tokio::test]
    async fn a_follow_up_is_sent_once_even_where_a_collector_ends_in_between_and_is_stopped_with_one_click() {
        each_engine(async |store| {
            store.write(vec![note_seen(SITE, id(40), "C-40", 5)]).await.unwrap();
            let of = follow_up(20, 31);
            store.add_follow_ups(SITE, id(1), std::slice::from_ref(&of), 10).await.unwrap();
            let clock = Clock::manual(600);
            for number in [1, 2] {
                let mail = a_mail(number, "follow-up:20", "ada@example.com");
                let asked = note_asked(SITE, id(40), "nps", Asked { day: 3, outcome: AskedOutcome::Shown });
                store.send_follow_up(SITE, &of, (&mail, &a_job("1"), asked), &clock).await.unwrap();
            }
            assert_eq!(store.mails(SITE, 9).await.unwrap().len(), 1);
            let contacts =
                store.read("SELECT subject FROM interaction WHERE channel = 'follow_up'", vec![]).await.unwrap();
            assert_eq!(contacts.len(), 1);
            let sent = store.follow_up(SITE, id(20)).await.unwrap().unwrap();
            assert_eq!(
                (sent.state, sent.mail_id, sent.address.as_str()),
                (State::Sent, Some(id(1)), "ada@example.com")
            );
            assert_eq!(store.follow_ups(SITE, State::Sent, 9).await, Ok(vec![sent]));
            assert_eq!(store.follow_ups(SITE, State::Waiting, 9).await, Ok(vec![]));
            assert_eq!(store.asked_of(SITE, id(40)).await.unwrap().surveys.len(), 1);

            assert_eq!(store.stopped(SITE, id(40), "ada@example.com").await.unwrap(), NONE);
            let known = store.subscription(SITE, vec![20; 32]).await.unwrap().unwrap();
            assert_eq!((known.address.as_str(), known.unsubscribed_at_ms), ("ada@example.com", None));
            for at_ms in [700, 800] {
                store.unsubscribe(SITE, vec![20; 32], at_ms).await.unwrap();
            }
            let known = store.subscription(SITE, vec![20; 32]).await.unwrap().unwrap();
            assert_eq!(known.unsubscribed_at_ms, Some(700));
            for (customer, address) in [(40, "new@example.com"), (41, "ada@example.com")] {
                assert_eq!(store.stopped(SITE, id(customer), address).await.unwrap(), Some("unsubscribed"));
            }
            assert_eq!(store.stopped(id(9), id(40), "ada@example.com").await.unwrap(), NONE, "another site");
        })
        .await;
    }

    #[tokio::test]
    async fn a_call_is_noted_once_and_a_mail_server_that_refused_an_address_is_heeded() {
        each_engine(async |store| {
            let of = FollowUp { state: State::Calling, ..follow_up(20, 31) };
            store.add_follow_ups(SITE, id(1), std::slice::from_ref(&of), 10).await.unwrap();
            let outcome = Outcome { state: State::Done, reason: "reached", due_at_ms: 500, attempts: 0 };
            for noted in [true, false] {
                let result = store.note_call(SITE, &of, (&outcome, "Called"), &note(600), Clock::System.new_id()).await;
                assert_eq!(result, Ok(noted));
            }
            let calls = store.read("SELECT actor FROM interaction WHERE channel = 'call'", vec![]).await.unwrap();
            assert_eq!((calls.len(), calls[0].text("actor")), (1, Ok("ada@example.com")));
            let mails = [(a_mail(1, "follow-up:1", "bob@example.com"), a_job("1"))];
            store.write_mails(SITE, &mails, &Clock::System).await.unwrap();
            assert_eq!(store.stopped(SITE, id(41), "bob@example.com").await.unwrap(), NONE);
            store.note_mail(SITE, id(1), crate::mail::MailState::Refused, Some("550"), 20).await.unwrap();
            assert_eq!(store.stopped(SITE, id(41), "bob@example.com").await.unwrap(), Some("address refused"));
        })
        .await;
    }

    #[tokio::test]
    async fn one_who_turned_out_to_be_another_is_reached_as_that_one_and_a_circle_ends() {
        each_engine(async |store| {
            for (number, external) in [(40, "C-40"), (41, "C-41")] {
                store.write(vec![note_seen(SITE, id(number), external, 5)]).await.unwrap();
            }
            let merge = async |from: u8, into: u8| {
                let sql = "UPDATE customer SET merged_into = $3 WHERE site_id = $1 AND customer_id = $2";
                store.write(vec![Statement::new(sql, params![SITE, id(from), id(into)])]).await.unwrap();
            };
            merge(40, 41).await;
            assert_eq!(store.reach(SITE, id(40)).await.unwrap().unwrap().external_id, "C-41");
            assert_eq!(store.reach(SITE, id(44)).await, Ok(None));
            merge(41, 40).await;
            assert_eq!(store.reach(SITE, id(40)).await, Ok(None));
        })
        .await;
    }
}
