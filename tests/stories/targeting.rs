//! When and whom: every trigger makes its survey appear once, nobody is asked again before the cooldown is over, and
//! `rapport('debug')` names the first rule that says no.

use rapport_shared::targeting::draw;
use rapport_tests::browser::DESKTOP;
use rapport_tests::{Outcome, wait, widget::Widget, world::World};
use serde_json::{Value, json};
use std::time::Duration;
use thirtyfour::prelude::*;

/// How long a survey that must not appear is given to do so: no condition tells that something will never happen.
const GRACE: Duration = Duration::from_millis(700);
/// The panel over the page.
const PANEL: &str = "section.survey[role=dialog]";

/// A popover of one question that appears on an occasion.
fn popover(id: &str, trigger: Value) -> Value {
    json!({
        "id": id, "name": id, "title": "A short question", "placement": "popover", "trigger": trigger,
        "questions": [{ "id": "rating", "kind": "csat", "text": "How was it?", "required": true }],
    })
}

fn with(mut survey: Value, more: Value) -> Value {
    for (name, value) in more.as_object().into_iter().flatten() {
        survey[name] = value.clone();
    }
    survey
}

async fn open(world: &World, site: &str) -> Outcome {
    world.visit(&format!("/occasions/?site={site}")).await?;
    ready(world).await
}

/// Waits until what asks has started, which it shows by answering.
async fn ready(world: &World) -> Outcome {
    Widget::floating(&world.browser).ready().await?;
    explained(world).await?;
    Ok(())
}

/// What `rapport('debug')` says: the first rule that says no of each survey, empty for those that may appear. The survey
/// that every site begins with is left out: each world switches it off.
async fn explained(world: &World) -> Outcome<Value> {
    let rows = world
        .browser
        .run_async(
            "const rows = await new Promise((done) => rapport('debug', done));
             for (const list of document.querySelector('rapport-widget').shadowRoot.querySelectorAll('[aria-label^=Rapport]')) list.remove();
             return Object.fromEntries(rows.filter(({ survey }) => survey !== 'feedback').map(({ survey, shows, rule }) => [survey, shows ? '' : rule]));",
        )
        .await?;
    Ok(rows)
}

/// Fails if a survey appears after all.
async fn nothing_appears(world: &World, why: &str) -> Outcome {
    tokio::time::sleep(GRACE).await;
    let panel = Widget::floating(&world.browser).find(PANEL).await?;
    assert!(panel.is_none(), "{why}: it appeared");
    Ok(())
}

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
        (json!({ "on": "signal", "signal": "rage_click" }), vec![Click("#dead", 1)], Click("#dead", 4), 0),
        (json!({ "on": "signal", "signal": "dead_click" }), vec![Click("#name", 1)], Click("#dead", 1), 2_500),
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
        tokio::time::sleep(Duration::from_millis(judged_ms)).await;
        nothing_appears(&world, &format!("{trigger} a second time")).await?;
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

