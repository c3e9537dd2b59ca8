//! The panel: heading, the question at hand, what keeps the visitor from going on, and the thank-you.

use crate::draw::{self, Drawing};
use crate::mount::Mounted;
use crate::options::{Mode, Options};
use crate::picture;
use crate::surface;
use crate::words;
use rapport_shared::flow::{Effect, Outcome, Phase, Problem, Run, Step, digits};
use rapport_shared::survey::{Button, EndScreen, Input, is_link};
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlElement;
use yew::prelude::*;

/// Where the focus goes: the question, or the thank-you; not its button, which a second Enter would press.
pub const FOCUS: &str = "legend,.thanks";
/// Where it goes when the answer needs a correction.
const CORRECT: &str = "[data-fault] input,[data-fault] textarea,[data-fault] select";

/// What the panel is given.
#[derive(Clone, Properties)]
pub struct Properties {
    /// The survey and the functions to call back.
    pub options: Rc<Options>,
    /// The run at its first question.
    pub first: Run,
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
    /// The visitor wants to add a picture, for the part at this place.
    Picture(usize),
    /// It is there, or could not be made, or was not wanted.
    Pictured(usize, JsValue),
    /// The visitor wants it gone, and perhaps another survey instead.
    Close(Option<String>),
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
    /// A picture is being made, or could not be.
    picture: picture::State,
}

impl Component for Panel {
    type Message = Message;
    type Properties = Properties;

    fn create(context: &Context<Self>) -> Self {
        Self {
            run: context.props().first.clone(),
            root: NodeRef::default(),
            shown_ms: surface::now_ms(),
            started: false,
            moving: false,
            origin: None,
            picture: picture::State::default(),
        }
    }

