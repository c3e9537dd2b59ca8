//! Every colour that the widget draws, found from the few that a theme chooses. Whatever is found here can be read on
//! whatever it is drawn on, for every theme that is accepted: a property test says so.

use super::color::{BLACK, Rgb, WHITE, color, contrast, mix, standing_out, text_on};
use super::{EDGE_CONTRAST, Pair, TEXT_CONTRAST, Theme};

/// In the light or in the dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In the light.
    Light,
    /// In the dark.
    Dark,
}

impl Mode {
    /// Both.
    pub const EACH: [Self; 2] = [Self::Light, Self::Dark];

    /// Background and text where a theme leaves them to the widget.
    fn usual(self) -> (Rgb, Rgb) {
        match self {
            Self::Light => (WHITE, [0x1b, 0x1e, 0x25]),
            Self::Dark => ([0x1c, 0x1e, 0x24], [0xf1, 0xf2, 0xf5]),
        }
    }

    /// Fields of background and text.
    pub fn fields(self) -> (&'static str, &'static str) {
        match self {
            Self::Light => ("background", "text"),
            Self::Dark => ("dark_background", "dark_text"),
        }
    }
}

/// The accent where a theme has none that is a colour.
const ACCENT: Rgb = [0x34, 0x57, 0xd5];
/// What went wrong, before it is made to stand out.
const DANGER: [Rgb; 2] = [[0xb3, 0x26, 0x1e], [0xff, 0x9d, 0x94]];

/// The colours of one mode. Their names are those of the custom properties, with `-` for `_`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// Behind everything.
    pub surface: Rgb,
    /// Behind what is pointed at, and behind asides.
    pub sunken: Rgb,
    /// Text.
    pub text: Rgb,
    /// Text that matters less.
    pub muted: Rgb,
    /// Lines that only separate.
    pub line: Rgb,
    /// Edges of fields and of pictures that can be picked.
    pub control: Rgb,
    /// What went wrong.
    pub danger: Rgb,
    /// Behind what went wrong.
    pub danger_surface: Rgb,
    /// Launcher, main button, picked score.
    pub accent: Rgb,
    /// The same, pointed at.
    pub accent_hover: Rgb,
    /// Text on the accent.
    pub on_accent: Rgb,
    /// The accent, or the nearest shade of it that can be read on the surface: edge of what is picked, ring of the focus,
    /// stars, links.
    pub edge: Rgb,
    /// Behind a choice that is picked.
    pub wash: Rgb,
}

