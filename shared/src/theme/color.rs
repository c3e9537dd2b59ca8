//! Colours and how well they can be told apart: contrast as WCAG 2.2 defines it, (L1 + 0.05) / (L2 + 0.05).

/// Red, green and blue.
pub type Rgb = [u8; 3];

/// Black.
pub const BLACK: Rgb = [0; 3];
/// White.
pub const WHITE: Rgb = [255; 3];

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

/// A colour as `#rrggbb`.
pub fn hex([red, green, blue]: Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
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

/// `from` with `percent` of the way to `to`.
pub fn mix(from: Rgb, to: Rgb, percent: u8) -> Rgb {
    let share = f64::from(percent.min(100)) / 100.0;
    std::array::from_fn(|at| {
        let (from, to) = (f64::from(from[at]), f64::from(to[at]));
        (from + (to - from) * share).round() as u8
    })
}

/// White where it can be read as text, else black: one of the two always can.
pub fn text_on(behind: Rgb) -> Rgb {
    if contrast(WHITE, behind) >= super::TEXT_CONTRAST { WHITE } else { BLACK }
}

/// The nearest shade of a colour, towards what is read best on the first of the colours behind it, that has at least the
/// contrast of text with all of them; where there is none, that goal.
pub fn standing_out(color: Rgb, behind: &[Rgb]) -> Rgb {
    let goal = behind.first().map_or(BLACK, |first| text_on(*first));
    let reads = |shade: &Rgb| behind.iter().all(|behind| contrast(*shade, *behind) >= super::TEXT_CONTRAST);
    (0..=100).step_by(4).map(|percent| mix(color, goal, percent)).find(reads).unwrap_or(goal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
    fn text_is_white_where_white_can_be_read() {
        for (behind, expected) in [
            ("#000000", WHITE),
            ("#ffffff", BLACK),
            ("#3457d5", WHITE),
            ("#ffd400", BLACK),
            ("#767676", WHITE),
            ("#777777", BLACK),
        ] {
            assert_eq!(text_on(color(behind).unwrap()), expected, "{behind}");
        }
    }

    #[test]
    fn a_color_that_stands_out_is_left_alone() {
        assert_eq!(standing_out([0x34, 0x57, 0xd5], &[WHITE]), [0x34, 0x57, 0xd5]);
    }

    #[test]
    fn colors_are_read_and_written() {
        assert_eq!(color("#2F5bea").map(hex).as_deref(), Some("#2f5bea"));
        for wrong in ["", "#", "2f5bea", "#2f5be", "#2f5beaf", "#2g5bea", "#é5bea", "#éééé"] {
            assert_eq!(color(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn contrast_has_its_bounds_and_no_direction(one: [u8; 3], other: [u8; 3]) {
            let value = contrast(one, other);
            prop_assert!((1.0..=21.0001).contains(&value) && (value - contrast(other, one)).abs() < 1e-12);
        }

        #[test]
        fn some_text_can_be_read_on_any_color(front: [u8; 3], behind: [u8; 3]) {
            prop_assert!(contrast(text_on(behind), behind) >= 4.5);
            prop_assert!(contrast(standing_out(front, &[behind]), behind) >= 4.5);
        }
    }
}
