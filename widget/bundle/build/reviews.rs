//! The reviews list: its script with style sheet and English words put in, and a script for each other language.

use crate::emit::{File, SCRIPT};
use crate::{Outcome, minify, stylesheet};
use std::path::{Path, PathBuf};

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
