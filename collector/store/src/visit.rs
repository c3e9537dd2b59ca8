//! SQL of visits that went on after the hour they began in.

use super::Statement;
use crate::params;
use rapport_shared::id::Id;

/// The statement that notes a further view of a visit that began in an hour, whose start `hour_ms` is.
pub fn note_further_view(site_id: Id, hour_ms: i64, session_id: Id) -> Statement {
    let sql = "INSERT INTO visit_further (site_id, hour_ms, session_id) VALUES ($1, $2, $3)
         ON CONFLICT (site_id, hour_ms, session_id) DO NOTHING";
    Statement::new(sql, params![site_id, hour_ms, session_id])
}
