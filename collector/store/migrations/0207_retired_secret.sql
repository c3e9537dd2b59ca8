-- Secrets in whose place others came: what was signed with one is believed until until_ms.
CREATE TABLE retired_secret (
    site_id BYTEA NOT NULL,
    purpose TEXT NOT NULL,
    until_ms BIGINT NOT NULL,
    secret BYTEA NOT NULL,
    CONSTRAINT retired_secret_pk PRIMARY KEY (site_id, purpose, until_ms)
);
