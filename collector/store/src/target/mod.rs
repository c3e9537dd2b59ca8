//! Targets of tickets: what is promised of each, when it falls due, and whether it was kept.
//!
//! They are reckoned from the events of a ticket and the hours of its site ([`reckon`]), and kept so that lists can be put in order
//! by them and shares be counted. Whatever changes a ticket sets its `changed_at_ms`, by which the job finds it.

pub mod reckon;

pub use reckon::{Happened, History, Standing, Taken, Target, Versions};

use crate::clock::Clock;
use crate::engine::value::placeholders;
use crate::hours::TargetKind;
use crate::{Row, Statement, Store, StoreError, Value, params};
use rapport_shared::id::Id;
use std::collections::{BTreeMap, HashMap};

/// Tickets of one statement.
const TICKETS: usize = 200;
/// Before the address of who wrote and is not known to take part, in `ticket_event.actor`.
pub(crate) const UNVERIFIED: &str = "unverified:";
/// Who did what no person did, in `ticket_event.actor`.
const ROBOT: &str = "robot";

const COLUMNS: &str = "kind, round, hours_version, promised, started_at_ms, due_at_ms, met_at_ms, left_ms";

fn read_target(row: &Row) -> Result<Target, StoreError> {
    Ok(Target {
        kind: row.named("kind", TargetKind::named)?,
        round: row.int("round")?,
        version: row.int("hours_version")?,
        promised: row.text("promised")?.to_owned(),
        started_at_ms: row.int("started_at_ms")?,
        due_at_ms: row.int_or_null("due_at_ms")?,
        met_at_ms: row.int_or_null("met_at_ms")?,
        left_ms: row.int_or_null("left_ms")?,
    })
}

/// A ticket whose targets have to be reckoned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreckoned {
    /// The ticket.
    pub ticket_id: Id,
    /// When it was changed, in epoch milliseconds.
    pub changed_at_ms: i64,
    /// What happened to it.
    pub history: History,
}

/// A target with the ticket that it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfTicket {
    /// The ticket.
    pub ticket_id: Id,
    /// What people call it.
    pub code: String,
    /// What it is about.
    pub subject: String,
    /// Whose it is.
    pub owner_id: Option<Id>,
    /// The target.
    pub target: Target,
}

/// How many targets of a kind fell due in a period, and how many of them were kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Of which kind.
    pub kind: TargetKind,
    /// How many fell due.
    pub due: u64,
    /// How many of them were done in time.
    pub met: u64,
}

/// A due time that changed hours moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Of which target.
    pub kind: TargetKind,
    /// Which of its kind.
    pub round: i64,
    /// The versions of the hours before and after.
    pub versions: (i64, i64),
    /// When it fell due by the one, and by the other, in epoch milliseconds.
    pub due_ms: (Option<i64>, Option<i64>),
    /// When it was moved, in epoch milliseconds.
    pub changed_at_ms: i64,
}

/// A ticket that was merged into another.
struct Merged {
    ticket_id: Id,
    into: Id,
    opened_at_ms: i64,
}

/// What matters of the events of one ticket.
#[derive(Default)]
struct OfOne {
    events: Vec<(i64, Happened)>,
    /// When it was last merged into another, where it was.
    merged_at_ms: i64,
}

/// Some tickets, those that were merged into them, and what happened to each.
struct Known {
    merged: Vec<Merged>,
    of: HashMap<Id, OfOne>,
}

impl Known {
    /// What happened to one, and to those merged into it, of which none is merged into itself by others.
    fn history(&self, ticket_id: Id, opened_at_ms: i64) -> History {
        let events = self.of.get(&ticket_id).map_or_else(Vec::new, |of| of.events.clone());
        let own = self.merged.iter().filter(|one| one.into == ticket_id);
        let taken = own.map(|one| Taken {
            merged_at_ms: self.of.get(&one.ticket_id).map_or(one.opened_at_ms, |of| of.merged_at_ms),
            history: self.history(one.ticket_id, one.opened_at_ms),
        });
        History { opened_at_ms, events, is_merged: false, taken: taken.collect() }
    }
}

/// Whether an event of a merge is that of the ticket that was merged into the other.
fn is_into(detail: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(detail).is_ok_and(|detail| detail["into"] == true)
}

