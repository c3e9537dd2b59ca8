//! What narrows a report to less than rollups tell apart: conditions on the rows themselves, and the rows that meet them.
//!
//! A rollup has a row a page and a device. A language, a source, a browser and the like would each multiply these rows by their number of
//! values, on every site and whether anybody asks or not; so they are read from rows when they are asked for, which costs as much
//! as there are rows in the days: see [`Store::rows_within`].

use super::HourRollup;
use super::hour::Span;
use crate::site::directory::SiteContext;
use crate::{Store, StoreError, Value, params};
use rapport_shared::id::Id;
use rapport_shared::limit::SESSION_LENGTH_MS;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What comes before the host of a referrer. Whatever begins otherwise is a name as a whole.
const SCHEMES: [&str; 3] = ["https://", "http://", "android-app://"];
/// The name of [`VisitSource::Direct`]; a page that names its source so means the same.
const DIRECT: &str = "direct";
/// A visit is looked for so long before what happened in it, in milliseconds: its length, and as much for a view that goes on.
const VISIT_MS: i64 = 2 * SESSION_LENGTH_MS as i64;

/// Where a visit came from, as its first page view says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum VisitSource {
    /// From nowhere that is known: without a source in its address and without a referrer.
    Direct,
    /// What the address of the page named (`utm_source` or its like), else the host of the referrer.
    Named(String),
}

impl VisitSource {
    /// The source of a visit that began so.
    pub fn of(source: &str, referrer: &str) -> Self {
        if !source.is_empty() {
            return Self::parse(source);
        }
        let host = SCHEMES.iter().find_map(|scheme| referrer.strip_prefix(scheme));
        Self::parse(host.map_or(referrer, |host| host.split('/').next().unwrap_or_default()))
    }

    /// The source of that name.
    pub fn parse(name: &str) -> Self {
        if matches!(name, "" | DIRECT) { Self::Direct } else { Self::Named(name.to_owned()) }
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Direct => DIRECT,
            Self::Named(name) => name,
        }
    }
}

/// A known visitor's views of so long after the first that is kept of them are those of a new one, in milliseconds.
pub const NEW_FOR_MS: i64 = 24 * 3_600_000;

/// Whether a visitor had been there before. Only of those who are known from one day to the next it can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recurrence {
    /// First seen less than [`NEW_FOR_MS`] before.
    New,
    /// Seen before that.
    Returning,
}

/// Whether somebody is a customer: known by a signature of the company's server, in this browser or with this answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// One.
    Customer,
    /// None, as far as is known.
    Other,
}

/// Conditions on rows; each that is there must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrow {
    /// Only what is on this page or on one below it, such as `/shop`.
    pub below: Option<String>,
    /// Only what is on one of these pages.
    pub paths: Option<Vec<String>>,
    /// Only what is in this language or in one of its regional forms, such as `de`: of a page view and its signals the first one
    /// that the browser asks for, of an answer the one it was asked in.
    pub language: Option<String>,
    /// Only visits that came from there, and what was done and answered in them.
    pub source: Option<VisitSource>,
    /// Only visits whose first page was called with this campaign, and what was done and answered in them.
    pub campaign: Option<String>,
    /// Only page views from this country, and what was done and answered in them.
    pub country: Option<String>,
    /// Only page views in this browser, and what was done and answered in them.
    pub browser: Option<String>,
    /// Only page views of such visitors, and what was done and answered in them.
    pub recurrence: Option<Recurrence>,
    /// Only page views of such people, what was done in them, and what such people answered.
    pub relation: Option<Relation>,
    /// Only page views of people of this persona, what was done in them, and what such people answered.
    pub persona: Option<PersonaFilter>,
    /// Only page views of customers who have this trait, by its name and whole value, what was done in them, and what they answered.
    pub customer_trait: Option<(String, String)>,
    /// Only page views of this release of the site, and what was done and answered in them.
    pub release: Option<String>,
}

/// Who is of a persona, or everybody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonaFilter {
    /// The key of the persona.
    pub key: String,
    /// Whether those who are not of it are meant.
    pub others: bool,
}

