//! Which surveys this device has been asked: a day and a state each, nothing about the visitor.

use crate::browser::{LOCAL, concat, decimal, epoch_ms, leading_number};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

fn key(site: &str, survey: &str) -> String {
    concat(&["rapport.asked.", site, ".", survey])
}

/// Writes down that a survey was `shown`, `closed` or `answered` today.
pub fn note(site: &str, survey: &str, state: &str) {
    LOCAL.write(&key(site, survey), &concat(&[&decimal(epoch_ms() / DAY_MS), " ", state]));
}

/// Whether a survey may appear of its own accord again; with `answered_only` a mere showing does not count.
pub fn is_over(site: &str, survey: &str, cooldown_days: f64, answered_only: bool) -> bool {
    let asked = LOCAL.read(&key(site, survey));
    let days = (epoch_ms() / DAY_MS).saturating_sub(leading_number(&asked));
    asked.is_empty() || days as f64 >= cooldown_days || (answered_only && !asked.ends_with("answered"))
}
