//! The host page gets no layout shift from the widget, and keeps its focus, scroll position and styles.

use rapport_tests::{Outcome, browser::DESKTOP, browser::Window, widget::Widget, world::World};
use serde_json::json;
use std::time::{Duration, Instant};

/// Keeps the layout shifts that count against the page (those not caused by the visitor's own input), and those in which
/// an element of the host moved, whoever caused them. What moves within a shadow root has no node here.
const WATCH: &str = "
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
            const moved = entry.sources.map((source) => source.node && (source.node.id || source.node.nodeName));
            if (!entry.hadRecentInput || moved.some(Boolean)) window.shifts.push({ value: entry.value, moved });
        }
    }).observe({ type: 'layout-shift', buffered: true });";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_the_host_moves() -> Outcome {
    for (width_px, height_px) in [(1280, 900), (500, 900)] {
        let world = World::of(
            "examples/shop",
            &["examples/shop/surveys/page-rating.json", "examples/shop/surveys/product-feedback.json"],
            Window { width_px, height_px, ..DESKTOP },
        )
        .await?;
        world.browser.before_pages(WATCH).await?;
        let widget = Widget::floating(&world.browser);
        world.visit("/tableware/moss-mug/").await?;
        widget.ready().await?;
        let before = world.browser.run(STATE).await?;
        widget.open().await?;
        widget.choose("rating", "3").await?;
        widget.next().await?;
        widget.next().await?;
        widget.thanks().await?;
        widget.click("button.close").await?;
        world.browser.rest().await?;
        assert_eq!(world.browser.run("return window.shifts").await?, serde_json::json!([]), "{width_px} px");
        assert_eq!(world.browser.run(STATE).await?, before, "{width_px} px");

        // The inline survey arrives in the room that the host keeps for it.
        world
            .browser
            .run("document.querySelector('[data-rapport-survey]').scrollIntoView({ block: 'center' })")
            .await?;
        Widget::inline(&world.browser).see("legend").await?;
        world.browser.rest().await?;
        assert_eq!(world.browser.run("return window.shifts").await?, serde_json::json!([]), "{width_px} px, inline");
    }
    Ok(())
}

/// Has the replies to what is sent come long after the click that caused it: what moves by then counts against the page.
const LATE_REPLIES: &str = "
    const usual = window.fetch;
    window.fetch = async (url, ...more) => {
        const reply = await usual(url, ...more);
        if (String(url).endsWith('/v1/batch')) await new Promise((done) => setTimeout(done, 1500));
        return reply;
    };";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_thank_you_takes_no_more_room_than_it_needs_and_moves_nothing() -> Outcome {
    for (placement, (width_px, height_px)) in
        [("popover", (1280, 900)), ("popover", (500, 900)), ("banner", (1280, 900)), ("modal", (1280, 900))]
    {
        let window = Window { width_px, height_px, ..DESKTOP };
        let world = World::of("examples/plain", &[], window).await?;
        let ladder = json!([{ "id": "loyalty", "kind": "ladder", "text": "What do we mean to you?" }]);
        world.ask(
            &world.site,
            &json!({
                "id": "high", "name": "High", "title": "High", "placement": placement, "trigger": { "on": "manual" },
                "questions": ladder,
            }),
        )?;
        world.browser.before_pages(WATCH).await?;
        world.browser.before_pages(LATE_REPLIES).await?;
        let widget = Widget::floating(&world.browser);
        world.visit("/").await?;
        widget.ready().await?;
        world.browser.run("rapport('open', 'high')").await?;
        widget.click("[value='4']").await?;
        let height = "return document.querySelector('rapport-widget').shadowRoot.querySelector('.survey').offsetHeight";
        let asked = world.browser.run(height).await?;
        let sent = Instant::now();
        widget.next().await?;
        widget.thanks().await?;
        assert!(sent.elapsed() > Duration::from_secs(1), "{placement}: the reply came late");
        world.browser.rest().await?;
        world.browser.picture(&format!("late-thanks-{placement}-{width_px}.png")).await?;
        let thanked = world.browser.run(height).await?;
        assert!(thanked.as_u64() < Some(asked.as_u64().unwrap_or_default() - 100), "{placement}: {asked}, {thanked}");
        assert_eq!(world.browser.run("return window.shifts").await?, json!([]), "{placement}, {width_px} px");
    }
    Ok(())
}

/// What the widget must leave alone.
const STATE: &str = "
    const names = Object.keys(window).filter((name) => name !== 'shifts');
    return {
        scroll: [scrollX, scrollY],
        width: document.documentElement.scrollWidth,
        height: document.documentElement.scrollHeight,
        body: [document.body.className, document.body.getAttribute('style')],
        root: [document.documentElement.className, document.documentElement.getAttribute('style')],
        sheets: [document.styleSheets.length, document.adoptedStyleSheets.length],
        widgets: document.querySelectorAll('rapport-widget').length,
        globals: names.filter((name) => name.toLowerCase().includes('rapport')),
    };";
