-- A survey and its immutable versions; definition is the JSON of shared::survey::Survey.
CREATE TABLE survey (
    site_id BYTEA NOT NULL,
    survey_id TEXT NOT NULL,
    current_version BIGINT NOT NULL,
    active BIGINT NOT NULL,
    position BIGINT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    CONSTRAINT survey_pk PRIMARY KEY (site_id, survey_id)
);
CREATE TABLE survey_version (
    site_id BYTEA NOT NULL,
    survey_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    definition TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    CONSTRAINT survey_version_pk PRIMARY KEY (site_id, survey_id, version)
);
