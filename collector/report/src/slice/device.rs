//! The kinds of device.

use rapport_store::device;

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
        self.stored().map_or("all", device::Device::as_str)
    }

    /// The kind of device that rows are asked for; `None` for every one.
    pub fn stored(self) -> Option<device::Device> {
        match self {
            Self::All => None,
            Self::Desktop => Some(device::Device::Desktop),
            Self::Mobile => Some(device::Device::Mobile),
            Self::Tablet => Some(device::Device::Tablet),
        }
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
