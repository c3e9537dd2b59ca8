//! Customers as they are listed, and one of them with everything that happened, by day.

use crate::response::{ResponseSummary, Time};
use jiff::tz::TimeZone;
use rapport_shared::id::Id;
use rapport_store::calendar::day_of_instant;
use rapport_store::customer::list::{CustomerFilter, Order, Place};
use rapport_store::customer::timeline::KnownView;
use rapport_store::customer::{Customer, rule};
use rapport_store::interaction::rule::money;
use rapport_store::interaction::{Channel, Interaction, Paid};
use rapport_store::response::Cursor;
use rapport_store::shown_id;
use rapport_store::ticket::Ticket;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Customers of one part of a list.
pub const LISTED: usize = 50;
/// Contacts of one part of a timeline.
pub const EVENTS: usize = 100;

/// Which customers are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// What they are found by.
    pub filter: CustomerFilter,
    /// In which order.
    pub order: Order,
    /// From where on.
    pub after: Option<Place>,
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CustomerLine {
    /// Their id here.
    pub id: String,
    /// What your own systems call them; absent where they have no id of yours.
    pub customer: Option<String>,
    /// Their name, else their mail address, else their id.
    pub called: String,
    /// Their name; empty where nobody told it.
    pub name: String,
    /// The mail address that is written to; empty where nobody told it.
    pub mail: String,
    /// Their telephone number; empty where nobody told it.
    pub phone: String,
    /// Their language, a BCP 47 tag; empty where nobody told it.
    pub language: String,
    /// Their zone, an IANA name; empty where nobody told it.
    pub time_zone: String,
    /// What else is known of them, by name.
    pub traits: BTreeMap<String, String>,
    /// When they came to be known.
    pub since: Time,
    /// When they were last in contact, in any channel; absent before the first time.
    pub last_contact: Option<Time>,
}

impl CustomerLine {
    /// A customer with their traits.
    pub fn of(customer: &Customer, traits: BTreeMap<String, String>, zone: &TimeZone) -> Self {
        Self {
            id: customer.customer_id.to_text(),
            customer: (!rule::is_own(&customer.external_id)).then(|| customer.external_id.clone()),
            called: customer.called().to_owned(),
            name: customer.name.clone(),
            mail: customer.mail.clone(),
            phone: customer.phone.clone(),
            language: customer.language.clone(),
            time_zone: customer.time_zone.clone(),
            traits,
            since: Time::new(customer.created_at_ms, zone),
            last_contact: (customer.seen_at_ms > 0).then(|| Time::new(customer.seen_at_ms, zone)),
        }
    }
}

/// A part of the list of customers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CustomerList {
    /// Its customers, at most 50.
    pub customers: Vec<CustomerLine>,
    /// Where the next part begins, for the field `after`; absent at the end. There may be one even where fewer than 50 were found: the
    /// search looks through a bounded number at a time.
    pub next: Option<String>,
}

/// What a customer paid in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PaidLine {
    /// ISO 4217 code.
    pub currency: String,
    /// How many purchases.
    pub purchases: u64,
    /// Their sum, in the smallest unit of the currency.
    pub purchased_minor: i64,
    /// How many refunds.
    pub refunds: u64,
    /// Their sum, in the smallest unit of the currency.
    pub refunded_minor: i64,
    /// What is left of the purchases after the refunds, as people read it.
    pub rest: String,
}

impl From<Paid> for PaidLine {
    fn from(paid: Paid) -> Self {
        Self {
            rest: money(paid.purchased_minor.saturating_sub(paid.refunded_minor), &paid.currency),
            currency: paid.currency,
            purchases: paid.purchases,
            purchased_minor: paid.purchased_minor,
            refunds: paid.refunds,
            refunded_minor: paid.refunded_minor,
        }
    }
}

/// The newest score that a customer gave on one kind of question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NewestScore {
    /// The kind, such as `nps`.
    pub kind: String,
    /// The newest score.
    pub score: i64,
    /// `low`, `middle` or `high`: where it stands on its scale.
    pub standing: &'static str,
    /// When it was given.
    pub at: Time,
    /// How many they gave on this kind of question, among the newest 200 scores.
    pub n: u64,
}

/// How often a customer was in contact in one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChannelLine {
    /// `call`, `mail`, `letter`, `visit`, `purchase`, `refund`, `chat`, `message`, `follow_up` or `note`.
    pub channel: &'static str,
    /// How often.
    pub contacts: u64,
    /// When last.
    pub last: Time,
}

