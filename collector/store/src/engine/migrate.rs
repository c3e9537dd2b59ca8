//! The schema's history: one list of migrations, the same text for both engines.

/// One change of the schema.
pub struct Migration {
    /// Position in the history: higher than that of every migration before it.
    pub version: i64,
    /// What it does, as its file is called.
    pub name: &'static str,
    /// The statements.
    pub sql: &'static str,
}

macro_rules! migrations {
    ($($version:literal $name:literal),* $(,)?) => {
        &[$(Migration {
            version: $version,
            name: $name,
            sql: include_str!(concat!("../../migrations/", $name, ".sql")),
        }),*]
    };
}

/// Every migration, oldest first. Released ones never change.
pub const MIGRATIONS: &[Migration] = migrations![
    1 "0001_site",
    2 "0002_account",
    3 "0003_survey",
    4 "0004_telemetry",
    5 "0005_response",
    6 "0006_rollup",
    7 "0007_operation",
    8 "0008_rollup_index",
    9 "0009_session_index",
    10 "0010_rollup_total",
    11 "0011_review",
    12 "0012_response_trust",
    13 "0013_site_theme",
    14 "0014_site_cooldown",
    20 "0020_attachment",
    21 "0021_review_question",
    30 "0030_review_vote_unhelpful",
    31 "0031_review_top",
    40 "0040_customer",
    41 "0041_customer_asked",
    42 "0042_response_person",
    43 "0043_known_visitor",
    50 "0050_audit_time",
    55 "0055_rollup_failure",
    56 "0056_session_hour",
    60 "0060_response_public_id",
    61 "0061_sign_in_account",
    65 "0065_rollup_page_visits",
    67 "0067_rollup_signal_view",
    68 "0068_visit_further",
    69 "0069_erased_item",
    70 "0070_delivery_response",
    71 "0071_delivery_response_index",
    75 "0075_account_last_site",
    77 "0077_response_beyond_share",
    90 "0090_signal_rule",
    91 "0091_click_rule",
    92 "0092_click_rule_first",
];

/// The table that remembers which migrations ran.
pub(crate) const HISTORY: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
    version BIGINT NOT NULL,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied_at_ms BIGINT NOT NULL,
    CONSTRAINT schema_migration_pk PRIMARY KEY (version)
)";

impl Migration {
    /// SHA-256 of the text, in hexadecimal: a migration that ran must not change afterwards.
    pub fn checksum(&self) -> String {
        use sha2::{Digest, Sha256};
        Sha256::digest(self.sql.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Compares what ran with what is known: the migrations still to run, or why the database cannot be used.
///
/// `applied` holds version and checksum, by version.
pub(crate) fn pending(applied: &[(i64, String)]) -> Result<&'static [Migration], String> {
    for (index, (version, checksum)) in applied.iter().enumerate() {
        match MIGRATIONS.get(index) {
            None => return Err(format!("the database is newer than this program: it has migration {version}")),
            Some(known) if known.version != *version || known.checksum() != *checksum => {
                return Err(format!("migration {version} of the database is not the one this program knows"));
            }
            Some(_) => {}
        }
    }
    Ok(&MIGRATIONS[applied.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_only_go_up() {
        assert!(MIGRATIONS.is_sorted_by(|one, next| one.version < next.version));
    }

    #[test]
    fn a_changed_or_newer_history_is_refused() {
        let mut applied: Vec<_> = MIGRATIONS.iter().map(|known| (known.version, known.checksum())).collect();
        assert!(pending(&applied).is_ok_and(<[_]>::is_empty));
        assert_eq!(pending(&applied[..2]).map(<[_]>::len), Ok(MIGRATIONS.len() - 2));
        applied.push((99, String::new()));
        assert!(pending(&applied).is_err_and(|reason| reason.contains("newer")));
        applied[0].1 = "changed".into();
        assert!(pending(&applied).is_err_and(|reason| reason.contains("migration 1")));
    }
}
