-- Who was asked to become a member of a site: nobody is one before they accept. Only the SHA-256 of the link's token is kept. outcome is accepted or
-- revoked once it ended.
CREATE TABLE invitation (
    site_id BYTEA NOT NULL,
    invitation_id BYTEA NOT NULL,
    token_hash BYTEA NOT NULL,
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    ended_at_ms BIGINT,
    outcome TEXT,
    CONSTRAINT invitation_pk PRIMARY KEY (site_id, invitation_id),
    CONSTRAINT invitation_token_unique UNIQUE (site_id, token_hash)
);
