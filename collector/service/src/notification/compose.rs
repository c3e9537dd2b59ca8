//! News in words and fields: what is said of a response, a review, a ticket, an issue, a promise or a score. Titles have nobody's words.

use rapport_report::issue::Issue;
use rapport_shared::id::Id;
use rapport_store::arrival::Arrival;
use rapport_store::follow_up::Reach;
use rapport_store::news::source::{ReviewOfResponse, Untold};
use rapport_store::news::{News, NewsKind};
use rapport_store::response::AnswerRecord;
use rapport_store::target::OfTicket;
use rapport_store::ticket::{EventKind, State, Ticket, rule};
use serde_json::{Map, Value as Json, json};

fn object(value: Json) -> Map<String, Json> {
    match value {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}

/// What is told of a customer: only to those who are told who people are.
pub fn person(of: &Reach) -> Map<String, Json> {
    let told = [("customer", &of.external_id), ("name", &of.name), ("mail", &of.mail)];
    told.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name.to_owned(), json!(text))).collect()
}

/// What is told of a response that arrived.
pub struct ToldResponse {
    /// That it is there.
    pub created: News,
    /// That it grew to this revision.
    pub grown: News,
    /// That a score of it is low, and words came with it.
    pub low: Option<News>,
}

/// Whether an answer says who somebody is.
fn is_person(answer: &AnswerRecord) -> bool {
    let is_name = answer.question_id.ends_with(".name") || answer.question_id == "author";
    answer.kind == "email" || answer.kind == "short-text" && is_name
}

/// What was scored and chosen.
fn answers(answers: &[AnswerRecord]) -> Json {
    let one = |answer: &AnswerRecord| {
        let choices: Json = serde_json::from_str(&answer.choices).unwrap_or_else(|_| json!([]));
        json!({ "question": answer.question_id, "kind": answer.kind, "score": answer.score, "choices": choices })
    };
    answers.iter().filter(|answer| !is_person(answer)).map(one).collect()
}

/// A response that arrived, with what is known of who gave it.
pub fn of_response(site_id: Id, arrival: &Arrival, known: Map<String, Json>) -> ToldResponse {
    let (record, id) = (&arrival.record, arrival.record.item_id.to_text());
    let content = rule::content(&record.path, &arrival.answers);
    let said = |is: fn(&AnswerRecord) -> bool| {
        let texts = arrival.answers.iter().filter(move |answer| !answer.text.is_empty() && is(answer));
        texts.map(|answer| (answer.question_id.clone(), json!(answer.text))).collect::<Map<_, _>>()
    };
    let mut person = known;
    person.extend(said(is_person));
    let facts = object(json!({
        "response": id, "survey": record.survey_id, "version": record.survey_version, "finished": record.finished,
        "revision": arrival.revision(), "device": record.device, "language": record.language,
        "low": content.low, "answers": answers(&arrival.answers),
    }));
    let news = |kind: NewsKind, about: &str, title: &str| News {
        page: record.path.clone(),
        path: format!("responses/{id}"),
        facts: facts.clone(),
        words: said(|answer| !is_person(answer)),
        person: person.clone(),
        customer_id: arrival.customer_id,
        response_id: Some(record.item_id),
        ..News::new(site_id, (kind, about), &format!("{title} on {}", record.path), record.occurred_at_ms)
    };
    ToldResponse {
        created: news(NewsKind::ResponseCreated, &id, "An answer"),
        grown: news(NewsKind::ResponseUpdated, &format!("{id}:{}", arrival.revision()), "An answer grew"),
        low: (content.low && content.words).then(|| news(NewsKind::ResponseLow, &id, "A low score with words")),
    }
}

