//! Everything that was answered to a survey as one table: a row a response, a column a question.
//!
//! A question with several values has a column for each: a matrix and the loyalty ladder one a row, a choice of several one
//! a choice, a ranking the place of each choice, "other" its words. The columns follow from every version of the survey,
//! the current one first, so that they stay where they are whatever was answered.

use crate::member::reading::*;
use futures_util::Stream;
use jiff::tz::TimeZone;
use rapport_report::feedback::named;
use rapport_report::response::{self, PageFacts, Pictures, Time};
use rapport_report::slice::Slice;
use rapport_report::timeline::{Moment, timeline};
use rapport_report::{Listing, ReportError, Source};
use rapport_shared::survey::{AnswerKind, Choice, Input, Part, Question, Survey};
use rapport_store::StoreError;
use rapport_store::record::Consent;
use rapport_store::response::stream::{ANSWER_NAMES, AnswerName, ResponseStream, WholeResponse};
use rapport_store::response::{AnswerRecord, ResponseFilter};
use rapport_store::site::directory::SiteContext;
use std::collections::HashMap;

/// Columns of every response, before those of its answers. `page_…` and the vitals are figures of its page view by then: what is
/// counted of it stands between these and [`CONTEXT_AFTER_COUNTS`].
const CONTEXT: [&str; 22] = [
    "response",
    "at",
    "page",
    "device",
    "language",
    "finished",
    "survey",
    "version",
    "received_at",
    "duration_ms",
    "consent",
    "suspicious",
    "counted",
    "customer",
    "trail_kept",
    "trail_rage_clicks",
    "trail_dead_clicks",
    "trail_errors",
    "trail",
    "page_duration_ms",
    "page_engaged_ms",
    "page_scroll_percent",
];
/// The columns after what is counted of the page view.
const CONTEXT_AFTER_COUNTS: [&str; 11] = [
    "lcp_ms",
    "inp_ms",
    "cls",
    "fcp_ms",
    "ttfb_ms",
    "viewport_width_px",
    "viewport_height_px",
    "release",
    "came_from",
    "age_was_cut",
    "cleared",
];

/// The names of the columns of every response.
fn context() -> impl Iterator<Item = String> {
    let counts = PageFacts::COUNTS.iter().map(|name| format!("page_{name}"));
    CONTEXT.into_iter().map(str::to_owned).chain(counts).chain(CONTEXT_AFTER_COUNTS.into_iter().map(str::to_owned))
}

/// What of an answer stands in a column.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Take {
    Score,
    /// Labels of what was picked, or put in order.
    Picked,
    /// Whether this choice was picked: 1 or 0.
    Choice(String),
    /// The rank of this choice, from 1.
    Rank(String),
    Words,
    /// Where the picture is to be seen.
    Picture,
    /// Whatever there is: of facts, and of what no version asks.
    Any,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    title: String,
    question_id: String,
    /// Kind of the answers; one question can have been of several.
    kind: String,
    take: Take,
}

/// The columns of a survey's answers.
struct Columns {
    columns: Vec<Column>,
    /// Places of the columns by name of the answer.
    by_name: HashMap<String, Vec<usize>>,
    /// Whether there may be answers without a column of their own.
    has_others: bool,
}

