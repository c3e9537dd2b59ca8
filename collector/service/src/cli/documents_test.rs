//! Reads the documents as whoever follows them would: links that lead nowhere, commands that there are not, metrics that are
//! not told of.

use super::Arguments;
use clap::{Command, CommandFactory};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every document, with its path below the workspace.
fn documents() -> Vec<(PathBuf, String)> {
    let mut paths: Vec<PathBuf> =
        ["README.md", "examples/README.md", "tests/README.md", "widget/README.md", "widget/package/README.md"]
            .iter()
            .map(|path| workspace().join(path))
            .collect();
    for entry in std::fs::read_dir(workspace().join("docs")).expect("there is a folder of documents") {
        paths.push(entry.expect("an entry").path());
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(&path).unwrap_or_default())).collect()
}

/// The text without what stands between fences.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// The anchors that GitHub gives to the headings of a document.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = prose(text);
    let headings = headings
        .lines()
        .filter_map(|line| line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#')));
    headings
        .map(|heading| {
            let kept = heading.trim().chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
            kept.collect::<String>().to_lowercase().replace(' ', "-")
        })
        .collect()
}

/// What links lead to: `](here)`.
fn targets(text: &str) -> Vec<String> {
    let prose = prose(text);
    prose.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target.to_owned()).collect()
}

#[test]
fn no_link_of_a_document_leads_nowhere() {
    let documents = documents();
    assert!(documents.len() > 8, "{}", documents.len());
    for (path, text) in &documents {
        for target in targets(text) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let file = if file.is_empty() { path.clone() } else { path.parent().unwrap_or(path).join(file) };
            assert!(file.exists(), "{} links to {target}", path.display());
            if !anchor.is_empty() {
                let there = std::fs::read_to_string(&file).unwrap_or_default();
                assert!(
                    anchors(&there).contains(anchor),
                    "{} links to {target}: {:?}",
                    path.display(),
                    anchors(&there)
                );
            }
        }
    }
}

/// The commands of a document: lines between fences, and code within a line.
fn commands(text: &str) -> Vec<String> {
    let fenced = text.split("```").skip(1).step_by(2).flat_map(str::lines);
    let prose = prose(text);
    let inline = prose.split('`').skip(1).step_by(2).map(|code| code.replace('\n', " "));
    let all = fenced.map(str::to_owned).chain(inline);
    let all = all.flat_map(|line| line.split(" && ").map(str::to_owned).collect::<Vec<_>>());
    all.filter_map(|line| {
        let line = line.trim().replacen("cargo run --release -- ", "rapport ", 1);
        let line = line.split(" #").next().unwrap_or_default();
        let line = line.split(" > ").next().unwrap_or_default();
        line.starts_with("rapport ").then(|| line.to_owned())
    })
    .collect()
}

/// Why there is no such command.
fn refusal(root: &Command, line: &str) -> Option<String> {
    let mut command = root;
    let mut words = line.split_whitespace().skip(1).peekable();
    while command.has_subcommands() {
        let word = words.next()?;
        let name = word.trim_end_matches(['.', ',', ';', ':']);
        let Some(next) = command.find_subcommand(name) else { return Some(format!("there is no {name}")) };
        command = next;
    }
    let known: BTreeSet<&str> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
    let flags = words.filter_map(|word| word.strip_prefix("--")).map(|flag| flag.split('=').next().unwrap_or(flag));
    let unknown: Vec<&str> =
        flags.filter(|flag| !known.contains(flag.trim_end_matches([',', '.', ']', '…']))).collect();
    (!unknown.is_empty()).then(|| format!("there is no --{}", unknown.join(", --")))
}

#[test]
fn no_document_names_a_command_that_there_is_not() {
    let mut root = Arguments::command();
    root.build();
    let mut named = 0;
    for (path, text) in documents() {
        for line in commands(&text) {
            named += 1;
            assert_eq!(refusal(&root, &line), None, "{}: {line}", path.display());
        }
    }
    assert!(named > 25, "{named}");
    for (line, reason) in [
        ("rapport site explode SITE", "there is no explode"),
        ("rapport site tag SITE --intergity", "there is no --intergity"),
    ] {
        assert_eq!(refusal(&root, line).as_deref(), Some(reason));
    }
}

/// The names of all metrics in the sources below a folder.
fn metrics_in(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            metrics_in(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source is readable");
            for kind in ["counter!(", "gauge!(", "histogram!("] {
                let calls = text.split(kind).skip(1).map(str::trim_start);
                found.extend(calls.filter_map(|call| call.strip_prefix('"')?.split('"').next()).map(str::to_owned));
            }
        }
    }
}

#[test]
fn the_list_of_metrics_is_that_of_the_code() {
    let mut counted = BTreeSet::new();
    metrics_in(&workspace().join("collector"), &mut counted);
    counted.retain(|name| name.starts_with("rapport_"));
    assert!(counted.len() > 7, "{counted:?}");
    let text = std::fs::read_to_string(workspace().join("docs/operate.md")).expect("how to operate it is told");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `rapport_")?.split('`').next());
    let listed: BTreeSet<String> = rows.map(|rest| format!("rapport_{rest}")).collect();
    assert_eq!(counted, listed, "what the code counts, and what docs/operate.md lists");
}

#[test]
fn every_scope_and_every_role_is_explained() {
    let text = std::fs::read_to_string(workspace().join("docs/operate.md")).expect("how to operate it is told");
    let scopes = rapport_store::account::scope::Scope::ALL.map(|scope| scope.as_str().to_owned());
    let roles = rapport_store::account::role::Role::EACH.iter().map(ToString::to_string);
    for name in scopes.into_iter().chain(roles) {
        assert!(text.contains(&format!("| `{name}` |")), "{name}");
    }
}

#[tokio::test]
async fn a_report_needed_a_scope_that_no_document_named() {
    let text = std::fs::read_to_string(workspace().join("docs/server.md")).expect("what servers do is told");
    let document = crate::test_app::TestApp::new().await.get("/api/openapi.json", &[]).await.json();
    let scopes_in = |text: &str| {
        let all = rapport_store::account::scope::Scope::ALL.map(|scope| scope.as_str());
        all.into_iter().filter(|scope| text.contains(&format!("`{scope}`"))).collect::<Vec<_>>()
    };
    let start = "/api/v1/sites/{site}/reports/";
    let paths = document["paths"].as_object().expect("paths");
    let reports: Vec<_> = paths.iter().filter_map(|(path, item)| Some((path.strip_prefix(start)?, item))).collect();
    assert!(reports.len() >= 9, "{reports:?}");
    for (report, item) in reports {
        let row = text.lines().find_map(|line| line.strip_prefix(&format!("| `{report}` |")));
        let row = row.unwrap_or_else(|| panic!("{report} is not in docs/server.md"));
        let told = ["summary", "description"].map(|field| item["get"][field].as_str().unwrap_or_default()).join(" ");
        let told = told.split_once("Scope").expect("an operation names its scopes").1;
        assert_eq!(scopes_in(row), scopes_in(told), "{report}");
    }
}

#[test]
fn every_setting_and_every_address_of_an_operator_is_told() {
    let text = std::fs::read_to_string(workspace().join("docs/operate.md")).expect("how to operate it is told");
    for address in ["/healthz", "/readyz", "/metrics"] {
        assert!(text.contains(address), "{address}");
    }
}
