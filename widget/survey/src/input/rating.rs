//! A scale of pictures: stars, faces or thumbs.

use super::InputProperties;
use super::option::{Pick, view_option};
use super::scale::{end, value};
use crate::icon::{FACE, MOUTHS, STAR, THUMB};
use crate::list::list;
use crate::words::{self, Words};
use rapport_shared::flow::Step;
use rapport_shared::survey::{CsatDisplay, Input};
use yew::{Html, html};

/// A picture for each score.
pub fn view(properties: &InputProperties) -> Html {
    let InputProperties { asked, place, entry, .. } = properties;
    let parts = asked.question().parts();
    let part = &parts[*place];
    let Input::Scale { low, high, display } = part.input else { return Html::default() };
    let is_drawn = |score: &i8| display != CsatDisplay::Thumbs || *score == low || *score == high;
    let picture = |score: i8| {
        let (label, picture) = match display {
            CsatDisplay::Thumbs => {
                (asked.words.get(if score == low { &words::BAD } else { &words::GOOD }), vec![THUMB])
            }
            CsatDisplay::Smileys => {
                let mouth = MOUTHS.get(usize::from((score - low).unsigned_abs())).copied().unwrap_or_default();
                (points(&asked.words, score, high), vec![FACE, mouth])
            }
            _ => (points(&asked.words, score, high), vec![STAR]),
        };
        let pick = Pick {
            name: asked.name(part, ""),
            value: value(score),
            label: label.into(),
            picture,
            checked: entry.score == Some(score),
            lit: display == CsatDisplay::Stars && entry.score.is_some_and(|chosen| score < chosen),
            described_by: end(properties, score, low, high),
            ..Pick::default()
        };
        view_option(pick, properties.chosen(Step::Score(*place, Some(score))))
    };
    let look = match display {
        CsatDisplay::Smileys => "scale pictures",
        CsatDisplay::Thumbs => "scale pictures thumbs",
        _ => "scale pictures stars",
    };
    html! { <div data-as={look}>{ list(&mut (low..=high).filter(is_drawn).map(picture)) }</div> }
}

fn points(words: &Words, score: i8, high: i8) -> String {
    words.fill(&words::POINTS, &[&words.signed(score, false), &words.signed(high, false)])
}
