//! What pages do to people beside clicks: errors that are one, what vitals were of, pages that are gone back from, and what events say.

use rapport_tests::{Outcome, browser::DESKTOP, dashboard, wait, widget::Widget, world::World};
use serde_json::Value;

fn is_kind(kind: &'static str) -> impl Fn(&Value) -> bool {
    move |signal| signal["kind"] == kind
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_of_two_deploys_is_one_group_on_the_dashboard() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    world.rapport.run(&["site", "watch", &world.site, "images", "requests"])?;
    for page in ["/errors.html", "/errors-next.html"] {
        world.visit(page).await?;
        Widget::floating(&world.browser).ready().await?;
        world.browser.click("#pay").await?;
        world.browser.click("#pay").await?;
        world.browser.run("rapport('track', 'paid', { plan: 'pro', seats: 3, none: null })").await?;
        world.browser.rest().await?;
    }
    world.visit("/still.html").await?;
    let next = world
        .proxy
        .arrival("signal", |signal| signal["path"] == "/errors-next.html" && signal["kind"] == "error")
        .await?;
    let frames: Vec<_> = world.proxy.arrived("signal").into_iter().filter(is_kind("error")).collect();
    for signal in &frames {
        let frame = signal["stack"].as_str().unwrap_or_default();
        assert!(frame.contains("pay") && frame.contains(".js:") && !frame.contains('?'), "{signal}");
    }
    assert!(next["stack"].as_str().unwrap_or_default().contains("app.77aa21de.js:6:"), "{next}");
    let event = world.proxy.arrival("signal", is_kind("event")).await?;
    assert_eq!(event["properties"], serde_json::json!({"plan": "pro", "seats": 3, "none": null}));
    let sent: String =
        world.proxy.batches().iter().map(|batch| String::from_utf8_lossy(&batch.body).into_owned()).collect();
    assert!(!sent.contains("secret"), "{sent}");
    dashboard::sign_in(&world).await?;
    let errors = dashboard::read(&world, "errors").await?;
    dashboard::assert_says(&errors, &["1 group", "/app.*.js", "pay in"]);
    world.browser.click("th.path a").await?;
    let group = dashboard::text(&world).await?;
    dashboard::assert_says(
        &group,
        &["/app.3f9a2b1c.js:2:", "/app.77aa21de.js:6:", "/errors-next.html", "order 100 failed"],
    );
    let events = dashboard::read(&world, "events?name=paid").await?;
    dashboard::assert_says(&events, &["paid", "plan", "pro", "seats", "3"]);
    Ok(())
}

