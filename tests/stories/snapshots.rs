//! What a screen reader is told of each surface of the widget, compared exactly: see `rapport_tests::snapshot`. Those of the
//! questions are taken where each kind is answered.

use crate::kinds;
use rapport_tests::browser::DESKTOP;
use rapport_tests::keyboard::focus_comes;
use rapport_tests::snapshot::{accessibility_tree, assert_unchanged, folder};
use rapport_tests::{Outcome, widget::Widget, world::World};
use serde_json::json;
use std::collections::BTreeSet;

/// The surfaces besides the questions.
const SURFACES: [&str; 6] = ["launcher", "missing", "thanks", "banner", "modal", "inline"];

/// The name of a question's snapshot.
pub fn of_kind(question: &str) -> String {
    format!("kind-{question}")
}

/// Compares what a surface of the widget says; `within` is a selector in its shadow root.
pub async fn unchanged(world: &World, name: &str, within: &str) -> Outcome {
    let element = format!("document.querySelector('rapport-widget').shadowRoot.querySelector({within:?})");
    assert_unchanged(name, &accessibility_tree(&world.browser, &element).await?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_surface_says_what_it_said() -> Outcome {
    let world = World::of("tests/pages", &[], DESKTOP).await?;
    let browser = &world.browser;
    let widget = Widget::floating(browser);
    let survey = |id: &str, placement: &str, event: &str| {
        json!({
            "id": id, "name": id, "title": "A short question", "placement": placement,
            "trigger": if event.is_empty() { json!({ "on": "manual" }) } else { json!({ "on": "event", "name": event }) },
            "questions": [
                { "id": "rating", "kind": "csat", "text": "How was it?", "low_label": "Bad", "high_label": "Good", "required": true },
                { "id": "words", "kind": "open-text", "text": "Why?" },
            ],
        })
    };
    let surveys = [
        survey("asked", "launcher", ""),
        survey("banner", "banner", "paid"),
        survey("modal", "modal", ""),
        survey("inline", "inline", ""),
    ];
    let site = world.another_site(&surveys)?;
    world.visit(&format!("/occasions/?site={site}")).await?;
    widget.ready().await?;
    widget.see(".launcher").await?;
    unchanged(&world, "launcher", ".launcher").await?;

    widget.open().await?;
    widget.next().await?;
    focus_comes(browser, "at.matches(\"input[name='q.rating']\")").await?;
    unchanged(&world, "missing", ".survey").await?;
    widget.choose("rating", "4").await?;
    widget.next().await?;
    widget.click("button.skip").await?;
    widget.thanks().await?;
    focus_comes(browser, "at.matches(\".thanks\")").await?;
    unchanged(&world, "thanks", ".survey").await?;
    widget.click("button.close").await?;
    widget.see_no(".survey").await?;

    browser.run("rapport('open', 'modal')").await?;
    widget.see("dialog.survey").await?;
    focus_comes(browser, "at.matches(\"legend\")").await?;
    unchanged(&world, "modal", "dialog.survey").await?;
    browser.run("rapport('close')").await?;
    widget.see_no(".survey").await?;

    browser.run("document.activeElement.blur(); rapport('track', 'paid')").await?;
    widget.see("[data-mode=banner]").await?;
    unchanged(&world, "banner", "[data-mode=banner]").await?;

    browser.run("document.getElementById('far').scrollIntoView()").await?;
    Widget::inline(browser).see("legend").await?;
    let inline = "document.querySelector('[data-rapport-survey]').shadowRoot.querySelector('.survey')";
    assert_unchanged("inline", &accessibility_tree(browser, inline).await?)?;
    Ok(())
}

#[test]
fn every_snapshot_is_of_something() -> Outcome {
    let kinds = kinds::questions().into_iter().map(of_kind);
    let known: BTreeSet<String> = SURFACES.into_iter().map(str::to_owned).chain(kinds).collect();
    let mut found = BTreeSet::new();
    for file in std::fs::read_dir(folder())? {
        let name = file?.file_name().to_string_lossy().into_owned();
        found.insert(name.strip_suffix(".txt").unwrap_or(&name).to_owned());
    }
    assert_eq!(found, known, "each file of tests/snapshots belongs to a surface, and the other way round");
    Ok(())
}