async fn reload(world: &World) -> Outcome {
    world.browser.driver.refresh().await?;
    ready(world).await
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

/// Targets with the first rule that says no to the visitor of the story, empty for those that fit.
fn targets() -> Vec<(&'static str, Value, &'static str)> {
    let glob = |glob: &str| json!([{ "glob": glob }]);
    let rule =
        |name: &str, operator: &str, value: &str| json!([{ "name": name, "operator": operator, "value": value }]);
    vec![
        ("everyone", json!({}), ""),
        ("these-pages", json!({ "pages": glob("/occasions/**") }), ""),
        ("by-expression", json!({ "pages": [{ "regex": "^/occa[a-z]+/$" }] }), ""),
        ("other-pages", json!({ "pages": glob("/cart/*") }), "target.pages"),
        ("not-these", json!({ "pages": glob("/**"), "except_pages": glob("/occasions/") }), "target.pages"),
        ("desktops", json!({ "devices": ["desktop"] }), ""),
        ("phones", json!({ "devices": ["mobile", "tablet"] }), "target.devices"),
        ("in-german", json!({ "languages": ["de"] }), ""),
        ("in-french", json!({ "languages": ["fr"] }), "target.languages"),
        ("from-the-letter", json!({ "sources": ["letter"] }), ""),
        ("from-elsewhere", json!({ "sources": ["www.example.org"] }), "target.sources"),
        ("gold", json!({ "traits": rule("plan", "is", "gold") }), ""),
        ("many-orders", json!({ "traits": rule("orders", "at_least", "10") }), "target.traits"),
        ("testers", json!({ "segments": ["testers", "staff"] }), ""),
        ("staff", json!({ "segments": ["staff"] }), "target.segments"),
        ("new", json!({ "visitors": "new" }), ""),
        ("returning", json!({ "visitors": "returning" }), "target.visitors"),
        ("this-century", json!({ "schedule": { "from": "2001-01-01", "until": "2099-12-31" } }), ""),
        ("last-century", json!({ "schedule": { "until": "1999-12-31" } }), "target.schedule"),
        ("later", json!({ "after_views": 3 }), "target.after_views"),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_rule_that_says_no_is_named() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let browser = &world.browser;
    let surveys: Vec<Value> = targets()
        .into_iter()
        .map(|(id, target, _)| with(popover(id, json!({ "on": "exit_intent" })), json!({ "target": target })))
        .collect();
    let site = world.another_site(&surveys)?;
    world.visit(&format!("/occasions/?utm_source=letter&language=de-CH&site={site}")).await?;
    ready(&world).await?;
    let known = "rapport('identify', 'customer-17', { plan: 'gold', orders: 3, segments: ['testers', 'buyers'] })";
    browser.run(known).await?;
    let found = explained(&world).await?;
    for (id, _, expected) in targets() {
        assert_eq!(found[id], expected, "{id}");
    }
    // In a later session the visitor is known, and the views are counted anew.
    browser.close_tab().await?;
    for _ in 0..3 {
        world.visit(&format!("/occasions/?language=de&site={site}")).await?;
        ready(&world).await?;
    }
    let found = explained(&world).await?;
    for (id, expected) in [
        ("returning", ""),
        ("new", "target.visitors"),
        ("later", ""),
        // The page has not said again who it is, and the letter was of the visit before.
        ("gold", "target.traits"),
        ("from-the-letter", "target.sources"),
    ] {
        assert_eq!(found[id], expected, "{id}");
    }

    // For people it is a list that can be read and closed by keys.
    browser.run("rapport('debug')").await?;
    let widget = Widget::floating(browser);
    let list = widget.words("[aria-label='Rapport: surveys']").await?;
    assert!(list.contains("other-pages: no, because of target.pages"), "{list}");
    assert!(list.contains("everyone: yes, on exit_intent"), "{list}");
    let findings = browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    browser.press(Key::Enter).await?;
    widget.see_no("[aria-label='Rapport: surveys']").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sample_is_drawn_by_the_tab_s_lot_and_what_only_opens_by_hand_says_so() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let surveys: Vec<Value> = (1..=9)
        .map(|tenth| {
            let target = json!({ "target": { "sample_percent": tenth * 10 } });
            with(popover(&format!("sample-{tenth}"), json!({ "on": "exit_intent" })), target)
        })
        .chain([
            popover("by-hand", json!({ "on": "manual" })),
            with(popover("dialog", json!({ "on": "manual" })), json!({ "placement": "modal" })),
            with(popover("page-of-its-own", json!({ "on": "manual" })), json!({ "placement": "hosted" })),
        ])
        .collect();
    let site = world.another_site(&surveys)?;
    open(&world, &site).await?;
    for lot in [7_u32, 40_000, 65_535] {
        world.browser.run(&format!("sessionStorage.setItem('rapport.lot', '{lot}')")).await?;
        let found = explained(&world).await?;
        for tenth in 1..=9 {
            let id = format!("sample-{tenth}");
            let is_in = draw(&lot.to_be_bytes(), &id) < tenth * 10;
            assert_eq!(found[&id], if is_in { "" } else { "target.sample_percent" }, "{id} with {lot}");
        }
        for (id, rule) in [("by-hand", "trigger.on"), ("dialog", "placement"), ("page-of-its-own", "placement")] {
            assert_eq!(found[id], rule, "{id}");
        }
    }
    Ok(())
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
async fn a_survey_whose_place_is_not_in_the_page_is_not_said_to_appear() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let inline = |id: &str| with(popover(id, json!({ "on": "manual" })), json!({ "placement": "inline" }));
    let seen = |id: &str, selector: &str| popover(id, json!({ "on": "seen", "selector": selector }));
    let site =
        world.another_site(&[inline("inline"), inline("elsewhere"), seen("far", "#far"), seen("gone", "#gone")])?;
    open(&world, &site).await?;
    let expected = json!({ "inline": "", "elsewhere": "placement", "far": "", "gone": "trigger.selector" });
    assert_eq!(explained(&world).await?, expected);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_survey_that_is_switched_off_or_has_answers_enough_is_listed_with_that_rule() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let widget = Widget::floating(&world.browser);
    let launcher = json!({ "placement": "launcher", "quota": 1 });
    let by_itself = json!({ "on": "exit_intent" });
    let site = world.another_site(&[
        with(popover("enough", json!({ "on": "manual" })), launcher),
        popover("off", by_itself.clone()),
        popover("on", by_itself),
    ])?;
    world.rapport.run(&["survey", "deactivate", &site, "off"])?;
    open(&world, &site).await?;
    assert_eq!(explained(&world).await?, json!({ "enough": "", "off": "active", "on": "" }));
    world.browser.run("rapport('debug')").await?;
    let list = widget.words("[aria-label='Rapport: surveys']").await?;
    assert!(list.contains("off: no, because of active"), "{list}");
    world.browser.press(Key::Enter).await?;
    widget.open().await?;
    widget.choose("rating", "4").await?;
    widget.next().await?;
    widget.thanks().await?;
    let unserved = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("{}/v1/unserved/{site}", world.rapport.origin());
    wait::until("the quota to be noticed", || async {
        Ok(unserved.get(&url).send().await?.text().await?.contains("quota").then_some(()))
    })
    .await?;
    world.browser.close_tab().await?;
    world.browser.devtools("Network.enable", json!({})).await?;
    world.browser.devtools("Network.setCacheDisabled", json!({ "cacheDisabled": true })).await?;
    world.visit(&format!("/occasions/?site={site}")).await?;
    let expected = json!({ "enough": "quota", "off": "active", "on": "" });
    wait::until("a page that knows its surveys", || async {
        let listed = explained(&world).await?;
        Ok((listed == expected).then_some(()))
    })
    .await
}
