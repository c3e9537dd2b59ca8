//! What answers a click: ordinary use is neither rage nor dead, whatever kind of effect it has, and every click that nothing
//! comes of is found, however restless the page.

use rapport_tests::browser::{DESKTOP, Window};
use rapport_tests::{Outcome, wait, widget::Widget, world::World};
use serde_json::{Value, json};
use std::time::Duration;
use thirtyfour::prelude::*;

/// Longer than clicks of one row lie apart, so that each row is judged.
const CALM: Duration = Duration::from_millis(1_150);
/// What a hand takes between two clicks at least.
const BETWEEN: Duration = Duration::from_millis(90);
/// Longer than a click may take to show an effect.
const VERDICT: Duration = Duration::from_millis(2_700);

/// What is clicked three times in ordinary use.
const ORDINARY: [&str; 25] = [
    "#paragraph",
    "#editor",
    "#line",
    "#track",
    "#plus",
    "#up",
    "#next",
    "#fold",
    "#details",
    "#counter",
    "#popover",
    "#draw",
    "#animate",
    "#today",
    "#all",
    "#sheet",
    "#rule",
    "#elsewhere",
    "#mute",
    "#menu",
    "#focus",
    "#checked",
    "#up",
    "#next",
    "#amount",
];

/// What does not answer: what is clicked how often, by which name it is told, and as what.
const UNANSWERED: [(&str, u32, &str, &[&str]); 9] = [
    ("#dead", 3, "button#dead", &["rage_click", "dead_click"]),
    ("#ripples", 3, "button#ripples", &["rage_click", "dead_click"]),
    ("#pixel", 1, "button#pixel", &["dead_click"]),
    ("#label", 3, "span#label", &["rage_click", "dead_click"]),
    ("#within", 3, "button#hidden-dead", &["rage_click", "dead_click"]),
    ("#throws", 1, "button#throws", &["failed_click"]),
    ("#missing", 1, "button#missing", &["failed_click"]),
    ("#hash", 1, "a#hash", &["dead_click"]),
    ("#slow", 3, "button#slow", &["rage_click", "slow_click"]),
];

/// An element, or the first button in its shadow root.
async fn find(world: &World, selector: &str) -> Outcome<WebElement> {
    if selector == "#within" {
        return within(world, selector, 0).await;
    }
    Ok(world.browser.driver.query(By::Css(selector)).first().await?)
}

/// A button in a shadow root.
async fn within(world: &World, selector: &str, place: usize) -> Outcome<WebElement> {
    let script = format!("return document.querySelector('{selector}').shadowRoot.querySelectorAll('button')[{place}]");
    Ok(world.browser.driver.execute(script, Vec::new()).await?.element()?)
}

pub(super) async fn click(world: &World, selector: &str, times: u32) -> Outcome {
    let element = find(world, selector).await?;
    // The pointer goes there once: on its way it takes time, which a slow machine makes more than a row of clicks may last.
    world.browser.driver.action_chain().move_to_element_center(&element).perform().await?;
    for _ in 0..times {
        world.browser.driver.action_chain().click().perform().await?;
        wait::pass(BETWEEN).await;
    }
    Ok(())
}

/// Moves the pointer across other buttons, which look otherwise while it is there.
async fn wander(world: &World) -> Outcome {
    for selector in ["#fold", "#counter", "h1"] {
        let element = find(world, selector).await?;
        world.browser.driver.action_chain().move_to_element_center(&element).perform().await?;
    }
    Ok(())
}

pub(super) async fn drag(world: &World, selector: &str) -> Outcome {
    let element = find(world, selector).await?;
    for _ in 0..3 {
        let grabbed = world.browser.driver.action_chain().move_to_element_center(&element).click_and_hold();
        grabbed.move_by_offset(24, 2).release().perform().await?;
    }
    Ok(())
}

