//! Every fault of a definition is named by its path, and a whole one has none.

use super::*;
use crate::limit;
use serde_json::{Value, json};

fn definition() -> Value {
    json!({
        "id": "all", "name": "All", "title": "Tell us", "facts": ["order"], "language": "en",
        "questions": [
            {"id": "likely", "kind": "nps", "text": "How likely, {{trait:name|friend}}?"},
            {"id": "rate", "kind": "csat", "display": "thumbs", "text": "Good?"},
            {"id": "grid", "kind": "matrix", "text": "Rate", "points": 4, "rows": [{"id": "speed", "label": "Speed"}]},
            {"id": "pick", "kind": "multiple-choice-single", "text": "Why {{answer:likely}}?", "randomize": true,
             "choices": [{"id": "a", "label": "A"}, {"id": "b", "label": "Other", "other": true, "last": true}],
             "branches": [{"when": [{"answer": "pick", "is": "a"}], "skip_to": "done"}, {"when": [{"fact": "order", "given": false}], "end": true}]},
            {"id": "gap", "kind": "expectation-gap", "text": "Compared?",
             "when": [{"any": [{"answer": "likely", "at_most": 6}, {"not": {"answer": "grid.speed", "at_least": 2, "at_most": 3}}]}]},
            {"id": "rank", "kind": "ranking", "text": "Order", "choices": [{"id": "a", "label": "A"}, {"id": "b", "label": "B"}]},
            {"id": "ladder", "kind": "ladder", "text": "Agree?"},
            {"id": "fixed", "kind": "yes-no", "text": "Fixed?", "reason_label": "Why not?", "reason_after": "no"},
            {"id": "name", "kind": "short-text", "text": "Which one?"},
            {"id": "idea", "kind": "idea", "text": "Your idea?"},
            {"id": "bug", "kind": "problem-report", "text": "What happened?"},
            {"id": "stars", "kind": "review", "text": "Your review", "thing": "{{fact:order}}", "photo": true},
            {"id": "done", "kind": "contact", "text": "May we write?", "consent_text": "Yes, write to me"},
        ],
        "random_groups": [["rank", "ladder"]],
        "ends": [{"id": "promoter", "when": [{"answer": "likely", "at_least": 9}], "title": "Thanks",
                  "button": {"label": "Review us", "survey": "review"}},
                 {"id": "other", "text": "Bye", "button": {"label": "Write", "url": "mailto:a@example.com"}}],
        "translations": {"de": {"title": "Sag es uns", "questions.pick.choices.a": "Ah", "ends.promoter.button": "Bewerten"}},
    })
}

fn read(definition: Value) -> Survey {
    serde_json::from_value(definition).expect("a definition")
}

#[test]
fn a_survey_asks_for_no_more_pictures_than_a_response_may_have() {
    let question = |at: usize| json!({"id": format!("q{at}"), "kind": "problem-report", "text": "?"});
    for (count, faults) in [(limit::RESPONSE_PICTURES, 0), (limit::RESPONSE_PICTURES + 1, 1)] {
        let questions: Vec<_> = (0..count).map(question).collect();
        let survey = read(json!({"id": "s", "name": "S", "title": "S", "questions": questions}));
        assert_eq!(survey.faults().len(), faults, "{:?}", survey.faults());
    }
}

#[test]
fn a_survey_of_every_kind_has_no_fault_and_reads_back_as_it_was() {
    let survey = read(definition());
    assert_eq!(survey.faults(), []);
    assert_eq!(read(serde_json::to_value(&survey).unwrap()), survey);
    let german = survey.clone().in_language("de-AT");
    assert_eq!((german.title.as_str(), german.language.as_str()), ("Sag es uns", "de"));
    assert_eq!(german.questions[0].text, survey.questions[0].text, "what is not translated stays");
    assert_eq!(survey.clone().in_language("fr").title, survey.title);
    let texts = survey.texts();
    assert!(texts.contains(&("questions.grid.rows.speed".to_owned(), "Speed".to_owned())), "{texts:?}");
}

#[test]
fn a_button_that_opens_no_survey_of_the_site_is_a_fault_and_is_left_out() {
    let survey = read(definition());
    let known = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    assert_eq!(survey.faults_beside(&known(&["all", "review"])), []);
    let faults = survey.faults_beside(&known(&["all"]));
    assert!(matches!(&faults[..], [only] if only.field == "ends[0].button.survey" && only.reason.contains("review")));
    let buttons = |survey: Survey| survey.ends.iter().map(|end| end.button.is_some()).collect::<Vec<_>>();
    assert_eq!(buttons(survey.clone().without_dead_ends(&known(&["review"]))), [true, true]);
    assert_eq!(buttons(survey.without_dead_ends(&known(&["all"]))), [false, true], "a link leads on all the same");
}

#[test]
fn a_review_may_leave_its_thing_to_the_page() {
    let mut definition = definition();
    definition["questions"][11].as_object_mut().unwrap().remove("thing");
    assert_eq!(read(definition).faults(), []);
}

