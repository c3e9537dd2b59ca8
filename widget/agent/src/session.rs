//! The session: a stretch of activity in one tab, known by a random id that ends with the tab.

use rapport_browser::{SESSION, decimal, epoch_ms, head, leading_number, new_id};
use rapport_shared::id::Id;
use rapport_shared::limit;

const KEY: &str = "rapport.session";
/// How often activity is written down, in milliseconds.
const TOUCH_MS: u64 = 60_000;

/// A session.
pub struct Session {
    /// Its id.
    pub id: Id,
    /// When it began, by the visitor's clock.
    pub began_ms: u64,
    /// When something last happened.
    active_ms: u64,
    /// Views so far.
    pub views: u32,
    /// Of the last view, unless a step through the history led there: its id, when it began by the visitor's clock, and its path. It is
    /// written as the view begins: what a page writes as it goes may come too late for the next.
    pub left: String,
}

impl Session {
    /// The tab's session, or a new one after 30 minutes of rest or 24 hours in all.
    pub fn current() -> Self {
        let now_ms = epoch_ms();
        let stored = SESSION.read(KEY);
        let mut rest = stored.as_str();
        let id = Id::parse(head(&mut rest, b' '));
        let began_ms = leading_number(head(&mut rest, b' '));
        let active_ms = leading_number(head(&mut rest, b' '));
        let views = leading_number(head(&mut rest, b' ')) as u32;
        let stored = id
            .map(|id| Self { id, began_ms, active_ms, views, left: rest.into() })
            .filter(|session| !session.is_over());
        stored.unwrap_or_else(|| Self {
            id: new_id(),
            began_ms: now_ms,
            active_ms: now_ms,
            views: 0,
            left: String::new(),
        })
    }

    /// Whether so much time has passed that the next view belongs to another session.
    pub fn is_over(&self) -> bool {
        let now_ms = epoch_ms();
        now_ms.saturating_sub(self.active_ms) >= limit::SESSION_IDLE_MS
            || now_ms.saturating_sub(self.began_ms) >= limit::SESSION_LENGTH_MS
    }

    /// Something happened.
    pub fn touch(&mut self) {
        if epoch_ms().saturating_sub(self.active_ms) > TOUCH_MS {
            self.write();
        }
    }

    /// Takes it off the device.
    pub fn forget() {
        SESSION.remove(KEY);
    }

    /// Writes the session down for the next page of the tab.
    pub fn write(&mut self) {
        self.active_ms = epoch_ms();
        let mut text = self.id.to_text();
        for number in [self.began_ms, self.active_ms, self.views.into()] {
            text.push(' ');
            text.push_str(&decimal(number));
        }
        text.push(' ');
        text.push_str(&self.left);
        SESSION.write(KEY, &text);
    }
}
