//! What manifests may say: who stands on whom, in which order, and nothing that nobody names.

use crate::source::{File, has_word, hold, repository};

/// Which crates of ours each may stand on. What is not listed may stand on none.
const BELOW: [(&str, &[&str]); 7] = [
    ("collector/figures", &[]),
    ("collector/language", &[]),
    ("collector/store", &["rapport-figures", "rapport-shared"]),
    ("collector/ingest", &["rapport-figures", "rapport-shared", "rapport-store"]),
    ("collector/report", &["rapport-figures", "rapport-language", "rapport-shared", "rapport-store", "rapport-words"]),
    ("shared", &[]),
    ("shared/words", &["rapport-shared"]),
];

/// Libraries that one crate alone may name; the tests of others may look with them at what it wrote.
const ONLY: [(&str, &str); 7] = [
    ("sqlx", "collector/store"),
    ("rusqlite", "collector/store"),
    ("axum", "collector/service"),
    ("askama", "collector/service"),
    ("form_urlencoded", "collector/service"),
    ("rapport-survey", "collector/service"),
    ("rapport-bundle", "collector/service"),
];

/// Named for their features alone, which others are compiled with.
const FOR_FEATURES: [(&str, &str); 1] = [("widget/survey", "tracing")];

/// A dependency: section, name.
fn dependencies(manifest: &File) -> Vec<(String, String)> {
    let mut section = String::new();
    let mut found = Vec::new();
    for line in manifest.text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name.to_owned();
        } else if section.ends_with("dependencies") && !line.starts_with('#') && line.contains('=') {
            let name = line.split(['=', '.', ' ']).next().unwrap_or_default();
            found.push((section.clone(), name.to_owned()));
        }
    }
    found
}

fn manifests(files: &[File]) -> impl Iterator<Item = (&File, &str)> {
    files.iter().filter_map(|file| Some((file, file.path.strip_suffix("/Cargo.toml")?)))
}

/// Arrows that point up, or across.
fn arrows(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for (manifest, folder) in manifests(files) {
        for (section, name) in dependencies(manifest) {
            let below = BELOW.iter().find(|(of, _)| *of == folder).map(|(_, below)| *below);
            let is_ours = name.starts_with("rapport-");
            let of_widget = folder.starts_with("widget/")
                && ["rapport-figures", "rapport-language", "rapport-store"].contains(&name.as_str());
            let alone = ONLY.iter().find(|(library, _)| *library == name);
            let is_elsewhere = alone.is_some_and(|(_, home)| {
                *home != folder
                    && section != "dev-dependencies"
                    && !folder.starts_with("tests")
                    && !folder.starts_with("widget/")
            });
            if below.is_some_and(|below| is_ours && !below.contains(&name.as_str())) || of_widget || is_elsewhere {
                found.push(format!("{folder} names {name}"));
            }
        }
    }
    found
}

/// Sections whose dependencies are not in the order of the alphabet.
fn unsorted(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for (manifest, folder) in manifests(files) {
        for neighbours in dependencies(manifest).windows(2) {
            if let [(section, one), (other_section, next)] = neighbours
                && section == other_section
                && one > next
            {
                found.push(format!("{folder} [{section}]: {next} stands after {one}"));
            }
        }
    }
    found
}

/// Dependencies that no source of the crate names.
fn unused(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for (manifest, folder) in manifests(files) {
        let prefix = format!("{folder}/");
        // A crate that lies in another's folder is not its source.
        let others: Vec<_> =
            manifests(files).map(|(_, other)| format!("{other}/")).filter(|other| other.len() > prefix.len()).collect();
        let is_own = |file: &&File| {
            file.is(".rs") && file.path.starts_with(&prefix) && !others.iter().any(|other| file.path.starts_with(other))
        };
        for (_, name) in dependencies(manifest) {
            let ident = name.replace('-', "_");
            let names = |file: &File| {
                has_word(&file.text, &ident)
                    && (file.text.contains(&format!("{ident}::")) || file.text.contains(&format!("use {ident}")))
            };
            if !FOR_FEATURES.contains(&(folder, &*name)) && !files.iter().filter(is_own).any(names) {
                found.push(format!("{folder}: {name}"));
            }
        }
    }
    found
}

#[test]
fn no_arrow_points_up() {
    hold(
        "service -> {ingest, report} -> store -> {figures, shared}: ingest and report never meet, and the widget knows none of them.",
        &arrows(&repository()),
    );
    let planted = [
        File::new("collector/report/Cargo.toml", "[dependencies]\nrapport-ingest.workspace = true\n"),
        File::new("collector/ingest/Cargo.toml", "[dependencies]\naxum = \"0.8\"\n"),
        File::new("widget/agent/Cargo.toml", "[dependencies]\nrapport-figures.workspace = true\n"),
    ];
    assert_eq!(arrows(&planted).len(), 3);
}

#[test]
fn dependencies_are_in_order() {
    hold("Dependencies stand in the order of the alphabet.", &unsorted(&repository()));
    assert_eq!(unsorted(&[File::new("shared/Cargo.toml", "[dependencies]\nserde = \"1\"\nargon2 = \"1\"\n")]).len(), 1);
}

#[test]
fn every_dependency_is_named() {
    hold("A dependency that no source names is not there.", &unused(&repository()));
    let planted = [
        File::new("shared/Cargo.toml", "[dependencies]\nserde = \"1\"\n"),
        File::new("shared/src/lib.rs", "//! What."),
    ];
    assert_eq!(unused(&planted).len(), 1);
}
