//! How the build script makes one file of the parts of a script, and what it refuses to join.

/// As in the build script, whose modules are included below.
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[path = "../build/join.rs"]
mod join;
#[path = "../build/minify.rs"]
mod minify;

/// Joins the parts of a script that begins at `entry.js`.
fn joined(parts: &[(&str, &str)]) -> Outcome<String> {
    join::script("entry.js", &|name| {
        let part = parts.iter().find(|(known, _)| *known == name).ok_or("there is no such part")?;
        Ok(part.1.to_owned())
    })
}

fn check(parts: &[(&str, &str)], as_if: &str) {
    assert_eq!(joined(parts).expect("it can be joined"), minify::script(as_if).expect("it can be read"));
}

fn refused(parts: &[(&str, &str)], reason: &str) {
    let said = joined(parts).expect_err(reason).to_string();
    assert!(said.contains(reason), "{said}");
}

#[test]
fn parts_come_once_each_in_the_order_in_which_a_browser_runs_them() {
    check(
        &[
            (
                "entry.js",
                "import { one } from \"./one.js\";\nimport { two } from \"./two.js\";\none(two);\nexport { one as begin };",
            ),
            ("one.js", "import { two } from \"./two.js\";\nexport async function one() { return two }"),
            ("two.js", "import { one, } from \"./one.js\";\nexport const two = 2;\nuse(() => one);"),
        ],
        "const two = 2;\nuse(() => one);\nasync function one() { return two }\none(two);\nexport { one as begin };",
    );
}

#[test]
fn what_other_parts_alone_import_is_not_exported() {
    check(
        &[
            (
                "entry.js",
                "import { go } from \"./go.js\";\nexport let state;\nfunction start() { go() }\nexport { start };",
            ),
            ("go.js", "import { state } from \"./entry.js\";\nexport function go() { import(state) }"),
        ],
        "function go() { import(state) }\nlet state;\nfunction start() { go() }\nexport { start };",
    );
}

#[test]
fn names_that_collide_are_refused_and_inner_ones_are_not() {
    refused(
        &[
            ("entry.js", "import { one } from \"./one.js\";\nconst KEPT = one;"),
            ("one.js", "const KEPT = 1;\nexport const one = KEPT;"),
        ],
        "one.js and entry.js both declare KEPT",
    );
    let inner = "import { one } from \"./one.js\";\nuse((kept) => { const box = kept; one(box) });";
    check(
        &[("entry.js", inner), ("one.js", "let box;\nlet kept;\nexport function one() {}")],
        "let box;\nlet kept;\nfunction one() {}\nuse((kept) => { const box = kept; one(box) });",
    );
}

#[test]
fn what_no_browser_would_run_is_refused() {
    let other = ("one.js", "export function one() {}\nfunction two() { one() }");
    refused(
        &[("entry.js", "import { two } from \"./one.js\";"), other],
        "entry.js imports two, which one.js does not export",
    );
    refused(&[("entry.js", "import { no } from \"./no.js\";")], "no.js: there is no such part");
    let unsaid = ("two.js", "import { one } from \"./one.js\";\nexport function two() { one() }");
    refused(
        &[
            ("entry.js", "import { two } from \"./two.js\";\ntwo();\none();"),
            unsaid,
            ("one.js", "export function one() {}"),
        ],
        "entry.js calls one of one.js and does not import it",
    );
}

#[test]
fn what_would_need_more_than_joining_is_refused() {
    for (source, reason) in [
        ("import one from \"./one.js\";", "can be joined"),
        ("import * as one from \"./one.js\";", "can be joined"),
        ("import { one as two } from \"./one.js\";", "can be joined"),
        ("import { one } from \"elsewhere\";", "can be joined"),
        ("export default 1;", "`export default` cannot be joined"),
        ("const { one } = two;", "`const {` does not say one name"),
        ("let one = [1, 2], two;", "one statement declares several names"),
        ("use(1));", "a bracket was never opened"),
    ] {
        refused(&[("entry.js", source), ("one.js", "export const one = 1;")], reason);
    }
}
