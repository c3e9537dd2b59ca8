//! The kinds of device.

/// Which devices a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// Every device.
    All,
    /// Desktop and laptop computers.
    Desktop,
    /// Phones.
    Mobile,
    /// Tablets.
    Tablet,
}

impl Device {
    /// Every value, in the order it is offered.
    pub const EACH: [Self; 4] = [Self::All, Self::Desktop, Self::Mobile, Self::Tablet];

    /// The name in the URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Desktop => "desktop",
            Self::Mobile => "mobile",
            Self::Tablet => "tablet",
        }
    }

    /// The name in the database, empty for every device.
    pub fn stored(self) -> &'static str {
        if self == Self::All { "" } else { self.as_str() }
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::All => "All devices",
            Self::Desktop => "Desktop",
            Self::Mobile => "Mobile",
            Self::Tablet => "Tablet",
        }
    }
}
