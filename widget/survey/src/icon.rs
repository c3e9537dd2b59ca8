//! Pictures of lines in a 24 by 24 box; they say nothing to a screen reader.

use crate::list::list;
use yew::{AttrValue, Html, html};

/// A five-pointed star.
pub const STAR: &str = "M12 2.6l2.9 5.9 6.5.9-4.7 4.6 1.1 6.5-5.8-3.1-5.8 3.1 1.1-6.5L2.6 9.4l6.5-.9z";
/// Mouths from sad to glad, below the same eyes.
pub const MOUTHS: [&str; 5] =
    ["M7.5 17q4.5-5 9 0", "M8 16.5q4-2.5 8 0", "M8 15.5h8", "M8 14.5q4 3 8 0", "M7.5 14q4.5 6 9 0"];
/// Head and eyes.
pub const FACE: &str = "M12 2a10 10 0 1 0 0 20a10 10 0 1 0 0-20M8.8 9.3v.6M15.2 9.3v.6";
/// A thumb that points up; the stylesheet turns the first one down.
pub const THUMB: &str =
    "M7 10.5v9.5H4v-9.5zM7 10.5L11 3c1.6 0 2.6 1.1 2.5 2.6L13 9h5.3a2 2 0 0 1 2 2.4l-1.3 7a2 2 0 0 1-2 1.6H7";
/// A check mark.
pub const CHECK: &str = "M5 12.5l4.5 4.5L19 7.5";
/// A cross.
pub const CROSS: &str = "M6 6l12 12M18 6L6 18";

/// The picture of these lines.
pub fn icon(paths: &[&'static str]) -> Html {
    html! {
        <svg viewBox="0 0 24 24" aria-hidden="true">
            { list(&mut paths.iter().map(|path| html! { <path d={AttrValue::Static(path)} /> })) }
        </svg>
    }
}
