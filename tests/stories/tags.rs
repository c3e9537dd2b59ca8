//! The script tag: under another path and name, twice, for two sites, in a prerendered page, with an integrity value.

use rapport_tests::browser::{DESKTOP, Window};
use rapport_tests::{Outcome, dashboard, reviews::Reviews, wait, widget::Widget, world::World};
use serde_json::{Value, json};
use std::time::Duration;

in_each_browser!(
    under_another_path_and_name_everything_is_there,
    below_another_path_the_reviews_stay_there,
    two_tags_do_no_harm,
);

/// What a blocker could know us by.
const KNOWN: [&str; 10] =
    ["rapport", "v1", "batch", "config", "agent", "survey", "widget", "feedback", "/f/", "/assets/"];

/// The first request, from the one at `before` on, that a blocker could know, or that is elsewhere than below the script's path.
fn betraying(world: &World, before: usize) -> Option<String> {
    let exchanges = world.proxy.exchanges();
    let mut lines = exchanges[before..].iter().map(|exchange| format!("{} {}", exchange.method, exchange.path));
    lines.find(|line| {
        // A browser looks for this by itself; and a key is made of random letters.
        let path = line.replace(&world.site, "");
        let known = KNOWN.iter().any(|known| path.contains(known));
        !line.ends_with("/favicon.ico") && (known || !line.contains(" /hello/"))
    })
}

/// What the widget put into the page: names, ids and addresses of its elements, and all that is said of the one that selectors of
/// a blocker reach; they reach into no shadow root.
const ELEMENTS: &str = "const [host] = [...document.documentElement.children].filter((child) => child.shadowRoot);
    const all = [host];
    for (const element of all) all.push(...element.children, ...(element.shadowRoot ? element.shadowRoot.children : []));
    const said = (element) => [element.localName, ...[...element.attributes].flatMap(({ name, value }) =>
        element === host || /^(id|href|src|action)$/.test(name) ? [name, value] : [name])];
    return all.map((element) => said(element).join(' '));";

const RATING: &str = "examples/shop/surveys/page-rating.json";

async fn rate(world: &World) -> Outcome<Value> {
    let widget = Widget::floating(&world.browser);
    widget.open().await?;
    widget.choose("rating", "4").await?;
    widget.next().await?;
    world.proxy.arrival("response", |item| item["answers"][0]["score"] == 4).await
}

async fn under_another_path_and_name_everything_is_there(window: Window) -> Outcome {
    let renamed = |origin: &str| format!("script_url = \"{origin}/hello/voice.js\"\n");
    let world = World::set("tests/pages", &[RATING], window, &renamed).await?;
    let browser = &world.browser;
    let tag = world.rapport.run(&["site", "tag", &world.site])?;
    assert!(tag.contains(&format!("src=\"{}/hello/voice.js\"", world.proxy.origin())), "{tag}");
    world.visit("/occasions/?script=hello/voice.js").await?;
    Widget::floating(browser).ready().await?;
    let form = browser
        .run(
            "return [...document.documentElement.children].find((child) => child.shadowRoot).shadowRoot
        .querySelector('.launcher').href",
        )
        .await?;
    Widget::floating(browser).open().await?;
    let elements = browser.run(ELEMENTS).await?;
    let elements: Vec<String> = serde_json::from_value(elements)?;
    assert!(elements.len() > 20 && elements[0].starts_with("voice-"), "{elements:#?}");
    for element in &elements {
        let said = element.replace(&world.site, "");
        assert!(!KNOWN.iter().any(|known| said.contains(known)), "{element}");
    }
    let widget = Widget::floating(browser);
    widget.choose("rating", "4").await?;
    widget.next().await?;
    world.proxy.arrival("response", |item| item["answers"][0]["score"] == 4).await?;
    browser.visit(form.as_str().ok_or("the launcher is a link")?).await?;
    world.proxy.arrival("page_view", |view| view["path"] == "/occasions/").await?;
    let sheets = browser.run("return [...document.styleSheets].map((sheet) => sheet.cssRules.length > 0)").await?;
    assert_eq!(sheets, json!([true, true]), "the form has its style sheet and that of the theme");
    browser.click("label:has(input[type=radio][value='2'])").await?;
    browser.click("button.next").await?;
    browser.see("[role=status]").await?;
    assert_eq!(betraying(&world, 0), None);
    Ok(())
}

