//! Who will buy again, by the beta-geometric / negative binomial model of buying (BG/NBD).
//!
//! Source: P. S. Fader, B. G. S. Hardie and K. L. Lee, "'Counting your customers' the easy way", Marketing Science 24 (2005). It assumes that
//! one buys by chance at a steady rate, that rates differ as a gamma distribution, that one leaves for good only after a purchase, with a
//! chance that differs as a beta distribution, that both are independent, and that there is no season.

use crate::score::ln_gamma;

/// What the model needs to know of a customer. Times are in the unit of the parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Buyer {
    /// In how many periods one bought again: periods, not receipts, and without the first.
    pub repeats: u32,
    /// The time from the first purchase to the last, 0 without repeats.
    pub last: f64,
    /// The time from the first purchase to today.
    pub age: f64,
}

/// The parameters of the model, each above 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Buying {
    /// The shape of the rates of buying.
    pub r: f64,
    /// The scale of the rates of buying, a time.
    pub alpha: f64,
    /// The first parameter of the chance to leave.
    pub a: f64,
    /// The second parameter of the chance to leave.
    pub b: f64,
}

/// Why no model is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfitted {
    /// Fewer customers than [`LEAST_REPEATERS`] bought again.
    FewRepeaters(usize),
    /// A customer's times make no sense: one is not finite or below 0, or the last purchase is after today.
    BadTimes,
    /// No parameters are the most likely ones: the search ran to an end of its range or did not settle.
    NoMaximum,
}

/// Fewest customers who bought again for whom a model is looked for: four parameters need some dozens, a choice of this project.
pub const LEAST_REPEATERS: usize = 50;

impl Buying {
    /// The most likely parameters of these customers, found by Nelder and Mead's simplex (Computer Journal 7, 1965) over their logarithms.
    /// Those who bought once belong to them.
    pub fn fit(buyers: &[Buyer]) -> Result<Self, Unfitted> {
        let repeaters = buyers.iter().filter(|buyer| buyer.repeats > 0).count();
        if repeaters < LEAST_REPEATERS {
            return Err(Unfitted::FewRepeaters(repeaters));
        }
        let is_good = |buyer: &Buyer| buyer.age.is_finite() && 0.0 <= buyer.last && buyer.last <= buyer.age;
        if !buyers.iter().all(is_good) {
            return Err(Unfitted::BadTimes);
        }
        let age = buyers.iter().map(|buyer| buyer.age).sum::<f64>() / buyers.len() as f64;
        let cost = |logs: &Point| {
            let far = logs.iter().any(|log| log.abs() > FARTHEST);
            let model = Self::at(logs);
            if far { f64::INFINITY } else { -buyers.iter().map(|buyer| model.log_likelihood(buyer)).sum::<f64>() }
        };
        let best = minimum([0.0, age.max(1e-3).ln().clamp(-5.0, 5.0), 0.0, 0.0], cost).ok_or(Unfitted::NoMaximum)?;
        if best.iter().any(|log| log.abs() > FARTHEST - 0.5) { Err(Unfitted::NoMaximum) } else { Ok(Self::at(&best)) }
    }

    fn at(logs: &Point) -> Self {
        let [r, alpha, a, b] = logs.map(f64::exp);
        Self { r, alpha, a, b }
    }

    /// The logarithm of how likely this customer is, the published equation 6 in logarithms so that no power overflows.
    pub fn log_likelihood(&self, buyer: &Buyer) -> f64 {
        let (Self { r, alpha, a, b }, x) = (*self, f64::from(buyer.repeats));
        let rates = ln_gamma(r + x) - ln_gamma(r) + r * alpha.ln();
        let chances = ln_gamma(a + b) + ln_gamma(b + x) - ln_gamma(b) - ln_gamma(a + b + x);
        rates + chances - (r + x) * (alpha + buyer.age).ln() + softplus(self.log_odds_of_leaving(buyer))
    }

    /// How likely it is that one has not left, 0 to 1; `None` without repeats, where the model says 1 of everybody, however long ago it was.
    pub fn alive(&self, buyer: &Buyer) -> Option<f64> {
        (buyer.repeats > 0).then(|| 1.0 / (1.0 + self.log_odds_of_leaving(buyer).exp()))
    }

