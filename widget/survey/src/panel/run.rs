//! One visitor's run through the survey: what they do changes it, and what follows from that is done once it is drawn.

use crate::options::{Mode, Options};
use crate::surface;
use rapport_browser::{Js, now_ms};
use rapport_shared::flow::{Effect, Outcome, Phase, Run, Step};
use std::rc::Rc;
use wasm_bindgen::JsValue;
use yew::platform::spawn_local;
use yew::{Reducible, UseReducerHandle, hook, use_effect_with, use_reducer};

/// Where the visitor is, and what is due because of it.
#[derive(Clone)]
pub struct Going {
    options: Rc<Options>,
    /// The run itself.
    pub run: Run,
    shown_ms: f64,
    /// How often the focus had to follow what is shown.
    pub moves: u32,
    /// Whether the last time nobody had asked for it: what arrived must not take the focus from the host's own fields.
    pub unasked: bool,
    /// Whether everything was passed over.
    pub left: bool,
    /// Whether anything was ever given.
    started: bool,
}

impl Going {
    fn new(options: Rc<Options>) -> Self {
        let run = Run::new(&options.script).expect("a survey that asks nothing is not mounted");
        Self { options, run, shown_ms: now_ms(), moves: 0, unasked: false, left: false, started: false }
    }

    /// Whether all answers are safe.
    pub fn is_done(&self) -> bool {
        matches!(self.run.phase(), Phase::Done { .. })
    }

    fn moves_on(&mut self, unasked: bool) {
        self.moves += 1;
        self.unasked = unasked;
    }
}

impl Reducible for Going {
    type Action = Step;

    fn reduce(self: Rc<Self>, step: Step) -> Rc<Self> {
        let unasked = matches!(step, Step::Saved(..));
        let mut next = Rc::unwrap_or_clone(self);
        match next.run.apply(&next.options.script, step) {
            Effect::Nothing | Effect::Show => {}
            Effect::Leave => next.left = true,
            Effect::Move => next.moves_on(unasked),
            Effect::Save if next.run.phase() == Phase::Asking => next.moves_on(false),
            Effect::Save => {}
        }
        next.started |= !next.run.draft().is_empty();
        Rc::new(next)
    }
}

/// Does something once what is drawn is drawn for the first time, and whenever `value` has changed since. One hook for all
/// that is due, since each kind of effect weighs 200 bytes.
#[hook]
pub fn use_change(value: u32, effect: Box<dyn FnOnce(u32)>) {
    use_effect_with(value, move |value| effect(*value));
}

/// The run through a survey. It is saved whenever it has to be: a later save carries everything that
/// an earlier one did, so of several before the next drawing the last is enough.
#[hook]
pub fn use_run(options: &Rc<Options>) -> UseReducerHandle<Going> {
    let going = use_reducer(|| Going::new(options.clone()));
    {
        let options = options.clone();
        let start = move |started| {
            if started > 0 {
                options.call("started", &Js::default());
            }
        };
        use_change(going.started.into(), Box::new(start));
    }
    {
        let (saved, options) = (going.clone(), options.clone());
        let save = move |number| {
            if number > 0 {
                save(&saved, &options, number);
            }
        };
        use_change(going.run.save_number(), Box::new(save));
    }
    going
}

fn save(going: &UseReducerHandle<Going>, options: &Options, number: u32) {
    if going.run.phase() != Phase::Asking && options.mode == Mode::Inline {
        surface::keep_height(&options.target);
    }
    let dispatcher = going.dispatcher();
    let end = move |reply: JsValue| {
        // Whatever goes wrong on the way is not a text, and reads as a refusal without a reason: one that the visitor can
        // answer by trying again.
        dispatcher.dispatch(Step::Saved(number, Outcome::parse(&reply.as_string().unwrap_or_default())));
        JsValue::UNDEFINED
    };
    let saved = options.save(&going.run, now_ms() - going.shown_ms, Js::function(Box::new(end.clone())));
    spawn_local(async move {
        end(surface::settled(saved).await.0);
    });
}
