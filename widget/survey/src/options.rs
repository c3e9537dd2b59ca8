//! Reads what the agent hands to `mount`: the place, the functions to call back, and what the visitor is asked.

use crate::definition::{self, Texts};
use crate::surface;
use crate::words::Words;
use js_sys::{Array, Function, Object, Promise, Reflect};
use rapport_shared::flow::{Given, Outcome, Run, Script};
use rapport_shared::survey::{Input, Question, Subject, YES_NO};
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;
use yew::AttrValue;

#[wasm_bindgen]
extern "C" {
    /// A promise, or whatever behaves as one.
    pub type Thenable;
    /// Calls one of the two when it is settled.
    #[wasm_bindgen(method, structural)]
    pub fn then(this: &Thenable, kept: &JsValue, failed: &JsValue);
}

/// How a survey stands on the page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// In the page's flow.
    Inline,
    /// Floating in the lower corner.
    Popover,
    /// A strip at the lower edge.
    Banner,
    /// A dialog that keeps the focus.
    Modal,
}

/// The options of `mount`, read once.
pub struct Options {
    /// The empty element to render into.
    pub target: HtmlElement,
    /// How it stands on the page.
    pub mode: Mode,
    /// Address of the site's logo, empty for none, and what it says.
    pub logo: (AttrValue, AttrValue),
    /// BCP 47 language of the page.
    pub language: AttrValue,
    /// The interface's words.
    pub words: Words,
    /// Heading of the panel.
    pub title: String,
    /// The questions and the ways between them.
    pub script: Script,
    /// Whether the visitor sees how far along they are.
    pub progress: bool,
    /// Heading and text of the thank-you, empty for the built-in ones.
    pub thanks: (String, String),
    options: JsValue,
}

/// A field of an object; undefined when there is none.
pub fn get(object: &JsValue, key: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(key)).unwrap_or(JsValue::UNDEFINED)
}

/// A text field; empty when there is none.
pub fn text(object: &JsValue, key: &str) -> String {
    get(object, key).as_string().unwrap_or_default()
}

/// Whether a field says no; one that is missing does not.
pub fn is_off(object: &JsValue, key: &str) -> bool {
    get(object, key) == JsValue::FALSE
}

/// The names of an object's fields; none when it is no object.
pub fn keys(object: &JsValue) -> Vec<String> {
    match object.dyn_ref::<Object>() {
        Some(object) => Object::keys(object).iter().filter_map(|key| key.as_string()).collect(),
        None => Vec::new(),
    }
}

/// A list field; empty when there is none.
pub fn list(object: &JsValue, key: &str) -> Array {
    get(object, key).dyn_into().unwrap_or_default()
}

fn set(object: &Object, key: &str, value: impl Into<JsValue>) {
    // Fails only on a frozen object, and this one was made here.
    let _ = Reflect::set(object, &JsValue::from_str(key), &value.into());
}

/// A value of the page's as text: texts and numbers, nothing else.
fn plain(value: &JsValue) -> Option<String> {
    let text = value.as_string();
    text.or_else(|| value.as_f64().map(|_| surface::text_of(value)))
}

