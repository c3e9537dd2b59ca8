//! How a site wants the widget to look, and whether people can read it: a theme below WCAG 2.2 AA is refused with the pair
//! of colours that fails. `palette` finds every colour that is drawn, `sheet` writes them as style sheets.

pub mod color;
pub mod palette;
pub mod sheet;

use crate::survey::Fault;
use color::{Rgb, contrast, hex};
use palette::Mode;
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

/// The fields of a theme, in the order of its pages and files.
pub const FIELDS: [&str; 14] = [
    "accent",
    "accent_text",
    "background",
    "text",
    "dark_background",
    "dark_text",
    "radius_px",
    "font",
    "density",
    "position",
    "scheme",
    "logo",
    "logo_text",
    "css",
];

/// The fields that a page may set while it runs.
pub const PAGE_FIELDS: [&str; 11] = [
    "accent",
    "accent_text",
    "background",
    "text",
    "dark_background",
    "dark_text",
    "radius_px",
    "font",
    "density",
    "position",
    "scheme",
];

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

/// In the light or in the dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
pub enum Scheme {
    /// As the visitor's system is.
    #[default]
    Auto,
    /// Always in the light.
    Light,
    /// Always in the dark.
    Dark,
}

impl Scheme {
    /// Every scheme.
    pub const EACH: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    /// The name in files and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
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
    /// Where the launcher and what it opens are.
    pub position: Position,
    /// In the light or in the dark.
    pub scheme: Scheme,
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
            logo: String::new(),
            logo_text: String::new(),
            css: String::new(),
        }
    }
}

/// Two colours that stand on each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// Name of the colour in front.
    pub front: &'static str,
    /// Name of the colour behind it.
    pub behind: &'static str,
    /// The colour in front.
    pub front_color: Rgb,
    /// The colour behind it.
    pub behind_color: Rgb,
    /// Their contrast, 1 to 21.
    pub contrast: f64,
    /// The contrast they need.
    pub least: f64,
}

impl Pair {
    /// Whether it can be read.
    pub fn passes(&self) -> bool {
        self.contrast >= self.least
    }

    /// The contrast with two digits: cut, not rounded, so that 4.496 does not read as enough.
    pub fn contrast_text(&self) -> String {
        format!("{:.2}", (self.contrast * 100.0).floor() / 100.0)
    }

    /// The colour in front as `#rrggbb`.
    pub fn front_hex(&self) -> String {
        hex(self.front_color)
    }

    /// The colour behind as `#rrggbb`.
    pub fn behind_hex(&self) -> String {
        hex(self.behind_color)
    }
}

impl Theme {
    /// The pairs of colours that a theme chooses, by the names of its fields. All others follow from these, and can be read:
    /// see [`palette::Palette::pairs`].
    pub fn pairs(&self) -> Vec<Pair> {
        let pair = |front, behind, front_color, behind_color| Pair {
            front,
            behind,
            front_color,
            behind_color,
            contrast: contrast(front_color, behind_color),
            least: TEXT_CONTRAST,
        };
        let [light, dark] = Mode::EACH.map(|mode| (mode.fields(), self.palette(mode)));
        let mut pairs: Vec<Pair> = [&light, &dark]
            .into_iter()
            .map(|((background, text), palette)| pair(text, background, palette.text, palette.surface))
            .collect();
        pairs.push(pair("accent_text", "accent", light.1.on_accent, light.1.accent));
        pairs
    }

