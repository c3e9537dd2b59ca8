//! What is known of the visit, as the invitation gathered it.

use crate::definition::{composed, list, properties, text};
use rapport_browser::{Js, leading_number};
use rapport_shared::targeting::path::decoded;
use rapport_shared::targeting::{Asked, Device, History, LocalTime, Outcome, Visit, draw};

/// The visit: `path`, `device` (a user agent), `language`, `source`, `referrer`, `traits`, `visitor_since` and
/// `session_began_ms` (both by the visitor's clock), `lot`, `now` (in the site's zone, as ISO 8601) and `views`.
pub fn visit(known: &Js, survey: &str) -> Visit {
    let traits = known.get("traits");
    let since_ms = known.get_number("visitor_since");
    let referrer = Js::construct("URL", &[&known.get("referrer")]);
    Visit {
        path: composed(&decoded(&known.get_text("path"))),
        device: Device::of_user_agent(&known.get_text("device")),
        language: known.get_text("language"),
        source: known.get_text("source"),
        referrer_host: referrer.get_text("hostname"),
        traits: properties(&traits),
        segments: list(&traits, "segments", &text),
        returning: (since_ms > 0.0).then(|| since_ms < known.get_number("session_began_ms")),
        draw_percent: draw(&(known.get_number("lot") as u32).to_be_bytes(), survey),
        local: LocalTime::read(&known.get_text("now")),
        views: known.get_number("views") as u32,
    }
}

/// What is known of earlier showings, on this device and by a signed customer on others: `today`, `asked` (each a day and
/// `shown`, `closed` or `answered`), `site` (days; an empty text says nothing) and `site_cooldown_days`.
pub fn history(known: &Js) -> History {
    History {
        today: known.get_number("today") as u64,
        survey: list(known, "asked", &text).iter().filter_map(|one| asked(one)).reduce(Asked::with),
        site_day: list(known, "site", &text).iter().filter(|day| !day.is_empty()).map(|day| leading_number(day)).max(),
        site_cooldown_days: known.get_number("site_cooldown_days") as u32,
    }
}

fn asked(text: &str) -> Option<Asked> {
    let outcome = match text.as_bytes().last()? {
        b'n' => Outcome::Shown,
        _ if text.ends_with("answered") => Outcome::Answered,
        _ => Outcome::Closed,
    };
    Some(Asked { day: leading_number(text), outcome })
}
