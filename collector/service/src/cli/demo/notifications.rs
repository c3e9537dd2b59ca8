//! What the shop's team wants to hear of, as an editor would set it up.

use super::super::{Failure, Session};
use super::EMAIL;
use rapport_store::notification::{Draft, Rule};
use rapport_store::site::Site;

/// Name, events, page, how often.
const RULES: [(&str, &[&str], &str, &str); 3] = [
    ("Trouble at the checkout", &["response.low", "issue.found"], "/checkout", "day"),
    (
        "What the week brought",
        &["review.created", "ticket.opened", "ticket.resolved", "target.missed", "score.fell"],
        "",
        "week",
    ),
    ("Mentions", &["ticket.mentioned"], "", "hours"),
];

/// Three rules, by mail to whoever looks at the demo.
pub async fn fill(session: &Session, site: &Site) -> Result<(), Failure> {
    let now_ms = session.clock.now_ms();
    for (name, kinds, path, cadence) in RULES {
        let draft = Draft {
            name: name.to_owned(),
            kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
            path: path.to_owned(),
            cadence: cadence.to_owned(),
            ..Draft::default()
        };
        let checked = draft.check().map_err(|faults| Failure(format!("the demo: {faults:?}")))?;
        let entry = session.note("notification.add", format!("notification {name}"));
        let digest = checked.cadence.of_digest();
        let rule = Rule {
            rule_id: session.clock.new_id(),
            name: checked.name,
            kinds: checked.kinds,
            path: checked.path,
            channel: checked.channel,
            target: EMAIL.to_owned(),
            cadence: checked.cadence,
            hour: checked.hour,
            shows_words: false,
            next_at_ms: digest.map_or(now_ms, |digest| digest.next_ms(checked.hour, &site.time_zone, now_ms)),
            token: rapport_store::random::fresh::<[u8; 32]>().to_vec(),
            unsubscribed_at_ms: None,
            actor: entry.actor.clone(),
            created_at_ms: now_ms,
        };
        session.store.add_notification_rule(site.site_id, &rule, &entry).await?;
    }
    Ok(())
}
