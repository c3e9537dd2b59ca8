//! Page rules: a glob, or a regular expression for what globs cannot say.

use super::glob;
use super::path::{decoded, encoded};
#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// Which paths (without query and hash) a rule is about.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
pub enum PageRule {
    /// The whole path fits a glob such as `/product/**`.
    Glob(String),
    /// A regular expression is found in the path, as people read it or as addresses write it.
    Regex(String),
}

impl PageRule {
    /// Whether a path fits; `matches(pattern, path)` evaluates a regular expression.
    pub fn fits(&self, path: &str, matches: &dyn Fn(&str, &str) -> bool) -> bool {
        let path = decoded(path);
        match self {
            Self::Glob(glob) => glob::fits(&decoded(glob), &path),
            Self::Regex(pattern) => matches(pattern, &path) || matches(pattern, &encoded(&path)),
        }
    }
}
