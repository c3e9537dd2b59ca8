//! The filters above a report: all of them links, and small forms for what can be typed.

use super::{Choice, Page};
use crate::http::query::share::{self, Locked};
use crate::http::query::slice::SliceQuery;
use crate::http::query::{query_of, segment, suffix_of};
use crate::member::format;
use rapport_report::period::Period;
use rapport_report::slice::{Device, Dimension, Range, Slice};
use rapport_store::rollup::narrow::Occurring;
use rapport_store::segment::Segment;

/// The filters of a page.
#[derive(Clone, Debug)]
pub struct FilterBar {
    /// Ranges that have a name.
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
    /// Filters that have a name, of those that the page can be narrowed by.
    pub segments: Vec<Choice>,
    /// The filter as it could be saved; empty where it narrows nothing, is saved already, or the member may not.
    pub unsaved: String,
    /// Pages that can be typed.
    pub paths: Vec<String>,
    /// The other fields, for the form that chooses days.
    pub without_range: Vec<(&'static str, String)>,
    /// What a link to the report is made by; absent for those who may not, and on pages that have none.
    pub share: Option<ShareForm>,
}

/// The form that makes a link to a report.
#[derive(Clone, Debug)]
pub struct ShareForm {
    /// The report: its path below the site.
    pub path: String,
    /// The fields of its address.
    pub fields: String,
    /// What can be locked: its name and what it says.
    pub locks: Vec<(&'static str, String)>,
}

impl ShareForm {
    /// That of a report; none where it cannot be read under a link.
    pub fn of(slice: &Slice, path: &str) -> Option<Self> {
        let is_own = |dimension: Dimension| share::is_of_page(path) && dimension.is_path();
        let mut locks: Vec<_> = slice
            .narrowed()
            .filter(|(dimension, _)| !is_own(*dimension))
            .map(|(dimension, value)| {
                (dimension.name(), format!("{}: {}", dimension.label(), format::of_dimension(dimension, value)))
            })
            .collect();
        let days = match slice.range {
            Range::Custom(from, to) => format!("{from} to {to}"),
            range => range.label().to_owned(),
        };
        locks.push((share::DAYS, format!("Days: {days}")));
        let fields = query_of(&slice.fields());
        share::is_shareable(path).then(|| Self { path: path.to_owned(), fields, locks })
    }
}

/// What a report is narrowed to.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// What it is chosen of.
    pub dimension: Dimension,
    /// What people read: `Page`.
    pub label: &'static str,
    /// What was chosen.
    pub value: String,
    /// Everything again; empty where that cannot be chosen.
    pub without_href: String,
    /// What everything is: `page`.
    pub every: &'static str,
}

/// A menu of one dimension.
#[derive(Clone, Debug)]
pub struct Menu {
    /// What is chosen, or the first of what is chosen one instead of another.
    pub dimension: Dimension,
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
    /// The list of what occurs that is offered while one types; empty for none.
    pub list: &'static str,
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
        page: &Page<'_>,
        now: &Period,
        (occurring, segments, may_save): (&Occurring, &[Segment], bool),
        addresses: &Addresses<'_>,
    ) -> Self {
        let segments: Vec<_> =
            segments.iter().filter_map(|segment| of_segment(slice, page, segment, addresses)).collect();
        let is_saved = segments.iter().any(|segment| segment.current);
        let unsaved = segment::without_days(slice);
        let with = |label: &str, slice: Slice, current: bool| Choice {
            label: label.to_owned(),
            href: addresses.href(&slice),
            current,
        };
        let range = |range: Range| with(range.label(), Slice { range, ..slice.clone() }, slice.range == range);
        Self {
            ranges: Range::NAMED.map(range).into(),
            custom_label: match slice.range {
                Range::Custom(from, to) => format!("{} – {}", from.strftime("%-d %b"), to.strftime("%-d %b")),
                _ => "Other days".to_owned(),
            },
            from: now.first.to_string(),
            to: now.last.to_string(),
            devices: Device::EACH
                .into_iter()
                .map(|device| with(device.label(), Slice { device, ..slice.clone() }, device == slice.device))
                .collect(),
            compares: page.compares,
            compare: vec![
                with("Previous period", Slice { compare: true, ..slice.clone() }, slice.compare),
                with("No comparison", Slice { compare: false, ..slice.clone() }, !slice.compare),
            ],
            chosen: (slice.narrowed())
                .filter(|(dimension, _)| *dimension != Dimension::Device && page.dimensions.contains(dimension))
                .map(|(dimension, value)| Chosen {
                    dimension,
                    label: dimension.label(),
                    value: format::of_dimension(dimension, value),
                    without_href: addresses.href(&slice.without(dimension)),
                    every: dimension.singular(),
                })
                .collect(),
            menus: menus(slice, page, occurring, addresses),
            segments,
            unsaved: if may_save && !is_saved { query_of(&unsaved.fields()) } else { String::new() },
            paths: occurring.paths.clone(),
            without_range: addresses.fields(&Slice { range: Range::Last(30), ..slice.clone() }),
            share: None,
        }
    }

