//! The network goes away while an answer is being sent, and the tab is closed: the answer arrives on the next visit, once.

use rapport_tests::browser::{DESKTOP, Engine, Window};
use rapport_tests::{Outcome, dashboard, wait, widget::Widget, world::World};
use serde_json::{Value, json};
use std::time::Duration;

const WORDS: &str = "Sent from a train in a tunnel.";

in_each_browser!(
    an_answer_survives_the_tab_and_arrives_once,
    what_a_closed_tab_sent_is_not_lost_with_its_process,
    an_answer_erased_in_another_tab_was_said_to_be_stored,
);

async fn an_answer_survives_the_tab_and_arrives_once(window: Window) -> Outcome {
    let world = World::shop_in(window).await?;
    let widget = Widget::floating(&world.browser);

    world.visit("/delivery/").await?;
    widget.ready().await?;
    widget.open().await?;
    widget.choose("rating", "2").await?;
    world.proxy.cut();
    widget.next().await?;
    widget.write(WORDS).await?;
    widget.next().await?;
    let thanks = widget.thanks().await?;
    assert!(thanks.contains("kept on this device"), "{thanks}");
    world.browser.close_tab().await?;
    let words_in = |item: &serde_json::Value| item["answers"].to_string().contains(WORDS);
    wait::stays("an answer that the cut network keeps back", Duration::from_millis(500), async || {
        Ok(!world.proxy.arrived("response").iter().any(words_in))
    })
    .await?;

    world.proxy.mend();
    world.visit("/").await?;
    let response = world.proxy.arrival("response", words_in).await?;
    assert_eq!(response["finished"], true, "{response}");
    // It belongs to the moment it was given, not to the moment it was sent.
    assert_eq!(response["path"], "/delivery/", "{response}");
    assert!(response["age_ms"].as_u64() >= Some(500), "{response}");

    // A third visit has nothing left to send, once this one has been told that the answer is stored: leaving before that
    // would rightly have it sent again.
    let_go(&world).await?;
    let before = world.proxy.arrived("response").len();
    world.visit("/tableware/").await?;
    widget.ready().await?;
    wait::stays("an answer that is not sent again", wait::DOUBT, async || {
        Ok(world.proxy.arrived("response").len() == before)
    })
    .await?;

    dashboard::sign_in(&world).await?;
    let feedback = dashboard::read(&world, "feedback/page-rating").await?;
    assert_eq!(feedback.matches(WORDS).count(), 1, "{feedback}");
    Ok(())
}

