//! What can be set of a website: the rules, for the command line, pages and servers alike, and the changes that they come to.

use crate::audit::AuditEntry;
use crate::calendar::zone;
use crate::clock::Clock;
use crate::job::NewJob;
use crate::site::{Site, WATCHES, origin};
use crate::{Statement, Store, StoreError, params};
use jiff::tz::TimeZone;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use std::collections::HashSet;

/// Longest name of a site, in characters.
pub const NAME_CHARACTERS: usize = 120;
/// Most origins of a site.
pub const ORIGINS: usize = 100;
/// Most days between any two surveys that appear of their own accord.
pub const COOLDOWN_DAYS: u32 = 3_650;

/// What is set of a site.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What people call it.
    pub name: String,
    /// Origins whose pages may send, each once.
    pub origins: Vec<String>,
    /// The zone its days are cut in.
    pub time_zone: TimeZone,
    /// Days that pass between any two surveys that appear of their own accord; 0 for no limit.
    pub cooldown_days: u32,
    /// Of how many views in a hundred clicks are kept for heat maps.
    pub heat_percent: u32,
    /// What pages watch besides: some of [`WATCHES`].
    pub watches: Vec<&'static str>,
}

/// The same as somebody writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// 1 to [`NAME_CHARACTERS`].
    pub name: String,
    /// 1 to [`ORIGINS`] of them, as people write them.
    pub origins: Vec<String>,
    /// A zone that browsers know, such as `Europe/Berlin`.
    pub time_zone: String,
    /// 0 to [`COOLDOWN_DAYS`].
    pub cooldown_days: String,
    /// 0 to 100.
    pub heat_percent: String,
    /// Names of [`WATCHES`].
    pub watches: Vec<String>,
}

/// The name as it is kept.
///
/// # Errors
/// The limit.
pub fn name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if !(1..=NAME_CHARACTERS).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(format!("must be 1 to {NAME_CHARACTERS} characters in one line"));
    }
    Ok(name.to_owned())
}

/// The origins as browsers write them, each once, in the order given.
///
/// # Errors
/// What is wrong with the first that is none, or how many there may be.
pub fn origins(written: &[String]) -> Result<Vec<String>, String> {
    let mut seen = HashSet::new();
    let mut origins = Vec::new();
    for text in written {
        let origin = origin::normalize(text)?;
        if seen.insert(origin.clone()) {
            origins.push(origin);
        }
    }
    match origins.len() {
        0 => Err("must name at least one: without an origin no page can send".to_owned()),
        1..=ORIGINS => Ok(origins),
        _ => Err(format!("must be at most {ORIGINS}")),
    }
}

/// The zone of that name.
///
/// # Errors
/// That browsers know none such.
pub fn time_zone(name: &str) -> Result<TimeZone, String> {
    let reason = || format!("there is no time zone {name} that browsers know: use a name such as Europe/Berlin");
    zone(name.trim()).ok_or_else(reason)
}

fn whole(text: &str, most: u32) -> Result<u32, String> {
    let number = text.trim().parse().ok().filter(|number| *number <= most);
    number.ok_or_else(|| format!("must be a whole number from 0 to {most}"))
}

fn watches(names: &[String]) -> Result<Vec<&'static str>, String> {
    match names.iter().find(|name| !WATCHES.contains(&name.as_str())) {
        Some(unknown) => Err(format!("knows no {unknown}: it is one of {}", WATCHES.join(", "))),
        None => Ok(WATCHES.into_iter().filter(|known| names.iter().any(|name| name == known)).collect()),
    }
}

impl Draft {
    /// What is set already, as one would write it.
    pub fn of(settings: &Settings) -> Self {
        Self {
            name: settings.name.clone(),
            origins: settings.origins.clone(),
            time_zone: settings.time_zone.iana_name().unwrap_or("UTC").to_owned(),
            cooldown_days: settings.cooldown_days.to_string(),
            heat_percent: settings.heat_percent.to_string(),
            watches: settings.watches.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    /// What it means.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn check(&self) -> Result<Settings, Vec<Fault>> {
        let mut faults = Vec::new();
        let settings = Settings {
            name: kept(&mut faults, "name", name(&self.name), String::new()),
            origins: kept(&mut faults, "origins", origins(&self.origins), Vec::new()),
            time_zone: kept(&mut faults, "time_zone", time_zone(&self.time_zone), TimeZone::UTC),
            cooldown_days: kept(&mut faults, "cooldown_days", whole(&self.cooldown_days, COOLDOWN_DAYS), 0),
            heat_percent: kept(&mut faults, "heat_percent", whole(&self.heat_percent, 100), 0),
            watches: kept(&mut faults, "watches", watches(&self.watches), Vec::new()),
        };
        if faults.is_empty() { Ok(settings) } else { Err(faults) }
    }
}

/// The value, or another after its fault was noted.
fn kept<T>(faults: &mut Vec<Fault>, field: &str, value: Result<T, String>, otherwise: T) -> T {
    value.unwrap_or_else(|reason| {
        faults.push(Fault::new(field, reason));
        otherwise
    })
}

/// What a change of settings did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// How many changes were noted.
    pub changes: usize,
    /// Days that are counted anew in another zone; `None` where the zone stayed.
    pub recounted_days: Option<usize>,
}

