//! Whether a site's tag works: when something last arrived, and what was refused and why.

use super::response::Time;
use jiff::tz::TimeZone;
use rapport_store::site::outcome::{ItemKind, ItemOutcome, OutcomeCount};
use rapport_store::site::refused_origins::{self, RefusedOrigin};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// Items of one type by outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Outcomes {
    /// `page_view`, `signal`, `response` or `delivery`; empty for items without a type; `customer` for batches that name one,
    /// rejected when the signature is not right: their items are stored without the customer.
    #[serde(serialize_with = "name")]
    #[schema(value_type = String)]
    pub item_type: ItemKind,
    /// Stored.
    pub accepted: u64,
    /// Already stored before.
    pub duplicate: u64,
    /// Refused.
    pub rejected: u64,
    /// Sent by a bot: stored, not counted.
    pub bot: u64,
    /// Older than 30 days when they came, so that nobody knows their day: stored, not counted.
    pub late: u64,
    /// When one was last accepted, ever.
    pub last_at: Option<Time>,
}

/// Why items were refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Refused {
    /// Type of the items, empty when they had none.
    #[serde(serialize_with = "name")]
    #[schema(value_type = String)]
    pub item_type: ItemKind,
    /// Field at fault.
    pub field: String,
    /// Why.
    pub reason: String,
    /// How many.
    pub items: u64,
    /// When the last one came.
    pub last_at: Time,
}

fn name<S: Serializer>(kind: &ItemKind, serializer: S) -> Result<S::Ok, S::Error> {
    kind.as_str().serialize(serializer)
}

/// An origin whose pages are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Foreign {
    /// As browsers write it; `null` for pages without one, `other` for one that is neither http nor https.
    pub origin: String,
    /// Requests refused since the collector started, as long as one comes within a week.
    pub requests: u64,
    /// When the last one came.
    pub last_at: Time,
    /// What an operator types to let them send, if anything would.
    pub command: Option<String>,
}

impl Foreign {
    /// What a collector remembers, for a site with that key.
    pub fn of(refused: RefusedOrigin, site_key: &str, zone: &TimeZone) -> Self {
        Self {
            command: refused_origins::command(site_key, &refused.origin),
            origin: refused.origin,
            requests: refused.requests,
            last_at: Time::new(refused.last_at_ms, zone),
        }
    }
}

/// The Install report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Install {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// The tag to paste into every page.
    pub tag: String,
    /// Public key of the site.
    pub site_key: String,
    /// Origins whose pages may send.
    pub origins: Vec<String>,
    /// Origins whose pages were refused lately, at most ten, the most asked for first.
    pub foreign: Vec<Foreign>,
    /// IANA name of the zone that days are cut in.
    pub time_zone: String,
    /// When anything last arrived and was accepted, ever.
    pub last_at: Option<Time>,
    /// Items by type.
    pub outcomes: Vec<Outcomes>,
    /// Why items were refused, most first.
    pub refused: Vec<Refused>,
}

/// The script tag of a site, with the script at that address.
pub fn tag(script_url: &str, site_key: &str) -> String {
    format!("<script async src=\"{script_url}\" data-site=\"{site_key}\"></script>")
}

/// Items by type, and why some were refused.
pub fn outcomes(
    counts: &[OutcomeCount],
    last: &[(ItemKind, i64)],
    zone: &TimeZone,
) -> (Vec<Outcomes>, Vec<Refused>, Option<Time>) {
    let mut kinds = vec![ItemKind::PageView, ItemKind::Signal, ItemKind::Response, ItemKind::Delivery];
    for count in counts {
        if !kinds.contains(&count.item_kind) {
            kinds.push(count.item_kind);
        }
    }
    let outcomes = kinds
        .into_iter()
        .map(|kind| {
            let sum = |outcome: ItemOutcome| {
                let of_kind = counts.iter().filter(|count| count.item_kind == kind && count.outcome == outcome);
                of_kind.map(|count| count.items).sum()
            };
            Outcomes {
                item_type: kind,
                accepted: sum(ItemOutcome::Accepted),
                duplicate: sum(ItemOutcome::Duplicate),
                rejected: sum(ItemOutcome::Rejected),
                bot: sum(ItemOutcome::Bot),
                late: sum(ItemOutcome::Late),
                last_at: last.iter().find(|(other, _)| *other == kind).map(|(_, at_ms)| Time::new(*at_ms, zone)),
            }
        })
        .collect();
    let refused = counts
        .iter()
        .filter(|count| count.outcome == ItemOutcome::Rejected)
        .map(|count| Refused {
            item_type: count.item_kind,
            field: count.field.clone(),
            reason: count.reason.clone(),
            items: count.items,
            last_at: Time::new(count.last_at_ms, zone),
        })
        .collect();
    (outcomes, refused, last.iter().map(|(_, at_ms)| *at_ms).max().map(|at_ms| Time::new(at_ms, zone)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_told_by_type() {
        let count = |outcome, item_kind, reason: &str, items| OutcomeCount {
            outcome,
            item_kind,
            field: String::new(),
            reason: reason.into(),
            items,
            last_at_ms: 1_000,
        };
        let counts = [
            count(ItemOutcome::Accepted, ItemKind::PageView, "", 70),
            count(ItemOutcome::Rejected, ItemKind::PageView, "too long", 3),
            count(ItemOutcome::Rejected, ItemKind::PageView, "no path", 2),
            count(ItemOutcome::Rejected, ItemKind::Untyped, "unknown type", 1),
        ];
        let last = [(ItemKind::PageView, 5_000), (ItemKind::Response, 9_000)];
        let (outcomes, refused, last_at) = outcomes(&counts, &last, &TimeZone::UTC);
        assert_eq!((outcomes[0].accepted, outcomes[0].rejected), (70, 5));
        assert_eq!(outcomes.iter().map(|of| of.item_type).next_back(), Some(ItemKind::Untyped));
        assert_eq!(refused.len(), 3);
        assert_eq!(last_at.map(|at| at.local), Some("1970-01-01T00:00:09+00:00".into()));
    }
}
