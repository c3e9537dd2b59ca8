//! Pages name their language in many ways: whatever they say, what is shown says itself in which language it is, and runs
//! the way of that one.

use rapport_tests::browser::DESKTOP;
use rapport_tests::{Outcome, wait, widget::Widget, world::World};
use serde_json::json;

/// What a page may say, and what is shown then: language and direction of the survey, its question, its button, and the
/// language of the dialog that shows visitors their data.
const PAGES: [(&str, &str, &str, &str, &str, &str); 8] = [
    ("no", "nb", "ltr", "Hvordan var det?", "Send", "nb"),
    ("nn-NO", "nb", "ltr", "Hvordan var det?", "Send", "nb"),
    ("iw", "he", "rtl", "איך היה?", "שליחה", "he"),
    ("zh-TW", "zh-Hant-TW", "ltr", "怎麼樣？", "提交", "zh"),
    ("fa", "en", "ltr", "How was it?", "Send", "en"),
    (" EN_us ", "en-US", "ltr", "How was it?", "Send", "en"),
    ("<script>alert(1)</script>", "en", "ltr", "How was it?", "Send", "en"),
    ("constructor", "en", "ltr", "How was it?", "Send", "en"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_language_by_another_name_was_missed_and_an_unknown_one_turned_the_panel_round() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let (browser, widget) = (&world.browser, Widget::floating(&world.browser));
    let text = |text: &str| json!({ "questions.rating.text": text });
    let site = world.another_site(&[json!({
        "id": "asked", "name": "Asked", "title": "A short question", "placement": "modal", "language": "en",
        "trigger": { "on": "manual" },
        "questions": [{ "id": "rating", "kind": "csat", "text": "How was it?", "required": true }],
        "translations": {
            "nb": text("Hvordan var det?"), "he": text("איך היה?"), "zh": text("怎么样？"), "zh-Hant": text("怎麼樣？"),
        },
    })])?;
    world.visit(&format!("/occasions/?site={site}")).await?;
    widget.ready().await?;
    let long = "x".repeat(300);
    let pages = PAGES.into_iter().chain([(long.as_str(), "en", "ltr", "How was it?", "Send", "en")]);
    for (page, language, direction, question, button, own) in pages {
        browser.run(&format!("document.documentElement.lang = {}", json!(page))).await?;
        browser.click("#own").await?;
        assert_eq!(widget.words("legend").await?, question, "{page}");
        assert_eq!(widget.words("button.next").await?, button, "{page}");
        says(&widget, "[aria-labelledby=title]", (language, direction), page).await?;
        widget.click("button.close").await?;
        browser.run("rapport('data')").await?;
        says(&widget, ".own-data", (own, if own == "he" { "rtl" } else { "ltr" }), page).await?;
        widget.click(".own-data button.first").await?;
    }
    Ok(())
}

/// Waits until an element says that it is in a language and runs its way.
async fn says(widget: &Widget<'_>, selector: &str, expected: (&str, &str), page: &str) -> Outcome {
    wait::until(&format!("{selector} to be {expected:?} on a page in {page}"), || async {
        let Some(element) = widget.find(selector).await? else { return Ok(None) };
        // It may have been drawn anew meanwhile.
        let said = (element.attr("lang").await.ok().flatten(), element.attr("dir").await.ok().flatten());
        Ok((said == (Some(expected.0.to_owned()), Some(expected.1.to_owned()))).then_some(()))
    })
    .await
}
