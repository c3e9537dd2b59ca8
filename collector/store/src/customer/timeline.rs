//! What happened with one customer, kind by kind: the newest before a place. What is asked of several ids is of one customer and of those
//! who turned out to be them.

use crate::engine::value::read_all;
use crate::interaction::one_of;
use crate::response::{Cursor, RESPONSE, ResponseRecord, response};
use crate::ticket::Ticket;
use crate::{Row, Store, StoreError, Value, params};
use rapport_shared::id::Id;

/// A view of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownView {
    /// Its id; secret to its browser.
    pub item_id: Id,
    /// The visit; secret to its browser.
    pub session_id: Option<Id>,
    /// When, in epoch milliseconds.
    pub occurred_at_ms: i64,
    /// The page.
    pub path: String,
    /// The device, as [`crate::device::Device`] names it.
    pub device: String,
    /// How long it was open, in milliseconds.
    pub duration_ms: i64,
    /// How many errors there were.
    pub errors: u64,
    /// How many clicks of rage.
    pub rage_clicks: u64,
}

/// A review that somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenBy {
    /// The response it came with.
    pub response_id: Id,
    /// Its id.
    pub review_id: Id,
    /// What is reviewed.
    pub thing: String,
    /// 1 to 5.
    pub stars: u64,
    /// Its title.
    pub title: String,
}

/// Something that a plan will ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// The plan's name.
    pub plan: String,
    /// When it is due, in epoch milliseconds.
    pub due_at_ms: i64,
    /// Whether somebody has to call.
    pub is_call: bool,
}

/// Those of the newest that stand before a place.
fn before(place: Option<Cursor>, (instant, id): (&str, &str), params: &mut Vec<Value>) -> String {
    let place = place.unwrap_or(Cursor { occurred_at_ms: i64::MAX, item_id: Id::default() });
    params.extend(params![place.occurred_at_ms, place.item_id]);
    let (at, of) = (params.len() - 1, params.len());
    format!(" AND {instant} <= ${at} AND ({instant} < ${at} OR {id} < ${of}) ORDER BY {instant} DESC, {id} DESC")
}

impl Store {
    /// The newest views of pages by visitors who are known by these keys.
    pub async fn views_of_visitors(
        &self,
        site_id: Id,
        visitor_keys: &[Id],
        place: Option<Cursor>,
        limit: i64,
    ) -> Result<Vec<KnownView>, StoreError> {
        if visitor_keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut params = params![site_id];
        let of = one_of("known_visitor_key", visitor_keys, &mut params);
        let before = before(place, ("occurred_at_ms", "item_id"), &mut params);
        let sql = format!(
            "SELECT item_id, session_id, occurred_at_ms, path, device, duration_ms, errors, rage_clicks FROM page_view
             WHERE site_id = $1 AND bot = 0 AND {of}{before} LIMIT {limit}"
        );
        let read = |row: &mut Row| {
            Ok(KnownView {
                item_id: row.id("item_id")?,
                session_id: row.id_or_null("session_id")?,
                occurred_at_ms: row.int("occurred_at_ms")?,
                path: row.take_text("path")?,
                device: row.take_text("device")?,
                duration_ms: row.int("duration_ms")?,
                errors: row.count("errors")?,
                rage_clicks: row.count("rage_clicks")?,
            })
        };
        read_all(self.read(sql, params).await?, read)
    }

    /// The newest responses of a customer.
    pub async fn responses_of_customer(
        &self,
        site_id: Id,
        customer_ids: &[Id],
        place: Option<Cursor>,
        limit: i64,
    ) -> Result<Vec<ResponseRecord>, StoreError> {
        let mut params = params![site_id];
        let of = one_of("r.customer_id", customer_ids, &mut params);
        let before = before(place, ("r.occurred_at_ms", "r.item_id"), &mut params);
        let sql = format!("SELECT {RESPONSE} FROM response r WHERE r.site_id = $1 AND {of}{before} LIMIT {limit}");
        self.read(sql, params).await?.iter().map(response).collect()
    }

