//! Contacts with customers in every channel: calls, mails, letters, visits, purchases and what else is no page view, answer or review.
//! Each is written once under the name that its sender gives it, and a customer's newest are found without their others.

pub mod rule;

use crate::audit::AuditEntry;
use crate::engine::named::named;
use crate::engine::value::{placeholders, read_all};
use crate::response::Cursor;
use crate::{Row, Statement, Store, StoreError, Value, params};
use rapport_shared::id::Id;

/// What names that the collector gives to contacts begin with; senders may give no such name.
pub const OWN_KEY: &str = "rapport:";

named! {
    /// By what way people were in contact.
    Channel {
        /// By telephone.
        Call: "call", "Call";
        /// By mail.
        Mail: "mail", "Mail";
        /// On paper.
        Letter: "letter", "Letter";
        /// At the counter, or at the customer's.
        Visit: "visit", "Visit";
        /// They bought something.
        Purchase: "purchase", "Purchase";
        /// They got money back.
        Refund: "refund", "Refund";
        /// In a chat.
        Chat: "chat", "Chat";
        /// In the widget.
        Message: "message", "Message";
        /// They were asked something by a plan.
        FollowUp: "follow_up", "Follow-up";
        /// Something that staff wrote down of them.
        Note: "note", "Note";
    }
}

impl Channel {
    /// Whether money changes hands.
    pub fn is_paid(self) -> bool {
        matches!(self, Self::Purchase | Self::Refund)
    }
}

named! {
    /// Who began.
    Direction {
        /// The customer.
        In: "in", "from them";
        /// The company.
        Out: "out", "to them";
        /// Nobody: something is noted.
        Neither: "none", "";
    }
}

/// A row of `interaction`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the columns of interaction")]
pub struct Interaction {
    pub interaction_id: Id,
    pub customer_id: Id,
    pub channel: Channel,
    pub direction: Direction,
    pub subject: String,
    pub body: String,
    pub thing: String,
    pub amount_minor: Option<i64>,
    pub currency: String,
    pub ticket_id: Option<Id>,
    pub sender_key: Option<String>,
    pub actor: String,
    pub occurred_at_ms: i64,
    pub received_at_ms: i64,
}

const COLUMNS: &str = "interaction_id, customer_id, channel, direction, subject, body, thing, amount_minor, currency, ticket_id, \
     sender_key, actor, occurred_at_ms, received_at_ms";

fn read(row: &mut Row) -> Result<Interaction, StoreError> {
    Ok(Interaction {
        interaction_id: row.id("interaction_id")?,
        customer_id: row.id("customer_id")?,
        channel: row.named("interaction.channel", Channel::parse)?,
        direction: row.named("interaction.direction", Direction::parse)?,
        subject: row.take_text("subject")?,
        body: row.take_text("body")?,
        thing: row.take_text("thing")?,
        amount_minor: row.int_or_null("amount_minor")?,
        currency: row.take_text("currency")?,
        ticket_id: row.id_or_null("ticket_id")?,
        sender_key: row.text_or_null("sender_key")?.map(str::to_owned),
        actor: row.take_text("actor")?,
        occurred_at_ms: row.int("occurred_at_ms")?,
        received_at_ms: row.int("received_at_ms")?,
    })
}

/// The statements that write a contact down, of the same sender's name once, and that the customer was in contact. The first returns
/// a row where it was not there yet. They belong behind whatever writes its customer.
pub fn adding(site_id: Id, of: &Interaction) -> [Statement; 2] {
    let sql = format!(
        "INSERT INTO interaction (site_id, {COLUMNS})
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         ON CONFLICT (site_id, sender_key) WHERE sender_key IS NOT NULL DO NOTHING RETURNING interaction_id"
    );
    let params = params![
        site_id,
        of.interaction_id,
        of.customer_id,
        of.channel.as_str(),
        of.direction.as_str(),
        &of.subject,
        &of.body,
        &of.thing,
        of.amount_minor,
        &of.currency,
        of.ticket_id,
        of.sender_key.clone(),
        &of.actor,
        of.occurred_at_ms,
        of.received_at_ms,
    ];
    [Statement::new(sql, params), touching(site_id, of.interaction_id)]
}

