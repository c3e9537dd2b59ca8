//! What is wrong with a definition: every fault, with the path of its field and the limit.

use super::condition::{Branch, Condition};
use super::kind::{Choice, Field};
use super::language::{LANGUAGE_TAG, is_language};
use super::texts::placeholder;
use super::{Button, COOLDOWN_DAYS, EndScreen, Input, Question, Subject, Survey, is_link};
use crate::limit;
use crate::targeting::Trigger;

/// What is wrong with a survey definition or an answer: the field as a dotted path, and the reason with its limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Dotted path of the field.
    pub field: String,
    /// What is wrong, naming the limit.
    pub reason: String,
}

impl Fault {
    /// A fault of `field`.
    pub fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: reason.into() }
    }
}

impl core::fmt::Display for Fault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // What the whole is at fault for has no field.
        let mark = if self.field.is_empty() { "" } else { ": " };
        write!(f, "{}{mark}{}", self.field, self.reason)
    }
}

/// Whether `text` can be an id of a survey, question or choice: 1 to 64 of a–z, 0–9, `-` and `_`.
pub fn is_key(text: &str) -> bool {
    (1..=limit::KEY_CHARACTERS).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_')
}

const KEY: &str = "must be 1 to 64 of a-z, 0-9, - and _";
/// Longest name of a trait, in characters.
const TRAIT_CHARACTERS: usize = 64;
/// Most conditions nested in each other.
const DEPTH: usize = 5;

impl Survey {
    /// Every fault of the definition; empty when it can be used.
    pub fn faults(&self) -> Vec<Fault> {
        self.faults_apart_from(&[])
    }

    /// Every fault of a definition of which the fields `unread` could not be read, and hold whatever could be: neither
    /// theirs nor those that would follow from them.
    pub fn faults_apart_from(&self, unread: &[String]) -> Vec<Fault> {
        let mut found = Found { survey: self, unread, faults: Vec::new() };
        found.whole();
        found.questions();
        found.random_groups();
        found.ends();
        found.texts();
        found.faults.extend(self.target.faults());
        found.faults.extend(self.trigger.faults());
        found.faults.retain(|fault| !unread.iter().any(|unread| follows(&fault.field, unread)));
        found.faults
    }
}

/// Whether what is wrong with `field` may follow from what could not be read: it is the same, stands in it, or is said of
/// all fields that stand beside it.
fn follows(field: &str, unread: &str) -> bool {
    let below = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with(['.', '[']));
    let beside = unread.rsplit_once('.').is_some_and(|(object, name)| object == field && !name.contains('['));
    unread.is_empty() || field == unread || below(field, unread) || beside
}

struct Found<'a> {
    survey: &'a Survey,
    unread: &'a [String],
    faults: Vec<Fault>,
}

impl<'a> Found<'a> {
    fn check(&mut self, ok: bool, field: impl Into<String>, reason: impl Into<String>) {
        if !ok {
            let fault = Fault::new(field, reason);
            // What stands twice in one field is told once: two lines alike would seem to be of two fields.
            if !self.faults.contains(&fault) {
                self.faults.push(fault);
            }
        }
    }

    /// Whether something of this could not be read, so that nobody knows what others mean by it.
    fn is_unread(&self, field: &str) -> bool {
        self.unread.iter().any(|unread| {
            unread.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
                || follows(field, unread)
        })
    }

    /// Whether a field of the whole could not be read: it may have been meant for another.
    fn is_whole_unread(&self) -> bool {
        self.unread.iter().any(|unread| !unread.contains(['.', '[']))
    }

    fn takes_fact(&self, name: &str) -> bool {
        self.survey.takes_fact(name)
            || self.is_whole_unread()
            || self.is_unread("facts")
            // A review takes facts of its own.
            || (0..self.survey.questions.len()).any(|at| self.is_unread(&format!("questions[{at}].kind")))
    }

    /// Whether a question could not be read so far that others can lead to it.
    fn is_id_unread(&self) -> bool {
        self.is_whole_unread()
            || (0..self.survey.questions.len()).any(|at| self.is_unread(&format!("questions[{at}].id")))
    }

