-- Codes that show a heat map over the live page, each once: a hash of the code, and what it shows as the fields of an address.
CREATE TABLE heat_code (
    site_id BYTEA NOT NULL,
    code_hash BYTEA NOT NULL,
    fields TEXT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    CONSTRAINT heat_code_pk PRIMARY KEY (site_id, code_hash)
);
