//! What the script tag costs its host page: a benchmark that prints, and asserts nothing about clocks.
//!
//! `cargo build -p rapport && cargo run -p rapport-tests --example host_page [rounds] [places]`; see `tests/README.md`.
//!
//! Each round opens the same product page of the example shop five times, each time in a browser with an empty profile:
//! without the tag; with it; with it and a pointer that rests on the launcher before it clicks; with it and a click out
//! of the blue; and, beside the latter, with a form of another kind, which is loaded when its button is pressed. The processor is slowed down four times, and the network is that of a phone. Differences are taken
//! within a round, so that what else the machine does falls on both sides; the medians of all rounds are printed.

mod report;
mod stage;
mod visit;

use crate::report::{Goal, Line};
use crate::stage::Stage;
use crate::visit::{Delivered, Loaded, Opening};
use rapport_tests::Outcome;

/// Rounds, unless the command line says how many.
const ROUNDS: usize = 7;

/// What one round gave.
struct Round {
    without: Loaded,
    with: Loaded,
    delivered: Delivered,
    after_intent: Opening,
    unannounced: Opening,
    /// The same tap on a form that is loaded then.
    lazy_ms: f64,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Outcome {
    let (mut rounds, mut places) = (ROUNDS, false);
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "places" => places = true,
            number => {
                rounds = number.parse().map_err(|_| format!("{number:?} is neither places nor a number of rounds"))?
            }
        }
    }
    let stage = Stage::set(places).await?;
    let mut seen = Vec::new();
    for number in 1..=rounds {
        seen.push(round(&stage, number).await?);
        eprintln!("round {number} of {rounds}");
    }
    print(&seen);
    Ok(())
}

/// One round; which side comes first alternates, so that neither always finds the machine warmer.
async fn round(stage: &Stage, number: usize) -> Outcome<Round> {
    let (without, (with, delivered)) = if number % 2 == 1 {
        (visit::without_tag(stage).await?, visit::with_tag(stage).await?)
    } else {
        let with = visit::with_tag(stage).await?;
        (visit::without_tag(stage).await?, with)
    };
    let after_intent = visit::opening(stage, true).await?;
    let unannounced = visit::opening(stage, false).await?;
    let lazy_ms = visit::lazy_opening(stage).await?;
    Ok(Round { without, with, delivered, after_intent, unannounced, lazy_ms })
}

fn print(rounds: &[Round]) {
    let both = |label, unit, goal, value: fn(&Loaded) -> f64| {
        let pairs = rounds.iter().map(|round| (Some(value(&round.without)), value(&round.with)));
        Line::new(label, unit, goal, pairs.collect())
    };
    let only = |label, unit, goal, value: &dyn Fn(&Round) -> f64| {
        Line::new(label, unit, goal, rounds.iter().map(|round| (None, value(round))).collect())
    };
    println!(
        "\nThe host page without and with the tag: medians of {} rounds, processor {} times slower, {} ms round trips,\n\
         {} Mbit/s down and {} up. Times of the main thread are processor time, all others by the clock. kB = 1000 bytes;\n\
         bytes are those of bodies as sent.\n",
        rounds.len(),
        visit::SLOWER,
        visit::ROUND_TRIP_MS,
        visit::DOWN_MBIT_S,
        visit::UP_MBIT_S,
    );
    report::table(&[
        both("script time, main thread", "ms", Goal::AtMost(20.0), |page| page.script_ms),
        both("all tasks, main thread", "ms", Goal::None, |page| page.task_ms),
        both("long tasks before interaction", "", Goal::AtMost(0.0), |page| page.long_tasks),
        both("blocking time (beyond 50 ms)", "ms", Goal::AtMost(0.0), |page| page.blocking_ms),
        both("heap with WASM memory", "kB", Goal::AtMost(400.0), |page| page.heap_kb + page.wasm_kb),
        both("  of which WASM memory", "kB", Goal::None, |page| page.wasm_kb),
        both("layout shift", "", Goal::AtMost(0.0), |page| page.layout_shift),
        both("script time of one click", "ms", Goal::AtMost(0.0), |page| page.click_ms),
    ]);
    let beside_lazy = rounds.iter().map(|round| (Some(round.lazy_ms), round.unannounced.panel_ms)).collect();
    println!();
    report::table(&[
        only("requests before opening, code", "", Goal::AtMost(3.0), &|round| round.with.code_requests),
        only("code before opening", "kB", Goal::AtMost(21.0), &|round| round.with.code_kb),
        only("code in all, panel open", "kB", Goal::AtMost(108.0), &|round| round.after_intent.code_kb),
        only("configuration", "kB", Goal::None, &|round| round.with.config_kb),
        only("beacons of a page view", "", Goal::AtMost(1.0), &|round| round.delivered.beacons),
        only("body of a page view's beacons", "bytes", Goal::AtMost(700.0), &|round| round.delivered.body_bytes),
        only("preflights", "", Goal::AtMost(0.0), &|round| round.delivered.preflights),
        only("tap to panel, after intent", "ms", Goal::AtMost(60.0), &|round| round.after_intent.panel_ms),
        only("  main thread's work for it", "ms", Goal::None, &|round| round.after_intent.work_ms),
        only("tap to panel, out of the blue", "ms", Goal::AtMost(500.0), &|round| round.unannounced.panel_ms),
        // The other side of it is the lazy form.
        Line::new("  beside a form loaded by the tap", "ms", Goal::AtMost(0.0), beside_lazy),
        only("  main thread's work for it", "ms", Goal::None, &|round| round.unannounced.work_ms),
        only("files fetched twice", "", Goal::AtMost(0.0), &|round| round.after_intent.again + round.unannounced.again),
    ]);
    println!(
        "\nLong tasks before interaction, with what ran in their frames (only scripts of 5 ms and more are known):"
    );
    let pages = |name, page: fn(&Round) -> &Loaded| {
        for (number, round) in rounds.iter().enumerate() {
            for task in &page(round).attribution {
                println!("  round {} {name}: {task}", number + 1);
            }
        }
    };
    pages("without", |round| &round.without);
    pages("with   ", |round| &round.with);
}
