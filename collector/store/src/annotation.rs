//! What a team marks on its charts: releases and notes, each at an instant.

use crate::audit::AuditEntry;
use crate::calendar::day_start_ms;
use crate::response::Cursor;
use crate::{Row, Statement, Store, StoreError, params, text};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use std::borrow::Cow;

/// Longest text, in bytes of UTF-8.
pub const TEXT_BYTES: usize = 500;
/// Most of a site.
pub const MOST: u64 = 10_000;
/// The years in which one can be.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2200;
/// Length of a day without a time, such as `2026-03-31`.
const DAY_CHARACTERS: usize = 10;

/// What is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnnotationKind {
    /// A release of the site.
    Release,
    /// Anything else that may have changed figures.
    Note,
}

impl AnnotationKind {
    /// Every kind.
    pub const EACH: [Self; 2] = [Self::Release, Self::Note];

    /// The name in the database and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Note => "note",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// One release or note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// Its id, a UUID of whoever sent it, else one of ours.
    pub annotation_id: Id,
    /// When it was, in epoch milliseconds.
    pub at_ms: i64,
    /// What it is.
    pub kind: AnnotationKind,
    /// What it says, 1 to [`TEXT_BYTES`].
    pub text: String,
    /// Who added it, as [`AuditEntry::actor`].
    pub actor: String,
    /// When it was added, in epoch milliseconds.
    pub created_at_ms: i64,
}

impl Annotation {
    /// What an audit entry calls it: `release 4.2.0`.
    pub fn subject(&self) -> String {
        format!("{} {}", self.kind.as_str(), self.text)
    }

    /// Whether another one says the same of the same instant.
    pub fn says(&self, other: &Self) -> bool {
        (self.at_ms, self.kind, &self.text) == (other.at_ms, other.kind, &other.text)
    }
}

/// One as it was typed or sent.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    /// `release` or `note`.
    pub kind: &'a str,
    /// What it says.
    pub text: &'a str,
    /// When it was: see [`instant_ms`]; empty for now.
    pub at: &'a str,
}

impl Draft<'_> {
    /// What it comes to on a site whose clocks are those of `zone`, added now by `actor` under an id.
    ///
    /// # Errors
    /// Everything that is wrong with it, by field.
    pub fn read(
        &self,
        zone: &TimeZone,
        (annotation_id, actor, now_ms): (Id, &str, i64),
    ) -> Result<Annotation, Vec<Fault>> {
        let mut faults = Vec::new();
        let kind = AnnotationKind::parse(self.kind);
        if kind.is_none() {
            faults.push(Fault::new("kind", "must be release or note"));
        }
        let text = text::line(Cow::Borrowed(self.text), usize::MAX).trim().to_owned();
        if text.is_empty() {
            faults.push(Fault::new("text", format!("must be 1 to {TEXT_BYTES} bytes, has none")));
        } else if text.len() > TEXT_BYTES {
            faults.push(Fault::new("text", format!("must be at most {TEXT_BYTES} bytes of UTF-8, has {}", text.len())));
        }
        let at_ms = if self.at.trim().is_empty() { Some(now_ms) } else { instant_ms(self.at.trim(), zone) };
        if at_ms.is_none() {
            let reason = "must be an instant such as 2026-03-31T14:05:00Z, or a day or a time by the site's clocks such as \
                          2026-03-31 or 2026-03-31T14:05, of the years 2000 to 2200";
            faults.push(Fault::new("at", reason));
        }
        match (kind, at_ms, faults.is_empty()) {
            (Some(kind), Some(at_ms), true) => {
                let actor = actor.to_owned();
                Ok(Annotation { annotation_id, at_ms, kind, text, actor, created_at_ms: now_ms })
            }
            _ => Err(faults),
        }
    }
}

