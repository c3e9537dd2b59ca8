//! Programs that others write against Rapport: applications that install the package, and clients that are generated from the
//! description of the interface. Built and run as they would, with the tools that `tests/run` installs.

mod api;
mod types;

use rapport_tests::{Outcome, tools};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder of this target.
fn files(folder: &str) -> PathBuf {
    tools::workspace().join("tests/clients").join(folder)
}

/// Runs one of npm's programs in a folder to its end, and gives what it printed.
fn run(program: &str, arguments: &[&str], folder: &Path) -> Outcome<String> {
    let path = match program {
        "node" | "npm" | "tar" => PathBuf::from(program),
        _ => tools::folder().join(".bin").join(program),
    };
    let mut command = Command::new(&path);
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    // Nothing is told to anybody, and nothing is asked of a network.
    let command = command.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    let hint = |error| format!("{} cannot be run: {error}; tests/run installs it", path.display());
    let output = command.output().map_err(hint)?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(printed);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!("{program} {} failed: {printed}{complaint}", arguments.join(" ")).into())
}
