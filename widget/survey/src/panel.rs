//! The panel: heading, the question at hand, what keeps the visitor from going on, and the thank-you.

use crate::draw::{self, Drawing};
use crate::mount::Mounted;
use crate::options::{Mode, Options};
use crate::picture;
use crate::surface::{self, Heard};
use crate::tree::{Action, Tree};
use crate::words;
use rapport_browser::{Js, now_ms};
use rapport_shared::flow::{Effect, Outcome, Phase, Problem, Run, Step, concat};
use rapport_shared::survey::{Button, Input, is_link};
use std::cell::RefCell;
use std::rc::Rc;
use yew::{Component, Context, Html, Properties as YewProperties};

/// Where the focus goes: the question, or the thank-you; not its button, which a second Enter would press.
pub const FOCUS: &str = "legend,.thanks";
/// Where it goes when the answer needs a correction.
const CORRECT: &str = "[data-fault] input,[data-fault] textarea,[data-fault] select";

/// What the panel is given.
#[derive(Clone, YewProperties)]
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

/// What happens to the panel.
pub enum Message {
    /// An event within it.
    Heard(Heard),
    /// A save ended.
    Saved(u32, Outcome),
    /// A picture for the part at this place is there, or could not be made, or was not wanted.
    Pictured(usize, Js),
}

/// The panel's state.
pub struct Panel {
    run: Run,
    /// What the elements that are drawn do, by their numbers.
    actions: RefCell<Vec<Action>>,
    shown_ms: f64,
    started: bool,
    /// The focus has to follow what is shown next.
    moving: bool,
    /// Where the focus came from, to be given back.
    origin: Js,
    /// A picture is being made, or could not be.
    picture: picture::State,
}

impl Component for Panel {
    type Message = Message;
    type Properties = Properties;

    fn create(context: &Context<Self>) -> Self {
        let options = &context.props().options;
        let link = context.link().clone();
        surface::listen(&options.target, move |heard| link.send_message(Message::Heard(heard)));
        Self {
            run: Run::new(&options.script).expect("a survey that asks nothing is not mounted"),
            actions: RefCell::default(),
            shown_ms: now_ms(),
            started: false,
            moving: false,
            origin: Js::default(),
            picture: picture::State::default(),
        }
    }

