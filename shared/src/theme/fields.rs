//! The fields of a theme as text: forms, pages and command lines set them by name.

use super::{Density, Launcher, Position, RADIUS_PX, Scheme, Theme};
use crate::survey::Fault;

/// The fields of a theme, in the order of its pages and files.
pub const FIELDS: [&str; 15] = [
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
    "launcher",
    "logo",
    "logo_text",
    "css",
];

/// The fields that a page may set while it runs: those before the logo.
pub const PAGE_FIELDS: [&str; 12] = *FIELDS.first_chunk().unwrap();

impl Theme {
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
            "launcher" => self.launcher = one_of(field, text, Launcher::EACH, Launcher::as_str)?,
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
            "launcher" => self.launcher.as_str().to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;

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
            ("launcher", "yields"),
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
            ("launcher", "hides", "one of stays, yields"),
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
        assert_eq!(FIELDS[PAGE_FIELDS.len()..], ["logo", "logo_text", "css"]);
    }
}