impl Palette {
    /// Name of the custom property, and colour.
    pub fn properties(&self) -> [(&'static str, Rgb); 13] {
        [
            ("surface", self.surface),
            ("sunken", self.sunken),
            ("text", self.text),
            ("muted", self.muted),
            ("line", self.line),
            ("control", self.control),
            ("danger", self.danger),
            ("danger-surface", self.danger_surface),
            ("accent", self.accent),
            ("accent-hover", self.accent_hover),
            ("on-accent", self.on_accent),
            ("edge", self.edge),
            ("wash", self.wash),
        ]
    }

    /// What stands on what in `widget/survey/src/style.css`, the launcher and the hosted pages: names of the colour in front
    /// and of that behind it, and the contrast they need. Lines that only separate need none.
    const DRAWN: [(&'static str, &'static str, f64); 15] = [
        ("text", "surface", TEXT_CONTRAST),
        ("text", "sunken", TEXT_CONTRAST),
        ("text", "wash", TEXT_CONTRAST),
        ("muted", "surface", TEXT_CONTRAST),
        ("muted", "sunken", TEXT_CONTRAST),
        ("danger", "surface", TEXT_CONTRAST),
        ("danger", "danger-surface", TEXT_CONTRAST),
        ("on-accent", "accent", TEXT_CONTRAST),
        ("on-accent", "accent-hover", TEXT_CONTRAST),
        ("edge", "surface", TEXT_CONTRAST),
        ("edge", "sunken", TEXT_CONTRAST),
        ("edge", "wash", EDGE_CONTRAST),
        ("control", "surface", EDGE_CONTRAST),
        ("control", "sunken", EDGE_CONTRAST),
        ("control", "wash", EDGE_CONTRAST),
    ];

    /// Every pair that is drawn.
    pub fn pairs(&self) -> Vec<Pair> {
        let properties = self.properties();
        let of = |name: &str| properties.iter().find(|(known, _)| *known == name).map_or(self.text, |(_, rgb)| *rgb);
        Self::DRAWN
            .into_iter()
            .map(|(front, behind, least)| Pair {
                front,
                behind,
                front_color: of(front),
                behind_color: of(behind),
                contrast: contrast(of(front), of(behind)),
                least,
            })
            .collect()
    }
}

/// The largest share of `to` in `from`, at most `percent`, that passes; none where none does.
fn as_far_as(from: Rgb, to: Rgb, percent: u8, passes: impl Fn(Rgb) -> bool) -> Rgb {
    (1..=percent).rev().map(|percent| mix(from, to, percent)).find(|shade| passes(*shade)).unwrap_or(from)
}

impl Theme {
    /// The colours of a mode. A colour that is none, in a theme that was not checked, is taken for one left out.
    pub fn palette(&self, mode: Mode) -> Palette {
        let (usual_surface, usual_text) = mode.usual();
        let (background, chosen_text) = match mode {
            Mode::Light => (&self.background, &self.text),
            Mode::Dark => (&self.dark_background, &self.dark_text),
        };
        let surface = color(background).unwrap_or(usual_surface);
        let text = color(chosen_text).unwrap_or_else(|| {
            if contrast(usual_text, surface) >= TEXT_CONTRAST { usual_text } else { text_on(surface) }
        });
        let accent = color(&self.accent).unwrap_or(ACCENT);
        let on_accent = color(&self.accent_text).unwrap_or_else(|| text_on(accent));
        let (tint_percent, danger_percent, danger) = match mode {
            Mode::Light => (9, 6, DANGER[0]),
            Mode::Dark => (16, 13, DANGER[1]),
        };
        let reads = |front: Rgb, behind: Rgb| contrast(front, behind) >= TEXT_CONTRAST;
        let sunken = as_far_as(surface, text, 5, |shade| reads(text, shade));
        // Some shade does: what is read best on the surface is either beyond the text, or on the side that `sunken` leaves.
        let edge = standing_out(accent, &[surface, sunken]);
        let wash = as_far_as(surface, edge, tint_percent, |shade| {
            reads(text, shade) && contrast(edge, shade) >= EDGE_CONTRAST
        });
        let muted = as_far_as(text, surface, 32, |shade| reads(shade, surface) && reads(shade, sunken));
        // Text itself stands out everywhere, so some shade does.
        let control = as_far_as(text, surface, 55, |shade| {
            [surface, sunken, wash].into_iter().all(|behind| contrast(shade, behind) >= EDGE_CONTRAST)
        });
        let danger = standing_out(danger, &[surface]);
        let danger_surface = as_far_as(surface, danger, danger_percent, |shade| reads(danger, shade));
        // Away from its text, so that pointing at it takes no contrast from it.
        let away = if contrast(on_accent, BLACK) > contrast(on_accent, WHITE) { BLACK } else { WHITE };
        let accent_hover = as_far_as(accent, away, 14, |shade| reads(on_accent, shade));
        let line = mix(surface, text, 15);
        Palette {
            surface,
            sunken,
            text,
            muted,
            line,
            control,
            danger,
            danger_surface,
            accent,
            accent_hover,
            on_accent,
            edge,
            wash,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::color::hex;
    use super::*;
    use proptest::prelude::*;

    /// A colour, or one left to the widget.
    fn chosen() -> impl Strategy<Value = Option<Rgb>> {
        prop::option::of(any::<Rgb>())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn whatever_is_drawn_of_an_accepted_theme_can_be_read(
            accent: Rgb, accent_text in chosen(),
            background in chosen(), text in chosen(), dark_background in chosen(), dark_text in chosen(),
        ) {
            let written = |rgb: Option<Rgb>| rgb.map(hex).unwrap_or_default();
            let mut theme = Theme {
                accent: hex(accent),
                accent_text: written(accent_text),
                background: written(background),
                text: written(text),
                dark_background: written(dark_background),
                dark_text: written(dark_text),
                ..Theme::default()
            };
            // What is refused is left to the widget instead, so that every case counts.
            for fault in theme.faults() {
                prop_assert!(theme.set(&fault.field, "").is_ok(), "{fault:?}");
            }
            prop_assert_eq!(theme.faults(), []);
            for mode in Mode::EACH {
                for pair in theme.palette(mode).pairs() {
                    prop_assert!(pair.contrast >= pair.least, "{mode:?}: {pair:?} of {theme:?}");
                }
            }
        }
    }

    #[test]
    fn the_usual_colors_are_near_enough_to_be_told_from_each_other() {
        for mode in Mode::EACH {
            let palette = Theme::default().palette(mode);
            let (surface, text) = mode.usual();
            assert_eq!((palette.surface, palette.text), (surface, text));
            for (name, shade) in [("sunken", palette.sunken), ("wash", palette.wash), ("line", palette.line)] {
                assert_ne!(shade, surface, "{mode:?} {name}");
            }
            assert_ne!(palette.muted, text, "{mode:?}");
            assert_ne!(palette.accent_hover, palette.accent, "{mode:?}");
        }
    }
}
