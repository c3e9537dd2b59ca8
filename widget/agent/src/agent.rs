//! The agent itself: what all its parts share, and the order in which they start.

use crate::message::Message;
use crate::session::Session;
use crate::telemetry::Pending;
use crate::trail::Trail;
use crate::view::View;
use crate::{click, command, failure, form, report, route, task, telemetry, vitals};
use rapport_browser::{Js, now_ms};
use std::cell::{RefCell, RefMut};

/// Everything that lives as long as the page.
pub struct Agent {
    /// What the loader gathered.
    pub boot: Js,
    /// What telemetry gathers; borrowed for moments only, never while a function of the page runs.
    pub state: RefCell<State>,
}

/// What telemetry gathers.
#[derive(Default)]
pub struct State {
    /// The tab's session.
    pub session: Option<Session>,
    /// Views not yet finished with; the last one is going on.
    pub views: Vec<View>,
    /// Signals and deliveries not yet sent.
    pub pending: Vec<Pending>,
    /// What happened so far.
    pub trail: Trail,
    /// Tasks of forms that were started and not ended.
    pub tasks: Vec<String>,
    /// Clicks being judged.
    pub clicks: click::Clicks,
    /// Observers whose last entries are collected when the page is hidden.
    pub observers: Vec<(vitals::Metric, Js)>,
    /// Campaign source of the visit, empty for none.
    pub source: String,
    /// Origin and path of the page before the document, empty for none or the same site.
    pub referrer: String,
    /// When the path last changed, and whether a later look at it is planned.
    pub routed_ms: f64,
    /// Whether the path is looked at again once it rests.
    pub route_planned: bool,
    /// The path of the address when it was last looked at.
    pub route: String,
    /// Whether the address last changed by a step through the history.
    pub stepped: bool,
    /// When the page was first hidden; infinite while it never was.
    pub first_hidden_ms: f64,
    /// When it was activated, for a prerendered page.
    pub activated_ms: f64,
}

impl Agent {
    /// Builds the agent and starts the parts that measure.
    pub fn start(boot: Js) {
        // It lives as long as the page, so nobody counts who holds it.
        let agent: &'static Self = Box::leak(Box::new(Self { boot, state: RefCell::default() }));
        agent.boot.set("parts", &Js::object(&[]));
        agent.boot.set("judged", &agent.callback(Message::Judged));
        telemetry::start(agent);
        vitals::start(agent);
        agent.after(0.0, Message::Begun);
    }

    /// Starts the parts that watch for what goes wrong. They have a task of their own, because each function is compiled
    /// when it is first called: on a slow phone all parts together would block the page for 50 ms.
    pub fn begun(&'static self) {
        route::start(self);
        failure::start(self);
        task::start(self);
        form::start(self);
        self.listen_all(&["click"], Message::Clicked);
        command::start(self);
        report::start(self);
    }

    /// The view that is going on, about to change; `None` once the visitor has refused.
    pub fn view(&self) -> Option<RefMut<'_, View>> {
        let mut view = RefMut::filter_map(self.state.borrow_mut(), |state| state.views.last_mut()).ok()?;
        view.changed = true;
        Some(view)
    }

    /// The path of the page as it is now.
    pub fn path(&self) -> String {
        let state = self.state.borrow();
        state.views.last().map_or_else(route::pathname, |view| view.path.clone())
    }

    /// Brings a part, once; `false` when that was done before.
    pub fn bring(&'static self, part: &str, message: Message) -> bool {
        let parts = self.boot.get("parts");
        let is_new = !parts.get_flag(part);
        if is_new {
            parts.set(part, &Js::flag(true));
            self.follow(&self.boot.ask("load", part), message);
        }
        is_new
    }

    /// Tells the listeners of an event.
    pub fn tell(&self, event: &str, detail: &str, more: &Js) {
        self.boot.call("tell", &[&Js::text(event), &Js::text(detail), more]);
    }

    /// The visitor did something.
    pub fn acted(&self) {
        let now_ms = now_ms();
        if let Some(mut view) = self.view() {
            view.engagement.action(now_ms);
        }
        if let Some(session) = &mut self.state.borrow_mut().session {
            session.touch();
        }
    }
}
