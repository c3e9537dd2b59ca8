//! What a team says of issues that were found: whose each is, how far it is, and when it was fixed; and who complained of it.

use crate::account::Member;
use crate::annotation::instant_ms;
use crate::audit::AuditEntry;
use crate::device::Device;
use crate::news::{News, NewsKind};
use crate::response::{COUNTED, Cursor, RESPONSE, ResponseRecord, response};
use crate::rollup::issue::{complains, was_met};
use crate::rollup::narrow::Narrow;
use crate::{Row, Statement, Store, StoreError, Value, params, text};
use jiff::tz::TimeZone;
use rapport_shared::id::Id;
use rapport_shared::limit::NAME_CHARACTERS;
use rapport_shared::survey::Fault;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// Longest note, in bytes of UTF-8.
pub const NOTE_BYTES: usize = 500;
/// Most issues of a site of which something is said.
pub const MOST: u64 = 10_000;

/// What an issue is, whatever it counts: a page or a route, a kind of failure, and what it is counted under.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IssueKey {
    /// The page, or the route of several.
    pub page: String,
    /// The kind: that of a signal, or `poor_lcp`, `poor_inp` or `poor_cls`.
    pub kind: String,
    /// The element, the error, or the task with its step; empty for poor vitals.
    pub label: String,
}

impl IssueKey {
    /// The id, by which anything links to it: a UUID of version 8 (RFC 9562, 5.8) made of the key, so that it is the same wherever
    /// and whenever the issue is found.
    pub fn id(&self) -> Id {
        let mut digest = Sha256::new_with_prefix("rapport issue 1");
        for part in [&self.page, &self.kind, &self.label] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest.finalize()[..16]);
        bytes[6] = 0x80 | (bytes[6] & 0x0f);
        bytes[8] = 0x80 | (bytes[8] & 0x3f);
        Id(bytes)
    }
}

/// How far an issue is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Nobody has said anything of it.
    #[default]
    New,
    /// Somebody works on it.
    InProgress,
    /// It was fixed.
    Fixed,
    /// It is known, and stays.
    Ignored,
}

impl Status {
    /// Every status, in the order in which they follow one another.
    pub const EACH: [Self; 4] = [Self::New, Self::InProgress, Self::Fixed, Self::Ignored];

    /// The name in the database and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::InProgress => "in_progress",
            Self::Fixed => "fixed",
            Self::Ignored => "ignored",
        }
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::InProgress => "In progress",
            Self::Fixed => "Fixed",
            Self::Ignored => "Ignored",
        }
    }

    /// The status of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|status| status.as_str() == name)
    }
}

/// When an issue was fixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// In epoch milliseconds.
    pub at_ms: i64,
    /// With which release; empty where none was named.
    pub release: String,
}

/// What is said of one issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueRecord {
    /// Which.
    pub key: IssueKey,
    /// How far it is.
    pub status: Status,
    /// The account whose it is.
    pub owner: Option<Id>,
    /// When it was fixed, where it is.
    pub fixed: Option<Fixed>,
    /// What else is said of it; may be empty.
    pub note: String,
    /// When it was last changed, in epoch milliseconds.
    pub changed_at_ms: i64,
    /// Who did, as [`AuditEntry::actor`].
    pub changed_by: String,
}

impl IssueRecord {
    /// What an audit entry calls it: its id, and what became of it.
    pub fn subject(&self) -> String {
        let release = self.fixed.as_ref().map_or("", |fixed| fixed.release.as_str());
        let with = if release.is_empty() { String::new() } else { format!(" with {release}") };
        format!("issue {} {}{with}", self.key.id().to_text(), self.status.as_str())
    }
}

