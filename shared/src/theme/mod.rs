//! How a site wants the widget to look, and whether people can read it: a theme below WCAG 2.2 AA is refused with the pair
//! of colours that fails. `fields` sets it from text, `faults` checks it, `pair` tells the contrasts, `palette` finds every
//! colour that is drawn, `sheet` writes them as style sheets.

mod choice;
pub mod color;
mod faults;
mod fields;
mod pair;
pub mod palette;
pub mod sheet;

pub use choice::{Density, Launcher, Position, Scheme};
pub use fields::{FIELDS, PAGE_FIELDS};
pub use pair::Pair;
#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// Contrast that text needs (WCAG 2.2, 1.4.3).
pub const TEXT_CONTRAST: f64 = 4.5;
/// Contrast that edges and controls need (WCAG 2.2, 1.4.11).
pub const EDGE_CONTRAST: f64 = 3.0;
/// Roundest corner, in CSS pixels.
pub const RADIUS_PX: u32 = 28;
/// Longest list of fonts, in characters.
pub const FONT_CHARACTERS: usize = 160;
/// Longest address of a logo, in characters: it may be the picture itself (`data:`).
pub const LOGO_CHARACTERS: usize = 12_000;
/// Longest text that stands for the logo, in characters.
pub const LOGO_TEXT_CHARACTERS: usize = 120;
/// Longest style sheet of one's own, in characters.
pub const CSS_CHARACTERS: usize = 10_000;

/// How the widget looks. Colours are `#rrggbb`; an empty one is left to the widget, which finds a readable one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default, deny_unknown_fields))]
pub struct Theme {
    /// Launcher, buttons and what is picked.
    pub accent: String,
    /// Text on the accent.
    pub accent_text: String,
    /// Behind everything, in the light.
    pub background: String,
    /// Text, in the light.
    pub text: String,
    /// Behind everything, in the dark.
    pub dark_background: String,
    /// Text, in the dark.
    pub dark_text: String,
    /// Roundness of corners, in CSS pixels.
    pub radius_px: u32,
    /// CSS list of fonts; empty for the system's.
    pub font: String,
    /// How close things stand.
    pub density: Density,
    /// Where the launcher and what it opens are.
    pub position: Position,
    /// In the light or in the dark.
    pub scheme: Scheme,
    /// Whether the launcher gives way to what it would cover.
    pub launcher: Launcher,
    /// Address of a logo (`https://…` or `data:image/…`); empty for none.
    pub logo: String,
    /// What the logo says, for those who do not see it; empty for the name of the site.
    pub logo_text: String,
    /// Style sheet of one's own, inside the widget's shadow root only.
    pub css: String,
}

impl Default for Theme {
    fn default() -> Self {
        Self {
            accent: "#3457d5".to_owned(),
            accent_text: String::new(),
            background: String::new(),
            text: String::new(),
            dark_background: String::new(),
            dark_text: String::new(),
            radius_px: 12,
            font: String::new(),
            density: Density::default(),
            position: Position::default(),
            scheme: Scheme::default(),
            launcher: Launcher::default(),
            logo: String::new(),
            logo_text: String::new(),
            css: String::new(),
        }
    }
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_say_only_what_it_wants_to_change() {
        let theme: Theme = serde_json::from_str(r##"{"accent":"#005500","position":"left"}"##).unwrap();
        assert_eq!(theme, Theme { accent: "#005500".into(), position: Position::Left, ..Theme::default() });
        assert!(serde_json::from_str::<Theme>(r#"{"colour":"red"}"#).is_err());
    }
}
