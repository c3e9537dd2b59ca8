//! Reads what the invitation hands to `mount`: the place, the functions to call back, and what the visitor is asked.

use crate::definition::{self, Texts, is_off};
use crate::surface;
use crate::words::Words;
use rapport_browser::Js;
use rapport_shared::flow::{Given, Purpose, Run, Script};
use rapport_shared::survey::{Input, Question, Subject, YES_NO};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

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
    /// Address of the site's logo, empty for none.
    pub logo: String,
    /// What the logo says.
    pub logo_text: String,
    /// The language that is shown (BCP 47), in the region of the page.
    pub language: String,
    /// Which way it runs: `ltr` or `rtl`.
    pub direction: &'static str,
    /// The interface's words.
    pub words: Rc<Words>,
    /// Heading of the panel.
    pub title: String,
    /// The questions and the ways between them.
    pub script: Rc<Script>,
    /// Whether the visitor sees how far along they are.
    pub progress: bool,
    /// Whether one tap on a score is enough.
    pub one_tap: bool,
    /// Heading of the thank-you, empty for the built-in one.
    pub thanks_title: String,
    /// Text of the thank-you, empty for none.
    pub thanks_text: String,
    options: Js,
}

/// A value of the page's as text: texts and numbers, nothing else.
fn plain(value: &Js) -> Option<String> {
    let text = || value.0.as_f64().and_then(|_| Js::window().call("String", &[value]).0.as_string());
    value.0.as_string().or_else(text)
}

/// The same as it is shown.
fn shown(value: &Js, language: &str) -> Option<String> {
    let written = match value.0.as_string() {
        Some(text) => surface::date(language, &text),
        None => surface::number_format(language).call("format", &[value]).0.as_string(),
    };
    // What is neither text nor number is not shown, whatever a format makes of it.
    plain(value).map(|plain| written.unwrap_or(plain))
}

impl Options {
    /// Reads them; `None` when there is nowhere to render or nothing to ask.
    pub fn read(options: &Js) -> Option<Self> {
        let survey = options.get("survey");
        let spoken = survey.get("shown");
        let mut language = spoken.get_text("language");
        if language.is_empty() {
            language = options.get_text("language");
        }
        let texts = Texts::of(&survey, &language);
        let (traits, facts) = (options.get("traits"), options.get("facts"));
        // Dates are written as where the visitor is, which the language that is shown may leave open.
        let locale = surface::with_region(&language);
        let outside = move |subject: Subject<'_>, purpose| {
            let value = match subject {
                Subject::Trait(name) => traits.get(name),
                Subject::Fact(name) => facts.get(name),
                Subject::Answer(_) => return None,
            };
            if purpose == Purpose::Show { shown(&value, &locale) } else { plain(&value) }
        };
        let mut script = definition::script(&survey, &texts, surface::random_seed(), Box::new(outside));
        script.number = surface::numbers(&language);
        let target = options.get("target");
        if !target.exists() || script.questions.is_empty() {
            return None;
        }
        let thanks = survey.get("thanks");
        let mode = match (options.get_text("mode").as_str(), survey.get_text("placement").as_str()) {
            ("inline", _) => Mode::Inline,
            ("modal", _) | (_, "modal") => Mode::Modal,
            ("banner", _) | (_, "banner") => Mode::Banner,
            _ => Mode::Popover,
        };
        Some(Self {
            target: target.0.unchecked_into(),
            mode,
            logo: options.get_text("logo"),
            logo_text: options.get_text("logo_text"),
            words: Rc::new(words_of(options.get("words"), &language)),
            language,
            direction: if spoken.get_text("direction") == "rtl" { "rtl" } else { "ltr" },
            title: texts.text(&survey, "title", &["title"]),
            script: Rc::new(script),
            progress: !is_off(&survey, "progress"),
            one_tap: survey.get_flag("one_tap"),
            thanks_title: texts.text(&thanks, "title", &["thanks.title"]),
            thanks_text: texts.text(&thanks, "text", &["thanks.text"]),
            options: options.clone(),
        })
    }

    /// Calls a function of the invitation's, if it is there.
    pub fn call(&self, name: &str, argument: &Js) -> Js {
        self.options.call(name, &[argument])
    }

    /// The element to render into, as other parts of the widget are handed it.
    pub fn target(&self) -> Js {
        self.options.get("target")
    }

    /// Saves the run as it stands, `duration_ms` after the panel was shown; how that ends, as a promise of a text. What was
    /// held ends again: that is said to `told`.
    pub fn save(&self, run: &Run, duration_ms: f64, told: Js) -> Js {
        let mut answers = Vec::new();
        for (at, given) in run.answers(&self.script) {
            answers.push(answer(&self.script.questions[at], given));
        }
        let message = Js::object(&[
            ("answers", Js::list(&answers)),
            ("finished", Js::flag(run.is_finished())),
            ("duration_ms", Js::number(duration_ms)),
            ("told", told),
        ]);
        self.call("save", &message)
    }

    /// Hands a picture to the invitation, which sends it on its own.
    pub fn attach(&self, question: &str, picture: &Js) {
        self.call("attach", &Js::object(&[("question", Js::text(question)), ("picture", picture.clone())]));
    }

    /// Whether pictures can be sent at all.
    pub fn can_attach(&self) -> bool {
        self.options.get("attach").exists()
    }

    /// Brings another file of the widget, as a promise; nothing that `then` is asked of when there is none.
    pub fn load(options: &Js, path: &Js) -> Js {
        if path.exists() { options.call("load", &[path]) } else { Js::default() }
    }

    /// Brings the part that makes pictures.
    pub fn load_picture(&self) -> Js {
        Self::load(&self.options, &self.options.get("assets").get("picture_js"))
    }
}

/// An answer as `shared::wire::Answer` reads it.
fn answer(question: &Question, given: &Given) -> Js {
    let answer = Js::object(&[("question", Js::text(&question.id))]);
    let mut parts = Vec::new();
    for (part, entry) in question.parts().iter().zip(&given.entries) {
        if entry.is_empty() {
            continue;
        }
        let own = part.id.is_empty();
        let value = if own { answer.clone() } else { Js::object(&[("part", Js::text(part.id))]) };
        if let Some(score) = entry.score {
            value.set("score", &Js::number(score.into()));
        }
        if !entry.text.is_empty() {
            value.set("text", &Js::text(&entry.text));
        }
        let mut choices = Vec::new();
        for index in entry.picked.iter().map(|index| usize::from(*index)) {
            let id = match &part.input {
                Input::Choices { choices, .. } | Input::Ranking { choices } => choices.get(index).map(|one| &*one.id),
                _ => YES_NO.get(index).copied(),
            };
            choices.push(Js::text(id.unwrap_or_default()));
        }
        if !choices.is_empty() {
            value.set("choices", &Js::list(&choices));
        }
        if !own {
            parts.push(value);
        }
    }
    if !parts.is_empty() {
        answer.set("parts", &Js::list(&parts));
    }
    answer
}

/// The words of a language as an object from key to text, with its numbers.
pub fn words_of(object: Js, language: &str) -> Words {
    let text = Box::new(move |key: &str| if object.exists() { object.get(key).0.as_string() } else { None });
    Words::new(text, surface::numbers(language))
}
