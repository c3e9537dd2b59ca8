//! Customers for servers with a key: who they are, contacts with them in every channel, and one of them with everything that happened.

use super::exports::{FormFields, form, table};
use super::key::ApiAccess;
use super::reports::{Fields, SliceFields, slice_of};
use crate::app::{App, Reports, feature_state};
use crate::customer::{BATCH, Contact, Customers, Whom, Written, id_of};
use crate::http::export::customers as export;
use crate::http::problem::Problem;
use crate::http::query::customer as query;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, State as Part};
use axum::response::Response;
use rapport_ingest::rejection::RejectedItem;
use rapport_ingest::{fault_in, is_json_object, repaired};
use rapport_report::customer::{CustomerLine, CustomerList, CustomerReport, CustomerTimeline};
use rapport_shared::survey::Fault;
use rapport_shared::wire::Rejection;
use rapport_store::Store;
use rapport_store::account::scope::Scope;
use rapport_store::clock::Clock;
use rapport_store::customer::rule::Told;
use rapport_store::interaction::rule::Told as ToldContact;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Longest request that brings a batch, in bytes.
const BYTES: usize = 4 * 1024 * 1024;

/// The routes. Those that take batches take longer bodies than others.
pub(crate) fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, save))
        .routes(routes!(one, put))
        .routes(routes!(timeline))
        .routes(routes!(add_contacts))
        .routes(routes!(export_customers))
        .routes(routes!(export_contacts))
        .layer(DefaultBodyLimit::max(BYTES))
}

feature_state! {
    /// What customers need.
    pub(super) struct Needs {
        customers: Customers,
        clock: Clock,
        store: Store,
        reports: Reports,
    }
}

/// What is told of a customer; what is absent stays as it is, what is empty or null is removed.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CustomerChange {
    /// Their name, at most 200 characters.
    #[serde(deserialize_with = "told")]
    name: Option<String>,
    /// The mail address that is written to, at most 254 bytes.
    #[serde(deserialize_with = "told")]
    mail: Option<String>,
    /// Their telephone number, at most 40 characters.
    #[serde(deserialize_with = "told")]
    phone: Option<String>,
    /// Their language, a BCP 47 tag.
    #[serde(deserialize_with = "told")]
    language: Option<String>,
    /// Their zone, an IANA name.
    #[serde(deserialize_with = "told")]
    time_zone: Option<String>,
    /// What else is known of them: texts of at most 256 characters, numbers, `true` or `false`, by names of at most 64 characters, at
    /// most 50. Those that are not named stay; null removes one.
    #[schema(value_type = BTreeMap<String, String>, example = json!({ "plan": "gold", "orders": "12" }))]
    traits: BTreeMap<String, Value>,
}

/// A text that is told; null is told to be nothing.
fn told<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::<String>::deserialize(deserializer).map(|text| Some(text.unwrap_or_default()))
}

impl CustomerChange {
    fn told(self) -> Result<Told, Vec<Fault>> {
        let mut traits = Vec::with_capacity(self.traits.len());
        let mut faults = Vec::new();
        for (name, value) in self.traits {
            match value {
                Value::Null => traits.push((name, None)),
                Value::String(text) => traits.push((name, Some(text))),
                Value::Bool(_) | Value::Number(_) => traits.push((name, Some(value.to_string()))),
                _ => faults.push(Fault::new(format!("traits.{name}"), "must be a text, a number, true, false or null")),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let Self { name, mail, phone, language, time_zone, .. } = self;
        Ok(Told { name, mail, phone, language, time_zone, traits })
    }
}

/// A customer of a batch.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only documents the fields, which are read one by one")]
pub(super) struct NewCustomer {
    /// What your own systems call them, 1 to 200 characters; not beginning with `rapport:`.
    id: String,
    /// What people call them.
    name: Option<String>,
    /// Their mail address.
    mail: Option<String>,
    /// Their number.
    phone: Option<String>,
    /// Their language, a BCP 47 tag.
    language: Option<String>,
    /// Their zone, an IANA name.
    time_zone: Option<String>,
    /// What else is known of them, as of one customer.
    traits: Option<BTreeMap<String, String>>,
}

/// Customers.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only documents the fields, which are read one by one")]
pub(super) struct NewCustomers {
    /// 1 to 1,000 customers.
    customers: Vec<NewCustomer>,
}

/// What became of a batch of customers: every one of them is in exactly one of the two lists.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SavedCustomers {
    /// Those who are stored as they were told.
    saved: Vec<SavedCustomer>,
    /// What is wrong with the others: each fault by the index of its customer and its field.
    #[schema(value_type = Vec<RejectedItem>)]
    rejected: Vec<Rejection>,
}

/// A customer who is stored.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SavedCustomer {
    /// Position in the request, from 0.
    index: u32,
    /// Their id here.
    id: String,
    /// Whether they were not known before.
    new: bool,
}

