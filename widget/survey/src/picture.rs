//! Pictures: a button that adds one or takes it back. The part that draws the page or reads a photo, and lets the visitor
//! cover what should not be seen, is loaded only when it is wanted.

use crate::draw;
use crate::options::Options;
use crate::surface;
use crate::tree::{Action, Tree};
use crate::words::{self, Word};
use rapport_browser::Js;
use rapport_shared::flow::Run;
use rapport_shared::survey::Input;
use std::rc::Rc;

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
    pub fn settle(&mut self, picture: &Js) -> bool {
        let made = picture.exists() && picture.get("size").exists();
        *self = if made || picture.0.is_null() { Self::Idle } else { Self::Failed };
        made
    }
}

/// The words that the part which makes pictures says.
const SAID: [Word; 7] =
    [words::PHOTO, words::COVER_HINT, words::COVER, words::UNCOVER, words::USE, words::CANCEL, words::SCREENSHOT];

/// Lets the visitor make a picture for the part at `place`, and tells `done` what comes of it.
pub fn take(options: &Options, run: &Run, place: usize, done: impl Fn(Js) + 'static) {
    let question = &options.script.questions[run.at()];
    let of_page = matches!(question.parts()[place].input, Input::Picture { of_page: true });
    let wish = Js::object(&[("host", options.target.clone()), ("page", Js::flag(of_page))]);
    for word in SAID {
        wish.set(word.0, &Js::text(&options.words.get(&word)));
    }
    let done = Rc::new(done);
    // A module that does not come is a failure without a `take`, and so is none at all.
    let make = move |module: Js| {
        let done = done.clone();
        surface::settled(&module.call("take", &[&wish]), Box::new(move |picture| done(picture)));
    };
    surface::settled(&options.load_picture(), Box::new(make));
}

/// The button, and what came of it.
pub fn view(tree: &mut Tree<'_>, state: State, (place, of_page, added): (usize, bool, bool)) {
    let waiting = state == State::Waiting;
    let label = match (waiting, added, of_page) {
        // While a photo is chosen, its button only waits.
        (true, _, true) => &words::DRAWING,
        (_, true, _) => &words::REMOVE,
        (_, false, true) => &words::SCREENSHOT,
        (_, false, false) => &words::PHOTO,
    };
    tree.open("div.picture");
    tree.open("button type=button");
    tree.mark("disabled", waiting);
    tree.on("data-click", if added { Action::Unscore(place) } else { Action::Picture(place) });
    if added {
        tree.icon(&[draw::CHECK]);
    } else {
        tree.nothing();
    }
    tree.text(&tree.words.get(label));
    tree.close();
    if state == State::Failed {
        tree.say("p.hint role=status", &words::NO_PICTURE);
    } else {
        tree.leaf("p.hint role=status", "");
    }
    tree.close();
}
