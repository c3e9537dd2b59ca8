//! Everything that is stored of one visitor: found by ids that only the visitor's browser knows, and erased.
//!
//! No index leads from a visitor to rows: it would cost every beacon for what is rarely asked. So this reads the site's
//! rows, on the readers' connections, and erases by key.

use super::{Row, Statement, Store, StoreError, Value};
use crate::params;
use rapport_shared::id::Id;
use std::collections::BTreeSet;

/// Most ids in one statement.
const IDS: usize = 400;

/// What a visitor's browser knows of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The key made of the persistent visitor id.
    pub visitor_key: Option<Id>,
    /// Sessions.
    pub sessions: Vec<Id>,
    /// Responses.
    pub responses: Vec<Id>,
}

/// The keys of everything that is stored of a visitor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traces {
    /// Page views.
    pub page_views: Vec<Id>,
    /// Signals.
    pub signals: Vec<Id>,
    /// Responses; their answers go with them.
    pub responses: Vec<Id>,
    /// Reviews that came with them.
    pub reviews: Vec<Id>,
    /// Pictures of them: the response of each.
    pub pictures: Vec<Id>,
}

fn places(first: usize, ids: &[Id]) -> String {
    let places: Vec<_> = (0..ids.len()).map(|place| format!("${}", place + first)).collect();
    places.join(", ")
}

fn values(ids: &[Id]) -> impl Iterator<Item = Value> {
    ids.iter().map(|id| Value::from(*id))
}

impl Store {
    /// The keys of the rows of `table` whose `column` is one of `ids`.
    async fn keys_by(
        &self,
        site_id: Id,
        (table, key, column): (&str, &str, &str),
        ids: &[Id],
    ) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        for ids in ids.chunks(IDS) {
            let sql = format!("SELECT {key} FROM {table} WHERE site_id = $1 AND {column} IN ({})", places(2, ids));
            let mut params = params![site_id];
            params.extend(values(ids));
            rows.extend(self.read(sql, params).await?);
        }
        Ok(rows)
    }

    /// Finds what is stored of a visitor.
    pub async fn traces(&self, site_id: Id, known: &Known) -> Result<Traces, StoreError> {
        let keys: Vec<Id> = known.visitor_key.into_iter().collect();
        let of_visitor = self.keys_by(site_id, ("page_view", "item_id, session_id", "visitor_key"), &keys).await?;
        let mut sessions: BTreeSet<Id> = known.sessions.iter().copied().collect();
        for row in &of_visitor {
            sessions.extend(row.id_or_null(1)?);
        }
        let mut responses: BTreeSet<Id> = known.responses.iter().copied().collect();
        for row in self.keys_by(site_id, ("response", "item_id, session_id", "visitor_key"), &keys).await? {
            responses.insert(row.id(0)?);
            sessions.extend(row.id_or_null(1)?);
        }
        let sessions: Vec<Id> = sessions.into_iter().collect();
        let mut page_views: BTreeSet<Id> = of_visitor.iter().map(|row| row.id(0)).collect::<Result<_, _>>()?;
        let ids = |rows: Vec<Row>| rows.iter().map(|row| row.id(0)).collect::<Result<Vec<_>, _>>();
        page_views.extend(ids(self.keys_by(site_id, ("page_view", "item_id", "session_id"), &sessions).await?)?);
        responses.extend(ids(self.keys_by(site_id, ("response", "item_id", "session_id"), &sessions).await?)?);
        let asked: Vec<Id> = responses.into_iter().collect();
        let responses = ids(self.keys_by(site_id, ("response", "item_id", "item_id"), &asked).await?)?;
        // A picture may be there before its response.
        let pictures = ids(self.keys_by(site_id, ("attachment", "response_id", "response_id"), &asked).await?)?;
        Ok(Traces {
            page_views: page_views.into_iter().collect(),
            signals: ids(self.keys_by(site_id, ("signal", "item_id", "session_id"), &sessions).await?)?,
            reviews: ids(self.keys_by(site_id, ("review", "review_id", "response_id"), &responses).await?)?,
            responses,
            pictures,
        })
    }

    /// Erases rows for good. What they were counted into stays: counts tell nothing of anybody.
    pub async fn erase(&self, site_id: Id, traces: &Traces) -> Result<(), StoreError> {
        let mut statements = Vec::new();
        for (table, key, ids) in [
            ("page_view", "item_id", &traces.page_views),
            ("signal", "item_id", &traces.signals),
            ("answer", "item_id", &traces.responses),
            ("response", "item_id", &traces.responses),
            ("attachment", "response_id", &traces.pictures),
            ("review_vote", "review_id", &traces.reviews),
            ("review", "review_id", &traces.reviews),
        ] {
            for ids in ids.chunks(IDS) {
                let sql = format!("DELETE FROM {table} WHERE site_id = $1 AND {key} IN ({})", places(2, ids));
                let mut params = params![site_id];
                params.extend(values(ids));
                statements.push(Statement::new(sql, params));
            }
        }
        if statements.is_empty() { Ok(()) } else { self.write(statements).await.map(|_| ()) }
    }
}
