//! Global Privacy Control and Do Not Track: no telemetry leaves the page, yet a rating can be given.

use rapport_tests::{
    Outcome,
    browser::{DESKTOP, Window},
    wait,
    widget::Widget,
    world::World,
};
use serde_json::json;

in_each_browser!(under_privacy_control_only_the_answer_leaves);

/// Gives the page much to report: views, clicks, a rage click and an error.
async fn use_the_page(world: &World) -> Outcome {
    let widget = Widget::floating(&world.browser);
    world.visit("/tableware/moss-mug/").await?;
    widget.ready().await?;
    for _ in 0..4 {
        world.browser.click("button.wishlist").await?;
    }
    world.browser.run("setTimeout(() => { throw new TypeError('a secret of this page'); })").await?;
    world.browser.rest().await
}

async fn under_privacy_control_only_the_answer_leaves(window: Window) -> Outcome {
    let world = World::shop_in(Window { asks_for_privacy: true, ..window }).await?;
    use_the_page(&world).await?;
    // Hidden, revisited, hidden again: the moments at which telemetry would go.
    world.visit("/delivery/").await?;
    let widget = Widget::floating(&world.browser);
    widget.ready().await?;
    assert!(world.proxy.batches().is_empty(), "{:#?}", world.proxy.batches());

    widget.open().await?;
    widget.choose("rating", "4").await?;
    widget.next().await?;
    widget.write("Thank you for not watching.").await?;
    widget.next().await?;
    widget.thanks().await?;
    let response = world.proxy.arrival("response", |item| item["finished"] == true).await?;
    assert_eq!(response["trail_withheld"], true, "{response}");
    for withheld in ["trail", "page", "view"] {
        assert!(response.get(withheld).is_none_or(|value| value.is_null() || value == &json!([])), "{response}");
    }
    world.browser.close_tab().await?;
    wait::stays("no telemetry leaves", wait::DOUBT, async || {
        Ok(["page_view", "signal"].iter().all(|telemetry| world.proxy.arrived(telemetry).is_empty()))
    })
    .await?;
    let sent: String =
        world.proxy.batches().iter().map(|batch| String::from_utf8_lossy(&batch.body).into_owned()).collect();
    assert!(!sent.contains("secret") && !sent.contains("wishlist"), "{sent}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_it_the_same_visit_is_reported() -> Outcome {
    // The other half of the proof: the steps above do give telemetry something to send.
    let world = World::shop().await?;
    use_the_page(&world).await?;
    world.visit("/delivery/").await?;
    let view = world.proxy.arrival("page_view", |item| item["path"] == "/tableware/moss-mug/").await?;
    assert_eq!((&view["rage_clicks"], &view["errors"]), (&json!(1), &json!(1)), "{view}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_privacy_control_no_consent_makes_an_id() -> Outcome {
    let world = World::shop_in(Window { asks_for_privacy: true, ..DESKTOP }).await?;
    world.visit("/").await?;
    Widget::floating(&world.browser).ready().await?;
    world.browser.run("rapport('consent', 'granted'); rapport('identify', 'c-1', { plan: 'gold' })").await?;
    let kept = "return Object.keys(localStorage).filter((key) => key.includes('visitor'))";
    wait::stays("no id of a visitor is kept", wait::DOUBT, async || Ok(world.browser.run(kept).await? == json!([])))
        .await?;
    Ok(())
}
