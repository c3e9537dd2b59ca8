//! Links to a report for people without an account: which report, and which filters of its address they cannot change.

use super::slice::SliceQuery;
use super::{Pairs, query_of, segment, value};
use rapport_report::slice::{Dimension, Range, Slice};
use rapport_shared::survey::Fault;
use rapport_store::share::{NAME_CHARACTERS, SHARES};

/// The reports that can be read under a link, by their paths below the site; `*` is one part of a path.
pub const REPORTS: [&str; 10] = [
    "overview",
    "feedback",
    "feedback/*",
    "experience",
    "experience/page",
    "drivers",
    "delivery",
    "forms",
    "journeys",
    "retention",
];
/// What stands for the days among the filters that are locked.
pub const DAYS: &str = "range";
/// Longest time that a link lasts, in days.
pub const MOST_DAYS: i64 = 366;
/// How long one lasts that says nothing else, in days.
pub const USUAL_DAYS: i64 = 30;
/// Fewest characters of a password. It is tried at most ten times in a row, and then once a minute.
pub const PASSWORD_CHARACTERS: usize = 8;
/// Longest password, in bytes.
pub const PASSWORD_BYTES: usize = 200;
/// Longest path of a report, in bytes.
const PATH_BYTES: usize = 200;
const DAY_MS: i64 = 86_400_000;

/// Whether the report at a path below a site can be read under a link.
pub fn is_shareable(path: &str) -> bool {
    let fits = |pattern: &str| {
        let (parts, wanted): (Vec<_>, Vec<_>) = (path.split('/').collect(), pattern.split('/').collect());
        let is_part = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        parts.len() == wanted.len()
            && parts.iter().zip(wanted).all(|(part, wanted)| is_part(part) && (wanted == "*" || *part == wanted))
    };
    path.len() <= PATH_BYTES && REPORTS.into_iter().any(fits)
}

/// Whether a report is about the page that its address names, which is then always locked.
pub fn is_of_page(path: &str) -> bool {
    path == "experience/page"
}

/// Filters that an address cannot change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locked {
    pairs: Vec<(String, String)>,
}

impl Locked {
    /// Those of `slice` with these names.
    pub fn of(slice: &Slice, names: &[&str]) -> Self {
        let is_wanted = |name: &str| names.contains(&group(name));
        let mut pairs: Vec<_> = slice
            .fields()
            .into_iter()
            .map(|(name, text)| (name.to_owned(), text))
            .filter(|(name, _)| is_wanted(name))
            .collect();
        // The usual days are said by no field.
        if names.contains(&DAYS) && slice.range == Slice::default().range {
            pairs.insert(0, (DAYS.to_owned(), Range::name(slice.range).unwrap_or_default().to_owned()));
        }
        Self { pairs }
    }

    /// Reads them as they are kept.
    pub fn parse(query: &str) -> Self {
        Self { pairs: segment::pairs(query) }
    }

    /// As they are kept.
    pub fn query(&self) -> String {
        let fields: Vec<_> = self.pairs.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
        query_of(&fields)
    }

    /// What is asked for, with these filters in the place of whatever the address says of them.
    pub fn over(&self, asked: &Pairs) -> Vec<(String, String)> {
        let is_free = |name: &str| !self.pairs.iter().any(|(locked, _)| group(locked) == group(name));
        let free = asked.iter().filter(|(name, _)| is_free(name) && name != "back").cloned();
        free.chain(self.pairs.iter().cloned()).collect()
    }

    /// Whether a dimension is locked.
    pub fn holds(&self, dimension: Dimension) -> bool {
        self.pairs.iter().any(|(name, _)| group(name) == group(dimension.name()))
    }

    /// Whether the days are locked.
    pub fn holds_days(&self) -> bool {
        self.pairs.iter().any(|(name, _)| group(name) == DAYS)
    }

    /// Whether something but the days is locked.
    pub fn narrows(&self) -> bool {
        self.pairs.iter().any(|(name, _)| group(name) != DAYS)
    }
}

/// The name under which a field of an address is locked: pages are named in one of several ways, days by several fields.
fn group(name: &str) -> &str {
    match name {
        "from" | "to" => DAYS,
        name if Dimension::EACH.into_iter().any(|dimension| dimension.is_path() && dimension.name() == name) => "page",
        name => name,
    }
}