impl IssueRecord {
    /// The news that it is fixed.
    fn news(&self, site_id: Id) -> News {
        let (key, id) = (&self.key, self.key.id().to_text());
        let release = self.fixed.as_ref().map_or("", |fixed| fixed.release.as_str());
        let with = if release.is_empty() { String::new() } else { format!(" with {release}") };
        let what = if key.label.is_empty() { &key.kind } else { &key.label };
        let facts = json!({ "issue": id, "page": key.page, "kind": key.kind, "label": key.label, "release": release });
        let about = format!("{id}:{}", self.changed_at_ms);
        News {
            page: key.page.clone(),
            path: format!("issues/{id}"),
            facts: facts.as_object().cloned().unwrap_or_default(),
            ..News::new(
                site_id,
                (NewsKind::IssueFixed, &about),
                &format!("Fixed{with}: {what} on {}", key.page),
                self.changed_at_ms,
            )
        }
    }
}

/// What is to be said of an issue, as it was typed or sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Draft<'a> {
    /// A name of [`Status`].
    pub status: &'a str,
    /// The mail address of a member; empty for nobody.
    pub owner: &'a str,
    /// When it was fixed: see [`instant_ms`]; empty for now. Only read where it is fixed.
    pub fixed_at: &'a str,
    /// With which release; may be empty. Only read where it is fixed.
    pub release: &'a str,
    /// What else is said; may be empty.
    pub note: &'a str,
}

impl Draft<'_> {
    /// What it comes to on a site with these members, whose clocks are those of `zone`, said now by `actor`.
    ///
    /// # Errors
    /// Everything that is wrong with it, by field.
    pub fn read(
        &self,
        key: IssueKey,
        (members, zone): (&[Member], &TimeZone),
        (actor, now_ms): (&str, i64),
    ) -> Result<IssueRecord, Vec<Fault>> {
        let mut faults = Vec::new();
        let status = Status::parse(self.status);
        if status.is_none() {
            let names = Status::EACH.map(Status::as_str).join(", ");
            faults.push(Fault::new("status", format!("must be one of {names}")));
        }
        let email = self.owner.trim().to_lowercase();
        let owner = members.iter().find(|member| member.email == email).map(|member| member.account_id);
        if owner.is_none() && !email.is_empty() {
            faults.push(Fault::new("owner", "must be the mail address of a member of the site, or empty for nobody"));
        }
        let is_fixed = status == Some(Status::Fixed);
        let at = self.fixed_at.trim();
        let at_ms = if at.is_empty() || !is_fixed { Some(now_ms) } else { instant_ms(at, zone) };
        match at_ms {
            None => faults.push(Fault::new(
                "fixed_at",
                "must be an instant such as 2026-03-31T14:05:00Z, or a day or a time by the site's clocks such as 2026-03-31 or \
                 2026-03-31T14:05, of the years 2000 to 2200",
            )),
            Some(at_ms) if at_ms > now_ms => {
                faults.push(Fault::new("fixed_at", "must not lie ahead: nothing is known of it yet"));
            }
            Some(_) => {}
        }
        let line = |text: &str| text::line(Cow::Owned(text.to_owned()), usize::MAX).trim().to_owned();
        let (release, note) = (line(self.release), line(self.note));
        if is_fixed && release.chars().count() > NAME_CHARACTERS {
            let has = release.chars().count();
            faults.push(Fault::new("release", format!("must be at most {NAME_CHARACTERS} characters, has {has}")));
        }
        if note.len() > NOTE_BYTES {
            faults.push(Fault::new("note", format!("must be at most {NOTE_BYTES} bytes of UTF-8, has {}", note.len())));
        }
        match (status, at_ms, faults.is_empty()) {
            (Some(status), Some(at_ms), true) => Ok(IssueRecord {
                key,
                status,
                owner,
                fixed: is_fixed.then_some(Fixed { at_ms, release }),
                note,
                changed_at_ms: now_ms,
                changed_by: actor.to_owned(),
            }),
            _ => Err(faults),
        }
    }
}

/// That a site has no room to say something of another issue.
pub fn full() -> Fault {
    Fault::new("status", format!("cannot be kept: something is said of {MOST} issues of the site already"))
}

const COLUMNS: &str =
    "page, kind, label, status, owner_account_id, fixed_at_ms, fixed_release, note, changed_at_ms, changed_by";

