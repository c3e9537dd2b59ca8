//! The relationship with a customer over time: the time until something happens, cohorts that stay, purchases, their worth and those to come.

mod buying;
mod cohort;
mod purchase;
mod survival;

pub use buying::{Buyer, Buying, LEAST_REPEATERS, Unfitted};
pub use cohort::{Cohort, Kept, churn, cohorts};
pub use purchase::{Booking, repeat_rate, value_at_age};
pub use survival::{Curve, Spell, Step};
