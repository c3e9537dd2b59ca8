//! What reviews are about: described by the company, or only known by its key.

use super::add_stars;
use crate::audit::AuditEntry;
use crate::review::rule::Distribution;
use crate::{Row, Statement, Store, StoreError, params};
use rapport_shared::id::Id;

/// Something that is reviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thing {
    /// Its key.
    pub thing: String,
    /// Its name.
    pub name: String,
    /// Type of schema.org, such as `Product`; empty for one that structured data must not tell of.
    pub thing_type: String,
    /// Address of its page, or empty.
    pub url: String,
}

/// A thing with what is published of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewedThing {
    /// The thing; named by its key where nobody described it.
    pub thing: Thing,
    /// Published reviews by stars.
    pub stars: Distribution,
    /// How many of them have a title or words.
    pub written: u64,
    /// How many of them are of a verified purchase.
    pub verified: u64,
}

fn read_thing(row: &Row) -> Result<Thing, StoreError> {
    Ok(Thing {
        thing: row.text("thing")?.to_owned(),
        name: row.text("name")?.to_owned(),
        thing_type: row.text("type")?.to_owned(),
        url: row.text("url")?.to_owned(),
    })
}

impl Store {
    /// Describes a thing, and notes who did.
    pub async fn describe_thing(&self, site_id: Id, thing: &Thing, entry: &AuditEntry) -> Result<(), StoreError> {
        let sql = "INSERT INTO thing (site_id, thing, name, type, url, changed_at_ms) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (site_id, thing) DO UPDATE SET name = excluded.name, type = excluded.type, url = excluded.url,
                changed_at_ms = excluded.changed_at_ms";
        let params = params![site_id, &thing.thing, &thing.name, &thing.thing_type, &thing.url, entry.occurred_at_ms];
        self.write(vec![Statement::new(sql, params), entry.statement(site_id)]).await.map(|_| ())
    }

    /// The description of a thing; `None` when nobody described it.
    pub async fn thing(&self, site_id: Id, thing: &str) -> Result<Option<Thing>, StoreError> {
        let sql = "SELECT thing, name, type, url FROM thing WHERE site_id = $1 AND thing = $2";
        self.read(sql, params![site_id, thing]).await?.first().map(read_thing).transpose()
    }

    /// Every thing that is described or has a published review, by key.
    pub async fn reviewed_things(&self, site_id: Id) -> Result<Vec<ReviewedThing>, StoreError> {
        let described = "SELECT thing, name, type, url FROM thing WHERE site_id = $1 ORDER BY thing";
        let counts = "SELECT thing, stars, COUNT(*) AS reviews,
                COUNT(CASE WHEN text = '' AND title = '' THEN NULL ELSE 1 END) AS written,
                COUNT(CASE WHEN verified = 1 THEN 1 ELSE NULL END) AS verified
             FROM review WHERE site_id = $1 AND state = 'published'
             GROUP BY thing, stars";
        let mut things = std::collections::BTreeMap::new();
        for row in self.read(described, params![site_id]).await? {
            let thing = read_thing(&row)?;
            let (stars, written, verified) = (Distribution::default(), 0, 0);
            things.insert(thing.thing.clone(), ReviewedThing { thing, stars, written, verified });
        }
        for row in self.read(counts, params![site_id]).await? {
            let key = row.text("thing")?;
            let reviewed = things.entry(key.to_owned()).or_insert_with(|| ReviewedThing {
                thing: Thing {
                    thing: key.to_owned(),
                    name: key.to_owned(),
                    thing_type: String::new(),
                    url: String::new(),
                },
                stars: Distribution::default(),
                written: 0,
                verified: 0,
            });
            add_stars(&mut reviewed.stars, row.int("stars")?, row.count("reviews")?);
            reviewed.written += row.count("written")?;
            reviewed.verified += row.count("verified")?;
        }
        Ok(things.into_values().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::review::rule::Moderation;
    use crate::review::test_review::{a_review, entry};
    use crate::test_store::each_engine;

    #[tokio::test]
    async fn a_thing_is_described_by_the_company_and_counted_by_what_is_published() {
        each_engine(async |store| {
            let site = Clock::System.new_id();
            let mug = Thing {
                thing: "mug".into(),
                name: "Harbour mug".into(),
                thing_type: "Product".into(),
                url: "https://shop.example.com/mug".into(),
            };
            store.describe_thing(site, &Thing { name: "Mug".into(), ..mug.clone() }, &entry(1)).await.unwrap();
            store.describe_thing(site, &mug, &entry(2)).await.unwrap();
            let review = a_review(site, "bowl", 4, 10);
            store.add_review(&review).await.unwrap();
            assert_eq!(store.thing(site, "mug").await, Ok(Some(mug.clone())));
            assert_eq!(store.thing(site, "bowl").await, Ok(None));
            let described = ReviewedThing { thing: mug, stars: Distribution::default(), written: 0, verified: 0 };
            assert_eq!(store.reviewed_things(site).await, Ok(vec![described.clone()]));
            store.moderate_review(site, review.review_id, Moderation::Published, &entry(9)).await.unwrap();
            let things = store.reviewed_things(site).await.unwrap();
            assert_eq!((things[0].thing.name.as_str(), things[0].stars), ("bowl", Distribution([0, 0, 0, 1, 0])));
            assert_eq!(things[1], described);
        })
        .await;
    }
}
