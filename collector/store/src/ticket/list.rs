//! The inbox: tickets by what they are, whose they are and where they came from, those that are most urgent first.

use super::{COLUMNS, OPEN, Priority, State, Ticket, TicketKind, read_ticket};
use crate::device::Device;
use crate::response::Cursor;
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

    /// Whether tickets of a state are among them.
    pub fn shows(self, state: State) -> bool {
        match self {
            Self::Open => state != State::Resolved,
            Self::Only(only) => only == state,
            Self::All => true,
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
    /// Only those where something that was promised fell due and is not done.
    pub overdue: bool,
    /// Page, empty for every page.
    pub path: &'a str,
    /// Device, `None` for every device.
    pub device: Option<Device>,
    /// What else must hold of the response.
    pub narrow: &'a Narrow,
    /// The days: resolved tickets are those opened within, in epoch milliseconds, the second no longer. Open ones wait, whatever
    /// day they came on.
    pub span_ms: (i64, i64),
    /// The time, in epoch milliseconds: what falls due before it is overdue.
    pub now_ms: i64,
}

/// Joins each ticket with what is promised of it next and is not done: `d.due_at_ms`, absent where nothing is or its clock waits. `$1`
/// is the site.
const NEXT_DUE: &str = "LEFT JOIN (SELECT site_id, ticket_id, MIN(due_at_ms) AS due_at_ms FROM ticket_target
       WHERE site_id = $1 AND met_at_ms IS NULL AND due_at_ms IS NOT NULL GROUP BY site_id, ticket_id) d
     ON d.site_id = t.site_id AND d.ticket_id = t.ticket_id";

impl TicketFilter<'_> {
    /// What stands after `FROM`, with the values: but for the state, where that is to be counted.
    fn from(&self, site_id: Id, with_state: bool) -> (String, Vec<Value>) {
        let mut params = params![site_id, self.span_ms.0, self.span_ms.1];
        let mut sql = format!(
            "ticket t LEFT JOIN response r ON r.site_id = t.site_id AND r.item_id = t.response_id {NEXT_DUE}
             WHERE t.site_id = $1 AND t.merged_into IS NULL
               AND (t.state <> 'resolved' OR t.opened_at_ms >= $2 AND t.opened_at_ms < $3)"
        );
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
        if self.overdue {
            also("t.state <> 'resolved' AND d.due_at_ms < ?", self.now_ms.into());
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
        sql += &self.narrow.on_responses((0, i64::MAX), &mut params);
        (sql, params)
    }
}

/// What is overdue first, by when it fell due; then the most urgent, then whoever waits longest; of what is resolved, the newest first.
/// `now` is the place of the time among the values.
fn order(now: usize) -> String {
    let overdue = format!("t.state <> 'resolved' AND d.due_at_ms < ${now}");
    format!(
        "CASE WHEN t.state = 'resolved' THEN 2 WHEN {overdue} THEN 0 ELSE 1 END,
           CASE WHEN {overdue} THEN d.due_at_ms ELSE 0 END, CASE WHEN t.state = 'resolved' THEN -t.opened_at_ms ELSE 0 END,
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
        params.extend(params![filter.now_ms, limit, offset]);
        let now = params.len() - 2;
        let (columns, order) = (columns(), order(now));
        let sql = format!("SELECT {columns} FROM {from} ORDER BY {order} LIMIT ${} OFFSET ${}", now + 1, now + 2);
        self.read(sql, params).await?.iter().map(read_ticket).collect()
    }

    /// Tickets that pass a filter, the newest first, `limit` of them after a place: for whoever takes all of them along while they are
    /// worked on, since no change moves one to another place.
    pub async fn tickets_after(
        &self,
        site_id: Id,
        filter: &TicketFilter<'_>,
        (after, limit): (Option<Cursor>, i64),
    ) -> Result<Vec<Ticket>, StoreError> {
        let (from, mut params) = filter.from(site_id, true);
        let later = after.map_or_else(String::new, |after| {
            params.extend(params![after.occurred_at_ms, after.item_id]);
            let (at, id) = (params.len() - 1, params.len());
            format!(" AND (t.opened_at_ms < ${at} OR t.opened_at_ms = ${at} AND t.ticket_id < ${id})")
        });
        params.push(limit.into());
        let (columns, place) = (columns(), params.len());
        let sql = format!(
            "SELECT {columns} FROM {from}{later} ORDER BY t.opened_at_ms DESC, t.ticket_id DESC LIMIT ${place}"
        );
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

    /// How many tickets a customer has, and how many of them nobody has done with; merged ones are counted once, as what they became.
    pub async fn count_tickets_of_customer(&self, site_id: Id, customer_id: Id) -> Result<(u64, u64), StoreError> {
        let sql = format!(
            "SELECT COUNT(*) AS tickets, COUNT(CASE WHEN {OPEN} THEN 1 END) AS still_open FROM ticket t
             WHERE t.site_id = $1 AND t.customer_id = $2 AND t.merged_into IS NULL"
        );
        let rows = self.read(sql, params![site_id, customer_id]).await?;
        rows.first().map_or(Ok((0, 0)), |row| Ok((row.count("tickets")?, row.count("still_open")?)))
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
