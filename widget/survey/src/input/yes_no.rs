//! Yes or no.

use super::InputProperties;
use super::option::{Pick, view_option};
use crate::list::list;
use crate::words;
use rapport_shared::flow::Step;
use yew::{AttrValue, Html, html};

/// The two choices, side by side.
pub fn view(properties: &InputProperties) -> Html {
    let InputProperties { asked, place, entry, .. } = properties;
    let parts = asked.question().parts();
    let part = &parts[*place];
    let place = *place;
    let option = |(index, word): (usize, &words::Word)| {
        let pick = Pick {
            name: asked.name(part, ""),
            value: AttrValue::Static(word.0),
            label: asked.words.get(word).into(),
            checked: entry.has(index),
            ..Pick::default()
        };
        view_option(pick, properties.chosen(Step::Choose(place, index)))
    };
    html! {
        <div data-as="choices pair">
            { list(&mut [&words::YES, &words::NO].into_iter().enumerate().map(option)) }
        </div>
    }
}