impl Columns {
    /// The columns of `versions`, of which the first counts most, and of the names that answers have besides.
    fn new(versions: &[Survey], names: &[AnswerName]) -> Self {
        let mut columns: Vec<Column> = Vec::new();
        for question in versions.iter().flat_map(|survey| &survey.questions) {
            for part in question.parts() {
                for column in of_part(question, &part) {
                    add(&mut columns, column);
                }
            }
        }
        let is_known = |columns: &[Column], name: &AnswerName| {
            columns.iter().any(|column| column.question_id == name.question_id && column.kind == name.kind)
        };
        let mut besides: Vec<_> = names.iter().filter(|name| !is_known(&columns, name)).collect();
        besides.sort_by_key(|name| &name.question_id);
        for name in besides {
            let (question_id, kind) = (name.question_id.clone(), name.kind.clone());
            add(&mut columns, Column { title: question_id.clone(), question_id, kind, take: Take::Any });
        }
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, column) in columns.iter().enumerate() {
            by_name.entry(column.question_id.clone()).or_default().push(place);
        }
        Self { columns, by_name, has_others: names.len() >= ANSWER_NAMES }
    }

    /// The names of all columns: a name that stays, then what people read.
    fn header(&self) -> String {
        let own = self.columns.iter().map(|column| column.title.clone());
        rapport_report::csv::line(context().chain(own).chain(self.has_others.then(|| "others".to_owned())))
    }

    /// The cells of the answers of one response; `labels` are those of the version that was answered.
    fn cells(
        &self,
        answers: &[AnswerRecord],
        labels: &[response::AnswerView],
        picture: impl Fn(&str) -> String,
    ) -> Vec<String> {
        let mut cells = vec![String::new(); self.columns.len()];
        let mut others = Vec::new();
        for (answer, view) in answers.iter().zip(labels) {
            let mut is_told = false;
            for place in self.by_name.get(&answer.question_id).into_iter().flatten() {
                let column = &self.columns[*place];
                if column.kind == answer.kind {
                    is_told = true;
                    cells[*place] = column.take.text(answer, view, &picture);
                }
            }
            if !is_told {
                others.push(format!("{}={}", answer.question_id, Take::Any.text(answer, view, &picture)));
            }
        }
        if self.has_others {
            cells.push(others.join("; "));
        }
        cells
    }
}

impl Take {
    fn text(&self, answer: &AnswerRecord, view: &response::AnswerView, picture: impl Fn(&str) -> String) -> String {
        let picked = || serde_json::from_str::<Vec<String>>(&answer.choices).unwrap_or_default();
        match self {
            Self::Score => view.score_number(),
            Self::Picked if AnswerKind::parse(&answer.kind) == Some(AnswerKind::Ranking) => view.choices.join(" > "),
            Self::Picked => view.choices.join("; "),
            Self::Choice(id) => if picked().contains(id) { "1" } else { "0" }.to_owned(),
            Self::Rank(id) => {
                picked().iter().position(|one| one == id).map_or_else(String::new, |place| (place + 1).to_string())
            }
            Self::Words => answer.text.clone(),
            Self::Picture => picture(&answer.question_id),
            Self::Any => {
                let parts = [view.score_number(), view.choices.join("; "), answer.text.clone()];
                parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
            }
        }
    }
}

/// Adds a column unless a version before had it.
fn add(columns: &mut Vec<Column>, mut column: Column) {
    let is_same = |other: &Column| {
        (&other.question_id, &other.kind, &other.take) == (&column.question_id, &column.kind, &column.take)
    };
    if columns.iter().any(is_same) {
        return;
    }
    // The same question was of another kind once: its answers are not to be added up with these.
    let was_other = columns.iter().any(|other| other.question_id == column.question_id && other.kind != column.kind);
    if was_other {
        let (name, text) = column.title.split_once(": ").unwrap_or((&column.title, ""));
        column.title = format!("{name} ({}){}{text}", column.kind, if text.is_empty() { "" } else { ": " });
    }
    columns.push(column);
}

