//! The main job: a visitor struggles and says so, and the designer finds both in one place.

use rapport_tests::{Outcome, dashboard, wait, widget::Widget, world::World};
use std::time::Duration;
use thirtyfour::prelude::*;

const WORDS: &str = "The discount code <b>does nothing</b>, and \"Add to wishlist\" is dead.";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_low_rating_arrives_with_the_trail_that_led_to_it() -> Outcome {
    let world = World::shop().await?;
    let browser = &world.browser;
    let widget = Widget::floating(browser);

    world.visit("/").await?;
    widget.ready().await?;
    browser.click("a[href='tableware/']").await?;
    widget.ready().await?;
    browser.click("a[href$='moss-mug/']").await?;
    widget.ready().await?;
    let wishlist = browser.driver.query(By::Css("button.wishlist")).first().await?;
    let mut insisting = browser.driver.action_chain();
    for _ in 0..4 {
        insisting = insisting.click_element(&wishlist);
    }
    insisting.perform().await?;
    // A click is dead when nothing has come of it for 2.5 s.
    wait::pass(Duration::from_millis(3_000)).await;

    browser.click("[data-add]").await?;
    browser.click("a[href$='cart/']").await?;
    widget.ready().await?;
    browser.driver.query(By::Id("code")).first().await?.send_keys("SPRING").await?;
    browser.click("#discount button").await?;

    widget.open().await?;
    browser.picture("widget.png").await?;
    widget.choose("rating", "1").await?;
    widget.next().await?;
    widget.write(WORDS).await?;
    widget.next().await?;
    assert!(widget.thanks().await?.contains("Thank you"));
    browser.close_tab().await?;

    let response = world.proxy.arrival("response", |item| item["finished"] == true).await?;
    assert_eq!(response["answers"][0]["score"], 1, "{response}");
    assert_eq!(response["answers"][1]["text"], WORDS, "{response}");
    // The page's own trail travels with the answer; what happened on pages before is joined by the collector.
    let mut trail = response["trail"].as_array().into_iter().flatten();
    let error = trail.find(|event| event["kind"] == "error").ok_or("the trail has no error")?;
    assert_eq!(error["name"], "TypeError", "{response}");
    assert!(error["before_ms"].as_u64() > Some(0), "{response}");
    let cart = world.proxy.arrival("page_view", |item| item["path"] == "/cart/").await?;
    assert_eq!(cart["errors"], 1, "{cart}");
    let mug = world.proxy.arrival("page_view", |item| item["path"] == "/tableware/moss-mug/").await?;
    assert_eq!(mug["rage_clicks"], 1, "{mug}");
    // Clicks that follow within a second on the same element are the same disappointment.
    assert_eq!(mug["dead_clicks"], 1, "{mug}");

    dashboard::sign_in(&world).await?;
    let feedback = dashboard::read(&world, "feedback/page-rating").await?;
    dashboard::assert_says(&feedback, &[WORDS, "/cart/"]);
    browser.picture("feedback.png").await?;
    browser.click("a[href*='/responses/']").await?;
    let answer = dashboard::text(&world).await?;
    dashboard::assert_says(&answer, &[WORDS, "button", "TypeError", "/tableware/moss-mug/", "/cart/"]);
    assert!(answer.to_lowercase().contains("rage click"), "{answer}");
    browser.picture("response.png").await?;

    let experience = dashboard::read(&world, "experience").await?;
    dashboard::assert_says(&experience, &["/tableware/moss-mug/", "/cart/"]);
    browser.picture("experience.png").await?;
    let mug = dashboard::read(&world, "experience/page?page=/tableware/moss-mug/").await?;
    dashboard::assert_says(&mug, &["/tableware/moss-mug/", "Views by day", "Where it fails", "Rage clicks"]);
    browser.picture("page.png").await?;
    let overview = dashboard::read(&world, "overview").await?;
    assert!(overview.contains("Page rating"), "{overview}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plain_view_costs_one_small_beacon_and_no_preflight() -> Outcome {
    let world = World::of("examples/plain", &[], rapport_tests::browser::DESKTOP).await?;
    world.visit("/").await?;
    Widget::floating(&world.browser).ready().await?;
    world.browser.click("h1").await?;
    world.browser.close_tab().await?;
    let view = world.proxy.arrival("page_view", |_| true).await?;
    assert_eq!(view["path"], "/", "{view}");
    wait::stays(
        "one beacon of a plain view",
        Duration::from_millis(500),
        async || Ok(world.proxy.batches().len() == 1),
    )
    .await?;

    let exchanges = world.proxy.exchanges();
    let preflights = exchanges.iter().filter(|exchange| exchange.method == "OPTIONS");
    assert_eq!(preflights.count(), 0);
    let batches = world.proxy.batches();
    assert_eq!(batches.len(), 1, "{batches:#?}");
    let body = &batches[0].body;
    assert!(body.len() <= 700, "{} bytes: {}", body.len(), String::from_utf8_lossy(body));
    // Before opening: loader, configuration, glue and module of the agent; the survey stays where it is. The first move has
    // brought what judges clicks, and a page that cannot be scrolled what finds the element that can.
    let fetched: Vec<&str> =
        exchanges.iter().filter(|exchange| exchange.method == "GET").map(|exchange| exchange.path.as_str()).collect();
    let is_later = |path: &&str| {
        ["/assets/click-", "/assets/verdict-", "/assets/depth-"].iter().any(|part| path.starts_with(part))
    };
    let (later, first): (Vec<&str>, Vec<&str>) = fetched.iter().copied().partition(is_later);
    assert_eq!((first.len(), later.len()), (4, 4), "{fetched:?}");
    assert!(fetched.iter().all(|path| !path.contains("survey")), "{fetched:?}");
    Ok(())
}
