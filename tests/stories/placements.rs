//! Where a survey stands: each placement keeps to its place, leaves the focus where it belongs, goes by Escape, and takes
//! an answer.

use rapport_tests::browser::{DESKTOP, Window};
use rapport_tests::keyboard::{focus_comes, focus_is, focused, tab_to};
use rapport_tests::{Outcome, wait, widget::Widget, world::World};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

in_each_browser!(a_modal_keeps_the_focus_and_gives_it_back, a_banner_interrupts_nobody);

/// A survey of two questions, at a place and on an occasion.
fn survey(placement: &str, trigger: Value) -> Value {
    json!({
        "id": if placement == "inline" { placement } else { "asked" }, "name": "Asked", "title": "A short question", "placement": placement, "trigger": trigger,
        "questions": [
            { "id": "rating", "kind": "csat", "text": "How was it?", "required": true },
            { "id": "words", "kind": "open-text", "text": "Why?" },
        ],
    })
}

async fn site_with(window: Window, placement: &str, trigger: Value) -> Outcome<World> {
    let world = World::of("tests/pages", &[], window).await?;
    let site = world.another_site(&[survey(placement, trigger)])?;
    world.visit(&format!("/occasions/?site={site}")).await?;
    Widget::floating(&world.browser).ready().await?;
    Ok(world)
}

/// Answers both questions, and gives what arrived.
async fn answer(world: &World, widget: &Widget<'_>) -> Outcome<Value> {
    widget.choose("rating", "4").await?;
    widget.next().await?;
    widget.write("Because").await?;
    widget.next().await?;
    widget.thanks().await?;
    let response = world.proxy.arrival("response", |item| item["finished"] == true).await?;
    assert_eq!(response["answers"][0]["score"], 4, "{response}");
    assert_eq!(response["answers"][1]["text"], "Because", "{response}");
    Ok(response)
}

/// Left, top, right and bottom of an element in the window, in CSS pixels.
async fn edges(world: &World, element: &WebElement) -> Outcome<[f64; 4]> {
    let script = "const box = arguments[0].getBoundingClientRect(); return [box.left, box.top, box.right, box.bottom];";
    Ok(world.browser.driver.execute(script, vec![element.to_json()?]).await?.convert()?)
}

async fn size(world: &World) -> Outcome<[f64; 2]> {
    Ok(serde_json::from_value(world.browser.run("return [innerWidth, innerHeight]").await?)?)
}

async fn a_modal_keeps_the_focus_and_gives_it_back(window: Window) -> Outcome {
    let world = site_with(window, "modal", json!({ "on": "manual" })).await?;
    let browser = &world.browser;
    let widget = Widget::floating(browser);
    tab_to(browser, "#own").await?;
    browser.press(Key::Enter).await?;
    widget.see("dialog.survey").await?;
    focus_comes(browser, "at.localName === 'legend'").await?;
    let findings = browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    // Whatever Tab reaches is in the dialog, or the browser's own; never the page.
    for _ in 0..14 {
        browser.press(Key::Tab).await?;
        let at = focused(browser).await?;
        let in_the_page = focus_is(browser, "at.getRootNode() === document && at !== document.body").await?;
        assert!(!in_the_page, "the focus left for {at}");
    }
    // Nor does a click reach what lies behind.
    browser
        .run("window.reached = 0; document.addEventListener('click', (event) => reached += event.target.id === 'dead')")
        .await?;
    let dead = browser.run("const box = document.getElementById('dead').getBoundingClientRect(); return [box.x + 9, box.y + 9].map(Math.round)").await?;
    let [x, y]: [i64; 2] = serde_json::from_value(dead)?;
    browser.driver.action_chain().move_to(x, y).click().perform().await?;
    assert_eq!(browser.run("return reached").await?, 0);
    widget.see("dialog.survey").await?;

    browser.press(Key::Escape).await?;
    widget.see_no("dialog.survey").await?;
    assert_eq!(focused(browser).await?, "button", "the focus is back on the button of the page");
    assert!(focus_is(browser, "at.id === 'own'").await?);
    browser.press(Key::Enter).await?;
    widget.see("dialog.survey").await?;
    answer(&world, &widget).await?;
    widget.click("button.close").await?;
    widget.see_no("dialog.survey").await?;
    assert!(focus_is(browser, "at.id === 'own'").await?, "it is on {}", focused(browser).await?);
    Ok(())
}

