//! What surrounds every page: site switcher, navigation, and the filters, all of them links.

mod filters;
mod navigation;

pub use filters::FilterBar;
pub use navigation::{NavGroup, least_role};

use self::filters::{Addresses, ShareForm};
use crate::app::{Reports, feature_state};
use crate::http::query::slice::SliceQuery;
use crate::http::query::{Pairs, encode, query_of, suffix_of};
use crate::member::account::Access;
use crate::member::chart::Edges;
use crate::member::format;
use crate::member::share::Guest;
use rapport_report::ReportError;
use rapport_report::period::{Periods, is_running};
use rapport_report::slice::{Device, Dimension, Pages, Range, Slice};
use rapport_store::account::role::Role;
use rapport_store::calendar::day_of_instant;
use rapport_store::rollup::narrow::Occurring;
use rapport_store::site::directory::SiteDirectory;
use rapport_store::{Store, StoreError};
use std::sync::Arc;

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

/// A site to switch to.
#[derive(Clone, Debug)]
pub struct SiteLink {
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// The same part of it, of the same days and device.
    pub href: String,
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
    /// The parts of the site, in groups.
    pub nav: Vec<NavGroup>,
    /// The part of the navigation that one is in; empty outside all of them.
    pub here_label: &'static str,
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
    /// What the page is filtered by; pages without filters of their own carry it on.
    pub slice: Slice,
    /// The address of this page below the site, with its query.
    pub here: String,
    /// The day of the report that is not over, as `2026-03-31`, or its hour where it is shown by the hour; empty when there is none.
    pub running: String,
    /// The first day with data; empty when nothing ever arrived.
    pub first_day: String,
    /// Whether charts over time go by the hour.
    pub by_hour: bool,
    /// Whether anything ever arrived.
    pub has_data: bool,
    /// Whoever reads the page under a link.
    pub guest: Option<Arc<Guest>>,
}

feature_state! {
    /// What frames are made of.
    pub struct Frames {
        store: Store,
        sites: SiteDirectory,
        reports: Reports,
    }
}

/// The page that a frame is for.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    /// Heading.
    pub title: &'a str,
    /// Part of the navigation, such as `overview`; one that stands in no group is fine.
    pub part: &'static str,
    /// Path below the site, such as `feedback/nps`.
    pub path: &'a str,
    /// Label and path below the site of the page above.
    pub back: Option<(&'static str, &'static str)>,
    /// Whether the page compares with the previous period.
    pub compares: bool,
    /// By what it can be narrowed, besides its days.
    pub dimensions: &'static [Dimension],
}

/// What is offered of pages, languages and the like: all that reports of views and answers can be narrowed by.
pub const EVERY_DIMENSION: &[Dimension] = &Dimension::EACH;

