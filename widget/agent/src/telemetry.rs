//! Views and signals: gathered in memory, sent in one beacon when the page is hidden or left.

use crate::agent::Agent;
use crate::message::Message;
use crate::session::Session;
use crate::view::{Navigation, View, is_present};
use crate::{click, depth, route, task, vitals};
use rapport_browser::json::{Json, array};
use rapport_browser::session::{batch, item};
use rapport_browser::{Js, concat, decimal, epoch_ms, head, leading_number, milliseconds, new_id, now_ms};
use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_shared::measure::element::cut;
use rapport_shared::measure::page;
use rapport_shared::measure::quick_back::is_brief;

/// So many waiting items are sent without waiting for the page to be hidden; a batch stays below its limit in bytes.
const EARLY_ITEMS: usize = 40;
/// How long a view that was left by a route change waits for the paint of the click that ended it, in milliseconds.
const SETTLE_MS: f64 = 1_000.0;

/// A signal or delivery that waits to be sent.
pub struct Pending {
    item_type: &'static str,
    id: Id,
    at_ms: f64,
    /// How often it repeated.
    count: u32,
    fields: Json,
}

/// What a signal says, besides where and when.
#[derive(Clone, Copy, Default)]
pub struct Signal<'a> {
    /// Its kind on the wire.
    pub kind: &'a str,
    /// When it happened.
    pub at_ms: f64,
    /// The element, as described.
    pub element: &'a str,
    /// Task, event or error type.
    pub name: &'a str,
    /// Step of a task or message of an error.
    pub text: &'a str,
    /// How often; 0 and 1 both mean once.
    pub count: u32,
    /// The version of the rules by which a click was judged; 0 for everything else.
    pub rule: u32,
    /// What else is sent, as fields; it is not in the trail.
    pub also: Option<&'a Json>,
}

impl Signal<'_> {
    /// Its fields in a trail, without time and count.
    fn trail_fields(&self) -> Json {
        let mut json = Json::fields();
        json.text("kind", self.kind);
        json.text("element", self.element);
        json.text("name", self.name);
        json.text("text", self.text);
        json
    }
}

/// Begins the first view and watches the page come and go.
pub fn start(agent: &'static Agent) {
    let navigation = vitals::navigation_entry();
    let activated_ms = navigation.get_number("activationStart");
    {
        let mut state = agent.state.borrow_mut();
        state.activated_ms = activated_ms;
        state.first_hidden_ms = vitals::first_hidden_ms(activated_ms);
    }
    let kind = if activated_ms > 0.0 { Navigation::Prerender } else { Navigation::Load };
    begin_view(agent, kind, activated_ms, route::pathname());

    agent.listen_all(&["pointerdown", "pointermove", "keydown", "wheel"], Message::Acted);
    agent.listen_all(&["scroll"], Message::Scrolled);
    agent.listen_all(&["focus", "blur", "visibilitychange"], Message::Presence);
    agent.listen_all(&["pagehide"], Message::Left);
    agent.listen_all(&["pageshow"], Message::Shown);
}

/// Something scrolled: the visitor acted, and may see more of the page.
pub fn scrolled(agent: &'static Agent, event: &Js) {
    agent.acted();
    depth::note(agent, event);
}

/// The page came to the front, or left it.
pub fn presence_changed(agent: &'static Agent, event: &Js) {
    let now_ms = now_ms();
    if Js::global("document").get_flag("hidden") {
        {
            let mut state = agent.state.borrow_mut();
            state.first_hidden_ms = state.first_hidden_ms.min(event.get_number("timeStamp"));
        }
        leave(agent, false);
        return;
    }
    if let Some(view) = agent.state.borrow_mut().views.last_mut() {
        view.engagement.presence(now_ms, is_present());
        view.returned(now_ms);
    }
}

/// The page is left. When its tab is closed, Gecko ends its process and loses some of what was sent meanwhile: 7 of 76
/// requests on a busy machine, and 2 of 76 of those sent a moment later, at the `visibilitychange` of the same departure,
/// but never both. So there both are sent; what arrives twice counts once.
pub fn left(agent: &'static Agent, event: &Js) {
    task::abandon(agent);
    let is_gecko = Js::global("navigator").get("oscpu").exists();
    leave(agent, is_gecko && !event.get_flag("persisted"));
}