#[test]
fn every_fault_is_named_by_its_path_and_limit() {
    let question = |kind: &str, more: Value| {
        let mut question = json!({"id": "q", "kind": kind, "text": "?"});
        question.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        question
    };
    let cases: Vec<(&str, Value, &str, &str)> = vec![
        ("/title", json!(""), "title", "1 to 120"),
        ("/quota", json!(0), "quota", "1 to 1000000000"),
        ("/quota", json!(1_000_000_001), "quota", "1 to 1000000000"),
        ("/language", json!("deutsch!"), "language", "BCP 47"),
        ("/facts", json!(["A b"]), "facts[0]", "a-z"),
        ("/questions/2/points", json!(12), "questions[2].points", "2 to 11"),
        ("/questions/2/rows", json!([]), "questions[2].rows", "1 to 50"),
        ("/questions/3/choices/0/other", json!(true), "questions[3].choices[1].other", "one choice"),
        ("/questions/8/max_characters", json!(201), "questions[8].max_characters", "1 to 200"),
        ("/language", json!("klingon"), "language", "known language"),
        ("/translations/en", json!({"title": "Tell us"}), "translations.en", "another language"),
        ("/trigger", json!({"on": "exit_intent"}), "trigger.on", "placement is launcher"),
        ("/trigger", json!({"on": "seen", "selector": "#a[["}), "trigger.selector", "CSS selector"),
        ("/target", json!({"languages": ["xx-nonsense-foo"]}), "target.languages[0]", "known language"),
        ("/questions/11/thing", json!("x".repeat(201)), "questions[11].thing", "at most 200"),
        ("/questions/6/statements", json!([{"id": "x", "label": "X"}]), "questions[6].statements[0].id", "price"),
        ("/questions/0/text", json!("{{answer:rate}}"), "questions[0].text", "earlier question"),
        ("/questions/0/text", json!("{{fact:age}}"), "questions[0].text", "facts"),
        ("/questions/7/reason_label", json!("{{trait:a}}"), "questions[7].reason_label", "no placeholder"),
        ("/questions/0/text", json!("{{name}}"), "questions[0].text", "placeholder"),
        ("/questions/3/branches/0/skip_to", json!("likely"), "questions[3].branches[0].skip_to", "later"),
        ("/questions/3/branches/0/skip_to", json!("pick"), "questions[3].branches[0].skip_to", "later"),
        ("/questions/3/branches/0/skip_to", json!("gone"), "questions[3].branches[0].skip_to", "not a question"),
        ("/questions/3/branches/0/skip_to", json!("ladder"), "questions[3].branches[0].skip_to", "random group"),
        ("/questions/3/branches/0/end", json!(true), "questions[3].branches[0]", "either"),
        ("/questions/3/branches/0/when/0/is", json!("z"), "questions[3].branches[0].when[0].is", "not a choice"),
        ("/questions/3/branches/1/when/0/fact", json!("age"), "questions[3].branches[1].when[0].fact", "facts"),
        ("/questions/4/when/0/any/0/at_most", json!(11), "questions[4].when[0].any[0].at_most", "0 to 10"),
        ("/questions/4/when/0/any/0/answer", json!("done"), "questions[4].when[0].any[0].answer", "earlier"),
        ("/questions/4/when/0/any/1/not/answer", json!("grid"), "questions[4].when[0].any[1].not.answer", "grid.speed"),
        ("/questions/4/when/0/any/1/not/at_least", json!(4), "questions[4].when[0].any[1].not.at_most", "below"),
        ("/questions/4/when/0", json!({}), "questions[4].when[0]", "exactly one"),
        ("/questions/4/when/0", json!({"answer": "likely"}), "questions[4].when[0]", "one test"),
        ("/questions/6/when", json!([{"answer": "rank", "given": true}]), "questions[6].when[0].answer", "earlier"),
        ("/random_groups", json!([["ladder", "rank"]]), "random_groups[0]", "follow each other"),
        ("/random_groups", json!([["rank"]]), "random_groups[0]", "at least 2"),
        ("/ends/0/button/url", json!("https://example.com"), "ends[0].button", "either"),
        ("/ends/1/button/url", json!("javascript:alert(1)"), "ends[1].button.url", "https://"),
        ("/ends/1/button/url", json!("//example.com"), "ends[1].button.url", "https://"),
        ("/translations/de/gone", json!("x"), "translations.de.gone", "not a text"),
        ("/translations/de/title", json!(""), "translations.de.title", "1 to 120"),
        ("/questions/1", question("multiple-choice-multi", json!({"choices": []})), "questions[1].choices", "2 to 50"),
    ];
    for (pointer, value, field, reason) in cases {
        let mut broken = definition();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match broken.pointer_mut(parent).unwrap() {
            Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
            object => object[key] = value,
        }
        let faults = read(broken).faults();
        assert!(
            faults.iter().any(|fault| fault.field == field && fault.reason.contains(reason)),
            "{pointer}: {faults:?}"
        );
    }
}

#[test]
fn no_two_faults_read_alike() {
    let question = json!({
        "id": "A b", "kind": "multiple-choice-single", "text": "{{name}} {{age}}", "when": [{}, {}],
        "choices": [{"id": "", "label": ""}, {"id": "", "label": ""}, {"id": "", "label": ""}],
        "branches": [{"when": [{}]}, {"when": [{}]}],
    });
    let end = json!({"id": "A b", "when": [{}, {}], "button": {}});
    let page = json!({"glob": "cart=1"});
    let survey = read(json!({
        "id": "alike", "name": "Alike", "title": "Alike", "facts": ["A b", "A b", "A b"],
        "questions": [question, question, question], "ends": [end, end],
        "random_groups": [["A b", "A b"], ["A b", "A b"]],
        "target": {"pages": [page, page], "sources": ["", ""], "languages": ["deutsch!", "deutsch!"]},
        "translations": {"de": {"one": "x", "two": "x"}, "fr": {"one": "x", "two": "x"}},
    }));
    let told: Vec<String> = survey.faults().iter().map(ToString::to_string).collect();
    for field in
        ["questions[2].text: ", "questions[1].choices[2].label: ", "random_groups[1][1]: ", "ends[1].when[1]: "]
    {
        assert!(told.iter().any(|line| line.starts_with(field)), "{field} {told:#?}");
    }
    for (at, line) in told.iter().enumerate() {
        assert!(!told[..at].contains(line), "twice: {line}");
    }
}
