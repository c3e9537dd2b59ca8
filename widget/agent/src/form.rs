//! Forms: how they are filled in is counted by a part of its own, which comes when something in one has the focus.

use crate::agent::Agent;
use crate::click::closest;
use crate::message::Message;
use rapport_browser::Js;

/// What can be filled in as a whole.
const FORM: &str = "form,[role=form],[data-rapport-task]";

/// Begins with what has the focus already; where it goes is watched for tasks as well.
pub fn start(agent: &'static Agent) {
    has_focus(agent, &Js::global("document").get("activeElement"));
}

/// Something has the focus.
pub fn has_focus(agent: &'static Agent, element: &Js) {
    if closest(element, FORM).exists() {
        agent.bring("form", Message::Brought);
    }
}
