//! The session that led to a response: its views and signals, backwards until its first view is found; most sessions begin
//! in the hour of the response.

use crate::rollup::range::HOUR_MS;
use crate::{Row, Store, StoreError, params};
use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_shared::signal::SignalKind;

macro_rules! session_view {
    (
        counts { $($count:ident: $most:literal, $label:literal, $what:literal
            $(, share($views:ident, $squares:ident, $products:ident))?;)* }
        vitals { $($vital:ident: $most_of_vital:literal, $what_vital:literal, $sketch:ident;)* }
    ) => {
        /// A page view of the session of a response.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        #[allow(missing_docs, reason = "named as the columns of page_view")]
        pub struct SessionView {
            pub item_id: Id,
            pub occurred_at_ms: i64,
            pub path: String,
            pub view_index: i64,
            pub engaged_ms: i64,
            pub scroll_percent: i64,
            $(pub $count: i64,)*
        }

        /// The columns of counts.
        const COUNTS: &[&str] = &[$(stringify!($count)),*];

        fn view(row: &Row) -> Result<SessionView, StoreError> {
            Ok(SessionView {
                item_id: row.id("item_id")?,
                occurred_at_ms: row.int("occurred_at_ms")?,
                path: row.text("path")?.to_owned(),
                view_index: row.int("view_index")?,
                engaged_ms: row.int("engaged_ms")?,
                scroll_percent: row.int("scroll_percent")?,
                // A measure that a later migration added is NULL in the views from before.
                $($count: row.int_or_null(stringify!($count))?.unwrap_or(0),)*
            })
        }
    };
}
rapport_shared::view_measures!(session_view);

/// A signal of the session of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the columns of signal")]
pub struct SessionSignal {
    pub view_id: Id,
    pub occurred_at_ms: i64,
    pub kind: SignalKind,
    pub path: String,
    pub element: String,
    pub name: String,
    pub text: String,
    pub count: i64,
}

/// What is stored of a session up to an instant, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// Its page views.
    pub views: Vec<SessionView>,
    /// Its signals.
    pub signals: Vec<SessionSignal>,
}

/// How far back the hours of a session can begin, in milliseconds.
const LONGEST_MS: i64 = limit::SESSION_LENGTH_MS as i64 + HOUR_MS;

impl Store {
    /// The hours in which a session has views or signals, from the one of an instant back for as long as a session lasts.
    async fn hours_of_session(&self, site_id: Id, session_id: Id, until_ms: i64) -> Result<Vec<i64>, StoreError> {
        let sql = "SELECT hour_ms FROM session_hour
             WHERE site_id = $1 AND session_id = $2 AND hour_ms > $3 AND hour_ms <= $4 ORDER BY hour_ms DESC";
        let rows = self.read(sql, params![site_id, session_id, until_ms - LONGEST_MS, until_ms]).await?;
        rows.iter().map(|row| row.int("hour_ms")).collect()
    }

    /// The last views and signals of a session up to an instant, at most `most` of each.
    pub async fn session(
        &self,
        site_id: Id,
        session_id: Id,
        until_ms: i64,
        most: usize,
    ) -> Result<Session, StoreError> {
        let mut session = Session::default();
        for hour_ms in self.hours_of_session(site_id, session_id, until_ms).await? {
            let params = || params![site_id, session_id, hour_ms, until_ms, most as i64];
            let views = format!(
                "SELECT item_id, occurred_at_ms, path, view_index, engaged_ms, scroll_percent, {}
                 FROM page_view
                 WHERE site_id = $1 AND session_id = $2 AND hour_ms = $3 AND occurred_at_ms <= $4
                 ORDER BY occurred_at_ms DESC LIMIT $5",
                COUNTS.join(", ")
            );
            let signals = "SELECT view_id, occurred_at_ms, kind, path, element, name, text, count
                 FROM signal
                 WHERE site_id = $1 AND session_id = $2 AND hour_ms = $3 AND occurred_at_ms <= $4
                   AND kind NOT IN ('point', 'form', 'field')
                 ORDER BY occurred_at_ms DESC LIMIT $5";
            let (views, signals) = tokio::try_join!(self.read(views, params()), self.read(signals, params()))?;
            for row in &views {
                session.views.push(view(row)?);
            }
            for row in &signals {
                session.signals.extend(signal(row)?);
            }
            if session.views.iter().any(|view| view.view_index <= 1) || session.views.len() >= most {
                break;
            }
        }
        session.views.truncate(most);
        session.signals.truncate(most);
        Ok(session)
    }
}

/// `None` for a kind of signal that is not known here.
fn signal(row: &Row) -> Result<Option<SessionSignal>, StoreError> {
    let Some(kind) = row.named_if_known("signal.kind", SignalKind::parse)? else { return Ok(None) };
    Ok(Some(SessionSignal {
        view_id: row.id("view_id")?,
        occurred_at_ms: row.int("occurred_at_ms")?,
        kind,
        path: row.text("path")?.to_owned(),
        element: row.text("element")?.to_owned(),
        name: row.text("name")?.to_owned(),
        text: row.text("text")?.to_owned(),
        count: row.int("count")?,
    }))
}
