//! A designer without a shell: a survey with a branch and two languages is built, tried, published, answered, and changed so that
//! its trend says where it breaks.

use rapport_tests::browser::DESKTOP;
use rapport_tests::widget::Widget;
use rapport_tests::{Outcome, dashboard, wait, world::World};
use serde_json::json;

/// Fills fields of the draft in, presses the button that says `word`, and waits for the page that comes of it.
async fn press(world: &World, fields: &[(&str, &str)], word: &str) -> Outcome {
    world
        .browser
        .run(&format!(
            "const form = document.querySelector('form[data-builder]');
             for (const [name, value] of {}) {{
                 const field = [...form.querySelectorAll('[name]')].filter((field) => field.name === name).pop();
                 if (field.type === 'checkbox') field.checked = value === 'on';
                 else field.value = value;
             }}
             window.isOld = true;
             [...form.querySelectorAll('button[name=do]')].find((button) => button.value === {}).click()",
            json!(fields),
            json!(word)
        ))
        .await?;
    another_page(world, word).await
}

async fn another_page(world: &World, what: &str) -> Outcome {
    wait::until(&format!("the page after {what}"), async || {
        let is_new = world.browser.run("return !window.isOld && document.readyState === 'complete'").await?;
        Ok((is_new == true).then_some(()))
    })
    .await
}

/// Presses the button of a form of the list.
async fn begin(world: &World, from: &str) -> Outcome {
    dashboard::read(world, "surveys").await?;
    let press = format!(
        "window.isOld = true; document.querySelector('input[name=from][value={from}]').closest('form').requestSubmit()"
    );
    world.browser.run(&press).await?;
    another_page(world, from).await
}

async fn says(world: &World, words: &str) -> Outcome {
    wait::until(&format!("the page says {words}"), async || {
        Ok(dashboard::text(world).await?.contains(words).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_designer_builds_tries_publishes_and_changes_a_survey_without_a_shell() -> Outcome {
    let world = World::of("examples/shop", &[], DESKTOP).await?;
    world.rapport.run(&["survey", "deactivate", &world.site, "feedback"])?;
    dashboard::sign_in(&world).await?;
    begin(&world, "empty").await?;
    says(&world, "Not ready yet").await?;
    assert_eq!(world.browser.accessibility_findings().await?, [""; 0], "faults beside their fields");

    let question = [("id", "orders"), ("name", "Orders"), ("title", "Your order"), ("language", "en")];
    let asked = [("questions[0].id", "likely"), ("questions[0].kind", "nps"), ("questions[0].text", "How likely?")];
    press(&world, &[&question[..], &asked, &[("new questions", "open-text")]].concat(), "add questions").await?;
    let why = [("questions[1].id", "why"), ("questions[1].text", "What is missing?")];
    press(&world, &why, "add questions[0].branches").await?;
    press(&world, &[], "add questions[0].branches[0].when").await?;
    let when = "questions[0].branches[0].when[0]";
    let branch = [(&*format!("{when}.answer"), "likely"), (&*format!("{when}.at_least"), "9")];
    let end = [("questions[0].branches[0].end", "on"), ("new language", "de")];
    press(&world, &[&branch[..], &end].concat(), "add-language x").await?;
    says(&world, "3 missing").await?;
    says(&world, "Ready to be published").await?;
    let german = [
        ("title", "Ihre Bestellung"),
        ("questions.likely.text", "Wie wahrscheinlich?"),
        ("questions.why.text", "Was?"),
    ];
    let german = german.map(|(path, text)| (format!("translations.de.{path}"), text));
    let german: Vec<_> = german.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    press(&world, &german, "save").await?;
    says(&world, "complete").await?;
    assert_eq!(world.browser.accessibility_findings().await?, [""; 0], "the draft with its translations");

    // Dragging does what the buttons do, which do it without script and by keys.
    let order = "return [...document.querySelectorAll('.questions > ol > li')].map((question) =>
         question.querySelector('[name$=\"].id\"]').value).join(' ')";
    world
        .browser
        .run(
            "window.isOld = true;
             const [first, second] = document.querySelectorAll('.questions > ol > li');
             const fire = (thing, name) => thing.dispatchEvent(
                 new DragEvent(name, { bubbles: true, cancelable: true, dataTransfer: new DataTransfer() }));
             fire(second.querySelector('.drag'), 'dragstart');
             fire(first, 'dragover');
             fire(first, 'drop')",
        )
        .await?;
    another_page(&world, "the drop").await?;
    assert_eq!(world.browser.run(order).await?, "why likely");
    press(&world, &[], "down questions[0]").await?;
    assert_eq!(world.browser.run(order).await?, "likely why");

    // It is tried in the real panel, from which nothing goes anywhere.
    world.browser.run("document.querySelector('[name=language][form], .preview-bar select').value = 'de'").await?;
    world.browser.run("document.querySelector('.preview-bar button[value=dark]').click()").await?;
    let inside = "document.querySelector('iframe').contentDocument?.querySelector('rapport-preview')?.shadowRoot";
    wait::until("the panel in German", async || {
        let text = world.browser.run(&format!("return {inside}?.textContent ?? ''")).await?;
        Ok(text.as_str().unwrap_or_default().contains("Wie wahrscheinlich?").then_some(()))
    })
    .await?;
    world.browser.run(&format!("{inside}.querySelector('input[value=\"10\"]').click()")).await?;
    assert!(world.proxy.batches().is_empty(), "nothing was sent");

    press(&world, &[], "publish").await?;
    says(&world, "Version 1").await?;
    let widget = Widget::floating(&world.browser);
    world.visit("/delivery/").await?;
    widget.ready().await?;
    widget.open().await?;
    widget.choose("likely", "10").await?;
    widget.next().await?;
    widget.thanks().await?;
    world.proxy.arrival("response", |item| item["survey"] == "orders" && item["finished"] == true).await?;

    begin(&world, "survey").await?;
    press(&world, &[("questions[0].text", "How sure are you?")], "publish").await?;
    says(&world, "Saved, and not published yet").await?;
    says(&world, "breaks a trend").await?;
    assert_eq!(world.browser.accessibility_findings().await?, [""; 0], "what breaks is told");
    press(&world, &[], "publish").await?;
    says(&world, "Version 2").await?;
    assert_eq!(world.browser.accessibility_findings().await?, [""; 0], "the versions");
    let feedback = dashboard::read(&world, "feedback/orders?suspicious=included").await?;
    dashboard::assert_says(
        &feedback,
        &["Version 2: Question likely: Text is now “How sure are you?”, not “How likely?”"],
    );
    Ok(())
}
