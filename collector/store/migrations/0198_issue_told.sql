-- Customers who were told by mail that an issue is fixed of which they complained: each once. The token stands in the link by which they
-- are written to no more.
CREATE TABLE issue_told (
    site_id BYTEA NOT NULL,
    issue_id BYTEA NOT NULL,
    customer_id BYTEA NOT NULL,
    address TEXT NOT NULL,
    token BYTEA NOT NULL,
    told_at_ms BIGINT NOT NULL,
    unsubscribed_at_ms BIGINT,
    CONSTRAINT issue_told_pk PRIMARY KEY (site_id, issue_id, customer_id)
);
CREATE UNIQUE INDEX issue_told_token ON issue_told (site_id, token);
CREATE INDEX issue_told_customer ON issue_told (site_id, customer_id);
