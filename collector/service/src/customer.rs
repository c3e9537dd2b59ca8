//! Customers and contacts with them as pages, servers and the demo write them down: in one way.

use crate::app::feature_state;
use rapport_ingest::customer::named;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::audit::AuditEntry;
use rapport_store::clock::Clock;
use rapport_store::customer::rule::{self, OWN_ID, Told};
use rapport_store::customer::{Change, Customer, Saved};
use rapport_store::interaction::Interaction;
use rapport_store::interaction::rule::{Checked, Told as ToldContact};
use rapport_store::site::directory::SiteContext;
use rapport_store::{Store, StoreError};
use std::collections::{HashMap, HashSet};

/// Most customers, or contacts, of one request.
pub(crate) const BATCH: usize = 1_000;

feature_state! {
    /// What customers need.
    pub(crate) struct Customers {
        store: Store,
        clock: Clock,
    }
}

/// Whom a contact is with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Whom {
    /// A customer by their id here.
    Known(Id),
    /// A customer as the company's systems call them, who may be new.
    Called(String),
    /// Whoever has a mail address.
    Mail(String),
}

/// A contact that is to be written down: whom with, and what.
#[derive(Clone, Debug)]
pub(crate) struct Contact {
    pub whom: Whom,
    pub told: ToldContact,
}

/// What became of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// Its id here, where it was new.
    pub interaction_id: Option<Id>,
}

/// The id here of a customer, by what the company calls them, or by the name that customers without such an id have.
pub(crate) fn id_of(site: &SiteContext, name: &str) -> Id {
    match name.strip_prefix(OWN_ID).and_then(Id::parse) {
        Some(own) => own,
        None => named(site, name).id,
    }
}

