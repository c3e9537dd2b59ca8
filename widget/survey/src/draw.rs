//! Draws a question: each of its parts is a list of native inputs, a text field or a list of ranks. The panel and the
//! form without script draw the same.

use crate::words::{self, Word, Words};
use rapport_shared::flow::{Entry, Given, Problem, Script, Step, characters_left, digits, is_asked, is_other_picked};
use rapport_shared::survey::{Choice, CsatDisplay, Input, Part, Question, QuestionKind};
use web_sys::{Event, HtmlInputElement};
use yew::{AttrValue, Callback, Html, InputEvent, TargetCast, html};

/// The characters left are shown from here on.
const CHARACTERS_SHOWN: isize = 100;

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

/// A picture of lines in a 24 by 24 box; says nothing to a screen reader.
pub fn icon(paths: &[&'static str]) -> Html {
    html! {
        <svg viewBox="0 0 24 24" aria-hidden="true">
            { for paths.iter().map(|path| html! { <path d={*path} /> }) }
        </svg>
    }
}

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
    /// The interface's words.
    pub words: &'a Words,
    /// Begins every id; empty where one question stands alone.
    pub prefix: &'a str,
    /// Takes what the visitor does.
    pub take: &'a Callback<Step>,
    /// Whether no script runs: then everything that may be asked for is there from the beginning.
    pub still: bool,
}

/// One option of a list.
struct Pick {
    label: AttrValue,
    value: AttrValue,
    picture: Vec<&'static str>,
    checked: bool,
    /// Drawn as chosen without being it: the stars below the chosen one.
    lit: bool,
    described_by: Option<AttrValue>,
    step: Step,
}

/// The built-in label of a part.
pub fn label_of(id: &str) -> Word {
    match id {
        "name" => words::NAME,
        "email" => words::EMAIL,
        "title" => words::TITLE,
        "price" => words::LADDER_PRICE,
        "service" => words::LADDER_SERVICE,
        "knowledge" => words::LADDER_KNOWLEDGE,
        "values" => words::LADDER_VALUES,
        "photo" => words::PHOTO,
        "screenshot" => words::SCREENSHOT,
        _ => words::DETAILS,
    }
}

/// A number with its sign where a scale has both.
pub fn signed(score: i8, both: bool) -> String {
    let sign = match score.signum() {
        -1 => "−",
        1 if both => "+",
        _ => "",
    };
    [sign, &digits(score.unsigned_abs().into())].concat()
}

