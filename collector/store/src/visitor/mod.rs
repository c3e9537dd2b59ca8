//! Everything that is stored of one person: found by what only their browser knows, or by the signature of the company's
//! server, and erased.
//!
//! Indexes lead to the rows of visitors whose id lasts, and those of a session are found by the hours in which it has some:
//! whoever asks by ids they made up costs a look into an index for each, and reads no row of anybody.

pub(crate) mod erasure;
pub mod place;
pub mod receipt;
pub mod usage;

use super::{Row, Statement, Store, StoreError, Value};
use crate::clock::Clock;
use crate::engine::value::placeholders;
use crate::params;
use crate::subscription::StopCause;
use crate::visitor::receipt::Found;
use crate::word::Source;
use jiff::tz::TimeZone;
use rapport_shared::id::Id;
use std::collections::{BTreeMap, BTreeSet};

/// Most ids in one statement.
pub(super) const IDS: usize = 400;

/// By what a person is found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The key made of the persistent visitor id.
    pub visitor_key: Option<Id>,
    /// Sessions.
    pub sessions: Vec<Id>,
    /// Responses.
    pub responses: Vec<Id>,
    /// The customer whom the company's server signed.
    pub customer_id: Option<Id>,
}

/// The keys of everything that is stored of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traces {
    /// Page views.
    pub page_views: Vec<Id>,
    /// Signals.
    pub signals: Vec<Id>,
    /// Responses; their answers go with them.
    pub responses: Vec<Id>,
    /// Reviews that came with them.
    pub reviews: Vec<Id>,
    /// Pictures of them: the response of each.
    pub pictures: Vec<Id>,
    /// Their sessions.
    pub sessions: Vec<Id>,
    /// The visitors they are known as.
    pub visitor_keys: Vec<Id>,
    /// The customer, with whoever turned out to be them.
    pub customers: Vec<Id>,
    /// Tickets of their responses, of their reviews or of the customer.
    pub tickets: Vec<Id>,
    /// Contacts with the customer.
    pub interactions: Vec<Id>,
    /// Mail addresses of the customer.
    pub addresses: Vec<String>,
}

pub(super) fn values(ids: &[Id]) -> impl Iterator<Item = Value> {
    ids.iter().map(|id| Value::from(*id))
}

fn ids(rows: &[Row], column: &str) -> Result<Vec<Id>, StoreError> {
    rows.iter().map(|row| row.id(column)).collect()
}

/// Reads the rows of `table` whose `column` is one of `ids`, given from `$2` on.
fn select_by(table: &str, select: &str, column: &str, ids: &[Id]) -> String {
    format!("SELECT {select} FROM {table} WHERE site_id = $1 AND {column} IN ({})", placeholders(2, ids.len()))
}

/// Reads the rows of `table` that `sessions`, given from `$3` on, have in one hour.
fn select_of_hour(table: &str, sessions: &[Id]) -> String {
    let places = placeholders(3, sessions.len());
    format!("SELECT item_id FROM {table} WHERE site_id = $1 AND hour_ms = $2 AND session_id IN ({places})")
}

