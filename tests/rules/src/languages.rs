//! Every language says everything, and in one place.

use crate::source::{File, hold, repository};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A file for each language, with a section for each place that speaks to visitors.
const FOLDER: &str = "shared/words/";
/// The language whose texts the surveys of the pool are written in.
const ENGLISH: &str = "en";

/// What a language says: each key with its section, and how many values its text takes.
type Said = BTreeMap<String, usize>;

fn said(text: &str) -> Said {
    let read: Value = serde_json::from_str(text).unwrap_or_default();
    let sections = read.as_object().into_iter().flatten().filter(|(section, _)| *section != "pools");
    let mut said = Said::new();
    for (section, texts) in sections {
        match texts {
            Value::Object(texts) => said.extend(texts.iter().map(|(key, text)| {
                let places = text.as_str().map_or(0, |text| text.matches("{}").count());
                (format!("{section}.{key}"), places)
            })),
            _ => drop(said.insert(section.clone(), 0)),
        }
    }
    said
}

/// The file of every language, by its tag.
fn languages(files: &[File]) -> BTreeMap<&str, &File> {
    let tag = |file: &'_ File| Some(file.path.strip_prefix(FOLDER)?.strip_suffix(".json")?.len());
    let of = |file| tag(file).map(|length| (&file.path[FOLDER.len()..FOLDER.len() + length], file));
    files.iter().filter_map(of).collect()
}

/// What languages say more, less or otherwise than English.
fn incomplete(files: &[File]) -> Vec<String> {
    let languages = languages(files);
    let said: BTreeMap<&str, Said> = languages.iter().map(|(tag, file)| (*tag, said(&file.text))).collect();
    let Some(english) = said.get(ENGLISH) else { return vec![format!("{FOLDER}{ENGLISH}.json is not there")] };
    let mut found = Vec::new();
    for (tag, said) in &said {
        found.extend(
            english.keys().filter(|key| !said.contains_key(*key)).map(|key| format!("{tag}: does not say {key}")),
        );
        found.extend(
            said.keys().filter(|key| !english.contains_key(*key)).map(|key| format!("{tag}: nobody says {key}")),
        );
        let differs = |(key, places): &(&String, &usize)| english.get(*key).is_some_and(|wanted| wanted != *places);
        found.extend(said.iter().filter(differs).map(|(key, _)| format!("{tag}: {key} takes other values")));
    }
    found
}

/// Files of words that stand elsewhere: named by a language, or with an object for each of several.
fn elsewhere(files: &[File]) -> Vec<String> {
    let tags: BTreeSet<String> = languages(files).keys().map(|tag| (*tag).to_owned()).collect();
    let is_named = |file: &File| {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        tags.contains(name.trim_end_matches(".json"))
    };
    let speaks_many = |file: &File| {
        let read: Value = serde_json::from_str(&file.text).unwrap_or_default();
        let keys =
            read.as_object().into_iter().flatten().filter(|(key, value)| tags.contains(*key) && value.is_object());
        keys.count() > 2
    };
    let others = files.iter().filter(|file| file.is(".json") && !file.path.starts_with(FOLDER) && !file.is_test());
    others.filter(|file| is_named(file) || speaks_many(file)).map(|file| file.path.clone()).collect()
}

#[test]
fn every_language_says_everything() {
    let files = repository();
    assert!(languages(&files).len() >= 24, "the words have moved");
    hold("A language says what English says, with the same places for values.", &incomplete(&files));
    let planted = [
        File::new("shared/words/en.json", r#"{"name": "English", "panel": {"close": "Close", "step": "{} of {}"}}"#),
        File::new("shared/words/de.json", r#"{"name": "Deutsch", "panel": {"close": "Zu", "step": "{} von"}}"#),
        File::new("shared/words/fr.json", r#"{"name": "Français", "panel": {"step": "{} sur {}", "shut": "Fermer"}}"#),
    ];
    assert_eq!(
        incomplete(&planted),
        ["de: panel.step takes other values", "fr: does not say panel.close", "fr: nobody says panel.shut"]
    );
}

#[test]
fn words_stand_in_one_place() {
    hold("What is said to visitors stands in shared/words: a file a language.", &elsewhere(&repository()));
    let language = |tag: &str| File::new(&format!("{FOLDER}{tag}.json"), "{}");
    let planted = [
        language("de"),
        language("fr"),
        language("en"),
        File::new("widget/reviews/words/de.json", "{}"),
        File::new("collector/service/src/public/words.json", r#"{"de": {}, "en": {}, "fr": {}}"#),
        File::new("collector/service/pool/nps.json", r#"{"id": "nps"}"#),
    ];
    assert_eq!(elsewhere(&planted).len(), 2);
}