/// The statement that says that the customer of a contact, or who they turned out to be, was in contact then. It belongs behind whatever
/// writes the contact; of one that is not there it says nothing.
pub(crate) fn touching(site_id: Id, interaction_id: Id) -> Statement {
    let at = "SELECT i.occurred_at_ms FROM interaction i WHERE i.site_id = $1 AND i.interaction_id = $2";
    let sql = format!(
        "UPDATE customer SET seen_at_ms = ({at}) WHERE site_id = $1 AND seen_at_ms < ({at}) AND customer_id IN (
             SELECT COALESCE(c.merged_into, c.customer_id) FROM interaction i
             JOIN customer c ON c.site_id = i.site_id AND c.customer_id = i.customer_id
             WHERE i.site_id = $1 AND i.interaction_id = $2)"
    );
    Statement::new(sql, params![site_id, interaction_id])
}

/// Money of one currency that customers paid and got back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paid {
    /// ISO 4217 code.
    pub currency: String,
    /// How many purchases.
    pub purchases: u64,
    /// Their sum, in the smallest unit of the currency.
    pub purchased_minor: i64,
    /// How many refunds.
    pub refunds: u64,
    /// Their sum.
    pub refunded_minor: i64,
}

/// How often somebody was in contact in a channel, and when last, in epoch milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contacts {
    /// The channel.
    pub channel: Channel,
    /// How often.
    pub count: u64,
    /// When last, in epoch milliseconds.
    pub last_at_ms: i64,
}

/// A condition that a column is one of some ids, which become values.
pub(crate) fn one_of(column: &str, ids: &[Id], params: &mut Vec<Value>) -> String {
    // Of one alone an index also tells the order.
    if let [id] = ids {
        params.push((*id).into());
        return format!("{column} = ${}", params.len());
    }
    let condition = format!("{column} IN ({})", placeholders(params.len() + 1, ids.len()));
    params.extend(ids.iter().map(|id| Value::from(*id)));
    condition
}

impl Store {
    /// Writes contacts down, and notes who did; of each whether it was new, else its sender told of it before.
    pub async fn add_interactions(
        &self,
        site_id: Id,
        of: &[Interaction],
        entry: &AuditEntry,
    ) -> Result<Vec<bool>, StoreError> {
        let mut statements: Vec<_> = of.iter().flat_map(|one| adding(site_id, one)).collect();
        statements.push(entry.statement(site_id));
        let results = self.write(statements).await?;
        Ok(results.iter().step_by(2).take(of.len()).map(|rows| !rows.is_empty()).collect())
    }

    /// The newest contacts of somebody, before a place if one is given; only of one channel if one is given.
    pub async fn interactions_of(
        &self,
        site_id: Id,
        customer_ids: &[Id],
        (channel, before): (Option<Channel>, Option<Cursor>),
        limit: i64,
    ) -> Result<Vec<Interaction>, StoreError> {
        let before = before.unwrap_or(Cursor { occurred_at_ms: i64::MAX, item_id: Id::default() });
        let mut params = params![site_id, before.occurred_at_ms, before.item_id, limit];
        let mut condition = one_of("customer_id", customer_ids, &mut params);
        if let Some(channel) = channel {
            params.push(channel.as_str().into());
            // By the customer: a channel alone is of many.
            condition += &format!(" AND COALESCE(channel, '') = ${}", params.len());
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM interaction
             WHERE site_id = $1 AND {condition} AND occurred_at_ms <= $2 AND (occurred_at_ms < $2 OR interaction_id < $3)
             ORDER BY occurred_at_ms DESC, interaction_id DESC LIMIT $4"
        );
        read_all(self.read(sql, params).await?, read)
    }