    fn whole(&mut self) {
        let survey = self.survey;
        self.check(is_key(&survey.id), "id", KEY);
        self.check((1..=120).contains(&survey.name.chars().count()), "name", "must be 1 to 120 characters");
        let count = survey.questions.len();
        self.check((1..=limit::RESPONSE_ANSWERS).contains(&count), "questions", "must be 1 to 50 questions");
        let parts = survey.questions.iter().flat_map(Question::parts);
        let pictures = parts.filter(|part| matches!(part.input, Input::Picture { .. })).count();
        self.check(pictures <= limit::RESPONSE_PICTURES, "questions", "must ask for at most 5 pictures");
        self.check(survey.cooldown_days <= COOLDOWN_DAYS, "cooldown_days", "must be at most 3650 (10 years)");
        let quota = survey.quota.is_none_or(|quota| (1..=limit::QUOTA_RESPONSES).contains(&quota));
        self.check(quota, "quota", "must be 1 to 1000000000");
        self.check(survey.facts.len() <= limit::RESPONSE_FACTS, "facts", "must be at most 20 names");
        for (at, fact) in survey.facts.iter().enumerate() {
            self.check(is_key(fact), format!("facts[{at}]"), KEY);
            self.check(!survey.facts[..at].contains(fact), format!("facts[{at}]"), "must be named only once");
        }
        self.check(survey.language.is_empty() || is_language(&survey.language), "language", LANGUAGE_TAG);
        for language in survey.translations.keys() {
            let field = format!("translations.{language}");
            self.check(is_language(language), &*field, LANGUAGE_TAG);
            let own = language.eq_ignore_ascii_case(&survey.language);
            self.check(!own, field, "must be another language than the survey's own");
        }
        let fires = survey.trigger == Trigger::Manual || survey.placement.has_trigger() || self.is_whole_unread();
        let placement = survey.placement.as_str();
        let reason =
            format!("must be manual where the placement is {placement}: only a popover or banner has a trigger");
        self.check(fires, "trigger.on", reason);
    }

    fn questions(&mut self) {
        let survey = self.survey;
        for (at, question) in survey.questions.iter().enumerate() {
            let field = |name: &str| format!("questions[{at}].{name}");
            self.check(is_key(&question.id), field("id"), KEY);
            let unique = !survey.questions[..at].iter().any(|other| other.id == question.id);
            self.check(unique, field("id"), "must be unique within the survey");
            question.kind.clone().each_field(&mut |one| match one {
                Field::List(name, choices, least) => self.choices(choices, &field(name), least),
                Field::Relabeled(name, choices, ids) => self.relabeled(choices, &field(name), ids),
                Field::Number(name, value, limits) => {
                    let reason = format!("must be {} to {}", limits.start(), limits.end());
                    self.check(limits.contains(&value), field(name), reason);
                }
                Field::Text(..) => {}
            });
            let group = self.group_of(at);
            // Within a random group nobody knows which question came before.
            let known = group.map_or(at, |group| group.0);
            self.conditions(&question.when, &field("when"), known);
            self.check(question.branches.len() <= 20, field("branches"), "must be at most 20 branches");
            for (place, branch) in question.branches.iter().enumerate() {
                let path = format!("questions[{at}].branches[{place}]");
                // A branch is taken with its own question answered.
                self.conditions_beside(&branch.when, &format!("{path}.when"), known, at);
                self.branch(branch, &path, group.map_or(at, |group| group.1));
            }
        }
    }

    fn choices(&mut self, choices: &[Choice], path: &str, least: usize) {
        let fits = (least..=limit::ANSWER_CHOICES).contains(&choices.len());
        let noun = if least == 1 { "rows" } else { "choices" };
        self.check(fits, path, format!("must be {least} to 50 {noun}"));
        for (place, choice) in choices.iter().enumerate() {
            self.check(is_key(&choice.id), format!("{path}[{place}].id"), KEY);
            let unique = !choices[..place].iter().any(|other| other.id == choice.id);
            self.check(unique, format!("{path}[{place}].id"), "must be unique within the question");
            let second = choice.other && choices[..place].iter().any(|other| other.other);
            self.check(!second, format!("{path}[{place}].other"), "must be set for one choice at most");
        }
    }

