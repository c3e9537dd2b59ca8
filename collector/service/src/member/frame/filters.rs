//! The filters above a report: all of them links, and small forms for what can be typed.

use super::{Choice, Place};
use crate::http::query::slice::SliceQuery;
use crate::http::query::suffix_of;
use rapport_report::period::Period;
use rapport_report::slice::{Device, Dimension, Range, Slice};
use rapport_store::rollup::narrow::{Occurring, VisitSource};

/// The filters of a page.
#[derive(Clone, Debug)]
pub struct FilterBar {
    /// 7, 30, 90 days.
    pub ranges: Vec<Choice>,
    /// Label of the menu for other days.
    pub custom_label: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Devices.
    pub devices: Vec<Choice>,
    /// Whether the page compares at all.
    pub compares: bool,
    /// With the previous period, or with nothing.
    pub compare: Vec<Choice>,
    /// What was chosen of what has no few values to choose among, each with the way to everything again.
    pub chosen: Vec<Chosen>,
    /// What can be chosen besides.
    pub menus: Vec<Menu>,
    /// The other fields, for the form that chooses days.
    pub without_range: Vec<(&'static str, String)>,
}

/// What a report is narrowed to.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// What people read: `Page`.
    pub label: &'static str,
    /// What was chosen.
    pub value: String,
    /// Everything again.
    pub without_href: String,
    /// What everything is: `page`.
    pub every: &'static str,
}

/// A menu of one dimension.
#[derive(Clone, Debug)]
pub struct Menu {
    /// What people read.
    pub label: &'static str,
    /// What it is.
    pub definition: &'static str,
    /// Values that occur, what occurs most first.
    pub choices: Vec<Choice>,
    /// What can be typed; a page has two ways.
    pub inputs: Vec<Input>,
    /// The other fields, for the form.
    pub others: Vec<(&'static str, String)>,
}

/// A field of a menu's form, each with a form of its own.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name.
    pub name: &'static str,
    /// What people read.
    pub label: &'static str,
    /// What could be typed.
    pub placeholder: &'static str,
    /// What its button says.
    pub button: &'static str,
}

/// The menus, each of the dimensions that are chosen in it, one instead of another.
const MENUS: [(&str, &[Dimension]); 4] = [
    ("Page", &[Dimension::Page, Dimension::PageGroup]),
    ("Language", &[Dimension::Language]),
    ("Source", &[Dimension::Source]),
    ("Release", &[Dimension::Release]),
];

/// The field in which a value of a dimension is typed; none for those that have few.
fn input(dimension: Dimension) -> Option<Input> {
    let (label, placeholder, button) = match dimension {
        Dimension::Device => return None,
        Dimension::Page => ("Only this page", "/checkout", "Show this page"),
        Dimension::PageGroup => ("This page and those below it", "/shop", "Show these pages"),
        Dimension::Language => ("Only this language", "pt-br", "Show this language"),
        Dimension::Source => ("Only visits from", "newsletter", "Show these visits"),
        Dimension::Release => ("Only this release", "2.4.1", "Show this release"),
    };
    Some(Input { name: dimension.name(), label, placeholder, button })
}

/// What there is of a dimension, in the singular.
fn every(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Device => "device",
        Dimension::Page | Dimension::PageGroup => "page",
        Dimension::Language => "language",
        Dimension::Source => "source",
        Dimension::Release => "release",
    }
}

/// What a slice leaves, in words: `on mobile`, `in the language de`.
pub fn narrowed_text(dimension: Dimension, value: &str) -> String {
    match dimension {
        Dimension::Device => format!("on {value}"),
        Dimension::Page => format!("on the page {value}"),
        Dimension::PageGroup => format!("on the pages below {value}"),
        Dimension::Language => format!("in the language {value}"),
        Dimension::Source => format!("from {value}"),
        Dimension::Release => format!("of the release {value}"),
    }
}

/// The addresses of a page for slices of the data.
pub struct Addresses<'a> {
    /// Key of the site.
    pub site_key: &'a str,
    /// Path below the site.
    pub path: &'a str,
    /// The fields of the page's own.
    pub own: &'a [(&'static str, &'a str)],
}

