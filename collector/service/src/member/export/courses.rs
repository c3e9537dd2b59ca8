//! The tables of tasks, funnels, journeys and retention.

use super::{Sheet, chosen, rate, time, whole, yes_no};
use crate::http::export::csv::Csv;
use axum::response::Response;
use rapport_report::course::funnel::{FunnelPerson, FunnelReport};
use rapport_report::course::task::{TaskDetail, TaskPerson, TaskReport};
use rapport_report::journey::{Journeys, Ways};
use rapport_report::retention::Retention;
use rapport_shared::survey::Fault;

/// The rows of a table of counts, each with of how many visits one was followed as its last column.
fn counted_in(one_in: u64, rows: impl Iterator<Item = Vec<String>>) -> Vec<Vec<String>> {
    rows.map(|mut row| {
        row.push(one_in.to_string());
        row
    })
    .collect()
}

/// The table of Tasks.
pub fn tasks(csv: Csv, table: &str, report: &TaskReport) -> Result<Response, Fault> {
    let mut header = vec!["task", "id", "attempts", "undecided", "left", "timed_out"];
    header.extend([
        "success_percent",
        "success_low",
        "success_high",
        "success_n",
        "failed_percent",
        "failed_low",
        "failed_high",
        "failed_n",
        "abandoned_percent",
        "abandoned_low",
        "abandoned_high",
        "abandoned_n",
        "retried_percent",
        "retried_low",
        "retried_high",
        "retried_n",
        "time_ms",
        "time_low",
        "time_high",
        "time_n",
        "one_in",
    ]);
    let rows = report.tasks.iter().map(|task| {
        let mut row = vec![task.name.clone(), task.id.clone().unwrap_or_default()];
        row.extend([task.attempts, task.undecided, task.left, task.timed_out].map(|count| count.to_string()));
        for figure in [&task.success, &task.failed, &task.abandoned, &task.retried, &task.time] {
            row.extend(rate(figure));
        }
        row
    });
    chosen(csv, "tasks", table, vec![Sheet { name: "tasks", header, rows: counted_in(report.one_in, rows) }])
}

/// The tables of one task: those who tried, and where it ended without success.
pub fn task(csv: Csv, table: &str, report: &TaskDetail, people: &[TaskPerson]) -> Result<Response, Fault> {
    let of_people = people.iter().map(|one| {
        vec![
            time(Some(&one.began)),
            time(Some(&one.ended)),
            one.outcome.as_str().to_owned(),
            yes_no(one.retry),
            one.took_ms.to_string(),
            one.page.clone(),
            one.device.clone(),
            one.visit.clone(),
        ]
    });
    let pages = report.ended_on.iter().map(|on| vec![on.page.clone(), on.failed.to_string(), on.abandoned.to_string()]);
    let sheets = vec![
        Sheet {
            name: "people",
            header: vec!["began", "ended", "outcome", "is_retry", "took_ms", "page", "device", "visit"],
            rows: of_people.collect(),
        },
        Sheet { name: "pages", header: vec!["page", "failed", "abandoned"], rows: pages.collect() },
    ];
    chosen(csv, "task", table, sheets)
}

