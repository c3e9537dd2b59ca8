//! What the reviews of something come to: how many, their mean, their rank and their distribution.

use rapport_store::review::rule::Distribution;
use serde::Serialize;
use utoipa::ToSchema;

/// How often a number of stars was given.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StarCount {
    /// 1 to 5.
    pub stars: u8,
    /// Reviews with so many stars.
    pub reviews: u64,
    /// Their share of all, in percent.
    pub share_percent: f64,
}

/// What all reviews of something come to.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ReviewSummary {
    /// How many reviews.
    pub reviews: u64,
    /// How many of them have a title or words.
    pub written: u64,
    /// How many of them are of a verified purchase.
    pub verified: u64,
    /// Mean number of stars; absent for no reviews.
    pub mean_stars: Option<f64>,
    /// What things are ranked by: the lower bound of the 95 % Wilson interval of the share with 4 or 5 stars, in percent.
    pub rank_percent: f64,
    /// Five entries, most stars first.
    pub distribution: Vec<StarCount>,
}

impl ReviewSummary {
    /// The summary of a distribution.
    pub fn new(stars: Distribution, written: u64, verified: u64) -> Self {
        let n = stars.n();
        let entry = |(index, reviews): (usize, &u64)| StarCount {
            stars: index as u8 + 1,
            reviews: *reviews,
            share_percent: if n == 0 { 0.0 } else { *reviews as f64 * 100.0 / n as f64 },
        };
        Self {
            reviews: n,
            written,
            verified,
            mean_stars: stars.mean(),
            rank_percent: stars.rank(),
            distribution: stars.0.iter().enumerate().map(entry).rev().collect(),
        }
    }

    /// The mean as people read it, with one decimal.
    pub fn mean_text(&self) -> String {
        self.mean_stars.map_or_else(|| "–".to_owned(), |mean| format!("{mean:.1}"))
    }
}
