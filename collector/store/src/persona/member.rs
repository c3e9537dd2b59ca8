//! Who is of a persona: kept beside the rules, so that reports can ask for it in a look, and made anew when people or rules change.
//!
//! Whoever turned out to be one person with others is held against a rule once, with what is known of all of them, and all their ids
//! are kept. What people do (views, answers, purchases) is heeded by when it arrived, traits and merges by a mark beside the change;
//! every day everybody is looked at again, since days pass without anybody doing anything.

use super::Persona;
use super::rule::Facts;
use crate::engine::value::placeholders;
use crate::rollup::narrow::VisitSource;
use crate::{Statement, Store, StoreError, Value, params};
use rapport_shared::id::Id;
use std::collections::{BTreeMap, BTreeSet};

/// Views of so many days are what rules of devices, languages, countries, sources and pages ask for.
pub const VIEW_DAYS: i64 = 90;
/// People who are held against rules at a time.
const PEOPLE: i64 = 200;
/// Most ids in one statement.
const IDS: usize = 400;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// What arrived so long before the last look is looked at again: a transaction may have taken its time to be there.
const OVERLAP_MS: i64 = HOUR_MS;

/// How many are of a persona.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Customers, each person once.
    pub customers: u64,
    /// Known visitors who are no customers, as far as is known.
    pub visitors: u64,
}

/// One person: the ids of a customer, or a known visitor who is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Person {
    customers: Vec<Id>,
    visitors: Vec<Id>,
}

/// The statement that says that a customer has to be held against the rules of a site, if it has any.
pub(crate) fn note_due(site_id: Id, customer_id: Id) -> Statement {
    let sql = "INSERT INTO persona_due (site_id, customer_id, changes)
         SELECT $1, $2, 1 FROM site WHERE site_id = $1 AND EXISTS (SELECT 1 FROM persona WHERE site_id = $1)
         ON CONFLICT (site_id, customer_id) DO UPDATE SET changes = persona_due.changes + 1";
    Statement::new(sql, params![site_id, customer_id])
}

fn with_ids(site_id: Id, ids: &[Id]) -> Vec<Value> {
    let mut params = params![site_id];
    params.extend(ids.iter().map(|id| Value::from(*id)));
    params
}

impl Store {
    /// How many are of each persona of a site, by its key, and how many customers there are in all.
    pub async fn persona_sizes(&self, site_id: Id) -> Result<(BTreeMap<String, Size>, u64), StoreError> {
        let customers = "SELECT m.persona_key, COUNT(*) AS people FROM persona_member m
             JOIN customer c ON c.site_id = m.site_id AND c.customer_id = m.customer_id AND c.merged_into IS NULL
             WHERE m.site_id = $1 GROUP BY m.persona_key";
        let visitors = "SELECT m.persona_key, COUNT(*) AS people FROM persona_visitor m
             WHERE m.site_id = $1 AND NOT EXISTS (SELECT 1 FROM identity i
               WHERE i.site_id = m.site_id AND i.visitor_key = m.visitor_key) GROUP BY m.persona_key";
        let all = "SELECT COUNT(*) AS people FROM customer WHERE site_id = $1 AND merged_into IS NULL";
        let (customers, visitors, all) = tokio::try_join!(
            self.read(customers, params![site_id]),
            self.read(visitors, params![site_id]),
            self.read(all, params![site_id])
        )?;
        let mut sizes: BTreeMap<String, Size> = BTreeMap::new();
        for row in &customers {
            sizes.entry(row.text("persona_key")?.to_owned()).or_default().customers = row.count("people")?;
        }
        for row in &visitors {
            sizes.entry(row.text("persona_key")?.to_owned()).or_default().visitors = row.count("people")?;
        }
        Ok((sizes, all.first().map_or(Ok(0), |row| row.count("people"))?))
    }

