//! The distributions behind intervals and tests: normal, Student's t and binomial, through the incomplete beta and
//! gamma functions.

/// How often a standard normal variable is at least `|z|` from 0.
pub(super) fn normal_two_sided(z: f64) -> f64 {
    // erfc(x) is the upper regularised incomplete gamma function Q(1/2, x²): A. Abramowitz and I. Stegun, 6.5.17.
    let x = z * z / 2.0;
    if x < 1.5 { 1.0 - gamma_series(x) } else { gamma_fraction(x) }
}

/// How often Student's t with `degrees` of freedom is at least `|t|` from 0.
pub(super) fn student_t_two_sided(t: f64, degrees: f64) -> f64 {
    incomplete_beta(degrees / 2.0, 0.5, degrees / (degrees + t * t))
}

/// The 97.5 % point of Student's t with `degrees` (at least 1) of freedom.
pub(super) fn student_t_quantile_975(degrees: f64) -> f64 {
    // One degree has the largest, 12.71; the normal limit 1.96 is the smallest.
    bisect(1.9, 13.0, |t| student_t_two_sided(t, degrees) > 0.05)
}

/// How often at most `successes` of `n` tries succeed, each with `chance` (above 0, below 1).
pub(crate) fn binomial_cdf(successes: u64, n: u64, chance: f64) -> f64 {
    if successes >= n {
        return 1.0;
    }
    incomplete_beta((n - successes) as f64, successes as f64 + 1.0, 1.0 - chance)
}

