//! Shows a survey, one at a time over the page and any number within it, and keeps what is answered.

use crate::agent::Agent;
use crate::browser::{Js, epoch_ms, new_id, now_ms};
use crate::click::is_modified;
use crate::json::Json;
use crate::message::Message;
use crate::telemetry::delivery;
use crate::trigger::watch;
use crate::{cooldown, outbox, vitals};
use rapport_shared::id::Id;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// What is on screen.
#[derive(Default)]
pub struct Panel {
    /// The promise of the survey module, once it has been asked for.
    module: RefCell<Js>,
    /// The survey over the page, if there is one.
    over: RefCell<Option<Rc<Shown>>>,
}

/// One survey on screen.
pub struct Shown {
    id: String,
    version: u64,
    definition: Js,
    /// Over the page rather than within it.
    over: bool,
    /// The element it is rendered into.
    target: Js,
    /// The survey module's handle, once it is mounted.
    handle: RefCell<Js>,
    /// What had the focus, to give it back.
    opener: Js,
    run: Run,
}

/// One run through a survey.
struct Run {
    response: Id,
    revision: Cell<u64>,
    /// When the first answer was given, by the visitor's clock.
    began_ms: Cell<u64>,
    /// What preceded the first answer, as fields of a response.
    snapshot: RefCell<Json>,
    finished: Cell<bool>,
}

/// Makes the launcher open the panel instead of the hosted form, now that it can.
pub fn start(agent: &'static Agent) {
    let launcher = &agent.launcher;
    if !launcher.exists() {
        return;
    }
    launcher.set("ariaHasPopup", &Js::text("dialog"));
    for intent in ["pointerenter", "focus", "touchstart"] {
        agent.listen(launcher, intent, Message::Intent);
    }
    agent.listen(launcher, "click", Message::Launched);
}

/// The launcher was clicked: the panel opens instead of the hosted form.
pub fn launched(agent: &'static Agent, event: &Js) {
    if is_modified(event) {
        return;
    }
    if let Some(survey) = find(agent, &|survey| survey.is("placement", "launcher")) {
        event.call("preventDefault", &[]);
        show(agent, &survey, None, &agent.launcher);
    }
}

/// The first survey of the site that a condition fits.
pub fn find(agent: &Agent, fits: &dyn Fn(&Js) -> bool) -> Option<Js> {
    let surveys = agent.config.get("surveys");
    surveys.elements().iter().find(|survey| fits(survey)).cloned()
}

/// Asks for the survey module, once; a failure is forgotten, so that the next intent tries again.
pub fn module(agent: &'static Agent) -> Js {
    let known = agent.panel.module.borrow().clone();
    if known.exists() {
        return known;
    }
    let assets = agent.config.get("assets");
    let module = agent.load.call("call", &[&Js::default(), &assets.get("survey_js"), &assets.get("survey_wasm")]);
    agent.panel.module.replace(module.clone());
    agent.otherwise(&module, Message::Missing);
    module
}

/// The module has not come; another intent may try again.
pub fn forget_module(agent: &Agent) {
    agent.panel.module.take();
}

/// Opens a survey by its id over the page, as `rapport('survey', id)` and `data-rapport-open` ask for.
pub fn open(agent: &'static Agent, id: &str, opener: &Js) {
    if let Some(survey) = find(agent, &|survey| survey.is("id", id)) {
        show(agent, &survey, None, opener);
    }
}

/// Shows a survey within `place`, or over the page when there is none.
pub fn show(agent: &'static Agent, definition: &Js, place: Option<&Js>, opener: &Js) {
    let over = place.is_none();
    let already = agent.panel.over.borrow().clone();
    if over && let Some(shown) = already {
        // Copied out first: the page may react to the focus by calling back.
        let handle = shown.handle.borrow().clone();
        handle.call("focus", &[]);
        return;
    }
    let target = Js::global("document").ask("createElement", "div");
    place.unwrap_or(&agent.root).call("appendChild", &[&target]);
    let shown = Rc::new(Shown {
        id: definition.get_text("id"),
        version: definition.get_number("version") as u64,
        definition: definition.clone(),
        over,
        target,
        handle: RefCell::default(),
        opener: opener.clone(),
        run: Run {
            response: new_id(),
            revision: Cell::new(0),
            began_ms: Cell::new(0),
            snapshot: RefCell::default(),
            finished: Cell::new(false),
        },
    });
    if over {
        agent.panel.over.replace(Some(shown.clone()));
        agent.launcher.set("hidden", &Js::flag(true));
    }
    let mounted = agent.then(&module(agent), Message::Arrived(shown.clone()));
    agent.otherwise(&mounted, Message::Vain(shown));
}

