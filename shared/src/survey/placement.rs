//! Where a survey appears.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// Where a survey appears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
pub enum Placement {
    /// A button floating in the lower corner opens the panel.
    #[default]
    Launcher,
    /// The panel opens in the lower corner when the trigger fires.
    Popover,
    /// A strip at the lower edge, over the page's whole width.
    Banner,
    /// A dialog that keeps the focus; only ever shown on demand.
    Modal,
    /// Inside the host's own `<div data-rapport-survey="id">`.
    Inline,
    /// Nowhere in pages: only by its own address, `/f/{site}/{survey}`.
    Hosted,
}

impl Placement {
    /// The name in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Launcher => "launcher",
            Self::Popover => "popover",
            Self::Banner => "banner",
            Self::Modal => "modal",
            Self::Inline => "inline",
            Self::Hosted => "hosted",
        }
    }

    /// Whether it appears of its own accord when its trigger fires; the others wait to be opened or have their place.
    pub fn has_trigger(self) -> bool {
        matches!(self, Self::Popover | Self::Banner)
    }
}
