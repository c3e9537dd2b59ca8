//! Who is of a persona: conditions on what is known of a person, written a line each, such as `trait plan is gold`. Pure.

use crate::customer::rule::{TRAIT_CHARACTERS, TRAIT_NAME_CHARACTERS};
use crate::interaction::rule::{digits, is_currency};
use rapport_shared::survey::Fault;
use rapport_shared::targeting::{Operator, PropertyRule};
use std::collections::{BTreeMap, BTreeSet};

/// Most conditions of a rule.
pub const CONDITIONS: usize = 20;
/// Most values of one condition.
pub const VALUES: usize = 50;
/// Kinds of questions whose scores a rule may ask for.
const SCORES: [&str; 3] = ["nps", "csat", "ces"];
/// Kinds of devices.
const DEVICES: [&str; 3] = ["desktop", "mobile", "tablet"];
const DAY_MS: i64 = 24 * 3_600_000;

/// What is known of one person, whatever ids it is kept under.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whether the company knows them.
    pub is_customer: bool,
    /// Their traits, by name.
    pub traits: BTreeMap<String, String>,
    /// Devices of their views.
    pub devices: BTreeSet<String>,
    /// Languages of their views, lower case, each with the language without its region.
    pub languages: BTreeSet<String>,
    /// Countries of their views.
    pub countries: BTreeSet<String>,
    /// Where their visits came from.
    pub sources: BTreeSet<String>,
    /// Pages they saw.
    pub pages: BTreeSet<String>,
    /// How often they bought.
    pub purchases: u64,
    /// What they paid less what was refunded, by currency, in its smallest unit.
    pub paid_minor: BTreeMap<String, i64>,
    /// When they last bought, in epoch milliseconds.
    pub last_purchase_at_ms: Option<i64>,
    /// The newest score they gave, by the kind of its question.
    pub scores: BTreeMap<String, i64>,
}

/// What a condition asks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A trait of that name.
    Trait(String),
    /// The device.
    Device,
    /// The language.
    Language,
    /// The country.
    Country,
    /// Where visits came from.
    Source,
    /// Pages seen.
    Page,
    /// Number of purchases.
    Purchases,
    /// What was paid in a currency.
    Paid(String),
    /// Days since the last purchase.
    LastPurchase,
    /// The newest score of a kind of question.
    Score(String),
}

/// How it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// One of its values is this.
    Is(String),
    /// None of its values is this, or there is none.
    IsNot(String),
    /// One of its values is one of these.
    OneOf(Vec<String>),
    /// One of its values contains this.
    Contains(String),
    /// One of its values is a number above this.
    MoreThan(String),
    /// One of its values is a number below this.
    LessThan(String),
    /// There is a value.
    Exists,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// About what.
    pub subject: Subject,
    /// How.
    pub test: Test,
}

/// All conditions that must hold; without any, nobody is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule(pub Vec<Condition>);

/// A word, or several in quotation marks, and what follows it.
fn word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let (word, rest) = match text.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?,
        None => text.split_once(char::is_whitespace).unwrap_or((text, "")),
    };
    (!word.is_empty()).then(|| (word, rest.trim()))
}

/// What follows some words, if a text begins with them.
fn after<'a>(text: &'a str, words: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(words)?;
    (rest.is_empty() || rest.starts_with(char::is_whitespace)).then(|| rest.trim())
}

impl Subject {
    /// The subject that a line begins with, and the rest of it.
    fn parse(line: &str) -> Result<(Self, &str), String> {
        for (name, subject) in [
            ("device", Self::Device),
            ("language", Self::Language),
            ("country", Self::Country),
            ("source", Self::Source),
            ("page", Self::Page),
            ("purchases", Self::Purchases),
            ("days since purchase", Self::LastPurchase),
        ] {
            if let Some(rest) = after(line, name) {
                return Ok((subject, rest));
            }
        }
        if let Some((name, rest)) = after(line, "trait").and_then(word) {
            if name.chars().count() > TRAIT_NAME_CHARACTERS {
                return Err(format!("the name of a trait has at most {TRAIT_NAME_CHARACTERS} characters"));
            }
            return Ok((Self::Trait(name.to_owned()), rest));
        }
        if let Some((currency, rest)) = after(line, "paid").and_then(word) {
            let currency = currency.to_ascii_uppercase();
            let is_known = is_currency(&currency);
            return is_known
                .then_some((Self::Paid(currency), rest))
                .ok_or("paid is followed by a currency as EUR".into());
        }
        if let Some((kind, rest)) = after(line, "score").and_then(word) {
            let is_known = SCORES.contains(&kind);
            let must = || format!("score is followed by one of {}", SCORES.join(", "));
            return is_known.then_some((Self::Score(kind.to_owned()), rest)).ok_or_else(must);
        }
        Err("must begin with trait, device, language, country, source, page, purchases, paid, days since purchase or score".into())
    }

