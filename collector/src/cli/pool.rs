//! Question pools: surveys that are ready to be used as they are, or to be changed first.

use rapport_shared::survey::Survey;

/// Every pool: its name and its definition.
const POOLS: [(&str, &str); 13] = [
    ("nps", include_str!("../../pool/nps.json")),
    ("csat", include_str!("../../pool/csat.json")),
    ("ces", include_str!("../../pool/ces.json")),
    ("post-purchase", include_str!("../../pool/post-purchase.json")),
    ("price-availability", include_str!("../../pool/price-availability.json")),
    ("service-level", include_str!("../../pool/service-level.json")),
    ("expertise", include_str!("../../pool/expertise.json")),
    ("values", include_str!("../../pool/values.json")),
    ("after-support", include_str!("../../pool/after-support.json")),
    ("exit-intent", include_str!("../../pool/exit-intent.json")),
    ("docs-page", include_str!("../../pool/docs-page.json")),
    ("feature-idea", include_str!("../../pool/feature-idea.json")),
    ("beta-feedback", include_str!("../../pool/beta-feedback.json")),
];

/// The names of all pools.
pub fn names() -> impl Iterator<Item = &'static str> {
    POOLS.iter().map(|(name, _)| *name)
}

/// The definition of a pool as text, to be changed and applied; `None` when there is none of this name.
pub fn text(name: &str) -> Option<&'static str> {
    POOLS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The survey of a pool.
pub fn survey(name: &str) -> Option<Survey> {
    // A test reads every one.
    serde_json::from_str(text(name)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pool_can_be_used_as_it_is() {
        for name in names() {
            let survey: Survey =
                serde_json::from_str(text(name).expect("its text")).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(survey.id, name);
            assert_eq!(survey.faults(), [], "{name}");
        }
        assert_eq!(text("none"), None);
    }
}
