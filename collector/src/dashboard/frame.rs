//! What surrounds every page: site switcher, navigation, and the filters, all of them links.

use crate::account::Access;
use crate::app::App;
use crate::report::ReportError;
use crate::report::filter::{Device, Filter, Pairs, Range, query_of};
use crate::report::period::Periods;
use crate::store::StoreError;

/// A link among several, one of which is current.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What people read.
    pub label: String,
    /// Where it leads.
    pub href: String,
    /// Whether it is where one is.
    pub current: bool,
}

/// A link of the navigation.
#[derive(Clone, Debug)]
pub struct NavLink {
    /// What people read.
    pub label: &'static str,
    /// Where it leads.
    pub href: String,
    /// Whether one is in this part.
    pub current: bool,
    /// Whether one is on exactly this page.
    pub exact: bool,
    /// Path data of its icon, 16 by 16.
    pub icon: &'static str,
}

/// A site to switch to.
#[derive(Clone, Debug)]
pub struct SiteLink {
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
}

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
    /// Whether one page can be chosen.
    pub by_page: bool,
    /// The page chosen.
    pub page: Option<String>,
    /// Every page again.
    pub without_page_href: String,
    /// The other fields, for the form that chooses days.
    pub without_range: Vec<(&'static str, String)>,
    /// The other fields, for the form that chooses a page.
    pub without_page: Vec<(&'static str, String)>,
}

/// What the frame of a page shows.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Heading, and title of the document.
    pub title: String,
    /// Key of the site.
    pub site_key: String,
    /// Name of the site.
    pub site_name: String,
    /// Sites of the member.
    pub sites: Vec<SiteLink>,
    /// Who is signed in.
    pub email: String,
    /// Reports.
    pub nav: Vec<NavLink>,
    /// The days, what they are compared with, and whose clock counts.
    pub scope: String,
    /// Where one came from.
    pub back: Option<Choice>,
    /// The filters, on pages that have them.
    pub filters: Option<FilterBar>,
    /// Whether there is something to compare with.
    pub compared: bool,
    /// The first day with data, when that is why nothing is compared; else empty.
    pub no_data_before: String,
}

/// Which page a frame is for.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// Heading.
    pub title: &'a str,
    /// Part of the navigation: `overview`, `feedback`, `reviews`, `experience`, `delivery`, `theme`, `audit`, `install`.
    pub part: &'static str,
    /// Path below the site, such as `feedback/nps`.
    pub path: &'a str,
    /// Label and path below the site of the page above.
    pub back: Option<(&'static str, &'static str)>,
    /// Whether the page compares with the previous period.
    pub compares: bool,
    /// Whether one page can be chosen.
    pub by_page: bool,
}

const NAV: [(&str, &str, &str); 8] = [
    ("overview", "Overview", "M2 13.500h12M3.500 11V7M6.500 11V3.500M9.500 11V5.500M12.500 11V8.500"),
    ("feedback", "Feedback", "M2.500 3.500h11v8H7L4 14v-2.500H2.500zM5.500 6.500h5M5.500 8.800h3"),
    ("reviews", "Reviews", "M8 2.200l1.800 3.700 4 .6-2.900 2.800.7 4L8 11.400l-3.600 1.900.7-4L2.200 6.500l4-.6z"),
    ("experience", "Experience", "M2 3h12v10H2zM2 5.800h12M7 8l4.500 1.800-2 .7-.8 2z"),
    ("delivery", "Delivery", "M2 4h8v7H2zM10 6.500h2.500L14 8.500V11h-4M4.500 12.500h.1M11.500 12.500h.1"),
    (
        "theme",
        "Theme",
        "M8 2a6 6 0 1 0 0 12c1.500 0 1-1.500.5-2s0-2 1.500-2h2a2 2 0 0 0 2-2c0-3.500-2.700-6-6-6zM5.500 6.500h.1M8.500 5h.1",
    ),
    ("audit", "Changes", "M8 2.500a5.500 5.500 0 1 1-5 3.200M3 2.500v3.200h3.200M8 5v3.200l2 1.300"),
    ("install", "Install", "M5.500 4.500 2 8l3.500 3.500M10.500 4.500 14 8l-3.500 3.500"),
];

