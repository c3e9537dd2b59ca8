//! How an element is named: a short selector that stays the same from visit to visit and says nothing about a person.

use crate::limit;

/// What is known of an element.
#[derive(Clone, Copy, Debug, Default)]
pub struct Element<'a> {
    /// Tag name, in either case.
    pub tag: &'a str,
    /// The `id` attribute.
    pub id: &'a str,
    /// The `class` attribute.
    pub classes: &'a str,
    /// The nearest `data-rapport-name`, which goes before everything else.
    pub name: &'a str,
    /// Whether it lies in a `data-rapport-mask`: then only its tag is told.
    pub masked: bool,
}

/// The name of an element: its `data-rapport-name`, else `tag#id`, else `tag.class`, else the tag.
///
/// An id or class with a digit run of four or more is taken for generated (a framework's counter, a customer's number)
/// and left out.
pub fn describe(element: Element) -> String {
    let mut text = String::new();
    if element.masked {
        push_lower(&mut text, element.tag);
        return text;
    }
    if !element.name.is_empty() {
        push_cut(&mut text, element.name, limit::ELEMENT_CHARACTERS);
        return text;
    }
    push_lower(&mut text, element.tag);
    let class = first_stable(element.classes);
    let (mark, word) = if is_stable(element.id) { ('#', element.id) } else { ('.', class) };
    if !word.is_empty() {
        text.push(mark);
        push_cut(&mut text, word, limit::ELEMENT_CHARACTERS - 1 - element.tag.len().min(99));
    }
    text
}

/// The first class that does not look generated, or nothing.
fn first_stable(classes: &str) -> &str {
    let mut start = 0;
    for end in 0..=classes.len() {
        if classes.as_bytes().get(end).is_none_or(|byte| byte.is_ascii_whitespace()) {
            let class = classes.get(start..end).unwrap_or("");
            if is_stable(class) {
                return class;
            }
            start = end + 1;
        }
    }
    ""
}

fn is_stable(word: &str) -> bool {
    let mut digits = 0;
    for byte in word.bytes() {
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        if digits == 4 {
            return false;
        }
    }
    !word.is_empty()
}

fn push_lower(text: &mut String, tag: &str) {
    for byte in tag.bytes().take(99) {
        text.push(byte.to_ascii_lowercase() as char);
    }
}

/// Appends at most `most` characters.
pub fn push_cut(text: &mut String, more: &str, most: usize) {
    text.push_str(cut(more, most));
}

/// At most the first `most` characters.
pub fn cut(text: &str, most: usize) -> &str {
    let mut characters = 0;
    for (at, byte) in text.bytes().enumerate() {
        // The bytes that go on with a character begin with 10.
        if byte & 0xc0 != 0x80 {
            if characters == most {
                return text.get(..at).unwrap_or(text);
            }
            characters += 1;
        }
    }
    text
}

/// Whether a click on a control labelled so is often repeated on purpose: steppers and carousels.
pub fn is_stepper_label(label: &str) -> bool {
    const LABELS: [&str; 14] = ["+", "-", "−", "–", "<", ">", "‹", "›", "«", "»", "←", "→", "next", "previous"];
    let label = label.trim_ascii();
    LABELS.iter().any(|stepper| label.eq_ignore_ascii_case(stepper))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_name_goes_before_the_id_before_the_class_before_the_tag() {
        let button = Element { tag: "BUTTON", id: "buy", classes: "big blue", ..Element::default() };
        assert_eq!(describe(Element { name: "checkout", ..button }), "checkout");
        assert_eq!(describe(button), "button#buy");
        assert_eq!(describe(Element { id: "", ..button }), "button.big");
        assert_eq!(describe(Element { id: "", classes: "", ..button }), "button");
    }

    #[test]
    fn what_looks_generated_or_is_masked_is_not_told() {
        let button = Element { tag: "BUTTON", id: "order-20391", classes: "css-19238 buy", ..Element::default() };
        assert_eq!(describe(button), "button.buy");
        assert_eq!(describe(Element { masked: true, name: "card of Ms Roe", ..button }), "button");
    }

    #[test]
    fn steppers_are_known_by_their_label() {
        for label in ["+", " > ", "Next", "previous"] {
            assert!(is_stepper_label(label), "{label:?}");
        }
        for label in ["", "Buy", "next step", "++"] {
            assert!(!is_stepper_label(label), "{label:?}");
        }
    }

    proptest! {
        #[test]
        fn a_description_keeps_its_limit(tag in "[a-z-]{0,300}", id: String, classes: String, name: String, masked: bool) {
            let text = describe(Element { tag: &tag, id: &id, classes: &classes, name: &name, masked });
            prop_assert!(text.chars().count() <= limit::ELEMENT_CHARACTERS);
        }
    }
}
