//! The interface's own words: one table in English, any entry of which a language loaded as data replaces.

use js_sys::{JsString, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use yew::AttrValue;

/// One phrase of the interface, by its key in the language data and its English text. `{}` takes the numbers or the
/// reason given to [`Words::fill`], in order.
pub type Word = (&'static str, &'static str);

/// Label of the button that closes the panel.
pub const CLOSE: Word = ("close", "Close");
/// Label of the button that confirms an answer.
pub const NEXT: Word = ("next", "Next");
/// Label of the button that confirms the last answer.
pub const SEND: Word = ("send", "Send");
/// Said while the last answer is on its way.
pub const SENDING: Word = ("sending", "Sending…");
/// Label of the button that returns to the question before.
pub const BACK: Word = ("back", "Back");
/// Label of the button that passes over a question.
pub const SKIP: Word = ("skip", "Skip");
/// Progress: number of the question, count of questions.
pub const STEP: Word = ("step", "Question {} of {}");
/// Name of a star or a face: its score, the highest score.
pub const POINTS: Word = ("points", "{} of {}");
/// Said of a question with several answers.
pub const MANY: Word = ("many", "Choose all that apply");
/// Error: a required choice is missing.
pub const CHOOSE: Word = ("choose", "Please choose an answer.");
/// Error: a required text is missing.
pub const WRITE: Word = ("write", "Please write an answer.");
/// Characters that still fit.
pub const LEFT: Word = ("left", "Characters left: {}");
/// Error: characters over the limit.
pub const TOO_LONG: Word = ("too_long", "Your answer is too long. Characters to remove: {}");
/// Error: the collector refused an answer, for this reason.
pub const REFUSED: Word = ("refused", "Your answer could not be saved: {}. Please correct it and try again.");
/// Error: the save failed without a reason.
pub const FAILED: Word = ("failed", "Your answer could not be saved. Please try again.");
/// Heading of the thank-you when the survey has none.
pub const THANKS: Word = ("thanks", "Thank you for your feedback");
/// Said when the device keeps the answer until it can be sent.
pub const HELD: Word = ("held", "Your answer is kept on this device and will be sent when you are online again.");

/// The words of one language: a JavaScript object from key to text; a missing entry is English.
pub struct Words(pub JsValue);

impl Words {
    /// The phrase as it is.
    pub fn get(&self, (key, english): Word) -> AttrValue {
        match Reflect::get(&self.0, &key.into()).ok().and_then(|text| text.dyn_into::<JsString>().ok()) {
            Some(text) => AttrValue::from(String::from(text)),
            None => AttrValue::Static(english),
        }
    }

    /// The phrase with its `{}` replaced by `values` in order.
    pub fn fill(&self, word: Word, values: &[&str]) -> AttrValue {
        let phrase = self.get(word);
        let mut values = values.iter();
        let mut filled = String::new();
        // By characters: searching for a string brings a search machine along.
        for character in phrase.chars() {
            match character {
                '{' => filled.push_str(values.next().copied().unwrap_or_default()),
                '}' => {}
                _ => filled.push(character),
            }
        }
        filled.into()
    }
}

/// `number` in decimal digits, without the weight of the formatting machinery.
pub fn digits(mut number: usize) -> String {
    let mut text = String::new();
    loop {
        text.insert(0, char::from(b'0' + (number % 10) as u8));
        number /= 10;
        if number == 0 {
            return text;
        }
    }
}

/// Whether `language` (BCP 47) is written from right to left, by its primary subtag or its script.
pub fn is_right_to_left(language: &str) -> bool {
    const LANGUAGES: [&str; 11] = ["ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"];
    let mut tags = language.split(['-', '_']);
    let primary = tags.next().unwrap_or_default();
    match tags.find(|tag| tag.len() == 4) {
        Some(script) => ["Arab", "Hebr", "Thaa", "Syrc", "Nkoo"].iter().any(|known| known.eq_ignore_ascii_case(script)),
        None => LANGUAGES.iter().any(|known| known.eq_ignore_ascii_case(primary)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_formatter() {
        for number in [0, 7, 10, 99, 100, 10_000, usize::MAX] {
            assert_eq!(digits(number), number.to_string());
        }
    }

    #[test]
    fn the_script_decides_before_the_language() {
        for (language, expected) in [
            ("ar", true),
            ("ar-EG", true),
            ("HE", true),
            ("fa_IR", true),
            ("az-Arab", true),
            ("ar-Latn", false),
            ("de", false),
            ("arn", false),
            ("", false),
        ] {
            assert_eq!(is_right_to_left(language), expected, "{language}");
        }
    }
}