/// The visitor's first move brings the part that judges; then it knows the page for `known`.
pub(super) async fn arrive(world: &World, path: &str, known: Duration) -> Outcome {
    world.visit(path).await?;
    Widget::floating(&world.browser).ready().await?;
    let body = world.browser.driver.query(By::Css("body")).first().await?;
    world.browser.driver.action_chain().move_to_element_with_offset(&body, 3, 3).perform().await?;
    wait::until("the part that judges clicks", || async {
        let is_there = "return performance.getEntriesByType('resource').some(({ name }) => /verdict.*wasm/.test(name))";
        Ok((world.browser.run(is_there).await? == true).then_some(()))
    })
    .await?;
    wait::pass(known).await;
    Ok(())
}

/// What was told of clicks: paths, kinds and elements.
pub(super) fn told_at(world: &World) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let signals = world.proxy.arrived("signal").into_iter().filter(|item| text(&item["kind"]).ends_with("_click"));
    signals.map(|item| (text(&item["path"]), text(&item["kind"]), text(&item["element"]))).collect()
}

/// What was told of clicks: kinds and elements.
fn told(world: &World) -> Vec<(String, String)> {
    told_at(world).into_iter().map(|(_, kind, element)| (kind, element)).collect()
}

in_each_browser!(ordinary_use_is_no_anger_and_what_does_not_answer_is_found);