/// An instant in epoch milliseconds: one with its offset (`2026-03-31T14:05:00Z`), or a time (`2026-03-31T14:05`) or the
/// beginning of a day (`2026-03-31`) by the clocks of `zone`. `None` for anything else, and beyond the years 2000 to 2200.
pub fn instant_ms(text: &str, zone: &TimeZone) -> Option<i64> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        let year = instant.to_zoned(TimeZone::UTC).year();
        return YEARS.contains(&year).then(|| instant.as_millisecond());
    }
    let local = text.parse::<DateTime>().ok().filter(|local| YEARS.contains(&local.year()))?;
    if text.len() == DAY_CHARACTERS {
        return Some(day_start_ms(zone, local.date()));
    }
    local.to_zoned(zone.clone()).ok().map(|at| at.timestamp().as_millisecond())
}

/// What became of one that was to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is stored now.
    Added,
    /// The site has one of that id: this.
    Known(Annotation),
    /// The site has [`MOST`] of them.
    Full,
}

/// That a site has no room for another.
pub fn full() -> Fault {
    Fault::new("text", format!("cannot be added: a site has at most {MOST} releases and notes; remove some"))
}

const COLUMNS: &str = "annotation_id, at_ms, kind, text, actor, created_at_ms";

fn read_annotation(row: &Row) -> Result<Option<Annotation>, StoreError> {
    let Some(kind) = row.named_if_known("annotation.kind", AnnotationKind::parse)? else { return Ok(None) };
    Ok(Some(Annotation {
        annotation_id: row.id("annotation_id")?,
        at_ms: row.int("at_ms")?,
        kind,
        text: row.text("text")?.to_owned(),
        actor: row.text("actor")?.to_owned(),
        created_at_ms: row.int("created_at_ms")?,
    }))
}

fn read_all(rows: &[Row]) -> Result<Vec<Annotation>, StoreError> {
    rows.iter().filter_map(|row| read_annotation(row).transpose()).collect()
}

impl Store {
    /// Adds one, and notes who did.
    pub async fn add_annotation(
        &self,
        site_id: Id,
        annotation: &Annotation,
        entry: &AuditEntry,
    ) -> Result<Added, StoreError> {
        if let Some(known) = self.annotation(site_id, annotation.annotation_id).await? {
            return Ok(Added::Known(known));
        }
        let count = "SELECT COUNT(*) AS annotations FROM annotation WHERE site_id = $1";
        let rows = self.read(count, params![site_id]).await?;
        if rows.first().map_or(Ok(0), |row| row.count("annotations"))? >= MOST {
            return Ok(Added::Full);
        }
        let sql = format!(
            "INSERT INTO annotation (site_id, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (site_id, annotation_id) DO NOTHING"
        );
        let Annotation { annotation_id, at_ms, kind, text, actor, created_at_ms } = annotation;
        let params = params![site_id, *annotation_id, *at_ms, kind.as_str(), text, actor, *created_at_ms];
        self.write(vec![Statement::new(sql, params), entry.statement(site_id)]).await?;
        Ok(Added::Added)
    }

    /// Puts another instant, kind and text in place of those of the one with this id, and notes who did; false when there is
    /// none.
    pub async fn change_annotation(
        &self,
        site_id: Id,
        annotation: &Annotation,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE annotation SET at_ms = $3, kind = $4, text = $5 WHERE site_id = $1 AND annotation_id = $2";
        let Annotation { annotation_id, at_ms, kind, text, .. } = annotation;
        let change = Statement::new(sql, params![site_id, *annotation_id, *at_ms, kind.as_str(), text]);
        self.with_annotation(site_id, *annotation_id, change, entry).await
    }

    /// Removes one, and notes who did; false when there is none.
    pub async fn remove_annotation(
        &self,
        site_id: Id,
        annotation_id: Id,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let sql = "DELETE FROM annotation WHERE site_id = $1 AND annotation_id = $2";
        let remove = Statement::new(sql, params![site_id, annotation_id]);
        self.with_annotation(site_id, annotation_id, remove, entry).await
    }

