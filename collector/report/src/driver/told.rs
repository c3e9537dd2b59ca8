//! What a line about a fact says in plain words.

use super::{ComparedWith, Driver, DriverVerdict, Subject};
use rapport_figures::vital::Vital;
use rapport_store::rollup::fact::Fact;

/// What people read of a subject.
pub(super) fn label(subject: &Subject) -> String {
    match subject {
        Subject::Fact(fact) => fact_label(*fact).to_owned(),
        Subject::Device(device) => format!("On {device}"),
        Subject::Source(source) => format!("From {source}"),
        Subject::Visitor => "Returning, beside new ones".to_owned(),
    }
}

/// What people read of a fact.
pub fn fact_label(fact: Fact) -> &'static str {
    match fact {
        Fact::Error => "Errors",
        Fact::RageClick => "Rage clicks",
        Fact::DeadClick => "Dead clicks",
        Fact::SlowClick => "Slow clicks",
        Fact::FailedClick => "Failed clicks",
        Fact::FailedTask => "Failed tasks",
        Fact::SlowPaint => "Slow to show (LCP)",
        Fact::SlowReaction => "Slow to react (INP)",
        Fact::Shift => "Jumps (CLS)",
        Fact::Earlier => "Failure on an earlier page",
    }
}

/// What visitors did who met it, with the page; `None` for a fact that is not known here.
fn clause(driver: &Driver) -> String {
    let on = driver.path.as_ref().map_or_else(String::new, |path| format!(" on {path}"));
    let here = driver.path.as_deref().unwrap_or("the page");
    let seconds = f64::from(Vital::Lcp.thresholds().1) / 1_000.0;
    let reaction_ms = Vital::Inp.thresholds().1;
    let shift = f64::from(Vital::Cls.thresholds().1) / 10_000.0;
    match driver.fact {
        "error" => format!("who met an error{on}"),
        "rage_click" => format!("who clicked in rage{on}"),
        "dead_click" => format!("whose click did nothing{on}"),
        "slow_click" => format!("who waited for a click to take effect{on}"),
        "failed_click" => format!("whose click failed{on}"),
        "failed_task" => format!("who failed at a task or gave it up{on}"),
        "poor_lcp" => format!("who waited more than {seconds} s for {here} to show (LCP)"),
        "poor_inp" => format!("who waited more than {reaction_ms} ms for {here} to react (INP)"),
        "poor_cls" => format!("who saw {here} jump (CLS above {shift})"),
        "earlier_failure" => format!("who met a failure before they came to {here}"),
        "device" => format!("on {}{on}", driver.level),
        "source" => format!("from {}{on}", driver.level),
        "visitor" => format!("who return{on}"),
        other => format!("with {other}{on}"),
    }
}

/// A line in a sentence, with its intervals and its n.
pub fn sentence(driver: &Driver) -> String {
    let (who, met, n) = (clause(driver), driver.met, driver.n);
    let Some(risk) = driver.risk.as_ref().filter(|_| driver.verdict != DriverVerdict::TooFew) else {
        return format!("Visitors {who}: too few answers to compare; n = {met} of {n}.");
    };
    let points = driver.difference.as_ref().map(|difference| {
        let lower = difference.points < 0.0;
        // The interval as the sentence says it: of how much lower or higher.
        let (low, high) = if lower { (-difference.high, -difference.low) } else { (difference.low, difference.high) };
        let [first, last] = difference.ends;
        let way = if lower { "lower" } else { "higher" };
        format!(
            "rate it {:.1} points {way} (95 % {} to {}, scale {first} to {last}) and ",
            difference.points.abs(),
            signed(low),
            signed(high)
        )
    });
    let high = risk.high.map_or_else(|| "any number".to_owned(), |high| format!("{high:.1}"));
    let times = match risk.value {
        Some(value) => format!("give low scores {value:.1} times as often (95 % {:.1} to {high})", risk.low),
        None => format!("give low scores at least {:.1} times as often", risk.low),
    };
    let others = match driver.compared_with {
        ComparedWith::Unharmed if driver.path.is_some() => " as those who met nothing there",
        ComparedWith::Unharmed => " as those who met nothing",
        ComparedWith::UnharmedElsewhere => " as visitors of other pages who met nothing",
        ComparedWith::Others if driver.fact == "visitor" => " as new ones",
        ComparedWith::Others => " as all others",
    };
    let noise = if driver.verdict == DriverVerdict::Noise { "; it may be noise" } else { "" };
    format!("Visitors {who} {}{times}{others}{noise}; n = {met} of {n}.", points.unwrap_or_default())
}

/// A number of one decimal, without a sign before zero.
fn signed(value: f64) -> String {
    let text = format!("{value:.1}").replace('-', "−");
    if text == "−0.0" { "0.0".to_owned() } else { text }
}
