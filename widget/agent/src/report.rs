//! What others may ask of the agent: where the visitor is, what preceded an answer, and to send on what became of a
//! survey.

use crate::agent::Agent;
use crate::message::Message;
use crate::telemetry::deliver;
use crate::{depth, vitals};
use rapport_browser::json::Json;
use rapport_browser::{Js, now_ms};

/// Adds to what the loader gathered `facts()`, `snapshot()` and `deliver({survey, version, event})`.
pub fn start(agent: &'static Agent) {
    agent.boot.set("facts", &agent.callback(Message::Facts));
    agent.boot.set("snapshot", &agent.callback(Message::Snapshot));
    agent.boot.set("deliver", &agent.callback(Message::Deliver));
}

/// The visit so far: path, source, referrer, session with the beginning of it, views, deepest part seen and, once known,
/// the largest paint.
pub fn facts(agent: &'static Agent) -> Js {
    vitals::collect(agent);
    let state = agent.state.borrow();
    let facts = Js::object(&[]);
    if let Some(view) = state.views.last() {
        facts.set("view", &Js::text(&view.id.to_text()));
        facts.set("path", &Js::text(&view.path));
        facts.set("scroll_percent", &Js::number(view.scroll_percent.into()));
        facts.set("lcp_ms", &Js::number(view.lcp_ms.unwrap_or(0.0)));
    }
    facts.set("source", &Js::text(&state.source));
    facts.set("referrer", &Js::text(&state.referrer));
    if let Some(session) = &state.session {
        facts.set("session", &Js::text(&session.id.to_text()));
        facts.set("session_began_ms", &Js::number(session.began_ms as f64));
        facts.set("views", &Js::number(session.views.into()));
    }
    facts
}

/// What preceded the first answer: the view, its figures and the trail, as fields of a response.
pub fn snapshot(agent: &'static Agent) -> Js {
    vitals::collect(agent);
    let mut json = Json::fields();
    let interaction_count = vitals::interaction_count();
    let now_ms = now_ms();
    depth::note(agent, &Js::default());
    let mut state = agent.state.borrow_mut();
    let state = &mut *state;
    json.raw("trail", &state.trail.json(now_ms));
    if let Some(view) = state.views.last_mut() {
        json.text("view", &view.id.to_text());
        let mut page = Json::object();
        page.number("age_ms", (now_ms - view.began_ms) as u64);
        page.rest(&view.figures(now_ms, interaction_count, &agent.boot.get_text("release")));
        json.raw("page", &page.close());
    }
    Js::text(json.as_str())
}

/// Sends on a step of a survey's delivery: its `fields` are JSON without the braces.
pub fn delivered(agent: &'static Agent, step: &Js) {
    let mut fields = Json::of(step.get_text("fields"));
    fields.text("path", &agent.path());
    deliver(agent, fields);
}
