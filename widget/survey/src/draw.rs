//! Draws a question: each of its parts is a list of native inputs, a text field or a list of ranks. The panel and the
//! form without script draw the same.

use crate::tree::{Action, Tree};
use crate::words::{self, Word, Words, label_of};
use rapport_shared::flow::{Entry, Given, Problem, Script, characters_left, concat, digits, is_asked, is_other_picked};
use rapport_shared::survey::{Choice, CsatDisplay, Input, Part, Question, QuestionKind};

/// The characters left are shown from here on.
const CHARACTERS_SHOWN: isize = 100;

/// From this distance of their ends on, the numbers of a scale close up where the panel is narrow.
const LONG_SCALE: i8 = 7;

/// A five-pointed star in a 24 by 24 box.
const STAR: &str = "M12 2.6l2.9 5.9 6.5.9-4.7 4.6 1.1 6.5-5.8-3.1-5.8 3.1 1.1-6.5L2.6 9.4l6.5-.9z";
/// Mouths from sad to glad, below the same eyes.
const MOUTHS: [&str; 5] =
    ["M7.5 17q4.5-5 9 0", "M8 16.5q4-2.5 8 0", "M8 15.5h8", "M8 14.5q4 3 8 0", "M7.5 14q4.5 6 9 0"];
/// Head and eyes.
const FACE: &str = "M12 2a10 10 0 1 0 0 20a10 10 0 1 0 0-20M8.8 9.3v.6M15.2 9.3v.6";
/// A thumb that points up; the stylesheet turns the first one down.
const THUMB: &str =
    "M7 10.5v9.5H4v-9.5zM7 10.5L11 3c1.6 0 2.6 1.1 2.5 2.6L13 9h5.3a2 2 0 0 1 2 2.4l-1.3 7a2 2 0 0 1-2 1.6H7";

/// A check mark in a 24 by 24 box.
pub const CHECK: &str = "M5 12.5l4.5 4.5L19 7.5";
/// A cross in a 24 by 24 box.
pub const CROSS: &str = "M6 6l12 12M18 6L6 18";

/// What a question is drawn from.
pub struct Drawing<'a> {
    /// The survey as this visitor meets it.
    pub script: &'a Script,
    /// Place of the question.
    pub at: usize,
    /// What is being given.
    pub given: &'a Given,
    /// What keeps the visitor from going on.
    pub problem: Option<&'a Problem>,
    /// Begins every id; empty where one question stands alone.
    pub prefix: &'a str,
}

/// One option of a list.
struct Pick<'a> {
    label: &'a str,
    value: &'a str,
    /// Lines of its picture; none for a label that is seen.
    picture: [&'static str; 2],
    checked: bool,
    /// Drawn as chosen without being it: the stars below the chosen one.
    lit: bool,
    /// Name of the element that describes it; empty for none.
    described_by: &'a str,
    /// It is what keeps the visitor from going on.
    at_fault: bool,
    action: Action,
}

