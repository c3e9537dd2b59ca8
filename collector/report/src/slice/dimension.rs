//! By what a slice can be narrowed besides its days.
//!
//! A dimension is added here: its name, what it means, how it reads, and how its value is read and told ([`Slice::set`], [`Slice::value`]).
//! Addresses, menus, links, exports and the notes of reports are made from these; what its rows are told apart by is `Narrow` in the
//! store. A segment, a persona or a customer would each be one more.

use super::{Device, Pages, Slice};
use rapport_shared::limit::{LANGUAGE_CHARACTERS, NAME_CHARACTERS, PATH_CHARACTERS, REFERRER_CHARACTERS};
use rapport_shared::survey::Fault;
use rapport_store::rollup::narrow::{Narrow, Occurring, VisitSource};
use rapport_store::text::path;

/// By what a slice is narrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// A kind of device. Rollups have rows of each.
    Device,
    /// A page. Rollups have rows of each.
    Page,
    /// A page and those below it. Read from rows.
    PageGroup,
    /// A language with its regional forms. Read from rows.
    Language,
    /// Where visits came from. Read from rows.
    Source,
    /// A release of the site. Read from rows.
    Release,
}

impl Dimension {
    /// Every one, in the order they are offered and written.
    pub const EACH: [Self; 6] =
        [Self::Device, Self::Page, Self::PageGroup, Self::Language, Self::Source, Self::Release];

    /// The name by which it is asked for.
    pub fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Page => "page",
            Self::PageGroup => "page_group",
            Self::Language => "language",
            Self::Source => "source",
            Self::Release => "release",
        }
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Device => "Device",
            Self::Page => "Page",
            Self::PageGroup => "Pages below",
            Self::Language => "Language",
            Self::Source => "Source",
            Self::Release => "Release",
        }
    }

    /// What exactly it is.
    pub fn definition(self) -> &'static str {
        match self {
            Self::Device => "The kind of device, as the browser names itself.",
            Self::Page => "What happened on this page.",
            Self::PageGroup => "What happened on this page and on those below it.",
            Self::Language => {
                "Page views and what was done in them by the first language that the browser asks for, answers by the \
                 language they were asked in; regional forms are among them. What names none is in none."
            }
            Self::Source => {
                "Visits by what the address of their first page named (utm_source or its like), else by the host of its \
                 referrer, else direct; with everything done and answered in them. What has no visit, such as an answer by a \
                 link, is in none."
            }
            Self::Release => {
                "Page views by the release that the page named (data-release), with what was done and answered in them."
            }
        }
    }

    /// What there is of it, in the singular.
    pub fn singular(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Page | Self::PageGroup => "page",
            Self::Language => "language",
            Self::Source => "source",
            Self::Release => "release",
        }
    }

    /// Whether its values are paths.
    pub fn is_path(self) -> bool {
        matches!(self, Self::Page | Self::PageGroup)
    }

    /// What a value leaves, in words: `on mobile`, `in the language de`.
    pub fn narrowed_to(self, value: &str) -> String {
        match self {
            Self::Device => format!("on {value}"),
            Self::Page => format!("on the page {value}"),
            Self::PageGroup => format!("on the pages below {value}"),
            Self::Language => format!("in the language {value}"),
            Self::Source => format!("from {value}"),
            Self::Release => format!("of the release {value}"),
        }
    }

    /// What people are asked for who type a value, and an example of one; none of what has few, which are all offered.
    pub fn asked(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::Device => return None,
            Self::Page => ("Only this page", "/checkout"),
            Self::PageGroup => ("Only this page and those below it", "/shop"),
            Self::Language => ("Only this language", "pt-br"),
            Self::Source => ("Only visits from", "newsletter"),
            Self::Release => ("Only this release", "2.4.1"),
        })
    }

    /// Its values among those that occur.
    pub fn among(self, occurring: &Occurring) -> Vec<&str> {
        match self {
            Self::Device | Self::Page | Self::PageGroup => Vec::new(),
            Self::Language => occurring.languages.iter().map(String::as_str).collect(),
            Self::Source => occurring.sources.iter().map(VisitSource::as_str).collect(),
            Self::Release => occurring.releases.iter().map(String::as_str).collect(),
        }
    }

    /// Whether rollups tell it: if not, rows are read.
    pub fn is_in_rollups(self) -> bool {
        matches!(self, Self::Device | Self::Page)
    }

    /// What is wrong with a value that cannot be one.
    fn at_fault(self, reason: impl Into<String>) -> Fault {
        Fault::new(self.name(), reason)
    }

    fn at_most(self, text: &str, characters: usize) -> Result<String, Fault> {
        if text.chars().count() > characters {
            return Err(self.at_fault(format!("must be at most {characters} characters")));
        }
        Ok(text.to_owned())
    }
}

