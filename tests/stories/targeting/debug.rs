//! `rapport('debug')`: the first rule that says no to each survey.

use super::{explained, open, popover, ready, with};
use rapport_shared::targeting::draw;
use rapport_tests::browser::{DESKTOP, Window};
use rapport_tests::{Outcome, wait, widget::Widget, world::World};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

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

/// The lists that are shown; of the last one, the direction of its words and whether a pointer reaches its button.
const LISTS: &str = "
    const root = document.querySelector('rapport-widget').shadowRoot;
    const lists = [...root.querySelectorAll('[aria-label^=Rapport]')];
    const button = lists.at(-1)?.querySelector('button');
    if (!button) return [lists.length];
    const { left, top, width, height } = button.getBoundingClientRect();
    return [lists.length, getComputedStyle(button).direction,
            root.elementFromPoint(left + width / 2, top + height / 2) === button];";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_phone_one_list_lies_above_an_open_survey_and_runs_as_english_does() -> Outcome {
    let world = World::of("tests/pages", &[], Window { width_px: 390, height_px: 700, ..DESKTOP }).await?;
    let surveys = [popover("by-hand", json!({ "on": "manual" })), popover("by-itself", json!({ "on": "exit_intent" }))];
    let site = world.another_site(&surveys)?;
    let (browser, widget) = (&world.browser, Widget::floating(&world.browser));
    world.visit(&format!("/occasions/?language=ar&site={site}")).await?;
    ready(&world).await?;
    browser.run("document.documentElement.dir = 'rtl'; rapport('open', 'by-hand')").await?;
    widget.see(super::PANEL).await?;
    for _ in 0..2 {
        browser.run_async("await new Promise((done) => rapport('debug', done))").await?;
        assert_eq!(browser.run(LISTS).await?, json!([1, "ltr", true]));
    }
    browser.picture("debug-over-survey.png").await?;
    let findings = browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    widget.click("[aria-label='Rapport: surveys'] button").await?;
    assert_eq!(browser.run(LISTS).await?, json!([0]));
    widget.see(super::PANEL).await?;
    Ok(())
}
