//! The panel and the form without script, written element by element as they stand in the page: an element is opened by a
//! short text (`button.close type=button`), told the rest, filled and closed. What is text does not have to be code.

use crate::words::{Word, Words};
use rapport_shared::flow::digits;
use rapport_shared::survey::cut;
use yew::virtual_dom::vtag::{HTML_NAMESPACE, SVG_NAMESPACE};
use yew::virtual_dom::{AttributeOrProperty, Attributes, VList, VNode, VTag, VText};
use yew::{AttrValue, Html};

/// Every attribute that is set. Yew compares two elements with the least code when both have the same list of names.
const NAMES: &[&str] = &[
    "xmlns",
    "type",
    "name",
    "id",
    "class",
    "role",
    "for",
    "method",
    "action",
    "accept-charset",
    "enctype",
    "accept",
    "novalidate",
    "href",
    "src",
    "alt",
    "referrerpolicy",
    "target",
    "rel",
    "lang",
    "dir",
    "popover",
    "tabindex",
    "value",
    "max",
    "rows",
    "placeholder",
    "autocomplete",
    "disabled",
    "selected",
    "viewBox",
    "d",
    "aria-label",
    "aria-labelledby",
    "aria-describedby",
    "aria-hidden",
    "aria-modal",
    "aria-invalid",
    "aria-required",
    "aria-disabled",
    "data-mode",
    "data-fault",
    "data-as",
    "data-on",
    "data-click",
    "data-change",
    "data-input",
];

/// What the visitor wants with an element that can be pressed, chosen or written into. The first number is the place of a
/// part, the second one the index of a choice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    /// To give this score.
    Score(usize, i8),
    /// To tick the box, or to add what the score 1 stands for.
    Tick(usize),
    /// To take the score back.
    Unscore(usize),
    /// To choose this and nothing else.
    Choose(usize, usize),
    /// To choose this too, or no longer.
    Toggle(usize, usize),
    /// To give this the rank that is the element's value; 0 for none.
    Rank(usize, usize),
    /// To write what is the element's value.
    Write(usize),
    /// To return to the question before.
    Back,
    /// To go on without an answer.
    Skip,
    /// To add a picture.
    Picture(usize),
    /// To be rid of the panel.
    Close,
    /// To have the survey that the end screen leads to instead.
    WayOn,
}

/// Elements on the way to being a page.
pub struct Tree<'a> {
    /// The interface's words.
    pub words: &'a Words,
    /// What is not closed yet, the outermost first; before all of it what holds the finished ones.
    open: Vec<Open>,
    /// What the attributes `data-click`, `data-change` and `data-input` mean, by their numbers.
    actions: Vec<Action>,
    /// Whether no script runs: then everything that may be asked for is there from the beginning.
    pub still: bool,
}

#[derive(Default)]
struct Open {
    tag: &'static str,
    key: Option<String>,
    values: Vec<Option<AttributeOrProperty>>,
    /// Of an input or a text area the value is a property, which follows what the visitor does.
    value: Option<AttrValue>,
    checked: bool,
    children: Vec<VNode>,
}

impl<'a> Tree<'a> {
    /// Nothing yet; `still` when no script runs.
    pub fn new(words: &'a Words, still: bool) -> Self {
        Self { words, open: vec![Open::default()], actions: Vec::new(), still }
    }

    fn at_hand(&mut self) -> &mut Open {
        if self.open.is_empty() {
            self.open.push(Open::default());
        }
        let last = self.open.len() - 1;
        &mut self.open[last]
    }

    /// Opens an element: its tag, a class after a dot, and attributes without space in them.
    pub fn open(&mut self, description: &'static str) {
        let (first, mut rest) = first_of(description, b' ');
        let (tag, class) = first_of(first, b'.');
        let values = NAMES.iter().map(|_| None).collect();
        self.open.push(Open { tag, values, ..Open::default() });
        // Yew asks the page for the parent's namespace, and keeps a table of elements by tag, unless it is told.
        if !self.still {
            let is_picture = tag == "svg" || tag == "path";
            self.assign("xmlns", AttrValue::Static(if is_picture { SVG_NAMESPACE } else { HTML_NAMESPACE }));
        }
        if !class.is_empty() {
            self.assign("class", AttrValue::Static(class));
        }
        while !rest.is_empty() {
            let (attribute, others) = first_of(rest, b' ');
            let (name, value) = first_of(attribute, b'=');
            self.assign(name, AttrValue::Static(value));
            rest = others;
        }
    }

