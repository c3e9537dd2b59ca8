//! Setting up plans of follow-ups, and noting what calls came to, for pages and servers alike.

use crate::app::feature_state;
use crate::http::problem::Problem;
use crate::mail::Mailer;
use jiff::tz::TimeZone;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::follow_up::{CALLS, Draft, FollowUp, Outcome, PLANS, Plan, State};
use rapport_store::hours::Calendar;
use rapport_store::site::directory::SiteContext;
use rapport_store::{Store, StoreError};

feature_state! {
    /// What follow-ups need.
    pub(crate) struct FollowUps {
        store: Store,
        clock: Clock,
        mailer: Mailer,
    }
}

/// What a call came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// They were reached, and it is done.
    Done,
    /// They were reached, and are to be called again.
    Again,
    /// Nobody answered.
    NoAnswer,
}

impl Call {
    /// That of a name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "done" => Some(Self::Done),
            "again" => Some(Self::Again),
            "no_answer" => Some(Self::NoAnswer),
            _ => None,
        }
    }

    /// What stands in the customer's history.
    fn text(self) -> &'static str {
        match self {
            Self::Done => "reached",
            Self::Again => "to be called again",
            Self::NoAnswer => "no answer",
        }
    }
}

impl FollowUps {
    /// Whether there is a mail server that takes mails.
    pub fn are_sent(&self) -> bool {
        self.mailer.is_set()
    }

    /// The plans of a site, by name.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn plans(&self, site: &SiteContext) -> Result<Vec<Plan>, StoreError> {
        self.store.follow_up_plans(site.site.site_id).await
    }

    /// The surveys that a plan can lead to: those that are asked.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn surveys(&self, site: &SiteContext) -> Result<Vec<(String, String)>, StoreError> {
        let surveys = self.store.active_surveys(site.site.site_id).await?;
        Ok(surveys.into_iter().map(|survey| (survey.id, survey.name)).collect())
    }

    /// Sets up a plan of a site, in the name of `actor`.
    ///
    /// # Errors
    /// 422 with every field at fault, or where the site has as many as it may.
    pub async fn add(&self, site: &SiteContext, actor: &str, draft: &Draft) -> Result<Plan, Problem> {
        let surveys: Vec<_> = self.surveys(site).await?.into_iter().map(|(id, _)| id).collect();
        let of = (self.clock.new_id(), actor, self.clock.now_ms());
        let plan = draft.check(&surveys, of).map_err(Problem::of_faults)?;
        let entry = self.entry(actor, "follow_up_plan.add", &plan);
        match self.store.add_follow_up_plan(site.site.site_id, &plan, &entry).await? {
            true => Ok(plan),
            false => Err(Problem::of_faults([Fault::new(
                "name",
                format!("is one too many: a site has at most {PLANS} plans"),
            )])),
        }
    }

    fn entry(&self, actor: &str, action: &str, plan: &Plan) -> AuditEntry {
        AuditEntry::now(&self.clock, actor, action, format!("follow_up_plan {}", plan.name))
    }

    /// One plan of a site.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn one(&self, site: &SiteContext, id: &str) -> Result<Option<Plan>, StoreError> {
        let Some(id) = Id::parse(id) else { return Ok(None) };
        Ok(self.plans(site).await?.into_iter().find(|plan| plan.plan_id == id))
    }

    /// Has a plan ask, or ask no more; false where there is none.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn set(&self, site: &SiteContext, actor: &str, plan: &Plan, active: bool) -> Result<bool, StoreError> {
        let action = if active { "follow_up_plan.activate" } else { "follow_up_plan.deactivate" };
        let entry = self.entry(actor, action, plan);
        self.store.set_follow_up_plan(site.site.site_id, plan.plan_id, active, &entry).await
    }

    /// Removes a plan; false where there is none.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn remove(&self, site: &SiteContext, actor: &str, plan: &Plan) -> Result<bool, StoreError> {
        let entry = self.entry(actor, "follow_up_plan.remove", plan);
        self.store.remove_follow_up_plan(site.site.site_id, plan.plan_id, &entry).await
    }

    /// Notes what a call came to; false where the follow-up is not to be called, or not any more. Whoever is to be called again, or did not
    /// answer, is called on the next open day.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn call(&self, site: &SiteContext, actor: &str, id: &str, call: Call) -> Result<bool, StoreError> {
        let site_id = site.site.site_id;
        let Some(id) = Id::parse(id) else { return Ok(false) };
        let known = self.store.follow_up(site_id, id).await?.filter(|of| of.state == State::Calling);
        let Some(of) = known else { return Ok(false) };
        let plan = self.plans(site).await?.into_iter().find(|plan| plan.plan_id == of.plan_id);
        let calendar = Calendar::of(&self.store.hours(&site.site).await?.hours);
        let next_ms = calendar.after_open_days_ms(self.clock.now_ms(), 1);
        let outcome = outcome(&of, call, next_ms);
        let about = plan.map_or_else(String::new, |plan| plan.subject);
        let subject = format!("{about}: {}", call.text());
        let entry = AuditEntry::now(&self.clock, actor, "follow_up.call", "follow_up".to_owned());
        self.store
            .note_call(site_id, &of, (&outcome, subject.trim_start_matches(": ")), &entry, self.clock.new_id())
            .await
    }

    /// What a customer is called by those who follow up: their name, else what the company's systems call them.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn who(&self, site: &SiteContext, of: &FollowUp) -> Result<(String, String), StoreError> {
        let to = self.store.reach(site.site.site_id, of.customer_id).await?.unwrap_or_default();
        Ok((if to.name.is_empty() { to.external_id } else { to.name }, to.phone))
    }

    /// Follow-ups of a site in a state; at most `limit`.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn of(&self, site: &SiteContext, state: State, limit: u32) -> Result<Vec<FollowUp>, StoreError> {
        self.store.follow_ups(site.site.site_id, state, limit).await
    }
}