/// A review that came with a response.
pub fn of_review(site_id: Id, review: &ReviewOfResponse, arrival: &Arrival) -> News {
    let id = review.review_id.to_text();
    let title = format!("A review of {} with {} of 5 stars", review.thing, review.stars);
    let texts = [("title", &review.title), ("text", &review.text)];
    let texts = texts.into_iter().filter(|(_, text)| !text.is_empty());
    let author = Some(&review.author).filter(|author| !author.is_empty());
    News {
        page: arrival.record.path.clone(),
        path: format!("reviews/{id}"),
        facts: object(json!({ "review": id, "thing": review.thing, "stars": review.stars })),
        words: texts.map(|(name, text)| (name.to_owned(), json!(text))).collect(),
        person: author.map(|author| ("author".to_owned(), json!(author))).into_iter().collect(),
        customer_id: arrival.customer_id,
        response_id: Some(review.response_id),
        ..News::new(site_id, (NewsKind::ReviewCreated, &id), &title, arrival.record.occurred_at_ms)
    }
}

fn ticket_facts(ticket: &Ticket) -> Map<String, Json> {
    object(json!({
        "ticket": ticket.code, "kind": ticket.kind.as_str(), "state": ticket.state.as_str(),
        "priority": ticket.priority.as_str(), "low": ticket.standing == "low", "words": ticket.words,
        "response": ticket.response_id.map(|id| id.to_text()),
        "opened_at": crate::webhook::payload::instant(ticket.opened_at_ms),
    }))
}

/// The kinds of news that something which happened to a ticket is.
fn kinds_of(of: &Untold, detail: &Json) -> Vec<NewsKind> {
    let mut kinds = match of.event.kind {
        EventKind::Opened => vec![NewsKind::TicketOpened],
        EventKind::State if detail["to"] == State::Resolved.as_str() => {
            vec![NewsKind::TicketChanged, NewsKind::TicketResolved]
        }
        _ => vec![NewsKind::TicketChanged],
    };
    if !of.mentioned.is_empty() {
        kinds.push(NewsKind::TicketMentioned);
    }
    kinds
}

/// What happened to a ticket, with what is known of its customer.
pub fn of_ticket(site_id: Id, of: &Untold, known: &Map<String, Json>) -> Vec<News> {
    let (event, ticket) = (&of.event, &of.ticket);
    let detail: Json = serde_json::from_str(&event.detail).unwrap_or(Json::Null);
    let on = if ticket.path.is_empty() { String::new() } else { format!(" on {}", ticket.path) };
    let label = ticket.kind.label().to_lowercase();
    let mut facts = ticket_facts(ticket);
    facts.insert("event".into(), json!(event.kind.as_str()));
    // Owners and causes are ids of the database, which mean nothing elsewhere.
    if matches!(event.kind, EventKind::State | EventKind::Priority | EventKind::ProblemFixed | EventKind::CauseFixed) {
        facts.extend(["from", "to"].map(|name| (name.to_owned(), detail[name].clone())));
    }
    let mut person = known.clone();
    person.insert("actor".into(), json!(event.actor));
    let news = |kind: NewsKind| {
        let title = match kind {
            NewsKind::TicketOpened => format!("Ticket {} was opened: {label}{on}", ticket.code),
            NewsKind::TicketResolved => format!("Ticket {} was resolved: {label}{on}", ticket.code),
            NewsKind::TicketMentioned => format!("You are mentioned in ticket {}: {label}{on}", ticket.code),
            _ => format!("Ticket {}: {} {}", ticket.code, "somebody", event.kind.label()),
        };
        let audience = if kind == NewsKind::TicketMentioned { of.mentioned.clone() } else { Vec::new() };
        News {
            page: ticket.path.clone(),
            path: format!("inbox/{}", ticket.code),
            facts: facts.clone(),
            words: object(json!({ "subject": ticket.subject })),
            person: person.clone(),
            audience,
            customer_id: ticket.customer_id,
            response_id: ticket.response_id,
            ..News::new(site_id, (kind, &event.event_id.to_text()), &title, event.occurred_at_ms)
        }
    };
    kinds_of(of, &detail).into_iter().map(news).collect()
}

