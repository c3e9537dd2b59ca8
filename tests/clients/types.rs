//! The types of `rapport-widget`, packed and installed: under every way in which TypeScript finds a package, what is right
//! compiles, and what is wrong does not.

use super::{files, run};
use rapport_tests::{Outcome, tools};
use std::path::{Path, PathBuf};

/// `module` and `moduleResolution`.
const WAYS: [(&str, &str); 5] = [
    ("node16", "node16"),
    ("nodenext", "nodenext"),
    ("esnext", "bundler"),
    ("preserve", "bundler"),
    ("commonjs", "node10"),
];
const STRICT: [&str; 9] = [
    "--noEmit",
    "--strict",
    "--exactOptionalPropertyTypes",
    "--noUncheckedIndexedAccess",
    "--isolatedModules",
    "--target",
    "es2022",
    "--lib",
    "es2022,dom",
];

/// The package as npm packs it, in a folder.
fn packed(folder: &Path) -> Outcome<PathBuf> {
    let package = tools::workspace().join("widget/package");
    let name = run("npm", &["pack", "--silent", &package.to_string_lossy()], folder)?;
    Ok(folder.join(name.trim()))
}

/// An application that has installed the package.
fn application() -> Outcome<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    let archive = packed(folder.path())?;
    let installed = folder.path().join("node_modules/rapport-widget");
    std::fs::create_dir_all(&installed)?;
    let into = installed.to_string_lossy().into_owned();
    run("tar", &["xzf", &archive.to_string_lossy(), "-C", &into, "--strip-components=1"], folder.path())?;
    for file in ["right.ts", "wrong.ts"] {
        std::fs::copy(files("types").join(file), folder.path().join(file))?;
    }
    Ok(folder)
}

#[test]
fn under_nodenext_the_package_had_no_types_or_any() -> Outcome {
    let application = application()?;
    for kind in ["module", "commonjs"] {
        std::fs::write(application.path().join("package.json"), format!("{{\"type\":\"{kind}\"}}"))?;
        for (module, resolution) in WAYS {
            for skips in ["true", "false"] {
                let way = ["--module", module, "--moduleResolution", resolution, "--skipLibCheck", skips];
                let arguments = [&STRICT[..], &way, &["right.ts", "wrong.ts"]].concat();
                run("tsc", &arguments, application.path())?;
            }
        }
    }
    Ok(())
}

#[test]
fn a_package_without_its_types_would_be_noticed() -> Outcome {
    let application = application()?;
    std::fs::write(application.path().join("package.json"), "{\"type\":\"module\"}")?;
    // Everything is `any`, so nothing that is wrong is one.
    let types = application.path().join("node_modules/rapport-widget/rapport.d.ts");
    std::fs::write(types, "export type Rapport = any; export type Options = any;")?;
    let way = ["--module", "nodenext", "--moduleResolution", "nodenext", "--skipLibCheck", "true", "wrong.ts"];
    let said = run("tsc", &[&STRICT[..], &way].concat(), application.path());
    assert!(said.is_err_and(|said| said.to_string().contains("Unused '@ts-expect-error'")));
    Ok(())
}

#[test]
fn the_package_is_one_that_everybody_can_install() -> Outcome {
    let folder = tempfile::tempdir()?;
    let archive = packed(folder.path())?;
    let package = tools::workspace().join("widget/package");
    run("publint", &["run", &package.to_string_lossy(), "--strict"], folder.path())?;
    run("attw", &[&archive.to_string_lossy(), "--no-color", "--no-emoji"], folder.path())?;
    let application = application()?;
    // Where there is no document, as on a server, it does nothing, and says what it lacks.
    let install = "const install = (options) => { try { return typeof found.install(options) } catch (error) { return error.message } };
        console.log(install({ host: 'https://feedback.example.com', site: 'key' }), install({}));";
    let required = format!("const found = require('rapport-widget'); {install}");
    let imported = format!("import * as found from 'rapport-widget'; {install}");
    let said = "function rapport-widget: install needs host and site\n";
    assert_eq!(run("node", &["--input-type=commonjs", "--eval", &required], application.path())?, said);
    assert_eq!(run("node", &["--input-type=module", "--eval", &imported], application.path())?, said);
    Ok(())
}