/// Something that will be asked of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AheadLine {
    /// The plan of follow-ups.
    pub plan: String,
    /// When it is due.
    pub due: Time,
    /// Whether somebody has to call them.
    pub is_call: bool,
}

/// One customer with figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CustomerReport {
    /// Who they are.
    pub customer: CustomerLine,
    /// Every mail address that is known to be theirs, in order.
    pub mails: Vec<String>,
    /// Ids here of those who turned out to be this customer; what happened with them stands on this timeline.
    pub merged: Vec<String>,
    /// The newest score of each kind of question.
    pub scores: Vec<NewestScore>,
    /// Tickets that nobody is done with.
    pub open_tickets: u64,
    /// What they paid, by currency.
    pub paid: Vec<PaidLine>,
    /// Contacts by channel.
    pub channels: Vec<ChannelLine>,
    /// What will be asked of them, the soonest first.
    pub ahead: Vec<AheadLine>,
}

/// What is shown of a timeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// Everything.
    #[default]
    All,
    /// Visits of pages.
    Pages,
    /// Answers, with the reviews that came with them.
    Answers,
    /// Tickets.
    Tickets,
    /// Contacts in one channel.
    Channel(Channel),
}

impl Shown {
    /// Each of them.
    pub fn each() -> impl Iterator<Item = Self> {
        let channels = Channel::EACH.iter().map(|channel| Self::Channel(*channel));
        [Self::All, Self::Pages, Self::Answers, Self::Tickets].into_iter().chain(channels)
    }

    /// The name in addresses and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Pages => "pages",
            Self::Answers => "answers",
            Self::Tickets => "tickets",
            Self::Channel(channel) => channel.as_str(),
        }
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::All => "Everything",
            Self::Pages => "Pages",
            Self::Answers => "Answers",
            Self::Tickets => "Tickets",
            Self::Channel(Channel::FollowUp) => "Follow-ups",
            Self::Channel(Channel::Mail) => "Mails",
            Self::Channel(Channel::Visit) => "Visits",
            Self::Channel(channel) => channel.label(),
        }
    }

    /// The value of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::each().find(|shown| shown.as_str() == name)
    }

    /// Whether something else, of which `one` is an example, is shown.
    pub(crate) fn shows(self, one: Self) -> bool {
        self == Self::All || self == one
    }
}

/// A view of a page, in a visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ViewLine {
    /// The page.
    pub path: String,
    /// When it was opened.
    pub at: Time,
    /// For how long it was open, in milliseconds.
    pub duration_ms: i64,
    /// Errors on it.
    pub errors: u64,
    /// Rage clicks on it.
    pub rage_clicks: u64,
}

/// Something that happened with a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Happened {
    /// They looked at pages, all of one visit on one day together.
    Pages {
        /// When the newest of them was opened.
        at: Time,
        /// The visit, as its page names it; absent where it has none.
        visit: Option<String>,
        /// The kind of device.
        device: String,
        /// The views, the newest first.
        views: Vec<ViewLine>,
    },
    /// They answered.
    Answers {
        /// When.
        at: Time,
        /// The response with its answers.
        response: Box<ResponseSummary>,
        /// The reviews that came with it: the thing and its stars.
        reviews: Vec<(String, u64)>,
    },
    /// A ticket of theirs was opened.
    Ticket {
        /// When.
        at: Time,
        /// Its code.
        code: String,
        /// What it is about.
        subject: String,
        /// How far it is.
        state: &'static str,
        /// When it was resolved, where it is.
        resolved_at: Option<Time>,
    },
    /// They were in contact in another channel.
    Contact {
        /// When.
        at: Time,
        /// Its id.
        id: String,
        /// `call`, `mail`, `letter`, `visit`, `purchase`, `refund`, `chat`, `message`, `follow_up` or `note`.
        channel: &'static str,
        /// `in` (from the customer), `out` or `none`.
        direction: &'static str,
        /// What it was about.
        subject: String,
        /// What was said.
        body: String,
        /// What was bought or given back.
        thing: String,
        /// The amount in the smallest unit of the currency.
        amount_minor: Option<i64>,
        /// ISO 4217 code; empty without an amount.
        currency: String,
        /// The amount as people read it; empty without one.
        amount: String,
        /// Who logged it: a mail address, `key:` with the id of a key, or `robot`.
        actor: String,
    },
}