    /// One contact.
    pub async fn interaction(&self, site_id: Id, interaction_id: Id) -> Result<Option<Interaction>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM interaction WHERE site_id = $1 AND interaction_id = $2");
        Ok(read_all(self.read(sql, params![site_id, interaction_id]).await?, read)?.into_iter().next())
    }

    /// How often somebody was in contact by channel.
    pub async fn contacts_of(&self, site_id: Id, customer_ids: &[Id]) -> Result<Vec<Contacts>, StoreError> {
        let mut params = params![site_id];
        let of = one_of("customer_id", customer_ids, &mut params);
        let sql = format!(
            "SELECT channel, COUNT(*) AS contacts, MAX(occurred_at_ms) AS last_at_ms FROM interaction
             WHERE site_id = $1 AND {of} GROUP BY channel ORDER BY channel"
        );
        let read = |row: &mut Row| {
            Ok(Contacts {
                channel: row.named("interaction.channel", Channel::parse)?,
                count: row.count("contacts")?,
                last_at_ms: row.int("last_at_ms")?,
            })
        };
        read_all(self.read(sql, params).await?, read)
    }

    /// What somebody bought and got back, by currency.
    pub async fn paid_by(&self, site_id: Id, customer_ids: &[Id]) -> Result<Vec<Paid>, StoreError> {
        let mut params = params![site_id];
        let of = one_of("customer_id", customer_ids, &mut params);
        let sum = |channel: &str, of: &str| {
            format!("CAST(SUM(CASE WHEN channel = '{channel}' THEN {of} ELSE 0 END) AS BIGINT)")
        };
        let sql = format!(
            "SELECT currency, {} AS purchases, {} AS purchased_minor, {} AS refunds, {} AS refunded_minor FROM interaction
             WHERE site_id = $1 AND {of} AND currency <> '' AND amount_minor IS NOT NULL
             GROUP BY currency ORDER BY currency",
            sum("purchase", "1"),
            sum("purchase", "amount_minor"),
            sum("refund", "1"),
            sum("refund", "amount_minor"),
        );
        let read = |row: &mut Row| {
            Ok(Paid {
                currency: row.take_text("currency")?,
                purchases: row.count("purchases")?,
                purchased_minor: row.int("purchased_minor")?,
                refunds: row.count("refunds")?,
                refunded_minor: row.int("refunded_minor")?,
            })
        };
        read_all(self.read(sql, params).await?, read)
    }

    /// Every contact that happened in `[from_ms, to_ms)`, newest first, with what the company calls its customer, as it is read.
    pub async fn stream_interactions(
        &self,
        site_id: Id,
        (from_ms, to_ms): (i64, i64),
    ) -> Result<InteractionStream, StoreError> {
        let columns: Vec<_> = COLUMNS.split(',').map(|name| format!("i.{}", name.trim())).collect();
        let sql = format!(
            "SELECT {}, COALESCE(c.external_id, '') AS external_id FROM interaction i
             LEFT JOIN customer c ON c.site_id = i.site_id AND c.customer_id = i.customer_id
             WHERE i.site_id = $1 AND i.occurred_at_ms >= $2 AND i.occurred_at_ms < $3
             ORDER BY i.occurred_at_ms DESC, i.interaction_id DESC",
            columns.join(", ")
        );
        Ok(InteractionStream(self.stream(vec![Statement::new(sql, params![site_id, from_ms, to_ms])]).await?))
    }
}

/// Contacts as they are read. Dropping it ends the reader.
pub struct InteractionStream(crate::engine::stream::RowStream);

