//! Reviews, the things they are about, and who found them helpful.

use super::audit::AuditEntry;
use super::{Row, Statement, Store, StoreError, Value};
use crate::params;
use rapport_shared::id::Id;
use rapport_shared::review::{Distribution, Moderation, helpfulness_e6};

/// A review on its way into the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReview {
    /// The site.
    pub site_id: Id,
    /// Its id; the same for every revision.
    pub review_id: Id,
    /// A higher revision replaces a lower one.
    pub revision: i64,
    /// The response it came with, if it came with one.
    pub response_id: Option<Id>,
    /// The question of it that asked for this review.
    pub question_id: Option<String>,
    /// Key of the thing.
    pub thing: String,
    /// 1 to 5.
    pub stars: u8,
    /// Title, or empty.
    pub title: String,
    /// The words, or empty.
    pub text: String,
    /// Name of the author, or empty.
    pub author: String,
    /// BCP 47 tag in lower case, or empty.
    pub language: String,
    /// Whether a signed order proves the purchase.
    pub verified: bool,
    /// When it was written, in epoch milliseconds.
    pub created_at_ms: i64,
}

impl NewReview {
    /// The statement that stores it as pending. What was moderated stays so as long as nothing of it changes.
    pub fn statement(&self) -> Statement {
        const SQL: &str = "INSERT INTO review (site_id, review_id, revision, response_id, thing, stars, title, text, author,
                language, verified, state, helpful, reply, replied_by, replied_at_ms, created_at_ms, changed_at_ms,
                question_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'pending', 0, '', '', NULL, $12, $12, $13)
             ON CONFLICT (site_id, review_id) DO UPDATE SET
                state = CASE WHEN review.stars = excluded.stars AND review.title = excluded.title
                    AND review.text = excluded.text AND review.author = excluded.author AND review.thing = excluded.thing
                    THEN review.state ELSE 'pending' END,
                revision = excluded.revision, response_id = excluded.response_id, thing = excluded.thing,
                stars = excluded.stars, title = excluded.title, text = excluded.text, author = excluded.author,
                language = excluded.language, verified = excluded.verified, changed_at_ms = excluded.changed_at_ms,
                question_id = excluded.question_id
             WHERE review.revision < excluded.revision OR review.response_id <> excluded.response_id
             RETURNING state";
        let params = params![
            self.site_id,
            self.review_id,
            self.revision,
            self.response_id,
            &self.thing,
            i64::from(self.stars),
            &self.title,
            &self.text,
            &self.author,
            &self.language,
            self.verified,
            self.created_at_ms,
            self.question_id.clone(),
        ];
        Statement::new(SQL, params)
    }
}

/// A review as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Its id.
    pub review_id: Id,
    /// The response it came with, if it came with one.
    pub response_id: Option<Id>,
    /// Key of the thing.
    pub thing: String,
    /// 1 to 5.
    pub stars: u8,
    /// Title, or empty.
    pub title: String,
    /// The words, or empty.
    pub text: String,
    /// Name of the author, or empty.
    pub author: String,
    /// BCP 47 tag in lower case, or empty.
    pub language: String,
    /// Whether a signed order proves the purchase.
    pub verified: bool,
    /// Where it stands.
    pub state: Moderation,
    /// How many visitors found it helpful.
    pub helpful: u64,
    /// How many did not.
    pub unhelpful: u64,
    /// Reply of the company, or empty.
    pub reply: String,
    /// Who replied: a mail address, for the company's eyes only.
    pub replied_by: String,
    /// When, in epoch milliseconds.
    pub replied_at_ms: Option<i64>,
    /// When it was written, in epoch milliseconds.
    pub created_at_ms: i64,
    /// Why the response it came with is suspicious (as stored there); empty when it is not.
    pub suspicion: String,
}

/// What visitors think of a review, each counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Votes {
    /// How many found it helpful.
    pub helpful: u64,
    /// How many did not.
    pub unhelpful: u64,
}

/// What a list of reviews is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// The one first of which it is most certain that people find it helpful.
    Top,
    /// The newest first.
    #[default]
    Newest,
    /// The most stars first.
    Highest,
    /// The fewest stars first.
    Lowest,
    /// The one most visitors found helpful first.
    Helpful,
}