impl Narrow {
    /// Whether it leaves nothing out.
    pub fn is_whole(&self) -> bool {
        *self == Self::default()
    }

    /// Whether steps of delivery can tell: they carry a page and no more.
    pub fn is_told_by_steps(&self) -> bool {
        let of_page = Self { below: self.below.clone(), paths: self.paths.clone(), ..Self::default() };
        *self == of_page
    }

    /// The condition on `page_view v` of the hours from `span_ms`, with its `AND`; empty where there is none. The values are added
    /// to `params`.
    pub(crate) fn on_views(&self, span_ms: (i64, i64), params: &mut Vec<Value>) -> String {
        let own = self.on_pages("v.path", params) + &self.of_view("v", params) + &self.of_member("v", params);
        own + &self.of_person("v") + &self.of_visit("v.session_id", span_ms, params)
    }

    /// The same on `signal s` with its `page_view v`.
    pub(crate) fn on_signals(&self, span_ms: (i64, i64), params: &mut Vec<Value>) -> String {
        let own = self.on_pages("s.path", params) + &self.of_view("v", params) + &self.of_member("v", params);
        own + &self.of_person("v") + &self.of_visit("s.session_id", span_ms, params)
    }

    /// The same on `response r`.
    pub(crate) fn on_responses(&self, span_ms: (i64, i64), params: &mut Vec<Value>) -> String {
        let mut sql = self.on_pages("r.path", params);
        sql += &self.of_visit("r.session_id", span_ms, params);
        if let Some(language) = &self.language {
            sql += &in_language("LOWER(r.language)", language, params);
        }
        // The language of an answer is its own.
        let view = Self { language: None, ..self.clone() }.of_view("w", params) + &self.of_visitor("w");
        if !view.is_empty() {
            sql += &format!(" AND {}", in_view(&view));
        }
        if let Some(relation) = self.relation {
            let is_customer =
                format!("(r.customer_id IS NOT NULL OR {})", in_view(&format!(" AND {}", is_customer("w"))));
            sql += &relation_of(relation, &is_customer);
        }
        if let Some(persona) = &self.persona {
            let key = bind(params, persona.key.as_str());
            let of_customer = format!(
                "(r.customer_id IS NOT NULL AND EXISTS (SELECT 1 FROM persona_member m
                   WHERE m.site_id = r.site_id AND m.persona_key = {key} AND m.customer_id = r.customer_id))"
            );
            let in_view = in_view(&format!(" AND {}", is_member("w", &key)));
            sql += &holds(!persona.others, &format!("({of_customer} OR {in_view})"));
        }
        if let Some(of) = &self.customer_trait {
            let (name, value) = (bind(params, of.0.as_str()), bind(params, of.1.as_str()));
            let of_customer = format!("r.customer_id IN ({})", with_trait(&name, &value));
            sql += &format!(" AND ({of_customer} OR {})", in_view(&format!(" AND {}", has_trait("w", &name, &value))));
        }
        sql
    }

    /// The same on `delivery d`, as far as its steps can tell.
    pub(crate) fn on_steps(&self, params: &mut Vec<Value>) -> String {
        self.on_pages("d.path", params)
    }

    fn on_pages(&self, column: &str, params: &mut Vec<Value>) -> String {
        let mut sql = self.below_page(column, params);
        if let Some(paths) = &self.paths {
            let places: Vec<_> = paths.iter().map(|path| bind(params, path.as_str())).collect();
            // An empty list is no SQL that both engines take.
            sql += &if places.is_empty() {
                " AND 1 = 0".to_owned()
            } else {
                format!(" AND {column} IN ({})", places.join(", "))
            };
        }
        sql
    }

    fn below_page(&self, column: &str, params: &mut Vec<Value>) -> String {
        let Some(page) = &self.below else { return String::new() };
        let page = page.trim_end_matches('/');
        if page.is_empty() {
            // What is on no page, such as an answer by a link, is below none.
            return format!(" AND {}", begins(column, "/", params));
        }
        format!(" AND ({column} = {} OR {})", bind(params, page), begins(column, &format!("{page}/"), params))
    }

    fn of_view(&self, alias: &str, params: &mut Vec<Value>) -> String {
        let mut sql = String::new();
        if let Some(language) = &self.language {
            sql += &in_language(&format!("{alias}.language"), language, params);
        }
        if let Some(release) = &self.release {
            sql += &format!(" AND {alias}.release = {}", bind(params, release.as_str()));
        }
        if let Some(country) = &self.country {
            sql += &format!(" AND {alias}.country = {}", bind(params, country.as_str()));
        }
        if let Some(browser) = &self.browser {
            sql += &format!(" AND {alias}.browser = {}", bind(params, browser.as_str()));
        }
        sql
    }

    /// That a view is one of such a visitor.
    fn of_visitor(&self, alias: &str) -> String {
        let Some(recurrence) = self.recurrence else { return String::new() };
        let not = if recurrence == Recurrence::New { "NOT " } else { "" };
        format!(
            " AND {alias}.known_visitor_key IS NOT NULL AND {not}EXISTS (SELECT 1 FROM page_view p
               WHERE p.site_id = {alias}.site_id AND p.known_visitor_key = {alias}.known_visitor_key
                 AND p.hour_ms <= {alias}.hour_ms - {NEW_FOR_MS} AND p.bot = 0 AND p.clamped = 0)"
        )
    }

    /// That a view is one of such a visitor, and of such a person.
    fn of_person(&self, alias: &str) -> String {
        let relation = self.relation.map(|relation| relation_of(relation, &is_customer(alias)));
        self.of_visitor(alias) + &relation.unwrap_or_default()
    }

    /// That a view is one of somebody of the persona, or of a customer with the trait.
    fn of_member(&self, alias: &str, params: &mut Vec<Value>) -> String {
        let mut sql = String::new();
        if let Some(persona) = &self.persona {
            sql += &holds(!persona.others, &is_member(alias, &bind(params, persona.key.as_str())));
        }
        if let Some((name, value)) = &self.customer_trait {
            let (name, value) = (bind(params, name.as_str()), bind(params, value.as_str()));
            sql += &format!(" AND {}", has_trait(alias, &name, &value));
        }
        sql
    }

    /// That the session of a row is that of a visit which began with this source and campaign. `span_ms` is when the rows happened.
    fn of_visit(&self, column: &str, (from_ms, to_ms): (i64, i64), params: &mut Vec<Value>) -> String {
        if self.source.is_none() && self.campaign.is_none() {
            return String::new();
        }
        let (from_ms, to_ms) = (bind(params, from_ms - VISIT_MS), bind(params, to_ms));
        let mut began = Vec::new();
        began.extend(self.source.as_ref().map(|source| match source {
            VisitSource::Direct => {
                format!("(e.source = '' AND e.referrer = '' OR e.source = {})", bind(params, DIRECT))
            }
            VisitSource::Named(name) => named(name, params),
        }));
        began.extend(self.campaign.as_ref().map(|name| format!("e.campaign = {}", bind(params, name.as_str()))));
        let began = began.join(" AND ");
        format!(
            " AND {column} IN (SELECT e.session_id FROM page_view e
               WHERE e.site_id = $1 AND e.hour_ms >= {from_ms} AND e.hour_ms < {to_ms} AND e.view_index = 1 AND {began})"
        )
    }
}

