//! What ingest hands to the writer: typed rows of the tables that browsers fill, and what became of each.

#[cfg(test)]
mod record_test;
pub mod refusal;

use crate::device::Sender;
use crate::engine::value::table_row;
use crate::site::outcome::ItemKind;
use rapport_shared::id::Id;
use rapport_shared::signal::SignalKind;
use rapport_shared::survey::AnswerKind;
use rapport_shared::wire::DeliveryEvent;
use rapport_shared::wire::PageView;
use std::collections::HashSet;
use tokio::sync::oneshot;

/// Columns that a higher revision leaves as they were: an item stays in the hour it was first counted in, although
/// every sending computes its instant anew.
pub(crate) const KEPT_COLUMNS: [&str; 6] =
    ["site_id", "item_id", "occurred_at_ms", "received_at_ms", "hour_ms", "clamped"];

macro_rules! page_view_row {
    (
        counts { $($count:ident: $most:literal, $label:literal, $what:literal
            $(, share($views:ident, $squares:ident, $products:ident))?;)* }
        vitals { $($vital:ident: $most_of_vital:literal, $what_vital:literal, $sketch:ident;)* }
    ) => {
        table_row! {
            #[derive(Default)]
            /// A row of `page_view`.
            PageViewRow = "page_view" {
                site_id: Id, item_id: Id, revision: i64, session_id: Option<Id>, visitor_key: Id, known_visitor_key: Option<Id>,
                occurred_at_ms: i64, received_at_ms: i64, hour_ms: i64, clamped: bool, bot: bool,
                path: String, referrer: String, source: String, campaign: String, release: String, language: String,
                device: Sender, browser: &'static str, country: String,
                view_index: i64, navigation: i64, duration_ms: i64, hidden_ms: i64, engaged_ms: i64, scroll_percent: i64,
                $($count: i64,)* key_events: i64, $($vital: Option<i64>,)*
                viewport_width_px: i64, viewport_height_px: i64,
            }
        }

        impl PageViewRow {
            /// A row with what a view measured, and nothing else.
            pub fn measured(view: &PageView<'_>) -> Self {
                Self {
                    $($count: view.$count.into(),)*
                    $($vital: view.$vital.map(i64::from),)*
                    ..Self::default()
                }
            }
        }
    };
}
rapport_shared::view_measures!(page_view_row);

table_row! {
    /// A row of `signal`.
    SignalRow = "signal" {
        site_id: Id, item_id: Id, view_id: Id, session_id: Option<Id>, known_visitor_key: Option<Id>,
        occurred_at_ms: i64, received_at_ms: i64, hour_ms: i64, clamped: bool, bot: bool,
        kind: SignalKind, path: String, device: Sender, element: String, name: String, text: String,
        count: i64, rule: Option<i64>, measured: Option<String>, error_key: Option<String>, detail: Option<String>,
    }
}

table_row! {
    /// A row of `response`.
    ResponseRow = "response" {
        site_id: Id, item_id: Id, revision: i64, survey_id: String, survey_version: i64,
        view_id: Option<Id>, session_id: Option<Id>, visitor_key: Option<Id>,
        occurred_at_ms: i64, received_at_ms: i64, hour_ms: i64, clamped: bool, bot: bool,
        path: String, language: String, device: Sender, duration_ms: i64, finished: bool,
        trail: String, trail_withheld: bool, page: String, suspicion: Option<String>, consent: Consent,
        customer_id: Option<Id>,
    }
}

table_row! {
    /// A row of `answer`.
    AnswerRow = "answer" {
        site_id: Id, item_id: Id, question_id: String, position: i64, kind: AnswerKind,
        score: Option<i64>, choices: String, text: String,
    }
}

table_row! {
    /// A row of `delivery`.
    DeliveryRow = "delivery" {
        site_id: Id, item_id: Id, occurred_at_ms: i64, received_at_ms: i64, hour_ms: i64, clamped: bool, bot: bool,
        survey_id: String, survey_version: i64, event: DeliveryEvent, path: String, device: Sender,
        response_id: Option<Id>,
    }
}

/// One item on its way into the store.
#[derive(Clone, Debug)]
pub enum Record {
    /// A page view; a higher revision replaces a lower one.
    PageView(Box<PageViewRow>),
    /// A signal.
    Signal(Box<SignalRow>),
    /// A response with its answers; a higher revision replaces a lower one with all its answers.
    Response(Box<ResponseRow>, Vec<AnswerRow>),
    /// A step of a survey's delivery.
    Delivery(Box<DeliveryRow>),
}

impl Record {
    /// The idempotency key of the item within its site.
    pub fn item_id(&self) -> Id {
        match self {
            Self::PageView(row) => row.item_id,
            Self::Signal(row) => row.item_id,
            Self::Response(row, _) => row.item_id,
            Self::Delivery(row) => row.item_id,
        }
    }