impl Sort {
    /// Every order.
    pub const EACH: [Self; 5] = [Self::Top, Self::Newest, Self::Highest, Self::Lowest, Self::Helpful];

    /// The name in URLs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Top => "top",
            Self::Newest => "newest",
            Self::Highest => "highest",
            Self::Lowest => "lowest",
            Self::Helpful => "helpful",
        }
    }

    /// The order of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|sort| sort.as_str() == text)
    }

    fn columns(self) -> &'static str {
        match self {
            Self::Top => "COALESCE(rank_e6, 0) DESC, COALESCE(unhelpful, 0), created_at_ms DESC, review_id DESC",
            Self::Newest => "created_at_ms DESC, review_id DESC",
            Self::Highest => "stars DESC, created_at_ms DESC, review_id DESC",
            Self::Lowest => "stars, created_at_ms DESC, review_id DESC",
            Self::Helpful => "helpful DESC, created_at_ms DESC, review_id DESC",
        }
    }
}

/// Which reviews.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReviewFilter<'a> {
    /// Where they stand; `None` for all.
    pub state: Option<Moderation>,
    /// The thing; empty for everything.
    pub thing: &'a str,
    /// The number of stars; `None` for all.
    pub stars: Option<u8>,
    /// The language, with its regional forms; empty for all.
    pub language: &'a str,
    /// Only those whose purchase is verified.
    pub verified: bool,
}

impl ReviewFilter<'_> {
    /// Condition on the columns of `review` with its values; the site is `$1`.
    fn condition(&self, site_id: Id) -> (&'static str, Vec<Value>) {
        const SQL: &str = "site_id = $1 AND ($2 = '' OR state = $2) AND ($3 = '' OR thing = $3)
             AND ($4 = 0 OR stars = $4) AND ($5 = '' OR language = $5 OR SUBSTR(language, 1, CAST($6 AS INTEGER)) = $5 || '-')
             AND ($7 = 0 OR verified = 1)";
        let language = self.language.to_ascii_lowercase();
        let params = params![
            site_id,
            self.state.map_or("", Moderation::as_str),
            self.thing,
            i64::from(self.stars.unwrap_or(0)),
            &language,
            language.chars().count() as i64 + 1,
            self.verified,
        ];
        (SQL, params)
    }
}

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

const COLUMNS: &str =
    "review_id, response_id, thing, stars, title, text, author, language, verified, state, helpful, reply,
    replied_by, replied_at_ms, created_at_ms,
    (SELECT r.suspicion FROM response r WHERE r.site_id = review.site_id AND r.item_id = review.response_id
       AND r.suspicion_cleared_at_ms IS NULL),
    COALESCE(unhelpful, 0)";

fn read_review(row: &Row) -> Result<Review, StoreError> {
    let inconsistent = |column: &str| StoreError::Inconsistent(format!("review.{column}"));
    Ok(Review {
        review_id: row.id(0)?,
        response_id: row.id_or_null(1)?,
        thing: row.text(2)?.to_owned(),
        stars: row.int(3)?.try_into().map_err(|_| inconsistent("stars"))?,
        title: row.text(4)?.to_owned(),
        text: row.text(5)?.to_owned(),
        author: row.text(6)?.to_owned(),
        language: row.text(7)?.to_owned(),
        verified: row.int(8)? != 0,
        state: Moderation::parse(row.text(9)?).ok_or_else(|| inconsistent("state"))?,
        helpful: row.count(10)?,
        reply: row.text(11)?.to_owned(),
        replied_by: row.text(12)?.to_owned(),
        replied_at_ms: row.int_or_null(13)?,
        created_at_ms: row.int(14)?,
        suspicion: row.text_or_null(15)?.unwrap_or_default().to_owned(),
        unhelpful: row.count(16)?,
    })
}

fn read_thing(row: &Row) -> Result<Thing, StoreError> {
    Ok(Thing {
        thing: row.text(0)?.to_owned(),
        name: row.text(1)?.to_owned(),
        thing_type: row.text(2)?.to_owned(),
        url: row.text(3)?.to_owned(),
    })
}

fn add_stars(distribution: &mut Distribution, stars: i64, reviews: u64) {
    distribution.add(u8::try_from(stars).unwrap_or(0), reviews);
}

