//! How many promises to customers were kept, of those that fell due, and which tickets are late now.

use crate::figure::{Better, Figure, FigureKind, Unit};
use crate::period::Periods;
use crate::response::Time;
use crate::slice::Slice;
use crate::{ReportError, Source};
use jiff::tz::TimeZone;
use rapport_shared::id::Id;
use rapport_store::StoreError;
use rapport_store::hours::{Calendar, Hours, TargetKind};
use rapport_store::target::{Kept, OfTicket, Standing, Target};
use rapport_store::ticket::State;
use serde::Serialize;
use utoipa::ToSchema;

/// Late tickets that are named.
const LATE: u32 = 50;

/// The report.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Targets {
    /// First day of the report.
    pub from: String,
    /// Last day.
    pub to: String,
    /// The share of targets that were met, for each kind, of those that fell due on these days.
    pub met: Vec<Figure>,
    /// What fell due and is not done yet, the longest due first; at most 50.
    pub late: Vec<Late>,
}

/// A target that fell due and is not done.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Late {
    /// What people call the ticket.
    pub code: String,
    /// What it is about.
    pub subject: String,
    /// The target.
    pub target: TargetView,
}

/// One target of a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TargetView {
    /// `first_response`, `next_response` or `resolution`.
    pub kind: &'static str,
    /// What people read.
    #[serde(skip)]
    pub label: &'static str,
    /// How much was promised, in words.
    pub promised: String,
    /// By which version of the site's hours it is counted; 0 for the usual ones.
    pub hours_version: i64,
    /// When it began.
    pub started_at: Time,
    /// When it falls or fell due; absent while its clock waits.
    pub due_at: Option<Time>,
    /// When it was done.
    pub met_at: Option<Time>,
    /// Business time that is left while its clock waits, in milliseconds.
    pub left_ms: Option<i64>,
    /// Business time until it falls due, in milliseconds; below zero: since it fell due. Absent where it is done, and while its clock waits.
    pub open_ms: Option<i64>,
    /// `met`, `missed`, `running` or `waiting`.
    pub standing: &'static str,
    /// The states of a ticket in which its clock waits, beside `resolved`.
    pub waits_in: Vec<&'static str>,
}

/// By what times are told: the clocks of a site, and its business hours.
pub struct Clocks<'a> {
    zone: &'a TimeZone,
    hours: Hours,
    calendar: Calendar,
}

impl<'a> Clocks<'a> {
    /// Those of a site with these hours.
    pub fn new(zone: &'a TimeZone, hours: Hours) -> Self {
        Self { zone, calendar: Calendar::of(&hours), hours }
    }
}

impl TargetView {
    /// Of some targets of a ticket, the one that is to be done first: that which falls due first, else one whose clock waits.
    pub fn next(targets: Vec<Self>) -> Option<Self> {
        let open = targets.into_iter().filter(|target| target.met_at.is_none());
        open.min_by_key(|target| target.due_at.as_ref().map_or(i64::MAX, |due| due.epoch_ms))
    }

    /// Whether it fell due and is not done.
    pub fn is_overdue(&self) -> bool {
        self.met_at.is_none() && self.standing == Standing::Missed.as_str()
    }

    /// A target as it stands at an instant, by the hours that count now.
    pub fn of(target: Target, Clocks { zone, hours, calendar }: &Clocks<'_>, now_ms: i64) -> Self {
        let time = |at_ms| Time::new(at_ms, zone);
        let until = |due_ms: i64| match due_ms < now_ms {
            true => -calendar.business_ms(due_ms, now_ms),
            false => calendar.business_ms(now_ms, due_ms),
        };
        let paused_in = hours.promise(target.kind).map_or(&[][..], |promise| &promise.paused_in);
        Self {
            open_ms: target.due_at_ms.filter(|_| target.met_at_ms.is_none()).map(until),
            waits_in: paused_in.iter().filter_map(|name| State::parse(name)).map(State::as_str).collect(),
            kind: target.kind.as_str(),
            label: target.kind.label(),
            hours_version: target.version,
            started_at: time(target.started_at_ms),
            due_at: target.due_at_ms.map(time),
            met_at: target.met_at_ms.map(time),
            left_ms: target.left_ms,
            standing: target.standing(now_ms).as_str(),
            promised: target.promised,
        }
    }
}

fn kind_of(kind: TargetKind) -> FigureKind {
    let (name, label, definition) = match kind {
        TargetKind::FirstResponse => (
            "first_response_met",
            "First response in time",
            "Tickets whose first answer by a person came in time, of those whose first answer fell due on these days. Robots and \
             acknowledgements are no answer. Interval: Wilson.",
        ),
        TargetKind::NextResponse => (
            "next_response_met",
            "Next response in time",
            "Messages of customers, after a first answer, that a person answered in time, of those whose answer fell due on these days; \
             several in a row count once, from the first. Interval: Wilson.",
        ),
        TargetKind::Resolution => (
            "resolution_met",
            "Resolved in time",
            "Tickets that were resolved for the first time in time, of those whose resolution fell due on these days. Interval: Wilson.",
        ),
    };
    FigureKind { name, label, unit: Unit::Percent, of: "targets that fell due", better: Better::Higher, definition }
}

