//! The list of customers: by words, traits and what they did, in an order, from a place on.
//!
//! It is as fast for a million as for ten. What few meet is read whole and sorted; what many meet is found by walking along the order,
//! a bounded way at a time: a page may then have fewer customers than were asked for, and a place from which it goes on.

use super::profile::{COLUMNS, Customer, read};
use super::word;
use crate::engine::value::read_all;
use crate::interaction::Channel;
use crate::{Store, StoreError, Value, params};
use rapport_shared::id::Id;

/// Rows that meet a condition, up to which all of them are read and sorted.
const FEW: i64 = 2_000;
/// Customers that are walked past at a time, and how often.
const STEP: i64 = 5_000;
const STEPS: usize = 5;
/// Most traits that a list is narrowed to.
pub const TRAITS: usize = 4;
/// Most names of traits that are told.
const NAMES: usize = 50;

/// By what customers are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Whoever was last in contact first.
    #[default]
    Contact,
    /// By what they are called.
    Name,
    /// Whoever came to be known last first.
    Created,
}

impl Order {
    /// Each of them.
    pub const EACH: [Self; 3] = [Self::Contact, Self::Name, Self::Created];

    /// The name in addresses and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Name => "name",
            Self::Created => "created",
        }
    }

    /// The value of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|order| order.as_str() == name)
    }

    fn column(self) -> &'static str {
        match self {
            Self::Contact => "c.seen_at_ms",
            Self::Name => "c.name_key",
            Self::Created => "c.created_at_ms",
        }
    }

    fn is_descending(self) -> bool {
        self != Self::Name
    }

    /// What stands after `ORDER BY`.
    fn sql(self) -> String {
        let direction = if self.is_descending() { " DESC" } else { "" };
        format!("{}{direction}, c.customer_id{direction}", self.column())
    }

    /// The condition that a customer stands behind a place, or up to one, which becomes values.
    fn beside(self, place: &Place, behind: bool, params: &mut Vec<Value>) -> String {
        let sign = match (behind, self.is_descending()) {
            (true, true) => "<",
            (true, false) => ">",
            (false, true) => ">=",
            (false, false) => "<=",
        };
        params.extend([place.key.clone(), Value::from(place.customer_id)]);
        format!(" AND ({}, c.customer_id) {sign} (${}, ${})", self.column(), params.len() - 1, params.len())
    }

    fn place(self, customer: &Customer) -> Place {
        let key = match self {
            Self::Contact => customer.seen_at_ms.into(),
            Self::Name => customer.name_key.clone().into(),
            Self::Created => customer.created_at_ms.into(),
        };
        Place { key, customer_id: customer.customer_id }
    }
}

/// A place in a list: its text is what [`Place::parse`] reads, in the same order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    key: Value,
    customer_id: Id,
}

impl Place {
    /// The place as it stands in addresses.
    pub fn text(&self) -> String {
        let key = match &self.key {
            Value::Int(number) => number.to_string(),
            Value::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            _ => String::new(),
        };
        format!("{key}.{}", self.customer_id)
    }

    /// The place of that text in a list of that order.
    pub fn parse(text: &str, order: Order) -> Option<Self> {
        let (key, id) = text.split_once('.')?;
        let bytes = |key: &str| -> Option<Vec<u8>> {
            let digits: Vec<u32> = key.chars().map(|digit| digit.to_digit(16)).collect::<Option<_>>()?;
            let pairs = digits.chunks_exact(2);
            pairs.remainder().is_empty().then(|| pairs.map(|pair| (pair[0] * 16 + pair[1]) as u8).collect())
        };
        let key = match order {
            Order::Name => Value::Blob(bytes(key)?),
            _ => Value::Int(key.parse().ok()?),
        };
        Some(Self { key, customer_id: Id::parse(id)? })
    }
}

/// Which customers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomerFilter {
    /// Words that they are found by; empty for all.
    pub search: String,
    /// Traits that they have, each by its name and whole value; at most [`TRAITS`].
    pub traits: Vec<(String, String)>,
    /// Only those with a ticket that nobody is done with.
    pub open_ticket: bool,
    /// Only those who were in contact in a channel.
    pub channel: Option<Channel>,
}

/// One thing that has to hold: rows of a table that name a customer.
enum Condition {
    Word(Vec<u8>, Vec<u8>),
    OpenTicket,
    Channel(Channel),
}

