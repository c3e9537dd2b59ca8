//! A theme as style sheets, made where the configuration is made, so that pages load no code for it. The site's own comes at
//! the end of each, where nothing in it can undo what is before it by being written wrongly.

use super::color::hex;
use super::palette::{Mode, Palette};
use super::{Density, Position, Scheme, Theme};

/// Fonts where a theme names none.
const FONTS: &str = "system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",sans-serif";
/// What the panel, the reviews list and the dialog of the visitor's own data draw within; their custom properties are set here, where no rule of the page reaches.
const ROOTS: &str = ".survey,.reviews,.own-data,.cover";

/// The value of `inset` (top, right, bottom, left) at a distance from the edges, and whether it is the middle of an edge.
fn inset(position: Position, distance: &str) -> (String, bool) {
    let (inset, middle) = match position {
        Position::BottomRight => ("auto _ _ auto", false),
        Position::BottomLeft => ("auto auto _ _", false),
        Position::TopRight => ("_ _ auto auto", false),
        Position::TopLeft => ("_ auto auto _", false),
        Position::Right => ("_ _ _ auto", true),
        Position::Left => ("_ auto _ _", true),
    };
    (inset.replace('_', distance), middle)
}

fn fonts(theme: &Theme) -> &str {
    if theme.font.is_empty() { FONTS } else { &theme.font }
}

/// The style sheet of the launcher, and of the element that holds it and the panel. A page can move both by a custom property of
/// its own: names of those reach through every border.
pub fn launcher(theme: &Theme) -> String {
    let palette = theme.palette(Mode::Light);
    let [accent, hover, text] = [palette.accent, palette.accent_hover, palette.on_accent].map(hex);
    let font = fonts(theme);
    let radius_px = theme.radius_px * 2;
    let padding = match theme.density {
        Density::Compact => "8px 14px",
        Density::Comfortable => "12px 20px",
        Density::Spacious => "16px 26px",
    };
    let (inset, middle) = inset(theme.position, "20px");
    // A tab stands on the edge itself.
    let place = match theme.position {
        Position::Right => {
            "inset:var(--rapport-launcher,50% 0 auto auto);writing-mode:vertical-rl;translate:0 -50%".to_owned()
        }
        Position::Left => {
            "inset:var(--rapport-launcher,50% auto auto 0);writing-mode:vertical-rl;translate:0 -50%".to_owned()
        }
        _ => format!("inset:var(--rapport-launcher,{inset})"),
    };
    let longest = if middle { "calc(100vh - 40px)" } else { "calc(100vw - 40px)" };
    format!(
        ":host{{all:initial!important;position:fixed!important;z-index:2147483647!important}}\
         .launcher{{position:fixed;{place};max-inline-size:{longest};box-sizing:border-box;min-height:24px;\
         min-width:24px;overflow-wrap:anywhere;padding:{padding};border-radius:{radius_px}px;font:600 15px/1.4 {font};\
         text-decoration:none;background:{accent};color:{text};border:1px solid #fff6;box-shadow:0 2px 12px #0004}}\
         [hidden]{{display:none!important}}.launcher:hover{{background:{hover}}}\
         .launcher.away{{visibility:hidden}}\
         .launcher.aside:not(:hover,:focus-visible){{translate:var(--aside)}}\
         .launcher[aria-busy=true]{{cursor:progress;outline:3px solid {accent};outline-offset:3px;\
         animation:busy .6s ease-in-out infinite alternate}}@keyframes busy{{to{{outline-offset:7px}}}}\
         @media (prefers-reduced-motion:reduce){{.launcher{{animation:none!important}}}}\
         .launcher:focus-visible{{outline:3px solid {text};outline-offset:-6px}}\
         @media (forced-colors:active){{.launcher{{border-color:LinkText}}\
         .launcher:focus-visible{{outline-color:Highlight}}}}\
         @media print{{:host{{display:none!important}}}}"
    )
}

/// The style sheet of the panel, of the reviews list and of the own-data dialog in a page: custom properties, and the site's own rules.
pub fn panel(theme: &Theme) -> String {
    let own = &theme.css;
    format!("{}{own}", properties(theme, ROOTS))
}

