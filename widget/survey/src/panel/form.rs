//! The question at hand with how far along it is, and the buttons that lead on from it.

use super::is_refusal;
use super::picture::Picture;
use crate::asked::Asked;
use crate::list::list;
use crate::options::Options;
use crate::question::{Question, view_problem};
use crate::words::{self, Words};
use rapport_shared::flow::{Phase, Run, Step, digits};
use rapport_shared::survey::Input;
use std::rc::Rc;
use yew::{Callback, Html, MouseEvent, SubmitEvent, html};

/// One question and its buttons.
pub fn view_form(options: &Rc<Options>, run: &Run, on_step: &Callback<Step>) -> Html {
    let (script, words) = (&options.script, &options.words);
    let (place, count) = run.progress(script);
    let asked = Asked { script: script.clone(), at: run.at(), words: words.clone(), prefix: "".into(), still: false };
    let question = asked.question();
    let is_sending = run.phase() == Phase::Sending;
    let next = match (is_sending, place == count) {
        (true, _) => &words::SENDING,
        (false, true) => &words::SEND,
        (false, false) => &words::NEXT,
    };
    let onsubmit = |event: SubmitEvent| event.prevent_default();
    html! {
        <form key={digits(run.at())} novalidate=true {onsubmit}>
            if options.progress && count > 1 {
                { view_progress(words, place, count) }
            }
            <Question
                asked={asked.clone()}
                text={run.fill(script, &question.text)}
                given={run.draft().clone()}
                problem={run.problem().cloned()}
                on_step={on_step.clone()}
            >
                { view_pictures(options, run, on_step, &asked) }
            </Question>
            if let Some(problem) = run.problem().filter(|problem| is_refusal(problem)) {
                { view_problem(&asked, problem) }
            }
            <div class="buttons">
                if run.can_go_back(script) {
                    <button type="button" class="back" onclick={clicked(on_step, Step::Back)}>{ words.get(&words::BACK) }</button>
                }
                <span class="space" />
                if !question.required {
                    <button type="button" class="skip" onclick={clicked(on_step, Step::Skip)}>{ words.get(&words::SKIP) }</button>
                }
                <button type="submit" class="next" aria-disabled={is_sending.then_some("true")} onclick={clicked(on_step, Step::Next)}>{ words.get(next) }</button>
            </div>
        </form>
    }
}

/// Tells of a step at a click. Not at the form's being sent, which a sandbox may forbid without a word.
fn clicked(on_step: &Callback<Step>, step: Step) -> Callback<MouseEvent> {
    let on_step = on_step.clone();
    Callback::from(move |event: MouseEvent| {
        event.prevent_default();
        on_step.emit(step.clone());
    })
}

fn view_progress(words: &Words, place: usize, count: usize) -> Html {
    html! {
        <div class="progress">
            <progress aria-hidden="true" max={digits(count)} value={digits(place)} />
            <span>{ words.fill(&words::STEP, &[&words.number(place), &words.number(count)]) }</span>
        </div>
    }
}

/// A button for each picture that the question takes, where pictures can be sent at all.
fn view_pictures(options: &Rc<Options>, run: &Run, on_step: &Callback<Step>, asked: &Asked) -> Html {
    let parts = asked.question().parts();
    let button = |(place, input): (usize, &Input<'_>)| {
        let Input::Picture { of_page } = *input else { return None };
        let added = run.draft().entries[place].score.is_some();
        let at = asked.at;
        Some(html! { <Picture options={options.clone()} {at} {place} {of_page} {added} on_step={on_step.clone()} /> })
    };
    if !options.can_attach() {
        return Html::default();
    }
    list(&mut parts.iter().map(|part| &part.input).enumerate().filter_map(button))
}
