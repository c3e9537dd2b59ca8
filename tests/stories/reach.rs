//! Wherever a visitor can click they can answer: within dialogs of the page, against its focus traps, in a sandbox, beside
//! its own controls, and whatever it has done to lists.

use rapport_tests::browser::Window;
use rapport_tests::keyboard::focus_comes;
use rapport_tests::{Outcome, wait, widget::Widget, world::World};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

in_each_browser!(
    a_panel_opened_in_a_modal_dialog_is_typed_into_and_closed,
    a_dialog_that_opens_over_a_panel_takes_it_along_and_gives_it_back_with_what_was_typed,
    a_focus_trap_of_the_page_swallows_nothing_that_is_typed,
    a_click_beside_a_panel_within_the_page_is_the_pages,
    a_sandbox_that_forbids_forms_lets_answers_through,
    a_page_that_gives_lists_a_way_to_write_themselves_changes_no_answer,
    a_panel_stands_aside_where_the_page_has_a_control,
    one_tap_on_a_score_is_enough_where_the_survey_says_so,
    a_missing_star_is_said_at_the_stars,
    a_date_is_written_as_in_the_region_of_the_page,
);

const WORDS: &str = "Still here, ? and / included.";

/// A survey of the occasion `asked` that asks for words.
fn survey(questions: Value) -> Value {
    json!({
        "id": "asked", "name": "Asked", "title": "A short question", "placement": "popover",
        "trigger": { "on": "manual" }, "facts": ["day"], "questions": questions,
    })
}

async fn site_with(window: Window, survey: &Value) -> Outcome<(World, String)> {
    let world = World::of("tests/pages", &[], window).await?;
    let site = world.another_site(std::slice::from_ref(survey))?;
    Ok((world, format!("/occasions/?site={site}")))
}

async fn asked_for_words(window: Window) -> Outcome<World> {
    let (world, page) =
        site_with(window, &survey(json!([{ "id": "words", "kind": "open-text", "text": "Why?" }]))).await?;
    world.visit(&page).await?;
    Widget::floating(&world.browser).ready().await?;
    Ok(world)
}

/// Sends what was typed, and gives what arrived.
async fn send(world: &World) -> Outcome<Value> {
    let widget = Widget::floating(&world.browser);
    widget.next().await?;
    widget.thanks().await?;
    world.proxy.arrival("response", |item| item["finished"] == true).await
}

async fn a_panel_opened_in_a_modal_dialog_is_typed_into_and_closed(window: Window) -> Outcome {
    let world = asked_for_words(window).await?;
    let browser = &world.browser;
    let widget = Widget::floating(browser);
    // As many pages do, this one closes its dialog at a click beside it.
    browser
        .run(
            "document.body.insertAdjacentHTML('beforeend', '<dialog id=pay><button id=feedback data-rapport-open=asked>Feedback</button></dialog>');
             const pay = document.getElementById('pay');
             pay.addEventListener('click', ({ clientX, clientY }) => {
                 const box = pay.getBoundingClientRect();
                 if (clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom) pay.close();
             });
             pay.showModal();",
        )
        .await?;
    browser.click("#feedback").await?;
    widget.write(WORDS).await?;
    let is_open = "return document.getElementById('pay').open";
    assert_eq!(browser.run(is_open).await?, true, "a click in the panel is none beside the dialog");
    let response = send(&world).await?;
    assert_eq!(response["answers"][0]["text"], WORDS, "{response}");
    browser.press(Key::Escape).await?;
    widget.see_no("[role=dialog]").await?;
    assert_eq!(browser.run(is_open).await?, true, "Escape closes the panel alone");
    focus_comes(browser, "at.id === 'feedback'").await?;
    let stands = "return document.querySelector('rapport-widget').parentNode === document.documentElement";
    assert_eq!(browser.run(stands).await?, true, "the dialog is left as it was");
    Ok(())
}

