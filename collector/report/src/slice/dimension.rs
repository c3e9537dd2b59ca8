//! By what a slice can be narrowed besides its days.
//!
//! A dimension is added here: its name, what it means, how it reads, and how its value is read and told ([`Slice::set`], [`Slice::value`]).
//! Addresses, menus, links, exports and the notes of reports are made from these; what its rows are told apart by is `Narrow` in the
//! store.

use super::{Device, Pages, Slice};
use rapport_shared::limit::{LANGUAGE_CHARACTERS, NAME_CHARACTERS, PATH_CHARACTERS, REFERRER_CHARACTERS};
use rapport_shared::survey::Fault;
use rapport_shared::targeting::path::decoded;
use rapport_store::customer::rule::{TRAIT_CHARACTERS, TRAIT_NAME_CHARACTERS};
use rapport_store::persona::is_key;
use rapport_store::rollup::narrow::{Narrow, Occurring, PersonaFilter, Recurrence, Relation, VisitSource};
use rapport_store::text::path;

/// Whether a known visitor had been there before, by its names.
const RECURRENCES: [(Recurrence, &str); 2] = [(Recurrence::New, "new"), (Recurrence::Returning, "returning")];
/// Whether somebody is a customer, by its names.
const RELATIONS: [(Relation, &str); 2] = [(Relation::Customer, "yes"), (Relation::Other, "no")];

/// The value of a name.
fn named<T: Copy>(names: &[(T, &str)], text: &str) -> Option<T> {
    names.iter().find(|(_, name)| *name == text).map(|(value, _)| *value)
}