    fn text(&self) -> String {
        match self {
            Self::Trait(name) if name.contains(char::is_whitespace) => format!("trait \"{name}\""),
            Self::Trait(name) => format!("trait {name}"),
            Self::Device => "device".to_owned(),
            Self::Language => "language".to_owned(),
            Self::Country => "country".to_owned(),
            Self::Source => "source".to_owned(),
            Self::Page => "page".to_owned(),
            Self::Purchases => "purchases".to_owned(),
            Self::Paid(currency) => format!("paid {currency}"),
            Self::LastPurchase => "days since purchase".to_owned(),
            Self::Score(kind) => format!("score {kind}"),
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Trait(name) => format!("their {name}"),
            Self::Device => "a device of theirs".to_owned(),
            Self::Language => "a language of theirs".to_owned(),
            Self::Country => "a country they came from".to_owned(),
            Self::Source => "a source of their visits".to_owned(),
            Self::Page => "a page they saw".to_owned(),
            Self::Purchases => "the number of their purchases".to_owned(),
            Self::Paid(currency) => format!("what they paid less refunds, in {currency},"),
            Self::LastPurchase => "the number of days since they last bought".to_owned(),
            Self::Score(kind) => format!("the newest score they gave ({})", kind.to_uppercase()),
        }
    }

    /// A value as it is kept.
    fn value(&self, typed: &str) -> Result<String, String> {
        let value = match self {
            Self::Device | Self::Language => typed.to_ascii_lowercase(),
            Self::Country => typed.to_ascii_uppercase(),
            _ => typed.to_owned(),
        };
        match self {
            _ if value.is_empty() => Err("needs a value".to_owned()),
            _ if value.chars().count() > TRAIT_CHARACTERS => {
                Err(format!("a value has at most {TRAIT_CHARACTERS} characters"))
            }
            Self::Device if !DEVICES.contains(&value.as_str()) => {
                Err(format!("device is one of {}", DEVICES.join(", ")))
            }
            Self::Country if value.len() != 2 => Err("country is two letters such as DE".to_owned()),
            Self::Purchases | Self::Paid(_) | Self::LastPurchase | Self::Score(_) => number(&value),
            _ => Ok(value),
        }
    }

    /// What is known of a person about it, as texts.
    fn values(&self, facts: &Facts, now_ms: i64) -> Vec<String> {
        let all = |values: &BTreeSet<String>| values.iter().cloned().collect();
        match self {
            Self::Trait(name) => facts.traits.get(name).cloned().into_iter().collect(),
            Self::Device => all(&facts.devices),
            Self::Language => all(&facts.languages),
            Self::Country => all(&facts.countries),
            Self::Source => all(&facts.sources),
            Self::Page => all(&facts.pages),
            // Of whoever is no customer it is not known what they bought.
            Self::Purchases => facts.is_customer.then(|| facts.purchases.to_string()).into_iter().collect(),
            Self::Paid(currency) => {
                let minor = facts.paid_minor.get(currency).copied().unwrap_or(0);
                facts.is_customer.then(|| decimal(minor, digits(currency))).into_iter().collect()
            }
            Self::LastPurchase => {
                let days = facts.last_purchase_at_ms.map(|at_ms| (now_ms - at_ms).max(0) / DAY_MS);
                days.map(|days| days.to_string()).into_iter().collect()
            }
            Self::Score(kind) => facts.scores.get(kind).map(ToString::to_string).into_iter().collect(),
        }
    }

    /// Whether its values are numbers, which are the same however they are written.
    fn is_number(&self) -> bool {
        matches!(self, Self::Purchases | Self::Paid(_) | Self::LastPurchase | Self::Score(_))
    }
}

/// An amount in the smallest unit, with a point before so many digits.
fn decimal(minor: i64, digits: u32) -> String {
    let (unit, sign) = (10_u64.pow(digits), if minor < 0 { "-" } else { "" });
    let (whole, rest) = (minor.unsigned_abs() / unit, minor.unsigned_abs() % unit);
    if digits == 0 {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{rest:0width$}", width = digits as usize)
    }
}