impl Happened {
    /// When it happened.
    pub fn at(&self) -> &Time {
        match self {
            Self::Pages { at, .. } | Self::Answers { at, .. } | Self::Ticket { at, .. } | Self::Contact { at, .. } => {
                at
            }
        }
    }

    pub(crate) fn contact(of: Interaction, zone: &TimeZone) -> Self {
        Self::Contact {
            at: Time::new(of.occurred_at_ms, zone),
            id: of.interaction_id.to_text(),
            channel: of.channel.as_str(),
            direction: of.direction.as_str(),
            amount: of.amount_minor.map_or_else(String::new, |amount| money(amount, &of.currency)),
            subject: of.subject,
            body: of.body,
            thing: of.thing,
            amount_minor: of.amount_minor,
            currency: of.currency,
            actor: of.actor,
        }
    }

    pub(crate) fn ticket(of: Ticket, zone: &TimeZone) -> Self {
        Self::Ticket {
            at: Time::new(of.opened_at_ms, zone),
            code: of.code,
            subject: of.subject,
            state: of.state.as_str(),
            resolved_at: of.resolved_at_ms.map(|at_ms| Time::new(at_ms, zone)),
        }
    }
}

/// A day of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CustomerDay {
    /// The day in the site's zone, as `2026-03-31`.
    pub day: String,
    /// What happened, the newest first.
    pub events: Vec<Happened>,
}

/// A part of a customer's timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CustomerTimeline {
    /// Its days, the newest first.
    pub days: Vec<CustomerDay>,
    /// Where the next part begins, for the field `after`; absent at the end.
    pub next: Option<String>,
}

/// One row of a kind of happening, before rows of a visit are put together.
pub(crate) enum Piece {
    View(KnownView),
    Other(Happened),
}

/// A place on a timeline: an instant, and how many pieces of that instant stand before it. It names no id: those of views are secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimelinePlace {
    /// The instant of the last piece before it, in epoch milliseconds.
    pub at_ms: i64,
    /// How many pieces of that instant stand before it.
    pub skipped: usize,
}

impl TimelinePlace {
    /// Most pieces of one instant.
    const MOST: usize = 10_000;

    /// The place as it stands in addresses.
    pub fn text(self) -> String {
        format!("{}.{}", self.at_ms, self.skipped)
    }

    /// The place of that text.
    pub fn parse(text: &str) -> Option<Self> {
        let (at_ms, skipped) = text.split_once('.')?;
        let place = Self { at_ms: at_ms.parse().ok()?, skipped: skipped.parse().ok()? };
        (place.skipped <= Self::MOST).then_some(place)
    }

    /// The place as rows are read from: every row of its instant is behind it.
    pub(crate) fn cursor(self) -> Cursor {
        Cursor { occurred_at_ms: self.at_ms, item_id: Id([u8::MAX; 16]) }
    }
}

/// The newest pieces of all kinds behind a place up to the limit, and where they go on if there are more.
pub(crate) fn newest(
    mut pieces: Vec<(Cursor, Piece)>,
    after: Option<TimelinePlace>,
) -> (Vec<(Cursor, Piece)>, Option<TimelinePlace>) {
    pieces.sort_by_key(|(place, _)| std::cmp::Reverse((place.occurred_at_ms, place.item_id)));
    let skipped = after.map_or(0, |after| after.skipped.min(pieces.len()));
    let mut pieces = pieces.split_off(skipped);
    let more = pieces.len() > EVENTS;
    pieces.truncate(EVENTS);
    let next = pieces.last().filter(|_| more).map(|(last, _)| {
        let at_ms = last.occurred_at_ms;
        let before = after.filter(|after| after.at_ms == at_ms).map_or(0, |after| after.skipped);
        TimelinePlace {
            at_ms,
            skipped: before + pieces.iter().filter(|(place, _)| place.occurred_at_ms == at_ms).count(),
        }
    });
    (pieces, next)
}