/// The point in `low..high` where `is_below` turns false.
fn bisect(mut low: f64, mut high: f64, is_below: impl Fn(f64) -> bool) -> f64 {
    while high - low > 1e-13 * high.abs() {
        let middle = (low + high) / 2.0;
        // The interval cannot get narrower than the numbers themselves.
        if middle <= low || middle >= high {
            break;
        }
        if is_below(middle) { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// P(1/2, x) by its power series (Abramowitz and Stegun 6.5.29).
fn gamma_series(x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let (mut term, mut sum, mut a) = (2.0, 2.0, 0.5);
    while f64::abs(term) > f64::abs(sum) * f64::EPSILON {
        a += 1.0;
        term *= x / a;
        sum += term;
    }
    sum * (-x).exp() * (x / core::f64::consts::PI).sqrt()
}

/// Q(1/2, x) by its continued fraction (Abramowitz and Stegun 6.5.31), evaluated by Lentz's method.
fn gamma_fraction(x: f64) -> f64 {
    let mut b = x + 0.5;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for step in 1..FRACTION_STEPS {
        let a = -(step as f64) * (step as f64 - 0.5);
        b += 2.0;
        d = 1.0 / away_from_zero(a * d + b);
        c = away_from_zero(b + a / c);
        fraction *= c * d;
        if (c * d - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    (-x).exp() * (x / core::f64::consts::PI).sqrt() * fraction
}

const TINY: f64 = 1e-300;
/// More than the square root of any n that fits a `u64` sketch in practice; each ends far earlier.
const FRACTION_STEPS: u32 = 100_000;

fn away_from_zero(value: f64) -> f64 {
    if value.abs() < TINY { TINY } else { value }
}

/// The regularised incomplete beta function by its continued fraction (Abramowitz and Stegun 26.5.8).
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges fast only below the mean.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let front = (a * x.ln() + b * (-x).ln_1p() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b)).exp() / a;
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for step in 1..FRACTION_STEPS {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away_from_zero(1.0 + even * d);
        c = away_from_zero(1.0 + even / c);
        fraction *= c * d;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away_from_zero(1.0 + odd * d);
        c = away_from_zero(1.0 + odd / c);
        fraction *= c * d;
        if (c * d - 1.0).abs() < 4.0 * f64::EPSILON {
            break;
        }
    }
    front * fraction
}

/// ln Γ(x) for positive x, by Stirling's series (Abramowitz and Stegun 6.1.41) after shifting x above 15.
pub(crate) fn ln_gamma(x: f64) -> f64 {
    let mut shift = 1.0;
    let mut x = x;
    while x < 15.0 {
        shift *= x;
        x += 1.0;
    }
    let inverse = 1.0 / x;
    let square = inverse * inverse;
    let series = inverse
        * (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square * (1.0 / 1680.0 - square / 1188.0))));
    (x - 0.5) * x.ln() - x + (2.0 * core::f64::consts::PI).ln() / 2.0 + series - f64::ln(shift)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::assert_close;

    #[test]
    fn normal_tails_agree_with_scipy() {
        // python: 2 * scipy.stats.norm.sf(z)
        for (z, p) in [
            (0.0, 1.0),
            (0.1, 0.920344325445942),
            (0.5, 0.6170750774519738),
            (1.0, 0.31731050786291415),
            (1.5, 0.13361440253771614),
            (1.96, 0.04999579029644087),
            (2.5758, 0.01000084747555736),
            (3.0, 0.0026997960632601866),
            (4.0, 6.334248366623973e-05),
            (5.0, 5.733031437583866e-07),
            (6.0, 1.973175290075389e-09),
            (8.0, 1.244192114854348e-15),
        ] {
            assert_close(normal_two_sided(z) / p, 1.0, 1e-12, &format!("z = {z}"));
            assert_eq!(normal_two_sided(-z), normal_two_sided(z));
        }
        assert_eq!(normal_two_sided(1e3), 0.0);
    }

    #[test]
    fn student_t_agrees_with_scipy() {
        // python: scipy.stats.t.ppf(.975, degrees)
        for (degrees, t) in [
            (1.0, 12.706204736174694),
            (2.0, 4.302652729749462),
            (3.0, 3.1824463052837078),
            (5.0, 2.5705818356363146),
            (10.0, 2.228138851986274),
            (29.0, 2.045229642132703),
            (30.0, 2.0422724563012378),
            (59.0, 2.000995378088267),
            (100.0, 1.9839715185235518),
            (1000.0, 1.9623390808264083),
            (100_000.0, 1.9599877075346095),
        ] {
            assert_close(student_t_quantile_975(degrees), t, 1e-9, &format!("{degrees} degrees"));
        }
        // python: 2 * scipy.stats.t.sf(t, degrees)
        for (t, degrees, p) in [
            (0.5, 3.0, 0.651447964848151),
            (2.0, 4.7, 0.10557218220343964),
            (2.5, 30.0, 0.01811564906806669),
            (3.3, 250.5, 0.001107423304007108),
            (1.0, 1.0, 0.5),
            (6.0, 1000.0, 2.7553691733774752e-09),
        ] {
            assert_close(student_t_two_sided(t, degrees) / p, 1.0, 1e-10, &format!("t = {t}"));
        }
    }

    #[test]
    fn incomplete_beta_agrees_with_scipy() {
        // python: scipy.special.betainc(a, b, x)
        for (a, b, x, value) in [
            (0.5, 0.5, 0.25, 0.33333333333333337),
            (2.0, 3.0, 0.4, 0.5247999999999999),
            (10.0, 1.0, 0.9, 0.34867844010000004),
            (50.0, 150.0, 0.25, 0.5108662874554789),
            (75_001.0, 25_000.0, 0.75, 0.49878605916522856),
            (1.0, 1.0, 0.3, 0.3),
            (0.5, 2.35, 0.54, 0.9310605448630318),
        ] {
            assert_close(incomplete_beta(a, b, x), value, 1e-9, &format!("I_{x}({a}, {b})"));
        }
    }

    #[test]
    fn the_binomial_sums_to_one_step_by_step() {
        let (n, chance) = (12u64, 0.3f64);
        let mut sum = 0.0;
        let mut ways = 1.0;
        for successes in 0..=n {
            sum += ways * chance.powi(successes as i32) * (1.0 - chance).powi((n - successes) as i32);
            assert_close(binomial_cdf(successes, n, chance), sum, 1e-12, &format!("{successes} of {n}"));
            ways = ways * (n - successes) as f64 / (successes + 1) as f64;
        }
    }
}