    /// Sets a field from text, as forms and pages send it.
    ///
    /// # Errors
    /// When there is no such field, or the text can be none of its values; what is only checked as a whole is told by
    /// [`Self::faults`].
    pub fn set(&mut self, field: &str, text: &str) -> Result<(), Fault> {
        let color = || text.trim().to_ascii_lowercase();
        let line = || text.trim().to_owned();
        match field {
            "accent" => self.accent = color(),
            "accent_text" => self.accent_text = color(),
            "background" => self.background = color(),
            "text" => self.text = color(),
            "dark_background" => self.dark_background = color(),
            "dark_text" => self.dark_text = color(),
            "radius_px" => {
                let reason = || format!("must be a whole number from 0 to {RADIUS_PX}");
                self.radius_px = text.trim().parse().map_err(|_| Fault::new(field, reason()))?;
            }
            "font" => self.font = line(),
            "density" => self.density = one_of(field, text, Density::EACH, Density::as_str)?,
            "position" => self.position = one_of(field, text, Position::EACH, Position::as_str)?,
            "scheme" => self.scheme = one_of(field, text, Scheme::EACH, Scheme::as_str)?,
            "logo" => self.logo = line(),
            "logo_text" => self.logo_text = line(),
            // Forms send line ends as two characters.
            "css" => self.css = text.replace("\r\n", "\n"),
            _ => return Err(Fault::new(field, "is no field of a theme")),
        }
        Ok(())
    }

    /// A field as text, as [`Self::set`] reads it; empty for one that there is not.
    pub fn get(&self, field: &str) -> String {
        match field {
            "accent" => self.accent.clone(),
            "accent_text" => self.accent_text.clone(),
            "background" => self.background.clone(),
            "text" => self.text.clone(),
            "dark_background" => self.dark_background.clone(),
            "dark_text" => self.dark_text.clone(),
            "radius_px" => self.radius_px.to_string(),
            "font" => self.font.clone(),
            "density" => self.density.as_str().to_owned(),
            "position" => self.position.as_str().to_owned(),
            "scheme" => self.scheme.as_str().to_owned(),
            "logo" => self.logo.clone(),
            "logo_text" => self.logo_text.clone(),
            "css" => self.css.clone(),
            _ => String::new(),
        }
    }

    /// The theme with what a page sets while it runs. A colour that stands on a new one is found anew unless the page sets
    /// it as well.
    ///
    /// # Errors
    /// Everything that is wrong with it, by field.
    pub fn with_fields_of_page<'a>(
        &self,
        fields: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Vec<Fault>> {
        let (mut theme, mut faults) = (self.clone(), Vec::new());
        let fields: Vec<_> = fields.into_iter().collect();
        for (behind, front) in [("accent", "accent_text"), ("background", "text"), ("dark_background", "dark_text")] {
            if fields.iter().any(|(field, _)| *field == behind) {
                faults.extend(theme.set(front, "").err());
            }
        }
        for (field, text) in fields {
            if PAGE_FIELDS.contains(&field) {
                faults.extend(theme.set(field, text).err());
            } else {
                let reason = format!("cannot be set by a page: only {} can", PAGE_FIELDS.join(", "));
                faults.push(Fault::new(field.chars().take(40).collect::<String>(), reason));
            }
        }
        faults.extend(theme.faults());
        if faults.is_empty() { Ok(theme) } else { Err(faults) }
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
            if color::color(text).is_none() && (field == "accent" || !text.is_empty()) {
                faults.push(Fault::new(field, "must be a colour such as #3457d5"));
            }
        }
        for pair in self.pairs().into_iter().filter(|pair| !pair.passes()) {
            let reason = format!(
                "has a contrast of {} with {} ({} on {}), needs {}",
                pair.contrast_text(),
                pair.behind,
                pair.front_hex(),
                pair.behind_hex(),
                pair.least
            );
            faults.push(Fault::new(pair.front, reason));
        }
        if self.radius_px > RADIUS_PX {
            faults.push(Fault::new("radius_px", format!("must be at most {RADIUS_PX}")));
        }
        if !is_list_of_fonts(&self.font) {
            let reason = format!("must be a CSS list of fonts of at most {FONT_CHARACTERS} characters");
            faults.push(Fault::new("font", reason));
        }
        let is_picture = self.logo.is_empty()
            || self.logo.starts_with("https://")
            || ["png", "jpeg", "webp", "svg+xml"]
                .iter()
                .any(|kind| self.logo.starts_with(&format!("data:image/{kind}")));
        if !is_picture || self.logo.chars().count() > LOGO_CHARACTERS || self.logo.contains(char::is_whitespace) {
            let reason = format!(
                "must be https://… or data:image/… (png, jpeg, webp, svg+xml) of at most {LOGO_CHARACTERS} characters"
            );
            faults.push(Fault::new("logo", reason));
        }
        if self.logo_text.chars().count() > LOGO_TEXT_CHARACTERS {
            faults.push(Fault::new("logo_text", format!("must be at most {LOGO_TEXT_CHARACTERS} characters")));
        }
        faults.extend(css_fault(&self.css));
        faults
    }
}

