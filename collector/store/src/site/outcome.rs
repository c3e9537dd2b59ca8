//! What became of the items a site sent.

use crate::{Store, StoreError, params};
use rapport_shared::id::Id;

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ItemOutcome {
    /// It was stored.
    Accepted,
    /// It was there already.
    Duplicate,
    /// It can never be stored as it is.
    Rejected,
    /// It was stored and counts nowhere: a bot sent it.
    Bot,
    /// It was stored and counts nowhere: nobody knows its day.
    Late,
}

impl ItemOutcome {
    /// Every outcome.
    pub const EACH: [Self; 5] = [Self::Accepted, Self::Duplicate, Self::Rejected, Self::Bot, Self::Late];

    /// The name in the database and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
            Self::Rejected => "rejected",
            Self::Bot => "bot",
            Self::Late => "late",
        }
    }

    /// The outcome of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|outcome| outcome.as_str() == name)
    }
}

/// What is counted by its outcome: an item of a batch, and what comes with one or beside it. In the order of their names, which
/// is the one that collectors lock counters in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ItemKind {
    /// An item whose type is not known, or that has none.
    #[default]
    Untyped,
    /// A picture.
    Attachment,
    /// The customer whom a batch names: rejected when the signature is not right.
    Customer,
    /// A step of a survey's delivery.
    Delivery,
    /// A page view.
    PageView,
    /// A response.
    Response,
    /// A review that is made of a response.
    Review,
    /// A signal.
    Signal,
}

impl ItemKind {
    /// Every kind, in the order of their names.
    pub const EACH: [Self; 8] = [
        Self::Untyped,
        Self::Attachment,
        Self::Customer,
        Self::Delivery,
        Self::PageView,
        Self::Response,
        Self::Review,
        Self::Signal,
    ];

    /// The name on the wire and in the database; empty for what has no type.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Untyped => "",
            Self::Attachment => "attachment",
            Self::Customer => "customer",
            Self::Delivery => "delivery",
            Self::PageView => "page_view",
            Self::Response => "response",
            Self::Review => "review",
            Self::Signal => "signal",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// How many items had one outcome for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeCount {
    /// What became of them.
    pub outcome: ItemOutcome,
    /// What kind of items.
    pub item_kind: ItemKind,
    /// Field at fault, for rejected items.
    pub field: String,
    /// Why they were rejected.
    pub reason: String,
    /// How many.
    pub items: u64,
    /// When the last one came, in epoch milliseconds.
    pub last_at_ms: i64,
}

/// When an item of a type was last stored, in epoch milliseconds.
pub type LastItems = Vec<(ItemKind, i64)>;

impl Store {
    /// Outcomes of the items received on the days from `from_ms` on, before `to_ms`; most first.
    pub async fn outcome_counts(&self, site_id: Id, from_ms: i64, to_ms: i64) -> Result<Vec<OutcomeCount>, StoreError> {
        let sql = "SELECT outcome, item_type, field, reason, CAST(SUM(items) AS BIGINT) AS items, MAX(last_at_ms) AS last_at_ms
             FROM outcome
             WHERE site_id = $1 AND day_ms >= $2 AND day_ms < $3
             GROUP BY outcome, item_type, field, reason
             ORDER BY SUM(items) DESC, outcome, item_type, field, reason";
        let mut counts = Vec::new();
        for row in self.read(sql, params![site_id, from_ms, to_ms]).await? {
            let Some(outcome) = row.named_if_known("outcome.outcome", ItemOutcome::parse)? else { continue };
            let Some(item_kind) = row.named_if_known("outcome.item_type", ItemKind::parse)? else { continue };
            counts.push(OutcomeCount {
                outcome,
                item_kind,
                field: row.text("field")?.to_owned(),
                reason: row.text("reason")?.to_owned(),
                items: row.count("items")?,
                last_at_ms: row.int("last_at_ms")?,
            });
        }
        Ok(counts)
    }

    /// Start of the first hour in which pages of the site were observed, in epoch milliseconds; bots and what came too late
    /// are counted nowhere, and what was erased is counted still. Answers that a server brought may be years older, and
    /// say nothing of pages: the first answer is told only where no page was ever seen.
    pub async fn first_hour_ms(&self, site_id: Id) -> Result<Option<i64>, StoreError> {
        // Each walks its index by the hour, and ends at the first row of a person.
        let sql = "SELECT
               (SELECT hour_ms FROM page_view WHERE site_id = $1 AND bot = 0 AND clamped = 0 ORDER BY hour_ms LIMIT 1) AS view_ms,
               (SELECT bucket_ms FROM rollup_page WHERE site_id = $1 AND grain = 'erased' ORDER BY bucket_ms LIMIT 1) AS erased_view_ms,
               (SELECT hour_ms FROM response WHERE site_id = $1 AND bot = 0 AND clamped = 0 ORDER BY hour_ms LIMIT 1) AS response_ms,
               (SELECT bucket_ms FROM rollup_survey WHERE site_id = $1 AND grain = 'erased' ORDER BY bucket_ms LIMIT 1)
                 AS erased_response_ms";
        let rows = self.read(sql, params![site_id]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let first = |columns: [&str; 2]| -> Result<Option<i64>, StoreError> {
            let firsts = [row.int_or_null(columns[0])?, row.int_or_null(columns[1])?];
            Ok(firsts.into_iter().flatten().min())
        };
        Ok(first(["view_ms", "erased_view_ms"])?.or(first(["response_ms", "erased_response_ms"])?))
    }

    /// When an item of each type was last accepted, ever.
    pub async fn last_items(&self, site_id: Id) -> Result<LastItems, StoreError> {
        let sql = "SELECT item_type, MAX(last_at_ms) AS last_at_ms
             FROM outcome
             WHERE site_id = $1 AND outcome = 'accepted'
             GROUP BY item_type ORDER BY item_type";
        let rows = self.read(sql, params![site_id]).await?;
        let mut last = LastItems::new();
        for row in rows {
            let Some(kind) = row.named_if_known("outcome.item_type", ItemKind::parse)? else { continue };
            last.push((kind, row.int("last_at_ms")?));
        }
        Ok(last)
    }
}
