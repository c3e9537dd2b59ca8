//! Reads what the agent hands to `mount`: the survey's definition, the place, and the functions to call back.

use crate::accent::{self, Rgb};
use crate::words::Words;
use js_sys::{Array, Function, Object, Promise, Reflect};
use rapport_shared::flow::{Outcome, Run};
use rapport_shared::survey::{Choice, CsatDisplay, Question, QuestionKind};
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;
use yew::AttrValue;

#[wasm_bindgen]
extern "C" {
    type Thenable;
    #[wasm_bindgen(method, structural)]
    fn then(this: &Thenable, kept: &JsValue, failed: &JsValue);
}

/// The options of `mount`, read once.
pub struct Options {
    /// The empty element to render into.
    pub target: HtmlElement,
    /// Whether the panel stands in the page's flow; else it floats in the lower corner.
    pub inline: bool,
    /// Accent colour.
    pub accent: Rgb,
    /// BCP 47 language of the page.
    pub language: AttrValue,
    /// The interface's words.
    pub words: Words,
    /// Heading of the panel.
    pub title: AttrValue,
    /// The questions, at least one.
    pub questions: Vec<Question>,
    /// Heading and text of the thank-you, empty for the built-in ones.
    pub thanks: (AttrValue, AttrValue),
    save: JsValue,
    closed: JsValue,
    started: JsValue,
}

fn get(object: &JsValue, key: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(key)).unwrap_or(JsValue::UNDEFINED)
}

fn text(object: &JsValue, key: &str) -> String {
    get(object, key).as_string().unwrap_or_default()
}

fn list(object: &JsValue, key: &str) -> Array {
    get(object, key).dyn_into().unwrap_or_default()
}

fn set(object: &Object, key: &str, value: impl Into<JsValue>) {
    // Fails only on a frozen object, and this one was made here.
    let _ = Reflect::set(object, &JsValue::from_str(key), &value.into());
}

/// A question, or `None` when its kind is not known: a newer collector may serve one that this build cannot ask.
fn read_question(value: &JsValue) -> Option<Question> {
    let label = |key| text(value, key);
    let choices = || {
        let one =
            |choice: JsValue| Choice { id: text(&choice, "id"), label: text(&choice, "label"), ..Choice::default() };
        list(value, "choices").iter().map(one).collect()
    };
    let kind = match label("kind").as_str() {
        "nps" => QuestionKind::Nps { low_label: label("low_label"), high_label: label("high_label") },
        "csat" => QuestionKind::Csat {
            display: if label("display") == "smileys" { CsatDisplay::Smileys } else { CsatDisplay::Stars },
            low_label: label("low_label"),
            high_label: label("high_label"),
        },
        "ces" => QuestionKind::Ces { low_label: label("low_label"), high_label: label("high_label") },
        "multiple-choice-single" => QuestionKind::MultipleChoiceSingle { choices: choices(), randomize: false },
        "multiple-choice-multi" => QuestionKind::MultipleChoiceMulti { choices: choices(), randomize: false },
        "open-text" => QuestionKind::OpenText {
            placeholder: label("placeholder"),
            max_characters: get(value, "max_characters").as_f64().map_or(2_000, |most| most as usize),
        },
        _ => return None,
    };
    Some(Question { required: get(value, "required").is_truthy(), ..Question::new(label("id"), kind, label("text")) })
}

impl Options {
    /// Reads them; `None` when there is nowhere to render or nothing to ask.
    pub fn read(options: &JsValue) -> Option<Self> {
        let survey = get(options, "survey");
        let questions: Vec<Question> =
            list(&survey, "questions").iter().filter_map(|question| read_question(&question)).collect();
        if questions.is_empty() {
            return None;
        }
        let thanks = get(&survey, "thanks");
        Some(Self {
            target: get(options, "target").dyn_into().ok()?,
            inline: text(options, "mode") == "inline",
            accent: accent::parse(&text(options, "accent")).unwrap_or(accent::DEFAULT_ACCENT),
            language: text(options, "language").into(),
            words: Words(get(options, "words")),
            title: text(&survey, "title").into(),
            thanks: (text(&thanks, "title").into(), text(&thanks, "text").into()),
            questions,
            save: get(options, "save"),
            closed: get(options, "closed"),
            started: get(options, "started"),
        })
    }

    /// Saves the run as it stands, `duration_ms` after the panel was shown, and tells `done` how it ended. Whatever goes wrong in the agent ends as a
    /// refusal without a reason, which the visitor can answer by trying again.
    pub fn save(&self, run: &Run, duration_ms: f64, done: impl FnOnce(Outcome) + 'static) {
        let answers = Array::new();
        for (at, given) in run.answers(&self.questions) {
            let question = &self.questions[at];
            let answer = Object::new();
            set(&answer, "question", &question.id);
            match &question.kind {
                QuestionKind::OpenText { .. } => set(&answer, "text", given.text.trim()),
                kind if kind.scores().is_some() => set(&answer, "score", given.score),
                kind => {
                    let picked = kind.choices().iter().enumerate().filter(|(index, _)| given.has(*index));
                    let ids: Array = picked.map(|(_, choice)| JsValue::from_str(&choice.id)).collect();
                    set(&answer, "choices", ids);
                }
            }
            answers.push(&answer);
        }
        let message = Object::new();
        set(&message, "answers", answers);
        set(&message, "finished", run.is_finished());
        set(&message, "duration_ms", duration_ms as u32);
        // One function for both ends of the promise: a failure is not a text, and reads as one without a reason.
        let done = Closure::once_into_js(move |reply: JsValue| {
            done(Outcome::parse(&reply.as_string().unwrap_or_default()));
        });
        let promise = match self.save.dyn_ref::<Function>().map(|save| save.call1(&JsValue::NULL, &message)) {
            Some(Ok(promise)) => Promise::resolve(&promise),
            _ => Promise::resolve(&JsValue::UNDEFINED),
        };
        promise.unchecked_ref::<Thenable>().then(&done, &done);
    }

    /// Tells the agent that the visitor closed the panel.
    pub fn closed(&self, finished: bool) {
        if let Some(closed) = self.closed.dyn_ref::<Function>() {
            let _ = closed.call1(&JsValue::NULL, &finished.into());
        }
    }

    /// Tells the agent that the first answer was given.
    pub fn started(&self) {
        if let Some(started) = self.started.dyn_ref::<Function>() {
            let _ = started.call0(&JsValue::NULL);
        }
    }
}
