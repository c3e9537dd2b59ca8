//! One item: parsed, checked against its limits, enriched, and turned into a row.

mod answer;
mod detail;
mod error_key;
mod response;
mod review;
mod trust;
mod typed;
mod visit;

pub use response::day_of;

use super::client::Client;
use super::page_cap::PagesOfDay;
use super::public_id;
use super::suspicion::Recent;
use crate::customer::Signed;
use crate::visitor::Breadth;
use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_shared::measure::form::{Step, Touched, duration_ms};
use rapport_shared::measure::point::Point;
use rapport_shared::signal::SignalKind;
use rapport_shared::survey::Fault;
use rapport_shared::wire::{Delivery, DeliveryEvent, PageView, Signal};
use rapport_store::record::Consent;
use rapport_store::record::{DeliveryRow, PageViewRow, Record, SignalRow, Submission};
use rapport_store::site::directory::SiteContext;
use rapport_store::site::outcome::ItemKind;
use rapport_store::{click_rule, text};
use std::borrow::Cow;
use std::collections::HashSet;
use typed::Typed;

/// Why telemetry of a visitor who asked not to be watched is not stored, and their answers are stored without a trail and
/// without anything that tells them apart; `None` for everybody else.
pub fn withheld(client: &Client<'_>, consent: Consent) -> Option<&'static str> {
    if client.privacy_signal {
        Some("not stored: the browser sends Global Privacy Control or Do Not Track")
    } else if consent == Consent::Refused {
        Some("not stored: the visitor refused to be measured")
    } else {
        None
    }
}

/// What a batch adds to each of its items.
pub struct Enrichment<'a> {
    pub site: &'a SiteContext,
    pub client: &'a Client<'a>,
    pub session_id: Option<Id>,
    /// The visitor: by the id that lasts, or else as [`Self::client_key`].
    pub visitor_key: Id,
    /// The same, only when the id lasts.
    pub known_visitor_key: Option<Id>,
    /// The client by address and user agent, whatever it says of itself.
    pub client_key: Id,
    /// The country that the client is in, as two letters; empty where it is not known.
    pub country: String,
    /// The networks of the client, the narrowest first.
    pub network_keys: Vec<(Breadth, Id)>,
    /// The customer whom the company's server signed.
    pub customer: Option<&'a Signed>,
    /// Why nothing may be known of the visitor.
    pub withheld: Option<&'static str>,
    pub received_at_ms: i64,
    pub pages: &'a PagesOfDay,
    pub consent: Consent,
    pub trapped: bool,
    /// Whether the customer answers by a link that was made for them: they say themselves who they are then.
    pub by_link: bool,
    /// Whether a server with a key sends it, and vouches for it.
    pub by_server: bool,
    pub without_config: bool,
    pub recent: &'a Recent,
    /// Responses, by id and revision, that are there already under the ids that they carry.
    pub duplicates: &'a HashSet<(Id, u32)>,
}

/// When an item happened, by the collector's clock.
struct When {
    occurred_at_ms: i64,
    hour_ms: i64,
    clamped: bool,
}

