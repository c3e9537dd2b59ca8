//! The texts of a survey: where they stand, how they are translated, and how earlier answers are put into them.

use super::Survey;
use super::condition::Subject;
use super::kind::{Field, LABEL_CHARACTERS, TEXT_CHARACTERS};

/// One text of a definition.
pub(super) struct Text<'a> {
    /// Its path by ids, as translations name it: `questions.likely.text`.
    pub path: String,
    /// Its path by places, as faults name it: `questions[0].text`.
    pub field: String,
    /// The text.
    pub text: &'a mut String,
    /// Fewest characters.
    pub least: usize,
    /// Most characters.
    pub most: usize,
    /// The place of the question it belongs to: its placeholders may name earlier ones.
    pub question: usize,
}

impl Survey {
    /// Shows every text that visitors read to `see`.
    pub(super) fn each_text(&mut self, see: &mut dyn FnMut(Text<'_>)) {
        let count = self.questions.len();
        let mut show = |path: String, field: String, text: &mut String, (least, most): (usize, usize), question| {
            see(Text { path, field, text, least, most, question });
        };
        show("title".into(), "title".into(), &mut self.title, (1, 120), 0);
        for (at, question) in self.questions.iter_mut().enumerate() {
            let id = question.id.clone();
            let named = |name: &str| (format!("questions.{id}.{name}"), format!("questions[{at}].{name}"));
            let (path, field) = named("text");
            show(path, field, &mut question.text, (1, TEXT_CHARACTERS), at);
            question.kind.each_field(&mut |field| match field {
                Field::Text(name, text, lengths) => {
                    let (path, field) = named(name);
                    show(path, field, text, lengths.into_inner(), at);
                }
                Field::List(list, choices, _) | Field::Relabeled(list, choices, _) => {
                    for (place, choice) in choices.iter_mut().enumerate() {
                        let path = format!("questions.{id}.{list}.{}", choice.id);
                        let field = format!("questions[{at}].{list}[{place}].label");
                        show(path, field, &mut choice.label, (1, LABEL_CHARACTERS), at);
                    }
                }
                Field::Number(..) => {}
            });
        }
        show("thanks.title".into(), "thanks.title".into(), &mut self.thanks.title, (0, LABEL_CHARACTERS), count);
        show("thanks.text".into(), "thanks.text".into(), &mut self.thanks.text, (0, TEXT_CHARACTERS), count);
        for (at, end) in self.ends.iter_mut().enumerate() {
            let (path, field) = (format!("ends.{}", end.id), format!("ends[{at}]"));
            show(format!("{path}.title"), format!("{field}.title"), &mut end.title, (0, LABEL_CHARACTERS), count);
            show(format!("{path}.text"), format!("{field}.text"), &mut end.text, (0, TEXT_CHARACTERS), count);
            if let Some(button) = &mut end.button {
                let most = (1, LABEL_CHARACTERS);
                show(format!("{path}.button"), format!("{field}.button.label"), &mut button.label, most, count);
            }
        }
    }

    /// Every text that visitors may read, with its path, as translations name it; what is left out is empty.
    pub fn texts(&self) -> Vec<(String, String)> {
        let mut texts = Vec::new();
        self.clone().each_text(&mut |text| texts.push((text.path, std::mem::take(text.text))));
        texts
    }

    /// The survey with every text as an [`outline`]: as reports name its questions.
    pub fn outlined(mut self) -> Self {
        self.each_text(&mut |text| *text.text = outline(text.text));
        self
    }

    /// Whether the way on, or the text of a later question, depends on the answer to the question at `at`.
    pub fn is_asked_about(&self, at: usize) -> bool {
        let id = &self.questions[at].id;
        let named = [format!("{{{{answer:{id}}}}}"), format!("{{{{answer:{id}|"), format!("{{{{answer:{id}.")];
        self.questions.iter().any(|question| {
            let branches = question.branches.iter().flat_map(|branch| &branch.when);
            question.when.iter().chain(branches).any(|one| one.asks_about(id))
                || named.iter().any(|name| question.text.contains(name))
        })
    }

    /// The survey in the nearest language it has to the wanted one, and without the others.
    pub fn in_language(mut self, wanted: &str) -> Self {
        let translations = std::mem::take(&mut self.translations);
        let tags = translations.keys().map(String::as_str);
        // The texts' own language is one more to choose from.
        let own = self.language.clone();
        let Some(tag) = nearest_language(tags.chain([own.as_str()]), wanted).map(str::to_owned) else { return self };
        if let Some(texts) = translations.get(&tag) {
            self.each_text(&mut |text| {
                if let Some(translated) = texts.get(&text.path) {
                    text.text.clone_from(translated);
                }
            });
            self.language = tag;
        }
        self
    }
}

/// The tag that stands for the wanted language (BCP 47): the same one, else with one subtag less, and so on (RFC 4647,
/// 3.4), else another variety of the same language.
pub fn nearest_language<'a>(tags: impl Iterator<Item = &'a str> + Clone, wanted: &str) -> Option<&'a str> {
    // By bytes: searching for characters brings a search machine along.
    let is_mark = |byte: &u8| matches!(byte, b'-' | b'_');
    let same = |tag: &[u8], other: &[u8]| {
        tag.len() == other.len()
            && tag.iter().zip(other).all(|(one, two)| one.eq_ignore_ascii_case(two) || (is_mark(one) && is_mark(two)))
    };
    let mut range = wanted.as_bytes();
    while !range.is_empty() {
        if let Some(tag) = tags.clone().find(|tag| same(tag.as_bytes(), range)) {
            return Some(tag);
        }
        match range.iter().rposition(is_mark) {
            Some(end) => range = &range[..end],
            None => break,
        }
    }
    let primary = |tag: &'a str| tag.as_bytes().split(is_mark).next().unwrap_or_default();
    tags.clone().find(|tag| !range.is_empty() && same(primary(tag), range))
}