/// That a response was given in a view `w` that meets a condition, which begins with its `AND`.
fn in_view(condition: &str) -> String {
    format!("EXISTS (SELECT 1 FROM page_view w WHERE w.site_id = r.site_id AND w.item_id = r.view_id{condition})")
}

/// That a view is one of a visitor who is a customer.
fn is_customer(alias: &str) -> String {
    format!(
        "({alias}.known_visitor_key IS NOT NULL AND EXISTS (SELECT 1 FROM identity i
           WHERE i.site_id = {alias}.site_id AND i.visitor_key = {alias}.known_visitor_key))"
    )
}

/// That a view is one of a visitor of the persona whose key is that value.
fn is_member(alias: &str, key: &str) -> String {
    format!(
        "({alias}.known_visitor_key IS NOT NULL AND EXISTS (SELECT 1 FROM persona_visitor m
           WHERE m.site_id = {alias}.site_id AND m.persona_key = {key} AND m.visitor_key = {alias}.known_visitor_key))"
    )
}

/// The ids of customers who have a trait, with those of everybody who turned out to be one of them.
fn with_trait(name: &str, value: &str) -> String {
    format!(
        "SELECT k.customer_id FROM customer k JOIN customer_trait t
           ON t.site_id = k.site_id AND t.customer_id = COALESCE(k.merged_into, k.customer_id)
           WHERE k.site_id = $1 AND t.name = {name} AND t.value = {value}"
    )
}