impl Drawing<'_> {
    fn question(&self) -> &Question {
        &self.script.questions[self.at]
    }

    fn id(&self, name: &str) -> AttrValue {
        [self.prefix, name].concat().into()
    }

    /// The name of a part's field, the same as in a form without script.
    fn name(&self, part: &Part<'_>) -> AttrValue {
        match part.id {
            "" => ["q.", &self.question().id].concat().into(),
            id => ["q.", &self.question().id, ".", id].concat().into(),
        }
    }

    /// The inputs of the question.
    pub fn parts(&self) -> Html {
        let question = self.question();
        let parts = question.parts();
        let shown: Vec<usize> = match &question.kind {
            QuestionKind::Matrix { rows, .. } => self.script.order_of(self.at, rows),
            _ => (0..parts.len()).collect(),
        };
        let shown =
            shown.into_iter().filter(|place| self.still || is_asked(question, self.given, *place, &parts[*place]));
        let (low, high) = self.ends();
        html! {
            <>
                { for shown.map(|place| self.part(place, &parts[place])) }
                if !low.is_empty() || !high.is_empty() {
                    <div class="ends"><span id={self.id("low")}>{ low }</span><span id={self.id("high")}>{ high }</span></div>
                }
            </>
        }
    }

    /// Labels of the ends of the scale.
    fn ends(&self) -> (AttrValue, AttrValue) {
        use QuestionKind as Kind;
        let (low, high) = self.question().kind.ends().unwrap_or_default();
        let (least, most) = match &self.question().kind {
            Kind::Ces { .. } | Kind::Ladder { .. } => (Some(words::DISAGREE), Some(words::AGREE)),
            Kind::ExpectationGap { .. } => (Some(words::WORSE), Some(words::BETTER)),
            _ => (None, None),
        };
        let label = |own: &str, word: Option<Word>| match word {
            Some(word) if own.is_empty() => self.words.get(word),
            _ => own.to_owned().into(),
        };
        (label(low, least), label(high, most))
    }

    fn part(&self, place: usize, part: &Part<'_>) -> Html {
        let entry = &self.given.entries[place];
        let at_fault = matches!(self.problem, Some(Problem::Missing(at) | Problem::TooLong(at, _)
            | Problem::NotAnEmail(at)) if *at == place);
        let label: AttrValue = match part {
            Part { id: "", .. } => "".into(),
            Part { label: "", id, .. } => self.words.get(label_of(id)),
            Part { label, .. } => (*label).to_owned().into(),
        };
        let (drawn_as, count, picks, kind) = match &part.input {
            Input::Scale { low, high, display } => self.scale(place, *low, *high, entry, *display),
            Input::Choices { choices, many } => {
                let order = self.script.order_of(self.at, choices);
                let picks = order.into_iter().map(|index| {
                    let step = if *many { Step::Toggle(place, index) } else { Step::Choose(place, index) };
                    self.pick(choices[index].label.clone(), &choices[index].id, entry.has(index), step)
                });
                ("choices", 0, picks.collect(), if *many { "checkbox" } else { "radio" })
            }
            Input::YesNo => {
                let picks = [words::YES, words::NO].into_iter().enumerate().map(|(index, word)| {
                    self.pick(self.words.get(word), word.0, entry.has(index), Step::Choose(place, index))
                });
                ("choices pair", 0, picks.collect(), "radio")
            }
            Input::Consent => {
                let ticked = entry.score.is_some();
                let step = Step::Score(place, if ticked { None } else { Some(1) });
                ("choices", 0, vec![self.pick(label.clone(), "1", ticked, step)], "checkbox")
            }
            Input::Ranking { choices } => return self.ranking(place, choices, entry, at_fault),
            Input::Line { .. } | Input::Email | Input::Text { .. } => return self.text(place, part, label, at_fault),
            // Pictures are drawn by the panel, which can take them; a form without script has none.
            Input::Picture { .. } => return Html::default(),
        };
        let name = self.name(part);
        let row = self.id(&["part", &digits(place)].concat());
        let is_row = !part.id.is_empty() && kind == "radio";
        let other = matches!(&part.input, Input::Choices { choices, .. } if choices.iter().any(|choice| choice.other))
            && (self.still || is_other_picked(part, entry));
        html! {
            <div key={place} class="part" data-fault={at_fault.then_some("")} role={is_row.then_some("radiogroup")}
                aria-labelledby={is_row.then(|| row.clone())}>
                if is_row { <p id={row} class="row">{ label }</p> }
                <div data-as={drawn_as} data-n={(count > 0).then(|| digits(count))}>
                    { for picks.into_iter().map(|pick| self.option(pick, kind, &name, part.required)) }
                </div>
                if other {
                    { self.field(place, &[&name, ".other"].concat(), self.words.get(words::OTHER), "text", entry, false) }
                }
            </div>
        }
    }

    fn pick(&self, label: impl Into<AttrValue>, value: &str, checked: bool, step: Step) -> Pick {
        let (label, value) = (label.into(), value.to_owned().into());
        Pick { label, value, picture: Vec::new(), checked, lit: false, described_by: None, step }
    }

    fn option(&self, pick: Pick, kind: &'static str, name: &AttrValue, required: bool) -> Html {
        let (step, take) = (pick.step, self.take.clone());
        html! {
            <label class="option" data-on={(pick.checked || pick.lit).then_some("")}>
                <input type={kind} name={name.clone()} value={pick.value} checked={pick.checked}
                    required={required && kind == "radio"} aria-describedby={pick.described_by}
                    onchange={move |_: Event| take.emit(step.clone())} />
                if pick.picture.is_empty() {
                    <span class="label">{ pick.label }</span>
                } else {
                    { icon(&pick.picture) }
                    <span class="unseen">{ pick.label }</span>
                }
            </label>
        }
    }

    /// The options of a scale, how they are drawn, and how many.
    fn scale(
        &self,
        place: usize,
        low: i8,
        high: i8,
        entry: &Entry,
        display: CsatDisplay,
    ) -> (&'static str, usize, Vec<Pick>, &'static str) {
        let drawn_as = match display {
            CsatDisplay::Numbers => "scale",
            CsatDisplay::Smileys => "scale pictures",
            CsatDisplay::Stars => "scale pictures stars",
            CsatDisplay::Thumbs => "scale pictures thumbs",
        };
        let thumbs = display == CsatDisplay::Thumbs;
        let one = |score: i8| {
            let value = signed(score, low < 0);
            let (label, picture) = match display {
                CsatDisplay::Numbers => (value.clone().into(), Vec::new()),
                CsatDisplay::Thumbs => {
                    (self.words.get(if score == low { words::BAD } else { words::GOOD }), vec![THUMB])
                }
                CsatDisplay::Stars => (self.points(score, high), vec![STAR]),
                CsatDisplay::Smileys => {
                    (self.points(score, high), vec![FACE, MOUTHS[usize::from((score - low).unsigned_abs()) % 5]])
                }
            };
            Pick {
                label,
                value: value_of(score).into(),
                picture,
                checked: entry.score == Some(score),
                lit: display == CsatDisplay::Stars && entry.score.is_some_and(|chosen| score < chosen),
                described_by: match score {
                    _ if score == low => Some(self.id("low")),
                    _ if score == high => Some(self.id("high")),
                    _ => None,
                },
                step: Step::Score(place, Some(score)),
            }
        };
        let picks: Vec<Pick> =
            (low..=high).filter(|score| !thumbs || *score == low || *score == high).map(one).collect();
        (drawn_as, picks.len(), picks, "radio")
    }

    fn points(&self, score: i8, high: i8) -> AttrValue {
        self.words.fill(words::POINTS, &[&signed(score, false), &signed(high, false)])
    }

    /// A list of choices, each with its rank.
    fn ranking(&self, place: usize, choices: &[Choice], entry: &Entry, at_fault: bool) -> Html {
        let question = self.question();
        let one = |index: usize| {
            let rank = entry.picked.iter().position(|picked| usize::from(*picked) == index);
            let take = self.take.clone();
            // A rank of 0 takes the choice out again.
            let ranked = move |event: Event| {
                let field: HtmlInputElement = event.target_unchecked_into();
                let chosen: usize = field.value().parse().unwrap_or(0);
                take.emit(match chosen {
                    0 => Step::Toggle(place, index),
                    rank => Step::Rank(place, index, rank - 1),
                });
            };
            let options = (0..=choices.len()).map(|number| {
                let text: AttrValue = if number == 0 { "–".into() } else { digits(number).into() };
                html! { <option value={digits(number)} selected={rank.map_or(0, |rank| rank + 1) == number}>{ text }</option> }
            });
            html! {
                <label key={index} class="option" data-on={rank.map(|_| "")}>
                    <span class="label">{ &choices[index].label }</span>
                    <select name={["q.", &question.id, ".rank.", &choices[index].id].concat()} onchange={ranked}>
                        { for options }
                    </select>
                </label>
            }
        };
        html! {
            <div key={place} class="part" data-fault={at_fault.then_some("")}>
                <div data-as="choices ranks">{ for self.script.order_of(self.at, choices).into_iter().map(one) }</div>
            </div>
        }
    }

    /// A text field with its label and what still fits.
    fn text(&self, place: usize, part: &Part<'_>, label: AttrValue, at_fault: bool) -> Html {
        let entry = &self.given.entries[place];
        let left = characters_left(part, entry).unwrap_or(isize::MAX);
        let (name, hint) = (self.name(part), self.id(&["left", &digits(place)].concat()));
        let typed = match &part.input {
            Input::Text { placeholder, .. } => self.area(place, part, &label, placeholder, at_fault),
            Input::Email => self.field(place, &name, label, "email", entry, at_fault),
            Input::Line { placeholder, .. } if label.is_empty() => {
                self.line(place, (&name, &label, placeholder), "text", entry, (at_fault, None))
            }
            Input::Line { .. } => self.field(place, &name, label, "text", entry, at_fault),
            _ => Html::default(),
        };
        html! {
            <div key={place} class="part" data-fault={at_fault.then_some("")}>
                { typed }
                <p id={hint} class="hint">
                    if (0..=CHARACTERS_SHOWN).contains(&left) {
                        { self.words.fill(words::LEFT, &[&digits(left.unsigned_abs())]) }
                    } else if left < 0 && self.problem.is_none() {
                        { self.words.fill(words::TOO_LONG, &[&digits(left.unsigned_abs())]) }
                    }
                </p>
            </div>
        }
    }

    fn written(&self, place: usize) -> Callback<InputEvent> {
        // A text area has the same `value`.
        self.take.reform(move |event: InputEvent| {
            let field: HtmlInputElement = event.target_unchecked_into();
            Step::Write(place, field.value())
        })
    }

    fn area(&self, place: usize, part: &Part<'_>, label: &AttrValue, placeholder: &str, at_fault: bool) -> Html {
        let text = &self.given.entries[place].text;
        let hint = self.id(&["left", &digits(place)].concat());
        let described = [hint.as_str(), " ", &self.id("problem")].concat();
        let area = html! {
            <textarea name={self.name(part)} rows="4" aria-labelledby={label.is_empty().then(|| self.id("question"))}
                aria-describedby={described} placeholder={placeholder.to_owned()}
                required={part.required && !self.still} aria-invalid={at_fault.then_some("true")}
                value={text.clone()} oninput={self.written(place)} />
        };
        if label.is_empty() {
            area
        } else {
            html! { <label class="field"><span>{ label }</span>{ area }</label> }
        }
    }

    fn field(
        &self,
        place: usize,
        name: &str,
        label: AttrValue,
        kind: &'static str,
        entry: &Entry,
        at_fault: bool,
    ) -> Html {
        let autocomplete = match kind {
            "email" => Some("email"),
            _ if self.question().kind.as_str() == "contact" => Some("name"),
            _ => None,
        };
        let line = self.line(place, (name, &label, ""), kind, entry, (at_fault, autocomplete));
        html! { <label class="field"><span>{ label }</span>{ line }</label> }
    }

    fn line(
        &self,
        place: usize,
        (name, label, placeholder): (&str, &str, &str),
        kind: &'static str,
        entry: &Entry,
        (at_fault, autocomplete): (bool, Option<&'static str>),
    ) -> Html {
        // A field of its own has the question for its label.
        let own = label.is_empty();
        html! {
            <input type={kind} name={name.to_owned()} placeholder={placeholder.to_owned()}
                autocomplete={autocomplete} aria-labelledby={own.then(|| self.id("question"))}
                aria-describedby={self.id("problem")} aria-invalid={at_fault.then_some("true")}
                value={entry.text.clone()} oninput={self.written(place)} />
        }
    }
}