/// The part of another site that is like a page: what one answer, ticket or survey of a site is about is on no other, and what a member may not read
/// there is none.
fn part_elsewhere(page: &Page<'_>, role: Role) -> &'static str {
    let is_part = navigation::is_part(page.part) && role >= least_role(page.part);
    if is_part { page.part } else { "overview" }
}

impl Frame {
    /// The frame of a page without filters.
    pub async fn plain(frames: &Frames, access: &Access, page: &Page<'_>, slice: &Slice) -> Result<Self, StoreError> {
        let site = &access.site.site;
        // A page, or a release, of one site is none of another.
        let other_site = slice.without(Dimension::Page).without(Dimension::Release).suffix();
        let mut sites = Vec::new();
        let memberships = match access.guest {
            Some(_) => Vec::new(),
            None => frames.store.memberships(access.member.account_id).await?,
        };
        for (site_id, role) in memberships {
            if let Some(context) = frames.sites.by_id(site_id).await? {
                let (key, name) = (context.site.key.clone(), context.site.name.clone());
                let part = part_elsewhere(page, role);
                sites.push(SiteLink { href: format!("/sites/{key}/{part}{other_site}"), key, name });
            }
        }
        sites.sort_by(|one, other| one.name.cmp(&other.name));
        let kept = slice.suffix();
        let waiting = match access.guest {
            Some(_) => 0,
            None => frames.store.new_tickets(site.site_id).await?,
        };
        let nav = match access.guest {
            Some(_) => Vec::new(),
            None => navigation::groups(
                access.role,
                (page.part, page.path),
                |part| format!("/sites/{}/{part}{kept}", site.key),
                |part| if part == "inbox" { waiting } else { 0 },
            ),
        };
        let back = page.back.filter(|_| access.guest.is_none()).map(|(label, path)| Choice {
            label: label.to_owned(),
            href: format!("/sites/{}/{path}{kept}", site.key),
            current: false,
        });
        if access.guest.is_none() {
            frames.store.remember_site(access.member.account_id, site.site_id).await?;
        }
        let first_hour_ms = frames.store.first_hour_ms(site.site_id).await?;
        let first_day = first_hour_ms.map(|hour_ms| day_of_instant(&site.time_zone, hour_ms).to_string());
        Ok(Self {
            title: page.title.to_owned(),
            site_key: site.key.clone(),
            site_name: site.name.clone(),
            sites,
            email: access.member.email.clone(),
            here_label: navigation::label_of(page.part),
            nav,
            scope: format!("Times in {}", site.time_zone_name()),
            back,
            filters: None,
            compared: false,
            no_data_before: String::new(),
            slice: slice.clone(),
            here: format!("{}{kept}", page.path),
            running: String::new(),
            by_hour: false,
            has_data: first_day.is_some(),
            guest: access.guest.clone(),
            first_day: first_day.unwrap_or_default(),
        })
    }

    /// The frame of a page with filters; `pairs` are the fields of its URL, of which it keeps its own.
    pub async fn filtered(
        frames: &Frames,
        access: &Access,
        page: &Page<'_>,
        slice: &Slice,
        own: &[(&'static str, &str)],
    ) -> Result<Self, ReportError> {
        let mut frame = Self::plain(frames, access, page, slice).await?;
        let source = frames.reports.of(&access.site);
        // What occurs is looked for on the whole site, which whoever has a narrower report does not see.
        let is_narrow = access.guest.as_ref().is_some_and(|guest| guest.locked.narrows());
        let is_offered = page.dimensions.contains(&Dimension::Language) && !is_narrow;
        let occurring = async { if is_offered { source.occurring(slice).await } else { Ok(Occurring::default()) } };
        let segments = async {
            let is_guest = access.guest.is_some();
            if is_guest { Ok(Vec::new()) } else { Ok(frames.store.segments(access.site.site.site_id).await?) }
        };
        let (Periods { now, before, no_data_before }, occurring, segments) =
            tokio::try_join!(source.periods(slice), occurring, segments)?;
        let day = |date: jiff::civil::Date| date.strftime("%-d %b %Y").to_string();
        frame.scope = format!("{} to {}", day(now.first), day(now.last));
        if let Some(before) = before.filter(|_| page.compares) {
            frame.compared = true;
            frame.scope +=
                &format!(", compared with {} to {}, the same days of the week", day(before.first), day(before.last));
        }
        frame.no_data_before = no_data_before.filter(|_| page.compares).map(day).unwrap_or_default();
        frame.scope += &format!("; days of {}", access.site.site.time_zone_name());
        // On paper there are no filters to see it by.
        if slice.device != Device::All {
            frame.scope += &format!("; {} only", slice.device.label().to_lowercase());
        }
        for (dimension, value) in slice.narrowed().filter(|(dimension, _)| *dimension != Dimension::Device) {
            let value = format::of_dimension(dimension, value);
            if value != page.title {
                frame.scope += &format!("; {} {value}", dimension.label().to_lowercase());
            }
        }
        let today = source.today();
        if (now.first..=now.last).contains(&today) {
            frame.running = if now.is_by_hour() { source.running() } else { today.to_string() };
        }
        let addresses = Addresses { site_key: &access.site.site.key, path: page.path, own };
        frame.here = format!("{}{}", page.path, suffix_of(&addresses.fields(slice)));
        let offered = (&occurring, segments.as_slice(), access.role >= Role::Editor);
        let mut bar = FilterBar::new(slice, page, &now, offered, &addresses);
        match &access.guest {
            Some(guest) => bar.lock(&guest.locked),
            None => bar.share = ShareForm::of(slice, page.path).filter(|_| access.role >= Role::Editor),
        }
        frame.filters = Some(bar);
        frame.by_hour = now.is_by_hour();
        Ok(frame)
    }

    /// The same page about everything: all pages and devices of the last 30 days. Absent where it is about that already.
    pub fn cleared(&self) -> Option<String> {
        let is_clear = Slice { compare: true, ..self.slice.clone() } == Slice::default();
        let path = self.here.split('?').next().unwrap_or_default();
        (!is_clear).then(|| format!("/sites/{}/{path}{}", self.site_key, self.unfiltered().suffix()))
    }

    /// What the slice becomes when it is cleared; a page's own report stays with the page.
    fn unfiltered(&self) -> Slice {
        let pages = if self.is_of_page() { self.slice.pages.clone() } else { Pages::Every };
        Slice { compare: self.slice.compare, pages, ..Slice::default() }
    }

    /// The same page over 90 days; absent where it is about as many already.
    pub fn longer(&self) -> Option<String> {
        let path = self.here.split('?').next().unwrap_or_default();
        let longer = Slice { range: Range::Last(90), ..self.slice.clone() };
        (longer != self.slice).then(|| format!("/sites/{}/{path}{}", self.site_key, longer.suffix()))
    }

    /// The same page without each of the filters that it has, where there are several.
    pub fn taken_off(&self) -> Vec<Choice> {
        let (path, is_of_page) = (self.here.split('?').next().unwrap_or_default(), self.is_of_page());
        let off = |(dimension, value): (Dimension, &str)| Choice {
            label: format!("{} {}", dimension.label(), format::of_dimension(dimension, value)),
            href: format!("/sites/{}/{path}{}", self.site_key, self.slice.without(dimension).suffix()),
            current: false,
        };
        let can_go = |(dimension, _): &(Dimension, &str)| !(is_of_page && dimension.is_path());
        let all: Vec<_> = self.slice.narrowed().filter(can_go).map(off).collect();
        if all.len() > 1 { all } else { Vec::new() }
    }

    fn is_of_page(&self) -> bool {
        self.here.starts_with("experience/page")
    }

    /// What the slice leaves: `on mobile, on /cart, on these days`.
    pub fn narrowed_text(&self) -> String {
        let shown =
            |(dimension, value): (Dimension, &str)| dimension.narrowed_to(&format::of_dimension(dimension, value));
        let parts = self.slice.narrowed().map(shown);
        parts.chain(["on these days".to_owned()]).collect::<Vec<_>>().join(", ")
    }

    /// This page as a table; `table` names it where there are several.
    pub fn csv(&self, table: &str) -> String {
        let query = self.here.split_once('?').map_or("", |(_, query)| query);
        let table = if table.is_empty() { String::new() } else { format!("&table={table}") };
        let and = if query.is_empty() { "" } else { "&" };
        format!("?{query}{and}format=csv{table}")
    }

    /// One answer, from which the way back leads here, to its page.
    pub fn answer_href(&self, id: &str) -> String {
        let back = CameFrom::field(&format!("{}#answer-{id}", self.here));
        let query = back.map_or_else(String::new, |(name, value)| format!("?{}", query_of(&[(name, value)])));
        format!("/sites/{}/responses/{id}{query}", self.site_key)
    }

    /// Something below the site that is listed here: what has a way back leads back, everything else keeps the slice.
    pub fn subject_href(&self, path: &str) -> String {
        let one = path.starts_with("responses/") || path.starts_with("reviews/");
        let fields: Vec<_> = if one { CameFrom::field(&self.here).into_iter().collect() } else { self.slice.fields() };
        let query = query_of(&fields);
        let mark = if query.is_empty() {
            ""
        } else if path.contains('?') {
            "&"
        } else {
            "?"
        };
        format!("/sites/{}/{path}{mark}{query}", self.site_key)
    }

    /// One review, from which the way back leads here, to its page.
    pub fn review_href(&self, id: &str) -> String {
        let back = CameFrom::field(&format!("{}#answer-{id}", self.here));
        let query = back.map_or_else(String::new, |(name, value)| format!("?{}", query_of(&[(name, value)])));
        format!("/sites/{}/reviews/{id}{query}", self.site_key)
    }

    /// The report of one page, with the same days and device.
    pub fn page_href(&self, path: &str) -> String {
        let mut fields = self.slice.of_page(path).fields();
        fields.extend(CameFrom::field(&self.here).filter(|_| !self.here.starts_with("experience/")));
        format!("/sites/{}/experience/page?{}", self.site_key, query_of(&fields))
    }

    /// The tickets that came with a low score and with words on a page, by the same days and device.
    pub fn low_and_words_href(&self, path: &str) -> String {
        let mut fields = self.slice.of_page(path).fields();
        fields.extend([("score", "low".to_owned()), ("with", "words".to_owned())]);
        format!("/sites/{}/inbox?{}", self.site_key, query_of(&fields))
    }

    /// The report of the pages of a route, with the same days and device.
    pub fn route_href(&self, route: &str) -> String {
        let slice = Slice { pages: Pages::Route(route.to_owned()), ..self.slice.clone() };
        format!("/sites/{}/experience/page{}", self.site_key, slice.suffix())
    }

    /// The pages of a route, as a list.
    pub fn pages_of_route_href(&self, route: &str) -> String {
        let slice = Slice { pages: Pages::Route(route.to_owned()), ..self.slice.clone() };
        format!("/sites/{}/experience{}", self.site_key, slice.suffix())
    }

    /// The issues of one page.
    pub fn issues_href(&self, path: &str) -> String {
        format!("/sites/{}/issues{}", self.site_key, self.slice.of_page(path).suffix())
    }

    /// The figures before and after a mark, by what is filtered by.
    pub fn change_href(&self, mark: &str) -> String {
        let mut fields = self.slice.fields();
        fields.push(("mark", mark.to_owned()));
        fields.extend(CameFrom::field(&self.here).filter(|_| !self.here.starts_with("change")));
        format!("/sites/{}/change?{}", self.site_key, query_of(&fields))
    }

    /// The pages sorted by one column, or the one page that is filtered by.
    pub fn cause_href(&self, sort: &str) -> String {
        match self.slice.page() {
            Some(page) => self.page_href(page),
            None => {
                let mut fields = self.slice.fields();
                fields.push(("sort", sort.to_owned()));
                format!("/sites/{}/experience?{}", self.site_key, query_of(&fields))
            }
        }
    }

    /// Whether what people wrote may be shown.
    pub fn shows_words(&self) -> bool {
        self.guest.as_ref().is_none_or(|guest| guest.shows_words)
    }

    /// The days of a chart that are not like the others.
    pub fn edges(&self) -> Edges<'_> {
        Edges { first: &self.first_day, running: &self.running }
    }

    /// Whether nothing was measured yet on a day.
    pub fn is_before_data(&self, day: &str) -> bool {
        day < self.first_day.as_str()
    }

    /// Whether a day or an hour, or the last one of several, is not over.
    pub fn is_running(&self, day: &str) -> bool {
        is_running(day, &self.running)
    }
}

/// A place among the pages of a site that one came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameFrom {
    /// Its address below the site, with query and fragment.
    pub path: String,
    /// What it is called.
    pub label: &'static str,
    /// What it was filtered by.
    pub slice: Slice,
}

/// Most characters of a way back.
const BACK_CHARACTERS: usize = 2_000;

impl CameFrom {
    /// Reads `back`; one that cannot lead to a page of the site is none.
    pub fn of(pairs: &Pairs) -> Option<Self> {
        let path = crate::http::query::value(pairs, "back")?;
        let fits =
            path.len() <= BACK_CHARACTERS && !path.contains(|letter: char| letter.is_control() || letter == '\\');
        let (address, query) = path.split_once('?').unwrap_or((path, ""));
        let address = address.split('#').next().unwrap_or_default();
        let query = query.split('#').next().unwrap_or_default();
        let mut segments = address.split('/');
        let first = segments.next().unwrap_or_default();
        let deeper = segments.next().is_some();
        let label = match (first, deeper) {
            ("responses", true) => "Answer",
            ("overview", false) => "Overview",
            ("feedback", false) => "Feedback",
            ("feedback", true) => "Answers",
            ("experience", false) => "Experience",
            ("experience", true) => "Page",
            ("issues", false) => "Issues",
            ("issues", true) => "Issue",
            ("inbox", false) => "Inbox",
            ("inbox", true) => "Ticket",
            ("drivers", false) => "Drivers",
            ("tasks", false) => "Tasks",
            ("tasks", true) => "Task",
            ("funnels", true) => "Funnel",
            ("journeys", false) => "Journeys",
            ("visit", false) => "A visit",
            ("reviews", false) => "Reviews",
            ("reviews", true) => "Review",
            ("annotations", false) => "Releases and notes",
            ("change", false) => "Before and after",
            ("audit", false) => "Changes",
            _ => return None,
        };
        if !fits || address.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
            return None;
        }
        let fields: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Some(Self { path: path.to_owned(), label, slice: Slice::parse(&fields).unwrap_or_default() })
    }

    /// The field that says that one came from `here`; none where it would be too long, since ways back hold ways back.
    fn field(here: &str) -> Option<(&'static str, String)> {
        (here.len() <= BACK_CHARACTERS / 4).then(|| ("back", here.to_owned()))
    }

    /// The link there.
    pub fn choice(&self, site_key: &str) -> Choice {
        Choice { label: self.label.to_owned(), href: format!("/sites/{site_key}/{}", self.path), current: false }
    }

    /// The field that carries it on, with its `?`.
    pub fn suffix(&self) -> String {
        format!("?back={}", encode(&self.path))
    }
}

