//! The rules by which the agent measures a page, apart from any browser: what is a rage click, how layout shifts add
//! up, how an element is named, what counts as the same error.
//!
//! Times are milliseconds on the page's own clock (`performance.now()`), hence `f64`.

pub mod answer;
pub mod dead_click;
pub mod element;
pub mod engagement;
pub mod error;
pub mod form;
pub mod interaction;
pub mod layout_shift;
pub mod list;
pub mod page;
pub mod point;
pub mod quick_back;
pub mod rage_click;

/// Where in `text` a byte is one of two ASCII marks. The library's patterns weigh more in the agent than its rules.
pub fn position(text: &str, mark: u8, other: u8) -> Option<usize> {
    text.as_bytes().iter().position(|byte| *byte == mark || *byte == other)
}
