//! The collector decides natively what the widget decides in WebAssembly: random surveys, answers, targets and visits come
//! to the same in both.

use rapport_agreement::explore;
use rapport_tests::browser::{Browser, Window};
use rapport_tests::{Outcome, tools};
use std::collections::BTreeSet;
use std::process::Command;

in_each_browser!(native_and_wasm_agree);

/// How many seeds are compared.
const SEEDS: u64 = 4_000;
const TARGET: &str = "wasm32-unknown-unknown";

/// Compiles the crate for the browser, into a target directory of its own, and gives the module.
fn module() -> Outcome<Vec<u8>> {
    let folder = tools::target().join("agreement");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(tools::workspace()).args([
        "build",
        "--quiet",
        "--release",
        "--package",
        "rapport-agreement",
        "--lib",
    ]);
    cargo.args(["--target", TARGET, "--target-dir"]).arg(&folder);
    // As the widget is built; what was set for the tests themselves is not meant.
    cargo
        .args(["--config", "profile.release.opt-level=\"z\""])
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTFLAGS");
    let output = cargo.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(std::fs::read(folder.join(TARGET).join("release/rapport_agreement.wasm"))?)
}

async fn native_and_wasm_agree(window: Window) -> Outcome {
    let bytes: String = module()?.iter().map(|byte| format!("{byte:02x}")).collect();
    let browser = Browser::open(window).await?;
    // The page that a browser begins with may have a policy of its own.
    browser.visit("about:blank").await?;
    let script = format!(
        "const bytes = Uint8Array.from('{bytes}'.match(/../g), (byte) => parseInt(byte, 16));
         const {{ instance }} = await WebAssembly.instantiate(bytes, {{}});
         const outcomes = [];
         for (let seed = 0n; seed < {SEEDS}n; seed++) outcomes.push(BigInt.asUintN(64, instance.exports.outcome(seed)).toString());
         return outcomes;"
    );
    let there = browser.run_async(&script).await?;
    assert!(there.get("failed").is_none(), "{there}");
    let there: Vec<String> = serde_json::from_value(there)?;
    let here: Vec<_> = (0..SEEDS).map(explore).collect();
    assert_eq!(there.len(), here.len());
    for (seed, (there, here)) in there.iter().zip(&here).enumerate() {
        assert_eq!(*there, here.digest.to_string(), "seed {seed}: {here:?}");
    }

    // What was compared is worth comparing: runs that end, long ones, and every rule that can refuse.
    let count = |holds: &dyn Fn(&rapport_agreement::Explored) -> bool| here.iter().filter(|one| holds(one)).count();
    assert!(count(&|one| one.finished) > 400, "{} runs end", count(&|one| one.finished));
    assert!(count(&|one| one.asked >= 4) > 100, "{} runs ask four questions", count(&|one| one.asked >= 4));
    let rules: BTreeSet<&str> = here.iter().map(|one| one.rule).collect();
    assert_eq!(rules.len(), 14, "every rule and none: {rules:?}");
    let different: BTreeSet<u64> = here.iter().map(|one| one.digest).collect();
    assert_eq!(different.len(), here.len(), "no seed says what another says");
    Ok(())
}
