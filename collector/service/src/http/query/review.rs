//! Which reviews a query string asks for.

use super::{Pairs, value};
use rapport_report::reviews::{LAST_PAGE, MOST_PER_PAGE, PER_PAGE, ReviewQuery};
use rapport_shared::survey::Fault;
use rapport_store::review::Sort;
use rapport_store::review::rule::{self, Moderation, THING_CHARACTERS};

/// How a [`ReviewQuery`] is read from a query string, and written into one.
pub trait ReviewFields: Sized {
    /// Reads the fields `thing`, `stars`, `language`, `verified`, `sort`, `page` and `per_page`; a list without `sort` has
    /// the order `usual`.
    ///
    /// # Errors
    /// Every field at fault, with what it may be.
    fn parse(pairs: &Pairs, usual: Sort) -> Result<Self, Vec<Fault>>;

    /// The fields of the URL that give this query where `usual` is the order of a list that names none.
    fn fields(&self, usual: Sort) -> Vec<(&'static str, String)>;
}

impl ReviewFields for ReviewQuery {
    fn parse(pairs: &Pairs, usual: Sort) -> Result<Self, Vec<Fault>> {
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
        faults.extend(rule::too_long("thing", thing, THING_CHARACTERS));
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

    fn fields(&self, usual: Sort) -> Vec<(&'static str, String)> {
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
}
