//! Everything that is wrong with a theme: colours that cannot be read, values out of bounds, style sheets that load.

use super::color::color;
use super::{CSS_CHARACTERS, FONT_CHARACTERS, LOGO_CHARACTERS, LOGO_TEXT_CHARACTERS, RADIUS_PX, Theme};
use crate::survey::Fault;

impl Theme {
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
}
