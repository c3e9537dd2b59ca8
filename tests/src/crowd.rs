//! Many visitors of days that have been: the batches that their browsers would have sent, with the ages of what is in them, through the door
//! that every batch comes through. A browser alone can live no month.

use crate::Outcome;
use crate::world::World;
use serde_json::{Value, json};

/// Settings of a collector that takes a crowd from one address, and believes what it says of where it is.
pub const SETTINGS: &str = "trusted_proxies = [\"127.0.0.1\"]\nbatches_per_minute = 1000000\nbatch_burst = 100000\n";

/// A phone's browser.
pub const PHONE: &str =
    "Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36";
/// A desktop's browser.
pub const DESKTOP: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;

/// A visit of one view.
#[derive(Clone, Copy, Debug)]
pub struct Visit<'a> {
    /// The page.
    pub path: &'a str,
    /// Days ago, at the same time of the day as now.
    pub days_ago: u64,
    /// [`PHONE`] or [`DESKTOP`].
    pub browser: &'a str,
    /// Campaign that it came from; empty for none.
    pub campaign: &'a str,
    /// Release of the site.
    pub release: &'a str,
    /// The element on which a click was dead.
    pub dead: Option<&'a str>,
    /// Largest Contentful Paint, in milliseconds.
    pub lcp_ms: u32,
    /// Score of 1 to 5 that was given, with words if it is low.
    pub score: Option<u8>,
}

/// A crowd of one site.
pub struct Crowd<'a> {
    world: &'a World,
    site: &'a str,
    client: reqwest::Client,
    sent: u64,
}

impl<'a> Crowd<'a> {
    /// A crowd of this site of the world.
    pub fn of(world: &'a World, site: &'a str) -> Outcome<Self> {
        Ok(Self { world, site, client: reqwest::Client::builder().no_proxy().build()?, sent: 0 })
    }

    /// Sends a visit, and fails unless all of it is accepted.
    pub async fn visit(&mut self, visit: &Visit<'_>) -> Outcome {
        self.sent += 1;
        let number = self.sent;
        // No two items of a site have the same id.
        let id = |kind: u64| format!("018f8d3e-{kind:04x}-7000-8000-{number:012x}");
        let age_ms = visit.days_ago * DAY_MS + 60_000;
        let source = if visit.campaign.is_empty() { "" } else { "newsletter" };
        let view = json!({
            "type": "page_view", "id": id(1), "age_ms": age_ms, "path": visit.path, "source": source, "campaign": visit.campaign,
            "release": visit.release, "view_index": 1, "duration_ms": 30_000, "engaged_ms": 20_000, "scroll_percent": 80,
            "clicks": 1, "dead_clicks": u8::from(visit.dead.is_some()), "lcp_ms": visit.lcp_ms, "inp_ms": 80, "cls_e4": 100,
            "viewport_width_px": 1_000, "viewport_height_px": 800,
        });
        let mut items = vec![view.clone()];
        items.extend(visit.dead.map(|element| {
            json!({
                "type": "signal", "id": id(2), "age_ms": age_ms - 5_000, "view": id(1), "kind": "dead_click",
                "path": visit.path, "element": element,
            })
        }));
        items.extend(visit.score.map(|score| self.answer(visit, (score, age_ms), [id(3), id(1)])));
        let body = json!({ "site": self.site, "session": id(4), "items": items }).to_string();
        // Far apart: many of one network in a minute would be suspicious.
        let far = (number as u32).wrapping_mul(2_654_435_761);
        let address =
            format!("{}.{}.{}.{}", 20 + (far >> 24) % 100, (far >> 16) & 255, (far >> 8) & 255, 1 + (far & 127));
        let reply = self
            .client
            .post(format!("{}/v1/batch", self.world.rapport.origin()))
            .header("user-agent", visit.browser)
            .header("x-forwarded-for", address)
            .body(body)
            .send()
            .await?;
        let (status, text) = (reply.status(), reply.text().await?);
        let told: Value = serde_json::from_str(&text)?;
        if told["accepted"].as_u64() == Some(items.len() as u64) {
            return Ok(());
        }
        Err(format!("a visit was not taken, {status}: {text}").into())
    }

    fn answer(&self, visit: &Visit<'_>, (score, age_ms): (u8, u64), [id, view]: [String; 2]) -> Value {
        let mut answers = vec![json!({ "question": "rating", "score": score })];
        if score <= 2 {
            let words = format!("What number {} met here made me leave.", self.sent);
            answers.push(json!({ "question": "words", "text": words }));
        }
        json!({
            "type": "response", "id": id, "age_ms": age_ms - 20_000, "revision": answers.len(), "survey": "page-rating",
            "survey_version": 1, "view": view, "path": visit.path, "language": "en", "duration_ms": 14_000, "finished": true,
            "answers": answers, "trail": [], "trail_withheld": false,
            "page": {
                "id": view, "path": visit.path, "duration_ms": 20_000, "lcp_ms": visit.lcp_ms, "inp_ms": 80, "cls_e4": 100,
                "dead_clicks": u8::from(visit.dead.is_some()),
            },
        })
    }
}
