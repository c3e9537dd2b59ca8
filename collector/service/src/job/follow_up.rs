//! The job that follows up: it looks through what happened for each plan, and does what is due: it writes a mail, or puts somebody on the
//! list of people to call. What is not done says why.

use super::kind::{Attempt, Fault, Kind, Plan as JobPlan};
use crate::config::{Config, Names};
use crate::mail::{Mailer, follow_up as mail};
use jiff::tz::TimeZone;
use rapport_ingest::day_of;
use rapport_shared::id::Id;
use rapport_shared::survey::Survey;
use rapport_shared::targeting::{Asked, History, Outcome as AskedOutcome, Rule};
use rapport_store::clock::Clock;
use rapport_store::customer;
use rapport_store::follow_up::{Cause, Counts, FollowUp, Happened, Outcome, Plan, Reach, State, Way};
use rapport_store::hours::Calendar;
use rapport_store::hours::calendar::{after_days_ms, waking_ms};
use rapport_store::mail::ADDRESS_BYTES;
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use rapport_store::{Store, StoreError};
use std::sync::Arc;
use std::time::Duration;

/// Pause between two looks.
const PAUSE: Duration = Duration::from_secs(30);
/// What is written, or done, together.
const TOGETHER: u32 = 200;
/// Sites of one statement.
const SITES: usize = 250;
/// What could not be done for so long beyond twice its days is done no more, in milliseconds (30 days).
const LATE_MS: i64 = 30 * DAY_MS;
const DAY_MS: i64 = 86_400_000;
/// How long is waited for a mail server to be set, in milliseconds.
const UNSET_MS: i64 = 15 * 60_000;

/// See above.
pub struct FollowUps {
    /// Where they are.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// How the operator wants it.
    pub config: Arc<Config>,
    /// What pages call us.
    pub names: Arc<Names>,
    /// Whose they are.
    pub sites: SiteDirectory,
    /// The way to the mail server.
    pub mailer: Mailer,
}

/// What is to be done with a follow-up that is due.
enum Verdict {
    /// It is done now, for them.
    Now(Box<Reach>),
    /// It is not done, for that reason.
    Never(&'static str),
    /// Not before an instant, in epoch milliseconds.
    At(i64),
}

/// The zone of a customer, else that of the site.
fn zone_of<'a>(own: Option<&'a TimeZone>, site: &'a SiteContext) -> &'a TimeZone {
    own.unwrap_or(&site.site.time_zone)
}

/// When something that happened is followed up, in epoch milliseconds: so many days later at the same time, and then in the first waking
/// hours of the customer; a call also while the site is open. `None` where the site opens too seldom.
pub(crate) fn due_ms(plan: &Plan, (at_ms, zone): (i64, &TimeZone), calendar: &Calendar) -> Option<i64> {
    let later_ms = match plan.counts {
        Counts::Business => calendar.after_open_days_ms(at_ms, plan.days)?,
        Counts::Calendar => after_days_ms(calendar.zone(), at_ms, plan.days),
    };
    in_time_ms(plan, (later_ms, zone), calendar)
}

/// The first instant from `at_ms` on at which a plan may ask a customer.
fn in_time_ms(plan: &Plan, (at_ms, zone): (i64, &TimeZone), calendar: &Calendar) -> Option<i64> {
    let mut at_ms = waking_ms(zone, at_ms, plan.waking);
    if plan.way == Way::Mail {
        return Some(at_ms);
    }
    // A customer far away may be awake only while the site is closed; then the site's hours win.
    for _ in 0..4 {
        let open_ms = calendar.open_from_ms(at_ms)?;
        let awake_ms = waking_ms(zone, open_ms, plan.waking);
        if awake_ms == open_ms {
            return Some(open_ms);
        }
        at_ms = awake_ms;
    }
    calendar.open_from_ms(at_ms)
}

impl FollowUps {
    async fn zone(&self, site_id: Id, customer_id: Id) -> Result<Option<TimeZone>, StoreError> {
        let to = self.store.reach(site_id, customer_id).await?;
        Ok(to.and_then(|to| rapport_store::calendar::zone(&to.time_zone)))
    }

