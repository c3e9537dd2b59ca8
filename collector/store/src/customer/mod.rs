//! Customers: who they are, which visitors are theirs, and what they were asked on any of their devices.

#[cfg(test)]
mod customer_test;
pub mod list;
pub mod profile;
pub mod rule;
pub mod timeline;
mod word;

pub use profile::{Change, Customer, Saved, Traits};

use super::{Row, Statement, Store, StoreError, Value};
use crate::engine::value::placeholders;
use crate::params;
use rapport_shared::id::Id;
use rapport_shared::targeting::{Asked, Outcome};

/// The name under which the last day is kept on which any survey appeared of its own accord.
const ANY_SURVEY: &str = "";
/// Keys of visitors that are filled in one transaction.
const FILLED: usize = 500;

/// What a customer was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AskedOf {
    /// Each survey that was on one of their screens, with its last day (UTC, counted from 1970).
    pub surveys: Vec<(String, Asked)>,
    /// The last day on which any survey appeared of its own accord.
    pub site_day: Option<u64>,
}

/// The statement that writes a customer down, or that they were here again.
pub fn note_seen(site_id: Id, customer_id: Id, external_id: &str, at_ms: i64) -> Statement {
    let sql = "INSERT INTO customer (site_id, customer_id, external_id, created_at_ms, seen_at_ms)
         VALUES ($1, $2, $3, $4, $4)
         ON CONFLICT (site_id, customer_id) DO UPDATE
         SET seen_at_ms = CASE WHEN excluded.seen_at_ms > customer.seen_at_ms
             THEN excluded.seen_at_ms ELSE customer.seen_at_ms END";
    Statement::new(sql, params![site_id, customer_id, external_id, at_ms])
}

/// The statement that says that a visitor whose id lasts is a customer.
pub fn link_visitor(site_id: Id, customer_id: Id, visitor_key: Id, at_ms: i64) -> Statement {
    let sql = "INSERT INTO identity (site_id, kind, value, customer_id, created_at_ms, visitor_key)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (site_id, kind, value, customer_id) DO NOTHING";
    Statement::new(sql, params![site_id, "visitor", visitor_key.to_text(), customer_id, at_ms, visitor_key])
}

/// The statement that says that a mail address is a customer's, whether it is written to or not. `address` is in the form of
/// [`rule::mail`].
pub fn link_mail(site_id: Id, customer_id: Id, address: &str, at_ms: i64) -> Statement {
    let sql = "INSERT INTO identity (site_id, kind, value, customer_id, created_at_ms) VALUES ($1, 'mail', $2, $3, $4)
         ON CONFLICT (site_id, kind, value, customer_id) DO NOTHING";
    Statement::new(sql, params![site_id, address, customer_id, at_ms])
}

/// The statement that adds to what a customer was asked, as [`Asked::with`] does.
pub fn note_asked(site_id: Id, customer_id: Id, survey_id: &str, asked: Asked) -> Statement {
    let sql = "INSERT INTO customer_asked (site_id, customer_id, survey_id, day, outcome) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (site_id, customer_id, survey_id) DO UPDATE
         SET day = CASE WHEN excluded.day > customer_asked.day THEN excluded.day ELSE customer_asked.day END,
             outcome = CASE WHEN 'answered' IN (excluded.outcome, customer_asked.outcome) THEN 'answered'
                            WHEN 'closed' IN (excluded.outcome, customer_asked.outcome) THEN 'closed'
                            ELSE 'shown' END";
    let day = i64::try_from(asked.day).unwrap_or(i64::MAX);
    Statement::new(sql, params![site_id, customer_id, survey_id, day, asked.outcome.as_str()])
}

/// The statement that says that a survey appeared of its own accord on that day.
pub fn note_interruption(site_id: Id, customer_id: Id, day: u64) -> Statement {
    note_asked(site_id, customer_id, ANY_SURVEY, Asked { day, outcome: Outcome::Shown })
}

impl Store {
    /// What a customer is called in the company's own systems.
    pub async fn customer(&self, site_id: Id, customer_id: Id) -> Result<Option<String>, StoreError> {
        let sql = "SELECT external_id FROM customer WHERE site_id = $1 AND customer_id = $2";
        let rows = self.read(sql, params![site_id, customer_id]).await?;
        rows.first().map(|row| Ok(row.text("external_id")?.to_owned())).transpose()
    }

    /// What a customer was asked on any of their devices.
    pub async fn asked_of(&self, site_id: Id, customer_id: Id) -> Result<AskedOf, StoreError> {
        let sql = "SELECT survey_id, day, outcome FROM customer_asked
             WHERE site_id = $1 AND customer_id = $2 ORDER BY survey_id";
        let mut asked_of = AskedOf::default();
        for row in self.read(sql, params![site_id, customer_id]).await? {
            let day = row.count("day")?;
            match row.text("survey_id")? {
                ANY_SURVEY => asked_of.site_day = Some(day),
                survey => {
                    let outcome = row.named("customer_asked.outcome", Outcome::parse)?;
                    asked_of.surveys.push((survey.to_owned(), Asked { day, outcome }));
                }
            }
        }
        Ok(asked_of)
    }

