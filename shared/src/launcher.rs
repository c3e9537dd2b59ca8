//! How the launcher looks: one style sheet, made where the configuration is made, so that pages load no code for it.

use crate::theme::{Position, Theme, color, contrast};

/// The value of `inset`: from top, right, bottom and left.
fn inset(position: Position) -> &'static str {
    match position {
        Position::BottomRight => "auto 20px 20px auto",
        Position::BottomLeft => "auto auto 20px 20px",
        Position::TopRight => "20px 20px auto auto",
        Position::TopLeft => "20px auto auto 20px",
        Position::Right => "50% 0 auto auto",
        Position::Left => "50% auto auto 0",
    }
}

/// The style sheet of the widget's shadow root, with the site's own at its end.
///
/// The custom properties `--rapport-…` are what `rapport('theme', …)` sets on the host element.
pub fn css(theme: &Theme) -> String {
    let accent_color = &theme.accent;
    let text_color = if theme.accent_text.is_empty() { text_on(accent_color) } else { &theme.accent_text };
    let font = if theme.font.is_empty() { "system-ui,sans-serif" } else { &theme.font };
    let (position, radius_px, own) = (theme.position, theme.radius_px * 2, &theme.css);
    let inset = inset(position);
    let (writing, translate) = match position {
        Position::Left | Position::Right => ("vertical-rl", "0 -50%"),
        _ => ("horizontal-tb", "none"),
    };
    format!(
        ":host{{all:initial!important;position:fixed!important;z-index:2147483647!important}}\
         .launcher{{position:fixed;inset:var(--rapport-inset,{inset});writing-mode:var(--rapport-writing,{writing});\
         translate:var(--rapport-translate,{translate});max-inline-size:calc(100vw - 40px);box-sizing:border-box;\
         padding:12px 20px;border-radius:{radius_px}px;font:600 15px/1.4 {font};text-decoration:none;\
         background:var(--rapport-accent,{accent_color});color:var(--rapport-text,{text_color});border:1px solid #fff6;\
         box-shadow:0 2px 12px #0004}}[hidden]{{display:none!important}}.launcher:hover{{filter:brightness(1.1)}}\
         .launcher:focus-visible{{outline:3px solid var(--rapport-text,{text_color});outline-offset:-6px}}\
         @media print{{:host{{display:none!important}}}}{own}"
    )
}

/// Black or white, whichever stands out more on a colour; white on what is none.
pub fn text_on(background: &str) -> &'static str {
    let Some(background) = color(background) else { return "#ffffff" };
    if contrast([0; 3], background) > contrast([255; 3], background) { "#000000" } else { "#ffffff" }
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
        let theme = |position| Theme { position, css: ".launcher{opacity:.9}".into(), ..Theme::default() };
        let mut sheets: Vec<String> = Position::EACH.iter().map(|position| css(&theme(*position))).collect();
        for (position, sheet) in Position::EACH.iter().zip(&sheets) {
            let turned = matches!(position, Position::Left | Position::Right);
            assert_eq!(sheet.contains("vertical-rl"), turned, "{position:?}");
            assert_eq!(sheet.matches('{').count(), sheet.matches('}').count());
            assert!(sheet.ends_with(".launcher{opacity:.9}"), "{sheet}");
        }
        sheets.dedup();
        assert_eq!(sheets.len(), Position::EACH.len());
    }
}
