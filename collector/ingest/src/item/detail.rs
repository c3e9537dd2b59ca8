//! What a signal says besides what all signals say, checked and made fit to keep.

use super::error_key;
use rapport_shared::limit;
use rapport_shared::signal::SignalKind;
use rapport_shared::survey::Fault;
use rapport_shared::wire::{Property, Signal};
use rapport_store::signal_detail::SignalDetail;
use rapport_store::text;
use std::collections::BTreeMap;

/// Largest number of what a vital is made of.
const PART: u32 = 10_000_000;

/// The detail of a signal of a site whose pages have these origins; of a kind that has none, whatever it says is passed over.
///
/// # Errors
/// The field at fault.
pub fn of(signal: &Signal<'_>, origins: &[String]) -> Result<SignalDetail, Fault> {
    Ok(match signal.kind {
        SignalKind::Error => {
            if signal.stack.len() > limit::STACK_BYTES {
                return Err(Fault::new("stack", format!("must be at most {} bytes", limit::STACK_BYTES)));
            }
            let frame = error_key::frame(&signal.stack, origins);
            error_key::place(&text::line(frame.into(), limit::FRAME_CHARACTERS))
        }
        SignalKind::Event => SignalDetail { properties: properties(&signal.properties)?, ..SignalDetail::default() },
        kind if kind.is_vital() => SignalDetail { parts: parts(&signal.parts)?, ..SignalDetail::default() },
        _ => SignalDetail::default(),
    })
}

fn properties(told: &BTreeMap<std::borrow::Cow<'_, str>, Property<'_>>) -> Result<BTreeMap<String, String>, Fault> {
    if told.len() > limit::EVENT_PROPERTIES {
        return Err(Fault::new("properties", format!("must be at most {} properties", limit::EVENT_PROPERTIES)));
    }
    let mut kept = BTreeMap::new();
    for (name, value) in told {
        if !(1..=limit::KEY_CHARACTERS).contains(&name.chars().count()) {
            let reason = format!("must have names of 1 to {} characters", limit::KEY_CHARACTERS);
            return Err(Fault::new("properties", reason));
        }
        let value = match value {
            Property::None => continue,
            Property::Flag(flag) => flag.to_string(),
            Property::Number(number) => number.to_string(),
            Property::Text(text) if text.chars().count() > limit::PROPERTY_CHARACTERS => {
                let reason = format!("must be at most {} characters", limit::PROPERTY_CHARACTERS);
                return Err(Fault::new(format!("properties.{name}"), reason));
            }
            Property::Text(value) => text::line(value.as_ref().into(), limit::PROPERTY_CHARACTERS),
        };
        kept.insert(text::line(name.as_ref().into(), limit::KEY_CHARACTERS), value);
    }
    Ok(kept)
}

fn parts(told: &[u32]) -> Result<Vec<u32>, Fault> {
    if !(1..=limit::VITAL_PARTS).contains(&told.len()) {
        return Err(Fault::new("parts", format!("must be 1 to {} numbers", limit::VITAL_PARTS)));
    }
    if told.iter().any(|part| *part > PART) {
        return Err(Fault::new("parts", format!("must be at most {PART} each")));
    }
    Ok(told.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::explained;

    fn read(fields: &str) -> Result<SignalDetail, Fault> {
        let id = "018f8d3e-0000-7000-8000-000000000001";
        explained::<Signal<'_>>(&format!(r#"{{"id":"{id}","view":"{id}",{fields}}}"#))
            .and_then(|signal| of(&signal, &[]))
    }

    #[test]
    fn properties_of_an_event_are_kept_as_texts_and_each_fault_is_named() {
        let kept =
            read(r#""kind":"event","properties":{"plan":"pro","seats":12,"price":9.5,"trial":true,"coupon":null}"#);
        let expected = [("plan", "pro"), ("price", "9.5"), ("seats", "12"), ("trial", "true")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(kept.expect("they are plain").properties, BTreeMap::from(expected));
        let long = format!(r#""kind":"event","properties":{{"plan":"{}"}}"#, "x".repeat(201));
        let name = format!(r#""kind":"event","properties":{{"{}":1}}"#, "x".repeat(65));
        let many: Vec<_> = (0..21).map(|number| format!(r#""p{number}":1"#)).collect();
        let many = format!(r#""kind":"event","properties":{{{}}}"#, many.join(","));
        for (fields, field, reason) in [
            (long.as_str(), "properties.plan", "at most 200 characters"),
            (&name, "properties", "1 to 64 characters"),
            (&many, "properties", "at most 20 properties"),
            (r#""kind":"event","properties":{"cart":{"a":1}}"#, "properties.cart", "a text, a number, true or false"),
            (r#""kind":"event","properties":{"cart":[1]}"#, "properties.cart", "a text, a number, true or false"),
            (r#""kind":"lcp","parts":[1,2,3,4,5,6]"#, "parts", "1 to 5 numbers"),
            (r#""kind":"lcp""#, "parts", "1 to 5 numbers"),
            (r#""kind":"cls","parts":[10000001]"#, "parts", "at most 10000000"),
        ] {
            let fault = read(fields).expect_err(fields);
            assert_eq!(fault.field, field, "{fault}");
            assert!(fault.reason.contains(reason), "{fault}");
        }
    }

    #[test]
    fn what_a_kind_does_not_have_is_passed_over() {
        assert_eq!(
            read(r#""kind":"rage_click","stack":"x@https://a.example/b.js:1:2","parts":[1]"#),
            Ok(SignalDetail::default())
        );
    }
}
