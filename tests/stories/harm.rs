//! A page that is hard on its guests: the widget stays usable, and leaves everything as it was.

use rapport_tests::keyboard::focus_comes;
use rapport_tests::{Outcome, browser::Browser, browser::Window, wait, widget::Widget, world::World};
use serde_json::{Map, Value, json};
use thirtyfour::prelude::*;

const WORDS: &str = "Still here, ? and / included.";

in_each_browser!(a_hostile_page_and_the_widget_do_each_other_no_harm, a_modal_dialog_keeps_its_focus);

async fn hostile(window: Window) -> Outcome<World> {
    let world = World::of("tests/pages", &["examples/shop/surveys/page-rating.json"], window).await?;
    world.visit("/hostile/").await?;
    Ok(world)
}

async fn state(browser: &Browser) -> Outcome<[Value; 2]> {
    let inventory = browser.run("return window.inventory()").await?;
    let inventory = serde_json::from_str(inventory.as_str().unwrap_or_default())?;
    Ok([inventory, browser.run("return window.appearance()").await?])
}

/// The names of what differs, to be read instead of two documents.
fn differences(before: &Value, after: &Value) -> Vec<String> {
    let fields =
        |value: &Value| value.as_object().cloned().unwrap_or_else(|| Map::from_iter([(String::new(), value.clone())]));
    let (before, after) = (fields(before), fields(after));
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    names
        .filter(|name| before.get(*name) != after.get(*name))
        .flat_map(|name| match (before.get(name), after.get(name)) {
            (Some(Value::Object(one)), Some(Value::Object(other))) => {
                let inner = differences(&Value::Object(one.clone()), &Value::Object(other.clone()));
                inner.into_iter().map(|difference| format!("{name}.{difference}")).collect()
            }
            (one, other) => vec![format!("{name}: {one:?} became {other:?}")],
        })
        .collect()
}

async fn a_hostile_page_and_the_widget_do_each_other_no_harm(window: Window) -> Outcome {
    let world = hostile(window).await?;
    let browser = &world.browser;
    let widget = Widget::floating(browser);
    browser.run("document.getElementById('field').focus(); scrollTo(0, 300);").await?;
    let [inventory, mut appearance] = state(browser).await?;
    browser.run("invite()").await?;
    widget.ready().await?;
    widget.see(".launcher").await?;
    // The one global and the one element that are announced.
    let globals = appearance["globals"].as_array_mut().expect("the page lists its globals");
    globals.push(json!("rapport"));
    globals.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
    let [inventory_started, appearance_started] = state(browser).await?;
    assert_eq!(differences(&inventory, &inventory_started), Vec::<String>::new(), "after the start");
    assert_eq!(differences(&appearance, &appearance_started), Vec::<String>::new(), "after the start");

    // Its own looks, not the host's.
    let launcher = widget.see(".launcher").await?;
    let looks = browser
        .driver
        .execute(
            "const style = getComputedStyle(arguments[0]);
             return [style.fontSize, style.textTransform, style.letterSpacing];",
            vec![launcher.to_json()?],
        )
        .await?;
    assert_eq!(looks.json(), &json!(["15px", "none", "normal"]));

    widget.open().await?;
    widget.choose("rating", "2").await?;
    widget.next().await?;
    browser.run("heard.length = 0").await?;
    widget.write(WORDS).await?;
    widget.next().await?;
    widget.thanks().await?;
    // Not one key that was meant for the widget reached the page.
    assert_eq!(browser.run("return heard").await?, json!([]));
    let response = world.proxy.arrival("response", |item| item["finished"] == true).await?;
    assert_eq!(response["answers"][0]["score"], 2, "{response}");
    assert_eq!(response["answers"][1]["text"], WORDS, "{response}");

    widget.click("button.close").await?;
    widget.see_no("[role=dialog]").await?;
    browser.run("document.getElementById('field').focus(); scrollTo(0, 300);").await?;
    browser.rest().await?;
    let [inventory_after, appearance_after] = state(browser).await?;
    assert_eq!(differences(&inventory, &inventory_after), Vec::<String>::new(), "after an answer");
    assert_eq!(differences(&appearance, &appearance_after), Vec::<String>::new(), "after an answer");
    Ok(())
}

async fn a_modal_dialog_keeps_its_focus(window: Window) -> Outcome {
    let world = hostile(window).await?;
    let browser = &world.browser;
    let widget = Widget::floating(browser);
    browser.run("invite()").await?;
    widget.ready().await?;
    browser.run("document.getElementById('ask').click()").await?;
    let held = "return document.querySelector('dialog').contains(document.activeElement)";
    assert_eq!(browser.run(held).await?, true);
    // Opened by the host's code, the panel does not fight over the focus with a dialog that traps it.
    browser.run("rapport('open', 'page-rating')").await?;
    wait::stays("the focus within the dialog", wait::DOUBT, async || Ok(browser.run(held).await? == true)).await?;
    browser.run("document.querySelector('dialog').close()").await?;
    widget.see("[role=dialog]").await?;
    widget.choose("rating", "5").await?;
    widget.next().await?;
    widget.see("textarea").await?;
    // The focus has moved on with the questions, so the panel hears the key.
    focus_comes(browser, "at.localName === 'legend'").await?;
    browser.press(Key::Escape).await?;
    widget.see_no("[role=dialog]").await?;
    world.proxy.arrival("response", |item| item["answers"][0]["score"] == 5).await?;
    Ok(())
}
