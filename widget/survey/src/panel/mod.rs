//! The panel: heading, the question at hand, what keeps the visitor from going on, and the thank-you.

mod form;
mod picture;
mod run;
mod thanks;

use crate::icon::{CROSS, icon};
use crate::mount::Mounted;
use crate::options::{Mode, Options};
use crate::surface;
use crate::words;
use form::view_form;
use rapport_browser::Js;
use rapport_shared::flow::{Phase, Problem, Step};
use rapport_shared::survey::{Input, Part, Question};
use run::{use_change, use_run};
use std::rc::Rc;
use thanks::{view_thanks, view_ways_on};
use web_sys::{HtmlElement, HtmlInputElement};
use yew::{
    Callback, FocusEvent, Html, KeyboardEvent, MouseEvent, PointerEvent, Properties, TargetCast, function_component,
    html, use_mut_ref,
};

/// Where the focus goes: the question, or the thank-you; not its button, which a second Enter would press.
pub const FOCUS: &str = "legend,.thanks";
/// Where it goes when the answer needs a correction.
const CORRECT: &str = "[data-fault] input,[data-fault] textarea,[data-fault] select";

/// What the panel is given.
#[derive(Clone, Properties)]
pub struct PanelProperties {
    /// The survey and the functions to call back.
    pub options: Rc<Options>,
    /// What holds the panel in the page.
    pub mounted: Rc<Mounted>,
}

impl PartialEq for PanelProperties {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.options, &other.options)
    }
}

/// What is remembered of the visitor's hand.
#[derive(Default)]
struct Hand {
    /// Where the focus came from, to be given back.
    origin: Option<HtmlElement>,
    /// Whether it last used a pointer, and no key.
    points: bool,
}

/// The panel of one survey.
#[function_component]
pub fn Panel(properties: &PanelProperties) -> Html {
    let PanelProperties { options, mounted } = properties;
    let going = use_run(options);
    let hand = use_mut_ref(Hand::default);
    let is_done = going.is_done();

    let close = {
        let (options, hand) = (options.clone(), hand.clone());
        // Has the page take the panel from the screen, and gives the focus back.
        Callback::from(move |()| {
            let focused = surface::has_focus(&options.target);
            options.call("closed", &Js::flag(is_done));
            let origin = hand.borrow_mut().origin.take();
            if let Some(origin) = origin.filter(|_| focused) {
                let _ = origin.focus();
            }
        })
    };
    {
        let (options, mounted) = (options.clone(), mounted.clone());
        let (unasked, is_wrong) = (going.unasked, going.run.problem().is_some_and(|problem| !is_refusal(problem)));
        let follow = move |moves| {
            let wanted = match moves {
                0 => {
                    surface::open(&options.target, options.mode);
                    // Asked for before there was anything to take it: Yew draws after `mount` has returned.
                    mounted.focus_awaited.take() || options.mode == Mode::Modal
                }
                _ => !unasked || surface::may_take_focus(&options.target),
            };
            if wanted {
                surface::focus_within(&options.target, if is_wrong { CORRECT } else { FOCUS });
            }
        };
        use_change(going.moves, Box::new(follow));
    }
    {
        let close = close.clone();
        let leave = move |left| {
            if left > 0 {
                close.emit(());
            }
        };
        use_change(going.left.into(), Box::new(leave));
    }

    let on_step = {
        let (dispatcher, hand) = (going.dispatcher(), hand.clone());
        let one_tap = options.one_tap && is_score_alone(&options.script.questions[going.run.at()]);
        Callback::from(move |step: Step| {
            let goes_on = one_tap && hand.borrow().points && matches!(step, Step::Score(_, Some(_)));
            dispatcher.dispatch(step);
            if goes_on {
                dispatcher.dispatch(Step::Next);
            }
        })
    };
    let onpointerdown = {
        let hand = hand.clone();
        Callback::from(move |_: PointerEvent| hand.borrow_mut().points = true)
    };
    let onkeydown = {
        let (close, hand, on_step) = (close.clone(), hand.clone(), on_step.clone());
        let floating = options.mode != Mode::Inline;
        Callback::from(move |event: KeyboardEvent| {
            hand.borrow_mut().points = false;
            // A key that ends the composition of a character is not meant for the panel; one that is, is for nothing else,
            // such as a dialog of the page around it.
            if event.is_composing() {
                return;
            }
            let key = event.key();
            if floating && key == "Escape" {
                event.prevent_default();
                close.emit(());
            } else if key == "Enter" && event.target_dyn_into::<HtmlInputElement>().is_some() {
                // As browsers send a form at Enter in a field of it, where they may send one.
                event.prevent_default();
                on_step.emit(Step::Next);
            }
        })
    };
    let onclick: Callback<MouseEvent> = close.reform(|_| ());
    let onfocusin = {
        let options = options.clone();
        Callback::from(move |event: FocusEvent| {
            if let Some(from) = surface::from_outside(&event, &options.target) {
                hand.borrow_mut().origin = Some(from);
            }
        })
    };

    let fill = |text: &str| going.run.fill(&options.script, text);
    let end = going.run.end(&options.script).filter(|_| is_done);
    let floating = options.mode != Mode::Inline;
    let content = html! {
        <>
            <header role="none">
                if !options.logo.is_empty() {
                    <img class="logo" referrerpolicy="no-referrer" src={options.logo.clone()} alt={options.logo_text.clone()} />
                }
                <h2 id="title">{ fill(&options.title) }</h2>
                if floating {
                    <button type="button" class="close" aria-label={options.words.get(&words::CLOSE)} onclick={&onclick}>
                        { icon(&[CROSS]) }
                    </button>
                }
            </header>
            if !is_done {
                { view_form(options, &going.run, &on_step) }
            }
            // The polite live region, which is there from the beginning, and becomes the thank-you.
            <div class={if is_done { "thanks" } else { "unseen" }} role="status" tabindex={is_done.then_some("-1")}>
                if let Phase::Done { held } = going.run.phase() {
                    { view_thanks(options, end, &fill, held) }
                } else if going.run.phase() == Phase::Sending {
                    { options.words.get(&words::SENDING) }
                }
            </div>
            { view_ways_on(options, &fill, end.and_then(|end| end.button.as_ref()), &close) }
            if is_done && floating {
                <button type="button" class="done" {onclick}>{ options.words.get(&words::CLOSE) }</button>
            }
        </>
    };
    let lang = options.language.clone();
    let dir = options.direction;
    if options.mode == Mode::Modal {
        return html! {
            <dialog
                class="survey"
                aria-modal="true"
                data-mode="modal"
                aria-labelledby="title"
                {lang}
                {dir}
                {onkeydown}
                {onpointerdown}
                {onfocusin}
                role="dialog"
            >
                { content }
            </dialog>
        };
    }
    html! {
        <section
            class="survey"
            role={if floating { "dialog" } else { "region" }}
            aria-modal={floating.then_some("false")}
            data-mode={(options.mode == Mode::Banner).then_some("banner")}
            popover={floating.then_some("manual")}
            aria-labelledby="title"
            {lang}
            {dir}
            {onkeydown}
                {onpointerdown}
            {onfocusin}
        >
            { content }
        </section>
    }
}

/// Whether a question asks for a score and nothing else.
fn is_score_alone(question: &Question) -> bool {
    matches!(&question.parts()[..], [Part { input: Input::Scale { .. }, .. }])
}

fn is_refusal(problem: &Problem) -> bool {
    matches!(problem, Problem::Refused(_))
}
