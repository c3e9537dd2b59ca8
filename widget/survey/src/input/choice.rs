//! Choices: one of them or several, and words for the "other" one.

use super::InputProperties;
use super::field::{Field, view_field};
use super::option::{Pick, view_option};
use crate::list::list;
use crate::words;
use rapport_shared::flow::{Step, is_other_picked};
use rapport_shared::survey::Input;
use yew::{Html, html};

/// A list of choices.
pub fn view(properties: &InputProperties) -> Html {
    let InputProperties { asked, place, entry, .. } = properties;
    let parts = asked.question().parts();
    let part = &parts[*place];
    let Input::Choices { choices, many } = part.input else { return Html::default() };
    let place = *place;
    let option = |index: usize| {
        let pick = Pick {
            many,
            name: asked.name(part, ""),
            value: choices[index].id.clone().into(),
            label: choices[index].label.clone().into(),
            checked: entry.has(index),
            ..Pick::default()
        };
        let step = if many { Step::Toggle(place, index) } else { Step::Choose(place, index) };
        view_option(pick, properties.chosen(step))
    };
    let asks_other = choices.iter().any(|choice| choice.other) && (asked.still || is_other_picked(part, entry));
    html! {
        <>
            <div data-as="choices">{ list(&mut asked.script.order_of(asked.at, choices).into_iter().map(option)) }</div>
            if asks_other {
                { view_field(properties, Field {
                    kind: "text",
                    name: asked.name(part, ".other"),
                    label: asked.words.get(&words::OTHER).into(),
                    ..Field::default()
                }) }
            }
        </>
    }
}
