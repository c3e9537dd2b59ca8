//! Pictures: a button that adds one or takes it back. The part that draws the page or reads a photo, and lets the visitor
//! cover what should not be seen, is loaded only when it is wanted.

use crate::draw;
use crate::options::{Options, Thenable, get};
use crate::panel::{Message, Panel};
use crate::words::{self, Word, Words};
use js_sys::{Function, Object, Promise, Reflect};
use rapport_shared::flow::{Run, Step};
use rapport_shared::survey::Input;
use wasm_bindgen::prelude::*;
use yew::html::Scope;
use yew::{Html, html};

/// What is happening about a picture.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum State {
    /// Nothing.
    #[default]
    Idle,
    /// It is being made.
    Waiting,
    /// It could not be made.
    Failed,
}

impl State {
    /// Takes what came of it: a blob, `null` for a visitor who changed their mind, anything else for a failure. Whether
    /// there is a picture.
    pub fn settle(&mut self, picture: &JsValue) -> bool {
        let made = get(picture, "size").as_f64().is_some();
        *self = if made || picture.is_null() { Self::Idle } else { Self::Failed };
        made
    }
}

/// The words that the part which makes pictures says.
const SAID: [Word; 7] =
    [words::PHOTO, words::COVER_HINT, words::COVER, words::UNCOVER, words::USE, words::CANCEL, words::SCREENSHOT];

/// Lets the visitor make a picture for the part at `place`; what comes of it is a message.
pub fn take(options: &Options, run: &Run, place: usize, link: &Scope<Panel>) {
    let question = &options.script.questions[run.at()];
    let of_page = matches!(question.parts()[place].input, Input::Picture { of_page: true });
    let settled = {
        let link = link.clone();
        Closure::once_into_js(move |picture: JsValue| link.send_message(Message::Pictured(place, picture)))
    };
    let Some(module) = options.load_picture() else {
        return link.send_message(Message::Pictured(place, JsValue::UNDEFINED));
    };
    let wish = Object::new();
    let set = |key: &str, value: JsValue| drop(Reflect::set(&wish, &key.into(), &value));
    set("host", options.target.clone().into());
    set("page", of_page.into());
    for word in SAID {
        set(word.0, JsValue::from_str(&options.words.get(word)));
    }
    let make = Closure::once_into_js(move |module: JsValue| {
        let take = get(&module, "take");
        let made = take.dyn_ref::<Function>().and_then(|take| take.call1(&JsValue::NULL, &wish).ok());
        Promise::resolve(&made.unwrap_or_default()).unchecked_ref::<Thenable>().then(&settled, &settled);
    });
    // A module that does not come is a failure without a `take`.
    module.unchecked_ref::<Thenable>().then(&make, &make);
}

/// The button, and what came of it.
pub fn view(words: &Words, state: &State, (place, of_page, added): (usize, bool, bool), link: &Scope<Panel>) -> Html {
    let waiting = *state == State::Waiting;
    let label = match (added, of_page) {
        (true, _) => words::REMOVE,
        (false, true) => words::SCREENSHOT,
        (false, false) => words::PHOTO,
    };
    let press =
        link.callback(move |_| if added { Message::Take(Step::Score(place, None)) } else { Message::Picture(place) });
    html! {
        <div class="picture">
            <button type="button" onclick={press} disabled={waiting}>
                if added { { draw::icon(&[draw::CHECK]) } }
                { words.get(if waiting { words::DRAWING } else { label }) }
            </button>
            <p role="status" class="hint">if *state == State::Failed { { words.get(words::NO_PICTURE) } }</p>
        </div>
    }
}