async fn a_dialog_that_opens_over_a_panel_takes_it_along_and_gives_it_back_with_what_was_typed(
    window: Window,
) -> Outcome {
    let world = asked_for_words(window).await?;
    let browser = &world.browser;
    let widget = Widget::floating(browser);
    browser.click("#own").await?;
    widget.write("Before").await?;
    browser
        .run(
            "document.body.insertAdjacentHTML('beforeend', '<dialog id=late><button>Stay signed in</button></dialog>');
             document.getElementById('late').showModal();",
        )
        .await?;
    let within = |dialog: &'static str| async move {
        wait::until("the panel to move", || async {
            let stands = format!("return document.querySelector('rapport-widget').parentNode.localName === '{dialog}'");
            Ok((browser.run(&stands).await? == true).then_some(()))
        })
        .await
    };
    within("dialog").await?;
    widget.click("textarea").await?;
    browser.press(Key::End).await?;
    browser.press(", within").await?;
    // Taken away as frameworks do, without being closed.
    browser.run("document.getElementById('late').remove()").await?;
    within("html").await?;
    widget.click("textarea").await?;
    browser.press(Key::End).await?;
    browser.press(", after").await?;
    let response = send(&world).await?;
    assert_eq!(response["answers"][0]["text"], "Before, within, after", "{response}");
    Ok(())
}

/// Traps as libraries set them: by what gets the focus, early or late; by what loses it; by the key Tab; by what is pressed.
const TRAPS: [&str; 5] = [
    "document.addEventListener('focusin', (event) => { if (!modal.contains(event.target)) back(); });",
    "document.addEventListener('focus', (event) => { if (!modal.contains(event.target)) back(); }, true);",
    "modal.addEventListener('focusout', (event) => { if (event.relatedTarget && !modal.contains(event.relatedTarget)) back(); });",
    "document.addEventListener('keydown', (event) => { if (event.key === 'Tab') { event.preventDefault(); back(); } }, true);",
    "for (const type of ['pointerdown', 'mousedown', 'touchstart', 'click'])
         document.addEventListener(type, (event) => {
             if (modal.contains(event.target)) return;
             event.preventDefault();
             event.stopImmediatePropagation();
         }, true);",
];

async fn a_focus_trap_of_the_page_swallows_nothing_that_is_typed(window: Window) -> Outcome {
    let two = json!([
        { "id": "title", "kind": "short-text", "text": "What?" },
        { "id": "words", "kind": "open-text", "text": "Why?" },
    ]);
    let (world, page) = site_with(window, &survey(two)).await?;
    let browser = &world.browser;
    let widget = Widget::floating(browser);
    for trap in TRAPS {
        world.visit(&page).await?;
        widget.ready().await?;
        let modal = "document.body.insertAdjacentHTML('beforeend', '<div id=modal role=dialog aria-modal=true><input id=field aria-label=Name> <button id=feedback data-rapport-open=asked>Feedback</button></div>');
             const modal = document.getElementById('modal');
             const back = () => document.getElementById('field').focus();";
        browser.run(&format!("{modal} {trap} back();")).await?;
        browser.click("#feedback").await?;
        widget.click("input[name='q.title']").await?;
        browser.press("Typed").await?;
        browser.press(Key::Enter).await?;
        widget.see("textarea").await.map_err(|failure| format!("{trap}: {failure}"))?;
        focus_comes(browser, "at.localName === 'legend'").await.map_err(|failure| format!("{trap}: {failure}"))?;
        browser.press(Key::Tab).await?;
        focus_comes(browser, "at.localName === 'textarea'").await.map_err(|failure| format!("{trap}: {failure}"))?;
        browser.press(WORDS).await?;
        widget.next().await?;
        widget.thanks().await?;
        let field = browser.run("return document.getElementById('field').value").await?;
        assert_eq!(field, "", "{trap}");
    }
    let whole = |item: &Value| item["finished"] == true && item["answers"][1]["text"] == WORDS;
    wait::until("every answer", || async {
        let arrived = world.proxy.arrived("response").into_iter().filter(whole).count();
        Ok((arrived == TRAPS.len()).then_some(()))
    })
    .await
}