impl Frame {
    /// The frame of a page without filters.
    pub async fn plain(app: &App, access: &Access, place: &Place<'_>, filter: &Filter) -> Result<Self, StoreError> {
        let site = &access.site.site;
        let memberships = app.store.memberships(access.member.account_id).await?;
        let mut sites = Vec::new();
        for (site_id, _) in memberships {
            if let Some(context) = app.sites.by_id(site_id).await? {
                sites.push(SiteLink { key: context.site.key.clone(), name: context.site.name.clone() });
            }
        }
        sites.sort_by(|one, other| one.name.cmp(&other.name));
        // A link to another report keeps days and device, but not the page: there it may mean nothing.
        let kept = Filter { page: None, ..filter.clone() }.suffix();
        let nav = NAV
            .into_iter()
            .map(|(part, label, icon)| NavLink {
                label,
                href: format!("/sites/{}/{part}{kept}", site.key),
                current: part == place.part,
                exact: part == place.path,
                icon,
            })
            .collect();
        let back = place.back.map(|(label, path)| Choice {
            label: label.to_owned(),
            href: format!("/sites/{}/{path}{kept}", site.key),
            current: false,
        });
        Ok(Self {
            title: place.title.to_owned(),
            site_key: site.key.clone(),
            site_name: site.name.clone(),
            sites,
            email: access.member.email.clone(),
            nav,
            scope: format!("Times in {}", site.time_zone_name()),
            back,
            filters: None,
            compared: false,
            no_data_before: String::new(),
        })
    }

    /// The frame of a page with filters; `pairs` are the fields of its URL, of which it keeps its own.
    pub async fn filtered(
        app: &App,
        access: &Access,
        place: &Place<'_>,
        filter: &Filter,
        own: &[(&'static str, &str)],
    ) -> Result<Self, ReportError> {
        let mut frame = Self::plain(app, access, place, filter).await?;
        let source = app.reports(&access.site);
        let Periods { now, before, no_data_before } = source.periods(filter).await?;
        let day = |date: jiff::civil::Date| date.strftime("%-d %b %Y").to_string();
        frame.scope = format!("{} to {}", day(now.first), day(now.last));
        if let Some(before) = before.filter(|_| place.compares) {
            frame.compared = true;
            frame.scope +=
                &format!(", compared with {} to {}, the same days of the week", day(before.first), day(before.last));
        }
        frame.no_data_before = no_data_before.filter(|_| place.compares).map(day).unwrap_or_default();
        frame.scope += &format!("; days of {}", access.site.site.time_zone_name());
        let fields = |filter: &Filter| {
            let mut fields = filter.fields();
            fields.extend(own.iter().map(|(name, value)| (*name, (*value).to_owned())));
            fields
        };
        let href = |filter: &Filter| {
            let query = query_of(&fields(filter));
            if query.is_empty() { format!("/sites/{}/{}", frame.site_key, place.path) } else { format!("?{query}") }
        };
        let with = |label: &str, filter: Filter, current: bool| Choice {
            label: label.to_owned(),
            href: href(&filter),
            current,
        };
        let range = |days: i32| {
            let range = Range::Last(days);
            with(&format!("{days} days"), Filter { range, ..filter.clone() }, filter.range == range)
        };
        frame.filters = Some(FilterBar {
            ranges: [7, 30, 90].into_iter().map(range).collect(),
            custom_label: match filter.range {
                Range::Custom(from, to) => format!("{} – {}", from.strftime("%-d %b"), to.strftime("%-d %b")),
                Range::Last(_) => "Other days".to_owned(),
            },
            from: now.first.to_string(),
            to: now.last.to_string(),
            devices: Device::EACH
                .into_iter()
                .map(|device| with(device.label(), Filter { device, ..filter.clone() }, device == filter.device))
                .collect(),
            compares: place.compares,
            compare: vec![
                with("Previous period", Filter { compare: true, ..filter.clone() }, filter.compare),
                with("No comparison", Filter { compare: false, ..filter.clone() }, !filter.compare),
            ],
            by_page: place.by_page,
            page: filter.page.clone().filter(|_| place.by_page),
            without_page_href: href(&Filter { page: None, ..filter.clone() }),
            without_range: fields(&Filter { range: Range::Last(30), ..filter.clone() }),
            without_page: fields(&Filter { page: None, ..filter.clone() }),
        });
        Ok(frame)
    }
}

/// A page's link to the report of `path`, keeping days and device.
pub fn page_query(filter: &Filter, path: &str) -> String {
    Filter { page: Some(path.to_owned()), ..filter.clone() }.query()
}

/// The pairs of a query string.
pub type Fields = axum::extract::Query<Vec<(String, String)>>;

/// Shorthand for [`crate::report::filter::value`].
pub fn field<'a>(pairs: &'a Pairs, name: &str) -> &'a str {
    crate::report::filter::value(pairs, name).unwrap_or_default()
}
