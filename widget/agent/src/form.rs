//! Forms that are filled in again after they were sent: what was entered did not arrive, or was refused. How a form is filled in is
//! counted by a part of its own, which comes when something in one gets the focus.

use crate::agent::Agent;
use crate::click::closest;
use crate::message::Message;
use rapport_browser::Js;

/// What can be filled in as a whole.
const FORM: &str = "form,[role=form],[data-rapport-task]";

/// Begins to watch forms.
pub fn start(agent: &'static Agent) {
    agent.listen_all(&["focusin"], || Message::Focused);
    agent.listen_all(&["submit"], || Message::Submitted);
    agent.listen_all(&["change"], || Message::Changed);
}

/// Something got the focus: the first time that it is in a form, the part is brought.
pub fn focused(agent: &'static Agent, event: &Js) {
    let boot = &agent.boot;
    if !boot.get("counts_forms").exists() && closest(&event.call("composedPath", &[]).get("0"), FORM).exists() {
        boot.set("counts_forms", &Js::flag(true));
        agent.follow(&boot.ask("load", "form"), Message::Counting);
    }
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
