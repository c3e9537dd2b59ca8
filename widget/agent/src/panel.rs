//! Shows a survey, one at a time over the page and any number within it, and keeps what is answered.

use crate::agent::Agent;
use crate::browser::{Js, epoch_ms, new_id, now_ms};
use crate::json::Json;
use crate::telemetry::delivery;
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
    snapshot: RefCell<String>,
    finished: Cell<bool>,
}

/// Makes the launcher open the panel instead of the hosted form, now that it can.
pub fn start(agent: &Rc<Agent>) {
    let launcher = &agent.launcher;
    if !launcher.exists() {
        return;
    }
    launcher.call("setAttribute", &[&Js::text("aria-haspopup"), &Js::text("dialog")]);
    for intent in ["pointerenter", "focus", "touchstart"] {
        let agent = agent.clone();
        launcher.listen(intent, move |_| {
            module(&agent);
        });
    }
    let opening = agent.clone();
    launcher.listen("click", move |event| {
        let modified = ["ctrlKey", "metaKey", "shiftKey", "altKey"].iter().any(|key| event.get_flag(key));
        if modified {
            return;
        }
        if let Some(survey) = find(&opening, |survey| survey.get_text("placement") == "launcher") {
            event.call("preventDefault", &[]);
            show(&opening, &survey, None, &opening.launcher);
        }
    });
}

/// The first survey of the site that a condition fits.
pub fn find(agent: &Agent, fits: impl Fn(&Js) -> bool) -> Option<Js> {
    let surveys = agent.config.get("surveys");
    surveys.elements().find(fits)
}

/// Asks for the survey module, once; a failure is forgotten, so that the next intent tries again.
pub fn module(agent: &Rc<Agent>) -> Js {
    let known = agent.panel.module.borrow().clone();
    if known.exists() {
        return known;
    }
    let assets = agent.config.get("assets");
    let module = agent.load.call("call", &[&Js::default(), &assets.get("survey_js"), &assets.get("survey_wasm")]);
    agent.panel.module.replace(module.clone());
    let forgetting = agent.clone();
    let forget = Js::function(move |_| {
        forgetting.panel.module.take();
        Js::default()
    });
    module.call("catch", &[&forget]);
    module
}

/// Opens a survey by its id over the page, as `rapport('survey', id)` and `data-rapport-open` ask for.
pub fn open(agent: &Rc<Agent>, id: &str, opener: &Js) {
    if let Some(survey) = find(agent, |survey| survey.get_text("id") == id) {
        show(agent, &survey, None, opener);
    }
}

/// Shows a survey within `place`, or over the page when there is none.
pub fn show(agent: &Rc<Agent>, definition: &Js, place: Option<&Js>, opener: &Js) {
    let over = place.is_none();
    let already = agent.panel.over.borrow().clone();
    if over && let Some(shown) = already {
        // Copied out first: the page may react to the focus by calling back.
        let handle = shown.handle.borrow().clone();
        handle.call("focus", &[]);
        return;
    }
    let target = Js::global("document").call("createElement", &[&Js::text("div")]);
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
    let mounted = {
        let (agent, shown) = (agent.clone(), shown.clone());
        Js::function(move |module| {
            mount(&agent, &shown, &module);
            Js::default()
        })
    };
    let failed = {
        let agent = agent.clone();
        Js::function(move |_| {
            remove(&agent, &shown);
            Js::default()
        })
    };
    module(agent).call("then", &[&mounted]).call("catch", &[&failed]);
}

fn mount(agent: &Rc<Agent>, shown: &Rc<Shown>, module: &Js) {
    // Closed before it had come.
    if shown.over && agent.panel.over.borrow().is_none() {
        return;
    }
    let save = {
        let (agent, shown) = (agent.clone(), shown.clone());
        Js::function(move |run| save(&agent, &shown, &run))
    };
    let started = {
        let (agent, shown) = (agent.clone(), shown.clone());
        Js::function(move |_| {
            delivery(&agent, &shown.id, shown.version, "started");
            Js::default()
        })
    };
    let closed = {
        let (agent, shown) = (agent.clone(), shown.clone());
        Js::function(move |finished| {
            close(&agent, &shown, finished.is_true());
            Js::default()
        })
    };
    let options = Js::object(&[
        ("survey", shown.definition.clone()),
        ("target", shown.target.clone()),
        ("mode", Js::text(if shown.over { "popover" } else { "inline" })),
        ("accent", agent.config.get("accent_color")),
        ("language", Js::text(&agent.language)),
        ("save", save),
        ("started", started),
        ("closed", closed),
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
        let (agent, watched) = (agent.clone(), shown.clone());
        crate::trigger::when_near(&shown.target, "0px", move || seen(&agent, &watched));
    }
}

/// The survey is on screen.
fn seen(agent: &Rc<Agent>, shown: &Shown) {
    if !shown.run.finished.get() {
        note(agent, shown, "shown");
    }
}

fn note(agent: &Rc<Agent>, shown: &Shown, event: &'static str) {
    delivery(agent, &shown.id, shown.version, event);
    cooldown::note(&agent.site, &shown.id, event);
}

/// The visitor closed it, or the host did.
fn close(agent: &Rc<Agent>, shown: &Rc<Shown>, finished: bool) {
    let was_answered = finished || shown.run.finished.get();
    if !was_answered {
        note(agent, shown, "closed");
    }
    remove(agent, shown);
}

/// Takes a survey from the screen and gives the focus back, unless the visitor has moved on.
fn remove(agent: &Rc<Agent>, shown: &Rc<Shown>) {
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
pub fn close_over(agent: &Rc<Agent>) {
    let shown = agent.panel.over.borrow().clone();
    if let Some(shown) = shown {
        close(agent, &shown, false);
    }
}

/// Keeps and sends the run as it stands.
fn save(agent: &Rc<Agent>, shown: &Rc<Shown>, answers: &Js) -> Js {
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
    let outcome = outbox::save(agent, run.response, run.began_ms.get(), &json.into_fields());
    if finished {
        let (agent, shown) = (agent.clone(), shown.clone());
        let done = Js::function(move |outcome| {
            let kept = outcome.0.as_string().is_some_and(|outcome| !outcome.starts_with("rejected"));
            if kept && !shown.run.finished.replace(true) {
                note(&agent, &shown, "answered");
            }
            outcome
        });
        return outcome.call("then", &[&done]);
    }
    outcome
}

/// What preceded the first answer: the view, its figures and the trail, or the mark that they are withheld.
fn snapshot(agent: &Rc<Agent>) -> String {
    let mut json = Json::fields();
    if agent.withheld {
        json.flag("trail_withheld", true);
        return json.into_fields();
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
        page.rest(&view.figures(now_ms, interaction_count, &agent.release).into_fields());
        json.raw("page", &page.close());
    }
    json.into_fields()
}
