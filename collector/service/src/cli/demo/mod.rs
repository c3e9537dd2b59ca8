//! `rapport demo`: the main job on one command. A month of believable traffic goes through the real ingest path into an
//! embedded file; then the collector and an example shop with the widget on it are served, and links are printed.

mod cast;
mod country;
mod courses;
mod customer_data;
mod customers;
mod examples;
mod follow_ups;
mod inbox;
mod interaction;
mod mail;
mod month;
mod notifications;
mod page;
mod people;
mod personas;
mod random;
mod reviews;
mod shop;

use super::door::{Doors, address_of};
use super::{Failure, Session, annotation, serve};
use crate::definition;
use crate::http::problem::Problem;
use crate::http::query::segment;
use crate::http::query::share::Draft;
use crate::member;
use crate::member::account::link::new_link;
use crate::member::share::{Made, make};
use cast::{BROKEN_BUTTON, BROKEN_DAYS, FIX_RELEASE};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::tz::TimeZone;
use month::{DAY_MS, Day, Visit};
use random::Random;
use rapport_ingest::{BatchRefusal, BatchRequest, Client, Ingest, RateLimit};
use rapport_store::account::role::Role;
use rapport_store::annotation::Draft as Annotated;
use rapport_store::audit::AuditEntry;
use rapport_store::calendar::day_of_instant;
use rapport_store::clock::Clock;
use rapport_store::issue::{Draft as IssueDraft, IssueKey};
use rapport_store::rollup;
use rapport_store::site::Site;
use rapport_store::site::directory::SiteDirectory;
use rapport_store::survey_draft::SurveyDraft;
use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::task::JoinSet;

/// File of the demo, apart from what a real collector keeps.
pub const DATABASE_URL: &str = "sqlite://rapport-demo.db";
/// Where the shop listens unless somebody says otherwise.
pub(super) const SHOP_LISTEN: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8081));
/// Public key of the demo's site.
const SITE_KEY: &str = "fernhill-demo";
/// Who is signed in by the printed links.
const EMAIL: &str = "designer@fernhill.example";
/// Days of traffic, today included.
const DAYS: i64 = 30;
/// The simulated month is the same every time.
const SEED: u64 = 0x5261_7070_6f72_7421;
/// When a newsletter went out: so many days before today, so long after the day began.
const NEWSLETTER_DAYS_AGO: i64 = 16;
const NEWSLETTER_HOUR_MS: i64 = 9 * 3_600_000;
/// Batches on their way at once.
const CONCURRENT: usize = 64;

/// What may be chosen.
#[derive(clap::Args)]
pub(super) struct Options {
    /// Where the example shop listens
    #[arg(long, default_value_t = SHOP_LISTEN, value_name = "ADDRESS")]
    pub(super) shop_listen: SocketAddr,
    /// Mean number of visits a day, each of about two page views
    #[arg(long, default_value_t = 1_900, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    visits_per_day: u32,
    /// Only fill the database, do not serve
    #[arg(long)]
    pub(super) fill_only: bool,
}

