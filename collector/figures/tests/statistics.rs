//! The arithmetic of drivers and of survival against scipy and statsmodels, on 250 random cases of each: needs `RAPPORT_TEST_PYTHON`, an interpreter
//! that has both (`tests/run` installs one).

use rapport_figures::relation::{Curve, Spell};
use rapport_figures::score::{
    Cell, Exposure, Moments, Weighted, benjamini_hochberg, effective_n, likelihood_ratio, mean_difference, rake,
    relative_risk, weighted_mean,
};
use std::io::Write;
use std::process::{Command, Stdio};

/// Random cases of each formula.
const CASES: usize = 250;

/// Numbers that look random and are the same in every run (xorshift64*).
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, first: u64, last: u64) -> u64 {
        first + (self.unit() * (last - first + 1) as f64) as u64
    }

    /// Cases of n, neither none nor all.
    fn part(&mut self, most: u64) -> (u64, u64) {
        let n = self.between(3, most);
        (self.between(1, n - 1), n)
    }
}

/// A case for the other implementation, and what is found here.
struct Case {
    asked: String,
    found: Vec<f64>,
}

fn case(name: &str, numbers: &[f64], found: Vec<f64>) -> Case {
    let numbers: Vec<_> = numbers.iter().map(|number| format!("{number:?}")).collect();
    Case { asked: format!("{name} {}", numbers.join(" ")), found }
}

fn numbers(exposure: &Exposure) -> [f64; 4] {
    [exposure.met.0, exposure.met.1, exposure.spared.0, exposure.spared.1].map(|count| count as f64)
}

fn of_risk(name: &str, strata: &[Exposure]) -> Case {
    let ratio = relative_risk(strata).expect("there are cases");
    let asked: Vec<_> = strata.iter().flat_map(numbers).collect();
    case(name, &asked, vec![ratio.value, ratio.low, ratio.high, ratio.p])
}

fn moments(values: &[f64]) -> Moments {
    Moments {
        n: values.len() as u64,
        sum: values.iter().sum(),
        squares: values.iter().map(|value| value * value).sum(),
    }
}

/// Scores of a scale from 1 to 11 that spread, so that the least variance of whole scores does not count.
fn scores(random: &mut Random) -> Vec<f64> {
    let n = random.between(3, 60);
    let mut scores: Vec<_> = (0..n).map(|_| random.between(1, 11) as f64).collect();
    scores.extend([1.0, 11.0]);
    scores
}

fn of_means(random: &mut Random) -> Case {
    let (met, spared) = (scores(random), scores(random));
    let change = mean_difference(&[(moments(&met), moments(&spared))]).expect("there are two of each");
    let asked: Vec<_> = [met.len() as f64].into_iter().chain(met).chain(spared).collect();
    case("means", &asked, vec![change.difference, change.low, change.high, change.p])
}

fn of_weights(random: &mut Random) -> Case {
    let pairs: Vec<_> = scores(random).into_iter().map(|score| (score, 0.1 + 4.0 * random.unit())).collect();
    let parts: Vec<_> = pairs.iter().map(|&(sum, weight)| Weighted { n: 1, weight, sum, squares: sum * sum }).collect();
    let mean = weighted_mean(&parts, (f64::NEG_INFINITY, f64::INFINITY), 0.0).expect("there are answers");
    let worth = effective_n(pairs.iter().map(|(_, weight)| (1.0, *weight)));
    let asked: Vec<_> = pairs.iter().flat_map(|&(score, weight)| [score, weight]).collect();
    case("weighted", &asked, vec![mean.value, mean.low, mean.high, worth])
}

fn of_raking(random: &mut Random) -> Case {
    let mut shares = |many: usize| {
        let parts: Vec<_> = (0..many).map(|_| 0.05 + random.unit()).collect();
        let sum: f64 = parts.iter().sum();
        parts.iter().map(|part| part / sum).collect::<Vec<_>>()
    };
    let (rows, columns) = (shares(3), shares(4));
    let cells: Vec<_> =
        (0..12).map(|place| Cell { categories: vec![place / 4, place % 4], n: random.between(1, 80) as f64 }).collect();
    let asked: Vec<_> = rows.iter().chain(&columns).copied().chain(cells.iter().map(|cell| cell.n)).collect();
    case("raked", &asked, rake(&cells, &[rows, columns], f64::INFINITY))
}

/// The share still open, its error and its interval, day by day; the last day is nobody's event, so that some are always left.
fn of_survival(random: &mut Random) -> Case {
    let mut spells: Vec<_> = (0..random.between(2, 60))
        .map(|_| Spell { days: random.between(1, 30) as u32, is_closed: random.unit() < 0.6 })
        .collect();
    spells.push(Spell { days: 3, is_closed: true });
    spells.push(Spell { days: 31, is_closed: false });
    let asked: Vec<_> =
        spells.iter().flat_map(|spell| [f64::from(spell.days), f64::from(u8::from(spell.is_closed))]).collect();
    let steps = Curve::of(&spells).steps;
    let found =
        steps.iter().flat_map(|step| [f64::from(step.day), step.open, step.standard_error, step.low, step.high]);
    case("survival", &asked, found.collect())
}

fn cases() -> Vec<Case> {
    let (mut random, mut all) = (Random(0x9e37_79b9_7f4a_7c15), Vec::new());
    for _ in 0..CASES {
        let mut stratum = |most| Exposure { met: random.part(most), spared: random.part(most) };
        let one = stratum(400);
        all.push(of_risk("risk", &[one]));
        all.push(case("shift", &numbers(&one), vec![likelihood_ratio(one.met, one.spared)]));
        let several: Vec<_> = (0..3).map(|_| stratum(120)).collect();
        all.push(of_risk("risks", &several));
        all.push(of_means(&mut random));
        all.push(of_weights(&mut random));
        all.push(of_raking(&mut random));
        all.push(of_survival(&mut random));
        let p: Vec<_> = (0..random.between(1, 40)).map(|_| random.unit().powi(3)).collect();
        all.push(case("false_discoveries", &p, benjamini_hochberg(&p)));
    }
    all
}

#[test]
fn scipy_and_statsmodels_agree_on_random_cases() {
    let Ok(python) = std::env::var("RAPPORT_TEST_PYTHON") else {
        assert!(
            std::env::var_os("CI").is_none(),
            "RAPPORT_TEST_PYTHON names no interpreter with scipy and statsmodels"
        );
        println!("not compared: RAPPORT_TEST_PYTHON names no interpreter with scipy and statsmodels");
        return;
    };
    let cases = cases();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/statistics.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the interpreter starts");
    let lines: String = cases.iter().map(|case| format!("{}\n", case.asked)).collect();
    let mut input = child.stdin.take().expect("it is piped");
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("no panic").expect("it reads all");
    let answers = String::from_utf8(output.stdout).expect("text");
    assert_eq!(answers.lines().count(), cases.len(), "an answer a case");
    for (case, answer) in cases.iter().zip(answers.lines()) {
        let expected: Vec<f64> = answer.split(' ').map(|number| number.parse().expect("a number")).collect();
        assert_eq!(expected.len(), case.found.len(), "{}", case.asked);
        for (found, expected) in case.found.iter().zip(&expected) {
            let off = (found - expected).abs() / expected.abs().max(1.0);
            assert!(off < 1e-6, "{}: found {:?}, expected {answer}", case.asked, case.found);
        }
    }
}