/// A contact with a customer.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct NewContact {
    /// What you call it, 1 to 64 characters: the same id again is a duplicate, and changes nothing.
    #[schema(required = true, example = "order-4711")]
    id: String,
    /// What your own systems call the customer; one who is not known is written down.
    customer: Option<String>,
    /// Their mail address, where there is no `customer`: of exactly one customer.
    mail: Option<String>,
    /// `call`, `mail`, `letter`, `visit`, `purchase`, `refund`, `chat`, `message`, `follow_up` or `note`.
    #[schema(required = true)]
    channel: String,
    /// `in` (from the customer), `out` or `none`; what is usual for the channel when absent.
    direction: String,
    /// What it was about, one line of at most 200 characters.
    subject: String,
    /// What was said, at most 20,000 bytes of UTF-8.
    body: String,
    /// What was bought or given back, at most 200 characters.
    thing: String,
    /// The amount of a purchase or a refund, in the smallest unit of its currency: 1250 is 12.50 EUR, and 1,250 JPY.
    amount_minor: Option<i64>,
    /// Code of ISO 4217, such as `EUR`.
    currency: String,
    /// When it happened, in epoch milliseconds: in the last fifty years and not in the future; now when absent.
    occurred_at_ms: Option<i64>,
}

/// Contacts.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only documents the fields, which are read one by one")]
pub(super) struct NewContacts {
    /// 1 to 1,000 contacts.
    interactions: Vec<NewContact>,
}

/// What became of a batch of contacts: every one of them is in exactly one of the three counts.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AddedContacts {
    /// How many were stored, and are durable.
    accepted: u32,
    /// How many were told of before.
    duplicate: u32,
    /// Those that are stored now.
    stored: Vec<AddedContact>,
    /// What is wrong with the others: each fault by the index of its contact and its field.
    #[schema(value_type = Vec<RejectedItem>)]
    rejected: Vec<Rejection>,
}

/// A contact that is stored.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AddedContact {
    /// Position in the request, from 0.
    index: u32,
    /// Its id here.
    interaction: String,
}

impl NewContact {
    fn read(self) -> Result<Contact, Vec<Fault>> {
        let whom = match (self.customer, self.mail) {
            (Some(name), None) => Ok(Whom::Called(name)),
            (None, Some(address)) => Ok(Whom::Mail(address)),
            (None, None) => Err(Fault::new("customer", "is missing: name the customer, or their mail")),
            (Some(_), Some(_)) => Err(Fault::new("mail", "is only where there is no customer")),
        };
        let told = ToldContact {
            sender_key: Some(self.id),
            channel: self.channel,
            direction: self.direction,
            subject: self.subject,
            body: self.body,
            thing: self.thing,
            amount_minor: self.amount_minor,
            currency: self.currency,
            occurred_at_ms: self.occurred_at_ms,
        };
        Ok(Contact { whom: whom.map_err(|fault| vec![fault])?, told })
    }
}