/// Pieces, the newest first, by day; views of one visit on one day become one.
pub(crate) fn by_day(site_id: Id, pieces: Vec<(Cursor, Piece)>, zone: &TimeZone) -> Vec<CustomerDay> {
    let mut days: Vec<CustomerDay> = Vec::new();
    // The place of each visit among the events of the last day.
    let mut visits: BTreeMap<Option<Id>, usize> = BTreeMap::new();
    for (place, piece) in pieces {
        let day = day_of_instant(zone, place.occurred_at_ms).to_string();
        if days.last().is_none_or(|last| last.day != day) {
            visits.clear();
            days.push(CustomerDay { day, events: Vec::new() });
        }
        let Some(events) = days.last_mut().map(|last| &mut last.events) else { continue };
        let view = match piece {
            Piece::Other(other) => {
                events.push(other);
                continue;
            }
            Piece::View(view) => view,
        };
        let line = ViewLine {
            path: view.path,
            at: Time::new(view.occurred_at_ms, zone),
            duration_ms: view.duration_ms,
            errors: view.errors,
            rage_clicks: view.rage_clicks,
        };
        match visits.get(&view.session_id).and_then(|at| events.get_mut(*at)) {
            Some(Happened::Pages { views, .. }) => views.push(line),
            _ => {
                visits.insert(view.session_id, events.len());
                let visit = view.session_id.map(|session_id| shown_id::of_stored(site_id, session_id).to_text());
                events.push(Happened::Pages { at: line.at.clone(), visit, device: view.device, views: vec![line] });
            }
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn view(number: u8, session: u8, at_ms: i64) -> (Cursor, Piece) {
        let view = KnownView {
            item_id: Id([number; 16]),
            session_id: Some(Id([session; 16])),
            occurred_at_ms: at_ms,
            path: format!("/{number}"),
            device: "desktop".into(),
            duration_ms: 5,
            errors: 0,
            rage_clicks: 0,
        };
        (Cursor { occurred_at_ms: at_ms, item_id: view.item_id }, Piece::View(view))
    }

    #[test]
    fn a_visit_of_many_pages_hid_the_call_between_them() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        // 22:30 UTC, half an hour after midnight in Berlin: what happened an hour before was yesterday.
        let evening = 1_775_082_600_000;
        let hour = 3_600_000;
        let call = Happened::Ticket {
            at: Time::new(evening - hour, &zone),
            code: "T-1".into(),
            subject: "Call".into(),
            state: "new",
            resolved_at: None,
        };
        let place = Cursor { occurred_at_ms: evening - hour, item_id: Id([9; 16]) };
        let pieces = vec![
            view(1, 1, evening - 2 * hour),
            (place, Piece::Other(call.clone())),
            view(2, 1, evening - hour / 2),
            view(3, 2, evening - hour / 4),
            view(4, 1, evening),
        ];
        let (pieces, next) = newest(pieces, None);
        assert_eq!(next, None);
        let days = by_day(Id([7; 16]), pieces, &zone);
        let shape: Vec<Vec<usize>> = days
            .iter()
            .map(|day| {
                day.events
                    .iter()
                    .map(|event| if let Happened::Pages { views, .. } = event { views.len() } else { 0 })
                    .collect()
            })
            .collect();
        assert_eq!(days.iter().map(|day| day.day.as_str()).collect::<Vec<_>>(), ["2026-04-02", "2026-04-01"]);
        assert_eq!(shape, [vec![2, 1], vec![0, 1]], "each visit of a day is one line, and the call is on its own");
        let Happened::Pages { visit, .. } = &days[1].events[1] else { panic!("{days:?}") };
        assert_ne!(visit.as_deref(), Some(Id([1; 16]).to_text().as_str()), "a visit's secret id is not shown");
    }

    #[test]
    fn a_long_history_goes_on_behind_its_last_piece_even_where_hundreds_happened_at_once() {
        // Everything of an import has the same instant.
        let all = || (0..250_u8).map(|number| view(number, 1, if number < 20 { 5 } else { 7 })).collect::<Vec<_>>();
        let (mut seen, mut after) = (BTreeSet::new(), None);
        loop {
            let from = after.map_or(i64::MAX, |after: TimelinePlace| after.at_ms);
            let read = all().into_iter().filter(|(place, _)| place.occurred_at_ms <= from).collect();
            let (pieces, next) = newest(read, after);
            for (place, _) in &pieces {
                assert!(seen.insert(place.item_id), "twice");
            }
            let Some(next) = next else { break };
            assert_eq!(TimelinePlace::parse(&next.text()), Some(next));
            after = Some(next);
        }
        assert_eq!(seen.len(), 250);
        for text in ["", "5", "x.1", "5.10001", "5.-1"] {
            assert_eq!(TimelinePlace::parse(text), None, "{text}");
        }
    }

    #[test]
    fn each_name_of_what_is_shown_is_read_again() {
        for shown in Shown::each() {
            assert_eq!(Shown::parse(shown.as_str()), Some(shown));
        }
        assert_eq!(Shown::parse("everything"), None);
    }
}
