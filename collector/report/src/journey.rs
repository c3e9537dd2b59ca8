//! Journeys: which way visits go through the pages. The edges of all visits are summed; only what is drawn is cut, and what it
//! leaves out stands beside it as *rest*.
//!
//! A page that is opened several times in a row is one stop; how many repeats that leaves out is told.

use crate::figure::{Better, Figure, FigureKind, Unit};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Steps from one stop to the next that are drawn.
pub const STEPS: usize = 4;
/// Pages of one column that are drawn by themselves.
const DRAWN: usize = 6;
/// Stops of a path that is listed, and how many such paths.
const STOPS: usize = 5;
/// See [`STOPS`].
pub const PATHS: usize = 20;

/// The stops of a visit, and how many views repeated the page before.
pub fn stops(pages: impl IntoIterator<Item = u32>) -> (Vec<u32>, u64) {
    let (mut stops, mut repeats) = (Vec::new(), 0);
    for page in pages {
        if stops.last() == Some(&page) {
            repeats += 1;
        } else {
            stops.push(page);
        }
    }
    (stops, repeats)
}

/// Where a step begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// A page.
    Page(u32),
    /// One of the pages that are not drawn by themselves.
    Rest,
    /// Nothing more: the visit ended, or of ways that lead to a page, had not begun.
    End,
}

/// How many visits went from one stop to another at each step.
pub type Edges = BTreeMap<(usize, Stop, Stop), u64>;

/// The edges of all visits, up to so many steps.
pub fn edges(visits: &[Vec<u32>], steps: usize) -> Edges {
    let mut edges = Edges::new();
    for stops in visits {
        for (step, from) in stops.iter().take(steps).enumerate() {
            let to = stops.get(step + 1).map_or(Stop::End, |page| Stop::Page(*page));
            *edges.entry((step, Stop::Page(*from), to)).or_default() += 1;
        }
    }
    edges
}

/// The same for a drawing: of each column the most visited pages, and the others together.
pub fn drawn(edges: &Edges, kept: usize) -> Edges {
    // How many visits come through each page of each column.
    let mut columns: BTreeMap<usize, BTreeMap<u32, u64>> = BTreeMap::new();
    for ((step, from, to), visits) in edges {
        if let (0, Stop::Page(page)) = (*step, from) {
            *columns.entry(0).or_default().entry(*page).or_default() += visits;
        }
        if let Stop::Page(page) = to {
            *columns.entry(step + 1).or_default().entry(*page).or_default() += visits;
        }
    }
    let most = |pages: &BTreeMap<u32, u64>| {
        let mut pages: Vec<_> = pages.iter().map(|(page, visits)| (std::cmp::Reverse(*visits), *page)).collect();
        pages.sort_unstable();
        // One page more takes no more room than the rest would.
        let kept = if pages.len() == kept + 1 { pages.len() } else { kept };
        pages.into_iter().take(kept).map(|(_, page)| page).collect::<Vec<_>>()
    };
    let columns: BTreeMap<_, _> = columns.iter().map(|(column, pages)| (*column, most(pages))).collect();
    let shown = |column: usize, stop: Stop| match stop {
        Stop::Page(page) if !columns.get(&column).is_some_and(|kept| kept.contains(&page)) => Stop::Rest,
        stop => stop,
    };
    let mut drawn = Edges::new();
    for ((step, from, to), visits) in edges {
        *drawn.entry((*step, shown(*step, *from), shown(step + 1, *to))).or_default() += visits;
    }
    drawn
}

/// Paths of so many stops at most with the visits that took them, most first; visits that end earlier are paths of their own. And how
/// many visits took others.
pub fn frequent(visits: &[Vec<u32>], stops: usize, most: usize) -> (Vec<(Vec<u32>, bool, u64)>, u64) {
    let mut paths: BTreeMap<(&[u32], bool), u64> = BTreeMap::new();
    for all in visits.iter().filter(|all| !all.is_empty()) {
        let cut = &all[..all.len().min(stops)];
        *paths.entry((cut, all.len() <= stops)).or_default() += 1;
    }
    let mut paths: Vec<_> = paths.into_iter().map(|((path, ends), visits)| (path.to_vec(), ends, visits)).collect();
    paths.sort_by(|one, other| other.2.cmp(&one.2).then_with(|| one.0.cmp(&other.0)));
    let rest = paths.iter().skip(most).map(|(_, _, visits)| visits).sum();
    paths.truncate(most);
    (paths, rest)
}