    /// Writes follow-ups of whatever happened since a plan looked last.
    async fn plan(&self, site: &SiteContext, plan: &Plan, calendar: &Calendar) -> Result<(), StoreError> {
        let site_id = site.site.site_id;
        loop {
            let now_ms = self.clock.now_ms();
            let found = self.store.happened_for(site_id, plan, TOGETHER).await?;
            let mut follow_ups = Vec::with_capacity(found.len());
            for happened in &found {
                let own = self.zone(site_id, happened.customer_id).await?;
                let due = due_ms(plan, (happened.at_ms, zone_of(own.as_ref(), site)), calendar);
                follow_ups.push(planned(plan, happened, due, (self.clock.new_id(), now_ms)));
            }
            let is_whole = found.len() < TOGETHER as usize;
            // What is left is looked through again: the mark moves once nothing is.
            let looked_until_ms = if is_whole { now_ms } else { plan.looked_until_ms };
            self.store.add_follow_ups(site_id, plan.plan_id, &follow_ups, looked_until_ms).await?;
            if is_whole {
                return Ok(());
            }
        }
    }

    /// Why a survey is not asked now; `None` where it is.
    async fn asked_too_often(
        &self,
        site_id: Id,
        to: &Reach,
        survey: &Survey,
        caused_at_ms: i64,
    ) -> Result<Option<&'static str>, StoreError> {
        let known = self.store.asked_of(site_id, to.customer_id).await?;
        let of_survey = known.surveys.iter().find(|(id, _)| *id == survey.id).map(|(_, asked)| *asked);
        if of_survey.is_some_and(|asked| asked.outcome == AskedOutcome::Answered && asked.day >= day_of(caused_at_ms)) {
            return Ok(Some("answered already"));
        }
        let history = History {
            today: day_of(self.clock.now_ms()),
            survey: of_survey,
            site_day: known.site_day,
            site_cooldown_days: self.store.site_cooldown_days(site_id).await?,
        };
        Ok(match history.allows(survey.target.repeat, survey.cooldown_days) {
            Ok(()) => None,
            Err(Rule::Repeat) => Some("answered before"),
            Err(_) => Some("asked not long ago"),
        })
    }

    async fn verdict(
        &self,
        site: &SiteContext,
        (plan, calendar): (&Plan, &Calendar),
        of: &FollowUp,
    ) -> Result<Verdict, StoreError> {
        let (site_id, now_ms) = (site.site.site_id, self.clock.now_ms());
        if now_ms - of.caused_at_ms > LATE_MS + 2 * i64::from(plan.days) * DAY_MS {
            return Ok(Verdict::Never("too late"));
        }
        let Some(mut to) = self.store.reach(site_id, of.customer_id).await? else {
            return Ok(Verdict::Never("no such customer"));
        };
        if plan.cause == Cause::Resolved && !self.store.is_resolved(site_id, of.cause_id).await? {
            return Ok(Verdict::Never("reopened"));
        }
        let own = rapport_store::calendar::zone(&to.time_zone);
        match in_time_ms(plan, (now_ms, zone_of(own.as_ref(), site)), calendar) {
            Some(at_ms) if at_ms > now_ms => return Ok(Verdict::At(at_ms)),
            None => return Ok(Verdict::Never("never open")),
            Some(_) => {}
        }
        if plan.way == Way::Call {
            let is_reachable = !to.phone.is_empty();
            return Ok(if is_reachable { Verdict::Now(Box::new(to)) } else { Verdict::Never("no number") });
        }
        to.mail = to.mail.trim().to_lowercase();
        if to.mail.is_empty() {
            return Ok(Verdict::Never("no mail address"));
        }
        if to.mail.len() > ADDRESS_BYTES || to.mail.parse::<lettre::Address>().is_err() {
            return Ok(Verdict::Never("no usable mail address"));
        }
        if let Some(reason) = self.store.stopped(site_id, to.customer_id, &to.mail).await? {
            return Ok(Verdict::Never(reason));
        }
        if !self.mailer.is_set() {
            return Ok(Verdict::At(now_ms + UNSET_MS));
        }
        Ok(Verdict::Now(Box::new(to)))
    }

