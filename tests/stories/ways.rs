//! The ways through a survey: what is asked next, what may be passed, what going back keeps, how it ends, and what is
//! left when a visitor gives up or when enough have answered.

use rapport_tests::browser::{Browser, DESKTOP, Window};
use rapport_tests::keyboard::focus_is;
use rapport_tests::{Outcome, dashboard, wait, widget::Widget, world::World};
use serde_json::{Value, json};

in_each_browser!(each_answer_leads_its_own_way_to_its_own_end);

/// The site whose survey branches.
async fn branching(window: Window) -> Outcome<World> {
    World::of("examples/plain", &["tests/surveys/ways.json", "tests/surveys/review.json"], window).await
}

/// Opens the survey in a page that has just been loaded.
async fn begin(world: &World) -> Outcome<Widget<'_>> {
    world.visit("/").await?;
    let widget = Widget::floating(&world.browser);
    widget.ready().await?;
    widget.open().await?;
    Ok(widget)
}

/// Waits until the question with these words is asked.
async fn asked(widget: &Widget<'_>, words: &str) -> Outcome {
    wait::until(&format!("the question {words:?}"), || async {
        let legend = widget.words("legend").await?;
        if legend == words { Ok(Some(())) } else { Err(format!("it asks {legend:?}").into()) }
    })
    .await
}

/// The questions that the newest revision of a response answers.
fn answered(world: &World, id: &Value) -> Vec<String> {
    let revisions = world.proxy.arrived("response").into_iter().filter(|item| item["id"] == *id);
    let newest = revisions.max_by_key(|item| item["revision"].as_u64());
    let answers = newest.and_then(|item| item["answers"].as_array().cloned()).unwrap_or_default();
    answers.iter().map(|answer| answer["question"].as_str().unwrap_or_default().to_owned()).collect()
}

async fn finished(world: &World, likely: u64) -> Outcome<Value> {
    let is_it = |item: &Value| item["finished"] == true && item["answers"][0]["score"] == likely;
    world.proxy.arrival("response", is_it).await
}