fn read_issue(row: &Row) -> Result<Option<IssueRecord>, StoreError> {
    let Some(status) = row.named_if_known("issue.status", Status::parse)? else { return Ok(None) };
    let release = row.text("fixed_release")?.to_owned();
    Ok(Some(IssueRecord {
        key: IssueKey {
            page: row.text("page")?.to_owned(),
            kind: row.text("kind")?.to_owned(),
            label: row.text("label")?.to_owned(),
        },
        status,
        owner: row.id_or_null("owner_account_id")?,
        fixed: row.int_or_null("fixed_at_ms")?.map(|at_ms| Fixed { at_ms, release }),
        note: row.text("note")?.to_owned(),
        changed_at_ms: row.int("changed_at_ms")?,
        changed_by: row.text("changed_by")?.to_owned(),
    }))
}

/// Who complained of an issue: which responses are meant.
#[derive(Clone, Copy, Debug)]
pub struct Complained<'a> {
    /// First instant, in epoch milliseconds: the start of an hour.
    pub from_ms: i64,
    /// First instant that is too late: the end of an hour.
    pub to_ms: i64,
    /// The pages of the issue.
    pub paths: &'a [String],
    /// Its kind and label: see [`IssueKey`].
    pub met: (&'a str, &'a str),
    /// Device, `None` for every device.
    pub device: Option<Device>,
    /// What else must hold.
    pub narrow: &'a Narrow,
    /// Only those after this place.
    pub after: Option<Cursor>,
    /// At most so many.
    pub limit: i64,
}

