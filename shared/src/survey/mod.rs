//! What a survey is: questions, the way through them, where and when it appears, and what an answer may be.
//!
//! A definition is checked whole by [`Survey::faults`], each fault with the path of its field and its limit. Branches
//! lead forward only and conditions look back only, so whatever is answered the way through has an end.

mod condition;
mod end;
mod faults;
#[cfg(all(test, feature = "serde"))]
mod faults_test;
mod kind;
mod language;
mod part;
mod placement;
mod texts;

pub use crate::language::nearest_language;
use crate::targeting::{Target, Trigger};
pub use condition::{Branch, Condition, Known, Subject, Value, all_hold, whole};
pub use end::{Button, EndScreen, Thanks, is_link};
pub use faults::{Fault, is_key};
pub use kind::{
    AnswerKind, Choice, CsatDisplay, DEFAULT_CHARACTERS, EMAIL_CHARACTERS, LADDER, LINE_CHARACTERS, QuestionKind,
    ReasonAfter, YES_NO,
};
pub use language::{LANGUAGE_TAG, is_language};
pub use part::{Input, Part, is_email, part_word};
pub use placement::Placement;
pub use texts::{cut, fill};

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longest cooldown, in days (10 years).
pub const COOLDOWN_DAYS: u32 = 3_650;

/// One version of a survey, as `rapport survey apply` reads it and `/v1/config/{site}` serves it.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Survey {
    /// Slug, unique within the site: lower-case letters, digits and hyphens.
    pub id: String,
    /// Set by the collector when a version is created; ignored on input.
    #[cfg_attr(feature = "serde", serde(default))]
    pub version: u32,
    /// Name for the dashboard; visitors never see it.
    pub name: String,
    /// Heading of the panel and label of the launcher.
    pub title: String,
    /// Questions in order, one at a time.
    pub questions: Vec<Question>,
    /// Groups of questions that follow each other and are asked in an order drawn for each visitor, by their ids.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub random_groups: Vec<Vec<String>>,
    /// Where it appears.
    #[cfg_attr(feature = "serde", serde(default))]
    pub placement: Placement,
    /// What makes it appear; a launcher and an inline survey need none.
    #[cfg_attr(feature = "serde", serde(default))]
    pub trigger: Trigger,
    /// Whom it asks of its own accord, where and when; everyone, everywhere by default.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Target::is_everyone"))]
    pub target: Target,
    /// What is said once the answers are safe, where no end screen fits.
    #[cfg_attr(feature = "serde", serde(default))]
    pub thanks: Thanks,
    /// Ends of their own for some visitors; the first that fits is shown.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub ends: Vec<EndScreen>,
    /// Days before the same device is asked again on its own accord; a launcher may always be opened.
    #[cfg_attr(feature = "serde", serde(default = "default_cooldown_days"))]
    pub cooldown_days: u32,
    /// Names of facts that the page may hand over with `rapport('survey', id, {facts})`: kept with the response, never
    /// shown as questions. What is not named here is not sent, but for [`REVIEW_FACTS`].
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub facts: Vec<String>,
    /// Finished responses after which it is no longer asked, at most [`QUOTA_RESPONSES`](crate::limit::QUOTA_RESPONSES);
    /// `None` for no limit.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub quota: Option<u64>,
    /// Whether the visitor sees how far along they are.
    #[cfg_attr(feature = "serde", serde(default = "yes", skip_serializing_if = "is_true"))]
    pub progress: bool,
    /// Whether the visitor may go back.
    #[cfg_attr(feature = "serde", serde(default = "yes", skip_serializing_if = "is_true"))]
    pub back: bool,
    /// Whether one tap on a score is enough, where a question asks for nothing else: the panel goes on at once.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_false"))]
    pub one_tap: bool,
    /// Language of the texts (BCP 47); empty when it is that of the page.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "String::is_empty"))]
    pub language: String,
    /// Other languages by their tag (BCP 47): each text by its path, such as `questions.likely.text`. A text that is
    /// missing is shown in `language`. [`Survey::texts`] lists the paths.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "BTreeMap::is_empty"))]
    pub translations: BTreeMap<String, BTreeMap<String, String>>,
}

