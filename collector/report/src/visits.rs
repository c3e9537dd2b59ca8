//! What was seen in visits, in order: pages, steps of tasks, custom events and judged clicks. Tasks, funnels and journeys are found in it.
//!
//! Things of one instant stand in the order of their arrival; a page stands before what happened on it, and pages of one visit as the
//! visit numbers them.

use crate::route::Routes;
use rapport_shared::id::Id;
use rapport_shared::signal::SignalKind;
use rapport_store::shown_id;
use rapport_store::visit::{SeenSignal, SeenView};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// Whose ways are followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Walker {
    /// A visit: what is done in one tab until 30 minutes go by without anything.
    #[default]
    Visit,
    /// A visitor over all their visits: who is known from one day to the next by their consent, everybody else for a day.
    Visitor,
}

impl Walker {
    /// What several are called.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Visit => "visits",
            Self::Visitor => "visitors",
        }
    }
}

/// What kind of thing was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WhatKind {
    /// A page was opened.
    Page,
    /// A custom event.
    Event,
    /// A click on an element: one that was judged (rage, dead, slow or failed), or that heat maps keep.
    Click,
    /// A step of a task.
    Task,
}

/// One of the different things that were seen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct What {
    /// Its kind.
    pub kind: WhatKind,
    /// The path, the name of the event, the element, or the name of the task.
    pub text: String,
    /// The step of a task; else empty.
    pub step: String,
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When, in epoch milliseconds.
    pub at_ms: i64,
    /// What, as its place in [`Seen::whats`].
    pub what: u32,
    /// In which visit, as its place in [`Seen::visits`].
    pub visit: u32,
}

/// What one visit or visitor did, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// What happened.
    pub events: Vec<Event>,
    /// The last instant that something of it is known of, in epoch milliseconds.
    pub last_ms: i64,
    /// The number of its first page within the visit; 1 where it is the first of all.
    pub first_index: i64,
    /// The device of its first page; empty where no page is known.
    pub device: String,
}

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The different things.
    pub whats: Vec<What>,
    /// The visits, by their ids.
    pub visits: Vec<Id>,
    /// The site whose they are.
    pub site_id: Id,
    /// What each visit or visitor did, those that began first first.
    pub walks: Vec<Walk>,
}

impl Seen {
    /// For each different thing the place of its page in the names that are given beside: by route, or by path. What is no page has none.
    pub fn pages(&self, routes: Option<&Routes>) -> (Vec<Option<u32>>, Vec<String>) {
        let (mut names, mut places) = (Vec::new(), HashMap::new());
        let place = |what: &What| {
            (what.kind == WhatKind::Page).then(|| {
                let name = routes.map_or_else(|| what.text.clone(), |routes| routes.of(&what.text).into_owned());
                *places.entry(name.clone()).or_insert_with(|| {
                    names.push(name);
                    names.len() as u32 - 1
                })
            })
        };
        let of_whats = self.whats.iter().map(place).collect();
        (of_whats, names)
    }
}

impl Seen {
    /// How a visit is shown, by its place.
    pub fn shown(&self, visit: u32) -> String {
        shown_id::of_stored(self.site_id, self.visits[visit as usize]).to_text()
    }

    /// Leaves those alone that opened a page which is meant.
    pub fn keep(&mut self, is_meant: impl Fn(&str) -> bool) {
        let is_page = |what: &What| what.kind == WhatKind::Page && is_meant(&what.text);
        let meant: Vec<_> = self.whats.iter().map(is_page).collect();
        self.walks.retain(|walk| walk.events.iter().any(|event| meant[event.what as usize]));
    }
}

/// Something that happened, with what it is ordered by.
struct Row {
    event: Event,
    is_signal: bool,
    place: i64,
    item: Id,
}

/// Brings together what is read a piece at a time.
#[derive(Default)]
pub struct Gathered {
    whats: HashMap<What, u32>,
    visits: HashMap<Id, u32>,
    /// Of each visit its visitor, device, first page and last instant.
    of_visits: Vec<OfVisit>,
    rows: Vec<Row>,
    /// Whether visits that are not known yet are left out.
    closed: bool,
}

#[derive(Clone)]
struct OfVisit {
    visitor: Id,
    device: String,
    first: (i64, i64),
    last_ms: i64,
}

impl Gathered {
    /// From now on only what belongs to a visit that is known already is taken.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// The place of a visit; none where it is left out.
    fn visit(&mut self, session: Id) -> Option<u32> {
        if self.closed {
            return self.visits.get(&session).copied();
        }
        let next = self.visits.len() as u32;
        let place = *self.visits.entry(session).or_insert(next);
        if place == next {
            // One without a page is somebody of its own.
            let of = OfVisit { visitor: session, device: String::new(), first: (i64::MAX, 0), last_ms: i64::MIN };
            self.of_visits.push(of);
        }
        Some(place)
    }

    fn what(&mut self, kind: WhatKind, text: String, step: String) -> u32 {
        let next = self.whats.len() as u32;
        *self.whats.entry(What { kind, text, step }).or_insert(next)
    }

    /// Adds pages.
    pub fn views(&mut self, views: Vec<SeenView>) {
        for view in views {
            let Some(visit) = self.visit(view.session_id) else { continue };
            let of = &mut self.of_visits[visit as usize];
            of.visitor = view.visitor;
            of.last_ms = of.last_ms.max(view.occurred_at_ms + view.duration_ms.max(0));
            if (view.occurred_at_ms, view.view_index) < of.first {
                of.first = (view.occurred_at_ms, view.view_index);
                of.device = view.device;
            }
            let what = self.what(WhatKind::Page, view.path, String::new());
            self.rows.push(Row {
                event: Event { at_ms: view.occurred_at_ms, what, visit },
                is_signal: false,
                place: view.view_index,
                item: view.item_id,
            });
        }
    }

