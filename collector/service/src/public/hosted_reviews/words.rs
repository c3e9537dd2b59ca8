//! What the hosted page of reviews says: the words of the list in the widget, and a few that only a page needs.

use crate::language::{Locale, fill, spoken};
use axum::http::HeaderMap;
use rapport_report::response::Time;
use rapport_report::reviews::{ReviewSummary, ReviewView};
use rapport_shared::language::in_region;
use rapport_store::review::Sort;
use rapport_words::{ENGLISH, LANGUAGES, Language};

/// Most stars.
const MOST: &str = "5";
/// From how many stars on a review is a good one, which is what things are ranked by.
const GOOD: &str = "4";

/// The words of one visitor's language.
pub(crate) struct Words {
    /// The language in the visitor's region (BCP 47).
    pub language: String,
    spoken: &'static Language,
    locale: Locale,
}

impl Words {
    /// Those of the first language that a request asks for and there is; else English.
    pub fn of(headers: &HeaderMap) -> Self {
        let wanted = spoken(headers, rapport_words::tags());
        let spoken = wanted.map_or(ENGLISH, Language::spoken);
        let language = in_region(spoken.tag, wanted.unwrap_or(spoken.tag));
        Self { locale: Locale::new(&language), language, spoken }
    }

    /// The attribute `dir` of the page.
    pub fn direction(&self) -> &'static str {
        self.spoken.direction()
    }

    /// A phrase.
    pub fn get(&self, key: &str) -> &str {
        let Language { reviews, hosted_reviews, .. } = self.spoken;
        reviews.get(key).or(hosted_reviews.get(key)).unwrap_or_default()
    }

    /// A phrase with one value in its place.
    pub fn fill(&self, key: &str, value: &str) -> String {
        fill(self.get(key), &[value])
    }

    /// What a phrase with one place says before it and after it, for a value that is more than text.
    pub fn around(&self, key: &str) -> (&str, &str) {
        self.get(key).split_once("{}").unwrap_or((self.get(key), ""))
    }

    /// A phrase with a number in its place.
    pub fn count(&self, key: &str, number: impl ToString) -> String {
        self.fill(key, &self.number(number))
    }

    /// A number.
    pub fn number(&self, number: impl ToString) -> String {
        self.locale.number(&number.to_string())
    }

    /// A day.
    pub fn day(&self, time: &Time) -> String {
        self.locale.day(&time.local)
    }

    /// `4 of 5 stars`, for a number of stars or a mean as it is written plainly.
    pub fn stars(&self, stars: impl ToString) -> String {
        fill(self.get("stars"), &[&self.number(stars), &self.number(MOST)])
    }

    /// The mean number of stars.
    pub fn mean(&self, summary: &ReviewSummary) -> String {
        self.number(summary.mean_text())
    }

    /// What a review is called where there is room for a name: its title, else who wrote it.
    pub fn heading<'a>(&'a self, review: &'a ReviewView) -> &'a str {
        if review.title.is_empty() { self.author(review) } else { &review.title }
    }

    /// Who wrote a review.
    pub fn author<'a>(&'a self, review: &'a ReviewView) -> &'a str {
        if review.author.is_empty() { self.get("customer") } else { &review.author }
    }

    /// What things are ordered by.
    pub fn best_how(&self) -> String {
        fill(self.get("best_how"), &[&self.number(GOOD), &self.number(MOST)])
    }

    /// Which reviews are shown, of how many.
    pub fn shown(&self, first: u64, last: u64, matching: u64) -> String {
        let range =
            if first < last { format!("{}–{}", self.number(first), self.number(last)) } else { self.number(first) };
        fill(self.get("shown"), &[&range, &self.number(matching)])
    }

    /// Which page this is, of how many.
    pub fn page(&self, page: u32, pages: u32) -> String {
        fill(self.get("page"), &[&self.number(page), &self.number(pages)])
    }

    /// What an order is called.
    pub fn sort(&self, sort: Sort) -> &str {
        self.get(match sort {
            Sort::Top => "top",
            Sort::Newest => "newest",
            Sort::Highest => "highest",
            Sort::Lowest => "lowest",
            Sort::Helpful => "most_helpful",
        })
    }
}

/// What a language is called in itself; its tag where nobody wrote that down.
pub(crate) fn name_of(tag: &str) -> &str {
    LANGUAGES.iter().find(|language| language.tag == tag).map_or(tag, |language| language.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header;

    fn words(accepted: &str) -> Words {
        Words::of(&HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, accepted.parse().unwrap())]))
    }

    #[test]
    fn every_language_says_everything_that_the_page_does() {
        let page = include_str!("page.html");
        let asked = ["get", "fill", "around", "count"].into_iter().flat_map(|way| {
            let call = format!("words.{way}(\"");
            page.split(&call).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect::<Vec<_>>()
        });
        let english = words("en");
        let mut count = 0;
        for key in asked.chain(["stars", "customer", "best_how", "shown", "page"].map(str::to_owned)) {
            assert!(!english.get(&key).is_empty(), "{key}");
            count += 1;
        }
        assert!(count > 25, "the page is read: {count}");
        for sort in Sort::EACH {
            assert!(!english.sort(sort).is_empty(), "{sort:?}");
        }
    }

    #[test]
    fn a_key_has_one_owner() {
        let twice: Vec<_> =
            ENGLISH.hosted_reviews.0.iter().filter(|(key, _)| ENGLISH.reviews.get(key).is_some()).collect();
        assert_eq!(twice, Vec::<&(&str, &str)>::new());
    }

    #[test]
    fn numbers_stand_in_the_words_of_their_language() {
        let german = words("de-DE,en;q=0.5");
        assert_eq!((german.language.as_str(), german.direction()), ("de-DE", "ltr"));
        assert_eq!(german.stars("3.3"), "3,3 von 5 Sternen");
        assert_eq!(german.shown(11, 12, 1234), "Angezeigt: 11–12 von 1.234");
        assert_eq!(german.shown(1, 1, 1), "Angezeigt: 1 von 1");
        let arabic = words("ar-EG");
        assert_eq!((arabic.direction(), arabic.page(1, 2).as_str()), ("rtl", "الصفحة ١ من ٢"));
        assert_eq!(words("xx").get("reviews"), "Reviews");
        for (accepted, language, direction) in [
            ("fa", "en", "ltr"),
            ("no-NO", "nb-NO", "ltr"),
            ("ar-Latn", "ar", "rtl"),
            ("iw", "he", "rtl"),
            ("en_US", "en-US", "ltr"),
        ] {
            let words = words(accepted);
            assert_eq!((words.language.as_str(), words.direction()), (language, direction), "{accepted}");
        }
        assert_eq!((name_of("de"), name_of("et")), ("Deutsch", "et"));
    }
}