async fn each_answer_leads_its_own_way_to_its_own_end(window: Window) -> Outcome {
    let world = branching(window).await?;

    // A detractor is asked why, by the number that was given, may pass the address, and is asked once more about the reason.
    let widget = begin(&world).await?;
    widget.next().await?;
    let alert = widget.words("[role=alert]").await?;
    assert_eq!(alert, "Please choose an answer.");
    assert!(
        focus_is(&world.browser, "at.matches(\"input[name='q.likely']\")").await?,
        "the focus is where it is mended"
    );
    assert!(world.proxy.arrived("response").is_empty());
    assert!(widget.find("button.skip").await?.is_none(), "what is required cannot be skipped");
    widget.choose("likely", "2").await?;
    widget.next().await?;
    asked(&widget, "You gave 2. What is the reason, dear customer?").await?;
    widget.write("noise").await?;
    widget.next().await?;
    asked(&widget, "May we write to you?").await?;
    widget.click("button.skip").await?;
    asked(&widget, "Anything else about “noise”?").await?;
    widget.click("button.skip").await?;
    assert!(widget.thanks().await?.starts_with("We are sorry"));
    let response = finished(&world, 2).await?;
    assert_eq!(answered(&world, &response["id"]), ["likely", "why"]);

    // Whom the page knows is called by name. Who is neither skips the address, and is not asked about what was not said.
    world.visit("/").await?;
    widget.ready().await?;
    world.browser.run("rapport('identify', 'customer-17', { name: 'Zoë' })").await?;
    widget.open().await?;
    widget.choose("likely", "8").await?;
    widget.next().await?;
    asked(&widget, "You gave 8. What is the reason, Zoë?").await?;
    widget.click("button.skip").await?;
    assert!(widget.thanks().await?.starts_with("Thank you"));
    let response = finished(&world, 8).await?;
    assert_eq!(answered(&world, &response["id"]), ["likely"]);

    // A promoter is done at once, and the end leads to another survey.
    let widget = begin(&world).await?;
    widget.choose("likely", "10").await?;
    widget.next().await?;
    assert!(widget.thanks().await?.starts_with("So glad"));
    widget.click("button.on").await?;
    asked(&widget, "How is the Moss Mug?").await?;
    assert!(focus_is(&world.browser, "at.localName === 'legend'").await?, "the focus goes along");
    widget.choose("review", "5").await?;
    widget.next().await?;
    widget.thanks().await?;
    finished(&world, 10).await?;
    let review = world.proxy.arrival("response", |item| item["survey"] == "review").await?;
    assert_eq!(review["answers"][0]["score"], 5, "{review}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn going_back_keeps_answers_and_what_no_way_leads_to_is_not_sent() -> Outcome {
    let world = branching(DESKTOP).await?;
    let widget = begin(&world).await?;
    widget.choose("likely", "2").await?;
    widget.next().await?;
    widget.write("noise").await?;
    widget.next().await?;
    asked(&widget, "May we write to you?").await?;
    widget.click("button.back").await?;
    asked(&widget, "You gave 2. What is the reason, dear customer?").await?;
    let kept = widget.see("textarea").await?;
    assert_eq!(kept.prop("value").await?.as_deref(), Some("noise"));
    widget.click("button.back").await?;
    asked(&widget, "How likely are you to recommend us?").await?;
    assert!(widget.find("label[data-on] input[value='2']").await?.is_some(), "the score is still chosen");
    assert!(widget.find("button.back").await?.is_none(), "there is nothing before the first question");
    let partial = world.proxy.arrival("response", |item| item["answers"].as_array().map(Vec::len) == Some(2)).await?;
    assert_eq!(partial["finished"], false, "{partial}");

    widget.choose("likely", "9").await?;
    widget.next().await?;
    assert!(widget.thanks().await?.starts_with("So glad"));
    let response = finished(&world, 9).await?;
    assert_eq!(response["id"], partial["id"], "it is the same response, told again");
    assert_eq!(answered(&world, &response["id"]), ["likely"], "the reason belongs to a way that was not taken");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_before_giving_up_is_kept() -> Outcome {
    let world = branching(DESKTOP).await?;
    let widget = begin(&world).await?;
    widget.choose("likely", "3").await?;
    widget.next().await?;
    asked(&widget, "You gave 3. What is the reason, dear customer?").await?;
    widget.write("These words were never confirmed").await?;
    widget.click("button.close").await?;
    widget.see_no("[role=dialog]").await?;
    let partial = world.proxy.arrival("response", |_| true).await?;
    assert_eq!((&partial["finished"], &partial["answers"][0]["score"]), (&json!(false), &json!(3)), "{partial}");
    world.browser.close_tab().await?;
    world.proxy.arrival("delivery", |item| item["event"] == "closed").await?;
    let sent: String =
        world.proxy.batches().iter().map(|batch| String::from_utf8_lossy(&batch.body).into_owned()).collect();
    assert!(!sent.contains("never confirmed"), "what was not confirmed is not sent: {sent}");

    dashboard::sign_in(&world).await?;
    let feedback = dashboard::read(&world, "feedback/ways").await?;
    dashboard::assert_says(&feedback, &["unfinished", "3\nof 10"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_survey_that_enough_have_answered_is_asked_no_more() -> Outcome {
    let world = World::of("examples/plain", &[], DESKTOP).await?;
    let survey = json!({
        "id": "first-two", "name": "The first two", "title": "One moment?", "quota": 2,
        "questions": [{ "id": "rating", "kind": "csat", "text": "How was it?", "required": true }],
    });
    world.ask(&world.site, &survey)?;
    world.rapport.run(&["survey", "deactivate", &world.site, "feedback"])?;
    for visitor in 1..=2 {
        // Each visitor has a browser of their own, so nothing is known of those before.
        let browser = Browser::open(DESKTOP).await?;
        browser.visit(&world.pages.url("/")).await?;
        let widget = Widget::floating(&browser);
        widget.ready().await?;
        widget.open().await?;
        widget.choose("rating", "4").await?;
        widget.next().await?;
        widget.thanks().await?;
        wait::until("the answers", || async { Ok((world.proxy.arrived("response").len() == visitor).then_some(())) })
            .await?;
    }
    wait::until("a page that asks nothing", || async {
        // What the browser was told lately it takes as true for half a minute.
        world.browser.devtools("Network.clearBrowserCache", json!({})).await?;
        world.visit("/").await?;
        let widget = Widget::floating(&world.browser);
        widget.ready().await?;
        Ok(widget.find(".launcher").await?.is_none().then_some(()))
    })
    .await?;
    let form = format!("{}/f/{}/first-two", world.proxy.origin(), world.site);
    let client = reqwest::Client::builder().no_proxy().build()?;
    assert_eq!(client.get(form).send().await?.status(), 410, "nor by its own address");
    Ok(())
}
