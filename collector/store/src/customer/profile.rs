//! How customers are called and reached, their traits, and by what they are found: read, and written together.

use super::word;
use crate::audit::AuditEntry;
use crate::engine::value::{placeholders, read_all};
use crate::news::{News, NewsKind, tell};
use crate::visitor::{IDS, values};
use crate::{Row, Statement, Store, StoreError, params};
use rapport_shared::id::Id;
use std::collections::{BTreeMap, HashMap};

/// Customers that are read or written at a time.
pub const TOGETHER: usize = 500;
/// Aliases that are followed from a customer who turned out to be another.
const ALIASES: usize = 8;
/// How often the words of a customer are made anew where somebody else changed them in between.
const TRIES: usize = 4;

/// A row of `customer`; what nobody told is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Customer {
    /// Their id here.
    pub customer_id: Id,
    /// What the company's systems call them, or a name of the collector ([`super::rule::own_external_id`]).
    pub external_id: String,
    /// Their name.
    pub name: String,
    /// Their mail address.
    pub mail: String,
    /// Their telephone number.
    pub phone: String,
    /// Their language, a BCP 47 tag.
    pub language: String,
    /// Their zone by its IANA name.
    pub time_zone: String,
    /// Who they turned out to be.
    pub merged_into: Option<Id>,
    /// When they came to be known, in epoch milliseconds.
    pub created_at_ms: i64,
    /// When they were last in contact in any channel, in epoch milliseconds; 0 before the first time.
    pub seen_at_ms: i64,
    /// By what a list by name is ordered; empty where nothing was made of it yet.
    pub name_key: Vec<u8>,
    pub(super) version: i64,
}

/// The news that a customer was written down or changed.
fn news_of(site_id: Id, before: &Customer, saved: &Saved, now_ms: i64) -> News {
    let (id, customer) = (saved.customer_id.to_text(), changed(before, &saved.change));
    let told = [("customer", &customer.external_id), ("name", &customer.name), ("mail", &customer.mail)];
    let person = told.into_iter().filter(|(_, text)| !text.is_empty());
    let about = format!("{id}:{}", before.version + 1);
    News {
        path: format!("customers/{id}"),
        facts: [("version".to_owned(), (before.version + 1).into())].into_iter().collect(),
        person: person.map(|(name, text)| (name.to_owned(), text.as_str().into())).collect(),
        customer_id: Some(saved.customer_id),
        ..News::new(site_id, (NewsKind::CustomerChanged, &about), "A customer changed", now_ms)
    }
}

impl Customer {
    /// What staff call them: their name, else their mail address, else what the company's systems call them.
    pub fn called(&self) -> &str {
        match (self.name.as_str(), self.mail.as_str()) {
            ("", "") if super::rule::is_own(&self.external_id) => "A customer without a name",
            ("", "") => &self.external_id,
            ("", mail) => mail,
            (name, _) => name,
        }
    }
}

/// What changes of a customer: what is `None` stays, what is empty goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the columns of customer")]
pub struct Change {
    pub name: Option<String>,
    pub mail: Option<String>,
    pub phone: Option<String>,
    pub language: Option<String>,
    pub time_zone: Option<String>,
    /// By name; without a value the trait goes.
    pub traits: Vec<(String, Option<String>)>,
}

/// A customer who is to be written down, or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Their id here.
    pub customer_id: Id,
    /// What they are called where they are new.
    pub external_id: String,
    /// What changes.
    pub change: Change,
}

pub(super) const COLUMNS: &str = "c.customer_id, c.external_id, COALESCE(c.name, '') AS name, COALESCE(c.mail, '') AS mail, \
     COALESCE(c.phone, '') AS phone, COALESCE(c.language, '') AS language, COALESCE(c.time_zone, '') AS time_zone, c.merged_into, \
     c.created_at_ms, c.seen_at_ms, c.name_key, COALESCE(c.version, 0) AS version";

pub(super) fn read(row: &mut Row) -> Result<Customer, StoreError> {
    Ok(Customer {
        customer_id: row.id("customer_id")?,
        external_id: row.take_text("external_id")?,
        name: row.take_text("name")?,
        mail: row.take_text("mail")?,
        phone: row.take_text("phone")?,
        language: row.take_text("language")?,
        time_zone: row.take_text("time_zone")?,
        merged_into: row.id_or_null("merged_into")?,
        created_at_ms: row.int("created_at_ms")?,
        seen_at_ms: row.int("seen_at_ms")?,
        name_key: row.take_blob("name_key")?,
        version: row.int("version")?,
    })
}

