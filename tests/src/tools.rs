//! Where things are: the workspace, what `tests/run` installed, and the folder for what tests leave behind.

use crate::Outcome;
use std::path::{Path, PathBuf};

/// The folder of the workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are a folder of the workspace").to_path_buf()
}

/// Cargo's target directory, found from the running test, which lies in `<target>/<profile>/deps`.
pub fn target() -> PathBuf {
    let test = std::env::current_exe().expect("a running program has a path");
    test.ancestors().nth(3).expect("cargo puts tests three folders deep").to_path_buf()
}

/// The folder of npm's packages: `RAPPORT_TEST_TOOLS`, else `node_modules` in the target directory's `tools`.
pub fn folder() -> PathBuf {
    std::env::var_os("RAPPORT_TEST_TOOLS").map_or_else(|| target().join("tools/node_modules"), PathBuf::from)
}

/// A file of npm's packages.
pub fn read(file: &str) -> Outcome<String> {
    let path = folder().join(file);
    let hint = format!("{} is missing: tests/run installs it", path.display());
    std::fs::read_to_string(path).map_err(|_| hint.into())
}

/// The collector: `RAPPORT_TEST_BINARY`, else the one beside the running test.
pub fn rapport() -> Outcome<PathBuf> {
    let beside = || target().join(if cfg!(debug_assertions) { "debug" } else { "release" }).join("rapport");
    let path = std::env::var_os("RAPPORT_TEST_BINARY").map_or_else(beside, PathBuf::from);
    if path.is_file() {
        Ok(path)
    } else {
        Err(format!("{} is missing: build it with cargo build -p rapport, or run tests/run", path.display()).into())
    }
}

/// Where a picture goes: `pictures` in the target directory.
pub fn picture(name: &str) -> Outcome<PathBuf> {
    let folder = target().join("pictures");
    std::fs::create_dir_all(&folder)?;
    Ok(folder.join(name))
}

/// A port that was free a moment ago, for programs that want to be told theirs.
pub fn free_port() -> Outcome<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