impl Customers {
    /// Writes customers down, or changes them, by what the company calls them. Of each in turn: its id here and whether it is new, or
    /// what is wrong with it. `actor` is who does.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn save(
        &self,
        site: &SiteContext,
        actor: &str,
        told: Vec<Result<(String, Told), Vec<Fault>>>,
    ) -> Result<Vec<Result<(Id, bool), Vec<Fault>>>, StoreError> {
        let mut checked: Vec<Result<Saved, Vec<Fault>>> = told
            .into_iter()
            .map(|told| {
                let (name, told) = told?;
                let mut faults = Vec::new();
                let name = rule::external_id("id", &name).map_err(|fault| faults.push(fault)).ok();
                let change = told.check().map_err(|of_change| faults.extend(of_change)).ok();
                match (name, change) {
                    (Some(name), Some(change)) => {
                        Ok(Saved { customer_id: named(site, &name).id, external_id: name, change })
                    }
                    _ => Err(faults),
                }
            })
            .collect();
        self.follow_merges(site, &mut checked).await?;
        self.refuse_too_many_traits(site, &mut checked).await?;
        let saved: Vec<Saved> = checked.iter().filter_map(|one| one.as_ref().ok().cloned()).collect();
        let mut new = Vec::new();
        if !saved.is_empty() {
            let subject = rapport_store::audit::counted(saved.len(), "customer");
            let entry = AuditEntry::now(&self.clock, actor, "customer.save", subject);
            new = self.store.change_customers(site.site.site_id, &saved, self.clock.now_ms(), &entry).await?;
        }
        let mut new = new.into_iter();
        Ok(checked.into_iter().map(|one| one.map(|saved| (saved.customer_id, new.next().unwrap_or(false)))).collect())
    }

    /// Whoever turned out to be another is changed as that one.
    async fn follow_merges(
        &self,
        site: &SiteContext,
        checked: &mut [Result<Saved, Vec<Fault>>],
    ) -> Result<(), StoreError> {
        let site_id = site.site.site_id;
        let ids: Vec<Id> = checked.iter().flatten().map(|saved| saved.customer_id).collect();
        let known = self.store.customers_by_id(site_id, &ids).await?;
        for saved in checked.iter_mut().flatten() {
            if known.get(&saved.customer_id).is_some_and(|known| known.merged_into.is_some())
                && let Some(now) = self.store.customer_now(site_id, saved.customer_id).await?
            {
                (saved.customer_id, saved.external_id) = (now.customer_id, now.external_id);
            }
        }
        Ok(())
    }

    async fn refuse_too_many_traits(
        &self,
        site: &SiteContext,
        checked: &mut [Result<Saved, Vec<Fault>>],
    ) -> Result<(), StoreError> {
        let named = |saved: &Saved| !saved.change.traits.is_empty();
        let ids: Vec<Id> =
            checked.iter().flatten().filter(|saved| named(saved)).map(|saved| saved.customer_id).collect();
        let traits = self.store.traits_of(site.site.site_id, &ids).await?;
        let mut names: HashMap<Id, HashSet<String>> = HashMap::new();
        for (id, of) in traits {
            names.insert(id, of.into_iter().map(|(name, _)| name).collect());
        }
        for one in checked.iter_mut() {
            let Ok(saved) = one else { continue };
            let before = names.entry(saved.customer_id).or_default();
            let mut after = before.clone();
            for (name, value) in &saved.change.traits {
                match value {
                    Some(_) => after.insert(name.clone()),
                    None => after.remove(name),
                };
            }
            if after.len() > rule::TRAITS {
                let reason = format!("must leave a customer at most {}, would leave {}", rule::TRAITS, after.len());
                *one = Err(vec![Fault::new("traits", reason)]);
            } else {
                *before = after;
            }
        }
        Ok(())
    }

    /// Changes one customer, as staff does.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn change(
        &self,
        site: &SiteContext,
        actor: &str,
        customer: &Customer,
        change: Change,
    ) -> Result<(), StoreError> {
        let subject = format!("customer {}", customer.customer_id);
        let entry = AuditEntry::now(&self.clock, actor, "customer.change", subject);
        let (customer_id, external_id) = (customer.customer_id, customer.external_id.clone());
        let saved = [Saved { customer_id, external_id, change }];
        self.store.change_customers(site.site.site_id, &saved, self.clock.now_ms(), &entry).await.map(|_| ())
    }

    /// Writes a customer down who has no id of the company; their id here.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn add(&self, site: &SiteContext, actor: &str, change: Change) -> Result<Id, StoreError> {
        let customer_id = self.clock.new_id();
        let entry = AuditEntry::now(&self.clock, actor, "customer.add", format!("customer {customer_id}"));
        let saved = [Saved { customer_id, external_id: rule::own_external_id(customer_id), change }];
        self.store.change_customers(site.site.site_id, &saved, self.clock.now_ms(), &entry).await?;
        Ok(customer_id)
    }

    /// Writes contacts down, those that were told of before once. Of each in turn what became of it, or what is wrong with it.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn write(
        &self,
        site: &SiteContext,
        actor: &str,
        contacts: Vec<Result<Contact, Vec<Fault>>>,
    ) -> Result<Vec<Result<Written, Vec<Fault>>>, StoreError> {
        self.write_named(site, actor, contacts, |_| {}).await
    }

    /// The same with a name of the collector's own for each.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn write_named(
        &self,
        site: &SiteContext,
        actor: &str,
        contacts: Vec<Result<Contact, Vec<Fault>>>,
        name: impl Fn(&mut Interaction),
    ) -> Result<Vec<Result<Written, Vec<Fault>>>, StoreError> {
        let (site_id, now_ms) = (site.site.site_id, self.clock.now_ms());
        let mut of_mail = HashMap::new();
        let mut new = HashMap::new();
        let mut read = Vec::with_capacity(contacts.len());
        for contact in contacts {
            let one = match contact {
                Err(faults) => Err(faults),
                Ok(Contact { whom, told }) => {
                    let mut faults = Vec::new();
                    let checked = told.check(now_ms).map_err(|of| faults.extend(of)).ok();
                    let whom = self.whom(site, whom, (&mut of_mail, &mut new)).await?;
                    match (checked, whom.map_err(|fault| faults.insert(0, fault))) {
                        (Some(checked), Ok(id)) => Ok(self.interaction(id, checked, (actor, now_ms))),
                        _ => Err(faults),
                    }
                }
            };
            read.push(one);
        }
        let used: HashSet<Id> = read.iter().flatten().map(|of| of.customer_id).collect();
        self.make_known(site, new.into_iter().filter(|(id, _)| used.contains(id)).collect()).await?;
        let mut written: Vec<Interaction> = read.iter().flatten().cloned().collect();
        written.iter_mut().for_each(name);
        let mut added = Vec::new();
        if !written.is_empty() {
            let subject = match &written[..] {
                [one] => format!("customer {}", one.customer_id),
                several => rapport_store::audit::counted(several.len(), "contact"),
            };
            let entry = AuditEntry::now(&self.clock, actor, "customer.contact", subject);
            added = self.store.add_interactions(site_id, &written, &entry).await?;
        }
        let mut added = added.into_iter();
        let mut outcome = |of: Interaction| {
            let is_new = added.next().unwrap_or(false);
            Written { interaction_id: is_new.then_some(of.interaction_id) }
        };
        Ok(read.into_iter().map(|one| one.map(&mut outcome)).collect())
    }

    fn interaction(&self, customer_id: Id, of: Checked, (actor, now_ms): (&str, i64)) -> Interaction {
        Interaction {
            interaction_id: self.clock.new_id(),
            customer_id,
            channel: of.channel,
            direction: of.direction,
            subject: of.subject,
            body: of.body,
            thing: of.thing,
            amount_minor: of.amount_minor,
            currency: of.currency,
            ticket_id: None,
            sender_key: of.sender_key,
            actor: actor.to_owned(),
            occurred_at_ms: of.occurred_at_ms,
            received_at_ms: now_ms,
        }
    }

    /// The id of whom a contact is with. Addresses that were looked up, and customers who may be new, are remembered.
    async fn whom(
        &self,
        site: &SiteContext,
        whom: Whom,
        (of_mail, new): (&mut HashMap<String, Vec<Id>>, &mut HashMap<Id, String>),
    ) -> Result<Result<Id, Fault>, StoreError> {
        Ok(match whom {
            Whom::Known(id) => Ok(id),
            Whom::Called(name) if rule::is_own(&name) => match id_of(site, &name) {
                id if self.store.customer(site.site.site_id, id).await?.is_some() => Ok(id),
                _ => Err(Fault::new("customer", "is no customer of this site")),
            },
            Whom::Called(name) => rule::external_id("customer", &name).map(|name| {
                let id = named(site, &name).id;
                new.insert(id, name);
                id
            }),
            Whom::Mail(address) => match rule::mail("mail", &address) {
                Err(fault) => Err(fault),
                Ok(address) => {
                    if !of_mail.contains_key(&address) {
                        let found = self.store.customers_of_mail(site.site.site_id, &address).await?;
                        of_mail.insert(address.clone(), found.iter().map(|of| of.customer_id).collect());
                    }
                    match of_mail[&address].as_slice() {
                        [one] => Ok(*one),
                        [] => Err(Fault::new("mail", "is no customer's: name the customer, or save them first")),
                        several => Err(Fault::new(
                            "mail",
                            format!("is that of {} customers: name the customer", several.len()),
                        )),
                    }
                }
            },
        })
    }

    /// Writes down who is not known yet.
    async fn make_known(&self, site: &SiteContext, named: Vec<(Id, String)>) -> Result<(), StoreError> {
        let site_id = site.site.site_id;
        let ids: Vec<Id> = named.iter().map(|(id, _)| *id).collect();
        let known = self.store.customers_by_id(site_id, &ids).await?;
        let new = named.into_iter().filter(|(id, _)| !known.contains_key(id));
        let saved: Vec<Saved> = new
            .map(|(customer_id, external_id)| Saved { customer_id, external_id, change: Change::default() })
            .collect();
        if saved.is_empty() {
            return Ok(());
        }
        self.store.save_customers(site_id, &saved, self.clock.now_ms(), Vec::new()).await.map(|_| ())
    }
}