/// What becomes of a follow-up after a call.
fn outcome(of: &FollowUp, call: Call, next_ms: Option<i64>) -> Outcome<'static> {
    let outcome = |state, reason, due_at_ms, attempts| Outcome { state, reason, due_at_ms, attempts };
    match (call, next_ms) {
        (Call::Done, _) => outcome(State::Done, "", of.due_at_ms, of.attempts),
        (Call::Again, Some(next_ms)) => outcome(State::Waiting, "", next_ms, of.attempts),
        (Call::NoAnswer, Some(next_ms)) if of.attempts + 1 < CALLS => {
            outcome(State::Waiting, "", next_ms, of.attempts + 1)
        }
        (Call::NoAnswer, Some(_)) => outcome(State::Skipped, "no answer", of.due_at_ms, of.attempts + 1),
        (_, None) => outcome(State::Skipped, "never open", of.due_at_ms, of.attempts),
    }
}

/// How many days later, in words.
pub(crate) fn wait_text(plan: &Plan) -> String {
    let kind = match plan.counts {
        rapport_store::follow_up::Counts::Business => "business day",
        rapport_store::follow_up::Counts::Calendar => "day",
    };
    if plan.days == 1 { format!("1 {kind}") } else { format!("{} {kind}s", plan.days) }
}

/// When people are asked, by their own clocks.
pub(crate) fn waking_text(plan: &Plan) -> String {
    use rapport_store::hours::minute_text;
    format!("{}-{}", minute_text(plan.waking.0), minute_text(plan.waking.1))
}

/// When a plan would ask about what happens now, in epoch milliseconds, of a customer in the site's zone.
pub(crate) fn example_ms(plan: &Plan, calendar: &Calendar, zone: &TimeZone, now_ms: i64) -> Option<i64> {
    crate::job::follow_up::due_ms(plan, (now_ms, zone), calendar)
}
