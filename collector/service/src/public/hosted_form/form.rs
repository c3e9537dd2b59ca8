//! One run through a hosted form: what was sent, which page is next, and the response it becomes.

use rapport_figures::spam::telling_ms;
use rapport_shared::flow::{Entry, Given, Problem, Script};
use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_shared::survey::{Input, Part, Question, Survey, YES_NO};
use rapport_shared::wire::{Answer, AnswerPart, Batch, ItemType, Response};
use rapport_store::attachment::AnswerKey;
use rapport_store::response::AnswerRecord;
use rapport_store::text;
use rapport_survey::form::{self, Page};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Name of a field that people do not see, and that programs like to fill in.
pub const TRAP: &str = form::TRAP;

/// Most facts and answers are short; a form with more fields than this is nobody's.
const FIELDS: usize = 2_000;

/// One run through the form: its id makes sending it twice harmless, and draws its random orders.
pub struct FormRun {
    pub id: Id,
    /// The response it becomes.
    pub response_id: Id,
    /// When it was opened, in epoch milliseconds; `None` when a form that was sent does not say.
    pub opened_at_ms: Option<i64>,
    /// Whether the field that people do not see was filled in.
    pub trapped: bool,
    /// Whether the link carried an answer that its question does not take.
    pub misfit: bool,
    /// How often the form was sent before.
    revision: u32,
    /// Version of the survey that was opened; 0 when the form does not say.
    pub version: u32,
    /// Place of the question that the link answers: it has a page of its own.
    chosen: Option<usize>,
    /// Number of the page that was sent, from 0; `None` for a form that nobody has filled in yet.
    sent: Option<usize>,
    /// Whether the visitor wants the page before.
    back: bool,
    facts: BTreeMap<String, String>,
    /// What was given, by the place of its question.
    given: Vec<Given>,
    /// Name and value of every answer's field, as sent.
    values: Vec<(String, String)>,
    /// What was given by an earlier click of the same recipient, by the place of its question.
    earlier: Vec<Given>,
    /// Pictures that were not taken: name of the field, and why.
    picture_faults: Vec<(String, String)>,
}

/// What a form that was sent leads to.
pub enum Next {
    /// Another page of it, or the same with what is wrong.
    Page(Box<Page>),
    /// All is answered.
    Done,
}

#[derive(Serialize)]
struct Item<'a> {
    r#type: ItemType,
    #[serde(flatten)]
    response: Response<'a>,
}

impl FormRun {
    /// A form that nobody has filled in yet; the link may carry the page's facts, and the answer that was clicked.
    pub fn new(survey: &Survey, link: &[(String, String)], id: Id, opened_at_ms: i64) -> Self {
        let mut run = Self::empty(survey, id, Some(opened_at_ms));
        for (name, value) in link.iter().take(FIELDS) {
            run.fact(survey, name, value);
        }
        if let Some((at, value)) = run.follow(survey, link) {
            run.values.push((format!("q.{}", survey.questions[at].id), value));
            let given = run.read_question(&survey.questions[at]);
            run.misfit = !fits(&survey.questions[at], &given);
            if run.misfit {
                run.values.clear();
            } else {
                run.given[at] = given;
            }
        }
        run
    }

    /// Gives the question that the link answers a page of its own; its place and the answer.
    pub fn follow(&mut self, survey: &Survey, link: &[(String, String)]) -> Option<(usize, String)> {
        let place = |name: &String| survey.questions.iter().position(|question| question.id == *name);
        let answer = |(name, value): &(String, String)| {
            place(name).filter(|_| !survey.takes_fact(name)).map(|at| (at, value.clone()))
        };
        let answer = link.iter().find_map(answer);
        self.chosen = answer.as_ref().map(|(at, _)| *at);
        answer
    }

    /// Whether the answer of the link can be sent as it is: its page asks for nothing else.
    pub fn is_ready(&self, survey: &Survey) -> bool {
        let first = self.pages(survey).into_iter().next().unwrap_or_default();
        self.sent.is_none()
            && !self.misfit
            && self.chosen.is_some_and(|at| first == [at] && survey.questions[at].parts().len() == 1)
    }

    /// Takes what an earlier click of the same recipient gave, by the name of its field: an answer stays until another
    /// takes its place.
    pub fn remember(&mut self, survey: &Survey, values: Vec<(String, String)>) {
        let now = std::mem::replace(&mut self.values, values);
        self.earlier = survey.questions.iter().map(|question| self.read_question(question)).collect();
        self.values = now;
    }