/// What web-vitals said last of a metric.
fn oracle(world: &World, metric: &str) -> Value {
    let mut notes: Vec<_> = world
        .pages
        .notes()
        .into_iter()
        .filter(|note| note["metric"] == metric && note["path"] == "/attributed.html")
        .collect();
    notes.sort_by_key(|note| note["order"].as_u64());
    notes.pop().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vital_worse_than_good_is_attributed_as_web_vitals_does() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let browser = &world.browser;
    world.visit("/attributed.html").await?;
    Widget::floating(browser).ready().await?;
    wait::until("the shift", || async { Ok((browser.driver.title().await? == "done").then_some(())) }).await?;
    browser.click("#slow").await?;
    let part = "return performance.getEntriesByType('resource').some(({ name }) => name.includes('/vital-'))";
    wait::until("the part", || async { Ok((browser.run(part).await? == true).then_some(())) }).await?;
    browser.rest().await?;
    world.visit("/still.html").await?;
    for (kind, metric, id, parts) in [
        (
            "lcp",
            "LCP",
            "img#late",
            &["timeToFirstByte", "resourceLoadDelay", "resourceLoadDuration", "elementRenderDelay"][..],
        ),
        ("inp", "INP", "button#slow", &["inputDelay", "processingDuration", "presentationDelay"]),
        ("cls", "CLS", "", &["largestShiftValue"]),
    ] {
        let is_it = |signal: &Value| signal["kind"] == kind && signal["path"] == "/attributed.html";
        if kind == "cls" && oracle(&world, metric)["value"].as_f64() <= Some(0.1) {
            // Firefox tells of no layout shifts.
            continue;
        }
        let told = world.proxy.arrival("signal", is_it).await?;
        let theirs = oracle(&world, metric);
        println!("{kind}: agent {told}, web-vitals {theirs}");
        if !id.is_empty() {
            assert_eq!(told["element"], id);
        }
        let (scale, tolerance) =
            if kind == "cls" { (1e4, 0.001) } else { (1.0, if kind == "inp" { 9.0 } else { 2.0 }) };
        for (place, part) in parts.iter().enumerate() {
            let ours = told["parts"][place + 1].as_f64().unwrap_or_default() / scale;
            let value = theirs["attribution"][*part].as_f64().unwrap_or_default();
            assert!((ours - value).abs() <= tolerance, "{kind} {part}: web-vitals {value}, agent {ours}");
        }
    }
    dashboard::sign_in(&world).await?;
    let page = dashboard::read(&world, "experience/page?page=/attributed.html").await?;
    dashboard::assert_says(
        &page,
        &["Which element, which part of the time", "img#late", "Load time", "button#slow", "Processing"],
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_left_at_once_by_the_back_button_failed_its_visitor() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let widget = Widget::floating(&world.browser);
    world.visit("/still.html").await?;
    widget.ready().await?;
    world.visit("/shift.html").await?;
    widget.ready().await?;
    world.browser.driver.back().await?;
    widget.ready().await?;
    world.browser.rest().await?;
    world.visit("/many.html").await?;
    let left = world.proxy.arrival("page_view", |view| view["path"] == "/shift.html").await?;
    world.proxy.arrival("page_view", |view| view["path"] == "/still.html" && view["view_index"] == 3).await?;
    let told: Vec<_> = world.proxy.arrived("signal").into_iter().filter(is_kind("quick_back")).collect();
    if left["duration_ms"].as_u64() < Some(5_000) {
        assert!(told.len() == 1 && told[0]["view"] == left["id"] && told[0]["path"] == "/shift.html", "{told:?}");
    } else {
        assert!(told.is_empty(), "it was looked at for {}: {told:?}", left["duration_ms"]);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_load_is_told_only_where_the_site_asks_for_it() -> Outcome {
    for asks in [false, true] {
        let world = World::of("tests/pages", &[], DESKTOP).await?;
        if asks {
            world.rapport.run(&["site", "watch", &world.site, "images", "requests"])?;
        }
        world.visit("/errors.html").await?;
        Widget::floating(&world.browser).ready().await?;
        world.browser.click("#pay").await?;
        world.browser.click("#pay").await?;
        world.browser.rest().await?;
        world.visit("/still.html").await?;
        world.proxy.arrival("page_view", |view| view["path"] == "/errors.html").await?;
        let told = |kind| world.proxy.arrived("signal").into_iter().filter(is_kind(kind)).collect::<Vec<_>>();
        let (images, requests) = (told("broken_image"), told("failed_request"));
        if !asks {
            assert!(images.is_empty() && requests.is_empty(), "{images:?} {requests:?}");
            continue;
        }
        assert!(images.len() == 1 && images[0]["element"] == "/missing.png", "{images:?}");
        // Once a view, without its query, and with a name for the id.
        let request = requests.first().ok_or("no request was told")?;
        assert!(
            requests.len() == 1 && request["element"] == "/nowhere/:id" && request["name"] == "404",
            "{requests:?}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_gone_through_again_and_again_is_told_once_and_a_page_read_through_is_not() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let browser = &world.browser;
    for (path, passes) in [("/shift.html", 1), ("/still.html", 12)] {
        world.visit(path).await?;
        Widget::floating(browser).ready().await?;
        browser.run("document.body.style.minHeight = '400vh'").await?;
        // What hears of scrolls comes with the first move.
        browser.click("h1").await?;
        let part = "return performance.getEntriesByType('resource').some(({ name }) => name.includes('/click-'))";
        wait::until("the part", || async { Ok((browser.run(part).await? == true).then_some(())) }).await?;
        browser.rest().await?;
        for pass in 0..passes {
            let top = if pass % 2 == 0 { "document.documentElement.scrollHeight" } else { "0" };
            browser.run(&format!("scrollTo({{ top: {top}, behavior: 'instant' }})")).await?;
            browser.rest().await?;
        }
    }
    world.visit("/many.html").await?;
    world.proxy.arrival("page_view", |view| view["path"] == "/still.html").await?;
    let told: Vec<_> = world.proxy.arrived("signal").into_iter().filter(is_kind("excessive_scroll")).collect();
    assert!(told.len() == 1 && told[0]["path"] == "/still.html" && told[0]["count"].as_u64() >= Some(10), "{told:?}");
    Ok(())
}
