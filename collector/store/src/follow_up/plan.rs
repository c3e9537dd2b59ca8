//! Plans of follow-ups: after what, how much later, how, and what is asked.

use crate::audit::AuditEntry;
use crate::engine::value::read_all;
use crate::hours::calendar::DAY_MINUTES;
use crate::{Row, Statement, Store, StoreError, params};
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;

/// Most plans of a site.
pub const PLANS: usize = 50;
/// Longest name, subject or label of a plan, in characters.
pub const NAME_CHARACTERS: usize = 120;
/// Longest text of a mail, in characters.
pub const TEXT_CHARACTERS: usize = 2_000;
/// Longest wait, in days.
const DAYS: u32 = 365;
/// When people are asked where a plan says nothing: from 9 to 20 of their day.
const USUAL: (u16, u16) = (9 * 60, 20 * 60);

/// After what a plan asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A purchase.
    Purchase,
    /// A ticket was resolved.
    Resolved,
}

impl Cause {
    /// Each of them.
    pub const EACH: [Self; 2] = [Self::Purchase, Self::Resolved];

    /// The name in the database, in the API and in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Purchase => "purchase",
            Self::Resolved => "resolved",
        }
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Purchase => "a purchase",
            Self::Resolved => "a ticket was resolved",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|cause| cause.as_str() == name)
    }
}

/// Which days are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// Those on which the site is open.
    Business,
    /// All.
    Calendar,
}

impl Counts {
    /// Each of them.
    pub const EACH: [Self; 2] = [Self::Business, Self::Calendar];

    /// The name in the database, in the API and in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Business => "business",
            Self::Calendar => "calendar",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|counts| counts.as_str() == name)
    }
}

/// How a plan asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By mail, with a link to a survey.
    Mail,
    /// Staff call.
    Call,
}

impl Way {
    /// Each of them.
    pub const EACH: [Self; 2] = [Self::Mail, Self::Call];

    /// The name in the database, in the API and in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Call => "call",
        }
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Mail => "a mail asks them",
            Self::Call => "staff call them",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|way| way.as_str() == name)
    }
}

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its id.
    pub plan_id: Id,
    /// What staff call it.
    pub name: String,
    /// After what.
    pub cause: Cause,
    /// How many days later.
    pub days: u32,
    /// Which days count.
    pub counts: Counts,
    /// How.
    pub way: Way,
    /// The survey that a mail leads to; empty for calls.
    pub survey_id: String,
    /// The subject of a mail, or what a call is about.
    pub subject: String,
    /// What a mail says before the question.
    pub body: String,
    /// What stands on the link by which they are asked no more.
    pub stop_label: String,
    /// From which minute of the customer's day on, and before which, they are asked.
    pub waking: (u16, u16),
    /// Whether it asks.
    pub active: bool,
    /// Who set it up: a mail address, or a key.
    pub actor: String,
    /// When, in epoch milliseconds: what happened before is not asked about.
    pub created_at_ms: i64,
    /// Up to when what arrived was looked through, in epoch milliseconds.
    pub looked_until_ms: i64,
}

/// A plan as it was typed or sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// See [`Plan::name`].
    pub name: String,
    /// A name of [`Cause`].
    pub cause: String,
    /// A number of days.
    pub days: String,
    /// A name of [`Counts`]; empty for business days.
    pub counts: String,
    /// A name of [`Way`]; empty for a mail.
    pub way: String,
    /// See [`Plan::survey_id`].
    pub survey_id: String,
    /// See [`Plan::subject`].
    pub subject: String,
    /// See [`Plan::body`].
    pub body: String,
    /// See [`Plan::stop_label`]; empty for English words.
    pub stop_label: String,
    /// Openings as [`crate::hours::Opening::parse`] reads them, of one stretch; empty for 9:00-20:00.
    pub waking: String,
}