impl Options {
    /// Reads them; `None` when there is nowhere to render or nothing to ask.
    pub fn read(options: &JsValue) -> Option<Self> {
        let survey = get(options, "survey");
        let language = text(options, "language");
        let texts = Texts::of(&survey, &language);
        let (traits, facts) = (get(options, "traits"), get(options, "facts"));
        let outside = move |subject: Subject<'_>| match subject {
            Subject::Trait(name) => plain(&get(&traits, name)),
            Subject::Fact(name) => plain(&get(&facts, name)),
            Subject::Answer(_) => None,
        };
        let seed = surface::random_seed();
        let script = definition::script(&survey, &texts, seed, Box::new(outside));
        if script.questions.is_empty() {
            return None;
        }
        let thanks = get(&survey, "thanks");
        let mode = match (text(options, "mode").as_str(), text(&survey, "placement").as_str()) {
            ("inline", _) => Mode::Inline,
            ("modal", _) | (_, "modal") => Mode::Modal,
            ("banner", _) | (_, "banner") => Mode::Banner,
            _ => Mode::Popover,
        };
        Some(Self {
            target: get(options, "target").dyn_into().ok()?,
            mode,
            logo: (text(options, "logo").into(), text(options, "logo_text").into()),
            language: language.into(),
            words: words_of(get(options, "words")),
            title: texts.text(&survey, "title", "title"),
            script,
            progress: !is_off(&survey, "progress"),
            thanks: (texts.text(&thanks, "title", "thanks.title"), texts.text(&thanks, "text", "thanks.text")),
            options: options.clone(),
        })
    }

    /// Calls a function of the agent's, if it is there.
    fn call(&self, name: &str, argument: &JsValue) -> JsValue {
        let function = get(&self.options, name);
        let called = function.dyn_ref::<Function>().map(|function| function.call1(&JsValue::NULL, argument));
        called.and_then(Result::ok).unwrap_or(JsValue::UNDEFINED)
    }

    /// Saves the run as it stands, `duration_ms` after the panel was shown, and tells `done` how it ended. Whatever
    /// goes wrong in the agent ends as a refusal without a reason, which the visitor can answer by trying again.
    pub fn save(&self, run: &Run, duration_ms: f64, done: impl FnOnce(Outcome) + 'static) {
        let answers = Array::new();
        for (at, given) in run.answers(&self.script) {
            answers.push(&answer(&self.script.questions[at], given));
        }
        let message = Object::new();
        set(&message, "answers", answers);
        set(&message, "finished", run.is_finished());
        set(&message, "duration_ms", duration_ms as u32);
        // One function for both ends of the promise: a failure is not a text, and reads as one without a reason.
        let done = Closure::once_into_js(move |reply: JsValue| {
            done(Outcome::parse(&reply.as_string().unwrap_or_default()));
        });
        let promise = Promise::resolve(&self.call("save", &message));
        promise.unchecked_ref::<Thenable>().then(&done, &done);
    }

    /// Hands a picture to the agent, which sends it on its own.
    pub fn attach(&self, question: &str, picture: &JsValue) {
        let message = Object::new();
        set(&message, "question", question);
        set(&message, "picture", picture);
        self.call("attach", &message);
    }

    /// Whether pictures can be sent at all.
    pub fn can_attach(&self) -> bool {
        get(&self.options, "attach").is_function()
    }

    /// Brings another file of the widget by its name among the assets; `None` when it has none.
    pub fn load(options: &JsValue, path: &JsValue) -> Option<Promise> {
        let load = get(options, "load");
        let load = load.dyn_ref::<Function>().filter(|_| path.is_string())?;
        Some(Promise::resolve(&load.call2(&JsValue::NULL, path, &JsValue::from_str("")).ok()?))
    }

    /// Brings the part that makes pictures.
    pub fn load_picture(&self) -> Option<Promise> {
        Self::load(&self.options, &get(&get(&self.options, "assets"), "picture_js"))
    }

    /// Asks the agent to open another survey.
    pub fn open(&self, survey: &str) {
        self.call("open", &JsValue::from_str(survey));
    }

    /// Tells the agent that the visitor closed the panel.
    pub fn closed(&self, finished: bool) {
        self.call("closed", &finished.into());
    }

    /// Tells the agent that the first answer was given.
    pub fn started(&self) {
        self.call("started", &JsValue::UNDEFINED);
    }
}

/// An answer as `shared::wire::Answer` reads it.
fn answer(question: &Question, given: &Given) -> Object {
    let answer = Object::new();
    set(&answer, "question", &question.id);
    let parts = Array::new();
    for (part, entry) in question.parts().iter().zip(&given.entries) {
        if entry.is_empty() {
            continue;
        }
        let own = part.id.is_empty();
        let value = if own { answer.clone() } else { Object::new() };
        if let Some(score) = entry.score {
            set(&value, "score", score);
        }
        if !entry.text.is_empty() {
            set(&value, "text", &entry.text);
        }
        if !entry.picked.is_empty() {
            let choices = Array::new();
            for index in entry.picked.iter().map(|index| usize::from(*index)) {
                let id = match &part.input {
                    Input::Choices { choices, .. } | Input::Ranking { choices } => {
                        choices.get(index).map(|one| &*one.id)
                    }
                    _ => YES_NO.get(index).copied(),
                };
                choices.push(&id.unwrap_or_default().into());
            }
            set(&value, "choices", choices);
        }
        if !own {
            set(&value, "part", part.id);
            parts.push(&value);
        }
    }
    if parts.length() > 0 {
        set(&answer, "parts", parts);
    }
    answer
}

/// The words of a language as an object from key to text.
pub fn words_of(object: JsValue) -> Words {
    Words(Box::new(move |key| get(&object, key).as_string()))
}