    /// Writes the keys of visitors beside their texts, in the rows from before they stood there; how many there were.
    pub(crate) async fn fill_visitor_keys(&self) -> Result<usize, StoreError> {
        let sql = "SELECT DISTINCT site_id, value FROM identity WHERE kind = 'visitor' AND visitor_key IS NULL";
        let rows = self.read(sql, params![]).await?;
        let fill = "UPDATE identity SET visitor_key = $3 WHERE site_id = $1 AND kind = 'visitor' AND value = $2";
        let mut statements = Vec::with_capacity(rows.len());
        for row in &rows {
            let key = visitor_key(row)?;
            statements.push(Statement::new(fill, params![row.id("site_id")?, key.to_text(), key]));
        }
        for some in statements.chunks(FILLED) {
            self.write(some.to_vec()).await?;
        }
        Ok(rows.len())
    }

    /// Keys of visitors who are this customer, or whoever turned out to be one person with them, and nobody else.
    pub async fn visitors_of(&self, site_id: Id, customer_id: Id) -> Result<Vec<Id>, StoreError> {
        let together = self.together(site_id, customer_id).await?;
        if together.is_empty() {
            return Ok(Vec::new());
        }
        let places = placeholders(2, together.len());
        let sql = format!(
            "SELECT DISTINCT own.value FROM identity own
             WHERE own.site_id = $1 AND own.customer_id IN ({places}) AND own.kind = 'visitor'
               AND NOT EXISTS (SELECT 1 FROM identity other
                               WHERE other.site_id = own.site_id AND other.kind = own.kind AND other.value = own.value
                                 AND other.customer_id NOT IN ({places}))
             ORDER BY own.value"
        );
        let mut params = params![site_id];
        params.extend(together.into_iter().map(Value::from));
        self.read(sql, params).await?.iter().map(visitor_key).collect()
    }
}

/// The key whose text a row of `identity` has.
fn visitor_key(row: &Row) -> Result<Id, StoreError> {
    let text = row.text("value")?;
    Id::parse(text).ok_or_else(|| StoreError::Inconsistent(format!("identity.value: {text}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_store::each_engine;

    const SITE: Id = Id([7; 16]);

    fn id(number: u8) -> Id {
        Id([number; 16])
    }

    #[tokio::test]
    async fn what_was_asked_adds_up_on_the_engine_as_in_the_rules() {
        let told = [(20_003, Outcome::Shown), (20_001, Outcome::Answered), (20_002, Outcome::Closed)];
        each_engine(async |store| {
            for (customer, order) in [(1, [0, 1, 2]), (2, [2, 1, 0]), (3, [1, 1, 0])] {
                let mut sum: Option<Asked> = None;
                for place in order {
                    let (day, outcome) = told[place];
                    let asked = Asked { day, outcome };
                    sum = Some(sum.map_or(asked, |sum| sum.with(asked)));
                    store.write(vec![note_asked(SITE, id(customer), "rating", asked)]).await.unwrap();
                    let stored = store.asked_of(SITE, id(customer)).await.unwrap();
                    assert_eq!(stored.surveys, [("rating".to_owned(), sum.unwrap())]);
                }
            }
            store
                .write(vec![note_interruption(SITE, id(1), 20_004), note_interruption(SITE, id(1), 19_000)])
                .await
                .unwrap();
            let stored = store.asked_of(SITE, id(1)).await.unwrap();
            assert_eq!((stored.site_day, stored.surveys.len()), (Some(20_004), 1));
            assert_eq!(store.asked_of(id(8), id(1)).await, Ok(AskedOf::default()), "another site");
        })
        .await;
    }

    #[tokio::test]
    async fn a_visitor_who_was_linked_before_keys_were_kept_gets_one_at_the_next_start() {
        each_engine(async |store| {
            store
                .write(vec![link_visitor(SITE, id(1), id(10), 5), link_visitor(SITE, id(2), id(11), 5)])
                .await
                .unwrap();
            store.write(vec![Statement::new("UPDATE identity SET visitor_key = NULL", vec![])]).await.unwrap();
            assert_eq!(store.fill_visitor_keys().await, Ok(2));
            let rows = store.read("SELECT value, visitor_key FROM identity", vec![]).await.unwrap();
            assert!(rows.iter().all(|row| row.id("visitor_key") == visitor_key(row)), "{rows:?}");
            assert_eq!((rows.len(), store.fill_visitor_keys().await), (2, Ok(0)));
        })
        .await;
    }

    #[tokio::test]
    async fn a_browser_that_two_customers_share_leads_to_neither() {
        each_engine(async |store| {
            let (ada, ben) = (id(1), id(2));
            store
                .write(vec![
                    note_seen(SITE, ada, "ada", 5),
                    note_seen(SITE, ada, "ada", 9),
                    note_seen(SITE, ada, "ada", 7),
                    link_visitor(SITE, ada, id(10), 5),
                    link_visitor(SITE, ada, id(11), 5),
                    link_visitor(SITE, ada, id(11), 6),
                    link_visitor(SITE, ben, id(11), 6),
                ])
                .await
                .unwrap();
            assert_eq!(store.visitors_of(SITE, ada).await, Ok(vec![id(10)]));
            assert_eq!(store.visitors_of(SITE, ben).await, Ok(vec![]));
            assert_eq!(store.customer(SITE, ada).await, Ok(Some("ada".to_owned())));
            assert_eq!(store.customer(SITE, ben).await, Ok(None));
            let rows = store.read("SELECT created_at_ms, seen_at_ms FROM customer", vec![]).await.unwrap();
            assert_eq!((rows.len(), rows[0].int("created_at_ms"), rows[0].int("seen_at_ms")), (1, Ok(5), Ok(9)));
        })
        .await;
    }
}
