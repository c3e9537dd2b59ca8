//! Everything the browser can call back about, and who answers it.
//!
//! One enum and one closure instead of a closure per listener: each closure of its own would cost the module a
//! constructor, a destructor and a table.

use crate::agent::Agent;
use crate::browser::{Js, now_ms};
use crate::click::Awaited;
use crate::panel::Shown;
use crate::vitals::Metric;
use crate::{click, command, failure, outbox, panel, route, task, telemetry, trigger, vitals};
use std::cell::Cell;
use std::rc::Rc;

/// What happened.
pub enum Message {
    /// Nothing that matters.
    Nothing,
    /// The parts that measure have been started; with the queue of calls.
    Begun(Js),
    /// The visitor moved the pointer, pressed a key or turned the wheel.
    Acted,
    /// Something scrolled.
    Scrolled,
    /// The page may have come to the front, or left it.
    Presence,
    /// The page is being left.
    Left,
    /// The page is shown, perhaps again.
    Shown,
    /// A view left by a route change has had time for its last paint.
    Settled,
    /// An observer has entries.
    Entries(Metric),
    /// The first frame after the page came back at a time.
    Frame(f64),
    /// The second frame after that.
    Painted(f64),
    /// The address may be another one.
    Address,
    /// An error was not caught.
    Failed,
    /// A form may have got on with its task, by this step.
    Task(&'static str),
    /// A click.
    Clicked,
    /// Something happened that may be a click's effect.
    Effect,
    /// Something happened that is a click's effect if it follows at once.
    Reaction,
    /// A click has had time to show its effect.
    Verdict(Awaited),
    /// The host calls.
    Called,
    /// The visitor is about to want a survey.
    Intent,
    /// The launcher was clicked.
    Launched,
    /// The survey module has not come.
    Missing,
    /// The survey module has come.
    Arrived(Rc<Shown>),
    /// It has not, and this survey waited for it.
    Vain(Rc<Shown>),
    /// A survey has a run to keep.
    Save(Rc<Shown>),
    /// The last save of a run has an outcome.
    Saved(Rc<Shown>),
    /// The first answer was given.
    Started(Rc<Shown>),
    /// A survey was closed.
    Closed(Rc<Shown>),
    /// A survey leads to another one.
    Opened,
    /// A survey's time has come.
    Due(Js),
    /// An inline survey's place may be near the window.
    Near(Js, Js, Cell<bool>),
    /// An inline survey may be in the window.
    InView(Rc<Shown>, Cell<bool>),
    /// The browser is online, or it is time to try again.
    Retry(bool),
    /// The collector has answered about an entry of the outbox.
    Answered(String, String),
    /// Its answer has been read.
    Acknowledged(String, String),
    /// It could not be reached.
    Unreachable,
    /// A save without storage has an outcome.
    Unkept,
}

/// Answers a message. What it returns matters to promises only.
fn answer(agent: &'static Agent, message: &Message, argument: Js) -> Js {
    match message {
        Message::Nothing => {}
        Message::Begun(queue) => agent.begun(queue),
        Message::Acted => agent.acted(),
        Message::Scrolled => telemetry::scrolled(agent),
        Message::Presence => telemetry::presence_changed(agent, &argument),
        Message::Left => {
            task::abandon(agent);
            telemetry::leave(agent);
        }
        Message::Shown => telemetry::shown(agent, &argument),
        Message::Settled => {
            telemetry::flush(agent, false);
            trigger::watch_places(agent);
        }
        Message::Entries(metric) => vitals::process(agent, *metric, &argument.call("getEntries", &[])),
        Message::Frame(at_ms) => agent.next_frame(Message::Painted(*at_ms)),
        Message::Painted(at_ms) => vitals::painted(agent, *at_ms),
        Message::Address => route::compare(agent),
        Message::Failed => failure::failed(agent, &argument),
        Message::Task(step) => task::touched(agent, &argument, step),
        Message::Clicked => click::clicked(agent, &argument),
        Message::Effect => agent.state.borrow_mut().clicks.effect(now_ms()),
        Message::Reaction => agent.state.borrow_mut().clicks.reaction(),
        Message::Verdict(awaited) => click::judge_effect(agent, awaited),
        Message::Called => command::run(agent, &argument),
        Message::Intent => drop(panel::module(agent)),
        Message::Launched => panel::launched(agent, &argument),
        Message::Missing => panel::forget_module(agent),
        Message::Arrived(shown) => panel::mount(agent, shown, &argument),
        Message::Vain(shown) => panel::remove(agent, shown),
        Message::Save(shown) => return panel::save(agent, shown, &argument),
        Message::Saved(shown) => return panel::saved(agent, shown, argument),
        Message::Started(shown) => panel::started(agent, shown),
        Message::Closed(shown) => panel::close(agent, shown, argument.is_true()),
        Message::Opened => panel::open(agent, &argument.0.as_string().unwrap_or_default(), &agent.launcher),
        Message::Due(survey) => trigger::appear(agent, survey),
        Message::Near(survey, place, done) => trigger::near(agent, survey, place, done, &argument),
        Message::InView(shown, done) => {
            if trigger::first_in_view(&argument, done) {
                panel::seen(agent, shown);
            }
        }
        Message::Retry(planned) => outbox::retry(agent, *planned),
        Message::Answered(key, entry) => return outbox::answered(agent, key, entry, &argument),
        Message::Acknowledged(key, entry) => return outbox::acknowledged(agent, key, entry, &argument),
        Message::Unreachable => return outbox::held(agent, None),
        Message::Unkept => return outbox::unkept(argument),
    }
    Js::default()
}

impl Agent {
    /// A function for the browser to call, with one argument.
    pub fn callback(&'static self, message: Message) -> Js {
        Js::function(Box::new(move |argument| answer(self, &message, Js(argument)).0))
    }

    /// Listens to an event on its way down, so that nobody can stop it before.
    pub fn listen(&'static self, target: &Js, event: &str, message: Message) {
        target.call("addEventListener", &[&Js::text(event), &self.callback(message), &Js::flag(true)]);
    }

    /// Listens to several events of the window.
    pub fn listen_all(&'static self, events: &[&str], message: fn() -> Message) {
        let window = Js::window();
        events.iter().for_each(|event| self.listen(&window, event, message()));
    }

    /// Runs something after so many milliseconds.
    pub fn after(&'static self, delay_ms: f64, message: Message) {
        Js::window().call("setTimeout", &[&self.callback(message), &Js::number(delay_ms)]);
    }

    /// Runs something before the next frame.
    pub fn next_frame(&'static self, message: Message) {
        Js::window().call("requestAnimationFrame", &[&self.callback(message)]);
    }

    /// What follows a promise.
    pub fn then(&'static self, promise: &Js, message: Message) -> Js {
        promise.call("then", &[&self.callback(message)])
    }

    /// What follows the failure of a promise.
    pub fn otherwise(&'static self, promise: &Js, message: Message) -> Js {
        promise.call("catch", &[&self.callback(message)])
    }
}
