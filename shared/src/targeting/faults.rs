//! What can be wrong with a target or a trigger, each with the path of its field and its limit.

use super::schedule::date_number;
use super::{Operator, PageRule, PropertyRule, Target, Trigger, pattern_fault, property, selector_fault};
use crate::survey::{Fault, LANGUAGE_TAG, is_language};

/// Longest list of a target.
const MOST_RULES: usize = 50;
/// Longest text of a rule, in characters.
const MOST_CHARACTERS: usize = 200;
/// Longest delay, in milliseconds (1 hour).
const MOST_DELAY_MS: u32 = 3_600_000;
/// Most views to wait for.
const MOST_VIEWS: u32 = 1_000;

/// Faults being gathered below a path.
struct Check<'a>(&'a mut Vec<Fault>);

impl Check<'_> {
    fn that(&mut self, ok: bool, field: &str, reason: &str) {
        if !ok {
            self.0.push(Fault::new(field, reason));
        }
    }

    fn text(&mut self, field: &str, text: &str) {
        self.that((1..=MOST_CHARACTERS).contains(&text.chars().count()), field, "must be 1 to 200 characters");
    }

    /// Checks the length of a list, and each of its entries with its own path.
    fn each<T>(&mut self, field: &str, list: &[T], check: impl Fn(&mut Self, &str, &T)) {
        self.that(list.len() <= MOST_RULES, field, "must have at most 50 entries");
        for (index, entry) in list.iter().enumerate() {
            check(self, &format!("{field}[{index}]"), entry);
        }
    }

    fn page(&mut self, field: &str, rule: &PageRule) {
        match rule {
            PageRule::Glob(glob) => {
                let field = format!("{field}.glob");
                self.text(&field, glob);
                self.that(glob.starts_with(['/', '*']), &field, "must begin with / or *");
                let without_query = !glob.contains('#') && !glob.contains("?&") && !glob.contains('=');
                self.that(without_query, &field, "must be a path: pages are told apart without query and hash");
            }
            PageRule::Regex(pattern) => {
                if let Some(fault) = pattern_fault(pattern) {
                    self.0.push(Fault::new(format!("{field}.regex"), fault));
                }
            }
        }
    }

    fn property(&mut self, field: &str, rule: &PropertyRule) {
        self.text(&format!("{field}.name"), &rule.name);
        let at_value = format!("{field}.value");
        let short = rule.value.chars().count() <= MOST_CHARACTERS;
        self.that(short, &at_value, "must be at most 200 characters");
        match rule.operator {
            Operator::AtLeast | Operator::AtMost => {
                let number = property::thousandths(&rule.value).is_some();
                self.that(number, &at_value, "must be a decimal number, such as 10 or -2.5");
            }
            Operator::Contains => self.that(!rule.value.is_empty(), &at_value, "must not be empty"),
            Operator::Exists => self.that(rule.value.is_empty(), &at_value, "must be absent for exists"),
            Operator::Is | Operator::IsNot => {}
        }
    }
}

impl Target {
    /// Every fault; empty when it can be used.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut check = Check(&mut faults);
        check.each("target.pages", &self.pages, |check, at, rule| check.page(at, rule));
        check.each("target.except_pages", &self.except_pages, |check, at, rule| check.page(at, rule));
        check.each("target.languages", &self.languages, |check, at, tag| {
            check.that(is_language(tag), at, LANGUAGE_TAG);
        });
        check.each("target.sources", &self.sources, |check, at, source| check.text(at, source));
        check.each("target.traits", &self.traits, |check, at, rule| check.property(at, rule));
        check.each("target.segments", &self.segments, |check, at, segment| check.text(at, segment));
        check.that((1..=100).contains(&self.sample_percent), "target.sample_percent", "must be 1 to 100");
        check.that(self.after_views <= MOST_VIEWS, "target.after_views", "must be at most 1000");
        let schedule = &self.schedule;
        let is_date = |text: &str| text.is_empty() || date_number(text).is_some();
        let date = "must be a date such as 2026-11-24, or absent";
        check.that(is_date(&schedule.from), "target.schedule.from", date);
        check.that(is_date(&schedule.until), "target.schedule.until", date);
        let in_order = schedule.from.is_empty() || schedule.until.is_empty() || schedule.from <= schedule.until;
        check.that(in_order, "target.schedule.until", "must not be before from");
        check.each("target.schedule.weekdays", &schedule.weekdays, |check, at, day| {
            check.that((1..=7).contains(day), at, "must be 1 (Monday) to 7 (Sunday)");
        });
        check.that(schedule.from_hour.is_none_or(|hour| hour < 24), "target.schedule.from_hour", "must be 0 to 23");
        let until_hour = schedule.until_hour.is_none_or(|hour| (1..=24).contains(&hour));
        check.that(until_hour, "target.schedule.until_hour", "must be 1 to 24");
        faults
    }
}

impl Trigger {
    /// Every fault; empty when it can be used.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut check = Check(&mut faults);
        let delay = |check: &mut Check, ms: u32| {
            check.that(ms <= MOST_DELAY_MS, "trigger.delay_ms", "must be at most 3600000 (1 hour)");
        };
        match self {
            Self::Manual | Self::ExitIntent | Self::FormRefilled | Self::Signal { .. } => {}
            Self::Delay { delay_ms } => delay(&mut check, *delay_ms),
            Self::Scroll { percent } => {
                check.that((1..=100).contains(percent), "trigger.percent", "must be 1 to 100");
            }
            Self::Seen { selector } => {
                if let Some(fault) = selector_fault(selector) {
                    check.0.push(Fault::new("trigger.selector", fault));
                }
            }
            Self::Event { name, properties, delay_ms, cancelled_by } => {
                check.text("trigger.name", name);
                check.each("trigger.properties", properties, |check, at, rule| check.property(at, rule));
                delay(&mut check, *delay_ms);
                check.each("trigger.cancelled_by", cancelled_by, |check, at, name| check.text(at, name));
                let never = cancelled_by.contains(name);
                check.that(!never, "trigger.cancelled_by", "must not name the event itself: it would never appear");
            }
            Self::Task { task, .. } => {
                let short = task.chars().count() <= MOST_CHARACTERS;
                check.that(short, "trigger.task", "must be at most 200 characters");
            }
            Self::SlowPage { over_ms } => {
                check.that((1..=60_000).contains(over_ms), "trigger.over_ms", "must be 1 to 60000 (1 minute)");
            }
        }
        faults
    }
}