async fn a_click_beside_a_panel_within_the_page_is_the_pages(window: Window) -> Outcome {
    let inline = json!({
        "id": "inline", "name": "Inline", "title": "A short question", "placement": "inline",
        "questions": [{ "id": "words", "kind": "open-text", "text": "Why?" }],
    });
    let (world, page) = site_with(window, &inline).await?;
    world.visit(&page).await?;
    let browser = &world.browser;
    browser.run("document.querySelector('[data-rapport-survey]').scrollIntoView()").await?;
    Widget::inline(browser).see("textarea").await?;
    // The place itself, where it is larger than the panel, and what of the page's own lies in it.
    let told = browser
        .run(
            "const [clicks, failures] = [[], []];
             addEventListener('error', ({ message }) => failures.push(message));
             const place = document.querySelector('[data-rapport-survey]');
             place.addEventListener('click', ({ target }) => clicks.push(target.localName));
             place.click();
             place.appendChild(document.createElement('b')).click();
             return [clicks, failures];",
        )
        .await?;
    assert_eq!(told, json!([["div", "b"], []]));
    Ok(())
}

async fn a_sandbox_that_forbids_forms_lets_answers_through(window: Window) -> Outcome {
    let two = json!([
        { "id": "title", "kind": "short-text", "text": "What?", "required": true },
        { "id": "words", "kind": "open-text", "text": "Why?" },
    ]);
    let (world, page) = site_with(window, &survey(two)).await?;
    let browser = &world.browser;
    world.visit("/still.html").await?;
    let frame = format!(
        "document.body.innerHTML = '<iframe sandbox=\"allow-scripts allow-same-origin\" style=\"position: fixed; top: 0; left: 0; border: 0; width: 800px; height: 560px\" src=\"{page}\"></iframe>'"
    );
    browser.run(&frame).await?;
    browser.driver.enter_frame(0).await?;
    let widget = Widget::floating(browser);
    widget.ready().await?;
    browser.click("#own").await?;
    focus_comes(browser, "at.localName === 'legend'").await?;
    widget.click("input[name='q.title']").await?;
    focus_comes(browser, "at.name === 'q.title'").await?;
    browser.press("Typed").await?;
    focus_comes(browser, "at.value === 'Typed'").await?;
    browser.press(Key::Enter).await?;
    widget.write(WORDS).await?;
    let response = send(&world).await?;
    assert_eq!(response["answers"][0]["text"], "Typed", "{response}");
    assert_eq!(response["answers"][1]["text"], WORDS, "{response}");
    Ok(())
}

async fn a_page_that_gives_lists_a_way_to_write_themselves_changes_no_answer(window: Window) -> Outcome {
    let world = asked_for_words(window).await?;
    let browser = &world.browser;
    browser.click("#own").await?;
    let widget = Widget::floating(browser);
    widget.write(WORDS).await?;
    // As Prototype does until 1.7, and worse; only for a moment, since the driver of the browser writes JSON in the page too.
    browser
        .run(
            "setTimeout(() => {
                 const spoilt = [Array, String, Object].map(({ prototype }) => prototype);
                 const value = function () { return '\"' + this + '\"'; };
                 for (const prototype of spoilt) Object.defineProperty(prototype, 'toJSON', { configurable: true, value });
                 document.querySelector('rapport-widget').shadowRoot.querySelector('.next').click();
                 setTimeout(() => spoilt.forEach((prototype) => delete prototype.toJSON), 1000);
             }, 100)",
        )
        .await?;
    let response = world.proxy.arrival("response", |item| item["finished"] == true).await?;
    assert_eq!(response["answers"][0]["text"], WORDS, "{response}");
    Ok(())
}

