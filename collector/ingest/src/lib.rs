//! From the bytes of a batch to its reply: cheap checks, item by item validation, enrichment, and the commit.
//!
//! A batch is either refused whole ([`BatchRefusal`], then nothing of it was stored and it may be sent again) or
//! answered with one outcome per item. A bad item never sinks its batch.

mod batch;
mod client;
pub mod country;
pub mod customer;
pub mod derived;
mod erased;
pub mod fault;
pub mod import;
mod item;
mod page_cap;
pub mod proof;
pub mod public_id;
mod rate;
pub mod rejection;
mod repeat;
pub mod review;
pub mod server;
pub mod signature;
mod suspicion;
mod visitor;

pub use batch::{is_object as is_json_object, repaired};
pub use client::{Browser, Client};
pub use fault::{explained as fault_in, kind as fault_kind};
pub use item::day_of;
pub use rate::RateLimit;
pub use visitor::network;

use batch::Envelope;
use country::Countries;
use customer::Signed;
use item::Enrichment;
use jiff::tz::TimeZone;
use page_cap::PageCap;
use public_id::Earlier;
use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_shared::wire::{BatchReply, Rejection};
use rapport_store::calendar::day_number;
use rapport_store::clock::Clock;
use rapport_store::rarely::Rarely;
use rapport_store::record::{Outcome, Record, Refusal, Submission};
use rapport_store::site::directory::{SiteContext, SiteDirectory};
use rapport_store::{Store, StoreError};

use serde_json::value::RawValue;
use std::net::IpAddr;
use std::sync::Arc;
use suspicion::Recent;
use visitor::VisitorKeys;

/// Why a batch as a whole was refused. Nothing of it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchRefusal {
    /// 400: not a batch; the reason names field and limit.
    Malformed {
        /// Field at fault, empty for the body as a whole.
        field: String,
        /// What is wrong.
        reason: String,
    },
    /// 401: no site key.
    NoSiteKey,
    /// 403: the page's origin is not one of the site's, in words.
    ForeignOrigin(String),
    /// 404: no site has this key.
    UnknownSite,
    /// 413: more bytes than [`limit::BATCH_BYTES`].
    TooLarge,
    /// 429: this client sent too many batches; try again after so many seconds.
    TooMany(u64),
    /// 503: the queue is full or the database is away; try again after so many seconds.
    Unavailable(u64),
}

/// What came with the batch.
pub struct BatchRequest<'a> {
    /// The body.
    pub body: &'a [u8],
    /// Value of the `Origin` header; servers send none.
    pub origin: Option<&'a str>,
    /// Address of the client, after trusted proxies. It goes no further than rate limit, visitor key and country.
    pub address: IpAddr,
    /// What the headers tell of the client.
    pub client: Client<'a>,
    /// Whether a field that people do not see was filled in.
    pub trapped: bool,
    /// The customer to whom the link of the answers was sent: its signature is good.
    pub recipient: Option<&'a str>,
}

/// A batch that only has to be stored.
pub struct Prepared {
    /// Its rows, and its refused items to be counted.
    pub submission: Submission,
    /// Its refused items, as the sender is told.
    pub rejected: Vec<Rejection>,
}

/// The service behind `POST /v1/batch`. Cheap to clone.
#[derive(Clone)]
pub struct Ingest {
    store: Store,
    clock: Clock,
    sites: SiteDirectory,
    rate: Arc<RateLimit>,
    answer_rate: Arc<RateLimit>,
    visitors: Arc<VisitorKeys>,
    page_cap: Arc<PageCap>,
    recent: Arc<Recent>,
    earlier: Arc<Earlier>,
    told: Arc<Rarely>,
    countries: Countries,
}

