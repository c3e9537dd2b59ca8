//! Every review that a query asks for as one table, however many there are.

use super::ReviewQuery;
use crate::ReportError;
use crate::response::{Time, suspicions};
use futures_util::Stream;
use jiff::tz::TimeZone;
use rapport_store::review::{Review, ReviewFilter, ReviewStream};
use rapport_store::site::directory::SiteContext;
use rapport_store::{Store, StoreError};
use std::collections::HashMap;

const COLUMNS: [&str; 18] = [
    "review",
    "at",
    "stars",
    "title",
    "words",
    "author",
    "thing",
    "thing_name",
    "language",
    "state",
    "verified_purchase",
    "helpful",
    "unhelpful",
    "reply",
    "replied_at",
    "replied_by",
    "suspicious",
    "response",
];

/// A table of reviews while it is read.
pub struct ReviewTable {
    reviews: ReviewStream,
    names: HashMap<String, String>,
    zone: TimeZone,
}

impl ReviewTable {
    /// The table of all reviews that the query asks for, in its order, whatever its page.
    ///
    /// # Errors
    /// When the store cannot be read, or is reading as many long results as it may.
    pub async fn open(store: &Store, site: &SiteContext, query: &ReviewQuery) -> Result<Self, ReportError> {
        let site_id = site.site.site_id;
        let filter = ReviewFilter {
            state: query.state,
            thing: &query.thing,
            stars: query.stars,
            language: &query.language,
            verified: query.verified,
        };
        let things = store.reviewed_things(site_id).await?.into_iter();
        Ok(Self {
            names: things.map(|known| (known.thing.thing, known.thing.name)).collect(),
            reviews: store.stream_reviews(site_id, &filter, query.sort).await?,
            zone: site.site.time_zone.clone(),
        })
    }

    /// The line with the names of the columns.
    pub fn header(&self) -> String {
        crate::csv::line(COLUMNS)
    }

    /// The lines of the reviews, many at a time.
    pub fn lines(self) -> impl Stream<Item = Result<String, StoreError>> + Send + 'static {
        futures_util::stream::try_unfold(self, |mut table| async move {
            let Some(reviews) = table.reviews.next().await else { return Ok(None) };
            let text: String = reviews?.iter().map(|review| crate::csv::line(table.row(review))).collect();
            Ok(Some((text, table)))
        })
    }

    fn row(&self, review: &Review) -> [String; COLUMNS.len()] {
        let written = &review.written;
        let reasons = suspicions(&review.suspicion);
        [
            written.review_id.to_text(),
            Time::new(written.created_at_ms, &self.zone).local,
            written.stars.to_string(),
            written.title.clone(),
            written.text.clone(),
            written.author.clone(),
            written.thing.clone(),
            self.names.get(&written.thing).cloned().unwrap_or_default(),
            written.language.clone(),
            review.state.as_str().to_owned(),
            if written.verified { "yes" } else { "no" }.to_owned(),
            review.helpful.to_string(),
            review.unhelpful.to_string(),
            review.reply.clone(),
            review.replied_at_ms.map_or_else(String::new, |at_ms| Time::new(at_ms, &self.zone).local),
            review.replied_by.clone(),
            reasons.iter().map(|one| one.reason).collect::<Vec<_>>().join(" "),
            written.response_id.map_or_else(String::new, |id| id.to_text()),
        ]
    }
}