async fn below_another_path_the_reviews_stay_there(window: Window) -> Outcome {
    let renamed = |origin: &str| format!("script_url = \"{origin}/hello/voice.js\"\n");
    let world = World::set("tests/pages", &["examples/reviews/surveys/review.json"], window, &renamed).await?;
    let browser = &world.browser;
    Reviews::begin(&world).await?.fill("coats/rain").await?;
    dashboard::read(&world, "reviews").await?;
    let before = world.proxy.exchanges().len();
    // Members find it at the address that the public knows.
    browser.run("[...document.links].find((link) => link.textContent === 'Public list').click()").await?;
    let at = "const loading = document.readyState === 'complete' ? '' : ' …';
        return location.pathname + location.search.replace(/=[0-9a-f-]{36}/, '=ID') + loading;";
    let at = async || browser.run(at).await;
    let reviews = wait::until("the reviews", || async {
        let path = at().await?;
        let path = path.as_str().unwrap_or_default().to_owned();
        Ok((path.starts_with("/hello/") && path.ends_with(&world.site)).then_some(path))
    })
    .await?;
    let comes_to = async |address: &str| {
        let address = format!("{reviews}{address}");
        wait::until(&address, || async { Ok((at().await? == address.as_str()).then_some(())) }).await
    };
    comes_to("").await?;
    let sheets = "return [...document.styleSheets].map((sheet) => sheet.cssRules.length > 0)";
    assert_eq!(browser.run(sheets).await?, json!([true, true]));
    browser.click(".things a").await?;
    comes_to("/coats%2Frain").await?;
    assert_eq!(browser.run(sheets).await?, json!([true, true]));
    browser.click("[rel=next]").await?;
    comes_to("/coats%2Frain?page=2").await?;
    assert_eq!(browser.run("return document.querySelectorAll('article').length").await?, 2);
    browser.click("article button[name=helpful]").await?;
    comes_to("/coats%2Frain?page=2&counted=ID").await?;
    // The vote has brought it to the first page; what became of it is told where the visitor is.
    let told = browser.run("return document.querySelector(':target').innerText").await?;
    assert_eq!(told, "Thank you, your vote is counted.");
    browser.click(".rows a").await?;
    comes_to("/coats%2Frain?stars=5").await?;
    browser.click("a.write").await?;
    wait::until("the form", || async {
        let form = format!("/{}/review?thing=coats%2Frain", world.site);
        Ok(at().await?.as_str().is_some_and(|path| path.ends_with(&form)).then_some(()))
    })
    .await?;
    assert_eq!(betraying(&world, before), None);
    Ok(())
}

/// Adds a tag to the page, and waits until it has run.
async fn add_tag(world: &World, site: &str) -> Outcome {
    let script = format!(
        "await new Promise((done, failed) => {{
             const tag = document.createElement('script');
             Object.assign(tag, {{ src: '{}/rapport.js', onload: done, onerror: failed }});
             tag.dataset.site = '{site}';
             document.head.append(tag);
         }});",
        world.proxy.origin()
    );
    let failed = world.browser.run_async(&script).await?;
    assert!(failed.is_null(), "{failed}");
    Ok(())
}

