//! Which errors are one: what each key stands for, when it was seen, into which other somebody merged it, and its rows.

use crate::audit::AuditEntry;
use crate::device::Device;
use crate::engine::value::placeholders;
use crate::rollup::narrow::Narrow;
use crate::signal_detail::SignalDetail;
use crate::{Row, Statement, Store, StoreError, Value, params};
use rapport_shared::id::Id;

/// Longest key, in bytes: the version of the rule, a hyphen and 16 hexadecimal digits.
pub const KEY_BYTES: usize = 24;
/// Most keys of a site that are listed, those that were seen last.
pub const KEYS: i64 = 5_000;
/// Most keys of one group.
pub const GROUP_KEYS: usize = 200;

/// What a key stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorKey {
    /// The key.
    pub error_key: String,
    /// Type of the error.
    pub name: String,
    /// File without build hash; empty where there was no stack.
    pub file: String,
    /// Function; empty for one without a name.
    pub function: String,
    /// When it was first seen, in epoch milliseconds.
    pub first_seen_ms: i64,
    /// When it was last seen, in epoch milliseconds.
    pub last_seen_ms: i64,
    /// The key of the group that it was merged into by hand.
    pub merged_into: Option<String>,
}

/// The statement that notes that an error of a key was seen at an instant.
pub fn seen(site_id: Id, key: &ErrorKey, at_ms: i64) -> Statement {
    let sql = "INSERT INTO error_key (site_id, error_key, name, file, function_name, first_seen_ms, last_seen_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $6)
         ON CONFLICT (site_id, error_key) DO UPDATE SET
           first_seen_ms = CASE WHEN excluded.first_seen_ms < error_key.first_seen_ms
             THEN excluded.first_seen_ms ELSE error_key.first_seen_ms END,
           last_seen_ms = CASE WHEN excluded.last_seen_ms > error_key.last_seen_ms
             THEN excluded.last_seen_ms ELSE error_key.last_seen_ms END
         WHERE excluded.first_seen_ms < error_key.first_seen_ms OR excluded.last_seen_ms > error_key.last_seen_ms";
    Statement::new(sql, params![site_id, &key.error_key, &key.name, &key.file, &key.function, at_ms])
}

fn read_key(row: &Row) -> Result<ErrorKey, StoreError> {
    Ok(ErrorKey {
        error_key: row.text("error_key")?.to_owned(),
        name: row.text("name")?.to_owned(),
        file: row.text("file")?.to_owned(),
        function: row.text("function_name")?.to_owned(),
        first_seen_ms: row.int("first_seen_ms")?,
        last_seen_ms: row.int("last_seen_ms")?,
        merged_into: row.text_or_null("merged_into")?.map(str::to_owned),
    })
}

/// One error that was met.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "named as the columns of signal and page_view")]
pub struct ErrorMet {
    pub error_key: String,
    pub occurred_at_ms: i64,
    pub view_id: Id,
    pub path: String,
    pub device: String,
    pub name: String,
    pub text: String,
    pub count: i64,
    pub detail: SignalDetail,
    /// Empty where the view has not arrived.
    pub release: String,
    pub browser: String,
}

const MET: &str = "s.error_key, s.occurred_at_ms, s.view_id, s.path, s.device, s.name, s.text, s.count, s.detail,
       COALESCE(v.release, '') AS release, COALESCE(v.browser, '') AS browser
     FROM signal s LEFT JOIN page_view v ON v.site_id = s.site_id AND v.item_id = s.view_id";

fn read_met(row: &Row) -> Result<ErrorMet, StoreError> {
    Ok(ErrorMet {
        error_key: row.text("error_key")?.to_owned(),
        occurred_at_ms: row.int("occurred_at_ms")?,
        view_id: row.id("view_id")?,
        path: row.text("path")?.to_owned(),
        device: row.text("device")?.to_owned(),
        name: row.text("name")?.to_owned(),
        text: row.text("text")?.to_owned(),
        count: row.int("count")?,
        detail: SignalDetail::read(row)?,
        release: row.text("release")?.to_owned(),
        browser: row.text("browser")?.to_owned(),
    })
}

impl Store {
    /// The keys of a site, those seen last first; at most [`KEYS`].
    pub async fn error_keys(&self, site_id: Id) -> Result<Vec<ErrorKey>, StoreError> {
        let sql = "SELECT error_key, name, file, function_name, first_seen_ms, last_seen_ms, merged_into FROM error_key
             WHERE site_id = $1 ORDER BY last_seen_ms DESC, error_key LIMIT $2";
        self.read(sql, params![site_id, KEYS]).await?.iter().map(read_key).collect()
    }

    /// The newest error of each of these keys; what was erased has none.
    pub async fn newest_errors(&self, site_id: Id, keys: &[&str]) -> Result<Vec<ErrorMet>, StoreError> {
        let mut newest = Vec::with_capacity(keys.len());
        for key in keys {
            let sql = format!(
                "SELECT {MET} WHERE s.site_id = $1 AND s.error_key = $2 AND s.bot = 0
                 ORDER BY s.occurred_at_ms DESC LIMIT 1"
            );
            newest.extend(self.read(sql, params![site_id, *key]).await?.first().map(read_met).transpose()?);
        }
        Ok(newest)
    }

