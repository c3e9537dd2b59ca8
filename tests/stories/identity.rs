//! A customer whom the company's server signed, on two devices; a signature that is made up; and what visitors see and erase of
//! their own data.

use rapport_tests::browser::{Browser, DESKTOP, Window};
use rapport_tests::{Outcome, dashboard, tools, wait, widget::Widget, world::World};
use serde_json::{Value, json};
use std::process::Command;
use std::time::Duration;
use thirtyfour::prelude::*;

in_each_browser!(
    a_customer_who_was_asked_on_one_device_is_left_in_peace_on_the_other,
    a_visitor_sees_what_is_stored_and_erases_it,
);

const SURVEY: &str = "tests/surveys/unasked.json";
const TRAITS: &str = "{ plan: 'gold', segments: ['wholesale'] }";

/// Signs a customer as the examples do, with Node and with openssl, which agree.
fn sign(world: &World, customer: &str) -> Outcome<String> {
    let secret = world.rapport.run(&["site", "secret", &world.site, "identity"])?;
    let folder = tools::workspace().join("examples/server-side");
    let run = |program: &str, script: &str| -> Outcome<String> {
        let mut command = Command::new(program);
        command.args([script, customer]).current_dir(&folder).env("RAPPORT_IDENTITY_SECRET", secret.trim());
        let output = command.output()?;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    };
    let signature = run("node", "sign.mjs")?;
    assert_eq!(run("sh", "sign.sh")?, signature);
    Ok(signature)
}

/// A page on which the host says who the visitor is, once the widget is there.
async fn arrive(world: &World, browser: &Browser, customer: &str, signature: &str) -> Outcome {
    browser.visit(&world.pages.url("/plain/")).await?;
    Widget::floating(browser).ready().await?;
    browser.run(&format!("rapport('identify', '{customer}', {TRAITS}, '{signature}')")).await?;
    Ok(())
}

/// The rule that keeps the survey from appearing now; empty when nothing does.
async fn rule(browser: &Browser) -> Outcome<Value> {
    let rows = browser.run_async("return await new Promise((done) => rapport('debug', done));").await?;
    Ok(rows[0]["rule"].clone())
}

/// What pages told of surveys and customers, in the order in which it ended.
fn told(world: &World) -> Vec<Value> {
    let exchanges = world.proxy.exchanges().into_iter();
    let told = exchanges.filter(|exchange| exchange.path == "/v1/asked" && exchange.status == Some(200));
    told.filter_map(|exchange| {
        let body: Value = serde_json::from_slice(&exchange.body).ok()?;
        body.get("told").cloned()
    })
    .collect()
}

/// Everything that browsers sent.
fn sent(world: &World) -> String {
    let bodies = world
        .proxy
        .exchanges()
        .into_iter()
        .map(|exchange| format!("{} {}\n", exchange.path, String::from_utf8_lossy(&exchange.body)));
    bodies.collect()
}

