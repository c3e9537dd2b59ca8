//! What an issue is called.

use super::Issue;
use crate::figure::thousands;

/// What people read of a kind of failure, of `n`.
pub fn kind_label(kind: &str, n: u64) -> String {
    let (one, many) = match kind {
        "rage_click" => ("rage click", "rage clicks"),
        "dead_click" => ("dead click", "dead clicks"),
        "slow_click" => ("slow click", "slow clicks"),
        "failed_click" => ("click that failed", "clicks that failed"),
        "error" => ("error", "errors"),
        "task" => ("failed task", "failed tasks"),
        "quick_back" => ("quick-back", "quick-backs"),
        "broken_image" => ("broken picture", "broken pictures"),
        "failed_request" => ("failed request", "failed requests"),
        "poor_lcp" | "poor_inp" | "poor_cls" => ("view", "views"),
        other => return other.replace('_', " "),
    };
    if n == 1 { one } else { many }.to_owned()
}

/// What fails, and where.
fn subject(issue: &Issue) -> String {
    let Issue { page, label, .. } = issue;
    match issue.kind.as_str() {
        "poor_lcp" => format!("{page} is slow to show (LCP above 4 s)"),
        "poor_inp" => format!("{page} is slow to react (INP above 500 ms)"),
        "poor_cls" => format!("{page} jumps (CLS above 0.25)"),
        "quick_back" => format!("{page} is left at once"),
        "broken_image" => format!("Picture {label} on {page} does not load"),
        "failed_request" => format!("Request to {label} from {page} fails"),
        "task" => match label.rsplit_once(' ') {
            Some((task, "abandon")) => format!("Task {task} on {page} is given up"),
            Some((task, _)) => format!("Task {task} on {page} fails"),
            None => format!("Task {label} on {page}"),
        },
        _ => format!("{label} on {page}"),
    }
}

/// All of it in a line.
pub fn headline(issue: &Issue) -> String {
    let counted = |n: u64, one: &str, many: &str| format!("{} {}", thousands(n), if n == 1 { one } else { many });
    let mut parts = vec![format!("{} {}", thousands(issue.signals), kind_label(&issue.kind, issue.signals))];
    if issue.low_ratings > 0 {
        parts.push(counted(issue.low_ratings, "low rating", "low ratings"));
    }
    if issue.comments > 0 {
        parts.push(counted(issue.comments, "comment", "comments"));
    }
    format!("{}: {}", subject(issue), parts.join(", "))
}