impl Store {
    /// Everything that is said of issues of a site.
    pub async fn issues(&self, site_id: Id) -> Result<Vec<IssueRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM issue WHERE site_id = $1 ORDER BY changed_at_ms, issue_id");
        let rows = self.read(sql, params![site_id]).await?;
        rows.iter().filter_map(|row| read_issue(row).transpose()).collect()
    }

    /// What is said of one.
    pub async fn issue(&self, site_id: Id, issue_id: Id) -> Result<Option<IssueRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM issue WHERE site_id = $1 AND issue_id = $2");
        let rows = self.read(sql, params![site_id, issue_id]).await?;
        Ok(rows.first().map(read_issue).transpose()?.flatten())
    }

    /// Puts this in place of what was said of an issue, and notes who did; false when the site has [`MOST`] already.
    pub async fn say_of_issue(&self, site_id: Id, issue: &IssueRecord, entry: &AuditEntry) -> Result<bool, StoreError> {
        let issue_id = issue.key.id();
        let before = self.issue(site_id, issue_id).await?;
        if before.is_none() {
            let count = "SELECT COUNT(*) AS issues FROM issue WHERE site_id = $1";
            let rows = self.read(count, params![site_id]).await?;
            if rows.first().map_or(Ok(0), |row| row.count("issues"))? >= MOST {
                return Ok(false);
            }
        }
        let sql = format!(
            "INSERT INTO issue (site_id, issue_id, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
             ON CONFLICT (site_id, issue_id) DO UPDATE SET status = excluded.status, owner_account_id = excluded.owner_account_id,
               fixed_at_ms = excluded.fixed_at_ms, fixed_release = excluded.fixed_release, note = excluded.note,
               changed_at_ms = excluded.changed_at_ms, changed_by = excluded.changed_by"
        );
        let IssueRecord { key, status, owner, fixed, note, changed_at_ms, changed_by } = issue;
        let fixed_at_ms = fixed.as_ref().map(|fixed| fixed.at_ms);
        let release = fixed.as_ref().map_or("", |fixed| fixed.release.as_str());
        let mut params = params![site_id, issue_id, &key.page, &key.kind, &key.label, status.as_str()];
        params.extend(params![*owner, fixed_at_ms, release, note, *changed_at_ms, changed_by]);
        let mut statements = vec![Statement::new(sql, params), entry.statement(site_id)];
        if *status == Status::Fixed && before.is_none_or(|before| before.status != Status::Fixed) {
            statements.push(crate::news::tell(site_id, &issue.news(site_id)));
        }
        self.write(statements).await.map(|_| true)
    }

    /// The newest responses with a low score or with words that were given in a view which met an issue. Suspicious ones are left
    /// out.
    pub async fn complaints(&self, site_id: Id, of: &Complained<'_>) -> Result<Vec<ResponseRecord>, StoreError> {
        if of.paths.is_empty() {
            return Ok(Vec::new());
        }
        let mut params: Vec<Value> = params![site_id, of.from_ms, of.to_ms, of.device, of.limit];
        let mut places = Vec::new();
        for path in of.paths {
            params.push(path.as_str().into());
            places.push(format!("${}", params.len()));
        }
        let mut sql = format!(
            "SELECT {RESPONSE} FROM response r
             WHERE r.site_id = $1 AND r.hour_ms >= $2 AND r.hour_ms < $3 AND r.occurred_at_ms < $3 AND r.clamped = 0 AND {COUNTED}
               AND ($4 = '' OR r.device = $4) AND r.path IN ({}) AND {} AND {}{}",
            places.join(", "),
            complains(),
            was_met(of.met, (of.narrow, (of.from_ms, of.to_ms)), &mut params),
            of.narrow.on_responses((of.from_ms, of.to_ms), &mut params)
        );
        if let Some(cursor) = of.after {
            let (instant, id) = (params.len() + 1, params.len() + 2);
            sql += &format!(
                " AND r.occurred_at_ms <= ${instant} AND (r.occurred_at_ms < ${instant} OR r.item_id < ${id})"
            );
            params.extend(params![cursor.occurred_at_ms, cursor.item_id]);
        }
        sql += " ORDER BY r.occurred_at_ms DESC, r.item_id DESC LIMIT $5";
        self.read(sql, params).await?.iter().map(response).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::role::Role;
    use crate::clock::Clock;
    use crate::site::directory::SiteDirectory;
    use crate::story_test::{BROKEN, HOSTILE, NOW_MS, RESPONSE as ANSWER, tell};
    use crate::test_store::{a_site, each_engine, note};

    fn key(label: &str) -> IssueKey {
        IssueKey { page: "/pay".into(), kind: "dead_click".into(), label: label.into() }
    }

    fn said(label: &str, status: Status) -> IssueRecord {
        IssueRecord {
            key: key(label),
            status,
            owner: Some(Id([5; 16])),
            fixed: (status == Status::Fixed).then(|| Fixed { at_ms: 70, release: "4.2".into() }),
            note: "In the next release".into(),
            changed_at_ms: 90,
            changed_by: "ada@example.com".into(),
        }
    }

    #[test]
    fn a_link_to_an_issue_led_to_another_one_after_the_next_release() {
        assert_eq!(key("#save").id().to_text(), "7e8dc4b5-d194-88b1-8c31-5f8ca6a7c140");
        let other = IssueKey { kind: "rage_click".into(), ..key("#save") };
        // What stands in one part is not taken for the next.
        let shifted = IssueKey { page: "/pay".into(), kind: "dead_click#".into(), label: "save".into() };
        let ids = [key("#save"), key("#other"), other, shifted].map(|key| key.id());
        assert!((1..4).all(|place| !ids[..place].contains(&ids[place])), "{ids:?}");
        assert_eq!(Id::parse(&ids[0].to_text()), Some(ids[0]));
    }

    #[test]
    fn what_is_wrong_with_a_status_is_told_by_field_with_its_limit() {
        let zone = TimeZone::get("Europe/Berlin").expect("a known zone");
        let members = [Member { account_id: Id([5; 16]), email: "ada@example.com".into(), role: Role::Viewer }];
        let read = |draft: Draft<'_>| draft.read(key("#save"), (&members, &zone), ("bob@example.com", NOW_MS));
        let draft = Draft {
            status: "fixed",
            owner: " Ada@example.com ",
            fixed_at: "2026-05-01",
            release: "4.2\n",
            note: "Shipped",
        };
        let found = read(draft).expect("a status");
        let fixed = found.fixed.clone().expect("fixed");
        assert_eq!((found.owner, fixed.release.as_str()), (Some(Id([5; 16])), "4.2"));
        assert_eq!(fixed.at_ms, instant_ms("2026-05-01", &zone).expect("a day"));
        assert!(found.subject().ends_with("fixed with 4.2"), "{}", found.subject());
        let open = read(Draft { status: "new", ..draft }).expect("a status");
        assert_eq!(open.fixed, None, "what is not fixed has no day of it");
        let fields = |draft: Draft<'_>| -> Vec<String> {
            let faults = read(draft).expect_err("at fault");
            faults.iter().map(ToString::to_string).collect()
        };
        let long = "x".repeat(501);
        let all = fields(Draft { status: "done", owner: "eve@example.com", fixed_at: "", release: &long, note: &long });
        assert_eq!(all.len(), 3, "{all:?}");
        assert!(all[0].starts_with("status: must be one of new, in_progress, fixed, ignored"), "{all:?}");
        assert!(all[1].starts_with("owner: must be the mail address of a member"), "{all:?}");
        assert_eq!(all[2], "note: must be at most 500 bytes of UTF-8, has 501");
        assert_eq!(fields(Draft { fixed_at: "soon", release: &long, ..draft }).len(), 2);
        assert!(fields(Draft { fixed_at: "2026-05-07", ..draft })[0].starts_with("fixed_at: must not lie ahead"));
    }

    #[tokio::test]
    async fn what_is_said_of_an_issue_stays_with_it_and_is_noted() {
        each_engine(async |store| {
            let (site, other) = (Id([1; 16]), Id([2; 16]));
            let first = said("#save", Status::InProgress);
            assert_eq!(store.say_of_issue(site, &first, &note(1)).await, Ok(true));
            assert_eq!(store.issue(site, first.key.id()).await, Ok(Some(first.clone())));
            assert_eq!(store.issue(other, first.key.id()).await, Ok(None));
            let fixed = said("#save", Status::Fixed);
            assert_eq!(store.say_of_issue(site, &fixed, &note(2)).await, Ok(true));
            store.say_of_issue(site, &said("#other", Status::Ignored), &note(3)).await.unwrap();
            let all = store.issues(site).await.unwrap();
            assert_eq!(all.len(), 2);
            assert!(all.contains(&fixed), "{all:?}");
            assert_eq!(store.issues(other).await, Ok(vec![]));
            assert_eq!(store.audit_entries(site, None, 10).await.unwrap().len(), 3);
        })
        .await;
    }

    #[tokio::test]
    async fn who_complained_is_found_with_what_they_met_and_nobody_else() {
        each_engine(async |store| {
            let site = a_site("shop");
            store.add_site(&site).await.unwrap();
            let sites = SiteDirectory::new(store.clone(), Clock::System);
            tell(&store, &sites, &site).await;
            let (paths, narrow) = ([BROKEN.to_owned()], Narrow::default());
            let of = Complained {
                from_ms: NOW_MS - 20 * 24 * 3_600_000,
                to_ms: NOW_MS + 1,
                paths: &paths,
                met: ("dead_click", HOSTILE),
                device: None,
                narrow: &narrow,
                after: None,
                limit: 5,
            };
            let error = format!("TypeError: {HOSTILE}");
            for met in [("dead_click", HOSTILE), ("rage_click", HOSTILE), ("error", error.as_str()), ("poor_lcp", "")] {
                let found = store.complaints(site.site_id, &Complained { met, ..of }).await.unwrap();
                assert_eq!(found.iter().map(|one| one.item_id).collect::<Vec<_>>(), [ANSWER], "{met:?}");
                let next = Complained { met, after: found.last().map(Cursor::of), ..of };
                assert_eq!(store.complaints(site.site_id, &next).await, Ok(vec![]), "{met:?}");
            }
            let release = Narrow { release: Some("9".into()), ..Narrow::default() };
            for none in [
                Complained { met: ("dead_click", "another"), ..of },
                Complained { met: ("poor_cls", ""), ..of },
                Complained { paths: &["/".to_owned()], ..of },
                Complained { paths: &[], ..of },
                Complained { device: Some(Device::Tablet), ..of },
                Complained { narrow: &release, ..of },
            ] {
                assert_eq!(store.complaints(site.site_id, &none).await, Ok(vec![]), "{none:?}");
            }
        })
        .await;
    }
}