    /// Adds steps of tasks, custom events and clicks.
    pub fn signals(&mut self, signals: Vec<SeenSignal>) {
        for signal in signals {
            let (kind, text, step) = match signal.kind {
                SignalKind::Task => (WhatKind::Task, signal.name, signal.text),
                SignalKind::Event => (WhatKind::Event, signal.name, String::new()),
                kind if kind.is_judged() || kind == SignalKind::Point => {
                    (WhatKind::Click, signal.element, String::new())
                }
                _ => continue,
            };
            let Some(visit) = self.visit(signal.session_id) else { continue };
            let of = &mut self.of_visits[visit as usize];
            of.last_ms = of.last_ms.max(signal.occurred_at_ms);
            let what = self.what(kind, text, step);
            self.rows.push(Row {
                event: Event { at_ms: signal.occurred_at_ms, what, visit },
                is_signal: true,
                place: signal.received_at_ms,
                item: signal.item_id,
            });
        }
    }

    /// What each visit or visitor did, in order.
    pub fn seen(mut self, walker: Walker) -> Seen {
        self.rows.sort_unstable_by_key(|row| (row.event.at_ms, row.is_signal, row.place, row.item));
        let mut walks: Vec<Walk> = Vec::new();
        let mut places: HashMap<Id, usize> = HashMap::new();
        let mut ids = vec![Id::default(); self.visits.len()];
        self.visits.iter().for_each(|(id, place)| ids[*place as usize] = *id);
        for row in self.rows {
            let of = &self.of_visits[row.event.visit as usize];
            let key = if walker == Walker::Visit { ids[row.event.visit as usize] } else { of.visitor };
            let place = *places.entry(key).or_insert(walks.len());
            if place == walks.len() {
                let (device, first_index) = (of.device.clone(), of.first.1);
                walks.push(Walk { events: Vec::new(), last_ms: of.last_ms, first_index, device });
            }
            let walk = &mut walks[place];
            walk.last_ms = walk.last_ms.max(of.last_ms);
            walk.events.push(row.event);
        }
        let mut whats: Vec<_> = self.whats.into_iter().collect();
        whats.sort_unstable_by_key(|(_, place)| *place);
        Seen { whats: whats.into_iter().map(|(what, _)| what).collect(), visits: ids, walks, site_id: Id::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(session: u8, item: u8, at_ms: i64, view_index: i64, path: &str) -> SeenView {
        SeenView {
            session_id: Id([session; 16]),
            item_id: Id([item; 16]),
            occurred_at_ms: at_ms,
            received_at_ms: 9_000,
            view_index,
            duration_ms: 500,
            visitor: Id([session / 10; 16]),
            path: path.into(),
            device: if view_index == 1 { "mobile" } else { "desktop" }.into(),
        }
    }

    fn signal(session: u8, item: u8, (at_ms, received_at_ms): (i64, i64), name: &str) -> SeenSignal {
        SeenSignal {
            session_id: Id([session; 16]),
            item_id: Id([item; 16]),
            occurred_at_ms: at_ms,
            received_at_ms,
            kind: SignalKind::Event,
            element: String::new(),
            name: name.into(),
            text: String::new(),
        }
    }

    #[test]
    fn a_click_that_heat_maps_keep_was_no_step() {
        let click = |item: u8, kind, element: &str| SeenSignal {
            kind,
            element: element.into(),
            ..signal(11, item, (100 + i64::from(item), 60), "")
        };
        let mut gathered = Gathered::default();
        gathered.signals(vec![
            click(1, SignalKind::Point, "button#buy"),
            click(2, SignalKind::RageClick, "button#buy"),
            click(3, SignalKind::Field, "input#name"),
        ]);
        let seen = gathered.seen(Walker::Visit);
        assert_eq!((told(&seen), seen.whats.len()), (vec!["button#buy button#buy".to_owned()], 1));
        assert_eq!(seen.whats[0].kind, WhatKind::Click);
    }

    fn told(seen: &Seen) -> Vec<String> {
        let text = |event: &Event| seen.whats[event.what as usize].text.clone();
        seen.walks.iter().map(|walk| walk.events.iter().map(text).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn things_of_one_instant_stand_as_they_arrived_and_pages_before_what_happened_on_them() {
        let gathered = || {
            let mut gathered = Gathered::default();
            gathered.signals(vec![signal(11, 1, (100, 70), "late"), signal(11, 9, (100, 60), "early")]);
            gathered.views(vec![view(11, 3, 100, 2, "/b"), view(11, 4, 100, 1, "/a"), view(12, 5, 150, 1, "/c")]);
            gathered.signals(vec![signal(11, 2, (200, 70), "after"), signal(30, 8, (90, 70), "alone")]);
            gathered
        };
        let visits = gathered().seen(Walker::Visit);
        assert_eq!(told(&visits), ["alone", "/a /b early late after", "/c"]);
        assert_eq!((visits.walks[1].device.as_str(), visits.walks[1].first_index), ("mobile", 1));
        assert_eq!(visits.walks[1].last_ms, 600);
        let mut of_page = visits.clone();
        of_page.keep(|page| page == "/b");
        assert_eq!(told(&of_page), ["/a /b early late after"], "all of a visit to the page");
        let mut closed = gathered();
        closed.close();
        closed.views(vec![view(12, 6, 900, 2, "/later"), view(13, 7, 900, 1, "/other")]);
        assert_eq!(told(&closed.seen(Walker::Visit))[2], "/c /later", "nobody who came after the days is followed");
        let visitors = gathered().seen(Walker::Visitor);
        assert_eq!(told(&visitors), ["alone", "/a /b early late /c after"]);
    }
}
