//! Reads a survey's definition out of the JavaScript object that the configuration is, in the visitor's language.

use crate::options::{get, is_off, keys, list, text};
use rapport_shared::flow::{Outside, Script};
use rapport_shared::survey::{
    Branch, Button, Choice, Condition, CsatDisplay, DEFAULT_CHARACTERS, EndScreen, LINE_CHARACTERS, Question,
    QuestionKind, ReasonAfter, nearest_language,
};
use wasm_bindgen::JsValue;

/// The texts of one language, by their paths.
pub struct Texts(JsValue);

impl Texts {
    /// Those nearest to the wanted language; none when the definition's own are.
    pub fn of(survey: &JsValue, wanted: &str) -> Self {
        let translations = get(survey, "translations");
        let own = text(survey, "language");
        let tags = keys(&translations);
        let all = tags.iter().map(String::as_str).chain([own.as_str()]);
        Self(nearest_language(all, wanted).map_or(JsValue::UNDEFINED, |tag| get(&translations, tag)))
    }

    /// The text `key` of `object`, which stands at `path`.
    pub fn text(&self, object: &JsValue, key: &str, path: &str) -> String {
        let translated = if self.0.is_undefined() { None } else { get(&self.0, path).as_string() };
        translated.unwrap_or_else(|| text(object, key))
    }
}

/// The script of a survey.
pub fn script(survey: &JsValue, texts: &Texts, seed: u32, outside: Outside) -> Script {
    let questions = list(survey, "questions").iter().filter_map(|value| question(&value, texts)).collect();
    let ends = list(survey, "ends").iter().map(|value| end(&value, texts)).collect();
    let groups: Vec<Vec<String>> = list(survey, "random_groups")
        .iter()
        .map(|group| js_sys::Array::from(&group).iter().filter_map(|id| id.as_string()).collect())
        .collect();
    let mut script = Script::new(questions, ends, &groups, seed, outside);
    script.back = !is_off(survey, "back");
    script
}

/// A question, or `None` when its kind is not known: a newer collector may serve one that this build cannot ask.
fn question(value: &JsValue, texts: &Texts) -> Option<Question> {
    let id = text(value, "id");
    let path = |name: &str| ["questions.", &id, ".", name].concat();
    let label = |key: &str| texts.text(value, key, &path(key));
    let ends = || (label("low_label"), label("high_label"));
    let flag = |key: &str| get(value, key).is_truthy();
    let unless = |key: &str| !is_off(value, key);
    let characters = |default: usize| get(value, "max_characters").as_f64().map_or(default, |most| most as usize);
    let choices = |key: &str| -> Vec<Choice> {
        let one = |choice: JsValue| {
            let id = text(&choice, "id");
            let label = texts.text(&choice, "label", &path(&[key, ".", &id].concat()));
            Choice { id, label, other: get(&choice, "other").is_truthy(), last: get(&choice, "last").is_truthy() }
        };
        list(value, key).iter().map(one).collect()
    };
    let randomize = flag("randomize");
    let (low_label, high_label) = ends();
    let kind = match text(value, "kind").as_str() {
        "nps" => QuestionKind::Nps { low_label, high_label },
        "csat" => QuestionKind::Csat {
            display: match text(value, "display").as_str() {
                "smileys" => CsatDisplay::Smileys,
                "numbers" => CsatDisplay::Numbers,
                "thumbs" => CsatDisplay::Thumbs,
                _ => CsatDisplay::Stars,
            },
            low_label,
            high_label,
        },
        "ces" => QuestionKind::Ces { low_label, high_label },
        "matrix" => {
            let points = get(value, "points").as_f64().map_or(5, |points| points as u8);
            QuestionKind::Matrix { rows: choices("rows"), points, low_label, high_label, randomize }
        }
        "ladder" => QuestionKind::Ladder { statements: choices("statements"), low_label, high_label },
        "expectation-gap" => QuestionKind::ExpectationGap { low_label, high_label },
        "multiple-choice-single" => QuestionKind::MultipleChoiceSingle { choices: choices("choices"), randomize },
        "multiple-choice-multi" => QuestionKind::MultipleChoiceMulti { choices: choices("choices"), randomize },
        "ranking" => QuestionKind::Ranking { choices: choices("choices"), randomize },
        "yes-no" => QuestionKind::YesNo {
            reason_label: label("reason_label"),
            reason_after: match text(value, "reason_after").as_str() {
                "yes" => ReasonAfter::Yes,
                "no" => ReasonAfter::No,
                _ => ReasonAfter::Any,
            },
        },
        "short-text" => {
            QuestionKind::ShortText { placeholder: label("placeholder"), max_characters: characters(LINE_CHARACTERS) }
        }
        "open-text" => {
            QuestionKind::OpenText { placeholder: label("placeholder"), max_characters: characters(DEFAULT_CHARACTERS) }
        }
        "contact" => QuestionKind::Contact { ask_name: unless("ask_name"), consent_text: label("consent_text") },
        "idea" => QuestionKind::Idea { placeholder: label("placeholder") },
        "problem-report" => {
            QuestionKind::ProblemReport { placeholder: label("placeholder"), screenshot: unless("screenshot") }
        }
        "review" => QuestionKind::Review { thing: label("thing"), photo: flag("photo") },
        _ => return None,
    };
    let branch = |value: JsValue| Branch {
        when: conditions(&value, "when"),
        skip_to: text(&value, "skip_to"),
        end: get(&value, "end").is_truthy(),
    };
    let branches = list(value, "branches").iter().map(branch).collect();
    let (required, when) = (flag("required"), conditions(value, "when"));
    Some(Question { text: label("text"), id, kind, required, when, branches })
}

fn conditions(value: &JsValue, key: &str) -> Vec<Condition> {
    list(value, key).iter().map(|value| condition(&value)).collect()
}

fn condition(value: &JsValue) -> Condition {
    let number = |key: &str| get(value, key).as_f64().map(|number| number as i32);
    let not = get(value, "not");
    Condition {
        answer: text(value, "answer"),
        customer_trait: text(value, "trait"),
        fact: text(value, "fact"),
        any: conditions(value, "any"),
        all: conditions(value, "all"),
        not: not.is_object().then(|| Box::new(condition(&not))),
        is: get(value, "is").as_string(),
        includes: get(value, "includes").as_string(),
        at_least: number("at_least"),
        at_most: number("at_most"),
        given: get(value, "given").as_bool(),
    }
}

fn end(value: &JsValue, texts: &Texts) -> EndScreen {
    let id = text(value, "id");
    let path = |name: &str| ["ends.", &id, ".", name].concat();
    let button = get(value, "button");
    EndScreen {
        when: conditions(value, "when"),
        title: texts.text(value, "title", &path("title")),
        text: texts.text(value, "text", &path("text")),
        button: button.is_object().then(|| Button {
            label: texts.text(&button, "label", &path("button")),
            survey: text(&button, "survey"),
            url: text(&button, "url"),
        }),
        id,
    }
}
