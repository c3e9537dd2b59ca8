//! A box that is ticked or not.

use super::InputProperties;
use super::option::{Pick, view_option};
use rapport_shared::flow::Step;
use yew::{AttrValue, Html, html};

/// The box with its words.
pub fn view(properties: &InputProperties) -> Html {
    let InputProperties { asked, place, label, entry, at_fault, .. } = properties;
    let parts = asked.question().parts();
    let (place, ticked) = (*place, entry.score.is_some());
    let pick = Pick {
        many: true,
        name: asked.name(&parts[place], ""),
        value: AttrValue::Static("1"),
        label: label.clone(),
        checked: ticked,
        described_by: Some(asked.id("problem")),
        at_fault: *at_fault,
        ..Pick::default()
    };
    let onchange = properties.chosen(Step::Score(place, (!ticked).then_some(1)));
    html! { <div data-as="choices">{ view_option(pick, onchange) }</div> }
}
