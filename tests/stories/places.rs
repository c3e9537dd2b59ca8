//! Pages that nobody here wrote: places and buttons that come late or in shadow roots, a root that is replaced, a resource that
//! never comes, paths in other scripts, controls where the launcher stands.

use rapport_tests::browser::{DESKTOP, Window};
use rapport_tests::keyboard::{focus_is, tab_to};
use rapport_tests::{Outcome, dashboard, wait, widget::Widget, world::World};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use thirtyfour::prelude::*;

in_each_browser!(
    places_and_buttons_are_found_whenever_and_wherever_they_come,
    what_never_comes_keeps_nobody_from_being_asked_or_counted,
);

/// A path that stays so long is a view of its own, however it is written.
const RESTS: Duration = Duration::from_millis(1_200);

fn survey(id: &str, placement: &str) -> Value {
    json!({
        "id": id, "name": id, "title": format!("About {id}"), "placement": placement, "cooldown_days": 0,
        "questions": [{ "id": "rating", "kind": "csat", "text": "How was it?", "required": true }],
    })
}

/// Waits until a script gives `true`.
async fn until(world: &World, what: &str, script: &str) -> Outcome {
    wait::until(what, || async { Ok((world.browser.run(script).await? == true).then_some(())) }).await
}

/// Waits until a place, the value of an expression, holds exactly one panel of the survey.
async fn filled(world: &World, what: &str, place: &str, survey: &str) -> Outcome {
    let script = format!(
        "const root = ({place})?.shadowRoot;
         return root !== null && root?.querySelectorAll('form').length === 1 && root.textContent.includes('About {survey}');"
    );
    until(world, what, &script).await
}

async fn places_and_buttons_are_found_whenever_and_wherever_they_come(window: Window) -> Outcome {
    let world = World::of("tests/pages", &[], window).await?;
    let browser = &world.browser;
    let surveys = [survey("inline", "inline"), survey("other", "inline"), survey("asked", "launcher")];
    let site = world.another_site(&surveys)?;
    world.visit(&format!("/places/?site={site}")).await?;
    let widget = Widget::floating(browser);
    widget.ready().await?;

    browser.run("document.body.append(place('inline'))").await?;
    filled(&world, "a tab that brings a place", "document.querySelector('[data-rapport-survey]')", "inline").await?;
    browser
        .run(
            "history.pushState({}, '', location.search + '&page=2');
             const body = document.createElement('body');
             body.innerHTML = '<h1>Page 2</h1><div id=later data-rapport-survey=inline></div><div id=changed></div>';
             document.body.replaceWith(body);",
        )
        .await?;
    filled(&world, "a body that is drawn anew", "later", "inline").await?;
    browser.run("changed.dataset.rapportSurvey = 'inline'").await?;
    filled(&world, "an element that becomes a place", "changed", "inline").await?;
    browser.run("changed.dataset.rapportSurvey = 'other'").await?;
    filled(&world, "a place that names another survey", "changed", "other").await?;

    // In open shadow roots, one within the other, of elements that are defined late.
    browser
        .run(
            "document.body.insertAdjacentHTML('beforeend', '<app-shell></app-shell>');
             setTimeout(() => customElements.define('app-shell', class extends HTMLElement {
                 connectedCallback() {
                     const inner = document.createElement('div');
                     this.attachShadow({ mode: 'open' }).append(inner);
                     this.place = place('inline');
                     inner.attachShadow({ mode: 'open' }).append(this.place);
                 }
             }), 700);",
        )
        .await?;
    filled(&world, "a place in a shadow root", "document.querySelector('app-shell').place", "inline").await?;
    browser.run("window.second = place('other'); document.querySelector('app-shell').place.after(second)").await?;
    filled(&world, "a place that comes later in a shadow root", "second", "other").await?;
    let reviews = "window.list = document.createElement('div');
        list.dataset.rapportReviews = 'mug';
        document.querySelector('app-shell').place.before(list);";
    browser.run(reviews).await?;
    until(&world, "reviews in a shadow root", "return Boolean(list.shadowRoot?.querySelector('.reviews'))").await?;
    browser.run("document.body.prepend(window.own = component())").await?;
    browser.run("own.shadowRoot.querySelector('button').focus()").await?;
    browser.press(Key::Enter).await?;
    widget.see("section.survey[role=dialog]").await?;
    browser.press(Key::Escape).await?;
    widget.see_no("section.survey[role=dialog]").await?;
    assert!(focus_is(browser, "at.matches('button')").await?, "the focus is back in the shadow root");

    // The root is another one: with a panel open, and without.
    for _ in 0..2 {
        browser.run("swap()").await?;
        widget.see(".launcher").await?;
        browser.click("#own").await?;
        widget.see("section.survey[role=dialog]").await?;
        browser.run("swap()").await?;
        widget.see("section.survey[role=dialog]").await?;
        browser.run("rapport('close')").await?;
    }
    browser.run("swap(); rapport('open', 'asked')").await?;
    widget.see("section.survey[role=dialog]").await?;
    widget.choose("rating", "4").await?;
    widget.next().await?;
    world.proxy.arrival("response", |item| item["answers"][0]["score"] == 4).await?;
    assert_eq!(browser.run("return failures").await?, json!([]), "no error is the page's");
    assert_eq!(fetched_again(&world), Vec::<String>::new(), "no part is fetched twice");
    Ok(())
}

