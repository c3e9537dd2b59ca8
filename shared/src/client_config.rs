//! What `GET /v1/config/{site}` tells the loader, the agent and the survey.

use crate::language::is_right_to_left;
use crate::survey::Survey;
use crate::theme::{Launcher, Theme, sheet};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The configuration of one site, as the widget reads it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClientConfig {
    /// Public, write-only site key.
    pub site: String,
    /// Paths of the widget's modules below the collector's base, with hashed names.
    pub assets: AssetPaths,
    /// Shows, when it is sent back in a batch, that the page loaded this config.
    #[serde(default)]
    pub proof: String,
    /// Origin of the dashboards: only they may show heat maps over pages.
    #[serde(default)]
    pub dashboard: String,
    /// Of how many views in a hundred clicks are kept for heat maps.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub heat_percent: u32,
    /// How the widget looks.
    #[serde(flatten)]
    pub looks: Looks,
    /// IANA name of the site's time zone, in which schedules are read.
    pub time_zone: String,
    /// Days that have to pass between any two surveys of the site that appear of their own accord; 0 for none.
    #[serde(default)]
    pub cooldown_days: u32,
    /// Whether something may appear without being opened: surveys with a moment or a place of their own, a launcher that is not
    /// everywhere, or reviews. Elsewhere pages load nothing that asks until somebody wants to be asked.
    #[serde(default)]
    pub asks: bool,
    /// What is watched besides, which not every site asks for: `images` that do not load, `requests` that fail; separated by a space.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub watches: String,
    /// Active surveys in order of precedence.
    pub surveys: Vec<ServedSurvey>,
}

fn is_zero(percent: &u32) -> bool {
    *percent == 0
}

/// A survey as pages get it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServedSurvey {
    /// What it asks.
    #[serde(flatten)]
    pub survey: Survey,
    /// In which language it is shown: found here, so that no page has to know how languages stand for each other.
    #[serde(default)]
    pub shown: Shown,
}

impl ServedSurvey {
    /// One for pages that want a language (BCP 47), without the others; empty for all of them.
    pub fn of(survey: Survey, wanted: &str) -> Self {
        let survey = if wanted.is_empty() { survey } else { survey.in_language(wanted) };
        let language = survey.shown_language(wanted);
        let direction = if is_right_to_left(&language) { "rtl" } else { "ltr" };
        Self { survey, shown: Shown { language, direction: direction.into(), words: String::new() } }
    }
}

/// The language in which a survey is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Its tag (BCP 47), in the region of the page; empty when it is unknown.
    pub language: String,
    /// Which way it runs: `ltr` or `rtl`.
    pub direction: String,
    /// The language of the interface's words that go with it, a key of [`AssetPaths::words`], or English.
    pub words: String,
}

/// How the widget looks, ready to be adopted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looks {
    /// Style sheet of the launcher: [`crate::theme::sheet::launcher`].
    pub launcher_css: String,
    /// Style sheet of the panel: [`crate::theme::sheet::panel`].
    pub panel_css: String,
    /// Address of the logo; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub logo: String,
    /// What the logo says.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub logo_text: String,
    /// Whether the launcher gives way to what it would cover.
    #[serde(default)]
    pub launcher_yields: bool,
}

impl Looks {
    /// Those of a theme, on a site of this name.
    pub fn of(theme: &Theme, site_name: &str) -> Self {
        let text = if theme.logo_text.is_empty() { site_name } else { &theme.logo_text };
        Self {
            launcher_css: sheet::launcher(theme),
            panel_css: sheet::panel(theme),
            logo: theme.logo.clone(),
            logo_text: if theme.logo.is_empty() { String::new() } else { text.to_owned() },
            launcher_yields: theme.launcher == Launcher::Yields,
        }
    }
}

/// Where the modules are, relative to the collector's base URL (`assets/agent-….js`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetPaths {
    /// Glue of the agent.
    pub agent_js: String,
    /// The agent.
    pub agent_wasm: String,
    /// The invitation.
    pub invitation_js: String,
    /// Glue of the targeting.
    pub targeting_js: String,
    /// The targeting.
    pub targeting_wasm: String,
    /// Glue of the survey.
    pub survey_js: String,
    /// The survey.
    pub survey_wasm: String,
    /// What is fetched beside the survey: the words of the language that the configuration is for; empty where they are built in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub survey_more: String,
    /// The part that draws and covers pictures, fetched when one is wanted.
    #[serde(default)]
    pub picture_js: String,
    /// The part that gathers what comes of clicks, fetched with the visitor's first move.
    #[serde(default)]
    pub click_js: String,
    /// Glue of the rules for clicks.
    #[serde(default)]
    pub verdict_js: String,
    /// The rules for clicks.
    #[serde(default)]
    pub verdict_wasm: String,
    /// The part that finds what the visitor scrolls, fetched where that is not the page.
    #[serde(default)]
    pub depth_js: String,
    /// The part that counts how forms are filled in, fetched when something in one gets the focus.
    #[serde(default)]
    pub form_js: String,
    /// The part that keeps where clicks were, fetched with the one for clicks on the views that the site samples.
    #[serde(default)]
    pub point_js: String,
    /// The part that shows a heat map over the page, fetched when a dashboard asks for it.
    #[serde(default)]
    pub heatmap_js: String,
    /// The part that watches pictures and requests, for sites that ask for it.
    #[serde(default)]
    pub resource_js: String,
    /// The part that tells what vitals were of, fetched once one is worse than good.
    #[serde(default)]
    pub vital_js: String,
    /// The reviews list, fetched when a place for it comes near the window.
    #[serde(default)]
    pub reviews_js: String,
    /// The part that asks what a signed customer was asked on other devices.
    #[serde(default)]
    pub customer_js: String,
    /// The part that makes the launcher give way.
    #[serde(default)]
    pub launcher_js: String,
    /// The part that says why surveys appear or not.
    #[serde(default)]
    pub debug_js: String,
    /// The part that shows visitors what is stored of them, and erases it.
    #[serde(default)]
    pub own_data_js: String,
    /// The words of that part by language.
    #[serde(default)]
    pub own_data_words: BTreeMap<String, String>,
    /// The interface's words by language (BCP 47), in a configuration for one language those alone; English is built in.
    #[serde(default)]
    pub words: BTreeMap<String, String>,
}