    fn update(&mut self, context: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Heard(heard) => self.hear(context, heard),
            Message::Pictured(place, picture) => {
                let options = &context.props().options;
                if self.picture.settle(&picture) {
                    options.attach(&options.script.questions[self.run.at()].id, &picture);
                    self.take(context, Step::Score(place, Some(1)));
                }
                true
            }
            Message::Saved(number, outcome) => self.take(context, Step::Saved(number, outcome)),
        }
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let options = &context.props().options;
        let floating = options.mode != Mode::Inline;
        let modal = options.mode == Mode::Modal;
        let mut tree = Tree::new(&options.words, false);
        tree.open(if modal { "dialog.survey" } else { "section.survey" });
        tree.set("role", if floating { "dialog" } else { "region" });
        if floating {
            tree.set("aria-modal", if modal { "true" } else { "false" });
        }
        match options.mode {
            Mode::Banner => tree.set("data-mode", "banner"),
            Mode::Modal => tree.set("data-mode", "modal"),
            _ => {}
        }
        if floating && !modal {
            tree.set("popover", "manual");
        }
        tree.set("aria-labelledby", "title");
        tree.set("lang", &options.language);
        tree.set("dir", options.direction);
        tree.open("header role=none");
        if !options.logo.is_empty() {
            tree.open("img.logo referrerpolicy=no-referrer");
            tree.set("src", &options.logo);
            tree.set("alt", &options.logo_text);
            tree.close();
        }
        tree.named("h2", "title", &self.run.fill(&options.script, &options.title));
        if floating {
            tree.open("button.close type=button");
            tree.set("aria-label", &options.words.get(&words::CLOSE));
            tree.on("data-click", Action::Close);
            tree.icon(&[draw::CROSS]);
            tree.close();
        }
        tree.close();
        match self.run.phase() {
            Phase::Done { held } => {
                tree.nothing();
                self.thanks(options, &mut tree, held);
            }
            phase => {
                let sending = phase == Phase::Sending;
                self.form(options, &mut tree, sending);
                // The polite live region, which is there from the beginning, and becomes the thank-you.
                if sending {
                    tree.say("div.unseen role=status", &words::SENDING);
                } else {
                    tree.leaf("div.unseen role=status", "");
                }
                tree.nothing();
                tree.nothing();
            }
        }
        tree.close();
        let (html, actions) = tree.finish();
        self.actions.replace(actions);
        html
    }

    fn rendered(&mut self, context: &Context<Self>, first: bool) {
        let options = &context.props().options;
        let root = self.root(options);
        if first {
            match options.mode {
                Mode::Inline => {}
                // Keeps the focus and makes the page behind it inert, until it is taken out of the page.
                Mode::Modal => {
                    root.call("showModal", &[]);
                    self.moving = true;
                }
                // In the top layer no stacking order or transform of the host reaches it. Browsers without popovers
                // leave it where it is, fixed in the corner.
                _ => drop(root.call("showPopover", &[])),
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
    fn root(&self, options: &Options) -> Js {
        options.target.get("firstElementChild")
    }

    /// An event within the panel; whether something is to be drawn.
    fn hear(&mut self, context: &Context<Self>, Heard { event, kind, target, origin }: Heard) -> bool {
        let options = &context.props().options;
        match kind.as_str() {
            "submit" => return self.take(context, Step::Next),
            "focusin" => {
                if origin.exists() && !surface::contains(&options.target, &origin) {
                    self.origin = origin;
                }
                return false;
            }
            // An Escape that ends the composition of a character is not meant for the panel.
            "keydown" => {
                if options.mode != Mode::Inline && event.is("key", "Escape") && !event.get_flag("isComposing") {
                    self.close(context);
                }
                return false;
            }
            "click" | "change" | "input" => {}
            _ => return false,
        }
        let name = concat(&["data-", &kind]);
        let selector = concat(&["[", &name, "]"]);
        let element = target.ask("closest", &selector);
        if !element.exists() {
            return false;
        }
        let number: usize = element.ask("getAttribute", &name).0.as_string().map_or(0, |text| number_of(&text));
        let action = self.actions.borrow().get(number).copied();
        let value = element.get_text("value");
        let step = match action {
            None => return false,
            Some(Action::Score(place, score)) => Step::Score(place, Some(score)),
            Some(Action::Tick(place)) => Step::Score(place, Some(1)),
            Some(Action::Unscore(place)) => Step::Score(place, None),
            Some(Action::Choose(place, index)) => Step::Choose(place, index),
            Some(Action::Toggle(place, index)) => Step::Toggle(place, index),
            Some(Action::Rank(place, index)) => match number_of(&value) {
                // A rank of 0 takes the choice out again.
                0 => Step::Toggle(place, index),
                rank => Step::Rank(place, index, rank - 1),
            },
            Some(Action::Write(place)) => Step::Write(place, value),
            Some(Action::Back) => Step::Back,
            Some(Action::Skip) => Step::Skip,
            Some(Action::Picture(place)) => {
                self.picture = picture::State::Waiting;
                let link = context.link().clone();
                let done = move |picture| link.send_message(Message::Pictured(place, picture));
                picture::take(options, &self.run, place, done);
                return true;
            }
            Some(Action::Close) => {
                self.close(context);
                return false;
            }
            Some(Action::WayOn) => {
                self.close(context);
                if let Some(button) = self.run.end(&options.script).and_then(|end| end.button.as_ref()) {
                    options.call("open", &Js::text(&button.survey));
                }
                return false;
            }
        };
        self.take(context, step)
    }

    /// Takes a step and does what follows from it; whether something is to be drawn.
    fn take(&mut self, context: &Context<Self>, step: Step) -> bool {
        let options = &context.props().options;
        let asked = !matches!(step, Step::Saved(..));
        let effect = self.run.apply(&options.script, step);
        if !self.started && !self.run.draft().is_empty() {
            self.started = true;
            options.call("started", &Js::default());
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
                if !self.moving && options.mode == Mode::Inline {
                    surface::keep_height(&self.root(options));
                }
                let number = self.run.save_number();
                let link = context.link().clone();
                options.save(&self.run, now_ms() - self.shown_ms, move |outcome| {
                    link.send_message(Message::Saved(number, outcome));
                });
            }
        }
        true
    }

    /// The question at hand with its buttons.
    fn form(&self, options: &Options, tree: &mut Tree<'_>, sending: bool) {
        let (words, run) = (&options.words, &self.run);
        let at = run.at();
        let question = &options.script.questions[at];
        let (place, count) = run.progress(&options.script);
        tree.open("form novalidate");
        tree.key(&question.id);
        if options.progress && count > 1 {
            tree.open("div.progress");
            tree.open("progress aria-hidden=true");
            tree.set_number("max", count);
            tree.set_number("value", place);
            tree.close();
            tree.leaf("span", &words.fill(&words::STEP, &[&words.number(place), &words.number(count)]));
            tree.close();
        } else {
            tree.nothing();
        }
        tree.open("fieldset");
        draw::group(tree, question);
        tree.set("aria-describedby", "hint low high problem");
        tree.open("legend id=question tabindex=-1");
        tree.text(&run.fill(&options.script, &question.text));
        tree.close();
        if let Some(hint) = draw::hint(&question.kind) {
            tree.say("p.hint id=hint", hint);
        }
        let (given, problem) = (run.draft(), run.problem());
        Drawing { script: &options.script, at, given, problem, prefix: "" }.parts(tree);
        for (place, part) in question.parts().iter().enumerate() {
            if let Input::Picture { of_page } = part.input
                && options.can_attach()
            {
                let added = given.entries[place].score.is_some();
                picture::view(tree, self.picture, (place, of_page, added));
            }
        }
        tree.close();
        match problem {
            Some(problem) => {
                tree.leaf("p.problem id=problem role=alert", &draw::problem_text(words, question, problem));
            }
            None => tree.nothing(),
        }
        tree.open("div.buttons");
        if run.can_go_back(&options.script) {
            tree.button("button.back type=button", &words::BACK, Action::Back);
        }
        tree.leaf("span.space", "");
        if !question.required {
            tree.button("button.skip type=button", &words::SKIP, Action::Skip);
        }
        tree.open("button.next type=submit");
        if sending {
            tree.set("aria-disabled", "true");
        }
        let next = match (sending, place == count) {
            (true, _) => &words::SENDING,
            (false, true) => &words::SEND,
            (false, false) => &words::NEXT,
        };
        tree.text(&words.get(next));
        tree.close();
        tree.close();
        tree.close();
    }

    /// The thank-you, with what leads on from it.
    fn thanks(&self, options: &Options, tree: &mut Tree<'_>, held: bool) {
        let fill = |text: &str| self.run.fill(&options.script, text);
        let (title, text, way_on) = match self.run.end(&options.script) {
            Some(end) => (&end.title, &end.text, end.button.as_ref()),
            None => (&options.thanks_title, &options.thanks_text, None),
        };
        tree.open("div.thanks role=status tabindex=-1");
        tree.icon(&[draw::CHECK]);
        if title.is_empty() {
            tree.say("h3", &words::THANKS);
        } else {
            tree.leaf("h3", &fill(title));
        }
        if !text.is_empty() {
            tree.leaf("p", &fill(text));
        }
        if held {
            tree.say("p.held", &words::HELD);
        }
        tree.close();
        match way_on {
            Some(Button { label, survey, .. }) if !survey.is_empty() => {
                tree.open("button type=button");
                tree.set("class", "done on");
                tree.on("data-click", Action::WayOn);
                tree.text(&fill(label));
                tree.close();
            }
            // Checked again with what was put into it.
            Some(Button { label, url, .. }) if is_link(&fill(url)) => {
                tree.open("a target=_blank rel=noopener");
                tree.set("class", "done on");
                tree.set("href", &fill(url));
                tree.text(&fill(label));
                tree.close();
            }
            _ => tree.nothing(),
        }
        if options.mode == Mode::Inline {
            tree.nothing();
        } else {
            tree.button("button.done type=button", &words::CLOSE, Action::Close);
        }
    }

    /// Has the page take the panel from the screen, and gives the focus back to where it came from.
    fn close(&self, context: &Context<Self>) {
        let options = &context.props().options;
        let focused = surface::has_focus(&options.target);
        options.call("closed", &Js::flag(matches!(self.run.phase(), Phase::Done { .. })));
        if focused {
            self.origin.call("focus", &[]);
        }
    }
}

/// A whole number; 0 when it is none.
fn number_of(text: &str) -> usize {
    rapport_browser::leading_number(text) as usize
}
