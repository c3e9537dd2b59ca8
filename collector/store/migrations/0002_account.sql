-- People. An account is global; a member joins it to a site with a role (owner, editor, support, viewer).
CREATE TABLE account (
    account_id BYTEA NOT NULL,
    email TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    CONSTRAINT account_pk PRIMARY KEY (account_id),
    CONSTRAINT account_email_unique UNIQUE (email)
);
CREATE TABLE member (
    site_id BYTEA NOT NULL,
    account_id BYTEA NOT NULL,
    role TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    CONSTRAINT member_pk PRIMARY KEY (site_id, account_id)
);
-- A signed-in browser, or a one-time link (kind session or link). Only the SHA-256 of the token is kept.
CREATE TABLE sign_in (
    token_hash BYTEA NOT NULL,
    account_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    CONSTRAINT sign_in_pk PRIMARY KEY (token_hash)
);
-- Server keys. Only the SHA-256 is kept; scopes is a JSON array of strings.
CREATE TABLE api_key (
    site_id BYTEA NOT NULL,
    key_id BYTEA NOT NULL,
    key_hash BYTEA NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    revoked_at_ms BIGINT,
    CONSTRAINT api_key_pk PRIMARY KEY (site_id, key_id)
);
CREATE TABLE audit_entry (
    site_id BYTEA NOT NULL,
    entry_id BYTEA NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    occurred_at_ms BIGINT NOT NULL,
    CONSTRAINT audit_entry_pk PRIMARY KEY (site_id, entry_id)
);
