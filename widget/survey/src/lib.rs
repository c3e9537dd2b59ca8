//! The survey panel: renders one survey into an element of the host page and hands every confirmed answer to the agent.
//!
//! It does no network and no storage. `mount(options)` takes one JavaScript object (see [`options::Options`]) and
//! returns a [`Handle`].

pub mod accent;
pub mod options;
pub mod panel;
pub mod question;
pub mod surface;
pub mod words;

use options::Options;
use panel::{Panel, Properties};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;
use yew::AppHandle;

#[cfg(target_family = "wasm")]
#[global_allocator]
static ALLOCATOR: lol_alloc::LockedAllocator<lol_alloc::FreeListAllocator> =
    lol_alloc::LockedAllocator::new(lol_alloc::FreeListAllocator::new());

/// What a mounted survey and its handle share.
#[derive(Default)]
pub struct Mounted {
    app: RefCell<Option<AppHandle<Panel>>>,
    /// Keeps keys typed in the panel from the host page's own shortcuts.
    guard: RefCell<Option<surface::KeyGuard>>,
    /// Whether the focus was asked for before there was anything to take it: Yew draws after `mount` has returned.
    focus_awaited: Cell<bool>,
}

impl Mounted {
    /// Takes the panel out of the page. Yew does it after the current event, so this may be called from within one.
    fn unmount(&self) -> bool {
        self.guard.take();
        self.app.take().map(AppHandle::destroy).is_some()
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

/// Renders the survey that `options` describes into `options.target`.
///
/// # Errors
/// When `options` has no target element or its survey has no question.
#[wasm_bindgen]
pub fn mount(options: &JsValue) -> Result<Handle, JsValue> {
    let options = Options::read(options).ok_or("rapport: mount needs a target and a survey with questions")?;
    let target = options.target.clone();
    surface::adopt_styles(&target);
    let mounted = Rc::new(Mounted::default());
    mounted.guard.replace(Some(surface::KeyGuard::new(&target)));
    let properties = Properties { options: Rc::new(options), mounted: mounted.clone() };
    let app = yew::Renderer::<Panel>::with_root_and_props(target.clone().into(), properties).render();
    mounted.app.replace(Some(app));
    Ok(Handle { mounted, target })
}
