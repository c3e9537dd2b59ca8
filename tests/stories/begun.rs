//! What was begun and closed before it was finished goes on when it is opened again, and is one answer.

use rapport_tests::browser::{DESKTOP, Window};
use rapport_tests::keyboard::{focus_comes, focus_is};
use rapport_tests::{Outcome, widget::Widget, world::World};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

in_each_browser!(
    words_typed_before_a_close_are_there_when_it_is_opened_again,
    a_modal_that_was_begun_lets_go_of_the_page_and_goes_on,
);

const WORDS: &str = "The kiln dates are missing";
const PANELS: &str =
    "return document.querySelector('rapport-widget').shadowRoot.querySelectorAll('section.survey').length";

fn survey(id: &str, placement: &str) -> Value {
    json!({
        "id": id, "name": id, "title": "A short question", "placement": placement, "facts": ["order"],
        "questions": [
            { "id": "rating", "kind": "csat", "text": "How was it?", "required": true },
            { "id": "words", "kind": "open-text", "text": "Why?" },
        ],
    })
}

async fn site_with(window: Window, surveys: &[Value]) -> Outcome<World> {
    let world = World::of("tests/pages", &[], window).await?;
    let site = world.another_site(surveys)?;
    world.visit(&format!("/occasions/?site={site}")).await?;
    Widget::floating(&world.browser).ready().await?;
    Ok(world)
}

/// What the text field of the panel in view holds.
async fn typed(widget: &Widget<'_>) -> Outcome<String> {
    Ok(widget.see("textarea").await?.prop("value").await?.unwrap_or_default())
}

async fn words_typed_before_a_close_are_there_when_it_is_opened_again(window: Window) -> Outcome {
    let world = site_with(window, &[survey("asked", "launcher"), survey("other", "popover")]).await?;
    let (browser, widget) = (&world.browser, Widget::floating(&world.browser));
    widget.open().await?;
    widget.choose("rating", "2").await?;
    widget.next().await?;
    widget.write(WORDS).await?;
    browser.press(Key::Escape).await?;
    widget.see_no("[role=dialog]").await?;
    assert!(focus_is(browser, "at.className === 'launcher'").await?, "the focus is back on the launcher");

    widget.open().await?;
    assert_eq!(typed(&widget).await?, WORDS, "after Escape");
    focus_comes(browser, "at.localName === 'legend'").await?;
    let findings = browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));

    // Another survey takes its place, and leaves it again.
    browser.run("rapport('open', 'other')").await?;
    widget.see("input[name='q.rating']:not(:checked)").await?;
    assert_eq!(browser.run(PANELS).await?, 1, "the other one's ids are not in the way");
    widget.click("button.close").await?;
    widget.open().await?;
    assert_eq!(typed(&widget).await?, WORDS, "after another survey");

    widget.next().await?;
    widget.thanks().await?;
    let response = world.proxy.arrival("response", |item| item["finished"] == true).await?;
    assert_eq!(response["answers"][1]["text"], WORDS, "{response}");
    let ids = world.proxy.arrived("response").into_iter().map(|item| item["id"].clone());
    assert!(ids.collect::<Vec<_>>().iter().all(|id| *id == response["id"]), "it is one answer");

    // What is finished is over; and what was said of one order is not said of another, nor by somebody else.
    widget.click("button.close").await?;
    widget.open().await?;
    widget.choose("rating", "5").await?;
    widget.click("button.close").await?;
    browser.run("rapport('open', 'asked', { order: 'A-2' })").await?;
    widget.see("input[name='q.rating']").await?;
    assert!(widget.find("[data-on] :checked").await?.is_none(), "another order");
    widget.choose("rating", "3").await?;
    widget.click("button.close").await?;
    browser.run("rapport('reset'); rapport('open', 'asked', { order: 'A-2' })").await?;
    widget.see("input[name='q.rating']").await?;
    assert!(widget.find("[data-on] :checked").await?.is_none(), "another visitor");
    // What was erased is not brought back by going on with it.
    widget.choose("rating", "1").await?;
    widget.next().await?;
    let erased = world.proxy.arrival("response", |item| item["answers"][0]["score"] == 1).await?;
    let erase = "return await new Promise((done) => rapport('erase', done))";
    assert_eq!(browser.run_async(erase).await?["responses"], 2, "nobody was known, so the visit went on");
    widget.see_no("[role=dialog]").await?;
    browser.run("rapport('open', 'asked', { order: 'A-2' })").await?;
    widget.choose("rating", "4").await?;
    widget.next().await?;
    let fresh = world.proxy.arrival("response", |item| item["answers"][0]["score"] == 4).await?;
    assert_ne!(fresh["id"], erased["id"]);
    Ok(())
}

