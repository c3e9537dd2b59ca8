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

/// The name of an element that lies in the shadow root of a host: `host element`, cut to what a name may have.
pub fn within(host: &str, own: &str) -> String {
    let mut text = String::new();
    push_cut(&mut text, host, limit::ELEMENT_CHARACTERS - 1);
    text.push(' ');
    let left = limit::ELEMENT_CHARACTERS - text.chars().count();
    push_cut(&mut text, own, left);
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

/// At most the first `most` characters, cut where people see one character end and another begin. The whole rule
/// (UAX 29) weighs more than the agent: what it leaves out splits Hangul of single letters and some Indic conjuncts.
pub fn cut(text: &str, most: usize) -> &str {
    // Where the last whole character of people begins, and how many flags' letters stand before.
    let (mut begins, mut flags, mut joined) = (0, 0, false);
    for (characters, (at, character)) in text.char_indices().enumerate() {
        let is_flag = matches!(character, '\u{1f1e6}'..='\u{1f1ff}');
        let goes_on = joined || goes_on(character) || is_flag && flags % 2 == 1;
        if !goes_on {
            begins = at;
        }
        if characters == most {
            // One that alone is longer is cut all the same.
            return text.get(..if begins > 0 { begins } else { at }).unwrap_or(text);
        }
        flags = if is_flag { flags + 1 } else { 0 };
        joined = character == '\u{200d}';
    }
    text
}

/// What is a part of the character before, by first and last: accents, signs of Indic and Thai letters, joiners, variants, tones of
/// skin, tags.
const EXTENDING: [(char, char); 12] = [
    ('\u{300}', '\u{36f}'),
    ('\u{591}', '\u{5bd}'),
    ('\u{64b}', '\u{65f}'),
    ('\u{93e}', '\u{94f}'),
    ('\u{e34}', '\u{e3a}'),
    ('\u{e47}', '\u{e4e}'),
    ('\u{200c}', '\u{200d}'),
    ('\u{20d0}', '\u{20ff}'),
    ('\u{3099}', '\u{309a}'),
    ('\u{fe00}', '\u{fe2f}'),
    ('\u{1f3fb}', '\u{1f3ff}'),
    ('\u{e0020}', '\u{e007f}'),
];

fn goes_on(character: char) -> bool {
    EXTENDING.iter().any(|(first, last)| (*first..=*last).contains(&character))
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
    fn what_lies_in_a_component_is_told_apart_by_its_host() {
        assert_eq!(within("sl-button#save", "button.button"), "sl-button#save button.button");
        let long = within(&"h".repeat(300), "button");
        assert_eq!(long.chars().count(), limit::ELEMENT_CHARACTERS);
    }

    #[test]
    fn what_looks_generated_or_is_masked_is_not_told() {
        let button = Element { tag: "BUTTON", id: "order-20391", classes: "css-19238 buy", ..Element::default() };
        assert_eq!(describe(button), "button.buy");
        assert_eq!(describe(Element { masked: true, name: "card of Ms Roe", ..button }), "button");
    }

    #[test]
    fn a_text_is_cut_between_characters_as_people_see_them() {
        for (text, most, kept) in [
            ("plain", 5, "plain"),
            ("plain", 4, "plai"),
            ("jacket 🧥", 7, "jacket "),
            ("e\u{301}e\u{301}", 3, "e\u{301}"),
            ("a👨‍👩‍👧b", 5, "a"),
            ("a👨‍👩‍👧b", 6, "a👨‍👩‍👧"),
            ("👍🏽👍🏽", 3, "👍🏽"),
            ("🇩🇪🇫🇷", 3, "🇩🇪"),
            ("हिन्दी", 1, "ह"),
            ("aि", 1, "a"),
            ("", 3, ""),
        ] {
            assert_eq!(cut(text, most), kept, "{text} {most}");
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
