//! `rapport doctor`: looks whether a collector with these settings can keep its promises, and says it in plain words.

use super::{Failure, Session, without_password};
use crate::config::{Address, Config, MailTls};
use crate::job::worker::OVERDUE_MS;
use crate::mail::received::imap::{self, Unread};
use rapport_bundle::Asset;
use rapport_store::job::backlog::ListedJob;
use rapport_store::{MIGRATIONS, Store, StoreError};
use std::path::Path;

/// Free space below which the database's disk is a worry, in bytes (1 GiB).
const LOW_BYTES: u64 = 1 << 30;
/// Free space below which answers will soon be refused, in bytes (64 MiB).
const NO_BYTES: u64 = 64 << 20;
/// How far the database's clock and ours may be apart, in milliseconds.
const CLOCK_MS: i64 = 5_000;
/// How long an hour may wait to be rolled up, in milliseconds (10 minutes): the work looks every two seconds.
const WAIT_MS: i64 = 600_000;
/// No clock that is right says less: 2025-01-01, in epoch milliseconds.
const EARLIEST_MS: i64 = 1_735_689_600_000;

/// Longest wait for a mailbox.
const MAILBOX_PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);
/// Most hours and days that are counted as not rolled up.
const FAILURES: i64 = 1_000;
/// Most jobs that are counted.
const JOBS: i64 = 1_000;

enum Finding {
    Good(String),
    Doubtful(String),
    Bad(String),
}
use Finding::{Bad, Doubtful, Good};

/// Examines everything and prints what it found.
pub(super) async fn run(config: &Config) -> Result<(), Failure> {
    let mut findings = addresses(config);
    findings.push(disk(config));
    // Before it is opened, which mends it.
    findings.extend(privacy(config));
    findings.extend(countries(config));
    findings.push(mail(config));
    findings.push(mailbox(config).await);
    findings.push(holidays(rapport_store::clock::Clock::System.now_ms()));
    findings.extend(widget());
    match Session::open(config.clone()).await {
        Ok(session) => {
            findings.extend(database(&session).await);
            session.store.shut_down().await;
        }
        Err(Failure(reason)) => findings.push(Bad(reason)),
    }
    let mut bad = 0;
    for finding in &findings {
        match finding {
            Good(text) => println!("good      {text}"),
            Doubtful(text) => println!("doubtful  {text}"),
            Bad(text) => {
                bad += 1;
                println!("bad       {text}");
            }
        }
    }
    match bad {
        0 => Ok(()),
        1 => Err("1 thing has to be mended".into()),
        _ => Err(format!("{bad} things have to be mended").into()),
    }
}

fn addresses(config: &Config) -> Vec<Finding> {
    let base = config.base_url();
    let mut findings = vec![Good(format!("listens on {}, made for {base}", config.listen))];
    let only_here = config.only_here(&[Address::Script, Address::Collector]);
    findings.extend(only_here.iter().map(|only_here| Doubtful(only_here.reason())));
    if !config.is_https() && only_here.iter().all(|found| found.address != base) {
        findings.push(Doubtful(format!("{base} is not https: pages on https cannot load the widget")));
    }
    if config.is_https() && config.trusted_proxies.is_empty() {
        findings.push(Doubtful(
            "public_url is https, so a proxy stands before the collector, but trusted_proxies is empty: \
             all visitors look like one address, and share its rate limit"
                .into(),
        ));
    }
    findings
}