    /// How many purchases are expected of this customer in the time `ahead` from today, the published equation 10; `None` where `a` is so
    /// close to 1 that the equation divides by nothing.
    pub fn expected(&self, buyer: &Buyer, ahead: f64) -> Option<f64> {
        let (Self { r, alpha, a, b }, x) = (*self, f64::from(buyer.repeats));
        let whole = alpha + buyer.age + ahead;
        let shrunk = (r + x) * ((alpha + buyer.age) / whole).ln();
        let series = hypergeometric(r + x, b + x, a + b + x - 1.0, ahead / whole)?;
        let most = (a + b + x - 1.0) / (a - 1.0) * (1.0 - shrunk.exp() * series);
        ((a - 1.0).abs() > 1e-6).then(|| most / (1.0 + self.log_odds_of_leaving(buyer).exp()))
    }

    /// The logarithm of the odds that one left after the last purchase, −∞ without repeats.
    fn log_odds_of_leaving(&self, buyer: &Buyer) -> f64 {
        if buyer.repeats == 0 {
            return f64::NEG_INFINITY;
        }
        let (Self { r, alpha, a, b }, x) = (*self, f64::from(buyer.repeats));
        (a / (b + x - 1.0)).ln() + (r + x) * ((alpha + buyer.age) / (alpha + buyer.last)).ln()
    }
}

/// Logarithms of the four parameters.
type Point = [f64; 4];

/// The end of the range of logarithms: parameters from 1/8,100 to 8,100.
const FARTHEST: f64 = 9.0;

/// Where the cost is least; `None` where the search does not settle.
fn minimum(start: Point, cost: impl Fn(&Point) -> f64) -> Option<Point> {
    let at = |point: Point| (cost(&point), point);
    let mut corners = vec![at(start)];
    for place in 0..start.len() {
        let mut point = start;
        point[place] += 0.5;
        corners.push(at(point));
    }
    for _ in 0..2_000 {
        corners.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (best, worst) = (corners[0], corners[4]);
        if worst.0 - best.0 <= 1e-9 * best.0.abs().max(1.0) {
            return Some(best.1);
        }
        let centre: Point =
            std::array::from_fn(|place| corners[..4].iter().map(|corner| corner.1[place]).sum::<f64>() / 4.0);
        let along =
            |factor: f64| at(std::array::from_fn(|place| centre[place] + factor * (worst.1[place] - centre[place])));
        let mirrored = along(-1.0);
        let next = if mirrored.0 < best.0 {
            let farther = along(-2.0);
            if farther.0 < mirrored.0 { farther } else { mirrored }
        } else if mirrored.0 < corners[3].0 {
            mirrored
        } else {
            along(if mirrored.0 < worst.0 { -0.5 } else { 0.5 })
        };
        if next.0 < worst.0 {
            corners[4] = next;
            continue;
        }
        for corner in &mut corners[1..] {
            *corner = at(std::array::from_fn(|place| (corner.1[place] + best.1[place]) / 2.0));
        }
    }
    None
}