async fn a_banner_interrupts_nobody(window: Window) -> Outcome {
    let world = World::of("tests/pages", &[], window).await?;
    let browser = &world.browser;
    let widget = Widget::floating(browser);
    let site = world.another_site(&[survey("banner", json!({ "on": "event", "name": "paid" }))])?;
    world.visit(&format!("/occasions/?site={site}")).await?;
    widget.ready().await?;
    browser.click("#name").await?;
    browser.run("rapport('track', 'paid')").await?;
    let banner = widget.see("section.survey[data-mode=banner]").await?;
    assert!(focus_is(browser, "at.id === 'name'").await?, "who is typing goes on typing");
    browser.press("Ada").await?;
    assert_eq!(browser.run("return document.getElementById('name').value").await?, "Ada");
    let findings = browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    let ([left, top, right, bottom], [width, height]) = (edges(&world, &banner).await?, size(&world).await?);
    assert!(left <= 0.0 && right >= width - 20.0 && (bottom - height).abs() < 1.0, "{left} {right} {bottom}");
    assert!(top > height / 3.0, "it leaves the page in view: it begins at {top} of {height}");
    answer(&world, &widget).await?;
    widget.click("button.close").await?;
    widget.see_no("section.survey").await?;
    assert_eq!(browser.run("return told").await?, json!(["shown asked", "started asked", "answered asked"]));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_popover_comes_unasked_leaves_the_focus_and_goes_by_escape() -> Outcome {
    let world = site_with(DESKTOP, "popover", json!({ "on": "delay", "delay_ms": 200 })).await?;
    let browser = &world.browser;
    let widget = Widget::floating(browser);
    let panel = widget.see("section.survey[role=dialog]").await?;
    assert!(focus_is(browser, "at === document.body").await?, "the focus is on {}", focused(browser).await?);
    let ([left, _, right, bottom], [width, height]) = (edges(&world, &panel).await?, size(&world).await?);
    assert!(
        left > width / 2.0 && right <= width && bottom <= height,
        "it stands in the lower corner: {left} {right} {bottom}"
    );
    tab_to(browser, "[name='q.rating']").await?;
    browser.press(Key::Escape).await?;
    widget.see_no("section.survey").await?;
    wait::until("the page to be told", || async {
        Ok((browser.run("return told").await? == json!(["shown asked", "closed asked"])).then_some(()))
    })
    .await?;
    assert!(world.proxy.arrived("response").is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_s_own_button_opens_and_gets_the_focus_back() -> Outcome {
    // Beside a launcher, and for a survey that has no place of its own in the page.
    for placement in ["launcher", "popover"] {
        let world = site_with(DESKTOP, placement, json!({ "on": "manual" })).await?;
        let browser = &world.browser;
        let widget = Widget::floating(browser);
        tab_to(browser, "#own").await?;
        browser.press(Key::Enter).await?;
        widget.see("section.survey[role=dialog]").await?;
        focus_comes(browser, "at.localName === 'legend'").await?;
        answer(&world, &widget).await?;
        browser.press(Key::Escape).await?;
        widget.see_no("section.survey").await?;
        assert!(focus_is(browser, "at.id === 'own'").await?, "{placement}: it is on {}", focused(browser).await?);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_inline_survey_stands_in_the_page_and_takes_no_focus() -> Outcome {
    let world = site_with(DESKTOP, "inline", json!({ "on": "manual" })).await?;
    let browser = &world.browser;
    assert!(Widget::floating(browser).find(".launcher").await?.is_none(), "nothing floats");
    browser.click("#name").await?;
    browser.run("document.getElementById('far').scrollIntoView()").await?;
    let widget = Widget::inline(browser);
    let panel = widget.see("section.survey[role=region]").await?;
    assert!(focus_is(browser, "at.id === 'name'").await?);
    let place = browser.driver.query(By::Css("[data-rapport-survey]")).first().await?;
    assert_eq!(edges(&world, &panel).await?[0], edges(&world, &place).await?[0], "it is as wide as its place");
    assert!(widget.find("button.close").await?.is_none());
    answer(&world, &widget).await?;
    // Who has answered finds the place empty from then on.
    browser.driver.refresh().await?;
    Widget::floating(browser).ready().await?;
    browser.run("document.getElementById('far').scrollIntoView()").await?;
    browser.run_async("await new Promise((done) => rapport('debug', done))").await?;
    assert!(widget.find(".survey").await?.is_none());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_launcher_stands_at_every_corner_and_edge() -> Outcome {
    let world = site_with(DESKTOP, "launcher", json!({ "on": "manual" })).await?;
    let browser = &world.browser;
    let widget = Widget::floating(browser);
    let [width, height] = size(&world).await?;
    for position in ["bottom-right", "bottom-left", "top-right", "top-left", "right", "left"] {
        browser.run(&format!("rapport('theme', {{ position: '{position}' }})")).await?;
        wait::until(&format!("the launcher at {position}"), || async {
            let launcher = widget.see(".launcher").await?;
            let [left, top, right, bottom] = edges(&world, &launcher).await?;
            let at_side = if position.ends_with("left") { left < 30.0 } else { right > width - 30.0 };
            let (middle, tall) = (f64::midpoint(top, bottom), bottom - top > right - left);
            let at_height = match position.split('-').next() {
                Some("top") => top < 30.0 && !tall,
                Some("bottom") => bottom > height - 30.0 && !tall,
                _ => (middle - height / 2.0).abs() < 2.0 && tall && (left == 0.0 || right == width),
            };
            if at_side && at_height {
                Ok(Some(()))
            } else {
                Err(format!("it is at {left} {top} {right} {bottom}").into())
            }
        })
        .await?;
        let findings = browser.accessibility_findings().await?;
        assert!(findings.is_empty(), "{position}:\n{}", findings.join("\n"));
    }
    widget.open().await?;
    answer(&world, &widget).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_visitor_opens_goes_before_what_came_by_itself() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let (browser, widget) = (&world.browser, Widget::floating(&world.browser));
    let mut came = survey("popover", json!({ "on": "delay", "delay_ms": 100 }));
    came["id"] = json!("came");
    came["title"] = json!("It came by itself");
    let site = world.another_site(&[survey("modal", json!({ "on": "manual" })), came])?;
    world.visit(&format!("/occasions/?site={site}")).await?;
    widget.see("section.survey").await?;
    widget.choose("rating", "2").await?;
    // The page's own button, while the popover waits for an answer.
    browser.click("#own").await?;
    widget.see("dialog.survey").await?;
    widget.see_no("section.survey").await?;
    widget.choose("rating", "4").await?;
    widget.next().await?;
    widget.click("button.next").await?;
    widget.thanks().await?;
    // And a call, while the thank-you still stands; the same call again changes nothing.
    for _ in 0..2 {
        browser.run("rapport('open', 'came')").await?;
        widget.see("section.survey").await?;
    }
    widget.see_no("dialog.survey").await?;
    let told = browser.run("return told.filter((step) => !step.startsWith('started'))").await?;
    assert_eq!(told, json!(["shown came", "closed came", "shown asked", "answered asked", "shown came"]));
    Ok(())
}