/// Puts values into `{{answer:question}}`, `{{trait:name|fallback}}` and `{{fact:name|fallback}}`. What is not known is
/// its fallback, or nothing; what is no placeholder stays as it is.
pub fn fill(text: &str, value: &mut dyn FnMut(Subject<'_>) -> Option<String>) -> String {
    fill_or(text, "", value)
}

/// A text as those read it who look at nobody's answers: each placeholder is its fallback, or an ellipsis.
pub fn outline(text: &str) -> String {
    fill_or(text, "…", &mut |_| None)
}

/// See [`fill`]; what is not known and has no fallback is `unknown`.
fn fill_or(text: &str, unknown: &str, value: &mut dyn FnMut(Subject<'_>) -> Option<String>) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(start) = position(rest, b'{') {
        let Some(length) = position(&rest[start..], b'}') else { break };
        let inner = &rest[start + 2..start + length];
        let Some((subject, fallback)) = placeholder(inner) else {
            filled.push_str(&rest[..start + 2]);
            rest = &rest[start + 2..];
            continue;
        };
        filled.push_str(&rest[..start]);
        match value(subject) {
            Some(value) if !value.is_empty() => filled.push_str(&value),
            _ if fallback.is_empty() => filled.push_str(unknown),
            _ => filled.push_str(fallback),
        }
        rest = &rest[start + length + 2..];
    }
    filled.push_str(rest);
    filled
}

/// Where `mark` stands twice in a row. By bytes: searching for a string brings a search machine along.
fn position(text: &str, mark: u8) -> Option<usize> {
    text.as_bytes().windows(2).position(|pair| pair == [mark, mark])
}

/// What stands before and after the first of an ASCII mark. By bytes: see [`nearest_language`].
pub fn cut(text: &str, mark: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == mark)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// What the inside of a placeholder asks for, and its fallback.
pub(super) fn placeholder(inner: &str) -> Option<(Subject<'_>, &str)> {
    let (asked, fallback) = cut(inner, b'|').unwrap_or((inner, ""));
    let (kind, name) = cut(asked, b':')?;
    let (kind, name) = (kind.trim(), name.trim());
    let subject = match kind {
        _ if name.is_empty() => return None,
        "answer" => Subject::Answer(name),
        "trait" => Subject::Trait(name),
        "fact" => Subject::Fact(name),
        _ => return None,
    };
    Some((subject, fallback.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_and_everything_else_stays() {
        let mut value = |subject: Subject<'_>| match subject {
            Subject::Answer("likely") => Some("9".to_owned()),
            Subject::Trait("name") => Some("Zoë {{answer:likely}}".to_owned()),
            Subject::Fact("empty") => Some(String::new()),
            _ => None,
        };
        for (text, expected) in [
            ("", ""),
            ("You gave {{answer:likely}}.", "You gave 9."),
            ("{{ trait:name | you }}!", "Zoë {{answer:likely}}!"),
            ("Hello {{trait:unknown|dear reader}}", "Hello dear reader"),
            ("Hello{{trait:unknown}}", "Hello"),
            ("{{fact:empty|none}}", "none"),
            ("{{ unclosed answer:likely", "{{ unclosed answer:likely"),
            ("{{other:likely}} {{answer:}} {x}", "{{other:likely}} {{answer:}} {x}"),
            ("{{{{answer:likely}}", "{{9"),
            ("é{{answer:likely}}é", "é9é"),
        ] {
            assert_eq!(fill(text, &mut value), expected, "{text}");
        }
    }

    #[test]
    fn an_outline_shows_no_placeholder() {
        for (text, expected) in [
            ("NPS, {{trait:name|dear customer}}?", "NPS, dear customer?"),
            ("You gave {{answer:likely}}. Why?", "You gave …. Why?"),
            ("Order {{ fact:order | }} of {{answer:why|yours}}", "Order … of yours"),
            ("{{other:likely}}", "{{other:likely}}"),
        ] {
            assert_eq!(outline(text), expected, "{text}");
        }
    }

    #[test]
    fn the_nearest_language_is_found_by_dropping_subtags() {
        let tags = ["de", "pt-BR", "zh-Hant", "en"];
        for (wanted, expected) in [
            ("de", Some("de")),
            ("DE-at", Some("de")),
            ("pt_br", Some("pt-BR")),
            ("pt", Some("pt-BR")),
            ("pt-PT", Some("pt-BR")),
            ("zh-Hant-TW", Some("zh-Hant")),
            ("fr", None),
            ("", None),
            ("d", None),
        ] {
            assert_eq!(nearest_language(tags.into_iter(), wanted), expected, "{wanted}");
        }
    }
}