impl Ingest {
    /// A service over `store`.
    pub fn new(store: Store, clock: Clock, sites: SiteDirectory, rate: RateLimit) -> Self {
        Self {
            store,
            clock,
            sites,
            answer_rate: Arc::new(rate.another()),
            rate: Arc::new(rate),
            visitors: Arc::default(),
            page_cap: Arc::default(),
            recent: Arc::default(),
            earlier: Arc::default(),
            told: Arc::default(),
            countries: Countries::default(),
        }
    }

    /// The same, which keeps the countries of visitors.
    #[must_use]
    pub fn with_countries(self, countries: Countries) -> Self {
        Self { countries, ..self }
    }

    /// The key of a visitor at a site: what an answer of theirs is known by.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn visitor_key(
        &self,
        site_id: Id,
        visitor: Option<Id>,
        address: IpAddr,
        user_agent: &str,
    ) -> Result<Id, StoreError> {
        Ok(visitor::key(self.salt_of_site(site_id).await?, &site_id, visitor, address, user_agent))
    }

    /// The key of the network that a request comes from, for what each network may do once: a vote.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn network_key(&self, site_id: Id, address: IpAddr) -> Result<Id, StoreError> {
        Ok(visitor::network_key(self.salt_of_site(site_id).await?, &site_id, address))
    }

    /// The salt of the day that is today on a site.
    async fn salt_of_site(&self, site_id: Id) -> Result<[u8; 16], StoreError> {
        let now_ms = self.clock.now_ms();
        let site = self.sites.by_id(site_id).await?;
        let day = site.map_or_else(|| day_number(&TimeZone::UTC, now_ms), |site| site.day_number(now_ms));
        self.salt(day, now_ms).await
    }

    /// The salt of a site's day.
    async fn salt(&self, day: i64, now_ms: i64) -> Result<[u8; 16], StoreError> {
        self.visitors.salt(&self.store, day, || self.sites.earliest_day(now_ms), now_ms).await
    }

    /// Takes one request of `address` from its allowance of batches.
    ///
    /// # Errors
    /// Seconds to wait.
    pub fn check_rate(&self, address: IpAddr) -> Result<(), u64> {
        self.rate.check(address)
    }

    /// Takes one batch and answers once what it accepted is durable.
    ///
    /// # Errors
    /// [`BatchRefusal`] when the batch as a whole cannot be taken.
    pub async fn accept(&self, request: BatchRequest<'_>) -> Result<BatchReply, BatchRefusal> {
        let result = self.take(request).await;
        if let Err(refusal) = &result {
            metrics::counter!("rapport_batches_refused_total", "reason" => refusal.name()).increment(1);
        }
        result
    }

    async fn take(&self, request: BatchRequest<'_>) -> Result<BatchReply, BatchRefusal> {
        let prepared = self.prepare(request).await?;
        self.keep(prepared).await
    }

    /// Stores what was prepared, and answers once it is durable.
    ///
    /// # Errors
    /// [`BatchRefusal::Unavailable`] when it cannot be stored now.
    pub async fn keep(&self, Prepared { submission, mut rejected }: Prepared) -> Result<BatchReply, BatchRefusal> {
        let site_id = submission.site_id;
        let response_of = |record: &Record| matches!(record, Record::Response(..)).then(|| record.item_id());
        let items: Vec<Option<Id>> = submission.records.iter().map(response_of).collect();
        let outcomes = self.store.submit(submission).await;
        let outcomes = outcomes.map_err(|error| self.unavailable("a batch could not be stored", &error))?;
        let accepted = outcomes.iter().filter(|outcome| **outcome == Outcome::Accepted).count() as u32;
        let others = outcomes.len() as u32 - accepted;
        count_items(accepted, others, rejected.len() as u32);
        // Whoever answered is told. Nobody waits for what was measured, and what was erased counts as what was there before.
        let erased = erased::told(&rejected, &items, &outcomes);
        let duplicate = others - erased.len() as u32;
        rejected.extend(erased);
        rejected.sort_by_key(|rejection| rejection.index);
        let responses: Vec<Id> = items.into_iter().flatten().collect();
        self.mark_late(site_id, &responses).await;
        Ok(BatchReply { accepted, duplicate, rejected })
    }

    /// Marks those of the responses just stored of which others showed, on their way here, that they are suspicious.
    async fn mark_late(&self, site_id: Id, responses: &[Id]) {
        let marks =
            responses.iter().flat_map(|id| self.recent.marks_of(site_id, *id).into_iter().map(|why| (*id, why)));
        let statements: Vec<_> =
            marks.flat_map(|(id, why)| rapport_store::response::suspicion::add_reason(site_id, id, why, id)).collect();
        if !statements.is_empty()
            && let Err(error) = self.store.write(statements).await
        {
            tracing::error!(%error, "responses could not be marked as suspicious");
        }
    }

    /// A batch that cannot be taken now is refused without the cause, which the operator has to find in the log: now and then,
    /// since it is the same for all of them.
    fn unavailable(&self, what: &'static str, error: &StoreError) -> BatchRefusal {
        if let Some(left_out) = self.told.mention((what, error.kind())) {
            tracing::error!(%error, left_out, "{what}, so batches are refused");
        }
        BatchRefusal::Unavailable(if *error == StoreError::Busy { 1 } else { 5 })
    }

    /// The site of a batch, unless it refuses pages of that origin. Before anything of the batch is refused, what is remembered of the
    /// site is looked at again: its page may have heard of a survey, an origin or a secret from another collector.
    async fn site(&self, envelope: &Envelope<'_>, origin: Option<&str>) -> Result<Arc<SiteContext>, BatchRefusal> {
        let site = self.sites.by_key_with(&envelope.site, |site| {
            site.allows(origin)
                && public_id::knows_surveys(site, &envelope.items)
                && customer::signed(site, &envelope.customer, &envelope.customer_signature).is_ok()
        });
        let site = site.await;
        let site = site.map_err(|error| self.unavailable("the site of a batch could not be looked up", &error))?;
        let site = site.ok_or(BatchRefusal::UnknownSite)?;
        match self.sites.refusal(&site, origin) {
            Some(reason) => Err(BatchRefusal::ForeignOrigin(reason)),
            None => Ok(site),
        }
    }

    /// Everything before the store: checks the batch, and turns its items into rows.
    ///
    /// # Errors
    /// [`BatchRefusal`] when the batch as a whole cannot be taken.
    pub async fn prepare(&self, request: BatchRequest<'_>) -> Result<Prepared, BatchRefusal> {
        if request.body.len() > limit::BATCH_BYTES {
            return Err(BatchRefusal::TooLarge);
        }
        let body = batch::repaired(request.body);
        let envelope = batch::parse(&body)?;
        let consent = batch::consent(&envelope);
        let site = self.site(&envelope, request.origin).await?;
        // An answer passes whatever telemetry does: what somebody wrote is not lost to a page that says too much.
        let rate = if public_id::has_response(&envelope.items) { &self.answer_rate } else { &self.rate };
        rate.check(request.address).map_err(BatchRefusal::TooMany)?;

        let now_ms = self.clock.now_ms();
        let salt = self.salt(site.day_number(now_ms), now_ms).await;
        let salt = salt.map_err(|error| self.unavailable("the salt of the day could not be read", &error))?;
        let day_ms = site.day_start_ms(now_ms);
        let pages = self.page_cap.of_site(&self.store, site.site.site_id, day_ms).await;
        let proven = proof::is_valid(&site.secrets.config, &envelope.proof, now_ms);
        // Servers send no origin and load no config.
        let without_config = request.origin.is_some() && self.recent.lacks_proof(site.site.site_id, proven);
        let withheld = item::withheld(&request.client, consent);
        let key_of = |visitor: Option<Id>| {
            visitor::key(salt, &site.site.site_id, visitor, request.address, request.client.user_agent)
        };
        let client_key = key_of(None);
        let network_keys = visitor::network_keys(salt, &site.site.site_id, request.address);
        let duplicates = self.earlier.duplicates(&self.store, site.site.site_id, &envelope.items).await;
        let duplicates =
            duplicates.map_err(|error| self.unavailable("earlier answers could not be looked up", &error))?;
        let known_visitor_key = envelope.visitor.filter(|_| withheld.is_none()).map(|visitor| key_of(Some(visitor)));
        let mut submission = Submission {
            site_id: site.site.site_id,
            received_at_ms: now_ms,
            day_ms,
            records: Vec::with_capacity(envelope.items.len()),
            ..Submission::default()
        };
        let customer = match request.recipient {
            Some(recipient) => Some(customer::named(&site, recipient)),
            None if withheld.is_none() => signed(&site, &envelope, &mut submission),
            None => None,
        };
        let enrichment = Enrichment {
            site: &site,
            client: &request.client,
            session_id: envelope.session.filter(|_| withheld.is_none()),
            visitor_key: known_visitor_key.unwrap_or(client_key),
            known_visitor_key,
            client_key,
            country: self.countries.of(request.address),
            network_keys,
            customer: customer.as_ref(),
            withheld,
            received_at_ms: now_ms,
            pages: &pages,
            consent,
            trapped: request.trapped,
            by_link: request.recipient.is_some(),
            by_server: false,
            without_config,
            recent: &self.recent,
            duplicates: &duplicates,
        };
        if let Some(customer) = &customer {
            note_customer(customer, known_visitor_key, &mut submission);
        }
        let rejected = enrich(&envelope.items, &enrichment, &mut submission);
        Ok(Prepared { submission, rejected })
    }
}