async fn two_tags_do_no_harm(window: Window) -> Outcome {
    let world = World::of("tests/pages", &[RATING], window).await?;
    let browser = &world.browser;
    let other = world.another_site(&[])?;
    world.visit("/occasions/").await?;
    Widget::floating(browser).ready().await?;
    browser.run("rapport.mark = 'first'").await?;
    for site in [&world.site, &other] {
        add_tag(&world, site).await?;
    }
    // A page that adds its tag on each of its routes.
    browser.run("history.pushState({}, '', '/occasions/more')").await?;
    add_tag(&world, &world.site).await?;
    wait::stays("one widget, of the first tag", wait::DOUBT, async || {
        let state = browser
            .run(
                "return [rapport.mark === 'first', rapport.site, document.querySelectorAll('rapport-widget').length,
                         document.querySelector('rapport-widget').shadowRoot.querySelectorAll('.launcher').length];",
            )
            .await?;
        Ok(state == json!([true, world.site, 1, 1]))
    })
    .await?;
    rate(&world).await?;
    browser.close_tab().await?;
    world.proxy.arrival("page_view", |view| view["path"] == "/occasions/more").await?;
    let views = world.proxy.arrived("page_view");
    let firsts = views.iter().filter(|view| view["path"] == "/occasions/" && view["revision"] == 1).count();
    assert_eq!(firsts, 1, "{views:#?}");
    let configs = world.proxy.exchanges().into_iter().filter(|exchange| exchange.path.contains("/v1/config/"));
    assert_eq!(configs.count(), 1, "the site is asked for once, the other never");
    for batch in world.proxy.batches() {
        let envelope: Value = serde_json::from_slice(&batch.body)?;
        assert_eq!(envelope["site"], world.site.as_str());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prerendered_page_begins_when_it_is_seen() -> Outcome {
    let world = World::of("tests/pages", &[RATING], DESKTOP).await?;
    let browser = &world.browser;
    world.visit("/hostile/").await?;
    let asked =
        |world: &World| world.proxy.exchanges().iter().filter(|exchange| exchange.path != "/rapport.js").count();
    browser
        .run(
            "const rules = document.createElement('script');
             rules.type = 'speculationrules';
             rules.textContent = JSON.stringify({ prerender: [{ urls: ['/occasions/'], eagerness: 'immediate' }] });
             document.head.append(rules);",
        )
        .await?;
    wait::until("the loader to run before the page is seen", || async {
        Ok(world.proxy.exchanges().iter().any(|exchange| exchange.path == "/rapport.js").then_some(()))
    })
    .await?;
    let unseen = "nothing but the loader is loaded, and nothing is sent";
    wait::stays(unseen, wait::DOUBT, async || Ok(asked(&world) == 0)).await?;
    browser.run("location.href = '/occasions/'").await?;
    Widget::floating(browser).ready().await?;
    let activated = "return performance.getEntriesByType('navigation')[0].activationStart > 0";
    assert_eq!(browser.run(activated).await?, true, "the page that was prepared is the page that is seen");
    rate(&world).await?;
    browser.close_tab().await?;
    let view = world.proxy.arrival("page_view", |view| view["path"] == "/occasions/").await?;
    assert_eq!(view["navigation"], 3, "{view}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_printed_integrity_holds_and_a_changed_script_is_refused() -> Outcome {
    let folder = tempfile::tempdir()?;
    let world = World::of(&folder.path().to_string_lossy(), &[RATING], DESKTOP).await?;
    let tag = world.rapport.run(&["site", "tag", &world.site, "--integrity"])?;
    let page =
        format!("<!doctype html><html lang=en><title>With integrity</title>{tag}<main><h1>With integrity</h1></main>");
    std::fs::write(folder.path().join("index.html"), page)?;
    world.visit("/").await?;
    Widget::floating(&world.browser).ready().await?;
    rate(&world).await?;

    world.proxy.alter(&["/rapport.js"]);
    world.browser.devtools("Network.clearBrowserCache", json!({})).await?;
    let before = world.proxy.exchanges().len();
    world.visit("/").await?;
    wait::until("the changed script to be fetched", || async {
        let fetched = world.proxy.exchanges()[before..].iter().any(|exchange| exchange.path == "/rapport.js");
        Ok(fetched.then_some(()))
    })
    .await?;
    wait::stays("a changed script that does not run", Duration::from_millis(500), async || {
        Ok(world.browser.run("return typeof window.rapport").await? == "undefined")
    })
    .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_that_was_refused_leaves_the_page_to_a_later_one() -> Outcome {
    let world = World::of("tests/pages", &[RATING], DESKTOP).await?;
    let browser = &world.browser;
    world.visit("/occasions/?site=nowhere").await?;
    wait::until("the refusal", || async {
        Ok((browser.run("return Object.hasOwn(rapport, 'site') && !rapport.site").await? == true).then_some(()))
    })
    .await?;
    browser.run("rapport('track', 'early')").await?;
    add_tag(&world, &world.site).await?;
    Widget::floating(browser).ready().await?;
    rate(&world).await?;
    browser.close_tab().await?;
    world.proxy.arrival("signal", |signal| signal["name"] == "early").await?;
    Ok(())
}
