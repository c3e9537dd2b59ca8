//! The trail: what happened before an answer, from what the page remembered and from what its session sent.

use rapport_shared::signal::Happening;
use rapport_shared::wire::TrailEvent;
use rapport_store::response::session::{SessionSignal, SessionView};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

/// The same event told twice differs by no more than this, in milliseconds: ages are taken when a batch leaves, and
/// what the network adds is not the same for two batches.
const SAME_MS: i64 = 5_000;

macro_rules! view_facts {
    (
        counts { $($count:ident: $most:literal, $label:literal, $what:literal
            $(, share($views:ident, $squares:ident, $products:ident))?;)* }
        vitals { $($vital:ident: $most_of_vital:literal, $what_vital:literal, $sketch:ident;)* }
    ) => {
        /// What a page view came to, for those of the session that were stored.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
        pub struct ViewFacts {
            /// Time engaged with the page, in milliseconds.
            pub engaged_ms: i64,
            /// Deepest part seen, 0 to 100.
            pub scroll_percent: i64,
            $(#[doc = $what] pub $count: i64,)*
        }

        impl ViewFacts {
            fn of(view: &SessionView) -> Self {
                Self { engaged_ms: view.engaged_ms, scroll_percent: view.scroll_percent, $($count: view.$count,)* }
            }

            /// What is counted: name, label and how often.
            pub fn counts(&self) -> impl Iterator<Item = (&'static str, &'static str, i64)> {
                [$((stringify!($count), $label, self.$count)),*].into_iter()
            }
        }
    };
}
rapport_shared::view_measures!(view_facts);

fn name<S: Serializer>(kind: &Happening, serializer: S) -> Result<S::Ok, S::Error> {
    kind.as_str().serialize(serializer)
}

fn names() -> Object {
    let names = Happening::each().map(Happening::as_str);
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).build()
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Moment {
    /// Milliseconds before the first answer.
    pub before_ms: i64,
    /// What kind of thing.
    #[serde(serialize_with = "name")]
    #[schema(schema_with = names)]
    pub kind: Happening,
    /// Page, for a page view.
    pub path: String,
    /// Element, where there is one.
    pub element: String,
    /// Task or event name; for an error its type.
    pub name: String,
    /// Error message or task step.
    pub text: String,
    /// How often it repeated; at least 1.
    pub count: i64,
    /// Whether the response carried it itself; else it is from its session.
    pub in_trail: bool,
    /// What the page view came to, when it was stored.
    pub view: Option<ViewFacts>,
}

impl Moment {
    fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind
            && (self.before_ms - other.before_ms).abs() <= SAME_MS
            && if self.kind == Happening::PageView {
                self.path == other.path
            } else {
                (&self.element, &self.name, &self.text) == (&other.element, &other.name, &other.text)
            }
    }
}

/// Merges the trail of a response given at `occurred_at_ms` with stored views and signals of its session, oldest
/// first. What both tell is told once.
pub fn timeline(
    occurred_at_ms: i64,
    trail: &[TrailEvent<'_>],
    views: &[SessionView],
    signals: &[SessionSignal],
) -> Vec<Moment> {
    let mut moments: Vec<_> = trail
        .iter()
        .filter_map(|event| Some((event, Happening::parse(&event.kind)?)))
        .map(|(event, kind)| Moment {
            before_ms: i64::try_from(event.before_ms).unwrap_or(i64::MAX),
            kind,
            path: event.path.to_string(),
            element: event.element.to_string(),
            name: event.name.to_string(),
            text: event.text.to_string(),
            count: i64::from(event.count.max(1)),
            in_trail: true,
            view: None,
        })
        .collect();
    let stored_views = views.iter().map(|view| Moment {
        before_ms: occurred_at_ms - view.occurred_at_ms,
        kind: Happening::PageView,
        path: view.path.clone(),
        element: String::new(),
        name: String::new(),
        text: String::new(),
        count: 1,
        in_trail: false,
        view: Some(ViewFacts::of(view)),
    });
    let stored_signals = signals.iter().map(|signal| Moment {
        before_ms: occurred_at_ms - signal.occurred_at_ms,
        kind: Happening::Signal(signal.kind),
        path: signal.path.clone(),
        element: signal.element.clone(),
        name: signal.name.clone(),
        text: signal.text.clone(),
        count: signal.count.max(1),
        in_trail: false,
        view: None,
    });
    for stored in stored_views.chain(stored_signals) {
        // Each event of the trail answers for one stored row: a second of the same kind really was a second.
        match moments.iter_mut().find(|moment| moment.in_trail && moment.view.is_none() && moment.is_same(&stored)) {
            Some(told) if told.kind == Happening::PageView => told.view = stored.view,
            Some(told) => told.count = told.count.max(stored.count),
            None => moments.push(stored),
        }
    }
    // A page view stands before what happened on it in the same millisecond.
    moments.sort_by_key(|moment| (std::cmp::Reverse(moment.before_ms), moment.kind != Happening::PageView));
    moments
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapport_shared::id::Id;
    use rapport_shared::signal::SignalKind;

    fn event<'a>(before_ms: u64, kind: &'a str, path: &'a str, element: &'a str) -> TrailEvent<'a> {
        TrailEvent { before_ms, kind: kind.into(), path: path.into(), element: element.into(), ..TrailEvent::default() }
    }

    fn view(occurred_at_ms: i64, path: &str) -> SessionView {
        SessionView {
            item_id: Id([1; 16]),
            occurred_at_ms,
            path: path.into(),
            view_index: 1,
            engaged_ms: 4_000,
            scroll_percent: 50,
            rage_clicks: 1,
            ..SessionView::default()
        }
    }

    fn signal(occurred_at_ms: i64, kind: SignalKind, element: &str) -> SessionSignal {
        SessionSignal {
            view_id: Id([1; 16]),
            occurred_at_ms,
            kind,
            path: "/cart".into(),
            element: element.into(),
            name: String::new(),
            text: String::new(),
            count: 4,
        }
    }

    #[test]
    fn what_both_tell_is_told_once_and_what_one_tells_is_kept() {
        let trail = [
            event(60_000, "page_view", "/cart", ""),
            event(20_000, "rage_click", "", "button#pay"),
            event(9_000, "click", "", "a.help"),
            event(8_000, "gaze", "", "what a newer page tells"),
        ];
        let views = [view(940_500, "/cart"), view(400_000, "/home")];
        let signals =
            [signal(980_700, SignalKind::RageClick, "button#pay"), signal(450_000, SignalKind::DeadClick, "img.hero")];
        let found = timeline(1_000_000, &trail, &views, &signals);
        let told: Vec<_> =
            found.iter().map(|moment| (moment.before_ms, moment.kind.as_str(), moment.in_trail)).collect();
        assert_eq!(
            told,
            [
                (600_000, "page_view", false),
                (550_000, "dead_click", false),
                (60_000, "page_view", true),
                (20_000, "rage_click", true),
                (9_000, "click", true),
            ]
        );
        assert_eq!(found[2].view.as_ref().map(|view| view.rage_clicks), Some(1));
        assert_eq!(found[3].count, 4);
    }

    #[test]
    fn the_same_element_later_is_another_event() {
        let trail = [event(20_000, "dead_click", "", "img")];
        let found = timeline(1_000_000, &trail, &[], &[signal(960_000, SignalKind::DeadClick, "img")]);
        assert_eq!(found.len(), 2);
    }
}
