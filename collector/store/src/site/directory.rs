//! The sites and their surveys, remembered for a few seconds so that a beacon costs no query.

use super::refused_origins::{self, RefusedOrigin, RefusedOrigins};
use crate::clock::{self, Clock};
use crate::site::Site;
use crate::site::secrets::{SecretStamp, SiteSecrets};
use crate::{Store, StoreError, calendar};
use jiff::ToSpan;
use jiff::tz::TimeZone;
use rapport_shared::id::Id;
use rapport_shared::survey::{Question, Survey};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// How long what is known is taken as true, in milliseconds.
pub const FRESH_MS: i64 = 5_000;
/// How long it is taken as true of a site that is being set up: its surveys come one by one, and are looked at at once.
const NEW_FRESH_MS: i64 = 250;
/// How long a site is being set up, in milliseconds.
const NEW_MS: i64 = 60_000;
/// How often what is not remembered may make the directory look again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// How far the clocks of the westernmost zone are behind UTC.
const WESTERNMOST_MS: i64 = 12 * 3_600_000;

/// A site with every version of its surveys.
#[derive(Debug)]
pub struct SiteContext {
    /// The site.
    pub site: Site,
    /// What it signs with.
    pub secrets: SiteSecrets,
    surveys: HashMap<String, Vec<Survey>>,
}

impl SiteContext {
    /// A site whose surveys have these versions.
    pub fn new(site: Site, versions: Vec<Survey>, secrets: SiteSecrets) -> Self {
        let mut surveys: HashMap<String, Vec<Survey>> = HashMap::new();
        for version in versions {
            surveys.entry(version.id.clone()).or_default().push(version);
        }
        Self { site, secrets, surveys }
    }

    /// How long what is known of it is taken as true, in milliseconds.
    pub fn fresh_ms(&self, now_ms: i64) -> i64 {
        if clock::is_fresh(self.site.created_at_ms, now_ms, NEW_MS) { NEW_FRESH_MS } else { FRESH_MS }
    }

    /// A version of a survey.
    pub fn survey(&self, survey: &str, version: u32) -> Option<&Survey> {
        self.surveys.get(survey)?.iter().find(|known| known.version == version)
    }

    /// The number of the newest version of a survey.
    pub fn newest_version(&self, survey: &str) -> Option<u32> {
        self.surveys.get(survey)?.iter().map(|known| known.version).max()
    }

    /// Every question of every version.
    pub fn questions(&self) -> impl Iterator<Item = &Question> {
        self.surveys.values().flatten().flat_map(|survey| &survey.questions)
    }

    /// Every version of a survey.
    pub fn versions(&self, survey: &str) -> &[Survey] {
        self.surveys.get(survey).map_or(&[], Vec::as_slice)
    }

    /// How many versions of surveys there are.
    fn version_count(&self) -> u64 {
        self.surveys.values().map(|versions| versions.len() as u64).sum()
    }

    /// Whether there is any version of the survey.
    pub fn knows_survey(&self, survey: &str) -> bool {
        self.surveys.contains_key(survey)
    }

    /// Whether a page of `origin` may send. Servers send no origin; a browser always does with a POST.
    pub fn allows(&self, origin: Option<&str>) -> bool {
        origin.is_none_or(|origin| self.site.origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)))
    }

    /// Start of the hour, in the site's zone, that `instant_ms` falls in.
    pub fn hour_start_ms(&self, instant_ms: i64) -> i64 {
        calendar::hour_start_ms(&self.site.time_zone, instant_ms)
    }

    /// Start of the hour after the one that `instant_ms` falls in.
    pub fn next_hour_start_ms(&self, instant_ms: i64) -> i64 {
        calendar::next_hour_start_ms(&self.site.time_zone, instant_ms)
    }

    /// Starts of the hours in `[from_ms, until_ms)`, of which `from_ms` begins one.
    pub fn hours(&self, from_ms: i64, until_ms: i64) -> impl Iterator<Item = i64> {
        calendar::hours(&self.site.time_zone, from_ms, until_ms)
    }

    /// Start of the calendar day, in the site's zone, that `instant_ms` falls in.
    pub fn day_start_ms(&self, instant_ms: i64) -> i64 {
        calendar::day_start_ms(&self.site.time_zone, self.day_of(instant_ms))
    }

    /// Start of the calendar day after the one that `instant_ms` falls in.
    pub fn next_day_start_ms(&self, instant_ms: i64) -> i64 {
        calendar::day_start_ms(&self.site.time_zone, self.day_of(instant_ms).saturating_add(1.day()))
    }

    /// Days from 1970 to the calendar day, in the site's zone, that `instant_ms` falls in.
    pub fn day_number(&self, instant_ms: i64) -> i64 {
        calendar::day_number(&self.site.time_zone, instant_ms)
    }

    /// The calendar day, in the site's zone, that `instant_ms` falls in.
    pub fn day_of(&self, instant_ms: i64) -> jiff::civil::Date {
        calendar::day_of_instant(&self.site.time_zone, instant_ms)
    }
}