    /// Takes away whatever would change what is locked.
    pub fn lock(&mut self, locked: &Locked) {
        if locked.holds_days() {
            self.ranges.clear();
            self.custom_label.clear();
        }
        if locked.holds(Dimension::Device) {
            self.devices.clear();
        }
        if locked.holds(Dimension::Page) {
            self.paths.clear();
        }
        self.menus.retain(|menu| !locked.holds(menu.dimension));
        for chosen in self.chosen.iter_mut().filter(|chosen| locked.holds(chosen.dimension)) {
            chosen.without_href.clear();
        }
    }
}

/// The link to a segment; none where the page cannot be narrowed by all of it, or is about one page.
fn of_segment(slice: &Slice, page: &Page<'_>, segment: &Segment, addresses: &Addresses<'_>) -> Option<Choice> {
    let narrowed = segment::over_days_of(slice, segment)?;
    let is_told = narrowed.narrowed().all(|(dimension, _)| page.dimensions.contains(&dimension));
    let is_of_page = !page.dimensions.contains(&Dimension::Page);
    let narrowed = if is_of_page { Slice { pages: slice.pages.clone(), ..narrowed } } else { narrowed };
    is_told.then(|| Choice {
        label: segment.name.clone(),
        href: addresses.href(&narrowed),
        current: narrowed == *slice,
    })
}

/// The menus, one of each kind of thing: a page and those below it are chosen in the same.
fn menus(slice: &Slice, page: &Page<'_>, occurring: &Occurring, addresses: &Addresses<'_>) -> Vec<Menu> {
    let offered = page.dimensions.chunk_by(|one, next| one.singular() == next.singular());
    offered.filter_map(|dimensions| menu(slice, dimensions, occurring, addresses)).collect()
}

/// The menu of what is chosen one instead of another; none where there is nothing to choose.
fn menu(slice: &Slice, dimensions: &[Dimension], occurring: &Occurring, addresses: &Addresses<'_>) -> Option<Menu> {
    let first = *dimensions.first()?;
    let chosen = dimensions.iter().find_map(|dimension| slice.value(*dimension));
    let values = first.among(occurring);
    // Most sites name no release, and many no campaign; countries are known where there is a database of them.
    let is_rare = matches!(first, Dimension::Release | Dimension::Campaign | Dimension::Country | Dimension::Browser);
    if is_rare && values.is_empty() && chosen.is_none() {
        return None;
    }
    // Pages are offered while one types.
    let values = if first.is_path() { Vec::new() } else { values };
    let others = slice.without(first);
    let choice = |value: &&str| {
        let mut narrowed = others.clone();
        narrowed.set(first, value).ok()?;
        let href = addresses.href(&narrowed);
        Some(Choice { label: format::of_dimension(first, value), href, current: slice.value(first) == Some(*value) })
    };
    let input = |dimension: &Dimension| {
        let (label, placeholder) = dimension.asked()?;
        let list = if dimension.is_path() { "paths" } else { "" };
        Some(Input { name: dimension.name(), label, placeholder, list })
    };
    let inputs: Vec<_> = dimensions.iter().filter_map(input).collect();
    let is_offered = !inputs.is_empty() || !values.is_empty();
    // A device is chosen in a row of its own.
    (is_offered && first != Dimension::Device).then(|| Menu {
        dimension: first,
        label: first.label(),
        definition: first.definition(),
        choices: values.iter().filter_map(choice).collect(),
        inputs,
        others: addresses.fields(&others),
    })
}
