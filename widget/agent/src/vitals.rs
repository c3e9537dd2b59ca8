//! Web vitals by the rules of the web-vitals library, from buffered performance entries: the agent may come late.

use crate::agent::Agent;
use crate::message::Message;
use crate::view::{Navigation, View};
use rapport_browser::{Js, now_ms};

/// What an observer is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Largest Contentful Paint.
    LargestPaint,
    /// First Contentful Paint.
    Paint,
    /// Layout shifts.
    Shift,
    /// Events, for Interaction to Next Paint.
    Event,
}

/// Events shorter than this, in milliseconds, are not listed, except the first (the threshold of web-vitals).
const EVENT_THRESHOLD_MS: f64 = 40.0;

/// Begins to observe.
pub fn start(agent: &'static Agent) {
    let observed = [
        ("largest-contentful-paint", Metric::LargestPaint),
        ("paint", Metric::Paint),
        ("layout-shift", Metric::Shift),
        ("event", Metric::Event),
        ("first-input", Metric::Event),
    ];
    for (entry_type, metric) in observed {
        let callback = agent.callback(Message::Entries(metric));
        let observer = Js::construct("PerformanceObserver", &[&callback]);
        let buffered = Js::flag(true);
        let threshold = Js::number(EVENT_THRESHOLD_MS);
        let options = [("type", Js::text(entry_type)), ("buffered", buffered), ("durationThreshold", threshold)];
        observer.call("observe", &[&Js::object(&options)]);
        agent.state.borrow_mut().observers.push((metric, observer));
    }
    let entry = navigation_entry();
    let (response_ms, activated_ms) = (entry.get_number("responseStart"), entry.get_number("activationStart"));
    // Some browsers report 0 for privacy, or a time that has not come yet.
    if response_ms > 0.0
        && response_ms < now_ms()
        && let Some(mut view) = agent.view()
    {
        view.ttfb_ms = Some((response_ms - activated_ms).max(0.0));
    }
}

/// The entry of the page's own navigation.
pub fn navigation_entry() -> Js {
    Js::global("performance").ask("getEntriesByType", "navigation").get("0")
}

/// Interactions the browser has counted since the page began.
pub fn interaction_count() -> u32 {
    Js::global("performance").get_number("interactionCount") as u32
}

/// When the page was first hidden: from the browser's own record, else at once if it is hidden now.
pub fn first_hidden_ms(activated_ms: f64) -> f64 {
    for entry in Js::global("performance").ask("getEntriesByType", "visibility-state").elements() {
        let at_ms = entry.get_number("startTime");
        if entry.is("name", "hidden") && at_ms >= activated_ms {
            return at_ms;
        }
    }
    if Js::global("document").get_flag("hidden") { 0.0 } else { f64::INFINITY }
}

/// Takes the entries that no observer has delivered yet.
pub fn collect(agent: &'static Agent) {
    // Taken out and put back: processing borrows the state as well.
    let observers = std::mem::take(&mut agent.state.borrow_mut().observers);
    for (metric, observer) in &observers {
        process(agent, *metric, &observer.call("takeRecords", &[]));
    }
    agent.state.borrow_mut().observers = observers;
}

/// Adds entries to the views they belong to.
pub fn process(agent: &'static Agent, metric: Metric, entries: &Js) {
    let mut state = agent.state.borrow_mut();
    let state = &mut *state;
    for entry in &entries.elements() {
        let at_ms = entry.get_number("startTime");
        // An entry belongs to the view that was going on when it began.
        let started = |view: &&mut View| view.began_ms <= at_ms || is_first(view);
        let Some(view) = state.views.iter_mut().rev().find(started) else { continue };
        view.changed = true;
        let since_activation_ms = (at_ms - state.activated_ms).max(0.0);
        let seen = is_first(view) && at_ms < state.first_hidden_ms;
        let is_poor = match metric {
            Metric::LargestPaint if seen => {
                view.lcp_ms = Some(since_activation_ms);
                since_activation_ms > 2_500.0
            }
            Metric::Paint if seen && entry.is("name", "first-contentful-paint") => {
                view.fcp_ms = Some(since_activation_ms);
                false
            }
            Metric::Shift if !entry.get_flag("hadRecentInput") => {
                view.shifts.shift(entry.get_number("value"), at_ms);
                view.shifts.largest() > 0.1
            }
            Metric::Event => {
                view.interactions.event(entry.get_number("interactionId") as u32, entry.get_number("duration") as u32);
                view.interactions.estimate_ms(0) > Some(200)
            }
            _ => false,
        };
        // What a vital was of that is worse than good, a part of its own tells.
        if is_poor {
            agent.bring("vital", Message::Brought);
        }
    }
}

/// Whether a view is the document's first, the only one whose loading the browser measures.
fn is_first(view: &View) -> bool {
    view.navigation == Navigation::Load || view.navigation == Navigation::Prerender
}

/// Measures a page that came back from the cache at `at_ms`: it is painted two frames later, as web-vitals has it.
pub fn restored(agent: &'static Agent, at_ms: f64) {
    if let Some(mut view) = agent.view() {
        view.ttfb_ms = Some(0.0);
    }
    agent.next_frame(Message::Frame(at_ms));
}

/// The second frame after the page came back is painted.
pub fn painted(agent: &Agent, at_ms: f64) {
    let painted_ms = now_ms() - at_ms;
    if let Some(mut view) = agent.view() {
        view.lcp_ms = Some(painted_ms);
        view.fcp_ms = Some(painted_ms);
    }
}