    /// Holds whoever changed against the rules of a site, and everybody against those that are new or a day old; how many people
    /// were looked at.
    pub async fn keep_personas(&self, site_id: Id, now_ms: i64) -> Result<usize, StoreError> {
        let personas = self.personas(site_id).await?;
        let (old, fresh): (Vec<_>, Vec<_>) =
            personas.into_iter().partition(|persona| now_ms - persona.built_at_ms >= DAY_MS);
        let mut looked_at = 0;
        if !fresh.is_empty() {
            looked_at += self.heed_changes(site_id, &fresh, now_ms).await?;
        }
        if !old.is_empty() {
            looked_at += self.rebuild(site_id, &old, now_ms).await?;
        }
        Ok(looked_at)
    }

    async fn heed_changes(&self, site_id: Id, personas: &[Persona], now_ms: i64) -> Result<usize, StoreError> {
        let since = "SELECT MIN(looked_at_ms) AS since_ms FROM persona WHERE site_id = $1 AND built_at_ms > 0";
        let since_ms = self.read(since, params![site_id]).await?[0].int_or_null("since_ms")?.unwrap_or(0) - OVERLAP_MS;
        let due = "SELECT customer_id, changes FROM persona_due WHERE site_id = $1 ORDER BY customer_id LIMIT $2";
        let due = self.read(due, params![site_id, 10_000]).await?;
        let acted = "SELECT customer_id FROM interaction WHERE site_id = $1 AND channel IN ('purchase', 'refund') AND received_at_ms >= $2
             UNION SELECT customer_id FROM response WHERE site_id = $1 AND hour_ms >= $3 AND customer_id IS NOT NULL";
        let hour_ms = since_ms - since_ms.rem_euclid(HOUR_MS);
        let acted = self.read(acted, params![site_id, since_ms, hour_ms]).await?;
        let came = "SELECT DISTINCT v.known_visitor_key, i.customer_id FROM page_view v
             LEFT JOIN identity i ON i.site_id = v.site_id AND i.visitor_key = v.known_visitor_key
             WHERE v.site_id = $1 AND v.hour_ms >= $2 AND v.known_visitor_key IS NOT NULL";
        let mut customers = BTreeSet::new();
        let mut visitors = BTreeSet::new();
        for row in due.iter().chain(&acted) {
            customers.insert(row.id("customer_id")?);
        }
        for row in self.read(came, params![site_id, hour_ms]).await? {
            match row.id_or_null("customer_id")? {
                Some(customer) => customers.insert(customer),
                None => visitors.insert(row.id("known_visitor_key")?),
            };
        }
        let customers: Vec<_> = self.roots_of(site_id, &customers).await?.into_iter().collect();
        let visitors: Vec<_> = visitors.into_iter().collect();
        for some in customers.chunks(PEOPLE as usize) {
            self.check_customers(site_id, personas, some, now_ms).await?;
        }
        for some in visitors.chunks(PEOPLE as usize) {
            self.check_visitors(site_id, personas, some, now_ms).await?;
        }
        let mut done = Vec::new();
        for row in &due {
            // One that changed once more meanwhile stays due.
            let sql = "DELETE FROM persona_due WHERE site_id = $1 AND customer_id = $2 AND changes = $3";
            done.push(Statement::new(sql, params![site_id, row.id("customer_id")?, row.int("changes")?]));
        }
        for persona in personas {
            let sql = "UPDATE persona SET looked_at_ms = $3 WHERE site_id = $1 AND persona_key = $2";
            done.push(Statement::new(sql, params![site_id, &persona.key, now_ms]));
        }
        self.write(done).await?;
        Ok(customers.len() + visitors.len())
    }

