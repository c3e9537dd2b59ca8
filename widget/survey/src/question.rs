//! A question: its words, its parts, the ends of its scale, and what keeps the visitor from going on. The panel and the
//! form without script draw the same.

use crate::asked::Asked;
use crate::input::InputField;
use crate::list::list;
use crate::words::{self, Word, Words};
use rapport_shared::flow::{Given, Problem, Step, concat, digits, is_asked};
use rapport_shared::survey::{Input, Part, Question as Definition, QuestionKind};
use yew::{AttrValue, Callback, Html, Properties, function_component, html};

/// What a question is drawn from.
#[derive(Clone, PartialEq, Properties)]
pub struct QuestionProperties {
    /// Which it is.
    pub asked: Asked,
    /// Its text, with earlier answers put in.
    pub text: AttrValue,
    /// What is being given.
    pub given: Given,
    /// What keeps the visitor from going on.
    pub problem: Option<Problem>,
    /// Told of every change.
    pub on_step: Callback<Step>,
    /// What stands below its parts.
    #[prop_or_default]
    pub children: Html,
}

/// A question as a group of its parts.
#[function_component]
pub fn Question(properties: &QuestionProperties) -> Html {
    let asked = &properties.asked;
    let question = asked.question();
    let parts = question.parts();
    let alone = matches!(&parts[..], [only] if is_one_of_many(&only.input));
    let order = match &question.kind {
        QuestionKind::Matrix { rows, .. } => asked.script.order_of(asked.at, rows),
        _ => (0..parts.len()).collect(),
    };
    let part = |place: usize| parts.get(place).map(|part| view_part(properties, place, part, parts.len() == 1));
    html! {
        <fieldset
            role={alone.then_some("radiogroup")}
            aria-required={(alone && question.required).then_some("true")}
            aria-describedby={asked.ids(&["hint", "low", "high", "problem"])}
        >
            <legend
                id={asked.id("question")}
                tabindex={(!asked.still).then_some("-1")}
                data-optional={(!question.required).then(|| asked.words.get(&words::OPTIONAL))}
            >
                { &properties.text }
            </legend>
            if let Some(hint) = hint(&question.kind) {
                <p class="hint" id={asked.id("hint")}>{ asked.words.get(hint) }</p>
            }
            { list(&mut order.into_iter().filter_map(part)) }
            { ends(asked) }
            { properties.children.clone() }
        </fieldset>
    }
}

/// One part with its label, and what is wrong with it.
fn view_part(properties: &QuestionProperties, place: usize, part: &Part<'_>, is_only: bool) -> Html {
    let QuestionProperties { asked, given, problem, .. } = properties;
    let question = asked.question();
    // Pictures stand below the parts: the panel can take them, a form without script cannot.
    if matches!(part.input, Input::Picture { .. }) || !(asked.still || is_asked(question, given, place, part)) {
        return Html::default();
    }
    let problem = problem.as_ref().filter(|problem| place_of(problem) == Some(place));
    let label = label(&asked.words, part);
    let one_of_many = is_one_of_many(&part.input);
    let group = one_of_many && !is_only;
    let row = match part.id {
        "" => asked.id("question"),
        _ => asked.id(&concat(&["part", &digits(place)])),
    };
    html! {
        <div
            class="part"
            data-fault={problem.map(|_| "")}
            role={group.then_some("radiogroup")}
            aria-required={(group && part.required).then_some("true")}
            aria-labelledby={group.then(|| row.clone())}
        >
            if one_of_many && !part.id.is_empty() {
                <p class="row" id={row}>{ &label }</p>
            }
            <InputField
                asked={asked.clone()}
                {place}
                {label}
                entry={given.entries[place].clone()}
                at_fault={problem.is_some()}
                on_step={&properties.on_step}
            />
            if let Some(problem) = problem {
                { view_problem(asked, problem) }
            }
        </div>
    }
}

/// What keeps the visitor from going on, in words.
pub fn view_problem(asked: &Asked, problem: &Problem) -> Html {
    let role = (!asked.still).then_some("alert");
    html! { <p class="problem" id={asked.id("problem")} {role}>{ problem_text(&asked.words, asked.question(), problem) }</p> }
}

/// The place of the part that a problem is about.
pub fn place_of(problem: &Problem) -> Option<usize> {
    match problem {
        Problem::Missing(place) | Problem::TooLong(place, _) | Problem::NotAnEmail(place) => Some(*place),
        Problem::Refused(_) => None,
    }
}

/// Labels of the ends of the scale, below its parts.
fn ends(asked: &Asked) -> Html {
    let (low, high) = end_labels(&asked.question().kind, &asked.words);
    if low.is_empty() && high.is_empty() {
        return Html::default();
    }
    html! {
        <div class="ends">
            <span id={asked.id("low")}>{ low }</span>
            <span id={asked.id("high")}>{ high }</span>
        </div>
    }
}

fn end_labels(kind: &QuestionKind, words: &Words) -> (String, String) {
    use QuestionKind as Kind;
    let (low, high) = kind.ends().unwrap_or_default();
    let (least, most) = match kind {
        Kind::Ces { .. } | Kind::Ladder { .. } => (&words::DISAGREE, &words::AGREE),
        Kind::ExpectationGap { .. } => (&words::WORSE, &words::BETTER),
        _ => return (low.to_owned(), high.to_owned()),
    };
    let label = |own: &str, word| if own.is_empty() { words.get(word) } else { own.to_owned() };
    (label(low, least), label(high, most))
}

/// The label of a part; empty for the question's own value.
fn label(words: &Words, part: &Part<'_>) -> AttrValue {
    match part {
        Part { id: "", .. } => AttrValue::Static(""),
        Part { label: "", id, .. } => words.get(words::label_of(id)).into(),
        Part { label, .. } => AttrValue::from((*label).to_owned()),
    }
}

/// Whether one of several things is chosen. The group then says that it is required: said of each button, it would be
/// called invalid before anything was answered.
fn is_one_of_many(input: &Input<'_>) -> bool {
    matches!(input, Input::Scale { .. } | Input::Choices { many: false, .. } | Input::YesNo)
}

/// What is said below a question of this kind.
fn hint(kind: &QuestionKind) -> Option<&'static Word> {
    match kind {
        QuestionKind::MultipleChoiceMulti { .. } => Some(&words::MANY),
        QuestionKind::Ranking { .. } => Some(&words::RANKS),
        _ => None,
    }
}

fn problem_text(words: &Words, question: &Definition, problem: &Problem) -> String {
    match problem {
        Problem::Missing(place) => {
            let parts = question.parts();
            words.get(match parts.get(*place).map(|part| &part.input) {
                Some(Input::Text { .. } | Input::Line { .. } | Input::Email) => &words::WRITE,
                Some(Input::Consent) if question.required => &words::TICK,
                Some(Input::Consent) => &words::TICK_OR_EMPTY,
                _ => &words::CHOOSE,
            })
        }
        Problem::TooLong(_, over) => words.fill(&words::TOO_LONG, &[&words.number(*over)]),
        Problem::NotAnEmail(_) => words.get(&words::NOT_EMAIL),
        Problem::Refused(reason) if reason.is_empty() => words.get(&words::FAILED),
        Problem::Refused(reason) => words.fill(&words::REFUSED, &[reason]),
    }
}
