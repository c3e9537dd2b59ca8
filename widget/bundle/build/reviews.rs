//! The reviews list: its script with style sheet and English words put in, and a script for each other language.

use crate::emit::{File, SCRIPT};
use crate::{Outcome, joined_with, language, stylesheet};
use rapport_words::ENGLISH;
use std::path::Path;

/// The files of the list, from `widget/reviews`.
pub fn files(root: &Path) -> Outcome<Vec<File>> {
    let (mut files, mut names) = (Vec::new(), serde_json::Map::new());
    for known in language::others() {
        let words = language::spoken(known, known.reviews);
        let script = format!("export const words={words};\n");
        let file = File::unnamed(&format!("reviews-{}", known.tag), "js", SCRIPT, script.into());
        names.insert(known.tag.to_ascii_lowercase(), file.name().trim_start_matches("assets/").into());
        files.push(file);
    }
    let style = stylesheet::smaller(&std::fs::read_to_string(root.join("widget/reviews/style.css"))?);
    let values =
        [("STYLE", style.into()), ("ENGLISH", language::spoken(ENGLISH, ENGLISH.reviews)), ("LANGUAGES", names.into())];
    files.push(joined_with(root, "reviews", &values)?);
    Ok(files)
}
