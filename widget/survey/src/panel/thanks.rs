//! The thank-you, and what leads on from it.

use crate::icon::{CHECK, icon};
use crate::options::Options;
use crate::words;
use rapport_browser::Js;
use rapport_shared::survey::{Button, EndScreen, is_link};
use std::rc::Rc;
use yew::{Callback, Html, MouseEvent, html};

/// The words of the thank-you: those of the end screen that fits, or the survey's own. `fill` puts in what they name, and
/// `held` says that the answers are still on this device alone.
pub fn view_thanks(options: &Options, end: Option<&EndScreen>, fill: &dyn Fn(&str) -> String, held: bool) -> Html {
    let title = fill(end.map_or(&options.thanks_title, |end| &end.title));
    let text = fill(end.map_or(&options.thanks_text, |end| &end.text));
    let words = &options.words;
    html! {
        <>
            { icon(&[CHECK]) }
            <h3>{ if title.is_empty() { words.get(&words::THANKS) } else { title } }</h3>
            if !text.is_empty() {
                <p>{ text }</p>
            }
            if held {
                <p class="held">{ words.get(&words::HELD) }</p>
            }
        </>
    }
}

/// The button of an end screen: another survey, or a link. `fill` puts in what the survey's texts name.
pub fn view_ways_on(
    options: &Rc<Options>,
    fill: &dyn Fn(&str) -> String,
    button: Option<&Button>,
    close: &Callback<()>,
) -> Html {
    let Some(Button { label, survey, url }) = button else { return Html::default() };
    // Checked again with what was put into it.
    let url = fill(url);
    if !survey.is_empty() {
        let (options, close, survey) = (options.clone(), close.clone(), survey.clone());
        let onclick = move |_: MouseEvent| {
            close.emit(());
            options.call("open", &Js::text(&survey));
        };
        html! { <button type="button" class="done on" {onclick}>{ fill(label) }</button> }
    } else if is_link(&url) {
        html! { <a class="done on" target="_blank" rel="noopener" href={url}>{ fill(label) }</a> }
    } else {
        Html::default()
    }
}
