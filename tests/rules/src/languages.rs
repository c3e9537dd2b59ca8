//! Every language says everything.

use crate::source::{File, hold, repository};
use std::collections::{BTreeMap, BTreeSet};

type Keys = BTreeMap<String, BTreeSet<String>>;

/// Folders with a file a language, and files with an object a language. English stands in the sources of some.
const FOLDERS: [&str; 4] =
    ["widget/survey/words/", "widget/own_data/words/", "widget/reviews/words/", "collector/service/pool/words/"];
const FILES: [&str; 2] =
    ["collector/service/src/public/hosted_form/words.json", "collector/service/src/public/hosted_reviews/words.json"];

fn keys(value: &serde_json::Value) -> BTreeSet<String> {
    value.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect()
}

/// The keys of every language, by place.
fn places(files: &[File]) -> BTreeMap<String, Keys> {
    let mut places: BTreeMap<String, Keys> = BTreeMap::new();
    for file in files.iter().filter(|file| file.is(".json")) {
        let Ok(value) = serde_json::from_str::<serde_json::Value>(&file.text) else { continue };
        if let Some(folder) = FOLDERS.iter().find(|folder| file.path.starts_with(**folder)) {
            let tag = file.path[folder.len()..].trim_end_matches(".json").to_owned();
            places.entry((*folder).to_owned()).or_default().insert(tag, keys(&value));
        } else if FILES.contains(&file.path.as_str()) {
            let of_tag = value.as_object().into_iter().flatten().map(|(tag, words)| (tag.clone(), keys(words)));
            places.insert(file.path.clone(), of_tag.collect());
        }
    }
    places
}

fn incomplete(files: &[File]) -> Vec<String> {
    let places = places(files);
    let without_english = |keys: &Keys| keys.keys().filter(|tag| *tag != "en").cloned().collect::<BTreeSet<_>>();
    let every: BTreeSet<String> = places.values().flat_map(without_english).collect();
    let mut found = Vec::new();
    for (place, keys) in &places {
        found.extend(every.difference(&without_english(keys)).map(|tag| format!("{place}: there is no {tag}")));
        let words: BTreeSet<&String> = keys.values().flatten().collect();
        for (tag, said) in keys {
            let missing: Vec<_> =
                words.iter().filter(|word| !said.contains(**word)).map(|word| word.as_str()).collect();
            if !missing.is_empty() {
                found.push(format!("{place} {tag}: does not say {}", missing.join(", ")));
            }
        }
    }
    found
}

#[test]
fn every_language_says_everything() {
    let files = repository();
    assert_eq!(places(&files).len(), FOLDERS.len() + FILES.len(), "a place of words has moved");
    hold("A language is complete everywhere or absent everywhere.", &incomplete(&files));
    let planted = [
        File::new("widget/survey/words/de.json", r#"{"close": "Zu", "next": "Weiter"}"#),
        File::new("widget/survey/words/fr.json", r#"{"close": "Fermer"}"#),
        File::new("widget/reviews/words/de.json", r#"{"more": "Mehr"}"#),
    ];
    assert_eq!(incomplete(&planted).len(), 2, "{:?}", incomplete(&planted));
}
