//! A response: bound to the version of the survey it answers, and to what that version allows.

use super::review::ORDER_SIGNATURE;
use super::{Enrichment, When, answer, at_most, check_page_view, optional_path};
use crate::public_id;
use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_shared::signal::Happening;
use rapport_shared::survey::{AnswerKind, Fault, Survey};
use rapport_shared::targeting::{Asked, Outcome};
use rapport_shared::wire::{PageView, Response, TrailEvent};
use rapport_store::device::Sender;
use rapport_store::record::refusal::FIELD_CHARACTERS;
use rapport_store::record::{AnswerRow, Record, ResponseRow, Submission};
use rapport_store::review::WrittenReview;
use rapport_store::{Statement, customer, text};
use std::borrow::Cow;

/// The day (UTC, counted from 1970) of an instant.
pub fn day_of(instant_ms: i64) -> u64 {
    u64::try_from(instant_ms.div_euclid(86_400_000)).unwrap_or(0)
}

impl Enrichment<'_> {
    /// The version of the survey, or a fault naming what is unknown.
    pub(super) fn survey(&self, survey: &str, version: u32) -> Result<&Survey, Fault> {
        self.site.survey(survey, version).ok_or_else(|| match self.site.knows_survey(survey) {
            true => Fault::new("survey_version", "is not a version of this survey"),
            false => Fault::new("survey", "is not a survey of this site"),
        })
    }

    pub fn response(&self, mut response: Response<'_>, submission: &mut Submission) -> Result<Record, Fault> {
        // A recipient's answer is stored under the id that follows from their link, which no browser may name.
        if !self.by_link && !self.by_server && !self.duplicates.contains(&(response.id, response.revision)) {
            response.id = public_id::of_response(self.site.site.site_id, response.id);
        }
        optional_path(&response.path)?;
        at_most("duration_ms", response.duration_ms.into(), limit::DURATION_MS.into())?;
        let survey = self.survey(&response.survey, response.survey_version)?;
        if !(1..=limit::RESPONSE_ANSWERS).contains(&response.answers.len()) {
            return Err(Fault::new("answers", format!("must be 1 to {} answers", limit::RESPONSE_ANSWERS)));
        }
        let withheld = response.trail_withheld || self.withheld.is_some();
        let page = match response.page.take().filter(|_| !withheld) {
            Some(page) => page_snapshot(page)?,
            None => String::new(),
        };
        let mut answers = self.answers(&response, survey)?;
        answers.extend(self.facts(&response, survey, answers.len())?);
        let when = self.when(response.age_ms);
        let suspicion = self.marks(&response, &when, &answers, submission);
        let reviews = self.reviews(&response, survey, &answers, &when, &mut submission.refusals);
        submission.also.extend(reviews.iter().map(WrittenReview::statement));
        let customer_id = self.customer.filter(|_| !withheld || self.by_link).map(|customer| customer.id);
        submission.also.extend(customer_id.and_then(|customer_id| self.asked(customer_id, &response, &when)));
        let (site_id, revision) = (self.site.site.site_id, i64::from(response.revision));
        submission.also.push(rapport_store::arrival::note(site_id, response.id, revision, self.received_at_ms));
        let row = ResponseRow {
            site_id,
            item_id: response.id,
            revision,
            survey_id: response.survey.into_owned(),
            survey_version: response.survey_version.into(),
            view_id: response.view.filter(|_| !withheld),
            session_id: self.session_id.filter(|_| !withheld),
            visitor_key: Some(self.visitor_key).filter(|_| !withheld && !self.by_server),
            occurred_at_ms: when.occurred_at_ms,
            received_at_ms: self.received_at_ms,
            hour_ms: when.hour_ms,
            clamped: when.clamped,
            bot: self.client.bot,
            path: self.path(response.path),
            language: text::line(response.language, 35),
            device: if self.by_server { Sender::Server } else { self.client.device.into() },
            duration_ms: response.duration_ms.into(),
            finished: response.finished,
            trail: if withheld { "[]".to_owned() } else { trail(response.trail) },
            trail_withheld: withheld,
            page,
            suspicion,
            consent: self.consent,
            customer_id,
        };
        Ok(Record::Response(Box::new(row), answers))
    }

    /// The answers, as its version of the survey takes them.
    fn answers(&self, response: &Response<'_>, survey: &Survey) -> Result<Vec<AnswerRow>, Fault> {
        let mut rows: Vec<AnswerRow> = Vec::with_capacity(response.answers.len());
        for (index, answer) in response.answers.iter().enumerate() {
            let at = |field: &str| format!("answers[{index}].{field}");
            let (position, question) = survey
                .questions
                .iter()
                .enumerate()
                .find(|(_, question)| question.id == answer.question)
                .ok_or_else(|| Fault::new(at("question"), "is not a question of this version"))?;
            if response.answers[..index].iter().any(|earlier| earlier.question == question.id) {
                return Err(Fault::new(at("question"), "must be answered only once"));
            }
            let values = answer::check(question, answer).map_err(|fault| Fault::new(at(&fault.field), fault.reason))?;
            rows.extend(values.into_iter().map(|value| AnswerRow {
                site_id: self.site.site.site_id,
                item_id: response.id,
                question_id: value.question_id,
                position: position as i64,
                kind: value.kind,
                score: value.score.map(i64::from),
                choices: value.choices,
                text: value.text,
            }));
        }
        Ok(rows)
    }

    /// What the page knew, as far as the survey asks for it; `answers` rows stand before these.
    fn facts(&self, response: &Response<'_>, survey: &Survey, answers: usize) -> Result<Vec<AnswerRow>, Fault> {
        // A page may hand over more than the survey asks for; a server hears of what would not be kept.
        if let Some(name) = response.facts.keys().find(|name| self.by_server && !survey.takes_fact(name)) {
            return Err(Fault::new(
                text::bounded(&format!("facts.{name}"), FIELD_CHARACTERS),
                "is not a fact of this survey",
            ));
        }
        let mut rows = Vec::new();
        for (name, value) in response.facts.iter().filter(|(name, _)| survey.takes_fact(name)) {
            let length = text::line_breaks(value).chars().count();
            if length > limit::FACT_CHARACTERS {
                let reason = format!("must be at most {} characters, has {length}", limit::FACT_CHARACTERS);
                return Err(Fault::new(format!("facts.{name}"), reason));
            }
            if name == ORDER_SIGNATURE {
                continue;
            }
            rows.push(AnswerRow {
                site_id: self.site.site.site_id,
                item_id: response.id,
                question_id: format!("fact.{name}"),
                position: (survey.questions.len() + answers + rows.len()) as i64,
                kind: AnswerKind::Fact,
                score: None,
                choices: serde_json::to_string(&[text::words(value)]).unwrap_or_else(|_| "[]".to_owned()),
                text: String::new(),
            });
        }
        Ok(rows)
    }

    /// Why it may be suspicious, or count in no quota; a server is believed.
    fn marks(
        &self,
        response: &Response<'_>,
        when: &When,
        answers: &[AnswerRow],
        submission: &mut Submission,
    ) -> Option<String> {
        if self.by_server {
            return None;
        }
        let suspicion = self.suspicion(response, when, answers, &mut submission.also);
        submission.also.extend(self.beyond_share(response, when));
        suspicion
    }

    /// The note that a customer has answered, which keeps them from being asked again.
    fn asked(&self, customer_id: Id, response: &Response<'_>, when: &When) -> Option<Statement> {
        let asked = Asked { day: day_of(when.occurred_at_ms), outcome: Outcome::Answered };
        let noted = || customer::note_asked(self.site.site.site_id, customer_id, &response.survey, asked);
        response.finished.then(noted)
    }
}

