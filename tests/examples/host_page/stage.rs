//! The shop twice, once with the script tag and once without, before one collector.

use rapport_tests::pages::Pages;
use rapport_tests::proxy::{Exchange, Proxy};
use rapport_tests::rapport::Rapport;
use rapport_tests::{Outcome, tools};
use std::path::Path;

/// Collector, recording proxy and both hosts.
pub struct Stage {
    /// The shop with the script tag.
    pub with_tag: Pages,
    /// The same shop whose pages name no script of ours.
    pub without_tag: Pages,
    /// The same shop with a form that is loaded when its button is pressed.
    pub lazy: Pages,
    proxy: Proxy,
    _rapport: Rapport,
    _copies: tempfile::TempDir,
}

/// What marks the line of our tag in the shop's pages.
const TAG: &str = "{{rapport}}/rapport.js";
/// What marks the lines of places for a survey and for reviews.
const PLACES: [&str; 2] = ["data-rapport-survey", "data-rapport-reviews"];

impl Stage {
    /// Starts everything, with one survey behind a launcher. Places within the pages, which bring parts of their own, are
    /// left out unless `places` says otherwise.
    pub async fn set(places: bool) -> Outcome<Self> {
        let shop = tools::workspace().join("examples/shop");
        let copies = tempfile::tempdir()?;
        let (with, without) = (copies.path().join("with"), copies.path().join("without"));
        copy_except(&shop, &with, if places { &[] } else { &PLACES })?;
        if copy_except(&with, &without, &[TAG])? == 0 {
            return Err("no page of the shop has a script tag to leave out".into());
        }
        let lazy = copies.path().join("lazy");
        lay_lazy(&without, &lazy)?;
        let port = tools::free_port()?;
        let proxy = Proxy::start(format!("http://127.0.0.1:{port}")).await?;
        let rapport = Rapport::start(port, &proxy.origin(), "").await?;
        let with_tag = Pages::serve(with, proxy.origin()).await?;
        let without_tag = Pages::serve(without, proxy.origin()).await?;
        let lazy = Pages::serve(lazy, proxy.origin()).await?;
        let printed = rapport.run(&["site", "add", "Fernhill Pottery", "--origin", &with_tag.origin()])?;
        let site = printed.split_once("data-site=\"").and_then(|(_, rest)| rest.split_once('"'));
        let (site, _) = site.ok_or_else(|| format!("no script tag in: {printed}"))?;
        with_tag.belong_to(site);
        rapport.run(&["survey", "apply", site, &shop.join("surveys/page-rating.json").to_string_lossy()])?;
        // The survey that every new site begins with would be a second launcher.
        rapport.run(&["survey", "deactivate", site, "feedback"])?;
        Ok(Self { with_tag, without_tag, lazy, proxy, _rapport: rapport, _copies: copies })
    }

    /// How many requests the collector has had; a mark for [`Self::since`].
    pub fn mark(&self) -> usize {
        self.proxy.exchanges().len()
    }

    /// What went to the collector since that mark.
    pub fn since(&self, mark: usize) -> Vec<Exchange> {
        self.proxy.exchanges().split_off(mark)
    }
}

/// What the form weighs as sent, in bytes: Sentry's form and its screenshots, which come on the tap together.
const LAZY_FORM_BYTES: usize = 20_000;

/// Copies a folder of pages, each with a form that is loaded when its button is pressed.
fn lay_lazy(from: &Path, to: &Path) -> Outcome {
    copy_except(from, to, &[])?;
    let form = include_str!("lazy_form.js");
    let rest = "/".repeat(LAZY_FORM_BYTES.saturating_sub(form.len()));
    std::fs::write(to.join("lazy.js"), include_str!("lazy.js"))?;
    std::fs::write(to.join("lazy-form.js"), format!("{form}{rest}"))?;
    add_script(to)
}

/// Names the script in every page of a folder.
fn add_script(folder: &Path) -> Outcome {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            add_script(&path)?;
        } else if path.extension().is_some_and(|extension| extension == "html") {
            let page = std::fs::read_to_string(&path)?;
            std::fs::write(&path, page.replace("</head>", "<script async src=\"/lazy.js\"></script></head>"))?;
        }
    }
    Ok(())
}

/// Copies a folder of pages without the lines that hold one of `marks`; how many those were.
fn copy_except(from: &Path, to: &Path, marks: &[&str]) -> Outcome<usize> {
    std::fs::create_dir_all(to)?;
    let mut left_out = 0;
    for entry in std::fs::read_dir(from)? {
        let (from, to) = {
            let entry = entry?;
            (entry.path(), to.join(entry.file_name()))
        };
        if from.is_dir() {
            left_out += copy_except(&from, &to, marks)?;
        } else if from.extension().is_some_and(|extension| extension == "html") {
            let page = std::fs::read_to_string(&from)?;
            let (ours, others): (Vec<&str>, Vec<&str>) =
                page.split_inclusive('\n').partition(|line| marks.iter().any(|mark| line.contains(mark)));
            left_out += ours.len();
            std::fs::write(to, others.concat())?;
        } else {
            std::fs::copy(from, to)?;
        }
    }
    Ok(left_out)
}
