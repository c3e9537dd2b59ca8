//! How a site wants the widget to look, and whether people can read it: a theme below WCAG 2.2 AA is refused with the pair
//! of colours that fails.

use crate::survey::Fault;
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
/// Longest style sheet of one's own, in characters.
pub const CSS_CHARACTERS: usize = 10_000;

/// How close things stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
pub enum Density {
    /// Close together; targets stay at least 24 CSS pixels.
    Compact,
    /// As usual.
    #[default]
    Comfortable,
    /// With more room.
    Spacious,
}

impl Density {
    /// Every density.
    pub const EACH: [Self; 3] = [Self::Compact, Self::Comfortable, Self::Spacious];

    /// The name in files and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compact => "compact",
            Self::Comfortable => "comfortable",
            Self::Spacious => "spacious",
        }
    }
}

/// Where the launcher is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
pub enum Position {
    /// The lower right corner.
    #[default]
    BottomRight,
    /// The lower left corner.
    BottomLeft,
    /// The upper right corner.
    TopRight,
    /// The upper left corner.
    TopLeft,
    /// The middle of the right edge.
    Right,
    /// The middle of the left edge.
    Left,
}

impl Position {
    /// Every position.
    pub const EACH: [Self; 6] =
        [Self::BottomRight, Self::BottomLeft, Self::TopRight, Self::TopLeft, Self::Right, Self::Left];

    /// The name in files and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BottomRight => "bottom-right",
            Self::BottomLeft => "bottom-left",
            Self::TopRight => "top-right",
            Self::TopLeft => "top-left",
            Self::Right => "right",
            Self::Left => "left",
        }
    }
}

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
    /// Where the launcher is.
    pub position: Position,
    /// Address of a logo (`https://…` or `data:image/…`); empty for none.
    pub logo: String,
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
            logo: String::new(),
            css: String::new(),
        }
    }
}

/// Two colours that stand on each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// Field of the colour in front.
    pub front: &'static str,
    /// Field of the colour behind it.
    pub behind: &'static str,
    /// Their contrast, 1 to 21.
    pub contrast: f64,
    /// The contrast they need.
    pub least: f64,
}

/// What the widget takes where a theme leaves a colour to it.
const LIGHT: (&str, &str) = ("#ffffff", "#1c1b19");
const DARK: (&str, &str) = ("#1e2124", "#ececea");

type Rgb = [u8; 3];

/// A colour written `#rrggbb`.
pub fn color(text: &str) -> Option<Rgb> {
    let digits = text.strip_prefix('#')?.as_bytes();
    if digits.len() != 6 {
        return None;
    }
    let digit = |at: usize| (digits[at] as char).to_digit(16).map(|digit| digit as u8);
    let channel = |at: usize| Some(digit(at)? << 4 | digit(at + 1)?);
    Some([channel(0)?, channel(2)?, channel(4)?])
}

/// Relative luminance, 0 to 1, as WCAG 2.2 defines it.
fn luminance(rgb: Rgb) -> f64 {
    let [red, green, blue] = rgb.map(|channel| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// Contrast of two colours, 1 to 21, as WCAG 2.2 defines it.
pub fn contrast(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    if one > other { one / other } else { other / one }
}

impl Theme {
    /// Every pair of colours that the theme chooses, with its contrast; none for colours that are none.
    pub fn pairs(&self) -> Vec<Pair> {
        let or = |chosen: &str, otherwise: &str| color(if chosen.is_empty() { otherwise } else { chosen });
        let colors = [
            ("text", or(&self.text, LIGHT.1), "background", or(&self.background, LIGHT.0), TEXT_CONTRAST),
            (
                "dark_text",
                or(&self.dark_text, DARK.1),
                "dark_background",
                or(&self.dark_background, DARK.0),
                TEXT_CONTRAST,
            ),
            ("accent_text", color(&self.accent_text), "accent", color(&self.accent), TEXT_CONTRAST),
            ("accent", color(&self.accent), "background", or(&self.background, LIGHT.0), EDGE_CONTRAST),
        ];
        colors
            .into_iter()
            .filter_map(|(front, front_color, behind, behind_color, least)| {
                Some(Pair { front, behind, contrast: contrast(front_color?, behind_color?), least })
            })
            .collect()
    }

    /// Everything that is wrong with it, by field.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (field, text) in [
            ("accent", &self.accent),
            ("accent_text", &self.accent_text),
            ("background", &self.background),
            ("text", &self.text),
            ("dark_background", &self.dark_background),
            ("dark_text", &self.dark_text),
        ] {
            if color(text).is_none() && (field == "accent" || !text.is_empty()) {
                faults.push(Fault::new(field, "must be a colour such as #3457d5"));
            }
        }
        for pair in self.pairs().into_iter().filter(|pair| pair.contrast < pair.least) {
            // Cut, not rounded: 4.496 must not read as enough.
            let contrast = (pair.contrast * 100.0).floor() / 100.0;
            let reason = format!("has a contrast of {contrast:.2} with {}, needs {}", pair.behind, pair.least);
            faults.push(Fault::new(pair.front, reason));
        }
        if self.radius_px > RADIUS_PX {
            faults.push(Fault::new("radius_px", format!("must be at most {RADIUS_PX}")));
        }
        let is_font = |letter: char| letter.is_alphanumeric() || matches!(letter, ' ' | ',' | '-' | '_' | '"' | '\'');
        if self.font.chars().count() > FONT_CHARACTERS || !self.font.chars().all(is_font) {
            faults.push(Fault::new("font", format!("must be a list of fonts of at most {FONT_CHARACTERS} characters")));
        }
        let is_picture = self.logo.is_empty()
            || self.logo.starts_with("https://")
            || ["png", "jpeg", "webp", "svg+xml"]
                .iter()
                .any(|kind| self.logo.starts_with(&format!("data:image/{kind}")));
        if !is_picture || self.logo.chars().count() > LOGO_CHARACTERS || self.logo.contains(char::is_whitespace) {
            let reason = format!("must be https://… or data:image/… of at most {LOGO_CHARACTERS} characters");
            faults.push(Fault::new("logo", reason));
        }
        faults.extend(css_fault(&self.css));
        faults
    }
}

