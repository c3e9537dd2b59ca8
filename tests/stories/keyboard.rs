//! The keyboard alone: from the page to the thank-you and back, without ever touching a pointer.

use rapport_tests::keyboard::{focused, tab_to};
use rapport_tests::{Outcome, browser::Window, wait, widget::Widget, world::World};
use thirtyfour::prelude::*;

in_each_browser!(a_rating_is_given_by_keys_alone);

async fn a_rating_is_given_by_keys_alone(window: Window) -> Outcome {
    let world = World::shop_in(window).await?;
    let browser = &world.browser;
    let widget = Widget::floating(browser);
    world.visit("/delivery/").await?;
    widget.ready().await?;

    tab_to(browser, "a.launcher").await?;
    browser.press(Key::Enter).await?;
    widget.see("[role=dialog]").await?;
    wait::until("the focus to be in the panel", || async {
        match focused(browser).await? {
            at if at.starts_with("legend") => Ok(Some(())),
            at => Err(format!("the focus is on {at}").into()),
        }
    })
    .await?;
    tab_to(browser, "input[name='q.rating']").await?;
    // Space takes the first, the arrows go on from there.
    browser.press(" ").await?;
    browser.press(Key::Right).await?;
    browser.press(Key::Right).await?;
    browser.press(Key::Enter).await?;
    widget.see("textarea").await?;
    tab_to(browser, "textarea").await?;
    browser.press("No mouse was used.").await?;
    tab_to(browser, "button.next").await?;
    browser.press(Key::Enter).await?;
    widget.thanks().await?;
    let response = world.proxy.arrival("response", |item| item["finished"] == true).await?;
    assert_eq!(response["answers"][0]["score"], 3, "{response}");
    assert_eq!(response["answers"][1]["text"], "No mouse was used.", "{response}");

    browser.press(Key::Escape).await?;
    widget.see_no("[role=dialog]").await?;
    assert_eq!(focused(browser).await?, "a.launcher", "the focus goes back to where it came from");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn escape_leaves_at_once_and_a_required_question_says_what_is_missing() -> Outcome {
    let world = World::shop().await?;
    let browser = &world.browser;
    let widget = Widget::floating(browser);
    world.visit("/delivery/").await?;
    widget.ready().await?;
    tab_to(browser, "a.launcher").await?;
    browser.press(Key::Enter).await?;
    widget.see("[role=dialog]").await?;
    tab_to(browser, "button.next").await?;
    browser.press(Key::Enter).await?;
    let alert = widget.words("[role=alert]").await?;
    assert!(alert.contains("choose"), "{alert}");
    browser.press(Key::Escape).await?;
    widget.see_no("[role=dialog]").await?;
    assert!(world.proxy.arrived("response").is_empty());
    Ok(())
}