    /// Writes the mail of a follow-up, unless its survey is not to be asked.
    async fn send(
        &self,
        site: &SiteContext,
        plan: &Plan,
        of: &FollowUp,
        to: &Reach,
    ) -> Result<Option<&'static str>, StoreError> {
        let site_id = site.site.site_id;
        let surveys = self.store.active_surveys(site_id).await?;
        let Some(survey) = surveys.iter().find(|survey| survey.id == plan.survey_id) else {
            return Ok(Some("survey no longer asked"));
        };
        if let Some(reason) = self.asked_too_often(site_id, to, survey, of.caused_at_ms).await? {
            return Ok(Some(reason));
        }
        let of = FollowUp { customer_id: to.customer_id, ..of.clone() };
        let (mail, job) =
            mail::of((&self.store, &self.clock), (&self.config, &self.names), &site.site, (plan, survey), (&of, to))
                .await?;
        let asked = Asked { day: day_of(self.clock.now_ms()), outcome: AskedOutcome::Shown };
        let asked = customer::note_asked(site_id, to.customer_id, &survey.id, asked);
        self.store.send_follow_up(site_id, &of, (&mail, &job, asked), &self.clock).await?;
        Ok(None)
    }

    async fn act(
        &self,
        site: &SiteContext,
        (plan, calendar): (&Plan, &Calendar),
        of: &FollowUp,
    ) -> Result<(), StoreError> {
        let outcome = |state, reason, due_at_ms| Outcome { state, reason, due_at_ms, attempts: of.attempts };
        let outcome = match self.verdict(site, (plan, calendar), of).await? {
            Verdict::At(at_ms) => outcome(State::Waiting, "", at_ms),
            Verdict::Never(reason) => outcome(State::Skipped, reason, of.due_at_ms),
            Verdict::Now(_) if plan.way == Way::Call => outcome(State::Calling, "", of.due_at_ms),
            Verdict::Now(to) => match self.send(site, plan, of, &to).await? {
                None => return Ok(()),
                Some(reason) => outcome(State::Skipped, reason, of.due_at_ms),
            },
        };
        self.store.settle_follow_up(site.site.site_id, of, &outcome, self.clock.now_ms()).await.map(|_| ())
    }

    /// Looks through what happened on a site, and does what is due.
    pub(super) async fn of_site(&self, site_id: Id) -> Result<(), StoreError> {
        let Some(site) = self.sites.by_id(site_id).await? else { return Ok(()) };
        let calendar = Calendar::of(&self.store.hours(&site.site).await?.hours);
        let plans = self.store.follow_up_plans(site_id).await?;
        for plan in plans.iter().filter(|plan| plan.active) {
            self.plan(&site, plan, &calendar).await?;
        }
        let now_ms = self.clock.now_ms();
        let mut failed = None;
        for of in self.store.due_follow_ups(site_id, now_ms, TOGETHER).await? {
            let plan = plans.iter().find(|plan| plan.plan_id == of.plan_id && plan.active);
            let done = match plan {
                Some(plan) => self.act(&site, (plan, &calendar), &of).await,
                None => {
                    let reason = Outcome {
                        state: State::Skipped,
                        reason: "plan paused",
                        due_at_ms: of.due_at_ms,
                        attempts: of.attempts,
                    };
                    self.store.settle_follow_up(site_id, &of, &reason, now_ms).await.map(|_| ())
                }
            };
            // One must not keep the others from theirs.
            failed = done.err().or(failed);
        }
        failed.map_or(Ok(()), Err)
    }
}

/// A follow-up of what happened; one that can never be due says so at once.
fn planned(plan: &Plan, happened: &Happened, due_at_ms: Option<i64>, (id, now_ms): (Id, i64)) -> FollowUp {
    FollowUp {
        follow_up_id: id,
        plan_id: plan.plan_id,
        cause_id: happened.cause_id,
        customer_id: happened.customer_id,
        caused_at_ms: happened.at_ms,
        due_at_ms: due_at_ms.unwrap_or(happened.at_ms),
        state: if due_at_ms.is_some() { State::Waiting } else { State::Skipped },
        reason: if due_at_ms.is_some() { String::new() } else { "never open".to_owned() },
        attempts: 0,
        token: rapport_store::random::fresh::<[u8; 32]>().to_vec(),
        address: String::new(),
        mail_id: None,
        changed_at_ms: now_ms,
    }
}

impl Kind for FollowUps {
    const NAME: &'static str = "follow_up";
    const PLAN: JobPlan = JobPlan::every(PAUSE);
    type Payload = ();

    async fn run(&self, (): (), _attempt: Attempt) -> Result<(), Fault> {
        let mut failed = None;
        for sites in self.store.site_ids().await?.chunks(SITES) {
            for site_id in self.store.sites_to_follow_up(sites, self.clock.now_ms()).await? {
                failed = self.of_site(site_id).await.err().or(failed);
            }
        }
        failed.map_or(Ok(()), |error| Err(Fault::from(error)))
    }
}
