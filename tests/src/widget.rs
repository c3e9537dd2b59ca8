//! The widget as a visitor meets it, found by roles and labels within its shadow root.

use crate::browser::Browser;
use crate::{Outcome, wait};
use thirtyfour::prelude::*;

/// The widget in a browser's current page.
pub struct Widget<'a> {
    browser: &'a Browser,
    /// A script expression for the root to search: the widget's shadow root, or that of an inline survey.
    root: &'static str,
}

impl<'a> Widget<'a> {
    /// The floating launcher and panel.
    pub fn floating(browser: &'a Browser) -> Self {
        Self { browser, root: "document.querySelector('rapport-widget').shadowRoot" }
    }

    /// The inline survey of the page.
    pub fn inline(browser: &'a Browser) -> Self {
        Self { browser, root: "document.querySelector('[data-rapport-survey]')" }
    }

    /// The first element that the selector finds, in the root or in a shadow root within it; `None` while there is
    /// none.
    pub async fn find(&self, selector: &str) -> Outcome<Option<WebElement>> {
        let script = format!(
            "const deep = (root) => {{
                 const found = root.querySelector(arguments[0]);
                 if (found) return found;
                 for (const host of [root, ...root.querySelectorAll('*')]) {{
                     const within = host.shadowRoot && deep(host.shadowRoot);
                     if (within) return within;
                 }}
                 return null;
             }};
             try {{ return deep({}); }} catch {{ return null; }}",
            self.root
        );
        let found = self.browser.driver.execute(script, vec![selector.into()]).await?;
        Ok(if found.json().is_null() { None } else { Some(found.element()?) })
    }

    /// Waits for an element that is in view.
    pub async fn see(&self, selector: &str) -> Outcome<WebElement> {
        wait::until(&format!("{selector} in the widget"), || async {
            match self.find(selector).await? {
                Some(element) if element.is_displayed().await? => Ok(Some(element)),
                _ => Ok(None),
            }
        })
        .await
    }

    /// Waits until nothing that the selector finds is in view.
    pub async fn see_no(&self, selector: &str) -> Outcome {
        wait::until(&format!("{selector} to leave the widget"), || async {
            match self.find(selector).await? {
                Some(element) if element.is_displayed().await? => Ok(None),
                _ => Ok(Some(())),
            }
        })
        .await
    }

    /// Waits until the agent runs, which it shows by having taken the queue of calls over.
    pub async fn ready(&self) -> Outcome {
        wait::until("the agent to start", || async {
            let ready = self
                .browser
                .run("return Boolean(window.rapport && window.rapport.q && Object.hasOwn(window.rapport.q, 'push'))")
                .await?;
            Ok((ready == true).then_some(()))
        })
        .await
    }

    /// Clicks something once it is there.
    pub async fn click(&self, selector: &str) -> Outcome {
        Ok(self.see(selector).await?.click().await?)
    }

    /// Opens the panel by its launcher.
    pub async fn open(&self) -> Outcome {
        self.click(".launcher").await?;
        self.see("[role=dialog]").await?;
        Ok(())
    }

    /// Picks a score or a choice by clicking its label.
    pub async fn choose(&self, question: &str, value: &str) -> Outcome {
        let selector = format!("label:has(input[name='{question}'][value='{value}'])");
        self.click(&selector).await
    }

    /// Writes words into the text field.
    pub async fn write(&self, words: &str) -> Outcome {
        Ok(self.see("textarea").await?.send_keys(words).await?)
    }

    /// Goes on to the next question, or sends.
    pub async fn next(&self) -> Outcome {
        self.click("button.next").await
    }

    /// Waits for the thank-you, and gives its words.
    pub async fn thanks(&self) -> Outcome<String> {
        Ok(self.see("[role=status].thanks").await?.text().await?)
    }
}