/// The name of a value.
fn name_of<T: Copy + PartialEq>(names: &[(T, &'static str)], value: Option<T>) -> Option<&'static str> {
    names.iter().find(|(of, _)| Some(*of) == value).map(|(_, name)| *name)
}

/// By what a slice is narrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// A kind of device. Rollups have rows of each.
    Device,
    /// A page. Rollups have rows of each.
    Page,
    /// A page and those below it. Read from rows.
    PageGroup,
    /// Pages whose paths fit a glob. Read from rows.
    PageGlob,
    /// Pages that are one but for an id. Read from rows.
    Route,
    /// A language with its regional forms. Read from rows.
    Language,
    /// Where visits came from. Read from rows.
    Source,
    /// A campaign. Read from rows.
    Campaign,
    /// A country. Read from rows.
    Country,
    /// A browser. Read from rows.
    Browser,
    /// New or returning, of known visitors. Read from rows.
    Visitor,
    /// Customer or not. Read from rows.
    Customer,
    /// People of a persona, or others. Read from rows.
    Persona,
    /// Customers with a trait. Read from rows.
    Trait,
    /// A release of the site. Read from rows.
    Release,
}

impl Dimension {
    /// Every one, in the order they are offered and written.
    pub const EACH: [Self; 15] = [
        Self::Device,
        Self::Page,
        Self::PageGroup,
        Self::PageGlob,
        Self::Route,
        Self::Language,
        Self::Country,
        Self::Source,
        Self::Campaign,
        Self::Browser,
        Self::Visitor,
        Self::Customer,
        Self::Persona,
        Self::Trait,
        Self::Release,
    ];

    /// Those by which steps of delivery are told apart.
    pub const OF_STEPS: [Self; 5] = [Self::Device, Self::Page, Self::PageGroup, Self::PageGlob, Self::Route];

    /// Those that say something of whoever looks at a page, and not which.
    pub const BESIDE_PAGES: [Self; 11] = [
        Self::Device,
        Self::Language,
        Self::Country,
        Self::Source,
        Self::Campaign,
        Self::Browser,
        Self::Visitor,
        Self::Customer,
        Self::Persona,
        Self::Trait,
        Self::Release,
    ];

    /// The name by which it is asked for.
    pub fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Page => "page",
            Self::PageGroup => "page_group",
            Self::PageGlob => "page_glob",
            Self::Route => "route",
            Self::Language => "language",
            Self::Source => "source",
            Self::Campaign => "campaign",
            Self::Country => "country",
            Self::Browser => "browser",
            Self::Visitor => "visitor",
            Self::Customer => "customer",
            Self::Persona => "persona",
            Self::Trait => "trait",
            Self::Release => "release",
        }
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Device => "Device",
            Self::Page => "Page",
            Self::PageGroup => "Pages below",
            Self::PageGlob => "Pages like",
            Self::Route => "Route",
            Self::Language => "Language",
            Self::Source => "Source",
            Self::Campaign => "Campaign",
            Self::Country => "Country",
            Self::Browser => "Browser",
            Self::Visitor => "Visitor",
            Self::Customer => "Customer",
            Self::Persona => "Persona",
            Self::Trait => "Customer trait",
            Self::Release => "Release",
        }
    }

    /// What exactly it is.
    pub fn definition(self) -> &'static str {
        match self {
            Self::Device => "The kind of device, as the browser names itself.",
            Self::Page => "What happened on this page.",
            Self::PageGroup => "What happened on this page and on those below it.",
            Self::PageGlob => {
                "What happened on pages whose paths fit: * stands for what lies within one part of a path, ** for anything."
            }
            Self::Route => {
                "What happened on pages that are one but for an id: /orders/:id takes in /orders/7 and /orders/8. A site's own \
                 routes come first."
            }
            Self::Language => {
                "Page views and what was done in them by the first language that the browser asks for, answers by the \
                 language they were asked in; regional forms are among them. What names none is in none."
            }
            Self::Source => {
                "Visits by what the address of their first page named (utm_source or its like), else by the host of its \
                 referrer, else direct; with everything done and answered in them. What has no visit, such as an answer by a \
                 link, is in none."
            }
            Self::Campaign => {
                "Visits whose first page was called with this campaign (utm_campaign), with everything done and answered in them. \
                 What came before campaigns were kept is in none."
            }
            Self::Country => {
                "Page views from addresses in this country, with what was done and answered in them, as far as the operator's database \
                 of addresses tells. What came before countries were kept is in none."
            }
            Self::Browser => {
                "Page views in this browser, as it names itself, with what was done and answered in them. What came before browsers \
                 were kept is in none."
            }
            Self::Visitor => {
                "Of known visitors only, who consented or were identified: new within 24 hours of the first page view that is kept of \
                 them, returning after that. Nobody else is recognised the day after, so all others are in neither."
            }
            Self::Customer => {
                "Customers are those whom your own server signed, in this browser or with this answer. Whoever is not known \
                 to be one is among the others."
            }
            Self::Persona => {
                "Page views of people for whom the rule of the persona holds, as far as their browser is known, with what was done in \
                 them, and what such people answered. A hyphen before the persona means everybody else, known or not."
            }
            Self::Trait => {
                "Page views of customers who have exactly this trait now, as far as their browser is known, with what was done in them, \
                 and what such customers answered."
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
            Self::Page | Self::PageGroup | Self::PageGlob | Self::Route => "page",
            Self::Language => "language",
            Self::Source => "source",
            Self::Campaign => "campaign",
            Self::Country => "country",
            Self::Browser => "browser",
            Self::Visitor => "visitor",
            Self::Customer => "customer or other visitor",
            Self::Persona => "persona",
            Self::Trait => "customer trait",
            Self::Release => "release",
        }
    }

    /// Whether its values are paths.
    pub fn is_path(self) -> bool {
        matches!(self, Self::Page | Self::PageGroup | Self::PageGlob | Self::Route)
    }

    /// What a value leaves, in words: `on mobile`, `in the language de`.
    pub fn narrowed_to(self, value: &str) -> String {
        match self {
            Self::Device => format!("on {value}"),
            Self::Page => format!("on the page {value}"),
            Self::PageGroup => format!("on the pages below {value}"),
            Self::PageGlob => format!("on the pages like {value}"),
            Self::Route => format!("on the route {value}"),
            Self::Language => format!("in the language {value}"),
            Self::Source => format!("from {value}"),
            Self::Campaign => format!("of the campaign {value}"),
            Self::Country => format!("in the country {value}"),
            Self::Browser => format!("in the browser {value}"),
            Self::Visitor => format!("by {value} known visitors"),
            Self::Customer if value == "yes" => "by customers".to_owned(),
            Self::Customer => "by others than customers".to_owned(),
            Self::Persona => match value.strip_prefix('-') {
                Some(key) => format!("by others than the persona {key}"),
                None => format!("by the persona {value}"),
            },
            Self::Trait => format!("by customers with {value}"),
            Self::Release => format!("of the release {value}"),
        }
    }

    /// What people are asked for who type a value, and an example of one; none of what has few, which are all offered.
    pub fn asked(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::Device | Self::Visitor | Self::Customer => return None,
            Self::Page => ("Only this page", "/checkout"),
            Self::PageGroup => ("Only this page and those below it", "/shop"),
            Self::PageGlob => ("Only pages like this", "/shop/*/reviews"),
            Self::Route => ("Only this route", "/orders/:id"),
            Self::Language => ("Only this language", "pt-br"),
            Self::Source => ("Only visits from", "newsletter"),
            Self::Campaign => ("Only visits of this campaign", "spring"),
            Self::Country => ("Only this country, by its two letters", "DE"),
            Self::Browser => ("Only this browser", "safari"),
            Self::Persona => ("Only this persona", "gift-buyer"),
            Self::Trait => ("Only customers with this trait", "plan=gold"),
            Self::Release => ("Only this release", "2.4.1"),
        })
    }

    /// Its values among those that occur.
    pub fn among(self, occurring: &Occurring) -> Vec<&str> {
        match self {
            Self::Device => Vec::new(),
            Self::Page | Self::PageGroup | Self::PageGlob => occurring.paths.iter().map(String::as_str).collect(),
            Self::Route => Vec::new(),
            Self::Visitor => RECURRENCES.iter().map(|(_, name)| *name).collect(),
            Self::Customer => RELATIONS.iter().map(|(_, name)| *name).collect(),
            Self::Persona => occurring.personas.iter().map(String::as_str).collect(),
            Self::Trait => occurring.traits.iter().map(String::as_str).collect(),
            Self::Campaign => occurring.campaigns.iter().map(String::as_str).collect(),
            Self::Country => occurring.countries.iter().map(String::as_str).collect(),
            Self::Browser => occurring.browsers.iter().map(String::as_str).collect(),
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
            Dimension::PageGlob => match &self.pages {
                Pages::Like(glob) => Some(glob),
                _ => None,
            },
            Dimension::Route => match &self.pages {
                Pages::Route(route) => Some(route),
                _ => None,
            },
            Dimension::Language => self.language.as_deref(),
            Dimension::Source => self.source.as_ref().map(VisitSource::as_str),
            Dimension::Campaign => self.campaign.as_deref(),
            Dimension::Country => self.country.as_deref(),
            Dimension::Browser => self.browser.as_deref(),
            Dimension::Visitor => name_of(&RECURRENCES, self.recurrence),
            Dimension::Customer => name_of(&RELATIONS, self.relation),
            Dimension::Persona => self.persona.as_deref(),
            Dimension::Trait => self.customer_trait.as_deref(),
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
                self.pages = Pages::Below(self.pages_of(dimension, text, "a path such as /shop")?)
            }
            Dimension::PageGlob => {
                self.pages = Pages::Like(self.pages_of(dimension, text, "a glob such as /shop/*/reviews")?);
            }
            Dimension::Route => {
                self.pages = Pages::Route(self.pages_of(dimension, text, "a route such as /orders/:id")?);
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
            Dimension::Campaign => self.campaign = Some(dimension.at_most(text, NAME_CHARACTERS)?),
            Dimension::Country => {
                if text.len() != 2 || !text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
                    return Err(dimension.at_fault("must be the two letters of a country (ISO 3166-1) such as DE"));
                }
                self.country = Some(text.to_ascii_uppercase());
            }
            Dimension::Browser => self.browser = Some(dimension.at_most(text, NAME_CHARACTERS)?.to_ascii_lowercase()),
            Dimension::Visitor => {
                let recurrence = named(&RECURRENCES, text);
                self.recurrence = Some(recurrence.ok_or_else(|| dimension.at_fault("must be new or returning"))?);
            }
            Dimension::Customer => {
                let relation = named(&RELATIONS, text);
                self.relation = Some(relation.ok_or_else(|| dimension.at_fault("must be yes or no"))?);
            }
            Dimension::Persona => {
                let key = text.strip_prefix('-').unwrap_or(text);
                if !is_key(key) {
                    return Err(dimension.at_fault(
                        "must be the key of a persona such as gift-buyer, after a hyphen for everybody else",
                    ));
                }
                self.persona = Some(text.to_owned());
            }
            Dimension::Trait => {
                let of = dimension.at_most(text, TRAIT_NAME_CHARACTERS + 1 + TRAIT_CHARACTERS)?;
                if !of.split_once('=').is_some_and(|(name, value)| !name.is_empty() && !value.is_empty()) {
                    return Err(dimension.at_fault("must be a trait with its value such as plan=gold"));
                }
                self.customer_trait = Some(of);
            }
            Dimension::Release => self.release = Some(dimension.at_most(text, NAME_CHARACTERS)?),
        }
        Ok(())
    }

    /// What some pages are called by, of which a slice has one kind.
    fn pages_of(&self, dimension: Dimension, text: &str, must_be: &str) -> Result<String, Fault> {
        let value = dimension.at_most(text, PATH_CHARACTERS)?;
        // What stands for one character in a glob begins a query elsewhere.
        let value = if dimension == Dimension::PageGlob { decoded(&value) } else { path(&value) };
        if !value.starts_with('/') && (dimension != Dimension::PageGlob || !value.starts_with("**")) {
            return Err(dimension.at_fault(format!("must be {must_be}")));
        }
        let other = Dimension::EACH.into_iter().find(|other| other.is_path() && self.value(*other).is_some());
        match other.filter(|other| *other != dimension) {
            Some(Dimension::Page) => Err(dimension.at_fault("cannot be combined with `page`, which is one page")),
            Some(other) => {
                Err(dimension.at_fault(format!("cannot be combined with `{}`: give one of them", other.name())))
            }
            None => Ok(value),
        }
    }

    /// The same, not narrowed by it.
    pub fn without(&self, dimension: Dimension) -> Self {
        let mut slice = self.clone();
        match dimension {
            Dimension::Device => slice.device = Device::All,
            Dimension::Page | Dimension::PageGroup | Dimension::PageGlob | Dimension::Route => {
                slice.pages = Pages::Every;
            }
            Dimension::Language => slice.language = None,
            Dimension::Source => slice.source = None,
            Dimension::Campaign => slice.campaign = None,
            Dimension::Country => slice.country = None,
            Dimension::Browser => slice.browser = None,
            Dimension::Visitor => slice.recurrence = None,
            Dimension::Customer => slice.relation = None,
            Dimension::Persona => slice.persona = None,
            Dimension::Trait => slice.customer_trait = None,
            Dimension::Release => slice.release = None,
        }
        slice
    }

    /// By what it is narrowed, and to what.
    pub fn narrowed(&self) -> impl Iterator<Item = (Dimension, &str)> {
        Dimension::EACH.into_iter().filter_map(|dimension| Some((dimension, self.value(dimension)?)))
    }

    /// What rows have to meet, beyond page and device; on which pages that fit a glob or are of a route, `paths` says.
    pub fn narrow(&self, paths: Option<Vec<String>>) -> Narrow {
        Narrow {
            below: self.value(Dimension::PageGroup).map(str::to_owned),
            paths,
            campaign: self.campaign.clone(),
            country: self.country.clone(),
            browser: self.browser.clone(),
            recurrence: self.recurrence,
            relation: self.relation,
            persona: self.persona.as_ref().map(|text| PersonaFilter {
                key: text.trim_start_matches('-').to_owned(),
                others: text.starts_with('-'),
            }),
            customer_trait: self
                .customer_trait
                .as_ref()
                .and_then(|of| of.split_once('='))
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
            language: self.language.clone(),
            source: self.source.clone(),
            release: self.release.clone(),
        }
    }

    /// Whether steps of delivery tell it: they carry a page and a device, and no more.
    pub fn is_told_by_steps(&self) -> bool {
        self.narrow(None).is_told_by_steps()
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
