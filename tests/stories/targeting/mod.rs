//! When and whom: every trigger makes its survey appear once (`triggers`), nobody is asked again before the cooldown is over
//! (`cooldown`), and `rapport('debug')` names the first rule that says no (`debug`).

mod cooldown;
mod debug;
mod triggers;

use rapport_tests::{Outcome, wait, widget::Widget, world::World};
use serde_json::{Value, json};
use std::time::Duration;

/// How long a survey that must not appear is given to do so: no condition tells that something will never happen.
const GRACE: Duration = Duration::from_millis(700);
/// The panel over the page.
const PANEL: &str = "section.survey[role=dialog]";

/// A popover of one question that appears on an occasion.
fn popover(id: &str, trigger: Value) -> Value {
    json!({
        "id": id, "name": id, "title": "A short question", "placement": "popover", "trigger": trigger,
        "questions": [{ "id": "rating", "kind": "csat", "text": "How was it?", "required": true }],
    })
}

fn with(mut survey: Value, more: Value) -> Value {
    for (name, value) in more.as_object().into_iter().flatten() {
        survey[name] = value.clone();
    }
    survey
}

async fn open(world: &World, site: &str) -> Outcome {
    world.visit(&format!("/occasions/?site={site}")).await?;
    ready(world).await
}

/// Waits until what asks has started, which it shows by answering.
async fn ready(world: &World) -> Outcome {
    Widget::floating(&world.browser).ready().await?;
    explained(world).await?;
    Ok(())
}

async fn reload(world: &World) -> Outcome {
    world.browser.driver.refresh().await?;
    ready(world).await
}

/// What `rapport('debug')` says: the first rule that says no of each survey, empty for those that may appear. The survey
/// that every site begins with is left out: each world switches it off.
async fn explained(world: &World) -> Outcome<Value> {
    let rows = world
        .browser
        .run_async(
            "const rows = await new Promise((done) => rapport('debug', done));
             for (const list of document.querySelector('rapport-widget').shadowRoot.querySelectorAll('[aria-label^=Rapport]')) list.remove();
             return Object.fromEntries(rows.filter(({ survey }) => survey !== 'feedback').map(({ survey, shows, rule }) => [survey, shows ? '' : rule]));",
        )
        .await?;
    Ok(rows)
}

/// Fails if a survey appears after all.
async fn nothing_appears(world: &World, why: &str) -> Outcome {
    nothing_appears_for(GRACE, world, why).await
}

/// The same of what takes longer to appear.
async fn nothing_appears_for(span: Duration, world: &World, why: &str) -> Outcome {
    let widget = Widget::floating(&world.browser);
    wait::stays(&format!("nothing appears {why}"), span, async || Ok(widget.find(PANEL).await?.is_none())).await
}