    /// Who some customers are.
    async fn roots_of(&self, site_id: Id, customers: &BTreeSet<Id>) -> Result<BTreeSet<Id>, StoreError> {
        let customers: Vec<_> = customers.iter().copied().collect();
        let mut roots = BTreeSet::new();
        for some in customers.chunks(IDS) {
            let sql = format!(
                "SELECT DISTINCT COALESCE(merged_into, customer_id) AS root FROM customer
                 WHERE site_id = $1 AND customer_id IN ({})",
                placeholders(2, some.len())
            );
            for row in self.read(sql, with_ids(site_id, some)).await? {
                roots.insert(row.id("root")?);
            }
        }
        Ok(roots)
    }

    /// Holds everybody against some rules.
    async fn rebuild(&self, site_id: Id, personas: &[Persona], now_ms: i64) -> Result<usize, StoreError> {
        let versions = self.versions(site_id).await?;
        let (mut looked_at, mut last) = (0, Id([0; 16]));
        loop {
            let sql = "SELECT customer_id FROM customer WHERE site_id = $1 AND merged_into IS NULL AND customer_id > $2
                 ORDER BY customer_id LIMIT $3";
            let rows = self.read(sql, params![site_id, last, PEOPLE]).await?;
            let roots: Vec<_> = rows.iter().map(|row| row.id("customer_id")).collect::<Result<_, _>>()?;
            let Some(end) = roots.last() else { break };
            last = *end;
            looked_at += roots.len();
            self.check_customers(site_id, personas, &roots, now_ms).await?;
        }
        last = Id([0; 16]);
        loop {
            let sql = "SELECT DISTINCT v.known_visitor_key FROM page_view v
                 WHERE v.site_id = $1 AND v.known_visitor_key > $2 AND v.occurred_at_ms >= $3
                   AND NOT EXISTS (SELECT 1 FROM identity i WHERE i.site_id = v.site_id AND i.visitor_key = v.known_visitor_key)
                 ORDER BY v.known_visitor_key LIMIT $4";
            let since_ms = now_ms - VIEW_DAYS * DAY_MS;
            let rows = self.read(sql, params![site_id, last, since_ms, PEOPLE]).await?;
            let keys: Vec<_> = rows.iter().map(|row| row.id("known_visitor_key")).collect::<Result<_, _>>()?;
            let Some(end) = keys.last() else { break };
            last = *end;
            looked_at += keys.len();
            self.check_visitors(site_id, personas, &keys, now_ms).await?;
        }
        let mut done = Vec::new();
        for persona in personas {
            for table in ["persona_member", "persona_visitor"] {
                let sql = format!("DELETE FROM {table} WHERE site_id = $1 AND persona_key = $2 AND checked_at_ms < $3");
                done.push(Statement::new(sql, params![site_id, &persona.key, now_ms]));
            }
            // Of a rule that somebody changed meanwhile it is not known yet.
            let sql = "UPDATE persona SET built_at_ms = $3, looked_at_ms = $3
                 WHERE site_id = $1 AND persona_key = $2 AND version = $4";
            let version = versions.get(&persona.key).copied().unwrap_or(0);
            done.push(Statement::new(sql, params![site_id, &persona.key, now_ms, version]));
        }
        self.write(done).await?;
        Ok(looked_at)
    }

    async fn versions(&self, site_id: Id) -> Result<BTreeMap<String, i64>, StoreError> {
        let sql = "SELECT persona_key, version FROM persona WHERE site_id = $1";
        let rows = self.read(sql, params![site_id]).await?;
        rows.iter().map(|row| Ok((row.text("persona_key")?.to_owned(), row.int("version")?))).collect()
    }