    fn update(&mut self, context: &Context<Self>, message: Message) -> bool {
        let options = &context.props().options;
        let (effect, asked) = match message {
            Message::Close(next) => {
                self.close(context);
                if let Some(survey) = next {
                    options.open(&survey);
                }
                return false;
            }
            Message::Picture(place) => {
                self.picture = picture::State::Waiting;
                picture::take(options, &self.run, place, context.link());
                return true;
            }
            Message::Pictured(place, picture) => {
                let made = self.picture.settle(&picture);
                if made {
                    options.attach(&options.script.questions[self.run.at()].id, &picture);
                    self.run.apply(&options.script, Step::Score(place, Some(1)));
                }
                return true;
            }
            Message::CameFrom(origin) => {
                self.origin = Some(origin);
                return false;
            }
            Message::Saved(number, outcome) => (self.run.apply(&options.script, Step::Saved(number, outcome)), false),
            Message::Take(step) => (self.run.apply(&options.script, step), true),
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
        let floating = options.mode != Mode::Inline;
        let modal = options.mode == Mode::Modal;
        let phase = self.run.phase();
        let keys = link.batch_callback(move |event: KeyboardEvent| {
            // An Escape that ends the composition of a character is not meant for the panel.
            let closes = floating && event.key() == "Escape" && !event.is_composing();
            // Closing takes the key guard away before the event has left the panel.
            closes.then(|| event.stop_propagation()).map(|()| Message::Close(None))
        });
        let entered = {
            let target = options.target.clone();
            link.batch_callback(move |event: FocusEvent| {
                let origin = event.related_target()?.dyn_into::<HtmlElement>().ok()?;
                (!target.contains(Some(&origin))).then_some(Message::CameFrom(origin))
            })
        };
        html! {
            <@{if modal { "dialog" } else { "section" }} ref={self.root.clone()} class="survey"
                role={if floating { "dialog" } else { "region" }} aria-modal={floating.then_some(if modal { "true" } else { "false" })}
                data-mode={match options.mode { Mode::Banner => Some("banner"), Mode::Modal => Some("modal"), _ => None }}
                popover={(floating && !modal).then_some("manual")} aria-labelledby="title" lang={options.language.clone()}
                dir={if words::is_right_to_left(&options.language) { "rtl" } else { "ltr" }}
                onkeydown={keys} onfocusin={entered}>
                <header role="none">
                    if !options.logo.0.is_empty() {
                        <img class="logo" src={options.logo.0.clone()} alt={options.logo.1.clone()} referrerpolicy="no-referrer" />
                    }
                    <h2 id="title">{ self.run.fill(&options.script, &options.title) }</h2>
                    if floating {
                        <button type="button" class="close" aria-label={words.get(words::CLOSE)}
                            onclick={link.callback(|_| Message::Close(None))}>
                            { draw::icon(&[draw::CROSS]) }
                        </button>
                    }
                </header>
                if !matches!(phase, Phase::Done { .. }) { { self.form(context) } }
                { self.status(context) }
            </@>
        }
    }

    fn rendered(&mut self, context: &Context<Self>, first: bool) {
        let options = &context.props().options;
        let Some(root) = self.root.cast::<HtmlElement>() else { return };
        if first {
            match options.mode {
                Mode::Inline => {}
                Mode::Modal => {
                    surface::show_modal(&root);
                    self.moving = true;
                }
                _ => surface::lift(&root),
            }
            self.moving |= context.props().mounted.focus_awaited.take();
        }
        if std::mem::take(&mut self.moving) {
            let correct =
                matches!(self.run.problem(), Some(Problem::Missing(_) | Problem::TooLong(..) | Problem::NotAnEmail(_)));
            surface::focus_within(&root, if correct { CORRECT } else { FOCUS });
        }
    }
}

impl Panel {
    /// The question at hand with its buttons.
    fn form(&self, context: &Context<Self>) -> Html {
        let options = &context.props().options;
        let (words, link, run) = (&options.words, context.link(), &self.run);
        let at = run.at();
        let question = &options.script.questions[at];
        let (place, count) = run.progress(&options.script);
        let last = place == count;
        let (place, places) = (digits(place), digits(count));
        let sending = run.phase() == Phase::Sending;
        let next = match (sending, last) {
            (true, _) => words::SENDING,
            (false, true) => words::SEND,
            (false, false) => words::NEXT,
        };
        let take = link.callback(Message::Take);
        let drawing = Drawing {
            script: &options.script,
            at,
            given: run.draft(),
            problem: run.problem(),
            words,
            prefix: "",
            take: &take,
            still: false,
        };
        let pictures = question.parts().into_iter().enumerate().filter_map(|(place, part)| match part.input {
            Input::Picture { of_page } if options.can_attach() => {
                let added = run.draft().entries[place].score.is_some();
                Some(picture::view(words, &self.picture, (place, of_page, added), link))
            }
            _ => None,
        });
        let confirmed = link.callback(|event: SubmitEvent| {
            event.prevent_default();
            Message::Take(Step::Next)
        });
        html! {
            <form key={question.id.clone()} novalidate=true onsubmit={confirmed}>
                if options.progress && count > 1 {
                    <div class="progress">
                        <progress aria-hidden="true" max={places.clone()} value={place.clone()} />
                        <span>{ words.fill(words::STEP, &[&place, &places]) }</span>
                    </div>
                }
                <fieldset aria-describedby="hint low high problem">
                    <legend id="question" tabindex="-1">{ run.fill(&options.script, &question.text) }</legend>
                    if let Some(hint) = draw::hint(&question.kind) { <p id="hint" class="hint">{ words.get(hint) }</p> }
                    { drawing.parts() }
                    { for pictures }
                </fieldset>
                if let Some(problem) = run.problem() {
                    <p id="problem" class="problem" role="alert">{ draw::problem_text(words, question, problem) }</p>
                }
                <div class="buttons">
                    if run.can_go_back(&options.script) {
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
        let own = EndScreen::default();
        let end = self.run.end(&options.script).unwrap_or(&own);
        let (title, text) =
            if end.id.is_empty() { (&options.thanks.0, &options.thanks.1) } else { (&end.title, &end.text) };
        let fill = |text: &str| self.run.fill(&options.script, text);
        let title = if title.is_empty() { words.get(words::THANKS) } else { fill(title).into() };
        html! {
            <>
                <div key="status" role="status" class="thanks" tabindex="-1">
                    { draw::icon(&[draw::CHECK]) }
                    <h3>{ title }</h3>
                    if !text.is_empty() { <p>{ fill(text) }</p> }
                    if held { <p class="held">{ words.get(words::HELD) }</p> }
                </div>
                if let Some(button) = &end.button { { self.way_on(context, button) } }
                if options.mode != Mode::Inline {
                    <button type="button" class="done" onclick={context.link().callback(|_| Message::Close(None))}>
                        { words.get(words::CLOSE) }
                    </button>
                }
            </>
        }
    }

    /// The button of an end screen: a link, or what opens another survey.
    fn way_on(&self, context: &Context<Self>, button: &Button) -> Html {
        let options = &context.props().options;
        let label = self.run.fill(&options.script, &button.label);
        let url = self.run.fill(&options.script, &button.url);
        if !button.survey.is_empty() {
            let survey = button.survey.clone();
            let open = context.link().callback(move |_| Message::Close(Some(survey.clone())));
            return html! { <button type="button" class="done on" onclick={open}>{ label }</button> };
        }
        // Checked again with what was put into it.
        if !is_link(&url) {
            return Html::default();
        }
        html! { <a class="done on" href={url} target="_blank" rel="noopener">{ label }</a> }
    }

    /// Takes the panel out of the page and gives the focus back to where it came from.
    fn close(&self, context: &Context<Self>) {
        let Properties { options, mounted, .. } = context.props();
        let focused = surface::has_focus(&options.target);
        if mounted.unmount() {
            options.closed(matches!(self.run.phase(), Phase::Done { .. }));
            if let Some(origin) = self.origin.as_ref().filter(|_| focused) {
                let _ = origin.focus();
            }
        }
    }
}