/// Why another site may not be called so.
pub fn taken(site: &Site) -> String {
    format!("is that of a site that is there already, with the key {}", site.key)
}

impl Store {
    /// What is set of a site.
    pub async fn site_settings(&self, site: &Site) -> Result<Settings, StoreError> {
        let (site_id, watches) = (site.site_id, self.site_watches(site.site_id).await?);
        Ok(Settings {
            name: site.name.clone(),
            origins: site.origins.clone(),
            time_zone: site.time_zone.clone(),
            cooldown_days: self.site_cooldown_days(site_id).await?,
            heat_percent: self.site_heat_percent(site_id).await?,
            watches: WATCHES.into_iter().filter(|known| watches.split(' ').any(|name| name == *known)).collect(),
        })
    }

    /// Another site that people call so, since every command finds a site by its name too.
    pub async fn other_site_called(&self, name: &str, site_id: Option<Id>) -> Result<Option<Site>, StoreError> {
        let sites = self.sites().await?;
        Ok(sites.into_iter().find(|site| Some(site.site_id) != site_id && site.is_called(name)))
    }

    /// Sets what is other than it was, and notes each change in the name of `actor`; `later` counts days anew where the zone changes.
    ///
    /// # Errors
    /// When the store is away; the fields at fault are in the result, and then nothing was changed.
    pub async fn change_site_settings(
        &self,
        site: &Site,
        settings: &Settings,
        later: &NewJob,
        (actor, clock): (&str, &Clock),
    ) -> Result<Result<Done, Vec<Fault>>, StoreError> {
        let before = self.site_settings(site).await?;
        if let Some(other) = self.other_site_called(&settings.name, Some(site.site_id)).await? {
            return Ok(Err(vec![Fault::new("name", taken(&other))]));
        }
        let mut done = Done::default();
        let zone_name = |zone: &TimeZone| zone.iana_name().unwrap_or("UTC").to_owned();
        let (old_zone, new_zone) = (zone_name(&before.time_zone), zone_name(&settings.time_zone));
        if old_zone != new_zone {
            let subject = format!("time zone from {old_zone} to {new_zone}");
            let entry = AuditEntry::now(clock, actor, "time_zone.change", subject);
            match self.set_site_time_zone(site, &settings.time_zone, (later, &entry), clock).await? {
                Ok(days) => done = Done { changes: 1, recounted_days: Some(days) },
                Err(reason) => return Ok(Err(vec![Fault::new("time_zone", reason)])),
            }
        }
        let changes = changes(&before, settings);
        done.changes += changes.len();
        if !changes.is_empty() {
            let sql = "UPDATE site SET name = $2, origins = $3, cooldown_days = $4, heat_percent = $5, watches = $6 WHERE site_id = $1";
            let params = params![
                site.site_id,
                &settings.name,
                serde_json::Value::from(settings.origins.clone()).to_string(),
                i64::from(settings.cooldown_days),
                i64::from(settings.heat_percent),
                settings.watches.join(" "),
            ];
            let notes = changes
                .into_iter()
                .map(|(action, subject)| AuditEntry::now(clock, actor, action, subject).statement(site.site_id));
            let statements = std::iter::once(Statement::new(sql, params)).chain(notes).collect();
            self.write(statements).await?;
        }
        Ok(Ok(done))
    }
}

