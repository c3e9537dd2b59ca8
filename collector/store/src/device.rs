//! Kinds of device: which one a row is of, and which ones are asked for.

pub use rapport_shared::targeting::Device;

/// What a row came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A browser on such a device.
    Browser(Device),
    /// A server, with answers that were given elsewhere.
    Server,
}

impl Sender {
    /// The name in the database, in the column of the device.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Browser(device) => device.as_str(),
            Self::Server => "server",
        }
    }
}

impl From<Device> for Sender {
    fn from(device: Device) -> Self {
        Self::Browser(device)
    }
}

impl Default for Sender {
    fn default() -> Self {
        Device::default().into()
    }
}

/// The name of a device in rollups; `None`, all devices together, has an empty one.
pub fn rollup_name(device: Option<Device>) -> &'static str {
    device.map_or("", Device::as_str)
}
