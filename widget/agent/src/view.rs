//! One view of one page: everything that is counted and measured between arriving and leaving.

use rapport_browser::json::Json;
use rapport_browser::{Js, milliseconds, new_id};
use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_shared::measure::engagement::Engagement;
use rapport_shared::measure::interaction::Interactions;
use rapport_shared::measure::layout_shift::Windows;

/// How a view began, as it stands on the wire.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Navigation {
    /// A load of the page.
    Load = 0,
    /// A route change within the page.
    Route = 1,
    /// The page came back from the back/forward cache.
    Restore = 2,
    /// The page was prerendered, and shown later.
    Prerender = 3,
}

/// A view, going on or just left.
pub struct View {
    /// Idempotency key; signals and responses name it.
    pub id: Id,
    /// How it began.
    pub navigation: Navigation,
    /// When it began, on the page's clock.
    pub began_ms: f64,
    /// When it was last hidden or left; 0 while it never was.
    pub left_ms: f64,
    /// How long it was hidden before it was seen again, in milliseconds.
    pub hidden_ms: f64,
    /// Path without query and hash.
    pub path: String,
    /// Origin and path of the page before.
    pub referrer: String,
    /// Campaign source.
    pub source: String,
    /// The campaign that it names, else empty.
    pub campaign: String,
    /// Place in the session, from 1.
    pub index: u32,
    /// How often it has been sent.
    pub revision: u32,
    /// Whether it differs from what was sent.
    pub changed: bool,
    /// Time visible, with the focus and acted upon.
    pub engagement: Engagement,
    /// Deepest part seen, in percent.
    pub scroll_percent: u8,
    /// Clicks.
    pub clicks: u32,
    /// Bursts of clicks.
    pub rage_clicks: u32,
    /// Clicks without effect.
    pub dead_clicks: u32,
    /// Errors, repeats included.
    pub errors: u32,
    /// Different errors told apart.
    pub different_errors: usize,
    /// Successes of tasks.
    pub key_events: u32,
    /// Largest Contentful Paint, in milliseconds.
    pub lcp_ms: Option<f64>,
    /// First Contentful Paint, in milliseconds.
    pub fcp_ms: Option<f64>,
    /// Time to first byte, in milliseconds.
    pub ttfb_ms: Option<f64>,
    /// Unexpected layout shifts.
    pub shifts: Windows,
    /// Interactions, for the time to next paint.
    pub interactions: Interactions,
    /// The browser's count of interactions when the view began.
    pub interactions_before: u32,
}

impl View {
    /// A view that begins.
    pub fn begin(navigation: Navigation, began_ms: f64, now_ms: f64, path: String) -> Self {
        Self {
            id: new_id(),
            navigation,
            began_ms,
            // A page opened in the background was left before it was seen.
            left_ms: if Js::global("document").get_flag("hidden") { now_ms } else { 0.0 },
            hidden_ms: 0.0,
            path,
            referrer: String::new(),
            source: String::new(),
            campaign: String::new(),
            index: 0,
            revision: 0,
            changed: true,
            engagement: Engagement::begin(now_ms, is_present()),
            scroll_percent: 0,
            clicks: 0,
            rage_clicks: 0,
            dead_clicks: 0,
            errors: 0,
            different_errors: 0,
            key_events: 0,
            lcp_ms: None,
            fcp_ms: None,
            ttfb_ms: None,
            shifts: Windows::default(),
            interactions: Interactions::default(),
            interactions_before: 0,
        }
    }

    /// The page is hidden, or another view begins.
    pub fn left(&mut self, now_ms: f64) {
        self.engagement.presence(now_ms, false);
        self.left_ms = now_ms;
        self.changed = true;
    }

    /// The page is seen again, or for the first time.
    pub fn returned(&mut self, now_ms: f64) {
        if self.left_ms > 0.0 {
            self.hidden_ms += now_ms - self.left_ms;
            self.left_ms = 0.0;
        }
    }

    /// Interaction to Next Paint, in milliseconds; `interaction_count` is the browser's.
    fn inp_ms(&self, interaction_count: u32) -> Option<u32> {
        let count = interaction_count.saturating_sub(self.interactions_before);
        // Later views of a document have no `first-input` entry: an interaction too short to be listed took 8 ms at
        // most (web-vitals says the same of soft navigations and restored pages).
        let short = self.navigation == Navigation::Route || self.navigation == Navigation::Restore;
        self.interactions.estimate_ms(count).or((short && count > 0).then_some(8))
    }

    /// The figures so far as fields of a `PageView`; `release` as the host names it.
    pub fn figures(&mut self, now_ms: f64, interaction_count: u32, release: &str) -> Json {
        let mut json = Json::fields();
        json.text("id", &self.id.to_text());
        json.text("path", &self.path);
        json.text("referrer", &self.referrer);
        json.text("source", &self.source);
        json.text("campaign", &self.campaign);
        json.text("release", release);
        json.number("view_index", self.index.into());
        json.number("navigation", self.navigation as u64);
        let end_ms = if self.left_ms > 0.0 { self.left_ms } else { now_ms };
        json.number("duration_ms", (milliseconds(end_ms - self.began_ms)).min(limit::DURATION_MS.into()));
        json.number("hidden_ms", milliseconds(self.hidden_ms));
        json.number("engaged_ms", milliseconds(self.engagement.total_ms(now_ms)));
        json.number("scroll_percent", self.scroll_percent.into());
        json.number("clicks", self.clicks.into());
        json.number("rage_clicks", self.rage_clicks.into());
        json.number("dead_clicks", self.dead_clicks.into());
        json.number("errors", self.errors.into());
        json.number("key_events", self.key_events.into());
        json.known("lcp_ms", self.lcp_ms.map(milliseconds));
        json.known("inp_ms", self.inp_ms(interaction_count).map(u64::from));
        // As web-vitals: a page that never painted has no layout shift to speak of.
        let painted = self.fcp_ms.is_some() || self.navigation == Navigation::Route;
        json.known("cls_e4", painted.then(|| milliseconds(self.shifts.largest() * 10_000.0)));
        json.known("fcp_ms", self.fcp_ms.map(milliseconds));
        json.known("ttfb_ms", self.ttfb_ms.map(milliseconds));
        let window = Js::window();
        json.number("viewport_width_px", window.get_number("innerWidth") as u64);
        json.number("viewport_height_px", window.get_number("innerHeight") as u64);
        json
    }
}

/// Whether the page is visible and has the focus.
pub fn is_present() -> bool {
    let document = Js::global("document");
    !document.get_flag("hidden") && document.call("hasFocus", &[]).is_true()
}
