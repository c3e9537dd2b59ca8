//! Puts a survey into an element of the host page, and takes it out again.

use crate::options::{self, Options};
use crate::panel::{self, Message, Panel, Properties};
use crate::surface;
use rapport_browser::Js;
use rapport_shared::flow::Run;
use rapport_shared::survey::nearest_language;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasm_bindgen::prelude::*;
use yew::AppHandle;
use yew::html::Scope;

/// What a mounted survey and its handle share.
#[derive(Default)]
pub struct Mounted {
    app: RefCell<Option<AppHandle<Panel>>>,
    gone: Cell<bool>,
    /// Whether Yew has something to do for it, and whether that is to draw it anew.
    waits: Cell<bool>,
    changed: Cell<bool>,
    /// Whether the focus was asked for before there was anything to take it: Yew draws after `mount` has returned.
    pub(crate) focus_awaited: Cell<bool>,
}

impl Mounted {
    /// Takes the panel out of the page, if it is there still. Yew does it after the current event, so this may be called
    /// from within one.
    fn unmount(&self) {
        self.is_drawn();
        if let Some(app) = self.app.take() {
            app.destroy();
        }
        self.gone.set(true);
    }

    /// Whether Yew may be asked to do something for it now.
    fn may_wait(&self) -> bool {
        let may = self.waits.get() || WAITING.load(Ordering::Relaxed) < MOST_WAITING;
        if may && !self.waits.replace(true) {
            WAITING.fetch_add(1, Ordering::Relaxed);
        }
        may
    }

    /// Sends a message to the panel; a little later when too many panels wait.
    pub(crate) fn tell(self: &Rc<Self>, panel: &Scope<Panel>, message: Message) {
        if self.may_wait() {
            return panel.send_message(message);
        }
        let (mounted, panel, message) = (self.clone(), panel.clone(), Cell::new(Some(message)));
        surface::later(move || {
            if let Some(message) = message.take() {
                mounted.tell(&panel, message);
            }
        });
    }

    /// The panel has read a message, which may have changed it.
    pub(crate) fn has_read(&self, changed: bool) -> bool {
        self.changed.set(self.changed.get() || changed);
        if !self.changed.get() {
            self.is_drawn();
        }
        changed
    }

    /// The panel is drawn as it is, or gone.
    pub(crate) fn is_drawn(&self) {
        self.changed.set(false);
        if self.waits.replace(false) {
            WAITING.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// How many panels wait for Yew to do something.
static WAITING: AtomicUsize = AtomicUsize::new(0);
/// So many may: more at once would want what `bundle/build/prune.rs` takes out of Yew's scheduler.
const MOST_WAITING: usize = 8;

fn render(options: Options, mounted: Rc<Mounted>) {
    // Closed before the words had come.
    if mounted.gone.get() {
        return;
    }
    if !mounted.may_wait() {
        let later = Cell::new(Some(options));
        return surface::later(move || {
            if let Some(options) = later.take() {
                render(options, mounted.clone());
            }
        });
    }
    let target = options.target.0.clone().unchecked_into();
    let properties = Properties { options: Rc::new(options), mounted: mounted.clone() };
    mounted.app.replace(Some(yew::Renderer::<Panel>::with_root_and_props(target, properties).render()));
}

/// Renders the survey that `options` describes into `options.target`, in the words of its language: they are fetched
/// first when the language has a file of them.
///
/// Returns an object of two functions: `close` takes the survey out of the page, and does nothing when it is gone already;
/// `focus` moves the focus to the question at hand, or to the thank-you.
///
/// # Errors
/// When `options` has no target element, or its survey has no question for this visitor.
#[wasm_bindgen]
pub fn mount(options: JsValue) -> Result<JsValue, JsValue> {
    let options = Js(options);
    let read = Options::read(&options).filter(|read| Run::new(&read.script).is_some());
    let read = read.ok_or("rapport: mount needs a target, and a survey with a question for this visitor")?;
    let target = read.target.clone();
    surface::adopt_styles(&target);
    let mounted = Rc::new(Mounted::default());
    let file = words_file(&options);
    if file.exists() {
        let (mounted, waiting) = (mounted.clone(), Cell::new(Some(read)));
        // Whatever keeps the words away, the survey is asked: in English then.
        let arrived = move |file: Js| {
            if let Some(mut read) = waiting.take() {
                read.words = options::words_of(file.get("words"), &read.language);
                render(read, mounted.clone());
            }
        };
        surface::settled(&file, Box::new(arrived));
    } else {
        render(read, mounted.clone());
    }
    let close = {
        let mounted = mounted.clone();
        move |_| {
            mounted.unmount();
            JsValue::UNDEFINED
        }
    };
    let focus = move |_| {
        if !surface::focus_within(&target, panel::FOCUS) {
            mounted.focus_awaited.set(true);
        }
        JsValue::UNDEFINED
    };
    Ok(Js::object(&[("close", Js::function(Box::new(close))), ("focus", Js::function(Box::new(focus)))]).0)
}

/// The file of the language's words, on its way; nothing when they are built in, handed over, or not to be had.
fn words_file(options: &Js) -> Js {
    let files = options.get("assets").get("words");
    if options.get("words").exists() {
        return Js::default();
    }
    let mut tags = options::keys(&files);
    tags.push("en".to_owned());
    let wanted = options.get_text("language");
    match nearest_language(tags.iter().map(String::as_str), &wanted) {
        Some(tag) => Options::load(options, &files.get(tag)),
        None => Js::default(),
    }
}
