//! A real browser, driven over WebDriver, with a profile of its own.

mod engine;

pub use engine::Engine;

use crate::{Outcome, tools, wait};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Child, Stdio};
use thirtyfour::prelude::*;

/// A browser that is closed when dropped.
pub struct Browser {
    /// The WebDriver session.
    pub driver: WebDriver,
    engine: Engine,
    session: String,
    port: u16,
    process: Child,
    _profile: tempfile::TempDir,
}

/// What sort of browser to open.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Which browser.
    pub engine: Engine,
    /// Width of the window in CSS pixels; Firefox has at least 500.
    pub width_px: u32,
    /// Height of the window in CSS pixels.
    pub height_px: u32,
    /// Whether its owner has switched Global Privacy Control on.
    pub asks_for_privacy: bool,
    /// The language that its owner reads, as browsers say it (BCP 47).
    pub language: &'static str,
    /// Whether its owner prefers the dark.
    pub dark: bool,
    /// What it says that it is; a usual desktop's browser where there is none. Beacons know nothing of one that is set over DevTools.
    pub user_agent: Option<&'static str>,
}

/// No browser's window is narrower; Chromium's page can be.
const NARROWEST_PX: u32 = 500;

/// A usual desktop window.
pub const DESKTOP: Window = Window {
    engine: Engine::Chromium,
    width_px: 1280,
    height_px: 900,
    asks_for_privacy: false,
    language: "en-US",
    dark: false,
    user_agent: None,
};

impl Browser {
    /// Opens a browser.
    pub async fn open(window: Window) -> Outcome<Self> {
        let profile = tempfile::tempdir()?;
        let port = tools::free_port()?;
        let engine = window.engine;
        let mut process = engine
            .drive(port)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{} does not start ({error}): tests/run installs it", engine.driver()))?;
        let capabilities = engine.capabilities(window, profile.path())?;
        let url = format!("http://127.0.0.1:{port}");
        let opened = wait::until("the browser to open", || async {
            Ok(Some(WebDriver::new(&url, capabilities.clone()).await?))
        })
        .await;
        let browser = match opened {
            Ok(driver) => {
                let session = driver.session_id().to_string();
                Self { driver, engine, session, port, process, _profile: profile }
            }
            Err(failure) => {
                let _ = process.kill();
                return Err(failure);
            }
        };
        if window.asks_for_privacy {
            browser.ask_for_privacy().await?;
        }
        if engine == Engine::Chromium && window.width_px < NARROWEST_PX {
            let size = json!({ "width": window.width_px, "height": window.height_px, "deviceScaleFactor": 0, "mobile": false });
            browser.devtools("Emulation.setDeviceMetricsOverride", size).await?;
        }
        Ok(browser)
    }