/// ln(1 + e^x) without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// ₂F₁(a, b; c; z) for 0 ≤ z < 1 by its series (Abramowitz and Stegun 15.1.1); `None` where it has not settled after many terms.
fn hypergeometric(a: f64, b: f64, c: f64, z: f64) -> Option<f64> {
    let (mut term, mut sum) = (1.0, 1.0);
    for place in 0..100_000 {
        let n = f64::from(place);
        term *= (a + n) * (b + n) / ((c + n) * (n + 1.0)) * z;
        sum += term;
        if !f64::is_finite(sum) {
            return None;
        }
        if f64::abs(term) <= f64::abs(sum) * 1e-15 {
            return Some(sum);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::assert_close;

    /// The parameters that the paper finds for CDNOW, in weeks.
    const CDNOW: Buying = Buying { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };

    /// The paper's customer with 2 repeats, the last in week 30.43 of 38.86: 1.226 purchases in the next 39 weeks.
    #[test]
    fn the_published_customer_of_cdnow_buys_as_published() {
        let buyer = Buyer { repeats: 2, last: 30.43, age: 38.86 };
        assert_close(CDNOW.expected(&buyer, 39.0).expect("it settles"), 1.226, 1e-3, "expected");
    }

    #[test]
    fn who_bought_once_years_ago_is_not_called_alive() {
        assert_eq!(CDNOW.alive(&Buyer { repeats: 0, last: 0.0, age: 500.0 }), None);
        let alive = |age| CDNOW.alive(&Buyer { repeats: 3, last: 20.0, age }).expect("there are repeats");
        assert!(alive(21.0) > alive(60.0) && alive(900.0) < 0.01);
    }

    #[test]
    fn many_repeats_and_long_times_do_not_overflow() {
        let buyer = Buyer { repeats: 2_000, last: 100.0, age: 5_000.0 };
        assert!(CDNOW.log_likelihood(&buyer).is_finite());
        assert_eq!(CDNOW.alive(&buyer), Some(0.0));
    }

    /// The likelihood is the mean over all rates and chances of that of a customer with this rate and this chance.
    #[test]
    fn the_likelihood_is_the_integral_over_rates_and_chances() {
        let model = Buying { r: 2.0, alpha: 3.0, a: 2.0, b: 3.0 };
        for buyer in [Buyer { repeats: 0, last: 0.0, age: 4.0 }, Buyer { repeats: 3, last: 2.5, age: 4.0 }] {
            let (x, steps, mut sum) = (buyer.repeats as i32, 1_000, 0.0);
            for place in 0..steps {
                let chance = (f64::from(place) + 0.5) / f64::from(steps);
                let of_chance = 12.0 * chance * (1.0 - chance).powi(2) / f64::from(steps);
                for place in 0..steps {
                    let rate = 8.0 * (f64::from(place) + 0.5) / f64::from(steps);
                    let of_rate = 9.0 * rate * (-3.0 * rate).exp() * 8.0 / f64::from(steps);
                    let stays = (1.0 - chance).powi(x) * (-rate * buyer.age).exp();
                    let leaves =
                        if x > 0 { chance * (1.0 - chance).powi(x - 1) * (-rate * buyer.last).exp() } else { 0.0 };
                    sum += of_chance * of_rate * rate.powi(x) * (stays + leaves);
                }
            }
            assert_close(model.log_likelihood(&buyer), f64::ln(sum), 1e-4, "likelihood");
        }
    }

    /// Customers who buy and leave as the model says: rates of an exponential distribution (r = 1) and chances u^(1/a) (b = 1).
    fn simulated(model: &Buying, many: usize) -> Vec<Buyer> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut unit = move || {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            ((state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
        };
        let one = |_| {
            let (rate, chance) = (-unit().ln() / model.alpha, unit().powf(1.0 / model.a));
            let age = 20.0 + 30.0 * unit();
            let (mut repeats, mut last) = (0, 0.0);
            loop {
                let next = last - unit().ln() / rate;
                if next > age {
                    break;
                }
                (repeats, last) = (repeats + 1, next);
                if unit() < chance {
                    break;
                }
            }
            Buyer { repeats, last, age }
        };
        (0..many).map(one).collect()
    }

    #[test]
    fn the_parameters_of_simulated_customers_are_found_again() {
        let truth = Buying { r: 1.0, alpha: 8.0, a: 0.4, b: 1.0 };
        let buyers = simulated(&truth, 6_000);
        let found = Buying::fit(&buyers).expect("there are enough");
        let likely = |model: &Buying| buyers.iter().map(|buyer| model.log_likelihood(buyer)).sum::<f64>();
        assert!(likely(&found) >= likely(&truth), "{found:?}");
        for (found, truth) in [(found.r, truth.r), (found.alpha, truth.alpha), (found.a, truth.a), (found.b, truth.b)] {
            assert!((found / truth).ln().abs() < 0.25, "{found} of {truth}");
        }
    }

    #[test]
    fn a_model_is_refused_where_few_bought_again_or_times_make_no_sense() {
        let once = Buyer { repeats: 0, last: 0.0, age: 9.0 };
        assert_eq!(Buying::fit(&[once; 500]), Err(Unfitted::FewRepeaters(0)));
        assert_eq!(Buying::fit(&[Buyer { repeats: 1, last: 10.0, age: 9.0 }; 60]), Err(Unfitted::BadTimes));
    }
}
