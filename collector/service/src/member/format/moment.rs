//! How instants, and what happened then, read.

use super::duration;
use jiff::civil::DateTime;
use rapport_report::response::Time;
use rapport_report::timeline::Moment;
use rapport_shared::signal::{Happening, SignalKind};

/// How a [`Time`] reads on a page.
pub(crate) trait TimeText {
    /// `31 Mar 2026, 14:05`, by the clocks of the site.
    fn text(&self) -> String;
}

impl TimeText for Time {
    fn text(&self) -> String {
        // The first 19 characters are the local date and time; the offset follows.
        self.local
            .get(..19)
            .and_then(|local| local.parse::<DateTime>().ok())
            .map_or_else(|| self.local.clone(), |local| local.strftime("%-d %b %Y, %H:%M").to_string())
    }
}

/// How a [`Moment`] reads on a page.
pub(crate) trait MomentText {
    /// How long before the answer: `12 s before`.
    fn before_text(&self) -> String;

    /// Whether a page failed its visitor.
    fn is_failure(&self) -> bool;

    /// What happened, in words.
    fn title(&self) -> &'static str;

    /// Its kind as a class name: one of a few, whatever was sent.
    fn class(&self) -> &'static str;
}

impl MomentText for Moment {
    fn before_text(&self) -> String {
        if self.before_ms < 1_000 {
            "just before".to_owned()
        } else if self.before_ms < 10_000 {
            format!("{} s before", self.before_ms / 1_000)
        } else {
            format!("{} before", duration((self.before_ms / 1_000 * 1_000) as f64))
        }
    }

    fn is_failure(&self) -> bool {
        let is_failure =
            |kind: SignalKind| kind.is_judged() || matches!(kind, SignalKind::Error | SignalKind::QuickBack);
        matches!(self.kind, Happening::Signal(kind) if is_failure(kind))
    }

    fn title(&self) -> &'static str {
        match self.kind {
            Happening::PageView => "Opened",
            Happening::Click => "Clicked",
            Happening::Signal(SignalKind::RageClick) => "Rage-clicked",
            Happening::Signal(SignalKind::DeadClick) => "Clicked without effect",
            Happening::Signal(SignalKind::SlowClick) => "Clicked, and waited",
            Happening::Signal(SignalKind::FailedClick) => "Clicked, and it failed",
            Happening::Signal(SignalKind::Error) => "Script error",
            Happening::Signal(SignalKind::Task) => "Task",
            Happening::Signal(SignalKind::Event) => "Event",
            // Nobody is told of these one by one.
            Happening::Signal(SignalKind::Point) => "Clicked",
            Happening::Signal(SignalKind::Form | SignalKind::Field) => "Form",
            Happening::Signal(SignalKind::QuickBack) => "Went back at once",
            Happening::Signal(SignalKind::ExcessiveScroll) => "Scrolled up and down",
            Happening::Signal(SignalKind::BrokenImage) => "Picture did not load",
            Happening::Signal(SignalKind::FailedRequest) => "Request failed",
            Happening::Signal(SignalKind::Lcp) => "Shown late",
            Happening::Signal(SignalKind::Inp) => "Reacted late",
            Happening::Signal(SignalKind::Cls) => "Jumped",
        }
    }

    fn class(&self) -> &'static str {
        match self.kind {
            Happening::PageView => "page-view",
            Happening::Click => "click",
            Happening::Signal(SignalKind::RageClick) => "rage",
            Happening::Signal(SignalKind::DeadClick | SignalKind::SlowClick | SignalKind::FailedClick) => "dead",
            Happening::Signal(SignalKind::Error) => "error",
            Happening::Signal(SignalKind::Task) => "task",
            Happening::Signal(SignalKind::Point) => "click",
            Happening::Signal(SignalKind::Form | SignalKind::Field) => "task",
            Happening::Signal(SignalKind::BrokenImage | SignalKind::FailedRequest) => "error",
            Happening::Signal(SignalKind::QuickBack) => "dead",
            Happening::Signal(_) => "event",
        }
    }
}
