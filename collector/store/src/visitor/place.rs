//! Where a person stands in the database: one list, by which everything of them is counted, taken along and erased. A table that is
//! added stands here, or among those that name nobody, with the reason; a test reads the catalogs of both engines for it.

use super::{IDS, Traces};
use crate::engine::value::placeholders;
use crate::{Statement, Value, params};
use rapport_shared::id::Id;

/// What a condition asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    PageView,
    Signal,
    Response,
    Picture,
    Review,
    Ticket,
    Interaction,
    Session,
    Customer,
    Visitor,
    VisitorKey,
    Address,
}

/// What is done with the rows of a place besides erasing them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// They are counted and taken along.
    Whole,
    /// They are counted alone: what they say follows from rows that are taken along.
    Derived,
    /// Neither: another place has them as well, as far as they are of this person alone.
    Again,
}

/// Rows of one table that are of a person.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// The table.
    pub table: &'static str,
    /// Which of its rows; `{}` stands for what [`Self::by`] has.
    condition: &'static str,
    by: By,
    pub taken: Taken,
}

const fn place(table: &'static str, condition: &'static str, by: By) -> Place {
    Place { table, condition, by, taken: Taken::Whole }
}

const fn derived(table: &'static str, condition: &'static str, by: By) -> Place {
    Place { table, condition, by, taken: Taken::Derived }
}

const fn again(table: &'static str, condition: &'static str, by: By) -> Place {
    Place { table, condition, by, taken: Taken::Again }
}

/// Attempts at what was delivered of a person.
const DELIVERED_OF_RESPONSE: &str =
    "delivery_id IN (SELECT d.delivery_id FROM webhook_delivery d WHERE d.site_id = $1 AND d.response_id IN ({}))";
const DELIVERED_OF_CUSTOMER: &str =
    "delivery_id IN (SELECT d.delivery_id FROM webhook_delivery d WHERE d.site_id = $1 AND d.customer_id IN ({}))";
const DELIVERED_OF_CUSTOMER_ALONE: &str = "delivery_id IN (SELECT d.delivery_id FROM webhook_delivery d
     WHERE d.site_id = $1 AND d.response_id IS NULL AND d.customer_id IN ({}))";
/// What is of a customer and of no response, by which it would be counted already.
const OF_CUSTOMER_ALONE: &str = "response_id IS NULL AND customer_id IN ({})";

