//! The keyboard alone: where the focus is, looked up through shadow roots, and Tab until it is somewhere.

use crate::browser::Browser;
use crate::{Outcome, wait};
use thirtyfour::prelude::*;

/// How often Tab is pressed before giving up.
const TABS: usize = 60;

/// A script that has `at`, the element with the focus.
fn of_focused(expression: &str) -> String {
    format!(
        "let at = document.activeElement;
         while (at && at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement;
         return {expression};"
    )
}

/// A short name of what has the focus: its tag and classes with dots between, and `#` with its `name` if it has one.
pub async fn focused(browser: &Browser) -> Outcome<String> {
    let name = of_focused("at ? [at.localName, ...at.classList].join('.') + (at.name ? '#' + at.name : '') : ''");
    Ok(browser.run(&name).await?.as_str().unwrap_or_default().to_owned())
}

/// Whether `condition`, an expression on `at`, holds of the element with the focus.
pub async fn focus_is(browser: &Browser, condition: &str) -> Outcome<bool> {
    Ok(browser.run(&of_focused(&format!("Boolean(at && ({condition}))"))).await? == true)
}

/// Waits until `condition`, an expression on `at`, holds of the element with the focus.
pub async fn focus_comes(browser: &Browser, condition: &str) -> Outcome {
    wait::until(&format!("the focus where {condition}"), || async {
        if focus_is(browser, condition).await? {
            return Ok(Some(()));
        }
        Err(format!("it is on {}", focused(browser).await?).into())
    })
    .await
}

/// Presses Tab until `condition`, an expression on `at`, holds of the element with the focus.
pub async fn tab_until(browser: &Browser, condition: &str) -> Outcome {
    let mut way = Vec::new();
    for _ in 0..TABS {
        browser.press(Key::Tab).await?;
        if focus_is(browser, condition).await? {
            return Ok(());
        }
        way.push(focused(browser).await?);
    }
    Err(format!("Tab never reaches {condition}: {way:?}").into())
}

/// Presses Tab until the selector fits the element with the focus.
pub async fn tab_to(browser: &Browser, selector: &str) -> Outcome {
    tab_until(browser, &format!("at.matches({selector:?})")).await
}