/// A promise that was missed, or soon will be, as of `now_ms`.
pub fn of_target(site_id: Id, of: &OfTicket, kind: NewsKind, now_ms: i64) -> News {
    let (target, due_at_ms) = (&of.target, of.target.due_at_ms.unwrap_or_default());
    let what = target.kind.label().to_lowercase();
    let title = match kind {
        NewsKind::TargetMissed => format!("Ticket {}: its {what} is late", of.code),
        _ => format!("Ticket {}: its {what} is due soon", of.code),
    };
    let about = format!("{}:{}:{}:{due_at_ms}", of.ticket_id, target.kind.as_str(), target.round);
    News {
        path: format!("inbox/{}", of.code),
        facts: object(json!({
            "ticket": of.code, "promise": target.kind.as_str(), "round": target.round, "promised": target.promised,
            "due_at": crate::webhook::payload::instant(due_at_ms),
        })),
        ..News::new(site_id, (kind, &about), &title, due_at_ms.min(now_ms))
    }
}

/// An issue that was found.
pub fn of_issue(site_id: Id, issue: &Issue, now_ms: i64) -> News {
    News {
        page: issue.page.clone(),
        path: format!("issues/{}", issue.id),
        facts: object(json!({
            "issue": issue.id, "page": issue.page, "kind": issue.kind, "label": issue.label, "headline": issue.headline,
            "views": issue.views, "visits": issue.visits, "low_ratings": issue.low_ratings, "comments": issue.comments,
        })),
        ..News::new(site_id, (NewsKind::IssueFound, &issue.id), &issue.headline, now_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapport_store::ticket::{Priority, TicketEvent, TicketKind};

    fn untold(kind: EventKind, detail: &str, mentioned: &[&str]) -> Untold {
        let ticket = Ticket {
            ticket_id: Id([3; 16]),
            code: "7K".into(),
            kind: TicketKind::Problem,
            subject: "My card was refused".into(),
            path: "/checkout".into(),
            standing: "low".into(),
            words: true,
            response_id: Some(Id([4; 16])),
            review_id: None,
            customer_id: Some(Id([5; 16])),
            issue_id: None,
            state: State::New,
            priority: Priority::High,
            owner_id: None,
            cause_id: None,
            problem_fixed: None,
            cause_fixed: None,
            merged_into: None,
            reopened: 0,
            version: 1,
            opened_at_ms: 10,
            changed_at_ms: 20,
            resolved_at_ms: None,
        };
        let event = TicketEvent {
            event_id: Id([9; 16]),
            ticket_id: ticket.ticket_id,
            kind,
            actor: "ada@example.com".into(),
            text: "an internal note".into(),
            detail: detail.into(),
            occurred_at_ms: 20,
        };
        Untold { event, ticket, mentioned: mentioned.iter().map(|name| (*name).to_owned()).collect() }
    }

    #[test]
    fn what_happened_to_a_ticket_was_told_with_a_note_of_staff_or_an_id_of_the_database() {
        let of = |kind, detail: &str, mentioned: &[&str]| {
            of_ticket(Id([1; 16]), &untold(kind, detail, mentioned), &Map::new())
        };
        let opened = of(EventKind::Opened, "{}", &[]);
        assert_eq!((opened.len(), opened[0].kind), (1, NewsKind::TicketOpened));
        assert_eq!(opened[0].title, "Ticket 7K was opened: problem on /checkout");
        let resolved = of(EventKind::State, r#"{"from":"new","to":"resolved"}"#, &[]);
        assert_eq!(
            resolved.iter().map(|news| news.kind).collect::<Vec<_>>(),
            [NewsKind::TicketChanged, NewsKind::TicketResolved]
        );
        assert_eq!((&resolved[1].facts["from"], &resolved[1].facts["to"]), (&json!("new"), &json!("resolved")));
        let owned = of(EventKind::Owner, r#"{"from":null,"to":"0189"}"#, &[]);
        assert!(!owned[0].facts.contains_key("to"), "{:?}", owned[0].facts);
        let noted = of(EventKind::Note, "{}", &["ada@example.com"]);
        assert_eq!(noted[1].audience, ["ada@example.com"]);
        for news in opened.iter().chain(&resolved).chain(&noted) {
            let told = format!("{:?} {:?} {:?} {}", news.facts, news.words, news.person, news.title);
            assert!(!told.contains("internal note"), "{told}");
            assert!(!news.title.contains("refused") && !format!("{:?}", news.facts).contains("ada@"), "{told}");
        }
    }
}