/// The columns of one part of a question.
fn of_part(question: &Question, part: &Part<'_>) -> Vec<Column> {
    let (question_id, text) = named(question, part);
    let kind = part.kind(question).as_str().to_owned();
    let column = |suffix: &str, text: &str, take: Take| Column {
        title: format!("{question_id}{suffix}: {text}"),
        question_id: question_id.clone(),
        kind: kind.clone(),
        take,
    };
    let of_choices = |choices: &[Choice], take: fn(String) -> Take| -> Vec<Column> {
        choices.iter().map(|one| column(&format!("={}", one.id), &one.label, take(one.id.clone()))).collect()
    };
    match &part.input {
        Input::Scale { .. } | Input::Consent => vec![column("", &text, Take::Score)],
        Input::YesNo => vec![column("", &text, Take::Picked)],
        Input::Line { .. } | Input::Text { .. } | Input::Email => vec![column("", &text, Take::Words)],
        Input::Picture { .. } => vec![column("", &text, Take::Picture)],
        Input::Ranking { choices } => {
            let mut columns = vec![column("", &text, Take::Picked)];
            columns.extend(of_choices(choices, Take::Rank));
            columns
        }
        Input::Choices { choices, many } => {
            let mut columns = vec![column("", &text, Take::Picked)];
            if *many {
                columns.extend(of_choices(choices, Take::Choice));
            }
            if let Some(other) = choices.iter().find(|choice| choice.other) {
                columns.push(column(".words", &format!("{text} {}", other.label), Take::Words));
            }
            columns
        }
    }
}

/// What preceded the answer, in a line.
fn trail_text(moments: &[Moment]) -> String {
    let told = moments.iter().map(|moment| {
        let what: Vec<_> = [&moment.path, &moment.element, &moment.name, &moment.text]
            .into_iter()
            .filter(|text| !text.is_empty())
            .map(String::as_str)
            .collect();
        let times = if moment.count > 1 { format!(" ×{}", moment.count) } else { String::new() };
        format!("{}: {} {}{times}", moment.before_text(), moment.title(), what.join(" "))
    });
    told.collect::<Vec<_>>().join(" | ")
}

/// A table of answers while it is read.
pub struct AnswerTable {
    responses: ResponseStream,
    columns: Columns,
    versions: HashMap<i64, Survey>,
    site_key: String,
    zone: TimeZone,
}

impl AnswerTable {
    /// The table of a survey's responses that pass slice and listing, whatever the place in the list; `None` when the site
    /// has no such survey.
    ///
    /// # Errors
    /// When the store cannot be read, or is reading as many long results as it may.
    pub async fn open(
        source: &Source<'_>,
        slice: &Slice,
        survey_id: &str,
        listing: Listing,
    ) -> Result<Option<Self>, ReportError> {
        let site: &SiteContext = source.site;
        let site_id = site.site.site_id;
        let versions = source.store.survey_versions(site_id).await?.into_iter().filter(|survey| survey.id == survey_id);
        let mut versions: Vec<_> = versions.map(Survey::outlined).collect();
        if versions.is_empty() {
            return Ok(None);
        }
        versions.reverse();
        let (now, _) = slice.periods(&site.site.time_zone, source.now_ms);
        let narrow = source.narrow(slice, (now.from_ms, now.to_ms)).await?;
        let wanted = ResponseFilter {
            survey_id,
            from_ms: now.from_ms,
            to_ms: now.to_ms,
            path: slice.path(),
            device: slice.device.stored(),
            narrow: &narrow,
            standing: listing.standing,
            words: listing.words,
            suspicious: listing.suspicious,
            after: None,
            limit: i64::MAX,
        };
        let responses = source.store.stream_responses(site_id, &wanted).await?;
        Ok(Some(Self {
            columns: Columns::new(&versions, &responses.names),
            versions: versions.into_iter().map(|survey| (i64::from(survey.version), survey)).collect(),
            responses,
            site_key: site.site.key.clone(),
            zone: site.site.time_zone.clone(),
        }))
    }

    /// The line with the names of the columns.
    pub fn header(&self) -> String {
        self.columns.header()
    }

