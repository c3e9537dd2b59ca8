//! One page of a list of reviews, with what all of them come to.

use super::review::view;
use super::structured_data::structured_data;
use super::{Reader, ReviewQuery, ReviewSummary, ReviewView, ThingView};
use crate::ReportError;
use rapport_store::Store;
use rapport_store::review::ReviewFilter;
use rapport_store::review::rule::Moderation;
use rapport_store::site::directory::SiteContext;
use serde::Serialize;
use utoipa::ToSchema;

/// How many reviews are in a language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LanguageCount {
    /// Its tag without region, such as `en`.
    pub language: String,
    /// Reviews in it or in one of its regional forms.
    pub reviews: u64,
}

/// One page of a list of reviews.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ReviewList {
    /// Name of the site: who replies.
    pub site_name: String,
    /// The thing, when the list is about one.
    pub thing: Option<ThingView>,
    /// All reviews of the thing, or of the site, whatever the filter.
    pub summary: ReviewSummary,
    /// The languages of all of them, those with most reviews first; without reviews whose language is unknown.
    pub languages: Vec<LanguageCount>,
    /// How many reviews pass the filter.
    pub matching: u64,
    /// Which page this is, from 1.
    pub page: u32,
    /// How many pages there are, at least 1.
    pub pages: u32,
    /// The reviews of this page.
    pub reviews: Vec<ReviewView>,
    /// JSON-LD (schema.org) of exactly this list, to be put into the page that shows it. Absent unless the thing was
    /// described with a name and a type that Google shows reviews of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub structured_data: Option<serde_json::Value>,
}

/// One page of a list.
///
/// # Errors
/// When the store cannot be read.
pub async fn list(
    store: &Store,
    site: &SiteContext,
    query: &ReviewQuery,
    reader: Reader,
) -> Result<ReviewList, ReportError> {
    let site_id = site.site.site_id;
    let filter = ReviewFilter {
        state: query.state,
        thing: &query.thing,
        stars: query.stars,
        language: &query.language,
        verified: query.verified,
    };
    let whole = ReviewFilter { stars: None, language: "", verified: false, ..filter.clone() };
    let (stars, written) = store.review_counts(site_id, &whole).await?;
    let verified = store.review_counts(site_id, &ReviewFilter { verified: true, ..whole.clone() }).await?.0.n();
    let languages = by_language(store.review_languages(site_id, &whole).await?);
    let matching = store.review_counts(site_id, &filter).await?.0.n();
    let slice = (i64::from(query.page - 1) * i64::from(query.per_page), query.per_page.into());
    let found = store.reviews(site_id, &filter, query.sort, slice).await?;
    let ids: Vec<_> = found.iter().map(|review| review.written.review_id).collect();
    let photos = store.review_photos(site_id, &ids).await?;
    let things = store.reviewed_things(site_id).await?;
    let name_of =
        |key: &str| things.iter().find(|known| known.thing.thing == key).map(|known| known.thing.name.clone());
    let reviews: Vec<_> = found
        .into_iter()
        .map(|review| {
            let name = name_of(&review.written.thing).unwrap_or_else(|| review.written.thing.clone());
            let photo = photos.get(&review.written.review_id);
            view(review, &name, photo, site, reader)
        })
        .collect();
    let summary = ReviewSummary::new(stars, written, verified);
    let thing = (!query.thing.is_empty()).then(|| {
        let known = things.iter().find(|known| known.thing.thing == query.thing).map(|known| known.thing.clone());
        known.map_or_else(|| ThingView::unnamed(&query.thing), ThingView::from)
    });
    Ok(ReviewList {
        structured_data: thing
            .as_ref()
            .filter(|_| query.state == Some(Moderation::Published))
            .and_then(|thing| structured_data(thing, &summary, &reviews)),
        site_name: site.site.name.clone(),
        thing,
        summary,
        languages,
        matching,
        page: query.page,
        pages: u32::try_from(matching.div_ceil(query.per_page.into())).unwrap_or(u32::MAX).max(1),
        reviews,
    })
}

/// Counts by language without its region, the largest first.
fn by_language(counts: Vec<(String, u64)>) -> Vec<LanguageCount> {
    let mut sums = std::collections::BTreeMap::new();
    for (tag, reviews) in counts {
        let language = tag.split('-').next().unwrap_or_default().to_owned();
        *sums.entry(language).or_insert(0) += reviews;
    }
    let known = sums.into_iter().filter(|(language, _)| !language.is_empty());
    let mut languages: Vec<_> = known.map(|(language, reviews)| LanguageCount { language, reviews }).collect();
    languages.sort_by_key(|count| std::cmp::Reverse(count.reviews));
    languages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_counted_without_their_regions() {
        let counts = [("", 4), ("de", 1), ("en", 1), ("en-gb", 2)].map(|(tag, reviews)| (tag.to_owned(), reviews));
        let languages: Vec<_> =
            by_language(counts.to_vec()).into_iter().map(|count| (count.language, count.reviews)).collect();
        assert_eq!(languages, [("en".to_owned(), 3), ("de".to_owned(), 1)]);
    }
}