/// The share of each kind, beside that of the period before.
fn met(now: &[Kept], before: Option<&[Kept]>) -> Vec<Figure> {
    let counts = |kept: &[Kept], kind: TargetKind| {
        kept.iter().find(|kept| kept.kind == kind).map_or((0, 0), |kept| (kept.met, kept.due))
    };
    let figure = |kind| Figure::rate(kind_of(kind), counts(now, kind), before.map(|before| counts(before, kind)));
    TargetKind::EACH.into_iter().map(figure).collect()
}

impl Source<'_> {
    /// By what the times of this site are told.
    pub(crate) async fn clocks(&self) -> Result<Clocks<'_>, StoreError> {
        let newest = self.store.hours(&self.site.site).await?;
        Ok(Clocks::new(&self.site.site.time_zone, newest.hours))
    }

    /// How many promises were kept on the days of a slice, and what is late now. A ticket is not told apart by what a slice narrows to.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn targets(&self, slice: &Slice) -> Result<Targets, ReportError> {
        let Periods { now, before, .. } = self.periods(slice).await?;
        let site_id = self.site.site.site_id;
        let kept = |from_ms, to_ms| self.store.kept_targets(site_id, (from_ms, to_ms), self.now_ms);
        let of_before = async {
            match &before {
                Some(before) => kept(before.from_ms, before.to_ms).await.map(Some),
                None => Ok(None),
            }
        };
        let (of_now, of_before, late, clocks) = tokio::try_join!(
            kept(now.from_ms, now.to_ms),
            of_before,
            self.store.targets_due_before(site_id, self.now_ms, LATE),
            self.clocks()
        )?;
        let line = |of: OfTicket| Late {
            code: of.code,
            subject: of.subject,
            target: TargetView::of(of.target, &clocks, self.now_ms),
        };
        Ok(Targets {
            from: now.first.to_string(),
            to: now.last.to_string(),
            met: met(&of_now, of_before.as_deref()),
            late: late.into_iter().map(line).collect(),
        })
    }
}

/// A due time that changed hours moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MovedTarget {
    /// `first_response`, `next_response` or `resolution`.
    pub kind: &'static str,
    /// What people read.
    #[serde(skip)]
    pub label: &'static str,
    /// The versions of the hours before and after.
    pub versions: [i64; 2],
    /// When it fell due by the one; absent where its clock waited.
    pub due_before: Option<Time>,
    /// When it falls due by the other; absent where its clock waits, or it is no longer promised.
    pub due_after: Option<Time>,
    /// When it was moved.
    pub at: Time,
}

impl Source<'_> {
    /// What is promised of one ticket, by when it began, and which due times were moved, the last first.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn targets_of_ticket(&self, ticket_id: Id) -> Result<(Vec<TargetView>, Vec<MovedTarget>), ReportError> {
        let (site_id, zone) = (self.site.site.site_id, &self.site.site.time_zone);
        let of = [ticket_id];
        let (mut targets, moved, clocks) = tokio::try_join!(
            self.store.targets_of(site_id, &of),
            self.store.moved_targets(site_id, ticket_id),
            self.clocks()
        )?;
        let time = |at_ms| Time::new(at_ms, zone);
        let moved = moved.into_iter().map(|moved| MovedTarget {
            kind: moved.kind.as_str(),
            label: moved.kind.label(),
            versions: [moved.versions.0, moved.versions.1],
            due_before: moved.due_ms.0.map(time),
            due_after: moved.due_ms.1.map(time),
            at: time(moved.changed_at_ms),
        });
        let targets = targets.remove(&ticket_id).unwrap_or_default();
        Ok((targets.into_iter().map(|target| TargetView::of(target, &clocks, self.now_ms)).collect(), moved.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn per_cent_met_is_of_what_fell_due_with_its_n_and_interval() {
        let kept = [Kept { kind: TargetKind::FirstResponse, due: 10, met: 9 }];
        let figures = met(&kept, None);
        let first = &figures[0];
        assert_eq!((first.value, first.n, first.name), (Some(90.0), 10, "first_response_met"));
        // Wilson, 9 of 10: 59.6 to 98.2 %.
        let ends = [first.low, first.high].map(|end| (end.unwrap_or_default() * 10.0).round() / 10.0);
        assert_eq!(ends, [59.6, 98.2]);
        assert_eq!((figures[1].value, figures[1].n), (None, 0), "nothing fell due, so nothing is said");
    }
}
