//! What visitors of the simulated month do within a page: where they click, and how they fill in the checkout. It has a chance of its own,
//! which follows from the view, so that the rest of the month is the same with and without it.

use super::random::Random;
use rapport_shared::id::Id;
use rapport_shared::measure::form::{Step, Touched};
use rapport_shared::measure::point::{Point, STEPS};
use rapport_shared::signal::SignalKind;
use rapport_shared::wire::{PageView, Signal};

/// Of how many views in a hundred clicks are kept.
pub const HEAT_PERCENT: u32 = 10;

/// Something on a page that is clicked: what it is called, where it is, and how often relative to the others.
type Spot = (&'static str, &'static str, f64);

/// On the page of a piece; the last one answers nobody.
const PIECE: [Spot; 6] = [
    ("button.button", "body>#main>article>div:2>p:3>button:1", 5.0),
    ("img", "body>#main>article>div:1>img", 4.0),
    ("a", "body>header>nav>ul>li:1>a", 2.0),
    ("a", "body>header>nav>ul>li:3>a", 1.5),
    ("p", "body>#main>article>div:2>p:2", 0.6),
    ("button.wishlist", "body>#main>article>div:2>p:3>button:2", 0.0),
];
/// On the checkout.
const CHECKOUT: [Spot; 5] = [
    ("button.button", "body>#main>#checkout>button", 4.0),
    ("input#name", "body>#main>#checkout>p:1>#name", 2.0),
    ("input#postcode", "body>#main>#checkout>p:4>span:1>#postcode", 3.0),
    ("label", "body>#main>#checkout>fieldset>label:2", 1.0),
    ("a.brand", "body>header>a", 0.7),
];
/// The fields of the checkout: median time, how many come back, how many are shown an error, and how often it is where people give up.
const FIELDS: [(&str, f64, f64, f64, f64); 6] = [
    ("name", 3_200.0, 0.04, 0.01, 0.4),
    ("email", 4_100.0, 0.08, 0.05, 0.8),
    ("street", 5_200.0, 0.07, 0.02, 0.6),
    ("postcode", 6_400.0, 0.31, 0.27, 4.5),
    ("town", 2_600.0, 0.05, 0.01, 0.4),
    ("delivery", 1_900.0, 0.03, 0.0, 0.9),
];

/// What is done in a view: signals, but for their ids and what follows from when they are sent. `is_checkout` where it is the one with the form,
/// `is_piece` where it is one of a piece, `failed` where it failed the visitor.
pub fn of_view(view: &PageView<'_>, (is_checkout, is_piece): (bool, bool), failed: bool) -> Vec<Signal<'static>> {
    let seed = view.id.0.iter().fold(0_u64, |seed, byte| seed.rotate_left(7) ^ u64::from(*byte));
    let mut random = Random::new(seed);
    let mut signals = Vec::new();
    if is_checkout {
        signals = form(&mut random, failed);
    }
    if (is_checkout || is_piece) && random.chance(f64::from(HEAT_PERCENT) / 100.0) {
        let spots = if is_checkout { &CHECKOUT[..] } else { &PIECE[..] };
        signals.extend(points(&mut random, view, spots));
    }
    for signal in &mut signals {
        signal.view = view.id;
        signal.path = view.path.clone().into_owned().into();
    }
    signals
}

fn signal(kind: SignalKind, element: &'static str, text: &'static str, measured: Vec<u32>) -> Signal<'static> {
    Signal {
        id: Id::default(),
        age_ms: 0,
        view: Id::default(),
        kind,
        path: "".into(),
        element: element.into(),
        name: if kind == SignalKind::Point { "" } else { "checkout" }.into(),
        text: text.into(),
        count: 1,
        rule: 1,
        measured,
        stack: "".into(),
        properties: Default::default(),
        parts: Vec::new(),
    }
}

/// Clicks, most of them near the middle of what they hit.
fn points(random: &mut Random, view: &PageView<'_>, spots: &[Spot]) -> Vec<Signal<'static>> {
    let weights: Vec<f64> = spots.iter().map(|(.., weight)| *weight).collect();
    let mut all = Vec::new();
    for number in 0..view.clicks.min(5) {
        let is_dead = number < view.dead_clicks;
        let (element, place, _) = if is_dead { spots[spots.len() - 1] } else { spots[random.weighted(&weights)] };
        let mut offset = || {
            let near = 0.5 + (random.unit() + random.unit() - 1.0) * 0.42;
            (near * f64::from(STEPS)) as u32
        };
        let places = [(offset(), offset()), (offset(), offset()), (offset(), offset())];
        let rage = is_dead && view.rage_clicks > 0;
        let point = Point { places, window_px: view.viewport_width_px, rage, dead: is_dead };
        all.push(signal(SignalKind::Point, element, place, point.numbers()));
    }
    all
}

/// How the checkout was filled in, up to the field where it was given up.
fn form(random: &mut Random, failed: bool) -> Vec<Signal<'static>> {
    let mut signals = vec![signal(SignalKind::Form, "", Step::Start.as_str(), vec![0])];
    let completes = !failed && random.chance(0.72);
    let weights = FIELDS.map(|(.., weight)| weight);
    // Who meets a broken button has filled everything in.
    let last = if completes || failed { FIELDS.len() - 1 } else { random.weighted(&weights) };
    let autofills = random.chance(0.4);
    let mut took_ms = 0;
    for (position, (field, median_ms, comes_back, is_faulty, _)) in (0..=last).zip(FIELDS) {
        let gives_up_here = !completes && position == last;
        let comes_back = if gives_up_here { (comes_back * 2.2_f64).min(0.9) } else { comes_back };
        let is_autofilled = autofills && position < 5;
        let again = u32::from(random.chance(comes_back));
        let errors = u32::from(random.chance(is_faulty)) + if gives_up_here { again } else { 0 };
        let median_ms = if is_autofilled { median_ms * 0.3 } else { median_ms };
        let time_ms = random.around(median_ms * f64::from(1 + again), 0.5).min(55_000.0) as u32;
        took_ms += time_ms + 400;
        let touched = Touched {
            time_ms,
            stays: 1 + again,
            changes: 1 + again,
            errors,
            autofilled: is_autofilled,
            position: position as u32 + 1,
        };
        signals.push(signal(SignalKind::Field, field, "", touched.numbers()));
    }
    let step = if completes { Step::Complete } else { Step::Left };
    signals.push(signal(SignalKind::Form, FIELDS[last].0, step.as_str(), vec![took_ms]));
    signals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_postcode_is_where_most_give_the_checkout_up() {
        let (mut completed, mut at_postcode, mut given_up) = (0, 0, 0);
        for number in 0_u16..1_000 {
            let mut id = [7; 16];
            id[..2].copy_from_slice(&number.to_be_bytes());
            let view = PageView { id: Id(id), path: "/checkout/".into(), ..PageView::default() };
            let signals = of_view(&view, (true, false), false);
            assert_eq!(signals, of_view(&view, (true, false), false), "the same every time");
            let last = signals.iter().rev().find(|signal| signal.kind == SignalKind::Form).unwrap();
            completed += u32::from(last.text == "complete");
            given_up += u32::from(last.text == "left");
            at_postcode += u32::from(last.text == "left" && last.element == "postcode");
        }
        assert!(completed > 600 && at_postcode * 2 > given_up, "{completed} {at_postcode} of {given_up}");
    }
}
