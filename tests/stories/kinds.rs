//! Each kind of question: axe-core finds nothing, and the keyboard alone is enough.

use rapport_tests::{Outcome, browser::Window, wait, widget::Widget, world::World};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

in_each_browser!(every_kind_of_question_is_accessible_and_answered_by_keys);

/// Each question with the keys that answer it once its first field has the focus, and what then arrives.
fn answers() -> [(&'static str, Vec<TypingData>, Value); 8] {
    let space = || TypingData::from(" ");
    let right = || TypingData::from(Key::Right);
    [
        ("stars", vec![space(), right()], json!({ "score": 2 })),
        ("smileys", vec![space(), right(), right()], json!({ "score": 3 })),
        ("numbers", vec![space(), right(), right(), right()], json!({ "score": 4 })),
        ("likelihood", vec![space(), right()], json!({ "score": 1 })),
        ("ease", vec![space(), right(), right()], json!({ "score": 3 })),
        ("reason", vec![space(), right()], json!({ "choices": ["search"] })),
        ("missing", vec![space()], json!({ "choices": ["size"] })),
        ("words", vec![TypingData::from("No pointer.")], json!({ "text": "No pointer." })),
    ]
}

/// Presses Tab until `condition`, an expression on `at`, the element with the focus, holds.
async fn tab_until(world: &World, condition: &str) -> Outcome {
    let script = format!(
        "let at = document.activeElement;
         while (at && at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement;
         return Boolean(at && ({condition}));"
    );
    for _ in 0..30 {
        world.browser.press(Key::Tab).await?;
        if world.browser.run(&script).await? == true {
            return Ok(());
        }
    }
    Err(format!("Tab never reaches {condition}").into())
}

async fn every_kind_of_question_is_accessible_and_answered_by_keys(window: Window) -> Outcome {
    let world = World::of("examples/plain", &["tests/surveys/kinds.json"], window).await?;
    let browser = &world.browser;
    let widget = Widget::floating(browser);
    world.visit("/").await?;
    widget.ready().await?;
    tab_until(&world, "at.classList.contains('launcher')").await?;
    browser.press(Key::Enter).await?;
    for (question, keys, _) in answers() {
        let field = if question == "words" { "textarea".to_owned() } else { format!("input[name='q.{question}']") };
        wait::until(question, || async { browser_has(&world, &field).await }).await?;
        let findings = browser.accessibility_findings().await?;
        assert!(findings.is_empty(), "{question}:\n{}", findings.join("\n"));
        tab_until(&world, "at.matches('.survey input, .survey textarea')").await?;
        for key in keys {
            browser.press(key).await?;
        }
        tab_until(&world, "at.matches('button.next')").await?;
        browser.press(Key::Enter).await?;
    }
    widget.thanks().await?;
    let response = world.proxy.arrival("response", |item| item["finished"] == true).await?;
    for (at, (question, _, expected)) in answers().into_iter().enumerate() {
        let answer = &response["answers"][at];
        assert_eq!(answer["question"], question, "{response}");
        for (field, value) in expected.as_object().into_iter().flatten() {
            assert_eq!(&answer[field], value, "{question} in {response}");
        }
    }
    Ok(())
}

/// Whether the panel holds the field, in view or, as a radio button under its picture, out of it.
async fn browser_has(world: &World, field: &str) -> Outcome<Option<()>> {
    let script = format!(
        "const deep = (root) => root.querySelector({field:?}) || [...root.querySelectorAll('*')]
             .filter((element) => element.shadowRoot).map((element) => deep(element.shadowRoot)).find(Boolean);
         return Boolean(deep(document));"
    );
    Ok((world.browser.run(&script).await? == true).then_some(()))
}