/// A link that is asked for.
#[derive(Clone, Debug, Default)]
pub struct Draft<'a> {
    /// What people call it.
    pub name: &'a str,
    /// The report: its path below the site.
    pub path: &'a str,
    /// The fields of the report's address.
    pub fields: &'a Pairs,
    /// The filters that are locked, by name; all that narrow when `None`.
    pub locked: Option<Vec<&'a str>>,
    /// How long it lasts, in days; [`USUAL_DAYS`] when `None`.
    pub days: Option<i64>,
    /// The password; empty for none.
    pub password: &'a str,
}

/// What of a [`Draft`] is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What people call it.
    pub name: String,
    /// The fields of the report's address, as a query string.
    pub fields: String,
    /// The filters that are locked.
    pub locked: Locked,
    /// How long it lasts, in milliseconds.
    pub lasts_ms: i64,
}

impl Draft<'_> {
    /// Looks through what was asked for.
    ///
    /// # Errors
    /// Every field at fault, with its limit.
    pub fn check(&self) -> Result<Checked, Vec<Fault>> {
        let mut faults = Vec::new();
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARACTERS || name.chars().any(char::is_control) {
            faults.push(Fault::new("name", format!("must be 1 to {NAME_CHARACTERS} characters in one line")));
        }
        if !is_shareable(self.path) {
            faults.push(Fault::new("path", format!("must be that of a report: {}", REPORTS.join(", "))));
        }
        let slice = Slice::parse(self.fields).unwrap_or_else(|found| {
            faults.extend(found);
            Slice::default()
        });
        if is_of_page(self.path) && !slice.narrowed().any(|(dimension, _)| dimension.is_path()) {
            faults.push(Fault::new("fields", "must name the page that the report is about: page or route"));
        }
        let narrowing: Vec<_> = slice.narrowed().map(|(dimension, _)| group(dimension.name())).collect();
        let mut locked = self.locked.clone().unwrap_or_else(|| narrowing.clone());
        locked = locked.into_iter().map(group).collect();
        for name in locked.iter().filter(|name| **name != DAYS && !narrowing.contains(name)) {
            faults.push(Fault::new(
                "locked",
                format!("names {name}, which is none of the filters that the report has now"),
            ));
        }
        if is_of_page(self.path) {
            locked.push("page");
        }
        let days = self.days.unwrap_or(USUAL_DAYS);
        if !(1..=MOST_DAYS).contains(&days) {
            faults.push(Fault::new("days", format!("must be 1 to {MOST_DAYS}")));
        }
        let (characters, bytes) = (self.password.chars().count(), self.password.len());
        if !self.password.is_empty() && (characters < PASSWORD_CHARACTERS || bytes > PASSWORD_BYTES) {
            let reason =
                format!("must have at least {PASSWORD_CHARACTERS} characters and at most {PASSWORD_BYTES} bytes");
            faults.push(Fault::new("password", reason));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Checked {
            name: name.to_owned(),
            fields: query_of(&slice.fields()),
            locked: Locked::of(&slice, &locked),
            lasts_ms: days * DAY_MS,
        })
    }
}

/// The field `name` of an address as a number of days.
///
/// # Errors
/// The field, when it is no number.
pub fn days(pairs: &Pairs, name: &str) -> Result<Option<i64>, Fault> {
    let Some(text) = value(pairs, name) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| Fault::new(name, format!("must be 1 to {MOST_DAYS}")))
}

