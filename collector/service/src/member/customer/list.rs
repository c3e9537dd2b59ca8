//! The list of customers, by words, traits and what they did.

use super::{Choice, Fields, Frame, MAY_SEE, Needs, Page, PageError, carried, query, render};
use crate::http::export::{csv, customers as export};
use crate::http::query::slice::SliceQuery;
use crate::http::query::suffix_of;
use crate::member::account::Access;
use crate::member::reading::*;
use askama::Template;
use axum::extract::State as Part;
use axum::response::Response;
use rapport_report::customer::{Asked, CustomerLine, CustomerList};
use rapport_store::customer::list::{CustomerFilter, Order};
use rapport_store::customer::rule::NAME_CHARACTERS;
use rapport_store::interaction::Channel;

#[derive(Template)]
#[template(path = "member/customer/list.html")]
struct ListPage {
    frame: Frame,
    list: CustomerList,
    asked: Asked,
    /// The trait that is asked for, as it is typed.
    of_trait: String,
    traits: Vec<String>,
    sorts: Vec<Choice>,
    quick: Vec<Choice>,
    table: String,
    json: String,
    first: Option<String>,
    next: Option<String>,
}

impl ListPage {
    fn href(&self, customer: &CustomerLine) -> String {
        format!("/sites/{}/customers/{}{}", self.frame.site_key, customer.id, self.frame.slice.suffix())
    }

    fn narrows(&self) -> bool {
        self.asked.filter != CustomerFilter::default()
    }
}

pub(super) async fn page(Part(needs): Part<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    access.require(MAY_SEE)?;
    let (site, asked) = (&access.site.site, query::asked(&fields)?);
    if let Some(csv) = csv::wanted(&fields)? {
        return Ok(export::customers(&needs.store, site, csv, asked).await?);
    }
    let list = needs.reports.of(&access.site).customers(&asked).await?;
    let slice = carried(&fields);
    let place =
        Page { title: "Customers", part: "customers", path: "customers", back: None, compares: false, dimensions: &[] };
    let frame = Frame::plain(&needs.frames, &access, &place, &slice).await?;
    let href = |asked: &Asked, more: &[(&'static str, &str)]| {
        let mut all = slice.fields();
        all.extend(query::fields_of(asked));
        all.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        format!("/sites/{}/customers{}", site.key, suffix_of(&all))
    };
    let sort = |order: Order, label: &str| Choice {
        label: label.to_owned(),
        href: href(&Asked { order, ..asked.clone() }, &[]),
        current: order == asked.order,
    };
    let quick = |label: &str, open_ticket: bool, channel: Option<Channel>| Choice {
        label: label.to_owned(),
        href: href(
            &Asked { filter: CustomerFilter { open_ticket, channel, ..asked.filter.clone() }, ..asked.clone() },
            &[],
        ),
        current: asked.filter.open_ticket == open_ticket && asked.filter.channel == channel,
    };
    let traits: Vec<_> = asked.filter.traits.iter().map(|(name, value)| format!("{name}={value}")).collect();
    render(&ListPage {
        sorts: vec![sort(Order::Contact, "Last contact"), sort(Order::Name, "Name"), sort(Order::Created, "Newest")],
        quick: vec![
            quick("Everybody", false, None),
            quick("With an open ticket", true, None),
            quick("Who bought", false, Some(Channel::Purchase)),
            quick("Who called", false, Some(Channel::Call)),
        ],
        of_trait: traits.first().cloned().unwrap_or_default(),
        traits: needs.store.trait_names(site.site_id).await?,
        table: href(&asked, &[("format", "csv")]),
        json: href(&asked, &[("format", "json")]),
        first: asked.after.as_ref().map(|_| href(&asked, &[])),
        next: list.next.as_deref().map(|next| href(&asked, &[("after", next)])),
        frame,
        list,
        asked,
    })
}
