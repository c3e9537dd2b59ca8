//! Choices in an order: each has its place.

use super::InputProperties;
use crate::list::list;
use rapport_shared::flow::{Step, concat, digits};
use rapport_shared::survey::{Input, whole};
use yew::{AttrValue, Event, Html, TargetCast, html};

/// A list of choices, each with its rank.
pub fn view(properties: &InputProperties) -> Html {
    let InputProperties { asked, place, entry, on_step, .. } = properties;
    let question = asked.question();
    let parts = question.parts();
    let Input::Ranking { choices } = parts[*place].input else { return Html::default() };
    let place = *place;
    let ranked = |index: usize| {
        let choice = &choices[index];
        let rank = entry.picked.iter().position(|picked| usize::from(*picked) == index);
        let number = |number: usize| {
            html! {
                <option value={digits(number)} selected={rank.map_or(0, |rank| rank + 1) == number}>
                    { if number == 0 { AttrValue::Static("–") } else { asked.words.number(number).into() } }
                </option>
            }
        };
        let step = move |event: Event| match chosen(&event) {
            // A rank of 0 takes the choice out again.
            0 => Step::Toggle(place, index),
            rank => Step::Rank(place, index, rank - 1),
        };
        html! {
            <label class="option" data-on={rank.map(|_| "")}>
                <span class="label">{ &choice.label }</span>
                <select name={concat(&["q.", &question.id, ".rank.", &choice.id])} onchange={on_step.reform(step)}>
                    { list(&mut (0..=choices.len()).map(number)) }
                </select>
            </label>
        }
    };
    html! {
        <div data-as="choices ranks">{ list(&mut asked.script.order_of(asked.at, choices).into_iter().map(ranked)) }</div>
    }
}

/// The number that a list was set to.
fn chosen(event: &Event) -> usize {
    let value = event.target_unchecked_into::<web_sys::HtmlSelectElement>().value();
    whole(&value).and_then(|number| usize::try_from(number).ok()).unwrap_or(0)
}