/// The traits of customers, by customer and by name.
pub type Traits = HashMap<Id, Vec<(String, String)>>;

/// A customer with a change made to them.
fn changed(customer: &Customer, change: &Change) -> Customer {
    let or = |new: &Option<String>, old: &String| new.clone().unwrap_or_else(|| old.clone());
    Customer {
        name: or(&change.name, &customer.name),
        mail: or(&change.mail, &customer.mail),
        phone: or(&change.phone, &customer.phone),
        language: or(&change.language, &customer.language),
        time_zone: or(&change.time_zone, &customer.time_zone),
        ..customer.clone()
    }
}

fn traits_changed(traits: &[(String, String)], change: &Change) -> Vec<(String, String)> {
    let mut all: BTreeMap<&str, &str> = traits.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    for (name, value) in &change.traits {
        match value {
            Some(value) => all.insert(name, value),
            None => all.remove(name.as_str()),
        };
    }
    all.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The statements that write a customer down with what they are found by. The first returns their version.
fn saving(site_id: Id, before: &Customer, traits: &[(String, String)], saved: &Saved, now_ms: i64) -> Vec<Statement> {
    let after = changed(before, &saved.change);
    let (id, change) = (saved.customer_id, &saved.change);
    let sql = "INSERT INTO customer (site_id, customer_id, external_id, created_at_ms, seen_at_ms, name, mail, phone, language, time_zone,
           name_key, version)
         VALUES ($1, $2, $3, $4, 0, NULLIF($5, ''), NULLIF($6, ''), NULLIF($7, ''), NULLIF($8, ''), NULLIF($9, ''), $10, 1)
         ON CONFLICT (site_id, customer_id) DO UPDATE SET
           name = CASE WHEN $11 = 1 THEN excluded.name ELSE customer.name END,
           mail = CASE WHEN $12 = 1 THEN excluded.mail ELSE customer.mail END,
           phone = CASE WHEN $13 = 1 THEN excluded.phone ELSE customer.phone END,
           language = CASE WHEN $14 = 1 THEN excluded.language ELSE customer.language END,
           time_zone = CASE WHEN $15 = 1 THEN excluded.time_zone ELSE customer.time_zone END,
           name_key = excluded.name_key, version = COALESCE(customer.version, 0) + 1
         RETURNING version";
    let params = params![
        site_id,
        id,
        &saved.external_id,
        now_ms,
        &after.name,
        &after.mail,
        &after.phone,
        &after.language,
        &after.time_zone,
        word::name_key(&after),
        change.name.is_some(),
        change.mail.is_some(),
        change.phone.is_some(),
        change.language.is_some(),
        change.time_zone.is_some(),
    ];
    let mut statements = vec![Statement::new(sql, params)];
    if let Some(mail) = &change.mail {
        if *mail != before.mail && !before.mail.is_empty() {
            let sql = "DELETE FROM identity WHERE site_id = $1 AND kind = 'mail' AND value = $2 AND customer_id = $3";
            statements.push(Statement::new(sql, params![site_id, &before.mail, id]));
        }
        if !mail.is_empty() {
            statements.push(super::link_mail(site_id, id, mail, now_ms));
        }
    }
    for (name, value) in &change.traits {
        statements.push(match value {
            Some(value) => {
                let sql = "INSERT INTO customer_trait (site_id, customer_id, name, value) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (site_id, customer_id, name) DO UPDATE SET value = excluded.value";
                Statement::new(sql, params![site_id, id, name, value])
            }
            None => {
                let sql = "DELETE FROM customer_trait WHERE site_id = $1 AND customer_id = $2 AND name = $3";
                Statement::new(sql, params![site_id, id, name])
            }
        });
    }
    statements.extend((!change.traits.is_empty()).then(|| crate::persona::note_due(site_id, id)));
    statements.push(Statement::new(
        "DELETE FROM customer_word WHERE site_id = $1 AND customer_id = $2",
        params![site_id, id],
    ));
    let words = word::of(&after, &traits_changed(traits, change));
    let words: Vec<_> = words.into_iter().collect();
    for words in words.chunks(IDS) {
        let rows: Vec<_> = (0..words.len()).map(|row| format!("($1, $2, ${})", row + 3)).collect();
        let sql = format!("INSERT INTO customer_word (site_id, customer_id, word) VALUES {}", rows.join(", "));
        let mut params = params![site_id, id];
        params.extend(words.iter().cloned().map(crate::Value::from));
        statements.push(Statement::new(sql, params));
    }
    statements
}