impl Store {
    /// The rows of `table` whose `column` is one of `ids`, as `select` has them.
    pub(super) async fn rows_by(
        &self,
        site_id: Id,
        (table, select, column): (&str, &str, &str),
        ids: &[Id],
    ) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        for ids in ids.chunks(IDS) {
            let sql = select_by(table, select, column, ids);
            let mut params = params![site_id];
            params.extend(values(ids));
            rows.extend(self.read(sql, params).await?);
        }
        Ok(rows)
    }

    /// The hours in which some sessions have views or signals, with those that have.
    async fn hours_of_sessions(&self, site_id: Id, sessions: &[Id]) -> Result<BTreeMap<i64, Vec<Id>>, StoreError> {
        let mut hours: BTreeMap<i64, Vec<Id>> = BTreeMap::new();
        for row in self.rows_by(site_id, ("session_hour", "session_id, hour_ms", "session_id"), sessions).await? {
            hours.entry(row.int("hour_ms")?).or_default().push(row.id("session_id")?);
        }
        Ok(hours)
    }

    /// The rows of `table` that some sessions have in one hour.
    async fn items_of_sessions(
        &self,
        table: &str,
        site_id: Id,
        hour_ms: i64,
        sessions: &[Id],
    ) -> Result<Vec<Id>, StoreError> {
        let mut items = Vec::new();
        for sessions in sessions.chunks(IDS) {
            let mut params = params![site_id, hour_ms];
            params.extend(values(sessions));
            items.extend(ids(&self.read(select_of_hour(table, sessions), params).await?, "item_id")?);
        }
        Ok(items)
    }

    /// Finds what is stored of a person.
    pub async fn traces(&self, site_id: Id, known: &Known) -> Result<Traces, StoreError> {
        let mut keys: BTreeSet<Id> = known.visitor_key.into_iter().collect();
        let mut customers = Vec::new();
        if let Some(customer_id) = known.customer_id {
            keys.extend(self.visitors_of(site_id, customer_id).await?);
            customers = self.together(site_id, customer_id).await?;
            // What names a customer may be there without one.
            if customers.is_empty() {
                customers.push(customer_id);
            }
        }
        let keys: Vec<Id> = keys.into_iter().collect();
        let select = "item_id, session_id";
        let views = self.rows_by(site_id, ("page_view", select, "known_visitor_key"), &keys).await?;
        let signals = self.rows_by(site_id, ("signal", select, "known_visitor_key"), &keys).await?;
        let answered = self.rows_by(site_id, ("response", select, "visitor_key"), &keys).await?;
        // A visitor's sessions may have begun before they were recognised. A customer's own are not looked through: somebody
        // else may have gone on in the same tab.
        let mut sessions: BTreeSet<Id> = known.sessions.iter().copied().collect();
        for row in views.iter().chain(&signals).chain(&answered) {
            sessions.extend(row.id_or_null("session_id")?);
        }
        let sessions: Vec<Id> = sessions.into_iter().collect();

        let mut page_views: BTreeSet<Id> = ids(&views, "item_id")?.into_iter().collect();
        let mut signals: BTreeSet<Id> = ids(&signals, "item_id")?.into_iter().collect();
        for (hour_ms, sessions) in self.hours_of_sessions(site_id, &sessions).await? {
            page_views.extend(self.items_of_sessions("page_view", site_id, hour_ms, &sessions).await?);
            signals.extend(self.items_of_sessions("signal", site_id, hour_ms, &sessions).await?);
        }
        let mut responses: BTreeSet<Id> = ids(&answered, "item_id")?.into_iter().collect();
        for (column, of) in [("item_id", &known.responses), ("session_id", &sessions), ("customer_id", &customers)] {
            responses.extend(ids(&self.rows_by(site_id, ("response", "item_id", column), of).await?, "item_id")?);
        }
        let responses: Vec<Id> = responses.into_iter().collect();
        // A picture may be there before its response.
        let claimed: Vec<Id> = responses.iter().chain(&known.responses).copied().collect();
        let pictures =
            ids(&self.rows_by(site_id, ("attachment", "response_id", "response_id"), &claimed).await?, "response_id")?;
        let reviews =
            ids(&self.rows_by(site_id, ("review", "review_id", "response_id"), &responses).await?, "review_id")?;
        let mut tickets = BTreeSet::new();
        for (column, of) in [("response_id", &responses), ("customer_id", &customers)] {
            tickets.extend(ids(&self.rows_by(site_id, ("ticket", "ticket_id", column), of).await?, "ticket_id")?);
        }
        Ok(Traces {
            page_views: page_views.into_iter().collect(),
            signals: signals.into_iter().collect(),
            reviews,
            responses,
            pictures,
            sessions,
            visitor_keys: keys,
            tickets: tickets.into_iter().collect(),
            interactions: ids(
                &self.rows_by(site_id, ("interaction", "interaction_id", "customer_id"), &customers).await?,
                "interaction_id",
            )?,
            addresses: self.addresses_of(site_id, &customers).await?,
            customers,
        })
    }

    /// The addresses at which some customers are or were written to, as they were told and as mails have them.
    async fn addresses_of(&self, site_id: Id, customers: &[Id]) -> Result<Vec<String>, StoreError> {
        let mut addresses = BTreeSet::new();
        for row in self.rows_by(site_id, ("identity", "kind, value", "customer_id"), customers).await? {
            if row.text("kind")? == "mail" {
                addresses.insert(row.text("value")?.to_owned());
            }
        }
        for (table, column) in [("customer", "mail"), ("follow_up", "address"), ("issue_told", "address")] {
            for row in self.rows_by(site_id, (table, &format!("{column} AS address"), "customer_id"), customers).await?
            {
                let address = row.text_or_null("address")?.unwrap_or_default();
                addresses.extend([address.to_owned(), address.trim().to_lowercase()]);
            }
        }
        addresses.remove("");
        Ok(addresses.into_iter().collect())
    }

    /// Erases rows for good; what was found where. What they were counted into stays, whatever is counted anew later: see
    /// [`crate::visitor::erasure`]. `zone` is the site's.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when another erasure of the site takes too long; then nothing was erased.
    pub async fn erase(
        &self,
        site_id: Id,
        zone: &TimeZone,
        traces: &Traces,
        clock: &Clock,
    ) -> Result<Vec<Found>, StoreError> {
        self.erase_with(site_id, zone, traces, clock, |_| Vec::new()).await
    }

    /// The same, with whatever is to be noted of it in the same transaction.
    pub(crate) async fn erase_with(
        &self,
        site_id: Id,
        zone: &TimeZone,
        traces: &Traces,
        clock: &Clock,
        noting: impl FnOnce(&[Found]) -> Vec<Statement>,
    ) -> Result<Vec<Found>, StoreError> {
        let holder = clock.new_id();
        self.begin_erasure(site_id, holder, clock).await?;
        let erased = self.erase_alone(site_id, zone, traces, clock, noting).await;
        if let Err(error) = self.end_erasure(site_id, holder).await {
            tracing::warn!(%error, "the next erasure of the site has to wait until this one is thought to have failed");
        }
        erased
    }

    async fn erase_alone(
        &self,
        site_id: Id,
        zone: &TimeZone,
        traces: &Traces,
        clock: &Clock,
        noting: impl FnOnce(&[Found]) -> Vec<Statement>,
    ) -> Result<Vec<Found>, StoreError> {
        let found = self.found(site_id, traces).await?;
        let mut statements = self.remainder(site_id, zone, traces, clock).await?;
        for (source, items) in [
            (Source::Answer, &traces.responses),
            (Source::Ticket, &traces.tickets),
            (Source::Interaction, &traces.interactions),
        ] {
            statements.extend(self.forgetting_words(site_id, source, items));
        }
        statements.extend(self.stopping_erased(site_id, traces, clock.now_ms()).await?);
        statements.extend(freeing_merged(site_id, &traces.tickets, clock.now_ms()));
        statements.extend(crate::ticket::keeping_promises(site_id, &traces.tickets, clock));
        statements.extend(self.forgetting_in_audit(site_id, traces).await?);
        for place in place::PLACES {
            statements.extend(place.statements(site_id, traces, &format!("DELETE FROM {}", place.table)));
        }
        statements.extend(noting(&found));
        if !statements.is_empty() {
            self.write(statements).await?;
            self.wipe_log().await;
        }
        Ok(found)
    }

    /// The statements after which the addresses of whoever unsubscribed anywhere are not written to by the next import either.
    async fn stopping_erased(&self, site_id: Id, traces: &Traces, now_ms: i64) -> Result<Vec<Statement>, StoreError> {
        let select = ("follow_up", "unsubscribed_at_ms", "customer_id");
        let rows = self.rows_by(site_id, select, &traces.customers).await?;
        let mut statements = Vec::new();
        if rows.iter().any(|row| matches!(row.int_or_null("unsubscribed_at_ms"), Ok(Some(_)))) {
            for address in &traces.addresses {
                statements.push(self.stopping(site_id, address, StopCause::Unsubscribed, now_ms).await?);
            }
        }
        Ok(statements)
    }

    /// The statements after which what staff did says no more with whom. Customers are named there by what the company calls them, or by
    /// their id, which follows from that.
    async fn forgetting_in_audit(&self, site_id: Id, traces: &Traces) -> Result<Vec<Statement>, StoreError> {
        let rows = self.rows_by(site_id, ("customer", "external_id", "customer_id"), &traces.customers).await?;
        let mut named: Vec<String> = traces.customers.iter().map(|id| audited(&id.to_text())).collect();
        for row in &rows {
            named.push(audited(row.text("external_id")?));
        }
        let forget = |named: String| {
            let sql = "UPDATE audit_entry SET subject = $3 WHERE site_id = $1 AND subject = $2";
            Statement::new(sql, params![site_id, named, receipt::ERASED_CUSTOMER])
        };
        Ok(named.into_iter().map(forget).collect())
    }
}