    /// The reviews that came with some responses.
    pub async fn reviews_with(&self, site_id: Id, response_ids: &[Id]) -> Result<Vec<WrittenBy>, StoreError> {
        if response_ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut params = params![site_id];
        let of = one_of("response_id", response_ids, &mut params);
        let sql = format!(
            "SELECT response_id, review_id, thing, stars, title FROM review WHERE site_id = $1 AND {of}
             ORDER BY created_at_ms, review_id"
        );
        let read = |row: &mut Row| {
            Ok(WrittenBy {
                response_id: row.id("response_id")?,
                review_id: row.id("review_id")?,
                thing: row.take_text("thing")?,
                stars: row.count("stars")?,
                title: row.take_text("title")?,
            })
        };
        read_all(self.read(sql, params).await?, read)
    }

    /// The newest tickets of a customer; those that were merged into others are left out.
    pub async fn tickets_of_customer(
        &self,
        site_id: Id,
        customer_ids: &[Id],
        place: Option<Cursor>,
        limit: i64,
    ) -> Result<Vec<Ticket>, StoreError> {
        let mut params = params![site_id];
        let of = one_of("customer_id", customer_ids, &mut params);
        let before = before(place, ("opened_at_ms", "ticket_id"), &mut params);
        let sql = format!(
            "SELECT {} FROM ticket WHERE site_id = $1 AND merged_into IS NULL AND {of}{before} LIMIT {limit}",
            crate::ticket::COLUMNS
        );
        self.read(sql, params).await?.iter().map(crate::ticket::read_ticket).collect()
    }

    /// How many tickets of a customer nobody is done with.
    pub async fn open_tickets_of(&self, site_id: Id, customer_ids: &[Id]) -> Result<u64, StoreError> {
        let mut params = params![site_id];
        let of = one_of("t.customer_id", customer_ids, &mut params);
        let sql = format!(
            "SELECT COUNT(*) AS tickets FROM ticket t WHERE t.site_id = $1 AND {of} AND {}",
            crate::ticket::OPEN
        );
        self.read(sql, params).await?.first().map_or(Ok(0), |row| row.count("tickets"))
    }

    /// The scores that a customer gave, the newest first: when, under which kind of question, and where each stands on its scale.
    pub async fn scores_of_customer(
        &self,
        site_id: Id,
        customer_ids: &[Id],
        limit: i64,
    ) -> Result<Vec<(i64, String, i64)>, StoreError> {
        let mut params = params![site_id];
        let of = one_of("r.customer_id", customer_ids, &mut params);
        let sql = format!(
            "SELECT r.occurred_at_ms, a.kind, a.score FROM response r
             JOIN answer a ON a.site_id = r.site_id AND a.item_id = r.item_id
             WHERE r.site_id = $1 AND {of} AND a.score IS NOT NULL AND {}
             ORDER BY r.occurred_at_ms DESC, r.item_id DESC, a.position LIMIT {limit}",
            crate::response::COUNTED
        );
        read_all(self.read(sql, params).await?, |row| {
            Ok((row.int("occurred_at_ms")?, row.take_text("kind")?, row.int("score")?))
        })
    }

    /// What plans will ask of a customer, the soonest first.
    pub async fn ahead_of_customer(
        &self,
        site_id: Id,
        customer_ids: &[Id],
        limit: i64,
    ) -> Result<Vec<Ahead>, StoreError> {
        let mut params = params![site_id];
        let of = one_of("f.customer_id", customer_ids, &mut params);
        let sql = format!(
            "SELECT p.name, f.due_at_ms, f.state FROM follow_up f
             JOIN follow_up_plan p ON p.site_id = f.site_id AND p.plan_id = f.plan_id
             WHERE f.site_id = $1 AND {of} AND f.state IN ('waiting', 'calling') ORDER BY f.due_at_ms, f.follow_up_id LIMIT {limit}"
        );
        let read = |row: &mut Row| {
            Ok(Ahead {
                plan: row.take_text("name")?,
                due_at_ms: row.int("due_at_ms")?,
                is_call: row.text("state")? == "calling",
            })
        };
        read_all(self.read(sql, params).await?, read)
    }
}
