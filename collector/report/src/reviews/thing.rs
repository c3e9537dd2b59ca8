//! What is reviewed, and everything that is by rank.

use super::ReviewSummary;
use crate::ReportError;
use rapport_store::Store;
use rapport_store::review::{ReviewedThing, Thing};
use rapport_store::site::directory::SiteContext;
use serde::Serialize;
use utoipa::ToSchema;

/// Something that is reviewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ThingView {
    /// Its key.
    pub thing: String,
    /// Its name; its key where nobody named it.
    pub name: String,
    /// Type of schema.org, such as `Product`; empty where nobody said it.
    pub r#type: String,
    /// Address of its page, or empty.
    pub url: String,
}

impl From<Thing> for ThingView {
    fn from(thing: Thing) -> Self {
        Self { thing: thing.thing, name: thing.name, r#type: thing.thing_type, url: thing.url }
    }
}

impl ThingView {
    /// A thing that nobody described.
    pub fn unnamed(key: &str) -> Self {
        Self { thing: key.to_owned(), name: key.to_owned(), r#type: String::new(), url: String::new() }
    }
}

/// A thing with what is said of it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RankedThing {
    /// The thing.
    #[serde(flatten)]
    pub thing: ThingView,
    /// Its published reviews.
    pub summary: ReviewSummary,
}

/// Everything that has published reviews, best first: by `Distribution::rank`, then by number of reviews, then by name.
///
/// # Errors
/// When the store cannot be read.
pub async fn ranking(store: &Store, site: &SiteContext) -> Result<Vec<RankedThing>, ReportError> {
    let mut things = store.reviewed_things(site.site.site_id).await?;
    things.retain(|reviewed| reviewed.stars.n() > 0);
    Ok(ranked(things))
}

fn ranked(mut things: Vec<ReviewedThing>) -> Vec<RankedThing> {
    things.sort_by(|one, other| {
        let by_rank = other.stars.rank().total_cmp(&one.stars.rank());
        by_rank.then(other.stars.n().cmp(&one.stars.n())).then_with(|| one.thing.name.cmp(&other.thing.name))
    });
    things
        .into_iter()
        .map(|reviewed| RankedThing {
            thing: reviewed.thing.into(),
            summary: ReviewSummary::new(reviewed.stars, reviewed.written, reviewed.verified),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapport_store::review::rule::Distribution;

    fn thing(name: &str, stars: [u64; 5]) -> ReviewedThing {
        let thing = Thing { thing: name.into(), name: name.into(), thing_type: "Product".into(), url: String::new() };
        ReviewedThing { thing, stars: Distribution(stars), written: 0, verified: 0 }
    }

    #[test]
    fn things_are_ranked_by_what_is_certain_of_them() {
        let things = vec![
            thing("two perfect", [0, 0, 0, 0, 2]),
            thing("many good", [3, 0, 5, 40, 150]),
            thing("many bad", [90, 10, 0, 0, 0]),
            thing("another two perfect", [0, 0, 0, 0, 2]),
        ];
        let names: Vec<_> = ranked(things).into_iter().map(|ranked| ranked.thing.name).collect();
        assert_eq!(names, ["many good", "another two perfect", "two perfect", "many bad"]);
    }
}
