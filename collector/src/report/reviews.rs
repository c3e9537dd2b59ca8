//! Reviews as the public and the company read them: lists with their distribution, and things by rank.

use super::ReportError;
use super::filter::{Pairs, encode, value};
use super::response::{PictureView, Suspicion, Time, suspicions};
use crate::ingest::sites::SiteContext;
use crate::store::Store;
use crate::store::attachments::Attachment;
use crate::store::reviews::{Review, ReviewFilter, ReviewedThing, Sort, Thing};
use rapport_shared::review::{self, Distribution, Moderation, THING_CHARACTERS};
use rapport_shared::survey::Fault;
use serde::Serialize;
use utoipa::ToSchema;

/// Reviews on one page of a list, unless it says otherwise.
pub const PER_PAGE: u32 = 10;
/// Most reviews on one page of a list.
const MOST_PER_PAGE: u32 = 50;
/// Last page that can be asked for.
const LAST_PAGE: u32 = 1_000;

/// Which reviews of a site, as the fields of a URL say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewQuery {
    /// Where they stand; `None` for all. The public sees only published ones.
    pub state: Option<Moderation>,
    /// The thing; empty for everything.
    pub thing: String,
    /// The number of stars.
    pub stars: Option<u8>,
    /// The language, with its regional forms; empty for all.
    pub language: String,
    /// Only those whose purchase is verified.
    pub verified: bool,
    /// The order.
    pub sort: Sort,
    /// From 1.
    pub page: u32,
    /// 1 to 50.
    pub per_page: u32,
}

impl ReviewQuery {
    /// Reads the fields `thing`, `stars`, `language`, `verified`, `sort`, `page` and `per_page`; a list without `sort` has
    /// the order `usual`.
    ///
    /// # Errors
    /// Every field at fault, with what it may be.
    pub fn parse(pairs: &Pairs, usual: Sort) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut number = |field: &'static str, most: u32, otherwise: u32| match value(pairs, field) {
            None => otherwise,
            Some(text) => text.parse().ok().filter(|number| (1..=most).contains(number)).unwrap_or_else(|| {
                faults.push(Fault::new(field, format!("must be a number from 1 to {most}")));
                otherwise
            }),
        };
        let stars = number("stars", 5, 0);
        let page = number("page", LAST_PAGE, 1);
        let per_page = number("per_page", MOST_PER_PAGE, PER_PAGE);
        let thing = value(pairs, "thing").unwrap_or_default();
        faults.extend(review::too_long("thing", thing, THING_CHARACTERS));
        let language = value(pairs, "language").unwrap_or_default();
        if language.len() > 35 || !language.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            faults.push(Fault::new("language", "must be a language tag such as en or pt-br"));
        }
        let sort = value(pairs, "sort").map_or(Some(usual), Sort::parse).unwrap_or_else(|| {
            faults.push(Fault::new("sort", "must be top, newest, highest, lowest or helpful"));
            usual
        });
        let verified = value(pairs, "verified");
        if verified.is_some_and(|text| text != "1") {
            faults.push(Fault::new("verified", "must be 1, or absent"));
        }
        let query = Self {
            state: Some(Moderation::Published),
            thing: thing.to_owned(),
            stars: u8::try_from(stars).ok().filter(|stars| *stars > 0),
            language: language.to_owned(),
            verified: verified.is_some(),
            sort,
            page,
            per_page,
        };
        if faults.is_empty() { Ok(query) } else { Err(faults) }
    }

    /// The fields of the URL that give this query where `usual` is the order of a list that names none.
    pub fn fields(&self, usual: Sort) -> Vec<(&'static str, String)> {
        let mut fields = Vec::new();
        if !self.thing.is_empty() {
            fields.push(("thing", self.thing.clone()));
        }
        if let Some(stars) = self.stars {
            fields.push(("stars", stars.to_string()));
        }
        if !self.language.is_empty() {
            fields.push(("language", self.language.clone()));
        }
        if self.verified {
            fields.push(("verified", "1".to_owned()));
        }
        if self.sort != usual {
            fields.push(("sort", self.sort.as_str().to_owned()));
        }
        if self.page > 1 {
            fields.push(("page", self.page.to_string()));
        }
        if self.per_page != PER_PAGE {
            fields.push(("per_page", self.per_page.to_string()));
        }
        fields
    }
}

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

/// The company's answer to a review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reply {
    /// The words.
    pub text: String,
    /// When.
    pub at: Time,
    /// Who; only the company reads that.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub by: String,
}

/// A review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReviewView {
    /// Its id, a UUID.
    pub id: String,
    /// Key of the thing.
    pub thing: String,
    /// Name of the thing; its key where nobody named it.
    pub thing_name: String,
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
    pub verified_purchase: bool,
    /// `pending`, `published` or `rejected`.
    pub state: &'static str,
    /// How many visitors found it helpful.
    pub helpful: u64,
    /// How many did not.
    pub unhelpful: u64,
    /// When it was written.
    pub at: Time,
    /// The company's answer.
    pub reply: Option<Reply>,
    /// Its photo, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo: Option<PictureView>,
    /// The response it came with; only the company reads that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// Why that response is suspicious; only the company reads that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suspicions: Vec<Suspicion>,
}

impl ReviewView {
    /// The stars as people see them.
    pub fn stars_text(&self) -> String {
        let full = usize::from(self.stars.min(5));
        format!("{}{}", "★".repeat(full), "☆".repeat(5 - full))
    }

