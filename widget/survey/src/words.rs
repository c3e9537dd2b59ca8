//! The interface's own words: one table in English, any entry of which a language loaded as data replaces.

use rapport_shared::flow::{concat, digits};

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
/// Said of a question that may be passed over.
pub const OPTIONAL: Word = ("optional", "(optional)");
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
pub const HELD: Word = ("held", "Your answer is kept on this device and will be sent as soon as possible.");

/// A choice of a yes/no question.
pub const YES: Word = ("yes", "Yes");
/// A choice of a yes/no question.
pub const NO: Word = ("no", "No");
/// Label of the words beside a choice that asks for them.
pub const OTHER: Word = ("other", "Please say which");
/// Label of a name's field.
pub const NAME: Word = ("name", "Your name");
/// Label of an e-mail address's field.
pub const EMAIL: Word = ("email", "Your e-mail address");
/// Label of a title's field.
pub const TITLE: Word = ("title", "Title");
/// Label of the longer field below a title.
pub const DETAILS: Word = ("details", "In your own words");
/// Error: this is no e-mail address.
pub const NOT_EMAIL: Word = ("not_email", "Please write an e-mail address such as name@example.com.");
/// Error: an address needs the consent beside it.
pub const TICK: Word = ("tick", "Please tick the box.");
/// Error: the same, where no address has to be given.
pub const TICK_OR_EMPTY: Word = ("tick_or_empty", "Please tick the box, or leave the e-mail address empty.");
/// Name of the thumb that points down.
pub const BAD: Word = ("bad", "Not good");
/// Name of the thumb that points up.
pub const GOOD: Word = ("good", "Good");
/// Lowest end of agreement.
pub const DISAGREE: Word = ("disagree", "Strongly disagree");
/// Highest end of agreement.
pub const AGREE: Word = ("agree", "Strongly agree");
/// Lowest end of the expectation gap.
pub const WORSE: Word = ("worse", "Much worse than expected");
/// Highest end of the expectation gap.
pub const BETTER: Word = ("better", "Much better than expected");
/// Level of the loyalty ladder.
pub const LADDER_PRICE: Word = ("ladder_price", "Price and availability are as I expect.");
/// Level of the loyalty ladder.
pub const LADDER_SERVICE: Word = ("ladder_service", "The service is better than elsewhere.");
/// Level of the loyalty ladder.
pub const LADDER_KNOWLEDGE: Word = ("ladder_knowledge", "I rely on their knowledge.");
/// Level of the loyalty ladder.
pub const LADDER_VALUES: Word = ("ladder_values", "We share the same values.");
/// Said of a question whose choices are put in order.
pub const RANKS: Word = ("ranks", "Give each choice its place: 1 is first");
/// Button that adds a photo.
pub const PHOTO: Word = ("photo", "Add a photo");
/// Button that takes a picture of the page.
pub const SCREENSHOT: Word = ("screenshot", "Add a picture of this page");
/// Button that takes a picture back.
pub const REMOVE: Word = ("remove", "Remove the picture");
/// Said while a picture is being made.
pub const DRAWING: Word = ("drawing", "Drawing the page…");
/// How parts of a picture are hidden.
pub const COVER_HINT: Word = (
    "cover_hint",
    "Nothing has been sent yet. Draw over what should not be seen, or press Cover and move the box with the arrow keys.",
);
/// Button that adds a black box.
pub const COVER: Word = ("cover", "Cover");
/// Button that takes the last black box away.
pub const UNCOVER: Word = ("uncover", "Uncover the last");
/// Button that accepts a picture.
pub const USE: Word = ("use", "Use this picture");
/// Button that gives up.
pub const CANCEL: Word = ("cancel", "Cancel");
/// Error: the picture could not be made.
pub const NO_PICTURE: Word = ("no_picture", "The picture could not be added. You can go on without it.");

