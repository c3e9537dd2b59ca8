//! Medians, differences and goals, as a table.

/// What a figure should be.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// Stated for comparison only.
    None,
    /// The difference to the page without the tag, or the figure itself, should not exceed this.
    AtMost(f64),
}

/// One figure over all rounds.
pub struct Line {
    label: &'static str,
    unit: &'static str,
    goal: Goal,
    /// Without the tag, where that makes sense, and with it.
    rounds: Vec<(Option<f64>, f64)>,
}

impl Line {
    /// A figure with its value in each round.
    pub fn new(label: &'static str, unit: &'static str, goal: Goal, rounds: Vec<(Option<f64>, f64)>) -> Self {
        Self { label, unit, goal, rounds }
    }

    fn print(&self) {
        let without: Option<Vec<f64>> = self.rounds.iter().map(|(without, _)| *without).collect();
        let with = self.rounds.iter().map(|(_, with)| *with).collect();
        // Taken within each round, for the rounds differ more than the sides.
        let mut costs: Vec<f64> = self.rounds.iter().map(|(without, with)| with - without.unwrap_or(0.0)).collect();
        costs.sort_by(f64::total_cmp);
        let cost = median(costs.clone());
        let (low, high) = (costs[costs.len() / 4], costs[costs.len() - 1 - costs.len() / 4]);
        let sign = if without.is_some() && cost > 0.0 { "+" } else { "" };
        let (goal, verdict) = match self.goal {
            Goal::None => (String::new(), String::new()),
            Goal::AtMost(most) => (format!("≤ {}", figure(most)), verdict(cost, low, most)),
        };
        println!(
            "| {:<31} | {:<5} | {:>9} | {:>9} | {:>9} | {:>17} | {:>7} | {verdict:<20} |",
            self.label,
            self.unit,
            without.map_or_else(String::new, |without| figure(median(without))),
            figure(median(with)),
            format!("{sign}{}", figure(cost)),
            format!("{} … {}", figure(low), figure(high)),
            goal,
        );
    }
}

/// Prints the lines below a heading. The cost is the median of the rounds' differences, or the figure itself; beside it
/// the half of the rounds in the middle.
pub fn table(lines: &[Line]) {
    println!(
        "| {:<31} | {:<5} | {:>9} | {:>9} | {:>9} | {:>17} | {:>7} | {:<20} |",
        "", "", "without", "with", "cost", "middle half", "goal", "cost / goal"
    );
    println!("| {0:-<31} | {0:-<5} | {0:->9} | {0:->9} | {0:->9} | {0:->17} | {0:->7} | {0:-<20} |", "");
    lines.iter().for_each(Line::print);
}

/// Whether the goal is reached, and by how much; where the rounds lie on both sides of it, that.
fn verdict(cost: f64, low: f64, most: f64) -> String {
    let ratio = if most > 0.0 { format!(" {:.2}", cost / most) } else { String::new() };
    let word = match () {
        () if cost <= most => "met",
        () if low <= most => "missed within noise",
        () => "missed",
    };
    format!("{word}{ratio}")
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// Three significant digits at least, and no digit that is noise.
fn figure(value: f64) -> String {
    // Differences of equal sums end in dust.
    let value = if value.abs() < 5e-5 { 0.0 } else { value };
    let decimals = match value.abs() {
        size if size == size.round() || size >= 100.0 => 0,
        size if size >= 1.0 => 1,
        _ => 4,
    };
    format!("{value:.decimals$}")
}