impl InteractionStream {
    /// The next contacts, each with what the company calls its customer; `None` when all were read.
    pub async fn next(&mut self) -> Option<Result<Vec<(Interaction, String)>, StoreError>> {
        let piece = match self.0.next().await? {
            Ok(piece) => piece,
            Err(error) => return Some(Err(error)),
        };
        Some(read_all(piece.rows, |row| Ok((read(row)?, row.take_text("external_id")?))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::note_seen;
    use crate::test_store::{each_engine, note};

    const SITE: Id = Id([7; 16]);

    fn id(number: u8) -> Id {
        Id([number; 16])
    }

    fn contact(number: u8, channel: Channel, at_ms: i64) -> Interaction {
        Interaction {
            interaction_id: id(number),
            customer_id: id(1),
            channel,
            direction: Direction::In,
            subject: format!("Contact {number}"),
            body: String::new(),
            thing: String::new(),
            amount_minor: None,
            currency: String::new(),
            ticket_id: None,
            sender_key: Some(format!("key-{number}")),
            actor: "ada@example.com".into(),
            occurred_at_ms: at_ms,
            received_at_ms: at_ms + 5,
        }
    }

    #[tokio::test]
    async fn a_contact_that_was_sent_twice_stood_twice_on_the_timeline() {
        each_engine(async |store| {
            store.write(vec![note_seen(SITE, id(1), "C-1", 50)]).await.unwrap();
            let first = contact(10, Channel::Call, 100);
            for (number, added) in [(10, true), (11, false)] {
                let again = Interaction { interaction_id: id(number), ..first.clone() };
                assert_eq!(store.add_interactions(SITE, &[again], &note(5)).await, Ok(vec![added]));
            }
            let unnamed = |number| Interaction { sender_key: None, ..contact(number, Channel::Note, 90) };
            for number in [12, 13] {
                assert_eq!(store.add_interactions(SITE, &[unnamed(number)], &note(5)).await, Ok(vec![true]));
            }
            let all = store.interactions_of(SITE, &[id(1), id(2)], (None, None), 9).await.unwrap();
            assert_eq!(all, [first.clone(), unnamed(13), unnamed(12)]);
            let calls = store.interactions_of(SITE, &[id(1)], (Some(Channel::Call), None), 9).await.unwrap();
            assert_eq!(calls, std::slice::from_ref(&first));
            let place = Cursor { occurred_at_ms: 90, item_id: id(13) };
            let rest = store.interactions_of(SITE, &[id(1)], (None, Some(place)), 9).await.unwrap();
            assert_eq!(rest, [unnamed(12)]);
            assert_eq!(store.interaction(SITE, id(10)).await, Ok(Some(first)));
            assert_eq!(store.interaction(SITE, id(11)).await, Ok(None));
            let seen = crate::test_store::number(&store, "SELECT seen_at_ms FROM customer").await;
            assert_eq!(seen, 100, "the last contact, in whatever channel");
        })
        .await;
    }

    #[tokio::test]
    async fn sums_of_two_currencies_were_added_and_refunds_counted_as_purchases() {
        each_engine(async |store| {
            let paid = |number, channel, currency: &str, amount| Interaction {
                amount_minor: Some(amount),
                currency: currency.into(),
                ..contact(number, channel, i64::from(number))
            };
            for one in [
                paid(10, Channel::Purchase, "EUR", 2_990),
                paid(11, Channel::Purchase, "EUR", 1_010),
                paid(12, Channel::Refund, "EUR", 1_010),
                paid(13, Channel::Purchase, "JPY", 500),
                contact(14, Channel::Call, 14),
            ] {
                store.add_interactions(SITE, &[one], &note(5)).await.unwrap();
            }
            let sums: Vec<_> = store
                .paid_by(SITE, &[id(1)])
                .await
                .unwrap()
                .into_iter()
                .map(|of| (of.currency, of.purchases, of.purchased_minor, of.refunds, of.refunded_minor))
                .collect();
            assert_eq!(sums, [("EUR".into(), 2, 4_000, 1, 1_010), ("JPY".into(), 1, 500, 0, 0)]);
            let contacts = store.contacts_of(SITE, &[id(1)]).await.unwrap();
            let counts: Vec<_> = contacts.iter().map(|of| (of.channel, of.count, of.last_at_ms)).collect();
            assert_eq!(counts, [(Channel::Call, 1, 14), (Channel::Purchase, 3, 13), (Channel::Refund, 1, 12)]);
            let mut stream = store.stream_interactions(SITE, (11, 14)).await.unwrap();
            let mut streamed = Vec::new();
            while let Some(some) = stream.next().await {
                streamed.extend(some.unwrap());
            }
            let times: Vec<_> = streamed.iter().map(|(of, customer)| (of.occurred_at_ms, customer.as_str())).collect();
            assert_eq!(times, [(13, ""), (12, ""), (11, "")]);
        })
        .await;
    }
}