/// A score as a form sends it.
fn value_of(score: i8) -> String {
    let sign = if score < 0 { "-" } else { "" };
    [sign, &digits(score.unsigned_abs().into())].concat()
}

/// What is said below a question of this kind.
pub fn hint(kind: &QuestionKind) -> Option<Word> {
    match kind {
        QuestionKind::MultipleChoiceMulti { .. } => Some(words::MANY),
        QuestionKind::Ranking { .. } => Some(words::RANKS),
        _ => None,
    }
}

/// What keeps the visitor from going on, in words.
pub fn problem_text(words: &Words, question: &Question, problem: &Problem) -> AttrValue {
    let is_text = |place: usize| {
        let parts = question.parts();
        matches!(parts.get(place).map(|part| &part.input), Some(Input::Text { .. } | Input::Line { .. } | Input::Email))
    };
    match problem {
        Problem::Missing(place) if is_text(*place) => words.get(words::WRITE),
        Problem::Missing(_) => words.get(words::CHOOSE),
        Problem::TooLong(_, over) => words.fill(words::TOO_LONG, &[&digits(*over)]),
        Problem::NotAnEmail(_) => words.get(words::NOT_EMAIL),
        Problem::Refused(reason) if reason.is_empty() => words.get(words::FAILED),
        Problem::Refused(reason) => words.fill(words::REFUSED, &[reason]),
    }
}