impl Enrichment<'_> {
    /// The record of one raw item; `submission` takes what it brings along: further hours that it changes, reviews.
    ///
    /// # Errors
    /// What the item is counted as, and its fault.
    pub fn item(&self, raw: &str, submission: &mut Submission) -> Result<Record, (ItemKind, Fault)> {
        let item = Typed::parse(raw)?;
        let kind = item.kind();
        let result = match item {
            Typed::Response(response) => self.response(response, submission),
            _ if let Some(reason) = self.withheld => Err(Fault::new("", reason)),
            Typed::PageView(view) => self.page_view(view, submission),
            Typed::Signal(signal) => self.signal(signal, submission),
            Typed::Delivery(delivery) => self.delivery(delivery),
        };
        result.map_err(|fault| (kind, fault))
    }

    fn when(&self, age_ms: u64) -> When {
        // How old a server's may be was checked before.
        let most_ms = if self.by_server { age_ms } else { limit::AGE_MS };
        let occurred_at_ms = self.received_at_ms - age_ms.min(most_ms) as i64;
        When { occurred_at_ms, hour_ms: self.site.hour_start_ms(occurred_at_ms), clamped: age_ms > most_ms }
    }

    /// Notes that the visit of a further view did not bounce: it counts in the hour of its first view, which may have been
    /// rolled up. Any view after the first says so, since those between may be lost or late.
    fn further_view(&self, view: &PageView<'_>, when: &When, submission: &mut Submission) {
        let Some(session_id) = self.session_id.filter(|_| view.view_index > 1 && !self.client.bot) else { return };
        let (first_ms, last_ms) = visit::began(session_id, view, when.occurred_at_ms);
        let (first_ms, last_ms) = (self.site.hour_start_ms(first_ms), self.site.hour_start_ms(last_ms));
        for hour_ms in self.site.hours(first_ms, last_ms + 1).filter(|hour_ms| *hour_ms < when.hour_ms) {
            submission.earlier_hours_ms.push(hour_ms);
            // A rebuild looks for further views in its own hour and in the next.
            if self.site.next_hour_start_ms(hour_ms) < when.hour_ms {
                submission.also.push(rapport_store::visit::note_further_view(
                    self.site.site.site_id,
                    hour_ms,
                    session_id,
                ));
            }
        }
    }

    fn page_view(&self, view: PageView<'_>, submission: &mut Submission) -> Result<Record, Fault> {
        check_page_view(&view)?;
        let when = self.when(view.age_ms);
        self.further_view(&view, &when, submission);
        let measured = PageViewRow::measured(&view);
        let referrer = text::address(view.referrer, limit::REFERRER_CHARACTERS);
        Ok(Record::PageView(Box::new(PageViewRow {
            site_id: self.site.site.site_id,
            item_id: view.id,
            revision: view.revision.into(),
            session_id: self.session_id,
            visitor_key: self.visitor_key,
            known_visitor_key: self.known_visitor_key,
            occurred_at_ms: when.occurred_at_ms,
            received_at_ms: self.received_at_ms,
            hour_ms: when.hour_ms,
            clamped: when.clamped,
            bot: self.client.bot,
            path: self.path(view.path),
            referrer,
            source: text::line(view.source, limit::NAME_CHARACTERS),
            campaign: text::line(view.campaign, limit::NAME_CHARACTERS),
            release: text::line(view.release, limit::NAME_CHARACTERS),
            language: self.client.language.clone(),
            device: self.client.device.into(),
            browser: self.client.browser.as_str(),
            country: self.country.clone(),
            view_index: view.view_index.into(),
            navigation: view.navigation.into(),
            duration_ms: view.duration_ms.into(),
            hidden_ms: view.hidden_ms.min(view.duration_ms).into(),
            engaged_ms: view.engaged_ms.min(view.duration_ms).into(),
            scroll_percent: view.scroll_percent.into(),
            key_events: view.key_events.into(),
            viewport_width_px: view.viewport_width_px.into(),
            viewport_height_px: view.viewport_height_px.into(),
            ..measured
        })))
    }

    fn signal(&self, signal: Signal<'_>, submission: &mut Submission) -> Result<Record, Fault> {
        at_most("count", signal.count.into(), COUNT)?;
        at_most("rule", signal.rule.into(), RULE)?;
        optional_path(&signal.path)?;
        check_measured(&signal)?;
        let when = self.when(signal.age_ms);
        let mut detail = detail::of(&signal, &self.site.site.origins)?;
        let (name, message) =
            (text::line(signal.name, limit::NAME_CHARACTERS), text::line(signal.text, limit::MESSAGE_CHARACTERS));
        let error = (signal.kind == SignalKind::Error).then(|| error_key::key(&name, &message, &detail));
        if let Some(error) = &error
            && !self.client.bot
            && !when.clamped
        {
            submission.also.push(rapport_store::error_key::seen(self.site.site.site_id, error, when.occurred_at_ms));
        }
        detail.function = text::beginning(detail.function, limit::NAME_CHARACTERS);
        if signal.kind.is_judged() && !self.client.bot {
            let used = click_rule::used(self.site.site.site_id, signal.rule, when.hour_ms);
            if submission.also.last() != Some(&used) {
                submission.also.push(used);
            }
        }
        Ok(Record::Signal(Box::new(SignalRow {
            site_id: self.site.site.site_id,
            item_id: signal.id,
            view_id: signal.view,
            session_id: self.session_id,
            known_visitor_key: self.known_visitor_key,
            occurred_at_ms: when.occurred_at_ms,
            received_at_ms: self.received_at_ms,
            hour_ms: when.hour_ms,
            clamped: when.clamped,
            bot: self.client.bot,
            kind: signal.kind,
            path: self.path(signal.path),
            device: self.client.device.into(),
            element: match signal.kind {
                // What people press is no element of the page.
                SignalKind::QuickBack => GONE_BACK.to_owned(),
                _ => text::line(signal.element, limit::ELEMENT_CHARACTERS),
            },
            name,
            text: message,
            count: signal.count.into(),
            rule: signal.kind.is_judged().then(|| signal.rule.into()),
            measured: signal.kind.is_measured().then(|| format!("{:?}", signal.measured)),
            error_key: error.map(|error| error.error_key),
            detail: detail.to_json(),
        })))
    }

    fn delivery(&self, delivery: Delivery<'_>) -> Result<Record, Fault> {
        optional_path(&delivery.path)?;
        self.survey(&delivery.survey, delivery.survey_version)?;
        let when = self.when(delivery.age_ms);
        Ok(Record::Delivery(Box::new(DeliveryRow {
            site_id: self.site.site.site_id,
            item_id: delivery.id,
            occurred_at_ms: when.occurred_at_ms,
            received_at_ms: self.received_at_ms,
            hour_ms: when.hour_ms,
            clamped: when.clamped,
            bot: self.client.bot,
            survey_id: delivery.survey.into_owned(),
            survey_version: delivery.survey_version.into(),
            event: delivery.event,
            path: self.path(delivery.path),
            device: self.client.device.into(),
            response_id: (delivery.response.filter(|_| delivery.event == DeliveryEvent::Answered))
                .map(|response| public_id::of_response(self.site.site.site_id, response)),
        })))
    }

    /// The path to keep. What a bot makes up is not counted, so it takes no place among the pages of the day.
    fn path(&self, path: Cow<'_, str>) -> String {
        let path = text::path(&path);
        if self.client.bot { path } else { self.pages.admit(path) }
    }
}

