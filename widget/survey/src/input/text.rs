//! Several lines of words, and what every text says of the characters that still fit.

use super::InputProperties;
use crate::words;
use rapport_shared::flow::{Step, characters_left, concat, digits};
use rapport_shared::survey::{Input, Part};
use yew::{AttrValue, Html, InputEvent, TargetCast, html};

/// The characters left are shown from here on.
const CHARACTERS_SHOWN: isize = 100;

/// Several lines of words.
pub fn view(properties: &InputProperties) -> Html {
    let InputProperties { asked, place, label, entry, at_fault, on_step } = properties;
    let parts = asked.question().parts();
    let place = *place;
    let part = &parts[place];
    let Input::Text { placeholder, .. } = part.input else { return Html::default() };
    let written = move |event: InputEvent| {
        Step::Write(place, event.target_unchecked_into::<web_sys::HtmlTextAreaElement>().value())
    };
    let field = html! {
        <textarea
            rows="4"
            name={asked.name(part, "")}
            placeholder={placeholder.to_owned()}
            aria-describedby={asked.ids(&[&hint_of(place), "problem"])}
            aria-labelledby={label.is_empty().then(|| asked.id("question"))}
            aria-required={part.required.then_some("true")}
            aria-invalid={at_fault.then_some("true")}
            value={entry.text.clone()}
            oninput={on_step.reform(written)}
        />
    };
    html! { <>{ labelled(label, field) }{ characters_hint(properties, part) }</> }
}

/// A field within its label; without words it has the question for its label.
pub fn labelled(label: &AttrValue, field: Html) -> Html {
    if label.is_empty() {
        return field;
    }
    html! { <label class="field"><span>{ label }</span>{ field }</label> }
}

fn hint_of(place: usize) -> String {
    concat(&["left", &digits(place)])
}

/// How many characters still fit, once that is little. What is too long is said as a problem when it keeps the visitor
/// from going on.
pub fn characters_hint(properties: &InputProperties, part: &Part<'_>) -> Html {
    let InputProperties { asked, place, entry, at_fault, .. } = properties;
    let left = characters_left(part, entry).unwrap_or(isize::MAX);
    let word = if left < 0 { &words::TOO_LONG } else { &words::LEFT };
    let is_said = left <= CHARACTERS_SHOWN && (left >= 0 || !at_fault);
    let text = is_said.then(|| asked.words.fill(word, &[&asked.words.number(left.unsigned_abs())]));
    html! { <p class="hint" id={asked.id(&hint_of(*place))}>{ text.unwrap_or_default() }</p> }
}