async fn a_customer_who_was_asked_on_one_device_is_left_in_peace_on_the_other(window: Window) -> Outcome {
    let world = World::of("examples", &[SURVEY], window).await?;
    let (ada, ben) = (sign(&world, "ada-4711")?, sign(&world, "ben-4712")?);
    let phone = &world.browser;
    arrive(&world, phone, "ada-4711", &ada).await?;
    phone.run("rapport('track', 'ready')").await?;
    let widget = Widget::floating(phone);
    widget.see("[role=dialog]").await?;
    widget.click("button.close").await?;
    wait::until("both steps to be told", || async {
        let told = told(&world);
        let of = |event: &str| json!({ "survey": "welcome", "event": event, "unasked": true });
        Ok((told.contains(&of("shown")) && told.contains(&of("closed"))).then_some(()))
    })
    .await?;

    let laptop = Browser::open(window).await?;
    arrive(&world, &laptop, "ada-4711", &ada).await?;
    assert_eq!(rule(&laptop).await?, "cooldown_days");
    laptop.run("rapport('track', 'ready')").await?;
    // Nobody in particular is not meant; somebody else at the same laptop was never asked.
    laptop.run("rapport('reset')").await?;
    assert_eq!(rule(&laptop).await?, "target.traits");
    laptop.run("rapport('identify', 'x', { plan: 'gold', segments: ['retail'] })").await?;
    assert_eq!(rule(&laptop).await?, "target.segments");
    laptop.run("rapport('reset')").await?;
    laptop.run(&format!("rapport('identify', 'ben-4712', {TRAITS}, '{ben}')")).await?;
    assert_eq!(rule(&laptop).await?, "");
    assert!(Widget::floating(&laptop).find("[role=dialog]").await?.is_none(), "Ada is not asked again");
    assert_eq!(rule(phone).await?, "site.cooldown_days");
    // A collector that cannot be reached asks nobody twice, and keeps nobody from being asked.
    world.proxy.cut();
    assert_eq!(rule(phone).await?, "site.cooldown_days", "by what the phone knows itself");
    laptop.run(&format!("rapport('identify', 'ada-4711', {TRAITS}, '{ada}')")).await?;
    assert_eq!(rule(&laptop).await?, "", "by what the laptop knows itself");
    world.proxy.mend();

    // Whom no server signed is not named; traits decide on the page and stay there.
    laptop.run(&format!("rapport('reset'); rapport('identify', 'carl-4713', {TRAITS})")).await?;
    laptop.run("rapport('track', 'ready')").await?;
    let widget = Widget::floating(&laptop);
    widget.see("[role=dialog]").await?;
    widget.choose("found", "no").await?;
    widget.next().await?;
    let response = world.proxy.arrival("response", |item| item["survey"] == "welcome").await?;
    assert_eq!(response["answers"][0]["choices"], json!(["no"]), "{response}");
    laptop.close_tab().await?;
    let sent = sent(&world);
    assert!(sent.contains("ada-4711") && !sent.contains("carl-4713"), "{sent}");
    assert!(!sent.contains("gold") && !sent.contains("wholesale"), "{sent}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_that_of_the_customer_and_a_forged_one_of_nobody() -> Outcome {
    let world = World::of("examples", &[SURVEY], DESKTOP).await?;
    let answer = async |browser: &Browser, customer: &str, signature: &str| -> Outcome<String> {
        arrive(&world, browser, customer, signature).await?;
        browser.run("rapport('open', 'welcome')").await?;
        let widget = Widget::floating(browser);
        widget.choose("found", "yes").await?;
        widget.next().await?;
        let batch = wait::until("the answer to be stored", || async {
            let batches = world.proxy.batches().into_iter().filter(|batch| batch.status == Some(202));
            let of = |batch: &Value| batch["customer_signature"] == signature && batch["items"][0]["finished"] == true;
            let bodies = batches.filter_map(|batch| serde_json::from_slice::<Value>(&batch.body).ok());
            Ok(bodies.into_iter().find(of))
        })
        .await?;
        Ok(batch["items"][0]["id"].as_str().unwrap_or_default().to_owned())
    };
    let own = answer(&world.browser, "ada-4711", &sign(&world, "ada-4711")?).await?;
    let other = Browser::open(DESKTOP).await?;
    let forged = answer(&other, "ada-4711", &"0".repeat(64)).await?;
    let (own, forged) = (dashboard::public_id(&world, &own).await?, dashboard::public_id(&world, &forged).await?);
    // The forger learns nothing of Ada, and still sees their own.
    let seen = other.run_async("return await new Promise((done) => rapport('data', done));").await?;
    assert_eq!((&seen["responses"][0]["id"], seen.get("customer")), (&json!(forged), None), "{seen}");
    assert_eq!(seen["responses"].as_array().map(Vec::len), Some(1), "{seen}");
    let hers = world.browser.run_async("return await new Promise((done) => rapport('data', done));").await?;
    assert_eq!((&hers["customer"], &hers["asked"]), (&json!("ada-4711"), &json!(1)), "{hers}");
    assert_eq!(hers["responses"][0]["id"], json!(own), "{hers}");

    dashboard::sign_in(&world).await?;
    let page = dashboard::read(&world, &format!("responses/{own}")).await?;
    dashboard::assert_says(&page, &["Customer\nada-4711", "not asked or not decided"]);
    let page = dashboard::read(&world, &format!("responses/{forged}")).await?;
    assert!(!page.contains("ada-4711") && page.contains("Yes"), "{page}");
    let install = dashboard::read(&world, "install").await?;
    dashboard::assert_says(&install, &["Signed customers", "customer_signature", "is not that of this customer"]);
    Ok(())
}

async fn a_visitor_sees_what_is_stored_and_erases_it(window: Window) -> Outcome {
    let world = World::of("examples", &[], window).await?;
    let browser = &world.browser;
    let widget = Widget::floating(browser);
    world.visit("/plain/").await?;
    widget.ready().await?;
    browser.run("rapport('consent', 'granted')").await?;
    widget.open().await?;
    widget.choose("rating", "2").await?;
    widget.next().await?;
    widget.write("The cat was asleep.").await?;
    widget.next().await?;
    widget.thanks().await?;
    widget.click("button.done").await?;
    world.visit("/plain/").await?;
    world.proxy.arrival("page_view", |view| view["path"] == "/plain/").await?;
    widget.ready().await?;

    // By keys alone: from the host's button into the dialog and back.
    browser.run("document.querySelector('[data-rapport-data]').focus()").await?;
    browser.press(Key::Enter).await?;
    let shown = wait::until("what is stored", || async {
        let words = widget.words(".own-data").await?;
        Ok(words.contains("Answers: 1").then_some(words))
    })
    .await?;
    for words in
        ["Your data on this website", "Page views: ", "Feedback, ", "How satisfied", "The cat was asleep.", "2"]
    {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    browser.picture(&format!("own-data-{:?}.png", window.engine)).await?;
    let findings = browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    browser.press(Key::Escape).await?;
    widget.see_no(".own-data").await?;
    assert_eq!(browser.run("return document.activeElement.dataset.rapportData").await?, "", "the focus came back");

    browser.press(Key::Enter).await?;
    widget.see(".own-data li").await?;
    widget.click(".own-data .buttons button:first-child").await?;
    assert!(widget.words(".own-data").await?.contains("cannot be brought back"));
    let findings = browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    widget.click(".own-data button.first").await?;
    wait::until("the erasure", || async {
        Ok(widget.words(".own-data").await?.contains("has been erased").then_some(()))
    })
    .await?;
    let kept = "return [localStorage, sessionStorage].flatMap((storage) => Object.keys(storage)).filter((key) => key.startsWith('rapport'))";
    assert_eq!(browser.run(kept).await?, json!([]));
    let seen = browser.run_async("return await new Promise((done) => rapport('data', done));").await?;
    assert_eq!((&seen["page_views"], &seen["responses"], &seen["held"]), (&json!(0), &json!([]), &json!(0)), "{seen}");
    // Nothing that this page had measured comes after it.
    let before = world.proxy.batches().len();
    browser.close_tab().await?;
    world.visit("/plain/").await?;
    widget.ready().await?;
    let after: Vec<Value> = world.proxy.batches()[before..].iter().flat_map(|batch| batch.items()).collect();
    assert!(after.is_empty(), "{after:?}");
    dashboard::sign_in(&world).await?;
    let feedback = dashboard::read(&world, "feedback/feedback").await?;
    assert!(!feedback.contains("The cat was asleep."), "{feedback}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asks_for_privacy_finds_the_answer_that_they_gave() -> Outcome {
    let world = World::of("examples", &[], Window { asks_for_privacy: true, ..DESKTOP }).await?;
    let widget = Widget::floating(&world.browser);
    let signature = sign(&world, "ada-4711")?;
    arrive(&world, &world.browser, "ada-4711", &signature).await?;
    widget.open().await?;
    widget.choose("rating", "5").await?;
    widget.next().await?;
    let response = world.proxy.arrival("response", |_| true).await?;
    // Nobody is spoken of by name, unless they ask themselves.
    assert!(!sent(&world).contains("ada-4711"), "{}", sent(&world));
    let seen = world.browser.run_async("return await new Promise((done) => rapport('data', done));").await?;
    let id = dashboard::public_id(&world, response["id"].as_str().unwrap_or_default()).await?;
    assert_eq!(seen["responses"][0]["id"], id, "{seen}");
    assert_eq!((&seen["page_views"], &seen["responses"][0]["consent"]), (&json!(0), &json!("unknown")), "{seen}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_words_are_those_of_the_page_from_right_to_left() -> Outcome {
    let world = World::of("examples", &[], Window { width_px: 320, height_px: 640, ..DESKTOP }).await?;
    world.visit("/right-to-left/").await?;
    let widget = Widget::floating(&world.browser);
    widget.ready().await?;
    world.browser.run("rapport('data')").await?;
    assert_eq!(widget.words(".own-data h2").await?, "بياناتك على هذا الموقع");
    let dialog = widget.see(".own-data").await?;
    let direction = "return getComputedStyle(arguments[0]).direction";
    assert_eq!(world.browser.driver.execute(direction, vec![dialog.to_json()?]).await?.json(), "rtl");
    let fits = "const box = arguments[0].getBoundingClientRect();
        return box.left >= 0 && box.right <= innerWidth && arguments[0].scrollWidth <= arguments[0].clientWidth";
    assert_eq!(world.browser.driver.execute(fits, vec![dialog.to_json()?]).await?.json(), true);
    let findings = world.browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    world.browser.picture("own-data-arabic.png").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_after_the_answer_takes_the_trail_with_it() -> Outcome {
    let world = World::of("examples", &[], DESKTOP).await?;
    let widget = Widget::floating(&world.browser);
    world.visit("/plain/").await?;
    widget.ready().await?;
    widget.open().await?;
    widget.choose("rating", "4").await?;
    widget.next().await?;
    let first = world.proxy.arrival("response", |item| item["revision"] == 1).await?;
    assert_eq!(first["trail"][0]["kind"], "page_view", "{first}");
    world.proxy.cut();
    widget.write("More sun.").await?;
    widget.next().await?;
    assert!(widget.thanks().await?.contains("kept on this device"));
    world.browser.run("rapport('consent', 'refused')").await?;
    world.proxy.mend();
    world.visit("/plain/").await?;
    let second = world.proxy.arrival("response", |item| item["revision"] == 2).await?;
    assert_eq!((&second["trail_withheld"], &second["trail"]), (&json!(true), &json!([])), "{second}");
    assert_eq!(second["answers"][1]["text"], "More sun.", "{second}");
    dashboard::sign_in(&world).await?;
    let id = dashboard::public_id(&world, second["id"].as_str().unwrap_or_default()).await?;
    let page = dashboard::read(&world, &format!("responses/{id}")).await?;
    dashboard::assert_says(&page, &["this visitor had refused to be measured", "Consent\nrefused", "More sun."]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_fills_in_everything_is_told_apart_from_people() -> Outcome {
    let world = World::of("examples", &[], DESKTOP).await?;
    let widget = Widget::floating(&world.browser);
    let mut answered = Vec::new();
    let trap = "document.querySelector('rapport-widget').shadowRoot.querySelector('input[name=website]')";
    for (fills_in, marked) in [(false, false), (true, true)] {
        world.visit("/plain/").await?;
        widget.ready().await?;
        widget.open().await?;
        // No eye, no screen reader, no Tab and no autofill reaches it.
        let reach = format!(
            "const trap = {trap}; trap.focus(); return [trap.checkVisibility(), trap.getRootNode().activeElement === trap]"
        );
        assert_eq!(world.browser.run(&reach).await?, json!([false, false]));
        if fills_in {
            world.browser.run(&format!("{trap}.value = 'http://evil.example'")).await?;
        }
        widget.choose("rating", "1").await?;
        widget.next().await?;
        let response = world.proxy.arrival("response", |item| item["trapped"] == fills_in).await?;
        for batch in world.proxy.batches() {
            let batch: Value = serde_json::from_slice(&batch.body)?;
            assert!(
                batch["proof"].as_str().is_some_and(|proof| !proof.is_empty()),
                "the page had loaded the config: {batch}"
            );
        }
        let id = dashboard::public_id(&world, response["id"].as_str().unwrap_or_default()).await?;
        answered.push((id, marked));
    }
    dashboard::sign_in(&world).await?;
    for (id, marked) in answered {
        let page = dashboard::read(&world, &format!("responses/{id}")).await?;
        assert_eq!(page.contains("filled in a field that people do not see"), marked, "{page}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_resets_whom_nobody_knows_goes_on_with_its_visit() -> Outcome {
    let world = World::of("examples", &[], DESKTOP).await?;
    let browser = &world.browser;
    let session = "return sessionStorage['rapport.session'].split(' ')[0]";
    world.visit("/plain/").await?;
    Widget::floating(browser).ready().await?;
    let before = browser.run(session).await?;
    // The second call is only over when what asks has come and run the first.
    browser.run_async("rapport('reset'); await new Promise((done) => rapport('data', done));").await?;
    assert_eq!(browser.run(session).await?, before);
    browser.close_tab().await?;
    world.proxy.arrival("page_view", |view| view["path"] == "/plain/").await?;
    wait::stays("one view of the one visit", Duration::from_millis(500), async || {
        Ok(world.proxy.arrived("page_view").len() == 1)
    })
    .await?;
    Ok(())
}

/// What the page hands out as stored of its visitor.
async fn own_data(browser: &Browser) -> Outcome<Value> {
    browser.run_async("return await new Promise((done) => rapport('data', done));").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_reset_the_next_customer_neither_sees_nor_erases_what_the_one_before_answered() -> Outcome {
    let world = World::of("examples", &[], DESKTOP).await?;
    let (browser, widget) = (&world.browser, Widget::floating(&world.browser));
    let (ada, ben) = (sign(&world, "ada-4711")?, sign(&world, "ben-4712")?);
    let kept = "return [sessionStorage['rapport.session'].split(' ')[0], sessionStorage['rapport.responses.' + rapport.site] || '']";
    arrive(&world, browser, "ada-4711", &ada).await?;
    widget.open().await?;
    widget.choose("rating", "2").await?;
    widget.next().await?;
    let first = world.proxy.arrival("response", |item| item["revision"] == 1).await?;
    world.proxy.cut();
    widget.write("More sun.").await?;
    widget.next().await?;
    assert!(widget.thanks().await?.contains("kept on this device"));
    let hers = browser.run(kept).await?;
    assert!(hers[1].as_str().is_some_and(|ids| ids.contains(first["id"].as_str().unwrap_or("none"))), "{hers}");

    browser.run("rapport('reset')").await?;
    wait::until("a new session", || async {
        let his = browser.run(kept).await?;
        Ok((his[0] != hers[0] && his[1] == "").then_some(()))
    })
    .await?;
    widget.see_no("[role=dialog]").await?;
    browser.run(&format!("rapport('identify', 'ben-4712', {TRAITS}, '{ben}')")).await?;
    world.proxy.mend();
    for _ in 0..2 {
        let seen = own_data(browser).await?;
        assert_eq!((&seen["responses"], &seen["held"]), (&json!([]), &json!(0)), "{seen}");
        arrive(&world, browser, "ben-4712", &ben).await?;
    }
    let erased = browser.run_async("return await new Promise((done) => rapport('erase', done));").await?;
    assert_eq!(erased["responses"], 0, "{erased}");
    // What was held went out as hers, in the session in which she gave it.
    let second = world.proxy.arrival("response", |item| item["revision"] == 2).await?;
    assert_eq!((&second["id"], &second["answers"][1]["text"]), (&first["id"], &json!("More sun.")), "{second}");
    browser.close_tab().await?;
    for batch in world.proxy.batches().into_iter().filter(|batch| batch.status == Some(202)) {
        let envelope: Value = serde_json::from_slice(&batch.body)?;
        let is_hers = envelope["session"] == hers[0];
        assert_eq!(envelope["customer"] == "ada-4711", is_hers, "{envelope}");
    }
    arrive(&world, browser, "ada-4711", &ada).await?;
    let seen = own_data(browser).await?;
    let id = dashboard::public_id(&world, first["id"].as_str().unwrap_or_default()).await?;
    assert_eq!((&seen["responses"][0]["id"], &seen["customer"]), (&json!(id), &json!("ada-4711")), "{seen}");
    Ok(())
}
