//! Did it change? What is marked on charts (releases that pages name, releases and notes that people and servers add), and the
//! figures before and after it.

pub mod before_after;
pub mod release;

use crate::period::Period;
use crate::response::Time;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rapport_shared::id::Id;
use rapport_store::annotation::{Annotation, AnnotationKind};
use rapport_store::calendar::day_of_instant;
use release::{Release, ReleaseLine};
use serde::Serialize;
use utoipa::ToSchema;

/// Most marks of one chart: of more the newest.
pub const MARKS: usize = 20;
/// What the id of a release that pages name begins with.
const OF_TAG: &str = "release:";

/// By what a mark is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarkId {
    /// A release or note that was added: its id.
    Added(Id),
    /// A release that pages name, and the day it came.
    OfTag(Date, String),
}

impl MarkId {
    /// Reads what [`Mark::id`] says.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix(OF_TAG) {
            Some(rest) => {
                let (day, release) = rest.split_once(':')?;
                (!release.is_empty()).then_some(Self::OfTag(day.parse().ok()?, release.to_owned()))
            }
            None => Id::parse(text).map(Self::Added),
        }
    }
}

/// What is marked on a chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Mark {
    /// By what it is asked for: a UUID, of a release that pages name its first day and its name.
    pub id: String,
    /// `release` or `note`.
    pub kind: &'static str,
    /// The name of the release, or what is noted.
    pub text: String,
    /// The day it lies in, as `2026-03-31`.
    pub day: String,
    /// When it was; of a release that pages name the beginning of its first hour.
    pub at: Time,
    /// Whether pages name it, and nobody added it.
    pub is_of_tag: bool,
}

impl Mark {
    /// The mark of a release or note that was added.
    pub fn added(annotation: &Annotation, zone: &TimeZone) -> Self {
        Self {
            id: annotation.annotation_id.to_text(),
            kind: annotation.kind.as_str(),
            text: annotation.text.clone(),
            day: day_of_instant(zone, annotation.at_ms).to_string(),
            at: Time::new(annotation.at_ms, zone),
            is_of_tag: false,
        }
    }

    /// The mark of a release that pages name, which came on a day, in the hour that begins at `at_ms`.
    pub fn of_tag(release: &str, day: Date, at_ms: i64, zone: &TimeZone) -> Self {
        Self {
            id: format!("{OF_TAG}{day}:{release}"),
            kind: AnnotationKind::Release.as_str(),
            text: release.to_owned(),
            day: day.to_string(),
            at: Time::new(at_ms, zone),
            is_of_tag: true,
        }
    }
}

/// A release or note as it was added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AnnotationView {
    /// Its id, a UUID.
    pub id: String,
    /// `release` or `note`.
    pub kind: &'static str,
    /// What it says.
    pub text: String,
    /// When it was.
    pub at: Time,
    /// Who added it: a mail address, a key (`key:` and its id), or `command line`.
    pub actor: String,
    /// When it was added.
    pub created_at: Time,
}

impl AnnotationView {
    /// One as it is stored.
    pub fn of(annotation: &Annotation, zone: &TimeZone) -> Self {
        Self {
            id: annotation.annotation_id.to_text(),
            kind: annotation.kind.as_str(),
            text: annotation.text.clone(),
            at: Time::new(annotation.at_ms, zone),
            actor: annotation.actor.clone(),
            created_at: Time::new(annotation.created_at_ms, zone),
        }
    }
}

/// What is marked on some days, and which releases their page views were of.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Marks {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// The newest marks of these days, in order of time.
    pub marks: Vec<Mark>,
    /// How many more there are.
    pub more: u64,
    /// The releases that pages named, those with most views first.
    pub releases: Vec<ReleaseLine>,
    /// How many releases are not among them.
    pub rare_releases: u64,
    /// Page views of these.
    pub rare_views: u64,
    /// Page views whose page named no release.
    pub unnamed_views: u64,
    /// All page views.
    pub views: u64,
    /// Which releases are shown and marked.
    pub rule: &'static str,
}

