//! How files begin, what they are called, and what they must not leave behind.

use crate::source::{File, hold, repository};

/// Files whose first line does not say what they are for.
fn first_lines(files: &[File]) -> Vec<String> {
    let says = |file: &&File| {
        let line = file.text.lines().next().unwrap_or_default();
        let begins: &[&str] = match file.path.rsplit('.').next() {
            Some("rs") => &["//! "],
            Some("sql") => &["-- "],
            Some("js" | "mjs") => &["// ", "/* ", "/** "],
            Some("css") => &["/* "],
            _ => return false,
        };
        !begins.iter().any(|begin| line.starts_with(begin) && line.len() > begin.len() + 8)
    };
    files.iter().filter(says).map(|file| file.path.clone()).collect()
}

/// Folders and files that say nothing of what is in them.
fn drawers(files: &[File]) -> Vec<String> {
    let is_drawer = |part: &str| {
        let name = part.split('.').next().unwrap_or_default();
        ["utils", "util", "helpers", "helper", "common", "misc", "lib_utils"].contains(&name)
    };
    files.iter().filter(|file| file.path.split('/').any(is_drawer)).map(|file| file.path.clone()).collect()
}

/// What was meant for later, or for one machine.
fn leftovers(files: &[File]) -> Vec<String> {
    // Joined here, so that this file does not hold what it looks for.
    let marks = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["XX", "X "],
        ["dbg", "!("],
        ["#[ign", "ore"],
        ["/home", "/"],
        ["/wo", "rk/"],
        ["/ro", "ot/"],
    ];
    let marks: Vec<String> = marks.iter().map(|mark| mark.concat()).collect();
    let mut found = Vec::new();
    for file in files.iter().filter(|file| !file.is(".md") && !file.is(".svg")) {
        for (number, line) in (1..).zip(file.text.lines()) {
            if marks.iter().any(|mark| line.contains(mark)) {
                found.push(format!("{}:{number}: {}", file.path, line.trim()));
            }
        }
    }
    found
}

#[test]
fn a_file_says_first_what_it_is_for() {
    hold("The first line of a file says what it is for.", &first_lines(&repository()));
    assert_eq!(
        first_lines(&[File::new("shared/src/a.rs", "use std::fmt;"), File::new("a.sql", "CREATE TABLE a")]).len(),
        2
    );
}

#[test]
fn nothing_is_called_utils() {
    hold("A folder or file is called after what is in it, never utils, helpers or common.", &drawers(&repository()));
    assert_eq!(
        drawers(&[File::new("collector/report/src/utils.rs", ""), File::new("widget/helpers/a.js", "")]).len(),
        2
    );
}

#[test]
fn nothing_is_left_for_later() {
    hold("Nothing is left for later, ignored, or meant for one machine.", &leftovers(&repository()));
    assert_eq!(leftovers(&[File::new("a.rs", &["// TO", "DO: later"].concat())]).len(), 1);
}