impl Store {
    /// Some customers by their ids, as far as there are such.
    pub async fn customers_by_id(&self, site_id: Id, ids: &[Id]) -> Result<HashMap<Id, Customer>, StoreError> {
        let mut customers = HashMap::with_capacity(ids.len());
        for ids in ids.chunks(IDS) {
            let places = placeholders(2, ids.len());
            let sql = format!("SELECT {COLUMNS} FROM customer c WHERE c.site_id = $1 AND c.customer_id IN ({places})");
            let mut params = params![site_id];
            params.extend(values(ids));
            let some = read_all(self.read(sql, params).await?, read)?;
            customers.extend(some.into_iter().map(|customer| (customer.customer_id, customer)));
        }
        Ok(customers)
    }

    /// One customer; of one who turned out to be another, that one.
    pub async fn customer_now(&self, site_id: Id, customer_id: Id) -> Result<Option<Customer>, StoreError> {
        let mut id = customer_id;
        for _ in 0..ALIASES {
            match self.customers_by_id(site_id, &[id]).await?.remove(&id) {
                Some(Customer { merged_into: Some(other), .. }) => id = other,
                found => return Ok(found),
            }
        }
        Ok(None)
    }

    /// Every id under which rows of a customer are kept: theirs first, then those of customers who turned out to be this one.
    pub async fn ids_of_customer(&self, site_id: Id, customer_id: Id) -> Result<Vec<Id>, StoreError> {
        let (mut ids, mut last) = (vec![customer_id], vec![customer_id]);
        for _ in 0..ALIASES {
            let sql = format!(
                "SELECT customer_id FROM customer WHERE site_id = $1 AND merged_into IN ({}) ORDER BY customer_id",
                placeholders(2, last.len())
            );
            let mut params = params![site_id];
            params.extend(values(&last));
            let rows = self.read(sql, params).await?;
            last = rows.iter().map(|row| row.id("customer_id")).collect::<Result<_, _>>()?;
            last.retain(|id| !ids.contains(id));
            if last.is_empty() {
                break;
            }
            ids.extend(&last);
            last.truncate(IDS);
        }
        Ok(ids)
    }

    /// The customers who have a mail address, first or second, each as who they turned out to be, once. Where there are two it tells
    /// neither from the other.
    pub async fn customers_of_mail(&self, site_id: Id, address: &str) -> Result<Vec<Customer>, StoreError> {
        let sql =
            "SELECT customer_id FROM identity WHERE site_id = $1 AND kind = 'mail' AND value = $2 ORDER BY customer_id";
        let mut customers: Vec<Customer> = Vec::new();
        for row in self.read(sql, params![site_id, address.trim().to_lowercase()]).await? {
            if let Some(customer) = self.customer_now(site_id, row.id("customer_id")?).await?
                && !customers.iter().any(|other| other.customer_id == customer.customer_id)
            {
                customers.push(customer);
            }
        }
        Ok(customers)
    }

    /// The mail addresses of a customer, the one that is written to among them, in their order.
    pub async fn mails_of_customer(&self, site_id: Id, customer_ids: &[Id]) -> Result<Vec<String>, StoreError> {
        let mut params = params![site_id];
        let of = crate::interaction::one_of("customer_id", customer_ids, &mut params);
        let sql =
            format!("SELECT DISTINCT value FROM identity WHERE site_id = $1 AND kind = 'mail' AND {of} ORDER BY value");
        read_all(self.read(sql, params).await?, |row| row.take_text("value"))
    }

    /// The traits of some customers, by name.
    pub async fn traits_of(&self, site_id: Id, ids: &[Id]) -> Result<Traits, StoreError> {
        let mut traits = Traits::new();
        for ids in ids.chunks(IDS) {
            let sql = format!(
                "SELECT customer_id, name, value FROM customer_trait WHERE site_id = $1 AND customer_id IN ({})
                 ORDER BY customer_id, name",
                placeholders(2, ids.len())
            );
            let mut params = params![site_id];
            params.extend(values(ids));
            for mut row in self.read(sql, params).await? {
                let of = (row.take_text("name")?, row.take_text("value")?);
                traits.entry(row.id("customer_id")?).or_default().push(of);
            }
        }
        Ok(traits)
    }

    /// [`Store::save_customers`], and notes who did.
    pub async fn change_customers(
        &self,
        site_id: Id,
        saved: &[Saved],
        now_ms: i64,
        entry: &AuditEntry,
    ) -> Result<Vec<bool>, StoreError> {
        self.save_customers(site_id, saved, now_ms, vec![entry.statement(site_id)]).await
    }

