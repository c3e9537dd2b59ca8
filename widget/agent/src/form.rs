//! Forms that are filled in again after they were sent: what was entered did not arrive, or was refused.

use crate::agent::Agent;
use crate::message::Message;
use rapport_browser::Js;

/// Begins to watch forms.
pub fn start(agent: &'static Agent) {
    agent.listen_all(&["submit"], || Message::Submitted);
    agent.listen_all(&["change"], || Message::Changed);
}

/// A form was sent.
pub fn submitted(agent: &Agent, event: &Js) {
    agent.state.borrow_mut().sent_form = event.get("target");
}

/// A field was changed; what is in it is not looked at.
pub fn changed(agent: &Agent, event: &Js) {
    let form = event.get("target").get("form");
    let again = form.exists() && agent.state.borrow().sent_form == form;
    if again {
        agent.state.borrow_mut().sent_form = Js::default();
        agent.tell("form_refilled", "", &Js::default());
    }
}
