//! The interface's own words: English is built in, and any of it a language loaded as data replaces. What each word says in
//! each language stands in `shared/words`.

use rapport_shared::flow::{concat, digits, sign};
pub use rapport_shared::language::is_right_to_left;
use rapport_shared::survey::part_word;
use rapport_words::panel;

/// One phrase of the interface, by its key in the language data and its English text. `{}` takes the numbers or the
/// reason given to [`Words::fill`], in order.
pub type Word = (&'static str, &'static str);

/// Label of the button that closes the panel.
pub const CLOSE: Word = panel("close");
/// Label of the button that confirms an answer.
pub const NEXT: Word = panel("next");
/// Label of the button that confirms the last answer.
pub const SEND: Word = panel("send");
/// Said while the last answer is on its way.
pub const SENDING: Word = panel("sending");
/// Label of the button that returns to the question before.
pub const BACK: Word = panel("back");
/// Label of the button that passes over a question.
pub const SKIP: Word = panel("skip");
/// Progress: number of the question, count of questions.
pub const STEP: Word = panel("step");
/// Name of a star or a face: its score, the highest score.
pub const POINTS: Word = panel("points");
/// Said of a question with several answers.
pub const MANY: Word = panel("many");
/// Said of a question that may be passed over.
pub const OPTIONAL: Word = panel("optional");
/// Error: a required choice is missing.
pub const CHOOSE: Word = panel("choose");
/// Error: a required text is missing.
pub const WRITE: Word = panel("write");
/// Characters that still fit.
pub const LEFT: Word = panel("left");
/// Error: characters over the limit.
pub const TOO_LONG: Word = panel("too_long");
/// Error: the collector refused an answer, for this reason.
pub const REFUSED: Word = panel("refused");
/// Error: the save failed without a reason.
pub const FAILED: Word = panel("failed");
/// Heading of the thank-you when the survey has none.
pub const THANKS: Word = panel("thanks");
/// Said when the device keeps the answer until it can be sent.
pub const HELD: Word = panel("held");

/// A choice of a yes/no question.
pub const YES: Word = panel("yes");
/// A choice of a yes/no question.
pub const NO: Word = panel("no");
/// Label of the words beside a choice that asks for them.
pub const OTHER: Word = panel("other");
/// Label of a name's field.
pub const NAME: Word = panel("name");
/// Label of an e-mail address's field.
pub const EMAIL: Word = panel("email");
/// Label of a title's field.
pub const TITLE: Word = panel("title");
/// Label of the longer field below a title.
pub const DETAILS: Word = panel("details");
/// Error: this is no e-mail address.
pub const NOT_EMAIL: Word = panel("not_email");
/// Error: an address needs the consent beside it.
pub const TICK: Word = panel("tick");
/// Error: the same, where no address has to be given.
pub const TICK_OR_EMPTY: Word = panel("tick_or_empty");
/// Name of the thumb that points down.
pub const BAD: Word = panel("bad");
/// Name of the thumb that points up.
pub const GOOD: Word = panel("good");
/// Lowest end of agreement.
pub const DISAGREE: Word = panel("disagree");
/// Highest end of agreement.
pub const AGREE: Word = panel("agree");
/// Lowest end of the expectation gap.
pub const WORSE: Word = panel("worse");
/// Highest end of the expectation gap.
pub const BETTER: Word = panel("better");
/// Level of the loyalty ladder.
pub const LADDER_PRICE: Word = panel("ladder_price");
/// Level of the loyalty ladder.
pub const LADDER_SERVICE: Word = panel("ladder_service");
/// Level of the loyalty ladder.
pub const LADDER_KNOWLEDGE: Word = panel("ladder_knowledge");
/// Level of the loyalty ladder.
pub const LADDER_VALUES: Word = panel("ladder_values");
/// Said of a question whose choices are put in order.
pub const RANKS: Word = panel("ranks");
/// Button that adds a photo.
pub const PHOTO: Word = panel("photo");
/// Button that takes a picture of the page.
pub const SCREENSHOT: Word = panel("screenshot");
/// Button that takes a picture back.
pub const REMOVE: Word = panel("remove");
/// Said while a picture is being made.
pub const DRAWING: Word = panel("drawing");
/// How parts of a picture are hidden.
pub const COVER_HINT: Word = panel("cover_hint");
/// Button that adds a black box.
pub const COVER: Word = panel("cover");
/// Button that takes the last black box away.
pub const UNCOVER: Word = panel("uncover");
/// Button that accepts a picture.
pub const USE: Word = panel("use");
/// Button that gives up.
pub const CANCEL: Word = panel("cancel");
/// Error: the picture could not be made.
pub const NO_PICTURE: Word = panel("no_picture");

/// Those that label a part of a question.
const LABELS: [Word; 10] =
    [NAME, EMAIL, TITLE, DETAILS, LADDER_PRICE, LADDER_SERVICE, LADDER_KNOWLEDGE, LADDER_VALUES, PHOTO, SCREENSHOT];

/// The built-in label of a part.
pub fn label_of(part_id: &str) -> &'static Word {
    let key = part_word(part_id);
    LABELS.iter().find(|word| word.0 == key).unwrap_or(&DETAILS)
}

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
        concat(&[sign(score.into(), both), &self.number(score.unsigned_abs().into())])
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_said_a_word_of_the_panel() {
        let source = include_str!("words.rs");
        for (key, _) in rapport_words::ENGLISH.panel.0 {
            assert_eq!(source.matches(&format!("= panel(\"{key}\")")).count(), 1, "{key}");
        }
    }

    #[test]
    fn every_part_has_the_word_that_reports_call_it_by() {
        for id in ["name", "email", "title", "price", "service", "knowledge", "values", "photo", "screenshot", "text"] {
            assert_eq!(label_of(id).0, part_word(id), "{id}");
        }
    }
}
