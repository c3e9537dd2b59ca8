//! Courses: ways through a site that people are meant to go, by a name. A task has its rules, a funnel its steps.

use crate::audit::AuditEntry;
use crate::{Row, Statement, Store, StoreError, params};
use rapport_shared::id::Id;

/// Longest name, in characters.
pub const NAME_CHARACTERS: usize = 80;
/// Most courses of a kind that a site has.
pub const COURSES: usize = 50;

/// What kind of way it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CourseKind {
    /// Something that people set out to do: where it begins, and how it ends.
    Task,
    /// Steps, of which each is taken by fewer.
    Funnel,
}

impl CourseKind {
    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Funnel => "funnel",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Task, Self::Funnel].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A way that people are meant to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// Its id.
    pub course_id: Id,
    /// What kind of way.
    pub kind: CourseKind,
    /// What people call it; no two of a kind are called alike on a site.
    pub name: String,
    /// Its rules or steps, as JSON.
    pub definition: String,
    /// When it was made, in epoch milliseconds.
    pub created_at_ms: i64,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is stored.
    Done,
    /// Another course of the kind has this name.
    NameTaken,
    /// The site has [`COURSES`] of the kind already.
    TooMany,
    /// The site has no such course.
    Unknown,
}

fn read_course(row: &Row) -> Result<Course, StoreError> {
    Ok(Course {
        course_id: row.id("course_id")?,
        kind: row.named("kind", CourseKind::parse)?,
        name: row.text("name")?.to_owned(),
        definition: row.text("definition")?.to_owned(),
        created_at_ms: row.int("created_at_ms")?,
    })
}

/// The row of a course, for the note of a change to it.
const OF_COURSE: &str = "course WHERE site_id = $1 AND course_id = $7";

impl Store {
    /// The courses of a kind that a site has, by name.
    pub async fn courses(&self, site_id: Id, kind: CourseKind) -> Result<Vec<Course>, StoreError> {
        let sql = "SELECT course_id, kind, name, definition, created_at_ms FROM course
             WHERE site_id = $1 AND kind = $2 ORDER BY name";
        self.read(sql, params![site_id, kind.as_str()]).await?.iter().map(read_course).collect()
    }

    /// Keeps a new course, and notes who made it.
    pub async fn add_course(&self, site_id: Id, course: &Course, entry: &AuditEntry) -> Result<Kept, StoreError> {
        if self.courses(site_id, course.kind).await?.len() >= COURSES {
            return Ok(Kept::TooMany);
        }
        let sql = "INSERT INTO course (site_id, course_id, kind, name, definition, created_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (site_id, kind, name) DO NOTHING RETURNING name";
        let Course { course_id, kind, name, definition, created_at_ms } = course;
        let insert = Statement::new(sql, params![site_id, *course_id, kind.as_str(), name, definition, *created_at_ms]);
        let note = entry.statement_where(site_id, OF_COURSE, params![*course_id]);
        let rows = self.write(vec![insert, note]).await?;
        Ok(if rows[0].is_empty() { Kept::NameTaken } else { Kept::Done })
    }

    /// Gives a course another name and definition, and notes who did.
    pub async fn change_course(&self, site_id: Id, course: &Course, entry: &AuditEntry) -> Result<Kept, StoreError> {
        let Course { course_id, kind, name, definition, .. } = course;
        if !self.courses(site_id, *kind).await?.iter().any(|other| other.course_id == *course_id) {
            return Ok(Kept::Unknown);
        }
        let sql = "UPDATE course SET name = $3, definition = $4 WHERE site_id = $1 AND course_id = $2 AND kind = $5
               AND NOT EXISTS (
                 SELECT 1 FROM course o WHERE o.site_id = $1 AND o.kind = $5 AND o.name = $3 AND o.course_id <> $2)
             RETURNING name";
        let change = Statement::new(sql, params![site_id, *course_id, name, definition, kind.as_str()]);
        let named = format!("{OF_COURSE} AND name = $8 AND definition = $9");
        let note = entry.statement_where(site_id, &named, params![*course_id, name, definition]);
        let rows = self.write(vec![change, note]).await?;
        Ok(if rows[0].is_empty() { Kept::NameTaken } else { Kept::Done })
    }

