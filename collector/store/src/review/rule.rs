//! Reviews of things: what one may say, how things are ranked by them, and when search engines may be told.

use crate::text::line_breaks;
use rapport_figures::score::wilson;
use rapport_shared::limit;
use rapport_shared::survey::{Fault, LINE_CHARACTERS};

/// Fewest and most stars.
pub const STARS: core::ops::RangeInclusive<u8> = 1..=5;
/// A review with at least so many stars counts as positive in the ranking.
pub const POSITIVE_STARS: u8 = 4;
/// Longest title, in characters.
pub const TITLE_CHARACTERS: usize = LINE_CHARACTERS;
/// Longest text, in characters.
pub const TEXT_CHARACTERS: usize = limit::ANSWER_CHARACTERS;
/// Id of the question whose answer is the author's name.
pub const AUTHOR: &str = "author";
/// Longest name of an author, in characters.
pub const AUTHOR_CHARACTERS: usize = 80;
/// Longest key of a thing, in characters.
pub const THING_CHARACTERS: usize = 200;
/// Longest name of a thing, in characters.
pub const THING_NAME_CHARACTERS: usize = 200;
/// Longest address of a thing, in characters.
pub const THING_URL_CHARACTERS: usize = 1_000;
/// Longest id of an order, in characters.
pub const ORDER_CHARACTERS: usize = 120;
/// Longest reply of the company, in characters.
pub const REPLY_CHARACTERS: usize = 5_000;

/// Where a review stands: only published ones are shown to the public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Moderation {
    /// Nobody looked at it yet.
    Pending,
    /// Shown to the public.
    Published,
    /// Kept, but not shown.
    Rejected,
}

impl Moderation {
    /// Every state.
    pub const EACH: [Self; 3] = [Self::Pending, Self::Published, Self::Rejected];

    /// The name in URLs and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Published => "published",
            Self::Rejected => "rejected",
        }
    }

    /// The state of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|state| state.as_str() == text)
    }
}

/// What somebody says of a thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft<'a> {
    /// Key of the thing (a product number, a slug).
    pub thing: &'a str,
    /// 1 to 5.
    pub stars: u8,
    /// Title, or empty.
    pub title: &'a str,
    /// The words, or empty.
    pub text: &'a str,
    /// How the author wants to be called; empty for nobody in particular.
    pub author: &'a str,
    /// The order that the thing was bought with, or empty.
    pub order: &'a str,
}

impl Draft<'_> {
    /// Everything that is wrong with it, by field.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.thing.trim().is_empty() {
            faults.push(Fault::new("thing", "must name the thing reviewed"));
        }
        if !STARS.contains(&self.stars) {
            faults.push(Fault::new("stars", "must be 1 to 5"));
        }
        for (field, text, most) in [
            ("thing", self.thing, THING_CHARACTERS),
            ("title", self.title, TITLE_CHARACTERS),
            ("text", self.text, TEXT_CHARACTERS),
            ("author", self.author, AUTHOR_CHARACTERS),
            ("order", self.order, ORDER_CHARACTERS),
        ] {
            faults.extend(too_long(field, text, most));
        }
        faults
    }
}

/// The fault of a text of more than `most` characters.
pub fn too_long(field: &str, text: &str, most: usize) -> Option<Fault> {
    let length = line_breaks(text).chars().count();
    (length > most).then(|| Fault::new(field, format!("must be at most {most} characters, has {length}")))
}

/// What keeps an order and a thing from being signed, by field: a line feed within either would let the one signature vouch
/// for another order or another thing.
pub fn purchase_faults(order: &str, thing: &str) -> Vec<Fault> {
    [("order", order), ("thing", thing)]
        .into_iter()
        .filter(|(_, text)| text.chars().any(char::is_control))
        .map(|(field, _)| Fault::new(field, "must have no control characters such as line feeds: it is signed"))
        .collect()
}

/// What an integrator signs to prove a purchase (HMAC-SHA-256 with the site's order secret, in hexadecimal): the order
/// and the thing, so that one order cannot vouch for something else. Neither has [`purchase_faults`].
pub fn purchase_message(order: &str, thing: &str) -> String {
    format!("{order}\n{thing}")
}

/// How often each number of stars was given, from 1 star up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Distribution(pub [u64; 5]);

impl Distribution {
    /// Counts `reviews` with so many stars; other numbers of stars are not counted.
    pub fn add(&mut self, stars: u8, reviews: u64) {
        if STARS.contains(&stars) {
            self.0[usize::from(stars) - 1] += reviews;
        }
    }