    fn relabeled(&mut self, choices: &[Choice], path: &str, ids: &[&str]) {
        for (place, choice) in choices.iter().enumerate() {
            let id = format!("{path}[{place}].id");
            self.check(ids.contains(&choice.id.as_str()), &id, format!("must be one of {}", ids.join(", ")));
            let once = !choices[..place].iter().any(|other| other.id == choice.id);
            self.check(once, &id, "must be unique within the question");
        }
    }

    fn branch(&mut self, branch: &Branch, path: &str, after: usize) {
        let one = branch.end == branch.skip_to.is_empty();
        self.check(one, path, "must have either skip_to or end");
        if branch.skip_to.is_empty() {
            return;
        }
        let target = self.survey.questions.iter().position(|question| question.id == branch.skip_to);
        let path = format!("{path}.skip_to");
        match target {
            None => self.check(self.is_id_unread(), path, "is not a question of this survey"),
            Some(target) if target <= after => self.check(false, path, "must be a later question"),
            Some(target) => {
                let inside = self.group_of(target).is_some_and(|(first, _)| first != target);
                self.check(
                    !inside,
                    path,
                    "must not lead into the middle of a random group; its first question will do",
                );
            }
        }
    }

    /// First and last place of the random group that the question at `at` is in.
    fn group_of(&self, at: usize) -> Option<(usize, usize)> {
        self.survey.group_of(at)
    }

    fn random_groups(&mut self) {
        let questions = &self.survey.questions;
        let mut taken: Vec<&str> = Vec::new();
        for (at, group) in self.survey.random_groups.iter().enumerate() {
            let path = format!("random_groups[{at}]");
            self.check(group.len() >= 2, &path, "must be at least 2 questions");
            let first = questions.iter().position(|question| Some(&question.id) == group.first());
            let in_order = first.is_some_and(|first| {
                questions[first..].iter().map(|question| &question.id).take(group.len()).eq(group.iter())
            });
            self.check(
                in_order || self.is_id_unread(),
                &path,
                "must be ids of questions that follow each other, in their order",
            );
            for (place, id) in group.iter().enumerate() {
                let path = format!("{path}[{place}]");
                self.check(!taken.contains(&id.as_str()), path, "must not share a question with another group");
                taken.push(id);
            }
        }
    }

    fn ends(&mut self) {
        let (survey, count) = (self.survey, self.survey.questions.len());
        self.check(survey.ends.len() <= 20, "ends", "must be at most 20 end screens");
        for (at, end) in survey.ends.iter().enumerate() {
            self.check(is_key(&end.id), format!("ends[{at}].id"), KEY);
            let unique = !survey.ends[..at].iter().any(|other| other.id == end.id);
            self.check(unique, format!("ends[{at}].id"), "must be unique within the survey");
            self.conditions(&end.when, &format!("ends[{at}].when"), count);
            if let Some(Button { survey, url, .. }) = &end.button {
                let path = format!("ends[{at}].button");
                self.check(survey.is_empty() != url.is_empty(), &path, "must have either survey or url");
                self.check(survey.is_empty() || is_key(survey), format!("{path}.survey"), KEY);
                let reason = "must begin with https://, http://, mailto:, tel: or one /, without spaces; at most 2000 \
                              characters";
                self.check(url.is_empty() || (is_link(url) && url.len() <= 2_000), format!("{path}.url"), reason);
            }
        }
    }

    fn conditions(&mut self, conditions: &[Condition], path: &str, before: usize) {
        self.conditions_beside(conditions, path, before, usize::MAX);
    }

    /// Conditions that may ask about the questions before `before`, and about the one at `beside`.
    fn conditions_beside(&mut self, conditions: &[Condition], path: &str, before: usize, beside: usize) {
        self.check(conditions.len() <= 20, path, "must be at most 20 conditions");
        for (at, one) in conditions.iter().enumerate() {
            self.condition(one, &format!("{path}[{at}]"), (before, beside), 1);
        }
    }