async fn ordinary_use_is_no_anger_and_what_does_not_answer_is_found(window: Window) -> Outcome {
    let world = World::of("tests/pages", &[], window).await?;
    arrive(&world, "/answers.html", CALM + CALM).await?;
    for selector in ["#map", "#handle", "#paragraph"] {
        drag(&world, selector).await?;
        wait::pass(CALM).await;
    }
    // Text that is selected goes with the press: that is what this one is for.
    click(&world, "#deselect", 1).await?;
    wait::pass(CALM).await;
    for selector in ORDINARY {
        click(&world, selector, 3).await?;
        wait::pass(CALM).await;
    }
    let mut three = world.browser.driver.action_chain();
    for place in 0..3 {
        three = three.click_element(&within(&world, "#three", place).await?);
    }
    three.perform().await?;
    wait::pass(CALM).await;
    click(&world, "#dialog", 1).await?;
    click(&world, "#closes", 1).await?;
    click(&world, "#away", 3).await?;
    wait::stays("ordinary use without an error", VERDICT, async || {
        Ok(world.browser.run("return errors").await? == json!([]))
    })
    .await?;
    // What the focus is taken from looks otherwise from then on.
    click(&world, "#focused", 1).await?;
    wait::pass(CALM).await;
    for (selector, times, ..) in UNANSWERED {
        click(&world, selector, times).await?;
        wander(&world).await?;
        wait::pass(VERDICT).await;
    }
    // The slow one comes after three and a half seconds.
    wait::pass(VERDICT).await;
    world.browser.close_tab().await?;

    let view = world.proxy.arrival("page_view", |item| item["path"] == "/answers.html").await?;
    let mut told = told(&world);
    let expected = UNANSWERED
        .iter()
        .flat_map(|(_, _, element, kinds)| kinds.iter().map(|kind| ((*kind).to_owned(), (*element).to_owned())));
    let mut expected: Vec<_> = expected.collect();
    // Three clicks on a link that leads away are told too: nothing answers them.
    expected.push(("rage_click".to_owned(), "a#away".to_owned()));
    told.sort();
    expected.sort();
    assert_eq!(told, expected);
    let count = |kind: &str| expected.iter().filter(|(other, _)| other == kind).count();
    assert_eq!(
        (&view["rage_clicks"], &view["dead_clicks"]),
        (&json!(count("rage_click")), &json!(count("dead_click"))),
        "{view}"
    );
    let rules: Vec<_> = world.proxy.arrived("signal").into_iter().filter(|item| item["kind"] != "error").collect();
    assert!(rules.iter().all(|item| item["rule"] == 2), "{rules:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_looks_itself_over_after_every_callback_is_not_frozen() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    for path in ["/restless.html", "/restless.html?hides"] {
        arrive(&world, path, CALM + CALM).await?;
        let looks = async || {
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(
                world.browser.run("return looks").await?.as_u64().unwrap_or(0),
            )
        };
        let before = looks().await?;
        click(&world, "#alive", 1).await?;
        click(&world, "#dead", 3).await?;
        wait::pass(VERDICT).await;
        let after = looks().await?;
        assert!(after - before < 3_000, "{path}: it was looked over {} times", after - before);
        let idle = world.browser.run_async("const began = performance.now(); await new Promise((done) => setTimeout(done, 50)); return performance.now() - began").await?;
        assert!(idle.as_f64() < Some(1_000.0), "{path}: {idle}");
        if !path.ends_with("hides") {
            click(&world, "#dead", 1).await?;
        }
    }
    world.browser.close_tab().await?;
    world.proxy.arrival("page_view", |item| item["path"] == "/restless.html").await?;
    assert!(told(&world).contains(&("rage_click".to_owned(), "button#dead".to_owned())), "{:?}", told(&world));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn depth_in_an_application_is_of_what_the_visitor_scrolls() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let survey = json!({
        "id": "asked", "name": "asked", "title": "A short question", "placement": "popover",
        "trigger": { "on": "scroll", "percent": 60 },
        "questions": [{ "id": "rating", "kind": "csat", "text": "How was it?", "required": true }],
    });
    for path in ["/shell.html", "/shell.html?shadow"] {
        let site = world.another_site(std::slice::from_ref(&survey))?;
        let and = if path.contains('?') { '&' } else { '?' };
        world.visit(&format!("{path}{and}site={site}")).await?;
        let widget = Widget::floating(&world.browser);
        widget.ready().await?;
        let panel = "section.survey[role=dialog]";
        let unasked = async || Ok(widget.find(panel).await?.is_none());
        wait::stays(&format!("{path}: unasked before anything was scrolled"), CALM, unasked).await?;
        let main =
            "(document.querySelector('main') || document.querySelector('section').shadowRoot.querySelector('main'))";
        world.browser.run(&format!("{main}.scrollTop = 1000")).await?;
        wait::stays(&format!("{path}: unasked while too little was scrolled"), Duration::from_millis(300), unasked)
            .await?;
        world.browser.run(&format!("{main}.scrollTop = 2000")).await?;
        widget.see(panel).await.map_err(|failure| format!("{path}: {failure}"))?;
        world.visit("/still.html").await?;
        let of_site = |batch: &Value| batch["site"] == json!(site);
        let views = wait::until("the view", || async {
            let batches = world.proxy.batches();
            let items = batches.iter().flat_map(|exchange| {
                let batch: Value = serde_json::from_slice(&exchange.body).unwrap_or_default();
                let items = if of_site(&batch) { batch["items"].clone() } else { Value::Null };
                items.as_array().cloned().unwrap_or_default()
            });
            let views: Vec<Value> =
                items.filter(|item| item["type"] == "page_view" && item["path"] == "/shell.html").collect();
            Ok((!views.is_empty()).then_some(views))
        })
        .await?;
        let percent = views.last().and_then(|view| view["scroll_percent"].as_u64()).unwrap_or(0);
        assert!((60..90).contains(&percent), "{path}: {views:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_path_that_changes_a_hundred_times_a_second_is_one_view_once_it_rests() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    world.visit("/still.html").await?;
    Widget::floating(&world.browser).ready().await?;
    let drag = "let step = 0; await new Promise((done) => { const timer = setInterval(() => {
            history.replaceState(null, '', '/map/' + ++step);
            if (step === 200) done(clearInterval(timer));
        }, 10); });";
    world.browser.run_async(drag).await?;
    // What only flits by is no view: the last path rests.
    wait::pass(Duration::from_millis(1_500)).await;
    world.browser.close_tab().await?;
    world.proxy.arrival("page_view", |item| item["path"] == "/map/200").await?;
    let mut paths: Vec<String> = world
        .proxy
        .arrived("page_view")
        .iter()
        .map(|item| item["path"].as_str().unwrap_or_default().to_owned())
        .collect();
    paths.sort();
    paths.dedup();
    // A view may begin with the first change, before more of them are known; of all others there is none.
    paths.retain(|path| path != "/map/1");
    assert_eq!(paths, ["/map/200", "/still.html"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_that_does_not_know_the_zone_asks_what_needs_none_and_the_page_has_no_error() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let unknown = "const own = Date.prototype.toLocaleString;
        Date.prototype.toLocaleString = function (language, options) {
            if (options && options.timeZone) throw new RangeError('Invalid time zone specified: ' + options.timeZone);
            return own.call(this, language, options);
        };
        window.failures = [];
        addEventListener('unhandledrejection', (event) => failures.push(String(event.reason)));
        addEventListener('error', (event) => failures.push(event.message));";
    world.browser.before_pages(unknown).await?;
    let survey = |id: &str, target: Value| {
        json!({
            "id": id, "name": id, "title": "A short question", "placement": "popover", "target": target,
            "trigger": { "on": "delay", "delay_ms": 100 },
            "questions": [{ "id": "rating", "kind": "csat", "text": "How was it?", "required": true }],
        })
    };
    let site = world.another_site(&[
        survey("hours", json!({ "schedule": { "from_hour": 0, "until_hour": 24 } })),
        survey("always", json!({ "devices": ["desktop"] })),
    ])?;
    world.visit(&format!("/occasions/?site={site}")).await?;
    let widget = Widget::floating(&world.browser);
    widget.see("section.survey[role=dialog]").await?;
    assert_eq!(world.browser.run("return failures").await?, json!([]));
    world.browser.close_tab().await?;
    let view = world.proxy.arrival("page_view", |item| item["path"] == "/occasions/").await?;
    assert!(view["errors"].is_null(), "{view}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fact_that_was_cut_within_an_emoji_is_answered_and_kept() -> Outcome {
    let world = World::of("tests/pages", &["tests/surveys/order.json"], DESKTOP).await?;
    world.visit("/many.html").await?;
    let widget = Widget::floating(&world.browser);
    widget.ready().await?;
    world
        .browser
        .run("rapport('open', 'order', { number: 'Winter jacket 🧥'.slice(0, 15), day: 'a' + '👨‍👩‍👧'.repeat(300) })")
        .await?;
    widget.choose("likely", "10").await?;
    widget.next().await?;
    widget.see("textarea").await?;
    let response = world.proxy.arrival("response", |item| item["answers"][0]["score"] == 10).await?;
    assert_eq!(response["facts"]["number"], "Winter jacket ", "{response}");
    let day = response["facts"]["day"].as_str().unwrap_or_default();
    assert_eq!((day.chars().count(), day.ends_with("👨‍👩‍👧")), (496, true));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_button_of_the_page_that_opens_a_panel_was_called_dead() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let (browser, widget) = (&world.browser, Widget::floating(&world.browser));
    let asked = |id: &str, placement: &str| {
        json!({
            "id": id, "name": id, "title": "A short question", "placement": placement, "trigger": { "on": "manual" },
            "questions": [{ "id": "words", "kind": "open-text", "text": "Why?" }],
        })
    };
    let mut inline = asked("inline", "inline");
    inline.as_object_mut().ok_or("a survey")?.remove("trigger");
    // With a place within the page the widget hears of the focus before the part that judges clicks does.
    let site = world.another_site(&[asked("asked", "popover"), inline])?;
    // As over a slow line, and then at once.
    let slow = "const own = WebAssembly.compileStreaming;
        WebAssembly.compileStreaming = async (source) => {
            await new Promise((done) => setTimeout(done, 500));
            return own.call(WebAssembly, source);
        };";
    browser.before_pages(slow).await?;
    arrive(&world, &format!("/occasions/?site={site}")).await?;
    for _ in 0..2 {
        click(&world, "#own", 1).await?;
        widget.see("[role=dialog]").await?;
        wait::pass(VERDICT).await;
        // Asked for again, it only gets the focus.
        click(&world, "#own", 1).await?;
        wait::pass(VERDICT).await;
        widget.click("button.close").await?;
        widget.see_no("[role=dialog]").await?;
    }
    click(&world, "#dead", 1).await?;
    wait::pass(VERDICT).await;
    browser.close_tab().await?;
    world.proxy.arrival("signal", |item| item["kind"] == "dead_click" && item["element"] == "button#dead").await?;
    let of_own: Vec<_> = told(&world).into_iter().filter(|(_, element)| element.contains("own")).collect();
    assert_eq!(of_own, []);
    Ok(())
}