    /// Forgets a course, and notes who did.
    pub async fn remove_course(
        &self,
        site_id: Id,
        (kind, course_id): (CourseKind, Id),
        entry: &AuditEntry,
    ) -> Result<Kept, StoreError> {
        let sql = "DELETE FROM course WHERE site_id = $1 AND course_id = $2 AND kind = $3 RETURNING name";
        let of_kind = format!("{OF_COURSE} AND kind = $8");
        let note = entry.statement_where(site_id, &of_kind, params![course_id, kind.as_str()]);
        let rows = self.write(vec![note, Statement::new(sql, params![site_id, course_id, kind.as_str()])]).await?;
        Ok(if rows[1].is_empty() { Kept::Unknown } else { Kept::Done })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::test_store::{a_site, each_engine};

    #[tokio::test]
    async fn two_funnels_of_a_site_have_different_names_and_only_changes_are_noted() {
        each_engine(async |store| {
            let (shop, blog) = (a_site("shop").site_id, Id([9; 16]));
            let course = |number: u8, kind: CourseKind, name: &str| Course {
                course_id: Id([number; 16]),
                kind,
                name: name.into(),
                definition: "{}".into(),
                created_at_ms: 5,
            };
            let note = |action: &str| AuditEntry::now(&Clock::System, "eve@example.com", action, "funnel");
            let add = async |site, course: Course| store.add_course(site, &course, &note("funnel.add")).await.unwrap();
            let (task, funnel) = (CourseKind::Task, CourseKind::Funnel);
            assert_eq!(add(shop, course(1, funnel, "Buy")).await, Kept::Done);
            assert_eq!(add(shop, course(2, funnel, "Buy")).await, Kept::NameTaken);
            assert_eq!(add(shop, course(3, task, "Buy")).await, Kept::Done, "of another kind");
            assert_eq!(add(blog, course(4, funnel, "Buy")).await, Kept::Done, "of another site");
            assert_eq!(add(shop, course(2, funnel, "Ask")).await, Kept::Done);
            let change =
                async |site, course: Course| store.change_course(site, &course, &note("funnel.change")).await.unwrap();
            assert_eq!(change(shop, course(2, funnel, "Buy")).await, Kept::NameTaken);
            assert_eq!(change(shop, course(2, task, "Ask")).await, Kept::Unknown, "it is a funnel");
            assert_eq!(change(shop, course(4, funnel, "Ours")).await, Kept::Unknown, "that of another site");
            let changed = Course { definition: "[]".into(), ..course(2, funnel, "Ask") };
            assert_eq!(change(shop, changed.clone()).await, Kept::Done);
            assert_eq!(store.courses(shop, funnel).await, Ok(vec![changed, course(1, funnel, "Buy")]));
            let remove = async |site, kind, number| {
                store.remove_course(site, (kind, Id([number; 16])), &note("funnel.remove")).await.unwrap()
            };
            assert_eq!(remove(shop, task, 1).await, Kept::Unknown, "it is a funnel");
            assert_eq!((remove(shop, funnel, 1).await, remove(shop, funnel, 1).await), (Kept::Done, Kept::Unknown));
            assert_eq!(store.courses(shop, task).await.unwrap().len(), 1);
            let noted = store.audit_entries(shop, None, 20).await.unwrap();
            let mut actions: Vec<_> = noted.iter().map(|entry| entry.action.as_str()).collect();
            actions.sort_unstable();
            assert_eq!(actions, ["funnel.add", "funnel.add", "funnel.add", "funnel.change", "funnel.remove"]);
            for number in 10..=u8::try_from(COURSES).unwrap() + 10 {
                let kept = add(blog, course(number, funnel, &number.to_string())).await;
                assert_eq!(kept == Kept::Done, usize::from(number) < COURSES + 9, "{number}");
            }
        })
        .await;
    }
}