/// All sites, by key and by id. Cheap to clone.
#[derive(Clone)]
pub struct SiteDirectory {
    store: Store,
    clock: Clock,
    known: Arc<RwLock<Known>>,
    reloading: Arc<tokio::sync::Mutex<()>>,
    /// How many looks were begun.
    looks: Arc<AtomicU64>,
    refused: RefusedOrigins,
}

#[derive(Default)]
struct Known {
    loaded_at_ms: i64,
    /// Which of the looks this is from.
    look: u64,
    by_key: HashMap<String, Arc<SiteContext>>,
    by_id: HashMap<Id, Arc<SiteContext>>,
    /// The zones of all sites, each once.
    zones: Vec<TimeZone>,
}

impl Known {
    fn of(sites: Vec<Arc<SiteContext>>, loaded_at_ms: i64, look: u64) -> Self {
        let zones: BTreeMap<&str, &TimeZone> =
            sites.iter().map(|site| (site.site.time_zone_name(), &site.site.time_zone)).collect();
        Self {
            loaded_at_ms,
            look,
            zones: zones.into_values().cloned().collect(),
            by_key: sites.iter().map(|site| (site.site.key.clone(), site.clone())).collect(),
            by_id: sites.into_iter().map(|site| (site.site.site_id, site)).collect(),
        }
    }
}

impl SiteDirectory {
    /// A directory over `store`.
    pub fn new(store: Store, clock: Clock) -> Self {
        Self {
            store,
            clock,
            known: Arc::default(),
            reloading: Arc::default(),
            looks: Arc::default(),
            refused: RefusedOrigins::default(),
        }
    }

    /// The site with this public key.
    ///
    /// # Errors
    /// When the store is away and nothing is remembered.
    pub async fn by_key(&self, key: &str) -> Result<Option<Arc<SiteContext>>, StoreError> {
        self.by_key_with(key, |_| true).await
    }

    /// The site with this public key, looked at once more when what is remembered of it lacks what the asker needs: another
    /// collector of the same database may have told it to a page a moment ago.
    ///
    /// # Errors
    /// When the store is away and nothing is remembered.
    pub async fn by_key_with(
        &self,
        key: &str,
        has: impl Fn(&SiteContext) -> bool,
    ) -> Result<Option<Arc<SiteContext>>, StoreError> {
        self.find(|known| known.by_key.get(key).cloned(), has).await
    }

    /// The site with this id.
    ///
    /// # Errors
    /// When the store is away and nothing is remembered.
    pub async fn by_id(&self, site_id: Id) -> Result<Option<Arc<SiteContext>>, StoreError> {
        self.find(|known| known.by_id.get(&site_id).cloned(), |_| true).await
    }

    /// Days from 1970 to the earliest day that is today on a site; as long as no site is known, on any that there may be.
    pub fn earliest_day(&self, now_ms: i64) -> i64 {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let days = known.zones.iter().map(|zone| calendar::day_number(zone, now_ms));
        days.min().unwrap_or_else(|| calendar::day_number(&TimeZone::UTC, now_ms - WESTERNMOST_MS))
    }

    /// Why a page of that origin is refused, which is remembered; `None` for a page of the site.
    pub fn refusal(&self, site: &SiteContext, origin: Option<&str>) -> Option<String> {
        let origin = origin.filter(|origin| !site.allows(Some(origin)))?;
        self.refused.note(site.site.site_id, origin, self.clock.now_ms());
        Some(refused_origins::reason(&site.site.key, origin))
    }

    /// The origins whose pages were refused lately, and still are, the most asked for first.
    pub fn refused_origins(&self, site: &SiteContext) -> Vec<RefusedOrigin> {
        let mut refused = self.refused.of_site(site.site.site_id, self.clock.now_ms());
        refused.retain(|refused| !site.allows(Some(&refused.origin)));
        refused
    }

