//! What search engines are told of a list of reviews: JSON-LD in the words of schema.org.

use super::{ReviewSummary, ReviewView, ThingView};
use rapport_store::review::rule;

/// JSON-LD of a list (schema.org `AggregateRating` and `Review`), or nothing where Google's rules do not allow it.
pub(super) fn structured_data(
    thing: &ThingView,
    summary: &ReviewSummary,
    shown: &[ReviewView],
) -> Option<serde_json::Value> {
    if !rule::may_be_marked(&thing.r#type, &thing.name, summary.reviews) {
        return None;
    }
    let rating =
        |stars: u8| serde_json::json!({ "@type": "Rating", "ratingValue": stars, "bestRating": 5, "worstRating": 1 });
    // An author is required of every review: who gave no name is shown, and left out here.
    let reviews: Vec<_> = shown
        .iter()
        .filter(|review| !review.author.is_empty())
        .map(|review| {
            let mut entry = serde_json::json!({
                "@type": "Review",
                "author": { "@type": "Person", "name": review.author },
                "datePublished": review.at.local.get(..10),
                "reviewRating": rating(review.stars),
            });
            for (field, text) in
                [("name", &review.title), ("reviewBody", &review.text), ("inLanguage", &review.language)]
            {
                if !text.is_empty() {
                    entry[field] = text.as_str().into();
                }
            }
            entry
        })
        .collect();
    let mut aggregate = serde_json::json!({
        "@type": "AggregateRating",
        "ratingValue": summary.mean_text(),
        "ratingCount": summary.reviews,
        "bestRating": 5,
        "worstRating": 1,
    });
    if summary.written > 0 {
        aggregate["reviewCount"] = summary.written.into();
    }
    let mut document = serde_json::json!({
        "@context": "https://schema.org",
        "@type": thing.r#type,
        "name": thing.name,
        "aggregateRating": aggregate,
    });
    if !thing.url.is_empty() {
        document["url"] = thing.url.as_str().into();
    }
    if !reviews.is_empty() {
        document["review"] = reviews.into();
    }
    Some(document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::Time;
    use rapport_store::review::rule::Distribution;

    #[test]
    fn markup_tells_what_is_shown_and_only_where_it_may() {
        let zone = jiff::tz::TimeZone::UTC;
        let shown = |author: &str| ReviewView {
            photo: None,
            id: String::new(),
            thing: "mug".into(),
            thing_name: "Mug".into(),
            stars: 4,
            title: String::new(),
            text: "Good </script>".into(),
            author: author.into(),
            language: "en".into(),
            verified_purchase: true,
            state: "published",
            helpful: 0,
            unhelpful: 0,
            at: Time::new(0, &zone),
            reply: None,
            response: None,
            suspicions: Vec::new(),
        };
        let summary = ReviewSummary::new(Distribution([1, 0, 0, 2, 0]), 2, 0);
        let product = ThingView { r#type: "Product".into(), ..ThingView::unnamed("Mug") };
        let document = structured_data(&product, &summary, &[shown("Ada"), shown("")]).unwrap();
        assert_eq!(
            document,
            serde_json::json!({
                "@context": "https://schema.org", "@type": "Product", "name": "Mug",
                "aggregateRating": {
                    "@type": "AggregateRating", "ratingValue": "3.0", "ratingCount": 3, "reviewCount": 2,
                    "bestRating": 5, "worstRating": 1,
                },
                "review": [{
                    "@type": "Review", "author": { "@type": "Person", "name": "Ada" }, "datePublished": "1970-01-01",
                    "reviewBody": "Good </script>", "inLanguage": "en",
                    "reviewRating": { "@type": "Rating", "ratingValue": 4, "bestRating": 5, "worstRating": 1 },
                }],
            })
        );
        for thing_type in ["LocalBusiness", "Organization", ""] {
            let thing = ThingView { r#type: thing_type.into(), ..product.clone() };
            assert_eq!(structured_data(&thing, &summary, &[]), None, "{thing_type}");
        }
        let nothing = ReviewSummary::new(Distribution::default(), 0, 0);
        assert_eq!(structured_data(&product, &nothing, &[]), None);
    }
}
