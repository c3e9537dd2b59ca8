//! Readable colours around any accent: text on it, and its nearest neighbours that stand out from the surfaces.
//!
//! Contrast is WCAG 2.2's: (L1 + 0.05) / (L2 + 0.05), L the relative luminance of sRGB.

/// Red, green, blue.
pub type Rgb = [u8; 3];

/// Surface of the panel in light mode; the same as `--surface` in `style.css`.
pub const LIGHT_SURFACE: Rgb = [0xff, 0xff, 0xff];
/// Surface of the panel in dark mode; the same as `--surface` in `style.css`.
pub const DARK_SURFACE: Rgb = [0x1c, 0x1e, 0x24];
/// The accent when the site's is not a colour.
pub const DEFAULT_ACCENT: Rgb = [0x2f, 0x5b, 0xea];
const WHITE: Rgb = [0xff; 3];
const BLACK: Rgb = [0; 3];

/// Reads `#rrggbb`.
pub fn parse(text: &str) -> Option<Rgb> {
    let hex = text.strip_prefix('#').filter(|hex| hex.len() == 6 && hex.is_ascii())?;
    let mut rgb = [0; 3];
    for (channel, pair) in rgb.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *channel = char::from(pair[0]).to_digit(16)? as u8 * 16 + char::from(pair[1]).to_digit(16)? as u8;
    }
    Some(rgb)
}

/// Writes `#rrggbb`.
pub fn hex([red, green, blue]: Rgb) -> String {
    let mut text = String::from("#");
    for channel in [red, green, blue] {
        for digit in [channel >> 4, channel & 15] {
            text.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
        }
    }
    text
}

/// Relative luminance, 0 to 1. The sRGB curve by a cubic that is within 0.002 of it: `powf` would weigh more than
/// everything else in this file.
fn luminance(rgb: Rgb) -> f32 {
    let linear = |channel: u8| {
        let value = f32::from(channel) / 255.0;
        value * (value * (value * 0.305_306 + 0.682_171) + 0.012_523)
    };
    0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2])
}

/// Contrast of two colours, 1 to 21.
pub fn contrast(one: Rgb, other: Rgb) -> f32 {
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    if one > other { one / other } else { other / one }
}

/// Black or white, whichever reads better on `accent`; white when both do.
pub fn text_on(accent: Rgb) -> Rgb {
    // 4.6, not WCAG's 4.5: the luminance is an approximation.
    if contrast(accent, WHITE) >= 4.6 || contrast(accent, WHITE) >= contrast(accent, BLACK) { WHITE } else { BLACK }
}

/// The nearest shade of `accent` whose contrast with `surface` is at least `least`.
pub fn standing_out(accent: Rgb, surface: Rgb, least: f32) -> Rgb {
    let goal = if luminance(surface) > 0.5 { [0; 3] } else { WHITE };
    let mut shade = accent;
    for part in 0..=20_u16 {
        for (channel, (from, to)) in shade.iter_mut().zip(accent.iter().zip(goal)) {
            *channel = ((u16::from(*from) * (20 - part) + u16::from(to) * part) / 20) as u8;
        }
        if contrast(shade, surface) >= least {
            break;
        }
    }
    shade
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2.2's own definition of relative luminance.
    fn exact_luminance(rgb: Rgb) -> f32 {
        let linear = |channel: u8| {
            let value = f32::from(channel) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2])
    }

    fn exact_contrast(one: Rgb, other: Rgb) -> f32 {
        let (one, other) = (exact_luminance(one) + 0.05, exact_luminance(other) + 0.05);
        one.max(other) / one.min(other)
    }

    fn every_17th() -> impl Iterator<Item = Rgb> {
        let steps = || (0..=255_u8).step_by(17);
        steps().flat_map(move |red| steps().flat_map(move |green| steps().map(move |blue| [red, green, blue])))
    }

    #[test]
    fn luminance_is_close_to_the_definition() {
        for rgb in every_17th() {
            assert!((luminance(rgb) - exact_luminance(rgb)).abs() < 0.004, "{rgb:?}");
        }
    }

    #[test]
    fn any_accent_gets_readable_text_and_visible_edges() {
        for accent in every_17th() {
            assert!(exact_contrast(accent, text_on(accent)) >= 4.5, "text on {accent:?}");
            for surface in [LIGHT_SURFACE, DARK_SURFACE] {
                let shade = standing_out(accent, surface, 3.2);
                assert!(exact_contrast(shade, surface) >= 3.0, "{accent:?} on {surface:?}: {shade:?}");
            }
        }
    }

    #[test]
    fn an_accent_that_stands_out_is_left_alone() {
        assert_eq!(standing_out(DEFAULT_ACCENT, LIGHT_SURFACE, 3.2), DEFAULT_ACCENT);
    }

    #[test]
    fn colours_are_read_and_written() {
        assert_eq!(parse("#2F5bea"), Some(DEFAULT_ACCENT));
        assert_eq!(hex(DEFAULT_ACCENT), "#2f5bea");
        for wrong in ["", "#", "2f5bea", "#2f5be", "#2f5beaf", "#2g5bea", "#é5bea"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