    /// Takes what is stored of this run, by the name of its field, where the form that was sent says nothing of it: the
    /// browser's own Back leads to pages from before the later ones were answered. What stands on the pages up to the one
    /// that was sent is as it was sent.
    pub fn resume(&mut self, survey: &Survey, stored: Vec<(String, String)>) {
        let sent = self.sent.map_or(0, |page| page.saturating_add(1));
        let shown: Vec<usize> = self.pages(survey).into_iter().take(sent).flatten().collect();
        let said: Vec<Option<usize>> = self.values.iter().map(|(name, _)| question_of(survey, name)).collect();
        let is_missing = |(name, _): &(String, String)| {
            question_of(survey, name).is_some_and(|at| !shown.contains(&at) && !said.contains(&Some(at)))
        };
        self.values.extend(stored.into_iter().filter(is_missing));
        self.read_questions(survey);
    }

    /// Takes back what was sent: what is stored stays as it is, and is shown.
    pub fn restore(&mut self, survey: &Survey, stored: Vec<(String, String)>) {
        self.values = stored;
        self.read_questions(survey);
    }

    fn empty(survey: &Survey, id: Id, opened_at_ms: Option<i64>) -> Self {
        Self {
            id,
            response_id: id,
            opened_at_ms,
            trapped: false,
            misfit: false,
            revision: 0,
            version: 0,
            chosen: None,
            sent: None,
            back: false,
            facts: BTreeMap::new(),
            given: survey.questions.iter().map(Given::none).collect(),
            values: Vec::new(),
            earlier: Vec::new(),
            picture_faults: Vec::new(),
        }
    }

    fn fact(&mut self, survey: &Survey, name: &str, value: &str) {
        if survey.takes_fact(name) && !value.is_empty() {
            self.facts.insert(name.to_owned(), text::beginning(value.to_owned(), limit::FACT_CHARACTERS));
        }
    }

    /// Reads a form as it was sent; `id` stands in for that which it should have carried.
    pub fn read(survey: &Survey, fields: impl IntoIterator<Item = (String, String)>, id: Id) -> Self {
        let mut run = Self::empty(survey, id, None);
        run.sent = Some(0);
        for (name, value) in fields.into_iter().take(FIELDS) {
            match name.as_str() {
                "run" => {
                    run.id = Id::parse(&value).unwrap_or(id);
                    run.response_id = run.id;
                }
                "opened_at_ms" => run.opened_at_ms = value.parse().ok(),
                "revision" => run.revision = value.parse().unwrap_or(0),
                "version" => run.version = value.parse().unwrap_or(0),
                "page" => run.sent = Some(value.parse().unwrap_or(0)),
                TRAP => run.trapped |= !value.trim().is_empty(),
                "back" => run.back = true,
                name => match name.strip_prefix("fact.") {
                    Some(fact) => run.fact(survey, fact, &value),
                    None if name.starts_with("q.") => run.values.push((name.to_owned(), value)),
                    None => {}
                },
            }
        }
        // Whoever fills in the second page has sent the first.
        run.revision = run.revision.max(run.sent.and_then(|page| u32::try_from(page).ok()).unwrap_or(0).min(1_000));
        run.read_questions(survey);
        run
    }

    fn read_questions(&mut self, survey: &Survey) {
        self.given = survey.questions.iter().map(|question| self.read_question(question)).collect();
    }

    /// The answer that a file of that field belongs to in the response that is stored under that id; `None` when the survey asks for no picture under that name.
    pub fn picture_answer(&self, survey: &Survey, field: &str, response_id: Id) -> Option<AnswerKey> {
        let (question_id, part_id) = field.strip_prefix("q.")?.split_once('.')?;
        let question = survey.questions.iter().find(|question| question.id == question_id)?;
        let is_it = |part: &Part<'_>| part.id == part_id && matches!(part.input, Input::Picture { .. });
        question.parts().iter().any(is_it).then(|| AnswerKey {
            response_id,
            question_id: question_id.to_owned(),
            part_id: part_id.to_owned(),
        })
    }