    /// Writes customers down, or changes them, with what they are found by, all in one transaction with `also`. Of one customer who is
    /// named twice the changes are made one after the other. True of each who is new.
    pub async fn save_customers(
        &self,
        site_id: Id,
        saved: &[Saved],
        now_ms: i64,
        also: Vec<Statement>,
    ) -> Result<Vec<bool>, StoreError> {
        let ids: Vec<Id> = saved.iter().map(|saved| saved.customer_id).collect();
        let (mut known, mut traits) =
            (self.customers_by_id(site_id, &ids).await?, self.traits_of(site_id, &ids).await?);
        let (mut statements, mut places, mut new) = (Vec::new(), Vec::new(), Vec::new());
        // An import of many asks once whether anybody wants to know.
        let is_wanted = self.wanted_news(site_id).await?.contains(&NewsKind::CustomerChanged);
        for saved in saved {
            let id = saved.customer_id;
            let of_new = || Customer { customer_id: id, external_id: saved.external_id.clone(), ..Customer::default() };
            new.push(!known.contains_key(&id));
            let before = known.remove(&id).unwrap_or_else(of_new);
            let of = traits.remove(&id).unwrap_or_default();
            places.push((statements.len(), before.version));
            statements.extend(saving(site_id, &before, &of, saved, now_ms));
            let is_news = is_wanted && (new.last() == Some(&true) || saved.change != Change::default());
            statements.extend(is_news.then(|| tell(site_id, &news_of(site_id, &before, saved, now_ms))));
            traits.insert(id, traits_changed(&of, &saved.change));
            known.insert(id, Customer { version: before.version + 1, ..changed(&before, &saved.change) });
        }
        statements.extend(also);
        let results = self.write(statements).await?;
        let mut overtaken = Vec::new();
        for (saved, (place, version)) in saved.iter().zip(places) {
            if results[place].first().map(|row| row.int("version")).transpose()? != Some(version + 1) {
                overtaken.push(Saved { change: Change::default(), ..saved.clone() });
            }
        }
        self.index_anew(site_id, overtaken, now_ms).await?;
        Ok(new)
    }

    /// Makes the words of customers anew whom somebody else changed while these were written.
    async fn index_anew(&self, site_id: Id, mut overtaken: Vec<Saved>, now_ms: i64) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            if overtaken.is_empty() {
                return Ok(());
            }
            let ids: Vec<Id> = overtaken.iter().map(|saved| saved.customer_id).collect();
            let (known, traits) = (self.customers_by_id(site_id, &ids).await?, self.traits_of(site_id, &ids).await?);
            let mut again = Vec::new();
            for saved in overtaken {
                let Some(before) = known.get(&saved.customer_id) else { continue };
                let of = traits.get(&saved.customer_id).map_or(&[][..], Vec::as_slice);
                let written = self.write(saving(site_id, before, of, &saved, now_ms)).await?;
                if written[0].first().map(|row| row.int("version")).transpose()? != Some(before.version + 1) {
                    again.push(saved);
                }
            }
            overtaken = again;
        }
        Ok(())
    }

    /// Makes the words of customers whom a page or an older collector wrote down, of one site; at most so many at a time.
    pub(crate) async fn index_customers_of(&self, site_id: Id) -> Result<usize, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM customer c WHERE c.site_id = $1 AND c.name_key IS NULL ORDER BY c.customer_id LIMIT $2"
        );
        let rows = self.read(sql, params![site_id, TOGETHER as i64]).await?;
        let saved: Vec<_> = read_all(rows, read)?
            .into_iter()
            .map(|of| Saved { customer_id: of.customer_id, external_id: of.external_id, change: Change::default() })
            .collect();
        if !saved.is_empty() {
            self.save_customers(site_id, &saved, 0, Vec::new()).await?;
        }
        Ok(saved.len())
    }

    /// The same of every site until there are none; how many there were.
    pub(crate) async fn index_customers(&self) -> Result<usize, StoreError> {
        let mut all = 0;
        let sites = self.read("SELECT DISTINCT site_id FROM customer WHERE name_key IS NULL", vec![]).await?;
        for row in sites {
            let site_id = row.id("site_id")?;
            loop {
                match self.index_customers_of(site_id).await? {
                    0 => break,
                    some => all += some,
                }
            }
        }
        Ok(all)
    }
}
