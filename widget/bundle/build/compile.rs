//! Compiles one of the widget's crates to WebAssembly with a cargo of its own.

use crate::Outcome;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";

/// Size first; names and features stay in the file until wasm-bindgen has read them, so nothing is stripped here.
const PROFILE: [&str; 6] = [
    "profile.release.opt-level=\"z\"",
    "profile.release.lto=\"fat\"",
    "profile.release.codegen-units=1",
    "profile.release.panic=\"abort\"",
    "profile.release.debug=false",
    "profile.release.strip=false",
];

/// Compiles `rapport-{name}`; the module's bytes.
///
/// With the `rust-src` component the standard library is rebuilt for size too, which takes a quarter off a module;
/// that needs cargo's unstable `build-std`, so `RUSTC_BOOTSTRAP` is set for this nested build alone.
pub fn module(root: &Path, out_directory: &Path, name: &str) -> Outcome<Vec<u8>> {
    ensure_target()?;
    let target_directory = target_directory(out_directory);
    let rebuild_std = has_rust_source();
    if !rebuild_std {
        println!("cargo:warning=rust-src is not installed: the widget's modules are larger than they need be");
    }
    if let Err(error) = cargo(root, &target_directory, name, rebuild_std) {
        if !rebuild_std {
            return Err(error);
        }
        println!("cargo:warning=the standard library could not be rebuilt for size, using the one shipped ({error})");
        cargo(root, &target_directory, name, false)?;
    }
    let file = target_directory.join(TARGET).join("release").join(format!("rapport_{name}.wasm"));
    Ok(std::fs::read(&file)
        .map_err(|error| format!("{}: {error}; does widget/{name} have crate-type \"cdylib\"?", file.display()))?)
}

fn cargo(root: &Path, target_directory: &Path, name: &str, rebuild_std: bool) -> Outcome<()> {
    // The two ways to build keep apart, or falling back would leave files of the other kind behind.
    let mut flags = vec!["-Clink-arg=-zstack-size=65536"];
    if rebuild_std {
        // Nobody reads a panic's message or place in a visitor's browser.
        flags.extend(["-Cpanic=immediate-abort", "-Zunstable-options", "-Zlocation-detail=none", "-Zfmt-debug=none"]);
    }
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root).args(["build", "--release", "--lib", "--target", TARGET]);
    command.arg("--package").arg(format!("rapport-{name}")).arg("--target-dir").arg(target_directory);
    for setting in PROFILE {
        command.args(["--config", setting]);
    }
    forget_outer_build(&mut command);
    if rebuild_std {
        command.env("RUSTC_BOOTSTRAP", "1").args([
            "-Z",
            "build-std=std,panic_abort",
            "-Z",
            "build-std-features=optimize_for_size",
        ]);
    }
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    let output = command.output().map_err(|error| format!("cargo could not be started: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("cargo build of rapport-{name}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)).into())
}

/// Removes what the outer cargo, or clippy, sets for its own build; registries, proxies and the job server stay.
fn forget_outer_build(command: &mut Command) {
    const KEPT: [&str; 8] = [
        "CARGO_HOME",
        "CARGO_MAKEFLAGS",
        "CARGO_NET_",
        "CARGO_HTTP_",
        "CARGO_REGISTRY",
        "CARGO_REGISTRIES_",
        "CARGO_SOURCE_",
        "CARGO_TERM_",
    ];
    for (name, _) in std::env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        let cargo = text.starts_with("CARGO") && !KEPT.iter().any(|kept| text.starts_with(kept));
        let rustc = text.starts_with("RUSTC") || text.starts_with("RUSTFLAGS") || text.starts_with("RUSTDOC");
        let build_script = ["TARGET", "HOST", "OUT_DIR", "OPT_LEVEL", "PROFILE", "DEBUG", "NUM_JOBS"].contains(&text);
        if cargo || rustc || build_script || text.starts_with("DEP_") || text == "CLIPPY_ARGS" {
            command.env_remove(&name);
        }
    }
}

/// `<target>/widget`: shared by debug and release builds of everything else, and locked by nobody else.
///
/// `OUT_DIR` is `<target>/[<triple>/]<profile>/build/<package>/out`; anywhere else the files stay below it.
fn target_directory(out_directory: &Path) -> PathBuf {
    let is_build = |path: &Path| path.file_name().is_some_and(|name| name == "build");
    match out_directory.ancestors().nth(2) {
        Some(build) if is_build(build) => {
            build.ancestors().nth(2).map_or_else(|| out_directory.join("widget"), |target| target.join("widget"))
        }
        _ => out_directory.join("widget"),
    }
}

/// The folder of the compiler that will be used, as it tells itself.
fn sysroot() -> Option<PathBuf> {
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(compiler).args(["--print", "sysroot"]).output().ok()?;
    output.status.success().then(|| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

fn has_rust_source() -> bool {
    sysroot().is_some_and(|root| root.join("lib/rustlib/src/rust/library/std/Cargo.toml").is_file())
}

/// Adds the WebAssembly target through rustup when it is missing.
fn ensure_target() -> Outcome<()> {
    let installed = || sysroot().is_some_and(|root| root.join("lib/rustlib").join(TARGET).join("lib").is_dir());
    if installed() {
        return Ok(());
    }
    let added = Command::new("rustup").args(["target", "add", TARGET]).status().is_ok_and(|status| status.success());
    if added && installed() {
        return Ok(());
    }
    Err(format!("the compiler has no {TARGET} target; install it, with rustup: rustup target add {TARGET}").into())
}
