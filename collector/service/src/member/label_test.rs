//! Reports name the parts of a question as the panel does.

use rapport_report::label::{built_in, signed};

#[test]
fn a_report_names_a_part_as_the_panel_does() {
    for id in ["name", "email", "title", "price", "service", "knowledge", "values", "details"] {
        assert_eq!(built_in(id), rapport_survey::question::label_of(id).1, "{id}");
    }
    for (score, has_both) in [(-2, true), (0, true), (2, true), (3, false)] {
        assert_eq!(signed(score, has_both), rapport_survey::words::signed(score as i8, has_both), "{score}");
    }
}