/// Whether the panel hears at once that its answer is gone, or only when the network is back.
async fn an_answer_erased_in_another_tab_was_said_to_be_stored(window: Window) -> Outcome {
    let world = World::shop_in(window).await?;
    let (browser, widget) = (&world.browser, Widget::floating(&world.browser));
    for without_network in [false, true] {
        world.visit("/").await?;
        widget.ready().await?;
        widget.open().await?;
        widget.choose("rating", "2").await?;
        let before = world.proxy.arrived("response").len();
        widget.next().await?;
        let began =
            wait::until("the first answer", || async { Ok(world.proxy.arrived("response").get(before).cloned()) });
        let began = began.await?;
        widget.see("textarea").await?;
        // The reply to it has come when the device has let go of it.
        let_go(&world).await?;
        let erase = format!(
            "const body = JSON.stringify({{ site: rapport.site, responses: [{}] }});
             const reply = await fetch('{}/v1/me/erase', {{ method: 'POST', body }});
             return (await reply.json()).responses",
            began["id"],
            world.proxy.origin()
        );
        assert_eq!(browser.run_async(&erase).await?, 1);
        if without_network {
            world.proxy.cut();
        }
        widget.write(WORDS).await?;
        widget.next().await?;
        if without_network {
            assert!(widget.thanks().await?.contains("kept on this device"));
            world.proxy.mend();
            browser.run("window.dispatchEvent(new Event('online'))").await?;
        }
        let problem = widget.words("[role=alert]").await?;
        assert!(problem.contains("could not be saved") && problem.contains("erased"), "{problem}");
        widget.next().await?;
        let thanks = widget.thanks().await?;
        assert!(!thanks.contains("kept on this device"), "{thanks}");
        let is_anew = |item: &Value| item["finished"] == true && item["id"] != began["id"] && item["revision"] == 1;
        let anew = world.proxy.arrival("response", is_anew).await?;
        assert_eq!((&anew["answers"][0]["score"], &anew["answers"][1]["text"]), (&json!(2), &json!(WORDS)), "{anew}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_longer_than_any_that_is_taken_was_said_to_be_sent_later() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let (browser, widget) = (&world.browser, Widget::floating(&world.browser));
    let ids = ["one", "two", "three"];
    let question = |id: &str| json!({ "id": id, "kind": "open-text", "text": id, "max_characters": 10_000 });
    let site = world.another_site(&[json!({
        "id": "asked", "name": "Asked", "title": "A short question", "placement": "popover",
        "trigger": { "on": "manual" }, "questions": ids.map(question),
    })])?;
    world.visit(&format!("/occasions/?site={site}")).await?;
    widget.ready().await?;
    browser.click("#own").await?;
    let fill = |characters: u32| {
        format!(
            "const field = document.querySelector('rapport-widget').shadowRoot.querySelector('textarea');
             field.value = '€'.repeat({characters});
             field.dispatchEvent(new Event('input', {{ bubbles: true }}));"
        )
    };
    for id in ids {
        wait::until("the question", || async { Ok((widget.words("legend").await?.contains(id)).then_some(())) }).await?;
        browser.run(&fill(9_000)).await?;
        widget.next().await?;
    }
    let problem = widget.words("[role=alert]").await?;
    assert!(problem.contains("must be shorter"), "{problem}");
    browser.run(&fill(9)).await?;
    widget.next().await?;
    assert!(!widget.thanks().await?.contains("kept on this device"));
    let response = world.proxy.arrival("response", |item| item["answers"][2]["text"] == "€".repeat(9)).await?;
    assert_eq!(response["finished"], true, "{response}");
    let_go(&world).await
}

/// Waits until the device keeps no answer any more.
async fn let_go(world: &World) -> Outcome {
    wait::until("the device to let go of the answer", || async {
        let held = "return Object.keys(localStorage).some((key) => key.startsWith('rapport.held.'))";
        Ok((world.browser.run(held).await? == false).then_some(()))
    })
    .await
}

/// Gecko loses some of the requests of a page whose process ends with its tab, so there a departure for good is told twice.
async fn what_a_closed_tab_sent_is_not_lost_with_its_process(window: Window) -> Outcome {
    let world = World::shop_in(window).await?;
    for (comes_back, sent) in [(false, if window.engine == Engine::Firefox { 2 } else { 1 }), (true, 1)] {
        world.visit("/").await?;
        Widget::floating(&world.browser).ready().await?;
        let leave = format!(
            "window.sent = [];
             navigator.sendBeacon = (url, body) => sent.push(JSON.parse(body));
             rapport('track', 'renewed');
             window.dispatchEvent(new PageTransitionEvent('pagehide', {{ persisted: {comes_back} }}));
             Object.defineProperty(document, 'hidden', {{ value: true }});
             document.dispatchEvent(new Event('visibilitychange', {{ bubbles: true }}));
             return sent.map(({{ items }}) => items);"
        );
        let batches = world.browser.run(&leave).await?;
        let batches = batches.as_array().ok_or("no batches")?;
        assert_eq!(batches.len(), sent, "{batches:#?}");
        let ids = |batch: &Value| batch.as_array().map(|items| items.iter().map(|item| item["id"].clone()).collect());
        let first: Option<Vec<Value>> = ids(&batches[0]);
        assert_eq!(first.as_ref().map(Vec::len), Some(2), "a view and a signal: {batches:#?}");
        for batch in batches {
            assert_eq!(ids(batch), first, "the collector knows them again: {batches:#?}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_waits_in_the_open_tab_and_arrives_when_the_network_is_back() -> Outcome {
    let world = World::shop().await?;
    let widget = Widget::floating(&world.browser);
    world.visit("/").await?;
    widget.ready().await?;
    widget.open().await?;
    widget.choose("rating", "5").await?;
    world.proxy.cut();
    widget.next().await?;
    widget.write(WORDS).await?;
    widget.next().await?;
    widget.thanks().await?;
    world.proxy.mend();
    // What a browser says when it is connected again.
    world.browser.run("window.dispatchEvent(new Event('online'))").await?;
    let response = world.proxy.arrival("response", |item| item["finished"] == true).await?;
    assert_eq!(response["answers"][0]["score"], 5, "{response}");
    // The thank-you no longer says that the answer waits.
    wait::until("the note to go", || async { Ok((!widget.thanks().await?.contains("kept")).then_some(())) }).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tap_without_network_does_not_take_the_panel_from_the_page() -> Outcome {
    let world = World::shop().await?;
    let (browser, widget) = (&world.browser, Widget::floating(&world.browser));
    world.visit("/").await?;
    widget.ready().await?;
    world.proxy.cut();
    let page = browser.driver.window().await?;
    widget.click(".launcher").await?;
    // The link is followed, so that the browser says what is wrong.
    wait::until("the browser's own page", || async { Ok((browser.driver.windows().await?.len() == 2).then_some(())) })
        .await?;
    for window in browser.driver.windows().await?.into_iter().filter(|window| *window != page) {
        browser.driver.switch_to_window(window).await?;
        browser.driver.close_window().await?;
    }
    browser.driver.switch_to_window(page).await?;
    assert!(widget.find(".launcher[aria-busy]").await?.is_none(), "it still says that it is busy");
    world.proxy.mend();
    widget.open().await?;
    widget.choose("rating", "5").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_slow_network_the_launcher_says_that_the_panel_is_on_its_way() -> Outcome {
    let world = World::shop().await?;
    let (browser, widget) = (&world.browser, Widget::floating(&world.browser));
    world.visit("/").await?;
    widget.ready().await?;
    let slow = json!({ "offline": false, "latency": 700, "downloadThroughput": 200_000, "uploadThroughput": 100_000 });
    browser.devtools("Network.enable", json!({})).await?;
    browser.devtools("Network.emulateNetworkConditions", slow).await?;
    widget.click(".launcher").await?;
    widget.see(".launcher[aria-busy=true]").await?;
    let findings = browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    widget.see("[role=dialog]").await?;
    widget.see_no(".launcher").await?;
    widget.click("button.close").await?;
    widget.see(".launcher").await?;
    assert!(widget.find(".launcher[aria-busy]").await?.is_none(), "it still says that it is busy");
    Ok(())
}
