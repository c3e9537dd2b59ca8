//! A scale of numbers: likelihood, effort, agreement, and each row of a matrix.

use super::InputProperties;
use super::option::{Pick, view_option};
use crate::list::list;
use rapport_shared::flow::{Step, concat, digits};
use rapport_shared::survey::Input;
use yew::{AttrValue, Html, html};

/// From this distance of their ends on, the numbers close up where the panel is narrow.
const LONG_SCALE: i8 = 7;

/// A number for each score.
pub fn view(properties: &InputProperties) -> Html {
    let InputProperties { asked, place, entry, .. } = properties;
    let parts = asked.question().parts();
    let part = &parts[*place];
    let Input::Scale { low, high, .. } = part.input else { return Html::default() };
    let number = |score: i8| {
        let pick = Pick {
            name: asked.name(part, ""),
            value: value(score),
            label: asked.words.signed(score, low < 0).into(),
            checked: entry.score == Some(score),
            described_by: end(properties, score, low, high),
            ..Pick::default()
        };
        view_option(pick, properties.chosen(Step::Score(*place, Some(score))))
    };
    html! {
        <div data-as={if high - low >= LONG_SCALE { "scale long" } else { "scale" }}>
            { list(&mut (low..=high).map(number)) }
        </div>
    }
}

/// A score for programs.
pub fn value(score: i8) -> AttrValue {
    let sign = if score < 0 { "-" } else { "" };
    AttrValue::from(concat(&[sign, &digits(score.unsigned_abs().into())]))
}

/// The label that describes a score at an end of the scale.
pub fn end(properties: &InputProperties, score: i8, low: i8, high: i8) -> Option<AttrValue> {
    match score {
        _ if score == low => Some(properties.asked.id("low")),
        _ if score == high => Some(properties.asked.id("high")),
        _ => None,
    }
}