    /// Firefox has Global Privacy Control among its settings; Chromium is made to say what an extension would have it say.
    async fn ask_for_privacy(&self) -> Outcome {
        if self.engine == Engine::Chromium {
            let script = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { value: true });";
            self.before_pages(script).await?;
            self.devtools("Network.enable", json!({})).await?;
            self.devtools("Network.setExtraHTTPHeaders", json!({ "headers": { "Sec-GPC": "1" } })).await?;
        }
        Ok(())
    }

    /// Opens an address and waits for its `load` event.
    pub async fn visit(&self, url: &str) -> Outcome {
        Ok(self.driver.goto(url).await?)
    }

    /// Runs a script in the page; the value of its `return`.
    pub async fn run(&self, script: &str) -> Outcome<Value> {
        Ok(self.driver.execute(script, Vec::new()).await?.json().clone())
    }

    /// Runs an `async` function body in the page; what it resolves to.
    pub async fn run_async(&self, script: &str) -> Outcome<Value> {
        let script = format!(
            "const done = arguments[arguments.length - 1];\n\
             (async () => {{ {script} }})().then(done, (error) => done({{ failed: String(error) }}));"
        );
        Ok(self.driver.execute_async(script, Vec::new()).await?.json().clone())
    }

    /// Sends a command of the DevTools protocol to the page; Chromium alone understands it.
    pub async fn devtools(&self, method: &str, parameters: Value) -> Outcome<Value> {
        Ok(self.driver.cdp().send_raw(method, parameters).await?)
    }

    /// Has `script` run before any other in every page from now on; in Chromium alone.
    pub async fn before_pages(&self, script: &str) -> Outcome {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await?;
        Ok(())
    }

    /// Clicks what the selector finds in the page's own document.
    pub async fn click(&self, selector: &str) -> Outcome {
        let element = self.driver.query(By::Css(selector)).first().await?;
        element.scroll_into_view().await?;
        Ok(element.click().await?)
    }

    /// Waits until the page's own document holds what the selector finds.
    pub async fn see(&self, selector: &str) -> Outcome {
        wait::until(selector, || async {
            let there = self.run(&format!("return document.querySelector({selector:?}) !== null")).await?;
            Ok((there == true).then_some(()))
        })
        .await
    }

    /// Presses a key, or types text, wherever the focus is.
    pub async fn press(&self, keys: impl Into<TypingData>) -> Outcome {
        Ok(self.driver.action_chain().send_keys(keys).perform().await?)
    }

    /// Closes the current tab the way a visitor does, and goes on in a new one.
    pub async fn close_tab(&self) -> Outcome {
        let old = self.driver.window().await?;
        let new = self.driver.new_tab().await?;
        self.driver.switch_to_window(old).await?;
        self.driver.close_window().await?;
        Ok(self.driver.switch_to_window(new).await?)
    }

    /// Waits until the page has drawn what it was told and has nothing left to do at once.
    pub async fn rest(&self) -> Outcome {
        self.settle().await?;
        self.run_async(
            "for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
             await new Promise((idle) => requestIdleCallback(idle, { timeout: 1000 }));",
        )
        .await?;
        Ok(())
    }

    /// A picture of what is in view, into [`tools::picture`].
    pub async fn picture(&self, name: &str) -> Outcome {
        self.settle().await?;
        Ok(self.driver.screenshot(&tools::picture(name)?).await?)
    }

    /// Waits until nothing fades or moves any more: only then has everything its place and its colours.
    async fn settle(&self) -> Outcome {
        self.run_async(
            "const roots = (root) => [root, ...[...root.querySelectorAll('*')]
                 .filter((element) => element.shadowRoot).flatMap((element) => roots(element.shadowRoot))];
             const moving = roots(document).flatMap((root) => root.getAnimations());
             await Promise.allSettled(moving.map((animation) => animation.finished));",
        )
        .await?;
        Ok(())
    }

    /// Findings of axe-core in the page, one line each; none when it is accessible.
    pub async fn accessibility_findings(&self) -> Outcome<Vec<String>> {
        self.settle().await?;
        self.run(&tools::read("axe-core/axe.min.js")?).await?;
        let findings = self
            .run_async(
                "const report = await axe.run(document, { resultTypes: ['violations'] });
                 return report.violations.flatMap((rule) => rule.nodes.map((node) =>
                     rule.id + ': ' + node.target.flat().join(' ') + ': ' + node.failureSummary));",
            )
            .await?;
        match findings.as_array() {
            Some(lines) => Ok(lines.iter().map(|line| line.as_str().unwrap_or_default().to_owned()).collect()),
            None => Err(format!("axe-core did not report: {findings}").into()),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A killed driver would leave its browser behind, so the session is ended first.
        if let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", self.port)) {
            let request = format!(
                "DELETE /session/{} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n",
                self.session, self.port
            );
            let _ = stream.set_read_timeout(Some(std::time::Duration::from_secs(10)));
            if stream.write_all(request.as_bytes()).is_ok() {
                let _ = std::io::copy(&mut stream, &mut std::io::sink());
            }
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
