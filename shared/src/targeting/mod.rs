//! Whom a survey asks, where and when: the rules of [`Target`], and the first of them that says no.
//!
//! Pure: whoever evaluates says what is known of the [`Visit`] and its [`History`]. A survey that a visitor opens
//! themselves is never refused; these rules are for surveys that appear of their own accord.

mod faults;
mod glob;
mod history;
mod page;
pub mod path;
mod pattern;
mod property;
mod sample;
mod schedule;
mod selector;
#[cfg(test)]
mod tests;
mod trigger;
mod visit;

pub use glob::fits as fits_glob;
pub use history::{Asked, History, Outcome, Repeat};
pub use page::PageRule;
pub use pattern::pattern_fault;
pub use property::{Operator, PropertyRule, all_hold};
pub use sample::draw;
pub use schedule::{LocalTime, Schedule};
pub use selector::selector_fault;
pub use trigger::{TaskEnd, Trigger};
pub use visit::{Device, Visit, Visitors};

use crate::language::is_variety_of;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// Whom a survey asks. What is left out asks everyone, everywhere, at any time.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(default, deny_unknown_fields))]
pub struct Target {
    /// Pages it may appear on: one of them has to fit; all pages when empty.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub pages: Vec<PageRule>,
    /// Pages it may not appear on.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub except_pages: Vec<PageRule>,
    /// Device classes; all when empty.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub devices: Vec<Device>,
    /// Languages of the page (BCP 47); `de` stands for `de-CH` as well. All when empty.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub languages: Vec<String>,
    /// Where the visit came from: a campaign source (`newsletter`) or the referrer's host (`www.example.org`). All when
    /// empty.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub sources: Vec<String>,
    /// What has to hold of the traits given with `identify`; all of these.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub traits: Vec<PropertyRule>,
    /// The trait `segments` has to name one of these; all visitors when empty.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub segments: Vec<String>,
    /// New or returning visitors only.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "is_default"))]
    pub visitors: Visitors,
    /// Percent of sessions that may be asked.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "is_everyone"))]
    pub sample_percent: u8,
    /// Dates, weekdays and hours, in the site's time zone.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "is_default"))]
    pub schedule: Schedule,
    /// Views of the session before it may appear, this one included; 0 and 1 both mean from the first.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "is_default"))]
    pub after_views: u32,
    /// Whether a device is asked again once the cooldown is over.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "is_default"))]
    pub repeat: Repeat,
}

#[cfg(feature = "serde")]
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
#[cfg(feature = "serde")]
fn is_everyone(percent: &u8) -> bool {
    *percent == 100
}

impl Default for Target {
    fn default() -> Self {
        Self {
            pages: Vec::new(),
            except_pages: Vec::new(),
            devices: Vec::new(),
            languages: Vec::new(),
            sources: Vec::new(),
            traits: Vec::new(),
            segments: Vec::new(),
            visitors: Visitors::All,
            sample_percent: 100,
            schedule: Schedule::default(),
            after_views: 0,
            repeat: Repeat::AfterCooldown,
        }
    }
}

/// A rule that says no, in the order in which they are asked: what is fixed for the visit first, what passes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// No page rule fits, or one that excludes does.
    Pages,
    /// Another class of device.
    Devices,
    /// Another language.
    Languages,
    /// Another source.
    Sources,
    /// A trait is missing or another.
    Traits,
    /// In none of the segments.
    Segments,
    /// New instead of returning, or the other way round, or not known for want of consent.
    Visitors,
    /// Not drawn into the sample.
    Sample,
    /// Outside dates, weekdays or hours.
    Schedule,
    /// Too few views yet.
    AfterViews,
    /// Answered or closed, and that was meant to be the last time.
    Repeat,
    /// Asked too recently.
    Cooldown,
    /// Another survey of the site asked too recently, or in this page.
    SiteCooldown,
}

impl Rule {
    /// Path of the field in the survey's definition that decided; what the site or the device decides has none there.
    pub fn field(self) -> &'static str {
        match self {
            Self::Pages => "target.pages",
            Self::Devices => "target.devices",
            Self::Languages => "target.languages",
            Self::Sources => "target.sources",
            Self::Traits => "target.traits",
            Self::Segments => "target.segments",
            Self::Visitors => "target.visitors",
            Self::Sample => "target.sample_percent",
            Self::Schedule => "target.schedule",
            Self::AfterViews => "target.after_views",
            Self::Repeat => "target.repeat",
            Self::Cooldown => "cooldown_days",
            Self::SiteCooldown => "site.cooldown_days",
        }
    }
}

impl Target {
    /// Whether it says nothing: everyone is asked, everywhere.
    pub fn is_everyone(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a survey may ask this visit of its own accord.
    ///
    /// `matches(pattern, path)` evaluates a regular expression that [`pattern_fault`] found nothing wrong with; browser
    /// and server each have an engine of their own. Paths are compared decoded ([`path::decoded`]); whoever has letters that
    /// can be written in two ways brings rules and visit to one of them (NFC) before.
    ///
    /// # Errors
    /// The first rule that says no.
    pub fn evaluate(
        &self,
        visit: &Visit,
        history: &History,
        cooldown_days: u32,
        matches: &dyn Fn(&str, &str) -> bool,
    ) -> Result<(), Rule> {
        let fits = |rules: &[PageRule]| rules.iter().any(|rule| rule.fits(&visit.path, matches));
        let ask = |holds: bool, rule: Rule| if holds { Ok(()) } else { Err(rule) };
        ask((self.pages.is_empty() || fits(&self.pages)) && !fits(&self.except_pages), Rule::Pages)?;
        ask(self.devices.is_empty() || self.devices.contains(&visit.device), Rule::Devices)?;
        ask(any(&self.languages, &|language| is_variety_of(&visit.language, language)), Rule::Languages)?;
        ask(any(&self.sources, &|source| *source == visit.source || *source == visit.referrer_host), Rule::Sources)?;
        ask(property::all_hold(&self.traits, &visit.traits), Rule::Traits)?;
        ask(any(&self.segments, &|segment| visit.segments.contains(segment)), Rule::Segments)?;
        ask(self.visitors.includes(visit.returning), Rule::Visitors)?;
        ask(visit.draw_percent < self.sample_percent, Rule::Sample)?;
        ask(self.schedule.includes(visit.local), Rule::Schedule)?;
        ask(visit.views >= self.after_views, Rule::AfterViews)?;
        history.allows(self.repeat, cooldown_days)
    }
}

/// Whether the list is empty, or one of it fits.
fn any(list: &[String], fits: &dyn Fn(&String) -> bool) -> bool {
    list.is_empty() || list.iter().any(fits)
}