async fn a_panel_stands_aside_where_the_page_has_a_control(window: Window) -> Outcome {
    let world = asked_for_words(window).await?;
    let browser = &world.browser;
    let widget = Widget::floating(browser);
    let side = "const box = document.querySelector('rapport-widget').shadowRoot.querySelector('.survey').getBoundingClientRect();
        return box.left + box.right < innerWidth ? 'left' : 'right'";
    browser.click("#own").await?;
    widget.see("[role=dialog]").await?;
    assert_eq!(browser.run(side).await?, "right", "nothing is in its way");
    widget.click("button.close").await?;
    browser
        .run(
            "document.body.insertAdjacentHTML('beforeend', '<button id=basket style=\"position: fixed; right: 40px; bottom: 60px; width: 180px; height: 90px\">Basket</button>');
             document.getElementById('basket').addEventListener('click', () => window.bought = true);",
        )
        .await?;
    browser.click("#own").await?;
    wait::until("the panel on the other side", || async { Ok((browser.run(side).await? == "left").then_some(())) })
        .await?;
    browser.click("#basket").await?;
    assert_eq!(browser.run("return window.bought").await?, true);
    widget.write(WORDS).await?;
    widget.click("button.close").await?;
    // The same in a shadow root of the page.
    browser
        .run(
            "const host = document.body.appendChild(document.createElement('div'));
             host.attachShadow({ mode: 'open' }).append(document.getElementById('basket'));",
        )
        .await?;
    browser.run("rapport('open', 'asked', { day: '2026-11-21' })").await?;
    wait::until("the panel on the other side", || async { Ok((browser.run(side).await? == "left").then_some(())) }).await
}

async fn one_tap_on_a_score_is_enough_where_the_survey_says_so(window: Window) -> Outcome {
    let faces = json!([
        { "id": "rating", "kind": "csat", "display": "smileys", "text": "How was it?", "required": true },
        { "id": "again", "kind": "nps", "text": "And again?", "required": true },
        { "id": "words", "kind": "open-text", "text": "Why?" },
    ]);
    let mut survey = survey(faces);
    survey["one_tap"] = json!(true);
    let (world, page) = site_with(window, &survey).await?;
    world.visit(&page).await?;
    let browser = &world.browser;
    let widget = Widget::floating(browser);
    widget.ready().await?;
    browser.click("#own").await?;
    widget.choose("rating", "4").await?;
    // By keys scores are passed over on the way to another.
    widget.see("label:has(input[name='q.again'])").await?;
    focus_comes(browser, "at.localName === 'legend'").await?;
    browser.press(Key::Tab).await?;
    browser.press(" ").await?;
    browser.press(Key::Right).await?;
    widget.see("[data-on] input[value='1']").await?;
    widget.next().await?;
    widget.write(WORDS).await?;
    let response = send(&world).await?;
    assert_eq!(response["answers"][0]["score"], 4, "{response}");
    assert_eq!(response["answers"][1]["score"], 1, "{response}");
    Ok(())
}

async fn a_missing_star_is_said_at_the_stars(window: Window) -> Outcome {
    let review = json!([{ "id": "review", "kind": "review", "text": "Your review", "required": true }]);
    let (world, page) = site_with(window, &survey(review)).await?;
    world.visit(&page).await?;
    let browser = &world.browser;
    let widget = Widget::floating(browser);
    widget.ready().await?;
    browser.click("#own").await?;
    widget.see("textarea").await?;
    widget.next().await?;
    widget.see("[role=alert]").await?;
    let at = "const { shadowRoot } = document.querySelector('rapport-widget');
        const [said, stars, title] = ['[role=alert]', '[data-as~=stars]', 'input[type=text]']
            .map((found) => shadowRoot.querySelector(found).getBoundingClientRect());
        return [said.top >= stars.bottom, said.bottom <= title.top]";
    assert_eq!(browser.run(at).await?, json!([true, true]));
    focus_comes(browser, "at.name === 'q.review'").await
}

async fn a_date_is_written_as_in_the_region_of_the_page(window: Window) -> Outcome {
    let (world, page) =
        site_with(window, &survey(json!([{ "id": "words", "kind": "open-text", "text": "{{fact:day}}" }]))).await?;
    world.visit(&format!("{page}&language=en")).await?;
    let browser = &world.browser;
    let widget = Widget::floating(browser);
    widget.ready().await?;
    browser.run("document.documentElement.lang = 'en-GB'; rapport('open', 'asked', { day: '2026-11-20' })").await?;
    assert_eq!(widget.words("legend").await?, "20 November 2026");
    Ok(())
}