    /// The newest errors of some keys in the hours of a span, at most `limit`: of one page (empty for all) and device.
    pub async fn errors_met(
        &self,
        site_id: Id,
        keys: &[String],
        span_ms: (i64, i64),
        (path, device, narrow): (&str, Option<Device>, &Narrow),
        limit: i64,
    ) -> Result<Vec<ErrorMet>, StoreError> {
        let mut params = params![site_id, span_ms.0, span_ms.1, path, device, limit];
        let places = placeholders(params.len() + 1, keys.len());
        params.extend(keys.iter().map(Value::from));
        let narrowed = narrow.on_signals(span_ms, &mut params);
        let sql = format!(
            "SELECT {MET} WHERE s.site_id = $1 AND s.hour_ms >= $2 AND s.hour_ms < $3 AND s.bot = 0 AND s.clamped = 0
               AND ($4 = '' OR s.path = $4) AND ($5 = '' OR s.device = $5) AND s.error_key IN ({places}){narrowed}
             ORDER BY s.occurred_at_ms DESC, s.item_id LIMIT $6"
        );
        self.read(sql, params).await?.iter().map(read_met).collect()
    }

    /// Merges a group of errors into another, with all that was merged into it, and notes who did; false where either is unknown or
    /// both are one.
    pub async fn merge_errors(
        &self,
        site_id: Id,
        from: &str,
        into: &str,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let keys = self.error_keys(site_id).await?;
        let root = |key: &str| {
            let known = keys.iter().find(|known| known.error_key == key)?;
            Some(known.merged_into.clone().unwrap_or_else(|| known.error_key.clone()))
        };
        let (Some(from), Some(into)) = (root(from), root(into)) else { return Ok(false) };
        if from == into {
            return Ok(false);
        }
        let sql = "UPDATE error_key SET merged_into = $3 WHERE site_id = $1 AND (error_key = $2 OR merged_into = $2)";
        let merge = Statement::new(sql, params![site_id, from, into]);
        self.write(vec![merge, entry.statement(site_id)]).await.map(|_| true)
    }

    /// Takes a key out of the group that it was merged into, and notes who did; false where it was in none.
    pub async fn unmerge_error(&self, site_id: Id, key: &str, entry: &AuditEntry) -> Result<bool, StoreError> {
        let such = "error_key WHERE site_id = $1 AND error_key = $7 AND merged_into IS NOT NULL";
        let sql = "UPDATE error_key SET merged_into = NULL
             WHERE site_id = $1 AND error_key = $2 AND merged_into IS NOT NULL RETURNING error_key";
        let note = entry.statement_where(site_id, such, params![key]);
        let rows = self.write(vec![note, Statement::new(sql, params![site_id, key])]).await?;
        Ok(!rows[1].is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::test_store::{a_site, each_engine};

    #[tokio::test]
    async fn a_merge_by_hand_is_last_and_can_be_undone() {
        each_engine(async |store| {
            let site_id = a_site("shop").site_id;
            let key = |name: &str| ErrorKey { error_key: name.into(), name: "TypeError".into(), ..ErrorKey::default() };
            let seen = |name: &str, at_ms| seen(site_id, &key(name), at_ms);
            store
                .write(vec![seen("1-a", 50), seen("1-a", 20), seen("1-a", 90), seen("1-b", 60), seen("1-c", 70)])
                .await
                .unwrap();
            let note = |action: &str| AuditEntry::now(&Clock::System, "eve@example.com", action, "errors");
            let merged = async || {
                let keys = store.error_keys(site_id).await.unwrap();
                keys.into_iter().map(|key| (key.error_key, key.merged_into.unwrap_or_default())).collect::<Vec<_>>()
            };
            let first = &store.error_keys(site_id).await.unwrap()[0];
            assert_eq!((first.error_key.as_str(), first.first_seen_ms, first.last_seen_ms), ("1-a", 20, 90));
            for (from, into, expected) in
                [("1-b", "1-a", true), ("1-a", "1-c", true), ("1-b", "1-c", false), ("1-x", "1-c", false)]
            {
                assert_eq!(store.merge_errors(site_id, from, into, &note("error.merge")).await, Ok(expected), "{from}");
            }
            let pairs =
                |pairs: [(&str, &str); 3]| pairs.map(|(one, other)| (one.to_owned(), other.to_owned())).to_vec();
            assert_eq!(
                merged().await,
                pairs([("1-a", "1-c"), ("1-c", ""), ("1-b", "1-c")]),
                "what was merged goes along"
            );
            // It is seen again: that undoes nothing.
            store.write(vec![seen("1-a", 95)]).await.unwrap();
            for expected in [true, false] {
                assert_eq!(store.unmerge_error(site_id, "1-a", &note("error.unmerge")).await, Ok(expected));
            }
            assert_eq!(merged().await, pairs([("1-a", ""), ("1-c", ""), ("1-b", "1-c")]));
            assert_eq!(store.audit_entries(site_id, None, 20).await.unwrap().len(), 3);
        })
        .await;
    }
}
