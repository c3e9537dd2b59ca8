-- Global: codes that sign an account in once in place of its app, by their SHA-256. A code that was taken is gone.
CREATE TABLE recovery_code (
    account_id BYTEA NOT NULL,
    code_hash BYTEA NOT NULL,
    created_at_ms BIGINT NOT NULL,
    CONSTRAINT recovery_code_pk PRIMARY KEY (account_id, code_hash)
);
