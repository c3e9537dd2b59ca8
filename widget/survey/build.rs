//! Takes comments and needless space out of the stylesheet before it is built into the module, and lists the languages.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=src/style.css");
    let source = std::fs::read_to_string("src/style.css").expect("src/style.css can be read");
    let directory = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    std::fs::write(Path::new(&directory).join("style.css"), smaller(&source)).expect("OUT_DIR can be written");
    std::fs::write(Path::new(&directory).join("languages.rs"), languages()).expect("OUT_DIR can be written");
}

/// A table of the language files, for the form that the collector renders.
fn languages() -> String {
    println!("cargo::rerun-if-changed=words");
    let mut paths: Vec<_> = std::fs::read_dir("words")
        .expect("words can be read")
        .map(|entry| entry.expect("words can be listed").path().canonicalize().expect("a language file is there"))
        .collect();
    paths.sort();
    let entry =
        |path: &std::path::PathBuf| format!("({:?}, include_str!({path:?})),", path.file_stem().unwrap_or_default());
    format!("&[{}]", paths.iter().map(entry).collect::<String>())
}

/// `source` without comments, without space that separates nothing, and without the last semicolon of a block. The
/// stylesheet has no strings with runs of space in them.
fn smaller(source: &str) -> String {
    let mut text = String::new();
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("/*") {
        text.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    let mut small = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // Before a colon space is a descendant combinator, after it nothing.
    for mark in ["{", "}", ";", ","] {
        small = small.replace(&format!(" {mark}"), mark).replace(&format!("{mark} "), mark);
    }
    small.replace(": ", ":").replace(";}", "}")
}