/// The items of a batch, unparsed: what is wrong with one is told of that one.
fn batch<'a>(body: &'a [u8], field: &str) -> Result<Vec<&'a RawValue>, Problem> {
    let text = std::str::from_utf8(body)
        .map_err(|error| Problem::bad_request(format!("must be UTF-8; byte {} is not", error.valid_up_to())))?;
    if !is_json_object(text) {
        return Err(Problem::bad_request(format!("must be a JSON object with {field}")));
    }
    let mut envelope: BTreeMap<&str, Vec<&RawValue>> =
        serde_json::from_str(text).map_err(|error| Problem::bad_request(format!("must be JSON: {error}")))?;
    let items = envelope.remove(field);
    if let Some(other) = envelope.keys().next() {
        return Err(Problem::of_faults([Fault::new(*other, format!("is not known: there is only {field}"))]));
    }
    let items = items.unwrap_or_default();
    match items.len() {
        count if (1..=BATCH).contains(&count) => Ok(items),
        count => Err(Problem::of_faults([Fault::new(field, format!("must be 1 to {BATCH}, are {count}"))])),
    }
}

fn too_large(_: BytesRejection) -> Problem {
    Problem::too_large(BYTES)
}

fn actor(access: &ApiAccess) -> String {
    format!("key:{}", access.key_id)
}

fn rejected(index: u32, faults: Vec<Fault>) -> impl Iterator<Item = Rejection> {
    faults.into_iter().map(move |fault| Rejection { index, field: fault.field, reason: fault.reason })
}

fn none() -> Problem {
    Problem::not_found("this site has no such customer")
}

/// Writes customers down, or changes them: what is absent stays, traits that are not named as well. Whoever sends the same again changes
/// nothing. Each is stored or rejected by itself. Scope: `customers:write`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/customers", tag = "customers", security(("api_key" = [])),
    operation_id = "save_customers",
    params(("site" = String, Path, description = "Public key of the site")),
    request_body(
        content = NewCustomers, content_type = "application/json", description = "At most 4 MiB",
        example = json!({ "customers": [{ "id": "4711", "name": "Ada Lovelace", "mail": "ada@example.com", "traits": { "plan": "gold" } }] }),
    ),
    responses(
        (status = 200, body = SavedCustomers, description = "`rejected` names index, field and reason"),
        (status = 400, description = "Not such a document"),
        (status = 413, description = "Too large"),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
async fn save(
    Part(needs): Part<Needs>,
    access: ApiAccess,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<SavedCustomers>, Problem> {
    access.require(Scope::WriteCustomers)?;
    let body = body.map_err(too_large)?;
    let body = repaired(&body);
    let told = batch(&body, "customers")?.into_iter().map(read_customer).collect();
    let (mut saved, mut refused) = (Vec::new(), Vec::new());
    for (index, one) in (0..).zip(needs.customers.save(&access.site, &actor(&access), told).await?) {
        match one {
            Ok((id, new)) => saved.push(SavedCustomer { index, id: id.to_text(), new }),
            Err(faults) => refused.extend(rejected(index, faults)),
        }
    }
    Ok(Json(SavedCustomers { saved, rejected: refused }))
}

/// A customer of a batch: their id, and the fields of a change, none else.
fn read_customer(raw: &RawValue) -> Result<(String, Told), Vec<Fault>> {
    let fault = |field: &str, reason: &str| vec![Fault::new(field, reason)];
    let mut fields: serde_json::Map<String, Value> =
        serde_json::from_str(raw.get()).map_err(|_| fault("", "must be an object"))?;
    let id = match fields.remove("id") {
        Some(Value::String(id)) => id,
        Some(_) => return Err(fault("id", "must be a text")),
        None => return Err(fault("id", "is missing")),
    };
    let change = Value::Object(fields).to_string();
    let change: CustomerChange = fault_in(&change).map_err(|fault| vec![fault])?;
    Ok((id, change.told()?))
}

/// Writes one customer down, or changes them: what is absent stays, traits that are not named as well. Scope: `customers:write`.
#[utoipa::path(
    put, path = "/api/v1/sites/{site}/customers/{customer}", tag = "customers", security(("api_key" = [])),
    operation_id = "save_customer",
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("customer" = String, Path, description = "What your own systems call them, percent-encoded"),
    ),
    request_body(content = CustomerChange, example = json!({ "name": "Ada Lovelace", "traits": { "plan": "gold" } })),
    responses(
        (status = 200, body = CustomerReport),
        (status = 400, description = "Not such a document"),
        (status = 413, description = "Too large"),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
async fn put(
    Part(needs): Part<Needs>,
    access: ApiAccess,
    path: Path<(String, String)>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<CustomerReport>, Problem> {
    access.require(Scope::WriteCustomers)?;
    let Path((_, name)) = path;
    let body = body.map_err(too_large)?;
    let body = repaired(&body);
    let text = std::str::from_utf8(&body).map_err(|_| Problem::bad_request("must be UTF-8"))?;
    if !is_json_object(text) {
        return Err(Problem::bad_request("must be a JSON object"));
    }
    let change: CustomerChange = fault_in(text).map_err(|fault| Problem::of_faults([fault]))?;
    let told = change.told().map_err(Problem::of_faults)?;
    let saved = needs.customers.save(&access.site, &actor(&access), vec![Ok((name, told))]).await?;
    let (id, _) = saved.into_iter().next().ok_or_else(none)?.map_err(Problem::of_faults)?;
    needs.reports.of(&access.site).customer(id).await?.map(Json).ok_or_else(none)
}

/// Customers, 50 at a time: those whose name, mail, number, id or traits begin with every word of `q`, in any script. Scope:
/// `customers:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/customers", tag = "customers", security(("api_key" = [])),
    operation_id = "customers",
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("q" = Option<String>, Query, description = "What they are found by, at most 200 characters"),
        ("trait" = Option<String>, Query, description = "A name and a whole value, as `plan=gold`; up to four times"),
        ("tickets" = Option<String>, Query, description = "`open`: only those with a ticket that nobody is done with"),
        ("channel" = Option<String>, Query, description = "Only those who were in contact in this channel"),
        ("sort" = Option<String>, Query, description = "`contact` (default: the last in contact first), `name` or `created`"),
        ("after" = Option<String>, Query, description = "`next` of the part before, in the same order"),
    ),
    responses(
        (status = 200, body = CustomerList),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
async fn list(Part(needs): Part<Needs>, access: ApiAccess, fields: Fields) -> Result<Json<CustomerList>, Problem> {
    access.require(Scope::ReadCustomers)?;
    let asked = query::asked(&fields).map_err(Problem::of_faults)?;
    Ok(Json(needs.reports.of(&access.site).customers(&asked).await?))
}

/// One customer with figures; of one who turned out to be another, that one. Scope: `customers:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/customers/{customer}", tag = "customers", security(("api_key" = [])),
    operation_id = "customer",
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("customer" = String, Path, description = "What your own systems call them, percent-encoded; `rapport:` and their id here \
            where they have none"),
    ),
    responses((status = 200, body = CustomerReport), (status = 404, description = "No such customer"))
)]
async fn one(
    Part(needs): Part<Needs>,
    access: ApiAccess,
    path: Path<(String, String)>,
) -> Result<Json<CustomerReport>, Problem> {
    access.require(Scope::ReadCustomers)?;
    let Path((_, name)) = path;
    needs.reports.of(&access.site).customer(id_of(&access.site, &name)).await?.map(Json).ok_or_else(none)
}