/// That a view is one of a visitor who is a customer with a trait.
fn has_trait(alias: &str, name: &str, value: &str) -> String {
    format!(
        "({alias}.known_visitor_key IS NOT NULL AND EXISTS (SELECT 1 FROM identity i
           JOIN customer k ON k.site_id = i.site_id AND k.customer_id = i.customer_id
           JOIN customer_trait t ON t.site_id = k.site_id AND t.customer_id = COALESCE(k.merged_into, k.customer_id)
           WHERE i.site_id = {alias}.site_id AND i.visitor_key = {alias}.known_visitor_key AND t.name = {name} AND t.value = {value}))"
    )
}

/// The condition that something is so, or that it is not.
fn holds(is_so: bool, condition: &str) -> String {
    if is_so { format!(" AND {condition}") } else { format!(" AND NOT {condition}") }
}

fn relation_of(relation: Relation, is_customer: &str) -> String {
    holds(relation == Relation::Customer, is_customer)
}

/// The condition on `page_view e` that it is what [`VisitSource::of`] calls by that name.
fn named(name: &str, params: &mut Vec<Value>) -> String {
    let name_place = bind(params, name);
    let mut referrers = vec![format!("e.referrer = {name_place}")];
    if !name.contains('/') {
        for scheme in SCHEMES {
            referrers.push(format!("e.referrer = {}", bind(params, format!("{scheme}{name}"))));
            referrers.push(begins("e.referrer", &format!("{scheme}{name}/"), params));
        }
    }
    format!("(e.source = {name_place} OR e.source = '' AND ({}))", referrers.join(" OR "))
}

/// Adds a value, and gives its place.
fn bind(params: &mut Vec<Value>, value: impl Into<Value>) -> String {
    params.push(value.into());
    format!("${}", params.len())
}

/// That a column begins with a text. LIKE tells upper from lower case on one engine and not on the other.
fn begins(column: &str, text: &str, params: &mut Vec<Value>) -> String {
    format!("SUBSTR({column}, 1, {}) = {}", text.chars().count(), bind(params, text))
}

fn in_language(column: &str, language: &str, params: &mut Vec<Value>) -> String {
    format!(" AND ({column} = {} OR {})", bind(params, language), begins(column, &format!("{language}-"), params))
}

/// What occurs among the newest rows of some days, what occurs most first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Occurring {
    /// Languages without their regions.
    pub languages: Vec<String>,
    /// Where visits came from.
    pub sources: Vec<VisitSource>,
    /// Campaigns.
    pub campaigns: Vec<String>,
    /// Countries.
    pub countries: Vec<String>,
    /// Browsers.
    pub browsers: Vec<String>,
    /// Releases.
    pub releases: Vec<String>,
    /// Pages: of these up to [`PATHS`].
    pub paths: Vec<String>,
    /// Keys of personas, by name.
    pub personas: Vec<String>,
    /// Traits of customers, as `plan=gold`.
    pub traits: Vec<String>,
}

/// Most pages that are offered.
pub const PATHS: usize = 200;

/// The keys of some counts, the largest first, at most `most`.
fn most_frequent<K: Ord + Clone>(counts: BTreeMap<K, u64>, most: usize) -> Vec<K> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.into_iter().take(most).map(|(key, _)| key).collect()
}

