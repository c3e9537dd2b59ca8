//! Answers on their way to the collector: written to the device before they are sent, removed when they are acknowledged.
//!
//! One key of `localStorage` per response, so that two tabs never overwrite each other's; a response that is sent twice
//! is one to the collector, by its id. Only answers are kept, for 30 days at most.

use crate::agent::Agent;
use crate::browser::{Js, LOCAL, after, decimal, epoch_ms, leading_number, random};
use crate::json::array;
use crate::session::{Session, batch};
use crate::telemetry::item;
use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_shared::measure::backoff::{pause_ms, retry_after_s};
use std::cell::Cell;
use std::rc::Rc;

/// Longest body that browsers send after the page is gone, in bytes, with room for what else is under way.
const KEEPALIVE_BYTES: usize = 60_000;
/// How long to wait for the acknowledgement before saying that the answer is held, in milliseconds.
const PATIENCE_MS: f64 = 10_000.0;

/// The acknowledged outcome of a save.
const STORED: &str = "stored";
/// The outcome of a save that could not be acknowledged: it will be sent again.
const HELD: &str = "held";

/// What is known of attempts to send again.
pub struct Retry {
    /// Failures in a row.
    pub failures: Cell<u32>,
    /// Whether an attempt is planned.
    pub planned: Cell<bool>,
}

fn prefix(agent: &Agent) -> String {
    ["rapport.held.", &agent.site, "."].concat()
}

/// Sends what earlier pages left, now and whenever the browser comes online.
pub fn start(agent: &Rc<Agent>) {
    send_held(agent);
    let listening = agent.clone();
    Js::window().listen("online", move |_| send_held(&listening));
}

/// Keeps a response and sends it. `fields` are its fields but type and age; `at_ms` is when it began, by the visitor's
/// clock. The promise resolves to `stored`, `held` or `rejected: …`.
pub fn save(agent: &Rc<Agent>, id: Id, at_ms: u64, fields: &str) -> Js {
    let session = agent.state.borrow().session;
    // Lines: when, session, when that began, the fields (JSON has no line breaks of its own).
    let (session_id, session_began) = match session {
        Some(Session { id, began_ms, .. }) => (id.to_text(), decimal(began_ms)),
        None => Default::default(),
    };
    let entry = [&decimal(at_ms), &session_id, &session_began, fields].map(String::from).join("\n");
    let key = [prefix(agent), id.to_text()].concat();
    let kept = LOCAL.write(&key, &entry);
    let sent = send(agent, key, entry);
    if kept {
        return sent;
    }
    // Without storage nothing may be promised.
    let callback = Js::function(|outcome| match outcome.0.as_string().as_deref() {
        Some(HELD) => Js::text("rejected: connection: it could not be sent, and this browser keeps nothing for later"),
        _ => outcome,
    });
    sent.call("then", &[&callback])
}

fn send_held(agent: &Rc<Agent>) {
    let prefix = prefix(agent);
    for key in LOCAL.keys() {
        if !key.starts_with(&prefix) {
            continue;
        }
        let entry = LOCAL.read(&key);
        if epoch_ms().saturating_sub(leading_number(&entry)) > limit::AGE_MS {
            LOCAL.remove(&key);
        } else {
            send(agent, key, entry);
        }
    }
}

/// Sends one entry; the promise resolves to the outcome.
fn send(agent: &Rc<Agent>, key: String, entry: String) -> Js {
    let mut lines = entry.splitn(4, '\n');
    let mut line = || lines.next().unwrap_or("");
    let at_ms = leading_number(line());
    let session = Id::parse(line());
    let session_began_ms = leading_number(line());
    let mut json = item("response", epoch_ms().saturating_sub(at_ms) as f64);
    json.rest(line());
    let session = session.map(|id| (id, session_began_ms));
    let body = batch(&agent.site, session, &array(&[json.close()]));

    let url = Js::text(&[&agent.base, "/v1/batch"].concat());
    let options = [
        ("method", Js::text("POST")),
        ("credentials", Js::text("omit")),
        ("keepalive", Js::flag(body.len() < KEEPALIVE_BYTES)),
        ("signal", Js::global("AbortSignal").call("timeout", &[&Js::number(PATIENCE_MS)])),
        ("body", Js::text(&body)),
    ];
    let answered = {
        let agent = agent.clone();
        Js::function(move |reply| answered(&agent, &key, &entry, &reply))
    };
    let failed = {
        let agent = agent.clone();
        Js::function(move |_| held(&agent, None))
    };
    let sent = Js::window().call("fetch", &[&url, &Js::object(&options)]).call("then", &[&answered]);
    sent.call("catch", &[&failed])
}

/// Reads the collector's answer: only an acknowledgement ends the wait, and only a fault of the item itself the item.
fn answered(agent: &Rc<Agent>, key: &str, entry: &str, reply: &Js) -> Js {
    if reply.get_number("status") != 202.0 {
        let header = reply.get("headers").call("get", &[&Js::text("retry-after")]);
        return held(agent, header.0.as_string().and_then(|header| retry_after_s(&header)));
    }
    let (agent, key, entry) = (agent.clone(), key.to_string(), entry.to_string());
    let read = Js::function(move |outcome| {
        agent.retry.failures.set(0);
        // A later revision may have been written meanwhile; it is on its way itself.
        if LOCAL.read(&key) == entry {
            LOCAL.remove(&key);
        }
        let rejection = outcome.get("rejected").get("0");
        if rejection.exists() {
            let text = ["rejected: ", &rejection.get_text("field"), ": ", &rejection.get_text("reason")].concat();
            return Js::text(&text);
        }
        Js::text(STORED)
    });
    reply.call("json", &[]).call("then", &[&read])
}

/// Plans another attempt, later after each failure.
fn held(agent: &Rc<Agent>, retry_after_s: Option<u32>) -> Js {
    if !agent.retry.planned.replace(true) {
        let failures = agent.retry.failures.get() + 1;
        agent.retry.failures.set(failures);
        let [jitter] = random();
        let agent = agent.clone();
        after(f64::from(pause_ms(failures, jitter, retry_after_s)), move || {
            agent.retry.planned.set(false);
            send_held(&agent);
        });
    }
    Js::text(HELD)
}