/// The marks of the days of a period: those that were added, and the releases that came on them. One that was added and has the
/// name of a release takes its place: who adds it knows when it came.
pub fn marks(period: &Period, zone: &TimeZone, added: &[Annotation], came: &[(Release, i64)]) -> (Vec<Mark>, u64) {
    let is_added =
        |release: &str| added.iter().any(|other| other.kind == AnnotationKind::Release && other.text == release);
    let of_tag = came.iter().filter(|(release, _)| !is_added(&release.name)).filter_map(|(release, at_ms)| {
        let day = release.came?;
        (period.first <= day && day <= period.last).then(|| Mark::of_tag(&release.name, day, *at_ms, zone))
    });
    let mut marks: Vec<_> = added.iter().map(|annotation| Mark::added(annotation, zone)).chain(of_tag).collect();
    marks.sort_by(|one, other| one.at.epoch_ms.cmp(&other.at.epoch_ms).then_with(|| one.id.cmp(&other.id)));
    let more = marks.len().saturating_sub(MARKS);
    marks.drain(..more);
    (marks, more as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().expect("a day")
    }

    #[test]
    fn a_mark_is_found_again_by_its_id() {
        let zone = TimeZone::UTC;
        let mark = Mark::of_tag("2026: spring", day("2026-03-31"), 0, &zone);
        assert_eq!(MarkId::parse(&mark.id), Some(MarkId::OfTag(day("2026-03-31"), "2026: spring".into())));
        let annotation = Annotation {
            annotation_id: Id([7; 16]),
            at_ms: 0,
            kind: AnnotationKind::Note,
            text: "x".into(),
            actor: String::new(),
            created_at_ms: 0,
        };
        assert_eq!(MarkId::parse(&Mark::added(&annotation, &zone).id), Some(MarkId::Added(Id([7; 16]))));
        for wrong in ["", "x", "release:", "release:2026-03-31", "release:2026-03-31:", "release:soon:4.2"] {
            assert_eq!(MarkId::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_release_that_was_added_takes_the_place_of_what_pages_say_and_of_too_many_the_newest_stay() {
        let zone = TimeZone::UTC;
        let period = Period::new(&zone, day("2026-03-01"), day("2026-03-31"), i64::MAX);
        let came = |name: &str, on: &str| {
            let of_day = Period::new(&zone, day(on), day(on), i64::MAX).from_ms;
            (Release { name: name.into(), came: Some(day(on)), ..Release::default() }, of_day)
        };
        let added = |number: u8, kind, text: &str| Annotation {
            annotation_id: Id([number; 16]),
            at_ms: period.from_ms + 86_400_000,
            kind,
            text: text.into(),
            actor: String::new(),
            created_at_ms: 0,
        };
        let seen = [came("4.1", "2026-03-05"), came("4.2", "2026-03-09"), came("5.0", "2026-04-01")];
        let told = |added: &[Annotation]| -> Vec<String> {
            let (marks, _) = marks(&period, &zone, added, &seen);
            marks.iter().map(|mark| format!("{} {} {}", mark.day, mark.text, mark.is_of_tag)).collect()
        };
        assert_eq!(told(&[]), ["2026-03-05 4.1 true", "2026-03-09 4.2 true"]);
        let release = added(1, AnnotationKind::Release, "4.2");
        assert_eq!(told(&[release]), ["2026-03-02 4.2 false", "2026-03-05 4.1 true"]);
        let note = added(1, AnnotationKind::Note, "4.2");
        assert_eq!(told(&[note]).len(), 3, "a note is no release");
        let many: Vec<_> = (0..MARKS as u8).map(|number| added(number, AnnotationKind::Note, "x")).collect();
        let (shown, more) = marks(&period, &zone, &many, &seen);
        assert_eq!((shown.len(), more), (MARKS, 2));
        assert_eq!(shown[MARKS - 1].text, "4.2");
    }
}