impl Drawing<'_> {
    fn question(&self) -> &Question {
        &self.script.questions[self.at]
    }

    fn id(&self, name: &str) -> String {
        concat(&[self.prefix, name])
    }

    /// The name of a part's field, the same as in a form without script.
    fn name(&self, part: &Part<'_>, end: &str) -> String {
        let dot = if part.id.is_empty() { "" } else { "." };
        concat(&["q.", &self.question().id, dot, part.id, end])
    }

    fn describe(&self, tree: &mut Tree<'_>, names: &[&str]) {
        let mut ids = String::new();
        for name in names {
            if !ids.is_empty() {
                ids.push(' ');
            }
            ids.push_str(self.prefix);
            ids.push_str(name);
        }
        tree.set("aria-describedby", &ids);
    }

    /// What the visitor gives the answer by: the parts of the question.
    pub fn parts(&self, tree: &mut Tree<'_>) {
        let question = self.question();
        let parts = question.parts();
        let shown: Vec<usize> = match &question.kind {
            QuestionKind::Matrix { rows, .. } => self.script.order_of(self.at, rows),
            _ => (0..parts.len()).collect(),
        };
        for place in shown {
            let Some(part) = parts.get(place) else { continue };
            if tree.still || is_asked(question, self.given, place, part) {
                self.part(tree, place, part, parts.len() == 1);
            } else {
                tree.nothing();
            }
        }
        let (low, high) = self.ends(tree.words);
        if low.is_empty() && high.is_empty() {
            return tree.nothing();
        }
        tree.open("div.ends");
        tree.named("span", &self.id("low"), &low);
        tree.named("span", &self.id("high"), &high);
        tree.close();
    }

    /// Labels of the ends of the scale.
    fn ends(&self, words: &Words) -> (String, String) {
        use QuestionKind as Kind;
        let (low, high) = self.question().kind.ends().unwrap_or_default();
        let (least, most) = match &self.question().kind {
            Kind::Ces { .. } | Kind::Ladder { .. } => (&words::DISAGREE, &words::AGREE),
            Kind::ExpectationGap { .. } => (&words::WORSE, &words::BETTER),
            _ => return (low.to_owned(), high.to_owned()),
        };
        let label = |own: &str, word| if own.is_empty() { words.get(word) } else { own.to_owned() };
        (label(low, least), label(high, most))
    }

    fn part(&self, tree: &mut Tree<'_>, place: usize, part: &Part<'_>, is_only: bool) {
        let entry = &self.given.entries[place];
        let at_fault = matches!(self.problem, Some(Problem::Missing(at) | Problem::TooLong(at, _)
            | Problem::NotAnEmail(at)) if *at == place);
        let label = match part {
            Part { id: "", .. } => String::new(),
            Part { label: "", id, .. } => tree.words.get(label_of(id)),
            Part { label, .. } => (*label).to_owned(),
        };
        // Pictures are drawn by the panel, which can take them; a form without script has none.
        if let Input::Picture { .. } = part.input {
            return tree.nothing();
        }
        tree.open("div.part");
        tree.mark("data-fault", at_fault);
        match &part.input {
            Input::Ranking { choices } => self.ranking(tree, place, choices, entry),
            input if is_one_of_many(input) => {
                let row =
                    self.id(&if part.id.is_empty() { "question".into() } else { concat(&["part", &digits(place)]) });
                if !is_only {
                    radio_group(tree, part.required);
                    tree.set("aria-labelledby", &row);
                }
                if part.id.is_empty() {
                    tree.nothing();
                } else {
                    tree.named("p.row", &row, &label);
                }
                self.list(tree, (place, at_fault), part, &label, entry);
            }
            Input::Choices { .. } | Input::Consent => self.list(tree, (place, at_fault), part, &label, entry),
            _ => self.text(tree, place, part, &label, at_fault),
        }
        tree.close();
    }

    /// The options of a part that is chosen from, and the field of the "other" one.
    fn list(&self, tree: &mut Tree<'_>, (place, at_fault): (usize, bool), part: &Part<'_>, label: &str, entry: &Entry) {
        let name = self.name(part, "");
        tree.open("div");
        match &part.input {
            Input::Scale { low, high, display } => self.scale(tree, place, (*low, *high, *display), entry, &name),
            Input::Choices { choices, many } => {
                tree.set("data-as", "choices");
                for index in self.script.order_of(self.at, choices) {
                    let choice = &choices[index];
                    let action = if *many { Action::Toggle(place, index) } else { Action::Choose(place, index) };
                    let pick = pick(&choice.label, &choice.id, entry.has(index), action);
                    self.option(tree, pick, *many, &name);
                }
            }
            Input::Consent => {
                tree.set("data-as", "choices");
                let ticked = entry.score.is_some();
                let action = if ticked { Action::Unscore(place) } else { Action::Tick(place) };
                let pick = Pick { described_by: "problem", at_fault, ..pick(label, "1", ticked, action) };
                self.option(tree, pick, true, &name);
            }
            _ => {
                tree.set("data-as", "choices pair");
                for (index, word) in [&words::YES, &words::NO].into_iter().enumerate() {
                    let label = tree.words.get(word);
                    let pick = pick(&label, word.0, entry.has(index), Action::Choose(place, index));
                    self.option(tree, pick, false, &name);
                }
            }
        }
        tree.close();
        let other = matches!(&part.input, Input::Choices { choices, .. } if choices.iter().any(|choice| choice.other))
            && (tree.still || is_other_picked(part, entry));
        if other {
            let field =
                Field { kind: "text", autocomplete: "", label: &tree.words.get(&words::OTHER), placeholder: "" };
            self.field(tree, place, &self.name(part, ".other"), field, (false, false));
        } else {
            tree.nothing();
        }
    }

    fn option(&self, tree: &mut Tree<'_>, pick: Pick<'_>, many: bool, name: &str) {
        tree.open("label.option");
        tree.mark("data-on", pick.checked || pick.lit);
        tree.open("input");
        tree.set("type", if many { "checkbox" } else { "radio" });
        tree.set("name", name);
        tree.set("value", pick.value);
        tree.check(pick.checked);
        if !pick.described_by.is_empty() {
            self.describe(tree, &[pick.described_by]);
        }
        if pick.at_fault {
            tree.set("aria-invalid", "true");
        }
        tree.on("data-change", pick.action);
        tree.close();
        if pick.picture[0].is_empty() {
            tree.leaf("span.label", pick.label);
        } else {
            tree.icon(&pick.picture);
            tree.leaf("span.unseen", pick.label);
        }
        tree.close();
    }

    /// The options of a scale.
    fn scale(
        &self,
        tree: &mut Tree<'_>,
        place: usize,
        (low, high, display): (i8, i8, CsatDisplay),
        entry: &Entry,
        name: &str,
    ) {
        let thumbs = display == CsatDisplay::Thumbs;
        tree.set(
            "data-as",
            match display {
                CsatDisplay::Numbers if high - low >= LONG_SCALE => "scale long",
                CsatDisplay::Numbers => "scale",
                CsatDisplay::Smileys => "scale pictures",
                CsatDisplay::Stars => "scale pictures stars",
                CsatDisplay::Thumbs => "scale pictures thumbs",
            },
        );
        for score in low..=high {
            if thumbs && score != low && score != high {
                continue;
            }
            let (label, picture) = match display {
                CsatDisplay::Numbers => (tree.words.signed(score, low < 0), [""; 2]),
                CsatDisplay::Thumbs => {
                    (tree.words.get(if score == low { &words::BAD } else { &words::GOOD }), [THUMB, ""])
                }
                CsatDisplay::Stars => (points(tree.words, score, high), [STAR, ""]),
                CsatDisplay::Smileys => {
                    let mouth = MOUTHS.get(usize::from((score - low).unsigned_abs())).copied().unwrap_or_default();
                    (points(tree.words, score, high), [FACE, mouth])
                }
            };
            let sign = if score < 0 { "-" } else { "" };
            let pick = Pick {
                label: &label,
                value: &concat(&[sign, &digits(score.unsigned_abs().into())]),
                picture,
                checked: entry.score == Some(score),
                lit: display == CsatDisplay::Stars && entry.score.is_some_and(|chosen| score < chosen),
                described_by: match score {
                    _ if score == low => "low",
                    _ if score == high => "high",
                    _ => "",
                },
                at_fault: false,
                action: Action::Score(place, score),
            };
            self.option(tree, pick, false, name);
        }
    }

    /// A list of choices, each with its rank.
    fn ranking(&self, tree: &mut Tree<'_>, place: usize, choices: &[Choice], entry: &Entry) {
        tree.open("div");
        tree.set("data-as", "choices ranks");
        for index in self.script.order_of(self.at, choices) {
            let choice = &choices[index];
            let rank = entry.picked.iter().position(|picked| usize::from(*picked) == index);
            tree.open("label.option");
            tree.mark("data-on", rank.is_some());
            tree.leaf("span.label", &choice.label);
            tree.open("select");
            tree.set("name", &concat(&["q.", &self.question().id, ".rank.", &choice.id]));
            tree.on("data-change", Action::Rank(place, index));
            for number in 0..=choices.len() {
                tree.open("option");
                tree.set_number("value", number);
                tree.mark("selected", rank.map_or(0, |rank| rank + 1) == number);
                tree.text(&if number == 0 { "–".to_owned() } else { tree.words.number(number) });
                tree.close();
            }
            tree.close();
            tree.close();
        }
        tree.close();
    }

    /// A text field with its label and what still fits.
    fn text(&self, tree: &mut Tree<'_>, place: usize, part: &Part<'_>, label: &str, at_fault: bool) {
        let left = characters_left(part, &self.given.entries[place]).unwrap_or(isize::MAX);
        let hint = concat(&["left", &digits(place)]);
        let name = self.name(part, "");
        match &part.input {
            Input::Text { placeholder, .. } => {
                self.label(tree, label);
                tree.open("textarea rows=4");
                tree.set("name", &name);
                tree.set("placeholder", placeholder);
                self.describe(tree, &[&hint, "problem"]);
                self.typed(tree, place, label, (part.required, at_fault));
                self.end_label(tree, label);
            }
            Input::Email => {
                let field = Field { kind: "email", autocomplete: "email", label, placeholder: "" };
                self.field(tree, place, &name, field, (part.required, at_fault));
            }
            Input::Line { placeholder, .. } => {
                let contact = matches!(self.question().kind, QuestionKind::Contact { .. });
                let autocomplete = if contact { "name" } else { "" };
                let field = Field { kind: "text", autocomplete, label, placeholder };
                self.field(tree, place, &name, field, (part.required, at_fault));
            }
            _ => {}
        }
        let (word, number) = (if left < 0 { &words::TOO_LONG } else { &words::LEFT }, left.unsigned_abs());
        let said = left <= CHARACTERS_SHOWN && (left >= 0 || self.problem.is_none());
        let text = if said { tree.words.fill(word, &[&tree.words.number(number)]) } else { String::new() };
        tree.named("p.hint", &self.id(&hint), &text);
    }

    /// Begins the label around a field; without words the field has the question for its label.
    fn label(&self, tree: &mut Tree<'_>, label: &str) {
        if !label.is_empty() {
            tree.open("label.field");
            tree.leaf("span", label);
        }
    }

    fn end_label(&self, tree: &mut Tree<'_>, label: &str) {
        if !label.is_empty() {
            tree.close();
        }
    }

    fn field(&self, tree: &mut Tree<'_>, place: usize, name: &str, field: Field<'_>, state: (bool, bool)) {
        self.label(tree, field.label);
        tree.open("input");
        tree.set("type", field.kind);
        tree.set("name", name);
        tree.set("placeholder", field.placeholder);
        if !field.autocomplete.is_empty() {
            tree.set("autocomplete", field.autocomplete);
        }
        self.describe(tree, &["problem"]);
        self.typed(tree, place, field.label, state);
        self.end_label(tree, field.label);
    }

    /// What fields of one line and of several have in common; closes the field. `required` is said without the browser's
    /// own attribute, which would call an empty field invalid before anything was answered.
    fn typed(&self, tree: &mut Tree<'_>, place: usize, label: &str, (required, at_fault): (bool, bool)) {
        if label.is_empty() {
            tree.set("aria-labelledby", &self.id("question"));
        }
        if required {
            tree.set("aria-required", "true");
        }
        if at_fault {
            tree.set("aria-invalid", "true");
        }
        tree.set("value", &self.given.entries[place].text);
        tree.on("data-input", Action::Write(place));
        tree.close();
    }
}