impl Draft {
    /// The plan that was meant, of a site with these surveys: with its id, who sets it up, and when.
    ///
    /// # Errors
    /// Every field at fault, with its limit.
    pub fn check(&self, surveys: &[String], (plan_id, actor, now_ms): (Id, &str, i64)) -> Result<Plan, Vec<Fault>> {
        let mut faults = Vec::new();
        let line = |field: &'static str, text: &str, least: usize, faults: &mut Vec<Fault>| {
            let text = text.trim();
            if !(least..=NAME_CHARACTERS).contains(&text.chars().count()) || text.chars().any(char::is_control) {
                faults.push(Fault::new(field, format!("must be {least} to {NAME_CHARACTERS} characters in one line")));
            }
            text.to_owned()
        };
        let name = line("name", &self.name, 1, &mut faults);
        let subject = line("subject", &self.subject, 1, &mut faults);
        let stop_label = line("stop_label", &self.stop_label, 0, &mut faults);
        let cause = Cause::named(&self.cause);
        if cause.is_none() {
            faults.push(Fault::new("cause", "must be purchase or resolved"));
        }
        let counts = if self.counts.is_empty() { Some(Counts::Business) } else { Counts::named(&self.counts) };
        if counts.is_none() {
            faults.push(Fault::new("counts", "must be business or calendar"));
        }
        let way = if self.way.is_empty() { Some(Way::Mail) } else { Way::named(&self.way) };
        if way.is_none() {
            faults.push(Fault::new("way", "must be mail or call"));
        }
        let days = self.days.trim().parse().ok().filter(|days| *days <= DAYS);
        if days.is_none() {
            faults.push(Fault::new("days", format!("must be a whole number from 0 to {DAYS}")));
        }
        if way == Some(Way::Mail) && !surveys.contains(&self.survey_id) {
            faults.push(Fault::new("survey", "must be the id of a survey of this site that is asked"));
        }
        if self.body.chars().count() > TEXT_CHARACTERS {
            faults.push(Fault::new("body", format!("must be at most {TEXT_CHARACTERS} characters")));
        }
        let waking = waking(&self.waking).unwrap_or_else(|| {
            faults.push(Fault::new("waking", "must be one stretch of a day, such as 9:00-20:00"));
            USUAL
        });
        match (cause, counts, way, days) {
            (Some(cause), Some(counts), Some(way), Some(days)) if faults.is_empty() => Ok(Plan {
                plan_id,
                name,
                cause,
                days,
                counts,
                way,
                survey_id: if way == Way::Mail { self.survey_id.clone() } else { String::new() },
                subject,
                body: self.body.trim().to_owned(),
                stop_label: if stop_label.is_empty() { "No more mails like this".to_owned() } else { stop_label },
                waking,
                active: true,
                actor: actor.to_owned(),
                created_at_ms: now_ms,
                looked_until_ms: now_ms,
            }),
            _ => Err(faults),
        }
    }
}

fn waking(text: &str) -> Option<(u16, u16)> {
    if text.trim().is_empty() {
        return Some(USUAL);
    }
    match crate::hours::Opening::parse(text).ok()?.as_slice() {
        [one] if one.until <= DAY_MINUTES => Some((one.from, one.until)),
        _ => None,
    }
}

const COLUMNS: &str = "plan_id, name, cause, days, counts, way, survey_id, subject, body, stop_label, from_minute, until_minute, \
     active, actor, created_at_ms, looked_until_ms";

fn read(row: &mut Row) -> Result<Plan, StoreError> {
    let number = |row: &Row, column| -> Result<i64, StoreError> { row.int(column) };
    let minute = |row: &Row, column| Ok::<_, StoreError>(u16::try_from(number(row, column)?).unwrap_or_default());
    Ok(Plan {
        plan_id: row.id("plan_id")?,
        cause: row.named("cause", Cause::named)?,
        days: u32::try_from(row.int("days")?).unwrap_or_default(),
        counts: row.named("counts", Counts::named)?,
        way: row.named("way", Way::named)?,
        waking: (minute(row, "from_minute")?, minute(row, "until_minute")?),
        active: row.flag("active")?,
        created_at_ms: row.int("created_at_ms")?,
        looked_until_ms: row.int("looked_until_ms")?,
        name: row.take_text("name")?,
        survey_id: row.take_text("survey_id")?,
        subject: row.take_text("subject")?,
        body: row.take_text("body")?,
        stop_label: row.take_text("stop_label")?,
        actor: row.take_text("actor")?,
    })
}

impl Store {
    /// The plans of a site, by name.
    pub async fn follow_up_plans(&self, site_id: Id) -> Result<Vec<Plan>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM follow_up_plan WHERE site_id = $1 ORDER BY name, plan_id");
        read_all(self.read(sql, params![site_id]).await?, read)
    }

    /// Keeps a new plan, and notes who set it up; false where the site has [`PLANS`] already.
    pub async fn add_follow_up_plan(&self, site_id: Id, plan: &Plan, entry: &AuditEntry) -> Result<bool, StoreError> {
        if self.follow_up_plans(site_id).await?.len() >= PLANS {
            return Ok(false);
        }
        let sql = format!(
            "INSERT INTO follow_up_plan (site_id, {COLUMNS})
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
        );
        let params = params![
            site_id,
            plan.plan_id,
            &plan.name,
            plan.cause.as_str(),
            i64::from(plan.days),
            plan.counts.as_str(),
            plan.way.as_str(),
            &plan.survey_id,
            &plan.subject,
            &plan.body,
            &plan.stop_label,
            i64::from(plan.waking.0),
            i64::from(plan.waking.1),
            i64::from(plan.active),
            &plan.actor,
            plan.created_at_ms,
            plan.looked_until_ms,
        ];
        self.write(vec![Statement::new(sql, params), entry.statement(site_id)]).await.map(|_| true)
    }

    /// Has a plan ask, or ask no more, from `entry` on, and notes who did; false where there is none. What happens while it does not ask
    /// is never asked about.
    pub async fn set_follow_up_plan(
        &self,
        site_id: Id,
        plan_id: Id,
        active: bool,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let note = entry.statement_where(site_id, OF_PLAN, params![plan_id]);
        let sql = "UPDATE follow_up_plan SET active = $3,
               looked_until_ms = CASE WHEN active = 0 AND looked_until_ms < $4 THEN $4 ELSE looked_until_ms END,
               created_at_ms = CASE WHEN active = 0 THEN $4 ELSE created_at_ms END
             WHERE site_id = $1 AND plan_id = $2 RETURNING plan_id";
        let set = Statement::new(sql, params![site_id, plan_id, i64::from(active), entry.occurred_at_ms]);
        Ok(!self.write(vec![note, set]).await?[1].is_empty())
    }

    /// Forgets a plan, and what it has not asked yet; what it asked stays. Notes who did; false where there is none.
    pub async fn remove_follow_up_plan(
        &self,
        site_id: Id,
        plan_id: Id,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let note = entry.statement_where(site_id, OF_PLAN, params![plan_id]);
        let waiting = "DELETE FROM follow_up WHERE site_id = $1 AND plan_id = $2 AND state IN ('waiting', 'calling')";
        let plan = "DELETE FROM follow_up_plan WHERE site_id = $1 AND plan_id = $2 RETURNING plan_id";
        let statements = [waiting, plan].map(|sql| Statement::new(sql, params![site_id, plan_id]));
        let rows = self.write([note].into_iter().chain(statements).collect()).await?;
        Ok(!rows[2].is_empty())
    }
}

