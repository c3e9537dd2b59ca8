//! The rows of issues, of the looks at their fixes, and of who complained.

use super::{number, rate};
use rapport_report::issue::fix::{Look, Points, fixed_text};
use rapport_report::issue::segment::Segment;
use rapport_report::issue::{Complaint, Issue};

/// The columns of [`issue`].
pub const ISSUE: [&str; 36] = [
    "id",
    "page",
    "kind",
    "label",
    "headline",
    "status",
    "owner",
    "fixed",
    "signals",
    "views",
    "visits",
    "visitors",
    "answered",
    "low_ratings",
    "comments",
    "complaints",
    "met_percent",
    "met_low",
    "met_high",
    "met_n",
    "impact",
    "weight",
    "weight_low",
    "weight_high",
    "device",
    "browser",
    "campaign",
    "segment_met",
    "segment_views",
    "segment_times",
    "segment_times_low",
    "became",
    "since",
    "release",
    "before_percent",
    "now_percent",
];

/// An issue, as a row.
pub fn issue(issue: &Issue) -> Vec<String> {
    let told = |by: &str| {
        let found = issue.segment.iter().flat_map(|segment| &segment.told).find(|told| told.by.as_str() == by);
        found.map_or_else(String::new, |told| told.value.clone())
    };
    let of_segment = |of: fn(&Segment) -> String| issue.segment.as_ref().map_or_else(String::new, of);
    let counts = [
        issue.signals,
        issue.views,
        issue.visits,
        issue.visitors,
        issue.answered,
        issue.low_ratings,
        issue.comments,
        issue.complaints,
    ];
    let mut row: Vec<String> =
        vec![issue.id.clone(), issue.page.clone(), issue.kind.clone(), issue.label.clone(), issue.headline.clone()];
    row.extend([issue.status.to_owned(), issue.owner.clone().unwrap_or_default(), fixed_text(issue)]);
    row.extend(counts.map(|count| count.to_string()));
    row.extend(rate(&issue.met));
    row.extend([issue.impact, issue.weight, issue.weight_low, issue.weight_high].map(|value| number(Some(value))));
    row.extend(["device", "browser", "campaign"].map(told));
    row.extend([
        of_segment(|segment| segment.met.to_string()),
        of_segment(|segment| segment.views.to_string()),
        of_segment(|segment| number(segment.times)),
        of_segment(|segment| number(Some(segment.times_low))),
        issue.since.state.as_str().to_owned(),
        issue.since.day.clone().unwrap_or_default(),
        issue.since.release.clone().unwrap_or_default(),
        number(issue.since.before_percent),
        number(Some(issue.since.now_percent)),
    ]);
    row
}

/// The columns of [`look`].
pub const LOOK: [&str; 27] = [
    "days",
    "verdict",
    "before_from",
    "before_to",
    "after_from",
    "after_to",
    "after_over",
    "before_percent",
    "before_low",
    "before_high",
    "before_n",
    "after_percent",
    "after_low",
    "after_high",
    "after_n",
    "difference",
    "difference_low",
    "difference_high",
    "p",
    "control_before_percent",
    "control_after_percent",
    "expected_percent",
    "beyond",
    "beyond_low",
    "beyond_high",
    "beyond_p",
    "sentence",
];

/// A look at what came of a fix, as a row.
pub fn look(look: &Look) -> Vec<String> {
    let points = |points: Option<Points>| {
        let of = |value: fn(&Points) -> f64| number(points.as_ref().map(value));
        [of(|of| of.difference), of(|of| of.low), of(|of| of.high), of(|of| of.p)]
    };
    let control = look.control.as_ref();
    let mut row = vec![look.length_days.to_string(), look.verdict.as_str().to_owned()];
    row.extend([&look.before.from, &look.before.to, &look.after.from, &look.after.to].map(String::clone));
    row.push(look.after.over.to_string());
    row.extend(rate(&look.met_before));
    row.extend(rate(&look.met_after));
    row.extend(points(look.change));
    row.extend([
        number(control.and_then(|control| control.before.value)),
        number(control.and_then(|control| control.after.value)),
        number(control.and_then(|control| control.expected_percent)),
    ]);
    row.extend(points(control.and_then(|control| control.beyond)));
    row.push(look.sentence.clone());
    row
}

/// The columns of [`complaint`].
pub const COMPLAINT: [&str; 9] = ["id", "at", "page", "device", "survey", "score", "standing", "words", "customer"];

/// An answer of somebody who complained, as a row.
pub fn complaint(complaint: &Complaint) -> Vec<String> {
    let response = &complaint.response;
    let scored = response.answers.iter().find(|answer| answer.score.is_some());
    let words: Vec<_> = response.answers.iter().filter(|answer| answer.role.is_answer()).collect();
    let words: Vec<_> = words.iter().map(|answer| answer.words.as_str()).filter(|words| !words.is_empty()).collect();
    vec![
        response.id.clone(),
        response.at.local.clone(),
        response.path.clone(),
        response.device.clone(),
        response.survey.clone(),
        scored.and_then(|answer| answer.score).map_or_else(String::new, |score| score.to_string()),
        scored.map_or("", |answer| answer.standing).to_owned(),
        words.join("\n"),
        complaint.customer.clone().unwrap_or_default(),
    ]
}
