//! What the visitor has said about being recognised, and what follows for each kind of data: what is sent, what the
//! device keeps, and what the designer is told of it.

use rapport_tests::browser::{DESKTOP, Window};
use rapport_tests::{Outcome, dashboard, wait, widget::Widget, world::World};
use serde_json::{Value, json};

in_each_browser!(each_choice_in_the_banner_has_its_effect);

const PAGE: &str = "/consent-banner/";

/// What the device keeps that could tell the visitor apart: the stored visitor (its id alone, or the refusal), and
/// whether the tab has a session.
async fn on_the_device(world: &World) -> Outcome<Value> {
    let script = format!(
        "const visitor = localStorage.getItem('rapport.visitor.{}');
         return [visitor && visitor.split(' ')[0], sessionStorage.getItem('rapport.session') !== null];",
        world.site
    );
    world.browser.run(&script).await
}

/// The envelopes of all batches from the one at `from` on.
fn envelopes(world: &World, from: usize) -> Vec<Value> {
    let batches = world.proxy.batches().into_iter().skip(from);
    batches.map(|batch| serde_json::from_slice(&batch.body).unwrap_or_default()).collect()
}

/// Answers the first question on the page with `score`, and gives the envelope that brought it.
async fn rate(world: &World, score: u64) -> Outcome<Value> {
    let widget = Widget::floating(&world.browser);
    widget.open().await?;
    widget.choose("rating", &score.to_string()).await?;
    widget.next().await?;
    world.proxy.arrival("response", |item| item["answers"][0]["score"] == score).await?;
    widget.click("button.close").await?;
    widget.see_no("[role=dialog]").await?;
    let is_it = |envelope: &Value| envelope["items"][0]["answers"][0]["score"] == score;
    envelopes(world, 0).into_iter().find(is_it).ok_or_else(|| "its batch is gone".into())
}

/// Clicks a choice of the page's own banner.
async fn choose(world: &World, choice: &str) -> Outcome {
    world.browser.click(&format!("[data-choice={choice}]")).await?;
    wait::until(&format!("{choice} to be kept"), || async {
        let kept = on_the_device(world).await?;
        Ok((kept[0] == "refused" || (choice == "granted" && kept[0].is_string())).then_some(()))
    })
    .await
}

