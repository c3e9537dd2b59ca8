//! Makes the widget's files: compiles, binds, optimises, minifies, compresses and names them.
//!
//! It runs again only when something the widget is made of changes, so work on the collector never waits for it. Its
//! parts: `compile` (nested cargo), `bind` (wasm-bindgen and short names), `optimise` (wasm-opt), `order` (functions that
//! are alike side by side), `join` (a script that is written in parts), `minify` (scripts), `reviews` (the list's script
//! with its words), `emit` (compression, names, the generated table).

mod bind;
mod compile;
mod emit;
mod join;
mod minify;
mod optimise;
mod order;
mod reviews;
#[path = "../../survey/stylesheet.rs"]
mod stylesheet;

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
    for name in ["agent", "targeting", "survey"] {
        let bound = bind::module(&compile::module(&root, &out_directory, name)?, name)?;
        let module = optimise::module(optimiser.as_deref(), &bound.module, &out_directory, name)?;
        files.push(emit::File::hashed(name, "js", emit::SCRIPT, minify::script(&bound.glue)?.into_bytes()));
        files.push(emit::File::hashed(name, "wasm", emit::MODULE, module));
    }
    files.push(joined(&root, "picture")?);
    let reviews = root.join("widget/reviews");
    std::fs::write(out_directory.join("reviews_words.rs"), reviews::table(&reviews)?)?;
    files.extend(reviews::files(&reviews)?);
    for name in ["customer", "debug", "own_data"] {
        let part = std::fs::read_to_string(root.join(format!("widget/{name}/{name}.js")))?;
        files.push(emit::File::hashed(name, "js", emit::SCRIPT, minify::script(&part)?.into_bytes()));
    }
    files.extend(languages(&root.join("widget/survey/words"), "words")?);
    files.extend(languages(&root.join("widget/own_data/words"), "own_data_words")?);
    emit::write(&out_directory, files, optimiser.is_some())
}

/// What the widget is made of: every folder of `widget/` but this one and the package of types, what they share, and the
/// versions of what they depend on. Read from the tree, so that no part can be forgotten.
fn inputs(root: &Path) -> Outcome<Vec<PathBuf>> {
    let mut inputs = vec![root.join("shared"), root.join("Cargo.lock")];
    for entry in std::fs::read_dir(root.join("widget"))? {
        let entry = entry?;
        let is_part = !["bundle", "package"].iter().any(|other| entry.file_name() == *other);
        if entry.file_type()?.is_dir() && is_part {
            inputs.push(entry.path());
        }
    }
    inputs.sort();
    Ok(inputs)
}

/// A script whose parts are the modules of a folder; the entry has the folder's name.
fn joined(root: &Path, name: &'static str) -> Outcome<emit::File> {
    let folder = root.join("widget").join(name);
    let read = |file: &str| -> Outcome<String> { Ok(std::fs::read_to_string(folder.join(file))?) };
    let script = join::script(&format!("{name}.js"), &read).map_err(|error| format!("widget/{name}: {error}"))?;
    Ok(emit::File::hashed(name, "js", emit::SCRIPT, script.into_bytes()))
}

/// The words of a part, a script for each language: it is brought like every other part of the widget, by `import()`,
/// which no content policy for data has to allow.
fn languages(folder: &Path, stem: &'static str) -> Outcome<Vec<emit::File>> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Outcome<Vec<_>>>()?;
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let tag = path.file_stem().and_then(|stem| stem.to_str()).ok_or("a language file without a name")?;
        let words: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
        let script = format!("export default()=>Promise.resolve();export const words={words};\n");
        files.push(emit::File::words(stem, tag, script.into_bytes()));
    }
    Ok(files)
}

/// The folder of the workspace's `Cargo.toml`, two above this package.
fn workspace_root() -> Outcome<PathBuf> {
    let package = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    Ok(package.ancestors().nth(2).map(Path::to_path_buf).ok_or("this package is not inside the workspace")?)
}
