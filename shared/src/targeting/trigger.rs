//! The moment at which a survey that fits its target appears.

use super::PropertyRule;
use crate::signal::SignalKind;
#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// What makes a popover or banner appear.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(Serialize, Deserialize),
    serde(tag = "on", rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Trigger {
    /// Only `rapport('survey', id)`, a launcher, an inline element or the host's own button.
    #[default]
    Manual,
    /// After so long on a page.
    Delay {
        /// Time on the page, in milliseconds.
        delay_ms: u32,
    },
    /// When the agent sees a signal on the page.
    Signal {
        /// `rage_click`, `dead_click`, `slow_click`, `failed_click` or `error`.
        signal: SignalKind,
    },
    /// Once so much of the page has been seen.
    Scroll {
        /// Deepest part seen, 1 to 100.
        percent: u8,
    },
    /// When the pointer leaves the page by its upper edge, where tabs and address are. Touch screens have no such moment.
    ExitIntent,
    /// When an element comes into view.
    Seen {
        /// CSS selector of the element.
        selector: String,
    },
    /// When the page tells of an event with `track`.
    Event {
        /// Name of the event.
        name: String,
        /// What has to hold of its properties; all of these.
        #[cfg_attr(feature = "serde", serde(default))]
        properties: Vec<PropertyRule>,
        /// How long after it, in milliseconds.
        #[cfg_attr(feature = "serde", serde(default))]
        delay_ms: u32,
        /// Events that call it off when they come within the delay.
        #[cfg_attr(feature = "serde", serde(default))]
        cancelled_by: Vec<String>,
    },
    /// When a task ends so.
    Task {
        /// Name of the task; any when empty.
        #[cfg_attr(feature = "serde", serde(default))]
        task: String,
        /// How it ended.
        end: TaskEnd,
    },
    /// When the page's largest part took longer than this to appear.
    SlowPage {
        /// Largest Contentful Paint, in milliseconds.
        over_ms: u32,
    },
    /// When a form that was sent is filled in again: what was entered did not arrive, or was refused.
    FormRefilled,
}

/// How a task ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
pub enum TaskEnd {
    /// The visitor did what they came for.
    Success,
    /// The page says that it failed.
    Fail,
    /// The visitor gave up.
    Abandon,
}

impl TaskEnd {
    /// The step on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Fail => "fail",
            Self::Abandon => "abandon",
        }
    }
}