impl Addresses<'_> {
    /// The fields of the address.
    pub fn fields(&self, slice: &Slice) -> Vec<(&'static str, String)> {
        let own = self.own.iter().map(|(name, value)| (*name, (*value).to_owned()));
        slice.fields().into_iter().chain(own).collect()
    }

    /// The address, from the page itself.
    fn href(&self, slice: &Slice) -> String {
        match suffix_of(&self.fields(slice)) {
            // A link to nothing would stay where one is.
            suffix if suffix.is_empty() => format!("/sites/{}/{}", self.site_key, self.path),
            suffix => suffix,
        }
    }
}

impl FilterBar {
    /// The filters of a page about `slice`, the days of which are `now`.
    pub fn new(
        slice: &Slice,
        place: &Place<'_>,
        now: &Period,
        occurring: &Occurring,
        addresses: &Addresses<'_>,
    ) -> Self {
        let with = |label: &str, slice: Slice, current: bool| Choice {
            label: label.to_owned(),
            href: addresses.href(&slice),
            current,
        };
        let range = |days: i32| {
            let range = Range::Last(days);
            with(&format!("{days} days"), Slice { range, ..slice.clone() }, slice.range == range)
        };
        Self {
            ranges: [7, 30, 90].into_iter().map(range).collect(),
            custom_label: match slice.range {
                Range::Custom(from, to) => format!("{} – {}", from.strftime("%-d %b"), to.strftime("%-d %b")),
                Range::Last(_) => "Other days".to_owned(),
            },
            from: now.first.to_string(),
            to: now.last.to_string(),
            devices: Device::EACH
                .into_iter()
                .map(|device| with(device.label(), Slice { device, ..slice.clone() }, device == slice.device))
                .collect(),
            compares: place.compares,
            compare: vec![
                with("Previous period", Slice { compare: true, ..slice.clone() }, slice.compare),
                with("No comparison", Slice { compare: false, ..slice.clone() }, !slice.compare),
            ],
            chosen: (slice.narrowed())
                .filter(|(dimension, _)| *dimension != Dimension::Device && place.dimensions.contains(dimension))
                .map(|(dimension, value)| Chosen {
                    label: dimension.label(),
                    value: value.to_owned(),
                    without_href: addresses.href(&slice.without(dimension)),
                    every: every(dimension),
                })
                .collect(),
            menus: menus(slice, place, occurring, addresses),
            without_range: addresses.fields(&Slice { range: Range::Last(30), ..slice.clone() }),
        }
    }
}

/// The menus of what is not chosen yet and can be.
fn menus(slice: &Slice, place: &Place<'_>, occurring: &Occurring, addresses: &Addresses<'_>) -> Vec<Menu> {
    let mut menus = Vec::new();
    for (label, dimensions) in MENUS {
        let own: Vec<_> = dimensions.iter().copied().filter(|dimension| place.dimensions.contains(dimension)).collect();
        let Some(first) = own.first() else { continue };
        if dimensions.iter().any(|dimension| slice.value(*dimension).is_some()) {
            continue;
        }
        let values: Vec<&str> = match first {
            Dimension::Language => occurring.languages.iter().map(String::as_str).collect(),
            Dimension::Source => occurring.sources.iter().map(VisitSource::as_str).collect(),
            Dimension::Release => occurring.releases.iter().map(String::as_str).collect(),
            Dimension::Device | Dimension::Page | Dimension::PageGroup => Vec::new(),
        };
        // Most sites name no release, and then there is nothing to choose.
        if *first == Dimension::Release && values.is_empty() {
            continue;
        }
        let choice = |value: &&str| {
            let mut chosen = slice.clone();
            chosen.set(*first, value).ok()?;
            Some(Choice { label: (*value).to_owned(), href: addresses.href(&chosen), current: false })
        };
        menus.push(Menu {
            label,
            definition: first.definition(),
            choices: values.iter().filter_map(choice).collect(),
            inputs: own.iter().filter_map(|dimension| input(*dimension)).collect(),
            others: addresses.fields(slice),
        });
    }
    menus
}