    /// The lines of the responses, many at a time, newest first.
    pub fn lines(self) -> impl Stream<Item = Result<String, StoreError>> + Send + 'static {
        futures_util::stream::try_unfold(self, |mut table| async move {
            let responses = table.responses.next().await?;
            if responses.is_empty() {
                return Ok(None);
            }
            let text: String = responses.iter().map(|one| rapport_report::csv::line(table.row(one))).collect();
            Ok(Some((text, table)))
        })
    }

    /// The responses as a JSON array, each as in the list, which has no end where it breaks off.
    pub fn json(self) -> impl Stream<Item = Result<String, StoreError>> + Send + 'static {
        use futures_util::StreamExt;
        let items = futures_util::stream::try_unfold((self, true), |(mut table, is_first)| async move {
            let responses = table.responses.next().await?;
            if responses.is_empty() {
                return Ok(None);
            }
            let items: Vec<_> = responses.iter().map(|one| table.object(one)).collect();
            let text = format!("{}{}", if is_first { "" } else { "," }, items.join(","));
            Ok(Some((text, (table, false))))
        });
        let of = |text: &'static str| futures_util::stream::once(async move { Ok(text.to_owned()) });
        of("[").chain(items).chain(of("]"))
    }

    fn object(&self, whole: &WholeResponse) -> String {
        let answers =
            response::answers(Pictures::NONE, self.versions.get(&whole.record.survey_version), &whole.answers);
        // Serializing answers to memory cannot fail.
        serde_json::to_string(&response::summary(&whole.record, answers, &self.zone)).unwrap_or_default()
    }

    fn row(&self, whole: &WholeResponse) -> Vec<String> {
        let record = &whole.record;
        let labels = response::answers(Pictures::NONE, self.versions.get(&record.survey_version), &whole.answers);
        let summary = response::summary(record, Vec::new(), &self.zone);
        let picture = |answer: &str| format!("/sites/{}/responses/{}/pictures/{answer}", self.site_key, summary.id);
        let cells = self.columns.cells(&whole.answers, &labels, picture);
        let yes_no = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
        let moments = timeline(record.occurred_at_ms, &response::trail(record), &[], &[]);
        let page = response::page_facts(record);
        let of_page =
            |number: fn(&PageFacts) -> u32| page.as_ref().map_or_else(String::new, |page| number(page).to_string());
        let vital = |name: &str| {
            let measured = page.iter().flat_map(|page| &page.vitals).find(|vital| vital.name == name);
            measured.map_or_else(String::new, |vital| vital.value.to_string())
        };
        let before: [String; CONTEXT.len()] = [
            summary.id.clone(),
            summary.at.local.clone(),
            summary.path.clone(),
            summary.device.clone(),
            summary.language.clone(),
            yes_no(summary.finished),
            summary.survey.clone(),
            record.survey_version.to_string(),
            Time::new(record.received_at_ms, &self.zone).local,
            record.duration_ms.to_string(),
            record.consent.map_or("", Consent::as_str).to_owned(),
            summary.suspicions.iter().map(|one| one.reason).collect::<Vec<_>>().join(" "),
            yes_no(!summary.is_left_out()),
            whole.customer.clone().unwrap_or_default(),
            yes_no(!summary.trail_withheld),
            summary.rage_clicks.to_string(),
            summary.dead_clicks.to_string(),
            summary.errors.to_string(),
            trail_text(&moments),
            of_page(|page| page.duration_ms),
            of_page(|page| page.engaged_ms),
            of_page(|page| page.scroll_percent.into()),
        ];
        let counts = PageFacts::COUNTS.iter().enumerate().map(|(place, _)| {
            let count = page.as_ref().and_then(|page| page.counts().nth(place));
            count.map_or_else(String::new, |(_, _, count)| count.to_string())
        });
        let after: [String; CONTEXT_AFTER_COUNTS.len()] = [
            vital("LCP"),
            vital("INP"),
            vital("CLS"),
            vital("FCP"),
            vital("TTFB"),
            of_page(|page| page.viewport_width_px),
            of_page(|page| page.viewport_height_px),
            page.as_ref().map_or_else(String::new, |page| page.release.clone()),
            page.as_ref().map_or_else(String::new, |page| page.came_from.clone()),
            yes_no(record.clamped),
            yes_no(summary.suspicion_cleared),
        ];
        before.into_iter().chain(counts).chain(after).chain(cells).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survey(version: u32, questions: serde_json::Value) -> Survey {
        let survey = serde_json::json!({
            "id": "shop", "name": "Shop", "title": "Tell us", "version": version, "questions": questions,
        });
        serde_json::from_value(survey).expect("a survey")
    }

    fn answer(question_id: &str, kind: &str, score: Option<i64>, choices: &str, text: &str) -> AnswerRecord {
        AnswerRecord {
            item_id: rapport_shared::id::Id::default(),
            question_id: question_id.into(),
            kind: kind.into(),
            score,
            choices: choices.into(),
            text: text.into(),
        }
    }

    #[test]
    fn each_question_and_each_of_its_values_has_a_column() {
        let choices = serde_json::json!([
            {"id": "price", "label": "Price"}, {"id": "speed", "label": "Speed"},
            {"id": "else", "label": "Something else", "other": true},
        ]);
        let now = survey(
            2,
            serde_json::json!([
                {"id": "likely", "kind": "nps", "text": "How likely?"},
                {"id": "why", "kind": "multiple-choice-multi", "text": "Why?", "choices": choices},
                {"id": "first", "kind": "ranking", "text": "In which order?",
                 "choices": [{"id": "a", "label": "A"}, {"id": "b", "label": "B"}]},
                {"id": "parts", "kind": "matrix", "text": "How is", "points": 5,
                 "rows": [{"id": "shop", "label": "the shop"}, {"id": "mail", "label": "the mail"}]},
                {"id": "sure", "kind": "yes-no", "text": "Sure?"},
            ]),
        );
        let before = survey(
            1,
            serde_json::json!([
                {"id": "likely", "kind": "csat", "text": "How was it?"},
                {"id": "words", "kind": "open-text", "text": "More?"},
            ]),
        );
        let fact = AnswerName { question_id: "fact.order".into(), kind: "fact".into() };
        let columns = Columns::new(&[now.clone(), before], &[fact]);
        let header = columns.header();
        let own: Vec<_> = header.trim_end().split(',').skip(context().count()).collect();
        assert_eq!(
            own,
            [
                "likely: How likely?",
                "why: Why?",
                "why=price: Price",
                "why=speed: Speed",
                "why=else: Something else",
                "why.words: Why? Something else",
                "first: In which order?",
                "first=a: A",
                "first=b: B",
                "parts.shop: How is the shop",
                "parts.mail: How is the mail",
                "sure: Sure?",
                "likely (csat): How was it?",
                "words: More?",
                "fact.order",
            ]
        );
        let answers = [
            answer("likely", "nps", Some(9), "[]", ""),
            answer("why", "multiple-choice-multi", None, r#"["else","price"]"#, "Smell"),
            answer("first", "ranking", None, r#"["b","a"]"#, ""),
            answer("parts.mail", "rating-5", Some(2), "[]", ""),
            answer("sure", "yes-no", None, r#"["no"]"#, ""),
            answer("fact.order", "fact", None, "[]", "F-17"),
        ];
        let labels = response::answers(Pictures::NONE, Some(&now), &answers);
        let cells = columns.cells(&answers, &labels, |_| String::new());
        assert_eq!(
            cells,
            ["9", "Something else; Price", "1", "0", "1", "Smell", "B > A", "2", "1", "", "2", "No", "", "", "F-17"]
        );
    }

    #[test]
    fn what_has_no_column_is_told_in_the_last_one() {
        let names: Vec<_> = (0..ANSWER_NAMES)
            .map(|number| AnswerName { question_id: format!("fact.f{number}"), kind: "fact".into() })
            .collect();
        let columns = Columns::new(&[survey(1, serde_json::json!([]))], &names);
        assert!(columns.header().ends_with(",others\r\n"));
        let answers = [answer("fact.rare", "fact", None, "[]", "x")];
        let labels = response::answers(Pictures::NONE, None, &answers);
        assert_eq!(columns.cells(&answers, &labels, |_| String::new()).last().map(String::as_str), Some("fact.rare=x"));
    }
}
