//! The browsers that stories are told in: how each is started, and with which habits.

use crate::browser::Window;
use crate::{Outcome, tools};
use std::path::Path;
use std::process::Command;
use thirtyfour::common::capabilities::firefox::FirefoxPreferences;
use thirtyfour::prelude::*;

/// A browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Debian's Chromium, by chromedriver.
    Chromium,
    /// Debian's Firefox ESR, by geckodriver.
    Firefox,
}

impl Engine {
    /// The driver's program.
    pub(super) fn driver(self) -> String {
        match self {
            Self::Chromium => named("RAPPORT_TEST_CHROMEDRIVER", "chromedriver"),
            // Where tests/run installs it.
            Self::Firefox => {
                let installed = tools::target().join("tools/bin/geckodriver");
                named("RAPPORT_TEST_GECKODRIVER", &installed.to_string_lossy())
            }
        }
    }

    /// The command that starts the driver.
    pub(super) fn drive(self, port: u16) -> Command {
        let mut command = Command::new(self.driver());
        command.arg(format!("--port={port}"));
        if self == Self::Firefox {
            // Otherwise a second Firefox finds the usual port taken.
            command.args(["--websocket-port=0", "--log=fatal"]);
        }
        command
    }

    /// What the driver is asked for.
    pub(super) fn capabilities(self, window: Window, profile: &Path) -> Outcome<Capabilities> {
        match self {
            Self::Chromium => chromium(window, profile),
            Self::Firefox => firefox(window),
        }
    }
}

fn named(variable: &str, usual: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| usual.into())
}

/// As headless it would name itself a robot, and robots are not counted.
const CHROMIUM: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36";

fn chromium(window: Window, profile: &Path) -> Outcome<Capabilities> {
    let mut capabilities = DesiredCapabilities::chrome();
    capabilities.set_binary(&named("RAPPORT_TEST_CHROMIUM", "/usr/bin/chromium"))?;
    let profile_argument = format!("--user-data-dir={}", profile.display());
    let user_agent = format!("--user-agent={}", window.user_agent.unwrap_or(CHROMIUM));
    let language = format!("--accept-lang={}", window.language);
    let size = format!("--window-size={},{}", window.width_px, window.height_px);
    for argument in [
        "--headless=new",
        // Containers and root have no use of Chromium's own sandbox; the pages are ours.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        "--lang=en-US",
        &user_agent,
        &language,
        &size,
        &profile_argument,
    ] {
        capabilities.add_arg(argument)?;
    }
    if window.dark {
        capabilities.add_arg("--blink-settings=preferredColorScheme=0")?;
    }
    Ok(capabilities.into())
}

/// Geckodriver gives every session a new profile by itself.
fn firefox(window: Window) -> Outcome<Capabilities> {
    let mut preferences = FirefoxPreferences::new();
    preferences.set("intl.accept_languages", window.language)?;
    preferences.set("layout.css.prefers-color-scheme.content-override", if window.dark { 0 } else { 1 })?;
    // Loopback is reached directly, whatever the environment says of proxies.
    preferences.set("network.proxy.type", 0)?;
    preferences.set("network.captive-portal-service.enabled", false)?;
    preferences.set("network.connectivity-service.enabled", false)?;
    // Bars that come after a while, or on a slow machine, make the page lower.
    preferences.set("dom.ipc.processHangMonitor", false)?;
    preferences.set("dom.ipc.reportProcessHangs", false)?;
    preferences.set("datareporting.policy.dataSubmissionPolicyBypassNotification", true)?;
    preferences.set("browser.translations.enable", false)?;
    preferences.set("privacy.globalprivacycontrol.functionality.enabled", true)?;
    preferences.set("privacy.globalprivacycontrol.enabled", window.asks_for_privacy)?;
    if let Some(user_agent) = window.user_agent {
        preferences.set("general.useragent.override", user_agent)?;
    }
    let mut capabilities = DesiredCapabilities::firefox();
    capabilities.set_firefox_binary(&named("RAPPORT_TEST_FIREFOX", "/usr/bin/firefox-esr"))?;
    capabilities.set_preferences(preferences)?;
    for argument in
        ["-headless".to_owned(), format!("--width={}", window.width_px), format!("--height={}", window.height_px)]
    {
        capabilities.add_arg(&argument)?;
    }
    Ok(capabilities.into())
}