/// What happened with a customer by day, the newest first, 100 events at a time: pages, answers, tickets and contacts in every channel.
/// Scope: `customers:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/customers/{customer}/timeline", tag = "customers", security(("api_key" = [])),
    operation_id = "customer_timeline",
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("customer" = String, Path, description = "What your own systems call them, percent-encoded"),
        ("show" = Option<String>, Query, description = "`all` (default), `pages`, `answers`, `tickets`, or a channel such as `call`"),
        ("after" = Option<String>, Query, description = "`next` of the part before"),
    ),
    responses(
        (status = 200, body = CustomerTimeline),
        (status = 404, description = "No such customer"),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
async fn timeline(
    Part(needs): Part<Needs>,
    access: ApiAccess,
    path: Path<(String, String)>,
    fields: Fields,
) -> Result<Json<CustomerTimeline>, Problem> {
    access.require(Scope::ReadCustomers)?;
    let Path((_, name)) = path;
    let (shown, after) = query::timeline(&fields).map_err(Problem::of_faults)?;
    let id = id_of(&access.site, &name);
    let customer = needs.store.customer_now(access.site.site.site_id, id).await?.ok_or_else(none)?;
    let timeline = needs.reports.of(&access.site).customer_timeline(customer.customer_id, shown, after).await?;
    Ok(Json(timeline))
}

/// Writes contacts down: calls, mails, letters, visits, purchases, refunds and notes. Each is stored once under its `id`, or rejected by
/// itself. Scope: `customers:write`.
#[utoipa::path(
    post, path = "/api/v1/sites/{site}/interactions", tag = "customers", security(("api_key" = [])),
    operation_id = "add_interactions",
    params(("site" = String, Path, description = "Public key of the site")),
    request_body(
        content = NewContacts, content_type = "application/json", description = "At most 4 MiB",
        example = json!({ "interactions": [
            { "id": "order-4711", "customer": "4711", "channel": "purchase", "thing": "Field vase", "amount_minor": 4900, "currency": "EUR" },
            { "id": "call-17", "mail": "ada@example.com", "channel": "call", "subject": "Asked for the invoice" },
        ] }),
    ),
    responses(
        (status = 200, body = AddedContacts, description = "Durable. `rejected` names index, field and reason"),
        (status = 400, description = "Not such a document"),
        (status = 413, description = "Too large"),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
async fn add_contacts(
    Part(needs): Part<Needs>,
    access: ApiAccess,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<AddedContacts>, Problem> {
    access.require(Scope::WriteCustomers)?;
    let body = body.map_err(too_large)?;
    let body = repaired(&body);
    let read = |raw: &RawValue| fault_in::<NewContact>(raw.get()).map_err(|fault| vec![fault])?.read();
    let contacts = batch(&body, "interactions")?.into_iter().map(read).collect();
    let (mut stored, mut refused, mut duplicate) = (Vec::new(), Vec::new(), 0);
    for (index, one) in (0..).zip(needs.customers.write(&access.site, &actor(&access), contacts).await?) {
        match one {
            Ok(Written { interaction_id: Some(id) }) => stored.push(AddedContact { index, interaction: id.to_text() }),
            Ok(Written { interaction_id: None }) => duplicate += 1,
            Err(faults) => refused.extend(rejected(index, faults)),
        }
    }
    Ok(Json(AddedContacts { accepted: stored.len() as u32, duplicate, stored, rejected: refused }))
}

/// Every customer, a column a trait, sent while they are read. The fields of the list narrow it. Scope: `customers:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/exports/customers", tag = "customers", security(("api_key" = [])),
    operation_id = "export_customers",
    params(
        ("site" = String, Path, description = "Public key of the site"),
        ("q" = Option<String>, Query, description = "What they are found by, at most 200 characters"),
        ("trait" = Option<String>, Query, description = "A name and a whole value, as `plan=gold`; up to four times"),
        FormFields
    ),
    responses(
        (status = 200, description = "One that breaks off was not sent to its end", body = Vec<CustomerLine>),
        (status = 422, description = "Fields at fault, each named"),
    )
)]
async fn export_customers(Part(needs): Part<Needs>, access: ApiAccess, fields: Fields) -> Result<Response, Problem> {
    access.require(Scope::ReadCustomers)?;
    let asked = query::asked(&fields).map_err(Problem::of_faults)?;
    Ok(export::customers(&needs.store, &access.site.site, table(form(&fields)?), asked).await?)
}

/// Every contact of the days of a slice, newest first, sent while they are read. Scope: `customers:read`.
#[utoipa::path(
    get, path = "/api/v1/sites/{site}/exports/interactions", tag = "customers", security(("api_key" = [])),
    operation_id = "export_interactions",
    params(("site" = String, Path, description = "Public key of the site"), FormFields, SliceFields),
    responses(
        (status = 200, description = "One that breaks off was not sent to its end", body = Vec<super::exports::RawRow>),
        (status = 422, description = "Fields at fault, each named"),
        (status = 503, description = "As many exports are being read as may be"),
    )
)]
async fn export_contacts(Part(needs): Part<Needs>, access: ApiAccess, fields: Fields) -> Result<Response, Problem> {
    access.require(Scope::ReadCustomers)?;
    let site = &access.site.site;
    let (now, _) = slice_of(&fields)?.periods(&site.time_zone, needs.clock.now_ms());
    Ok(export::contacts(&needs.store, site, table(form(&fields)?), (now.from_ms, now.to_ms)).await?)
}
