//! Where WebAssembly or a part of the widget is missing or blocked, the launcher is still there and leads to the form that
//! needs no script; the page itself notices nothing.

use rapport_tests::browser::{Browser, DESKTOP, Window};
use rapport_tests::{Outcome, wait, widget::Widget, world::World};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

in_each_browser!(a_policy_without_webassembly_leads_to_the_form);

/// Keeps what goes wrong in a page, where it belongs to the page.
const WATCH: &str = "window.failures = [];
    for (const kind of ['error', 'unhandledrejection']) addEventListener(kind, (event) => failures.push(String(event.reason || event.message)));";

async fn world(window: Window) -> Outcome<World> {
    World::of("tests/pages", &["examples/shop/surveys/page-rating.json"], window).await
}

/// Keeps what is told in the console.
const LISTEN: &str = "window.warned = []; const warn = console.warn;
    console.warn = (...said) => { warned.push(said.join(' ')); warn.apply(console, said); };";

/// Surveys that a page can only show by the rules of their targets.
fn with_rules() -> [Value; 3] {
    let survey = |id: &str, placement: &str, trigger: Value| {
        json!({
            "id": id, "name": id, "title": "A short question", "placement": placement, "trigger": trigger,
            "questions": [{ "id": "rating", "kind": "csat", "text": "How was it?", "required": true }],
        })
    };
    [
        survey("inline", "inline", json!({ "on": "manual" })),
        survey("ready", "popover", json!({ "on": "event", "name": "ready" })),
        survey("soon", "popover", json!({ "on": "delay", "delay_ms": 100 })),
    ]
}

