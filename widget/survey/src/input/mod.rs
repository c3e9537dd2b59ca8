//! The inputs that questions are made of: a file for each kind, and what several of them draw alike.
//!
//! One component stands for all of them, and what each draws is a function of its properties: as a component of its own a
//! kind would weigh 160 bytes more, compressed.

mod choice;
mod consent;
mod field;
mod option;
mod ranking;
mod rating;
mod scale;
mod text;
mod yes_no;

use crate::asked::Asked;
use rapport_shared::flow::{Entry, Step};
use rapport_shared::survey::{CsatDisplay, Input};
use yew::{AttrValue, Callback, Event, Html, Properties, function_component};

/// What every input is given.
#[derive(Clone, PartialEq, Properties)]
pub struct InputProperties {
    /// The question it belongs to.
    pub asked: Asked,
    /// Place of its part.
    pub place: usize,
    /// What the visitor reads beside it; empty where that is the question.
    pub label: AttrValue,
    /// What is being given.
    pub entry: Entry,
    /// Whether it is what keeps the visitor from going on.
    pub at_fault: bool,
    /// Told of every change.
    pub on_step: Callback<Step>,
}

impl InputProperties {
    /// Tells of this step when something is chosen.
    fn chosen(&self, step: Step) -> Callback<Event> {
        let on_step = self.on_step.clone();
        Callback::from(move |_| on_step.emit(step.clone()))
    }
}

/// An input of any kind. Pictures are none: they are added by what the page or the form has for it.
#[function_component]
pub fn InputField(properties: &InputProperties) -> Html {
    let parts = properties.asked.question().parts();
    match parts[properties.place].input {
        Input::Scale { display: CsatDisplay::Numbers, .. } => scale::view(properties),
        Input::Scale { .. } => rating::view(properties),
        Input::Choices { .. } => choice::view(properties),
        Input::YesNo => yes_no::view(properties),
        Input::Ranking { .. } => ranking::view(properties),
        Input::Line { .. } => field::view(properties),
        Input::Email => field::view_email(properties),
        Input::Text { .. } => text::view(properties),
        Input::Consent => consent::view(properties),
        Input::Picture { .. } => Html::default(),
    }
}
