//! Answers on their way to the collector: written to the device before they are sent, removed when they are acknowledged.
//!
//! One key of `localStorage` per response, so that two tabs never overwrite each other's; a response that is sent twice
//! is one to the collector, by its id. Only answers are kept, for 30 days at most.

use crate::agent::Agent;
use crate::browser::{Js, LOCAL, concat, decimal, epoch_ms, head, leading_number, random};
use crate::json::{Json, array};
use crate::message::Message;
use crate::session::{Session, batch};
use crate::telemetry::item;
use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_shared::measure::backoff::{pause_ms, retry_after_s};
use std::cell::Cell;

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
    concat(&["rapport.held.", &agent.site, "."])
}

/// Sends what earlier pages left, now and whenever the browser comes online.
pub fn start(agent: &'static Agent) {
    send_held(agent);
    agent.listen_all(&["online"], || Message::Retry(false));
}

/// Keeps a response and sends it. `fields` are its fields but type and age; `at_ms` is when it began, by the visitor's
/// clock. The promise resolves to `stored`, `held` or `rejected: …`.
pub fn save(agent: &'static Agent, id: Id, at_ms: u64, fields: &Json) -> Js {
    let session = agent.state.borrow().session;
    // Lines: when, session, when that began, the fields (JSON has no line breaks of its own).
    let (session_id, session_began) = match session {
        Some(Session { id, began_ms, .. }) => (id.to_text(), decimal(began_ms)),
        None => Default::default(),
    };
    let entry = concat(&[&decimal(at_ms), "\n", &session_id, "\n", &session_began, "\n", fields.as_str()]);
    let key = concat(&[&prefix(agent), &id.to_text()]);
    let kept = LOCAL.write(&key, &entry);
    let sent = send(agent, key, entry);
    if kept {
        return sent;
    }
    agent.then(&sent, Message::Unkept)
}

/// Without storage nothing may be promised.
pub fn unkept(outcome: Js) -> Js {
    if outcome == Js::text(HELD) {
        return Js::text("rejected: connection: it could not be sent, and this browser keeps nothing for later");
    }
    outcome
}

/// The browser is online, or a planned attempt is due.
pub fn retry(agent: &'static Agent, planned: bool) {
    if planned {
        agent.retry.planned.set(false);
    }
    send_held(agent);
}

fn send_held(agent: &'static Agent) {
    let prefix = prefix(agent);
    for key in &LOCAL.keys().elements() {
        let key = key.0.as_string().unwrap_or_default();
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
fn send(agent: &'static Agent, key: String, entry: String) -> Js {
    let mut lines = entry.as_str();
    let at_ms = leading_number(head(&mut lines, b'\n'));
    let session = Id::parse(head(&mut lines, b'\n'));
    let session_began_ms = leading_number(head(&mut lines, b'\n'));
    let mut json = item("response", epoch_ms().saturating_sub(at_ms) as f64);
    json.rest(&Json::from_fields(lines));
    let session = session.map(|id| (id, session_began_ms));
    let body = batch(&agent.site, session, &array(&[json.close()]));

    let url = Js::text(&concat(&[&agent.base, "/v1/batch"]));
    let options = [
        ("method", Js::text("POST")),
        ("credentials", Js::text("omit")),
        ("keepalive", Js::flag(body.len() < KEEPALIVE_BYTES)),
        ("signal", Js::global("AbortSignal").call("timeout", &[&Js::number(PATIENCE_MS)])),
        ("body", Js::text(&body)),
    ];
    let sent = Js::window().call("fetch", &[&url, &Js::object(&options)]);
    agent.otherwise(&agent.then(&sent, Message::Answered(key, entry)), Message::Unreachable)
}

/// Reads the collector's answer: only an acknowledgement ends the wait, and only a fault of the item itself the item.
pub fn answered(agent: &'static Agent, key: &str, entry: &str, reply: &Js) -> Js {
    if reply.get_number("status") != 202.0 {
        let header = reply.get("headers").ask("get", "retry-after");
        return held(agent, header.0.as_string().and_then(|header| retry_after_s(&header)));
    }
    agent.then(&reply.call("json", &[]), Message::Acknowledged(key.into(), entry.into()))
}

/// The collector has answered for good: the entry goes, and the visitor is told.
pub fn acknowledged(agent: &'static Agent, key: &str, entry: &str, outcome: &Js) -> Js {
    agent.retry.failures.set(0);
    // A later revision may have been written meanwhile; it is on its way itself.
    if LOCAL.read(key) == entry {
        LOCAL.remove(key);
    }
    let rejection = outcome.get("rejected").get("0");
    if rejection.exists() {
        let (field, reason) = (rejection.get_text("field"), rejection.get_text("reason"));
        return Js::text(&concat(&["rejected: ", &field, ": ", &reason]));
    }
    Js::text(STORED)
}

/// Plans another attempt, later after each failure.
pub fn held(agent: &'static Agent, retry_after_s: Option<u32>) -> Js {
    if !agent.retry.planned.replace(true) {
        let failures = agent.retry.failures.get() + 1;
        agent.retry.failures.set(failures);
        let [jitter] = random();
        agent.after(f64::from(pause_ms(failures, jitter, retry_after_s)), Message::Retry(true));
    }
    Js::text(HELD)
}