impl Store {
    /// How many page views, signals, responses and steps of delivery there are in the hours of `[from_ms, to_ms)`; of each kind
    /// no more than `most` are counted.
    pub async fn rows_within(&self, site_id: Id, (from_ms, to_ms): (i64, i64), most: i64) -> Result<u64, StoreError> {
        let of = |table: &str| {
            format!(
                "(SELECT COUNT(*) FROM (SELECT 1 FROM {table}
                  WHERE site_id = $1 AND hour_ms >= $2 AND hour_ms < $3 LIMIT $4) AS of_{table})"
            )
        };
        let counts = ["page_view", "signal", "response", "delivery"].map(of);
        let rows = self
            .read(format!("SELECT {} AS rows_in_all", counts.join(" + ")), params![site_id, from_ms, to_ms, most])
            .await?;
        rows.first().map_or(Ok(0), |row| row.count("rows_in_all"))
    }

    /// What occurs among the newest `rows` page views, and the newest responses, of the hours in `[from_ms, to_ms)`; at most
    /// `most` of each.
    pub async fn occurring(
        &self,
        site_id: Id,
        (from_ms, to_ms): (i64, i64),
        rows: i64,
        most: usize,
    ) -> Result<Occurring, StoreError> {
        let views = "SELECT path, language, source, campaign, country, browser, referrer, release, is_first, COUNT(*) AS views
             FROM (
               SELECT path, language, source, COALESCE(campaign, '') AS campaign, COALESCE(country, '') AS country,
                 COALESCE(browser, '') AS browser, referrer, release, CASE WHEN view_index = 1 THEN 1 ELSE 0 END AS is_first
               FROM page_view WHERE site_id = $1 AND hour_ms >= $2 AND hour_ms < $3 AND bot = 0 AND clamped = 0
               ORDER BY hour_ms DESC LIMIT $4) AS newest
             GROUP BY path, language, source, campaign, country, browser, referrer, release, is_first";
        let responses = "SELECT language, COUNT(*) AS responses FROM (
               SELECT LOWER(language) AS language FROM response
               WHERE site_id = $1 AND hour_ms >= $2 AND hour_ms < $3 AND bot = 0 AND clamped = 0
               ORDER BY hour_ms DESC LIMIT $4) AS newest
             GROUP BY language";
        let of_days = || params![site_id, from_ms, to_ms, rows];
        let personas = "SELECT persona_key FROM persona WHERE site_id = $1 ORDER BY name, persona_key LIMIT $2";
        let traits = "SELECT name, value, COUNT(*) AS customers FROM (
               SELECT name, value FROM customer_trait WHERE site_id = $1 LIMIT $2) AS newest GROUP BY name, value";
        let (views, responses, personas, traits) = tokio::try_join!(
            self.read(views, of_days()),
            self.read(responses, of_days()),
            self.read(personas, params![site_id, most as i64]),
            self.read(traits, params![site_id, rows])
        )?;
        let mut having = BTreeMap::new();
        for row in &traits {
            // A value that one customer alone has tells nobody apart.
            let customers = row.count("customers")?;
            if customers > 1 {
                having.insert(format!("{}={}", row.text("name")?, row.text("value")?), customers);
            }
        }
        let (mut languages, mut sources) = (BTreeMap::new(), BTreeMap::new());
        let mut named: [BTreeMap<String, u64>; 5] = Default::default();
        let mut spoken = |tag: &str, count: u64| {
            let language = tag.split('-').next().unwrap_or_default();
            // Whoever sends an answer says its language themselves.
            if !language.is_empty() && language.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                *languages.entry(language.to_owned()).or_insert(0) += count;
            }
        };
        for row in &views {
            let count = row.count("views")?;
            spoken(row.text("language")?, count);
            let is_first = row.flag("is_first")?;
            if is_first {
                *sources.entry(VisitSource::of(row.text("source")?, row.text("referrer")?)).or_insert(0) += count;
            }
            for (column, counts) in ["campaign", "country", "browser", "release", "path"].into_iter().zip(&mut named) {
                let name = row.text(column)?;
                // A visit has the campaign of its first page.
                if !name.is_empty() && (is_first || column != "campaign") {
                    *counts.entry(name.to_owned()).or_insert(0) += count;
                }
            }
        }
        for row in &responses {
            spoken(row.text("language")?, row.count("responses")?);
        }
        let [campaigns, countries, browsers, releases, paths] = named;
        Ok(Occurring {
            languages: most_frequent(languages, most),
            sources: most_frequent(sources, most),
            campaigns: most_frequent(campaigns, most),
            countries: most_frequent(countries, most),
            browsers: most_frequent(browsers, most),
            releases: most_frequent(releases, most),
            paths: most_frequent(paths, PATHS),
            personas: personas
                .iter()
                .map(|row| Ok(row.text("persona_key")?.to_owned()))
                .collect::<Result<_, StoreError>>()?,
            traits: most_frequent(having, most),
        })
    }

    /// The different paths of the rows of the hours in `[from_ms, to_ms)`; at most `most`.
    pub async fn paths_within(
        &self,
        site_id: Id,
        (from_ms, to_ms): (i64, i64),
        most: usize,
    ) -> Result<Vec<String>, StoreError> {
        let of =
            |table: &str| format!("SELECT path FROM {table} WHERE site_id = $1 AND hour_ms >= $2 AND hour_ms < $3");
        let tables = ["page_view", "signal", "response", "delivery"].map(of);
        let sql = format!("{} LIMIT $4", tables.join(" UNION "));
        let rows = self.read(sql, params![site_id, from_ms, to_ms, most as i64]).await?;
        rows.iter().map(|row| Ok(row.text("path")?.to_owned())).collect()
    }
}