async fn each_choice_in_the_banner_has_its_effect(window: Window) -> Outcome {
    let world = World::of("examples", &["examples/shop/surveys/page-rating.json"], window).await?;
    let browser = &world.browser;
    let widget = Widget::floating(browser);

    // Nothing said: measured for this tab, recognised nowhere else.
    world.visit(PAGE).await?;
    widget.ready().await?;
    assert_eq!(on_the_device(&world).await?, json!([null, true]));
    let unknown = rate(&world, 1).await?;
    assert_eq!((&unknown["consent"], &unknown["visitor"]), (&json!("unknown"), &Value::Null), "{unknown}");
    assert!(unknown["session"].is_string() && unknown["items"][0]["trail"].is_array(), "{unknown}");
    world.visit(PAGE).await?;
    let view = world.proxy.arrival("page_view", |item| item["path"] == PAGE).await?;
    assert_eq!(on_the_device(&world).await?, json!([null, true]), "{view}");
    assert!(envelopes(&world, 0).iter().all(|envelope| envelope.get("visitor").is_none()));

    // Granted: an id of the visitor's own, in each batch from now on, on the next page as well.
    widget.ready().await?;
    choose(&world, "granted").await?;
    let kept = on_the_device(&world).await?;
    let before = world.proxy.batches().len();
    let granted = rate(&world, 2).await?;
    assert_eq!((&granted["consent"], &granted["visitor"]), (&json!("granted"), &kept[0]), "{granted}");
    world.visit(PAGE).await?;
    widget.ready().await?;
    assert_eq!(browser.run("return document.getElementById('banner').hidden").await?, true, "the page asks once");
    assert_eq!(on_the_device(&world).await?[0], kept[0]);
    world.visit("/plain/").await?;
    wait::until("the view of a visitor who is recognised", || async {
        let envelopes = envelopes(&world, before);
        let views = envelopes.iter().filter(|envelope| envelope["items"][0]["type"] == "page_view").count();
        Ok((views >= 2).then_some(()))
    })
    .await?;
    assert!(envelopes(&world, before).iter().all(|envelope| envelope["visitor"] == kept[0]));

    // Refused: id and session are gone at once, the view that was going on is not sent, and no other.
    world.visit(PAGE).await?;
    widget.ready().await?;
    browser.click("#privacy").await?;
    choose(&world, "refused").await?;
    assert_eq!(on_the_device(&world).await?, json!(["refused", false]));
    let before = world.proxy.batches().len();
    browser.click("h1").await?;
    browser.run("rapport('track', 'after-refusal')").await?;
    let fetched = world.proxy.exchanges().len();
    world.visit(PAGE).await?;
    widget.ready().await?;
    let refused = rate(&world, 3).await?;
    assert_eq!((&refused["consent"], &refused["visitor"]), (&json!("refused"), &Value::Null), "{refused}");
    assert!(refused.get("session").is_none(), "{refused}");
    let response = &refused["items"][0];
    assert_eq!(response["trail_withheld"], true, "{response}");
    for withheld in ["trail", "page", "view"] {
        let value = response.get(withheld).cloned().unwrap_or_default();
        assert!(value.is_null() || value == json!([]), "{response}");
    }
    browser.close_tab().await?;
    wait::stays("after a refusal only answers leave", wait::DOUBT, async || {
        let sent = envelopes(&world, before);
        let mut items = sent.iter().filter_map(|envelope| envelope["items"].as_array()).flatten();
        Ok(items.all(|item| item["type"] == "response"))
    })
    .await?;
    let agent = |path: &str| path.contains("/assets/agent");
    assert!(!world.proxy.exchanges()[fetched..].iter().any(|exchange| agent(&exchange.path)), "nothing measures");

    // A change of mind counts from that moment on, under another id.
    world.visit(PAGE).await?;
    widget.ready().await?;
    browser.click("#privacy").await?;
    choose(&world, "granted").await?;
    wait::until("a session", || async { Ok((on_the_device(&world).await?[1] == true).then_some(())) }).await?;
    let again = on_the_device(&world).await?;
    assert_ne!(again[0], kept[0], "the id that was given up is not used again");
    let granted = rate(&world, 4).await?;
    assert_eq!((&granted["consent"], &granted["visitor"]), (&json!("granted"), &again[0]), "{granted}");
    browser.run("rapport('reset')").await?;
    wait::until("another id", || async { Ok((on_the_device(&world).await?[0] != again[0]).then_some(())) }).await?;

    // The basis stands with each answer.
    dashboard::sign_in(&world).await?;
    for (score, basis) in [(1, "not asked or not decided"), (2, "granted"), (3, "refused")] {
        let feedback =
            format!("{}/sites/{}/feedback/page-rating?suspicious=included", world.proxy.origin(), world.site);
        browser.visit(&feedback).await?;
        let answers = browser
            .run("return [...document.querySelectorAll('ul.words > li')].map((item) => [item.querySelector('.grade').innerText, item.querySelector('a.open').href])")
            .await?;
        let answers: Vec<[String; 2]> = serde_json::from_value(answers)?;
        let [_, link] = answers
            .iter()
            .find(|[grade, _]| grade.lines().any(|line| line.trim() == score.to_string()))
            .ok_or_else(|| format!("no answer of {score} in {answers:?}"))?;
        browser.visit(link).await?;
        let stated = browser
            .run("return [...document.querySelectorAll('dt')].find((term) => term.innerText === 'Consent').nextElementSibling.innerText")
            .await?;
        assert!(stated.as_str().unwrap_or_default().starts_with(basis), "{score}: {stated}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_before_the_widget_is_there_is_heard_first() -> Outcome {
    let world = World::of("examples", &["examples/shop/surveys/page-rating.json"], DESKTOP).await?;
    world
        .browser
        .before_pages("addEventListener('DOMContentLoaded', () => window.rapport('consent', 'refused'));")
        .await?;
    world.visit(PAGE).await?;
    Widget::floating(&world.browser).ready().await?;
    wait::until("the refusal to be kept", || async {
        Ok((on_the_device(&world).await? == json!(["refused", false])).then_some(()))
    })
    .await?;
    world.browser.close_tab().await?;
    wait::stays("nothing leaves", wait::DOUBT, async || Ok(world.proxy.batches().is_empty())).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn do_not_track_outweighs_a_consent() -> Outcome {
    let world = World::of("examples", &["examples/shop/surveys/page-rating.json"], DESKTOP).await?;
    let browser = &world.browser;
    browser.before_pages("Object.defineProperty(Navigator.prototype, 'doNotTrack', { value: '1' });").await?;
    browser.devtools("Network.enable", json!({})).await?;
    browser.devtools("Network.setExtraHTTPHeaders", json!({ "headers": { "DNT": "1" } })).await?;
    world.visit(PAGE).await?;
    Widget::floating(browser).ready().await?;
    browser.click("[data-choice=granted]").await?;
    let response = rate(&world, 5).await?;
    assert_eq!(response["items"][0]["trail_withheld"], true, "{response}");
    assert_eq!(response["consent"], "granted", "what was said is on record all the same: {response}");
    for id in ["session", "visitor"] {
        assert!(response.get(id).is_none(), "{response}");
    }
    assert_eq!(on_the_device(&world).await?, json!([null, false]));
    browser.close_tab().await?;
    wait::stays("no telemetry leaves", wait::DOUBT, async || {
        Ok(["page_view", "signal", "delivery"].iter().all(|telemetry| world.proxy.arrived(telemetry).is_empty()))
    })
    .await?;
    let agent = |path: &str| path.contains("/assets/agent");
    assert!(!world.proxy.exchanges().iter().any(|exchange| agent(&exchange.path)), "nothing measures");
    Ok(())
}