/// The customer whom the company's server signed; one who was not believed is counted.
fn signed(site: &SiteContext, envelope: &Envelope<'_>, submission: &mut Submission) -> Option<Signed> {
    customer::signed(site, &envelope.customer, &envelope.customer_signature).unwrap_or_else(|fault| {
        submission.refusals.push(customer::refusal(&fault));
        None
    })
}

/// Notes that a customer was there, and which visitor they are.
fn note_customer(customer: &Signed, visitor_key: Option<Id>, submission: &mut Submission) {
    let (site_id, now_ms) = (submission.site_id, submission.received_at_ms);
    submission.signed = true;
    submission.also.push(rapport_store::customer::note_seen(site_id, customer.id, &customer.external_id, now_ms));
    let link = |key| rapport_store::customer::link_visitor(site_id, customer.id, key, now_ms);
    submission.also.extend(visitor_key.map(link));
}

/// Makes a row of each item; those that are none are told and counted.
fn enrich(items: &[&RawValue], enrichment: &Enrichment<'_>, submission: &mut Submission) -> Vec<Rejection> {
    let mut rejected = Vec::new();
    for (index, raw) in items.iter().enumerate() {
        match enrichment.item(raw.get(), submission) {
            Ok(record) => submission.records.push(record),
            Err((item_kind, fault)) => {
                let (field, reason) = fault::kind(&fault);
                submission.refusals.push(Refusal { item_kind, field, reason });
                rejected.push(Rejection { index: index as u32, field: fault.field, reason: fault.reason });
            }
        }
    }
    rejected
}

impl BatchRefusal {
    /// A short name for the metric.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "malformed",
            Self::NoSiteKey => "no_site_key",
            Self::ForeignOrigin(_) => "foreign_origin",
            Self::UnknownSite => "unknown_site",
            Self::TooLarge => "too_large",
            Self::TooMany(_) => "too_many",
            Self::Unavailable(_) => "unavailable",
        }
    }
}

/// Counts items by what became of them.
fn count_items(accepted: u32, duplicate: u32, rejected: u32) {
    for (outcome, items) in [("accepted", accepted), ("duplicate", duplicate), ("rejected", rejected)] {
        metrics::counter!("rapport_items_total", "outcome" => outcome).increment(items.into());
    }
}