/// That a site has as many as it may.
pub fn too_many() -> Fault {
    Fault::new("name", format!("is one too many: a site has at most {SHARES} links that are open; revoke some"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked(query: &str, names: &[&str]) -> Locked {
        Locked::of(&Slice::parse(&segment::pairs(query)).expect("a slice"), names)
    }

    #[test]
    fn a_locked_filter_is_neither_changed_nor_removed_by_the_address_and_others_are() {
        for (query, names, asked, seen) in [
            ("range=7d&device=mobile&source=news", &["device"][..], "device=desktop", "?device=mobile"),
            ("device=mobile", &["device"], "", "?device=mobile"),
            ("device=mobile", &["device"], "device=", "?device=mobile"),
            ("device=mobile", &["device"], "device=all&device=tablet&source=x", "?device=mobile&source=x"),
            ("page_group=/shop", &["page"], "page=/shop/mugs", "?page_group=%2Fshop"),
            ("page_group=/shop", &["page"], "route=/a/:id&range=7d", "?range=7d&page_group=%2Fshop"),
            ("page_glob=/shop/*", &["page"], "page_group=/&compare=none", "?compare=none&page_glob=%2Fshop%2F%2A"),
            ("", &["range"], "range=90d", ""),
            ("", &["range"], "from=2026-01-01&to=2026-01-31", ""),
            ("range=7d", &["range"], "range=custom&from=2026-01-01&to=2026-01-31", "?range=7d"),
            (
                "from=2026-01-01&to=2026-01-31",
                &["range"],
                "range=7d&to=2026-02-28",
                "?range=custom&from=2026-01-01&to=2026-01-31",
            ),
            ("release=1.0", &["release"], "release=2.0&back=responses%2Fx", "?release=1.0"),
            ("device=mobile", &[], "", ""),
        ] {
            let locked = locked(query, names);
            assert_eq!(Locked::parse(&locked.query()), locked, "{query}");
            let over = locked.over(&segment::pairs(asked));
            let slice = Slice::parse(&over).unwrap_or_else(|faults| panic!("{query} {asked}: {faults:?}"));
            assert_eq!(slice.suffix(), seen, "{query}, {names:?} locked, asked for {asked}");
            assert!(!over.iter().any(|(name, _)| name == "back"));
        }
        let page = locked("route=/orders/:id&range=7d", &["page"]);
        assert!(page.holds(Dimension::Page) && page.holds(Dimension::PageGlob) && !page.holds(Dimension::Device));
        assert!(page.narrows() && !page.holds_days() && locked("", &["range"]).holds_days());
        assert!(!locked("", &["range"]).narrows());
    }

    #[test]
    fn only_reports_can_be_shared() {
        for path in ["overview", "feedback/nps", "experience/page", "drivers"] {
            assert!(is_shareable(path), "{path}");
        }
        for path in [
            "",
            "audit",
            "responses/x",
            "experience/cause",
            "feedback/",
            "feedback/..",
            "feedback/a/b",
            "overview?x",
            "../overview",
        ] {
            assert!(!is_shareable(path), "{path}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_link_is_named_with_its_limit() {
        let fields = segment::pairs("range=7d&device=mobile&source=news");
        let good = Draft { name: " Agency ", path: "overview", fields: &fields, ..Draft::default() };
        let checked = good.check().expect("fine");
        assert_eq!((checked.name.as_str(), checked.lasts_ms), ("Agency", 30 * DAY_MS));
        assert_eq!(
            (checked.fields.as_str(), checked.locked.query().as_str()),
            ("range=7d&device=mobile&source=news", "device=mobile&source=news")
        );
        let of_page = segment::pairs("page=/cart&device=mobile");
        let page = Draft { path: "experience/page", fields: &of_page, locked: Some(vec![]), ..good.clone() };
        assert_eq!(page.check().expect("fine").locked.query(), "page=%2Fcart", "its page is always locked");
        let (long, faulty) = ("x".repeat(201), segment::pairs("device=fridge"));
        for (draft, field) in [
            (Draft { name: "", ..good.clone() }, "name"),
            (Draft { path: "responses/7", ..good.clone() }, "path"),
            (Draft { fields: &faulty, ..good.clone() }, "device"),
            (Draft { path: "experience/page", ..good.clone() }, "fields"),
            (Draft { locked: Some(vec!["language"]), ..good.clone() }, "locked"),
            (Draft { days: Some(0), ..good.clone() }, "days"),
            (Draft { days: Some(367), ..good.clone() }, "days"),
            (Draft { password: "short", ..good.clone() }, "password"),
            (Draft { password: &long, ..good.clone() }, "password"),
        ] {
            assert_eq!(draft.check().expect_err(field)[0].field, field);
        }
    }
}
