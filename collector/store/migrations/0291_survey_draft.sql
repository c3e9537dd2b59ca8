-- Surveys that are being written: the definition as it was typed, faults and all. survey_id is the survey of which it is to become another
-- version, empty where it is a new one; revision is counted up by every change, so that nobody writes over what they have not seen.
CREATE TABLE survey_draft (
    site_id BYTEA NOT NULL,
    draft_id BYTEA NOT NULL,
    survey_id TEXT NOT NULL,
    definition TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    changed_at_ms BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    CONSTRAINT survey_draft_pk PRIMARY KEY (site_id, draft_id)
);
