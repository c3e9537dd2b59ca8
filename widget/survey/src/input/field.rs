//! Fields of one line: words, an e-mail address, and the words beside a choice.

use super::InputProperties;
use super::text::{characters_hint, labelled};
use rapport_shared::flow::Step;
use rapport_shared::survey::{Input, QuestionKind};
use yew::{AttrValue, Html, InputEvent, TargetCast, html};

/// A field of one line.
#[derive(Default)]
pub struct Field {
    /// Type of the input.
    pub kind: &'static str,
    /// Name of the field.
    pub name: AttrValue,
    /// What it says beside it; empty where that is the question.
    pub label: AttrValue,
    /// Shown while empty.
    pub placeholder: AttrValue,
    /// What the browser may fill in.
    pub autocomplete: Option<&'static str>,
    /// Whether it has to be filled in. Said without the browser's own attribute, which would call an empty field invalid
    /// before anything was answered.
    pub required: bool,
    /// Whether it is what keeps the visitor from going on.
    pub at_fault: bool,
}

/// One line of words.
pub fn view(properties: &InputProperties) -> Html {
    let asked = &properties.asked;
    let parts = asked.question().parts();
    let part = &parts[properties.place];
    let Input::Line { placeholder, .. } = part.input else { return Html::default() };
    let contact = matches!(asked.question().kind, QuestionKind::Contact { .. });
    let field = Field {
        kind: "text",
        name: asked.name(part, ""),
        label: properties.label.clone(),
        placeholder: AttrValue::from(placeholder.to_owned()),
        autocomplete: contact.then_some("name"),
        required: part.required,
        at_fault: properties.at_fault,
    };
    html! { <>{ view_field(properties, field) }{ characters_hint(properties, part) }</> }
}

/// An e-mail address.
pub fn view_email(properties: &InputProperties) -> Html {
    let parts = properties.asked.question().parts();
    let part = &parts[properties.place];
    let field = Field {
        kind: "email",
        name: properties.asked.name(part, ""),
        label: properties.label.clone(),
        autocomplete: Some("email"),
        required: part.required,
        at_fault: properties.at_fault,
        ..Field::default()
    };
    html! { <>{ view_field(properties, field) }{ characters_hint(properties, part) }</> }
}

/// A field with its label.
pub fn view_field(properties: &InputProperties, field: Field) -> Html {
    let InputProperties { asked, place, entry, on_step, .. } = properties;
    let place = *place;
    let written =
        move |event: InputEvent| Step::Write(place, event.target_unchecked_into::<web_sys::HtmlInputElement>().value());
    let input = html! {
        <input
            type={field.kind}
            name={field.name}
            placeholder={field.placeholder}
            autocomplete={field.autocomplete}
            aria-describedby={asked.id("problem")}
            aria-labelledby={field.label.is_empty().then(|| asked.id("question"))}
            aria-required={field.required.then_some("true")}
            aria-invalid={field.at_fault.then_some("true")}
            value={entry.text.clone()}
            oninput={on_step.reform(written)}
        />
    };
    labelled(&field.label, input)
}