/// The page is hidden or left: everything goes in one beacon. A second event of the same departure sends only what is
/// `unsure` to have left with the first.
fn leave(agent: &'static Agent, unsure: bool) {
    click::settle(agent);
    vitals::collect(agent);
    depth::note(agent, &Js::default());
    {
        let mut state = agent.state.borrow_mut();
        let now_ms = now_ms();
        if let Some(view) = state.views.last_mut().filter(|view| view.left_ms == 0.0) {
            view.left(now_ms);
        }
    }
    flush(agent, true, unsure);
    if let Some(session) = &mut agent.state.borrow_mut().session {
        session.write();
    }
}

/// The page is shown: when it came back from the back/forward cache, that is a new view.
pub fn shown(agent: &'static Agent, event: &Js) {
    if !event.get_flag("persisted") {
        return;
    }
    let at_ms = event.get_number("timeStamp");
    agent.state.borrow_mut().first_hidden_ms = f64::INFINITY;
    let path = agent.path();
    agent.state.borrow_mut().views.clear();
    begin_view(agent, Navigation::Restore, at_ms, path);
    vitals::restored(agent, at_ms);
}

/// Begins a view; the one before is finished and sent once its last interaction has been painted.
pub fn begin_view(agent: &'static Agent, navigation: Navigation, began_ms: f64, path: String) {
    click::settle(agent);
    vitals::collect(agent);
    let now_ms = now_ms();
    let mut view = View::begin(navigation, began_ms, now_ms, path);
    view.interactions_before = if navigation == Navigation::Load { 0 } else { vitals::interaction_count() };
    if navigation == Navigation::Load || navigation == Navigation::Prerender {
        let location = Js::global("location");
        let referrer = Js::global("document").get_text("referrer");
        view.referrer = page::referrer(&referrer, &location.get_text("origin")).into();
        let query = location.get_text("search");
        view.source = page::named(&query, page::SOURCE).into();
        view.campaign = page::named(&query, page::CAMPAIGN).into();
        let mut state = agent.state.borrow_mut();
        state.referrer = view.referrer.clone();
        state.source = view.source.clone();
    }
    {
        let mut state = agent.state.borrow_mut();
        let state = &mut *state;
        let session = match state.session.take() {
            // Another page may have written down more since.
            Some(session) if !session.is_over() && navigation != Navigation::Restore => session,
            _ => Session::current(),
        };
        let session = state.session.insert(session);
        if let Some(before) = state.views.last_mut().filter(|before| before.left_ms == 0.0) {
            before.left(now_ms);
        }
        let stepped = match navigation {
            Navigation::Route => std::mem::take(&mut state.stepped),
            Navigation::Restore => true,
            _ => vitals::navigation_entry().is("type", "back_forward"),
        };
        let left = std::mem::take(&mut session.left);
        let mut path = left.as_str();
        let (id, left_ms) = (head(&mut path, b' '), leading_number(head(&mut path, b' ')));
        let at_ms = epoch_ms().saturating_sub(milliseconds(now_ms - began_ms));
        if !stepped {
            session.left = concat(&[&view.id.to_text(), " ", &decimal(at_ms), " ", &view.path]);
        } else if is_brief(at_ms.saturating_sub(left_ms)) {
            let mut fields = Json::fields();
            fields.text("view", id);
            fields.text("path", path);
            fields.text("kind", "quick_back");
            state.pending.push(Pending { item_type: "signal", id: new_id(), at_ms: now_ms, count: 1, fields });
        }
        session.views += 1;
        view.index = session.views;
        session.write();
        let mut json = Json::fields();
        json.text("kind", "page_view");
        json.text("path", &view.path);
        state.trail.add(began_ms, 1, json);
        state.views.push(view);
    }
    // A new route is drawn later, and until then what is seen is the one before.
    if navigation == Navigation::Route {
        agent.after(SETTLE_MS, Message::Settled);
    } else {
        depth::note(agent, &Js::default());
    }
    agent.tell("page_view", &agent.path(), &Js::default());
}

