//! A slice in a query string: the whole state of a page is its URL.

use super::{Pairs, suffix_of, value};
use jiff::civil::Date;
use rapport_report::slice::{Dimension, RANGE_DAYS, Range, Slice};
use rapport_shared::survey::Fault;

/// How a [`Slice`] is read from a query string, and written into one.
pub trait SliceQuery: Sized {
    /// Reads a query string; names it does not know are left to others.
    ///
    /// # Errors
    /// Every field at fault, with what it may be.
    fn parse(pairs: &Pairs) -> Result<Self, Vec<Fault>>;

    /// The fields of the URL that give this slice; none for the default one.
    fn fields(&self) -> Vec<(&'static str, String)>;

    /// The query string that gives this slice, with its `?`; nothing for the default one.
    fn suffix(&self) -> String {
        suffix_of(&self.fields())
    }
}

impl SliceQuery for Slice {
    fn parse(pairs: &Pairs) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut slice = Slice::default();
        let mut day = |name: &str| {
            let text = value(pairs, name)?;
            let day = text.parse::<Date>().ok().filter(|day| (2000..=2200).contains(&day.year()));
            if day.is_none() {
                faults.push(Fault::new(name, "must be a day such as 2026-03-31"));
            }
            day
        };
        let (from, to) = (day("from"), day("to"));
        match value(pairs, "range") {
            None if from.is_none() && to.is_none() => {}
            None | Some("custom") => match (from, to) {
                (Some(from), Some(to)) if from > to => faults.push(Fault::new("from", "must not be after `to`")),
                (Some(from), Some(to)) => match from.until(to) {
                    Ok(span) if span.get_days() < RANGE_DAYS => slice.range = Range::Custom(from, to),
                    _ => faults.push(Fault::new("to", "must be within 366 days of `from`")),
                },
                (None, _) => faults.push(Fault::new("from", "must be a day when range is custom")),
                (_, None) => faults.push(Fault::new("to", "must be a day when range is custom")),
            },
            Some(name) => match Range::NAMED.into_iter().find(|range| range.name() == Some(name)) {
                Some(range) => slice.range = range,
                None => {
                    let names: Vec<_> = Range::NAMED.into_iter().filter_map(Range::name).collect();
                    faults.push(Fault::new("range", format!("must be {} or custom", names.join(", "))));
                }
            },
        }
        match value(pairs, "compare") {
            None | Some("previous") => {}
            Some("none") => slice.compare = false,
            Some(_) => faults.push(Fault::new("compare", "must be previous or none")),
        }
        for dimension in Dimension::EACH {
            if let Some(text) = value(pairs, dimension.name()) {
                faults.extend(slice.set(dimension, text).err());
            }
        }
        // The same field can be found wanting twice: as a day, and as a part of the range.
        faults.dedup_by(|later, earlier| later.field == earlier.field);
        if faults.is_empty() { Ok(slice) } else { Err(faults) }
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = Vec::new();
        match self.range {
            Range::Last(30) => {}
            Range::Custom(from, to) => {
                fields.extend([("range", "custom".to_owned()), ("from", from.to_string()), ("to", to.to_string())])
            }
            named => fields.extend(named.name().map(|name| ("range", name.to_owned()))),
        }
        if !self.compare {
            fields.push(("compare", "none".to_owned()));
        }
        fields.extend(self.narrowed().map(|(dimension, value)| (dimension.name(), value.to_owned())));
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(query: &[(&str, &str)]) -> Vec<(String, String)> {
        query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_url_is_the_whole_state() {
        for (query, canonical) in [
            (&[][..], ""),
            (&[("range", "30d"), ("device", "all"), ("compare", "previous"), ("page", "")][..], ""),
            (&[("range", "7d"), ("device", "mobile")][..], "range=7d&device=mobile"),
            (
                &[("from", "2026-01-01"), ("to", "2026-01-31"), ("compare", "none")][..],
                "range=custom&from=2026-01-01&to=2026-01-31&compare=none",
            ),
            (&[("page", "/a b/ü?&=<x>")][..], "page=%2Fa%2520b%2F%25C3%25BC"),
            (&[("utm", "x")][..], ""),
            (
                &[
                    ("release", "1.0 beta"),
                    ("source", "search.example"),
                    ("language", "PT-br"),
                    ("page_group", "/shop"),
                ][..],
                "page_group=%2Fshop&language=pt-br&source=search.example&release=1.0%20beta",
            ),
            (&[("range", "today"), ("page_glob", "/shop/*")][..], "range=today&page_glob=%2Fshop%2F%2A"),
            (&[("range", "last-month"), ("route", "/orders/:id")][..], "range=last-month&route=%2Forders%2F%3Aid"),
            (&[("country", "de"), ("language", "de")][..], "language=de&country=DE"),
            (
                &[("customer", "no"), ("visitor", "returning"), ("browser", "Safari"), ("campaign", "spring")][..],
                "campaign=spring&browser=safari&visitor=returning&customer=no",
            ),
        ] {
            assert_eq!(Slice::parse(&pairs(query)).expect("fine").suffix().trim_start_matches('?'), canonical);
        }
    }

    #[test]
    fn each_fault_names_its_field() {
        for (query, fields) in [
            (&[("range", "1y")][..], &["range"][..]),
            (&[("range", "custom")][..], &["from"][..]),
            (&[("range", "custom"), ("from", "2026-01-01")][..], &["to"][..]),
            (&[("from", "yesterday"), ("to", "2026-01-01")][..], &["from"][..]),
            (&[("from", "2026-02-01"), ("to", "2026-01-01")][..], &["from"][..]),
            (&[("from", "2024-01-01"), ("to", "2026-01-01")][..], &["to"][..]),
            (&[("device", "fridge"), ("compare", "maybe")][..], &["compare", "device"][..]),
            (&[("page", "x".repeat(513).as_str())][..], &["page"][..]),
            (&[("page", "/a"), ("page_group", "/b")][..], &["page_group"][..]),
            (&[("page_group", "shop"), ("language", "<b>")][..], &["page_group", "language"][..]),
            (
                &[("source", "x".repeat(513).as_str()), ("release", "x".repeat(121).as_str())][..],
                &["source", "release"][..],
            ),
        ] {
            let faults = Slice::parse(&pairs(query)).expect_err("at fault");
            assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), fields, "{query:?}");
        }
    }
}