    /// Holds some customers, who are nobody's alias, against rules.
    async fn check_customers(
        &self,
        site_id: Id,
        personas: &[Persona],
        roots: &[Id],
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let mut people: BTreeMap<Id, Person> =
            roots.iter().map(|root| (*root, Person { customers: vec![*root], visitors: Vec::new() })).collect();
        let aliases = format!(
            "SELECT customer_id, merged_into FROM customer WHERE site_id = $1 AND merged_into IN ({})",
            placeholders(2, roots.len())
        );
        let mut root_of: BTreeMap<Id, Id> = roots.iter().map(|root| (*root, *root)).collect();
        for row in self.read(aliases, with_ids(site_id, roots)).await? {
            let (alias, root) = (row.id("customer_id")?, row.id("merged_into")?);
            root_of.insert(alias, root);
            people.entry(root).or_default().customers.push(alias);
        }
        // A browser that two people share is neither's.
        let (everybody, mut shared): (Vec<_>, Vec<_>) = (root_of.keys().copied().collect(), Vec::new());
        for some in everybody.chunks(IDS) {
            let sql = format!(
                "SELECT i.visitor_key, i.customer_id, CASE WHEN EXISTS (SELECT 1 FROM identity o
                     JOIN customer c ON c.site_id = o.site_id AND c.customer_id = o.customer_id
                     JOIN customer d ON d.site_id = i.site_id AND d.customer_id = i.customer_id
                     WHERE o.site_id = i.site_id AND o.visitor_key = i.visitor_key
                       AND COALESCE(c.merged_into, c.customer_id) <> COALESCE(d.merged_into, d.customer_id))
                   THEN 1 ELSE 0 END AS is_shared
                 FROM identity i WHERE i.site_id = $1 AND i.customer_id IN ({}) AND i.visitor_key IS NOT NULL",
                placeholders(2, some.len())
            );
            for row in self.read(sql, with_ids(site_id, some)).await? {
                let key = row.id("visitor_key")?;
                if row.flag("is_shared")? {
                    shared.push(key);
                } else if let Some(person) = root_of.get(&row.id("customer_id")?).and_then(|root| people.get_mut(root))
                    && !person.visitors.contains(&key)
                {
                    person.visitors.push(key);
                }
            }
        }
        let forget = |some: &[Id]| {
            let places = placeholders(2, some.len());
            let sql = format!("DELETE FROM persona_visitor WHERE site_id = $1 AND visitor_key IN ({places})");
            Statement::new(sql, with_ids(site_id, some))
        };
        let forgotten: Vec<_> = shared.chunks(IDS).map(forget).collect();
        if !forgotten.is_empty() {
            self.write(forgotten).await?;
        }
        let people: Vec<_> = people.into_values().collect();
        self.check(site_id, personas, &people, now_ms).await
    }

    /// Holds some known visitors, who are no customers, against rules.
    async fn check_visitors(
        &self,
        site_id: Id,
        personas: &[Persona],
        keys: &[Id],
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let person = |key: &Id| Person { customers: Vec::new(), visitors: vec![*key] };
        let people: Vec<_> = keys.iter().map(person).collect();
        self.check(site_id, personas, &people, now_ms).await
    }

    /// Keeps for whom of some people each rule holds.
    async fn check(&self, site_id: Id, personas: &[Persona], people: &[Person], now_ms: i64) -> Result<(), StoreError> {
        let facts = self.facts_of(site_id, people, now_ms).await?;
        let mut statements = Vec::new();
        for persona in personas {
            let of_it: Vec<_> = people
                .iter()
                .zip(&facts)
                .filter(|(_, facts)| persona.rule.holds(facts, now_ms))
                .map(|(person, _)| person)
                .collect();
            let ids = |people: &[&Person], of: fn(&Person) -> &Vec<Id>| -> Vec<Id> {
                people.iter().flat_map(|person| of(person).clone()).collect()
            };
            let all: Vec<&Person> = people.iter().collect();
            for (table, column, source, of) in [
                ("persona_member", "customer_id", "customer", (|person| &person.customers) as fn(&Person) -> &Vec<Id>),
                ("persona_visitor", "visitor_key", "page_view", |person| &person.visitors),
            ] {
                for some in ids(&all, of).chunks(IDS) {
                    let places = placeholders(3, some.len());
                    let sql = format!(
                        "DELETE FROM {table} WHERE site_id = $1 AND persona_key = $2 AND {column} IN ({places})"
                    );
                    let mut params = params![site_id, &persona.key];
                    params.extend(some.iter().map(|id| Value::from(*id)));
                    statements.push(Statement::new(sql, params));
                }
                for some in ids(&of_it, of).chunks(IDS) {
                    // Whoever was erased meanwhile has no row there any more, and gets none here.
                    let known = if source == "customer" { "customer_id" } else { "known_visitor_key" };
                    let places = placeholders(4, some.len());
                    let sql = format!(
                        "INSERT INTO {table} (site_id, persona_key, {column}, checked_at_ms)
                         SELECT DISTINCT x.site_id, p.persona_key, x.{known}, CAST($3 AS BIGINT) FROM {source} x
                         JOIN persona p ON p.site_id = x.site_id AND p.persona_key = $2
                         WHERE x.site_id = $1 AND x.{known} IN ({places})
                         ON CONFLICT (site_id, persona_key, {column}) DO UPDATE SET checked_at_ms = excluded.checked_at_ms"
                    );
                    let mut params = params![site_id, &persona.key, now_ms];
                    params.extend(some.iter().map(|id| Value::from(*id)));
                    statements.push(Statement::new(sql, params));
                }
            }
        }
        if !statements.is_empty() {
            self.write(statements).await?;
        }
        Ok(())
    }

    /// What is known of each of some people.
    async fn facts_of(&self, site_id: Id, people: &[Person], now_ms: i64) -> Result<Vec<Facts>, StoreError> {
        let mut facts: Vec<Facts> = people
            .iter()
            .map(|person| Facts { is_customer: !person.customers.is_empty(), ..Facts::default() })
            .collect();
        let mut of_customer = BTreeMap::new();
        let mut of_visitor = BTreeMap::new();
        for (place, person) in people.iter().enumerate() {
            of_customer.extend(person.customers.iter().map(|id| (*id, place)));
            of_visitor.extend(person.visitors.iter().map(|id| (*id, place)));
        }
        let customers: Vec<Id> = people.iter().flat_map(|person| person.customers.clone()).collect();
        let visitors: Vec<Id> = of_visitor.keys().copied().collect();
        let mut traits = self.traits_of(site_id, &customers).await?;
        // The first of a person is who the others turned out to be: what is said of them counts.
        for customer in &customers {
            for (name, value) in traits.remove(customer).unwrap_or_default() {
                facts[of_customer[customer]].traits.entry(name).or_insert(value);
            }
        }
        for some in customers.chunks(IDS) {
            self.bought(site_id, some, &of_customer, &mut facts).await?;
            self.scored(site_id, some, &of_customer, &mut facts).await?;
        }
        for some in visitors.chunks(IDS) {
            self.seen(site_id, some, now_ms - VIEW_DAYS * DAY_MS, &of_visitor, &mut facts).await?;
        }
        Ok(facts)
    }

    async fn bought(
        &self,
        site_id: Id,
        customers: &[Id],
        places: &BTreeMap<Id, usize>,
        facts: &mut [Facts],
    ) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT customer_id, channel, currency, COUNT(*) AS times, CAST(SUM(COALESCE(amount_minor, 0)) AS BIGINT) AS paid_minor,
               MAX(occurred_at_ms) AS last_at_ms
             FROM interaction WHERE site_id = $1 AND customer_id IN ({}) AND channel IN ('purchase', 'refund')
             GROUP BY customer_id, channel, currency",
            placeholders(2, customers.len())
        );
        for row in self.read(sql, with_ids(site_id, customers)).await? {
            let facts = &mut facts[places[&row.id("customer_id")?]];
            let paid_minor = facts.paid_minor.entry(row.text("currency")?.to_owned()).or_default();
            if row.text("channel")? == "purchase" {
                *paid_minor += row.int("paid_minor")?;
                facts.purchases += row.count("times")?;
                facts.last_purchase_at_ms = facts.last_purchase_at_ms.max(Some(row.int("last_at_ms")?));
            } else {
                *paid_minor -= row.int("paid_minor")?;
            }
        }
        Ok(())
    }

    async fn scored(
        &self,
        site_id: Id,
        customers: &[Id],
        places: &BTreeMap<Id, usize>,
        facts: &mut [Facts],
    ) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT r.customer_id, a.kind, a.score FROM response r
             JOIN answer a ON a.site_id = r.site_id AND a.item_id = r.item_id
             WHERE r.site_id = $1 AND r.customer_id IN ({}) AND a.score IS NOT NULL AND {}
             ORDER BY r.occurred_at_ms, r.item_id, a.position DESC",
            placeholders(2, customers.len()),
            crate::response::COUNTED
        );
        for row in self.read(sql, with_ids(site_id, customers)).await? {
            let facts = &mut facts[places[&row.id("customer_id")?]];
            facts.scores.insert(row.text("kind")?.to_owned(), row.int("score")?);
        }
        Ok(())
    }

    async fn seen(
        &self,
        site_id: Id,
        visitors: &[Id],
        since_ms: i64,
        places: &BTreeMap<Id, usize>,
        facts: &mut [Facts],
    ) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT DISTINCT known_visitor_key, device, language, COALESCE(country, '') AS country, path, source, referrer,
               CASE WHEN view_index = 1 THEN 1 ELSE 0 END AS is_first
             FROM page_view WHERE site_id = $1 AND known_visitor_key IN ({}) AND occurred_at_ms >= ${} AND bot = 0 AND clamped = 0",
            placeholders(2, visitors.len()),
            visitors.len() + 2
        );
        let mut params = with_ids(site_id, visitors);
        params.push(since_ms.into());
        for row in self.read(sql, params).await? {
            let facts = &mut facts[places[&row.id("known_visitor_key")?]];
            let keep = |set: &mut BTreeSet<String>, value: &str| {
                if !value.is_empty() {
                    set.insert(value.to_owned());
                }
            };
            keep(&mut facts.devices, row.text("device")?);
            let language = row.text("language")?.to_ascii_lowercase();
            keep(&mut facts.languages, &language);
            keep(&mut facts.languages, language.split('-').next().unwrap_or_default());
            keep(&mut facts.countries, row.text("country")?);
            keep(&mut facts.pages, row.text("path")?);
            if row.flag("is_first")? {
                keep(&mut facts.sources, VisitSource::of(row.text("source")?, row.text("referrer")?).as_str());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::customer::{Change, Saved, link_visitor, note_seen};
    use crate::merge::Cause;
    use crate::persona::Draft;
    use crate::test_store::{a_site, each_engine, note, number};
    use crate::visitor::Traces;

    const NOW_MS: i64 = 400 * DAY_MS;

    fn id(number: u8) -> Id {
        Id([number; 16])
    }

    fn persona(key: &str, rule: &str) -> Persona {
        Draft { name: key.into(), rule: rule.into(), ..Draft::default() }.check(key).unwrap()
    }

    fn saved(number: u8, traits: &[(&str, Option<&str>)]) -> Saved {
        let traits = traits.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned))).collect();
        let change = Change { traits, ..Change::default() };
        Saved { customer_id: id(number), external_id: format!("C-{number}"), change }
    }

    fn purchase(site_id: Id, number: u8, customer: u8, minor: i64, at_ms: i64, channel: &str) -> Statement {
        let sql = "INSERT INTO interaction (site_id, interaction_id, customer_id, channel, direction, subject, body, thing, amount_minor,
               currency, actor, occurred_at_ms, received_at_ms) VALUES ($1, $2, $3, $4, 'in', '', '', '', $5, 'EUR', '', $6, $7)";
        Statement::new(sql, params![site_id, id(number), id(customer), channel, minor, at_ms, NOW_MS])
    }

    async fn members(store: &Store, site_id: Id, key: &str) -> Vec<u8> {
        let sql = "SELECT customer_id FROM persona_member WHERE site_id = $1 AND persona_key = $2 ORDER BY customer_id";
        let rows = store.read(sql, params![site_id, key]).await.unwrap();
        rows.iter().map(|row| row.id("customer_id").unwrap().0[0]).collect()
    }

    #[tokio::test]
    async fn who_is_of_a_persona_follows_traits_purchases_merges_and_erasures() {
        each_engine(async |store| {
            let site = a_site("shop");
            store.add_site(&site).await.unwrap();
            let site_id = site.site_id;
            let save = async |saved: Saved| store.save_customers(site_id, &[saved], NOW_MS, vec![]).await.unwrap();
            save(saved(1, &[("plan", Some("gold"))])).await;
            save(saved(2, &[("plan", Some("silver"))])).await;
            assert_eq!(number(&store, "SELECT COUNT(*) FROM persona_due").await, 0, "nobody asks yet");
            let gold = persona("gold", "trait plan is gold");
            store.add_persona(site_id, &gold, &note(1)).await.unwrap();
            store
                .add_persona(site_id, &persona("buyers", "purchases more than 1\npaid EUR more than 20"), &note(1))
                .await
                .unwrap();
            store.add_persona(site_id, &persona("nobody", ""), &note(1)).await.unwrap();
            let keep = async |now_ms: i64| store.keep_personas(site_id, now_ms).await.unwrap();
            assert_eq!(keep(NOW_MS).await, 2);
            assert_eq!(members(&store, site_id, "gold").await, [1]);

            // A trait that changes, and a new customer.
            save(saved(2, &[("plan", Some("gold"))])).await;
            save(saved(1, &[("plan", None)])).await;
            save(saved(3, &[])).await;
            keep(NOW_MS + 60_000).await;
            assert_eq!(members(&store, site_id, "gold").await, [2]);
            assert_eq!(number(&store, "SELECT COUNT(*) FROM persona_due").await, 0);

            // Purchases, on two records of one person.
            store
                .write(vec![
                    purchase(site_id, 10, 1, 1_500, 5, "purchase"),
                    purchase(site_id, 11, 3, 1_000, 6, "purchase"),
                    link_visitor(site_id, id(1), id(60), 5),
                    link_visitor(site_id, id(3), id(61), 5),
                ])
                .await
                .unwrap();
            keep(NOW_MS + 120_000).await;
            assert_eq!(members(&store, site_id, "buyers").await, [0; 0]);
            let pair = (id(1), id(3));
            let merge = store.merge_customers(site_id, pair, Cause::Said, &note(9), &Clock::System).await.unwrap();
            keep(NOW_MS + 180_000).await;
            assert_eq!(members(&store, site_id, "buyers").await, [1, 3]);
            let (sizes, all) = store.persona_sizes(site_id).await.unwrap();
            assert_eq!((sizes["buyers"], all), (Size { customers: 1, visitors: 0 }, 2));
            store.write(vec![purchase(site_id, 12, 3, 600, 7, "refund")]).await.unwrap();
            keep(NOW_MS + 240_000).await;
            assert_eq!(members(&store, site_id, "buyers").await, [0; 0], "19 EUR are left");
            store.write(vec![purchase(site_id, 13, 1, 600, 8, "purchase")]).await.unwrap();
            keep(NOW_MS + 300_000).await;
            assert_eq!(members(&store, site_id, "buyers").await, [1, 3]);
            store.undo_merge(site_id, merge.unwrap().merge_id, &note(9), &Clock::System).await.unwrap();
            keep(NOW_MS + 360_000).await;
            assert_eq!(members(&store, site_id, "buyers").await, [1], "21 EUR in two purchases");

            // Another rule holds everybody anew; one of nobody has nobody.
            store.change_persona(site_id, &persona("gold", "purchases less than 1"), &note(2)).await.unwrap();
            keep(NOW_MS + 420_000).await;
            assert_eq!(members(&store, site_id, "gold").await, [2]);
            assert_eq!(members(&store, site_id, "nobody").await, [0; 0]);

            // Whoever is erased while they are looked at is not written down again.
            store
                .write(vec![Statement::new("DELETE FROM customer WHERE customer_id = $1", params![id(2)])])
                .await
                .unwrap();
            keep(NOW_MS + 2 * DAY_MS).await;
            assert_eq!(members(&store, site_id, "gold").await, [0; 0]);
            let traces = Traces { customers: vec![id(1)], ..Traces::default() };
            let erase = crate::visitor::place::PLACES.iter().filter(|place| place.table == "persona_member");
            let erase = erase.flat_map(|place| place.statements(site_id, &traces, "DELETE FROM persona_member"));
            store.write(erase.collect()).await.unwrap();
            assert_eq!(members(&store, site_id, "buyers").await, [0; 0]);
            store.remove_persona(site_id, "gold", &note(3)).await.unwrap();
            assert_eq!(store.personas(site_id).await.unwrap().len(), 2);
        })
        .await;
    }

    /// Numbers that look drawn.
    fn drawn(state: &mut u64, below: u64) -> u64 {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33) % below
    }

    #[tokio::test]
    async fn members_of_random_histories_are_those_whom_a_look_at_each_row_finds() {
        each_engine(async |store| {
            let site = a_site("shop");
            store.add_site(&site).await.unwrap();
            let site_id = site.site_id;
            let rules = [
                "trait plan one of gold, silver\npurchases more than 0",
                "paid EUR more than 30",
                "trait plan is not gold",
            ];
            for (number, rule) in rules.iter().enumerate() {
                store.add_persona(site_id, &persona(&format!("p{number}"), rule), &note(1)).await.unwrap();
            }
            let mut state = 7;
            let mut plans: BTreeMap<u8, &str> = BTreeMap::new();
            let mut bought: Vec<(u8, i64)> = Vec::new();
            store
                .write((1..=30).map(|number| note_seen(site_id, id(number), &format!("C-{number}"), 5)).collect())
                .await
                .unwrap();
            for round in 0..6_i64 {
                for step in 0..15_u8 {
                    let customer = 1 + drawn(&mut state, 30) as u8;
                    if drawn(&mut state, 2) == 0 {
                        let plan = ["gold", "silver", "none"][drawn(&mut state, 3) as usize];
                        plans.insert(customer, plan);
                        store
                            .save_customers(site_id, &[saved(customer, &[("plan", Some(plan))])], NOW_MS, vec![])
                            .await
                            .unwrap();
                    } else {
                        let minor = drawn(&mut state, 3_000) as i64;
                        bought.push((customer, minor));
                        let number = 100 + (round as u8) * 15 + step;
                        store.write(vec![purchase(site_id, number, customer, minor, 5, "purchase")]).await.unwrap();
                    }
                }
                store.keep_personas(site_id, NOW_MS + round * 60_000).await.unwrap();
                let times = |of: u8| bought.iter().filter(|(customer, _)| *customer == of).count();
                let paid =
                    |of: u8| bought.iter().filter(|(customer, _)| *customer == of).map(|(_, minor)| minor).sum::<i64>();
                let plan = |of: u8| plans.get(&of).copied().unwrap_or("");
                let expected = |holds: &dyn Fn(u8) -> bool| (1..=30).filter(|of| holds(*of)).collect::<Vec<u8>>();
                let of = [
                    expected(&|of| matches!(plan(of), "gold" | "silver") && times(of) > 0),
                    expected(&|of| paid(of) > 3_000),
                    expected(&|of| plan(of) != "gold"),
                ];
                for (number, expected) in of.iter().enumerate() {
                    assert_eq!(
                        &members(&store, site_id, &format!("p{number}")).await,
                        expected,
                        "round {round}: {number}"
                    );
                }
            }
        })
        .await;
    }
}
