//! The inbox: tickets by what they are, whose they are and where they came from, those that are most urgent first.

use super::{COLUMNS, OPEN, Priority, State, Ticket, TicketKind, read_ticket};
use crate::device::Device;
use crate::rollup::narrow::Narrow;
use crate::{Store, StoreError, Value, params};
use rapport_shared::id::Id;
use std::collections::BTreeMap;

/// Which tickets are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    /// Those that nobody has done with, whatever day they came on.
    #[default]
    Open,
    /// Those of one state.
    Only(State),
    /// All.
    All,
}

impl Show {
    /// The name in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Only(state) => state.as_str(),
            Self::All => "all",
        }
    }

    /// The value of that name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "open" => Some(Self::Open),
            "all" => Some(Self::All),
            name => State::parse(name).map(Self::Only),
        }
    }
}

/// Whose tickets are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Owner {
    /// Everybody's.
    #[default]
    Anybody,
    /// Those that are nobody's.
    Nobody,
    /// Those of one member.
    Member(Id),
}

/// Which tickets.
#[derive(Clone, Debug)]
pub struct TicketFilter<'a> {
    /// By their state.
    pub show: Show,
    /// By their owner.
    pub owner: Owner,
    /// Those that mention a member; with `true` only those that the member has yet to look at.
    pub mentions: Option<(Id, bool)>,
    /// Those with a tag; empty for all.
    pub tag: &'a str,
    /// Of one kind.
    pub kind: Option<TicketKind>,
    /// Of one priority.
    pub priority: Option<Priority>,
    /// Of one cause.
    pub cause_id: Option<Id>,
    /// Of one customer.
    pub customer_id: Option<Id>,
    /// Only those with a low score.
    pub low: bool,
    /// Only those with words.
    pub words: bool,
    /// Page, empty for every page.
    pub path: &'a str,
    /// Device, `None` for every device.
    pub device: Option<Device>,
    /// What else must hold of the response.
    pub narrow: &'a Narrow,
    /// The days: resolved tickets are those opened within, in epoch milliseconds, the second no longer. Open ones wait, whatever
    /// day they came on.
    pub span_ms: (i64, i64),
}

impl TicketFilter<'_> {
    /// What stands after `FROM`, with the values: but for the state, where that is to be counted.
    fn from(&self, site_id: Id, with_state: bool) -> (String, Vec<Value>) {
        let mut params = params![site_id, self.span_ms.0, self.span_ms.1];
        let mut sql = "ticket t LEFT JOIN response r ON r.site_id = t.site_id AND r.item_id = t.response_id
             WHERE t.site_id = $1 AND t.merged_into IS NULL AND t.opened_at_ms < $3
               AND (t.state <> 'resolved' OR t.opened_at_ms >= $2)"
            .to_owned();
        let mut also = |condition: &str, value: Value| {
            params.push(value);
            sql += &format!(" AND {}", condition.replace('?', &format!("${}", params.len())));
        };
        if let (Show::Only(state), true) = (self.show, with_state) {
            also("t.state = ?", state.as_str().into());
        }
        match self.owner {
            Owner::Anybody => {}
            Owner::Nobody => also("t.owner_id IS NULL AND ? = 1", 1_i64.into()),
            Owner::Member(id) => also("t.owner_id = ?", id.into()),
        }
        if let Some((account_id, unseen)) = self.mentions {
            let unseen = if unseen { " AND m.seen_at_ms IS NULL" } else { "" };
            let condition = format!(
                "EXISTS (SELECT 1 FROM ticket_mention m
                   WHERE m.site_id = t.site_id AND m.ticket_id = t.ticket_id AND m.account_id = ?{unseen})"
            );
            also(&condition, account_id.into());
        }
        if !self.tag.is_empty() {
            let condition = "EXISTS (SELECT 1 FROM ticket_tag g
                 WHERE g.site_id = t.site_id AND g.ticket_id = t.ticket_id AND g.tag = ?)";
            also(condition, self.tag.into());
        }
        if let Some(kind) = self.kind {
            also("t.kind = ?", kind.as_str().into());
        }
        if let Some(priority) = self.priority {
            also("t.priority = ?", priority.as_str().into());
        }
        if let Some(id) = self.cause_id {
            also("t.cause_id = ?", id.into());
        }
        if let Some(id) = self.customer_id {
            also("t.customer_id = ?", id.into());
        }
        if self.low {
            also("t.standing = ?", "low".into());
        }
        if self.words {
            also("t.words = ?", 1_i64.into());
        }
        if !self.path.is_empty() {
            also("t.path = ?", self.path.into());
        }
        if self.device.is_some() {
            also("r.device = ?", self.device.into());
        }
        if let (Show::Open, true) = (self.show, with_state) {
            sql += &format!(" AND {OPEN}");
        }
        sql += &self.narrow.on_responses(self.span_ms, &mut params);
        (sql, params)
    }
}