/// Everywhere, in the order in which it is erased: what is found by another row goes before that.
pub(crate) const PLACES: &[Place] = &[
    derived("word_text", "source = 'answer' AND item_id IN ({})", By::Response),
    derived("word_text", "source = 'ticket' AND item_id IN ({})", By::Ticket),
    derived("word_text", "source = 'interaction' AND item_id IN ({})", By::Interaction),
    derived("arrival", "item_id IN ({})", By::Response),
    place("ticket_mention", "ticket_id IN ({})", By::Ticket),
    place("ticket_tag", "ticket_id IN ({})", By::Ticket),
    place("ticket_event", "ticket_id IN ({})", By::Ticket),
    place("ticket_target_change", "ticket_id IN ({})", By::Ticket),
    place("ticket_target", "ticket_id IN ({})", By::Ticket),
    place("mail_attachment", "ticket_id IN ({})", By::Ticket),
    place("ticket_question", "ticket_id IN ({})", By::Ticket),
    place("ticket_participant", "ticket_id IN ({})", By::Ticket),
    again("ticket_participant", "address IN ({})", By::Address),
    place("ticket_mail", "ticket_id IN ({})", By::Ticket),
    place("received_mail", "ticket_id IN ({})", By::Ticket),
    again("received_mail", "sender IN ({})", By::Address),
    place("bounced_address", "address IN ({})", By::Address),
    place("ticket", "ticket_id IN ({})", By::Ticket),
    // Reports, notices and what lets people in go to whoever reads the dashboards.
    place("outgoing_mail", "kind NOT IN ('report', 'notice', 'account') AND recipient IN ({})", By::Address),
    derived("webhook_attempt", DELIVERED_OF_RESPONSE, By::Response),
    derived("webhook_attempt", DELIVERED_OF_CUSTOMER_ALONE, By::Customer),
    again("webhook_attempt", DELIVERED_OF_CUSTOMER, By::Customer),
    place("webhook_delivery", "response_id IN ({})", By::Response),
    place("webhook_delivery", OF_CUSTOMER_ALONE, By::Customer),
    again("webhook_delivery", "customer_id IN ({})", By::Customer),
    derived("notice", "response_id IN ({})", By::Response),
    derived("notice", OF_CUSTOMER_ALONE, By::Customer),
    again("notice", "customer_id IN ({})", By::Customer),
    derived("news", "response_id IN ({})", By::Response),
    derived("news", OF_CUSTOMER_ALONE, By::Customer),
    again("news", "customer_id IN ({})", By::Customer),
    derived("news_told", "response_id IN ({})", By::Response),
    place("issue_told", "customer_id IN ({})", By::Customer),
    place("follow_up", "customer_id IN ({})", By::Customer),
    place("interaction", "customer_id IN ({})", By::Customer),
    place("customer_asked", "customer_id IN ({})", By::Customer),
    place("attachment", "response_id IN ({})", By::Picture),
    place("review_vote", "review_id IN ({})", By::Review),
    place("review", "review_id IN ({})", By::Review),
    place("answer", "item_id IN ({})", By::Response),
    place("response", "item_id IN ({})", By::Response),
    place("signal", "item_id IN ({})", By::Signal),
    place("page_view", "item_id IN ({})", By::PageView),
    derived("visit_further", "session_id IN ({})", By::Session),
    derived("session_hour", "session_id IN ({})", By::Session),
    derived("persona_visitor", "visitor_key IN ({})", By::VisitorKey),
    derived("persona_member", "customer_id IN ({})", By::Customer),
    derived("persona_due", "customer_id IN ({})", By::Customer),
    derived("customer_word", "customer_id IN ({})", By::Customer),
    place("customer_trait", "customer_id IN ({})", By::Customer),
    place("customer_proposal", "one_id IN ({})", By::Customer),
    again("customer_proposal", "other_id IN ({})", By::Customer),
    place("customer_merge", "loser_id IN ({})", By::Customer),
    again("customer_merge", "winner_id IN ({})", By::Customer),
    again("identity", "kind = 'visitor' AND value IN ({})", By::Visitor),
    place("identity", "customer_id IN ({})", By::Customer),
    place("customer", "customer_id IN ({})", By::Customer),
];

/// The tables in which people stand.
pub fn tables() -> impl Iterator<Item = &'static str> {
    PLACES.iter().map(|place| place.table)
}

/// Columns that are not taken along: whoever has what stands there may speak for the person, or for a browser that others use as well.
const SECRET: [&str; 4] = ["known_visitor_key", "token", "unsubscribe", "visitor_key"];

/// Whether a column of a place is taken along.
pub fn is_told(column: &str) -> bool {
    !SECRET.contains(&column)
}

impl Traces {
    fn values(&self, by: By) -> Vec<Value> {
        let ids = |ids: &[Id]| ids.iter().map(|id| Value::from(*id)).collect();
        match by {
            By::PageView => ids(&self.page_views),
            By::Signal => ids(&self.signals),
            By::Response => ids(&self.responses),
            By::Picture => ids(&self.pictures),
            By::Review => ids(&self.reviews),
            By::Ticket => ids(&self.tickets),
            By::Interaction => ids(&self.interactions),
            By::Session => ids(&self.sessions),
            By::Customer => ids(&self.customers),
            By::Visitor => self.visitor_keys.iter().map(|key| Value::from(key.to_text())).collect(),
            By::VisitorKey => ids(&self.visitor_keys),
            By::Address => self.addresses.iter().map(Value::from).collect(),
        }
    }
}

