//! Lists of reviews: filtered, in an order, page by page, and counted.

use super::{COLUMNS, Review, add_stars, read_review};
use crate::engine::stream::RowStream;
use crate::review::rule::{Distribution, Moderation};
use crate::{Statement, Store, StoreError, Value, params};
use rapport_shared::id::Id;

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

/// Reviews as they are read. Dropping it ends the reader.
pub struct ReviewStream(RowStream);

impl ReviewStream {
    /// The next reviews; `None` when all were read.
    ///
    /// # Errors
    /// When the database fails on the way: what was given is then not all there is.
    pub async fn next(&mut self) -> Option<Result<Vec<Review>, StoreError>> {
        Some(self.0.next().await?.and_then(|piece| piece.rows.iter().map(read_review).collect()))
    }
}

impl Store {
    /// Every review that passes the filter, in an order.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when as many long results are being read as may be.
    pub async fn stream_reviews(
        &self,
        site_id: Id,
        filter: &ReviewFilter<'_>,
        sort: Sort,
    ) -> Result<ReviewStream, StoreError> {
        let (condition, params) = filter.condition(site_id);
        let sql = format!("SELECT {COLUMNS} FROM review WHERE {condition} ORDER BY {}", sort.columns());
        Ok(ReviewStream(self.stream(vec![Statement::new(sql, params)]).await?))
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
            "SELECT stars, COUNT(*) AS reviews, COUNT(CASE WHEN text = '' AND title = '' THEN NULL ELSE 1 END) AS written
             FROM review WHERE {condition} GROUP BY stars"
        );
        let (mut distribution, mut written) = (Distribution::default(), 0);
        for row in self.read(sql, params).await? {
            add_stars(&mut distribution, row.int("stars")?, row.count("reviews")?);
            written += row.count("written")?;
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
        let sql = format!(
            "SELECT language, COUNT(*) AS reviews FROM review WHERE {condition} GROUP BY language ORDER BY language"
        );
        self.read(sql, params)
            .await?
            .iter()
            .map(|row| Ok((row.text("language")?.to_owned(), row.count("reviews")?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::review::WrittenReview;
    use crate::review::test_review::{a_review, entry};
    use crate::test_store::each_engine;

    #[tokio::test]
    async fn lists_are_filtered_sorted_paged_and_counted() {
        each_engine(async |store| {
            let (site, other) = (Clock::System.new_id(), Clock::System.new_id());
            let mut ids = Vec::new();
            for (thing, stars, language, at_ms) in
                [("mug", 5, "de", 1), ("mug", 2, "en-gb", 2), ("bowl", 4, "en", 3), ("mug", 5, "english", 4)]
            {
                let review = WrittenReview { language: language.into(), ..a_review(site, thing, stars, at_ms) };
                store.add_review(&review).await.unwrap();
                store.moderate_review(site, review.review_id, Moderation::Published, &entry(9)).await.unwrap();
                ids.push(review.review_id);
            }
            store.add_review(&WrittenReview { text: String::new(), ..a_review(site, "mug", 1, 5) }).await.unwrap();
            store.add_review(&a_review(other, "mug", 1, 6)).await.unwrap();
            let list = async |filter: &ReviewFilter<'_>, sort, slice| {
                let reviews = store.reviews(site, filter, sort, slice).await.unwrap();
                reviews
                    .iter()
                    .filter_map(|review| ids.iter().position(|id| *id == review.written.review_id))
                    .collect::<Vec<_>>()
            };
            let published = ReviewFilter { state: Some(Moderation::Published), ..ReviewFilter::default() };
            assert_eq!(list(&published, Sort::Newest, (0, 10)).await, [3, 2, 1, 0]);
            assert_eq!(list(&published, Sort::Newest, (1, 2)).await, [2, 1]);
            let mut all = store.stream_reviews(site, &published, Sort::Newest).await.unwrap();
            let streamed = all.next().await.unwrap().unwrap();
            assert_eq!(streamed, store.reviews(site, &published, Sort::Newest, (0, 10)).await.unwrap());
            assert!(all.next().await.is_none());
            assert_eq!(list(&published, Sort::Highest, (0, 10)).await, [3, 0, 2, 1]);
            assert_eq!(list(&published, Sort::Lowest, (0, 10)).await, [1, 2, 3, 0]);
            let english = ReviewFilter { language: "EN", ..published.clone() };
            assert_eq!(list(&english, Sort::Newest, (0, 10)).await, [2, 1], "with its regional forms, nothing else");
            let mugs = ReviewFilter { thing: "mug", stars: Some(5), ..published.clone() };
            assert_eq!(list(&mugs, Sort::Newest, (0, 10)).await, [3, 0]);
            let bought = WrittenReview { verified: true, ..a_review(site, "plate", 5, 8) };
            store.add_review(&bought).await.unwrap();
            let verified = ReviewFilter { verified: true, ..ReviewFilter::default() };
            let found = store.reviews(site, &verified, Sort::Newest, (0, 10)).await.unwrap();
            assert_eq!(found.iter().map(|review| review.written.review_id).collect::<Vec<_>>(), [bought.review_id]);
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
}
