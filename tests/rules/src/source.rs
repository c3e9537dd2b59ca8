//! The repository's files as the rules read them.

use std::path::{Path, PathBuf};

/// One file: its path from the repository's root, with `/`, and its text.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub path: String,
    pub text: String,
}

impl File {
    /// A file for a planted breach.
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    pub fn is(&self, ending: &str) -> bool {
        self.path.ends_with(ending)
    }

    pub fn is_below(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| self.path.starts_with(folder))
    }

    /// Whether the whole file is of tests.
    pub fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        let is_named = |part: &str| part.ends_with("_test") || part == "tests" || part == "benches";
        name.ends_with("_test.rs")
            || name == "tests.rs"
            || name.starts_with("test_")
            || self.path.split('/').rev().skip(1).any(is_named)
    }

    /// The lines of the program, numbered from 1: without comments, and without the tests at the end of the file.
    pub fn program(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = if self.is_test() { "" } else { &self.text };
        (1..)
            .zip(lines.lines())
            .take_while(|(_, line)| *line != "#[cfg(test)]" && !line.starts_with("mod tests"))
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

/// Where what a rule looks for stands in programs: `path:line: text`.
pub(crate) fn lines_with(files: &[File], accepts: impl Fn(&File) -> bool, found: impl Fn(&str) -> bool) -> Vec<String> {
    let of_file = |file: &File| {
        let lines = file.program().filter(|(_, line)| found(line));
        lines.map(|(number, line)| format!("{}:{number}: {}", file.path, line.trim())).collect::<Vec<_>>()
    };
    files.iter().filter(|file| file.is(".rs") && accepts(file)).flat_map(of_file).collect()
}

/// Whether `name` stands in the line as a word of its own.
pub(crate) fn has_word(line: &str, name: &str) -> bool {
    let is_part = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    line.match_indices(name)
        .any(|(at, _)| !is_part(line[..at].chars().next_back()) && !is_part(line[at + name.len()..].chars().next()))
}

/// Every file of the repository that people write, in the order of paths.
pub(crate) fn repository() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for folder in ["collector", "shared", "widget", "tests", "docs"] {
        read(&root.join(folder), folder, &mut files);
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(files.len() > 300, "the repository was not found: {} files", files.len());
    files
}

fn read(folder: &Path, path: &str, files: &mut Vec<File>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut entries: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    entries.sort();
    for entry in entries {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let inner = format!("{path}/{name}");
        if entry.is_dir() {
            if !["target", "node_modules", "snapshots", "proptest-regressions"].contains(&name.as_str()) {
                read(&entry, &inner, files);
            }
        } else if let Ok(text) = std::fs::read_to_string(&entry) {
            files.push(File { path: inner, text });
        }
    }
}

/// Fails with the rule's sentence and the places that break it.
#[track_caller]
pub(crate) fn hold(sentence: &str, breaches: &[String]) {
    assert!(breaches.is_empty(), "{sentence}\n  {}", breaches.join("\n  "));
}

#[test]
fn a_program_ends_where_its_tests_begin() {
    let file = File::new("a/b.rs", "//! What.\nfn one() {}\n// Two.\n#[cfg(test)]\nmod tests {\n}\n");
    assert_eq!(file.program().collect::<Vec<_>>(), [(2, "fn one() {}")]);
    assert!(File::new("a/http_test.rs", "").is_test() && File::new("a/hostile_test/mod.rs", "").is_test());
    assert!(has_word("use rand::random;", "rand") && !has_word("use strand::x;", "rand"));
}
