//! The kinds of thing that happen within a page view, named on the wire and in survey triggers.

/// The kinds of signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum SignalKind {
    /// Several quick clicks on something that did not answer.
    RageClick,
    /// A click that nothing came of.
    DeadClick,
    /// A click whose first effect came late.
    SlowClick,
    /// A click of which nothing was seen, and during which a script or a request failed.
    FailedClick,
    /// An uncaught error or unhandled rejection.
    Error,
    /// A step of a task: `name` the task, `text` the step.
    Task,
    /// A custom event from `rapport('track', name)`.
    Event,
    /// A click for heat maps: see `measure::point`.
    Point,
    /// A step of a form that is filled in: see `measure::form`.
    Form,
    /// What was done in one field of it.
    Field,
    /// A page that was left by the browser's back button almost at once (`measure::quick_back`).
    QuickBack,
    /// A page that was scrolled up and down without finding (`widget/click`).
    ExcessiveScroll,
    /// A picture that did not load; only where the site asks for it.
    BrokenImage,
    /// A request that failed; only where the site asks for it.
    FailedRequest,
    /// What made the Largest Contentful Paint of a view worse than good.
    Lcp,
    /// What made its Interaction to Next Paint worse than good.
    Inp,
    /// What made its Cumulative Layout Shift worse than good.
    Cls,
}

impl SignalKind {
    /// Every kind that is told of: in trails, reports and triggers.
    pub const EACH: [Self; 14] = [
        Self::RageClick,
        Self::DeadClick,
        Self::SlowClick,
        Self::FailedClick,
        Self::Error,
        Self::Task,
        Self::Event,
        Self::QuickBack,
        Self::ExcessiveScroll,
        Self::BrokenImage,
        Self::FailedRequest,
        Self::Lcp,
        Self::Inp,
        Self::Cls,
    ];

    /// The kinds that are only counted: there are too many of each to be told of.
    pub const MEASURED: [Self; 3] = [Self::Point, Self::Form, Self::Field];

    /// Whether it is only counted, by the numbers that it carries.
    pub fn is_measured(self) -> bool {
        Self::MEASURED.contains(&self)
    }

    /// Whether it is a click that the rules of `measure` judged, whose version is kept.
    pub fn is_judged(self) -> bool {
        matches!(self, Self::RageClick | Self::DeadClick | Self::SlowClick | Self::FailedClick)
    }

    /// Whether it tells what a Web Vital was of, and not what somebody did or met.
    pub fn is_vital(self) -> bool {
        matches!(self, Self::Lcp | Self::Inp | Self::Cls)
    }

    /// The name on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RageClick => "rage_click",
            Self::DeadClick => "dead_click",
            Self::SlowClick => "slow_click",
            Self::FailedClick => "failed_click",
            Self::Error => "error",
            Self::Task => "task",
            Self::Event => "event",
            Self::Point => "point",
            Self::Form => "form",
            Self::Field => "field",
            Self::QuickBack => "quick_back",
            Self::ExcessiveScroll => "excessive_scroll",
            Self::BrokenImage => "broken_image",
            Self::FailedRequest => "failed_request",
            Self::Lcp => "lcp",
            Self::Inp => "inp",
            Self::Cls => "cls",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::EACH.into_iter().chain(Self::MEASURED).find(|kind| kind.as_str() == name)
    }
}

/// What a trail tells of: what was done before an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Happening {
    /// A page was opened.
    PageView,
    /// A click that did something.
    Click,
    /// What is sent as a signal, too.
    Signal(SignalKind),
}

impl Happening {
    /// All of them, in the order of a visit.
    pub fn each() -> impl Iterator<Item = Self> {
        [Self::PageView, Self::Click].into_iter().chain(SignalKind::EACH.map(Self::Signal))
    }

    /// The name in trails.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PageView => "page_view",
            Self::Click => "click",
            Self::Signal(kind) => kind.as_str(),
        }
    }

    /// What a trail calls so; `None` for what is not known here.
    pub fn parse(name: &str) -> Option<Self> {
        Self::each().find(|happening| happening.as_str() == name)
    }
}