/// The statements after which no ticket is said to be merged into one that is erased, and what is promised of one into which such was
/// merged is reckoned without it.
fn freeing_merged(site_id: Id, tickets: &[Id], now_ms: i64) -> impl Iterator<Item = Statement> {
    tickets.chunks(IDS).flat_map(move |tickets| {
        let places = placeholders(3, tickets.len());
        let free = format!(
            "UPDATE ticket SET merged_into = NULL, changed_at_ms = $2, reckoned_at_ms = NULL
             WHERE site_id = $1 AND merged_into IN ({places})"
        );
        let anew = format!(
            "UPDATE ticket SET changed_at_ms = $2, reckoned_at_ms = NULL WHERE site_id = $1 AND ticket_id IN
               (SELECT merged_into FROM ticket WHERE site_id = $1 AND ticket_id IN ({places}) AND merged_into IS NOT NULL)"
        );
        [anew, free].map(|sql| {
            let mut params = params![site_id, now_ms];
            params.extend(values(tickets));
            Statement::new(sql, params)
        })
    })
}

/// How a customer is named where it is noted what staff did.
pub fn audited(external_id: &str) -> String {
    format!("customer {external_id}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_store::each_engine;
    use rapport_shared::id::Id;

    const SITE: Id = Id([1; 16]);

    /// Views and signals of a busy site: so many that reading all of them is the worst that can happen. Four rows have a
    /// session, and one in a hundred a visitor whose id lasts.
    async fn fill(store: &Store) {
        let postgres = store.engine_name() == "postgres";
        let id = |number: &str| match postgres {
            true => format!("decode(lpad(to_hex({number}), 32, '0'), 'hex')"),
            false => format!("unhex(printf('%032x', {number}))"),
        };
        let (item, session, known) = (id("n"), id("n / 4"), id("n"));
        for (table, extra, values) in [
            (
                "page_view",
                "revision, visitor_key, referrer, source, release, language, view_index, navigation, duration_ms, hidden_ms,
                 engaged_ms, scroll_percent, clicks, rage_clicks, dead_clicks, errors, key_events, viewport_width_px,
                 viewport_height_px",
                format!("1, {item}, '', '', '', '', 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1"),
            ),
            ("signal", "view_id, kind, element, name, text, count", format!("{item}, 'click', '', '', '', 1")),
        ] {
            let sql = format!(
                "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 59999)
                 INSERT INTO {table} (site_id, item_id, session_id, known_visitor_key, occurred_at_ms, received_at_ms, hour_ms,
                     clamped, bot, path, device, {extra})
                 SELECT $1, {item}, {session}, CASE WHEN n % 100 = 0 THEN {known} END, n, n, n / 100, 0, 0, '/', 'mobile',
                     {values} FROM numbers"
            );
            store.write(vec![Statement::new(sql, params![SITE])]).await.unwrap();
        }
        let hours = format!(
            "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 59999)
             INSERT INTO session_hour (site_id, session_id, hour_ms) SELECT $1, {item}, n / 100 FROM numbers"
        );
        store.write(vec![Statement::new(hours, params![SITE])]).await.unwrap();
        if postgres {
            store.write(vec![Statement::new("ANALYZE", vec![])]).await.unwrap();
        }
    }

    /// How the engine would find the rows of 200 made-up ids.
    async fn plan(store: &Store, table: &str, column: &str) -> String {
        let made_up: Vec<Id> = (0..200).map(|number| Id::version_7(1_700_000_000_000 + number, [9; 10])).collect();
        explained(store, &select_by(table, "site_id", column, &made_up), params![SITE], &made_up).await
    }

    /// How the engine would find rows by ids, whose places follow those of `params`.
    async fn explained(store: &Store, sql: &str, mut params: Vec<Value>, ids: &[Id]) -> String {
        let explain = if store.engine_name() == "postgres" { "EXPLAIN" } else { "EXPLAIN QUERY PLAN" };
        let sql = format!("{explain} {sql}");
        params.extend(values(ids));
        let rows = store.read(sql, params).await.unwrap();
        let column = if store.engine_name() == "postgres" { "QUERY PLAN" } else { "detail" };
        rows.iter().map(|row| row.text(column).unwrap().to_owned() + "\n").collect()
    }

    #[tokio::test]
    async fn two_hundred_made_up_ids_read_no_row_of_anybody() {
        each_engine(async |store| {
            fill(&store).await;
            for (table, columns) in [
                ("page_view", &["known_visitor_key"][..]),
                ("signal", &["known_visitor_key"]),
                ("session_hour", &["session_id"]),
                ("response", &["visitor_key", "session_id", "customer_id", "item_id"]),
                ("attachment", &["response_id"]),
                ("review", &["response_id"]),
                ("customer_asked", &["customer_id"]),
                ("identity", &["customer_id"]),
            ] {
                for column in columns {
                    let plan = plan(&store, table, column).await;
                    let narrow = match store.engine_name() {
                        "postgres" => plan.contains("Index Cond") && plan.contains(&format!("{column} = ANY")),
                        _ => plan.contains(&format!("(site_id=? AND {column}=?")),
                    };
                    // PostgreSQL reads a table of no rows whole.
                    let is_filled = ["page_view", "signal", "session_hour"].contains(&table);
                    let empty = store.engine_name() == "postgres" && !is_filled;
                    assert!(narrow || empty, "{} {table}.{column}: {plan}", store.engine_name());
                }
            }
            for table in ["page_view", "signal"] {
                let sessions = [Id([7; 16]), Id([8; 16])];
                let plan = explained(&store, &select_of_hour(table, &sessions), params![SITE, 5_i64], &sessions).await;
                let narrow = match store.engine_name() {
                    "postgres" => plan.contains("Index Cond") && plan.contains("hour_ms = "),
                    _ => plan.contains("(site_id=? AND hour_ms=?"),
                };
                assert!(narrow, "{} {table} of an hour: {plan}", store.engine_name());
            }
            let made_up =
                |first: u64| (first..first + 200).map(|number| Id::version_7(number << 20, [3; 10])).collect();
            let known = Known { sessions: made_up(1), responses: made_up(9), ..Known::default() };
            let found = store.traces(SITE, &known).await.unwrap();
            assert_eq!(Traces { sessions: vec![], ..found }, Traces::default());
            let mut session = Id([0; 16]);
            session.0[15] = 7;
            let found = store.traces(SITE, &Known { sessions: vec![session], ..Known::default() }).await.unwrap();
            assert_eq!((found.page_views.len(), found.signals.len()), (4, 4));
        })
        .await;
    }

    /// A row of a table in which every id of a person is one of these, and everything else something.
    fn row_of(table: &str, columns: &[(String, String, bool, Option<String>)], person: &[(&str, Id)]) -> Statement {
        let names: Vec<_> = columns.iter().map(|(name, ..)| name.as_str()).collect();
        let value = |(name, kind, required, _): &(String, String, bool, Option<String>)| -> Value {
            match (person.iter().find(|(column, _)| column == name), kind.as_str()) {
                _ if name == "site_id" => SITE.into(),
                // A ticket that was opened by hand has no response, and nobody is merged into anybody.
                _ if name == "merged_into" || (table, name.as_str()) == ("ticket", "response_id") => {
                    Value::Null(crate::engine::value::ColumnType::Blob)
                }
                (Some((_, id)), "BYTEA") => (*id).into(),
                (_, "BYTEA") if *required => Id([77; 16]).into(),
                (_, "BYTEA") => Value::Null(crate::engine::value::ColumnType::Blob),
                (_, "TEXT") => "something".into(),
                _ => 1_i64.into(),
            }
        };
        let places = placeholders(1, names.len());
        let sql = format!("INSERT INTO {table} ({}) VALUES ({places})", names.join(", "));
        Statement::new(sql, columns.iter().map(value).collect::<Vec<Value>>())
    }

    #[tokio::test]
    async fn a_table_that_was_added_later_kept_its_rows_of_an_erased_customer() {
        each_engine(async |store| {
            let person = [
                ("customer_id", Id([1; 16])),
                ("response_id", Id([2; 16])),
                ("ticket_id", Id([3; 16])),
                ("review_id", Id([4; 16])),
            ];
            // Responses are followed by their hour, and the step that names one keeps that it arrived: tests of their own hold both.
            const ELSEWHERE: [&str; 2] = ["delivery", "response"];
            let catalog = crate::engine::catalog_test::read(&store).await;
            let mut filled = Vec::new();
            for (table, columns) in &catalog.columns {
                let names =
                    person.iter().map(|(name, _)| *name).filter(|name| columns.iter().any(|(own, ..)| own == name));
                let names: Vec<_> = names.collect();
                if !names.is_empty() && !ELSEWHERE.contains(&table.as_str()) {
                    store.write(vec![row_of(table, columns, &person)]).await.expect(table);
                    filled.push((table.as_str(), names));
                }
            }
            assert!(filled.len() >= 12, "{filled:?}");
            let traces = Traces {
                responses: vec![person[1].1],
                pictures: vec![person[1].1],
                reviews: vec![person[3].1],
                customers: vec![person[0].1],
                tickets: vec![person[2].1],
                ..Traces::default()
            };
            store.erase(SITE, &TimeZone::UTC, &traces, &Clock::System).await.unwrap();
            for (table, names) in filled {
                for name in names {
                    let id = person.iter().find(|(column, _)| *column == name).expect("one of them").1;
                    let sql = format!("SELECT 1 FROM {table} WHERE site_id = $1 AND {name} = $2");
                    let left = store.read(sql, params![SITE, id]).await.unwrap();
                    assert!(left.is_empty(), "{table}.{name}");
                }
            }
        })
        .await;
    }
}