impl Condition {
    /// Table and condition of its rows, called `x`. Where they are `looked_up` by their customer, no index of the condition itself
    /// may be taken instead.
    fn rows(&self, looked_up: bool, params: &mut Vec<Value>) -> (&'static str, String) {
        let place = params.len();
        let column = |name: &str| if looked_up { format!("COALESCE(x.{name}, '')") } else { format!("x.{name}") };
        match self {
            Self::Word(from, to) => {
                params.extend([from.clone().into(), to.clone().into()]);
                ("customer_word x", format!("x.site_id = $1 AND x.word >= ${} AND x.word < ${}", place + 1, place + 2))
            }
            Self::OpenTicket => {
                let open = format!(
                    "x.site_id = $1 AND {} IN ('new', 'acknowledged', 'in_progress', 'waiting')
                     AND x.customer_id IS NOT NULL AND x.merged_into IS NULL",
                    column("state")
                );
                ("ticket x", open)
            }
            Self::Channel(channel) => {
                params.push(channel.as_str().into());
                ("interaction x", format!("x.site_id = $1 AND {} = ${}", column("channel"), place + 1))
            }
        }
    }

    /// The condition on `customer c` that there is such a row of theirs, or of one who turned out to be them.
    fn holds(&self, params: &mut Vec<Value>) -> String {
        let (table, rows) = self.rows(true, params);
        format!(
            " AND (EXISTS (SELECT 1 FROM {table} WHERE {rows} AND x.customer_id = c.customer_id)
               OR EXISTS (SELECT 1 FROM customer l CROSS JOIN {table}
                          WHERE l.site_id = $1 AND l.merged_into = c.customer_id AND x.customer_id = l.customer_id AND {rows}))"
        )
    }
}

impl CustomerFilter {
    fn conditions(&self) -> Vec<Condition> {
        let until = |word: &[u8], last: u8| [word, &[last]].concat();
        let mut conditions: Vec<_> = word::wanted(&self.search)
            .into_iter()
            // No byte of UTF-8 is as high.
            .map(|word| Condition::Word(word.clone(), until(&word, u8::MAX)))
            .collect();
        conditions.extend(self.traits.iter().take(TRAITS).map(|(name, value)| {
            let word = word::of_trait(name, value);
            Condition::Word(word.clone(), until(&word, 0))
        }));
        conditions.extend(self.open_ticket.then_some(Condition::OpenTicket));
        conditions.extend(self.channel.map(Condition::Channel));
        conditions
    }
}

/// Customers in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerPage {
    /// At most as many as were asked for.
    pub customers: Vec<Customer>,
    /// From where it goes on; `None` at the end.
    pub next: Option<Place>,
}

impl Store {
    /// Customers that pass a filter, `limit` of them behind a place, or fewer where they are far between: then it goes on from
    /// [`CustomerPage::next`].
    pub async fn customers(
        &self,
        site_id: Id,
        (filter, order): (&CustomerFilter, Order),
        after: Option<&Place>,
        limit: usize,
    ) -> Result<CustomerPage, StoreError> {
        // Whoever was written down by a page since the last look is found as well.
        if let Err(error) = self.index_customers_of(site_id).await {
            tracing::warn!(%error, "some customers are not found by their words yet");
        }
        let conditions = filter.conditions();
        let mut rarest: Option<(usize, i64)> = None;
        for (place, condition) in conditions.iter().enumerate() {
            let matches = self.few(site_id, condition).await?;
            if rarest.is_none_or(|(_, fewest)| matches < fewest) {
                rarest = Some((place, matches));
            }
        }
        let mut customers = match rarest {
            Some((_, 0)) => Vec::new(),
            Some((place, matches)) if matches <= FEW => {
                self.of_few(site_id, (&conditions, place), order, (after, limit)).await?
            }
            _ => return self.walked(site_id, &conditions, order, (after, limit)).await,
        };
        let more = customers.len() > limit;
        customers.truncate(limit);
        let next = customers.last().filter(|_| more).map(|last| order.place(last));
        Ok(CustomerPage { customers, next })
    }

    /// How many rows meet a condition, up to one more than [`FEW`].
    async fn few(&self, site_id: Id, condition: &Condition) -> Result<i64, StoreError> {
        let mut params = params![site_id];
        let (table, rows) = condition.rows(false, &mut params);
        let sql =
            format!("SELECT COUNT(*) AS matches FROM (SELECT 1 AS one FROM {table} WHERE {rows} LIMIT {}) f", FEW + 1);
        self.read(sql, params).await?.first().map_or(Ok(0), |row| row.int("matches"))
    }