    /// Takes what became of the picture of a field: it is there, or it was not taken, for that reason.
    pub fn picture(&mut self, survey: &Survey, field: String, taken: Result<(), String>) {
        match taken {
            Ok(()) => self.values.push((field, "1".to_owned())),
            Err(reason) => self.picture_faults.push((field, reason)),
        }
        self.read_questions(survey);
    }

    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.values.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn read_question(&self, question: &Question) -> Given {
        let entry = |(id, input): (&str, &Input<'_>)| {
            let name = if id.is_empty() { format!("q.{}", question.id) } else { format!("q.{}.{id}", question.id) };
            let mut entry = Entry::default();
            match input {
                Input::Scale { .. } => entry.score = self.values(&name).next().and_then(|value| value.parse().ok()),
                Input::Consent => entry.score = self.values(&name).next().map(|_| 1),
                Input::Choices { choices, many } => {
                    let place = |value: &str| choices.iter().position(|choice| choice.id == value);
                    let most = if *many { choices.len() } else { 1 };
                    let picked = self.values(&name).filter_map(place).take(most);
                    entry.picked = picked.filter_map(|place| u8::try_from(place).ok()).collect();
                    entry.text = self.values(&format!("{name}.other")).next().unwrap_or_default().to_owned();
                }
                Input::YesNo => {
                    let place = self.values(&name).find_map(|value| YES_NO.iter().position(|id| *id == value));
                    entry.picked = place.into_iter().map(|place| place as u8).collect();
                }
                Input::Ranking { choices } => {
                    let rank = |(place, choice): (usize, &rapport_shared::survey::Choice)| {
                        let rank: usize = self.values(&format!("{name}.rank.{}", choice.id)).next()?.parse().ok()?;
                        (rank > 0).then_some((rank, place as u8))
                    };
                    let mut ranked: Vec<(usize, u8)> = choices.iter().enumerate().filter_map(rank).collect();
                    // Two of the same rank stay in the order of the definition.
                    ranked.sort_by_key(|(rank, _)| *rank);
                    entry.picked = ranked.into_iter().map(|(_, place)| place).collect();
                }
                Input::Line { .. } | Input::Email | Input::Text { .. } => {
                    entry.text = self.values(&name).next().unwrap_or_default().to_owned();
                }
                Input::Picture { .. } => entry.score = self.values(&name).any(|value| value == "1").then_some(1),
            }
            entry
        };
        let parts = question.parts();
        Given { entries: parts.iter().map(|part| (part.id, &part.input)).map(entry).collect() }
    }

    fn script(&self, survey: &Survey) -> Script {
        form::script(survey, self.seed(), &self.facts)
    }

    fn seed(&self) -> u32 {
        let bytes = self.id.0;
        u32::from_be_bytes([bytes[12], bytes[13], bytes[14], bytes[15]])
    }

    /// What was given as answers: nothing where nothing was, or where it could not be confirmed.
    fn answers(&self, survey: &Survey) -> Vec<Option<Given>> {
        let one = |(question, given): (&Question, &Given)| {
            let confirmed = given.problem(question).is_none().then(|| given.confirmed(question));
            confirmed.filter(|given| !given.is_empty())
        };
        survey.questions.iter().zip(&self.given).map(one).collect()
    }

    /// The way in pages: one ends behind each question that decides about what follows, or is named in it, and behind
    /// the one that the link answers.
    fn pages(&self, survey: &Survey) -> Vec<Vec<usize>> {
        let mut pages = vec![Vec::new()];
        for at in self.script(survey).way(&self.answers(survey)) {
            if let Some(page) = pages.last_mut() {
                page.push(at);
            }
            if survey.is_asked_about(at) || self.chosen == Some(at) {
                pages.push(Vec::new());
            }
        }
        pages.retain(|page| !page.is_empty());
        pages
    }

    fn page(&self, survey: &Survey, language: &str, number: usize, problems: Vec<(usize, Problem)>) -> Page {
        let pages = self.pages(survey);
        let asked = pages.get(number).cloned().unwrap_or_default();
        let before: Vec<usize> = pages.iter().take(number).flatten().copied().collect();
        Page {
            survey: survey.clone(),
            language: language.to_owned(),
            seed: self.seed(),
            facts: self.facts.clone(),
            hidden: self.hidden(survey, number, &asked),
            before,
            asked,
            given: self.given.clone(),
            problems,
            picture_faults: self.picture_faults.clone(),
            // A page that decides about the way is never the last, unless nothing can follow.
            last: number + 1 == pages.len() && pages.last().is_some_and(|page| !decides(survey, page)),
            action: String::new(),
        }
    }