/// The statement that has the open targets of a site reckoned anew: it belongs into the transaction that changes the hours.
pub(crate) fn reckoning_open(site_id: Id, now_ms: i64) -> Statement {
    let sql = "UPDATE ticket SET reckoned_at_ms = NULL WHERE site_id = $1 AND EXISTS (SELECT 1 FROM ticket_target t
         WHERE t.site_id = ticket.site_id AND t.ticket_id = ticket.ticket_id AND t.met_at_ms IS NULL
           AND (t.due_at_ms IS NULL OR t.due_at_ms > $2))";
    Statement::new(sql, params![site_id, now_ms])
}

/// What of an event matters.
fn happened(kind: &str, actor: &str, detail: &str) -> Option<Happened> {
    let is_robot = actor == ROBOT || actor.starts_with("robot:");
    match kind {
        // Whoever nobody has vouched for is not the customer.
        "received" if !is_robot && !actor.starts_with(UNVERIFIED) => Some(Happened::Received),
        "reply" if !is_robot => Some(Happened::Answered),
        // Robots may move a ticket; whoever did, it is in that state.
        "state" | "reopened" => {
            let detail: serde_json::Value = serde_json::from_str(detail).ok()?;
            Some(Happened::State(detail.get("to")?.as_str()?.to_owned()))
        }
        _ => None,
    }
}

fn ids(site_id: Id, ticket_ids: &[Id]) -> Vec<Value> {
    let mut params = params![site_id];
    params.extend(ticket_ids.iter().map(|id| Value::from(*id)));
    params
}