impl Store {
    /// Stores a review; false when a higher revision was there.
    pub async fn add_review(&self, review: &NewReview) -> Result<bool, StoreError> {
        Ok(!self.write(vec![review.statement()]).await?[0].is_empty())
    }

    /// Reviews in an order, `limit` of them after the first `offset`.
    pub async fn reviews(
        &self,
        site_id: Id,
        filter: &ReviewFilter<'_>,
        sort: Sort,
        (offset, limit): (i64, i64),
    ) -> Result<Vec<Review>, StoreError> {
        let (condition, mut params) = filter.condition(site_id);
        params.extend(params![limit, offset]);
        let sql =
            format!("SELECT {COLUMNS} FROM review WHERE {condition} ORDER BY {} LIMIT $8 OFFSET $9", sort.columns());
        self.read(sql, params).await?.iter().map(read_review).collect()
    }

    /// How many reviews there are by stars, and how many of them have a title or words.
    pub async fn review_counts(
        &self,
        site_id: Id,
        filter: &ReviewFilter<'_>,
    ) -> Result<(Distribution, u64), StoreError> {
        let (condition, params) = filter.condition(site_id);
        let sql = format!(
            "SELECT stars, COUNT(*), COUNT(CASE WHEN text = '' AND title = '' THEN NULL ELSE 1 END)
             FROM review WHERE {condition} GROUP BY stars"
        );
        let (mut distribution, mut written) = (Distribution::default(), 0);
        for row in self.read(sql, params).await? {
            add_stars(&mut distribution, row.int(0)?, row.count(1)?);
            written += row.count(2)?;
        }
        Ok((distribution, written))
    }

    /// How many reviews there are in each language.
    pub async fn review_languages(
        &self,
        site_id: Id,
        filter: &ReviewFilter<'_>,
    ) -> Result<Vec<(String, u64)>, StoreError> {
        let (condition, params) = filter.condition(site_id);
        let sql =
            format!("SELECT language, COUNT(*) FROM review WHERE {condition} GROUP BY language ORDER BY language");
        self.read(sql, params).await?.iter().map(|row| Ok((row.text(0)?.to_owned(), row.count(1)?))).collect()
    }

    /// How many reviews stand in each state.
    pub async fn review_states(&self, site_id: Id) -> Result<Vec<(Moderation, u64)>, StoreError> {
        let rows =
            self.read("SELECT state, COUNT(*) FROM review WHERE site_id = $1 GROUP BY state", params![site_id]).await?;
        let mut counts = Moderation::EACH.map(|state| (state, 0)).to_vec();
        for row in rows {
            let state = row.text(0)?;
            if let Some(entry) = counts.iter_mut().find(|(known, _)| known.as_str() == state) {
                entry.1 = row.count(1)?;
            }
        }
        Ok(counts)
    }