    async fn with_annotation(
        &self,
        site_id: Id,
        annotation_id: Id,
        statement: Statement,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        if self.annotation(site_id, annotation_id).await?.is_none() {
            return Ok(false);
        }
        self.write(vec![statement, entry.statement(site_id)]).await.map(|_| true)
    }

    /// The one with this id.
    pub async fn annotation(&self, site_id: Id, annotation_id: Id) -> Result<Option<Annotation>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM annotation WHERE site_id = $1 AND annotation_id = $2");
        let rows = self.read(sql, params![site_id, annotation_id]).await?;
        Ok(read_all(&rows)?.into_iter().next())
    }

    /// The newest of those at an instant of `[from_ms, to_ms)`, at most `most`, in order of time.
    pub async fn annotations_within(
        &self,
        site_id: Id,
        (from_ms, to_ms): (i64, i64),
        most: i64,
    ) -> Result<Vec<Annotation>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM annotation WHERE site_id = $1 AND at_ms >= $2 AND at_ms < $3
             ORDER BY at_ms DESC, annotation_id DESC LIMIT $4"
        );
        let mut found = read_all(&self.read(sql, params![site_id, from_ms, to_ms, most]).await?)?;
        found.reverse();
        Ok(found)
    }

    /// The latest of a site by when they were, those before a place if one is given.
    pub async fn annotations(
        &self,
        site_id: Id,
        before: Option<Cursor>,
        limit: i64,
    ) -> Result<Vec<Annotation>, StoreError> {
        let before = before.unwrap_or(Cursor { occurred_at_ms: i64::MAX, item_id: Id::default() });
        let sql = format!(
            "SELECT {COLUMNS} FROM annotation WHERE site_id = $1 AND at_ms <= $2 AND (at_ms < $2 OR annotation_id < $3)
             ORDER BY at_ms DESC, annotation_id DESC LIMIT $4"
        );
        read_all(&self.read(sql, params![site_id, before.occurred_at_ms, before.item_id, limit]).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_store::{each_engine, note};

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").expect("a known zone")
    }

    fn annotation(number: u8, at_ms: i64, text: &str) -> Annotation {
        Annotation {
            annotation_id: Id([number; 16]),
            at_ms,
            kind: AnnotationKind::Release,
            text: text.into(),
            actor: "ada@example.com".into(),
            created_at_ms: 5,
        }
    }

    #[test]
    fn a_day_begins_by_the_clocks_of_the_site_and_an_instant_is_the_same_everywhere() {
        let at = |text: &str| text.parse::<Timestamp>().expect("an instant").as_millisecond();
        for (text, instant) in [
            ("2026-03-31", "2026-03-30T22:00:00Z"),
            ("2026-03-31T14:05", "2026-03-31T12:05:00Z"),
            ("2026-03-31T14:05:30", "2026-03-31T12:05:30Z"),
            ("2026-03-31T14:05:00Z", "2026-03-31T14:05:00Z"),
            ("2026-03-31T14:05:00-05:00", "2026-03-31T19:05:00Z"),
            // Clocks went from 2:00 to 3:00: what was never shown is as much later.
            ("2026-03-29T02:30", "2026-03-29T01:30:00Z"),
        ] {
            assert_eq!(instant_ms(text, &berlin()), Some(at(instant)), "{text}");
        }
        for text in
            ["yesterday", "2026-02-30", "1999-12-31", "2201-01-01", "1999-12-31T10:00:00Z", "14:05", "1795341600000"]
        {
            assert_eq!(instant_ms(text, &berlin()), None, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_by_field_with_its_limit() {
        let read = |kind, text: &str, at| Draft { kind, text, at }.read(&berlin(), (Id([1; 16]), "ada@example.com", 7));
        let found = read("note", " The newsletter\nwent out ", "").expect("a note");
        assert_eq!((found.text.as_str(), found.at_ms, found.created_at_ms), ("The newsletter went out", 7, 7));
        assert_eq!(found.subject(), "note The newsletter went out");
        let longest = "ü".repeat(TEXT_BYTES / 2);
        assert_eq!(read("release", &longest, "").map(|found| found.text.len()), Ok(TEXT_BYTES));
        let fields = |kind, text: &str, at| -> Vec<String> {
            let faults = read(kind, text, at).expect_err("at fault");
            faults.iter().map(ToString::to_string).collect()
        };
        assert_eq!(fields("note", &(longest + "x"), ""), ["text: must be at most 500 bytes of UTF-8, has 501"]);
        let all = fields("", " \u{202e}\n", "soon");
        assert_eq!(all.len(), 3, "{all:?}");
        assert!(all[0].starts_with("kind: must be release or note") && all[1].starts_with("text: must be 1 to 500"));
        assert!(all[2].starts_with("at: must be an instant"), "{all:?}");
    }

    #[tokio::test]
    async fn what_is_sent_twice_is_there_once_and_every_change_is_noted() {
        each_engine(async |store| {
            let (site, other) = (Id([1; 16]), Id([2; 16]));
            let first = annotation(1, 100, "4.1.0");
            assert_eq!(store.add_annotation(site, &first, &note(1)).await, Ok(Added::Added));
            let again = annotation(1, 200, "4.2.0");
            assert_eq!(store.add_annotation(site, &again, &note(2)).await, Ok(Added::Known(first.clone())));
            assert_eq!(store.annotation(site, first.annotation_id).await, Ok(Some(first.clone())));
            assert_eq!(store.annotation(other, first.annotation_id).await, Ok(None));
            assert_eq!(store.change_annotation(site, &again, &note(3)).await, Ok(true));
            let changed = store.annotation(site, first.annotation_id).await.unwrap().unwrap();
            assert!(changed.says(&again) && !changed.says(&first));
            for (id, known) in [(again.annotation_id, true), (again.annotation_id, false), (Id([9; 16]), false)] {
                assert_eq!(store.remove_annotation(other, id, &note(4)).await, Ok(false));
                assert_eq!(store.remove_annotation(site, id, &note(4)).await, Ok(known));
            }
            assert_eq!(store.change_annotation(site, &again, &note(5)).await, Ok(false));
            assert_eq!(store.audit_entries(site, None, 10).await.unwrap().len(), 3, "added, changed, removed");
            assert_eq!(store.audit_entries(other, None, 10).await, Ok(vec![]));
        })
        .await;
    }

    #[tokio::test]
    async fn they_are_read_in_order_of_when_they_were() {
        each_engine(async |store| {
            let site = Id([1; 16]);
            for (number, at_ms) in [(1, 300), (2, 100), (3, 200), (4, 200)] {
                store.add_annotation(site, &annotation(number, at_ms, "x"), &note(1)).await.unwrap();
            }
            let numbers = |found: Vec<Annotation>| -> Vec<u8> {
                found.iter().map(|annotation| annotation.annotation_id.0[0]).collect()
            };
            let within = async |from_ms, to_ms, most| {
                numbers(store.annotations_within(site, (from_ms, to_ms), most).await.unwrap())
            };
            assert_eq!(within(100, 300, 10).await, [2, 3, 4]);
            assert_eq!(within(0, 301, 2).await, [4, 1], "the newest");
            let latest = async |before, limit| numbers(store.annotations(site, before, limit).await.unwrap());
            assert_eq!(latest(None, 10).await, [1, 4, 3, 2]);
            assert_eq!(latest(Some(Cursor { occurred_at_ms: 200, item_id: Id([4; 16]) }), 10).await, [3, 2]);
            let site = Id([2; 16]);
            assert_eq!(store.annotations(site, None, 10).await, Ok(vec![]));
        })
        .await;
    }
}
