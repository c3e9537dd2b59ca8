//! The agent itself: what all its parts share, and the order in which they start.

use crate::browser::{Js, now_ms};
use crate::message::Message;
use crate::session::Session;
use crate::telemetry::Pending;
use crate::trail::Trail;
use crate::view::View;
use crate::{click, command, failure, outbox, panel, route, task, telemetry, trigger, vitals};
use std::cell::{Cell, RefCell, RefMut};

/// Everything that lives as long as the page.
pub struct Agent {
    /// Public site key.
    pub site: String,
    /// The collector's base URL.
    pub base: String,
    /// The host's name for its release.
    pub release: String,
    /// The host's language.
    pub language: String,
    /// The site's configuration, as fetched by the loader.
    pub config: Js,
    /// Shadow root for launcher and panel.
    pub root: Js,
    /// The launcher, if a survey has one.
    pub launcher: Js,
    /// The loader's function that brings glue and module of a part.
    pub load: Js,
    /// Whether the visitor asked not to be tracked: no telemetry leaves the page then, and none is gathered.
    pub withheld: bool,
    /// What telemetry gathers; borrowed for moments only, never while a function of the page runs.
    pub state: RefCell<State>,
    /// The survey on screen.
    pub panel: panel::Panel,
    /// What is waiting to be sent again.
    pub retry: outbox::Retry,
    /// Functions of the host to tell of events, with the event's name.
    pub listeners: RefCell<Vec<(String, Js)>>,
}

/// What telemetry gathers.
#[derive(Default)]
pub struct State {
    /// The tab's session; none when telemetry is withheld.
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
    /// The path of the address when it was last looked at.
    pub route: String,
    /// When the page was first hidden; infinite while it never was.
    pub first_hidden_ms: f64,
    /// When it was activated, for a prerendered page.
    pub activated_ms: f64,
}

impl Agent {
    /// Builds the agent and starts the parts that measure.
    pub fn start(boot: Js) {
        let navigator = Js::global("navigator");
        // It lives as long as the page, so nobody counts who holds it.
        let agent: &'static Self = Box::leak(Box::new(Self {
            site: boot.get_text("site"),
            base: boot.get_text("base"),
            release: boot.get_text("release"),
            language: boot.get_text("language"),
            config: boot.get("config"),
            root: boot.get("root"),
            launcher: boot.get("launcher"),
            load: boot.get("load"),
            withheld: navigator.get_flag("globalPrivacyControl") || navigator.is("doNotTrack", "1"),
            state: RefCell::default(),
            panel: panel::Panel::default(),
            retry: outbox::Retry { failures: Cell::new(0), planned: Cell::new(false) },
            listeners: RefCell::default(),
        }));
        if !agent.withheld {
            telemetry::start(agent);
            vitals::start(agent);
            route::start(agent);
            failure::start(agent, &boot.get("errors"));
            task::start(agent);
        }
        click::start(agent);
        agent.after(0.0, Message::Begun(boot.get("queue")));
    }

    /// Starts the parts that ask. They have a task of their own, because each function is compiled when it is first
    /// called: on a slow phone all parts together would block the page for 50 ms.
    pub fn begun(&'static self, queue: &Js) {
        panel::start(self);
        trigger::start(self);
        command::start(self, queue);
        outbox::start(self);
    }

    /// The view that is going on, about to change; `None` when telemetry is withheld.
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

    /// Tells the host's listeners, each in a task of its own, so that an exception of theirs is theirs.
    pub fn tell(&self, event: &str, detail: &str) {
        for (name, listener) in self.listeners.borrow().iter() {
            if name == event {
                let detail = Js::text(detail);
                Js::window().call("setTimeout", &[listener, &Js::number(0.0), &detail]);
            }
        }
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
