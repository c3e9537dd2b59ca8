//! The panel: heading, the question at hand, what keeps the visitor from going on, and the thank-you.

use crate::options::Options;
use crate::words::{self, digits};
use crate::{Mounted, question, surface};
use rapport_shared::flow::{Effect, Outcome, Phase, Problem, Run, Step};
use rapport_shared::survey::QuestionKind;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

/// Where the focus goes: the question, or the thank-you; not its button, which a second Enter would press.
pub const FOCUS: &str = "legend,.thanks";
/// Where it goes when the answer needs a correction.
const CORRECT: &str = "input:checked,fieldset input,textarea";

/// What the panel is given.
#[derive(Clone, Properties)]
pub struct Properties {
    /// The survey and the functions to call back.
    pub options: Rc<Options>,
    /// What holds the panel in the page.
    pub mounted: Rc<Mounted>,
}

impl PartialEq for Properties {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.options, &other.options)
    }
}

/// What happens in the panel.
pub enum Message {
    /// A step of the run.
    Take(Step),
    /// A save ended.
    Saved(u32, Outcome),
    /// The focus came into the panel from here.
    CameFrom(HtmlElement),
    /// The visitor wants it gone.
    Close,
}

/// The panel's state.
pub struct Panel {
    run: Run,
    root: NodeRef,
    shown_ms: f64,
    started: bool,
    /// The focus has to follow what is shown next.
    moving: bool,
    /// Where the focus came from, to be given back.
    origin: Option<HtmlElement>,
}

impl Component for Panel {
    type Message = Message;
    type Properties = Properties;

    fn create(context: &Context<Self>) -> Self {
        Self {
            run: Run::new(context.props().options.questions.len()),
            root: NodeRef::default(),
            shown_ms: surface::now_ms(),
            started: false,
            moving: false,
            origin: None,
        }
    }

    fn update(&mut self, context: &Context<Self>, message: Message) -> bool {
        let options = &context.props().options;
        let (effect, asked) = match message {
            Message::Close => {
                self.close(context);
                return false;
            }
            Message::CameFrom(origin) => {
                self.origin = Some(origin);
                return false;
            }
            Message::Saved(number, outcome) => {
                (self.run.apply(&options.questions, Step::Saved(number, outcome)), false)
            }
            Message::Take(step) => (self.run.apply(&options.questions, step), true),
        };
        if !self.started && !self.run.draft().is_empty() {
            self.started = true;
            options.started();
        }
        match effect {
            Effect::Nothing => return false,
            Effect::Show => {}
            Effect::Leave => {
                self.close(context);
                return false;
            }
            // What arrives unasked must not take the focus from the host's own fields.
            Effect::Move => self.moving = asked || surface::may_take_focus(&options.target),
            Effect::Save => {
                self.moving = self.run.phase() == Phase::Asking;
                if let (Phase::Sending, Some(root)) = (self.run.phase(), self.root.cast::<HtmlElement>()) {
                    surface::keep_height(&root);
                }
                let number = self.run.save_number();
                let link = context.link().clone();
                options.save(&self.run, surface::now_ms() - self.shown_ms, move |outcome| {
                    link.send_message(Message::Saved(number, outcome));
                });
            }
        }
        true
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let options = &context.props().options;
        let words = &options.words;
        let link = context.link();
        let floating = !options.inline;
        let phase = self.run.phase();
        let keys = link.batch_callback(move |event: KeyboardEvent| {
            // An Escape that ends the composition of a character is not meant for the panel.
            let closes = floating && event.key() == "Escape" && !event.is_composing();
            // Closing takes the key guard away before the event has left the panel.
            closes.then(|| event.stop_propagation()).map(|()| Message::Close)
        });
        let entered = {
            let target = options.target.clone();
            link.batch_callback(move |event: FocusEvent| {
                let origin = event.related_target()?.dyn_into::<HtmlElement>().ok()?;
                (!target.contains(Some(&origin))).then_some(Message::CameFrom(origin))
            })
        };
        html! {
            <section ref={self.root.clone()} class="survey"
                role={if floating { "dialog" } else { "region" }} aria-modal={floating.then_some("false")}
                popover={floating.then_some("manual")} aria-labelledby="title" lang={options.language.clone()}
                dir={if words::is_right_to_left(&options.language) { "rtl" } else { "ltr" }}
                onkeydown={keys} onfocusin={entered}>
                <header role="none">
                    <h2 id="title">{ &options.title }</h2>
                    if floating {
                        <button type="button" class="close" aria-label={words.get(words::CLOSE)}
                            onclick={link.callback(|_| Message::Close)}>
                            { question::icon(&[question::CROSS]) }
                        </button>
                    }
                </header>
                if !matches!(phase, Phase::Done { .. }) { { self.form(context) } }
                { self.status(context) }
            </section>
        }
    }

