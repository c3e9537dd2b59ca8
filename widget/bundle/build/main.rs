//! Makes the widget's files: compiles, binds, optimises, minifies, compresses and names them.
//!
//! It runs again only when something the widget is made of changes, so work on the collector never waits for it. Its
//! parts: `compile` (nested cargo), `bind` (wasm-bindgen and short names), `optimise` (wasm-opt), `order` (functions that
//! are alike side by side), `join` (a script that is written in parts), `minify` (scripts), `language` (words, and which
//! stands for which), `reviews` (the list's script), `emit` (compression, names, the generated table).

mod bind;
mod compile;
mod emit;
mod join;
mod language;
mod minify;
mod optimise;
mod order;
mod reviews;
#[path = "../../survey/stylesheet.rs"]
mod stylesheet;

use rapport_words::ENGLISH;
use std::path::{Path, PathBuf};

/// Everything that can go wrong here ends the build with a sentence.
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() {
    if let Err(error) = run() {
        // A panic would bury the sentence under a backtrace.
        eprintln!("the widget could not be built: {error}");
        std::process::exit(1);
    }
}

fn run() -> Outcome<()> {
    let root = workspace_root()?;
    for input in inputs(&root)? {
        println!("cargo:rerun-if-changed={}", input.display());
    }
    let out_directory = PathBuf::from(std::env::var("OUT_DIR")?);
    let optimiser = optimise::find();

    let mut files = Vec::new();
    let loader = std::fs::read_to_string(root.join("widget/loader/rapport.js"))?;
    files.push(emit::File::named("rapport.js", emit::SCRIPT, minify::script(&loader)?.into_bytes()));
    files.push(joined(&root, "invitation")?);
    for name in ["agent", "targeting", "verdict", "survey"] {
        let bound = bind::module(&compile::module(&root, &out_directory, name)?, name)?;
        let module = optimise::module(optimiser.as_deref(), &bound.module, &out_directory, name)?;
        files.push(emit::File::hashed(name, "js", emit::SCRIPT, minify::script(&bound.glue)?.into_bytes()));
        files.push(emit::File::hashed(name, "wasm", emit::MODULE, module));
    }
    files.push(joined(&root, "picture")?);
    files.push(joined(&root, "click")?);
    files.extend(reviews::files(&root)?);
    files.push(joined_with(&root, "own_data", &[("ENGLISH", language::spoken(ENGLISH, ENGLISH.own_data))])?);
    for name in ["customer", "debug", "depth", "form", "heatmap", "launcher", "point", "resource", "vital"] {
        files.push(joined(&root, name)?);
    }
    files.extend(language::files("words", |known| language::words(known.panel)));
    files.extend(language::files("own_data_words", |known| language::spoken(known, known.own_data)));
    emit::write(&out_directory, files, optimiser.is_some())
}

/// What the widget is made of: every folder of `widget/` but this one, the package of types and the tests of scripts, what they share, and the
/// versions of what they depend on. Read from the tree, so that no part can be forgotten.
fn inputs(root: &Path) -> Outcome<Vec<PathBuf>> {
    let mut inputs = vec![root.join("shared"), root.join("Cargo.lock")];
    for entry in std::fs::read_dir(root.join("widget"))? {
        let entry = entry?;
        let is_part = !["bundle", "package", "tests"].iter().any(|other| entry.file_name() == *other);
        if entry.file_type()?.is_dir() && is_part {
            inputs.push(entry.path());
        }
    }
    inputs.sort();
    Ok(inputs)
}

/// A script whose parts are the modules of a folder; the entry has the folder's name.
fn joined(root: &Path, name: &'static str) -> Outcome<emit::File> {
    joined_with(root, name, &[])
}

/// The same with values that are put in: the entry declares each as an empty object or text, `const NAME = {};`.
fn joined_with(root: &Path, name: &'static str, values: &[(&str, serde_json::Value)]) -> Outcome<emit::File> {
    let folder = root.join("widget").join(name);
    let entry = format!("{name}.js");
    let read = |file: &str| -> Outcome<String> {
        let mut text = std::fs::read_to_string(folder.join(file))?;
        if file == entry {
            for (constant, value) in values {
                text = put_in(&text, constant, value).ok_or(format!("no line declares {constant}"))?;
            }
        }
        Ok(put_in(&text, "NEAREST", &language::table()).unwrap_or(text))
    };
    let script = join::script(&entry, &read).map_err(|error| format!("widget/{name}: {error}"))?;
    Ok(emit::File::hashed(name, "js", emit::SCRIPT, script.into_bytes()))
}

/// A script with the value of a constant that it declares empty; `None` when it does not.
fn put_in(script: &str, constant: &str, value: &serde_json::Value) -> Option<String> {
    let place = ["{}", "\"\""].map(|empty| format!("const {constant} = {empty};"));
    let place = place.iter().find(|place| script.contains(place.as_str()))?;
    Some(script.replacen(place, &format!("const {constant} = {value};"), 1))
}

/// The folder of the workspace's `Cargo.toml`, two above this package.
fn workspace_root() -> Outcome<PathBuf> {
    let package = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    Ok(package.ancestors().nth(2).map(Path::to_path_buf).ok_or("this package is not inside the workspace")?)
}