    /// All who meet the condition at a place, which few do, narrowed by the others and sorted; one more than `limit`.
    async fn of_few(
        &self,
        site_id: Id,
        (conditions, place): (&[Condition], usize),
        order: Order,
        (after, limit): (Option<&Place>, usize),
    ) -> Result<Vec<Customer>, StoreError> {
        let mut params = params![site_id];
        let (table, rows) = conditions[place].rows(false, &mut params);
        let mut sql = format!(
            "SELECT {COLUMNS} FROM (
               SELECT DISTINCT COALESCE(l.merged_into, l.customer_id) AS customer_id FROM {table} CROSS JOIN customer l
               WHERE {rows} AND l.site_id = $1 AND l.customer_id = x.customer_id) w
             CROSS JOIN customer c
             WHERE c.site_id = $1 AND c.customer_id = w.customer_id AND c.merged_into IS NULL AND c.name_key IS NOT NULL"
        );
        for (other, condition) in conditions.iter().enumerate() {
            if other != place {
                sql += &condition.holds(&mut params);
            }
        }
        if let Some(after) = after {
            sql += &order.beside(after, true, &mut params);
        }
        sql += &format!(" ORDER BY {} LIMIT {}", order.sql(), limit + 1);
        read_all(self.read(sql, params).await?, read)
    }

    /// Those along the order who meet every condition, over a bounded way.
    async fn walked(
        &self,
        site_id: Id,
        conditions: &[Condition],
        order: Order,
        (after, limit): (Option<&Place>, usize),
    ) -> Result<CustomerPage, StoreError> {
        let (mut from, mut customers) = (after.cloned(), Vec::new());
        for _ in 0..STEPS {
            let until = if conditions.is_empty() { None } else { self.step(site_id, order, from.as_ref()).await? };
            let mut params = params![site_id];
            let mut sql = format!("SELECT {COLUMNS} FROM customer c WHERE c.site_id = $1 AND c.merged_into IS NULL");
            if order == Order::Name {
                sql += " AND c.name_key IS NOT NULL";
            }
            for (place, behind) in [(&from, true), (&until, false)] {
                if let Some(place) = place {
                    sql += &order.beside(place, behind, &mut params);
                }
            }
            for condition in conditions {
                sql += &condition.holds(&mut params);
            }
            let wanted = limit + 1 - customers.len();
            sql += &format!(" ORDER BY {} LIMIT {wanted}", order.sql());
            customers.extend(read_all(self.read(sql, params).await?, read)?);
            if customers.len() > limit {
                customers.truncate(limit);
                let next = customers.last().map(|last| order.place(last));
                return Ok(CustomerPage { customers, next });
            }
            if until.is_none() {
                return Ok(CustomerPage { customers, next: None });
            }
            from = until;
        }
        Ok(CustomerPage { customers, next: from })
    }

    /// The place of the customer who is a step further; `None` where the list ends before.
    async fn step(&self, site_id: Id, order: Order, from: Option<&Place>) -> Result<Option<Place>, StoreError> {
        let mut params = params![site_id];
        let mut sql = format!(
            "SELECT {} AS place, c.customer_id FROM customer c WHERE c.site_id = $1 AND c.merged_into IS NULL",
            order.column()
        );
        if let Some(from) = from {
            sql += &order.beside(from, true, &mut params);
        }
        sql += &format!(" ORDER BY {} LIMIT 1 OFFSET {}", order.sql(), STEP - 1);
        let mut rows = self.read(sql, params).await?;
        rows.first_mut()
            .map(|row| {
                let key = match order {
                    Order::Name => row.take_blob("place")?.into(),
                    _ => row.int("place")?.into(),
                };
                Ok(Place { key, customer_id: row.id("customer_id")? })
            })
            .transpose()
    }

    /// The names of the traits that customers of a site have, in their order; a bounded number.
    pub async fn trait_names(&self, site_id: Id) -> Result<Vec<String>, StoreError> {
        let (mut names, mut from) = (Vec::new(), word::behind_trait(""));
        while names.len() < NAMES {
            let sql = "SELECT word FROM customer_word WHERE site_id = $1 AND word >= $2 ORDER BY word LIMIT 1";
            let rows = self.read(sql, params![site_id, from]).await?;
            let Some(name) = rows.first().map(|row| row.blob("word").map(word::trait_name)).transpose()?.flatten()
            else {
                break;
            };
            from = word::behind_trait(&name);
            names.push(name);
        }
        Ok(names)
    }
}
