//! The moment: each trigger makes its survey appear, once, and who is meant by then is asked.

use super::{GRACE, PANEL, explained, nothing_appears, nothing_appears_for, open, popover, ready, with};
use rapport_tests::browser::DESKTOP;
use rapport_tests::{Outcome, wait, widget::Widget, world::World};
use serde_json::{Value, json};
use std::time::Duration;
use thirtyfour::prelude::*;

/// What a visitor does, or what happens to them.
#[derive(Clone, Copy)]
enum Act {
    /// They stay.
    Stay,
    /// The page says something, or they scroll.
    Run(&'static str),
    /// They click something so often.
    Click(&'static str, usize),
    /// Their pointer leaves the page by its upper edge.
    Leave,
    /// They send the form, and change it.
    Refill,
}

async fn act(world: &World, act: Act) -> Outcome {
    let browser = &world.browser;
    match act {
        Act::Stay => {}
        Act::Run(script) => drop(browser.run(script).await?),
        Act::Click(selector, times) => {
            let target = browser.driver.query(By::Css(selector)).first().await?;
            let mut clicks = browser.driver.action_chain();
            for _ in 0..times {
                clicks = clicks.click_element(&target);
            }
            clicks.perform().await?;
        }
        Act::Leave => {
            for y in [300, 100, -5] {
                let moved = json!({ "type": "mouseMoved", "x": 400, "y": y, "pointerType": "mouse" });
                browser.devtools("Input.dispatchMouseEvent", moved).await?;
            }
        }
        Act::Refill => {
            browser.click("#name").await?;
            browser.press("Ada").await?;
            browser.press(Key::Enter).await?;
            browser.click("#town").await?;
            browser.press("Fern" + Key::Tab).await?;
        }
    }
    Ok(())
}

/// Each trigger: what does not fire it, what does, and how long that takes at most to be judged, in milliseconds.
fn occasions() -> Vec<(Value, Vec<Act>, Act, u64)> {
    use Act::*;
    let search = json!({ "on": "event", "name": "search",
        "properties": [{ "name": "results", "operator": "at_most", "value": "0" }] });
    vec![
        (json!({ "on": "delay", "delay_ms": 100 }), vec![], Stay, 0),
        (
            json!({ "on": "scroll", "percent": 80 }),
            vec![Run("scrollTo(0, 300)")],
            Run("scrollTo(0, document.documentElement.scrollHeight)"),
            0,
        ),
        (json!({ "on": "exit_intent" }), vec![], Leave, 0),
        (
            json!({ "on": "seen", "selector": "#far" }),
            vec![Run("scrollTo(0, 300)")],
            Run("document.getElementById('far').scrollIntoView()"),
            0,
        ),
        (
            search,
            vec![Run("rapport('track', 'search', { results: 5 })"), Run("rapport('track', 'find', { results: 0 })")],
            Run("rapport('track', 'search', { results: 0 })"),
            0,
        ),
        (
            json!({ "on": "event", "name": "cart", "delay_ms": 400, "cancelled_by": ["paid"] }),
            vec![Run("rapport('track', 'cart'); setTimeout(() => rapport('track', 'paid'), 50)")],
            Run("rapport('track', 'cart')"),
            400,
        ),
        (
            json!({ "on": "task", "task": "order", "end": "fail" }),
            vec![Run("rapport('task', 'order', 'success'); rapport('task', 'other', 'fail')")],
            Run("rapport('task', 'order', 'fail')"),
            0,
        ),
        (json!({ "on": "slow_page", "over_ms": 1 }), vec![], Stay, 2_000),
        (json!({ "on": "form_refilled" }), vec![Click("#town", 1)], Refill, 0),
        (json!({ "on": "signal", "signal": "rage_click" }), vec![Click("#dead", 1)], Click("#dead", 4), 1_100),
        (json!({ "on": "signal", "signal": "dead_click" }), vec![Click("#name", 1)], Click("#dead", 1), 7_500),
        (json!({ "on": "signal", "signal": "error" }), vec![Click("#dead", 1)], Click("#broken", 1), 0),
    ]
}

async fn each_occasion_asks_once(part: usize) -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let widget = Widget::floating(&world.browser);
    for (trigger, otherwise, occasion, judged_ms) in occasions().into_iter().skip(part).step_by(2) {
        let site = world.another_site(&[popover("asked", trigger.clone())])?;
        open(&world, &site).await?;
        if !otherwise.is_empty() {
            for other in otherwise {
                act(&world, other).await?;
            }
            nothing_appears(&world, &format!("{trigger} by something else")).await?;
        }
        act(&world, occasion).await?;
        widget.see(PANEL).await.map_err(|failure| format!("{trigger}: {failure}"))?;
        assert_eq!(world.browser.run("return told").await?, json!(["shown asked"]), "{trigger}");

        world.browser.driver.refresh().await?;
        ready(&world).await?;
        act(&world, occasion).await?;
        let judged = Duration::from_millis(judged_ms);
        nothing_appears_for(judged + GRACE, &world, &format!("{trigger} a second time")).await?;
        assert_eq!(explained(&world).await?, json!({ "asked": "cooldown_days" }), "{trigger}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_occasion_asks_once_first_half() -> Outcome {
    each_occasion_asks_once(0).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_occasion_asks_once_second_half() -> Outcome {
    each_occasion_asks_once(1).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_launcher_stands_only_where_its_target_agrees_and_comes_back_after_a_close() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let (browser, widget) = (&world.browser, Widget::floating(&world.browser));
    let launcher = |target: Value| {
        let more = json!({ "placement": "launcher", "target": target });
        with(popover("rating", json!({ "on": "manual" })), more)
    };
    let site = world.another_site(&[launcher(json!({ "pages": [{ "glob": "/occasions/" }] }))])?;
    open(&world, &site).await?;
    for _ in 0..2 {
        widget.click(".launcher").await?;
        widget.see(PANEL).await?;
        widget.click("button.close").await?;
        widget.see_no(PANEL).await?;
        widget.see(".launcher").await?;
        assert_eq!(explained(&world).await?, json!({ "rating": "" }));
    }
    // A route of the same document that is not meant, and back.
    browser.run("history.pushState(null, '', '/elsewhere/')").await?;
    widget.see_no(".launcher").await?;
    assert_eq!(explained(&world).await?, json!({ "rating": "target.pages" }));
    browser.run("history.back()").await?;
    widget.see(".launcher").await?;

    let site = world.another_site(&[launcher(json!({ "except_pages": [{ "glob": "/occasions/" }] }))])?;
    open(&world, &site).await?;
    assert_eq!(explained(&world).await?, json!({ "rating": "target.pages" }));
    widget.see_no(".launcher").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_ended_by_giving_up_may_be_asked_about_on_the_next() -> Outcome {
    // A task that the page says was abandoned, while the page stays.
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let widget = Widget::floating(&world.browser);
    let trigger = json!({ "on": "task", "task": "order", "end": "abandon" });
    let site = world.another_site(&[popover("asked", trigger)])?;
    open(&world, &site).await?;
    world.browser.run("rapport('task', 'order', 'start'); rapport('task', 'order', 'abandon')").await?;
    wait::until("the survey", || async { widget.find(PANEL).await }).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_made_known_late_is_still_asked() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let (browser, widget) = (&world.browser, Widget::floating(&world.browser));
    let gold = json!({ "target": { "traits": [{ "name": "plan", "operator": "is", "value": "gold" }] } });
    let delayed = with(popover("delayed", json!({ "on": "delay", "delay_ms": 100 })), gold.clone());
    let launcher = with(with(popover("rating", json!({ "on": "manual" })), json!({ "placement": "launcher" })), gold);
    let site = world.another_site(&[delayed, launcher])?;
    open(&world, &site).await?;
    nothing_appears(&world, "before the page says who it is").await?;
    assert_eq!(explained(&world).await?, json!({ "delayed": "target.traits", "rating": "target.traits" }));
    widget.see_no(".launcher").await?;
    browser.run("rapport('identify', 'c-1', { plan: 'gold' })").await?;
    widget.see(PANEL).await?;
    widget.click("button.close").await?;
    widget.see(".launcher").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_launcher_is_that_of_the_first_survey_whose_target_agrees() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let (browser, widget) = (&world.browser, Widget::floating(&world.browser));
    let launcher = |id: &str, target: Value| {
        let more = json!({ "placement": "launcher", "title": format!("About {id}"), "target": target });
        with(popover(id, json!({ "on": "manual" })), more)
    };
    let of = |glob: &str| json!({ "pages": [{ "glob": glob }] });
    let site = world.another_site(&[
        launcher("cart", of("/cart/")),
        launcher("here", of("/occasions/")),
        launcher("anywhere", json!({})),
    ])?;
    open(&world, &site).await?;
    let link = "const link = document.querySelector('rapport-widget').shadowRoot.querySelector('.launcher');
        return [link.textContent, new URL(link.href).pathname];";
    let routes = [
        ("/occasions/", "here", json!({ "cart": "target.pages", "here": "", "anywhere": "launcher" })),
        ("/cart/", "cart", json!({ "cart": "", "here": "target.pages", "anywhere": "launcher" })),
        ("/", "anywhere", json!({ "cart": "target.pages", "here": "target.pages", "anywhere": "" })),
    ];
    for (route, id, rules) in routes {
        browser.run(&format!("history.pushState(null, '', '{route}')")).await?;
        let expected = json!([format!("About {id}"), format!("/f/{site}/{id}")]);
        wait::until(&format!("the launcher of {id}"), || async {
            Ok((browser.run(link).await? == expected).then_some(()))
        })
        .await?;
        assert_eq!(explained(&world).await?, rules, "{route}");
        widget.open().await?;
        widget.choose("rating", "4").await?;
        widget.next().await?;
        widget.thanks().await?;
        world.proxy.arrival("response", |item| item["survey"] == id && item["path"] == route).await?;
        widget.click("button.close").await?;
        widget.see(".launcher").await?;
    }
    assert_eq!(world.proxy.arrived("response").len(), 3);
    // Whoever asks for one by its name gets that one.
    browser.run("rapport('open', 'cart')").await?;
    wait::until("the survey of the cart", || async {
        Ok((browser.run("return told.at(-1)").await? == "shown cart").then_some(()))
    })
    .await
}
