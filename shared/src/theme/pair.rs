//! The pairs of colours that a theme chooses, and whether each can be read.

use super::color::{Rgb, contrast, hex};
use super::palette::Mode;
use super::{TEXT_CONTRAST, Theme};

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
    /// see [`super::palette::Palette::pairs`].
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contrast_that_is_told_is_never_above_the_true_one() {
        let theme = Theme { text: "#777777".into(), ..Theme::default() };
        assert_eq!(theme.pairs()[0].contrast_text(), "4.47");
    }
}