/// The tables of one funnel: its steps, where people went instead, and those who began.
pub fn funnel(csv: Csv, table: &str, report: &FunnelReport, people: &[FunnelPerson]) -> Result<Response, Fault> {
    let steps = report.steps.iter().enumerate().map(|(place, step)| {
        let counts = [step.reached, step.stopped, step.undecided].map(|count| count.to_string());
        let mut row = [vec![(place + 1).to_string(), step.label.clone()], counts.to_vec()].concat();
        row.push(whole(step.reached_before));
        row.extend(rate(&step.of_all));
        row.extend(step.went_on.as_ref().map_or_else(|| [const { String::new() }; 4], rate));
        row
    });
    let instead = report.steps.iter().enumerate().flat_map(|(place, step)| {
        let row = move |kind: &str, page: &str, people: u64| {
            vec![(place + 1).to_string(), kind.to_owned(), page.to_owned(), people.to_string()]
        };
        let pages: Vec<_> = step.instead.iter().map(|page| row("page", &page.page, page.people)).collect();
        let others = [row("rest", "", step.instead_rest), row("left", "", step.left)];
        pages.into_iter().chain(others)
    });
    let of_people = people.iter().map(|one| {
        let times = [time(Some(&one.began)), time(Some(&one.last))];
        let standing = one.standing.as_str().to_owned();
        let rest = [one.steps.to_string(), standing, one.instead.clone(), one.device.clone(), one.visit.clone()];
        [times.to_vec(), rest.to_vec()].concat()
    });
    let sheets = vec![
        Sheet {
            name: "steps",
            header: vec![
                "step",
                "what",
                "reached",
                "stopped",
                "undecided",
                "reached_before",
                "of_all_percent",
                "of_all_low",
                "of_all_high",
                "of_all_n",
                "went_on_percent",
                "went_on_low",
                "went_on_high",
                "went_on_n",
                "one_in",
            ],
            rows: counted_in(report.one_in, steps),
        },
        Sheet { name: "instead", header: vec!["step", "went_to", "page", "people"], rows: instead.collect() },
        Sheet {
            name: "people",
            header: vec!["began", "last", "steps", "standing", "instead", "device", "visit"],
            rows: of_people.collect(),
        },
    ];
    chosen(csv, "funnel", table, sheets)
}

/// The tables of Journeys: every way from one stop to the next, and the most frequent paths.
pub fn journeys(csv: Csv, table: &str, report: &Journeys) -> Result<Response, Fault> {
    let direction = |ways: &Ways| if ways.backwards { "to" } else { "on" }.to_owned();
    let every = || report.back.iter().chain([&report.on]);
    let edges = every().flat_map(|ways| {
        ways.all.iter().map(move |edge| {
            let stop = |kind: &str, page: &str| [kind.to_owned(), page.to_owned()];
            let [from, from_page] = stop(edge.from.kind.as_str(), &edge.from.page);
            let [to, to_page] = stop(edge.to.kind.as_str(), &edge.to.page);
            vec![direction(ways), edge.step.to_string(), from, from_page, to, to_page, edge.visits.to_string()]
        })
    });
    let paths = every().flat_map(|ways| {
        let line = move |path: String, whole: String, visits: u64, share: [String; 4]| {
            [vec![direction(ways), path, whole, visits.to_string()], share.to_vec()].concat()
        };
        let listed: Vec<_> = ways
            .paths
            .iter()
            .map(|path| line(path.pages.join(" > "), yes_no(path.whole), path.visits, rate(&path.share)))
            .collect();
        let rest =
            (ways.rest > 0).then(|| line("rest".to_owned(), String::new(), ways.rest, [const { String::new() }; 4]));
        listed.into_iter().chain(rest)
    });
    let sheets = vec![
        Sheet {
            name: "ways",
            header: vec!["direction", "step", "from", "from_page", "to", "to_page", "visits", "one_in"],
            rows: counted_in(report.one_in, edges),
        },
        Sheet {
            name: "paths",
            header: vec![
                "direction",
                "path",
                "is_whole",
                "visits",
                "share_percent",
                "share_low",
                "share_high",
                "share_n",
                "one_in",
            ],
            rows: counted_in(report.one_in, paths),
        },
    ];
    chosen(csv, "journeys", table, sheets)
}

/// The table of retention: a row a cohort and a week.
pub fn retention(csv: Csv, table: &str, report: &Retention) -> Result<Response, Fault> {
    let rows = report.cohorts.iter().flat_map(|cohort| {
        cohort.returned.iter().map(|one| {
            let mut row = vec![cohort.week.clone(), cohort.visitors.to_string(), one.weeks_later.to_string()];
            row.push(one.visitors.to_string());
            row.extend(rate(&one.share));
            row.push(yes_no(one.unfinished));
            row
        })
    });
    let header = vec!["week", "visitors", "weeks_later", "came_again", "percent", "low", "high", "n", "is_unfinished"];
    chosen(csv, "retention", table, vec![Sheet { name: "cohorts", header, rows: rows.collect() }])
}