pub(super) async fn run(session: &Session, options: &Options, mut doors: Doors) -> Result<(), Failure> {
    // A shop that is not served will be at its address some time.
    let shop_address = doors.shop.as_ref().map_or(Ok(options.shop_listen), address_of)?;
    let origins = origins(shop_address);
    let site = match session.store.site_by_key(SITE_KEY).await? {
        Some(site) => {
            println!("The month is there already; the file is used again.");
            site
        }
        None => fill(session, options, origins.clone()).await?,
    };
    let Some(shop) = doors.shop.take() else { return Ok(()) };
    let account = session.store.account_for_email(session.clock.new_id(), EMAIL, session.clock.now_ms()).await?;
    let examples = examples::sites(session, &origins).await?;
    for site in [&site].into_iter().chain(&examples) {
        // It may listen elsewhere than at its last start.
        if site.origins != origins {
            let entry = session.note("origin.change", "origins");
            session.store.set_site_origins(site.site_id, &origins, &entry).await?;
        }
        if session.store.role(site.site_id, account.account_id).await?.is_none() {
            let entry = session.note("member.add", format!("member {EMAIL} as {}", Role::Owner));
            session.store.set_member(site.site_id, account.account_id, Role::Owner, &entry).await?;
        }
    }
    let base_url = session.config.base_url();
    let shop_url = format!("http://{shop_address}");
    let pages = shop::routes(&base_url, SITE_KEY).merge(examples::routes(&base_url));
    tokio::spawn(std::future::IntoFuture::into_future(axum::serve(shop, pages)));

    println!("\n  Shop with the widget        {shop_url}/");
    println!("  Other example pages         {shop_url}/examples/");
    // The days that show a broken release and its fix, beside as many before them.
    let day = |days_ago: i64| -> Result<String, Failure> {
        let start_ms = day_before(&site.time_zone, session.clock.now_ms(), days_ago)?.start_ms;
        Ok(day_of_instant(&site.time_zone, start_ms).to_string())
    };
    let overview = format!("overview?range=custom&from={}&to={}", day(BROKEN_DAYS.end - 1)?, day(0)?);
    for (name, page) in [
        ("Overview", overview.as_str()),
        ("Feedback", "feedback"),
        ("Inbox", "inbox"),
        ("Experience", "experience"),
        ("Tasks and paths", "tasks"),
        ("Forms", "forms"),
        ("Heat map", "heatmap?page=/tableware/field-vase/"),
        ("Issues", "issues"),
        ("Customers", "customers"),
        ("Reviews", "reviews"),
    ] {
        let link = new_link(&session.store, &session.clock, &base_url, account.account_id, &[]).await?;
        println!(
            "  Dashboard: {name:<16} {link}?next=/sites/{SITE_KEY}/{}",
            page.replace('?', "%3F").replace('=', "%3D").replace('&', "%26")
        );
    }
    println!("\nThe dashboard links sign you in, each once. Rate a page of the shop, then look at Feedback.");
    println!("Stop with Ctrl+C; a second start uses the file again.\n");
    serve::run(session, doors).await
}

/// Adds the site with its surveys and sends it the month.
async fn fill(session: &Session, options: &Options, origins: Vec<String>) -> Result<Site, Failure> {
    let site = Site {
        site_id: session.clock.new_id(),
        key: SITE_KEY.into(),
        name: "Fernhill Pottery".into(),
        origins,
        time_zone: TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC),
        accent_color: "#2f5d50".into(),
        created_at_ms: session.clock.now_ms(),
    };
    session.store.add_site(&site).await?;
    let entry = session.note("heatmap.change", format!("heat maps to {} % of views", interaction::HEAT_PERCENT));
    session.store.set_site_heat_percent(site.site_id, interaction::HEAT_PERCENT, &entry).await?;
    for name in ["page-rating", "product-feedback", "recommendation", "review", "problem"] {
        let text =
            shop::text(&format!("surveys/{name}.json")).ok_or_else(|| format!("the survey {name} is missing"))?;
        let survey = serde_json::from_str(text).map_err(|error| format!("the survey {name}: {error}"))?;
        // Before anybody answered it.
        let occurred_at_ms = session.clock.now_ms() - DAYS * DAY_MS;
        let entry = AuditEntry { occurred_at_ms, ..session.note("survey.create", format!("survey {name}")) };
        session.store.apply_survey(site.site_id, &survey, &entry).await?;
    }
    send_month(session, &site, options.visits_per_day.into()).await?;
    note(session, &site).await?;
    courses::fill(session, &site).await?;
    follow_ups::fill(session, &site).await?;
    notifications::fill(session, &site).await?;
    customers::fill(session, &site).await?;
    mail::fill(session, &site).await?;
    personas::describe(session, &site).await?;
    say_of_issues(session, &site).await?;
    draft_survey(session, &site).await?;
    share(session, &site).await?;
    people::fill(session, &site).await?;
    let sites = SiteDirectory::new(session.store.clone(), session.clock.clone());
    let ingest = Ingest::new(session.store.clone(), session.clock.clone(), sites.clone(), unlimited());
    reviews::fill(session, &site, &ingest).await?;
    inbox::fill(session, &site).await?;
    if let Some(site) = sites.by_id(site.site_id).await? {
        customer_data::fill(session, &site).await?;
    }
    println!("Rolling up by hour and day.");
    rollup::rebuild::run_once(&session.store, &session.clock, &sites).await?;
    Ok(site)
}

