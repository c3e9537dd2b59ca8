//! The days that a slice covers.

use jiff::civil::Date;

/// The longest custom range, in days.
pub const RANGE_DAYS: i32 = 366;

/// The days a report covers; today is included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// So many days up to today: 7, 30 or 90.
    Last(i32),
    /// From one day to another, both included.
    Custom(Date, Date),
}
