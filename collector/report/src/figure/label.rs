//! What people read beside the parts of a question that have no label of their own, in English: what the panel says.

use rapport_shared::flow::sign;
use rapport_shared::survey::part_word;
use rapport_words::ENGLISH;

/// The label of a part by its id.
pub fn built_in(part_id: &str) -> &'static str {
    ENGLISH.panel.get(part_word(part_id)).unwrap_or_default()
}

/// A score with its sign where a scale has both.
pub fn signed(score: i64, has_both: bool) -> String {
    format!("{}{}", sign(score, has_both), score.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_called_a_part_otherwise_than_the_panel() {
        for (part_id, label) in [
            ("name", "Your name"),
            ("email", "Your e-mail address"),
            ("price", "Price and availability are as I expect."),
            ("text", "In your own words"),
        ] {
            assert_eq!(built_in(part_id), label, "{part_id}");
        }
        assert_eq!(
            [(-2, true), (0, true), (2, true), (3, false)].map(|(score, both)| signed(score, both)),
            ["−2", "0", "+2", "3"]
        );
    }
}
