//! How far something new reaches: the files that CONTRIBUTING.md names for a kind of question, an input and a measure are all
//! there are.

use crate::source::{File, hold, repository};

const CONTRIBUTING: &str = include_str!("../../../CONTRIBUTING.md");

/// Files of `shared` and the collector whose program says more than `most` of these words, and that the paragraph which begins
/// so does not name.
fn unnamed(files: &[File], (guide, begins): (&str, &str), words: &[String], most: usize) -> Vec<String> {
    let named = guide.split("\n\n").find(|paragraph| paragraph.starts_with(begins)).unwrap_or("");
    let says = |file: &&File| {
        let program: String = file.program().map(|(_, line)| format!("{line}\n")).collect();
        words.iter().filter(|word| program.contains(word.as_str())).count() > most
    };
    let is_ours = |file: &&File| {
        // The demo invents what visitors did, as tests do.
        file.is(".rs") && file.is_below(&["shared/", "collector/"]) && !file.path.contains("/cli/demo/")
    };
    let ours = files.iter().filter(is_ours);
    ours.filter(says).filter(|file| !named.contains(&file.path)).map(|file| file.path.clone()).collect()
}

/// The words of an enum's variants, as they stand in a program: `Input::Scale`.
fn variants(files: &[File], path: &str, name: &str) -> Vec<String> {
    let text = files.iter().find(|file| file.path == path).map_or("", |file| &file.text);
    let body = text.split_once(&format!("pub enum {name}")).map_or("", |(_, rest)| rest);
    let body = body.split_once("\n}").map_or("", |(body, _)| body);
    let is_variant = |line: &&str| line.starts_with("    ") && line[4..].starts_with(char::is_uppercase);
    let lines = body.lines().filter(is_variant);
    lines.map(|line| line[4..].split([' ', ',', '(']).next().unwrap_or_default().to_owned()).collect()
}

/// Files that tell kinds of question apart: two or three may be named where one is a feature of its own.
fn kinds(files: &[File], guide: &str) -> Vec<String> {
    let kinds = variants(files, "shared/src/survey/kind.rs", "QuestionKind");
    let words: Vec<_> = kinds.iter().map(|kind| format!("QuestionKind::{kind}")).collect();
    let texts = ["nps", "csat", "ces", "expectation-gap", "ladder", "ranking", "yes-no", "open-text"];
    let texts: Vec<_> = texts.map(|text| format!("\"{text}\"")).into();
    let mut found = unnamed(files, (guide, "**A kind of question.**"), &words, 3);
    found.extend(unnamed(files, (guide, "**A kind of question.**"), &texts, 3));
    found
}

/// Files that tell inputs apart: two may be named, for what only they have.
fn inputs(files: &[File], guide: &str) -> Vec<String> {
    let inputs = variants(files, "shared/src/survey/part.rs", "Input");
    let words: Vec<_> = inputs.iter().map(|input| format!("Input::{input}")).collect();
    unnamed(files, (guide, "**An input.**"), &words, 2)
}

/// Files that count what the list of measures counts one by one.
fn measures(files: &[File], guide: &str) -> Vec<String> {
    let counts = ["clicks", "rage_clicks", "dead_clicks", "errors"];
    let words: Vec<_> = counts.iter().map(|count| format!(".{count}")).collect();
    unnamed(files, (guide, "**A measure.**"), &words, 3)
}

#[test]
fn a_new_kind_of_question_touches_the_files_that_contributing_names() {
    hold(
        "name in CONTRIBUTING.md every file that a new kind of question touches, or ask what its parts say",
        &kinds(&repository(), CONTRIBUTING),
    );
    hold(
        "name in CONTRIBUTING.md every file that a new input touches, or ask `Input` for it",
        &inputs(&repository(), CONTRIBUTING),
    );
}

#[test]
fn a_new_measure_touches_the_files_that_contributing_names() {
    hold(
        "make it from the list of measures (`view_measures!`), or name the file in CONTRIBUTING.md",
        &measures(&repository(), CONTRIBUTING),
    );
}

#[test]
fn a_planted_file_that_reaches_further_is_found() {
    let guide = "# How\n\n**An input.** `collector/known.rs`\n\n**A measure.** None.";
    let part =
        File::new("shared/src/survey/part.rs", "pub enum Input<'a> {\n    Scale {\n    },\n    Email,\n    Text,\n}\n");
    let program = "match input {\n    Input::Scale { .. } => 1,\n    Input::Email => 2,\n    Input::Text => 3,\n}";
    let files = |path: &str| [part.clone(), File::new(path, program)];
    assert_eq!(inputs(&files("collector/known.rs"), guide), [""; 0]);
    assert_eq!(inputs(&files("collector/other.rs"), guide), ["collector/other.rs"]);
    let sums =
        File::new("collector/sums.rs", "let all = [view.clicks, view.rage_clicks, view.dead_clicks, view.errors];");
    assert_eq!(measures(&[sums], guide), ["collector/sums.rs"]);
}
