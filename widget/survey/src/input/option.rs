//! One option of a list: a label around its native input, with words or a picture.

use crate::icon::icon;
use yew::{AttrValue, Callback, Event, Html, html};

/// What an option is drawn from.
#[derive(Default)]
pub struct Pick {
    /// Whether others can be chosen beside it.
    pub many: bool,
    /// Name of the field.
    pub name: AttrValue,
    /// Its value.
    pub value: AttrValue,
    /// What it says.
    pub label: AttrValue,
    /// Lines of its picture; none for a label that is seen.
    pub picture: Vec<&'static str>,
    /// Whether it is chosen.
    pub checked: bool,
    /// Drawn as chosen without being it: the stars below the chosen one.
    pub lit: bool,
    /// Id of the element that describes it.
    pub described_by: Option<AttrValue>,
    /// Whether it is what keeps the visitor from going on.
    pub at_fault: bool,
}

/// One option; `onchange` is told when the visitor chooses it, or takes it back.
pub fn view_option(pick: Pick, onchange: Callback<Event>) -> Html {
    html! {
        <label class="option" data-on={(pick.checked || pick.lit).then_some("")}>
            <input
                type={if pick.many { "checkbox" } else { "radio" }}
                name={pick.name}
                value={pick.value}
                checked={pick.checked}
                aria-describedby={pick.described_by}
                aria-invalid={pick.at_fault.then_some("true")}
                {onchange}
            />
            if pick.picture.is_empty() {
                <span class="label">{ pick.label }</span>
            } else {
                { icon(&pick.picture) }
                <span class="unseen">{ pick.label }</span>
            }
        </label>
    }
}
