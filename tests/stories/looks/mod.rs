//! How the widget looks: `theme` in every placement, and `system`, what stays usable when the visitor's system asks for other
//! colours, less motion, larger letters or a narrow window.

use rapport_tests::{Outcome, browser::DESKTOP, wait, world::World};
use serde_json::{Value, json};

mod system;
mod theme;

/// The panel over the page or, without one, that within it or that of the hosted form; the host has things called alike.
const PANEL: &str = "const within = (host) => document.querySelector(host)?.shadowRoot?.querySelector('.survey');
    const survey = within('rapport-widget') || within('[data-rapport-survey]') || document.querySelector('form.survey');";

/// The questions of `tests/surveys/looks.json`, with what answers each.
const QUESTIONS: [(&str, &str); 9] = [
    ("likely", "label:has(input[value='7'])"),
    ("stars", "label:has(input[value='4'])"),
    ("smileys", "label:has(input[value='3'])"),
    ("service", "label:has(input[value='2'])"),
    ("missing", "label:has(input[value='photos'])"),
    ("order", "select"),
    ("contact", "input[type=email]"),
    ("fixed", "label:has(input[value='no'])"),
    ("words", "textarea"),
];

async fn world() -> Outcome<World> {
    let surveys = ["tests/surveys/looks.json", "examples/shop/surveys/product-feedback.json"];
    let world = World::of("tests/pages/looks", &surveys, DESKTOP).await?;
    // Each visit asks for the theme as it is by then.
    world.browser.devtools("Network.enable", json!({})).await?;
    world.browser.devtools("Network.setCacheDisabled", json!({ "cacheDisabled": true })).await?;
    Ok(world)
}

async fn set_theme(world: &World, theme: &Value) -> Outcome {
    let file = world.rapport.folder().join("theme.json");
    std::fs::write(&file, theme.to_string())?;
    world.rapport.run(&["site", "theme", &world.site, &file.to_string_lossy()])?;
    // What was made of the theme before is taken as true for two seconds.
    let url = format!("{}/v1/config/{}", world.rapport.origin(), world.site);
    let client = reqwest::Client::builder().no_proxy().build()?;
    let accent = format!("--accent:{}", theme["accent"].as_str().unwrap_or_default());
    wait::until("the theme to be served", || async {
        let config = client.get(&url).send().await?.text().await?;
        Ok(config.contains(&accent).then_some(()))
    })
    .await
}

/// Computed values of an element of the panel.
async fn computed(world: &World, selector: &str, properties: &[&str]) -> Outcome<Vec<String>> {
    let script = format!(
        "{PANEL} const style = getComputedStyle(survey.querySelector({selector:?}) || survey);
         return {}.map((name) => style.getPropertyValue(name));",
        json!(properties)
    );
    Ok(serde_json::from_value(world.browser.run(&script).await?)?)
}
