//! The reviews list: its script with style sheet and English words put in, and a script for each other language.

use crate::emit::{File, SCRIPT};
use crate::{Outcome, minify, stylesheet};
use std::path::{Path, PathBuf};

/// A table of its words, for the page that the collector makes.
pub fn table(folder: &Path) -> Outcome<String> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder.join("words"))?
        .map(|entry| Ok(entry?.path().canonicalize()?))
        .collect::<Outcome<_>>()?;
    paths.sort();
    let entry = |path: &PathBuf| format!("({:?}, include_str!({path:?})),", path.file_stem().unwrap_or_default());
    let entries: String = paths.iter().map(entry).collect();
    Ok(format!(
        "/// The words of the reviews list by language (BCP 47), English among them: objects of JSON.\n\
         pub const REVIEWS_WORDS: &[(&str, &str)] = &[{entries}];\n"
    ))
}

/// The files of the list, from `widget/reviews`.
pub fn files(folder: &Path) -> Outcome<Vec<File>> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder.join("words"))?.map(|entry| Ok(entry?.path())).collect::<Outcome<Vec<_>>>()?;
    paths.sort();
    let (mut files, mut names, mut english) = (Vec::new(), serde_json::Map::new(), serde_json::Value::Null);
    for path in paths {
        let tag = path.file_stem().and_then(|stem| stem.to_str()).ok_or("a language file without a name")?;
        let words: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
        if tag == "en" {
            english = words;
            continue;
        }
        let file =
            File::unnamed(&format!("reviews-{tag}"), "js", SCRIPT, format!("export const words={words};\n").into());
        names.insert(tag.into(), file.name().trim_start_matches("assets/").into());
        files.push(file);
    }
    let style = stylesheet::smaller(&std::fs::read_to_string(folder.join("style.css"))?);
    let mut script = std::fs::read_to_string(folder.join("reviews.js"))?;
    for (name, empty, value) in [
        ("STYLE", "\"\"", serde_json::Value::from(style)),
        ("ENGLISH", "{}", english),
        ("LANGUAGES", "{}", names.into()),
    ] {
        let place = format!("const {name} = {empty};");
        if !script.contains(&place) {
            return Err(format!("reviews.js has no line {place}").into());
        }
        script = script.replacen(&place, &format!("const {name} = {value};"), 1);
    }
    files.push(File::hashed("reviews", "js", SCRIPT, minify::script(&script)?.into_bytes()));
    Ok(files)
}
