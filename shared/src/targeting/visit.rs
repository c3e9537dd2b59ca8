//! What is known of a visit when a survey might appear.

use super::schedule::LocalTime;
#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// Classes of device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
pub enum Device {
    /// Anything that is neither of the others.
    #[default]
    Desktop,
    /// A phone.
    Mobile,
    /// A tablet.
    Tablet,
}

impl Device {
    /// The name on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Mobile => "mobile",
            Self::Tablet => "tablet",
        }
    }

    /// By the tokens MDN names ("Browser detection using the user agent"): `Mobi` means a phone; an Android without it,
    /// and what calls itself iPad or tablet, means a tablet.
    pub fn of_user_agent(user_agent: &str) -> Self {
        if user_agent.contains("iPad") || user_agent.contains("Tablet") {
            Self::Tablet
        } else if user_agent.contains("Mobi") {
            Self::Mobile
        } else if user_agent.contains("Android") {
            Self::Tablet
        } else {
            Self::Desktop
        }
    }
}

/// New or returning visitors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
pub enum Visitors {
    /// All of them.
    #[default]
    All,
    /// In their first session.
    New,
    /// In a later session.
    Returning,
}

impl Visitors {
    /// Whether a visitor is meant; `returning` is unknown without consent or identification, and then only `All` is met.
    pub fn includes(self, returning: Option<bool>) -> bool {
        match self {
            Self::All => true,
            Self::New => returning == Some(false),
            Self::Returning => returning == Some(true),
        }
    }
}

/// What is known of a visit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Visit {
    /// Path of the page, without query and hash.
    pub path: String,
    /// Class of device.
    pub device: Device,
    /// Language of the page (BCP 47), empty when unknown.
    pub language: String,
    /// Campaign source, empty for none.
    pub source: String,
    /// Host of the referrer, empty for none or the same site.
    pub referrer_host: String,
    /// Traits given with `identify`, each with its value as text.
    pub traits: Vec<(String, String)>,
    /// What the trait `segments` names.
    pub segments: Vec<String>,
    /// Whether the visitor was here in an earlier session; unknown without consent or identification.
    pub returning: Option<bool>,
    /// The lot of this session and survey, 0 to 99: see [`super::draw`].
    pub draw_percent: u8,
    /// The time in the site's zone.
    pub local: LocalTime,
    /// Views of the session, this one included.
    pub views: u32,
}
