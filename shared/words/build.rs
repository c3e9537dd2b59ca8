//! Makes the table of languages of the files beside it: a language is there because its file is.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The parts of a file, each an object of texts by their keys; English has no translations of itself.
const SECTIONS: [&str; 7] = ["panel", "own_data", "reviews", "hosted_reviews", "hosted_form", "conversation", "pools"];

fn main() {
    let folder = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    // The folder itself, so that a file that comes or goes is noticed.
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("the folder of languages can be read")
        .map(|entry| entry.expect("the folder of languages can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    paths.sort();
    let languages: String = paths.iter().map(|path| language(path)).collect();
    let directory = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    std::fs::write(Path::new(&directory).join("languages.rs"), format!("&[{languages}]"))
        .expect("OUT_DIR can be written");
}

/// A language as an expression; what its file lacks, a test says.
fn language(path: &Path) -> String {
    let file = path.display();
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{file}: {error}"));
    let said: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
    let tag = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_else(|| panic!("{file}: no language tag"));
    let name = said["name"].as_str().unwrap_or_else(|| panic!("{file}: name must say what the language calls itself"));
    let mut made = format!("Language {{ tag: {tag:?}, name: {name:?}, ");
    for section in SECTIONS {
        let texts: String = said[section]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, text)| {
                let text = text.as_str().unwrap_or_else(|| panic!("{file}: {section}.{key} must be a text"));
                format!("({key:?}, {text:?}), ")
            })
            .collect();
        write!(made, "{section}: Texts(&[{texts}]), ").expect("a String takes everything");
    }
    made + "}, "
}