    fn assign(&mut self, name: &'static str, value: AttrValue) {
        let element = self.at_hand();
        if name == "value" && (element.tag == "input" || element.tag == "textarea") {
            element.value = Some(value);
            return;
        }
        let place = NAMES.iter().position(|known| *known == name);
        debug_assert!(place.is_some(), "{name} stands in no list of names");
        if let Some(place) = place.and_then(|place| element.values.get_mut(place)) {
            *place = Some(AttributeOrProperty::Attribute(value));
        }
    }

    /// Sets an attribute of the element at hand.
    pub fn set(&mut self, name: &'static str, value: &str) {
        self.assign(name, AttrValue::Rc(value.into()));
    }

    /// Sets an attribute to a number for programs.
    pub fn set_number(&mut self, name: &'static str, number: usize) {
        self.set(name, &digits(number));
    }

    /// Sets an attribute that says something by being there.
    pub fn mark(&mut self, name: &'static str, set: bool) {
        if set {
            self.assign(name, AttrValue::Static(""));
        }
    }

    /// Makes the element at hand another one when `key` changes, rather than the same with other contents.
    pub fn key(&mut self, key: &str) {
        self.at_hand().key = Some(key.to_owned());
    }

    /// Ticks the input at hand, or not.
    pub fn check(&mut self, checked: bool) {
        self.at_hand().checked = checked;
    }

    /// Says what the visitor wants who does `event` (`data-click`, `data-change`, `data-input`) to the element at hand.
    pub fn on(&mut self, event: &'static str, action: Action) {
        if !self.still {
            self.set_number(event, self.actions.len());
            self.actions.push(action);
        }
    }

    /// Closes the element at hand.
    pub fn close(&mut self) {
        let Some(element) = self.open.pop() else { return };
        let mut tag = VTag::new(AttrValue::Static(element.tag));
        tag.set_attributes(Attributes::Dynamic { keys: NAMES, values: element.values.into() });
        tag.key = element.key.map(|key| key.as_str().into());
        tag.set_value(element.value);
        tag.set_checked(element.checked);
        if let Some(children) = tag.children_mut() {
            *children = VList::with_children(element.children, None).into();
        }
        self.at_hand().children.push(tag.into());
    }

    /// Words in the element at hand.
    pub fn text(&mut self, text: &str) {
        self.at_hand().children.push(VText::new(AttrValue::Rc(text.into())).into());
    }

    /// Holds the place of what is not there now: the next time an element is known again by its place.
    pub fn nothing(&mut self) {
        self.text("");
    }

    /// An element with nothing but words in it.
    pub fn leaf(&mut self, description: &'static str, text: &str) {
        self.open(description);
        self.text(text);
        self.close();
    }

    /// An element with one of the interface's phrases in it.
    pub fn say(&mut self, description: &'static str, word: &Word) {
        self.leaf(description, &self.words.get(word));
    }

    /// A button with one of the interface's phrases on it.
    pub fn button(&mut self, description: &'static str, word: &Word, action: Action) {
        self.open(description);
        self.on("data-click", action);
        self.text(&self.words.get(word));
        self.close();
    }

    /// An element with words that has an id.
    pub fn named(&mut self, description: &'static str, id: &str, text: &str) {
        self.open(description);
        self.set("id", id);
        self.text(text);
        self.close();
    }

    /// A picture of lines in a 24 by 24 box; says nothing to a screen reader.
    pub fn icon(&mut self, paths: &[&str]) {
        self.open("svg aria-hidden=true");
        self.set("viewBox", "0 0 24 24");
        for path in paths.iter().filter(|path| !path.is_empty()) {
            self.open("path");
            self.set("d", path);
            self.close();
        }
        self.close();
    }

    /// The outermost element, and what its actions mean.
    pub fn finish(mut self) -> (Html, Vec<Action>) {
        (self.at_hand().children.pop().unwrap_or_default(), self.actions)
    }
}

/// What stands before a mark and after it.
fn first_of(text: &'static str, mark: u8) -> (&'static str, &'static str) {
    cut(text, mark).unwrap_or((text, ""))
}
