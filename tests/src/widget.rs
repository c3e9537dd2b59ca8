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
        // Under another name of the script it has another name itself.
        let root = "(document.querySelector('rapport-widget') ||
            [...document.documentElement.children].find((child) => child.shadowRoot)).shadowRoot";
        Self { browser, root }
    }

    /// The inline survey of the page.
    pub fn inline(browser: &'a Browser) -> Self {
        Self { browser, root: "document.querySelector('[data-rapport-survey]')" }
    }

    /// The list of reviews of the page.
    pub fn reviews(browser: &'a Browser) -> Self {
        Self { browser, root: "document.querySelector('[data-rapport-reviews]')" }
    }

    /// The first element in view that the selector finds, in the root or in a shadow root within it; `None` while
    /// there is none. (WebDriver's own test of what is in view does not look through shadow roots.)
    pub async fn find(&self, selector: &str) -> Outcome<Option<WebElement>> {
        let script = format!(
            "const selector = arguments[0];
             const deep = (root) => {{
                 const found = root.querySelector(selector);
                 if (found && found.checkVisibility({{ visibilityProperty: true }})) return found;
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
        wait::until(&format!("{selector} in the widget"), || async { self.find(selector).await }).await
    }

    /// Waits until the widget holds something that the selector finds, in view or, as a radio button under its picture,
    /// out of it.
    pub async fn has(&self, selector: &str) -> Outcome {
        let script = format!(
            "const deep = (root) => root.querySelector({selector:?}) || [root, ...root.querySelectorAll('*')]
                 .filter((element) => element.shadowRoot).map((element) => deep(element.shadowRoot)).find(Boolean);
             try {{ return Boolean(deep({})); }} catch {{ return false; }}",
            self.root
        );
        wait::until(&format!("the widget to have {selector}"), || async {
            Ok((self.browser.run(&script).await? == true).then_some(()))
        })
        .await
    }

    /// Waits until nothing that the selector finds is in view.
    pub async fn see_no(&self, selector: &str) -> Outcome {
        wait::until(&format!("{selector} to leave the widget"), || async {
            Ok(self.find(selector).await?.is_none().then_some(()))
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

    /// Clicks something once it is there, by a real pointer in its middle.
    pub async fn click(&self, selector: &str) -> Outcome {
        let element = self.see(selector).await?;
        // WebDriver's own click does not find its way through shadow roots outside the body.
        let script = "arguments[0].scrollIntoView({ block: 'nearest' });
            const box = arguments[0].getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2].map(Math.round);";
        let middle = self.browser.driver.execute(script, vec![element.to_json()?]).await?;
        let [x, y]: [i64; 2] = middle.convert()?;
        Ok(self.browser.driver.action_chain().move_to(x, y).click().perform().await?)
    }

    /// Opens the panel by its launcher.
    pub async fn open(&self) -> Outcome {
        self.click(".launcher").await?;
        self.see("[role=dialog]").await?;
        Ok(())
    }

    /// Picks a score or a choice by clicking its label.
    pub async fn choose(&self, question: &str, value: &str) -> Outcome {
        let selector = format!("label:has(input[name='q.{question}'][value='{value}'])");
        self.click(&selector).await
    }

    /// Writes words into the text field.
    pub async fn write(&self, words: &str) -> Outcome {
        self.click("textarea").await?;
        self.browser.press(words).await
    }

    /// Goes on to the next question, or sends.
    pub async fn next(&self) -> Outcome {
        self.click("button.next").await
    }

    /// Waits for an element, and gives its words.
    pub async fn words(&self, selector: &str) -> Outcome<String> {
        let element = self.see(selector).await?;
        let words = self.browser.driver.execute("return arguments[0].innerText", vec![element.to_json()?]).await?;
        Ok(words.convert()?)
    }

    /// Waits for the thank-you, and gives its words.
    pub async fn thanks(&self) -> Outcome<String> {
        self.words("[role=status].thanks").await
    }
}
