//! Customers, and contacts with them, as tables: read and sent a piece at a time.

use super::csv::Csv;
use axum::response::Response;
use futures_util::stream;
use jiff::tz::TimeZone;
use rapport_report::csv::line;
use rapport_report::customer::{Asked, CustomerLine};
use rapport_report::response::Time;
use rapport_shared::id::Id;
use rapport_store::interaction::rule::money;
use rapport_store::site::Site;
use rapport_store::{Store, StoreError};

/// Customers that are read at a time.
const PIECE: usize = 500;
/// The columns of every customer, before one for each trait.
const CUSTOMER: [&str; 9] =
    ["id", "customer", "name", "mail", "phone", "language", "time_zone", "since", "last_contact"];
/// The columns of contacts.
const CONTACT: [&str; 14] = [
    "id",
    "sender_id",
    "customer",
    "channel",
    "direction",
    "at",
    "subject",
    "body",
    "thing",
    "amount_minor",
    "currency",
    "amount",
    "actor",
    "received_at",
];

fn row(customer: &CustomerLine, traits: &[String]) -> Vec<String> {
    let of = [
        customer.id.clone(),
        customer.customer.clone().unwrap_or_default(),
        customer.name.clone(),
        customer.mail.clone(),
        customer.phone.clone(),
        customer.language.clone(),
        customer.time_zone.clone(),
        customer.since.local.clone(),
        customer.last_contact.as_ref().map_or_else(String::new, |at| at.local.clone()),
    ];
    let traits = traits.iter().map(|name| customer.traits.get(name).cloned().unwrap_or_default());
    of.into_iter().chain(traits).collect()
}

/// Every customer that is asked for, from the first on, a column a trait.
///
/// # Errors
/// When the store is away.
pub async fn customers(store: &Store, site: &Site, csv: Csv, asked: Asked) -> Result<Response, StoreError> {
    let names = store.trait_names(site.site_id).await?;
    let header = CUSTOMER.iter().map(|name| (*name).to_owned()).chain(names.iter().map(|name| format!("trait.{name}")));
    let header = line(header);
    let (store, site_id, zone) = (store.clone(), site.site_id, site.time_zone.clone());
    let begin = Some(Asked { after: None, ..asked });
    let lines = stream::try_unfold(begin, move |asked| {
        let (store, zone, names) = (store.clone(), zone.clone(), names.clone());
        async move {
            let Some(asked) = asked else { return Ok(None) };
            let page = store.customers(site_id, (&asked.filter, asked.order), asked.after.as_ref(), PIECE).await?;
            let ids: Vec<Id> = page.customers.iter().map(|customer| customer.customer_id).collect();
            let mut traits = store.traits_of(site_id, &ids).await?;
            let lines: String = page
                .customers
                .iter()
                .map(|customer| {
                    let traits = traits.remove(&customer.customer_id).unwrap_or_default().into_iter().collect();
                    CustomerLine::of(customer, traits, &zone)
                })
                .map(|customer| line(row(&customer, &names)))
                .collect();
            let rest = page.next.map(|after| Asked { after: Some(after), ..asked });
            Ok::<_, StoreError>(Some((lines, rest)))
        }
    });
    Ok(csv.lines("customers", header, lines))
}

/// Every contact that happened in `[from_ms, to_ms)`, newest first.
///
/// # Errors
/// When as many exports are being read as may be.
pub async fn contacts(store: &Store, site: &Site, csv: Csv, span_ms: (i64, i64)) -> Result<Response, StoreError> {
    let zone: TimeZone = site.time_zone.clone();
    let rows = store.stream_interactions(site.site_id, span_ms).await?;
    let lines = stream::try_unfold(rows, move |mut rows| {
        let zone = zone.clone();
        async move {
            let Some(some) = rows.next().await else { return Ok(None) };
            let lines: String = some?
                .into_iter()
                .map(|(of, customer)| {
                    line([
                        of.interaction_id.to_text(),
                        of.sender_key.unwrap_or_default(),
                        customer,
                        of.channel.as_str().to_owned(),
                        of.direction.as_str().to_owned(),
                        Time::new(of.occurred_at_ms, &zone).local,
                        of.subject,
                        of.body,
                        of.thing,
                        of.amount_minor.map_or_else(String::new, |amount| amount.to_string()),
                        of.currency.clone(),
                        of.amount_minor.map_or_else(String::new, |amount| money(amount, &of.currency)),
                        of.actor,
                        Time::new(of.received_at_ms, &zone).local,
                    ])
                })
                .collect();
            Ok::<_, StoreError>(Some((lines, rows)))
        }
    });
    Ok(csv.lines("contacts", line(CONTACT), lines))
}