/// What is overdue comes first: 0 for it, 1 for others. Nothing is promised of tickets yet, so all are due alike.
const OVERDUE: &str = "CASE WHEN t.state = 'resolved' THEN 1 ELSE 0 END";

/// What is overdue first, then the most urgent, then whoever waits longest; of what is resolved, the newest first.
fn order() -> String {
    format!(
        "CASE WHEN t.state = 'resolved' THEN 1 ELSE 0 END, {OVERDUE}, CASE WHEN t.state = 'resolved' THEN -t.opened_at_ms ELSE 0 END,
           CASE t.priority WHEN 'urgent' THEN 0 WHEN 'high' THEN 1 WHEN 'normal' THEN 2 ELSE 3 END, t.opened_at_ms, t.ticket_id"
    )
}

/// The columns of `ticket t`.
fn columns() -> String {
    COLUMNS.split(',').map(|name| format!("t.{}", name.trim())).collect::<Vec<_>>().join(", ")
}

impl Store {
    /// Tickets that pass a filter, `limit` of them after the first `offset`.
    pub async fn tickets(
        &self,
        site_id: Id,
        filter: &TicketFilter<'_>,
        (offset, limit): (i64, i64),
    ) -> Result<Vec<Ticket>, StoreError> {
        let (from, mut params) = filter.from(site_id, true);
        let place = params.len();
        params.extend(params![limit, offset]);
        let sql =
            format!("SELECT {} FROM {from} ORDER BY {} LIMIT ${} OFFSET ${}", columns(), order(), place + 1, place + 2);
        self.read(sql, params).await?.iter().map(read_ticket).collect()
    }

    /// How many tickets pass a filter by their state, whichever it asks for.
    pub async fn ticket_counts(
        &self,
        site_id: Id,
        filter: &TicketFilter<'_>,
    ) -> Result<BTreeMap<State, u64>, StoreError> {
        let (from, params) = filter.from(site_id, false);
        let sql = format!("SELECT t.state, COUNT(*) AS tickets FROM {from} GROUP BY t.state");
        let rows = self.read(sql, params).await?;
        rows.iter().map(|row| Ok((row.named("ticket.state", State::parse)?, row.count("tickets")?))).collect()
    }

    /// How many tickets nobody has looked at.
    pub async fn new_tickets(&self, site_id: Id) -> Result<u64, StoreError> {
        let sql = "SELECT COUNT(*) AS tickets FROM ticket WHERE site_id = $1 AND state = 'new' AND merged_into IS NULL";
        let rows = self.read(sql, params![site_id]).await?;
        rows.first().map_or(Ok(0), |row| row.count("tickets"))
    }

    /// The tags of some tickets, by ticket.
    pub async fn tags_of_tickets(&self, site_id: Id, ids: &[Id]) -> Result<BTreeMap<Id, Vec<String>>, StoreError> {
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let sql = format!(
            "SELECT ticket_id, tag FROM ticket_tag WHERE site_id = $1 AND ticket_id IN ({}) ORDER BY tag",
            crate::engine::value::placeholders(2, ids.len())
        );
        let mut params = params![site_id];
        params.extend(ids.iter().map(|id| Value::from(*id)));
        let mut tags: BTreeMap<Id, Vec<String>> = BTreeMap::new();
        for row in self.read(sql, params).await? {
            tags.entry(row.id("ticket_id")?).or_default().push(row.text("tag")?.to_owned());
        }
        Ok(tags)
    }

    /// Every tag of a site with how many tickets have it, the most used first.
    pub async fn known_tags(&self, site_id: Id, limit: i64) -> Result<Vec<(String, u64)>, StoreError> {
        let sql = "SELECT tag, COUNT(*) AS tickets FROM ticket_tag WHERE site_id = $1 GROUP BY tag
             ORDER BY tickets DESC, tag LIMIT $2";
        let rows = self.read(sql, params![site_id, limit]).await?;
        rows.iter().map(|row| Ok((row.text("tag")?.to_owned(), row.count("tickets")?))).collect()
    }
}
