//! Pictures: a button that adds one or takes it back. The part that draws the page or reads a photo, and lets the visitor
//! cover what should not be seen, is loaded only when it is wanted.

use crate::icon::{CHECK, icon};
use crate::options::Options;
use crate::surface;
use crate::words::{self, Word};
use rapport_browser::Js;
use rapport_shared::flow::Step;
use std::rc::Rc;
use yew::platform::spawn_local;
use yew::{Callback, Html, MouseEvent, Properties, function_component, html, use_state_eq};

/// What is happening about a picture.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing.
    Idle,
    /// It is being made.
    Waiting,
    /// It could not be made.
    Failed,
}

/// What the button is given.
#[derive(Clone, Properties)]
pub struct PictureProperties {
    /// The survey and the functions to call back.
    pub options: Rc<Options>,
    /// Place of the question.
    pub at: usize,
    /// Place of the part.
    pub place: usize,
    /// Drawn from the page rather than chosen as a file.
    pub of_page: bool,
    /// Whether there is one.
    pub added: bool,
    /// Told when there is one, or no longer.
    pub on_step: Callback<Step>,
}

impl PartialEq for PictureProperties {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.place, self.added) == (other.at, other.place, other.added)
    }
}

/// The words that the part which makes pictures says.
const SAID: [Word; 7] =
    [words::PHOTO, words::COVER_HINT, words::COVER, words::UNCOVER, words::USE, words::CANCEL, words::SCREENSHOT];

/// The button, and what came of it.
#[function_component]
pub fn Picture(properties: &PictureProperties) -> Html {
    let PictureProperties { options, place, of_page, added, .. } = properties;
    let (place, added) = (*place, *added);
    let state = use_state_eq(|| State::Idle);
    let waiting = *state == State::Waiting;
    let onclick = {
        let (properties, state) = (properties.clone(), state.clone());
        move |_: MouseEvent| {
            if added {
                return properties.on_step.emit(Step::Score(place, None));
            }
            state.set(State::Waiting);
            let (properties, state) = (properties.clone(), state.clone());
            spawn_local(async move { state.set(make(&properties).await) });
        }
    };
    let label = match (waiting, added, of_page) {
        // While a photo is chosen, its button only waits.
        (true, _, true) => &words::DRAWING,
        (_, true, _) => &words::REMOVE,
        (_, false, true) => &words::SCREENSHOT,
        (_, false, false) => &words::PHOTO,
    };
    html! {
        <div class="picture">
            <button type="button" disabled={waiting} {onclick}>
                if added {
                    { icon(&[CHECK]) }
                }
                { options.words.get(label) }
            </button>
            <p class="hint" role="status">
                if *state == State::Failed {
                    { options.words.get(&words::NO_PICTURE) }
                }
            </p>
        </div>
    }
}

/// Lets the visitor make a picture, and says how that ended: a blob is one, `null` a visitor who changed their mind, and
/// anything else a failure.
async fn make(properties: &PictureProperties) -> State {
    let PictureProperties { options, at, place, of_page, on_step, .. } = properties;
    let wish = Js::object(&[("host", options.target().clone()), ("page", Js::flag(*of_page))]);
    for word in SAID {
        wish.set(word.0, &Js::text(&options.words.get(&word)));
    }
    // A module that does not come is a failure without a `take`, and so is none at all.
    let module = surface::settled(options.load_picture()).await;
    let picture = surface::settled(module.call("take", &[&wish])).await;
    if picture.exists() && picture.get("size").exists() {
        options.attach(&options.script.questions[*at].id, &picture);
        on_step.emit(Step::Score(*place, Some(1)));
        return State::Idle;
    }
    if picture.0.is_null() { State::Idle } else { State::Failed }
}