    /// Forgets what is remembered, so that a change just made is seen at once.
    pub fn forget(&self) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).loaded_at_ms = 0;
    }

    async fn find(
        &self,
        pick: impl Fn(&Known) -> Option<Arc<SiteContext>>,
        has: impl Fn(&SiteContext) -> bool,
    ) -> Result<Option<Arc<SiteContext>>, StoreError> {
        let asked_after = self.looks.load(Ordering::SeqCst);
        let remembered = || {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            (pick(&known), known.loaded_at_ms, known.look)
        };
        let is_answer = |(found, loaded_at_ms, look): &(Option<Arc<SiteContext>>, i64, u64)| match found {
            Some(site) if has(site) => {
                clock::is_fresh(*loaded_at_ms, self.clock.now_ms(), site.fresh_ms(self.clock.now_ms()))
            }
            // There is no such thing when there was none after it was asked for.
            _ => *look > asked_after,
        };
        let answer = remembered();
        if is_answer(&answer) {
            return Ok(answer.0);
        }
        let _one_at_a_time = self.reloading.lock().await;
        let answer = remembered();
        if is_answer(&answer) {
            return Ok(answer.0);
        }
        let (found, loaded_at_ms, _) = answer;
        if !found.as_deref().is_some_and(&has)
            && clock::is_fresh(loaded_at_ms, self.clock.now_ms(), LOOK_AGAIN.as_millis() as i64)
        {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        let look = self.looks.fetch_add(1, Ordering::SeqCst) + 1;
        match self.load().await {
            Ok(sites) => {
                let known = Known::of(sites, self.clock.now_ms(), look);
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
                Ok(remembered().0)
            }
            // What was true a moment ago is better than refusing every beacon: the writer says if the store is away.
            Err(_) if found.is_some() => Ok(found),
            Err(error) => Err(error),
        }
    }

    /// Every site, in a number of statements that does not grow with them. Versions of surveys are immutable, so they and secrets are
    /// read of those sites only that are new, have more versions than before, or other secrets.
    async fn load(&self) -> Result<Vec<Arc<SiteContext>>, StoreError> {
        let before = self.known.read().unwrap_or_else(PoisonError::into_inner).by_id.clone();
        let sites = self.store.sites().await?;
        let versions = self.store.survey_version_counts().await?;
        let stamps = self.store.secret_stamps(self.clock.now_ms()).await?;
        let none = SecretStamp::default();
        let is_as_before = |site: &Site| {
            let versions = versions.get(&site.site_id).copied().unwrap_or(0);
            let stamp = stamps.get(&site.site_id).unwrap_or(&none);
            before.get(&site.site_id).filter(|known| known.version_count() == versions && known.secrets.is_of(stamp))
        };
        let changed = sites.iter().filter(|site| is_as_before(site).is_none()).map(|site| site.site_id);
        let changed: Vec<Id> = changed.collect();
        let (mut surveys, mut secrets) = (HashMap::new(), HashMap::new());
        if !changed.is_empty() {
            surveys = self.store.survey_versions_of(&changed).await?;
            secrets = self.store.secrets_of(&changed, self.clock.now_ms()).await?;
        }
        let context = |site: Site| match is_as_before(&site) {
            Some(known) if known.site == site => known.clone(),
            Some(known) => {
                Arc::new(SiteContext { site, secrets: known.secrets.clone(), surveys: known.surveys.clone() })
            }
            None => {
                let versions = surveys.remove(&site.site_id).unwrap_or_default();
                let secrets = secrets.remove(&site.site_id).unwrap_or_default();
                Arc::new(SiteContext::new(site, versions, secrets))
            }
        };
        Ok(sites.into_iter().map(context).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::AuditEntry;
    use crate::test_store::each_engine;
    use crate::{Statement, params};
    use jiff::Timestamp;
    use std::sync::atomic::AtomicI64;
    use std::time::Instant;

    const HOUR_MS: i64 = 3_600_000;

    fn site(zone: &str) -> Result<SiteContext, jiff::Error> {
        let site = Site {
            site_id: Id([1; 16]),
            key: "key".into(),
            name: "Shop".into(),
            origins: vec!["https://shop.example".into()],
            time_zone: jiff::tz::TimeZone::get(zone)?,
            accent_color: "#000000".into(),
            created_at_ms: 0,
        };
        Ok(SiteContext::new(site, Vec::new(), SiteSecrets::default()))
    }

    #[test]
    fn hours_and_days_are_cut_in_the_sites_zone() -> Result<(), Box<dyn std::error::Error>> {
        let at = |text: &str| text.parse::<Timestamp>().map(Timestamp::as_millisecond);
        let kolkata = site("Asia/Kolkata")?;
        assert_eq!(kolkata.hour_start_ms(at("2026-11-22T10:15:00Z")?), at("2026-11-22T09:30:00Z")?);
        assert_eq!(kolkata.day_start_ms(at("2026-11-22T18:29:59Z")?), at("2026-11-21T18:30:00Z")?);
        // Berlin's day of 2026-10-25 has 25 hours.
        let berlin = site("Europe/Berlin")?;
        let start = berlin.day_start_ms(at("2026-10-25T12:00:00Z")?);
        assert_eq!(start, at("2026-10-24T22:00:00Z")?);
        assert_eq!(berlin.next_day_start_ms(start) - start, 25 * HOUR_MS);
        Ok(())
    }

    #[tokio::test]
    async fn a_new_site_is_known_after_the_clock_was_set_back() -> Result<(), StoreError> {
        let now = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(1_790_000_000_000));
        let store = crate::test_store::in_memory().await;
        let sites = SiteDirectory::new(store.clone(), Clock::Manual(now.clone()));
        assert!(sites.by_key("new").await?.is_none());
        now.fetch_sub(86_400_000, std::sync::atomic::Ordering::Relaxed);
        store.add_site(&crate::test_store::a_site("new")).await?;
        assert!(sites.by_key("new").await?.is_some());
        Ok(())
    }

    #[tokio::test]
    async fn a_page_that_asks_right_after_its_site_was_added_was_told_that_there_is_none() -> Result<(), StoreError> {
        let now = Arc::new(AtomicI64::new(1_790_000_000_000));
        let store = crate::test_store::in_memory().await;
        let sites = SiteDirectory::new(store.clone(), Clock::Manual(now.clone()));
        // All sites were read this very moment.
        assert!(sites.by_key("new").await?.is_none());
        let site = Site { created_at_ms: now.load(Ordering::Relaxed), ..crate::test_store::a_site("new") };
        store.add_site(&site).await?;
        let known = sites.by_key("new").await?.expect("it is there");
        assert!(!known.knows_survey("feedback"));
        // Its surveys follow within a moment, and are not waited for as those of other sites.
        let entry = AuditEntry {
            entry_id: Id([9; 16]),
            actor: "test".into(),
            action: "survey.apply".into(),
            subject: "survey".into(),
            occurred_at_ms: now.load(Ordering::Relaxed),
        };
        store.apply_survey(site.site_id, &crate::test_store::first_survey(), &entry).await?;
        now.fetch_add(NEW_FRESH_MS, Ordering::Relaxed);
        assert!(sites.by_key("new").await?.expect("it is there").knows_survey("feedback"));
        Ok(())
    }

    #[tokio::test]
    async fn a_survey_that_another_collector_asked_was_not_known_for_five_seconds() -> Result<(), StoreError> {
        let store = crate::test_store::in_memory().await;
        let sites = SiteDirectory::new(store.clone(), Clock::manual(1_790_000_000_000));
        store.add_site(&crate::test_store::a_site("old")).await?;
        let asks = |site: &SiteContext| site.survey("feedback", 1).is_some();
        let known = sites.by_key_with("old", asks).await?.expect("it is there");
        assert!(!asks(&known), "nobody asks yet");
        let entry = AuditEntry {
            entry_id: Id([9; 16]),
            actor: "test".into(),
            action: "survey.apply".into(),
            subject: "survey".into(),
            occurred_at_ms: 1_790_000_000_000,
        };
        store.apply_survey(known.site.site_id, &crate::test_store::first_survey(), &entry).await?;
        assert!(!asks(&sites.by_key("old").await?.expect("it is there")), "what is remembered is fresh");
        assert!(asks(&sites.by_key_with("old", asks).await?.expect("it is there")));
        // What was found is remembered, and nobody who finds it looks again.
        let before = store.statements_run();
        assert!(asks(&sites.by_key_with("old", asks).await?.expect("it is there")));
        assert_eq!(store.statements_run(), before);
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn many_who_ask_for_sites_that_are_not_there_share_a_look() -> Result<(), StoreError> {
        let store = crate::test_store::in_memory().await;
        let sites = SiteDirectory::new(store.clone(), Clock::manual(1_790_000_000_000));
        assert!(sites.by_key("none").await?.is_none());
        let before = store.statements_run();
        let asked = (0..1_000).map(|number| {
            let sites = sites.clone();
            tokio::spawn(async move { sites.by_key(&number.to_string()).await.map(|found| found.is_none()) })
        });
        for answer in asked.collect::<Vec<_>>() {
            assert!(answer.await.expect("it ends")?);
        }
        // Two statements a look; those who came while one was under way had the next.
        assert!(store.statements_run() - before <= 20, "{}", store.statements_run() - before);
        Ok(())
    }

    /// So many sites with so many surveys each.
    async fn fill(store: &Store, sites: usize, surveys: usize) {
        let zones = ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/Los_Angeles"];
        let site = |number: usize| {
            let sql = "INSERT INTO site (site_id, site_key, name, origins, time_zone, accent_color, created_at_ms)
                 VALUES ($1, $2, 'Shop', $3, $4, '#000000', 1)";
            let (id, key) = (Id((number as u128 + 1).to_be_bytes()), format!("site-{number}"));
            Statement::new(sql, params![id, key, r#"["https://shop.example"]"#, zones[number % zones.len()]])
        };
        store.write((0..sites).map(site).collect()).await.expect("sites");
        let definition = serde_json::to_string(&crate::test_store::first_survey()).expect("a definition");
        let versions = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < $2)
             INSERT INTO survey_version (site_id, survey_id, version, definition, created_at_ms)
             SELECT site.site_id, 'survey-' || CAST(n AS TEXT), 1,
                 REPLACE($1, '\"id\":\"feedback\"', '\"id\":\"survey-' || CAST(n AS TEXT) || '\"'), 1 FROM site, numbers";
        store.write(vec![Statement::new(versions, params![definition, surveys as i64])]).await.expect("versions");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_thousand_sites_with_twenty_surveys_each_cost_six_thousand_statements_every_five_seconds() {
        each_engine(async |store| {
            let time = Arc::new(AtomicI64::new(1_790_000_000_000));
            fill(&store, 1_000, 20).await;
            let sites = SiteDirectory::new(store.clone(), Clock::Manual(time.clone()));
            let look = async |what: &str, key: &str| {
                time.fetch_add(FRESH_MS, Ordering::Relaxed);
                let (before, begin) = (store.statements_run(), Instant::now());
                let site = sites.by_key(key).await.expect("the store answers").expect("the site is there");
                println!("{what}: {:?}, {} statements", begin.elapsed(), store.statements_run() - before);
                (site, store.statements_run() - before)
            };
            // Sites, counts, stamps, versions, secrets; 6,000 secrets in one transaction, and what became of them.
            let (first, statements) = look("the first look", "site-7").await;
            assert!(statements <= 12 + 6_000, "{statements}");
            assert_eq!((first.versions("survey-20").len(), first.secrets.order.len()), (1, 32));
            let again = SiteDirectory::new(store.clone(), Clock::Manual(time.clone()));
            let before = store.statements_run();
            let same = again.by_id(first.site.site_id).await.expect("the store answers").expect("the site is there");
            assert_eq!((store.statements_run() - before, &same.secrets), (8, &first.secrets), "after a restart");
            let (same, statements) = look("a later look", "site-7").await;
            assert_eq!((statements, Arc::ptr_eq(&same, &first)), (4, true), "nothing is made anew");
            let newer = Statement::new("UPDATE site SET name = 'New' WHERE site_key = 'site-9'", params![]);
            let also = "INSERT INTO survey_version (site_id, survey_id, version, definition, created_at_ms)
                 SELECT site_id, survey_id, 2, definition, 2 FROM survey_version WHERE site_id = $1 AND survey_id = 'survey-4'";
            let also = Statement::new(also, params![first.site.site_id]);
            store.write(vec![newer, also]).await.expect("changes");
            let (changed, statements) = look("a look after a change", "site-7").await;
            assert_eq!((statements, changed.newest_version("survey-4")), (8, Some(2)));
            assert_eq!(changed.secrets, first.secrets);
            let (before, begin) = (store.statements_run(), Instant::now());
            for number in 0..1_000_u128 {
                let site = sites.by_id(Id((number + 1).to_be_bytes())).await.expect("it is remembered");
                let name = if number == 9 { "New" } else { "Shop" };
                assert_eq!(site.map(|site| site.site.name.clone()).as_deref(), Some(name));
            }
            println!("a thousand sites by id: {:?}", begin.elapsed());
            println!("the earliest day: {:?} {}", begin.elapsed(), sites.earliest_day(time.load(Ordering::Relaxed)));
            assert_eq!(store.statements_run(), before);
        })
        .await;
    }

    #[test]
    fn only_the_sites_origins_may_send() -> Result<(), jiff::Error> {
        let site = site("UTC")?;
        for (origin, allowed) in [
            (None, true),
            (Some("https://shop.example"), true),
            (Some("HTTPS://shop.example"), true),
            (Some("http://shop.example"), false),
            (Some("https://shop.example.evil.test"), false),
            (Some("null"), false),
        ] {
            assert_eq!(site.allows(origin), allowed, "{origin:?}");
        }
        Ok(())
    }
}