/// Adds a signal to the trail and to what will be sent. With `joins`, the last one like it in the same view is told to
/// have happened `count` times in all instead, or once more when that is 0; `false` when there is none to join. `more`
/// is what the page's listeners are told besides; it is not sent.
pub fn signal(agent: &'static Agent, mut signal: Signal, more: &Js, joins: bool) -> bool {
    signal.name = cut(signal.name, limit::NAME_CHARACTERS);
    {
        let mut state = agent.state.borrow_mut();
        let state = &mut *state;
        let Some(view) = state.views.last() else { return false };
        let trail_fields = signal.trail_fields();
        let mut fields = Json::fields();
        fields.text("view", &view.id.to_text());
        fields.text("path", &view.path);
        fields.rest(&trail_fields);
        fields.number("rule", signal.rule.into());
        signal.also.into_iter().for_each(|also| fields.rest(also));
        if joins {
            let Some(known) = state.pending.iter_mut().rev().find(|pending| pending.fields == fields) else {
                return false;
            };
            known.count = if signal.count > 0 { signal.count } else { known.count + 1 };
            state.trail.recount(&trail_fields, known.count);
            return true;
        }
        let count = signal.count.max(1);
        state.trail.add(signal.at_ms, count, trail_fields);
        state.pending.push(Pending { item_type: "signal", id: new_id(), at_ms: signal.at_ms, count, fields });
    }
    after_adding(agent);
    // An element for clicks, a name for tasks and events, and nothing of an error: its message may say too much.
    let detail = match signal.kind {
        "error" => "",
        _ if signal.element.is_empty() => signal.name,
        _ => signal.element,
    };
    agent.tell(signal.kind, detail, more);
    true
}

/// Adds a step of a survey's delivery, by its fields.
pub fn deliver(agent: &'static Agent, fields: Json) {
    let pending = Pending { item_type: "delivery", id: new_id(), at_ms: now_ms(), count: 1, fields };
    agent.state.borrow_mut().pending.push(pending);
    after_adding(agent);
}

/// The visitor refuses, or is another one from here on: what was gathered is forgotten, and so is the session. What may be
/// sent is sent first, and a new session begins.
pub fn forget(agent: &'static Agent) {
    flush(agent, true, false);
    // Leaked: what takes it apart would weigh more on every page than this does on one.
    std::mem::forget(agent.state.take());
    Session::forget();
    if !agent.boot.get_flag("withheld") {
        begin_view(agent, Navigation::Route, now_ms(), agent.path());
    }
}

fn after_adding(agent: &'static Agent) {
    let waiting = agent.state.borrow().pending.len();
    if waiting >= EARLY_ITEMS {
        flush(agent, false, false);
    }
}

/// Sends what waits: views that were left, signals and deliveries, and with `all` the view that is going on. What is
/// `unsure` to arrive goes on waiting.
pub fn flush(agent: &'static Agent, all: bool, unsure: bool) {
    let interaction_count = vitals::interaction_count();
    let now_ms = now_ms();
    let mut items = Vec::new();
    let body = {
        let mut state = agent.state.borrow_mut();
        let state = &mut *state;
        let last = state.views.len().saturating_sub(1);
        for (index, view) in state.views.iter_mut().enumerate() {
            if view.changed && (all || index < last) {
                view.changed = unsure;
                view.revision += 1;
                let mut json = item("page_view", now_ms - view.began_ms);
                json.number("revision", view.revision.into());
                json.rest(&view.figures(now_ms, interaction_count, &agent.boot.get_text("release")));
                items.push(json.close());
            }
        }
        for pending in &state.pending {
            let mut json = item(pending.item_type, now_ms - pending.at_ms);
            json.text("id", &pending.id.to_text());
            json.rest(&pending.fields);
            if pending.count > 1 {
                json.number("count", pending.count.into());
            }
            items.push(json.close());
        }
        if !unsure {
            // Only the view that is going on stays.
            state.views.reverse();
            state.views.truncate(1);
            state.pending.clear();
        }
        if items.is_empty() {
            return;
        }
        // A page that was refused in the meantime sends nothing, and keeps nothing.
        if agent.boot.get_flag("withheld") {
            return;
        }
        let session = state.session.as_ref().map(|session| session.id.to_text());
        batch(&agent.boot, session.as_deref(), &array(&items))
    };
    send(agent, &body);
}

/// Sends without an answer: a beacon, or a `keepalive` request where the browser refuses one.
fn send(agent: &'static Agent, body: &str) {
    let url = Js::text(&concat(&[&agent.boot.get_text("base"), "/v1/batch"]));
    let body = Js::text(body);
    if !Js::global("navigator").call("sendBeacon", &[&url, &body]).is_true() {
        let options = [("method", Js::text("POST")), ("body", body), ("keepalive", Js::flag(true))];
        let sent = agent.boot.call("fetch", &[&url, &Js::object(&options)]);
        // Telemetry is never kept; a failure is the end of it, and no error of the page.
        agent.follow(&sent, Message::Nothing);
    }
}
