//! How fast batches become durable, as a share of what the same server does when it parses, validates and answers the
//! same batches without storing them.
//!
//! `cargo bench -p rapport --bench ingest`. One process holds both services and the load generator; rounds of the two
//! alternate, so that whatever else the machine does meets both. The durable one is the real router over an SQLite file
//! with `synchronous=FULL`: its answer comes after the commit, with duplicates told apart and dirty hours marked.

mod load;
mod payload;
mod service;

use load::Round;
use payload::Mix;
use rapport_shared::wire::ItemType::{PageView, Signal};
use std::time::Duration;

/// The least share that ten items a batch must reach.
const LIMIT_RATIO: f64 = 0.20;
/// The share to reach next.
const NEXT_RATIO: f64 = 0.35;
/// Connections that send at the same time.
const CONNECTIONS: usize = 64;
/// Rounds of each service; the median of their ratios counts.
const ROUNDS: usize = 7;
/// Length of a round.
const LENGTH: Duration = Duration::from_secs(2);
/// How far the clocks behind the ids differ from ours, at most, in milliseconds.
const SKEW_MS: i64 = 2_000;

const MIXES: [Mix; 3] = [
    Mix {
        name: "2 views + 8 signals",
        items: &[PageView, Signal, Signal, Signal, Signal, PageView, Signal, Signal, Signal, Signal],
    },
    Mix { name: "10 views", items: &[PageView; 10] },
    Mix { name: "1 view", items: &[PageView] },
];

fn main() {
    println!(
        "{CONNECTIONS} connections, ids with ±{SKEW_MS} ms of clock skew, SQLite with synchronous=FULL, \
         medians of {ROUNDS} rounds of {} s\n",
        LENGTH.as_secs()
    );
    println!(
        "{:<20} {:>7} {:>12} {:>12} {:>9} {:>7} {:>13} {:>13}",
        "batch", "bytes", "no store/s", "durable/s", "items/s", "ratio", "p50 ms", "p99 ms"
    );
    let mut first_ratio = 0.0;
    for mix in MIXES {
        let service = service::Service::start(mix.name);
        let run = |address| load::run(address, &mix, CONNECTIONS, LENGTH, SKEW_MS);
        // The first requests find empty caches.
        run(service.without_storing);
        run(service.durable);
        let rounds: Vec<(Round, Round)> =
            (0..ROUNDS).map(|_| (run(service.without_storing), run(service.durable))).collect();
        let median = |of: &dyn Fn(&(Round, Round)) -> f64| median(rounds.iter().map(of).collect());
        let ratio = median(&|(limit, durable)| durable.requests_per_s() / limit.requests_per_s());
        let durable_per_s = median(&|(_, durable)| durable.requests_per_s());
        println!(
            "{:<20} {:>7} {:>12.0} {:>12.0} {:>9.0} {:>7.3} {:>6.2}{:>7} {:>6.2}{:>7}",
            mix.name,
            mix.body_bytes(),
            median(&|(limit, _)| limit.requests_per_s()),
            durable_per_s,
            durable_per_s * mix.items.len() as f64,
            ratio,
            median(&|(_, durable)| durable.quantile_ms(0.5)),
            format!("({:.2})", median(&|(limit, _)| limit.quantile_ms(0.5))),
            median(&|(_, durable)| durable.quantile_ms(0.99)),
            format!("({:.2})", median(&|(limit, _)| limit.quantile_ms(0.99))),
        );
        service.check(rounds.iter().map(|(_, durable)| durable.items).sum());
        if first_ratio == 0.0 {
            first_ratio = ratio;
        }
    }
    println!("\nIn brackets: without storing. Every answer said that all items of its batch were accepted.");
    let verdict = if first_ratio >= LIMIT_RATIO { "met" } else { "missed" };
    println!("Ten items a batch: {first_ratio:.3}; limit {LIMIT_RATIO:.2} {verdict}, next {NEXT_RATIO:.2}.");
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