/// A field of one line.
struct Field<'a> {
    kind: &'a str,
    autocomplete: &'a str,
    label: &'a str,
    placeholder: &'a str,
}

fn pick<'a>(label: &'a str, value: &'a str, checked: bool, action: Action) -> Pick<'a> {
    Pick { label, value, picture: [""; 2], checked, lit: false, described_by: "", at_fault: false, action }
}

fn points(words: &Words, score: i8, high: i8) -> String {
    words.fill(&words::POINTS, &[&words.signed(score, false), &words.signed(high, false)])
}

/// Whether one of several things is chosen.
fn is_one_of_many(input: &Input<'_>) -> bool {
    matches!(input, Input::Scale { .. } | Input::Choices { many: false, .. } | Input::YesNo)
}

/// Makes the element at hand a group of radio buttons. The group says that it is required: said of each button, it would
/// be called invalid before anything was answered.
fn radio_group(tree: &mut Tree<'_>, required: bool) {
    tree.set("role", "radiogroup");
    if required {
        tree.set("aria-required", "true");
    }
}

/// Says of the element at hand, which holds a question, what kind of group it is.
pub fn group(tree: &mut Tree<'_>, question: &Question) {
    if let [only] = &question.parts()[..]
        && is_one_of_many(&only.input)
    {
        radio_group(tree, question.required);
    }
}

/// What is said below a question of this kind.
pub fn hint(kind: &QuestionKind) -> Option<&'static Word> {
    match kind {
        QuestionKind::MultipleChoiceMulti { .. } => Some(&words::MANY),
        QuestionKind::Ranking { .. } => Some(&words::RANKS),
        _ => None,
    }
}

/// What keeps the visitor from going on, in words.
pub fn problem_text(words: &Words, question: &Question, problem: &Problem) -> String {
    match problem {
        Problem::Missing(place) => {
            let parts = question.parts();
            words.get(match parts.get(*place).map(|part| &part.input) {
                Some(Input::Text { .. } | Input::Line { .. } | Input::Email) => &words::WRITE,
                Some(Input::Consent) if question.required => &words::TICK,
                Some(Input::Consent) => &words::TICK_OR_EMPTY,
                _ => &words::CHOOSE,
            })
        }
        Problem::TooLong(_, over) => words.fill(&words::TOO_LONG, &[&words.number(*over)]),
        Problem::NotAnEmail(_) => words.get(&words::NOT_EMAIL),
        Problem::Refused(reason) if reason.is_empty() => words.get(&words::FAILED),
        Problem::Refused(reason) => words.fill(&words::REFUSED, &[reason]),
    }
}
