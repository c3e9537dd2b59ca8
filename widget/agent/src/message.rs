//! Everything the browser can call the agent back about, and who answers it.
//!
//! One enum and one closure instead of a closure per listener: each closure of its own would cost the module a
//! constructor, a destructor and a table.

use crate::agent::Agent;
use crate::vitals::Metric;
use crate::{click, command, depth, failure, form, report, route, task, telemetry, vitals};
use rapport_browser::Js;

/// What happened.
#[derive(Clone, Copy)]
pub enum Message {
    /// Nothing that matters.
    Nothing,
    /// The parts that measure have been started.
    Begun,
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
    /// The part is there that finds what the visitor scrolls.
    Deep,
    /// The address has had time to rest.
    Rested,
    /// An error was not caught.
    Failed,
    /// Something got the focus.
    Focused,
    /// A form was sent.
    Submitted,
    /// A click.
    Clicked,
    /// Something happened that may answer a click, before the part is there that judges it.
    Early,
    /// A part is there that starts with what the loader and the agent gathered.
    Brought,
    /// A part tells what became of a click, or what else it has found.
    Judged,
    /// The host calls.
    Called,
    /// Somebody asks where the visitor is.
    Facts,
    /// Somebody asks what preceded an answer.
    Snapshot,
    /// A survey got on.
    Deliver,
}

/// Answers a message.
fn answer(agent: &'static Agent, message: Message, argument: Js) -> Js {
    match message {
        Message::Nothing => {}
        Message::Begun => agent.begun(),
        Message::Acted => {
            agent.acted();
            click::moved(agent, &argument);
        }
        Message::Scrolled => telemetry::scrolled(agent, &argument),
        Message::Presence => telemetry::presence_changed(agent, &argument),
        Message::Left => telemetry::left(agent, &argument),
        Message::Shown => telemetry::shown(agent, &argument),
        Message::Settled => {
            depth::note(agent, &Js::default());
            telemetry::flush(agent, false, false);
        }
        Message::Entries(metric) => vitals::process(agent, metric, &argument.call("getEntries", &[])),
        Message::Frame(at_ms) => agent.next_frame(Message::Painted(at_ms)),
        Message::Painted(at_ms) => vitals::painted(agent, at_ms),
        Message::Address => route::compare(agent, &argument),
        Message::Deep => depth::found(agent, &argument),
        Message::Rested => route::rested(agent),
        Message::Failed => failure::failed(agent, &argument),
        Message::Focused => {
            task::touched(agent, &argument, "start");
            form::has_focus(agent, &argument.call("composedPath", &[]).get("0"));
        }
        Message::Submitted => task::touched(agent, &argument, "success"),
        Message::Clicked => click::clicked(agent, &argument),
        Message::Early => click::early(agent, &argument),
        Message::Brought => {
            argument.call("start", &[&agent.boot]);
        }
        Message::Judged => click::judged(agent, &argument),
        Message::Called => command::run(agent, &argument),
        Message::Facts => return report::facts(agent),
        Message::Snapshot => return report::snapshot(agent),
        Message::Deliver => report::delivered(agent, &argument),
    }
    Js::default()
}

impl Agent {
    /// A function for the browser to call, with one argument.
    pub fn callback(&'static self, message: Message) -> Js {
        Js::function(Box::new(move |argument| answer(self, message, Js(argument)).0))
    }

    /// Listens to an event on its way down, so that nobody can stop it before.
    pub fn listen(&'static self, target: &Js, event: &str, message: Message) {
        target.call("addEventListener", &[&Js::text(event), &self.callback(message), &Js::flag(true)]);
    }

    /// Listens to several events of the window.
    pub fn listen_all(&'static self, events: &[&str], message: Message) {
        let window = Js::window();
        events.iter().for_each(|event| self.listen(&window, event, message));
    }

    /// Runs something after so many milliseconds.
    pub fn after(&'static self, delay_ms: f64, message: Message) {
        Js::window().call("setTimeout", &[&self.callback(message), &Js::number(delay_ms)]);
    }

    /// Runs something before the next frame.
    pub fn next_frame(&'static self, message: Message) {
        Js::window().call("requestAnimationFrame", &[&self.callback(message)]);
    }

    /// What follows a promise; its failure is the end of it, and no error of the page.
    pub fn follow(&'static self, promise: &Js, message: Message) {
        let done = promise.call("then", &[&self.callback(message)]);
        done.call("catch", &[&self.callback(Message::Nothing)]);
    }
}