/// Adds a note, as somebody would who sent a newsletter. The releases are told by the pages themselves.
async fn note(session: &Session, site: &Site) -> Result<(), Failure> {
    let day = day_before(&site.time_zone, session.clock.now_ms(), NEWSLETTER_DAYS_AGO)?;
    let at = jiff::Timestamp::from_millisecond(day.start_ms + NEWSLETTER_HOUR_MS).unwrap_or_default().to_string();
    let draft = Annotated { kind: "note", text: "The newsletter about winter glazes went out", at: &at };
    annotation::add(session, site, None, &draft).await.map(|_| ())
}

/// Says of two issues what a team would have said: the button of the checkout was mended, and somebody works on the page that jumps.
async fn say_of_issues(session: &Session, site: &Site) -> Result<(), Failure> {
    let now_ms = session.clock.now_ms();
    let account = session.store.account_for_email(session.clock.new_id(), EMAIL, now_ms).await?;
    let entry = session.note("member.add", format!("member {EMAIL} as {}", Role::Owner));
    session.store.set_member(site.site_id, account.account_id, Role::Owner, &entry).await?;
    let members = session.store.members(site.site_id).await?;
    let day = day_before(&site.time_zone, now_ms, BROKEN_DAYS.start - 1)?;
    let fixed_at = jiff::Timestamp::from_millisecond(day.start_ms).unwrap_or_default().to_string();
    let key = |page: &str, kind: &str, label: &str| IssueKey {
        page: page.to_owned(),
        kind: kind.to_owned(),
        label: label.to_owned(),
    };
    let fixed = IssueDraft { status: "fixed", owner: EMAIL, fixed_at: &fixed_at, release: FIX_RELEASE, note: "" };
    let note = "The picture gets a box of its height";
    let begun = IssueDraft { status: "in_progress", owner: EMAIL, note, ..IssueDraft::default() };
    for (key, draft) in [
        (key("/checkout/", "rage_click", BROKEN_BUTTON), fixed),
        (key("/tableware/field-vase/", "poor_cls", ""), begun),
    ] {
        let said = draft.read(key, (&members, &site.time_zone), (EMAIL, now_ms));
        let said = said.map_err(|faults| format!("an issue of the demo: {faults:?}"))?;
        session.store.say_of_issue(site.site_id, &said, &session.note("issue.say", said.subject())).await?;
    }
    Ok(())
}

/// Begins the next version of a survey, in German too, as a colleague left it: one text lacks its translation.
async fn draft_survey(session: &Session, site: &Site) -> Result<(), Failure> {
    let surveys = session.store.surveys(site.site_id).await?;
    let Some(listed) = surveys.into_iter().find(|listed| listed.survey.id == "recommendation") else { return Ok(()) };
    let mut definition = definition::written(&listed.survey);
    definition["questions"][0]["text"] =
        "How likely are you to recommend Fernhill Pottery to somebody who cooks?".into();
    definition["language"] = "en".into();
    definition["translations"]["de"]["title"] = "Empfehlen Sie uns?".into();
    let now_ms = session.clock.now_ms();
    let draft = SurveyDraft {
        draft_id: session.clock.new_id(),
        survey_id: listed.survey.id.clone(),
        definition: definition.to_string(),
        revision: 0,
        created_at_ms: now_ms,
        changed_at_ms: now_ms,
        changed_by: EMAIL.to_owned(),
    };
    let entry = session.note("survey.draft", format!("draft {}", listed.survey.name));
    session.store.add_survey_draft(site.site_id, &draft, &entry).await?;
    Ok(())
}

/// Shares what came of the spring sale with its agency, and prints the link: it is shown once.
async fn share(session: &Session, site: &Site) -> Result<(), Failure> {
    let fields = segment::pairs("range=30d&campaign=spring-sale");
    let draft = Draft { name: "The agency of the spring sale", path: "overview", fields: &fields, ..Draft::default() };
    let checked = draft.check().map_err(|faults| Failure(format!("the shared report: {faults:?}")))?;
    let made = Made { path: draft.path, password: "", shows_words: false };
    let failed = |problem: Problem| Failure(problem.detail);
    let (share, secret) =
        make(&session.store, &session.clock, site.site_id, EMAIL, checked, made).await.map_err(failed)?;
    let link = member::share::address(&session.config, &site.key, &secret, &share);
    println!("\n  A report under a link       {link}");
    Ok(())
}