/// The page's figures at the time of the response, checked and made fit to keep.
fn page_snapshot(page: PageView<'_>) -> Result<String, Fault> {
    check_page_view(&page).map_err(|fault| Fault::new(format!("page.{}", fault.field), fault.reason))?;
    let page = PageView {
        path: text::path(&page.path).into(),
        referrer: text::address(page.referrer, limit::REFERRER_CHARACTERS).into(),
        source: text::line(page.source, limit::NAME_CHARACTERS).into(),
        release: text::line(page.release, limit::NAME_CHARACTERS).into(),
        ..page
    };
    Ok(serde_json::to_string(&page).unwrap_or_default())
}

/// The trail as JSON, within its limits: what is too much goes from the oldest end, so that no answer is refused for it.
fn trail(events: Vec<TrailEvent<'_>>) -> String {
    let mut kept: Vec<TrailEvent<'_>> = events
        .into_iter()
        .filter(|event| Happening::parse(&event.kind).is_some())
        .map(|event| TrailEvent {
            before_ms: event.before_ms.min(limit::AGE_MS),
            kind: event.kind,
            path: line(text::path(&event.path)),
            element: line(text::line(event.element, limit::ELEMENT_CHARACTERS)),
            name: line(text::line(event.name, limit::NAME_CHARACTERS)),
            text: line(text::line(event.text, limit::MESSAGE_CHARACTERS)),
            count: event.count,
        })
        .collect();
    let surplus = kept.len().saturating_sub(limit::TRAIL_EVENTS);
    kept.drain(..surplus);
    loop {
        let json = serde_json::to_string(&kept).unwrap_or_else(|_| "[]".to_owned());
        if json.len() <= limit::TRAIL_BYTES || kept.is_empty() {
            return json;
        }
        kept.remove(0);
    }
}

fn line(text: String) -> Cow<'static, str> {
    Cow::Owned(text)
}