    /// The revision, for what is sent again when it changed; 0 for the rest.
    pub fn revision(&self) -> i64 {
        match self {
            Self::PageView(row) => row.revision,
            Self::Response(row, _) => row.revision,
            Self::Signal(_) | Self::Delivery(_) => 0,
        }
    }

    /// What it is counted as.
    pub fn item_kind(&self) -> ItemKind {
        match self {
            Self::PageView(_) => ItemKind::PageView,
            Self::Signal(_) => ItemKind::Signal,
            Self::Response(..) => ItemKind::Response,
            Self::Delivery(_) => ItemKind::Delivery,
        }
    }

    /// Start of the hour (site's zone) whose rollup the item changes.
    pub fn hour_ms(&self) -> i64 {
        match self {
            Self::PageView(row) => row.hour_ms,
            Self::Signal(row) => row.hour_ms,
            Self::Response(row, _) => row.hour_ms,
            Self::Delivery(row) => row.hour_ms,
        }
    }

    /// Whether it is older than an item may say it is: stored, and counted on no day, since its day is not known.
    pub fn clamped(&self) -> bool {
        match self {
            Self::PageView(row) => row.clamped,
            Self::Signal(row) => row.clamped,
            Self::Response(row, _) => row.clamped,
            Self::Delivery(row) => row.clamped,
        }
    }

    /// The session of a view or signal, and the hour that it is in.
    pub(crate) fn session_hour(&self) -> Option<(Id, i64)> {
        match self {
            Self::PageView(row) => row.session_id.map(|session_id| (session_id, row.hour_ms)),
            Self::Signal(row) => row.session_id.map(|session_id| (session_id, row.hour_ms)),
            Self::Response(..) | Self::Delivery(_) => None,
        }
    }

    /// Whether a bot sent it.
    pub fn bot(&self) -> bool {
        match self {
            Self::PageView(row) => row.bot,
            Self::Signal(row) => row.bot,
            Self::Response(row, _) => row.bot,
            Self::Delivery(row) => row.bot,
        }
    }
}

/// What a visitor has said about being measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consent {
    /// Nothing, or nothing that is known here.
    #[default]
    Unknown,
    /// They do not want it.
    Refused,
    /// They agreed.
    Granted,
}

impl Consent {
    /// The name on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Refused => "refused",
            Self::Granted => "granted",
        }
    }

    /// The value of that name; what is called otherwise is not known.
    pub fn of_name(name: &str) -> Self {
        [Self::Refused, Self::Granted].into_iter().find(|consent| consent.as_str() == name).unwrap_or_default()
    }
}

/// What became of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Stored, and durable.
    Accepted,
    /// Was there already.
    Duplicate,
    /// Was there, was erased, and is not stored again.
    Erased,
}

/// An item that was refused before it came here, to be counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Refusal {
    /// What it is counted as.
    pub item_kind: ItemKind,
    /// Field at fault.
    pub field: String,
    /// Reason, naming the limit.
    pub reason: String,
}

/// One batch of one site, on its way into the store.
#[derive(Clone, Debug, Default)]
pub struct Submission {
    /// The site.
    pub site_id: Id,
    /// When the batch was received.
    pub received_at_ms: i64,
    /// Start of the day (site's zone) it was received in.
    pub day_ms: i64,
    /// The items to store.
    pub records: Vec<Record>,
    /// Further hours (site's zone) that the items change: where the visit of a second view began.
    pub earlier_hours_ms: Vec<i64>,
    /// The items refused.
    pub refusals: Vec<Refusal>,
    /// Whether the company's server signed the customer who sent it.
    pub signed: bool,
    /// Further rows that the items bring with them (a review of a response): statements of the same transaction, each
    /// harmless when it is run again.
    pub also: Vec<super::Statement>,
    /// Those of the items that were erased, which are not stored again: the writer fills it in.
    pub erased: HashSet<Id>,
}

/// What the submissions of a group bring besides their items, in order; what several of them say alike, as every click says by which
/// rules it was judged, is said once.
pub(crate) fn brought<'a>(group: &[&'a Submission]) -> impl Iterator<Item = &'a super::Statement> {
    let mut said = HashSet::new();
    let all: Vec<_> = group.iter().flat_map(|submission| &submission.also).collect();
    all.into_iter().filter(move |statement| said.insert(*statement))
}

/// A submission and where its outcome goes, one per record, once it is durable.
pub(crate) struct Pending {
    pub submission: Submission,
    pub reply: oneshot::Sender<Result<Vec<Outcome>, super::StoreError>>,
}