fn one_of<T: Copy>(
    field: &str,
    text: &str,
    each: impl IntoIterator<Item = T>,
    name: fn(T) -> &'static str,
) -> Result<T, Fault> {
    let each: Vec<T> = each.into_iter().collect();
    each.iter().copied().find(|one| name(*one) == text.trim()).ok_or_else(|| {
        let names: Vec<&str> = each.iter().map(|one| name(*one)).collect();
        Fault::new(field, format!("must be one of {}", names.join(", ")))
    })
}

/// Whether a text is a list of font names as CSS writes them, quoted or plain; nothing in it may end the declaration.
fn is_list_of_fonts(text: &str) -> bool {
    let is_plain = |letter: char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    let is_name = |name: &str| {
        let name = name.trim();
        let quoted = ['"', '\''].into_iter().find_map(|quote| name.strip_prefix(quote)?.strip_suffix(quote));
        match quoted {
            Some(inner) => !inner.is_empty() && inner.chars().all(|letter| is_plain(letter) || letter == '.'),
            None => {
                let mut words = name.split_whitespace().peekable();
                let begins = |word: &str| word.starts_with(|letter: char| letter.is_alphabetic() || letter == '-');
                words.peek().is_some() && words.all(begins) && name.chars().all(is_plain)
            }
        }
    };
    text.is_empty() || (text.chars().count() <= FONT_CHARACTERS && text.split(',').all(is_name))
}