/// Files of the widget that were asked for more than once.
fn fetched_again(world: &World) -> Vec<String> {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for exchange in world.proxy.exchanges().iter().filter(|exchange| exchange.path.contains("/assets/")) {
        *times.entry(exchange.path.clone()).or_default() += 1;
    }
    times.into_iter().filter(|(_, times)| *times > 1).map(|(path, _)| path).collect()
}

async fn what_never_comes_keeps_nobody_from_being_asked_or_counted(window: Window) -> Outcome {
    let world = World::of("tests/pages", &["examples/shop/surveys/page-rating.json"], window).await?;
    let browser = &world.browser;
    world.visit("/places/?untagged").await?;
    // In frames, since a browser under remote control waits for what never comes.
    for page in ["never", "blocked"] {
        let frame = format!(
            "const frame = document.createElement('iframe');
             frame.style = 'width: 800px; height: 600px';
             frame.src = '/places/{page}.html';
             document.body.replaceChildren(window.frame = frame);"
        );
        browser.run(&frame).await?;
        let launcher = "return Boolean(frame.contentDocument.querySelector('rapport-widget')?.shadowRoot.querySelector('.launcher'))";
        until(&world, "the launcher", launcher).await?;
        until(&world, "the agent", "return Object.hasOwn(frame.contentWindow.rapport.q, 'push')").await?;
        assert_ne!(browser.run("return frame.contentDocument.readyState").await?, "complete");
        browser.run("frame.contentWindow.rapport('open', 'page-rating')").await?;
        let panel = "return Boolean(frame.contentDocument.querySelector('rapport-widget').shadowRoot.querySelector('[role=dialog]'))";
        until(&world, "the panel", panel).await?;
        browser.run("frame.src = 'about:blank'").await?;
        let path = format!("/places/{page}.html");
        world.proxy.arrival("page_view", |view| view["path"] == path.as_str()).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn page_rules_in_other_scripts_never_matched_and_their_paths_could_not_be_read() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let browser = &world.browser;
    let on = |id: &str, rule: Value| {
        let mut survey = survey(id, "popover");
        survey["trigger"] = json!({ "on": "event", "name": "never" });
        survey["target"] = json!({ "pages": [rule] });
        survey
    };
    let surveys = [
        on("catalogue", json!({ "glob": "/каталог/**" })),
        // Typed with a combining mark.
        on("cafe", json!({ "glob": "/cafe\u{301}/*" })),
        on("escaped", json!({ "glob": "/%D0%BA%D0%B0%D1%82%D0%B0%D0%BB%D0%BE%D0%B3/*" })),
        on("found", json!({ "regex": "^/каталог/|^/caf%C3%A9/" })),
    ];
    for survey in &surveys {
        world.ask(&world.site, survey)?;
    }
    world.visit("/places/").await?;
    Widget::floating(browser).ready().await?;
    // A page that is left sooner only flits by, and so does what comes next.
    wait::pass(RESTS).await;
    for (path, shown) in [
        ("/каталог/кружки", json!(["catalogue", "escaped", "found"])),
        ("/%d0%ba%d0%b0%d1%82%d0%b0%d0%bb%d0%be%d0%b3/", json!(["catalogue", "found"])),
        ("/café/menu", json!(["cafe", "found"])),
        ("/cafe%CC%81/menu", json!(["cafe", "found"])),
        ("/café%2Fmenu", json!([])),
        ("/%E9%zz%", json!([])),
    ] {
        browser.run(&format!("history.pushState({{}}, '', {path:?})")).await?;
        let rows = browser.run_async("return (await new Promise((done) => rapport('debug', done))).filter(({ shows }) => shows).map(({ survey }) => survey).filter((survey) => survey !== 'feedback')");
        assert_eq!(rows.await?, shown, "{path}");
        // What only flits by is no view.
        wait::pass(RESTS).await;
    }
    browser.close_tab().await?;
    world.proxy.arrival("page_view", |view| view["path"] == "/%E9%zz%").await?;
    dashboard::sign_in(&world).await?;
    let read = dashboard::read(&world, "experience").await?;
    assert!(read.contains("/каталог/кружки") && read.contains("/café%2Fmenu"), "{read}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_launcher_that_nobody_opens_covered_a_control_of_the_page() -> Outcome {
    for asks_for_privacy in [false, true] {
        let window = Window { asks_for_privacy, ..DESKTOP };
        let world = World::of("tests/pages", &["examples/shop/surveys/page-rating.json"], window).await?;
        let browser = &world.browser;
        world.visit("/places/").await?;
        Widget::floating(browser).ready().await?;
        // Whoever comes to press something moves.
        let body = browser.driver.query(By::Css("body")).first().await?;
        browser.driver.action_chain().move_to_element_with_offset(&body, 3, 3).perform().await?;
        let free = "const launcher = document.querySelector('rapport-widget').shadowRoot.querySelector('.launcher');
             const { left, bottom } = launcher.getBoundingClientRect();
             return left < 30 && bottom > innerHeight - 30;";
        until(&world, "the free corner", free).await?;
        let panel =
            "return performance.getEntriesByType('resource').some(({ name }) => /invitation|survey/.test(name))";
        assert_eq!(browser.run(panel).await?, false, "nothing of the panel was needed for that");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_launcher_covers_no_control_and_goes_where_the_page_says() -> Outcome {
    let world = World::of("tests/pages", &["examples/shop/surveys/page-rating.json"], DESKTOP).await?;
    let browser = &world.browser;
    browser.devtools("Emulation.setTouchEmulationEnabled", json!({ "enabled": true })).await?;
    std::fs::write(world.rapport.folder().join("theme.json"), r#"{ "launcher": "yields" }"#)?;
    world.rapport.run(&["site", "theme", &world.site, "theme.json"])?;
    world.visit("/places/").await?;
    Widget::floating(browser).ready().await?;
    let at = |condition: &str| {
        format!(
            "const launcher = document.querySelector('rapport-widget').shadowRoot.querySelector('.launcher');
             const {{ left, top, right, bottom }} = launcher.getBoundingClientRect();
             return {condition};"
        )
    };
    until(&world, "the free corner", &at("left < 30 && bottom > innerHeight - 30")).await?;
    let panel = "return document.querySelector('rapport-widget').shadowRoot.querySelector('[role=dialog]').getBoundingClientRect().left < 40";
    Widget::floating(browser).open().await?;
    until(&world, "the panel in the launcher's place", panel).await?;
    // Closed, it gives the focus back, which nobody holds here.
    browser.run("rapport('close'); document.querySelector('rapport-widget').shadowRoot.activeElement?.blur()").await?;
    // A bar at each edge: it fades aside, where it can still be reached.
    browser
        .run(
            "for (const edge of ['top', 'bottom']) document.body.insertAdjacentHTML('beforeend',
                 `<button style=\"position: fixed; left: 0; width: 100%; height: 90px; ${edge}: 0\">${edge}</button>`)",
        )
        .await?;
    until(&world, "the launcher to go aside", &at("left > innerWidth - 30 && left < innerWidth - 10")).await?;
    tab_to(browser, ".launcher").await?;
    until(&world, "the focus to bring it back", &at("right < innerWidth")).await?;
    browser.run("document.querySelectorAll('button').forEach((button) => button.remove()); document.querySelector('rapport-widget').shadowRoot.activeElement?.blur()").await?;
    until(&world, "the launcher to come back", &at("right < innerWidth && right > innerWidth - 30")).await?;
    browser.run("document.body.style.height = '9000px'; scrollTo(0, 900)").await?;
    until(&world, "the launcher to go while it is scrolled", &at("getComputedStyle(launcher).visibility === 'hidden'"))
        .await?;
    until(&world, "the launcher to come back", &at("getComputedStyle(launcher).visibility === 'visible'")).await?;
    browser.run("document.documentElement.style.setProperty('--rapport-launcher', 'auto auto 96px 12px')").await?;
    until(&world, "the place that the page says", &at("left === 12 && Math.abs(innerHeight - bottom - 96) < 2"))
        .await?;
    Ok(())
}