async fn a_modal_that_was_begun_lets_go_of_the_page_and_goes_on(window: Window) -> Outcome {
    let world = site_with(window, &[survey("asked", "modal")]).await?;
    let (browser, widget) = (&world.browser, Widget::floating(&world.browser));
    browser.click("#own").await?;
    widget.see("dialog.survey").await?;
    widget.choose("rating", "2").await?;
    widget.next().await?;
    widget.write(WORDS).await?;
    browser.press(Key::Escape).await?;
    widget.see_no("dialog.survey").await?;
    // The page behind is the visitor's again.
    browser.click("#name").await?;
    browser.press("Ada").await?;
    assert_eq!(browser.run("return document.getElementById('name').value").await?, "Ada");
    browser.click("#own").await?;
    widget.see("dialog.survey:modal").await?;
    assert_eq!(typed(&widget).await?, WORDS);
    focus_comes(browser, "at.localName === 'legend'").await?;
    widget.next().await?;
    widget.thanks().await?;
    let response = world.proxy.arrival("response", |item| item["finished"] == true).await?;
    assert_eq!(response["answers"][1]["text"], WORDS, "{response}");
    widget.click("button.close").await?;
    widget.see_no("dialog.survey").await?;
    assert!(focus_is(browser, "at.id === 'own'").await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_customer_does_not_go_on_with_what_one_began() -> Outcome {
    let world = site_with(DESKTOP, &[survey("asked", "launcher"), survey("inline", "inline")]).await?;
    let (browser, widget) = (&world.browser, Widget::floating(&world.browser));
    let place = Widget::inline(browser);
    widget.open().await?;
    widget.choose("rating", "2").await?;
    widget.next().await?;
    let first = world.proxy.arrival("response", |item| item["survey"] == "asked").await?;
    // Whoever was nobody in particular and says who they are is still the same.
    browser.run("rapport('identify', 'ada')").await?;
    widget.write(WORDS).await?;
    browser.press(Key::Escape).await?;
    widget.see_no("[role=dialog]").await?;
    browser
        .run("document.getElementById('far').scrollIntoView(); rapport('identify', 'ada', { plan: 'gold' })")
        .await?;
    place.choose("rating", "1").await?;
    place.next().await?;
    let within = world.proxy.arrival("response", |item| item["survey"] == "inline").await?;
    widget.open().await?;
    assert_eq!(typed(&widget).await?, WORDS, "the same customer again");

    // Somebody else, though the page did not say that the one before had left.
    browser.run("rapport('identify', 'ben')").await?;
    widget.see_no("[role=dialog]").await?;
    for (survey, widget, before) in [("inline", &place, &within), ("asked", &widget, &first)] {
        if survey == "asked" {
            widget.open().await?;
        }
        widget.see("input[name='q.rating']").await?;
        assert!(widget.find("[data-on] :checked").await?.is_none(), "{survey}");
        widget.choose("rating", "5").await?;
        widget.next().await?;
        let of = |item: &Value| item["survey"] == survey && item["answers"][0]["score"] == 5;
        let fresh = world.proxy.arrival("response", of).await?;
        assert_ne!(fresh["id"], before["id"], "{survey}");
    }
    // What was only picked is not the next one's either.
    widget.click("button.close").await?;
    browser.run("rapport('reset'); rapport('open', 'asked')").await?;
    widget.choose("rating", "3").await?;
    browser.run("rapport('reset')").await?;
    widget.see_no("[role=dialog]").await?;
    Ok(())
}