/// Whether a text is a number that is at least another, or at most; compared as targeting does.
fn compares(value: &str, operator: Operator, wanted: &str) -> bool {
    PropertyRule { name: String::new(), operator, value: wanted.to_owned() }.holds(Some(value))
}

fn number(text: &str) -> Result<String, String> {
    let is_number = compares(text, Operator::AtLeast, text);
    is_number.then(|| text.to_owned()).ok_or_else(|| format!("must be a number such as 12.5, not {text}"))
}

impl Condition {
    fn parse(line: &str) -> Result<Self, String> {
        let (subject, rest) = Subject::parse(line)?;
        let test = if rest == "exists" {
            Test::Exists
        } else if let Some(value) = after(rest, "is not") {
            Test::IsNot(subject.value(value)?)
        } else if let Some(values) = after(rest, "is one of").or_else(|| after(rest, "one of")) {
            let values: Vec<_> =
                values.split(',').map(|value| subject.value(value.trim())).collect::<Result<_, _>>()?;
            if values.len() > VALUES {
                return Err(format!("has at most {VALUES} values"));
            }
            Test::OneOf(values)
        } else if let Some(value) = after(rest, "is") {
            Test::Is(subject.value(value)?)
        } else if let Some(value) = after(rest, "contains") {
            Test::Contains(subject.value(value)?)
        } else if let Some(value) = after(rest, "more than") {
            Test::MoreThan(number(value)?)
        } else if let Some(value) = after(rest, "less than") {
            Test::LessThan(number(value)?)
        } else {
            return Err(format!(
                "{} must be followed by is, is not, one of, contains, more than, less than or exists",
                subject.text()
            ));
        };
        Ok(Self { subject, test })
    }

    /// The line that it is read from.
    fn text(&self) -> String {
        let subject = self.subject.text();
        match &self.test {
            Test::Is(value) => format!("{subject} is {value}"),
            Test::IsNot(value) => format!("{subject} is not {value}"),
            Test::OneOf(values) => format!("{subject} one of {}", values.join(", ")),
            Test::Contains(value) => format!("{subject} contains {value}"),
            Test::MoreThan(value) => format!("{subject} more than {value}"),
            Test::LessThan(value) => format!("{subject} less than {value}"),
            Test::Exists => format!("{subject} exists"),
        }
    }

    /// What it says, in words.
    pub fn words(&self) -> String {
        let subject = self.subject.words();
        match &self.test {
            Test::Is(value) => format!("{subject} is {value}"),
            Test::IsNot(value) => format!("{subject} is not {value}, or not known"),
            Test::OneOf(values) => format!("{subject} is one of {}", values.join(", ")),
            Test::Contains(value) => format!("{subject} contains {value}"),
            Test::MoreThan(value) => format!("{subject} is more than {value}"),
            Test::LessThan(value) => format!("{subject} is less than {value}"),
            Test::Exists => format!("{subject} is known"),
        }
    }

    /// Whether it holds of a person.
    pub fn holds(&self, facts: &Facts, now_ms: i64) -> bool {
        let values = self.subject.values(facts, now_ms);
        let at_least = |value: &str, wanted: &str| compares(value, Operator::AtLeast, wanted);
        let at_most = |value: &str, wanted: &str| compares(value, Operator::AtMost, wanted);
        let same = |value: &str, wanted: &str| {
            if self.subject.is_number() { at_least(value, wanted) && at_most(value, wanted) } else { value == wanted }
        };
        let any = |holds: &dyn Fn(&str) -> bool| values.iter().any(|value| holds(value));
        match &self.test {
            Test::Is(wanted) => any(&|value| same(value, wanted)),
            Test::IsNot(wanted) => !any(&|value| same(value, wanted)),
            Test::OneOf(wanted) => any(&|value| wanted.iter().any(|wanted| same(value, wanted))),
            Test::Contains(wanted) => any(&|value| value.contains(wanted.as_str())),
            Test::MoreThan(wanted) => any(&|value| at_least(value, wanted) && !at_most(value, wanted)),
            Test::LessThan(wanted) => any(&|value| at_most(value, wanted) && !at_least(value, wanted)),
            Test::Exists => !values.is_empty(),
        }
    }
}

