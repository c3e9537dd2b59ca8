//! Question pools: surveys that are ready to be used as they are, or to be changed first, in every language of the
//! interface.
//!
//! `shared/words` has their translations by the English texts: a text that is changed has none until somebody looks at it
//! again.

use rapport_shared::survey::Survey;
use rapport_words::{LANGUAGES, Language};

/// Every pool: its name and its definition in English.
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
pub fn text(name: &str) -> Option<String> {
    let text = POOLS.iter().find(|(known, _)| *known == name).map(|(_, text)| text.trim_end())?;
    let translations = serde_json::to_string_pretty(&survey(name)?.translations).ok()?.replace('\n', "\n  ");
    let fields = text.strip_suffix('}')?.trim_end();
    Some(format!("{fields},\n  \"translations\": {translations}\n}}\n"))
}

/// The survey of a pool.
pub fn survey(name: &str) -> Option<Survey> {
    let (_, text) = POOLS.iter().find(|(known, _)| *known == name)?;
    // A test reads every one.
    Some(translated(serde_json::from_str(text).ok()?))
}

/// An English survey of ours with its translations.
pub(crate) fn translated(mut survey: Survey) -> Survey {
    let texts = survey.texts();
    for language in translations() {
        let known = texts.iter().filter_map(|(path, text)| Some((path.clone(), language.pools.get(text)?.to_owned())));
        survey.translations.insert(language.tag.to_owned(), known.collect());
    }
    survey
}

/// Every language but that of the surveys themselves.
fn translations() -> impl Iterator<Item = &'static Language> {
    LANGUAGES.iter().filter(|language| language.tag != "en")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition;
    use crate::new_site::first_survey;
    use std::collections::BTreeSet;

    #[test]
    fn every_pool_can_be_used_as_it_is() {
        for name in names() {
            let survey = definition::survey(&text(name).expect("its text"))
                .unwrap_or_else(|faults| panic!("{name}: {faults:?}"));
            assert_eq!(survey.id, name);
            assert_eq!(Some(survey), super::survey(name), "{name}");
        }
        assert_eq!(text("none"), None);
    }

    #[test]
    fn the_popovers_of_the_pool_never_appeared() {
        for survey in names().filter_map(survey) {
            let waits = survey.trigger == rapport_shared::targeting::Trigger::Manual;
            assert_eq!(waits, !survey.placement.has_trigger(), "{}", survey.id);
        }
    }

    #[test]
    fn our_surveys_spoke_english_only() {
        let surveys: Vec<Survey> = names().filter_map(survey).chain([first_survey()]).collect();
        assert_eq!(surveys.len(), POOLS.len() + 1);
        let texts: BTreeSet<String> =
            surveys.iter().flat_map(Survey::texts).map(|(_, text)| text).filter(|text| !text.is_empty()).collect();
        for Language { tag, pools, .. } in translations() {
            let translated: BTreeSet<String> = pools.0.iter().map(|(text, _)| (*text).to_owned()).collect();
            let missing: Vec<_> = texts.difference(&translated).collect();
            let stale: Vec<_> = translated.difference(&texts).collect();
            assert!(
                missing.is_empty() && stale.is_empty(),
                "{tag}: without a translation {missing:?}, stale {stale:?}"
            );
            let bad = pools.0.iter().find(|(_, text)| text.trim() != *text || text.is_empty() || text.contains("{{"));
            assert_eq!(bad, None, "{tag}");
        }
        for survey in surveys {
            assert_eq!(survey.faults(), [], "{}", survey.id);
            let german = survey.clone().in_language("de-AT");
            assert_ne!(german.questions[0].text, survey.questions[0].text, "{}", survey.id);
        }
    }
}