/// The style sheet of a page of ours that shows the widget: the same custom properties for all of it.
pub fn page(theme: &Theme) -> String {
    let own = &theme.css;
    format!("{}{own}", properties(theme, ":root"))
}

/// What a theme says, as the custom properties of whatever the selector finds.
fn properties(theme: &Theme, selector: &str) -> String {
    let (font, radius_px) = (fonts(theme), theme.radius_px);
    let (pad, gap, target) = match theme.density {
        // A target is never smaller than WCAG 2.2 asks for (2.5.8), however small the visitor's letters.
        Density::Compact => (".875em", ".375em", "max(24px,2em)"),
        Density::Comfortable => ("1.25em", ".5em", "max(24px,2.75em)"),
        Density::Spacious => ("1.75em", ".75em", "max(24px,3.25em)"),
    };
    let (inset, middle) = inset(theme.position, "1em");
    let margin = if middle { "auto 0" } else { "0" };
    let light = colors(&theme.palette(Mode::Light), Mode::Light);
    let dark = colors(&theme.palette(Mode::Dark), Mode::Dark);
    let (first, second) = match theme.scheme {
        Scheme::Auto => (light, format!("@media (prefers-color-scheme:dark){{{selector}{{{dark}}}}}")),
        Scheme::Light => (light, String::new()),
        Scheme::Dark => (dark, String::new()),
    };
    format!(
        "{selector}{{--radius:{radius_px}px;--font:{font};--pad:{pad};--gap:{gap};--target:{target};--inset:var(--rapport-panel,{inset});\
         --margin:{margin};{first}}}{second}"
    )
}

fn colors(palette: &Palette, mode: Mode) -> String {
    let (scheme, shadow) = match mode {
        Mode::Light => ("light", "0 0 1px #10141e33,0 2px 6px #10141e0f,0 16px 48px #10141e2e"),
        Mode::Dark => ("dark", "0 0 1px #000c,0 16px 48px #00000080"),
    };
    let colors: Vec<String> =
        palette.properties().into_iter().map(|(name, rgb)| format!("--{name}:{};", hex(rgb))).collect();
    format!("{}--shadow:{shadow};color-scheme:{scheme}", colors.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn each_sheet(theme: &Theme) -> [String; 3] {
        [launcher(theme), panel(theme), page(theme)]
    }

    #[test]
    fn each_position_has_a_place_of_its_own_and_edges_turn_the_label() {
        let mut sheets = Vec::new();
        for position in Position::EACH {
            let theme = Theme { position, ..Theme::default() };
            let turned = matches!(position, Position::Left | Position::Right);
            assert_eq!(launcher(&theme).contains("vertical-rl"), turned, "{position:?}");
            assert_eq!(panel(&theme).contains("--margin:auto 0"), turned, "{position:?}");
            sheets.push(launcher(&theme) + &panel(&theme));
        }
        sheets.sort();
        sheets.dedup();
        assert_eq!(sheets.len(), Position::EACH.len());
    }

    #[test]
    fn the_sites_own_rules_come_last_and_everything_before_them_is_closed() {
        for density in Density::EACH {
            for scheme in Scheme::EACH {
                let theme = Theme { density, scheme, css: ".survey{opacity:.9".into(), ..Theme::default() };
                for sheet in each_sheet(&theme) {
                    let before = sheet.strip_suffix(".survey{opacity:.9").unwrap_or(&sheet);
                    assert_eq!(before.matches('{').count(), before.matches('}').count(), "{sheet}");
                    assert!(!before.contains("opacity"), "{sheet}");
                }
                assert!(panel(&theme).ends_with(".survey{opacity:.9"));
            }
        }
    }

    #[test]
    fn a_scheme_that_is_forced_leaves_the_other_out() {
        let of = |scheme| panel(&Theme { scheme, ..Theme::default() });
        assert!(
            of(Scheme::Auto).contains("--surface:#ffffff") && of(Scheme::Auto).contains("prefers-color-scheme:dark")
        );
        assert!(of(Scheme::Light).contains("color-scheme:light") && !of(Scheme::Light).contains("#1c1e24"));
        assert!(of(Scheme::Dark).contains("color-scheme:dark") && !of(Scheme::Dark).contains("--surface:#ffffff"));
    }
}
