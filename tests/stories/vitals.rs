//! The agent's vitals against those of the web-vitals package, in the same page view.

use rapport_tests::{Outcome, browser::DESKTOP, wait, widget::Widget, world::World};
use serde_json::Value;
use std::collections::BTreeMap;
use thirtyfour::prelude::*;

/// The final values of both sides for one page: metric to (the package's, the agent's), in ms, CLS as it is.
async fn both(world: &World, path: &str) -> Outcome<BTreeMap<String, (Option<f64>, Option<f64>)>> {
    let view = world.proxy.arrival("page_view", |item| item["path"] == path).await?;
    // The highest revision has the last word.
    let view = world
        .proxy
        .arrived("page_view")
        .into_iter()
        .filter(|item| item["id"] == view["id"])
        .max_by_key(|item| item["revision"].as_u64())
        .unwrap_or(view);
    let mut notes: Vec<Value> = world.pages.notes().into_iter().filter(|note| note["path"] == path).collect();
    notes.sort_by_key(|note| note["order"].as_u64());
    let fields = [("LCP", "lcp_ms"), ("INP", "inp_ms"), ("CLS", "cls_e4"), ("FCP", "fcp_ms"), ("TTFB", "ttfb_ms")];
    Ok(fields
        .into_iter()
        .map(|(metric, field)| {
            let last = notes.iter().rev().find(|note| note["metric"] == metric);
            let scale = if metric == "CLS" { 1e4 } else { 1.0 };
            let theirs = last.and_then(|note| note["value"].as_f64());
            (metric.to_owned(), (theirs, view[field].as_f64().map(|value| value / scale)))
        })
        .collect())
}

/// Fails unless both sides agree: 1 ms or 1 % for loading, 8 ms for INP, 0.001 for CLS.
fn assert_agreement(path: &str, metrics: &BTreeMap<String, (Option<f64>, Option<f64>)>) {
    for (metric, &(theirs, ours)) in metrics {
        println!("{path} {metric}: web-vitals {theirs:?}, agent {ours:?}");
        let (theirs, ours) = match (theirs, ours, metric.as_str()) {
            (Some(theirs), Some(ours), _) => (theirs, ours),
            (None, None, "INP") => continue,
            // An absent number is a zero on the wire.
            (theirs, ours, "CLS") => (theirs.unwrap_or(0.0), ours.unwrap_or(0.0)),
            (theirs, ours, _) => panic!("{path} {metric}: web-vitals {theirs:?}, agent {ours:?}"),
        };
        let tolerance = match metric.as_str() {
            "CLS" => 0.001,
            "INP" => 8.0,
            _ => f64::max(1.0, theirs * 0.01),
        };
        assert!((theirs - ours).abs() <= tolerance, "{path} {metric}: web-vitals {theirs}, agent {ours}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_agent_agrees_with_the_web_vitals_package() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let browser = &world.browser;
    let widget = Widget::floating(browser);

    world.visit("/still.html").await?;
    widget.ready().await?;
    browser.rest().await?;

    world.visit("/shift.html").await?;
    widget.ready().await?;
    wait::until("the last shift", || async { Ok((browser.driver.title().await? == "done").then_some(())) }).await?;
    browser.rest().await?;

    world.visit("/late-image.html").await?;
    widget.ready().await?;
    browser.rest().await?;

    world.visit("/slow-handler.html").await?;
    widget.ready().await?;
    browser.rest().await?;
    browser.click("#slow").await?;
    browser.rest().await?;
    browser.click("#slower").await?;
    browser.rest().await?;
    browser.driver.query(By::Id("text")).first().await?.send_keys("keys").await?;
    browser.rest().await?;
    // Leaving makes both sides settle.
    world.visit("/still.html?delay_ms=1").await?;

    let shift = both(&world, "/shift.html").await?;
    assert!(shift["CLS"].0 > Some(0.05), "the page must shift for the comparison to say anything: {shift:?}");
    let late = both(&world, "/late-image.html").await?;
    assert!(late["LCP"].0 > Some(600.0), "the image must be late: {late:?}");
    let slow = both(&world, "/slow-handler.html").await?;
    assert!(slow["INP"].0 >= Some(320.0), "the handlers must be slow: {slow:?}");
    for (path, metrics) in [("/shift.html", shift), ("/late-image.html", late), ("/slow-handler.html", slow)] {
        assert_agreement(path, &metrics);
    }
    Ok(())
}
