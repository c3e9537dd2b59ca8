//! What stands in a hosted form: its fields as they are drawn, and its answers as they are sent.

use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_shared::survey::{CsatDisplay, Question, QuestionKind, Survey};
use rapport_shared::wire::{Answer, Response};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Name of a field that people do not see, and that programs like to fill in.
pub const TRAP: &str = "website";

/// One run through the form: its id makes sending it twice harmless.
pub struct Run {
    pub id: Id,
    pub opened_at_ms: i64,
    /// Whether the field that people do not see was filled in.
    pub trapped: bool,
    /// Name and value of every field, as sent; empty when the form is new.
    values: Vec<(String, String)>,
}

/// A question as it is drawn.
pub struct Field<'a> {
    pub question: &'a Question,
    pub name: String,
    /// `radio`, `checkbox` or `text`.
    pub input: &'static str,
    pub options: Vec<FieldOption<'a>>,
    pub low_label: &'a str,
    pub high_label: &'a str,
    pub text: &'a str,
    pub placeholder: &'a str,
    pub max_characters: usize,
    /// What is wrong with the answer; empty when nothing is, or when nothing was sent yet.
    pub error: Cow<'static, str>,
}

/// One option of a question.
pub struct FieldOption<'a> {
    pub value: Cow<'a, str>,
    pub label: Cow<'a, str>,
    pub checked: bool,
}

#[derive(Serialize)]
struct Batch<'a> {
    site: &'a str,
    items: [Item<'a>; 1],
}

#[derive(Serialize)]
struct Item<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    response: Response<'a>,
}

impl Run {
    /// A form that nobody has filled in yet.
    pub fn new(id: Id, opened_at_ms: i64) -> Self {
        Self { id, opened_at_ms, trapped: false, values: Vec::new() }
    }

    /// Reads a form as it was sent; `id` and `now_ms` stand in for what it should have carried.
    pub fn read(survey: &Survey, body: &[u8], id: Id, now_ms: i64) -> Self {
        let mut run = Self::new(id, now_ms);
        for (name, value) in form_urlencoded::parse(body) {
            match name.as_ref() {
                "run" => run.id = Id::parse(&value).unwrap_or(id),
                "opened_at_ms" => run.opened_at_ms = value.parse().unwrap_or(now_ms),
                TRAP => run.trapped |= !value.trim().is_empty(),
                _ if survey.questions.iter().any(|question| name == name_of(question)) => {
                    run.values.push((name.into_owned(), value.into_owned()));
                }
                _ => {}
            }
        }
        // Tells a form that was sent empty from a new one.
        run.values.push((String::new(), String::new()));
        run
    }

    fn values<'a>(&'a self, question: &Question) -> impl Iterator<Item = &'a str> {
        let name = name_of(question);
        self.values.iter().filter(move |(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    /// The questions with what was answered.
    pub fn fields<'a>(&'a self, survey: &'a Survey) -> Vec<Field<'a>> {
        survey.questions.iter().map(|question| self.field(question)).collect()
    }

    fn field<'a>(&'a self, question: &'a Question) -> Field<'a> {
        let picked: Vec<&str> = self.values(question).collect();
        let option = |value: Cow<'a, str>, label: Cow<'a, str>| {
            let checked = picked.contains(&value.as_ref());
            FieldOption { value, label, checked }
        };
        let mut field = Field {
            question,
            name: name_of(question),
            input: "radio",
            options: Vec::new(),
            low_label: "",
            high_label: "",
            text: self.values(question).next().unwrap_or_default(),
            placeholder: "",
            max_characters: limit::ANSWER_CHARACTERS,
            error: Cow::Borrowed(""),
        };
        if let Some((least, most)) = question.kind.scores() {
            let score = |score: i8| option(score.to_string().into(), score.to_string().into());
            field.options = (least..=most).map(score).collect();
        }
        let pick = |choices: &'a [rapport_shared::survey::Choice]| {
            choices.iter().map(|choice| option(choice.id.as_str().into(), choice.label.as_str().into())).collect()
        };
        match &question.kind {
            QuestionKind::Csat { display, low_label, high_label } => {
                (field.low_label, field.high_label) = (low_label, high_label);
                if *display == CsatDisplay::Stars {
                    for (index, option) in field.options.iter_mut().enumerate() {
                        option.label = format!("{} {}", index + 1, "★".repeat(index + 1)).into();
                    }
                }
            }
            QuestionKind::Nps { low_label, high_label } | QuestionKind::Ces { low_label, high_label } => {
                (field.low_label, field.high_label) = (low_label, high_label);
            }
            QuestionKind::MultipleChoiceSingle { choices, .. } => field.options = pick(choices),
            QuestionKind::MultipleChoiceMulti { choices, .. } => {
                field.input = "checkbox";
                field.options = pick(choices);
            }
            QuestionKind::OpenText { placeholder, max_characters } => {
                field.input = "text";
                (field.placeholder, field.max_characters) = (placeholder, *max_characters);
            }
            _ => {}
        }
        if !self.values.is_empty() {
            field.error = fault(question, &field);
        }
        field
    }

    /// The batch that the widget would have sent.
    pub fn batch(&self, site_key: &str, survey: &Survey, now_ms: i64) -> String {
        let duration_ms = (now_ms - self.opened_at_ms).clamp(0, limit::DURATION_MS.into()) as u32;
        let answers: Vec<Answer<'_>> = survey.questions.iter().filter_map(|question| self.answer(question)).collect();
        let response = Response {
            id: self.id,
            age_ms: 0,
            revision: 1,
            survey: survey.id.as_str().into(),
            survey_version: survey.version,
            view: None,
            path: "".into(),
            language: "".into(),
            duration_ms,
            finished: true,
            answers,
            facts: BTreeMap::new(),
            trail: Vec::new(),
            trail_withheld: false,
            page: None,
        };
        let batch = Batch { site: site_key, items: [Item { r#type: "response", response }] };
        // Serializing strings and numbers to memory cannot fail.
        serde_json::to_string(&batch).unwrap_or_default()
    }

    fn answer<'a>(&'a self, question: &'a Question) -> Option<Answer<'a>> {
        let values: Vec<&str> = self.values(question).filter(|value| !value.trim().is_empty()).collect();
        let first = *values.first()?;
        let question_id = question.id.as_str().into();
        Some(match &question.kind {
            QuestionKind::OpenText { .. } => Answer { question: question_id, text: first.into(), ..Answer::default() },
            kind if kind.scores().is_some() => {
                Answer { question: question_id, score: first.parse().ok(), ..Answer::default() }
            }
            _ => {
                let choices = values.into_iter().map(Cow::Borrowed).collect();
                Answer { question: question_id, choices, ..Answer::default() }
            }
        })
    }
}

fn name_of(question: &Question) -> String {
    format!("q.{}", question.id)
}

/// What is wrong with an answer that was sent, in plain words.
fn fault(question: &Question, field: &Field<'_>) -> Cow<'static, str> {
    if field.input == "text" {
        let length = field.text.chars().count();
        return if length > field.max_characters {
            format!("Please write at most {} characters; these are {length}.", field.max_characters).into()
        } else if question.required && field.text.trim().is_empty() {
            "Please write an answer.".into()
        } else {
            "".into()
        };
    }
    let is_answered = field.options.iter().any(|option| option.checked);
    if question.required && !is_answered { "Please choose an answer.".into() } else { "".into() }
}
