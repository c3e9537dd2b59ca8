//! Bursts of clicks in one place.
//!
//! Three clicks, each within 30 px (Manhattan) of the one before or on the same element, and within a second of it: the
//! thresholds PostHog and Sentry agree on. A burst is reported once, at its third click; later ones only add to it.

/// Clicks that make a burst.
pub const CLICKS: u32 = 3;
/// Farthest two clicks of a burst may lie apart, in CSS pixels (horizontal plus vertical).
pub const RADIUS_PX: f64 = 30.0;
/// Longest time between two clicks of a burst, in milliseconds.
pub const GAP_MS: f64 = 1_000.0;

/// One click.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Click {
    /// When, on the page's clock.
    pub at_ms: f64,
    /// Distance from the left edge of the viewport, in CSS pixels.
    pub x_px: f64,
    /// Distance from the upper edge of the viewport, in CSS pixels.
    pub y_px: f64,
    /// Whether it hit the same element as the click before.
    pub same_element: bool,
}

/// The burst that may be going on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Burst {
    last: Option<Click>,
    clicks: u32,
}

impl Burst {
    /// Adds a click; the number of clicks of the burst so far once it is one, that is 3 exactly when it became one.
    pub fn click(&mut self, click: Click) -> Option<u32> {
        let continues = self.last.is_some_and(|last| {
            let distance_px = (click.x_px - last.x_px).abs() + (click.y_px - last.y_px).abs();
            click.at_ms - last.at_ms <= GAP_MS && (click.same_element || distance_px < RADIUS_PX)
        });
        self.clicks = if continues { self.clicks + 1 } else { 1 };
        self.last = Some(click);
        (self.clicks >= CLICKS).then_some(self.clicks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(clicks: &[(f64, f64, f64, bool)]) -> Vec<Option<u32>> {
        let mut burst = Burst::default();
        clicks
            .iter()
            .map(|&(at_ms, x_px, y_px, same_element)| burst.click(Click { at_ms, x_px, y_px, same_element }))
            .collect()
    }

    #[test]
    fn the_third_close_click_makes_a_burst_and_the_fourth_adds_to_it() {
        let clicks =
            [(0.0, 9.0, 9.0, false), (300.0, 9.0, 9.0, true), (600.0, 9.0, 9.0, true), (900.0, 9.0, 9.0, true)];
        assert_eq!(run(&clicks), [None, None, Some(3), Some(4)]);
    }

    #[test]
    fn slow_or_scattered_clicks_are_none() {
        let slow = [(0.0, 0.0, 0.0, true), (1001.0, 0.0, 0.0, true), (2002.0, 0.0, 0.0, true)];
        assert_eq!(run(&slow), [None, None, None]);
        let scattered = [(0.0, 0.0, 0.0, false), (100.0, 20.0, 10.0, false), (200.0, 60.0, 0.0, false)];
        assert_eq!(run(&scattered), [None, None, None]);
    }

    #[test]
    fn one_wide_element_counts_as_one_place() {
        let clicks = [(0.0, 0.0, 0.0, false), (100.0, 200.0, 0.0, true), (200.0, 400.0, 0.0, true)];
        assert_eq!(run(&clicks), [None, None, Some(3)]);
    }
}
