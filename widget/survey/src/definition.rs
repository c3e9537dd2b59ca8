//! Reads a survey's definition out of the JavaScript object that the configuration is.

use rapport_browser::Js;
use rapport_shared::flow::{Outside, Script, concat};
use rapport_shared::survey::{
    Branch, Button, Choice, Condition, CsatDisplay, DEFAULT_CHARACTERS, EndScreen, LINE_CHARACTERS, Question,
    QuestionKind, ReasonAfter,
};

/// The texts of one language, by their paths.
pub struct Texts(Js);

impl Texts {
    /// Those of exactly that language; the definition's own when it has none. The collector has chosen already: it sends a
    /// survey in the language that is nearest to the page's.
    pub fn of(survey: &Js, language: &str) -> Self {
        Self(survey.get("translations").get(language))
    }

    /// The text `key` of `object`, which stands at the path made of `path`.
    pub fn text(&self, object: &Js, key: &str, path: &[&str]) -> String {
        let translated = self.0.get(&concat(path)).0.as_string();
        translated.unwrap_or_else(|| object.get_text(key))
    }
}

/// The script of a survey.
pub fn script(survey: &Js, texts: &Texts, seed: u32, outside: Outside) -> Script {
    let mut questions = Vec::new();
    for value in survey.get("questions").elements() {
        questions.extend(Reader { value, texts }.question());
    }
    let ends = survey.get("ends").elements().iter().map(|value| end(value, texts)).collect();
    let groups: Vec<Vec<String>> = survey
        .get("random_groups")
        .elements()
        .iter()
        .map(|group| group.elements().iter().filter_map(|id| id.0.as_string()).collect())
        .collect();
    let mut script = Script::new(questions, ends, &groups, seed, outside);
    script.back = !is_off(survey, "back");
    script
}

/// Whether a field says no; one that is missing does not.
pub fn is_off(object: &Js, key: &str) -> bool {
    object.get(key).0.as_bool() == Some(false)
}

/// One question of a definition.
struct Reader<'a> {
    value: Js,
    texts: &'a Texts,
}

impl Reader<'_> {
    fn text(&self, key: &str) -> String {
        self.value.get_text(key)
    }

    fn label(&self, key: &str) -> String {
        self.texts.text(&self.value, key, &["questions.", &self.text("id"), ".", key])
    }

    fn number(&self, key: &str, usual: usize) -> usize {
        self.value.get(key).0.as_f64().map_or(usual, |number| number as usize)
    }

    fn choices(&self, key: &str) -> Vec<Choice> {
        let mut choices = Vec::new();
        for choice in self.value.get(key).elements() {
            let id = choice.get_text("id");
            let label = self.texts.text(&choice, "label", &["questions.", &self.text("id"), ".", key, ".", &id]);
            choices.push(Choice { id, label, other: choice.get_flag("other"), last: choice.get_flag("last") });
        }
        choices
    }

    /// The question, or `None` when its kind is not known: a newer collector may serve one that this build cannot ask.
    fn question(&self) -> Option<Question> {
        let (low_label, high_label) = (self.label("low_label"), self.label("high_label"));
        let placeholder = self.label("placeholder");
        let randomize = self.value.get_flag("randomize");
        let kind = match self.text("kind").as_str() {
            "nps" => QuestionKind::Nps { low_label, high_label },
            "csat" => QuestionKind::Csat {
                display: match self.text("display").as_str() {
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
                let points = self.number("points", 5) as u8;
                QuestionKind::Matrix { rows: self.choices("rows"), points, low_label, high_label, randomize }
            }
            "ladder" => QuestionKind::Ladder { statements: self.choices("statements"), low_label, high_label },
            "expectation-gap" => QuestionKind::ExpectationGap { low_label, high_label },
            "multiple-choice-single" => {
                QuestionKind::MultipleChoiceSingle { choices: self.choices("choices"), randomize }
            }
            "multiple-choice-multi" => {
                QuestionKind::MultipleChoiceMulti { choices: self.choices("choices"), randomize }
            }
            "ranking" => QuestionKind::Ranking { choices: self.choices("choices"), randomize },
            "yes-no" => QuestionKind::YesNo {
                reason_label: self.label("reason_label"),
                reason_after: match self.text("reason_after").as_str() {
                    "yes" => ReasonAfter::Yes,
                    "no" => ReasonAfter::No,
                    _ => ReasonAfter::Any,
                },
            },
            "short-text" => {
                QuestionKind::ShortText { placeholder, max_characters: self.number("max_characters", LINE_CHARACTERS) }
            }
            "open-text" => QuestionKind::OpenText {
                placeholder,
                max_characters: self.number("max_characters", DEFAULT_CHARACTERS),
            },
            "contact" => QuestionKind::Contact {
                ask_name: !is_off(&self.value, "ask_name"),
                consent_text: self.label("consent_text"),
            },
            "idea" => QuestionKind::Idea { placeholder },
            "problem-report" => {
                QuestionKind::ProblemReport { placeholder, screenshot: !is_off(&self.value, "screenshot") }
            }
            "review" => QuestionKind::Review { thing: self.label("thing"), photo: self.value.get_flag("photo") },
            _ => return None,
        };
        let mut branches = Vec::new();
        for value in self.value.get("branches").elements() {
            let when = conditions(&value, "when");
            branches.push(Branch { when, skip_to: value.get_text("skip_to"), end: value.get_flag("end") });
        }
        let (required, when) = (self.value.get_flag("required"), conditions(&self.value, "when"));
        Some(Question { text: self.label("text"), id: self.text("id"), kind, required, when, branches })
    }
}

fn conditions(value: &Js, key: &str) -> Vec<Condition> {
    value.get(key).elements().iter().map(condition).collect()
}

fn condition(value: &Js) -> Condition {
    let text = |key: &str| value.get(key).0.as_string();
    let number = |key: &str| value.get(key).0.as_f64().map(|number| number as i32);
    let not = value.get("not");
    Condition {
        answer: value.get_text("answer"),
        customer_trait: value.get_text("trait"),
        fact: value.get_text("fact"),
        any: conditions(value, "any"),
        all: conditions(value, "all"),
        not: not.exists().then(|| Box::new(condition(&not))),
        is: text("is"),
        includes: text("includes"),
        at_least: number("at_least"),
        at_most: number("at_most"),
        given: value.get("given").0.as_bool(),
    }
}

fn end(value: &Js, texts: &Texts) -> EndScreen {
    let id = value.get_text("id");
    let text = |key: &str| texts.text(value, key, &["ends.", &id, ".", key]);
    let button = value.get("button");
    EndScreen {
        when: conditions(value, "when"),
        title: text("title"),
        text: text("text"),
        button: button.exists().then(|| Button {
            label: texts.text(&button, "label", &["ends.", &id, ".button"]),
            survey: button.get_text("survey"),
            url: button.get_text("url"),
        }),
        id,
    }
}
