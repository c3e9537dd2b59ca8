//! Where a survey appears, and what makes it appear.

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

/// What makes a popover or a banner appear.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(Serialize, Deserialize),
    serde(tag = "on", rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Trigger {
    /// Only `rapport('survey', id)`, a launcher or an inline element.
    #[default]
    Manual,
    /// After so long on a page.
    Delay {
        /// Time on the page, in milliseconds.
        delay_ms: u32,
    },
    /// When the agent sees a signal on the page.
    Signal {
        /// `rage_click`, `dead_click` or `error`.
        signal: crate::signal::SignalKind,
    },
}
