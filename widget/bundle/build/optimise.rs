//! Runs `wasm-opt` where it is installed.

use crate::{Outcome, order};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names a `wasm-opt` to use, before `PATH` is searched.
const VARIABLE: &str = "RAPPORT_WASM_OPT";

/// What compilers and browsers of the last years agree on; the module names fewer in its own features section.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// The optimiser: the one named by `RAPPORT_WASM_OPT`, else the first on `PATH` that runs.
pub fn find() -> Option<PathBuf> {
    println!("cargo:rerun-if-env-changed={VARIABLE}");
    let named = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    let found = named
        .into_iter()
        .chain([PathBuf::from("wasm-opt")])
        .find(|path| Command::new(path).arg("--version").output().is_ok_and(|output| output.status.success()));
    if found.is_none() {
        println!(
            "cargo:warning=wasm-opt was not found (in {VARIABLE} or PATH): the widget works, but is larger than its \
             budget; npm's package binaryen brings it"
        );
    }
    found
}

/// What makes a module smaller, in this order.
const PASSES: [&str; 11] = [
    "--low-memory-unused",
    "--flatten",
    "--rereloop",
    "-Oz",
    "--dae-optimizing",
    "-Oz",
    "--converge",
    // Functions that are called once are left alone: alike they compress better than within others.
    "--one-caller-inline-max-function-size=20",
    "--strip-debug",
    "--strip-producers",
    "--strip-target-features",
];

/// The module made smaller, or as it was when there is no optimiser.
pub fn module(optimiser: Option<&Path>, module: &[u8], out_directory: &Path, name: &str) -> Outcome<Vec<u8>> {
    let Some(optimiser) = optimiser else { return Ok(module.to_vec()) };
    let file = |stage: &str| out_directory.join(format!("{name}-{stage}.wasm"));
    let smaller = run(optimiser, &PASSES, module, (&file("bound"), &file("optimised")))?;
    let named = order::named(&smaller).ok_or_else(|| format!("the module of {name} cannot be read"))?;
    run(optimiser, &["--reorder-functions-by-name", "--strip-debug"], &named, (&file("named"), &file("ordered")))
}

fn run(optimiser: &Path, passes: &[&str], module: &[u8], (before, after): (&Path, &Path)) -> Outcome<Vec<u8>> {
    std::fs::write(before, module)?;
    let output = Command::new(optimiser).args(passes).args(FEATURES).arg(before).arg("-o").arg(after).output()?;
    if !output.status.success() {
        return Err(format!("{}: {}", optimiser.display(), String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(std::fs::read(after)?)
}
