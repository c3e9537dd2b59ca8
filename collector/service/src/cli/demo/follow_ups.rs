//! The shop's business hours and its plans of follow-ups, as an editor would set them up.

use super::super::{Failure, Session};
use super::DAYS;
use super::month::DAY_MS;
use rapport_store::audit::AuditEntry;
use rapport_store::follow_up;
use rapport_store::hours::{Draft, Hours, PromiseDraft};
use rapport_store::site::Site;

fn promise(amount: u32, unit: &str, paused_in: &[&str]) -> PromiseDraft {
    let paused_in = paused_in.iter().map(|state| (*state).to_owned()).collect();
    PromiseDraft { amount: amount.to_string(), unit: unit.to_owned(), paused_in }
}

/// A workshop in Bavaria that closes early on Fridays, answers within a business day, and asks how the purchase went.
pub async fn fill(session: &Session, site: &Site) -> Result<(), Failure> {
    let occurred_at_ms = session.clock.now_ms() - DAYS * DAY_MS;
    let zone = site.time_zone_name();
    let mut hours = Draft::of(&Hours::usual(zone));
    hours.week[4] = "9:00-13:00".to_owned();
    (hours.country, hours.part) = ("DE".to_owned(), "BY".to_owned());
    hours.promises =
        [promise(1, "business_days", &[]), promise(1, "business_days", &[]), promise(5, "business_days", &["waiting"])];
    let of_faults = |faults: Vec<rapport_shared::survey::Fault>| Failure(format!("the demo: {faults:?}"));
    let hours = hours.check(zone).map_err(of_faults)?;
    let entry = AuditEntry { occurred_at_ms, ..session.note("hours.change", "hours".to_owned()) };
    session.store.add_hours(site.site_id, &hours, 0, &entry).await?;
    let after_purchase = follow_up::Draft {
        name: "After a purchase".to_owned(),
        cause: "purchase".to_owned(),
        days: "5".to_owned(),
        survey_id: "recommendation".to_owned(),
        subject: "How do you like it?".to_owned(),
        body: "Thank you for your order. Your piece should have been with you for a few days now.".to_owned(),
        ..follow_up::Draft::default()
    };
    let after_solution = follow_up::Draft {
        name: "Is it fixed?".to_owned(),
        cause: "resolved".to_owned(),
        days: "7".to_owned(),
        counts: "calendar".to_owned(),
        way: "call".to_owned(),
        subject: "Ask whether it is fixed".to_owned(),
        ..follow_up::Draft::default()
    };
    for draft in [after_purchase, after_solution] {
        let surveys = ["recommendation".to_owned()];
        let entry = session.note("follow_up_plan.add", format!("follow_up_plan {}", draft.name));
        let of = (session.clock.new_id(), entry.actor.as_str(), occurred_at_ms);
        let plan = draft.check(&surveys, of).map_err(of_faults)?;
        session.store.add_follow_up_plan(site.site_id, &plan, &AuditEntry { occurred_at_ms, ..entry.clone() }).await?;
    }
    Ok(())
}