impl Rule {
    /// Reads a rule: a condition a line; empty lines are left out.
    ///
    /// # Errors
    /// What is wrong with each line, by its number, as faults of `rule`.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let (mut conditions, mut faults) = (Vec::new(), Vec::new());
        for (number, line) in (1..).zip(text.lines()) {
            match line.trim() {
                "" => {}
                line => match Condition::parse(line) {
                    Ok(condition) => conditions.push(condition),
                    Err(reason) => faults.push(Fault::new("rule", format!("line {number}: {reason}"))),
                },
            }
        }
        if conditions.len() > CONDITIONS {
            faults.push(Fault::new("rule", format!("has at most {CONDITIONS} conditions")));
        }
        if faults.is_empty() { Ok(Self(conditions)) } else { Err(faults) }
    }

    /// The lines that it is read from.
    pub fn text(&self) -> String {
        let lines: Vec<_> = self.0.iter().map(Condition::text).collect();
        lines.join("\n")
    }

    /// Whether a person is meant: every condition holds, and there is one.
    pub fn holds(&self, facts: &Facts, now_ms: i64) -> bool {
        !self.0.is_empty() && self.0.iter().all(|condition| condition.holds(facts, now_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> Facts {
        let set = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        Facts {
            is_customer: true,
            traits: [("plan", "gold"), ("team size", "12")].map(|(name, value)| (name.into(), value.into())).into(),
            devices: set(&["mobile", "desktop"]),
            languages: set(&["de", "de-ch"]),
            countries: set(&["CH"]),
            sources: set(&["direct"]),
            pages: set(&["/shop/mugs"]),
            purchases: 3,
            paid_minor: [("EUR".to_owned(), 12_050)].into(),
            last_purchase_at_ms: Some(10 * DAY_MS),
            scores: [("nps".to_owned(), 9)].into(),
        }
    }

    #[test]
    fn each_condition_says_what_its_words_say() {
        let nobody = Facts::default();
        for (line, of_ada, of_nobody) in [
            ("trait plan is gold", true, false),
            ("trait plan is not gold", false, true),
            ("trait plan one of silver, gold", true, false),
            ("trait plan is one of silver, bronze", false, false),
            ("trait plan contains ol", true, false),
            ("trait plan exists", true, false),
            ("trait \"team size\" more than 11.5", true, false),
            ("trait \"team size\" more than 12", false, false),
            ("trait plan less than 5", false, false),
            ("device is mobile", true, false),
            ("device is not mobile", false, true),
            ("language is de", true, false),
            ("country is ch", true, false),
            ("source is direct", true, false),
            ("page contains /shop", true, false),
            ("purchases is 3.0", true, false),
            ("purchases less than 1", false, false),
            ("paid EUR more than 120.49", true, false),
            ("paid EUR more than 120.50", false, false),
            ("paid USD less than 1", true, false),
            ("days since purchase less than 91", true, false),
            ("days since purchase more than 90", false, false),
            ("score nps more than 8", true, false),
            ("score csat exists", false, false),
        ] {
            let rule = Rule::parse(line).expect(line);
            assert_eq!(rule.holds(&ada(), 100 * DAY_MS), of_ada, "{line}");
            assert_eq!(rule.holds(&nobody, 100 * DAY_MS), of_nobody, "{line} of nobody known");
            assert_eq!(Rule::parse(&rule.text()).as_ref(), Ok(&rule), "{line}");
            assert!(!rule.0[0].words().is_empty());
        }
    }

    #[test]
    fn all_conditions_have_to_hold_and_a_rule_of_none_means_nobody() {
        let both = Rule::parse("trait plan is gold\n\ndevice is tablet\n").expect("two");
        assert_eq!((both.0.len(), both.holds(&ada(), 0)), (2, false));
        assert!(!Rule::default().holds(&ada(), 0));
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named_with_what_it_may_be() {
        for (text, number) in [
            ("trait plan is gold\nplan is gold", 2),
            ("trait plan", 1),
            ("trait plan is", 1),
            ("device is fridge", 1),
            ("country is DEU", 1),
            ("purchases more than many", 1),
            ("paid gold more than 1", 1),
            ("score stars more than 3", 1),
            ("isn't plan gold", 1),
        ] {
            let faults = Rule::parse(text).expect_err(text);
            assert_eq!(faults.len(), 1, "{text}: {faults:?}");
            assert!(
                faults[0].field == "rule" && faults[0].reason.starts_with(&format!("line {number}: ")),
                "{faults:?}"
            );
        }
        let many = "device is mobile\n".repeat(CONDITIONS + 1);
        assert!(Rule::parse(&many).expect_err("too many")[0].reason.contains("20"));
    }
}
