//! Forms as they are filled in: begun by a change, told field by field by their names, completed or given up.

use rapport_tests::browser::Window;
use rapport_tests::{Outcome, dashboard, wait, widget::Widget, world::World};
use serde_json::{Value, json};
use std::time::Duration;
use thirtyfour::Key;

in_each_browser!(a_form_is_told_field_by_field_and_nothing_that_was_typed);

/// Longer than a form may take to show an error after it was sent.
const ANSWERED: Duration = Duration::from_millis(2_000);

async fn open(world: &World) -> Outcome {
    world.visit("/form.html").await?;
    Widget::floating(&world.browser).ready().await?;
    // The part comes with the first focus.
    world.browser.click("[name=name]").await?;
    wait::until("the part that counts forms", || async {
        let came = |path: &str| path.contains("/assets/form-");
        Ok(world.proxy.exchanges().iter().any(|exchange| came(&exchange.path)).then_some(()))
    })
    .await?;
    wait::pass(Duration::from_millis(300)).await;
    Ok(())
}

async fn fill(world: &World, field: &str, words: &str) -> Outcome {
    world.browser.click(&format!("[name={field}]")).await?;
    world.browser.press(words).await
}

fn steps(world: &World) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let signals = world.proxy.arrived("signal").into_iter().filter(|signal| signal["kind"] == "form");
    signals.map(|signal| (text(&signal["text"]), text(&signal["element"]))).collect()
}

/// What was done in a field in all: stays, changes, errors.
fn sums(world: &World, field: &str) -> [u64; 3] {
    let signals = world.proxy.arrived("signal").into_iter();
    let of_field = signals.filter(|signal| signal["kind"] == "field" && signal["element"] == field);
    of_field.fold([0; 3], |sum, signal| {
        [1, 2, 3].map(|place| sum[place - 1] + signal["measured"][place].as_u64().unwrap_or_default())
    })
}

async fn a_form_is_told_field_by_field_and_nothing_that_was_typed(window: Window) -> Outcome {
    let world = World::of("tests/pages", &[], window).await?;
    // Who only looks at a field has begun nothing.
    open(&world).await?;
    world.browser.click("[name=code]").await?;
    world.browser.close_tab().await?;
    world.proxy.arrival("page_view", |item| item["path"] == "/form.html").await?;
    assert_eq!(steps(&world), []);

    // Who is shown an error, comes back, is shown another, and gives up.
    open(&world).await?;
    fill(&world, "name", "Ada Lovelace").await?;
    fill(&world, "email", "ada").await?;
    fill(&world, "ms-roe", "a masked secret").await?;
    fill(&world, "secret", "an ignored secret").await?;
    world.browser.click("button").await?;
    world.browser.click("[name=email]").await?;
    world.browser.press(Key::End + "@example.com").await?;
    fill(&world, "code", "7").await?;
    world.browser.click("button").await?;
    wait::pass(ANSWERED).await;
    world.browser.close_tab().await?;
    world.proxy.arrival("signal", |signal| signal["kind"] == "form" && signal["text"] == "left").await?;
    assert_eq!(steps(&world)[0], ("start".to_owned(), String::new()));
    assert_eq!(steps(&world).last(), Some(&("left".to_owned(), "code".to_owned())));
    let [stays, changes, errors] = sums(&world, "email");
    assert!(stays >= 2 && changes == 2 && errors == 1, "email: {stays} stays, {changes} changes, {errors} errors");
    assert_eq!(sums(&world, "code")[2], 1, "aria-invalid is an error that is shown");
    assert_eq!(sums(&world, "input:4")[1], 1, "a masked field is told by its place alone");
    let named: Vec<Value> =
        world.proxy.arrived("signal").into_iter().filter(|signal| signal["kind"] == "form").collect();
    assert!(named.iter().all(|signal| signal["name"] == "address"), "{named:?}");

    // Who completes it.
    open(&world).await?;
    fill(&world, "name", "Grace").await?;
    fill(&world, "email", "grace@example.com").await?;
    fill(&world, "code", "42").await?;
    world.browser.click("button").await?;
    wait::pass(ANSWERED).await;
    let done = world.proxy.arrival("signal", |signal| signal["kind"] == "form" && signal["text"] == "complete").await?;
    assert!(done["measured"][0].as_u64() > Some(0), "{done}");
    world.browser.close_tab().await?;

    let sent: String =
        world.proxy.batches().iter().map(|batch| String::from_utf8_lossy(&batch.body).into_owned()).collect();
    for typed in ["Ada Lovelace", "example.com", "masked secret", "ignored secret", "Grace", "ms-roe", "\"secret\""] {
        assert!(!sent.contains(typed), "{typed} in {sent}");
    }
    dashboard::sign_in(&world).await?;
    let said = dashboard::read(&world, "forms").await?;
    dashboard::assert_says(&said, &["address", "/form.html", "50.0%", "email", "Given up here", "ended at code"]);
    let said = dashboard::read(&world, "forms?page=/elsewhere").await?;
    dashboard::assert_says(&said, &["No form was begun"]);
    let csv = world.browser.run_async("return await (await fetch('?format=csv&table=fields')).text()").await?;
    assert!(csv.as_str().is_some_and(|csv| csv.starts_with("page,form,field,")), "{csv}");
    assert_ne!(csv, json!(null));
    Ok(())
}