    /// Whether the page before is wanted: nothing is to be kept then.
    pub fn goes_back(&self) -> bool {
        self.back
    }

    /// The first page, or the one that follows from what was sent.
    pub fn next(&self, survey: &Survey, language: &str) -> Next {
        let pages = self.pages(survey);
        let page = |number, problems| Next::Page(Box::new(self.page(survey, language, number, problems)));
        let Some(sent) = self.sent else { return page(0, Vec::new()) };
        let sent = sent.min(pages.len().saturating_sub(1));
        if self.back {
            return page(sent.saturating_sub(1), Vec::new());
        }
        // Every page up to the one that was sent: an earlier one may have been changed on its way here.
        for (number, asked) in pages.iter().enumerate().take(sent + 1) {
            let problems: Vec<(usize, Problem)> = asked
                .iter()
                .filter_map(|at| self.given[*at].problem(&survey.questions[*at]).map(|problem| (*at, problem)))
                .collect();
            let in_vain = |at: &usize| {
                let own = ["q.", &survey.questions[*at].id, "."].concat();
                self.picture_faults.iter().any(|(field, _)| field.starts_with(&own))
            };
            if !problems.is_empty() || asked.iter().any(in_vain) {
                return page(number, problems);
            }
        }
        if sent + 1 < pages.len() { page(sent + 1, Vec::new()) } else { Next::Done }
    }

    /// The page that was sent, with nothing wrong about the answers: they could not be kept.
    pub fn again(&self, survey: &Survey, language: &str) -> Page {
        let last = self.pages(survey).len().saturating_sub(1);
        self.page(survey, language, self.sent.unwrap_or(0).min(last), Vec::new())
    }

    /// The fields that travel along: the run, the facts, and the answers of the other pages.
    fn hidden(&self, survey: &Survey, number: usize, asked: &[usize]) -> Vec<(String, String)> {
        let mut hidden = vec![
            ("run".to_owned(), self.id.to_text()),
            ("page".to_owned(), number.to_string()),
            ("version".to_owned(), survey.version.to_string()),
            ("revision".to_owned(), (self.revision + u32::from(self.sent.is_some())).to_string()),
        ];
        hidden.extend(self.opened_at_ms.map(|at_ms| ("opened_at_ms".to_owned(), at_ms.to_string())));
        if self.trapped {
            hidden.push((TRAP.to_owned(), "1".to_owned()));
        }
        hidden.extend(self.facts.iter().map(|(name, value)| (format!("fact.{name}"), value.clone())));
        let shown = |name: &str| question_of(survey, name).is_some_and(|at| asked.contains(&at));
        hidden.extend(self.values.iter().filter(|(name, _)| !shown(name)).cloned());
        hidden
    }

    /// Places of the questions that were asked, and what was answered to them.
    pub fn way(&self, survey: &Survey) -> (Script, Vec<usize>, Vec<Option<Given>>) {
        let script = self.script(survey);
        let answers = self.answers(survey);
        let way = script.way(&answers);
        (script, way, answers)
    }

