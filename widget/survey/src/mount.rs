//! Puts a survey into an element of the host page, and takes it out again.

use crate::options::{self, Options};
use crate::panel::{self, Panel, PanelProperties};
use crate::surface;
use rapport_browser::Js;
use rapport_shared::flow::Run;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use yew::AppHandle;
use yew::platform::spawn_local;

/// What a mounted survey and its handle share.
#[derive(Default)]
pub struct Mounted {
    app: RefCell<Option<AppHandle<Panel>>>,
    gone: Cell<bool>,
    /// Whether the focus was asked for before there was anything to take it: Yew draws after `mount` has returned.
    pub(crate) focus_awaited: Cell<bool>,
}

impl Mounted {
    /// Takes the panel out of the page, if it is there still. Yew does it after the current event, so this may be called
    /// from within one.
    fn unmount(&self) {
        if let Some(app) = self.app.take() {
            app.destroy();
        }
        self.gone.set(true);
    }
}

fn render(options: Options, mounted: Rc<Mounted>) {
    // Closed before the words had come.
    if mounted.gone.get() {
        return;
    }
    let target = options.target.clone();
    let properties = PanelProperties { options: Rc::new(options), mounted: mounted.clone() };
    mounted.app.replace(Some(yew::Renderer::<Panel>::with_root_and_props(target.into(), properties).render()));
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
        let (mounted, mut read) = (mounted.clone(), read);
        spawn_local(async move {
            // Whatever keeps the words away, the survey is asked: in English then.
            let file = surface::settled(file).await;
            read.words = Rc::new(options::words_of(file.get("words"), &read.language));
            render(read, mounted);
        });
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

/// The file of the words that go with the survey, on its way; nothing when they are built in, handed over, or not to be had.
fn words_file(options: &Js) -> Js {
    if options.get("words").exists() {
        return Js::default();
    }
    let language = options.get("survey").get("shown").get_text("words");
    Options::load(options, &options.get("assets").get("words").get(&language))
}
