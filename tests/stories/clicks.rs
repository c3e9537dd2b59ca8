//! What a click is taken for: a rage click, a dead one, or nothing to speak of.

use rapport_tests::{
    Outcome,
    browser::{DESKTOP, Window},
    wait,
    widget::Widget,
    world::World,
};
use serde_json::{Value, json};
use std::time::Duration;
use thirtyfour::{Key, prelude::*};

in_each_browser!(a_click_is_judged_by_what_it_hits_and_what_comes_of_it);

/// Longer than a click may take to show an effect.
const VERDICT: Duration = Duration::from_millis(2_900);
/// Longer than clicks of one burst may lie apart.
const CALM: Duration = Duration::from_millis(1_100);

/// Clicks without an effect: what, how often, and how it is called in the rage and in the dead click told of it.
const STILL: [(&str, u32, Option<&str>, Option<&str>); 9] = [
    ("#dead", 4, Some("button#dead"), Some("button#dead")),
    (".named", 1, None, Some("Wish list")),
    ("#masked", 3, Some("button"), Some("button")),
    ("#calm", 3, None, Some("button#calm")),
    ("#alive", 3, Some("button#alive"), None),
    ("#ignored", 3, None, None),
    ("#field", 3, None, None),
    ("#away", 1, None, None),
    ("#plain", 1, None, None),
];
/// Clicks with an effect; no other effect may follow before the verdict.
const LIVE: [(&str, u32); 3] = [("#changes", 1), ("#shadow", 1), ("#stepper", 4)];

/// Clicks by moving the pointer there: clicked by name, an element in Firefox has its style changed for a moment, which
/// is an effect.
async fn click(world: &World, selector: &str, clicks: u32) -> Outcome {
    let element = world.browser.driver.query(By::Css(selector)).first().await?;
    for _ in 0..clicks {
        world.browser.driver.action_chain().click_element(&element).perform().await?;
    }
    Ok(())
}

async fn a_click_is_judged_by_what_it_hits_and_what_comes_of_it(window: Window) -> Outcome {
    let world = World::of("tests/pages", &[], window).await?;
    world.visit("/clicks.html").await?;
    Widget::floating(&world.browser).ready().await?;
    for (selector, clicks, ..) in STILL {
        click(&world, selector, clicks).await?;
        wait::pass(CALM).await;
    }
    let dead = world.browser.driver.query(By::Css("#dead")).first().await?;
    let actions = world.browser.driver.action_chain().key_down(Key::Control).click_element(&dead);
    actions.key_up(Key::Control).perform().await?;
    wait::pass(VERDICT).await;
    for (selector, clicks) in LIVE {
        click(&world, selector, clicks).await?;
        wait::pass(VERDICT).await;
    }
    world.browser.close_tab().await?;

    let view = world.proxy.arrival("page_view", |item| item["path"] == "/clicks.html").await?;
    let told = |kind: &str| -> Vec<Value> {
        let of_kind = |item: &Value| item["kind"] == kind;
        world.proxy.arrived("signal").into_iter().filter(of_kind).map(|item| item["element"].clone()).collect()
    };
    let rage: Vec<&str> = STILL.iter().filter_map(|(_, _, rage, _)| *rage).collect();
    let dead: Vec<&str> = STILL.iter().filter_map(|(_, _, _, dead)| *dead).collect();
    assert_eq!(json!(told("rage_click")), json!(rage));
    assert_eq!(json!(told("dead_click")), json!(dead));
    assert_eq!((&view["rage_clicks"], &view["dead_clicks"]), (&json!(rage.len()), &json!(dead.len())), "{view}");
    // All but those on what is to be ignored.
    let ignored = |selector: &str| selector == "#ignored";
    let still = STILL.iter().filter(|(selector, ..)| !ignored(selector)).map(|(_, clicks, ..)| clicks).sum::<u32>();
    assert_eq!(view["clicks"], still + 1 + LIVE.iter().map(|(_, clicks)| clicks).sum::<u32>(), "{view}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_click_is_dead_too_where_the_browser_does_not_tell_of_routes() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    world.browser.before_pages("Object.defineProperty(window, 'navigation', { value: undefined });").await?;
    world.visit("/clicks.html").await?;
    Widget::floating(&world.browser).ready().await?;
    // Before any click: later it would be what comes of one, late.
    world
        .browser
        .run("document.getElementById('plain').onclick = () => history.pushState(null, '', '?page=2');")
        .await?;
    world.browser.run("document.getElementById('plain').style.cursor = 'pointer';").await?;
    click(&world, "#dead", 1).await?;
    wait::pass(VERDICT).await;
    // A route that is only seen by its address has had an effect.
    click(&world, "#plain", 1).await?;
    wait::pass(VERDICT).await;
    world.browser.close_tab().await?;
    let view = world.proxy.arrival("page_view", |item| item["path"] == "/clicks.html").await?;
    assert_eq!((&view["clicks"], &view["dead_clicks"]), (&json!(2), &json!(1)), "{view}");
    let dead = world.proxy.arrival("signal", |item| item["kind"] == "dead_click").await?;
    assert_eq!(dead["element"], "button#dead");
    Ok(())
}