/// A style sheet of one's own must load nothing: what it fetched would tell a third party of every visitor.
fn css_fault(css: &str) -> Option<Fault> {
    let length = css.chars().count();
    if length > CSS_CHARACTERS {
        return Some(Fault::new("css", format!("must be at most {CSS_CHARACTERS} characters, has {length}")));
    }
    let lower = css.to_ascii_lowercase();
    // The last would end the element in which a preview puts it.
    let loads = ["@import", "url(", "image-set(", "src(", "\\", "</"].into_iter().find(|word| lower.contains(word));
    loads.map(|word| Fault::new("css", format!("must not contain {word}: it may load nothing, and bring no markup")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(theme: &Theme) -> Vec<(String, String)> {
        theme.faults().into_iter().map(|fault| (fault.field, fault.reason)).collect()
    }

    #[test]
    fn the_pair_that_fails_is_named() {
        assert_eq!(Theme::default().faults(), []);
        let base = Theme::default();
        for (theme, field, reason) in [
            (
                Theme { text: "#777777".into(), ..base.clone() },
                "text",
                "has a contrast of 4.47 with background (#777777 on #ffffff), needs 4.5",
            ),
            (
                Theme { accent_text: "#808080".into(), ..base.clone() },
                "accent_text",
                "with accent (#808080 on #3457d5), needs 4.5",
            ),
            (Theme { dark_text: "#777777".into(), ..base.clone() }, "dark_text", "with dark_background"),
            (Theme { accent: "blue".into(), ..base.clone() }, "accent", "must be a colour"),
            (Theme { background: "#12345".into(), ..base.clone() }, "background", "must be a colour"),
            (Theme { radius_px: 29, ..base.clone() }, "radius_px", "at most 28"),
            (Theme { font: "a;} body {".into(), ..base.clone() }, "font", "list of fonts"),
            (Theme { font: "\"Inter, serif".into(), ..base.clone() }, "font", "list of fonts"),
            (Theme { font: "Inter,,serif".into(), ..base.clone() }, "font", "list of fonts"),
            (Theme { logo_text: "x".repeat(121), ..base.clone() }, "logo_text", "at most 120"),
            (Theme { css: "</style><form>".into(), ..base.clone() }, "css", "no markup"),
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
        for scheme in Scheme::EACH {
            assert_eq!(serde_json::to_value(scheme).unwrap(), scheme.as_str());
        }
    }

    #[test]
    fn a_color_that_is_left_out_is_one_that_can_be_read() {
        let dark = Theme { background: "#101010".into(), dark_background: "#f0f0f0".into(), ..Theme::default() };
        assert_eq!(dark.faults(), []);
        // Any accent will do: what has to stand out from the surface is a shade of it.
        assert_eq!(Theme { accent: "#ffe000".into(), ..dark }.faults(), []);
    }

    #[test]
    fn lists_of_fonts_are_known() {
        for (list, expected) in [
            ("", true),
            ("Inter, \"Segoe UI\", 'Noto Sans', sans-serif", true),
            ("-apple-system", true),
            ("Źródło Sans", true),
            ("3D Font", false),
            ("'it\"s'", false),
            (",", false),
            ("\"\"", false),
        ] {
            assert_eq!(is_list_of_fonts(list), expected, "{list}");
        }
    }

    #[test]
    fn every_field_is_set_from_text() {
        let mut theme = Theme::default();
        for (field, text) in [
            ("accent", " #AA0000 "),
            ("accent_text", "#ffffff"),
            ("background", "#fffff0"),
            ("text", "#101010"),
            ("dark_background", "#101010"),
            ("dark_text", "#fffff0"),
            ("radius_px", "0"),
            ("font", " serif "),
            ("density", "compact"),
            ("position", "top-left"),
            ("scheme", "dark"),
            ("logo", "https://shop.example/logo.svg"),
            ("logo_text", "Fernhill"),
            ("css", "h2{color:red}"),
        ] {
            assert_eq!(theme.set(field, text), Ok(()), "{field}");
        }
        let mut again = Theme::default();
        for field in FIELDS {
            assert_ne!(theme.get(field), again.get(field), "{field}");
            assert_eq!(again.set(field, &theme.get(field)), Ok(()), "{field}");
        }
        assert_eq!(again, theme);
        assert_eq!((theme.faults(), theme.accent.as_str(), theme.font.as_str()), (vec![], "#aa0000", "serif"));
        assert_eq!((theme.density, theme.position, theme.scheme), (Density::Compact, Position::TopLeft, Scheme::Dark));
        for (field, text, reason) in [
            ("radius_px", "-1", "a whole number from 0 to 28"),
            ("density", "", "one of compact, comfortable, spacious"),
            ("position", "middle", "one of bottom-right"),
            ("scheme", "Dark", "one of auto, light, dark"),
            ("colour", "#000000", "is no field"),
        ] {
            let fault = theme.set(field, text).unwrap_err();
            assert!(fault.field == field && fault.reason.contains(reason), "{fault:?}");
        }
    }

    #[test]
    fn a_page_changes_colors_and_those_on_them_follow() {
        let saved = Theme { accent: "#005500".into(), accent_text: "#ffffff".into(), ..Theme::default() };
        let theme = saved.with_fields_of_page([("accent", "#ffe000"), ("scheme", "light")]).unwrap();
        assert_eq!((theme.accent_text.as_str(), theme.scheme), ("", Scheme::Light));
        for (fields, field, reason) in [
            (
                vec![("accent", "#ffe000"), ("accent_text", "#ffffff")],
                "accent_text",
                "with accent (#ffffff on #ffe000)",
            ),
            (vec![("css", "a{}")], "css", "cannot be set by a page"),
            (vec![("accent", "red")], "accent", "must be a colour such as #3457d5"),
        ] {
            let faults = saved.with_fields_of_page(fields).unwrap_err();
            assert!(
                matches!(&faults[..], [fault] if fault.field == field && fault.reason.contains(reason)),
                "{faults:?}"
            );
        }
        for field in PAGE_FIELDS {
            assert_ne!(saved.clone().set(field, "?"), Err(Fault::new(field, "is no field of a theme")));
        }
    }

    #[test]
    fn the_contrast_that_is_told_is_never_above_the_true_one() {
        let theme = Theme { text: "#777777".into(), ..Theme::default() };
        assert_eq!(theme.pairs()[0].contrast_text(), "4.47");
    }
}
