//! The days that a slice covers.

use jiff::ToSpan;
use jiff::civil::Date;

/// The longest custom range, in days.
pub const RANGE_DAYS: i32 = 366;

/// The days a report covers; today is included where it is one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// So many days up to today: 1 (today alone), 7, 30 or 90.
    Last(i32),
    /// The day before today.
    Yesterday,
    /// The month that runs, up to today.
    ThisMonth,
    /// The month before that.
    LastMonth,
    /// From one day to another, both included.
    Custom(Date, Date),
}

impl Range {
    /// Those that have a name, in the order they are offered.
    pub const NAMED: [Self; 7] = [
        Self::Last(1),
        Self::Yesterday,
        Self::Last(7),
        Self::Last(30),
        Self::Last(90),
        Self::ThisMonth,
        Self::LastMonth,
    ];

    /// The name in addresses; none of days of one's own.
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::Last(1) => "today",
            Self::Yesterday => "yesterday",
            Self::Last(7) => "7d",
            Self::Last(30) => "30d",
            Self::Last(90) => "90d",
            Self::ThisMonth => "month",
            Self::LastMonth => "last-month",
            Self::Last(_) | Self::Custom(..) => return None,
        })
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Last(1) => "Today",
            Self::Yesterday => "Yesterday",
            Self::Last(7) => "7 days",
            Self::Last(30) => "30 days",
            Self::Last(90) => "90 days",
            Self::ThisMonth => "This month",
            Self::LastMonth => "Last month",
            Self::Last(_) | Self::Custom(..) => "Other days",
        }
    }

    /// The first and the last day of it, seen from `today`.
    pub fn days(self, today: Date) -> (Date, Date) {
        match self {
            Self::Last(days) => (today.saturating_sub((days - 1).days()), today),
            Self::Yesterday => (today.saturating_sub(1.day()), today.saturating_sub(1.day())),
            Self::ThisMonth => (today.first_of_month(), today),
            Self::LastMonth => {
                let last = today.first_of_month().saturating_sub(1.day());
                (last.first_of_month(), last)
            }
            Self::Custom(from, to) => (from, to),
        }
    }
}