    /// The batch that the widget would have sent, `after` the revision that is stored; `None` when nothing was answered.
    pub fn batch(
        &self,
        site_key: &str,
        survey: &Survey,
        language: &str,
        now_ms: i64,
        (after, finished): (u32, bool),
    ) -> Option<String> {
        // 0 is unknown, and nothing is concluded from it.
        let duration_ms =
            self.opened_at_ms.map_or(0, |at_ms| (now_ms - at_ms).clamp(0, limit::DURATION_MS.into()) as u32);
        let mut answers = self.answers(survey);
        // What the link said was decided in the mail, and what an earlier one said, before.
        let mut before: Vec<usize> = self.chosen.into_iter().collect();
        for (at, (earlier, question)) in self.earlier.iter().zip(&survey.questions).enumerate() {
            if answers[at].is_none() && !earlier.is_empty() && earlier.problem(question).is_none() {
                answers[at] = Some(earlier.confirmed(question));
                before.push(at);
            }
        }
        let way = self.script(survey).way(&answers);
        let parts = |at: &&usize| answers[**at].as_ref().map_or(0, |_| survey.questions[**at].parts().len());
        let all: usize = way.iter().map(|at| parts(&at)).sum();
        let given_before: usize = way.iter().filter(|at| before.contains(at)).map(|at| parts(&at)).sum();
        let duration_ms = telling_ms(duration_ms, all, given_before);
        let answers: Vec<Answer<'_>> = way
            .iter()
            .filter_map(|at| answers[*at].as_ref().map(|given| answer(&survey.questions[*at], given)))
            .collect();
        if answers.is_empty() {
            return None;
        }
        let facts = self.facts.iter().map(|(name, value)| (name.as_str().into(), value.as_str().into())).collect();
        let response = Response {
            id: self.response_id,
            age_ms: 0,
            revision: after.max(self.revision) + 1,
            survey: survey.id.as_str().into(),
            survey_version: survey.version,
            view: None,
            path: "".into(),
            language: language.into(),
            duration_ms,
            finished,
            answers,
            facts,
            trail: Vec::new(),
            trail_withheld: false,
            page: None,
            trapped: false,
        };
        let items = vec![Item { r#type: ItemType::Response, response }];
        let batch = Batch { items, ..Batch::of(site_key) };
        // Serializing strings and numbers to memory cannot fail.
        Some(serde_json::to_string(&batch).unwrap_or_default())
    }
}

/// Whether one click gave an answer that the question takes.
fn fits(question: &Question, given: &Given) -> bool {
    let parts = question.parts();
    match (parts.first(), given.entries.first()) {
        (Some(part), Some(entry)) if part.id.is_empty() => match part.input {
            Input::Scale { low, high, .. } => entry.score.is_some_and(|score| (low..=high).contains(&score)),
            _ => !entry.picked.is_empty(),
        },
        _ => false,
    }
}

/// The place of the question that a field belongs to.
fn question_of(survey: &Survey, field: &str) -> Option<usize> {
    let name = field.strip_prefix("q.")?;
    survey.questions.iter().position(|question| {
        name.strip_prefix(question.id.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// What is stored of a response, as the fields of its form.
pub fn fields_of(survey: &Survey, answers: &[AnswerRecord]) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for answer in answers {
        let (question_id, part_id) = answer.question_id.split_once('.').unwrap_or((&answer.question_id, ""));
        let question = survey.questions.iter().find(|question| question.id == question_id);
        let parts = question.map(Question::parts).unwrap_or_default();
        let Some(part) = parts.iter().find(|part| part.id == part_id) else { continue };
        let name = format!("q.{}", answer.question_id);
        let choices: Vec<String> = serde_json::from_str(&answer.choices).unwrap_or_default();
        match part.input {
            Input::Ranking { .. } => {
                let ranks = (1..).zip(choices);
                fields.extend(
                    ranks.map(|(rank, choice): (usize, _)| (format!("{name}.rank.{choice}"), rank.to_string())),
                );
            }
            Input::Choices { .. } | Input::YesNo => {
                fields.extend(choices.into_iter().map(|choice| (name.clone(), choice)));
                fields.push((format!("{name}.other"), answer.text.clone()));
            }
            _ => {
                let value = answer.score.map_or_else(|| answer.text.clone(), |score| score.to_string());
                fields.push((name, value));
            }
        }
    }
    fields
}

fn decides(survey: &Survey, page: &[usize]) -> bool {
    page.last().is_some_and(|at| survey.is_asked_about(*at) && at + 1 < survey.questions.len())
}

fn answer<'a>(question: &'a Question, given: &Given) -> Answer<'a> {
    let mut answer = Answer { question: question.id.as_str().into(), ..Answer::default() };
    for (part, entry) in question.parts().into_iter().zip(&given.entries) {
        if entry.is_empty() {
            continue;
        }
        let choice = |place: &u8| -> Option<Cow<'a, str>> {
            let place = usize::from(*place);
            match &part.input {
                Input::YesNo => YES_NO.get(place).map(|id| (*id).into()),
                _ => question.kind.choices().get(place).map(|choice| choice.id.as_str().into()),
            }
        };
        if part.id.is_empty() {
            answer.score = entry.score;
            answer.choices = entry.picked.iter().filter_map(choice).collect();
            answer.text = entry.text.clone().into();
        } else {
            let (part, text) = (part.id.to_owned().into(), entry.text.clone().into());
            answer.parts.push(AnswerPart { part, score: entry.score, text });
        }
    }
    answer
}