    /// One review.
    pub async fn review(&self, site_id: Id, review_id: Id) -> Result<Option<Review>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM review WHERE site_id = $1 AND review_id = $2");
        self.read(sql, params![site_id, review_id]).await?.first().map(read_review).transpose()
    }

    /// Moderates a review, and notes who did; false when there is no such review.
    pub async fn moderate_review(
        &self,
        site_id: Id,
        review_id: Id,
        state: Moderation,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE review SET state = $3 WHERE site_id = $1 AND review_id = $2";
        self.change_review(site_id, review_id, Statement::new(sql, params![site_id, review_id, state.as_str()]), entry)
            .await
    }

    /// Puts the company's reply under a review (an empty one takes it away), and notes who did; false when there is no
    /// such review.
    pub async fn reply_to_review(
        &self,
        site_id: Id,
        review_id: Id,
        reply: &str,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE review SET reply = $3, replied_by = $4, replied_at_ms = $5
             WHERE site_id = $1 AND review_id = $2";
        let (by, at_ms) =
            if reply.is_empty() { ("", None) } else { (entry.actor.as_str(), Some(entry.occurred_at_ms)) };
        let statement = Statement::new(sql, params![site_id, review_id, reply, by, at_ms]);
        self.change_review(site_id, review_id, statement, entry).await
    }

    async fn change_review(
        &self,
        site_id: Id,
        review_id: Id,
        change: Statement,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        if self.review(site_id, review_id).await?.is_none() {
            return Ok(false);
        }
        self.write(vec![change, entry.statement(site_id)]).await.map(|_| true)
    }

    /// Counts what a visitor thinks of a published review: a later vote takes the place of an earlier one. `None` when
    /// there is no such review.
    pub async fn vote_for_review(
        &self,
        site_id: Id,
        review_id: Id,
        visitor_key: Id,
        helpful: bool,
        now_ms: i64,
    ) -> Result<Option<Votes>, StoreError> {
        let vote = "INSERT INTO review_vote (site_id, review_id, visitor_key, voted_at_ms, helpful)
             SELECT site_id, review_id, $3, $4, $5 FROM review
             WHERE site_id = $1 AND review_id = $2 AND state = 'published'
             ON CONFLICT (site_id, review_id, visitor_key) DO UPDATE SET helpful = excluded.helpful";
        // Counted anew, since how many rows an insert affected is not known everywhere.
        let count = "UPDATE review SET
                helpful = (SELECT COUNT(*) FROM review_vote v WHERE v.site_id = review.site_id
                    AND v.review_id = review.review_id AND COALESCE(v.helpful, 1) = 1),
                unhelpful = (SELECT COUNT(*) FROM review_vote v WHERE v.site_id = review.site_id
                    AND v.review_id = review.review_id AND v.helpful = 0)
             WHERE site_id = $1 AND review_id = $2 AND state = 'published' RETURNING helpful, unhelpful";
        let rows = self
            .write(vec![
                Statement::new(vote, params![site_id, review_id, visitor_key, now_ms, helpful]),
                Statement::new(count, params![site_id, review_id]),
            ])
            .await?;
        let Some(row) = rows[1].first() else { return Ok(None) };
        let votes = Votes { helpful: row.count(0)?, unhelpful: row.count(1)? };
        // Only as long as these are the votes: whoever voted meanwhile ranks it themselves.
        let rank = "UPDATE review SET rank_e6 = $3 WHERE site_id = $1 AND review_id = $2
                AND helpful = $4 AND unhelpful = $5";
        let rank_e6 = helpfulness_e6(votes.helpful, votes.unhelpful);
        let counts = [votes.helpful, votes.unhelpful].map(|count| i64::try_from(count).unwrap_or(i64::MAX));
        self.write(vec![Statement::new(rank, params![site_id, review_id, rank_e6, counts[0], counts[1]])]).await?;
        Ok(Some(votes))
    }

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
        let counts = "SELECT thing, stars, COUNT(*), COUNT(CASE WHEN text = '' AND title = '' THEN NULL ELSE 1 END),
                COUNT(CASE WHEN verified = 1 THEN 1 ELSE NULL END)
             FROM review WHERE site_id = $1 AND state = 'published'
             GROUP BY thing, stars";
        let mut things = std::collections::BTreeMap::new();
        for row in self.read(described, params![site_id]).await? {
            let thing = read_thing(&row)?;
            let (stars, written, verified) = (Distribution::default(), 0, 0);
            things.insert(thing.thing.clone(), ReviewedThing { thing, stars, written, verified });
        }
        for row in self.read(counts, params![site_id]).await? {
            let key = row.text(0)?;
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
            add_stars(&mut reviewed.stars, row.int(1)?, row.count(2)?);
            reviewed.written += row.count(3)?;
            reviewed.verified += row.count(4)?;
        }
        Ok(things.into_values().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::store::test_store::each_engine;

    fn a_review(site_id: Id, thing: &str, stars: u8, created_at_ms: i64) -> NewReview {
        NewReview {
            site_id,
            review_id: Clock::System.new_id(),
            revision: 1,
            response_id: Some(Clock::System.new_id()),
            question_id: Some("review".into()),
            thing: thing.into(),
            stars,
            title: "Sturdy".into(),
            text: "It survived a fall.".into(),
            author: "Ada".into(),
            language: "en-gb".into(),
            verified: false,
            created_at_ms,
        }
    }

    fn entry(now_ms: i64) -> AuditEntry {
        AuditEntry {
            entry_id: Clock::System.new_id(),
            actor: "ada@example.com".into(),
            action: "review.publish".into(),
            subject: "review".into(),
            occurred_at_ms: now_ms,
        }
    }

    #[tokio::test]
    async fn a_review_waits_for_moderation_and_again_when_it_says_something_else() {
        each_engine(async |store| {
            let site = Clock::System.new_id();
            let review = a_review(site, "mug", 4, 10);
            assert_eq!(store.add_review(&review).await, Ok(true));
            assert_eq!(store.add_review(&review).await, Ok(false), "the same revision");
            let state = async || store.review(site, review.review_id).await.unwrap().unwrap().state;
            assert_eq!(state().await, Moderation::Pending);
            assert_eq!(
                store.moderate_review(site, review.review_id, Moderation::Published, &entry(20)).await,
                Ok(true)
            );
            let same = NewReview { revision: 2, ..review.clone() };
            assert_eq!((store.add_review(&same).await, state().await), (Ok(true), Moderation::Published));
            let other = NewReview { revision: 3, text: "Buy at evil.example".into(), ..review.clone() };
            assert_eq!((store.add_review(&other).await, state().await), (Ok(true), Moderation::Pending));
            let stale = NewReview { revision: 2, ..review.clone() };
            assert_eq!(store.add_review(&stale).await, Ok(false));
            let later_run = NewReview { revision: 1, response_id: Some(Clock::System.new_id()), ..review.clone() };
            assert_eq!(store.add_review(&later_run).await, Ok(true), "another run of the same buyer");
            let none = Clock::System.new_id();
            assert_eq!(store.moderate_review(site, none, Moderation::Published, &entry(20)).await, Ok(false));
            assert_eq!(store.audit_entries(site, None, 10).await.unwrap().len(), 1, "what failed is not noted");
        })
        .await;
    }

    #[tokio::test]
    async fn lists_are_filtered_sorted_paged_and_counted() {
        each_engine(async |store| {
            let (site, other) = (Clock::System.new_id(), Clock::System.new_id());
            let mut ids = Vec::new();
            for (thing, stars, language, at_ms) in
                [("mug", 5, "de", 1), ("mug", 2, "en-gb", 2), ("bowl", 4, "en", 3), ("mug", 5, "english", 4)]
            {
                let review = NewReview { language: language.into(), ..a_review(site, thing, stars, at_ms) };
                store.add_review(&review).await.unwrap();
                store.moderate_review(site, review.review_id, Moderation::Published, &entry(9)).await.unwrap();
                ids.push(review.review_id);
            }
            store.add_review(&NewReview { text: String::new(), ..a_review(site, "mug", 1, 5) }).await.unwrap();
            store.add_review(&a_review(other, "mug", 1, 6)).await.unwrap();
            let list = async |filter: &ReviewFilter<'_>, sort, slice| {
                let reviews = store.reviews(site, filter, sort, slice).await.unwrap();
                reviews
                    .iter()
                    .filter_map(|review| ids.iter().position(|id| *id == review.review_id))
                    .collect::<Vec<_>>()
            };
            let published = ReviewFilter { state: Some(Moderation::Published), ..ReviewFilter::default() };
            assert_eq!(list(&published, Sort::Newest, (0, 10)).await, [3, 2, 1, 0]);
            assert_eq!(list(&published, Sort::Newest, (1, 2)).await, [2, 1]);
            assert_eq!(list(&published, Sort::Highest, (0, 10)).await, [3, 0, 2, 1]);
            assert_eq!(list(&published, Sort::Lowest, (0, 10)).await, [1, 2, 3, 0]);
            let english = ReviewFilter { language: "EN", ..published.clone() };
            assert_eq!(list(&english, Sort::Newest, (0, 10)).await, [2, 1], "with its regional forms, nothing else");
            let mugs = ReviewFilter { thing: "mug", stars: Some(5), ..published.clone() };
            assert_eq!(list(&mugs, Sort::Newest, (0, 10)).await, [3, 0]);
            let bought = NewReview { verified: true, ..a_review(site, "plate", 5, 8) };
            store.add_review(&bought).await.unwrap();
            let verified = ReviewFilter { verified: true, ..ReviewFilter::default() };
            let found = store.reviews(site, &verified, Sort::Newest, (0, 10)).await.unwrap();
            assert_eq!(found.iter().map(|review| review.review_id).collect::<Vec<_>>(), [bought.review_id]);
            let languages = store.review_languages(site, &published).await.unwrap();
            let languages: Vec<_> = languages.iter().map(|(language, n)| (language.as_str(), *n)).collect();
            assert_eq!(languages, [("de", 1), ("en", 1), ("en-gb", 1), ("english", 1)]);
            let all_mugs = ReviewFilter { thing: "mug", ..ReviewFilter::default() };
            assert_eq!(store.review_counts(site, &all_mugs).await, Ok((Distribution([1, 1, 0, 0, 2]), 4)));
            assert_eq!(
                store.review_states(site).await.unwrap(),
                [(Moderation::Pending, 2), (Moderation::Published, 4), (Moderation::Rejected, 0)]
            );
        })
        .await;
    }

    #[tokio::test]
    async fn a_visitor_votes_once_and_may_think_again() {
        each_engine(async |store| {
            let site = Clock::System.new_id();
            let review = a_review(site, "mug", 4, 10);
            store.add_review(&review).await.unwrap();
            let (one, other) = (Clock::System.new_id(), Clock::System.new_id());
            let vote = async |voter, helpful| store.vote_for_review(site, review.review_id, voter, helpful, 1).await;
            assert_eq!(vote(one, true).await, Ok(None), "not published");
            store.moderate_review(site, review.review_id, Moderation::Published, &entry(9)).await.unwrap();
            let votes = |helpful, unhelpful| Ok(Some(Votes { helpful, unhelpful }));
            assert_eq!(vote(one, true).await, votes(1, 0));
            assert_eq!(vote(one, true).await, votes(1, 0));
            assert_eq!(vote(other, false).await, votes(1, 1));
            assert_eq!(vote(one, false).await, votes(0, 2));
            assert_eq!(vote(one, true).await, votes(1, 1));
            assert_eq!(store.vote_for_review(site, one, other, true, 3).await, Ok(None));
            let read = store.review(site, review.review_id).await.unwrap().unwrap();
            assert_eq!((read.helpful, read.unhelpful), (1, 1));
        })
        .await;
    }

    #[tokio::test]
    async fn the_top_is_what_people_surely_find_helpful() {
        each_engine(async |store| {
            let site = Clock::System.new_id();
            let mut ids = Vec::new();
            // Many with a few against them, two without doubt, none at all, and one that is only disliked.
            for (at_ms, (helpful, unhelpful)) in (1..).zip([(12, 2), (2, 0), (0, 0), (0, 3)]) {
                let review = a_review(site, "mug", 4, at_ms);
                store.add_review(&review).await.unwrap();
                store.moderate_review(site, review.review_id, Moderation::Published, &entry(9)).await.unwrap();
                for number in 0..helpful + unhelpful {
                    let voter = Clock::System.new_id();
                    store.vote_for_review(site, review.review_id, voter, number < helpful, 1).await.unwrap();
                }
                ids.push(review.review_id);
            }
            let reviews = store.reviews(site, &ReviewFilter::default(), Sort::Top, (0, 10)).await.unwrap();
            let order: Vec<_> = reviews.iter().map(|review| review.review_id).collect();
            assert_eq!(order, ids);
        })
        .await;
    }

    #[tokio::test]
    async fn a_reply_says_who_and_when_and_can_be_taken_away() {
        each_engine(async |store| {
            let site = Clock::System.new_id();
            let review = a_review(site, "mug", 2, 10);
            store.add_review(&review).await.unwrap();
            store.reply_to_review(site, review.review_id, "We are sorry.", &entry(20)).await.unwrap();
            let read = async || store.review(site, review.review_id).await.unwrap().unwrap();
            let replied = read().await;
            assert_eq!(
                (replied.reply.as_str(), replied.replied_by.as_str(), replied.replied_at_ms),
                ("We are sorry.", "ada@example.com", Some(20))
            );
            store.reply_to_review(site, review.review_id, "", &entry(30)).await.unwrap();
            let without = read().await;
            assert_eq!((without.reply.as_str(), without.replied_by.as_str(), without.replied_at_ms), ("", "", None));
        })
        .await;
    }

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
