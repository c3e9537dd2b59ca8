//! What an integrator gets wrong is told in the page's console, and harms nobody; what a page changes while it is open counts.

use rapport_tests::browser::DESKTOP;
use rapport_tests::{Outcome, wait, widget::Widget, world::World};
use serde_json::{Value, json};

/// Keeps what is told in the console.
const LISTEN: &str = "window.warned = []; const warn = console.warn;
    console.warn = (...said) => { warnings(said); warn.apply(console, said); };
    window.warnings = (said) => warned.push(said.map((one) => typeof one === 'object' ? [...one].join(' ') : one).join(' '));
    window.failures = []; for (const kind of ['error', 'unhandledrejection']) addEventListener(kind, () => failures.push(kind));";

fn survey(id: &str, placement: &str) -> Value {
    json!({
        "id": id, "name": "Asked", "title": "A short question", "placement": placement, "trigger": { "on": "manual" },
        "questions": [{ "id": "rating", "kind": "csat", "text": "How was it?", "required": true }],
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_means_nothing_is_told_in_the_console() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let browser = &world.browser;
    browser.before_pages(LISTEN).await?;
    let site = world.another_site(&[survey("asked", "popover")])?;
    // Its place for an inline survey names one that this site does not have.
    world.visit(&format!("/occasions/?site={site}")).await?;
    Widget::floating(browser).ready().await?;
    let calls = [
        ("rapport('open', 'nope')", "there is no survey \"nope\" here"),
        ("rapport('nonsense')", "there is no command \"nonsense\" here"),
        ("rapport('consent', 'maybe')", "there is no consent \"maybe\" here"),
        ("rapport('task', 'order', 'banana')", "not understood: task order banana"),
        ("rapport('track')", "not understood: track"),
        ("document.getElementById('own').click()", ""),
    ];
    // What was said once is not said again, however often places are looked at.
    browser.run("rapport('identify', 'ada'); rapport('identify', 'ada'); rapport('open', 'nope')").await?;
    browser.run("document.getElementById('own').dataset.rapportOpen = 'gone'").await?;
    for (call, _) in calls {
        browser.run(call).await?;
    }
    let mut expected: Vec<String> =
        calls.iter().filter(|(_, told)| !told.is_empty()).map(|(_, told)| format!("rapport: {told}")).collect();
    expected.extend(["inline", "gone"].map(|id| format!("rapport: there is no survey \"{id}\" here")));
    wait::until("every warning", || async {
        let warned: Vec<String> = serde_json::from_value(browser.run("return warned").await?)?;
        Ok(expected.iter().all(|told| warned.contains(told)).then_some(()))
    })
    .await?;
    assert_eq!(browser.run("return failures").await?, json!([]));
    let twice = "return warned.filter((told, at) => told.includes('there is no') && warned.indexOf(told) !== at)";
    assert_eq!(browser.run(twice).await?, json!([]));

    // A tag that names no site.
    browser.run("const tag = document.createElement('script'); tag.src = document.querySelector('script[src]').src; document.head.append(tag)").await?;
    wait::until("the warning of the tag", || async {
        Ok((browser.run("return warned.includes('rapport: data-site?')").await? == true).then_some(()))
    })
    .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_changes_its_language_is_asked_in_the_new_one() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let (browser, widget) = (&world.browser, Widget::floating(&world.browser));
    let mut asked = survey("asked", "modal");
    asked["translations"] = json!({ "de": { "questions.rating.text": "Wie war es?" } });
    let site = world.another_site(&[asked])?;
    world.visit(&format!("/occasions/?site={site}")).await?;
    widget.ready().await?;
    browser.click("#own").await?;
    assert_eq!(widget.words("button.next").await?, "Send");
    widget.click("button.close").await?;
    browser.run("document.documentElement.lang = 'de'").await?;
    browser.click("#own").await?;
    assert_eq!(widget.words("button.next").await?, "Senden");
    assert_eq!(widget.words("legend").await?, "Wie war es?");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_that_is_refused_says_why() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let browser = &world.browser;
    browser.before_pages(LISTEN).await?;
    let (elsewhere, origin) = (world.another_site(&[])?, world.pages.origin());
    for change in [["add", &elsewhere, "https://www.example.org"], ["remove", &elsewhere, &origin]] {
        world.rapport.run(&[&["site", "origin"], &change[..]].concat())?;
    }
    for (site, reason) in [("nowhere", "no site has this key"), (&elsewhere, &origin)] {
        world.visit(&format!("/occasions/?site={site}")).await?;
        wait::until(reason, || async {
            let warned: Vec<String> = serde_json::from_value(browser.run("return warned").await?)?;
            let says = |one: &String| one.starts_with("rapport: not started:") && one.contains(reason);
            Ok(warned.iter().any(says).then_some(()))
        })
        .await?;
        assert_eq!(browser.run("return failures").await?, json!([]), "{site}");
    }
    Ok(())
}