    /// The author as people read it.
    pub fn author_text(&self) -> &str {
        if self.author.is_empty() { "A customer" } else { &self.author }
    }
}

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

    /// Path of its hosted list below that of the site.
    pub fn path(&self) -> String {
        encode(&self.thing)
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

/// For whom a list is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Anybody: names of staff and ids of responses are left out.
    Public,
    /// A member or a server of the site.
    Company,
}

fn view(review: Review, name: &str, photo: Option<&Attachment>, site: &SiteContext, reader: Reader) -> ReviewView {
    let zone = &site.site.time_zone;
    let of_company = reader == Reader::Company;
    let reply = review.replied_at_ms.map(|at_ms| Reply {
        text: review.reply,
        at: Time::new(at_ms, zone),
        by: if of_company { review.replied_by } else { String::new() },
    });
    let photo = photo.map(|photo| {
        let (key, id) = (&site.site.key, review.review_id);
        let address = match reader {
            Reader::Public => format!("/v1/reviews/{key}/{id}/photo"),
            Reader::Company => format!("/api/v1/sites/{key}/reviews/{id}/photo"),
        };
        PictureView::new(address, photo)
    });
    ReviewView {
        photo,
        id: review.review_id.to_text(),
        thing_name: name.to_owned(),
        thing: review.thing,
        stars: review.stars,
        title: review.title,
        text: review.text,
        author: review.author,
        language: review.language,
        verified_purchase: review.verified,
        state: review.state.as_str(),
        helpful: review.helpful,
        unhelpful: review.unhelpful,
        at: Time::new(review.created_at_ms, zone),
        reply,
        suspicions: if of_company { suspicions(&review.suspicion) } else { Vec::new() },
        response: review.response_id.filter(|_| of_company).map(|id| id.to_text()),
    }
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
    let ids: Vec<_> = found.iter().map(|review| review.review_id).collect();
    let photos = store.review_photos(site_id, &ids).await?;
    let things = store.reviewed_things(site_id).await?;
    let name_of =
        |key: &str| things.iter().find(|known| known.thing.thing == key).map(|known| known.thing.name.clone());
    let reviews: Vec<_> = found
        .into_iter()
        .map(|review| {
            let name = name_of(&review.thing).unwrap_or_else(|| review.thing.clone());
            let photo = photos.get(&review.review_id);
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

/// One review, for the company.
///
/// # Errors
/// When the store cannot be read.
pub async fn one(
    store: &Store,
    site: &SiteContext,
    id: rapport_shared::id::Id,
) -> Result<Option<ReviewView>, ReportError> {
    let Some(review) = store.review(site.site.site_id, id).await? else { return Ok(None) };
    let thing = store.thing(site.site.site_id, &review.thing).await?;
    let name = thing.map_or_else(|| review.thing.clone(), |thing| thing.name);
    let photos = store.review_photos(site.site.site_id, &[id]).await?;
    Ok(Some(view(review, &name, photos.get(&id), site, Reader::Company)))
}

/// Everything that has published reviews, best first: by [`Distribution::rank`], then by number of reviews, then by name.
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

/// JSON-LD of a list (schema.org `AggregateRating` and `Review`), or nothing where Google's rules do not allow it.
fn structured_data(thing: &ThingView, summary: &ReviewSummary, shown: &[ReviewView]) -> Option<serde_json::Value> {
    if !review::may_be_marked(&thing.r#type, &thing.name, summary.reviews) {
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

    fn pairs(text: &str) -> Vec<(String, String)> {
        form_urlencoded::parse(text.as_bytes()).into_owned().collect()
    }

    #[test]
    fn a_query_says_what_it_was_read_from_and_names_its_faults() {
        for text in ["", "thing=a%2Fb&stars=5&language=pt-br&verified=1&sort=helpful&page=3&per_page=50"] {
            let query = ReviewQuery::parse(&pairs(text), Sort::Top).unwrap();
            let fields = query.fields(Sort::Top);
            assert_eq!(form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish(), text);
        }
        assert_eq!(ReviewQuery::parse(&[], Sort::Top).unwrap().fields(Sort::Newest), [("sort", "top".to_owned())]);
        for (text, field) in [
            ("stars=6", "stars"),
            ("page=0", "page"),
            ("page=1001", "page"),
            ("per_page=51", "per_page"),
            ("sort=price", "sort"),
            ("verified=yes", "verified"),
            ("language=%3Cb%3E", "language"),
            (&format!("thing={}", "x".repeat(201)), "thing"),
        ] {
            let faults = ReviewQuery::parse(&pairs(text), Sort::Top).expect_err(text);
            assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), [field], "{text}");
        }
    }

    fn thing(name: &str, stars: [u64; 5]) -> ReviewedThing {
        let thing = Thing { thing: name.into(), name: name.into(), thing_type: "Product".into(), url: String::new() };
        ReviewedThing { thing, stars: Distribution(stars), written: 0, verified: 0 }
    }

    #[test]
    fn languages_are_counted_without_their_regions() {
        let counts = [("", 4), ("de", 1), ("en", 1), ("en-gb", 2)].map(|(tag, reviews)| (tag.to_owned(), reviews));
        let languages: Vec<_> =
            by_language(counts.to_vec()).into_iter().map(|count| (count.language, count.reviews)).collect();
        assert_eq!(languages, [("en".to_owned(), 3), ("de".to_owned(), 1)]);
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