fn disk(config: &Config) -> Finding {
    let Some(path) = rapport_store::database_file(&config.database_url) else {
        return Good("the database keeps its data on another machine or disk: watch the space there".into());
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match rustix::fs::statvfs(folder) {
        Ok(space) => {
            let free_bytes = space.f_bavail.saturating_mul(space.f_frsize);
            let text = format!("{} MiB are free for the database in {}", free_bytes >> 20, folder.display());
            if free_bytes < NO_BYTES {
                Bad(text)
            } else if free_bytes < LOW_BYTES {
                Doubtful(text)
            } else {
                Good(text)
            }
        }
        Err(error) => Bad(format!("the database's folder {} cannot be looked at: {error}", folder.display())),
    }
}

/// The mail server. Whether it takes mails, `rapport mail test` says.
fn mail(config: &Config) -> Finding {
    match config.mail_server() {
        Ok(None) => Good("no mail server is set, so no reports are sent by mail (mail_url)".into()),
        Ok(Some(server))
            if server.tls == MailTls::None && !matches!(server.host.as_str(), "localhost" | "127.0.0.1" | "::1") =>
        {
            Doubtful(format!("mails to {} go in the clear over the network: set mail_tls", server.host))
        }
        Ok(Some(server)) => Good(format!("mails go to {}:{} as {}", server.host, server.port, server.from)),
        Err(reason) => Bad(reason),
    }
}

/// The mailbox to which customers write: whether it can be signed in to.
async fn mailbox(config: &Config) -> Finding {
    let mailbox = match config.mailbox() {
        Ok(None) => {
            return Good("no mailbox is set, so answers to mails come by a pipe or not at all (mail_in_url)".into());
        }
        Ok(Some(mailbox)) => mailbox,
        Err(reason) => return Bad(reason),
    };
    match tokio::time::timeout(MAILBOX_PATIENCE, imap::test(&mailbox)).await {
        Ok(Ok(mails)) => {
            let is_open =
                mailbox.tls == MailTls::None && !matches!(mailbox.host.as_str(), "localhost" | "127.0.0.1" | "::1");
            if is_open {
                return Doubtful(format!(
                    "mails of {} come in the clear over the network: set mail_in_tls",
                    mailbox.name()
                ));
            }
            Good(format!("the mailbox {} can be read: {mails} mails are in it", mailbox.name()))
        }
        Ok(Err(Unread::Server(reason))) => Bad(format!("the mailbox {} cannot be read: {reason}", mailbox.name())),
        Ok(Err(Unread::Store(error))) => Bad(error.to_string()),
        Err(_) => Bad(format!("the mailbox {} cannot be read: its server says nothing", mailbox.name())),
    }
}

/// The table of public holidays, which ends.
fn holidays(now_ms: i64) -> Finding {
    let last_year = rapport_store::hours::holiday::last_year();
    if crate::member::hours::ends_soon(now_ms) {
        return Doubtful(format!(
            "the table of public holidays ends with {last_year}: promises after it count them as business days, so update Rapport"
        ));
    }
    Good(format!("public holidays are known until the end of {last_year}"))
}

/// The database of countries, where there is to be one.
fn countries(config: &Config) -> Option<Finding> {
    let path = &config.country_database;
    (!path.is_empty()).then(|| match config.countries().refresh() {
        Ok(_) => Good(format!("countries are told by {path}")),
        Err(reason) => Bad(format!("country_database cannot be read, so countries are not known: {reason}")),
    })
}

fn privacy(config: &Config) -> Option<Finding> {
    let path = rapport_store::database_file(&config.database_url)?;
    let exposed = rapport_store::exposed_files(&config.database_url);
    if exposed.is_empty() {
        return Some(Good("nobody else on this machine can read the database".into()));
    }
    let named: Vec<_> = exposed.iter().map(|path| path.display().to_string()).collect();
    // Every start mends it; who opens it again and again should know.
    Some(Doubtful(format!(
        "others on this machine could read {} and so the secrets in {}: from now on only its owner can",
        named.join(", "),
        path.display()
    )))
}

fn widget() -> Vec<Finding> {
    let is_whole = |asset: &Asset| !asset.bytes.is_empty() && !asset.brotli.is_empty();
    let missing: Vec<_> =
        rapport_bundle::assets().iter().filter(|asset| !is_whole(asset)).map(|asset| asset.name).collect();
    if !missing.is_empty() {
        return vec![Bad(format!("this program was built without {}", missing.join(", ")))];
    }
    let bytes: usize = rapport_bundle::assets().iter().map(|asset| asset.brotli.len()).sum();
    let mut findings = vec![Good(format!("the widget is complete: {bytes} bytes, compressed"))];
    if !rapport_bundle::OPTIMISED {
        findings
            .push(Doubtful("the widget was built without wasm-opt: it works, but is larger than it need be".into()));
    }
    findings
}

async fn database(session: &Session) -> Vec<Finding> {
    let mut findings = Vec::new();
    let url = without_password(&session.config.database_url);
    findings.push(match session.store.missing_migrations().await {
        Ok(missing) if missing.is_empty() => {
            let newest = MIGRATIONS.last().map_or(0, |migration| migration.version);
            Good(format!("the database {url} answers, its tables are up to date ({newest})"))
        }
        Ok(missing) => Bad(format!("the tables are not up to date: the migrations {missing:?} did not run")),
        Err(error) => Bad(format!("the database {url} does not answer: {error}")),
    });
    let now_ms = session.clock.now_ms();
    findings.push(match session.store.try_writing(now_ms).await {
        Ok(()) => Good("the database can be written".into()),
        Err(error) => Bad(format!("the database cannot be written: {error}")),
    });
    findings.push(match session.store.ready().await {
        Ok(()) => Good("what browsers send could be stored now".into()),
        Err(reason) => {
            Bad(format!("what browsers send could not be stored: {reason} {}", reason.cause()).trim().into())
        }
    });
    match session.store.durable_settings().await {
        Ok(settings) => findings.extend(settings.into_iter().map(|setting| {
            if setting.is_safe {
                Good(format!("{} is {}: what is acknowledged survives a crash", setting.name, setting.value))
            } else {
                Bad(format!("{} is {}: a crash can lose acknowledged answers", setting.name, setting.value))
            }
        })),
        Err(error) => findings.push(Bad(format!("the database does not tell how it keeps data: {error}"))),
    }
    findings.push(match session.store.database_time_ms().await {
        _ if now_ms < EARLIEST_MS => Bad("this machine's clock is years behind".into()),
        Ok(time_ms) if time_ms > now_ms + CLOCK_MS => Bad("this machine's clock is behind the database's".into()),
        Ok(time_ms) if session.store.engine_name() == "postgres" && time_ms < now_ms - CLOCK_MS => {
            Bad("this machine's clock is ahead of the database's".into())
        }
        Ok(_) => Good("the clock is plausible".into()),
        Err(error) => Bad(format!("the database does not tell its time: {error}")),
    });
    findings.push(failures(session).await);
    findings.extend(wholeness(&session.store).await);
    findings.extend(overwritten(&session.store));
    findings.push(rollups(session, now_ms).await.unwrap_or_else(|bad| bad));
    findings.push(overdue_jobs(session, now_ms).await.unwrap_or_else(|bad| bad));
    findings.push(failed_jobs(&session.store).await.unwrap_or_else(|bad| bad));
    findings.push(people(session).await.unwrap_or_else(|bad| bad));
    findings
}

/// Whether there are hours or days that cannot be rolled up, and why the worst of them cannot.
async fn failures(session: &Session) -> Finding {
    match session.store.rollup_failures(FAILURES).await {
        Ok(failures) => match failures.first() {
            Some(worst) => Bad(format!(
                "{} hours or days cannot be rolled up, so reports show them as they were before: the {} that begins at {} \
                 of site {} was tried {} times: {}",
                failures.len(),
                worst.grain.as_str(),
                worst.bucket_ms,
                worst.site_id,
                worst.attempts,
                worst.reason
            )),
            None => Good("no hour or day failed to be rolled up".into()),
        },
        Err(error) => Bad(format!("the rollups cannot be looked at: {error}")),
    }
}

/// Of an embedded file; PostgreSQL checks its pages as it reads them.
async fn wholeness(store: &Store) -> Option<Finding> {
    if store.engine_name() != "sqlite" {
        return None;
    }
    Some(match store.damages().await {
        Ok(damages) if damages.is_empty() => Good("no page, index or constraint of the database is damaged".into()),
        Ok(damages) => Bad(format!(
            "the database is damaged: {}. Restore a backup (`rapport restore`), or save what can be read with sqlite3's \
             .recover",
            damages.join("; ")
        )),
        Err(error) => Bad(format!("the database cannot be read whole: {error}")),
    })
}

fn overwritten(store: &Store) -> Option<Finding> {
    let is_overwritten = store.is_overwritten().ok()?;
    (!is_overwritten).then(|| {
        Doubtful(
            "what was deleted by an earlier version is still in free pages of the database: run `rapport migrate` while no \
             collector runs"
                .into(),
        )
    })
}

async fn rollups(session: &Session, now_ms: i64) -> Result<Finding, Finding> {
    let store = &session.store;
    let away = |error| Bad(format!("the rollups cannot be looked at: {error}"));
    let backlog = store.rollup_backlog(now_ms).await.map_err(away)?;
    let Some(backlog) = backlog.filter(|backlog| now_ms - backlog.since_ms > WAIT_MS) else {
        return Ok(Good("the rollups are up to date".into()));
    };
    let sites = store.sites().await.map_err(away)?;
    let site = sites.iter().find(|site| site.site_id == backlog.site_id);
    let hour = jiff::Timestamp::from_millisecond(backlog.bucket_ms).map_or_else(
        |_| "an hour".into(),
        |hour| {
            let zone = site.map_or(jiff::tz::TimeZone::UTC, |site| site.time_zone.clone());
            hour.to_zoned(zone).strftime("%Y-%m-%d %H:%M (%Q)").to_string()
        },
    );
    let text = format!(
        "{} hours or days wait to be rolled up, the first for {} minutes: that from {hour} of {}",
        backlog.buckets,
        (now_ms - backlog.since_ms) / 60_000,
        site.map_or("a site that is gone", |site| &site.name),
    );
    if store.has_collector() == Some(false) {
        return Ok(Doubtful(format!("{text}. No collector runs that could do it")));
    }
    Ok(Bad(format!("the rollups stand still: {text}. Reports take longer and longer; the collector's log says why")))
}

/// A number of jobs, and one of them.
fn jobs(jobs: &[ListedJob], first: &ListedJob) -> String {
    let count = if jobs.len() as i64 == JOBS { format!("at least {JOBS}") } else { jobs.len().to_string() };
    let of_site = first.site_id.map_or_else(String::new, |site_id| format!(" of site {site_id}"));
    let why = if first.last_error.is_empty() { String::new() } else { format!(": {}", first.last_error) };
    format!("{count}, such as {} {}{of_site}, begun {} times{why}", first.kind, first.key, first.attempts)
}

fn jobs_away(error: StoreError) -> Finding {
    Bad(format!("the background jobs cannot be looked at: {error}"))
}

/// Whether there are jobs that nobody does, and why.
async fn overdue_jobs(session: &Session, now_ms: i64) -> Result<Finding, Finding> {
    let store = &session.store;
    let overdue = store.overdue_jobs(now_ms - OVERDUE_MS, JOBS).await.map_err(jobs_away)?;
    let Some(first) = overdue.first() else { return Ok(Good("no background job is overdue".into())) };
    let text = format!("background jobs are overdue, the first for {} minutes", (now_ms - first.due_at_ms) / 60_000);
    let text = format!("{text}: {}", jobs(&overdue, first));
    if store.has_collector() == Some(false) {
        return Ok(Doubtful(format!("{text}. No collector runs that could do it")));
    }
    Ok(Bad(format!(
        "{text}. The collector's log says why; a job of a kind that this version does not know waits for a newer one"
    )))
}

/// Whether there are jobs that were given up, and why the last of them was.
async fn failed_jobs(store: &Store) -> Result<Finding, Finding> {
    let failed = store.failed_jobs(JOBS).await.map_err(jobs_away)?;
    Ok(match failed.first() {
        Some(last) => Bad(format!(
            "background jobs failed for good: {}. See `rapport job list`, and `rapport job retry` once it is mended",
            jobs(&failed, last)
        )),
        None => Good("no background job failed for good".into()),
    })
}

async fn people(session: &Session) -> Result<Finding, Finding> {
    let away = |error| Bad(format!("the sites cannot be read: {error}"));
    let sites = session.store.site_ids().await.map_err(away)?;
    let lonely = session.store.sites_without_members().await.map_err(away)?;
    Ok(match (sites.len(), lonely.is_empty()) {
        (0, _) => Doubtful("there is no site yet: `rapport site add`".into()),
        (_, false) => Doubtful(format!("nobody is a member of {}: `rapport member add`", lonely.join(", "))),
        (count, true) => Good(format!("{count} site{}, each with members", if count == 1 { "" } else { "s" })),
    })
}