/// Nothing could be decided, which `rapport('debug')` says and the console once; the page itself notices nothing.
async fn nothing_is_decided(browser: &Browser) -> Outcome {
    let widget = Widget::floating(browser);
    browser.run("rapport('track', 'ready'); rapport('track', 'ready'); rapport('debug')").await?;
    // Its button comes last.
    widget.see("[aria-label='Rapport: surveys'] button").await?;
    let list = widget.words("[aria-label='Rapport: surveys']").await?;
    for survey in ["inline", "ready", "soon"] {
        assert!(list.contains(&format!("{survey}: no, because of rules that could not be loaded")), "{list}");
    }
    let unasked = async || Ok(widget.find("section.survey").await?.is_none());
    wait::stays("no survey appears by itself", wait::DOUBT, unasked).await?;
    browser.press(Key::Enter).await?;
    widget.see_no("[aria-label='Rapport: surveys']").await?;
    assert_eq!(browser.run("return failures").await?, json!([]));
    let warned = browser.run("return warned.filter((one) => one.includes('rules could not be loaded')).length").await?;
    assert_eq!(warned, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_that_could_not_be_loaded_once_are_no_error_of_the_page_and_are_tried_again() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let (browser, widget) = (&world.browser, Widget::floating(&world.browser));
    let site = world.another_site(&with_rules())?;
    for script in [WATCH, LISTEN] {
        browser.before_pages(script).await?;
    }
    for lost in ["/assets/targeting", ".wasm"] {
        browser.devtools("Network.clearBrowserCache", json!({})).await?;
        world.proxy.lose(&[lost]);
        world.visit(&format!("/occasions/?site={site}")).await?;
        widget.ready().await?;
        nothing_is_decided(browser).await?;
    }
    world.proxy.lose(&["/assets/targeting"]);
    browser.devtools("Network.clearBrowserCache", json!({})).await?;
    world.visit(&format!("/occasions/?site={site}")).await?;
    widget.ready().await?;
    nothing_is_decided(browser).await?;

    world.proxy.lose(&[]);
    browser.run("rapport('track', 'ready')").await?;
    widget.see("section.survey[role=dialog]").await?;
    widget.click("button.close").await?;
    browser.run("rapport('identify', 'ada'); document.getElementById('far').scrollIntoView()").await?;
    Widget::inline(browser).see("section.survey").await?;
    browser.close_tab().await?;
    world.proxy.arrival("page_view", |view| view["path"] == "/occasions/").await?;
    let errors = world.proxy.arrived("signal").into_iter().filter(|signal| signal["kind"] == "error");
    assert_eq!(errors.count(), 0, "the page has none");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_without_webassembly_decides_nothing_and_breaks_nothing() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let browser = &world.browser;
    for survey in with_rules() {
        world.ask(&world.site, &survey)?;
    }
    for script in [WATCH, LISTEN] {
        browser.before_pages(script).await?;
    }
    world.visit("/no-wasm/").await?;
    browser.run("document.querySelector('main').append(Object.assign(document.createElement('div'), { id: 'place' })); document.getElementById('place').dataset.rapportSurvey = 'inline'").await?;
    Widget::floating(browser).ready().await?;
    nothing_is_decided(browser).await
}

/// Clicks `selector` in the widget or the page, and answers the form that opens beside the page.
async fn leads_to_the_form(world: &World, of_the_page: bool, score: u64) -> Outcome {
    let (browser, widget) = (&world.browser, Widget::floating(&world.browser));
    let page = browser.driver.window().await?;
    if of_the_page {
        browser.click("[data-rapport-open]").await?;
    } else {
        widget.click(".launcher").await?;
    }
    let form = wait::until("the form beside the page", || async {
        Ok(browser.driver.windows().await?.into_iter().find(|window| *window != page))
    })
    .await?;
    browser.driver.switch_to_window(form).await?;
    let address = format!("{}/f/{}/page-rating", world.proxy.origin(), world.site);
    wait::until("the form", || async { Ok((browser.driver.current_url().await?.as_str() == address).then_some(())) })
        .await?;
    assert_eq!(browser.run("return window.opener").await?, json!(null), "the form knows nothing of the page");
    browser.click(&format!("label:has(input[type=radio][value='{score}'])")).await?;
    browser.click("button.next").await?;
    browser.see("[role=status]").await?;
    browser.driver.close_window().await?;
    browser.driver.switch_to_window(page).await?;
    Ok(())
}

/// Waits until the widget has drawn its launcher and brought what it can.
async fn launched(world: &World) -> Outcome {
    let widget = Widget::floating(&world.browser);
    widget.see(".launcher").await?;
    widget.ready().await
}

async fn a_policy_without_webassembly_leads_to_the_form(window: Window) -> Outcome {
    let world = world(window).await?;
    world.visit("/no-wasm/").await?;
    launched(&world).await?;
    leads_to_the_form(&world, false, 4).await?;
    // The second time it is a plain link, and the page's own button leads there as well.
    leads_to_the_form(&world, false, 3).await?;
    leads_to_the_form(&world, true, 2).await?;
    let posts = world.proxy.exchanges().into_iter().filter(|exchange| exchange.method == "POST");
    let posts: Vec<String> = posts.map(|exchange| exchange.path).collect();
    assert_eq!(posts, vec![format!("/f/{}/page-rating?rapport-step", world.site); 3], "three answers and nothing else");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_missing_the_launcher_leads_to_the_form() -> Outcome {
    let world = world(DESKTOP).await?;
    world.browser.before_pages(WATCH).await?;
    for (lost, of_the_page) in [
        (vec!["/assets/survey"], false),
        (vec!["/assets/invitation"], false),
        (vec!["/assets/invitation"], true),
        (vec!["/assets/"], false),
        (vec![".wasm"], true),
    ] {
        world.browser.devtools("Network.clearBrowserCache", json!({})).await?;
        world.proxy.lose(&lost);
        world.visit(&format!("/occasions/?site={}", world.site)).await?;
        launched(&world).await?;
        if of_the_page {
            world.browser.run("document.getElementById('own').dataset.rapportOpen = 'page-rating'").await?;
        }
        leads_to_the_form(&world, of_the_page, 5).await?;
        assert_eq!(world.browser.run("return failures").await?, json!([]), "{lost:?}");
    }
    world.proxy.lose(&[]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_without_webassembly_leads_to_the_form() -> Outcome {
    let world = world(DESKTOP).await?;
    world.browser.before_pages(WATCH).await?;
    world.browser.before_pages("delete window.WebAssembly;").await?;
    world.visit(&format!("/occasions/?site={}", world.site)).await?;
    launched(&world).await?;
    leads_to_the_form(&world, false, 1).await?;
    assert_eq!(world.browser.run("return failures").await?, json!([]));
    assert!(world.proxy.arrived("page_view").is_empty(), "nothing can be measured");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_part_that_measures_questions_are_asked_all_the_same() -> Outcome {
    let world = world(DESKTOP).await?;
    world.browser.before_pages(WATCH).await?;
    world.proxy.lose(&["/assets/agent"]);
    world.visit(&format!("/occasions/?site={}", world.site)).await?;
    launched(&world).await?;
    let widget = Widget::floating(&world.browser);
    world.browser.run("rapport('open', 'page-rating')").await?;
    widget.choose("rating", "4").await?;
    widget.next().await?;
    let response = world.proxy.arrival("response", |_| true).await?;
    assert_eq!((&response["answers"][0]["score"], response.get("trail")), (&json!(4), None), "{response}");
    assert_eq!(world.browser.run("return failures").await?, json!([]));
    Ok(())
}