/// The ways on from a page, from its first stop in each visit; and the ways to it, backwards.
pub fn around(visits: &[Vec<u32>], page: u32) -> (Vec<Vec<u32>>, Vec<Vec<u32>>) {
    let (mut on, mut back) = (Vec::new(), Vec::new());
    for stops in visits {
        let Some(place) = stops.iter().position(|stop| *stop == page) else { continue };
        on.push(stops[place..].to_vec());
        back.push(stops[..=place].iter().rev().copied().collect());
    }
    (on, back)
}

/// A column's page in a drawing, or what stands for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StopKind {
    /// A page.
    Page,
    /// Pages that are not drawn by themselves.
    Rest,
    /// The visit ended.
    Left,
    /// The visit began.
    Began,
}

impl StopKind {
    /// Its name in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Rest => "rest",
            Self::Left => "left",
            Self::Began => "began",
        }
    }
}

/// One end of an edge.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct StopView {
    /// What it is.
    pub kind: StopKind,
    /// The page, or its route; empty for what is none.
    pub page: String,
}

/// How many visits went from one stop to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EdgeView {
    /// Which step of the visit, or from the page that is asked for, from 1; backwards for ways that lead to it.
    pub step: usize,
    /// Where from; of ways that lead to a page the later one.
    pub from: StopView,
    /// Where to; of ways that lead to a page the earlier one.
    pub to: StopView,
    /// How many.
    pub visits: u64,
}

/// A path, and how many took it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PathLine {
    /// Its stops in the order in which they were made.
    pub pages: Vec<String>,
    /// Whether the visit ended there, or began there where paths lead to a page; else it went on.
    pub whole: bool,
    /// How many took it.
    pub visits: u64,
    /// Of all visits that are followed.
    pub share: Figure,
}

/// Ways that begin, or that end, at the same place.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Ways {
    /// Whether they lead to a page, and are told backwards.
    pub backwards: bool,
    /// How many visits are followed.
    pub visits: u64,
    /// What is drawn: of each step the most visited pages, with the others as `rest`. Sums are those of all visits.
    pub edges: Vec<EdgeView>,
    /// Every edge.
    #[serde(skip)]
    pub all: Vec<EdgeView>,
    /// The most frequent paths.
    pub paths: Vec<PathLine>,
    /// Visits that took others.
    pub rest: u64,
}

const SHARE: FigureKind = FigureKind {
    name: "path_share",
    label: "Share",
    unit: Unit::Percent,
    of: "visits",
    better: Better::Higher,
    definition: "Visits that took this path, of all that are followed. Wilson interval.",
};

impl Ways {
    /// Those of some visits; `names` are those of pages.
    pub fn of(visits: &[Vec<u32>], names: &[String], backwards: bool) -> Self {
        let page = |page: u32| names[page as usize].clone();
        let end = if backwards { StopKind::Began } else { StopKind::Left };
        let stop = |stop: Stop| match stop {
            Stop::Page(place) => StopView { kind: StopKind::Page, page: page(place) },
            Stop::Rest => StopView { kind: StopKind::Rest, page: String::new() },
            Stop::End => StopView { kind: end, page: String::new() },
        };
        let views = |edges: &Edges| {
            let view = |((step, from, to), visits): (&(usize, Stop, Stop), &u64)| EdgeView {
                step: step + 1,
                from: stop(*from),
                to: stop(*to),
                visits: *visits,
            };
            let mut views: Vec<_> = edges.iter().map(view).collect();
            views.sort_by(|one, other| one.step.cmp(&other.step).then_with(|| other.visits.cmp(&one.visits)));
            views
        };
        let edges = edges(visits, STEPS);
        let (paths, rest) = frequent(visits, STOPS, PATHS);
        let followed = visits.iter().filter(|stops| !stops.is_empty()).count() as u64;
        let line = |(mut stops, whole, visits): (Vec<u32>, bool, u64)| {
            if backwards {
                stops.reverse();
            }
            let share = Figure::rate(SHARE, (visits, followed), None);
            PathLine { pages: stops.into_iter().map(page).collect(), whole, visits, share }
        };
        Self {
            backwards,
            visits: followed,
            edges: views(&drawn(&edges, DRAWN)),
            all: views(&edges),
            paths: paths.into_iter().map(line).collect(),
            rest,
        }
    }
}

/// Which way visits go.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Journeys {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Whether pages are told apart by `route` or by `page`.
    pub by: &'static str,
    /// The page or route that is asked for; absent where visits are followed from their beginning.
    pub around: Option<String>,
    /// Of how many visits one is followed: 1, or 128 where these days have too many rows. All counts are of those that are followed.
    pub one_in: u64,
    /// Visits that began on these days.
    pub visits: u64,
    /// Their page views.
    pub views: u64,
    /// Page views that repeated the page before, and are no stop of their own.
    pub repeats: u64,
    /// Ways on: from the beginning, or from the page that is asked for.
    pub on: Ways,
    /// Ways that lead to the page that is asked for.
    pub back: Option<Ways>,
    /// How it is counted.
    pub definition: &'static str,
}