impl Store {
    /// Those of some sites where targets have to be reckoned.
    pub async fn sites_to_reckon(&self, sites: &[Id]) -> Result<Vec<Id>, StoreError> {
        if sites.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT DISTINCT site_id FROM ticket WHERE (reckoned_at_ms IS NULL OR reckoned_at_ms <> changed_at_ms)
               AND site_id IN ({}) ORDER BY site_id",
            placeholders(1, sites.len())
        );
        let params = sites.iter().map(|site_id| Value::from(*site_id)).collect();
        self.read(sql, params).await?.iter().map(|row| row.id("site_id")).collect()
    }

    /// Tickets of a site whose targets have to be reckoned, in order of their ids from after `after` on, with what happened to them.
    pub async fn tickets_to_reckon(&self, site_id: Id, after: Id, limit: u32) -> Result<Vec<Unreckoned>, StoreError> {
        let sql = "SELECT ticket_id, changed_at_ms, opened_at_ms, merged_into FROM ticket
             WHERE site_id = $1 AND ticket_id > $2 AND (reckoned_at_ms IS NULL OR reckoned_at_ms <> changed_at_ms)
             ORDER BY ticket_id LIMIT $3";
        let rows = self.read(sql, params![site_id, after, i64::from(limit)]).await?;
        let ticket_ids = rows.iter().map(|row| row.id("ticket_id")).collect::<Result<Vec<_>, _>>()?;
        let merged = self.merged_below(site_id, &ticket_ids).await?;
        let each: Vec<_> = ticket_ids.iter().copied().chain(merged.iter().map(|one| one.ticket_id)).collect();
        let known = Known { merged, of: self.events_that_matter(site_id, &each).await? };
        rows.iter()
            .map(|row| {
                let (ticket_id, opened_at_ms) = (row.id("ticket_id")?, row.int("opened_at_ms")?);
                let is_merged = row.id_or_null("merged_into")?.is_some();
                let history = History { is_merged, ..known.history(ticket_id, opened_at_ms) };
                Ok(Unreckoned { ticket_id, changed_at_ms: row.int("changed_at_ms")?, history })
            })
            .collect()
    }

    /// The tickets that were merged into some, and into these.
    async fn merged_below(&self, site_id: Id, ticket_ids: &[Id]) -> Result<Vec<Merged>, StoreError> {
        let (mut found, mut next) = (Vec::<Merged>::new(), ticket_ids.to_vec());
        while !next.is_empty() {
            let mut below = Vec::new();
            for chunk in next.chunks(TICKETS) {
                let sql = format!(
                    "SELECT ticket_id, merged_into, opened_at_ms FROM ticket WHERE site_id = $1 AND merged_into IN ({})
                     ORDER BY opened_at_ms, ticket_id",
                    placeholders(2, chunk.len())
                );
                for row in self.read(sql, ids(site_id, chunk)).await? {
                    let (ticket_id, into) = (row.id("ticket_id")?, row.id("merged_into")?);
                    if found.iter().all(|known| known.ticket_id != ticket_id) {
                        below.push(ticket_id);
                        found.push(Merged { ticket_id, into, opened_at_ms: row.int("opened_at_ms")? });
                    }
                }
            }
            next = below;
        }
        Ok(found)
    }

    /// What matters of the events of tickets, in order of time.
    async fn events_that_matter(&self, site_id: Id, ticket_ids: &[Id]) -> Result<HashMap<Id, OfOne>, StoreError> {
        let mut events: HashMap<Id, OfOne> = HashMap::new();
        for chunk in ticket_ids.chunks(TICKETS) {
            let sql = format!(
                "SELECT ticket_id, kind, actor, detail, occurred_at_ms FROM ticket_event
                 WHERE site_id = $1 AND kind IN ('received', 'reply', 'state', 'reopened', 'merged') AND ticket_id IN ({})
                 ORDER BY occurred_at_ms, event_id",
                placeholders(2, chunk.len())
            );
            for row in self.read(sql, ids(site_id, chunk)).await? {
                let (at_ms, detail) = (row.int("occurred_at_ms")?, row.text("detail")?);
                let of = events.entry(row.id("ticket_id")?).or_default();
                if row.text("kind")? == "merged" {
                    if is_into(detail) {
                        of.merged_at_ms = at_ms;
                    }
                } else if let Some(event) = happened(row.text("kind")?, row.text("actor")?, detail) {
                    of.events.push((at_ms, event));
                }
            }
        }
        Ok(events)
    }

    /// The targets of tickets, by kind and round.
    pub async fn targets_of(&self, site_id: Id, ticket_ids: &[Id]) -> Result<HashMap<Id, Vec<Target>>, StoreError> {
        let mut targets: HashMap<Id, Vec<Target>> = HashMap::new();
        for chunk in ticket_ids.chunks(TICKETS) {
            let sql = format!(
                "SELECT ticket_id, {COLUMNS} FROM ticket_target WHERE site_id = $1 AND ticket_id IN ({})
                 ORDER BY ticket_id, started_at_ms, kind, round",
                placeholders(2, chunk.len())
            );
            for row in self.read(sql, ids(site_id, chunk)).await? {
                targets.entry(row.id("ticket_id")?).or_default().push(read_target(&row)?);
            }
        }
        Ok(targets)
    }

    /// Keeps the targets of a ticket as they were reckoned from its change at `changed_at_ms`, in place of `before`, and notes what changed
    /// hours moved. Doing it twice comes to the same.
    pub async fn keep_targets(
        &self,
        site_id: Id,
        of: &Unreckoned,
        (before, after): (&[Target], &[Target]),
        clock: &Clock,
    ) -> Result<(), StoreError> {
        let now_ms = clock.now_ms();
        let remove = "DELETE FROM ticket_target WHERE site_id = $1 AND ticket_id = $2";
        let mut statements = vec![Statement::new(remove, params![site_id, of.ticket_id])];
        statements.extend(after.iter().map(|target| adding(site_id, of.ticket_id, target)));
        for moved in moved(before, after, now_ms) {
            statements.push(noting(site_id, of.ticket_id, &moved, clock));
        }
        // A change in the very millisecond of the one that was read would be of the same time: it is looked at once more.
        if of.changed_at_ms < now_ms {
            let sql =
                "UPDATE ticket SET reckoned_at_ms = $3 WHERE site_id = $1 AND ticket_id = $2 AND changed_at_ms = $3";
            statements.push(Statement::new(sql, params![site_id, of.ticket_id, of.changed_at_ms]));
        }
        // What happens to one that was merged is of the one that it became.
        if of.history.is_merged {
            let sql = "UPDATE ticket SET reckoned_at_ms = NULL WHERE site_id = $1 AND ticket_id =
                 (SELECT merged_into FROM ticket m WHERE m.site_id = $1 AND m.ticket_id = $2)";
            statements.push(Statement::new(sql, params![site_id, of.ticket_id]));
        }
        self.write(statements).await.map(|_| ())
    }

    /// Due times of a ticket that changed hours moved, the last first.
    pub async fn moved_targets(&self, site_id: Id, ticket_id: Id) -> Result<Vec<Moved>, StoreError> {
        let sql = "SELECT kind, round, version_before, version_after, due_before_ms, due_after_ms, changed_at_ms
             FROM ticket_target_change WHERE site_id = $1 AND ticket_id = $2 ORDER BY changed_at_ms DESC, change_id DESC";
        let read = |row: &Row| {
            Ok(Moved {
                kind: row.named("kind", TargetKind::named)?,
                round: row.int("round")?,
                versions: (row.int("version_before")?, row.int("version_after")?),
                due_ms: (row.int_or_null("due_before_ms")?, row.int_or_null("due_after_ms")?),
                changed_at_ms: row.int("changed_at_ms")?,
            })
        };
        self.read(sql, params![site_id, ticket_id]).await?.iter().map(read).collect()
    }

    /// How many targets of each kind fell due in `[from, until)`, and how many of them were kept. What has not fallen due by `now_ms` is not
    /// among them.
    pub async fn kept_targets(
        &self,
        site_id: Id,
        (from_ms, until_ms): (i64, i64),
        now_ms: i64,
    ) -> Result<Vec<Kept>, StoreError> {
        let sql = "SELECT kind, COUNT(*) AS due, SUM(CASE WHEN met_at_ms <= due_at_ms THEN 1 ELSE 0 END) AS met
             FROM ticket_target WHERE site_id = $1 AND due_at_ms >= $2 AND due_at_ms < $3 AND due_at_ms < $4
             GROUP BY kind ORDER BY kind";
        let rows = self.read(sql, params![site_id, from_ms, until_ms, now_ms]).await?;
        let read = |row: &Row| {
            Ok(Kept { kind: row.named("kind", TargetKind::named)?, due: row.count("due")?, met: row.count("met")? })
        };
        rows.iter().map(read).collect()
    }

    /// Targets of tickets that wait, not done and due before `before_ms`, those due first before others; at most `limit`. What was
    /// resolved late waits for nobody.
    pub async fn targets_due_before(
        &self,
        site_id: Id,
        before_ms: i64,
        limit: u32,
    ) -> Result<Vec<OfTicket>, StoreError> {
        self.targets_due_between(site_id, (i64::MIN, before_ms), limit).await
    }

    /// The same of those that fall due in `[from, until)`.
    pub async fn targets_due_between(
        &self,
        site_id: Id,
        (from_ms, until_ms): (i64, i64),
        limit: u32,
    ) -> Result<Vec<OfTicket>, StoreError> {
        let columns = COLUMNS.replace("kind,", "t.kind,");
        let sql = format!(
            "SELECT t.ticket_id, k.code, k.subject, k.owner_id, {columns} FROM ticket_target t
             JOIN ticket k ON k.site_id = t.site_id AND k.ticket_id = t.ticket_id
             WHERE t.site_id = $1 AND t.due_at_ms >= $2 AND t.due_at_ms < $3 AND t.met_at_ms IS NULL AND k.state <> 'resolved'
             ORDER BY t.due_at_ms, t.ticket_id, t.kind LIMIT $4"
        );
        let read = |row: &Row| {
            Ok(OfTicket {
                ticket_id: row.id("ticket_id")?,
                code: row.text("code")?.to_owned(),
                subject: row.text("subject")?.to_owned(),
                owner_id: row.id_or_null("owner_id")?,
                target: read_target(row)?,
            })
        };
        self.read(sql, params![site_id, from_ms, until_ms, i64::from(limit)]).await?.iter().map(read).collect()
    }
}

