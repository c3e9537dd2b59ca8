//! A click for heat maps: where it was within its element, and within the two that the element is in.
//!
//! An offset is `floor((x − left) ÷ width × 32,767)` of the element's box (clarity-js, src/interaction/click.ts), so that the same
//! click lies on the same element whatever the size of the window; a click by the keyboard is in the middle. Where an
//! element is (its text on the wire) is a path of selectors from its root downwards, with `>>>` where a shadow root begins.

/// Offsets count in so many steps across an element.
pub const STEPS: u32 = 32_767;
/// The middle of an element.
pub const MIDDLE: u32 = STEPS / 2;
/// So many numbers a point has.
pub const NUMBERS: usize = 8;
/// Begins a shadow root in the path of an element.
pub const SHADOW: &str = ">>>";
/// Largest side of a window, in pixels.
pub const WINDOW_PX: u32 = 100_000;

/// Three bits of what became of a click.
const RAGE: u32 = 1;
const DEAD: u32 = 2;
const KNOWN: u32 = RAGE | DEAD;

/// A click.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Offsets from left and top in the element, in its parent and in the parent of that.
    pub places: [(u32, u32); 3],
    /// Width of the window, in pixels.
    pub window_px: u32,
    /// Whether it was one of a burst on something that did not answer.
    pub rage: bool,
    /// Whether nothing came of it.
    pub dead: bool,
}

impl Point {
    /// A point from its numbers: the three places, the width of the window, and what became of the click (1 rage, 2 dead, 3 both).
    ///
    /// # Errors
    /// What is wrong with the numbers, naming the limit.
    pub fn read(numbers: &[u32]) -> Result<Self, String> {
        let [x, y, parent_x, parent_y, further_x, further_y, window_px, verdict] = *numbers else {
            return Err(format!("must be {NUMBERS} numbers"));
        };
        let places = [(x, y), (parent_x, parent_y), (further_x, further_y)];
        if places.iter().any(|(x, y)| *x > STEPS || *y > STEPS) {
            return Err(format!("must have offsets of at most {STEPS}"));
        }
        if window_px > WINDOW_PX {
            return Err(format!("must have a width of at most {WINDOW_PX}"));
        }
        if verdict > KNOWN {
            return Err(format!("must end in a number of at most {KNOWN}"));
        }
        Ok(Self { places, window_px, rage: verdict & RAGE > 0, dead: verdict & DEAD > 0 })
    }

    /// Its numbers.
    pub fn numbers(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = self.places.iter().flat_map(|(x, y)| [*x, *y]).collect();
        numbers.extend([self.window_px, if self.rage { RAGE } else { 0 } + if self.dead { DEAD } else { 0 }]);
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_point_off_its_element_is_refused_with_the_limit() {
        let at_fault = |numbers: &[u32]| Point::read(numbers).unwrap_err();
        assert_eq!(at_fault(&[]), "must be 8 numbers");
        assert_eq!(at_fault(&[0, 32_768, 0, 0, 0, 0, 0, 0]), "must have offsets of at most 32767");
        assert_eq!(at_fault(&[0, 0, 0, 0, 0, 0, 100_001, 0]), "must have a width of at most 100000");
        assert_eq!(at_fault(&[0, 0, 0, 0, 0, 0, 0, 4]), "must end in a number of at most 3");
    }

    proptest! {
        #[test]
        fn a_point_comes_back_from_its_numbers(
            places in prop::array::uniform3((0..=STEPS, 0..=STEPS)), window_px in 0..=WINDOW_PX, rage: bool, dead: bool,
        ) {
            let point = Point { places, window_px, rage, dead };
            prop_assert_eq!(Point::read(&point.numbers()), Ok(point));
        }
    }
}