/// Every phrase, in the order of the language files.
pub const ALL: [Word; 49] = [
    CLOSE,
    NEXT,
    SEND,
    SENDING,
    BACK,
    SKIP,
    STEP,
    POINTS,
    MANY,
    OPTIONAL,
    CHOOSE,
    WRITE,
    LEFT,
    TOO_LONG,
    REFUSED,
    FAILED,
    THANKS,
    HELD,
    YES,
    NO,
    OTHER,
    NAME,
    EMAIL,
    TITLE,
    DETAILS,
    NOT_EMAIL,
    TICK,
    TICK_OR_EMPTY,
    BAD,
    GOOD,
    DISAGREE,
    AGREE,
    WORSE,
    BETTER,
    LADDER_PRICE,
    LADDER_SERVICE,
    LADDER_KNOWLEDGE,
    LADDER_VALUES,
    RANKS,
    PHOTO,
    SCREENSHOT,
    REMOVE,
    DRAWING,
    COVER_HINT,
    COVER,
    UNCOVER,
    USE,
    CANCEL,
    NO_PICTURE,
];

/// The words and the numbers of one language.
pub struct Words {
    text: Lookup,
    numbers: Numbers,
}

/// Gives the text of a key; a missing one is English.
pub type Lookup = Box<dyn Fn(&str) -> Option<String>>;

/// Writes a number as the language does.
pub type Numbers = Box<dyn Fn(usize) -> String>;

impl Words {
    /// Those that `text` and `numbers` give.
    pub fn new(text: Lookup, numbers: Numbers) -> Self {
        Self { text, numbers }
    }

    /// Those that `text` gives, with the digits of English.
    pub fn with_plain_numbers(text: Lookup) -> Self {
        Self::new(text, Box::new(digits))
    }

    /// The phrase as it is.
    pub fn get(&self, word: &Word) -> String {
        (self.text)(word.0).unwrap_or_else(|| word.1.to_owned())
    }

    /// A number.
    pub fn number(&self, number: usize) -> String {
        (self.numbers)(number)
    }

    /// A number with its sign where a scale has both.
    pub fn signed(&self, score: i8, both: bool) -> String {
        concat(&[sign(score, both), &self.number(score.unsigned_abs().into())])
    }

    /// The phrase with its `{}` replaced by `values` in order.
    pub fn fill(&self, word: &Word, values: &[&str]) -> String {
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
        filled
    }
}

fn sign(score: i8, both: bool) -> &'static str {
    match score.signum() {
        -1 => "−",
        1 if both => "+",
        _ => "",
    }
}

/// A number in the digits of English, with its sign where a scale has both.
pub fn signed(score: i8, both: bool) -> String {
    concat(&[sign(score, both), &digits(score.unsigned_abs().into())])
}

/// Whether `language` (BCP 47) is written from right to left, by its primary subtag or its script.
pub fn is_right_to_left(language: &str) -> bool {
    const LANGUAGES: [&str; 11] = ["ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"];
    const SCRIPTS: [&str; 5] = ["Arab", "Hebr", "Thaa", "Syrc", "Nkoo"];
    let mut tags = language.as_bytes().split(|byte| matches!(byte, b'-' | b'_'));
    let primary = tags.next().unwrap_or_default();
    let is_in = |known: &[&str], tag: &[u8]| known.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(tag));
    match tags.find(|tag| tag.len() == 4) {
        Some(script) => is_in(&SCRIPTS, script),
        None => is_in(&LANGUAGES, primary),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The language files, by their tags.
    fn languages() -> Vec<(String, std::collections::BTreeMap<String, String>)> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/words");
        let files = std::fs::read_dir(folder).expect("the folder of the language files");
        files
            .map(|file| {
                let path = file.expect("a language file").path();
                let tag = path.file_stem().and_then(|stem| stem.to_str()).expect("a language tag").to_owned();
                let text = std::fs::read_to_string(&path).expect("a readable file");
                (tag, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
            })
            .collect()
    }

    #[test]
    fn every_language_has_every_phrase_with_its_places_and_nothing_else() {
        let languages = languages();
        // English is built in.
        assert_eq!(languages.len(), 23);
        for (tag, phrases) in languages {
            for (key, english) in ALL {
                let phrase = phrases.get(key).unwrap_or_else(|| panic!("{tag} lacks {key}"));
                assert!(!phrase.trim().is_empty(), "{tag}: {key}");
                let places = |text: &str| text.matches("{}").count();
                assert_eq!(places(phrase), places(english), "{tag}: {key}");
                assert_eq!(phrase.matches(['{', '}']).count(), 2 * places(english), "{tag}: {key}");
            }
            assert_eq!(phrases.len(), ALL.len(), "{tag} has phrases that nobody says");
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
