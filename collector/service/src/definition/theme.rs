//! The shape of a theme's file.

use super::shape::{Field, Shape};
use rapport_shared::theme::RADIUS_PX;

/// A theme.
pub static THEME: Shape = Shape::Object(&[
    Field::optional("accent", Shape::Text),
    Field::optional("accent_text", Shape::Text),
    Field::optional("background", Shape::Text),
    Field::optional("text", Shape::Text),
    Field::optional("dark_background", Shape::Text),
    Field::optional("dark_text", Shape::Text),
    Field::optional("radius_px", Shape::Whole(0, RADIUS_PX as i64)),
    Field::optional("font", Shape::Text),
    Field::optional("density", Shape::OneOf(&["compact", "comfortable", "spacious"])),
    Field::optional(
        "position",
        Shape::OneOf(&["bottom-right", "bottom-left", "top-right", "top-left", "right", "left"]),
    ),
    Field::optional("scheme", Shape::OneOf(&["auto", "light", "dark"])),
    Field::optional("launcher", Shape::OneOf(&["stays", "yields"])),
    Field::optional("logo", Shape::Text),
    Field::optional("logo_text", Shape::Text),
    Field::optional("css", Shape::Text),
]);
