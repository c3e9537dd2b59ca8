//! Which texts an address asks for.

use super::{Pairs, value};
use rapport_figures::standing::Standing;
use rapport_report::word::SEARCH_CHARACTERS;
use rapport_report::word::list::Asked;
use rapport_shared::survey::Fault;
use rapport_store::word::Source;

/// Reads `search`, `survey`, `kind`, `score`, `theme` and `after`.
///
/// # Errors
/// The field at fault, with what it may be.
pub fn asked(pairs: &Pairs) -> Result<Asked, Fault> {
    let text = |name: &'static str, most: usize| {
        let text = value(pairs, name).unwrap_or_default();
        match text.chars().count() > most {
            true => Err(Fault::new(name, format!("must be at most {most} characters"))),
            false => Ok(text.to_owned()),
        }
    };
    let named = |name: &str| value(pairs, name).filter(|text| !text.is_empty());
    let source = named("kind")
        .map(|name| Source::parse(name).ok_or_else(|| Fault::new("kind", "must be answer, ticket or interaction")));
    let standing = named("score")
        .map(|name| Standing::parse(name).ok_or_else(|| Fault::new("score", "must be low, middle or high")));
    let after =
        named("after").map(|text| text.parse().map_err(|_| Fault::new("after", "must be the `next` of a page before")));
    Ok(Asked {
        search: text("search", SEARCH_CHARACTERS)?,
        survey: text("survey", rapport_shared::limit::KEY_CHARACTERS)?,
        source: source.transpose()?,
        standing: standing.transpose()?,
        theme: text("theme", rapport_store::word::choice::KEY_CHARACTERS)?,
        after: after.transpose()?,
    })
}

/// The fields of an address that ask for these texts, but for their place.
pub fn fields_of(asked: &Asked) -> Vec<(&'static str, String)> {
    let fields = [
        ("search", asked.search.as_str()),
        ("survey", &asked.survey),
        ("kind", asked.source.map_or("", Source::as_str)),
        ("score", asked.standing.map_or("", Standing::as_str)),
        ("theme", &asked.theme),
    ];
    fields.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_read_as_it_is_written_and_each_fault_is_named() {
        let pairs = |query: &str| form_urlencoded::parse(query.as_bytes()).into_owned().collect::<Vec<_>>();
        let query = "search=slow&survey=nps&kind=answer&score=low&theme=slow+page";
        assert_eq!(super::super::query_of(&fields_of(&asked(&pairs(query)).expect(query))), query.replace('+', "%20"));
        let long = format!("search={}", "x".repeat(201));
        for (query, field) in [("kind=mail", "kind"), ("score=9", "score"), ("after=x", "after"), (&long, "search")] {
            assert_eq!(asked(&pairs(query)).expect_err(query).field, field);
        }
    }
}
