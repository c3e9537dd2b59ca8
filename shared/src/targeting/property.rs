//! Conditions on the traits of a customer and the properties of an event.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// How a value is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
pub enum Operator {
    /// It is there and the same text.
    #[default]
    Is,
    /// It is missing or another text.
    IsNot,
    /// It contains the text.
    Contains,
    /// It is a number of at least so much.
    AtLeast,
    /// It is a number of at most so much.
    AtMost,
    /// It is there, whatever it is.
    Exists,
}

/// A condition on one value.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct PropertyRule {
    /// Name of the trait or property.
    pub name: String,
    /// How it is compared.
    #[cfg_attr(feature = "serde", serde(default))]
    pub operator: Operator,
    /// With what; a number as text.
    #[cfg_attr(feature = "serde", serde(default))]
    pub value: String,
}

impl PropertyRule {
    /// Whether it holds of a value; `None` when there is none.
    pub fn holds(&self, value: Option<&str>) -> bool {
        let number = |text: &str| thousandths(text);
        let Some(value) = value else { return self.operator == Operator::IsNot };
        match self.operator {
            Operator::Is => value == self.value,
            Operator::IsNot => value != self.value,
            Operator::Contains => value.contains(&self.value),
            Operator::AtLeast => matches!((number(value), number(&self.value)), (Some(a), Some(b)) if a >= b),
            Operator::AtMost => matches!((number(value), number(&self.value)), (Some(a), Some(b)) if a <= b),
            Operator::Exists => true,
        }
    }
}

/// Whether every rule holds of those values.
pub fn all_hold(rules: &[PropertyRule], values: &[(String, String)]) -> bool {
    rules.iter().all(|rule| {
        let value = values.iter().find(|(name, _)| *name == rule.name);
        rule.holds(value.map(|(_, value)| value.as_str()))
    })
}

/// A decimal number in thousandths, further digits cut; `None` for anything else. Parsing of floating point weighs more
/// in a module than all rules together.
pub fn thousandths(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let mut number = 0i64;
    let mut decimals: Option<u32> = None;
    for byte in digits.bytes() {
        match (byte, decimals) {
            (b'.', None) => decimals = Some(0),
            (b'0'..=b'9', None | Some(0..=2)) => {
                number = number.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
                decimals = decimals.map(|count| count + 1);
            }
            (b'0'..=b'9', Some(_)) => {}
            _ => return None,
        }
    }
    for _ in decimals.unwrap_or(0)..3 {
        number = number.checked_mul(10)?;
    }
    let has_digit = digits.bytes().any(|byte| byte.is_ascii_digit());
    has_digit.then_some(if negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_operator_says_what_its_name_says() {
        use Operator::*;
        for (operator, wanted, value, expected) in [
            (Is, "gold", Some("gold"), true),
            (Is, "gold", Some("silver"), false),
            (Is, "gold", None, false),
            (IsNot, "gold", Some("silver"), true),
            (IsNot, "gold", None, true),
            (Contains, "ol", Some("gold"), true),
            (AtLeast, "10", Some("9.5"), false),
            (AtLeast, "10", Some("10"), true),
            (AtMost, "-1.5", Some("-2"), true),
            (AtMost, "10", Some("many"), false),
            (Exists, "", Some(""), true),
            (Exists, "", None, false),
        ] {
            let rule = PropertyRule { name: "level".into(), operator, value: wanted.into() };
            assert_eq!(rule.holds(value), expected, "{operator:?} {wanted} {value:?}");
        }
    }

    #[test]
    fn numbers_are_plain_decimals() {
        for (text, expected) in [
            ("0", Some(0)),
            ("12.5", Some(12_500)),
            ("-0.0019", Some(-1)),
            ("1.", Some(1_000)),
            (".5", Some(500)),
            ("", None),
            ("-", None),
            (".", None),
            ("1e3", None),
            ("1.2.3", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(thousandths(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn numbers_are_in_order(left in -1_000_000i64..1_000_000, right in -1_000_000i64..1_000_000) {
            let text = |number: i64| format!("{}{}.{:03}", if number < 0 { "-" } else { "" }, number.abs() / 1000, number.abs() % 1000);
            let rule = PropertyRule { name: "n".into(), operator: Operator::AtLeast, value: text(right) };
            prop_assert_eq!(rule.holds(Some(&text(left))), left >= right);
        }
    }
}
