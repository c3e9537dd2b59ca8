//! Puts a survey into an element of the host page, and takes it out again.

use crate::options::{self, Options, Thenable, get, text};
use crate::panel::{self, Panel, Properties};
use crate::surface;
use js_sys::Promise;
use rapport_shared::flow::Run;
use rapport_shared::survey::nearest_language;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;
use yew::AppHandle;

/// What a mounted survey and its handle share.
#[derive(Default)]
pub struct Mounted {
    app: RefCell<Option<AppHandle<Panel>>>,
    /// Keeps keys typed in the panel from the host page's own shortcuts.
    guard: RefCell<Option<surface::KeyGuard>>,
    /// Whether the focus was asked for before there was anything to take it: Yew draws after `mount` has returned.
    pub(crate) focus_awaited: Cell<bool>,
}

impl Mounted {
    /// Takes the panel out of the page. Yew does it after the current event, so this may be called from within one.
    pub(crate) fn unmount(&self) -> bool {
        let guarded = self.guard.take().is_some();
        if let Some(app) = self.app.take() {
            app.destroy();
        }
        guarded
    }
}

/// The agent's hold on a mounted survey.
#[wasm_bindgen]
pub struct Handle {
    mounted: Rc<Mounted>,
    target: HtmlElement,
}

#[wasm_bindgen]
impl Handle {
    /// Takes the survey out of the page; nothing happens when it is gone already.
    pub fn close(&self) {
        self.mounted.unmount();
    }

    /// Moves the focus to the question at hand, or to the thank-you.
    pub fn focus(&self) {
        if !surface::focus_within(&self.target, panel::FOCUS) {
            self.mounted.focus_awaited.set(true);
        }
    }
}

/// Renders the survey that `options` describes into `options.target`, in the words of its language: they are fetched
/// first when the language has a file of them.
///
/// # Errors
/// When `options` has no target element, or its survey has no question for this visitor.
#[wasm_bindgen]
pub fn mount(options: &JsValue) -> Result<Handle, JsValue> {
    let mut read = Options::read(options).ok_or("rapport: mount needs a target and a survey with questions")?;
    let first = Run::new(&read.script).ok_or("rapport: this survey asks this visitor nothing")?;
    let target = read.target.clone();
    surface::adopt_styles(&target);
    let mounted = Rc::new(Mounted::default());
    mounted.guard.replace(Some(surface::KeyGuard::new(&target)));
    let render = {
        let mounted = mounted.clone();
        move |words: JsValue| {
            // Closed before the words had come.
            if mounted.guard.borrow().is_none() {
                return;
            }
            if words.is_object() {
                read.words = options::words_of(words);
            }
            let target = read.target.clone();
            let properties = Properties { options: Rc::new(read), first, mounted: mounted.clone() };
            let app = yew::Renderer::<Panel>::with_root_and_props(target.into(), properties).render();
            mounted.app.replace(Some(app));
        }
    };
    match words_file(options) {
        Some(file) => {
            // Whatever keeps the words away, the survey is asked: in English then.
            let arrived = Closure::once_into_js(move |file: JsValue| render(get(&file, "words")));
            file.unchecked_ref::<Thenable>().then(&arrived, &arrived);
        }
        None => render(JsValue::UNDEFINED),
    }
    Ok(Handle { mounted, target })
}

/// The file of the language's words, on its way; `None` when they are built in, handed over, or not to be had.
fn words_file(options: &JsValue) -> Option<Promise> {
    let files = get(&get(options, "assets"), "words");
    if get(options, "words").is_object() {
        return None;
    }
    let tags = options::keys(&files);
    let wanted = text(options, "language");
    let tag = nearest_language(tags.iter().map(String::as_str).chain(["en"]), &wanted)?;
    Options::load(options, &get(&files, tag))
}