fn adding(site_id: Id, ticket_id: Id, target: &Target) -> Statement {
    let sql = format!(
        "INSERT INTO ticket_target (site_id, ticket_id, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (site_id, ticket_id, kind, round) DO NOTHING"
    );
    let params = params![
        site_id,
        ticket_id,
        target.kind.as_str(),
        target.round,
        target.version,
        &target.promised,
        target.started_at_ms,
        target.due_at_ms,
        target.met_at_ms,
        target.left_ms,
    ];
    Statement::new(sql, params)
}

/// What another version of the hours moved; a promise that is no longer made counts as moved to never.
fn moved(before: &[Target], after: &[Target], now_ms: i64) -> Vec<Moved> {
    let now: BTreeMap<_, _> = after.iter().map(|target| ((target.kind, target.round), target)).collect();
    let newest = after.iter().map(|target| target.version).max();
    let of = |old: &Target| {
        let new = now.get(&(old.kind, old.round));
        let version = new.map_or(newest.unwrap_or(old.version), |new| new.version);
        (version != old.version).then(|| Moved {
            kind: old.kind,
            round: old.round,
            versions: (old.version, version),
            due_ms: (old.due_at_ms, new.and_then(|new| new.due_at_ms)),
            changed_at_ms: now_ms,
        })
    };
    before.iter().filter_map(of).collect()
}