/// The pairs of a query string.
pub type Fields = axum::extract::Query<Vec<(String, String)>>;

/// Shorthand for [`crate::http::query::value`].
pub fn field<'a>(pairs: &'a Pairs, name: &str) -> &'a str {
    crate::http::query::value(pairs, name).unwrap_or_default()
}

/// The slice that a page carries on which has none itself.
pub fn carried(pairs: &Pairs) -> Slice {
    Slice::parse(pairs).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_back_leads_to_a_page_of_the_site_or_nowhere() {
        let of = |back: &str| CameFrom::of(&[("back".to_owned(), back.to_owned())]);
        let list = of("feedback/nps?range=7d&device=mobile&score=low&after=5.x#answer-1").expect("a page of the site");
        assert_eq!((list.label, list.slice.suffix().as_str()), ("Answers", "?range=7d&device=mobile"));
        assert_eq!(
            list.choice("shop").href,
            "/sites/shop/feedback/nps?range=7d&device=mobile&score=low&after=5.x#answer-1"
        );
        for (back, label) in [
            ("overview#answer-1", "Overview"),
            ("experience?sort=errors", "Experience"),
            ("experience/page?page=%2F", "Page"),
        ] {
            assert_eq!(of(back).map(|from| from.label), Some(label));
        }
        for back in [
            "",
            "/overview",
            "//evil.example",
            "../other/overview",
            "feedback/../../other",
            "feedback/a\nb",
            "theme",
            "feedback//x",
            "feedback\\x",
        ] {
            assert_eq!(of(back), None, "{back:?}");
        }
    }
}