/// The survey module has come: the survey is rendered.
pub fn mount(agent: &'static Agent, shown: &Rc<Shown>, module: &Js) {
    // Closed before it had come.
    if shown.over && agent.panel.over.borrow().is_none() {
        return;
    }
    let options = Js::object(&[
        ("survey", shown.definition.clone()),
        ("target", shown.target.clone()),
        ("mode", Js::text(if shown.over { "popover" } else { "inline" })),
        ("accent", agent.config.get("accent_color")),
        ("language", Js::text(&agent.language)),
        ("assets", agent.config.get("assets")),
        ("load", agent.load.clone()),
        ("save", agent.callback(Message::Save(shown.clone()))),
        ("open", agent.callback(Message::Opened)),
        ("started", agent.callback(Message::Started(shown.clone()))),
        ("closed", agent.callback(Message::Closed(shown.clone()))),
    ]);
    let handle = module.call("mount", &[&options]);
    if !handle.exists() {
        remove(agent, shown);
        return;
    }
    if shown.over {
        seen(agent, shown);
        if shown.opener.exists() {
            handle.call("focus", &[]);
        }
    }
    shown.handle.replace(handle);
    if !shown.over {
        let seen = agent.callback(Message::InView(shown.clone(), Cell::new(false)));
        watch(&shown.target, "0px", &seen);
    }
}

/// The survey is on screen.
pub fn seen(agent: &'static Agent, shown: &Shown) {
    if !shown.run.finished.get() {
        note(agent, shown, "shown");
    }
}

/// The first answer was given.
pub fn started(agent: &'static Agent, shown: &Shown) {
    delivery(agent, &shown.id, shown.version, "started");
}

/// Tells a step of the delivery, and writes it down for the cooldown.
fn note(agent: &'static Agent, shown: &Shown, event: &'static str) {
    delivery(agent, &shown.id, shown.version, event);
    cooldown::note(&agent.site, &shown.id, event);
}

/// The visitor closed it, or the host did.
pub fn close(agent: &'static Agent, shown: &Rc<Shown>, finished: bool) {
    let was_answered = finished || shown.run.finished.get();
    if !was_answered {
        note(agent, shown, "closed");
    }
    remove(agent, shown);
}

/// Takes a survey from the screen and gives the focus back, unless the visitor has moved on.
pub fn remove(agent: &'static Agent, shown: &Rc<Shown>) {
    let held_focus =
        shown.target.call("contains", &[&shown.target.call("getRootNode", &[]).get("activeElement")]).is_true();
    let handle = shown.handle.take();
    handle.call("close", &[]);
    shown.target.call("remove", &[]);
    if shown.over {
        agent.panel.over.take();
        agent.launcher.set("hidden", &Js::flag(false));
        if held_focus {
            shown.opener.call("focus", &[]);
        }
    }
}

/// Closes the survey over the page, as `rapport('close')` asks for.
pub fn close_over(agent: &'static Agent) {
    let shown = agent.panel.over.borrow().clone();
    if let Some(shown) = shown {
        close(agent, &shown, false);
    }
}

/// Keeps and sends the run as it stands.
pub fn save(agent: &'static Agent, shown: &Rc<Shown>, answers: &Js) -> Js {
    let run = &shown.run;
    if run.revision.get() == 0 {
        run.began_ms.set(epoch_ms());
        run.snapshot.replace(snapshot(agent));
    }
    run.revision.set(run.revision.get() + 1);
    let finished = answers.get_flag("finished");
    let mut json = Json::fields();
    json.text("id", &run.response.to_text());
    json.number("revision", run.revision.get());
    json.text("survey", &shown.id);
    json.number("survey_version", shown.version);
    json.text("path", &agent.path());
    json.text("language", &agent.language);
    json.number("duration_ms", answers.get_number("duration_ms") as u64);
    json.flag("finished", finished);
    let list = Js::global("JSON").call("stringify", &[&answers.get("answers")]);
    json.raw("answers", &list.0.as_string().unwrap_or_default());
    json.rest(&run.snapshot.borrow());
    let outcome = outbox::save(agent, run.response, run.began_ms.get(), &json);
    if finished {
        return agent.then(&outcome, Message::Saved(shown.clone()));
    }
    outcome
}

/// The last save of a run has an outcome, which goes on to the survey.
pub fn saved(agent: &'static Agent, shown: &Shown, outcome: Js) -> Js {
    let kept = outcome.0.as_string().is_some_and(|outcome| !outcome.starts_with("rejected"));
    if kept && !shown.run.finished.replace(true) {
        note(agent, shown, "answered");
    }
    outcome
}

/// What preceded the first answer: the view, its figures and the trail, or the mark that they are withheld.
fn snapshot(agent: &'static Agent) -> Json {
    let mut json = Json::fields();
    if agent.withheld {
        json.flag("trail_withheld", true);
        return json;
    }
    vitals::collect(agent);
    let interaction_count = vitals::interaction_count();
    let now_ms = now_ms();
    let mut state = agent.state.borrow_mut();
    let state = &mut *state;
    json.raw("trail", &state.trail.json(now_ms));
    if let Some(view) = state.views.last_mut() {
        view.scrolled();
        json.text("view", &view.id.to_text());
        let mut page = Json::object();
        page.number("age_ms", (now_ms - view.began_ms) as u64);
        page.rest(&view.figures(now_ms, interaction_count, &agent.release));
        json.raw("page", &page.close());
    }
    json
}