/// How journeys are counted, for those who read figures.
pub const DEFINITION: &str = "Every visit that began on these days is followed to its end. A page that was opened several times in a row is one stop. Edges are summed over \
     all visits; the drawing shows the most visited pages of each step by themselves, all others as rest, and who went nowhere as left. \
     Ways from and to a page begin at its first stop in a visit.";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// How many visits go from one stop to another at a step: each visit is looked at for each question.
    fn counted(visits: &[Vec<u32>], step: usize, from: u32, to: Option<u32>) -> u64 {
        visits.iter().filter(|stops| stops.get(step) == Some(&from) && stops.get(step + 1) == to.as_ref()).count()
            as u64
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn no_visit_is_lost_between_the_columns_of_a_drawing(
            views in prop::collection::vec(prop::collection::vec(0u32..12, 0..8), 0..40),
            kept in 1usize..5,
        ) {
            let told: Vec<_> = views.iter().map(|pages| stops(pages.iter().copied())).collect();
            for (pages, (stops, repeats)) in views.iter().zip(&told) {
                prop_assert_eq!(pages.len() as u64, stops.len() as u64 + repeats);
                prop_assert!(stops.windows(2).all(|pair| pair[0] != pair[1]));
            }
            let visits: Vec<_> = told.into_iter().map(|(stops, _)| stops).collect();
            let all = edges(&visits, STEPS);
            for step in 0..STEPS {
                for from in 0..12 {
                    for to in (0..12).map(Some).chain([None]) {
                        let edge = (step, Stop::Page(from), to.map_or(Stop::End, Stop::Page));
                        prop_assert_eq!(all.get(&edge).copied().unwrap_or(0), counted(&visits, step, from, to));
                    }
                }
            }
            let drawn = drawn(&all, kept);
            let sum = |edges: &Edges, step: usize| edges.iter().filter(|((of, _, _), _)| *of == step).map(|(_, n)| n).sum::<u64>();
            for step in 0..STEPS {
                prop_assert_eq!(sum(&drawn, step), sum(&all, step));
                prop_assert_eq!(sum(&all, step), visits.iter().filter(|stops| stops.len() > step).count() as u64);
                let pages = |stop: &Stop| matches!(stop, Stop::Page(_));
                let mut shown: Vec<_> = drawn.keys().filter(|(of, _, to)| *of == step && pages(to)).map(|(_, _, to)| *to).collect();
                shown.sort();
                shown.dedup();
                prop_assert!(shown.len() <= kept + 1);
                // What comes to a page goes on from it, or ends on it.
                for page in shown.iter().filter(|_| step + 1 < STEPS) {
                    let through = |place: usize, end: usize| drawn.iter().filter(|((of, from, to), _)| {
                        *of == place && if end == 0 { from } else { to } == page
                    }).map(|(_, n)| n).sum::<u64>();
                    prop_assert_eq!(through(step, 1), through(step + 1, 0));
                }
            }
            let (paths, rest) = frequent(&visits, 3, 4);
            let listed: u64 = paths.iter().map(|(_, _, visits)| visits).sum();
            prop_assert_eq!(listed + rest, visits.iter().filter(|stops| !stops.is_empty()).count() as u64);
            for (path, ends, n) in &paths {
                let takes = |stops: &&Vec<u32>| stops.starts_with(path) && (stops.len() == path.len()) == *ends && (*ends || path.len() == 3);
                prop_assert_eq!(visits.iter().filter(takes).count() as u64, *n);
            }
        }
    }

    #[test]
    fn ways_to_a_page_are_told_in_the_order_in_which_they_were_gone() {
        let names: Vec<String> = ["/", "/cart", "/pay"].map(str::to_owned).into();
        let visits = [vec![0, 1, 2], vec![0, 1, 0, 1], vec![2], vec![1]];
        let (on, back) = around(&visits, 1);
        assert_eq!(on, [vec![1, 2], vec![1, 0, 1], vec![1]]);
        assert_eq!(back, [vec![1, 0], vec![1, 0], vec![1]]);
        let ways = Ways::of(&back, &names, true);
        assert_eq!((ways.visits, ways.rest), (3, 0));
        assert_eq!((ways.paths[0].pages.clone(), ways.paths[0].visits), (vec!["/".to_owned(), "/cart".to_owned()], 2));
        assert!(ways.edges.iter().any(|edge| edge.to.kind == StopKind::Began && edge.visits == 1), "{:?}", ways.edges);
    }
}
