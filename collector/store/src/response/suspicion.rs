//! Marks of responses that turned out to be suspicious after they were stored, or that fill no quota.

use crate::engine::value::count_unknown;
use crate::{Statement, params};
use rapport_figures::spam::Reason;
use rapport_shared::id::Id;
use sha2::{Digest, Sha256};

/// The reasons whose names are stored, with spaces between. One that only a newer collector knows is one all the same: no
/// score counts the response.
pub(crate) fn reasons(names: Option<&str>) -> Vec<Reason> {
    let of_name = |name| {
        Reason::parse(name).unwrap_or_else(|| {
            count_unknown("response.suspicion");
            Reason::Other
        })
    };
    names.unwrap_or_default().split(' ').filter(|name| !name.is_empty()).map(of_name).collect()
}

/// The statements that give a response one more reason and have its hour counted anew. The response `by` showed it; of the same
/// two and reason they may run again. Where there is no such response they do nothing.
pub fn add_reason(site_id: Id, response_id: Id, reason: Reason, by: Id) -> [Statement; 2] {
    let set = "UPDATE response
         SET suspicion = CASE WHEN suspicion IS NULL THEN $3 ELSE suspicion || ' ' || $3 END
         WHERE site_id = $1 AND item_id = $2
           AND (suspicion IS NULL OR ' ' || suspicion || ' ' NOT LIKE '% ' || $3 || ' %')";
    // An id of its own marks the hour: nobody else writes this mark.
    let dirty = "INSERT INTO rollup_dirty (site_id, hour_ms, collector_id, mark)
         SELECT site_id, hour_ms, $3, $3 FROM response WHERE site_id = $1 AND item_id = $2
         ON CONFLICT (site_id, hour_ms, collector_id) DO UPDATE SET mark = excluded.mark";
    [
        Statement::new(set, params![site_id, response_id, reason.as_str()]),
        Statement::new(dirty, params![site_id, response_id, mark_id(response_id, reason, by)]),
    ]
}

/// The statement that keeps a response from filling the quota of its survey: its network has given its share of that day.
pub fn fill_no_quota(site_id: Id, response_id: Id) -> Statement {
    let sql = "UPDATE response SET beyond_share = 1 WHERE site_id = $1 AND item_id = $2";
    Statement::new(sql, params![site_id, response_id])
}

fn mark_id(response_id: Id, reason: Reason, by: Id) -> Id {
    let mut hash = Sha256::new();
    for part in [&response_id.0[..], &by.0, reason.as_str().as_bytes()] {
        hash.update(part);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    Id(bytes)
}
