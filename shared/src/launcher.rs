//! How the launcher looks: one style sheet, made where the configuration is made, so that pages load no code for it.

/// Where the launcher is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
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
    /// The middle of the right edge; the label runs along it.
    Right,
    /// The middle of the left edge; the label runs along it.
    Left,
}

impl Position {
    /// The value of `inset`: from top, right, bottom and left.
    fn inset(self) -> &'static str {
        match self {
            Self::BottomRight => "auto 20px 20px auto",
            Self::BottomLeft => "auto auto 20px 20px",
            Self::TopRight => "20px 20px auto auto",
            Self::TopLeft => "20px auto auto 20px",
            Self::Right => "50% 0 auto auto",
            Self::Left => "50% auto auto 0",
        }
    }
}

/// The style sheet of the widget's shadow root, as long as nothing is open. `accent_color` is `#rrggbb`.
///
/// The custom properties `--rapport-…` are what `rapport('theme', …)` sets on the host element.
pub fn css(accent_color: &str, position: Position) -> String {
    let text_color = text_on(accent_color);
    let inset = position.inset();
    let (writing, translate) = match position {
        Position::Left | Position::Right => ("vertical-rl", "0 -50%"),
        _ => ("horizontal-tb", "none"),
    };
    format!(
        ":host{{all:initial!important;position:fixed!important;z-index:2147483647!important}}\
         .launcher{{position:fixed;inset:var(--rapport-inset,{inset});writing-mode:var(--rapport-writing,{writing});\
         translate:var(--rapport-translate,{translate});max-inline-size:calc(100vw - 40px);box-sizing:border-box;\
         padding:12px 20px;border-radius:24px;font:600 15px/1.4 system-ui,sans-serif;text-decoration:none;\
         background:var(--rapport-accent,{accent_color});color:var(--rapport-text,{text_color});border:1px solid #fff6;\
         box-shadow:0 2px 12px #0004}}[hidden]{{display:none!important}}.launcher:hover{{filter:brightness(1.1)}}\
         .launcher:focus-visible{{outline:3px solid var(--rapport-text,{text_color});outline-offset:-6px}}\
         @media print{{:host{{display:none!important}}}}"
    )
}

/// Black or white, whichever stands out more on a colour (WCAG 2 relative luminance, where they meet at 0.179).
pub fn text_on(color: &str) -> &'static str {
    let part = |at: usize| {
        let digits = color.get(at..at + 2).unwrap_or("00");
        f64::from(u8::from_str_radix(digits, 16).unwrap_or(0)) / 255.0
    };
    let linear = |part: f64| if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) };
    let luminance = 0.2126 * linear(part(1)) + 0.7152 * linear(part(3)) + 0.0722 * linear(part(5));
    if luminance > 0.179 { "#000000" } else { "#ffffff" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stands_out_on_any_color() {
        for (color, expected) in [
            ("#000000", "#ffffff"),
            ("#ffffff", "#000000"),
            ("#3457d5", "#ffffff"),
            ("#ffd400", "#000000"),
            ("#767676", "#000000"),
            ("#6f6f6f", "#ffffff"),
        ] {
            assert_eq!(text_on(color), expected, "{color}");
        }
    }

    #[test]
    fn each_position_has_a_place_of_its_own_and_edges_turn_the_label() {
        use Position::*;
        let all = [BottomRight, BottomLeft, TopRight, TopLeft, Right, Left];
        let mut sheets: Vec<String> = all.iter().map(|position| css("#3457d5", *position)).collect();
        for (position, sheet) in all.iter().zip(&sheets) {
            assert_eq!(sheet.contains("vertical-rl"), matches!(position, Left | Right), "{position:?}");
            assert_eq!(sheet.matches('{').count(), sheet.matches('}').count());
        }
        sheets.dedup();
        assert_eq!(sheets.len(), all.len());
    }
}