    /// How many reviews.
    pub fn n(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The mean number of stars; `None` for no reviews.
    pub fn mean(&self) -> Option<f64> {
        let stars: u64 = (1..).zip(self.0).map(|(stars, reviews)| stars * reviews).sum();
        (self.n() > 0).then(|| stars as f64 / self.n() as f64)
    }

    /// How many are positive.
    pub fn positive(&self) -> u64 {
        self.0[usize::from(POSITIVE_STARS) - 1..].iter().sum()
    }

    /// What things are ranked by, in percent: the lower bound of the 95 % Wilson interval of the positive share, so that
    /// two good reviews do not outrank two hundred. 0 for no reviews.
    ///
    /// Source: E. B. Wilson, JASA 22 (1927); its use for rankings: E. Miller, "How Not To Sort By Average Rating" (2009).
    pub fn rank(&self) -> f64 {
        wilson(self.positive(), self.n()).map_or(0.0, |score| score.low)
    }
}

/// What the reviews of one thing are ranked by, in millionths: the lower bound of the 95 % Wilson interval of the share of
/// voters who found a review helpful. 0 for one that nobody voted for.
pub fn helpfulness_e6(helpful: u64, unhelpful: u64) -> i64 {
    wilson(helpful, helpful + unhelpful).map_or(0, |score| (score.low * 10_000.0).round() as i64)
}

/// Types of schema.org whose reviews Google may show with stars ("Review snippet", supported types). `LocalBusiness` and
/// `Organization` are left out: on the own site such markup is self-serving and breaks Google's rules.
pub const MARKED_TYPES: [&str; 15] = [
    "Book",
    "Course",
    "CreativeWorkSeason",
    "CreativeWorkSeries",
    "Episode",
    "Event",
    "Game",
    "HowTo",
    "MediaObject",
    "Movie",
    "MusicPlaylist",
    "MusicRecording",
    "Product",
    "Recipe",
    "SoftwareApplication",
];

/// Whether structured data may tell of the reviews of a thing: its type is one that Google shows, it has a name, and there
/// is at least one review.
pub fn may_be_marked(thing_type: &str, name: &str, reviews: u64) -> bool {
    MARKED_TYPES.contains(&thing_type) && !name.trim().is_empty() && reviews > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_break_of_two_characters_counted_twice() {
        assert_eq!(too_long("text", "a\r\nb", 3), None);
        assert!(too_long("text", "a\r\nbc", 3).is_some_and(|fault| fault.reason.ends_with("has 4")));
    }

    #[test]
    fn every_fault_names_its_field_and_limit() {
        let good = Draft { thing: "mug", stars: 5, ..Draft::default() };
        assert_eq!(good.faults(), []);
        let long = "é".repeat(10_001);
        for (draft, field, reason) in [
            (Draft { thing: " ", ..good.clone() }, "thing", "must name the thing reviewed"),
            (Draft { stars: 0, ..good.clone() }, "stars", "must be 1 to 5"),
            (Draft { stars: 6, ..good.clone() }, "stars", "must be 1 to 5"),
            (Draft { thing: &long, ..good.clone() }, "thing", "must be at most 200 characters, has 10001"),
            (Draft { title: &long, ..good.clone() }, "title", "must be at most 200 characters, has 10001"),
            (Draft { text: &long, ..good.clone() }, "text", "must be at most 10000 characters, has 10001"),
            (Draft { author: &long, ..good.clone() }, "author", "must be at most 80 characters, has 10001"),
            (Draft { order: &long, ..good.clone() }, "order", "must be at most 120 characters, has 10001"),
        ] {
            assert_eq!(draft.faults(), [Fault::new(field, reason)]);
        }
    }

    #[test]
    fn many_good_reviews_outrank_a_few_perfect_ones() {
        let of = |stars: [u64; 5]| Distribution(stars);
        let (few, many, none) = (of([0, 0, 0, 0, 2]), of([5, 2, 3, 40, 150]), Distribution::default());
        assert_eq!((few.mean(), none.mean()), (Some(5.0), None));
        assert!(few.mean() > many.mean() && few.rank() < many.rank());
        // Wilson's lower bound of 2 in 2, and of 190 in 200 (statsmodels proportion_confint, method="wilson").
        assert!((few.rank() - 34.2380).abs() < 1e-3 && (many.rank() - 91.0422).abs() < 1e-3, "{}", many.rank());
        assert_eq!(none.rank(), 0.0);
    }

    #[test]
    fn a_review_that_many_found_helpful_stands_before_one_that_few_did() {
        // Wilson's lower bounds of 40 in 50, 2 in 2 and 1 in 5 (statsmodels proportion_confint, method="wilson").
        assert_eq!([helpfulness_e6(40, 10), helpfulness_e6(2, 0), helpfulness_e6(1, 4)], [669_629, 342_380, 36_224]);
        assert_eq!([helpfulness_e6(0, 0), helpfulness_e6(0, 9)], [0, 0]);
    }

    #[test]
    fn a_company_does_not_mark_up_reviews_of_itself() {
        for (thing_type, name, reviews, marked) in [
            ("Product", "Harbour mug", 1, true),
            ("SoftwareApplication", "Rapport", 3, true),
            ("Product", " ", 1, false),
            ("Product", "Harbour mug", 0, false),
            ("LocalBusiness", "Pottery", 9, false),
            ("Organization", "Pottery", 9, false),
            ("Restaurant", "Pottery", 9, false),
            ("", "Harbour mug", 9, false),
        ] {
            assert_eq!(may_be_marked(thing_type, name, reviews), marked, "{thing_type} {name} {reviews}");
        }
    }

    proptest! {
        #[test]
        fn the_mean_is_among_the_stars_and_another_good_review_never_lowers_the_rank(stars in prop::array::uniform5(0_u64..10_000)) {
            let distribution = Distribution(stars);
            if let Some(mean) = distribution.mean() {
                prop_assert!((1.0..=5.0).contains(&mean));
            }
            let mut better = distribution;
            better.add(5, 1);
            prop_assert!(better.rank() >= distribution.rank() - 1e-9);
            let mut worse = distribution;
            worse.add(1, 1);
            prop_assert!(worse.rank() <= distribution.rank() + 1e-9);
        }
    }
}
