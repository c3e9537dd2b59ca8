//! Panels in numbers: many of them in one page, and numbers and dates as the visitor's language writes them.

use rapport_tests::browser::{DESKTOP, Window};
use rapport_tests::{Outcome, wait, widget::Widget, world::World};
use serde_json::json;

in_each_browser!(numbers_and_dates_are_written_as_the_language_does);

async fn numbers_and_dates_are_written_as_the_language_does(window: Window) -> Outcome {
    let world = World::of("tests/pages", &["tests/surveys/order.json"], window).await?;
    world.visit("/many.html").await?;
    let widget = Widget::floating(&world.browser);
    widget.ready().await?;
    // A number of an order has no marks between its thousands, and a text is no number.
    let facts = "{ day: '2026-11-20', number: 20260417, price: 1234.5, version: '1.50' }";
    world.browser.run(&format!("rapport('open', 'order', {facts})")).await?;
    assert_eq!(widget.words("legend").await?, "20. November 2026, 20260417, 1234,5, 1.50");
    assert_eq!(widget.words(".progress span").await?, "Frage 1 von 2");
    widget.choose("likely", "10").await?;
    widget.next().await?;
    widget.see("textarea").await?;
    assert_eq!(widget.words("legend").await?, "10?");
    let response = world.proxy.arrival("response", |item| item["answers"][0]["score"] == 10).await?;
    assert_eq!(response["facts"]["day"], "2026-11-20", "{response}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_panels_of_one_page_are_drawn_and_answered_at_once() -> Outcome {
    let world = World::of("tests/pages", &["tests/surveys/place.json"], DESKTOP).await?;
    // On a slow device the drawing of one panel and the events of another take turns.
    world.browser.devtools("Emulation.setCPUThrottlingRate", json!({ "rate": 8 })).await?;
    world.visit("/many.html").await?;
    let all = "[...document.querySelectorAll('[data-rapport-survey]')].map(({ shadowRoot }) => shadowRoot)";
    let count =
        |selector: &str| format!("return {all}.filter((root) => root && root.querySelector({selector:?})).length");
    let until = async |what: &str, selector: &str| {
        wait::until(what, || async {
            let there = world.browser.run(&count(selector)).await?;
            Ok((there == 20).then_some(()))
        })
        .await
    };
    until("every panel", "form").await?;
    world.browser.run(&format!("for (const root of {all}) root.querySelector(\"[value='4']\").click()")).await?;
    until("every choice", "[data-on] :checked").await?;
    world.browser.run(&format!("for (const root of {all}) root.querySelector('.next').click()")).await?;
    until("every thank-you", ".thanks").await?;
    assert_eq!(world.proxy.arrived("response").len(), 20);
    assert_eq!(world.browser.run(&count("form")).await?, json!(0));
    Ok(())
}
