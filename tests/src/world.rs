//! Everything one story needs: collector, proxy, host pages and browser.

use crate::browser::{Browser, Window};
use crate::pages::Pages;
use crate::proxy::Proxy;
use crate::rapport::Rapport;
use crate::{Outcome, tools};
use serde_json::Value;
use std::sync::atomic::{AtomicU32, Ordering};

/// Sites added besides those that worlds begin with.
static OTHERS: AtomicU32 = AtomicU32::new(1);

/// One site with its pages, and one visitor.
pub struct World {
    /// The visitor's browser.
    pub browser: Browser,
    /// The host's pages.
    pub pages: Pages,
    /// What stands between the browser and the collector.
    pub proxy: Proxy,
    /// The collector.
    pub rapport: Rapport,
    /// Key of the site.
    pub site: String,
}

impl World {
    /// A world around a folder of host pages, given below the workspace or as an absolute path.
    pub async fn of(pages: &str, surveys: &[&str], window: Window) -> Outcome<Self> {
        Self::set(pages, surveys, window, &|_| String::new()).await
    }

    /// The same with settings of the collector, which may name the origin under which it is reached.
    pub async fn set(
        pages: &str,
        surveys: &[&str],
        window: Window,
        settings: &dyn Fn(&str) -> String,
    ) -> Outcome<Self> {
        let port = tools::free_port()?;
        let proxy = Proxy::start(format!("http://127.0.0.1:{port}")).await?;
        let rapport = Rapport::start(port, &proxy.origin(), &settings(&proxy.origin())).await?;
        let pages = Pages::serve(tools::workspace().join(pages), proxy.origin()).await?;
        let site = site_key(&rapport.run(&["site", "add", "Fernhill Pottery", "--origin", &pages.origin()])?)?;
        pages.belong_to(&site);
        // The survey that every new site begins with would be a second launcher.
        if !surveys.is_empty() {
            // Together, since they may lead to each other.
            let files: Vec<String> =
                surveys.iter().map(|survey| tools::workspace().join(survey).to_string_lossy().into_owned()).collect();
            let command = ["survey", "apply", &site].into_iter().chain(files.iter().map(String::as_str));
            rapport.run(&command.collect::<Vec<_>>())?;
            rapport.run(&["survey", "deactivate", &site, "feedback"])?;
        }
        let browser = Browser::open(window).await?;
        Ok(Self { browser, pages, proxy, rapport, site })
    }

    /// The shop with its surveys, in a desktop window.
    pub async fn shop() -> Outcome<Self> {
        Self::shop_in(crate::browser::DESKTOP).await
    }

    /// The shop with its surveys, in a window of one's choice.
    pub async fn shop_in(window: Window) -> Outcome<Self> {
        let surveys = ["page-rating", "product-feedback"].map(|name| format!("examples/shop/surveys/{name}.json"));
        let surveys: Vec<&str> = surveys.iter().map(String::as_str).collect();
        Self::of("examples/shop", &surveys, window).await
    }

    /// Adds another site for the same pages that asks only these surveys; its key. Sites know nothing of each other, so
    /// each case of a table can have one.
    pub fn another_site(&self, surveys: &[Value]) -> Outcome<String> {
        let origin = self.pages.origin();
        // No two sites have the same name.
        let name = format!("Another {}", OTHERS.fetch_add(1, Ordering::Relaxed));
        let site = site_key(&self.rapport.run(&["site", "add", &name, "--origin", &origin])?)?;
        for survey in surveys {
            self.ask(&site, survey)?;
        }
        self.rapport.run(&["survey", "deactivate", &site, "feedback"])?;
        self.rapport.run(&["site", "cooldown", &site, "0"])?;
        Ok(site)
    }

    /// Adds a survey to a site, or a version of it.
    pub fn ask(&self, site: &str, survey: &Value) -> Outcome {
        let file = self.rapport.folder().join("survey.json");
        std::fs::write(&file, survey.to_string())?;
        self.rapport.run(&["survey", "apply", site, &file.to_string_lossy()])?;
        Ok(())
    }

    /// Opens a page of the host.
    pub async fn visit(&self, path: &str) -> Outcome {
        self.browser.visit(&self.pages.url(path)).await
    }
}

/// The key in a printed script tag.
fn site_key(printed: &str) -> Outcome<String> {
    let key = printed.split_once("data-site=\"").and_then(|(_, rest)| rest.split_once('"'));
    key.map(|(key, _)| key.to_owned()).ok_or_else(|| format!("no script tag in: {printed}").into())
}
