//! Segments: what a site's reports are often narrowed to, by a name.

use crate::audit::AuditEntry;
use crate::{Row, Statement, Store, StoreError, params};
use rapport_shared::id::Id;

/// Longest name, in characters.
pub const NAME_CHARACTERS: usize = 80;
/// Most segments of a site.
pub const SEGMENTS: usize = 100;

/// What reports are narrowed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its id.
    pub segment_id: Id,
    /// What people call it; no two of a site are called alike.
    pub name: String,
    /// The part of an address that gives it, such as `device=mobile&source=newsletter`.
    pub fields: String,
    /// When it was made, in epoch milliseconds.
    pub created_at_ms: i64,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is stored.
    Done,
    /// Another segment of the site has this name.
    NameTaken,
    /// The site has [`SEGMENTS`] already.
    TooMany,
    /// The site has no such segment.
    Unknown,
}

fn read_segment(row: &Row) -> Result<Segment, StoreError> {
    Ok(Segment {
        segment_id: row.id("segment_id")?,
        name: row.text("name")?.to_owned(),
        fields: row.text("fields")?.to_owned(),
        created_at_ms: row.int("created_at_ms")?,
    })
}

/// The row of a segment, for the note of a change to it.
const OF_SEGMENT: &str = "segment WHERE site_id = $1 AND segment_id = $7";

impl Store {
    /// The segments of a site, by name.
    pub async fn segments(&self, site_id: Id) -> Result<Vec<Segment>, StoreError> {
        let sql = "SELECT segment_id, name, fields, created_at_ms FROM segment WHERE site_id = $1 ORDER BY name";
        self.read(sql, params![site_id]).await?.iter().map(read_segment).collect()
    }

    /// Keeps a new segment, and notes who made it.
    pub async fn add_segment(&self, site_id: Id, segment: &Segment, entry: &AuditEntry) -> Result<Kept, StoreError> {
        if self.segments(site_id).await?.len() >= SEGMENTS {
            return Ok(Kept::TooMany);
        }
        let sql = "INSERT INTO segment (site_id, segment_id, name, fields, created_at_ms) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (site_id, name) DO NOTHING RETURNING name";
        let Segment { segment_id, name, fields, created_at_ms } = segment;
        let insert = Statement::new(sql, params![site_id, *segment_id, name, fields, *created_at_ms]);
        let note = entry.statement_where(site_id, OF_SEGMENT, params![*segment_id]);
        let rows = self.write(vec![insert, note]).await?;
        Ok(if rows[0].is_empty() { Kept::NameTaken } else { Kept::Done })
    }

    /// Gives a segment another name, and notes who did.
    pub async fn rename_segment(
        &self,
        site_id: Id,
        segment_id: Id,
        name: &str,
        entry: &AuditEntry,
    ) -> Result<Kept, StoreError> {
        if !self.segments(site_id).await?.iter().any(|other| other.segment_id == segment_id) {
            return Ok(Kept::Unknown);
        }
        let sql = "UPDATE segment SET name = $3 WHERE site_id = $1 AND segment_id = $2
               AND NOT EXISTS (SELECT 1 FROM segment o WHERE o.site_id = $1 AND o.name = $3 AND o.segment_id <> $2)
             RETURNING name";
        let rename = Statement::new(sql, params![site_id, segment_id, name]);
        let named = format!("{OF_SEGMENT} AND name = $8");
        let note = entry.statement_where(site_id, &named, params![segment_id, name]);
        let rows = self.write(vec![rename, note]).await?;
        Ok(if rows[0].is_empty() { Kept::NameTaken } else { Kept::Done })
    }

    /// Forgets a segment, and notes who did.
    pub async fn remove_segment(&self, site_id: Id, segment_id: Id, entry: &AuditEntry) -> Result<Kept, StoreError> {
        let sql = "DELETE FROM segment WHERE site_id = $1 AND segment_id = $2 RETURNING name";
        let note = entry.statement_where(site_id, OF_SEGMENT, params![segment_id]);
        let rows = self.write(vec![note, Statement::new(sql, params![site_id, segment_id])]).await?;
        Ok(if rows[1].is_empty() { Kept::Unknown } else { Kept::Done })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::test_store::{a_site, each_engine};

    #[tokio::test]
    async fn two_segments_of_a_site_have_different_names_and_only_changes_are_noted() {
        each_engine(async |store| {
            let (shop, blog) = (a_site("shop").site_id, Id([9; 16]));
            let segment = |number: u8, name: &str| Segment {
                segment_id: Id([number; 16]),
                name: name.into(),
                fields: "device=mobile".into(),
                created_at_ms: 5,
            };
            let note = |action: &str| AuditEntry::now(&Clock::System, "eve@example.com", action, "segment");
            let add = async |site, number, name: &str| {
                store.add_segment(site, &segment(number, name), &note("segment.add")).await.unwrap()
            };
            assert_eq!(add(shop, 1, "Phones").await, Kept::Done);
            assert_eq!(add(shop, 2, "Phones").await, Kept::NameTaken);
            assert_eq!(add(blog, 3, "Phones").await, Kept::Done, "of another site");
            assert_eq!(add(shop, 2, "Mail").await, Kept::Done);
            let rename = async |number, name: &str| {
                store.rename_segment(shop, Id([number; 16]), name, &note("segment.rename")).await.unwrap()
            };
            assert_eq!(rename(2, "Phones").await, Kept::NameTaken);
            assert_eq!(rename(3, "Ours").await, Kept::Unknown, "that of another site");
            assert_eq!(rename(2, "Letters").await, Kept::Done);
            assert_eq!(store.segments(shop).await, Ok(vec![segment(2, "Letters"), segment(1, "Phones")]));
            let remove = async |site, number| {
                store.remove_segment(site, Id([number; 16]), &note("segment.remove")).await.unwrap()
            };
            assert_eq!((remove(shop, 1).await, remove(shop, 1).await), (Kept::Done, Kept::Unknown));
            assert_eq!(remove(shop, 3).await, Kept::Unknown);
            assert_eq!(store.segments(blog).await.unwrap().len(), 1);
            let noted = store.audit_entries(shop, None, 20).await.unwrap();
            let mut actions: Vec<_> = noted.iter().map(|entry| entry.action.as_str()).collect();
            actions.sort_unstable();
            assert_eq!(actions, ["segment.add", "segment.add", "segment.remove", "segment.rename"]);
            for number in 10..=u8::try_from(SEGMENTS).unwrap() + 10 {
                let kept = add(blog, number, &number.to_string()).await;
                assert_eq!(kept == Kept::Done, usize::from(number) < SEGMENTS + 9, "{number}");
            }
            assert_eq!(add(blog, 250, "one more").await, Kept::TooMany);
        })
        .await;
    }
}
