//! Since when a share is what it is: the days at which it changed.

use super::LEVEL;
use super::distribution::normal_two_sided;

/// A stretch of days over which a share stayed the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Its first day.
    pub first: usize,
    /// The day after its last.
    pub end: usize,
    /// Cases.
    pub cases: u64,
    /// Of how many.
    pub n: u64,
}

impl Stretch {
    fn of(days: &[(u64, u64)], first: usize, end: usize) -> Self {
        let sum = |of: fn(&(u64, u64)) -> u64| days[first..end].iter().map(of).sum();
        Self { first, end, cases: sum(|day| day.0), n: sum(|day| day.1) }
    }

    /// The share of 1; 0 where there is none.
    pub fn share(&self) -> f64 {
        if self.n == 0 { 0.0 } else { self.cases.min(self.n) as f64 / self.n as f64 }
    }
}

/// The stretches of days, oldest first, over which the share of cases stayed the same; each day is `(cases, n)`.
///
/// Binary segmentation (L. Y. Vostrikova, "Detecting disorder in multidimensional random processes", Soviet Mathematics
/// Doklady 24 (1981)): days are parted where the likelihood ratio of two shares against one is largest, as long as chance
/// would show such a one in fewer than 5 of 100 sites, and then each part again. p is multiplied by the number of places
/// where a stretch could be parted and by `looks`, how many series are looked at (Bonferroni). Cases of one day often fare
/// alike, so the ratio is divided by how far the days spread beyond chance, at least by `effect`, their design effect.
pub fn stretches(days: &[(u64, u64)], effect: f64, looks: f64) -> Vec<Stretch> {
    let spread = spread(days).max(effect).max(1.0);
    let mut found = Vec::new();
    let mut open = vec![(0, days.len())];
    while let Some((first, end)) = open.pop() {
        match parted(days, (first, end), spread, looks) {
            // The later part is taken first, so that it is found last.
            Some(at) => open.extend([(first, at), (at, end)]),
            None if first < end => found.push(Stretch::of(days, first, end)),
            None => {}
        }
    }
    found.reverse();
    found
}

/// Twice the logarithm of the likelihood ratio of two shares against one common share (Wilks): about a chi-squared of one degree of
/// freedom where they are the same. Each is `(cases, n)`.
pub fn likelihood_ratio(one: (u64, u64), other: (u64, u64)) -> f64 {
    let both = (one.0 + other.0, one.1 + other.1);
    (2.0 * (likelihood(one) + likelihood(other) - likelihood(both))).max(0.0)
}

/// The logarithm of the largest likelihood of a share.
fn likelihood((cases, n): (u64, u64)) -> f64 {
    let of = |part: u64| if part == 0 { 0.0 } else { part as f64 * (part as f64 / n as f64).ln() };
    of(cases.min(n)) + of(n.saturating_sub(cases))
}

fn parted(days: &[(u64, u64)], (first, end): (usize, usize), spread: f64, looks: f64) -> Option<usize> {
    let all = Stretch::of(days, first, end);
    let (mut before, mut best) = ((0, 0), None);
    for at in first + 1..end {
        before = (before.0 + days[at - 1].0, before.1 + days[at - 1].1);
        let after = (all.cases - before.0, all.n - before.1);
        let ratio = likelihood_ratio(before, after) / spread;
        if best.is_none_or(|(most, _)| ratio > most) {
            best = Some((ratio, at));
        }
    }
    let places = end.saturating_sub(first + 1) as f64;
    best.filter(|(ratio, _)| normal_two_sided(ratio.sqrt()) * places * looks.max(1.0) < LEVEL).map(|(_, at)| at)
}

/// How far neighbouring days differ beyond chance: the median of their squared differences in standard errors, over that of a
/// chi-squared of one degree of freedom. A share that changes on one day is not mistaken for spread.
fn spread(days: &[(u64, u64)]) -> f64 {
    const MEDIAN: f64 = 0.454_936;
    let all = Stretch::of(days, 0, days.len());
    let mut squares: Vec<f64> = days
        .windows(2)
        .filter(|pair| pair[0].1 > 0 && pair[1].1 > 0)
        .map(|pair| {
            let share = |(cases, n): (u64, u64)| cases as f64 / n as f64;
            let (n, m) = (pair[0].1 as f64, pair[1].1 as f64);
            // Their own share where there is one: a page that was broken for a week varies less before than then.
            let own = (pair[0].0 + pair[1].0) as f64 / (n + m);
            let of = if own > 0.0 && own < 1.0 { own } else { all.share() };
            let variance = of * (1.0 - of) * (1.0 / n + 1.0 / m);
            if variance > 0.0 { (share(pair[0]) - share(pair[1])).powi(2) / variance } else { 0.0 }
        })
        .collect();
    // Fewer say nothing of a median.
    if squares.len() < 5 {
        return 1.0;
    }
    squares.sort_by(f64::total_cmp);
    squares[squares.len() / 2] / MEDIAN
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn firsts(days: &[(u64, u64)]) -> Vec<usize> {
        stretches(days, 1.0, 1.0).iter().map(|stretch| stretch.first).collect()
    }

    #[test]
    fn a_page_that_was_broken_for_five_days_is_told_from_before_and_after() {
        let days: Vec<_> =
            (0..30).map(|day| if (18..23).contains(&day) { (60, 100) } else { (4 + day % 3, 100) }).collect();
        let found = stretches(&days, 1.0, 20.0);
        assert_eq!(
            found.iter().map(|stretch| (stretch.first, stretch.end)).collect::<Vec<_>>(),
            [(0, 18), (18, 23), (23, 30)]
        );
        assert!(found[1].share() > 0.59 && found[2].share() < 0.07);
        assert_eq!(stretches(&days, 1_000.0, 20.0).len(), 1, "views that all fare alike tell nothing");
    }

    #[test]
    fn days_without_views_and_too_few_days_change_nothing() {
        assert_eq!(firsts(&[]), [0; 0]);
        assert_eq!(firsts(&[(3, 4)]), [0]);
        assert_eq!(firsts(&[(0, 0), (0, 0), (1, 2), (0, 0)]), [0]);
        assert_eq!(firsts(&[(0, 200), (0, 200), (0, 0), (90, 200), (80, 200)]), [0, 2]);
    }

    #[test]
    fn chance_alone_parts_hardly_any_month() {
        // xorshift64*
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut unit = move || {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
        };
        let mut parted = 0;
        for _ in 0..400 {
            let days: Vec<_> = (0..30).map(|_| ((0..80).filter(|_| unit() < 0.1).count() as u64, 80)).collect();
            parted += usize::from(firsts(&days).len() > 1);
        }
        assert!(parted <= 20, "{parted} of 400 months without a change");
    }

    proptest! {
        #[test]
        fn stretches_cover_every_day_once(days in prop::collection::vec((0u64..50, 50u64..90), 0..60)) {
            let found = stretches(&days, 1.0, 1.0);
            prop_assert!(found.windows(2).all(|pair| pair[0].end == pair[1].first));
            prop_assert_eq!(found.iter().map(|stretch| stretch.n).sum::<u64>(), days.iter().map(|day| day.1).sum::<u64>());
        }
    }
}
