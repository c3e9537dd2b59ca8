//! A language says everything that English says, and nothing else.

use super::*;
use rapport_shared::survey::is_language;
use std::collections::BTreeSet;

/// A section's name and its texts.
fn sections(language: &Language) -> [(&'static str, Texts); 6] {
    [
        ("panel", language.panel),
        ("own_data", language.own_data),
        ("reviews", language.reviews),
        ("hosted_reviews", language.hosted_reviews),
        ("hosted_form", language.hosted_form),
        ("conversation", language.conversation),
    ]
}

fn keys(texts: Texts) -> BTreeSet<&'static str> {
    texts.0.iter().map(|(key, _)| *key).collect()
}

/// What is wrong with a language beside English.
fn faults(language: &Language) -> Vec<String> {
    let mut faults = Vec::new();
    for ((section, texts), (_, english)) in sections(language).into_iter().zip(sections(ENGLISH)) {
        let (said, wanted) = (keys(texts), keys(english));
        faults.extend(wanted.difference(&said).map(|key| format!("{section} lacks {key}")));
        faults.extend(said.difference(&wanted).map(|key| format!("{section}: nobody says {key}")));
        for (key, text) in texts.0 {
            let places = |text: &str| (text.matches("{}").count(), text.matches(['{', '}']).count());
            let wanted = english.get(key).unwrap_or(text);
            if places(text) != places(wanted) || text.trim() != *text || text.is_empty() {
                faults.push(format!("{section}.{key} is not as {wanted:?}: {text:?}"));
            }
        }
    }
    let translated = keys(LANGUAGES.iter().find(|known| known.tag != "en").expect("there are others").pools);
    let said = keys(language.pools);
    faults.extend(translated.difference(&said).map(|text| format!("pools lacks {text:?}")));
    faults.extend(said.difference(&translated).map(|text| format!("pools: nobody asks {text:?}")));
    faults
}

#[test]
fn a_language_is_complete() {
    assert!(LANGUAGES.len() >= 24);
    for language in LANGUAGES {
        assert!(is_language(language.tag), "{} is no tag of a language", language.tag);
        assert!(!language.name.is_empty(), "{}", language.tag);
        if language.tag != ENGLISH.tag {
            assert_eq!(faults(language), Vec::<String>::new(), "shared/words/{}.json", language.tag);
        }
    }
    assert_eq!(ENGLISH.pools.0.len(), 0, "English needs no translations of itself");
}

/// Texts by their keys.
type Said = Vec<(&'static str, &'static str)>;

#[test]
fn what_a_language_lacks_has_too_many_or_has_with_other_places_is_a_fault() {
    let known = LANGUAGES.iter().find(|language| language.tag == "de").expect("German");
    let of = |panel| Language { tag: "xx", name: "Xx", panel: Texts(panel), ..*known };
    let german = |key: &str| known.panel.get(key).expect("it is complete");
    let with = |change: &dyn Fn(&mut Said)| {
        let mut panel = known.panel.0.to_vec();
        change(&mut panel);
        faults(&of(panel.leak())).join("; ")
    };
    assert_eq!(with(&|_| ()), "");
    assert_eq!(with(&|panel| panel.retain(|(key, _)| *key != "close")), "panel lacks close");
    assert_eq!(with(&|panel| panel.push(("shut", "Zu"))), "panel: nobody says shut");
    for text in ["Frage {}", "Frage {} von { }", "Frage {} von {} {}", "", " Frage {} von {}"] {
        let said = with(&|panel| panel.iter_mut().filter(|(key, _)| *key == "step").for_each(|(_, said)| *said = text));
        assert!(said.starts_with("panel.step is not as"), "{text}: {said}");
    }
    assert_eq!(german("step"), "Frage {} von {}");
}

#[test]
fn the_nearest_language_speaks_else_english() {
    for (wanted, tag, direction) in [
        ("no", "nb", "ltr"),
        ("nn-NO", "nb", "ltr"),
        ("iw", "he", "rtl"),
        ("mo", "ro", "ltr"),
        ("zh-TW", "zh", "ltr"),
        ("ar-EG", "ar", "rtl"),
        ("fa", "en", "ltr"),
        ("<script>", "en", "ltr"),
        ("", "en", "ltr"),
    ] {
        let language = Language::spoken(wanted);
        assert_eq!((language.tag, language.direction()), (tag, direction), "{wanted}");
    }
}
