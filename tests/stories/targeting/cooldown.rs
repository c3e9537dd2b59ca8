//! Who was asked before: the distance between surveys, on this device and across its tabs.

use super::{PANEL, explained, nothing_appears, open, popover, reload, with};
use rapport_tests::browser::DESKTOP;
use rapport_tests::{Outcome, widget::Widget, world::World};
use serde_json::json;

/// Makes the device remember what happened so many days before.
async fn days_pass(world: &World, site: &str, days: u32) -> Outcome {
    world
        .browser
        .run(&format!(
            "for (const key of Object.keys(localStorage).filter((key) => key.startsWith('rapport.asked.{site}.'))) {{
                 const [day, ...outcome] = localStorage.getItem(key).split(' ');
                 localStorage.setItem(key, [day - {days}, ...outcome].join(' '));
             }}"
        ))
        .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cooldown_holds_across_reloads_tabs_and_a_close() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let (browser, widget) = (&world.browser, Widget::floating(&world.browser));
    let survey = with(popover("asked", json!({ "on": "delay", "delay_ms": 100 })), json!({ "cooldown_days": 14 }));
    let site = world.another_site(&[survey])?;
    let refused = json!({ "asked": "cooldown_days" });
    open(&world, &site).await?;
    widget.see(PANEL).await?;

    let first = browser.driver.window().await?;
    let second = browser.driver.new_tab().await?;
    browser.driver.switch_to_window(second).await?;
    open(&world, &site).await?;
    nothing_appears(&world, "in a second tab").await?;
    assert_eq!(explained(&world).await?, refused);
    browser.driver.close_window().await?;
    browser.driver.switch_to_window(first).await?;

    widget.click("button.close").await?;
    widget.see_no(PANEL).await?;
    nothing_appears(&world, "in the page in which it was closed").await?;
    reload(&world).await?;
    nothing_appears(&world, "after a close").await?;
    assert_eq!(explained(&world).await?, refused);
    days_pass(&world, &site, 13).await?;
    reload(&world).await?;
    nothing_appears(&world, "on the last day of the cooldown").await?;
    days_pass(&world, &site, 1).await?;
    browser.driver.refresh().await?;
    widget.see(PANEL).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_survey_comes_until_it_is_answered_or_goes_after_one_close() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let (browser, widget) = (&world.browser, Widget::floating(&world.browser));
    let survey = |repeat: &str| {
        let more = json!({ "cooldown_days": 0, "target": { "repeat": repeat } });
        with(popover("asked", json!({ "on": "delay", "delay_ms": 100 })), more)
    };

    let site = world.another_site(&[survey("until_answered")])?;
    open(&world, &site).await?;
    for _ in 0..2 {
        widget.see(PANEL).await?;
        widget.click("button.close").await?;
        widget.see_no(PANEL).await?;
        browser.driver.refresh().await?;
    }
    widget.see(PANEL).await?;
    widget.choose("rating", "4").await?;
    widget.next().await?;
    widget.thanks().await?;
    reload(&world).await?;
    nothing_appears(&world, "after an answer").await?;
    assert_eq!(explained(&world).await?, json!({ "asked": "target.repeat" }));
    days_pass(&world, &site, 1_000).await?;
    reload(&world).await?;
    nothing_appears(&world, "years after an answer").await?;

    let site = world.another_site(&[survey("once")])?;
    open(&world, &site).await?;
    widget.see(PANEL).await?;
    // Seen and neither closed nor answered: the visitor went on to the next page.
    browser.driver.refresh().await?;
    widget.see(PANEL).await?;
    widget.click("button.close").await?;
    widget.see_no(PANEL).await?;
    days_pass(&world, &site, 1_000).await?;
    reload(&world).await?;
    nothing_appears(&world, "after one close").await?;
    assert_eq!(explained(&world).await?, json!({ "asked": "target.repeat" }));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn surveys_of_a_site_keep_their_distance() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let widget = Widget::floating(&world.browser);
    let soon = |id: &str, cooldown_days: u32| {
        let trigger = json!({ "on": "event", "name": id });
        with(popover(id, trigger), json!({ "cooldown_days": cooldown_days }))
    };
    let site = world.another_site(&[soon("first", 90), soon("second", 0)])?;
    world.rapport.run(&["site", "cooldown", &site, "7"])?;
    open(&world, &site).await?;
    assert_eq!(explained(&world).await?, json!({ "first": "", "second": "" }));
    world.browser.run("rapport('track', 'first')").await?;
    widget.see(PANEL).await?;
    widget.click("button.close").await?;
    widget.see_no(PANEL).await?;
    // One a page, whatever the cooldown.
    world.browser.run("rapport('track', 'second')").await?;
    nothing_appears(&world, "a second survey in one page").await?;
    reload(&world).await?;
    world.browser.run("rapport('track', 'second')").await?;
    nothing_appears(&world, "a second survey on the same day").await?;
    assert_eq!(explained(&world).await?, json!({ "first": "cooldown_days", "second": "site.cooldown_days" }));
    days_pass(&world, &site, 7).await?;
    reload(&world).await?;
    assert_eq!(explained(&world).await?, json!({ "first": "cooldown_days", "second": "" }));
    world.browser.run("rapport('track', 'second')").await?;
    widget.see(PANEL).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_keeps_nothing_is_not_asked() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    world
        .browser
        .before_pages("Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };")
        .await?;
    let site = world.another_site(&[popover("asked", json!({ "on": "delay", "delay_ms": 100 }))])?;
    open(&world, &site).await?;
    nothing_appears(&world, "without storage").await?;
    assert_eq!(explained(&world).await?, json!({ "asked": "device.storage" }));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tabs_that_load_at_once_ask_once() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let browser = &world.browser;
    let site = world.another_site(&[popover("asked", json!({ "on": "delay", "delay_ms": 500 }))])?;
    let url = json!(world.pages.url(&format!("/occasions/?site={site}")));
    // Both at once: two frames share the device as two tabs do, and neither is in the background.
    world.visit("/occasions/?site=none").await?;
    let panels = format!(
        "const frames = [1, 2].map(() => document.body.appendChild(document.createElement('iframe')));
         for (const frame of frames) frame.src = {url};
         await new Promise((done) => setTimeout(done, 6_000));
         return frames.filter(({{ contentDocument: page }}) =>
             page.querySelector('rapport-widget').shadowRoot.querySelector('section.survey')).length;"
    );
    assert_eq!(browser.run_async(&panels).await?, 1);
    Ok(())
}
