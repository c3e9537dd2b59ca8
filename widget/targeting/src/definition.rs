//! Reads a survey's target from the configuration.

use rapport_browser::Js;
use rapport_shared::targeting::path::decoded;
use rapport_shared::targeting::{Device, Operator, PageRule, PropertyRule, Repeat, Schedule, Target, Visitors};

/// The target of a survey; what is left out is its default.
pub fn target(survey: &Js) -> Target {
    let target = survey.get("target");
    let schedule = target.get("schedule");
    let sample = target.get("sample_percent").0.as_f64();
    Target {
        pages: list(&target, "pages", &page),
        except_pages: list(&target, "except_pages", &page),
        devices: list(&target, "devices", &|device| match text(device).as_str() {
            "mobile" => Device::Mobile,
            "tablet" => Device::Tablet,
            _ => Device::Desktop,
        }),
        languages: list(&target, "languages", &text),
        sources: list(&target, "sources", &text),
        traits: list(&target, "traits", &property),
        segments: list(&target, "segments", &text),
        visitors: match target.get_text("visitors").as_str() {
            "new" => Visitors::New,
            "returning" => Visitors::Returning,
            _ => Visitors::All,
        },
        sample_percent: sample.unwrap_or(100.0) as u8,
        schedule: Schedule {
            from: schedule.get_text("from"),
            until: schedule.get_text("until"),
            weekdays: list(&schedule, "weekdays", &|day| day.0.as_f64().unwrap_or(0.0) as u8),
            from_hour: schedule.get("from_hour").0.as_f64().map(|hour| hour as u8),
            until_hour: schedule.get("until_hour").0.as_f64().map(|hour| hour as u8),
        },
        after_views: target.get_number("after_views") as u32,
        repeat: match target.get_text("repeat").as_str() {
            "until_answered" => Repeat::UntilAnswered,
            "once" => Repeat::Once,
            _ => Repeat::AfterCooldown,
        },
    }
}

/// A list of an object, each of its entries read.
pub fn list<T>(object: &Js, name: &str, read: &dyn Fn(&Js) -> T) -> Vec<T> {
    object.get(name).elements().iter().map(read).collect()
}

/// A text, or the empty one.
pub fn text(value: &Js) -> String {
    value.0.as_string().unwrap_or_default()
}

/// A text in which a letter with its marks is one character where there is such a one (NFC).
pub fn composed(text: &str) -> String {
    // A bare text has no methods to reach by name.
    let composed = Js::construct("String", &[&Js::text(text)]).call("normalize", &[]);
    composed.0.as_string().unwrap_or_else(|| text.to_owned())
}

fn page(rule: &Js) -> PageRule {
    match rule.get("regex").0.as_string() {
        Some(pattern) => PageRule::Regex(composed(&pattern)),
        None => PageRule::Glob(composed(&decoded(&rule.get_text("glob")))),
    }
}

/// A condition on a trait or property.
pub fn property(rule: &Js) -> PropertyRule {
    let operator = match rule.get_text("operator").as_str() {
        "is_not" => Operator::IsNot,
        "contains" => Operator::Contains,
        "at_least" => Operator::AtLeast,
        "at_most" => Operator::AtMost,
        "exists" => Operator::Exists,
        _ => Operator::Is,
    };
    PropertyRule { name: rule.get_text("name"), operator, value: rule.get_text("value") }
}

/// The properties of an object with their values as texts; lists, objects and what is null within it are left out.
pub fn properties(object: &Js) -> Vec<(String, String)> {
    let mut properties = Vec::new();
    for name in &Js::global("Object").call("keys", &[object]).elements() {
        let name = text(name);
        let value = object.get(&name);
        let value = match value.0.as_string() {
            Some(text) => text,
            // Neither a list nor what is not there has a value to compare.
            None if value.0.is_object() || !value.exists() => continue,
            None => text(&Js::window().call("String", &[&value])),
        };
        properties.push((name, value));
    }
    properties
}
