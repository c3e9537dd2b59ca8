//! Takes comments and needless space out of the stylesheet before it is built into the module, and lists the languages.

mod stylesheet;

use std::path::Path;
use stylesheet::smaller;

fn main() {
    println!("cargo::rerun-if-changed=src/style.css");
    println!("cargo::rerun-if-changed=stylesheet.rs");
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