/// The row of a plan, for the note of a change to it.
const OF_PLAN: &str = "follow_up_plan WHERE site_id = $1 AND plan_id = $7";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_store::{each_engine, note};

    fn good() -> Draft {
        Draft {
            name: "After a purchase".into(),
            cause: "purchase".into(),
            days: "5".into(),
            survey_id: "nps".into(),
            subject: "How was it?".into(),
            ..Draft::default()
        }
    }

    fn check(draft: &Draft) -> Result<Plan, Vec<Fault>> {
        draft.check(&["nps".to_owned()], (Id([1; 16]), "eve@example.com", 100))
    }

    #[test]
    fn what_is_wrong_with_a_plan_is_named_with_its_limit() {
        let plan = check(&good()).expect("fine");
        assert_eq!((plan.counts, plan.way, plan.waking), (Counts::Business, Way::Mail, (540, 1_200)));
        let long = "x".repeat(NAME_CHARACTERS + 1);
        for (draft, field) in [
            (Draft { name: " ".into(), ..good() }, "name"),
            (Draft { name: "a\nb".into(), ..good() }, "name"),
            (Draft { subject: long.clone(), ..good() }, "subject"),
            (Draft { stop_label: long, ..good() }, "stop_label"),
            (Draft { cause: "birthday".into(), ..good() }, "cause"),
            (Draft { counts: "moons".into(), ..good() }, "counts"),
            (Draft { way: "pigeon".into(), ..good() }, "way"),
            (Draft { days: "366".into(), ..good() }, "days"),
            (Draft { days: "-1".into(), ..good() }, "days"),
            (Draft { survey_id: "csat".into(), ..good() }, "survey"),
            (Draft { body: "x".repeat(TEXT_CHARACTERS + 1), ..good() }, "body"),
            (Draft { waking: "9-12, 13-20".into(), ..good() }, "waking"),
            (Draft { waking: "20-9".into(), ..good() }, "waking"),
        ] {
            assert_eq!(check(&draft).expect_err(field)[0].field, field, "{draft:?}");
        }
        let call =
            check(&Draft { way: "call".into(), survey_id: String::new(), ..good() }).expect("a call needs no survey");
        assert_eq!(call.survey_id, "");
    }

    #[tokio::test]
    async fn a_plan_is_kept_paused_and_removed_and_what_happens_in_a_pause_is_not_asked_about() {
        each_engine(async |store| {
            let (site, plan) = (Id([7; 16]), check(&good()).unwrap());
            assert_eq!(store.add_follow_up_plan(site, &plan, &note(5)).await, Ok(true));
            assert_eq!(store.follow_up_plans(site).await, Ok(vec![plan.clone()]));
            assert_eq!(store.follow_up_plans(Id([8; 16])).await, Ok(vec![]));
            for (active, at_ms) in [(false, 200), (true, 300)] {
                assert_eq!(store.set_follow_up_plan(site, plan.plan_id, active, &note(at_ms)).await, Ok(true));
            }
            let again = store.follow_up_plans(site).await.unwrap().remove(0);
            assert_eq!((again.active, again.created_at_ms, again.looked_until_ms), (true, 300, 300));
            for removed in [true, false] {
                assert_eq!(store.remove_follow_up_plan(site, plan.plan_id, &note(400)).await, Ok(removed));
                assert_eq!(store.set_follow_up_plan(site, plan.plan_id, true, &note(500)).await, Ok(false));
            }
            assert_eq!(store.audit_entries(site, None, 9).await.unwrap().len(), 4);
        })
        .await;
    }
}