    fn condition(&mut self, one: &Condition, path: &str, place: (usize, usize), depth: usize) {
        if depth > DEPTH {
            return self.check(false, path, "must be nested at most 5 deep");
        }
        let subjects = [
            !one.answer.is_empty(),
            !one.customer_trait.is_empty(),
            !one.fact.is_empty(),
            !one.any.is_empty(),
            !one.all.is_empty(),
            one.not.is_some(),
        ];
        let count = subjects.iter().filter(|given| **given).count();
        self.check(count == 1, path, "must have exactly one of answer, trait, fact, any, all and not");
        let range = one.at_least.is_some() || one.at_most.is_some();
        let tests = [one.is.is_some(), one.includes.is_some(), range, one.given.is_some()];
        let tests = tests.iter().filter(|given| **given).count();
        match one.subject() {
            Some(_) => self.check(
                tests == 1,
                path,
                "must have exactly one test: is, includes, at_least with or without at_most, or given",
            ),
            None => self.check(tests == 0, path, "must have no test beside any, all or not"),
        }
        let ordered = one.at_least.zip(one.at_most).is_none_or(|(least, most)| least <= most);
        self.check(ordered, format!("{path}.at_most"), "must not be below at_least");
        match one.subject() {
            Some(Subject::Answer(name)) => self.answer_condition(one, name, path, place),
            Some(Subject::Trait(name)) => {
                let fits = name.chars().count() <= TRAIT_CHARACTERS;
                self.check(fits, format!("{path}.trait"), "must be at most 64 characters");
            }
            Some(Subject::Fact(name)) => {
                let known = self.takes_fact(name);
                self.check(known, format!("{path}.fact"), "is not one of the survey's facts");
            }
            None => {}
        }
        for (list, name) in [(&one.any, "any"), (&one.all, "all")] {
            self.check(list.len() <= 20, format!("{path}.{name}"), "must be at most 20 conditions");
            for (at, inner) in list.iter().enumerate() {
                self.condition(inner, &format!("{path}.{name}[{at}]"), place, depth + 1);
            }
        }
        if let Some(inner) = &one.not {
            self.condition(inner, &format!("{path}.not"), place, depth + 1);
        }
    }

    fn answer_condition(&mut self, one: &Condition, name: &str, path: &str, place: (usize, usize)) {
        let (question, field) = match self.earlier(name, place) {
            Ok(Some(question)) => (question, format!("{path}.answer")),
            Ok(None) => return,
            Err(reason) => return self.check(false, format!("{path}.answer"), reason),
        };
        let at = self.survey.questions.iter().position(|other| other.id == question.id).unwrap_or_default();
        let own = format!("questions[{at}].");
        let mut unread = self.unread.iter().filter_map(|unread| unread.strip_prefix(&own));
        // What it asks for is not known; what it is asked for, and what comes after, does not matter here.
        if unread.any(|unread| !["text", "required", "when", "branches"].iter().any(|field| unread.starts_with(field)))
        {
            return;
        }
        let part_id = name.split_once('.').map_or("", |(_, part)| part);
        let parts = question.parts();
        let Some(part) = parts.iter().find(|part| part.id == part_id) else {
            let known: Vec<String> = parts.iter().map(|part| format!("{}.{}", question.id, part.id)).collect();
            // A question of several parts has no answer of its own to ask for, except whether there is one.
            if part_id.is_empty() && one.given.is_some() {
                return;
            }
            return self.check(false, field, format!("must name a part of the answer: {}", known.join(", ")));
        };
        let picks = |id: &str| part.input.choice_ids().contains(&id);
        if let Some(wanted) = &one.includes {
            self.check(picks(wanted), format!("{path}.includes"), "is not a choice of that question");
        }
        match &part.input {
            Input::Scale { low, high, .. } => {
                let range = i32::from(*low)..=i32::from(*high);
                let reason = format!("must be {low} to {high}");
                let is = one.is.as_ref().map(|is| is.parse().unwrap_or(i32::MAX));
                for (value, test) in [(is, "is"), (one.at_least, "at_least"), (one.at_most, "at_most")] {
                    self.check(value.is_none_or(|value| range.contains(&value)), format!("{path}.{test}"), &*reason);
                }
            }
            input if input.is_picked() => {
                let known = one.is.as_ref().is_none_or(|is| picks(is));
                self.check(known, format!("{path}.is"), "is not a choice of that question");
                let number = one.at_least.or(one.at_most).is_none();
                self.check(number, path, "must test a choice with is or includes");
            }
            _ => {}
        }
    }

