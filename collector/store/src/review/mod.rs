//! Reviews as they are stored. `moderation` lets them be seen and answers them, `list` reads them in an order, `votes` counts
//! who found them helpful, `things` says what they are about.

mod list;
mod moderation;
pub mod rule;
#[cfg(test)]
mod test_review;
mod things;
mod votes;

use super::{Row, Statement, Store, StoreError};
use crate::params;
use crate::response::suspicion;
use crate::review::rule::{Distribution, Moderation};
use crate::visitor::erasure::{item_hash, not_erased};
pub use list::{ReviewFilter, ReviewStream, Sort};
use rapport_figures::spam::Reason;
use rapport_shared::id::Id;
pub use things::{ReviewedThing, Thing};
pub use votes::Votes;

/// A review as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenReview {
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

impl WrittenReview {
    /// The statement that stores it as pending, unless the response it came with was erased. What was moderated stays so as long as nothing of it changes.
    pub fn statement(&self) -> Statement {
        let not_erased = not_erased("$14");
        let sql = format!(
            "INSERT INTO review (site_id, review_id, revision, response_id, thing, stars, title, text, author,
                language, verified, state, helpful, reply, replied_by, replied_at_ms, created_at_ms, changed_at_ms,
                question_id)
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'pending', 0, '', '', NULL, $12, $12, $13
             WHERE {not_erased}
             ON CONFLICT (site_id, review_id) DO UPDATE SET
                state = CASE WHEN review.stars = excluded.stars AND review.title = excluded.title
                    AND review.text = excluded.text AND review.author = excluded.author AND review.thing = excluded.thing
                    THEN review.state ELSE 'pending' END,
                revision = excluded.revision, response_id = excluded.response_id, thing = excluded.thing,
                stars = excluded.stars, title = excluded.title, text = excluded.text, author = excluded.author,
                language = excluded.language, verified = excluded.verified, changed_at_ms = excluded.changed_at_ms,
                question_id = excluded.question_id
             WHERE review.revision < excluded.revision OR review.response_id <> excluded.response_id
             RETURNING state"
        );
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
            self.response_id.map(|response_id| item_hash(self.site_id, response_id)),
        ];
        Statement::new(sql, params)
    }
}

/// A review as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// What was written.
    pub written: WrittenReview,
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
    /// Why the response it came with is suspicious; empty when it is not.
    pub suspicion: Vec<Reason>,
}

const COLUMNS: &str =
    "site_id, review_id, revision, response_id, question_id, thing, stars, title, text, author, language, verified,
    created_at_ms, state, helpful, COALESCE(unhelpful, 0) AS unhelpful, reply, replied_by, replied_at_ms,
    (SELECT r.suspicion FROM response r WHERE r.site_id = review.site_id AND r.item_id = review.response_id
       AND r.suspicion_cleared_at_ms IS NULL) AS suspicion";

fn read_review(row: &Row) -> Result<Review, StoreError> {
    let stars = row.int("stars")?;
    Ok(Review {
        written: WrittenReview {
            site_id: row.id("site_id")?,
            review_id: row.id("review_id")?,
            revision: row.int("revision")?,
            response_id: row.id_or_null("response_id")?,
            question_id: row.text_or_null("question_id")?.map(str::to_owned),
            thing: row.text("thing")?.to_owned(),
            stars: stars.try_into().map_err(|_| StoreError::Inconsistent(format!("review.stars: {stars}")))?,
            title: row.text("title")?.to_owned(),
            text: row.text("text")?.to_owned(),
            author: row.text("author")?.to_owned(),
            language: row.text("language")?.to_owned(),
            verified: row.flag("verified")?,
            created_at_ms: row.int("created_at_ms")?,
        },
        state: row.named("review.state", Moderation::parse)?,
        helpful: row.count("helpful")?,
        unhelpful: row.count("unhelpful")?,
        reply: row.text("reply")?.to_owned(),
        replied_by: row.text("replied_by")?.to_owned(),
        replied_at_ms: row.int_or_null("replied_at_ms")?,
        suspicion: suspicion::reasons(row.text_or_null("suspicion")?),
    })
}

fn add_stars(distribution: &mut Distribution, stars: i64, reviews: u64) {
    distribution.add(u8::try_from(stars).unwrap_or(0), reviews);
}

impl Store {
    /// Stores a review; false when a higher revision was there.
    pub async fn add_review(&self, review: &WrittenReview) -> Result<bool, StoreError> {
        Ok(!self.write(vec![review.statement()]).await?[0].is_empty())
    }

    /// One review.
    pub async fn review(&self, site_id: Id, review_id: Id) -> Result<Option<Review>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM review WHERE site_id = $1 AND review_id = $2");
        self.read(sql, params![site_id, review_id]).await?.first().map(read_review).transpose()
    }
}
