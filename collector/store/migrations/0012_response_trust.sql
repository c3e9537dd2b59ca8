-- Why a response is suspicious (names of shared::spam::Reason with spaces between; NULL when it is not), since when a
-- person says it is not, and what the visitor had said about being measured. NULL in rows from before.
ALTER TABLE response ADD COLUMN suspicion TEXT;
ALTER TABLE response ADD COLUMN suspicion_cleared_at_ms BIGINT;
ALTER TABLE response ADD COLUMN consent TEXT;
CREATE INDEX response_suspicion ON response (site_id, survey_id, occurred_at_ms) WHERE suspicion IS NOT NULL;