/// A style sheet of one's own must load nothing: what it fetched would tell a third party of every visitor.
fn css_fault(css: &str) -> Option<Fault> {
    let length = css.chars().count();
    if length > CSS_CHARACTERS {
        return Some(Fault::new("css", format!("must be at most {CSS_CHARACTERS} characters, has {length}")));
    }
    let lower = css.to_ascii_lowercase();
    let loads = ["@import", "url(", "image-set(", "src(", "\\"].into_iter().find(|word| lower.contains(word));
    loads.map(|word| Fault::new("css", format!("must not contain {word}: it may load nothing")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fields(theme: &Theme) -> Vec<(String, String)> {
        theme.faults().into_iter().map(|fault| (fault.field, fault.reason)).collect()
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        // W3C's examples: black on white 21, #777777 on white 4.48 (just too little), #767676 4.54.
        for (one, other, expected) in
            [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#767676", "#ffffff", 4.54)]
        {
            let value = contrast(color(one).unwrap(), color(other).unwrap());
            assert!((value - expected).abs() < 0.005, "{one} on {other}: {value}");
        }
    }

    #[test]
    fn the_pair_that_fails_is_named() {
        assert_eq!(Theme::default().faults(), []);
        let base = Theme::default();
        for (theme, field, reason) in [
            (
                Theme { text: "#777777".into(), ..base.clone() },
                "text",
                "has a contrast of 4.47 with background, needs 4.5",
            ),
            (Theme { accent: "#ffe000".into(), ..base.clone() }, "accent", "with background, needs 3"),
            (Theme { accent_text: "#808080".into(), ..base.clone() }, "accent_text", "with accent, needs 4.5"),
            (Theme { dark_background: "#888888".into(), ..base.clone() }, "dark_text", "with dark_background"),
            (Theme { accent: "blue".into(), ..base.clone() }, "accent", "must be a colour"),
            (Theme { background: "#12345".into(), ..base.clone() }, "background", "must be a colour"),
            (Theme { radius_px: 29, ..base.clone() }, "radius_px", "at most 28"),
            (Theme { font: "a;} body {".into(), ..base.clone() }, "font", "list of fonts"),
            (Theme { logo: "http://x.example/a.png".into(), ..base.clone() }, "logo", "https://"),
            (Theme { logo: "data:text/html,x".into(), ..base.clone() }, "logo", "data:image/"),
            (Theme { css: "a { background: URL(//x) }".into(), ..base.clone() }, "css", "url("),
            (Theme { css: "@import '//x'".into(), ..base.clone() }, "css", "@import"),
            (Theme { css: "a { background: u\\72l(//x) }".into(), ..base.clone() }, "css", "load nothing"),
            (Theme { css: "x".repeat(10_001), ..base.clone() }, "css", "at most 10000 characters, has 10001"),
        ] {
            let faults = fields(&theme);
            assert!(matches!(&faults[..], [(at, why)] if at == field && why.contains(reason)), "{field}: {faults:?}");
        }
    }

    #[cfg(feature = "serde")]
    #[test]
    fn a_file_may_say_only_what_it_wants_to_change() {
        let theme: Theme = serde_json::from_str(r##"{"accent":"#005500","position":"left"}"##).unwrap();
        assert_eq!(theme, Theme { accent: "#005500".into(), position: Position::Left, ..Theme::default() });
        assert!(serde_json::from_str::<Theme>(r#"{"colour":"red"}"#).is_err());
        for density in Density::EACH {
            assert_eq!(serde_json::to_value(density).unwrap(), density.as_str());
        }
        for position in Position::EACH {
            assert_eq!(serde_json::to_value(position).unwrap(), position.as_str());
        }
    }

    proptest! {
        #[test]
        fn contrast_has_its_bounds_and_no_direction(one: [u8; 3], other: [u8; 3]) {
            let value = contrast(one, other);
            prop_assert!((1.0..=21.0001).contains(&value) && (value - contrast(other, one)).abs() < 1e-12);
        }

        #[test]
        fn what_passes_can_be_read(text: [u8; 3], background: [u8; 3]) {
            let hex = |rgb: [u8; 3]| format!("#{:02x}{:02x}{:02x}", rgb[0], rgb[1], rgb[2]);
            let theme = Theme { text: hex(text), background: hex(background), accent: hex(text), ..Theme::default() };
            let passes = theme.faults().is_empty();
            prop_assert_eq!(passes, contrast(text, background) >= TEXT_CONTRAST);
        }
    }
}