fn noting(site_id: Id, ticket_id: Id, moved: &Moved, clock: &Clock) -> Statement {
    let sql =
        "INSERT INTO ticket_target_change (site_id, change_id, ticket_id, kind, round, version_before, version_after,
           due_before_ms, due_after_ms, changed_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let params = params![
        site_id,
        clock.new_id(),
        ticket_id,
        moved.kind.as_str(),
        moved.round,
        moved.versions.0,
        moved.versions.1,
        moved.due_ms.0,
        moved.due_ms.1,
        moved.changed_at_ms,
    ];
    Statement::new(sql, params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hours::{Hours, Promise, Unit};
    use crate::site::Site;
    use crate::test_store::{a_site, each_engine, note};

    const HOUR_MS: i64 = 3_600_000;

    fn ms(text: &str) -> i64 {
        format!("{text}:00Z").parse::<jiff::Timestamp>().expect("an instant").as_millisecond()
    }

    /// A ticket as it is kept, opened and changed at an instant.
    async fn open(store: &Store, site: &Site, number: u8, at_ms: i64) {
        let sql = "INSERT INTO ticket (site_id, ticket_id, code, kind, subject, path, standing, words, state, priority, reopened, version, change_id, opened_at_ms,
               changed_at_ms)
             VALUES ($1, $2, $3, 'problem', 'It fails', '/', '', 0, 'new', 'normal', 0, 1, $2, $4, $4)";
        let params = params![site.site_id, Id([number; 16]), format!("T-{number}"), at_ms];
        store.write(vec![Statement::new(sql, params)]).await.unwrap();
    }

    async fn event(store: &Store, site: &Site, number: u8, at_ms: i64, (kind, actor, detail): (&str, &str, &str)) {
        let sql = "INSERT INTO ticket_event (site_id, event_id, ticket_id, kind, actor, text, detail, occurred_at_ms)
             VALUES ($1, $2, $3, $4, $5, '', $6, $7)";
        let id = Clock::System.new_id();
        let add = Statement::new(sql, params![site.site_id, id, Id([number; 16]), kind, actor, detail, at_ms]);
        let sql = "UPDATE ticket SET changed_at_ms = $3 WHERE site_id = $1 AND ticket_id = $2";
        let change = Statement::new(sql, params![site.site_id, Id([number; 16]), at_ms]);
        store.write(vec![add, change]).await.unwrap();
    }

    /// Reckons as the job does; how many tickets there were to reckon.
    async fn reckon(store: &Store, site: &Site, now_ms: i64) -> usize {
        let clock = Clock::manual(now_ms);
        let versions = Versions::new(store.hours_versions(site).await.unwrap());
        let found = store.tickets_to_reckon(site.site_id, Id([0; 16]), 100).await.unwrap();
        for of in &found {
            let before = store
                .targets_of(site.site_id, &[of.ticket_id])
                .await
                .unwrap()
                .remove(&of.ticket_id)
                .unwrap_or_default();
            let after = reckon::targets(&of.history, &versions, &before, now_ms);
            store.keep_targets(site.site_id, of, (&before, &after), &clock).await.unwrap();
        }
        found.len()
    }

    #[tokio::test]
    async fn targets_are_kept_counted_when_they_fall_due_and_moved_by_changed_hours() {
        each_engine(async |store| {
            // Monday, 4 May 2026; by the clocks of Berlin two hours more.
            let site = Site { time_zone: jiff::tz::TimeZone::UTC, ..a_site("shop") };
            let (other, none) = (a_site("other"), Vec::<Id>::new());
            for site in [&site, &other] {
                store.add_site(site).await.unwrap();
            }
            let monday = ms("2026-05-04T10:00");
            for (number, at_ms) in [(1, monday), (2, monday), (3, monday + 5 * HOUR_MS)] {
                open(&store, &site, number, at_ms).await;
            }
            assert_eq!(store.sites_to_reckon(&[other.site_id, site.site_id]).await, Ok(vec![site.site_id]));
            assert_eq!(store.sites_to_reckon(&[]).await, Ok(none));
            assert_eq!(reckon(&store, &site, monday + 5 * HOUR_MS).await, 3);
            assert_eq!(
                reckon(&store, &site, monday + 6 * HOUR_MS).await,
                1,
                "the one of that very millisecond, once more"
            );
            assert_eq!(reckon(&store, &site, monday + 6 * HOUR_MS).await, 0);

            // A robot and an acknowledgement are no response; a person is.
            event(&store, &site, 1, monday + HOUR_MS, ("reply", "robot", "{}")).await;
            event(&store, &site, 1, monday + HOUR_MS, ("acknowledged", "ada@example.com", "{}")).await;
            event(&store, &site, 2, monday + 2 * HOUR_MS, ("reply", "ada@example.com", "{}")).await;
            event(&store, &site, 2, monday + 3 * HOUR_MS, ("state", "ada@example.com", r#"{"to":"resolved"}"#)).await;
            let tuesday = monday + 24 * HOUR_MS;
            assert_eq!(reckon(&store, &site, tuesday + HOUR_MS).await, 2);
            let targets = store.targets_of(site.site_id, &[1, 2, 3].map(|number| Id([number; 16]))).await.unwrap();
            let first = |number: u8| targets[&Id([number; 16])][0].clone();
            assert_eq!((first(1).due_at_ms, first(1).met_at_ms), (Some(tuesday), None));
            assert_eq!((first(2).due_at_ms, first(2).met_at_ms), (Some(tuesday), Some(monday + 2 * HOUR_MS)));
            assert_eq!(first(3).due_at_ms, Some(tuesday + 5 * HOUR_MS));

            let kept = async |from, until, now| store.kept_targets(site.site_id, (from, until), now).await.unwrap();
            let line = |due, met| Kept { kind: TargetKind::FirstResponse, due, met };
            assert_eq!(kept(monday, tuesday + 24 * HOUR_MS, tuesday + HOUR_MS).await, [line(2, 1)]);
            assert_eq!(kept(monday, tuesday + 24 * HOUR_MS, tuesday + 6 * HOUR_MS).await, [line(3, 1)]);
            assert_eq!(kept(monday, tuesday, tuesday + HOUR_MS).await, [], "none fell due before");
            let late = store.targets_due_before(site.site_id, tuesday + HOUR_MS, 9).await.unwrap();
            assert_eq!(late.iter().map(|of| of.code.as_str()).collect::<Vec<_>>(), ["T-1"]);
            assert_eq!(store.targets_due_before(other.site_id, i64::MAX, 9).await, Ok(vec![]));

            // Another promise moves what has not fallen due, and says so.
            let promise =
                Promise { kind: TargetKind::FirstResponse, amount: 30, unit: Unit::Hours, paused_in: Vec::new() };
            let hours = Hours { promises: vec![promise], ..Hours::usual("UTC") };
            assert_eq!(store.add_hours(site.site_id, &hours, 0, &note(tuesday + 2 * HOUR_MS)).await, Ok(true));
            assert_eq!(reckon(&store, &site, tuesday + 3 * HOUR_MS).await, 1, "what is open and not overdue");
            let moved = store.moved_targets(site.site_id, Id([3; 16])).await.unwrap();
            let friday = ms("2026-05-08T13:00");
            assert_eq!(
                (moved[0].versions, moved[0].due_ms),
                ((0, 1), (Some(tuesday + 5 * HOUR_MS), Some(friday))),
                "two hours on Monday, three days of eight, four on Friday"
            );
            assert_eq!(store.moved_targets(site.site_id, Id([1; 16])).await, Ok(vec![]));
            let unmoved = store.targets_of(site.site_id, &[Id([1; 16])]).await.unwrap();
            assert_eq!((unmoved[&Id([1; 16])][0].version, unmoved[&Id([1; 16])][0].due_at_ms), (0, Some(tuesday)));
        })
        .await;
    }
}
