//! Draws one question: every kind is a list of native inputs described by data, or a text field.

use crate::options::Options;
use crate::panel::Message;
use crate::words::{self, digits};
use rapport_shared::flow::{self, Given, Run, Step};
use rapport_shared::survey::{CsatDisplay, QuestionKind};
use web_sys::HtmlTextAreaElement;
use yew::html::Scope;
use yew::{AttrValue, Html, InputEvent, TargetCast, html};

/// The characters left are shown from here on.
const CHARACTERS_SHOWN: isize = 100;

/// A five-pointed star in a 24 by 24 box.
const STAR: &str = "M12 2.6l2.9 5.9 6.5.9-4.7 4.6 1.1 6.5-5.8-3.1-5.8 3.1 1.1-6.5L2.6 9.4l6.5-.9z";
/// Mouths from sad to glad, below the same eyes.
const MOUTHS: [&str; 5] =
    ["M7.5 17q4.5-5 9 0", "M8 16.5q4-2.5 8 0", "M8 15.5h8", "M8 14.5q4 3 8 0", "M7.5 14q4.5 6 9 0"];
/// Head and eyes.
const FACE: &str = "M12 2a10 10 0 1 0 0 20a10 10 0 1 0 0-20M8.8 9.3v.6M15.2 9.3v.6";

/// A check mark in a 24 by 24 box.
pub const CHECK: &str = "M5 12.5l4.5 4.5L19 7.5";
/// A cross in a 24 by 24 box.
pub const CROSS: &str = "M6 6l12 12M18 6L6 18";

/// A picture of lines in a 24 by 24 box; says nothing to a screen reader.
pub fn icon(paths: &[&'static str]) -> Html {
    html! {
        <svg viewBox="0 0 24 24" aria-hidden="true">
            { for paths.iter().map(|path| html! { <path d={*path} /> }) }
        </svg>
    }
}

/// One option of a list.
struct Choice {
    label: AttrValue,
    value: AttrValue,
    picture: Vec<&'static str>,
    checked: bool,
    /// Drawn as chosen without being it: the stars below the chosen one.
    lit: bool,
    described_by: Option<&'static str>,
    step: Step,
}

/// The inputs of the question at hand.
pub fn view(options: &Options, run: &Run, link: &Scope<crate::panel::Panel>) -> Html {
    let question = &options.questions[run.at()];
    let given = run.draft();
    let mut drawn_as = "choices";
    let mut ends = None;
    let choices: Vec<Choice> = match &question.kind {
        QuestionKind::Nps { low_label, high_label } => {
            drawn_as = "scale nps";
            ends = Some((low_label, high_label));
            scale(options, 0, 10, given, None)
        }
        QuestionKind::Ces { low_label, high_label } => {
            drawn_as = "scale ces";
            ends = Some((low_label, high_label));
            scale(options, 1, 7, given, None)
        }
        QuestionKind::Csat { display, low_label, high_label } => {
            drawn_as = if *display == CsatDisplay::Stars { "scale pictures stars" } else { "scale pictures" };
            ends = Some((low_label, high_label));
            scale(options, 1, 5, given, Some(*display))
        }
        QuestionKind::OpenText { placeholder, .. } => return text(options, run, link, placeholder),
        kind => {
            let single = matches!(kind, QuestionKind::MultipleChoiceSingle { .. });
            let one = |(index, choice): (usize, &rapport_shared::survey::Choice)| Choice {
                label: choice.label.clone().into(),
                value: choice.id.clone().into(),
                picture: Vec::new(),
                checked: given.has(index),
                lit: false,
                described_by: None,
                step: if single { Step::Choose(index) } else { Step::Toggle(index) },
            };
            kind.choices().iter().enumerate().map(one).collect()
        }
    };
    let kind = if matches!(question.kind, QuestionKind::MultipleChoiceMulti { .. }) { "checkbox" } else { "radio" };
    let name = AttrValue::from(question.id.clone());
    let one = |choice: Choice| {
        let step = choice.step;
        html! {
            <label class="option" data-on={(choice.checked || choice.lit).then_some("")}>
                <input type={kind} name={name.clone()} value={choice.value} checked={choice.checked}
                    required={question.required && kind == "radio"} aria-describedby={choice.described_by}
                    onchange={link.callback(move |_| Message::Take(step.clone()))} />
                if choice.picture.is_empty() {
                    <span class="label">{ choice.label }</span>
                } else {
                    { icon(&choice.picture) }
                    <span class="unseen">{ choice.label }</span>
                }
            </label>
        }
    };
    html! {
        <>
            <div data-as={drawn_as}>{ for choices.into_iter().map(one) }</div>
            if let Some((low, high)) = ends {
                <div class="ends"><span id="low">{ low }</span><span id="high">{ high }</span></div>
            }
        </>
    }
}

/// The options of a scale from `low` to `high`.
fn scale(options: &Options, low: i8, high: i8, given: &Given, pictures: Option<CsatDisplay>) -> Vec<Choice> {
    let one = |score: i8| {
        let value = digits(score.unsigned_abs().into());
        let (label, picture) = match pictures {
            None => (value.clone().into(), Vec::new()),
            Some(display) => (
                options.words.fill(words::POINTS, &[&value, &digits(high.unsigned_abs().into())]),
                match display {
                    CsatDisplay::Stars => vec![STAR],
                    _ => vec![FACE, MOUTHS[usize::from((score - low).unsigned_abs())]],
                },
            ),
        };
        Choice {
            label,
            value: value.into(),
            picture,
            checked: given.score == Some(score),
            lit: pictures == Some(CsatDisplay::Stars) && given.score.is_some_and(|chosen| score < chosen),
            described_by: if score == low {
                Some("low")
            } else if score == high {
                Some("high")
            } else {
                None
            },
            step: Step::Score(score),
        }
    };
    (low..=high).map(one).collect()
}

/// The text field.
fn text(options: &Options, run: &Run, link: &Scope<crate::panel::Panel>, placeholder: &str) -> Html {
    let question = &options.questions[run.at()];
    let left = flow::characters_left(question, run.draft()).unwrap_or_default();
    let written = link.callback(|event: InputEvent| {
        let field: HtmlTextAreaElement = event.target_unchecked_into();
        Message::Take(Step::Write(field.value()))
    });
    html! {
        <>
            <textarea name={question.id.clone()} rows="4" aria-labelledby="question" aria-describedby="left problem"
                placeholder={placeholder.to_string()} required={question.required}
                value={run.draft().text.clone()} oninput={written} />
            <p id="left" class="hint">
                if (0..=CHARACTERS_SHOWN).contains(&left) {
                    { options.words.fill(words::LEFT, &[&digits(left.unsigned_abs())]) }
                } else if left < 0 && run.problem().is_none() {
                    { options.words.fill(words::TOO_LONG, &[&digits(left.unsigned_abs())]) }
                }
            </p>
        </>
    }
}
