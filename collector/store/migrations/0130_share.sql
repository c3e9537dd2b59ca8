-- A link under which a report can be read without an account. Only the SHA-256 of its secret is kept; path is that of the report
-- below its site, locked the fields of its address that nobody can change under the link, fields those it was made with.
CREATE TABLE share (
    site_id BYTEA NOT NULL,
    share_id BYTEA NOT NULL,
    token_hash BYTEA NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    fields TEXT NOT NULL,
    locked TEXT NOT NULL,
    shows_words BIGINT NOT NULL,
    password_hash TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    revoked_at_ms BIGINT,
    used_at_ms BIGINT,
    CONSTRAINT share_pk PRIMARY KEY (site_id, share_id)
);
CREATE UNIQUE INDEX share_token ON share (site_id, token_hash);