/// The rollups of the hours in `[from_ms, to_ms)`, from the rows that meet `narrow` alone. What was erased is not among them: of
/// that no more is known than rollups tell apart.
pub async fn narrowed(
    store: &Store,
    site: &SiteContext,
    span_ms: (i64, i64),
    narrow: &Narrow,
) -> Result<Vec<Arc<HourRollup>>, StoreError> {
    let (from_ms, to_ms) = span_ms;
    let after_ms = site.next_hour_start_ms(site.next_hour_start_ms(to_ms - 1));
    let span = Span { site_id: site.site.site_id, from_ms, to_ms, after_ms, narrow };
    let (hours, rollups) = (store.narrowed_rows(site, &span).await?, store.rollups());
    tokio::task::spawn_blocking(move || hours.iter().map(|rows| Arc::new(rollups.of_hour(rows))).collect())
        .await
        .map_err(|error| StoreError::Inconsistent(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::response::{Cursor, ResponseFilter, Suspicious};
    use crate::rollup::PageRollup;
    use crate::site::directory::SiteDirectory;
    use crate::story_test::{NOW_MS, tell};
    use crate::test_store::{a_site, each_engine};
    use rapport_figures::standing::Standing;

    #[test]
    fn a_visit_is_named_by_its_source_or_by_the_host_of_its_referrer() {
        for (source, referrer, name) in [
            ("", "", "direct"),
            ("direct", "https://search.example/", "direct"),
            ("newsletter", "https://mail.example/", "newsletter"),
            ("", "https://search.example/results", "search.example"),
            ("", "http://forum.example:8080", "forum.example:8080"),
            ("", "android-app://org.example.mail/", "org.example.mail"),
            ("", "elsewhere", "elsewhere"),
        ] {
            let found = VisitSource::of(source, referrer);
            assert_eq!(found.as_str(), name, "{source} {referrer}");
            assert_eq!(VisitSource::parse(name), found, "its name means it");
        }
    }

    #[tokio::test]
    async fn every_statement_takes_every_condition() {
        each_engine(async |store| {
            let site = a_site("shop");
            store.add_site(&site).await.unwrap();
            let sites = SiteDirectory::new(store.clone(), Clock::System);
            tell(&store, &sites, &site).await;
            let site_id = site.site_id;
            let site = sites.by_id(site_id).await.unwrap().unwrap();
            let days_ms = (site.day_start_ms(NOW_MS) - 7 * 24 * 3_600_000, NOW_MS);
            assert_eq!(store.rows_within(site_id, days_ms, 10).await, Ok(10 + 10 + 1 + 3));
            assert!(store.rows_within(site_id, days_ms, 1_000).await.unwrap() > 115);
            let occurring = store.occurring(site_id, days_ms, 1_000, 5).await.unwrap();
            let expected = Occurring {
                languages: vec!["en".into()],
                sources: vec![VisitSource::Direct],
                paths: occurring.paths.clone(),
                ..Occurring::default()
            };
            assert_eq!(occurring, expected);
            let mut paths = store.paths_within(site_id, days_ms, 100).await.unwrap();
            paths.sort();
            let mut offered = occurring.paths.clone();
            offered.sort();
            assert_eq!(paths, offered);
            let whole = Narrow {
                below: Some("/".into()),
                paths: Some(paths),
                language: Some("en".into()),
                source: Some(VisitSource::Direct),
                relation: Some(Relation::Other),
                persona: Some(PersonaFilter { key: "gold".into(), others: true }),
                release: Some(String::new()),
                ..Narrow::default()
            };
            for (narrow, found) in [
                (whole.clone(), true),
                (Narrow { below: Some("/none".into()), ..whole.clone() }, false),
                (Narrow { language: Some("e".into()), ..whole.clone() }, false),
                (Narrow { source: Some(VisitSource::Named("search.example".into())), ..whole.clone() }, false),
                (Narrow { release: Some("1.0".into()), ..whole.clone() }, false),
                (Narrow { paths: Some(vec![]), ..whole.clone() }, false),
                (Narrow { paths: Some(vec!["/none".into()]), ..whole.clone() }, false),
                (Narrow { campaign: Some("spring".into()), ..whole.clone() }, false),
                (Narrow { country: Some("DE".into()), ..whole.clone() }, false),
                (Narrow { browser: Some("firefox".into()), ..whole.clone() }, false),
                (Narrow { recurrence: Some(Recurrence::New), ..whole.clone() }, false),
                (Narrow { recurrence: Some(Recurrence::Returning), ..whole.clone() }, false),
                (Narrow { relation: Some(Relation::Customer), ..whole.clone() }, false),
                (Narrow { persona: Some(PersonaFilter { key: "gold".into(), others: false }), ..whole.clone() }, false),
                (Narrow { customer_trait: Some(("plan".into(), "gold".into())), ..whole.clone() }, false),
            ] {
                let hours = narrowed(&store, &site, days_ms, &narrow).await.unwrap();
                let views: i64 = hours.iter().flat_map(|hour| hour.rows::<PageRollup>()).map(|row| row.views).sum();
                assert_eq!(views > 0, found, "{narrow:?}");
                // The answer of the story was asked in what is no language.
                let of_answers = Narrow { language: None, ..narrow.clone() };
                let found = of_answers == Narrow { language: None, ..whole.clone() };
                let within = ("", None, &of_answers);
                let words = store.newest_words(site_id, days_ms, within, 5).await.unwrap();
                assert_eq!(words.len(), usize::from(found), "{of_answers:?}");
                let filter = ResponseFilter {
                    survey_id: "feedback",
                    from_ms: days_ms.0,
                    to_ms: days_ms.1,
                    path: "",
                    device: None,
                    narrow: &of_answers,
                    standing: Some(Standing::Low),
                    words: true,
                    suspicious: Suspicious::Included,
                    after: Some(Cursor { occurred_at_ms: NOW_MS, item_id: Id([255; 16]) }),
                    limit: 5,
                };
                assert_eq!(store.responses(site_id, &filter).await.unwrap().len(), usize::from(found));
                let mut stream = store.stream_responses(site_id, &filter).await.unwrap();
                assert_eq!(stream.next().await.unwrap().len(), usize::from(found));
                for narrow in [&narrow, &of_answers] {
                    let within = ("", None, narrow);
                    store.suspicious_answers(site_id, "feedback", days_ms, within).await.unwrap();
                    store.suspicious_steps(site_id, "feedback", days_ms, within).await.unwrap();
                    store.finished_of_pages(site_id, days_ms, within).await.unwrap();
                    store.named_responses(site_id, days_ms, within).await.unwrap();
                    store.newest_words(site_id, days_ms, within, 5).await.unwrap();
                }
            }
        })
        .await;
    }
}