    /// The question that `name` (with or without a part) means, when it is asked before `place`; nothing where it may be one
    /// that could not be read.
    fn earlier(&self, name: &str, (before, beside): (usize, usize)) -> Result<Option<&'a Question>, &'static str> {
        let id = name.split('.').next().unwrap_or_default();
        match self.survey.questions.iter().position(|question| question.id == id) {
            None if self.is_id_unread() => Ok(None),
            None => Err("is not a question of this survey"),
            Some(at) if at < before || at == beside => Ok(Some(&self.survey.questions[at])),
            Some(_) => Err("must be an earlier question"),
        }
    }

    /// Lengths, translations, and the placeholders in both.
    fn texts(&mut self) {
        let mut texts = Vec::new();
        self.survey.clone().each_text(&mut |text| {
            texts.push((text.path, text.field, std::mem::take(text.text), (text.least, text.most), text.question));
        });
        for (_, field, text, lengths, question) in &texts {
            self.text(text, field, *lengths, *question);
        }
        for (language, translated) in &self.survey.translations {
            for (path, text) in translated {
                let field = format!("translations.{language}.{path}");
                match texts.iter().find(|known| known.0 == *path) {
                    Some((.., (_, most), question)) => self.text(text, &field, (1, *most), *question),
                    None => {
                        let whole = ["questions", "ends", "thanks"].iter().any(|field| self.is_unread(field));
                        self.check(whole || self.is_whole_unread(), field, "is not a text of this survey");
                    }
                }
            }
        }
    }

    fn text(&mut self, text: &str, field: &str, (least, most): (usize, usize), question: usize) {
        let length = text.chars().count();
        let reason = if least == 0 {
            format!("must be at most {most} characters")
        } else {
            format!("must be {least} to {most} characters")
        };
        self.check((least..=most).contains(&length), field, reason);
        let before = self.group_of(question).map_or(question, |group| group.0);
        for inner in text.split("{{").skip(1) {
            let asked = inner.split_once("}}").and_then(|(inner, _)| placeholder(inner));
            let filled = [".text", ".thing", ".button", ".button.label", "title"];
            if asked.is_some() && !filled.iter().any(|end| field.ends_with(end)) {
                self.check(
                    false,
                    field,
                    "must have no placeholder: only questions, titles, ends and a review's thing do",
                );
            }
            match asked.map(|(subject, _)| subject) {
                Some(Subject::Answer(name)) => {
                    if let Err(reason) = self.earlier(name, (before, usize::MAX)) {
                        self.check(false, field, format!("{{{{answer:{name}}}}} {reason}"));
                    }
                }
                Some(Subject::Fact(name)) => {
                    let known = self.takes_fact(name);
                    self.check(known, field, format!("{{{{fact:{name}}}}} is not one of the survey's facts"));
                }
                Some(Subject::Trait(_)) => {}
                None => self.check(
                    false,
                    field,
                    "has {{ without a placeholder: {{answer:…}}, {{trait:…|fallback}} or {{fact:…|fallback}}",
                ),
            }
        }
    }
}

impl Survey {
    /// Faults of what leads elsewhere: a button of an end may open one of `known`, the surveys of the site.
    pub fn faults_beside(&self, known: &[String]) -> Vec<Fault> {
        let leads =
            |end: &EndScreen| end.button.as_ref().map(|button| button.survey.clone()).filter(|id| !id.is_empty());
        let ends = self.ends.iter().enumerate();
        ends.filter_map(|(at, end)| Some((at, leads(end)?)))
            .filter(|(_, survey)| !known.contains(survey))
            .map(|(at, survey)| {
                let reason = format!("is no survey of this site: {survey}; apply both together, or that one first");
                Fault::new(format!("ends[{at}].button.survey"), reason)
            })
            .collect()
    }

    /// The survey without buttons that would open none of `open`, the surveys that are asked now.
    pub fn without_dead_ends(mut self, open: &[String]) -> Self {
        for end in &mut self.ends {
            end.button.take_if(|button| !button.survey.is_empty() && !open.contains(&button.survey));
        }
        self
    }

    /// First and last place of the random group that the question at `at` is in, by the definition's order.
    pub fn group_of(&self, at: usize) -> Option<(usize, usize)> {
        let id = &self.questions.get(at)?.id;
        let group = self.random_groups.iter().find(|group| group.contains(id))?;
        let first = self.questions.iter().position(|question| Some(&question.id) == group.first())?;
        Some((first, (first + group.len()).min(self.questions.len()).checked_sub(1)?))
    }
}