#[cfg(feature = "serde")]
fn default_cooldown_days() -> u32 {
    30
}
#[cfg(feature = "serde")]
fn yes() -> bool {
    true
}
#[cfg(feature = "serde")]
fn is_true(flag: &bool) -> bool {
    *flag
}
#[cfg(feature = "serde")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Default for Survey {
    /// What a definition without optional fields says; it asks nothing yet.
    fn default() -> Self {
        Self {
            id: String::new(),
            version: 0,
            name: String::new(),
            title: String::new(),
            questions: Vec::new(),
            random_groups: Vec::new(),
            placement: Placement::default(),
            trigger: Trigger::default(),
            target: Target::default(),
            thanks: Thanks::default(),
            ends: Vec::new(),
            cooldown_days: 30,
            facts: Vec::new(),
            quota: None,
            progress: true,
            back: true,
            one_tap: false,
            language: String::new(),
            translations: BTreeMap::new(),
        }
    }
}

/// Facts that every survey with a review question knows, whether it names them or not: the thing reviewed, and the order
/// it was bought with, with the company's signature.
pub const REVIEW_FACTS: [&str; 3] = ["thing", "order", "order_signature"];

impl Survey {
    /// Whether the page may hand over this fact.
    pub fn takes_fact(&self, name: &str) -> bool {
        let asks_for_review =
            || self.questions.iter().any(|question| matches!(question.kind, QuestionKind::Review { .. }));
        self.facts.iter().any(|fact| fact == name) || (REVIEW_FACTS.contains(&name) && asks_for_review())
    }
}

impl Survey {
    /// The survey with [`REVIEW_FACTS`] among its facts where it takes them: pages know only what is named.
    pub fn with_review_facts(mut self) -> Self {
        let more: Vec<String> =
            REVIEW_FACTS.iter().filter(|name| self.takes_fact(name)).map(|name| (*name).into()).collect();
        for name in more {
            if !self.facts.contains(&name) {
                self.facts.push(name);
            }
        }
        self
    }

    /// Whether something of it may appear without being opened: at a moment or in a place of its own, as a launcher that is not
    /// everywhere, or in a list of the reviews that it asks for.
    pub fn appears(&self) -> bool {
        let asks_for_reviews =
            self.questions.iter().any(|question| matches!(question.kind, QuestionKind::Review { .. }));
        let is_everywhere = self.trigger == Trigger::Manual && self.target.is_everyone();
        self.placement == Placement::Inline || asks_for_reviews || !is_everywhere
    }
}

/// One question.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Question {
    /// Unique within the survey; answers are bound to it and to the version.
    pub id: String,
    /// What kind of answer it takes.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub kind: QuestionKind,
    /// The question itself.
    pub text: String,
    /// Whether it may be passed over.
    #[cfg_attr(feature = "serde", serde(default))]
    pub required: bool,
    /// It is asked only when all of these hold.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub when: Vec<Condition>,
    /// Where to go from here; the first branch whose conditions hold is taken, else the next question.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub branches: Vec<Branch>,
}

impl Question {
    /// An optional question that is always asked.
    pub fn new(id: impl Into<String>, kind: QuestionKind, text: impl Into<String>) -> Self {
        let (id, text) = (id.into(), text.into());
        Self { id, kind, text, required: false, when: Vec::new(), branches: Vec::new() }
    }
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;

    #[test]
    fn a_review_takes_its_thing_and_order_without_naming_them() {
        let survey = |kind: &str| Survey {
            facts: vec!["colour".into()],
            questions: vec![serde_json::from_str(kind).unwrap()],
            ..Survey::default()
        };
        let review = survey(r#"{"id":"stars","kind":"review","text":"How is it?","thing":"mug"}"#);
        let other = survey(r#"{"id":"likely","kind":"nps","text":"How likely?"}"#);
        for (fact, taken) in [("colour", [true, true]), ("thing", [true, false]), ("order_signature", [true, false])] {
            assert_eq!([review.takes_fact(fact), other.takes_fact(fact)], taken, "{fact}");
        }
        assert!(!review.takes_fact("size"));
        assert_eq!(review.with_review_facts().facts, ["colour", "thing", "order", "order_signature"]);
        assert_eq!(other.with_review_facts().facts, ["colour"]);
    }

    #[test]
    fn a_question_is_read_and_an_unknown_field_is_refused() {
        let read = |json: &str| serde_json::from_str::<Question>(json);
        let question = read(r#"{"id":"likely","kind":"nps","text":"How likely?","low_label":"Not likely"}"#).unwrap();
        assert_eq!(question.kind, QuestionKind::Nps { low_label: "Not likely".into(), high_label: String::new() });
        assert_eq!(serde_json::to_value(&question).unwrap()["kind"], "nps");
        for (json, named) in [
            (r#"{"id":"a","kind":"nps","text":"t","low_lable":"x"}"#, "low_lable"),
            (r#"{"id":"a","kind":"slider","text":"t"}"#, "slider"),
            (r#"{"id":"a","kind":"csat","text":"t","display":"hearts"}"#, "hearts"),
        ] {
            let error = read(json).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