impl Slice {
    /// What it is narrowed to; `None` where it takes in everything.
    pub fn value(&self, dimension: Dimension) -> Option<&str> {
        match dimension {
            Dimension::Device => (self.device != Device::All).then(|| self.device.as_str()),
            Dimension::Page => self.page(),
            Dimension::PageGroup => match &self.pages {
                Pages::Below(page) => Some(page),
                _ => None,
            },
            Dimension::Language => self.language.as_deref(),
            Dimension::Source => self.source.as_ref().map(VisitSource::as_str),
            Dimension::Release => self.release.as_deref(),
        }
    }

    /// Narrows it to a value, which is not empty.
    ///
    /// # Errors
    /// The dimension, with what its value may be.
    pub fn set(&mut self, dimension: Dimension, text: &str) -> Result<(), Fault> {
        match dimension {
            Dimension::Device => {
                let device = Device::EACH.into_iter().find(|device| device.as_str() == text);
                self.device = device.ok_or_else(|| dimension.at_fault("must be all, desktop, mobile or tablet"))?;
            }
            Dimension::Page => {
                let page = path(&dimension.at_most(text, PATH_CHARACTERS)?);
                if page.is_empty() {
                    return Err(dimension.at_fault("must be a path such as /shop"));
                }
                self.pages = Pages::One(page);
            }
            Dimension::PageGroup => {
                let page = path(&dimension.at_most(text, PATH_CHARACTERS)?);
                if !page.starts_with('/') {
                    return Err(dimension.at_fault("must be a path such as /shop"));
                }
                if self.page().is_some() {
                    return Err(dimension.at_fault("cannot be combined with `page`, which is one page"));
                }
                self.pages = Pages::Below(page);
            }
            Dimension::Language => {
                let is_tag = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
                if text.len() > LANGUAGE_CHARACTERS || !is_tag(text) {
                    return Err(dimension.at_fault("must be a language tag such as en or pt-br"));
                }
                self.language = Some(text.to_ascii_lowercase());
            }
            Dimension::Source => {
                self.source = Some(VisitSource::parse(&dimension.at_most(text, REFERRER_CHARACTERS)?));
            }
            Dimension::Release => self.release = Some(dimension.at_most(text, NAME_CHARACTERS)?),
        }
        Ok(())
    }

    /// The same, not narrowed by it.
    pub fn without(&self, dimension: Dimension) -> Self {
        let mut slice = self.clone();
        match dimension {
            Dimension::Device => slice.device = Device::All,
            Dimension::Page | Dimension::PageGroup => slice.pages = Pages::Every,
            Dimension::Language => slice.language = None,
            Dimension::Source => slice.source = None,
            Dimension::Release => slice.release = None,
        }
        slice
    }

    /// By what it is narrowed, and to what.
    pub fn narrowed(&self) -> impl Iterator<Item = (Dimension, &str)> {
        Dimension::EACH.into_iter().filter_map(|dimension| Some((dimension, self.value(dimension)?)))
    }

    /// What rows have to meet, beyond page and device.
    pub fn narrow(&self) -> Narrow {
        Narrow {
            below: self.value(Dimension::PageGroup).map(str::to_owned),
            language: self.language.clone(),
            source: self.source.clone(),
            release: self.release.clone(),
        }
    }

    /// That a report can be asked for it: `what` it counts is told apart by `dimensions`, and by no others.
    ///
    /// # Errors
    /// Each dimension that it does not tell apart, with those that it does.
    pub fn told_by(&self, what: &str, dimensions: &[Dimension]) -> Result<(), Vec<Fault>> {
        let told: Vec<_> = dimensions.iter().map(|dimension| dimension.name()).collect();
        let by = if told.is_empty() { String::new() } else { format!(" and by {}", told.join(", ")) };
        let reason = format!("is not known of {what}: this report is narrowed by days{by}");
        let untold = self.narrowed().filter(|(dimension, _)| !dimensions.contains(dimension));
        let faults: Vec<_> = untold.map(|(dimension, _)| dimension.at_fault(reason.clone())).collect();
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}