/// Where the shop's pages may come from: its address, by either of its names.
fn origins(shop: SocketAddr) -> Vec<String> {
    let port = shop.port();
    let own = format!("http://{shop}");
    // By its usual address it has one of these names already.
    BTreeSet::from([own, format!("http://localhost:{port}"), format!("http://127.0.0.1:{port}")]).into_iter().collect()
}

/// The visitors' addresses are made up; what a rate limit protects from does not happen here.
fn unlimited() -> RateLimit {
    RateLimit::new(None, NonZeroU32::MIN)
}

/// Sends every visit of the month as its browser would have, through the same door, at whose clock it is that time.
async fn send_month(session: &Session, site: &Site, visits_per_day: f64) -> Result<(), Failure> {
    let now_ms = session.clock.now_ms();
    let sites = SiteDirectory::new(session.store.clone(), session.clock.clone());
    let time = Arc::new(AtomicI64::new(now_ms));
    let ingest = Ingest::new(session.store.clone(), Clock::Manual(time.clone()), sites, unlimited())
        .with_countries(country::countries()?);
    let mut random = Random::new(SEED);
    let progress = progress_bar();
    let (mut views, mut visits, mut rejected) = (0, 0, 0);
    for days_ago in (0..DAYS).rev() {
        let day = day_before(&site.time_zone, now_ms, days_ago)?;
        let mut sending = JoinSet::new();
        for visit in month::day(&mut random, &site.key, day, visits_per_day, now_ms) {
            visits += 1;
            views += visit.views;
            if sending.len() >= CONCURRENT {
                rejected += finished(sending.join_next().await)?;
            }
            time.store(visit.sent_ms, Ordering::Relaxed);
            let prepared = ingest.prepare(request(&visit)).await.map_err(refused)?;
            let ingest = ingest.clone();
            sending.spawn(async move { Ok(ingest.keep(prepared).await.map_err(refused)?.rejected.len()) });
        }
        while let Some(result) = sending.join_next().await {
            rejected += finished(Some(result))?;
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    if rejected > 0 {
        return Err(format!("{rejected} items of the simulated month were rejected").into());
    }
    println!("A month of traffic is stored: {views} page views in {visits} visits.");
    Ok(())
}

fn finished(result: Option<Result<Result<usize, Failure>, tokio::task::JoinError>>) -> Result<usize, Failure> {
    match result {
        Some(Ok(rejected)) => rejected,
        Some(Err(error)) => Err(Failure(error.to_string())),
        None => Ok(0),
    }
}

/// One visit as it arrives.
fn request(visit: &Visit) -> BatchRequest<'_> {
    let address = country::address(visit.visitor, visit.language);
    let client = Client::new(visit.user_agent, visit.language, "", "");
    BatchRequest { body: visit.body.as_bytes(), origin: None, address, client, trapped: false, recipient: None }
}

fn refused(refusal: BatchRefusal) -> Failure {
    Failure(format!("a visit was refused: {refusal:?}"))
}

fn day_before(zone: &TimeZone, now_ms: i64, days_ago: i64) -> Result<Day, Failure> {
    let day = || -> Result<Day, jiff::Error> {
        let today = jiff::Timestamp::from_millisecond(now_ms)?.to_zoned(zone.clone()).date();
        let date = today.checked_sub(jiff::Span::new().days(days_ago))?;
        let start_ms = date.to_zoned(zone.clone())?.timestamp().as_millisecond();
        Ok(Day { start_ms, days_ago, weekday: date.weekday().to_monday_zero_offset() as usize })
    };
    day().map_err(|error| Failure(error.to_string()))
}

fn progress_bar() -> ProgressBar {
    let progress = if std::io::stderr().is_terminal() { ProgressBar::new(DAYS as u64) } else { ProgressBar::hidden() };
    let style = ProgressStyle::with_template("Simulating a month of visits {bar:30} day {pos} of {len}");
    progress.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    if progress.is_hidden() {
        println!("Simulating a month of visits.");
    }
    progress
}
