//! Purchases: who buys again, and what a customer is worth at a given age.

use crate::score::{Score, Weighted, weighted_mean, wilson};

/// Money that came from a customer, or went back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Booking {
    /// The day, counted from any first one.
    pub day: i64,
    /// The amount in the smallest unit of the one currency looked at: above 0 for a purchase, below for a refund. 0 is a purchase.
    pub amount: i64,
}

/// Of the customers who bought in the days `first` to `last`, both included, the share that bought twice or more in them, in percent;
/// `None` where nobody bought. A refund is no purchase, and takes none away.
pub fn repeat_rate(customers: &[Vec<Booking>], (first, last): (i64, i64)) -> Option<Score> {
    let is_bought = |booking: &&Booking| booking.amount >= 0 && (first..=last).contains(&booking.day);
    let counts: Vec<_> = customers.iter().map(|bookings| bookings.iter().filter(is_bought).count()).collect();
    let reached = |least: usize| counts.iter().filter(|count| **count >= least).count() as u64;
    wilson(reached(2), reached(1))
}

/// What a customer has brought, less refunds, in the first `age_days` days from the first purchase: the mean over those whose age is
/// reached `today`, in the smallest unit of the currency, with the interval of Student's t; `None` where there is none.
///
/// Younger customers are left out, or a young cohort would look worth less than an old one for its age alone. A refund counts on its own
/// day: one that came after that age is not in it for anybody.
pub fn value_at_age(customers: &[Vec<Booking>], today: i64, age_days: u32) -> Option<Score> {
    let age = i64::from(age_days);
    let value = |bookings: &Vec<Booking>| {
        let first = bookings.iter().filter(|booking| booking.amount >= 0).map(|booking| booking.day).min()?;
        let counted = bookings.iter().filter(|booking| (first..first.saturating_add(age)).contains(&booking.day));
        let sum = counted.fold(0_i64, |sum, booking| sum.saturating_add(booking.amount)) as f64;
        (first.saturating_add(age) <= today).then_some(Weighted { n: 1, weight: 1.0, sum, squares: sum * sum })
    };
    let parts: Vec<_> = customers.iter().filter_map(value).collect();
    weighted_mean(&parts, (f64::NEG_INFINITY, f64::INFINITY), 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::assert_close;
    use proptest::prelude::*;

    fn bookings(drawn: &[(i64, i64)]) -> Vec<Booking> {
        drawn.iter().map(|&(day, amount)| Booking { day, amount }).collect()
    }

    #[test]
    fn who_bought_once_and_sent_it_back_has_not_bought_again() {
        let people =
            [bookings(&[(1, 900), (5, -900)]), bookings(&[(2, 100), (9, 100)]), bookings(&[(1, 50), (40, 50)])];
        let rate = repeat_rate(&people, (0, 30)).expect("three bought");
        assert_close(rate.value, 100.0 / 3.0, 1e-9, "rate");
        assert_eq!((rate.n, repeat_rate(&people, (50, 60))), (3, None));
    }

    #[test]
    fn a_young_customer_does_not_lower_the_value_at_an_age() {
        let people =
            [bookings(&[(0, 1_000), (20, 500), (25, -300), (90, 5_000)]), bookings(&[(0, 800)]), bookings(&[(95, 1)])];
        let value = value_at_age(&people, 100, 30).expect("two are old enough");
        assert_eq!((value.value, value.n), (1_000.0, 2));
        assert_eq!(value_at_age(&people, 10, 30), None);
    }

    proptest! {
        #[test]
        fn worth_and_repeats_are_those_of_a_slow_reference(
            drawn in prop::collection::vec(prop::collection::vec((0_i64..60, -50_i64..200), 0..8), 0..20),
            today in 0_i64..90,
            age in 1_u32..50,
        ) {
            let people: Vec<_> = drawn.iter().map(|bookings_of| bookings(bookings_of)).collect();
            let (mut sum, mut n, mut once, mut again) = (0, 0, 0, 0);
            for person in &drawn {
                let bought: Vec<_> = person.iter().filter(|(_, amount)| *amount >= 0).map(|(day, _)| *day).collect();
                once += u64::from(bought.iter().any(|day| *day <= today));
                again += u64::from(bought.iter().filter(|day| **day <= today).count() > 1);
                if let Some(first) = bought.iter().min().filter(|first| today - **first >= i64::from(age)) {
                    n += 1;
                    sum += (0..i64::from(age)).flat_map(|later| person.iter().filter(move |(day, _)| *day == first + later)).map(|(_, amount)| amount).sum::<i64>();
                }
            }
            let value = value_at_age(&people, today, age);
            prop_assert_eq!(value.map_or(0, |value| value.n), n);
            if let Some(value) = value {
                prop_assert!((value.value - sum as f64 / n as f64).abs() < 1e-6);
            }
            let rate = repeat_rate(&people, (0, today));
            prop_assert_eq!(rate.map_or(0, |rate| rate.n), once);
            prop_assert!(rate.is_none_or(|rate| (rate.value - 100.0 * again as f64 / once as f64).abs() < 1e-9));
        }
    }
}
