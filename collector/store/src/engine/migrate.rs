//! The schema's history: one list of migrations, the same text for both engines but for parts that name one.
//!
//! Which of them ran is a set, not a position: work that goes on side by side takes numbers beforehand and lands in any order,
//! so a lower number may come to a database that has run higher ones.

use std::collections::BTreeSet;

/// One change of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Position in the history, unless it landed after higher ones ran.
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
    80 "0080_job_queue",
    81 "0081_member_account",
    82 "0082_page_path",
    83 "0083_hour_index",
    90 "0090_signal_rule",
    91 "0091_click_rule",
    92 "0092_click_rule_first",
    93 "0093_rollup_page_failure",
    94 "0094_rollup_fact",
    95 "0095_rollup_crowd",
    96 "0096_rollup_release",
    97 "0097_view_campaign",
    98 "0098_identity_visitor",
    99 "0099_segment",
    100 "0100_route",
    101 "0101_annotation",
    102 "0102_signal_detail",
    103 "0103_error_key",
    104 "0104_rollup_error",
    105 "0105_rollup_vital",
    106 "0106_rollup_event",
    107 "0107_site_watches",
    108 "0108_rollup_quick_back",
    110 "0110_course",
    120 "0120_rollup_issue",
    121 "0121_issue",
    130 "0130_share",
    131 "0131_view_country",
    132 "0132_outgoing_mail",
    133 "0133_mail_report",
    134 "0134_mail_report_recipient",
    140 "0140_signal_measured",
    141 "0141_rollup_form",
    142 "0142_rollup_heat",
    143 "0143_rollup_scroll",
    144 "0144_site_heat",
    145 "0145_heat_code",
    146 "0146_visit_sample",
    150 "0150_arrival",
    151 "0151_customer_profile",
    152 "0152_interaction",
    153 "0153_ticket",
    154 "0154_ticket_event",
    155 "0155_ticket_tag",
    156 "0156_ticket_mention",
    157 "0157_ticket_cause",
    158 "0158_ticket_rule",
    159 "0159_ticket_view",
    160 "0160_outgoing_mail_envelope",
    161 "0161_site_mail",
    162 "0162_received_mail",
    163 "0163_ticket_mail",
    164 "0164_ticket_participant",
    165 "0165_mail_attachment",
    166 "0166_bounced_address",
    167 "0167_ticket_question",
    170 "0170_word_text",
    171 "0171_word_index",
    175 "0175_customer_list",
    176 "0176_customer_trait",
    177 "0177_customer_word",
    178 "0178_page_view_of_known",
    180 "0180_site_hours",
    181 "0181_ticket_target",
    182 "0182_ticket_target_change",
    183 "0183_ticket_reckoned",
    184 "0184_follow_up_plan",
    185 "0185_follow_up",
    186 "0186_interaction_received",
    190 "0190_news",
    191 "0191_webhook",
    192 "0192_webhook_delivery",
    193 "0193_webhook_attempt",
    194 "0194_notification_rule",
    195 "0195_notice",
    196 "0196_ticket_event_told",
    197 "0197_news_told",
    198 "0198_issue_told",
    200 "0200_sign_in_browser",
    201 "0201_sign_in_used",
    202 "0202_second_factor",
    203 "0203_recovery_code",
    204 "0204_invitation",
    205 "0205_api_key_expiry",
    206 "0206_api_key_used",
    207 "0207_retired_secret",
    220 "0220_theme_choice",
    225 "0225_stopped_address",
    226 "0226_erasure",
    227 "0227_customer_merge",
    229 "0229_customer_proposal",
    260 "0260_persona",
    261 "0261_persona_member",
    262 "0262_persona_visitor",
    263 "0263_persona_due",
    290 "0290_rollup_built",
    291 "0291_survey_draft",
];

/// The table that remembers which migrations ran.
pub(crate) const HISTORY: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
    version BIGINT NOT NULL,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied_at_ms BIGINT NOT NULL,
    CONSTRAINT schema_migration_pk PRIMARY KEY (version)
)";

/// Before what only one engine runs, with its name after it, up to the next such line.
const ONLY: &str = "-- only on ";

impl Migration {
    /// The statements that an engine runs. All of them, but for an index of words, which no common dialect has.
    pub(crate) fn sql_on(&self, engine: &str) -> String {
        let (mut runs, mut sql) = (true, String::with_capacity(self.sql.len()));
        for line in self.sql.lines() {
            if let Some(only) = line.strip_prefix(ONLY) {
                runs = only == engine;
            } else if runs {
                sql.push_str(line);
                sql.push('\n');
            }
        }
        sql
    }

    /// SHA-256 of the text, in hexadecimal: a migration that ran must not change afterwards.
    pub fn checksum(&self) -> String {
        use sha2::{Digest, Sha256};
        Sha256::digest(self.sql.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The migrations of `known` that have not run yet, in the order in which they are to run, or why the database cannot be
/// used. One that came into the history later, with a lower number than some that ran, has not run.
///
/// `applied` holds version and checksum of what ran.
pub(crate) fn pending<'a>(known: &'a [Migration], applied: &[(i64, String)]) -> Result<Vec<&'a Migration>, String> {
    for (version, checksum) in applied {
        match known.iter().find(|migration| migration.version == *version) {
            None => return Err(format!("the database is newer than this program: it has migration {version}")),
            Some(migration) if migration.checksum() != *checksum => {
                return Err(format!("migration {version} of the database is not the one this program knows"));
            }
            Some(_) => {}
        }
    }
    let ran: BTreeSet<i64> = applied.iter().map(|(version, _)| *version).collect();
    Ok(known.iter().filter(|migration| !ran.contains(&migration.version)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(pending: Result<Vec<&Migration>, String>) -> Result<Vec<i64>, String> {
        pending.map(|migrations| migrations.iter().map(|migration| migration.version).collect())
    }

    #[test]
    fn versions_only_go_up() {
        assert!(MIGRATIONS.is_sorted_by(|one, next| one.version < next.version));
    }

    #[test]
    fn a_changed_or_newer_history_is_refused() {
        let mut applied: Vec<_> = MIGRATIONS.iter().map(|known| (known.version, known.checksum())).collect();
        assert_eq!(versions(pending(MIGRATIONS, &applied)), Ok(vec![]));
        let rest = MIGRATIONS[2..].iter().map(|migration| migration.version).collect();
        assert_eq!(versions(pending(MIGRATIONS, &applied[..2])), Ok(rest));
        for newer in [19, 99_999] {
            applied.push((newer, String::new()));
            assert!(pending(MIGRATIONS, &applied).is_err_and(|reason| reason.contains("newer")), "{newer}");
            applied.pop();
        }
        applied[0].1 = "changed".into();
        assert!(pending(MIGRATIONS, &applied).is_err_and(|reason| reason.contains("migration 1")));
    }

    #[test]
    fn a_migration_that_landed_late_with_a_lower_number_locked_everybody_out() {
        let ran = |versions: &[i64]| -> Vec<(i64, String)> {
            let known = MIGRATIONS.iter().filter(|known| versions.contains(&known.version));
            known.map(|known| (known.version, known.checksum())).collect()
        };
        let all: Vec<i64> = MIGRATIONS.iter().map(|migration| migration.version).collect();
        let late = [8, 20, 61];
        let early: Vec<i64> = all.iter().copied().filter(|version| !late.contains(version)).collect();
        assert_eq!(versions(pending(MIGRATIONS, &ran(&early))), Ok(late.to_vec()));
        assert_eq!(versions(pending(MIGRATIONS, &ran(&late))), Ok(early));
    }
}