/// Checks the numbers of a signal that is only counted, and that others have none.
fn check_measured(signal: &Signal<'_>) -> Result<(), Fault> {
    let missing = |field, text: &str| if text.is_empty() { Err(Fault::new(field, "is missing")) } else { Ok(()) };
    let at_fault = |reason| Fault::new("measured", reason);
    match signal.kind {
        SignalKind::Point => {
            missing("text", &signal.text)?;
            Point::read(&signal.measured).map(|_| ()).map_err(at_fault)
        }
        SignalKind::Form => {
            missing("name", &signal.name)?;
            if Step::parse(&signal.text).is_none() {
                let steps = Step::EACH.map(Step::as_str).join(", ");
                return Err(Fault::new("text", format!("must be one of {steps}")));
            }
            duration_ms(&signal.measured).map(|_| ()).map_err(at_fault)
        }
        SignalKind::Field => {
            missing("name", &signal.name)?;
            missing("element", &signal.element)?;
            Touched::read(&signal.measured).map(|_| ()).map_err(at_fault)
        }
        _ if signal.measured.is_empty() => Ok(()),
        _ => Err(Fault::new("measured", "must be empty: only a point, a form and a field have numbers")),
    }
}

/// What a quick-back is counted under.
const GONE_BACK: &str = "back";
/// Largest count a page may report of anything.
const COUNT: u64 = 1_000_000;
/// Largest version of a rule.
const RULE: u64 = 1_000;
/// Largest side of a viewport, in pixels.
const VIEWPORT_PX: u64 = 100_000;

/// Checks a page view's fields against their limits.
fn check_page_view(view: &PageView<'_>) -> Result<(), Fault> {
    if view.id == Id::default() {
        return Err(Fault::new("id", "is missing"));
    }
    if view.path.is_empty() {
        return Err(Fault::new("path", "is missing"));
    }
    optional_path(&view.path)?;
    for (field, value, most) in [
        ("scroll_percent", u64::from(view.scroll_percent), 100),
        ("duration_ms", view.duration_ms.into(), limit::DURATION_MS.into()),
        ("hidden_ms", view.hidden_ms.into(), limit::DURATION_MS.into()),
        ("engaged_ms", view.engaged_ms.into(), limit::DURATION_MS.into()),
        ("view_index", view.view_index.into(), COUNT),
        ("navigation", view.navigation.into(), 3),
        ("key_events", view.key_events.into(), COUNT),
        ("viewport_width_px", view.viewport_width_px.into(), VIEWPORT_PX),
        ("viewport_height_px", view.viewport_height_px.into(), VIEWPORT_PX),
    ] {
        at_most(field, value, most)?;
    }
    view.measures().try_for_each(|(field, value, most)| at_most(field, value.into(), most.into()))
}

fn at_most(field: &str, value: u64, most: u64) -> Result<(), Fault> {
    if value <= most { Ok(()) } else { Err(Fault::new(field, format!("must be at most {most}"))) }
}

fn optional_path(path: &str) -> Result<(), Fault> {
    if path.is_empty() || path.starts_with('/') { Ok(()) } else { Err(Fault::new("path", "must begin with /")) }
}
