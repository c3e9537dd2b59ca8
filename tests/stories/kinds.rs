//! Each kind of question: axe-core finds nothing, the keyboard alone is enough, and what was given is what arrives and what
//! the dashboard counts.

use crate::snapshots;
use rapport_tests::browser::{Engine, Window};
use rapport_tests::keyboard::{focus_comes, tab_to, tab_until};
use rapport_tests::{Outcome, dashboard, wait, widget::Widget, world::World};
use serde_json::{Value, json};
use std::time::Duration;
use thirtyfour::prelude::*;

in_each_browser!(
    every_kind_is_answered_by_keys_arrives_and_is_counted,
    an_address_without_its_consent_says_to_tick_the_box_or_leave_the_address_empty,
);

/// One question as a visitor with a keyboard meets it.
struct Kind {
    question: &'static str,
    /// What Tab leads to, and what is pressed there.
    fields: Vec<(&'static str, Vec<TypingData>)>,
    /// The answer that arrives, without the question's id.
    arrives: Value,
    /// What the survey's page then shows: name of the value, its kind in words, score, and whatever was counted.
    shown: Vec<(&'static str, &'static str, &'static str, Value)>,
}

/// Space takes the first of a list, the right arrow goes on from there.
fn steps(count: usize) -> Vec<TypingData> {
    let arrows = (0..count).map(|_| TypingData::from(Key::Right));
    std::iter::once(TypingData::from(" ")).chain(arrows).collect()
}

fn words(text: &str) -> Vec<TypingData> {
    vec![TypingData::from(text)]
}

/// A score that one visitor gave.
fn one(label: &str) -> Value {
    json!({ label: 1 })
}

const SATISFACTION: &str = "Satisfaction, 1 to 5";
const LADDER: &str = "Agreement with a level of the loyalty ladder, 1 to 5";

fn kinds() -> Vec<Kind> {
    let scale = |question, field, count: usize, score: i8, shown: (&'static str, &'static str)| Kind {
        question,
        fields: vec![(field, steps(count))],
        arrives: json!({ "score": score }),
        shown: vec![(question, shown.0, shown.1, one(&score.to_string()))],
    };
    let part = |name: &str, score: i8| json!({ "part": name, "score": score });
    vec![
        scale("stars", "[name='q.stars']", 1, 2, (SATISFACTION, "0.0%")),
        scale("smileys", "[name='q.smileys']", 3, 4, (SATISFACTION, "100.0%")),
        scale("numbers", "[name='q.numbers']", 4, 5, (SATISFACTION, "100.0%")),
        scale("thumbs", "[name='q.thumbs']", 1, 5, (SATISFACTION, "100.0%")),
        scale("likelihood", "[name='q.likelihood']", 1, 1, ("Net Promoter Score, 0 to 10", "−100")),
        scale("ease", "[name='q.ease']", 2, 3, ("Effort, 1 to 7", "3.00")),
        Kind {
            question: "service",
            fields: vec![("[name='q.service.speed']", steps(3)), ("[name='q.service.manner']", steps(0))],
            arrives: json!({ "parts": [part("speed", 4), part("manner", 1)] }),
            shown: vec![("service.speed", "Rating", "4.00", one("4")), ("service.manner", "Rating", "1.00", one("1"))],
        },
        Kind {
            question: "loyalty",
            fields: vec![
                ("[name='q.loyalty.price']", steps(4)),
                ("[name='q.loyalty.service']", steps(3)),
                ("[name='q.loyalty.knowledge']", steps(2)),
                ("[name='q.loyalty.values']", steps(1)),
            ],
            arrives: json!({
                "parts": [part("price", 5), part("service", 4), part("knowledge", 3), part("values", 2)]
            }),
            shown: vec![
                ("loyalty.price", LADDER, "5.00", one("5")),
                ("loyalty.service", LADDER, "4.00", one("4")),
                ("loyalty.knowledge", LADDER, "3.00", one("3")),
                ("loyalty.values", LADDER, "2.00", one("2")),
            ],
        },
        Kind {
            question: "gap",
            fields: vec![("[name='q.gap']", steps(1))],
            arrives: json!({ "score": -1 }),
            shown: vec![("gap", "Compared with what was expected, −2 to 2", "−1.00", one("−1"))],
        },
        Kind {
            question: "reason",
            fields: vec![("[name='q.reason']", steps(1))],
            arrives: json!({ "choices": ["search"] }),
            shown: vec![("reason", "Pick one", "", one("A search"))],
        },
        Kind {
            question: "missing",
            fields: vec![
                ("[value=size]", words(" ")),
                ("[value=else]", words(" ")),
                ("[name='q.missing.other']", words("A lid")),
            ],
            arrives: json!({ "choices": ["size", "else"], "text": "A lid" }),
            shown: vec![("missing", "Pick any", "", json!({ "Its size": 1, "Something else": 1 }))],
        },
        Kind {
            question: "order",
            // A digit picks that entry of a list of ranks; what is put first moves the others down.
            fields: vec![("[name='q.order.rank.price']", words("1")), ("[name='q.order.rank.quality']", words("1"))],
            arrives: json!({ "choices": ["quality", "price"] }),
            shown: vec![("order", "Put in order; bars count the first places", "", one("Quality (mean place 1.0)"))],
        },
        Kind {
            question: "fixed",
            fields: vec![("[name='q.fixed']", steps(1)), ("[name='q.fixed.reason']", words("The lid"))],
            arrives: json!({ "choices": ["no"], "parts": [{ "part": "reason", "text": "The lid" }] }),
            shown: vec![("fixed", "Yes or no", "", one("No")), ("fixed.reason", "Words", "", json!({}))],
        },
        Kind {
            question: "town",
            fields: vec![("[name='q.town']", words("Fern Hill"))],
            arrives: json!({ "text": "Fern Hill" }),
            shown: vec![("town", "Words", "", json!({}))],
        },
        Kind {
            question: "words",
            fields: vec![("[name='q.words']", words("No pointer."))],
            arrives: json!({ "text": "No pointer." }),
            shown: vec![("words", "Words", "", json!({}))],
        },
        Kind {
            question: "idea",
            fields: vec![("[name='q.idea.title']", words("Lids")), ("[name='q.idea.text']", words("For every mug"))],
            arrives: json!({ "parts": [
                { "part": "title", "text": "Lids" },
                { "part": "text", "text": "For every mug" },
            ] }),
            shown: vec![("idea.title", "Words", "", json!({})), ("idea.text", "Words", "", json!({}))],
        },
        Kind {
            question: "problem",
            fields: vec![("[name='q.problem']", words("The button is dead"))],
            arrives: json!({ "text": "The button is dead" }),
            shown: vec![("problem", "Words", "", json!({}))],
        },
        Kind {
            question: "review",
            fields: vec![
                ("[name='q.review']", steps(3)),
                ("[name='q.review.title']", words("Warm hands")),
                ("[name='q.review.text']", words("It holds the heat.")),
            ],
            arrives: json!({ "score": 4, "parts": [
                { "part": "title", "text": "Warm hands" },
                { "part": "text", "text": "It holds the heat." },
            ] }),
            shown: vec![
                ("review", "Stars, 1 to 5", "4.00", one("4")),
                ("review.title", "Words", "", json!({})),
                ("review.text", "Words", "", json!({})),
            ],
        },
        Kind {
            question: "contact",
            fields: vec![
                ("[name='q.contact.name']", words("Zoë")),
                ("[name='q.contact.email']", words("zoe@example.com")),
                ("[name='q.contact.consent']", words(" ")),
            ],
            arrives: json!({ "parts": [
                { "part": "name", "text": "Zoë" },
                { "part": "email", "text": "zoe@example.com" },
                part("consent", 1),
            ] }),
            shown: vec![
                ("contact.name", "Words", "", json!({})),
                ("contact.email", "E-mail address", "", json!({})),
                ("contact.consent", "Consent", "", one("Given")),
            ],
        },
    ]
}

/// For each question: all together take longer than what counts as too fast for so many answers (`collector/figures/src/spam.rs`).
const READ: Duration = Duration::from_millis(400);

/// The questions, by their ids.
pub fn questions() -> Vec<&'static str> {
    kinds().into_iter().map(|kind| kind.question).collect()
}

/// What the survey's page says of each value, in the form of [`Kind::shown`], and how many answered it.
const SHOWN: &str = "
    return Object.fromEntries([...document.querySelectorAll('section[aria-labelledby^=question-]')].map((section) => {
        const text = (selector) => (section.querySelector(selector) || { textContent: '' }).textContent.trim();
        const bars = [...section.querySelectorAll('[aria-label^=Distribution] tbody tr')]
            .map((row) => [row.cells[0].textContent.trim(), Number(row.cells[1].textContent)]);
        const counted = Object.fromEntries(bars.filter(([, count]) => count > 0));
        const [kind, answered] = text('header p').split(' · ');
        return [section.getAttribute('aria-labelledby').slice('question-'.length),
            { kind, answered, score: text('.score .value'), counted }];
    }));";

async fn every_kind_is_answered_by_keys_arrives_and_is_counted(window: Window) -> Outcome {
    let world = World::of("examples/plain", &["tests/surveys/kinds.json"], window).await?;
    let browser = &world.browser;
    let widget = Widget::floating(browser);
    world.visit("/").await?;
    widget.ready().await?;
    tab_to(browser, ".launcher").await?;
    browser.press(Key::Enter).await?;
    for kind in kinds() {
        let question = kind.question;
        widget.has(&format!("[name^='q.{question}']")).await?;
        focus_comes(browser, "at.localName === 'legend'").await.map_err(|failure| format!("{question}: {failure}"))?;
        if window.engine == Engine::Chromium {
            snapshots::unchanged(&world, &snapshots::of_kind(question), ".survey").await?;
        }
        let findings = browser.accessibility_findings().await?;
        assert!(findings.is_empty(), "{question}:\n{}", findings.join("\n"));
        for (field, keys) in kind.fields {
            tab_to(browser, field).await.map_err(|failure| format!("{question}: {failure}"))?;
            for key in keys {
                browser.press(key).await?;
            }
        }
        // Whoever answers faster than people read is not counted.
        wait::pass(READ).await;
        tab_until(browser, "at.matches('button.next')").await?;
        browser.press(Key::Enter).await?;
    }
    widget.thanks().await?;

    let response = world.proxy.arrival("response", |item| item["finished"] == true).await?;
    for (at, kind) in kinds().into_iter().enumerate() {
        let mut expected = kind.arrives;
        expected["question"] = json!(kind.question);
        assert_eq!(response["answers"][at], expected, "{}", kind.question);
    }

    dashboard::sign_in(&world).await?;
    let words = dashboard::read(&world, "feedback/kinds").await?;
    let page = browser.run(SHOWN).await?;
    for kind in kinds() {
        for (name, kind, score, counted) in kind.shown {
            let expected = json!({ "kind": kind, "answered": "1 answer", "score": score, "counted": counted });
            assert_eq!(page[name], expected, "{name}, of {response}, on the page:\n{words}");
        }
    }
    Ok(())
}

async fn an_address_without_its_consent_says_to_tick_the_box_or_leave_the_address_empty(window: Window) -> Outcome {
    let world = World::of("examples/plain", &[], window).await?;
    let (browser, widget) = (&world.browser, Widget::floating(&world.browser));
    let contact = |id: &str, required: bool| {
        json!({
            "id": id, "name": "Contact", "title": "Contact", "trigger": { "on": "manual" },
            "questions": [{ "id": "contact", "kind": "contact", "text": "May we write to you?",
                            "consent_text": "Yes, about this answer.", "required": required }],
        })
    };
    for survey in [contact("optional", false), contact("required", true)] {
        world.ask(&world.site, &survey)?;
    }
    // What the box says of itself, whether it has the focus, and whether its border is of the colour of what went wrong.
    let state = |root: &str| {
        format!(
            "const root = {root};
             for (const animation of root.getAnimations()) animation.finish();
             const box = root.querySelector('[type=checkbox]');
             const look = (element) => getComputedStyle(element);
             const problem = root.getElementById(box.getAttribute('aria-describedby'));
             return [box.getAttribute('aria-invalid'), problem.innerText, root.activeElement === box,
                     look(box.closest('.option')).borderTopColor === look(problem).color];"
        )
    };
    for (id, said) in
        [("optional", "Please tick the box, or leave the e-mail address empty."), ("required", "Please tick the box.")]
    {
        world.visit("/").await?;
        widget.ready().await?;
        browser.run(&format!("rapport('open', '{id}')")).await?;
        widget.click("[type=email]").await?;
        browser.press("zoe@example.com").await?;
        widget.next().await?;
        widget.see("[role=alert]").await?;
        let panel = "document.querySelector('rapport-widget').shadowRoot";
        assert_eq!(browser.run(&state(panel)).await?, json!(["true", said, true, true]), "{id}");
        let findings = browser.accessibility_findings().await?;
        assert!(findings.is_empty(), "{id}:\n{}", findings.join("\n"));
        widget.click(".option").await?;
        widget.has("[type=checkbox]:checked:not([aria-invalid])").await?;

        browser.visit(&format!("{}/f/{}/{id}", world.proxy.origin(), world.site)).await?;
        browser.click("[type=email]").await?;
        browser.press("zoe@example.com").await?;
        browser.click("button.next").await?;
        browser.see("[role=alert]").await?;
        assert_eq!(browser.run(&state("document")).await?, json!(["true", said, false, true]), "{id}, hosted form");
        let findings = browser.accessibility_findings().await?;
        assert!(findings.is_empty(), "{id}, hosted form:\n{}", findings.join("\n"));
    }
    Ok(())
}