/// What differs, as it is noted; but for the zone.
fn changes(before: &Settings, now: &Settings) -> Vec<(&'static str, String)> {
    let mut changes = Vec::new();
    if before.name != now.name {
        changes.push(("site.rename", format!("site from {} to {}", before.name, now.name)));
    }
    let added = now.origins.iter().filter(|origin| !before.origins.contains(origin));
    changes.extend(added.map(|origin| ("origin.add", format!("origin {origin}"))));
    let removed = before.origins.iter().filter(|origin| !now.origins.contains(origin));
    changes.extend(removed.map(|origin| ("origin.remove", format!("origin {origin}"))));
    if before.cooldown_days != now.cooldown_days {
        let days = now.cooldown_days;
        changes.push(("cooldown.change", format!("cooldown to {days} day{}", if days == 1 { "" } else { "s" })));
    }
    if before.heat_percent != now.heat_percent {
        changes.push(("heatmap.change", format!("heat maps to {} % of views", now.heat_percent)));
    }
    if before.watches != now.watches {
        let told = if now.watches.is_empty() { "nothing besides".to_owned() } else { now.watches.join(" and ") };
        changes.push(("watch.change", format!("what pages watch to {told}")));
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::IfKnown;
    use crate::test_store::{a_site, each_engine};

    fn later() -> NewJob {
        NewJob {
            kind: "recount_days".into(),
            key: "shop".into(),
            site_id: None,
            payload: "null".into(),
            due_at_ms: 1,
            if_known: IfKnown::Postpone,
        }
    }

    #[test]
    fn every_field_at_fault_is_named_at_once() {
        let good = Draft {
            name: " Shop ".into(),
            origins: vec!["https://Shop.example/".into(), "https://shop.example".into()],
            time_zone: "Europe/Berlin".into(),
            cooldown_days: "7".into(),
            heat_percent: "100".into(),
            watches: vec!["requests".into()],
        };
        let settings = good.check().unwrap();
        assert_eq!((settings.name.as_str(), settings.origins.len(), settings.cooldown_days), ("Shop", 1, 7));
        assert_eq!(Draft::of(&settings).check(), Ok(settings));
        let bad = Draft {
            name: " ".into(),
            origins: vec!["shop.example".into()],
            time_zone: "Mars/Olympus".into(),
            cooldown_days: "3651".into(),
            heat_percent: "-1".into(),
            watches: vec!["everything".into()],
        };
        let fields: Vec<_> = bad.check().unwrap_err().into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["name", "origins", "time_zone", "cooldown_days", "heat_percent", "watches"]);
        for (field, draft) in [
            ("name", Draft { name: "a".repeat(NAME_CHARACTERS + 1), ..good.clone() }),
            ("name", Draft { name: "two\nlines".into(), ..good.clone() }),
            ("origins", Draft { origins: vec![], ..good.clone() }),
            (
                "origins",
                Draft { origins: (0..=ORIGINS).map(|n| format!("https://{n}.example")).collect(), ..good.clone() },
            ),
            ("cooldown_days", Draft { cooldown_days: "1.5".into(), ..good.clone() }),
        ] {
            assert_eq!(draft.check().unwrap_err()[0].field, field);
        }
    }

    #[tokio::test]
    async fn what_is_saved_is_what_is_read_and_only_what_changed_is_noted() {
        each_engine(async |store| {
            let (site, other) = (a_site("shop"), Site { name: "Blog".into(), ..a_site("blog") });
            store.add_site(&site).await.unwrap();
            store.add_site(&other).await.unwrap();
            let before = store.site_settings(&site).await.unwrap();
            let who = ("eve@example.com", &Clock::System);
            let same = store.change_site_settings(&site, &before, &later(), who).await.unwrap();
            assert_eq!(same, Ok(Done::default()));
            let now = Settings {
                name: "Store".into(),
                origins: vec!["https://store.example".into(), before.origins[0].clone()],
                time_zone: TimeZone::get("America/New_York").unwrap(),
                cooldown_days: 1,
                heat_percent: 5,
                watches: vec!["images", "requests"],
            };
            let done = store.change_site_settings(&site, &now, &later(), who).await.unwrap().unwrap();
            assert_eq!(done, Done { changes: 7, recounted_days: Some(0) });
            let site = store.site_by_key("shop").await.unwrap().unwrap();
            assert_eq!(store.site_settings(&site).await, Ok(now.clone()));
            let noted = store.audit_entries(site.site_id, None, 20).await.unwrap();
            assert!(noted.len() == 7 && noted.iter().all(|entry| entry.actor == "eve@example.com"), "{noted:?}");
            assert!(noted.iter().any(|entry| entry.subject == "cooldown to 1 day"), "{noted:?}");
            let named = Settings { name: "blog".into(), ..now };
            let refused = store.change_site_settings(&site, &named, &later(), who).await.unwrap().unwrap_err();
            assert!(refused[0].field == "name" && refused[0].reason.contains("blog"), "{refused:?}");
            assert_eq!(store.audit_entries(site.site_id, None, 20).await.unwrap().len(), 7);
        })
        .await;
    }
}