    fn rendered(&mut self, context: &Context<Self>, first: bool) {
        let options = &context.props().options;
        let Some(root) = self.root.cast::<HtmlElement>() else { return };
        if first {
            surface::set_accent(&root, options.accent);
            if !options.inline {
                surface::lift(&root);
            }
            self.moving |= context.props().mounted.focus_awaited.take();
        }
        if std::mem::take(&mut self.moving) {
            let correct = matches!(self.run.problem(), Some(Problem::Missing | Problem::TooLong(_)));
            surface::focus_within(&root, if correct { CORRECT } else { FOCUS });
        }
    }
}

impl Panel {
    /// The question at hand with its buttons.
    fn form(&self, context: &Context<Self>) -> Html {
        let options = &context.props().options;
        let (words, link, run) = (&options.words, context.link(), &self.run);
        let (at, count) = (run.at(), options.questions.len());
        let question = &options.questions[at];
        let (place, places) = (digits(at + 1), digits(count));
        let sending = run.phase() == Phase::Sending;
        let hint = match &question.kind {
            QuestionKind::MultipleChoiceMulti { .. } => Some(words.get(words::MANY)),
            _ => None,
        };
        let next = match (sending, run.is_last(&options.questions)) {
            (true, _) => words::SENDING,
            (false, true) => words::SEND,
            (false, false) => words::NEXT,
        };
        let confirmed = link.callback(|event: SubmitEvent| {
            event.prevent_default();
            Message::Take(Step::Next)
        });
        html! {
            <form key={question.id.clone()} novalidate=true onsubmit={confirmed}>
                if count > 1 {
                    <div class="progress">
                        <progress aria-hidden="true" max={places.clone()} value={place.clone()} />
                        <span>{ words.fill(words::STEP, &[&place, &places]) }</span>
                    </div>
                }
                <fieldset aria-describedby="hint low high problem">
                    <legend id="question" tabindex="-1">{ &question.text }</legend>
                    if let Some(hint) = hint { <p id="hint" class="hint">{ hint }</p> }
                    { question::view(options, run, link) }
                </fieldset>
                if let Some(problem) = run.problem() {
                    <p id="problem" class="problem" role="alert">{ problem_text(options, &question.kind, problem) }</p>
                }
                <div class="buttons">
                    if run.can_go_back() {
                        <button type="button" class="back" onclick={link.callback(|_| Message::Take(Step::Back))}>
                            { words.get(words::BACK) }
                        </button>
                    }
                    <span class="space" />
                    if !question.required {
                        <button type="button" class="skip" onclick={link.callback(|_| Message::Take(Step::Skip))}>
                            { words.get(words::SKIP) }
                        </button>
                    }
                    <button type="submit" class="next" aria-disabled={sending.then_some("true")}>
                        { words.get(next) }
                    </button>
                </div>
            </form>
        }
    }

    /// The polite live region, which is there from the beginning, and becomes the thank-you.
    fn status(&self, context: &Context<Self>) -> Html {
        let options = &context.props().options;
        let words = &options.words;
        let Phase::Done { held } = self.run.phase() else {
            let sending = self.run.phase() == Phase::Sending;
            return html! {
                <div key="status" role="status" class="unseen">
                    if sending { { words.get(words::SENDING) } }
                </div>
            };
        };
        let (title, text) = &options.thanks;
        let title = if title.is_empty() { words.get(words::THANKS) } else { title.clone() };
        html! {
            <>
                <div key="status" role="status" class="thanks" tabindex="-1">
                    { question::icon(&[question::CHECK]) }
                    <h3>{ title }</h3>
                    if !text.is_empty() { <p>{ text }</p> }
                    if held { <p class="held">{ words.get(words::HELD) }</p> }
                </div>
                if !options.inline {
                    <button type="button" class="done" onclick={context.link().callback(|_| Message::Close)}>
                        { words.get(words::CLOSE) }
                    </button>
                }
            </>
        }
    }

    /// Takes the panel out of the page and gives the focus back to where it came from.
    fn close(&self, context: &Context<Self>) {
        let Properties { options, mounted } = context.props();
        let focused = surface::has_focus(&options.target);
        if mounted.unmount() {
            options.closed(matches!(self.run.phase(), Phase::Done { .. }));
            if let Some(origin) = self.origin.as_ref().filter(|_| focused) {
                let _ = origin.focus();
            }
        }
    }
}

/// What keeps the visitor from going on, in words.
fn problem_text(options: &Options, kind: &QuestionKind, problem: &Problem) -> AttrValue {
    let words = &options.words;
    match problem {
        Problem::Missing if matches!(kind, QuestionKind::OpenText { .. }) => words.get(words::WRITE),
        Problem::Missing => words.get(words::CHOOSE),
        Problem::TooLong(over) => words.fill(words::TOO_LONG, &[&digits(*over)]),
        Problem::Refused(reason) if reason.is_empty() => words.get(words::FAILED),
        Problem::Refused(reason) => words.fill(words::REFUSED, &[reason]),
    }
}