impl Place {
    /// The statements that do something with the rows of a person: `does` begins them, such as `DELETE FROM table`.
    pub fn statements(&self, site_id: Id, traces: &Traces, does: &str) -> Vec<Statement> {
        let statement = |values: &[Value]| {
            let condition = self.condition.replace("{}", &placeholders(2, values.len()));
            let mut params = params![site_id];
            params.extend_from_slice(values);
            Statement::new(format!("{does} WHERE site_id = $1 AND {condition}"), params)
        };
        traces.values(self.by).chunks(IDS).map(statement).collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::test_store::each_engine;
    use std::collections::BTreeSet;

    /// Tables in which nobody's rows stand, and why.
    pub(crate) const NOBODYS: &[(&str, &str)] = &[
        ("account", "members of staff"),
        ("annotation", "what staff notes of the site"),
        ("api_key", "keys of the company's servers"),
        ("audit_entry", "changes of staff; what names a customer is overwritten"),
        ("click_rule", "counts rules of days"),
        ("course", "ways through the site"),
        ("daily_salt", "salts, which are destroyed"),
        ("delivery", "steps of surveys carry no visitor; the response of one is overwritten"),
        ("erased_item", "hashes of what must not come again"),
        ("erasure", "receipts: counts by table"),
        ("error_key", "names of errors"),
        ("follow_up_plan", "plans of staff"),
        ("heat_code", "codes of staff for the overlay"),
        ("invitation", "members of staff"),
        ("issue", "what staff says of issues"),
        ("job", "payloads are ids of mails and times"),
        ("lease", "which collector does what"),
        ("mail_report", "reports to those who read dashboards"),
        ("mail_report_recipient", "those who read dashboards"),
        ("member", "members of staff"),
        ("notification_rule", "those who read dashboards"),
        ("outcome", "counts of a day"),
        ("persona", "kinds of people, as staff describes them"),
        ("recovery_code", "members of staff"),
        ("retired_secret", "secrets of the site"),
        ("rollup_built", "hours"),
        ("rollup_dirty", "hours"),
        ("rollup_dirty_day", "days"),
        ("route", "patterns of pages"),
        ("schema_migration", "the schema"),
        ("second_factor", "members of staff"),
        ("segment", "filters by a name"),
        ("setting", "settings"),
        ("share", "links to reports"),
        ("sign_in", "members of staff"),
        ("site", "the site"),
        ("site_hours", "hours of the site"),
        ("site_mail", "the site's own address"),
        ("site_secret", "secrets of the site"),
        ("site_theme", "looks of the widget"),
        ("stopped_address", "keyed hashes, which have to stay"),
        ("survey", "surveys"),
        ("survey_draft", "surveys that are being written"),
        ("survey_version", "surveys"),
        ("theme_choice", "what staff says of themes"),
        ("thing", "what is sold"),
        ("ticket_cause", "why people complain, as staff names it"),
        ("ticket_rule", "rules of staff"),
        ("ticket_view", "filters of the inbox"),
        ("webhook", "addresses of the company's systems"),
    ];

    #[tokio::test]
    async fn a_table_was_added_and_nobody_had_said_whether_people_stand_in_it() {
        each_engine(async |store| {
            let catalog = crate::engine::catalog_test::read(&store).await;
            let known: BTreeSet<&str> =
                PLACES.iter().map(|place| place.table).chain(NOBODYS.iter().map(|(table, _)| *table)).collect();
            // Counts of an hour or a day; what may be somebody's words there is a matter of `visitor::erasure`.
            let is_rollup = |table: &str| table.starts_with("rollup_");
            let forgotten: Vec<_> =
                catalog.columns.keys().filter(|table| !known.contains(table.as_str()) && !is_rollup(table)).collect();
            assert!(forgotten.is_empty(), "say in visitor/place.rs whether people stand in {forgotten:?}");
            let gone: Vec<_> = known.iter().filter(|table| !catalog.columns.contains_key(**table)).collect();
            assert!(gone.is_empty(), "there are no such tables: {gone:?}");
            for (table, columns) in &catalog.columns {
                let names_somebody = columns.iter().any(|(name, ..)| {
                    ["customer_id", "response_id", "ticket_id", "visitor_key", "known_visitor_key"]
                        .contains(&name.as_str())
                });
                let is_place = PLACES.iter().any(|place| place.table == table);
                assert!(is_place || !names_somebody || table == "delivery", "people stand in {table}");
            }
        })
        .await;
    }

    #[tokio::test]
    async fn every_place_can_be_asked_on_either_engine() {
        each_engine(async |store| {
            let id = vec![Id([1; 16])];
            let traces = Traces {
                page_views: id.clone(),
                signals: id.clone(),
                responses: id.clone(),
                reviews: id.clone(),
                pictures: id.clone(),
                sessions: id.clone(),
                visitor_keys: id.clone(),
                tickets: id.clone(),
                interactions: id.clone(),
                customers: id.clone(),
                addresses: vec!["ada@example.com".into()],
            };
            for place in PLACES {
                let does = format!("SELECT COUNT(*) AS found FROM {}", place.table);
                let statements = place.statements(Id([2; 16]), &traces, &does);
                assert_eq!(statements.len(), 1, "{place:?}");
                for statement in statements {
                    let rows = store.read(statement.sql, statement.params).await.expect(place.table);
                    assert_eq!(rows[0].int("found"), Ok(0));
                }
            }
        })
        .await;
    }
}
